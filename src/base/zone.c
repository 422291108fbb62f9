/* Time zones: TZif files (RFC 8536) with the POSIX TZ rule in their footer for times behind the last transition. */
#include "base/clock.h"
#include "base/file.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ZONE_FOLDER "/usr/share/zoneinfo/"
#define ZONE_NAME_MAX 64
#define ZONE_FILE_MAX (64 * 1024) /* the largest has 4 kB */
#define ZONES_MAX 1024            /* there are some 600 names */

/* One side of a POSIX rule: when in a year daylight time begins or ends. */
struct rule_day {
    enum { RULE_MONTH_WEEK_DAY, RULE_JULIAN_NO_LEAP, RULE_ZERO_BASED } kind;
    int month, week, weekday; /* Mm.w.d, weekday 0 is Sunday */
    int day;                  /* Jn (1 to 365) or n (0 to 365) */
    int32_t time_s;           /* local seconds after midnight, -167 to 167 hours */
};
struct rule {
    bool present, has_dst;
    int32_t std_offset_s, dst_offset_s; /* east of Greenwich */
    struct rule_day start, end;
};

struct zone {
    struct zone *next;
    struct str name;
    size_t n;              /* transitions */
    const int64_t *at_s;   /* seconds since 1970, growing */
    const int32_t *offset; /* from at_s[i] on */
    int32_t first_offset;  /* before the first transition */
    struct rule rule;
};

static struct zone utc = {.name = {"UTC", 3}};

/* Zones found so far; they live as long as the process. */
static struct {
    pthread_mutex_t lock;
    struct zone *first;
    struct arena *arena;
    size_t n;
} cache = {.lock = PTHREAD_MUTEX_INITIALIZER};

const struct zone *zone_utc(void)
{
    return &utc;
}

struct str zone_name(const struct zone *zone)
{
    return zone->name;
}

/* ---- POSIX TZ ---- */

struct cursor {
    const char *p, *end;
};

static bool skip(struct cursor *c, char want)
{
    if (c->p == c->end || *c->p != want)
        return false;
    c->p++;
    return true;
}

static bool read_number(struct cursor *c, int max, int *out)
{
    int v = 0;
    const char *first = c->p;
    for (; c->p < c->end && *c->p >= '0' && *c->p <= '9'; c->p++) {
        v = v * 10 + (*c->p - '0');
        if (v > max)
            return false;
    }
    *out = v;
    return c->p > first;
}

static bool read_abbreviation(struct cursor *c)
{
    const char *first = c->p;
    if (skip(c, '<')) {
        while (c->p < c->end && *c->p != '>')
            c->p++;
        return skip(c, '>');
    }
    while (c->p < c->end && ((*c->p >= 'A' && *c->p <= 'Z') || (*c->p >= 'a' && *c->p <= 'z')))
        c->p++;
    return c->p - first >= 3;
}

/* [+-]hh[:mm[:ss]] */
static bool read_time(struct cursor *c, int hours_max, int32_t *out)
{
    bool negative = skip(c, '-');
    int h, m = 0, s = 0;

    if (!negative)
        skip(c, '+');
    if (!read_number(c, hours_max, &h))
        return false;
    if (skip(c, ':')) {
        if (!read_number(c, 59, &m))
            return false;
        if (skip(c, ':') && !read_number(c, 59, &s))
            return false;
    }
    *out = (negative ? -1 : 1) * (h * 3600 + m * 60 + s);
    return true;
}

static bool read_rule_day(struct cursor *c, struct rule_day *r)
{
    bool ok;
    if (skip(c, 'M')) {
        r->kind = RULE_MONTH_WEEK_DAY;
        ok = read_number(c, 12, &r->month) && r->month >= 1 && skip(c, '.') &&
             read_number(c, 5, &r->week) && r->week >= 1 && skip(c, '.') &&
             read_number(c, 6, &r->weekday);
    } else if (skip(c, 'J')) {
        r->kind = RULE_JULIAN_NO_LEAP;
        ok = read_number(c, 365, &r->day) && r->day >= 1;
    } else {
        r->kind = RULE_ZERO_BASED;
        ok = read_number(c, 365, &r->day);
    }
    r->time_s = 2 * 3600;
    return ok && (!skip(c, '/') || read_time(c, 167, &r->time_s));
}

static bool parse_rule(struct str text, struct rule *out)
{
    struct cursor c = {text.ptr, text.ptr + text.len};
    struct rule r = {.present = true};
    int32_t west;

    if (!read_abbreviation(&c) || !read_time(&c, 24, &west))
        return false;
    r.std_offset_s = -west;
    if (c.p < c.end) {
        r.has_dst = true;
        if (!read_abbreviation(&c))
            return false;
        r.dst_offset_s = r.std_offset_s + 3600;
        if (c.p < c.end && *c.p != ',') {
            if (!read_time(&c, 24, &west))
                return false;
            r.dst_offset_s = -west;
        }
        if (!skip(&c, ',') || !read_rule_day(&c, &r.start) || !skip(&c, ',') ||
            !read_rule_day(&c, &r.end) || c.p != c.end)
            return false;
    }
    *out = r;
    return true;
}

/* Local seconds since 1970 at which the rule's day and time come in a year. */
static int64_t rule_local_s(const struct rule_day *r, int year)
{
    int64_t first = civil_days(year, 1, 1);
    int64_t day = first + r->day;

    if (r->kind == RULE_JULIAN_NO_LEAP) {
        bool leap = civil_days_in_month(year, 2) == 29;
        day = first + r->day - 1 + (leap && r->day >= 60);
    } else if (r->kind == RULE_MONTH_WEEK_DAY) {
        int64_t month_first = civil_days(year, r->month, 1);
        int weekday = civil_weekday(month_first) % 7; /* 0 Sunday */
        int in_month = (r->weekday - weekday + 7) % 7 + (r->week - 1) * 7;
        while (in_month >= civil_days_in_month(year, r->month))
            in_month -= 7; /* week 5 means the last */
        day = month_first + in_month;
    }
    return day * 86400 + r->time_s;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* The newest change of the years around t_s decides. At the same instant the beginning wins: all-year daylight time. */
static int32_t rule_offset(const struct rule *r, int64_t t_s)
{
    int64_t newest = INT64_MIN;
    bool dst = false;

    if (!r->has_dst)
        return r->std_offset_s;
    int year = civil_from_days(floor_div(t_s + r->std_offset_s, 86400)).year;
    for (int y = year - 1; y <= year + 1; y++) {
        int64_t start = rule_local_s(&r->start, y) - r->std_offset_s;
        int64_t end = rule_local_s(&r->end, y) - r->dst_offset_s;
        if (end <= t_s && end > newest) {
            newest = end;
            dst = false;
        }
        if (start <= t_s && start >= newest) {
            newest = start;
            dst = true;
        }
    }
    return dst ? r->dst_offset_s : r->std_offset_s;
}

/* ---- TZif ---- */

static int64_t big_endian(const unsigned char *p, int bytes)
{
    uint64_t v = p[0] & 0x80 ? UINT64_MAX : 0;
    for (int i = 0; i < bytes; i++)
        v = v << 8 | p[i];
    return (int64_t)v;
}

struct counts {
    size_t isutc, isstd, leap, time, type, chars;
};

/* The header at p; false if it is none. */
static bool read_header(const unsigned char *p, size_t left, struct counts *n)
{
    size_t *const fields[] = {&n->isutc, &n->isstd, &n->leap, &n->time, &n->type, &n->chars};
    if (left < 44 || memcmp(p, "TZif", 4) != 0)
        return false;
    for (size_t i = 0; i < 6; i++) {
        int64_t v = big_endian(p + 20 + i * 4, 4);
        if (v < 0 || v > ZONE_FILE_MAX)
            return false;
        *fields[i] = (size_t)v;
    }
    return true;
}

static size_t body_size(const struct counts *n, size_t time_size)
{
    return n->time * (time_size + 1) + n->type * 6 + n->chars + n->leap * (time_size + 4) +
           n->isstd + n->isutc;
}

/* Fills z from a version 2 or later file. Leap seconds ("right/" files) are refused: our time has none. */
static bool parse_tzif(struct arena *arena, struct str file, struct zone *z)
{
    const unsigned char *p = (const unsigned char *)file.ptr;
    const unsigned char *end = p + file.len;
    struct counts n;

    if (!read_header(p, file.len, &n) || p[4] < '2')
        return false;
    size_t skip_bytes = 44 + body_size(&n, 4);
    if (skip_bytes > file.len)
        return false;
    p += skip_bytes;
    if (!read_header(p, (size_t)(end - p), &n))
        return false;
    p += 44;
    if (body_size(&n, 8) > (size_t)(end - p) || n.type == 0 || n.type > 256 || n.leap)
        return false;

    const unsigned char *types = p + n.time * 9;
    int64_t *at = NEW_ARRAY(arena, n.time, int64_t);
    int32_t *offset = NEW_ARRAY(arena, n.time, int32_t);
    for (size_t i = 0; i < n.time; i++) {
        unsigned type = p[n.time * 8 + i];
        at[i] = big_endian(p + i * 8, 8);
        if (type >= n.type || (i && at[i] <= at[i - 1]))
            return false;
        offset[i] = (int32_t)big_endian(types + type * 6, 4);
    }
    z->n = n.time;
    z->at_s = at;
    z->offset = offset;
    z->first_offset = (int32_t)big_endian(types, 4);

    const char *footer = (const char *)p + body_size(&n, 8);
    size_t left = (size_t)((const char *)end - footer);
    if (left < 2 || footer[0] != '\n')
        return false;
    const char *footer_end = memchr(footer + 1, '\n', left - 1);
    if (!footer_end)
        return false;
    struct str rule = {footer + 1, (size_t)(footer_end - footer - 1)};
    return rule.len == 0 || parse_rule(rule, &z->rule);
}

/* ---- names ---- */

/* "Area/Place" of letters, digits and + - _; no part begins with anything but a letter or digit. */
static bool name_allowed(struct str name)
{
    bool part_begins = true;
    if (name.len == 0 || name.len > ZONE_NAME_MAX)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool word = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!word && (part_begins || (c != '/' && c != '_' && c != '-' && c != '+')))
            return false;
        part_begins = c == '/';
    }
    return !part_begins && !str_starts(name, STR("right/")) && !str_starts(name, STR("posix/"));
}

/* ---- places ---- */

static int by_name(const void *a, const void *b)
{
    return str_cmp(((const struct zone_place *)a)->name, ((const struct zone_place *)b)->name);
}

size_t zone_places(struct arena *arena, struct zone_place **out)
{
    VEC(struct zone_place) list = {0};
    struct str table, line;

    *out = NULL;
    if (file_read(arena, ZONE_FOLDER "zone.tab", 1024 * 1024, &table))
        return 0;
    /* Every line is: country, place, name, remark. */
    while (str_cut(&table, '\n', &line)) {
        struct str country = STR_NONE, place, name = STR_NONE;

        if (str_starts(line, STR("#")) || !str_cut(&line, '\t', &country) || !str_cut(&line, '\t', &place) ||
            !str_cut(&line, '\t', &name))
            continue;
        name = str_trim(name);
        if (name_allowed(name))
            VEC_PUSH(arena, list) = (struct zone_place){country, name};
    }
    if (list.n)
        qsort(list.at, list.n, sizeof *list.at, by_name);
    *out = list.at;
    return list.n;
}

struct str zone_country(struct arena *arena, struct str name)
{
    struct zone_place *places;
    size_t n = zone_places(arena, &places);

    for (size_t i = 0; i < n; i++)
        if (str_eq(places[i].name, name))
            return places[i].country;
    return STR("");
}

static bool known(struct arena *arena, struct str name)
{
    const struct zone *zone;

    return name.len && !str_starts(name, STR("Etc/")) && !zone_find(arena, name, &zone);
}

struct str zone_of_machine(struct arena *arena)
{
    const char *tz = getenv("TZ");
    struct str name = str_from(tz && *tz == ':' ? tz + 1 : tz), text;
    char link[512];
    ssize_t n;
    size_t at;

    if (known(arena, name))
        return name;
    if (!file_read(arena, "/etc/timezone", 1024, &text) && known(arena, str_trim(text)))
        return str_trim(text);
    n = readlink("/etc/localtime", link, sizeof link);
    name = (struct str){link, n > 0 ? (size_t)n : 0};
    at = str_find(name, STR("zoneinfo/"), 0);
    name = at == SIZE_MAX ? STR("") : str_sub(name, at + 9, SIZE_MAX);
    return known(arena, name) ? str_dup(arena, name) : STR("UTC");
}

static struct err *unknown_zone(struct arena *arena, struct str name)
{
    struct zone_place *places;
    size_t n = zone_places(arena, &places);
    struct str *names = NEW_ARRAY(arena, n + 1, struct str);

    if (!utf8_valid(name) || name.len > ZONE_NAME_MAX)
        name = STR("(unreadable)");
    struct err *e = FAIL(arena, ERR_INVALID, "settings.invalid", NULL,
                         "There is no time zone \"%.*s\".", STR_ARG(name));
    e->way_out = STR("Zones are named like Europe/Berlin.");
    for (size_t i = 0; i < n; i++)
        names[i] = places[i].name;
    struct str nearest = str_nearest(arena, name, names, n);
    if (nearest.len)
        e->way_out = str_fmt(arena, "Did you mean %.*s?", STR_ARG(nearest));
    return e;
}

/* ---- finding one by name ---- */

static const struct zone *cached(struct str name)
{
    for (const struct zone *z = cache.first; z; z = z->next)
        if (str_eq(z->name, name))
            return z;
    return NULL;
}

/* Reads a zone into the cache. The caller holds the lock. */
static const struct zone *load(struct arena *arena, struct str name)
{
    struct str file;
    struct zone *z;

    const char *path = str_cstr(arena, str_fmt(arena, ZONE_FOLDER "%.*s", STR_ARG(name)));
    if (cache.n >= ZONES_MAX || file_read(arena, path, ZONE_FILE_MAX, &file))
        return NULL;
    if (!cache.arena)
        cache.arena = arena_new(32 * 1024);
    z = NEW(cache.arena, struct zone);
    if (!parse_tzif(cache.arena, file, z))
        return NULL;
    z->name = str_dup(cache.arena, name);
    z->next = cache.first;
    cache.first = z;
    cache.n++;
    return z;
}

struct err *zone_find(struct arena *arena, struct str name, const struct zone **out)
{
    if (str_eq(name, utc.name)) {
        *out = &utc;
        return NULL;
    }
    if (!name_allowed(name))
        return unknown_zone(arena, name);
    pthread_mutex_lock(&cache.lock);
    const struct zone *z = cached(name);
    if (!z)
        z = load(arena, name);
    pthread_mutex_unlock(&cache.lock);
    if (!z)
        return unknown_zone(arena, name);
    *out = z;
    return NULL;
}

/* ---- using ---- */

int32_t zone_offset_s(const struct zone *zone, int64_t us)
{
    int64_t t = floor_div(us, US_PER_SECOND);
    size_t low = 0, high = zone->n;

    if (zone->n == 0 || t >= zone->at_s[zone->n - 1]) {
        if (zone->rule.present)
            return rule_offset(&zone->rule, t);
        return zone->n ? zone->offset[zone->n - 1] : zone->first_offset;
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zone->at_s[middle] <= t)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? zone->offset[low - 1] : zone->first_offset;
}

static int64_t local_us(const struct zone *zone, int64_t us)
{
    return us + zone_offset_s(zone, us) * US_PER_SECOND;
}

struct civil zone_civil(const struct zone *zone, int64_t us)
{
    int64_t local = local_us(zone, us);
    int64_t days = floor_div(local, US_PER_DAY);
    int64_t rest = local - days * US_PER_DAY;
    struct civil c = civil_from_days(days);

    c.hour = (int)(rest / US_PER_HOUR);
    c.minute = (int)(rest / US_PER_MINUTE % 60);
    c.second = (int)(rest / US_PER_SECOND % 60);
    c.micro = (int)(rest % US_PER_SECOND);
    return c;
}

int64_t zone_date(const struct zone *zone, int64_t us)
{
    return floor_div(local_us(zone, us), US_PER_DAY);
}

int64_t zone_instant(const struct zone *zone, int64_t days, int64_t us_of_day)
{
    int64_t local = days * US_PER_DAY + us_of_day;
    int32_t before = zone_offset_s(zone, local - US_PER_DAY);
    int32_t after = zone_offset_s(zone, local + US_PER_DAY);
    int64_t by_before = local - before * US_PER_SECOND;
    int64_t by_after = local - after * US_PER_SECOND;

    /* Where both fit, the time comes twice and the first is meant; where neither fits, it falls into a gap, and counting
     * with the offset before the gap moves it forward by the gap. */
    if (before == after || zone_offset_s(zone, by_before) == before)
        return by_before;
    return zone_offset_s(zone, by_after) == after ? by_after : by_before;
}
