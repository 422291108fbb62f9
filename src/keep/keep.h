#pragma once
/* Copies of the company that can be trusted: made while the server runs, proved before they get their name, proved again
 * before anything is restored from them.
 *
 * A backup is one SQLite file with a last line behind the database, which SQLite does not look at:
 * "fairlead-backup 1 <BLAKE2b of the database, hex> <its bytes> <instant>". PostgreSQL has tools of its own.
 */
#include "record/record.h"

struct keep_copy {
    const char *path;
    int64_t bytes; /* of the database; the file has one line more */
    int64_t at_us; /* the state it holds */
    int64_t tables, rows, sealed_changes;
    struct str hash;
};
struct keep_progress { /* fn may be NULL */
    void (*fn)(void *ctx, const char *what, int64_t done, int64_t total);
    void *ctx;
};

/* Copies one state of db into a new file at path and proves it: readable, whole, each table with as many rows as in the
 * state it was copied from, history unbroken. Under its name the file is complete and on disk; on failure there is none.
 * Fails: io.failed if path exists or its folder cannot be written; db.failed on PostgreSQL or if the copy is not sound. */
MUST_USE struct err *keep_backup(struct db *db, struct arena *arena, const char *path, int64_t now_us,
                                 const struct keep_progress *progress, struct keep_copy *out);
/* "fairlead-20260302-140500.backup": of the instant, UTC. */
struct str keep_name(struct arena *arena, int64_t now_us);

/* Proves a backup without writing anything. Fails: io.failed (no such file), keep.damaged. */
MUST_USE struct err *keep_verify(struct arena *arena, const char *path, const struct keep_progress *progress,
                                 struct keep_copy *out);
/* Puts the database of a backup into a folder that holds none yet, as fairlead.db. Proves backup and result; on failure
 * the folder is as before. Fails: as keep_verify; io.failed if there is a database, or the folder cannot be written. */
MUST_USE struct err *keep_restore(struct arena *arena, const char *path, const char *folder,
                                  const struct keep_progress *progress, struct keep_copy *out);
