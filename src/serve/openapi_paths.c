/* Operations, made from the route table; the routes of records are written once for every object. */
#include "serve/openapi_impl.h"

#include "base/json.h"
#include "base/limits.h"

#include <string.h>

#define REF(name) "{\"$ref\":\"#/components/schemas/" name "\"}"

/* ---- operations ---- */

static void write_path_params(struct json_writer *w, const struct route *r)
{
    const char *p = r->path;

    while ((p = strchr(p, '{'))) {
        const char *end = strchr(p, '}');
        struct str name = {p + 1, (size_t)(end - p - 1)};

        p = end;
        if (str_eq(name, STR("object")))
            continue;
        jw_object(w);
        jw_kv_str(w, "name", name);
        jw_kv_str(w, "in", STR("path"));
        jw_kv_bool(w, "required", true);
        jw_key(w, STR("schema"));
        if (str_eq(name, STR("id")))
            openapi_schema_ref(w, STR("Id"));
        else if (str_eq(name, STR("version")))
            jw_raw(w, STR("{\"type\":\"integer\",\"minimum\":1}"));
        else
            jw_raw(w, STR("{\"type\":\"string\"}"));
        jw_end_object(w);
    }
}

static void write_query_params(struct json_writer *w, const struct route *r)
{
    for (const struct param *p = r->query; p && p->name; p++) {
        jw_object(w);
        jw_kv_str(w, "name", str_from(p->name));
        jw_kv_str(w, "in", STR("query"));
        if (p->required)
            jw_kv_bool(w, "required", true);
        jw_kv_str(w, "description", str_from(p->doc));
        jw_key(w, STR("schema"));
        switch (p->type) {
        case P_TEXT:
            jw_raw(w, STR("{\"type\":\"string\"}"));
            break;
        case P_INT:
            jw_object(w);
            jw_kv_str(w, "type", STR("integer"));
            jw_kv_i64(w, "minimum", p->min);
            jw_kv_i64(w, "maximum", p->max);
            jw_end_object(w);
            break;
        case P_BOOL:
            jw_raw(w, STR("{\"type\":\"boolean\"}"));
            break;
        case P_ID:
            openapi_schema_ref(w, STR("Id"));
            break;
        case P_INSTANT:
            jw_raw(w, STR("{\"type\":\"string\",\"format\":\"date-time\"}"));
            break;
        }
        jw_end_object(w);
    }
}

static bool takes_key(const struct route *r)
{
    return r->tx == TX_WRITE && !(r->flags & RF_SECRET);
}

static void parameter_ref(struct json_writer *w, const char *name)
{
    jw_object(w);
    jw_kv_str(w, "$ref", str_fmt(w->out->arena, "#/components/parameters/%s", name));
    jw_end_object(w);
}

static void write_parameters(struct json_writer *w, const struct route *r)
{
    jw_key(w, STR("parameters"));
    jw_array(w);
    write_path_params(w, r);
    write_query_params(w, r);
    if (r->flags & RF_IF_MATCH)
        parameter_ref(w, "IfMatch");
    if (r->flags & RF_IF_MATCH_OPT)
        parameter_ref(w, "IfMatchOptional");
    if (takes_key(r))
        parameter_ref(w, "IdempotencyKey");
    if (r->flags & RF_EVENTS)
        parameter_ref(w, "LastEventId");
    jw_end_array(w);
}

static void array_of(struct json_writer *w, const struct member *m, struct str items)
{
    jw_kv_str(w, "type", STR("array"));
    jw_kv_i64(w, "maxItems", m->max ? m->max : 100);
    jw_key(w, STR("items"));
    jw_raw(w, items);
}

static void write_member(struct json_writer *w, const struct member *m, const struct object *o)
{
    jw_key(w, str_from(m->name));
    jw_object(w);
    switch (m->type) {
    case B_TEXT:
        jw_kv_str(w, "type", STR("string"));
        if (m->words) {
            jw_key(w, STR("enum"));
            jw_array(w);
            for (const char *const *word = m->words; *word; word++)
                jw_str(w, str_from(*word));
            jw_end_array(w);
        }
        break;
    case B_ID:
        jw_kv_str(w, "$ref", STR("#/components/schemas/Id"));
        break;
    case B_INT:
        jw_kv_str(w, "type", STR("integer"));
        break;
    case B_BOOL:
        jw_kv_str(w, "type", STR("boolean"));
        break;
    case B_INSTANT:
        jw_kv_str(w, "type", STR("string"));
        jw_kv_str(w, "format", STR("date-time"));
        break;
    case B_DATE:
        jw_kv_str(w, "type", STR("string"));
        jw_kv_str(w, "format", STR("date"));
        break;
    case B_IDS:
        array_of(w, m, STR(REF("Id")));
        break;
    case B_TEXTS:
        array_of(w, m, STR("{\"type\":\"string\"}"));
        break;
    case B_FIELDS:
        jw_kv_str(w, "$ref", str_fmt(w->out->arena, "#/components/schemas/%.*sUpdate", STR_ARG(openapi_object_word(w->out->arena, o))));
        break;
    case B_PAGES:
        array_of(w, m, STR(REF("PageFile")));
        break;
    case B_COLUMNS:
        array_of(w, m, STR(REF("ViewColumn")));
        break;
    }
    jw_kv_str(w, "description", str_from(m->doc));
    jw_end_object(w);
}

static void write_members(struct json_writer *w, const struct route *r, const struct object *o)
{
    bool any = false;

    jw_object(w);
    jw_kv_str(w, "type", STR("object"));
    jw_key(w, STR("properties"));
    jw_object(w);
    for (const struct member *m = r->body; m->name; m++) {
        write_member(w, m, o);
        any = any || m->required;
    }
    jw_end_object(w);
    if (any) {
        jw_key(w, STR("required"));
        jw_array(w);
        for (const struct member *m = r->body; m->name; m++)
            if (m->required)
                jw_str(w, str_from(m->name));
        jw_end_array(w);
    }
    jw_kv_bool(w, "additionalProperties", false);
    jw_end_object(w);
}

static void write_body(struct json_writer *w, const struct route *r, const struct object *o)
{
    bool needed = r->flags & RF_RECORD;

    for (const struct member *m = r->body; m && m->name; m++)
        needed = needed || m->required;
    jw_key(w, STR("requestBody"));
    jw_object(w);
    jw_kv_bool(w, "required", needed);
    jw_key(w, STR("content"));
    jw_object(w);
    jw_key(w, STR("application/json"));
    jw_object(w);
    jw_key(w, STR("schema"));
    if (r->flags & RF_RECORD)
        openapi_schema_ref(w, str_fmt(w->out->arena, "%.*s%s", STR_ARG(openapi_object_word(w->out->arena, o)), r->flags & RF_PATCH ? "Update" : "Create"));
    else
        write_members(w, r, o);
    jw_end_object(w);
    jw_end_object(w);
    jw_end_object(w);
}

void openapi_header_ref(struct json_writer *w, const char *header, const char *component)
{
    jw_key(w, str_from(header));
    jw_object(w);
    jw_kv_str(w, "$ref", str_fmt(w->out->arena, "#/components/headers/%s", component));
    jw_end_object(w);
}

static void write_success(struct json_writer *w, const struct route *r, const struct object *o)
{
    struct arena *arena = w->out->arena;

    jw_key(w, str_fmt(arena, "%d", r->status));
    jw_object(w);
    jw_kv_str(w, "description", r->status == 204 ? STR("Done.") : r->status == 201 ? STR("Created.") : STR("The answer."));
    jw_key(w, STR("headers"));
    jw_object(w);
    openapi_header_ref(w, "X-Request-Id", "RequestId");
    if (r->flags & RF_ETAG)
        openapi_header_ref(w, "ETag", "ETag");
    if (r->status == 201)
        openapi_header_ref(w, "Location", "Location");
    jw_end_object(w);
    if (r->response || (r->flags & (RF_CSV | RF_EVENTS))) {
        jw_key(w, STR("content"));
        jw_object(w);
        jw_key(w, r->flags & RF_CSV ? STR("text/csv") : r->flags & RF_EVENTS ? STR("text/event-stream") : STR("application/json"));
        jw_object(w);
        jw_key(w, STR("schema"));
        if (r->response)
            openapi_schema_ref(w, openapi_replaced(arena, r->response, "{Object}", o ? openapi_object_word(arena, o) : STR("")));
        else
            jw_raw(w, STR("{\"type\":\"string\"}"));
        jw_end_object(w);
        jw_end_object(w);
    }
    jw_end_object(w);
}

static const struct {
    int status;
    const char *name, *doc;
} problems[] = {
    {400, "BadRequest", "The request could not be read: path, query, headers or JSON."},
    {401, "Unauthorized", "Sign in, or send a valid token."},
    {403, "Forbidden", "Your roles do not allow this."},
    {404, "NotFound", "It does not exist, or you may not see it."},
    {409, "Conflict", "It contradicts what is there."},
    {412, "Stale", "It was changed meanwhile; ETag has the version that holds."},
    {413, "TooLarge", "The body is too large."},
    {415, "MediaType", "The body must be JSON."},
    {422, "Invalid", "Understood, but not acceptable; errors names each finding with its place."},
    {428, "NeedsMatch", "If-Match is missing."},
    {429, "TooMany", "Too many requests; wait as long as Retry-After says."},
    {503, "Busy", "Try again as Retry-After says."},
};

static bool may_answer(const struct route *r, int status)
{
    bool body = r->body || (r->flags & RF_RECORD), reads = r->tx == TX_READ;

    switch (status) {
    case 400:
    case 429:
    case 503:
        return true;
    case 401:
        return r->need.kind != NEED_NOTHING || strstr(r->path, "sign-in");
    case 403:
        return r->need.kind != NEED_NOTHING || strstr(r->path, "sign-in");
    case 404:
        return strchr(r->path, '{') || reads || body;
    case 409:
        return r->tx == TX_WRITE;
    case 412:
        return r->flags & (RF_IF_MATCH | RF_IF_MATCH_OPT);
    case 428:
        return r->flags & RF_IF_MATCH;
    case 413:
    case 415:
        return body;
    case 422:
        return body || r->tx == TX_WRITE || (r->query && r->query[0].name);
    default:
        return false;
    }
}

static void write_responses(struct json_writer *w, const struct route *r, const struct object *o)
{
    struct arena *arena = w->out->arena;

    jw_key(w, STR("responses"));
    jw_object(w);
    write_success(w, r, o);
    if ((r->flags & RF_ETAG) && r->method == M_GET) {
        jw_key(w, STR("304"));
        jw_raw(w, STR("{\"description\":\"Unchanged since the ETag sent in If-None-Match.\"}"));
    }
    for (size_t i = 0; i < sizeof problems / sizeof *problems; i++) {
        if (!may_answer(r, problems[i].status))
            continue;
        jw_key(w, str_fmt(arena, "%d", problems[i].status));
        jw_object(w);
        jw_kv_str(w, "$ref", str_fmt(arena, "#/components/responses/%s", problems[i].name));
        jw_end_object(w);
    }
    jw_end_object(w);
}

static const char *method_word(enum http_method method)
{
    switch (method) {
    case M_GET:
        return "get";
    case M_POST:
        return "post";
    case M_PUT:
        return "put";
    case M_PATCH:
        return "patch";
    default:
        return "delete";
    }
}

static void write_description(struct json_writer *w, const struct route *r, const struct object *o)
{
    struct buf b = buf_new(w->out->arena, 200);

    buf_fmt(&b, "%s%s%.*s.", r->summary, o ? ": " : "", STR_ARG(o ? o->plural : STR("")));
    if (r->need.kind == NEED_VERB)
        buf_fmt(&b, " Needs the right to %s.", verb_words[r->need.what]);
    if (r->need.kind == NEED_RIGHT)
        buf_fmt(&b, " Needs the right %s.", right_words[r->need.what]);
    if (takes_key(r))
        buf_add(&b, STR(" Sent twice with one Idempotency-Key it is done once."));
    jw_kv_str(w, "description", buf_str(&b));
}

static void write_operation(struct json_writer *w, const struct route *r, const struct object *o)
{
    struct arena *arena = w->out->arena;

    jw_key(w, str_from(method_word(r->method)));
    jw_object(w);
    jw_kv_str(w, "operationId", o ? str_fmt(arena, "%s%.*s", r->op, STR_ARG(openapi_object_word(arena, o))) : str_from(r->op));
    jw_kv_str(w, "summary", o ? str_fmt(arena, "%s: %.*s", r->summary, STR_ARG(o->plural)) : str_from(r->summary));
    write_description(w, r, o);
    jw_key(w, STR("tags"));
    jw_array(w);
    jw_str(w, o ? str_fmt(arena, "record/%.*s", STR_ARG(o->name)) : str_from(r->tag));
    jw_end_array(w);
    if (r->need.kind == NEED_NOTHING) {
        jw_key(w, STR("security"));
        jw_raw(w, STR("[]"));
    }
    write_parameters(w, r);
    if (r->body || (r->flags & RF_RECORD))
        write_body(w, r, o);
    write_responses(w, r, o);
    jw_end_object(w);
}

static bool first_of_path(int i)
{
    for (int k = 0; k < i; k++)
        if (routes[k].op && strcmp(routes[k].path, routes[i].path) == 0)
            return false;
    return true;
}

static void write_path(struct json_writer *w, int first, const struct object *o)
{
    jw_key(w, o ? openapi_replaced(w->out->arena, routes[first].path, "{object}", o->name) : str_from(routes[first].path));
    jw_object(w);
    for (int i = first; i < n_routes; i++)
        if (routes[i].op && strcmp(routes[i].path, routes[first].path) == 0)
            write_operation(w, &routes[i], o);
    jw_end_object(w);
}

void openapi_paths(struct json_writer *w, const struct manual *m)
{
    jw_key(w, STR("paths"));
    jw_object(w);
    for (int i = 0; i < n_routes; i++) {
        if (!routes[i].op || !first_of_path(i))
            continue;
        if (!strstr(routes[i].path, "{object}")) {
            write_path(w, i, NULL);
            continue;
        }
        for (size_t k = 0; k < m->n_objects; k++)
            if (openapi_lists(&m->objects[k]))
                write_path(w, i, &m->objects[k]);
    }
    jw_end_object(w);
}

void openapi_problems(struct json_writer *w)
{
    jw_key(w, STR("responses"));
    jw_object(w);
    for (size_t i = 0; i < sizeof problems / sizeof *problems; i++) {
        jw_key(w, str_from(problems[i].name));
        jw_object(w);
        jw_kv_str(w, "description", str_from(problems[i].doc));
        jw_key(w, STR("headers"));
        jw_object(w);
        openapi_header_ref(w, "X-Request-Id", "RequestId");
        if (problems[i].status == 429 || problems[i].status == 503)
            openapi_header_ref(w, "Retry-After", "RetryAfter");
        if (problems[i].status == 412)
            openapi_header_ref(w, "ETag", "ETag");
        jw_end_object(w);
        jw_key(w, STR("content"));
        jw_raw(w, STR("{\"application/problem+json\":{\"schema\":" REF("Problem") "}}"));
        jw_end_object(w);
    }
    jw_end_object(w);
}
