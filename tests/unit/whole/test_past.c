/* A rule tried on the past. Where the rule was on in truth, the answer is what happened: the same breaches, to the
 * microsecond, as the engine wrote down while it lived through it. */
#include "life.h"

#include "insight/past.h"

#define SWITCHED_ON (OPENING - 7 * DAY) /* when firm_open publishes */

struct asked {
    struct company *c;
    struct past_ask ask;
    struct str out;
    struct past_breach *list;
    size_t n;
};

static struct err *ask_json(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct asked *a = ctx;
    struct buf json = buf_new(tx_arena(tx), 4096);

    a->ask.now_us = cx->now_us;
    TRY(past_json(tx, cx->manual, cx->actor, &a->ask, &json));
    a->out = str_dup(a->c->arena, buf_str(&json));
    return NULL;
}

static struct json past(struct company *c, const char *name, int days, const char *draft)
{
    struct asked a = {.c = c, .ask = {.name = str_from(name), .days = days, .text = draft ? str_from(draft) : STR("")}};
    struct json j;

    assert_ok(company_as(c, c->lena, ask_json, &a));
    assert_ok(json_parse(c->arena, a.out, &j));
    return j;
}

#define number(j, key) (json_get((j), (key))->integer)

static struct err *ask_list(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct asked *a = ctx;
    const struct past_breach *list;

    a->ask.now_us = cx->now_us;
    TRY(past_breaches(tx, cx->manual, &a->ask, &list, &a->n));
    a->list = NEW_ARRAY(a->c->arena, a->n, struct past_breach);
    if (a->n)
        memcpy(a->list, list, a->n * sizeof *list);
    return NULL;
}

/* ---- what the engine wrote down ---- */

struct real {
    const char *page;
    struct company *c;
    struct past_breach *list;
    size_t n;
};

static struct err *read_real(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct real *r = ctx;
    struct stmt *s;
    bool row;
    size_t cap = 0;

    (void)cx;
    TRY(db_stmt_text(tx, STR("SELECT record_id, at_us, met_us FROM breach WHERE page = $1 ORDER BY at_us DESC, record_id DESC"), &s));
    db_bind_str(s, 1, str_from(r->page));
    for (;;) {
        TRY(db_step(s, &row));
        if (!row)
            return NULL;
        if (r->n == cap)
            vec_grow_(r->c->arena, (void **)&r->list, &cap, sizeof *r->list);
        r->list[r->n++] = (struct past_breach){db_i64(s, 0), db_i64(s, 1), db_i64(s, 2)};
    }
}

static size_t same_as_real(struct company *c, const char *page, int days)
{
    struct asked a = {.c = c, .ask = {.name = str_sub(str_from(page), 7, SIZE_MAX), .days = days}};
    struct real r = {.page = page, .c = c};

    assert_ok(company_as(c, 0, ask_list, &a));
    assert_ok(company_as(c, 0, read_real, &r));
    for (size_t i = 0; i < a.n && i < r.n; i++)
        if (memcmp(&a.list[i], &r.list[i], sizeof a.list[i]) != 0)
            fail_msg("%s, breach %zu: record %lld due %s met %lld, in truth record %lld due %s met %lld", page, i, (long long)a.list[i].record,
                     str_cstr(c->arena, instant_text(c->arena, a.list[i].due_us)), (long long)a.list[i].met_us, (long long)r.list[i].record,
                     str_cstr(c->arena, instant_text(c->arena, r.list[i].due_us)), (long long)r.list[i].met_us);
    if (a.n != r.n)
        fail_msg("%s: %zu breaches, in truth %zu", page, a.n, r.n);
    return a.n;
}

static const char *const watched[] = {
    "policy/lead-assigned", "watch", "policy/first-reply", "watch", "policy/call-has-note", "watch", "policy/contact-has-account", "watch",
    "policy/customer-has-owner", "watch", "policy/customers-heard-from", "watch", "policy/three-touches-a-week", "watch", "policy/daily-touch",
    "watch", "policy/deal-named", "watch", "policy/deal-not-idle", "watch", "policy/decision-date-not-past", "watch", "policy/lead-reachable",
    "watch", "policy/lost-has-reason", "watch", "policy/next-step-not-past", "watch", "policy/next-step-set", "watch",
    "policy/nurture-has-date", "watch", "policy/qualified-is-complete", "watch", "policy/welcome-after-won", "watch", "policy/won-has-amount",
    "watch", NULL,
};

TEST(P58_the_past_gives_the_breaches_the_engine_wrote_down)
{
    int weeks = db_fixture_kind() == DB_POSTGRES ? 4 : 10;
    struct life l = {.c = firm_open(watched), .dice = {41}};
    size_t breaches = 0, rules = 0;

    life_begins(&l);
    for (int day = 0; day < weeks * 7; day++)
        life_day(&l, day);
    company_until(l.c, SWITCHED_ON + (weeks * 7 + 8) * DAY);
    for (size_t i = 0; watched[i]; i += 2) {
        size_t n = same_as_real(l.c, watched[i], weeks * 7 + 8);

        breaches += n;
        rules += n > 0;
    }
    print_message("%zu breaches of %zu rules\n", breaches, rules);
    assert_true(rules >= (weeks < 10 ? 6 : 10));
    assert_true(breaches > (size_t)weeks * 20);
    company_close(l.c);
}

/* ---- known answers ---- */

static int64_t week_sum(const struct json *j, const char *key)
{
    const struct json *weeks = json_get(j, "by_week");
    int64_t sum = 0;

    for (size_t i = 0; i < weeks->n; i++)
        sum += number(&weeks->items[i], key);
    return sum;
}

static const char *lead(struct company *c, const char *owner)
{
    int64_t id = company_create(c, "lead", "last_name", "Lee", "email", "lee@lead.example", "owner", owner, NULL);

    return str_cstr(c->arena, str_fmt(c->arena, "%lld", (long long)id));
}

TEST(P58_a_clock_with_an_end_is_tried_on_the_past)
{
    struct company *c = firm_open(NULL); /* the rule is off, and was never on */
    int64_t start = c->now, late, never;
    const struct json *example;
    struct json j;

    lead(c, "@rob"); /* at once */
    late = atoll(lead(c, ""));
    never = atoll(lead(c, ""));
    company_until(c, start + 26 * HOUR);
    company_set(c, "lead", late, "owner", "@ana", NULL);
    company_until(c, start + 3 * DAY);
    lead(c, ""); /* its time is not over */
    company_until(c, start + 3 * DAY + HOUR);
    j = past(c, "lead-assigned", 30, NULL);
    assert_i64(number(&j, "looked_at"), 4);
    assert_i64(number(&j, "in_scope"), 4);
    assert_i64(number(&j, "kept"), 1);
    assert_i64(number(&j, "breached"), 2);
    assert_i64(number(&j, "running"), 1);
    assert_i64(number(&j, "reminders"), 2); /* two hours before: both of the late ones */
    assert_i64(week_sum(&j, "kept"), 1);
    assert_i64(week_sum(&j, "breached"), 2);
    assert_i64(json_get(&j, "assumed")->n, 0);
    assert_i64(json_get(&j, "examples")->n, 2);
    example = &json_get(&j, "examples")->items[0];
    assert_str(json_get(example, "record")->str, str_cstr(c->arena, str_fmt(c->arena, "%lld", (long long)never)));
    assert_int_equal(json_get(example, "met_at")->kind, JSON_NULL);
    example = &json_get(&j, "examples")->items[1];
    assert_str(json_get(example, "due_at")->str, str_cstr(c->arena, instant_text(c->arena, start + 24 * HOUR)));
    assert_str(json_get(example, "met_at")->str, str_cstr(c->arena, instant_text(c->arena, start + 26 * HOUR)));
    assert_i64(json_get(&j, "by_step")->n, 1);
    assert_str(json_get(&json_get(&j, "by_step")->items[0], "step")->str, "New");
    company_close(c);
}

TEST(P58_a_quota_is_tried_on_the_past)
{
    struct company *c = firm_open(NULL);
    int64_t heard = company_create(c, "account", "name", "Heard", "type", "Customer", "owner", "@rob", NULL);
    int64_t quiet = company_create(c, "account", "name", "Quiet", "type", "Customer", "owner", "@ana", NULL);
    int64_t prospect = company_create(c, "account", "name", "Prospect", "type", "Prospect", "owner", "@ana", NULL);
    struct json j;

    company_until(c, OPENING + 7 * DAY); /* the first whole week of all three */
    for (int i = 0; i < 3; i++)
        company_activity(c, "call", "out", heard);
    company_activity(c, "note", "out", quiet);
    company_until(c, OPENING + 15 * DAY); /* the second: two for the one, and the other is no customer any more */
    company_activity(c, "email", "out", heard);
    company_activity(c, "email", "out", heard);
    company_set(c, "account", quiet, "type", "Prospect", NULL);
    company_until(c, OPENING + 21 * DAY);
    j = past(c, "three-touches-a-week", 0, NULL);
    assert_true(prospect > 0);
    assert_i64(number(&j, "looked_at"), 3);
    assert_i64(number(&j, "in_scope"), 2);
    assert_i64(number(&j, "kept"), 1);
    assert_i64(number(&j, "breached"), 2); /* quiet in the first, heard in the second */
    assert_i64(number(&j, "reminders"), 0);
    assert_str(json_get(&json_get(&j, "examples")->items[0], "title")->str, "Heard");
    assert_str(json_get(&json_get(&j, "examples")->items[1], "title")->str, "Quiet");
    company_close(c);
}

TEST(P58_a_rule_for_always_is_tried_on_the_past)
{
    struct company *c = firm_open(NULL);
    int64_t lead = company_create(c, "lead", "last_name", "Lee", "company", "Acme", "phone", "+1 212 555 0199", NULL);
    struct json j;

    company_until(c, c->now + DAY);
    company_set(c, "lead", lead, "phone", "", NULL); /* broken */
    company_until(c, c->now + DAY);
    company_set(c, "lead", lead, "email", "lee@lead.example", NULL); /* met */
    company_until(c, c->now + 10 * DAY);
    company_set(c, "lead", lead, "email", "", NULL); /* broken again */
    company_until(c, c->now + DAY);
    j = past(c, "lead-reachable", 0, NULL);
    assert_i64(number(&j, "breached"), 2);
    assert_i64(json_get(&j, "examples")->n, 2);
    assert_int_equal(json_get(&json_get(&j, "examples")->items[0], "met_at")->kind, JSON_NULL);
    assert_str(json_get(&json_get(&j, "examples")->items[1], "met_at")->str,
               str_cstr(c->arena, instant_text(c->arena, OPENING + 2 * DAY)));
    company_close(c);
}

/* ---- what was there then ---- */

TEST(what_was_linked_elsewhere_archived_or_put_away_since_counts_as_it_was)
{
    struct company *c = firm_open(NULL);
    int64_t start = c->now, one = atoll(lead(c, "@rob")), other = atoll(lead(c, "@rob")), gone = atoll(lead(c, "@rob")), call, binned;
    struct json j;

    call = company_activity(c, "call", "out", one); /* answered at once ... */
    binned = company_activity(c, "call", "out", other);
    company_until(c, start + DAY);
    company_set(c, "activity", call, "links", "", NULL); /* ... and a day later nothing tells of it any more */
    company_move(c, "activity", binned, RECORD_DELETE);
    company_move(c, "lead", gone, RECORD_DELETE); /* broken by then */
    company_until(c, start + 5 * DAY);
    j = past(c, "first-reply", 0, NULL);
    assert_i64(number(&j, "in_scope"), 3);
    assert_i64(number(&j, "kept"), 2);
    assert_i64(number(&j, "breached"), 1);
    assert_i64(json_get(&j, "assumed")->n, 0);
    company_close(c);
}

TEST(a_draft_is_tried_before_it_is_a_rule)
{
    static const char draft[] = "---\nkind: policy\nname: big-deals\nlabel: Big deals have a product\nfor: deal\nwhen: \"amount >= 1000\"\n"
                                "must: \"product is not empty\"\nwithin: 24h\nowed_by: owner\n---\nText.\n";
    struct company *c = firm_open(NULL);
    int64_t deal = company_create(c, "deal", "name", "Big", "owner", "@rob", NULL);
    struct asked a = {.c = c, .ask = {.name = STR("big-deals"), .text = str_from(draft)}};
    struct json j;

    company_until(c, c->now + DAY);
    company_set(c, "deal", deal, "amount", "5000", NULL);
    company_until(c, c->now + 12 * HOUR);
    j = past(c, "big-deals", 0, draft);
    assert_i64(number(&j, "breached"), 0);
    assert_i64(number(&j, "running"), 1);
    company_until(c, c->now + 12 * HOUR);
    j = past(c, "big-deals", 0, draft);
    assert_i64(number(&j, "breached"), 1);
    assert_err(company_as(c, c->rob, ask_json, &a), "access.denied"); /* its counts would tell of what he may not see */
    a.ask.text = STR("---\nkind: policy\nname: big-deals\nfor: deal\nmust: \"amuont > 1\"\nalways: true\n---\nText.\n");
    assert_err(company_as(c, c->lena, ask_json, &a), "manual.check");
    a.ask.text = STR("");
    assert_err(company_as(c, c->lena, ask_json, &a), "manual.not_found");
    a.ask.name = STR("lead-assigned");
    a.ask.days = PAST_DAYS_MAX + 1;
    assert_err(company_as(c, c->lena, ask_json, &a), "query.parameter");
    company_close(c);
}

TEST(examples_are_records_one_may_read_and_counts_are_everybodys)
{
    struct company *c = firm_open(NULL);
    int64_t hire = company_create(c, "user", "name", "Ines", "email", "ines@x.example", "roles", "intern", "team", "@south", NULL);
    struct asked a = {.c = c, .ask = {.name = STR("first-reply")}};
    struct json j;

    lead(c, "@rob");
    company_until(c, c->now + 2 * DAY);
    assert_ok(company_as(c, hire, ask_json, &a));
    assert_ok(json_parse(c->arena, a.out, &j));
    assert_i64(number(&j, "breached"), 1);
    assert_i64(json_get(&j, "examples")->n, 0);
    company_close(c);
}

/* Every row of every table, as far as a look at the past could have left a trace there. */
static int64_t traces(struct company *c)
{
    return company_count(c,
                         "SELECT (SELECT COUNT(*) FROM change) + (SELECT COUNT(*) FROM task) + (SELECT COUNT(*) FROM breach) + "
                         "(SELECT COUNT(*) FROM timer) + (SELECT COUNT(*) FROM decision) + (SELECT COUNT(*) FROM notice) + "
                         "(SELECT COUNT(*) FROM outbox) + (SELECT COUNT(*) FROM policy_state) + (SELECT COUNT(*) FROM policy_week)",
                         0);
}

TEST(a_look_at_the_past_writes_nothing)
{
    struct life l = {.c = firm_open(watched), .dice = {7}};
    struct str before;
    int64_t rows;

    life_begins(&l);
    for (int day = 0; day < 14; day++)
        life_day(&l, day);
    before = company_dump(l.c);
    rows = traces(l.c);
    for (size_t i = 0; watched[i]; i += 2)
        past(l.c, watched[i] + 7, 0, NULL);
    assert_str_eq(company_dump(l.c), before);
    assert_i64(traces(l.c), rows);
    company_close(l.c);
}

TEST_MAIN(P58_the_past_gives_the_breaches_the_engine_wrote_down, P58_a_clock_with_an_end_is_tried_on_the_past, P58_a_quota_is_tried_on_the_past,
          P58_a_rule_for_always_is_tried_on_the_past, what_was_linked_elsewhere_archived_or_put_away_since_counts_as_it_was,
          a_draft_is_tried_before_it_is_a_rule, examples_are_records_one_may_read_and_counts_are_everybodys, a_look_at_the_past_writes_nothing)
