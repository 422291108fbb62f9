/* The index from fields to the rules that read them: a changed field names the rules to look at again. */
#include "manual/compile_impl.h"

#include <stdint.h>

typedef VEC(struct rule_ref) ref_list;

struct deps {
    struct manual *m;
    struct arena *arena;
    ref_list **fields; /* [object][field] */
    ref_list *rows;    /* [object] */
};
struct reader {
    int kind, index, object; /* the rule and its object */
};

static void add_ref(struct deps *d, ref_list *list, const struct reader *r, int object,
                    struct str path, bool related)
{
    struct rule_ref ref = {
        .kind = r->kind,
        .index = r->index,
        .via_object = object != r->object || path.len || related ? r->object : -1,
        .path = path,
        .related = related,
    };

    for (size_t i = list->n; i > 0; i--) { /* entries of one rule stand together, at the end */
        const struct rule_ref *x = &list->at[i - 1];

        if (x->kind != ref.kind || x->index != ref.index)
            break;
        if (x->related == related && str_eq(x->path, path))
            return;
    }
    VEC_PUSH(d->arena, *list) = ref;
}

static const struct expr_relation *relation_named(const struct manual *m, int object,
                                                  struct str name)
{
    const struct expr_object *o = &m->schema->objects[object];

    for (size_t i = 0; i < o->n_relations; i++)
        if (str_eq(o->relations[i].name, name))
            return &o->relations[i];
    return NULL;
}

/* The references on the way are read as well: another account means another account.industry. */
static void add_way(struct deps *d, const struct reader *r, struct str path)
{
    int object = r->object;
    size_t at = 0;
    struct str rest = path, part;

    while (object >= 0 && str_cut(&rest, '.', &part)) {
        const struct field *f = object_field(&d->m->objects[object], part);
        const struct expr_relation *rel = relation_named(d->m, object, part);
        struct str before = str_sub(path, 0, at ? at - 1 : 0);

        at = (size_t)(part.ptr + part.len - path.ptr) + 1;
        if (f && field_types[f->type].expr_type == ET_REF) {
            add_ref(d, &d->fields[object][f->index], r, object, before, false);
            object = f->to_object;
        } else if (rel) {
            const struct field *via = rel->join == EJ_BACK_REF
                                          ? object_field(&d->m->objects[rel->object], rel->via)
                                          : NULL;

            add_ref(d, &d->rows[rel->object], r, rel->object, str_sub(path, 0, at - 1), true);
            if (via)
                add_ref(d, &d->fields[rel->object][via->index], r, rel->object,
                        str_sub(path, 0, at - 1), true);
            if (f)
                add_ref(d, &d->fields[object][f->index], r, object, before, false);
            object = rel->object;
        } else {
            return;
        }
    }
}

static void add_expr(struct deps *d, const struct reader *r, const struct expr *e, int depth)
{
    struct expr_dep *list;
    size_t n;

    if (!e)
        return;
    expr_deps(d->arena, e, &list, &n);
    for (size_t i = 0; i < n; i++) {
        const struct expr_dep *dep = &list[i];

        add_way(d, r, dep->path);
        if (dep->field < 0) {
            add_ref(d, &d->rows[dep->object], r, dep->object, dep->path, dep->related);
            continue;
        }
        add_ref(d, &d->fields[dep->object][dep->field], r, dep->object, dep->path, dep->related);
        const struct field *f = &d->m->objects[dep->object].fields[dep->field];
        if (f->formula && dep->object == r->object && !dep->path.len && depth < 8)
            add_expr(d, r, f->formula, depth + 1);
    }
}

static void add_fields(struct deps *d, const struct reader *r, const int *fields, size_t n)
{
    for (size_t i = 0; i < n; i++)
        add_ref(d, &d->fields[r->object][fields[i]], r, r->object, STR_NONE, false);
}

static void add_workflow(struct deps *d, const struct workflow *w)
{
    struct reader r = {RR_WORKFLOW, w->index, w->object};

    add_expr(d, &r, w->starts_when.e, 0);
    for (size_t i = 0; i < w->n_stages; i++) {
        const struct stage *stage = &w->stages[i];

        add_expr(d, &r, stage->when.e, 0);
        add_expr(d, &r, stage->enter_when.e, 0);
        add_expr(d, &r, stage->leave_when.e, 0);
        add_fields(d, &r, stage->needs, stage->n_needs);
        for (size_t k = 0; k < stage->n_steps; k++) {
            add_expr(d, &r, stage->steps[k].done_when.e, 0);
            add_fields(d, &r, stage->steps[k].needs, stage->steps[k].n_needs);
            add_fields(d, &r, &stage->steps[k].due_on, stage->steps[k].due_on >= 0);
        }
    }
    for (size_t i = 0; i < w->n_ends; i++) {
        add_expr(d, &r, w->ends[i].when.e, 0);
        add_fields(d, &r, w->ends[i].needs, w->ends[i].n_needs);
    }
}

static void add_policy(struct deps *d, const struct policy *p)
{
    struct reader r = {RR_POLICY, p->index, p->object};

    add_expr(d, &r, p->when.e, 0);
    add_expr(d, &r, p->must.e, 0);
    add_expr(d, &r, p->except.e, 0);
    add_expr(d, &r, p->count.e, 0);
    if (p->of_field >= 0)
        add_fields(d, &r, &p->of_field, 1);
}

void build_deps(struct manual *m)
{
    struct deps d = {.m = m, .arena = m->arena};

    d.fields = NEW_ARRAY(m->arena, m->n_objects, ref_list *);
    d.rows = NEW_ARRAY(m->arena, m->n_objects, ref_list);
    for (size_t i = 0; i < m->n_objects; i++)
        d.fields[i] = NEW_ARRAY(m->arena, m->objects[i].n_fields, ref_list);
    for (size_t i = 0; i < m->n_workflows; i++)
        add_workflow(&d, &m->workflows[i]);
    for (size_t i = 0; i < m->n_policies; i++)
        add_policy(&d, &m->policies[i]);
    m->reads = NEW_ARRAY(m->arena, m->n_objects, struct rule_refs *);
    m->reads_rows = NEW_ARRAY(m->arena, m->n_objects, struct rule_refs);
    for (size_t i = 0; i < m->n_objects; i++) {
        m->reads[i] = NEW_ARRAY(m->arena, m->objects[i].n_fields, struct rule_refs);
        for (size_t k = 0; k < m->objects[i].n_fields; k++)
            m->reads[i][k] = (struct rule_refs){d.fields[i][k].at, d.fields[i][k].n};
        m->reads_rows[i] = (struct rule_refs){d.rows[i].at, d.rows[i].n};
    }
}
