#pragma once
/* A database with a small manual and a company: teams in teams, people under people, one role per scope. */
#include "access/access.h"
#include "db_fixture.h"
#include "test.h"

/* world > east > boston, world > west */
enum { WORLD = 1, EAST, BOSTON, WEST, TEAM_COUNT };
/* Mary leads east and reports to the boss; Ed is in east under Mary, Bo in boston under Ed, Wes in west under the boss.
 * Ina has left. Nils has no role. */
enum { BOSS = 101, MARY, ED, BO, WES, INA, NILS, PEOPLE_END };

struct company {
    struct db_fixture *f;
    struct arena *arena;
    struct db *db;
    struct manual_store *store;
    const struct manual *m;
    int64_t now_us;
    int lead, deal;     /* objects */
};
int company_setup(void **state);
int company_teardown(void **state);
/* Gives a person these roles (with commas) and tells the caches. */
void company_roles(struct company *c, int64_t person, const char *roles);
struct actor *company_actor(struct company *c, int64_t person);
void company_exec(struct company *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int64_t company_count(struct company *c, const char *sql);
