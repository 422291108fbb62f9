/* Differences of pages: unified hunks, with words above them where front-matter keys changed. */
#include "manual/lines_impl.h"
#include "manual/page_impl.h"

#include <stdlib.h>

#define CONTEXT_LINES 3

/* ---- front matter in words ---- */
struct said {
    int line_a, line_b; /* in the old and in the new page; 0: not there */
    struct str text;    /* "due: 24h -> 4 business hours" */
};
struct wording {
    struct arena *arena;
    VEC(struct said) list;
};

static struct str brief(struct arena *arena, const struct node *node)
{
    if (node->kind == NODE_TEXT)
        return node->text.len > 120
                   ? str_fmt(arena, "%.*s...", STR_ARG(str_sub(node->text, 0, 117)))
                   : node->text;
    struct buf b = buf_new(arena, 64);
    if (node->kind == NODE_MAP)
        return str_fmt(arena, "(%zu values)", node->n);
    buf_add_char(&b, '[');
    for (size_t i = 0; i < node->n && b.len < 100; i++) {
        if (i)
            buf_add(&b, STR(", "));
        buf_add(&b, brief(arena, node->items[i]));
    }
    buf_add_char(&b, ']');
    return buf_str(&b);
}

/* What an item of a list is called: so that a moved step is still that step. */
static struct str item_name(const struct node *item)
{
    static const char *const keys[] = {"name", "label", "say", NULL};

    if (item->kind == NODE_TEXT)
        return item->text;
    for (int i = 0; keys[i]; i++) {
        const struct node *node = node_get(item, keys[i]);

        if (node && node->kind == NODE_TEXT)
            return node->text;
    }
    return STR_NONE;
}

static bool node_same(const struct node *a, const struct node *b)
{
    if (a->kind != b->kind || a->n != b->n)
        return false;
    if (a->kind == NODE_TEXT)
        return str_eq(a->text, b->text);
    for (size_t i = 0; i < a->n; i++)
        if ((a->kind == NODE_MAP && !str_eq(a->keys[i]->text, b->keys[i]->text)) ||
            !node_same(a->items[i], b->items[i]))
            return false;
    return true;
}

static void say(struct wording *w, const struct node *a, const struct node *b, struct str way,
                struct str text)
{
    VEC_PUSH(w->arena, w->list) =
        (struct said){a ? a->line : 0, b ? b->line : 0,
                      str_fmt(w->arena, "%.*s: %.*s", STR_ARG(way), STR_ARG(text))};
}

static void compare_nodes(struct wording *w, const struct node *a, const struct node *b,
                          struct str way);

static struct str join_way(struct wording *w, struct str way, struct str part)
{
    return way.len ? str_fmt(w->arena, "%.*s > %.*s", STR_ARG(way), STR_ARG(part)) : part;
}

static void compare_maps(struct wording *w, const struct node *a, const struct node *b,
                         struct str way)
{
    for (size_t i = 0; i < a->n; i++) {
        const struct node *other = node_get_str(b, a->keys[i]->text);
        struct str here = join_way(w, way, a->keys[i]->text);

        if (other)
            compare_nodes(w, a->items[i], other, here);
        else
            say(w, a->keys[i], NULL, here,
                str_fmt(w->arena, "removed, was %.*s", STR_ARG(brief(w->arena, a->items[i]))));
    }
    for (size_t i = 0; i < b->n; i++)
        if (!node_get_str(a, b->keys[i]->text))
            say(w, NULL, b->keys[i], join_way(w, way, b->keys[i]->text),
                str_fmt(w->arena, "added: %.*s", STR_ARG(brief(w->arena, b->items[i]))));
}

static const struct node *item_named(const struct node *list, struct str name)
{
    for (size_t i = 0; i < list->n; i++)
        if (str_eq(item_name(list->items[i]), name))
            return list->items[i];
    return NULL;
}

static void compare_lists(struct wording *w, const struct node *a, const struct node *b,
                          struct str way)
{
    bool named = true;

    for (size_t i = 0; i < a->n; i++)
        named = named && a->items[i]->kind == NODE_MAP && item_name(a->items[i]).len;
    for (size_t i = 0; i < b->n; i++)
        named = named && b->items[i]->kind == NODE_MAP && item_name(b->items[i]).len;
    if (!named) {
        say(w, a, b, way,
            str_fmt(w->arena, "%.*s -> %.*s", STR_ARG(brief(w->arena, a)),
                    STR_ARG(brief(w->arena, b))));
        return;
    }
    for (size_t i = 0; i < a->n; i++) {
        struct str name = item_name(a->items[i]);
        const struct node *other = item_named(b, name);

        if (other)
            compare_nodes(w, a->items[i], other, join_way(w, way, name));
        else
            say(w, a->items[i], NULL, join_way(w, way, name), STR("removed"));
    }
    for (size_t i = 0; i < b->n; i++)
        if (!item_named(a, item_name(b->items[i])))
            say(w, NULL, b->items[i], join_way(w, way, item_name(b->items[i])), STR("added"));
}

static void compare_nodes(struct wording *w, const struct node *a, const struct node *b,
                          struct str way)
{
    if (node_same(a, b))
        return;
    if (a->kind == NODE_MAP && b->kind == NODE_MAP)
        compare_maps(w, a, b, way);
    else if (a->kind == NODE_LIST && b->kind == NODE_LIST)
        compare_lists(w, a, b, way);
    else
        say(w, a, b, way,
            str_fmt(w->arena, "%.*s -> %.*s", STR_ARG(brief(w->arena, a)),
                    STR_ARG(brief(w->arena, b))));
}

static struct node *front_matter(struct arena *arena, struct str text)
{
    struct page_parts parts;
    struct node *root;

    if (page_split(arena, text, &parts) ||
        yaml_read(arena, text, parts.yaml_from, parts.yaml_to, &root))
        return NULL; /* a page that cannot be read has no words, only lines */
    return root;
}

/* ---- hunks ---- */
static void add_line(struct buf *b, char sign, struct str line)
{
    buf_add_char(b, sign);
    buf_add(b, line);
    if (!str_ends(line, STR("\n")))
        buf_add(b, STR("\n\\ No newline at end of file\n"));
}

/* Lines of the hunk are counted from 0. */
static void add_words(struct buf *b, const struct wording *w, size_t a, size_t na, size_t bb,
                      size_t nb)
{
    for (size_t i = 0; i < w->list.n; i++) {
        const struct said *s = &w->list.at[i];
        bool here = s->line_b ? (size_t)s->line_b > bb && (size_t)s->line_b <= bb + nb
                              : (size_t)s->line_a > a && (size_t)s->line_a <= a + na;

        if (here)
            buf_fmt(b, "# %.*s\n", STR_ARG(s->text));
    }
}

static void add_hunk(struct buf *b, const struct wording *w, const struct lines *a,
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
    struct wording w = {.arena = arena};
    struct lines la = lines_split(arena, a ? *a : STR_NONE),
                 lb = lines_split(arena, b ? *b : STR_NONE);
    size_t n, from = 0;
    struct line_change *changes = lines_compare(arena, &la, &lb, &n);

    if (a && b) {
        struct node *ra = front_matter(arena, *a), *rb = front_matter(arena, *b);

        if (ra && rb)
            compare_nodes(&w, ra, rb, STR_NONE);
    }
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

struct str manual_diff(struct arena *arena, const struct page_file *a, size_t na,
                       const struct page_file *b, size_t nb)
{
    struct page_file *sa = sorted(arena, a, na), *sb = sorted(arena, b, nb);
    struct buf out = buf_new(arena, 1024);
    size_t i = 0, k = 0;

    while (i < na || k < nb) {
        int order = i == na ? 1 : k == nb ? -1 : str_cmp(sa[i].path, sb[k].path);
        struct str path = order <= 0 ? sa[i].path : sb[k].path;

        path = str_fmt(arena, "%.*s.md", STR_ARG(path));
        if (order < 0)
            add_page(arena, &out, path, &sa[i].text, NULL);
        else if (order > 0)
            add_page(arena, &out, path, NULL, &sb[k].text);
        else if (!str_eq(sa[i].text, sb[k].text))
            add_page(arena, &out, path, &sa[i].text, &sb[k].text);
        i += order <= 0;
        k += order >= 0;
    }
    return buf_str(&out);
}
