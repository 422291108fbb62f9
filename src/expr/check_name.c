/* Names against the schema: paths, `open`, related records, changed() and was(). */
#include "expr/expr_impl.h"

#include <string.h>

const struct expr_field *path_field(const struct expr_schema *schema, const struct path *path)
{
    return path->field < 0 ? NULL : &schema->objects[path->object].fields[path->field];
}

const struct expr_field *node_field(const struct expr_schema *schema, const struct node *n)
{
    return n->kind == NK_FIELD || n->kind == NK_WAS ? path_field(schema, &n->path) : NULL;
}

bool field_has_fold(const struct expr_field *f)
{
    return !f->formula && field_types[f->type].store == FS_TEXT_FOLD;
}

bool object_find_field(const struct expr_object *o, struct str name, int *field)
{
    int64_t i;

    if (!strmap_get(o->field_by_name, name, &i))
        return false;
    *field = (int)i;
    return true;
}

bool object_order_field(const struct expr_object *o, int *field)
{
    return o->default_time.len && object_find_field(o, o->default_time, field) &&
           !o->fields[*field].formula && field_types[o->fields[*field].type].store == FS_I64;
}

static bool find_relation(const struct expr_object *o, struct str name, int *relation)
{
    for (size_t i = 0; i < o->n_relations; i++)
        if (str_eq(o->relations[i].name, name)) {
            *relation = (int)i;
            return true;
        }
    return false;
}

static struct err *no_such_name(struct compiler *c, struct str src, const struct expr_object *o,
                                struct str name)
{
    static const char *const words[] = {"today", "now",  "yesterday", "tomorrow",
                                        "me",    "open", "empty"};
    size_t n = 0, n_words = sizeof words / sizeof *words;
    struct str *names = NEW_ARRAY(
        c->arena, o->n_fields + o->n_relations + c->schema->n_shorthands + n_words, struct str);
    struct str near, lower = str_lower_ascii(c->arena, name);

    for (size_t i = 0; i < o->n_fields; i++)
        names[n++] = o->fields[i].name;
    for (size_t i = 0; i < o->n_relations; i++)
        names[n++] = o->relations[i].name;
    for (size_t i = 0; i < c->schema->n_shorthands && o->n_relations; i++)
        names[n++] = c->schema->shorthands[i].name;
    for (size_t i = 0; i < n_words; i++)
        names[n++] = str_from(words[i]);
    for (size_t i = 0; i < o->n_fields; i++)
        for (size_t j = 0; j < o->fields[i].n_options; j++)
            if (str_eq_nocase(o->fields[i].options[j], name))
                return expr_fail(c, "expr.name", src,
                                 str_fmt(c->arena, "Write texts in quotes: '%.*s'.",
                                         STR_ARG(o->fields[i].options[j])),
                                 "%.*s has no field '%.*s'.", STR_ARG(o->name),
                                 STR_ARG(str_sub(name, 0, 60)));
    near = str_nearest(c->arena, lower, names, n);
    return expr_fail(c, "expr.name", src,
                     near.len ? str_fmt(c->arena, "Did you mean %.*s?", STR_ARG(near)) : STR_NONE,
                     "%.*s has no field '%.*s'.", STR_ARG(o->name), STR_ARG(str_sub(name, 0, 60)));
}

/* Follows parts as far as they are references. What is left is in *rest (at least one name). */
static struct err *walk(struct compiler *c, const struct scope *sc, struct str src,
                        const struct str *parts, size_t n, struct path *path, size_t *used)
{
    size_t i = 0;

    *path = (struct path){.field = -1};
    for (; i + 1 < n && str_eq_nocase(parts[i], STR("outer")); i++) {
        if (!sc->outer)
            return expr_fail(
                c, "expr.name", src, STR("Leave `outer.` out."),
                "`outer.` works only inside `where`, where it means the record around it.");
        sc = sc->outer;
        path->up++;
    }
    path->object = sc->object;
    for (; i + 1 < n && path->object >= 0; i++) {
        const struct expr_object *o = &c->schema->objects[path->object];
        int field;

        if (!object_find_field(o, parts[i], &field) || o->fields[field].value_type != ET_REF)
            break;
        if (o->fields[field].formula)
            return expr_fail(c, "expr.type", src, STR_NONE,
                             "The formula %.*s cannot be followed with a dot.", STR_ARG(parts[i]));
        if (o->fields[field].to_object < 0)
            return expr_fail(
                c, "expr.type", src, STR_NONE,
                "%.*s may refer to any kind of record, so its fields are not known here.",
                STR_ARG(parts[i]));
        if (path->n_hops == EXPR_HOPS_MAX)
            return expr_fail(c, "expr.cost", src, STR("Add a formula field on the way."),
                             "A path may follow %d references at most.", EXPR_HOPS_MAX);
        path->hop[path->n_hops++] = (struct path_step){path->object, field};
        path->object = o->fields[field].to_object;
    }
    *used = i;
    return NULL;
}

/* A formula costs what it contains. */
static struct err *add_formula(struct compiler *c, struct str src, const struct expr_field *f)
{
    const struct expr *e = f->formula;

    c->nodes += e->nodes;
    c->arith += e->arith;
    c->scaling += e->scaling;
    c->related += e->related;
    c->uses_time = c->uses_time || e->uses_time;
    if (c->nodes > EXPR_NODES_MAX || c->related > EXPR_RELATED_MAX || c->arith > EXPR_ARITH_MAX ||
        c->scaling > EXPR_SCALING_MAX)
        return expr_fail(c, "expr.cost", src,
                         STR("Make the formula simpler, or save its value in a field of its own."),
                         "With the formula %.*s this expression becomes too large.",
                         STR_ARG(f->name));
    return NULL;
}

static struct err *use_field(struct compiler *c, struct node *n, const struct expr_field *f)
{
    n->kind = NK_FIELD;
    n->type = f->value_type;
    n->inner = f->to_object;
    if (f->formula) {
        const struct node *root = f->formula->root;

        TRY(add_formula(c, n->src, f));
        n->type = root->type;
        n->exact = root->exact;
        n->scale = root->scale;
        n->inner = root->inner;
        if (n->type == ET_EMPTY)
            return expr_fail(c, "expr.type", n->src, STR_NONE, "The formula %.*s is always empty.",
                             STR_ARG(f->name));
        return NULL;
    }
    if (n->type == ET_RELATED)
        return expr_fail(c, "expr.type", n->src, STR_NONE, "%.*s cannot be used in expressions.",
                         STR_ARG(f->name));
    if (f->column.len == 0)
        return expr_fail(c, "expr.name", n->src,
                         STR("A formula cannot use itself, also not through others."),
                         "%.*s has no value that could be used here.", STR_ARG(f->name));
    if (n->type == ET_ANY || n->type == ET_EMPTY)
        return expr_fail(c, "expr.type", n->src, STR_NONE, "%.*s cannot be used in expressions.",
                         STR_ARG(f->name));
    n->exact = n->type == ET_NUMBER;
    n->scale = n->exact ? f->scale : 0;
    return NULL;
}

/* What a text within the text used counts against the limits of the whole. */
static void count_in(struct compiler *c, const struct compiler *inner)
{
    c->nodes = inner->nodes;
    c->arith = inner->arith;
    c->scaling = inner->scaling;
    c->related = inner->related;
    c->uses_time = inner->uses_time;
}

/* The word `open`: a condition the object itself defines, read and checked in its place. */
static struct err *use_open(struct compiler *c, struct node *n)
{
    const struct expr_object *o = &c->schema->objects[n->path.object];
    struct compiler inner = *c;
    struct scope sc = {.object = n->path.object};
    struct node *root;
    struct err *e;

    if (c->open_depth > 0)
        return expr_fail(c, "expr.name", n->src, STR_NONE,
                         "What `open` means for %.*s is defined by itself.", STR_ARG(o->name));
    inner.text = o->open_when;
    inner.nested = true;
    inner.use = EXPR_CONDITION;
    inner.open_depth = 1;
    inner.tokens.at = NULL;
    inner.tokens.n = inner.tokens.cap = 0;
    inner.at = 0;
    e = expr_lex(&inner);
    if (!e)
        e = expr_parse(&inner, &root);
    if (!e)
        e = check_condition(&inner, &sc, root);
    if (e)
        return expr_fail(c, e->code, n->src, e->way_out,
                         "What `open` means for %.*s is wrong: %.*s", STR_ARG(o->name),
                         STR_ARG(e->message));
    count_in(c, &inner);
    n->kind = NK_OPEN;
    n->type = ET_BOOL;
    node_add_kid(c, n, root);
    return NULL;
}

/* A shorthand stands for a function over related records of the record its path leads to: account.last_contact_at is
 * last(account.activities).at. */
static struct err *expand(struct compiler *c, const struct scope *sc, struct node *n, size_t used,
                          struct str text)
{
    struct compiler inner = *c;
    struct str src = n->src, *parts;
    size_t rest = n->n_parts - used - 1;
    struct node *root;

    inner.text = text;
    inner.nested = true;
    inner.tokens.at = NULL;
    inner.tokens.n = inner.tokens.cap = 0;
    inner.at = 0;
    TRY(expr_lex(&inner));
    TRY(expr_parse(&inner, &root));
    assert(root->kind == NK_AGGREGATE);
    parts = NEW_ARRAY(c->arena, used + root->n_parts, struct str);
    memcpy(parts, n->parts, used * sizeof *parts);
    memcpy(parts + used, root->parts, root->n_parts * sizeof *parts);
    root->parts = parts;
    root->n_parts += used;
    if (rest) { /* last_contact_by.name: a field of what the function finds */
        if (!root->value_parts)
            return expr_fail(c, "expr.type", src, STR_NONE, "Nothing can follow this dot.");
        parts = NEW_ARRAY(c->arena, root->n_value_parts + rest, struct str);
        memcpy(parts, root->value_parts, root->n_value_parts * sizeof *parts);
        memcpy(parts + root->n_value_parts, n->parts + used + 1, rest * sizeof *parts);
        root->value_parts = parts;
        root->n_value_parts += rest;
    }
    TRY(check_node(&inner, sc, root));
    count_in(c, &inner);
    *n = *root;
    n->src = src;
    return NULL;
}

static struct err *use_shorthand(struct compiler *c, const struct scope *sc, struct node *n,
                                 size_t used, struct str name, bool *found)
{
    *found = false;
    for (size_t i = 0; i < c->schema->n_shorthands; i++) {
        const struct expr_shorthand *s = &c->schema->shorthands[i];
        struct err *e;

        if (!str_eq(s->name, name))
            continue;
        e = expand(c, sc, n, used, s->text);
        if (e && s->instead.len && !str_eq(str_from(e->code), STR("expr.cost")))
            e = expand(c, sc, n, used, s->instead);
        *found = !e;
        if (e && str_eq(str_from(e->code), STR("expr.cost")))
            return expr_fail(c, e->code, n->src, e->way_out, "%.*s", STR_ARG(e->message));
        return NULL; /* not here: the object has no activities, or the like */
    }
    return NULL;
}

/* Inside a relation to records of any kind. */
static struct err *of_any_kind(struct compiler *c, struct str src)
{
    return expr_fail(c, "expr.type", src, STR("Its id is known: exists(links where id = '123')."),
                     "This may be a record of any kind, so its fields are not known here.");
}

struct err *check_name(struct compiler *c, const struct scope *sc, struct node *n)
{
    const struct expr_object *o;
    struct str name;
    size_t used;
    bool found;
    int field;

    TRY(walk(c, sc, n->src, n->parts, n->n_parts, &n->path, &used));
    name = n->parts[used];
    n->inner = -1;
    if (n->path.object < 0) {
        if (!str_eq(name, STR("id")) || used + 1 < n->n_parts)
            return of_any_kind(c, n->src);
        n->kind = NK_FIELD;
        n->type = ET_REF;
        return NULL;
    }
    o = &c->schema->objects[n->path.object];
    if (find_relation(o, name, &n->relation)) {
        int own;

        if (!object_find_field(o, name, &own) || o->fields[own].value_type == ET_RELATED) {
            if (used + 1 < n->n_parts)
                return expr_fail(c, "expr.type", n->src,
                                 str_fmt(c->arena, "Say which one: last(%.*s).%.*s", STR_ARG(name),
                                         STR_ARG(n->parts[used + 1])),
                                 "%.*s is a list of records.", STR_ARG(name));
            n->kind = NK_RELATED;
            n->type = ET_RELATED;
            n->inner = o->relations[n->relation].object;
            return NULL;
        }
    }
    if (str_eq(name, STR("id")) &&
        used + 1 == n->n_parts) { /* every record has one; no field can take its name */
        n->kind = NK_FIELD;
        n->type = ET_REF;
        n->inner = n->path.object;
        return NULL;
    }
    if (object_find_field(o, name, &field)) {
        if (used + 1 < n->n_parts)
            return expr_fail(c, "expr.type", n->src, STR_NONE,
                             "%.*s is no reference, so nothing can follow its dot.", STR_ARG(name));
        n->path.field = field;
        return use_field(c, n, &o->fields[field]);
    }
    if (used + 1 == n->n_parts && str_eq_nocase(name, STR("open")) && o->open_when.len)
        return use_open(c, n);
    TRY(use_shorthand(c, sc, n, used, name, &found));
    return found ? NULL : no_such_name(c, n->src, o, name);
}

static struct err *count_related(struct compiler *c, struct str src)
{
    if (++c->related > EXPR_RELATED_MAX)
        return expr_fail(
            c, "expr.cost", src, STR_NONE,
            "An expression may look at related records %d times at most, formulas included.",
            EXPR_RELATED_MAX);
    return NULL;
}

struct err *related_to_exists(struct compiler *c, struct node *n, const struct node *related,
                              struct node *where)
{
    TRY(count_related(c, n->src));
    n->kind = NK_AGGREGATE;
    n->op = AO_EXISTS;
    n->type = ET_BOOL;
    n->constant = false;
    n->path = related->path;
    n->relation = related->relation;
    n->inner = related->inner;
    n->kids = NULL;
    n->n_kids = 0;
    node_add_kid(c, n, where);
    node_add_kid(c, n, NULL);
    return NULL;
}

static struct err *check_measure(struct compiler *c, struct node *n, const struct node *value)
{
    struct str word = node_word(c, value);
    bool number = value->type == ET_NUMBER, ordered = number || value->type == ET_DATE ||
                                                      value->type == ET_INSTANT ||
                                                      value->type == ET_DURATION;

    n->type = value->type;
    n->scale = value->scale;
    n->exact = value->exact;
    if ((n->op == AO_SUM || n->op == AO_AVG) && !number)
        return expr_fail(c, "expr.type", n->src, STR_NONE,
                         "%.*s is %s; only numbers have a sum or an average.", STR_ARG(word),
                         type_word(value->type));
    if ((n->op == AO_MIN || n->op == AO_MAX) && !ordered)
        return expr_fail(c, "expr.type", n->src, STR_NONE,
                         "%.*s is %s; only numbers, dates, date-times and durations have a "
                         "smallest and a largest.",
                         STR_ARG(word), type_word(value->type));
    if (n->op == AO_SUM || n->op == AO_AVG) {
        n->exact = false;
        n->scale = 0;
    }
    n->s = STR_NONE;
    return NULL;
}

struct err *check_aggregate(struct compiler *c, const struct scope *sc, struct node *n)
{
    const struct expr_object *o;
    struct scope inner = {.outer = sc};
    struct str *rest;
    size_t used, n_rest;

    TRY(count_related(c, n->src));
    TRY(walk(c, sc, n->src, n->parts, n->n_parts, &n->path, &used));
    if (n->path.object < 0)
        return of_any_kind(c, n->src);
    o = &c->schema->objects[n->path.object];
    if (!find_relation(o, n->parts[used], &n->relation)) {
        struct str *names = NEW_ARRAY(c->arena, o->n_relations + 1, struct str), near;

        for (size_t i = 0; i < o->n_relations; i++)
            names[i] = o->relations[i].name;
        near = str_nearest(c->arena, n->parts[used], names, o->n_relations);
        return expr_fail(c, "expr.name", n->src,
                         near.len ? str_fmt(c->arena, "Did you mean %.*s?", STR_ARG(near))
                                  : STR_NONE,
                         "%.*s has no related records called '%.*s'.", STR_ARG(o->name),
                         STR_ARG(str_sub(n->parts[used], 0, 60)));
    }
    n->inner = inner.object = o->relations[n->relation].object;
    rest = n->value_parts ? n->value_parts : n->parts + used + 1;
    n_rest = n->value_parts ? n->n_value_parts : n->n_parts - used - 1;
    if (n->value_parts && used + 1 < n->n_parts)
        return expr_fail(c, "expr.syntax", n->src, STR("Write last(activities where ...).at"),
                         "The field belongs behind the parenthesis.");
    if (n->kids[0])
        TRY(check_condition(c, &inner, n->kids[0]));
    if (n->op == AO_COUNT || n->op == AO_EXISTS) {
        if (n_rest)
            return expr_fail(c, "expr.type", n->src,
                             str_fmt(c->arena, "Write count(%.*s where %.*s is not empty).",
                                     STR_ARG(n->parts[used]), STR_ARG(rest[0])),
                             "Records are counted, not their fields.");
        n->type = n->op == AO_COUNT ? ET_NUMBER : ET_BOOL;
        n->exact = n->op == AO_COUNT;
        return NULL;
    }
    if (!n_rest)
        return expr_fail(c, "expr.type", n->src, STR("Name the field as well: sum(deals.amount)."),
                         "Which field of %.*s is meant?", STR_ARG(n->parts[used]));
    n->kids[1] = node_new(c, NK_NAME, n->src);
    n->kids[1]->parts = rest;
    n->kids[1]->n_parts = n_rest;
    if (n->inner < 0)
        return of_any_kind(c, n->src);
    TRY(check_name(c, &inner, n->kids[1]));
    if (n->kids[1]->type == ET_RELATED)
        return expr_fail(c, "expr.type", n->src, STR_NONE, "A list of records is not one value.");
    TRY(check_measure(c, n, n->kids[1]));
    if (n->op == AO_LAST || n->op == AO_FIRST)
        n->type = n->kids[1]->type;
    return NULL;
}

struct err *check_change(struct compiler *c, const struct scope *sc, struct node *n)
{
    const char *name = n->kind == NK_WAS ? "was" : "changed";
    const struct expr_object *o;
    int field;

    if (!(c->use & EXPR_CHANGE))
        return expr_fail(c, "expr.type", n->src, STR_NONE,
                         "%s(...) can be used only where a change is judged: in gates, policies "
                         "and automations.",
                         name);
    if (sc->outer || n->n_parts != 1)
        return expr_fail(c, "expr.type", n->src, STR_NONE,
                         "%s(...) takes a field of the changed record itself.", name);
    o = &c->schema->objects[sc->object];
    if (!object_find_field(o, n->parts[0], &field))
        return no_such_name(c, n->src, o, n->parts[0]);
    if (o->fields[field].formula || !o->fields[field].column.len)
        return expr_fail(c, "expr.type", n->src, STR_NONE,
                         "%s(...) takes a field that is stored, not a formula or a list.", name);
    n->path = (struct path){.object = sc->object, .field = field};
    if (n->kind == NK_CHANGED) {
        n->type = ET_BOOL;
        return NULL;
    }
    TRY(use_field(c, n, &o->fields[field]));
    n->kind = NK_WAS;
    return NULL;
}
