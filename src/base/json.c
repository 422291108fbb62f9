/* jansson's names collide with ours; its own get another first name here. */
#define JSON_OBJECT JANSSON_OBJECT
#define JSON_ARRAY JANSSON_ARRAY
#define JSON_STRING JANSSON_STRING
#define JSON_INTEGER JANSSON_INTEGER
#define JSON_REAL JANSSON_REAL
#define JSON_TRUE JANSSON_TRUE
#define JSON_FALSE JANSSON_FALSE
#define JSON_NULL JANSSON_NULL
#include <jansson.h>
#undef JSON_OBJECT
#undef JSON_ARRAY
#undef JSON_STRING
#undef JSON_INTEGER
#undef JSON_REAL
#undef JSON_TRUE
#undef JSON_FALSE
#undef JSON_NULL

#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct err *malformed(struct arena *arena, int line, int column, const char *what)
{
    struct err *e =
        FAIL(arena, ERR_MALFORMED, "json.malformed", NULL,
             "This is not readable as JSON: %s (line %d, column %d).", what, line, column);
    e->line = line;
    e->column = column;
    return e;
}

/* Line and column (in bytes) of an offset, for messages. */
static struct err *malformed_at(struct arena *arena, struct str text, size_t offset,
                                const char *what)
{
    int line = 1, column = 1;
    for (size_t i = 0; i < offset; i++) {
        column++;
        if (text.ptr[i] == '\n') {
            line++;
            column = 1;
        }
    }
    return malformed(arena, line, column, what);
}

/* jansson would go 2,048 deep and has no place for values; so the brackets are counted before. */
static struct err *check_depth(struct arena *arena, struct str text)
{
    int depth = 0;
    bool quoted = false;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (quoted) {
            if (c == '\\')
                i++;
            else if (c == '"')
                quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '[' || c == '{') {
            if (++depth > JSON_DEPTH_MAX)
                return malformed_at(arena, text, i, "it is nested too deeply");
        } else if (c == ']' || c == '}') {
            depth--;
        }
    }
    return NULL;
}

static void copy(struct arena *arena, json_t *from, struct json *to)
{
    const char *key;
    json_t *child;
    size_t i = 0;

    switch (json_typeof(from)) {
    case JANSSON_NULL:
        to->kind = JSON_NULL;
        return;
    case JANSSON_TRUE:
    case JANSSON_FALSE:
        to->kind = JSON_BOOL;
        to->boolean = json_typeof(from) == JANSSON_TRUE;
        return;
    case JANSSON_INTEGER:
        to->kind = JSON_INT;
        to->integer = json_integer_value(from);
        to->real = (double)to->integer;
        return;
    case JANSSON_REAL:
        to->kind = JSON_REAL;
        to->real = json_real_value(from);
        return;
    case JANSSON_STRING:
        to->kind = JSON_STR;
        to->str = str_dup(arena, (struct str){json_string_value(from), json_string_length(from)});
        return;
    case JANSSON_ARRAY:
        to->kind = JSON_ARRAY;
        to->n = json_array_size(from);
        to->items = NEW_ARRAY(arena, to->n, struct json);
        for (i = 0; i < to->n; i++)
            copy(arena, json_array_get(from, i), &to->items[i]);
        return;
    case JANSSON_OBJECT:
        to->kind = JSON_OBJECT;
        to->n = json_object_size(from);
        to->members = NEW_ARRAY(arena, to->n, struct json_member);
        json_object_foreach(from, key, child)
        {
            to->members[i].name = str_dup(arena, str_from(key));
            copy(arena, child, &to->members[i].value);
            i++;
        }
        assert(i == to->n);
        return;
    }
}

struct err *json_parse(struct arena *arena, struct str text, struct json *out)
{
    json_error_t error;

    if (!utf8_valid(text))
        return malformed_at(arena, text, utf8_valid_len(text),
                            "there is a byte that is not UTF-8, or a NUL");
    TRY(check_depth(arena, text));
    json_t *root = json_loadb(text.len ? text.ptr : "", text.len,
                              JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!root) {
        /* jansson quotes the place and may cut it inside a character */
        struct str what = str_from(error.text);
        while (what.len && !utf8_valid(what))
            what.len--;
        return malformed(arena, error.line > 0 ? error.line : 1,
                         error.column > 0 ? error.column : 1, str_cstr(arena, what));
    }
    *out = (struct json){0};
    copy(arena, root, out);
    json_decref(root);
    return NULL;
}

const struct json *json_get_str(const struct json *object, struct str name)
{
    if (!object || object->kind != JSON_OBJECT)
        return NULL;
    for (size_t i = 0; i < object->n; i++)
        if (str_eq(object->members[i].name, name))
            return &object->members[i].value;
    return NULL;
}

const struct json *json_get(const struct json *object, const char *name)
{
    return json_get_str(object, str_from(name));
}

struct str json_text(const struct json *object, const char *name)
{
    const struct json *v = json_get(object, name);

    return v && v->kind == JSON_STR ? v->str : STR("");
}

const char *json_pointer(struct arena *arena, const char *base, struct str name)
{
    struct buf b = buf_new(arena, name.len + 32);
    buf_add(&b, str_from(base));
    buf_add_char(&b, '/');
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '~')
            buf_add(&b, STR("~0"));
        else if (name.ptr[i] == '/')
            buf_add(&b, STR("~1"));
        else
            buf_add_char(&b, name.ptr[i]);
    }
    buf_add_char(&b, 0);
    return b.ptr;
}

/* ---- writing ---- */

struct json_writer json_writer(struct buf *out)
{
    return (struct json_writer){.out = out};
}

static void begin_value(struct json_writer *w)
{
    if (w->comma)
        buf_add_char(w->out, ',');
    w->comma = true;
}

static void open_level(struct json_writer *w, char c)
{
    begin_value(w);
    buf_add_char(w->out, c);
    w->depth++;
    w->comma = false;
}

static void close_level(struct json_writer *w, char c)
{
    assert(w->depth > 0);
    buf_add_char(w->out, c);
    w->depth--;
    w->comma = true;
}

void jw_object(struct json_writer *w)
{
    open_level(w, '{');
}

void jw_end_object(struct json_writer *w)
{
    close_level(w, '}');
}

void jw_array(struct json_writer *w)
{
    open_level(w, '[');
}

void jw_end_array(struct json_writer *w)
{
    close_level(w, ']');
}

static bool needs_escape(char c)
{
    return (unsigned char)c < 0x20 || c == '"' || c == '\\';
}

static void put_escape(struct buf *out, char c)
{
    static const char hex[] = "0123456789abcdef";
    static const char letters[] = "btn_fr"; /* for 8 to 13, 11 has none */

    if (c == '"' || c == '\\') {
        buf_add(out, (struct str){(char[]){'\\', c}, 2});
    } else if (c >= 8 && c <= 13 && c != 11) {
        buf_add(out, (struct str){(char[]){'\\', letters[c - 8]}, 2});
    } else {
        char text[6] = {'\\', 'u', '0', '0', hex[c >> 4 & 15], hex[c & 15]};
        buf_add(out, (struct str){text, sizeof text});
    }
}

static void put_quoted(struct buf *out, struct str s)
{
    size_t plain = 0; /* beginning of the run not written yet */

    buf_reserve(out, s.len + 2);
    buf_add_char(out, '"');
    for (size_t i = 0; i < s.len; i++) {
        if (!needs_escape(s.ptr[i]))
            continue;
        buf_add(out, str_sub(s, plain, i - plain));
        put_escape(out, s.ptr[i]);
        plain = i + 1;
    }
    buf_add(out, str_sub(s, plain, SIZE_MAX));
    buf_add_char(out, '"');
}

void jw_key(struct json_writer *w, struct str name)
{
    begin_value(w);
    put_quoted(w->out, name);
    buf_add_char(w->out, ':');
    w->comma = false;
}

void jw_key_lit(struct json_writer *w, struct str name_with_quotes_and_colon)
{
    begin_value(w);
    buf_add(w->out, name_with_quotes_and_colon);
    w->comma = false;
}

void jw_str(struct json_writer *w, struct str s)
{
    begin_value(w);
    put_quoted(w->out, s);
}

void jw_i64(struct json_writer *w, int64_t v)
{
    begin_value(w);
    buf_add_i64(w->out, v);
}

void jw_id(struct json_writer *w, int64_t id)
{
    if (id == 0) {
        jw_null(w);
        return;
    }
    begin_value(w);
    buf_add_char(w->out, '"');
    buf_add_i64(w->out, id);
    buf_add_char(w->out, '"');
}

void jw_bool(struct json_writer *w, bool v)
{
    begin_value(w);
    buf_add(w->out, v ? STR("true") : STR("false"));
}

void jw_null(struct json_writer *w)
{
    begin_value(w);
    buf_add(w->out, STR("null"));
}

void jw_real(struct json_writer *w, double v)
{
    char text[32];

    if (!isfinite(v)) {
        jw_null(w);
        return;
    }
    begin_value(w);
    if (v == 0)
        v = 0; /* "-0" would come back as the integer 0 */
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, v);
        if (strtod(text, NULL) == v)
            break;
    }
    buf_add(w->out, str_from(text));
}

void jw_raw(struct json_writer *w, struct str json)
{
    begin_value(w);
    buf_add(w->out, json);
}

void jw_value(struct json_writer *w, const struct json *v)
{
    switch (v->kind) {
    case JSON_NULL:
        jw_null(w);
        return;
    case JSON_BOOL:
        jw_bool(w, v->boolean);
        return;
    case JSON_INT:
        jw_i64(w, v->integer);
        return;
    case JSON_REAL:
        jw_real(w, v->real);
        return;
    case JSON_STR:
        jw_str(w, v->str);
        return;
    case JSON_ARRAY:
        jw_array(w);
        for (size_t i = 0; i < v->n; i++)
            jw_value(w, &v->items[i]);
        jw_end_array(w);
        return;
    case JSON_OBJECT:
        jw_object(w);
        for (size_t i = 0; i < v->n; i++) {
            jw_key(w, v->members[i].name);
            jw_value(w, &v->members[i].value);
        }
        jw_end_object(w);
        return;
    }
}

void jw_kv_str(struct json_writer *w, const char *key, struct str s)
{
    jw_key(w, str_from(key));
    jw_str(w, s);
}

void jw_kv_i64(struct json_writer *w, const char *key, int64_t v)
{
    jw_key(w, str_from(key));
    jw_i64(w, v);
}

void jw_kv_id(struct json_writer *w, const char *key, int64_t id)
{
    jw_key(w, str_from(key));
    jw_id(w, id);
}

void jw_kv_bool(struct json_writer *w, const char *key, bool v)
{
    jw_key(w, str_from(key));
    jw_bool(w, v);
}

void jw_kv_instant(struct json_writer *w, const char *key, int64_t us)
{
    char text[32];

    jw_key(w, str_from(key));
    if (us == 0 || us == DATE_NONE)
        jw_null(w);
    else
        jw_str(w, (struct str){text, instant_write(text, us)});
}
