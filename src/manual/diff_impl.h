#pragma once
/* The parts of a comparison of two pages: sentences about the front matter, pieces of the body. */
#include "manual/page_impl.h"

struct diff_sentences {
    struct arena *arena;
    VEC(struct diff_sentence) list;
};
/* Sentences about what differs between two texts of one page, in the order of the page. A page that cannot be read has
 * none. */
void diff_front(struct diff_sentences *out, struct str before, struct str after);

/* Passages of the bodies that differ, word by word. Strings of the result live in arena and in the two texts. */
struct diff_passage *diff_body(struct arena *arena, struct str before, struct str after, size_t *n);
