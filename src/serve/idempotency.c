/* The same write sent twice is done once: its answer is kept in the transaction of the write. */
#include "serve/serve_impl.h"

#include "base/file.h"
#include "serve/serve.sql.h"

enum { KEY_BYTES_MAX = 255 };

struct err *idempotency_prepare(struct req *rq)
{
    struct str key = str_trim(rq->http->headers.idempotency_key);

    rq->idempotency_id = STR_NONE;
    if (!rq->http->headers.idempotency_key.ptr || !rq->actor)
        return NULL;
    if (key.len == 0 || key.len > KEY_BYTES_MAX)
        return FAIL(rq->arena, ERR_MALFORMED, "http.parameter", NULL, "Idempotency-Key has 1 to %d bytes.", KEY_BYTES_MAX);
    rq->idempotency_id = hash_hex(rq->arena, str_fmt(rq->arena, "%lld\n%.*s", (long long)rq->actor->user_id, STR_ARG(key)));
    rq->idempotency_request = hash_hex(rq->arena, str_fmt(rq->arena, "%.*s %.*s\n%.*s\n%.*s", STR_ARG(rq->http->method_text),
                                                          STR_ARG(rq->http->target), STR_ARG(rq->http->headers.if_match),
                                                          STR_ARG(rq->http->body)));
    return NULL;
}

struct err *idempotency_find(struct req *rq, bool *replay)
{
    struct stmt *st;
    bool row;

    *replay = false;
    if (rq->idempotency_id.len == 0)
        return NULL;
    TRY(db_stmt(rq->tx, &sql_idempotency_get, &st));
    db_bind_str(st, 1, rq->idempotency_id);
    TRY(db_step(st, &row));
    if (!row)
        return NULL;
    if (!str_eq(db_str(st, 0), rq->idempotency_request)) {
        struct err *e = FAIL(rq->arena, ERR_INVALID, "idempotency.mismatch", NULL,
                             "This Idempotency-Key came with another request before.");

        e->way_out = STR("Use a new key for every new request; keys are kept for 24 hours.");
        return e;
    }
    rq->status = (int)db_i64(st, 1);
    rq->etag = str_dup(rq->arena, db_str(st, 2));
    rq->location = str_dup(rq->arena, db_str(st, 3));
    buf_add(&rq->out, db_str(st, 4));
    db_done(st);
    rq->replayed = true;
    *replay = true;
    return NULL;
}

struct err *idempotency_keep(struct req *rq)
{
    struct stmt *st;

    if (rq->idempotency_id.len == 0)
        return NULL;
    TRY(db_stmt(rq->tx, &sql_idempotency_put, &st));
    db_bind_str(st, 1, rq->idempotency_id);
    db_bind_str(st, 2, rq->idempotency_request);
    db_bind_i64(st, 3, rq->status);
    db_bind_str(st, 4, rq->etag.ptr ? rq->etag : STR(""));
    db_bind_str(st, 5, rq->location.ptr ? rq->location : STR(""));
    db_bind_str(st, 6, buf_str(&rq->out).ptr ? buf_str(&rq->out) : STR(""));
    db_bind_i64(st, 7, rq->now_us);
    return db_run(st, NULL);
}
