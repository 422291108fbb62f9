/* SQLite alone: lock file, group commit, the log, a full disk, copies, looking in while a server runs. */
#include "test.h"

#include "db/db.h"
#include "db/migrations.h"
#include "db_fixture.h"

#include "base/file.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct err *make_thing(struct tx *tx, void *ctx)
{
    (void)ctx;
    return db_exec(tx, STR("CREATE TABLE thing (id BIGINT PRIMARY KEY NOT NULL, name TEXT)"));
}

static struct db_fixture *open_with(struct db_options options)
{
    struct db_fixture *f;

    if (db_fixture_kind() != DB_SQLITE)
        test_skip("this is about SQLite");
    f = db_fixture_open(&options);
    assert_ok(db_write(f->db, f->arena, make_thing, NULL));
    return f;
}

static struct err *put(struct tx *tx, int64_t id, struct str name)
{
    struct stmt *stmt;

    TRY(db_stmt_text(tx, STR("INSERT INTO thing (id, name) VALUES ($1, $2)"), &stmt));
    db_bind_i64(stmt, 1, id);
    db_bind_str(stmt, 2, name);
    return db_run(stmt, NULL);
}

static struct err *put_one(struct tx *tx, void *ctx)
{
    return put(tx, *(int64_t *)ctx, STR("one"));
}

static struct err *count(struct tx *tx, void *ctx)
{
    struct stmt *stmt;
    bool row;

    TRY(db_stmt_text(tx, STR("SELECT count(*) FROM thing"), &stmt));
    TRY(db_step(stmt, &row));
    *(int64_t *)ctx = db_i64(stmt, 0);
    return NULL;
}

static int64_t things(struct db_fixture *f, struct db *db)
{
    int64_t n = -1;

    assert_ok(db_read(db, f->arena, count, &n));
    return n;
}

/* ---- one server ---- */

TEST(a_second_server_is_refused)
{
    struct db_fixture *f = open_with((struct db_options){0});
    struct db *second;
    const struct err *e = assert_err(db_open(f->arena, &f->options, &second), "db.busy");

    assert_int_equal(e->kind, ERR_BUSY);
    assert_null(second);
    db_fixture_restart(f); /* and lets go when it closes */
    db_fixture_close(f);
}

TEST(looking_in_needs_no_lock_and_cannot_write)
{
    struct db_fixture *f = open_with((struct db_options){0});
    struct db_options options = {.url = f->url, .read_only = true};
    int64_t id = 1;
    struct db *look;

    assert_ok(db_write(f->db, f->arena, put_one, &id));
    assert_ok(db_open(f->arena, &options, &look));
    assert_i64(things(f, look), 1);
    id = 2;
    assert_ok(db_write(f->db, f->arena, put_one, &id));
    assert_i64(things(f, look), 2);
    id = 3;
    assert_err(db_write(look, f->arena, put_one, &id), "db.failed");
    assert_err(db_read(look, f->arena, put_one, &id), "db.failed");
    db_close(look);
    assert_ok(db_write(f->db, f->arena, put_one, &id));
    db_fixture_close(f);
}

TEST(a_missing_file_is_not_made_when_it_must_exist)
{
    struct db_fixture *f = open_with((struct db_options){0});
    const char *path = str_cstr(f->arena, str_fmt(f->arena, "%s/none.db", f->dir));
    struct db_options options = {.url = path, .must_exist = true};
    struct db *db;

    assert_err(db_open(f->arena, &options, &db), "db.failed");
    assert_false(file_exists(path));
    options.url = str_cstr(f->arena, str_fmt(f->arena, "%s/no/folder/x.db", f->dir));
    options.must_exist = false;
    assert_err(db_open(f->arena, &options, &db), "db.failed");
    db_fixture_close(f);
}

TEST(a_file_that_is_no_database_is_refused)
{
    struct db_fixture *f = open_with((struct db_options){0});
    const char *path = str_cstr(f->arena, str_fmt(f->arena, "%s/text.db", f->dir));
    struct db_options options = {.url = path};
    struct buf text = buf_new(f->arena, 0);
    struct db *db;

    for (int i = 0; i < 500; i++)
        buf_add(&text, STR("This is a letter, not a database. "));
    assert_ok(file_write(f->arena, path, buf_str(&text)));
    assert_has(assert_err(db_open(f->arena, &options, &db), "db.failed")->message,
               "not a database");
    db_fixture_close(f);
}

/* ---- groups ---- */

enum { JOBS = 200 };

struct job {
    struct arena *arena;
    int64_t id;
    size_t bytes;
    bool swallow; /* does not pass its failure on */
    int refuse;   /* every how many-th refuses by itself; 0: none */
    const char *code;
    _Atomic int *left;
};

static struct err *put_bytes(struct tx *tx, void *ctx)
{
    struct job *job = ctx;
    char *bytes = arena_alloc(tx_arena(tx), job->bytes + 1);
    struct err *e;

    memset(bytes, 'x', job->bytes);
    e = put(tx, job->id, (struct str){bytes, job->bytes});
    if (e && !job->swallow)
        return e;
    if (job->refuse && job->id % job->refuse == 0)
        return FAIL(tx_arena(tx), ERR_INVALID, "task.closed", NULL, "No.");
    return NULL;
}

static void put_done(void *ctx, struct err *err)
{
    struct job *job = ctx;

    job->code = err ? err->code : NULL;
    atomic_fetch_sub(job->left, 1);
}

/* All jobs are handed in while the writer still waits for company for the first one. */
static void run_jobs(struct db_fixture *f, struct job *jobs, int n)
{
    _Atomic int left = n;

    for (int i = 0; i < n; i++) {
        jobs[i].arena = arena_new(0);
        jobs[i].left = &left;
        db_write_async(f->db, jobs[i].arena, put_bytes, &jobs[i], put_done);
    }
    for (int i = 0; atomic_load(&left) > 0; i++) {
        assert_true(i < 60000);
        usleep(1000);
    }
    for (int i = 0; i < n; i++)
        arena_free(jobs[i].arena);
}

TEST(waiting_jobs_share_a_commit)
{
    struct db_fixture *f = open_with((struct db_options){.commit_delay_us = 50000});
    struct job jobs[JOBS];
    int64_t before = db_stats(f->db).commits;
    int good = 0;

    for (int i = 0; i < JOBS; i++)
        jobs[i] = (struct job){.id = i + 1, .bytes = 10, .refuse = 10};
    run_jobs(f, jobs, JOBS);
    for (int i = 0; i < JOBS; i++) {
        if ((i + 1) % 10 == 0)
            assert_string_equal(jobs[i].code, "task.closed");
        else
            assert_null(jobs[i].code);
        good += jobs[i].code == NULL;
    }
    assert_i64(things(f, f->db), good);
    assert_true(db_stats(f->db).commits - before <= 3);
    assert_i64(db_stats(f->db).writes, good + 1);
    db_fixture_close(f);
}

TEST(a_lone_job_does_not_wait_for_company)
{
    struct db_fixture *f = open_with((struct db_options){0});
    int64_t before = db_stats(f->db).commits;

    for (int64_t id = 1; id <= 20; id++)
        assert_ok(db_write(f->db, f->arena, put_one, &id));
    assert_i64(db_stats(f->db).commits - before, 20);
    db_fixture_close(f);
}

TEST(a_full_disk_fails_the_whole_group_and_nothing_is_written)
{
    struct db_fixture *f =
        open_with((struct db_options){.commit_delay_us = 50000, .pages_max = 1200});
    struct job jobs[21] = {0};
    int64_t id = 500;

    for (int i = 0; i < 21; i++)
        jobs[i] = (struct job){.id = i + 1, .bytes = i == 20 ? 64 << 20 : 10};
    run_jobs(f, jobs, 21);
    for (int i = 0; i < 21; i++)
        assert_string_equal(jobs[i].code, "db.full");
    assert_i64(things(f, f->db), 0);
    assert_ok(db_write(f->db, f->arena, put_one, &id)); /* and goes on where there is room */
    assert_i64(things(f, f->db), 1);
    db_fixture_close(f);
}

static struct err *keep_trying(struct tx *tx, void *ctx)
{
    struct job *job = ctx;

    for (int i = 0; i < 5; i++) {
        struct err *e = tx_nested(tx, put_bytes, job);

        if (i > 0)
            assert_non_null(e);
        job->bytes = i ? 10 : 64 << 20; /* the second fills the disk, the others would fit */
        job->id++;
    }
    return NULL; /* and says nothing */
}

TEST(a_job_that_ignores_the_full_disk_writes_nothing_either)
{
    struct db_fixture *f = open_with((struct db_options){.pages_max = 1200});
    struct job job = {.id = 1, .bytes = 10};

    assert_err(db_write(f->db, f->arena, keep_trying, &job), "db.full");
    assert_i64(things(f, f->db), 0);
    db_fixture_restart(f);
    assert_i64(things(f, f->db), 0);
    db_fixture_close(f);
}

/* ---- the log ---- */

static int64_t size_of(struct db_fixture *f, const char *ending)
{
    struct stat st;

    if (stat(str_cstr(f->arena, str_fmt(f->arena, "%s%s", f->url, ending)), &st) != 0)
        return 0;
    return st.st_size;
}

TEST(an_idle_writer_empties_the_log)
{
    struct db_fixture *f = open_with((struct db_options){0});
    int64_t id = 1;

    assert_ok(db_write(f->db, f->arena, put_one, &id));
    assert_true(db_stats(f->db).wal_bytes > 0);
    assert_true(size_of(f, "-wal") > 0);
    for (int i = 0; i < 100 && db_stats(f->db).wal_bytes > 0; i++)
        usleep(100000);
    assert_i64(size_of(f, "-wal"), 0);
    assert_i64(db_stats(f->db).wal_bytes, 0);
    db_fixture_close(f);
}

TEST(the_log_stays_bounded_under_steady_writes)
{
    struct db_fixture *f = open_with((struct db_options){0});
    int64_t most = 0;

    for (int i = 0; i < 150; i++) {
        struct job job = {.id = i, .bytes = 512 << 10};
        struct arena *arena = arena_new(0);

        assert_ok(db_write(f->db, arena, put_bytes, &job));
        if (i % 10 == 0) /* and an idle reader with its snapshot in between */
            assert_i64(things(f, f->db), i + 1);
        most = size_of(f, "-wal") > most ? size_of(f, "-wal") : most;
        arena_free(arena);
    }
    assert_true(most < 32 << 20); /* of 75 MB written */
    assert_i64(things(f, f->db), 150);
    db_fixture_close(f);
}

TEST(closing_leaves_the_database_in_one_file)
{
    struct db_fixture *f = open_with((struct db_options){0});
    int64_t id = 1;

    assert_ok(db_write(f->db, f->arena, put_one, &id));
    assert_i64(things(f, f->db), 1);
    db_close(f->db);
    f->db = NULL;
    assert_i64(size_of(f, "-wal"), 0);
    db_fixture_close(f);
}

/* A child writes and is killed: what was acknowledged is there. */
TEST(acknowledged_writes_survive_a_kill)
{
    struct db_fixture *f = open_with((struct db_options){0});
    int pipe_fds[2];
    int64_t acknowledged = 0, id;
    pid_t child;

    db_close(f->db);
    assert_int_equal(pipe(pipe_fds), 0);
    child = fork();
    if (child == 0) {
        struct db *db;

        if (db_open(f->arena, &f->options, &db))
            _exit(1);
        for (id = 1;; id++)
            if (db_write(db, f->arena, put_one, &id) ||
                write(pipe_fds[1], &id, sizeof id) != sizeof id)
                _exit(1);
    }
    close(pipe_fds[1]);
    while (acknowledged < 100 && read(pipe_fds[0], &id, sizeof id) == sizeof id)
        acknowledged = id;
    assert_i64(acknowledged, 100);
    kill(child, SIGKILL);
    while (read(pipe_fds[0], &id, sizeof id) == sizeof id)
        acknowledged = id;
    waitpid(child, NULL, 0);
    close(pipe_fds[0]);
    assert_ok(db_open(f->arena, &f->options, &f->db));
    assert_true(things(f, f->db) >= acknowledged);
    assert_true(things(f, f->db) <= acknowledged + 1);
    assert_true(db_stats(f->db).wal_bytes > 0); /* what the kill left is emptied soon */
    for (int i = 0; i < 100 && db_stats(f->db).wal_bytes > 0; i++)
        usleep(100000);
    assert_i64(size_of(f, "-wal"), 0);
    db_fixture_close(f);
}

/* ---- readers ---- */

TEST(readers_beyond_the_pool_wait_for_one)
{
    struct db_fixture *f = open_with((struct db_options){.readers = 2});
    struct tx *a, *b, *c;

    assert_ok(db_read_begin(f->db, f->arena, &a));
    assert_ok(db_read_begin(f->db, f->arena, &b));
    db_read_end(a);
    assert_ok(db_read_begin(f->db, f->arena, &c));
    db_read_end(b);
    db_read_end(c);
    assert_i64(db_stats(f->db).reads, 3);
    db_fixture_close(f);
}

/* ---- copies and checks ---- */

static struct err *copy_to(struct tx *tx, void *ctx)
{
    return db_backup(tx, ctx, NULL, NULL);
}

static struct err *back_up(struct db_fixture *f, const char *path)
{
    return db_read(f->db, f->arena, copy_to, (void *)(uintptr_t)path);
}

TEST(a_backup_is_a_whole_database)
{
    struct db_fixture *f = open_with((struct db_options){0});
    const char *path = str_cstr(f->arena, str_fmt(f->arena, "%s/copy.db", f->dir));
    struct db_options options = {.url = path};
    int64_t id = 1;
    struct db *copy;

    assert_ok(db_write(f->db, f->arena, put_one, &id));
    assert_ok(back_up(f, path));
    id = 2;
    assert_ok(db_write(f->db, f->arena, put_one, &id));
    assert_err(back_up(f, path), "db.failed"); /* never over another file */
    assert_ok(db_open(f->arena, &options, &copy));
    assert_i64(things(f, copy), 1);
    db_close(copy);
    assert_err(back_up(f, "/no/such/folder/copy.db"), "db.failed");
    db_fixture_close(f);
}

static struct err *make_part(struct tx *tx, void *ctx)
{
    (void)ctx;
    return db_exec(tx, STR("CREATE TABLE part (id BIGINT PRIMARY KEY NOT NULL,"
                           " thing_id BIGINT REFERENCES thing (id))"));
}

TEST(a_reference_to_a_missing_row_is_found)
{
    struct db_fixture *f = open_with((struct db_options){0});
    struct buf findings = buf_new(f->arena, 0);
    sqlite3 *other; /* a program that does not look at references */

    assert_ok(db_write(f->db, f->arena, make_part, NULL));
    assert_int_equal(sqlite3_open(f->url, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "INSERT INTO part VALUES (1, 42)", NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(other);
    db_fixture_restart(f); /* snapshots are kept while only this server writes */
    assert_ok(db_check(f->db, f->arena, &findings));
    assert_has(buf_str(&findings), "reference: part: row 1 refers to a missing row of thing");
    db_fixture_close(f);
}

TEST(damage_is_found)
{
    struct db_fixture *f = open_with((struct db_options){0});
    struct buf findings = buf_new(f->arena, 0);
    FILE *file;
    int64_t pages;

    for (int i = 0; i < 200; i++) {
        struct job job = {.id = i, .bytes = 1000};

        assert_ok(db_write(f->db, f->arena, put_bytes, &job));
    }
    db_close(f->db);
    pages = size_of(f, "") / 4096;
    assert_true(pages > 50);
    file = fopen(f->url, "r+");
    assert_non_null(file);
    for (int64_t page = pages - 8; page < pages; page++) { /* the heads of the last pages */
        fseek(file, (long)page * 4096, SEEK_SET);
        fwrite("damaged damaged damaged damaged", 1, 31, file);
    }
    fclose(file);
    assert_ok(db_open(f->arena, &f->options, &f->db));
    assert_ok(db_check(f->db, f->arena, &findings));
    assert_has(buf_str(&findings), "integrity: ");
    db_fixture_close(f);
}

/* ---- migrations ---- */

TEST(sections_of_a_migration_go_to_their_database)
{
    struct arena *arena = arena_new(0);
    const char *text = "-- About.\nCREATE both;\n-- sqlite:\nCREATE lite;\n  -- a remark\n"
                       "-- postgres:\nCREATE pg;\n-- both:\nCREATE more;\n";

    assert_str(migration_text(arena, text, DB_SQLITE),
               "CREATE both;\nCREATE lite;\nCREATE more;\n");
    assert_str(migration_text(arena, text, DB_POSTGRES),
               "CREATE both;\nCREATE pg;\nCREATE more;\n");
    arena_free(arena);
}

TEST_MAIN(a_second_server_is_refused, looking_in_needs_no_lock_and_cannot_write,
          a_missing_file_is_not_made_when_it_must_exist, a_file_that_is_no_database_is_refused,
          waiting_jobs_share_a_commit, a_lone_job_does_not_wait_for_company,
          a_full_disk_fails_the_whole_group_and_nothing_is_written,
          a_job_that_ignores_the_full_disk_writes_nothing_either, an_idle_writer_empties_the_log,
          the_log_stays_bounded_under_steady_writes, closing_leaves_the_database_in_one_file,
          acknowledged_writes_survive_a_kill, readers_beyond_the_pool_wait_for_one,
          a_backup_is_a_whole_database, a_reference_to_a_missing_row_is_found, damage_is_found,
          sections_of_a_migration_go_to_their_database)
