/* Schemas of the installation's own objects: each field as it is read and as it is written. */
#include "serve/openapi_impl.h"

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
struct str openapi_object_word(struct arena *arena, const struct object *o)
{
    struct str word = camel(arena, o->name);

    for (const struct schema_doc *s = openapi_schemas; s->name; s++)
        if (str_eq(word, str_from(s->name)))
            return str_fmt(arena, "%.*sRecord", STR_ARG(word));
    return word;
}

struct str openapi_replaced(struct arena *arena, const char *pattern, const char *word, struct str by)
{
    const char *at = strstr(pattern, word);

    if (!at)
        return str_from(pattern);
    return str_fmt(arena, "%.*s%.*s%s", (int)(at - pattern), pattern, STR_ARG(by), at + strlen(word));
}

bool openapi_lists(const struct object *o)
{
    return !o->built_in;
}

void openapi_schema_ref(struct json_writer *w, struct str name)
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
    openapi_schema_ref(w, str_from(schema));
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
        openapi_schema_ref(w, STR("Id"));
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
        openapi_schema_ref(w, STR("Id"));
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
    jw_key(w, STR("$reason"));
    jw_raw(w, STR("{\"type\":\"string\",\"maxLength\":1000,\"description\":\"Why a gate is to be passed all the same. Needs the right "
                  "bypass-gates; the passage is kept and reported.\"}"));
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

void openapi_objects(struct json_writer *w, const struct manual *m, const struct object *o)
{
    struct arena *arena = w->out->arena;
    struct str name = openapi_object_word(arena, o);

    write_read_schema(w, m, o, name);
    write_write_schema(w, m, o, str_fmt(arena, "%.*sCreate", STR_ARG(name)), true);
    write_write_schema(w, m, o, str_fmt(arena, "%.*sUpdate", STR_ARG(name)), false);
    jw_key(w, str_fmt(arena, "%.*sSaved", STR_ARG(name)));
    jw_object(w);
    jw_kv_str(w, "description", STR("The record as it was saved."));
    jw_key(w, STR("allOf"));
    jw_array(w);
    openapi_schema_ref(w, name);
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
    openapi_schema_ref(w, name);
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
