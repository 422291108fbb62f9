/* The demo company: the files that ship in the executable, brought in through the ordinary import. */
#include "cli_impl.h"

#include "base/embedded.h"
#include "base/file.h"
#include "cli/company.sql.h"
#include "record/record.h"

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

/* 555-0100 to 555-0199 are kept free for fiction in every area code. */
static const struct office {
    const char *team;
    int area_code;
} offices[] = {{"Central", 312}, {"East", 212}, {"West", 415}};
enum { N_OFFICES = sizeof offices / sizeof *offices, FICTIONAL_NUMBERS = 100 };

struct demo_person {
    int64_t id;
    struct str phone; /* empty: the numbers of the office are used up */
};

/* Who sits in no office is reached in the first. */
static size_t office_of(struct str team)
{
    for (size_t i = 0; i < N_OFFICES; i++)
        if (str_eq(team, str_from(offices[i].team)))
            return i;
    return 0;
}

static struct err *read_people(struct tx *tx, struct demo_person **out, size_t *n)
{
    VEC(struct demo_person) list = {0};
    int next[N_OFFICES] = {0};
    struct stmt *stmt;
    bool row;

    TRY(db_stmt(tx, &sql_company_people, &stmt));
    for (;;) {
        struct demo_person p = {0};
        size_t office;

        TRY(db_step(stmt, &row));
        if (!row)
            break;
        p.id = db_i64(stmt, db_col(stmt, "id"));
        office = office_of(db_str(stmt, db_col(stmt, "team")));
        if (next[office] < FICTIONAL_NUMBERS)
            p.phone = str_fmt(tx_arena(tx), "+1 %d 555 01%02d", offices[office].area_code, next[office]++);
        VEC_PUSH(tx_arena(tx), list) = p;
    }
    *out = list.at;
    *n = list.n;
    return NULL;
}

/* The files know no phones, and whoever is called for help wants one to call. */
static struct err *give_phone(struct tx *tx, const struct demo_job *job, const struct field *phone, const struct demo_person *p)
{
    const struct actor *actor = actor_system(tx_arena(tx), job->manual, STR_NONE);
    struct save_context cx = {.manual = job->manual, .actor = actor, .now_us = job->now_us, .import = true};
    struct expr_env env = actor_env(actor, job->now_us);
    struct value value = {0};
    struct save_input in = {
        .object = manual_object(job->manual, STR("user")), .id = p->id, .if_version = -1, .fields = &phone, .values = &value, .n = 1};
    struct save_result saved;

    TRY(value_parse(tx_arena(tx), job->manual, phone, p->phone, &env, &value));
    return record_save(tx, &cx, &in, &saved);
}

static struct err *equip_people(struct tx *tx, void *ctx)
{
    struct demo_job *job = ctx;
    const struct field *phone = object_field(manual_object(job->manual, STR("user")), STR("phone"));
    struct demo_person *people;
    size_t n;

    TRY(read_people(tx, &people, &n));
    for (size_t i = 0; i < n; i++) {
        TRY(access_set_password(tx, people[i].id, job->hash, job->now_us));
        if (phone && people[i].phone.len)
            TRY(give_phone(tx, job, phone, &people[i]));
    }
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
        e = db_write(app->db, args->arena, equip_people, &job);
    manual_unpin(job.manual);
    return e;
}
