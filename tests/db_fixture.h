#pragma once
/* An opened, empty database with all migrations applied, for tests of every room.
 *
 * FAIRLEAD_TEST_DB says which kind: "sqlite" (default; a file in a folder of its own below TMPDIR) or "postgres" (a
 * fresh database on the server that FAIRLEAD_TEST_PG_URL names; `tests/pg.sh run <command>` starts one and sets both).
 *
 * The log is cut down to errors unless FAIRLEAD_TEST_LOG is set.
 *
 *     TEST(a_task_is_kept) { struct db_fixture *f = *state; assert_ok(db_write(f->db, f->arena, ...)); }
 *     TEST_MAIN_WITH(db_fixture_setup, db_fixture_teardown, a_task_is_kept)
 */
#include "db/db.h"

struct db_fixture {
    struct arena *arena; /* freed with the fixture */
    struct db *db;
    const char *dir; /* a folder for this test's files; removed with the fixture */
    const char *url; /* what db_open was given: to open it again */
    struct db_options options;
    enum db_kind kind;
};

enum db_kind db_fixture_kind(void);
/* options may be NULL; its url is filled in here. Ends the program with a message if no database can be had. The
 * migrations ran once in this program, without these options. */
struct db_fixture *db_fixture_open(const struct db_options *options);
void db_fixture_close(struct db_fixture *f);
/* Closes and opens again, as a restart does. */
void db_fixture_restart(struct db_fixture *f);
/* Another fixture on a copy of f's database; f must be at rest: db_fixture_rest. */
struct db_fixture *db_fixture_copy(const struct db_fixture *f);
/* Closes the database for good but keeps it, to be copied; db_fixture_close still removes it. */
void db_fixture_rest(struct db_fixture *f);
/* Around each test; *state is the struct db_fixture. */
int db_fixture_setup(void **state);
int db_fixture_teardown(void **state);
