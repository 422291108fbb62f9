/* Expressions in plain words, for explanations, tasks and the pages people read. */
#include "expr/expr_impl.h"

#include <string.h>

static void words_at(struct buf *out, const struct expr_schema *schema, const struct node *n);

/* decision_maker: decision maker */
static void words_name(struct buf *out, struct str name)
{
    for (size_t i = 0; i < name.len; i++)
        buf_add_char(out, name.ptr[i] == '_' ? ' ' : name.ptr[i]);
}

static void words_hops(struct buf *out, const struct expr_schema *schema, const struct path *path)
{
    if (path->up)
        buf_add(out, path->up > 1 ? STR("the outermost record's ") : STR("this record's "));
    for (int i = 0; i < path->n_hops; i++) {
        words_name(out, schema->objects[path->hop[i].object].fields[path->hop[i].field].name);
        buf_add(out, STR("'s "));
    }
}

static void words_path(struct buf *out, const struct expr_schema *schema, const struct path *path)
{
    const struct expr_field *f = path_field(schema, path);

    words_hops(out, schema, path);
    words_name(out, f ? f->name : STR("id"));
}

static void words_duration(struct buf *out, struct duration d)
{
    int64_t n = d.us / US_PER_MINUTE;
    const char *unit = "minute";

    if (d.business_days || d.business_us) {
        print_duration(out, d);
        return;
    }
    if (d.us % US_PER_DAY == 0) {
        n = d.us / US_PER_DAY;
        unit = "day";
    } else if (d.us % US_PER_HOUR == 0) {
        n = d.us / US_PER_HOUR;
        unit = "hour";
    }
    buf_fmt(out, "%lld %s%s", (long long)n, unit, n == 1 ? "" : "s");
}

struct str words_value(struct arena *arena, struct expr_val v, const struct zone *zone)
{
    struct buf out = buf_new(arena, 64);
    struct civil at;
    struct str rest, part;
    bool first = true;

    switch (v.type) {
    case ET_BOOL:
        return v.b ? STR("yes") : STR("no");
    case ET_NUMBER:
        if (v.exact)
            return str_from_scaled(arena, v.i, v.scale, true);
        return str_fmt(arena, "%.10g", v.d);
    case ET_TEXT:
        return v.s.len <= 200 ? v.s : str_fmt(arena, "%.*s...", STR_ARG(str_sub(v.s, 0, 200)));
    case ET_SET:
        for (rest = v.s; str_cut(&rest, '\x1f', &part);) {
            if (!part.len)
                continue;
            buf_fmt(&out, "%s%.*s", first ? "" : ", ", STR_ARG(part));
            first = false;
        }
        return buf_str(&out);
    case ET_DATE:
        return date_text(arena, v.i);
    case ET_INSTANT:
        at = zone_civil(zone, v.i);
        return str_fmt(arena, "%04d-%02d-%02d %02d:%02d", at.year, at.month, at.day, at.hour,
                       at.minute);
    case ET_DURATION:
        words_duration(&out, (struct duration){.us = v.i});
        return buf_str(&out);
    case ET_REF:
        return str_fmt(arena, "%lld", (long long)v.i);
    default:
        return STR("empty");
    }
}

static void words_aggregate(struct buf *out, const struct expr_schema *schema, const struct node *n)
{
    static const char *const measure[] = {"the number of ",
                                          "",
                                          "the total ",
                                          "the average ",
                                          "the smallest ",
                                          "the largest ",
                                          "",
                                          ""};

    if (n->op == AO_EXISTS)
        buf_add(out, n->negated ? STR("there are no ") : STR("there are "));
    buf_add(out, str_from(measure[n->op]));
    if (n->kids[1]) {
        words_path(out, schema, &n->kids[1]->path);
        buf_add(out, n->op == AO_LAST    ? STR(" of the last of the ")
                     : n->op == AO_FIRST ? STR(" of the first of the ")
                                         : STR(" of "));
    }
    words_hops(out, schema, &n->path);
    words_name(out, schema->objects[n->path.object].relations[n->relation].name);
    if (n->kids[0] && n->kids[0]->kind == NK_OPEN) {
        buf_add(out, STR(" that are open"));
    } else if (n->kids[0]) {
        buf_add(out, STR(" where "));
        words_node(out, schema, n->kids[0]);
    }
}

/* now or today, moved by a duration */
static bool is_moved_clock(const struct node *n)
{
    return n->kind == NK_ARITH && (n->op == '-' || n->op == '+') && n->kids[0]->kind == NK_TIME &&
           (n->kids[0]->op == TW_NOW || n->kids[0]->op == TW_TODAY) && n->kids[1]->kind == NK_DURATION;
}

static void words_moved_clock(struct buf *out, const struct node *n)
{
    words_duration(out, n->kids[1]->dur);
    buf_add(out, n->op == '-' ? STR(" ago") : STR(" from now"));
}

static void words_compare(struct buf *out, const struct expr_schema *schema, const struct node *n)
{
    static const char *const number[] = {[CO_EQ] = " is ",
                                         [CO_LT] = " is less than ",
                                         [CO_LE] = " is at most ",
                                         [CO_GT] = " is more than ",
                                         [CO_GE] = " is at least "};
    static const char *const moment[] = {[CO_EQ] = " is ",
                                         [CO_LT] = " is before ",
                                         [CO_LE] = " is no later than ",
                                         [CO_GT] = " is after ",
                                         [CO_GE] = " is no earlier than "};
    static const char *const ago[] = {[CO_EQ] = " is ",
                                      [CO_LT] = " is more than ",
                                      [CO_LE] = " is at least ",
                                      [CO_GT] = " is less than ",
                                      [CO_GE] = " is no more than "};
    const struct node *l = n->kids[0], *r = n->kids[1];
    bool time = l->type == ET_DATE || l->type == ET_INSTANT;
    bool past = is_moved_clock(r) && r->op == '-';

    words_at(out, schema, l);
    buf_add(out, n->negated ? STR(" is not ") : str_from((past ? ago : time ? moment : number)[n->op]));
    if (n->op == CO_EQ && r->kind == NK_PERIOD)
        buf_add(out, STR("in "));
    words_at(out, schema, r);
}

static void words_empty(struct buf *out, const struct expr_schema *schema, const struct node *n)
{
    size_t at;

    if (n->kids[0]->kind != NK_FIELD || n->kids[0]->path.n_hops || n->kids[0]->path.up) {
        words_at(out, schema, n->kids[0]);
        buf_add(out, n->negated ? STR(" is not empty") : STR(" is empty"));
        return;
    }
    buf_add(out, n->negated ? STR("there is a ") : STR("there is no "));
    at = out->len;
    words_at(out, schema, n->kids[0]);
    if (n->negated && out->len > at && strchr("aeio", out->ptr[at])) { /* a becomes an */
        struct str name = str_dup(out->arena, (struct str){out->ptr + at, out->len - at});

        out->len = at - 1;
        buf_add(out, STR("n "));
        buf_add(out, name);
    }
}

static void words_in(struct buf *out, const struct expr_schema *schema, const struct node *n)
{
    words_at(out, schema, n->kids[0]);
    if (n->kids[1]->kind == NK_PERIOD || n->kids[1]->kind == NK_MY_TEAMS) {
        buf_add(out, n->negated ? STR(" is not in ") : STR(" is in "));
    } else if (n->as == CA_SET) {
        buf_add(out, n->negated ? STR(" has none of ") : STR(" has any of "));
    } else {
        buf_add(out, n->negated      ? STR(" is none of ")
                     : n->n_kids > 2 ? STR(" is one of ")
                                     : STR(" is "));
    }
    for (size_t i = 1; i < n->n_kids; i++) {
        if (i > 1)
            buf_add(out, i + 1 == n->n_kids ? STR(" or ") : STR(", "));
        words_at(out, schema, n->kids[i]);
    }
}

static void words_test(struct buf *out, const struct expr_schema *schema, const struct node *n)
{
    const char *verb = n->kind == NK_CONTAINS ? "contain"
                       : n->kind == NK_STARTS ? "start with"
                                              : "end with";

    switch (n->kind) {
    case NK_COMPARE:
        words_compare(out, schema, n);
        return;
    case NK_IS_EMPTY:
        words_empty(out, schema, n);
        return;
    case NK_IN:
        words_in(out, schema, n);
        return;
    case NK_BETWEEN:
        words_at(out, schema, n->kids[0]);
        buf_add(out, n->negated ? STR(" is not between ") : STR(" is between "));
        words_at(out, schema, n->kids[1]);
        buf_add(out, STR(" and "));
        words_at(out, schema, n->kids[2]);
        return;
    default:
        words_at(out, schema, n->kids[0]);
        if (n->negated)
            buf_fmt(out, " does not %s ", verb);
        else if (n->kind == NK_CONTAINS)
            buf_add(out, STR(" contains "));
        else
            buf_fmt(out, n->kind == NK_STARTS ? " starts with " : " ends with ");
        if (n->kids[1]->kind == NK_TEXT)
            buf_fmt(out, "\"%.*s\"", STR_ARG(n->kids[1]->s));
        else
            words_at(out, schema, n->kids[1]);
    }
}

static void words_call(struct buf *out, const struct expr_schema *schema, const struct node *n)
{
    static const char *const before[] = {"the size of ", "rounded ", "the length of ",
                                         "the first known of ", "if "};

    buf_add(out, str_from(before[n->op]));
    for (size_t i = 0; i < n->n_kids; i++) {
        if (i)
            buf_add(out, n->op == CALL_IF      ? (i == 1 ? STR(" then ") : STR(" else "))
                         : n->op == CALL_ROUND ? STR(" to decimals: ")
                         : i + 1 == n->n_kids  ? STR(" and ")
                                               : STR(", "));
        words_at(out, schema, n->kids[i]);
    }
}

static void words_literal(struct buf *out, const struct expr_schema *schema, const struct node *n)
{
    switch (n->kind) {
    case NK_TEXT:
    case NK_DATE:
    case NK_INSTANT:
    case NK_ID:
        buf_add(out, n->s.len ? n->s : STR("empty"));
        break;
    case NK_DURATION:
        words_duration(out, n->dur);
        break;
    default:
        print_node(out, schema, n);
        break;
    }
}

/* A part; brackets where its and/or could be read with the wrong neighbour. */
static void words_at(struct buf *out, const struct expr_schema *schema, const struct node *n)
{
    bool wrap = n->kind == NK_AND || n->kind == NK_OR || (n->kind == NK_CALL && n->op == CALL_IF);

    if (wrap)
        buf_add_char(out, '(');
    words_node(out, schema, n);
    if (wrap)
        buf_add_char(out, ')');
}

/* A field alone, where a condition is expected. */
static void words_part(struct buf *out, const struct expr_schema *schema, const struct node *n)
{
    words_at(out, schema, n);
    if (n->type == ET_BOOL && (n->kind == NK_FIELD || n->kind == NK_WAS ||
                               (n->kind == NK_AGGREGATE && n->op != AO_EXISTS)))
        buf_add(out, STR(" is yes"));
}

void words_node(struct buf *out, const struct expr_schema *schema, const struct node *n)
{
    switch (n->kind) {
    case NK_AND:
    case NK_OR:
        for (size_t i = 0; i < n->n_kids; i++) {
            if (i)
                buf_add(out, n->kind == NK_AND ? STR(" and ") : STR(" or "));
            words_part(out, schema, n->kids[i]);
        }
        break;
    case NK_NOT:
        if (n->kids[0]->kind == NK_AGGREGATE && n->kids[0]->op == AO_EXISTS) {
            struct node flipped = *n->kids[0];

            flipped.negated = !flipped.negated;
            words_aggregate(out, schema, &flipped);
            break;
        }
        if (n->kids[0]->kind == NK_OPEN && n->kids[0]->path.n_hops == 0) {
            buf_add(out, STR("it is not open"));
            break;
        }
        buf_add(out, STR("it is not so that "));
        words_part(out, schema, n->kids[0]);
        break;
    case NK_FIELD:
        words_path(out, schema, &n->path);
        break;
    case NK_OPEN:
        words_hops(out, schema, &n->path);
        buf_add(out, n->path.n_hops ? STR("record is open") : STR("it is open"));
        break;
    case NK_CHANGED:
        words_path(out, schema, &n->path);
        buf_add(out, STR(" has changed"));
        break;
    case NK_WAS:
        words_path(out, schema, &n->path);
        buf_add(out, STR(" before"));
        break;
    case NK_COMPARE:
    case NK_IN:
    case NK_BETWEEN:
    case NK_IS_EMPTY:
    case NK_CONTAINS:
    case NK_STARTS:
    case NK_ENDS:
        words_test(out, schema, n);
        break;
    case NK_ARITH:
        if (is_moved_clock(n)) {
            words_moved_clock(out, n);
            break;
        }
        words_at(out, schema, n->kids[0]);
        buf_fmt(out, " %s ",
                n->op == '+'   ? "plus"
                : n->op == '-' ? "minus"
                : n->op == '*' ? "times"
                               : "divided by");
        words_at(out, schema, n->kids[1]);
        break;
    case NK_NEGATE:
        buf_add(out, STR("minus "));
        words_at(out, schema, n->kids[0]);
        break;
    case NK_DAY_START:
        words_at(out, schema, n->kids[0]);
        break;
    case NK_AGGREGATE:
        words_aggregate(out, schema, n);
        break;
    case NK_CALL:
        words_call(out, schema, n);
        break;
    default:
        words_literal(out, schema, n);
        break;
    }
}

struct str expr_words(struct arena *arena, const struct expr *e)
{
    struct buf out = buf_new(arena, e->text.len + 64);

    if (e->use & EXPR_CONDITION)
        words_part(&out, e->schema, e->root);
    else
        words_node(&out, e->schema, e->root);
    if (e->root->kind == NK_AND || e->root->kind == NK_OR) { /* no brackets around the whole */
        out.len = 0;
        words_node(&out, e->schema, e->root);
    }
    return buf_str(&out);
}
