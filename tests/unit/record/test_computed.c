/* Columns of a list that are worked out: shown, filtered by, sorted by and exported, with the rights of the one who asks. */
#include "importing.h"

#include "record/view.h"

#include <string.h>

#define BODY(...) str_cstr(w->arena, str_fmt(w->arena, __VA_ARGS__))

static struct query on(struct world *w, const char *object)
{
    return (struct query){.object = world_object(w, object)};
}

static struct str column(struct world *w, const struct json *j, const char *name)
{
    struct buf b = buf_new(w->arena, 64);
    const struct json *d = json_get(j, "data");

    assert_non_null(d);
    for (size_t i = 0; i < d->n; i++) {
        buf_add(&b, i ? STR(" ") : STR(""));
        buf_add(&b, json_get(&d->items[i], name)->str);
    }
    return buf_str(&b);
}

static int64_t contact(struct world *w, const char *name)
{
    return world_new(w, w->admin, "contact", BODY("{\"last_name\":\"%s\"}", name));
}

static void touch(struct world *w, int64_t record, const char *kind, const char *direction, const char *at, int64_t owner)
{
    world_new(w, w->admin, "activity",
              BODY("{\"kind\":\"%s\",\"direction\":\"%s\",\"at\":\"%s\",\"links\":[\"%lld\"],\"owner\":\"%lld\"}", kind, direction, at,
                   (long long)record, (long long)owner));
}

static void owe(struct world *w, int64_t id, int64_t record, int64_t due_us)
{
    assert_ok(world_exec(w, BODY("INSERT INTO task (id, record_id, object, title, page, kind, opened_us, due_us, manual_version, version, "
                                 "priority, optional, cause) VALUES (%lld, %lld, 'contact', 'Call', 'policy/x', 'asked', 1, %lld, 1, 1, 0, 0, 'cause %lld')",
                                 (long long)id, (long long)record, (long long)due_us, (long long)id)));
}

static void breach(struct world *w, int64_t id, int64_t record)
{
    assert_ok(world_exec(w, BODY("INSERT INTO breach (id, record_id, object, page, rule, owed_by, at_us, manual_version, version, clock_us) "
                                 "VALUES (%lld, %lld, 'contact', 'policy/x', 'x', %lld, 1, 1, 1, %lld)",
                                 (long long)id, (long long)record, (long long)w->bob, (long long)id)));
}

/* Five contacts; `never` was not spoken with, `note` only thought about. */
struct people {
    int64_t old, new, tie, never, note;
};

static struct people seed(struct world *w)
{
    struct people p = {contact(w, "old"), contact(w, "new"), contact(w, "tie"), contact(w, "never"), contact(w, "note")};

    touch(w, p.old, "call", "out", "2026-01-05T10:00:00Z", w->dora);
    touch(w, p.new, "call", "out", "2026-01-01T10:00:00Z", w->dora);
    touch(w, p.new, "email", "in", "2026-02-03T10:20:31Z", w->bob);
    touch(w, p.new, "note", "internal", "2026-02-09T10:00:00Z", w->dora);
    touch(w, p.tie, "meeting", "out", "2026-01-05T10:00:00Z", w->carl);
    touch(w, p.note, "note", "internal", "2026-02-01T10:00:00Z", w->bob);
    owe(w, 1, p.old, 50);
    owe(w, 2, p.old, 20);
    owe(w, 3, p.note, 30);
    breach(w, 1, p.new);
    breach(w, 2, p.new);
    breach(w, 3, p.tie);
    return p;
}

TEST(lists_are_sorted_by_what_is_worked_out)
{
    static const struct {
        const char *sort, *names;
    } cases[] = {
        {"last_contact_at, last_name", "old tie new never note"}, /* nothing comes last, either way */
        {"-last_contact_at, -last_name", "new tie old note never"},
        {"last_contact_by, last_name", "new tie old never note"}, /* Bob, Carl, Dora */
        {"last_contact_by desc, last_name", "old tie new never note"},
        {"last_contact_channel, last_name", "old new tie never note"},
        {"next_action_due, last_name", "old note never new tie"},
        {"-next_action_due, last_name", "note old never new tie"},
        {"-open_breaches, last_name", "new tie never note old"},
        {"open_breaches, -last_contact_at, last_name desc", "old note never tie new"},
        {"account.name, last_contact_at desc, -last_name", "new tie old note never"},
    };
    struct world *w = *state;
    struct query q = on(w, "contact");
    struct json j;

    seed(w);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        q.fields = STR("last_name,last_contact_by,last_contact_channel,next_action,account.name");
        q.sort = str_from(cases[i].sort);
        assert_ok(world_list(w, w->admin, &q, &j));
        assert_str(column(w, &j, "last_name"), cases[i].names);
    }
    q.sort = STR("next_action");
    assert_has(assert_err(world_list(w, w->admin, &q, &j), "query.parameter")->message, "cannot be sorted by");
    q.sort = STR("last_contact_att");
    assert_err(world_list(w, w->admin, &q, &j), "query.parameter");
}

/* Over ties and empty values: every row once, in the order of one large page. */
TEST(pages_by_what_is_worked_out_are_complete_and_without_repeats)
{
    static const char *const sorts[] = {"last_contact_at", "-last_contact_at", "last_contact_by, last_contact_at desc",
                                        "-last_contact_channel,next_action_due", "open_breaches desc, last_contact_by", "account.name,-last_contact_at"};
    static const char *const kinds[] = {"call", "email", "meeting", "note"};
    struct world *w = *state;
    int64_t owners[] = {w->bob, w->carl, w->dora}, account = world_new(w, w->admin, "account", "{\"name\":\"Acme\"}");

    srand(7);
    for (int i = 0; i < 40; i++) {
        int64_t c = world_new(w, w->admin, "contact", rand() % 2 ? "{\"last_name\":\"x\"}" : BODY("{\"last_name\":\"y\",\"account\":\"%lld\"}", (long long)account));

        for (int k = rand() % 3; k > 0; k--)
            touch(w, c, kinds[rand() % 4], rand() % 3 ? "out" : "internal", BODY("2026-01-0%dT10:00:00Z", 1 + rand() % 4), owners[rand() % 3]);
        if (rand() % 2)
            owe(w, 100 + i, c, rand() % 4);
        if (rand() % 3 == 0)
            breach(w, 100 + i, c);
    }
    for (size_t s = 0; s < sizeof sorts / sizeof *sorts; s++) {
        struct query q = on(w, "contact");
        struct json all, part;

        q.fields = STR("id,last_contact_at");
        q.sort = str_from(sorts[s]);
        q.limit = 1000;
        assert_ok(world_list(w, w->admin, &q, &all));
        assert_int_equal(json_get(&all, "data")->n, 40);
        for (int limit = 1; limit <= 40; limit = limit * 2 + 5) {
            struct buf ids = buf_new(w->arena, 2048);
            int pages = 0;

            q.limit = limit;
            q.cursor = STR_NONE;
            do {
                assert_ok(world_list(w, w->admin, &q, &part));
                buf_add(&ids, pages && json_get(&part, "data")->n ? STR(" ") : STR(""));
                buf_add(&ids, column(w, &part, "id"));
                q.cursor = json_get(&part, "next")->str;
                assert_true(++pages <= 41);
            } while (json_get(&part, "next")->kind == JSON_STR);
            assert_str_eq(buf_str(&ids), column(w, &all, "id"));
        }
    }
}

TEST(a_cursor_by_one_column_is_none_of_another)
{
    struct world *w = *state;
    struct query q = on(w, "contact");
    struct json j;

    seed(w);
    q.fields = STR("last_name");
    q.sort = STR("last_contact_at");
    q.limit = 2;
    assert_ok(world_list(w, w->admin, &q, &j));
    q.cursor = json_get(&j, "next")->str;
    q.sort = STR("next_action_due");
    assert_err(world_list(w, w->admin, &q, &j), "query.cursor");
    q.sort = STR("-last_contact_at");
    assert_err(world_list(w, w->admin, &q, &j), "query.cursor");
}

/* A rep who reads contacts, and of activities only what `scope` says. */
static struct actor *reader(struct world *w, enum scope activities)
{
    struct actor *a = NEW(w->arena, struct actor);
    unsigned char(*can)[VERB_COUNT] = arena_array(w->arena, w->m->n_objects, sizeof *can);

    *a = *w->rep;
    memcpy(can, w->rep->can, w->m->n_objects * sizeof *can);
    can[world_object(w, "activity")->index][VERB_READ] = (unsigned char)activities;
    can[world_object(w, "contact")->index][VERB_EXPORT] = SCOPE_ALL;
    a->can = can;
    return a;
}

TEST(the_order_tells_nothing_about_what_is_hidden)
{
    struct world *w = *state;
    struct query q = on(w, "contact");
    struct json j;
    struct str csv;

    seed(w);
    q.fields = STR("last_name,last_contact_at");
    q.sort = STR("-last_contact_at,last_name");
    assert_ok(world_list(w, reader(w, SCOPE_OWN), &q, &j)); /* Bob sees his own mail alone */
    assert_str(column(w, &j, "last_name"), "new never note old tie");
    assert_str(column(w, &j, "last_contact_at"), "2026-02-03T10:20:31Z    ");
    assert_ok(export_text(w, reader(w, SCOPE_OWN), &q, &csv));
    assert_str(csv, "last_name,last_contact_at\r\nnew,2026-02-03T10:20:31Z\r\nnever,\r\nnote,\r\nold,\r\ntie,\r\n");
    q.filter = STR("last_contact_at is not empty");
    assert_ok(world_list(w, reader(w, SCOPE_OWN), &q, &j));
    assert_str(column(w, &j, "last_name"), "new");
    for (int scope = SCOPE_OWN; scope <= SCOPE_ALL; scope++) { /* what is related is counted as far as it may be seen */
        q.filter = STR("count(activities) >= 2");
        assert_ok(world_list(w, reader(w, (enum scope)scope), &q, &j));
        assert_str(column(w, &j, "last_name"), scope == SCOPE_ALL ? "new" : "");
    }
    q.filter = STR_NONE;
    q.fields = STR("last_name");
    assert_err(world_list(w, reader(w, SCOPE_NONE), &q, &j), "access.field_denied");
    q.sort = STR("next_action_due,last_name");
    assert_ok(world_list(w, reader(w, SCOPE_NONE), &q, &j));
    assert_str(column(w, &j, "last_name"), "old note never new tie");
}

/* Whoever may not read people sees their ids, and is not told the order of their names. */
TEST(people_whose_names_are_hidden_are_not_sorted_by_them)
{
    struct world *w = *state;
    struct query q = on(w, "contact");
    struct actor *a = reader(w, SCOPE_ALL);
    unsigned char(*can)[VERB_COUNT] = (unsigned char(*)[VERB_COUNT])(uintptr_t)a->can;
    struct json j;

    can[world_object(w, "user")->index][VERB_READ] = SCOPE_NONE;
    seed(w);
    assert_ok(world_exec(w, "UPDATE o_user SET name = 'Zed', \"name$f\" = 'zed' WHERE name = 'Bob'"));
    q.fields = STR("last_name,last_contact_by");
    q.sort = STR("last_contact_by,last_name");
    assert_ok(world_list(w, a, &q, &j));
    assert_str(column(w, &j, "last_name"), "new tie old never note"); /* as they were made: Bob, Carl, Dora */
    assert_ok(world_list(w, w->admin, &q, &j));
    assert_str(column(w, &j, "last_name"), "tie old new never note");
}

TEST(the_words_of_the_columns_are_words_of_filters)
{
    static const struct {
        const char *filter, *names;
    } cases[] = {
        {"last_contact_at >= '2026-02-03T10:20:31Z'", "new"},
        {"last_contact_at > '2026-02-03T10:20:31Z'", ""},
        {"last_contact_at = '2026-01-05'", "old tie"},
        {"last_contact_at is empty", "never note"},
        {"last_contact_by.name = 'Carl'", "tie"},
        {"last_contact_by = me", ""},
        {"last_contact_channel in ('call', 'email')", "new old"},
        {"not last_contact_channel = 'call'", "never new note tie"},
        {"last(activities where direction != 'internal').kind = 'email'", "new"},
        {"next_action_due < '2026-01-01'", "note old"},
        {"open_breaches >= 2 or next_action_due is not empty", "new note old"},
    };
    struct world *w = *state;
    struct query q = on(w, "contact");
    struct json j;

    seed(w);
    q.fields = STR("last_name");
    q.sort = STR("last_name");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        q.filter = str_from(cases[i].filter);
        assert_ok(world_list(w, w->admin, &q, &j));
        assert_str(column(w, &j, "last_name"), cases[i].names);
    }
    q.filter = STR("last_contact = 'call'");
    assert_has(assert_err(world_list(w, w->admin, &q, &j), "expr.name")->way_out, "last_contact");
    q.filter = STR("last_contact_chanel = 'call'");
    assert_has(assert_err(world_list(w, w->admin, &q, &j), "expr.name")->way_out, "last_contact_channel");
}

TEST(they_follow_references_too)
{
    struct world *w = *state;
    struct query q = on(w, "deal");
    struct json j;
    int64_t account = world_new(w, w->admin, "account", "{\"name\":\"Acme\"}");

    world_new(w, w->admin, "deal", BODY("{\"name\":\"spoken\",\"account\":\"%lld\"}", (long long)account));
    world_new(w, w->admin, "deal", "{\"name\":\"silent\"}");
    touch(w, account, "call", "in", "2026-01-05T10:00:00Z", w->carl);
    q.fields = STR("name");
    q.filter = STR("account.last_contact_channel = 'call' and account.last_contact_by.name = 'Carl'");
    assert_ok(world_list(w, w->admin, &q, &j));
    assert_str(column(w, &j, "name"), "spoken");
    q = on(w, "account");
    q.fields = STR("name");
    q.filter = STR("exists(deals where outer.last_contact_at is not empty)");
    assert_ok(world_list(w, w->admin, &q, &j));
    assert_str(column(w, &j, "name"), "Acme");
}

static struct err *in_memory(struct tx *tx, void *ctx)
{
    struct world *w = ctx;
    const struct object *o = world_object(w, "contact");
    struct query q = {.object = o, .fields = STR("id"), .sort = STR("last_name"), .filter = STR("last_contact_at < '2026-02-01' and last_contact_by.name = 'Dora'")};
    struct expr_env env = {.now_us = w->now_us};
    const struct expr *e;
    struct buf b = buf_new(w->arena, 256);
    struct json j;

    TRY(expr_compile(tx_arena(tx), w->m->schema, o->index, q.filter, EXPR_CONDITION, &e));
    TRY(query_list(tx, w->m, w->admin, &q, w->now_us, &b));
    TRY(json_parse(tx_arena(tx), buf_str(&b), &j));
    assert_int_equal(json_get(&j, "data")->n, 1);
    for (int64_t id = 0, n = 0; n < 5; n++) {
        int64_t *ids;
        size_t found;
        struct record r;
        struct expr_record face;

        TRY(query_ids(tx, w->m, NULL, o, NULL, NULL, id, 1, &ids, &found));
        assert_int_equal(found, 1);
        id = ids[0];
        TRY(record_read(tx, w->m, o, id, &r));
        face = record_expr(tx, w->m, &r, NULL);
        assert_true(expr_test(tx_arena(tx), e, &face, &env) ==
                    str_eq(json_get(&json_get(&j, "data")->items[0], "id")->str, str_fmt(tx_arena(tx), "%lld", (long long)id)));
    }
    return NULL;
}

TEST(memory_and_lists_agree_on_them)
{
    struct world *w = *state;

    seed(w);
    assert_ok(world_read(w, in_memory, w));
}

TEST(an_export_gives_the_shown_columns_and_their_order)
{
    struct world *w = *state;
    struct query q = on(w, "contact");
    struct str csv;

    seed(w);
    q.fields = STR("last_name,last_contact_at,last_contact_by,last_contact_channel,next_action,next_action_due,open_breaches");
    q.sort = STR("-last_contact_at,last_name");
    assert_ok(export_text(w, w->admin, &q, &csv));
    assert_str(csv, "last_name,last_contact_at,last_contact_by,last_contact_channel,next_action,next_action_due,open_breaches\r\n"
                    "new,2026-02-03T10:20:31Z,Bob,email,,,2\r\n"
                    "old,2026-01-05T10:00:00Z,Dora,call,Call,1970-01-01T00:00:00.000020Z,0\r\n"
                    "tie,2026-01-05T10:00:00Z,Carl,meeting,,,1\r\n"
                    "never,,,,,,0\r\n"
                    "note,,,,Call,1970-01-01T00:00:00.000030Z,0\r\n");
    q.fields = STR("open_breaches,last_name");
    q.filter = STR("last_contact_channel = 'call'");
    assert_ok(export_text(w, w->admin, &q, &csv));
    assert_str(csv, "open_breaches,last_name\r\n0,old\r\n");
}

static struct err *a_view(struct tx *tx, void *ctx)
{
    struct world *w = ctx;
    struct view_column columns[] = {{STR("last_name"), 0}, {STR("last_contact_at"), 0}, {STR("last_contact_by"), 0}};
    struct view_input in = {.object = STR("contact"), .name = STR("Quiet"), .filter = STR("last_contact_at < today - 7d and last_contact_by != me"),
                            .sort = STR("last_contact_at, last_contact_by desc"), .columns = columns, .n_columns = 3, .shared = 1};
    struct view v;

    TRY(view_create(tx, w->m, w->admin, &in, w->now_us, &v));
    assert_str(v.problem, "");
    in.name = STR("Loud");
    in.sort = STR("next_action");
    assert_string_equal(assert_err(view_create(tx, w->m, w->admin, &in, w->now_us, &v), "query.parameter")->field, "/sort");
    return NULL;
}

TEST(saved_views_filter_and_sort_by_them)
{
    struct world *w = *state;

    assert_ok(world_write(w, a_view, w));
}

static size_t shown(struct world *w, const struct actor *a, const char *object, struct computed_column *out)
{
    return query_computed(w->arena, w->m, a, world_object(w, object), out);
}

/* What the metadata promises holds: a column that says so sorts, one that does not is refused; and so for fields. */
TEST(what_is_said_to_be_sortable_is)
{
    static const char *const objects[] = {"contact", "deal", "lead", "activity", "user"};
    struct world *w = *state;
    struct computed_column c[COMPUTED_MAX];
    struct json j;

    assert_int_equal(shown(w, w->admin, "contact", c), 6);
    assert_int_equal(shown(w, reader(w, SCOPE_NONE), "contact", c), 3); /* without the contacts */
    assert_str(c[0].name, "next_action");
    for (size_t i = 0; i < sizeof objects / sizeof *objects; i++) {
        struct query q = on(w, objects[i]);
        size_t n = shown(w, w->admin, objects[i], c);

        for (size_t k = 0; k < n; k++) {
            q.fields = q.sort = c[k].name;
            assert_int_equal(world_list(w, w->admin, &q, &j) == NULL, c[k].sort);
        }
        for (size_t k = 0; k < q.object->n_fields; k++) {
            q.fields = STR("id");
            q.sort = q.object->fields[k].name;
            assert_int_equal(world_list(w, w->admin, &q, &j) == NULL, query_sortable(&q.object->fields[k]));
        }
    }
}

TEST_MAIN_WITH(world_setup, world_teardown, lists_are_sorted_by_what_is_worked_out,
               pages_by_what_is_worked_out_are_complete_and_without_repeats, a_cursor_by_one_column_is_none_of_another,
               the_order_tells_nothing_about_what_is_hidden, people_whose_names_are_hidden_are_not_sorted_by_them,
               the_words_of_the_columns_are_words_of_filters, they_follow_references_too, memory_and_lists_agree_on_them,
               an_export_gives_the_shown_columns_and_their_order, saved_views_filter_and_sort_by_them, what_is_said_to_be_sortable_is)
