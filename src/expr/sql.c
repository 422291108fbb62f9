/* Conditions in SQL. In positive position a condition may be NULL, which counts as false; every negation is written
 * `(...) IS NOT TRUE`, which makes the logic two-valued and leaves plain comparisons to the indexes. */
#include "expr/sql_impl.h"

static bool test_const(const struct sx *sx, const struct node *n)
{
    struct evaluation ev = {.arena = sx->q->text.arena, .schema = sx->schema, .env = sx->env};

    return eval_test(&ev, n);
}

static void add_truth(const struct sx *sx, bool b)
{
    sql_add(sx->q, b ? "1 = 1" : "1 = 0");
}

static const char *op_text(int op)
{
    static const char *const text[] = {
        [CO_EQ] = " = ", [CO_LT] = " < ", [CO_LE] = " <= ", [CO_GT] = " > ", [CO_GE] = " >= "};

    return text[op];
}

/* A date or instant against a constant range: before its start, within it, or from its end on. */
static void compare_range(const struct sx *sx, int op, const struct sql_once *l,
                          const struct node *r)
{
    struct evaluation ev = {.arena = sx->q->text.arena, .schema = sx->schema, .env = sx->env};
    int64_t lo, hi;

    if (!eval_range(&ev, r, l->n->type, &lo, &hi)) {
        add_truth(sx, false);
        return;
    }
    sql_once_use(l, true);
    if (op == CO_EQ && hi - lo == 1) {
        sql_add(sx->q, " = ");
        sql_add_i64(sx->q, lo);
    } else if (op == CO_EQ) {
        sql_add(sx->q, " BETWEEN ");
        sql_add_i64(sx->q, lo);
        sql_add(sx->q, " AND ");
        sql_add_i64(sx->q, hi - 1);
    } else if (op == CO_LT || op == CO_GE) {
        sql_add(sx->q, op_text(op));
        sql_add_i64(sx->q, lo);
    } else {
        sql_add(sx->q, op == CO_LE ? " < " : " >= ");
        sql_add_i64(sx->q, hi);
    }
}

/* An exact number against a constant with more, fewer or too many digits: the bound moves, the column stays plain. */
static void compare_literal(const struct sx *sx, int op, const struct sql_once *l,
                            const struct node *r)
{
    struct expr_val v = eval_const(sx->q->text.arena, sx->schema, r, sx->env);
    int64_t bound;
    bool hit, above;

    if (v.type == ET_EMPTY) {
        add_truth(sx, false);
        return;
    }
    if (!rescale_floor(v.i, v.scale, l->n->scale, &bound, &hit, &above)) {
        if (op == CO_EQ || (above ? op == CO_GT || op == CO_GE : op == CO_LT || op == CO_LE)) {
            add_truth(sx, false);
            return;
        }
        sql_once_use(l, true);
        sql_add(sx->q, " IS NOT NULL");
        return;
    }
    if (op == CO_EQ && !hit) {
        add_truth(sx, false);
        return;
    }
    if (!hit) /* between bound and bound + 1 */
        op = op == CO_LT || op == CO_LE ? CO_LE : CO_GT;
    sql_once_use(l, true);
    sql_add(sx->q, op_text(op));
    sql_add_i64(sx->q, bound);
}

/* Different scales: (a, 0) against (b / d, b % d), which cannot overflow. */
static void compare_scaled_sql(const struct sx *sx, int op, const struct sql_once *l,
                               const struct node *right)
{
    bool divide_left = l->n->scale > right->scale;
    struct sql_once r = sql_once_begin(sx, right, !divide_left, false);
    int64_t d = pow10_i64[divide_left ? l->n->scale - right->scale : right->scale - l->n->scale];

    for (int side = 0; side < 2; side++) {
        const struct sql_once *o = side ? &r : l;

        sql_add(sx->q, side ? op_text(op) : "");
        sql_add(sx->q, "(");
        sql_once_use(o, true);
        if ((side == 0) == divide_left) {
            sql_add(sx->q, " / ");
            sql_int(sx, d);
        }
        sql_add(sx->q, ", ");
        if ((side == 0) == divide_left) {
            sql_once_use(o, true);
            sql_add(sx->q, " % ");
            sql_int(sx, d);
        } else {
            sql_add(sx->q, "0");
        }
        sql_add(sx->q, ")");
    }
    sql_once_end(&r);
}

static void compare_text(const struct sx *sx, int op, const struct sql_once *l,
                         const struct node *r)
{
    sql_once_use(l, op == CO_EQ || (r->constant && (op == CO_GT || op == CO_GE)));
    sql_add(sx->q, op_text(op));
    sql_value(sx, r);
    if (sx->q->kind == DB_POSTGRES && (op != CO_EQ || !r->constant))
        sql_add(sx->q, " COLLATE \"C\"");
}

static void compare_with(const struct sx *sx, int op, enum compare_as as, const struct sql_once *l,
                         const struct node *r)
{
    switch (as) {
    case CA_RANGE:
        compare_range(sx, op, l, r);
        break;
    case CA_LITERAL:
        compare_literal(sx, op, l, r);
        break;
    case CA_SCALED:
        compare_scaled_sql(sx, op, l, r);
        break;
    case CA_TEXT:
        compare_text(sx, op, l, r);
        break;
    case CA_REAL:
        sql_once_use(l, false);
        sql_add(sx->q, op_text(op));
        sql_real(sx, r);
        break;
    default:
        sql_once_use(l, true);
        sql_add(sx->q, op_text(op));
        sql_value(sx, r);
        break;
    }
}

static void add_exists(const struct sx *sx, const struct node *n, bool negated)
{
    struct sql_alias alias;
    struct sx inner;

    sql_related_alias(sx, &alias, &inner);
    sql_add(sx->q, negated ? "NOT EXISTS (SELECT 1" : "EXISTS (SELECT 1");
    sql_related_from(sx, n, &inner);
    sql_add(sx->q, ")");
}

/* count(x) > 0 and its like need not count. */
static bool count_as_exists(const struct sx *sx, const struct node *n)
{
    const struct node *l = n->kids[0], *r = n->kids[1];
    bool zero = r->kind == NK_NUMBER && r->i == 0 && r->scale == 0,
         one = r->kind == NK_NUMBER && r->i == 1 && r->scale == 0;

    if (l->kind != NK_AGGREGATE || l->op != AO_COUNT)
        return false;
    if ((zero && n->op == CO_GT) || (one && n->op == CO_GE))
        add_exists(sx, l, false);
    else if ((zero && (n->op == CO_EQ || n->op == CO_LE)) || (one && n->op == CO_LT))
        add_exists(sx, l, true);
    else
        return false;
    return true;
}

static void add_compare(const struct sx *sx, const struct node *n)
{
    struct sql_once l;

    if (count_as_exists(sx, n))
        return;
    if (n->as == CA_SCALED && n->kids[0]->scale <= n->kids[1]->scale)
        l = sql_once_begin(sx, n->kids[0], false, false);
    else
        l = sql_once_begin(sx, n->kids[0], n->as == CA_SCALED, n->as == CA_REAL);
    /* A doubled right side wraps the whole comparison; its subquery still sees the left one's alias. */
    compare_with(sx, n->op, n->as, &l, n->kids[1]);
    sql_once_end(&l);
}

static void add_teams(const struct sx *sx, const struct node *n)
{
    if (sx->env->n_my_teams == 0) {
        add_truth(sx, false);
        return;
    }
    sql_value(sx, n->kids[0]);
    sql_add(sx->q, " IN (");
    for (size_t i = 0; i < sx->env->n_my_teams; i++) {
        sql_add(sx->q, i ? ", " : "");
        sql_add_i64(sx->q, sx->env->my_teams[i]);
    }
    sql_add(sx->q, ")");
}

static void add_find(const struct sx *sx, const char *before, const struct sql_once *l,
                     const char *after, struct str needle)
{
    sql_add(sx->q, sx->q->kind == DB_POSTGRES ? "strpos(" : "instr(");
    sql_add(sx->q, before);
    sql_once_use(l, true);
    sql_add(sx->q, after);
    sql_add(sx->q, ", ");
    sql_add_str(sx->q, needle);
    sql_add(sx->q, ") > 0");
}

/* Values that one IN (...) can hold: all but ranges, sets and literals of another scale. */
static bool in_is_flat(const struct node *n)
{
    return n->as == CA_INT || n->as == CA_TEXT;
}

static void add_in(const struct sx *sx, const struct node *n)
{
    struct sql_once l;

    if (n->as == CA_TEAMS) {
        add_teams(sx, n);
        return;
    }
    l = sql_once_begin(sx, n->kids[0], n->n_kids > 2 && !in_is_flat(n), n->as == CA_REAL);
    if (in_is_flat(n)) {
        sql_once_use(&l, true);
        sql_add(sx->q, " IN (");
    } else {
        sql_add(sx->q, n->n_kids > 2 ? "(" : "");
    }
    for (size_t i = 1; i < n->n_kids; i++) {
        struct node *item = n->kids[i];

        if (in_is_flat(n)) {
            sql_add(sx->q, i > 1 ? ", " : "");
            sql_value(sx, item);
            continue;
        }
        sql_add(sx->q, i > 1 ? " OR " : "");
        if (n->as == CA_SET)
            add_find(sx, "", &l, "", str_fmt(sx->q->text.arena, "\x1f%.*s\x1f", STR_ARG(item->s)));
        else
            compare_with(sx, CO_EQ, n->as, &l, item);
    }
    sql_add(sx->q, in_is_flat(n) || n->n_kids > 2 ? ")" : "");
    sql_once_end(&l);
}

static void add_between(const struct sx *sx, const struct node *n)
{
    bool real[2] = {n->kids[1]->as == CA_REAL, n->kids[2]->as == CA_REAL};
    struct sql_once l = sql_once_begin(sx, n->kids[0], true, false);

    sql_add(sx->q, "(");
    for (int i = 0; i < 2; i++) {
        const struct node *bound = n->kids[i + 1];

        sql_add(sx->q, i ? " AND " : "");
        if (real[i]) { /* a value computed once in its own scale still has to become a double here */
            sql_add(sx->q, n->kids[0]->exact ? "(CAST(" : "");
            sql_once_use(&l, false);
            if (n->kids[0]->exact) {
                sql_add(sx->q, " AS DOUBLE PRECISION) / ");
                sql_int(sx, pow10_i64[n->kids[0]->scale]);
                sql_add(sx->q, ".0)");
            }
            sql_add(sx->q, op_text(i ? CO_LE : CO_GE));
            sql_real(sx, bound);
        } else {
            compare_with(sx, i ? CO_LE : CO_GE, bound->as, &l, bound);
        }
    }
    sql_add(sx->q, ")");
    sql_once_end(&l);
}

static void add_is_empty(const struct sx *sx, const struct node *n)
{
    const struct node *l = n->kids[0];
    bool text = l->type == ET_TEXT || l->type == ET_SET;

    if (text && sql_is_plain(sx, l)) {
        sql_add(sx->q, n->negated ? "" : "(");
        sql_plain(sx, l);
        if (!n->negated) {
            sql_add(sx->q, " IS NULL OR ");
            sql_plain(sx, l);
        }
        sql_add(sx->q, n->negated ? " <> ''" : " = '')");
        return;
    }
    sql_value(sx, l);
    sql_add(sx->q, n->negated ? " IS NOT NULL" : " IS NULL");
}

/* The smallest text above all that start with s: its last character raised by one. */
static bool after_prefix(struct arena *arena, struct str s, struct str *out)
{
    while (s.len) {
        size_t i = s.len - 1;
        uint32_t cp;
        struct buf b;

        while (i > 0 && ((unsigned char)s.ptr[i] & 0xC0) == 0x80)
            i--;
        cp = (unsigned char)s.ptr[i];
        if (cp >= 0xC0)
            cp &= cp < 0xE0 ? 0x1F : cp < 0xF0 ? 0x0F : 0x07;
        for (size_t j = i + 1; j < s.len; j++)
            cp = cp << 6 | ((unsigned char)s.ptr[j] & 0x3F);
        s.len = i;
        if (cp >= 0x10FFFF)
            continue;
        cp = cp == 0xD7FF ? 0xE000 : cp + 1;
        b = buf_new(arena, s.len + 4);
        buf_add(&b, s);
        if (cp < 0x80) {
            buf_add_char(&b, (char)cp);
        } else if (cp < 0x800) {
            buf_add_char(&b, (char)(0xC0 | cp >> 6));
        } else if (cp < 0x10000) {
            buf_add_char(&b, (char)(0xE0 | cp >> 12));
            buf_add_char(&b, (char)(0x80 | (cp >> 6 & 0x3F)));
        } else {
            buf_add_char(&b, (char)(0xF0 | cp >> 18));
            buf_add_char(&b, (char)(0x80 | (cp >> 12 & 0x3F)));
            buf_add_char(&b, (char)(0x80 | (cp >> 6 & 0x3F)));
        }
        if (cp >= 0x80)
            buf_add_char(&b, (char)(0x80 | (cp & 0x3F)));
        *out = buf_str(&b);
        return true;
    }
    return false;
}

static void end_fold(const struct sx *sx, const void *arg)
{
    const struct node *n = arg;

    sql_column(
        sx, sx->alias,
        str_fmt(sx->q->text.arena, "%.*s$f", STR_ARG(path_field(sx->schema, &n->path)->column)));
}

/* What is searched: the folded companion, a set as stored, or a text with A-Z made small. */
static void add_haystack(const struct sx *sx, const struct node *l)
{
    const struct expr_field *f = node_field(sx->schema, l);

    if (f && field_has_fold(f)) {
        sql_path(sx, &l->path, end_fold, l);
        return;
    }
    if (l->type == ET_TEXT)
        sql_add(sx->q, "lower(");
    if (sql_is_plain(sx, l))
        sql_plain(sx, l);
    else
        sql_value(sx, l);
    if (l->type == ET_TEXT)
        sql_add(sx->q, sx->q->kind == DB_POSTGRES ? " COLLATE \"C\")" : ")");
}

static void add_search(const struct sx *sx, const struct node *n)
{
    const struct node *l = n->kids[0];
    const struct expr_field *f = node_field(sx->schema, l);
    bool pg = sx->q->kind == DB_POSTGRES;
    struct str next;

    if (n->kind == NK_CONTAINS) {
        sql_add(sx->q, pg ? "strpos(" : "instr(");
        add_haystack(sx, l);
        sql_add(sx->q, ", ");
        sql_add_str(sx->q, n->s);
        sql_add(sx->q, ") > 0");
        return;
    }
    if (n->kind == NK_STARTS && f && field_has_fold(f) &&
        sql_is_plain(sx, l)) { /* a range: an index can serve it */
        sql_add(sx->q, "(");
        add_haystack(sx, l);
        sql_add(sx->q, " >= ");
        sql_add_str(sx->q, n->s);
        if (after_prefix(sx->q->text.arena, n->s, &next)) {
            sql_add(sx->q, " AND ");
            add_haystack(sx, l);
            sql_add(sx->q, " < ");
            sql_add_str(sx->q, next);
        }
        sql_add(sx->q, ")");
        return;
    }
    sql_add(sx->q, n->kind == NK_STARTS ? "substr(" : pg ? "right(" : "substr(");
    add_haystack(sx, l);
    sql_add(sx->q, n->kind == NK_STARTS ? ", 1, " : pg ? ", " : ", -");
    sql_int(sx, (int64_t)utf8_count(n->s));
    sql_add(sx->q, ") = ");
    sql_add_str(sx->q, n->s);
}

static void end_open(const struct sx *sx, const void *arg)
{
    const struct node *n = arg;
    struct sx own = *sx;

    own.outer = NULL;
    if (n->path.n_hops) {
        sql_add(sx->q, "CASE WHEN ");
        sql_condition(&own, n->kids[0]);
        sql_add(sx->q, " THEN 1 ELSE 0 END");
    } else {
        sql_condition(&own, n->kids[0]);
    }
}

static void end_formula(const struct sx *sx, const void *arg)
{
    struct sx own = *sx;

    own.outer = NULL;
    own.depth++;
    if (own.depth > FORMULA_DEPTH_MAX)
        add_truth(sx, false);
    else
        sql_condition(&own, arg);
}

static void add_plain_condition(const struct sx *sx, const struct node *n)
{
    switch (n->kind) {
    case NK_COMPARE:
        add_compare(sx, n);
        break;
    case NK_IN:
        add_in(sx, n);
        break;
    case NK_BETWEEN:
        add_between(sx, n);
        break;
    default:
        add_search(sx, n);
        break;
    }
}

static void add_junction(const struct sx *sx, const struct node *n)
{
    sql_add(sx->q, "(");
    for (size_t i = 0; i < n->n_kids; i++) {
        sql_add(sx->q, i == 0 ? "" : n->kind == NK_AND ? " AND " : " OR ");
        sql_condition(sx, n->kids[i]);
    }
    sql_add(sx->q, ")");
}

static void add_yes_no(const struct sx *sx, const struct node *n)
{
    const struct expr_field *f = node_field(sx->schema, n);

    if (n->kind == NK_FIELD && n->path.n_hops == 0 && f && f->formula) {
        sql_path(sx, &n->path, end_formula, f->formula->root);
        return;
    }
    sql_value(sx, n);
    sql_add(sx->q, " = 1");
}

void sql_condition(const struct sx *sx, const struct node *n)
{
    if (n->constant) {
        add_truth(sx, test_const(sx, n));
        return;
    }
    switch (n->kind) {
    case NK_AND:
    case NK_OR:
        add_junction(sx, n);
        return;
    case NK_NOT:
        if (n->kids[0]->kind == NK_AGGREGATE &&
            n->kids[0]->op == AO_EXISTS) { /* lets planners see the anti-join */
            add_exists(sx, n->kids[0], !n->kids[0]->negated);
            return;
        }
        sql_add(sx->q, "(");
        sql_condition(sx, n->kids[0]);
        sql_add(sx->q, ") IS NOT TRUE");
        return;
    case NK_COMPARE:
    case NK_IN:
    case NK_BETWEEN:
    case NK_CONTAINS:
    case NK_STARTS:
    case NK_ENDS:
        sql_add(sx->q, n->negated ? "(" : "");
        add_plain_condition(sx, n);
        sql_add(sx->q, n->negated ? ") IS NOT TRUE" : "");
        return;
    case NK_IS_EMPTY:
        add_is_empty(sx, n);
        return;
    case NK_OPEN:
        sql_path(sx, &n->path, end_open, n);
        sql_add(sx->q, n->path.n_hops ? " = 1" : "");
        return;
    case NK_CHANGED: /* a list has no change to look at */
        add_truth(sx, false);
        return;
    case NK_AGGREGATE:
        if (n->op == AO_EXISTS)
            add_exists(sx, n, n->negated);
        else
            add_yes_no(sx, n);
        return;
    default:
        add_yes_no(sx, n);
        return;
    }
}
