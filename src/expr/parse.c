/* Tokens to an untyped tree: recursive descent, one function per level of precedence.
 *
 *   or < and < not < comparison < + - || < * / < - (sign) < primary
 */
#include "expr/expr_impl.h"

static struct err *parse_or(struct compiler *c, struct node **out);
static struct err *parse_sum(struct compiler *c, struct node **out);

struct str src_span(struct str from, struct str to)
{
    if (!from.ptr || !to.ptr || to.ptr < from.ptr)
        return from;
    return (struct str){from.ptr, (size_t)(to.ptr + to.len - from.ptr)};
}

struct node *node_new(struct compiler *c, enum node_kind kind, struct str src)
{
    struct node *n = NEW(c->arena, struct node);

    c->nodes++;
    n->kind = kind;
    n->src = src;
    return n;
}

void node_add_kid(struct compiler *c, struct node *n, struct node *kid)
{
    /* Capacity is the next power of two, so it needs no field of its own. */
    if ((n->n_kids & (n->n_kids - 1)) == 0) {
        size_t cap = n->n_kids ? n->n_kids * 2 : 1;

        n->kids = arena_grow(c->arena, n->kids, n->n_kids * sizeof(struct node *),
                             cap * sizeof(struct node *));
    }
    n->kids[n->n_kids++] = kid;
}

static struct token *peek(struct compiler *c)
{
    return &c->tokens.at[c->at];
}

static struct token *peek_at(struct compiler *c, size_t ahead)
{
    return &c->tokens.at[c->at + ahead < c->tokens.n ? c->at + ahead : c->tokens.n - 1];
}

static struct str last_src(struct compiler *c)
{
    return c->tokens.at[c->at ? c->at - 1 : 0].src;
}

static bool is_word(const struct token *t, const char *word)
{
    return t->kind == TK_WORD && str_eq_nocase(t->text, str_from(word));
}

static bool is_op(const struct token *t, int op)
{
    return t->kind == TK_OP && t->op == op;
}

static bool take_word(struct compiler *c, const char *word)
{
    if (!is_word(peek(c), word))
        return false;
    c->at++;
    return true;
}

static bool take_op(struct compiler *c, int op)
{
    if (!is_op(peek(c), op))
        return false;
    c->at++;
    return true;
}

static struct err *unexpected(struct compiler *c, const char *wanted)
{
    struct token *t = peek(c);

    if (t->kind == TK_END)
        return expr_fail(c, "expr.syntax", t->src, STR_NONE,
                         "The expression ends where %s should follow.", wanted);
    return expr_fail(c, "expr.syntax", t->src, STR_NONE, "'%.*s' cannot stand here; %s should.",
                     STR_ARG(str_sub(t->src, 0, 60)), wanted);
}

static struct err *expect_op(struct compiler *c, int op, const char *wanted)
{
    return take_op(c, op) ? NULL : unexpected(c, wanted);
}

static struct err *deeper(struct compiler *c)
{
    if (++c->depth > EXPR_DEPTH_MAX)
        return expr_fail(c, "expr.cost", peek(c)->src,
                         STR("Split it, or move parts into formula fields of their own."),
                         "The expression is nested deeper than %d levels.", EXPR_DEPTH_MAX);
    return NULL;
}

/* name.name.name */
static struct err *parse_parts(struct compiler *c, struct str **parts, size_t *n)
{
    VEC(struct str) v = {0};

    do {
        struct token *t = peek(c);

        if (t->kind != TK_WORD && t->kind != TK_QUOTED)
            return unexpected(c, "a name");
        if (v.n == 0 && t->kind == TK_WORD && expr_reserved(t->text))
            return unexpected(c, "a name");
        VEC_PUSH(c->arena, v) = t->text;
        c->at++;
    } while (take_op(c, '.'));
    *parts = v.at;
    *n = v.n;
    return NULL;
}

static int unit_of(struct str s, const char *const *words, int n)
{
    for (int i = 0; i < n; i++)
        if (str_eq_nocase(s, str_from(words[i])))
            return i;
    return -1;
}

/* 30m is one token; 2 business days, 4 business hours, 3 days, 24 hours are words after a number. */
static struct err *parse_duration(struct compiler *c, struct node **out, bool *found)
{
    static const char *const units[] = {"minute", "minutes", "hour", "hours",
                                        "day",    "days",    "week", "weeks"};
    static const int64_t unit_us[] = {US_PER_MINUTE, US_PER_HOUR, US_PER_DAY, 7 * US_PER_DAY};
    struct token *t = peek(c);
    bool business = t->kind == TK_NUMBER && is_word(peek_at(c, 1), "business");
    struct token *word = peek_at(c, business ? 2 : 1);
    int unit;

    *found = false;
    if (t->kind == TK_SPAN)
        unit = t->text.ptr[0] == 'm'   ? 0
               : t->text.ptr[0] == 'h' ? 1
               : t->text.ptr[0] == 'd' ? 2
                                       : 3;
    else if (t->kind == TK_NUMBER && word->kind == TK_WORD)
        unit = unit_of(word->text, units, 8) >= 0 ? unit_of(word->text, units, 8) / 2 : -1;
    else
        unit = -1;
    if (unit < 0 && !business)
        return NULL;
    *found = true;
    if (business && unit != 1 && unit != 2)
        return expr_fail(c, "expr.syntax", word->src,
                         STR("Write 2 business days or 4 business hours."),
                         "Business time is counted in days or hours.");
    if (t->kind != TK_SPAN)
        c->at += business ? 2 : 1;
    c->at++;
    *out = node_new(c, NK_DURATION, src_span(t->src, last_src(c)));
    if (t->scale || t->i > TIME_US_MAX / unit_us[unit])
        return expr_fail(
            c, "expr.syntax", t->src, STR("Use a smaller unit, such as 90m instead of 1.5 hours."),
            "A duration is a whole number of minutes, hours, days or weeks, up to 15,000 years.");
    if (business && unit == 2)
        (*out)->dur.business_days = t->i;
    else if (business)
        (*out)->dur.business_us = t->i * unit_us[unit];
    else
        (*out)->dur.us = t->i * unit_us[unit];
    if (business &&
        ((*out)->dur.business_days > 3650 || (*out)->dur.business_us > 3650 * 24 * US_PER_HOUR))
        return expr_fail(c, "expr.cost", t->src, STR_NONE,
                         "Business time may reach 3,650 days at most.");
    return NULL;
}

static struct err *parse_aggregate(struct compiler *c, int op, struct str start, struct node **out)
{
    struct node *n = NULL, *where = NULL;

    n = node_new(c, NK_AGGREGATE, start);
    n->op = op;
    TRY(parse_parts(c, &n->parts, &n->n_parts));
    if (take_word(c, "where"))
        TRY(parse_or(c, &where));
    TRY(expect_op(c, ')', "`where` or `)`"));
    node_add_kid(c, n, where);
    node_add_kid(c, n, NULL);
    if (op == AO_LAST || op == AO_FIRST) {
        if (!take_op(c, '.'))
            return expr_fail(c, "expr.syntax", src_span(start, last_src(c)),
                             STR("Say which field of it: last(activities).at"),
                             "%s(...) gives a record, not a value.",
                             op == AO_LAST ? "last" : "first");
        TRY(parse_parts(c, &n->value_parts, &n->n_value_parts));
    }
    n->src = src_span(start, last_src(c));
    *out = n;
    return NULL;
}

static struct err *parse_call(struct compiler *c, struct node **out)
{
    static const char *const aggregates[] = {"count", "exists", "sum",  "avg",
                                             "min",   "max",    "last", "first"};
    static const char *const calls[] = {"abs", "round", "length", "coalesce", "if"};
    struct token *name = peek(c);
    struct node *n;
    int op;

    c->at += 2;
    TRY(deeper(c));
    if ((op = unit_of(name->text, aggregates, 8)) >= 0) {
        TRY(parse_aggregate(c, op, name->src, out));
    } else if (is_word(name, "changed") || is_word(name, "was")) {
        n = node_new(c, is_word(name, "was") ? NK_WAS : NK_CHANGED, name->src);
        TRY(parse_parts(c, &n->parts, &n->n_parts));
        TRY(expect_op(c, ')', "`)`"));
        n->src = src_span(name->src, last_src(c));
        *out = n;
    } else if ((op = unit_of(name->text, calls, 5)) >= 0) {
        n = node_new(c, NK_CALL, name->src);
        n->op = op;
        do {
            struct node *arg;

            TRY(parse_or(c, &arg));
            node_add_kid(c, n, arg);
        } while (take_op(c, ','));
        TRY(expect_op(c, ')', "`,` or `)`"));
        n->src = src_span(name->src, last_src(c));
        *out = n;
    } else {
        struct str names[64], near;
        size_t count = 0;

        for (size_t i = 0; expr_functions[i].name && count < 64; i++) {
            struct str word = str_from(expr_functions[i].name);

            if (str_starts(str_from(expr_functions[i].signature), word) &&
                expr_functions[i].signature[word.len] == '(')
                names[count++] = word;
        }
        near = str_nearest(c->arena, name->text, names, count);
        return expr_fail(c, "expr.name", name->src,
                         near.len ? str_fmt(c->arena, "Did you mean %.*s(...)?", STR_ARG(near))
                                  : STR_NONE,
                         "There is no function %.*s.", STR_ARG(str_sub(name->text, 0, 60)));
    }
    c->depth--;
    return NULL;
}

/* now, today, this month, me, my team, yes, no, empty. */
static struct err *parse_word(struct compiler *c, struct node **out, bool *found)
{
    static const char *const time_words[] = {"now", "today", "yesterday", "tomorrow"};
    static const char *const which[] = {"last", "this", "next"};
    static const char *const units[] = {"week", "month", "quarter", "year"};
    struct token *t = peek(c), *next = peek_at(c, 1);
    int op;

    *found = true;
    if ((op = unit_of(t->text, time_words, 4)) >= 0) {
        c->at++;
        *out = node_new(c, NK_TIME, t->src);
        (*out)->op = op;
        c->uses_time = true;
        return NULL;
    }
    if (next->kind == TK_WORD && (op = unit_of(t->text, which, 3)) >= 0 &&
        unit_of(next->text, units, 4) >= 0) {
        c->at += 2;
        *out = node_new(c, NK_PERIOD, src_span(t->src, next->src));
        (*out)->op = unit_of(next->text, units, 4);
        (*out)->i = op - 1;
        c->uses_time = true;
        return NULL;
    }
    if (is_word(t, "my") && (is_word(next, "team") || is_word(next, "teams"))) {
        c->at += 2;
        *out = node_new(c, NK_MY_TEAMS, src_span(t->src, next->src));
        return NULL;
    }
    if (is_word(t, "me")) {
        c->at++;
        *out = node_new(c, NK_ME, t->src);
        return NULL;
    }
    if (is_word(t, "empty")) {
        c->at++;
        *out = node_new(c, NK_EMPTY, t->src);
        return NULL;
    }
    if (is_word(t, "yes") || is_word(t, "true") || is_word(t, "no") || is_word(t, "false")) {
        c->at++;
        *out = node_new(c, NK_BOOL, t->src);
        (*out)->b = is_word(t, "yes") || is_word(t, "true");
        return NULL;
    }
    *found = false;
    return NULL;
}

static struct err *parse_primary(struct compiler *c, struct node **out)
{
    struct token *t = peek(c);
    bool found;

    TRY(parse_duration(c, out, &found));
    if (found)
        return NULL;
    switch (t->kind) {
    case TK_NUMBER:
        c->at++;
        *out = node_new(c, NK_NUMBER, t->src);
        (*out)->i = t->i;
        (*out)->scale = t->scale;
        return NULL;
    case TK_TEXT:
        c->at++;
        *out = node_new(c, NK_TEXT, t->src);
        (*out)->s = t->text;
        return NULL;
    case TK_OP:
        if (t->op != '(')
            break;
        c->at++;
        TRY(deeper(c));
        TRY(parse_or(c, out));
        TRY(expect_op(c, ')', "`)`"));
        c->depth--;
        return NULL;
    case TK_WORD:
        if (is_op(peek_at(c, 1), '('))
            return parse_call(c, out);
        TRY(parse_word(c, out, &found));
        if (found)
            return NULL;
        if (expr_reserved(t->text))
            break;
        /* fall through */
    case TK_QUOTED:
        *out = node_new(c, NK_NAME, t->src);
        TRY(parse_parts(c, &(*out)->parts, &(*out)->n_parts));
        (*out)->src = src_span(t->src, last_src(c));
        return NULL;
    default:
        break;
    }
    return unexpected(c, "a field, a value or `(`");
}

static struct err *parse_sign(struct compiler *c, struct node **out)
{
    struct token *t = peek(c);
    struct node *kid = NULL;

    if (!take_op(c, '-'))
        return parse_primary(c, out);
    TRY(deeper(c));
    TRY(parse_sign(c, &kid));
    assert(kid);
    c->depth--;
    if (kid->kind == NK_NUMBER && kid->i > 0) { /* a negative literal stays exact */
        kid->i = -kid->i;
        kid->src = src_span(t->src, kid->src);
        *out = kid;
        return NULL;
    }
    *out = node_new(c, NK_NEGATE, src_span(t->src, kid->src));
    node_add_kid(c, *out, kid);
    return NULL;
}

static struct err *parse_chain(struct compiler *c, bool product, struct node **out)
{
    struct err *(*next)(struct compiler *, struct node **) = product ? parse_sign : NULL;
    struct str start = peek(c)->src;

    TRY(next ? next(c, out) : parse_chain(c, true, out));
    for (;;) {
        struct token *t = peek(c);
        struct node *n, *right;

        if (t->kind != TK_OP || !(product ? t->op == '*' || t->op == '/'
                                          : t->op == '+' || t->op == '-' || t->op == '|'))
            return NULL;
        c->at++;
        TRY(next ? next(c, &right) : parse_chain(c, true, &right));
        n = node_new(c, NK_ARITH, src_span(start, last_src(c)));
        n->op = t->op == '|' ? '+' : t->op;
        node_add_kid(c, n, *out);
        node_add_kid(c, n, right);
        *out = n;
        c->scaling += product;
        if (++c->arith > EXPR_ARITH_MAX || c->scaling > EXPR_SCALING_MAX)
            return expr_fail(c, "expr.cost", t->src, STR_NONE,
                             "An expression may calculate with %d signs + - * / at most, %d of "
                             "them * or /, formulas included.",
                             EXPR_ARITH_MAX, EXPR_SCALING_MAX);
    }
}

static struct err *parse_sum(struct compiler *c, struct node **out)
{
    return parse_chain(c, false, out);
}

static struct err *parse_list(struct compiler *c, struct node *n)
{
    struct node *item;

    if (!take_op(c, '(')) {
        TRY(parse_sum(c, &item));
        node_add_kid(c, n, item);
        return NULL;
    }
    do {
        TRY(parse_sum(c, &item));
        node_add_kid(c, n, item);
    } while (take_op(c, ','));
    return expect_op(c, ')', "`,` or `)`");
}

/* The part after the left side: n is made, its kid 0 set, by the caller. */
static struct err *parse_test(struct compiler *c, struct node *n)
{
    struct node *right;

    if (take_word(c, "in")) {
        n->kind = NK_IN;
        return parse_list(c, n);
    }
    if (take_word(c, "between")) {
        n->kind = NK_BETWEEN;
        TRY(parse_sum(c, &right));
        node_add_kid(c, n, right);
        if (!take_word(c, "and"))
            return unexpected(c, "`and` and the upper bound");
    } else if (take_word(c, "contains")) {
        n->kind = NK_CONTAINS;
    } else {
        n->kind = is_word(peek(c), "starts") ? NK_STARTS : NK_ENDS;
        c->at++;
        if (!take_word(c, "with"))
            return unexpected(c, "`with`");
    }
    TRY(parse_sum(c, &right));
    node_add_kid(c, n, right);
    return NULL;
}

static bool starts_test(const struct token *t)
{
    return is_word(t, "in") || is_word(t, "between") || is_word(t, "contains") ||
           is_word(t, "starts") || is_word(t, "ends");
}

static struct err *parse_comparison(struct compiler *c, struct node **out)
{
    static const struct {
        int token, op;
    } compares[] = {{'=', CO_EQ}, {'!', CO_EQ}, {'<', CO_LT},
                    {'l', CO_LE}, {'>', CO_GT}, {'g', CO_GE}};
    struct str start = peek(c)->src;
    struct node *n, *right;
    struct token *t;

    TRY(parse_sum(c, out));
    t = peek(c);
    if (is_word(t, "is")) {
        n = node_new(c, NK_IS_EMPTY, start);
        c->at++;
        n->negated = take_word(c, "not");
        if (!take_word(c, "empty"))
            return unexpected(c, n->negated ? "`empty`" : "`empty` or `not empty`");
        node_add_kid(c, n, *out);
    } else if (starts_test(t) || (is_word(t, "not") && starts_test(peek_at(c, 1)))) {
        n = node_new(c, NK_IN, start);
        n->negated = take_word(c, "not");
        node_add_kid(c, n, *out);
        TRY(parse_test(c, n));
    } else {
        n = NULL;
        for (size_t i = 0; i < sizeof compares / sizeof *compares && !n; i++)
            if (is_op(t, compares[i].token)) {
                n = node_new(c, NK_COMPARE, start);
                n->op = compares[i].op;
                n->negated = t->op == '!';
            }
        if (!n)
            return NULL;
        c->at++;
        TRY(parse_sum(c, &right));
        node_add_kid(c, n, *out);
        node_add_kid(c, n, right);
    }
    n->src = src_span(start, last_src(c));
    *out = n;
    t = peek(c);
    for (size_t i = 0; i < sizeof compares / sizeof *compares; i++)
        if (is_op(t, compares[i].token))
            return expr_fail(c, "expr.syntax", t->src,
                             STR("Join two comparisons with `and`, or use `between`."),
                             "A comparison cannot follow a comparison.");
    return NULL;
}

static struct err *parse_not(struct compiler *c, struct node **out)
{
    struct token *t = peek(c);
    struct node *kid;

    if (!take_word(c, "not"))
        return parse_comparison(c, out);
    TRY(deeper(c));
    TRY(parse_not(c, &kid));
    c->depth--;
    *out = node_new(c, NK_NOT, src_span(t->src, last_src(c)));
    node_add_kid(c, *out, kid);
    return NULL;
}

/* and / or: one node for a whole chain, so that long filters stay flat. */
static struct err *parse_junction(struct compiler *c, bool is_or, struct node **out)
{
    struct str start = peek(c)->src;
    struct node *n = NULL, *kid;

    for (;;) {
        TRY(is_or ? parse_junction(c, false, &kid) : parse_not(c, &kid));
        if (!n && !is_word(peek(c), is_or ? "or" : "and")) {
            *out = kid;
            return NULL;
        }
        if (!n)
            n = node_new(c, is_or ? NK_OR : NK_AND, start);
        node_add_kid(c, n, kid);
        if (!take_word(c, is_or ? "or" : "and"))
            break;
    }
    n->src = src_span(start, last_src(c));
    *out = n;
    return NULL;
}

static struct err *parse_or(struct compiler *c, struct node **out)
{
    return parse_junction(c, true, out);
}

struct err *expr_parse(struct compiler *c, struct node **out)
{
    if (peek(c)->kind == TK_END)
        return expr_fail(c, "expr.syntax", peek(c)->src,
                         STR("Write a condition such as: status = 'New'"),
                         "The expression is empty.");
    TRY(parse_or(c, out));
    if (peek(c)->kind != TK_END)
        return unexpected(c, "`and`, `or` or the end");
    return NULL;
}
