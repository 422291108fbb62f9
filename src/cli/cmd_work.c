/* today, explain. */
#include "cli_impl.h"

#include "cli/company.sql.h"

#include <inttypes.h>
#include <string.h>

struct work_job {
    struct args *args;
    struct app *app;
    const struct manual *manual;
    struct buf json, text;
    int limit;
};

static const char *const bold[2] = {"", "\033[1m"}, *const dim[2] = {"", "\033[2m"}, *const plain[2] = {"", "\033[0m"};

static struct str nested_text(const struct json *object, const char *outer, const char *name)
{
    const struct json *v = json_get(object, outer);

    return v && v->kind == JSON_OBJECT ? json_text(v, name) : STR_NONE;
}

static void print_task(struct work_job *job, const struct json *task, int number)
{
    struct arena *arena = job->args->arena;
    bool colour = term_colour();
    int64_t due = 0;
    struct str title = json_text(task, "title"), record = nested_text(task, "record", "title");
    struct str why = nested_text(task, "why", "reason"), page = nested_text(task, "why", "page");
    struct str because = json_text(task, "because");
    const struct json *after = json_get(task, "after"), *outcomes = after && after->kind == JSON_OBJECT ? json_get(after, "outcomes") : NULL;
    const struct json *why_at = json_get(task, "why"), *line = why_at && why_at->kind == JSON_OBJECT ? json_get(why_at, "line") : NULL;

    instant_parse(json_text(task, "until"), &due);
    printf("%2d  %s%.*s%s%s%.*s  %s%.*s%s\n", number, bold[colour], STR_ARG(title), plain[colour], record.len ? ": " : "",
           STR_ARG(record), dim[colour], STR_ARG(term_when(arena, due, job->args->now_us)), plain[colour]);
    if (why.len)
        term_wrap(stdout, str_fmt(arena, "why    %.*s", STR_ARG(why)), 4, 100);
    if (page.len)
        printf("    %spage   %.*s:%" PRId64 "%s%.*s%s\n", dim[colour], STR_ARG(page), line ? line->integer : 1,
               because.len ? "  here because it is " : "", STR_ARG(because), plain[colour]);
    if (outcomes && outcomes->kind == JSON_ARRAY && outcomes->n) {
        printf("    after ");
        for (size_t i = 0; i < outcomes->n; i++)
            printf(" [%.*s]", STR_ARG(json_text(&outcomes->items[i], "label")));
        putchar('\n');
    }
}

/* The only person there is, if nobody is named. */
static struct err *whose_day(struct tx *tx, const struct args *args, int64_t *user)
{
    struct stmt *stmt;
    int64_t n = 0;
    bool row;

    if (args->n_words) {
        struct person p;

        TRY(find_person(tx, args->words[0], &p));
        *user = p.id;
        return NULL;
    }
    TRY(db_stmt(tx, &sql_company_people, &stmt));
    for (;;) {
        TRY(db_step(stmt, &row));
        if (!row)
            break;
        if (db_i64(stmt, db_col(stmt, "active"))) {
            *user = db_i64(stmt, db_col(stmt, "id"));
            n++;
        }
    }
    if (n != 1) {
        struct err *e = FAIL(tx_arena(tx), ERR_INVALID, "settings.invalid", NULL, "Whose day? There are %" PRId64 " people.", n);

        e->way_out = STR("fairlead today MAIL; `fairlead user list` names them.");
        return e;
    }
    return NULL;
}

static struct err *read_day(struct tx *tx, void *ctx)
{
    struct work_job *job = ctx;
    struct actor *person;
    int64_t user = 0;

    TRY(whose_day(tx, job->args, &user));
    TRY(actor_load(tx, job->manual, user, VIA_CLI, &person));
    return task_day(tx, job->manual, person, user, STR_NONE, job->limit, job->args->now_us, &job->json);
}

struct err *cmd_today(struct args *args)
{
    struct work_job job = {.args = args, .json = buf_new(args->arena, 4096), .limit = 10};
    int64_t limit = 10;
    struct json day;
    const struct json *data, *summary;
    struct err *e;

    if (args_get(args, "limit") && (!str_to_i64(str_from(args_get(args, "limit")), &limit) || limit < 1 || limit > PAGE_ROWS_MAX))
        return FAIL(args->arena, ERR_INVALID, "settings.invalid", NULL, "--limit needs a number from 1 to %d.", PAGE_ROWS_MAX);
    job.limit = (int)limit;
    TRY(app_open(args, OPEN_READ, &job.app));
    job.manual = manual_live(job.app->store);
    e = db_read(job.app->db, args->arena, read_day, &job);
    manual_unpin(job.manual);
    TRY(e);
    if (args->json) {
        printf("%.*s\n", STR_ARG(buf_str(&job.json)));
        return NULL;
    }
    TRY(json_parse(args->arena, buf_str(&job.json), &day));
    data = json_get(&day, "data");
    summary = json_get(&day, "summary");
    if (!data || !data->n) {
        printf("Nothing is owed right now.\n");
        return NULL;
    }
    if (summary && json_get(summary, "open"))
        printf("%" PRId64 " open\n\n", json_get(summary, "open")->integer);
    for (size_t i = 0; i < data->n; i++)
        print_task(&job, &data->items[i], (int)i + 1);
    return NULL;
}

/* ---- explain ---- */

static void print_why(const struct expr_why *why, int depth)
{
    printf("%*s%s %.*s\n", depth * 2, "", why->holds ? "yes" : "no ", STR_ARG(why->words.len ? why->words : why->text));
    for (size_t i = 0; i < why->n_parts; i++)
        print_why(&why->parts[i], depth + 1);
}

static void why_json(struct json_writer *w, const struct expr_why *why)
{
    jw_object(w);
    jw_kv_str(w, "text", why->text);
    jw_kv_str(w, "words", why->words);
    jw_kv_bool(w, "holds", why->holds);
    jw_key(w, STR("parts"));
    jw_array(w);
    for (size_t i = 0; i < why->n_parts; i++)
        why_json(w, &why->parts[i]);
    jw_end_array(w);
    jw_end_object(w);
}

static struct err *explain(struct tx *tx, void *ctx)
{
    struct work_job *job = ctx;
    struct args *args = job->args;
    const struct manual *m = job->manual;
    struct arena *arena = tx_arena(tx);
    const struct actor *actor = actor_system(arena, m, STR_NONE);
    const struct object *o;
    const char *filter = args_get(args, "filter");
    int64_t id;

    TRY(find_object(arena, m, args->words[0], &o));
    if (!id_parse(str_from(args->words[1]), &id))
        return FAIL(arena, ERR_INVALID, "query.parameter", NULL, "%s is not the id of a record.", args->words[1]);
    if (filter) {
        const struct expr *e;
        struct record record;
        struct expr_record face;
        struct expr_env env = actor_env(actor, args->now_us);
        struct expr_why *why;
        struct json_writer w = json_writer(&job->json);

        TRY(expr_compile(arena, m->schema, o->index, str_from(filter), EXPR_CONDITION, &e));
        TRY(record_get(tx, m, actor, o, id, true, &record));
        face = record_expr(tx, m, &record, NULL);
        why = expr_explain(arena, e, &face, &env);
        why_json(&w, why);
        if (!args->json)
            print_why(why, 0);
        return NULL;
    }
    return work_explain(tx, m, actor, o, id, args->n_words > 2 ? str_from(args->words[2]) : STR_NONE, args->now_us, &job->json, &job->text);
}

struct err *cmd_explain(struct args *args)
{
    struct work_job job = {.args = args, .json = buf_new(args->arena, 4096), .text = buf_new(args->arena, 4096)};
    struct err *e;

    TRY(app_open(args, OPEN_READ, &job.app));
    job.manual = manual_live(job.app->store);
    e = db_read(job.app->db, args->arena, explain, &job);
    manual_unpin(job.manual);
    TRY(e);
    if (args->json)
        printf("%.*s\n", STR_ARG(buf_str(&job.json)));
    else
        printf("%.*s", STR_ARG(buf_str(&job.text)));
    return NULL;
}
