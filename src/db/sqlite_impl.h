#pragma once
/* What db_sqlite.c (connections, statements) and db_sqlite_file.c (the file) know of each other. */
#include "db/db_impl.h"

/* For another program that holds the file, such as the sqlite3 shell. */
#define BUSY_TIMEOUT_MS 5000

struct err *sqlite_err(struct arena *arena, int rc);
/* Logs what the library says; statements hold no values, only names. text: the statement, or NULL. */
struct err *sqlite_fail(struct conn *conn, struct arena *arena, int rc, const char *name,
                        const char *text);
/* Ends the transaction that a reader keeps open between its reads. */
void sqlite_end_snapshot(struct conn *conn);
void sqlite_words_close(struct conn *conn);

struct err *sqlite_file_open(struct db *db, struct arena *tell);
struct err *sqlite_file_start(struct db *db, struct arena *tell);
void sqlite_file_stop_threads(struct db *db);
void sqlite_file_close(struct db *db);
struct err *sqlite_file_migrations_lock(struct tx *tx);
struct err *sqlite_file_check(struct db *db, struct tx *tx, struct buf *findings);
struct err *sqlite_file_backup(struct tx *tx, const char *path,
                               void (*progress)(void *ctx, int64_t done, int64_t total), void *ctx);
