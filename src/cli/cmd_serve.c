/* start, serve, init. */
#include "cli_impl.h"

#include "cli/company.sql.h"

#include <errno.h> /* program_invocation_name */
#include <inttypes.h>
#include <malloc.h>
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

/* Nobody knows it but who sees the terminal: it says that whoever opens the first-run page from elsewhere may do so. 60 bits. */
static const char *new_setup_code(struct arena *arena)
{
    static const char letters[] = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"; /* without 0 O 1 I: it is read and typed */
    char text[] = "....-....-....";

    for (size_t i = 0; i < sizeof text - 1; i++)
        if (text[i] == '.')
            text[i] = letters[randombytes_uniform(sizeof letters - 1)];
    return str_cstr(arena, str_from(text));
}

static void print_first_run(struct args *args, const struct serve_options *o, int port)
{
    printf("\nThere is no company here yet. Open this page to create it; nothing is enforced to begin with:\n"
           "  http://%.*s:%d/first-run\n", STR_ARG(args->settings.host), port);
    printf(o->setup_code_always ? "It asks for this setup code: %s\n" : "Opened from another machine or through a proxy, it asks for this setup code: %s\n",
           o->setup_code);
}

static struct err *print_welcome(struct args *args, struct app *app, const struct serve_options *o, int port)
{
    printf("\nfairlead serves http://%.*s:%d\n", STR_ARG(args->settings.host), port);
    if (clock_is_set())
        printf("\nIts clock was set (--clock) and says %.*s: for tests and demonstrations, never for a company at work.\n",
               STR_ARG(instant_text(args->arena, clock_now_us() / US_PER_SECOND * US_PER_SECOND)));
    if (app->demo)
        TRY(print_demo(args, app, port));
    if (o->setup_code)
        print_first_run(args, o, port);
    printf("\nStop with Ctrl+C. Everything is in %.*s.\n\n", STR_ARG(args->settings.db.len ? STR("the database") : args->settings.data));
    fflush(stdout);
    return NULL;
}

static struct err *serve_until_stopped(struct args *args, struct app *app)
{
    struct mail_options mail;
    struct serve_options options = {.host = str_cstr(args->arena, args->settings.host),
                                    .port = (int)args->settings.port,
                                    .threads = (int)args->settings.threads,
                                    .trust_proxy = args->settings.trust_proxy,
                                    .requests_per_second = (int)args->settings.requests_per_second,
                                    .mail = &mail,
                                    .setup_code = company_exists(app) ? NULL : new_setup_code(args->arena),
                                    .setup_code_always = args->settings.trust_proxy || !loopback(args->settings.host)};
    struct server *server;
    sigset_t stop;
    int which;

    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stop, NULL); /* before threads are made, so that only sigwait hears them */
    TRY(mail_settings(args, &mail));
    if (clock_is_set())
        log_event(LOG_WARN, "clock_set", "now", str_cstr(args->arena, instant_text(args->arena, clock_now_us())), NULL);
    TRY(serve_start(args->arena, app, &options, &server));
    TRY(print_welcome(args, app, &options, serve_port(server)));
    malloc_trim(0); /* what compiling the manual took goes back to the system */
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

    TRY(app_open(args, OPEN_CREATE, &app));
    TRY(allow_demo(args, app, args_has(args, "demo")));
    return serve_until_stopped(args, app);
}

static struct err *create_demo(struct args *args, struct app *app)
{
    struct company company = {.starter = STR("b2b-sales"),
                              .admin_name = STR("Alex Winter"),
                              .admin_email = STR("alex.winter@demo.example"),
                              .password = str_from(demo_password),
                              .via = VIA_CLI};

    printf("Creating the company in %.*s: starter manual %.*s\n", STR_ARG(args->settings.data), STR_ARG(company.starter));
    fflush(stdout);
    TRY(db_write(app->db, args->arena, mark_begun, NULL));
    return app_create_company(args, app, &company);
}

struct err *cmd_start(struct args *args)
{
    struct app *app;
    struct str mark;

    TRY(app_open(args, OPEN_CREATE, &app));
    if (!company_exists(app) && !args_has(args, "empty"))
        TRY(create_demo(args, app));
    TRY(db_read(app->db, args->arena, read_mark, &mark));
    if (str_eq(mark, STR("loading"))) /* every file has a key, so that what is there already is found again */
        TRY(demo_load(args, app));
    TRY(allow_demo(args, app, true));
    return serve_until_stopped(args, app);
}

static struct str flag_text(struct args *args, const char *flag, const char *if_none)
{
    const char *given = args_get(args, flag);

    return str_from(given ? given : if_none);
}

struct err *cmd_init(struct args *args)
{
    struct app *app;
    struct company company = {.starter = flag_text(args, "starter", "b2b-sales"),
                              .name = flag_text(args, "company", ""),
                              .zone = flag_text(args, "zone", ""),
                              .currency = flag_text(args, "currency", ""),
                              .via = VIA_CLI};

    if (!args_get(args, "admin")) {
        struct err *e = FAIL(args->arena, ERR_INVALID, "settings.invalid", NULL, "init needs --admin MAIL, the first administrator.");

        e->way_out = STR("fairlead init --admin you@example.com --name \"Your Name\"");
        return e;
    }
    company.admin_email = str_from(args_get(args, "admin"));
    company.admin_name = flag_text(args, "name", args_get(args, "admin"));
    TRY(app_open(args, OPEN_CREATE, &app));
    if (company_exists(app)) /* before anybody types a password */
        return FAIL(args->arena, ERR_CONFLICT, "settings.invalid", NULL, "There is a company in %.*s already; nothing was changed.",
                    STR_ARG(args->settings.data));
    TRY(company_check(args->arena, &company));
    company.password = term_secret(args->arena, "Password for the administrator: ");
    TRY(app_create_company(args, app, &company));
    printf("Created in %.*s: starter manual %.*s, administrator %.*s. Nothing is enforced yet.\nNext: fairlead serve%.*s\n",
           STR_ARG(args->settings.data), STR_ARG(company.starter), STR_ARG(company.admin_email), STR_ARG(app_data_flag(args)));
    return NULL;
}
