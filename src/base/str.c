#include "base/str.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

struct str str_from(const char *cstr)
{
    return cstr ? (struct str){cstr, strlen(cstr)} : STR_NONE;
}

struct str str_dup(struct arena *arena, struct str s)
{
    char *copy = arena_alloc(arena, s.len + 1);
    if (s.len)
        memcpy(copy, s.ptr, s.len);
    return (struct str){copy, s.len};
}

const char *str_cstr(struct arena *arena, struct str s)
{
    return str_dup(arena, s).ptr;
}

struct str str_fmt(struct arena *arena, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    struct str s = str_vfmt(arena, fmt, ap);
    va_end(ap);
    return s;
}

struct str str_vfmt(struct arena *arena, const char *fmt, va_list ap)
{
    char small[256];
    va_list again;

    va_copy(again, ap);
    int n = vsnprintf(small, sizeof small, fmt, ap);
    assert(n >= 0);
    char *text = arena_alloc(arena, (size_t)n + 1);
    if ((size_t)n < sizeof small)
        memcpy(text, small, (size_t)n);
    else
        vsnprintf(text, (size_t)n + 1, fmt, again);
    va_end(again);
    return (struct str){text, (size_t)n};
}

struct str str_sub(struct str s, size_t from, size_t len)
{
    if (from > s.len)
        from = s.len;
    if (len > s.len - from)
        len = s.len - from;
    return (struct str){s.ptr ? s.ptr + from : NULL, len};
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str s)
{
    while (s.len && is_space(s.ptr[s.len - 1]))
        s.len--;
    while (s.len && is_space(*s.ptr)) {
        s.ptr++;
        s.len--;
    }
    return s;
}

bool str_eq(struct str a, struct str b)
{
    if (a.len != b.len)
        return false;
    if (a.len == 0)
        return true;
    assert(a.ptr && b.ptr);
    return memcmp(a.ptr, b.ptr, a.len) == 0;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool str_eq_nocase(struct str a, struct str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    return true;
}

int str_cmp(struct str a, struct str b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int c = n ? memcmp(a.ptr, b.ptr, n) : 0;
    return c ? c : (a.len > b.len) - (a.len < b.len);
}

bool str_starts(struct str s, struct str prefix)
{
    return s.len >= prefix.len && str_eq(str_sub(s, 0, prefix.len), prefix);
}

bool str_ends(struct str s, struct str suffix)
{
    return s.len >= suffix.len && str_eq(str_sub(s, s.len - suffix.len, suffix.len), suffix);
}

size_t str_find(struct str s, struct str needle, size_t from)
{
    if (from > s.len || needle.len > s.len - from)
        return SIZE_MAX;
    if (needle.len == 0)
        return from;
    const char *hit = memmem(s.ptr + from, s.len - from, needle.ptr, needle.len);
    return hit ? (size_t)(hit - s.ptr) : SIZE_MAX;
}

size_t str_find_char(struct str s, char c, size_t from)
{
    if (from >= s.len)
        return SIZE_MAX;
    const char *hit = memchr(s.ptr + from, c, s.len - from);
    return hit ? (size_t)(hit - s.ptr) : SIZE_MAX;
}

bool str_cut(struct str *rest, char sep, struct str *part)
{
    if (!rest->ptr)
        return false;
    size_t at = str_find_char(*rest, sep, 0);
    if (at == SIZE_MAX) {
        *part = *rest;
        *rest = STR_NONE;
    } else {
        *part = str_sub(*rest, 0, at);
        *rest = str_sub(*rest, at + 1, SIZE_MAX);
    }
    return true;
}

struct str str_join(struct arena *arena, const struct str *parts, size_t n, struct str sep)
{
    size_t len = 0;
    for (size_t i = 0; i < n; i++)
        len += parts[i].len + (i ? sep.len : 0);
    struct buf b = buf_new(arena, len + 1);
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_add(&b, sep);
        buf_add(&b, parts[i]);
    }
    return buf_str(&b);
}

struct str str_lower_ascii(struct arena *arena, struct str s)
{
    char *text = arena_alloc(arena, s.len + 1);
    for (size_t i = 0; i < s.len; i++)
        text[i] = lower(s.ptr[i]);
    return (struct str){text, s.len};
}

static bool is_acronym(struct str s)
{
    return s.len > 1 && s.ptr[0] >= 'A' && s.ptr[0] <= 'Z' && s.ptr[1] >= 'A' && s.ptr[1] <= 'Z';
}

struct str str_lower_first(struct arena *arena, struct str s)
{
    if (!s.len || is_acronym(s) || s.ptr[0] < 'A' || s.ptr[0] > 'Z')
        return s;
    return str_fmt(arena, "%c%.*s", s.ptr[0] - 'A' + 'a', STR_ARG(str_sub(s, 1, s.len)));
}

const char *str_article(struct str word)
{
    static const char *const you[] = {"eu", "one", "once", "uni", "use", "usu", "uti"};  /* sound like y or w */
    static const char *const silent[] = {"heir", "honest", "honor", "honour", "hour"};

    if (!word.len)
        return "a";
    if (is_acronym(word)) /* spelled: an MD, a VP */
        return strchr("AEFHILMNORSX", word.ptr[0]) ? "an" : "a";
    for (size_t i = 0; i < sizeof you / sizeof *you; i++)
        if (str_eq_nocase(str_sub(word, 0, strlen(you[i])), str_from(you[i])))
            return "a";
    for (size_t i = 0; i < sizeof silent / sizeof *silent; i++)
        if (str_eq_nocase(str_sub(word, 0, strlen(silent[i])), str_from(silent[i])))
            return "an";
    return strchr("aeiouAEIOU", word.ptr[0]) ? "an" : "a";
}

uint64_t str_hash(struct str s)
{
    const uint64_t k = 0x9e3779b97f4a7c15u;
    uint64_t h = (s.len + 1) * k;
    uint64_t v;
    size_t i = 0;

    for (; i + sizeof v <= s.len; i += sizeof v) {
        memcpy(&v, s.ptr + i, sizeof v);
        h = (h ^ v) * k;
        h ^= h >> 29;
    }
    if (i < s.len) {
        v = 0;
        memcpy(&v, s.ptr + i, s.len - i);
        h = (h ^ v) * k;
    }
    h ^= h >> 32;
    h *= 0xd6e8feb86659fd93u;
    return h ^ (h >> 32);
}

bool str_to_i64(struct str s, int64_t *out)
{
    return str_to_scaled(s, 0, out) && str_find_char(s, '.', 0) == SIZE_MAX;
}

/* Appends a digit to a magnitude that is kept negative, because INT64_MIN has no positive twin. */
static bool push_digit(int64_t *v, int digit)
{
    return !__builtin_mul_overflow(*v, (int64_t)10, v) &&
           !__builtin_sub_overflow(*v, (int64_t)digit, v);
}

bool str_to_scaled(struct str s, int scale, int64_t *out)
{
    size_t i = 0;
    bool negative = s.len && s.ptr[0] == '-';
    int64_t v = 0; /* the negated magnitude */
    int places = 0;

    assert(scale >= 0 && scale <= 18);
    if (negative)
        i++;
    size_t first = i;
    for (; i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9'; i++)
        if (!push_digit(&v, s.ptr[i] - '0'))
            return false;
    if (i == first)
        return false;
    if (i < s.len) {
        if (s.ptr[i++] != '.' || i == s.len)
            return false;
        for (; i < s.len; i++) {
            int digit = s.ptr[i] - '0';
            if (digit < 0 || digit > 9 || (places == scale && digit != 0))
                return false;
            if (places < scale) {
                if (!push_digit(&v, digit))
                    return false;
                places++;
            }
        }
    }
    for (; places < scale; places++)
        if (!push_digit(&v, 0))
            return false;
    if (!negative && __builtin_sub_overflow((int64_t)0, v, &v))
        return false;
    *out = v;
    return true;
}

struct str str_from_scaled(struct arena *arena, int64_t value, int scale, bool trim)
{
    char digits[24];
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    assert(scale >= 0 && scale <= 18);
    int n = snprintf(digits, sizeof digits, "%0*llu", scale + 1, (unsigned long long)magnitude);
    int whole = n - scale;
    if (trim)
        while (n > whole && digits[n - 1] == '0')
            n--;
    return str_fmt(arena, "%s%.*s%s%.*s", value < 0 ? "-" : "", whole, digits, n > whole ? "." : "",
                   n - whole, digits + whole);
}

/* Optimal string alignment: insert, delete, replace, swap two neighbours. Three rows suffice. */
size_t str_edit_distance(struct str a, struct str b)
{
    enum { CAP = 32, LEN_MAX = 255 };
    size_t rows[3][LEN_MAX + 1];

    if (str_eq(a, b))
        return 0;
    size_t apart = a.len > b.len ? a.len - b.len : b.len - a.len;
    if (apart >= CAP || a.len > LEN_MAX || b.len > LEN_MAX)
        return CAP;
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b.len; j++)
        last[j] = before[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t best = last[j - 1] + (a.ptr[i - 1] != b.ptr[j - 1]);
            if (last[j] + 1 < best)
                best = last[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1] &&
                before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            row[j] = best;
        }
        size_t *spare = before;
        before = last;
        last = row;
        row = spare;
    }
    return last[b.len] < CAP ? last[b.len] : CAP;
}

struct str str_nearest(struct arena *arena, struct str s, const struct str *candidates, size_t n)
{
    struct str folded = str_lower_ascii(arena, s);
    struct str best = STR_NONE, longer = STR_NONE;
    size_t near_enough = (s.len + 1) / 3;
    size_t best_distance = (near_enough < 4 ? near_enough : 4) + 1;
    size_t longer_count = 0;

    for (size_t i = 0; i < n; i++) {
        struct str candidate = str_lower_ascii(arena, candidates[i]);
        size_t distance = str_edit_distance(folded, candidate);
        if (distance < best_distance && distance < s.len) {
            best = candidates[i];
            best_distance = distance;
        }
        if (s.len >= 3 && str_starts(candidate, folded)) {
            longer = candidates[i];
            longer_count++;
        }
    }
    /* "desc" is far from "description" by distance, but if nothing else begins so, it is meant. */
    return !best.ptr && longer_count == 1 ? longer : best;
}

struct buf buf_new(struct arena *arena, size_t cap)
{
    if (cap == 0)
        cap = 64;
    return (struct buf){arena, arena_alloc(arena, cap), 0, cap};
}

char *buf_reserve(struct buf *b, size_t n)
{
    size_t need;
    if (n <= b->cap - b->len)
        return b->ptr + b->len;
    bool overflow = __builtin_add_overflow(b->len, n, &need);
    assert(!overflow);
    size_t cap = b->cap < SIZE_MAX / 4 ? b->cap * 2 : need;
    if (cap < need)
        cap = need;
    b->ptr = arena_grow(b->arena, b->ptr, b->cap, cap);
    b->cap = cap;
    return b->ptr + b->len;
}

void buf_add(struct buf *b, struct str s)
{
    if (!s.len)
        return;
    memcpy(buf_reserve(b, s.len), s.ptr, s.len);
    b->len += s.len;
}

void buf_add_char(struct buf *b, char c)
{
    *buf_reserve(b, 1) = c;
    b->len++;
}

void buf_fmt(struct buf *b, const char *fmt, ...)
{
    va_list ap, again;

    va_start(ap, fmt);
    va_copy(again, ap);
    size_t room = b->cap - b->len;
    int n = vsnprintf(b->ptr + b->len, room, fmt, ap);
    assert(n >= 0);
    if ((size_t)n >= room)
        vsnprintf(buf_reserve(b, (size_t)n + 1), (size_t)n + 1, fmt, again);
    b->len += (size_t)n;
    va_end(again);
    va_end(ap);
}

void buf_add_i64(struct buf *b, int64_t v)
{
    char digits[20];
    size_t n = sizeof digits;
    uint64_t magnitude = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;

    do {
        digits[--n] = (char)('0' + magnitude % 10);
        magnitude /= 10;
    } while (magnitude);
    if (v < 0)
        digits[--n] = '-';
    buf_add(b, (struct str){digits + n, sizeof digits - n});
}

struct str buf_str(const struct buf *b)
{
    return (struct str){b->ptr, b->len};
}

struct slot {
    struct str key; /* ptr NULL: free */
    uint64_t hash;
    int64_t value;
};
struct strmap {
    struct arena *arena;
    struct slot *slots;
    size_t cap, n; /* cap is a power of two, at most three quarters of it used */
};

struct strmap *strmap_new(struct arena *arena, size_t expected)
{
    struct strmap *m = NEW(arena, struct strmap);
    m->arena = arena;
    m->cap = 8;
    while (m->cap / 4 * 3 < expected)
        m->cap *= 2;
    m->slots = NEW_ARRAY(arena, m->cap, struct slot);
    return m;
}

static struct slot *find_slot(const struct strmap *m, struct str key, uint64_t hash)
{
    for (size_t i = hash & (m->cap - 1);; i = (i + 1) & (m->cap - 1)) {
        struct slot *s = &m->slots[i];
        if (!s->key.ptr || (s->hash == hash && str_eq(s->key, key)))
            return s;
    }
}

static void grow_map(struct strmap *m)
{
    struct slot *old = m->slots;
    size_t old_cap = m->cap;

    m->cap *= 2;
    m->slots = NEW_ARRAY(m->arena, m->cap, struct slot);
    for (size_t i = 0; i < old_cap; i++)
        if (old[i].key.ptr)
            *find_slot(m, old[i].key, old[i].hash) = old[i];
}

void strmap_put(struct strmap *m, struct str key, int64_t value)
{
    uint64_t hash = str_hash(key);
    if (!key.ptr)
        key.ptr = "";
    struct slot *s = find_slot(m, key, hash);
    if (!s->key.ptr) {
        if (m->n + 1 > m->cap / 4 * 3) {
            grow_map(m);
            s = find_slot(m, key, hash);
        }
        m->n++;
        s->key = key;
        s->hash = hash;
    }
    s->value = value;
}

bool strmap_get(const struct strmap *m, struct str key, int64_t *out)
{
    const struct slot *s = find_slot(m, key, str_hash(key));
    if (!s->key.ptr)
        return false;
    *out = s->value;
    return true;
}
