/* Policies with a clock: started, met, broken, put right. */
#include "company.h"

#define RULE "policy/assigned"

static void assigned(struct company *c, const char *more)
{
    company_page(
        c, RULE,
        str_cstr(c->arena,
                 str_fmt(c->arena,
                         "for: lead\nwhen: \"status not in ('Qualified', 'Disqualified')\"\n"
                         "must: owner is not empty\nwithin: 24h\nof: created_at\n"
                         "owed_by: role:sales-manager\n%s",
                         more)),
        "> Why: unowned leads are called by nobody.\n");
    company_publish(c);
}

TEST(a_met_rule_makes_no_breach)
{
    struct company *c = company_open();
    int64_t id;

    assigned(c, "mode: remind\n");
    id = company_create(c, "lead", "name", "A", NULL);
    assert_i64(open_tasks(c, id), 1);
    company_until(c, c->now + 23 * HOUR);
    company_set(c, "lead", id, "owner", "@rob", NULL);
    assert_i64(open_tasks(c, id), 0);
    company_until(c, c->now + 10 * DAY);
    assert_i64(breaches(c, id), 0);
    assert_i64(company_count(
                   c, "SELECT COUNT(*) FROM task WHERE record_id = $1 AND closed_as = 'done'", id),
               1);
    company_sound(c);
    company_close(c);
}

TEST(a_due_time_that_passes_unmet_is_one_breach)
{
    struct company *c = company_open();
    int64_t id, start = c->now;

    assigned(c, "mode: watch\n");
    id = company_create(c, "lead", "name", "A", NULL);
    assert_i64(open_tasks(c, id), 0); /* watch: no task */
    company_until(c, start + 24 * HOUR - 1);
    assert_i64(breaches(c, id), 0);
    company_until(c, start + 24 * HOUR);
    assert_i64(breaches(c, id), 1);
    assert_i64(company_count(c, "SELECT at_us FROM breach WHERE record_id = $1", id),
               start + 24 * HOUR);
    assert_i64(company_count(c, "SELECT owed_by FROM breach WHERE record_id = $1", id), c->lena);
    company_set(c, "lead", id, "name", "B", NULL);
    company_until(c, c->now + 5 * DAY);
    assert_i64(breaches(c, id), 1);
    company_set(c, "lead", id, "owner", "@rob", NULL);
    assert_i64(company_count(c, "SELECT met_us FROM breach WHERE record_id = $1", id), c->now);
    /* of: created_at. What was settled for this start of the clock does not come back. */
    company_set(c, "lead", id, "owner", "", NULL);
    company_until(c, c->now + 5 * DAY);
    assert_i64(breaches(c, id), 1);
    company_sound(c);
    company_close(c);
}

TEST(a_late_save_does_not_hide_the_breach)
{
    struct company *c = company_open();
    int64_t id, start = c->now;

    assigned(c, "mode: watch\n");
    id = company_create(c, "lead", "name", "A", NULL);
    c->now += 30 * HOUR; /* nothing ran meanwhile */
    company_set(c, "lead", id, "owner", "@rob", NULL);
    assert_i64(breaches(c, id), 1);
    assert_i64(company_count(c, "SELECT at_us FROM breach WHERE record_id = $1", id),
               start + 24 * HOUR);
    assert_i64(company_count(c, "SELECT met_us FROM breach WHERE record_id = $1", id), c->now);
    company_until(c, c->now + DAY);
    assert_i64(breaches(c, id), 1);
    company_sound(c);
    company_close(c);
}

TEST(business_hours_skip_the_weekend_and_holidays)
{
    struct company *c = company_open();
    int64_t a, b;

    company_page(c, "policy/reply",
                 "for: lead\nmust: \"count(activities where direction = 'out') > 0\"\nwithin: 4 "
                 "business hours\n"
                 "owed_by: owner\nmode: remind\n",
                 NULL);
    company_publish(c);
    c->now = MONDAY_9 + 4 * DAY + 6 * HOUR; /* Friday 15:00 */
    a = company_create(c, "lead", "name", "A", "owner", "@rob", NULL);
    assert_i64(company_count(c, "SELECT due_us FROM task WHERE record_id = $1", a),
               MONDAY_9 + 7 * DAY + 2 * HOUR); /* Monday 11:00 */
    c->now = MONDAY_9 + 32 * DAY + 7 * HOUR; /* Friday 3 April 16:00; Monday the 6th is a holiday */
    b = company_create(c, "lead", "name", "B", "owner", "@rob", NULL);
    assert_i64(company_count(c, "SELECT due_us FROM task WHERE record_id = $1", b),
               MONDAY_9 + 36 * DAY + 3 * HOUR);
    company_activity(c, "email", "out", b);
    assert_i64(open_tasks(c, b), 0);
    company_until(c, c->now + 10 * DAY);
    assert_i64(breaches(c, b), 0);
    assert_i64(breaches(c, a), 1);
    company_sound(c);
    company_close(c);
}

TEST(clocks_keep_local_time_over_daylight_saving)
{
    struct company *c = company_open();
    int64_t id;

    company_page(c, "calendar/company",
                 "zone: Europe/Berlin\ndefault: true\nhours: { mon-fri: \"9:00-17:00\" }\n", NULL);
    company_page(c, "policy/reply",
                 "for: lead\nmust: need is not empty\nwithin: 2 business days\nowed_by: "
                 "owner\nmode: watch\n",
                 NULL);
    company_publish(c);
    c->now =
        1774612800000000LL; /* Friday 2026-03-27 12:00 UTC: 13:00 in Berlin; clocks change on Sunday */
    id = company_create(c, "lead", "name", "A", "owner", "@rob", NULL);
    /* Tuesday 31 March 13:00 in Berlin is 11:00 UTC now. */
    assert_i64(company_count(c, "SELECT due_us FROM policy_state WHERE record_id = $1", id),
               1774954800000000LL);
    company_close(c);
}

TEST(a_new_owner_gets_the_task_and_their_own_clock)
{
    struct company *c = company_open();
    int64_t id;

    company_page(c, "policy/need",
                 "for: lead\nmust: need is not empty\nwithin: 2 business days\nowed_by: "
                 "owner\nmode: remind\n",
                 NULL);
    company_publish(c);
    id = company_create(c, "lead", "name", "A", "owner", "@rob", NULL);
    assert_i64(company_count(c, "SELECT owed_by FROM task WHERE record_id = $1", id), c->rob);
    company_set(c, "lead", id, "owner", "@ana", NULL);
    assert_i64(
        company_count(c, "SELECT owed_by FROM task WHERE record_id = $1 AND closed_us IS NULL", id),
        c->ana);
    assert_i64(company_count(c, "SELECT COUNT(*) FROM task WHERE record_id = $1", id), 1);
    company_sound(c);
    company_close(c);
}

TEST(a_reminder_comes_before_the_due_time)
{
    struct company *c = company_open();

    assigned(c, "mode: remind\nremind_before: 2h\n");
    company_create(c, "lead", "name", "A", NULL);
    company_until(c, MONDAY_9 + 22 * HOUR - 1);
    assert_i64(company_count(c, "SELECT COUNT(*) FROM notice", 0), 0);
    company_until(c, MONDAY_9 + 22 * HOUR);
    assert_i64(company_count(c, "SELECT COUNT(*) FROM notice WHERE kind = 'remind'", 0), 1);
    assert_i64(company_count(c, "SELECT user_id FROM notice", 0), c->lena);
    company_close(c);
}

TEST(fix_assigns_to_the_next_free_one)
{
    struct company *c = company_open();
    int64_t a, b;

    assigned(c, "mode: fix\non_breach: [ { assign: \"next free role:sales-rep\" }, { set: { "
                "priority: High } } ]\n");
    a = company_create(c, "lead", "name", "A", NULL);
    b = company_create(c, "lead", "name", "B", NULL);
    company_until(c, MONDAY_9 + 25 * HOUR);
    assert_i64(breaches(c, a), 1);
    assert_true(company_count(c, "SELECT owner FROM o_lead WHERE id = $1", a) != 0);
    assert_true(company_count(c, "SELECT owner FROM o_lead WHERE id = $1", b) != 0);
    assert_str(company_text(c, "SELECT priority FROM o_lead WHERE id = $1", a), "High");
    assert_i64(company_count(c, "SELECT met_us FROM breach WHERE record_id = $1", a),
               MONDAY_9 + 24 * HOUR);
    assert_i64(open_tasks(c, a), 0);
    company_sound(c);
    company_close(c);
}

TEST(block_refuses_and_says_the_way_out)
{
    struct company *c = company_open();
    const struct err *e;
    int64_t id;

    company_page(c, "policy/reason",
                 "for: lead\nwhen: \"status = 'Disqualified'\"\nmust: lost_reason is not "
                 "empty\nalways: true\nowed_by: owner\nmode: block\n",
                 "> Why: reasons teach us.\n");
    company_publish(c);
    id = company_create(c, "lead", "name", "A", "owner", "@rob", NULL);
    e = assert_err(company_try_set(c, c->rob, NULL, "lead", id, "status", "Disqualified", NULL),
                   "work.blocked");
    assert_str(e->page, "policy/reason");
    assert_has(e->reason, "reasons teach us");
    assert_true(e->way_out.len > 0);
    assert_ok(company_try_set(c, c->rob, NULL, "lead", id, "status", "Disqualified", "lost_reason",
                              "too dear", NULL));
    assert_ok(company_try_set(c, c->rob, NULL, "lead", id, "name", "B", NULL));
    assert_err(company_try_set(c, c->rob, NULL, "lead", id, "lost_reason", "", NULL),
               "work.blocked");
    company_close(c);
}

TEST(always_breaches_once_for_each_time_it_stops_holding)
{
    struct company *c = company_open();
    int64_t id;

    company_page(c, "policy/next",
                 "for: deal\nwhen: \"stage = 'Engaging'\"\nmust: next_step is not empty\nalways: "
                 "true\nowed_by: owner\nmode: remind\n",
                 NULL);
    company_publish(c);
    id = company_create(c, "deal", "name", "D", "owner", "@rob", "next_step", "call", NULL);
    company_set(c, "deal", id, "stage", "Engaging", NULL);
    assert_i64(breaches(c, id), 0);
    c->now += HOUR;
    company_set(c, "deal", id, "next_step", "", NULL);
    assert_i64(breaches(c, id), 1);
    assert_i64(open_tasks(c, id), 1);
    company_set(c, "deal", id, "name", "E", NULL);
    assert_i64(breaches(c, id), 1);
    c->now += HOUR;
    company_set(c, "deal", id, "next_step", "mail", NULL);
    assert_i64(open_tasks(c, id), 0);
    c->now += HOUR;
    company_set(c, "deal", id, "next_step", "", NULL);
    assert_i64(breaches(c, id), 2);
    company_sound(c);
    company_close(c);
}

TEST(old_records_are_left_alone_unless_all_are_meant)
{
    struct company *c = company_open();
    int64_t old = company_create(c, "lead", "name", "Old", NULL), fresh;

    c->now += HOUR;
    assigned(c, "mode: remind\n");
    company_set(c, "lead", old, "name", "Older", NULL);
    assert_i64(open_tasks(c, old), 0);
    c->now += HOUR;
    fresh = company_create(c, "lead", "name", "New", NULL);
    assert_i64(open_tasks(c, fresh), 1);
    c->now += HOUR;
    assigned(c, "mode: remind\napplies_to: all\n");
    assert_i64(open_tasks(c, old), 1);
    /* Nobody breaks a rule that was not there: the clock starts when the rule does. */
    assert_i64(company_count(c, "SELECT due_us FROM task WHERE record_id = $1", old),
               MONDAY_9 + HOUR + 24 * HOUR);
    company_sound(c);
    company_close(c);
}

TEST(switching_modes_moves_tasks_along)
{
    struct company *c = company_open();
    int64_t id;

    assigned(c, "mode: watch\n");
    id = company_create(c, "lead", "name", "A", NULL);
    assert_i64(open_tasks(c, id), 0);
    assigned(c, "mode: remind\n");
    assert_i64(open_tasks(c, id), 1);
    company_page(c, RULE,
                 "for: lead\nmust: owner is not empty\nwithin: 48h\nof: created_at\nowed_by: "
                 "role:sales-manager\nmode: remind\n",
                 NULL);
    company_publish(c);
    assert_i64(
        company_count(c, "SELECT due_us FROM task WHERE record_id = $1 AND closed_us IS NULL", id),
        MONDAY_9 + 48 * HOUR);
    company_until(c, MONDAY_9 + 30 * HOUR);
    assert_i64(breaches(c, id), 0);
    assigned(c, "mode: off\n");
    assert_i64(open_tasks(c, id), 0);
    assert_i64(company_count(c, "SELECT COUNT(*) FROM timer", 0), 0);
    company_until(c, MONDAY_9 + 90 * HOUR);
    assert_i64(breaches(c, id), 0);
    company_sound(c);
    company_close(c);
}

TEST(a_record_put_away_owes_nothing)
{
    struct company *c = company_open();
    int64_t id;

    assigned(c, "mode: remind\n");
    id = company_create(c, "lead", "name", "A", NULL);
    company_move(c, "lead", id, RECORD_ARCHIVE);
    assert_i64(open_tasks(c, id), 0);
    company_sound(c);
    company_until(c, c->now + 3 * DAY);
    assert_i64(breaches(c, id), 0);
    company_move(c, "lead", id, RECORD_UNARCHIVE);
    company_until(c, c->now + DAY);
    assert_i64(breaches(c, id), 1);
    company_sound(c);
    company_close(c);
}

TEST(a_rule_that_looks_at_the_clock_is_swept)
{
    struct company *c = company_open();
    int64_t id;

    company_page(c, "policy/quiet",
                 "for: deal\nwhen: \"stage = 'Engaging'\"\nmust: \"count(activities where at >= "
                 "now - 14d) > 0\"\nalways: true\nowed_by: owner\nmode: remind\n",
                 NULL);
    company_publish(c);
    id = company_create(c, "deal", "name", "D", "owner", "@rob", NULL);
    company_activity(c, "call", "out", id);
    company_set(c, "deal", id, "stage", "Engaging", NULL);
    company_until(c, MONDAY_9 + 14 * DAY);
    assert_i64(breaches(c, id), 0);
    company_until(c, MONDAY_9 + 14 * DAY + HOUR);
    assert_i64(breaches(c, id), 1);
    assert_i64(open_tasks(c, id), 1);
    company_activity(c, "call", "out", id);
    assert_i64(open_tasks(c, id), 0);
    company_sound(c);
    company_close(c);
}

TEST_MAIN(a_met_rule_makes_no_breach, a_due_time_that_passes_unmet_is_one_breach,
          a_late_save_does_not_hide_the_breach, business_hours_skip_the_weekend_and_holidays,
          clocks_keep_local_time_over_daylight_saving,
          a_new_owner_gets_the_task_and_their_own_clock, a_reminder_comes_before_the_due_time,
          fix_assigns_to_the_next_free_one, block_refuses_and_says_the_way_out,
          always_breaches_once_for_each_time_it_stops_holding,
          old_records_are_left_alone_unless_all_are_meant, switching_modes_moves_tasks_along,
          a_record_put_away_owes_nothing, a_rule_that_looks_at_the_clock_is_swept)
