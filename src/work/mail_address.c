/* To which addresses a mail about a record may go: those that stand on it, on the records it refers to, and on the people of
 * those. An address that stands nowhere has to be written down first: then the answer finds its way back, and nobody can use
 * the company's mail server for anything else.
 */
#include "work/work_impl.h"

struct gathering {
    const struct work *w;
    const struct actor *a;
    VEC(struct mail_address_of) list;
};

/* "Do not email" is a field of that name wherever it is kept. */
static bool unwanted(const struct gathering *g, const struct record *r)
{
    const struct field *f = object_field(r->object, STR("do_not_email"));

    return f && f->type == FT_YES_NO && access_field(g->a, r->object->index, f->index) != FR_NONE &&
           !r->values[f->index].empty && r->values[f->index].i != 0;
}

static void add_record(struct gathering *g, const struct record *r)
{
    for (size_t i = 0; i < g->list.n; i++)
        if (g->list.at[i].record_id == r->id)
            return;
    for (size_t i = 0; i < r->object->n_fields && g->list.n < MAIL_ADDRESSES_MAX; i++) {
        const struct field *f = &r->object->fields[i];

        if (f->type != FT_EMAIL || f->hidden || r->values[i].empty ||
            access_field(g->a, r->object->index, f->index) == FR_NONE)
            continue;
        VEC_PUSH(g->w->arena, g->list) = (struct mail_address_of){
            .address = r->values[i].s,
            .name = record_title(g->w->arena, g->w->m, r),
            .field = f,
            .object = r->object,
            .record_id = r->id,
            .unwanted = unwanted(g, r),
        };
    }
}

/* What is not there, or not for these eyes, adds nothing. */
static struct err *add_id(struct gathering *g, const struct object *o, int64_t id, struct record *r, bool *seen)
{
    struct err *e = record_get(g->w->tx, g->w->m, g->a, o, id, false, r);

    *seen = !e && record_is_live(r);
    if (e && e->kind != ERR_NOT_FOUND && e->kind != ERR_FORBIDDEN)
        return e;
    if (*seen)
        add_record(g, r);
    return NULL;
}

static bool has_address(const struct object *o)
{
    for (size_t i = 0; i < o->n_fields; i++)
        if (o->fields[i].type == FT_EMAIL && !o->fields[i].hidden)
            return true;
    return false;
}

/* Those who belong to it: records with an address that refer to r. */
static struct err *add_people(struct gathering *g, const struct record *r)
{
    const struct manual *m = g->w->m;
    struct expr_env env = actor_env(g->a, g->w->now_us);

    for (size_t i = 0; i < m->n_objects; i++) {
        const struct object *o = &m->objects[i];

        if (o->built_in || !has_address(o) || access_scope(g->a, o->index, VERB_READ) == SCOPE_NONE)
            continue;
        for (size_t k = 0; k < o->n_fields; k++) {
            const struct field *f = &o->fields[k];
            const struct expr *e;
            struct record one;
            int64_t *ids;
            size_t n;
            bool seen;

            if (f->type != FT_REF || f->hidden || f->to_object != r->object->index ||
                access_field(g->a, o->index, f->index) == FR_NONE)
                continue;
            TRY(expr_compile(g->w->arena, m->schema, o->index,
                             str_fmt(g->w->arena, "%.*s = '%lld' and archived_at is empty", STR_ARG(f->name), (long long)r->id),
                             EXPR_CONDITION, &e));
            TRY(query_ids(g->w->tx, m, g->a, o, e, &env, 0, MAIL_ADDRESSES_MAX, &ids, &n));
            for (size_t j = 0; j < n && g->list.n < MAIL_ADDRESSES_MAX; j++)
                TRY(add_id(g, o, ids[j], &one, &seen));
        }
    }
    return NULL;
}

static struct err *add_referred(struct gathering *g, const struct record *r)
{
    const struct manual *m = g->w->m;

    for (size_t i = 0; i < r->object->n_fields; i++) {
        const struct field *f = &r->object->fields[i];
        const struct value *v = &r->values[i];
        const struct object *o = (f->type == FT_REF || f->type == FT_REFS) && f->to_object >= 0 ? &m->objects[f->to_object] : NULL;
        bool many = f->type == FT_REFS;

        if (!o || o->built_in || f->hidden || (!many && v->empty) || access_field(g->a, r->object->index, f->index) == FR_NONE)
            continue;
        for (size_t k = 0; k < (many ? v->n_ids : 1) && g->list.n < MAIL_ADDRESSES_MAX; k++) {
            struct record to;
            bool seen;

            TRY(add_id(g, o, many ? v->ids[k] : v->i, &to, &seen));
            if (seen && !many)
                TRY(add_people(g, &to));
        }
    }
    return NULL;
}

struct err *mail_addresses(const struct work *w, const struct actor *a, const struct record *r,
                           struct mail_address_of **out, size_t *n)
{
    struct gathering g = {.w = w, .a = a};

    add_record(&g, r);
    TRY(add_referred(&g, r));
    TRY(add_people(&g, r));
    *out = g.list.at;
    *n = g.list.n;
    return NULL;
}
