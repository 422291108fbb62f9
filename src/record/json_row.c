/* JSON straight from the columns of a running statement: the inner loop of every list. */
#include "record/query_impl.h"

#include <string.h>

#define EACH_BYTE 0x0101010101010101u
#define HIGH_BITS 0x8080808080808080u

/* The high bit of each byte that JSON strings cannot hold as it is: below 0x20, '"' and '\\'. Bytes from 0x80 are fine.
 * Borrows may mark a neighbour of a byte found, never hide one: only zero or not zero counts. */
static uint64_t special_bytes(uint64_t w)
{
    uint64_t quote = w ^ (EACH_BYTE * '"'), slash = w ^ (EACH_BYTE * '\\');

    return (((w - EACH_BYTE * 0x20) & ~w) | ((quote - EACH_BYTE) & ~quote) |
            ((slash - EACH_BYTE) & ~slash)) &
           HIGH_BITS;
}

/* Nothing in s that JSON strings cannot hold as it is. */
static bool plain_text(struct str s)
{
    uint64_t w, special = 0;
    size_t i = 0;

    for (; i + sizeof w <= s.len; i += sizeof w) {
        memcpy(&w, s.ptr + i, sizeof w);
        special |= special_bytes(w);
    }
    if (i < s.len) {
        w = EACH_BYTE * ' ';
        memcpy(&w, s.ptr + i, s.len - i);
        special |= special_bytes(w);
    }
    return !special;
}

void put_json_str(struct buf *b, struct str s)
{
    static const char hex[] = "0123456789abcdef";

    if (plain_text(s)) {
        char *dst = buf_reserve(b, s.len + 2);
        dst[0] = '"';
        if (s.len)
            memcpy(dst + 1, s.ptr, s.len);
        dst[s.len + 1] = '"';
        b->len += s.len + 2;
        return;
    }
    char *dst = buf_reserve(b, s.len * 6 + 2), *d = dst;
    *d++ = '"';
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        const char *at = c && c < 0x20 ? strchr("\b\f\n\r\t", c) : NULL;
        if (c == '"' || c == '\\') {
            *d++ = '\\';
            *d++ = (char)c;
        } else if (at) {
            *d++ = '\\';
            *d++ = c == '\b' ? 'b' : c == '\f' ? 'f' : c == '\n' ? 'n' : c == '\r' ? 'r' : 't';
        } else if (c < 0x20) {
            d[0] = '\\';
            d[1] = 'u';
            d[2] = d[3] = '0';
            d[4] = hex[c >> 4];
            d[5] = hex[c & 15];
            d += 6;
        } else {
            *d++ = (char)c;
        }
    }
    *d++ = '"';
    b->len += (size_t)(d - dst);
}

static void put_ref(struct buf *b, const struct stmt *st, int col, int title_col)
{
    buf_add(b, STR("{\"id\":\""));
    buf_add_i64(b, db_i64(st, col));
    buf_add_char(b, '"');
    if (title_col >= 0 && !db_is_null(st, title_col)) {
        buf_add(b, STR(",\"name\":"));
        put_json_str(b, db_str(st, title_col));
    }
    buf_add_char(b, '}');
}

/* A formula's value has the type of its expression. */
static void put_formula(struct buf *b, const struct field *f, const struct stmt *st, int col)
{
    struct json_writer w = json_writer(b);
    struct expr_val e = {.type = expr_result_type(f->formula)};

    if (db_is_null(st, col))
        e.type = ET_EMPTY;
    switch (e.type) {
    case ET_NUMBER:
        e.scale = expr_result_scale(f->formula);
        e.exact = e.scale >= 0;
        if (e.exact)
            e.i = db_i64(st, col);
        else
            e.d = db_real(st, col);
        break;
    case ET_TEXT:
    case ET_SET:
        e.s = db_str(st, col);
        break;
    case ET_BOOL:
        e.b = db_i64(st, col) != 0;
        break;
    case ET_DATE:
    case ET_INSTANT:
    case ET_DURATION:
    case ET_REF:
        e.i = db_i64(st, col);
        break;
    case ET_RELATED:
    case ET_EMPTY:
    case ET_ANY:
        e.type = ET_EMPTY;
        break;
    }
    struct value v = value_of_expr(b->arena, f, e);
    value_json(&w, f, &v);
}

/* Stored as plain text, shown as it is. */
static bool is_text(enum field_type t)
{
    return t == FT_TEXT || t == FT_LONG_TEXT || t == FT_CHOICE || t == FT_EMAIL || t == FT_PHONE ||
           t == FT_URL || t == FT_ADDRESS || t == FT_AUTO_NUMBER;
}

static void put_empty(struct buf *b, const struct field *f)
{
    if (f->type == FT_MULTI_CHOICE || f->type == FT_TAGS || f->type == FT_REFS)
        buf_add(b, STR("[]"));
    else
        buf_add(b, STR("null"));
}

void put_column(struct buf *b, const struct field *f, const struct stmt *st, int col, int title_col)
{
    if (f->type == FT_FORMULA) {
        put_formula(b, f, st, col);
        return;
    }
    if (is_text(f->type)) {
        struct str s = db_str(st, col);
        if (s.len)
            put_json_str(b, s);
        else
            buf_add(b, STR("null"));
        return;
    }
    if (db_is_null(st, col)) {
        put_empty(b, f);
        return;
    }
    switch (f->type) {
    case FT_NUMBER:
        buf_add_i64(b, db_i64(st, col));
        return;
    case FT_YES_NO:
        buf_add(b, db_i64(st, col) ? STR("true") : STR("false"));
        return;
    case FT_DATE:
    case FT_DATE_TIME: {
        char *dst = buf_reserve(b, 40);
        dst[0] = '"';
        size_t n = f->type == FT_DATE ? date_write(dst + 1, db_i64(st, col))
                                      : instant_write(dst + 1, db_i64(st, col));
        dst[n + 1] = '"';
        b->len += n + 2;
        return;
    }
    case FT_USER:
    case FT_TEAM:
    case FT_REF:
        if (f->system && f->index == F_ID) {
            buf_add_char(b, '"');
            buf_add_i64(b, db_i64(st, col));
            buf_add_char(b, '"');
        } else {
            put_ref(b, st, col, title_col);
        }
        return;
    case FT_TEXT:
    case FT_LONG_TEXT:
    case FT_CHOICE:
    case FT_EMAIL:
    case FT_PHONE:
    case FT_URL:
    case FT_ADDRESS:
    case FT_AUTO_NUMBER:
    case FT_DECIMAL:
    case FT_PERCENT:
    case FT_MONEY:
    case FT_DURATION:
    case FT_MULTI_CHOICE:
    case FT_TAGS:
    case FT_REFS:
    case FT_FORMULA:
    case FT_COUNT:
        break;
    }
    struct value v = {.type = f->type};
    struct json_writer w = json_writer(b);
    if (f->type == FT_MULTI_CHOICE || f->type == FT_TAGS)
        v.s = db_str(st, col);
    else
        v.i = db_i64(st, col);
    if (f->type == FT_MONEY)
        v.currency = db_str(st, col + 1);
    value_json(&w, f, &v);
}
