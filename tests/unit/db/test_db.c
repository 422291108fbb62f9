/* The database as a whole, on both: settings, migrations, what is sound. */
#include "things.h"

static struct err *settings(struct tx *tx, void *ctx)
{
    struct str value;

    (void)ctx;
    TRY(db_setting_get(tx, STR("node"), &value));
    assert_null(value.ptr);
    TRY(db_setting_put(tx, STR("node"), STR("1")));
    TRY(db_setting_put(tx, STR("node"), STR("2")));
    TRY(db_setting_get(tx, STR("node"), &value));
    assert_str(value, "2");
    return NULL;
}

TEST(a_setting_keeps_its_last_value)
{
    struct db_fixture *f = *state;

    assert_ok(db_write(f->db, f->arena, settings, NULL));
}

/* ---- the whole ---- */

TEST(migrations_are_applied_once)
{
    struct db_fixture *f = *state;

    db_fixture_restart(f);
    db_fixture_restart(f);
    assert_i64(things(f), 0);
}

static struct err *run_text(struct tx *tx, void *ctx)
{
    return run_sql(tx, ctx);
}

static void refused_to_open(struct db_fixture *f, const char *part)
{
    struct db *db;

    db_close(f->db);
    f->db = NULL;
    assert_has(assert_err(db_open(f->arena, &f->options, &db), "db.failed")->message, part);
    assert_null(db);
    f->options.read_only = true; /* looks as well */
    assert_has(assert_err(db_open(f->arena, &f->options, &db), "db.failed")->message, part);
    f->options.read_only = false;
}

TEST(a_changed_migration_is_refused)
{
    struct db_fixture *f = *state;
    char sql[] = "UPDATE schema_migration SET hash = 'x' WHERE number = 1";

    assert_ok(db_write(f->db, f->arena, run_text, sql));
    refused_to_open(f, "0001-base");
}

TEST(a_database_of_a_later_version_is_refused)
{
    struct db_fixture *f = *state;
    char sql[] = "INSERT INTO schema_migration (number, name, hash, applied_us) "
                 "VALUES (9998, 'future', 'x', 1)";

    assert_ok(db_write(f->db, f->arena, run_text, sql));
    refused_to_open(f, "9998");
}

TEST(a_sound_database_has_no_findings)
{
    struct db_fixture *f = *state;
    struct buf findings = buf_new(f->arena, 0);

    assert_ok(db_write(f->db, f->arena, put_twelve, NULL));
    assert_ok(db_check(f->db, f->arena, &findings));
    assert_str(buf_str(&findings), "");
}

TEST(an_empty_address_is_refused)
{
    struct db_fixture *f = *state;
    struct db_options options = {.url = ""};
    struct db *db;

    assert_err(db_open(f->arena, &options, &db), "db.failed");
}

TEST_MAIN_WITH(things_setup, db_fixture_teardown, a_setting_keeps_its_last_value,
               migrations_are_applied_once, a_changed_migration_is_refused,
               a_database_of_a_later_version_is_refused, a_sound_database_has_no_findings,
               an_empty_address_is_refused)
