#pragma once
#include "keep/keep.h"

/* The tables of a state and their rows, as text lines "name rows". */
struct keep_counts {
    struct str text;
    int64_t tables, rows;
};
MUST_USE struct err *keep_count(struct tx *tx, struct arena *arena, struct keep_counts *out);
/* Opens the file read-only: integrity, history, counts. what: for the error. Fails: keep.damaged. */
MUST_USE struct err *keep_prove(struct arena *arena, const char *path, struct keep_counts *counts, int64_t *sealed);

MUST_USE struct err *keep_damaged(struct arena *arena, const char *why);
/* BLAKE2b of the first bytes of an open file, from its beginning, as hex. */
MUST_USE struct err *keep_hash(struct arena *arena, int fd, int64_t bytes, const struct keep_progress *progress, struct str *out);
bool keep_sync_folder(struct arena *arena, const char *path);
/* Gives the file its name, never over another one. */
bool keep_rename(const char *from, const char *to);
