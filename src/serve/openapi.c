/* The OpenAPI 3.1 document of this installation, made from the route table and the live manual: every object has paths
 * and schemas of its own, custom ones included. */
#include "serve/openapi_impl.h"

#include "base/json.h"
#include "base/limits.h"

#include <string.h>

#define REF(name) "{\"$ref\":\"#/components/schemas/" name "\"}"

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
        {"people", "Colleagues and roles."},
        {"records", "All objects together."},
        {"tasks", "What is owed, by whom, until when and why."},
        {"rules", "Policies, breaches, escalations."},
        {"manual", "The pages that people read and that run."},
        {"metrics", "Figures with a written definition."},
        {"views", "Saved views of lists."},
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
        if (!openapi_lists(&m->objects[i]))
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
    openapi_paths(&w, m);
    jw_key(&w, STR("components"));
    jw_object(&w);
    jw_key(&w, STR("schemas"));
    jw_object(&w);
    write_fixed_schemas(&w);
    for (size_t i = 0; i < m->n_objects; i++)
        if (openapi_lists(&m->objects[i]))
            openapi_objects(&w, m, &m->objects[i]);
    jw_end_object(&w);
    jw_key(&w, STR("parameters"));
    jw_raw(&w, str_from(parameters));
    jw_key(&w, STR("headers"));
    jw_raw(&w, str_from(headers));
    openapi_problems(&w);
    jw_key(&w, STR("securitySchemes"));
    jw_raw(&w, str_from(security));
    jw_end_object(&w);
    jw_end_object(&w);
}
