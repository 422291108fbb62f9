/* now, today, periods and business time: worked out in C once per evaluation, never in SQL. */
#include "expr/expr_impl.h"

const struct zone *time_zone(const struct expr_env *env)
{
    return env->zone ? env->zone : zone_utc();
}

bool time_in_bounds(enum expr_type type, int64_t v)
{
    int64_t max = type == ET_DATE ? TIME_DAYS_MAX : TIME_US_MAX;

    return v >= -max && v <= max;
}

int64_t time_word(int word, const struct expr_env *env)
{
    int64_t today;

    if (word == TW_NOW)
        return env->now_us;
    today = zone_date(time_zone(env), env->now_us);
    return word == TW_YESTERDAY ? today - 1 : word == TW_TOMORROW ? today + 1 : today;
}

static int64_t month_start(int year, int64_t month) /* month from 0, may be outside the year */
{
    int64_t m = year * 12LL + month;
    int64_t y = m >= 0 ? m / 12 : (m - 11) / 12;

    return civil_days((int)y, (int)(m - y * 12) + 1, 1);
}

void time_period(const struct node *n, const struct expr_env *env, int64_t *from_day,
                 int64_t *to_day)
{
    int64_t today = time_word(TW_TODAY, env);
    struct civil day = civil_from_days(today);
    int64_t months = n->op == PU_MONTH ? 1 : n->op == PU_QUARTER ? 3 : 12;
    int64_t first;

    if (n->op == PU_WEEK) {
        *from_day = today - (civil_weekday(today) - 1) + 7 * n->i;
        *to_day = *from_day + 7;
        return;
    }
    first = (day.month - 1) / months * months + n->i * months;
    *from_day = month_start(day.year, first);
    *to_day = month_start(day.year, first + months);
}

int64_t time_day_start(const struct expr_env *env, int64_t days)
{
    return zone_instant(time_zone(env), days, 0);
}

int64_t time_business(const struct expr_env *env, int64_t from_us, struct duration d, bool back)
{
    struct worktime standard;
    const struct worktime *wt = env->worktime;

    if (!wt) {
        standard = worktime_default(time_zone(env));
        wt = &standard;
    }
    if (d.business_days)
        return worktime_add_days(wt, from_us, back ? -d.business_days : d.business_days);
    return worktime_add(wt, from_us, back ? -d.business_us : d.business_us);
}
