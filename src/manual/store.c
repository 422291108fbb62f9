/* The live manual of this process, and the versions in the database. */
#include "manual/page_impl.h"
#include "manual/store_impl.h"

#include "base/log.h"
#include "manual/store.sql.h"

#include <pthread.h>

/* The lock is held for taking a pin or changing the pointer, never longer. */
struct manual_store {
    struct db *db;
    pthread_mutex_t lock;
    const struct manual *live;
    bool closed; /* the database may still tell news */
};

const struct manual *manual_live(struct manual_store *store)
{
    pthread_mutex_lock(&store->lock);
    const struct manual *m = store->live;
    manual_pin(m);
    pthread_mutex_unlock(&store->lock);
    return m;
}

void manual_store_swap(struct manual_store *store, const struct manual *m)
{
    const struct manual *out = m;

    manual_pin(m);
    pthread_mutex_lock(&store->lock);
    if (m->version >= store->live->version) {
        out = store->live;
        store->live = m;
    }
    pthread_mutex_unlock(&store->lock);
    manual_unpin(out);
}

struct err *manual_live_number(struct tx *tx, int64_t *out)
{
    struct stmt *st;
    bool row;

    TRY(db_stmt(tx, &sql_manual_live_version, &st));
    TRY(db_step(st, &row));
    *out = row ? db_i64(st, 0) : 0;
    db_done(st);
    return NULL;
}

struct err *manual_load(struct tx *tx, int64_t version, struct page_file **files, size_t *n)
{
    struct arena *arena = tx_arena(tx);
    VEC(struct page_file) list = {0};
    struct stmt *st;
    bool row;

    if (version == 0)
        TRY(manual_live_number(tx, &version));
    if (version != 0) {
        TRY(db_stmt(tx, &sql_manual_version_one, &st));
        db_bind_i64(st, 1, version);
        TRY(db_step(st, &row));
        db_done(st);
        if (!row)
            return FAIL(arena, ERR_NOT_FOUND, "manual.not_found", NULL,
                        "There is no version %lld of the manual.", (long long)version);
        TRY(db_stmt(tx, &sql_manual_page_list, &st));
        db_bind_i64(st, 1, version);
        int path = db_col(st, "path"), text = db_col(st, "text");
        for (;;) {
            TRY(db_step(st, &row));
            if (!row)
                break;
            VEC_PUSH(arena, list) = (struct page_file){str_dup(arena, db_str(st, path)),
                                                       str_dup(arena, db_str(st, text))};
        }
    }
    *files = list.at;
    *n = list.n;
    return NULL;
}

static struct err *version_must_be(struct tx *tx, int64_t version)
{
    struct stmt *st;
    bool row;

    TRY(db_stmt(tx, &sql_manual_version_one, &st));
    db_bind_i64(st, 1, version);
    TRY(db_step(st, &row));
    db_done(st);
    if (row)
        return NULL;
    return FAIL(tx_arena(tx), ERR_NOT_FOUND, "manual.not_found", NULL,
                "There is no version %lld of the manual.", (long long)version);
}

struct err *manual_page_at(struct tx *tx, int64_t version, struct str path, struct page *out)
{
    struct arena *arena = tx_arena(tx);
    struct stmt *st;
    bool row;

    TRY(version_must_be(tx, version));
    TRY(db_stmt(tx, &sql_manual_page_one, &st));
    db_bind_i64(st, 1, version);
    db_bind_str(st, 2, path);
    TRY(db_step(st, &row));
    struct str text = row ? str_dup(arena, db_str(st, 0)) : STR_NONE;
    db_done(st);
    if (!row)
        return FAIL(arena, ERR_NOT_FOUND, "manual.not_found", NULL,
                    "Version %lld of the manual has no page \"%.*s\".", (long long)version,
                    STR_ARG(str_sub(path, 0, 2 * NAME_BYTES_MAX)));
    return page_read(arena, path, text, out);
}

struct err *manual_page_changed(struct tx *tx, int64_t version, struct str path, int64_t **out, size_t *n)
{
    struct arena *arena = tx_arena(tx);
    VEC(int64_t) list = {0};
    struct str hash = STR_NONE;
    bool row, first = true;
    struct stmt *st;

    TRY(db_stmt(tx, &sql_manual_page_hashes, &st));
    db_bind_str(st, 1, path);
    db_bind_i64(st, 2, version);
    for (;; first = false) {
        TRY(db_step(st, &row));
        if (!row)
            break;
        struct str here = db_is_null(st, 1) ? STR_NONE : db_str(st, 1);

        if (!first && !str_eq(here, hash))
            VEC_PUSH(arena, list) = db_i64(st, 0);
        hash = str_dup(arena, here);
    }
    *out = list.at;
    *n = list.n;
    return NULL;
}

struct err *manual_seen(struct tx *tx, int64_t user_id, int64_t *version)
{
    struct stmt *st;
    bool row;

    TRY(db_stmt(tx, &sql_manual_seen_one, &st));
    db_bind_i64(st, 1, user_id);
    TRY(db_step(st, &row));
    *version = row ? db_i64(st, 0) : 0;
    db_done(st);
    return NULL;
}

struct err *manual_see(struct tx *tx, int64_t user_id, int64_t version, int64_t now_us)
{
    struct stmt *st;

    TRY(version_must_be(tx, version));
    TRY(db_stmt(tx, &sql_manual_seen_put, &st));
    db_bind_i64(st, 1, user_id);
    db_bind_i64(st, 2, version);
    db_bind_i64(st, 3, now_us);
    return db_run(st, NULL);
}

struct err *manual_versions(struct tx *tx, struct manual_version **out, size_t *n)
{
    struct arena *arena = tx_arena(tx);
    VEC(struct manual_version) list = {0};
    struct stmt *st;
    bool row;

    TRY(db_stmt(tx, &sql_manual_version_list, &st));
    int number = db_col(st, "number"), author = db_col(st, "author"), at = db_col(st, "at_us"),
        reason = db_col(st, "reason"), n_pages = db_col(st, "n_pages");
    for (;;) {
        TRY(db_step(st, &row));
        if (!row)
            break;
        VEC_PUSH(arena, list) = (struct manual_version){
            .number = db_i64(st, number),
            .author = db_i64(st, author),
            .at_us = db_i64(st, at),
            .reason = str_dup(arena, db_str(st, reason)),
            .n_pages = db_i64(st, n_pages),
        };
    }
    *out = list.at;
    *n = list.n;
    return NULL;
}

struct err *manual_compile_stored(struct tx *tx, int64_t version, const struct manual **out)
{
    struct arena *arena = tx_arena(tx);
    struct findings findings = {.arena = arena};
    struct page_file *files = NULL;
    struct stmt *st;
    size_t n = 0;
    bool row;

    if (version == 0) {
        *out = manual_empty();
        manual_pin(*out);
        return NULL;
    }
    TRY(manual_load(tx, version, &files, &n));
    TRY(db_stmt(tx, &sql_manual_version_one, &st));
    db_bind_i64(st, 1, version);
    TRY(db_step(st, &row));
    int64_t at_us = row ? db_i64(st, db_col(st, "at_us")) : 0;
    db_done(st);
    TRY(manual_compile(arena, files, n, version, &findings, out));
    manual_set_published(*out, at_us);
    return NULL;
}

/* ---- keeping up with other nodes ---- */
struct reload {
    struct manual_store *store;
    const struct manual *m;
};

static struct err *reload_in(struct tx *tx, void *ctx)
{
    struct reload *r = ctx;
    int64_t version = 0;

    TRY(manual_live_number(tx, &version));
    return manual_compile_stored(tx, version, &r->m);
}

static void reload(struct manual_store *store)
{
    struct arena *arena = arena_new(0);
    struct reload r = {.store = store};
    struct err *e = db_read(store->db, arena, reload_in, &r);

    if (e)
        log_event(LOG_ERROR, "manual_reload", "code", e->code, "message",
                  str_cstr(arena, e->message), NULL);
    if (r.m) {
        if (!e)
            manual_store_swap(store, r.m);
        manual_unpin(r.m);
    }
    arena_free(arena);
}

static void on_notify(void *ctx, const char *channel, struct str payload)
{
    struct manual_store *store = ctx;
    int64_t version;

    if (!str_eq(str_from(channel), STR(MANUAL_CHANNEL)) || !str_to_i64(payload, &version))
        return;
    pthread_mutex_lock(&store->lock);
    bool known = store->closed || store->live->version >= version;
    pthread_mutex_unlock(&store->lock);
    if (!known)
        reload(store);
}

struct err *manual_check_live(struct tx *tx, struct manual_store *store, const struct manual *m)
{
    const struct manual *fresh = NULL;
    int64_t version;

    TRY(manual_live_number(tx, &version));
    if (version == m->version)
        return NULL;
    const struct manual *live = manual_live(store);
    bool renewed = live->version == version;
    manual_unpin(live);
    if (!renewed) {
        TRY(manual_compile_stored(tx, version, &fresh));
        manual_store_swap(store, fresh);
        manual_unpin(fresh);
    }
    return FAIL(tx_arena(tx), ERR_BUSY, "manual.version_conflict", NULL,
                "Version %lld of the manual was published meanwhile.", (long long)version);
}

static struct err *open_in(struct tx *tx, void *ctx)
{
    struct manual_store *store = ctx;
    int64_t version;

    TRY(manual_live_number(tx, &version));
    return manual_compile_stored(tx, version, &store->live);
}

struct err *manual_store_open(struct arena *arena, struct db *db, struct manual_store **out)
{
    struct manual_store *store = NEW(arena, struct manual_store);

    store->db = db;
    TRY(db_read(db, arena, open_in, store));
    pthread_mutex_init(&store->lock, NULL);
    db_on_notify(db, on_notify, store);
    *out = store;
    return NULL;
}

void manual_store_close(struct manual_store *store)
{
    const struct manual *before;

    pthread_mutex_lock(&store->lock);
    before = store->live;
    store->live = manual_empty();
    manual_pin(store->live);
    store->closed = true;
    pthread_mutex_unlock(&store->lock);
    manual_unpin(before);
}
