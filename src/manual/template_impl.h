#pragma once
#include "manual/manual.h"

/* One merge field: {{path}} or {{path or 'text'}}. */
struct merge {
    size_t from, to;      /* bytes of the text, braces included; to SIZE_MAX: not closed */
    struct str path;      /* empty: cannot be read */
    struct str otherwise; /* what stands there when the field is empty */
    bool has_otherwise;
};
/* The next merge field at or after *at; moves *at behind it. */
bool merge_next(struct str text, size_t *at, struct merge *out);
