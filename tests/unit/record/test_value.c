#include "world.h"

#define BODY(...) str_cstr(w->arena, str_fmt(w->arena, __VA_ARGS__))

static const struct field *field_of(struct world *w, const char *object, const char *name)
{
    const struct field *f = object_field(world_object(w, object), str_from(name));

    assert_non_null(f);
    return f;
}

static struct str as_json(struct world *w, const struct field *f, const struct value *v)
{
    struct buf b = buf_new(w->arena, 64);
    struct json_writer jw = json_writer(&b);

    value_json(&jw, f, v);
    return buf_str(&b);
}

/* Cells as spreadsheets hold them. */
TEST(cells_are_read_by_type)
{
    static const struct {
        const char *object, *field, *text, *json;
    } good[] = {
        {"deal", "seats", "1,234,567", "1234567"},
        {"deal", "seats", "1 234", "1234"},
        {"deal", "seats", "+5", "5"},
        {"deal", "seats", "", "null"},
        {"deal", "seats", "7.0", "7"},
        {"deal", "score", "1,200.5", "1200.5"},
        {"deal", "chance", "33.5 %", "33.5"},
        {"deal", "amount", "$1,234.50", "{\"amount\":\"1234.50\",\"currency\":\"USD\"}"},
        {"deal", "amount", "12 EUR", "{\"amount\":\"12.00\",\"currency\":\"EUR\"}"},
        {"deal", "amount", "jpy 1200", "null"},
        {"deal", "amount", "JPY 1200", "{\"amount\":\"1200\",\"currency\":\"JPY\"}"},
        {"deal", "amount", "-3", "{\"amount\":\"-3.00\",\"currency\":\"USD\"}"},
        {"deal", "urgent", "Yes", "true"},
        {"deal", "urgent", "0", "false"},
        {"deal", "engage_date", "2026-11-21", "\"2026-11-21\""},
        {"deal", "engage_date", "2026-11-21 23:30", "\"2026-11-21\""},
        {"deal", "engage_date", "today", "\"2026-06-15\""},
        {"lead", "received_at", "2026-07-01 08:30",
         "\"2026-07-01T06:30:00Z\""}, /* Anna lives in Berlin */
        {"lead", "received_at", "2026-07-01", "\"2026-06-30T22:00:00Z\""},
        {"lead", "received_at", "2026-07-01T08:30:00+05:00", "\"2026-07-01T03:30:00Z\""},
        {"deal", "cycle", "2w", "\"14d\""},
        {"deal", "cycle", "1.5s", "\"1.500000s\""},
        {"deal", "features", "SSO; API", "[\"API\",\"SSO\"]"},
        {"deal", "features", "SSO, API,", "[\"API\",\"SSO\"]"},
        {"deal", "tags", "b,a,b", "[\"a\",\"b\"]"},
        {"deal", "contacts", "7, 5,7", "[\"5\",\"7\"]"},
    };
    static const struct {
        const char *object, *field, *text;
    } bad[] = {
        {"deal", "seats", "12,34"},
        {"deal", "seats", "1.5"},
        {"deal", "seats", "many"},
        {"deal", "seats", "99999999999999999999"},
        {"deal", "score", "1.25"},
        {"deal", "score", "1e3"},
        {"deal", "amount", "1.234"},
        {"deal", "amount", "JPY 1.5"},
        {"deal", "urgent", "perhaps"},
        {"deal", "engage_date", "21.11.2026"},
        {"deal", "engage_date", "2026-13-01"},
        {"lead", "received_at", "2026-07-01 25:00"},
        {"lead", "received_at", "2026-07-01 08"},
        {"deal", "cycle", "2 business days"},
        {"deal", "cycle", "soon"},
        {"deal", "account", "Acme"},
        {"deal", "account", "1,2"},
        {"deal", "days", "3d"},
    };
    struct world *w = *state;
    struct expr_env env = actor_env(w->admin, w->now_us);
    struct value v;

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        const struct field *f = field_of(w, good[i].object, good[i].field);
        const struct err *e = value_parse(w->arena, w->m, f, str_from(good[i].text), &env, &v);
        if (strcmp(good[i].json, "null") == 0 && good[i].text[0]) {
            assert_err(e, "record.field_invalid");
            continue;
        }
        assert_ok(e);
        assert_str(as_json(w, f, &v), good[i].json);
        /* what was written can be read */
        struct json j;
        struct value again;
        struct save_input in;
        assert_ok(json_parse(w->arena,
                             str_fmt(w->arena, "{\"%s\":%s}", good[i].field, good[i].json), &j));
        assert_ok(record_decode(w->arena, w->m, world_object(w, good[i].object), &j, &in));
        again = in.values[0];
        assert_true(value_eq(&v, &again));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const struct err *e = value_parse(w->arena, w->m, field_of(w, bad[i].object, bad[i].field),
                                          str_from(bad[i].text), &env, &v);
        if (!e)
            print_error("accepted: %s\n", bad[i].text);
        assert_err(e, "record.field_invalid");
        assert_string_equal(e->field, BODY("/%s", bad[i].field));
    }
}

TEST(values_read_well)
{
    struct world *w = *state;
    const struct field *amount = field_of(w, "deal", "amount"),
                       *chance = field_of(w, "deal", "chance"), *tags = field_of(w, "deal", "tags");
    struct expr_env env = actor_env(w->admin, w->now_us);
    struct value v;

    assert_ok(value_parse(w->arena, w->m, amount, STR("1234.5"), &env, &v));
    assert_str(value_text(w->arena, w->m, amount, &v), "1234.50 USD");
    assert_ok(value_parse(w->arena, w->m, chance, STR("12.5"), &env, &v));
    assert_str(value_text(w->arena, w->m, chance, &v), "12.5%");
    assert_ok(value_parse(w->arena, w->m, tags, STR("b, a"), &env, &v));
    assert_str(value_text(w->arena, w->m, tags, &v), "a, b");
    assert_ok(value_parse(w->arena, w->m, field_of(w, "deal", "owner"), STR("me"), &env, &v));
    assert_i64(v.i, w->anna);
}

struct asking {
    struct world *w;
    int64_t deal, account;
};

static bool holds(struct tx *tx, struct world *w, const struct record *r,
                  const struct record *before, const char *text)
{
    struct expr_env env = actor_env(w->admin, w->now_us);
    struct expr_record face = record_expr(tx, w->m, r, before);
    const struct expr *e;

    assert_ok(expr_compile(tx_arena(tx), w->m->schema, r->object->index, str_from(text),
                           EXPR_CONDITION | EXPR_CHANGE, &e));
    return expr_test(tx_arena(tx), e, &face, &env);
}

static struct err *face_fn(struct tx *tx, void *ctx)
{
    struct asking *k = ctx;
    struct world *w = k->w;
    struct record deal, account, before;

    TRY(record_read(tx, w->m, world_object(w, "deal"), k->deal, &deal));
    TRY(record_read(tx, w->m, world_object(w, "account"), k->account, &account));
    assert_true(holds(tx, w, &deal, NULL,
                      "account.sector = 'Healthcare' and amount = 12.5 and score = 1.5"));
    assert_true(holds(tx, w, &deal, NULL,
                      "count(contacts) = 2 and exists(contacts where last_name = 'Two')"));
    assert_true(holds(tx, w, &deal, NULL,
                      "count(activities where kind = 'call') = 1 and count(account.deals) = 1"));
    assert_true(
        holds(tx, w, &deal, NULL, "days = 3d and name contains 'DEAL' and tags contains 'vip'"));
    assert_false(holds(tx, w, &deal, NULL, "owner is not empty or close_date < today - 300d"));
    assert_true(holds(tx, w, &account, NULL, "sum(deals.amount) = 12.5 and count(contacts) = 0"));
    before = deal;
    before.values = NEW_ARRAY(tx_arena(tx), deal.object->n_fields, struct value);
    memcpy(before.values, deal.values, deal.object->n_fields * sizeof *before.values);
    before.values[object_field(deal.object, STR("stage"))->index].s = STR("Won");
    assert_true(holds(tx, w, &deal, &before,
                      "changed(stage) and was(stage) = 'Won' and not changed(name)"));
    return NULL;
}

TEST(expressions_see_records_and_what_is_around_them)
{
    struct world *w = *state;
    struct asking k = {.w = w};
    int64_t one = world_new(w, w->admin, "contact", "{\"last_name\":\"One\"}"),
            two = world_new(w, w->admin, "contact", "{\"last_name\":\"Two\"}");

    k.account = world_new(w, w->admin, "account", "{\"name\":\"Acme\",\"sector\":\"Medical\"}");
    k.deal = world_new(w, w->admin, "deal",
                       BODY("{\"name\":\"A "
                            "deal\",\"account\":\"%lld\",\"contacts\":[\"%lld\",\"%lld\"],"
                            "\"amount\":12.5,\"score\":1.5,\"tags\":[\"vip\"],\"engage_date\":"
                            "\"2026-01-01\",\"close_date\":\"2026-01-04\"}",
                            (long long)k.account, (long long)one, (long long)two));
    world_new(w, w->admin, "activity",
              BODY("{\"kind\":\"call\",\"links\":[\"%lld\"]}", (long long)k.deal));
    assert_ok(world_read(w, face_fn, &k));
}

TEST_MAIN_WITH(world_setup, world_teardown, cells_are_read_by_type, values_read_well,
               expressions_see_records_and_what_is_around_them)
