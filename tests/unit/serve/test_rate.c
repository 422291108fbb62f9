/* The bound on requests: even over time, with room for a burst, each for oneself. */
#include "serve/serve_impl.h"
#include "test.h"

static int allowed(struct rate *r, int64_t key, int64_t now_us, int tries)
{
    int n = 0;

    for (int i = 0; i < tries; i++)
        n += rate_allows(r, key, now_us);
    return n;
}

TEST(a_burst_of_two_seconds_and_then_so_many_a_second)
{
    struct rate *r = rate_new(10);
    int64_t now_us = 1000 * US_PER_SECOND;

    assert_int_equal(allowed(r, 7, now_us, 50), 20);
    assert_int_equal(allowed(r, 7, now_us, 50), 0);
    assert_int_equal(allowed(r, 7, now_us + US_PER_SECOND / 2, 50), 5);
    assert_int_equal(allowed(r, 7, now_us + US_PER_SECOND * 3 / 2, 50), 10);
    assert_int_equal(allowed(r, 7, now_us + 3600 * US_PER_SECOND, 50), 20);
    rate_free(r);
}

TEST(one_person_does_not_use_up_anothers)
{
    struct rate *r = rate_new(10);

    assert_int_equal(allowed(r, 7, US_PER_SECOND, 50), 20);
    assert_int_equal(allowed(r, 8, US_PER_SECOND, 50), 20);
    rate_free(r);
}

TEST(a_clock_that_goes_back_gives_nothing_away)
{
    struct rate *r = rate_new(10);

    assert_int_equal(allowed(r, 7, 100 * US_PER_SECOND, 50), 20);
    assert_int_equal(allowed(r, 7, 50 * US_PER_SECOND, 50), 0);
    rate_free(r);
}

TEST(without_a_bound_everything_goes)
{
    assert_null(rate_new(0));
    assert_int_equal(allowed(NULL, 7, 0, 1000), 1000);
    rate_free(NULL);
}

TEST_MAIN(a_burst_of_two_seconds_and_then_so_many_a_second, one_person_does_not_use_up_anothers,
          a_clock_that_goes_back_gives_nothing_away, without_a_bound_everything_goes)
