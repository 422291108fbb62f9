/* Archive, bin, purge. */
#include "base/id.h"
#include "record/record.sql.h"
#include "record/record_impl.h"

struct move_facts {
    enum verb verb;
    int field;
    bool set;
    struct str kind;
};

static struct move_facts facts_of(enum record_move move)
{
    switch (move) {
    case RECORD_ARCHIVE:
        return (struct move_facts){VERB_ARCHIVE, F_ARCHIVED_AT, true, STR("archived")};
    case RECORD_UNARCHIVE:
        return (struct move_facts){VERB_ARCHIVE, F_ARCHIVED_AT, false, STR("restored")};
    case RECORD_DELETE:
        return (struct move_facts){VERB_DELETE, F_DELETED_AT, true, STR("deleted")};
    case RECORD_RESTORE:
        break;
    }
    return (struct move_facts){VERB_DELETE, F_DELETED_AT, false, STR("restored")};
}

static struct err *may_move(struct tx *tx, const struct save_context *cx, const struct record *r,
                            struct move_facts f)
{
    const struct object *o = r->object;
    int64_t owner = record_owner(r), team = record_team(r);

    if (!access_row(cx->actor, o->index, VERB_READ, owner, team))
        return err_not_found(tx_arena(tx), o, r->id);
    TRY(access_need(tx_arena(tx), cx->manual, cx->actor, o->index, f.verb));
    if (!access_row(cx->actor, o->index, f.verb, owner, team))
        return FAIL(tx_arena(tx), ERR_FORBIDDEN, "access.denied", NULL,
                    "Your roles do not allow you to %s this %.*s.", verb_words[f.verb],
                    STR_ARG(o->label));
    if (f.field == F_ARCHIVED_AT && record_in_bin(r))
        return FAIL(tx_arena(tx), ERR_CONFLICT, "record.in_bin", NULL,
                    "This %.*s is in the bin. Restore it first.", STR_ARG(o->label));
    return NULL;
}

static struct err *write_move(struct tx *tx, const struct save_context *cx, struct record *r,
                              struct move_facts f, int64_t undo_of, int64_t *change_id)
{
    struct arena *arena = tx_arena(tx);
    const struct object_plan *p = plan_tx(tx, cx->manual, r->object);
    const struct field *field = &r->object->fields[f.field];
    struct value now = {.type = field->type, .empty = !f.set, .i = f.set ? cx->now_us : 0};
    struct change_row row = {
        .record_id = r->id, .object = r->object->name, .kind = f.kind, .field = field->name};
    struct stmt *st;
    int64_t n;

    TRY(db_stmt_text(tx,
                     str_fmt(arena,
                             "UPDATE %.*s SET \"%.*s\" = $1, \"updated_at\" = $2, \"updated_by\" = "
                             "$3, \"version\" = \"version\" + 1 "
                             "WHERE \"id\" = $4 AND \"version\" = $5",
                             STR_ARG(p->table), STR_ARG(field->column)),
                     &st));
    if (f.set)
        db_bind_i64(st, 1, cx->now_us);
    else
        db_bind_null(st, 1);
    db_bind_i64(st, 2, cx->now_us);
    if (cx->actor->user_id)
        db_bind_i64(st, 3, cx->actor->user_id);
    else
        db_bind_null(st, 3);
    db_bind_i64(st, 4, r->id);
    db_bind_i64(st, 5, r->version);
    TRY(db_run(st, &n));
    if (n != 1)
        return FAIL(arena, ERR_STALE, "record.version_conflict", NULL,
                    "Somebody changed this %.*s meanwhile.", STR_ARG(r->object->label));
    row.id = row.save_id = *change_id = id_new(cx->now_us);
    row.old_json = value_log_json(arena, field, &r->values[f.field]);
    row.new_json = value_log_json(arena, field, &now);
    TRY(history_write(tx, cx, &row, undo_of));
    r->values[f.field] = now;
    r->values[F_UPDATED_AT] = (struct value){.type = FT_DATE_TIME, .i = cx->now_us};
    r->values[F_UPDATED_BY] =
        (struct value){.type = FT_USER, .empty = !cx->actor->user_id, .i = cx->actor->user_id};
    r->values[F_VERSION].i = ++r->version;
    return NULL;
}

struct err *record_move_as(struct tx *tx, const struct save_context *cx, const struct object *o,
                           int64_t id, int64_t if_version, enum record_move move, int64_t undo_of,
                           struct record *out, int64_t *change_id)
{
    struct move_facts f = facts_of(move);
    int64_t written = 0;

    if (change_id)
        *change_id = 0;
    if (o->built_in)
        return err_not_found(tx_arena(tx), o, id);
    TRY(record_read(tx, cx->manual, o, id, out));
    TRY(may_move(tx, cx, out, f));
    if (if_version >= 0 && if_version != out->version)
        return FAIL(tx_arena(tx), ERR_STALE, "record.version_conflict", NULL,
                    "Somebody changed this %.*s meanwhile.", STR_ARG(o->label));
    if (out->values[f.field].empty != f.set)
        return NULL; /* is so already */
    TRY(write_move(tx, cx, out, f, undo_of, &written));
    if (change_id)
        *change_id = written;
    rights_moved(tx, cx->manual, o);
    if (move == RECORD_DELETE)
        TRY(index_drop(tx, id));
    if (move == RECORD_RESTORE)
        TRY(index_record(tx, cx->manual, out, false));
    return record_hooks.on_gone ? record_hooks.on_gone(tx, cx, out, f.set) : NULL;
}

struct err *record_move(struct tx *tx, const struct save_context *cx, const struct object *o,
                        int64_t id, int64_t if_version, enum record_move move, struct record *out,
                        int64_t *change_id)
{
    return record_move_as(tx, cx, o, id, if_version, move, 0, out, change_id);
}

static struct err *drop_links(struct tx *tx, const struct manual *m, int64_t id)
{
    for (size_t i = 0; i < m->n_objects; i++) {
        const struct object_plan *p = plan_tx(tx, m, &m->objects[i]);
        for (size_t k = 0; k < p->links.n; k++)
            for (int to = 0; to < 2; to++) {
                struct stmt *st;
                TRY(db_stmt(tx, to ? &sql_link_drop_to : &sql_link_drop_from, &st));
                db_bind_str(st, 1, p->fields[p->links.at[k]].link);
                db_bind_i64(st, 2, id);
                TRY(db_run(st, NULL));
            }
    }
    return NULL;
}

/* References of other records to it become empty in the row; the change log keeps that they were there. */
static struct err *drop_references(struct tx *tx, const struct manual *m, const struct object *o,
                                   int64_t id)
{
    for (size_t i = 0; i < m->n_objects; i++) {
        const struct object_plan *p = plan_tx(tx, m, &m->objects[i]);
        if (m->objects[i].built_in)
            continue;
        for (size_t k = F_SYSTEM_COUNT; k < p->o->n_fields; k++) {
            const struct field *f = &p->o->fields[k];
            struct stmt *st;
            if (!type_is_ref(f->type) || (f->to_object != o->index && f->to_object >= 0))
                continue;
            TRY(db_stmt_text(tx,
                             str_fmt(tx_arena(tx),
                                     "UPDATE %.*s SET \"%.*s\" = NULL WHERE \"%.*s\" = $1",
                                     STR_ARG(p->table), STR_ARG(f->column), STR_ARG(f->column)),
                             &st));
            db_bind_i64(st, 1, id);
            TRY(db_run(st, NULL));
        }
    }
    return NULL;
}

static struct err *erase(struct tx *tx, const struct sql *sql, int64_t id)
{
    struct stmt *st;

    TRY(db_stmt(tx, sql, &st));
    db_bind_i64(st, 1, id);
    return db_run(st, NULL);
}

struct err *record_purge(struct tx *tx, const struct save_context *cx, const struct object *o,
                         int64_t id)
{
    struct change_row row = {.record_id = id, .object = o->name, .kind = STR("purged")};
    struct record r;
    struct stmt *st;

    if (o->built_in)
        return err_not_found(tx_arena(tx), o, id);
    TRY(access_need_right(tx_arena(tx), cx->manual, cx->actor, RIGHT_PURGE));
    TRY(record_read(tx, cx->manual, o, id, &r));
    if (!access_row(cx->actor, o->index, VERB_READ, record_owner(&r), record_team(&r)))
        return err_not_found(tx_arena(tx), o, id);
    if (record_hooks.on_gone && !record_in_bin(&r))
        TRY(record_hooks.on_gone(tx, cx, &r, true));
    TRY(db_stmt_text(tx,
                     str_fmt(tx_arena(tx), "DELETE FROM %.*s WHERE \"id\" = $1",
                             STR_ARG(plan_tx(tx, cx->manual, o)->table)),
                     &st));
    db_bind_i64(st, 1, id);
    TRY(db_run(st, NULL));
    TRY(drop_links(tx, cx->manual, id));
    TRY(drop_references(tx, cx->manual, o, id));
    TRY(index_drop(tx, id));
    TRY(erase(tx, &sql_change_erase, id));
    rights_moved(tx, cx->manual, o);
    row.id = row.save_id = id_new(cx->now_us);
    return history_write(tx, cx, &row, 0);
}
