#pragma once
/* The only door to the database: SQLite or PostgreSQL behind one set of calls.
 *
 * Reads run on any of many read connections; in SQLite they never wait for writes. Writes are functions handed to the
 * writer. SQLite: one writer thread with one connection, the only checkpointer; jobs run one after another as savepoints
 * of one open transaction, and one fsync acknowledges them all (group commit). PostgreSQL: a pool, each job its own
 * SERIALIZABLE transaction, tried again on serialization failures. A job may therefore run more than once: it must not
 * do anything outside the database. Errors roll the job back, alone.
 *
 * Rules: docs/decisions and design, section 10. Settings of a connection stand in db_sqlite.c and db_postgres.c; the database as a
 * whole in db_sqlite_file.c and db_postgres_whole.c.
 */
#include "base/err.h"

struct db;
struct tx; /* one transaction (or savepoint), or one read snapshot; used by one thread */

enum db_kind { DB_SQLITE, DB_POSTGRES };

struct db_options {
    const char *url;         /* file path, or postgresql://... */
    int readers;             /* read connections; 0: a default */
    int writers;             /* PostgreSQL only; 0: a default */
    bool must_exist;         /* do not create the SQLite file */
    int64_t commit_delay_us; /* test hook: wait that long before a group commit; 0 */
    int write_cache_kib;     /* SQLite: pages the writer keeps in memory, when it needs them; 0: a default */
    int64_t pages_max;       /* SQLite: the file may not grow beyond so many pages; 0: no bound */
    bool
        read_only; /* SQLite: look at a file while its server runs. No lock, no migrations; writes fail */
};

/* Opens, takes the lock file against a second server (SQLite), and brings the schema up to date (migrations).
 * The database lives until db_close, not on the arena. Fails: db.busy if another process holds the lock; db.failed. */
MUST_USE struct err *db_open(struct arena *arena, const struct db_options *options,
                             struct db **out);
/* Finishes accepted writes, checkpoints, closes. All reads must have ended. NULL is allowed. */
void db_close(struct db *db);
enum db_kind db_kind(const struct db *db);
enum db_kind tx_kind(const struct tx *tx);

typedef struct err *(*tx_fn)(struct tx *tx, void *ctx);

/* Runs fn on a read snapshot, on the calling thread. fn's strings come from arena. A read inside a read takes a second
 * connection of the pool: hand the tx down instead. Fails: what fn returns; db.busy when no connection gets free. */
MUST_USE struct err *db_read(struct db *db, struct arena *arena, tx_fn fn, void *ctx);
/* Runs fn as a write transaction and waits until it is durable. Never from a writer's thread (fn, done, hooks): use
 * tx_nested or db_write_async there. */
MUST_USE struct err *db_write(struct db *db, struct arena *arena, tx_fn fn, void *ctx);
/* The same without waiting: done(ctx, err) is called on the writer's thread once the commit is durable (err NULL) or
 * the job is rolled back. The arena belongs to the job until then. */
void db_write_async(struct db *db, struct arena *arena, tx_fn fn, void *ctx,
                    void (*done)(void *ctx, struct err *err));
/* Lower-level read, for streams that outlive a function: begin, use, end. */
MUST_USE struct err *db_read_begin(struct db *db, struct arena *arena, struct tx **out);
void db_read_end(struct tx *tx);

struct arena *tx_arena(struct tx *tx);
bool tx_writable(const struct tx *tx);
/* Runs fn in a nested savepoint: an error rolls back only what fn did, and is returned. (dry runs, per-row import)
 * Rolled back with it: hooks, notices, and tx_slot pointers that fn changed; statements begun inside are reset. */
MUST_USE struct err *tx_nested(struct tx *tx, tx_fn fn, void *ctx);
/* How many of them failed so far: for whoever remembers in memory what was read or written. */
int64_t tx_undone(const struct tx *tx);
/* Runs fn with arena in the place of tx_arena, so that a long transaction does not keep what only a part of it needs: the
 * caller may reset arena afterwards. Nothing is rolled back. The slots are empty inside and as before afterwards; what fn
 * hands to tx_on_commit must not live on arena. The error is fn's, and lives where fn made it. */
MUST_USE struct err *tx_on_arena(struct tx *tx, struct arena *arena, tx_fn fn, void *ctx);
/* Called after the outermost commit is durable, in order, on the writer's thread; not called on rollback.
 * For waking job runners and event streams, never for writing. */
void tx_on_commit(struct tx *tx, void (*fn)(void *ctx), void *ctx);
/* Keeps item until the job's function is done; then calls fn inside the transaction with all items kept for it, in order. For
 * what is the same however often it is asked, or where only the last write counts. item lives on tx_arena_whole; it is
 * forgotten when the tx_nested around it fails. fn itself may not keep anything. */
typedef struct err *(*tx_end_fn)(struct tx *tx, void *const *items, size_t n);
void tx_at_end(struct tx *tx, tx_end_fn fn, void *item);
/* Lives as long as the whole transaction, also inside tx_on_arena. */
struct arena *tx_arena_whole(struct tx *tx);
/* A slot the room above may hang its per-transaction state on (work's queue of touched records). Starts NULL. */
void **tx_slot(struct tx *tx, int slot); /* slot 0..3 */
enum { TX_SLOT_RECORD, TX_SLOT_WORK, TX_SLOT_EVENTS };

/* A fixed statement, from a .sql file: tools/sql2c makes `extern const struct sql sql_task_put_done` out of
 * `-- name: task_put_done`. One text for both databases: $1, $2 ... Declared in the generated "<room>/<thing>.sql.h".
 */
struct sql {
    const char *name;
    const char *text;
    int n_params;
    int id;          /* index into sql_all: the slot of its prepared form on each connection */
    bool scan_meant; /* has a `-- plan: scan` line */
};
extern const struct sql *const sql_all[]; /* ends with NULL */
extern const int sql_count;

/* One running statement. Bind all parameters, then step. Parameters count from 1. Statements are cached per
 * connection; the one handed out is reset when next asked for, when done, or at the end of the transaction. A struct str
 * from a column lives until the next step: str_dup to keep it. Two uses of the same statement nest safely. */
struct stmt;
MUST_USE struct err *db_stmt(struct tx *tx, const struct sql *sql, struct stmt **out);
/* A statement made by record/query or expr from the snapshot's own identifiers; cached by its text (least recently used
 * ones are dropped). Never text from input. */
MUST_USE struct err *db_stmt_text(struct tx *tx, struct str sql, struct stmt **out);
void db_bind_i64(struct stmt *stmt, int param, int64_t v);
void db_bind_real(struct stmt *stmt, int param, double v);
/* The bytes must live until the statement is done. A NULL ptr (STR_NONE) binds NULL; a column of '' reads as a str
 * with a ptr, NULL as STR_NONE. */
void db_bind_str(struct stmt *stmt, int param, struct str v);
void db_bind_null(struct stmt *stmt, int param);
/* *row false at the end (the statement is then reset). Fails: db.busy, db.full, db.failed (kind ERR_CONFLICT: a
 * constraint stands against it). A write with RETURNING has done all its work at the first step. */
MUST_USE struct err *db_step(struct stmt *stmt, bool *row);
/* For statements without rows of interest: steps to the end; *changed rows. With changed NULL PostgreSQL is not waited for: a
 * failure may come from a later statement, from the end of the tx_nested around it, or from the commit. */
MUST_USE struct err *db_run(struct stmt *stmt, int64_t *changed);
/* All is bound and will be wanted: PostgreSQL is told now and answers when db_step asks, so that several such statements cost
 * one turn there and back. db_step them in this order. SQLite has nothing to gain and does nothing. */
MUST_USE struct err *db_send(struct stmt *stmt);
void db_done(struct stmt *stmt); /* resets early */
int db_cols(const struct stmt *stmt);
int db_col(const struct stmt *stmt,
           const char *name); /* index by name, asserted to exist; look up once per query */
bool db_is_null(const struct stmt *stmt, int col);
int64_t db_i64(const struct stmt *stmt, int col); /* NULL: 0 */
int64_t db_i64_or(const struct stmt *stmt, int col, int64_t if_null);
double db_real(const struct stmt *stmt, int col);
struct str db_str(const struct stmt *stmt, int col); /* NULL: STR_NONE */

/* DDL from the snapshot's identifiers (publish): runs now, inside the transaction; several statements may be in it. A
 * key that says exactly BIGINT PRIMARY KEY becomes SQLite's row number (also in migrations): no second tree. */
MUST_USE struct err *db_exec(struct tx *tx, struct str sql);
/* "name" quoted as an identifier. */
struct str db_ident(struct arena *arena, struct str name);
/* Does this column exist? (publish: columns to add) */
MUST_USE struct err *db_has_column(struct tx *tx, struct str table, struct str column, bool *out);
MUST_USE struct err *db_has_table(struct tx *tx, struct str table, bool *out);

/* What the installation keeps about itself (node id, secrets, marks of jobs), by name. *value is STR_NONE if it was never
 * put; it lives on the transaction's arena. Table: setting. */
MUST_USE struct err *db_setting_get(struct tx *tx, struct str name, struct str *value);
MUST_USE struct err *db_setting_put(struct tx *tx, struct str name, struct str value);

/* Full text, one contract on both. text: tokens made by utf8_fold and tokenize, joined by blanks. Table search_entry is
 * record's; these are the parts where the databases differ. */
struct str db_sql_fulltext_match(struct arena *arena, enum db_kind kind,
                                 int param); /* condition on search_entry "s" */
/* The value to bind there: every token must occur, as a word or as the beginning of one. Tokens are quoted here, so any
 * text is safe. n 0 matches nothing. */
struct str db_fulltext_query(struct arena *arena, enum db_kind kind, const struct str *tokens,
                             size_t n);

/* Messages to all nodes (LISTEN/NOTIFY on PostgreSQL; in-process on SQLite): sent when the transaction commits. Channel:
 * 1 to 60 letters, digits, _ or '.'; payload: up to NOTIFY_BYTES_MAX. Equal messages of one transaction may arrive once.
 * fn runs on a thread of db and must be quick. On PostgreSQL, after a lost connection to the server, fn is called once
 * with channel "db.reconnected": messages may have been missed, read again what you follow. */
#define NOTIFY_BYTES_MAX 4000 /* PostgreSQL takes 8,000 with the channel's name */
void tx_notify(struct tx *tx, const char *channel, struct str payload);
void db_on_notify(struct db *db, void (*fn)(void *ctx, const char *channel, struct str payload),
                  void *ctx);

/* Figures for health and bench, since db_open. writes counts acknowledged jobs; commits counts fsyncs asked for
 * (SQLite: groups); retries counts repeated tries (PostgreSQL); wal_bytes is the log now (SQLite). */
struct db_stats {
    int64_t reads, writes, commits, retries, wal_bytes;
};
struct db_stats db_stats(struct db *db);
/* integrity_check and foreign checks (SQLite), amcheck-free basics (PostgreSQL): adds findings as text lines. */
MUST_USE struct err *db_check(struct db *db, struct arena *arena, struct buf *findings);
/* Copies what this read sees into a new SQLite file, which is one file in itself: no log beside it. The file is synced, its
 * folder is not; what was written is removed on failure. progress (may be NULL) hears of pages. Fails: db.failed if path
 * exists, or on PostgreSQL (use its own tools); db.full. */
MUST_USE struct err *db_backup(struct tx *tx, const char *path,
                               void (*progress)(void *ctx, int64_t done, int64_t total), void *ctx);
