/* Opening and closing, read connections, transactions, messages: what both databases share. */
#include "db/db_impl.h"
#include "db/setting.sql.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define LISTENER_CHANNEL_MAX 60

void *mem_new(size_t count, size_t size)
{
    void *p = calloc(count ? count : 1, size ? size : 1);

    if (!p) {
        log_event(LOG_ERROR, "out_of_memory", "where", "db", NULL);
        abort();
    }
    return p;
}

/* ---- connections ---- */

struct conn *conn_new(struct db *db, bool writer)
{
    struct conn *conn = mem_new(1, sizeof *conn);

    conn->db = db;
    conn->driver = db->driver;
    conn->writer = writer;
    conn->tx_now = &conn->tx;
    return conn;
}

void conn_free(struct conn *conn)
{
    conn_end_stmts(conn, 0);
    conn_forget_stmts(conn);
    while (conn->free) {
        struct stmt *stmt = conn->free;

        conn->free = stmt->next;
        arena_free(stmt->arena);
        free(stmt);
    }
    conn->free_last = NULL;
    conn->n_free = 0;
    free(conn->late);
    conn->late = NULL;
}

/* ---- the pool of readers ---- */

static void pool_left(struct db *db)
{
    pthread_mutex_lock(&db->pool_lock);
    db->n_readers--;
    pthread_cond_signal(&db->pool_free);
    pthread_mutex_unlock(&db->pool_lock);
}

/* A free connection, or NULL with room made for a new one. */
static struct err *pool_take(struct db *db, struct arena *tell, struct conn **out)
{
    struct conn *conn;
    int rc = 0;

    pthread_mutex_lock(&db->pool_lock);
    if (!db->readers && db->n_readers >= db->readers_max) {
        int64_t at_us = clock_mono_us() + READ_WAIT_US;
        struct timespec until = {.tv_sec = at_us / US_PER_SECOND,
                                 .tv_nsec = at_us % US_PER_SECOND * 1000};

        while (!db->readers && db->n_readers >= db->readers_max && rc == 0)
            rc = pthread_cond_timedwait(&db->pool_free, &db->pool_lock, &until);
    }
    conn = db->readers;
    if (conn)
        db->readers = conn->next;
    else if (db->n_readers < db->readers_max)
        db->n_readers++;
    else
        rc = -1;
    pthread_mutex_unlock(&db->pool_lock);
    if (!conn && rc == -1)
        return FAIL(tell, ERR_BUSY, "db.busy", NULL,
                    "All connections to the database are in use. Try again.");
    *out = conn;
    return NULL;
}

static void pool_give(struct db *db, struct conn *conn)
{
    if (conn->broken) {
        conn->driver->conn_close(conn);
        pool_left(db);
        return;
    }
    pthread_mutex_lock(&db->pool_lock);
    conn->next = db->readers;
    db->readers = conn;
    pthread_cond_signal(&db->pool_free);
    pthread_mutex_unlock(&db->pool_lock);
}

void pool_each_free(struct db *db, void (*fn)(struct conn *conn))
{
    pthread_mutex_lock(&db->pool_lock);
    for (struct conn *conn = db->readers; conn; conn = conn->next)
        fn(conn);
    pthread_mutex_unlock(&db->pool_lock);
}

struct err *db_read_begin(struct db *db, struct arena *arena, struct tx **out)
{
    struct conn *conn = NULL;
    struct err *e;

    do {
        bool fresh;

        TRY(pool_take(db, arena, &conn));
        fresh = !conn;
        e = fresh ? db->driver->conn_open(db, arena, false, &conn) : NULL;
        if (e) {
            pool_left(db);
            return e;
        }
        tx_init(&conn->tx, conn, arena, false);
        e = db->driver->begin(conn, arena, false);
        if (e) {
            bool stale = conn->broken && !fresh; /* broke while nobody used it */

            pool_give(db, conn);
            if (!stale)
                return e;
        }
    } while (e);
    atomic_fetch_add_explicit(&db->reads, 1, memory_order_relaxed);
    *out = &conn->tx;
    return NULL;
}

void db_read_end(struct tx *tx)
{
    struct conn *conn = tx->conn;

    assert(!tx->writable);
    conn_end_stmts(conn, 0);
    conn->driver->end_read(conn);
    pool_give(tx->db, conn);
}

struct err *db_read(struct db *db, struct arena *arena, tx_fn fn, void *ctx)
{
    struct tx *tx;
    struct err *e;

    TRY(db_read_begin(db, arena, &tx));
    e = fn(tx, ctx);
    db_read_end(tx);
    return e;
}

/* ---- transactions ---- */

void tx_init(struct tx *tx, struct conn *conn, struct arena *arena, bool writable)
{
    *tx = (struct tx){.db = conn->db, .conn = conn, .arena = arena, .own = arena, .writable = writable};
    tx->hooks_end = &tx->hooks;
    tx->notices_end = &tx->notices;
    tx->at_end_end = &tx->at_end;
}

struct arena *tx_arena(struct tx *tx)
{
    return tx->arena;
}

int64_t tx_undone(const struct tx *tx)
{
    return tx->n_undone;
}

bool tx_writable(const struct tx *tx)
{
    return tx->writable;
}

enum db_kind tx_kind(const struct tx *tx)
{
    return tx->db->kind;
}

void **tx_slot(struct tx *tx, int slot)
{
    assert(slot >= 0 && slot < TX_SLOTS);
    return &tx->slots[slot];
}

void tx_on_commit(struct tx *tx, void (*fn)(void *ctx), void *ctx)
{
    struct hook *hook = NEW(tx->own, struct hook);

    assert(tx->writable);
    hook->fn = fn;
    hook->ctx = ctx;
    *tx->hooks_end = hook;
    tx->hooks_end = &hook->next;
}

static bool channel_fine(const char *channel)
{
    size_t len = strlen(channel);

    return len > 0 && len <= LISTENER_CHANNEL_MAX &&
           strspn(channel, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.") ==
               len;
}

void tx_notify(struct tx *tx, const char *channel, struct str payload)
{
    struct notice *notice = NEW(tx->own, struct notice);

    assert(tx->writable && channel_fine(channel) && payload.len <= NOTIFY_BYTES_MAX);
    notice->channel = str_cstr(tx->own, str_from(channel));
    notice->payload = str_dup(tx->own, payload);
    *tx->notices_end = notice;
    tx->notices_end = &notice->next;
}

struct arena *tx_arena_whole(struct tx *tx)
{
    return tx->own;
}

void tx_at_end(struct tx *tx, tx_end_fn fn, void *item)
{
    struct at_end *at_end = NEW(tx->own, struct at_end);

    assert(tx->writable);
    at_end->fn = fn;
    at_end->item = item;
    *tx->at_end_end = at_end;
    tx->at_end_end = &at_end->next;
}

struct err *tx_end(struct tx *tx)
{
    for (struct at_end *first = tx->at_end; first; first = first->next) {
        tx_end_fn fn = first->fn;
        VEC(void *) items = {0};

        for (struct at_end *x = first; fn && x; x = x->next)
            if (x->fn == fn) {
                VEC_PUSH(tx->own, items) = x->item;
                x->fn = NULL;
            }
        if (fn)
            TRY(fn(tx, items.at, items.n));
    }
    return NULL;
}

void tx_committed(struct tx *tx)
{
    for (struct hook *hook = tx->hooks; hook; hook = hook->next)
        hook->fn(hook->ctx);
    if (tx->db->kind == DB_SQLITE)
        for (struct notice *n = tx->notices; n; n = n->next)
            db_tell(tx->db, n->channel, n->payload);
}

struct err *tx_nested(struct tx *tx, tx_fn fn, void *ctx)
{
    const struct driver *driver = tx->conn->driver;
    struct tx before = *tx;
    uint64_t seq = tx->conn->seq;
    struct err *e;

    TRY(driver->savepoint(tx));
    e = fn(tx, ctx);
    if (!e)
        e = driver->release(tx);
    if (!e)
        return NULL;
    conn_end_stmts(tx->conn, seq);
    memcpy(tx->slots, before.slots, sizeof tx->slots);
    tx->hooks_end = before.hooks ? before.hooks_end : &tx->hooks;
    *tx->hooks_end = NULL;
    tx->notices_end = before.notices ? before.notices_end : &tx->notices;
    *tx->notices_end = NULL;
    tx->at_end_end = before.at_end ? before.at_end_end : &tx->at_end;
    *tx->at_end_end = NULL;
    tx->n_undone++;
    if (!tx->lost) {
        struct err *failed = driver->rollback_to(tx);

        if (failed) {
            tx->lost = true; /* what fn did can no longer be told from the rest */
            return failed;
        }
    }
    return e;
}

struct err *tx_on_arena(struct tx *tx, struct arena *arena, tx_fn fn, void *ctx)
{
    struct arena *before = tx->arena;
    uint64_t seq = tx->conn->seq;
    void *slots[TX_SLOTS];
    struct err *e;

    memcpy(slots, tx->slots, sizeof slots);
    memset(tx->slots, 0, sizeof tx->slots);
    tx->arena = arena;
    e = fn(tx, ctx);
    conn_end_stmts(tx->conn, seq); /* what they bound may be gone with arena */
    tx->arena = before;
    memcpy(tx->slots, slots, sizeof slots);
    return e;
}

/* ---- messages ---- */

void db_on_notify(struct db *db, void (*fn)(void *ctx, const char *channel, struct str payload),
                  void *ctx)
{
    pthread_mutex_lock(&db->listeners_lock);
    assert(db->n_listeners < NOTIFY_LISTENERS_MAX);
    db->listeners[db->n_listeners++] = (struct listener){fn, ctx};
    pthread_mutex_unlock(&db->listeners_lock);
}

void db_tell(struct db *db, const char *channel, struct str payload)
{
    struct listener all[NOTIFY_LISTENERS_MAX];
    int n;

    pthread_mutex_lock(&db->listeners_lock);
    n = db->n_listeners;
    memcpy(all, db->listeners, sizeof all);
    pthread_mutex_unlock(&db->listeners_lock);
    for (int i = 0; i < n; i++)
        all[i].fn(all[i].ctx, channel, payload);
}

/* ---- open and close ---- */

enum db_kind db_kind(const struct db *db)
{
    return db->kind;
}

static struct db *db_new(const struct db_options *options)
{
    struct arena *arena = arena_new(0);
    struct db *db = NEW(arena, struct db);
    struct str url = str_from(options->url);
    bool postgres = str_starts(url, STR("postgresql://")) || str_starts(url, STR("postgres://"));
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    int twice = cores < 2 ? 4 : cores > 64 ? 128 : (int)cores * 2;
    pthread_condattr_t attr;

    db->arena = arena;
    db->kind = postgres ? DB_POSTGRES : DB_SQLITE;
    db->driver = postgres ? &driver_postgres : &driver_sqlite;
    db->url = str_cstr(arena, url);
    db->options = *options;
    db->options.url = db->url;
    if (db->options.writers <= 0)
        db->options.writers = twice;
    db->readers_max = options->readers > 0 ? options->readers : twice;
    db->lock_fd = -1;
    pthread_mutex_init(&db->pool_lock, NULL);
    pthread_mutex_init(&db->listeners_lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&db->pool_free, &attr);
    pthread_condattr_destroy(&attr);
    return db;
}

void db_close(struct db *db)
{
    if (!db)
        return;
    writer_stop(db);
    db->driver->stop_threads(db);
    while (db->readers) {
        struct conn *conn = db->readers;

        db->readers = conn->next;
        db->n_readers--;
        conn->driver->conn_close(conn);
    }
    assert(db->n_readers == 0);
    writer_close(db);
    db->driver->close(db);
    pthread_mutex_destroy(&db->pool_lock);
    pthread_cond_destroy(&db->pool_free);
    pthread_mutex_destroy(&db->listeners_lock);
    arena_free(db->arena);
}

static struct err *check_schema(struct tx *tx, void *ctx)
{
    (void)ctx;
    return migrate(tx->conn, tx->arena, true);
}

static struct err *open_for_writing(struct db *db, struct arena *arena)
{
    struct conn *conn;
    struct err *e;

    TRY(db->driver->conn_open(db, arena, true, &conn));
    e = migrate(conn, arena, false);
    if (e || db->kind == DB_POSTGRES) {
        db->driver->conn_close(conn);
        conn = NULL;
    }
    return e ? e : writer_start(db, conn, arena);
}

struct err *db_open(struct arena *arena, const struct db_options *options, struct db **out)
{
    struct db *db;
    struct err *e;

    *out = NULL;
    if (!options->url || !*options->url)
        return FAIL(arena, ERR_INVALID, "db.failed", NULL,
                    "No database is named. Give a file, or a postgresql:// address.");
    db = db_new(options);
    e = db->driver->open(db, arena);
    if (!e)
        e = options->read_only ? db_read(db, arena, check_schema, NULL)
                               : open_for_writing(db, arena);
    if (!e)
        e = db->driver->start(db, arena);
    if (e) {
        db_close(db);
        return e;
    }
    *out = db;
    return NULL;
}

/* ---- figures, checks, copies ---- */

struct db_stats db_stats(struct db *db)
{
    return (struct db_stats){
        .reads = atomic_load_explicit(&db->reads, memory_order_relaxed),
        .writes = atomic_load_explicit(&db->writes, memory_order_relaxed),
        .commits = atomic_load_explicit(&db->commits, memory_order_relaxed),
        .retries = atomic_load_explicit(&db->retries, memory_order_relaxed),
        .wal_bytes = atomic_load_explicit(&db->wal_frames, memory_order_relaxed) * db->frame_bytes,
    };
}

struct check {
    struct db *db;
    struct buf *findings;
};

static struct err *run_check(struct tx *tx, void *ctx)
{
    struct check *check = ctx;

    return check->db->driver->check(check->db, tx, check->findings);
}

struct err *db_check(struct db *db, struct arena *arena, struct buf *findings)
{
    struct check check = {db, findings};

    return db_read(db, arena, run_check, &check);
}

struct err *db_backup(struct tx *tx, const char *path,
                      void (*progress)(void *ctx, int64_t done, int64_t total), void *ctx)
{
    return tx->db->driver->backup(tx, path, progress, ctx);
}

/* ---- parts of statements ---- */

struct str db_ident(struct arena *arena, struct str name)
{
    struct buf b = buf_new(arena, name.len + 8);

    buf_add_char(&b, '"');
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '"')
            buf_add_char(&b, '"');
        buf_add_char(&b, name.ptr[i]);
    }
    buf_add_char(&b, '"');
    return buf_str(&b);
}

static struct err *any_row(struct tx *tx, struct str sql, struct str first, struct str second,
                           bool *out)
{
    struct stmt *stmt;

    TRY(db_stmt_text(tx, sql, &stmt));
    db_bind_str(stmt, 1, first);
    if (second.ptr)
        db_bind_str(stmt, 2, second);
    TRY(db_step(stmt, out));
    db_done(stmt);
    return NULL;
}

struct err *db_has_column(struct tx *tx, struct str table, struct str column, bool *out)
{
    return any_row(tx,
                   tx_kind(tx) == DB_SQLITE
                       ? STR("SELECT 1 FROM pragma_table_info($1) WHERE name = $2")
                       : STR("SELECT 1 FROM pg_attribute WHERE attrelid = "
                             "to_regclass(quote_ident($1)) AND attname = $2 AND attnum > 0 "
                             "AND NOT attisdropped"),
                   table, column, out);
}

struct err *db_has_table(struct tx *tx, struct str table, bool *out)
{
    return any_row(tx,
                   tx_kind(tx) == DB_SQLITE
                       ? STR("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = $1")
                       : STR("SELECT 1 WHERE to_regclass(quote_ident($1)) IS NOT NULL"),
                   table, STR_NONE, out);
}

struct err *db_setting_get(struct tx *tx, struct str name, struct str *value)
{
    struct stmt *stmt;
    bool row;

    *value = STR_NONE;
    TRY(db_stmt(tx, &sql_setting_get, &stmt));
    db_bind_str(stmt, 1, name);
    TRY(db_step(stmt, &row));
    if (row && !db_is_null(stmt, 0))
        *value = str_dup(tx->arena, db_str(stmt, 0));
    db_done(stmt); /* ended already if there was no row */
    return NULL;
}

struct err *db_setting_put(struct tx *tx, struct str name, struct str value)
{
    struct stmt *stmt;

    TRY(db_stmt(tx, &sql_setting_put, &stmt));
    db_bind_str(stmt, 1, name);
    db_bind_str(stmt, 2, value);
    return db_run(stmt, NULL);
}

struct str db_sql_fulltext_match(struct arena *arena, enum db_kind kind, int param)
{
    return kind == DB_SQLITE
               ? str_fmt(
                     arena,
                     "s.record_id IN (SELECT rowid FROM search_text WHERE search_text MATCH $%d)",
                     param)
               : str_fmt(arena, "s.tsv @@ to_tsquery('simple', $%d)", param);
}

/* FTS5: "tok"* "tok"*, blanks mean and. tsquery: 'tok':* & 'tok':*. Quotes are doubled, for tsquery backslashes too. */
struct str db_fulltext_query(struct arena *arena, enum db_kind kind, const struct str *tokens,
                             size_t n)
{
    const char *quote = kind == DB_SQLITE ? "\"" : "'";
    struct buf b = buf_new(arena, 64);

    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_add(&b, kind == DB_SQLITE ? STR(" ") : STR(" & "));
        buf_add_char(&b, *quote);
        for (size_t j = 0; j < tokens[i].len; j++) {
            char c = tokens[i].ptr[j];

            if (c == *quote || (c == '\\' && kind == DB_POSTGRES))
                buf_add_char(&b, c);
            buf_add_char(&b, c);
        }
        buf_add_char(&b, *quote);
        buf_add(&b, kind == DB_SQLITE ? STR("*") : STR(":*"));
    }
    if (!n) /* FTS5 takes an empty phrase for nothing, but an empty text for a syntax error */
        return kind == DB_SQLITE ? STR("\"\"") : STR("");
    return buf_str(&b);
}
