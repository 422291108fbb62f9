/* Types of nodes, and the way from a text to a compiled expression. */
#include "expr/expr_impl.h"

const char *type_word(enum expr_type type)
{
    switch (type) {
    case ET_BOOL:
        return "yes or no";
    case ET_NUMBER:
        return "a number";
    case ET_TEXT:
        return "a text";
    case ET_DATE:
        return "a date";
    case ET_INSTANT:
        return "a date-time";
    case ET_DURATION:
        return "a duration";
    case ET_REF:
        return "a reference";
    case ET_SET:
        return "a list of words";
    case ET_RELATED:
        return "a list of records";
    case ET_EMPTY:
        return "empty";
    case ET_ANY:
        break;
    }
    return "a value";
}

struct str node_word(struct compiler *c, const struct node *n)
{
    return n->src.len <= 60 ? n->src
                            : str_fmt(c->arena, "%.*s...", STR_ARG(str_sub(n->src, 0, 57)));
}

struct err *check_condition(struct compiler *c, const struct scope *sc, struct node *n)
{
    struct str word;

    TRY(check_node(c, sc, n));
    if (n->type == ET_BOOL)
        return NULL;
    word = node_word(c, n);
    if (n->kind == NK_RELATED)
        return expr_fail(c, "expr.type", n->src,
                         str_fmt(c->arena, "Write exists(%.*s) or count(%.*s) > 0.", STR_ARG(word),
                                 STR_ARG(word)),
                         "%.*s is a list of records, not a condition.", STR_ARG(word));
    return expr_fail(c, "expr.type", n->src,
                     n->kind == NK_FIELD
                         ? str_fmt(c->arena,
                                   "Write `%.*s is not empty`, or compare it with something.",
                                   STR_ARG(word))
                         : STR_NONE,
                     "%.*s is %s; a condition that is true or false is needed here.", STR_ARG(word),
                     type_word(n->type));
}

static struct err *check_junction(struct compiler *c, const struct scope *sc, struct node *n)
{
    n->type = ET_BOOL;
    n->constant = true;
    for (size_t i = 0; i < n->n_kids; i++) {
        TRY(check_condition(c, sc, n->kids[i]));
        n->constant = n->constant && n->kids[i]->constant;
    }
    return NULL;
}

static enum expr_type literal_type(const struct node *n)
{
    switch (n->kind) {
    case NK_EMPTY:
        return ET_EMPTY;
    case NK_BOOL:
        return ET_BOOL;
    case NK_NUMBER:
        return ET_NUMBER;
    case NK_TEXT:
        return n->s.len ? ET_TEXT : ET_EMPTY;
    case NK_DURATION:
        return ET_DURATION;
    case NK_TIME:
        return n->op == TW_NOW ? ET_INSTANT : ET_DATE;
    case NK_PERIOD:
    case NK_DATE:
        return ET_DATE;
    case NK_INSTANT:
        return ET_INSTANT;
    default:
        return ET_REF; /* NK_ME, NK_MY_TEAMS, NK_ID */
    }
}

struct err *check_node(struct compiler *c, const struct scope *sc, struct node *n)
{
    switch (n->kind) {
    case NK_NAME:
        return check_name(c, sc, n);
    case NK_NOT:
    case NK_AND:
    case NK_OR:
        return check_junction(c, sc, n);
    case NK_COMPARE:
        return check_compare(c, sc, n);
    case NK_IN:
        return check_in(c, sc, n);
    case NK_BETWEEN:
        return check_between(c, sc, n);
    case NK_IS_EMPTY:
        return check_is_empty(c, sc, n);
    case NK_CONTAINS:
    case NK_STARTS:
    case NK_ENDS:
        return check_search(c, sc, n);
    case NK_ARITH:
        return check_arith(c, sc, n);
    case NK_NEGATE:
        return check_negate(c, sc, n);
    case NK_AGGREGATE:
        return check_aggregate(c, sc, n);
    case NK_CHANGED:
    case NK_WAS:
        return check_change(c, sc, n);
    case NK_CALL:
        return check_call(c, sc, n);
    default:
        n->type = literal_type(n);
        n->constant = true;
        n->exact = n->type == ET_NUMBER;
        n->inner = -1;
        return NULL;
    }
}

static struct err *check_root(struct compiler *c, const struct scope *sc, struct node *root)
{
    struct str word;

    if (c->use & EXPR_CONDITION)
        return check_condition(c, sc, root);
    TRY(check_node(c, sc, root));
    word = node_word(c, root);
    if (root->type == ET_RELATED || root->kind == NK_MY_TEAMS || root->kind == NK_PERIOD)
        return expr_fail(c, "expr.type", root->src, STR_NONE, "%.*s is not one value.",
                         STR_ARG(word));
    if (root->kind == NK_DURATION && (root->dur.business_days || root->dur.business_us))
        return expr_fail(c, "expr.type", root->src,
                         STR("Add it to a moment: now + 2 business days."),
                         "Business time has no fixed length.");
    return NULL;
}

struct err *expr_compile(struct arena *arena, const struct expr_schema *schema, int object,
                         struct str text, unsigned use, const struct expr **out)
{
    struct compiler c = {.arena = arena, .schema = schema, .use = use};
    struct scope sc = {.object = object};
    struct node *root;
    struct expr *e;

    assert(object >= 0 && (size_t)object < schema->n_objects);
    assert(!(use & EXPR_CONDITION) != !(use & EXPR_VALUE));
    if (text.len > EXPR_BYTES_MAX)
        return FAIL(arena, ERR_INVALID, "expr.cost", NULL,
                    "The expression has %zu bytes; %d are allowed.", text.len, EXPR_BYTES_MAX);
    if (!utf8_valid(text))
        return FAIL(arena, ERR_INVALID, "expr.syntax", NULL,
                    "The expression is not well-formed UTF-8 text.");
    c.text = str_dup(arena, text);
    TRY(expr_lex(&c));
    TRY(expr_parse(&c, &root));
    TRY(check_root(&c, &sc, root));
    if (c.nodes > EXPR_NODES_MAX)
        return expr_fail(&c, "expr.cost", root->src,
                         STR("Split it, or move parts into formula fields of their own."),
                         "The expression has more than %d parts, formulas included.",
                         EXPR_NODES_MAX);
    e = NEW(arena, struct expr);
    *e = (struct expr){
        .schema = schema,
        .object = object,
        .text = c.text,
        .use = use,
        .root = root,
        .nodes = c.nodes,
        .arith = c.arith,
        .scaling = c.scaling,
        .related = c.related,
        .stack = stack_node(schema, root),
        .uses_time = c.uses_time,
    };
    if (e->stack > EXPR_STACK_MAX)
        return expr_fail(&c, "expr.cost", root->src,
                         STR("Split it, or save parts of it in fields of their own."),
                         "The expression is nested too deeply, formulas included.");
    *out = e;
    return NULL;
}

enum expr_type expr_result_type(const struct expr *e)
{
    return e->root->type;
}

int expr_result_scale(const struct expr *e)
{
    return e->root->type == ET_NUMBER && !e->root->exact ? -1 : e->root->scale;
}

int expr_object_of(const struct expr *e)
{
    return e->object;
}

struct str expr_text(const struct expr *e)
{
    return e->text;
}

bool expr_uses_time(const struct expr *e)
{
    return e->uses_time;
}

static size_t and_terms(const struct node *n)
{
    return n->kind == NK_AND ? n->n_kids : 1;
}

static void add_and_terms(struct node *root, const struct node *n)
{
    if (n->kind != NK_AND) {
        root->kids[root->n_kids++] =
            (struct node *)(uintptr_t)n; /* trees are immutable from here on */
        return;
    }
    for (size_t i = 0; i < n->n_kids; i++)
        root->kids[root->n_kids++] = n->kids[i];
}

const struct expr *expr_and(struct arena *arena, const struct expr *a, const struct expr *b)
{
    struct expr *e;
    struct node *root;

    if (!a || !b)
        return a ? a : b;
    assert(a->object == b->object && a->schema == b->schema);
    root = NEW(arena, struct node);
    root->kind = NK_AND;
    root->type = ET_BOOL;
    root->constant = a->root->constant && b->root->constant;
    root->kids = NEW_ARRAY(arena, and_terms(a->root) + and_terms(b->root), struct node *);
    add_and_terms(root, a->root); /* one flat chain: many joined rights do not nest */
    add_and_terms(root, b->root);
    e = NEW(arena, struct expr);
    *e = (struct expr){
        .schema = a->schema,
        .object = a->object,
        .use = a->use | b->use,
        .root = root,
        .nodes = a->nodes + b->nodes + 1,
        .arith = a->arith + b->arith,
        .scaling = a->scaling + b->scaling,
        .related = a->related + b->related,
        .stack = stack_node(a->schema, root),
        .uses_time = a->uses_time || b->uses_time,
        .text = str_fmt(arena, "(%.*s) and (%.*s)", STR_ARG(a->text), STR_ARG(b->text)),
    };
    root->src = e->text;
    return e;
}
