#pragma once
/* Migrations: src/<room>/migrations/NNNN-name.sql of all rooms, made into one array by tools/migrations.awk. */
#include "db/db.h"

struct migration {
    int number;
    const char *name;
    const char *text; /* with `-- sqlite:`, `-- postgres:` and `-- both:` sections */
};
extern const struct migration migrations[]; /* by number; ends with number 0 */

/* The part of a migration's text meant for one database. */
struct str migration_text(struct arena *arena, const char *text, enum db_kind kind);
