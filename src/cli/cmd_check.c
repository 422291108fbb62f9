/* check, version. */
#include "cli_impl.h"

#include <curl/curl.h>
#include <microhttpd.h>
#include <sodium.h>
#include <sqlite3.h>
#include <string.h>

#ifndef FAIRLEAD_VERSION
#define FAIRLEAD_VERSION "0.1.0"
#endif

struct check_job {
    struct args *args;
    struct app *app;
    const struct manual *manual;
    struct buf findings;
    int64_t changes;
    struct page_file *files;
    size_t n_files;
};

static struct err *check_tables(struct tx *tx, void *ctx)
{
    struct check_job *job = ctx;

    TRY(change_verify(tx, &job->findings, &job->changes));
    TRY(work_check(tx, job->manual, &job->findings));
    return manual_load(tx, 0, &job->files, &job->n_files);
}

/* The live pages must still compile with this executable. */
static struct err *check_manual(struct check_job *job)
{
    struct arena *arena = job->args->arena;
    struct findings findings = {.arena = arena};
    const struct manual *m;
    struct err *e = manual_compile(arena, job->files, job->n_files, job->manual->version, &findings, &m);

    if (findings.errors)
        buf_add(&job->findings, findings_text(arena, &findings));
    else if (!e)
        manual_unpin(m);
    return findings.errors ? NULL : e;
}

static void print_json(const struct check_job *job)
{
    struct buf out = buf_new(job->args->arena, 256);
    struct json_writer w = json_writer(&out);
    struct str rest = buf_str(&job->findings), line;

    jw_object(&w);
    jw_kv_bool(&w, "sound", job->findings.len == 0);
    jw_kv_i64(&w, "pages", (int64_t)job->n_files);
    jw_kv_i64(&w, "sealed_changes", job->changes);
    jw_key(&w, STR("findings"));
    jw_array(&w);
    while (str_cut(&rest, '\n', &line))
        if (line.len)
            jw_str(&w, line);
    jw_end_array(&w);
    jw_end_object(&w);
    printf("%.*s\n", STR_ARG(buf_str(&out)));
}

struct err *cmd_check(struct args *args)
{
    struct check_job job = {.args = args, .findings = buf_new(args->arena, 1024)};
    struct err *e;

    TRY(app_open(args, OPEN_READ, &job.app));
    job.manual = manual_live(job.app->store);
    e = db_read(job.app->db, args->arena, check_tables, &job);
    if (!e)
        e = check_manual(&job);
    if (!e && !args_has(args, "manual"))
        e = db_check(job.app->db, args->arena, &job.findings);
    manual_unpin(job.manual);
    TRY(e);
    if (args->json)
        print_json(&job);
    if (job.findings.len) {
        struct str rest = buf_str(&job.findings), line;

        while (!args->json && str_cut(&rest, '\n', &line))
            if (line.len)
                printf("%.*s\n", STR_ARG(line));
        return FAIL(args->arena, ERR_INVALID, "db.failed", NULL, "The database is not sound; the findings are above.");
    }
    if (!args->json)
        printf("Sound: the database, %zu pages of the manual, %lld changes in the sealed history, tasks and timers.\n",
               job.n_files, (long long)job.changes);
    return NULL;
}

struct err *cmd_version(struct args *args)
{
    if (args->json)
        printf("{\"version\":\"%s\",\"sqlite\":\"%s\",\"microhttpd\":\"%s\",\"sodium\":\"%s\",\"curl\":\"%s\"}\n", FAIRLEAD_VERSION,
               sqlite3_libversion(), MHD_get_version(), sodium_version_string(), curl_version_info(CURLVERSION_NOW)->version);
    else
        printf("fairlead %s (SQLite %s, libmicrohttpd %s, libsodium %s, libcurl %s)\n", FAIRLEAD_VERSION, sqlite3_libversion(),
               MHD_get_version(), sodium_version_string(), curl_version_info(CURLVERSION_NOW)->version);
    return NULL;
}
