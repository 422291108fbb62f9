/* The tree computed in memory. sql.c and sql_value.c say the same in SQL; whoever changes one changes the other, and
 * tests/unit/expr/test_differential.c watches. */
#include "expr/expr_impl.h"

static const struct expr_val empty = {.type = ET_EMPTY};

static struct expr_val val_bool(bool b)
{
    return (struct expr_val){.type = ET_BOOL, .b = b, .i = b};
}

static struct expr_val val_int(enum expr_type type, int64_t i)
{
    return (struct expr_val){.type = type, .i = i};
}

static struct expr_val val_exact(int64_t i, int scale)
{
    return (struct expr_val){.type = ET_NUMBER, .i = i, .exact = true, .scale = scale};
}

static struct expr_val val_real(double d)
{
    return (struct expr_val){.type = ET_NUMBER, .d = d};
}

static struct expr_val val_text(struct str s)
{
    return s.len ? (struct expr_val){.type = ET_TEXT, .s = s} : empty;
}

static bool is_empty(struct expr_val v)
{
    return v.type == ET_EMPTY;
}

static double real_of(struct expr_val v)
{
    return v.exact ? (double)v.i / pow10_real(v.scale) : v.d;
}

bool expr_val_eq(const struct expr_val *a, const struct expr_val *b)
{
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case ET_EMPTY:
        return true;
    case ET_BOOL:
        return a->b == b->b;
    case ET_NUMBER:
        if (a->exact && b->exact)
            return compare_scaled(a->i, a->scale, b->i, b->scale) == 0;
        return real_of(*a) == real_of(*b);
    case ET_TEXT:
    case ET_SET:
        return str_eq(a->s, b->s);
    default:
        return a->i == b->i;
    }
}

/* ---- Records ------------------------------------------------------------------------------------------------------ */

/* The record a path ends at; false if a reference on the way is empty. */
static bool follow_path(const struct evaluation *ev, const struct path *path,
                        struct expr_record *out)
{
    const struct expr_record *rec;

    for (int i = 0; i < path->up && ev; i++)
        ev = ev->outer;
    if (!ev || !ev->rec)
        return false;
    rec = ev->rec;
    *out = *rec;
    for (int i = 0; i < path->n_hops; i++) {
        struct expr_record next = {0};

        if (!out->follow || !out->follow(out->ctx, ev->arena, path->hop[i].field, &next))
            return false;
        *out = next;
    }
    return true;
}

static struct expr_val field_value(const struct evaluation *ev, const struct expr_field *f,
                                   struct expr_val v)
{
    (void)ev;
    if (v.type == ET_EMPTY)
        return empty;
    switch (f->value_type) {
    case ET_TEXT:
    case ET_SET:
        if (v.s.len == 0)
            return empty;
        v.type = f->value_type;
        return v;
    case ET_BOOL:
        return val_bool(v.type == ET_BOOL ? v.b : v.i != 0);
    case ET_NUMBER:
        return val_exact(v.i, f->scale);
    case ET_DATE:
    case ET_INSTANT:
    case ET_DURATION:
        return v.i == DATE_NONE ? empty : val_int(f->value_type, v.i);
    default:
        return val_int(f->value_type, v.i);
    }
}

static struct expr_val eval_field(const struct evaluation *ev, const struct node *n)
{
    const struct expr_field *f = path_field(ev->schema, &n->path);
    struct expr_record rec;

    if (!follow_path(ev, &n->path, &rec))
        return empty;
    if (!f)
        return val_int(ET_REF, rec.id);
    if (f->formula) {
        struct evaluation inner = {ev->arena, f->formula->schema, ev->env, &rec,
                                   NULL,      ev->depth + 1};

        return inner.depth > FORMULA_DEPTH_MAX ? empty : eval_node(&inner, f->formula->root);
    }
    return field_value(ev, f, rec.get(rec.ctx, ev->arena, n->path.field));
}

static struct expr_val eval_change(const struct evaluation *ev, const struct node *n)
{
    const struct expr_field *f = path_field(ev->schema, &n->path);
    struct expr_val now, before;

    if (!ev->rec)
        return n->kind == NK_WAS ? empty : val_bool(false);
    now = field_value(ev, f, ev->rec->get(ev->rec->ctx, ev->arena, n->path.field));
    before = ev->rec->get_before
                 ? field_value(ev, f, ev->rec->get_before(ev->rec->ctx, ev->arena, n->path.field))
                 : now;
    return n->kind == NK_WAS ? before : val_bool(!expr_val_eq(&now, &before));
}

/* ---- Related records ---------------------------------------------------------------------------------------------- */

struct gather {
    const struct evaluation *ev;
    const struct node *n;
    int order; /* field of last() and first(); -1: by id alone */
    int64_t count, high, low;
    struct expr_val best; /* min, max, last, first */
    int64_t best_time, best_id;
    bool found;
};

static int compare_values(const struct expr_val *a, const struct expr_val *b)
{
    if (a->type == ET_NUMBER && !(a->exact && b->exact)) {
        double x = real_of(*a), y = real_of(*b);

        return x < y ? -1 : x > y;
    }
    if (a->type == ET_NUMBER)
        return compare_scaled(a->i, a->scale, b->i, b->scale);
    if (a->type == ET_TEXT)
        return str_cmp(a->s, b->s);
    return a->i < b->i ? -1 : a->i > b->i;
}

/* Exact whatever the order: the parts above and below 2^32 are added as integers. */
static void gather_sum(struct gather *g, struct expr_val v)
{
    int64_t fixed = v.i;

    if (!v.exact && !sum_fixed(v.d, &fixed))
        return;
    g->count++;
    g->high += fixed / 4294967296;
    g->low += fixed % 4294967296;
}

static void gather_extreme(struct gather *g, struct expr_val v)
{
    int order = g->found ? compare_values(&v, &g->best) : 0;

    if (!g->found || (g->n->op == AO_MIN ? order < 0 : order > 0))
        g->best = v;
    g->found = true;
}

static void gather_edge(struct gather *g, const struct evaluation *ev,
                        const struct expr_record *rec)
{
    int64_t at = 0;
    bool later;

    if (g->order >= 0) {
        const struct expr_field *f = &rec->object->fields[g->order];
        struct expr_val t = field_value(ev, f, rec->get(rec->ctx, ev->arena, g->order));

        if (is_empty(t))
            return;
        at = t.i;
    }
    later = at > g->best_time || (at == g->best_time && rec->id > g->best_id);
    if (g->found && later != (g->n->op == AO_LAST))
        return;
    g->found = true;
    g->best_time = at;
    g->best_id = rec->id;
    g->best = eval_node(ev, g->n->kids[1]);
}

static bool gather_each(void *ctx, const struct expr_record *rec)
{
    struct gather *g = ctx;
    struct evaluation inner = {g->ev->arena, g->ev->schema, g->ev->env, rec, g->ev, g->ev->depth};
    const struct node *where = g->n->kids[0], *value = g->n->kids[1];
    struct expr_val v;

    if (where && !eval_test(&inner, where))
        return true;
    switch (g->n->op) {
    case AO_COUNT:
        g->count++;
        return true;
    case AO_EXISTS:
        g->found = true;
        return false;
    case AO_LAST:
    case AO_FIRST:
        gather_edge(g, &inner, rec);
        return true;
    default:
        v = eval_node(&inner, value);
        if (is_empty(v))
            return true;
        if (g->n->op == AO_MIN || g->n->op == AO_MAX)
            gather_extreme(g, v);
        else
            gather_sum(g, v);
        return true;
    }
}

static struct expr_val eval_aggregate(const struct evaluation *ev, const struct node *n)
{
    struct gather g = {.ev = ev, .n = n, .order = -1};
    const struct node *value = n->kids[1];
    struct expr_record rec;
    double sum;

    if (n->inner < 0 || !object_order_field(&ev->schema->objects[n->inner], &g.order))
        g.order = -1;
    if (follow_path(ev, &n->path, &rec) && rec.related)
        rec.related(rec.ctx, ev->arena, n->relation, gather_each, &g);
    switch (n->op) {
    case AO_COUNT:
        return val_exact(g.count, 0);
    case AO_EXISTS:
        return val_bool(g.found);
    case AO_SUM:
    case AO_AVG:
        sum = sum_of_parts(g.high, g.low) / pow10_real(value->exact ? value->scale : SUM_SCALE);
        if (n->op == AO_SUM)
            return val_real(sum);
        return g.count ? val_real(sum / (double)g.count) : empty;
    default:
        return g.found ? g.best : empty;
    }
}

/* ---- Calculating -------------------------------------------------------------------------------------------------- */

static bool is_time_sum(const struct node *n)
{
    return n->kind == NK_ARITH && n->type != ET_NUMBER && n->type != ET_TEXT;
}

/* An operand of + or - on times: what is out of bounds counts as empty, so that sums stay inside 64 bits. */
static struct expr_val time_operand(const struct evaluation *ev, const struct node *n)
{
    struct expr_val v = eval_node(ev, n);

    if (!is_empty(v) && (n->constant || !is_time_sum(n)) && !time_in_bounds(n->type, v.i))
        return empty;
    return v;
}

static struct expr_val eval_business(const struct evaluation *ev, const struct node *n,
                                     struct expr_val l)
{
    const struct expr_env *env = ev->env;
    int64_t from = l.type == ET_DATE ? time_day_start(env, l.i) : l.i;
    int64_t due = time_business(env, from, n->kids[1]->dur, n->op == '-');

    if (due == DATE_NONE)
        return empty;
    return n->type == ET_DATE ? val_int(ET_DATE, zone_date(time_zone(env), due))
                              : val_int(ET_INSTANT, due);
}

static struct expr_val eval_time_sum(const struct evaluation *ev, const struct node *n)
{
    struct expr_val l = time_operand(ev, n->kids[0]), r;
    int64_t step;

    if (is_empty(l))
        return empty;
    if (n->kids[1]->kind == NK_DURATION &&
        (n->kids[1]->dur.business_days || n->kids[1]->dur.business_us))
        return eval_business(ev, n, l);
    r = time_operand(ev, n->kids[1]);
    if (is_empty(r))
        return empty;
    if (l.type == ET_DATE && r.type == ET_DATE)
        return val_int(ET_DURATION, (l.i - r.i) * US_PER_DAY);
    step = l.type == ET_DATE ? r.i / US_PER_DAY : r.i;
    return val_int(n->type, n->op == '+' ? l.i + step : l.i - step);
}

static struct expr_val eval_concat(const struct evaluation *ev, const struct node *n)
{
    struct expr_val l = eval_node(ev, n->kids[0]), r = eval_node(ev, n->kids[1]);
    struct str parts[2] = {is_empty(l) ? STR_NONE : l.s, is_empty(r) ? STR_NONE : r.s};

    return val_text(str_join(ev->arena, parts, 2, STR("")));
}

static struct expr_val eval_arith(const struct evaluation *ev, const struct node *n)
{
    struct expr_val l, r;
    double x, y;

    if (n->type == ET_TEXT)
        return eval_concat(ev, n);
    if (is_time_sum(n))
        return eval_time_sum(ev, n);
    l = eval_node(ev, n->kids[0]);
    r = eval_node(ev, n->kids[1]);
    if (is_empty(l) || is_empty(r))
        return empty;
    x = l.type == ET_DURATION ? (double)l.i : real_of(l);
    y = r.type == ET_DURATION ? (double)r.i : real_of(r);
    if (n->op == '/')
        return y == 0 ? empty : val_real(x / y);
    return val_real(n->op == '+' ? x + y : n->op == '-' ? x - y : x * y);
}

static struct expr_val eval_negate(const struct evaluation *ev, const struct node *n)
{
    struct expr_val v =
        n->type == ET_DURATION ? time_operand(ev, n->kids[0]) : eval_node(ev, n->kids[0]);

    if (is_empty(v))
        return empty;
    return n->type == ET_DURATION ? val_int(ET_DURATION, -v.i) : val_real(0.0 - real_of(v));
}

/* A branch of if or coalesce in the scale, or the exactness, of the whole. */
static struct expr_val adjust(const struct node *n, struct expr_val v)
{
    int64_t moved;
    bool hit, above;

    if (v.type != ET_NUMBER || (n->exact && v.exact && v.scale == n->scale))
        return v;
    if (n->exact && v.exact && rescale_floor(v.i, v.scale, n->scale, &moved, &hit, &above) && hit)
        return val_exact(moved, n->scale);
    return val_real(real_of(v));
}

static struct expr_val eval_call(const struct evaluation *ev, const struct node *n)
{
    struct expr_val v;

    switch (n->op) {
    case CALL_IF:
        return adjust(n, eval_node(ev, n->kids[eval_test(ev, n->kids[0]) ? 1 : 2]));
    case CALL_COALESCE:
        for (size_t i = 0; i < n->n_kids; i++) {
            v = eval_node(ev, n->kids[i]);
            if (!is_empty(v))
                return adjust(n, v);
        }
        return empty;
    case CALL_LENGTH:
        v = eval_node(ev, n->kids[0]);
        return is_empty(v) ? empty : val_exact((int64_t)utf8_count(v.s), 0);
    default:
        v = eval_node(ev, n->kids[0]);
        if (is_empty(v))
            return empty;
        if (n->op == CALL_ABS)
            return val_real(real_of(v) < 0 ? 0.0 - real_of(v) : real_of(v));
        return val_real(round_half_away(real_of(v), n->n_kids == 2 ? (int)n->kids[1]->i : 0));
    }
}

/* ---- Comparing ---------------------------------------------------------------------------------------------------- */

bool eval_range(const struct evaluation *ev, const struct node *n, enum expr_type among,
                int64_t *lo, int64_t *hi)
{
    struct expr_val v;

    if (n->kind == NK_PERIOD) {
        time_period(n, ev->env, lo, hi);
    } else {
        v = eval_node(ev, n);
        if (is_empty(v) || !time_in_bounds(v.type, v.i))
            return false;
        if (v.type == ET_INSTANT && among == ET_DATE)
            v.i = zone_date(time_zone(ev->env), v.i);
        *lo = v.i;
        *hi = v.i + 1;
        if (v.type == ET_INSTANT)
            return true;
    }
    if (among == ET_INSTANT) {
        *lo = time_day_start(ev->env, *lo);
        *hi = time_day_start(ev->env, *hi);
    }
    return true;
}

static bool holds(int op, int order)
{
    switch (op) {
    case CO_EQ:
        return order == 0;
    case CO_LT:
        return order < 0;
    case CO_LE:
        return order <= 0;
    case CO_GT:
        return order > 0;
    default:
        return order >= 0;
    }
}

static bool compare_with(const struct evaluation *ev, int op, enum compare_as as,
                         const struct expr_val *l, const struct node *right)
{
    struct expr_val r;
    int64_t lo, hi;

    if (as == CA_RANGE)
        return eval_range(ev, right, l->type, &lo, &hi) && holds(op, l->i < lo    ? -1
                                                                     : l->i >= hi ? 1
                                                                                  : 0);
    r = eval_node(ev, right);
    if (is_empty(r))
        return false;
    if (l->type == ET_BOOL)
        return l->b == r.b;
    return holds(op, compare_values(l, &r));
}

static bool in_teams(const struct expr_env *env, int64_t team)
{
    for (size_t i = 0; i < env->n_my_teams; i++)
        if (env->my_teams[i] == team)
            return true;
    return false;
}

static bool eval_in(const struct evaluation *ev, const struct node *n)
{
    struct expr_val l = eval_node(ev, n->kids[0]);

    if (is_empty(l))
        return false;
    if (n->as == CA_TEAMS)
        return in_teams(ev->env, l.i);
    for (size_t i = 1; i < n->n_kids; i++)
        if (n->as == CA_SET
                ? str_find(l.s, str_fmt(ev->arena, "\x1f%.*s\x1f", STR_ARG(n->kids[i]->s)), 0) !=
                      SIZE_MAX
                : compare_with(ev, CO_EQ, n->as, &l, n->kids[i]))
            return true;
    return false;
}

static bool eval_search(const struct evaluation *ev, const struct node *n)
{
    const struct expr_field *f = node_field(ev->schema, n->kids[0]);
    struct expr_val v = eval_node(ev, n->kids[0]);
    struct str s = v.s;

    if (is_empty(v))
        return false;
    if (v.type == ET_TEXT && f && field_has_fold(f))
        s = v.fold.ptr ? v.fold : utf8_fold(ev->arena, v.s);
    else if (v.type == ET_TEXT)
        s = str_lower_ascii(ev->arena, v.s);
    if (n->kind == NK_STARTS)
        return str_starts(s, n->s);
    if (n->kind == NK_ENDS)
        return str_ends(s, n->s);
    return str_find(s, n->s, 0) != SIZE_MAX;
}

/* The condition as written without its `not`. */
static bool eval_plain(const struct evaluation *ev, const struct node *n)
{
    struct expr_val l;

    switch (n->kind) {
    case NK_COMPARE:
        l = eval_node(ev, n->kids[0]);
        return !is_empty(l) && compare_with(ev, n->op, n->as, &l, n->kids[1]);
    case NK_IN:
        return eval_in(ev, n);
    case NK_BETWEEN:
        l = eval_node(ev, n->kids[0]);
        return !is_empty(l) && compare_with(ev, CO_GE, n->kids[1]->as, &l, n->kids[1]) &&
               compare_with(ev, CO_LE, n->kids[2]->as, &l, n->kids[2]);
    case NK_IS_EMPTY:
        return is_empty(eval_node(ev, n->kids[0]));
    default:
        return eval_search(ev, n);
    }
}

static bool eval_open(const struct evaluation *ev, const struct node *n)
{
    struct expr_record rec;
    struct evaluation inner = {ev->arena, ev->schema, ev->env, &rec, NULL, ev->depth + 1};

    return follow_path(ev, &n->path, &rec) && eval_test(&inner, n->kids[0]);
}

bool eval_test(const struct evaluation *ev, const struct node *n)
{
    struct expr_val v;

    switch (n->kind) {
    case NK_AND:
    case NK_OR:
        for (size_t i = 0; i < n->n_kids; i++)
            if (eval_test(ev, n->kids[i]) == (n->kind == NK_OR))
                return n->kind == NK_OR;
        return n->kind == NK_AND;
    case NK_NOT:
        return !eval_test(ev, n->kids[0]);
    case NK_OPEN:
        return eval_open(ev, n);
    case NK_COMPARE:
    case NK_IN:
    case NK_BETWEEN:
    case NK_IS_EMPTY:
    case NK_CONTAINS:
    case NK_STARTS:
    case NK_ENDS:
        return eval_plain(ev, n) != n->negated;
    case NK_AGGREGATE:
        v = eval_aggregate(ev, n);
        return !is_empty(v) && v.b != n->negated;
    default:
        v = eval_node(ev, n);
        return v.type == ET_BOOL && v.b;
    }
}

static struct expr_val eval_literal(const struct evaluation *ev, const struct node *n)
{
    switch (n->kind) {
    case NK_BOOL:
        return val_bool(n->b);
    case NK_NUMBER:
        return val_exact(n->i, n->scale);
    case NK_TEXT:
        return val_text(n->s);
    case NK_DURATION:
        return val_int(ET_DURATION, n->dur.us);
    case NK_DATE:
    case NK_INSTANT:
    case NK_ID:
        return val_int(n->type, n->i);
    case NK_TIME:
        return val_int(n->type, time_word(n->op, ev->env));
    case NK_ME:
        return ev->env->me ? val_int(ET_REF, ev->env->me) : empty;
    default:
        return empty;
    }
}

struct expr_val eval_node(const struct evaluation *ev, const struct node *n)
{
    struct expr_val v;

    switch (n->kind) {
    case NK_FIELD:
        return eval_field(ev, n);
    case NK_CHANGED:
    case NK_WAS:
        return eval_change(ev, n);
    case NK_AGGREGATE:
        return n->op == AO_EXISTS ? val_bool(eval_test(ev, n)) : eval_aggregate(ev, n);
    case NK_ARITH:
        return eval_arith(ev, n);
    case NK_NEGATE:
        return eval_negate(ev, n);
    case NK_CALL:
        return eval_call(ev, n);
    case NK_DAY_START:
        v = eval_node(ev, n->kids[0]);
        return is_empty(v) || !time_in_bounds(ET_DATE, v.i)
                   ? empty
                   : val_int(ET_INSTANT, time_day_start(ev->env, v.i));
    case NK_NOT:
    case NK_AND:
    case NK_OR:
    case NK_OPEN:
    case NK_COMPARE:
    case NK_IN:
    case NK_BETWEEN:
    case NK_IS_EMPTY:
    case NK_CONTAINS:
    case NK_STARTS:
    case NK_ENDS:
        return val_bool(eval_test(ev, n));
    default:
        return eval_literal(ev, n);
    }
}

struct expr_val eval_const(struct arena *arena, const struct expr_schema *schema,
                           const struct node *n, const struct expr_env *env)
{
    struct evaluation ev = {.arena = arena, .schema = schema, .env = env};

    return eval_node(&ev, n);
}

struct expr_val expr_eval(struct arena *arena, const struct expr *e, const struct expr_record *rec,
                          const struct expr_env *env)
{
    struct evaluation ev = {.arena = arena, .schema = e->schema, .env = env, .rec = rec};

    return eval_node(&ev, e->root);
}

bool expr_test(struct arena *arena, const struct expr *e, const struct expr_record *rec,
               const struct expr_env *env)
{
    struct evaluation ev = {.arena = arena, .schema = e ? e->schema : NULL, .env = env, .rec = rec};

    return !e || eval_test(&ev, e->root);
}
