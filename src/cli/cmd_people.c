/* user, token. */
#include "cli_impl.h"

#include "cli/company.sql.h"
#include "record/record.h"

#include <inttypes.h>
#include <string.h>

struct people_job {
    struct args *args;
    struct app *app;
    const struct manual *manual;
    const char *verb, *mail;
    struct str hash;
    struct buf out;
    int64_t id;
};

static struct err *list_people(struct tx *tx, void *ctx)
{
    struct people_job *job = ctx;
    struct json_writer w = json_writer(&job->out);
    struct stmt *stmt;
    bool row;

    TRY(db_stmt(tx, &sql_company_people, &stmt));
    jw_array(&w);
    for (;;) {
        struct str name, email, roles, team;
        bool active;

        TRY(db_step(stmt, &row));
        if (!row)
            break;
        name = db_str(stmt, db_col(stmt, "name"));
        email = db_str(stmt, db_col(stmt, "email"));
        roles = db_str(stmt, db_col(stmt, "roles"));
        team = db_str(stmt, db_col(stmt, "team"));
        active = db_i64(stmt, db_col(stmt, "active")) != 0;
        if (job->args->json) {
            struct str rest = roles, one;

            jw_object(&w);
            jw_kv_id(&w, "id", db_i64(stmt, db_col(stmt, "id")));
            jw_kv_str(&w, "name", name);
            jw_kv_str(&w, "email", email);
            jw_kv_str(&w, "team", team);
            jw_kv_bool(&w, "active", active);
            jw_key(&w, STR("roles"));
            jw_array(&w);
            while (str_cut(&rest, '\x1f', &one))
                if (one.len)
                    jw_str(&w, one);
            jw_end_array(&w);
            jw_end_object(&w);
        } else {
            struct str rest = roles, one;

            printf("%-28.*s %-40.*s %-10.*s %s", STR_ARG(name), STR_ARG(email), STR_ARG(team), active ? "" : "ended ");
            while (str_cut(&rest, '\x1f', &one))
                if (one.len)
                    printf("%.*s ", STR_ARG(one));
            putchar('\n');
        }
    }
    jw_end_array(&w);
    return NULL;
}

/* Fields of a person from flags, through the write path like everybody else's. */
static struct err *save_user(struct tx *tx, struct people_job *job, int64_t id, const char *const (*given)[2], size_t n)
{
    struct arena *arena = tx_arena(tx);
    const struct object *user = manual_object(job->manual, STR("user"));
    struct actor *actor = actor_system(arena, job->manual, STR_NONE);
    struct save_context cx = {.manual = job->manual, .actor = actor, .now_us = job->args->now_us};
    struct expr_env env = actor_env(actor, job->args->now_us);
    const struct field **fields = NEW_ARRAY(arena, n, const struct field *);
    struct value *values = NEW_ARRAY(arena, n, struct value);
    struct save_input in = {.object = user, .id = id, .if_version = -1, .fields = fields, .values = values};
    struct save_result saved;

    actor->via = VIA_CLI;
    for (size_t i = 0; i < n; i++) {
        if (!given[i][1])
            continue;
        fields[in.n] = object_field(user, str_from(given[i][0]));
        TRY(value_parse(arena, job->manual, fields[in.n], str_from(given[i][1]), &env, &values[in.n]));
        in.n++;
    }
    TRY(record_save(tx, &cx, &in, &saved));
    job->id = saved.record.id;
    return NULL;
}

/* The set of roles as a cell: "sales-rep, intern" is what value_parse reads for a multi-choice. */
static struct err *add_person(struct tx *tx, struct people_job *job)
{
    struct args *args = job->args;
    const char *superior = args_get(args, "reports-to"), *team = args_get(args, "team");
    const char *name = args_get(args, "name");
    const char *team_id = NULL, *superior_id = NULL;
    struct arena *arena = tx_arena(tx);

    if (superior) {
        struct person p;

        TRY(find_person(tx, superior, &p));
        superior_id = str_cstr(arena, str_fmt(arena, "%" PRId64, p.id));
    }
    if (team) {
        struct stmt *stmt;
        bool row;

        TRY(db_stmt(tx, &sql_company_team, &stmt));
        db_bind_str(stmt, 1, str_from(team));
        TRY(db_step(stmt, &row));
        if (!row)
            return FAIL(arena, ERR_NOT_FOUND, "record.not_found", NULL, "There is no team %s.", team);
        team_id = str_cstr(arena, str_fmt(arena, "%" PRId64, db_i64(stmt, 0)));
        db_done(stmt);
    }
    {
        const char *const given[][2] = {{"name", name ? name : job->mail}, {"email", job->mail}, {"active", "yes"},
                                        {"roles", args_get(args, "role")}, {"reports_to", superior_id}, {"team", team_id}};

        TRY(save_user(tx, job, 0, given, sizeof given / sizeof given[0]));
    }
    return job->hash.len ? access_set_password(tx, job->id, job->hash, args->now_us) : NULL;
}

static struct err *change_person(struct tx *tx, void *ctx)
{
    struct people_job *job = ctx;
    struct person p;

    if (strcmp(job->verb, "add") == 0)
        return add_person(tx, job);
    TRY(find_person(tx, job->mail, &p));
    job->id = p.id;
    if (strcmp(job->verb, "password") == 0)
        return access_set_password(tx, p.id, job->hash, job->args->now_us);
    {
        const char *const given[][2] = {{"active", "no"}};
        struct api_token *tokens;
        size_t n;

        TRY(save_user(tx, job, p.id, given, 1));
        TRY(access_end_sessions(tx, p.id, 0, job->args->now_us));
        TRY(access_tokens(tx, p.id, &tokens, &n));
        for (size_t i = 0; i < n; i++)
            TRY(access_token_end(tx, tokens[i].id, job->args->now_us));
    }
    return NULL;
}

static void print_done(const struct people_job *job)
{
    if (job->args->json)
        printf("{\"id\":\"%" PRId64 "\"}\n", job->id);
    else if (strcmp(job->verb, "add") == 0)
        printf("%s was added (%" PRId64 ").\n", job->mail, job->id);
    else if (strcmp(job->verb, "password") == 0)
        printf("%s has a new password; other sessions have ended.\n", job->mail);
    else
        printf("%s can no longer sign in; sessions and tokens have ended.\n", job->mail);
}

struct err *cmd_user(struct args *args)
{
    struct people_job job = {.args = args, .verb = args->words[0], .mail = args->n_words > 1 ? args->words[1] : NULL,
                             .out = buf_new(args->arena, 4096)};
    bool list = strcmp(job.verb, "list") == 0, end = strcmp(job.verb, "end") == 0;
    struct err *e;

    if (!list && !end && strcmp(job.verb, "add") != 0 && strcmp(job.verb, "password") != 0)
        return FAIL(args->arena, ERR_INVALID, "settings.invalid", NULL, "user takes list, add, password or end, not %s.", job.verb);
    if (!list && !job.mail)
        return FAIL(args->arena, ERR_INVALID, "settings.invalid", NULL, "user %s needs a mail address.", job.verb);
    TRY(app_open(args, list ? OPEN_READ : OPEN_WRITE, &job.app));
    job.manual = manual_live(job.app->store);
    if (list) {
        e = db_read(job.app->db, args->arena, list_people, &job);
        if (!e && args->json)
            printf("%.*s\n", STR_ARG(buf_str(&job.out)));
    } else {
        e = NULL;
        if (!end) {
            const char *name = args_get(args, "name");
            struct str password = term_secret(args->arena, "New password: ");

            e = access_password_check(args->arena, password, str_from(name), str_from(job.mail));
            if (!e)
                job.hash = access_password_hash(args->arena, password);
        }
        if (!e)
            e = db_write(job.app->db, args->arena, change_person, &job);
        if (!e)
            print_done(&job);
    }
    manual_unpin(job.manual);
    return e;
}

struct token_job {
    struct args *args;
    struct str token;
    int64_t id, expires_us;
    bool add;
};

static struct err *token_write(struct tx *tx, void *ctx)
{
    struct token_job *job = ctx;
    struct args *args = job->args;
    struct person p;

    if (!job->add)
        return access_token_end(tx, job->id, args->now_us);
    TRY(find_person(tx, args->words[1], &p));
    return access_token_create(tx, p.id, str_from(args->words[2]), str_from(args_get(args, "role")), job->expires_us,
                               args->now_us, &job->token, &job->id);
}

static struct err *token_list_json(struct tx *tx, const struct api_token *tokens, size_t n)
{
    struct buf out = buf_new(tx_arena(tx), 256);
    struct json_writer w = json_writer(&out);

    jw_array(&w);
    for (size_t i = 0; i < n; i++) {
        jw_object(&w);
        jw_kv_id(&w, "id", tokens[i].id);
        jw_kv_str(&w, "name", tokens[i].name);
        jw_kv_instant(&w, "created", tokens[i].created_us);
        jw_kv_instant(&w, "expires", tokens[i].expires_us);
        jw_kv_instant(&w, "used", tokens[i].used_us);
        jw_end_object(&w);
    }
    jw_end_array(&w);
    printf("%.*s\n", STR_ARG(buf_str(&out)));
    return NULL;
}

static struct err *token_list(struct tx *tx, void *ctx)
{
    struct token_job *job = ctx;
    struct person p;
    struct api_token *tokens;
    size_t n;

    TRY(find_person(tx, job->args->words[1], &p));
    TRY(access_tokens(tx, p.id, &tokens, &n));
    if (job->args->json)
        return token_list_json(tx, tokens, n);
    for (size_t i = 0; i < n; i++)
        printf("%" PRId64 "  %-24.*s until %.*s\n", tokens[i].id, STR_ARG(tokens[i].name),
               STR_ARG(instant_text(tx_arena(tx), tokens[i].expires_us)));
    return NULL;
}

struct err *cmd_token(struct args *args)
{
    struct token_job job = {.args = args};
    const char *verb = args->words[0];
    struct app *app;
    int64_t days = 365;

    if (args_get(args, "days") && (!str_to_i64(str_from(args_get(args, "days")), &days) || days < 1 || days > 3650))
        return FAIL(args->arena, ERR_INVALID, "settings.invalid", NULL, "--days needs a number from 1 to 3650.");
    job.expires_us = args->now_us + days * US_PER_DAY;
    job.add = strcmp(verb, "add") == 0;
    if (job.add && args->n_words != 3)
        return FAIL(args->arena, ERR_INVALID, "settings.invalid", NULL, "token add needs a mail address and a name for the token.");
    if (strcmp(verb, "list") == 0) {
        TRY(app_open(args, OPEN_READ, &app));
        return db_read(app->db, args->arena, token_list, &job);
    }
    if (!job.add && strcmp(verb, "end") != 0)
        return FAIL(args->arena, ERR_INVALID, "settings.invalid", NULL, "token takes add, list or end, not %s.", verb);
    if (!job.add && !id_parse(str_from(args->words[1]), &job.id))
        return FAIL(args->arena, ERR_INVALID, "settings.invalid", NULL, "token end needs the token's id, see token list.");
    TRY(app_open(args, OPEN_WRITE, &app));
    TRY(db_write(app->db, args->arena, token_write, &job));
    if (job.add && args->json)
        printf("{\"id\":\"%" PRId64 "\",\"token\":\"%.*s\"}\n", job.id, STR_ARG(job.token));
    else if (job.add)
        printf("%.*s\n", STR_ARG(job.token));
    else
        printf("ended %" PRId64 "\n", job.id);
    return NULL;
}
