/* The report of an import: a summary by repair, then one line per finding. */
#include "record/import_impl.h"

#include <inttypes.h>
#include <stdlib.h>

#define REPORT_LINES_MAX 100000 /* beyond it only table import_finding and the summary go on */
#define REPORT_GROUPS_MAX 5000

struct report_group {
    struct row_finding first;
    int64_t n;
};
struct report {
    struct arena *arena;
    VEC(struct report_group) groups;
    struct strmap *group_by_key;
    struct buf lines;
    int64_t n_lines;
};

void found_add(struct arena *arena, struct row_findings *f, enum finding_kind kind, int64_t line, struct str field, struct str typed,
                 struct str stored, struct str rule)
{
    VEC_PUSH(arena, f->list) = (struct row_finding){kind, line, field, typed, stored, rule};
}

struct report *report_new(struct arena *arena)
{
    struct report *r = NEW(arena, struct report);

    r->arena = arena;
    r->group_by_key = strmap_new(arena, 256);
    r->lines = buf_new(arena, 4096);
    return r;
}

static struct str finding_text(struct arena *arena, const struct row_finding *f)
{
    if (f->kind == FOUND_REFUSED)
        return str_fmt(arena, "%.*s%srefused: %.*s (%.*s)", STR_ARG(f->field), f->field.len ? ": " : "", STR_ARG(f->stored), STR_ARG(f->rule));
    if (f->kind == FOUND_DOUBTFUL && !f->field.len)
        return str_fmt(arena, "doubtful: %.*s", STR_ARG(f->rule));
    if (f->kind == FOUND_DOUBTFUL)
        return str_fmt(arena, "%.*s: \"%.*s\" is doubtful (%.*s)", STR_ARG(f->field), STR_ARG(f->typed), STR_ARG(f->rule));
    return str_fmt(arena, "%.*s: \"%.*s\" -> \"%.*s\" (%.*s)", STR_ARG(f->field), STR_ARG(f->typed), STR_ARG(f->stored), STR_ARG(f->rule));
}

static struct row_finding keep(struct arena *arena, const struct row_finding *f)
{
    return (struct row_finding){f->kind, f->line, str_dup(arena, f->field), str_dup(arena, f->typed), str_dup(arena, f->stored), str_dup(arena, f->rule)};
}

void report_take(struct report *r, struct arena *scratch, const struct row_findings *found)
{
    for (size_t i = 0; i < found->list.n; i++) {
        const struct row_finding *f = &found->list.at[i];
        struct str text = finding_text(scratch, f);
        int64_t at;

        if (strmap_get(r->group_by_key, text, &at)) {
            r->groups.at[at].n++;
        } else if (r->groups.n < REPORT_GROUPS_MAX) {
            strmap_put(r->group_by_key, str_dup(r->arena, text), (int64_t)r->groups.n);
            VEC_PUSH(r->arena, r->groups) = (struct report_group){.first = keep(r->arena, f), .n = 1};
        }
        if (r->n_lines++ < REPORT_LINES_MAX)
            buf_fmt(&r->lines, "line %" PRId64 ", %.*s\n", f->line, STR_ARG(text));
    }
}

static int most_first(const void *pa, const void *pb)
{
    const struct report_group *a = pa, *b = pb;

    if (a->first.kind != b->first.kind)
        return (int)b->first.kind - (int)a->first.kind; /* refused, doubtful, cleaned */
    return a->n != b->n ? (a->n < b->n ? 1 : -1) : (a->first.line > b->first.line) - (a->first.line < b->first.line);
}

struct str report_text(struct report *r, const struct import_counts *counts)
{
    struct buf out = buf_new(r->arena, r->lines.len + 4096);

    buf_fmt(&out, "%" PRId64 " rows: %" PRId64 " created, %" PRId64 " updated, %" PRId64 " unchanged, %" PRId64 " skipped, %" PRId64
                  " refused; %" PRId64 " values cleaned, %" PRId64 " doubtful.\n",
            counts->rows, counts->created, counts->updated, counts->unchanged, counts->skipped, counts->refused, counts->cleaned, counts->doubtful);
    if (r->groups.n)
        qsort(r->groups.at, r->groups.n, sizeof *r->groups.at, most_first);
    for (size_t i = 0; i < r->groups.n; i++)
        buf_fmt(&out, "%6" PRId64 " x  %.*s, first on line %" PRId64 "\n", r->groups.at[i].n,
                STR_ARG(finding_text(r->arena, &r->groups.at[i].first)), r->groups.at[i].first.line);
    buf_add(&out, buf_str(&r->lines));
    if (r->n_lines > REPORT_LINES_MAX)
        buf_fmt(&out, "... and %" PRId64 " more, kept with the import.\n", r->n_lines - REPORT_LINES_MAX);
    return buf_str(&out);
}
