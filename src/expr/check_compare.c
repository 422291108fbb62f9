/* Comparisons: what may be compared with what, texts that mean dates or ids, options, constants to the right. */
#include "base/id.h"
#include "expr/expr_impl.h"

static struct err *cannot_compare(struct compiler *c, const struct node *n, const struct node *l,
                                  const struct node *r)
{
    struct str left = node_word(c, l), right = node_word(c, r), way_out = STR_NONE;

    if (l->type == ET_BOOL && r->type == ET_TEXT)
        way_out = STR("Write yes or no, without quotes.");
    else if (l->type == ET_NUMBER && r->type == ET_TEXT)
        way_out = STR("Write numbers without quotes.");
    else if (l->type == ET_TEXT && r->type == ET_NUMBER)
        way_out = STR("Write texts in quotes.");
    else if (l->type == ET_SET || r->type == ET_SET)
        way_out = str_fmt(c->arena, "Use `%.*s contains '...'` or `%.*s in ('...', '...')`.",
                          STR_ARG(left), STR_ARG(left));
    else if (l->type == ET_RELATED)
        way_out = str_fmt(c->arena, "Use count(%.*s), exists(%.*s where ...) or last(%.*s).field.",
                          STR_ARG(left), STR_ARG(left), STR_ARG(left));
    else if (l->type == ET_REF)
        way_out = str_fmt(c->arena,
                          "Compare it with me, with an id such as '123', or compare a field of it: "
                          "%.*s.name = '...'",
                          STR_ARG(left));
    else if (l->type == ET_DURATION || r->type == ET_DURATION)
        way_out = STR("Compare a moment with now - 3d, or a length of time with 3d.");
    else if ((l->type == ET_DATE && r->type == ET_INSTANT) ||
             (l->type == ET_INSTANT && r->type == ET_DATE))
        way_out = STR("Only today, now and other constants can be compared with both.");
    return expr_fail(c, "expr.type", n->src, way_out,
                     "%.*s is %s and cannot be compared with %.*s, which is %s.", STR_ARG(left),
                     type_word(l->type), STR_ARG(right), type_word(r->type));
}

static struct err *check_option(struct compiler *c, const struct node *literal,
                                const struct expr_field *f)
{
    struct str near;

    if (!f || f->n_options == 0 || literal->kind != NK_TEXT)
        return NULL;
    for (size_t i = 0; i < f->n_options; i++)
        if (str_eq(f->options[i], literal->s))
            return NULL;
    for (size_t i = 0; i < f->n_options; i++)
        if (str_eq_nocase(f->options[i], literal->s))
            return expr_fail(c, "expr.name", literal->src,
                             str_fmt(c->arena, "Did you mean '%.*s'?", STR_ARG(f->options[i])),
                             "'%.*s' is not an option of %.*s.",
                             STR_ARG(str_sub(literal->s, 0, 60)), STR_ARG(f->name));
    near = str_nearest(c->arena, literal->s, f->options, f->n_options);
    if (near.len)
        near = str_fmt(c->arena, "Did you mean '%.*s'?", STR_ARG(near));
    else if (f->n_options <= 12)
        near = str_fmt(c->arena, "The options are: %.*s.",
                       STR_ARG(str_join(c->arena, f->options, f->n_options, STR(", "))));
    return expr_fail(c, "expr.name", literal->src, near, "'%.*s' is not an option of %.*s.",
                     STR_ARG(str_sub(literal->s, 0, 60)), STR_ARG(f->name));
}

struct err *check_literal(struct compiler *c, struct node *n, const struct node *other)
{
    if (n->kind != NK_TEXT || n->type != ET_TEXT)
        return NULL;
    if (other->type == ET_TEXT || other->type == ET_SET)
        return check_option(c, n, node_field(c->schema, other));
    if (other->type == ET_DATE || other->type == ET_INSTANT) {
        if (date_parse(n->s, &n->i) && time_in_bounds(ET_DATE, n->i)) {
            n->kind = NK_DATE;
            n->type = ET_DATE;
        } else if (instant_parse(n->s, &n->i) && time_in_bounds(ET_INSTANT, n->i)) {
            n->kind = NK_INSTANT;
            n->type = ET_INSTANT;
        } else {
            return expr_fail(c, "expr.type", n->src,
                             STR("Write dates as '2026-01-31', moments as '2026-01-31T08:30:00Z'."),
                             "'%.*s' is not a date that exists.", STR_ARG(str_sub(n->s, 0, 60)));
        }
    } else if (other->type == ET_REF) {
        if (!id_parse(n->s, &n->i))
            return expr_fail(c, "expr.type", n->src,
                             str_fmt(c->arena,
                                     "Compare it with me, with an id such as '123', or compare a "
                                     "field of it: %.*s.name = '...'",
                                     STR_ARG(node_word(c, other))),
                             "'%.*s' is not the id of a record.", STR_ARG(str_sub(n->s, 0, 60)));
        n->kind = NK_ID;
        n->type = ET_REF;
        n->inner = -1;
    }
    return NULL;
}

static bool is_time(const struct node *n)
{
    return n->type == ET_DATE || n->type == ET_INSTANT;
}

static struct err *no_list_value(struct compiler *c, const struct node *n)
{
    if (n->kind == NK_MY_TEAMS)
        return expr_fail(c, "expr.type", n->src,
                         STR("Write `owner in my team` or `team in my teams`."),
                         "`my team` stands for several: it can only follow `in`.");
    if (n->kind == NK_DURATION && (n->dur.business_days || n->dur.business_us))
        return expr_fail(c, "expr.type", n->src,
                         STR("Count from a moment: created_at < now - 2 business days."),
                         "Business time has no fixed length, so it cannot be compared.");
    return NULL;
}

/* How l (any) compares with r; both are checked and r's literals are typed. Sets n->as. */
static struct err *compare_types(struct compiler *c, struct node *n, const struct node *l,
                                 const struct node *r, bool order)
{
    TRY(no_list_value(c, l));
    TRY(no_list_value(c, r));
    if (l->type == ET_RELATED || r->type == ET_RELATED || l->type == ET_SET || r->type == ET_SET ||
        l->type == ET_EMPTY || r->type == ET_EMPTY)
        return cannot_compare(c, n, l, r);
    if (is_time(l) && is_time(r)) {
        if (!r->constant && l->type != r->type)
            return cannot_compare(c, n, l, r);
        n->as = r->constant ? CA_RANGE : CA_INT;
        if (l->kind == NK_PERIOD)
            return expr_fail(c, "expr.type", n->src,
                             STR("Write a field on the left of the period."),
                             "A period cannot be compared with that.");
        return NULL;
    }
    if (l->type != r->type)
        return cannot_compare(c, n, l, r);
    if (order && (l->type == ET_BOOL || l->type == ET_REF))
        return expr_fail(c, "expr.type", n->src, STR("Use = or !=."),
                         "%.*s is %s; it has no order.", STR_ARG(node_word(c, l)),
                         type_word(l->type));
    if (l->type == ET_REF && l->inner >= 0 && r->inner >= 0 && l->inner != r->inner)
        return expr_fail(c, "expr.type", n->src, STR_NONE, "%.*s refers to %.*s, but %.*s to %.*s.",
                         STR_ARG(node_word(c, l)), STR_ARG(c->schema->objects[l->inner].name),
                         STR_ARG(node_word(c, r)), STR_ARG(c->schema->objects[r->inner].name));
    n->as = CA_INT;
    if (l->type == ET_TEXT)
        n->as = CA_TEXT;
    else if (l->type == ET_NUMBER && (!l->exact || !r->exact))
        n->as = CA_REAL;
    else if (l->type == ET_NUMBER && r->constant)
        n->as = CA_LITERAL;
    else if (l->type == ET_NUMBER && l->scale != r->scale)
        n->as = CA_SCALED;
    return NULL;
}

static bool to_the_right(const struct node *l, const struct node *r)
{
    return (l->constant && !r->constant) || (l->kind == NK_PERIOD && r->kind != NK_PERIOD) ||
           (l->type == ET_EMPTY && r->type != ET_EMPTY);
}

struct err *check_compare(struct compiler *c, const struct scope *sc, struct node *n)
{
    static const int mirror[] = {
        [CO_EQ] = CO_EQ, [CO_LT] = CO_GT, [CO_LE] = CO_GE, [CO_GT] = CO_LT, [CO_GE] = CO_LE};
    struct node *l, *r;

    n->type = ET_BOOL;
    TRY(check_node(c, sc, n->kids[0]));
    TRY(check_node(c, sc, n->kids[1]));
    if (to_the_right(n->kids[0], n->kids[1])) {
        struct node *swap = n->kids[0];

        n->kids[0] = n->kids[1];
        n->kids[1] = swap;
        n->op = mirror[n->op];
    }
    l = n->kids[0];
    r = n->kids[1];
    n->constant = l->constant && r->constant;
    if (r->type == ET_EMPTY) {
        if (n->op != CO_EQ)
            return expr_fail(c, "expr.type", n->src, STR("Use `is empty` or `is not empty`."),
                             "Nothing is smaller or larger than empty.");
        n->kind = NK_IS_EMPTY;
        n->n_kids = 1;
        if (l->type == ET_RELATED) {
            n->negated = !n->negated;
            return related_to_exists(c, n, l, NULL);
        }
        return no_list_value(c, l);
    }
    TRY(check_literal(c, r, l));
    TRY(check_literal(c, l, r));
    return compare_types(c, n, l, r, n->op != CO_EQ);
}

/* owner in my team: by the team of that user; team in my teams: as it stands. */
static struct err *check_my_teams(struct compiler *c, struct node *n)
{
    struct node *l = n->kids[0];
    const struct expr_object *o;
    int field;

    n->as = CA_TEAMS;
    if (l->type != ET_REF || l->inner < 0)
        return expr_fail(c, "expr.type", n->src,
                         STR("Write `owner in my team` or `team in my teams`."),
                         "%.*s is no user and no team.", STR_ARG(node_word(c, l)));
    o = &c->schema->objects[l->inner];
    if (str_eq(o->name, STR("team")))
        return NULL;
    if (l->kind != NK_FIELD || l->path.field < 0 || path_field(c->schema, &l->path)->formula ||
        !object_find_field(o, STR("team"), &field) || o->fields[field].value_type != ET_REF ||
        o->fields[field].formula)
        return expr_fail(c, "expr.type", n->src,
                         STR("Write `owner in my team` or `team in my teams`."),
                         "%.*s has no team.", STR_ARG(node_word(c, l)));
    if (l->path.n_hops == EXPR_HOPS_MAX)
        return expr_fail(c, "expr.cost", n->src, STR_NONE,
                         "A path may follow %d references at most.", EXPR_HOPS_MAX);
    l->path.hop[l->path.n_hops++] = (struct path_step){l->path.object, l->path.field};
    l->path.object = l->inner;
    l->path.field = field;
    l->inner = o->fields[field].to_object;
    return NULL;
}

/* The id of one of the related records, compared with items: contacts contains '123', contacts in ('123', '456'). */
static struct err *related_ids(struct compiler *c, struct node *n, enum node_kind kind)
{
    struct node *related = n->kids[0], *where = node_new(c, kind, n->src), *id;

    related->type = ET_REF; /* for the literals: ids are meant */
    id = node_new(c, NK_FIELD, related->src);
    id->type = ET_REF;
    id->inner = related->inner;
    id->path = (struct path){.object = related->inner, .field = -1};
    where->type = ET_BOOL;
    where->as = CA_INT;
    node_add_kid(c, where, id);
    for (size_t i = 1; i < n->n_kids; i++) {
        struct node *item = n->kids[i];

        TRY(check_literal(c, item, related));
        if (item->type != ET_REF || item->kind == NK_MY_TEAMS || !item->constant)
            return expr_fail(
                c, "expr.type", item->src,
                STR("Write me or an id such as '123', or use exists(... where ...)."),
                "A list of records contains records.");
        node_add_kid(c, where, item);
    }
    return related_to_exists(c, n, related, where);
}

struct err *check_in(struct compiler *c, const struct scope *sc, struct node *n)
{
    struct node *l = n->kids[0];

    n->type = ET_BOOL;
    TRY(check_node(c, sc, l));
    n->constant = l->constant;
    if (l->type == ET_RELATED) {
        for (size_t i = 1; i < n->n_kids; i++)
            TRY(check_node(c, sc, n->kids[i]));
        return related_ids(c, n, NK_IN);
    }
    for (size_t i = 1; i < n->n_kids; i++) {
        struct node *item = n->kids[i], pair = *n;

        TRY(check_node(c, sc, item));
        if (!item->constant)
            return expr_fail(c, "expr.type", item->src, STR("Join comparisons with `or` instead."),
                             "The list after `in` takes fixed values, not fields.");
        if (item->kind == NK_MY_TEAMS && n->n_kids == 2)
            return check_my_teams(c, n);
        if (item->type == ET_EMPTY)
            return expr_fail(c, "expr.type", item->src, STR("Add `or ... is empty`."),
                             "Empty cannot stand in a list.");
        TRY(check_literal(c, item, l));
        if (l->kind == NK_TEXT)
            TRY(check_literal(c, l, item));
        if (l->type == ET_SET && item->type == ET_TEXT) {
            n->as = CA_SET;
            continue;
        }
        TRY(compare_types(c, &pair, l, item, false));
        n->as = i > 1 && n->as == CA_REAL ? CA_REAL : pair.as;
    }
    return NULL;
}

struct err *check_between(struct compiler *c, const struct scope *sc, struct node *n)
{
    struct node *l = n->kids[0];
    enum compare_as as[2];

    n->type = ET_BOOL;
    TRY(check_node(c, sc, l));
    for (int i = 1; i <= 2; i++) {
        TRY(check_node(c, sc, n->kids[i]));
        if (n->kids[i]->type == ET_EMPTY)
            return expr_fail(c, "expr.type", n->kids[i]->src, STR_NONE,
                             "Nothing lies between empty and something.");
    }
    if (l->kind == NK_TEXT)
        TRY(check_literal(c, l, n->kids[1]));
    for (int i = 1; i <= 2; i++) {
        TRY(check_literal(c, n->kids[i], l));
        TRY(compare_types(c, n, l, n->kids[i], true));
        as[i - 1] = n->as;
    }
    n->constant = l->constant && n->kids[1]->constant && n->kids[2]->constant;
    /* Both bounds are compared one by one; each of them has its own way. */
    n->kids[1]->as = as[0];
    n->kids[2]->as = as[1];
    return NULL;
}

struct err *check_is_empty(struct compiler *c, const struct scope *sc, struct node *n)
{
    struct node *l = n->kids[0];

    n->type = ET_BOOL;
    TRY(check_node(c, sc, l));
    n->constant = l->constant;
    if (l->type == ET_RELATED) {
        n->negated = !n->negated;
        return related_to_exists(c, n, l, NULL);
    }
    return no_list_value(c, l);
}

static struct str phone_digits(struct arena *arena, struct str s)
{
    struct buf b = buf_new(arena, s.len);

    for (size_t i = 0; i < s.len; i++)
        if ((s.ptr[i] >= '0' && s.ptr[i] <= '9') || s.ptr[i] == '+')
            buf_add_char(&b, s.ptr[i]);
    return buf_str(&b);
}

struct err *check_search(struct compiler *c, const struct scope *sc, struct node *n)
{
    const char *what = n->kind == NK_CONTAINS ? "contains"
                       : n->kind == NK_STARTS ? "starts with"
                                              : "ends with";
    struct node *l = n->kids[0], *r = n->kids[1];
    const struct expr_field *f;

    n->type = ET_BOOL;
    TRY(check_node(c, sc, l));
    TRY(check_node(c, sc, r));
    if (l->type == ET_RELATED && n->kind == NK_CONTAINS)
        return related_ids(c, n, NK_COMPARE);
    if (r->kind != NK_TEXT)
        return expr_fail(c, "expr.type", r->src, STR_NONE,
                         "`%s` needs a text in quotes on its right.", what);
    if (l->type != ET_TEXT && !(l->type == ET_SET && n->kind == NK_CONTAINS))
        return expr_fail(
            c, "expr.type", n->src, l->type == ET_SET ? STR("Use contains.") : STR_NONE,
            "%.*s is %s; `%s` works on texts.", STR_ARG(node_word(c, l)), type_word(l->type), what);
    n->constant = l->constant;
    f = node_field(c->schema, l);
    if (l->type == ET_SET)
        TRY(check_literal(c, r, l));
    if (l->type == ET_SET)
        n->s = str_fmt(c->arena, "\x1f%.*s\x1f", STR_ARG(r->s));
    else if (f && field_has_fold(f))
        n->s = utf8_fold(c->arena, r->s);
    else if (f && f->type == FT_PHONE)
        n->s = phone_digits(c->arena, r->s);
    else
        n->s = str_lower_ascii(c->arena, r->s);
    if (n->s.len == 0 || r->s.len == 0)
        return expr_fail(c, "expr.type", r->src, STR("Write at least one letter or digit."),
                         "There is nothing in %.*s to look for.", STR_ARG(node_word(c, r)));
    return NULL;
}
