#include "manual/lines_impl.h"

#include <string.h>

#define EDITS_MAX 1000 /* the trace takes edits^2 ints: 4 MB */

struct lines lines_split(struct arena *arena, struct str text)
{
    VEC(struct str) list = {0};
    size_t at = 0;

    while (at < text.len) {
        size_t end = str_find_char(text, '\n', at), next = end == SIZE_MAX ? text.len : end + 1;

        VEC_PUSH(arena, list) = str_sub(text, at, next - at);
        at = next;
    }
    return (struct lines){list.at, list.n};
}

struct compare {
    struct arena *arena;
    const struct str *a, *b; /* the parts that differ */
    long n, m;
    VEC(int *) trace; /* per number of edits: furthest x on each diagonal, from -d to d */
};

static bool same_line(const struct compare *c, long x, long y)
{
    return str_eq(c->a[x], c->b[y]);
}

/* Fills the trace; false if there are too many edits. */
static bool find_path(struct compare *c)
{
    int *v = NEW_ARRAY(c->arena, 2 * EDITS_MAX + 3, int), *mid = v + EDITS_MAX + 1;

    for (int d = 0; d <= EDITS_MAX; d++) {
        int *copy;

        for (int k = -d; k <= d; k += 2) {
            long x = k == -d || (k != d && mid[k - 1] < mid[k + 1]) ? mid[k + 1] : mid[k - 1] + 1,
                 y = x - k;

            while (x < c->n && y < c->m && same_line(c, x, y)) {
                x++;
                y++;
            }
            mid[k] = (int)x;
            if (x >= c->n && y >= c->m) {
                copy = NEW_ARRAY(c->arena, 2 * (size_t)d + 1, int);
                memcpy(copy, mid - d, (2 * (size_t)d + 1) * sizeof *copy);
                VEC_PUSH(c->arena, c->trace) = copy;
                return true;
            }
        }
        copy = NEW_ARRAY(c->arena, 2 * (size_t)d + 1, int);
        memcpy(copy, mid - d, (2 * (size_t)d + 1) * sizeof *copy);
        VEC_PUSH(c->arena, c->trace) = copy;
    }
    return false;
}

/* Walks back and marks the lines taken out and put in. */
static void mark(const struct compare *c, bool *out, bool *in)
{
    long x = c->n, y = c->m;

    for (long d = (long)c->trace.n - 1; d > 0; d--) {
        const int *before = c->trace.at[d - 1] + (d - 1); /* diagonal 0 of the step before */
        long k = x - y;
        bool down = k == -d || (k != d && (k - 1 < -(d - 1) ? -1 : before[k - 1]) <
                                              (k + 1 > d - 1 ? -1 : before[k + 1]));
        long from_k = down ? k + 1 : k - 1, from_x = before[from_k], from_y = from_x - from_k;

        if (down)
            in[from_y] = true;
        else
            out[from_x] = true;
        x = from_x;
        y = from_y;
    }
}

struct line_change *lines_compare(struct arena *arena, const struct lines *a, const struct lines *b,
                                  size_t *n)
{
    VEC(struct line_change) changes = {0};
    size_t head = 0, tail = 0;

    while (head < a->n && head < b->n && str_eq(a->at[head], b->at[head]))
        head++;
    while (tail < a->n - head && tail < b->n - head &&
           str_eq(a->at[a->n - 1 - tail], b->at[b->n - 1 - tail]))
        tail++;
    struct compare c = {.arena = arena,
                        .a = a->n ? a->at + head : a->at, /* no lines have no address */
                        .b = b->n ? b->at + head : b->at,
                        .n = (long)(a->n - head - tail),
                        .m = (long)(b->n - head - tail)};
    *n = 0;
    if (c.n == 0 && c.m == 0)
        return NULL;
    if (c.n == 0 || c.m == 0 || !find_path(&c)) {
        VEC_PUSH(arena, changes) = (struct line_change){head, (size_t)c.n, head, (size_t)c.m};
        *n = 1;
        return changes.at;
    }
    bool *out = NEW_ARRAY(arena, (size_t)c.n + 1, bool),
         *in = NEW_ARRAY(arena, (size_t)c.m + 1, bool);
    mark(&c, out, in);
    for (long x = 0, y = 0; x < c.n || y < c.m;) {
        struct line_change change = {head + (size_t)x, 0, head + (size_t)y, 0};

        while (x < c.n && out[x]) {
            x++;
            change.na++;
        }
        while (y < c.m && in[y]) {
            y++;
            change.nb++;
        }
        if (change.na || change.nb) {
            VEC_PUSH(arena, changes) = change;
        } else {
            x++;
            y++;
        }
    }
    *n = changes.n;
    return changes.at;
}
