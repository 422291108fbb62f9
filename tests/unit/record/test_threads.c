/* Readers on several threads beside a writer: one snapshot, one cache of plans and expressions. Meant for SAN=thread. */
#include "world.h"

#include <pthread.h>

#define READERS 3
#define ROUNDS 40

struct reader {
    struct world *w;
    pthread_t thread;
    int number;
    struct arena *arena; /* errors outlive the thread */
    const struct err *failed;
};

struct ask {
    struct world *w;
    int n;
};

static struct err *read_fn(struct tx *tx, void *ctx)
{
    struct ask *k = ctx;
    struct buf b = buf_new(tx_arena(tx), 1024);
    struct query q = {.object = world_object(k->w, "deal"), .sort = STR("name"), .count = true};

    q.filter = str_fmt(tx_arena(tx), "seats >= %d and account is empty", k->n % 7);
    TRY(query_list(tx, k->w->m, k->w->admin, &q, 1, &b));
    return search_run(tx, k->w->m, k->w->rep, STR("deal"), STR_NONE, 5, &b);
}

static void *reader_main(void *arg)
{
    struct reader *r = arg;

    for (int i = 0; i < ROUNDS && !r->failed; i++) {
        struct arena *arena = arena_new(0);
        struct ask k = {r->w, i + r->number};
        struct err *e = db_read(r->w->db, arena, read_fn, &k);
        if (e)
            r->failed = err_copy(r->arena, e);
        arena_free(arena);
    }
    return NULL;
}

TEST(readers_and_a_writer_share_the_plans)
{
    struct world *w = *state;
    struct reader readers[READERS];

    for (int i = 0; i < READERS; i++) {
        readers[i] = (struct reader){.w = w, .number = i, .arena = arena_new(0)};
        assert_int_equal(pthread_create(&readers[i].thread, NULL, reader_main, &readers[i]), 0);
    }
    for (int i = 0; i < ROUNDS; i++) {
        struct arena *own = w->arena; /* the readers use none of it */
        w->arena = arena_new(0);
        world_new(
            w, w->admin, "deal",
            str_cstr(w->arena, str_fmt(w->arena, "{\"name\":\"Deal %d\",\"seats\":%d}", i, i % 9)));
        arena_free(w->arena);
        w->arena = own;
    }
    for (int i = 0; i < READERS; i++) {
        pthread_join(readers[i].thread, NULL);
        assert_ok(readers[i].failed);
        arena_free(readers[i].arena);
    }
    struct query q = {.object = world_object(w, "deal"), .limit = 100};
    struct json j;
    assert_ok(world_list(w, w->admin, &q, &j));
    assert_int_equal(json_get(&j, "data")->n, ROUNDS);
}

TEST_MAIN_WITH(world_setup, world_teardown, readers_and_a_writer_share_the_plans)
