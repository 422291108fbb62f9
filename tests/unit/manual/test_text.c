/* Texts about and from pages: diff, templates, tone guide, reference pages. */
#include "pages.h"

#include "base/file.h"
#include "manual/lines_impl.h"

static struct str diff_one(struct arena *a, const char *before, const char *after)
{
    struct page_file x = {STR("policy/p"), str_from(before)},
                     y = {STR("policy/p.md"), str_from(after)};

    return manual_diff(a, &x, before ? 1 : 0, &y, after ? 1 : 0);
}

TEST(a_diff_is_unified_with_words_above_it)
{
    struct arena *a = arena_new(0);

    assert_str(
        diff_one(a, "---\nkind: policy\nfor: lead\nwithin: 24h\nmode: off\n---\nText.\n",
                 "---\nkind: policy\nfor: lead\nwithin: 4 business hours\nmode: off\n---\nText.\n"),
        "--- policy/p.md\n+++ policy/p.md\n# within: 24h -> 4 business hours\n@@ -1,7 +1,7 @@\n "
        "---\n kind: policy\n for: lead\n-within: 24h\n"
        "+within: 4 business hours\n mode: off\n ---\n Text.\n");
    assert_str(
        diff_one(a, NULL, "a\nb"),
        "--- /dev/null\n+++ policy/p.md\n@@ -0,0 +1,2 @@\n+a\n+b\n\\ No newline at end of file\n");
    assert_str(diff_one(a, "a\n", NULL), "--- policy/p.md\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-a\n");
    assert_str(diff_one(a, "same\n", "same\n"), "");
    arena_free(a);
}

TEST(words_name_the_step_that_changed)
{
    struct arena *a = arena_new(0);
    struct str text = diff_one(
        a,
        "---\nstages:\n  - name: One\n    steps:\n      - { name: Call, due: 24h }\n      - { "
        "name: Write, due: 2d }\nlist: [a, b]\ngone: 1\n---\n",
        "---\nstages:\n  - name: One\n    steps:\n      - { name: Write, due: 2d }\n      - { "
        "name: Call, due: 4h }\n      - { name: New }\nlist: [a, c]\nadded: [x]\n---\n");

    assert_has(text, "# stages > One > steps > Call > due: 24h -> 4h\n");
    assert_has(text, "# stages > One > steps > New: added\n");
    assert_has(text, "# list: [a, b] -> [a, c]\n");
    assert_has(text, "# gone: removed, was 1\n");
    assert_has(text, "# added: added: [x]\n");
    assert_true(str_find(text, STR("> Write"), 0) == SIZE_MAX); /* moved, not changed */
    arena_free(a);
}

TEST(changes_far_apart_have_hunks_of_their_own)
{
    struct arena *a = arena_new(0);
    struct buf x = buf_new(a, 100), y = buf_new(a, 100);

    for (int i = 0; i < 40; i++) {
        buf_fmt(&x, "line %d\n", i);
        if (i != 5)
            buf_fmt(&y, "line %d%s\n", i, i == 30 ? " changed" : "");
    }
    struct str text = diff_one(a, str_cstr(a, buf_str(&x)), str_cstr(a, buf_str(&y)));
    assert_has(text, "@@ -3,7 +3,6 @@\n");
    assert_has(text, "@@ -28,7 +27,7 @@\n");
    assert_has(text, "-line 5\n line 6\n");
    assert_has(text, "-line 30\n+line 30 changed\n");
    arena_free(a);
}

/* Applies the changes to a and must get b; for many random texts. */
static void check_changes(struct arena *arena, const struct lines *a, const struct lines *b)
{
    size_t n, at = 0, out = 0;
    struct line_change *changes = lines_compare(arena, a, b, &n);

    for (size_t i = 0; i <= n; i++) {
        size_t until = i < n ? changes[i].a : a->n;

        assert_true(until >= at);
        for (; at < until; at++, out++)
            assert_true(out < b->n && str_eq(a->at[at], b->at[out]));
        if (i == n)
            break;
        assert_int_equal(out, changes[i].b);
        assert_true(changes[i].na + changes[i].nb > 0);
        at += changes[i].na;
        out += changes[i].nb;
    }
    assert_int_equal(out, b->n);
}

TEST(changes_turn_one_text_into_the_other)
{
    struct arena *a = arena_new(0);
    uint32_t seed = 1;

    for (int round = 0; round < 2000; round++) {
        struct str lines[2][40];
        struct lines x[2];

        for (int side = 0; side < 2; side++) {
            seed = seed * 1664525 + 1013904223;
            x[side] = (struct lines){lines[side], (seed >> 16) % 40};
            for (size_t i = 0; i < x[side].n; i++) {
                seed = seed * 1664525 + 1013904223;
                lines[side][i] =
                    str_fmt(a, "%c\n", 'a' + (int)((seed >> 16) % (round % 2 ? 3 : 12)));
            }
        }
        check_changes(a, &x[0], &x[1]);
        arena_reset(a);
    }
    struct buf big = buf_new(a, 100), other = buf_new(a, 100);
    for (int i = 0; i < 4000; i++) {
        buf_fmt(&big, "%d\n", i);
        buf_fmt(&other, "x%d\n", i);
    }
    struct lines la = lines_split(a, buf_str(&big)), lb = lines_split(a, buf_str(&other));
    check_changes(a, &la, &lb);
    arena_free(a);
}

static struct str lookup(void *ctx, struct arena *arena, struct str path, bool *found)
{
    (void)ctx;
    *found = true;
    if (str_eq(path, STR("name")))
        return STR("Ana {{x}}");
    if (str_eq(path, STR("account.name")))
        return str_fmt(arena, "Acme");
    if (str_eq(path, STR("first_name")))
        return STR_NONE; /* known and empty */
    *found = false;
    return STR_NONE;
}

TEST(a_template_is_filled_and_says_what_is_missing)
{
    struct arena *a = arena_new(0);
    struct passage passages[] = {
        {.text = STR("Hello {{ first_name or 'there' }}, {{name}} of {{account.name}}.")},
        {.text = STR("{{first_name}} {{gone}} {{first_name}} {{ broken")},
    };
    struct template_page t = {
        .subject = STR("{{account.name}}"), .passages = passages, .n_passages = 2};
    struct filled out;

    template_fill(a, &t, lookup, NULL, &out);
    assert_str(out.subject, "Acme");
    assert_str(out.passages[0], "Hello there, Ana {{x}} of Acme.");
    assert_str(out.passages[1], "{{first_name}} {{gone}} {{first_name}} {{ broken");
    assert_int_equal(out.n_unresolved, 2);
    assert_str(out.unresolved[0], "first_name");
    assert_str(out.unresolved[1], "gone");
    arena_free(a);
}

TEST(the_guide_gives_hints)
{
    struct arena *a = arena_new(0);
    struct pages p = pages_base(a);
    struct tone_hint *hints;
    size_t n;

    pages_put(&p, "guide/mail",
              "channel: email\navoid: [{ say: ASAP, instead: by Friday, why: It is rude. }, { say: "
              "just }]\nsentence_words_max: 6\ngreeting: required\n",
              "> Why: be kind.\n");
    pages_put(&p, "guide/note", "channel: note\nstructure: [Situation, Next step]\n", NULL);
    const struct manual *m = pages_compile(&p);
    struct str text = STR("Please answer asap. We adjust things. This is one sentence with far too "
                          "many words in it.");
    guide_check(a, m, CH_EMAIL, text, &hints, &n);
    assert_int_equal(n, 3);
    assert_str(hints[0].page, "guide/mail");
    assert_str(hints[0].text, "Say \"by Friday\" instead of \"ASAP\".");
    assert_str(hints[0].why, "It is rude.");
    assert_str(str_sub(text, hints[0].from, hints[0].len), "asap");
    assert_has(hints[1].text, "has 11 words; 6 are easier");
    assert_str(str_sub(text, hints[1].from, hints[1].len),
               "This is one sentence with far too many words in it.");
    assert_str(hints[2].text, "Begin with a greeting.");
    assert_str(hints[2].why, "be kind.");
    guide_check(a, m, CH_EMAIL, STR("Hello Ana, how are you?"), &hints, &n);
    assert_int_equal(n, 0);
    guide_check(a, m, CH_NOTE, STR("situation: all fine"), &hints, &n);
    assert_int_equal(n, 1);
    assert_has(hints[0].text, "\"Next step\" is missing");
    guide_check(a, m, CH_CALL, STR("asap"), &hints, &n);
    assert_int_equal(n, 0);
    manual_unpin(m);
    arena_free(a);
}

TEST(the_reference_pages_are_the_programs_own)
{
    struct arena *a = arena_new(0);

    if (getenv("UPDATE"))
        assert_ok(manual_reference(a, "docs/manual"));
    for (int kind = 0; kind < PK_COUNT; kind++) {
        const char *path = str_cstr(a, str_fmt(a, "docs/manual/%s.md", page_kind_words[kind]));
        struct str text;

        if (!file_exists("docs/manual"))
            test_skip("docs/manual is not below the working folder");
        assert_ok(file_read(a, path, 1024 * 1024, &text));
        if (!str_eq(text, manual_reference_page(a, (enum page_kind)kind)))
            fail_msg("%s is not what the program says; run this test with UPDATE=1", path);
    }
    arena_free(a);
}

TEST(starter_manuals_are_sound)
{
    struct arena *a = arena_new(0);
    struct findings findings = {.arena = a};
    struct page_file *files;
    const struct manual *m;
    size_t n;

    assert_err(manual_starter(a, STR("no-such-manual"), &files, &n), "manual.not_found");
    assert_err(manual_starter(a, STR("../data"), &files, &n), "manual.not_found");
    assert_ok(manual_starter(a, STR("b2b-sales"), &files, &n));
    struct err *e = manual_compile(a, files, n, 1, &findings, &m);
    if (e)
        print_error("%.*s", STR_ARG(findings_text(a, &findings)));
    assert_ok(e);
    for (size_t i = 0; i < m->n_policies; i++) {
        assert_true(m->policies[i].sentence.len > 20);
        assert_int_equal(m->policies[i].mode, PM_OFF); /* start small, enforce nothing */
    }
    assert_true(m->n_workflows >= 4);
    manual_unpin(m);
    arena_free(a);
}

TEST_MAIN(a_diff_is_unified_with_words_above_it, words_name_the_step_that_changed,
          changes_far_apart_have_hunks_of_their_own, changes_turn_one_text_into_the_other,
          a_template_is_filled_and_says_what_is_missing, the_guide_gives_hints,
          the_reference_pages_are_the_programs_own, starter_manuals_are_sound)
