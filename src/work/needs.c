/* What a step or a rule still needs: the fields that a person has to fill so that its condition holds. Read from the
 * condition itself: the terms that do not hold, and the fields they speak of. */
#include "work/work_impl.h"

enum { NEEDS_MAX = 20 };

struct need {
    const struct object *object;
    int64_t record_id;
    const struct field *field;
};
struct needs {
    const struct work *w;
    const struct actor *a;
    const struct record *r;
    struct need list[NEEDS_MAX];
    size_t n;
};

/* Kept by people: a field of the page, or one of the few system fields that are set by hand. */
static bool is_for_people(const struct actor *a, const struct object *o, const struct field *f)
{
    if (f->system && f->index != F_OWNER && f->index != F_TEAM && f->index != F_TAGS)
        return false;
    return !f->hidden && f->type != FT_FORMULA && f->type != FT_AUTO_NUMBER && access_field(a, o->index, f->index) == FR_WRITE;
}

static void need(struct needs *x, const struct object *o, int64_t record_id, const struct field *f)
{
    for (size_t i = 0; i < x->n; i++)
        if (x->list[i].record_id == record_id && x->list[i].field == f)
            return;
    if (x->n < NEEDS_MAX && is_for_people(x->a, o, f))
        x->list[x->n++] = (struct need){o, record_id, f};
}

/* "account" or "account.parent": the record at the end of the references, where the actor may see it. If a reference on the
 * way is empty it is that one which is needed. */
static void need_through(struct needs *x, struct str path, int object, int field)
{
    const struct record *at = x->r;
    struct str name;

    while (path.len && str_cut(&path, '.', &name)) {
        const struct field *f = object_field(at->object, name);
        struct record *to = NEW(x->w->arena, struct record);

        if (!f || f->to_object < 0 || field_types[f->type].store == FS_LINKS)
            return;
        if (at->values[f->index].empty) {
            need(x, at->object, at->id, f);
            return;
        }
        if (x->w->m->objects[f->to_object].built_in ||
            record_get(x->w->tx, x->w->m, x->a, &x->w->m->objects[f->to_object], at->values[f->index].i, false, to))
            return;
        at = to;
    }
    if (at->object->index == object)
        need(x, at->object, at->id, &at->object->fields[field]);
}

/* One term of a condition, as it stands in the page. */
static void need_term(struct needs *x, struct str text)
{
    const struct expr *e;
    struct expr_dep *deps;
    size_t n;

    if (expr_compile(x->w->arena, x->w->m->schema, x->r->object->index, text, EXPR_CONDITION, &e))
        return;
    expr_deps(x->w->arena, e, &deps, &n);
    for (size_t i = 0; i < n; i++)
        if (!deps[i].related && deps[i].field >= 0)
            need_through(x, deps[i].path, deps[i].object, deps[i].field);
}

/* The terms that keep it from holding; as deep as EXPR_DEPTH_MAX. Of alternatives the first that fields can bring about: it
 * is the one the page means, the others are ways around. A `not` is a term of its own: what is inside holds. */
static void need_of(struct needs *x, const struct expr_why *why)
{
    bool inner = false;
    size_t before = x->n;

    if (why->holds)
        return;
    for (size_t i = 0; i < why->n_parts && !(why->any && x->n > before); i++)
        if (!why->parts[i].holds) {
            inner = true;
            need_of(x, &why->parts[i]);
        }
    if (!inner)
        need_term(x, why->text);
}

void needs_json(const struct work *w, const struct actor *a, const struct record *r, const struct expr *condition,
                const int *fields, size_t n_fields, struct json_writer *jw)
{
    struct needs x = {.w = w, .a = a, .r = r};
    struct expr_record er = record_expr(w->tx, w->m, r, NULL);
    struct expr_env env = work_env(w);

    for (size_t i = 0; i < n_fields; i++)
        if (!value_filled(&r->values[fields[i]]))
            need(&x, r->object, r->id, &r->object->fields[fields[i]]);
    if (condition)
        need_of(&x, expr_explain(w->arena, condition, &er, &env));
    jw_array(jw);
    for (size_t i = 0; i < x.n; i++) {
        jw_object(jw);
        jw_kv_str(jw, "object", x.list[i].object->name);
        jw_kv_id(jw, "record", x.list[i].record_id);
        jw_kv_str(jw, "field", x.list[i].field->name);
        jw_kv_str(jw, "label", x.list[i].field->label);
        jw_end_object(jw);
    }
    jw_end_array(jw);
}
