#pragma once
/* A database with two small tables, thing and part, for tests of both databases. */
#include "test.h"

#include "db/db.h"
#include "db_fixture.h"

/* Opens the fixture as *state and makes the tables; db_fixture_teardown ends it. */
int things_setup(void **state);
MUST_USE struct err *run_sql(struct tx *tx, const char *sql);
MUST_USE struct err *put_thing(struct tx *tx, int64_t id, const char *name);
MUST_USE struct err *put_one(struct tx *tx, void *ctx);    /* the thing *(int64_t *)ctx */
MUST_USE struct err *put_twelve(struct tx *tx, void *ctx); /* things 1 to 12 */
/* Leaves its statement open on purpose: it ends with the transaction. */
MUST_USE struct err *count_things(struct tx *tx, int64_t *n);
MUST_USE struct err *count_things_into(struct tx *tx, void *ctx);
int64_t things(struct db_fixture *f);
