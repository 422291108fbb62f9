/* Many threads ask who sent a token while rights change under them: each gets an actor that was right a moment ago or is
 * right now, and none that has been freed. Under the thread sanitizer this is the test of the cache's locking. */
#include "company.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

enum { THREADS = 4, ROUNDS = 40 };

struct asking {
    struct company *c;
    struct access_cache *cache;
    struct str token;
    atomic_bool stop;
    atomic_int asked, refused, odd;
};

static void *ask(void *arg)
{
    struct asking *k = arg;
    struct arena *arena = arena_new(0);

    while (!atomic_load(&k->stop)) {
        const struct actor *a;

        if (access_by_token(k->cache, arena, k->c->m, k->token, VIA_API, k->c->now_us, &a)) {
            atomic_fetch_add(&k->refused, 1);
        } else {
            enum scope s = access_scope(a, k->c->lead, VERB_READ);

            if (!str_eq(a->name, STR("ed")) || (s != SCOPE_OWN && s != SCOPE_ALL))
                atomic_fetch_add(&k->odd, 1);
            atomic_fetch_add(&k->asked, 1);
        }
        arena_reset(arena);
    }
    arena_free(arena);
    return NULL;
}

static struct err *make_token(struct tx *tx, void *ctx)
{
    struct asking *k = ctx;
    int64_t id;

    return access_token_create(tx, ED, STR("threads"), STR_NONE, 0, k->c->now_us, &k->token, &id);
}

TEST(rights_may_change_while_many_ask)
{
    struct company *c = *state;
    struct asking *k = NEW(c->arena, struct asking);
    pthread_t threads[THREADS];
    const struct actor *a;

    k->c = c;
    k->cache = access_cache_new(c->db);
    company_roles(c, ED, "own");
    assert_ok(db_write(c->db, c->arena, make_token, k));
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask, k), 0);
    while (!atomic_load(&k->asked) && !atomic_load(&k->refused)) /* a busy machine starts threads late */
        sched_yield();
    for (int i = 0; i < ROUNDS; i++) {
        company_roles(c, ED, i % 2 ? "own" : "all");
        /* What was committed counts for whoever asks afterwards. */
        assert_ok(access_by_token(k->cache, c->arena, c->m, k->token, VIA_API, c->now_us, &a));
        assert_int_equal(access_scope(a, c->lead, VERB_READ), i % 2 ? SCOPE_OWN : SCOPE_ALL);
        if (i % 7 == 0)
            access_cache_clear(k->cache);
        assert_ok(access_cache_flush(k->cache, c->arena, c->now_us + i * US_PER_MINUTE));
    }
    atomic_store(&k->stop, true);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&k->odd), 0);
    assert_int_equal(atomic_load(&k->refused), 0);
    access_cache_free(k->cache);
}

TEST_MAIN_WITH(company_setup, company_teardown, rights_may_change_while_many_ask)
