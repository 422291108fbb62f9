/* The shape of the SQL: what indexes can serve must stay plain, and nothing of a text may end up in the statement. */
#include "test.h"
#include "unit/expr/test_schema.h"

struct fixture {
    struct arena *arena;
    struct expr_schema *schema;
    struct expr_env env;
};

static int setup(void **state)
{
    static struct fixture f;
    static const int64_t teams[] = {11, 12};

    f = (struct fixture){.arena = arena_new(0)};
    f.schema = test_schema(f.arena);
    f.env = (struct expr_env){.now_us = 1767268800000000,
                              .zone = zone_utc(),
                              .me = 7,
                              .my_teams = teams,
                              .n_my_teams = 2}; /* 2026-01-01 12:00 */
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    arena_free(((struct fixture *)*state)->arena);
    return 0;
}

static struct sql_text sql(struct fixture *f, const char *text, enum db_kind kind)
{
    struct sql_text q = sql_text_new(f->arena, kind);
    const struct expr *e;

    assert_ok(expr_compile(f->arena, f->schema, O_DEAL, str_from(text), EXPR_CONDITION, &e));
    expr_sql(&q, e, "r", &f->env);
    return q;
}

static struct str text_of(struct sql_text q)
{
    return buf_str(&q.text);
}

TEST(plain_comparisons_stay_plain)
{
    static const struct {
        const char *text, *sql;
    } cases[] = {
        {"stage = 'New'", "(r.\"stage\" = $1)"},
        {"stage != 'New'", "((r.\"stage\" = $1) IS NOT TRUE)"},
        {"stage in ('New', 'Won')", "(r.\"stage\" IN ($1, $2))"},
        {"owner = me and owner is not empty", "((r.\"owner\" = $1 AND r.\"owner\" IS NOT NULL))"},
        {"owner is empty", "(r.\"owner\" IS NULL)"},
        {"name is empty", "((r.\"name\" IS NULL OR r.\"name\" = ''))"},
        {"amount >= 10000", "(r.\"amount\" >= $1)"},
        {"amount > 10.005", "(r.\"amount\" > $1)"},
        {"amount >= 10.005", "(r.\"amount\" > $1)"},
        {"amount < 10.005", "(r.\"amount\" <= $1)"},
        {"amount = 10.005", "(1 = 0)"},
        {"close_date in this month", "(r.\"close_date\" BETWEEN $1 AND $2)"},
        {"close_date = today", "(r.\"close_date\" = $1)"},
        {"created_at < now - 24h", "(r.\"created_at\" < $1)"},
        {"created_at = today", "(r.\"created_at\" BETWEEN $1 AND $2)"},
        {"team in my teams", "(r.\"team\" IN ($1, $2))"},
        {"hot", "(r.\"hot\" = 1)"},
        {"not hot", "((r.\"hot\" = 1) IS NOT TRUE)"},
        {"hot = no", "(r.\"hot\" = $1)"},
        {"name contains 'X'", "(instr(r.\"name$f\", $1) > 0)"},
        {"name starts with 'X'", "((r.\"name$f\" >= $1 AND r.\"name$f\" < $2))"},
        {"tags contains 'vip'", "(instr(r.\"tags\", $1) > 0)"},
        {"now >= today", "(1 = 1)"},
        {"now > today", "(1 = 0)"},
        {"id = '5'", "(r.\"id\" = $1)"},
        {"count(tasks) > 0",
         "(EXISTS (SELECT 1 FROM \"x_task\" e1 WHERE e1.\"record_id\" = r.\"id\"))"},
        {"not exists(tasks where closed)", "(NOT EXISTS (SELECT 1 FROM \"x_task\" e1 WHERE "
                                           "e1.\"record_id\" = r.\"id\" AND e1.\"closed\" = 1))"},
        {"account.industry = 'Retail'",
         "((SELECT NULLIF(h1.\"industry\", '') FROM \"x_account\" h1 WHERE h1.\"id\" = "
         "r.\"account\" AND h1.\"deleted_at\" IS NULL) = $1)"},
        {"exists(activities)",
         "(EXISTS (SELECT 1 FROM \"x_activity\" e1 JOIN link l2 ON l2.\"from_id\" = e1.\"id\" "
         "WHERE l2.\"to_id\" = r.\"id\" AND l2.\"field\" = $1"
         " AND e1.\"deleted_at\" IS NULL))"},
        {"last(activities).at < now",
         "((SELECT e1.\"at\" FROM \"x_activity\" e1 JOIN link l2 ON l2.\"from_id\" = e1.\"id\" "
         "WHERE l2.\"to_id\" = r.\"id\" AND l2.\"field\" = $1"
         " AND e1.\"deleted_at\" IS NULL AND e1.\"at\" IS NOT NULL ORDER BY e1.\"at\" DESC, "
         "e1.\"id\" DESC LIMIT 1) < $2)"},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_str(text_of(sql(f, cases[i].text, DB_SQLITE)), cases[i].sql);
    }
}

TEST(parameters_are_typed_for_postgres)
{
    struct fixture *f = *state;

    assert_str(text_of(sql(f, "stage = 'New'", DB_POSTGRES)), "(r.\"stage\" = CAST($1 AS TEXT))");
    assert_str(text_of(sql(f, "amount >= 1", DB_POSTGRES)), "(r.\"amount\" >= CAST($1 AS BIGINT))");
    assert_str(text_of(sql(f, "amount * 2 > 1", DB_POSTGRES)),
               "(((CAST(r.\"amount\" AS DOUBLE PRECISION) / 100.0) * CAST($1 AS DOUBLE PRECISION)) "
               "> CAST($2 AS DOUBLE PRECISION))");
    assert_str(text_of(sql(f, "name < 'x'", DB_POSTGRES)),
               "(NULLIF(r.\"name\", '') < CAST($1 AS TEXT) COLLATE \"C\")");
    assert_str(text_of(sql(f, "name contains 'X'", DB_POSTGRES)),
               "(strpos(r.\"name$f\", CAST($1 AS TEXT)) > 0)");
}

TEST(bounds_are_worked_out_beforehand)
{
    struct fixture *f = *state;
    struct sql_text q = sql(f,
                            "amount > 10.005 and created_at < now - 24h and close_date in last "
                            "month and name starts with 'Az'",
                            DB_SQLITE);

    assert_int_equal(q.params.n, 6);
    assert_i64(q.params.at[0].i, 1000);
    assert_i64(q.params.at[1].i, f->env.now_us - US_PER_DAY);
    assert_i64(q.params.at[2].i, civil_days(2025, 12, 1));
    assert_i64(q.params.at[3].i, civil_days(2025, 12, 31));
    assert_str(q.params.at[4].s, "az");
    assert_str(q.params.at[5].s, "a{");
}

TEST(no_text_of_an_expression_gets_into_the_statement)
{
    struct fixture *f = *state;
    struct sql_text q = sql(f,
                            "name = 'Robert''); DROP TABLE x_deal;--' or tags contains 'zebra' or "
                            "email ends with 'zebra' or name in ('zebra')",
                            DB_POSTGRES);

    assert_int_equal(str_find(buf_str(&q.text), STR("DROP"), 0), SIZE_MAX);
    assert_int_equal(str_find(buf_str(&q.text), STR("zebra"), 0), SIZE_MAX);
    assert_int_equal(q.params.n, 4);
}

static void scope(void *ctx, struct sql_text *q, int object, const char *alias)
{
    (void)ctx;
    if (object == O_TASK)
        return;
    sql_add(q, alias);
    sql_add(q, ".owner = 1");
}

TEST(row_rights_hold_for_what_is_read_through)
{
    struct fixture *f = *state;
    struct sql_text q = sql_text_new(f->arena, DB_SQLITE);
    const struct expr *e;

    assert_ok(expr_compile(
        f->arena, f->schema, O_DEAL,
        STR("account.parent.active and exists(tasks where open) and exists(activities)"),
        EXPR_CONDITION, &e));
    expr_sql_scoped(&q, e, "r", &f->env, scope, NULL);
    assert_has(buf_str(&q.text), "AND (h1.owner = 1)");
    assert_has(buf_str(&q.text), "AND (h2.owner = 1)");
    assert_has(buf_str(&q.text), "AND (e4.owner = 1)");
    assert_int_equal(str_find(buf_str(&q.text), STR("()"), 0), SIZE_MAX);
    assert_int_equal(str_find(buf_str(&q.text), STR("e3.owner"), 0), SIZE_MAX);
}

TEST(sort_expressions_use_the_folded_column)
{
    struct fixture *f = *state;
    const struct expr_object *deal = &f->schema->objects[O_DEAL];
    struct sql_text q = sql_text_new(f->arena, DB_SQLITE);

    expr_sql_field(&q, deal, &deal->fields[0], "r", &f->env);
    sql_add(&q, ", ");
    expr_sql_field(&q, deal, &deal->fields[5], "r", &f->env);
    sql_add(&q, ", ");
    expr_sql_field(&q, deal, &deal->fields[28], "r", &f->env);
    assert_str(buf_str(&q.text), "r.\"name$f\", r.\"amount\", (COALESCE(r.\"amount\", $1))");
}

TEST_MAIN_WITH(setup, teardown, plain_comparisons_stay_plain, parameters_are_typed_for_postgres,
               bounds_are_worked_out_beforehand, no_text_of_an_expression_gets_into_the_statement,
               row_rights_hold_for_what_is_read_through, sort_expressions_use_the_folded_column)
