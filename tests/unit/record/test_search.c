#include "world.h"

#define BODY(...) str_cstr(w->arena, str_fmt(w->arena, __VA_ARGS__))

/* Titles found, in order. */
static struct str found(struct world *w, const struct actor *a, const char *text,
                        const char *objects)
{
    struct buf b = buf_new(w->arena, 64);
    struct json j;

    assert_ok(world_search(w, a, text, objects, &j));
    const struct json *d = json_get(&j, "data");
    for (size_t i = 0; i < d->n; i++) {
        if (i)
            buf_add(&b, STR("; "));
        buf_add(&b, json_get(&d->items[i], "title")->str);
    }
    return b.len ? buf_str(&b) : STR("");
}

TEST(words_are_found_by_their_beginning)
{
    struct world *w = *state;

    world_new(w, w->admin, "account", "{\"name\":\"Kanecode Systems\",\"city\":\"Görlitz\"}");
    world_new(w, w->admin, "account", "{\"name\":\"Systems of Kane\"}");
    world_new(w, w->admin, "contact",
              "{\"first_name\":\"José\",\"last_name\":\"O'Neill\",\"email\":\"jose.oneill@example."
              "com\",\"phone\":\"+49 30 901820\"}");
    assert_str(found(w, w->admin, "kane", ""), "Kanecode Systems; Systems of Kane");
    assert_str(found(w, w->admin, "KANE sys", ""), "Systems of Kane; Kanecode Systems");
    assert_str(found(w, w->admin, "systems of kane", ""), "Systems of Kane");
    assert_str(found(w, w->admin, "gorlitz", ""), "Kanecode Systems");
    assert_str(found(w, w->admin, "jose neill", ""), "José O'Neill");
    assert_str(found(w, w->admin, "jose.oneill@example.com", ""), "José O'Neill");
    assert_str(found(w, w->admin, "4930901", ""), "José O'Neill");
    assert_str(found(w, w->admin, "901820", ""), "José O'Neill");
    assert_str(found(w, w->admin, "1820", ""), "José O'Neill");
    assert_str(found(w, w->admin, "kane", "contact"), "");
    assert_str(found(w, w->admin, "jose", "contact,account"), "José O'Neill");
    assert_str(found(w, w->admin, "", ""), "");
    assert_str(found(w, w->admin, "\"* OR ) ' & |", ""), "");
    struct json j;
    assert_err(world_search(w, w->admin, "x", "nothing", &j), "query.parameter");
}

TEST(the_title_that_was_typed_comes_before_hundreds_that_are_newer)
{
    struct world *w = *state;

    world_new(w, w->admin, "product", "{\"name\":\"Gtx Pro\"}");
    world_new(w, w->admin, "product", "{\"name\":\"Gtx Pro Max\"}");
    for (int i = 0; i < 230; i++)
        world_new(w, w->admin, "account", BODY("{\"name\":\"Gtx Profile %d\",\"notes\":\"gtx pro\"}", i));
    for (int i = 0; i < 230; i++)
        world_new(w, w->admin, "account", BODY("{\"name\":\"Other %d\",\"notes\":\"gtx pro\"}", i));
    struct str all = found(w, w->admin, "gtx pro", "");
    assert_true(str_starts(all, STR("Gtx Pro; Gtx Pro Max; ")));
    assert_true(str_starts(found(w, w->admin, " GTX  PRO ", ""), STR("Gtx Pro")));
    assert_true(str_starts(found(w, w->admin, "gtx pro", "product"), STR("Gtx Pro; Gtx Pro Max")));
    assert_true(str_find(found(w, w->admin, "gtx pro", "account"), STR("Max"), 0) == SIZE_MAX);
    assert_true(str_starts(found(w, w->admin, "gtx pro m", ""), STR("Gtx Pro Max")));
}

/* Whether a word is common is remembered for a while: what is found does not depend on it. */
TEST(what_is_found_does_not_depend_on_what_was_common_before)
{
    struct world *w = *state;
    int64_t ids[100];

    world_new(w, w->admin, "product", "{\"name\":\"Quillwort Lamp\"}");
    assert_str(found(w, w->admin, "quillwort lamp", ""), "Quillwort Lamp");
    for (int i = 0; i < 100; i++)
        ids[i] = world_new(w, w->admin, "account", BODY("{\"name\":\"Quillwort %d\",\"notes\":\"lampion\"}", i));
    assert_str(found(w, w->admin, "quillwort lamp", "product"), "Quillwort Lamp");
    assert_true(str_find(found(w, w->admin, "quillwort 77", ""), STR("Quillwort 77"), 0) == 0);
    assert_true(str_starts(found(w, w->admin, "quillwort lamp", ""), STR("Quillwort Lamp; ")));
    for (int i = 0; i < 100; i++)
        assert_ok(world_move(w, w->admin, "account", ids[i], RECORD_DELETE));
    assert_str(found(w, w->admin, "quillwort lamp", ""), "Quillwort Lamp");
    assert_str(found(w, w->admin, "quillwort", ""), "Quillwort Lamp");
}

TEST(all_scripts_are_found)
{
    static const char *const names[] = {"株式会社オメガ", "Жуковский", "नमस्ते दुनिया",
                                        "Straße Nord",    "ﬁne Wine",  "ΑΘΗΝΑ"};
    static const char *const asked[] = {"株式", "жук", "नमस्", "strasse", "fine", "αθηνα"};
    struct world *w = *state;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        world_new(w, w->admin, "product", BODY("{\"name\":\"%s\"}", names[i]));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_str_eq(found(w, w->admin, asked[i], ""), utf8_nfc(w->arena, str_from(names[i])));
}

TEST(changes_and_the_bin_are_followed)
{
    struct world *w = *state;
    int64_t id = world_new(w, w->admin, "account", "{\"name\":\"Before Ltd\",\"notes\":\"zebra\"}");

    assert_ok(world_save(w, w->admin, "account", id, "{\"name\":\"After\"}", NULL));
    assert_str(found(w, w->admin, "before", ""), "");
    assert_str(found(w, w->admin, "after", ""), "After");
    assert_ok(world_move(w, w->admin, "account", id, RECORD_DELETE));
    assert_str(found(w, w->admin, "after", ""), "");
    assert_ok(world_move(w, w->admin, "account", id, RECORD_RESTORE));
    assert_str(found(w, w->admin, "after", ""), "After");
}

TEST(a_slip_of_the_keys_is_forgiven)
{
    struct world *w = *state;

    world_new(w, w->admin, "account", "{\"name\":\"Hottechi Industries\"}");
    world_new(w, w->admin, "account", "{\"name\":\"Condax\"}");
    assert_str(found(w, w->admin, "hotechi", ""), "Hottechi Industries");
    assert_str(found(w, w->admin, "hottechi industreis", ""), "Hottechi Industries");
    assert_str(found(w, w->admin, "condx", ""), "Condax");
    assert_str(found(w, w->admin, "cox", ""), "");
    assert_str(found(w, w->admin, "xylophone", ""), "");
}

TEST(rights_hold_in_search)
{
    struct world *w = *state;

    assert_ok(
        world_save(w, w->admin, "lead", 0,
                   BODY("{\"name\":\"Visible Lead\",\"secret\":\"platypus\",\"owner\":\"%lld\"}",
                        (long long)w->bob),
                   NULL));
    world_new(w, w->rep_dora, "lead", "{\"name\":\"Other Lead\"}");
    assert_str(found(w, w->admin, "lead", ""), "Other Lead; Visible Lead");
    assert_str(found(w, w->rep, "lead", ""), "Visible Lead");
    assert_str(found(w, w->admin, "platypus", ""), "Visible Lead");
    assert_str(found(w, w->rep, "platypus", ""),
               ""); /* the word stands in a field that reps do not see */
    assert_str(found(w, w->rep, "platypsu", ""), "");
    assert_str(found(w, w->rep, "visible", ""), "Visible Lead");
}

TEST(the_best_match_comes_before_hundreds_of_newer_ones)
{
    struct world *w = *state;

    world_new(w, w->admin, "account", "{\"name\":\"Quartz\"}");
    for (int i = 0; i < 230; i++)
        world_new(w, w->admin, "account", BODY("{\"name\":\"Firm %d with quartz\"}", i));
    assert_true(str_starts(found(w, w->admin, "quartz", ""), STR("Quartz; ")));
}

/* ---- the index of words is brought up to date once per group ---- */

static struct err *put_entry(struct tx *tx, int64_t id, const char *body)
{
    struct stmt *st;

    TRY(db_stmt_text(tx,
                     STR("INSERT INTO search_entry (record_id, object, title, title_fold, body) "
                         "VALUES ($1, 'account', 'x', 'x', $2) "
                         "ON CONFLICT (record_id) DO UPDATE SET body = excluded.body"),
                     &st));
    db_bind_i64(st, 1, id);
    db_bind_str(st, 2, str_from(body));
    return db_run(st, NULL);
}

static struct err *drop_entry(struct tx *tx, int64_t id)
{
    struct stmt *st;

    TRY(db_stmt_text(tx, STR("DELETE FROM search_entry WHERE record_id = $1"), &st));
    db_bind_i64(st, 1, id);
    return db_run(st, NULL);
}

static struct err *refused_entry(struct tx *tx, void *ctx)
{
    (void)ctx;
    TRY(put_entry(tx, 1, "refused"));
    TRY(put_entry(tx, 5, "refused"));
    TRY(drop_entry(tx, 2));
    return FAIL(tx_arena(tx), ERR_INVALID, "record.in_bin", NULL, "No.");
}

static struct err *first_entries(struct tx *tx, void *ctx)
{
    (void)ctx;
    TRY(put_entry(tx, 1, "one alpha"));
    TRY(put_entry(tx, 2, "two alpha"));
    TRY(put_entry(tx, 3, "three"));
    TRY(drop_entry(tx, 3));
    return put_entry(tx, 4, "four");
}

static struct err *later_entries(struct tx *tx, void *ctx)
{
    (void)ctx;
    TRY(put_entry(tx, 1, "uno beta"));
    TRY(put_entry(tx, 1, "eins beta"));
    assert_non_null(tx_nested(tx, refused_entry, NULL));
    TRY(drop_entry(tx, 2));
    TRY(put_entry(tx, 2, "zwei beta"));
    return drop_entry(tx, 4);
}

static struct err *check_words(struct tx *tx, void *ctx)
{
    (void)ctx;
    return db_exec(
        tx, STR("INSERT INTO search_text (search_text, rank) VALUES ('integrity-check', 1)"));
}

struct word_count {
    const char *word;
    int64_t n;
};

static struct err *count_word(struct tx *tx, void *ctx)
{
    struct word_count *c = ctx;
    struct sql_text q = sql_text_new(tx_arena(tx), tx_kind(tx));
    struct str word = str_from(c->word);
    struct stmt *st;
    bool row;

    buf_fmt(&q.text, "SELECT COUNT(*) FROM search_entry s WHERE %.*s",
            STR_ARG(db_sql_fulltext_match(tx_arena(tx), q.kind, 1)));
    TRY(db_stmt_text(tx, buf_str(&q.text), &st));
    db_bind_str(st, 1, db_fulltext_query(tx_arena(tx), q.kind, &word, 1));
    TRY(db_step(st, &row));
    c->n = db_i64(st, 0);
    db_done(st);
    return NULL;
}

static int64_t entries_with(struct world *w, const char *word)
{
    struct word_count c = {.word = word};

    assert_ok(db_read(w->db, w->arena, count_word, &c));
    return c.n;
}

TEST(the_index_of_words_follows_all_of_a_transaction)
{
    static const struct word_count after[] = {{"one", 0},  {"uno", 0},   {"eins", 1},
                                              {"two", 0},  {"zwei", 1},  {"four", 0},
                                              {"beta", 2}, {"alpha", 0}, {"refused", 0}};
    struct world *w = *state;

    assert_ok(db_write(w->db, w->arena, first_entries, NULL));
    assert_int_equal(entries_with(w, "alpha"), 2);
    assert_int_equal(entries_with(w, "three"), 0);
    assert_int_equal(entries_with(w, "four"), 1);
    assert_ok(db_write(w->db, w->arena, later_entries, NULL));
    for (size_t i = 0; i < sizeof after / sizeof *after; i++)
        assert_int_equal(entries_with(w, after[i].word), after[i].n);
    if (db_kind(w->db) == DB_SQLITE)
        assert_ok(db_write(w->db, w->arena, check_words, NULL));
}

TEST_MAIN_WITH(world_setup, world_teardown, words_are_found_by_their_beginning,
               all_scripts_are_found, changes_and_the_bin_are_followed,
               a_slip_of_the_keys_is_forgiven, rights_hold_in_search,
               the_best_match_comes_before_hundreds_of_newer_ones,
               the_title_that_was_typed_comes_before_hundreds_that_are_newer,
               what_is_found_does_not_depend_on_what_was_common_before,
               the_index_of_words_follows_all_of_a_transaction)
