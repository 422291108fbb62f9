#pragma once
/* Business time: a zone, weekly working hours, holidays and extra working days. Knows nothing about who works. */
#include "base/clock.h"

#define WORKTIME_SPANS_MAX 8

struct worktime_span {
    int32_t from_min, to_min; /* minutes of the local day, from < to <= 1440 */
};
struct worktime {
    const struct zone *zone;
    struct worktime_span week[7][WORKTIME_SPANS_MAX]; /* Monday first, sorted, not overlapping */
    int spans[7];
    const int64_t *holidays; /* days, sorted */
    size_t n_holidays;
};

/* Monday to Friday 9:00-17:00 in zone. */
struct worktime worktime_default(const struct zone *zone);
bool worktime_is_working_day(const struct worktime *wt, int64_t days);
bool worktime_is_working(const struct worktime *wt, int64_t us);
/* The instant at which amount_us of working time after from_us are used up. Half-open spans: work that ends exactly at
 * closing time is due at closing time. Calendars without working time give DATE_NONE after ten years. */
int64_t worktime_add(const struct worktime *wt, int64_t from_us, int64_t amount_us);
/* n working days later at the same local time; a start outside working time counts from the next opening.
 * n may be negative. Due times that would fall outside working time move to the close of that working day. */
int64_t worktime_add_days(const struct worktime *wt, int64_t from_us, int64_t n);
/* When work ends on that local day; where nobody works on it, on the next day on which somebody does. DATE_NONE as above. */
int64_t worktime_day_end(const struct worktime *wt, int64_t day);
/* Working time between two instants, microseconds. */
int64_t worktime_between(const struct worktime *wt, int64_t from_us, int64_t to_us);
/* from_us plus any duration: plain, business days or business hours. */
int64_t worktime_due(const struct worktime *wt, int64_t from_us, struct duration d);
