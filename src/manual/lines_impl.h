#pragma once
/* Which lines of two texts are the same. */
#include "base/str.h"

struct
    line_change { /* lines [a, a + na) of the first text become lines [b, b + nb) of the second; counted from 0 */
    size_t a, na, b, nb;
};
struct lines {
    struct str *at; /* with their line ends */
    size_t n;
};
struct lines lines_split(struct arena *arena, struct str text);
/* The changes in order: Myers, "An O(ND) Difference Algorithm and Its Variations", 1986. Texts that differ in more than
 * 1,000 lines are given as one change after what is the same at both ends. */
struct line_change *lines_compare(struct arena *arena, const struct lines *a, const struct lines *b,
                                  size_t *n);
