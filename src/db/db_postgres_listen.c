/* PostgreSQL: messages between nodes. One connection and one thread listen for them, for as long as the database is open; a
 * connection that breaks is renewed after growing pauses, and whoever listens is told that something may have been missed.
 */
#include "db/postgres_impl.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define RECONNECT_MS 100 /* doubled up to RECONNECT_MS_MAX */
#define RECONNECT_MS_MAX 5000

struct pg_listen {
    struct db *db;
    PGconn *pg;
    int stop_fd;
    bool running;
    pthread_t thread;
};

static void deliver(struct db *db, PGnotify *notify)
{
    struct str rest = str_from(notify->extra);
    struct str channel;
    char name[64];

    if (str_cut(&rest, '\n', &channel) && channel.len < sizeof name) {
        memcpy(name, channel.ptr, channel.len);
        name[channel.len] = '\0';
        db_tell(db, name, rest.ptr ? rest : STR(""));
    }
    PQfreemem(notify);
}

static bool listen_on(PGconn *pg)
{
    return PQstatus(pg) == CONNECTION_OK && pg_run_ok(pg, "LISTEN " NOTIFY_CHANNEL);
}

/* True: it is time to stop. */
static bool stop_within(struct pg_listen *l, int ms)
{
    struct pollfd fd = {.fd = l->stop_fd, .events = POLLIN};

    return poll(&fd, 1, ms) > 0;
}

static bool reconnect(struct pg_listen *l)
{
    int wait_ms = RECONNECT_MS;

    log_event(LOG_WARN, "db.listen_lost", NULL);
    while (!stop_within(l, wait_ms)) {
        PQfinish(l->pg);
        l->pg = pg_connect(l->db);
        if (listen_on(l->pg)) {
            log_event(LOG_INFO, "db.listen_back", NULL);
            db_tell(l->db, "db.reconnected", STR(""));
            return true;
        }
        wait_ms = wait_ms * 2 < RECONNECT_MS_MAX ? wait_ms * 2 : RECONNECT_MS_MAX;
    }
    return false;
}

static void *listen_thread(void *ctx)
{
    struct pg_listen *l = ctx;

    for (;;) {
        struct pollfd fds[2] = {{.fd = l->stop_fd, .events = POLLIN},
                                {.fd = PQsocket(l->pg), .events = POLLIN}};
        PGnotify *notify;

        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return NULL;
        if (fds[0].revents)
            return NULL;
        if (!PQconsumeInput(l->pg) || PQstatus(l->pg) == CONNECTION_BAD) {
            if (!reconnect(l))
                return NULL;
            continue;
        }
        while ((notify = PQnotifies(l->pg)) != NULL)
            deliver(l->db, notify);
    }
}

struct err *pg_start(struct db *db, struct arena *tell)
{
    struct pg_listen *l = NEW(db->arena, struct pg_listen);

    l->db = db;
    l->stop_fd = eventfd(0, EFD_CLOEXEC);
    l->pg = pg_connect(db);
    db->listen = l;
    if (l->stop_fd < 0 || !listen_on(l->pg))
        return pg_no_connection(tell, l->pg);
    l->running = pthread_create(&l->thread, NULL, listen_thread, l) == 0;
    return l->running ? NULL
                      : FAIL(tell, ERR_INTERNAL, "db.failed", NULL,
                             "The machine allows no further threads.");
}

void pg_stop_threads(struct db *db)
{
    struct pg_listen *l = db->listen;
    uint64_t one = 1;

    if (!l)
        return;
    if (l->running) {
        while (write(l->stop_fd, &one, sizeof one) < 0 && errno == EINTR)
            ;
        pthread_join(l->thread, NULL);
    }
    PQfinish(l->pg);
    if (l->stop_fd >= 0)
        close(l->stop_fd);
    db->listen = NULL;
}
