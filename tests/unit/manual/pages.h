#pragma once
/* A small, sound manual for tests; each test changes what it is about. */
#include "manual/manual.h"
#include "test.h"

struct pages {
    struct arena *arena;
    VEC(struct page_file) list;
};
struct pages pages_base(struct arena *arena);
/* Adds or replaces a page. front: YAML without kind and name; body may be NULL. */
void pages_put(struct pages *p, const char *path, const char *front, const char *body);
void pages_put_text(struct pages *p, const char *path, const char *text);
void pages_drop(struct pages *p, const char *path);
/* Compiles; prints the findings and fails the test if there is an error. The caller unpins. */
const struct manual *pages_compile(struct pages *p);
/* Compiles and expects an error that contains `text`, at page:line:column. */
void pages_expect(struct pages *p, const char *page, int line, int column, const char *text);
void pages_expect_warning(struct pages *p, const char *page, int line, int column,
                          const char *text);
/* The same for one page put into the base manual. */
void page_expect(const char *path, const char *front, int line, int column, const char *text);
