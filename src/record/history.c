/* The change log: written by every save, read back with the reader's rights. */
#include "base/id.h"
#include "record/record.sql.h"
#include "record/record_impl.h"

#include <assert.h>

static void bind_or_null(struct stmt *st, int param, int64_t v)
{
    if (v)
        db_bind_i64(st, param, v);
    else
        db_bind_null(st, param);
}

struct err *history_write(struct tx *tx, const struct save_context *cx,
                          const struct change_row *row, int64_t undo_of)
{
    struct stmt *st;

    TRY(db_stmt(tx, &sql_change_put, &st));
    db_bind_i64(st, 1, row->id);
    db_bind_i64(st, 2, row->save_id);
    db_bind_i64(st, 3, row->record_id);
    db_bind_str(st, 4, row->object);
    db_bind_str(st, 5, row->kind);
    db_bind_str(st, 6, row->field.ptr ? row->field : STR(""));
    db_bind_str(st, 7, row->old_json);
    db_bind_str(st, 8, row->new_json);
    db_bind_i64(st, 9, cx->actor->user_id);
    db_bind_str(st, 10, cx->import ? STR("import") : str_from(via_words[cx->actor->via]));
    db_bind_str(st, 11, cx->actor->rule.len ? cx->actor->rule : STR_NONE);
    db_bind_str(st, 12, cx->reason.len ? cx->reason : STR_NONE);
    db_bind_i64(st, 13, cx->now_us);
    db_bind_i64(st, 14, cx->manual->version);
    bind_or_null(st, 15, undo_of);
    bind_or_null(st, 16, cx->import_id);
    return db_run(st, NULL);
}

/* Fields whose values tell a story; the rest the program keeps. */
static bool logged(int i)
{
    return i >= F_SYSTEM_COUNT || i == F_OWNER || i == F_TEAM || i == F_TAGS;
}

static struct str all_values(struct save *s)
{
    struct buf b = buf_new(s->arena, 512);
    struct json_writer w = json_writer(&b);

    jw_object(&w);
    for (size_t i = F_OWNER; i < s->p->o->n_fields; i++) {
        const struct field *f = &s->p->o->fields[i];
        const struct value *v = &s->after.values[i];
        if (v->empty || !logged((int)i) || f->type == FT_FORMULA)
            continue;
        jw_key_lit(&w, s->p->fields[i].key);
        if (type_is_ref(v->type))
            jw_id(&w, v->i);
        else
            value_json(&w, f, v);
    }
    jw_end_object(&w);
    return buf_str(&b);
}

struct err *history_save(struct save *s)
{
    struct change_row row = {.record_id = s->after.id, .object = s->p->o->name};

    if (save_creates(s)) {
        row.id = row.save_id = s->change_id = id_new(s->cx->now_us);
        row.kind = STR("created");
        row.new_json = all_values(s);
        return history_write(s->tx, s->cx, &row, s->undo_of);
    }
    row.kind = STR("updated");
    for (size_t i = F_OWNER; i < s->p->o->n_fields; i++) {
        const struct field *f = &s->p->o->fields[i];
        if (!s->changed[i] || !logged((int)i) || f->type == FT_FORMULA)
            continue;
        row.id = id_new(s->cx->now_us);
        if (!s->change_id)
            s->change_id = row.id;
        row.save_id = s->change_id;
        row.field = f->name;
        row.old_json = value_log_json(s->arena, f, &s->before.values[i]);
        row.new_json = value_log_json(s->arena, f, &s->after.values[i]);
        TRY(history_write(s->tx, s->cx, &row, s->undo_of));
    }
    return NULL;
}

/* ---- reading ---- */

/* A "created" row holds all values: only those the reader may see stay. */
static struct str visible_values(struct arena *arena, const struct actor *a, const struct object *o,
                                 struct str text)
{
    struct json j;
    struct buf b = buf_new(arena, text.len + 16);
    struct json_writer w = json_writer(&b);

    if (!text.len || json_parse(arena, text, &j) || j.kind != JSON_OBJECT)
        return STR_NONE;
    jw_object(&w);
    for (size_t i = 0; i < j.n; i++) {
        const struct field *f = object_field(o, j.members[i].name);
        if (!f || access_field(a, o->index, f->index) == FR_NONE)
            continue;
        jw_key(&w, j.members[i].name);
        jw_value(&w, &j.members[i].value);
    }
    jw_end_object(&w);
    return buf_str(&b);
}

static bool visible_field(const struct actor *a, const struct object *o, struct str name)
{
    const struct field *f = name.len ? object_field(o, name) : NULL;

    return !name.len || (f && access_field(a, o->index, f->index) != FR_NONE);
}

struct err *change_since(struct tx *tx, const struct manual *m, const struct actor *a, const struct object *o,
                         int64_t record_id, const struct field *f, int64_t *since_us)
{
    struct record r;
    struct stmt *st;
    bool row;

    TRY(record_get(tx, m, a, o, record_id, false, &r));
    TRY(db_stmt(tx, &sql_change_of_field, &st));
    db_bind_i64(st, 1, record_id);
    db_bind_str(st, 2, f->name);
    TRY(db_step(st, &row));
    *since_us = row && !db_is_null(st, 0) ? db_i64(st, 0) : r.values[F_CREATED_AT].i;
    db_done(st);
    return NULL;
}

struct err *change_list(struct tx *tx, const struct manual *m, const struct actor *a,
                        const struct object *o, int64_t record_id, int64_t before_id, int limit,
                        struct change **out, size_t *n)
{
    struct arena *arena = tx_arena(tx);
    VEC(struct change) list = {0};
    struct record r;
    struct stmt *st;
    bool row = true;

    if (limit <= 0 || limit > PAGE_ROWS_MAX)
        limit = PAGE_ROWS_DEFAULT;
    TRY(record_get(tx, m, a, o, record_id, true, &r));
    if (before_id <= 0)
        before_id = INT64_MAX;
    while (row &&
           list.n <
               (size_t)
                   limit) { /* rows of hidden fields are left out; read on until the page is full */
        TRY(db_stmt(tx, &sql_change_of_record, &st));
        db_bind_i64(st, 1, record_id);
        db_bind_i64(st, 2, before_id);
        db_bind_i64(st, 3, limit);
        int seen = 0;
        for (;;) {
            TRY(db_step(st, &row));
            if (!row)
                break;
            seen++;
            before_id = db_i64(st, 0);
            struct str field = str_dup(arena, db_str(st, 4));
            if (list.n == (size_t)limit || !visible_field(a, o, field))
                continue;
            struct change c = {.id = db_i64(st, 0),
                               .record_id = record_id,
                               .object = o->name,
                               .kind = str_dup(arena, db_str(st, 3)),
                               .field = field,
                               .old_json = str_dup(arena, db_str(st, 5)),
                               .new_json = str_dup(arena, db_str(st, 6)),
                               .actor = db_i64(st, 7),
                               .via = str_dup(arena, db_str(st, 8)),
                               .page = str_dup(arena, db_str(st, 9)),
                               .at_us = db_i64(st, 10),
                               .manual_version = db_i64(st, 11)};
            if (!field.len)
                c.new_json = visible_values(arena, a, o, c.new_json);
            VEC_PUSH(arena, list) = c;
        }
        row = seen == limit;
    }
    *out = list.at;
    *n = list.n;
    return NULL;
}

/* ---- taking a save back ---- */

struct undo {
    struct str kind, field, old_json, new_json;
};

static struct err *moved_on(struct arena *arena, const struct field *f)
{
    struct err *e = FAIL(arena, ERR_STALE, "record.version_conflict",
                         f ? str_cstr(arena, str_fmt(arena, "/%.*s", STR_ARG(f->name))) : NULL,
                         "%.*s was changed again since, so this change cannot be taken back.",
                         STR_ARG(f ? f->label : STR("The record")));

    e->way_out = STR("Take the later change back first, or write the value by hand.");
    return e;
}

static struct err *value_of_log(struct arena *arena, const struct field *f, struct str text,
                                struct value *out)
{
    struct json j;

    if (!text.ptr) {
        value_set_empty(out, f);
        return NULL;
    }
    TRY(json_parse(arena, text, &j));
    return value_from_json(arena, f, &j, json_pointer(arena, "", f->name), out);
}

static struct err *undo_update(struct tx *tx, const struct save_context *cx, const struct object *o,
                               int64_t record_id, const struct undo *rows, size_t n,
                               int64_t undo_of, struct save_result *out)
{
    struct arena *arena = tx_arena(tx);
    struct save_input in = {.object = o, .id = record_id, .if_version = -1};
    struct err *errors = NULL;
    struct record now;

    TRY(record_read(tx, cx->manual, o, record_id, &now));
    in.fields = NEW_ARRAY(arena, n, const struct field *);
    in.values = NEW_ARRAY(arena, n, struct value);
    for (size_t i = 0; i < n; i++) {
        const struct field *f = object_field(o, rows[i].field);
        if (!f)
            return FAIL(arena, ERR_CONFLICT, "record.version_conflict", NULL,
                        "The field %.*s does not exist any more.", STR_ARG(rows[i].field));
        if (!str_eq(value_log_json(arena, f, &now.values[f->index]), rows[i].new_json))
            err_add(&errors, moved_on(arena, f));
        in.fields[in.n] = f;
        TRY(value_of_log(arena, f, rows[i].old_json, &in.values[in.n++]));
    }
    if (errors)
        return errors;
    return record_save_as(tx, cx, &in, undo_of, out);
}

static struct err *undo_move(struct tx *tx, const struct save_context *cx, const struct object *o,
                             int64_t record_id, const struct undo *row, int64_t undo_of,
                             struct save_result *out)
{
    bool was_set = str_eq(row->new_json, STR("null")); /* what the move took away comes back */
    enum record_move move = str_eq(row->kind, STR("created")) ? RECORD_DELETE
                            : str_eq(row->field, STR("archived_at"))
                                ? (was_set ? RECORD_ARCHIVE : RECORD_UNARCHIVE)
                                : (was_set ? RECORD_DELETE : RECORD_RESTORE);

    *out = (struct save_result){0};
    return record_move_as(tx, cx, o, record_id, -1, move, undo_of, &out->record, &out->change_id);
}

struct err *change_undo(struct tx *tx, const struct save_context *cx, int64_t change_id,
                        struct save_result *out)
{
    struct arena *arena = tx_arena(tx);
    VEC(struct undo) rows = {0};
    struct record seen;
    struct stmt *st;
    bool row;

    TRY(db_stmt(tx, &sql_change_by_id, &st));
    db_bind_i64(st, 1, change_id);
    TRY(db_step(st, &row));
    if (!row)
        return FAIL(arena, ERR_NOT_FOUND, "record.not_found", NULL,
                    "There is no such change, or you may not see it.");
    int64_t save_id = db_i64(st, 0), record_id = db_i64(st, 1);
    const struct object *o = manual_object(cx->manual, db_str(st, 2));
    db_done(st);
    if (!o)
        return FAIL(arena, ERR_NOT_FOUND, "record.not_found", NULL,
                    "There is no such change, or you may not see it.");
    TRY(record_get(tx, cx->manual, cx->actor, o, record_id, true, &seen));
    TRY(db_stmt(tx, &sql_change_of_save, &st));
    db_bind_i64(st, 1, record_id);
    db_bind_i64(st, 2, save_id);
    for (;;) {
        TRY(db_step(st, &row));
        if (!row)
            break;
        VEC_PUSH(arena, rows) =
            (struct undo){str_dup(arena, db_str(st, 1)), str_dup(arena, db_str(st, 2)),
                          str_dup(arena, db_str(st, 3)), str_dup(arena, db_str(st, 4))};
    }
    if (!rows.n || str_eq(rows.at[0].kind, STR("purged")))
        return FAIL(arena, ERR_CONFLICT, "record.version_conflict", NULL,
                    "What was purged cannot be brought back.");
    if (!str_eq(rows.at[0].kind, STR("updated")))
        return undo_move(tx, cx, o, record_id, &rows.at[0], save_id, out);
    return undo_update(tx, cx, o, record_id, rows.at, rows.n, save_id, out);
}

struct err *change_record(struct tx *tx, const struct manual *m, const struct actor *a,
                          int64_t change_id, int64_t *record_id)
{
    const struct object *o;
    struct record seen;
    struct err *e;
    struct stmt *st;
    int64_t id;
    bool row;

    *record_id = 0;
    TRY(db_stmt(tx, &sql_change_by_id, &st));
    db_bind_i64(st, 1, change_id);
    TRY(db_step(st, &row));
    if (!row)
        return NULL;
    id = db_i64(st, 1);
    o = manual_object(m, db_str(st, 2));
    db_done(st);
    if (!o)
        return NULL;
    e = record_get(tx, m, a, o, id, true, &seen);
    if (!e)
        *record_id = id;
    return !e || e->kind == ERR_NOT_FOUND || e->kind == ERR_FORBIDDEN ? NULL : e;
}
