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
        "--- policy/p.md\n+++ policy/p.md\n# Time allowed changed from 24h to 4 business hours.\n@@ -1,7 +1,7 @@\n "
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

    assert_has(text, "# Deadline of \"Call\" in \"One\" changed from 24h to 4h.\n");
    assert_has(text, "# Step \"New\" in \"One\" was added.\n");
    assert_has(text, "# The steps of \"One\" stand in another order.\n");
    assert_has(text, "# List: \"b\" removed, \"c\" added.\n");
    assert_has(text, "# Gone was taken away; it was 1.\n");
    assert_has(text, "# Added was set to x.\n");
    assert_true(str_find(text, STR("\"Write\""), 0) == SIZE_MAX); /* moved, not changed */
    arena_free(a);
}

static size_t compare_one(struct arena *a, const char *before, const char *after, struct page_diff **out)
{
    struct page_file x = {STR("policy/p"), str_from(before)}, y = {STR("policy/p"), str_from(after)};

    return manual_compare(a, &x, 1, &y, 1, out);
}

TEST(sentences_say_what_a_setting_was_and_is)
{
    struct arena *a = arena_new(0);
    struct page_diff *d;

    assert_int_equal(
        compare_one(a,
                    "---\nlabel: Old\nstages:\n  - name: One\n    needs: [a, b]\n    steps:\n      - { name: Call, "
                    "optional: true, asks: [{ label: Yes, set: { status: A } }] }\nfields:\n  pet: { type: text }\n"
                    "on_breach:\n  - notify: owner\n---\nText.\n",
                    "---\nlabel: New\nstages:\n  - name: One\n    needs: [b, c]\n    steps:\n      - { name: Call, due: "
                    "2d, asks: [{ label: Yes, set: { status: B } }] }\nfields:\n  pet: { type: text, required: yes }\n  "
                    "cat: { type: text }\non_breach:\n  - notify: owner\n  - escalate: x\n---\nText.\n",
                    &d),
        1);
    static const char *const expected[] = {
        "Name changed from Old to New.",
        "Fields needed to leave \"One\": \"a\" removed, \"c\" added.",
        "Step \"Call\" in \"One\" is no longer optional.",
        "Status of \"Set\" in \"Yes\" in \"Call\" in \"One\" changed from A to B.",
        "Deadline of \"Call\" in \"One\" was set to 2d.",
        "Field \"pet\" is now required.",
        "Field \"cat\" was added.",
        "What happens on a breach: \"escalate: x\" added.",
    };
    assert_str(d->label, "New");
    assert_int_equal(d->change, PAGE_CHANGED);
    assert_int_equal(d->n_sentences, sizeof expected / sizeof expected[0]);
    for (size_t i = 0; i < d->n_sentences; i++)
        assert_str(d->sentences[i].text, expected[i]);
    assert_int_equal(d->sentences[0].line, 2);
    assert_int_equal(d->n_passages, 0);
    arena_free(a);
}

static struct str pieces_text(struct arena *a, const struct diff_passage *p)
{
    struct buf b = buf_new(a, 100);

    for (size_t i = 0; i < p->n; i++) {
        const char *blank = i ? " " : "";

        if (p->pieces[i].how == PIECE_SAME)
            buf_fmt(&b, "%s%.*s", blank, STR_ARG(p->pieces[i].text));
        else if (p->pieces[i].how == PIECE_ADDED)
            buf_fmt(&b, "%s{%.*s}", blank, STR_ARG(p->pieces[i].text));
        else
            buf_fmt(&b, "%s[%.*s]", blank, STR_ARG(p->pieces[i].text));
    }
    return buf_str(&b);
}

TEST(a_body_is_compared_by_words_and_not_by_its_line_breaks)
{
    struct arena *a = arena_new(0);
    struct page_diff *d;

    assert_int_equal(compare_one(a, "---\nkind: policy\n---\nOne long text that\nis only wrapped.\n",
                                 "---\nkind: policy\n---\nOne long\ntext that is only wrapped.\n", &d),
                     1);
    assert_int_equal(d->n_sentences + d->n_passages, 0);
    assert_has(manual_compare_text(a, d, 1), "Only its layout changed");

    compare_one(a,
                "---\nkind: policy\n---\nFirst, as it was.\n\n## Calling\n> Why: they wait for somebody to\n> "
                "call them back soon.\n\nCall.\n\n## Gone\nNot here any more.\n\n## Last\nThe end.\n",
                "---\nkind: policy\n---\nFirst, as it was.\n\n## Calling\n> Why: they wait for us to call\n> "
                "them back soon.\n\nCall.\n\nAnd write it down.\n\n## The end\nThe end.\n",
                &d);
    assert_int_equal(d->n_passages, 4);
    assert_str(d->passages[0].section, "Calling");
    assert_str(pieces_text(a, &d->passages[0]), "Why: they wait for [somebody] {us} to call them back soon.");
    assert_int_equal(d->passages[0].line, 7);
    assert_str(pieces_text(a, &d->passages[1]), "{And write it down.}");
    assert_int_equal(d->passages[1].line_before, 0);
    assert_str(pieces_text(a, &d->passages[2]), "[Gone\nNot here any more.]");
    assert_int_equal(d->passages[2].line, 0);
    assert_str(pieces_text(a, &d->passages[3]), "[Last] {The end}");
    assert_str(d->passages[3].section, "The end");
    arena_free(a);
}

TEST(texts_with_hardly_a_word_in_common_stand_one_after_the_other)
{
    struct arena *a = arena_new(0);
    struct page_diff *d;

    compare_one(a, "---\na: b\n---\nCall the customer in the morning and ask what they need.\n",
                "---\na: b\n---\nA proposal is the summary of all that was agreed.\n", &d);
    assert_int_equal(d->n_passages, 1);
    assert_str(pieces_text(a, &d->passages[0]),
               "[Call the customer in the morning and ask what they need.] {A proposal is the summary of all that "
               "was agreed.}");
    arena_free(a);
}

/* Without what was added a passage is the old text, without what was removed the new one. */
static void check_pieces(const struct diff_passage *p, struct buf *old, struct buf *new)
{
    for (size_t i = 0; i < p->n; i++) {
        if (p->pieces[i].how != PIECE_ADDED)
            buf_fmt(old, "%.*s ", STR_ARG(p->pieces[i].text));
        if (p->pieces[i].how != PIECE_REMOVED)
            buf_fmt(new, "%.*s ", STR_ARG(p->pieces[i].text));
    }
}

TEST(pieces_hold_both_texts_word_for_word)
{
    struct arena *a = arena_new(0);
    uint32_t seed = 7;

    for (int round = 0; round < 500; round++) {
        struct buf text[2], shown[2];
        struct page_diff *d;

        for (int side = 0; side < 2; side++) {
            text[side] = buf_new(a, 200);
            shown[side] = buf_new(a, 200);
            buf_add(&text[side], STR("---\na: b\n---\n"));
            seed = seed * 1664525 + 1013904223;
            for (uint32_t k = (seed >> 16) % 30; k > 0; k--) {
                seed = seed * 1664525 + 1013904223;
                buf_fmt(&text[side], "%c ", 'a' + (int)((seed >> 16) % (round % 2 ? 4 : 20)));
            }
        }
        if (compare_one(a, str_cstr(a, buf_str(&text[0])), str_cstr(a, buf_str(&text[1])), &d))
            for (size_t i = 0; i < d->n_passages; i++)
                check_pieces(&d->passages[i], &shown[0], &shown[1]);
        if (shown[0].len + shown[1].len)
            for (int side = 0; side < 2; side++)
                assert_true(str_eq(str_trim(buf_str(&shown[side])), str_trim(str_sub(buf_str(&text[side]), 13, SIZE_MAX))));
        arena_reset(a);
    }
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
          sentences_say_what_a_setting_was_and_is,
          a_body_is_compared_by_words_and_not_by_its_line_breaks,
          texts_with_hardly_a_word_in_common_stand_one_after_the_other,
          pieces_hold_both_texts_word_for_word,
          changes_far_apart_have_hunks_of_their_own, changes_turn_one_text_into_the_other,
          a_template_is_filled_and_says_what_is_missing, the_guide_gives_hints,
          the_reference_pages_are_the_programs_own, starter_manuals_are_sound)
