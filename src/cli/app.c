/* Opening what a command works on, and creating a company. */
#include "cli_impl.h"

#include "base/file.h"
#include "cli/company.sql.h"

#include <stdlib.h>
#include <string.h>

#define ALONE_CACHE_KIB (64 * 1024) /* a command that writes has the database to itself: an import reads its pages once */

struct err *app_folder(struct args *args, const char *name, const char **path)
{
    const char *dir = str_cstr(args->arena, args->settings.data);

    *path = str_cstr(args->arena, str_fmt(args->arena, "%s/%s", dir, name));
    return NULL;
}

static void app_close(void *ctx)
{
    struct app *app = ctx;

    if (app->access)
        access_cache_free(app->access);
    if (app->store)
        manual_store_close(app->store);
    if (app->db)
        db_close(app->db);
}

struct str app_data_flag(struct args *args)
{
    struct settings fresh = {0};

    if (settings_read(args->arena, &fresh))
        fresh = (struct settings){0};
    if (args->settings.db.len) /* it may hold a password: not repeated on the screen */
        return str_eq(fresh.db, args->settings.db) ? STR_NONE : STR(" --db ...");
    if (str_eq(fresh.data, args->settings.data))
        return STR_NONE;
    return str_fmt(args->arena, " --data %.*s", STR_ARG(args->settings.data));
}

static struct err *no_company(struct args *args)
{
    struct str where = args->settings.db.len ? STR("this database") : args->settings.data, flag = app_data_flag(args);
    struct err *e = FAIL(args->arena, ERR_NOT_FOUND, "io.failed", NULL, "There is no company in %.*s yet.", STR_ARG(where));

    e->way_out = str_fmt(args->arena, "Create one with `fairlead init --admin you@example.com%.*s`, or try the demo with `fairlead start%.*s`.",
                         STR_ARG(flag), STR_ARG(flag));
    return e;
}

/* Ids go on behind the newest one, whatever the clock says; one moment behind, for what has no row in these tables. */
static struct err *continue_ids(struct tx *tx, void *ctx)
{
    struct stmt *stmt;
    bool row;

    (void)ctx;
    TRY(db_stmt(tx, &sql_company_newest_id, &stmt));
    TRY(db_step(stmt, &row));
    if (row && db_i64(stmt, 0))
        id_after(db_i64(stmt, 0) + ID_MOMENT);
    db_done(stmt);
    return NULL;
}

/* A clock that was set must not stand before what has happened here: the history is read in the order of its moments (who held
 * it when, what was true then, the chain that is sealed), and what runs out would run out a second time. */
static struct err *clock_goes_on(struct tx *tx, void *ctx)
{
    struct arena *arena = ctx;
    int64_t now_us = clock_now_us(), newest_us;
    struct stmt *stmt;
    struct err *e;
    bool row;

    TRY(db_stmt(tx, &sql_company_newest_change, &stmt));
    TRY(db_step(stmt, &row));
    newest_us = row ? db_i64(stmt, 0) : INT64_MIN;
    db_done(stmt);
    if (newest_us <= now_us)
        return NULL;
    e = FAIL(arena, ERR_INVALID, "settings.invalid", NULL, "--clock %.*s is before the newest change here, which was made at %.*s.",
             STR_ARG(instant_text(arena, now_us / US_PER_SECOND * US_PER_SECOND)), STR_ARG(instant_text(arena, newest_us)));
    e->way_out = STR("Set it to a later moment, or start with a company made by then (--clock with init or start).");
    return e;
}

struct err *app_open(struct args *args, enum open_mode mode, struct app **out)
{
    struct app *app = NEW(args->arena, struct app);
    struct db_options options = {.readers = (int)args->settings.readers};
    const char *file;

    TRY(app_folder(args, "fairlead.db", &file));
    app->now_us = clock_now_us;
    app->data_dir = str_cstr(args->arena, args->settings.data);
    options.url = args->settings.db.len ? str_cstr(args->arena, args->settings.db) : file;
    options.read_only = mode == OPEN_READ;
    options.write_cache_kib = mode == OPEN_WRITE ? ALONE_CACHE_KIB : 0;
    if (!args->settings.db.len) {
        if (mode == OPEN_CREATE)
            TRY(file_make_dirs(args->arena, app->data_dir));
        else if (!file_exists(file))
            return no_company(args);
    }
    arena_on_reset(args->arena, app_close, app);
    TRY(db_open(args->arena, &options, &app->db));
    if (mode != OPEN_READ)
        TRY(db_read(app->db, args->arena, continue_ids, NULL));
    if (mode != OPEN_READ && clock_is_set())
        TRY(db_read(app->db, args->arena, clock_goes_on, args->arena));
    TRY(manual_store_open(args->arena, app->db, &app->store));
    app->access = access_cache_new(app->db);
    if (mode != OPEN_CREATE && !company_exists(app))
        return no_company(args);
    *out = app;
    return NULL;
}

struct err *find_person(struct tx *tx, const char *mail, struct person *out)
{
    struct err *e = access_person_by_email(tx, str_from(mail), out);

    if (!e || e->kind != ERR_NOT_FOUND)
        return e;
    e = FAIL(tx_arena(tx), ERR_NOT_FOUND, "record.not_found", NULL, "There is nobody with the mail address %s.", mail);
    e->way_out = STR("`fairlead user list` names everybody.");
    return e;
}

struct err *app_actor(struct args *args, struct app *app, struct tx *tx, const struct manual *m, const struct actor **out)
{
    const char *mail = NULL;
    struct person person;
    struct actor *actor;

    (void)app;
    for (int i = 0; i < FLAGS_MAX && args->command->flags[i].name; i++)
        if (strcmp(args->command->flags[i].name, "as") == 0)
            mail = args->values[i];
    if (!mail) {
        *out = actor_system(args->arena, m, STR_NONE);
        return NULL;
    }
    TRY(find_person(tx, mail, &person));
    TRY(actor_load(tx, m, person.id, VIA_CLI, &actor));
    *out = actor;
    return NULL;
}

struct err *find_object(struct arena *arena, const struct manual *m, const char *name, const struct object **out)
{
    struct str *names = NEW_ARRAY(arena, m->n_objects + 1, struct str);
    struct str near;
    struct err *e;

    *out = manual_object(m, str_from(name));
    if (*out)
        return NULL;
    for (size_t i = 0; i < m->n_objects; i++)
        names[i] = m->objects[i].name;
    near = str_nearest(arena, str_from(name), names, m->n_objects);
    e = FAIL(arena, ERR_NOT_FOUND, "query.parameter", NULL, "There is no object %s in the manual.", name);
    e->way_out = near.len ? str_fmt(arena, "Did you mean %.*s?", STR_ARG(near))
                          : str_fmt(arena, "There are %.*s.", STR_ARG(str_join(arena, names, m->n_objects, STR(", "))));
    return e;
}

/* ---- creating a company ---- */

struct err *app_create_company(struct args *args, struct app *app, const struct company *company)
{
    struct company_made made;
    struct err *e = company_create(app, args->arena, company, args->now_us, &made);

    if (e && made.findings.errors)
        fprintf(stderr, "%.*s", STR_ARG(findings_text(args->arena, &made.findings)));
    return e;
}
