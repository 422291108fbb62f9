#pragma once
/* JSON. Reading: jansson, copied into an arena tree; duplicate keys, depth over JSON_DEPTH_MAX, U+0000 and bad UTF-8
 * are refused. Writing: straight into a buf.
 */
#include "base/err.h"

enum json_kind { JSON_NULL, JSON_BOOL, JSON_INT, JSON_REAL, JSON_STR, JSON_ARRAY, JSON_OBJECT };

struct json_member;
struct json {
    enum json_kind kind;
    bool boolean;
    int64_t integer;
    double real;       /* also set for JSON_INT */
    struct str str;    /* JSON_STR */
    size_t n;          /* elements or members */
    struct json *items; /* JSON_ARRAY */
    struct json_member *members; /* JSON_OBJECT, in the order they came */
};
struct json_member {
    struct str name;
    struct json value;
};

/* Fails: json.malformed with line and column. */
MUST_USE struct err *json_parse(struct arena *arena, struct str text, struct json *out);
/* The member, or NULL. */
const struct json *json_get(const struct json *object, const char *name);
const struct json *json_get_str(const struct json *object, struct str name);
/* The text of a member; empty where it is missing or none. */
struct str json_text(const struct json *object, const char *name);
/* "/a/b" escaped as RFC 6901, as a C string for err.field. */
const char *json_pointer(struct arena *arena, const char *base, struct str name);

/* Writer. Commas are put in by the writer itself. */
struct json_writer {
    struct buf *out;
    int depth;
    bool comma; /* the next value needs one before it */
};
struct json_writer json_writer(struct buf *out);
void jw_object(struct json_writer *w);
void jw_end_object(struct json_writer *w);
void jw_array(struct json_writer *w);
void jw_end_array(struct json_writer *w);
void jw_key(struct json_writer *w, struct str name); /* escaped */
void jw_key_lit(struct json_writer *w, struct str name_with_quotes_and_colon); /* ready: "name": */
void jw_str(struct json_writer *w, struct str s);
void jw_i64(struct json_writer *w, int64_t v);
void jw_id(struct json_writer *w, int64_t id); /* as a string: JSON numbers lose digits above 2^53; 0: null */
void jw_bool(struct json_writer *w, bool v);
void jw_null(struct json_writer *w);
void jw_real(struct json_writer *w, double v); /* shortest text that reads back the same; not finite: null */
void jw_raw(struct json_writer *w, struct str json); /* ready JSON */
void jw_value(struct json_writer *w, const struct json *v);
/* Pairs: key and value in one call. */
void jw_kv_str(struct json_writer *w, const char *key, struct str s);
void jw_kv_i64(struct json_writer *w, const char *key, int64_t v);
void jw_kv_id(struct json_writer *w, const char *key, int64_t id);
void jw_kv_bool(struct json_writer *w, const char *key, bool v);
void jw_kv_instant(struct json_writer *w, const char *key, int64_t us); /* RFC 3339 UTC; 0: null */
