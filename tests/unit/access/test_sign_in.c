/* Signing in, throttling, sessions, tokens, and the cache that must forget at once. */
#include "company.h"

#include "base/limits.h"

#include <sodium.h>

static const char good[] = "violet tractor hums at noon";

struct job {
    struct company *c;
    int64_t user, id, except, expires_us;
    const char *name, *role;
    struct str hash, token;
    struct session *sessions;
    struct api_token *tokens;
    size_t n;
    bool on;
};

static struct err *set_hash(struct tx *tx, void *ctx)
{
    struct job *j = ctx;

    return access_set_password(tx, j->user, j->hash, j->c->now_us);
}

static void set_password(struct company *c, int64_t user, const char *password)
{
    char text[crypto_pwhash_STRBYTES];
    struct job j = {.c = c, .user = user};

    /* The cheapest limits: what is tested is not how long it takes. */
    assert_int_equal(crypto_pwhash_str(text, password, strlen(password), crypto_pwhash_OPSLIMIT_MIN, crypto_pwhash_MEMLIMIT_MIN), 0);
    j.hash = str_from(text);
    assert_ok(db_write(c->db, c->arena, set_hash, &j));
}

static struct err *try_sign_in(struct company *c, const char *email, const char *password, const char *address, struct str *token)
{
    int64_t user;
    struct str unused;

    return access_sign_in(c->db, c->arena, c->m, str_from(email), str_from(password), str_from(address), STR("test browser"), c->now_us,
                          token ? token : &unused, &user);
}

TEST(the_right_password_opens_a_session)
{
    struct company *c = *state;
    struct access_cache *cache = access_cache_new(c->db);
    const struct actor *a;
    struct str token;

    company_roles(c, ED, "own");
    set_password(c, ED, good);
    assert_ok(try_sign_in(c, " ED@example.COM ", good, "10.0.0.1", &token));
    assert_true(str_starts(token, STR("fls_")));
    assert_int_equal(token.len, 47);
    assert_ok(access_by_token(cache, c->arena, c->m, token, VIA_WEB, c->now_us, &a));
    assert_i64(a->user_id, ED);
    assert_true(a->session_id != 0);
    assert_int_equal(access_scope(a, c->lead, VERB_READ), SCOPE_OWN);
    /* Nothing that could be used is kept. */
    assert_i64(company_count(c, "SELECT COUNT(*) FROM session WHERE token_hash LIKE 'fls%'"), 0);
    assert_i64(company_count(c, "SELECT COUNT(*) FROM audit WHERE event = 'sign_in'"), 1);
    assert_i64(company_count(c, "SELECT COUNT(*) FROM sign_in_attempt"), 0);
    access_cache_free(cache);
}

TEST(wrong_names_and_wrong_passwords_get_the_same_answer)
{
    struct company *c = *state;
    const struct err *a, *b, *left;

    set_password(c, ED, good);
    set_password(c, INA, good);
    a = assert_err(try_sign_in(c, "ed@example.com", "wrong wrong wrong", "10.0.0.1", NULL), "access.sign_in_failed");
    b = assert_err(try_sign_in(c, "nobody@example.com", "wrong wrong wrong", "10.0.0.1", NULL), "access.sign_in_failed");
    left = assert_err(try_sign_in(c, "ina@example.com", good, "10.0.0.1", NULL), "access.sign_in_failed");
    assert_str_eq(a->message, b->message);
    assert_str_eq(a->way_out, b->way_out);
    assert_str_eq(a->message, left->message);
    assert_err(try_sign_in(c, "mary@example.com", "", "10.0.0.1", NULL), "access.sign_in_failed"); /* no password set */
    assert_err(try_sign_in(c, "", "", "", NULL), "access.sign_in_failed");
}

TEST(guessing_slows_the_guesser_and_nobody_else)
{
    struct company *c = *state;
    int failed = 0, told_to_wait = 0;
    const struct err *e;

    set_password(c, ED, good);
    for (int i = 0; i < 8; i++) {
        const struct err *tried = try_sign_in(c, "ed@example.com", "wrong wrong wrong", "10.6.6.6", NULL);

        assert_non_null(tried);
        if (strcmp(tried->code, "access.sign_in_failed") == 0)
            failed++;
        else
            told_to_wait++;
    }
    assert_int_equal(failed, 5);
    assert_int_equal(told_to_wait, 3);
    /* Even the right password waits there, so that waiting tells nothing ... */
    e = assert_err(try_sign_in(c, "ed@example.com", good, "10.6.6.6", NULL), "access.too_many_attempts");
    assert_int_equal(e->kind, ERR_TOO_MANY);
    assert_has(e->way_out, "Wait 1 second");
    /* ... but the person comes from elsewhere and gets in. */
    assert_ok(try_sign_in(c, "ed@example.com", good, "10.0.0.1", NULL));
    /* The delay grows with each failure. */
    c->now_us += 2 * US_PER_SECOND;
    assert_err(try_sign_in(c, "ed@example.com", "wrong wrong wrong", "10.6.6.6", NULL), "access.sign_in_failed");
    c->now_us += 1 * US_PER_SECOND;
    assert_err(try_sign_in(c, "ed@example.com", good, "10.6.6.6", NULL), "access.too_many_attempts");
    c->now_us += 2 * US_PER_SECOND;
    assert_ok(try_sign_in(c, "ed@example.com", good, "10.6.6.6", NULL));
    /* Success forgets. */
    assert_err(try_sign_in(c, "ed@example.com", "wrong wrong wrong", "10.6.6.6", NULL), "access.sign_in_failed");
}

TEST(failures_are_forgotten_after_a_day)
{
    struct company *c = *state;

    set_password(c, ED, good);
    for (int i = 0; i < 5; i++)
        assert_err(try_sign_in(c, "ed@example.com", "wrong wrong wrong", "10.6.6.6", NULL), "access.sign_in_failed");
    assert_err(try_sign_in(c, "ed@example.com", good, "10.6.6.6", NULL), "access.too_many_attempts");
    c->now_us += US_PER_DAY + US_PER_SECOND;
    assert_ok(try_sign_in(c, "ed@example.com", good, "10.6.6.6", NULL));
}

TEST(a_good_password_is_long_and_hard_to_guess)
{
    struct company *c = *state;
    struct arena *a = c->arena;

    assert_ok(access_password_check(a, str_from(good), STR("Ed Miller"), STR("ed@example.com")));
    assert_ok(access_password_check(a, STR("zyq8-Kw2x-Plum"), STR("Ed Miller"), STR("ed@example.com")));
    assert_has(assert_err(access_password_check(a, STR("short-9!xQ"), STR(""), STR("")), "access.password_weak")->message, "10 characters");
    assert_err(access_password_check(a, STR("passwordpassword"), STR(""), STR("")), "access.password_weak");
    assert_err(access_password_check(a, STR("qwertyuiop12"), STR(""), STR("")), "access.password_weak");
    assert_err(access_password_check(a, STR("aaaaaaaaaaaaaaaa"), STR(""), STR("")), "access.password_weak");
    assert_has(assert_err(access_password_check(a, STR("the miller of gloomy hill"), STR("Ed Miller"), STR("")), "access.password_weak")->message,
               "miller");
    assert_err(access_password_check(a, STR("gloomy darcel.s hill"), STR(""), STR("darcel.s@example.com")), "access.password_weak");
    assert_err(access_password_check(a, STR("\xff\xfe gloomy rivers at dawn"), STR(""), STR("")), "access.password_weak");
    char *large = arena_alloc(a, 600);

    memset(large, 'x', 600);
    assert_err(access_password_check(a, (struct str){large, 600}, STR(""), STR("")), "access.password_weak");
}

TEST(a_hash_of_ours_matches_its_password_alone)
{
    struct company *c = *state;
    struct job j = {.c = c, .user = ED};
    bool matches;

    j.hash = access_password_hash(c->arena, str_from(good));
    assert_true(str_starts(j.hash, STR("$argon2id$")));
    assert_ok(db_write(c->db, c->arena, set_hash, &j));
    assert_ok(access_password_matches(c->db, c->arena, ED, str_from(good), &matches));
    assert_true(matches);
    assert_ok(access_password_matches(c->db, c->arena, ED, STR("violet tractor hums at noon "), &matches));
    assert_false(matches);
    assert_ok(access_password_matches(c->db, c->arena, MARY, str_from(good), &matches));
    assert_false(matches);
}

/* ---- sessions and the cache ---- */

static struct err *end_all(struct tx *tx, void *ctx)
{
    struct job *j = ctx;

    return access_end_sessions(tx, j->user, j->except, j->c->now_us);
}

static struct err *list_sessions(struct tx *tx, void *ctx)
{
    struct job *j = ctx;

    return access_sessions(tx, j->user, &j->sessions, &j->n);
}

static struct err *end_one(struct tx *tx, void *ctx)
{
    struct job *j = ctx;

    return access_end_session(tx, j->user, j->id, j->c->now_us);
}

static struct err *clean(struct tx *tx, void *ctx)
{
    struct job *j = ctx;

    return access_clean(tx, j->c->now_us);
}

static struct err *who(struct company *c, struct access_cache *cache, struct str token, int64_t *user)
{
    const struct actor *a;
    struct err *e = access_by_token(cache, c->arena, c->m, token, VIA_API, c->now_us, &a);

    *user = e ? 0 : a->user_id;
    return e;
}

TEST(an_ended_session_is_refused_at_once_though_it_was_cached)
{
    struct company *c = *state;
    struct access_cache *cache = access_cache_new(c->db), *other = access_cache_new(c->db);
    struct job j = {.c = c, .user = ED};
    struct str first, second;
    int64_t user;

    set_password(c, ED, good);
    assert_ok(try_sign_in(c, "ed@example.com", good, "10.0.0.1", &first));
    assert_ok(try_sign_in(c, "ed@example.com", good, "10.0.0.1", &second));
    for (int i = 0; i < 3; i++) {
        assert_ok(who(c, cache, first, &user));
        assert_ok(who(c, other, first, &user));
        assert_ok(who(c, cache, second, &user));
    }
    assert_ok(db_read(c->db, c->arena, list_sessions, &j));
    assert_int_equal(j.n, 2);
    j.id = j.sessions[1].id; /* newest first: this is `first` */
    j.user = MARY;
    assert_err(db_write(c->db, c->arena, end_one, &j), "record.not_found"); /* not hers */
    j.user = ED;
    assert_ok(db_write(c->db, c->arena, end_one, &j));
    assert_err(who(c, cache, first, &user), "access.sign_in_needed");
    assert_err(who(c, other, first, &user), "access.sign_in_needed");
    assert_ok(who(c, cache, second, &user));
    assert_ok(db_write(c->db, c->arena, end_all, &j));
    assert_err(who(c, cache, second, &user), "access.sign_in_needed");
    access_cache_free(cache);
    access_cache_free(other);
}

TEST(a_change_of_roles_or_of_being_here_is_seen_at_once)
{
    struct company *c = *state;
    struct access_cache *cache = access_cache_new(c->db);
    const struct actor *a;
    struct str token;

    company_roles(c, ED, "own");
    set_password(c, ED, good);
    assert_ok(try_sign_in(c, "ed@example.com", good, "10.0.0.1", &token));
    assert_ok(access_by_token(cache, c->arena, c->m, token, VIA_API, c->now_us, &a));
    assert_int_equal(access_scope(a, c->lead, VERB_READ), SCOPE_OWN);
    company_roles(c, ED, "all");
    assert_ok(access_by_token(cache, c->arena, c->m, token, VIA_API, c->now_us, &a));
    assert_int_equal(access_scope(a, c->lead, VERB_READ), SCOPE_ALL);
    company_exec(c, "UPDATE o_user SET active = 0 WHERE id = %d", ED);
    assert_err(access_by_token(cache, c->arena, c->m, token, VIA_API, c->now_us, &a), "access.sign_in_needed");
    access_cache_free(cache);
}

TEST(an_actor_outlives_the_cache_entry_it_came_from)
{
    struct company *c = *state;
    struct access_cache *cache = access_cache_new(c->db);
    struct arena *request = arena_new(0);
    const struct actor *a;
    struct str token;

    set_password(c, ED, good);
    assert_ok(try_sign_in(c, "ed@example.com", good, "10.0.0.1", &token));
    assert_ok(access_by_token(cache, request, c->m, token, VIA_API, c->now_us, &a));
    access_cache_clear(cache);
    access_cache_free(cache);
    assert_str(a->name, "ed"); /* under the address sanitizer this is the test */
    arena_free(request);
}

TEST(sessions_end_by_idling_and_by_age)
{
    struct company *c = *state;
    struct access_cache *cache = access_cache_new(c->db);
    struct job j = {.c = c};
    struct str token;
    int64_t user, start = c->now_us;

    set_password(c, ED, good);
    assert_ok(try_sign_in(c, "ed@example.com", good, "10.0.0.1", &token));
    assert_ok(who(c, cache, token, &user));
    for (int i = 0; i < 3; i++) { /* used now and then it lives on */
        c->now_us += SESSION_IDLE_US - US_PER_HOUR;
        if (c->now_us - start >= SESSION_ABSOLUTE_US)
            break;
        assert_ok(who(c, cache, token, &user));
        assert_ok(access_cache_flush(cache, c->arena, c->now_us));
        access_cache_clear(cache); /* what was seen must be in the database */
    }
    c->now_us = start + SESSION_ABSOLUTE_US;
    assert_err(who(c, cache, token, &user), "access.sign_in_needed");
    c->now_us = start;
    assert_ok(try_sign_in(c, "ed@example.com", good, "10.0.0.1", &token));
    assert_ok(who(c, cache, token, &user));
    c->now_us += SESSION_IDLE_US;
    assert_err(who(c, cache, token, &user), "access.sign_in_needed");
    access_cache_clear(cache);
    assert_err(who(c, cache, token, &user), "access.sign_in_needed");
    c->now_us = start + SESSION_ABSOLUTE_US + 8 * US_PER_DAY;
    assert_ok(db_write(c->db, c->arena, clean, &j));
    assert_i64(company_count(c, "SELECT COUNT(*) FROM session"), 0);
    access_cache_free(cache);
}

TEST(garbage_is_no_token)
{
    static const char *const garbage[] = {"", "fls_", "flt_", "fls_0123456789", "Bearer", "fls_\x01\x02", "xyz_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    struct company *c = *state;
    struct access_cache *cache = access_cache_new(c->db);
    char *large = arena_alloc(c->arena, 100000);
    int64_t user;

    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++)
        assert_err(who(c, cache, str_from(garbage[i]), &user), "access.sign_in_needed");
    memset(large, 'f', 100000);
    memcpy(large, "fls_", 4);
    assert_err(who(c, cache, (struct str){large, 100000}, &user), "access.sign_in_needed");
    assert_err(who(c, cache, STR_NONE, &user), "access.sign_in_needed");
    access_cache_free(cache);
}

/* ---- API tokens ---- */

static struct err *create_token(struct tx *tx, void *ctx)
{
    struct job *j = ctx;

    return access_token_create(tx, j->user, str_from(j->name), str_from(j->role), j->expires_us, j->c->now_us, &j->token, &j->id);
}

static struct err *end_token(struct tx *tx, void *ctx)
{
    struct job *j = ctx;

    return access_token_end(tx, j->id, j->c->now_us);
}

static struct err *list_tokens(struct tx *tx, void *ctx)
{
    struct job *j = ctx;

    return access_tokens(tx, j->user, &j->tokens, &j->n);
}

TEST(an_api_token_acts_with_one_role_until_it_ends)
{
    struct company *c = *state;
    struct access_cache *cache = access_cache_new(c->db);
    struct job all = {.c = c, .user = ED, .name = "sync", .role = ""}, one = {.c = c, .user = ED, .name = "report", .role = "own"};
    const struct actor *a;
    int64_t user;

    company_roles(c, ED, "own,all");
    assert_ok(db_write(c->db, c->arena, create_token, &all));
    one.expires_us = c->now_us + US_PER_HOUR;
    assert_ok(db_write(c->db, c->arena, create_token, &one));
    assert_ok(access_by_token(cache, c->arena, c->m, all.token, VIA_API, c->now_us, &a));
    assert_int_equal(access_scope(a, c->lead, VERB_READ), SCOPE_ALL);
    assert_true(access_right(a, RIGHT_PUBLISH));
    assert_ok(access_by_token(cache, c->arena, c->m, one.token, VIA_API, c->now_us, &a));
    assert_int_equal(access_scope(a, c->lead, VERB_READ), SCOPE_OWN);
    assert_false(access_right(a, RIGHT_PUBLISH));
    assert_i64(a->token_id, one.id);
    c->now_us += US_PER_HOUR;
    assert_err(who(c, cache, one.token, &user), "access.sign_in_needed");
    assert_ok(who(c, cache, all.token, &user));
    assert_ok(access_cache_flush(cache, c->arena, c->now_us));
    assert_ok(db_read(c->db, c->arena, list_tokens, &all));
    assert_int_equal(all.n, 2);
    assert_i64(all.tokens[all.tokens[0].id == all.id ? 0 : 1].used_us, c->now_us);
    assert_ok(db_write(c->db, c->arena, end_token, &all));
    assert_err(who(c, cache, all.token, &user), "access.sign_in_needed");
    assert_err(db_write(c->db, c->arena, end_token, &all), "record.not_found");
    access_cache_free(cache);
}

TEST(a_token_for_a_role_that_was_taken_away_may_nothing)
{
    struct company *c = *state;
    struct access_cache *cache = access_cache_new(c->db);
    struct job j = {.c = c, .user = ED, .name = "report", .role = "all"};
    const struct actor *a;

    company_roles(c, ED, "all");
    assert_ok(db_write(c->db, c->arena, create_token, &j));
    company_roles(c, ED, "own");
    assert_ok(access_by_token(cache, c->arena, c->m, j.token, VIA_API, c->now_us, &a));
    assert_int_equal(access_scope(a, c->lead, VERB_READ), SCOPE_NONE);
    access_cache_free(cache);
}

TEST(a_token_needs_a_name_and_a_future)
{
    struct company *c = *state;
    struct job j = {.c = c, .user = ED, .name = "  ", .role = ""};

    assert_err(db_write(c->db, c->arena, create_token, &j), "record.field_required");
    j.name = "x";
    j.expires_us = c->now_us;
    assert_err(db_write(c->db, c->arena, create_token, &j), "record.field_invalid");
    assert_i64(company_count(c, "SELECT COUNT(*) FROM api_token"), 0);
}

/* ---- the demo ---- */

static struct err *set_demo(struct tx *tx, void *ctx)
{
    struct job *j = ctx;

    return access_set_demo(tx, j->on);
}

TEST(without_the_demo_mark_nobody_gets_in_without_a_password)
{
    struct company *c = *state;
    struct job j = {.c = c, .on = true};
    struct str token;

    assert_err(access_sign_in_demo(c->db, c->arena, c->m, ED, STR("x"), c->now_us, &token), "access.denied");
    assert_ok(db_write(c->db, c->arena, set_demo, &j));
    assert_ok(access_sign_in_demo(c->db, c->arena, c->m, ED, STR("x"), c->now_us, &token));
    assert_err(access_sign_in_demo(c->db, c->arena, c->m, INA, STR("x"), c->now_us, &token), "access.sign_in_failed");
    j.on = false;
    assert_ok(db_write(c->db, c->arena, set_demo, &j));
    assert_err(access_sign_in_demo(c->db, c->arena, c->m, ED, STR("x"), c->now_us, &token), "access.denied");
}

TEST_MAIN_WITH(company_setup, company_teardown, the_right_password_opens_a_session, wrong_names_and_wrong_passwords_get_the_same_answer,
               guessing_slows_the_guesser_and_nobody_else, failures_are_forgotten_after_a_day, a_good_password_is_long_and_hard_to_guess,
               a_hash_of_ours_matches_its_password_alone, an_ended_session_is_refused_at_once_though_it_was_cached,
               a_change_of_roles_or_of_being_here_is_seen_at_once, an_actor_outlives_the_cache_entry_it_came_from,
               sessions_end_by_idling_and_by_age, garbage_is_no_token, an_api_token_acts_with_one_role_until_it_ends,
               a_token_for_a_role_that_was_taken_away_may_nothing, a_token_needs_a_name_and_a_future,
               without_the_demo_mark_nobody_gets_in_without_a_password)
