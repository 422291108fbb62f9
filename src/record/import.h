#pragma once
/* Import and export of CSV through record_save. A mapping file says which column goes where; cleaning comes from the
 * manual; the report names every change and every doubtful row by line. Streaming: memory does not grow with the file.
 * Resumable: progress is a row of table import, written in the same transactions as the records. Undo: every record the
 * import created goes to the bin, every update is taken back where nobody wrote since.
 */
#include "record/record.h"

struct import_options {
    const char *file, *mapping;    /* paths */
    bool dry_run;                  /* everything but the commit */
    int64_t shift_days;            /* added to every date mapped with shift: true */
    const struct actor *actor;     /* needs right import */
    int64_t now_us;
    int batch_rows;                /* rows per transaction; 0: default */
    int64_t resume_id;             /* continue this import; 0: new */
    void (*progress)(void *ctx, int64_t bytes_done, int64_t bytes_total, int64_t rows);
    void *progress_ctx;
};
struct import_counts {
    int64_t rows, created, updated, unchanged, skipped, refused, cleaned, doubtful;
};
struct import_result {
    int64_t id;
    struct import_counts counts;
    struct str report; /* text: one line per finding "line 12, sector: technolgy -> Technology (vocabulary/sectors)"; grouped summary first */
};
/* A malformed file or mapping refuses before anything is written. Rows refused are reported and skipped. */
MUST_USE struct err *import_run(struct db *db, struct manual_store *store, struct arena *arena, const struct import_options *o,
                                struct import_result *out);
MUST_USE struct err *import_undo(struct db *db, struct manual_store *store, struct arena *arena, const struct actor *a,
                                 int64_t import_id, int64_t now_us, struct import_counts *out);
struct import_info {
    int64_t id, started_us, finished_us, undone_us; /* 0: not finished, not taken back */
    struct str object, file;
    struct import_counts counts; /* rows, created, updated, refused */
};
/* The newest imports first. */
MUST_USE struct err *import_list(struct tx *tx, int limit, struct import_info **out, size_t *n);
/* data/<company>/import.yaml: an ordered list of files and mappings. latest_day: newest date in shiftable columns, so
 * that the caller can shift it to today. */
struct import_plan_item {
    struct str file, mapping;
};
MUST_USE struct err *import_plan_read(struct arena *arena, const char *path, struct import_plan_item **items, size_t *n);
MUST_USE struct err *import_latest_date(struct arena *arena, const char *file, const char *mapping, int64_t *day);
/* By how many days all files have to be shifted for the newest of their shiftable days to become day; 0 where there is none. */
MUST_USE struct err *import_plan_shift(struct arena *arena, const struct import_plan_item *items, size_t n, int64_t day, int64_t *days);
/* Streams the rows of a query as CSV into write(ctx, bytes). */
MUST_USE struct err *export_csv(struct tx *tx, const struct manual *m, const struct actor *a, const struct query *q,
                                int64_t now_us, struct err *(*write)(void *ctx, struct str bytes), void *ctx, int64_t *rows);
