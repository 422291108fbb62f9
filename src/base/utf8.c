/* UTF-8 checking (RFC 3629) and the Unicode parts of str.h. */
#include "base/str.h"

#include <string.h>
#include <utf8proc.h>

/* Bytes of the code point at p, 0 if it is not well-formed (overlong, surrogate, above U+10FFFF, cut off) or U+0000. */
static size_t sequence_length(const unsigned char *p, size_t left)
{
    unsigned char low = 0x80, high = 0xbf;
    size_t n;

    if (p[0] < 0x80)
        return p[0] != 0;
    if (p[0] >= 0xc2 && p[0] <= 0xdf) {
        n = 2;
    } else if (p[0] >= 0xe0 && p[0] <= 0xef) {
        n = 3;
        if (p[0] == 0xe0)
            low = 0xa0;
        if (p[0] == 0xed)
            high = 0x9f;
    } else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
        n = 4;
        if (p[0] == 0xf0)
            low = 0x90;
        if (p[0] == 0xf4)
            high = 0x8f;
    } else {
        return 0;
    }
    if (left < n || p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < n; i++)
        if (p[i] < 0x80 || p[i] > 0xbf)
            return 0;
    return n;
}

/* Length of the ASCII run at the beginning, without U+0000. Eight bytes at a time. */
static size_t ascii_run(const char *p, size_t n)
{
    size_t i = 0;
    uint64_t v;

    for (; i + sizeof v <= n; i += sizeof v) {
        memcpy(&v, p + i, sizeof v);
        if ((v | (v - 0x0101010101010101u)) & 0x8080808080808080u)
            break;
    }
    while (i < n && p[i] > 0)
        i++;
    return i;
}

size_t utf8_valid_len(struct str s)
{
    size_t i = 0;
    while (i < s.len) {
        i += ascii_run(s.ptr + i, s.len - i);
        if (i == s.len)
            break;
        size_t n = sequence_length((const unsigned char *)s.ptr + i, s.len - i);
        if (!n)
            break;
        i += n;
    }
    return i;
}

bool utf8_valid(struct str s)
{
    return utf8_valid_len(s) == s.len;
}

size_t utf8_count(struct str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++)
        n += ((unsigned char)s.ptr[i] & 0xc0) != 0x80;
    return n;
}

/* utf8proc_map without its malloc. Text that utf8proc refuses comes back as it is: validity is checked on entry. */
static struct str map(struct arena *arena, struct str s, utf8proc_option_t options)
{
    enum { SMALL = 512 };
    utf8proc_int32_t small[SMALL];
    utf8proc_int32_t *points = small;
    const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)s.ptr;

    utf8proc_ssize_t n =
        utf8proc_decompose(bytes, (utf8proc_ssize_t)s.len, points, SMALL - 1, options);
    if (n >= SMALL) {
        /* reencode writes bytes over the points and a NUL behind them */
        points = arena_array(arena, (size_t)n + 1, sizeof *points);
        n = utf8proc_decompose(bytes, (utf8proc_ssize_t)s.len, points, n, options);
    }
    if (n < 0)
        return str_dup(arena, s);
    n = utf8proc_reencode(points, n, options);
    if (n < 0)
        return str_dup(arena, s);
    struct str out = {(const char *)points, (size_t)n};
    return points == small ? str_dup(arena, out) : out;
}

struct str utf8_fold(struct arena *arena, struct str s)
{
    if (ascii_run(s.ptr, s.len) == s.len)
        return str_lower_ascii(arena, s);
    return map(arena, s,
               UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD |
                   UTF8PROC_IGNORE | UTF8PROC_STRIPMARK);
}

struct str utf8_nfc(struct arena *arena, struct str s)
{
    if (ascii_run(s.ptr, s.len) == s.len)
        return str_dup(arena, s);
    return map(arena, s, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
}
