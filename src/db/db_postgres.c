/* PostgreSQL: connections and their settings, transactions, statements. Messages between nodes: db_postgres_listen.c; the database as
 * a whole: db_postgres_whole.c.
 *
 * Writes are SERIALIZABLE and tried again when the server asks for it (40001, 40P01), so the same rules hold as with
 * SQLite's one writer. Reads are REPEATABLE READ READ ONLY: one snapshot. Values travel as text in both directions, types
 * are inferred by the server. Text must compare by bytes (collation C), as in SQLite; db_open refuses other databases.
 * jit is off: its start costs more than our statements. A connection is dropped and replaced when it breaks, and when a
 * plan it keeps no longer fits a table (columns added by another node).
 *
 * Each question to the server costs a turn there and back. A write whose caller does not ask how many rows it changed is
 * only sent; its answer is fetched with that of the next statement that is waited for, of the end of the savepoint, or of
 * the COMMIT (libpq's pipeline mode, entered with the first such write and left when all is answered). So an error of it
 * comes a little later, but always from inside the savepoint in which it was made.
 */
#include "db/postgres_impl.h"

#include <stdio.h>

#define NOTICES_PER_STATEMENT 500
#define MIGRATIONS_LOCK "7046029254386353131"

/* ---- errors ---- */

static bool state_is(const char *state, const char *prefix)
{
    return strncmp(state, prefix, strlen(prefix)) == 0;
}

static struct err *err_from_state(struct arena *arena, const char *state)
{
    if (state_is(state, "40001") || state_is(state, "40P01") || state_is(state, "55P03") ||
        state_is(state, "533") || state_is(state, "57014"))
        return FAIL(arena, ERR_BUSY, "db.busy", NULL, "The database is busy. Try again.");
    if (state_is(state, "53100") || state_is(state, "58030"))
        return FAIL(arena, ERR_INTERNAL, "db.full", NULL,
                    "The disk is full or broken; nothing was written. Make room, then try again.");
    if (state_is(state, "23"))
        return FAIL(arena, ERR_CONFLICT, "db.failed", NULL,
                    "What is stored already does not allow this.");
    return FAIL(arena, ERR_INTERNAL, "db.failed", NULL, "The database could not do this.");
}

/* Messages of classes 22 and 23 may quote values: those are left out. */
static void log_failure(const char *state, const PGresult *result, const char *name,
                        const char *text)
{
    const char *message = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    const char *constraint = result ? PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME) : NULL;
    bool values = state_is(state, "22") || state_is(state, "23");
    bool expected = state_is(state, "23") || state_is(state, "40");
    enum log_level level = expected ? LOG_DEBUG : LOG_ERROR;
    char start[201];

    if (!log_enabled(level))
        return;
    snprintf(start, sizeof start, "%s", text ? text : "");
    log_event(level, "db.failed", "state", state, "statement", name, "message",
              values || !message ? "" : message, "constraint", constraint ? constraint : "", "sql",
              start, NULL);
}

static bool plan_is_stale(const char *state, const PGresult *result)
{
    const char *message = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;

    return state_is(state, "0A000") && message && strstr(message, "cached plan");
}

/* tx may be NULL outside transactions. */
static struct err *fail(struct conn *conn, struct tx *tx, struct arena *arena,
                        const PGresult *result, const char *name, const char *text)
{
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    bool stale;

    if (!state)
        state = "08000"; /* no answer at all */
    log_failure(state, result, name, text);
    stale = plan_is_stale(state, result);
    if (stale || PQstatus(conn->pg) == CONNECTION_BAD)
        conn->broken = true;
    if (tx && (conn->broken || state_is(state, "40001") || state_is(state, "40P01"))) {
        tx->lost = true;
        tx->again = stale || state_is(state, "4");
    }
    return stale ? err_from_state(arena, "40001") : err_from_state(arena, state);
}

static struct err *lost_err(struct tx *tx)
{
    return err_from_state(tx->arena, tx->again ? "40001" : "08000");
}

/* ---- connections ---- */

static void ignore_notice(void *ctx, const PGresult *result)
{
    (void)ctx;
    (void)result;
}

PGconn *pg_connect(struct db *db)
{
    const char *const keys[] = {"fallback_application_name", "connect_timeout",
                                "keepalives_idle",           "dbname",
                                "client_encoding",           NULL};
    const char *const values[] = {"fairlead", "10", "30", db->url, "UTF8", NULL};
    PGconn *pg = PQconnectdbParams(keys, values, 1);

    if (!pg)
        abort(); /* out of memory */
    PQsetNoticeReceiver(pg, ignore_notice, NULL);
    return pg;
}

bool pg_run_ok(PGconn *pg, const char *sql)
{
    PGresult *result = PQexec(pg, sql);
    ExecStatusType status = PQresultStatus(result);

    PQclear(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

struct err *pg_no_connection(struct arena *tell, const PGconn *pg)
{
    log_event(LOG_ERROR, "db.connect_failed", "message", PQerrorMessage(pg), NULL);
    return FAIL(tell, ERR_INTERNAL, "db.failed", NULL,
                "The PostgreSQL server cannot be reached. Check its address and that it runs.");
}

static void pg_conn_close(struct conn *conn)
{
    conn_free(conn);
    PQfinish(conn->pg);
    free(conn);
}

static struct err *pg_conn_open(struct db *db, struct arena *tell, bool writer, struct conn **out)
{
    struct conn *conn = conn_new(db, writer);

    conn->late_savepoint = -1;
    conn->pg = pg_connect(db);
    if (PQstatus(conn->pg) == CONNECTION_OK &&
        pg_run_ok(conn->pg,
                  "SET jit = off; SET client_min_messages = warning; SET TimeZone = 'UTC';"
                  "SET standard_conforming_strings = on; SET lock_timeout = '10s'")) {
        *out = conn;
        return NULL;
    }
    struct err *e = pg_no_connection(tell, conn->pg);
    pg_conn_close(conn);
    return e;
}

/* ---- statements that are sent and answered later ---- */

static bool is_fine(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);

    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

/* The answers of all that was sent. The first error is the one that counts: the server skips what comes after it. *last:
 * the answer to what was sent last, if there is no error; may be NULL. */
static struct err *fetch_late(struct conn *conn, struct tx *tx, struct arena *arena,
                              PGresult **last)
{
    struct err *e = NULL;
    int n = conn->n_late;

    conn->n_late = 0;
    PQpipelineSync(conn->pg);
    for (int i = 0; i < n; i++) {
        PGresult *result = PQgetResult(conn->pg);
        const struct late *late = &conn->late[i];

        if (result)
            PQclear(PQgetResult(conn->pg)); /* a NULL ends the results of each */
        if (!e && !is_fine(result)) {
            e = fail(conn, tx, arena, result, late->name, late->text);
            /* Sent before the savepoint that is open now: going back to it would not undo the failure. */
            tx->lost |= i <= conn->late_savepoint;
        }
        if (late->stmt) {
            late->stmt->sent = false;
            late->stmt->result = result;
        } else if (last && !e && i == n - 1) {
            *last = result;
        } else {
            PQclear(result);
        }
    }
    PQclear(PQgetResult(conn->pg)); /* the end of the pipeline */
    conn->late_savepoint = -1;
    if (!PQexitPipelineMode(conn->pg)) {
        conn->broken = tx->lost = true;
        if (!e)
            e = err_from_state(arena, "08000");
    }
    if (e && last) {
        PQclear(*last);
        *last = NULL;
    }
    return e;
}

static struct err *settle(struct conn *conn, struct tx *tx, struct arena *arena)
{
    return conn->n_late ? fetch_late(conn, tx, arena, NULL) : NULL;
}

/* On the way to a rollback: what they did does not matter any more. */
static void forget_late(struct conn *conn)
{
    bool more = conn->n_late > 0;

    for (int i = 0; i < conn->n_late; i++)
        if (conn->late[i].stmt)
            conn->late[i].stmt->sent = false;
    conn->n_late = 0;
    conn->late_savepoint = -1;
    if (!more)
        return;
    more = PQpipelineSync(conn->pg) == 1;
    while (more) {
        PGresult *result = PQgetResult(conn->pg);

        more =
            PQstatus(conn->pg) != CONNECTION_BAD && PQresultStatus(result) != PGRES_PIPELINE_SYNC;
        PQclear(result);
    }
    if (!PQexitPipelineMode(conn->pg))
        conn->broken = true;
}

/* Room for one more, which the caller then sends. */
static struct err *begin_late(struct tx *tx, const char *name, const char *text)
{
    struct conn *conn = tx->conn;
    struct late *late;

    if (tx->lost)
        return lost_err(tx);
    if (conn->n_late == LATE_MAX)
        TRY(settle(conn, tx, tx->arena));
    if (!conn->late)
        conn->late = mem_new(LATE_MAX, sizeof *conn->late);
    if (!conn->n_late && !PQenterPipelineMode(conn->pg))
        return fail(conn, tx, tx->arena, NULL, name, text);
    late = &conn->late[conn->n_late++];
    late->name = name;
    late->stmt = NULL;
    snprintf(late->text, sizeof late->text, "%s", text);
    return NULL;
}

static struct err *command_late(struct tx *tx, const char *sql)
{
    TRY(begin_late(tx, "command", sql));
    PQsendQueryParams(tx->conn->pg, sql, 0, NULL, NULL, NULL, NULL,
                      0); /* a failure shows as a missing answer */
    return NULL;
}

/* ---- transactions ---- */

/* sql may hold several statements. */
static struct err *command(struct conn *conn, struct tx *tx, struct arena *arena, const char *sql)
{
    PGresult *result;
    struct err *e = NULL;

    if (tx && tx->lost)
        return lost_err(tx);
    if (tx)
        TRY(settle(conn, tx, arena));
    result = PQexec(conn->pg, sql);
    if (!is_fine(result))
        e = fail(conn, tx, arena, result, "command", sql);
    PQclear(result);
    return e;
}

static struct err *pg_begin(struct conn *conn, struct arena *tell, bool write)
{
    conn->n_savepoints = 0;
    return command(conn, NULL, tell,
                   write ? "BEGIN ISOLATION LEVEL SERIALIZABLE"
                         : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
}

static void pg_rollback(struct conn *conn)
{
    forget_late(conn);
    if (PQstatus(conn->pg) == CONNECTION_BAD)
        conn->broken = true;
    else if (PQtransactionStatus(conn->pg) != PQTRANS_IDLE && !pg_run_ok(conn->pg, "ROLLBACK"))
        conn->broken = true;
}

static void pg_end_read(struct conn *conn)
{
    if (conn->broken || conn->n_late || !pg_run_ok(conn->pg, "COMMIT"))
        pg_rollback(conn);
    if (PQstatus(conn->pg) == CONNECTION_BAD || PQtransactionStatus(conn->pg) != PQTRANS_IDLE)
        conn->broken = true;
}

/* The messages from *n on as the text of an array, as many as one statement is to carry; *n is then the first left. */
static const char *notices_text(struct tx *tx, struct notice **n)
{
    struct buf b = buf_new(tx->arena, 1024);

    buf_add_char(&b, '{');
    for (int i = 0; *n && i < NOTICES_PER_STATEMENT; i++, *n = (*n)->next) {
        struct str text = str_fmt(tx->arena, "%s\n%.*s", (*n)->channel, STR_ARG((*n)->payload));

        buf_add(&b, i ? STR(",\"") : STR("\""));
        for (size_t k = 0; k < text.len; k++) {
            if (text.ptr[k] == '"' || text.ptr[k] == '\\')
                buf_add_char(&b, '\\');
            buf_add_char(&b, text.ptr[k]);
        }
        buf_add_char(&b, '"');
    }
    buf_add_char(&b, '}');
    return str_cstr(tx->arena, buf_str(&b));
}

/* Many in one statement: a tick of the engine may have thousands. */
static struct err *send_notices(struct tx *tx)
{
    static const char sql[] =
        "SELECT pg_notify('" NOTIFY_CHANNEL "', t.text) FROM unnest($1::TEXT[]) AS t(text)";
    struct notice *n = tx->notices;

    while (n) {
        const char *texts = notices_text(tx, &n);

        TRY(begin_late(tx, "notify", sql));
        PQsendQueryParams(tx->conn->pg, sql, 1, NULL, &texts, NULL, NULL, 0);
    }
    return NULL;
}

/* A transaction with a failed statement in it answers COMMIT with ROLLBACK, and no error. */
static struct err *commit_now(struct tx *tx)
{
    PGresult *result = NULL;
    struct err *e;

    TRY(command_late(tx, "COMMIT"));
    TRY(fetch_late(tx->conn, tx, tx->arena, &result));
    if (strcmp(PQcmdStatus(result), "COMMIT") == 0) {
        e = NULL;
    } else {
        log_event(LOG_ERROR, "db.failure_ignored", NULL);
        e = err_from_state(tx->arena, "25P02");
    }
    PQclear(result);
    return e;
}

static struct err *pg_commit(struct tx *tx)
{
    struct err *e = send_notices(tx);

    if (!e)
        e = commit_now(tx);
    if (e)
        pg_rollback(tx->conn);
    return e;
}

/* Inside another savepoint, what was sent before is answered first: its failure is that one's. Outside of any it is the
 * whole transaction's, and need not be waited for. */
static struct err *pg_savepoint(struct tx *tx)
{
    struct conn *conn = tx->conn;

    if (conn->n_savepoints)
        TRY(settle(conn, tx, tx->arena));
    TRY(command_late(tx, "SAVEPOINT job"));
    conn->late_savepoint = conn->n_late - 1;
    conn->n_savepoints++;
    return NULL;
}

/* A failure of what is still to be answered takes the savepoint back, like one that fn told of. */
static struct err *pg_release(struct tx *tx)
{
    TRY(command_late(tx, "RELEASE SAVEPOINT job"));
    TRY(fetch_late(tx->conn, tx, tx->arena, NULL));
    tx->conn->n_savepoints--;
    return NULL;
}

static struct err *pg_rollback_to(struct tx *tx)
{
    struct err *e = settle(tx->conn, tx, tx->arena);

    tx->conn->n_savepoints--;
    if (e && tx->lost)
        return e;
    return command(tx->conn, tx, tx->arena, "ROLLBACK TO SAVEPOINT job; RELEASE SAVEPOINT job");
}

/* ---- statements ---- */

struct stmt_name {
    char text[16];
};

static struct stmt_name name_of(const struct slot *slot)
{
    struct stmt_name name;

    snprintf(name.text, sizeof name.text, "%c%d", slot->fixed ? 'f' : 't', slot->id);
    return name;
}

static struct err *prepare_on_server(struct tx *tx, struct slot *slot)
{
    PGconn *pg = tx->conn->pg;
    struct stmt_name name = name_of(slot);
    PGresult *result;
    struct err *e = NULL;

    TRY(settle(tx->conn, tx, tx->arena));
    result = PQprepare(pg, name.text, slot->text, 0, NULL);
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        e = fail(tx->conn, tx, tx->arena, result, slot->name, slot->text);
        PQclear(result);
        return e;
    }
    PQclear(result);
    result = PQdescribePrepared(pg, name.text);
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        e = fail(tx->conn, tx, tx->arena, result, slot->name, slot->text);
        PQclear(result);
        return e;
    }
    slot->described = result;
    return NULL;
}

static struct err *pg_prepare(struct tx *tx, struct slot *slot, struct prep *prep)
{
    if (tx->lost)
        return lost_err(tx);
    if (!slot->described)
        TRY(prepare_on_server(tx, slot));
    prep->n_params = PQnparams(slot->described);
    return NULL;
}

static void pg_unprepare(struct conn *conn, struct prep *prep)
{
    (void)conn;
    (void)prep;
}

static void pg_slot_dropped(struct conn *conn, struct slot *slot)
{
    char sql[40];

    if (!slot->described)
        return;
    PQclear(slot->described);
    slot->described = NULL;
    if (conn->broken || PQstatus(conn->pg) != CONNECTION_OK)
        return;
    snprintf(sql, sizeof sql, "DEALLOCATE %s", name_of(slot).text);
    if (conn->n_late)
        (void)command_late(conn->tx_now,
                           sql); /* a failure there shows again with the next statement */
    else
        pg_run_ok(conn->pg, sql);
}

static void pg_begin_use(struct stmt *stmt)
{
    stmt->values = NEW_ARRAY(stmt_arena(stmt), (size_t)stmt->prep->n_params + 1, const char *);
}

static void pg_stop(struct stmt *stmt)
{
    for (int i = 0; stmt->sent && i < stmt->conn->n_late; i++) /* nobody wants it any more */
        if (stmt->conn->late[i].stmt == stmt)
            stmt->conn->late[i].stmt = NULL;
    stmt->sent = false;
    PQclear(stmt->result);
    stmt->result = NULL;
}

static void pg_bind_i64(struct stmt *stmt, int param, int64_t v)
{
    char *text = arena_alloc(stmt->arena, 24);

    snprintf(text, 24, "%lld", (long long)v);
    stmt->values[param] = text;
}

static void pg_bind_real(struct stmt *stmt, int param, double v)
{
    char *text = arena_alloc(stmt->arena, 32);

    snprintf(text, 32, "%.17g", v);
    stmt->values[param] = text;
}

static void pg_bind_str(struct stmt *stmt, int param, struct str v)
{
    stmt->values[param] = str_cstr(stmt->arena, v);
}

static void pg_bind_null(struct stmt *stmt, int param)
{
    stmt->values[param] = NULL;
}

static struct err *may_run(struct stmt *stmt)
{
    struct tx *tx = stmt->conn->tx_now;

    if (tx->lost)
        return lost_err(tx);
    if (!stmt->bind_failed)
        return NULL;
    log_event(LOG_ERROR, "db.no_such_parameter", "statement", stmt->slot->name, "sql",
              stmt->slot->text, NULL);
    return err_from_state(tx->arena, "42P02");
}

static struct err *send_statement(struct stmt *stmt)
{
    TRY(begin_late(stmt->conn->tx_now, stmt->slot->name, stmt->slot->text));
    PQsendQueryPrepared(stmt->conn->pg, name_of(stmt->slot).text, stmt->prep->n_params,
                        stmt->values + 1, NULL, NULL, 0);
    return NULL;
}

static struct err *pg_run_late(struct stmt *stmt)
{
    TRY(may_run(stmt));
    return send_statement(stmt);
}

static struct err *pg_send(struct stmt *stmt)
{
    TRY(may_run(stmt));
    TRY(send_statement(stmt));
    stmt->sent = true;
    stmt->conn->late[stmt->conn->n_late - 1].stmt = stmt;
    return NULL;
}

static struct err *run_statement(struct stmt *stmt)
{
    struct tx *tx = stmt->conn->tx_now;

    TRY(may_run(stmt));
    if (stmt->sent || stmt->result) {
        TRY(settle(stmt->conn, tx, tx->arena));
        if (!is_fine(stmt->result)) /* it was skipped, and its error told to another */
            return fail(stmt->conn, tx, tx->arena, stmt->result, stmt->slot->name,
                        stmt->slot->text);
    } else if (stmt->conn->n_late) {
        TRY(send_statement(stmt));
        TRY(fetch_late(stmt->conn, tx, tx->arena, &stmt->result));
    } else {
        stmt->result = PQexecPrepared(stmt->conn->pg, name_of(stmt->slot).text,
                                      stmt->prep->n_params, stmt->values + 1, NULL, NULL, 0);
        if (!is_fine(stmt->result))
            return fail(stmt->conn, tx, tx->arena, stmt->result, stmt->slot->name,
                        stmt->slot->text);
    }
    stmt->changed = text_i64(PQcmdTuples(stmt->result), strlen(PQcmdTuples(stmt->result)));
    stmt_give_back(stmt);
    return NULL;
}

static struct err *pg_step(struct stmt *stmt, bool *row)
{
    *row = false;
    if (stmt->conn->tx_now->lost)
        return lost_err(stmt->conn->tx_now);
    if (!stmt->stepped) {
        stmt->stepped = true;
        TRY(run_statement(stmt));
    }
    *row = ++stmt->result_row < PQntuples(stmt->result);
    return NULL;
}

static int64_t pg_changes(struct stmt *stmt)
{
    return stmt->changed;
}

static int pg_cols(const struct stmt *stmt)
{
    return PQnfields(stmt->result ? stmt->result : stmt->slot->described);
}

static const char *pg_col_name(const struct stmt *stmt, int col)
{
    return PQfname(stmt->result ? stmt->result : stmt->slot->described, col);
}

static bool pg_is_null(const struct stmt *stmt, int col)
{
    return PQgetisnull(stmt->result, stmt->result_row, col) != 0;
}

static int64_t pg_i64(const struct stmt *stmt, int col)
{
    return text_i64(PQgetvalue(stmt->result, stmt->result_row, col),
                    (size_t)PQgetlength(stmt->result, stmt->result_row, col));
}

static double pg_real(const struct stmt *stmt, int col)
{
    return strtod(PQgetvalue(stmt->result, stmt->result_row, col), NULL);
}

static struct str pg_str(const struct stmt *stmt, int col)
{
    const char *text = PQgetvalue(stmt->result, stmt->result_row, col);

    if (PQgetisnull(stmt->result, stmt->result_row, col))
        return STR_NONE;
    if (PQftype(stmt->result, col) == 16) /* bool: the other database says 1 and 0 */
        return *text == 't' ? STR("1") : STR("0");
    return (struct str){text, (size_t)PQgetlength(stmt->result, stmt->result_row, col)};
}

struct err *pg_exec(struct tx *tx, const char *text)
{
    return command(tx->conn, tx, tx->arena, text);
}

/* ---- the rest ---- */

static void pg_close(struct db *db)
{
    (void)db;
}

/* READ COMMITTED: what the node before us committed while we waited must be seen. */
static struct err *pg_migrations_lock(struct tx *tx)
{
    return command(tx->conn, tx, tx->arena,
                   "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = 0;"
                   "SELECT pg_advisory_xact_lock(" MIGRATIONS_LOCK ")");
}

static struct err *pg_backup(struct tx *tx, const char *path,
                             void (*progress)(void *ctx, int64_t done, int64_t total), void *ctx)
{
    (void)path;
    (void)progress;
    (void)ctx;
    return FAIL(tx->arena, ERR_INVALID, "db.failed", NULL,
                "A PostgreSQL database is copied with its own tools, such as pg_dump.");
}

const struct driver driver_postgres = {
    .conn_open = pg_conn_open,
    .conn_close = pg_conn_close,
    .begin = pg_begin,
    .end_read = pg_end_read,
    .commit = pg_commit,
    .rollback = pg_rollback,
    .savepoint = pg_savepoint,
    .release = pg_release,
    .rollback_to = pg_rollback_to,
    .prepare = pg_prepare,
    .unprepare = pg_unprepare,
    .slot_dropped = pg_slot_dropped,
    .begin_use = pg_begin_use,
    .stop = pg_stop,
    .bind_i64 = pg_bind_i64,
    .bind_real = pg_bind_real,
    .bind_str = pg_bind_str,
    .bind_null = pg_bind_null,
    .step = pg_step,
    .run_late = pg_run_late,
    .send = pg_send,
    .changes = pg_changes,
    .cols = pg_cols,
    .col_name = pg_col_name,
    .is_null = pg_is_null,
    .i64 = pg_i64,
    .real = pg_real,
    .str = pg_str,
    .exec = pg_exec,
    .open = pg_open,
    .start = pg_start,
    .stop_threads = pg_stop_threads,
    .close = pg_close,
    .migrations_lock = pg_migrations_lock,
    .check = pg_check,
    .backup = pg_backup,
};
