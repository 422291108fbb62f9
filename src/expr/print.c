/* The canonical text of a tree. Compiling it gives the same tree, and printing that the same text. */
#include "expr/expr_impl.h"

enum precedence { P_OR = 1, P_AND, P_NOT, P_COMPARE, P_SUM, P_PRODUCT, P_SIGN, P_PRIMARY };

static enum precedence precedence(const struct node *n)
{
    switch (n->kind) {
    case NK_OR:
        return P_OR;
    case NK_AND:
        return P_AND;
    case NK_NOT:
        return P_NOT;
    case NK_AGGREGATE:
        return n->negated ? P_NOT : P_PRIMARY;
    case NK_COMPARE:
    case NK_IN:
    case NK_BETWEEN:
    case NK_IS_EMPTY:
    case NK_CONTAINS:
    case NK_STARTS:
    case NK_ENDS:
        return P_COMPARE;
    case NK_ARITH:
        return n->op == '*' || n->op == '/' ? P_PRODUCT : P_SUM;
    case NK_NEGATE:
        return P_SIGN;
    case NK_NUMBER:
        return n->i < 0 ? P_SIGN : P_PRIMARY;
    case NK_DAY_START:
        return precedence(n->kids[0]);
    default:
        return P_PRIMARY;
    }
}

static void print_at(struct buf *out, const struct expr_schema *schema, const struct node *n,
                     enum precedence least)
{
    bool parens = precedence(n) < least;

    if (parens)
        buf_add_char(out, '(');
    print_node(out, schema, n);
    if (parens)
        buf_add_char(out, ')');
}

static void print_name(struct buf *out, struct str name)
{
    bool plain =
        name.len > 0 && !expr_reserved(name) && !(name.ptr[0] >= '0' && name.ptr[0] <= '9');

    for (size_t i = 0; i < name.len && plain; i++)
        plain = (name.ptr[i] >= 'a' && name.ptr[i] <= 'z') ||
                (name.ptr[i] >= 'A' && name.ptr[i] <= 'Z') ||
                (name.ptr[i] >= '0' && name.ptr[i] <= '9') || name.ptr[i] == '_';
    if (plain) {
        buf_add(out, name);
        return;
    }
    buf_add_char(out, '"');
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '"')
            buf_add_char(out, '"');
        buf_add_char(out, name.ptr[i]);
    }
    buf_add_char(out, '"');
}

static void print_text(struct buf *out, struct str s)
{
    buf_add_char(out, '\'');
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '\'')
            buf_add_char(out, '\'');
        buf_add_char(out, s.ptr[i]);
    }
    buf_add_char(out, '\'');
}

/* outer. and the references of a path, each with its dot. */
static void print_hops(struct buf *out, const struct expr_schema *schema, const struct path *path)
{
    for (int i = 0; i < path->up; i++)
        buf_add(out, STR("outer."));
    for (int i = 0; i < path->n_hops; i++) {
        print_name(out, schema->objects[path->hop[i].object].fields[path->hop[i].field].name);
        buf_add_char(out, '.');
    }
}

static void print_path(struct buf *out, const struct expr_schema *schema, const struct path *path)
{
    const struct expr_field *f = path_field(schema, path);

    print_hops(out, schema, path);
    print_name(out, f ? f->name : STR("id"));
}

void print_duration(struct buf *out, struct duration d)
{
    if (d.business_days)
        buf_fmt(out, "%lld business day%s", (long long)d.business_days,
                d.business_days == 1 ? "" : "s");
    else if (d.business_us)
        buf_fmt(out, "%lld business hour%s", (long long)(d.business_us / US_PER_HOUR),
                d.business_us == US_PER_HOUR ? "" : "s");
    else if (d.us % US_PER_DAY == 0)
        buf_fmt(out, "%lldd", (long long)(d.us / US_PER_DAY));
    else if (d.us % US_PER_HOUR == 0)
        buf_fmt(out, "%lldh", (long long)(d.us / US_PER_HOUR));
    else
        buf_fmt(out, "%lldm", (long long)(d.us / US_PER_MINUTE));
}

static void print_literal(struct buf *out, const struct node *n)
{
    static const char *const times[] = {"now", "today", "yesterday", "tomorrow"};
    static const char *const units[] = {"week", "month", "quarter", "year"};

    switch (n->kind) {
    case NK_BOOL:
        buf_add(out, n->b ? STR("yes") : STR("no"));
        break;
    case NK_NUMBER:
        buf_add(out, str_from_scaled(out->arena, n->i, n->scale, false));
        break;
    case NK_TEXT:
    case NK_DATE:
    case NK_INSTANT:
    case NK_ID:
        print_text(out, n->s);
        break;
    case NK_DURATION:
        print_duration(out, n->dur);
        break;
    case NK_TIME:
        buf_add(out, str_from(times[n->op]));
        break;
    case NK_PERIOD:
        buf_fmt(out, "%s %s", n->i < 0 ? "last" : n->i > 0 ? "next" : "this", units[n->op]);
        break;
    case NK_ME:
        buf_add(out, STR("me"));
        break;
    case NK_MY_TEAMS:
        buf_add(out, STR("my teams"));
        break;
    default:
        buf_add(out, STR("empty"));
        break;
    }
}

static void print_list(struct buf *out, const struct expr_schema *schema, const struct node *n,
                       size_t from)
{
    for (size_t i = from; i < n->n_kids; i++) {
        if (i > from)
            buf_add(out, STR(", "));
        print_at(out, schema, n->kids[i], n->kind == NK_IN ? P_SUM : P_OR);
    }
}

static void print_aggregate(struct buf *out, const struct expr_schema *schema, const struct node *n)
{
    static const char *const names[] = {"count", "exists", "sum",  "avg",
                                        "min",   "max",    "last", "first"};
    bool behind = n->op == AO_LAST || n->op == AO_FIRST;

    buf_fmt(out, "%s%s(", n->negated ? "not " : "", names[n->op]);
    print_hops(out, schema, &n->path);
    print_name(out, schema->objects[n->path.object].relations[n->relation].name);
    if (n->kids[1] && !behind) {
        buf_add_char(out, '.');
        print_path(out, schema, &n->kids[1]->path);
    }
    if (n->kids[0]) {
        buf_add(out, STR(" where "));
        print_node(out, schema, n->kids[0]);
    }
    buf_add_char(out, ')');
    if (behind) {
        buf_add_char(out, '.');
        print_node(out, schema, n->kids[1]);
    }
}

static void print_test(struct buf *out, const struct expr_schema *schema, const struct node *n)
{
    static const char *const compares[] = {
        [CO_EQ] = "=", [CO_LT] = "<", [CO_LE] = "<=", [CO_GT] = ">", [CO_GE] = ">="};
    const char *word = n->kind == NK_IN         ? "in"
                       : n->kind == NK_BETWEEN  ? "between"
                       : n->kind == NK_CONTAINS ? "contains"
                       : n->kind == NK_STARTS   ? "starts with"
                                                : "ends with";

    print_at(out, schema, n->kids[0], P_SUM);
    if (n->kind == NK_IS_EMPTY) {
        buf_add(out, n->negated ? STR(" is not empty") : STR(" is empty"));
        return;
    }
    if (n->kind == NK_COMPARE) {
        buf_fmt(out, " %s ", n->negated ? "!=" : compares[n->op]);
        print_at(out, schema, n->kids[1], P_SUM);
        return;
    }
    buf_fmt(out, "%s %s ", n->negated ? " not" : "", word);
    if (n->kind == NK_IN &&
        (n->n_kids > 2 || (n->kids[1]->kind != NK_PERIOD && n->kids[1]->kind != NK_MY_TEAMS))) {
        buf_add_char(out, '(');
        print_list(out, schema, n, 1);
        buf_add_char(out, ')');
        return;
    }
    print_at(out, schema, n->kids[1], P_SUM);
    if (n->kind == NK_BETWEEN) {
        buf_add(out, STR(" and "));
        print_at(out, schema, n->kids[2], P_SUM);
    }
}

void print_node(struct buf *out, const struct expr_schema *schema, const struct node *n)
{
    static const char *const calls[] = {"abs(", "round(", "length(", "coalesce(", "if("};
    enum precedence own = precedence(n);

    switch (n->kind) {
    case NK_AND:
    case NK_OR:
        for (size_t i = 0; i < n->n_kids; i++) {
            if (i)
                buf_add(out, n->kind == NK_AND ? STR(" and ") : STR(" or "));
            print_at(out, schema, n->kids[i], own + 1);
        }
        break;
    case NK_NOT:
        buf_add(out, STR("not "));
        print_at(out, schema, n->kids[0], own);
        break;
    case NK_FIELD:
        print_path(out, schema, &n->path);
        break;
    case NK_OPEN:
        print_hops(out, schema, &n->path);
        buf_add(out, STR("open"));
        break;
    case NK_CHANGED:
    case NK_WAS:
        buf_add(out, n->kind == NK_WAS ? STR("was(") : STR("changed("));
        print_path(out, schema, &n->path);
        buf_add_char(out, ')');
        break;
    case NK_COMPARE:
    case NK_IN:
    case NK_BETWEEN:
    case NK_IS_EMPTY:
    case NK_CONTAINS:
    case NK_STARTS:
    case NK_ENDS:
        print_test(out, schema, n);
        break;
    case NK_ARITH:
        print_at(out, schema, n->kids[0], own);
        buf_fmt(out, " %c ", n->op);
        print_at(out, schema, n->kids[1], own + 1);
        break;
    case NK_NEGATE: /* a second sign needs parentheses: -- begins a comment */
        buf_add_char(out, '-');
        print_at(out, schema, n->kids[0], P_PRIMARY);
        break;
    case NK_DAY_START:
        print_node(out, schema, n->kids[0]);
        break;
    case NK_AGGREGATE:
        print_aggregate(out, schema, n);
        break;
    case NK_CALL:
        buf_add(out, str_from(calls[n->op]));
        print_list(out, schema, n, 0);
        buf_add_char(out, ')');
        break;
    default:
        print_literal(out, n);
        break;
    }
}

struct str expr_print(struct arena *arena, const struct expr *e)
{
    struct buf out = buf_new(arena, e->text.len + 16);

    print_node(&out, e->schema, e->root);
    return buf_str(&out);
}
