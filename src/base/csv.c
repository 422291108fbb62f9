#include "base/csv.h"
#include "base/limits.h"

#include <string.h>

#define CHUNK_BYTES (64 * 1024)

struct csv_reader {
    struct arena *arena;
    csv_read_fn read;
    void *ctx;
    char delimiter;
    char *chunk; /* bytes read and not used yet: from at to end */
    size_t at, end;
    bool begun, finished; /* the first piece was read; the source has no more */
    int64_t line;         /* line the reader stands on */
    int64_t row_line;
    int64_t bytes_before; /* bytes of the source before chunk */
    char *row;            /* the cells of a row behind one another */
    size_t row_len, row_cap;
    VEC(struct str) cells;
    size_t cell_begin; /* in row */
    struct str text;   /* source of csv_reader_text */
    struct err *failed;
};

struct csv_reader *csv_reader_new(struct arena *arena, csv_read_fn read, void *ctx, char delimiter)
{
    struct csv_reader *r = NEW(arena, struct csv_reader);
    r->arena = arena;
    r->read = read;
    r->ctx = ctx;
    r->delimiter = delimiter;
    r->chunk = arena_alloc(arena, CHUNK_BYTES);
    r->row_cap = 1024;
    r->row = arena_alloc(arena, r->row_cap);
    r->line = 1;
    return r;
}

static struct err *read_text(void *ctx, char *dst, size_t cap, size_t *got)
{
    struct csv_reader *r = ctx;
    struct str piece = str_sub(r->text, 0, cap);
    if (piece.len)
        memcpy(dst, piece.ptr, piece.len);
    r->text = str_sub(r->text, piece.len, SIZE_MAX);
    *got = piece.len;
    return NULL;
}

struct csv_reader *csv_reader_text(struct arena *arena, struct str text, char delimiter)
{
    struct csv_reader *r = csv_reader_new(arena, read_text, NULL, delimiter);
    r->ctx = r;
    r->text = text;
    return r;
}

static struct err *malformed(struct csv_reader *r, int64_t line, const char *what,
                             const char *way_out)
{
    int cell = (int)r->cells.n + 1;
    struct err *e = FAIL(r->arena, ERR_MALFORMED, "csv.malformed", NULL, "Line %lld, cell %d: %s.",
                         (long long)line, cell, what);
    e->way_out = str_from(way_out);
    e->line = line < INT32_MAX ? (int)line : INT32_MAX;
    e->column = cell;
    return e;
}

/* Fills the empty chunk. Afterwards at == end only at the end of the source. */
static struct err *fill(struct csv_reader *r)
{
    size_t got = 0;
    r->bytes_before += (int64_t)r->end;
    r->at = r->end = 0;
    if (r->finished)
        return NULL;
    TRY(r->read(r->ctx, r->chunk, CHUNK_BYTES, &got));
    r->end = got;
    r->finished = got == 0;
    return NULL;
}

/* The candidate most frequent in the first line outside quotes; the comma if there is none. */
static char guess_delimiter(struct str text)
{
    static const char candidates[] = {',', ';', '\t', '|'};
    size_t counts[sizeof candidates] = {0};
    bool quoted = false;
    size_t best = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '"')
            quoted = !quoted;
        if (!quoted && (c == '\n' || c == '\r'))
            break;
        for (size_t k = 0; k < sizeof candidates; k++)
            counts[k] += !quoted && c == candidates[k];
    }
    for (size_t k = 1; k < sizeof candidates; k++)
        if (counts[k] > counts[best])
            best = k;
    return candidates[best];
}

/* Reads the first piece, whole if the source hands it out in small ones, as far as the guess needs it. */
static struct err *begin(struct csv_reader *r)
{
    if (r->begun)
        return r->failed;
    r->begun = true;
    while (!r->finished && r->end < CHUNK_BYTES) {
        size_t got = 0;
        TRY(r->read(r->ctx, r->chunk + r->end, CHUNK_BYTES - r->end, &got));
        r->end += got;
        r->finished = got == 0;
    }
    struct str text = {r->chunk, r->end};
    if (str_starts(text, STR("\xff\xfe")) || str_starts(text, STR("\xfe\xff")))
        return malformed(r, 1, "the file is UTF-16, not UTF-8", "Save it as \"CSV UTF-8\".");
    if (str_starts(text, STR("\xef\xbb\xbf")))
        r->at = 3;
    if (!r->delimiter)
        r->delimiter = guess_delimiter(str_sub(text, r->at, SIZE_MAX));
    return NULL;
}

static struct err *add_bytes(struct csv_reader *r, const char *p, size_t n)
{
    if (r->row_len - r->cell_begin + n > CSV_CELL_BYTES_MAX)
        return malformed(r, r->row_line, "the cell is too large", "Is a quote missing?");
    if (r->row_len + n > CSV_ROW_BYTES_MAX)
        return malformed(r, r->row_line, "the row is too large", "Is a quote missing?");
    if (r->row_len + n > r->row_cap) {
        size_t cap = r->row_cap * 2;
        while (cap < r->row_len + n)
            cap *= 2;
        r->row = arena_grow(r->arena, r->row, r->row_cap, cap);
        r->row_cap = cap;
    }
    memcpy(r->row + r->row_len, p, n);
    r->row_len += n;
    return NULL;
}

/* ptr is set when the row is complete, because the row may still move; until then it holds nothing. */
static struct err *end_cell(struct csv_reader *r)
{
    if (r->cells.n == CSV_COLUMNS_MAX)
        return malformed(r, r->row_line, "the row has too many cells", "");
    VEC_PUSH(r->arena, r->cells) = (struct str){NULL, r->row_len - r->cell_begin};
    r->cell_begin = r->row_len;
    return NULL;
}

/* The bytes after an opening quote up to the closing one. */
static struct err *read_quoted(struct csv_reader *r)
{
    int64_t opened = r->line;

    for (;;) {
        if (r->at == r->end)
            TRY(fill(r));
        if (r->at == r->end)
            return malformed(r, opened, "the quote that opens here is never closed", "");
        const char *from = r->chunk + r->at;
        const char *quote = memchr(from, '"', r->end - r->at);
        size_t n = quote ? (size_t)(quote - from) : r->end - r->at;
        for (const char *p = from; (p = memchr(p, '\n', (size_t)(from + n - p))); p++)
            r->line++;
        TRY(add_bytes(r, from, n));
        r->at += n;
        if (!quote)
            continue;
        r->at++;
        if (r->at == r->end)
            TRY(fill(r));
        if (r->at == r->end || r->chunk[r->at] != '"')
            return NULL;
        TRY(add_bytes(r, "\"", 1)); /* "" inside quotes is one quote */
        r->at++;
    }
}

/* The plain bytes up to the next delimiter or line end. A quote in the middle is just a character. */
static struct err *read_plain(struct csv_reader *r)
{
    for (;;) {
        const char *from = r->chunk + r->at;
        size_t n = 0, left = r->end - r->at;
        while (n < left && from[n] != r->delimiter && from[n] != '\n' && from[n] != '\r')
            n++;
        TRY(add_bytes(r, from, n));
        r->at += n;
        if (r->at < r->end)
            return NULL;
        TRY(fill(r));
        if (r->at == r->end)
            return NULL;
    }
}

/* LF, CRLF or CR; nothing at the end of the source. */
static struct err *take_line_end(struct csv_reader *r)
{
    if (r->at == r->end)
        return NULL;
    bool cr = r->chunk[r->at++] == '\r';
    r->line++;
    if (!cr)
        return NULL;
    if (r->at == r->end)
        TRY(fill(r));
    if (r->at < r->end && r->chunk[r->at] == '\n')
        r->at++;
    return NULL;
}

/* One line of the file into row and cells; *blank if there was nothing on it. */
static struct err *read_row(struct csv_reader *r, bool *blank)
{
    r->row_len = r->cell_begin = 0;
    r->cells.n = 0;
    r->row_line = r->line;
    *blank = r->chunk[r->at] == '\n' || r->chunk[r->at] == '\r';
    for (;;) {
        bool quoted = r->at < r->end && r->chunk[r->at] == '"';
        if (quoted) {
            r->at++;
            TRY(read_quoted(r));
        } else if (r->at < r->end) {
            TRY(read_plain(r));
        }
        char next = r->at < r->end ? r->chunk[r->at] : '\n';
        if (quoted && next != r->delimiter && next != '\n' && next != '\r')
            return malformed(r, r->line, "something follows the closing quote",
                             "A quote inside a quoted cell is written twice.");
        TRY(end_cell(r));
        if (next != r->delimiter)
            return take_line_end(r);
        r->at++;
        if (r->at == r->end)
            TRY(fill(r));
    }
}

static bool starts_formula(struct str cell)
{
    return cell.len && cell.ptr[0] && strchr("=+-@\t\r", cell.ptr[0]);
}

/* A cell that is any number of ' and then the beginning of a formula: the writer adds one, the reader takes one off. */
static bool is_guarded(struct str cell)
{
    while (cell.len && cell.ptr[0] == '\'')
        cell = str_sub(cell, 1, SIZE_MAX);
    return starts_formula(cell);
}

static struct err *finish_row(struct csv_reader *r)
{
    const char *p = r->row;
    size_t n = r->cells.n;

    for (size_t i = 0; i < n; i++) {
        struct str *cell = &r->cells.at[i];
        cell->ptr = p;
        p += cell->len;
        if (!utf8_valid(*cell)) {
            r->cells.n = i;
            return malformed(r, r->row_line, "there is a byte that is not UTF-8, or a NUL",
                             "Save the file as \"CSV UTF-8\".");
        }
        if (cell->len && cell->ptr[0] == '\'' && is_guarded(*cell))
            *cell = str_sub(*cell, 1, SIZE_MAX);
    }
    return NULL;
}

static struct err *next_row(struct csv_reader *r, struct str **cells, size_t *n)
{
    bool blank;

    TRY(begin(r));
    do {
        if (r->at == r->end)
            TRY(fill(r));
        if (r->at == r->end)
            return NULL;
        TRY(read_row(r, &blank));
    } while (blank && r->cells.n == 1);
    TRY(finish_row(r));
    *cells = r->cells.at;
    *n = r->cells.n;
    return NULL;
}

struct err *csv_next(struct csv_reader *r, struct str **cells, size_t *n)
{
    *cells = NULL;
    *n = 0;
    if (r->failed)
        return r->failed;
    r->failed = next_row(r, cells, n);
    return r->failed;
}

int64_t csv_line(const struct csv_reader *r)
{
    return r->row_line;
}

int64_t csv_bytes(const struct csv_reader *r)
{
    return r->bytes_before + (int64_t)r->at;
}

char csv_delimiter(struct csv_reader *r)
{
    r->failed = begin(r); /* csv_next says it */
    return r->failed || !r->delimiter ? ',' : r->delimiter;
}

void csv_write_cell(struct buf *out, struct str cell, bool first, bool free_text)
{
    bool guard = free_text && is_guarded(cell);
    /* A row of one empty cell must not look like a blank line. */
    bool quote = first && cell.len == 0;

    if (cell.len && (cell.ptr[0] == ' ' || cell.ptr[cell.len - 1] == ' '))
        quote = true;
    for (size_t i = 0; i < cell.len && !quote; i++)
        quote = strchr(",\"\r\n;\t", cell.ptr[i]) != NULL;
    if (!first)
        buf_add_char(out, ',');
    if (quote)
        buf_add_char(out, '"');
    if (guard)
        buf_add_char(out, '\'');
    for (struct str part; str_cut(&cell, '"', &part);) {
        buf_add(out, part);
        if (cell.ptr)
            buf_add(out, STR("\"\""));
    }
    if (quote)
        buf_add_char(out, '"');
}

void csv_end_row(struct buf *out)
{
    buf_add(out, STR("\r\n"));
}
