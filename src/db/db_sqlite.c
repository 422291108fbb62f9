/* SQLite: connections and their settings, transactions, statements. The file itself: db_sqlite_file.c.
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
#include "db/sqlite_impl.h"

#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>

#define READ_CACHE_KIB (32 * 1024) /* shared out among the readers */
#define READ_CACHE_KIB_MIN 1024    /* per reader */
#define WRITE_CACHE_KIB (16 * 1024)
#define BIGINT_KEY "BIGINT PRIMARY KEY"

/* ---- errors ---- */

struct err *sqlite_err(struct arena *arena, int rc)
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

struct err *sqlite_fail(struct conn *conn, struct arena *arena, int rc, const char *name,
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
    return sqlite_err(arena, rc);
}

bool sqlite_tx_gone(struct conn *conn)
{
    return sqlite3_get_autocommit(conn->lite) != 0;
}

struct err *sqlite_lost_err(struct conn *conn, struct arena *arena)
{
    return sqlite_err(arena, conn->lost_rc ? conn->lost_rc : SQLITE_ERROR);
}

/* After a failure inside a transaction: SQLite may have rolled it back by itself (disk full, I/O error). */
static struct err *fail_in(struct tx *tx, int rc, const char *name, const char *text)
{
    struct err *e = sqlite_fail(tx->conn, tx->arena, rc, name, text);

    if (!tx->lost && sqlite_tx_gone(tx->conn)) {
        tx->lost = true;
        tx->conn->lost_rc = rc;
    }
    return e;
}

/* ---- connections ---- */

static int set_up(struct db *db, sqlite3 *lite, bool writer)
{
    int per_reader = READ_CACHE_KIB / db->readers_max;
    int cache = writer                            ? (db->options.write_cache_kib ? db->options.write_cache_kib : WRITE_CACHE_KIB)
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
    sqlite_words_close(conn);
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
    e = sqlite_fail(conn, tell, rc, "open", NULL);
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

void sqlite_end_snapshot(struct conn *conn)
{
    if (!sqlite_tx_gone(conn) && run(conn->lite_commit) != SQLITE_OK)
        lite_rollback(conn);
}

static void lite_end_read(struct conn *conn)
{
    struct db *db = conn->db;

    if (db->options.read_only || atomic_load_explicit(&db->checkpointing, memory_order_relaxed))
        sqlite_end_snapshot(conn);
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
            sqlite_end_snapshot(conn);
        }
        conn->snapshot_of = now; /* taken before the snapshot, so that it can only be newer */
    }
    rc = run(conn->lite_begin);
    return rc == SQLITE_OK ? NULL : sqlite_fail(conn, tell, rc, "begin", NULL);
}

static struct err *lite_commit(struct tx *tx)
{
    int rc = run(tx->conn->lite_commit);

    if (rc == SQLITE_OK)
        return NULL;
    tx->conn->lost_rc = rc;
    return sqlite_fail(tx->conn, tx->arena, rc, "commit", NULL);
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
        return sqlite_err(tx->arena, SQLITE_ERROR);
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

/* In the multi-thread mode that db_sqlite_file.c sets, a column's value may be looked at directly: one check of the
 * statement instead of three. */
static struct str column_str(sqlite3_stmt *lite, int col)
{
    sqlite3_value *value = sqlite3_column_value(lite, col);
    const char *text;

    switch (sqlite3_value_type(value)) {
    case SQLITE_NULL:
        return STR_NONE;
    case SQLITE_BLOB:
        text = sqlite3_value_blob(value);
        break;
    default:
        text = (const char *)sqlite3_value_text(value);
        break;
    }
    return (struct str){text ? text : "", (size_t)sqlite3_value_bytes(value)};
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
    .open = sqlite_file_open,
    .start = sqlite_file_start,
    .stop_threads = sqlite_file_stop_threads,
    .close = sqlite_file_close,
    .migrations_lock = sqlite_file_migrations_lock,
    .check = sqlite_file_check,
    .backup = sqlite_file_backup,
};
