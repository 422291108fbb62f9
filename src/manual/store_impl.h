#pragma once
#include "manual/manual.h"

#include <stdint.h>

/* Before the snapshot is shared. */
static inline void manual_set_published(const struct manual *m, int64_t at_us)
{
    ((struct manual *)(uintptr_t)m)->published_us = at_us;
}

/* Makes m the live snapshot of the process, with a pin of its own, unless a newer one is live: news of an older version may come
 * late, and whoever reads it may have begun before the newer one was committed. */
void manual_store_swap(struct manual_store *store, const struct manual *m);
/* The live version number in the database. */
MUST_USE struct err *manual_live_number(struct tx *tx, int64_t *out);
/* Compiles a version as it is stored (one pin, the caller's). Version 0 gives the built-in objects. */
MUST_USE struct err *manual_compile_stored(struct tx *tx, int64_t version,
                                           const struct manual **out);
