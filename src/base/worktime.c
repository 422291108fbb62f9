#include "base/worktime.h"

#include <assert.h>
#include <stdlib.h>

#define IDLE_DAYS_MAX 3660  /* ten years without a working day: the calendar has none */
#define SPAN_DAYS_MAX 36600 /* a hundred years: nobody waits that long */

struct worktime worktime_default(const struct zone *zone)
{
    struct worktime wt = {.zone = zone};
    for (int day = 0; day < 5; day++) {
        wt.week[day][0] = (struct worktime_span){9 * 60, 17 * 60};
        wt.spans[day] = 1;
    }
    return wt;
}

static bool is_holiday(const struct worktime *wt, int64_t days)
{
    size_t low = 0, high = wt->n_holidays;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (wt->holidays[middle] < days)
            low = middle + 1;
        else
            high = middle;
    }
    return low < wt->n_holidays && wt->holidays[low] == days;
}

/* The day's spans; 0 on a day off. */
static int day_spans(const struct worktime *wt, int64_t days, const struct worktime_span **out)
{
    int weekday = civil_weekday(days) - 1;
    *out = wt->week[weekday];
    return is_holiday(wt, days) ? 0 : wt->spans[weekday];
}

bool worktime_is_working_day(const struct worktime *wt, int64_t days)
{
    const struct worktime_span *spans;
    return day_spans(wt, days, &spans) > 0;
}

static int64_t opens(const struct worktime *wt, int64_t days, const struct worktime_span *s)
{
    return zone_instant(wt->zone, days, s->from_min * US_PER_MINUTE);
}

static int64_t closes(const struct worktime *wt, int64_t days, const struct worktime_span *s)
{
    return zone_instant(wt->zone, days, s->to_min * US_PER_MINUTE);
}

bool worktime_is_working(const struct worktime *wt, int64_t us)
{
    const struct worktime_span *spans;
    int64_t today = zone_date(wt->zone, us);
    int n = day_spans(wt, today, &spans);

    for (int i = 0; i < n; i++)
        if (us >= opens(wt, today, &spans[i]) && us < closes(wt, today, &spans[i]))
            return true;
    return false;
}

/* Uses up working time on one day from *us on. True when it is used up: *us is then the instant. */
static bool use_day(const struct worktime *wt, int64_t day, int64_t *us, int64_t *left)
{
    const struct worktime_span *spans;
    int n = day_spans(wt, day, &spans);

    for (int i = 0; i < n; i++) {
        int64_t from = opens(wt, day, &spans[i]);
        int64_t to = closes(wt, day, &spans[i]);
        if (from < *us)
            from = *us;
        if (to <= from)
            continue;
        if (*left <= to - from) {
            *us = from + *left;
            return true;
        }
        *left -= to - from;
    }
    return false;
}

/* The same backwards: from *us down. */
static bool use_day_back(const struct worktime *wt, int64_t day, int64_t *us, int64_t *left)
{
    const struct worktime_span *spans;

    for (int i = day_spans(wt, day, &spans) - 1; i >= 0; i--) {
        int64_t from = opens(wt, day, &spans[i]);
        int64_t to = closes(wt, day, &spans[i]);
        if (to > *us)
            to = *us;
        if (to <= from)
            continue;
        if (*left <= to - from) {
            *us = to - *left;
            return true;
        }
        *left -= to - from;
    }
    return false;
}

int64_t worktime_add(const struct worktime *wt, int64_t from_us, int64_t amount_us)
{
    bool back = amount_us < 0;
    int64_t left = back ? -amount_us : amount_us;
    int64_t us = from_us;
    int64_t day = zone_date(wt->zone, from_us);
    int idle = 0;

    if (amount_us == 0)
        return from_us;
    for (int i = 0; i < SPAN_DAYS_MAX && idle < IDLE_DAYS_MAX; i++, day += back ? -1 : 1) {
        int64_t before = left;
        if (back ? use_day_back(wt, day, &us, &left) : use_day(wt, day, &us, &left))
            return us;
        idle = left == before ? idle + 1 : 0;
    }
    return DATE_NONE;
}

/* The next working day after day (before it, if step is -1); false if there is none. */
static bool next_working_day(const struct worktime *wt, int64_t *day, int step)
{
    for (int i = 0; i < IDLE_DAYS_MAX; i++) {
        *day += step;
        if (worktime_is_working_day(wt, *day))
            return true;
    }
    return false;
}

/* The instant of the next opening at or after us, by day and local time; false if there is none. */
static bool next_opening(const struct worktime *wt, int64_t us, int64_t *day, int64_t *us_of_day)
{
    const struct worktime_span *spans;
    int64_t d = zone_date(wt->zone, us);

    for (;;) {
        int n = day_spans(wt, d, &spans);
        for (int i = 0; i < n; i++) {
            if (opens(wt, d, &spans[i]) >= us) {
                *day = d;
                *us_of_day = spans[i].from_min * US_PER_MINUTE;
                return true;
            }
        }
        if (!next_working_day(wt, &d, 1))
            return false;
    }
}

int64_t worktime_add_days(const struct worktime *wt, int64_t from_us, int64_t n)
{
    const struct worktime_span *spans;
    int64_t day, us_of_day;

    if (worktime_is_working(wt, from_us)) {
        struct civil c = zone_civil(wt->zone, from_us);
        day = civil_days(c.year, c.month, c.day);
        us_of_day =
            c.hour * US_PER_HOUR + c.minute * US_PER_MINUTE + c.second * US_PER_SECOND + c.micro;
    } else if (!next_opening(wt, from_us, &day, &us_of_day)) {
        return DATE_NONE;
    }
    if (n > SPAN_DAYS_MAX || n < -SPAN_DAYS_MAX)
        return DATE_NONE;
    for (int64_t i = n < 0 ? -n : n; i > 0; i--)
        if (!next_working_day(wt, &day, n < 0 ? -1 : 1))
            return DATE_NONE;

    int count = day_spans(wt, day, &spans);
    for (int i = 0; i < count; i++)
        if (us_of_day >= spans[i].from_min * US_PER_MINUTE &&
            us_of_day <= spans[i].to_min * US_PER_MINUTE)
            return zone_instant(wt->zone, day, us_of_day);
    return closes(wt, day, &spans[count - 1]);
}

int64_t worktime_day_end(const struct worktime *wt, int64_t day)
{
    const struct worktime_span *spans;
    int count;

    if (!worktime_is_working_day(wt, day) && !next_working_day(wt, &day, 1))
        return DATE_NONE;
    count = day_spans(wt, day, &spans);
    return closes(wt, day, &spans[count - 1]);
}

int64_t worktime_between(const struct worktime *wt, int64_t from_us, int64_t to_us)
{
    if (to_us < from_us)
        return -worktime_between(wt, to_us, from_us);

    int64_t first = zone_date(wt->zone, from_us);
    int64_t last = zone_date(wt->zone, to_us);
    int64_t total = 0;
    for (int64_t day = first; day <= last && day - first < SPAN_DAYS_MAX; day++) {
        const struct worktime_span *spans;
        int n = day_spans(wt, day, &spans);
        for (int i = 0; i < n; i++) {
            int64_t from = opens(wt, day, &spans[i]);
            int64_t to = closes(wt, day, &spans[i]);
            if (from < from_us)
                from = from_us;
            if (to > to_us)
                to = to_us;
            if (to > from)
                total += to - from;
        }
    }
    return total;
}

int64_t worktime_due(const struct worktime *wt, int64_t from_us, struct duration d)
{
    if (d.business_days)
        return worktime_add_days(wt, from_us, d.business_days);
    if (d.business_us)
        return worktime_add(wt, from_us, d.business_us);
    return from_us + d.us;
}
