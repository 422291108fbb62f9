/* import, export. */
#include "cli_impl.h"

#include "base/file.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define REPORT_LINES_SHOWN 40

struct data_job {
    struct args *args;
    struct app *app;
    const struct manual *manual;
    const struct actor *actor;
    struct query query;
    int64_t rows;
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

static void print_counts(struct args *args, const char *label, int64_t id, const struct import_counts *c)
{
    if (args->json)
        printf("{\"import\":\"%" PRId64 "\",\"rows\":%" PRId64 ",\"created\":%" PRId64 ",\"updated\":%" PRId64 ",\"unchanged\":%" PRId64
               ",\"skipped\":%" PRId64 ",\"refused\":%" PRId64 ",\"cleaned\":%" PRId64 ",\"doubtful\":%" PRId64 "}\n",
               id, c->rows, c->created, c->updated, c->unchanged, c->skipped, c->refused, c->cleaned, c->doubtful);
    else
        printf("%s (import %" PRId64 "): %" PRId64 " rows, %" PRId64 " created, %" PRId64 " updated, %" PRId64 " unchanged, %" PRId64
               " skipped, %" PRId64 " refused; %" PRId64 " values cleaned, %" PRId64 " doubtful\n",
               label, id, c->rows, c->created, c->updated, c->unchanged, c->skipped, c->refused, c->cleaned, c->doubtful);
}

static struct err *print_report(struct args *args, struct str report)
{
    const char *path = args_get(args, "report");
    struct str rest = report, line;
    int shown = 0;

    if (path)
        return file_write(args->arena, path, report);
    while (!args->json && str_cut(&rest, '\n', &line)) {
        if (shown++ == REPORT_LINES_SHOWN) {
            printf("... and more: --report FILE keeps all of it.\n");
            break;
        }
        printf("  %.*s\n", STR_ARG(line));
    }
    return NULL;
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
    TRY(e);
    print_counts(args, progress.label, result.id, &result.counts);
    return print_report(args, result.report);
}

static struct err *shift_days(struct data_job *job, const struct import_plan_item *items, size_t n, int64_t *days)
{
    struct args *args = job->args;
    const char *to = args_get(args, "shift-to");
    int64_t target, newest = DATE_NONE;

    *days = 0;
    if (!to)
        return NULL;
    if (strcmp(to, "today") == 0)
        target = zone_date(zone_utc(), args->now_us);
    else if (!date_parse(str_from(to), &target))
        return FAIL(args->arena, ERR_INVALID, "settings.invalid", NULL, "--shift-to needs a day such as 2026-11-21, or today, not %s.", to);
    for (size_t i = 0; i < n; i++) {
        int64_t day = DATE_NONE;

        TRY(import_latest_date(args->arena, str_cstr(args->arena, items[i].file), str_cstr(args->arena, items[i].mapping), &day));
        if (day > newest)
            newest = day;
    }
    if (newest != DATE_NONE)
        *days = target - newest;
    return NULL;
}

static struct err *undo(struct data_job *job)
{
    struct args *args = job->args;
    struct import_counts counts = {0};
    int64_t id;

    if (!id_parse(str_from(args_get(args, "undo")), &id))
        return FAIL(args->arena, ERR_INVALID, "settings.invalid", NULL, "--undo needs the number of an import.");
    TRY(import_undo(job->app->db, job->app->store, args->arena, job->actor, id, args->now_us, &counts));
    print_counts(args, "taken back", id, &counts);
    return NULL;
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
            return FAIL(args->arena, ERR_INVALID, "settings.invalid", NULL, "import needs a file and --mapping FILE, or --plan FILE.");
        one.file = str_from(args->words[0]);
        one.mapping = str_from(args_get(args, "mapping"));
    }
    TRY(shift_days(job, items, n, &shift));
    for (size_t i = 0; i < n; i++)
        TRY(import_one(job, &items[i], shift));
    return NULL;
}

struct err *cmd_import(struct args *args)
{
    struct data_job job = {.args = args};
    struct err *e;

    TRY(app_open(args, OPEN_WRITE, &job.app));
    job.manual = manual_live(job.app->store);
    e = db_read(job.app->db, args->arena, make_actor, &job);
    if (!e)
        e = import_all(&job);
    manual_unpin(job.manual);
    return e;
}

static struct err *write_out(void *ctx, struct str bytes)
{
    struct args *args = ctx;

    if (fwrite(bytes.ptr, 1, bytes.len, stdout) != bytes.len)
        return FAIL(args->arena, ERR_INTERNAL, "io.failed", NULL, "Standard output could not be written.");
    return NULL;
}

static struct err *export_rows(struct tx *tx, void *ctx)
{
    struct data_job *job = ctx;
    const struct manual *m = job->manual;
    struct str name = str_from(job->args->words[0]);

    TRY(app_actor(job->args, job->app, tx, m, &job->actor));
    job->query.object = manual_object(m, name);
    if (!job->query.object)
        return FAIL(tx_arena(tx), ERR_NOT_FOUND, "query.parameter", NULL, "There is no object %.*s in the manual.", STR_ARG(name));
    return export_csv(tx, m, job->actor, &job->query, job->args->now_us, write_out, job->args, &job->rows);
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
    return e;
}
