/* Reading targets and headers: what is well-formed is read exactly, everything else is refused. */
#include "serve/url_impl.h"
#include "test.h"

static struct arena *arena;

static int setup(void **state)
{
    *state = arena = arena_new(0);
    return 0;
}

static int teardown(void **state)
{
    arena_free(*state);
    return 0;
}

TEST(percent_escapes_are_decoded_once_and_strictly)
{
    struct str out;

    assert_true(percent_decode(arena, STR("a%20b+c%2Fd"), false, &out));
    assert_str(out, "a b+c/d");
    assert_true(percent_decode(arena, STR("a%20b+c"), true, &out));
    assert_str(out, "a b c");
    assert_true(percent_decode(arena, STR("%2541"), false, &out));
    assert_str(out, "%41");
    assert_true(percent_decode(arena, STR("%C3%a4"), false, &out));
    assert_str(out, "ä");
    assert_true(percent_decode(arena, STR(""), true, &out));
    assert_int_equal(out.len, 0);
    assert_false(percent_decode(arena, STR("%"), false, &out));
    assert_false(percent_decode(arena, STR("%2"), false, &out));
    assert_false(percent_decode(arena, STR("%zz"), false, &out));
    assert_false(percent_decode(arena, STR("%00"), false, &out));
    assert_false(percent_decode(arena, STR("%ff"), false, &out));
    assert_false(percent_decode(arena, STR("%C0%AF"), false, &out)); /* an overlong slash */
    assert_false(percent_decode(arena, STR("\xff"), false, &out));
}

TEST(what_is_encoded_decodes_to_itself)
{
    struct buf b = buf_new(arena, 64);
    struct str text = STR("name = 'Ä&b' and x+1 > 2 %\n~"), out;

    percent_encode(&b, text);
    assert_true(str_find_char(buf_str(&b), ' ', 0) == SIZE_MAX);
    assert_true(str_find_char(buf_str(&b), '&', 0) == SIZE_MAX);
    assert_true(percent_decode(arena, buf_str(&b), true, &out));
    assert_str_eq(out, text);
}

TEST(a_query_string_is_pairs_each_once)
{
    struct query_pair *pairs;
    size_t n;

    assert_ok(query_parse(arena, STR("filter=a%3D1&limit=5&empty=&bare&"), &pairs, &n));
    assert_int_equal(n, 4);
    assert_str(pairs[0].name, "filter");
    assert_str(pairs[0].value, "a=1");
    assert_str(pairs[1].value, "5");
    assert_int_equal(pairs[2].value.len, 0);
    assert_str(pairs[3].name, "bare");
    assert_ok(query_parse(arena, STR(""), &pairs, &n));
    assert_int_equal(n, 0);
    assert_ok(query_parse(arena, STR("&&&"), &pairs, &n));
    assert_int_equal(n, 0);
    assert_has(assert_err(query_parse(arena, STR("a=1&b=2&a=3"), &pairs, &n), "http.parameter")->message, "\"a\"");
    assert_err(query_parse(arena, STR("a=%f"), &pairs, &n), "http.parameter");
    assert_err(query_parse(arena, STR("%00=1"), &pairs, &n), "http.parameter");
    struct buf many = buf_new(arena, 400);

    for (int i = 0; i < 33; i++)
        buf_fmt(&many, "p%d=1&", i);
    assert_err(query_parse(arena, buf_str(&many), &pairs, &n), "http.parameter");
}

TEST(if_match_takes_one_tag)
{
    int64_t v;

    assert_true(etag_parse(STR("\"v17\""), &v));
    assert_i64(v, 17);
    assert_true(etag_parse(STR(" * "), &v));
    assert_i64(v, -1);
    /* Well-formed tags that are not ours, or weak, never hold. */
    assert_true(etag_parse(STR("W/\"v17\""), &v));
    assert_i64(v, INT64_MAX);
    assert_true(etag_parse(STR("\"abc\""), &v));
    assert_i64(v, INT64_MAX);
    assert_true(etag_parse(STR("\"v017\""), &v));
    assert_i64(v, INT64_MAX);
    assert_true(etag_parse(STR("\"v99999999999999999999\""), &v));
    assert_i64(v, INT64_MAX);
    assert_true(etag_parse(STR("\"\""), &v));
    assert_i64(v, INT64_MAX);
    assert_false(etag_parse(STR("v17"), &v));
    assert_false(etag_parse(STR("\"v17"), &v));
    assert_false(etag_parse(STR("\"v17\", \"v18\""), &v));
    assert_false(etag_parse(STR(""), &v));
}

TEST(if_none_match_takes_a_list)
{
    assert_true(etag_listed(STR("\"a\", W/\"v3\" ,\"b\""), STR("\"v3\"")));
    assert_true(etag_listed(STR("*"), STR("\"v3\"")));
    assert_false(etag_listed(STR("\"v33\""), STR("\"v3\"")));
    assert_false(etag_listed(STR("\"a\" \"v3\""), STR("\"v3\"")));
    assert_false(etag_listed(STR("v3"), STR("\"v3\"")));
    assert_false(etag_listed(STR_NONE, STR("\"v3\"")));
}

TEST(cookies_and_bearer_tokens_are_found)
{
    assert_str(cookie_value(STR("a=1; fairlead=fls_x; b=2"), STR("fairlead")), "fls_x");
    assert_str(cookie_value(STR("fairlead="), STR("fairlead")), "");
    assert_null(cookie_value(STR("xfairlead=1; fairleads=2; fairlead"), STR("fairlead")).ptr);
    assert_null(cookie_value(STR_NONE, STR("fairlead")).ptr);
    assert_str(bearer_token(STR("Bearer abc")), "abc");
    assert_str(bearer_token(STR("bearer  abc ")), "abc");
    assert_null(bearer_token(STR("Basic abc")).ptr);
    assert_null(bearer_token(STR("Bearer")).ptr);
}

TEST(media_types_are_compared_without_parameters)
{
    assert_true(media_type_is(STR("application/json"), "application/json"));
    assert_true(media_type_is(STR("Application/JSON ; charset=utf-8"), "application/json"));
    assert_false(media_type_is(STR("application/jsonp"), "application/json"));
    assert_false(media_type_is(STR("text/plain; application/json"), "application/json"));
    assert_false(media_type_is(STR_NONE, "application/json"));
}

TEST(only_the_last_forwarded_address_counts_and_only_if_it_is_one)
{
    assert_str(forwarded_last(STR("6.6.6.6, 10.0.0.1")), "10.0.0.1");
    assert_str(forwarded_last(STR("2001:db8::1")), "2001:db8::1");
    assert_str(forwarded_last(STR("unknown")), "");
    assert_str(forwarded_last(STR("10.0.0.1, <script>")), "");
    assert_str(forwarded_last(STR_NONE), "");
}

TEST(an_origin_is_ours_only_if_it_is_the_host_exactly)
{
    assert_true(origin_is_host(STR("https://crm.example"), STR("crm.example")));
    assert_true(origin_is_host(STR("http://127.0.0.1:8080"), STR("127.0.0.1:8080")));
    assert_false(origin_is_host(STR("https://crm.example.evil.example"), STR("crm.example")));
    assert_false(origin_is_host(STR("https://evil.example/crm.example"), STR("crm.example")));
    assert_false(origin_is_host(STR("null"), STR("null")));
    assert_false(origin_is_host(STR("https://"), STR("")));
    assert_false(origin_is_host(STR("ftp://crm.example"), STR("crm.example")));
}

/* ---- paths ---- */

static struct path_tree *tree(void)
{
    static const char *const patterns[] = {"/", "/api/v1/records/{object}", "/api/v1/records/{object}/{id}", "/api/v1/records/{object}/count",
                                           "/api/v1/records/{object}/{id}/changes", "/api/v1/manual/pages/{kind}/{name}", "/api/v1/me"};
    struct path_tree *t = path_tree_new(arena);

    for (int i = 0; i < (int)(sizeof patterns / sizeof *patterns); i++)
        path_tree_put(t, patterns[i], i);
    path_tree_put(t, "/api/v1/me", 100);
    return t;
}

static int found(struct path_tree *t, const char *path, struct path_match *m)
{
    if (!path_tree_find(t, arena, str_from(path), m))
        return -2;
    return m->n_items ? m->items[0] : -1;
}

TEST(a_path_finds_its_route_and_parameters)
{
    struct path_tree *t = tree();
    struct path_match m;

    assert_int_equal(found(t, "/", &m), 0);
    assert_int_equal(found(t, "/api/v1/records/lead", &m), 1);
    assert_str(m.params[0], "lead");
    assert_int_equal(found(t, "/api/v1/records/lead/17", &m), 2);
    assert_int_equal(m.n_params, 2);
    assert_str(m.params[1], "17");
    assert_int_equal(found(t, "/api/v1/records/lead/count", &m), 3); /* a word goes before a parameter */
    assert_int_equal(m.n_params, 1);
    assert_int_equal(found(t, "/api/v1/records/lead/count/changes", &m), 4); /* and falls back to it */
    assert_str(m.params[1], "count");
    assert_int_equal(found(t, "/api/v1/manual/pages/policy/a%2Fb", &m), 5);
    assert_str(m.params[1], "a/b");
    assert_int_equal(found(t, "/api/v1/me", &m), 6);
    assert_int_equal(m.n_items, 2);
    assert_int_equal(m.items[1], 100);
}

TEST(what_is_no_path_of_ours_is_not_found)
{
    static const char *const strangers[] = {"/api", "/api/v1/me/", "/api/v1//me", "/api/v1/records", "/api/v1/records/", "/api/v1/records/lead/17/nothing",
                                            "/API/v1/me", "//", "/api/v1/me/x"};
    static const char *const malformed[] = {"", "api", "/%zz", "/%00", "/..", "/api/../api/v1/me", "/%2e%2e/x", "/./x", "*",
                                            "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", "http://x/api/v1/me"};
    struct path_tree *t = tree();
    struct path_match m;

    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++)
        assert_int_equal(found(t, strangers[i], &m), -1);
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
        assert_int_equal(found(t, malformed[i], &m), -2);
}

TEST_MAIN_WITH(setup, teardown, percent_escapes_are_decoded_once_and_strictly, what_is_encoded_decodes_to_itself,
               a_query_string_is_pairs_each_once, if_match_takes_one_tag, if_none_match_takes_a_list, cookies_and_bearer_tokens_are_found,
               media_types_are_compared_without_parameters, only_the_last_forwarded_address_counts_and_only_if_it_is_one,
               an_origin_is_ours_only_if_it_is_the_host_exactly, a_path_finds_its_route_and_parameters,
               what_is_no_path_of_ours_is_not_found)
