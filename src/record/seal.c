/* The hash chain over the change log. Rows are sealed in batches by a job, so that no writer waits for it. A batch keeps a
 * short digest of each row, and its hash covers the batch before it and all its digests. After a purge the contents of a
 * record's rows are gone; their digests remain, and the "purged" row that says so is sealed itself.
 *
 * Rows younger than the margin wait for the next run: on PostgreSQL a transaction may commit rows with smaller ids after
 * others. */
#include "base/file.h"
#include "base/id.h"
#include "record/record.sql.h"
#include "record/record_impl.h"

#define BATCH_ROWS 1000
#define BATCHES_PER_RUN 100
#define MARGIN_US (60 * US_PER_SECOND)
#define DIGEST_CHARS 32 /* 128 bits: a second row with the same digest is not to be found */

struct sealed_row {
    int64_t id, record_id;
    struct str digest;
    bool erased; /* without contents */
};

static void put_part(struct buf *b, struct str s)
{
    buf_fmt(b, "%lld:", s.ptr ? (long long)s.len : -1LL); /* NULL and '' differ */
    buf_add(b, s);
}

/* Columns as change_after lists them. */
static struct sealed_row digest_row(struct arena *arena, const struct stmt *st)
{
    struct buf b = buf_new(arena, 512);

    for (int i = 0; i < 16; i++) {
        bool number = i < 3 || i == 8 || i >= 12;
        if (number && db_is_null(st, i))
            put_part(&b, STR_NONE);
        else if (number)
            buf_fmt(&b, "%lld;", (long long)db_i64(st, i));
        else
            put_part(&b, db_str(st, i));
    }
    return (struct sealed_row){db_i64(st, 0), db_i64(st, 2),
                               str_sub(hash_hex(arena, buf_str(&b)), 0, DIGEST_CHARS),
                               db_is_null(st, 6) && db_is_null(st, 7)};
}

/* Up to n rows after from, digested; one more tells nothing. */
static struct err *read_rows(struct tx *tx, int64_t from, int64_t to, int n,
                             struct sealed_row *rows, size_t *got)
{
    struct stmt *st;
    bool row;

    *got = 0;
    TRY(db_stmt(tx, &sql_change_after, &st));
    db_bind_i64(st, 1, from);
    db_bind_i64(st, 2, to);
    db_bind_i64(st, 3, n);
    for (;;) {
        TRY(db_step(st, &row));
        if (!row)
            return NULL;
        rows[(*got)++] = digest_row(tx_arena(tx), st);
    }
}

static struct str batch_hash(struct arena *arena, int64_t batch, struct str prev, int64_t first,
                             int64_t last, struct str digests)
{
    return hash_hex(arena,
                    str_fmt(arena, "%lld|%.*s|%lld|%lld|%.*s", (long long)batch, STR_ARG(prev),
                            (long long)first, (long long)last, STR_ARG(digests)));
}

/* The largest id that can stand for a moment: see base/id.h. */
static int64_t last_id_at(int64_t us)
{
    int64_t ms = (us - civil_days(2020, 1, 1) * US_PER_DAY) / 1000;

    return ms <= 0 ? 0 : ms << 22;
}

static struct err *seal_batch(struct tx *tx, int64_t *batch, int64_t *last, struct str *hash,
                              int64_t to, int64_t now_us, struct sealed_row *rows, size_t *n)
{
    struct arena *arena = tx_arena(tx);
    struct buf digests = buf_new(arena, 4096);
    struct stmt *st;

    TRY(read_rows(tx, *last, to, BATCH_ROWS, rows, n));
    if (!*n)
        return NULL;
    for (size_t i = 0; i < *n; i++)
        buf_add(&digests, rows[i].digest);
    int64_t first = rows[0].id;
    struct str prev = *hash;
    *batch += 1;
    *last = rows[*n - 1].id;
    *hash = batch_hash(arena, *batch, prev, first, *last, buf_str(&digests));
    TRY(db_stmt(tx, &sql_seal_put, &st));
    db_bind_i64(st, 1, *batch);
    db_bind_i64(st, 2, first);
    db_bind_i64(st, 3, *last);
    db_bind_i64(st, 4, (int64_t)*n);
    db_bind_str(st, 5, buf_str(&digests));
    db_bind_str(st, 6, *hash);
    db_bind_str(st, 7, prev);
    db_bind_i64(st, 8, now_us);
    return db_run(st, NULL);
}

/* When the first row after last is old enough. */
static struct err *next_seal(struct tx *tx, int64_t last, int64_t now_us, int64_t *next_us)
{
    struct sealed_row first;
    size_t n;

    TRY(read_rows(tx, last, INT64_MAX, 1, &first, &n));
    *next_us = n ? id_moment(first.id) + MARGIN_US + US_PER_SECOND : DATE_NONE;
    if (n && *next_us < now_us)
        *next_us = now_us;
    return NULL;
}

struct err *change_seal(struct tx *tx, int64_t now_us, int64_t *sealed, int64_t *next_us)
{
    struct arena *arena = tx_arena(tx);
    struct sealed_row *rows = NEW_ARRAY(arena, BATCH_ROWS, struct sealed_row);
    int64_t batch = 0, last = 0, to = last_id_at(now_us - MARGIN_US);
    struct str hash = STR("");
    struct stmt *st;
    bool row;
    size_t n = BATCH_ROWS;

    *sealed = 0;
    TRY(db_stmt(tx, &sql_seal_last, &st));
    TRY(db_step(st, &row));
    if (row) {
        batch = db_i64(st, 0);
        last = db_i64(st, 1);
        hash = str_dup(arena, db_str(st, 2));
        db_done(st);
    }
    for (int i = 0; i < BATCHES_PER_RUN && n == BATCH_ROWS; i++) {
        TRY(seal_batch(tx, &batch, &last, &hash, to, now_us, rows, &n));
        *sealed += (int64_t)n;
    }
    return next_seal(tx, last, now_us, next_us);
}

/* ---- proof ---- */

struct batch {
    int64_t number, first, last, n;
    struct str digests, hash, prev;
};

static struct err *was_purged(struct tx *tx, int64_t record_id, bool *out)
{
    struct stmt *st;

    TRY(db_stmt(tx, &sql_change_purged, &st));
    db_bind_i64(st, 1, record_id);
    TRY(db_step(st, out));
    if (*out)
        db_done(st);
    return NULL;
}

static struct err *verify_rows(struct tx *tx, const struct batch *b, int64_t from,
                               struct sealed_row *rows, struct buf *findings)
{
    size_t n, k = 0;
    bool purged;

    TRY(read_rows(tx, from, b->last, BATCH_ROWS + 1, rows, &n));
    if ((int64_t)n != b->n)
        buf_fmt(findings,
                "change log: batch %lld had %lld rows when it was sealed and has %zu now\n",
                (long long)b->number, (long long)b->n, n);
    for (; k < n && k < (size_t)b->n; k++) {
        struct str kept = str_sub(b->digests, k * DIGEST_CHARS, DIGEST_CHARS);
        if (str_eq(rows[k].digest, kept))
            continue;
        if (rows[k].erased) {
            TRY(was_purged(tx, rows[k].record_id, &purged));
            if (purged)
                continue;
        }
        buf_fmt(findings, "change log: row %lld of batch %lld is not what was sealed\n",
                (long long)rows[k].id, (long long)b->number);
        break; /* after a missing row all others would differ as well */
    }
    return NULL;
}

static struct err *next_batch(struct tx *tx, int64_t after, struct batch *b, bool *row)
{
    struct arena *arena = tx_arena(tx);
    struct stmt *st;

    TRY(db_stmt(tx, &sql_seal_next, &st));
    db_bind_i64(st, 1, after);
    TRY(db_step(st, row));
    if (!*row)
        return NULL;
    *b = (struct batch){db_i64(st, 0),
                        db_i64(st, 1),
                        db_i64(st, 2),
                        db_i64(st, 3),
                        str_dup(arena, db_str(st, 4)),
                        str_dup(arena, db_str(st, 5)),
                        str_dup(arena, db_str(st, 6))};
    db_done(st);
    return NULL;
}

struct err *change_verify(struct tx *tx, struct buf *findings, int64_t *rows_seen)
{
    struct arena *arena = tx_arena(tx);
    struct sealed_row *rows = NEW_ARRAY(arena, BATCH_ROWS + 1, struct sealed_row);
    struct str prev = STR("");
    int64_t number = 0, last = 0;
    struct batch b = {0};
    bool row;

    *rows_seen = 0;
    for (;;) {
        TRY(next_batch(tx, number, &b, &row));
        if (!row)
            return NULL;
        if (b.number != number + 1)
            buf_fmt(findings, "change log: sealed batches %lld to %lld are missing\n",
                    (long long)number + 1, (long long)b.number - 1);
        else if (!str_eq(b.prev, prev))
            buf_fmt(findings, "change log: batch %lld does not follow the one before it\n",
                    (long long)b.number);
        if (b.n < 1 || b.n > BATCH_ROWS || b.digests.len != (size_t)b.n * DIGEST_CHARS ||
            !str_eq(b.hash, batch_hash(arena, b.number, b.prev, b.first, b.last, b.digests)))
            buf_fmt(findings, "change log: the seal of batch %lld was altered\n",
                    (long long)b.number);
        else
            TRY(verify_rows(tx, &b, last, rows, findings));
        *rows_seen += b.n;
        number = b.number;
        last = b.last;
        prev = b.hash;
    }
}
