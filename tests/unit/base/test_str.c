#include "test.h"
#include "base/err.h"

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

TEST(pieces_are_clamped)
{
    assert_str(str_sub(STR("hello"), 1, 3), "ell");
    assert_str(str_sub(STR("hello"), 3, SIZE_MAX), "lo");
    assert_str(str_sub(STR("hello"), 9, 1), "");
    assert_str(str_sub(STR_NONE, 2, 2), "");
    assert_str(str_trim(STR(" \t\r\n a b \v")), "a b");
    assert_str(str_trim(STR("   ")), "");
}

TEST(labels_within_a_sentence)
{
    static const char *const words[] = {"an administrator", "a sales manager", "an SLA case", "a VP of sales", "an hour", "a user", "an underwriter",
                                        "a European", "a one-off", "an onlooker", "a house"};

    assert_str(str_lower_first(a, STR("Sales manager")), "sales manager");
    assert_str(str_lower_first(a, STR("SLA case")), "SLA case");
    assert_str(str_lower_first(a, STR("")), "");
    assert_str(str_lower_first(a, STR("A")), "a");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct str s = str_from(words[i]), word = str_sub(s, str_find_char(s, ' ', 0) + 1, SIZE_MAX);

        assert_str(str_fmt(a, "%s %.*s", str_article(word), STR_ARG(word)), words[i]);
    }
}

TEST(comparing)
{
    assert_true(str_eq(STR_NONE, STR("")));
    assert_true(str_eq_nocase(STR("HeLLo"), STR("hEllO")));
    assert_false(str_eq_nocase(STR("[a"), STR("{a")));
    assert_true(str_cmp(STR("ab"), STR("abc")) < 0);
    assert_true(str_cmp(STR("\xff"), STR("a")) > 0);
    assert_i64(str_cmp(STR("x"), STR("x")), 0);
    assert_true(str_starts(STR("abc"), STR("ab")));
    assert_true(str_starts(STR("abc"), STR("")));
    assert_false(str_starts(STR("a"), STR("ab")));
    assert_true(str_ends(STR("page.md"), STR(".md")));
    assert_false(str_ends(STR("d"), STR("md")));
}

TEST(finding)
{
    assert_int_equal(str_find(STR("abcabc"), STR("bc"), 0), 1);
    assert_int_equal(str_find(STR("abcabc"), STR("bc"), 2), 4);
    assert_int_equal(str_find(STR("abcabc"), STR("bd"), 0), SIZE_MAX);
    assert_int_equal(str_find(STR("abc"), STR(""), 3), 3);
    assert_int_equal(str_find(STR("abc"), STR("c"), 4), SIZE_MAX);
    assert_int_equal(str_find_char(STR("abc"), 'c', 0), 2);
    assert_int_equal(str_find_char(STR("abc"), 'c', 3), SIZE_MAX);
}

TEST(cutting_gives_every_part_the_empty_ones_too)
{
    struct str rest = STR("a,,b,"), part;
    const char *expected[] = {"a", "", "b", ""};
    size_t n = 0;
    while (str_cut(&rest, ',', &part))
        assert_str(part, expected[n++]);
    assert_int_equal(n, 4);
    struct str none = STR_NONE;
    assert_false(str_cut(&none, ',', &part));
}

TEST(joining_and_formatting)
{
    struct str parts[] = {STR("a"), STR(""), STR("c")};
    assert_str(str_join(a, parts, 3, STR(", ")), "a, , c");
    assert_str(str_join(a, parts, 0, STR(", ")), "");
    assert_str(str_fmt(a, "%d-%.*s", 5, STR_ARG(STR("xyz"))), "5-xyz");
    struct str wide = str_fmt(a, "%0600d", 7);
    assert_int_equal(wide.len, 600);
    assert_int_equal(wide.ptr[599], '7');
    assert_int_equal(wide.ptr[600], 0);
}

TEST(integers_are_strict)
{
    static const char *const bad[] = {"",
                                      "-",
                                      "+1",
                                      " 1",
                                      "1 ",
                                      "1.0",
                                      "1.",
                                      "0x1",
                                      "1e3",
                                      "--1",
                                      "9223372036854775808",
                                      "-9223372036854775809",
                                      "٣"};
    int64_t v = 42;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (str_to_i64(str_from(bad[i]), &v))
            fail_msg("\"%s\" was taken", bad[i]);
    assert_true(str_to_i64(STR("9223372036854775807"), &v));
    assert_i64(v, INT64_MAX);
    assert_true(str_to_i64(STR("-9223372036854775808"), &v));
    assert_i64(v, INT64_MIN);
    assert_true(str_to_i64(STR("-007"), &v));
    assert_i64(v, -7);
}

TEST(scaled_numbers_keep_every_digit_or_refuse)
{
    int64_t v;
    assert_true(str_to_scaled(STR("12.5"), 2, &v));
    assert_i64(v, 1250);
    assert_true(str_to_scaled(STR("-0.05"), 2, &v));
    assert_i64(v, -5);
    assert_true(str_to_scaled(STR("1.23000"), 2, &v));
    assert_i64(v, 123);
    assert_true(str_to_scaled(STR("92233720368547758.07"), 2, &v));
    assert_i64(v, INT64_MAX);
    assert_true(str_to_scaled(STR("-92233720368547758.08"), 2, &v));
    assert_i64(v, INT64_MIN);
    static const char *const bad[] = {"",    ".",     ".5",  "5.",    "-",
                                      "-.5", "1.234", "1,5", "1.2.3", "92233720368547758.08",
                                      "1e2", " 1",    "1.2 "};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (str_to_scaled(str_from(bad[i]), 2, &v))
            fail_msg("\"%s\" was taken", bad[i]);
}

TEST(scaled_numbers_read_back_what_they_write)
{
    static const int64_t values[] = {0,  1,   -1,   5,         -5,        10,
                                     99, 100, 1250, INT64_MAX, INT64_MIN, -1000000};
    for (int scale = 0; scale <= 18; scale++) {
        for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
            int64_t back;
            assert_true(str_to_scaled(str_from_scaled(a, values[i], scale, false), scale, &back));
            assert_i64(back, values[i]);
            assert_true(str_to_scaled(str_from_scaled(a, values[i], scale, true), scale, &back));
            assert_i64(back, values[i]);
        }
    }
    assert_str(str_from_scaled(a, 1250, 2, false), "12.50");
    assert_str(str_from_scaled(a, 1250, 2, true), "12.5");
    assert_str(str_from_scaled(a, 1200, 2, true), "12");
    assert_str(str_from_scaled(a, -5, 2, false), "-0.05");
    assert_str(str_from_scaled(a, 7, 0, false), "7");
}

TEST(utf8_takes_what_rfc_3629_allows)
{
    static const struct str good[] = {{"", 0},
                                      {"plain", 5},
                                      {"\xc3\xa9", 2},
                                      {"\xe2\x82\xac", 3},
                                      {"\xf0\x9f\x98\x80", 4},
                                      {"\xed\x9f\xbf", 3},
                                      {"\xee\x80\x80", 3},
                                      {"\xf4\x8f\xbf\xbf", 4},
                                      {"12345678\xc3\xa9"
                                       "12345678",
                                       18}};
    static const struct str bad[] = {{"\0", 1},
                                     {"ab\0cdefghijk", 13},
                                     {"\x80", 1},
                                     {"\xc0\x80", 2},
                                     {"\xc1\xbf", 2},
                                     {"\xe0\x9f\xbf", 3},
                                     {"\xed\xa0\x80", 3},
                                     {"\xf0\x8f\xbf\xbf", 4},
                                     {"\xf4\x90\x80\x80", 4},
                                     {"\xf5\x80\x80\x80", 4},
                                     {"\xc3", 1},
                                     {"\xe2\x82", 2},
                                     {"\xf0\x9f\x98", 3},
                                     {"\xc3(", 2},
                                     {"12345678\xff", 9},
                                     {"1234567\0"
                                      "9",
                                      9}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(utf8_valid(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (utf8_valid(bad[i]))
            fail_msg("bad[%zu] was taken", i);
    assert_int_equal(utf8_valid_len(STR("caf\xc3\xa9\xff!")), 5);
    assert_int_equal(utf8_count(STR("caf\xc3\xa9 \xf0\x9f\x98\x80")), 6);
}

TEST(folding_joins_what_people_take_for_the_same)
{
    assert_str(utf8_fold(a, STR("HELLO World")), "hello world");
    assert_str(utf8_fold(a, STR("Café")), "cafe");
    assert_str(utf8_fold(a, STR("Cafe\xcc\x81")), "cafe");
    assert_str(utf8_fold(a, STR("Straße")), "strasse");
    assert_str(utf8_fold(a, STR("MÜLLER")), "muller");
    assert_str(utf8_fold(a, STR("ﬁnance Ⅳ")), "finance iv");
    assert_str(utf8_fold(a, STR("İstanbul")), "istanbul");
    assert_str(utf8_fold(a, STR("ΑΘΉΝΑ")), "αθηνα");
    assert_str(utf8_fold(a, STR_NONE), "");
    assert_str(utf8_nfc(a, STR("Cafe\xcc\x81")), "Café");
}

TEST(folding_a_long_text_equals_folding_its_pieces)
{
    struct buf text = buf_new(a, 0), expected = buf_new(a, 0);
    for (int i = 0; i < 3000; i++) {
        buf_add(&text, STR("Ärger "));
        buf_add(&expected, STR("arger "));
    }
    assert_str_eq(utf8_fold(a, buf_str(&text)), buf_str(&expected));
}

TEST(folding_twice_changes_nothing)
{
    struct arena *scratch = arena_new(0);
    for (uint32_t c = 1; c < 0x30000; c++) {
        char text[5] = {0};
        if (c >= 0xd800 && c < 0xe000)
            continue;
        if (c < 0x80) {
            text[0] = (char)c;
        } else if (c < 0x800) {
            text[0] = (char)(0xc0 | c >> 6);
            text[1] = (char)(0x80 | (c & 63));
        } else if (c < 0x10000) {
            text[0] = (char)(0xe0 | c >> 12);
            text[1] = (char)(0x80 | (c >> 6 & 63));
            text[2] = (char)(0x80 | (c & 63));
        } else {
            text[0] = (char)(0xf0 | c >> 18);
            text[1] = (char)(0x80 | (c >> 12 & 63));
            text[2] = (char)(0x80 | (c >> 6 & 63));
            text[3] = (char)(0x80 | (c & 63));
        }
        struct str once = utf8_fold(scratch, str_from(text));
        struct str twice = utf8_fold(scratch, once);
        if (!str_eq(once, twice))
            fail_msg("U+%04X: \"%.*s\" then \"%.*s\"", c, STR_ARG(once), STR_ARG(twice));
        assert_true(utf8_valid(once));
        if (c % 1000 == 0)
            arena_reset(scratch);
    }
    arena_free(scratch);
}

TEST(edit_distance_counts_typing_errors)
{
    assert_int_equal(str_edit_distance(STR(""), STR("abc")), 3);
    assert_int_equal(str_edit_distance(STR("status"), STR("stauts")), 1);
    assert_int_equal(str_edit_distance(STR("technology"), STR("technolgy")), 1);
    assert_int_equal(str_edit_distance(STR("kitten"), STR("sitting")), 3);
    assert_int_equal(str_edit_distance(STR("a"), STR("a")), 0);
    char many[400];
    memset(many, 'x', sizeof many);
    assert_int_equal(str_edit_distance((struct str){many, 400}, (struct str){many, 380}), 32);
}

TEST(the_nearest_name_is_suggested_only_if_it_is_near)
{
    const struct str names[] = {STR("status"), STR("owner"), STR("description"), STR("stage"),
                                STR("amount")};
    assert_str(str_nearest(a, STR("stauts"), names, 5), "status");
    assert_str(str_nearest(a, STR("Ownr"), names, 5), "owner");
    assert_str(str_nearest(a, STR("desc"), names, 5), "description");
    assert_str(str_nearest(a, STR("st"), names, 5), "");
    assert_str(str_nearest(a, STR("zzzzzz"), names, 5), "");
    assert_str(str_nearest(a, STR("x"), names, 5), "");
    assert_str(str_nearest(a, STR("x"), NULL, 0), "");
}

TEST(a_buffer_grows_and_keeps_its_text)
{
    struct buf b = buf_new(a, 1);
    struct buf expected = buf_new(a, 1 << 16);
    for (int i = -500; i < 500; i++) {
        buf_fmt(&b, "%d;", i);
        buf_add_i64(&expected, i);
        buf_add_char(&expected, ';');
    }
    assert_str_eq(buf_str(&b), buf_str(&expected));
    struct buf c = buf_new(a, 0);
    buf_add_i64(&c, INT64_MIN);
    buf_add_i64(&c, INT64_MAX);
    assert_str(buf_str(&c), "-92233720368547758089223372036854775807");
}

TEST(a_map_finds_what_was_put_last)
{
    struct strmap *m = strmap_new(a, 0);
    int64_t v;
    for (int i = 0; i < 5000; i++)
        strmap_put(m, str_fmt(a, "key %d", i), i);
    for (int i = 0; i < 5000; i += 2)
        strmap_put(m, str_fmt(a, "key %d", i), -i);
    for (int i = 0; i < 5000; i++) {
        assert_true(strmap_get(m, str_fmt(a, "key %d", i), &v));
        assert_i64(v, i % 2 ? i : -i);
    }
    assert_false(strmap_get(m, STR("key 5000"), &v));
    assert_false(strmap_get(m, STR(""), &v));
    strmap_put(m, STR_NONE, 7);
    assert_true(strmap_get(m, STR(""), &v));
    assert_i64(v, 7);
}

TEST(errors_chain_copy_and_read_like_a_compiler)
{
    struct err *head = NULL;
    struct arena *other = arena_new(0);
    struct err *e =
        FAIL(a, ERR_INVALID, "manual.syntax", "/stage", "Key \"%s\" is unknown.", "ownr");
    e->page = STR("workflow/new-lead");
    e->line = 12;
    e->column = 5;
    e->way_out = STR("Did you mean \"owner\"?");
    err_add(&head, e);
    err_add(&head, FAIL(a, ERR_INTERNAL, "internal", NULL, "Second."));
    assert_str(err_text(a, head),
               "workflow/new-lead:12:5: Key \"ownr\" is unknown. Did you mean \"owner\"?\nSecond.");
    struct err *copy = err_copy(other, head);
    struct str text = err_text(other, copy);
    arena_reset(a);
    assert_has(text, "Did you mean");
    assert_string_equal(copy->field, "/stage");
    assert_string_equal(copy->next->code, "internal");
    assert_null(copy->next->next);
    assert_has(str_from(copy->src_file), "test_str.c");
    arena_free(other);
}

TEST(a_message_that_quotes_half_a_character_is_still_text)
{
    struct str cut = str_sub(STR("Stra\xc3\x9f" "e \xf0\x9f\x91\x8d"), 0, 10);
    struct err *e = FAIL(a, ERR_INVALID, "query.parameter", NULL, "\"%.*s\" is unknown.", STR_ARG(cut));

    assert_false(utf8_valid(cut));
    assert_true(utf8_valid(e->message));
    assert_str(e->message, "\"Stra\xc3\x9f" "e \" is unknown.");
}

TEST(every_kind_has_its_status_and_the_codes_are_sorted)
{
    static const int statuses[] = {422, 400, 401, 403, 404, 409, 412, 428, 413, 429, 503, 500};
    for (int kind = ERR_INVALID; kind <= ERR_INTERNAL; kind++)
        assert_int_equal(err_http_status((enum err_kind)kind), statuses[kind]);
    for (size_t i = 1; err_codes[i]; i++)
        if (strcmp(err_codes[i - 1], err_codes[i]) >= 0)
            fail_msg("errors.def: %s is not after %s", err_codes[i], err_codes[i - 1]);
}

TEST_MAIN_WITH(setup, teardown, pieces_are_clamped, labels_within_a_sentence, comparing, finding,
               cutting_gives_every_part_the_empty_ones_too, joining_and_formatting,
               integers_are_strict, scaled_numbers_keep_every_digit_or_refuse,
               scaled_numbers_read_back_what_they_write, utf8_takes_what_rfc_3629_allows,
               folding_joins_what_people_take_for_the_same,
               folding_a_long_text_equals_folding_its_pieces, folding_twice_changes_nothing,
               edit_distance_counts_typing_errors, the_nearest_name_is_suggested_only_if_it_is_near,
               a_buffer_grows_and_keeps_its_text, a_map_finds_what_was_put_last,
               errors_chain_copy_and_read_like_a_compiler,
               a_message_that_quotes_half_a_character_is_still_text,
               every_kind_has_its_status_and_the_codes_are_sorted)
