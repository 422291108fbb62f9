#pragma once
/* What the files for PostgreSQL share. */
#include "db/db_impl.h"

#include <libpq-fe.h>

#define NOTIFY_CHANNEL "fairlead" /* one for all of ours; the payload is "<channel>\n<payload>" */

/* Never NULL; whether it is connected says PQstatus. Ended with PQfinish. */
PGconn *pg_connect(struct db *db);
bool pg_run_ok(PGconn *pg, const char *sql);
/* The error that says so, after a line of the log with the reason. */
MUST_USE struct err *pg_no_connection(struct arena *tell, const PGconn *pg);
/* One or more statements without parameters and answers, in the transaction. */
MUST_USE struct err *pg_exec(struct tx *tx, const char *text);

/* db_postgres_listen.c */
MUST_USE struct err *pg_start(struct db *db, struct arena *tell);
void pg_stop_threads(struct db *db);

/* db_postgres_whole.c */
MUST_USE struct err *pg_open(struct db *db, struct arena *tell);
MUST_USE struct err *pg_check(struct db *db, struct tx *tx, struct buf *findings);
