#pragma once
/* One page as text: where its front matter and its body are, and what the body's headings say. */
#include "manual/manual.h"
#include "manual/yaml.h"

struct page_parts {
    size_t yaml_from, yaml_to; /* bytes of the front matter, without the `---` lines */
    size_t body_from;          /* first byte after the closing line */
    int body_line;             /* its line */
};
/* Fails: manual.syntax (no front matter, too large, not UTF-8). */
MUST_USE struct err *page_split(struct arena *arena, struct str text, struct page_parts *out);
/* Fills body, sections and why of a page whose text is set. */
void page_read_body(struct arena *arena, struct page *page, const struct page_parts *parts);
/* A page by itself, without the rest of its manual: everything but index. Fails: manual.syntax. */
MUST_USE struct err *page_read(struct arena *arena, struct str path, struct str text, struct page *out);
/* "policy/lead-assigned.md" -> kind and name; false if the path is not of that form. */
bool page_path_parse(struct str path, enum page_kind *kind, struct str *name);
bool page_kind_parse(struct str word, enum page_kind *kind);
struct str page_path_strip(struct str path); /* without ".md" */
/* [a-z][a-z0-9_]* and, with dashes, also `-`; 1 to 48 bytes: PostgreSQL's names end at 63. */
bool page_name_valid(struct str name, bool dashes);
#define NAME_BYTES_MAX 48
