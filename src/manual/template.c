/* Templates at work: merge fields and filling. */
#include "manual/template_impl.h"

#include <stdint.h>

static bool is_path(struct str s)
{
    bool after_dot = true;

    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool letter =
            (c >= 'a' && c <= 'z') || (!after_dot && ((c >= '0' && c <= '9') || c == '_'));

        if (c == '.' && !after_dot)
            after_dot = true;
        else if (letter)
            after_dot = false;
        else
            return false;
    }
    return !after_dot;
}

/* "first_name or 'there'" */
static void read_inner(struct str inner, struct merge *out)
{
    size_t or_at = str_find(inner, STR(" or "), 0);
    struct str path = str_trim(str_sub(inner, 0, or_at == SIZE_MAX ? inner.len : or_at));

    if (or_at != SIZE_MAX) {
        struct str text = str_trim(str_sub(inner, or_at + 4, inner.len));
        char quote = text.len ? text.ptr[0] : 0;

        if (text.len < 2 || (quote != '\'' && quote != '"') || text.ptr[text.len - 1] != quote)
            return;
        out->otherwise = str_sub(text, 1, text.len - 2);
        out->has_otherwise = true;
    }
    if (is_path(path))
        out->path = path;
}

bool merge_next(struct str text, size_t *at, struct merge *out)
{
    size_t open = str_find(text, STR("{{"), *at), close;

    *out = (struct merge){0};
    if (open == SIZE_MAX)
        return false;
    out->from = open;
    close = str_find(text, STR("}}"), open + 2);
    if (close == SIZE_MAX) {
        out->to = SIZE_MAX;
        *at = text.len;
        return true;
    }
    out->to = close + 2;
    *at = out->to;
    read_inner(str_trim(str_sub(text, open + 2, close - open - 2)), out);
    return true;
}

bool merge_field_next(struct str text, size_t *at, struct str *out)
{
    struct merge m;

    while (merge_next(text, at, &m))
        if (m.to != SIZE_MAX && m.path.len) {
            *out = str_sub(text, m.from, m.to - m.from);
            return true;
        }
    return false;
}

bool placeholder_next(struct str text, size_t *at, struct str *out)
{
    for (;;) {
        size_t open = str_find_char(text, '[', *at), close;

        if (open == SIZE_MAX || (close = str_find_char(text, ']', open)) == SIZE_MAX) {
            *at = text.len;
            return false;
        }
        *at = close + 1;
        if (close == open + 1 ||
            (close + 1 < text.len && text.ptr[close + 1] == '(')) /* [words](address): a link */
            continue;
        *out = str_sub(text, open, close + 1 - open);
        return true;
    }
}

const struct template_page *manual_template(const struct manual *m, struct str path)
{
    for (size_t i = 0; i < m->n_templates; i++)
        if (str_eq(m->templates[i].page->path, path))
            return &m->templates[i];
    return NULL;
}

struct filling {
    struct arena *arena;
    merge_lookup_fn lookup;
    void *ctx;
    VEC(struct str) unresolved;
};

static void add_unresolved(struct filling *f, struct str path)
{
    for (size_t i = 0; i < f->unresolved.n; i++)
        if (str_eq(f->unresolved.at[i], path))
            return;
    VEC_PUSH(f->arena, f->unresolved) = path;
}

static struct str fill_text(struct filling *f, struct str text)
{
    struct buf b = buf_new(f->arena, text.len + 64);
    size_t at = 0, from = 0;
    struct merge m;

    while (merge_next(text, &at, &m)) {
        bool found = false;
        struct str value;

        if (m.to == SIZE_MAX || !m.path.len)
            continue;
        buf_add(&b, str_sub(text, from, m.from - from));
        from = m.to;
        value = f->lookup(f->ctx, f->arena, m.path, &found);
        if (found && value.len)
            buf_add(&b, value);
        else if (m.has_otherwise)
            buf_add(&b, m.otherwise);
        else {
            buf_add(&b, str_sub(text, m.from,
                                m.to - m.from)); /* stays visible: nobody should send it so */
            add_unresolved(f, m.path);
        }
    }
    buf_add(&b, str_sub(text, from, text.len));
    return buf_str(&b);
}

void template_fill(struct arena *arena, const struct template_page *t, merge_lookup_fn lookup,
                   void *ctx, struct filled *out)
{
    struct filling f = {.arena = arena, .lookup = lookup, .ctx = ctx};

    *out = (struct filled){.n = t->n_passages};
    out->subject = fill_text(&f, t->subject);
    out->passages = NEW_ARRAY(arena, t->n_passages + 1, struct str);
    for (size_t i = 0; i < t->n_passages; i++)
        out->passages[i] = fill_text(&f, t->passages[i].text);
    out->unresolved = f.unresolved.at;
    out->n_unresolved = f.unresolved.n;
}
