/* Keyset cursors: the sort keys of the last row, and a mark of the query they belong to. Opaque to clients, validated like
 * any foreign bytes; the values are bound, so a forged cursor can do no more than another filter. */
#include "record/query_impl.h"

#include <string.h>

#define CURSOR_BYTES_MAX 16384

static const char digits64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static struct str base64url(struct arena *arena, struct str bytes)
{
    struct buf b = buf_new(arena, bytes.len * 4 / 3 + 4);

    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t n = bytes.len - i < 3 ? bytes.len - i : 3;
        unsigned v = 0;
        for (size_t k = 0; k < 3; k++)
            v = v << 8 | (k < n ? (unsigned char)bytes.ptr[i + k] : 0u);
        for (size_t k = 0; k <= n; k++)
            buf_add_char(&b, digits64[v >> (18 - 6 * k) & 63]);
    }
    return buf_str(&b);
}

static bool unbase64url(struct arena *arena, struct str text, struct str *out)
{
    struct buf b = buf_new(arena, text.len);
    unsigned v = 0;
    int bits = 0;

    if (text.len > CURSOR_BYTES_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        const char *d = text.ptr[i] ? strchr(digits64, text.ptr[i]) : NULL;
        if (!d)
            return false;
        v = (v << 6 | (unsigned)(d - digits64)) & 0xffffff;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            buf_add_char(&b, (char)(v >> bits & 255));
        }
    }
    *out = buf_str(&b);
    return text.len % 4 != 1;
}

/* Two queries share a cursor only if they list the same rows in the same order. */
static uint64_t query_mark(const struct list_plan *l)
{
    const struct query *q = l->q;
    struct buf b = buf_new(l->arena, 256);

    buf_fmt(&b, "1|%.*s|%.*s|%d%d|", STR_ARG(l->p->o->name), STR_ARG(str_trim(q->filter)), q->bin,
            q->archived);
    for (size_t i = 0; i < l->n_sorts; i++)
        buf_fmt(&b, "%.*s.%.*s.%d.%d.%d|", STR_ARG(l->sorts[i].plan->o->name),
                STR_ARG(l->sorts[i].f->name), l->sorts[i].join >= 0, l->sorts[i].desc,
                (int)l->sorts[i].kind);
    return str_hash(buf_str(&b));
}

static void put_u64(struct buf *b, uint64_t v)
{
    for (int i = 56; i >= 0; i -= 8)
        buf_add_char(b, (char)(v >> i & 255));
}

static bool take(struct str *rest, size_t n, struct str *out)
{
    if (rest->len < n)
        return false;
    *out = str_sub(*rest, 0, n);
    *rest = str_sub(*rest, n, SIZE_MAX);
    return true;
}

static bool take_u64(struct str *rest, uint64_t *v)
{
    struct str part;

    if (!take(rest, 8, &part))
        return false;
    *v = 0;
    for (size_t i = 0; i < 8; i++)
        *v = *v << 8 | (unsigned char)part.ptr[i];
    return true;
}

struct str cursor_write(const struct list_plan *l, const struct key_value *keys)
{
    struct buf b = buf_new(l->arena, 128);

    put_u64(&b, query_mark(l));
    for (size_t i = 0; i < l->n_sorts; i++) {
        uint64_t bits = (uint64_t)keys[i].i;
        buf_add_char(&b, keys[i].null ? 'n' : "itr"[l->sorts[i].kind]);
        if (keys[i].null)
            continue;
        if (l->sorts[i].kind == KEY_TEXT) {
            put_u64(&b, keys[i].s.len);
            buf_add(&b, keys[i].s);
            continue;
        }
        if (l->sorts[i].kind == KEY_REAL)
            memcpy(&bits, &keys[i].d, sizeof bits);
        put_u64(&b, bits);
    }
    return base64url(l->arena, buf_str(&b));
}

static bool read_key(struct str *rest, const struct sort_key *k, struct key_value *v)
{
    struct str tag;
    uint64_t bits;

    if (!take(rest, 1, &tag))
        return false;
    v->null = tag.ptr[0] == 'n';
    if (v->null)
        return k->nullable;
    if (tag.ptr[0] != "itr"[k->kind] || !take_u64(rest, &bits))
        return false;
    if (k->kind == KEY_TEXT)
        return bits <= CURSOR_BYTES_MAX && take(rest, (size_t)bits, &v->s) && utf8_valid(v->s);
    v->i = (int64_t)bits;
    memcpy(&v->d, &bits, sizeof v->d);
    return k->kind != KEY_REAL || (v->d == v->d && v->d - v->d == 0);
}

struct err *cursor_read(struct list_plan *l)
{
    struct str rest = STR_NONE;
    uint64_t mark = 0;
    bool ok = unbase64url(l->arena, l->q->cursor, &rest) && take_u64(&rest, &mark) &&
              mark == query_mark(l);

    for (size_t i = 0; ok && i < l->n_sorts; i++)
        ok = read_key(&rest, &l->sorts[i], &l->after[i]);
    if (!ok || rest.len) {
        struct err *e = FAIL(l->arena, ERR_INVALID, "query.cursor", "cursor",
                             "This cursor does not belong to this query.");
        e->way_out =
            STR("Start again without a cursor; keep filter and sort the same from page to page.");
        return e;
    }
    l->paged = true;
    return NULL;
}
