/* Arithmetic and functions: types of what is calculated. */
#include "expr/expr_impl.h"

static bool is_business(const struct node *n)
{
    return n->kind == NK_DURATION && (n->dur.business_days || n->dur.business_us);
}

/* One value, not a list or a span of time. */
static struct err *check_scalar(struct compiler *c, const struct node *n)
{
    if (n->type == ET_RELATED)
        return expr_fail(c, "expr.type", n->src,
                         STR("Use count(...), exists(...), sum(...) or last(...).field."),
                         "%.*s is a list of records, not one value.", STR_ARG(node_word(c, n)));
    if (n->kind == NK_PERIOD || n->kind == NK_MY_TEAMS)
        return expr_fail(c, "expr.type", n->src, STR_NONE,
                         "%.*s is not one value; it can only be compared with.",
                         STR_ARG(node_word(c, n)));
    return NULL;
}

static void to_instant(struct compiler *c, struct node *n, int kid)
{
    struct node *day = n->kids[kid], *start;

    start = node_new(c, NK_DAY_START, day->src);
    start->type = ET_INSTANT;
    start->constant = true;
    start->inner = -1;
    node_add_kid(c, start, day);
    n->kids[kid] = start;
}

static bool is_time(const struct node *n)
{
    return n->type == ET_DATE || n->type == ET_INSTANT;
}

static struct err *cannot_calculate(struct compiler *c, const struct node *n)
{
    const struct node *l = n->kids[0], *r = n->kids[1];
    const char *verb = n->op == '+'   ? "added to"
                       : n->op == '-' ? "taken away from"
                       : n->op == '*' ? "multiplied with"
                                      : "used to divide";
    struct str way_out = STR_NONE;

    if ((is_time(l) && r->type == ET_NUMBER) || (l->type == ET_NUMBER && is_time(r)))
        way_out = STR("Write a duration: 7d, 24h, 2 business days.");
    else if (l->type == ET_DATE && r->type == ET_INSTANT)
        way_out = STR("Only constants such as today and now go with both dates and date-times.");
    else if (l->type == ET_TEXT || r->type == ET_TEXT)
        way_out = STR("Texts can only be joined with other texts, by +.");
    return expr_fail(c, "expr.type", n->src, way_out, "%.*s (%s) cannot be %s %.*s (%s).",
                     STR_ARG(node_word(c, r)), type_word(r->type), verb, STR_ARG(node_word(c, l)),
                     type_word(l->type));
}

/* Business time needs a moment known now: it is worked out once, before any record is read. */
static struct err *check_business(struct compiler *c, struct node *n)
{
    struct node *l = n->kids[0], *r = n->kids[1];

    if (is_business(l) || !is_time(l) || (n->op != '+' && n->op != '-'))
        return expr_fail(c, "expr.type", n->src, STR("Write now - 2 business days."),
                         "Business time can only be added to or taken from a moment.");
    if (!l->constant)
        return expr_fail(c, "expr.type", n->src,
                         str_fmt(c->arena, "Turn it round: compare %.*s with now %c %.*s.",
                                 STR_ARG(node_word(c, l)), n->op == '+' ? '-' : '+',
                                 STR_ARG(r->src)),
                         "Business time cannot be counted from a field.");
    if (l->type == ET_DATE && r->dur.business_us)
        to_instant(c, n, 0);
    n->type = n->kids[0]->type;
    return NULL;
}

static struct err *check_time_step(struct compiler *c, struct node *n)
{
    struct node *l = n->kids[0], *r = n->kids[1];

    if (l->type == ET_DATE && r->kind == NK_DURATION && r->dur.us % US_PER_DAY) {
        if (!l->constant)
            return expr_fail(c, "expr.type", r->src, STR("Use days or weeks."),
                             "%.*s is a date; hours and minutes cannot be added to it.",
                             STR_ARG(node_word(c, l)));
        to_instant(c, n, 0);
    }
    n->type = n->kids[0]->type;
    return NULL;
}

static struct err *check_difference(struct compiler *c, struct node *n)
{
    struct node *l = n->kids[0], *r = n->kids[1];

    n->type = ET_DURATION;
    if (l->type == r->type)
        return NULL;
    if (l->type == ET_DATE && l->constant)
        to_instant(c, n, 0);
    else if (r->type == ET_DATE && r->constant)
        to_instant(c, n, 1);
    else
        return cannot_calculate(c, n);
    return NULL;
}

struct err *check_arith(struct compiler *c, const struct scope *sc, struct node *n)
{
    struct node *l, *r;

    TRY(check_node(c, sc, n->kids[0]));
    TRY(check_node(c, sc, n->kids[1]));
    if (n->op == '+' && n->kids[0]->type == ET_DURATION && (is_time(n->kids[1]))) {
        struct node *swap = n->kids[0];

        n->kids[0] = n->kids[1];
        n->kids[1] = swap;
    }
    l = n->kids[0];
    r = n->kids[1];
    TRY(check_scalar(c, l));
    TRY(check_scalar(c, r));
    if (is_time(l) || is_time(r)) {
        TRY(check_literal(c, l, r));
        TRY(check_literal(c, r, l));
    }
    n->constant = l->constant && r->constant;
    n->inner = -1;
    if (is_business(l) || is_business(r))
        return check_business(c, n);
    if (l->type == ET_EMPTY || r->type == ET_EMPTY)
        return expr_fail(c, "expr.type", n->src, STR_NONE, "Nothing can be calculated with empty.");
    if (l->type == ET_NUMBER && r->type == ET_NUMBER) {
        n->type = ET_NUMBER;
        return NULL;
    }
    if (n->op == '+' && l->type == ET_TEXT && r->type == ET_TEXT) {
        n->type = ET_TEXT;
        return NULL;
    }
    if (n->op == '/' && l->type == ET_DURATION && r->type == ET_DURATION) {
        n->type = ET_NUMBER;
        return NULL;
    }
    if (n->op != '+' && n->op != '-')
        return cannot_calculate(c, n);
    if (l->type == ET_DURATION && r->type == ET_DURATION) {
        n->type = ET_DURATION;
        return NULL;
    }
    if (is_time(l) && r->type == ET_DURATION)
        return check_time_step(c, n);
    if (n->op == '-' && is_time(l) && is_time(r))
        return check_difference(c, n);
    return cannot_calculate(c, n);
}

struct err *check_negate(struct compiler *c, const struct scope *sc, struct node *n)
{
    struct node *l = n->kids[0];

    TRY(check_node(c, sc, l));
    if ((l->type != ET_NUMBER && l->type != ET_DURATION) || is_business(l))
        return expr_fail(c, "expr.type", n->src, STR_NONE,
                         "%.*s is %s; only numbers and plain durations have a minus sign.",
                         STR_ARG(node_word(c, l)), type_word(l->type));
    n->type = l->type;
    n->constant = l->constant;
    n->inner = -1;
    return NULL;
}

/* if and coalesce: the values from kid `first` on become one type. */
static struct err *unify(struct compiler *c, struct node *n, size_t first)
{
    struct node *typed = NULL;
    bool exact = true;
    int scale = 0;

    for (size_t i = first; i < n->n_kids; i++) {
        struct node *k = n->kids[i];

        if (k->type != ET_EMPTY &&
            (!typed || (typed->kind == NK_TEXT && k->kind != NK_TEXT) ||
             (typed->type == ET_DATE && typed->constant && k->type == ET_INSTANT)))
            typed = k;
        if (k->type == ET_NUMBER && k->kind != NK_NUMBER && k->exact && k->scale > scale)
            scale = k->scale;
    }
    if (!typed)
        return expr_fail(c, "expr.type", n->src, STR_NONE,
                         "At least one of the values must not be empty.");
    n->type = typed->type;
    n->inner = -1;
    for (size_t i = first; i < n->n_kids; i++) {
        struct node *k = n->kids[i];

        if (typed != k)
            TRY(check_literal(c, k, typed));
        if (k->type == ET_DATE && k->constant && n->type == ET_INSTANT) {
            to_instant(c, n, (int)i);
            continue;
        }
        if (k->type != ET_EMPTY && k->type != n->type)
            return expr_fail(c, "expr.type", k->src, STR_NONE,
                             "%.*s is %s, but %.*s is %s; all values must be of one kind.",
                             STR_ARG(node_word(c, k)), type_word(k->type),
                             STR_ARG(node_word(c, typed)), type_word(typed->type));
        if (k->type == ET_NUMBER && k->kind == NK_NUMBER && k->scale > scale)
            scale = k->scale;
        exact = exact && (k->type == ET_EMPTY || k->exact);
        if (k->type == ET_REF && k->inner >= 0)
            n->inner = k->inner;
    }
    for (size_t i = first; i < n->n_kids && exact && n->type == ET_NUMBER;
         i++) { /* literals move to the scale of the fields */
        struct node *k = n->kids[i];
        int64_t moved;
        bool hit, above;

        if (k->type == ET_EMPTY || k->scale == scale)
            continue;
        if (k->kind != NK_NUMBER || !rescale_floor(k->i, k->scale, scale, &moved, &hit, &above) ||
            !hit)
            exact = false;
    }
    n->exact = n->type == ET_NUMBER && exact;
    n->scale = n->exact ? scale : 0;
    return NULL;
}

static struct err *count_args(struct compiler *c, const struct node *n, const char *name,
                              size_t min, size_t max, const char *form)
{
    if (n->n_kids >= min && n->n_kids <= max)
        return NULL;
    return expr_fail(c, "expr.type", n->src, str_fmt(c->arena, "Write %s.", form),
                     "%s(...) does not take %zu value%s.", name, n->n_kids,
                     n->n_kids == 1 ? "" : "s");
}

struct err *check_call(struct compiler *c, const struct scope *sc, struct node *n)
{
    enum expr_type want = n->op == CALL_LENGTH ? ET_TEXT : ET_NUMBER;

    n->inner = -1;
    n->constant = true;
    for (size_t i = 0; i < n->n_kids; i++) {
        if (n->op == CALL_IF && i == 0)
            TRY(check_condition(c, sc, n->kids[i]));
        else
            TRY(check_node(c, sc, n->kids[i]));
        TRY(check_scalar(c, n->kids[i]));
        if (is_business(n->kids[i]) || n->kids[i]->type == ET_SET)
            return expr_fail(c, "expr.type", n->kids[i]->src, STR_NONE,
                             "%.*s cannot be used in a function.",
                             STR_ARG(node_word(c, n->kids[i])));
        n->constant = n->constant && n->kids[i]->constant;
    }
    if (n->op == CALL_IF) {
        TRY(count_args(c, n, "if", 3, 3, "if(condition, value, other value)"));
        return unify(c, n, 1);
    }
    if (n->op == CALL_COALESCE) {
        TRY(count_args(c, n, "coalesce", 2, EXPR_ARGS_MAX,
                       "coalesce(first choice, second choice)"));
        return unify(c, n, 0);
    }
    if (n->op == CALL_ROUND)
        TRY(count_args(c, n, "round", 1, 2, "round(number) or round(number, decimals)"));
    else
        TRY(count_args(c, n, n->op == CALL_ABS ? "abs" : "length", 1, 1,
                       n->op == CALL_ABS ? "abs(number)" : "length(text)"));
    if (n->kids[0]->type != want)
        return expr_fail(c, "expr.type", n->kids[0]->src, STR_NONE,
                         "%.*s is %s; %s is needed here.", STR_ARG(node_word(c, n->kids[0])),
                         type_word(n->kids[0]->type), type_word(want));
    if (n->n_kids == 2 && (n->kids[1]->kind != NK_NUMBER || n->kids[1]->scale ||
                           n->kids[1]->i < 0 || n->kids[1]->i > SUM_SCALE))
        return expr_fail(c, "expr.type", n->kids[1]->src, STR_NONE,
                         "The number of decimals is a whole number from 0 to %d.", SUM_SCALE);
    n->type = ET_NUMBER;
    n->exact = n->op == CALL_LENGTH;
    return NULL;
}
