#include "world.h"

#define BODY(...) str_cstr(w->arena, str_fmt(w->arena, __VA_ARGS__))

TEST(a_record_is_kept_and_read_back)
{
    struct world *w = *state;
    struct save_result out;
    struct str json;

    assert_ok(world_save(
        w, w->rep, "lead", 0,
        "{\"name\":\"  maria   LOPEZ \",\"email\":\"Maria@EXAMPLE.com\",\"phone\":\"030 901820\","
        "\"sector\":\"technolgy\",\"website\":\"Example.com/\"}",
        &out));
    assert_ok(world_get(w, w->rep, "lead", out.record.id, false, &json));
    assert_has(json, "\"name\":\"Maria Lopez\"");
    assert_has(json, "\"email\":\"Maria@example.com\"");
    assert_has(json, "\"phone\":\"+4930901820\"");
    assert_has(json, "\"website\":\"https://example.com\"");
    assert_has(json, "\"sector\":\"Technology\"");
    assert_has(json, "\"status\":\"New\"");
    assert_has(json, "\"version\":1");
    assert_has(json, "\"team\":{\"id\":");
    assert_has(json, "\"name\":\"East\"}");
    assert_int_equal(out.n_cleaned, 5);
    for (size_t i = 0; i < out.n_cleaned; i++) {
        assert_false(out.cleaned[i].doubtful);
        assert_true(out.cleaned[i].rule.len > 0);
    }
    assert_str(out.cleaned[0].typed, "  maria   LOPEZ ");
    assert_str(out.cleaned[0].rule, "trim, spaces, title case");
    assert_str(out.cleaned[3].rule, "vocabulary/sectors");
}

TEST(every_type_survives_the_way_there_and_back)
{
    struct world *w = *state;
    struct str json;
    int64_t account = world_new(w, w->admin, "account", "{\"name\":\"Acme\"}");
    int64_t contact =
        world_new(w, w->admin, "contact", "{\"first_name\":\"Zoë\",\"last_name\":\"Müller\"}");
    int64_t deal =
        world_new(w, w->admin, "deal",
                  BODY("{\"name\":\"First\",\"account\":\"%lld\",\"contacts\":[\"%lld\"],\"stage\":"
                       "\"Engaging\",\"amount\":{\"amount\":\"1234.5\","
                       "\"currency\":\"USD\"},\"score\":7.5,\"chance\":\"33.25\",\"seats\":-3,"
                       "\"engage_date\":\"2026-01-31\",\"close_date\":"
                       "\"2026-03-01\",\"cycle\":\"36h\",\"features\":[\"SSO\",\"API\",\"SSO\"],"
                       "\"urgent\":true,\"tags\":[\"b\",\"a\"],\"owner\":\"%lld\"}",
                       (long long)account, (long long)contact, (long long)w->bob));

    assert_ok(world_get(w, w->admin, "deal", deal, false, &json));
    assert_has(json, "\"number\":\"D-00001\"");
    assert_has(json, "\"amount\":{\"amount\":\"1234.50\",\"currency\":\"USD\"}");
    assert_has(json, "\"score\":7.5");
    assert_has(json, "\"chance\":33.25");
    assert_has(json, "\"seats\":-3");
    assert_has(json, "\"engage_date\":\"2026-01-31\"");
    assert_has(json, "\"cycle\":\"36h\"");
    assert_has(json, "\"features\":[\"API\",\"SSO\"]");
    assert_has(json, "\"urgent\":true");
    assert_has(json, "\"tags\":[\"a\",\"b\"]");
    assert_has(json, BODY("\"contacts\":[\"%lld\"]", (long long)contact));
    assert_has(json, BODY("\"account\":{\"id\":\"%lld\",\"name\":\"Acme\"}", (long long)account));
    assert_has(json, "\"days\":\"29d\"");
    assert_has(json, "\"double_score\":15");
    assert_ok(world_get(w, w->admin, "contact", contact, false, &json));
    assert_has(json, "\"full_name\":\"Zoë Müller\"");
}

TEST(a_body_that_was_read_can_be_sent_back)
{
    struct world *w = *state;
    struct save_result out;
    int64_t account = world_new(w, w->admin, "account", "{\"name\":\"Acme\"}");
    int64_t deal = world_new(
        w, w->admin, "deal",
        BODY("{\"name\":\"One\",\"account\":{\"id\":\"%lld\",\"name\":\"Acme\"},\"tags\":[]}",
             (long long)account));

    assert_ok(world_save(
        w, w->admin, "deal", deal,
        BODY("{\"name\":\"One\",\"account\":{\"id\":\"%lld\",\"name\":\"Other\"},\"tags\":null}",
             (long long)account),
        &out));
    assert_true(out.unchanged);
    assert_i64(out.record.version, 1);
    assert_i64(
        world_count(w, BODY("SELECT COUNT(*) FROM change WHERE record_id = %lld", (long long)deal)),
        1);
}

TEST(minor_units_follow_the_currency)
{
    static const char *const cases[][3] = {
        {"JPY", "1200", "1200"},     {"KWD", "1.234", "1.234"}, {"USD", "0.1", "0.10"},
        {"CLF", "1.2345", "1.2345"}, {"CHF", "5", "5.00"},
    };
    static const char *const bad[] = {"{\"amount\":\"1.5\",\"currency\":\"JPY\"}",
                                      "{\"amount\":\"1.2345\",\"currency\":\"KWD\"}",
                                      "{\"amount\":\"1\",\"currency\":\"XYZ\"}",
                                      "{\"amount\":\"1\",\"currency\":5}",
                                      "{\"amount\":\"99999999999999999999\",\"currency\":\"USD\"}",
                                      "{\"currency\":\"USD\"}",
                                      "\"1e5x\"",
                                      "true"};
    struct world *w = *state;
    struct str json;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t id =
            world_new(w, w->admin, "deal",
                      BODY("{\"name\":\"M\",\"amount\":{\"amount\":\"%s\",\"currency\":\"%s\"}}",
                           cases[i][1], cases[i][0]));
        assert_ok(world_get(w, w->admin, "deal", id, false, &json));
        assert_has(json, BODY("\"amount\":{\"amount\":\"%s\",\"currency\":\"%s\"}", cases[i][2],
                              cases[i][0]));
    }
    struct str before = world_dump(w);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_non_null(world_save(w, w->admin, "deal", 0,
                                   BODY("{\"name\":\"M\",\"amount\":%s}", bad[i]), NULL));
    assert_str_eq(world_dump(w), before);
}

/* Each body is refused with its code and pointer, and the database stays as it was, byte for byte. */
TEST(a_refusal_leaves_nothing_behind)
{
    struct world *w = *state;
    int64_t lead =
        world_new(w, w->rep, "lead", "{\"name\":\"Kept\",\"email\":\"kept@example.com\"}");
    int64_t others = world_new(w, w->rep_dora, "lead", "{\"name\":\"Dora's\"}");
    world_new(w, w->admin, "contact", "{\"last_name\":\"One\",\"email\":\"One@example.com\"}");
    const struct {
        const char *object, *body, *code, *field;
        int64_t id;
    } cases[] = {
        {"lead", "{}", "record.field_required", "/name", 0},
        {"lead", "{\"name\":\"  \"}", "record.field_required", "/name", 0},
        {"lead", "{\"name\":null}", "record.field_required", "/name", lead},
        {"lead", "{\"name\":\"A\",\"email\":\"not an address\"}", "record.field_invalid", "/email",
         0},
        {"lead", "{\"name\":\"A\",\"email\":\"a@b\"}", "record.field_invalid", "/email", 0},
        {"lead", "{\"name\":\"A\",\"phone\":\"call me\"}", "record.field_invalid", "/phone", 0},
        {"lead", "{\"name\":\"A\",\"website\":\"javascript:alert(1)\"}", "record.field_invalid",
         "/website", 0},
        {"lead", "{\"name\":\"A\",\"sector\":\"Space\"}", "record.field_invalid", "/sector", 0},
        {"lead", "{\"name\":\"A\",\"status\":\"Nwe\"}", "record.field_invalid", "/status", 0},
        {"lead", "{\"name\":\"A\",\"nmae\":\"B\"}", "json.unknown_field", "/nmae", 0},
        {"lead", "{\"name\":5}", "json.type", "/name", 0},
        {"lead", "{\"name\":\"A\",\"created_at\":\"2020-01-01T00:00:00Z\"}",
         "record.field_readonly", "/created_at", 0},
        {"lead", "{\"name\":\"A\",\"received_at\":\"yesterday\"}", "record.field_invalid",
         "/received_at", 0},
        {"lead", "{\"name\":\"A\",\"owner\":\"12345\"}", "access.denied", "/owner", 0},
        {"lead", "{\"name\":\"A\",\"secret\":\"x\"}", "access.field_denied", "/secret", 0},
        {"lead", "{\"status\":\"Disqualified\"}", "record.field_required", "/lost_reason", lead},
        {"lead", "{\"name\":\"B\"}", "record.not_found", NULL, others},
        {"lead", "{\"name\":\"B\"}", "record.not_found", NULL, 99},
        {"deal", "{\"name\":\"D\",\"account\":\"99\"}", "record.reference_missing", "/account", 0},
        {"deal", "{\"name\":\"D\",\"contacts\":[\"99\"]}", "record.reference_missing", "/contacts",
         0},
        {"deal", "{\"name\":\"D\",\"amount\":-1}", "record.field_invalid", "/amount", 0},
        {"deal", "{\"name\":\"D\",\"number\":\"D-7\"}", "record.field_readonly", "/number", 0},
        {"deal", "{\"name\":\"D\",\"days\":\"3d\"}", "record.field_readonly", "/days", 0},
        {"deal", "{\"name\":\"D\",\"score\":3}", "access.field_denied", "/score", 0},
        {"deal", "{\"name\":\"D\",\"chance\":3}", "access.field_denied", "/chance", 0},
        {"deal", "{\"name\":\"D\",\"engage_date\":\"2026-02-30\"}", "record.field_invalid",
         "/engage_date", 0},
        {"contact", "{\"last_name\":\"Two\",\"email\":\"one@EXAMPLE.com\"}", "record.not_unique",
         "/email", 0},
        {"user", "{\"name\":\"X\",\"email\":\"x@example.com\"}", "access.denied", NULL, 0},
    };
    struct str before = world_dump(w);

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct err *e =
            world_save(w, w->rep, cases[i].object, cases[i].id, cases[i].body, NULL);
        if (!e || strcmp(e->code, cases[i].code) != 0)
            print_error("case %zu: %s\n", i, cases[i].body);
        assert_err(e, cases[i].code);
        if (cases[i].field)
            assert_string_equal(e->field, cases[i].field);
        assert_str_eq(world_dump(w), before);
    }
}

TEST(all_findings_come_at_once)
{
    struct world *w = *state;
    const struct err *e = world_save(
        w, w->admin, "deal", 0,
        "{\"name\":\"\",\"score\":99,\"seats\":\"many\",\"stge\":\"Won\",\"features\":\"API\"}",
        NULL);
    size_t n = 0;

    for (; e; e = e->next)
        n++;
    assert_int_equal(n, 3); /* what cannot be read is told before what cannot be kept */
    e = world_save(w, w->admin, "deal", 0,
                   "{\"score\":99,\"amount\":-5,\"account\":\"7\",\"stage\":\"Wno\"}", NULL);
    for (n = 0; e; e = e->next)
        n++;
    assert_int_equal(n, 5);
}

TEST(an_unknown_field_names_the_nearest)
{
    struct world *w = *state;
    const struct err *e =
        world_save(w, w->admin, "deal", 0, "{\"name\":\"A\",\"clsoe_date\":null}", NULL);

    assert_err(e, "json.unknown_field");
    assert_has(e->way_out, "close_date");
    e = world_save(w, w->admin, "lead", 0, "{\"name\":\"A\",\"status\":\"Wrking\"}", NULL);
    assert_err(e, "record.field_invalid");
    assert_has(e->way_out, "Working");
}

TEST(an_update_writes_what_changed_and_counts_versions)
{
    struct world *w = *state;
    struct save_result out;
    int64_t id = world_new(w, w->rep, "lead", "{\"name\":\"One\",\"status\":\"New\"}");

    assert_ok(world_save_cx(w, world_cx(w, w->rep), "lead", id, 1,
                            "{\"name\":\"Two\",\"status\":\"Working\",\"email\":null}", &out));
    assert_i64(out.record.version, 2);
    assert_false(out.unchanged);
    assert_i64(
        world_count(w,
                    BODY("SELECT COUNT(*) FROM change WHERE record_id = %lld AND kind = 'updated'",
                         (long long)id)),
        2);
    assert_i64(world_count(w, BODY("SELECT COUNT(DISTINCT save_id) FROM change WHERE record_id = "
                                   "%lld AND kind = 'updated'",
                                   (long long)id)),
               1);
    assert_err(world_save_cx(w, world_cx(w, w->rep), "lead", id, 1, "{\"name\":\"Three\"}", NULL),
               "record.version_conflict");
    assert_i64(world_count(w, BODY("SELECT version FROM o_lead WHERE id = %lld", (long long)id)),
               2);
}

TEST(owners_and_teams)
{
    struct world *w = *state;
    struct save_result out;
    struct str json;
    int64_t id;

    assert_ok(world_save(w, w->admin, "lead", 0, "{\"name\":\"Nobody's\"}", &out));
    assert_true(out.record.values[F_OWNER].empty);
    assert_true(out.record.values[F_TEAM].empty);
    /* who sees only their own owns what they make */
    assert_ok(world_save(w, w->rep, "lead", 0, "{\"name\":\"Mine\"}", &out));
    assert_i64(out.record.values[F_OWNER].i, w->bob);
    assert_i64(out.record.values[F_TEAM].i, w->east);
    id = out.record.id;
    /* assigning needs the right to; the team follows */
    assert_err(
        world_save(w, w->rep, "lead", id, BODY("{\"owner\":\"%lld\"}", (long long)w->dora), NULL),
        "access.denied");
    assert_ok(world_save(w, w->admin, "lead", id, BODY("{\"owner\":\"%lld\"}", (long long)w->dora),
                         &out));
    assert_i64(out.record.values[F_TEAM].i, w->west);
    assert_err(world_get(w, w->rep, "lead", id, false, &json), "record.not_found");
    assert_ok(world_get(w, w->rep_dora, "lead", id, false, &json));
}

TEST(names_are_composed_of_what_there_is)
{
    struct world *w = *state;
    struct save_result out;
    int64_t account = world_new(w, w->admin, "account", "{\"name\":\"Acme\"}"),
            product = world_new(w, w->admin, "product", "{\"name\":\"GTX Pro\"}");

    assert_ok(
        world_save(w, w->admin, "deal", 0,
                   BODY("{\"account\":\"%lld\",\"product\":\"%lld\",\"close_date\":\"2026-05-01\"}",
                        (long long)account, (long long)product),
                   &out));
    assert_str(out.record.values[out.record.object->title].s, "Acme – GTX Pro – 2026");
    assert_ok(world_save(w, w->admin, "deal", 0, BODY("{\"product\":\"%lld\"}", (long long)product),
                         &out));
    assert_str(out.record.values[out.record.object->title].s, "GTX Pro");
    assert_err(world_save(w, w->admin, "deal", 0, "{}", NULL), "record.field_required");
}

TEST(numbers_are_given_once)
{
    struct world *w = *state;
    struct save_context cx = world_cx(w, w->admin);
    struct save_result out;
    const struct object *deal = world_object(w, "deal");
    int number = object_field(deal, STR("number"))->index;

    world_new(w, w->admin, "deal", "{\"name\":\"A\"}");
    assert_err(world_save(w, w->admin, "deal", 0, "{\"name\":\"B\",\"seats\":\"x\"}", NULL),
               "record.field_invalid");
    assert_ok(world_save(w, w->admin, "deal", 0, "{\"name\":\"C\"}", &out));
    assert_str(out.record.values[number].s, "D-00002");
    (void)cx;
}

TEST(conditions_of_fields)
{
    struct world *w = *state;
    int64_t id = world_new(w, w->admin, "deal",
                           "{\"name\":\"A\",\"stage\":\"Won\",\"close_date\":\"2026-01-01\"}");

    assert_err(world_save(w, w->admin, "deal", id, "{\"close_date\":\"2026-02-01\"}", NULL),
               "record.field_readonly");
    assert_ok(
        world_save(w, w->admin, "deal", id, "{\"close_date\":\"2026-01-01\",\"seats\":4}", NULL));
    assert_ok(world_save(w, w->admin, "deal", id, "{\"stage\":\"Lost\"}", NULL));
    assert_ok(world_save(w, w->admin, "deal", id, "{\"close_date\":\"2026-02-01\"}", NULL));
}

TEST(text_of_all_the_world)
{
    static const char *const names[] = {"Ωmega 株式会社",       "Жук & сын",   "مرحبا", "नमस्ते",
                                        "👩🏽‍💻 GmbH", "e\u0301cole", "ﬁne"};
    struct world *w = *state;
    struct str json;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        int64_t id = world_new(w, w->admin, "product", BODY("{\"name\":\"%s\"}", names[i]));
        assert_ok(world_get(w, w->admin, "product", id, false, &json));
        assert_has(json, str_cstr(w->arena, utf8_nfc(w->arena, str_from(names[i]))));
    }
    /* invisible characters and odd blanks go; the limit counts characters, not bytes */
    int64_t id =
        world_new(w, w->admin, "account", "{\"name\":\"\\u00a0A\\u200b\\u2003B\\u0007 \"}");
    assert_ok(world_get(w, w->admin, "account", id, false, &json));
    assert_has(json, "\"name\":\"A B\"");
    struct buf b = buf_new(w->arena, 4096);
    buf_add(&b, STR("{\"name\":\""));
    for (int i = 0; i < 1000; i++)
        buf_add(&b, STR("ж"));
    size_t keep = b.len;
    buf_add(&b, STR("\"}"));
    assert_ok(world_save(w, w->admin, "account", 0, str_cstr(w->arena, buf_str(&b)), NULL));
    b.len = keep;
    buf_add(&b, STR("ж\"}"));
    assert_err(world_save(w, w->admin, "account", 0, str_cstr(w->arena, buf_str(&b)), NULL),
               "record.field_invalid");
}

TEST(style_pages_clean_on_the_way_in)
{
    struct world *w = *state;
    struct save_result out;
    const struct object *account = world_object(w, "account");
    int city = object_field(account, STR("city"))->index,
        name = object_field(account, STR("name"))->index;
    struct save_context cx = world_cx(w, w->admin);

    assert_ok(world_save(w, w->admin, "account", 0,
                         "{\"name\":\"Acme, Incorporated\",\"city\":\"5th St., Philipines\"}",
                         &out));
    assert_str(out.record.values[name].s, "Acme Inc");
    assert_str(out.record.values[city].s, "5th Street, Philippines");
    assert_ok(world_save(w, w->admin, "account", 0,
                         "{\"name\":\"Bolt Ltd\",\"city\":\"Unknown\",\"sector\":\"n/a\"}", &out));
    assert_str(out.record.values[name].s, "Bolt");
    assert_true(out.record.values[city].empty);
    cx.keep_typed = true;
    assert_ok(world_save_cx(w, cx, "account", 0, -1, "{\"name\":\"Acme, Incorporated\"}", &out));
    assert_str(out.record.values[name].s, "Acme, Incorporated");
}

TEST(activities_date_what_they_touch)
{
    struct world *w = *state;
    struct save_result out;
    int64_t account = world_new(w, w->admin, "account", "{\"name\":\"Acme\"}");
    int64_t contact =
        world_new(w, w->admin, "contact",
                  BODY("{\"last_name\":\"Kane\",\"account\":\"%lld\"}", (long long)account));

    assert_ok(world_save(
        w, w->admin, "activity", 0,
        BODY("{\"subject\":\"Call\",\"at\":\"2026-06-01T08:00:00Z\",\"links\":[\"%lld\"]}",
             (long long)contact),
        &out));
    int64_t at;
    instant_parse(STR("2026-06-01T08:00:00Z"), &at);
    assert_i64(world_count(w, BODY("SELECT last_activity_at FROM o_contact WHERE id = %lld",
                                   (long long)contact)),
               at);
    assert_i64(world_count(w, BODY("SELECT last_activity_at FROM o_account WHERE id = %lld",
                                   (long long)account)),
               at);
    assert_i64(
        world_count(w, BODY("SELECT version FROM o_account WHERE id = %lld", (long long)account)),
        1);
    /* an older one does not turn the clock back; a planned one is no activity yet */
    world_new(w, w->admin, "activity",
              BODY("{\"at\":\"2026-05-01T08:00:00Z\",\"links\":[\"%lld\"]}", (long long)contact));
    world_new(w, w->admin, "activity",
              BODY("{\"at\":\"2027-05-01T08:00:00Z\",\"links\":[\"%lld\"]}", (long long)contact));
    assert_i64(world_count(w, BODY("SELECT last_activity_at FROM o_contact WHERE id = %lld",
                                   (long long)contact)),
               at);
}

/* ---- hooks ---- */
static int checks, changes, gone;

static struct err *count_check(struct tx *tx, const struct save_context *cx,
                               const struct record *before, const struct record *after,
                               const bool *changed)
{
    (void)cx, (void)before, (void)after, (void)changed;
    checks++;
    return checks == 2 ? FAIL(tx_arena(tx), ERR_CONFLICT, "work.gate", NULL, "Not yet.") : NULL;
}

static struct err *count_change(struct tx *tx, const struct save_context *cx,
                                const struct record *before, const struct record *after,
                                const bool *changed, int64_t change_id)
{
    (void)tx, (void)cx;
    changes++;
    assert_true(change_id > 0);
    assert_true(changed[F_UPDATED_AT]);
    assert_true((before->object == NULL) == (after->version == 1));
    return NULL;
}

static struct err *count_gone(struct tx *tx, const struct save_context *cx, const struct record *r,
                              bool is_gone)
{
    (void)tx, (void)cx, (void)r;
    gone += is_gone ? 1 : 100;
    return NULL;
}

TEST(hooks_take_part_in_the_transaction)
{
    struct world *w = *state;

    checks = changes = gone = 0;
    record_hooks = (struct record_hooks){count_check, count_change, count_gone};
    int64_t id = world_new(w, w->admin, "lead", "{\"name\":\"A\"}");
    struct str before = world_dump(w);
    assert_err(world_save(w, w->admin, "lead", id, "{\"name\":\"B\"}", NULL), "work.gate");
    assert_str_eq(world_dump(w), before);
    assert_int_equal(changes, 1);
    assert_ok(world_move(w, w->admin, "lead", id, RECORD_DELETE));
    assert_ok(world_move(w, w->admin, "lead", id, RECORD_DELETE));
    assert_ok(world_move(w, w->admin, "lead", id, RECORD_RESTORE));
    assert_int_equal(gone, 101);
}

TEST(rights_are_looked_up_again_when_people_or_teams_change)
{
    struct world *w = *state;
    uint64_t before = access_generation();

    world_new(w, w->admin, "account", "{\"name\":\"A\"}");
    assert_true(access_generation() == before);
    assert_ok(world_save(w, w->admin, "user", w->bob, "{\"roles\":[]}", NULL));
    assert_true(access_generation() > before);
}

TEST(archive_bin_and_back)
{
    struct world *w = *state;
    struct str json;
    int64_t id = world_new(w, w->rep, "lead", "{\"name\":\"A\"}");

    assert_ok(world_move(w, w->rep, "lead", id, RECORD_ARCHIVE));
    assert_err(world_save(w, w->rep, "lead", id, "{\"name\":\"B\"}", NULL), "record.archived");
    assert_ok(world_move(w, w->rep, "lead", id, RECORD_UNARCHIVE));
    assert_err(world_move(w, w->rep, "lead", id, RECORD_DELETE), "access.denied");
    assert_err(world_move(w, w->rep_dora, "lead", id, RECORD_ARCHIVE), "record.not_found");
    assert_ok(world_move(w, w->admin, "lead", id, RECORD_DELETE));
    assert_err(world_get(w, w->rep, "lead", id, false, &json), "record.not_found");
    assert_ok(world_get(w, w->rep, "lead", id, true, &json));
    assert_err(world_save(w, w->rep, "lead", id, "{\"name\":\"B\"}", NULL), "record.in_bin");
    assert_i64(world_count(w, BODY("SELECT COUNT(*) FROM search_entry WHERE record_id = %lld",
                                   (long long)id)),
               0);
    assert_ok(world_move(w, w->admin, "lead", id, RECORD_RESTORE));
    assert_i64(world_count(w, BODY("SELECT COUNT(*) FROM search_entry WHERE record_id = %lld",
                                   (long long)id)),
               1);
    assert_i64(world_count(w, BODY("SELECT version FROM o_lead WHERE id = %lld", (long long)id)),
               5);
}

TEST_MAIN_WITH(world_setup, world_teardown, a_record_is_kept_and_read_back,
               every_type_survives_the_way_there_and_back, a_body_that_was_read_can_be_sent_back,
               minor_units_follow_the_currency, a_refusal_leaves_nothing_behind,
               all_findings_come_at_once, an_unknown_field_names_the_nearest,
               an_update_writes_what_changed_and_counts_versions, owners_and_teams,
               names_are_composed_of_what_there_is, numbers_are_given_once, conditions_of_fields,
               text_of_all_the_world, style_pages_clean_on_the_way_in,
               activities_date_what_they_touch, hooks_take_part_in_the_transaction,
               archive_bin_and_back, rights_are_looked_up_again_when_people_or_teams_change)
