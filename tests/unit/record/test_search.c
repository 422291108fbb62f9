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

TEST_MAIN_WITH(world_setup, world_teardown, words_are_found_by_their_beginning,
               all_scripts_are_found, changes_and_the_bin_are_followed,
               a_slip_of_the_keys_is_forgiven, rights_hold_in_search,
               the_best_match_comes_before_hundreds_of_newer_ones)
