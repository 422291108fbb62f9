/* start, serve, init. */
#include "cli_impl.h"

#include "cli/company.sql.h"

#include <errno.h> /* program_invocation_name */
#include <inttypes.h>
#include <signal.h>
#include <sodium.h>
#include <string.h>

/* "yes": the demo company is here. "loading": it was begun; a start that was stopped goes on. */
static struct err *read_mark(struct tx *tx, void *ctx)
{
    struct str *mark = ctx;

    return db_setting_get(tx, STR("demo"), mark);
}

static struct err *mark_begun(struct tx *tx, void *ctx)
{
    (void)ctx;
    return db_setting_put(tx, STR("demo"), STR("loading"));
}

static bool loopback(struct str host)
{
    return str_starts(host, STR("127.")) || str_eq(host, STR("::1")) || str_eq(host, STR("localhost"));
}

struct people_shown {
    struct arena *arena;
    bool manager, rep, admin;
};

/* One administrator, one manager, one salesperson: enough to see the same company through three pairs of eyes. */
static struct err *print_people(struct tx *tx, void *ctx)
{
    struct people_shown *shown = ctx;
    struct stmt *stmt;
    bool row;

    TRY(db_stmt(tx, &sql_company_people, &stmt));
    for (;;) {
        struct str roles, team;
        const char *as;

        TRY(db_step(stmt, &row));
        if (!row)
            return NULL;
        roles = db_i64(stmt, db_col(stmt, "active")) ? db_str(stmt, db_col(stmt, "roles")) : STR_NONE;
        team = db_str(stmt, db_col(stmt, "team"));
        if (!shown->admin && str_find(roles, STR("admin"), 0) != SIZE_MAX && (shown->admin = true))
            as = "administrator";
        else if (!shown->manager && str_find(roles, STR("sales-manager"), 0) != SIZE_MAX && (shown->manager = true))
            as = "sales manager";
        else if (!shown->rep && str_find(roles, STR("sales-rep"), 0) != SIZE_MAX && (shown->rep = true))
            as = "salesperson";
        else
            continue;
        printf("  %-34.*s %s%s%.*s\n", STR_ARG(db_str(stmt, db_col(stmt, "email"))), as, team.len ? ", " : "", STR_ARG(team));
    }
}

struct example {
    const struct manual *manual;
    int64_t deal; /* has something to explain; 0: there is none */
};

static struct err *find_example(struct tx *tx, void *ctx)
{
    struct example *example = ctx;
    const struct manual *m = example->manual;
    int64_t *ids;
    const struct object *deal = manual_object(m, STR("deal"));
    const struct expr *filter;
    size_t n;

    if (!deal || expr_compile(tx_arena(tx), m->schema, deal->index, STR("stage = 'Engaging' and account is empty"), EXPR_CONDITION, &filter))
        return NULL;
    TRY(query_ids(tx, m, NULL, deal, filter, NULL, 0, 1, &ids, &n));
    example->deal = n ? ids[0] : 0;
    return NULL;
}

static struct err *print_demo(struct args *args, struct app *app, int port)
{
    struct people_shown shown = {.arena = args->arena};
    struct example example = {.manual = manual_live(app->store)};
    struct str flag = app_data_flag(args);
    const char *me = program_invocation_name;
    struct err *e = db_read(app->db, args->arena, find_example, &example);

    manual_unpin(example.manual);
    TRY(e);
    printf("\nWho can sign in (password of everybody in the demo: %s)\n", demo_password);
    TRY(db_read(app->db, args->arena, print_people, &shown));
    printf("\nWorth trying in another terminal\n  %s today darcel.schlecht@demo.example%.*s\n", me, STR_ARG(flag));
    if (example.deal)
        printf("  %s explain deal %" PRId64 " workflow/closing%.*s\n", me, example.deal, STR_ARG(flag));
    printf("  curl -s http://%.*s:%d/api/v1/openapi.json | head -c 400\n", STR_ARG(args->settings.host), port);
    return NULL;
}

static struct err *print_welcome(struct args *args, struct app *app, int port)
{
    printf("\nfairlead serves http://%.*s:%d\n", STR_ARG(args->settings.host), port);
    if (app->demo)
        TRY(print_demo(args, app, port));
    printf("\nStop with Ctrl+C. Everything is in %.*s.\n\n", STR_ARG(args->settings.db.len ? STR("the database") : args->settings.data));
    fflush(stdout);
    return NULL;
}

static struct err *serve_until_stopped(struct args *args, struct app *app)
{
    struct serve_options options = {.host = str_cstr(args->arena, args->settings.host),
                                    .port = (int)args->settings.port,
                                    .threads = (int)args->settings.threads,
                                    .trust_proxy = args->settings.trust_proxy};
    struct server *server;
    sigset_t stop;
    int which;

    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stop, NULL); /* before threads are made, so that only sigwait hears them */
    TRY(serve_start(args->arena, app, &options, &server));
    TRY(print_welcome(args, app, serve_port(server)));
    sigwait(&stop, &which);
    log_event(LOG_INFO, "stopping", "signal", which == SIGINT ? "INT" : "TERM", NULL);
    serve_stop(server);
    return NULL;
}

static struct err *allow_demo(struct args *args, struct app *app, bool wanted)
{
    struct str mark;

    TRY(db_read(app->db, args->arena, read_mark, &mark));
    app->demo = str_eq(mark, STR("yes")) && wanted;
    if (app->demo && !loopback(args->settings.host)) {
        struct err *e = FAIL(args->arena, ERR_INVALID, "settings.invalid", NULL,
                             "The demo company's passwords are known to everybody; it listens on this machine alone.");

        e->way_out = STR("Leave out --host, or create your own company with `fairlead init`.");
        return e;
    }
    return NULL;
}

struct err *cmd_serve(struct args *args)
{
    struct app *app;

    TRY(app_open(args, OPEN_WRITE, &app));
    TRY(allow_demo(args, app, args_has(args, "demo")));
    return serve_until_stopped(args, app);
}

/* A passphrase nobody knows, shown once. */
static struct str new_password(struct arena *arena)
{
    unsigned char bytes[12];
    char text[sizeof bytes * 2];

    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2base64(text, sizeof text, bytes, sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return str_dup(arena, str_from(text));
}

static struct err *create_first(struct args *args, struct app *app, bool demo)
{
    struct company company = {.starter = "b2b-sales",
                              .admin_name = STR("Alex Winter"),
                              .admin_email = demo ? STR("alex.winter@demo.example") : STR("admin@localhost.localdomain"),
                              .password = demo ? str_from(demo_password) : new_password(args->arena)};
    int64_t admin;

    printf("Creating the company in %.*s: starter manual %s\n", STR_ARG(args->settings.data), company.starter);
    fflush(stdout);
    if (demo)
        TRY(db_write(app->db, args->arena, mark_begun, NULL));
    TRY(company_create(args, app, &company, &admin));
    if (!demo)
        printf("Administrator: %.*s, password %.*s (shown once; change it after signing in)\n", STR_ARG(company.admin_email),
               STR_ARG(company.password));
    return NULL;
}

struct err *cmd_start(struct args *args)
{
    struct app *app;
    struct str mark;

    TRY(app_open(args, OPEN_CREATE, &app));
    if (!company_exists(app))
        TRY(create_first(args, app, !args_has(args, "empty")));
    TRY(db_read(app->db, args->arena, read_mark, &mark));
    if (str_eq(mark, STR("loading"))) /* every file has a key, so that what is there already is found again */
        TRY(demo_load(args, app));
    TRY(allow_demo(args, app, true));
    return serve_until_stopped(args, app);
}

struct err *cmd_init(struct args *args)
{
    struct app *app;
    struct company company = {.starter = args_get(args, "starter")};
    int64_t admin;

    if (!args_get(args, "admin")) {
        struct err *e = FAIL(args->arena, ERR_INVALID, "settings.invalid", NULL, "init needs --admin MAIL, the first administrator.");

        e->way_out = STR("fairlead init --admin you@example.com --name \"Your Name\"");
        return e;
    }
    company.starter = company.starter ? company.starter : "b2b-sales";
    company.admin_email = str_from(args_get(args, "admin"));
    company.admin_name = args_get(args, "name") ? str_from(args_get(args, "name")) : company.admin_email;
    TRY(app_open(args, OPEN_CREATE, &app));
    if (company_exists(app))
        return FAIL(args->arena, ERR_CONFLICT, "settings.invalid", NULL, "There is a company in %.*s already; nothing was changed.",
                    STR_ARG(args->settings.data));
    company.password = term_secret(args->arena, "Password for the administrator: ");
    TRY(company_create(args, app, &company, &admin));
    printf("Created in %.*s: starter manual %s, administrator %.*s. Nothing is enforced yet.\nNext: fairlead serve%.*s\n",
           STR_ARG(args->settings.data), company.starter, STR_ARG(company.admin_email), STR_ARG(app_data_flag(args)));
    return NULL;
}
