#pragma once
/* Tables, columns and indexes that objects need, and what the database has already (table manual_column). */
#include "manual/manual.h"

struct column_known {
    struct str holds;
    int64_t since;
};
struct columns {
    struct arena *arena;
    struct strmap *index; /* "table\ncolumn" -> position in known */
    VEC(struct column_known) known;
};
MUST_USE struct err *columns_read(struct tx *tx, struct columns *out);
const struct column_known *columns_find(const struct columns *c, struct str table,
                                        struct str column); /* NULL */
/* What a field's column holds, so that it is never taken for something else: "fold", "text", "number:2", "ref:account".
 * Empty: the field has no column. */
struct str column_holds(struct arena *arena, const struct manual *m, const struct field *f);
/* May a column that held before be used as now? */
bool column_fits(struct str before, struct str now);
/* Adds an error for each field whose column holds something else already. */
void columns_check(const struct columns *known, const struct manual *m, struct findings *findings);
/* Creates what is missing. version: noted as the version that made it. */
MUST_USE struct err *columns_add(struct tx *tx, struct columns *known, const struct manual *m,
                                 int64_t version);
