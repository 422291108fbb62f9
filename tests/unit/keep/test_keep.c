/* Backups under load, damaged ones, and bringing them back. */
#include "db_fixture.h"
#include "keep/keep.h"
#include "test.h"

#include "base/file.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#define NOW 1772460300000000LL /* 2026-03-02 14:05:00 UTC */

struct writing {
    struct db_fixture *f;
    atomic_bool stop;
    atomic_int written;
};

static struct err *fill(struct tx *tx, void *ctx)
{
    int *from = ctx;

    for (int i = 0; i < 200; i++) {
        struct str name = str_fmt(tx_arena(tx), "mark-%d", (*from)++);

        TRY(db_setting_put(tx, name, STR("a value that takes some room in the file, so that there are pages to copy")));
    }
    return NULL;
}

static void *write_on(void *ctx)
{
    struct writing *w = ctx;
    struct arena *arena = arena_new(0);
    int from = 0;

    while (!atomic_load(&w->stop)) {
        assert_ok(db_write(w->f->db, arena, fill, &from));
        atomic_store(&w->written, from);
        arena_reset(arena);
    }
    arena_free(arena);
    return NULL;
}

static struct db_fixture *with_rows(int *from)
{
    struct db_fixture *f = db_fixture_open(NULL);

    for (int i = 0; i < 10; i++)
        assert_ok(db_write(f->db, f->arena, fill, from));
    return f;
}

static const char *in_folder(struct db_fixture *f, const char *name)
{
    return str_cstr(f->arena, str_fmt(f->arena, "%s/%s", f->dir, name));
}

static struct err *count_marks(struct tx *tx, void *ctx)
{
    struct stmt *s;
    bool row;

    TRY(db_stmt_text(tx, STR("SELECT COUNT(*) FROM setting WHERE name LIKE 'mark-%'"), &s));
    TRY(db_step(s, &row));
    *(int64_t *)ctx = db_i64(s, 0);
    db_done(s);
    return NULL;
}

static int64_t marks_in(struct db_fixture *f, const char *path)
{
    struct db_options options = {.url = path, .read_only = true};
    struct db *db;
    int64_t n = 0;

    assert_ok(db_open(f->arena, &options, &db));
    assert_ok(db_read(db, f->arena, count_marks, &n));
    db_close(db);
    return n;
}

static bool needs_sqlite(void)
{
    return db_fixture_kind() == DB_SQLITE;
}

TEST(a_backup_comes_back_with_every_row)
{
    int n = 0;
    struct db_fixture *f = with_rows(&n);
    const char *file = in_folder(f, "one.backup");
    struct keep_copy made, seen, back;

    if (!needs_sqlite()) {
        assert_err(keep_backup(f->db, f->arena, file, NOW, NULL, &made), "db.failed");
        assert_false(file_exists(file));
        db_fixture_close(f);
        return;
    }
    assert_ok(keep_backup(f->db, f->arena, file, NOW, NULL, &made));
    assert_ok(db_write(f->db, f->arena, fill, &n)); /* later than the backup */
    assert_err(keep_backup(f->db, f->arena, file, NOW, NULL, &made), "io.failed");
    assert_ok(keep_verify(f->arena, file, NULL, &seen));
    assert_i64(seen.bytes > 0, 1);
    assert_ok(keep_restore(f->arena, file, in_folder(f, "new"), NULL, &back));
    assert_i64(back.rows, seen.rows);
    assert_i64(back.at_us, NOW);
    assert_i64(marks_in(f, in_folder(f, "new/fairlead.db")), 2000);
    assert_err(keep_restore(f->arena, file, in_folder(f, "new"), NULL, &back), "io.failed"); /* not over a database */
    assert_i64(marks_in(f, in_folder(f, "new/fairlead.db")), 2000);
    db_fixture_close(f);
}

TEST(a_backup_under_a_writing_load_is_one_state)
{
    int n = 0;
    struct writing w = {0};
    struct keep_copy made;
    pthread_t thread;

    if (!needs_sqlite())
        test_skip("PostgreSQL is copied with its own tools");
    w.f = with_rows(&n);
    assert_int_equal(pthread_create(&thread, NULL, write_on, &w), 0);
    while (atomic_load(&w.written) < 1000)
        usleep(1000);
    for (int i = 0; i < 5; i++) {
        const char *file = in_folder(w.f, str_cstr(w.f->arena, str_fmt(w.f->arena, "%d.backup", i)));

        assert_ok(keep_backup(w.f->db, w.f->arena, file, NOW, NULL, &made)); /* counts of every table agree, or it fails */
        assert_i64(marks_in(w.f, file) % 200, 0);                            /* no transaction in halves */
    }
    atomic_store(&w.stop, true);
    pthread_join(thread, NULL);
    db_fixture_close(w.f);
}

/* Each is refused, and nothing is written. */
TEST(a_damaged_backup_is_refused_and_nothing_is_written)
{
    int n = 0;
    struct db_fixture *f;
    struct keep_copy made, back;
    const char *bad, *folder;
    struct str whole;

    if (!needs_sqlite())
        test_skip("PostgreSQL is copied with its own tools");
    f = with_rows(&n);
    bad = in_folder(f, "bad.backup");
    folder = in_folder(f, "new");
    assert_ok(keep_backup(f->db, f->arena, in_folder(f, "good.backup"), NOW, NULL, &made));
    assert_ok(file_read(f->arena, in_folder(f, "good.backup"), 64 << 20, &whole));
    for (size_t i = 0; i < 12; i++) {
        char *bytes = arena_alloc(f->arena, whole.len);
        struct str text = {bytes, whole.len};
        size_t at = whole.len * (i / 2) / 6 + 17;

        memcpy(bytes, whole.ptr, whole.len);
        if (i % 2)
            bytes[i == 11 ? whole.len - 30 : at] ^= 4;
        else
            text.len = i ? at : 0;
        assert_ok(file_write(f->arena, bad, text));
        assert_err(keep_restore(f->arena, bad, folder, NULL, &back), "keep.damaged");
        assert_int_not_equal(access(folder, F_OK), 0);
    }
    assert_err(keep_restore(f->arena, in_folder(f, "none"), folder, NULL, &back), "io.failed");
    assert_int_not_equal(access(folder, F_OK), 0);
    db_fixture_close(f);
}

TEST(a_backup_is_named_by_its_moment)
{
    struct arena *arena = arena_new(0);

    assert_str(keep_name(arena, NOW), "fairlead-20260302-140500.backup");
    arena_free(arena);
}

TEST_MAIN(a_backup_comes_back_with_every_row, a_backup_under_a_writing_load_is_one_state,
          a_damaged_backup_is_refused_and_nothing_is_written, a_backup_is_named_by_its_moment)
