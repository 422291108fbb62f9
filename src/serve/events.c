/* Live events: what changed and what is owed, for those who may see it, as server-sent events (WHATWG HTML, section 9.2).
 *
 * One thread reads new rows of the change log after each commit and puts them into a ring, with owner and team of the
 * record. Each stream has its place in the ring; it sleeps until there is something it may see. Rights are judged when an
 * event is sent, by the same rules as everywhere. An event may come twice (after a reconnection), never out of sight; a
 * stream that fell behind is told to read anew ("reset"). With nobody listening nothing is read. News of tasks and
 * notices come ready from the engine (WORK_NEWS_CHANNEL) and go to those they concern alone; everybody is told the number of
 * a version of the manual that went live. Neither is told again after a reconnection: who connects reads their day anew, and
 * asks which version is live.
 */
#include "serve/serve_impl.h"

#include "base/id.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "serve/serve.sql.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    RING = 4096,
    BATCH = 500,
    BACKLOG_MAX = 500,        /* events read again for one reconnection */
    OUT_BYTES = 2048,         /* text made at once: some ten events; ten thousand streams have one each */
    GATHER_MS = 20,           /* commits that follow each other are read together */
    BEAT_S = 15,
    SEEN = 8192,
};
/* Change ids are made before the commit. On PostgreSQL a smaller one may become visible after a larger: so far back is
 * looked again. On SQLite there is one writer and the order is the same. */
#define LOOK_BACK_MS 5000

enum event_kind { EVENT_CHANGE, EVENT_TASK, EVENT_MAIL, EVENT_NOTICE, EVENT_MANUAL };
/* EVENT_TASK, EVENT_MAIL: id, record_id, object, kind (its state), user or role. EVENT_NOTICE: id, user, version (how many wait).
 * EVENT_MANUAL: version (of the manual). */
struct event {
    enum event_kind what;
    int64_t user;
    uint64_t role; /* hash of its name; 0: none */
    int64_t id, record_id, version, owner, team;
    bool gone; /* the row is no more: only those who may see all learn of it */
    char object[64], kind[16];
};
struct stream {
    struct stream *next, **prev;
    struct req *rq;
    uint64_t at;            /* place in the ring */
    struct arena *arena;    /* of the actor, renewed with it */
    const struct manual *m;
    const struct actor *actor;
    uint64_t generation;
    int64_t checked_us;
    char *out;              /* text being sent */
    size_t out_n, out_at;
    struct str backlog;     /* sent first; on the request's arena */
    bool asleep, beat, ended;
};
struct events {
    struct server *server;
    pthread_t thread;
    pthread_mutex_t lock;   /* everything below, and asleep, beat, ended of streams */
    pthread_cond_t moved;
    bool dirty, stop;
    struct stream *streams;
    int n_streams;
    struct event ring[RING];
    uint64_t end;           /* events ever put in */
    int64_t last_id;
    int64_t seen[SEEN];     /* ids read, by hash: told only once (PostgreSQL) */
    uint64_t generation;
};

static bool concerns(const struct actor *a, const struct event *ev)
{
    if (ev->user)
        return ev->user == a->user_id;
    for (size_t i = 0; i < a->n_roles; i++)
        if (str_hash(a->roles[i]->name) == ev->role)
            return true;
    return false;
}

static bool may_see(const struct stream *s, const struct event *ev)
{
    const struct object *o;

    if (ev->what == EVENT_MANUAL)
        return true;
    if (ev->what != EVENT_CHANGE)
        return concerns(s->actor, ev);
    o = manual_object(s->m, str_from(ev->object));
    if (!o)
        return false;
    if (ev->gone)
        return access_scope(s->actor, o->index, VERB_READ) == SCOPE_ALL;
    return access_row(s->actor, o->index, VERB_READ, ev->owner, ev->team);
}

static size_t write_event(char *dst, size_t max, const struct event *ev)
{
    int n;

    if (ev->what == EVENT_TASK || ev->what == EVENT_MAIL)
        n = snprintf(dst, max, "event: %s\ndata: {\"id\":\"%lld\",\"record\":\"%lld\",\"object\":\"%s\",\"state\":\"%s\"}\n\n",
                     ev->what == EVENT_MAIL ? "mail" : "task", (long long)ev->id, (long long)ev->record_id, ev->object, ev->kind);
    else if (ev->what == EVENT_NOTICE)
        n = snprintf(dst, max, "event: notice\ndata: {\"id\":\"%lld\",\"unread\":%lld}\n\n", (long long)ev->id, (long long)ev->version);
    else if (ev->what == EVENT_MANUAL)
        n = snprintf(dst, max, "event: manual\ndata: {\"version\":%lld}\n\n", (long long)ev->version);
    else
        n = snprintf(dst, max, "id: %lld\nevent: change\ndata: {\"object\":\"%s\",\"id\":\"%lld\",\"version\":%lld,\"kind\":\"%s\"}\n\n",
                     (long long)ev->id, ev->object, (long long)ev->record_id, (long long)ev->version, ev->kind);

    return n > 0 && (size_t)n < max ? (size_t)n : 0;
}

/* ---- reading the change log ---- */

struct reading {
    const struct manual *m;
    int64_t after, last_id;
    int limit, rows;
    VEC(struct event) found;
};

/* Object names and kinds are the manual's and ours: letters, digits and _ that need no escaping in JSON. */
static void copy_word(char *dst, size_t size, struct str s)
{
    size_t n = s.len < size ? s.len : size - 1;

    if (n)
        memcpy(dst, s.ptr, n);
    dst[n] = 0;
}

static struct err *read_changes(struct tx *tx, void *ctx)
{
    struct reading *r = ctx;
    struct arena *arena = tx_arena(tx);
    int64_t save = 0;
    struct stmt *st;
    bool row;

    TRY(db_stmt(tx, &sql_events_after, &st));
    db_bind_i64(st, 1, r->after);
    db_bind_i64(st, 2, r->limit);
    for (;;) {
        struct event *ev;

        TRY(db_step(st, &row));
        if (!row)
            break;
        r->rows++;
        r->last_id = db_i64(st, db_col(st, "id"));
        if (save == db_i64(st, db_col(st, "save_id")) && r->found.n) { /* one event for all fields of one save */
            r->found.at[r->found.n - 1].id = r->last_id;
            continue;
        }
        save = db_i64(st, db_col(st, "save_id"));
        ev = &VEC_PUSH(arena, r->found);
        memset(ev, 0, sizeof *ev);
        ev->id = r->last_id;
        ev->record_id = db_i64(st, db_col(st, "record_id"));
        copy_word(ev->object, sizeof ev->object, db_str(st, db_col(st, "object")));
        copy_word(ev->kind, sizeof ev->kind, db_str(st, db_col(st, "kind")));
    }
    for (size_t i = 0; i < r->found.n; i++) {
        struct event *ev = &r->found.at[i];
        const struct object *o = manual_object(r->m, str_from(ev->object));
        struct record rec;
        struct err *e = o && !o->built_in ? record_read(tx, r->m, o, ev->record_id, &rec) : NULL;

        if (e && e->kind != ERR_NOT_FOUND)
            return e;
        ev->gone = !o || o->built_in || e;
        if (!ev->gone) {
            ev->version = rec.version;
            ev->owner = rec.values[F_OWNER].empty ? 0 : rec.values[F_OWNER].i;
            ev->team = rec.values[F_TEAM].empty ? 0 : rec.values[F_TEAM].i;
        }
    }
    return NULL;
}

static struct err *read_newest(struct tx *tx, void *ctx)
{
    int64_t *id = ctx;
    struct stmt *st;
    bool row;

    TRY(db_stmt(tx, &sql_events_newest, &st));
    TRY(db_step(st, &row));
    *id = row ? db_i64(st, 0) : 0;
    db_done(st);
    return NULL;
}

static bool is_new(struct events *ev, int64_t id)
{
    int64_t *slot = &ev->seen[((uint64_t)id * 0x9E3779B97F4A7C15u) >> 51];

    if (*slot == id)
        return false;
    *slot = id;
    return true;
}

/* Puts what is new into the ring. */
static void gather(struct events *ev, struct arena *arena)
{
    bool postgres = db_kind(ev->server->app->db) == DB_POSTGRES;
    int64_t after;
    struct reading r;

    pthread_mutex_lock(&ev->lock);
    after = ev->last_id;
    pthread_mutex_unlock(&ev->lock);
    if (postgres)
        after -= (int64_t)LOOK_BACK_MS << 22; /* the milliseconds stand above 22 bits of node and sequence */
    do {
        struct err *e;

        arena_reset(arena);
        r = (struct reading){.limit = BATCH, .after = after > 0 ? after : 0, .m = manual_live(ev->server->app->store)};
        e = db_read(ev->server->app->db, arena, read_changes, &r);
        manual_unpin(r.m);
        if (e) {
            log_event(LOG_WARN, "events_read", "code", e->code, NULL);
            return;
        }
        pthread_mutex_lock(&ev->lock);
        for (size_t i = 0; i < r.found.n; i++)
            if (!postgres || is_new(ev, r.found.at[i].id))
                ev->ring[ev->end++ % RING] = r.found.at[i];
        if (r.last_id > ev->last_id)
            ev->last_id = r.last_id;
        pthread_mutex_unlock(&ev->lock);
        after = r.last_id;
    } while (r.rows == BATCH);
    arena_reset(arena);
}

/* ---- news of the engine ---- */

static bool take_number(struct str *rest, int64_t *out)
{
    struct str part;

    return str_cut(rest, ' ', &part) && str_to_i64(part, out);
}

/* "task USER ROLE TASK RECORD OBJECT STATE", "mail USER - MAIL RECORD OBJECT STATE" or "notice USER NOTICE UNREAD". On PostgreSQL they come over the wire, so what
 * is not understood (another version of this program may have written it) is left alone. */
static bool read_news(struct str text, struct event *ev)
{
    struct str what, role, object;

    *ev = (struct event){0};
    if (!str_cut(&text, ' ', &what) || !take_number(&text, &ev->user))
        return false;
    if (str_eq(what, STR("notice"))) {
        ev->what = EVENT_NOTICE;
        return take_number(&text, &ev->id) && take_number(&text, &ev->version);
    }
    ev->what = str_eq(what, STR("mail")) ? EVENT_MAIL : EVENT_TASK;
    if ((ev->what == EVENT_TASK && !str_eq(what, STR("task"))) || !str_cut(&text, ' ', &role) || !take_number(&text, &ev->id) ||
        !take_number(&text, &ev->record_id) || !str_cut(&text, ' ', &object))
        return false;
    ev->role = str_eq(role, STR("-")) ? 0 : str_hash(role);
    copy_word(ev->object, sizeof ev->object, object);
    copy_word(ev->kind, sizeof ev->kind, text);
    return true;
}

static void tell(struct events *ev, const struct event *e)
{
    pthread_mutex_lock(&ev->lock);
    if (ev->n_streams > 0) {
        ev->ring[ev->end++ % RING] = *e;
        pthread_cond_signal(&ev->moved);
        ev->dirty = true;
    }
    pthread_mutex_unlock(&ev->lock);
}

void events_news(struct events *ev, struct str text)
{
    struct event e;

    if (read_news(text, &e))
        tell(ev, &e);
}

void events_manual(struct events *ev, struct str text)
{
    struct event e = {.what = EVENT_MANUAL};

    if (str_to_i64(text, &e.version))
        tell(ev, &e);
}

/* ---- waking streams ---- */

static void wake(struct stream *s)
{
    if (!s->asleep)
        return;
    s->asleep = false;
    http_wake(s->rq->http);
}

/* Called with the lock. A sleeping stream's actor and place are at rest. */
static void wake_those_concerned(struct events *ev, bool all)
{
    for (struct stream *s = ev->streams; s; s = s->next) {
        if (!s->asleep)
            continue;
        if (all || ev->end - s->at > RING) {
            wake(s);
            continue;
        }
        while (s->at < ev->end && !may_see(s, &ev->ring[s->at % RING]))
            s->at++;
        if (s->at < ev->end)
            wake(s);
    }
}

static void *run(void *arg)
{
    struct events *ev = arg;
    struct arena *arena = arena_new(0);
    struct timespec beat;

    clock_gettime(CLOCK_REALTIME, &beat);
    beat.tv_sec += BEAT_S;
    pthread_mutex_lock(&ev->lock);
    while (!ev->stop) {
        bool beats = false, listened = ev->n_streams > 0;
        int rc = 0;

        if (!ev->dirty)
            rc = listened ? pthread_cond_timedwait(&ev->moved, &ev->lock, &beat) : pthread_cond_wait(&ev->moved, &ev->lock);
        if (ev->stop)
            break;
        if (rc == ETIMEDOUT || !listened) {
            clock_gettime(CLOCK_REALTIME, &beat);
            beat.tv_sec += BEAT_S;
            beats = rc == ETIMEDOUT;
        }
        if (beats)
            for (struct stream *s = ev->streams; s; s = s->next)
                s->beat = true;
        if (ev->dirty && ev->n_streams > 0) {
            ev->dirty = false;
            pthread_mutex_unlock(&ev->lock);
            nanosleep(&(struct timespec){0, GATHER_MS * 1000000L}, NULL);
            gather(ev, arena);
            pthread_mutex_lock(&ev->lock);
        }
        ev->dirty = ev->dirty && ev->n_streams > 0;
        if (access_generation() != ev->generation) {
            ev->generation = access_generation();
            beats = true; /* somebody's rights changed: all look again */
        }
        wake_those_concerned(ev, beats);
    }
    pthread_mutex_unlock(&ev->lock);
    arena_free(arena);
    return NULL;
}

void events_wake(struct events *ev)
{
    pthread_mutex_lock(&ev->lock);
    ev->dirty = true;
    pthread_cond_signal(&ev->moved);
    pthread_mutex_unlock(&ev->lock);
}

/* ---- one stream ---- */

static void unpin(void *m)
{
    manual_unpin(m);
}

/* Is the one who listens still allowed to? Asked again whenever rights or the manual may have changed, and with each
 * beat, because sessions expire. */
static bool still_allowed(struct stream *s)
{
    struct req *rq = s->rq;
    const struct manual *live = manual_live(rq->app->store);
    int64_t now_us = rq->app->now_us();
    uint64_t generation = access_generation();
    struct arena *arena;
    struct err *e;

    if (live == s->m && generation == s->generation && now_us - s->checked_us < BEAT_S * US_PER_SECOND / 2) {
        manual_unpin(live);
        return true;
    }
    arena = arena_new(512);
    arena_on_reset(arena, unpin, (void *)(uintptr_t)live);
    e = access_by_token(rq->app->access, arena, live, rq->token, rq->by_cookie ? VIA_WEB : VIA_API, now_us, &s->actor);
    if (e) {
        s->actor = rq->actor; /* never used again: the stream ends */
        arena_free(arena);
        return false;
    }
    arena_free(s->arena);
    s->arena = arena;
    s->m = live;
    s->generation = generation;
    s->checked_us = now_us;
    return true;
}

/* Called with the lock. */
static void fill(struct events *ev, struct stream *s)
{
    if (ev->end - s->at > RING) {
        s->at = ev->end;
        s->out_n += (size_t)snprintf(s->out + s->out_n, OUT_BYTES - s->out_n, "event: reset\ndata: {}\n\n");
    }
    while (s->at < ev->end && OUT_BYTES - s->out_n > 512) {
        const struct event *e = &ev->ring[s->at++ % RING];

        if (may_see(s, e))
            s->out_n += write_event(s->out + s->out_n, OUT_BYTES - s->out_n, e);
    }
    if (s->beat) {
        s->beat = false;
        s->out_n += (size_t)snprintf(s->out + s->out_n, OUT_BYTES - s->out_n, ":\n\n");
    }
}

static int64_t read_stream(void *ctx, char *dst, size_t max)
{
    struct stream *s = ctx;
    struct events *ev = s->rq->server->events;
    int64_t n = 0;

    if (s->backlog.len) {
        n = (int64_t)(s->backlog.len < max ? s->backlog.len : max);
        memcpy(dst, s->backlog.ptr, (size_t)n);
        s->backlog = str_sub(s->backlog, (size_t)n, SIZE_MAX);
        return n;
    }
    if (s->out_at == s->out_n) {
        bool allowed = still_allowed(s);

        s->out_at = s->out_n = 0;
        pthread_mutex_lock(&ev->lock);
        if (s->ended || !allowed || http_stopping(s->rq->http->server)) {
            pthread_mutex_unlock(&ev->lock);
            return -1;
        }
        fill(ev, s);
        if (s->out_n == 0) {
            s->asleep = true;
            http_sleep(s->rq->http);
        }
        pthread_mutex_unlock(&ev->lock);
        if (s->out_n == 0)
            return 0;
    }
    n = (int64_t)(s->out_n - s->out_at < max ? s->out_n - s->out_at : max);
    memcpy(dst, s->out + s->out_at, (size_t)n);
    s->out_at += (size_t)n;
    return n;
}

/* What happened since the event the client saw last. */
static struct err *read_backlog(struct stream *s, int64_t after)
{
    struct req *rq = s->rq;
    struct reading r = {.m = rq->m, .after = after, .limit = BACKLOG_MAX};
    struct buf b = buf_new(rq->arena, 1024);

    TRY(db_read(rq->app->db, rq->arena, read_changes, &r));
    for (size_t i = 0; i < r.found.n; i++) {
        char line[512];

        if (may_see(s, &r.found.at[i]))
            buf_add(&b, (struct str){line, write_event(line, sizeof line, &r.found.at[i])});
    }
    if (r.rows == BACKLOG_MAX) /* there may be more than were read */
        buf_add(&b, STR("event: reset\ndata: {}\n\n"));
    buf_add(&b, s->backlog);
    s->backlog = buf_str(&b);
    return NULL;
}

static struct err *join(struct events *ev, struct stream *s)
{
    int64_t newest = 0;
    struct err *e = NULL;

    /* The newest id is read before it is known whether it is needed: not under the lock. */
    e = db_read(ev->server->app->db, s->rq->arena, read_newest, &newest);
    if (e)
        return e;
    pthread_mutex_lock(&ev->lock);
    if (ev->n_streams >= EVENT_STREAMS_MAX) {
        e = FAIL(s->rq->arena, ERR_TOO_MANY, "http.rate_limited", NULL, "There are %d open event streams already.", EVENT_STREAMS_MAX);
    } else {
        if (ev->n_streams++ == 0)
            ev->last_id = newest;
        s->at = ev->end;
        s->next = ev->streams;
        s->prev = &ev->streams;
        if (s->next)
            s->next->prev = &s->next;
        ev->streams = s;
        pthread_cond_signal(&ev->moved);
    }
    pthread_mutex_unlock(&ev->lock);
    return e;
}

static void leave(struct events *ev, struct stream *s)
{
    pthread_mutex_lock(&ev->lock);
    *s->prev = s->next;
    if (s->next)
        s->next->prev = s->prev;
    ev->n_streams--;
    pthread_mutex_unlock(&ev->lock);
    arena_free(s->arena);
}

struct err *serve_events(struct req *rq)
{
    struct stream *s = NEW(rq->arena, struct stream);
    struct http_header h[] = {
        {"Content-Type", "text/event-stream"},
        {"X-Request-Id", rq->request_id},
        {"Cache-Control", "no-store"},
        {"X-Accel-Buffering", "no"},
        {"X-Content-Type-Options", "nosniff"},
        {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
    };
    struct str since = rq->http->headers.last_event_id;
    int64_t after = 0;

    if (since.len && !id_parse(since, &after))
        return FAIL(rq->arena, ERR_MALFORMED, "http.parameter", NULL, "Last-Event-ID is not the id of an event.");
    s->rq = rq;
    rq->token = str_dup(rq->arena, rq->token); /* headers do not outlive the start of the answer */
    s->out = arena_alloc(rq->arena, OUT_BYTES);
    s->backlog = STR("retry: 3000\n\n");
    if (!still_allowed(s)) /* gives the stream an actor of its own */
        return FAIL(rq->arena, ERR_UNAUTHORIZED, "access.sign_in_needed", NULL, "You are not signed in.");
    struct err *e = join(rq->server->events, s); /* before the backlog is read: nothing falls between */

    if (e) {
        arena_free(s->arena);
        return e;
    }
    if (after)
        e = read_backlog(s, after);
    if (e) {
        leave(rq->server->events, s);
        return e;
    }
    rq->stream = s;
    rq->streams = true;
    http_stream(rq->http, 200, h, sizeof h / sizeof *h, read_stream, s, false);
    return NULL;
}

void events_done(struct req *rq)
{
    leave(rq->server->events, rq->stream);
}

/* ---- start and end ---- */

struct err *events_start(struct arena *arena, struct server *server)
{
    struct events *ev = calloc(1, sizeof *ev);

    if (!ev)
        abort();
    ev->server = server;
    ev->generation = access_generation();
    pthread_mutex_init(&ev->lock, NULL);
    pthread_cond_init(&ev->moved, NULL);
    if (pthread_create(&ev->thread, NULL, run, ev) != 0) {
        free(ev);
        return FAIL(arena, ERR_INTERNAL, "internal", NULL, "No thread for events: %s.", strerror(errno));
    }
    server->events = ev;
    return NULL;
}

void events_end_streams(struct events *ev)
{
    pthread_mutex_lock(&ev->lock);
    for (struct stream *s = ev->streams; s; s = s->next) {
        s->ended = true;
        wake(s);
    }
    pthread_mutex_unlock(&ev->lock);
}

void events_stop(struct events *ev)
{
    if (!ev)
        return;
    pthread_mutex_lock(&ev->lock);
    ev->stop = true;
    pthread_cond_signal(&ev->moved);
    pthread_mutex_unlock(&ev->lock);
    pthread_join(ev->thread, NULL);
    pthread_cond_destroy(&ev->moved);
    pthread_mutex_destroy(&ev->lock);
    free(ev);
}
