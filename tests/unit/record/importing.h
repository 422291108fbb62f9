#pragma once
/* Imports and exports in tests: CSV and mapping as texts, the report as one. */
#include "record/import.h"
#include "world.h"

struct importing {
    struct import_options o; /* what the test wants otherwise; file and mapping are filled in */
    struct import_result out;
};

/* Writes both into files of the fixture and runs the import as the administrator, unless o says otherwise. */
struct err *import_texts(struct world *w, struct importing *i, const char *mapping, const char *csv);
/* The same with everything by default; asserts that it worked. */
struct import_result import_ok(struct world *w, const char *mapping, const char *csv);
/* The path of a file with this text in the fixture's folder. */
const char *file_with(struct world *w, const char *name, const char *text);
/* A query as CSV, all of it. */
struct err *export_text(struct world *w, const struct actor *a, const struct query *q, struct str *csv);
