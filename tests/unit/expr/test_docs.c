/* docs/manual/expressions.md is what the tables say, and every example in it compiles. EXPR_DOCS=write writes it. */
#include "base/file.h"
#include "test.h"
#include "unit/expr/test_schema.h"

#define PAGE "docs/manual/expressions.md"

TEST(the_page_is_made_from_the_tables)
{
    struct arena *arena = arena_new(0);
    struct str page = expr_manual_page(arena), kept;

    if (getenv("EXPR_DOCS"))
        assert_ok(file_write(arena, PAGE, page));
    if (!file_exists("Makefile"))
        test_skip("not started in the project's folder");
    assert_ok(file_read(arena, PAGE, 1 << 20, &kept));
    assert_str_eq(kept, page);
    arena_free(arena);
}

TEST(every_example_compiles_on_some_object)
{
    struct arena *arena = arena_new(0);
    struct expr_schema *schema = test_schema(arena);

    for (const struct expr_function_doc *f = expr_functions; f->name; f++) {
        bool compiled = false;

        for (int o = 0; o < O_COUNT && !compiled; o++) {
            const struct expr *e;

            compiled = !expr_compile(arena, schema, o, str_from(f->example),
                                     EXPR_CONDITION | EXPR_CHANGE, &e) ||
                       !expr_compile(arena, schema, o, str_from(f->example), EXPR_VALUE, &e);
        }
        if (!compiled)
            fail_msg("%s: `%s`", f->name, f->example);
        assert_true(strlen(f->doc) > 10 && f->doc[strlen(f->doc) - 1] == '.');
    }
    arena_free(arena);
}

TEST(every_field_type_has_its_row)
{
    for (int i = 0; i < FT_COUNT; i++)
        assert_true(field_types[i].word && field_types[i].doc);
    assert_int_equal(field_types[FT_MONEY].store, FS_MONEY);
    assert_int_equal(field_types[FT_TAGS].expr_type, ET_SET);
}

TEST_MAIN(the_page_is_made_from_the_tables, every_example_compiles_on_some_object,
          every_field_type_has_its_row)
