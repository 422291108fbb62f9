/* Periods, catching up, and the same history twice. */
#include "company.h"

static void daily(struct company *c, const char *more)
{
    company_page(
        c, "policy/daily",
        str_cstr(c->arena,
                 str_fmt(c->arena,
                         "for: account\nwhen: \"type = 'Customer'\"\nevery: working day\n"
                         "count: \"activities where kind in ('call', 'email')\"\nat_least: 1\n"
                         "per: owner\nowed_by: owner\nmode: remind\napplies_to: all\n%s",
                         more)),
        NULL);
    company_publish(c);
}

static struct err *absent_in(struct tx *tx, const struct save_context *cx, void *ctx)
{
    const int64_t *days = ctx;

    return work_absence(tx, cx, days[0], days[1], days[2], 0);
}

TEST(a_period_rule_counts_working_days_of_whoever_owes_it)
{
    struct company *c = company_open();
    int64_t a, b,
        leave[3] = {c->ana, zone_date(zone_utc(), MONDAY_9) + 1,
                    zone_date(zone_utc(), MONDAY_9) + 2};

    a = company_create(c, "account", "name", "A", "type", "Customer", "owner", "@rob", NULL);
    b = company_create(c, "account", "name", "B", "type", "Customer", "owner", "@ana", NULL);
    company_create(c, "account", "name", "P", "type", "Prospect", "owner", "@ana", NULL);
    daily(c, "");
    assert_ok(company_as(c, c->ana, absent_in, leave));
    company_until(c, MONDAY_9 + 15 * HOUR - 1); /* Monday: the rule is younger than the day */
    company_until(c, MONDAY_9 + 15 * HOUR + DAY - 1);
    assert_i64(breaches(c, a), 0);
    company_until(c, MONDAY_9 + 15 * HOUR + DAY); /* Tuesday is over */
    assert_i64(breaches(c, a), 1);
    assert_i64(breaches(c, b), 0); /* away on Tuesday and Wednesday */
    assert_i64(company_count(c, "SELECT count_due FROM breach WHERE record_id = $1", a), 1);
    company_activity(c, "call", "out", a);
    company_until(c, MONDAY_9 + 15 * HOUR + 2 * DAY);
    assert_i64(breaches(c, a), 1);
    assert_i64(breaches(c, b), 0);
    company_until(c,
                  MONDAY_9 + 15 * HOUR + 6 * DAY); /* Thursday, Friday; the weekend owes nothing */
    assert_i64(breaches(c, a), 3);
    assert_i64(breaches(c, b), 2);
    assert_i64(company_count(c, "SELECT breaches FROM policy_week WHERE page = 'policy/daily'", 0),
               5);
    assert_i64(company_count(c, "SELECT passes FROM policy_week WHERE page = 'policy/daily'", 0),
               1);
    company_sound(c);
    company_close(c);
}

struct looking {
    struct company *c;
    struct str out;
};

static struct err *day_in(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct looking *l = ctx;
    struct buf b = buf_new(tx_arena(tx), 512);

    TRY(task_day(tx, cx->manual, cx->actor, 0, STR(""), 0, cx->now_us, &b));
    l->out = str_dup(l->c->arena, buf_str(&b));
    return NULL;
}

static struct err *policies_in(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct looking *l = ctx;
    struct buf b = buf_new(tx_arena(tx), 512);

    TRY(policy_list(tx, cx->manual, cx->actor, cx->now_us, &b));
    l->out = str_dup(l->c->arena, buf_str(&b));
    return NULL;
}

TEST(what_a_period_still_owes_is_shown_without_rows)
{
    struct company *c = company_open();
    struct looking l = {.c = c};
    int64_t a =
        company_create(c, "account", "name", "A", "type", "Customer", "owner", "@rob", NULL);

    daily(c, "");
    company_until(c, MONDAY_9 + DAY);
    assert_ok(company_as(c, c->rob, day_in, &l));
    assert_has(l.out, "0 of 1 so far");
    assert_ok(company_as(c, c->rob, policies_in, &l));
    assert_has(l.out, "\"still_owed\":1");
    assert_i64(open_tasks(c, a), 0);
    company_activity(c, "call", "out", a);
    assert_ok(company_as(c, c->rob, day_in, &l));
    assert_has(l.out, "\"data\":[]");
    company_close(c);
}

TEST(seasons_change_the_quota)
{
    struct company *c = company_open();
    int64_t a =
        company_create(c, "account", "name", "A", "type", "Customer", "owner", "@rob", NULL);

    daily(c, "seasons: [ { from: 2026-03-04, to: 2026-03-05, at_least: 0 }, { from: 2026-03-06, "
             "to: 2026-03-06, at_least: 2 } ]\n");
    company_until(c, MONDAY_9 + 3 * DAY + 15 * HOUR); /* Tuesday only */
    assert_i64(breaches(c, a), 1);
    company_activity(c, "call", "out", a);
    company_until(c, MONDAY_9 + 4 * DAY + 15 * HOUR);
    assert_i64(breaches(c, a), 2);
    assert_i64(
        company_count(c, "SELECT count_seen FROM breach WHERE record_id = $1 AND count_due = 2", a),
        1);
    company_close(c);
}

/* ---- a small company through time ---- */
static void manual_of_many_rules(struct company *c)
{
    company_page(c, "escalation/help",
                 "object: lead\nlevels:\n  - { name: Manager, after: 1h, who: superior, how: task "
                 "}\n  - { name: Head, after: 4 business hours, who: \"on duty "
                 "role:sales-manager\", how: task }\ncover: superior\n",
                 NULL);
    company_page(c, "workflow/capture",
                 "object: lead\nstarts_when: \"status = 'New'\"\nrestart: each time\nstages:\n"
                 "  - name: Take in\n    steps:\n"
                 "      - { name: Assign an owner, role: sales-manager, due: 24h, done_when: owner "
                 "is not empty, escalation: help }\n"
                 "  - name: Answer\n    enter_when: owner is not empty\n    steps:\n"
                 "      - { name: First reply, role: owner, due: 4 business hours, done_when: "
                 "\"count(activities where direction = 'out') > 0\", escalation: help }\n"
                 "ends:\n  - { name: Answered, when: \"status in ('Contacted', 'Qualified')\" }\n  "
                 "- { name: Discarded, when: \"status = 'Disqualified'\" }\n",
                 NULL);
    company_page(
        c, "workflow/closing",
        "object: deal\nstarts_when: \"stage in ('Prospecting', 'Engaging')\"\nrestart: each "
        "time\nstages:\n"
        "  - name: Prospecting\n    when: \"stage = 'Prospecting'\"\n    idle_after: 7d\n    "
        "steps:\n      - { name: First talk, role: owner, due: 3 business days }\n"
        "  - name: Engaging\n    when: \"stage = 'Engaging'\"\n    steps:\n      - { name: Next "
        "step, role: owner, due: 2 business days, done_when: next_step is not empty }\n"
        "ends:\n  - { name: Won, when: \"stage = 'Won'\" }\n  - { name: Lost, when: \"stage = "
        "'Lost'\" }\n",
        NULL);
    company_page(c, "policy/assigned",
                 "for: lead\nmust: owner is not empty\nwithin: 24h\nof: created_at\nowed_by: "
                 "role:sales-manager\nmode: fix\nremind_before: 2h\non_breach: [ { assign: \"next "
                 "free role:sales-rep\" }, { escalate: help } ]\n",
                 NULL);
    company_page(c, "policy/need",
                 "for: lead\nwhen: \"status = 'Contacted'\"\nmust: need is not empty\nwithin: 2 "
                 "business days\nowed_by: owner\nmode: remind\n",
                 NULL);
    company_page(c, "policy/next",
                 "for: deal\nwhen: \"stage = 'Engaging'\"\nmust: next_step is not empty\nalways: "
                 "true\nowed_by: owner\nmode: watch\n",
                 NULL);
    company_page(c, "policy/quiet",
                 "for: deal\nwhen: \"stage = 'Engaging'\"\nmust: \"count(activities where at >= "
                 "now - 10d) > 0\"\nalways: true\nowed_by: owner\nmode: remind\n",
                 NULL);
    daily(c, "");
}

struct dice {
    uint64_t state;
};

static unsigned roll(struct dice *d, unsigned n)
{
    d->state = d->state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned)(d->state >> 33) % n;
}

struct history {
    struct company *c;
    struct dice dice;
    int64_t leads[400], deals[400], accounts[40];
    int n_leads, n_deals, n_accounts;
};

static const char *somebody(struct history *h)
{
    static const char *const people[] = {"@rob", "@ana", "@tom", "@lena"};

    return people[roll(&h->dice, 4)];
}

static void event(struct history *h)
{
    static const char *const status[] = {"New", "Contacted", "Qualified", "Disqualified"};
    static const char *const stage[] = {"Prospecting", "Engaging", "Won", "Lost"};
    struct company *c = h->c;
    unsigned what = roll(&h->dice, 10);
    int64_t lead = h->n_leads ? h->leads[roll(&h->dice, (unsigned)h->n_leads)] : 0;
    int64_t deal = h->n_deals ? h->deals[roll(&h->dice, (unsigned)h->n_deals)] : 0;

    if (what < 2 && h->n_leads < 400)
        h->leads[h->n_leads++] = company_create(c, "lead", "name", "L", "owner",
                                                roll(&h->dice, 2) ? somebody(h) : "", NULL);
    else if (what < 3 && h->n_deals < 400)
        h->deals[h->n_deals++] = company_create(c, "deal", "name", "D", "owner", somebody(h), NULL);
    else if (what < 4 && h->n_accounts < 40)
        h->accounts[h->n_accounts++] = company_create(c, "account", "name", "A", "type", "Customer",
                                                      "owner", somebody(h), NULL);
    else if (what < 5 && lead)
        (void)company_try_set(c, 0, NULL, "lead", lead, "status", status[roll(&h->dice, 4)],
                              NULL); /* a gate may refuse */
    else if (what < 6 && lead)
        company_set(c, "lead", lead, "owner", somebody(h), "need", roll(&h->dice, 2) ? "x" : "",
                    NULL);
    else if (what < 7 && deal)
        (void)company_try_set(c, 0, NULL, "deal", deal, "stage", stage[roll(&h->dice, 4)], NULL);
    else if (what < 8 && deal)
        company_set(c, "deal", deal, "next_step", roll(&h->dice, 2) ? "call" : "", "owner",
                    somebody(h), NULL);
    else if (lead && roll(&h->dice, 2))
        company_activity(c, "call", "out", lead);
    else if (deal && roll(&h->dice, 2))
        company_activity(c, "email", "out", deal);
    else if (h->n_accounts)
        company_activity(c, "call", "out", h->accounts[roll(&h->dice, (unsigned)h->n_accounts)]);
}

/* days of a company with the same seed: a few events a day, ticks in between. */
static struct str live(uint64_t seed, int days, int64_t tick_us, bool sound)
{
    struct company *c = company_open();
    struct history h = {.c = c, .dice = {seed}};
    struct str dump;
    char *kept;

    manual_of_many_rules(c);
    for (int day = 0; day < days; day++) {
        unsigned n = roll(&h.dice, 4);

        for (unsigned i = 0; i < n; i++) {
            company_run(c,
                        MONDAY_9 + day * DAY + (int64_t)roll(&h.dice, 3) * HOUR / 2 +
                            (int64_t)i * 2 * HOUR,
                        tick_us);
            event(&h);
        }
    }
    company_run(c, MONDAY_9 + days * DAY, tick_us);
    if (sound)
        company_sound(c);
    dump = company_dump(c);
    kept = malloc(dump.len + 1);
    assert_non_null(kept);
    memcpy(kept, dump.ptr, dump.len);
    dump.ptr = kept;
    company_close(c);
    return dump;
}

TEST(a_year_gives_the_same_twice)
{
    int days = db_fixture_kind() == DB_SQLITE ? 365 : 90; /* each event is a transaction of its own there */
    struct str a = live(7, days, DAY, true), b = live(7, days, DAY, false);

    assert_true(a.len > (size_t)days * 50);
    assert_has(a, "breach deal");
    assert_has(a, "breach account");
    assert_has(a, "task deal");
    assert_str_eq(a, b);
    free((void *)(uintptr_t)a.ptr);
    free((void *)(uintptr_t)b.ptr);
}

TEST(how_often_the_engine_ticks_makes_no_difference)
{
    struct str a = live(11, 30, HOUR / 4, true), b = live(11, 30, 100 * DAY, true);

    assert_str_eq(a, b);
    free((void *)(uintptr_t)a.ptr);
    free((void *)(uintptr_t)b.ptr);
}

TEST(a_week_switched_off_is_caught_up_in_order)
{
    struct company *c = company_open();
    struct str on, off;
    int64_t due = 0;

    for (int way = 0; way < 2; way++) {
        if (way) {
            company_close(c);
            c = company_open();
        }
        manual_of_many_rules(c);
        for (int i = 0; i < 5; i++) {
            company_create(c, "lead", "name", "L", "owner", i % 2 ? "@rob" : "", NULL);
            company_create(c, "deal", "name", "D", "owner", "@ana", "stage", "Engaging", NULL);
            company_create(c, "account", "name", "A", "type", "Customer", "owner", "@tom", NULL);
        }
        if (way == 0) {
            company_run(c, MONDAY_9 + 7 * DAY, HOUR / 2);
            on = company_dump(c);
            on.ptr = memcpy(malloc(on.len), on.ptr, on.len);
        } else {
            company_until(c, MONDAY_9 + 7 * DAY);
            off = company_dump(c);
            due = company_count(c, "SELECT COUNT(*) FROM breach", 0);
        }
    }
    assert_true(due > 10);
    assert_str_eq(on, off);
    free((void *)(uintptr_t)on.ptr);
    /* No storm: at most a handful of notices per person and day. */
    assert_true(company_count(
                    c,
                    "SELECT MAX(n) FROM (SELECT COUNT(*) AS n FROM notice GROUP BY user_id, day) x",
                    0) <= 21);
    company_sound(c);
    company_close(c);
}

TEST_MAIN(a_period_rule_counts_working_days_of_whoever_owes_it,
          what_a_period_still_owes_is_shown_without_rows, seasons_change_the_quota,
          a_week_switched_off_is_caught_up_in_order, how_often_the_engine_ticks_makes_no_difference,
          a_year_gives_the_same_twice)
