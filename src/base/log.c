#include "base/log.h"
#include "base/clock.h"

#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#define LINE_BYTES_MAX \
    4096 /* what a pipe takes in one piece: lines of several threads do not mix */

static _Atomic int level_min = LOG_INFO;

void log_set_level(enum log_level level)
{
    atomic_store(&level_min, (int)level);
}

bool log_enabled(enum log_level level)
{
    return (int)level >= atomic_load(&level_min);
}

struct line {
    char text[LINE_BYTES_MAX];
    size_t len;
};

static void put_char(struct line *l, char c)
{
    if (l->len < sizeof l->text - 2)
        l->text[l->len++] = c;
}

static void put(struct line *l, const char *s)
{
    while (*s)
        put_char(l, *s++);
}

static bool is_plain(const char *s)
{
    if (!*s)
        return false;
    for (; *s; s++)
        if ((unsigned char)*s <= ' ' || *s == '"' || *s == '=' || *s == '\\' || *s == 0x7f)
            return false;
    return true;
}

static void put_value(struct line *l, const char *s)
{
    static const char hex[] = "0123456789abcdef";

    if (is_plain(s)) {
        put(l, s);
        return;
    }
    put_char(l, '"');
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\') {
            put_char(l, '\\');
            put_char(l, *s);
        } else if (c < ' ' || c == 0x7f) {
            put(l, "\\x");
            put_char(l, hex[c >> 4]);
            put_char(l, hex[c & 15]);
        } else {
            put_char(l, *s);
        }
    }
    put_char(l, '"');
}

void log_event(enum log_level level, const char *event, ...)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    struct line l = {.len = 0};
    char time[32];
    va_list ap;

    if (!log_enabled(level))
        return;
    time[instant_write(time, clock_machine_us())] = 0;
    put(&l, "time=");
    put(&l, time);
    put(&l, " level=");
    put(&l, names[level]);
    put(&l, " event=");
    put_value(&l, event);
    va_start(ap, event);
    for (const char *key; (key = va_arg(ap, const char *));) {
        const char *value = va_arg(ap, const char *);
        put_char(&l, ' ');
        put(&l, key);
        put_char(&l, '=');
        put_value(&l, value ? value : "");
    }
    va_end(ap);
    l.text[l.len++] = '\n';
    /* Nobody to tell if standard error is gone. */
    ssize_t written = write(STDERR_FILENO, l.text, l.len);
    (void)written;
}
