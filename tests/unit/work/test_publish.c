/* What a change of the manual, of referenced records, or of the engine's own rows sets in motion. */
#include "company.h"

static const char assigned[] = "for: lead\nmust: owner is not empty\nwithin: 24h\nof: "
                               "created_at\nowed_by: role:sales-manager\napplies_to: all\n";

struct planning {
    struct company *c;
    struct str out;
};

static struct err *plan_in(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct planning *p = ctx;
    struct findings findings = {.arena = tx_arena(tx)};
    const struct manual *next;
    struct plan plan = {0};

    TRY(manual_compile(tx_arena(tx), p->c->pages.at, p->c->pages.n, cx->manual->version + 1,
                       &findings, &next));
    TRY(manual_plan_hook(tx, cx->manual, next, cx->now_us, &plan));
    p->out = str_dup(p->c->arena, plan_text(tx_arena(tx), &plan));
    manual_unpin(next);
    return NULL;
}

static struct str plan(struct company *c)
{
    struct planning p = {.c = c};

    assert_ok(company_as(c, 0, plan_in, &p));
    return p.out;
}

TEST(the_plan_says_what_would_start_and_stop)
{
    struct company *c = company_open();

    for (int i = 0; i < 3; i++)
        company_create(c, "lead", "name", "A", NULL);
    company_create(c, "lead", "name", "B", "owner", "@rob", NULL);
    company_page(c, "policy/assigned",
                 str_cstr(c->arena, str_fmt(c->arena, "%smode: remind\n", assigned)), NULL);
    assert_has(plan(c), "starts a clock and opens a task for 3 records");
    company_publish(c);
    assert_i64(company_count(c, "SELECT COUNT(*) FROM task WHERE closed_us IS NULL", 0), 3);
    company_page(c, "policy/assigned",
                 str_cstr(c->arena, str_fmt(c->arena, "%smode: off\n", assigned)), NULL);
    assert_has(plan(c), "3 open tasks are cancelled");
    company_drop_page(c, "policy/assigned");
    assert_has(plan(c), "3 open tasks are cancelled");
    /* A rule over a field that is still to come can be planned, but not counted. */
    company_page(c, "object/product", "fields: { name: { type: text }, colour: { type: text } }\n",
                 NULL);
    company_page(c, "policy/colour",
                 "for: product\nmust: colour is not empty\nwithin: 24h\nowed_by: owner\nmode: "
                 "watch\napplies_to: all\n",
                 NULL);
    assert_has(plan(c), "how many it concerns shows once its fields exist");
    company_publish(c);
    company_sound(c);
    company_close(c);
}

TEST(the_plan_counts_running_cases)
{
    struct company *c = company_open();

    company_page(
        c, "workflow/w",
        "object: lead\nstarts_when: \"status = 'New'\"\nstages:\n  - { name: One, steps: [ { name: "
        "Look, role: owner } ] }\nends:\n  - { name: Over, when: \"status != 'New'\" }\n",
        NULL);
    company_publish(c);
    company_create(c, "lead", "name", "A", NULL);
    company_create(c, "lead", "name", "B", NULL);
    company_page(c, "workflow/w",
                 "object: lead\nstarts_when: \"status = 'New'\"\nstages:\n  - { name: Two, steps: "
                 "[ { name: Look, role: owner }, { name: Listen, role: owner } ] }\nends:\n  - { "
                 "name: Over, when: \"status != 'New'\" }\n",
                 NULL);
    assert_has(plan(c), "2 running cases move");
    company_publish(c);
    assert_i64(company_count(c, "SELECT COUNT(*) FROM run WHERE stage = 'Two'", 0), 2);
    assert_i64(company_count(c, "SELECT COUNT(*) FROM task WHERE closed_us IS NULL", 0), 4);
    company_sound(c);
    company_close(c);
}

TEST(a_changed_account_moves_the_rules_of_its_deals)
{
    struct company *c = company_open();
    int64_t account, deal, other;
    const char *id;

    company_page(c, "policy/bank",
                 "for: deal\nwhen: \"account.sector = 'Bank'\"\nmust: next_step is not "
                 "empty\nwithin: 24h\nowed_by: owner\nmode: remind\n",
                 NULL);
    company_page(c, "policy/contacts",
                 "for: account\nwhen: \"type = 'Customer'\"\nmust: \"count(contacts) > "
                 "0\"\nwithin: 24h\nowed_by: owner\nmode: remind\n",
                 NULL);
    company_publish(c);
    account = company_create(c, "account", "name", "A", "sector", "Shop", "type", "Customer",
                             "owner", "@rob", NULL);
    id = str_cstr(c->arena, str_fmt(c->arena, "%lld", (long long)account));
    deal = company_create(c, "deal", "name", "D", "owner", "@rob", "account", id, NULL);
    assert_i64(open_tasks(c, deal), 0);
    company_set(c, "account", account, "sector", "Bank", NULL);
    assert_i64(open_tasks(c, deal), 1);
    company_set(c, "account", account, "sector", "Shop", NULL);
    assert_i64(open_tasks(c, deal), 0);
    assert_i64(open_tasks(c, account), 1);
    other = company_create(c, "contact", "name", "Ann", "account", id, NULL);
    assert_i64(open_tasks(c, account), 0);
    company_move(c, "contact", other, RECORD_DELETE);
    assert_i64(open_tasks(c, account), 1);
    company_move(c, "contact", other, RECORD_RESTORE);
    assert_i64(open_tasks(c, account), 0);
    company_set(c, "contact", other, "account", "", NULL); /* it has gone elsewhere */
    assert_i64(open_tasks(c, account), 1);
    company_sound(c);
    company_close(c);
}

TEST(an_activity_moved_to_another_record_is_counted_there)
{
    struct company *c = company_open();
    int64_t a, b, activity;

    company_page(
        c, "policy/touch",
        "for: lead\nmust: \"count(activities) > 0\"\nwithin: 24h\nowed_by: owner\nmode: remind\n",
        NULL);
    company_page(c, "policy/last",
                 "for: lead\nmust: last_activity_at is not empty\nwithin: 24h\nof: "
                 "created_at\nowed_by: owner\nmode: remind\n",
                 NULL);
    company_publish(c);
    a = company_create(c, "lead", "name", "A", "owner", "@rob", NULL);
    b = company_create(c, "lead", "name", "B", "owner", "@rob", NULL);
    assert_i64(open_tasks(c, a), 2);
    activity = company_activity(c, "call", "out", a);
    assert_i64(open_tasks(c, a), 0);
    company_set(c, "activity", activity, "links",
                str_cstr(c->arena, str_fmt(c->arena, "%lld", (long long)b)), NULL);
    assert_i64(open_tasks(c, a), 1);
    assert_i64(open_tasks(c, b), 0);
    company_sound(c);
    company_close(c);
}

TEST(rules_about_tasks_are_swept)
{
    struct company *c = company_open();
    int64_t id;

    company_page(
        c, "workflow/w",
        "object: lead\nstarts_when: \"status = 'New'\"\nstages:\n  - { name: One, steps: [ { name: "
        "Look, role: owner } ] }\nends:\n  - { name: Over, when: \"status != 'New'\" }\n",
        NULL);
    company_page(c, "policy/has-task",
                 "for: lead\nmust: \"count(tasks where open) > 0\"\nalways: true\nowed_by: "
                 "owner\nmode: watch\n",
                 NULL);
    company_publish(c);
    id = company_create(c, "lead", "name", "A", "owner", "@rob", NULL);
    assert_i64(breaches(c, id), 0);
    assert_ok(company_finish(c, c->rob, task_of(c, id, "Look"), "", ""));
    company_until(c, c->now + HOUR);
    assert_i64(breaches(c, id), 1);
    company_sound(c);
    company_close(c);
}

TEST(a_new_calendar_moves_deadlines)
{
    struct company *c = company_open();
    int64_t id;

    company_page(c, "policy/need",
                 "for: lead\nmust: need is not empty\nwithin: 4 business hours\nowed_by: "
                 "owner\nmode: remind\n",
                 NULL);
    company_publish(c);
    c->now = MONDAY_9 + 6 * HOUR;
    id = company_create(c, "lead", "name", "A", "owner", "@rob", NULL);
    assert_i64(company_count(c, "SELECT due_us FROM task WHERE record_id = $1", id),
               MONDAY_9 + DAY + 2 * HOUR);
    company_page(c, "calendar/company",
                 "zone: UTC\ndefault: true\nhours: { mon-fri: \"9:00-21:00\" }\n", NULL);
    company_publish(c);
    assert_i64(company_count(c, "SELECT due_us FROM task WHERE record_id = $1", id),
               MONDAY_9 + 10 * HOUR);
    company_sound(c);
    company_close(c);
}

TEST(an_account_with_a_thousand_deals_is_swept)
{
    struct company *c = company_open();
    int64_t account;
    const char *id;

    company_page(c, "policy/bank",
                 "for: deal\nwhen: \"account.sector = 'Bank'\"\nmust: next_step is not empty\nwithin: "
                 "24h\nowed_by: owner\nmode: watch\n",
                 NULL);
    company_publish(c);
    account = company_create(c, "account", "name", "A", "sector", "Shop", NULL);
    id = str_cstr(c->arena, str_fmt(c->arena, "%lld", (long long)account));
    for (int i = 0; i < 1100; i++)
        company_create(c, "deal", "name", "D", "owner", "@rob", "account", id, NULL);
    company_set(c, "account", account, "sector", "Bank", NULL);
    company_until(c, c->now + US_PER_MINUTE);
    assert_i64(company_count(c, "SELECT COUNT(*) FROM policy_state WHERE state = 'running'", 0), 1100);
    company_set(c, "account", account, "sector", "Shop", NULL);
    company_until(c, c->now + US_PER_MINUTE);
    assert_i64(company_count(c, "SELECT COUNT(*) FROM policy_state", 0), 0);
    company_sound(c);
    company_close(c);
}

TEST_MAIN(the_plan_says_what_would_start_and_stop, the_plan_counts_running_cases,
          a_changed_account_moves_the_rules_of_its_deals,
          an_activity_moved_to_another_record_is_counted_there, rules_about_tasks_are_swept,
          a_new_calendar_moves_deadlines, an_account_with_a_thousand_deals_is_swept)
