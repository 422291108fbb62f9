/* SQLite: connections and their settings, statements, the log file (WAL) and the lock against a second server.
 *
 * Settings, and why:
 *   journal_mode=WAL, synchronous=FULL   a commit is on disk when it is acknowledged; readers do not wait
 *   wal_autocheckpoint=0, NO_CKPT_ON_CLOSE on readers: the writer alone checkpoints (before 3.51.3 a checkpoint that
 *                                        races a reset of the log can lose commits)
 *   NOMUTEX, no memory statistics        one thread per connection; no lock in every allocation
 *   foreign_keys=ON                      as PostgreSQL does always; constraints are never DEFERRABLE, because the
 *                                        outermost COMMIT belongs to many jobs
 *   secure_delete=FAST                   deleted text is overwritten where the page is written anyway
 *   snapshots are kept                   a reader's transaction stays open when its read ends; if nothing was committed
 *                                        since, the next read on it goes on with the same snapshot and saves the
 *                                        locks of a new one. The writer ends the idle ones before it checkpoints.
 *   mmap off, bounded page caches        idle and busy memory stay small and known
 */
#include "db/db_impl.h"

#include "base/file.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY_TIMEOUT_MS \
    5000 /* for another program that holds the file, such as the sqlite3 shell */
#define READ_CACHE_KIB (24 * 1024) /* shared out among the readers */
#define READ_CACHE_KIB_MIN 1024    /* per reader */
#define WRITE_CACHE_KIB (8 * 1024)
#define WAL_SOFT_BYTES \
    (16 * 1024 * 1024) /* checkpoint as far as readers allow, each time it grew by that much */
#define WAL_HARD_BYTES \
    (256 * 1024 * 1024) /* wait shortly for the readers, so that the log can start over */
#define WAL_HARD_WAIT_MS 200
#define BIGINT_KEY "BIGINT PRIMARY KEY"

/* ---- errors ---- */

static bool worth_a_line(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CANTOPEN:
    case SQLITE_WARNING:
        return true;
    default:
        return false;
    }
}

static void library_log(void *ctx, int rc, const char *text)
{
    char code[16];

    (void)ctx;
    if (!worth_a_line(rc))
        return;
    snprintf(code, sizeof code, "%d", rc);
    log_event(LOG_ERROR, "sqlite", "rc", code, "text", text, NULL);
}

static struct err *err_from_rc(struct arena *arena, int rc)
{
    switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return FAIL(arena, ERR_BUSY, "db.busy", NULL, "The database is busy. Try again.");
    case SQLITE_FULL:
    case SQLITE_IOERR:
        return FAIL(arena, ERR_INTERNAL, "db.full", NULL,
                    "The disk is full or broken; nothing was written. Make room, then try again.");
    case SQLITE_CONSTRAINT:
        return FAIL(arena, ERR_CONFLICT, "db.failed", NULL,
                    "What is stored already does not allow this.");
    case SQLITE_TOOBIG:
        return FAIL(arena, ERR_TOO_LARGE, "db.failed", NULL, "A value is too large to be stored.");
    default:
        return FAIL(arena, ERR_INTERNAL, "db.failed", NULL, "The database could not do this.");
    }
}

/* Logs what the library says; statements hold no values, only names. */
static struct err *fail(struct conn *conn, struct arena *arena, int rc, const char *name,
                        const char *text)
{
    enum log_level level = (rc & 0xff) == SQLITE_CONSTRAINT ? LOG_DEBUG : LOG_ERROR;

    if (log_enabled(level)) {
        char code[16];
        char start[201];

        snprintf(code, sizeof code, "%d", rc);
        snprintf(start, sizeof start, "%s", text ? text : "");
        log_event(level, "db.failed", "rc", code, "statement", name, "message",
                  conn->lite ? sqlite3_errmsg(conn->lite) : sqlite3_errstr(rc), "sql", start, NULL);
    }
    return err_from_rc(arena, rc);
}

bool sqlite_tx_gone(struct conn *conn)
{
    return sqlite3_get_autocommit(conn->lite) != 0;
}

struct err *sqlite_lost_err(struct conn *conn, struct arena *arena)
{
    return err_from_rc(arena, conn->lost_rc ? conn->lost_rc : SQLITE_ERROR);
}

/* After a failure inside a transaction: SQLite may have rolled it back by itself (disk full, I/O error). */
static struct err *fail_in(struct tx *tx, int rc, const char *name, const char *text)
{
    struct err *e = fail(tx->conn, tx->arena, rc, name, text);

    if (!tx->lost && sqlite_tx_gone(tx->conn)) {
        tx->lost = true;
        tx->conn->lost_rc = rc;
    }
    return e;
}

/* ---- connections ---- */

static pthread_once_t library_once = PTHREAD_ONCE_INIT;

static void library_start(void)
{
    sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_config(SQLITE_CONFIG_LOG, library_log, NULL);
    sqlite3_initialize();
}

static int set_up(struct db *db, sqlite3 *lite, bool writer)
{
    int per_reader = READ_CACHE_KIB / db->readers_max;
    int cache = writer                            ? WRITE_CACHE_KIB
                : per_reader < READ_CACHE_KIB_MIN ? READ_CACHE_KIB_MIN
                                                  : per_reader;
    char sql[256];
    int rc;

    sqlite3_extended_result_codes(lite, 1);
    sqlite3_busy_timeout(lite, BUSY_TIMEOUT_MS);
    /* Debian builds SQLite without lookaside; where it exists, 128 slots hold what a statement needs to start. */
    sqlite3_db_config(lite, SQLITE_DBCONFIG_LOOKASIDE, NULL, 1200, 128);
    sqlite3_db_config(lite, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, writer ? 0 : 1, NULL);
    sqlite3_db_config(lite, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(lite, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    sqlite3_db_config(lite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    snprintf(sql, sizeof sql,
             "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA foreign_keys=ON;"
             "PRAGMA secure_delete=FAST; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0;"
             "PRAGMA cache_size=-%d; PRAGMA query_only=%d",
             cache, writer ? 0 : 1);
    rc = sqlite3_exec(lite, sql, NULL, NULL, NULL);
    if (rc == SQLITE_OK && writer && db->options.pages_max > 0) {
        snprintf(sql, sizeof sql, "PRAGMA max_page_count=%lld", (long long)db->options.pages_max);
        rc = sqlite3_exec(lite, sql, NULL, NULL, NULL);
    }
    return rc;
}

static int wal_grew(void *ctx, sqlite3 *lite, const char *schema, int frames)
{
    struct db *db = ctx;

    (void)lite;
    (void)schema;
    atomic_store_explicit(&db->wal_frames, frames, memory_order_relaxed);
    return SQLITE_OK;
}

static int prepare_fixed(sqlite3 *lite, const char *text, sqlite3_stmt **out)
{
    return sqlite3_prepare_v3(lite, text, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);
}

static int prepare_control(struct conn *conn)
{
    int rc =
        prepare_fixed(conn->lite, conn->writer ? "BEGIN IMMEDIATE" : "BEGIN", &conn->lite_begin);

    if (rc == SQLITE_OK)
        rc = prepare_fixed(conn->lite, "COMMIT", &conn->lite_commit);
    if (rc == SQLITE_OK)
        rc = prepare_fixed(conn->lite, "SAVEPOINT job", &conn->lite_savepoint);
    if (rc == SQLITE_OK)
        rc = prepare_fixed(conn->lite, "RELEASE job", &conn->lite_release);
    if (rc == SQLITE_OK)
        rc = prepare_fixed(conn->lite, "ROLLBACK TO job", &conn->lite_rollback_to);
    return rc;
}

static void lite_conn_close(struct conn *conn)
{
    conn_free(conn);
    sqlite3_finalize(conn->lite_begin);
    sqlite3_finalize(conn->lite_commit);
    sqlite3_finalize(conn->lite_savepoint);
    sqlite3_finalize(conn->lite_release);
    sqlite3_finalize(conn->lite_rollback_to);
    if (conn->lite) {
        int rc = sqlite3_close(conn->lite);

        assert(rc == SQLITE_OK);
        (void)rc;
    }
    free(conn);
}

/* Of the log a crash may have left. */
static int64_t wal_size(struct db *db)
{
    struct arena *arena = arena_new(0);
    struct stat st;
    int rc = stat(str_cstr(arena, str_fmt(arena, "%s-wal", db->url)), &st);

    arena_free(arena);
    return rc == 0 ? st.st_size : 0;
}

/* The log is the file's own property: set once, by the writer. */
static int use_wal(struct db *db, sqlite3 *lite)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(lite, "PRAGMA journal_mode=WAL", -1, &stmt, NULL);

    if (rc == SQLITE_OK) {
        rc = sqlite3_step(stmt);
        if (rc == SQLITE_ROW)
            rc = sqlite3_stricmp((const char *)sqlite3_column_text(stmt, 0), "wal") == 0
                     ? SQLITE_OK
                     : SQLITE_CANTOPEN; /* a file system without shared memory */
    }
    sqlite3_finalize(stmt);
    if (rc == SQLITE_OK) {
        rc = sqlite3_prepare_v2(lite, "PRAGMA page_size", -1, &stmt, NULL);
        if (rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW)
            db->frame_bytes = sqlite3_column_int64(stmt, 0) + 24;
        sqlite3_finalize(stmt);
    }
    if (rc == SQLITE_OK)
        atomic_store(&db->wal_frames, wal_size(db) / db->frame_bytes);
    sqlite3_wal_hook(lite, wal_grew, db);
    return rc;
}

static struct err *lite_conn_open(struct db *db, struct arena *tell, bool writer, struct conn **out)
{
    struct conn *conn = conn_new(db, writer);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    struct err *e;
    int rc;

    if (writer && !db->options.must_exist)
        flags |= SQLITE_OPEN_CREATE;
    rc = sqlite3_open_v2(db->url, &conn->lite, flags, NULL);
    if (rc == SQLITE_OK)
        rc = set_up(db, conn->lite, writer);
    if (rc == SQLITE_OK && writer)
        rc = use_wal(db, conn->lite);
    if (rc == SQLITE_OK)
        rc = prepare_control(conn);
    if (rc == SQLITE_OK) {
        *out = conn;
        return NULL;
    }
    e = fail(conn, tell, rc, "open", NULL);
    if ((rc & 0xff) == SQLITE_CANTOPEN)
        e->message = STR("The database file cannot be opened. Check that its folder exists on a "
                         "local disk and may be written.");
    else if ((rc & 0xff) == SQLITE_NOTADB)
        e->message = STR("The file is not a database, or it is damaged.");
    lite_conn_close(conn);
    return e;
}

/* ---- transactions ---- */

static int run(sqlite3_stmt *stmt)
{
    int rc = sqlite3_step(stmt);

    sqlite3_reset(stmt);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static void lite_rollback(struct conn *conn)
{
    conn_end_stmts(conn, 0);
    if (!sqlite_tx_gone(conn))
        sqlite3_exec(conn->lite, "ROLLBACK", NULL, NULL, NULL);
}

static void lite_end_snapshot(struct conn *conn)
{
    if (!sqlite_tx_gone(conn) && run(conn->lite_commit) != SQLITE_OK)
        lite_rollback(conn);
}

static void lite_end_read(struct conn *conn)
{
    struct db *db = conn->db;

    if (db->options.read_only || atomic_load_explicit(&db->checkpointing, memory_order_relaxed))
        lite_end_snapshot(conn);
}

static struct err *lite_begin(struct conn *conn, struct arena *tell, bool write)
{
    int rc;

    conn->lost_rc = 0;
    if (!write) {
        int64_t now = atomic_load_explicit(&conn->db->commit_number, memory_order_acquire);

        if (!sqlite_tx_gone(conn)) { /* the snapshot of an earlier read is still open */
            if (conn->snapshot_of == now)
                return NULL;
            lite_end_snapshot(conn);
        }
        conn->snapshot_of = now; /* taken before the snapshot, so that it can only be newer */
    }
    rc = run(conn->lite_begin);
    return rc == SQLITE_OK ? NULL : fail(conn, tell, rc, "begin", NULL);
}

static struct err *lite_commit(struct tx *tx)
{
    int rc = run(tx->conn->lite_commit);

    if (rc == SQLITE_OK)
        return NULL;
    tx->conn->lost_rc = rc;
    return fail(tx->conn, tx->arena, rc, "commit", NULL);
}

static struct err *control(struct tx *tx, sqlite3_stmt *stmt)
{
    int rc = run(stmt);

    return rc == SQLITE_OK ? NULL : fail_in(tx, rc, sqlite3_sql(stmt), NULL);
}

static struct err *lite_savepoint(struct tx *tx)
{
    return control(tx, tx->conn->lite_savepoint);
}

static struct err *lite_release(struct tx *tx)
{
    return control(tx, tx->conn->lite_release);
}

static struct err *lite_rollback_to(struct tx *tx)
{
    TRY(control(tx, tx->conn->lite_rollback_to));
    return control(tx, tx->conn->lite_release);
}

/* ---- statements ---- */

/* Where each $n stands: SQLite numbers parameters by appearance, we bind them by name. */
static bool map_params(struct prep *prep)
{
    int count = sqlite3_bind_parameter_count(prep->lite);
    int highest = 0;

    for (int i = 1; i <= count; i++) {
        const char *name = sqlite3_bind_parameter_name(prep->lite, i);
        int64_t n = 0;

        if (!name || name[0] != '$' || !str_to_i64(str_from(name + 1), &n) || n < 1 ||
            n > STMT_PARAMS_MAX)
            return false;
        highest = n > highest ? (int)n : highest;
    }
    prep->n_params = highest;
    prep->param_at = mem_new((size_t)highest + 1, sizeof *prep->param_at);
    for (int i = 1; i <= count; i++)
        prep->param_at[text_i64(sqlite3_bind_parameter_name(prep->lite, i) + 1,
                                strlen(sqlite3_bind_parameter_name(prep->lite, i) + 1))] = i;
    return true;
}

static struct err *lite_prepare(struct tx *tx, struct slot *slot, struct prep *prep)
{
    const char *rest = NULL;
    int rc;

    if (tx->lost)
        return sqlite_lost_err(tx->conn, tx->arena);
    rc = sqlite3_prepare_v3(tx->conn->lite, slot->text, (int)slot->text_len + 1,
                            SQLITE_PREPARE_PERSISTENT, &prep->lite, &rest);
    if (rc != SQLITE_OK)
        return fail_in(tx, rc, slot->name, slot->text);
    if (!prep->lite || (rest && rest[strspn(rest, " \t\r\n;")]) || !map_params(prep)) {
        log_event(LOG_ERROR, "db.statement_malformed", "name", slot->name, "sql", slot->text, NULL);
        sqlite3_finalize(prep->lite);
        prep->lite = NULL;
        return err_from_rc(tx->arena, SQLITE_ERROR);
    }
    prep->readonly = sqlite3_stmt_readonly(prep->lite) != 0;
    return NULL;
}

static void lite_unprepare(struct conn *conn, struct prep *prep)
{
    (void)conn;
    sqlite3_finalize(prep->lite);
}

static void lite_slot_dropped(struct conn *conn, struct slot *slot)
{
    (void)conn;
    (void)slot;
}

static void lite_begin_use(struct stmt *stmt)
{
    if (stmt->prep->n_params)
        sqlite3_clear_bindings(stmt->prep->lite);
}

static void lite_stop(struct stmt *stmt)
{
    if (stmt->owns_prep)
        sqlite3_reset(stmt->prep->lite);
}

static void note_bind(struct stmt *stmt, int rc)
{
    if (rc != SQLITE_OK && !stmt->bind_failed)
        stmt->bind_failed = rc;
}

static void lite_bind_i64(struct stmt *stmt, int param, int64_t v)
{
    note_bind(stmt, sqlite3_bind_int64(stmt->prep->lite, stmt->prep->param_at[param], v));
}

static void lite_bind_real(struct stmt *stmt, int param, double v)
{
    note_bind(stmt, sqlite3_bind_double(stmt->prep->lite, stmt->prep->param_at[param], v));
}

static void lite_bind_str(struct stmt *stmt, int param, struct str v)
{
    note_bind(stmt, sqlite3_bind_text64(stmt->prep->lite, stmt->prep->param_at[param], v.ptr, v.len,
                                        SQLITE_STATIC, SQLITE_UTF8));
}

static void lite_bind_null(struct stmt *stmt, int param)
{
    note_bind(stmt, sqlite3_bind_null(stmt->prep->lite, stmt->prep->param_at[param]));
}

static struct str column_str(sqlite3_stmt *lite, int col)
{
    const char *text;

    switch (sqlite3_column_type(lite, col)) {
    case SQLITE_NULL:
        return STR_NONE;
    case SQLITE_BLOB:
        text = sqlite3_column_blob(lite, col);
        break;
    default:
        text = (const char *)sqlite3_column_text(lite, col);
        break;
    }
    return (struct str){text ? text : "", (size_t)sqlite3_column_bytes(lite, col)};
}

/* Copies the row the library stands on behind *end. */
static struct row **buffer_row(struct stmt *stmt, struct row **end)
{
    struct arena *arena = stmt_arena(stmt);
    sqlite3_stmt *lite = stmt->prep->lite;
    int n = sqlite3_data_count(lite);
    struct row *row = arena_alloc(arena, sizeof *row + (size_t)n * sizeof row->cells[0]);

    for (int i = 0; i < n; i++) {
        struct cell *c = &row->cells[i];

        switch (sqlite3_column_type(lite, i)) {
        case SQLITE_NULL:
            c->kind = CELL_NULL;
            break;
        case SQLITE_INTEGER:
            c->kind = CELL_INT;
            c->integer = sqlite3_column_int64(lite, i);
            break;
        case SQLITE_FLOAT:
            c->kind = CELL_REAL;
            c->real = sqlite3_column_double(lite, i);
            break;
        default:
            c->kind = CELL_STR;
            c->str = column_str(lite, i);
            c->str = (struct str){str_cstr(arena, c->str), c->str.len};
        }
    }
    *end = row;
    return &row->next;
}

static void no_more_rows(struct stmt *stmt)
{
    stmt->ended = true;
    sqlite3_reset(stmt->prep->lite);
    stmt_give_back(stmt);
}

static struct err *step_failed(struct stmt *stmt, int rc)
{
    stmt->ended = true;
    return fail_in(stmt->conn->tx_now, rc, stmt->slot->name, stmt->slot->text);
}

/* The first step. A write runs to its end, its RETURNING rows are kept: no half-done write stands in the way of a
 * savepoint. A read whose caller is known not to finish its uses looks one row ahead, and is over after one row. */
static struct err *first_step(struct stmt *stmt)
{
    sqlite3_stmt *lite = stmt->prep->lite;
    struct row **end = &stmt->rows;
    int rc = sqlite3_step(lite);

    if (rc == SQLITE_ROW && !stmt->prep->readonly) {
        for (; rc == SQLITE_ROW; rc = sqlite3_step(lite))
            end = buffer_row(stmt, end);
    } else if (rc == SQLITE_ROW && stmt->slot->lookahead) {
        buffer_row(stmt, end);
        rc = sqlite3_step(lite);
    }
    if (rc == SQLITE_ROW) {
        stmt->live_row = true;
        return NULL;
    }
    if (rc != SQLITE_DONE)
        return step_failed(stmt, rc);
    if (!stmt->prep->readonly)
        stmt->changed = sqlite3_changes64(stmt->conn->lite);
    no_more_rows(stmt);
    return NULL;
}

static struct err *lite_step(struct stmt *stmt, bool *row)
{
    struct tx *tx = stmt->conn->tx_now;

    *row = false;
    if (tx->lost)
        return sqlite_lost_err(stmt->conn, tx->arena);
    if (!stmt->stepped) {
        stmt->stepped = true;
        if (stmt->bind_failed)
            return step_failed(stmt, stmt->bind_failed == -1 ? SQLITE_RANGE : stmt->bind_failed);
        TRY(first_step(stmt));
    } else if (!stmt->rows && !stmt->ended && !stmt->live_row) {
        int rc = sqlite3_step(stmt->prep->lite);

        if (rc == SQLITE_DONE)
            no_more_rows(stmt);
        else if (rc != SQLITE_ROW)
            return step_failed(stmt, rc);
        stmt->live_row = rc == SQLITE_ROW;
    }
    if (stmt->rows) {
        stmt->cells = stmt->rows->cells;
        stmt->rows = stmt->rows->next;
        *row = true;
    } else if (stmt->live_row) {
        stmt->cells = NULL;
        stmt->live_row = false;
        *row = true;
    }
    return NULL;
}

static int64_t lite_changes(struct stmt *stmt)
{
    return stmt->changed;
}

static int lite_cols(const struct stmt *stmt)
{
    return sqlite3_column_count(stmt->prep->lite);
}

static const char *lite_col_name(const struct stmt *stmt, int col)
{
    return sqlite3_column_name(stmt->prep->lite, col);
}

static bool lite_is_null(const struct stmt *stmt, int col)
{
    return sqlite3_column_type(stmt->prep->lite, col) == SQLITE_NULL;
}

static int64_t lite_i64(const struct stmt *stmt, int col)
{
    return sqlite3_column_int64(stmt->prep->lite, col);
}

static double lite_real(const struct stmt *stmt, int col)
{
    return sqlite3_column_double(stmt->prep->lite, col);
}

static struct str lite_str(const struct stmt *stmt, int col)
{
    return column_str(stmt->prep->lite, col);
}

/* "BIGINT PRIMARY KEY" is SQLite's own row number if it says INTEGER: one tree instead of a table and an index. */
static const char *with_row_numbers(struct arena *arena, const char *text)
{
    struct str all = str_from(text);
    struct buf b;
    size_t at, from = 0;

    if (str_find(all, STR(BIGINT_KEY), 0) == SIZE_MAX)
        return text;
    b = buf_new(arena, all.len + 64);
    while ((at = str_find(all, STR(BIGINT_KEY), from)) != SIZE_MAX) {
        buf_add(&b, str_sub(all, from, at - from));
        buf_add(&b, STR("INTEGER PRIMARY KEY"));
        from = at + strlen(BIGINT_KEY);
    }
    buf_add(&b, str_sub(all, from, all.len));
    return str_cstr(arena, buf_str(&b));
}

static struct err *lite_exec(struct tx *tx, const char *text)
{
    int rc;

    if (tx->lost)
        return sqlite_lost_err(tx->conn, tx->arena);
    text = with_row_numbers(tx->arena, text);
    rc = sqlite3_exec(tx->conn->lite, text, NULL, NULL, NULL);
    return rc == SQLITE_OK ? NULL : fail_in(tx, rc, "exec", text);
}

/* ---- the log file ---- */

static int checkpoint(struct conn *conn, int mode, int wait_ms)
{
    int frames = 0, done = 0;
    int rc;

    atomic_store_explicit(&conn->db->checkpointing, true, memory_order_relaxed);
    pool_each_free(conn->db, lite_end_snapshot);
    sqlite3_busy_timeout(conn->lite, wait_ms);
    rc = sqlite3_wal_checkpoint_v2(conn->lite, "main", mode, &frames, &done);
    sqlite3_busy_timeout(conn->lite, BUSY_TIMEOUT_MS);
    pool_each_free(conn->db,
                   lite_end_snapshot); /* so that the next commit can start the log over */
    atomic_store_explicit(&conn->db->checkpointing, false, memory_order_relaxed);
    if (rc != SQLITE_OK && (rc & 0xff) != SQLITE_BUSY) {
        char code[16];

        snprintf(code, sizeof code, "%d", rc);
        log_event(LOG_ERROR, "db.checkpoint_failed", "rc", code, NULL);
    }
    return rc;
}

void sqlite_checkpoint_if_large(struct conn *conn)
{
    struct db *db = conn->db;
    int64_t frames = atomic_load_explicit(&db->wal_frames, memory_order_relaxed);
    int64_t soft = WAL_SOFT_BYTES / db->frame_bytes;

    if (frames < conn->frames_checked)
        conn->frames_checked = 0; /* the log started over */
    if (frames - conn->frames_checked < soft)
        return;
    conn->frames_checked = frames;
    if (frames * db->frame_bytes < WAL_HARD_BYTES)
        checkpoint(conn, SQLITE_CHECKPOINT_PASSIVE, 0);
    else
        checkpoint(conn, SQLITE_CHECKPOINT_RESTART, WAL_HARD_WAIT_MS);
}

bool sqlite_checkpoint_idle(struct conn *conn)
{
    if (atomic_load_explicit(&conn->db->wal_frames, memory_order_relaxed) == 0)
        return true;
    if (checkpoint(conn, SQLITE_CHECKPOINT_TRUNCATE, 0) != SQLITE_OK)
        return false;
    atomic_store_explicit(&conn->db->wal_frames, 0, memory_order_relaxed);
    conn->frames_checked = 0;
    return true;
}

/* ---- the whole database ---- */

static struct err *take_lock(struct db *db, struct arena *tell)
{
    const char *path = str_cstr(tell, str_fmt(tell, "%s.lock", db->url));

    db->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (db->lock_fd < 0) {
        log_event(LOG_ERROR, "db.lock_failed", "error", strerror(errno), NULL);
        return FAIL(tell, ERR_INTERNAL, "db.failed", NULL,
                    "The lock file beside the database cannot be written. Check that the folder "
                    "exists and may be written.");
    }
    if (flock(db->lock_fd, LOCK_EX | LOCK_NB) != 0)
        return FAIL(tell, ERR_BUSY, "db.busy", NULL,
                    "Another fairlead has this database open. Stop it first, or ask it instead.");
    return NULL;
}

static struct err *lite_open(struct db *db, struct arena *tell)
{
    if (sqlite3_libversion_number() < 3040000 || !sqlite3_threadsafe())
        return FAIL(tell, ERR_INTERNAL, "db.failed", NULL,
                    "The SQLite library is too old or built without threads: %s. Version 3.40 or "
                    "later is needed.",
                    sqlite3_libversion());
    pthread_once(&library_once, library_start);
    db->frame_bytes = 4096 + 24;
    if ((db->options.must_exist || db->options.read_only) && !file_exists(db->url))
        return FAIL(tell, ERR_NOT_FOUND, "db.failed", NULL,
                    "There is no database here yet. Create one with `fairlead init`.");
    return db->options.read_only ? NULL : take_lock(db, tell);
}

static struct err *lite_start(struct db *db, struct arena *tell)
{
    (void)db;
    (void)tell;
    return NULL;
}

static void lite_stop_threads(struct db *db)
{
    (void)db;
}

static void lite_close(struct db *db)
{
    if (db->lock_fd >= 0)
        close(db->lock_fd); /* the file stays: removing it would race the next one to take it */
}

static struct err *lite_migrations_lock(struct tx *tx)
{
    (void)tx; /* the lock file is held */
    return NULL;
}

static struct err *add_rows(struct tx *tx, const char *sql, const char *fine, const char *label,
                            struct buf *findings)
{
    struct stmt *stmt;
    bool row;

    TRY(db_stmt_text(tx, str_from(sql), &stmt));
    for (;;) {
        struct str first;

        TRY(db_step(stmt, &row));
        if (!row)
            return NULL;
        first = db_str(stmt, 0);
        if (fine && str_eq(first, str_from(fine)))
            continue;
        buf_fmt(findings, "%s: %.*s", label, STR_ARG(first));
        if (db_cols(stmt) >= 3)
            buf_fmt(findings, ": row %lld refers to a missing row of %.*s",
                    (long long)db_i64(stmt, 1), STR_ARG(db_str(stmt, 2)));
        buf_add_char(findings, '\n');
    }
}

/* Where the damage is bad the check itself stops: that is a finding, too. */
static struct err *check_part(struct tx *tx, const char *sql, const char *fine, const char *label,
                              struct buf *findings)
{
    struct err *e = add_rows(tx, sql, fine, label, findings);
    int rc = e ? sqlite3_errcode(tx->conn->lite) & 0xff : SQLITE_OK;

    if (rc != SQLITE_CORRUPT && rc != SQLITE_NOTADB)
        return e;
    buf_fmt(findings, "%s: the check could not go on, the file is damaged\n", label);
    return NULL;
}

static struct err *lite_check(struct db *db, struct tx *tx, struct buf *findings)
{
    (void)db;
    TRY(check_part(tx, "PRAGMA integrity_check(100)", "ok", "integrity", findings));
    return check_part(tx, "PRAGMA foreign_key_check", NULL, "reference", findings);
}

static bool sync_path(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;

    if (fd >= 0)
        close(fd);
    return ok;
}

/* Puts the finished copy under its name, on disk. */
static bool publish_copy(struct arena *arena, const char *part, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *folder =
        slash ? str_cstr(arena, (struct str){path, (size_t)(slash - path) + 1}) : ".";

    return sync_path(part, O_RDONLY) && rename(part, path) == 0 &&
           sync_path(folder, O_RDONLY | O_DIRECTORY);
}

static struct err *lite_backup(struct db *db, struct arena *arena, const char *path)
{
    const char *part = str_cstr(arena, str_fmt(arena, "%s.part", path));
    struct conn *conn = NULL;
    sqlite3_stmt *stmt = NULL;
    struct err *e = NULL;
    int rc;

    if (file_exists(path))
        return FAIL(arena, ERR_CONFLICT, "db.failed", NULL,
                    "There is a file of that name already. Choose another one.");
    unlink(part); /* of a backup that was interrupted */
    TRY(lite_conn_open(db, arena, false, &conn));
    assert(conn);
    rc = sqlite3_exec(conn->lite, "PRAGMA query_only=OFF", NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_prepare_v2(conn->lite, "VACUUM INTO ?1", -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text(stmt, 1, part, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK) {
        rc = sqlite3_step(stmt);
        rc = rc == SQLITE_DONE ? SQLITE_OK : rc;
    }
    sqlite3_finalize(stmt);
    if (rc != SQLITE_OK)
        e = fail(conn, arena, rc, "backup", NULL);
    else if (!publish_copy(arena, part, path))
        e = err_from_rc(arena, SQLITE_IOERR);
    if (e)
        unlink(part);
    lite_conn_close(conn);
    return e;
}

const struct driver driver_sqlite = {
    .conn_open = lite_conn_open,
    .conn_close = lite_conn_close,
    .begin = lite_begin,
    .end_read = lite_end_read,
    .commit = lite_commit,
    .rollback = lite_rollback,
    .savepoint = lite_savepoint,
    .release = lite_release,
    .rollback_to = lite_rollback_to,
    .prepare = lite_prepare,
    .unprepare = lite_unprepare,
    .slot_dropped = lite_slot_dropped,
    .begin_use = lite_begin_use,
    .stop = lite_stop,
    .bind_i64 = lite_bind_i64,
    .bind_real = lite_bind_real,
    .bind_str = lite_bind_str,
    .bind_null = lite_bind_null,
    .step = lite_step,
    .changes = lite_changes,
    .cols = lite_cols,
    .col_name = lite_col_name,
    .is_null = lite_is_null,
    .i64 = lite_i64,
    .real = lite_real,
    .str = lite_str,
    .exec = lite_exec,
    .open = lite_open,
    .start = lite_start,
    .stop_threads = lite_stop_threads,
    .close = lite_close,
    .migrations_lock = lite_migrations_lock,
    .check = lite_check,
    .backup = lite_backup,
};
