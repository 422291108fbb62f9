/* Any bytes as an expression: refused with a place, or compiled; then printed, compiled again, put into SQL for both
 * databases and evaluated on an empty record. The first byte chooses object and use. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit/expr/test_schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct expr_val get(void *ctx, struct arena *arena, int field)
{
    (void)ctx, (void)arena, (void)field;
    return (struct expr_val){.type = ET_EMPTY};
}

static void check(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

static void use(struct arena *arena, const struct expr_schema *schema, const struct expr *e,
                int object, unsigned use_for)
{
    static const int64_t teams[] = {2, 3};
    struct expr_env env = {.now_us = 1767268800000000,
                           .zone = zone_utc(),
                           .me = 7,
                           .my_teams = teams,
                           .n_my_teams = 2};
    struct expr_record rec = {
        .object = &schema->objects[object], .get = get, .get_before = get, .id = 1};
    struct str printed = expr_print(arena, e);
    const struct expr *again = NULL;
    struct expr_dep *deps;
    size_t n;

    /* quoting and spelled-out names may grow a text past the limit of its length */
    if (printed.len <= 8192) {
        struct err *err = expr_compile(arena, schema, object, printed, use_for, &again);

        check(!err || strcmp(err->code, "expr.cost") == 0, "the print does not compile");
        check(err || str_eq(expr_print(arena, again), printed), "the print is not canonical");
    }
    for (int kind = 0; kind < 2; kind++) {
        struct sql_text q = sql_text_new(arena, kind ? DB_POSTGRES : DB_SQLITE);

        expr_sql(&q, e, "r", &env);
        check(q.text.len > 0, "no SQL");
    }
    expr_deps(arena, e, &deps, &n);
    check(expr_words(arena, e).len > 0, "no words");
    if (use_for & EXPR_CONDITION)
        check(expr_explain(arena, e, &rec, &env)->holds == expr_test(arena, e, &rec, &env),
              "explanation and truth differ");
    else
        expr_eval(arena, e, &rec, &env);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena *fixed, *arena;
    static struct expr_schema *schema;
    const struct expr *e;
    struct err *err;
    unsigned use_for = EXPR_CONDITION | EXPR_CHANGE;
    int object = O_DEAL;

    if (!schema) {
        fixed = arena_new(0);
        arena = arena_new(0);
        schema = test_schema(fixed);
    }
    if (size == 0)
        return 0;
    object = data[0] % 7 < O_COUNT ? data[0] % 7 : O_DEAL;
    if (data[0] >= 'a')
        use_for = EXPR_VALUE;
    err = expr_compile(arena, schema, object, (struct str){(const char *)data + 1, size - 1},
                       use_for, &e);
    if (err)
        check(err->message.len > 0 && strncmp(err->code, "expr.", 5) == 0,
              "an error without words");
    else
        use(arena, schema, e, object, use_for);
    arena_reset(arena);
    return 0;
}
