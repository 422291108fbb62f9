/* Pages as text: front matter with places, headings, reasons. */
#include "manual/page_impl.h"
#include "test.h"

#include "base/limits.h"

static struct node *read_yaml(struct arena *a, const char *yaml)
{
    struct node *root;

    assert_ok(yaml_read(a, str_from(yaml), 0, strlen(yaml), &root));
    return root;
}

static const struct err *refuse_yaml(struct arena *a, const char *yaml)
{
    struct node *root;

    return assert_err(yaml_read(a, str_from(yaml), 0, strlen(yaml), &root), "manual.syntax");
}

TEST(every_node_knows_its_place)
{
    struct arena *a = arena_new(0);
    struct node *root =
        read_yaml(a, "kind: object\nname: \"ä b\"\nlist: [x, 'y']\nmap:\n  deep: { k: v }\n");
    const struct node *list = node_get(root, "list"),
                      *deep = node_get(node_get(root, "map"), "deep");

    assert_int_equal(root->n, 4);
    assert_str(node_get(root, "name")->text, "ä b");
    assert_int_equal(node_get(root, "name")->line, 2);
    assert_int_equal(node_get(root, "name")->column, 7);
    assert_int_equal(list->n, 2);
    assert_int_equal(list->items[1]->line, 3);
    assert_int_equal(list->items[1]->column, 11);
    assert_int_equal(list->items[1]->style, '\'');
    assert_int_equal(node_get(deep, "k")->line, 5);
    assert_int_equal(node_get(deep, "k")->column, 14);
    assert_int_equal(node_key(deep, "k")->column, 11);
    arena_free(a);
}

TEST(nothing_is_typed_by_its_looks)
{
    struct arena *a = arena_new(0);
    struct node *root =
        read_yaml(a, "no: no\nnull: null\ndate: 2026-01-01\nnumber: 0x10\nblank:\nquoted: \"\"\n");

    assert_str(node_get(root, "no")->text, "no");
    assert_str(node_get(root, "null")->text, "null");
    assert_str(node_get(root, "number")->text, "0x10");
    assert_true(node_is_blank(node_get(root, "blank")));
    assert_false(node_is_blank(node_get(root, "quoted")));
    arena_free(a);
}

TEST(parts_of_yaml_that_surprise_are_refused_with_a_place)
{
    static const struct {
        const char *yaml;
        int line, column;
    } bad[] = {
        {"a: &x 1\nb: 2\n", 1, 4},
        {"a: 1\nb: *x\n", 2, 4},
        {"a: !!int 1\n", 1, 4},
        {"a: 1\na: 2\n", 2, 1},
        {"- a\n- b\n", 1, 1},
        {"? [a]\n: b\n", 1, 3},
        {"a: [1, 2\nb: 3\n", 2, 2},
        {"a: \"\\x00\"\n", 1, 4},
        {"", 1, 1},
        {"a: 1\n\x01: 2\n", 2, 1},
        {"a: 1\n...\n---\nb: 2\n", 3, 1},
    };
    struct arena *a = arena_new(0);

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const struct err *e = refuse_yaml(a, bad[i].yaml);

        if (e->line != bad[i].line || e->column != bad[i].column)
            fail_msg("case %zu: %d:%d %.*s", i, e->line, e->column, STR_ARG(e->message));
    }
    arena_free(a);
}

TEST(depth_and_count_are_bounded)
{
    struct arena *a = arena_new(0);
    struct buf b = buf_new(a, 1000);

    buf_add(&b, STR("a: "));
    for (int i = 0; i < YAML_DEPTH_MAX + 2; i++)
        buf_add_char(&b, '[');
    for (int i = 0; i < YAML_DEPTH_MAX + 2; i++)
        buf_add_char(&b, ']');
    assert_has(refuse_yaml(a, str_cstr(a, buf_str(&b)))->message, "too deeply");
    b.len = 0;
    buf_add(&b, STR("a: ["));
    for (int i = 0; i < YAML_NODES_MAX; i++)
        buf_add(&b, STR("1,"));
    buf_add(&b, STR("]"));
    assert_has(refuse_yaml(a, str_cstr(a, buf_str(&b)))->message, "too many");
    arena_free(a);
}

TEST(a_key_that_stands_twice_is_found_in_large_mappings_too)
{
    struct arena *a = arena_new(0);
    struct buf b = buf_new(a, 1000);

    for (int i = 0; i < 300; i++)
        buf_fmt(&b, "key%d: 1\n", i);
    buf_add(&b, STR("key7: 2\n"));
    const struct err *e = refuse_yaml(a, str_cstr(a, buf_str(&b)));
    assert_int_equal(e->line, 301);
    assert_has(e->message, "line 8");
    arena_free(a);
}

static struct page read_body(struct arena *a, const char *text)
{
    struct page page = {.text = str_from(text)};
    struct page_parts parts;

    assert_ok(page_split(a, page.text, &parts));
    page_read_body(a, &page, &parts);
    return page;
}

TEST(headings_and_reasons_are_found)
{
    struct arena *a = arena_new(0);
    struct page p =
        read_body(a, "---\nkind: x\n---\n> Why: the page has\n> a reason.\n\nIntro text.\n\n## "
                     "First reply ##\n> Why: people *wait*.\n\nCall them.\n\n"
                     "```\n# no heading\n> Why: no reason\n```\n\nSetext\n------\nBelow it.\n> "
                     "Why: last.\nlazy\n\nEnd.\n");

    assert_str(p.why, "the page has a reason.");
    assert_int_equal(p.n_sections, 3);
    assert_str(p.sections[0].title, "");
    assert_str(p.sections[0].text, "Intro text.");
    const struct section *s = page_section(&p, STR("First reply"));
    assert_non_null(s);
    assert_int_equal(s->line, 9);
    assert_int_equal(s->level, 2);
    assert_str(s->why, "people wait.");
    assert_str(s->text, "Call them.\n\n```\n# no heading\n> Why: no reason\n```");
    s = page_section(&p, STR("Setext"));
    assert_non_null(s);
    assert_int_equal(s->line, 19);
    assert_str(s->why, "last. lazy");
    assert_str(s->text, "Below it.\n\nEnd.");
    assert_null(page_section(&p, STR("no heading")));
    arena_free(a);
}

TEST(windows_line_ends_and_byte_order_marks_are_read)
{
    struct arena *a = arena_new(0);
    struct page p = read_body(
        a, "\xEF\xBB\xBF---\r\nkind: x\r\n---\r\n# One\r\n> Why: because.\r\ntext\r\n\r\nmore\r\n");
    struct page_parts parts;
    struct node *root;

    assert_int_equal(p.n_sections, 1);
    assert_str(p.sections[0].title, "One");
    assert_ok(page_split(a, p.text, &parts));
    assert_ok(yaml_read(a, p.text, parts.yaml_from, parts.yaml_to, &root));
    assert_int_equal(node_get(root, "kind")->line, 2);
    arena_free(a);
}

TEST(what_is_no_page_is_refused)
{
    static const struct {
        const char *text;
        const char *says;
        int line;
    } bad[] = {
        {"kind: x\n", "begins with a line", 1},
        {"---\nkind: x\n", "no end", 2},
        {"---\na: \xff\n---\n", "UTF-8", 2},
        {"", "begins with a line", 1},
    };
    struct arena *a = arena_new(0);
    struct page_parts parts;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const struct err *e =
            assert_err(page_split(a, str_from(bad[i].text), &parts), "manual.syntax");

        assert_has(e->message, bad[i].says);
        assert_int_equal(e->line, bad[i].line);
    }
    struct str huge = {arena_alloc(a, PAGE_BYTES_MAX + 1), PAGE_BYTES_MAX + 1};
    assert_err(page_split(a, huge, &parts), "manual.syntax");
    arena_free(a);
}

TEST(a_path_names_kind_and_page)
{
    enum page_kind kind;
    struct str name;

    assert_true(page_path_parse(STR("policy/lead-assigned.md"), &kind, &name));
    assert_int_equal(kind, PK_POLICY);
    assert_str(name, "lead-assigned");
    assert_true(page_path_parse(STR("object/line_item"), &kind, &name));
    assert_false(page_path_parse(STR("object/line-item"), &kind, &name));
    assert_false(page_path_parse(STR("policy/../x"), &kind, &name));
    assert_false(page_path_parse(STR("policy/a/b"), &kind, &name));
    assert_false(page_path_parse(STR("rule/a"), &kind, &name));
    assert_false(page_path_parse(STR("policy"), &kind, &name));
    assert_false(page_path_parse(STR("policy/"), &kind, &name));
    assert_false(page_path_parse(STR("policy/Upper"), &kind, &name));
    assert_false(page_path_parse(STR("policy/a234567890123456789012345678901234567890123456789"),
                                 &kind, &name));
}

TEST(one_key_changes_and_nothing_else)
{
    struct arena *a = arena_new(0);
    struct str out;

    assert_ok(page_set_key(
        a,
        STR("---\nkind: policy # why\nmode: off   # switched by hand\nmust: a\n---\nmode: off\n"),
        STR("mode"), STR("remind"), &out));
    assert_str(
        out,
        "---\nkind: policy # why\nmode: remind   # switched by hand\nmust: a\n---\nmode: off\n");
    assert_ok(
        page_set_key(a, STR("---\nmode: \"off\"\n---\n"), STR("mode"), STR("a: b 'c'"), &out));
    assert_str(out, "---\nmode: 'a: b ''c'''\n---\n");
    assert_ok(
        page_set_key(a, STR("---\nkind: policy\n---\nbody"), STR("mode"), STR("watch"), &out));
    assert_str(out, "---\nkind: policy\nmode: watch\n---\nbody");
    assert_ok(
        page_set_key(a, STR("---\r\nkind: policy\r\n---\r\n"), STR("mode"), STR("watch"), &out));
    assert_str(out, "---\r\nkind: policy\r\nmode: watch\r\n---\r\n");
    assert_ok(
        page_set_key(a, STR("---\nmode:\nx: 1\n---\n"), STR("mode"), STR("two\nlines"), &out));
    assert_str(out, "---\nmode: \"two\\nlines\"\nx: 1\n---\n");
    assert_ok(page_set_key(a, STR("---\n{ kind: policy, mode: off }\n---\n"), STR("mode"),
                           STR("fix"), &out));
    assert_str(out, "---\n{ kind: policy, mode: fix }\n---\n");
    assert_err(page_set_key(a, STR("---\n{ kind: policy }\n---\n"), STR("mode"), STR("fix"), &out),
               "manual.syntax");
    assert_err(page_set_key(a, STR("---\nmode: [a]\n---\n"), STR("mode"), STR("fix"), &out),
               "manual.syntax");
    assert_err(page_set_key(a, STR("---\nmode: [a\n---\n"), STR("mode"), STR("fix"), &out),
               "manual.syntax");
    assert_err(page_set_key(a, STR("---\nmode: a\n---\n"), STR("mo de"), STR("fix"), &out),
               "manual.syntax");
    arena_free(a);
}

TEST_MAIN(every_node_knows_its_place, nothing_is_typed_by_its_looks,
          parts_of_yaml_that_surprise_are_refused_with_a_place, depth_and_count_are_bounded,
          a_key_that_stands_twice_is_found_in_large_mappings_too, headings_and_reasons_are_found,
          windows_line_ends_and_byte_order_marks_are_read, what_is_no_page_is_refused,
          a_path_names_kind_and_page, one_key_changes_and_nothing_else)
