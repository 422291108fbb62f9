/* From the socket to a handler and back: route, sign-in, parameters, body, rights, transaction, answer. */
#include "serve/static_impl.h"

#include "base/id.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

static void run(struct req *rq);

/* ---- small things about a request ---- */

struct str etag_of(struct arena *arena, int64_t version)
{
    char text[32];
    int n = snprintf(text, sizeof text, "\"v%lld\"", (long long)version);

    return str_dup(arena, (struct str){text, (size_t)n});
}

struct str str_shown(struct str s)
{
    size_t n = 80;

    if (s.len <= n)
        return s;
    while (n && (s.ptr[n] & 0xC0) == 0x80)
        n--;
    return str_sub(s, 0, n);
}

void req_header(struct req *rq, const char *name, struct str value)
{
    assert(rq->n_extra < EXTRA_HEADERS_MAX);
    rq->extra[rq->n_extra++] = (struct http_header){name, str_cstr(rq->arena, value)};
}

struct str req_address(struct req *rq)
{
    struct str peer = http_peer(rq->http);

    if (rq->server->options.trust_proxy && rq->http->headers.forwarded_for.len) {
        struct str last = forwarded_last(rq->http->headers.forwarded_for);

        if (last.len)
            return last;
    }
    return peer;
}

struct save_context req_save_context(const struct req *rq)
{
    return (struct save_context){.manual = rq->m, .actor = rq->actor, .now_us = rq->now_us};
}

static void make_request_id(struct req *rq)
{
    static const char hex[] = "0123456789abcdef";
    struct str given = rq->http->headers.request_id;
    uint64_t x;

    if (given.len > 0 && given.len <= 64) {
        size_t i = 0;

        while (i < given.len && (strchr("._-", given.ptr[i]) || (given.ptr[i] >= '0' && given.ptr[i] <= '9') ||
                                 ((given.ptr[i] | 32) >= 'a' && (given.ptr[i] | 32) <= 'z')))
            i++;
        if (i == given.len) {
            memcpy(rq->request_id, given.ptr, given.len);
            return;
        }
    }
    x = (atomic_fetch_add_explicit(&rq->server->request_count, 1, memory_order_relaxed) * 0x9E3779B97F4A7C15u) ^
        rq->server->request_seed;
    for (int i = 15; i >= 0; i--, x >>= 4)
        rq->request_id[i] = hex[x & 15];
}

static void unpin(void *m)
{
    manual_unpin(m);
}

/* ---- finding the route ---- */

static enum http_method as_get(enum http_method method)
{
    return method == M_HEAD ? M_GET : method;
}

static void find_allowed(struct req *rq, const struct path_match *match)
{
    static const struct {
        enum http_method method;
        const char *name;
    } names[] = {{M_GET, "GET, HEAD"}, {M_POST, "POST"}, {M_PUT, "PUT"}, {M_PATCH, "PATCH"}, {M_DELETE, "DELETE"}};
    struct buf b = buf_new(rq->arena, 64);
    unsigned seen = 0;

    for (size_t i = 0; i < match->n_items; i++)
        seen |= routes[match->items[i]].method;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (seen & names[i].method)
            buf_fmt(&b, "%s, ", names[i].name);
    buf_add(&b, STR("OPTIONS"));
    rq->allow = str_cstr(rq->arena, buf_str(&b));
}

/* *found stays false where the answer is complete without a handler (OPTIONS). */
static struct err *find_route(struct req *rq, bool *found)
{
    struct path_match match;
    struct str target = rq->http->target;
    size_t mark = str_find_char(target, '?', 0);

    *found = false;
    rq->path = str_sub(target, 0, mark);
    rq->query = mark == SIZE_MAX ? STR("") : str_sub(target, mark + 1, SIZE_MAX);
    if (target.len > URL_BYTES_MAX)
        return FAIL(rq->arena, ERR_MALFORMED, "http.parameter", NULL, "The address is longer than %d bytes.", URL_BYTES_MAX);
    if (rq->http->headers.bytes > HEADER_BYTES_MAX)
        return FAIL(rq->arena, ERR_MALFORMED, "http.parameter", NULL, "The headers are longer than %d bytes.", HEADER_BYTES_MAX);
    if (rq->http->headers.twice)
        return FAIL(rq->arena, ERR_MALFORMED, "http.parameter", NULL, "The header %s came twice.", rq->http->headers.twice);
    if (!path_tree_find(rq->server->paths, rq->arena, rq->path, &match))
        return FAIL(rq->arena, ERR_MALFORMED, "http.parameter", NULL,
                    "The path is not well-formed: percent escapes are %%XX, and the text is UTF-8.");
    if (match.n_items == 0) {
        struct err *e = FAIL(rq->arena, ERR_NOT_FOUND, "http.not_found", NULL, "There is nothing at this address.");

        e->way_out = STR("All addresses are listed in /api/v1/openapi.json.");
        return e;
    }
    for (size_t i = 0; i < match.n_items; i++)
        if (routes[match.items[i]].method == as_get(rq->http->method))
            rq->route = &routes[match.items[i]];
    if (!rq->route) {
        find_allowed(rq, &match);
        if (rq->http->method == M_OPTIONS) {
            rq->status = 204;
            return NULL;
        }
        return FAIL(rq->arena, ERR_INVALID, "http.method", NULL, "%.*s is not possible here; %s is.",
                    STR_ARG(rq->http->method_text), rq->allow);
    }
    memcpy(rq->params, match.params, sizeof rq->params);
    *found = true;
    return NULL;
}

/* ---- who asks ---- */

/* A browser sends cookies along with requests that other sites cause. What changes something must come from our own
 * pages: Sec-Fetch-Site says so, or else Origin. */
static struct err *check_same_site(struct req *rq)
{
    const struct http_headers *h = &rq->http->headers;
    bool ok;

    if (as_get(rq->http->method) == M_GET)
        return NULL;
    if (h->sec_fetch_site.ptr)
        ok = str_eq(h->sec_fetch_site, STR("same-origin")) || str_eq(h->sec_fetch_site, STR("none"));
    else
        ok = h->origin.ptr && origin_is_host(h->origin, h->host);
    if (ok)
        return NULL;
    struct err *e = FAIL(rq->arena, ERR_FORBIDDEN, "access.denied", NULL, "This request does not come from a page of this installation.");

    e->way_out = STR("Programs send the token in the header Authorization: Bearer, not as a cookie.");
    return e;
}

static struct err *sign_in(struct req *rq)
{
    const struct http_headers *h = &rq->http->headers;

    rq->secure = rq->server->options.trust_proxy && str_eq_nocase(h->forwarded_proto, STR("https"));
    rq->m = manual_live(rq->app->store);
    arena_on_reset(rq->arena, unpin, (void *)(uintptr_t)rq->m);
    if (rq->route->need.kind == NEED_NOTHING) {
        /* Signing in from another site's form would put a person into somebody else's session. */
        if (rq->http->method == M_POST && (h->sec_fetch_site.ptr || h->origin.ptr))
            return check_same_site(rq);
        return NULL;
    }
    rq->token = h->authorization.ptr ? bearer_token(h->authorization) : STR_NONE;
    rq->by_cookie = false;
    if (!h->authorization.ptr && h->cookie.ptr) {
        rq->token = cookie_value(h->cookie, STR("__Host-fairlead"));
        if (!rq->token.ptr)
            rq->token = cookie_value(h->cookie, STR("fairlead"));
        rq->by_cookie = rq->token.ptr != NULL;
    }
    TRY(access_by_token(rq->app->access, rq->arena, rq->m, rq->token, rq->by_cookie ? VIA_WEB : VIA_API, rq->now_us, &rq->actor));
    if (!rate_allows(rq->server->rate, rq->actor->session_id ? rq->actor->session_id : rq->actor->token_id, rq->now_us)) {
        struct err *e = FAIL(rq->arena, ERR_TOO_MANY, "http.rate_limited", NULL, "These are more than %d requests a second.",
                             rq->server->options.requests_per_second);

        e->way_out = STR("Wait a second; ask for more with one request, or less often.");
        return e;
    }
    return rq->by_cookie ? check_same_site(rq) : NULL;
}

/* ---- what is asked for ---- */

static struct err *find_object(struct req *rq, struct str name)
{
    const struct object *o = manual_object(rq->m, name);
    struct str *names, near;
    struct err *e;

    if (o && !(o->built_in && (rq->route->flags & RF_NO_BUILT_IN))) {
        rq->object = o;
        return NULL;
    }
    names = NEW_ARRAY(rq->arena, rq->m->n_objects + 1, struct str);
    for (size_t i = 0; i < rq->m->n_objects; i++)
        names[i] = rq->m->objects[i].name;
    near = str_nearest(rq->arena, name, names, rq->m->n_objects);
    e = FAIL(rq->arena, ERR_NOT_FOUND, "http.not_found", NULL, "The manual has no object \"%.*s\" with records of its own.",
             STR_ARG(str_shown(name)));
    if (near.len && !o)
        e->way_out = str_fmt(rq->arena, "Did you mean %.*s?", STR_ARG(near));
    return e;
}

/* The path's parameters: {object} and {id} are looked at here, others by the handler. */
static struct err *in_path(struct req *rq)
{
    const char *p = rq->route->path;
    int n = 0;

    while ((p = strchr(p, '{'))) {
        p++;
        if (strncmp(p, "object}", 7) == 0) {
            TRY(find_object(rq, rq->params[n]));
        } else if (strncmp(p, "id}", 3) == 0 && !id_parse(rq->params[n], &rq->id)) {
            return FAIL(rq->arena, ERR_NOT_FOUND, "record.not_found", NULL, "\"%.*s\" is no id: ids are decimal digits.",
                        STR_ARG(str_shown(rq->params[n])));
        }
        n++;
    }
    return NULL;
}

static struct err *in_if_match(struct req *rq)
{
    struct str header = rq->http->headers.if_match;
    struct err *e;

    rq->if_match = -1;
    if (!(rq->route->flags & (RF_IF_MATCH | RF_IF_MATCH_OPT)))
        return NULL;
    if (!header.ptr && (rq->route->flags & RF_IF_MATCH_OPT))
        return NULL;
    if (!header.ptr) {
        e = FAIL(rq->arena, ERR_NEEDS_MATCH, "record.version_conflict", NULL,
                 "A change must say which version it was made for, so that nobody's work is overwritten.");
        e->way_out = STR("Send If-Match with the ETag you read, for example If-Match: \"v17\".");
        return e;
    }
    if (!etag_parse(header, &rq->if_match)) {
        e = FAIL(rq->arena, ERR_MALFORMED, "http.parameter", NULL, "If-Match is not one entity tag.");
        e->way_out = STR("Send the ETag as you got it, for example If-Match: \"v17\".");
        return e;
    }
    rq->has_if_match = true;
    return NULL;
}

static struct err *check_need(struct req *rq)
{
    const struct need *need = &rq->route->need;

    if (need->kind == NEED_VERB)
        return access_need(rq->arena, rq->m, rq->actor, rq->object->index, (enum verb)need->what);
    if (need->kind == NEED_RIGHT)
        return access_need_right(rq->arena, rq->m, rq->actor, (enum right)need->what);
    return NULL;
}

/* ---- running ---- */

static void reset_answer(struct req *rq)
{
    rq->out = buf_new(rq->arena, rq->route && (rq->route->flags & RF_BIG) ? 32 * 1024 : 2048);
    rq->status = rq->route ? rq->route->status : 200;
    rq->n_extra = 0;
    rq->etag = STR_NONE;
    rq->location = STR_NONE;
    rq->cache_control = NULL;
    rq->replayed = false;
}

static struct err *in_read(struct tx *tx, void *ctx)
{
    struct req *rq = ctx;

    rq->tx = tx;
    return rq->route->fn(rq);
}

static struct err *in_write(struct tx *tx, void *ctx)
{
    struct req *rq = ctx;
    bool replay = false;

    rq->tx = tx;
    reset_answer(rq);
    TRY(manual_check_live(tx, rq->app->store, rq->m));
    TRY(idempotency_find(rq, &replay));
    if (replay)
        return NULL;
    TRY(rq->route->fn(rq));
    return idempotency_keep(rq);
}

static void write_done(void *ctx, struct err *e)
{
    struct req *rq = ctx;

    rq->err = e;
    rq->tx = NULL;
    http_wake(rq->http);
}

static bool again(struct req *rq)
{
    return rq->err && rq->err->kind == ERR_BUSY && ++rq->tries < TRIES_MAX;
}

static struct err *decode(struct req *rq)
{
    bool found;

    reset_answer(rq);
    if (http_stopping(rq->server->http)) {
        rq->tries = TRIES_MAX;
        return FAIL(rq->arena, ERR_BUSY, "db.busy", NULL, "The server is stopping.");
    }
    TRY(find_route(rq, &found));
    if (!found)
        return NULL;
    TRY(sign_in(rq));
    if (rq->http->body_too_large) {
        struct err *e = FAIL(rq->arena, ERR_TOO_LARGE, "http.body_too_large", NULL, "The request body is longer than %d bytes.", BODY_BYTES_MAX);

        e->way_out = STR("Split the request; whole files come in through `fairlead import`.");
        return e;
    }
    TRY(in_path(rq));
    TRY(check_need(rq));
    TRY(in_query(rq));
    TRY(in_if_match(rq));
    TRY(in_body(rq));
    if (rq->route->tx == TX_WRITE && !(rq->route->flags & RF_SECRET))
        TRY(idempotency_prepare(rq));
    return NULL;
}

static struct err *queue_full(struct req *rq)
{
    struct err *e = FAIL(rq->arena, ERR_BUSY, "db.busy", NULL, "Too many requests of this kind are waiting.");

    e->way_out = STR("Try again in a few seconds.");
    rq->tries = TRIES_MAX;
    return e;
}

static void run(struct req *rq)
{
    rq->err = decode(rq);
    if (rq->err || !rq->route) {
        dispatch_finish(rq);
        return;
    }
    reset_answer(rq);
    switch (rq->route->tx) {
    case TX_NONE:
        rq->err = rq->route->fn(rq);
        break;
    case TX_READ:
        rq->err = db_read(rq->app->db, rq->arena, in_read, rq);
        rq->tx = NULL;
        break;
    case TX_WRITE:
        http_sleep(rq->http); /* before the job can be done */
        db_write_async(rq->app->db, rq->arena, in_write, rq, write_done);
        return;
    case TX_SLOW:
    case TX_BULK:
        http_sleep(rq->http);
        if (pool_put(rq->route->tx == TX_SLOW ? rq->server->slow : rq->server->bulk, rq))
            return;
        rq->err = queue_full(rq);
        http_wake(rq->http);
        return;
    }
    if (again(rq))
        run(rq);
    else if (!rq->streams)
        dispatch_finish(rq);
}

static void run_on_worker(struct req *rq)
{
    if (rq->route->flags & RF_CSV) { /* wakes the request itself, and may outlive it */
        export_run(rq);
        return;
    }
    rq->err = rq->route->fn(rq);
    http_wake(rq->http);
}

/* ---- the answer ---- */

static void log_request(const struct req *rq, int status)
{
    char number[16], took[24];

    snprintf(number, sizeof number, "%d", status);
    snprintf(took, sizeof took, "%lld", (long long)(rq->app->now_us() - rq->now_us));
    log_event(LOG_DEBUG, "request", "id", rq->request_id, "op", rq->route && rq->route->op ? rq->route->op : "none", "status",
              number, "us", took, NULL);
}

/* Errors of the machine are told to whoever runs it, refusals of writes to whoever watches over it. */
static void log_error(const struct req *rq, int status)
{
    const struct err *e = rq->err;
    char line[16], user[24];

    if (status < 500 && status != 403)
        return;
    snprintf(line, sizeof line, "%d", e->src_line);
    snprintf(user, sizeof user, "%lld", (long long)(rq->actor ? rq->actor->user_id : 0));
    if (status == 403) {
        log_event(LOG_INFO, "refused", "id", rq->request_id, "user", user, "op", rq->route && rq->route->op ? rq->route->op : "none",
                  "code", e->code, NULL);
        return;
    }
    log_event(status == 503 ? LOG_WARN : LOG_ERROR, "request_failed", "id", rq->request_id, "code", e->code, "file", e->src_file,
              "line", line, "message", str_cstr(rq->arena, e->message), NULL);
}

static const char *const html_csp =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types fairlead dompurify";

void dispatch_finish(struct req *rq)
{
    struct http_header h[12 + EXTRA_HEADERS_MAX];
    struct str body;
    int status = rq->status;
    bool page = page_wanted(rq);
    size_t n = 0;

    if (rq->err && page) {
        log_error(rq, problem_status(rq->err));
        page_of_error(rq);
        status = rq->status;
    } else if (rq->err) {
        status = problem_status(rq->err);
        log_error(rq, status);
        rq->out = buf_new(rq->arena, 1024);
        problem_write(rq, rq->err, &rq->out);
        rq->content_type = "application/problem+json";
        if (rq->err->kind != ERR_STALE)
            rq->etag = STR_NONE;
        rq->location = STR_NONE;
        rq->n_extra = 0;
        if (status == 401)
            req_header(rq, "WWW-Authenticate", STR("Bearer realm=\"fairlead\""));
        if (status == 503 || status == 429)
            req_header(rq, "Retry-After", STR("1"));
    }
    body = buf_str(&rq->out);
    if (rq->etag.len && !rq->err && status == 200 && as_get(rq->http->method) == M_GET && rq->http->headers.if_none_match.ptr &&
        etag_listed(rq->http->headers.if_none_match, rq->etag)) {
        status = 304;
        body = STR("");
    }
    if (status != 204 && status != 304)
        h[n++] = (struct http_header){"Content-Type", rq->content_type ? rq->content_type : "application/json"};
    h[n++] = (struct http_header){"X-Request-Id", rq->request_id};
    h[n++] = (struct http_header){"Cache-Control", rq->err || !rq->cache_control ? "no-store" : rq->cache_control};
    h[n++] = (struct http_header){"X-Content-Type-Options", "nosniff"};
    if (page) {
        h[n++] = (struct http_header){"Content-Security-Policy", html_csp};
        h[n++] = (struct http_header){"Referrer-Policy", "same-origin"};
        h[n++] = (struct http_header){"Cross-Origin-Opener-Policy", "same-origin"};
    } else {
        h[n++] = (struct http_header){"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"};
    }
    if (rq->etag.len)
        h[n++] = (struct http_header){"ETag", str_cstr(rq->arena, rq->etag)};
    if (rq->location.len)
        h[n++] = (struct http_header){"Location", str_cstr(rq->arena, rq->location)};
    if (rq->allow)
        h[n++] = (struct http_header){"Allow", rq->allow};
    if (rq->replayed)
        h[n++] = (struct http_header){"Idempotency-Replayed", "true"};
    for (int i = 0; i < rq->n_extra; i++)
        h[n++] = rq->extra[i];
    http_answer(rq->http, status, h, n, body);
    if (log_enabled(LOG_DEBUG))
        log_request(rq, status);
}

/* ---- called by http.c ---- */

static int64_t on_body_max(void *ctx, struct http_request *http)
{
    (void)ctx;
    (void)http;
    return BODY_BYTES_MAX;
}

static void on_handle(void *ctx, struct http_request *http)
{
    struct server *server = ctx;
    struct req *rq = NEW(http->arena, struct req);

    rq->arena = http->arena;
    rq->http = http;
    rq->server = server;
    rq->app = server->app;
    rq->now_us = server->app->now_us();
    http->user = rq;
    make_request_id(rq);
    run(rq);
}

static void on_woken(void *ctx, struct http_request *http)
{
    struct req *rq = http->user;

    (void)ctx;
    if (rq->streams) {
        export_begin(rq);
    } else if (again(rq)) {
        rq->route = NULL;
        run(rq);
    } else {
        dispatch_finish(rq);
    }
}

static void on_done(void *ctx, struct http_request *http)
{
    struct req *rq = http->user;

    (void)ctx;
    if (!rq || !rq->streams)
        return;
    if (rq->route->flags & RF_EVENTS)
        events_done(rq);
    else
        export_done(rq);
}

struct err *dispatch_start(struct arena *arena, struct server *server)
{
    struct http_handlers handlers = {server, on_body_max, on_handle, on_woken, on_done};
    struct http_options options = {
        .host = server->options.host,
        .port = server->options.port,
        .threads = server->options.threads,
        .connections_max = EVENT_STREAMS_MAX + 4000,
        .idle_timeout_s = 75,
    };

    randombytes_buf(&server->request_seed, sizeof server->request_seed);
    server->paths = path_tree_new(server->arena);
    for (int i = 0; i < n_routes; i++)
        path_tree_put(server->paths, routes[i].path, i);
    server->slow = pool_new(2, 64, 10, run_on_worker);
    server->bulk = pool_new(2, 16, 5, run_on_worker);
    server->rate = rate_new(server->options.requests_per_second);
    return http_start(arena, &options, &handlers, &server->http);
}
