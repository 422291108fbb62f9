/* A year of a firm that works by the starter manual with most of its policies on: a few hundred records, people who call,
 * forget, move on and go on leave. The same seed gives the same tasks and breaches, whatever the engine's beat and whichever
 * database holds it. */
#include "life.h"

static const char *const modes[] = {
    "policy/lead-assigned", "fix", "policy/first-reply", "remind", "policy/call-has-note", "remind",
    "policy/contact-has-account", "watch", "policy/customer-has-owner", "remind", "policy/customers-heard-from", "remind",
    "policy/three-touches-a-week", "remind", "policy/deal-named", "watch", "policy/deal-not-idle", "remind",
    "policy/decision-date-not-past", "remind", "policy/lead-reachable", "remind", "policy/lost-has-reason", "remind",
    "policy/next-step-not-past", "remind", "policy/next-step-set", "fix", "policy/nurture-has-date", "remind",
    "policy/qualified-is-complete", "watch", "policy/welcome-after-won", "remind", "policy/won-has-amount", "watch", NULL,
};

struct counts {
    int64_t records, tasks, done, breaches, escalations;
};

/* days of seeded events with a tick at each, then quiet_days without any event, in ticks of quiet_tick_us. Gives the
 * engine's state as text, malloc'ed. */
static char *live(uint64_t seed, int days, int quiet_days, int64_t quiet_tick_us, struct counts *n)
{
    struct company *c = firm_open(modes);
    struct life l = {.c = c, .dice = {seed}};
    struct str dump;
    char *kept;

    life_begins(&l);
    for (int day = 0; day < days; day++)
        life_day(&l, day);
    company_run(c, OPENING + (days + quiet_days) * DAY, quiet_tick_us);
    company_sound(c);
    n->records = l.n_leads + l.n_deals + l.n_accounts;
    n->tasks = company_count(c, "SELECT COUNT(*) FROM task", 0);
    n->done = company_count(c, "SELECT COUNT(*) FROM task WHERE closed_as = 'done'", 0);
    n->breaches = company_count(c, "SELECT COUNT(*) FROM breach", 0);
    n->escalations = company_count(c, "SELECT COUNT(*) FROM escalation_run", 0);
    assert_i64(company_count(c, "SELECT COUNT(*) FROM breach WHERE at_us > $1", c->now), 0);
    assert_i64(company_count(c, "SELECT COUNT(*) FROM breach WHERE due_us > at_us", 0), 0);
    assert_i64(company_count(c, "SELECT COUNT(*) FROM task WHERE closed_us > $1", c->now), 0);
    assert_i64(company_count(c, "SELECT COUNT(*) FROM task WHERE opened_us > $1", c->now), 0);
    assert_i64(company_count(c, "SELECT COUNT(*) FROM task WHERE closed_us IS NULL AND owed_by IS NULL AND (role IS NULL OR role = '')", 0), 0);
    assert_i64(company_count(c, "SELECT COUNT(*) FROM timer WHERE due_us <= $1", c->now), 0);
    dump = company_dump(c);
    kept = malloc(dump.len + 1);
    assert_non_null(kept);
    memcpy(kept, dump.ptr, dump.len);
    kept[dump.len] = 0;
    company_close(c);
    return kept;
}

/* Says where two dumps part. */
static void same(const char *a, const char *b)
{
    size_t i = 0, line = 0;

    if (strcmp(a, b) == 0)
        return;
    while (a[i] && a[i] == b[i]) {
        if (a[i] == '\n')
            line = i + 1;
        i++;
    }
    print_error("one:   %.*s\nother: %.*s\n", (int)strcspn(a + line, "\n"), a + line, (int)strcspn(b + line, "\n"), b + line);
    fail();
}

static bool slow_machine(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    return true;
#endif
#endif
    return db_fixture_kind() == DB_POSTGRES;
}

static int year(void)
{
    return slow_machine() ? 30 : 365;
}

TEST(P40_P57_a_year_gives_the_same_tasks_and_breaches_twice)
{
    struct counts n, again;
    char *a = live(17, year(), 0, DAY, &n), *b = live(17, year(), 0, DAY, &again);

    print_message("%lld records, %lld tasks (%lld done), %lld breaches, %lld escalations\n", (long long)n.records, (long long)n.tasks,
                  (long long)n.done, (long long)n.breaches, (long long)n.escalations);
    assert_true(n.records > year() / 2);
    assert_true(n.tasks > n.records);
    assert_true(n.done > 0 && n.done < n.tasks);
    assert_true(n.breaches > year() / 4 && n.breaches < n.tasks * 4);
    assert_true(n.escalations > 0);
    for (size_t i = 0; i < 4; i++) {
        static const char *const there[] = {"policy/lead-assigned", "policy/first-reply", "policy/three-touches-a-week", "workflow/lead-capture"};

        assert_non_null(strstr(a, there[i]));
    }
    same(a, b);
    free(a);
    free(b);
}

TEST(a_week_stopped_is_caught_up_in_one_leap)
{
    struct counts n, again;
    char *daily = live(5, 20, 7, DAY, &n), *leap = live(5, 20, 7, 7 * DAY, &again);

    assert_i64(n.breaches, again.breaches);
    same(daily, leap);
    free(daily);
    free(leap);
}

/* The same life on the other database, where there is one. */
TEST(P120_both_databases_come_to_the_same_tasks_and_breaches)
{
    struct counts n, again;
    char *here, *there;

    if (db_fixture_kind() != DB_POSTGRES)
        test_skip("compared on the run with PostgreSQL");
    here = live(23, 25, 0, DAY, &n);
    assert_int_equal(setenv("FAIRLEAD_TEST_DB", "sqlite", 1), 0);
    there = live(23, 25, 0, DAY, &again);
    assert_int_equal(setenv("FAIRLEAD_TEST_DB", "postgres", 1), 0);
    same(here, there);
    free(here);
    free(there);
}

TEST_MAIN(P40_P57_a_year_gives_the_same_tasks_and_breaches_twice, a_week_stopped_is_caught_up_in_one_leap,
          P120_both_databases_come_to_the_same_tasks_and_breaches)
