/* Metrics: every measure, groups, rights, filters; each figure once by hand. */
#include "db_fixture.h"
#include "insight/metric.h"
#include "test.h"

#include <math.h>

struct world {
    struct db_fixture *f;
    struct arena *arena;
    struct manual_store *store;
    const struct manual *m;
    const struct actor *root, *bob, *dora;
    int64_t acme, steel, bob_id, dora_id, east, now_us;
};

static struct err *publish(struct tx *tx, void *ctx)
{
    struct world *w = ctx;
    struct publish p = {.reason = STR("test"), .expect_version = -1, .now_us = w->now_us};
    struct findings findings = {.arena = tx_arena(tx)};
    struct page_file *objects, *metrics, *all;
    size_t n_objects, n_metrics;
    int64_t version;
    struct err *e;

    TRY(manual_read_folder(tx_arena(tx), "tests/unit/record/manual", &objects, &n_objects));
    TRY(manual_read_folder(tx_arena(tx), "tests/unit/insight/manual", &metrics, &n_metrics));
    all = NEW_ARRAY(tx_arena(tx), n_objects + n_metrics, struct page_file);
    memcpy(all, objects, n_objects * sizeof *all);
    memcpy(all + n_objects, metrics, n_metrics * sizeof *all);
    p.files = all;
    p.n = n_objects + n_metrics;
    e = manual_publish(tx, w->store, &p, &findings, &version);
    if (e)
        print_error("%.*s\n", STR_ARG(findings_text(tx_arena(tx), &findings)));
    return e;
}

struct making {
    struct world *w;
    const char *object, *body;
    int64_t id;
};

static struct err *make(struct tx *tx, void *ctx)
{
    struct making *k = ctx;
    struct save_context cx = {.manual = k->w->m, .actor = k->w->root, .now_us = k->w->now_us += 1000};
    struct save_input in = {.object = manual_object(k->w->m, str_from(k->object)), .if_version = -1};
    struct save_result out;
    struct json body;

    TRY(json_parse(tx_arena(tx), str_from(k->body), &body));
    TRY(record_decode(tx_arena(tx), k->w->m, in.object, &body, &in));
    TRY(record_save(tx, &cx, &in, &out));
    k->id = out.record.id;
    return NULL;
}

static int64_t new_record(struct world *w, const char *object, const char *body)
{
    struct making k = {w, object, body, 0};

    assert_ok(db_write(w->f->db, w->arena, make, &k));
    return k.id;
}

struct loading {
    struct world *w;
    int64_t id;
    struct actor *out;
};

static struct err *load(struct tx *tx, void *ctx)
{
    struct loading *l = ctx;

    return actor_load(tx, l->w->m, l->id, VIA_API, &l->out);
}

static const struct actor *actor_of(struct world *w, int64_t id)
{
    struct loading l = {w, id, NULL};

    assert_ok(db_read(w->f->db, w->arena, load, &l));
    return l.out;
}

#define BODY(...) str_cstr(w->arena, str_fmt(w->arena, __VA_ARGS__))

static void deal(struct world *w, int64_t owner, int64_t account, const char *rest)
{
    new_record(w, "deal", BODY("{\"name\":\"D\",\"owner\":\"%lld\",\"account\":%s%s%s,%s}", (long long)owner, account ? "\"" : "",
                               account ? BODY("%lld", (long long)account) : "null", account ? "\"" : "", rest));
}

static int setup(void **state)
{
    struct db_fixture *f = db_fixture_open(NULL);
    struct world *w = NEW(f->arena, struct world);

    *w = (struct world){.f = f, .arena = f->arena};
    instant_parse(STR("2026-06-15T10:00:00Z"), &w->now_us);
    record_hooks = (struct record_hooks){0};
    assert_ok(manual_store_open(w->arena, f->db, &w->store));
    assert_ok(db_write(f->db, w->arena, publish, w));
    w->m = manual_live(w->store);
    w->root = actor_system(w->arena, w->m, STR_NONE);
    w->east = new_record(w, "team", "{\"name\":\"East\"}");
    w->bob_id = new_record(w, "user", BODY("{\"name\":\"Bob\",\"email\":\"b@example.com\",\"roles\":[\"rep\"],\"team\":\"%lld\"}", (long long)w->east));
    w->dora_id = new_record(w, "user", "{\"name\":\"Dora\",\"email\":\"d@example.com\",\"roles\":[\"rep\"]}");
    w->bob = actor_of(w, w->bob_id);
    w->dora = actor_of(w, w->dora_id);
    w->acme = new_record(w, "account", "{\"name\":\"Acme\",\"sector\":\"Healthcare\"}");
    w->steel = new_record(w, "account", "{\"name\":\"Steel\",\"sector\":\"Technology\"}");
    deal(w, w->bob_id, w->acme, "\"stage\":\"Won\",\"amount\":\"100.10\",\"seats\":1,\"score\":\"1.5\",\"engage_date\":\"2026-01-01\",\"close_date\":\"2026-01-11\"");
    deal(w, w->bob_id, w->steel, "\"stage\":\"Won\",\"amount\":\"200.20\",\"seats\":9,\"engage_date\":\"2026-01-01\",\"close_date\":\"2026-01-31\"");
    deal(w, w->dora_id, w->acme, "\"stage\":\"Won\",\"amount\":\"0.30\",\"seats\":4,\"urgent\":true,\"close_date\":\"2026-04-01\"");
    deal(w, w->dora_id, 0, "\"stage\":\"Lost\",\"amount\":\"50\",\"seats\":2,\"score\":\"2.5\",\"engage_date\":\"2026-02-01\",\"close_date\":\"2026-02-03\"");
    deal(w, w->dora_id, w->acme, "\"stage\":\"Won\",\"amount\":{\"amount\":\"999\",\"currency\":\"EUR\"},\"close_date\":\"2027-01-01\"");
    deal(w, w->bob_id, 0, "\"stage\":\"Prospecting\"");
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    manual_unpin(w->m);
    manual_store_close(w->store);
    db_fixture_close(w->f);
    return 0;
}

struct asking {
    struct world *w;
    const struct actor *a;
    struct metric_ask ask;
    struct buf json;
};

static struct err *ask(struct tx *tx, void *ctx)
{
    struct asking *k = ctx;

    return metric_json(tx, k->w->m, k->a, &k->ask, &k->json);
}

static struct err *figure(struct world *w, const struct actor *a, const char *name, const char *by, const char *filter, struct json *out)
{
    struct asking k = {w, a, {str_from(name), str_from(by), str_from(filter), w->now_us}, buf_new(w->arena, 1024)};

    TRY(db_read(w->f->db, w->arena, ask, &k));
    return json_parse(w->arena, buf_str(&k.json), out);
}

static void assert_value(const struct json *v, double expected)
{
    const struct json *value = json_get(v, "value");

    assert_true(value->kind == JSON_INT || value->kind == JSON_REAL);
    if (fabs(value->real - expected) > 1e-9)
        fail_msg("%.9f is not %.9f", value->real, expected);
}

static struct json value_of(struct world *w, const struct actor *a, const char *name, const char *filter, double expected)
{
    struct json out;

    assert_ok(figure(w, a, name, "", filter, &out));
    assert_value(&out, expected);
    return out;
}

/* "label=value label=value" in the order of the answer. */
static struct str groups_of(struct world *w, const struct actor *a, const char *name, const char *by)
{
    struct buf b = buf_new(w->arena, 256);
    struct json out;
    const struct json *groups;

    assert_ok(figure(w, a, name, by, "", &out));
    groups = json_get(&out, "groups");
    for (size_t i = 0; i < groups->n; i++) {
        struct json_writer jw = json_writer(&b);

        buf_fmt(&b, "%s%.*s=", i ? " " : "", STR_ARG(json_get(&groups->items[i], "label")->str));
        jw_value(&jw, json_get(&groups->items[i], "value"));
    }
    return buf_str(&b);
}

TEST(each_measure_gives_the_figure_a_person_would_add_up)
{
    struct world *w = *state;
    struct json out = value_of(w, w->root, "won", "", 300.60);

    assert_str(json_get(&out, "display")->str, "300.60 USD");
    assert_str(json_get(&out, "currency")->str, "USD");
    assert_i64(json_get(&out, "n")->integer, 3);
    assert_i64(json_get(&out, "left_out")->integer, 1); /* other money is not added to this one */
    assert_str(json_get(&out, "target")->str, "1000");
    assert_str(json_get(&out, "definition")->str, "What won means.");
    assert_str(json_get(&out, "list")->str, "/api/v1/records/deal?filter=%28stage%20%3D%20%27Won%27%29%20and%20%28amount%20is%20not%20empty%29");
    value_of(w, w->root, "deals", "", 6);
    value_of(w, w->root, "mean", "", 87.65);
    value_of(w, w->root, "middle", "", 3);
    value_of(w, w->root, "middle", "seats > 1", 4);
    value_of(w, w->root, "rate", "", 80);
    value_of(w, w->root, "cycle", "", 14);
    value_of(w, w->root, "scores", "", 4);
    assert_ok(figure(w, w->root, "middle", "", "seats > 100", &out));
    assert_int_equal(json_get(&out, "value")->kind, JSON_NULL);
    assert_ok(figure(w, w->root, "rate", "", "stage = 'Prospecting'", &out));
    assert_int_equal(json_get(&out, "value")->kind, JSON_NULL);
    value_of(w, w->root, "deals", "stage = 'Lost' and amount > 50", 0);
    out = value_of(w, w->root, "won", "amount > 150", 200.20);
    assert_str(json_get(&out, "list")->str, "/api/v1/records/deal?filter=%28%28stage%20%3D%20%27Won%27%29%20and%20%28amount%20%3E%20150%29%29%20and%20"
               "%28amount%20is%20not%20empty%29");
}

TEST(groups_stand_in_an_order_that_helps)
{
    struct world *w = *state;

    assert_str(groups_of(w, w->root, "won", "owner"), "Bob=300.3 Dora=0.3");
    assert_str(groups_of(w, w->root, "won", "account.sector"), "Technology=200.2 Healthcare=100.4");
    assert_str(groups_of(w, w->root, "won", "urgent"), "no=300.3 yes=0.3");
    assert_str(groups_of(w, w->root, "won", "close_date by month"), "2026-01=300.3 2026-04=0.3");
    assert_str(groups_of(w, w->root, "won", "close_date by quarter"), "2026 Q1=300.3 2026 Q2=0.3");
    assert_str(groups_of(w, w->root, "won", "close_date by year"), "2026=300.6");
    assert_str(groups_of(w, w->root, "won", "close_date by week"), "2026-01-05=100.1 2026-01-26=200.2 2026-03-30=0.3");
    assert_str(groups_of(w, w->root, "deals", "stage"), "Won=4 Lost=1 Prospecting=1");
    assert_str(groups_of(w, w->root, "deals", "close_date by month"), "2026-01=2 2026-02=1 2026-04=1 2027-01=1 none=1");
    assert_str(groups_of(w, w->root, "rate", "owner"), "Bob=100 Dora=66.67");
    assert_str(groups_of(w, w->root, "deals", "account"), "Acme=3 none=2 Steel=1"); /* not offered by the page, but may be asked */
    assert_str(groups_of(w, w->root, "deals", "seats > 2"), "no=4 yes=2");
}

TEST(a_figure_covers_what_the_asker_may_read)
{
    struct world *w = *state;
    struct json out;
    struct actor blind = *w->dora;

    value_of(w, w->dora, "deals", "", 3);
    value_of(w, w->dora, "won", "", 0.30);
    assert_str(groups_of(w, w->bob, "deals", "owner"), "Bob=3");
    assert_err(figure(w, w->bob, "scores", "", "", &out), "access.field_denied");
    assert_err(figure(w, w->bob, "deals", "score", "", &out), "access.field_denied");
    assert_err(figure(w, w->bob, "deals", "", "score > 1", &out), "access.field_denied");
    blind.can = arena_array(w->arena, w->m->n_objects, sizeof *blind.can);
    assert_err(figure(w, &blind, "deals", "", "", &out), "access.denied");
}

struct moving {
    struct world *w;
    int64_t id;
    enum record_move move;
};

static struct err *move(struct tx *tx, void *ctx)
{
    const struct moving *v = ctx;
    struct save_context cx = {.manual = v->w->m, .actor = v->w->root, .now_us = v->w->now_us += 1000};
    struct record out;

    return record_move(tx, &cx, manual_object(v->w->m, STR("deal")), v->id, -1, v->move, &out, NULL);
}

TEST(what_is_archived_or_in_the_bin_does_not_count)
{
    struct world *w = *state;

    int64_t first = new_record(w, "deal", "{\"name\":\"Gone\",\"stage\":\"Lost\"}");
    int64_t second = new_record(w, "deal", "{\"name\":\"Kept\",\"stage\":\"Lost\"}");

    value_of(w, w->root, "deals", "", 8);
    assert_ok(db_write(w->f->db, w->arena, move, &(struct moving){w, first, RECORD_DELETE}));
    value_of(w, w->root, "deals", "", 7);
    assert_ok(db_write(w->f->db, w->arena, move, &(struct moving){w, second, RECORD_ARCHIVE}));
    value_of(w, w->root, "deals", "", 6);
    value_of(w, w->root, "rate", "", 80);
    assert_ok(db_write(w->f->db, w->arena, move, &(struct moving){w, second, RECORD_UNARCHIVE}));
    value_of(w, w->root, "rate", "", 66.67);
}

TEST(wrong_questions_say_where)
{
    struct world *w = *state;
    struct json out;

    assert_has(assert_err(figure(w, w->root, "wn", "", "", &out), "metric.not_found")->way_out, "won?");
    assert_string_equal(assert_err(figure(w, w->root, "won", "ownr", "", &out), "expr.name")->field, "/by");
    assert_string_equal(assert_err(figure(w, w->root, "won", "", "amount >", &out), "expr.syntax")->field, "/filter");
    assert_string_equal(assert_err(figure(w, w->root, "won", "", "stage = 'Wonn'", &out), "expr.name")->field, "/filter");
}

static struct err *list(struct tx *tx, void *ctx)
{
    struct asking *k = ctx;

    return metric_list_json(tx, k->w->m, k->a, &k->json);
}

TEST(the_list_names_the_metrics_of_what_one_may_read)
{
    struct world *w = *state;
    struct asking k = {.w = w, .a = w->root, .json = buf_new(w->arena, 1024)};
    struct actor blind = *w->dora;
    struct json out;

    assert_ok(db_read(w->f->db, w->arena, list, &k));
    assert_ok(json_parse(w->arena, buf_str(&k.json), &out));
    assert_int_equal(json_get(&out, "data")->n, 7);
    blind.can = arena_array(w->arena, w->m->n_objects, sizeof *blind.can);
    k = (struct asking){.w = w, .a = &blind, .json = buf_new(w->arena, 1024)};
    assert_ok(db_read(w->f->db, w->arena, list, &k));
    assert_str(buf_str(&k.json), "{\"data\":[]}");
}

TEST_MAIN_WITH(setup, teardown, each_measure_gives_the_figure_a_person_would_add_up, groups_stand_in_an_order_that_helps,
               a_figure_covers_what_the_asker_may_read, what_is_archived_or_in_the_bin_does_not_count, wrong_questions_say_where,
               the_list_names_the_metrics_of_what_one_may_read)
