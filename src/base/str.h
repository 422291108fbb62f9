#pragma once
/* Text with a length. Passed by value, never NUL-terminated by promise; UTF-8 where it came from outside (checked once,
 * on entry, together with U+0000). A struct str does not own its bytes: an arena or a literal does.
 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdbool.h>

struct str {
    const char *ptr;
    size_t len;
};

#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})
#define STR_NONE ((struct str){NULL, 0})
#define STR_ARG(s) (int)(s).len, (s).ptr ? (s).ptr : ""

struct str str_from(const char *cstr); /* borrows; NULL gives the empty string */
struct str str_dup(struct arena *arena, struct str s);
const char *str_cstr(struct arena *arena, struct str s); /* NUL-terminated copy */
struct str str_fmt(struct arena *arena, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
struct str str_vfmt(struct arena *arena, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
struct str str_sub(struct str s, size_t from, size_t len); /* clamped */
struct str str_trim(struct str s);                         /* ASCII white space at both ends */
bool str_eq(struct str a, struct str b);
bool str_eq_nocase(struct str a, struct str b); /* ASCII case */
int str_cmp(struct str a, struct str b);        /* memcmp order, shorter first */
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
/* Offset of the first needle at or after from, or SIZE_MAX. */
size_t str_find(struct str s, struct str needle, size_t from);
size_t str_find_char(struct str s, char c, size_t from);
/* Cuts *rest at the next sep: returns the part before it and moves *rest past it. False when *rest is used up. */
bool str_cut(struct str *rest, char sep, struct str *part);
struct str str_join(struct arena *arena, const struct str *parts, size_t n, struct str sep);
struct str str_lower_ascii(struct arena *arena, struct str s);
/* A label within a sentence: "Sales manager" -> "sales manager"; "SLA case" stays. */
struct str str_lower_first(struct arena *arena, struct str s);
/* "a" or "an", by how an English word sounds: "an hour", "a user", "an SDR". */
const char *str_article(struct str word);
uint64_t str_hash(struct str s);

/* Strict decimal integer, whole string. */
bool str_to_i64(struct str s, int64_t *out);
/* Decimal text to an integer scaled by 10^scale ("12.5", scale 2: 1250). Too many digits after the point: false,
 * unless they are zeros. No exponent, no blanks; a leading minus is allowed. */
bool str_to_scaled(struct str s, int scale, int64_t *out);
/* The inverse: 1250, scale 2: "12.50"; trim drops trailing zeros ("12.5"). */
struct str str_from_scaled(struct arena *arena, int64_t value, int scale, bool trim);

/* Well-formed UTF-8 without U+0000. */
bool utf8_valid(struct str s);
size_t utf8_valid_len(struct str s); /* bytes of the longest beginning that is valid */
size_t utf8_count(struct str s); /* code points; s is valid */
/* The fold used for searching, sorting and matching on every back end: NFKC case fold, marks removed (utf8proc). */
struct str utf8_fold(struct arena *arena, struct str s);
struct str utf8_nfc(struct arena *arena, struct str s);
/* The name nearest to s by edit distance among n candidates, if it is near enough to suggest; else STR_NONE. */
struct str str_nearest(struct arena *arena, struct str s, const struct str *candidates, size_t n);
size_t str_edit_distance(struct str a, struct str b); /* bytes; capped at 32 */

/* A growing text on an arena. */
struct buf {
    struct arena *arena;
    char *ptr;
    size_t len, cap;
};
struct buf buf_new(struct arena *arena, size_t cap);
void buf_add(struct buf *b, struct str s);
void buf_add_char(struct buf *b, char c);
void buf_fmt(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_add_i64(struct buf *b, int64_t v);
char *buf_reserve(struct buf *b, size_t n); /* room for n more bytes; caller adds to b->len */
struct str buf_str(const struct buf *b);

/* Name -> index, on an arena. The last put wins. Keys are borrowed: their bytes live as long as the map. */
struct strmap;
struct strmap *strmap_new(struct arena *arena, size_t expected);
void strmap_put(struct strmap *m, struct str key, int64_t value);
bool strmap_get(const struct strmap *m, struct str key, int64_t *out);
