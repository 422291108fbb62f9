/* The outbox: what leaves the database is written in the transaction that causes it, and sent by a job afterwards.
 *
 * An item is taken with a lease. A sender that dies gives it back by doing nothing, so the one in flight may go out
 * twice; nothing else does. once_key makes an item unique for good.
 */
#include "work/work_impl.h"
#include "work/outbox.sql.h"
#include "base/id.h"

#include <stdlib.h>

struct err *outbox_put(struct tx *tx, const char *kind, struct str payload, struct str once_key,
                       int64_t due_us, int64_t now_us)
{
    struct stmt *s;

    TRY(db_stmt(tx, &sql_outbox_insert, &s));
    db_bind_i64(s, 1, id_new(now_us));
    db_bind_str(s, 2, str_from(kind));
    db_bind_str(s, 3, payload.ptr ? payload : STR(""));
    db_bind_str(s, 4, once_key);
    db_bind_i64(s, 5, due_us);
    return db_run(s, NULL);
}

static int by_id(const void *a, const void *b)
{
    const struct outbox_item *x = a, *y = b;

    return (x->id > y->id) - (x->id < y->id);
}

struct err *outbox_take(struct tx *tx, int64_t now_us, int limit, struct outbox_item **out,
                        size_t *n)
{
    struct arena *arena = tx_arena(tx);
    VEC(struct outbox_item) items = {0};
    struct stmt *s;
    bool row;

    TRY(db_stmt(tx, &sql_outbox_take, &s));
    db_bind_i64(s, 1, now_us);
    db_bind_i64(s, 2, limit < 1 ? 1 : limit > PAGE_ROWS_MAX ? PAGE_ROWS_MAX : limit);
    db_bind_i64(s, 3, now_us + OUTBOX_LEASE_US);
    for (;;) {
        TRY(db_step(s, &row));
        if (!row)
            break;
        VEC_PUSH(arena, items) = (struct outbox_item){
            .id = col_i64(s, "id"),
            .attempts = col_i64(s, "attempts"),
            .kind = str_dup(arena, db_str(s, db_col(s, "kind"))),
            .payload = str_dup(arena, db_str(s, db_col(s, "payload"))),
        };
    }
    if (items.n)
        qsort(items.at, items.n, sizeof *items.at, by_id);
    *out = items.at;
    *n = items.n;
    return NULL;
}

/* 1, 4, 16, 64 minutes, then every four hours. */
static int64_t outbox_pause_us(int64_t attempts)
{
    int64_t us = US_PER_MINUTE;

    for (int64_t i = 1; i < attempts && us < 4 * US_PER_HOUR; i++)
        us *= 4;
    return us < 4 * US_PER_HOUR ? us : 4 * US_PER_HOUR;
}

struct err *outbox_done(struct tx *tx, int64_t id, bool ok, struct str error, int64_t now_us)
{
    struct stmt *s;
    int64_t attempts;
    bool row;

    if (ok) {
        TRY(db_stmt(tx, &sql_outbox_sent, &s));
        db_bind_i64(s, 1, id);
        db_bind_i64(s, 2, now_us);
        return db_run(s, NULL);
    }
    TRY(db_stmt(tx, &sql_outbox_attempts, &s));
    db_bind_i64(s, 1, id);
    TRY(db_step(s, &row));
    if (!row)
        return NULL;
    attempts = db_i64(s, 0);
    db_done(s);
    TRY(db_stmt(tx, attempts >= OUTBOX_ATTEMPTS_MAX ? &sql_outbox_give_up : &sql_outbox_retry, &s));
    db_bind_i64(s, 1, id);
    db_bind_i64(s, 2,
                attempts >= OUTBOX_ATTEMPTS_MAX ? now_us : now_us + outbox_pause_us(attempts));
    db_bind_str(s, 3, error.ptr ? str_sub(error, 0, 500) : STR(""));
    return db_run(s, NULL);
}
