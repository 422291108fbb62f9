/* dump FILE: one line per table of a SQLite file, "table hash", over all rows in the order of all columns. What two dumps
 * have in common did not change, byte for byte. */
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint64_t mix(uint64_t h, const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * 0x100000001b3u;
    return h;
}

/* The sum of the rows' hashes does not depend on their order. */
static int table(sqlite3 *db, const char *name)
{
    sqlite3_stmt *st;
    char *sql = sqlite3_mprintf("SELECT * FROM \"%w\"", name);
    uint64_t sum = 0;
    long rows = 0;
    int rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);

    sqlite3_free(sql);
    if (rc != SQLITE_OK)
        return rc;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
        uint64_t h = 0xcbf29ce484222325u;

        for (int i = 0; i < sqlite3_column_count(st); i++) {
            unsigned char type = (unsigned char)sqlite3_column_type(st, i);
            const void *bytes = sqlite3_column_blob(st, i);

            h = mix(h, &type, 1);
            if (bytes)
                h = mix(h, bytes, (size_t)sqlite3_column_bytes(st, i));
        }
        sum += h * (h | 1);
        rows++;
    }
    sqlite3_finalize(st);
    printf("%s %ld:%016llx\n", name, rows, (unsigned long long)sum);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int main(int argc, char **argv)
{
    sqlite3 *db;
    sqlite3_stmt *names;
    int rc = SQLITE_OK;

    if (argc != 2 || sqlite3_open_v2(argv[1], &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
        return 2;
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_busy_timeout(db, 5000);
    sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
    /* Virtual tables are looked at through the tables that hold them. */
    if (sqlite3_prepare_v2(db, "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name",
                           -1, &names, NULL) != SQLITE_OK)
        return 2;
    while (rc == SQLITE_OK && sqlite3_step(names) == SQLITE_ROW)
        rc = table(db, (const char *)sqlite3_column_text(names, 0));
    sqlite3_finalize(names);
    sqlite3_close(db);
    return rc == SQLITE_OK ? 0 : 1;
}
