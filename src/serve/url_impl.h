#pragma once
/* Reading what stands in a request's first line and headers. Strict: what is not well-formed is refused, not guessed. */
#include "base/err.h"

enum { PATH_PARAMS_MAX = 4, QUERY_PAIRS_MAX = 32, PATH_SEGMENTS_MAX = 16 };

/* %XX decoded, with plus '+' too. False: a bad escape, U+0000, or no UTF-8. *out may be s itself. */
bool percent_decode(struct arena *arena, struct str s, bool plus, struct str *out);
/* Letters, digits and -._~ stay, all else becomes %XX. */
void percent_encode(struct buf *out, struct str s);

struct query_pair {
    struct str name, value;
};
/* "a=1&b=2". Fails: http.parameter for bad escapes, names given twice, too many. */
MUST_USE struct err *query_parse(struct arena *arena, struct str query, struct query_pair **out, size_t *n);

/* The version of a strong entity tag of ours ("v17"), as If-Match carries it. `*`: -1. A tag that is not ours or weak
 * never holds: INT64_MAX. False: not an entity tag at all, or several. */
bool etag_parse(struct str header, int64_t *version);
/* Does If-None-Match name this tag (or `*`)? Weak comparison, RFC 9110, section 13.1.2. */
bool etag_listed(struct str header, struct str etag);
/* The value of a cookie; STR_NONE. */
struct str cookie_value(struct str header, struct str name);
/* "Bearer x": x; STR_NONE for anything else. */
struct str bearer_token(struct str header);
/* "application/json; charset=utf-8" is "application/json", any case. */
bool media_type_is(struct str header, const char *type);
/* The last address of an X-Forwarded-For list: the one our proxy added. "" if it is no plain address. */
struct str forwarded_last(struct str header);
/* Is the origin ("https://crm.example:8443") the one of this Host header? */
bool origin_is_host(struct str origin, struct str host);

/* ---- paths ---- */
/* Patterns like "/api/v1/records/{object}/{id}". A literal segment goes before a parameter. */
struct path_tree;
struct path_tree *path_tree_new(struct arena *arena);
/* Several items may stand at one path (one per method): they are a list in the order they were put. */
void path_tree_put(struct path_tree *tree, const char *pattern, int item);
struct path_match {
    const int *items;
    size_t n_items;                    /* 0: nothing there */
    struct str params[PATH_PARAMS_MAX]; /* decoded, in order */
    size_t n_params;
};
/* False: the path itself is malformed (bad escape, not UTF-8, dot segments, too deep). */
bool path_tree_find(const struct path_tree *tree, struct arena *arena, struct str path, struct path_match *out);
