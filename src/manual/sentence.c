/* A policy in plain words, made from the rule itself so that text and rule cannot disagree. */
#include "manual/compile_impl.h"

#define FILLED_MAX 8

/* The fields of "a is not empty and b is not empty", if the rule says just that; all joined by the same word. */
struct must_fill {
    const struct field *fields[FILLED_MAX];
    size_t n;
    const char *word; /* "and" or "or" */
};

static bool take_field(const struct manual *m, const struct policy *p, struct str part, struct must_fill *out)
{
    const struct str tail = STR(" is not empty");
    struct str bad;
    int at;

    part = str_trim(part);
    if (!str_ends(part, tail) || out->n == FILLED_MAX)
        return false;
    part = str_trim(str_sub(part, 0, part.len - tail.len));
    return path_resolve(m, p->object, part, &bad, &at, &out->fields[out->n]) && at == p->object && ++out->n;
}

static bool only_filled(const struct manual *m, const struct policy *p, struct must_fill *out)
{
    struct str text = str_trim(expr_text(p->must.e));
    bool any = str_find(text, STR(" or "), 0) != SIZE_MAX;
    struct str joint = any ? STR(" or ") : STR(" and ");

    *out = (struct must_fill){.word = any ? "or" : "and"};
    for (size_t from = 0;;) {
        size_t to = str_find(text, joint, from);

        if (!take_field(m, p, str_sub(text, from, (to == SIZE_MAX ? text.len : to) - from), out))
            return false;
        if (to == SIZE_MAX)
            return true;
        from = to + joint.len;
    }
}

/* "Who decides": a question, not a name that takes an article. */
static bool is_question(struct str label)
{
    static const char *const words[] = {"Who ", "What ", "When ", "Where ", "Why ", "How ", "Which "};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_starts(label, str_from(words[i])))
            return true;
    return false;
}

/* "an account, a first name and a last name" */
static void add_filled(struct buf *b, const struct must_fill *filled)
{
    for (size_t i = 0; i < filled->n; i++) {
        const struct field *f = filled->fields[i];
        struct str label = str_lower_first(b->arena, f->label);
        bool many = f->type == FT_REFS || f->type == FT_TAGS || f->type == FT_MULTI_CHOICE;

        if (i)
            buf_fmt(b, i + 1 < filled->n ? ", " : " %s ", filled->word);
        if (is_question(f->label)) {
            buf_fmt(b, "\"%.*s\"", STR_ARG(f->label));
            continue;
        }
        buf_fmt(b, "%s%s%.*s", many ? "" : str_article(label), many ? "" : " ", STR_ARG(label));
    }
}

static void add_subject(struct buf *b, const struct manual *m, const struct policy *p)
{
    const struct object *o = &m->objects[p->object];
    struct str label = str_lower_first(b->arena, o->label);

    if (!p->when.e)
        buf_fmt(b, "Every %.*s", STR_ARG(label));
    else if (str_eq(str_trim(expr_text(p->when.e)), STR("open")))
        buf_fmt(b, "Every open %.*s", STR_ARG(label));
    else
        buf_fmt(b, "Every %.*s where %.*s", STR_ARG(label),
                STR_ARG(expr_words(b->arena, p->when.e)));
    if (p->except.e)
        buf_fmt(b, " (except where %.*s)", STR_ARG(expr_words(b->arena, p->except.e)));
}

static void add_within(struct buf *b, const struct manual *m, const struct policy *p)
{
    const struct field *of = p->of_field >= 0 ? &m->objects[p->object].fields[p->of_field] : NULL;

    buf_fmt(b, " within %.*s", STR_ARG(duration_text(b->arena, p->within)));
    if (p->of_field == F_CREATED_AT || (!of && !p->when.e))
        buf_add(b, STR(" of its creation"));
    else if (of && str_eq(of->name, m->schema->objects[p->object].default_time))
        buf_add(b, STR(" of taking place"));
    else if (of)
        buf_fmt(b, " of its \"%.*s\"", STR_ARG(str_lower_first(b->arena, of->label)));
    else
        buf_add(b, STR(" from then"));
}

/* "must have an owner within 24 hours"; what is no matter of filled fields comes behind a colon. */
static void add_must(struct buf *b, const struct manual *m, const struct policy *p)
{
    struct must_fill filled;

    if (only_filled(m, p, &filled)) {
        buf_add(b, p->clock == PC_ALWAYS ? STR(" must always have ") : STR(" must have "));
        add_filled(b, &filled);
        if (p->clock == PC_WITHIN)
            add_within(b, m, p);
        return;
    }
    buf_add(b, p->clock == PC_ALWAYS ? STR(", always: ") : STR(","));
    if (p->clock == PC_WITHIN) {
        add_within(b, m, p);
        buf_add(b, STR(": "));
    }
    buf_add(b, expr_words(b->arena, p->must.e));
}

static void add_every(struct buf *b, const struct manual *m, const struct policy *p)
{
    static const char *const periods[] = {"day", "working day", "week", "month", "quarter"};
    const struct object *counted = &m->objects[m->schema->objects[p->object].relations[p->count_relation].object];

    buf_fmt(b, " must have at least %lld %.*s", (long long)p->at_least,
            STR_ARG(str_lower_first(b->arena, p->at_least == 1 ? counted->label : counted->plural)));
    if (p->count_where.e)
        buf_fmt(b, " where %.*s", STR_ARG(expr_words(b->arena, p->count_where.e)));
    buf_fmt(b, " each %s", periods[p->period]);
}

struct str policy_sentence(struct arena *arena, const struct manual *m, const struct policy *p)
{
    struct buf b = buf_new(arena, 160);

    if (p->clock == PC_EVERY ? p->count_relation < 0 : !p->must.e)
        return STR_NONE; /* reported as a finding */
    add_subject(&b, m, p);
    if (p->clock == PC_EVERY)
        add_every(&b, m, p);
    else
        add_must(&b, m, p);
    buf_add_char(&b, '.');
    return buf_str(&b);
}
