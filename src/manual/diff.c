/* Differences of pages: in words, and as unified hunks with sentences above them where the front matter changed. */
#include "manual/diff_impl.h"
#include "manual/lines_impl.h"

#include <assert.h>
#include <stdlib.h>

#define CONTEXT_LINES 3

/* ---- hunks ---- */
static void add_line(struct buf *b, char sign, struct str line)
{
    buf_add_char(b, sign);
    buf_add(b, line);
    if (!str_ends(line, STR("\n")))
        buf_add(b, STR("\n\\ No newline at end of file\n"));
}

/* Lines of the hunk are counted from 0. */
static void add_words(struct buf *b, const struct diff_sentences *w, size_t a, size_t na, size_t bb,
                      size_t nb)
{
    for (size_t i = 0; i < w->list.n; i++) {
        const struct diff_sentence *s = &w->list.at[i];
        bool here = s->line ? (size_t)s->line > bb && (size_t)s->line <= bb + nb
                            : (size_t)s->line_before > a && (size_t)s->line_before <= a + na;

        if (here)
            buf_fmt(b, "# %.*s\n", STR_ARG(s->text));
    }
}

static void add_hunk(struct buf *b, const struct diff_sentences *w, const struct lines *a,
                     const struct lines *bb, const struct line_change *changes, size_t n)
{
    size_t first = changes[0].a < CONTEXT_LINES ? changes[0].a : CONTEXT_LINES;
    const struct line_change *last = &changes[n - 1];
    size_t a_from = changes[0].a - first, b_from = changes[0].b - first;
    size_t rest = a->n - (last->a + last->na);
    size_t a_to = last->a + last->na + (rest < CONTEXT_LINES ? rest : CONTEXT_LINES);
    size_t b_to = last->b + last->nb + (a_to - last->a - last->na), at = a_from;

    add_words(b, w, a_from, a_to - a_from, b_from, b_to - b_from);
    buf_fmt(b, "@@ -%zu,%zu +%zu,%zu @@\n", a_to > a_from ? a_from + 1 : a_from, a_to - a_from,
            b_to > b_from ? b_from + 1 : b_from, b_to - b_from);
    for (size_t i = 0; i < n; i++) {
        for (; at < changes[i].a; at++)
            add_line(b, ' ', a->at[at]);
        for (; at < changes[i].a + changes[i].na; at++)
            add_line(b, '-', a->at[at]);
        for (size_t k = 0; k < changes[i].nb; k++)
            add_line(b, '+', bb->at[changes[i].b + k]);
    }
    for (; at < a_to; at++)
        add_line(b, ' ', a->at[at]);
}

static void add_page(struct arena *arena, struct buf *out, struct str path, const struct str *a,
                     const struct str *b)
{
    struct diff_sentences w = {.arena = arena};
    struct lines la = lines_split(arena, a ? *a : STR_NONE),
                 lb = lines_split(arena, b ? *b : STR_NONE);
    size_t n, from = 0;
    struct line_change *changes = lines_compare(arena, &la, &lb, &n);

    if (a && b)
        diff_front(&w, *a, *b);
    buf_fmt(out, "--- %.*s\n", STR_ARG(a ? path : STR("/dev/null")));
    buf_fmt(out, "+++ %.*s\n", STR_ARG(b ? path : STR("/dev/null")));
    while (from < n) { /* changes closer than two contexts share a hunk */
        size_t to = from + 1;

        while (to < n &&
               changes[to].a - (changes[to - 1].a + changes[to - 1].na) <= 2 * CONTEXT_LINES)
            to++;
        add_hunk(out, &w, &la, &lb, changes + from, to - from);
        from = to;
    }
}

static int file_cmp(const void *a, const void *b)
{
    return str_cmp(((const struct page_file *)a)->path, ((const struct page_file *)b)->path);
}

static struct page_file *sorted(struct arena *arena, const struct page_file *files, size_t n)
{
    struct page_file *copy = NEW_ARRAY(arena, n + 1, struct page_file);

    for (size_t i = 0; i < n; i++)
        copy[i] = (struct page_file){page_path_strip(files[i].path), files[i].text};
    qsort(copy, n, sizeof *copy, file_cmp);
    return copy;
}

/* Pairs of pages by path: the one, the other or both of *x and *y. False when all are done. */
struct pairing {
    const struct page_file *a, *b;
    size_t na, nb, i, k;
};
static bool next_pair(struct pairing *p, const struct page_file **x, const struct page_file **y)
{
    if (p->i == p->na && p->k == p->nb)
        return false;
    int order = p->i == p->na   ? 1
                : p->k == p->nb ? -1
                                : str_cmp(p->a[p->i].path, p->b[p->k].path);

    *x = order <= 0 ? &p->a[p->i++] : NULL;
    *y = order >= 0 ? &p->b[p->k++] : NULL;
    return true;
}

struct str manual_diff(struct arena *arena, const struct page_file *a, size_t na,
                       const struct page_file *b, size_t nb)
{
    struct pairing p = {.a = sorted(arena, a, na), .b = sorted(arena, b, nb), .na = na, .nb = nb};
    struct buf out = buf_new(arena, 1024);
    const struct page_file *x, *y;

    while (next_pair(&p, &x, &y))
        if (!x || !y || !str_eq(x->text, y->text))
            add_page(arena, &out, str_fmt(arena, "%.*s.md", STR_ARG((x ? x : y)->path)),
                     x ? &x->text : NULL, y ? &y->text : NULL);
    return buf_str(&out);
}

/* ---- in words ---- */
static struct str label_of(struct arena *arena, const struct page_file *file)
{
    struct page_parts parts;
    struct node *root, *label;

    if (page_split(arena, file->text, &parts) ||
        yaml_read(arena, file->text, parts.yaml_from, parts.yaml_to, &root))
        return file->path;
    label = node_get(root, "label");
    return label && label->kind == NODE_TEXT && label->text.len ? label->text : file->path;
}

size_t manual_compare(struct arena *arena, const struct page_file *a, size_t na,
                      const struct page_file *b, size_t nb, struct page_diff **out)
{
    struct pairing p = {.a = sorted(arena, a, na), .b = sorted(arena, b, nb), .na = na, .nb = nb};
    VEC(struct page_diff) list = {0};
    const struct page_file *x, *y;

    while (next_pair(&p, &x, &y)) {
        const struct page_file *newer = y ? y : x;

        assert(newer);
        struct page_diff d = {.path = newer->path};
        struct diff_sentences front = {.arena = arena};

        if (x && y && str_eq(x->text, y->text))
            continue;
        d.label = label_of(arena, y ? y : x);
        d.change = !x ? PAGE_ADDED : !y ? PAGE_REMOVED : PAGE_CHANGED;
        if (x && y) {
            diff_front(&front, x->text, y->text);
            d.passages = diff_body(arena, x->text, y->text, &d.n_passages);
        }
        d.sentences = front.list.at;
        d.n_sentences = front.list.n;
        VEC_PUSH(arena, list) = d;
    }
    *out = list.at;
    return list.n;
}

static void add_passage(struct buf *b, const struct diff_passage *p)
{
    buf_fmt(b, "  %.*s (%s %d):\n    ", STR_ARG(p->section.len ? p->section : STR("Text")),
            p->line ? "line" : "was line", p->line ? p->line : p->line_before);
    for (size_t i = 0; i < p->n; i++) {
        static const char *const marks[][2] = {{"", ""}, {"[-", "-]"}, {"{+", "+}"}};
        const struct diff_piece *piece = &p->pieces[i];

        buf_fmt(b, "%s%s", i ? " " : "", marks[piece->how][0]);
        for (size_t k = 0; k < piece->text.len; k++) {
            buf_add_char(b, piece->text.ptr[k]);
            if (piece->text.ptr[k] == '\n')
                buf_add(b, STR("    "));
        }
        buf_fmt(b, "%s", marks[piece->how][1]);
    }
    buf_add_char(b, '\n');
}

struct str manual_compare_text(struct arena *arena, const struct page_diff *pages, size_t n)
{
    struct buf b = buf_new(arena, 1024);

    for (size_t i = 0; i < n; i++) {
        const struct page_diff *d = &pages[i];

        buf_fmt(&b, "%s%.*s (%.*s)%s\n", i ? "\n" : "", STR_ARG(d->label), STR_ARG(d->path),
                d->change == PAGE_ADDED     ? ": a new page"
                : d->change == PAGE_REMOVED ? ": the page was removed"
                                            : "");
        for (size_t k = 0; k < d->n_sentences; k++)
            buf_fmt(&b, "  %.*s\n", STR_ARG(d->sentences[k].text));
        for (size_t k = 0; k < d->n_passages; k++)
            add_passage(&b, &d->passages[k]);
        if (d->change == PAGE_CHANGED && d->n_sentences + d->n_passages == 0)
            buf_add(&b, STR("  Only its layout changed: blanks, line breaks or notes.\n"));
    }
    return buf_str(&b);
}
