/* A policy in plain words, made from the rule itself so that text and rule cannot disagree. */
#include "manual/compile_impl.h"

/* "Lead" -> "lead"; "SLA case" stays. */
static struct str lower_first(struct arena *arena, struct str s)
{
    bool acronym = s.len > 1 && s.ptr[1] >= 'A' && s.ptr[1] <= 'Z';

    if (!s.len || acronym || s.ptr[0] < 'A' || s.ptr[0] > 'Z')
        return s;
    return str_fmt(arena, "%c%.*s", s.ptr[0] - 'A' + 'a', STR_ARG(str_sub(s, 1, s.len)));
}

static const char *article(struct str word)
{
    if (!word.len)
        return "a";
    switch (word.ptr[0]) {
    case 'a':
    case 'e':
    case 'i':
    case 'o':
    case 'A':
    case 'E':
    case 'I':
    case 'O':
        return "an";
    default:
        return "a";
    }
}

/* The field of "x is not empty", if the rule says just that. */
static const struct field *field_that_must_be_filled(const struct manual *m, const struct policy *p)
{
    struct str text = str_trim(expr_text(p->must.e)), bad;
    const struct str tail = STR(" is not empty");
    const struct field *f = NULL;
    int at;

    if (!str_ends(text, tail))
        return NULL;
    text = str_trim(str_sub(text, 0, text.len - tail.len));
    return path_resolve(m, p->object, text, &bad, &at, &f) && at == p->object ? f : NULL;
}

static void add_subject(struct buf *b, const struct manual *m, const struct policy *p)
{
    const struct object *o = &m->objects[p->object];
    struct str label = lower_first(b->arena, o->label);

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
    buf_fmt(b, " within %.*s", STR_ARG(duration_text(b->arena, p->within)));
    if (p->of_field == F_CREATED_AT || (p->of_field < 0 && !p->when.e))
        buf_add(b, STR(" of its creation"));
    else if (p->of_field >= 0)
        buf_fmt(b, " of its \"%.*s\"",
                STR_ARG(lower_first(b->arena, m->objects[p->object].fields[p->of_field].label)));
    else
        buf_add(b, STR(" of that becoming true"));
}

static void add_must(struct buf *b, const struct manual *m, const struct policy *p)
{
    const struct field *f = field_that_must_be_filled(m, p);
    const char *always = p->clock == PC_ALWAYS ? "always " : "";

    if (f) {
        struct str label = lower_first(b->arena, f->label);
        bool many = f->type == FT_REFS || f->type == FT_TAGS || f->type == FT_MULTI_CHOICE;

        buf_fmt(b, " must %shave %s%s%.*s", always, many ? "" : article(label), many ? "" : " ",
                STR_ARG(label));
    } else {
        buf_fmt(b, " must %ssatisfy this", always);
    }
    if (p->clock == PC_WITHIN)
        add_within(b, m, p);
    if (!f)
        buf_fmt(b, ": %.*s", STR_ARG(expr_words(b->arena, p->must.e)));
}

static void add_every(struct buf *b, const struct manual *m, const struct policy *p)
{
    static const char *const periods[] = {"day", "working day", "week", "month", "quarter"};

    buf_fmt(b, " must have at least %lld of its %.*s", (long long)p->at_least,
            STR_ARG(m->schema->objects[p->object].relations[p->count_relation].name));
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
