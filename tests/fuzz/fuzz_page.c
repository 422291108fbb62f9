/* A page from a stranger, alone and beside the objects it may speak of. The first byte picks the kind. */
#include "manual/manual.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TEXT(literal) {literal, sizeof(literal) - 1} /* STR is no constant in an initializer */
static const struct page_file base[] = {
    {{"object/user", 11},
     TEXT("---\nkind: object\nname: user\nfields: { name: { type: text }, email: { type: email }, "
         "active: { type: yes/no }, roles: { type: multi-choice } }\n---\n")},
    {{"object/lead", 11},
     TEXT("---\nkind: object\nname: lead\nopen_when: status = 'New'\nfields: { name: { type: text "
         "}, "
         "status: { type: choice, options: [New, Old] }, budget: { type: money, currency: USD } "
         "}\n---\n")},
    {{"object/activity", 15},
     TEXT("---\nkind: object\nname: activity\nfields: { kind: { type: choice, options: [call] }, "
         "at: { type: date-time }, links: { type: references, to: any, back: activities } "
         "}\n---\n")},
    {{"role/sales-rep", 14}, TEXT("---\nkind: role\nname: sales-rep\n---\n")},
};
#define BASE_N (sizeof base / sizeof base[0])

static void check_findings(const struct findings *f)
{
    int errors = 0;

    for (size_t i = 0; i < f->list.n; i++) {
        const struct finding *x = &f->list.at[i];

        assert(x->page.len > 0 && x->message.len > 0 && x->line >= 1 && x->column >= 1);
        assert(utf8_valid(x->message) && utf8_valid(x->suggestion));
        errors += x->severity == SEV_ERROR;
    }
    assert(errors <= f->errors);
}

static void compile(const struct page_file *files, size_t n)
{
    struct arena *arena = arena_new(0);
    struct findings findings = {.arena = arena};
    const struct manual *m = NULL;
    struct err *e = manual_compile(arena, files, n, 1, &findings, &m);

    assert(!e == (findings.errors == 0) && !e == (m != NULL));
    check_findings(&findings);
    (void)findings_text(arena, &findings);
    manual_unpin(m);
    arena_free(arena);
}

static void edit(struct str text)
{
    struct arena *arena = arena_new(0);
    struct str out, same;
    struct page_file a = {STR("pack/x"), text}, b = {STR("pack/x"), STR_NONE};

    if (!page_set_key(arena, text, STR("mode"), STR("it's: off"), &out)) {
        /* What was written is found and can be set again to the same text. */
        assert(!page_set_key(arena, out, STR("mode"), STR("it's: off"), &same));
        b.text = out;
        (void)manual_diff(arena, &a, 1, &b, 1);
        struct page_diff *pages;
        size_t n = manual_compare(arena, &a, 1, &b, 1, &pages);
        (void)manual_compare_text(arena, pages, n);
    }
    arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct page_file files[BASE_N + 1];
    struct arena *arena;
    struct str text;

    if (size == 0)
        return 0;
    arena = arena_new(0);
    text = (struct str){(const char *)data + 1, size - 1};
    for (size_t i = 0; i < BASE_N; i++)
        files[i] = base[i];
    files[BASE_N] =
        (struct page_file){str_fmt(arena, "%s/x", page_kind_words[data[0] % PK_COUNT]), text};
    compile(&files[BASE_N], 1);
    compile(files, BASE_N + 1);
    edit(text);
    arena_free(arena);
    return 0;
}
