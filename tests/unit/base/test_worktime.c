#include "test.h"
#include "base/worktime.h"

static struct arena *a;
static struct worktime wt;     /* Monday to Friday 9 to 17 in Berlin, with holidays */
static struct worktime breaks; /* the same with lunch from 12 to 13, Saturday 10 to 14 */
static int64_t holidays[3];

static int setup(void **state)
{
    const struct zone *berlin;
    (void)state;
    a = arena_new(0);
    assert_ok(zone_find(a, STR("Europe/Berlin"), &berlin));
    wt = worktime_default(berlin);
    holidays[0] = civil_days(2026, 4, 3); /* Good Friday and Easter Monday */
    holidays[1] = civil_days(2026, 4, 6);
    holidays[2] = civil_days(2026, 12, 25);
    wt.holidays = holidays;
    wt.n_holidays = 3;
    breaks = worktime_default(berlin);
    for (int day = 0; day < 5; day++) {
        breaks.week[day][0] = (struct worktime_span){9 * 60, 12 * 60};
        breaks.week[day][1] = (struct worktime_span){13 * 60, 17 * 60};
        breaks.spans[day] = 2;
    }
    breaks.week[5][0] = (struct worktime_span){10 * 60, 14 * 60};
    breaks.spans[5] = 1;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

/* Local time in Berlin: "2026-11-20 16:30" */
static int64_t local(const char *text)
{
    int64_t us;
    char full[32];
    snprintf(full, sizeof full, "%s:00Z", text);
    assert_true(instant_parse(str_from(full), &us));
    int64_t days = us / US_PER_DAY;
    return zone_instant(wt.zone, days, us - days * US_PER_DAY);
}

#define assert_local(us, text) assert_local_((us), text, __LINE__)
static void assert_local_(int64_t us, const char *text, int line)
{
    struct civil c = zone_civil(wt.zone, us);
    struct str got =
        str_fmt(a, "%04d-%02d-%02d %02d:%02d", c.year, c.month, c.day, c.hour, c.minute);
    if (!str_eq(got, str_from(text)) || c.second || c.micro)
        fail_msg("line %d: %.*s:%02d, not %s", line, STR_ARG(got), c.second, text);
}

TEST(working_days_leave_out_weekends_and_holidays)
{
    assert_true(worktime_is_working_day(&wt, civil_days(2026, 11, 20)));  /* Friday */
    assert_false(worktime_is_working_day(&wt, civil_days(2026, 11, 21))); /* Saturday */
    assert_false(worktime_is_working_day(&wt, civil_days(2026, 4, 3)));
    assert_false(worktime_is_working_day(&wt, civil_days(2026, 12, 25)));
    assert_true(worktime_is_working_day(&wt, civil_days(2026, 12, 24)));
    assert_false(worktime_is_working(&wt, local("2026-11-20 08:59")));
    assert_true(worktime_is_working(&wt, local("2026-11-20 09:00")));
    assert_true(worktime_is_working(&wt, local("2026-11-20 16:59")));
    assert_false(worktime_is_working(&wt, local("2026-11-20 17:00")));
    assert_false(worktime_is_working(&breaks, local("2026-11-20 12:30")));
}

TEST(business_hours_pause_at_night_over_weekends_and_holidays)
{
    assert_local(worktime_add(&wt, local("2026-11-19 15:00"), 4 * US_PER_HOUR), "2026-11-20 11:00");
    assert_local(worktime_add(&wt, local("2026-11-20 15:00"), 4 * US_PER_HOUR), "2026-11-23 11:00");
    assert_local(worktime_add(&wt, local("2026-11-21 15:00"), 1 * US_PER_HOUR), "2026-11-23 10:00");
    /* Thursday before Easter: Friday to Monday are off */
    assert_local(worktime_add(&wt, local("2026-04-02 16:00"), 2 * US_PER_HOUR), "2026-04-07 10:00");
    assert_local(worktime_add(&breaks, local("2026-11-20 11:00"), 2 * US_PER_HOUR),
                 "2026-11-20 14:00");
    assert_local(worktime_add(&breaks, local("2026-11-20 16:30"), US_PER_HOUR), "2026-11-21 10:30");
    assert_i64(worktime_add(&wt, local("2026-11-21 15:00"), 0), local("2026-11-21 15:00"));
}

TEST(a_day_ends_when_work_ends_on_it_or_on_the_next_working_day)
{
    int64_t friday = civil_days(2026, 3, 6);

    assert_i64(worktime_day_end(&wt, friday), zone_instant(wt.zone, friday, 17 * US_PER_HOUR));
    assert_i64(worktime_day_end(&wt, friday + 1), zone_instant(wt.zone, friday + 3, 17 * US_PER_HOUR));
    assert_i64(worktime_day_end(&breaks, friday + 1), zone_instant(wt.zone, friday + 1, 14 * US_PER_HOUR));
}

TEST(work_that_ends_at_closing_time_is_due_at_closing_time)
{
    assert_local(worktime_add(&wt, local("2026-11-20 15:00"), 2 * US_PER_HOUR), "2026-11-20 17:00");
    assert_local(worktime_add(&wt, local("2026-11-19 17:00"), 8 * US_PER_HOUR), "2026-11-20 17:00");
    assert_local(worktime_add(&breaks, local("2026-11-20 10:00"), 2 * US_PER_HOUR),
                 "2026-11-20 12:00");
}

TEST(business_hours_go_back_too)
{
    assert_local(worktime_add(&wt, local("2026-11-23 10:00"), -2 * US_PER_HOUR),
                 "2026-11-20 16:00");
    assert_local(worktime_add(&wt, local("2026-11-22 10:00"), -8 * US_PER_HOUR),
                 "2026-11-20 09:00");
    assert_local(worktime_add(&breaks, local("2026-11-20 14:00"), -2 * US_PER_HOUR),
                 "2026-11-20 11:00");
}

TEST(hours_are_real_hours_on_the_days_the_clock_changes)
{
    struct worktime night = worktime_default(wt.zone);
    for (int day = 0; day < 7; day++) {
        night.week[day][0] = (struct worktime_span){0, 6 * 60};
        night.spans[day] = 1;
    }
    /* 2026-03-29 has no 2 to 3: five hours; 2026-10-25 has it twice: seven */
    assert_i64(worktime_between(&night, local("2026-03-29 00:00"), local("2026-03-29 06:00")),
               5 * US_PER_HOUR);
    assert_i64(worktime_between(&night, local("2026-10-25 00:00"), local("2026-10-25 06:00")),
               7 * US_PER_HOUR);
    assert_local(worktime_add(&night, local("2026-03-29 00:00"), 3 * US_PER_HOUR),
                 "2026-03-29 04:00");
    assert_local(worktime_add(&night, local("2026-10-25 00:00"), 6 * US_PER_HOUR),
                 "2026-10-25 05:00");
    /* a day's hours stay 9 to 17 by the wall clock on both sides */
    assert_local(worktime_add(&wt, local("2026-03-27 16:00"), 2 * US_PER_HOUR), "2026-03-30 10:00");
    assert_local(worktime_add(&wt, local("2026-10-23 16:00"), 2 * US_PER_HOUR), "2026-10-26 10:00");
}

TEST(a_day_may_be_open_around_the_clock)
{
    struct worktime always = worktime_default(wt.zone);
    for (int day = 0; day < 7; day++) {
        always.week[day][0] = (struct worktime_span){0, 1440};
        always.spans[day] = 1;
    }
    assert_i64(worktime_add(&always, local("2026-10-24 12:00"), 48 * US_PER_HOUR),
               local("2026-10-24 12:00") + 48 * US_PER_HOUR);
    assert_i64(worktime_between(&always, local("2026-01-01 00:00"), local("2027-01-01 00:00")),
               365 * US_PER_DAY);
}

TEST(business_days_keep_the_local_time)
{
    assert_local(worktime_add_days(&wt, local("2026-11-20 15:20"), 2), "2026-11-24 15:20");
    assert_local(worktime_add_days(&wt, local("2026-04-02 10:00"), 1), "2026-04-07 10:00");
    assert_local(worktime_add_days(&wt, local("2026-03-27 10:00"), 1),
                 "2026-03-30 10:00"); /* clock change */
    assert_local(worktime_add_days(&wt, local("2026-11-20 15:20"), 0), "2026-11-20 15:20");
    assert_local(worktime_add_days(&wt, local("2026-11-24 15:20"), -2), "2026-11-20 15:20");
    assert_local(worktime_add_days(&wt, local("2026-11-20 10:00"), 250), "2027-11-08 10:00");
}

TEST(business_days_from_outside_working_time_count_from_the_next_opening)
{
    assert_local(worktime_add_days(&wt, local("2026-11-21 15:00"), 2), "2026-11-25 09:00");
    assert_local(worktime_add_days(&wt, local("2026-11-20 17:00"), 1), "2026-11-24 09:00");
    assert_local(worktime_add_days(&wt, local("2026-11-20 06:00"), 1), "2026-11-23 09:00");
    assert_local(worktime_add_days(&wt, local("2026-11-21 15:00"), 0), "2026-11-23 09:00");
    assert_local(worktime_add_days(&breaks, local("2026-11-19 12:30"), 1), "2026-11-20 13:00");
}

TEST(a_due_time_outside_working_time_moves_to_the_close_of_its_day)
{
    /* Saturday closes at 14 */
    assert_local(worktime_add_days(&breaks, local("2026-11-20 15:20"), 1), "2026-11-21 14:00");
    assert_local(worktime_add_days(&breaks, local("2026-11-20 09:30"), 1), "2026-11-21 14:00");
    assert_local(worktime_add_days(&breaks, local("2026-11-20 11:00"), 1), "2026-11-21 11:00");
}

TEST(between_and_add_are_inverse)
{
    uint64_t random = 7;
    for (int i = 0; i < 2000; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        int64_t from =
            local("2026-01-01 00:00") + (int64_t)((random >> 20) % (uint64_t)(365 * US_PER_DAY));
        int64_t amount = (int64_t)((random >> 11) % (uint64_t)(200 * US_PER_HOUR)) + 1;
        const struct worktime *w = i % 2 ? &wt : &breaks;
        int64_t due = worktime_add(w, from, amount);
        assert_i64(worktime_between(w, from, due), amount);
        assert_i64(worktime_between(w, due, from), -amount);
        int64_t back = worktime_add(w, due, -amount);
        assert_i64(worktime_between(w, back, due), amount);
    }
}

TEST(a_calendar_without_working_time_has_no_due_times)
{
    struct worktime never = {.zone = wt.zone};
    assert_i64(worktime_add(&never, 0, US_PER_HOUR), DATE_NONE);
    assert_i64(worktime_add(&never, 0, -US_PER_HOUR), DATE_NONE);
    assert_i64(worktime_add_days(&never, 0, 1), DATE_NONE);
    assert_i64(worktime_between(&never, 0, 1000 * US_PER_DAY), 0);
    assert_i64(worktime_add_days(&wt, 0, INT64_MAX), DATE_NONE);
}

TEST(any_duration_becomes_a_due_time)
{
    int64_t from = local("2026-11-20 16:00");
    assert_local(worktime_due(&wt, from, (struct duration){.us = 24 * US_PER_HOUR}),
                 "2026-11-21 16:00");
    assert_local(worktime_due(&wt, from, (struct duration){.business_days = 1}),
                 "2026-11-23 16:00");
    assert_local(worktime_due(&wt, from, (struct duration){.business_us = 2 * US_PER_HOUR}),
                 "2026-11-23 10:00");
    assert_i64(worktime_due(&wt, from, (struct duration){0}), from);
}

TEST_MAIN_WITH(setup, teardown, working_days_leave_out_weekends_and_holidays,
               business_hours_pause_at_night_over_weekends_and_holidays,
               a_day_ends_when_work_ends_on_it_or_on_the_next_working_day,
               work_that_ends_at_closing_time_is_due_at_closing_time, business_hours_go_back_too,
               hours_are_real_hours_on_the_days_the_clock_changes,
               a_day_may_be_open_around_the_clock, business_days_keep_the_local_time,
               business_days_from_outside_working_time_count_from_the_next_opening,
               a_due_time_outside_working_time_moves_to_the_close_of_its_day,
               between_and_add_are_inverse, a_calendar_without_working_time_has_no_due_times,
               any_duration_becomes_a_due_time)
