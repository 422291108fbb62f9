/* The tone guide on a text: hints, never a refusal. Sentences end at . ! ? and at line ends that close a paragraph. */
#include "manual/manual.h"

#include <stdint.h>

struct checking {
    struct arena *arena;
    struct str text;
    VEC(struct tone_hint) hints;
};

static void hint(struct checking *c, const struct guide *g, size_t from, size_t len,
                 struct str text, struct str why)
{
    VEC_PUSH(c->arena, c->hints) = (struct tone_hint){g->page->path, text, why, from, len};
}

static bool is_letter(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c >= 0x80;
}

static bool bounded(struct str text, size_t from, size_t len)
{
    bool before = from == 0 || !is_letter((unsigned char)text.ptr[from - 1]) ||
                  !is_letter((unsigned char)text.ptr[from]);
    bool after = from + len >= text.len || !is_letter((unsigned char)text.ptr[from + len]) ||
                 !is_letter((unsigned char)text.ptr[from + len - 1]);

    return before && after;
}

/* Whole words, upper and lower case alike. */
static void check_avoid(struct checking *c, const struct guide *g, struct str lower)
{
    for (size_t i = 0; i < g->n_avoid; i++) {
        struct str say = str_lower_ascii(c->arena, g->avoid[i][0]), instead = g->avoid[i][1];
        size_t at = 0;

        if (!say.len)
            continue;
        while ((at = str_find(lower, say, at)) != SIZE_MAX) {
            if (bounded(lower, at, say.len))
                hint(c, g, at, say.len,
                     instead.len ? str_fmt(c->arena, "Say \"%.*s\" instead of \"%.*s\".",
                                           STR_ARG(instead), STR_ARG(g->avoid[i][0]))
                                 : str_fmt(c->arena, "Avoid \"%.*s\".", STR_ARG(g->avoid[i][0])),
                     g->avoid[i][2]);
            at += say.len;
        }
    }
}

static void check_sentence(struct checking *c, const struct guide *g, size_t from, size_t to,
                           int words)
{
    while (from < to && !is_letter((unsigned char)c->text.ptr[from]))
        from++;
    if (words > g->sentence_words_max)
        hint(c, g, from, to - from,
             str_fmt(c->arena, "This sentence has %d words; %d are easier to read.", words,
                     g->sentence_words_max),
             STR_NONE);
}

static void check_sentences(struct checking *c, const struct guide *g)
{
    size_t from = 0;
    int words = 0;
    bool in_word = false;

    if (!g->sentence_words_max)
        return;
    for (size_t i = 0; i <= c->text.len; i++) {
        unsigned char ch = i < c->text.len ? (unsigned char)c->text.ptr[i] : '\n';
        unsigned char next = i + 1 < c->text.len ? (unsigned char)c->text.ptr[i + 1] : '\n';
        bool stop = i == c->text.len ||
                    ((ch == '.' || ch == '!' || ch == '?') && (next == ' ' || next == '\n')) ||
                    (ch == '\n' && next == '\n');

        if (is_letter(ch) && !in_word)
            words++;
        in_word = is_letter(ch) || ch == '\'' || ch == '-';
        if (!stop)
            continue;
        check_sentence(c, g, from, i < c->text.len ? i + 1 : i, words);
        from = i + 1;
        words = 0;
    }
}

static void check_greeting(struct checking *c, const struct guide *g)
{
    static const char *const greetings[] = {
        "hello",        "hi",       "dear", "good morning", "good afternoon",
        "good evening", "good day", "hey",  "welcome"};
    struct str start = str_lower_ascii(c->arena, str_sub(str_trim(c->text), 0, 40));

    if (!g->greeting_required || !start.len)
        return;
    for (size_t i = 0; i < sizeof greetings / sizeof greetings[0]; i++) {
        struct str word = str_from(greetings[i]);

        if (str_starts(start, word) &&
            (start.len == word.len || !is_letter((unsigned char)start.ptr[word.len])))
            return;
    }
    hint(c, g, 0, 0, STR("Begin with a greeting."), g->page->why);
}

static void check_structure(struct checking *c, const struct guide *g, struct str lower)
{
    for (size_t i = 0; i < g->n_structure; i++)
        if (str_find(lower, str_lower_ascii(c->arena, g->structure[i]), 0) == SIZE_MAX)
            hint(c, g, 0, 0,
                 str_fmt(c->arena, "The part \"%.*s\" is missing.", STR_ARG(g->structure[i])),
                 g->page->why);
}

void guide_check(struct arena *arena, const struct manual *m, enum channel channel, struct str text,
                 struct tone_hint **out, size_t *n)
{
    struct checking c = {.arena = arena, .text = text};
    struct str lower = str_lower_ascii(arena, text);

    for (size_t i = 0; i < m->n_guides; i++) {
        const struct guide *g = &m->guides[i];

        if (g->channel != CH_ANY && g->channel != channel)
            continue;
        check_avoid(&c, g, lower);
        check_sentences(&c, g);
        check_greeting(&c, g);
        check_structure(&c, g, lower);
    }
    *out = c.hints.at;
    *n = c.hints.n;
}
