/* PostgreSQL: does the database suit us, and can all of it be read? */
#include "db/postgres_impl.h"

#define SERVER_VERSION_MIN 130000

static bool compares_bytes(const char *collate)
{
    return strcmp(collate, "C") == 0 || strcmp(collate, "POSIX") == 0 ||
           strcasecmp(collate, "C.UTF-8") == 0 || strcasecmp(collate, "C.UTF8") == 0;
}

static struct err *suits_us(struct arena *tell, PGconn *pg)
{
    PGresult *result;
    struct err *e = NULL;

    if (PQserverVersion(pg) < SERVER_VERSION_MIN)
        return FAIL(tell, ERR_INVALID, "db.failed", NULL,
                    "The PostgreSQL server is too old; version 13 or later is needed.");
    result = PQexec(pg, "SELECT datcollate, pg_encoding_to_char(encoding),"
                        " coalesce(to_jsonb(d) ->> 'datlocprovider', 'c')"
                        " FROM pg_database d WHERE datname = current_database()");
    if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1)
        e = pg_no_connection(tell, pg);
    else if (strcmp(PQgetvalue(result, 0, 1), "UTF8") != 0)
        e = FAIL(tell, ERR_INVALID, "db.failed", NULL,
                 "The database is not encoded as UTF8. Create one with: CREATE DATABASE fairlead "
                 "TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'");
    else if (!compares_bytes(PQgetvalue(result, 0, 0)) || *PQgetvalue(result, 0, 2) == 'i')
        e = FAIL(tell, ERR_INVALID, "db.failed", NULL,
                 "The database sorts text by a language (collation %s), but it must sort by bytes. "
                 "Create one with: CREATE DATABASE fairlead TEMPLATE template0 ENCODING 'UTF8' "
                 "LC_COLLATE 'C' LC_CTYPE 'C'",
                 PQgetvalue(result, 0, 0));
    PQclear(result);
    return e;
}

struct err *pg_open(struct db *db, struct arena *tell)
{
    PGconn *pg = pg_connect(db);
    struct err *e = PQstatus(pg) == CONNECTION_OK ? suits_us(tell, pg) : pg_no_connection(tell, pg);

    PQfinish(pg);
    return e;
}

static struct err *list(struct tx *tx, struct str sql, struct buf *findings)
{
    struct stmt *stmt;
    bool row;

    TRY(db_stmt_text(tx, sql, &stmt));
    for (;;) {
        TRY(db_step(stmt, &row));
        if (!row)
            return NULL;
        buf_add(findings, db_str(stmt, 0));
        buf_add_char(findings, '\n');
    }
}

static struct err *read_table(struct tx *tx, void *ctx)
{
    return pg_exec(tx, ctx);
}

/* Reads every row of every table once: a page that cannot be read is found. */
static struct err *read_tables(struct tx *tx, struct buf *findings)
{
    struct stmt *stmt;
    bool row;

    TRY(db_stmt_text(tx,
                     STR("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = "
                         "to_regnamespace(quote_ident(current_schema())) ORDER BY relname"),
                     &stmt));
    for (;;) {
        struct err *e;
        char *sql;
        struct str text;

        TRY(db_step(stmt, &row));
        if (!row)
            return NULL;
        text = str_fmt(tx->arena, "SELECT count(t.*) FROM ONLY %.*s t",
                       STR_ARG(db_ident(tx->arena, db_str(stmt, 0))));
        sql = arena_alloc(tx->arena, text.len + 1);
        memcpy(sql, text.ptr, text.len);
        e = tx_nested(tx, read_table, sql);
        if (e && tx->lost)
            return e;
        if (e)
            buf_fmt(findings, "integrity: table %.*s cannot be read\n", STR_ARG(db_str(stmt, 0)));
    }
}

struct err *pg_check(struct db *db, struct tx *tx, struct buf *findings)
{
    (void)db;
    TRY(list(tx,
             STR("SELECT 'integrity: index ' || indexrelid::regclass || ' is not valid'"
                 " FROM pg_index WHERE NOT indisvalid ORDER BY 1"),
             findings));
    TRY(list(tx,
             STR("SELECT 'reference: constraint ' || conname || ' of ' || conrelid::regclass ||"
                 " ' was never checked' FROM pg_constraint WHERE NOT convalidated ORDER BY 1"),
             findings));
    TRY(list(tx,
             STR("SELECT 'integrity: ' || checksum_failures || ' damaged pages were seen'"
                 " FROM pg_stat_database WHERE datname = current_database()"
                 " AND checksum_failures > 0"),
             findings));
    return read_tables(tx, findings);
}
