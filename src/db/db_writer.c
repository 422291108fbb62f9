/* The writer: a queue of jobs and the threads that run them.
 *
 * SQLite: one thread. Jobs run as savepoints of one open transaction, and one COMMIT with one fsync acknowledges all of
 * them (group commit). The first job of a group needs no savepoint: rolling it back rolls back everything there is.
 * A group ends when nobody waits any more, when it is full, or when its first job waited GROUP_US_MAX. Nobody is
 * answered before the COMMIT, not even a refused job: it may have been refused because of a neighbour's row.
 * PostgreSQL: several threads, each job its own SERIALIZABLE transaction, tried again when the server says so.
 */
#include "db/db_impl.h"

#include "base/limits.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define GROUP_US_MAX \
    (20 * 1000) /* some hundred small jobs; longer ones should not wait for their neighbours */
#define IDLE_US US_PER_SECOND /* without work: time to empty the log */
#define IDLE_TRIES 60         /* while readers keep it from being emptied */
#define TRIES_MAX 10
#define BACKOFF_US 1000 /* doubled with each try, with jitter */
#define BACKOFF_US_MAX (100 * 1000)

struct job {
    struct job *next;
    struct arena *arena;
    tx_fn fn;
    void *ctx;
    void (*done)(void *ctx, struct err *err);
    void *done_ctx;
    struct err *err;
    struct tx tx;
};

struct writer {
    struct db *db;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct job *first, **end;
    bool stop;
    int n_threads;
    pthread_t *threads;
    struct conn *conn; /* SQLite; closed last, after the readers */
};

static _Thread_local bool on_writer_thread;

/* ---- handing in ---- */

static void enqueue(struct db *db, struct job *job)
{
    struct writer *w = db->writer;

    assert(w && "not a read-only database");
    job->next = NULL;
    pthread_mutex_lock(&w->lock);
    assert(!w->stop);
    *w->end = job;
    w->end = &job->next;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
}

void db_write_async(struct db *db, struct arena *arena, tx_fn fn, void *ctx,
                    void (*done)(void *ctx, struct err *err))
{
    struct job *job = NEW(arena, struct job);

    job->arena = arena;
    job->fn = fn;
    job->ctx = ctx;
    job->done = done;
    job->done_ctx = ctx;
    enqueue(db, job);
}

struct waiting {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool done;
    struct err *err;
};

static void wake_waiting(void *ctx, struct err *err)
{
    struct waiting *waiting = ctx;

    pthread_mutex_lock(&waiting->lock);
    waiting->err = err;
    waiting->done = true;
    pthread_cond_signal(&waiting->wake);
    pthread_mutex_unlock(&waiting->lock);
}

struct err *db_write(struct db *db, struct arena *arena, tx_fn fn, void *ctx)
{
    struct waiting waiting = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};
    struct job job = {.arena = arena, .fn = fn, .ctx = ctx};

    assert(!on_writer_thread);
    if (!db->writer)
        return FAIL(arena, ERR_INTERNAL, "db.failed", NULL,
                    "The database was opened for reading only.");
    job.done = wake_waiting;
    job.done_ctx = &waiting;
    enqueue(db, &job);
    pthread_mutex_lock(&waiting.lock);
    while (!waiting.done)
        pthread_cond_wait(&waiting.wake, &waiting.lock);
    pthread_mutex_unlock(&waiting.lock);
    pthread_mutex_destroy(&waiting.lock);
    pthread_cond_destroy(&waiting.wake);
    return waiting.err;
}

/* ---- taking out ---- */

static struct job *take(struct writer *w)
{
    struct job *job;

    pthread_mutex_lock(&w->lock);
    job = w->first;
    if (job) {
        w->first = job->next;
        if (!w->first)
            w->end = &w->first;
    }
    pthread_mutex_unlock(&w->lock);
    return job;
}

/* Waits for work. False: none came in time (timeout_us < 0: no limit), or it is time to stop. */
static bool wait_for_work(struct writer *w, int64_t timeout_us, bool *stop)
{
    struct timespec until = {0};
    bool work;
    int rc = 0;

    if (timeout_us >= 0) {
        int64_t at_us = clock_mono_us() + timeout_us;

        until.tv_sec = at_us / US_PER_SECOND;
        until.tv_nsec = at_us % US_PER_SECOND * 1000;
    }
    pthread_mutex_lock(&w->lock);
    while (!w->first && !w->stop && rc == 0)
        rc = timeout_us < 0 ? pthread_cond_wait(&w->wake, &w->lock)
                            : pthread_cond_timedwait(&w->wake, &w->lock, &until);
    work = w->first != NULL;
    *stop = w->stop;
    pthread_mutex_unlock(&w->lock);
    return work;
}

static void answer(struct db *db, struct job *job)
{
    if (!job->err) {
        atomic_fetch_add_explicit(&db->writes, 1, memory_order_relaxed);
        tx_committed(&job->tx);
    }
    job->done(job->done_ctx, job->err); /* the job may be gone now */
}

static struct err *run_job(struct conn *conn, struct job *job)
{
    struct err *e;

    tx_init(&job->tx, conn, job->arena, true);
    conn->tx_now = &job->tx;
    e = job->fn(&job->tx, job->ctx);
    if (!e)
        e = tx_end(&job->tx);
    conn_end_stmts(conn, 0);
    return e;
}

/* ---- SQLite: groups ---- */

struct group {
    struct db *db;
    struct conn *conn;
    struct job *first, **end; /* all of it, in order */
    int n;
    int n_good; /* done and not yet durable */
    bool begun;
    bool delayed;
    int64_t began_us;
};

static void group_answer(struct group *g)
{
    struct job *job = g->first;

    g->first = NULL;
    g->end = &g->first;
    g->n = g->n_good = 0;
    while (job) {
        struct job *next = job->next;

        answer(g->db, job);
        job = next;
    }
}

/* The outer transaction is lost: everybody in it learns so. */
static void group_lost(struct group *g)
{
    log_event(LOG_ERROR, "db.group_lost", NULL);
    for (struct job *job = g->first; job; job = job->next)
        job->err = sqlite_lost_err(g->conn, job->arena);
    g->conn->driver->rollback(g->conn);
    g->begun = false;
    group_answer(g);
}

static void group_add(struct group *g, struct job *job)
{
    const struct driver *driver = g->conn->driver;
    struct tx control;
    bool alone;

    job->next = NULL;
    *g->end = job;
    g->end = &job->next;
    g->n++;
    tx_init(&control, g->conn, job->arena, true);
    if (!g->begun) {
        job->err = driver->begin(g->conn, job->arena, true);
        if (job->err)
            return;
        g->begun = true;
    }
    alone = g->n_good == 0;
    if (!alone && (job->err = driver->savepoint(&control)) != NULL) {
        if (control.lost)
            group_lost(g);
        return;
    }
    job->err = run_job(g->conn, job);
    if (job->tx.lost || sqlite_tx_gone(g->conn)) {
        group_lost(g);
        return;
    }
    if (!job->err) {
        if (!alone && (job->err = driver->release(&control)) != NULL) {
            group_lost(g); /* nobody can say what stands */
            return;
        }
        g->n_good++;
    } else if (alone) {
        driver->rollback(g->conn);
        g->begun = false;
    } else if (driver->rollback_to(&control)) {
        group_lost(g);
    }
}

static void committed(struct db *db)
{
    atomic_fetch_add_explicit(&db->commits, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&db->commit_number, 1, memory_order_release);
}

static void group_commit(struct group *g)
{
    if (g->begun) {
        struct tx control;

        tx_init(&control, g->conn, g->first->arena, true);
        if (g->n_good && (sqlite_words_update(&control) || g->conn->driver->commit(&control))) {
            group_lost(g);
            return;
        }
        if (!g->n_good)
            g->conn->driver->rollback(g->conn);
        else
            committed(g->db);
        g->begun = false;
    }
    group_answer(g);
}

/* The next job of this group, or NULL when it is to be committed. */
static struct job *group_next(struct group *g)
{
    int64_t delay_us = g->db->options.commit_delay_us;
    struct job *job;

    if (g->n >= GROUP_COMMIT_MAX)
        return NULL;
    if (g->n == 0)
        g->began_us = clock_mono_us();
    else if (clock_mono_us() - g->began_us > GROUP_US_MAX + delay_us)
        return NULL;
    job = take(g->db->writer);
    if (!job && g->n && delay_us > 0 && !g->delayed) {
        g->delayed = true;
        usleep((useconds_t)delay_us);
        job = take(g->db->writer);
    }
    return job;
}

static void run_groups(struct group *g)
{
    do {
        struct job *job;

        g->delayed = false;
        while ((job = group_next(g)) != NULL)
            group_add(g, job);
        if (!g->n)
            return;
        group_commit(g);
        sqlite_checkpoint_if_large(g->conn);
    } while (true);
}

static void *sqlite_thread(void *ctx)
{
    struct writer *w = ctx;
    struct group g = {.db = w->db, .conn = w->conn};
    int idle_tries = IDLE_TRIES; /* the log may be left over from a crash */
    bool stop = false;

    on_writer_thread = true;
    g.end = &g.first;
    while (!stop) {
        if (wait_for_work(w, idle_tries > 0 ? IDLE_US : -1, &stop)) {
            run_groups(&g);
            idle_tries = IDLE_TRIES;
        } else if (!stop) {
            idle_tries = sqlite_checkpoint_idle(w->conn) ? 0 : idle_tries - 1;
        }
    }
    run_groups(&g);
    sqlite_checkpoint_idle(w->conn);
    return NULL;
}

/* ---- PostgreSQL: one by one ---- */

static void back_off(int tries, unsigned *seed)
{
    int64_t us = (int64_t)BACKOFF_US << (tries < 8 ? tries : 8);

    if (us > BACKOFF_US_MAX)
        us = BACKOFF_US_MAX;
    usleep((useconds_t)(us / 2 + rand_r(seed) % (us / 2)));
}

static void drop_conn(struct conn **conn)
{
    if (*conn)
        (*conn)->driver->conn_close(*conn);
    *conn = NULL;
}

/* Begins on a connection that works: one that broke while nobody used it is replaced, once. */
static struct err *begin_somewhere(struct db *db, struct job *job, struct conn **conn)
{
    struct err *e = NULL;

    for (int i = 0; i < 2; i++) {
        if (!*conn)
            TRY(db->driver->conn_open(db, job->arena, true, conn));
        e = (*conn)->driver->begin(*conn, job->arena, true);
        if (!e)
            return NULL;
        if (!(*conn)->broken)
            break;
        drop_conn(conn);
    }
    return e;
}

static void run_alone(struct db *db, struct conn **conn, struct job *job, unsigned *seed)
{
    for (int tries = 0; tries < TRIES_MAX; tries++) {
        if (tries) {
            atomic_fetch_add_explicit(&db->retries, 1, memory_order_relaxed);
            back_off(tries, seed);
        }
        job->err = begin_somewhere(db, job, conn);
        if (job->err)
            return;
        job->err = run_job(*conn, job);
        if (!job->err && !job->tx.lost)
            job->err = (*conn)->driver->commit(&job->tx);
        else
            (*conn)->driver->rollback(*conn);
        if (job->tx.lost && !job->err) /* fn did not pass the failure on */
            job->err = FAIL(job->arena, job->tx.again ? ERR_BUSY : ERR_INTERNAL,
                            job->tx.again ? "db.busy" : "db.failed", NULL,
                            "The database could not finish this.");
        if ((*conn)->broken)
            drop_conn(conn);
        if (!job->tx.again)
            break;
    }
    if (!job->err)
        atomic_fetch_add_explicit(&db->commits, 1, memory_order_relaxed);
}

static void *postgres_thread(void *ctx)
{
    struct writer *w = ctx;
    struct conn *conn = NULL;
    unsigned seed = (unsigned)clock_mono_us();
    bool stop = false;

    on_writer_thread = true;
    while (!stop) {
        struct job *job;

        wait_for_work(w, -1, &stop);
        while ((job = take(w)) != NULL) {
            run_alone(w->db, &conn, job, &seed);
            answer(w->db, job);
        }
    }
    drop_conn(&conn);
    return NULL;
}

/* ---- start and stop ---- */

struct err *writer_start(struct db *db, struct conn *conn, struct arena *tell)
{
    struct writer *w = mem_new(1, sizeof *w);
    pthread_condattr_t attr;

    db->writer = w;
    w->db = db;
    w->conn = conn;
    w->end = &w->first;
    w->n_threads = db->kind == DB_SQLITE ? 1 : db->options.writers;
    w->threads = mem_new((size_t)w->n_threads, sizeof *w->threads);
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&w->wake, &attr);
    pthread_condattr_destroy(&attr);
    for (int i = 0; i < w->n_threads; i++) {
        void *(*run)(void *) = db->kind == DB_SQLITE ? sqlite_thread : postgres_thread;

        if (pthread_create(&w->threads[i], NULL, run, w) != 0) {
            w->n_threads = i;
            return FAIL(tell, ERR_INTERNAL, "db.failed", NULL,
                        "The machine allows no further threads.");
        }
    }
    return NULL;
}

void writer_stop(struct db *db)
{
    struct writer *w = db->writer;

    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    pthread_cond_broadcast(&w->wake);
    pthread_mutex_unlock(&w->lock);
    for (int i = 0; i < w->n_threads; i++)
        pthread_join(w->threads[i], NULL);
    assert(!w->first);
}

void writer_close(struct db *db)
{
    struct writer *w = db->writer;

    if (!w)
        return;
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->wake);
    if (w->conn)
        db->driver->conn_close(w->conn);
    free(w->threads);
    free(w);
    db->writer = NULL;
}
