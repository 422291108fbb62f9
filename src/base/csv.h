#pragma once
/* CSV, read as a stream (RFC 4180, and what spreadsheets really write: CRLF or LF, BOM, other delimiters) and written
 * formula-safe: a free-text cell that starts with = + - @ TAB CR gets a leading ' (docs/security rules), which reading
 * our own files takes off again. */
#include "base/err.h"

struct csv_reader;
typedef struct err *(*csv_read_fn)(void *ctx, char *dst, size_t cap, size_t *got); /* got 0: end */

/* delimiter 0: guessed from the first line among , ; tab |. The reader lives on the arena. */
struct csv_reader *csv_reader_new(struct arena *arena, csv_read_fn read, void *ctx, char delimiter);
struct csv_reader *csv_reader_text(struct arena *arena, struct str text, char delimiter);
/* The next row's cells, valid until the next call; *n 0 at the end. Blank lines are skipped.
 * Fails: csv.malformed (open quote, cell, row or column limits, not UTF-8); line is the line in the file, column the
 * number of the cell in its row. After an error the same error comes back. */
MUST_USE struct err *csv_next(struct csv_reader *r, struct str **cells, size_t *n);
int64_t csv_line(const struct csv_reader *r); /* line on which the row last read began, from 1 */
char csv_delimiter(struct csv_reader *r); /* given or guessed; reads the first piece if nothing was read yet */
int64_t csv_bytes(const struct csv_reader *r); /* bytes taken so far, for progress and resume */

/* Appends a cell. first: the first of its row, so no comma before it. free_text: people wrote it, make it formula-safe;
 * numbers, dates and ids stay as they are. */
void csv_write_cell(struct buf *out, struct str cell, bool first, bool free_text);
void csv_end_row(struct buf *out); /* CRLF */
