#include "test.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"

#include <math.h>

static struct arena *a;

static int setup(void **state)
{
    (void)state;
    a = arena_new(0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

static struct str again(const struct json *v)
{
    struct buf b = buf_new(a, 0);
    struct json_writer w = json_writer(&b);
    jw_value(&w, v);
    return buf_str(&b);
}

TEST(values_come_as_they_are_in_their_order)
{
    struct json v;
    assert_ok(
        json_parse(a, STR("{\"z\":1,\"a\":[true,false,null],\"m\":{\"x\":-2.5},\"e\":\"\"}"), &v));
    assert_int_equal(v.kind, JSON_OBJECT);
    assert_int_equal(v.n, 4);
    assert_str(v.members[0].name, "z");
    assert_str(v.members[1].name, "a");
    assert_i64(json_get(&v, "z")->integer, 1);
    assert_true(json_get(&v, "z")->real == 1.0);
    assert_int_equal(json_get(&v, "a")->n, 3);
    assert_true(json_get(&v, "a")->items[0].boolean);
    assert_int_equal(json_get(&v, "a")->items[2].kind, JSON_NULL);
    assert_true(json_get(json_get(&v, "m"), "x")->real == -2.5);
    assert_null(json_get(&v, "none"));
    assert_null(json_get(json_get(&v, "z"), "x"));
    assert_null(json_get(NULL, "x"));
    assert_str(again(&v), "{\"z\":1,\"a\":[true,false,null],\"m\":{\"x\":-2.5},\"e\":\"\"}");
}

TEST(bare_values_and_extreme_numbers_are_json)
{
    struct json v;
    assert_ok(json_parse(a, STR(" -9223372036854775808 "), &v));
    assert_i64(v.integer, INT64_MIN);
    assert_ok(json_parse(a, STR("1e300"), &v));
    assert_int_equal(v.kind, JSON_REAL);
    assert_err(json_parse(a, STR("9223372036854775808"), &v), "json.malformed");
    assert_err(json_parse(a, STR("1e400"), &v), "json.malformed");
}

TEST(text_is_decoded_and_encoded)
{
    struct json v;
    assert_ok(
        json_parse(a, STR("\"\\u00e9\\ud83d\\ude00 \\\"\\\\\\/\\b\\f\\n\\r\\t\\u001f\""), &v));
    assert_str(v.str, "é😀 \"\\/\b\f\n\r\t\x1f");
    assert_str(again(&v), "\"é😀 \\\"\\\\/\\b\\f\\n\\r\\t\\u001f\"");
}

TEST(what_is_not_json_is_refused_with_a_place)
{
    static const struct str bad[] = {{"", 0},
                                     {" ", 1},
                                     {"{", 1},
                                     {"[1,]", 4},
                                     {"{\"a\":1,}", 8},
                                     {"{a:1}", 5},
                                     {"01", 2},
                                     {"+1", 2},
                                     {"1.", 2},
                                     {"NaN", 3},
                                     {"'a'", 3},
                                     {"\"a", 2},
                                     {"\"\x01\"", 3},
                                     {"\"\\x\"", 4},
                                     {"\"\\u12\"", 6},
                                     {"\"\\ud800\"", 8},
                                     {"\"\\u0000\"", 8},
                                     {"{\"a\\u0000\":1}", 13},
                                     {"1 2", 3},
                                     {"[1] x", 5},
                                     {"\"\xff\"", 3},
                                     {"\"\0\"", 3},
                                     {"// c\n1", 6},
                                     {"\xef\xbb\xbf"
                                      "1",
                                      4},
                                     {"{\"a\":1,\"a\":2}", 13},
                                     {"tru", 3},
                                     {"]", 1}};
    struct json v;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const struct err *e = json_parse(a, bad[i], &v);
        if (!e)
            fail_msg("bad[%zu] %.*s was taken", i, STR_ARG(bad[i]));
        assert_string_equal(e->code, "json.malformed");
        assert_true(e->line >= 1 && e->column >= 1);
        assert_true(utf8_valid(e->message));
    }
    const struct err *e =
        assert_err(json_parse(a, STR("{\n  \"a\": 1,\n  \"b\" 2\n}"), &v), "json.malformed");
    assert_int_equal(e->line, 3);
    e = assert_err(json_parse(a, STR("{\n\"a\": \"\xfe\"}"), &v), "json.malformed");
    assert_int_equal(e->line, 2);
    assert_int_equal(e->column, 7);
    e = assert_err(json_parse(a, STR("{\"owner\":1,\"owner\":2}"), &v), "json.malformed");
    assert_has(e->message, "owner");
}

TEST(nesting_ends_at_the_limit)
{
    struct json v;
    for (int depth = JSON_DEPTH_MAX - 1; depth <= JSON_DEPTH_MAX + 1; depth++) {
        struct buf b = buf_new(a, 0);
        for (int i = 0; i < depth; i++)
            buf_add(&b, i % 2 ? STR("{\"a\":") : STR("["));
        buf_add(&b, STR("1"));
        for (int i = depth - 1; i >= 0; i--)
            buf_add_char(&b, i % 2 ? '}' : ']');
        struct err *e = json_parse(a, buf_str(&b), &v);
        assert_int_equal(e != NULL, depth > JSON_DEPTH_MAX);
    }
    assert_ok(json_parse(
        a, STR("\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[\""),
        &v));
}

TEST(numbers_are_written_short_and_read_back_the_same)
{
    static const double values[] = {
        0, 0.1, 1.0 / 3, 1e20, 123456789.125, 5e-324, 1.7976931348623157e308, -2.5, 1e15};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct buf b = buf_new(a, 0);
        struct json_writer w = json_writer(&b);
        struct json v;
        jw_real(&w, values[i]);
        assert_ok(json_parse(a, buf_str(&b), &v));
        assert_true(v.real == values[i]);
    }
    struct buf b = buf_new(a, 0);
    struct json_writer w = json_writer(&b);
    jw_array(&w);
    jw_real(&w, 0.1);
    jw_real(&w, (double)INFINITY);
    jw_real(&w, (double)NAN);
    jw_real(&w, 3);
    jw_real(&w, -0.0);
    jw_end_array(&w);
    assert_str(buf_str(&b), "[0.1,null,null,3,0]");
}

TEST(the_writer_puts_the_commas)
{
    struct buf b = buf_new(a, 0);
    struct json_writer w = json_writer(&b);
    jw_object(&w);
    jw_kv_str(&w, "a\"b", STR("x"));
    jw_kv_i64(&w, "n", -5);
    jw_kv_id(&w, "id", INT64_MAX);
    jw_kv_id(&w, "none", 0);
    jw_kv_bool(&w, "yes", true);
    jw_kv_instant(&w, "at", 1500000);
    jw_kv_instant(&w, "never", 0);
    jw_kv_instant(&w, "empty", DATE_NONE);
    jw_key_lit(&w, STR("\"list\":"));
    jw_array(&w);
    jw_object(&w);
    jw_end_object(&w);
    jw_array(&w);
    jw_end_array(&w);
    jw_raw(&w, STR("{\"ready\":1}"));
    jw_null(&w);
    jw_bool(&w, false);
    jw_end_array(&w);
    jw_kv_i64(&w, "last", 1);
    jw_end_object(&w);
    assert_str(
        buf_str(&b),
        "{\"a\\\"b\":\"x\",\"n\":-5,\"id\":\"9223372036854775807\",\"none\":null,\"yes\":true,"
        "\"at\":\"1970-01-01T00:00:01.500000Z\",\"never\":null,\"empty\":null,"
        "\"list\":[{},[],{\"ready\":1},null,false],\"last\":1}");
    struct json v;
    assert_ok(json_parse(a, buf_str(&b), &v));
    assert_int_equal(w.depth, 0);
}

TEST(pointers_are_escaped)
{
    assert_string_equal(json_pointer(a, NULL, STR("stage")), "/stage");
    assert_string_equal(json_pointer(a, "/items/0", STR("a/b~c")), "/items/0/a~1b~0c");
}

TEST_MAIN_WITH(setup, teardown, values_come_as_they_are_in_their_order,
               bare_values_and_extreme_numbers_are_json, text_is_decoded_and_encoded,
               what_is_not_json_is_refused_with_a_place, nesting_ends_at_the_limit,
               numbers_are_written_short_and_read_back_the_same, the_writer_puts_the_commas,
               pointers_are_escaped)
