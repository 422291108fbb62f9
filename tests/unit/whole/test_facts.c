/* Facts beside the steps of a workflow, on a history with known answers. */
#include "firm.h"

#include "insight/facts.h"

struct asked {
    struct company *c;
    const char *page;
    struct str out;
};

static struct err *ask(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct asked *a = ctx;
    struct buf json = buf_new(tx_arena(tx), 4096);

    TRY(facts_json(tx, cx->manual, cx->actor, str_from(a->page), cx->now_us, &json));
    a->out = str_dup(a->c->arena, buf_str(&json));
    return NULL;
}

static struct json facts(struct company *c, int64_t user, const char *page)
{
    struct asked a = {.c = c, .page = page};
    struct json j;

    assert_ok(company_as(c, user, ask, &a));
    assert_ok(json_parse(c->arena, a.out, &j));
    return j;
}

/* The element of an array of named objects. */
static const struct json *named(const struct json *list, const char *name)
{
    for (size_t i = 0; i < list->n; i++)
        if (str_eq(json_get(&list->items[i], "name")->str, str_from(name)))
            return &list->items[i];
    fail_msg("no %s", name);
    return NULL;
}

#define number(j, key) (json_get((j), (key))->integer)

static int64_t deal(struct company *c, const char *owner)
{
    return company_create(c, "deal", "name", "A deal", "owner", owner, NULL);
}

static void moves(struct company *c, int64_t id, const char *stage)
{
    int64_t account = company_create(c, "account", "name", "Acme", "type", "Prospect", NULL);
    const char *ref = str_cstr(c->arena, str_fmt(c->arena, "%lld", (long long)account));

    company_set(c, "deal", id, "account", ref, "engage_date", "2026-03-02", "amount", "100", "close_date", "2026-03-20", "lost_reason", "Price",
                "stage", stage, NULL);
}

TEST(facts_of_stages_and_steps_come_from_what_happened)
{
    struct company *c = firm_open(NULL);
    int64_t a = deal(c, "@rob"), b = deal(c, "@rob"), d = deal(c, "@ana"), start = c->now;
    struct json j;
    const struct json *stage;

    (void)d;
    company_until(c, start + 2 * HOUR);
    moves(c, a, "Engaging");
    company_until(c, start + 4 * HOUR);
    moves(c, b, "Lost");
    company_until(c, start + 3 * DAY);
    moves(c, a, "Won");
    j = facts(c, c->lena, "workflow/closing");
    stage = named(json_get(&j, "stages"), "Prospecting");
    assert_i64(number(stage, "records_now"), 1);
    assert_i64(number(stage, "sample"), 2);
    assert_i64(number(stage, "go_on_pct"), 50); /* one engaged, one lost */
    assert_i64(number(stage, "median_s"), 3 * 3600);
    assert_i64(number(named(json_get(stage, "steps"), "Name the account"), "records_now"), 1);
    assert_i64(number(named(json_get(stage, "steps"), "Name the account"), "done"), 2);
    assert_i64(number(named(json_get(stage, "steps"), "Name the account"), "late_now"), 1);
    assert_i64(number(stage, "late_now"), 1);
    stage = named(json_get(&j, "stages"), "Engaging");
    assert_i64(number(stage, "records_now"), 0);
    assert_i64(number(stage, "sample"), 1);
    assert_i64(number(stage, "go_on_pct"), 100);
    assert_i64(number(stage, "median_s"), 3 * 24 * 3600 - 2 * 3600);
    /* done, but only after its two business days; Monday 9 to Thursday 9 */
    assert_i64(number(named(json_get(stage, "steps"), "Agree the next step"), "late"), 1);
    company_close(c);
}

TEST(what_happened_long_ago_is_no_fact_of_now)
{
    struct company *c = firm_open(NULL);
    int64_t a = deal(c, "@rob");
    struct json j;
    const struct json *stage;

    company_until(c, c->now + 2 * HOUR);
    moves(c, a, "Lost");
    company_until(c, c->now + (FACTS_DAYS + 1) * DAY);
    j = facts(c, c->lena, "workflow/closing");
    stage = named(json_get(&j, "stages"), "Prospecting");
    assert_i64(number(stage, "sample"), 0);
    assert_i64(number(stage, "done"), 0);
    assert_int_equal(json_get(stage, "median_s")->kind, JSON_NULL);
    assert_int_equal(json_get(stage, "go_on_pct")->kind, JSON_NULL);
    company_close(c);
}

TEST(records_count_for_those_who_may_read_them)
{
    struct company *c = firm_open(NULL);
    int64_t hire = company_create(c, "user", "name", "Ines", "email", "ines@x.example", "roles", "intern", "team", "@south", NULL);
    struct json all, few;

    deal(c, "@rob");
    deal(c, "@ana");
    all = facts(c, c->lena, "workflow/closing");
    few = facts(c, hire, "workflow/closing");
    assert_i64(number(named(json_get(&all, "stages"), "Prospecting"), "records_now"), 2);
    assert_i64(number(named(json_get(&few, "stages"), "Prospecting"), "records_now"), 0);
    company_close(c);
}

TEST(only_workflows_have_facts)
{
    struct company *c = firm_open(NULL);
    struct asked a = {.c = c, .page = "policy/lead-assigned"};

    assert_err(company_as(c, c->lena, ask, &a), "manual.not_found");
    company_close(c);
}

TEST_MAIN(facts_of_stages_and_steps_come_from_what_happened, what_happened_long_ago_is_no_fact_of_now,
          records_count_for_those_who_may_read_them, only_workflows_have_facts)
