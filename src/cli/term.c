/* What the commands show in a terminal: progress, times for people, wrapped text, secrets without echo. */
#include "cli_impl.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define PROGRESS_EVERY_US 100000
#define BAR_CELLS 28

bool term_colour(void)
{
    const char *term = getenv("TERM");

    return isatty(STDOUT_FILENO) && !getenv("NO_COLOR") && term && strcmp(term, "dumb") != 0;
}

void progress_show(struct progress *p, int64_t done, int64_t total, const char *unit)
{
    int64_t now = clock_mono_us();
    int cells;

    p->tty = isatty(STDERR_FILENO);
    if (!p->tty || (now - p->shown_us < PROGRESS_EVERY_US && done < total))
        return;
    p->shown_us = now;
    if (done > total)
        done = total;
    cells = total > 0 ? (int)(done * BAR_CELLS / total) : 0;
    fprintf(stderr, "\r%-22s [", p->label);
    for (int i = 0; i < BAR_CELLS; i++)
        fputc(i < cells ? '#' : '.', stderr);
    fprintf(stderr, "] %3d %%  %" PRId64 " %s ", total > 0 ? (int)(done * 100 / total) : 0, done, unit);
    fflush(stderr);
}

void progress_end(struct progress *p)
{
    if (p->tty && p->shown_us)
        fprintf(stderr, "\r\033[K");
    p->shown_us = 0;
}

struct str term_when(struct arena *arena, int64_t at_us, int64_t now_us)
{
    int64_t gap = at_us - now_us, size = gap < 0 ? -gap : gap, n;
    const char *unit;

    if (!at_us || at_us == DATE_NONE)
        return STR("no due time");
    if (size < US_PER_HOUR) {
        n = size / US_PER_MINUTE;
        unit = "min";
    } else if (size < 2 * US_PER_DAY) {
        n = size / US_PER_HOUR;
        unit = "h";
    } else {
        n = size / US_PER_DAY;
        unit = "days";
    }
    return gap < 0 ? str_fmt(arena, "%" PRId64 " %s late", n, unit) : str_fmt(arena, "in %" PRId64 " %s", n, unit);
}

void term_wrap(FILE *out, struct str text, int indent, int width)
{
    struct str rest = text, word;
    int column = 0;

    while (str_cut(&rest, ' ', &word)) {
        int len = (int)utf8_count(word);

        if (!word.len)
            continue;
        if (column == 0) {
            fprintf(out, "%*s", indent, "");
            column = indent;
        } else if (column + 1 + len > width) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
        } else {
            fputc(' ', out);
            column++;
        }
        fprintf(out, "%.*s", STR_ARG(word));
        column += len;
    }
    if (column)
        fputc('\n', out);
}

struct str term_secret(struct arena *arena, const char *prompt)
{
    struct termios before, quiet;
    bool tty = isatty(STDIN_FILENO);
    char line[PASSWORD_BYTES_MAX + 2];

    if (tty) {
        fputs(prompt, stderr);
        fflush(stderr);
        tcgetattr(STDIN_FILENO, &before);
        quiet = before;
        quiet.c_lflag &= (tcflag_t)~ECHO;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    }
    if (!fgets(line, sizeof line, stdin))
        line[0] = 0;
    if (tty) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        fputc('\n', stderr);
    }
    line[strcspn(line, "\r\n")] = 0;
    return str_dup(arena, str_from(line));
}
