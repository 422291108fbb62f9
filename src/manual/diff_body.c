/* The bodies of two pages, word by word. A body is taken as paragraphs, each without its line breaks, so that a text that
 * was only wrapped anew has not changed. Paragraphs that differ are compared by words. */
#include "manual/diff_impl.h"
#include "manual/lines_impl.h"

#include <string.h>

#define WORDS_MAX 4000 /* of a passage: longer ones are shown as a whole, before and after */
#define GAP_WORDS 2    /* so few equal words between two changes read better as part of one change */

struct block {
    struct str text;    /* words with one blank between them; "\n" never occurs */
    struct str section; /* the heading above; of a heading: itself */
    int line;
};
struct blocks {
    struct arena *arena;
    VEC(struct block) list;
    struct buf open; /* the paragraph being read */
    int open_line;
    struct str section;
};

static void end_block(struct blocks *b)
{
    if (b->open.len)
        VEC_PUSH(b->arena, b->list) = (struct block){buf_str(&b->open), b->section, b->open_line};
    b->open = buf_new(b->arena, 128);
}

static void add_words(struct buf *out, struct str line)
{
    for (size_t i = 0; i < line.len; i++) {
        char c = line.ptr[i];
        bool space = c == ' ' || c == '\t' || c == '\r' || c == '\n';

        if (!space)
            buf_add_char(out, c);
        else if (out->len && out->ptr[out->len - 1] != ' ')
            buf_add_char(out, ' ');
    }
    if (out->len && out->ptr[out->len - 1] != ' ')
        buf_add_char(out, ' ');
}

static bool begins_item(struct str line)
{
    size_t digits = 0;

    if (str_starts(line, STR("- ")) || str_starts(line, STR("* ")) || str_starts(line, STR("|")))
        return true;
    while (digits < line.len && line.ptr[digits] >= '0' && line.ptr[digits] <= '9')
        digits++;
    return digits > 0 && digits < line.len && line.ptr[digits] == '.';
}

static void read_line(struct blocks *b, struct str line, int number, bool *fenced)
{
    struct str text = str_trim(line);
    size_t hashes = 0;

    if (str_starts(text, STR("```")))
        *fenced = !*fenced;
    while (hashes < text.len && text.ptr[hashes] == '#')
        hashes++;
    if (*fenced || text.len == 0 || begins_item(text) || hashes)
        end_block(b);
    if (text.len == 0)
        return;
    if (!b->open.len)
        b->open_line = number;
    if (str_starts(text, STR(">")))
        text = str_trim(str_sub(text, 1, text.len - 1));
    if (hashes && hashes < text.len && !*fenced) {
        text = str_trim(str_sub(text, hashes, text.len - hashes));
        b->section = text;
    }
    add_words(&b->open, text);
    if (hashes || *fenced)
        end_block(b);
}

static void read_blocks(struct arena *arena, struct str text, struct blocks *out)
{
    struct page_parts parts;
    struct lines lines;
    bool fenced = false;
    int first = 1;

    *out = (struct blocks){.arena = arena, .open = buf_new(arena, 128)};
    if (!page_split(arena, text, &parts)) {
        first = parts.body_line;
        text = str_sub(text, parts.body_from, text.len - parts.body_from);
    }
    lines = lines_split(arena, text);
    for (size_t i = 0; i < lines.n; i++)
        read_line(out, lines.at[i], first + (int)i, &fenced);
    end_block(out);
    for (size_t i = 0; i < out->list.n; i++)
        out->list.at[i].text = str_trim(out->list.at[i].text);
}

/* ---- words ---- */
static struct lines words_of(struct arena *arena, const struct block *blocks, size_t n)
{
    VEC(struct str) list = {0};

    for (size_t i = 0; blocks && i < n; i++) {
        struct str rest = blocks[i].text, word;

        if (i)
            VEC_PUSH(arena, list) = STR("\n");
        while (str_cut(&rest, ' ', &word))
            VEC_PUSH(arena, list) = word;
    }
    return (struct lines){list.at, list.n};
}

/* Joins changes with hardly anything between them; answers how many are left. */
static size_t join_changes(struct line_change *c, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        struct line_change *last = kept ? &c[kept - 1] : NULL;
        size_t gap = last ? c[i].a - (last->a + last->na) : 0;

        if (last && gap <= GAP_WORDS && last->na + last->nb + c[i].na + c[i].nb > 2 * gap + 2) {
            last->na = c[i].a + c[i].na - last->a;
            last->nb = c[i].b + c[i].nb - last->b;
        } else {
            c[kept++] = c[i];
        }
    }
    return kept;
}

struct pieces {
    struct arena *arena;
    VEC(struct diff_piece) list;
};

static void add_piece(struct pieces *out, enum piece_how how, const struct lines *words, size_t from, size_t n)
{
    struct buf b = buf_new(out->arena, 64);

    for (size_t i = 0; i < n; i++) {
        if (i && !str_eq(words->at[from + i], STR("\n")) && b.ptr[b.len - 1] != '\n')
            buf_add_char(&b, ' ');
        buf_add(&b, words->at[from + i]);
    }
    if (n)
        VEC_PUSH(out->arena, out->list) = (struct diff_piece){how, buf_str(&b)};
}

/* scratch: for the comparison alone. */
static void compare_words(struct pieces *out, struct arena *scratch, const struct lines *a, const struct lines *b)
{
    size_t n = 1, same = a->n, at = 0;
    struct line_change whole = {0, a->n, 0, b->n}, *c = &whole;

    if (a->n && b->n && a->n + b->n <= WORDS_MAX) {
        c = lines_compare(scratch, a, b, &n);
        n = join_changes(c, n);
    }
    for (size_t i = 0; i < n; i++)
        same -= c[i].na;
    if (4 * same < (a->n < b->n ? a->n : b->n)) { /* hardly anything in common: another text */
        whole = (struct line_change){0, a->n, 0, b->n};
        c = &whole;
        n = 1;
    }
    for (size_t i = 0; i < n; i++) {
        add_piece(out, PIECE_SAME, a, at, c[i].a - at);
        add_piece(out, PIECE_REMOVED, a, c[i].a, c[i].na);
        add_piece(out, PIECE_ADDED, b, c[i].b, c[i].nb);
        at = c[i].a + c[i].na;
    }
    add_piece(out, PIECE_SAME, a, at, a->n - at);
}

/* ---- passages ---- */
static struct lines texts_of(struct arena *arena, const struct blocks *b)
{
    struct str *texts = NEW_ARRAY(arena, b->list.n + 1, struct str);

    for (size_t i = 0; i < b->list.n; i++)
        texts[i] = b->list.at[i].text;
    return (struct lines){texts, b->list.n};
}

/* How many blocks from the first one on belong to its section. */
static size_t in_section(const struct block *blocks, size_t n)
{
    size_t k = blocks && n ? 1 : 0;

    while (blocks && k < n && str_eq(blocks[k].section, blocks[0].section))
        k++;
    return k;
}

static size_t count_sections(const struct block *blocks, size_t n)
{
    size_t sections = 0;

    for (size_t i = 0; i < n; sections++)
        i += in_section(blocks + i, n - i);
    return sections;
}

static bool is_heading(const struct block *block)
{
    return str_eq(block->text, block->section);
}

/* Two blocks of different sections: which comes first? The rest of a section before a new heading; where both begin one, that
 * of the side with more of them. As many on both sides: the section has another heading now, and both stay. */
static void choose_side(const struct block *x, size_t n_x, const struct block *y, size_t n_y, size_t *na, size_t *nb)
{
    size_t more_x = count_sections(x, n_x), more_y = count_sections(y, n_y);

    if (is_heading(x) && (!is_heading(y) || more_x < more_y))
        *na = 0;
    else if (!is_heading(x) || more_x > more_y)
        *nb = 0;
}

struct diff_passage *diff_body(struct arena *arena, struct str before, struct str after, size_t *n)
{
    VEC(struct diff_passage) list = {0};
    struct arena *scratch = arena_new(0);
    struct blocks a, b;
    size_t n_changes;

    read_blocks(arena, before, &a);
    read_blocks(arena, after, &b);
    struct lines ta = texts_of(arena, &a), tb = texts_of(arena, &b);
    struct line_change *changes = lines_compare(arena, &ta, &tb, &n_changes);
    for (size_t i = 0; i < n_changes; i++) {
        struct line_change c = changes[i];

        while (c.na || c.nb) { /* one passage per section */
            const struct block *x = a.list.at ? a.list.at + c.a : NULL, *y = b.list.at ? b.list.at + c.b : NULL;
            size_t na = in_section(x, c.na), nb = in_section(y, c.nb);
            struct pieces pieces = {.arena = arena};

            if (x && y && na && nb && !str_eq(x->section, y->section))
                choose_side(x, c.na, y, c.nb, &na, &nb);
            struct lines wa = words_of(arena, x, na), wb = words_of(arena, y, nb);
            compare_words(&pieces, scratch, &wa, &wb);
            VEC_PUSH(arena, list) = (struct diff_passage){
                .section = y && nb ? y->section : x ? x->section : STR_NONE,
                .line = y && nb ? y->line : 0,
                .line_before = x && na ? x->line : 0,
                .pieces = pieces.list.at,
                .n = pieces.list.n,
            };
            c.a += na;
            c.na -= na;
            c.b += nb;
            c.nb -= nb;
            arena_reset(scratch);
        }
    }
    arena_free(scratch);
    *n = list.n;
    return list.at;
}
