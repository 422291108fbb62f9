/* Taking an import back, newest save first: what it created goes to the bin, what it updated gets its old values where nobody
 * wrote since. In batches, each durable; running it again goes on where it stopped. And the list of imports. */
#include "record/import_impl.h"

#include "record/import.sql.h"

#include <inttypes.h>

struct undo_run {
    struct manual_store *store;
    const struct manual *m;
    const struct actor *actor;
    int64_t import_id, now_us, below_save, next_below;
    struct import_counts *counts, batch;
    bool more;
};
struct undo_save {
    struct undo_run *run;
    int64_t save_id;
};

static struct err *undo_one(struct tx *tx, void *ctx)
{
    struct undo_save *u = ctx;
    struct save_context cx = {.manual = u->run->m, .actor = u->run->actor, .now_us = u->run->now_us};
    struct save_result result;

    return change_undo(tx, &cx, u->save_id, &result);
}

/* Gone already, or changed by somebody since: left as it is, and counted. */
static bool left_alone(const struct err *e)
{
    return e->kind == ERR_CONFLICT || e->kind == ERR_STALE || e->kind == ERR_NOT_FOUND || e->kind == ERR_INVALID;
}

static struct err *undo_batch(struct tx *tx, void *ctx)
{
    struct undo_run *r = ctx;
    VEC(int64_t) saves = {0};
    VEC(bool) created = {0};
    struct stmt *stmt;
    bool row;

    TRY(manual_check_live(tx, r->store, r->m));
    r->batch = (struct import_counts){0};
    TRY(db_stmt(tx, &sql_import_changes, &stmt));
    db_bind_i64(stmt, 1, r->import_id);
    db_bind_i64(stmt, 2, r->below_save);
    for (;;) {
        TRY(db_step(stmt, &row));
        if (!row)
            break;
        VEC_PUSH(tx_arena(tx), saves) = db_i64(stmt, db_col(stmt, "save_id"));
        VEC_PUSH(tx_arena(tx), created) = str_eq(db_str(stmt, db_col(stmt, "kind")), STR("created"));
    }
    for (size_t i = 0; i < saves.n; i++) {
        struct undo_save u = {.run = r, .save_id = saves.at[i]};
        struct err *e = tx_nested(tx, undo_one, &u);

        if (e && !left_alone(e))
            return e;
        r->batch.rows++;
        r->batch.skipped += e != NULL;
        r->batch.created += !e && created.at[i];
        r->batch.updated += !e && !created.at[i];
        r->next_below = saves.at[i];
    }
    r->more = saves.n > 0;
    return NULL;
}

static struct err *check_open(struct tx *tx, void *ctx)
{
    struct undo_run *r = ctx;
    struct stmt *stmt;
    bool row;

    TRY(db_stmt(tx, &sql_import_get, &stmt));
    db_bind_i64(stmt, 1, r->import_id);
    TRY(db_step(stmt, &row));
    if (!row)
        return FAIL(tx_arena(tx), ERR_NOT_FOUND, "import.not_found", NULL, "There is no import %" PRId64 ".", r->import_id);
    if (!db_is_null(stmt, db_col(stmt, "undone_us")))
        return FAIL(tx_arena(tx), ERR_CONFLICT, "import.undone", NULL, "Import %" PRId64 " was taken back already.", r->import_id);
    db_done(stmt);
    return NULL;
}

static struct err *mark_undone(struct tx *tx, void *ctx)
{
    struct undo_run *r = ctx;
    struct stmt *stmt;

    TRY(db_stmt(tx, &sql_import_undone, &stmt));
    db_bind_i64(stmt, 1, r->import_id);
    db_bind_i64(stmt, 2, r->now_us);
    return db_run(stmt, NULL);
}

static struct err *undo_all(struct undo_run *r, struct db *db, struct arena *arena)
{
    struct arena *scratch = arena_new(1 << 20);
    struct err *e = NULL;

    r->more = true;
    while (r->more && !e) {
        arena_reset(scratch);
        e = db_write(db, scratch, undo_batch, r);
        if (!e) {
            r->below_save = r->next_below;
            r->counts->rows += r->batch.rows;
            r->counts->created += r->batch.created;
            r->counts->updated += r->batch.updated;
            r->counts->skipped += r->batch.skipped;
        }
    }
    e = e ? err_copy(arena, e) : NULL;
    arena_free(scratch);
    return e;
}

struct err *import_undo(struct db *db, struct manual_store *store, struct arena *arena, const struct actor *a, int64_t import_id, int64_t now_us,
                        struct import_counts *out)
{
    struct undo_run r = {.store = store, .m = manual_live(store), .actor = a, .import_id = import_id, .now_us = now_us, .below_save = INT64_MAX,
                         .next_below = INT64_MAX, .counts = out};
    struct err *e = access_need_right(arena, r.m, a, RIGHT_IMPORT);

    *out = (struct import_counts){0};
    if (!e)
        e = db_read(db, arena, check_open, &r);
    if (!e)
        e = undo_all(&r, db, arena);
    if (!e)
        e = db_write(db, arena, mark_undone, &r);
    manual_unpin(r.m);
    return e;
}

struct err *import_list(struct tx *tx, int limit, struct import_info **out, size_t *n)
{
    VEC(struct import_info) list = {0};
    struct stmt *stmt;
    bool row;

    TRY(db_stmt(tx, &sql_import_list, &stmt));
    db_bind_i64(stmt, 1, limit);
    for (;;) {
        struct import_info *i;

        TRY(db_step(stmt, &row));
        if (!row)
            break;
        i = &VEC_PUSH(tx_arena(tx), list);
        *i = (struct import_info){
            .id = db_i64(stmt, db_col(stmt, "id")),
            .started_us = db_i64(stmt, db_col(stmt, "started_us")),
            .finished_us = db_i64(stmt, db_col(stmt, "finished_us")),
            .undone_us = db_i64(stmt, db_col(stmt, "undone_us")),
            .object = str_dup(tx_arena(tx), db_str(stmt, db_col(stmt, "object"))),
            .file = str_dup(tx_arena(tx), db_str(stmt, db_col(stmt, "file"))),
            .counts = {.rows = db_i64(stmt, db_col(stmt, "n_rows")), .created = db_i64(stmt, db_col(stmt, "n_created")),
                       .updated = db_i64(stmt, db_col(stmt, "n_updated")), .refused = db_i64(stmt, db_col(stmt, "n_refused"))},
        };
    }
    *out = list.at;
    *n = list.n;
    return NULL;
}
