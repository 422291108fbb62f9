/* Values and truths that are known beforehand; the rest is test_differential.c. */
#include "test.h"
#include "unit/expr/test_schema.h"
#include "unit/expr/world.h"

struct fixture {
    struct arena *arena;
    struct world world;
    struct world_row row;
};

static int setup(void **state)
{
    static struct fixture f;

    f = (struct fixture){.arena = arena_new(0)};
    f.world.arena = f.arena;
    f.world.schema = test_schema(f.arena);
    f.row = (struct world_row){.world = &f.world, .object = O_DEAL, .id = 4001};
    f.row.vals = NEW_ARRAY(f.arena, 64, struct expr_val);
    for (int i = 0; i < 64; i++)
        f.row.vals[i].type = ET_EMPTY;
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    arena_free(((struct fixture *)*state)->arena);
    return 0;
}

static struct expr_val *val(struct fixture *f, const char *field)
{
    int64_t i;

    assert_true(strmap_get(f->world.schema->objects[O_DEAL].field_by_name, str_from(field), &i));
    return &f->row.vals[i];
}

static void set_int(struct fixture *f, const char *field, enum expr_type type, int64_t i)
{
    *val(f, field) = (struct expr_val){.type = type, .i = i, .b = i != 0, .exact = true};
}

static void set_text(struct fixture *f, const char *field, const char *text)
{
    *val(f, field) = (struct expr_val){.type = ET_TEXT, .s = str_from(text)};
}

static int64_t moment(const char *text)
{
    int64_t us;

    assert_true(instant_parse(str_from(text), &us));
    return us;
}

static int64_t day(const char *text)
{
    int64_t days;

    assert_true(date_parse(str_from(text), &days));
    return days;
}

static struct expr_env env_at(struct fixture *f, const char *zone, const char *now)
{
    struct expr_env env = {.now_us = moment(now), .me = 7};

    assert_ok(zone_find(f->arena, str_from(zone), &env.zone));
    return env;
}

static bool holds(struct fixture *f, const char *text, const struct expr_env *env)
{
    struct expr_record rec = world_record(&f->row);
    const struct expr *e;

    assert_ok(expr_compile(f->arena, f->world.schema, O_DEAL, str_from(text),
                           EXPR_CONDITION | EXPR_CHANGE, &e));
    return expr_test(f->arena, e, &rec, env);
}

static struct expr_val value(struct fixture *f, const char *text, const struct expr_env *env)
{
    struct expr_record rec = world_record(&f->row);
    const struct expr *e;

    assert_ok(expr_compile(f->arena, f->world.schema, O_DEAL, str_from(text), EXPR_VALUE, &e));
    return expr_eval(f->arena, e, &rec, env);
}

TEST(days_and_periods_follow_the_zone)
{
    /* Sunday 2026-03-29, 23:30 UTC: already Monday in Berlin, still Sunday in New York. */
    static const struct {
        const char *zone, *text;
    } cases[] = {
        {"Europe/Berlin", "today = '2026-03-30'"},
        {"America/New_York", "today = '2026-03-29'"},
        {"Europe/Berlin", "yesterday = '2026-03-29' and tomorrow = '2026-03-31'"},
        {"Europe/Berlin", "'2026-03-30' in this week and '2026-04-05' in this week"},
        {"Europe/Berlin", "not '2026-03-29' in this week"},
        {"America/New_York",
         "today in this week and '2026-03-23' >= this week and '2026-03-22' < this week"},
        {"Europe/Berlin",
         "today - 7d = '2026-03-23' and today - 1w in last week and today + 1w in next week"},
        {"UTC", "today in this month and today - 29d in last month and today + 3d in next month"},
        {"UTC", "today - 27d in last month or today - 27d in this month"},
        {"UTC",
         "today in this quarter and today + 3d in next quarter and today - 90d in last quarter"},
        {"UTC", "today in this year and today - 90d in last year and today + 300d in next year"},
        {"Europe/Berlin", "today <= this week and today >= this week and not today < this week and "
                          "not today > this week"},
        {"Europe/Berlin", "now in this week and now > last week and now < next week and now <= "
                          "today and now >= today"},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct expr_env env = env_at(f, cases[i].zone, "2026-03-29T23:30:00Z");
        if (!holds(f, cases[i].text, &env))
            fail_msg("%s: %s", cases[i].zone, cases[i].text);
    }
}

TEST(a_day_of_a_moment_is_as_long_as_the_zone_says)
{
    struct fixture *f = *state;
    struct expr_env env = env_at(f, "Europe/Berlin", "2026-03-29T10:00:00Z");

    set_int(f, "created_at", ET_INSTANT, moment("2026-03-28T23:00:00Z")); /* local midnight */
    assert_true(
        holds(f, "created_at = today and created_at >= today and created_at <= today", &env));
    set_int(f, "created_at", ET_INSTANT, moment("2026-03-28T22:59:59.999999Z"));
    assert_true(holds(
        f, "created_at != today and created_at < today and created_at in (yesterday, '2020-01-01')",
        &env));
    set_int(f, "created_at", ET_INSTANT,
            moment("2026-03-29T21:59:59.999999Z")); /* the day has 23 hours */
    assert_true(holds(f, "created_at = '2026-03-29' and not created_at > today", &env));
    set_int(f, "created_at", ET_INSTANT, moment("2026-03-29T22:00:00Z"));
    assert_true(holds(
        f, "created_at > today and created_at = tomorrow and created_at between today and tomorrow",
        &env));
    assert_i64(value(f, "coalesce(updated_at, today)", &env).i, moment("2026-03-28T23:00:00Z"));
    assert_i64(value(f, "tomorrow - 0h + 0d", &env).i, day("2026-03-30"));
    assert_i64(value(f, "tomorrow - 1h", &env).i, moment("2026-03-29T21:00:00Z"));
    assert_i64(value(f, "now - today", &env).i, 11 * US_PER_HOUR);
}

TEST(business_time_is_counted_from_now)
{
    struct fixture *f = *state;
    struct expr_env env = env_at(f, "Europe/Berlin", "2026-11-20T15:00:00Z"); /* Friday 16:00 */
    struct worktime wt = worktime_default(env.zone);
    int64_t holiday = day("2026-11-23");

    assert_i64(value(f, "now + 2 business days", &env).i, moment("2026-11-24T15:00:00Z"));
    assert_i64(value(f, "now + 4 business hours", &env).i, moment("2026-11-23T11:00:00Z"));
    assert_i64(value(f, "now - 9 business hours", &env).i, moment("2026-11-19T14:00:00Z"));
    assert_i64(value(f, "today + 3 business days", &env).i, day("2026-11-25"));
    wt.holidays = &holiday;
    wt.n_holidays = 1;
    env.worktime = &wt;
    assert_i64(value(f, "now + 2 business days", &env).i, moment("2026-11-25T15:00:00Z"));
    set_int(f, "created_at", ET_INSTANT, moment("2026-11-18T15:00:01Z"));
    assert_true(holds(f, "created_at > now - 2 business days", &env));
    assert_false(holds(f, "created_at > now - 1 business day", &env));
}

TEST(numbers_compare_exactly)
{
    struct fixture *f = *state;
    struct expr_env env = env_at(f, "UTC", "2026-01-01T00:00:00Z");

    set_int(f, "amount", ET_NUMBER, 1000); /* 10.00 */
    assert_true(holds(f,
                      "amount = 10 and amount < 10.005 and amount <= 10.005 and not amount >= "
                      "10.005 and amount != 10.005",
                      &env));
    assert_true(holds(
        f, "amount > 9.995 and amount in (9.995, 10) and amount between 9.999 and 10.001", &env));
    set_int(f, "factor", ET_NUMBER, 100001); /* 10.0001 */
    assert_true(holds(
        f, "factor > amount and amount < factor and amount != factor and not amount >= factor",
        &env));
    set_int(f, "amount", ET_NUMBER, INT64_MAX);
    set_int(f, "factor", ET_NUMBER, INT64_MAX);
    assert_true(holds(
        f, "amount > factor and amount > 1000000000000000 and not amount = 92233720368547", &env));
    set_int(f, "amount", ET_NUMBER, 30);
    assert_true(holds(f,
                      "amount = 0.3 and amount * 3 - 0.9 < 0.000001 and amount / 0 is empty and "
                      "not amount / 0 = 1",
                      &env));
    assert_true(holds(
        f, "round(amount * 5) = 2 and round(-amount * 5) = -2 and round(amount / 7, 3) = 0.043",
        &env));
}

TEST(empty_is_neither_equal_nor_unequal_by_accident)
{
    struct fixture *f = *state;
    struct expr_env env = env_at(f, "UTC", "2026-01-01T00:00:00Z");

    assert_true(holds(
        f,
        "amount is empty and not amount = 1 and amount != 1 and not amount < 1 and not amount >= 1",
        &env));
    assert_true(holds(
        f, "not amount in (1, 2) and amount not in (1, 2) and not amount between 0 and 9", &env));
    assert_true(holds(
        f, "not amount = rate and amount != rate and amount + 1 is empty and -amount is empty",
        &env));
    assert_true(holds(f, "not hot and hot != yes and hot != no and not hot = no", &env));
    assert_true(holds(
        f, "name is empty and not name contains 'a' and name not contains 'a' and name + 'x' = 'x'",
        &env));
    assert_true(
        holds(f, "tags is empty and tags not contains 'a' and tags not in ('a', 'b')", &env));
    assert_true(holds(f,
                      "owner != me and account.name is empty and account.industry != 'Retail' and "
                      "account.owner.team not in my teams",
                      &env));
    assert_true(holds(f,
                      "count(activities) = 0 and sum(activities.price) = 0 and "
                      "avg(activities.price) is empty and last(activities).at is empty",
                      &env));
    set_text(f, "name", "");
    assert_true(holds(
        f, "name is empty and name != 'a' and not name < 'a' and length(name) is empty", &env));
    env.me = 0;
    set_int(f, "owner", ET_REF, 0);
    assert_true(holds(f, "not owner = me", &env));
}

TEST(texts_are_found_whatever_case_and_accents)
{
    struct fixture *f = *state;
    struct expr_env env = env_at(f, "UTC", "2026-01-01T00:00:00Z");

    set_text(f, "name",
             "M\xC3\xBCller Stra\xC3\x9F"
             "e GmbH");
    assert_true(holds(f,
                      "name contains 'muller' and name contains 'STRASSE' and name starts with "
                      "'m\xC3\x9C' and name ends with 'gmbh'",
                      &env));
    assert_true(holds(f, "name != 'muller strasse gmbh' and not name contains 'x'", &env));
    set_text(f, "phone", "+4917012345");
    assert_true(holds(f, "phone contains '170 123-45' and phone starts with '+49 (170)'", &env));
    set_text(f, "stage", "Won");
    assert_true(holds(f, "stage contains 'wo' and stage = 'Won'", &env));
    set_text(f, "tags", "\x1fvip\x1f\x1fnew\x1f");
    val(f, "tags")->type = ET_SET;
    assert_true(holds(f,
                      "tags contains 'vip' and tags in ('x', 'new') and not tags contains 'vi' and "
                      "not tags in ('VIP')",
                      &env));
}

TEST(changes_are_seen_against_before)
{
    struct fixture *f = *state;
    struct expr_env env = env_at(f, "UTC", "2026-01-01T00:00:00Z");

    set_text(f, "stage", "Won");
    assert_false(holds(f, "changed(stage)", &env)); /* nothing to compare with */
    f->row.before = NEW_ARRAY(f->arena, 64, struct expr_val);
    memcpy(f->row.before, f->row.vals, 64 * sizeof(struct expr_val));
    assert_true(
        holds(f, "not changed(stage) and was(stage) = 'Won' and not changed(amount)", &env));
    set_text(f, "stage", "Lost");
    set_int(f, "amount", ET_NUMBER, 500);
    assert_true(holds(f,
                      "changed(stage) and was(stage) = 'Won' and stage = 'Lost' and "
                      "changed(amount) and was(amount) is empty",
                      &env));
}

TEST(explain_names_each_term_and_what_was_found)
{
    struct fixture *f = *state;
    struct expr_env env = env_at(f, "Europe/Berlin", "2026-01-10T12:00:00Z");
    struct expr_record rec = world_record(&f->row);
    const struct expr *e;
    const struct expr_why *why;

    set_text(f, "stage", "Proposal");
    set_int(f, "amount", ET_NUMBER, 125050);
    set_int(f, "created_at", ET_INSTANT, moment("2026-01-09T23:30:00Z"));
    assert_ok(expr_compile(f->arena, f->world.schema, O_DEAL,
                           STR("stage = 'New' and (owner is empty or amount >= 2000) and "
                               "created_at < now - 24h and not exists(tasks) and amount > 5"),
                           EXPR_CONDITION, &e));
    why = expr_explain(f->arena, e, &rec, &env);
    assert_false(why->holds);
    assert_int_equal(why->n_parts, 5);
    assert_str(why->parts[0].text, "stage = 'New'");
    assert_str(why->parts[0].words, "stage is New: no, it is Proposal");
    assert_true(why->parts[1].holds);
    assert_int_equal(why->parts[1].n_parts, 2);
    assert_str(why->parts[1].parts[0].words, "there is no owner: yes");
    assert_str(why->parts[1].parts[1].words, "amount is at least 2000: no, it is 1250.5");
    assert_str(why->parts[2].words,
               "created at is more than 1 day ago: no, it is 2026-01-10 00:30");
    assert_true(why->parts[3].holds);
    assert_str(why->parts[3].parts[0].words, "there are tasks: no");
    assert_str(why->parts[4].words, "amount is more than 5: yes, it is 1250.5");
}

TEST_MAIN_WITH(setup, teardown, days_and_periods_follow_the_zone,
               a_day_of_a_moment_is_as_long_as_the_zone_says, business_time_is_counted_from_now,
               numbers_compare_exactly, empty_is_neither_equal_nor_unequal_by_accident,
               texts_are_found_whatever_case_and_accents, changes_are_seen_against_before,
               explain_names_each_term_and_what_was_found)
