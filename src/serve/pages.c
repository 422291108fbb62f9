/* About the installation itself: health, and the OpenAPI document. */
#include "serve/serve_impl.h"

#include "base/json.h"

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
    jw_kv_str(&w, "clock", clock_is_set() ? STR("set") : STR("machine"));
    jw_kv_str(&w, "mail", str_from(mail_sender_state(rq->server->mail).word));
    jw_end_object(&w);
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
    /* A machine's name for itself means another machine to whoever reads the document there. */
    if (str_starts(host, STR("localhost")))
        return STR("/");
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
