/* Values in SQL: the twin of eval.c. Nothing here may raise an error on either database, whatever the columns hold. */
#include "expr/sql_impl.h"

static const char *sql_type(const struct node *n)
{
    if (n->type == ET_TEXT || n->type == ET_SET)
        return "TEXT";
    return n->type == ET_NUMBER && !n->exact ? "DOUBLE PRECISION" : "BIGINT";
}

static void add_typed_null(const struct sx *sx, const char *type)
{
    sql_add(sx->q, "CAST(NULL AS ");
    sql_add(sx->q, type);
    sql_add(sx->q, ")");
}

static double real_of(struct expr_val v)
{
    return v.exact ? (double)v.i / pow10_real(v.scale) : v.d;
}

static void add_const(const struct sx *sx, const struct node *n, bool real)
{
    struct expr_val v = eval_const(sx->q->text.arena, sx->schema, n, sx->env);

    if (v.type == ET_EMPTY)
        add_typed_null(sx, real ? "DOUBLE PRECISION" : sql_type(n));
    else if (v.type == ET_TEXT || v.type == ET_SET)
        sql_add_str(sx->q, v.s);
    else if (v.type == ET_NUMBER && (real || !v.exact))
        sql_add_real(sx->q, real_of(v));
    else
        sql_add_i64(sx->q, v.i);
}

/* ---- Fields ------------------------------------------------------------------------------------------------------- */

static void end_field(const struct sx *sx, const void *arg)
{
    const struct node *n = arg;
    const struct expr_field *f = path_field(sx->schema, &n->path);
    bool text = n->type == ET_TEXT || n->type == ET_SET;

    if (f && f->formula) {
        struct sx own = *sx;

        own.outer = NULL;
        own.depth++;
        if (own.depth > FORMULA_DEPTH_MAX)
            add_typed_null(sx, sql_type(n));
        else
            sql_value(&own, f->formula->root);
        return;
    }
    sql_add(sx->q, text ? "NULLIF(" : "");
    sql_column(sx, sx->alias, f ? f->column : STR("id"));
    sql_add(sx->q, text ? ", '')" : "");
}

/* ---- Related records ---------------------------------------------------------------------------------------------- */

/* (SELECT q.v ... FROM (SELECT value AS v FROM related rows) q): the values as integers, computed ones to SUM_SCALE. */
static void add_summands(const struct sx *sx, const struct node *n, struct sql_alias q)
{
    const struct node *value = n->kids[1];
    struct sql_alias alias, p = {{0}};
    struct sx inner;

    sql_related_alias(sx, &alias, &inner);
    sql_add(sx->q, " FROM (SELECT ");
    if (value->exact) {
        sql_value(&inner, value);
        sql_add(sx->q, " AS v");
        sql_related_from(sx, n, &inner);
        if (!sql_is_plain(&inner, value))
            sql_barrier(sx);
    } else {
        const char *units = "9000000000000.0";

        p = sql_alias_new(sx, 'p');
        buf_fmt(&sx->q->text,
                "CASE WHEN %s.w BETWEEN -%s AND %s THEN CAST(%s%s.w * 1000000.0 + CASE WHEN %s.w < "
                "0 THEN -0.5 ELSE 0.5 END%s AS BIGINT) END AS v",
                p.name, units, units, sx->q->kind == DB_POSTGRES ? "trunc(" : "", p.name, p.name,
                sx->q->kind == DB_POSTGRES ? ")" : "");
        sql_add(sx->q, " FROM (SELECT ");
        sql_real(&inner, value);
        sql_add(sx->q, " AS w");
        sql_related_from(sx, n, &inner);
        sql_barrier(sx);
        sql_add(sx->q, ") ");
        sql_add(sx->q, p.name);
        sql_barrier(sx);
    }
    sql_add(sx->q, ") ");
    sql_add(sx->q, q.name);
}

static void add_sum(const struct sx *sx, const struct node *n)
{
    struct sql_alias q = sql_alias_new(sx, 'q');
    int scale = n->kids[1]->exact ? n->kids[1]->scale : SUM_SCALE;

    sql_add(sx->q, n->op == AO_SUM ? "COALESCE((SELECT " : "(SELECT ");
    buf_fmt(&sx->q->text,
            "(CAST(CAST(SUM(%s.v / 4294967296) AS BIGINT) AS DOUBLE PRECISION) * 4294967296.0"
            " + CAST(CAST(SUM(%s.v %% 4294967296) AS BIGINT) AS DOUBLE PRECISION)) / %lld.0",
            q.name, q.name, (long long)pow10_i64[scale]);
    if (n->op == AO_AVG)
        buf_fmt(&sx->q->text, " / CAST(NULLIF(COUNT(%s.v), 0) AS DOUBLE PRECISION)", q.name);
    add_summands(sx, n, q);
    sql_add(sx->q, n->op == AO_SUM ? "), 0.0)" : ")");
}

static void add_edge(const struct sx *sx, const struct node *n, const struct sx *inner)
{
    const struct expr_object *o = &sx->schema->objects[n->inner];
    const char *direction = n->op == AO_LAST ? " DESC" : "";
    int order;

    sql_value(inner, n->kids[1]);
    sql_related_from(sx, n, inner);
    if (object_order_field(o, &order)) {
        sql_add(sx->q, " AND ");
        sql_column(sx, inner->alias, o->fields[order].column);
        sql_add(sx->q, " IS NOT NULL ORDER BY ");
        sql_column(sx, inner->alias, o->fields[order].column);
        sql_add(sx->q, direction);
        sql_add(sx->q, ", ");
    } else {
        sql_add(sx->q, " ORDER BY ");
    }
    sql_column(sx, inner->alias, STR("id"));
    sql_add(sx->q, direction);
    sql_add(sx->q, " LIMIT 1");
}

static void add_aggregate(const struct sx *sx, const struct node *n)
{
    struct sql_alias alias;
    struct sx inner;

    if (n->op == AO_SUM || n->op == AO_AVG) {
        add_sum(sx, n);
        return;
    }
    sql_related_alias(sx, &alias, &inner);
    sql_add(sx->q, "(SELECT ");
    if (n->op == AO_LAST || n->op == AO_FIRST) {
        add_edge(sx, n, &inner);
    } else {
        if (n->op == AO_COUNT) {
            sql_add(sx->q, "COUNT(*)");
        } else {
            sql_add(sx->q, n->op == AO_MIN ? "MIN(" : "MAX(");
            sql_value(&inner, n->kids[1]);
            sql_add(sx->q, ")");
        }
        sql_related_from(sx, n, &inner);
    }
    sql_add(sx->q, ")");
}

/* ---- Calculating -------------------------------------------------------------------------------------------------- */

static bool is_time_sum(const struct node *n)
{
    return n->kind == NK_ARITH && n->type != ET_NUMBER && n->type != ET_TEXT;
}

static void add_time_operand(const struct sx *sx, const struct node *n)
{
    int64_t max = n->type == ET_DATE ? TIME_DAYS_MAX : TIME_US_MAX;
    struct sql_once o;

    if (n->constant) {
        struct expr_val v = eval_const(sx->q->text.arena, sx->schema, n, sx->env);

        if (v.type == ET_EMPTY || !time_in_bounds(n->type, v.i))
            add_typed_null(sx, "BIGINT");
        else
            sql_add_i64(sx->q, v.i);
        return;
    }
    if (is_time_sum(n)) {
        sql_value(sx, n);
        return;
    }
    o = sql_once_begin(sx, n, true, false);
    sql_add(sx->q, "CASE WHEN ");
    sql_once_use(&o, true);
    sql_add(sx->q, " BETWEEN -");
    sql_int(sx, max);
    sql_add(sx->q, " AND ");
    sql_int(sx, max);
    sql_add(sx->q, " THEN ");
    sql_once_use(&o, true);
    sql_add(sx->q, " END");
    sql_once_end(&o);
}

static void add_time_sum(const struct sx *sx, const struct node *n)
{
    const struct node *l = n->kids[0], *r = n->kids[1];
    bool days = l->type == ET_DATE && r->type == ET_DURATION,
         difference = l->type == ET_DATE && r->type == ET_DATE;

    sql_add(sx->q, difference ? "((" : "(");
    add_time_operand(sx, l);
    sql_add(sx->q, n->op == '+' ? " + " : " - ");
    add_time_operand(sx, r);
    if (days || difference) {
        sql_add(sx->q, days ? " / " : ") * ");
        sql_int(sx, US_PER_DAY);
    }
    sql_add(sx->q, ")");
}

static void add_number_operand(const struct sx *sx, const struct node *n)
{
    if (n->type != ET_DURATION) {
        sql_real(sx, n);
        return;
    }
    sql_add(sx->q, "CAST(");
    sql_value(sx, n);
    sql_add(sx->q, " AS DOUBLE PRECISION)");
}

static void add_concat_part(const struct sx *sx, const struct node *n)
{
    sql_add(sx->q, "COALESCE(");
    if (!n->constant && sql_is_plain(sx, n))
        sql_plain(sx, n);
    else
        sql_value(sx, n);
    sql_add(sx->q, ", '')");
}

static void add_arith(const struct sx *sx, const struct node *n)
{
    static const char *const text[] = {
        ['+'] = " + ", ['-'] = " - ", ['*'] = " * ", ['/'] = " / NULLIF("};

    if (n->type == ET_TEXT) {
        sql_add(sx->q, "NULLIF(");
        add_concat_part(sx, n->kids[0]);
        sql_add(sx->q, " || ");
        add_concat_part(sx, n->kids[1]);
        sql_add(sx->q, ", '')");
        return;
    }
    if (is_time_sum(n)) {
        add_time_sum(sx, n);
        return;
    }
    sql_add(sx->q, "(");
    add_number_operand(sx, n->kids[0]);
    sql_add(sx->q, text[n->op]);
    add_number_operand(sx, n->kids[1]);
    sql_add(sx->q, n->op == '/' ? ", 0.0))" : ")");
}

static void add_negate(const struct sx *sx, const struct node *n)
{
    sql_add(sx->q, n->type == ET_DURATION ? "(0 - " : "(0.0 - ");
    if (n->type == ET_DURATION)
        add_time_operand(sx, n->kids[0]);
    else
        sql_real(sx, n->kids[0]);
    sql_add(sx->q, ")");
}

/* A branch of if or coalesce in the form of the whole. */
static void add_branch(const struct sx *sx, const struct node *whole, const struct node *n)
{
    int64_t moved;
    bool hit, above;

    if (n->type == ET_EMPTY)
        add_typed_null(sx, sql_type(whole));
    else if (whole->type == ET_NUMBER && !whole->exact)
        sql_real(sx, n);
    else if (whole->type == ET_NUMBER && n->kind == NK_NUMBER &&
             rescale_floor(n->i, n->scale, whole->scale, &moved, &hit, &above))
        sql_add_i64(sx->q, moved);
    else
        sql_value(sx, n);
}

static void add_round(const struct sx *sx, const struct node *n)
{
    int64_t f = pow10_i64[n->n_kids == 2 ? n->kids[1]->i : 0];
    struct sql_once o = sql_once_begin(sx, n->kids[0], true, true);
    bool pg = sx->q->kind == DB_POSTGRES;

    /* once_use(false): a plain number column still needs its conversion each time */
    sql_add(sx->q, "CASE WHEN ");
    sql_once_use(&o, false);
    buf_fmt(&sx->q->text, " * %lld.0 > -4503599627370496.0 AND ", (long long)f);
    sql_once_use(&o, false);
    buf_fmt(&sx->q->text, " * %lld.0 < 4503599627370496.0 THEN CAST(CAST(%s", (long long)f,
            pg ? "trunc(" : "(");
    sql_once_use(&o, false);
    buf_fmt(&sx->q->text, " * %lld.0 + CASE WHEN ", (long long)f);
    sql_once_use(&o, false);
    buf_fmt(&sx->q->text,
            " * %lld.0 < 0 THEN -0.5 ELSE 0.5 END) AS BIGINT) AS DOUBLE PRECISION) / %lld.0 ELSE ",
            (long long)f, (long long)f);
    sql_once_use(&o, false);
    sql_add(sx->q, " END");
    sql_once_end(&o);
}

static void add_call(const struct sx *sx, const struct node *n)
{
    switch (n->op) {
    case CALL_IF:
        sql_add(sx->q, "CASE WHEN ");
        sql_condition(sx, n->kids[0]);
        sql_add(sx->q, " THEN ");
        add_branch(sx, n, n->kids[1]);
        sql_add(sx->q, " ELSE ");
        add_branch(sx, n, n->kids[2]);
        sql_add(sx->q, " END");
        break;
    case CALL_COALESCE:
        sql_add(sx->q, "COALESCE(");
        for (size_t i = 0; i < n->n_kids; i++) {
            sql_add(sx->q, i ? ", " : "");
            add_branch(sx, n, n->kids[i]);
        }
        sql_add(sx->q, ")");
        break;
    case CALL_LENGTH:
        sql_add(sx->q, "CAST(length(");
        sql_value(sx, n->kids[0]);
        sql_add(sx->q, ") AS BIGINT)");
        break;
    case CALL_ABS:
        sql_add(sx->q, "abs(");
        sql_real(sx, n->kids[0]);
        sql_add(sx->q, ")");
        break;
    default:
        add_round(sx, n);
        break;
    }
}

void sql_real(const struct sx *sx, const struct node *n)
{
    if (n->constant) {
        add_const(sx, n, true);
        return;
    }
    if (!n->exact) {
        sql_value(sx, n);
        return;
    }
    sql_add(sx->q, "(CAST(");
    sql_value(sx, n);
    sql_add(sx->q, " AS DOUBLE PRECISION) / ");
    sql_int(sx, pow10_i64[n->scale]);
    sql_add(sx->q, ".0)");
}

void sql_value(const struct sx *sx, const struct node *n)
{
    if (n->constant) {
        add_const(sx, n, false);
        return;
    }
    switch (n->kind) {
    case NK_FIELD:
    case NK_WAS:
        sql_path(sx, &n->path, end_field, n);
        break;
    case NK_AGGREGATE:
        if (n->op == AO_EXISTS)
            goto condition;
        add_aggregate(sx, n);
        break;
    case NK_ARITH:
        add_arith(sx, n);
        break;
    case NK_NEGATE:
        add_negate(sx, n);
        break;
    case NK_CALL:
        add_call(sx, n);
        break;
    default:
    condition:
        sql_add(sx->q, "CAST(CASE WHEN ");
        sql_condition(sx, n);
        sql_add(sx->q, " THEN 1 ELSE 0 END AS BIGINT)");
        break;
    }
}
