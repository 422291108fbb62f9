#pragma once
/* Random records of the test schema, in tables and in memory at once. */
#include "db/db.h"
#include "expr/expr.h"

struct random {
    uint64_t state;
};
uint64_t random_next(struct random *r);
int random_below(struct random *r, int n);
bool random_chance(struct random *r, int percent);
/* One of the arguments' indexes. */
#define PICK(r, list) ((list)[random_below((r), (int)(sizeof(list) / sizeof *(list)))])

struct world;
struct world_row {
    struct world *world;
    int object;
    int64_t id, record_id;
    bool binned;
    struct expr_val *vals, *before;
};
struct world_link {
    struct str field;
    int64_t from, to;
};
struct world {
    struct arena *arena;
    struct expr_schema *schema;
    struct random random;
    struct world_row *rows;
    size_t n_rows;
    struct world_link *links;
    size_t n_links;
    bool hide; /* every third record is out of sight, as row rights would have it */
};

/* Makes records and writes them into new tables. */
struct err *world_fill(struct world *w, struct tx *tx);
struct expr_record world_record(struct world_row *row);
bool world_hidden(const struct world *w, int64_t id);
/* For expr_sql_scoped: the same in SQL; ctx is the world. */
void world_scope(void *ctx, struct sql_text *q, int object, const char *alias);

/* A random expression on an object: mostly well typed. want: ET_BOOL for a condition. */
struct str random_expression(struct world *w, struct arena *arena, int object, enum expr_type want,
                             int depth);
