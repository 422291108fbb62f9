/* Mapping files: every mistake has its line, its column and, where there is one, the name that was meant. */
#include "importing.h"

static const struct {
    const char *mapping, *csv;
    int line, column;
    const char *says, *way_out;
} mistakes[] = {
    {"objekt: lead\n", "name\nA\n", 1, 1, "no key objekt", "object?"},
    {"columns: { name: name }\n", "name\nA\n", 1, 1, "does not say what a row becomes", "object: contact"},
    {"object: leed\ncolumns: { name: name }\n", "name\nA\n", 1, 9, "no object leed", "lead?"},
    {"object: task\ncolumns: { name: title }\n", "name\nA\n", 1, 9, "no object task", ""},
    {"object: lead\n", "name\nA\n", 1, 1, "columns", "columns: { Name: name }"},
    {"object: lead\ncolumns:\n  name: nam\n", "name\nA\n", 3, 9, "no field nam", "name?"},
    {"object: lead\ncolumns:\n  name: { field: name, shft: yes }\n", "name\nA\n", 3, 24, "no key shft", "shift?"},
    {"object: lead\ncolumns:\n  name: [a, b]\n", "name\nA\n", 3, 9, "A column takes", ""},
    {"object: lead\nkey: status\ncolumns: { name: status }\n", "name\nA\n", 2, 6, "no index", "index: yes"},
    {"object: lead\nkey: received_at\ncolumns: { name: received_at }\n", "name\nA\n", 2, 6, "text field", ""},
    {"object: lead\nkey: name\ncolumns: { mail: email }\n", "mail\nA\n", 3, 10, "No column goes into name", "Map the column"},
    {"object: lead\nkey: name\non_match: replace\ncolumns: { name: name }\n", "name\nA\n", 3, 11, "update or skip", ""},
    {"object: lead\ndelimiter: ab\ncolumns: { name: name }\n", "name\nA\n", 2, 12, "one character", ""},
    {"object: lead\ndistinct: perhaps\ncolumns: { name: name }\n", "name\nA\n", 2, 11, "yes or no", ""},
    {"object: contact\ncolumns:\n  a: last_name\n  b: { field: account, match: name }\n", "a,b\nA,B\n", 4, 31, "an object and a field", "user.name"},
    {"object: contact\ncolumns:\n  a: last_name\n  b: { field: account, match: acount.name }\n", "a,b\nA,B\n", 4, 31, "no object acount", "account?"},
    {"object: contact\ncolumns:\n  a: last_name\n  b: { field: account, match: user.name }\n", "a,b\nA,B\n", 4, 31, "refers to account, not to user", ""},
    {"object: contact\ncolumns:\n  a: last_name\n  b: account\n", "a,b\nA,B\n", 4, 6, "say how to find it", "match"},
    {"object: contact\ncolumns:\n  a: { field: last_name, match: account.name }\n", "a\nA\n", 3, 6, "not a reference", ""},
    {"object: contact\ncolumns:\n  a: { field: last_name, missing: empty }\n", "a\nA\n", 3, 35, "no match here", ""},
    {"object: contact\ncolumns:\n  b: { field: account, match: account.name, missing: nil }\n", "b\nA\n", 3, 54, "error, doubtful or empty", ""},
    {"object: deal\ncolumns:\n  a: { field: name, date: M/D/YYYY }\n", "a\nA\n", 3, 27, "not a date", ""},
    {"object: deal\ncolumns:\n  a: { field: close_date, date: M/YYYY }\n", "a\nA\n", 3, 33, "year, month and day", "DD.MM.YYYY"},
    {"object: deal\ncolumns:\n  a: { field: amount, multiply: 0.5 }\n", "a\nA\n", 3, 33, "whole number", ""},
    {"object: deal\ncolumns:\n  a: { field: name, multiply: 10 }\n", "a\nA\n", 3, 31, "cannot be multiplied", ""},
    {"object: deal\ncolumns:\n  a: { field: amount, currency: DOLLAR }\n", "a\nA\n", 3, 33, "no currency DOLLAR", "ISO 4217"},
    {"object: deal\ncolumns:\n  a: { field: seats, currency: USD }\n", "a\nA\n", 3, 32, "not money", ""},
    {"object: account\ncolumns:\n  a: { field: name, vocabulary: place }\n", "a\nA\n", 3, 33, "no vocabulary place", "places?"},
    {"object: lead\ncolumns:\n  a: name\n  b: name\n", "a,b\nA,B\n", 4, 6, "filled from \"a\" already", "one column"},
    {"object: lead\ncolumns: { a: name }\nset: { name: x }\n", "a\nA\n", 3, 8, "filled from the column \"a\"", ""},
    {"object: lead\ncolumns: { a: name }\nset: { emial: x }\n", "a\nA\n", 3, 8, "no field emial", "email?"},
    {"object: lead\ncolumns: { a: name }\nset: { email: \"{b}@x.example\" }\n", "a\nA\n", 3, 15, "no column b", ""},
    {"object: lead\ncolumns: { a: name }\nset: { email: \"{a|upper}@x.example\" }\n", "a\nA\n", 3, 15, "no filter upper", "slug and lower"},
    {"object: lead\ncolumns: { a: name }\nset: [a]\n", "a\nA\n", 3, 6, "set takes fields", ""},
    {"object: lead\ncolumns: { a: name }\nempty: none\n", "a\nA\n", 3, 8, "empty takes a list", ""},
    {"object: lead\ncolumns: { a: name, b: email }\nsecond_pass: [b]\n", "a,b\nA,B\n", 3, 14, "there is none", "Add key"},
    {"object: lead\nkey: name\ncolumns: { a: name, b: email }\nsecond_pass: [c]\n", "a,b\nA,B\n", 4, 15, "not mapped", ""},
    {"object: lead\nkey: name\ncolumns: { a: name, b: email }\nsecond_pass: [a]\n", "a,b\nA,B\n", 4, 15, "cannot wait", ""},
    {"object: lead\ncolumns:\n  name: name\n  name: email\n", "name\nA\n", 4, 3, "twice", ""},
    {"object: lead\n columns: x\n", "name\nA\n", 2, 9, "The file cannot be read from here", ""},
    {"- a\n- b\n", "name\nA\n", 1, 1, "The file is one mapping", ""},
    {"object: lead\ncolumns: { name: name }\n", "name,mail\nA,B\n", 1, 0, "\"mail\", is not in the mapping", "ignore"},
    {"object: lead\ncolumns: { name: name, mail: email }\n", "name\nA\n", 1, 0, "the file does not have", ""},
    {"object: lead\ncolumns: { name: name }\n", "name,name\nA,B\n", 1, 0, "twice", "Rename"},
    {"object: lead\ncolumns: { name: name }\n", "name\n\"A\n", 2, 1, "never closed", ""},
    {"object: lead\ncolumns: { name: name }\n", "", 0, 0, "is empty", ""},
};

TEST(a_mistake_has_its_place_and_a_way_out_and_writes_nothing)
{
    struct world *w = *state;
    struct str before = world_dump(w);

    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        struct importing run = {0};
        struct err *e = import_texts(w, &run, mistakes[i].mapping, mistakes[i].csv);

        if (!e || str_find(e->message, str_from(mistakes[i].says), 0) == SIZE_MAX || str_find(e->way_out, str_from(mistakes[i].way_out), 0) == SIZE_MAX)
            fail_msg("%s: got %d:%d %.*s %.*s", mistakes[i].mapping, e ? e->line : 0, e ? e->column : 0, STR_ARG(e ? e->message : STR("nothing")),
                     STR_ARG(e ? e->way_out : STR_NONE));
        if (mistakes[i].column && (e->line != mistakes[i].line || e->column != mistakes[i].column))
            fail_msg("%s: %.*s is at %d:%d, not at %d:%d", mistakes[i].mapping, STR_ARG(e->message), e->line, e->column, mistakes[i].line,
                     mistakes[i].column);
    }
    assert_str_eq(world_dump(w), before);
    assert_i64(world_count(w, "SELECT COUNT(*) FROM import"), 0);
}

TEST(all_columns_that_do_not_fit_are_named_at_once)
{
    struct world *w = *state;
    struct importing run = {0};
    const struct err *e = assert_err(import_texts(w, &run, "object: lead\ncolumns: { name: name, phone: phone }\n", "name,a,b\nA,1,2\n"),
                                     "import.mapping");
    int n = 0;

    for (; e; e = e->next)
        n++;
    assert_int_equal(n, 3);
}

TEST(files_that_are_not_there_or_not_text_are_refused)
{
    struct world *w = *state;
    struct importing run = {.o = {.actor = w->admin, .now_us = w->now_us, .file = "/nowhere/x.csv"}};

    run.o.mapping = file_with(w, "m.yaml", "object: lead\ncolumns: { name: name }\n");
    assert_err(import_run(w->db, w->store, w->arena, &run.o, &run.out), "io.failed");
    run.o.mapping = "/nowhere/m.yaml";
    assert_err(import_run(w->db, w->store, w->arena, &run.o, &run.out), "io.failed");
    run.o.mapping = file_with(w, "m.yaml", "object: lead\xff\n");
    assert_err(import_run(w->db, w->store, w->arena, &run.o, &run.out), "import.mapping");
    run.o.mapping = file_with(w, "m.yaml", "object: lead\ncolumns: { name: name }\n");
    run.o.file = w->fixture->dir;
    assert_err(import_run(w->db, w->store, w->arena, &run.o, &run.out), "io.failed");
    run.o.file = file_with(w, "x.csv", "name\n\xff\n");
    assert_err(import_run(w->db, w->store, w->arena, &run.o, &run.out), "csv.malformed");
}

/* Cells through the whole import into one date field. */
static struct str date_of(struct world *w, const char *pattern, const char *cell, int64_t shift)
{
    struct importing run = {.o = {.shift_days = shift}};
    struct query q = {.object = world_object(w, "deal"), .fields = STR("close_date"), .limit = 1};
    struct json list;
    const struct json *v;

    if (import_texts(w, &run, str_cstr(w->arena, str_fmt(w->arena, "object: deal\ncolumns:\n  d: { field: close_date, date: \"%s\", shift: yes }\nset: { name: x }\n", pattern)),
                     str_cstr(w->arena, str_fmt(w->arena, "d\n\"%s\"\n", cell))))
        return STR("malformed");
    if (run.out.counts.refused)
        return STR("refused");
    assert_ok(world_list(w, w->admin, &q, &list));
    v = json_get(&json_get(&list, "data")->items[0], "close_date");
    return v->kind == JSON_STR ? v->str : STR("empty");
}

TEST(dates_are_read_as_the_mapping_says)
{
    struct world *w = *state;

    assert_str(date_of(w, "M/D/YYYY", "3/1/2017", 0), "2017-03-01");
    assert_str(date_of(w, "M/D/YYYY", "12/31/2017", 0), "2017-12-31");
    assert_str(date_of(w, "M/D/YYYY", "12/31/2017", 1), "2018-01-01");
    assert_str(date_of(w, "DD.MM.YYYY", "29.02.2024", 0), "2024-02-29");
    assert_str(date_of(w, "DD.MM.YYYY", "29.02.2023", 0), "refused");
    assert_str(date_of(w, "DD.MM.YYYY", "9.2.2023", 0), "refused");
    assert_str(date_of(w, "YYYYMMDD", "20240229", 0), "2024-02-29");
    assert_str(date_of(w, "D-M-YY", "1-2-69", 0), "2069-02-01");
    assert_str(date_of(w, "D-M-YY", "1-2-70", 0), "1970-02-01");
    assert_str(date_of(w, "M/D/YYYY", "3/1/2017 ", 0), "2017-03-01");
    assert_str(date_of(w, "M/D/YYYY", "3/1/20171", 0), "refused");
    assert_str(date_of(w, "M/D/YYYY", "13/1/2017", 0), "refused");
    assert_str(date_of(w, "M/D/YYYY", "0/1/2017", 0), "refused");
    assert_str(date_of(w, "M/D/YYYY", "2017-03-01", 0), "refused");
    assert_str(date_of(w, "M/D/YYYY", "", 0), "empty");
}

TEST(a_plan_names_its_place_too)
{
    struct world *w = *state;
    struct import_plan_item *items;
    size_t n;

    assert_ok(import_plan_read(w->arena, file_with(w, "p.yaml", "imports:\n  - { file: a.csv, mapping: /b.yaml }\n"), &items, &n));
    assert_int_equal(n, 1);
    assert_str_eq(items[0].file, str_fmt(w->arena, "%s/a.csv", w->fixture->dir));
    assert_str(items[0].mapping, "/b.yaml");
    assert_int_equal(assert_err(import_plan_read(w->arena, file_with(w, "p.yaml", "imports:\n  - { file: a.csv }\n"), &items, &n), "import.mapping")->line, 2);
    assert_err(import_plan_read(w->arena, file_with(w, "p.yaml", "files: []\n"), &items, &n), "import.mapping");
    assert_err(import_plan_read(w->arena, file_with(w, "p.yaml", "\xff"), &items, &n), "import.mapping");
}

TEST(the_newest_day_that_may_be_shifted_is_found)
{
    struct world *w = *state;
    const char *map = file_with(w, "m.yaml", "object: deal\ndelimiter: \"|\"\ncolumns:\n  a: { field: close_date, date: D.M.YYYY, shift: yes }\n"
                                             "  b: { field: engage_date, shift: no }\n");
    int64_t day;

    assert_ok(import_latest_date(w->arena, file_with(w, "x.csv", "a|b\n1.2.2020|2030-01-01\n3.1.2021|\nx|\n"), map, &day));
    assert_i64(day, civil_days(2021, 1, 3));
    assert_ok(import_latest_date(w->arena, file_with(w, "x.csv", "b\n2030-01-01\n"), map, &day));
    assert_i64(day, DATE_NONE);
}

TEST_MAIN_WITH(world_setup, world_teardown, a_mistake_has_its_place_and_a_way_out_and_writes_nothing, all_columns_that_do_not_fit_are_named_at_once,
               files_that_are_not_there_or_not_text_are_refused, dates_are_read_as_the_mapping_says, a_plan_names_its_place_too,
               the_newest_day_that_may_be_shifted_is_found)
