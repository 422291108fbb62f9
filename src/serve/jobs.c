/* What happens by itself: due timers of the engine, sealing the change log, forgetting what is old.
 *
 * One thread. It wakes when the next timer is due and after commits (a commit may have set an earlier timer), at most once
 * a second. Every job is a write transaction of its own and safe to run twice, so several nodes may do the same.
 */
#include "serve/serve_impl.h"

#include "base/limits.h"
#include "base/log.h"
#include "serve/serve.sql.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TIMERS_AT_ONCE = 200, LONGEST_SLEEP_S = 30 };
#define TICK_PAUSE_US US_PER_SECOND
#define SEAL_PAUSE_US (5 * US_PER_SECOND)
#define FLUSH_PAUSE_US US_PER_MINUTE
#define CLEAN_PAUSE_US US_PER_HOUR

struct jobs {
    struct server *server;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t moved;
    bool committed, stop;     /* under the lock */
    int64_t next_due_us;      /* of the engine; DATE_NONE: no timer */
    int64_t next_seal_us;     /* DATE_NONE: the change log is sealed to its end */
    int64_t ticked_us, sealed_us, flushed_us, cleaned_us; /* clock_mono_us */
};

struct tick {
    struct app *app;
    const struct manual *m;
    int64_t now_us, next_us;
    int done;
};

static struct err *tick_once(struct tx *tx, void *ctx)
{
    struct tick *t = ctx;

    TRY(manual_check_live(tx, t->app->store, t->m));
    return work_tick(tx, t->m, t->now_us, TIMERS_AT_ONCE, &t->done, &t->next_us);
}

static void complain(const char *job, const struct err *e)
{
    struct arena *arena = arena_new(512);

    log_event(e->kind == ERR_BUSY ? LOG_WARN : LOG_ERROR, "job_failed", "job", job, "code", e->code, "message",
              str_cstr(arena, e->message), NULL);
    arena_free(arena);
}

static bool stopping(struct jobs *j)
{
    bool stop;

    pthread_mutex_lock(&j->lock);
    stop = j->stop;
    pthread_mutex_unlock(&j->lock);
    return stop;
}

static void tick(struct jobs *j, struct arena *arena)
{
    struct app *app = j->server->app;

    for (int tries = 0; !stopping(j);) {
        struct tick t = {.app = app, .m = manual_live(app->store), .now_us = app->now_us(), .next_us = DATE_NONE};
        struct err *e = t.m->version ? db_write(app->db, arena, tick_once, &t) : NULL;

        manual_unpin(t.m);
        j->next_due_us = t.next_us;
        if (e && (e->kind != ERR_BUSY || ++tries == TRIES_MAX)) {
            complain("timers", e);
            j->next_due_us = DATE_NONE; /* the next commit or minute tries again */
        }
        arena_reset(arena);
        if (e ? e->kind != ERR_BUSY || tries == TRIES_MAX : t.done == 0)
            return;
    }
}

static struct err *seal(struct tx *tx, void *ctx)
{
    struct jobs *j = ctx;
    int64_t sealed;

    return change_seal(tx, j->server->app->now_us(), &sealed, &j->next_seal_us);
}

static struct err *clean(struct tx *tx, void *ctx)
{
    struct app *app = ctx;
    int64_t now_us = app->now_us();
    struct stmt *st;

    TRY(db_stmt(tx, &sql_idempotency_clean, &st));
    db_bind_i64(st, 1, now_us - IDEMPOTENCY_KEEP_US);
    TRY(db_run(st, NULL));
    TRY(record_tune(tx));
    return access_clean(tx, now_us);
}

static void report(const char *job, struct err *e)
{
    if (e)
        complain(job, e);
}

static bool passed(int64_t since_us, int64_t pause_us)
{
    return clock_mono_us() - since_us >= pause_us;
}

/* Whatever is due. committed: something was written since the last time. */
static void work(struct jobs *j, struct arena *arena, bool committed)
{
    struct app *app = j->server->app;
    bool due = j->next_due_us != DATE_NONE && app->now_us() >= j->next_due_us;

    if (committed && j->next_seal_us == DATE_NONE)
        j->next_seal_us = app->now_us(); /* the first look says when the new rows are old enough */
    if (due || committed || passed(j->ticked_us, US_PER_MINUTE)) {
        j->ticked_us = clock_mono_us();
        tick(j, arena);
    }
    if (j->next_seal_us != DATE_NONE && app->now_us() >= j->next_seal_us && passed(j->sealed_us, SEAL_PAUSE_US)) {
        j->sealed_us = clock_mono_us();
        report("seal", db_write(app->db, arena, seal, j));
    }
    if (passed(j->flushed_us, FLUSH_PAUSE_US)) {
        j->flushed_us = clock_mono_us();
        report("seen", access_cache_flush(app->access, arena, app->now_us()));
    }
    if (passed(j->cleaned_us, CLEAN_PAUSE_US)) {
        j->cleaned_us = clock_mono_us();
        report("clean", db_write(app->db, arena, clean, app));
    }
    arena_reset(arena);
}

static int64_t sleep_us(const struct jobs *j)
{
    int64_t us = LONGEST_SLEEP_S * US_PER_SECOND;

    if (j->server->app->now_us != clock_now_us) /* a clock of its own may jump */
        us = US_PER_SECOND;
    if (j->next_seal_us != DATE_NONE) {
        int64_t until = j->next_seal_us - j->server->app->now_us();

        if (until < SEAL_PAUSE_US)
            until = SEAL_PAUSE_US;
        us = until < us ? until : us;
    }
    if (j->next_due_us != DATE_NONE) {
        int64_t until = j->next_due_us - j->server->app->now_us();

        us = until < us ? until : us;
    }
    return us < 0 ? 0 : us;
}

/* Until something is due, or committed and the last look at it a second ago. */
static bool wait_for_work(struct jobs *j)
{
    struct timespec until;
    int64_t us = sleep_us(j), since = clock_mono_us() - j->ticked_us;
    bool committed;

    if (us < TICK_PAUSE_US - since)
        us = TICK_PAUSE_US - since;
    clock_gettime(CLOCK_REALTIME, &until);
    us += until.tv_nsec / 1000;
    until.tv_sec += (time_t)(us / US_PER_SECOND);
    until.tv_nsec = (long)(us % US_PER_SECOND) * 1000;
    pthread_mutex_lock(&j->lock);
    while (!j->stop && !j->committed)
        if (pthread_cond_timedwait(&j->moved, &j->lock, &until) == ETIMEDOUT)
            break;
    if (j->committed && !j->stop && clock_mono_us() - j->ticked_us < TICK_PAUSE_US) {
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += 1; /* gather what is committed within the second */
        while (!j->stop && pthread_cond_timedwait(&j->moved, &j->lock, &until) != ETIMEDOUT)
            continue;
    }
    committed = j->committed;
    j->committed = false;
    pthread_mutex_unlock(&j->lock);
    return committed;
}

static void *run(void *arg)
{
    struct jobs *j = arg;
    struct app *app = j->server->app;
    struct arena *arena = arena_new(0);
    int64_t timers = 0;

    report("catch-up", work_run_until(app->db, app->store, app->now_us(), &timers));
    work(j, arena, true);
    while (!stopping(j)) {
        bool committed = wait_for_work(j);

        if (!stopping(j))
            work(j, arena, committed);
    }
    /* A last time, so that nothing is lost of when people were here. */
    report("seen", access_cache_flush(app->access, arena, app->now_us()));
    report("seal", db_write(app->db, arena, seal, j));
    arena_free(arena);
    return NULL;
}

struct err *jobs_start(struct arena *arena, struct server *server)
{
    struct jobs *j = calloc(1, sizeof *j);

    if (!j)
        abort();
    j->server = server;
    j->next_due_us = j->next_seal_us = DATE_NONE;
    j->flushed_us = j->cleaned_us = clock_mono_us();
    pthread_mutex_init(&j->lock, NULL);
    pthread_cond_init(&j->moved, NULL);
    if (pthread_create(&j->thread, NULL, run, j) != 0) {
        free(j);
        return FAIL(arena, ERR_INTERNAL, "internal", NULL, "No thread for jobs: %s.", strerror(errno));
    }
    server->jobs = j;
    return NULL;
}

void jobs_wake(struct jobs *j)
{
    pthread_mutex_lock(&j->lock);
    if (!j->committed) {
        j->committed = true;
        pthread_cond_signal(&j->moved);
    }
    pthread_mutex_unlock(&j->lock);
}

void jobs_stop(struct jobs *j)
{
    if (!j)
        return;
    pthread_mutex_lock(&j->lock);
    j->stop = true;
    pthread_cond_signal(&j->moved);
    pthread_mutex_unlock(&j->lock);
    pthread_join(j->thread, NULL);
    pthread_cond_destroy(&j->moved);
    pthread_mutex_destroy(&j->lock);
    free(j);
}
