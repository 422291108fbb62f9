#pragma once
/* Inside import. Way of a row: csv -> mapping.c (which column is what) -> import_row.c (cells to a save_input) -> record_save ->
 * import_report.c (what was cleaned, doubted, refused). import.c drives it in batches; import_undo.c takes it back. */
#include "base/csv.h"
#include "base/limits.h"
#include "record/import.h"

enum missing { MISSING_ERROR, MISSING_DOUBTFUL, MISSING_EMPTY };

struct column_map {
    struct str header;
    int line;                   /* in the mapping file */
    bool ignore;
    const struct field *field;  /* NULL with ignore */
    const struct object *match; /* reference looked up by match_field of this object; NULL: value as it is */
    const struct field *match_field;
    const struct vocabulary *vocabulary; /* applied before anything else; NULL */
    enum missing missing;
    struct str date;            /* "M/D/YYYY"; empty: ISO 8601 */
    bool shift, second_pass;
    bool expected;              /* an empty cell is doubtful */
    int64_t multiply;           /* 0: not */
    struct str currency;
    int cell;                   /* position in the file, set when the header was read */
};
enum hole_filter { HOLE_PLAIN, HOLE_SLUG, HOLE_LOWER };
/* A constant is pieces of text, each followed by what a column says; the last one by nothing. */
struct constant_piece {
    struct str before;
    int column;                 /* in mapping->columns; -1: none */
    enum hole_filter filter;
};
struct constant_map {
    const struct field *field;
    const struct constant_piece *pieces;
    size_t n_pieces;
};
struct mapping {
    const struct object *object;
    const struct field *key;    /* NULL: every row is a new record */
    int key_column;             /* the column that gives it; -1 without a key */
    bool update;                /* a match is updated, else skipped */
    bool distinct;              /* rows with the same mapped cells count once */
    bool has_second_pass;
    char delimiter;             /* 0: guessed */
    struct column_map *columns;
    size_t n_columns;
    size_t n_cells;             /* of the file's first row */
    struct constant_map *constants;
    size_t n_constants;
    struct strmap *empty;       /* folded words for "no answer"; NULL */
    struct str text;            /* the file itself, for its hash */
};
/* Reads and checks a mapping. path: its name in errors. Fails: import.mapping with line and column and the nearest name. */
MUST_USE struct err *mapping_parse(struct arena *arena, const struct manual *m, const char *path, struct str text, struct mapping **out);
/* The same from a file. Fails: io.failed too. */
MUST_USE struct err *mapping_read(struct arena *arena, const struct manual *m, const char *path, struct mapping **out);
/* A file written like front matter. Fails: import.mapping with line and column. */
struct node;
MUST_USE struct err *mapping_yaml(struct arena *arena, const char *path, struct str text, struct node **root);
/* Finds each column in the file's first row. Every column of the file has to be mapped or ignored, and the other way round. */
MUST_USE struct err *mapping_bind(struct arena *arena, struct mapping *mapping, const struct str *header, size_t n);
/* "3/1/2017" by "M/D/YYYY". Tokens: YYYY YY MM M DD D; everything else stands for itself. */
bool date_by_pattern(struct str cell, struct str pattern, int64_t *day);

enum finding_kind { FOUND_CLEANED, FOUND_DOUBTFUL, FOUND_REFUSED };
struct row_finding {
    enum finding_kind kind;
    int64_t line;
    struct str field, typed, stored, rule; /* refused: stored is the message, rule the code */
};
struct row_findings {
    VEC(struct row_finding) list;
};
void found_add(struct arena *arena, struct row_findings *f, enum finding_kind kind, int64_t line, struct str field, struct str typed,
                 struct str stored, struct str rule);

/* The report as it grows: a bounded list of lines and a summary by repair. Lives as long as the import. */
struct report;
struct report *report_new(struct arena *arena);
void report_take(struct report *r, struct arena *scratch, const struct row_findings *found);
struct str report_text(struct report *r, const struct import_counts *counts);

/* ---- rows ---- */
struct import_state {
    struct arena *arena;        /* lives as long as the import */
    const struct manual *manual;
    const struct actor *actor;
    struct mapping *mapping;
    int64_t id, shift_days, now_us;
    struct strmap *lookups;     /* "object.field\x1fcell" -> id; bounded */
    size_t n_lookups;
    struct strmap *misses;      /* the same, for what was not found; of one batch */
    bool dry_run;
    bool careful;               /* each row in a savepoint of its own */
    bool need_care;             /* out: a row was refused halfway; run the batch again, carefully */
    int64_t n_save_refused;     /* of this batch, by the write path */
};
struct row {
    int64_t line;
    struct str *cells;
    size_t n;
};
enum row_result { ROW_CREATED, ROW_UPDATED, ROW_UNCHANGED, ROW_SKIPPED, ROW_REFUSED };
/* One row through record_save. pass 2: only the second-pass columns. A refused row is a result. Fails where the import cannot
 * go on; and with st->need_care where a row was refused after something of it may have been written: savepoints cost more
 * than the rows they are for, since the search index of SQLite writes itself out at each, so they are taken only then. */
MUST_USE struct err *row_import(struct tx *tx, struct import_state *st, const struct row *row, int pass, struct row_findings *found,
                                enum row_result *result);
