#include "db_fixture.h"

#include "base/file.h"
#include "base/log.h"

#include <ftw.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void give_up(const char *what, const char *why)
{
    fprintf(stderr, "db_fixture: %s: %s\n", what, why);
    exit(2);
}

enum db_kind db_fixture_kind(void)
{
    const char *kind = getenv("FAIRLEAD_TEST_DB");

    if (!kind || !*kind || strcmp(kind, "sqlite") == 0)
        return DB_SQLITE;
    if (strcmp(kind, "postgres") != 0)
        give_up("FAIRLEAD_TEST_DB is neither sqlite nor postgres", kind);
    return DB_POSTGRES;
}

static const char *server_url(void)
{
    const char *url = getenv("FAIRLEAD_TEST_PG_URL");

    if (!url || !strchr(url, '?'))
        give_up("no PostgreSQL", "run the tests with `tests/pg.sh run <command>`");
    return url;
}

static void on_server(const char *sql)
{
    PGconn *pg = PQconnectdb(server_url());
    PGresult *result;

    if (PQstatus(pg) != CONNECTION_OK)
        give_up("no PostgreSQL", PQerrorMessage(pg));
    result = PQexec(pg, sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        give_up(sql, PQerrorMessage(pg));
    PQclear(result);
    PQfinish(pg);
}

static const char *database_name(const struct db_fixture *f)
{
    const char *point = strrchr(f->dir, '.');

    return str_cstr(f->arena, str_lower_ascii(f->arena, str_fmt(f->arena, "t%ld_%s", (long)getpid(),
                                                                point + 1)));
}

/* A closed database is one file: the last to close it moves its log into it. */
static void copy_file(struct db_fixture *f, const char *from, const char *to)
{
    struct str text;

    if (file_exists(str_cstr(f->arena, str_fmt(f->arena, "%s-wal", from))))
        give_up("not at rest", from);
    if (file_read(f->arena, from, SIZE_MAX, &text) || file_write(f->arena, to, text))
        give_up("cannot copy", from);
}

/* An empty place, or a copy of another one's database. */
static void make_place(struct db_fixture *f, const struct db_fixture *from)
{
    const char *tmp = getenv("TMPDIR");
    struct str dir = str_fmt(f->arena, "%s/fairlead-test.XXXXXX", tmp && *tmp ? tmp : "/tmp");
    char *path = arena_alloc(f->arena, dir.len + 1);

    memcpy(path, dir.ptr, dir.len);
    if (!mkdtemp(path))
        give_up("no temporary folder", path);
    f->dir = path;
    if (f->kind == DB_SQLITE) {
        f->url = str_cstr(f->arena, str_fmt(f->arena, "%s/test.db", path));
        if (from)
            copy_file(f, from->url, f->url);
        return;
    }
    on_server(str_cstr(f->arena, str_fmt(f->arena,
                                         "CREATE DATABASE %s TEMPLATE %s ENCODING 'UTF8' "
                                         "LC_COLLATE 'C' LC_CTYPE 'C' STRATEGY file_copy",
                                         database_name(f), from ? database_name(from) : "template0")));
    f->url = str_cstr(f->arena, str_fmt(f->arena, "%s&dbname=%s", server_url(), database_name(f)));
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void remove_place(struct db_fixture *f)
{
    if (f->kind == DB_POSTGRES)
        on_server(str_cstr(f->arena,
                           str_fmt(f->arena, "DROP DATABASE %s WITH (FORCE)", database_name(f))));
    nftw(f->dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static void open_db(struct db_fixture *f)
{
    struct err *e = db_open(f->arena, &f->options, &f->db);

    if (!e)
        return;
    remove_place(f);
    give_up("db_open", str_cstr(f->arena, err_text(f->arena, e)));
}

static struct db_fixture *fixture(const struct db_options *options, const struct db_fixture *from)
{
    struct arena *arena = arena_new(0);
    struct db_fixture *f = NEW(arena, struct db_fixture);

    f->arena = arena;
    f->kind = db_fixture_kind();
    log_set_level(getenv("FAIRLEAD_TEST_LOG") ? LOG_DEBUG : LOG_ERROR);
    if (options)
        f->options = *options;
    make_place(f, from);
    f->options.url = f->url;
    open_db(f);
    return f;
}

/* To migrate is most of a test's set-up: each program does it once for each kind, and every fixture is a copy. */
static struct db_fixture *migrated[2];
static pid_t migrated_by;

static void remove_migrated(void)
{
    if (getpid() != migrated_by) /* a test's child */
        return;
    for (size_t i = 0; i < sizeof migrated / sizeof *migrated; i++)
        if (migrated[i])
            db_fixture_close(migrated[i]);
}

struct db_fixture *db_fixture_open(const struct db_options *options)
{
    struct db_fixture **from = &migrated[db_fixture_kind() == DB_POSTGRES];

    if (!*from) {
        if (!migrated_by && atexit(remove_migrated) != 0)
            give_up("atexit", "no room");
        migrated_by = getpid();
        *from = fixture(NULL, NULL);
        db_fixture_rest(*from);
    }
    return fixture(options, *from);
}

struct db_fixture *db_fixture_copy(const struct db_fixture *f)
{
    return fixture(&f->options, f);
}

void db_fixture_rest(struct db_fixture *f)
{
    db_close(f->db);
    f->db = NULL;
}

void db_fixture_restart(struct db_fixture *f)
{
    db_close(f->db);
    open_db(f);
}

void db_fixture_close(struct db_fixture *f)
{
    if (f->db)
        db_close(f->db);
    remove_place(f);
    arena_free(f->arena);
}

int db_fixture_setup(void **state)
{
    *state = db_fixture_open(NULL);
    return 0;
}

int db_fixture_teardown(void **state)
{
    db_fixture_close(*state);
    return 0;
}
