/* SQLite, the index of words: brought up to date once per group, right before its COMMIT.
 *
 * FTS5 writes what it has gathered to the file at the end of every savepoint; each job of a group and each row of an
 * import is one, so a record would cost a segment of its own, and merging these most of the time of a save. The
 * triggers on search_entry therefore only note in search_pending which records differ; the note is part of the job's
 * savepoint and goes with it. Inside a transaction search sees the state before it.
 * Tables and triggers: record's migration; nothing happens where they do not exist.
 */
#include "db/sqlite_impl.h"

#include <sqlite3.h>

#define FORGET \
    "INSERT INTO search_text (search_text, rowid, body) " \
    "SELECT 'delete', record_id, old_body FROM search_pending " \
    "WHERE old_body IS NOT NULL ORDER BY record_id"
#define LEARN \
    "INSERT INTO search_text (rowid, body) " \
    "SELECT e.record_id, e.body FROM search_pending p " \
    "CROSS JOIN search_entry e ON e.record_id = p.record_id ORDER BY p.record_id"

static const char *const texts[SQLITE_WORDS_STMTS] = {"SELECT 1 FROM search_pending LIMIT 1",
                                                      FORGET, LEARN, "DELETE FROM search_pending"};

static int prepare(struct conn *conn)
{
    int rc = SQLITE_OK;

    if (conn->words_known)
        return SQLITE_OK;
    conn->words_known = true; /* migrations are over before the first group */
    if (sqlite3_table_column_metadata(conn->lite, "main", "search_pending", "old_body", NULL, NULL,
                                      NULL, NULL, NULL) != SQLITE_OK)
        return SQLITE_OK;
    for (int i = 0; i < SQLITE_WORDS_STMTS && rc == SQLITE_OK; i++)
        rc = sqlite3_prepare_v3(conn->lite, texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                                &conn->lite_words[i], NULL);
    if (rc != SQLITE_OK)
        sqlite_words_close(conn);
    return rc;
}

struct err *sqlite_words_update(struct tx *tx)
{
    struct conn *conn = tx->conn;
    int rc = prepare(conn);

    for (int i = 0; i < SQLITE_WORDS_STMTS && conn->lite_words[i]; i++) {
        rc = sqlite3_step(conn->lite_words[i]);
        sqlite3_reset(conn->lite_words[i]);
        if (i == 0 && rc == SQLITE_DONE)
            return NULL; /* nothing to do, as for most groups that change no record */
        if (rc != SQLITE_DONE && rc != SQLITE_ROW)
            break;
        rc = SQLITE_OK;
    }
    if (rc == SQLITE_OK)
        return NULL;
    conn->lost_rc = rc;
    return sqlite_fail(conn, tx->arena, rc, "words", NULL);
}

void sqlite_words_close(struct conn *conn)
{
    for (int i = 0; i < SQLITE_WORDS_STMTS; i++) {
        sqlite3_finalize(conn->lite_words[i]);
        conn->lite_words[i] = NULL;
    }
    conn->words_known = false;
}
