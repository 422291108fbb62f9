/* What record computes once per manual: statement texts, lists of fields, parsed defaults, compiled filters.
 *
 * Plans hang on a small process-wide list, keyed by the snapshot; a list entry pins its snapshot, so that an address is
 * never mistaken for another manual. Users hold a reference through their arena. */
#include "record/record_impl.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define PLANS_KEPT 4   /* manuals remembered: the live one, one coming, replays */
#define EXPRS_KEPT 256 /* compiled texts remembered per manual */
#define EXPR_BYTES_KEPT (4 * 1024 * 1024)

struct kept_expr {
    uint64_t hash;
    int object;
    unsigned use;
    struct str text;
    const struct expr *e;
};
/* Texts of one generation; a full one is left to its users and a new one begun. */
struct expr_cache {
    struct arena *arena;
    int refs;
    size_t n;
    struct kept_expr slots[EXPRS_KEPT * 2]; /* open addressing */
};
struct plans {
    const struct manual *m;
    struct arena *arena;
    struct object_plan *objects;
    int refs;
    int64_t used;
    struct expr_cache *exprs;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct plans *kept[PLANS_KEPT];
static int64_t uses;

static void list_add(struct arena *arena, struct int_list *l, size_t max, int i)
{
    if (!l->at)
        l->at = NEW_ARRAY(arena, max, int);
    l->at[l->n++] = i;
}

static struct str quoted(struct arena *arena, struct str name)
{
    return db_ident(arena, name);
}

static struct str companion(struct arena *arena, const struct field *f, char suffix)
{
    return quoted(arena, str_fmt(arena, "%.*s$%c", STR_ARG(f->column), suffix));
}

static void plan_columns(struct arena *arena, struct object_plan *p)
{
    struct buf cols = buf_new(arena, 1024), ins = buf_new(arena, 1024);

    buf_fmt(&ins, "INSERT INTO %.*s (", STR_ARG(p->table));
    for (size_t i = 0; i < p->o->n_fields; i++) {
        struct field_plan *fp = &p->fields[i];
        const struct field *f = fp->f;
        enum field_store store = field_types[f->type].store;

        fp->col = -1;
        if (store == FS_NONE || store == FS_LINKS || !f->column.len)
            continue;
        fp->col = p->n_cols;
        fp->n_cols = store == FS_TEXT_FOLD || store == FS_MONEY ? 2 : 1;
        struct str name = quoted(arena, f->column);
        buf_fmt(&cols, "%sr.%.*s", p->n_cols ? ", " : "", STR_ARG(name));
        buf_fmt(&ins, "%s%.*s", p->n_cols ? ", " : "", STR_ARG(name));
        if (fp->n_cols == 2) {
            name = companion(arena, f, store == FS_MONEY ? 'c' : 'f');
            buf_fmt(&cols, ", r.%.*s", STR_ARG(name));
            buf_fmt(&ins, ", %.*s", STR_ARG(name));
        }
        p->n_cols += fp->n_cols;
    }
    buf_add(&ins, STR(") VALUES ("));
    for (int i = 1; i <= p->n_cols; i++)
        buf_fmt(&ins, "%s$%d", i > 1 ? ", " : "", i);
    buf_add_char(&ins, ')');
    p->columns = buf_str(&cols);
    p->insert = buf_str(&ins);
}

/* What stands in link.field for a field of references: what the schema's relation says. */
static struct str link_name(struct arena *arena, const struct manual *m, const struct object *o,
                            const struct field *f)
{
    const struct expr_object *eo = &m->schema->objects[o->index];

    for (size_t i = 0; i < eo->n_relations; i++)
        if (eo->relations[i].join == EJ_LINK_OUT && str_eq(eo->relations[i].name, f->name))
            return eo->relations[i].via;
    for (size_t k = 0; k < m->schema->n_objects; k++) {
        const struct expr_object *t = &m->schema->objects[k];
        for (size_t i = 0; i < t->n_relations; i++)
            if (t->relations[i].join == EJ_LINK && t->relations[i].object == o->index &&
                str_eq(t->relations[i].name, f->back))
                return t->relations[i].via;
    }
    return str_fmt(arena, "%.*s.%.*s", STR_ARG(o->name), STR_ARG(f->name));
}

static void plan_field(struct arena *arena, const struct manual *m, struct object_plan *p, int i)
{
    const struct object *o = p->o;
    struct field_plan *fp = &p->fields[i];
    const struct field *f = fp->f;
    size_t max = o->n_fields;
    bool kept_by_us = f->system && i != F_OWNER && i != F_TEAM && i != F_TAGS;

    fp->key = str_fmt(arena, "\"%.*s\":", STR_ARG(f->name));
    fp->writable = !kept_by_us && f->type != FT_FORMULA;
    if (fp->col >= 0)
        list_add(arena, &p->stored, max, i);
    if (f->type == FT_REFS) {
        fp->link = link_name(arena, m, o, f);
        list_add(arena, &p->links, max, i);
    }
    if (f->type == FT_FORMULA)
        list_add(arena, &p->formulas, max, i);
    if (f->search && !f->system && fp->col >= 0)
        list_add(arena, &p->searched, max, i);
    if (f->default_kind != DEFAULT_NONE && fp->writable)
        list_add(arena, &p->defaults, max, i);
    if (f->required)
        list_add(arena, &p->required, max, i);
    if (f->required_when.e || f->readonly_when.e)
        list_add(arena, &p->conditions, max, i);
    if (f->unique && fp->col >= 0)
        list_add(arena, &p->unique, max, i);
    if (f->type == FT_AUTO_NUMBER)
        list_add(arena, &p->autos, max, i);
    if (f->default_kind == DEFAULT_VALUE)
        fp->has_default = value_parse(arena, m, f, f->default_value, NULL, &fp->dflt) == NULL;
}

static void plan_object(struct arena *arena, const struct manual *m, struct object_plan *p,
                        const struct object *o)
{
    p->o = o;
    p->eo = &m->schema->objects[o->index];
    p->table = quoted(arena, o->table);
    p->fields = NEW_ARRAY(arena, o->n_fields + 1, struct field_plan);
    p->account_field = -1;
    p->time_field = o->time;
    for (size_t i = 0; i < o->n_fields; i++)
        p->fields[i].f = &o->fields[i];
    plan_columns(arena, p);
    p->select_one = str_fmt(arena, "SELECT %.*s FROM %.*s r WHERE r.\"id\" = $1",
                            STR_ARG(p->columns), STR_ARG(p->table));
    if (o->built_in) {
        for (size_t i = 0; i < o->n_fields; i++)
            p->fields[i].key = str_fmt(arena, "\"%.*s\":", STR_ARG(o->fields[i].name));
        return;
    }
    for (size_t i = 0; i < o->n_fields; i++)
        plan_field(arena, m, p, (int)i);
    const struct field *title = o->title >= 0 ? &o->fields[o->title] : NULL;
    p->title_stored = title && p->fields[o->title].col >= 0 && title->type != FT_MONEY;
    int account = manual_object_index(m, "account");
    for (size_t i = F_SYSTEM_COUNT; i < o->n_fields; i++)
        if (o->fields[i].type == FT_REF && account >= 0 && o->fields[i].to_object == account &&
            account != o->index) {
            p->account_field = (int)i;
            break;
        }
    struct str title_col = p->title_stored ? quoted(arena, title->column) : STR("NULL");
    p->ref_check = str_fmt(
        arena, "SELECT \"owner\", \"team\", \"deleted_at\", %.*s FROM %.*s WHERE \"id\" = $1",
        STR_ARG(title_col), STR_ARG(p->table));
    p->touch = str_fmt(arena,
                       "UPDATE %.*s SET \"last_activity_at\" = $1 WHERE \"id\" = $2 AND "
                       "(\"last_activity_at\" IS NULL OR "
                       "\"last_activity_at\" < $1)",
                       STR_ARG(p->table));
}

static struct plans *plans_make(const struct manual *m)
{
    struct arena *arena = arena_new(64 * 1024);
    struct plans *p = NEW(arena, struct plans);

    manual_pin(m);
    p->m = m;
    p->arena = arena;
    p->refs = 1;
    p->objects = NEW_ARRAY(arena, m->n_objects + 1, struct object_plan);
    for (size_t i = 0; i < m->n_objects; i++)
        plan_object(arena, m, &p->objects[i], &m->objects[i]);
    return p;
}

static void exprs_release(struct expr_cache *c)
{
    if (c && --c->refs == 0)
        arena_free(c->arena);
}

/* With the lock held. */
static void plans_release(struct plans *p)
{
    if (--p->refs > 0)
        return;
    const struct manual *m = p->m;
    exprs_release(p->exprs);
    arena_free(p->arena);
    manual_unpin(m);
}

static void plans_drop(void *ctx)
{
    pthread_mutex_lock(&lock);
    plans_release(ctx);
    pthread_mutex_unlock(&lock);
}

/* With the lock held: the entry of m, made when missing; the one not used for longest goes. */
static struct plans *plans_find(const struct manual *m)
{
    size_t oldest = 0;

    for (size_t i = 0; i < PLANS_KEPT; i++) {
        if (kept[i] && kept[i]->m == m) {
            kept[i]->used = ++uses;
            return kept[i];
        }
        if (!kept[i] || (kept[oldest] && kept[i]->used < kept[oldest]->used))
            oldest = i;
        if (!kept[oldest])
            break;
    }
    if (kept[oldest])
        plans_release(kept[oldest]);
    kept[oldest] = plans_make(m);
    kept[oldest]->used = ++uses;
    return kept[oldest];
}

const struct plans *plans_of(struct arena *arena, const struct manual *m)
{
    pthread_mutex_lock(&lock);
    struct plans *p = plans_find(m);
    p->refs++;
    pthread_mutex_unlock(&lock);
    arena_on_reset(arena, plans_drop, p);
    return p;
}

const struct object_plan *plan_of(struct arena *arena, const struct manual *m,
                                  const struct object *o)
{
    assert(o >= m->objects && o < m->objects + m->n_objects);
    return &plans_of(arena, m)->objects[o->index];
}

struct tx_plans {
    const struct plans *plans;
};

const struct object_plan *plan_tx(struct tx *tx, const struct manual *m, const struct object *o)
{
    void **slot = tx_slot(tx, TX_SLOT_RECORD);
    struct tx_plans *t = *slot;

    assert(o >= m->objects && o < m->objects + m->n_objects);
    if (!t || t->plans->m != m) {
        t = NEW(tx_arena(tx), struct tx_plans);
        t->plans = plans_of(tx_arena(tx), m);
        *slot = t;
    }
    return &t->plans->objects[o->index];
}

static void exprs_drop(void *ctx)
{
    pthread_mutex_lock(&lock);
    exprs_release(ctx);
    pthread_mutex_unlock(&lock);
}

static struct kept_expr *expr_slot(struct expr_cache *c, uint64_t hash, int object, unsigned use,
                                   struct str text)
{
    size_t mask = sizeof c->slots / sizeof *c->slots - 1;

    for (size_t i = hash & mask;; i = (i + 1) & mask) {
        struct kept_expr *k = &c->slots[i];
        if (!k->e ||
            (k->hash == hash && k->object == object && k->use == use && str_eq(k->text, text)))
            return k;
    }
}

struct err *plan_expr(struct arena *arena, const struct manual *m, int object, struct str text,
                      unsigned use, const struct expr **out)
{
    uint64_t hash = str_hash(text) ^ ((uint64_t)object << 40) ^ use;
    struct err *e = NULL;

    pthread_mutex_lock(&lock);
    struct plans *p = plans_find(m);
    struct expr_cache *c = p->exprs;
    if (!c || c->n >= EXPRS_KEPT || arena_used_bytes(c->arena) > EXPR_BYTES_KEPT) {
        struct arena *fresh = arena_new(32 * 1024);
        exprs_release(c);
        c = p->exprs = NEW(fresh, struct expr_cache);
        c->arena = fresh;
        c->refs = 1;
    }
    struct kept_expr *k = expr_slot(c, hash, object, use, text);
    if (!k->e) {
        struct str copy = str_dup(c->arena, text);
        const struct expr *compiled = NULL;
        e = expr_compile(c->arena, m->schema, object, copy, use, &compiled);
        if (e) {
            e = err_copy(arena, e);
        } else {
            *k = (struct kept_expr){hash, object, use, copy, compiled};
            c->n++;
        }
    }
    *out = k->e;
    if (!e)
        c->refs++;
    pthread_mutex_unlock(&lock);
    if (!e)
        arena_on_reset(arena, exprs_drop, c);
    return e;
}
