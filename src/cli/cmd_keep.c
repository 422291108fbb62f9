/* backup, restore. */
#include "cli_impl.h"

#include "base/file.h"
#include "keep/keep.h"

#include <inttypes.h>
#include <string.h>

static void show_progress(void *ctx, const char *what, int64_t done, int64_t total)
{
    struct progress *p = ctx;

    p->label = what;
    progress_show(p, done, total, strcmp(what, "copying") == 0 ? "pages" : "bytes");
}

static void print_copy(struct args *args, const struct keep_copy *c, const char *key, const char *value)
{
    struct buf out = buf_new(args->arena, 512);
    struct json_writer w = json_writer(&out);

    jw_object(&w);
    jw_kv_str(&w, key, str_from(value));
    jw_kv_instant(&w, "at", c->at_us);
    jw_kv_i64(&w, "bytes", c->bytes);
    jw_kv_i64(&w, "tables", c->tables);
    jw_kv_i64(&w, "rows", c->rows);
    jw_kv_i64(&w, "sealed_changes", c->sealed_changes);
    jw_kv_str(&w, "blake2b", c->hash);
    jw_end_object(&w);
    printf("%.*s\n", STR_ARG(buf_str(&out)));
}

static struct err *not_here(struct args *args, const char *does)
{
    struct err *e = FAIL(args->arena, ERR_INVALID, "settings.invalid", NULL, "%s is for the file of a data folder; this company is in PostgreSQL.", does);

    e->way_out = STR("PostgreSQL has tools of its own: pg_dump --format=custom writes a backup, pg_restore brings it back.");
    return e;
}

struct err *cmd_backup(struct args *args)
{
    struct progress progress = {.label = "copying"};
    struct keep_progress shown = {args->json ? NULL : show_progress, &progress};
    const char *out = args_get(args, "out");
    struct keep_copy copy;
    struct app *app;
    struct err *e;

    if (args->settings.db.len)
        return not_here(args, "backup");
    TRY(app_open(args, OPEN_READ, &app));
    if (!out) {
        const char *folder;

        TRY(app_folder(args, "backups", &folder));
        TRY(file_make_dirs(args->arena, folder));
        out = str_cstr(args->arena, str_fmt(args->arena, "%s/%.*s", folder, STR_ARG(keep_name(args->arena, args->now_us))));
    }
    e = keep_backup(app->db, args->arena, out, args->now_us, &shown, &copy);
    progress_end(&progress);
    TRY(e);
    if (args->json)
        print_copy(args, &copy, "file", copy.path);
    else
        printf("%s: %" PRId64 " rows in %" PRId64 " tables, %" PRId64 " bytes, read back and proved.\nBring it back with: fairlead restore %s --data NEWFOLDER\n",
               copy.path, copy.rows, copy.tables, copy.bytes, copy.path);
    return NULL;
}

struct err *cmd_restore(struct args *args)
{
    struct progress progress = {.label = "proving"};
    struct keep_progress shown = {args->json ? NULL : show_progress, &progress};
    const char *folder = str_cstr(args->arena, args->settings.data);
    struct keep_copy copy;
    struct err *e;

    if (args->settings.db.len)
        return not_here(args, "restore");
    e = keep_restore(args->arena, args->words[0], folder, &shown, &copy);
    progress_end(&progress);
    TRY(e);
    if (args->json)
        print_copy(args, &copy, "data", folder);
    else
        printf("Restored into %s: %" PRId64 " rows in %" PRId64 " tables, as of %.*s.\nNext: fairlead serve%.*s\n", folder, copy.rows,
               copy.tables, STR_ARG(str_sub(instant_text(args->arena, copy.at_us), 0, 19)), STR_ARG(app_data_flag(args)));
    return NULL;
}
