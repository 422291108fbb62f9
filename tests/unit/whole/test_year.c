/* A year of a firm that works by the starter manual with most of its policies on: a few hundred records, people who call,
 * forget, move on and go on leave. The same seed gives the same tasks and breaches, whatever the engine's beat and whichever
 * database holds it. */
#include "firm.h"

static const char *const modes[] = {
    "policy/lead-assigned", "fix", "policy/first-reply", "remind", "policy/call-has-note", "remind",
    "policy/contact-has-account", "watch", "policy/customer-has-owner", "remind", "policy/customers-heard-from", "remind",
    "policy/three-touches-a-week", "remind", "policy/deal-named", "watch", "policy/deal-not-idle", "remind",
    "policy/decision-date-not-past", "remind", "policy/lead-reachable", "remind", "policy/lost-has-reason", "remind",
    "policy/next-step-not-past", "remind", "policy/next-step-set", "fix", "policy/nurture-has-date", "remind",
    "policy/qualified-is-complete", "watch", "policy/welcome-after-won", "remind", "policy/won-has-amount", "watch", NULL,
};

struct dice {
    uint64_t state;
};

static unsigned roll(struct dice *d, unsigned n)
{
    d->state = d->state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned)(d->state >> 33) % n;
}

enum { LEADS = 240, DEALS = 120, ACCOUNTS = 24 };
struct life {
    struct company *c;
    struct dice dice;
    int64_t leads[LEADS], deals[DEALS], accounts[ACCOUNTS];
    int n_leads, n_deals, n_accounts;
};

static const char *a_rep(struct life *l)
{
    return roll(&l->dice, 2) ? "@rob" : "@ana";
}

static int64_t user_of(struct life *l, const char *who)
{
    return who[1] == 'r' ? l->c->rob : l->c->ana;
}

static const char *text(struct life *l, const char *before, int n, const char *after)
{
    return str_cstr(l->c->arena, str_fmt(l->c->arena, "%s%d%s", before, n, after));
}

static const char *day_from_now(struct life *l, int days)
{
    return str_cstr(l->c->arena, date_text(l->c->arena, zone_date(zone_utc(), l->c->now) + days));
}

static void lead_comes_in(struct life *l)
{
    if (l->n_leads == LEADS)
        return;
    l->leads[l->n_leads] = company_create(
        l->c, "lead", "last_name", text(l, "Lead", l->n_leads, ""), "company", text(l, "Company ", l->n_leads, ""), "email",
        roll(&l->dice, 8) ? text(l, "lead", l->n_leads, "@lead.example") : "", "owner", roll(&l->dice, 2) ? a_rep(l) : "", NULL);
    l->n_leads++;
}

static void deal_begins(struct life *l)
{
    const char *account;

    if (l->n_deals == DEALS || !l->n_accounts)
        return;
    account = str_cstr(l->c->arena, str_fmt(l->c->arena, "%lld", (long long)l->accounts[roll(&l->dice, (unsigned)l->n_accounts)]));
    l->deals[l->n_deals++] = company_create(l->c, "deal", "account", roll(&l->dice, 6) ? account : "", "engage_date", day_from_now(l, 0), "owner",
                                            a_rep(l), NULL);
}

static void account_is_made(struct life *l)
{
    if (l->n_accounts == ACCOUNTS)
        return;
    l->accounts[l->n_accounts] = company_create(l->c, "account", "name", text(l, "Account ", l->n_accounts, ""), "type",
                                                roll(&l->dice, 3) ? "Customer" : "Prospect", "owner", roll(&l->dice, 5) ? a_rep(l) : "", NULL);
    l->n_accounts++;
}

/* A gate may refuse; then it stays where it is. */
static void lead_moves(struct life *l)
{
    static const char *const status[] = {"Contacted", "In conversation", "Nurture", "Qualified", "Disqualified"};
    int64_t lead = l->leads[roll(&l->dice, (unsigned)l->n_leads)];
    const char *to = status[roll(&l->dice, 5)];

    (void)company_try_set(l->c, 0, NULL, "lead", lead, "status", to, "next_contact", roll(&l->dice, 2) ? day_from_now(l, 20) : "", "lost_reason",
                          roll(&l->dice, 2) ? "No answer" : "", NULL);
}

static void deal_moves(struct life *l)
{
    static const char *const stage[] = {"Engaging", "Engaging", "Won", "Lost"};
    int64_t deal = l->deals[roll(&l->dice, (unsigned)l->n_deals)];
    const char *to = stage[roll(&l->dice, 4)];

    (void)company_try_set(l->c, 0, NULL, "deal", deal, "stage", to, "amount", "1200", "close_date",
                          to[0] == 'E' ? "" : day_from_now(l, 0), "lost_reason", to[0] == 'L' && roll(&l->dice, 2) ? "Price" : "", NULL);
    if (roll(&l->dice, 2))
        (void)company_try_set(l->c, 0, NULL, "deal", deal, "next_step", "Maria calls back", "next_step_on", day_from_now(l, 5), "expected_close",
                              day_from_now(l, 15), NULL);
}

static void somebody_talks(struct life *l)
{
    static const char *const kinds[] = {"call", "email", "meeting"};
    const char *kind = kinds[roll(&l->dice, 3)];
    unsigned to = roll(&l->dice, 3);

    if (to == 0 && l->n_leads)
        company_activity(l->c, kind, "out", l->leads[roll(&l->dice, (unsigned)l->n_leads)]);
    else if (to == 1 && l->n_deals)
        company_activity(l->c, kind, "out", l->deals[roll(&l->dice, (unsigned)l->n_deals)]);
    else if (l->n_accounts)
        company_activity(l->c, kind, "out", l->accounts[roll(&l->dice, (unsigned)l->n_accounts)]);
}

static void a_task_is_done(struct life *l)
{
    const char *who = a_rep(l);
    int64_t user = user_of(l, who);
    int64_t task = company_count(l->c, "SELECT id FROM task WHERE closed_us IS NULL AND owed_by = $1 ORDER BY due_us NULLS LAST, id LIMIT 1", user);

    if (task) /* refused where done_when does not hold yet */
        (void)company_finish(l->c, user, task, "", "done");
}

static void event(struct life *l)
{
    unsigned what = roll(&l->dice, 12);

    if (what < 3)
        lead_comes_in(l);
    else if (what < 4)
        account_is_made(l);
    else if (what < 5)
        deal_begins(l);
    else if (what < 7 && l->n_leads)
        lead_moves(l);
    else if (what < 8 && l->n_deals)
        deal_moves(l);
    else if (what < 9)
        a_task_is_done(l);
    else if (what < 10 && l->n_leads)
        company_set(l->c, "lead", l->leads[roll(&l->dice, (unsigned)l->n_leads)], "owner", a_rep(l), NULL);
    else
        somebody_talks(l);
}

static void someone_is_away(struct life *l, int day)
{
    int64_t who = day % 2 ? l->c->rob : l->c->ana;

    firm_absence(l->c, who, day, day + 4, roll(&l->dice, 2) ? l->c->lena : 0);
}

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

    for (int i = 0; i < 6; i++)
        account_is_made(&l);
    for (int day = 0; day < days; day++) {
        unsigned events = day % 7 < 5 ? roll(&l.dice, 6) : roll(&l.dice, 8) == 0;

        if (day % 23 == 11)
            someone_is_away(&l, day + 1);
        for (unsigned i = 0; i < events; i++) {
            company_until(c, OPENING + day * DAY + (int64_t)i * 90 * US_PER_MINUTE + (int64_t)roll(&l.dice, 60) * US_PER_MINUTE);
            event(&l);
        }
        company_until(c, OPENING + day * DAY + 12 * HOUR);
    }
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
