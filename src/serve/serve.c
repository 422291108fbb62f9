/* Starting and stopping: HTTP, workers, events, jobs, mail; and who is told when something is committed. */
#include "serve/serve_impl.h"

#include "base/log.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SERVERS_MAX = 4, PATIENCE_MS = 10000 };
#define CHANGE_CHANNEL "record.change"

/* Messages of the database come on its threads for as long as it lives; servers come and go. */
static pthread_mutex_t live_lock = PTHREAD_MUTEX_INITIALIZER;
static struct server *live[SERVERS_MAX];

static void on_notify(void *ctx, const char *channel, struct str payload)
{
    pthread_mutex_lock(&live_lock);
    for (int i = 0; i < SERVERS_MAX; i++) {
        if (!live[i] || live[i]->app->db != ctx)
            continue;
        if (strcmp(channel, WORK_NEWS_CHANNEL) == 0) {
            events_news(live[i]->events, payload);
            if (str_starts(payload, STR("notice ")) || str_starts(payload, STR("mail ")))
                mail_sender_wake(live[i]->mail);
            continue;
        }
        if (strcmp(channel, MANUAL_CHANNEL) == 0) /* the store heard it first: the new version is live here */
            events_manual(live[i]->events, payload);
        events_wake(live[i]->events);
        if (strcmp(channel, CHANGE_CHANNEL) == 0)
            jobs_wake(live[i]->jobs);
    }
    pthread_mutex_unlock(&live_lock);
}

/* ---- the hook on changes: the engine's, and then the news of it ---- */

static struct record_hooks engine;

static void tell(struct tx *tx)
{
    tx_notify(tx, CHANGE_CHANNEL, STR(""));
}

static struct err *on_change(struct tx *tx, const struct save_context *cx, const struct record *before,
                             const struct record *after, const bool *changed, int64_t change_id)
{
    if (engine.on_change)
        TRY(engine.on_change(tx, cx, before, after, changed, change_id));
    tell(tx);
    return NULL;
}

static struct err *on_gone(struct tx *tx, const struct save_context *cx, const struct record *record, bool gone)
{
    if (engine.on_gone)
        TRY(engine.on_gone(tx, cx, record, gone));
    tell(tx);
    return NULL;
}

void serve_install(void)
{
    if (record_hooks.on_change == on_change)
        return;
    engine = record_hooks;
    record_hooks.on_change = on_change;
    record_hooks.on_gone = on_gone;
}

/* ---- start ---- */

static struct err *set_demo(struct tx *tx, void *ctx)
{
    struct app *app = ctx;

    return access_set_demo(tx, app->demo);
}

static bool go_live(struct server *server)
{
    bool room = false;

    pthread_mutex_lock(&live_lock);
    for (int i = 0; i < SERVERS_MAX && !room; i++)
        if (!live[i]) {
            live[i] = server;
            room = true;
        }
    pthread_mutex_unlock(&live_lock);
    return room;
}

static void leave(struct server *server)
{
    pthread_mutex_lock(&live_lock);
    for (int i = 0; i < SERVERS_MAX; i++)
        if (live[i] == server)
            live[i] = NULL;
    pthread_mutex_unlock(&live_lock);
}

static void free_all(struct server *server)
{
    leave(server);
    jobs_stop(server->jobs);
    mail_sender_stop(server->mail);
    events_stop(server->events);
    pool_free(server->slow);
    pool_free(server->bulk);
    rate_free(server->rate);
    arena_free(server->doc_arena);
    arena_free(server->arena);
    pthread_mutex_destroy(&server->doc_lock);
    free(server);
}

static int threads_default(const struct app *app)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    if (cores < 1)
        cores = 1;
    /* With PostgreSQL a polling thread waits for the other process while it reads. */
    if (db_kind(app->db) == DB_POSTGRES)
        cores *= 4;
    return cores > 32 ? 32 : (int)cores;
}

struct err *serve_start(struct arena *arena, struct app *app, const struct serve_options *options, struct server **out)
{
    struct server *server = calloc(1, sizeof *server);
    struct err *e;

    *out = NULL;
    if (!server)
        abort();
    server->app = app;
    server->options = *options;
    server->arena = arena_new(0);
    pthread_mutex_init(&server->doc_lock, NULL);
    if (server->options.threads <= 0)
        server->options.threads = threads_default(app);
    serve_install();
    e = db_write(app->db, arena, set_demo, app);
    if (!e)
        e = events_start(arena, server);
    if (!e)
        e = jobs_start(arena, server);
    if (!e)
        e = mail_sender_start(arena, &(struct mail_sender_context){app->db, app->store, app->now_us, options->mail}, &server->mail);
    if (!e && !go_live(server))
        e = FAIL(arena, ERR_INTERNAL, "internal", NULL, "There are %d servers in this process already.", SERVERS_MAX);
    if (!e) {
        db_on_notify(app->db, on_notify, app->db);
        e = dispatch_start(arena, server);
    }
    if (e) {
        free_all(server);
        return e;
    }
    *out = server;
    return NULL;
}

int serve_port(const struct server *server)
{
    return http_port(server->http);
}

/* ---- stop ---- */

static void wait_ms(int ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000L}, NULL);
}

void serve_stop(struct server *server)
{
    http_stop_accepting(server->http);
    /* What was accepted is finished; a client that does not read its answer is not waited for. */
    for (int waited = 0; http_running(server->http) > 0 && waited < PATIENCE_MS; waited += 5) {
        events_end_streams(server->events);
        wait_ms(5);
    }
    events_end_streams(server->events);
    while (http_sleeping(server->http) > 0) {
        events_end_streams(server->events);
        wait_ms(5);
    }
    http_stop(server->http);
    free_all(server);
}
