/* CSV from a stranger, in pieces of changing size; what was read is written and read again. */
#include "base/csv.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct source {
    struct str rest;
    size_t step;
};

static struct err *read_piece(void *ctx, char *dst, size_t cap, size_t *got)
{
    struct source *s = ctx;
    struct str piece = str_sub(s->rest, 0, s->step < cap ? s->step : cap);
    if (piece.len)
        memcpy(dst, piece.ptr, piece.len);
    s->rest = str_sub(s->rest, piece.len, SIZE_MAX);
    *got = piece.len;
    return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char delimiters[] = {0, ',', ';', '\t'};
    struct arena *arena = arena_new(0);
    struct buf out = buf_new(arena, size + 64);
    struct str *cells;
    size_t n, rows = 0, all_cells = 0;

    if (size > 0) {
        struct source s = {{(const char *)data + 1, size - 1}, (size_t)(data[0] >> 2) + 1};
        struct csv_reader *r = csv_reader_new(arena, read_piece, &s, delimiters[data[0] & 3]);
        while (!csv_next(r, &cells, &n) && n) {
            rows++;
            for (size_t i = 0; i < n; i++) {
                assert(utf8_valid(cells[i]));
                csv_write_cell(&out, cells[i], i == 0, true);
            }
            all_cells += n;
            csv_end_row(&out);
            assert(csv_line(r) > 0 && csv_bytes(r) <= (int64_t)size - 1);
        }
    }
    /* Ours is always readable, and says the same. A BOM at the very beginning is the one thing that reading drops. */
    struct str text = buf_str(&out);
    if (!str_starts(text, STR("\xef\xbb\xbf"))) {
        struct buf again = buf_new(arena, text.len + 1);
        struct csv_reader *r = csv_reader_text(arena, text, ',');
        for (;;) {
            struct err *e = csv_next(r, &cells, &n);
            assert(!e);
            if (n == 0)
                break;
            rows--;
            all_cells -= n;
            for (size_t i = 0; i < n; i++)
                csv_write_cell(&again, cells[i], i == 0, true);
            csv_end_row(&again);
        }
        assert(rows == 0 && all_cells == 0);
        assert(str_eq(buf_str(&again), text));
    }
    arena_free(arena);
    return 0;
}
