/* Pages and files that the server writes itself, and the shape of the installation: what comes from outside is escaped or
 * refused, and nothing is told that the reader may not know. */
#include "base/embedded.h"
#include "base/json.h"
#include "serve/company.h"
#include "serve/static_impl.h"
#include "test.h"

struct world {
    struct arena *arena;
    struct http_request http;
    struct server server;
    struct req rq;
    const struct manual *m;
};

static int setup(void **state)
{
    struct arena *arena = arena_new(0);
    struct world *w = NEW(arena, struct world);
    struct findings findings = {.arena = arena};
    struct page_file *files;
    size_t n;

    assert_ok(manual_starter(arena, STR("b2b-sales"), &files, &n));
    assert_ok(manual_compile(arena, files, n, 7, &findings, &w->m));
    w->arena = arena;
    w->http = (struct http_request){.arena = arena, .method = M_GET, .target = STR("/manual?x=1&y")};
    w->rq = (struct req){.arena = arena, .http = &w->http, .server = &w->server, .m = w->m, .path = STR("/manual"), .out = buf_new(arena, 1024), .status = 200};
    snprintf(w->rq.request_id, sizeof w->rq.request_id, "test");
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    manual_unpin(w->m);
    arena_free(w->arena);
    return 0;
}

static bool has(const struct world *w, const char *text)
{
    return str_find(buf_str(&w->rq.out), str_from(text), 0) != SIZE_MAX;
}

static const char *header(const struct world *w, const char *name)
{
    for (int i = 0; i < w->rq.n_extra; i++)
        if (strcmp(w->rq.extra[i].name, name) == 0)
            return w->rq.extra[i].value;
    return NULL;
}

TEST(text_cannot_leave_its_place)
{
    struct world *w = *state;

    page_text(&w->rq.out, STR("<b title=\"x\">Ä & 'y'</b>"));
    assert_str(buf_str(&w->rq.out), "&lt;b title=&quot;x&quot;&gt;Ä &amp; 'y'&lt;/b&gt;");
}

TEST(a_page_has_the_theme_of_the_cookie_and_no_foreign_word)
{
    static const struct {
        const char *cookie;
        bool dark, compact;
    } cases[] = {{"fairlead-theme=dark", true, false},
                 {"a=b; fairlead-theme=dark; fairlead-density=compact", true, true},
                 {"fairlead-theme=\"><script>", false, false},
                 {"fairlead-theme=DARK", false, false}};
    struct world *w = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        w->rq.out = buf_new(w->arena, 1024);
        w->http.headers.cookie = str_from(cases[i].cookie);
        page_begin(&w->rq, STR("A <title>"), "text");
        page_end(&w->rq);
        assert_true(has(w, " data-theme=\"dark\"") == cases[i].dark);
        assert_true(has(w, " data-density=\"compact\"") == cases[i].compact);
        assert_true(has(w, "<title>A &lt;title&gt;</title>"));
        assert_false(has(w, "<script") || has(w, "<style") || has(w, " style="));
    }
}

TEST(files_come_in_the_coding_that_is_taken)
{
    static const struct {
        const char *accept, *coding;
    } cases[] = {{"br, gzip", "br"}, {"gzip", "gzip"}, {"br;q=0, gzip;q=0.5", "gzip"}, {"br;q=0.0", NULL}, {"identity", NULL}, {"", NULL}};
    const struct embedded_file *script = embedded_first(STR("web/assets/main-"));
    struct world *w = *state;

    while (script && script->path && !str_ends(str_from(script->path), STR(".js")))
        script++;
    assert_true(script && script->path);
    w->rq.params[0] = str_sub(str_from(script->path), strlen("web/assets/"), SIZE_MAX);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *coding;

        w->rq.out = buf_new(w->arena, 1024);
        w->rq.n_extra = 0;
        w->http.headers.accept_encoding = str_from(cases[i].accept);
        assert_ok(serve_asset(&w->rq));
        coding = header(w, "Content-Encoding");
        assert_true(coding ? cases[i].coding && strcmp(coding, cases[i].coding) == 0 : !cases[i].coding);
        assert_true((buf_str(&w->rq.out).len == script->len) == !cases[i].coding);
        assert_string_equal(header(w, "Vary"), "Accept-Encoding");
        assert_non_null(strstr(w->rq.cache_control, "immutable"));
        assert_true(w->rq.etag.len > 10);
    }
}

TEST(only_files_of_the_client_are_given_out)
{
    static const char *const names[] = {"", "nix.js", "../../manual/b2b-sales/role/admin.md", "main-", "../icon.png/"};
    struct world *w = *state;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        w->rq.params[0] = str_from(names[i]);
        assert_err(serve_asset(&w->rq), "http.not_found");
    }
    assert_ok(serve_icon(&w->rq));
    assert_string_equal(w->rq.content_type, "image/png");
}

TEST(an_error_is_told_on_a_page_and_escaped)
{
    struct world *w = *state;

    w->rq.err = FAIL(w->arena, ERR_NOT_FOUND, "http.not_found", NULL, "No <b>page</b>.");
    w->rq.etag = STR("\"v1\"");
    page_of_error(&w->rq);
    assert_null(w->rq.err);
    assert_int_equal(w->rq.status, 404);
    assert_int_equal(w->rq.etag.len, 0);
    assert_true(has(w, "No &lt;b&gt;page&lt;/b&gt;."));
    assert_true(has(w, "<code class=\"request\">test</code>"));
}

TEST(who_is_not_signed_in_is_led_to_the_door_and_back)
{
    struct world *w = *state;

    w->rq.err = FAIL(w->arena, ERR_UNAUTHORIZED, "access.sign_in_needed", NULL, "Sign in.");
    page_of_error(&w->rq);
    assert_int_equal(w->rq.status, 303);
    assert_str(w->rq.location, "/sign-in?next=%2Fmanual%3Fx%3D1%26y");
    w->rq.err = FAIL(w->arena, ERR_UNAUTHORIZED, "access.sign_in_needed", NULL, "Sign in.");
    w->rq.m = manual_empty(); /* there is no company: nobody has an account */
    page_of_error(&w->rq);
    assert_int_equal(w->rq.status, 303);
    assert_str(w->rq.location, "/first-run");
    manual_unpin(w->rq.m);
}

TEST(an_unknown_address_is_a_page_for_browsers_and_a_problem_for_programs)
{
    struct world *w = *state;

    w->http.headers.accept = STR("text/html,*/*");
    assert_true(page_wanted(&w->rq));
    w->rq.path = STR("/api/v1/nix");
    assert_false(page_wanted(&w->rq));
    w->rq.path = STR("/nix");
    w->http.headers.accept = STR("*/*");
    assert_false(page_wanted(&w->rq));
}

TEST(each_error_code_has_a_page)
{
    struct world *w = *state;

    for (const char *const *code = err_codes; *code; code++) {
        w->rq.out = buf_new(w->arena, 1024);
        w->rq.params[0] = str_from(*code);
        assert_ok(serve_problem_page(&w->rq));
        assert_true(has(w, *code));
    }
    w->rq.params[0] = STR("<script>");
    assert_err(serve_problem_page(&w->rq), "http.not_found");
}

static struct json shape(struct world *w)
{
    struct json doc;

    w->rq.out = buf_new(w->arena, 1024);
    assert_ok(serve_objects(&w->rq));
    assert_ok(json_parse(w->arena, buf_str(&w->rq.out), &doc));
    return doc;
}

static const struct json *named(const struct json *list, const char *name)
{
    for (size_t i = 0; i < list->n; i++)
        if (str_eq(json_get(&list->items[i], "name")->str, str_from(name)))
            return &list->items[i];
    return NULL;
}

TEST(the_shape_has_every_object_and_field_that_may_be_seen)
{
    struct world *w = *state;
    const struct json *data, *deal, *amount;
    struct json doc;

    w->rq.actor = actor_system(w->arena, w->m, STR_NONE);
    doc = shape(w);
    data = json_get(&doc, "data");
    for (size_t i = 0; i < w->m->n_objects; i++)
        assert_true((named(data, str_cstr(w->arena, w->m->objects[i].name)) != NULL) == !w->m->objects[i].built_in);
    deal = named(data, "deal");
    amount = named(json_get(deal, "fields"), "amount");
    assert_str(json_get(amount, "type")->str, "money");
    assert_str(json_get(amount, "currency")->str, "USD");
    assert_true(named(json_get(named(json_get(deal, "fields"), "stage"), "options"), "Won") != NULL);
    assert_str(json_get(named(json_get(deal, "fields"), "account"), "to")->str, "account");
    assert_str(json_get(json_get(deal, "may"), "delete")->str, "all");
    assert_true(json_get(deal, "list")->n > 2);
}

TEST(the_shape_hides_what_may_not_be_read)
{
    struct world *w = *state;
    struct actor *nobody = NEW(w->arena, struct actor);
    const int deal = manual_object_index(w->m, "deal");
    const struct field *amount = object_field(&w->m->objects[deal], STR("amount"));
    const struct json *data, *shown;
    struct json doc;

    nobody->can = (unsigned char(*)[VERB_COUNT])arena_alloc(w->arena, w->m->n_objects * VERB_COUNT);
    nobody->field_rights = NEW_ARRAY(w->arena, w->m->n_objects, unsigned char *);
    nobody->manual = w->m;
    w->rq.actor = nobody;
    doc = shape(w);
    assert_int_equal(json_get(&doc, "data")->n, 0);

    nobody->can[deal][VERB_READ] = SCOPE_ALL;
    nobody->field_rights[deal] = NEW_ARRAY(w->arena, w->m->objects[deal].n_fields, unsigned char);
    for (size_t i = 0; i < w->m->objects[deal].n_fields; i++)
        nobody->field_rights[deal][i] = (int)i == amount->index ? FR_NONE : FR_READ;
    doc = shape(w);
    data = json_get(&doc, "data");
    assert_int_equal(data->n, 1);
    shown = &data->items[0];
    assert_null(named(json_get(shown, "fields"), "amount"));
    assert_true(str_find(buf_str(&w->rq.out), STR("\"amount\""), 0) == SIZE_MAX); /* in no layout either */
    assert_false(json_get(named(json_get(shown, "fields"), "name"), "write")->boolean);
}

TEST(every_zone_has_a_country_whose_currency_is_known)
{
    struct world *w = *state;
    struct zone_place *places;
    size_t n = zone_places(w->arena, &places);

    assert_true(n > 300);
    for (size_t i = 0; i < n; i += 7) {
        struct company c = {.starter = STR("blank"), .zone = places[i].name, .currency = str_from(currency_of_country(places[i].country)),
                            .admin_name = STR("Mia"), .admin_email = STR("mia@x.example")};

        assert_ok(company_check(w->arena, &c));
    }
    assert_string_equal(currency_of_country(STR("DE")), "EUR");
    assert_string_equal(currency_of_country(STR("JP")), "JPY");
    assert_string_equal(currency_of_country(STR("")), "USD");
    assert_str(zone_country(w->arena, STR("Europe/Berlin")), "DE");
    assert_str(zone_country(w->arena, STR("UTC")), "");
}

TEST_MAIN_WITH(setup, teardown, text_cannot_leave_its_place, a_page_has_the_theme_of_the_cookie_and_no_foreign_word,
               files_come_in_the_coding_that_is_taken, only_files_of_the_client_are_given_out, an_error_is_told_on_a_page_and_escaped,
               who_is_not_signed_in_is_led_to_the_door_and_back, an_unknown_address_is_a_page_for_browsers_and_a_problem_for_programs,
               each_error_code_has_a_page, the_shape_has_every_object_and_field_that_may_be_seen, the_shape_hides_what_may_not_be_read,
               every_zone_has_a_country_whose_currency_is_known)
