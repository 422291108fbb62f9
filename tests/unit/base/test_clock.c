#include "test.h"
#include "base/clock.h"

#include <time.h>

static struct arena *a;

static int setup(void **state)
{
    (void)state;
    a = arena_new(0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

static int64_t at(const char *text)
{
    int64_t us;
    if (!instant_parse(str_from(text), &us))
        fail_msg("\"%s\" is no instant", text);
    return us;
}

static const struct zone *zone(const char *name)
{
    const struct zone *z = NULL;
    assert_ok(zone_find(a, str_from(name), &z));
    return z;
}

TEST(civil_days_go_there_and_back)
{
    int64_t expected = civil_days(-2, 1, 1);
    int weekday = civil_weekday(expected);
    for (int year = -2; year < 2450; year++) {
        for (int month = 1; month <= 12; month++) {
            for (int day = 1; day <= civil_days_in_month(year, month); day++) {
                int64_t days = civil_days(year, month, day);
                struct civil c = civil_from_days(days);
                assert_i64(days, expected);
                assert_true(c.year == year && c.month == month && c.day == day);
                assert_int_equal(civil_weekday(days), weekday);
                expected++;
                weekday = weekday % 7 + 1;
            }
        }
    }
    assert_i64(civil_days(1970, 1, 1), 0);
    assert_int_equal(civil_weekday(civil_days(2026, 11, 21)), 6);
}

TEST(leap_years_follow_gregory)
{
    assert_true(civil_valid(2000, 2, 29));
    assert_false(civil_valid(1900, 2, 29));
    assert_true(civil_valid(2024, 2, 29));
    assert_false(civil_valid(2026, 2, 29));
    assert_false(civil_valid(2026, 4, 31));
    assert_false(civil_valid(2026, 13, 1));
    assert_false(civil_valid(2026, 0, 1));
    assert_false(civil_valid(2026, 1, 0));
    assert_false(civil_valid(0, 1, 1));
    assert_false(civil_valid(10000, 1, 1));
}

TEST(dates_are_read_whole_or_not_at_all)
{
    static const char *const bad[] = {
        "",           "2026-11-2",   "2026-11-211", "2026-11-31",  "26-11-21",
        "2026/11/21", " 2026-11-21", "2026-1-01",   "2026-11-21T", "20261121",
        "-026-11-21", "2026-11-00"};
    int64_t days;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (date_parse(str_from(bad[i]), &days))
            fail_msg("\"%s\" was taken", bad[i]);
    assert_true(date_parse(STR("2026-11-21"), &days));
    assert_str(date_text(a, days), "2026-11-21");
    assert_true(date_parse(STR("0001-01-01"), &days));
    assert_str(date_text(a, days), "0001-01-01");
    assert_true(date_parse(STR("9999-12-31"), &days));
    assert_str(date_text(a, days), "9999-12-31");
}

TEST(instants_know_offsets_and_fractions)
{
    assert_i64(at("1970-01-01T00:00:00Z"), 0);
    assert_i64(at("2026-11-21T08:30:00+01:00"), at("2026-11-21T07:30:00Z"));
    assert_i64(at("2026-11-21T00:15:00-05:30"), at("2026-11-21T05:45:00Z"));
    assert_i64(at("2026-11-21t08:30:00.5z"), at("2026-11-21T08:30:00Z") + 500000);
    assert_i64(at("2026-11-21 08:30:00.1234567Z"), at("2026-11-21T08:30:00Z") + 123456);
    assert_i64(at("2016-12-31T23:59:60Z"), at("2017-01-01T00:00:00Z"));
    static const char *const bad[] = {
        "2026-11-21",
        "2026-11-21T08:30Z",
        "2026-11-21T08:30:00",
        "2026-11-21T24:00:00Z",
        "2026-11-21T08:60:00Z",
        "2026-11-21T08:30:61Z",
        "2026-11-21T08:30:60Z",
        "2026-11-21T08:30:00.Z",
        "2026-11-21T08:30:00+1:00",
        "2026-11-21T08:30:00Zx",
        "2026-11-21T08:30:00+24:00",
        "2026-11-21X08:30:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "2026-11-21T08:30:00z ",
    };
    int64_t us;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (instant_parse(str_from(bad[i]), &us))
            fail_msg("\"%s\" was taken", bad[i]);
}

TEST(instants_are_written_as_they_are_read)
{
    static const char *const texts[] = {"2026-11-21T08:30:00Z", "1969-12-31T23:59:59.999999Z",
                                        "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.000001Z",
                                        "2000-02-29T12:00:00.100000Z"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_str(instant_text(a, at(texts[i])), texts[i]);
    char room[32];
    assert_true(instant_write(room, INT64_MIN) <= 32);
    assert_true(instant_write(room, INT64_MAX) <= 32);
}

TEST(durations_are_read_as_people_write_them)
{
    static const struct {
        const char *text, *again;
        struct duration d;
    } good[] = {
        {"30m", "30 minutes", {.us = 30 * US_PER_MINUTE}},
        {"24h", "24 hours", {.us = 24 * US_PER_HOUR}},
        {"3d", "3 days", {.us = 3 * US_PER_DAY}},
        {"2w", "2 weeks", {.us = 14 * US_PER_DAY}},
        {"1w", "7 days", {.us = 7 * US_PER_DAY}},
        {"90m", "90 minutes", {.us = 90 * US_PER_MINUTE}},
        {"45s", "45 seconds", {.us = 45 * US_PER_SECOND}},
        {"0m", "0 minutes", {.us = 0}},
        {"1 day", "24 hours", {.us = US_PER_DAY}},
        {"5 Days", "5 days", {.us = 5 * US_PER_DAY}},
        {" 1 hour ", "1 hour", {.us = US_PER_HOUR}},
        {"2 business days", "2 business days", {.business_days = 2}},
        {"1 business day", "1 business day", {.business_days = 1}},
        {"4 business hours", "4 business hours", {.business_us = 4 * US_PER_HOUR}},
        {"30 Business minutes", "30 business minutes", {.business_us = 30 * US_PER_MINUTE}},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct duration d, back;
        if (!duration_parse(str_from(good[i].text), &d))
            fail_msg("\"%s\" was refused", good[i].text);
        assert_memory_equal(&d, &good[i].d, sizeof d);
        assert_str(duration_text(a, d), good[i].again);
        assert_true(duration_parse(duration_text(a, d), &back));
        assert_memory_equal(&d, &back, sizeof d);
    }
    static const char *const bad[] = {"",
                                      "h",
                                      "1",
                                      "1x",
                                      "-1h",
                                      "1.5h",
                                      "1 hourss",
                                      "2 business weeks",
                                      "2 business",
                                      "businessdays",
                                      "2business d",
                                      "99999999999999999999d",
                                      "9223372036854775807s",
                                      "1000y",
                                      "101w 1d",
                                      "5229w",
                                      "3 businessdays"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct duration d;
        if (duration_parse(str_from(bad[i]), &d))
            fail_msg("\"%s\" was taken", bad[i]);
    }
}

TEST(berlin_knows_summer_and_winter)
{
    const struct zone *berlin = zone("Europe/Berlin");
    assert_str(zone_name(berlin), "Europe/Berlin");
    assert_int_equal(zone_offset_s(berlin, at("2026-01-15T12:00:00Z")), 3600);
    assert_int_equal(zone_offset_s(berlin, at("2026-07-15T12:00:00Z")), 7200);
    assert_int_equal(zone_offset_s(berlin, at("2026-03-29T00:59:59.999999Z")), 3600);
    assert_int_equal(zone_offset_s(berlin, at("2026-03-29T01:00:00Z")), 7200);
    assert_int_equal(zone_offset_s(berlin, at("2026-10-25T00:59:59Z")), 7200);
    assert_int_equal(zone_offset_s(berlin, at("2026-10-25T01:00:00Z")), 3600);
    struct civil c = zone_civil(berlin, at("2026-12-31T23:30:15.000007Z"));
    assert_true(c.year == 2027 && c.month == 1 && c.day == 1 && c.hour == 0 && c.minute == 30);
    assert_true(c.second == 15 && c.micro == 7);
    assert_i64(zone_date(berlin, at("2026-12-31T23:30:00Z")), civil_days(2027, 1, 1));
    /* before the epoch, and before the first transition: local mean time */
    assert_int_equal(zone_offset_s(berlin, at("1850-01-01T00:00:00Z")), 3208);
}

TEST(the_footer_rules_the_far_future)
{
    const struct zone *berlin = zone("Europe/Berlin");
    assert_int_equal(zone_offset_s(berlin, at("2100-07-01T00:00:00Z")), 7200);
    assert_int_equal(zone_offset_s(berlin, at("2100-12-01T00:00:00Z")), 3600);
    /* the last Sunday of March 2100 is the 28th */
    assert_int_equal(zone_offset_s(berlin, at("2100-03-28T00:59:59Z")), 3600);
    assert_int_equal(zone_offset_s(berlin, at("2100-03-28T01:00:00Z")), 7200);
    const struct zone *sydney = zone("Australia/Sydney");
    assert_int_equal(zone_offset_s(sydney, at("2100-01-01T00:00:00Z")), 39600);
    assert_int_equal(zone_offset_s(sydney, at("2100-07-01T00:00:00Z")), 36000);
    assert_int_equal(zone_offset_s(zone("Asia/Kolkata"), at("2150-07-01T00:00:00Z")), 19800);
}

/* The C library reads the same files with code of its own: it has to agree everywhere. */
TEST(the_c_library_agrees_on_many_zones_and_times)
{
    static const char *const names[] = {"Europe/Berlin",
                                        "America/New_York",
                                        "America/Sao_Paulo",
                                        "Asia/Kolkata",
                                        "Asia/Tehran",
                                        "Australia/Lord_Howe",
                                        "Pacific/Apia",
                                        "Africa/Casablanca",
                                        "Europe/Dublin",
                                        "Asia/Gaza",
                                        "America/Nuuk",
                                        "Antarctica/Troll",
                                        "Pacific/Kiritimati",
                                        "America/Havana",
                                        "Etc/GMT+12",
                                        "Asia/Kathmandu",
                                        "America/St_Johns",
                                        "Europe/Moscow",
                                        "UTC",
                                        "America/Santiago"};
    uint64_t random = 12345;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct zone *z = zone(names[i]);
        setenv("TZ", names[i], 1);
        tzset();
        for (int k = 0; k < 5000; k++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            /* 1900 to 2199 */
            time_t t = (time_t)((random >> 20) % 9467000000u) - 2208988800;
            struct tm tm;
            localtime_r(&t, &tm);
            int64_t us = (int64_t)t * US_PER_SECOND;
            if (zone_offset_s(z, us) != tm.tm_gmtoff)
                fail_msg("%s at %lld: %d, not %ld", names[i], (long long)t, zone_offset_s(z, us),
                         tm.tm_gmtoff);
            /* back: the same instant, or the first of two */
            struct civil c = zone_civil(z, us);
            int64_t back = zone_instant(z, civil_days(c.year, c.month, c.day),
                                        c.hour * US_PER_HOUR + c.minute * US_PER_MINUTE +
                                            c.second * US_PER_SECOND);
            struct civil d = zone_civil(z, back);
            assert_true(back <= us);
            assert_memory_equal(&c, &d, sizeof c);
        }
    }
    unsetenv("TZ");
    tzset();
}

TEST(a_local_time_that_does_not_exist_moves_forward_by_the_gap)
{
    const struct zone *berlin = zone("Europe/Berlin");
    int64_t day = civil_days(2026, 3, 29);
    assert_i64(zone_instant(berlin, day, 2 * US_PER_HOUR + 30 * US_PER_MINUTE),
               at("2026-03-29T01:30:00Z")); /* 03:30 summer time */
    assert_i64(zone_instant(berlin, day, US_PER_HOUR + 59 * US_PER_MINUTE),
               at("2026-03-29T00:59:00Z"));
    assert_i64(zone_instant(berlin, day, 3 * US_PER_HOUR), at("2026-03-29T01:00:00Z"));
    /* a gap at midnight */
    assert_i64(zone_instant(zone("America/Havana"), civil_days(2026, 3, 8), 0),
               at("2026-03-08T05:00:00Z"));
}

TEST(a_local_time_that_exists_twice_is_the_first)
{
    const struct zone *berlin = zone("Europe/Berlin");
    int64_t day = civil_days(2026, 10, 25);
    assert_i64(zone_instant(berlin, day, 2 * US_PER_HOUR + 30 * US_PER_MINUTE),
               at("2026-10-25T00:30:00Z"));
    assert_i64(zone_instant(berlin, day, 3 * US_PER_HOUR), at("2026-10-25T02:00:00Z"));
    assert_i64(zone_instant(berlin, day, 24 * US_PER_HOUR), at("2026-10-25T23:00:00Z"));
}

TEST(a_day_that_was_left_out_is_jumped_over)
{
    /* Samoa had no 2011-12-30 */
    const struct zone *apia = zone("Pacific/Apia");
    int64_t noon = zone_instant(apia, civil_days(2011, 12, 30), 12 * US_PER_HOUR);
    assert_i64(zone_date(apia, noon), civil_days(2011, 12, 31));
}

TEST(names_that_are_no_zones_are_refused_with_a_suggestion)
{
    static const char *const bad[] = {"",
                                      "Europe/Atlantis",
                                      "../../etc/passwd",
                                      "/etc/localtime",
                                      "Europe/../UTC",
                                      "Europe",
                                      "Europe/",
                                      ".",
                                      "right/UTC",
                                      "posix/UTC",
                                      "zone.tab",
                                      "Europe//Berlin",
                                      "tzdata.zi",
                                      "europe/berlin",
                                      "leapseconds",
                                      "Europe/Berlin\n"};
    const struct zone *z;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_err(zone_find(a, str_from(bad[i]), &z), "settings.invalid");
    assert_err(zone_find(a, (struct str){"Europe/Berlin\0x", 15}, &z), "settings.invalid");
    const struct err *e = assert_err(zone_find(a, STR("Europe/Berlim"), &z), "settings.invalid");
    assert_str(e->way_out, "Did you mean Europe/Berlin?");
}

TEST(a_zone_is_read_once)
{
    assert_ptr_equal(zone("Europe/Paris"), zone("Europe/Paris"));
    assert_ptr_equal(zone("UTC"), zone_utc());
    assert_int_equal(zone_offset_s(zone_utc(), at("2026-07-01T00:00:00Z")), 0);
}

TEST(clocks_run)
{
    int64_t mono = clock_mono_us();
    assert_true(clock_now_us() > at("2024-01-01T00:00:00Z"));
    assert_true(clock_mono_us() >= mono);
}

TEST(a_clock_that_was_set_runs_on_from_there)
{
    int64_t machine = clock_machine_us();
    assert_false(clock_is_set());
    clock_set(at("2026-03-09T09:00:00Z"));
    int64_t first = clock_now_us();
    assert_true(clock_is_set());
    assert_true(first >= at("2026-03-09T09:00:00Z") && first < at("2026-03-09T09:01:00Z"));
    for (int64_t mono = clock_mono_us(); clock_mono_us() < mono + 2000;)
        continue;
    int64_t ran = clock_now_us() - first;
    assert_true(ran >= 2000 && ran < US_PER_MINUTE);
    assert_true(clock_machine_us() - machine < US_PER_MINUTE); /* the machine's knows nothing of it */
    clock_set(machine); /* back, for whoever comes after */
}

TEST_MAIN_WITH(setup, teardown, civil_days_go_there_and_back, leap_years_follow_gregory,
               dates_are_read_whole_or_not_at_all, instants_know_offsets_and_fractions,
               instants_are_written_as_they_are_read, durations_are_read_as_people_write_them,
               berlin_knows_summer_and_winter, the_footer_rules_the_far_future,
               the_c_library_agrees_on_many_zones_and_times,
               a_local_time_that_does_not_exist_moves_forward_by_the_gap,
               a_local_time_that_exists_twice_is_the_first, a_day_that_was_left_out_is_jumped_over,
               names_that_are_no_zones_are_refused_with_a_suggestion, a_zone_is_read_once,
               clocks_run, a_clock_that_was_set_runs_on_from_there)
