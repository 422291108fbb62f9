#pragma once
/* A database with the manual of tests/unit/record/manual published, two teams and four people. */
#include "db_fixture.h"
#include "record/record.h"
#include "test.h"

struct world {
    struct db_fixture *fixture;
    struct arena *arena;
    struct db *db;
    struct manual_store *store;
    const struct manual *m;
    int64_t now_us;
    int64_t east, west; /* teams */
    int64_t anna, bob, carl,
        dora; /* admin without team; reps: bob and carl in east, dora in west */
    const struct actor *admin, *rep, *rep_carl, *rep_dora; /* rep: bob */
};
int world_setup(void **state);
int world_teardown(void **state);

const struct object *world_object(struct world *w, const char *name);
/* Runs in one write transaction; NULL or the error. */
struct err *world_write(struct world *w, tx_fn fn, void *ctx);
struct err *world_read(struct world *w, tx_fn fn, void *ctx);

/* Saves a JSON body. id 0: creates. out may be NULL. */
struct err *world_save(struct world *w, const struct actor *a, const char *object, int64_t id,
                       const char *body, struct save_result *out);
/* As world_save with a context of the caller's. */
struct err *world_save_cx(struct world *w, struct save_context cx, const char *object, int64_t id,
                          int64_t if_version, const char *body, struct save_result *out);
struct save_context world_cx(struct world *w, const struct actor *a);
/* Creates, asserts that it worked, returns the id. */
int64_t world_new(struct world *w, const struct actor *a, const char *object, const char *body);
struct err *world_move(struct world *w, const struct actor *a, const char *object, int64_t id,
                       enum record_move move);
struct err *world_get(struct world *w, const struct actor *a, const char *object, int64_t id,
                      bool bin, struct str *json);
struct err *world_list(struct world *w, const struct actor *a, const struct query *q,
                       struct json *out);
struct err *world_group(struct world *w, const struct actor *a, const struct group_query *q,
                        struct json *out);
struct err *world_search(struct world *w, const struct actor *a, const char *text,
                         const char *objects, struct json *out);
/* Rows of a table, by a fixed text. */
int64_t world_count(struct world *w, const char *sql);
/* All rows of all tables that records touch, as one text: "nothing changed" is equality of two of them. */
struct str world_dump(struct world *w);
struct err *world_exec(struct world *w, const char *sql);
