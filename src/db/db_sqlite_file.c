/* SQLite, the file itself: the library's start, the lock against a second server, checkpoints, checks and copies. */
#include "db/sqlite_impl.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

/* Checkpoint as far as readers allow, each time the log grew by that much. */
#define WAL_SOFT_BYTES (16 * 1024 * 1024)
/* Wait shortly for the readers, so that the log can start over. */
#define WAL_HARD_BYTES (256 * 1024 * 1024)
#define WAL_HARD_WAIT_MS 200

/* ---- the library ---- */

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

static pthread_once_t library_once = PTHREAD_ONCE_INIT;

static void library_start(void)
{
    sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_config(SQLITE_CONFIG_LOG, library_log, NULL);
    sqlite3_initialize();
}

/* ---- the log file ---- */

static int checkpoint(struct conn *conn, int mode, int wait_ms)
{
    int frames = 0, done = 0;
    int rc;

    atomic_store_explicit(&conn->db->checkpointing, true, memory_order_relaxed);
    pool_each_free(conn->db, sqlite_end_snapshot);
    sqlite3_busy_timeout(conn->lite, wait_ms);
    rc = sqlite3_wal_checkpoint_v2(conn->lite, "main", mode, &frames, &done);
    sqlite3_busy_timeout(conn->lite, BUSY_TIMEOUT_MS);
    pool_each_free(conn->db, sqlite_end_snapshot); /* the next commit can start the log over */
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

struct err *sqlite_file_open(struct db *db, struct arena *tell)
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

struct err *sqlite_file_start(struct db *db, struct arena *tell)
{
    (void)db;
    (void)tell;
    return NULL;
}

void sqlite_file_stop_threads(struct db *db)
{
    (void)db;
}

void sqlite_file_close(struct db *db)
{
    if (db->lock_fd >= 0)
        close(db->lock_fd); /* the file stays: removing it would race the next one to take it */
}

struct err *sqlite_file_migrations_lock(struct tx *tx)
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

struct err *sqlite_file_check(struct db *db, struct tx *tx, struct buf *findings)
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

enum { COPY_PAGES_AT_ONCE = 2048 };

static int copy_pages(struct conn *from, sqlite3 *to, void (*progress)(void *ctx, int64_t done, int64_t total), void *ctx)
{
    sqlite3_backup *copy = sqlite3_backup_init(to, "main", from->lite, "main");
    int rc = SQLITE_OK, finished;

    if (!copy)
        return sqlite3_errcode(to);
    while (rc == SQLITE_OK) {
        rc = sqlite3_backup_step(copy, COPY_PAGES_AT_ONCE);
        if (progress)
            progress(ctx, sqlite3_backup_pagecount(copy) - sqlite3_backup_remaining(copy), sqlite3_backup_pagecount(copy));
    }
    finished = sqlite3_backup_finish(copy);
    return rc == SQLITE_DONE ? finished : rc;
}

/* The connection of tx stands on its snapshot, so that the copy is of this and of no later state. */
struct err *sqlite_file_backup(struct tx *tx, const char *path,
                               void (*progress)(void *ctx, int64_t done, int64_t total), void *ctx)
{
    sqlite3 *to = NULL;
    int rc;

    if (file_exists(path))
        return FAIL(tx->arena, ERR_CONFLICT, "db.failed", NULL,
                    "There is a file of that name already. Choose another one.");
    rc = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc == SQLITE_OK)
        rc = copy_pages(tx->conn, to, progress, ctx);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(to, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
    sqlite3_close(to);
    if (rc == SQLITE_OK && !sync_path(path, O_RDONLY))
        rc = SQLITE_IOERR;
    if (rc == SQLITE_OK)
        return NULL;
    unlink(path);
    return sqlite_err(tx->arena, rc);
}
