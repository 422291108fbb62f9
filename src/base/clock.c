/* Civil dates, RFC 3339 text and durations. Zones are in zone.c. */
#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec ts;
    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * US_PER_SECOND + ts.tv_nsec / 1000;
}

static bool is_set;
static int64_t set_ahead_us; /* what clock_now_us is ahead of clock_mono_us, once it is set */

int64_t clock_machine_us(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t clock_mono_us(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_now_us(void)
{
    return is_set ? clock_mono_us() + set_ahead_us : clock_machine_us();
}

void clock_set(int64_t us)
{
    set_ahead_us = us - clock_mono_us();
    is_set = true;
}

bool clock_is_set(void)
{
    return is_set;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Days from civil and back: Howard Hinnant, "chrono-compatible low-level date algorithms". Years begin in March, so that
 * the leap day is the last of its year; 400 years are always 146,097 days. */
int64_t civil_days(int year, int month, int day)
{
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = floor_div(y, 400);
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

struct civil civil_from_days(int64_t days)
{
    int64_t z = days + 719468;
    int64_t era = floor_div(z, 146097);
    int64_t day_of_era = z - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t mp = (5 * day_of_year + 2) / 153;
    struct civil c = {0};
    c.day = (int)(day_of_year - (153 * mp + 2) / 5 + 1);
    c.month = (int)(mp < 10 ? mp + 3 : mp - 9);
    c.year = (int)(year_of_era + era * 400 + (c.month <= 2));
    return c;
}

int civil_weekday(int64_t days)
{
    int64_t w = (days + 3) % 7; /* 1970-01-01 was a Thursday */
    return (int)(w < 0 ? w + 8 : w + 1);
}

int civil_days_in_month(int year, int month)
{
    static const char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

bool civil_valid(int year, int month, int day)
{
    return year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 &&
           day <= civil_days_in_month(year, month);
}

/* Exactly n digits at *s, which moves on. */
static bool take_digits(struct str *s, size_t n, int *out)
{
    int v = 0;
    if (s->len < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (s->ptr[i] < '0' || s->ptr[i] > '9')
            return false;
        v = v * 10 + (s->ptr[i] - '0');
    }
    *s = str_sub(*s, n, SIZE_MAX);
    *out = v;
    return true;
}

static bool take_char(struct str *s, const char *any_of)
{
    if (!s->len || !s->ptr[0] || !strchr(any_of, s->ptr[0]))
        return false;
    *s = str_sub(*s, 1, SIZE_MAX);
    return true;
}

static bool take_date(struct str *s, int64_t *days)
{
    int year, month, day;
    if (!take_digits(s, 4, &year) || !take_char(s, "-") || !take_digits(s, 2, &month) ||
        !take_char(s, "-") || !take_digits(s, 2, &day) || !civil_valid(year, month, day))
        return false;
    *days = civil_days(year, month, day);
    return true;
}

bool date_parse(struct str s, int64_t *days)
{
    int64_t d;
    if (!take_date(&s, &d) || s.len)
        return false;
    *days = d;
    return true;
}

/* Digits behind the point, as microseconds; more than six are cut off. */
static bool take_fraction(struct str *s, int64_t *us)
{
    int64_t unit = US_PER_SECOND;
    size_t n = 0;
    for (int digit; s->len && take_digits(s, 1, &digit); n++) {
        unit /= 10;
        *us += digit * unit;
    }
    return n > 0;
}

bool instant_parse(struct str s, int64_t *us)
{
    int hour, minute, second, offset_hour = 0, offset_minute = 0;
    int64_t days, fraction = 0;

    if (!take_date(&s, &days) || !take_char(&s, "Tt ") || !take_digits(&s, 2, &hour) ||
        !take_char(&s, ":") || !take_digits(&s, 2, &minute) || !take_char(&s, ":") ||
        !take_digits(&s, 2, &second))
        return false;
    /* RFC 3339, 5.6: second 60 is a leap second; our time has none, it becomes the next minute. */
    if (hour > 23 || minute > 59 || second > 60 || (second == 60 && minute != 59))
        return false;
    if (take_char(&s, ".") && !take_fraction(&s, &fraction))
        return false;
    bool west = s.len && s.ptr[0] == '-';
    if (!take_char(&s, "Zz")) {
        if (!take_char(&s, "+-") || !take_digits(&s, 2, &offset_hour) || !take_char(&s, ":") ||
            !take_digits(&s, 2, &offset_minute) || offset_hour > 23 || offset_minute > 59)
            return false;
    }
    if (s.len)
        return false;
    int64_t offset_us = offset_hour * US_PER_HOUR + offset_minute * US_PER_MINUTE;
    int64_t t = days * US_PER_DAY + hour * US_PER_HOUR + minute * US_PER_MINUTE +
                second * US_PER_SECOND + fraction + (west ? offset_us : -offset_us);
    if (t < civil_days(1, 1, 1) * US_PER_DAY || t >= civil_days(10000, 1, 1) * US_PER_DAY)
        return false;
    *us = t;
    return true;
}

static char *put2(char *dst, int v)
{
    dst[0] = (char)('0' + v / 10);
    dst[1] = (char)('0' + v % 10);
    return dst + 2;
}

size_t date_write(char *dst, int64_t days)
{
    struct civil c = civil_from_days(days);
    char *p = dst;

    if (c.year < 0 || c.year > 9999) {
        p += snprintf(p, 12, "%05d", c.year);
    } else {
        p = put2(p, c.year / 100);
        p = put2(p, c.year % 100);
    }
    *p++ = '-';
    p = put2(p, c.month);
    *p++ = '-';
    p = put2(p, c.day);
    return (size_t)(p - dst);
}

size_t instant_write(char *dst, int64_t us)
{
    int64_t days = floor_div(us, US_PER_DAY);
    int64_t rest = us % US_PER_DAY;
    if (rest < 0)
        rest += US_PER_DAY;
    int fraction = (int)(rest % US_PER_SECOND);
    int seconds = (int)(rest / US_PER_SECOND);
    char *p = dst + date_write(dst, days);

    *p++ = 'T';
    p = put2(p, seconds / 3600);
    *p++ = ':';
    p = put2(p, seconds / 60 % 60);
    *p++ = ':';
    p = put2(p, seconds % 60);
    if (fraction) {
        *p++ = '.';
        p = put2(p, fraction / 10000);
        p = put2(p, fraction / 100 % 100);
        p = put2(p, fraction % 100);
    }
    *p++ = 'Z';
    return (size_t)(p - dst);
}

struct str date_text(struct arena *arena, int64_t days)
{
    char text[32];
    return str_dup(arena, (struct str){text, date_write(text, days)});
}

struct str instant_text(struct arena *arena, int64_t us)
{
    char text[32];
    return str_dup(arena, (struct str){text, instant_write(text, us)});
}

struct str moment_words(struct arena *arena, const struct zone *zone, int64_t us)
{
    static const char *const days[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                       "Friday", "Saturday", "Sunday"};
    static const char *const months[] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
    struct civil c = zone_civil(zone, us);

    return str_fmt(arena, "%s, %d %s %d, %02d:%02d", days[civil_weekday(zone_date(zone, us)) - 1],
                   c.day, months[c.month - 1], c.year, c.hour, c.minute);
}

/* ---- durations ---- */

static const struct {
    const char *letter, *word; /* "h", "hour"; the plural is word + "s" */
    int64_t us;
} units[] = {
    {"w", "week", 7 * US_PER_DAY},  {"d", "day", US_PER_DAY},       {"h", "hour", US_PER_HOUR},
    {"m", "minute", US_PER_MINUTE}, {"s", "second", US_PER_SECOND},
};
enum { N_UNITS = sizeof units / sizeof *units };
#define DURATION_US_MAX \
    (100 * 366 * US_PER_DAY) /* a hundred years; beyond it a page has a typing error */

static bool is_unit(struct str s, const char *word)
{
    struct str w = str_from(word);
    if (!str_eq_nocase(str_sub(s, 0, w.len), w))
        return false;
    return s.len == w.len || (s.len == w.len + 1 && (s.ptr[w.len] | 0x20) == 's');
}

/* The unit's length in microseconds, or 0. */
static int64_t unit_us(struct str s, bool letters)
{
    for (int i = 0; i < N_UNITS; i++)
        if (is_unit(s, units[i].word) || (letters && str_eq(s, str_from(units[i].letter))))
            return units[i].us;
    return 0;
}

bool duration_parse(struct str s, struct duration *out)
{
    static const struct str business = {"business", 8};
    struct duration d = {0};
    int64_t n, total;
    size_t digits = 0;

    s = str_trim(s);
    while (digits < s.len && s.ptr[digits] >= '0' && s.ptr[digits] <= '9')
        digits++;
    if (!digits || !str_to_i64(str_sub(s, 0, digits), &n))
        return false;
    struct str unit = str_trim(str_sub(s, digits, SIZE_MAX));
    bool is_business = str_eq_nocase(str_sub(unit, 0, business.len), business) &&
                       unit.len > business.len && unit.ptr[business.len] == ' ';
    if (is_business)
        unit = str_trim(str_sub(unit, business.len, SIZE_MAX));
    int64_t each_us = unit_us(unit, !is_business);
    if (!each_us || __builtin_mul_overflow(n, each_us, &total) || total > DURATION_US_MAX)
        return false;
    if (!is_business)
        d.us = total;
    else if (each_us == US_PER_DAY)
        d.business_days = n;
    else if (each_us < US_PER_DAY)
        d.business_us = total;
    else
        return false; /* a business week depends on the calendar: say days */
    *out = d;
    return true;
}

static struct str count_text(struct arena *arena, int64_t n, const char *kind, const char *word)
{
    return str_fmt(arena, "%lld %s%s%s", (long long)n, kind, word, n == 1 || n == -1 ? "" : "s");
}

/* In the largest unit that comes out even; one day reads better as 24 hours, one week as 7 days. */
static struct str us_text(struct arena *arena, int64_t us, const char *kind, int first_unit)
{
    for (int i = first_unit; i < N_UNITS; i++) {
        int64_t n = us / units[i].us;
        bool alone = (n == 1 || n == -1) && units[i].us >= US_PER_DAY;
        if (n && us % units[i].us == 0 && !alone)
            return count_text(arena, n, kind, units[i].word);
    }
    if (us == 0)
        return str_fmt(arena, "0 %sminutes", kind);
    return str_fmt(arena, "%.*s %sseconds", STR_ARG(str_from_scaled(arena, us, 6, true)), kind);
}

struct str duration_text(struct arena *arena, struct duration d)
{
    if (d.business_days)
        return count_text(arena, d.business_days, "business ", "day");
    if (d.business_us)
        return us_text(arena, d.business_us, "business ", 2);
    return us_text(arena, d.us, "", 0);
}
