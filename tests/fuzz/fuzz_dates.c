/* Any text as a date, an instant and a duration: refused, or within the calendar; and what was read is written in a way
 * that reads as the same. */
#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

static void date(struct arena *arena, struct str s)
{
    int64_t day, again;

    if (!date_parse(s, &day))
        return;
    check(day >= civil_days(1, 1, 1) && day <= civil_days(9999, 12, 31), "a day outside the calendar");
    check(date_parse(date_text(arena, day), &again) && again == day, "a day reads otherwise than it was written");
    check(str_eq(date_text(arena, day), s), "two ways to write one day");
}

static void instant(struct arena *arena, struct str s)
{
    char text[32];
    int64_t us, again;
    size_t n;

    if (!instant_parse(s, &us))
        return;
    n = instant_write(text, us);
    check(n > 0 && n < sizeof text, "an instant longer than its room");
    check(str_eq(instant_text(arena, us), (struct str){text, n}), "two writers, two texts");
    /* An offset may carry the first or the last day out of the calendar, where it cannot be written. */
    if (us >= civil_days(1, 1, 1) * US_PER_DAY && us < civil_days(10000, 1, 1) * US_PER_DAY)
        check(instant_parse(instant_text(arena, us), &again) && again == us, "an instant reads otherwise than it was written");
}

static void duration(struct arena *arena, struct str s)
{
    struct duration d, again;

    if (!duration_parse(s, &d))
        return;
    check((d.us != 0) + (d.business_days != 0) + (d.business_us != 0) <= 1, "a duration of two kinds");
    check(d.us >= 0 && d.business_days >= 0 && d.business_us >= 0, "a duration below zero");
    check(duration_parse(duration_text(arena, d), &again), "a duration is written in a way nobody reads");
    check(again.us == d.us && again.business_days == d.business_days && again.business_us == d.business_us,
          "a duration reads otherwise than it was written");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena *arena;
    struct str s = {(const char *)data, size};

    if (!arena)
        arena = arena_new(0);
    date(arena, s);
    instant(arena, s);
    duration(arena, s);
    arena_reset(arena);
    return 0;
}
