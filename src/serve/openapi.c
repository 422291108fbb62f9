/* The OpenAPI 3.1 document of this installation, made from the route table and the live manual: every object has paths
 * and schemas of its own, custom ones included. */
#include "serve/serve_impl.h"

#include "base/json.h"
#include "base/limits.h"

#include <string.h>

#define REF(name) "{\"$ref\":\"#/components/schemas/" name "\"}"

/* ---- names ---- */

/* "line_item" is "LineItem"; what cannot be told from another name that way keeps its underscore. */
static struct str camel(struct arena *arena, struct str name)
{
    struct buf b = buf_new(arena, name.len + 1);
    bool up = true;

    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];

        if (c == '_' && i + 1 < name.len && name.ptr[i + 1] >= 'a' && name.ptr[i + 1] <= 'z') {
            up = true;
            continue;
        }
        buf_add_char(&b, up && c >= 'a' && c <= 'z' ? (char)(c - 32) : c);
        up = false;
    }
    return buf_str(&b);
}

/* The object's word in names of schemas and operations; not one of the fixed schemas. */
static struct str object_word(struct arena *arena, const struct object *o)
{
    struct str word = camel(arena, o->name);

    for (const struct schema_doc *s = openapi_schemas; s->name; s++)
        if (str_eq(word, str_from(s->name)))
            return str_fmt(arena, "%.*sRecord", STR_ARG(word));
    return word;
}

/* pattern with word replaced by by. */
static struct str replaced(struct arena *arena, const char *pattern, const char *word, struct str by)
{
    const char *at = strstr(pattern, word);

    if (!at)
        return str_from(pattern);
    return str_fmt(arena, "%.*s%.*s%s", (int)(at - pattern), pattern, STR_ARG(by), at + strlen(word));
}

static bool in_document(const struct object *o)
{
    return !o->built_in;
}

static void schema_ref(struct json_writer *w, struct str name)
{
    jw_object(w);
    jw_kv_str(w, "$ref", str_fmt(w->out->arena, "#/components/schemas/%.*s", STR_ARG(name)));
    jw_end_object(w);
}

/* ---- fields ---- */

static void type_or_null(struct json_writer *w, const char *type)
{
    jw_key(w, STR("type"));
    jw_array(w);
    jw_str(w, str_from(type));
    jw_str(w, STR("null"));
    jw_end_array(w);
}

static void ref_or_null(struct json_writer *w, const char *schema)
{
    jw_key(w, STR("anyOf"));
    jw_array(w);
    schema_ref(w, str_from(schema));
    jw_object(w);
    jw_kv_str(w, "type", STR("null"));
    jw_end_object(w);
    jw_end_array(w);
}

/* Values outside an open vocabulary are kept, and so are those of an option that was taken away: an enum binds only what
 * is written, and only where nothing else is accepted. */
static bool closed_options(const struct manual *m, const struct field *f)
{
    return f->n_options && (f->vocabulary < 0 || m->vocabularies[f->vocabulary].closed);
}

static void write_options(struct json_writer *w, const struct field *f, const char *key, bool null_too)
{
    jw_key(w, str_from(key));
    jw_array(w);
    for (size_t i = 0; i < f->n_options; i++)
        jw_str(w, f->options[i].name);
    if (null_too)
        jw_null(w);
    jw_end_array(w);
}

static void write_choice(struct json_writer *w, const struct manual *m, const struct field *f, bool writing)
{
    type_or_null(w, "string");
    if (!f->n_options)
        return;
    if (writing && closed_options(m, f))
        write_options(w, f, "enum", true);
    else
        write_options(w, f, "examples", false);
}

static void write_set(struct json_writer *w, const struct manual *m, const struct field *f, bool writing)
{
    if (writing)
        type_or_null(w, "array");
    else
        jw_kv_str(w, "type", STR("array"));
    jw_kv_i64(w, "maxItems", TAGS_MAX);
    jw_key(w, STR("items"));
    jw_object(w);
    jw_kv_str(w, "type", STR("string"));
    if (f->n_options)
        write_options(w, f, writing && closed_options(m, f) ? "enum" : "examples", false);
    jw_end_object(w);
}

static void write_number(struct json_writer *w, bool whole, bool writing)
{
    jw_key(w, STR("type"));
    jw_array(w);
    jw_str(w, whole ? STR("integer") : STR("number"));
    if (writing)
        jw_str(w, STR("string"));
    jw_str(w, STR("null"));
    jw_end_array(w);
}

static void write_formula(struct json_writer *w, const struct field *f)
{
    switch (f->formula ? expr_result_type(f->formula) : ET_ANY) {
    case ET_BOOL:
        type_or_null(w, "boolean");
        return;
    case ET_NUMBER:
        write_number(w, false, false);
        return;
    case ET_REF:
        ref_or_null(w, "Reference");
        return;
    case ET_SET:
        jw_kv_str(w, "type", STR("array"));
        return;
    case ET_TEXT:
    case ET_DATE:
    case ET_INSTANT:
    case ET_DURATION:
        type_or_null(w, "string");
        return;
    case ET_RELATED:
    case ET_EMPTY:
    case ET_ANY:
        return;
    }
}

static void write_text(struct json_writer *w, const struct field *f, bool writing)
{
    type_or_null(w, "string");
    if (writing) /* what was saved before a page set a bound stays as it is */
        jw_kv_i64(w, "maxLength", f->max != DATE_NONE && f->max > 0 ? f->max : f->type == FT_LONG_TEXT ? LONG_TEXT_CHARS_MAX : TEXT_CHARS_MAX);
}

static void write_type(struct json_writer *w, const struct manual *m, const struct field *f, bool writing)
{
    switch (f->type) {
    case FT_NUMBER:
        write_number(w, true, writing);
        return;
    case FT_DECIMAL:
    case FT_PERCENT:
        write_number(w, false, writing);
        return;
    case FT_MONEY:
        if (!writing) {
            ref_or_null(w, "Money");
            return;
        }
        jw_key(w, STR("anyOf"));
        jw_raw(w, STR("[" REF("Money") ",{\"type\":[\"number\",\"string\",\"null\"],\"description\":\"In major units.\"}]"));
        return;
    case FT_YES_NO:
        type_or_null(w, "boolean");
        return;
    case FT_CHOICE:
        write_choice(w, m, f, writing);
        return;
    case FT_MULTI_CHOICE:
    case FT_TAGS:
        write_set(w, m, f, writing);
        return;
    case FT_DATE:
        type_or_null(w, "string");
        jw_kv_str(w, "format", STR("date"));
        return;
    case FT_DATE_TIME:
        type_or_null(w, "string");
        jw_kv_str(w, "format", STR("date-time"));
        return;
    case FT_USER:
    case FT_TEAM:
    case FT_REF:
        ref_or_null(w, writing ? "Id" : "Reference");
        return;
    case FT_REFS:
        if (writing)
            type_or_null(w, "array");
        else
            jw_kv_str(w, "type", STR("array"));
        jw_kv_i64(w, "maxItems", LINKS_MAX);
        jw_key(w, STR("items"));
        schema_ref(w, STR("Id"));
        return;
    case FT_FORMULA:
        write_formula(w, f);
        return;
    case FT_TEXT:
    case FT_LONG_TEXT:
    case FT_EMAIL:
    case FT_URL:
    case FT_ADDRESS:
        write_text(w, f, writing);
        return;
    case FT_PHONE:
    case FT_DURATION:
    case FT_AUTO_NUMBER:
    case FT_COUNT:
        break;
    }
    type_or_null(w, "string");
}

static bool writable(const struct field *f)
{
    if (f->hidden || f->type == FT_FORMULA || f->type == FT_AUTO_NUMBER)
        return false;
    return !f->system || f->index == F_OWNER || f->index == F_TEAM || f->index == F_TAGS;
}

static void write_field(struct json_writer *w, const struct manual *m, const struct field *f, bool writing)
{
    jw_key(w, f->name);
    if (f->system && f->index == F_ID) {
        schema_ref(w, STR("Id"));
        return;
    }
    jw_object(w);
    if (f->system && f->index == F_VERSION)
        jw_kv_str(w, "type", STR("integer"));
    else
        write_type(w, m, f, writing);
    jw_kv_str(w, "title", f->label);
    jw_kv_str(w, "description", f->help.len ? f->help : str_from(field_types[f->type].doc));
    if (!writing && !writable(f))
        jw_kv_bool(w, "readOnly", true);
    jw_end_object(w);
}

/* ---- schemas of an object ---- */

static void required_id(struct json_writer *w)
{
    jw_key(w, STR("required"));
    jw_array(w);
    jw_str(w, STR("id"));
    jw_end_array(w);
}

static void write_read_schema(struct json_writer *w, const struct manual *m, const struct object *o, struct str name)
{
    jw_key(w, name);
    jw_object(w);
    jw_kv_str(w, "type", STR("object"));
    jw_kv_str(w, "title", o->label);
    jw_kv_str(w, "description", o->page && o->page->n_sections && o->page->sections[0].title.len == 0 && o->page->sections[0].text.len
                                    ? str_trim(o->page->sections[0].text)
                                    : o->label);
    jw_key(w, STR("properties"));
    jw_object(w);
    for (size_t i = 0; i < o->n_fields; i++)
        if (!o->fields[i].hidden)
            write_field(w, m, &o->fields[i], false);
    jw_end_object(w);
    required_id(w);
    jw_end_object(w);
}

/* Must the one who creates give it? What has a default or is composed by the name pattern need not be given. */
static bool must_give(const struct object *o, const struct field *f)
{
    return f->required && writable(f) && f->default_kind == DEFAULT_NONE && !(f->index == o->title && o->name_pattern.len) &&
           f->type != FT_YES_NO;
}

static void write_write_schema(struct json_writer *w, const struct manual *m, const struct object *o, struct str name, bool create)
{
    bool any = false;

    jw_key(w, name);
    jw_object(w);
    jw_kv_str(w, "type", STR("object"));
    jw_kv_str(w, "description", create ? str_fmt(w->out->arena, "What is given to create: %.*s.", STR_ARG(o->label))
                                       : str_fmt(w->out->arena, "Fields to change: %.*s. null empties a field.", STR_ARG(o->label)));
    jw_key(w, STR("properties"));
    jw_object(w);
    for (size_t i = 0; i < o->n_fields; i++)
        if (writable(&o->fields[i]))
            write_field(w, m, &o->fields[i], true);
    jw_end_object(w);
    for (size_t i = 0; i < o->n_fields; i++)
        any = any || must_give(o, &o->fields[i]);
    if (create && any) {
        jw_key(w, STR("required"));
        jw_array(w);
        for (size_t i = 0; i < o->n_fields; i++)
            if (must_give(o, &o->fields[i]))
                jw_str(w, o->fields[i].name);
        jw_end_array(w);
    }
    jw_kv_bool(w, "additionalProperties", false);
    jw_end_object(w);
}

static void write_object_schemas(struct json_writer *w, const struct manual *m, const struct object *o)
{
    struct arena *arena = w->out->arena;
    struct str name = object_word(arena, o);

    write_read_schema(w, m, o, name);
    write_write_schema(w, m, o, str_fmt(arena, "%.*sCreate", STR_ARG(name)), true);
    write_write_schema(w, m, o, str_fmt(arena, "%.*sUpdate", STR_ARG(name)), false);
    jw_key(w, str_fmt(arena, "%.*sSaved", STR_ARG(name)));
    jw_object(w);
    jw_kv_str(w, "description", STR("The record as it was saved."));
    jw_key(w, STR("allOf"));
    jw_array(w);
    schema_ref(w, name);
    jw_raw(w, STR("{\"type\":\"object\",\"properties\":{\"$cleaned\":{\"type\":\"array\",\"items\":" REF("Cleaned") "}}}"));
    jw_end_array(w);
    jw_end_object(w);
    jw_key(w, str_fmt(arena, "%.*sPage", STR_ARG(name)));
    jw_object(w);
    jw_kv_str(w, "type", STR("object"));
    jw_kv_str(w, "description", STR("One page of a list."));
    jw_key(w, STR("properties"));
    jw_object(w);
    jw_key(w, STR("data"));
    jw_object(w);
    jw_kv_str(w, "type", STR("array"));
    jw_key(w, STR("items"));
    schema_ref(w, name);
    jw_end_object(w);
    jw_key(w, STR("next"));
    jw_raw(w, STR("{\"type\":[\"string\",\"null\"],\"description\":\"Cursor of the next page; null at the end.\"}"));
    jw_key(w, STR("count"));
    jw_raw(w, STR("{\"type\":\"integer\",\"description\":\"With count=true: how many match.\"}"));
    jw_key(w, STR("count_is_exact"));
    jw_raw(w, STR("{\"type\":\"boolean\",\"description\":\"False: there are more than count.\"}"));
    jw_end_object(w);
    jw_key(w, STR("required"));
    jw_raw(w, STR("[\"data\",\"next\"]"));
    jw_end_object(w);
}

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
            schema_ref(w, STR("Id"));
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
            schema_ref(w, STR("Id"));
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
        jw_kv_str(w, "$ref", str_fmt(w->out->arena, "#/components/schemas/%.*sUpdate", STR_ARG(object_word(w->out->arena, o))));
        break;
    case B_PAGES:
        array_of(w, m, STR(REF("PageFile")));
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
        schema_ref(w, str_fmt(w->out->arena, "%.*s%s", STR_ARG(object_word(w->out->arena, o)), r->flags & RF_PATCH ? "Update" : "Create"));
    else
        write_members(w, r, o);
    jw_end_object(w);
    jw_end_object(w);
    jw_end_object(w);
}

static void header_ref(struct json_writer *w, const char *header, const char *component)
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
    header_ref(w, "X-Request-Id", "RequestId");
    if (r->flags & RF_ETAG)
        header_ref(w, "ETag", "ETag");
    if (r->status == 201)
        header_ref(w, "Location", "Location");
    jw_end_object(w);
    if (r->response || (r->flags & (RF_CSV | RF_EVENTS))) {
        jw_key(w, STR("content"));
        jw_object(w);
        jw_key(w, r->flags & RF_CSV ? STR("text/csv") : r->flags & RF_EVENTS ? STR("text/event-stream") : STR("application/json"));
        jw_object(w);
        jw_key(w, STR("schema"));
        if (r->response)
            schema_ref(w, replaced(arena, r->response, "{Object}", o ? object_word(arena, o) : STR("")));
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
    jw_kv_str(w, "operationId", o ? str_fmt(arena, "%s%.*s", r->op, STR_ARG(object_word(arena, o))) : str_from(r->op));
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
    jw_key(w, o ? replaced(w->out->arena, routes[first].path, "{object}", o->name) : str_from(routes[first].path));
    jw_object(w);
    for (int i = first; i < n_routes; i++)
        if (routes[i].op && strcmp(routes[i].path, routes[first].path) == 0)
            write_operation(w, &routes[i], o);
    jw_end_object(w);
}

static void write_paths(struct json_writer *w, const struct manual *m)
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
            if (in_document(&m->objects[k]))
                write_path(w, i, &m->objects[k]);
    }
    jw_end_object(w);
}

/* ---- the rest ---- */

static void write_info(struct json_writer *w, const struct manual *m, struct str base_url)
{
    jw_kv_str(w, "openapi", STR("3.1.0"));
    jw_key(w, STR("info"));
    jw_object(w);
    jw_kv_str(w, "title", STR("fairlead"));
    jw_kv_str(w, "version", str_fmt(w->out->arena, "1.%lld", (long long)m->version));
    jw_kv_str(w, "summary", STR("The API of one installation, made from its manual."));
    jw_kv_str(w, "description",
              STR("A company writes the manual its team works by; fairlead is the CRM that runs it. Errors are problem details "
                  "(RFC 9457). Reads carry an ETag; a change sends it back in If-Match. Lists go on with a cursor. The second "
                  "number of the version is that of the manual."));
    jw_key(w, STR("contact"));
    jw_raw(w, STR("{\"name\":\"Whoever runs this installation\"}"));
    jw_key(w, STR("license"));
    jw_raw(w, STR("{\"name\":\"Apache-2.0\",\"identifier\":\"Apache-2.0\"}"));
    jw_end_object(w);
    jw_key(w, STR("servers"));
    jw_array(w);
    jw_object(w);
    jw_kv_str(w, "url", base_url.len ? base_url : STR("/"));
    jw_kv_str(w, "description", STR("This installation."));
    jw_end_object(w);
    jw_end_array(w);
    jw_key(w, STR("security"));
    jw_raw(w, STR("[{\"bearer\":[]},{\"cookie\":[]}]"));
}

static void write_tags(struct json_writer *w, const struct manual *m)
{
    static const char *const tags[][2] = {
        {"me", "Signing in, sessions, passwords, tokens."},
        {"records", "All objects together."},
        {"tasks", "What is owed, by whom, until when and why."},
        {"rules", "Policies, breaches, escalations."},
        {"manual", "The pages that people read and that run."},
        {"metrics", "Figures with a written definition."},
        {"system", "The installation itself."},
    };

    jw_key(w, STR("tags"));
    jw_array(w);
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        jw_object(w);
        jw_kv_str(w, "name", str_from(tags[i][0]));
        jw_kv_str(w, "description", str_from(tags[i][1]));
        jw_end_object(w);
    }
    for (size_t i = 0; i < m->n_objects; i++) {
        if (!in_document(&m->objects[i]))
            continue;
        jw_object(w);
        jw_kv_str(w, "name", str_fmt(w->out->arena, "record/%.*s", STR_ARG(m->objects[i].name)));
        jw_kv_str(w, "description", m->objects[i].plural);
        jw_end_object(w);
    }
    jw_end_array(w);
}

static void write_fixed_schemas(struct json_writer *w)
{
    for (const struct schema_doc *s = openapi_schemas; s->name; s++) {
        size_t n = strlen(s->json);
        char *text = arena_alloc(w->out->arena, n + 1);

        for (size_t i = 0; i < n; i++)
            text[i] = s->json[i] == '\'' ? '"' : s->json[i];
        jw_key(w, str_from(s->name));
        jw_raw(w, (struct str){text, n});
    }
    jw_key(w, STR("ErrorCode"));
    jw_object(w);
    jw_kv_str(w, "type", STR("string"));
    jw_kv_str(w, "description", STR("What went wrong, as a word that never changes its meaning."));
    jw_key(w, STR("enum"));
    jw_array(w);
    for (const char *const *c = err_codes; *c; c++)
        jw_str(w, str_from(*c));
    jw_end_array(w);
    jw_end_object(w);
}

static void write_problems(struct json_writer *w)
{
    jw_key(w, STR("responses"));
    jw_object(w);
    for (size_t i = 0; i < sizeof problems / sizeof *problems; i++) {
        jw_key(w, str_from(problems[i].name));
        jw_object(w);
        jw_kv_str(w, "description", str_from(problems[i].doc));
        jw_key(w, STR("headers"));
        jw_object(w);
        header_ref(w, "X-Request-Id", "RequestId");
        if (problems[i].status == 429 || problems[i].status == 503)
            header_ref(w, "Retry-After", "RetryAfter");
        if (problems[i].status == 412)
            header_ref(w, "ETag", "ETag");
        jw_end_object(w);
        jw_key(w, STR("content"));
        jw_raw(w, STR("{\"application/problem+json\":{\"schema\":" REF("Problem") "}}"));
        jw_end_object(w);
    }
    jw_end_object(w);
}

static const char parameters[] =
    "{\"IfMatch\":{\"name\":\"If-Match\",\"in\":\"header\",\"required\":true,\"description\":\"The ETag that was read, so that "
    "nobody's work is overwritten; * for any version.\",\"schema\":{\"type\":\"string\",\"examples\":[\"\\\"v17\\\"\"]}},"
    "\"IfMatchOptional\":{\"name\":\"If-Match\",\"in\":\"header\",\"description\":\"The ETag that was read.\","
    "\"schema\":{\"type\":\"string\",\"examples\":[\"\\\"v17\\\"\"]}},"
    "\"IdempotencyKey\":{\"name\":\"Idempotency-Key\",\"in\":\"header\",\"description\":\"Any text of 1 to 255 bytes, new for "
    "every request; kept for 24 hours.\",\"schema\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":255}},"
    "\"LastEventId\":{\"name\":\"Last-Event-ID\",\"in\":\"header\",\"description\":\"Go on after this event.\","
    "\"schema\":{\"type\":\"string\"}}}";
static const char headers[] =
    "{\"RequestId\":{\"description\":\"Name of this request in the log; the one you sent, if you sent one.\","
    "\"schema\":{\"type\":\"string\"}},"
    "\"ETag\":{\"description\":\"The version, for If-Match.\",\"schema\":{\"type\":\"string\"}},"
    "\"Location\":{\"description\":\"Where it is.\",\"schema\":{\"type\":\"string\"}},"
    "\"RetryAfter\":{\"description\":\"Seconds to wait.\",\"schema\":{\"type\":\"integer\"}}}";
static const char security[] =
    "{\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\",\"description\":\"The token of a sign-in or an API token.\"},"
    "\"cookie\":{\"type\":\"apiKey\",\"in\":\"cookie\",\"name\":\"fairlead\",\"description\":\"For browsers; over TLS its name is "
    "__Host-fairlead.\"}}";

void openapi_write(struct buf *out, const struct manual *m, struct str base_url)
{
    struct json_writer w = json_writer(out);

    jw_object(&w);
    write_info(&w, m, base_url);
    write_tags(&w, m);
    write_paths(&w, m);
    jw_key(&w, STR("components"));
    jw_object(&w);
    jw_key(&w, STR("schemas"));
    jw_object(&w);
    write_fixed_schemas(&w);
    for (size_t i = 0; i < m->n_objects; i++)
        if (in_document(&m->objects[i]))
            write_object_schemas(&w, m, &m->objects[i]);
    jw_end_object(&w);
    jw_key(&w, STR("parameters"));
    jw_raw(&w, str_from(parameters));
    jw_key(&w, STR("headers"));
    jw_raw(&w, str_from(headers));
    write_problems(&w);
    jw_key(&w, STR("securitySchemes"));
    jw_raw(&w, str_from(security));
    jw_end_object(&w);
    jw_end_object(&w);
}
