/* CSV export. A worker writes, the polling thread reads; between them a pipe of bounded size, so that memory does not grow
 * with the export. Errors before the first byte are ordinary problems; later ones break the answer off. */
#include "serve/serve_impl.h"

#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { PIPE_BYTES = 256 * 1024, PATIENCE_S = 60 /* for a client that does not read */ };

struct export {
    struct req *rq;
    struct arena *arena; /* the worker's: the request's belongs to the polling thread once the answer has begun */
    pthread_mutex_t lock;
    pthread_cond_t moved;
    char *ring;
    size_t from, n;
    bool begun;    /* the answer has begun */
    bool asleep;   /* the connection waits for bytes */
    bool finished; /* the worker is through */
    bool failed;   /* after the first byte */
    bool gone;     /* nobody reads any more */
    int64_t rows;
};

struct err *serve_export(struct req *rq)
{
    return FAIL(rq->arena, ERR_INTERNAL, "internal", NULL, "an export runs on a worker"); /* dispatch calls export_run */
}

/* Waits for room; false if nobody reads any more. Called with the lock. */
static bool wait_for_room(struct export *x)
{
    while (x->n == PIPE_BYTES && !x->gone && !http_stopping(x->rq->http->server)) {
        struct timespec until;

        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += PATIENCE_S;
        if (pthread_cond_timedwait(&x->moved, &x->lock, &until) == ETIMEDOUT && x->n == PIPE_BYTES)
            return false;
    }
    return !x->gone && !http_stopping(x->rq->http->server);
}

static void wake_reader(struct export *x)
{
    if (!x->begun) {
        x->begun = true;
        x->rq->streams = true;
        http_wake(x->rq->http);
    } else if (x->asleep) {
        x->asleep = false;
        http_wake(x->rq->http);
    }
}

static struct err *put_bytes(void *ctx, struct str bytes)
{
    struct export *x = ctx;
    struct err *e = NULL;

    pthread_mutex_lock(&x->lock);
    while (bytes.len && !e) {
        size_t at, room;

        if (!wait_for_room(x)) {
            e = FAIL(x->arena, ERR_INTERNAL, "io.failed", NULL, "Nobody reads the export any more.");
            break;
        }
        at = (x->from + x->n) % PIPE_BYTES;
        room = PIPE_BYTES - x->n;
        if (room > PIPE_BYTES - at)
            room = PIPE_BYTES - at;
        if (room > bytes.len)
            room = bytes.len;
        memcpy(x->ring + at, bytes.ptr, room);
        x->n += room;
        bytes = str_sub(bytes, room, SIZE_MAX);
        wake_reader(x);
    }
    pthread_mutex_unlock(&x->lock);
    return e;
}

static struct err *read_and_write(struct tx *tx, void *ctx)
{
    struct export *x = ctx;
    struct req *rq = x->rq;
    struct query q = {
        .object = rq->object, .filter = arg(rq, "filter"), .sort = arg(rq, "sort"), .fields = arg(rq, "fields"),
        .archived = arg_number(rq, "archived", 0),
    };

    return export_csv(tx, rq->m, rq->actor, &q, rq->now_us, put_bytes, x, &x->rows);
}

struct audit {
    const struct actor *actor;
    const char *event;
    struct str detail;
    int64_t now_us;
};

static struct err *put_audit(struct tx *tx, void *ctx)
{
    struct audit *a = ctx;

    return access_audit(tx, a->actor, a->event, 0, a->detail, a->now_us);
}

/* What leaves is written down before it leaves, and how much it was afterwards. */
static struct err *audit(struct export *x, const char *event, struct str detail)
{
    struct audit a = {x->rq->actor, event, detail, x->rq->now_us};

    return db_write(x->rq->app->db, x->arena, put_audit, &a);
}

static struct err *export_all(struct export *x)
{
    struct req *rq = x->rq;
    struct str what = str_fmt(x->arena, "%.*s where %.*s", STR_ARG(rq->object->name), STR_ARG(arg(rq, "filter")));

    TRY(audit(x, "export", what));
    TRY(db_read(rq->app->db, x->arena, read_and_write, x));
    return audit(x, "exported", str_fmt(x->arena, "%lld rows of %.*s", (long long)x->rows, STR_ARG(what)));
}

void export_run(struct req *rq)
{
    struct export *x = NEW(rq->arena, struct export);
    struct err *e;

    x->rq = rq;
    x->arena = arena_new(0);
    pthread_mutex_init(&x->lock, NULL);
    pthread_cond_init(&x->moved, NULL);
    x->ring = arena_alloc(rq->arena, PIPE_BYTES);
    rq->stream = x;
    e = export_all(x);
    pthread_mutex_lock(&x->lock);
    x->failed = e != NULL;
    if (e && !x->begun)
        rq->err = err_copy(rq->arena, e);
    else if (e)
        log_event(LOG_WARN, "export_broken", "id", rq->request_id, "code", e->code, NULL);
    arena_free(x->arena);
    x->finished = true;
    if (rq->err) { /* nothing was sent: an ordinary answer */
        x->begun = true;
        http_wake(rq->http);
    } else {
        wake_reader(x);
    }
    pthread_cond_broadcast(&x->moved);
    pthread_mutex_unlock(&x->lock); /* from here on the request may be gone */
}

static int64_t read_bytes(void *ctx, char *dst, size_t max)
{
    struct export *x = ctx;
    int64_t n = 0;

    pthread_mutex_lock(&x->lock);
    while (x->n && (size_t)n < max) {
        size_t part = PIPE_BYTES - x->from;

        if (part > x->n)
            part = x->n;
        if (part > max - (size_t)n)
            part = max - (size_t)n;
        memcpy(dst + n, x->ring + x->from, part);
        x->from = (x->from + part) % PIPE_BYTES;
        x->n -= part;
        n += (int64_t)part;
    }
    if (n) {
        pthread_cond_signal(&x->moved);
    } else if (x->finished || http_stopping(x->rq->http->server)) {
        n = x->finished && !x->failed ? -1 : -2;
    } else {
        x->asleep = true;
        http_sleep(x->rq->http);
    }
    pthread_mutex_unlock(&x->lock);
    return n;
}

void export_begin(struct req *rq)
{
    struct http_header h[] = {
        {"Content-Type", "text/csv; charset=utf-8"},
        {"Content-Disposition", str_cstr(rq->arena, str_fmt(rq->arena, "attachment; filename=\"%.*s.csv\"", STR_ARG(rq->object->name)))},
        {"X-Request-Id", rq->request_id},
        {"Cache-Control", "no-store"},
        {"X-Content-Type-Options", "nosniff"},
        {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox"},
    };

    http_stream(rq->http, 200, h, sizeof h / sizeof *h, read_bytes, rq->stream, true);
}

void export_done(struct req *rq)
{
    struct export *x = rq->stream;

    pthread_mutex_lock(&x->lock);
    x->gone = true;
    pthread_cond_broadcast(&x->moved);
    while (!x->finished) /* the worker sees it with its next row */
        pthread_cond_wait(&x->moved, &x->lock);
    pthread_mutex_unlock(&x->lock);
    pthread_cond_destroy(&x->moved);
    pthread_mutex_destroy(&x->lock);
}
