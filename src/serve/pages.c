/* The few answers that are no API: a page that says what this is, health, what an error code means, the OpenAPI document. */
#include "serve/serve_impl.h"

#include "base/json.h"

static void add_html(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        switch (s.ptr[i]) {
        case '<':
            buf_add(b, STR("&lt;"));
            break;
        case '>':
            buf_add(b, STR("&gt;"));
            break;
        case '&':
            buf_add(b, STR("&amp;"));
            break;
        case '"':
            buf_add(b, STR("&quot;"));
            break;
        default:
            buf_add_char(b, s.ptr[i]);
        }
    }
}

static void begin_page(struct req *rq, const char *title)
{
    rq->content_type = "text/html; charset=utf-8";
    buf_fmt(&rq->out,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>%s</title>\n"
            "<style>body{font:1.05rem/1.6 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem;color:#1c2733;"
            "background:#fff}a{color:#0b57a4}code{background:#eef2f6;padding:.1em .3em;border-radius:.2em}"
            "@media(prefers-color-scheme:dark){body{color:#e3e9ef;background:#12181f}a{color:#8cc1ff}code{background:#243040}}"
            "</style>\n</head>\n<body>\n<main>\n<h1>%s</h1>\n",
            title, title);
}

static void end_page(struct req *rq)
{
    buf_add(&rq->out, STR("</main>\n</body>\n</html>\n"));
}

struct err *serve_root(struct req *rq)
{
    begin_page(rq, "fairlead");
    buf_add(&rq->out, STR("<p>A company writes the manual its team works by; fairlead is the CRM that runs it.</p>\n"));
    if (rq->m->version)
        buf_fmt(&rq->out, "<p>This installation runs version %lld of its manual, %zu pages.</p>\n", (long long)rq->m->version,
                rq->m->n_pages);
    else
        buf_add(&rq->out, STR("<p>No manual is published here yet: <code>fairlead init</code> does it.</p>\n"));
    buf_add(&rq->out,
            STR("<h2>The API</h2>\n<ul>\n"
                "<li><a href=\"/api/v1/openapi.json\">/api/v1/openapi.json</a>: everything this installation answers, as OpenAPI 3.1, "
                "its own objects and fields included</li>\n"
                "<li><code>POST /api/v1/sign-in</code> with <code>{\"email\", \"password\"}</code> gives a token; send it as "
                "<code>Authorization: Bearer</code></li>\n"
                "<li><code>GET /api/v1/my-day</code>: what you owe today, with the reason for each</li>\n"
                "<li><code>GET /api/v1/records/lead</code>: records, with <code>filter</code>, <code>sort</code>, <code>fields</code></li>\n"
                "<li><a href=\"/healthz\">/healthz</a>: is it well?</li>\n</ul>\n"
                "<h2>In the terminal</h2>\n<p><code>fairlead --help</code> names the commands; <code>fairlead today</code> shows "
                "somebody's day.</p>\n"));
    end_page(rq);
    return NULL;
}

static struct err *touch_database(struct tx *tx, void *ctx)
{
    struct stmt *st;
    bool row;

    (void)ctx;
    TRY(db_stmt_text(tx, STR("SELECT 1"), &st));
    TRY(db_step(st, &row));
    db_done(st);
    return NULL;
}

struct err *serve_health(struct req *rq)
{
    struct json_writer w = json_writer(&rq->out);

    TRY(db_read(rq->app->db, rq->arena, touch_database, NULL));
    jw_object(&w);
    jw_kv_str(&w, "status", STR("ok"));
    jw_kv_i64(&w, "manual_version", rq->m->version);
    jw_kv_instant(&w, "now", rq->now_us);
    jw_end_object(&w);
    return NULL;
}

struct err *serve_problem_page(struct req *rq)
{
    const char *code = str_cstr(rq->arena, rq->params[0]);
    const char *sentence = problem_title(code);

    if (!sentence)
        return FAIL(rq->arena, ERR_NOT_FOUND, "http.not_found", NULL, "There is no problem with this name.");
    begin_page(rq, code);
    buf_add(&rq->out, STR("<p>"));
    add_html(&rq->out, str_from(sentence));
    buf_add(&rq->out, STR("</p>\n<p>An answer with this code has in <code>detail</code> what happened, in <code>errors</code> each "
                          "finding with its place, and in <code>way_out</code> what can be done.</p>\n"
                          "<p><a href=\"/\">What this is</a></p>\n"));
    end_page(rq);
    return NULL;
}

static struct str base_url(struct req *rq)
{
    struct str host = rq->http->headers.host;

    for (size_t i = 0; i < host.len; i++) {
        char c = host.ptr[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == ':' ||
              c == '[' || c == ']'))
            return STR("/");
    }
    return host.len ? str_fmt(rq->arena, "%s://%.*s", rq->secure ? "https" : "http", STR_ARG(host)) : STR("/");
}

/* The document has half a megabyte and depends on the manual and the address alone: kept until the manual changes. */
struct err *serve_openapi(struct req *rq)
{
    struct server *s = rq->server;
    struct str url = base_url(rq);

    pthread_mutex_lock(&s->doc_lock);
    if (!s->doc_arena || s->doc_version != rq->m->version || !str_eq(s->doc_url, url)) {
        struct arena *fresh = arena_new(0);
        struct buf doc = buf_new(fresh, 256 * 1024);

        openapi_write(&doc, rq->m, url);
        arena_free(s->doc_arena);
        s->doc_arena = fresh;
        s->doc = buf_str(&doc);
        s->doc_url = str_dup(fresh, url);
        s->doc_version = rq->m->version;
    }
    buf_add(&rq->out, s->doc);
    pthread_mutex_unlock(&s->doc_lock);
    rq->etag = etag_of(rq->arena, rq->m->version);
    return NULL;
}
