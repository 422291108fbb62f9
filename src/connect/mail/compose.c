/* Messages: RFC 5322, header words in other alphabets by RFC 2047, the body as quoted-printable (RFC 2045, 6.7). libcurl's
 * curl_mime is not used: it wraps a single text into a multipart with a boundary made by chance, and leaves header words to
 * the caller. What is written here is the same for the same letter. */
#include "connect/mail/mail.h"

#include "base/clock.h"

#include <sodium.h>
#include <string.h>

enum { LINE_BYTES = 76, WORD_BYTES = 39 }; /* 39 bytes are 52 characters of base64, 64 with "=?UTF-8?B?" and "?=", 74 behind "Reply-To: " */

/* One line: whatever is below a blank becomes one. */
static struct str one_line(struct arena *arena, struct str s)
{
    char *copy = arena_alloc(arena, s.len + 1);
    struct str out = {copy, 0};

    for (size_t i = 0; i < s.len; i++) {
        char c = (unsigned char)s.ptr[i] < ' ' || s.ptr[i] == 0x7f ? ' ' : s.ptr[i];

        if (c != ' ' || (out.len && copy[out.len - 1] != ' '))
            copy[out.len++] = c;
    }
    return str_trim(out);
}

static bool plain(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < ' ' || s.ptr[i] > '~')
            return false;
    return str_find(s, STR("=?"), 0) == SIZE_MAX;
}

/* Bytes of the code point that begins at i; what is no UTF-8 goes byte by byte. */
static size_t point_bytes(struct str s, size_t i)
{
    unsigned char c = (unsigned char)s.ptr[i];
    size_t n = c < 0xc2 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 1;

    return i + n <= s.len && utf8_valid(str_sub(s, i, n)) ? n : 1;
}

/* Encoded words, one on each line after the first; no code point is torn (RFC 2047, 5). */
static void add_words(struct buf *b, struct str s)
{
    char base64[sodium_base64_ENCODED_LEN(WORD_BYTES, sodium_base64_VARIANT_ORIGINAL)];

    for (size_t i = 0; i < s.len;) {
        size_t n = 0;

        while (i + n < s.len && n + point_bytes(s, i + n) <= WORD_BYTES)
            n += point_bytes(s, i + n);
        sodium_bin2base64(base64, sizeof base64, (const unsigned char *)s.ptr + i, n, sodium_base64_VARIANT_ORIGINAL);
        buf_fmt(b, "%s=?UTF-8?B?%s?=", i ? "\r\n " : "", base64);
        i += n;
    }
}

static void add_text(struct buf *b, const char *field, struct str text)
{
    struct str s = one_line(b->arena, text);

    buf_fmt(b, "%s: ", field);
    if (plain(s) && strlen(field) + 2 + s.len <= LINE_BYTES)
        buf_add(b, s);
    else
        add_words(b, s);
    buf_add(b, STR("\r\n"));
}

/* A name and an address, folded between them. */
static void add_mailbox(struct buf *b, const char *field, struct str name, struct str address)
{
    struct str s = one_line(b->arena, name);

    buf_fmt(b, "%s: ", field);
    if (plain(s) && s.len && s.len * 2 + strlen(field) + 4 <= LINE_BYTES) {
        buf_add_char(b, '"');
        for (size_t i = 0; i < s.len; i++) {
            if (s.ptr[i] == '"' || s.ptr[i] == '\\')
                buf_add_char(b, '\\');
            buf_add_char(b, s.ptr[i]);
        }
        buf_add(b, STR("\""));
    } else {
        add_words(b, s);
    }
    buf_fmt(b, "%s<%.*s>\r\n", s.len ? "\r\n " : "", STR_ARG(address));
}

/* "Mon, 02 Mar 2026 09:00:00 +0000" */
static void add_date(struct buf *b, int64_t us)
{
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int64_t day = zone_date(zone_utc(), us);
    struct civil c = zone_civil(zone_utc(), us);

    buf_fmt(b, "Date: %s, %02d %s %d %02d:%02d:%02d +0000\r\n", days[civil_weekday(day) - 1], c.day, months[c.month - 1], c.year,
            c.hour, c.minute, c.second);
}

/* ---- the body ---- */

/* May this byte stand for itself? A blank at the end of a line may not, and "From " at its beginning is quoted: mailboxes of
 * one file begin their messages with it. */
static bool stands(struct str line, size_t i)
{
    char c = line.ptr[i];

    if (c == ' ' || c == '\t')
        return i + 1 < line.len;
    if (i == 0 && c == 'F' && str_starts(line, STR("From ")))
        return false;
    return c > ' ' && c <= '~' && c != '=';
}

static void add_quoted(struct buf *b, struct str line)
{
    size_t width = 0;

    for (size_t i = 0; i < line.len;) {
        size_t n = point_bytes(line, i), room = stands(line, i) ? 1 : 3 * n;

        if (width + room > LINE_BYTES - 1) {
            buf_add(b, STR("=\r\n"));
            width = 0;
        }
        width += room;
        if (room == 1)
            buf_add_char(b, line.ptr[i]);
        else
            for (size_t k = 0; k < n; k++)
                buf_fmt(b, "=%02X", (unsigned)(unsigned char)line.ptr[i + k]);
        i += n;
    }
    buf_add(b, STR("\r\n"));
}

/* The marks of what a program wrote. */
static void add_automatic(struct buf *b, const struct letter *l, struct str domain)
{
    buf_fmt(b, "List-Id: <notices.fairlead.%.*s>\r\n", STR_ARG(domain));
    if (l->mute_url.len)
        buf_fmt(b, "List-Unsubscribe: <%.*s>\r\n", STR_ARG(l->mute_url));
    buf_add(b, STR("Auto-Submitted: auto-generated\r\n" /* RFC 3834: nothing answers it by itself */
                   "X-Auto-Response-Suppress: All\r\n"));
}

struct err *mail_compose(struct arena *arena, const struct mail_options *o, const struct letter *l, struct str *out)
{
    struct buf b = buf_new(arena, l->body.len * 2 + 1024);
    struct str from_name, from, name, address, rest = l->body, line;
    size_t at;

    if (!mail_address(l->to, &name, &address) || name.len)
        return FAIL(arena, ERR_INVALID, "record.field_invalid", "/email", "The mail address is none that can be written to.");
    if (!mail_address(o->from, &from_name, &from))
        return FAIL(arena, ERR_INVALID, "settings.invalid", NULL, "mail-from is no mail address.");
    at = str_find_char(from, '@', 0);
    add_date(&b, l->now_us);
    if (l->personal) /* the address stays the company's: the server sends for no other */
        add_mailbox(&b, "From", l->from_name, from);
    else
        add_mailbox(&b, "From", from_name.len ? from_name : STR("fairlead"), from);
    add_mailbox(&b, "To", l->to_name, address);
    if (l->personal && mail_address(l->reply_to, &name, &address))
        add_mailbox(&b, "Reply-To", l->from_name, address);
    else if (o->reply_to.len && mail_address(o->reply_to, &name, &address))
        add_mailbox(&b, "Reply-To", name, address);
    add_text(&b, "Subject", l->subject);
    buf_fmt(&b, "Message-ID: <fairlead.%lld@%.*s>\r\n", (long long)l->id, (int)(from.len - at - 1), from.ptr + at + 1);
    if (!l->personal)
        add_automatic(&b, l, str_sub(from, at + 1, from.len));
    buf_add(&b, STR("MIME-Version: 1.0\r\n"
                    "Content-Type: text/plain; charset=utf-8\r\n"
                    "Content-Transfer-Encoding: quoted-printable\r\n\r\n"));
    if (str_ends(rest, STR("\n")))
        rest.len--;
    while (str_cut(&rest, '\n', &line)) {
        if (str_ends(line, STR("\r")))
            line.len--;
        add_quoted(&b, line);
    }
    *out = buf_str(&b);
    return NULL;
}
