/* manual check | plan | publish | export | import | versions | diff | past | reference. */
#include "cli_impl.h"

#include "base/file.h"

#include <inttypes.h>
#include <string.h>

struct err *manual_reference(struct arena *arena, const char *dir);

struct manual_job {
    struct args *args;
    struct app *app;
    const struct manual *live, *next;
    struct page_file *files, *stored;
    size_t n, n_stored;
    int64_t version;
    struct findings findings;
    struct plan plan;
    struct manual_version *versions;
    size_t n_versions;
};

static void print_findings(struct manual_job *job)
{
    struct args *args = job->args;

    if (!args->json) {
        fprintf(stderr, "%.*s", STR_ARG(findings_text(args->arena, &job->findings)));
        return;
    }
    struct buf out = buf_new(args->arena, 1024);
    struct json_writer w = json_writer(&out);

    jw_array(&w);
    for (size_t i = 0; i < job->findings.list.n; i++) {
        const struct finding *f = &job->findings.list.at[i];

        jw_object(&w);
        jw_kv_str(&w, "severity", f->severity == SEV_ERROR ? STR("error") : STR("warning"));
        jw_kv_str(&w, "page", f->page);
        jw_kv_i64(&w, "line", f->line);
        jw_kv_i64(&w, "column", f->column);
        jw_kv_str(&w, "message", f->message);
        jw_kv_str(&w, "suggestion", f->suggestion);
        jw_end_object(&w);
    }
    jw_end_array(&w);
    printf("%.*s\n", STR_ARG(buf_str(&out)));
}

/* The findings stand above already, each with its place. */
static struct err *not_sound(struct manual_job *job, struct err *e)
{
    const char *code = e->code;

    if (!job->findings.errors)
        return e;
    e = FAIL(job->args->arena, ERR_INVALID, code, NULL, "These pages cannot be published: %d of %zu findings stop it.", job->findings.errors,
             job->findings.list.n);
    e->way_out = STR("Correct them and check again.");
    return e;
}

static struct err *need_folder(struct manual_job *job)
{
    struct args *args = job->args;

    if (args->n_words < 2)
        return FAIL(args->arena, ERR_INVALID, "settings.invalid", NULL, "manual %s needs a folder.", args->words[0]);
    return manual_read_folder(args->arena, args->words[1], &job->files, &job->n);
}

static struct err *do_check(struct manual_job *job)
{
    struct err *e;

    TRY(need_folder(job));
    e = manual_compile(job->args->arena, job->files, job->n, 1, &job->findings, &job->next);
    print_findings(job);
    if (e)
        return not_sound(job, e);
    if (!job->args->json)
        printf("%zu pages, %zu findings, nothing that stops publishing.\n", job->n, job->findings.list.n);
    manual_unpin(job->next);
    return NULL;
}

static struct err *load(struct tx *tx, void *ctx)
{
    struct manual_job *job = ctx;

    return manual_load(tx, job->version, &job->stored, &job->n_stored);
}

static struct err *make_plan(struct tx *tx, void *ctx)
{
    struct manual_job *job = ctx;

    TRY(manual_plan(tx, job->live, job->next, &job->plan));
    return manual_plan_hook ? manual_plan_hook(tx, job->live, job->next, job->args->now_us, &job->plan) : NULL;
}

static struct err *do_plan(struct manual_job *job)
{
    struct err *e;

    TRY(need_folder(job));
    TRY(app_open(job->args, OPEN_READ, &job->app));
    job->live = manual_live(job->app->store);
    e = manual_compile(job->args->arena, job->files, job->n, job->live->version + 1, &job->findings, &job->next);
    print_findings(job);
    if (!e) {
        e = db_read(job->app->db, job->args->arena, make_plan, job);
        manual_unpin(job->next);
    }
    manual_unpin(job->live);
    if (e)
        return not_sound(job, e);
    printf("%.*s", STR_ARG(plan_text(job->args->arena, &job->plan)));
    return NULL;
}

static struct err *publish(struct tx *tx, void *ctx)
{
    struct manual_job *job = ctx;
    const char *reason = args_get(job->args, "reason");
    struct publish p = {.files = job->files, .n = job->n, .expect_version = -1, .now_us = job->args->now_us,
                        .reason = reason ? str_from(reason) : STR("Published from a folder.")};
    const struct manual *m = manual_live(job->app->store);
    const struct actor *actor;
    struct err *e = app_actor(job->args, job->app, tx, m, &actor);

    if (!e && !actor->system)
        e = access_need_right(tx_arena(tx), m, actor, RIGHT_PUBLISH);
    if (!e)
        p.author = actor->user_id;
    manual_unpin(m);
    TRY(e);
    job->findings = (struct findings){.arena = tx_arena(tx)};
    return manual_publish(tx, job->app->store, &p, &job->findings, &job->version);
}

static struct err *do_publish(struct manual_job *job)
{
    struct err *e;
    int64_t before;

    TRY(need_folder(job));
    TRY(app_open(job->args, OPEN_WRITE, &job->app));
    job->live = manual_live(job->app->store);
    before = job->live->version;
    manual_unpin(job->live);
    e = db_write(job->app->db, job->args->arena, publish, job);
    print_findings(job);
    if (e)
        return not_sound(job, e);
    if (job->version == before)
        printf("Nothing differs from version %" PRId64 "; nothing was published.\n", before);
    else
        printf("Published as version %" PRId64 ".\n", job->version);
    return NULL;
}

static struct err *do_export(struct manual_job *job)
{
    struct args *args = job->args;

    if (args->n_words < 2)
        return FAIL(args->arena, ERR_INVALID, "settings.invalid", NULL, "manual export needs a folder.");
    TRY(app_open(args, OPEN_READ, &job->app));
    TRY(db_read(job->app->db, args->arena, load, job));
    for (size_t i = 0; i < job->n_stored; i++) {
        struct str path = job->stored[i].path;
        const char *dot = str_ends(path, STR(".md")) ? "" : ".md";
        size_t slash = str_find_char(path, '/', 0);
        struct str folder = str_fmt(args->arena, "%s/%.*s", args->words[1], STR_ARG(str_sub(path, 0, slash)));

        TRY(file_make_dirs(args->arena, str_cstr(args->arena, folder)));
        TRY(file_write(args->arena, str_cstr(args->arena, str_fmt(args->arena, "%s/%.*s%s", args->words[1], STR_ARG(path), dot)),
                       job->stored[i].text));
    }
    printf("%zu pages in %s\n", job->n_stored, args->words[1]);
    return NULL;
}

static void write_diff(struct json_writer *w, const struct page_diff *d)
{
    static const char *const change[] = {"changed", "added", "removed"};

    jw_object(w);
    jw_kv_str(w, "path", d->path);
    jw_kv_str(w, "label", d->label);
    jw_kv_str(w, "change", str_from(change[d->change]));
    jw_key(w, STR("sentences"));
    jw_array(w);
    for (size_t i = 0; i < d->n_sentences; i++)
        jw_str(w, d->sentences[i].text);
    jw_end_array(w);
    jw_kv_i64(w, "passages", (int64_t)d->n_passages);
    jw_end_object(w);
}

static struct err *do_diff(struct manual_job *job)
{
    struct args *args = job->args;
    struct page_diff *pages;
    size_t n;

    TRY(need_folder(job));
    TRY(app_open(args, OPEN_READ, &job->app));
    TRY(db_read(job->app->db, args->arena, load, job));
    if (!args->json && args_has(args, "lines")) {
        printf("%.*s", STR_ARG(manual_diff(args->arena, job->stored, job->n_stored, job->files, job->n)));
        return NULL;
    }
    n = manual_compare(args->arena, job->stored, job->n_stored, job->files, job->n, &pages);
    if (!args->json) {
        printf("%.*s", STR_ARG(manual_compare_text(args->arena, pages, n)));
        return NULL;
    }
    struct buf out = buf_new(args->arena, 1024);
    struct json_writer w = json_writer(&out);

    jw_array(&w);
    for (size_t i = 0; i < n; i++)
        write_diff(&w, &pages[i]);
    jw_end_array(&w);
    printf("%.*s\n", STR_ARG(buf_str(&out)));
    return NULL;
}

static struct err *read_versions(struct tx *tx, void *ctx)
{
    struct manual_job *job = ctx;

    return manual_versions(tx, &job->versions, &job->n_versions);
}

static struct err *do_versions(struct manual_job *job)
{
    struct args *args = job->args;
    struct buf out = buf_new(args->arena, 1024);
    struct json_writer w = json_writer(&out);

    TRY(app_open(args, OPEN_READ, &job->app));
    TRY(db_read(job->app->db, args->arena, read_versions, job));
    jw_array(&w);
    for (size_t i = 0; i < job->n_versions; i++) {
        const struct manual_version *v = &job->versions[i];

        if (!args->json)
            printf("%4" PRId64 "  %.*s  %3" PRId64 " pages  %.*s\n", v->number, STR_ARG(instant_text(args->arena, v->at_us)), v->n_pages,
                   STR_ARG(v->reason));
        jw_object(&w);
        jw_kv_i64(&w, "number", v->number);
        jw_kv_id(&w, "author", v->author);
        jw_kv_instant(&w, "at", v->at_us);
        jw_kv_str(&w, "reason", v->reason);
        jw_kv_i64(&w, "pages", v->n_pages);
        jw_end_object(&w);
    }
    jw_end_array(&w);
    if (args->json)
        printf("%.*s\n", STR_ARG(buf_str(&out)));
    return NULL;
}

static struct err *do_reference(struct manual_job *job)
{
    if (job->args->n_words < 2)
        return FAIL(job->args->arena, ERR_INVALID, "settings.invalid", NULL, "manual reference needs a folder.");
    TRY(file_make_dirs(job->args->arena, job->args->words[1]));
    return manual_reference(job->args->arena, job->args->words[1]);
}

static struct err *do_past(struct manual_job *job)
{
    return manual_past(job->args);
}

struct err *cmd_manual(struct args *args)
{
    static const struct {
        const char *verb;
        struct err *(*run)(struct manual_job *job);
    } verbs[] = {{"check", do_check},   {"plan", do_plan}, {"publish", do_publish},   {"import", do_publish},
                 {"export", do_export}, {"diff", do_diff}, {"versions", do_versions},
                 {"past", do_past},     {"reference", do_reference}};
    struct manual_job job = {.args = args, .findings = {.arena = args->arena}};
    const char *version = args_get(args, "version");

    if (version && (!str_to_i64(str_from(version), &job.version) || job.version < 1))
        return FAIL(args->arena, ERR_INVALID, "settings.invalid", NULL, "--version needs a number from 1, see manual versions.");
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (strcmp(verbs[i].verb, args->words[0]) == 0)
            return verbs[i].run(&job);
    return FAIL(args->arena, ERR_INVALID, "settings.invalid", NULL,
                "manual takes check, plan, publish, export, import, versions, diff, past or reference, not %s.", args->words[0]);
}
