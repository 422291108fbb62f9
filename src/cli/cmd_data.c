/* import, export. */
#include "cli_impl.h"

#include "base/file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define REPORT_LINES_SHOWN 40
#define IMPORTS_SHOWN 100

struct data_job {
    struct args *args;
    struct app *app;
    const struct manual *manual;
    const struct actor *actor;
    struct query query;
    int64_t rows;
    struct buf report;
    bool closed; /* whoever reads the export has seen enough */
};

static struct err *make_actor(struct tx *tx, void *ctx)
{
    struct data_job *job = ctx;

    return app_actor(job->args, job->app, tx, job->manual, &job->actor);
}

static void show_progress(void *ctx, int64_t done, int64_t total, int64_t rows)
{
    (void)rows;
    progress_show(ctx, done, total, "bytes");
}

static void print_counts(struct args *args, const char *file, int64_t id, bool dry_run, const struct import_counts *c)
{
    struct buf out = buf_new(args->arena, 256);
    struct json_writer w = json_writer(&out);

    jw_object(&w);
    jw_kv_id(&w, "import", dry_run ? 0 : id);
    jw_kv_str(&w, "file", str_from(file));
    jw_kv_i64(&w, "rows", c->rows);
    jw_kv_i64(&w, "created", c->created);
    jw_kv_i64(&w, "updated", c->updated);
    jw_kv_i64(&w, "unchanged", c->unchanged);
    jw_kv_i64(&w, "skipped", c->skipped);
    jw_kv_i64(&w, "refused", c->refused);
    jw_kv_i64(&w, "cleaned", c->cleaned);
    jw_kv_i64(&w, "doubtful", c->doubtful);
    jw_end_object(&w);
    printf("%.*s\n", STR_ARG(buf_str(&out)));
}

/* The grouped part of the report, whose lines are indented; --report keeps the rest. */
static void print_summary(struct args *args, const char *file, int64_t id, bool dry_run, struct str report)
{
    struct str rest = report, line;
    int shown = 0;

    str_cut(&rest, '\n', &line);
    if (dry_run)
        printf("%s, tried and not kept: %.*s\n", file, STR_ARG(line));
    else
        printf("%s, import %" PRId64 ": %.*s\n", file, id, STR_ARG(line));
    while (str_cut(&rest, '\n', &line) && str_starts(line, STR(" "))) {
        if (shown++ == REPORT_LINES_SHOWN) {
            printf("  ... and more.\n");
            break;
        }
        printf("  %.*s\n", STR_ARG(line));
    }
    if (shown && !args_get(args, "report"))
        printf("  --report FILE writes all of it, line by line.\n");
}

static struct err *import_one(struct data_job *job, const struct import_plan_item *item, int64_t shift)
{
    struct args *args = job->args;
    const char *file = str_cstr(args->arena, item->file);
    const char *slash = strrchr(file, '/');
    struct progress progress = {.label = slash ? slash + 1 : file};
    struct import_options o = {.file = file, .mapping = str_cstr(args->arena, item->mapping), .dry_run = args_has(args, "dry-run"),
                               .shift_days = shift, .actor = job->actor, .now_us = args->now_us,
                               .progress = show_progress, .progress_ctx = &progress};
    struct import_result result = {0};
    struct err *e;

    if (args_get(args, "resume") && !id_parse(str_from(args_get(args, "resume")), &o.resume_id))
        return FAIL(args->arena, ERR_INVALID, "settings.invalid", NULL, "--resume needs the number of an import.");
    e = import_run(job->app->db, job->app->store, args->arena, &o, &result);
    progress_end(&progress);
    if (e && result.id && !o.dry_run && !e->way_out.len) /* what is durable stays */
        e->way_out = str_fmt(args->arena, "Go on with --resume %" PRId64 ", or take it back with --undo %" PRId64 ".", result.id, result.id);
    TRY(e);
    if (args->json)
        print_counts(args, progress.label, result.id, o.dry_run, &result.counts);
    else
        print_summary(args, progress.label, result.id, o.dry_run, result.report);
    if (args_get(args, "report"))
        buf_fmt(&job->report, "%s: %.*s\n", file, STR_ARG(result.report));
    return NULL;
}

static struct err *shift_days(struct data_job *job, const struct import_plan_item *items, size_t n, int64_t *days)
{
    struct args *args = job->args;
    const char *to = args_get(args, "shift-to");
    int64_t target;

    *days = 0;
    if (!to)
        return NULL;
    if (strcmp(to, "today") == 0)
        target = zone_date(zone_utc(), args->now_us);
    else if (!date_parse(str_from(to), &target))
        return FAIL(args->arena, ERR_INVALID, "settings.invalid", NULL, "--shift-to needs a day such as 2026-11-21, or today, not %s.", to);
    return import_plan_shift(args->arena, items, n, target, days);
}

static struct err *undo(struct data_job *job)
{
    struct args *args = job->args;
    struct import_counts counts = {0};
    int64_t id;

    if (!id_parse(str_from(args_get(args, "undo")), &id))
        return FAIL(args->arena, ERR_INVALID, "settings.invalid", NULL, "--undo needs the number of an import.");
    TRY(import_undo(job->app->db, job->app->store, args->arena, job->actor, id, args->now_us, &counts));
    if (args->json)
        printf("{\"import\":\"%" PRId64 "\",\"removed\":%" PRId64 ",\"restored\":%" PRId64 ",\"left_alone\":%" PRId64 "}\n", id,
               counts.created, counts.updated, counts.skipped);
    else
        printf("Import %" PRId64 " was taken back: %" PRId64 " records went to the bin, %" PRId64 " got their old values, %" PRId64
               " were changed since and left alone.\n", id, counts.created, counts.updated, counts.skipped);
    return NULL;
}

static struct err *list_imports(struct tx *tx, void *ctx)
{
    struct data_job *job = ctx;
    struct import_info *list;
    struct buf out = buf_new(tx_arena(tx), 1024);
    struct json_writer w = json_writer(&out);
    size_t n;

    TRY(import_list(tx, IMPORTS_SHOWN, &list, &n));
    jw_array(&w);
    for (size_t i = 0; i < n; i++) {
        const struct import_info *x = &list[i];
        const char *state = x->undone_us ? "taken back" : x->finished_us ? "finished" : "stopped";

        if (!job->args->json)
            printf("%" PRId64 "  %.*s  %-10s %-10.*s %7" PRId64 " rows, %" PRId64 " created, %" PRId64 " updated, %" PRId64 " refused  %.*s\n", x->id,
                   STR_ARG(str_sub(instant_text(tx_arena(tx), x->started_us), 0, 16)), state, STR_ARG(x->object), x->counts.rows,
                   x->counts.created, x->counts.updated, x->counts.refused, STR_ARG(x->file));
        jw_object(&w);
        jw_kv_id(&w, "import", x->id);
        jw_kv_str(&w, "object", x->object);
        jw_kv_str(&w, "file", x->file);
        jw_kv_str(&w, "state", str_from(state));
        jw_kv_instant(&w, "started", x->started_us);
        jw_kv_i64(&w, "rows", x->counts.rows);
        jw_kv_i64(&w, "created", x->counts.created);
        jw_kv_i64(&w, "updated", x->counts.updated);
        jw_kv_i64(&w, "refused", x->counts.refused);
        jw_end_object(&w);
    }
    jw_end_array(&w);
    if (job->args->json)
        printf("%.*s\n", STR_ARG(buf_str(&out)));
    return NULL;
}

static struct err *not_enough(struct args *args)
{
    struct err *e = FAIL(args->arena, ERR_INVALID, "settings.invalid", NULL, "import needs a file and --mapping FILE, or --plan FILE.");

    e->way_out = STR("A mapping says which column goes where: docs/import.md shows one, and `fairlead help import` has the rest.");
    return e;
}

static struct err *import_all(struct data_job *job)
{
    struct args *args = job->args;
    struct import_plan_item one, *items = &one;
    size_t n = 1;
    int64_t shift;

    if (args_get(args, "undo"))
        return undo(job);
    if (args_get(args, "plan")) {
        TRY(import_plan_read(args->arena, args_get(args, "plan"), &items, &n));
    } else {
        if (!args->n_words || !args_get(args, "mapping"))
            return not_enough(args);
        one.file = str_from(args->words[0]);
        one.mapping = str_from(args_get(args, "mapping"));
    }
    TRY(shift_days(job, items, n, &shift));
    job->report = buf_new(args->arena, 4096);
    for (size_t i = 0; i < n; i++)
        TRY(import_one(job, &items[i], shift));
    return args_get(args, "report") ? file_write(args->arena, args_get(args, "report"), buf_str(&job->report)) : NULL;
}

struct err *cmd_import(struct args *args)
{
    struct data_job job = {.args = args};
    bool list = args_has(args, "list");
    struct err *e;

    TRY(app_open(args, list ? OPEN_READ : OPEN_WRITE, &job.app));
    job.manual = manual_live(job.app->store);
    e = db_read(job.app->db, args->arena, list ? list_imports : make_actor, &job);
    if (!e && !list)
        e = import_all(&job);
    manual_unpin(job.manual);
    return e;
}

static struct err *write_out(void *ctx, struct str bytes)
{
    struct data_job *job = ctx;

    if (fwrite(bytes.ptr, 1, bytes.len, stdout) == bytes.len && !fflush(stdout))
        return NULL;
    job->closed = errno == EPIPE;
    return FAIL(job->args->arena, ERR_INTERNAL, "io.failed", NULL, "The export could not be written to the end: %s.", strerror(errno));
}

static struct err *export_rows(struct tx *tx, void *ctx)
{
    struct data_job *job = ctx;
    const struct manual *m = job->manual;

    TRY(app_actor(job->args, job->app, tx, m, &job->actor));
    TRY(find_object(tx_arena(tx), m, job->args->words[0], &job->query.object));
    return export_csv(tx, m, job->actor, &job->query, job->args->now_us, write_out, job, &job->rows);
}

struct err *cmd_export(struct args *args)
{
    struct data_job job = {.args = args,
                           .query = {.filter = str_from(args_get(args, "filter")),
                                     .fields = str_from(args_get(args, "fields")),
                                     .sort = str_from(args_get(args, "sort"))}};
    struct err *e;

    TRY(app_open(args, OPEN_READ, &job.app));
    job.manual = manual_live(job.app->store);
    e = db_read(job.app->db, args->arena, export_rows, &job);
    manual_unpin(job.manual);
    return job.closed ? NULL : e;
}
