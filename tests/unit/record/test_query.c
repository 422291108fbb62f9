#include "world.h"

#define BODY(...) str_cstr(w->arena, str_fmt(w->arena, __VA_ARGS__))

static struct query on(struct world *w, const char *object)
{
    return (struct query){.object = world_object(w, object)};
}

static const struct json *data(const struct json *j)
{
    const struct json *d = json_get(j, "data");

    assert_non_null(d);
    return d;
}

/* The values of one member over all rows, joined. */
static struct str column(struct world *w, const struct json *j, const char *name)
{
    struct buf b = buf_new(w->arena, 64);
    const struct json *d = data(j);

    for (size_t i = 0; i < d->n; i++) {
        const struct json *v = json_get(&d->items[i], name);
        assert_non_null(v);
        if (i)
            buf_add_char(&b, ' ');
        if (v->kind == JSON_STR)
            buf_add(&b, v->str);
        else if (v->kind == JSON_INT)
            buf_add_i64(&b, v->integer);
        else
            buf_add_char(&b, '-');
    }
    return buf_str(&b);
}

static void seed_deals(struct world *w)
{
    static const char *const rows[] = {
        "{\"name\":\"alpha\",\"seats\":3,\"stage\":\"Won\",\"amount\":100,\"close_date\":\"2026-01-"
        "10\",\"engage_date\":\"2026-01-01\"}",
        "{\"name\":\"Beta\",\"seats\":1,\"stage\":\"Lost\",\"amount\":50,\"close_date\":\"2026-01-"
        "20\",\"engage_date\":\"2026-01-05\"}",
        "{\"name\":\"gamma\",\"stage\":\"Engaging\",\"amount\":\"12.50\"}",
        "{\"name\":\"Délta\",\"seats\":2,\"stage\":\"Won\",\"amount\":200.25,\"close_date\":\"2026-"
        "02-10\",\"engage_date\":\"2026-02-01\"}",
        "{\"name\":\"epsilon\",\"seats\":1,\"stage\":\"Prospecting\"}",
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        world_new(w, w->admin, "deal", rows[i]);
}

TEST(lists_filter_and_sort)
{
    struct world *w = *state;
    struct query q = on(w, "deal");
    struct json j;

    seed_deals(w);
    q.fields = STR("name,seats");
    assert_ok(world_list(w, w->admin, &q, &j));
    assert_str(column(w, &j, "name"), "epsilon Délta gamma Beta alpha");
    q.sort = STR("name");
    assert_ok(world_list(w, w->admin, &q, &j));
    assert_str(column(w, &j, "name"), "alpha Beta Délta epsilon gamma");
    q.sort = STR("seats desc, name");
    assert_ok(world_list(w, w->admin, &q, &j));
    assert_str(column(w, &j, "name"), "alpha Délta Beta epsilon gamma");
    assert_str(column(w, &j, "seats"), "3 2 1 1 -");
    q.sort = STR("-seats,-name");
    assert_ok(world_list(w, w->admin, &q, &j));
    assert_str(column(w, &j, "name"), "alpha Délta epsilon Beta gamma");
    q.filter = STR("stage = 'Won' and amount > 100");
    q.count = true;
    assert_ok(world_list(w, w->admin, &q, &j));
    assert_str(column(w, &j, "name"), "Délta");
    assert_i64(json_get(&j, "count")->integer, 1);
    assert_true(json_get(&j, "count_is_exact")->boolean);
    assert_int_equal(json_get(&j, "next")->kind, JSON_NULL);
}

TEST(a_list_and_a_single_record_say_the_same)
{
    struct world *w = *state;
    struct query q = on(w, "deal");
    int64_t account = world_new(w, w->admin, "account", "{\"name\":\"Ac\\\"me\\n\"}");
    int64_t id = world_new(w, w->admin, "deal",
                           BODY("{\"name\":\"x\\ty "
                                "\\u0001\\\\\",\"account\":\"%lld\",\"owner\":\"%lld\",\"amount\":{"
                                "\"amount\":5,\"currency\":\"JPY\"},"
                                "\"score\":1.5,\"cycle\":\"90s\",\"tags\":[\"q\"],\"engage_date\":"
                                "\"2026-01-01\",\"close_date\":\"2026-01-04\"}",
                                (long long)account, (long long)w->bob));
    struct json list, one;
    struct str json;

    assert_ok(world_list(w, w->admin, &q, &list));
    assert_ok(world_get(w, w->admin, "deal", id, false, &json));
    assert_ok(json_parse(w->arena, json, &one));
    const struct json *row = &data(&list)->items[0];
    size_t seen = 0;
    for (size_t i = 0; i < one.n; i++) {
        const struct json *other = json_get_str(row, one.members[i].name);
        struct buf a = buf_new(w->arena, 64), b = buf_new(w->arena, 64);
        struct json_writer wa = json_writer(&a), wb = json_writer(&b);
        if (str_eq(one.members[i].name, STR("contacts"))) {
            assert_null(other); /* links cost a statement per row: only when asked for */
            continue;
        }
        assert_non_null(other);
        jw_value(&wa, &one.members[i].value);
        jw_value(&wb, other);
        assert_str_eq(buf_str(&a), buf_str(&b));
        seen++;
    }
    assert_int_equal(seen, row->n);
}

TEST(fields_reach_through_one_reference)
{
    struct world *w = *state;
    struct query q = on(w, "deal");
    struct json j;
    int64_t account =
        world_new(w, w->admin, "account", "{\"name\":\"Acme\",\"sector\":\"Healthcare\"}");
    int64_t contact = world_new(w, w->admin, "contact", "{\"last_name\":\"K\"}");

    world_new(w, w->admin, "deal",
              BODY("{\"name\":\"with\",\"account\":\"%lld\",\"contacts\":[\"%lld\"]}",
                   (long long)account, (long long)contact));
    world_new(w, w->admin, "deal", "{\"name\":\"without\"}");
    q.fields = STR("name, account, account.name, account.sector, contacts");
    q.sort = STR("account.name");
    assert_ok(world_list(w, w->admin, &q, &j));
    assert_str(column(w, &j, "name"), "with without");
    assert_str(column(w, &j, "account.name"), "Acme -");
    assert_str(column(w, &j, "account.sector"), "Healthcare -");
    assert_str(json_get(json_get(&data(&j)->items[0], "account"), "name")->str, "Acme");
    assert_int_equal(json_get(&data(&j)->items[0], "contacts")->n, 1);
    assert_int_equal(json_get(&data(&j)->items[1], "contacts")->n, 0);
    q.filter = STR("account.sector = 'Healthcare'");
    assert_ok(world_list(w, w->admin, &q, &j));
    assert_str(column(w, &j, "name"), "with");
}

/* The name of a contact is a formula: it is known all the same, in lists, alone, and to sort by. */
TEST(composed_names_are_known)
{
    struct world *w = *state;
    struct query q = on(w, "activity");
    struct json j;

    int64_t b =
        world_new(w, w->admin, "contact", "{\"first_name\":\"Bea\",\"last_name\":\"Young\"}");
    int64_t a = world_new(w, w->admin, "contact", "{\"first_name\":\"Al\",\"last_name\":\"Old\"}");
    int64_t second = world_new(w, w->admin, "task_note",
                               BODY("{\"name\":\"second\",\"about\":\"%lld\"}", (long long)b));
    world_new(w, w->admin, "task_note",
              BODY("{\"name\":\"first\",\"about\":\"%lld\"}", (long long)a));
    world_new(w, w->admin, "task_note", "{\"name\":\"none\"}");
    q = on(w, "task_note");
    q.sort = STR("about");
    q.fields = STR("name, about");
    q.limit = 2;
    assert_ok(world_list(w, w->admin, &q, &j));
    assert_str(column(w, &j, "name"), "first second");
    assert_str(json_get(json_get(&data(&j)->items[0], "about"), "name")->str, "Al Old");
    q.cursor = json_get(&j, "next")->str;
    assert_ok(world_list(w, w->admin, &q, &j));
    assert_str(column(w, &j, "name"), "none");
    struct str json;
    assert_ok(world_get(w, w->admin, "task_note", second, false, &json));
    assert_has(json, "\"name\":\"Bea Young\"");
}

static struct err *put_task(struct tx *tx, void *ctx)
{
    return db_exec(tx, str_from(ctx));
}

TEST(tasks_and_breaches_are_seen_with_their_records)
{
    struct world *w = *state;
    struct query q = on(w, "breach");
    struct json j;
    int64_t mine = world_new(w, w->rep, "lead", "{\"name\":\"mine\"}"),
            other = world_new(w, w->rep_dora, "lead", "{\"name\":\"other\"}");
    const int64_t rows[][3] = {{1, mine, w->bob}, {2, other, w->dora}, {3, mine, w->dora}};

    for (size_t i = 0; i < 3; i++)
        assert_ok(world_write(
            w, put_task,
            (void *)(uintptr_t)BODY("INSERT INTO breach (id, record_id, object, page, rule, "
                                    "owed_by, at_us, manual_version, version, clock_us) VALUES "
                                    "(%lld, %lld, 'lead', 'policy/x', 'x', %lld, 1, 1, 1, %lld)",
                                    (long long)rows[i][0], (long long)rows[i][1],
                                    (long long)rows[i][2], (long long)i)));
    q.fields = STR("rule");
    assert_ok(world_list(w, w->admin, &q, &j));
    assert_str(column(w, &j, "id"), "3 2 1");
    assert_ok(world_list(w, w->rep, &q, &j));
    assert_str(column(w, &j, "id"), "1");
    q = on(w, "change");
    assert_err(world_list(w, w->rep, &q, &j), "access.denied");
}

/* Pages over ties and empty values: every row once, in the order of one large page. */
TEST(pages_are_complete_and_without_repeats)
{
    static const char *const sorts[] = {"",
                                        "seats",
                                        "seats desc",
                                        "stage, seats desc",
                                        "-close_date, stage",
                                        "name desc",
                                        "owner, name",
                                        "account.name desc, seats",
                                        "id",
                                        "seats, id desc, name",
                                        "days desc",
                                        "double_score"};
    struct world *w = *state;
    int64_t accounts[3];

    for (int i = 0; i < 3; i++)
        accounts[i] = world_new(w, w->admin, "account", BODY("{\"name\":\"A%d\"}", i));
    srand(11);
    for (int i = 0; i < 60; i++) {
        struct buf b = buf_new(w->arena, 128);
        buf_fmt(&b, "{\"name\":\"n%d\"", rand() % 20);
        if (rand() % 3)
            buf_fmt(&b, ",\"seats\":%d,\"score\":%d.5", rand() % 4, rand() % 9);
        if (rand() % 3)
            buf_fmt(&b, ",\"close_date\":\"2026-01-0%d\",\"engage_date\":\"2025-12-0%d\"",
                    1 + rand() % 5, 1 + rand() % 3);
        if (rand() % 2)
            buf_fmt(&b, ",\"account\":\"%lld\",\"owner\":\"%lld\"", (long long)accounts[rand() % 3],
                    (long long)(rand() % 2 ? w->bob : w->dora));
        buf_fmt(&b, ",\"stage\":\"%s\"}", rand() % 2 ? "Won" : "Lost");
        world_new(w, w->admin, "deal", str_cstr(w->arena, buf_str(&b)));
    }
    for (size_t s = 0; s < sizeof sorts / sizeof *sorts; s++) {
        struct query q = on(w, "deal");
        struct json all, part;
        struct buf ids = buf_new(w->arena, 2048);
        q.fields = STR("id");
        q.sort = str_from(sorts[s]);
        q.limit = 1000;
        assert_ok(world_list(w, w->admin, &q, &all));
        assert_int_equal(data(&all)->n, 60);
        for (int limit = 1; limit <= 60; limit = limit * 2 + 5) {
            q.limit = limit;
            q.cursor = STR_NONE;
            ids.len = 0;
            int pages = 0;
            do {
                assert_ok(world_list(w, w->admin, &q, &part));
                if (ids.len && data(&part)->n)
                    buf_add_char(&ids, ' ');
                buf_add(&ids, column(w, &part, "id"));
                q.cursor = json_get(&part, "next")->str;
                assert_true(++pages <= 61);
            } while (json_get(&part, "next")->kind == JSON_STR);
            assert_str_eq(buf_str(&ids), column(w, &all, "id"));
        }
    }
}

TEST(a_cursor_belongs_to_its_query)
{
    static const char *const bad[] = {"x", "!!!", "AAAA",
                                      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
    struct world *w = *state;
    struct query q = on(w, "deal"), other;
    struct json j;

    seed_deals(w);
    q.limit = 2;
    q.sort = STR("name");
    assert_ok(world_list(w, w->admin, &q, &j));
    q.cursor = json_get(&j, "next")->str;
    assert_ok(world_list(w, w->admin, &q, &j));
    other = q;
    other.sort = STR("name desc");
    assert_err(world_list(w, w->admin, &other, &j), "query.cursor");
    other = q;
    other.filter = STR("seats > 1");
    assert_err(world_list(w, w->admin, &other, &j), "query.cursor");
    other = q;
    other.object = world_object(w, "lead");
    assert_err(world_list(w, w->admin, &other, &j), "query.cursor");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        other = q;
        other.cursor = str_from(bad[i]);
        assert_err(world_list(w, w->admin, &other, &j), "query.cursor");
    }
    /* any single change of the text is noticed or harmless, never a failure of another kind */
    for (size_t i = 0; i < q.cursor.len; i++) {
        char *copy = arena_alloc(w->arena, q.cursor.len);
        memcpy(copy, q.cursor.ptr, q.cursor.len);
        copy[i] = copy[i] == 'A' ? 'B' : 'A';
        other.cursor = (struct str){copy, q.cursor.len};
        const struct err *e = world_list(w, w->admin, &other, &j);
        assert_true(!e || strcmp(e->code, "query.cursor") == 0);
        other.cursor.len = i;
        e = i ? world_list(w, w->admin, &other, &j) : NULL;
        assert_true(!e || strcmp(e->code, "query.cursor") == 0);
    }
}

TEST(unknown_parts_of_a_query_are_named)
{
    struct world *w = *state;
    struct query q = on(w, "deal");
    struct json j;
    const struct err *e;

    q.sort = STR("clse_date");
    e = assert_err(world_list(w, w->admin, &q, &j), "query.parameter");
    assert_string_equal(e->field, "sort");
    assert_has(e->way_out, "close_date");
    q.sort = STR("name sideways");
    assert_err(world_list(w, w->admin, &q, &j), "query.parameter");
    q.sort = STR("features");
    assert_err(world_list(w, w->admin, &q, &j), "query.parameter");
    q = on(w, "deal");
    q.fields = STR("name,acount.name");
    e = assert_err(world_list(w, w->admin, &q, &j), "query.parameter");
    assert_has(e->way_out, "account");
    q.fields = STR("name.first");
    assert_err(world_list(w, w->admin, &q, &j), "query.parameter");
    q = on(w, "deal");
    q.limit = 5000;
    assert_err(world_list(w, w->admin, &q, &j), "query.parameter");
    q = on(w, "deal");
    q.filter = STR("stge = 'Won'");
    assert_err(world_list(w, w->admin, &q, &j), "expr.name");
}

/* What a role may not see can be asked for neither directly nor by the back door of order and filter. */
TEST(hidden_fields_answer_no_questions)
{
    struct world *w = *state;
    struct query q = on(w, "lead");
    struct group_query g = {.object = world_object(w, "lead")};
    struct json j;

    assert_ok(world_save(
        w, w->admin, "lead", 0,
        BODY("{\"name\":\"A\",\"secret\":\"s3cret\",\"owner\":\"%lld\"}", (long long)w->bob),
        NULL));
    assert_ok(world_list(w, w->rep, &q, &j));
    assert_int_equal(data(&j)->n, 1);
    assert_null(json_get(&data(&j)->items[0], "secret"));
    q.filter = STR("secret = 's3cret'");
    assert_err(world_list(w, w->rep, &q, &j), "access.field_denied");
    assert_ok(world_list(w, w->admin, &q, &j));
    q.filter = STR_NONE;
    q.sort = STR("secret");
    assert_err(world_list(w, w->rep, &q, &j), "access.field_denied");
    q.sort = STR_NONE;
    q.fields = STR("name,secret");
    assert_err(world_list(w, w->rep, &q, &j), "access.field_denied");
    g.by = STR("secret");
    assert_err(world_group(w, w->rep, &g, &j), "access.field_denied");
    g.by = STR_NONE;
    g.measure = STR("count(secret)");
    assert_err(world_group(w, w->rep, &g, &j), "access.field_denied");
    g.object = world_object(w, "deal");
    g.measure = STR("avg(score)");
    assert_err(world_group(w, w->rep, &g, &j), "access.field_denied");
}

TEST(rows_are_limited_to_what_the_actor_may_read)
{
    struct world *w = *state;
    struct query q = on(w, "lead");
    struct json j;

    world_new(w, w->rep, "lead", "{\"name\":\"bobs\"}");
    world_new(w, w->rep_carl, "lead", "{\"name\":\"carls\"}");
    world_new(w, w->rep_dora, "lead", "{\"name\":\"doras\"}");
    q.count = true;
    assert_ok(world_list(w, w->rep, &q, &j));
    assert_str(column(w, &j, "name"), "Bobs");
    assert_i64(json_get(&j, "count")->integer, 1);
    assert_ok(world_list(w, w->admin, &q, &j));
    assert_int_equal(data(&j)->n, 3);
    /* deals: read team */
    world_new(w, w->rep_carl, "deal",
              BODY("{\"name\":\"east\",\"owner\":\"%lld\"}", (long long)w->carl));
    int64_t west = world_new(w, w->rep_dora, "deal",
                             BODY("{\"name\":\"west\",\"owner\":\"%lld\"}", (long long)w->dora));
    q = on(w, "deal");
    assert_ok(world_list(w, w->rep, &q, &j));
    assert_str(column(w, &j, "name"), "east");
    /* a reference to a record the actor may not see has no name, and counts see nothing of it */
    world_new(w, w->admin, "line_item",
              BODY("{\"name\":\"l\",\"deal\":\"%lld\"}", (long long)west));
    q = on(w, "line_item");
    assert_err(world_list(w, w->rep, &q, &j), "access.denied");
}

TEST(bin_and_archive_are_asked_for)
{
    struct world *w = *state;
    struct query q = on(w, "account");
    struct json j;
    int64_t binned = world_new(w, w->admin, "account", "{\"name\":\"binned\"}"),
            archived = world_new(w, w->admin, "account", "{\"name\":\"archived\"}");

    world_new(w, w->admin, "account", "{\"name\":\"live\"}");
    assert_ok(world_move(w, w->admin, "account", binned, RECORD_DELETE));
    assert_ok(world_move(w, w->admin, "account", archived, RECORD_ARCHIVE));
    q.sort = STR("name");
    assert_ok(world_list(w, w->admin, &q, &j));
    assert_str(column(w, &j, "name"), "live");
    q.archived = true;
    assert_ok(world_list(w, w->admin, &q, &j));
    assert_str(column(w, &j, "name"), "archived live");
    q = on(w, "account");
    q.bin = true;
    assert_ok(world_list(w, w->admin, &q, &j));
    assert_str(column(w, &j, "name"), "binned");
}

/* ---- groups ---- */
static const struct json *group_at(const struct json *j, size_t i)
{
    assert_true(i < data(j)->n);
    return &data(j)->items[i];
}

static struct str value_of(struct world *w, const struct json *j, size_t i, const char *part,
                           const char *name)
{
    struct buf b = buf_new(w->arena, 32);
    struct json_writer jw = json_writer(&b);
    const struct json *v = json_get(json_get(group_at(j, i), part), name);

    assert_non_null(v);
    jw_value(&jw, v);
    return buf_str(&b);
}

TEST(groups_count_and_add_up)
{
    struct world *w = *state;
    struct group_query g = {
        .object = world_object(w, "deal"),
        .by = STR("stage"),
        .measure =
            STR("count, sum(amount), avg(amount), min(seats), max(close_date), median(amount)")};
    struct json j;

    seed_deals(w);
    assert_ok(world_group(w, w->admin, &g, &j));
    assert_int_equal(data(&j)->n, 4);
    assert_str(value_of(w, &j, 3, "keys", "stage"), "\"Won\"");
    assert_str(value_of(w, &j, 3, "values", "count"), "2");
    assert_str(value_of(w, &j, 3, "values", "sum(amount)"),
               "{\"amount\":\"300.25\",\"currency\":\"USD\"}");
    assert_str(value_of(w, &j, 3, "values", "avg(amount)"),
               "{\"amount\":\"150.12\",\"currency\":\"USD\"}");
    assert_str(value_of(w, &j, 3, "values", "min(seats)"), "2");
    assert_str(value_of(w, &j, 3, "values", "max(close_date)"), "\"2026-02-10\"");
    assert_str(value_of(w, &j, 2, "values", "sum(amount)"), "null");
    g.by = STR_NONE;
    g.filter = STR("stage in ('Won','Lost')");
    g.measure = STR("count, median(seats), avg(close_date - engage_date), sum(seats * 2)");
    assert_ok(world_group(w, w->admin, &g, &j));
    assert_int_equal(data(&j)->n, 1);
    assert_str(value_of(w, &j, 0, "values", "count"), "3");
    assert_str(value_of(w, &j, 0, "values", "median(seats)"), "2");
    assert_str(value_of(w, &j, 0, "values", "avg(close_date - engage_date)"), "11");
    assert_str(value_of(w, &j, 0, "values", "sum(seats * 2)"), "12");
}

TEST(groups_by_time_follow_the_calendar_of_the_asker)
{
    struct world *w = *state;
    struct group_query g = {.object = world_object(w, "lead"),
                            .by = STR("received_at by month"),
                            .measure = STR("count")};
    struct json j;

    /* 22:30 UTC on the last of March is April in Berlin (summer time), 22:30 on the last of January is not February */
    world_new(w, w->admin, "lead", "{\"name\":\"a\",\"received_at\":\"2026-03-31T22:30:00Z\"}");
    world_new(w, w->admin, "lead", "{\"name\":\"b\",\"received_at\":\"2026-01-31T22:30:00Z\"}");
    world_new(w, w->admin, "lead", "{\"name\":\"c\",\"received_at\":\"2026-01-31T23:30:00Z\"}");
    world_new(w, w->admin, "lead", "{\"name\":\"d\",\"received_at\":\"1969-12-31T23:59:59Z\"}");
    assert_ok(world_group(w, w->admin, &g, &j));
    assert_int_equal(data(&j)->n, 4);
    assert_str(value_of(w, &j, 0, "keys", "received_at by month"), "\"1970-01\"");
    assert_str(value_of(w, &j, 1, "keys", "received_at by month"), "\"2026-01\"");
    assert_str(value_of(w, &j, 2, "keys", "received_at by month"), "\"2026-02\"");
    assert_str(value_of(w, &j, 3, "keys", "received_at by month"), "\"2026-04\"");
    seed_deals(w);
    g = (struct group_query){.object = world_object(w, "deal"),
                             .by = STR("close_date by quarter, stage"),
                             .measure = STR("count")};
    assert_ok(world_group(w, w->admin, &g, &j));
    assert_str(value_of(w, &j, 0, "keys", "close_date by quarter"), "\"2026-Q1\"");
    assert_int_equal(data(&j)->n, 4);
    g.by = STR("close_date by week");
    assert_ok(world_group(w, w->admin, &g, &j));
    assert_str(value_of(w, &j, 0, "keys", "close_date by week"), "\"2026-01-05\"");
    g.by = STR("name by month");
    assert_err(world_group(w, w->admin, &g, &j), "query.parameter");
    g.by = STR("owner, stage, name, seats");
    assert_err(world_group(w, w->admin, &g, &j), "query.parameter");
    g.by = STR("stage");
    g.measure = STR("total(amount)");
    assert_err(world_group(w, w->admin, &g, &j), "query.parameter");
    g.measure = STR("sum(name)");
    assert_err(world_group(w, w->admin, &g, &j), "query.parameter");
}

TEST(groups_by_people_have_names)
{
    struct world *w = *state;
    struct group_query g = {
        .object = world_object(w, "deal"), .by = STR("owner"), .measure = STR("count")};
    struct json j;

    world_new(w, w->rep, "deal", BODY("{\"name\":\"a\",\"owner\":\"%lld\"}", (long long)w->bob));
    world_new(w, w->admin, "deal", BODY("{\"name\":\"b\",\"owner\":\"%lld\"}", (long long)w->bob));
    assert_ok(world_group(w, w->admin, &g, &j));
    assert_int_equal(data(&j)->n, 1);
    assert_has(value_of(w, &j, 0, "keys", "owner"), "\"name\":\"Bob\"");
    g.by = STR("owner.team");
    assert_ok(world_group(w, w->admin, &g, &j));
    assert_int_equal(data(&j)->n, 1);
}

static struct err *tune_fn(struct tx *tx, void *ctx)
{
    (void)ctx;
    return record_tune(tx);
}

TEST(tuning_changes_no_answer)
{
    struct world *w = *state;
    struct query q = on(w, "deal");
    struct json j;

    seed_deals(w);
    assert_ok(world_write(w, tune_fn, NULL));
    q.sort = STR("name");
    q.filter = STR("stage = 'Won'");
    assert_ok(world_list(w, w->admin, &q, &j));
    assert_str(column(w, &j, "name"), "alpha Délta");
}

/* An activity is about records of any kind; what the reader may not see, and what is in the bin, does not count. */
TEST(activities_are_found_by_what_they_are_about)
{
    struct world *w = *state;
    int64_t lead = world_new(w, w->rep_dora, "lead", "{\"name\":\"L\"}"),
            account = world_new(w, w->admin, "account", "{\"name\":\"A\"}");
    const struct {
        const char *filter, *admin, *rep; /* rep: Bob, who sees no lead of Dora's */
    } cases[] = {
        {BODY("links contains '%lld'", (long long)lead), "both lead", ""},
        {BODY("links contains '%lld'", (long long)account), "account both", "account both"},
        {BODY("links in ('%lld', '%lld')", (long long)lead, (long long)account), "account both lead", "account both"},
        {BODY("links not in ('%lld')", (long long)account), "lead none", "lead none"},
        {"links is empty", "none", "lead none"},
        {"count(links) = 2", "both", ""},
        {"count(links) = 1", "account lead", "account both"},
        {BODY("exists(links where id != '%lld')", (long long)account), "both lead", ""},
        {"links contains '12'", "", ""},
    };
    struct query q = on(w, "activity");
    struct json j;

    world_new(w, w->admin, "activity", BODY("{\"subject\":\"lead\",\"links\":[\"%lld\"]}", (long long)lead));
    world_new(w, w->admin, "activity", BODY("{\"subject\":\"account\",\"links\":[\"%lld\"]}", (long long)account));
    world_new(w, w->admin, "activity",
              BODY("{\"subject\":\"both\",\"links\":[\"%lld\",\"%lld\"]}", (long long)lead, (long long)account));
    world_new(w, w->admin, "activity", "{\"subject\":\"none\"}");
    q.fields = STR("subject");
    q.sort = STR("subject");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        q.filter = str_from(cases[i].filter);
        assert_ok(world_list(w, w->admin, &q, &j));
        assert_str(column(w, &j, "subject"), cases[i].admin);
        assert_ok(world_list(w, w->rep, &q, &j));
        assert_str(column(w, &j, "subject"), cases[i].rep);
    }
    assert_ok(world_move(w, w->admin, "account", account, RECORD_DELETE));
    q.filter = STR("links is empty");
    assert_ok(world_list(w, w->admin, &q, &j));
    assert_str(column(w, &j, "subject"), "account none");
}

struct about {
    struct world *w;
    const char *filter;
    bool holds;
    int64_t id;
};

static struct err *in_memory(struct tx *tx, void *ctx)
{
    struct about *a = ctx;
    const struct object *o = world_object(a->w, "activity");
    struct expr_env env = {.now_us = a->w->now_us};
    struct expr_record face;
    const struct expr *e;
    struct record r;

    TRY(expr_compile(tx_arena(tx), a->w->m->schema, o->index, str_from(a->filter), EXPR_CONDITION, &e));
    TRY(record_read(tx, a->w->m, o, a->id, &r));
    face = record_expr(tx, a->w->m, &r, NULL);
    a->holds = expr_test(tx_arena(tx), e, &face, &env);
    return NULL;
}

TEST(what_an_activity_is_about_is_known_in_memory_too)
{
    struct world *w = *state;
    int64_t lead = world_new(w, w->admin, "lead", "{\"name\":\"L\"}"), account = world_new(w, w->admin, "account", "{\"name\":\"A\"}");
    int64_t id = world_new(w, w->admin, "activity", BODY("{\"links\":[\"%lld\",\"%lld\"]}", (long long)lead, (long long)account));
    struct about cases[] = {
        {w, BODY("links contains '%lld' and links contains '%lld'", (long long)lead, (long long)account), true, id},
        {w, "links contains '12' or links is empty", false, id},
        {w, BODY("links in ('12', '%lld')", (long long)account), true, id},
        {w, "count(links) = 2", true, id},
        {w, "count(links where id = outer.id) = 0", true, id},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool want = cases[i].holds;

        assert_ok(world_read(w, in_memory, &cases[i]));
        assert_int_equal(cases[i].holds, want);
    }
}

static struct err *ids_fn(struct tx *tx, void *ctx)
{
    struct world *w = ctx;
    const struct object *o = world_object(w, "deal");
    const struct expr *e;
    struct expr_env env = actor_env(w->admin, w->now_us);
    int64_t *ids, after = 0;
    size_t n, total = 0;

    TRY(expr_compile(tx_arena(tx), w->m->schema, o->index, STR("stage = 'Won'"), EXPR_CONDITION,
                     &e));
    do {
        TRY(query_ids(tx, w->m, NULL, o, e, &env, after, 1, &ids, &n));
        if (n) {
            assert_true(ids[0] > after);
            after = ids[0];
        }
        total += n;
    } while (n);
    assert_int_equal(total, 2);
    return NULL;
}

TEST(ids_for_sweeps)
{
    struct world *w = *state;

    seed_deals(w);
    assert_ok(world_read(w, ids_fn, w));
}

TEST_MAIN_WITH(world_setup, world_teardown, lists_filter_and_sort,
               a_list_and_a_single_record_say_the_same, fields_reach_through_one_reference,
               composed_names_are_known, tasks_and_breaches_are_seen_with_their_records,
               pages_are_complete_and_without_repeats, a_cursor_belongs_to_its_query,
               unknown_parts_of_a_query_are_named, hidden_fields_answer_no_questions,
               rows_are_limited_to_what_the_actor_may_read, bin_and_archive_are_asked_for,
               groups_count_and_add_up, groups_by_time_follow_the_calendar_of_the_asker,
               groups_by_people_have_names, activities_are_found_by_what_they_are_about,
               what_an_activity_is_about_is_known_in_memory_too, ids_for_sweeps, tuning_changes_no_answer)
