/* Memory and database agree: random expressions over random records, each computed by expr_eval and by expr_sql.
 *
 * EXPR_SEED and EXPR_COUNT choose others; on a mismatch the test prints what to set. `tests/pg.sh run` plays it on
 * PostgreSQL. */
#include "db_fixture.h"
#include "test.h"
#include "unit/expr/test_schema.h"
#include "unit/expr/world.h"

#define AROUND \
    28 /* brackets around each expression: room that statements and row rights may need on SQLite's parser stack */

struct play {
    struct world world;
    struct db_fixture *f;
    uint64_t seed;
    int count, refused, depth;
};

static uint64_t from_env(const char *name, uint64_t standard)
{
    const char *text = getenv(name);

    return text && *text ? strtoull(text, NULL, 10) : standard;
}

static struct err *fill(struct tx *tx, void *ctx)
{
    return world_fill(ctx, tx);
}

static void begin(struct play *p, void **state, int depth, int divisor)
{
    *p = (struct play){.f = *state,
                       .depth = depth,
                       .seed = from_env("EXPR_SEED", 20260329),
                       .count = (int)from_env("EXPR_COUNT", 2000) / divisor};
    p->world.arena = p->f->arena;
    p->world.schema = test_schema(p->f->arena);
    p->world.random.state = p->seed;
    assert_ok(db_write(p->f->db, p->f->arena, fill, &p->world));
}

static struct expr_env random_env(struct play *p, struct arena *arena)
{
    static const char *const zones[] = {
        "UTC",          "Europe/Berlin",    "America/New_York", "Asia/Kathmandu",
        "Pacific/Apia", "America/Sao_Paulo"};
    static const int64_t teams[] = {2000, 2001};
    struct random *r = &p->world.random;
    struct expr_env env = {0};
    struct worktime *wt = NEW(arena, struct worktime);
    const char *zone = PICK(r, zones);

    assert_ok(zone_find(arena, str_from(zone), &env.zone));
    env.now_us = (civil_days(2026, 3, 29) * 24 + random_below(r, 72) - 36) * US_PER_HOUR +
                 random_below(r, 3600) * US_PER_SECOND;
    env.me = random_chance(r, 20) ? 0 : 1000 + random_below(r, 5);
    env.my_teams = teams;
    env.n_my_teams = (size_t)random_below(r, 3);
    *wt = worktime_default(env.zone);
    env.worktime = random_chance(r, 50) ? wt : NULL;
    return env;
}

static const char *show(struct arena *arena, struct expr_val v)
{
    struct str s = v.type == ET_EMPTY                      ? STR("empty")
                   : v.type == ET_TEXT || v.type == ET_SET ? str_fmt(arena, "'%.*s'", STR_ARG(v.s))
                   : v.type == ET_NUMBER && !v.exact       ? str_fmt(arena, "%a (%.17g)", v.d, v.d)
                                                           : str_fmt(arena, "%lld", (long long)v.i);

    return str_cstr(arena, s);
}

static void complain(struct play *p, struct str text, struct str sql, const char *what)
{
    print_error("EXPR_SEED=%llu EXPR_COUNT=%d: %s\n  expression: %.*s\n  sql: %.*s\n",
                (unsigned long long)p->seed, p->count, what, STR_ARG(text), STR_ARG(sql));
    fail();
}

/* The database's answer for each row against memory's. The statement gives id and, for values, the value. */
static void compare(struct play *p, struct arena *arena, struct tx *tx, const struct expr *e,
                    int object, const struct expr_env *env, bool condition)
{
    struct world *w = &p->world;
    struct sql_text q = sql_text_new(arena, tx_kind(tx));
    struct stmt *stmt;
    struct err *err;
    bool row;

    sql_add(&q, "SELECT r.id, ");
    for (int i = 0; i < AROUND; i++)
        sql_add(&q, "(");
    if (condition) {
        sql_add(&q, "CASE WHEN ");
        expr_sql_scoped(&q, e, "r", env, world_scope, w);
        sql_add(&q, " THEN 1 ELSE 0 END");
    } else {
        expr_sql_scoped(&q, e, "r", env, world_scope, w);
    }
    for (int i = 0; i < AROUND; i++)
        sql_add(&q, ")");
    sql_add(&q, " FROM ");
    sql_add_ident(&q, w->schema->objects[object].table);
    sql_add(&q, " r ORDER BY r.id");
    err = sql_prepare(tx, &q, &stmt);
    for (size_t i = 0; i < w->n_rows && !err; i++) {
        struct expr_record rec = world_record(&w->rows[i]);
        struct expr_val v, got = {.type = ET_EMPTY};

        if (w->rows[i].object != object)
            continue;
        err = db_step(stmt, &row);
        if (err)
            break;
        assert_true(row);
        assert_i64(db_i64(stmt, 0), rec.id);
        v = expr_eval(arena, e, &rec, env);
        if (condition) {
            v = (struct expr_val){.type = ET_BOOL, .b = expr_test(arena, e, &rec, env)};
            v.i = v.b;
        }
        if (!db_is_null(stmt, 1)) {
            got = (struct expr_val){.type = expr_result_type(e),
                                    .exact = expr_result_scale(e) >= 0,
                                    .scale = expr_result_scale(e)};
            if (got.type == ET_TEXT || got.type == ET_SET)
                got.s = str_dup(arena, db_str(stmt, 1));
            else if (got.type == ET_NUMBER && !got.exact)
                got.d = db_real(stmt, 1);
            else
                got.i = db_i64(stmt, 1);
            got.b = got.i != 0;
        }
        if (!expr_val_eq(&v, &got) || (v.type == ET_NUMBER && v.exact != got.exact))
            complain(p, expr_text(e), buf_str(&q.text),
                     str_cstr(arena, str_fmt(arena, "record %lld: memory says %s, the database %s",
                                             (long long)rec.id, show(arena, v), show(arena, got))));
    }
    if (err)
        complain(p, expr_text(e), buf_str(&q.text), str_cstr(arena, err->message));
    db_done(stmt);
}

static void check_round_trip(struct play *p, struct arena *arena, const struct expr *e, int object,
                             unsigned use)
{
    struct str printed = expr_print(arena, e);
    const struct expr *again;
    struct err *err = expr_compile(arena, p->world.schema, object, printed, use, &again);

    if (err)
        complain(p, expr_text(e), printed,
                 str_cstr(arena, str_fmt(arena, "its print does not compile: %.*s",
                                         STR_ARG(err->message))));
    if (!str_eq(expr_print(arena, again), printed) ||
        expr_result_type(again) != expr_result_type(e) ||
        expr_result_scale(again) != expr_result_scale(e))
        complain(p, expr_text(e), printed, "its print is not canonical");
    assert_true(expr_words(arena, e).len > 0);
}

/* The whole has the truth its parts say, and each part explains itself. */
static void check_why(const struct expr_why *why)
{
    bool all = true, any = false;

    assert_true(why->words.len > 0);
    for (size_t i = 0; i < why->n_parts; i++) {
        check_why(&why->parts[i]);
        all = all && why->parts[i].holds;
        any = any || why->parts[i].holds;
    }
    if (why->n_parts == 1)
        assert_int_equal(why->holds, !any);
    else if (why->n_parts)
        assert_true(why->holds == (str_starts(why->words, STR("all")) ? all : any));
}

static void check_explain(struct play *p, struct arena *arena, const struct expr *e, int object,
                          const struct expr_env *env)
{
    struct world_row *row = &p->world.rows[random_below(&p->world.random, (int)p->world.n_rows)];
    struct expr_record rec = world_record(row);
    struct expr_why *why;

    if (row->object != object)
        return;
    why = expr_explain(arena, e, &rec, env);
    assert_int_equal(why->holds, expr_test(arena, e, &rec, env));
    check_why(why);
}

static struct err *play_one(struct tx *tx, void *ctx)
{
    static const int objects[] = {O_DEAL, O_DEAL, O_DEAL, O_ACCOUNT, O_ACTIVITY};
    static const enum expr_type types[] = {ET_NUMBER,  ET_NUMBER,   ET_TEXT, ET_DATE,
                                           ET_INSTANT, ET_DURATION, ET_REF};
    struct play *p = ctx;
    struct arena *arena = tx_arena(tx);
    int object = PICK(&p->world.random, objects);
    bool condition = random_chance(&p->world.random, 70);
    unsigned use = condition ? EXPR_CONDITION : EXPR_VALUE;
    struct str text = random_expression(&p->world, arena, object,
                                        condition ? ET_BOOL : PICK(&p->world.random, types),
                                        1 + random_below(&p->world.random, p->depth));
    struct expr_env env = random_env(p, arena);
    const struct expr *e;
    struct err *err = expr_compile(arena, p->world.schema, object, text, use, &e);

    p->world.hide = random_chance(&p->world.random, 30);
    if (err) {
        p->refused++;
        if (getenv("EXPR_SHOW_REFUSED"))
            print_message("%.*s\n  %.*s\n", STR_ARG(text), STR_ARG(err_text(arena, err)));
        if (strcmp(err->code, "expr.syntax") == 0)
            complain(p, text, STR(""), str_cstr(arena, err_text(arena, err)));
        return NULL;
    }
    compare(p, arena, tx, e, object, &env, condition);
    check_round_trip(p, arena, e, object, use);
    if (condition)
        check_explain(p, arena, e, object, &env);
    return NULL;
}

static void play(void **state, int depth, int divisor, int refused_percent)
{
    struct play p;
    struct arena *arena = arena_new(0);

    begin(&p, state, depth, divisor);
    for (int i = 0; i < p.count; i++) {
        assert_ok(db_read(p.f->db, arena, play_one, &p));
        arena_reset(arena);
    }
    print_message("%d expressions, %d of them refused\n", p.count, p.refused);
    assert_true(p.refused * 100 <= p.count * refused_percent);
    arena_free(arena);
}

TEST(memory_and_database_agree_on_random_expressions)
{
    play(state, 4, 1, 30);
}

TEST(deep_expressions_stay_inside_the_limits_of_the_databases)
{
    play(state, 12, 4, 95);
}

TEST_MAIN_WITH(db_fixture_setup, db_fixture_teardown,
               memory_and_database_agree_on_random_expressions,
               deep_expressions_stay_inside_the_limits_of_the_databases)
