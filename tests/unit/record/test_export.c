/* Exports: the list as CSV, with its rights, harmless in a spreadsheet, and the same again when it is imported. */
#include "importing.h"

static struct str exported(struct world *w, const struct actor *a, const char *object, const char *filter, const char *fields, const char *sort)
{
    struct query q = {.object = world_object(w, object), .filter = str_from(filter), .fields = str_from(fields), .sort = str_from(sort)};
    struct str csv;

    assert_ok(export_text(w, a, &q, &csv));
    return csv;
}

TEST(a_list_becomes_rows_that_people_can_read)
{
    struct world *w = *state;
    int64_t acme = world_new(w, w->admin, "account", "{\"name\":\"Acme, \\\"the\\\" one\"}");

    world_new(w, w->admin, "deal",
              str_cstr(w->arena, str_fmt(w->arena, "{\"name\":\"First\",\"account\":\"%lld\",\"amount\":{\"amount\":\"12.50\",\"currency\":\"EUR\"},\"chance\":\"33.25\","
                                                   "\"seats\":-3,\"close_date\":\"2026-01-31\",\"cycle\":\"36h\",\"features\":[\"SSO\",\"API\"],\"urgent\":true}",
                                         (long long)acme)));
    world_new(w, w->admin, "deal", "{\"name\":\"Second\",\"amount\":7}");
    assert_str(exported(w, w->admin, "deal", "", "name,number,account,amount,chance,seats,close_date,cycle,features,urgent,account.name,product", "name"),
               "name,number,account,amount,chance,seats,close_date,cycle,features,urgent,account.name,product\r\n"
               "First,D-00001,\"Acme, \"\"the\"\" one\",12.50 EUR,33.25,-3,2026-01-31,36h,\"API; SSO\",yes,\"Acme, \"\"the\"\" one\",\r\n"
               "Second,D-00002,,7.00,,,,,,no,,\r\n");
    assert_str(exported(w, w->admin, "deal", "seats > 0", "name", ""), "name\r\n");
    assert_str(exported(w, w->admin, "deal", "urgent", "name", ""), "name\r\nFirst\r\n");
}

TEST(what_is_wrong_is_said_before_the_first_byte)
{
    struct world *w = *state;
    struct query q = {.object = world_object(w, "deal"), .fields = STR("nam")};
    struct str csv = STR("untouched");

    assert_has(assert_err(export_text(w, w->admin, &q, &csv), "query.parameter")->way_out, "name?");
    q = (struct query){.object = q.object, .filter = STR("amount >")};
    assert_err(export_text(w, w->admin, &q, &csv), "expr.syntax");
    q = (struct query){.object = q.object, .sort = STR("nothing")};
    assert_err(export_text(w, w->admin, &q, &csv), "query.parameter");
    assert_str(csv, "untouched");
}

TEST(an_export_needs_its_own_right_and_shows_no_more_than_the_list)
{
    struct world *w = *state;
    int lead = world_object(w, "lead")->index;
    struct actor seller = *w->rep;
    unsigned char(*can)[VERB_COUNT] = arena_array(w->arena, w->m->n_objects, sizeof *can);
    struct query q = {.object = world_object(w, "lead"), .fields = STR("name"), .sort = STR("name")};
    struct str csv;

    world_new(w, w->rep, "lead", "{\"name\":\"Bobs\"}");
    world_new(w, w->rep_carl, "lead", "{\"name\":\"Carls\"}");
    world_new(w, w->rep_dora, "lead", "{\"name\":\"Doras\"}");
    assert_err(export_text(w, w->rep, &q, &csv), "access.denied");
    memcpy(can, w->rep->can, w->m->n_objects * sizeof *can);
    seller.can = can;
    can[lead][VERB_READ] = SCOPE_ALL;
    can[lead][VERB_EXPORT] = SCOPE_ALL;
    assert_str(exported(w, &seller, "lead", "", "name", "name"), "name\r\nBobs\r\nCarls\r\nDoras\r\n");
    can[lead][VERB_EXPORT] = SCOPE_TEAM;
    assert_str(exported(w, &seller, "lead", "", "name", "name"), "name\r\nBobs\r\nCarls\r\n");
    can[lead][VERB_EXPORT] = SCOPE_OWN;
    assert_str(exported(w, &seller, "lead", "", "name", "name"), "name\r\nBobs\r\n");
    can[lead][VERB_READ] = SCOPE_OWN;
    can[lead][VERB_EXPORT] = SCOPE_ALL;
    assert_str(exported(w, &seller, "lead", "", "name", "name"), "name\r\nBobs\r\n");
    can[lead][VERB_READ] = SCOPE_TEAM;
    can[lead][VERB_EXPORT] = SCOPE_BELOW; /* neither holds the other: what is surely in both */
    assert_str(exported(w, &seller, "lead", "", "name", "name"), "name\r\nBobs\r\n");
    q.fields = STR("name,secret");
    assert_err(export_text(w, &seller, &q, &csv), "access.field_denied");
    assert_true(str_find(exported(w, &seller, "lead", "", "", ""), STR("secret"), 0) == SIZE_MAX);
    assert_has(exported(w, w->admin, "lead", "", "", ""), ",secret,");
}

/* Cells that somebody would like a spreadsheet, a reader or a database to trip over. */
static const char *const hostile[] = {
    "=1+1", "=HYPERLINK(\"http://x.example\",\"click\")", "+1 555", "-1+1", "@SUM(A1)", "\t=1", "'=1", "''=1", "'quoted'", "a,b", "a;b", "a\nb", "a\r\nb",
    "say \"hi\"", "\"", "\"\"", "<script>alert(1)</script>", "'; DROP TABLE lead; --", "{{7*7}}", "${x}", "%s%n", "null", "NULL", "Select", "0", "\xe2\x80\xae" "gnp.exe",
    "\xf0\x9f\x92\xa9", "e\xcc\x81", "\xef\xbb\xbf" "bom", "1e309", "2026-02-30", "../../etc/passwd", "C:\\x", "a\tb", ",", "\xc2\xa0",
};

TEST(hostile_cells_are_harmless_outside_and_the_same_again_inside)
{
    struct world *w = *state;
    struct save_context cx = world_cx(w, w->admin);
    struct importing run = {0};
    struct str first, second, rest, line;

    cx.keep_typed = true;
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        struct buf body = buf_new(w->arena, 256);
        struct json_writer jw = json_writer(&body);

        jw_object(&jw);
        jw_kv_str(&jw, "name", str_fmt(w->arena, "Row %03zu", i));
        jw_kv_str(&jw, "notes", str_from(hostile[i]));
        jw_end_object(&jw);
        assert_ok(world_save_cx(w, cx, "account", 0, -1, str_cstr(w->arena, buf_str(&body)), NULL));
    }
    first = exported(w, w->admin, "account", "", "name,notes", "name");
    rest = first;
    while (str_cut(&rest, '\n', &line)) { /* no cell begins with what a spreadsheet runs */
        size_t comma = str_find_char(line, ',', 0);
        struct str cell = comma == SIZE_MAX ? STR_NONE : str_sub(line, comma + 1, SIZE_MAX);

        if (str_starts(line, STR("Row ")) && str_starts(cell, STR("\"")))
            cell = str_sub(cell, 1, SIZE_MAX);
        if (str_starts(line, STR("Row ")) && cell.len && !str_eq(cell, STR("\r"))) /* one of them cleaned to nothing */
            assert_null(strchr("=+-@\t\r", cell.ptr[0]));
    }
    assert_ok(import_texts(w, &run, "object: account\nkey: name\ncolumns: { name: name, notes: notes }\n", str_cstr(w->arena, first)));
    assert_i64(run.out.counts.unchanged + run.out.counts.updated, (int64_t)(sizeof hostile / sizeof hostile[0]));
    assert_i64(run.out.counts.updated, 0);
    assert_ok(world_exec(w, "UPDATE o_account SET notes = '', \"notes$f\" = ''"));
    assert_ok(import_texts(w, &run, "object: account\nkey: name\ncolumns: { name: name, notes: notes }\n", str_cstr(w->arena, first)));
    second = exported(w, w->admin, "account", "", "name,notes", "name");
    assert_str_eq(second, first);
}

TEST(every_type_comes_back_the_same)
{
    struct world *w = *state;
    const char *fields = "name,account,product,contacts,stage,amount,score,chance,seats,engage_date,close_date,cycle,features,urgent,tags,owner";
    int64_t account = world_new(w, w->admin, "account", "{\"name\":\"Acme\"}"), product = world_new(w, w->admin, "product", "{\"name\":\"GTX; Pro\"}");
    int64_t a = world_new(w, w->admin, "contact", "{\"last_name\":\"A\"}"), b = world_new(w, w->admin, "contact", "{\"last_name\":\"B\"}");
    struct str first, again;
    struct import_result r;

    world_new(w, w->admin, "deal",
              str_cstr(w->arena,
                       str_fmt(w->arena,
                               "{\"name\":\"First\",\"account\":\"%lld\",\"product\":\"%lld\",\"contacts\":[\"%lld\",\"%lld\"],\"stage\":\"Engaging\",\"amount\":{\"amount\":\"-0.05\","
                               "\"currency\":\"EUR\"},\"score\":7.5,\"chance\":\"33.25\",\"seats\":-3,\"engage_date\":\"2026-01-31\",\"close_date\":\"2026-03-01\",\"cycle\":"
                               "\"36h\",\"features\":[\"SSO\",\"API\"],\"urgent\":true,\"tags\":[\"b\",\"=a\"],\"owner\":\"%lld\"}",
                               (long long)account, (long long)product, (long long)a, (long long)b, (long long)w->bob) ));
    first = exported(w, w->admin, "deal", "", fields, "");
    assert_ok(world_exec(w, "UPDATE o_deal SET name = 'Other', \"name$f\" = 'other'"));
    r = import_ok(w,
                  "object: deal\nkey: name\ncolumns:\n  name: name\n  account: { field: account, match: account.name }\n  product: { field: product, match: product.name }\n"
                  "  contacts: contacts\n  stage: stage\n  amount: amount\n  score: score\n  chance: chance\n  seats: seats\n  engage_date: engage_date\n"
                  "  close_date: close_date\n  cycle: cycle\n  features: features\n  urgent: urgent\n  tags: tags\n  owner: { field: owner, match: user.name }\n",
                  str_cstr(w->arena, first));
    if (r.counts.created != 1)
        fail_msg("%.*s", STR_ARG(r.report));
    again = exported(w, w->admin, "deal", "name = 'First'", fields, "");
    assert_str_eq(again, first);
}

TEST(a_long_export_does_not_keep_what_it_has_written)
{
    struct world *w = *state;
    struct buf csv = buf_new(w->arena, 1 << 17);
    struct query q = {.object = world_object(w, "product"), .fields = STR("name"), .sort = STR("name")};
    struct str out, rest, line;
    size_t before;
    int64_t n = 0;

    buf_add(&csv, STR("name\n"));
    for (int i = 0; i < 3500; i++)
        buf_fmt(&csv, "Product %06d\n", i);
    import_ok(w, "object: product\ncolumns: { name: name }\n", str_cstr(w->arena, buf_str(&csv)));
    before = arena_used_bytes(w->arena);
    assert_ok(export_text(w, w->admin, &q, &out));
    assert_true(arena_used_bytes(w->arena) - before < 4 * out.len + 64 * 1024); /* the text itself, as it grew */
    for (rest = out; str_cut(&rest, '\n', &line) && line.len; n++)
        if (n)
            assert_str_eq(line, str_fmt(w->arena, "Product %06lld\r", (long long)n - 1));
    assert_i64(n, 3501);
}

TEST_MAIN_WITH(world_setup, world_teardown, a_list_becomes_rows_that_people_can_read, what_is_wrong_is_said_before_the_first_byte,
               an_export_needs_its_own_right_and_shows_no_more_than_the_list, hostile_cells_are_harmless_outside_and_the_same_again_inside,
               every_type_comes_back_the_same, a_long_export_does_not_keep_what_it_has_written)
