/* manual past: a policy tried on the past, in the terminal. */
#include "cli_impl.h"

#include "base/file.h"

#include <inttypes.h>
#include <string.h>

#define BAR_WIDTH 40

struct past_job {
    struct args *args;
    struct app *app;
    const struct manual *manual;
    struct past_ask ask;
    struct buf json;
};

static int64_t number(const struct json *j, const char *key)
{
    return json_get(j, key)->integer;
}

static struct str day(const struct json *j, const char *key)
{
    return str_sub(json_text(j, key), 0, 10);
}

static void print_weeks(const struct json *weeks)
{
    int64_t most = 1;

    for (size_t i = 0; i < weeks->n; i++) {
        int64_t all = number(&weeks->items[i], "kept") + number(&weeks->items[i], "breached");

        most = all > most ? all : most;
    }
    printf("\nWeek          kept  broken\n");
    for (size_t i = 0; i < weeks->n; i++) {
        int64_t kept = number(&weeks->items[i], "kept"), broken = number(&weeks->items[i], "breached");

        printf("%.*s  %6" PRId64 "  %6" PRId64 "  ", STR_ARG(json_text(&weeks->items[i], "week")), kept, broken);
        for (int64_t k = 0; k < broken * BAR_WIDTH / most; k++)
            putchar('#');
        for (int64_t k = 0; k < kept * BAR_WIDTH / most; k++)
            putchar('.');
        putchar('\n');
    }
}

static void print_past(const struct json *past)
{
    const struct json *steps = json_get(past, "by_step"), *examples = json_get(past, "examples"), *assumed = json_get(past, "assumed");

    printf("%.*s (%.*s, %.*s)\n", STR_ARG(json_text(past, "label")), STR_ARG(json_text(past, "page")), STR_ARG(json_text(past, "mode")));
    term_wrap(stdout, json_text(past, "sentence"), 0, 100);
    printf("\nFrom %.*s to %.*s, as if it had been switched on then and only watched:\n", STR_ARG(day(past, "from")), STR_ARG(day(past, "to")));
    printf("  %" PRId64 " looked at, %" PRId64 " of them in scope\n", number(past, "looked_at"), number(past, "in_scope"));
    printf("  kept %" PRId64 ", broken %" PRId64 ", still running %" PRId64 ", reminders %" PRId64 "\n", number(past, "kept"),
           number(past, "breached"), number(past, "running"), number(past, "reminders"));
    if (number(past, "kept") + number(past, "breached"))
        print_weeks(json_get(past, "by_week"));
    if (steps->n)
        printf("\nBroken where the record stood at\n");
    for (size_t i = 0; i < steps->n; i++)
        printf("  %6" PRId64 "  %.*s\n", number(&steps->items[i], "breached"), STR_ARG(json_text(&steps->items[i], "step")));
    if (examples->n)
        printf("\nFor example\n");
    for (size_t i = 0; i < examples->n && i < 10; i++) {
        const struct json *e = &examples->items[i];
        struct str met = day(e, "met_at");

        printf("  %.*s  due %.*s, %s%.*s  %.*s\n", STR_ARG(json_text(e, "record")), STR_ARG(day(e, "due_at")), met.len ? "met " : "never met",
               STR_ARG(met), STR_ARG(json_text(e, "title")));
    }
    if (assumed->n)
        printf("\nTaken for granted, because the past does not tell\n");
    for (size_t i = 0; i < assumed->n; i++)
        term_wrap(stdout, assumed->items[i].str, 2, 100);
}

static struct err *look(struct tx *tx, void *ctx)
{
    struct past_job *job = ctx;
    const struct actor *actor;

    TRY(app_actor(job->args, job->app, tx, job->manual, &actor));
    return past_json(tx, job->manual, actor, &job->ask, &job->json);
}

struct err *manual_past(struct args *args)
{
    struct past_job job = {.args = args, .json = buf_new(args->arena, 4096), .ask = {.now_us = args->now_us}};
    const char *days = args_get(args, "days"), *draft = args_get(args, "page");
    struct str name = args->n_words > 1 ? str_from(args->words[1]) : STR_NONE;
    struct json past;
    struct err *e;

    if (!name.len)
        return FAIL(args->arena, ERR_INVALID, "settings.invalid", NULL, "manual past needs a policy, such as policy/lead-assigned.");
    job.ask.name = str_starts(name, STR("policy/")) ? str_sub(name, strlen("policy/"), SIZE_MAX) : name;
    if (days && (!str_to_i64(str_from(days), &job.ask.days) || job.ask.days < 1 || job.ask.days > PAST_DAYS_MAX))
        return FAIL(args->arena, ERR_INVALID, "settings.invalid", NULL, "--days needs a number from 1 to %d.", PAST_DAYS_MAX);
    if (draft)
        TRY(file_read(args->arena, draft, PAGE_BYTES_MAX, &job.ask.text));
    TRY(app_open(args, OPEN_READ, &job.app));
    job.manual = manual_live(job.app->store);
    e = db_read(job.app->db, args->arena, look, &job);
    manual_unpin(job.manual);
    TRY(e);
    if (args->json) {
        printf("%.*s\n", STR_ARG(buf_str(&job.json)));
        return NULL;
    }
    TRY(json_parse(args->arena, buf_str(&job.json), &past));
    print_past(&past);
    return NULL;
}
