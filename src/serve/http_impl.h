#pragma once
/* HTTP/1.1 on libmicrohttpd, behind the few calls the rest of this room needs. No other file includes its header.
 *
 * An accepting thread hands connections to the polling threads one after another, so that all are equally loaded. Each
 * request has an arena from a pool of its polling thread; the answer's bytes live there until they are sent, so nothing
 * is copied. A request whose answer is not ready sleeps (its connection is suspended) and is woken from any thread.
 */
#include "base/err.h"

#include <stdatomic.h>

struct http_server;
struct MHD_Connection;
struct MHD_Response;

enum http_method { M_GET = 1, M_POST = 2, M_PUT = 4, M_PATCH = 8, M_DELETE = 16, M_HEAD = 32, M_OPTIONS = 64, M_OTHER = 128 };

/* Request headers this server looks at. ptr NULL: not sent. */
#define HTTP_HEADERS(X) \
    X(accept, "Accept") X(accept_encoding, "Accept-Encoding") X(authorization, "Authorization") X(content_type, "Content-Type") X(cookie, "Cookie") \
    X(forwarded_for, "X-Forwarded-For") X(forwarded_proto, "X-Forwarded-Proto") X(host, "Host") \
    X(idempotency_key, "Idempotency-Key") X(if_match, "If-Match") X(if_none_match, "If-None-Match") \
    X(last_event_id, "Last-Event-ID") X(origin, "Origin") X(request_id, "X-Request-Id") \
    X(sec_fetch_site, "Sec-Fetch-Site") X(user_agent, "User-Agent")
struct http_headers {
#define X(id, name) struct str id;
    HTTP_HEADERS(X)
#undef X
    const char *twice; /* name of one of them that came more than once; NULL */
    size_t bytes;      /* of all headers */
};

struct http_header {
    const char *name;
    const char *value; /* NUL-terminated; lives until the answer is queued */
};

/* One request, from its first line to the last byte of its answer. */
struct http_request {
    struct arena *arena;
    struct http_server *server;
    enum http_method method;
    struct str method_text;
    struct str target; /* as sent: "/api/v1/x?y=z"; NUL-terminated */
    struct http_headers headers;
    struct str body;   /* whole */
    bool body_too_large;
    void *user;        /* of the room above */
    /* http.c's own */
    struct MHD_Connection *conn;
    size_t body_cap;
    int64_t body_max, body_seen;
    bool begun, handled, answered, counted;
    int queued;
};

struct http_handlers {
    void *ctx;
    /* How many bytes of body this request may have. Only method, target and headers are known. */
    int64_t (*body_max)(void *ctx, struct http_request *rq);
    /* The whole request is here. Calls http_answer or http_stream, or http_sleep and then lets another thread work. */
    void (*handle)(void *ctx, struct http_request *rq);
    /* After http_wake, on the polling thread again: answers, or sleeps once more. */
    void (*woken)(void *ctx, struct http_request *rq);
    /* The answer is sent or the peer is gone; the arena is reset right after. */
    void (*done)(void *ctx, struct http_request *rq);
};
struct http_options {
    const char *host;
    int port, threads, connections_max;
    int idle_timeout_s;
};
MUST_USE struct err *http_start(struct arena *arena, const struct http_options *options,
                                const struct http_handlers *handlers, struct http_server **out);
int http_port(const struct http_server *server);
/* No new connections from now on. */
void http_stop_accepting(struct http_server *server);
/* Since http_stop_accepting was called: nothing new may sleep. */
bool http_stopping(const struct http_server *server);
/* Requests that were begun and not yet answered to the last byte; streams without an end are not counted. */
int http_running(const struct http_server *server);
int http_sleeping(const struct http_server *server);
/* Closes all connections. All sleepers must have been woken. */
void http_stop(struct http_server *server);

/* Once per request, on the polling thread. body lives on the request's arena, or forever. */
void http_answer(struct http_request *rq, int status, const struct http_header *headers, size_t n, struct str body);
/* ends: the stream comes to an end by itself, stopping waits for it. read gives up to max bytes; 0: nothing yet, it called http_stream_sleep before; -1: the end; -2: broken off.
 * Called on the polling thread. */
typedef int64_t (*http_read_fn)(void *ctx, char *dst, size_t max);
void http_stream(struct http_request *rq, int status, const struct http_header *headers, size_t n, http_read_fn read,
                 void *ctx, bool ends);

/* Within handle, woken or a stream's read: nothing more happens to this request until http_wake. */
void http_sleep(struct http_request *rq);
/* From any thread, once per http_sleep. */
void http_wake(struct http_request *rq);

/* The peer's address as text; "" if it cannot be told. */
struct str http_peer(struct http_request *rq);
/* Is this host name or address this machine itself: localhost, 127.x.x.x, ::1 (in brackets or not)? */
bool http_loopback(struct str host);
/* Of the calling polling thread: arenas for work of its own. */
struct arena *http_arena_take(void);
void http_arena_give(struct arena *arena);
