/* PostgreSQL alone: tries again, broken connections, messages between nodes, databases that do not suit. */
#include "test.h"

#include "db/db.h"
#include "db_fixture.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

static struct err *make_thing(struct tx *tx, void *ctx)
{
    (void)ctx;
    return db_exec(tx, STR("CREATE TABLE thing (id BIGINT PRIMARY KEY NOT NULL, n BIGINT NOT NULL);"
                           "INSERT INTO thing VALUES (1, 0)"));
}

static int setup(void **state)
{
    struct db_fixture *f;

    if (db_fixture_kind() != DB_POSTGRES)
        return 0;
    f = db_fixture_open(NULL);
    assert_ok(db_write(f->db, f->arena, make_thing, NULL));
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    if (*state)
        db_fixture_close(*state);
    return 0;
}

#define NEEDS_POSTGRES() \
    struct db_fixture *f = *state; \
    if (!f) \
    test_skip("this is about PostgreSQL: tests/pg.sh run make unit ROOM=db")

static struct err *get(struct tx *tx, int64_t *n)
{
    struct stmt *stmt;
    bool row;

    TRY(db_stmt_text(tx, STR("SELECT n FROM thing WHERE id = $1"), &stmt));
    db_bind_i64(stmt, 1, 1);
    TRY(db_step(stmt, &row));
    *n = row ? db_i64(stmt, 0) : -1;
    db_done(stmt);
    return NULL;
}

static struct err *get_into(struct tx *tx, void *ctx)
{
    return get(tx, ctx);
}

static struct err *set(struct tx *tx, int64_t n)
{
    struct stmt *stmt;

    TRY(db_stmt_text(tx, STR("UPDATE thing SET n = $1 WHERE id = 1"), &stmt));
    db_bind_i64(stmt, 1, n);
    return db_run(stmt, NULL);
}

static int64_t value(struct db_fixture *f)
{
    int64_t n = -1;

    assert_ok(db_read(f->db, f->arena, get_into, &n));
    return n;
}

/* ---- tries ---- */

struct adder {
    _Atomic int runs, hooks;
    int nested;
};

static void count_hook(void *ctx)
{
    atomic_fetch_add((_Atomic int *)ctx, 1);
}

static struct err *add_inner(struct tx *tx, void *ctx)
{
    int64_t n;

    (void)ctx;
    TRY(get(tx, &n));
    usleep(500); /* somebody else gets in between */
    return set(tx, n + 1);
}

static struct err *add(struct tx *tx, void *ctx)
{
    struct adder *adder = ctx;

    atomic_fetch_add(&adder->runs, 1);
    assert_null(*tx_slot(tx, TX_SLOT_WORK)); /* fresh with each try */
    *tx_slot(tx, TX_SLOT_WORK) = adder;
    tx_on_commit(tx, count_hook, &adder->hooks);
    return adder->nested ? tx_nested(tx, add_inner, NULL) : add_inner(tx, NULL);
}

struct worker {
    struct db_fixture *f;
    struct adder *adder;
    _Atomic int *busy;
};

static void *add_often(void *ctx)
{
    struct worker *w = ctx;
    struct arena *arena = arena_new(0);

    for (int i = 0; i < 10; i++) {
        struct err *e;

        while ((e = db_write(w->f->db, arena, add, w->adder)) != NULL) {
            assert_int_equal(e->kind,
                             ERR_BUSY); /* ten tries were not enough: the dispatcher's turn */
            atomic_fetch_add(w->busy, 1);
        }
        arena_reset(arena);
    }
    arena_free(arena);
    return NULL;
}

TEST(colliding_writes_are_tried_again_until_each_counted_once)
{
    NEEDS_POSTGRES();
    struct adder adder = {0};
    _Atomic int busy = 0;
    struct worker w = {f, &adder, &busy};
    pthread_t threads[4];

    for (adder.nested = 0; adder.nested < 2; adder.nested++) {
        for (int i = 0; i < 4; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, add_often, &w), 0);
        for (int i = 0; i < 4; i++)
            pthread_join(threads[i], NULL);
        assert_i64(value(f), 40 * (adder.nested + 1));
    }
    assert_i64(adder.hooks, 80);
    assert_true(adder.runs > 80);
    assert_true(db_stats(f->db).retries > 0);
}

static struct err *ignore_failure(struct tx *tx, void *ctx)
{
    (void)ctx;
    TRY(set(tx, 5));
    assert_err(db_exec(tx, STR("INSERT INTO thing VALUES (1, 1)")), "db.failed");
    return NULL;
}

TEST(a_failure_that_is_not_passed_on_does_not_look_like_success)
{
    NEEDS_POSTGRES();

    assert_err(db_write(f->db, f->arena, ignore_failure, NULL), "db.failed");
    assert_i64(value(f), 0);
}

/* ---- broken connections ---- */

static void server_says(struct db_fixture *f, const char *sql)
{
    PGconn *pg = PQconnectdb(f->url);
    PGresult *result = PQexec(pg, sql);

    assert_true(PQresultStatus(result) == PGRES_TUPLES_OK ||
                PQresultStatus(result) == PGRES_COMMAND_OK);
    PQclear(result);
    PQfinish(pg);
}

#define CUT_ALL \
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity " \
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"

static struct err *cut_in_the_middle(struct tx *tx, void *ctx)
{
    TRY(set(tx, 9));
    server_says(ctx, CUT_ALL);
    usleep(50000);
    return set(tx, 10);
}

static struct err *set_three(struct tx *tx, void *ctx)
{
    (void)ctx;
    return set(tx, 3);
}

TEST(a_broken_connection_fails_one_job_and_is_replaced)
{
    NEEDS_POSTGRES();
    struct err *e;

    assert_i64(value(f), 0);
    assert_err(db_write(f->db, f->arena, cut_in_the_middle, f), "db.failed");
    assert_ok(db_write(f->db, f->arena, set_three, NULL));
    assert_i64(value(f), 3);
    server_says(f, CUT_ALL); /* while nobody uses them: nobody notices */
    usleep(50000);
    e = db_write(f->db, f->arena, set_three, NULL);
    assert_ok(e);
    assert_i64(value(f), 3);
}

/* ---- messages ---- */

struct heard {
    pthread_mutex_t lock;
    int messages, reconnects;
};

static void hear(void *ctx, const char *channel, struct str payload)
{
    struct heard *heard = ctx;

    pthread_mutex_lock(&heard->lock);
    if (strcmp(channel, "db.reconnected") == 0)
        heard->reconnects++;
    else if (strcmp(channel, "records") == 0 && str_eq(payload, STR("12\n13")))
        heard->messages++;
    pthread_mutex_unlock(&heard->lock);
}

static bool heard_so_far(struct heard *heard, int messages, int reconnects)
{
    for (int i = 0; i < 5000; i++) {
        pthread_mutex_lock(&heard->lock);
        bool enough = heard->messages == messages && heard->reconnects == reconnects;
        pthread_mutex_unlock(&heard->lock);
        if (enough)
            return true;
        usleep(1000);
    }
    return false;
}

static struct err *say(struct tx *tx, void *ctx)
{
    (void)ctx;
    tx_notify(tx, "records", STR("12\n13"));
    return NULL;
}

TEST(another_node_hears_also_after_a_broken_connection)
{
    NEEDS_POSTGRES();
    struct heard heard = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct db *other;

    assert_ok(db_open(f->arena, &f->options, &other));
    db_on_notify(other, hear, &heard);
    assert_ok(db_write(f->db, f->arena, say, NULL));
    assert_true(heard_so_far(&heard, 1, 0));
    server_says(f, CUT_ALL);
    assert_true(heard_so_far(&heard, 1, 1));
    assert_ok(db_write(f->db, f->arena, say, NULL));
    assert_true(heard_so_far(&heard, 2, 1));
    db_close(other);
}

/* ---- statements ---- */

static struct err *all_columns(struct tx *tx, void *ctx)
{
    struct stmt *stmt;
    bool row;

    TRY(db_stmt_text(tx, STR("SELECT * FROM thing"), &stmt));
    TRY(db_step(stmt, &row));
    *(int *)ctx = db_cols(stmt);
    return NULL;
}

TEST(a_plan_that_no_longer_fits_is_made_anew)
{
    NEEDS_POSTGRES();
    struct err *e = NULL;
    int cols = 0;

    for (int i = 0; i < 40; i++) /* on every writer's connection */
        assert_ok(db_write(f->db, f->arena, all_columns, &cols));
    assert_ok(db_read(f->db, f->arena, all_columns, &cols));
    assert_i64(cols, 2);
    server_says(f, "ALTER TABLE thing ADD COLUMN c_more BIGINT");
    for (int i = 0; i < 40; i++) {
        assert_ok(db_write(f->db, f->arena, all_columns, &cols));
        assert_i64(cols, 3);
    }
    for (int i = 0; i < 4;
         i++) { /* a read says busy, once per connection: the dispatcher asks again */
        e = db_read(f->db, f->arena, all_columns, &cols);
        if (!e)
            break;
        assert_int_equal(e->kind, ERR_BUSY);
    }
    assert_ok(e);
    assert_i64(cols, 3);
}

static struct err *booleans(struct tx *tx, void *ctx)
{
    struct stmt *stmt;
    bool row;

    (void)ctx;
    TRY(db_stmt_text(tx, STR("SELECT n = 0 AS yes, n = 1 AS no, 12.50 AS price FROM thing"),
                     &stmt));
    assert_int_equal(db_col(stmt, "price"), 2); /* known before the first step */
    TRY(db_step(stmt, &row));
    assert_i64(db_i64(stmt, 0), 1);
    assert_i64(db_i64(stmt, 1), 0);
    assert_str(db_str(stmt, 0), "1");
    assert_i64(db_i64(stmt, 2), 12);
    assert_true(db_real(stmt, 2) == 12.5);
    return NULL;
}

TEST(booleans_are_one_and_zero)
{
    NEEDS_POSTGRES();

    assert_ok(db_read(f->db, f->arena, booleans, NULL));
}

/* ---- opening ---- */

static const char *with_database(struct db_fixture *f, const char *name)
{
    return str_cstr(f->arena, str_fmt(f->arena, "%s&dbname=%s", f->url, name));
}

TEST(a_database_that_sorts_by_language_is_refused)
{
    NEEDS_POSTGRES();
    struct str name = str_fmt(f->arena, "icu_%ld", (long)getpid());
    struct db_options options = {.url = with_database(f, str_cstr(f->arena, name))};
    struct db *db;

    server_says(f, str_cstr(f->arena, str_fmt(f->arena,
                                              "CREATE DATABASE %.*s TEMPLATE template0 ENCODING "
                                              "'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'en-US'",
                                              STR_ARG(name))));
    assert_has(assert_err(db_open(f->arena, &options, &db), "db.failed")->message, "sorts text");
    server_says(f, str_cstr(f->arena, str_fmt(f->arena, "DROP DATABASE %.*s", STR_ARG(name))));
}

static struct err *copy_to_file(struct tx *tx, void *ctx)
{
    (void)ctx;
    return db_backup(tx, "/tmp/never", NULL, NULL);
}

TEST(a_server_that_is_not_there_is_an_error_without_secrets)
{
    NEEDS_POSTGRES();
    struct db_options options = {.url = "postgresql://user:hunter2@/x?host=/nowhere"};
    const struct err *e;
    struct db *db;

    e = assert_err(db_open(f->arena, &options, &db), "db.failed");
    assert_has(e->message, "cannot be reached");
    assert_true(str_find(e->message, STR("hunter2"), 0) == SIZE_MAX);
    assert_err(db_read(f->db, f->arena, copy_to_file, NULL), "db.failed");
}

struct opener {
    struct db_options options;
    struct db *db;
};

static void *open_one(void *ctx)
{
    struct opener *opener = ctx;
    struct arena *arena = arena_new(0);

    assert_ok(db_open(arena, &opener->options, &opener->db));
    arena_free(arena);
    return NULL;
}

TEST(nodes_that_start_together_migrate_once)
{
    NEEDS_POSTGRES();
    struct str name = str_fmt(f->arena, "together_%ld", (long)getpid());
    struct opener openers[3];
    pthread_t threads[3];

    server_says(f, str_cstr(f->arena, str_fmt(f->arena,
                                              "CREATE DATABASE %.*s TEMPLATE template0 ENCODING "
                                              "'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'",
                                              STR_ARG(name))));
    for (int i = 0; i < 3; i++) {
        openers[i].options =
            (struct db_options){.url = with_database(f, str_cstr(f->arena, name)), .writers = 1};
        assert_int_equal(pthread_create(&threads[i], NULL, open_one, &openers[i]), 0);
    }
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 3; i++)
        db_close(openers[i].db);
    server_says(f, str_cstr(f->arena, str_fmt(f->arena, "DROP DATABASE %.*s", STR_ARG(name))));
}

static struct err *put_again(struct tx *tx)
{
    struct stmt *stmt;

    TRY(db_stmt_text(tx, STR("INSERT INTO thing (id, n) VALUES (1, 1)"), &stmt));
    return db_run(stmt, NULL);
}

/* The failure is known only inside the nested part, but going back to its beginning does not help. */
static struct err *fail_before_nested(struct tx *tx, void *ctx)
{
    int64_t *n = ctx;

    TRY(set(tx, 5));
    TRY(put_again(tx));
    assert_err(tx_nested(tx, get_into, n), "db.failed");
    assert_err(get(tx, n), "db.failed");
    return NULL;
}

TEST(a_failure_before_a_nested_part_is_the_whole_transactions)
{
    int64_t n = -1;

    NEEDS_POSTGRES();

    assert_err(db_write(f->db, f->arena, fail_before_nested, &n), "db.failed");
    assert_i64(value(f), 0);
}

static struct err *fail_last(struct tx *tx, void *ctx)
{
    (void)ctx;
    TRY(set(tx, 5));
    return put_again(tx);
}

TEST(a_failure_of_the_last_write_fails_the_commit)
{
    NEEDS_POSTGRES();

    assert_err(db_write(f->db, f->arena, fail_last, NULL), "db.failed");
    assert_i64(value(f), 0);
}

TEST_MAIN_WITH(setup, teardown, colliding_writes_are_tried_again_until_each_counted_once,
               a_failure_that_is_not_passed_on_does_not_look_like_success,
               a_failure_before_a_nested_part_is_the_whole_transactions,
               a_failure_of_the_last_write_fails_the_commit,
               a_broken_connection_fails_one_job_and_is_replaced,
               another_node_hears_also_after_a_broken_connection,
               a_plan_that_no_longer_fits_is_made_anew, booleans_are_one_and_zero,
               a_database_that_sorts_by_language_is_refused,
               a_server_that_is_not_there_is_an_error_without_secrets,
               nodes_that_start_together_migrate_once)
