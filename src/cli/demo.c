/* The demo company: the files that ship in the executable, brought in through the ordinary import. */
#include "cli_impl.h"

#include "base/embedded.h"
#include "base/file.h"
#include "cli/company.sql.h"

#include <string.h>

/* Known to everybody, therefore only ever set on the people of the demo company, which listens on this machine alone. */
const char *const demo_password = "harbor lantern seven boats";

#define DEMO_FILES "data/maven-crm/"

static struct err *unpack(struct args *args, const char **dir)
{
    const char *root;

    TRY(app_folder(args, "demo", &root));
    TRY(file_make_dirs(args->arena, root));
    for (const struct embedded_file *f = embedded_files; f->path; f++) {
        struct str name = str_from(f->path);

        if (str_starts(name, STR(DEMO_FILES))) {
            struct str path = str_fmt(args->arena, "%s/%s", root, f->path + strlen(DEMO_FILES));

            TRY(file_write(args->arena, str_cstr(args->arena, path), (struct str){f->data, f->len}));
        }
    }
    *dir = root;
    return NULL;
}

static void show_progress(void *ctx, int64_t done, int64_t total, int64_t rows)
{
    struct progress *p = ctx;

    (void)rows;
    progress_show(p, done, total, "bytes");
}

struct demo_job {
    struct app *app;
    const struct manual *manual;
    struct str hash;
    int64_t now_us;
    const struct actor *actor;
};

static struct err *make_actor(struct tx *tx, void *ctx)
{
    struct demo_job *job = ctx;

    job->actor = actor_system(tx_arena(tx), job->manual, STR_NONE);
    return NULL;
}

static struct err *set_passwords(struct tx *tx, void *ctx)
{
    struct demo_job *job = ctx;
    struct stmt *stmt;
    bool row;
    VEC(int64_t) ids = {0};

    TRY(db_stmt(tx, &sql_company_people, &stmt));
    for (;;) {
        TRY(db_step(stmt, &row));
        if (!row)
            break;
        VEC_PUSH(tx_arena(tx), ids) = db_i64(stmt, db_col(stmt, "id"));
    }
    for (size_t i = 0; i < ids.n; i++)
        TRY(access_set_password(tx, ids.at[i], job->hash, job->now_us));
    return db_setting_put(tx, STR("demo"), STR("yes"));
}

struct err *demo_load(struct args *args, struct app *app)
{
    struct demo_job job = {.app = app, .now_us = args->now_us};
    struct import_plan_item *items;
    size_t n;
    int64_t shift;
    const char *dir;
    struct err *e = NULL;

    TRY(unpack(args, &dir));
    TRY(import_plan_read(args->arena, str_cstr(args->arena, str_fmt(args->arena, "%s/import.yaml", dir)), &items, &n));
    /* The newest day of all files becomes today, so that the demo looks alive whenever it is started. */
    TRY(import_plan_shift(args->arena, items, n, zone_date(zone_utc(), args->now_us), &shift));
    job.manual = manual_live(app->store);
    job.hash = access_password_hash(args->arena, str_from(demo_password));
    e = db_read(app->db, args->arena, make_actor, &job);
    for (size_t i = 0; i < n && !e; i++) {
        struct progress progress = {.label = strrchr(str_cstr(args->arena, items[i].mapping), '/')};
        struct import_options o = {.file = str_cstr(args->arena, items[i].file),
                                   .mapping = str_cstr(args->arena, items[i].mapping),
                                   .shift_days = shift,
                                   .actor = job.actor,
                                   .now_us = args->now_us,
                                   .progress = show_progress,
                                   .progress_ctx = &progress};
        struct import_result result;

        progress.label = progress.label ? str_cstr(args->arena, str_sub(str_from(progress.label), 1, strcspn(progress.label, ".") - 1)) : "import";
        e = import_run(app->db, app->store, args->arena, &o, &result);
        progress_end(&progress);
        if (!e)
            printf("  %-12s %6lld rows: %lld created, %lld updated, %lld values cleaned, %lld doubtful, %lld refused\n",
                   progress.label, (long long)result.counts.rows, (long long)result.counts.created,
                   (long long)result.counts.updated, (long long)result.counts.cleaned, (long long)result.counts.doubtful,
                   (long long)result.counts.refused);
    }
    if (!e)
        e = db_write(app->db, args->arena, set_passwords, &job);
    manual_unpin(job.manual);
    return e;
}
