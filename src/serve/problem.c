/* Errors as RFC 9457 problem details. One place maps kinds and codes to status codes. */
#include "serve/serve_impl.h"

#include "base/json.h"

#include <string.h>

static const struct {
    const char *code, *sentence;
} titles[] = {
#define ERROR(code, sentence) {code, sentence},
#include "base/errors.def"
#undef ERROR
};

const char *problem_title(const char *code)
{
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        if (strcmp(titles[i].code, code) == 0)
            return titles[i].sentence;
    return NULL;
}

/* Two codes have a status of their own, which no kind of error has. */
int problem_status(const struct err *e)
{
    if (strcmp(e->code, "http.method") == 0)
        return 405;
    if (strcmp(e->code, "http.media_type") == 0)
        return 415;
    return err_http_status(e->kind);
}

/* The query parameter an error is about: rooms name it as they name a field; an error in an expression or cursor came in
 * through the parameter that carries it. NULL: none, it is about the body or the whole. */
static const char *parameter_of(const struct req *rq, const struct err *e)
{
    const char *name = e->field;

    if (!rq->route || !rq->route->query)
        return NULL;
    if (!name && strncmp(e->code, "expr.", 5) == 0)
        name = "filter";
    else if (!name && strcmp(e->code, "query.cursor") == 0)
        name = "cursor";
    if (name && *name == '/')
        name++;
    for (const struct param *p = rq->route->query; name && p->name; p++)
        if (strcmp(p->name, name) == 0 && rq->args[p - rq->route->query].len)
            return p->name;
    return NULL;
}

static void write_details(struct json_writer *w, const struct req *rq, const struct err *e, struct str message)
{
    const char *parameter = parameter_of(rq, e);

    jw_kv_str(w, "detail", message);
    jw_kv_str(w, "code", str_from(e->code));
    if (parameter)
        jw_kv_str(w, "parameter", str_from(parameter));
    else if (e->field)
        jw_kv_str(w, "pointer", str_from(e->field));
    if (e->page.len)
        jw_kv_str(w, "page", e->page);
    if (e->reason.len)
        jw_kv_str(w, "reason", e->reason);
    if (e->way_out.len)
        jw_kv_str(w, "way_out", e->way_out);
    if (e->line) {
        jw_kv_i64(w, "line", e->line);
        jw_kv_i64(w, "column", e->column);
    }
}

void problem_write(struct req *rq, const struct err *e, struct buf *out)
{
    struct json_writer w = json_writer(out);
    int status = problem_status(e);
    /* What went wrong inside is for the log. */
    struct str message = status == 500 ? STR("Something went wrong on our side. The log has the details under the request id.")
                                       : e->message;

    jw_object(&w);
    jw_kv_str(&w, "type", str_fmt(rq->arena, "/problems/%s", e->code));
    jw_kv_str(&w, "title", str_from(problem_title(e->code)));
    jw_kv_i64(&w, "status", status);
    write_details(&w, rq, e, message);
    jw_kv_str(&w, "request_id", str_from(rq->request_id));
    if (status != 500) {
        jw_key(&w, STR("errors"));
        jw_array(&w);
        for (const struct err *each = e; each; each = each->next) {
            jw_object(&w);
            write_details(&w, rq, each, each->message);
            jw_end_object(&w);
        }
        jw_end_array(&w);
    }
    jw_end_object(&w);
}
