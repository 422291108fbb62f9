#include "serve/http_impl.h"

#include "base/limits.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    ARENAS_KEPT = 32,            /* per thread */
    ARENA_FIRST_BYTES = 48 * 1024, /* a list of 50 records with all that is around it */
    CONNECTION_BYTES = 32 * 1024, /* URL_BYTES_MAX, HEADER_BYTES_MAX and room for the answer's headers */
    STREAM_BLOCK_BYTES = 2048,
    DRAIN_TIMES = 64,            /* a body that is too large is read on so many times its limit and thrown away: who still
                                  * sends does not hear an answer, and a connection closed on them loses it */
};

struct http_server {
    struct http_handlers handlers;
    struct MHD_Daemon *daemon;
    int listen_fd, stop_fd, port;
    pthread_t acceptor;
    bool accepting;
    atomic_int running, sleeping;
    atomic_bool stopping;
};

/* ---- arenas of a thread ---- */

struct arenas {
    struct arena *free[ARENAS_KEPT];
    int n;
};
static pthread_key_t arenas_key;
static pthread_once_t arenas_once = PTHREAD_ONCE_INIT;
static _Thread_local struct arenas *arenas_mine;

static void arenas_free(void *p)
{
    struct arenas *a = p;

    for (int i = 0; i < a->n; i++)
        arena_free(a->free[i]);
    free(a);
}

static void arenas_key_make(void)
{
    int rc = pthread_key_create(&arenas_key, arenas_free);

    assert(rc == 0);
    (void)rc;
}

static struct arenas *arenas_get(void)
{
    if (!arenas_mine) {
        pthread_once(&arenas_once, arenas_key_make);
        arenas_mine = calloc(1, sizeof *arenas_mine);
        if (!arenas_mine)
            abort();
        pthread_setspecific(arenas_key, arenas_mine);
    }
    return arenas_mine;
}

struct arena *http_arena_take(void)
{
    struct arenas *a = arenas_get();

    return a->n ? a->free[--a->n] : arena_new(ARENA_FIRST_BYTES);
}

void http_arena_give(struct arena *arena)
{
    struct arenas *a = arenas_get();

    if (a->n < ARENAS_KEPT) {
        arena_reset(arena);
        a->free[a->n++] = arena;
    } else {
        arena_free(arena);
    }
}

/* ---- a request comes in ---- */

static enum http_method method_of(struct str s)
{
    static const struct {
        const char *name;
        enum http_method method;
    } methods[] = {{"GET", M_GET}, {"POST", M_POST}, {"PATCH", M_PATCH},    {"DELETE", M_DELETE},
                   {"PUT", M_PUT}, {"HEAD", M_HEAD}, {"OPTIONS", M_OPTIONS}};

    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (strcmp(s.ptr, methods[i].name) == 0)
            return methods[i].method;
    return M_OTHER;
}

/* The first thing libmicrohttpd tells about a request: its target, untouched. What is returned becomes *con_cls. */
static void *on_target(void *cls, const char *uri, struct MHD_Connection *conn)
{
    struct http_server *server = cls;
    struct arena *arena = http_arena_take();
    struct http_request *rq = NEW(arena, struct http_request);

    rq->arena = arena;
    rq->server = server;
    rq->conn = conn;
    rq->target = str_dup(arena, str_from(uri));
    return rq;
}

static enum MHD_Result on_header(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_len, const char *value,
                                 size_t value_len)
{
    static const struct {
        const char *name;
        size_t len, offset;
    } known[] = {
#define X(id, text) {text, sizeof text - 1, offsetof(struct http_headers, id)},
        HTTP_HEADERS(X)
#undef X
    };
    struct http_headers *h = cls;

    (void)kind;
    h->bytes += name_len + value_len + 4;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct str *slot;

        if (known[i].len != name_len || strncasecmp(known[i].name, name, name_len) != 0)
            continue;
        slot = (struct str *)(void *)((char *)h + known[i].offset);
        if (slot->ptr)
            h->twice = known[i].name;
        *slot = (struct str){value ? value : "", value ? value_len : 0};
        break;
    }
    return MHD_YES;
}

static void take_body(struct http_request *rq, const char *data, size_t n)
{
    rq->body_seen += (int64_t)n;
    if (rq->body_seen > rq->body_max) {
        rq->body_too_large = true;
        rq->body.len = 0;
        return;
    }
    if (rq->body.len + n > rq->body_cap) {
        size_t cap = rq->body_cap ? rq->body_cap * 2 : 4096;

        while (cap < rq->body.len + n)
            cap *= 2;
        rq->body.ptr = rq->body_cap ? arena_grow(rq->arena, (void *)(uintptr_t)rq->body.ptr, rq->body_cap, cap)
                                    : arena_alloc(rq->arena, cap);
        rq->body_cap = cap;
    }
    memcpy((char *)(uintptr_t)rq->body.ptr + rq->body.len, data, n);
    rq->body.len += n;
}

/* Has the peer asked whether it may send the body? */
static bool waits_for_leave(struct http_request *rq)
{
    const char *value = MHD_lookup_connection_value(rq->conn, MHD_HEADER_KIND, "Expect");

    return value && strcasecmp(value, "100-continue") == 0;
}

static enum MHD_Result begin(struct http_server *server, struct http_request *rq, const char *method)
{
    const char *length = NULL;
    size_t length_n = 0;

    rq->begun = true;
    rq->method_text = str_dup(rq->arena, str_from(method));
    rq->method = method_of(rq->method_text);
    MHD_get_connection_values_n(rq->conn, MHD_HEADER_KIND, on_header, &rq->headers);
    rq->counted = true;
    atomic_fetch_add(&server->running, 1);
    rq->body_max = server->handlers.body_max(server->handlers.ctx, rq);
    if (MHD_lookup_connection_value_n(rq->conn, MHD_HEADER_KIND, "Content-Length", 14, &length, &length_n) == MHD_YES) {
        int64_t n;

        if (!str_to_i64((struct str){length, length_n}, &n) || n > rq->body_max * DRAIN_TIMES ||
            (n > rq->body_max && waits_for_leave(rq))) {
            /* Answered before the body is read. Who asked first (Expect: 100-continue) hears it; of the others, those who
             * send more than anybody should, libmicrohttpd closes the connection, and they may only learn of that. */
            rq->body_too_large = true;
            rq->handled = true;
            server->handlers.handle(server->handlers.ctx, rq);
            return rq->queued == MHD_YES ? MHD_YES : MHD_NO;
        }
        if (n > 0 && n <= rq->body_max) {
            rq->body_cap = (size_t)n;
            rq->body.ptr = arena_alloc(rq->arena, (size_t)n);
        }
    }
    return MHD_YES;
}

static enum MHD_Result on_access(void *cls, struct MHD_Connection *conn, const char *url, const char *method,
                                 const char *version, const char *data, size_t *data_n, void **con_cls)
{
    struct http_server *server = cls;
    struct http_request *rq = *con_cls;

    (void)conn;
    (void)url;
    (void)version;
    if (!rq->begun)
        return begin(server, rq, method);
    if (*data_n) {
        take_body(rq, data, *data_n);
        *data_n = 0;
        return rq->body_seen > rq->body_max * DRAIN_TIMES ? MHD_NO : MHD_YES;
    }
    if (rq->answered)
        return MHD_YES;
    if (!rq->handled) {
        rq->handled = true;
        server->handlers.handle(server->handlers.ctx, rq);
    } else {
        server->handlers.woken(server->handlers.ctx, rq);
    }
    return rq->answered && rq->queued != MHD_YES ? MHD_NO : MHD_YES;
}

static void on_completed(void *cls, struct MHD_Connection *conn, void **con_cls, enum MHD_RequestTerminationCode why)
{
    struct http_server *server = cls;
    struct http_request *rq = *con_cls;

    (void)conn;
    (void)why;
    if (!rq)
        return;
    *con_cls = NULL;
    if (rq->begun)
        server->handlers.done(server->handlers.ctx, rq);
    if (rq->counted)
        atomic_fetch_sub(&server->running, 1);
    http_arena_give(rq->arena);
}

/* Targets are decoded by us, once, strictly. */
static size_t no_unescape(void *cls, struct MHD_Connection *conn, char *s)
{
    (void)cls;
    (void)conn;
    return strlen(s);
}

/* ---- answers ---- */

static void queue(struct http_request *rq, int status, const struct http_header *headers, size_t n, struct MHD_Response *r)
{
    if (!r)
        abort(); /* out of memory */
    for (size_t i = 0; i < n; i++) {
        enum MHD_Result added = MHD_add_response_header(r, headers[i].name, headers[i].value);

        assert(added == MHD_YES); /* values are made by us, without control characters */
        (void)added;
    }
    rq->answered = true;
    rq->queued = MHD_queue_response(rq->conn, (unsigned)status, r);
    MHD_destroy_response(r);
}

void http_answer(struct http_request *rq, int status, const struct http_header *headers, size_t n, struct str body)
{
    queue(rq, status, headers, n,
          MHD_create_response_from_buffer(body.len, (void *)(uintptr_t)(body.ptr ? body.ptr : ""), MHD_RESPMEM_PERSISTENT));
}

struct stream {
    http_read_fn read;
    void *ctx;
};

static ssize_t on_read(void *cls, uint64_t pos, char *dst, size_t max)
{
    struct stream *s = cls;
    int64_t n = s->read(s->ctx, dst, max);

    (void)pos;
    if (n == -1)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (n < 0)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    return (ssize_t)n;
}

void http_stream(struct http_request *rq, int status, const struct http_header *headers, size_t n, http_read_fn read,
                 void *ctx, bool ends)
{
    struct stream *s = NEW(rq->arena, struct stream);

    s->read = read;
    s->ctx = ctx;
    if (rq->counted && !ends) {
        rq->counted = false;
        atomic_fetch_sub(&rq->server->running, 1);
    }
    queue(rq, status, headers, n, MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK_BYTES, on_read, s, NULL));
}

void http_sleep(struct http_request *rq)
{
    atomic_fetch_add(&rq->server->sleeping, 1);
    MHD_suspend_connection(rq->conn);
}

void http_wake(struct http_request *rq)
{
    struct http_server *server = rq->server; /* the request may be answered and gone before this returns */

    MHD_resume_connection(rq->conn);
    atomic_fetch_sub(&server->sleeping, 1);
}

struct str http_peer(struct http_request *rq)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(rq->conn, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    char text[INET6_ADDRSTRLEN] = "";

    if (info && info->client_addr) {
        const struct sockaddr *sa = info->client_addr;
        const void *address = sa->sa_family == AF_INET6 ? (const void *)&((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr
                                                        : (const void *)&((const struct sockaddr_in *)(const void *)sa)->sin_addr;

        if (sa->sa_family == AF_INET || sa->sa_family == AF_INET6)
            inet_ntop(sa->sa_family, address, text, sizeof text);
    }
    return str_dup(rq->arena, str_from(text));
}

bool http_loopback(struct str host)
{
    struct in_addr v4;
    char text[INET_ADDRSTRLEN];

    if (str_eq_nocase(host, STR("localhost")) || str_eq(host, STR("::1")) || str_eq(host, STR("[::1]")))
        return true;
    if (host.len >= sizeof text)
        return false;
    memcpy(text, host.ptr, host.len);
    text[host.len] = '\0';
    return inet_pton(AF_INET, text, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127; /* not "127.evil.example" */
}

/* ---- starting and stopping ---- */

static void *accept_loop(void *arg)
{
    struct http_server *server = arg;
    struct pollfd fds[2] = {{server->listen_fd, POLLIN, 0}, {server->stop_fd, POLLIN, 0}};

    for (;;) {
        struct sockaddr_storage peer;
        socklen_t len = sizeof peer;
        int fd, on = 1;

        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return NULL;
        if (fds[1].revents)
            return NULL;
        if (!(fds[0].revents & POLLIN))
            continue;
        fd = accept4(server->listen_fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
                poll(&fds[1], 1, 100); /* wait for somebody to leave instead of spinning */
            continue;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        /* On failure (too many connections) it closes fd itself. */
        (void)MHD_add_connection(server->daemon, fd, (struct sockaddr *)&peer, len);
    }
}

static struct err *cannot_listen(struct arena *arena, const struct http_options *o, const char *why)
{
    struct err *e = FAIL(arena, ERR_INVALID, "settings.invalid", NULL, "Cannot listen on %s port %d: %s.", o->host, o->port, why);

    e->way_out = STR("Choose another address or port (--host, --port), or stop the program that uses it.");
    return e;
}

static struct err *listen_on(struct arena *arena, const struct http_options *o, struct http_server *server)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *list = NULL;
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } bound;
    socklen_t len = sizeof bound;
    char port[16];
    int rc, fd, on = 1;

    snprintf(port, sizeof port, "%d", o->port);
    rc = getaddrinfo(o->host, port, &hints, &list);
    if (rc != 0)
        return cannot_listen(arena, o, gai_strerror(rc));
    fd = socket(list->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (fd < 0 || bind(fd, list->ai_addr, list->ai_addrlen) < 0 || listen(fd, 1024) < 0) {
        struct err *e = cannot_listen(arena, o, strerror(errno));

        if (fd >= 0)
            close(fd);
        freeaddrinfo(list);
        return e;
    }
    freeaddrinfo(list);
    memset(&bound, 0, sizeof bound);
    if (getsockname(fd, &bound.any, &len) == 0)
        server->port = ntohs(bound.any.sa_family == AF_INET6 ? bound.v6.sin6_port : bound.v4.sin_port);
    server->listen_fd = fd;
    return NULL;
}

static void raise_file_limit(void)
{
    struct rlimit lim;

    if (getrlimit(RLIMIT_NOFILE, &lim) == 0 && lim.rlim_cur < lim.rlim_max) {
        lim.rlim_cur = lim.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &lim);
    }
}

static struct MHD_Daemon *daemon_start(struct http_server *server, const struct http_options *o)
{
    struct MHD_OptionItem items[] = {
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_BYTES, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, o->connections_max, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, o->idle_timeout_s, NULL},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_completed, server},
        {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)on_target, server},
        {MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)no_unescape, NULL},
        {MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL},
        /* With one thread the option must not be given at all. */
        {o->threads > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END, o->threads, NULL},
        {MHD_OPTION_END, 0, NULL},
    };

    return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_SUSPEND_RESUME | MHD_USE_TURBO | MHD_USE_NO_LISTEN_SOCKET, 0,
                            NULL, NULL, on_access, server, MHD_OPTION_ARRAY, items, MHD_OPTION_END);
}

struct err *http_start(struct arena *arena, const struct http_options *o, const struct http_handlers *handlers,
                       struct http_server **out)
{
    struct http_server *server = calloc(1, sizeof *server);
    struct err *e;

    *out = NULL;
    if (!server)
        abort();
    server->handlers = *handlers;
    raise_file_limit();
    e = listen_on(arena, o, server);
    if (e) {
        free(server);
        return e;
    }
    *out = server; /* before the first request: its handler asks for it */
    server->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    server->daemon = server->stop_fd >= 0 ? daemon_start(server, o) : NULL;
    if (!server->daemon || pthread_create(&server->acceptor, NULL, accept_loop, server) != 0) {
        if (server->daemon)
            MHD_stop_daemon(server->daemon);
        if (server->stop_fd >= 0)
            close(server->stop_fd);
        close(server->listen_fd);
        free(server);
        *out = NULL;
        return FAIL(arena, ERR_INTERNAL, "internal", NULL, "The HTTP server could not be started: %s.", strerror(errno));
    }
    server->accepting = true;
    return NULL;
}

int http_port(const struct http_server *server)
{
    return server->port;
}

int http_running(const struct http_server *server)
{
    return atomic_load(&((struct http_server *)(uintptr_t)server)->running);
}

int http_sleeping(const struct http_server *server)
{
    return atomic_load(&((struct http_server *)(uintptr_t)server)->sleeping);
}

bool http_stopping(const struct http_server *server)
{
    return atomic_load_explicit(&((struct http_server *)(uintptr_t)server)->stopping, memory_order_relaxed);
}

void http_stop_accepting(struct http_server *server)
{
    uint64_t one = 1;

    if (!server->accepting)
        return;
    server->accepting = false;
    atomic_store(&server->stopping, true);
    while (write(server->stop_fd, &one, sizeof one) < 0 && errno == EINTR)
        continue;
    pthread_join(server->acceptor, NULL);
    close(server->listen_fd);
}

void http_stop(struct http_server *server)
{
    http_stop_accepting(server);
    MHD_stop_daemon(server->daemon);
    close(server->stop_fd);
    free(server);
}
