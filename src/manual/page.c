#include "manual/page_impl.h"

#include "base/limits.h"

#include <md4c.h>
#include <stdint.h>
#include <string.h>

const char *const page_kind_words[PK_COUNT] = {
    "object", "vocabulary", "calendar",   "role",   "workflow", "template",
    "guide",  "policy",     "escalation", "metric", "pack",
};

bool page_kind_parse(struct str word, enum page_kind *kind)
{
    for (int i = 0; i < PK_COUNT; i++)
        if (str_eq(word, str_from(page_kind_words[i]))) {
            *kind = (enum page_kind)i;
            return true;
        }
    return false;
}

struct str page_path_strip(struct str path)
{
    return str_ends(path, STR(".md")) ? str_sub(path, 0, path.len - 3) : path;
}

bool page_name_valid(struct str name, bool dashes)
{
    if (name.len == 0 || name.len > NAME_BYTES_MAX || name.ptr[0] < 'a' || name.ptr[0] > 'z')
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || (dashes && c == '-')))
            return false;
    }
    return true;
}

bool page_path_parse(struct str path, enum page_kind *kind, struct str *name)
{
    struct str rest = page_path_strip(path), folder;

    if (str_find_char(rest, '/', 0) == SIZE_MAX || !str_cut(&rest, '/', &folder))
        return false;
    *name = rest;
    return page_kind_parse(folder, kind) && page_name_valid(rest, *kind != PK_OBJECT);
}

static struct err *split_error(struct arena *arena, int line, const char *what, struct str way_out)
{
    struct err *e = FAIL(arena, ERR_INVALID, "manual.syntax", NULL, "%s", what);

    e->line = line;
    e->column = 1;
    e->way_out = way_out;
    return e;
}

/* The line at *at without its end; moves *at to the next one. */
static struct str next_line(struct str text, size_t *at)
{
    size_t end = str_find_char(text, '\n', *at);
    struct str line = str_sub(text, *at, (end == SIZE_MAX ? text.len : end) - *at);

    *at = end == SIZE_MAX ? text.len : end + 1;
    if (line.len && line.ptr[line.len - 1] == '\r')
        line.len--;
    return line;
}

static bool is_fence(struct str line)
{
    return str_starts(line, STR("---")) && str_trim(str_sub(line, 3, line.len)).len == 0;
}

static int bad_utf8_line(struct str text)
{
    size_t at = 0;

    for (int line = 1; at < text.len; line++)
        if (!utf8_valid(next_line(text, &at)))
            return line;
    return 1;
}

struct err *page_split(struct arena *arena, struct str text, struct page_parts *out)
{
    size_t at = 0;
    int line = 2;

    if (text.len > PAGE_BYTES_MAX)
        return split_error(arena, 1, "The page is larger than 256 KiB.",
                           STR("Split it into several pages"));
    if (!utf8_valid(text))
        return split_error(arena, bad_utf8_line(text),
                           "The page is not valid UTF-8, or contains a NUL character.",
                           STR("Save the file as UTF-8"));
    if (str_starts(text, STR("\xEF\xBB\xBF"))) /* some editors begin files with a byte order mark */
        at = 3;
    if (!is_fence(next_line(text, &at)))
        return split_error(arena, 1, "A page begins with a line `---` and its front matter.",
                           STR("Write `---`, then `kind:` and `name:`, then `---`"));
    out->yaml_from = at;
    for (; at < text.len; line++) {
        size_t start = at;

        if (is_fence(next_line(text, &at))) {
            out->yaml_to = start;
            out->body_from = at;
            out->body_line = line + 1;
            return NULL;
        }
    }
    return split_error(arena, line - 1, "The front matter has no end.",
                       STR("Close it with a line `---`"));
}

/* ---- the body ---- */
struct heading {
    size_t line_from, text_from; /* bytes in the body: its first line, and the line after it */
    struct str title;
    int level;
};
struct quote {
    size_t from, to; /* whole lines */
    struct str text;
};
struct body_reader {
    struct arena *arena;
    struct str body;
    VEC(struct heading) headings;
    VEC(struct quote) quotes; /* that begin with "Why:" */
    struct buf text;          /* of the block being read */
    size_t first,
        last;       /* bytes of the text read: first, and one past the last; first SIZE_MAX: none */
    int containers; /* quotes and lists around */
    bool in_heading, in_quote;
};

static void begin_text(struct body_reader *r)
{
    r->text = buf_new(r->arena, 64);
    r->first = SIZE_MAX;
    r->last = 0;
}

static size_t line_start(struct str body, size_t at)
{
    while (at > 0 && body.ptr[at - 1] != '\n')
        at--;
    return at;
}

static size_t line_end(struct str body, size_t at)
{
    size_t end = str_find_char(body, '\n', at);

    return end == SIZE_MAX ? body.len : end + 1;
}

static int enter_block(MD_BLOCKTYPE type, void *detail, void *userdata)
{
    struct body_reader *r = userdata;

    (void)detail;
    switch (type) {
    case MD_BLOCK_QUOTE:
        if (r->containers++ == 0) {
            r->in_quote = true;
            begin_text(r);
        }
        break;
    case MD_BLOCK_UL:
    case MD_BLOCK_OL:
        r->containers++;
        break;
    case MD_BLOCK_H:
        if (r->containers == 0) {
            r->in_heading = true;
            begin_text(r);
        }
        break;
    case MD_BLOCK_P:
        if (r->in_quote && r->text.len)
            buf_add(&r->text, STR("\n\n"));
        break;
    default:
        break;
    }
    return 0;
}

static void end_heading(struct body_reader *r, const MD_BLOCK_H_DETAIL *detail)
{
    r->in_heading = false;
    if (r->first == SIZE_MAX)
        return;
    size_t from = line_start(r->body, r->first);
    size_t next = line_end(r->body, r->last > r->first ? r->last - 1 : r->first);
    struct str line = str_trim(str_sub(r->body, from, next - from));

    if (!str_starts(line, STR("#"))) /* underlined with === or --- */
        next = next < r->body.len ? line_end(r->body, next) : next;
    VEC_PUSH(r->arena, r->headings) =
        (struct heading){from, next, str_trim(buf_str(&r->text)), (int)detail->level};
}

static void end_quote(struct body_reader *r)
{
    struct str text = str_trim(buf_str(&r->text));

    r->in_quote = false;
    if (r->first == SIZE_MAX || !str_starts(text, STR("Why:")))
        return;
    VEC_PUSH(r->arena, r->quotes) = (struct quote){
        line_start(r->body, r->first),
        line_end(r->body, r->last > r->first ? r->last - 1 : r->first),
        str_trim(str_sub(text, 4, text.len)),
    };
}

static int leave_block(MD_BLOCKTYPE type, void *detail, void *userdata)
{
    struct body_reader *r = userdata;

    if (type == MD_BLOCK_UL || type == MD_BLOCK_OL)
        r->containers--;
    else if (type == MD_BLOCK_QUOTE && --r->containers == 0)
        end_quote(r);
    else if (type == MD_BLOCK_H && r->in_heading)
        end_heading(r, detail);
    return 0;
}

static int enter_span(MD_SPANTYPE type, void *detail, void *userdata)
{
    (void)type, (void)detail, (void)userdata;
    return 0;
}

static int add_text(MD_TEXTTYPE type, const MD_CHAR *text, MD_SIZE size, void *userdata)
{
    struct body_reader *r = userdata;
    uintptr_t at = (uintptr_t)text, base = (uintptr_t)r->body.ptr;

    if (!r->in_heading && !r->in_quote)
        return 0;
    if (at >= base && at + size <= base + r->body.len) {
        if (r->first == SIZE_MAX)
            r->first = at - base;
        if (at - base + size > r->last)
            r->last = at - base + size;
    }
    if (type == MD_TEXT_BR || type == MD_TEXT_SOFTBR)
        buf_add_char(&r->text, ' ');
    else
        buf_add(&r->text, (struct str){text, size});
    return 0;
}

static int count_lines(struct str body, size_t from, size_t to)
{
    int n = 0;

    for (size_t i = from; i < to; i++)
        n += body.ptr[i] == '\n';
    return n;
}

/* Text of [from, to) without the first reason in it, which goes to *why. *quote moves past the quotes used. */
static struct str take_text(struct body_reader *r, size_t from, size_t to, size_t *quote,
                            struct str *why)
{
    struct str before = str_sub(r->body, from, to - from), after = STR_NONE;

    for (; *quote < r->quotes.n && r->quotes.at[*quote].from < to; ++*quote) {
        const struct quote *q = &r->quotes.at[*quote];

        if (why->len || q->from < from)
            continue;
        *why = q->text;
        before = str_sub(r->body, from, q->from - from);
        after = str_sub(r->body, q->to, to > q->to ? to - q->to : 0);
    }
    before = str_trim(before);
    after = str_trim(after);
    if (!after.len || !before.len)
        return before.len ? before : after;
    return str_fmt(r->arena, "%.*s\n\n%.*s", STR_ARG(before), STR_ARG(after));
}

void page_read_body(struct arena *arena, struct page *page, const struct page_parts *parts)
{
    const MD_PARSER parser = {
        .flags = MD_FLAG_NOHTML | MD_FLAG_NOINDENTEDCODEBLOCKS,
        .enter_block = enter_block,
        .leave_block = leave_block,
        .enter_span = enter_span,
        .leave_span = enter_span,
        .text = add_text,
    };
    struct body_reader r = {.arena = arena};
    size_t quote = 0, from = 0;
    int line = parts->body_line;

    page->body = str_sub(page->text, parts->body_from, page->text.len - parts->body_from);
    r.body = page->body;
    if (str_trim(r.body).len == 0)
        return;
    (void)md_parse(r.body.ptr, (MD_SIZE)r.body.len, &parser,
                   &r); /* fails only when a callback does */
    size_t first_to = r.headings.n ? r.headings.at[0].line_from : r.body.len;
    VEC(struct section) sections = {0};
    struct section top = {.line = line};
    top.text = take_text(&r, 0, first_to, &quote, &top.why);
    page->why = top.why;
    if (top.text.len || top.why.len)
        VEC_PUSH(arena, sections) = top;
    for (size_t i = 0; i < r.headings.n; i++) {
        const struct heading *h = &r.headings.at[i];
        size_t to = i + 1 < r.headings.n ? r.headings.at[i + 1].line_from : r.body.len;
        struct section *s = &VEC_PUSH(arena, sections);

        line += count_lines(r.body, from, h->line_from);
        from = h->line_from;
        s->title = h->title;
        s->level = h->level;
        s->line = line;
        s->text = take_text(&r, h->text_from, to, &quote, &s->why);
    }
    page->sections = sections.at;
    page->n_sections = sections.n;
}

const struct section *page_section(const struct page *page, struct str title)
{
    for (size_t i = 0; i < page->n_sections; i++)
        if (page->sections[i].title.len && str_eq_nocase(page->sections[i].title, title))
            return &page->sections[i];
    return NULL;
}
