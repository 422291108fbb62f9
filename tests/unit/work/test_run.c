/* Workflows: runs, stages, steps, gates, ends, conversion. */
#include "company.h"

#include "base/json.h"

static const char capture[] =
    "object: lead\n"
    "starts_when: \"status = 'New'\"\n"
    "stages:\n"
    "  - name: Take in\n"
    "    steps:\n"
    "      - { name: Assign an owner, role: sales-manager, due: 24h, done_when: owner is not "
    "empty, escalation: unowned }\n"
    "      - { name: Look them up, role: owner, due: 4 business hours, optional: true }\n"
    "  - name: Answer\n"
    "    enter_when: owner is not empty\n"
    "    steps:\n"
    "      - name: First reply\n"
    "        role: owner\n"
    "        due: 4 business hours\n"
    "        done_when: \"count(activities where direction = 'out') > 0\"\n"
    "        template: hello\n"
    "        asks:\n"
    "          - { label: Wrote to them, set: { status: Contacted }, activity: { kind: email, "
    "direction: out } }\n"
    "          - { label: Not reached, activity: { kind: call, direction: internal }, then: again "
    "in 1d }\n"
    "ends:\n"
    "  - { name: Answered, when: \"status in ('Contacted', 'Qualified')\" }\n"
    "  - { name: Discarded, when: \"status = 'Disqualified'\", needs: [lost_reason] }\n";

static const char closing[] =
    "object: deal\n"
    "starts_when: \"stage in ('Prospecting', 'Engaging')\"\n"
    "restart: each time\n"
    "stages:\n"
    "  - name: Prospecting\n"
    "    when: \"stage = 'Prospecting'\"\n"
    "    needs: [account]\n"
    "    idle_after: 14d\n"
    "    steps:\n"
    "      - { name: Find out who decides, role: owner, due: 2 business days }\n"
    "  - name: Engaging\n"
    "    when: \"stage = 'Engaging'\"\n"
    "    enter_when: next_step is not empty\n"
    "    steps:\n"
    "      - { name: Agree the next step, role: owner, due: 2 business days, done_when: next_step "
    "is not empty }\n"
    "ends:\n"
    "  - { name: Won, when: \"stage = 'Won'\", needs: [amount, close_date] }\n"
    "  - { name: Lost, when: \"stage = 'Lost'\", needs: [lost_reason] }\n";

static struct company *with_workflows(void)
{
    struct company *c = company_open();

    company_page(
        c, "escalation/unowned",
        "object: lead\nlevels:\n  - { name: Manager, after: 0m, who: \"role:sales-manager\", how: "
        "task }\n  - { name: Head, after: 4h, who: \"role:admin\", how: task }\n",
        NULL);
    company_page(c, "template/hello",
                 "channel: email\nobject: lead\nsubject: \"Hello {{first_name}}\"\npassages:\n  - "
                 "{ name: Greeting, text: \"Dear {{first_name}}, I am {{owner.name}} "
                 "({{need}}).\", why: names are polite }\n",
                 NULL);
    company_page(c, "workflow/capture", capture,
                 "Text.\n\n## First reply\n> Why: speed wins.\n\nWrite two lines.\n");
    company_page(c, "workflow/closing", closing,
                 "\n## Prospecting\n> Why: no account, no customer.\n");
    company_publish(c);
    return c;
}

TEST(a_lead_walks_through_its_stages)
{
    struct company *c = with_workflows();
    int64_t id = company_create(c, "lead", "name", "A", NULL);

    assert_i64(open_tasks(c, id), 2);
    assert_i64(
        company_count(c, "SELECT owed_by FROM task WHERE record_id = $1 AND optional = 0", id),
        c->lena);
    assert_i64(
        company_count(c, "SELECT due_us FROM task WHERE record_id = $1 AND optional = 0", id),
        MONDAY_9 + 24 * HOUR);
    c->now += HOUR;
    company_set(c, "lead", id, "owner", "@rob", NULL);
    assert_str(company_text(c, "SELECT stage FROM run WHERE record_id = $1", id), "Answer");
    assert_i64(task_of(c, id, "Look them up"), 0);
    assert_true(task_of(c, id, "First reply") != 0);
    assert_i64(company_count(
                   c, "SELECT COUNT(*) FROM task WHERE record_id = $1 AND closed_as = 'done'", id),
               1);
    assert_i64(
        company_count(
            c, "SELECT COUNT(*) FROM task WHERE record_id = $1 AND closed_as = 'cancelled'", id),
        1);
    c->now += HOUR;
    company_activity(c, "email", "out", id);
    assert_i64(open_tasks(c, id), 0);
    assert_i64(
        company_count(c, "SELECT COUNT(*) FROM run WHERE record_id = $1 AND ended_us IS NULL", id),
        1);
    company_set(c, "lead", id, "status", "Contacted", NULL);
    assert_str(company_text(c, "SELECT end_name FROM run WHERE record_id = $1", id), "Answered");
    company_until(c, c->now + 9 * DAY);
    assert_i64(breaches(c, id), 0);
    company_sound(c);
    company_close(c);
}

TEST(an_overdue_step_breaches_escalates_and_stays_open)
{
    struct company *c = with_workflows();
    int64_t id = company_create(c, "lead", "name", "A", NULL);

    company_until(c, MONDAY_9 + 24 * HOUR);
    assert_i64(breaches(c, id), 1);
    assert_str(company_text(c, "SELECT rule FROM breach WHERE record_id = $1", id),
               "Assign an owner");
    assert_true(task_of(c, id, "Assign an owner") != 0);
    assert_i64(company_count(
                   c, "SELECT COUNT(*) FROM task WHERE record_id = $1 AND kind = 'escalation'", id),
               1);
    company_until(c, MONDAY_9 + 28 * HOUR);
    assert_i64(company_count(c, "SELECT who FROM escalation_call WHERE level = 1", id), c->admin);
    company_set(c, "lead", id, "owner", "@rob", NULL);
    assert_i64(company_count(c, "SELECT met_us FROM breach WHERE record_id = $1", id), c->now);
    company_sound(c);
    company_close(c);
}

TEST(finishing_needs_what_the_step_asks_for)
{
    struct company *c = with_workflows();
    int64_t id = company_create(c, "lead", "name", "A", "owner", "@rob", NULL),
            task = task_of(c, id, "First reply");
    const struct err *e;

    assert_true(task != 0);
    e = assert_err(company_finish(c, c->rob, task, "", "done"), "task.not_done");
    assert_str(e->page, "workflow/capture");
    assert_has(e->reason, "speed wins");
    assert_err(company_finish(c, c->rob, task, "No such", ""), "record.field_invalid");
    assert_ok(company_finish(c, c->rob, task, "Wrote to them", "short and friendly"));
    assert_str(company_text(c, "SELECT closed_as FROM task WHERE id = $1", task), "done");
    assert_str(company_text(c, "SELECT note FROM task WHERE id = $1", task), "short and friendly");
    assert_str(company_text(c, "SELECT status FROM o_lead WHERE id = $1", id), "Contacted");
    assert_str(company_text(c, "SELECT end_name FROM run WHERE record_id = $1", id), "Answered");
    assert_err(company_finish(c, c->rob, task, "", ""), "task.closed");
    company_sound(c);
    company_close(c);
}

TEST(trying_again_brings_the_task_back_later)
{
    struct company *c = with_workflows();
    int64_t id = company_create(c, "lead", "name", "A", "owner", "@rob", NULL),
            task = task_of(c, id, "First reply");

    assert_ok(company_finish(c, c->rob, task, "Not reached", ""));
    assert_i64(company_count(
                   c, "SELECT not_before_us FROM task WHERE id = $1 AND closed_us IS NULL", task),
               MONDAY_9 + DAY);
    assert_i64(company_count(c, "SELECT due_us FROM task WHERE id = $1", task), MONDAY_9 + DAY);
    assert_i64(company_count(c, "SELECT COUNT(*) FROM o_activity", 0), 1);
    company_set(c, "lead", id, "owner", "@ana", NULL); /* put off stays put off */
    assert_i64(company_count(c, "SELECT due_us FROM task WHERE id = $1", task), MONDAY_9 + DAY);
    assert_i64(company_count(c, "SELECT owed_by FROM task WHERE id = $1", task), c->ana);
    company_sound(c);
    company_close(c);
}

#define DAY_TEXT(us) str_cstr(c->arena, date_text(c->arena, zone_date(zone_utc(), (us))))
/* A deal that waits for a day of its own. */
TEST(a_step_waits_for_the_day_a_field_names)
{
    static const char waiting[] = "object: deal\nstarts_when: \"stage = 'Prospecting'\"\nstages:\n  - name: Wait\n    steps:\n"
                                  "      - { name: Ask again, role: owner, due_on: close_date, due: 2 business days }\n"
                                  "ends:\n  - { name: Won, when: \"stage = 'Won'\" }\n";
    static const char due[] = "SELECT due_us FROM task WHERE record_id = $1 AND closed_us IS NULL",
                      shown[] = "SELECT COALESCE(not_before_us, 0) FROM task WHERE record_id = $1 AND closed_us IS NULL";
    struct company *c = with_workflows();
    int64_t id, first = MONDAY_9 + 2 * DAY, midnight = MONDAY_9 + 9 * DAY - 9 * HOUR;

    company_drop_page(c, "workflow/closing");
    company_page(c, "workflow/waiting", waiting, NULL);
    company_publish(c);
    id = company_create(c, "deal", "name", "A", "owner", "@rob", "stage", "Prospecting", NULL);
    assert_i64(company_count(c, due, id), first); /* no day yet: the other deadline */
    assert_i64(company_count(c, shown, id), 0);
    company_set(c, "deal", id, "close_date", DAY_TEXT(midnight), NULL);
    assert_i64(company_count(c, due, id), midnight + 17 * HOUR); /* when work ends on that Wednesday */
    assert_i64(company_count(c, shown, id), midnight);
    company_set(c, "deal", id, "close_date", DAY_TEXT(midnight + 3 * DAY), NULL); /* a Saturday: the Monday after */
    assert_i64(company_count(c, due, id), midnight + 5 * DAY + 17 * HOUR);
    assert_i64(company_count(c, shown, id), midnight + 3 * DAY);
    company_set(c, "deal", id, "owner", "@ana", NULL);
    assert_i64(company_count(c, due, id), midnight + 5 * DAY + 17 * HOUR);
    company_set(c, "deal", id, "close_date", DAY_TEXT(midnight), NULL); /* and earlier again */
    assert_i64(company_count(c, due, id), midnight + 17 * HOUR);
    assert_i64(company_count(c, shown, id), midnight);
    company_set(c, "deal", id, "close_date", "", NULL);
    assert_i64(company_count(c, due, id), first);
    assert_i64(company_count(c, shown, id), 0);
    company_sound(c);
    company_close(c);
}

TEST(a_stage_is_not_left_while_something_is_missing)
{
    struct company *c = with_workflows();
    int64_t id = company_create(c, "deal", "name", "D", "owner", "@rob", NULL), account;
    const struct err *e = assert_err(
        company_try_set(c, c->rob, NULL, "deal", id, "stage", "Engaging", NULL), "work.gate");
    int n = 0;

    assert_has(e->message, "Find out who decides");
    assert_str(e->page, "workflow/closing");
    for (const struct err *x = e; x; x = x->next, n++)
        if (x->field && strcmp(x->field, "/account") == 0)
            assert_has(x->reason, "no account, no customer");
    assert_i64(n, 3); /* the step, the account, the next step */
    assert_str(company_text(c, "SELECT stage FROM o_deal WHERE id = $1", id), "Prospecting");
    account = company_create(c, "account", "name", "Acme", NULL);
    assert_ok(company_finish(c, c->rob, task_of(c, id, "Find out who decides"), "", "Ms Okafor"));
    company_set(c, "deal", id, "account",
                str_cstr(c->arena, str_fmt(c->arena, "%lld", (long long)account)), NULL);
    assert_err(company_try_set(c, c->rob, NULL, "deal", id, "stage", "Engaging", NULL),
               "work.gate");
    assert_ok(company_try_set(c, c->rob, NULL, "deal", id, "stage", "Engaging", "next_step",
                              "call on Friday", NULL));
    assert_str(company_text(c, "SELECT stage FROM run WHERE record_id = $1", id), "Engaging");
    /* Back is free, and lost asks for its reason alone. */
    assert_ok(company_try_set(c, c->rob, NULL, "deal", id, "stage", "Prospecting", NULL));
    assert_err(company_try_set(c, c->rob, NULL, "deal", id, "stage", "Lost", NULL), "work.gate");
    assert_ok(company_try_set(c, c->rob, NULL, "deal", id, "stage", "Lost", "lost_reason",
                              "too dear", NULL));
    assert_str(company_text(c, "SELECT end_name FROM run WHERE record_id = $1", id), "Lost");
    company_sound(c);
    company_close(c);
}

TEST(a_bypass_needs_the_right_and_a_reason)
{
    struct company *c = with_workflows();
    int64_t id = company_create(c, "deal", "name", "D", "owner", "@rob", NULL);

    assert_err(company_try_set(c, c->rob, "please", "deal", id, "stage", "Engaging", NULL),
               "work.gate");
    assert_err(company_try_set(c, c->lena, NULL, "deal", id, "stage", "Engaging", NULL),
               "work.gate");
    assert_ok(company_try_set(c, c->lena, "the customer is in a hurry", "deal", id, "stage",
                              "Engaging", NULL));
    assert_has(
        company_text(
            c, "SELECT detail FROM decision WHERE what = 'gate bypassed' AND record_id = $1", id),
        "in a hurry");
    assert_i64(company_count(c, "SELECT by_user FROM decision WHERE what = 'gate bypassed'", 0),
               c->lena);
    assert_str(company_text(c, "SELECT stage FROM run WHERE record_id = $1", id), "Engaging");
    company_sound(c);
    company_close(c);
}

TEST(a_gate_holds_only_where_a_run_is_open)
{
    struct company *c = company_open();
    int64_t id = company_create(c, "deal", "name", "D", "stage", "Engaging", NULL);

    company_page(c, "workflow/closing", closing, NULL);
    company_publish(c);
    assert_ok(company_try_set(c, c->rob, NULL, "deal", id, "stage", "Won", NULL));
    company_close(c);
}

TEST(a_workflow_starts_again_when_its_condition_comes_true_again)
{
    struct company *c = with_workflows();
    int64_t id = company_create(c, "deal", "name", "D", "owner", "@rob", NULL);

    company_set(c, "deal", id, "stage", "Lost", "lost_reason", "dear", NULL);
    company_set(c, "deal", id, "name", "E", NULL);
    assert_i64(company_count(c, "SELECT COUNT(*) FROM run WHERE record_id = $1", id), 1);
    company_set(c, "deal", id, "stage", "Prospecting", NULL);
    assert_i64(company_count(c, "SELECT COUNT(*) FROM run WHERE record_id = $1", id), 2);
    assert_i64(
        company_count(c, "SELECT COUNT(*) FROM run WHERE record_id = $1 AND ended_us IS NULL", id),
        1);
    company_sound(c);
    company_close(c);
}

TEST(quiet_stages_ask_for_a_decision)
{
    struct company *c = with_workflows();
    int64_t id = company_create(c, "deal", "name", "D", "owner", "@rob", NULL);

    company_until(c, MONDAY_9 + 10 * DAY);
    company_activity(c, "call", "out", id);
    company_until(c, MONDAY_9 + 20 * DAY);
    assert_i64(
        company_count(c, "SELECT COUNT(*) FROM task WHERE title LIKE 'Nothing has happened%'", 0),
        0);
    company_until(c, MONDAY_9 + 24 * DAY);
    assert_i64(company_count(c,
                             "SELECT COUNT(*) FROM task WHERE title LIKE 'Nothing has happened%' "
                             "AND closed_us IS NULL",
                             0),
               1);
    company_sound(c);
    company_close(c);
}

TEST(a_qualified_lead_is_converted_once)
{
    struct company *c = company_open();
    int64_t id;

    company_page(c, "workflow/qualify",
                 "object: lead\nstarts_when: \"status = 'Contacted'\"\nrestart: each "
                 "time\nstages:\n  - name: Talk\n    steps:\n"
                 "      - { name: Ask, role: owner, optional: true }\n"
                 "ends:\n  - { name: Qualified, when: \"status = 'Qualified'\", needs: [need], "
                 "then: convert }\n",
                 NULL);
    company_publish(c);
    id =
        company_create(c, "lead", "name", "Ann Lee", "company", "Acme", "email", "ann@acme.example",
                       "budget", "500", "owner", "@rob", "status", "Contacted", NULL);
    assert_err(company_try_set(c, c->rob, NULL, "lead", id, "status", "Qualified", NULL),
               "work.gate");
    assert_ok(company_try_set(c, c->rob, NULL, "lead", id, "status", "Qualified", "need",
                              "faster start", NULL));
    assert_i64(company_count(c, "SELECT COUNT(*) FROM o_account WHERE name = 'Acme'", 0), 1);
    assert_i64(
        company_count(c, "SELECT COUNT(*) FROM o_contact WHERE email = 'ann@acme.example'", 0), 1);
    assert_i64(company_count(c, "SELECT COUNT(*) FROM o_deal", 0), 1);
    assert_i64(company_count(c, "SELECT amount FROM o_deal", 0), 50000);
    assert_i64(company_count(c, "SELECT owner FROM o_deal", 0), c->rob);
    assert_i64(company_count(c, "SELECT account FROM o_deal", 0),
               company_count(c, "SELECT id FROM o_account", 0));
    assert_i64(company_count(c, "SELECT deal FROM o_lead WHERE id = $1", id),
               company_count(c, "SELECT id FROM o_deal", 0));
    company_set(c, "lead", id, "status", "Contacted", NULL);
    company_set(c, "lead", id, "status", "Qualified", NULL);
    assert_i64(company_count(c, "SELECT COUNT(*) FROM o_deal", 0), 1);
    /* The same company again is the same account. */
    id = company_create(c, "lead", "name", "Bo", "company", "ACME", "owner", "@rob", "status",
                        "Contacted", "need", "x", NULL);
    company_set(c, "lead", id, "status", "Qualified", NULL);
    assert_i64(company_count(c, "SELECT COUNT(*) FROM o_account", 0), 1);
    assert_i64(company_count(c, "SELECT COUNT(*) FROM o_deal", 0), 2);
    company_sound(c);
    company_close(c);
}

TEST(publishing_moves_running_cases)
{
    struct company *c = with_workflows();
    int64_t id = company_create(c, "lead", "name", "A", "owner", "@rob", NULL),
            task = task_of(c, id, "First reply");

    c->now += HOUR;
    company_page(
        c, "workflow/capture",
        "object: lead\nstarts_when: \"status = 'New'\"\nstages:\n  - name: Answer\n    steps:\n"
        "      - { name: First reply, role: owner, due: 8 business hours, done_when: "
        "\"count(activities where direction = 'out') > 0\" }\n"
        "      - { name: Thank them, role: owner }\n"
        "ends:\n  - { name: Answered, when: \"status != 'New'\" }\n",
        NULL);
    company_publish(c);
    assert_i64(task_of(c, id, "First reply"), task);
    assert_i64(company_count(c, "SELECT due_us FROM task WHERE id = $1", task),
               MONDAY_9 + 8 * HOUR);
    assert_true(task_of(c, id, "Thank them") != 0);
    company_sound(c);
    company_drop_page(c, "workflow/capture");
    company_publish(c);
    assert_i64(open_tasks(c, id), 0);
    assert_i64(
        company_count(c, "SELECT COUNT(*) FROM run WHERE record_id = $1 AND ended_us IS NULL", id),
        0);
    company_sound(c);
    company_close(c);
}

/* ---- what people see ---- */
struct seeing {
    int64_t id, user;
    struct str cursor, filter, page;
    struct company *c;
    struct str out, text;
    int limit;
};

static struct err *day_in(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct seeing *s = ctx;
    struct buf b = buf_new(tx_arena(tx), 1024);

    TRY(task_day(tx, cx->manual, cx->actor, s->user, s->cursor, s->limit, cx->now_us, &b));
    s->out = str_dup(s->c->arena, buf_str(&b));
    return NULL;
}

static struct err *record_in(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct seeing *s = ctx;
    struct buf b = buf_new(tx_arena(tx), 1024);

    TRY(work_record_json(tx, cx->manual, cx->actor, manual_object(cx->manual, s->page), s->id,
                         cx->now_us, &b));
    s->out = str_dup(s->c->arena, buf_str(&b));
    return NULL;
}

static struct err *list_in(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct seeing *s = ctx;
    struct buf b = buf_new(tx_arena(tx), 1024);

    TRY(task_list(tx, cx->manual, cx->actor, s->filter, false, s->cursor, s->limit, cx->now_us, &b));
    s->out = str_dup(s->c->arena, buf_str(&b));
    return NULL;
}

static struct err *explain_in(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct seeing *s = ctx;
    struct buf b = buf_new(tx_arena(tx), 1024), t = buf_new(tx_arena(tx), 1024);

    TRY(work_explain(tx, cx->manual, cx->actor, manual_object(cx->manual, STR("lead")), s->id,
                     s->page, cx->now_us, &b, &t));
    s->out = str_dup(s->c->arena, buf_str(&b));
    s->text = str_dup(s->c->arena, buf_str(&t));
    return NULL;
}

static struct json parsed(struct company *c, struct str s)
{
    struct json j;

    assert_ok(json_parse(c->arena, s, &j));
    return j;
}

static struct str title_at(const struct json *j, size_t i)
{
    return json_get(&json_get(j, "data")->items[i], "title")->str;
}

TEST(my_day_is_ordered_and_says_why)
{
    struct company *c = with_workflows();
    int64_t a = company_create(c, "lead", "name", "Ann", "first_name", "Ann", "owner", "@rob",
                               NULL),
            d;
    struct seeing s = {.c = c};
    struct json j;
    const struct json *first, *words;

    c->now += 6 * HOUR;
    d = company_create(c, "deal", "name", "D", "owner", "@rob", NULL);
    assert_ok(company_as(c, c->rob, day_in, &s));
    j = parsed(c, s.out);
    assert_i64((int64_t)json_get(&j, "data")->n, 2);
    assert_str(title_at(&j, 0), "First reply"); /* two hours late */
    first = &json_get(&j, "data")->items[0];
    assert_str(json_get(first, "because")->str, "overdue by 2 h");
    assert_has(json_get(json_get(first, "why"), "reason")->str, "speed wins");
    assert_i64(json_get(json_get(first, "why"), "line")->integer, 28);
    words = json_get(first, "words");
    assert_str(json_get(words, "subject")->str, "Hello Ann");
    assert_has(json_get(&json_get(words, "passages")->items[0], "text")->str, "I am Rob");
    assert_str(json_get(words, "unresolved")->items[0].str, "need");
    assert_i64((int64_t)json_get(json_get(first, "after"), "outcomes")->n, 2);
    assert_i64(json_get(json_get(&j, "summary"), "overdue")->integer, 1);
    /* Pages of one give the same order. */
    s.limit = 1;
    assert_ok(company_as(c, c->rob, day_in, &s));
    j = parsed(c, s.out);
    assert_str(title_at(&j, 0), "First reply");
    s.cursor = json_get(&j, "next")->str;
    assert_ok(company_as(c, c->rob, day_in, &s));
    j = parsed(c, s.out);
    assert_str(title_at(&j, 0), "Find out who decides");
    assert_true(json_get(&j, "next")->kind == JSON_NULL);
    s.cursor = STR("x");
    assert_err(company_as(c, c->rob, day_in, &s), "query.cursor");
    /* A colleague's day is theirs and their superiors'. */
    s = (struct seeing){.c = c, .user = c->rob};
    assert_ok(company_as(c, c->lena, day_in, &s));
    assert_err(company_as(c, c->ana, day_in, &s), "access.denied");
    (void)a;
    (void)d;
    company_close(c);
}

TEST(my_day_shows_the_next_step_of_a_run_until_others_are_due)
{
    struct company *c = with_workflows();
    struct seeing s = {.c = c};
    struct json j;

    company_page(c, "workflow/capture",
                 "object: lead\nstarts_when: \"status = 'New'\"\nstages:\n  - name: Answer\n    steps:\n"
                 "      - { name: First, role: owner, due: 2 business days }\n"
                 "      - { name: Second, role: owner, due: 3 business days }\n"
                 "      - { name: Third, role: owner, due: 4 business days }\n"
                 "ends:\n  - { name: Answered, when: \"status != 'New'\" }\n",
                 NULL);
    company_publish(c);
    company_create(c, "lead", "name", "Ann", "owner", "@rob", NULL);
    company_create(c, "lead", "name", "Ben", "owner", "@rob", NULL);
    assert_ok(company_as(c, c->rob, day_in, &s));
    j = parsed(c, s.out);
    assert_i64((int64_t)json_get(&j, "data")->n, 2); /* one card a lead */
    assert_str(title_at(&j, 0), "First");
    assert_str(title_at(&j, 1), "First");
    assert_i64(json_get(json_get(&j, "summary"), "steps_after")->integer, 4);
    c->now += 4 * DAY; /* Friday: all of them are due today or late */
    assert_ok(company_as(c, c->rob, day_in, &s));
    j = parsed(c, s.out);
    assert_i64((int64_t)json_get(&j, "data")->n, 6);
    assert_i64(json_get(json_get(&j, "summary"), "steps_after")->integer, 0);
    company_close(c);
}

TEST(a_record_in_a_workflow_always_has_a_next_action)
{
    struct company *c = with_workflows();
    int64_t id = company_create(c, "deal", "name", "D", "owner", "@rob", NULL);
    struct seeing s = {.c = c, .id = id, .page = STR("deal")};
    struct json j;
    struct str same;

    assert_ok(company_as(c, c->rob, record_in, &s));
    same = s.out;
    assert_ok(company_as(c, c->lena, record_in, &s));
    assert_str_eq(s.out, same);
    j = parsed(c, s.out);
    assert_str(json_get(json_get(&j, "next"), "title")->str, "Find out who decides");
    assert_ok(company_finish(c, c->rob, task_of(c, id, "Find out who decides"), "", ""));
    assert_ok(company_as(c, c->rob, record_in, &s));
    j = parsed(c, s.out);
    assert_has(json_get(json_get(&j, "next"), "title")->str, "Account is empty");
    company_close(c);
}

TEST(tasks_are_listed_by_filter_and_right)
{
    struct company *c = with_workflows();
    struct seeing s = {.c = c, .filter = STR("open and title = 'First reply'")};
    struct json j;

    company_create(c, "lead", "name", "A", "owner", "@rob", NULL);
    company_create(c, "lead", "name", "B", "owner", "@ana", NULL);
    assert_ok(company_as(c, c->rob, list_in, &s));
    j = parsed(c, s.out);
    assert_i64((int64_t)json_get(&j, "data")->n, 2); /* reps may read all leads here */
    s.filter = STR("open and title = 'First reply' and owed_by = me");
    assert_ok(company_as(c, c->rob, list_in, &s));
    j = parsed(c, s.out);
    assert_i64((int64_t)json_get(&j, "data")->n, 1);
    s.filter = STR("nonsense = 1");
    assert_err(company_as(c, c->rob, list_in, &s), "expr.name");
    company_close(c);
}

TEST(explain_says_why_term_by_term)
{
    struct company *c = with_workflows();
    struct seeing s = {.c = c, .page = STR("workflow/capture")};

    s.id = company_create(c, "lead", "name", "A", NULL);
    assert_ok(company_as(c, c->rob, explain_in, &s));
    parsed(c, s.out);
    assert_has(s.text, "missing: the step \"Assign an owner\" is open");
    assert_has(s.text, "open: Assign an owner, Lena");
    s.page = STR(""); /* every rule about it */
    assert_ok(company_as(c, c->rob, explain_in, &s));
    assert_has(parsed(c, s.out).kind == JSON_OBJECT ? s.out : STR(""), "\"rules\":[");
    assert_has(s.text, "workflow/capture");
    s.page = STR("policy/none");
    assert_err(company_as(c, c->rob, explain_in, &s), "manual.not_found");
    company_close(c);
}

static struct err *skip_in(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct seeing *s = ctx;
    struct task t;

    return task_skip(tx, cx, s->id, -1, s->page, &t);
}

static struct err *postpone_in(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct seeing *s = ctx;
    struct task t;

    return task_postpone(tx, cx, s->id, 1, cx->now_us + s->user, &t);
}

static struct err *ask_in(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct seeing *s = ctx;
    struct task_ask ask = {.record_id = s->id,
                           .owed_by = s->user,
                           .due_us = cx->now_us + HOUR,
                           .title = STR("Send the price list")};
    struct task t;

    TRY(task_create(tx, cx, &ask, &t));
    s->id = t.id;
    return NULL;
}

static struct err *assign_in(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct seeing *s = ctx;
    struct task t;

    return task_assign(tx, cx, s->id, -1, s->user, &t);
}

TEST(optional_steps_are_skipped_with_a_note)
{
    struct company *c = with_workflows();
    int64_t id = company_create(c, "lead", "name", "A", NULL);
    struct seeing s = {.c = c, .id = task_of(c, id, "Look them up"), .page = STR("")};

    assert_err(company_as(c, c->rob, skip_in, &s), "record.field_required");
    s.page = STR("known for years");
    assert_ok(company_as(c, c->rob, skip_in, &s));
    s.id = task_of(c, id, "Assign an owner");
    assert_err(company_as(c, c->rob, skip_in, &s), "access.denied");
    assert_ok(company_as(c, c->lena, skip_in, &s));
    company_close(c);
}

TEST(tasks_are_put_off_handed_over_and_asked_for)
{
    struct company *c = with_workflows();
    int64_t lead = company_create(c, "lead", "name", "A", "owner", "@rob", NULL),
            task = task_of(c, lead, "First reply");
    struct seeing s = {.c = c, .id = task, .user = 10 * DAY}, day = {.c = c};

    assert_err(company_as(c, c->rob, postpone_in, &s), "record.field_invalid");
    s.user = HOUR;
    assert_ok(company_as(c, c->rob, postpone_in, &s));
    assert_err(company_as(c, c->rob, postpone_in, &s), "task.version_conflict");
    assert_ok(company_as(c, c->rob, day_in, &day));
    assert_has(day.out, "\"data\":[]");
    assert_has(day.out, "\"put_off\":1");
    s.user = c->ana;
    assert_ok(company_as(c, c->rob, assign_in, &s));
    assert_i64(company_count(c, "SELECT owed_by FROM task WHERE id = $1", task), c->ana);
    s = (struct seeing){.c = c, .id = lead, .user = c->tom};
    assert_ok(company_as(c, c->rob, ask_in, &s));
    assert_ok(company_as(c, c->tom, day_in, &day));
    assert_has(day.out, "promised for today");
    assert_ok(company_finish(c, c->tom, s.id, "", "sent"));
    company_close(c);
}

TEST_MAIN(a_lead_walks_through_its_stages, an_overdue_step_breaches_escalates_and_stays_open,
          finishing_needs_what_the_step_asks_for, trying_again_brings_the_task_back_later,
          a_step_waits_for_the_day_a_field_names, a_stage_is_not_left_while_something_is_missing, a_bypass_needs_the_right_and_a_reason,
          a_gate_holds_only_where_a_run_is_open,
          a_workflow_starts_again_when_its_condition_comes_true_again,
          quiet_stages_ask_for_a_decision, a_qualified_lead_is_converted_once,
          publishing_moves_running_cases, my_day_is_ordered_and_says_why, my_day_shows_the_next_step_of_a_run_until_others_are_due,
          a_record_in_a_workflow_always_has_a_next_action, tasks_are_listed_by_filter_and_right,
          explain_says_why_term_by_term, optional_steps_are_skipped_with_a_note,
          tasks_are_put_off_handed_over_and_asked_for)
