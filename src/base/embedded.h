#pragma once
/* Files that travel inside the executable: the starter manuals, the demo data, the web client. Made at build time by
 * tools/embed; static, read-only, and NUL-terminated after len bytes.
 */
#include "base/str.h"

struct embedded_file {
    const char *path; /* "manual/b2b-sales/policy/x.md", "data/...", "web/index.html" */
    const char *data;
    size_t len;
};
/* Sorted bytewise by path; ends with path NULL. */
extern const struct embedded_file embedded_files[];

/* The file at exactly this path, or NULL. */
const struct embedded_file *embedded_find(struct str path);
/* The first file whose path begins with prefix, or NULL; the others follow it directly in embedded_files. */
const struct embedded_file *embedded_first(struct str prefix);
struct str embedded_text(const struct embedded_file *file);
