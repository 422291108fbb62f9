#pragma once
/* Inside of db: connections, transactions, statements, and what a driver has to offer.
 *
 * A connection belongs to one thread at a time: a reader while it is out of the pool, a writer for good. A slot is a
 * statement's text on one connection; a prep is one prepared form of it; a struct stmt is one running use, a cursor.
 * The cursor gives its prep back as soon as no more rows come from it, so a use that is never finished by its caller
 * costs no second preparation.
 */
#include "base/clock.h"
#include "base/log.h"
#include "db/db.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct sqlite3;
struct sqlite3_stmt;
struct pg_conn;
struct pg_result;

#define STMT_TEXTS_MAX \
    512 /* statements by text kept per connection; a busy server sees some hundred */
#define STMT_TEXT_BUCKETS 1024
#define STMT_SPARES_MAX 4     /* prepared forms of one statement kept for nested uses */
#define STMT_PARAMS_MAX 32767 /* what PostgreSQL can number safely in its protocol */
#define CURSORS_KEPT 32
#define SQLITE_WORDS_STMTS 4
#define TX_SLOTS 4
#define NOTIFY_LISTENERS_MAX 16
#define READ_WAIT_US (10 * US_PER_SECOND) /* for a free read connection; then db.busy */

/* ---- transactions ---- */

struct hook {
    struct hook *next;
    void (*fn)(void *ctx);
    void *ctx;
};

struct at_end {
    struct at_end *next;
    tx_end_fn fn; /* NULL: was called */
    void *item;
};

struct notice {
    struct notice *next;
    const char *channel;
    struct str payload;
};

struct tx {
    struct db *db;
    struct conn *conn;
    struct arena *arena; /* what tx_arena says */
    struct arena *own;   /* of the whole transaction: hooks and notices */
    bool writable;
    bool lost;  /* the transaction itself is gone or must be repeated: statements refuse */
    bool again; /* PostgreSQL: a try from the start may succeed */
    void *slots[TX_SLOTS];
    struct hook *hooks, **hooks_end; /* on own, in order */
    struct notice *notices, **notices_end;
    struct at_end *at_end, **at_end_end;
    int64_t n_undone;
};

void tx_init(struct tx *tx, struct conn *conn, struct arena *arena, bool writable);
/* What tx_at_end keeps. */
struct err *tx_end(struct tx *tx);
/* Calls the hooks and, unless the server itself sends them, the notices. */
void tx_committed(struct tx *tx);

/* ---- statements ---- */

enum cell_kind { CELL_NULL, CELL_INT, CELL_REAL, CELL_STR };

struct cell {
    enum cell_kind kind;
    int64_t integer;
    double real;
    struct str str;
};

struct row {
    struct row *next;
    struct cell cells[];
};

struct prep {
    struct slot *slot;
    struct prep *next;         /* free ones of the slot */
    struct sqlite3_stmt *lite; /* SQLite */
    int *param_at; /* $n -> index in the statement, 0 if it does not occur; [n_params + 1] */
    int n_params;
    bool readonly;
};

struct slot {
    const char *name; /* for the log */
    const char *text; /* NUL-terminated */
    size_t text_len;
    int id; /* sql->id, or a running number for texts; names the statement on PostgreSQL */
    bool fixed;
    bool
        lookahead; /* asked for while in use: fetch one row ahead, so that single-row uses end by themselves */
    struct pg_result *described; /* PostgreSQL: prepared there, with these parameters and columns */
    int n_open;                  /* cursors */
    int n_preps;                 /* free and in use */
    struct prep *free;
    uint64_t hash;
    struct slot *chain;         /* same bucket */
    struct slot *newer, *older; /* use order of texts */
};

struct stmt {
    struct conn *conn;
    struct slot *slot;
    struct prep *prep;
    struct stmt *prev, *next; /* open ones of the connection, newest first; or the free queue */
    uint64_t seq;             /* order of opening */
    bool in_use;
    bool owns_prep;
    bool stepped;
    bool ended;               /* no further live rows */
    bool live_row;            /* SQLite stands on a row that was not handed out yet */
    int bind_failed;          /* driver's code of the first failed bind; 0: none */
    int last_col;             /* db_col: columns are asked for in order, mostly */
    struct arena *arena;      /* buffered rows and parameters of this use; NULL until needed */
    struct cell *cells;       /* the current row, if it is a buffered one */
    struct row *rows;         /* buffered rows to come */
    struct pg_result *result; /* PostgreSQL */
    int result_row;
    const char **values; /* PostgreSQL: parameters as text, from 1 */
    int64_t changed;
    bool sent; /* PostgreSQL: and not answered yet */
};

struct arena *stmt_arena(struct stmt *stmt);
/* Gives the prepared form back for the next use; column names stay readable. */
void stmt_give_back(struct stmt *stmt);
/* Ends the uses begun after seq (0: all). */
void conn_end_stmts(struct conn *conn, uint64_t seq);
void conn_forget_stmts(struct conn *conn);   /* drops everything cached; nothing may be in use */
int64_t text_i64(const char *s, size_t len); /* "12", "-3", "12.7", "t" */

/* ---- connections and drivers ---- */

#define LATE_MAX 64 /* their answers must fit what a socket holds: nobody reads them while we send */

struct late { /* for the log, should it fail: its statement may be gone by then */
    const char *name;
    struct stmt *stmt; /* who wants the answer; NULL: nobody */
    char text[120];
};

struct conn {
    struct db *db;
    const struct driver *driver;
    struct conn *next; /* free readers */
    struct tx tx;      /* of a reader */
    struct tx *tx_now; /* the one that runs: &tx, or that of a writer's job */
    bool writer;
    bool broken;         /* do not use again */
    struct slot **fixed; /* by sql->id */
    struct slot **texts; /* buckets */
    struct slot *newest, *oldest;
    int n_texts;
    int next_text_id;
    struct stmt *open;
    struct stmt *free, *free_last; /* used again oldest first */
    int n_free;
    uint64_t seq;

    struct sqlite3 *lite;
    struct sqlite3_stmt *lite_begin, *lite_commit, *lite_savepoint, *lite_release,
        *lite_rollback_to;
    struct sqlite3_stmt *lite_words[SQLITE_WORDS_STMTS]; /* see db_sqlite_words.c */
    bool words_known;       /* whether there is an index of words */
    int lost_rc;            /* what took the transaction away */
    int64_t frames_checked; /* length of the log at the last checkpoint */
    int64_t snapshot_of;    /* a reader's open snapshot: db->commit_number before it began */

    struct pg_conn *pg;
    struct late *late; /* PostgreSQL: sent, and not answered yet; see db_postgres.c */
    int n_late;
    int late_savepoint; /* the newest SAVEPOINT among them; -1: none */
    int n_savepoints;   /* open ones */
};

struct driver {
    /* Connections. tell: where errors are made. */
    struct err *(*conn_open)(struct db *db, struct arena *tell, bool writer, struct conn **out);
    void (*conn_close)(struct conn *conn);
    /* Transactions on a connection. end_read cannot fail: a broken connection is marked. */
    struct err *(*begin)(struct conn *conn, struct arena *tell, bool write);
    void (*end_read)(struct conn *conn);
    struct err *(*commit)(struct tx *tx);
    void (*rollback)(struct conn *conn);
    struct err *(*savepoint)(struct tx *tx);
    struct err *(*release)(struct tx *tx);
    struct err *(*rollback_to)(struct tx *tx); /* and release */
    /* Statements. */
    struct err *(*prepare)(struct tx *tx, struct slot *slot, struct prep *prep);
    void (*unprepare)(struct conn *conn, struct prep *prep);
    void (*slot_dropped)(struct conn *conn, struct slot *slot);
    void (*begin_use)(struct stmt *stmt); /* forget earlier parameters */
    void (*stop)(struct stmt *stmt);      /* reset; the result goes */
    void (*bind_i64)(struct stmt *stmt, int param, int64_t v);
    void (*bind_real)(struct stmt *stmt, int param, double v);
    void (*bind_str)(struct stmt *stmt, int param, struct str v);
    void (*bind_null)(struct stmt *stmt, int param);
    struct err *(*step)(struct stmt *stmt, bool *row);
    struct err *(*run_late)(struct stmt *stmt); /* its error may come later; NULL: there is no gain in that */
    struct err *(*send)(struct stmt *stmt);     /* may be NULL too */
    int64_t (*changes)(struct stmt *stmt);
    int (*cols)(const struct stmt *stmt);
    const char *(*col_name)(const struct stmt *stmt, int col);
    bool (*is_null)(const struct stmt *stmt, int col);
    int64_t (*i64)(const struct stmt *stmt, int col);
    double (*real)(const struct stmt *stmt, int col);
    struct str (*str)(const struct stmt *stmt, int col);
    struct err *(*exec)(struct tx *tx, const char *text);
    /* The whole database. */
    struct err *(*open)(struct db *db, struct arena *tell);  /* before the first connection */
    struct err *(*start)(struct db *db, struct arena *tell); /* after the migrations */
    void (*stop_threads)(struct db *db);
    void (*close)(struct db *db);
    struct err *(*migrations_lock)(struct tx *tx); /* against another node doing the same */
    struct err *(*check)(struct db *db, struct tx *tx, struct buf *findings);
    struct err *(*backup)(struct tx *tx, const char *path,
                          void (*progress)(void *ctx, int64_t done, int64_t total), void *ctx);
};
extern const struct driver driver_sqlite, driver_postgres;

struct listener {
    void (*fn)(void *ctx, const char *channel, struct str payload);
    void *ctx;
};

struct db {
    enum db_kind kind;
    const struct driver *driver;
    struct arena *arena; /* for what lives as long; used while opening only */
    const char *url;
    struct db_options options;
    int lock_fd;

    pthread_mutex_t pool_lock;
    pthread_cond_t pool_free;
    struct conn *readers; /* free ones, last used first */
    int n_readers, readers_max;

    struct writer *writer; /* queue and threads, see db_writer.c */

    pthread_mutex_t listeners_lock;
    struct listener listeners[NOTIFY_LISTENERS_MAX];
    int n_listeners;
    struct pg_listen *listen; /* see db_postgres_listen.c */

    _Atomic int64_t reads, writes, commits, retries, wal_frames;
    _Atomic int64_t commit_number; /* SQLite: grows after each COMMIT, before anybody is answered */
    _Atomic bool checkpointing;    /* SQLite: readers let go of their snapshots when they end */
    int64_t frame_bytes;
};

/* Tells the listeners of this process. */
void db_tell(struct db *db, const char *channel, struct str payload);
void *mem_new(size_t count, size_t size); /* zeroed; out of memory ends the process */
/* Calls fn on each free reader, with the pool locked. */
void pool_each_free(struct db *db, void (*fn)(struct conn *conn));
/* A connection that no pool knows, for migrations and the writer. */
struct conn *conn_new(struct db *db, bool writer);
void conn_free(struct conn *conn); /* closes its statements, not the library's connection */

/* ---- writer ---- */
/* conn: SQLite's one writing connection, the writer's from now on; NULL on PostgreSQL. */
struct err *writer_start(struct db *db, struct conn *conn, struct arena *tell);
void writer_stop(struct db *db);  /* finishes what was accepted */
void writer_close(struct db *db); /* after the readers are closed */

/* ---- SQLite's log file, by the writer between commits ---- */
void sqlite_checkpoint_if_large(struct conn *conn);
/* False: something is left to do at a later time. */
bool sqlite_checkpoint_idle(struct conn *conn);
/* Brings the index of words up to date; the last thing before the COMMIT of a group. Fails: the group is lost. */
struct err *sqlite_words_update(struct tx *tx);
/* The outer transaction of a group is gone. */
bool sqlite_tx_gone(struct conn *conn);
struct err *sqlite_lost_err(struct conn *conn, struct arena *arena);

/* ---- migrations ---- */
/* Brings the schema up to date on conn; with check_only (a read transaction) refuses if it is not. */
struct err *migrate(struct conn *conn, struct arena *tell, bool check_only);
