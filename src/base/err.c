#include "base/err.h"

#include <assert.h>
#include <string.h>

const char *const err_codes[] = {
#define ERROR(code, sentence) code,
#include "base/errors.def"
#undef ERROR
    NULL,
};

static bool known_code(const char *code)
{
    for (const char *const *c = err_codes; *c; c++)
        if (strcmp(*c, code) == 0)
            return true;
    return false;
}

/* Messages quote what strangers sent, cut to a length, perhaps within a character: the rest of that character goes. */
static struct str legible(struct arena *arena, struct str s)
{
    struct buf b;

    if (utf8_valid(s))
        return s;
    b = buf_new(arena, s.len);
    for (;;) {
        size_t n = utf8_valid_len(s);

        buf_add(&b, str_sub(s, 0, n));
        if (n == s.len)
            return buf_str(&b);
        s = str_sub(s, n + 1, SIZE_MAX);
    }
}

struct err *err_make(struct arena *arena, const char *src_file, int src_line, enum err_kind kind,
                     const char *code, const char *field, const char *fmt, ...)
{
    struct err *e = NEW(arena, struct err);
    va_list ap;

    assert(known_code(code)); /* errors.def lists them all */
    e->kind = kind;
    e->code = code;
    e->field = field;
    va_start(ap, fmt);
    e->message = legible(arena, str_vfmt(arena, fmt, ap));
    va_end(ap);
    e->src_file = src_file;
    e->src_line = src_line;
    return e;
}

void err_add(struct err **head, struct err *e)
{
    while (*head)
        head = &(*head)->next;
    *head = e;
}

int err_http_status(enum err_kind kind)
{
    switch (kind) {
    case ERR_INVALID:
        return 422;
    case ERR_MALFORMED:
        return 400;
    case ERR_UNAUTHORIZED:
        return 401;
    case ERR_FORBIDDEN:
        return 403;
    case ERR_NOT_FOUND:
        return 404;
    case ERR_CONFLICT:
        return 409;
    case ERR_STALE:
        return 412;
    case ERR_NEEDS_MATCH:
        return 428;
    case ERR_TOO_LARGE:
        return 413;
    case ERR_TOO_MANY:
        return 429;
    case ERR_BUSY:
        return 503;
    case ERR_INTERNAL:
        break;
    }
    return 500;
}

struct err *err_copy(struct arena *arena, const struct err *e)
{
    struct err *head = NULL;
    struct err **tail = &head;

    for (; e; e = e->next) {
        struct err *copy = NEW(arena, struct err);
        *copy = *e;
        copy->next = NULL;
        copy->code = str_cstr(arena, str_from(e->code));
        copy->field = e->field ? str_cstr(arena, str_from(e->field)) : NULL;
        copy->message = str_dup(arena, e->message);
        copy->way_out = str_dup(arena, e->way_out);
        copy->page = str_dup(arena, e->page);
        copy->reason = str_dup(arena, e->reason);
        *tail = copy;
        tail = &copy->next;
    }
    return head;
}

struct str err_text(struct arena *arena, const struct err *e)
{
    struct buf b = buf_new(arena, 256);

    for (; e; e = e->next) {
        if (b.len)
            buf_add_char(&b, '\n');
        if (e->page.len) {
            buf_add(&b, e->page);
            buf_add_char(&b, ':');
        }
        if (e->line)
            buf_fmt(&b, "%d:", e->line);
        if (e->line && e->column)
            buf_fmt(&b, "%d:", e->column);
        if (e->page.len || e->line)
            buf_add_char(&b, ' ');
        buf_add(&b, e->message);
        if (e->way_out.len) {
            buf_add_char(&b, ' ');
            buf_add(&b, e->way_out);
        }
    }
    return buf_str(&b);
}
