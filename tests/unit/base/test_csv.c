#include "test.h"
#include "base/csv.h"
#include "base/limits.h"

static struct arena *a;

static int setup(void **state)
{
    (void)state;
    a = arena_new(0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

/* All rows as one text: cells in [], rows ended by a blank; errors as "!code line:column". */
static struct str rows_of(struct csv_reader *r)
{
    struct buf out = buf_new(a, 0);
    struct str *cells;
    size_t n;
    for (;;) {
        struct err *e = csv_next(r, &cells, &n);
        if (e) {
            buf_fmt(&out, "!%s %d:%d", e->code, e->line, e->column);
            assert_ptr_equal(csv_next(r, &cells, &n), e);
            break;
        }
        if (n == 0)
            break;
        for (size_t i = 0; i < n; i++)
            buf_fmt(&out, "[%.*s]", STR_ARG(cells[i]));
        buf_add_char(&out, ' ');
    }
    return buf_str(&out);
}

/* A source that hands out small pieces, so that every boundary is met. */
struct drip {
    struct str text;
    size_t step;
};
static struct err *drip_read(void *ctx, char *dst, size_t cap, size_t *got)
{
    struct drip *d = ctx;
    size_t n = d->step < cap ? d->step : cap;
    struct str piece = str_sub(d->text, 0, n);
    if (piece.len)
        memcpy(dst, piece.ptr, piece.len);
    d->text = str_sub(d->text, piece.len, SIZE_MAX);
    *got = piece.len;
    return NULL;
}

static void check(struct str text, const char *expected, int line)
{
    for (size_t step = 1; step < 70000; step = step * 3 + 1) {
        struct drip d = {text, step};
        struct str got = rows_of(csv_reader_new(a, drip_read, &d, 0));
        if (!str_eq(got, str_from(expected)))
            fail_msg("line %d, step %zu: %.*s, not %s", line, step, STR_ARG(got), expected);
    }
    assert_str(rows_of(csv_reader_text(a, text, 0)), expected);
}
#define CHECK(text, expected) check(STR(text), expected, __LINE__)

TEST(rows_and_cells_as_in_rfc_4180)
{
    CHECK("a,b,c\r\n1,2,3\r\n", "[a][b][c] [1][2][3] ");
    CHECK("a,b\n\"x,y\",\"say \"\"hi\"\"\"\n", "[a][b] [x,y][say \"hi\"] ");
    CHECK("a,b\n\"two\r\nlines\",z", "[a][b] [two\r\nlines][z] ");
    CHECK("a,b\n,\n\"\",\"\"\n", "[a][b] [][] [][] ");
    CHECK("", "");
    CHECK("only", "[only] ");
    CHECK("a,b,", "[a][b][] ");
}

TEST(what_spreadsheets_really_write)
{
    CHECK("\xef\xbb\xbfName,Ort\nJörg,Köln\n", "[Name][Ort] [Jörg][Köln] ");
    CHECK("a;b;c\n1,5;2;3\n", "[a][b][c] [1,5][2][3] ");
    CHECK("a\tb\n1\t2\n", "[a][b] [1][2] ");
    CHECK("a|b\n1|2\n", "[a][b] [1][2] ");
    CHECK("\"a,b,c\";d\n1;2\n", "[a,b,c][d] [1][2] ");
    CHECK("a,b\r1,2\r3,4", "[a][b] [1][2] [3][4] ");
    CHECK("\n\na,b\n\r\n\n1,2\n\n\n", "[a][b] [1][2] ");
    CHECK("a\n\"\"\n \n", "[a] [] [ ] ");
    CHECK("size,b\n5\" pipe,2\n", "[size][b] [5\" pipe][2] ");
    CHECK("\xef\xbb\xbf", "");
}

TEST(bad_files_say_where)
{
    CHECK("a,b\n1,\"open\n2,3\n", "[a][b] !csv.malformed 2:2");
    CHECK("a,b\n1,\"x\"y\n", "[a][b] !csv.malformed 2:2");
    CHECK("a,b\n\"1\n2\",\xff\n", "[a][b] !csv.malformed 2:2");
    CHECK("a,b\nx\0y,1\n", "[a][b] !csv.malformed 2:1");
    CHECK("\xff\xfe"
          "a\0,\0",
          "!csv.malformed 1:1");
    CHECK("a\n\"", "[a] !csv.malformed 2:1");
}

TEST(limits_hold)
{
    struct str *cells;
    size_t n;
    size_t len = CSV_CELL_BYTES_MAX + 1;
    char *big = arena_alloc(a, len);
    memset(big, 'x', len);
    assert_ok(csv_next(csv_reader_text(a, (struct str){big, len - 1}, ','), &cells, &n));
    assert_int_equal(cells[0].len, CSV_CELL_BYTES_MAX);
    assert_err(csv_next(csv_reader_text(a, (struct str){big, len}, ','), &cells, &n),
               "csv.malformed");
    memset(big, ',', CSV_COLUMNS_MAX);
    assert_ok(
        csv_next(csv_reader_text(a, (struct str){big, CSV_COLUMNS_MAX - 1}, ','), &cells, &n));
    assert_int_equal(n, CSV_COLUMNS_MAX);
    assert_err(csv_next(csv_reader_text(a, (struct str){big, CSV_COLUMNS_MAX}, ','), &cells, &n),
               "csv.malformed");
    struct buf row = buf_new(a, 0);
    for (int i = 0; i < 9; i++) {
        memset(buf_reserve(&row, 500000), 'y', 500000);
        row.len += 500000;
        buf_add_char(&row, ',');
    }
    assert_err(csv_next(csv_reader_text(a, buf_str(&row), ','), &cells, &n), "csv.malformed");
}

TEST(lines_and_bytes_are_counted_for_progress_and_resuming)
{
    struct str text = STR("\xef\xbb\xbfh1,h2\r\n\r\n\"a\nb\",1\r\nc,2\nlast,3");
    struct str *cells;
    size_t n;
    struct csv_reader *r = csv_reader_text(a, text, 0);
    assert_int_equal(csv_delimiter(r), ',');
    assert_ok(csv_next(r, &cells, &n));
    assert_i64(csv_line(r), 1);
    assert_i64(csv_bytes(r), 10);
    assert_ok(csv_next(r, &cells, &n));
    assert_i64(csv_line(r), 3);
    int64_t place = csv_bytes(r);
    assert_ok(csv_next(r, &cells, &n));
    assert_i64(csv_line(r), 5);
    assert_str(cells[0], "c");
    struct csv_reader *again = csv_reader_text(a, str_sub(text, (size_t)place, SIZE_MAX), ',');
    assert_ok(csv_next(again, &cells, &n));
    assert_str(cells[0], "c");
    assert_ok(csv_next(r, &cells, &n));
    assert_i64(csv_bytes(r), (int64_t)text.len);
    assert_ok(csv_next(r, &cells, &n));
    assert_int_equal(n, 0);
}

static struct err *broken_read(void *ctx, char *dst, size_t cap, size_t *got)
{
    (void)dst;
    (void)cap;
    (void)got;
    return FAIL(ctx, ERR_INTERNAL, "io.failed", NULL, "Gone.");
}

TEST(an_error_of_the_source_comes_through)
{
    struct str *cells;
    size_t n;
    struct csv_reader *r = csv_reader_new(a, broken_read, a, 0);
    assert_int_equal(csv_delimiter(r), ',');
    assert_err(csv_next(r, &cells, &n), "io.failed");
    assert_int_equal(n, 0);
}

TEST(formulas_are_defused)
{
    struct buf b = buf_new(a, 0);
    csv_write_cell(&b, STR("=1+1"), true, true);
    csv_write_cell(&b, STR("-5"), false, false);
    csv_write_cell(&b, STR("@x"), false, true);
    csv_write_cell(&b, STR("don't"), false, true);
    csv_write_cell(&b, STR("\rx"), false, true);
    csv_end_row(&b);
    assert_str(buf_str(&b), "'=1+1,-5,'@x,don't,\"'\rx\"\r\n");
}

TEST(what_is_written_is_read_back)
{
    static const char *const texts[] = {
        "",     "plain",     "a,b", "\"",   "\"\"",  "say \"hi\"",  "line\nbreak",
        "\r\n", "=x",        "'=x", "''=x", "'",     "''",          "'quoted'",
        "-",    "+49 221 1", "@me", "\tt",  " lead", "trail ",      "ü€😀",
        "a;b",  "a\tb",      "a|b", "'-",   "=",     "\xef\xbb\xbf"};
    enum { N = sizeof texts / sizeof *texts };
    for (size_t first = 0; first < N; first++) {
        struct buf b = buf_new(a, 0);
        struct str *cells;
        size_t n;
        csv_write_cell(&b, STR("head,er"), true, true);
        csv_end_row(&b);
        for (size_t i = 0; i < N; i++)
            csv_write_cell(&b, str_from(texts[(first + i) % N]), i == 0, true);
        csv_end_row(&b);
        csv_write_cell(&b, str_from(texts[first]), true, true);
        csv_end_row(&b);
        struct csv_reader *r = csv_reader_text(a, buf_str(&b), ',');
        assert_ok(csv_next(r, &cells, &n));
        assert_str(cells[0], "head,er");
        assert_ok(csv_next(r, &cells, &n));
        assert_int_equal(n, N);
        for (size_t i = 0; i < N; i++)
            assert_str(cells[i], texts[(first + i) % N]);
        assert_ok(csv_next(r, &cells, &n));
        assert_int_equal(n, 1);
        assert_str(cells[0], texts[first]);
        assert_ok(csv_next(r, &cells, &n));
        assert_int_equal(n, 0);
    }
}

TEST_MAIN_WITH(setup, teardown, rows_and_cells_as_in_rfc_4180, what_spreadsheets_really_write,
               bad_files_say_where, limits_hold,
               lines_and_bytes_are_counted_for_progress_and_resuming,
               an_error_of_the_source_comes_through, formulas_are_defused,
               what_is_written_is_read_back)
