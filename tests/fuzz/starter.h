#pragma once
/* Shared by the fuzz targets that need a manual: the starter manual, compiled once, and a check that ends the run. */
#include "manual/manual.h"

#include <stdio.h>
#include <stdlib.h>

static void check(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

/* The starter manual, compiled once. */
static const struct manual *manual(void)
{
    static const struct manual *m;
    static struct arena *arena;

    if (!m) {
        struct findings findings;
        struct page_file *files;
        size_t n;

        arena = arena_new(0);
        findings = (struct findings){.arena = arena};
        check(!manual_starter(arena, STR("b2b-sales"), &files, &n), "no starter manual");
        check(!manual_compile(arena, files, n, 1, &findings, &m), "the starter manual does not compile");
    }
    return m;
}
