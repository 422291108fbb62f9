/* Why a record does or does not match: every term with what was found. */
#include "expr/expr_impl.h"

static struct expr_why explain_node(const struct evaluation *ev, const struct node *n);

static struct str words_of(const struct evaluation *ev, const struct node *n)
{
    struct buf out = buf_new(ev->arena, 96);

    words_node(&out, ev->schema, n);
    if (n->kind == NK_FIELD)
        buf_add(&out, STR(" is yes"));
    return buf_str(&out);
}

/* What a term looked at: its left side. */
static const struct node *looked_at(const struct node *n)
{
    switch (n->kind) {
    case NK_COMPARE:
    case NK_IN:
    case NK_BETWEEN:
    case NK_IS_EMPTY:
    case NK_CONTAINS:
    case NK_STARTS:
    case NK_ENDS:
        return n->kids[0];
    case NK_FIELD:
    case NK_WAS:
        return n;
    default:
        return NULL;
    }
}

static struct str term_words(const struct evaluation *ev, const struct node *n, bool value_holds)
{
    const struct node *left = looked_at(n);
    struct str words = words_of(ev, n);
    struct expr_val v;

    if (!left || left->type == ET_BOOL)
        return str_fmt(ev->arena, "%.*s: %s", STR_ARG(words), value_holds ? "yes" : "no");
    v = eval_node(ev, left);
    if (value_holds && (n->kind == NK_IS_EMPTY || (n->kind == NK_COMPARE && n->op == CO_EQ &&
                                                   !n->negated && n->as != CA_RANGE)))
        return str_fmt(ev->arena, "%.*s: yes", STR_ARG(words));
    return str_fmt(ev->arena, "%.*s: %s, it is %.*s", STR_ARG(words), value_holds ? "yes" : "no",
                   STR_ARG(words_value(ev->arena, v, time_zone(ev->env))));
}

static struct expr_why explain_node(const struct evaluation *ev, const struct node *n)
{
    struct expr_why why = {.text = n->src, .holds = eval_test(ev, n)};

    if (n->kind != NK_AND && n->kind != NK_OR && n->kind != NK_NOT) {
        why.words = term_words(ev, n, why.holds);
        return why;
    }
    why.any = n->kind == NK_OR;
    why.n_parts = n->n_kids;
    why.parts = NEW_ARRAY(ev->arena, n->n_kids, struct expr_why);
    for (size_t i = 0; i < n->n_kids; i++)
        why.parts[i] = explain_node(ev, n->kids[i]);
    why.words = str_fmt(ev->arena, "%s: %s",
                        n->kind == NK_AND  ? "all of these"
                        : n->kind == NK_OR ? "any of these"
                                           : "not this",
                        why.holds ? "yes" : "no");
    return why;
}

struct expr_why *expr_explain(struct arena *arena, const struct expr *e,
                              const struct expr_record *rec, const struct expr_env *env)
{
    struct evaluation ev = {.arena = arena, .schema = e->schema, .env = env, .rec = rec};
    struct expr_why *why = NEW(arena, struct expr_why);

    *why = explain_node(&ev, e->root);
    return why;
}
