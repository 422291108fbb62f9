/* Decoding query parameters and bodies as the route table declares them. Whatever is not declared is refused. */
#include "serve/serve_impl.h"

#include "base/id.h"
#include "base/json.h"
#include "base/limits.h"
#include "record/view.h"

#include <assert.h>
#include <string.h>

#define TEXT_BYTES_DEFAULT 4000

/* ---- the query string ---- */

static struct err *bad_param(struct req *rq, const struct param *p, const char *must)
{
    return FAIL(rq->arena, ERR_MALFORMED, "http.parameter", NULL, "The query parameter \"%s\" must be %s.", p->name, must);
}

static struct err *read_param(struct req *rq, const struct param *p, struct str value, int64_t *number)
{
    *number = 0;
    switch (p->type) {
    case P_TEXT:
        return NULL;
    case P_INT:
        if (!str_to_i64(value, number) || *number < p->min || *number > p->max)
            return FAIL(rq->arena, ERR_MALFORMED, "http.parameter", NULL,
                        "The query parameter \"%s\" must be a whole number from %lld to %lld.", p->name, (long long)p->min,
                        (long long)p->max);
        return NULL;
    case P_BOOL:
        if (str_eq(value, STR("true")))
            *number = 1;
        else if (!str_eq(value, STR("false")))
            return bad_param(rq, p, "true or false");
        return NULL;
    case P_ID:
        return id_parse(value, number) ? NULL : bad_param(rq, p, "an id: decimal digits");
    case P_INSTANT:
        return instant_parse(value, number) ? NULL : bad_param(rq, p, "a moment like 2026-11-21T08:30:00Z");
    }
    return NULL;
}

static struct err *unknown_param(struct req *rq, struct str name)
{
    struct str names[QUERY_PARAMS_MAX], near;
    size_t n = 0;
    struct err *e = FAIL(rq->arena, ERR_MALFORMED, "http.parameter", NULL, "There is no query parameter \"%.*s\" here.",
                         STR_ARG(str_shown(name)));

    for (const struct param *p = rq->route->query; p && p->name; p++)
        names[n++] = str_from(p->name);
    near = str_nearest(rq->arena, name, names, n);
    if (near.len)
        e->way_out = str_fmt(rq->arena, "Did you mean %.*s?", STR_ARG(near));
    else if (n)
        e->way_out = str_fmt(rq->arena, "There are: %.*s.", STR_ARG(str_join(rq->arena, names, n, STR(", "))));
    return e;
}

struct err *in_query(struct req *rq)
{
    struct query_pair *pairs;
    size_t n;

    if (rq->route->flags & RF_SCREEN)
        return NULL;
    TRY(query_parse(rq->arena, rq->query, &pairs, &n));
    for (size_t i = 0; i < n; i++) {
        const struct param *p = rq->route->query;
        int at = 0;

        while (p && p->name && !str_eq(pairs[i].name, str_from(p->name))) {
            p++;
            at++;
        }
        if (!p || !p->name)
            return unknown_param(rq, pairs[i].name);
        assert(at < QUERY_PARAMS_MAX);
        TRY(read_param(rq, p, pairs[i].value, &rq->arg_numbers[at]));
        rq->args[at] = pairs[i].value.ptr ? pairs[i].value : STR("");
    }
    for (const struct param *p = rq->route->query; p && p->name; p++)
        if (p->required && rq->args[p - rq->route->query].len == 0)
            return FAIL(rq->arena, ERR_MALFORMED, "http.parameter", NULL, "The query parameter \"%s\" is missing.", p->name);
    return NULL;
}

static int arg_index(const struct req *rq, const char *name)
{
    const struct param *p = rq->route->query;

    while (p->name && strcmp(p->name, name) != 0)
        p++;
    assert(p->name); /* declared in the route's table */
    return (int)(p - rq->route->query);
}

struct str arg(const struct req *rq, const char *name)
{
    return rq->args[arg_index(rq, name)];
}

int64_t arg_number(const struct req *rq, const char *name, int64_t if_none)
{
    int at = arg_index(rq, name);

    return rq->args[at].ptr ? rq->arg_numbers[at] : if_none;
}

/* ---- the body ---- */

static struct err *bad_member(struct req *rq, const struct member *m, const char *must)
{
    return FAIL(rq->arena, ERR_INVALID, "json.type", json_pointer(rq->arena, "", str_from(m->name)), "\"%s\" must be %s.", m->name, must);
}

static struct err *read_text(struct req *rq, const struct member *m, const struct json *v)
{
    size_t max = m->max ? (size_t)m->max : TEXT_BYTES_DEFAULT;

    if (v->kind != JSON_STR)
        return bad_member(rq, m, "a text");
    if (v->str.len > max)
        return FAIL(rq->arena, ERR_INVALID, "record.field_invalid", json_pointer(rq->arena, "", str_from(m->name)),
                    "\"%s\" is longer than %zu bytes.", m->name, max);
    if (!m->words)
        return NULL;
    for (const char *const *w = m->words; *w; w++)
        if (str_eq(v->str, str_from(*w)))
            return NULL;
    struct buf list = buf_new(rq->arena, 128);

    for (const char *const *w = m->words; *w; w++)
        buf_fmt(&list, "%s%s", w == m->words ? "" : ", ", *w);
    return FAIL(rq->arena, ERR_INVALID, "record.field_invalid", json_pointer(rq->arena, "", str_from(m->name)),
                "\"%s\" must be one of: %.*s.", m->name, STR_ARG(buf_str(&list)));
}

/* {"field","width"}; the field itself is judged by who knows the object. */
static bool is_column(const struct json *item)
{
    const struct json *field = item->kind == JSON_OBJECT ? json_get(item, "field") : NULL;
    const struct json *width = field ? json_get(item, "width") : NULL;

    if (!field || field->kind != JSON_STR || field->str.len > 200 || item->n != 1 + (width != NULL))
        return false;
    return !width || (width->kind == JSON_INT && width->integer >= 0 && width->integer <= VIEW_COLUMN_PX_MAX);
}

static struct err *read_list(struct req *rq, const struct member *m, const struct json *v)
{
    size_t max = m->max ? (size_t)m->max : 100;
    int64_t id;

    if (v->kind != JSON_ARRAY)
        return bad_member(rq, m, "an array");
    if (v->n > max)
        return FAIL(rq->arena, ERR_INVALID, "record.field_invalid", json_pointer(rq->arena, "", str_from(m->name)),
                    "\"%s\" has more than %zu elements.", m->name, max);
    for (size_t i = 0; i < v->n; i++) {
        const struct json *item = &v->items[i];

        if (m->type == B_IDS && !(item->kind == JSON_STR && id_parse(item->str, &id)))
            return bad_member(rq, m, "an array of ids (strings of digits)");
        if (m->type == B_TEXTS && item->kind != JSON_STR)
            return bad_member(rq, m, "an array of texts");
        if (m->type == B_COLUMNS && !is_column(item))
            return bad_member(rq, m, "an array of {\"field\", \"width\"}, the width in whole pixels");
        if (m->type == B_PAGES) {
            const struct json *path = item->kind == JSON_OBJECT ? json_get(item, "path") : NULL;
            const struct json *text = path ? json_get(item, "text") : NULL;

            if (!path || !text || path->kind != JSON_STR || text->kind != JSON_STR || item->n != 2)
                return bad_member(rq, m, "an array of {\"path\", \"text\"}");
        }
    }
    return NULL;
}

static struct err *read_member(struct req *rq, const struct member *m, const struct json *v)
{
    int64_t number;

    switch (m->type) {
    case B_TEXT:
        return read_text(rq, m, v);
    case B_ID:
        return v->kind == JSON_STR && id_parse(v->str, &number) ? NULL : bad_member(rq, m, "an id (a string of digits)");
    case B_INT:
        return v->kind == JSON_INT && v->integer >= 0 && (!m->max || v->integer <= m->max) ? NULL
                                                                                            : bad_member(rq, m, "a whole number");
    case B_BOOL:
        return v->kind == JSON_BOOL ? NULL : bad_member(rq, m, "true or false");
    case B_INSTANT:
        return v->kind == JSON_STR && instant_parse(v->str, &number) ? NULL : bad_member(rq, m, "a moment like 2026-11-21T08:30:00Z");
    case B_DATE:
        return v->kind == JSON_STR && date_parse(v->str, &number) ? NULL : bad_member(rq, m, "a day like 2026-11-21");
    case B_FIELDS:
        return v->kind == JSON_OBJECT ? NULL : bad_member(rq, m, "an object");
    case B_IDS:
    case B_TEXTS:
    case B_PAGES:
    case B_COLUMNS:
        return read_list(rq, m, v);
    }
    return NULL;
}

static struct err *unknown_member(struct req *rq, struct str name)
{
    struct str names[MEMBERS_MAX], near;
    size_t n = 0;
    struct err *e = FAIL(rq->arena, ERR_INVALID, "json.unknown_field", json_pointer(rq->arena, "", name),
                         "The body has a member \"%.*s\" that does not exist here.", STR_ARG(str_shown(name)));

    for (const struct member *m = rq->route->body; m && m->name; m++)
        names[n++] = str_from(m->name);
    near = str_nearest(rq->arena, name, names, n);
    if (near.len)
        e->way_out = str_fmt(rq->arena, "Did you mean %.*s?", STR_ARG(near));
    else if (n)
        e->way_out = str_fmt(rq->arena, "There are: %.*s.", STR_ARG(str_join(rq->arena, names, n, STR(", "))));
    return e;
}

static struct err *read_members(struct req *rq)
{
    struct err *all = NULL;

    for (size_t i = 0; i < rq->body.n; i++) {
        const struct json_member *given = &rq->body.members[i];
        const struct member *m = rq->route->body;
        struct err *e;

        while (m && m->name && !str_eq(given->name, str_from(m->name)))
            m++;
        if (!m || !m->name) {
            err_add(&all, unknown_member(rq, given->name));
            continue;
        }
        assert(m - rq->route->body < MEMBERS_MAX);
        if (given->value.kind == JSON_NULL)
            continue;
        e = read_member(rq, m, &given->value);
        if (e)
            err_add(&all, e);
        else
            rq->members[m - rq->route->body] = &given->value;
    }
    for (const struct member *m = rq->route->body; !all && m && m->name; m++)
        if (m->required && !rq->members[m - rq->route->body])
            err_add(&all, FAIL(rq->arena, ERR_INVALID, "record.field_required", json_pointer(rq->arena, "", str_from(m->name)),
                               "\"%s\" is missing.", m->name));
    return all;
}

static bool takes_body(const struct route *r)
{
    return r->body || (r->flags & RF_RECORD);
}

struct err *in_body(struct req *rq)
{
    struct str type = rq->http->headers.content_type;
    struct err *e;

    if (rq->route->flags & RF_FORM || (rq->http->body.len == 0 && !takes_body(rq->route)))
        return NULL;
    if (rq->http->body.len && !media_type_is(type, "application/json") &&
        !((rq->route->flags & RF_PATCH) && media_type_is(type, "application/merge-patch+json"))) {
        e = FAIL(rq->arena, ERR_INVALID, "http.media_type", NULL, "The body must be JSON.");
        e->way_out = STR("Send Content-Type: application/json.");
        return e;
    }
    TRY(json_parse(rq->arena, rq->http->body.len ? rq->http->body : STR("{}"), &rq->body));
    if (rq->body.kind != JSON_OBJECT)
        return FAIL(rq->arena, ERR_INVALID, "json.type", "", "The body must be a JSON object.");
    return rq->route->flags & RF_RECORD ? NULL : read_members(rq);
}

const struct json *member_json(const struct req *rq, const char *name)
{
    const struct member *m = rq->route->body;

    while (m->name && strcmp(m->name, name) != 0)
        m++;
    assert(m->name); /* declared in the route's table */
    return rq->members[m - rq->route->body];
}

struct str member_text(const struct req *rq, const char *name)
{
    const struct json *v = member_json(rq, name);

    return v ? v->str : STR_NONE;
}

int64_t member_number(const struct req *rq, const char *name, int64_t if_none)
{
    const struct json *v = member_json(rq, name);
    int64_t n = if_none;

    if (!v)
        return if_none;
    if (v->kind == JSON_BOOL)
        return v->boolean;
    if (v->kind == JSON_INT)
        return v->integer;
    if (!id_parse(v->str, &n) && !instant_parse(v->str, &n) && !date_parse(v->str, &n))
        return if_none;
    return n;
}

size_t member_ids(const struct req *rq, const char *name, const int64_t **out)
{
    const struct json *v = member_json(rq, name);
    int64_t *ids;

    *out = NULL;
    if (!v)
        return 0;
    ids = NEW_ARRAY(rq->arena, v->n, int64_t);
    for (size_t i = 0; i < v->n; i++)
        if (!id_parse(v->items[i].str, &ids[i]))
            ids[i] = 0;
    *out = ids;
    return v->n;
}
