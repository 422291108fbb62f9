/* A year of the demo company with its policies switched on: thirty-five salespeople on 8,800 deals who call, forget, move
 * on and go on leave. The same seed gives the same tasks and breaches, whether the engine ran all the time or stood still
 * for a week, and whichever database holds it. */
#include "demo.h"

#include <pthread.h>

static const char *const modes[] = {
    "policy/lead-assigned", "fix", "policy/first-reply", "remind", "policy/call-has-note", "remind",
    "policy/contact-has-account", "watch", "policy/customer-has-owner", "remind", "policy/customers-heard-from", "remind",
    "policy/three-touches-a-week", "remind", "policy/daily-touch", "watch", "policy/deal-named", "watch",
    "policy/deal-not-idle", "remind", "policy/decision-date-not-past", "remind", "policy/lead-reachable", "remind",
    "policy/lost-has-reason", "remind", "policy/next-step-not-past", "remind", "policy/next-step-set", "fix",
    "policy/nurture-has-date", "remind", "policy/qualified-is-complete", "watch", "policy/welcome-after-won", "remind",
    "policy/won-has-amount", "watch", NULL,
};

/* These look at the whole pipeline, not only at deals made from now on. */
static const char *const for_all[] = {"policy/next-step-set", "policy/customer-has-owner", NULL};

struct dice {
    uint64_t state;
};

static unsigned roll(struct dice *d, unsigned n)
{
    d->state = d->state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned)(d->state >> 33) % n;
}

/* ---- one salesperson's day ---- */
enum { OWN_MAX = 400, LEADS_MAX = 100 };

struct agent {
    int64_t id, manager;
    int64_t deals[OWN_MAX], leads[LEADS_MAX];
    unsigned n_deals, n_leads;
    int away_until; /* first day back */
};

struct life {
    struct demo *demo;
    struct company *c;
    struct dice dice;
    struct agent agents[DEMO_AGENTS];
    int64_t products[16];
    unsigned n_products;
    int n_leads, n_refused, n_saved;
};

static int64_t one_of(struct life *l, const int64_t *ids, unsigned n)
{
    return n ? ids[roll(&l->dice, n)] : 0;
}

static const char *number(struct life *l, int64_t n)
{
    return str_cstr(l->c->arena, str_fmt(l->c->arena, "%lld", (long long)n));
}

static const char *day_from_now(struct life *l, unsigned days)
{
    return str_cstr(l->c->arena, date_text(l->c->arena, zone_date(zone_utc(), l->c->now) + days));
}

/* What a gate or a right refuses stays as it is; nothing else may go wrong. */
static void took(struct life *l, struct err *e)
{
    if (e && e->kind != ERR_INVALID && e->kind != ERR_CONFLICT && e->kind != ERR_FORBIDDEN && e->kind != ERR_NOT_FOUND)
        fail_msg("%s", str_cstr(l->c->arena, err_text(l->c->arena, e)));
    l->n_refused += e != NULL;
    l->n_saved += e == NULL;
}

static void talks(struct life *l, struct agent *a, int64_t about)
{
    static const char *const kinds[] = {"call", "email", "meeting", "message"};
    const char *kind = kinds[roll(&l->dice, 4)], *subject = roll(&l->dice, 6) ? "Catching up" : "A welcome to our customer";
    const char *body = roll(&l->dice, 4) ? "They think about it until next week." : "";
    int64_t id;

    if (about)
        took(l, company_try_create(l->c, a->id, &id, "activity", "kind", kind, "direction", roll(&l->dice, 4) ? "out" : "in", "at",
                                   str_cstr(l->c->arena, instant_text(l->c->arena, l->c->now)), "subject", subject, "body", body, "links",
                                   number(l, about), NULL));
}

static void deal_moves(struct life *l, struct agent *a)
{
    static const char *const stages[] = {"Engaging", "Engaging", "Won", "Lost"};
    int64_t deal = one_of(l, a->deals, a->n_deals);
    const char *to = stages[roll(&l->dice, 4)];
    bool open = to[0] == 'E';

    if (deal)
        took(l, company_try_set(l->c, a->id, NULL, "deal", deal, "stage", to, "amount", number(l, 500 + roll(&l->dice, 9000)),
                                open ? "engage_date" : "close_date", day_from_now(l, 0), "account",
                                number(l, one_of(l, l->demo->accounts, DEMO_ACCOUNTS)), "lost_reason",
                                to[0] == 'L' && roll(&l->dice, 2) ? "Price" : "", NULL));
}

static void next_step_is_agreed(struct life *l, struct agent *a)
{
    int64_t deal = one_of(l, a->deals, a->n_deals);

    if (deal)
        took(l, company_try_set(l->c, a->id, NULL, "deal", deal, "next_step", "They send the stock list", "next_step_on",
                                day_from_now(l, 2 + roll(&l->dice, 9)), "expected_close", day_from_now(l, 15 + roll(&l->dice, 60)), NULL));
}

static void deal_begins(struct life *l, struct agent *a)
{
    int64_t id;

    took(l, company_try_create(l->c, a->id, &id, "deal", "account", number(l, one_of(l, l->demo->accounts, DEMO_ACCOUNTS)), "product",
                               number(l, one_of(l, l->products, l->n_products)), "engage_date", roll(&l->dice, 2) ? day_from_now(l, 0) : "",
                               NULL));
    if (id && a->n_deals < OWN_MAX)
        a->deals[a->n_deals++] = id;
}

/* From the form on the web: half of them belong to nobody yet. */
static void lead_comes_in(struct life *l, struct agent *a)
{
    const char *mail = str_cstr(l->c->arena, str_fmt(l->c->arena, "buyer%d@lead.example", l->n_leads++));
    int64_t id;

    took(l, company_try_create(l->c, 0, &id, "lead", "last_name", "Buyer", "company", number(l, l->n_leads), "email",
                               roll(&l->dice, 8) ? mail : "", "owner", roll(&l->dice, 2) ? number(l, a->id) : "", NULL));
    if (id && a->n_leads < LEADS_MAX)
        a->leads[a->n_leads++] = id;
}

static void lead_moves(struct life *l, struct agent *a)
{
    static const char *const statuses[] = {"Contacted", "In conversation", "Nurture", "Qualified", "Disqualified"};
    int64_t lead = one_of(l, a->leads, a->n_leads);

    if (lead)
        took(l, company_try_set(l->c, a->id, NULL, "lead", lead, "status", statuses[roll(&l->dice, 5)], "next_contact",
                                roll(&l->dice, 2) ? day_from_now(l, 20) : "", "lost_reason", roll(&l->dice, 2) ? "No answer" : "", NULL));
}

/* The top of the queue: refused where done_when does not hold yet. */
static void task_is_done(struct life *l, struct agent *a)
{
    int64_t task = company_count(
        l->c, "SELECT id FROM task WHERE closed_us IS NULL AND owed_by = $1 ORDER BY due_us NULLS LAST, id LIMIT 1", a->id);

    if (task)
        took(l, company_finish(l->c, a->id, task, "", "done"));
}

static void acts(struct life *l, struct agent *a)
{
    unsigned what = roll(&l->dice, 20);

    if (what < 6)
        talks(l, a, one_of(l, a->deals, a->n_deals));
    else if (what < 9)
        talks(l, a, one_of(l, l->demo->accounts, DEMO_ACCOUNTS));
    else if (what < 10)
        talks(l, a, one_of(l, a->leads, a->n_leads));
    else if (what < 12)
        next_step_is_agreed(l, a);
    else if (what < 15)
        deal_moves(l, a);
    else if (what < 16)
        deal_begins(l, a);
    else if (what < 17)
        lead_comes_in(l, a);
    else if (what < 18)
        lead_moves(l, a);
    else
        task_is_done(l, a);
}

/* ---- the company's year ---- */
enum { BEATS = 4, WEEK = 7 };
static const int64_t beat_us[BEATS] = {30 * US_PER_MINUTE, 2 * US_PER_HOUR, 4 * US_PER_HOUR, 7 * US_PER_HOUR};

/* The managers give each customer to somebody, except for a few that everybody forgets. */
static void customers_are_given(struct life *l)
{
    for (int i = 0; i < DEMO_ACCOUNTS; i++) {
        unsigned who = roll(&l->dice, DEMO_AGENTS + 3);

        if (who < DEMO_AGENTS)
            took(l, company_try_set(l->c, l->agents[who].manager, NULL, "account", l->demo->accounts[i], "owner",
                                    number(l, l->agents[who].id), NULL));
    }
}

static void some_go_on_leave(struct life *l, int day)
{
    for (int i = 0; i < DEMO_AGENTS; i++) {
        struct agent *a = &l->agents[i];
        int days = 1 + (int)roll(&l->dice, 11);

        if (roll(&l->dice, 20) || day < a->away_until)
            continue;
        firm_absence(l->c, a->id, day, day + days - 1, roll(&l->dice, 2) ? a->manager : 0);
        a->away_until = day + days;
    }
}

static void working_day(struct life *l, int day)
{
    if (day % WEEK == 0)
        some_go_on_leave(l, day);
    for (int beat = 0; beat < BEATS; beat++) {
        company_until(l->c, OPENING + day * DAY + beat_us[beat]);
        for (int i = 0; i < DEMO_AGENTS; i++)
            if (day >= l->agents[i].away_until && roll(&l->dice, 3) == 0)
                acts(l, &l->agents[i]);
        demo_forget(l->demo);
    }
}

static struct life *born(uint64_t seed)
{
    struct demo *demo = demo_open(modes, for_all);
    struct life *l = NEW(demo->c->f->arena, struct life);

    *l = (struct life){.demo = demo, .c = demo->c, .dice = {seed}};
    l->n_products = (unsigned)demo_ids(demo, "SELECT id FROM o_product ORDER BY name", 0, l->products, 16);
    for (int i = 0; i < DEMO_AGENTS; i++) {
        struct agent *a = &l->agents[i];

        *a = (struct agent){.id = demo->agents[i], .manager = demo->managers[i]};
        a->n_deals = (unsigned)demo_ids(
            demo, "SELECT id FROM o_deal WHERE owner = $1 AND stage IN ('Prospecting', 'Engaging') ORDER BY number", a->id, a->deals,
            OWN_MAX / 2);
    }
    customers_are_given(l);
    return l;
}

struct plan_of_year {
    uint64_t seed;
    int days;
    int closed_from; /* the first of seven days on which nobody works */
    bool stopped;    /* the server is off on these days */
};

struct figures {
    int64_t deals, tasks, done, breaches, escalations, runs;
    int saved, refused;
};

static void seven_closed_days(struct life *l, const struct plan_of_year *plan)
{
    int64_t end = OPENING + (plan->closed_from + WEEK) * DAY;

    if (plan->stopped) {
        demo_restart(l->demo);
        company_until(l->c, end);
    } else {
        company_run(l->c, end, US_PER_HOUR);
    }
    demo_forget(l->demo);
}

static void look(struct life *l, struct figures *f)
{
    struct company *c = l->c;

    *f = (struct figures){
        .deals = company_count(c, "SELECT COUNT(*) FROM o_deal", 0),
        .tasks = company_count(c, "SELECT COUNT(*) FROM task", 0),
        .done = company_count(c, "SELECT COUNT(*) FROM task WHERE closed_as = 'done'", 0),
        .breaches = company_count(c, "SELECT COUNT(*) FROM breach", 0),
        .escalations = company_count(c, "SELECT COUNT(*) FROM escalation_run", 0),
        .runs = company_count(c, "SELECT COUNT(*) FROM run", 0),
        .saved = l->n_saved,
        .refused = l->n_refused,
    };
    company_sound(c);
    assert_i64(company_count(c, "SELECT COUNT(*) FROM breach WHERE at_us > $1", c->now), 0);
    assert_i64(company_count(c, "SELECT COUNT(*) FROM breach WHERE due_us > at_us", 0), 0);
    assert_i64(company_count(c, "SELECT COUNT(*) FROM task WHERE closed_us > $1", c->now), 0);
    assert_i64(company_count(c, "SELECT COUNT(*) FROM task WHERE opened_us > $1", c->now), 0);
    assert_i64(company_count(c, "SELECT COUNT(*) FROM task WHERE closed_us IS NULL AND owed_by IS NULL AND (role IS NULL OR role = '')", 0), 0);
    assert_i64(company_count(c, "SELECT COUNT(*) FROM timer WHERE due_us <= $1", c->now), 0);
}

struct living {
    struct plan_of_year plan;
    struct life *life; /* born, with the database of its own */
    struct figures figures;
    char *dump; /* the company's state at the end as text, malloc'ed */
};

static void *live(void *ctx)
{
    struct living *living = ctx;
    const struct plan_of_year *plan = &living->plan;
    struct life *l = living->life;
    struct str dump;

    for (int day = 0; day < plan->days; day++) {
        if (day == plan->closed_from)
            seven_closed_days(l, plan);
        else if (day % WEEK < 5 && (day < plan->closed_from || day >= plan->closed_from + WEEK))
            working_day(l, day);
    }
    company_until(l->c, OPENING + plan->days * DAY);
    look(l, &living->figures);
    dump = company_dump(l->c);
    living->dump = malloc(dump.len + 1);
    assert_non_null(living->dump);
    memcpy(living->dump, dump.ptr, dump.len);
    living->dump[dump.len] = 0;
    demo_close(l->demo);
    return NULL;
}

/* Both at once, since a life keeps one processor busy and this is the longest test there is. */
static void both_live(struct living *one, struct living *other)
{
    pthread_t thread;

    /* cmocka can leave a test from its own thread alone: until both are over, what fails is said and ends the program. */
    assert_int_equal(setenv("CMOCKA_TEST_ABORT", "1", 1), 0);
    assert_int_equal(pthread_create(&thread, NULL, live, one), 0);
    live(other);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(unsetenv("CMOCKA_TEST_ABORT"), 0);
}

/* Says where two dumps part, and drops them. */
static void same(struct living *one, struct living *other)
{
    const char *a = one->dump, *b = other->dump;
    size_t i = 0, line = 0;

    if (strcmp(a, b) != 0) {
        while (a[i] && a[i] == b[i]) {
            if (a[i] == '\n')
                line = i + 1;
            i++;
        }
        print_error("one:   %.*s\nother: %.*s\n", (int)strcspn(a + line, "\n"), a + line, (int)strcspn(b + line, "\n"), b + line);
        fail();
    }
    free(one->dump);
    free(other->dump);
}

/* The days of a life that the test has time for: a day costs 70 ms, under sanitizers and on PostgreSQL many times that. */
static int days_of_life(void)
{
    return TEST_SANITIZED || db_fixture_kind() == DB_POSTGRES ? 30 : 365;
}

static void year_is_believable(const char *dump, const struct figures *f, int days)
{
    static const char *const there[] = {"policy/lead-assigned", "policy/first-reply", "policy/three-touches-a-week", "policy/deal-not-idle",
                                        "policy/next-step-set", "workflow/lead-capture", "workflow/closing"};

    print_message("%lld deals, %d saves and %d refused ones, %lld tasks (%lld done), %lld breaches, %lld escalations, %lld runs\n",
                  (long long)f->deals, f->saved, f->refused, (long long)f->tasks, (long long)f->done, (long long)f->breaches,
                  (long long)f->escalations, (long long)f->runs);
    assert_true(f->deals > DEMO_DEALS);
    assert_true(f->saved > days * 15 && f->refused > 0);
    assert_true(f->tasks > 5000 && f->done > 0 && f->done < f->tasks);
    assert_true(f->breaches > 1000 && f->breaches < f->tasks * 4);
    assert_true(f->escalations > 0 && f->runs > 2000);
    for (size_t i = 0; i < sizeof there / sizeof *there; i++)
        assert_non_null(strstr(dump, there[i]));
}

/* FAIRLEAD_TEST_DAYS: another number of days, to look at something. */
static int year(void)
{
    const char *wanted = getenv("FAIRLEAD_TEST_DAYS");
    int64_t days = days_of_life();

    if (wanted)
        assert_true(str_to_i64(str_from(wanted), &days));
    return (int)days;
}

static struct living begin(struct plan_of_year plan)
{
    return (struct living){.plan = plan, .life = born(plan.seed)};
}

TEST(P40_P57_a_year_of_the_demo_company_gives_the_same_tasks_and_breaches_again_with_a_week_stopped_in_its_middle)
{
    struct plan_of_year plan = {.seed = 17, .days = year()};
    struct living through, stopped;

    plan.closed_from = plan.days / 2 / WEEK * WEEK;
    through = begin(plan);
    plan.stopped = true;
    stopped = begin(plan);
    both_live(&through, &stopped);
    year_is_believable(through.dump, &through.figures, plan.days);
    assert_i64(through.figures.breaches, stopped.figures.breaches);
    same(&through, &stopped);
}

TEST(P57_the_same_month_gives_the_same_tasks_and_breaches)
{
    struct plan_of_year plan = {.seed = 5, .days = days_of_life() < 365 ? 14 : 30, .closed_from = 7};
    struct living one = begin(plan), again = begin(plan);

    both_live(&one, &again);
    same(&one, &again);
}

/* The same life on the other database, where there is one. */
TEST(P120_both_databases_come_to_the_same_tasks_and_breaches)
{
    struct plan_of_year plan = {.seed = 23, .days = 21, .closed_from = 14};
    struct living here, there;

    if (db_fixture_kind() != DB_POSTGRES)
        test_skip("compared on the run with PostgreSQL");
    here = begin(plan);
    assert_int_equal(setenv("FAIRLEAD_TEST_DB", "sqlite", 1), 0);
    there = begin(plan);
    assert_int_equal(setenv("FAIRLEAD_TEST_DB", "postgres", 1), 0);
    both_live(&here, &there);
    same(&here, &there);
}

TEST_MAIN(P40_P57_a_year_of_the_demo_company_gives_the_same_tasks_and_breaches_again_with_a_week_stopped_in_its_middle,
          P57_the_same_month_gives_the_same_tasks_and_breaches, P120_both_databases_come_to_the_same_tasks_and_breaches)
