/* What an expression reads, so that a change finds the rules it may touch. */
#include "expr/expr_impl.h"

struct deps {
    struct arena *arena;
    const struct expr_schema *schema;
    VEC(struct expr_dep) found;
};
/* Where a subtree's names are valid. */
struct place {
    struct str path;
    bool related;
    const struct place *outer;
};

static void add_dep(struct deps *d, int object, int field, const struct place *p)
{
    for (size_t i = 0; i < d->found.n; i++) {
        const struct expr_dep *known = &d->found.at[i];

        if (known->object == object && known->field == field && known->related == p->related &&
            str_eq(known->path, p->path))
            return;
    }
    VEC_PUSH(d->arena, d->found) = (struct expr_dep){object, field, p->related, p->path};
}

static struct place step(struct deps *d, const struct place *p, struct str name)
{
    struct place next = *p;

    next.path =
        p->path.len ? str_fmt(d->arena, "%.*s.%.*s", STR_ARG(p->path), STR_ARG(name)) : name;
    return next;
}

/* The references a path follows, each a dependency of its own; the place where it ends. */
static struct place add_hops(struct deps *d, const struct path *path, const struct place *p)
{
    struct place at;

    for (int i = 0; i < path->up && p->outer; i++)
        p = p->outer;
    at = *p;
    for (int i = 0; i < path->n_hops; i++) {
        add_dep(d, path->hop[i].object, path->hop[i].field, &at);
        at = step(d, &at, d->schema->objects[path->hop[i].object].fields[path->hop[i].field].name);
    }
    return at;
}

static void walk(struct deps *d, const struct node *n, const struct place *p)
{
    struct place at, own;

    switch (n->kind) {
    case NK_FIELD:
    case NK_WAS:
    case NK_CHANGED:
    case NK_OPEN:
        at = add_hops(d, &n->path, p);
        own = at;
        own.outer = NULL;
        if (n->kind == NK_OPEN) {
            walk(d, n->kids[0], &own);
        } else if (n->path.field >= 0) {
            add_dep(d, n->path.object, n->path.field, &at);
            if (path_field(d->schema, &n->path)->formula)
                walk(d, path_field(d->schema, &n->path)->formula->root, &own);
        }
        return;
    case NK_AGGREGATE: {
        const struct expr_relation *rel =
            &d->schema->objects[n->path.object].relations[n->relation];
        const struct expr_object *o = n->inner < 0 ? NULL : &d->schema->objects[n->inner];
        int field;

        at = add_hops(d, &n->path, p);
        own = step(d, &at, rel->name);
        own.related = true;
        own.outer = p;
        if (rel->join == EJ_LINK_OUT &&
            object_find_field(&d->schema->objects[n->path.object], rel->name, &field))
            add_dep(d, n->path.object, field, &at); /* it is the record that says what is linked */
        if (n->inner < 0) {
            if (n->kids[0])
                walk(d, n->kids[0], &own);
            return;
        }
        add_dep(d, n->inner, -1, &own);
        for (size_t i = 0; i < o->n_fields && rel->join == EJ_BACK_REF; i++)
            if (str_eq(o->fields[i].column, rel->via))
                add_dep(d, n->inner, (int)i, &own);
        if ((n->op == AO_LAST || n->op == AO_FIRST) && object_order_field(o, &field))
            add_dep(d, n->inner, field, &own);
        for (size_t i = 0; i < n->n_kids; i++)
            if (n->kids[i])
                walk(d, n->kids[i], &own);
        return;
    }
    default:
        for (size_t i = 0; i < n->n_kids; i++)
            walk(d, n->kids[i], p);
        return;
    }
}

void expr_deps(struct arena *arena, const struct expr *e, struct expr_dep **out, size_t *n)
{
    struct deps d = {.arena = arena, .schema = e->schema};
    struct place top = {.path = STR("")};

    walk(&d, e->root, &top);
    *out = d.found.at;
    *n = d.found.n;
}
