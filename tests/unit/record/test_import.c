/* Imports: what comes in, what is reported, what is refused, and taking it all back. */
#include "importing.h"

static const struct json *row(const struct json *list, size_t i)
{
    const struct json *data = json_get(list, "data");

    assert_true(i < data->n);
    return &data->items[i];
}

static struct str cell(const struct json *row, const char *name)
{
    const struct json *v = json_get(row, name);

    assert_non_null(v);
    if (v->kind == JSON_OBJECT)
        v = json_get(v, json_get(v, "name") ? "name" : json_get(v, "amount") ? "amount" : "id");
    return v->kind == JSON_STR ? v->str : v->kind == JSON_NULL ? STR("null") : STR("?");
}

static struct json listed(struct world *w, const char *object, const char *filter, const char *sort, const char *fields)
{
    struct query q = {.object = world_object(w, object), .filter = str_from(filter), .sort = str_from(sort), .fields = str_from(fields), .limit = 500};
    struct json out;

    assert_ok(world_list(w, w->admin, &q, &out));
    return out;
}

static int64_t count_of(struct world *w, const char *object, const char *filter)
{
    struct json out = listed(w, object, filter, "", "id");

    return (int64_t)json_get(&out, "data")->n;
}

#define LEADS "object: lead\nkey: name\ncolumns: { name: name, mail: email, sector: sector }\n"

TEST(rows_become_records_and_the_report_names_what_was_cleaned_by_line)
{
    struct world *w = *state;
    struct import_result r = import_ok(w, LEADS, "name,mail,sector\nmaria lopez,M@EXAMPLE.com,technolgy\nJo Kim,,Medical\n\nAl Fa,,\n");
    struct json list = listed(w, "lead", "", "name", "name,email,sector,created_at");

    assert_i64(r.counts.rows, 3);
    assert_i64(r.counts.created, 3);
    assert_str(cell(row(&list, 2), "name"), "Maria Lopez");
    assert_str(cell(row(&list, 2), "sector"), "Technology");
    assert_has(r.report, "3 rows: 3 created");
    assert_has(r.report, "line 2, sector: \"technolgy\" -> \"Technology\" (vocabulary/sectors)");
    assert_has(r.report, "line 3, sector: \"Medical\" -> \"Healthcare\" (vocabulary/sectors)");
    assert_has(r.report, "line 2, name: \"maria lopez\" -> \"Maria Lopez\"");
    assert_i64(world_count(w, "SELECT COUNT(*) FROM import_finding WHERE line = 2"), 3);
    assert_i64(world_count(w, "SELECT n_cleaned FROM import"), r.counts.cleaned);
    assert_i64(world_count(w, "SELECT COUNT(*) FROM import WHERE finished_us IS NOT NULL"), 1);
    assert_i64(world_count(w, "SELECT COUNT(*) FROM change WHERE channel = 'import' AND import_id IS NOT NULL"), 3);
}

TEST(a_refused_row_is_reported_and_nothing_else_is_lost)
{
    struct world *w = *state;
    struct importing run = {.o = {.batch_rows = 4}};

    assert_ok(import_texts(w, &run, "object: lead\ncolumns: { name: name, mail: email, status: status }\n",
                           "name,mail,status\nA One,,New\nB Two,not a mail,New\nC Three,,Lost\nD Four,,Working\n,,New\nE Five,,Disqualified\nF Six,,New\n"));
    assert_i64(run.out.counts.rows, 7);
    assert_i64(run.out.counts.created, 3);
    assert_i64(run.out.counts.refused, 4);
    assert_has(run.out.report, "line 3, email: refused: ");
    assert_has(run.out.report, "line 4, status: refused: ");
    assert_has(run.out.report, "line 6, name: refused: ");
    assert_has(run.out.report, "line 7, lost_reason: refused: ");
    assert_i64(count_of(w, "lead", ""), 3);
    assert_i64(world_count(w, "SELECT COUNT(*) FROM import_finding WHERE kind = 'refused'"), 4);
    assert_i64(world_count(w, "SELECT COUNT(*) FROM change WHERE import_id IS NOT NULL"), 3);
}

static struct err *stumble(struct tx *tx, const struct save_context *cx, const struct record *before, const struct record *after, const bool *changed,
                           int64_t change_id)
{
    (void)before;
    (void)changed;
    (void)change_id;
    if (cx->import && str_eq(record_title(tx_arena(tx), cx->manual, after), STR("Bad One")))
        return FAIL(tx_arena(tx), ERR_CONFLICT, "work.blocked", NULL, "Not this one.");
    return NULL;
}

TEST(a_row_refused_after_it_was_written_leaves_no_trace)
{
    struct world *w = *state;
    struct importing run = {.o = {.batch_rows = 3}};

    record_hooks.on_change = stumble;
    assert_ok(import_texts(w, &run, LEADS, "name,mail,sector\nA One,,Tech\nBad One,,Tech\nC Three,,\nD Four,,Tech\nE Five,,\nF Six,,\nBad One,,\n"));
    assert_i64(run.out.counts.created, 5);
    assert_i64(run.out.counts.refused, 2);
    assert_i64(run.out.counts.cleaned, 2);
    assert_i64(count_of(w, "lead", ""), 5);
    assert_i64(count_of(w, "lead", "name = 'Bad One'"), 0);
    assert_i64(world_count(w, "SELECT COUNT(*) FROM change WHERE import_id IS NOT NULL"), 5);
    assert_i64(world_count(w, "SELECT COUNT(*) FROM search_entry WHERE title = 'Bad One'"), 0);
}

TEST(a_row_with_other_cells_than_the_first_is_not_taken_for_another)
{
    struct world *w = *state;
    struct import_result r = import_ok(w, LEADS, "name,mail,sector\nA One,,Tech,,\nB Two,,Tech,x\nC Three\n");

    assert_i64(r.counts.created, 2);
    assert_i64(r.counts.refused, 1);
    assert_has(r.report, "line 3, refused: The row has 4 cells, the first line names 3 columns. Is a comma");
    assert_has(r.report, "line 4, doubtful: the row has 1 cells of 3");
}

TEST(a_key_finds_the_record_again_and_updates_or_skips_it)
{
    struct world *w = *state;
    struct import_result r;

    import_ok(w, LEADS, "name,mail,sector\nA One,a@x.example,Tech\nB Two,,\n");
    r = import_ok(w, LEADS, "name,mail,sector\nA ONE,new@x.example,Tech\nb two,,\nC Three,,\n");
    assert_i64(r.counts.updated, 1);
    assert_i64(r.counts.unchanged, 1);
    assert_i64(r.counts.created, 1);
    assert_i64(count_of(w, "lead", "email = 'new@x.example' and name = 'A One'"), 1);
    r = import_ok(w, "object: lead\nkey: name\non_match: skip\ncolumns: { name: name, mail: email }\n", "name,mail\nA One,skipped@x.example\nD Four,\n");
    assert_i64(r.counts.skipped, 1);
    assert_i64(r.counts.created, 1);
    assert_i64(count_of(w, "lead", "email = 'skipped@x.example'"), 0);
    r = import_ok(w, "object: lead\ncolumns: { name: name }\n", "name\nA One\n");
    assert_i64(r.counts.created, 1);
    assert_i64(count_of(w, "lead", "name = 'A One'"), 2);
}

TEST(rows_that_repeat_count_once_with_distinct)
{
    struct world *w = *state;
    struct import_result r = import_ok(w, "object: lead\nkey: name\non_match: skip\ndistinct: yes\ncolumns: { name: name, other: ignore }\n",
                                       "name,other\nA One,1\nA One,2\n A One ,3\nB Two,4\n");

    assert_i64(r.counts.rows, 4);
    assert_i64(r.counts.created, 2);
    assert_i64(r.counts.skipped, 2);
}

TEST(references_are_found_by_name_by_id_and_many_at_once)
{
    struct world *w = *state;
    const char *map = "object: deal\ncolumns:\n  name: name\n  account: { field: account, match: account.name, missing: doubtful, expected: yes }\n"
                      "  owner: { field: owner, match: user.email }\n  product: { field: product, match: product.name, missing: empty }\n"
                      "  people: { field: contacts, match: contact.email }\n";
    struct import_result r;
    struct json list;

    world_new(w, w->admin, "account", "{\"name\":\"Acme Inc.\"}");
    world_new(w, w->admin, "product", "{\"name\":\"GTX Pro\"}");
    world_new(w, w->admin, "contact", "{\"last_name\":\"A\",\"email\":\"a@x.example\"}");
    world_new(w, w->admin, "contact", "{\"last_name\":\"B\",\"email\":\"b@x.example\"}");
    r = import_ok(w, map,
                  "name,account,owner,product,people\n"
                  "one,acme inc,bob@example.com,gtx pro,a@x.example; b@x.example\n"
                  "two,Nobody,bob@example.com,Nothing,\n"
                  "three,,ghost@example.com,,\n"
                  "four,,,,\"a@x.example,nobody@x.example\"\n");
    list = listed(w, "deal", "name = 'one'", "", "account,owner,product,contacts");
    assert_str(cell(row(&list, 0), "account"), "Acme Inc");
    assert_str(cell(row(&list, 0), "owner"), "Bob");
    assert_str(cell(row(&list, 0), "product"), "GTX Pro");
    assert_int_equal(json_get(row(&list, 0), "contacts")->n, 2);
    assert_i64(r.counts.created, 2);
    assert_i64(r.counts.refused, 2);
    assert_has(r.report, "line 3, account: \"Nobody\" is doubtful (no account with this name)");
    assert_has(r.report, "line 4, owner: refused: There is no ");
    assert_has(r.report, "line 5, contacts: refused: There is no ");
    assert_i64(r.counts.doubtful, 1);
    list = listed(w, "account", "", "", "id");
    r = import_ok(w, "object: deal\ncolumns:\n  name: name\n  account: { field: account, match: account.id }\n",
                  str_cstr(w->arena, str_fmt(w->arena, "name,account\nfive,%.*s\nsix,17\n", STR_ARG(cell(row(&list, 0), "id")))));
    assert_i64(r.counts.created, 1);
    assert_i64(r.counts.refused, 1);
    assert_i64(count_of(w, "deal", "name = 'five' and account.name = 'Acme Inc'"), 1);
}

TEST(rows_may_refer_to_rows_below_them_in_a_second_pass)
{
    struct world *w = *state;
    const char *map = "object: team\nkey: name\ncolumns:\n  name: name\n  part_of: { field: parent, match: team.name, missing: doubtful }\nsecond_pass: [part_of]\n";
    struct import_result r = import_ok(w, map, "name,part_of\nNorth,Sales\nSouth,Sales\nSales,\nLost,Nowhere\n");

    assert_i64(r.counts.rows, 4);
    assert_i64(r.counts.created, 4);
    assert_i64(r.counts.doubtful, 1);
    assert_i64(count_of(w, "team", "parent.name = 'Sales'"), 2);
    /* What was there before and is skipped stays as it is in both passes. */
    r = import_ok(w, str_cstr(w->arena, str_fmt(w->arena, "on_match: skip\n%s", map)), "name,part_of\nNorth,\nEast Side,Sales\nSales,North\n");
    assert_i64(r.counts.skipped, 2);
    assert_i64(count_of(w, "team", "parent.name = 'Sales'"), 3);
    assert_i64(count_of(w, "team", "name = 'Sales' and parent is empty"), 1);
}

TEST(numbers_are_multiplied_exactly_or_not_at_all)
{
    struct world *w = *state;
    struct import_result r = import_ok(w, "object: deal\ncolumns:\n  n: name\n  a: { field: amount, multiply: 1000000, currency: EUR }\n",
                                       "n,a\none,1100.04\ntwo,0.000001\nthree,\nfour,92233720368.54775807\nfive,9.2e3\nsix,\"1,5\"\nseven,92233720368547758.07\n");
    struct json list = listed(w, "deal", "amount is not empty", "amount", "amount,name");

    assert_i64(r.counts.refused, 3);
    assert_has(r.report, "line 6, amount: refused: 9.2e3 cannot be multiplied by 1000000.");
    assert_has(r.report, "line 7, amount: refused: 1,5 cannot be multiplied");
    assert_has(r.report, "line 8, amount: refused: ");
    assert_str(json_get(json_get(row(&list, 0), "amount"), "amount")->str, "1.00");
    assert_str(json_get(json_get(row(&list, 0), "amount"), "currency")->str, "EUR");
    assert_str(json_get(json_get(row(&list, 1), "amount"), "amount")->str, "1100040000.00");
    assert_str(json_get(json_get(row(&list, 2), "amount"), "amount")->str, "92233720368547758.07");
}

TEST(values_of_every_row_may_be_made_of_its_columns)
{
    struct world *w = *state;
    struct import_result r = import_ok(w,
                                       "object: lead\ncolumns:\n  first: ignore\n  last: name\n  when: { field: received_at, date: D.M.YYYY }\n  site: website\n"
                                       "set: { email: \"{first|slug}@x.example\", created_at: \"{when}\", status: Working, secret: \"{ site }{site}\" }\n"
                                       "empty: [none, \"k. A.\"]\n",
                                       "first,last,when,site\nÉva Kovács-Nagy,Kovacs,2.1.2020,none\nx,Other,K. a.,b.example\n");
    struct json list = listed(w, "lead", "", "name", "name,email,created_at,status,secret,received_at,website");

    assert_i64(r.counts.created, 2);
    assert_str(cell(row(&list, 0), "email"), "eva.kovacs.nagy@x.example");
    assert_str(cell(row(&list, 0), "created_at"), "2020-01-01T23:00:00Z"); /* midnight where the one who imports lives */
    assert_str(cell(row(&list, 0), "received_at"), "2020-01-01T23:00:00Z");
    assert_str(cell(row(&list, 0), "status"), "Working");
    assert_str(cell(row(&list, 0), "secret"), "null");
    assert_str(cell(row(&list, 0), "website"), "null");
    assert_str(cell(row(&list, 1), "secret"), "b.exampleb.example");
    assert_str(cell(row(&list, 1), "received_at"), "null");
}

TEST(a_dry_run_leaves_the_database_as_it_was)
{
    struct world *w = *state;
    struct importing run = {.o = {.dry_run = true}};
    struct str before = world_dump(w);
    struct buf csv = buf_new(w->arena, 40000);

    buf_add(&csv, STR("name,mail,sector\n"));
    for (int i = 0; i < 1200; i++)
        buf_fmt(&csv, "Person %d,%s,%s\n", i, i % 300 == 7 ? "no mail" : "", i % 2 ? "Tech" : "");
    assert_ok(import_texts(w, &run, LEADS, str_cstr(w->arena, buf_str(&csv))));
    assert_i64(run.out.counts.rows, 1200);
    assert_i64(run.out.counts.created, 1196);
    assert_i64(run.out.counts.refused, 4);
    assert_i64(run.out.counts.cleaned, 596);
    assert_has(run.out.report, "line 9, email: refused: ");
    assert_str_eq(world_dump(w), before);
    assert_i64(world_count(w, "SELECT COUNT(*) FROM import"), 0);
    assert_i64(world_count(w, "SELECT COUNT(*) FROM import_finding"), 0);
}

static int stop_after;
static struct err *stop_at_some_point(struct tx *tx, const struct save_context *cx, const struct record *before, const struct record *after,
                                      const bool *changed)
{
    (void)cx;
    (void)before;
    (void)after;
    (void)changed;
    return stop_after-- > 0 ? NULL : FAIL(tx_arena(tx), ERR_INTERNAL, "internal", NULL, "The machine stops.");
}

TEST(an_import_that_was_stopped_goes_on_behind_the_last_durable_row)
{
    struct world *w = *state;
    const char *map = "object: team\nkey: name\ncolumns:\n  name: name\n  part_of: { field: parent, match: team.name }\nsecond_pass: [part_of]\n";
    const char *csv = "name,part_of\nT1,T5\nT2,T5\nT3,T5\nT4,T5\nT5,\n";
    struct importing run = {.o = {.batch_rows = 2}};
    int64_t id, made = count_of(w, "team", "");

    record_hooks.check = stop_at_some_point;
    stop_after = 3; /* one batch of two is durable, the second one is not */
    assert_err(import_texts(w, &run, map, csv), "internal");
    assert_i64(count_of(w, "team", "") - made, 2);
    id = world_count(w, "SELECT MAX(id) FROM import");
    run.o.resume_id = id;
    assert_err(import_texts(w, &run, map, "name,part_of\nT1,\n"), "import.mapping");
    stop_after = 3 + 3; /* the rest of the first pass, a batch of the second */
    assert_err(import_texts(w, &run, map, csv), "internal");
    assert_i64(count_of(w, "team", "") - made, 5);
    assert_i64(count_of(w, "team", "parent.name = 'T5'"), 2);
    stop_after = 1000;
    assert_ok(import_texts(w, &run, map, csv));
    assert_i64(run.out.id, id);
    assert_i64(run.out.counts.rows, 5);
    assert_i64(run.out.counts.created, 5);
    assert_i64(count_of(w, "team", "parent.name = 'T5'"), 4);
    assert_err(import_texts(w, &run, map, csv), "import.finished");
    run.o.resume_id = 12345;
    assert_err(import_texts(w, &run, map, csv), "import.not_found");
}

TEST(an_import_is_taken_back_but_for_what_somebody_wrote_since)
{
    struct world *w = *state;
    struct import_counts back;
    struct import_result r;
    int64_t kept = world_new(w, w->admin, "lead", "{\"name\":\"Old One\",\"email\":\"old@x.example\"}");
    int64_t moved = world_new(w, w->admin, "lead", "{\"name\":\"Old Two\",\"email\":\"two@x.example\"}");

    r = import_ok(w, LEADS, "name,mail,sector\nOld One,new@x.example,Tech\nOld Two,new2@x.example,\nNew One,,\nNew Two,,\n");
    assert_i64(r.counts.updated, 2);
    assert_ok(world_save(w, w->admin, "lead", moved, "{\"email\":\"mine@x.example\"}", NULL));
    assert_ok(import_undo(w->db, w->store, w->arena, w->admin, r.id, w->now_us += 1000, &back));
    assert_i64(back.rows, 4);
    assert_i64(back.created, 2);
    assert_i64(back.updated, 1);
    assert_i64(back.skipped, 1);
    assert_i64(count_of(w, "lead", ""), 2);
    assert_i64(count_of(w, "lead", "email = 'old@x.example' and sector is empty"), 1);
    assert_i64(count_of(w, "lead", "email = 'mine@x.example'"), 1);
    assert_err(import_undo(w->db, w->store, w->arena, w->admin, r.id, w->now_us, &back), "import.undone");
    assert_err(import_undo(w->db, w->store, w->arena, w->admin, 99, w->now_us, &back), "import.not_found");
    assert_ok(world_get(w, w->admin, "lead", kept, false, NULL));
}

TEST(who_may_not_import_changes_nothing)
{
    struct world *w = *state;
    struct importing run = {.o = {.actor = w->rep}};
    struct import_counts back;
    struct str before = world_dump(w);

    assert_err(import_texts(w, &run, LEADS, "name,mail,sector\nA One,,\n"), "access.denied");
    assert_err(import_undo(w->db, w->store, w->arena, w->rep, 1, w->now_us, &back), "access.denied");
    assert_str_eq(world_dump(w), before);
}

TEST(the_right_to_import_is_not_the_right_to_write_everything)
{
    struct world *w = *state;
    struct actor importer = *w->rep;
    struct importing run = {.o = {.actor = &importer}};

    importer.rights |= 1u << RIGHT_IMPORT;
    assert_ok(import_texts(w, &run, "object: lead\ncolumns: { name: name, s: secret }\n", "name,s\nA One,x\nB Two,\n"));
    assert_i64(run.out.counts.created, 1);
    assert_has(run.out.report, "line 2, secret: refused: ");
    assert_ok(import_texts(w, &run, "object: product\ncolumns: { name: name }\n", "name\nA One\n"));
    assert_i64(run.out.counts.refused, 1);
}

static int64_t shown_rows, shown_bytes;
static void shown(void *ctx, int64_t done, int64_t total, int64_t rows)
{
    (void)ctx;
    assert_true(done <= total && done >= shown_bytes);
    shown_rows = rows;
    shown_bytes = done;
}

TEST(progress_ends_at_the_end_of_the_file)
{
    struct world *w = *state;
    struct importing run = {.o = {.progress = shown, .batch_rows = 2}};

    shown_rows = shown_bytes = 0;
    assert_ok(import_texts(w, &run, LEADS, "name;mail;sector\r\nA One;;\r\nB Two;;\r\nC Three;;\r\n"));
    assert_i64(shown_rows, 3);
    assert_i64(shown_bytes, (int64_t)strlen("name;mail;sector\r\nA One;;\r\nB Two;;\r\nC Three;;\r\n"));
}

TEST_MAIN_WITH(world_setup, world_teardown, rows_become_records_and_the_report_names_what_was_cleaned_by_line,
               a_refused_row_is_reported_and_nothing_else_is_lost, a_row_refused_after_it_was_written_leaves_no_trace,
               a_row_with_other_cells_than_the_first_is_not_taken_for_another, a_key_finds_the_record_again_and_updates_or_skips_it,
               rows_that_repeat_count_once_with_distinct, references_are_found_by_name_by_id_and_many_at_once,
               rows_may_refer_to_rows_below_them_in_a_second_pass, numbers_are_multiplied_exactly_or_not_at_all,
               values_of_every_row_may_be_made_of_its_columns, a_dry_run_leaves_the_database_as_it_was,
               an_import_that_was_stopped_goes_on_behind_the_last_durable_row, an_import_is_taken_back_but_for_what_somebody_wrote_since,
               who_may_not_import_changes_nothing, the_right_to_import_is_not_the_right_to_write_everything, progress_ends_at_the_end_of_the_file)
