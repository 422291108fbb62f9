/* The face expressions see: values of one record, and what it refers to, read through the transaction when asked for. An
 * expression cannot fail; a read that does counts as "nothing there" and is logged. */
#include "base/log.h"
#include "record/record_impl.h"

#define RELATED_MAX 100000 /* rows looked at in memory for one aggregate; SQL has no such bound */

struct face {
    struct tx *tx;
    const struct manual *m;
    const struct object_plan *p;
    const struct record *now, *before;
    struct face **followed; /* [field] what a reference led to; itself: nothing */
};

static struct expr_record expose(struct face *f);

static struct face *face_new(struct tx *tx, const struct manual *m, const struct record *now,
                             const struct record *before)
{
    struct face *f = NEW(tx_arena(tx), struct face);

    *f = (struct face){tx, m, plan_tx(tx, m, now->object), now, before, NULL};
    return f;
}

static struct expr_val face_get(void *ctx, struct arena *arena, int field)
{
    struct face *f = ctx;
    (void)arena;

    return value_expr(&f->p->o->fields[field], &f->now->values[field]);
}

static struct expr_val face_get_before(void *ctx, struct arena *arena, int field)
{
    struct face *f = ctx;
    (void)arena;

    if (!f->before || !f->before->object)
        return (struct expr_val){.type = ET_EMPTY};
    return value_expr(&f->p->o->fields[field], &f->before->values[field]);
}

/* True: fine. Errors are logged once and swallowed. */
static bool fine(const struct err *e)
{
    if (e && e->kind != ERR_NOT_FOUND)
        log_event(LOG_ERROR, "expression.read", "code", e->code, NULL);
    return !e;
}

static bool face_follow(void *ctx, struct arena *arena, int field, struct expr_record *to)
{
    struct face *f = ctx;
    const struct field *fd = &f->p->o->fields[field];
    const struct value *v = &f->now->values[field];
    const struct object *target = fd->to_object >= 0 ? &f->m->objects[fd->to_object] : NULL;
    (void)arena;

    if (v->empty || !type_is_ref(fd->type))
        return false;
    if (!f->followed)
        f->followed = NEW_ARRAY(tx_arena(f->tx), f->p->o->n_fields, struct face *);
    if (!f->followed[field]) {
        struct record *r = NEW(tx_arena(f->tx), struct record);
        f->followed[field] = f;
        if (!target && !fine(record_object_of(f->tx, f->m, v->i, &target)))
            return false;
        if (target && fine(record_read(f->tx, f->m, target, v->i, r)) && !record_in_bin(r))
            f->followed[field] = face_new(f->tx, f->m, r, NULL);
    }
    if (f->followed[field] == f)
        return false;
    *to = expose(f->followed[field]);
    return true;
}

static struct str related_sql(struct arena *arena, const struct object_plan *t,
                              const struct expr_relation *rel)
{
    struct buf b = buf_new(arena, t->columns.len + 256);

    buf_fmt(&b, "SELECT %.*s FROM %.*s r WHERE ", STR_ARG(t->columns), STR_ARG(t->table));
    switch (rel->join) {
    case EJ_BACK_REF:
        buf_fmt(&b, "r.%.*s = $1", STR_ARG(db_ident(arena, rel->via)));
        break;
    case EJ_RECORD:
        buf_add(&b, STR("r.\"record_id\" = $1"));
        break;
    case EJ_LINK:
        buf_add(&b, STR("r.\"id\" IN (SELECT from_id FROM link WHERE field = $2 AND to_id = $1)"));
        break;
    case EJ_LINK_OUT:
        buf_add(&b, STR("r.\"id\" IN (SELECT to_id FROM link WHERE field = $2 AND from_id = $1)"));
        break;
    }
    if (!t->o->built_in)
        buf_add(&b, STR(" AND r.\"deleted_at\" IS NULL"));
    buf_add(&b, STR(" ORDER BY r.\"id\""));
    return buf_str(&b);
}

static struct err *related_rows(struct face *f, const struct object_plan *t,
                                const struct expr_relation *rel,
                                bool (*each)(void *, const struct expr_record *), void *each_ctx,
                                bool *go_on)
{
    struct stmt *st;
    bool row;

    TRY(db_stmt_text(f->tx, related_sql(tx_arena(f->tx), t, rel), &st));
    db_bind_i64(st, 1, f->now->id);
    if (rel->join == EJ_LINK || rel->join == EJ_LINK_OUT)
        db_bind_str(st, 2, rel->via);
    for (int n = 0; *go_on && n < RELATED_MAX; n++) {
        struct record *r = NEW(tx_arena(f->tx), struct record);
        TRY(db_step(st, &row));
        if (!row)
            return NULL;
        row_read(tx_arena(f->tx), t, st, 0, r);
        struct expr_record e = expose(face_new(f->tx, f->m, r, NULL));
        *go_on = each(each_ctx, &e);
    }
    db_done(st);
    return NULL;
}

static void face_related(void *ctx, struct arena *arena, int relation,
                         bool (*each)(void *, const struct expr_record *), void *each_ctx)
{
    struct face *f = ctx;
    const struct expr_relation *rel = &f->p->eo->relations[relation];
    bool go_on = true;
    (void)arena;

    for (size_t i = 0; i < f->m->n_objects && go_on; i++) {
        if (rel->object >= 0 ? (int)i != rel->object : f->m->objects[i].built_in)
            continue;
        if (!fine(related_rows(f, plan_tx(f->tx, f->m, &f->m->objects[i]), rel, each, each_ctx,
                               &go_on)))
            return;
    }
}

static struct expr_record expose(struct face *f)
{
    return (struct expr_record){
        .object = f->p->eo,
        .ctx = f,
        .get = face_get,
        .get_before = face_get_before,
        .follow = face_follow,
        .related = face_related,
        .id = f->now->id,
    };
}

struct expr_record record_expr(struct tx *tx, const struct manual *m, const struct record *r,
                               const struct record *before)
{
    return expose(face_new(tx, m, r, before));
}
