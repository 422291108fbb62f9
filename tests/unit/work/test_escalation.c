/* Escalations, leave, notices, the outbox, and rules that set each other off. */
#include "company.h"

static void path(struct company *c)
{
    company_page(c, "escalation/help",
                 "object: lead\nlevels:\n"
                 "  - { name: Owner, after: 0m, who: owner, how: task }\n"
                 "  - { name: Manager, after: 2h, who: superior, how: task }\n"
                 "  - { name: Head, after: 4h, who: \"role:admin\", how: notify }\n"
                 "cover: superior\n",
                 NULL);
    company_publish(c);
}

struct esc_call {
    int64_t record, id, user, cover, at;
    struct str note, out;
    struct company *c;
};

static struct err *start_in(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct esc_call *e = ctx;

    return escalation_start(tx, cx, STR("help"), e->record, STR("the customer is waiting"), &e->id);
}

static struct err *ack_in(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct esc_call *e = ctx;

    return escalation_acknowledge(tx, cx, e->id, STR("I call them now"));
}

static struct err *absent_in(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct esc_call *e = ctx;
    int64_t day = zone_date(zone_utc(), cx->now_us);

    return work_absence(tx, cx, e->user, day, day + 4, e->cover);
}

static struct err *who_in(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct esc_call *e = ctx;
    struct buf b = buf_new(tx_arena(tx), 512);

    TRY(escalation_who(tx, cx->manual, STR("escalation/help"), e->record, e->at, &b));
    e->out = str_dup(e->c->arena, buf_str(&b));
    return NULL;
}

static struct err *list_in(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct esc_call *e = ctx;
    struct buf b = buf_new(tx_arena(tx), 512);

    TRY(escalation_list(tx, cx->manual, cx->actor, e->record, &b));
    e->out = str_dup(e->c->arena, buf_str(&b));
    return NULL;
}

TEST(an_unacknowledged_level_passes_on)
{
    struct company *c = company_open();
    struct esc_call e = {.c = c};

    path(c);
    e.record = company_create(c, "lead", "name", "A", "owner", "@rob", NULL);
    assert_ok(company_as(c, c->ana, start_in, &e));
    assert_i64(company_count(c, "SELECT who FROM escalation_call WHERE level = 0", 0), c->rob);
    company_until(c, MONDAY_9 + 2 * HOUR - 1);
    assert_i64(company_count(c, "SELECT COUNT(*) FROM escalation_call", 0), 1);
    company_until(c, MONDAY_9 + 2 * HOUR);
    assert_i64(company_count(c, "SELECT who FROM escalation_call WHERE level = 1", 0), c->lena);
    company_until(c, MONDAY_9 + 6 * HOUR);
    assert_i64(company_count(c, "SELECT who FROM escalation_call WHERE level = 2", 0), c->admin);
    assert_i64(open_tasks(c, e.record), 2);
    assert_ok(company_as(c, c->lena, ack_in, &e));
    assert_i64(open_tasks(c, e.record), 0);
    assert_ok(company_as(c, c->lena, list_in, &e));
    assert_has(e.out, "I call them now");
    company_until(c, c->now + 3 * DAY);
    assert_i64(company_count(c, "SELECT COUNT(*) FROM escalation_call", 0), 3);
    company_sound(c);
    company_close(c);
}

TEST(acknowledging_stops_the_path)
{
    struct company *c = company_open();
    struct esc_call e = {.c = c};

    path(c);
    e.record = company_create(c, "lead", "name", "A", "owner", "@rob", NULL);
    assert_ok(company_as(c, c->ana, start_in, &e));
    /* Closing the task of a level is acknowledging. */
    assert_ok(company_finish(
        c, c->rob, company_count(c, "SELECT task_id FROM escalation_call WHERE level = 0", 0), "",
        "I have it"));
    company_until(c, MONDAY_9 + DAY);
    assert_i64(company_count(c, "SELECT COUNT(*) FROM escalation_call", 0), 1);
    assert_i64(company_count(c, "SELECT acknowledged_by FROM escalation_run", 0), c->rob);
    company_sound(c);
    company_close(c);
}

TEST(whoever_is_away_is_covered)
{
    struct company *c = company_open();
    struct esc_call e = {.c = c, .user = c->rob, .cover = c->ana};

    path(c);
    e.record = company_create(c, "lead", "name", "A", "owner", "@rob", NULL);
    assert_err(company_as(c, c->tom, absent_in, &e), "access.denied");
    assert_ok(company_as(c, c->lena, absent_in, &e));
    e.at = c->now;
    assert_ok(company_as(c, c->ana, who_in, &e));
    assert_has(e.out, "\"name\":\"Ana\"");
    assert_has(e.out, "\"instead_of_name\":\"Rob\"");
    assert_has(e.out, "\"name\":\"Lena\"");
    assert_ok(company_as(c, c->ana, start_in, &e));
    assert_i64(company_count(c, "SELECT who FROM escalation_call WHERE level = 0", 0), c->ana);
    assert_i64(company_count(c, "SELECT instead_of FROM escalation_call WHERE level = 0", 0),
               c->rob);
    /* After the leave it is Rob again. */
    e.at = MONDAY_9 + 8 * DAY;
    assert_ok(company_as(c, c->ana, who_in, &e));
    assert_has(e.out, "\"name\":\"Rob\"");
    company_close(c);
}

TEST(without_a_cover_the_superior_is_called)
{
    struct company *c = company_open();
    struct esc_call e = {.c = c, .user = c->rob};

    path(c);
    e.record = company_create(c, "lead", "name", "A", "owner", "@rob", NULL);
    assert_ok(company_as(c, c->rob, absent_in, &e));
    assert_ok(company_as(c, c->ana, start_in, &e));
    assert_i64(company_count(c, "SELECT who FROM escalation_call WHERE level = 0", 0), c->lena);
    company_close(c);
}

TEST(nobody_absent_is_the_next_free_one)
{
    struct company *c = company_open();
    struct esc_call e = {.c = c, .user = c->rob};
    int64_t id;

    company_page(
        c, "policy/owner",
        "for: lead\nmust: owner is not empty\nwithin: 1h\nof: created_at\nowed_by: "
        "role:sales-manager\nmode: fix\non_breach: [ { assign: \"next free role:sales-rep\" } ]\n",
        NULL);
    company_publish(c);
    assert_ok(company_as(c, c->rob, absent_in, &e));
    for (int i = 0; i < 4; i++) {
        id = company_create(c, "lead", "name", "A", NULL);
        company_until(c, c->now + 2 * HOUR);
        assert_true(company_count(c, "SELECT owner FROM o_lead WHERE id = $1", id) != c->rob);
        assert_true(company_count(c, "SELECT owner FROM o_lead WHERE id = $1", id) != 0);
    }
    company_close(c);
}

TEST(work_of_somebody_who_left_finds_another)
{
    struct company *c = company_open();
    int64_t other = company_create(c, "user", "name", "Max", "email", "max@x.example", "roles",
                                   "sales-manager", "team", "@north", NULL);
    int64_t id;

    company_page(c, "policy/owner",
                 "for: lead\nmust: owner is not empty\nwithin: 24h\nof: created_at\nowed_by: "
                 "role:sales-manager\nmode: remind\n",
                 NULL);
    company_page(
        c, "workflow/w",
        "object: lead\nstarts_when: \"status = 'New'\"\nstages:\n  - { name: One, steps: [ { name: "
        "Look, role: "
        "sales-manager, due: 24h } ] }\nends:\n  - { name: Over, when: \"status != 'New'\" }\n",
        NULL);
    company_publish(c);
    id = company_create(c, "lead", "name", "A", NULL);
    assert_i64(company_count(
                   c, "SELECT COUNT(*) FROM task WHERE closed_us IS NULL AND record_id = $1", id),
               2);
    company_set(c, "user", c->lena, "active", "no", NULL);
    company_set(c, "user", other, "active", "no", NULL);
    assert_i64(company_count(c,
                             "SELECT COUNT(*) FROM task WHERE closed_us IS NULL AND owed_by IS "
                             "NULL AND role = 'sales-manager'",
                             0),
               2);
    company_set(c, "user", other, "active", "yes", NULL);
    company_set(c, "lead", id, "name", "B", "owner", "@rob", NULL);
    assert_i64(
        company_count(
            c,
            "SELECT owed_by FROM task WHERE closed_us IS NULL AND kind = 'step' AND record_id = $1",
            id),
        other);
    company_sound(c);
    company_close(c);
}

TEST(two_rules_that_chase_each_other_are_cut)
{
    struct company *c = company_open();
    int64_t id;

    company_page(c, "policy/not-a",
                 "for: lead\nmust: \"need != 'a'\"\nalways: true\nowed_by: owner\nmode: "
                 "fix\non_breach: [ { set: { need: b } } ]\n",
                 NULL);
    company_page(c, "policy/not-b",
                 "for: lead\nmust: \"need != 'b'\"\nalways: true\nowed_by: owner\nmode: "
                 "fix\non_breach: [ { set: { need: a } } ]\n",
                 NULL);
    company_publish(c);
    id = company_create(c, "lead", "name", "A", "owner", "@rob", "need", "a", NULL);
    assert_true(company_count(c, "SELECT COUNT(*) FROM decision WHERE what = 'loop cut'", 0) > 0);
    assert_true(company_count(c, "SELECT version FROM o_lead WHERE id = $1", id) < 20);
    company_sound(c);
    company_close(c);
}

TEST(notices_are_bundled_and_capped)
{
    struct company *c = company_open();

    company_page(c, "policy/owner",
                 "for: lead\nmust: need is not empty\nwithin: 1h\nof: created_at\nowed_by: "
                 "owner\nmode: remind\n",
                 NULL);
    company_publish(c);
    for (int i = 0; i < 30; i++)
        company_create(c, "lead", "name", "A", "owner", "@rob", NULL);
    company_until(c, c->now + 2 * HOUR);
    assert_i64(company_count(c, "SELECT COUNT(*) FROM notice", 0), 1);
    assert_i64(company_count(c, "SELECT count FROM notice", 0), 30);
    assert_i64(company_count(c, "SELECT COUNT(*) FROM outbox", 0), 1);
    company_close(c);
}

struct outbox_call {
    struct company *c;
    int64_t now;
    struct outbox_item item; /* the one taken last */
    bool ok;
    size_t n;
};

static struct err *put_in(struct tx *tx, const struct save_context *cx, void *ctx)
{
    (void)ctx;
    TRY(outbox_put(tx, "webhook", STR("{}"), STR("once"), cx->now_us, cx->now_us));
    return outbox_put(tx, "webhook", STR("{}"), STR("once"), cx->now_us, cx->now_us);
}

static struct err *take_in(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct outbox_call *o = ctx;
    struct outbox_item *items;

    (void)cx;
    TRY(outbox_take(tx, "webhook", o->now, 10, &items, &o->n));
    if (o->n)
        o->item = items[0];
    return NULL;
}

static struct err *done_in(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct outbox_call *o = ctx;

    (void)cx;
    return outbox_done(tx, &o->item, o->ok ? OUTBOX_SENT : OUTBOX_AGAIN, STR("connection refused"),
                       o->now);
}

TEST(the_outbox_sends_once_and_tries_again)
{
    struct company *c = company_open();
    struct outbox_call o = {.c = c, .now = c->now};

    assert_ok(company_as(c, 0, put_in, NULL));
    assert_ok(company_as(c, 0, take_in, &o));
    assert_i64((int64_t)o.n, 1);
    assert_ok(company_as(c, 0, take_in, &o)); /* taken */
    assert_i64((int64_t)o.n, 0);
    assert_ok(company_as(c, 0, done_in, &o));
    o.now += US_PER_MINUTE;
    assert_ok(company_as(c, 0, take_in, &o));
    assert_i64((int64_t)o.n, 1);
    o.now += 10 * US_PER_MINUTE; /* the sender died: the lease ends */
    assert_ok(company_as(c, 0, take_in, &o));
    assert_i64((int64_t)o.n, 1);
    o.ok = true;
    assert_ok(company_as(c, 0, done_in, &o));
    o.now += DAY;
    assert_ok(company_as(c, 0, take_in, &o));
    assert_i64((int64_t)o.n, 0);
    assert_ok(company_as(c, 0, put_in, NULL)); /* the key is used up */
    assert_ok(company_as(c, 0, take_in, &o));
    assert_i64((int64_t)o.n, 0);
    company_close(c);
}

struct cause_call {
    int64_t id;
    const char *cause;
};

static struct err *cause_in(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct cause_call *k = ctx;

    return breach_cause(tx, cx, k->id, str_from(k->cause), STR("two systems were down"));
}

static struct err *breaches_in(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct esc_call *e = ctx;
    struct buf b = buf_new(tx_arena(tx), 512);

    TRY(breach_list(tx, cx->manual, cx->actor, e->note, STR(""), 0, cx->now_us, &b));
    e->out = str_dup(e->c->arena, buf_str(&b));
    return NULL;
}

TEST(the_one_who_owed_it_says_what_got_in_the_way)
{
    struct company *c = company_open();
    struct cause_call k = {.cause = "no-tool"};
    struct esc_call e = {.c = c, .note = STR("cause = 'no-tool'")};
    int64_t id;

    company_page(c, "policy/need",
                 "for: lead\nmust: need is not empty\nwithin: 1h\nof: created_at\nowed_by: "
                 "owner\nmode: watch\n",
                 NULL);
    company_publish(c);
    id = company_create(c, "lead", "name", "A", "owner", "@rob", NULL);
    company_until(c, c->now + 2 * HOUR);
    k.id = company_count(c, "SELECT id FROM breach WHERE record_id = $1", id);
    assert_err(company_as(c, c->ana, cause_in, &k), "work.not_found"); /* not even that it exists */
    assert_ok(company_as(c, c->rob, cause_in, &k));
    k.cause = "laziness";
    assert_err(company_as(c, c->rob, cause_in, &k), "record.field_invalid");
    assert_ok(company_as(c, c->rob, breaches_in, &e));
    assert_has(e.out, "two systems were down");
    assert_ok(company_as(c, c->ana, breaches_in, &e));
    assert_has(e.out, "\"data\":[]");
    assert_ok(company_as(c, c->admin, breaches_in, &e));
    assert_has(e.out, "two systems were down");
    company_close(c);
}

struct explain_call {
    struct company *c;
    int64_t id;
    struct str page, json, text;
};

static struct err *explain_in(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct explain_call *e = ctx;
    struct buf b = buf_new(tx_arena(tx), 1024), t = buf_new(tx_arena(tx), 1024);

    TRY(work_explain(tx, cx->manual, cx->actor, manual_object(cx->manual, STR("lead")), e->id, e->page, cx->now_us, &b, &t));
    e->json = str_dup(e->c->arena, buf_str(&b));
    e->text = str_dup(e->c->arena, buf_str(&t));
    return NULL;
}

static struct err *older_breaches(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct explain_call *e = ctx;
    (void)cx;

    for (int i = 1; i <= 11; i++)
        TRY(db_exec(tx, str_fmt(tx_arena(tx),
                                "INSERT INTO breach (id, record_id, object, page, rule, at_us, manual_version, version, clock_us) "
                                "VALUES (%d, %lld, 'lead', 'policy/need', 'need', %d, 1, 1, %d)",
                                i, (long long)e->id, i, i)));
    return NULL;
}

/* Whoever asks why a rule is as it is hears how it went before: when, met or not, and what got in the way. */
TEST(an_explanation_tells_when_the_rule_was_not_met_before)
{
    struct company *c = company_open();
    struct cause_call k = {.cause = "no-tool"};
    struct explain_call e = {.c = c, .page = STR("policy/need")};
    struct json j;

    company_page(c, "policy/need",
                 "for: lead\nmust: need is not empty\nwithin: 1h\nof: created_at\nowed_by: "
                 "owner\nmode: watch\n",
                 NULL);
    company_publish(c);
    e.id = company_create(c, "lead", "name", "A", "owner", "@rob", NULL);
    assert_ok(company_as(c, c->rob, explain_in, &e));
    assert_has(e.json, "\"breaches\":[],\"more_breaches\":false");
    assert_true(str_find(e.text, STR("When it was not met"), 0) == SIZE_MAX);
    company_until(c, c->now + 2 * HOUR);
    assert_ok(company_as(c, c->rob, explain_in, &e));
    assert_has(e.text, "When it was not met:\n  Rob owed it until ");
    assert_has(e.text, "it has not been met since.\n");
    k.id = company_count(c, "SELECT id FROM breach WHERE record_id = $1", e.id);
    assert_ok(company_as(c, c->rob, cause_in, &k));
    company_until(c, c->now + 3 * HOUR);
    company_set(c, "lead", e.id, "need", "Racks", NULL);
    assert_ok(company_as(c, c->rob, explain_in, &e));
    assert_has(e.text, "it was met on ");
    assert_has(e.text, ", late by 4 h. What got in the way: a tool was missing (two systems were down).\n");
    assert_ok(json_parse(c->arena, e.json, &j));
    assert_str(json_get(&j, "verdict")->str, "The rule is met.");
    assert_int_equal(json_get(&j, "breaches")->n, 1);
    assert_str(json_get(&json_get(&j, "breaches")->items[0], "cause")->str, "no-tool");
    assert_ok(company_as(c, c->ana, explain_in, &e)); /* a colleague: not even that it exists */
    assert_has(e.json, "\"breaches\":[]");
    e.page = STR(""); /* with every rule its own */
    assert_ok(company_as(c, c->admin, explain_in, &e));
    assert_has(e.text, "Rob owed it until ");
    assert_ok(company_as(c, c->admin, older_breaches, &e));
    e.page = STR("policy/need");
    assert_ok(company_as(c, c->admin, explain_in, &e));
    assert_ok(json_parse(c->arena, e.json, &j));
    assert_int_equal(json_get(&j, "breaches")->n, 10);
    assert_true(json_get(&j, "more_breaches")->boolean);
    assert_has(e.text, "and earlier, which are not told here");
    company_close(c);
}

TEST_MAIN(an_unacknowledged_level_passes_on, acknowledging_stops_the_path,
          whoever_is_away_is_covered, without_a_cover_the_superior_is_called,
          nobody_absent_is_the_next_free_one, work_of_somebody_who_left_finds_another,
          two_rules_that_chase_each_other_are_cut, notices_are_bundled_and_capped,
          the_outbox_sends_once_and_tries_again, the_one_who_owed_it_says_what_got_in_the_way,
          an_explanation_tells_when_the_rule_was_not_met_before)
