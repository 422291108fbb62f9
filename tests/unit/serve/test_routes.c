/* The route table and the OpenAPI document made of it agree with each other and with themselves. */
#include "base/json.h"
#include "serve/serve_impl.h"
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

static const struct manual *starter(void)
{
    struct findings findings = {.arena = arena};
    struct page_file *files;
    const struct manual *m;
    size_t n;

    assert_ok(manual_starter(arena, STR("b2b-sales"), &files, &n));
    assert_ok(manual_compile(arena, files, n, 7, &findings, &m));
    return m;
}

static struct json document(const struct manual *m)
{
    struct buf b = buf_new(arena, 1 << 20);
    struct json doc;

    openapi_write(&b, m, STR("https://crm.example"));
    assert_ok(json_parse(arena, buf_str(&b), &doc));
    return doc;
}

TEST(every_route_is_complete)
{
    for (int i = 0; i < n_routes; i++) {
        const struct route *r = &routes[i];
        size_t params = 0, members = 0;

        assert_true(r->path[0] == '/');
        assert_non_null(r->fn);
        assert_non_null(r->summary);
        assert_true(r->op != NULL || strncmp(r->path, "/api/", 5) != 0); /* all of the API is documented */
        assert_true((r->op == NULL) == (r->tag == NULL));
        for (const struct param *p = r->query; p && p->name; p++, params++)
            assert_non_null(p->doc);
        for (const struct member *m = r->body; m && m->name; m++, members++)
            assert_non_null(m->doc);
        assert_true(params <= QUERY_PARAMS_MAX && members <= MEMBERS_MAX);
        assert_false(r->body && (r->flags & RF_RECORD));
        assert_true(r->need.kind != NEED_VERB || strstr(r->path, "{object}"));
        assert_true(!(r->flags & RF_PATCH) || (r->flags & RF_RECORD));
        /* Whatever changes something runs as a transaction, or hashes passwords on the way to one. */
        assert_true(r->method == M_GET || r->tx == TX_WRITE || r->tx == TX_SLOW || r->tx == TX_BULK);
        assert_true(r->method != M_GET || r->tx != TX_WRITE);
        for (int k = 0; k < i; k++) {
            assert_false(routes[k].method == r->method && strcmp(routes[k].path, r->path) == 0);
            if (r->op && routes[k].op)
                assert_true(strcmp(routes[k].op, r->op) != 0);
        }
    }
}

TEST(the_document_has_every_documented_route_for_every_object)
{
    const struct manual *m = starter();
    struct json doc = document(m);
    const struct json *paths = json_get(&doc, "paths");

    for (int i = 0; i < n_routes; i++) {
        const struct route *r = &routes[i];
        const char *mark = strstr(r->path, "{object}"), *word = r->method == M_GET ? "get" : r->method == M_POST ? "post" : r->method == M_PATCH ? "patch" : r->method == M_PUT ? "put" : "delete";

        for (size_t o = 0; r->op && o < (mark ? m->n_objects : 1); o++) {
            struct str path = str_from(r->path);
            const struct json *item, *op;

            if (mark && m->objects[o].built_in)
                continue;
            if (mark)
                path = str_fmt(arena, "%.*s%.*s%s", (int)(mark - r->path), r->path, STR_ARG(m->objects[o].name), mark + 8);
            item = json_get_str(paths, path);
            assert_non_null(item);
            op = json_get(item, word);
            assert_non_null(op);
            assert_true(str_starts(json_get(op, "operationId")->str, str_from(r->op)));
        }
    }
    manual_unpin(m);
}

/* Every $ref leads somewhere. */
static void check_refs(const struct json *doc, const struct json *v)
{
    for (size_t i = 0; i < v->n && v->kind == JSON_ARRAY; i++)
        check_refs(doc, &v->items[i]);
    for (size_t i = 0; i < v->n && v->kind == JSON_OBJECT; i++) {
        const struct json *to = doc;
        struct str rest, part;

        check_refs(doc, &v->members[i].value);
        if (!str_eq(v->members[i].name, STR("$ref")))
            continue;
        rest = v->members[i].value.str;
        assert_true(str_starts(rest, STR("#/")));
        rest = str_sub(rest, 2, SIZE_MAX);
        while (to && str_cut(&rest, '/', &part))
            to = json_get_str(to, part);
        if (!to)
            print_error("dangling %.*s\n", STR_ARG(v->members[i].value.str));
        assert_non_null(to);
    }
}

static void collect(const struct json *v, struct strmap *ids, int *twice)
{
    const struct json *id = v->kind == JSON_OBJECT ? json_get(v, "operationId") : NULL;
    int64_t seen;

    if (id && id->kind == JSON_STR) {
        *twice += strmap_get(ids, id->str, &seen);
        strmap_put(ids, id->str, 1);
    }
    for (size_t i = 0; i < v->n; i++)
        collect(v->kind == JSON_ARRAY ? &v->items[i] : &v->members[i].value, ids, twice);
}

TEST(references_lead_somewhere_and_operations_have_names_of_their_own)
{
    const struct manual *m = starter();
    struct json doc = document(m);
    int twice = 0;

    check_refs(&doc, &doc);
    collect(json_get(&doc, "paths"), strmap_new(arena, 256), &twice);
    assert_int_equal(twice, 0);
    manual_unpin(m);
}

TEST(the_document_of_no_manual_is_sound_too)
{
    struct json doc = document(manual_empty());

    check_refs(&doc, &doc);
    assert_str(json_get(&doc, "openapi")->str, "3.1.0");
}

TEST(an_object_named_like_one_of_our_schemas_gets_a_name_of_its_own)
{
    struct page_file *files, page = {STR("object/day"), STR("---\nkind: object\nname: day\nfields: { name: { type: text } }\n---\nText.\n")};
    struct findings findings = {.arena = arena};
    const struct manual *m;
    const struct json *schemas;
    struct json doc;
    size_t n;

    assert_ok(manual_starter(arena, STR("b2b-sales"), &files, &n));
    struct page_file *more = NEW_ARRAY(arena, n + 1, struct page_file);

    memcpy(more, files, n * sizeof *files);
    more[n] = page;
    assert_ok(manual_compile(arena, more, n + 1, 1, &findings, &m));
    doc = document(m);
    schemas = json_get(json_get(&doc, "components"), "schemas");
    assert_non_null(json_get(schemas, "DayRecord"));
    assert_non_null(json_get(json_get(json_get(schemas, "Day"), "properties"), "summary"));
    check_refs(&doc, &doc);
    manual_unpin(m);
}

TEST(every_code_has_a_title)
{
    for (const char *const *c = err_codes; *c; c++)
        assert_non_null(problem_title(*c));
    assert_null(problem_title("no.such"));
}

TEST_MAIN_WITH(setup, teardown, every_route_is_complete, the_document_has_every_documented_route_for_every_object,
               references_lead_somewhere_and_operations_have_names_of_their_own, the_document_of_no_manual_is_sound_too,
               an_object_named_like_one_of_our_schemas_gets_a_name_of_its_own, every_code_has_a_title)
