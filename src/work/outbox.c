/* The outbox: what leaves the database is written in the transaction that causes it, and sent by a job afterwards.
 *
 * An item is taken with a lease. A sender that dies gives it back by doing nothing, so the one in flight may go out
 * twice; nothing else does. once_key makes an item unique for as long as its row is kept.
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

/* By id: both databases hand out what an UPDATE returns in any order. */
static struct err *read_items(struct tx *tx, struct stmt *s, struct outbox_item **out, size_t *n)
{
    struct arena *arena = tx_arena(tx);
    VEC(struct outbox_item) items = {0};
    bool row;

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

struct err *outbox_take(struct tx *tx, const char *kind, int64_t now_us, int limit,
                        struct outbox_item **out, size_t *n)
{
    struct stmt *s;

    TRY(db_stmt(tx, &sql_outbox_take, &s));
    db_bind_i64(s, 1, now_us);
    db_bind_i64(s, 2, limit < 1 ? 1 : limit > PAGE_ROWS_MAX ? PAGE_ROWS_MAX : limit);
    db_bind_i64(s, 3, now_us + OUTBOX_LEASE_US);
    db_bind_str(s, 4, str_from(kind));
    return read_items(tx, s, out, n);
}

struct err *outbox_late(struct tx *tx, const char *kind, int64_t age_us, int64_t now_us,
                        struct outbox_item **out, size_t *n)
{
    struct stmt *s;

    TRY(db_stmt(tx, &sql_outbox_late, &s));
    db_bind_str(s, 1, str_from(kind));
    db_bind_i64(s, 2, id_floor(now_us - age_us));
    db_bind_i64(s, 3, PAGE_ROWS_MAX);
    return read_items(tx, s, out, n);
}

/* 1, 4, 16, 64 minutes, then every four hours. */
static int64_t outbox_pause_us(int64_t attempts)
{
    int64_t us = US_PER_MINUTE;

    for (int64_t i = 1; i < attempts && us < 4 * US_PER_HOUR; i++)
        us *= 4;
    return us < 4 * US_PER_HOUR ? us : 4 * US_PER_HOUR;
}

static struct err *outbox_close(struct tx *tx, int64_t id, struct str reason, int64_t now_us)
{
    struct stmt *s;

    TRY(db_stmt(tx, &sql_outbox_sent, &s));
    db_bind_i64(s, 1, id);
    db_bind_i64(s, 2, now_us);
    db_bind_str(s, 3, reason);
    return db_run(s, NULL);
}

static struct err *outbox_give_back(struct tx *tx, const struct outbox_item *item, int64_t now_us)
{
    struct stmt *s;

    TRY(db_stmt(tx, &sql_outbox_back, &s));
    db_bind_i64(s, 1, item->id);
    db_bind_i64(s, 2, now_us);
    db_bind_i64(s, 3, item->attempts);
    return db_run(s, NULL);
}

struct err *outbox_done(struct tx *tx, const struct outbox_item *item, enum outbox_end end,
                        struct str reason, int64_t now_us)
{
    bool give_up = end == OUTBOX_GIVE_UP || item->attempts >= OUTBOX_ATTEMPTS_MAX;
    struct stmt *s;

    reason = str_sub(reason, 0, OUTBOX_REASON_BYTES_MAX);
    reason.len = utf8_valid_len(reason);
    if (end == OUTBOX_SENT)
        return outbox_close(tx, item->id, STR_NONE, now_us);
    if (end == OUTBOX_UNSENT)
        return outbox_close(tx, item->id, reason, now_us);
    if (end == OUTBOX_BACK)
        return outbox_give_back(tx, item, now_us);
    TRY(db_stmt(tx, give_up ? &sql_outbox_give_up : &sql_outbox_again, &s));
    db_bind_i64(s, 1, item->id);
    db_bind_i64(s, 2, give_up ? now_us : now_us + outbox_pause_us(item->attempts));
    db_bind_str(s, 3, reason.ptr ? reason : STR(""));
    db_bind_i64(s, 4, item->attempts);
    return db_run(s, NULL);
}

struct err *outbox_next(struct tx *tx, const char *kind, int64_t *due_us)
{
    struct stmt *s;
    bool row;

    TRY(db_stmt(tx, &sql_outbox_next, &s));
    db_bind_str(s, 1, str_from(kind));
    TRY(db_step(s, &row));
    *due_us = row ? db_i64(s, 0) : DATE_NONE;
    db_done(s);
    return NULL;
}

struct err *outbox_tidy(struct tx *tx, const char *kind, int64_t age_us, int64_t now_us)
{
    struct stmt *s;

    TRY(db_stmt(tx, &sql_outbox_close_old, &s));
    db_bind_str(s, 1, str_from(kind));
    db_bind_i64(s, 2, now_us - age_us);
    db_bind_i64(s, 3, now_us);
    db_bind_str(s, 4, STR("Not sent in time."));
    TRY(db_run(s, NULL));
    TRY(db_stmt(tx, &sql_outbox_prune, &s));
    db_bind_i64(s, 1, id_floor(now_us - OUTBOX_KEEP_US));
    return db_run(s, NULL);
}

struct err *outbox_state(struct tx *tx, const char *kind, struct outbox_state *out)
{
    struct arena *arena = tx_arena(tx);
    VEC(struct outbox_failure) failed = {0};
    struct stmt *s;
    bool row;

    *out = (struct outbox_state){0};
    TRY(db_stmt(tx, &sql_outbox_waiting, &s));
    db_bind_str(s, 1, str_from(kind));
    db_bind_i64(s, 2, OUTBOX_COUNT_MAX);
    TRY(db_step(s, &row));
    if (row) {
        out->waiting = col_i64(s, "n");
        out->oldest_us = col_i64(s, "oldest") ? id_moment(col_i64(s, "oldest")) : 0;
    }
    db_done(s);
    TRY(db_stmt(tx, &sql_outbox_given_up, &s));
    db_bind_str(s, 1, str_from(kind));
    db_bind_i64(s, 2, OUTBOX_FAILURES_SHOWN);
    for (;;) {
        TRY(db_step(s, &row));
        if (!row)
            break;
        VEC_PUSH(arena, failed) = (struct outbox_failure){
            .id = col_i64(s, "id"),
            .at_us = col_i64(s, "failed_us"),
            .attempts = col_i64(s, "attempts"),
            .reason = str_dup(arena, db_str(s, db_col(s, "error"))),
        };
    }
    out->failed = failed.at;
    out->n_failed = failed.n;
    return NULL;
}

void outbox_json(struct json_writer *w, const struct outbox_state *s)
{
    jw_kv_i64(w, "waiting", s->waiting);
    jw_kv_instant(w, "oldest", s->oldest_us);
    jw_key(w, STR("given_up"));
    jw_array(w);
    for (size_t i = 0; i < s->n_failed; i++) {
        jw_object(w);
        jw_kv_id(w, "id", s->failed[i].id);
        jw_kv_instant(w, "at", s->failed[i].at_us);
        jw_kv_i64(w, "attempts", s->failed[i].attempts);
        jw_kv_str(w, "reason", s->failed[i].reason);
        jw_end_object(w);
    }
    jw_end_array(w);
}
