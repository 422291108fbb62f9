/* What holds on both databases. */
#include "test.h"

#include "db/db.h"
#include "db_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

/* ---- helpers ---- */

static struct err *run(struct tx *tx, const char *sql)
{
    struct stmt *stmt;

    TRY(db_stmt_text(tx, str_from(sql), &stmt));
    return db_run(stmt, NULL);
}

static struct err *put(struct tx *tx, int64_t id, const char *name)
{
    struct stmt *stmt;

    TRY(db_stmt_text(tx, STR("INSERT INTO thing (name, id) VALUES ($2, $1)"), &stmt));
    db_bind_i64(stmt, 1, id);
    db_bind_str(stmt, 2, str_from(name));
    return db_run(stmt, NULL);
}

static struct err *count(struct tx *tx, int64_t *n)
{
    struct stmt *stmt;
    bool row;

    TRY(db_stmt_text(tx, STR("SELECT count(*) AS n FROM thing"), &stmt));
    TRY(db_step(stmt, &row));
    assert_true(row);
    *n = db_i64(stmt, db_col(stmt, "n"));
    return NULL; /* left open on purpose: ended with the transaction */
}

static struct err *count_into(struct tx *tx, void *ctx)
{
    return count(tx, ctx);
}

static int64_t things(struct db_fixture *f)
{
    int64_t n = -1;

    assert_ok(db_read(f->db, f->arena, count_into, &n));
    return n;
}

static struct err *make_thing(struct tx *tx, void *ctx)
{
    (void)ctx;
    return db_exec(tx, STR("CREATE TABLE thing (id BIGINT PRIMARY KEY NOT NULL, name TEXT);"
                           "CREATE TABLE part (id BIGINT PRIMARY KEY NOT NULL,"
                           " thing_id BIGINT NOT NULL REFERENCES thing (id));"));
}

static int setup(void **state)
{
    struct db_fixture *f = db_fixture_open(NULL);

    assert_ok(db_write(f->db, f->arena, make_thing, NULL));
    *state = f;
    return 0;
}

/* ---- writes ---- */

static struct err *put_one(struct tx *tx, void *ctx)
{
    assert_true(tx_writable(tx));
    return put(tx, *(int64_t *)ctx, "one");
}

TEST(a_committed_write_is_there_after_a_restart)
{
    struct db_fixture *f = *state;
    int64_t id = 7;

    assert_ok(db_write(f->db, f->arena, put_one, &id));
    assert_i64(things(f), 1);
    db_fixture_restart(f);
    assert_i64(things(f), 1);
}

static struct err *put_and_fail(struct tx *tx, void *ctx)
{
    TRY(put(tx, *(int64_t *)ctx, "gone"));
    return FAIL(tx_arena(tx), ERR_INVALID, "task.closed", NULL, "No.");
}

TEST(an_error_rolls_the_job_back)
{
    struct db_fixture *f = *state;
    int64_t id = 7;

    assert_err(db_write(f->db, f->arena, put_and_fail, &id), "task.closed");
    assert_i64(things(f), 0);
}

TEST(a_broken_constraint_is_a_conflict)
{
    struct db_fixture *f = *state;
    int64_t id = 7;
    const struct err *e;

    assert_ok(db_write(f->db, f->arena, put_one, &id));
    e = assert_err(db_write(f->db, f->arena, put_one, &id), "db.failed");
    assert_int_equal(e->kind, ERR_CONFLICT);
    assert_i64(things(f), 1);
}

static struct err *put_orphan(struct tx *tx, void *ctx)
{
    (void)ctx;
    return run(tx, "INSERT INTO part (id, thing_id) VALUES (1, 999)");
}

TEST(a_reference_to_nothing_is_refused)
{
    struct db_fixture *f = *state;

    assert_int_equal(assert_err(db_write(f->db, f->arena, put_orphan, NULL), "db.failed")->kind,
                     ERR_CONFLICT);
}

static struct err *bad_sql(struct tx *tx, void *ctx)
{
    (void)ctx;
    return run(tx, "INSERT INTO no_such_table (id) VALUES (1)");
}

TEST(a_failed_statement_says_nothing_about_tables)
{
    struct db_fixture *f = *state;
    const struct err *e = assert_err(db_write(f->db, f->arena, bad_sql, NULL), "db.failed");

    assert_int_equal(e->kind, ERR_INTERNAL);
    assert_true(str_find(e->message, STR("no_such_table"), 0) == SIZE_MAX);
}

/* ---- many jobs at once ---- */

enum { JOBS = 300 };

struct async_job {
    struct arena *arena;
    int64_t id;
    bool fails;
    _Atomic int *left;
    const char *code; /* of the answer */
    bool answered;
};

static struct err *async_put(struct tx *tx, void *ctx)
{
    struct async_job *job = ctx;

    TRY(put(tx, job->id, "async"));
    return job->fails ? FAIL(tx_arena(tx), ERR_INVALID, "task.closed", NULL, "No.") : NULL;
}

static void async_done(void *ctx, struct err *err)
{
    struct async_job *job = ctx;

    job->code = err ? err->code : NULL;
    job->answered = true;
    atomic_fetch_sub(job->left, 1);
}

static void wait_for_zero(_Atomic int *left)
{
    for (int i = 0; atomic_load(left) > 0; i++) {
        assert_true(i < 60000);
        usleep(1000);
    }
}

TEST(failing_jobs_take_nothing_of_their_neighbours_with_them)
{
    struct db_fixture *f = *state;
    struct async_job *jobs = NEW_ARRAY(f->arena, JOBS, struct async_job);
    _Atomic int left = JOBS;
    int good = 0;

    for (int i = 0; i < JOBS; i++) {
        bool twin = i % 7 == 3; /* the same id as its left neighbour: refused by the table */

        jobs[i] = (struct async_job){
            .arena = arena_new(0), .id = twin ? i - 1 : i, .fails = i % 5 == 0, .left = &left};
        db_write_async(f->db, jobs[i].arena, async_put, &jobs[i], async_done);
    }
    wait_for_zero(&left);
    for (int i = 0; i < JOBS; i++) {
        assert_true(jobs[i].answered);
        if (jobs[i].fails)
            assert_non_null(jobs[i].code);
        good += jobs[i].code == NULL;
        arena_free(jobs[i].arena);
    }
    assert_i64(things(f), good);
    assert_true(good >= JOBS * 4 / 5 - JOBS / 7 - 1);
    assert_true(good < JOBS);
}

struct load {
    struct db_fixture *f;
    int64_t first;
    _Atomic bool *stop;
    int64_t seen;
};

static void *write_load(void *ctx)
{
    struct load *load = ctx;
    struct arena *arena = arena_new(0);

    for (int64_t i = 0; i < 50; i++) {
        int64_t id = load->first + i;

        assert_ok(db_write(load->f->db, arena, put_one, &id));
        arena_reset(arena);
    }
    arena_free(arena);
    return NULL;
}

static struct err *count_twice(struct tx *tx, void *ctx)
{
    struct load *load = ctx;
    int64_t first, second;

    TRY(count(tx, &first));
    usleep(200);
    TRY(count(tx, &second));
    assert_i64(second, first); /* one snapshot */
    assert_true(first >= load->seen);
    load->seen = first;
    return NULL;
}

static void *read_load(void *ctx)
{
    struct load *load = ctx;
    struct arena *arena = arena_new(0);

    while (!atomic_load(load->stop)) {
        assert_ok(db_read(load->f->db, arena, count_twice, load));
        arena_reset(arena);
    }
    arena_free(arena);
    return NULL;
}

TEST(many_threads_write_and_read_at_once)
{
    struct db_fixture *f = *state;
    pthread_t writers[4], readers[4];
    struct load write[4], read[4];
    _Atomic bool stop = false;

    for (int i = 0; i < 4; i++) {
        write[i] = (struct load){.f = f, .first = (i + 1) * 1000};
        read[i] = (struct load){.f = f, .stop = &stop};
        assert_int_equal(pthread_create(&writers[i], NULL, write_load, &write[i]), 0);
        assert_int_equal(pthread_create(&readers[i], NULL, read_load, &read[i]), 0);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(writers[i], NULL);
    atomic_store(&stop, true);
    for (int i = 0; i < 4; i++)
        pthread_join(readers[i], NULL);
    assert_i64(things(f), 200);
    assert_true(db_stats(f->db).writes >= 200);
    assert_true(db_stats(f->db).reads > 4);
}

/* ---- nested ---- */

struct nest {
    int depth, fail_at;
};

static struct err *put_deeper(struct tx *tx, void *ctx)
{
    struct nest *nest = ctx;
    int depth = nest->depth++;
    struct err *e = NULL;

    TRY(put(tx, depth, "nested"));
    if (depth < 3) {
        e = tx_nested(tx, put_deeper, nest);
        if (e && strcmp(e->code, "task.closed") != 0)
            return e;
    }
    return depth == nest->fail_at ? FAIL(tx_arena(tx), ERR_INVALID, "task.closed", NULL, "No.")
                                  : NULL;
}

TEST(a_nested_error_rolls_back_from_there_on)
{
    struct db_fixture *f = *state;
    struct nest nest = {.fail_at = 2};

    assert_ok(db_write(f->db, f->arena, put_deeper, &nest));
    assert_i64(nest.depth, 4);
    assert_i64(things(f), 2); /* 0 and 1; 3 went with 2 */
}

static struct err *put_twin(struct tx *tx, void *ctx)
{
    (void)ctx;
    return put(tx, 1, "twin");
}

static struct err *put_rows_each_alone(struct tx *tx, void *ctx)
{
    int *refused = ctx;

    *refused = 0;
    for (int64_t i = 1; i <= 20; i++) {
        struct err *e = tx_nested(tx, i % 4 == 0 ? put_twin : put_one, &i);

        if (e && e->kind != ERR_CONFLICT)
            return e;
        *refused += e != NULL;
    }
    return NULL;
}

TEST(a_refused_row_of_an_import_leaves_the_others)
{
    struct db_fixture *f = *state;
    int refused;

    assert_ok(db_write(f->db, f->arena, put_rows_each_alone, &refused));
    assert_i64(refused, 5);
    assert_i64(things(f), 15);
}

static struct err *dry_run(struct tx *tx, void *ctx)
{
    (void)ctx;
    *tx_slot(tx, TX_SLOT_WORK) = ctx;
    TRY(put(tx, 5, "dry"));
    return FAIL(tx_arena(tx), ERR_INVALID, "task.closed", NULL, "Only looking.");
}

static struct err *loop_over_rows_with_nested_failures(struct tx *tx, void *ctx)
{
    struct stmt *stmt;
    int64_t *rows = ctx;
    int64_t n;
    bool row;

    *rows = 0;
    for (int64_t i = 1; i <= 3; i++)
        TRY(put(tx, i, "row"));
    TRY(db_stmt_text(tx, STR("SELECT id FROM thing ORDER BY id"), &stmt));
    for (;;) {
        struct err *e;

        TRY(db_step(stmt, &row));
        if (!row)
            break;
        assert_i64(db_i64(stmt, 0), *rows + 1);
        ++*rows;
        e = tx_nested(tx, dry_run, ctx);
        assert_err(e, "task.closed");
        assert_null(*tx_slot(tx, TX_SLOT_WORK));
    }
    TRY(count(tx, &n));
    assert_i64(n, 3);
    return NULL;
}

TEST(rows_being_read_survive_nested_rollbacks)
{
    struct db_fixture *f = *state;
    int64_t rows;

    assert_ok(db_write(f->db, f->arena, loop_over_rows_with_nested_failures, &rows));
    assert_i64(rows, 3);
}

/* ---- hooks, slots, messages ---- */

struct seen {
    pthread_mutex_t lock;
    char text[200];
};

static void note(struct seen *seen, const char *word)
{
    pthread_mutex_lock(&seen->lock);
    snprintf(seen->text + strlen(seen->text), sizeof seen->text - strlen(seen->text), "%s ", word);
    pthread_mutex_unlock(&seen->lock);
}

static void note_a(void *ctx)
{
    note(ctx, "a");
}

static void note_b(void *ctx)
{
    note(ctx, "b");
}

static void note_message(void *ctx, const char *channel, struct str payload)
{
    char text[100];

    snprintf(text, sizeof text, "%s=%.*s", channel, STR_ARG(payload));
    note(ctx, text);
}

static struct err *hook_b_and_fail(struct tx *tx, void *ctx)
{
    tx_on_commit(tx, note_b, ctx);
    tx_notify(tx, "lost", STR("1"));
    return FAIL(tx_arena(tx), ERR_INVALID, "task.closed", NULL, "No.");
}

static struct err *hook_a_b_a(struct tx *tx, void *ctx)
{
    assert_null(*tx_slot(tx, TX_SLOT_EVENTS));
    *tx_slot(tx, TX_SLOT_EVENTS) = ctx;
    tx_on_commit(tx, note_a, ctx);
    assert_err(tx_nested(tx, hook_b_and_fail, ctx), "task.closed");
    tx_on_commit(tx, note_b, ctx);
    tx_on_commit(tx, note_a, ctx);
    return put(tx, 1, "hooked");
}

TEST(hooks_run_in_order_after_the_commit_and_not_after_a_rollback)
{
    struct db_fixture *f = *state;
    struct seen seen = {.lock = PTHREAD_MUTEX_INITIALIZER};

    assert_ok(db_write(f->db, f->arena, hook_a_b_a, &seen));
    assert_string_equal(seen.text, "a b a ");
    assert_err(db_write(f->db, f->arena, hook_a_b_a, &seen), "db.failed"); /* the id is taken */
    assert_string_equal(seen.text, "a b a ");
}

static struct err *send_messages(struct tx *tx, void *ctx)
{
    (void)ctx;
    tx_notify(tx, "records", STR("12"));
    assert_err(tx_nested(tx, hook_b_and_fail, ctx), "task.closed");
    tx_notify(tx, "events", STR("x'y\" z"));
    return NULL;
}

static struct err *send_and_fail(struct tx *tx, void *ctx)
{
    (void)ctx;
    tx_notify(tx, "records", STR("never"));
    return FAIL(tx_arena(tx), ERR_INVALID, "task.closed", NULL, "No.");
}

TEST(messages_arrive_once_committed)
{
    struct db_fixture *f = *state;
    struct seen seen = {.lock = PTHREAD_MUTEX_INITIALIZER};
    bool there = false;

    db_on_notify(f->db, note_message, &seen);
    assert_err(db_write(f->db, f->arena, send_and_fail, &seen), "task.closed");
    assert_ok(db_write(f->db, f->arena, send_messages, &seen));
    for (int i = 0; i < 5000 && !there; i++) {
        pthread_mutex_lock(&seen.lock);
        there = strcmp(seen.text, "records=12 events=x'y\" z ") == 0;
        pthread_mutex_unlock(&seen.lock);
        usleep(1000);
    }
    assert_true(there);
}

/* ---- statements ---- */

static struct err *values(struct tx *tx, void *ctx)
{
    struct stmt *stmt;
    bool row;

    (void)ctx;
    TRY(db_stmt_text(tx,
                     STR("SELECT CAST($3 AS BIGINT) AS third, CAST($1 AS TEXT) AS first,"
                         " CAST($2 AS DOUBLE PRECISION) AS second, CAST($3 AS BIGINT) AS again,"
                         " CAST($4 AS TEXT) AS none, CAST($5 AS TEXT) AS empty"),
                     &stmt));
    db_bind_str(stmt, 1, STR("h\xc3\xa9llo"));
    db_bind_real(stmt, 2, 0.1);
    db_bind_i64(stmt, 3, INT64_MIN);
    db_bind_str(stmt, 4, STR_NONE);
    db_bind_str(stmt, 5, STR(""));
    TRY(db_step(stmt, &row));
    assert_true(row);
    assert_int_equal(db_cols(stmt), 6);
    assert_int_equal(db_col(stmt, "second"), 2);
    assert_int_equal(db_col(stmt, "third"), 0);
    assert_i64(db_i64(stmt, 0), INT64_MIN);
    assert_str(db_str(stmt, 1), "h\xc3\xa9llo");
    assert_true(db_real(stmt, 2) == 0.1);
    assert_i64(db_i64(stmt, 3), INT64_MIN);
    assert_true(db_is_null(stmt, 4));
    assert_null(db_str(stmt, 4).ptr);
    assert_i64(db_i64(stmt, 4), 0);
    assert_i64(db_i64_or(stmt, 4, -1), -1);
    assert_false(db_is_null(stmt, 5));
    assert_non_null(db_str(stmt, 5).ptr);
    assert_i64(db_str(stmt, 5).len, 0);
    TRY(db_step(stmt, &row));
    assert_false(row);
    return NULL;
}

TEST(values_come_back_as_they_were_bound)
{
    struct db_fixture *f = *state;

    assert_ok(db_read(f->db, f->arena, values, NULL));
    assert_ok(db_write(f->db, f->arena, values, NULL));
}

static struct err *stale_binding(struct tx *tx, void *ctx)
{
    struct stmt *stmt;

    (void)ctx;
    for (int i = 0; i < 2; i++) {
        bool row;

        TRY(db_stmt_text(tx, STR("SELECT CAST($1 AS TEXT)"), &stmt));
        if (i == 0)
            db_bind_str(stmt, 1, STR("first"));
        TRY(db_step(stmt, &row));
        assert_true(db_is_null(stmt, 0) == (i == 1));
        db_done(stmt);
    }
    return NULL;
}

TEST(a_parameter_left_out_is_null_not_what_it_was_last_time)
{
    struct db_fixture *f = *state;

    assert_ok(db_read(f->db, f->arena, stale_binding, NULL));
}

static struct err *unknown_parameter(struct tx *tx, void *ctx)
{
    struct stmt *stmt;
    bool row;

    (void)ctx;
    TRY(db_stmt_text(tx, STR("SELECT CAST($1 AS BIGINT)"), &stmt));
    db_bind_i64(stmt, 1, 1);
    db_bind_i64(stmt, 2, 2);
    return db_step(stmt, &row);
}

TEST(a_parameter_that_does_not_exist_is_an_error)
{
    struct db_fixture *f = *state;

    assert_err(db_read(f->db, f->arena, unknown_parameter, NULL), "db.failed");
}

static struct err *sum_tree(struct tx *tx, int64_t below, int depth, int64_t *sum)
{
    struct stmt *stmt;
    bool row;

    /* The same statement runs at every level of the recursion. */
    TRY(db_stmt_text(tx, STR("SELECT id FROM thing WHERE id > $1 AND id <= $1 * 3 ORDER BY id"),
                     &stmt));
    db_bind_i64(stmt, 1, below);
    for (;;) {
        int64_t id;

        TRY(db_step(stmt, &row));
        if (!row)
            return NULL;
        id = db_i64(stmt, 0);
        *sum += id;
        if (depth < 4)
            TRY(sum_tree(tx, id, depth + 1, sum));
    }
}

static int64_t expected_sum(int64_t below, int depth)
{
    int64_t sum = 0;

    for (int64_t id = below + 1; id <= below * 3 && id <= 12; id++)
        sum += id + (depth < 4 ? expected_sum(id, depth + 1) : 0);
    return sum;
}

static struct err *nest_statements(struct tx *tx, void *ctx)
{
    for (int round = 0; round < 3; round++) {
        *(int64_t *)ctx = 0;
        TRY(sum_tree(tx, 1, 0, ctx));
    }
    return NULL;
}

static struct err *put_twelve(struct tx *tx, void *ctx)
{
    (void)ctx;
    for (int64_t i = 1; i <= 12; i++)
        TRY(put(tx, i, "leaf"));
    return NULL;
}

TEST(a_statement_may_run_inside_itself)
{
    struct db_fixture *f = *state;
    int64_t sum = 0;

    assert_ok(db_write(f->db, f->arena, put_twelve, NULL));
    assert_ok(db_read(f->db, f->arena, nest_statements, &sum));
    assert_i64(sum, expected_sum(1, 0));
    assert_ok(db_write(f->db, f->arena, nest_statements, &sum));
    assert_i64(sum, expected_sum(1, 0));
}

static struct err *get_without_finishing(struct tx *tx, int64_t id, struct str *name)
{
    struct stmt *stmt;
    bool row;

    TRY(db_stmt_text(tx, STR("SELECT name, id FROM thing WHERE id = $1"), &stmt));
    db_bind_i64(stmt, 1, id);
    TRY(db_step(stmt, &row));
    assert_true(row);
    assert_i64(db_i64(stmt, 1), id);
    *name = db_str(stmt, 0);
    return NULL;
}

static struct err *many_unfinished(struct tx *tx, void *ctx)
{
    struct stmt *stmt;
    struct str name;
    bool row;

    (void)ctx;
    for (int64_t i = 0; i < 2000; i++) {
        TRY(get_without_finishing(tx, 1 + i % 12, &name));
        assert_str(name, "leaf");
    }
    if (!tx_writable(tx))
        return NULL;
    for (int64_t i = 0; i < 500; i++) {
        TRY(db_stmt_text(
            tx, STR("INSERT INTO thing (id, name) VALUES ($1, 'x') RETURNING id, name"), &stmt));
        db_bind_i64(stmt, 1, 1000 + i);
        TRY(db_step(stmt, &row));
        assert_true(row);
        assert_i64(db_i64(stmt, db_col(stmt, "id")), 1000 + i);
        assert_str(db_str(stmt, 1), "x");
        if (i % 50 == 0) { /* a savepoint with a RETURNING still open */
            int64_t id = 5000 + i;

            TRY(tx_nested(tx, put_one, &id));
        }
    }
    return NULL;
}

TEST(statements_never_finished_cost_little_and_do_no_harm)
{
    struct db_fixture *f = *state;

    assert_ok(db_write(f->db, f->arena, put_twelve, NULL));
    assert_ok(db_read(f->db, f->arena, many_unfinished, NULL));
    assert_ok(db_write(f->db, f->arena, many_unfinished, NULL));
    assert_i64(things(f), 12 + 500 + 10);
}

static struct err *returning_many(struct tx *tx, void *ctx)
{
    struct stmt *stmt;
    int64_t n = 0, changed = 0;
    bool row;

    (void)ctx;
    TRY(put_twelve(tx, NULL));
    TRY(db_stmt_text(tx, STR("UPDATE thing SET name = 'new' WHERE id > $1 RETURNING id, name"),
                     &stmt));
    db_bind_i64(stmt, 1, 4);
    for (;;) {
        TRY(db_step(stmt, &row));
        if (!row)
            break;
        assert_true(db_i64(stmt, 0) > 4);
        assert_str(db_str(stmt, 1), "new");
        n++;
    }
    assert_i64(n, 8);
    TRY(db_stmt_text(tx, STR("DELETE FROM thing WHERE id <= $1"), &stmt));
    db_bind_i64(stmt, 1, 3);
    TRY(db_run(stmt, &changed));
    assert_i64(changed, 3);
    return NULL;
}

TEST(returning_gives_every_row_and_run_counts_changes)
{
    struct db_fixture *f = *state;

    assert_ok(db_write(f->db, f->arena, returning_many, NULL));
    assert_i64(things(f), 9);
}

static struct err *many_texts(struct tx *tx, void *ctx)
{
    (void)ctx;
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 700; i++) { /* more than are kept */
            struct stmt *stmt;
            bool row;

            TRY(db_stmt_text(tx, str_fmt(tx_arena(tx), "SELECT CAST($1 AS BIGINT) + %d", i),
                             &stmt));
            db_bind_i64(stmt, 1, round);
            TRY(db_step(stmt, &row));
            assert_i64(db_i64(stmt, 0), i + round);
            if (i % 100)
                db_done(stmt);
        }
    return NULL;
}

TEST(more_texts_than_are_kept_still_run)
{
    struct db_fixture *f = *state;

    assert_ok(db_read(f->db, f->arena, many_texts, NULL));
    assert_ok(db_read(f->db, f->arena, many_texts, NULL));
}

static struct err *add_column(struct tx *tx, void *ctx)
{
    bool has;

    (void)ctx;
    TRY(db_has_table(tx, STR("thing"), &has));
    assert_true(has);
    TRY(db_has_table(tx, STR("nothing"), &has));
    assert_false(has);
    TRY(db_has_column(tx, STR("thing"), STR("c_size"), &has));
    assert_false(has);
    TRY(db_exec(tx, str_fmt(tx_arena(tx), "ALTER TABLE %.*s ADD COLUMN %.*s BIGINT",
                            STR_ARG(db_ident(tx_arena(tx), STR("thing"))),
                            STR_ARG(db_ident(tx_arena(tx), STR("c_size"))))));
    TRY(db_has_column(tx, STR("thing"), STR("c_size"), &has));
    assert_true(has);
    return put(tx, 99, "wide");
}

TEST(columns_can_be_added_under_prepared_statements)
{
    struct db_fixture *f = *state;
    int64_t id = 1;

    assert_ok(db_write(f->db, f->arena, put_one, &id));
    assert_i64(things(f), 1);
    assert_ok(db_write(f->db, f->arena, add_column, NULL));
    assert_i64(things(f), 2);
    assert_err(db_write(f->db, f->arena, put_one, &id), "db.failed");
}

TEST(an_identifier_is_quoted)
{
    struct db_fixture *f = *state;

    assert_str(db_ident(f->arena, STR("a\"b")), "\"a\"\"b\"");
}

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

/* ---- reads ---- */

static struct err *write_in_read(struct tx *tx, void *ctx)
{
    (void)ctx;
    assert_false(tx_writable(tx));
    return put(tx, 1, "sneaky");
}

TEST(a_read_cannot_write)
{
    struct db_fixture *f = *state;

    assert_err(db_read(f->db, f->arena, write_in_read, NULL), "db.failed");
    assert_i64(things(f), 0);
}

TEST(a_long_read_keeps_its_snapshot_while_writes_go_on)
{
    struct db_fixture *f = *state;
    struct arena *arena = arena_new(0);
    struct tx *tx;
    int64_t n;

    assert_ok(db_read_begin(f->db, arena, &tx));
    assert_ok(count(tx, &n));
    assert_i64(n, 0);
    for (int64_t id = 1; id <= 10; id++)
        assert_ok(db_write(f->db, f->arena, put_one, &id));
    assert_i64(things(f), 10);
    assert_ok(count(tx, &n));
    assert_i64(n, 0);
    db_read_end(tx);
    arena_free(arena);
}

/* ---- full text ---- */

static struct err *make_search(struct tx *tx, void *ctx)
{
    (void)ctx;
    TRY(db_exec(tx, STR("DROP TABLE IF EXISTS search_text;"
                        "DROP TABLE IF EXISTS search_entry")));
    TRY(db_exec(tx, STR("CREATE TABLE search_entry (record_id BIGINT PRIMARY KEY NOT NULL)")));
    if (tx_kind(tx) == DB_SQLITE)
        TRY(db_exec(tx, STR("CREATE VIRTUAL TABLE search_text USING fts5 (title, prefix='2 3')")));
    else
        TRY(db_exec(tx, STR("ALTER TABLE search_entry ADD COLUMN tsv tsvector")));
    for (int64_t i = 1; i <= 3; i++) {
        static const char *const titles[] = {"anna meyer berlin", "anton meyerhof", "o'hara a\\b"};
        struct stmt *stmt;

        if (tx_kind(tx) == DB_SQLITE) {
            TRY(db_stmt_text(tx, STR("INSERT INTO search_entry (record_id) VALUES ($1)"), &stmt));
            db_bind_i64(stmt, 1, i);
            TRY(db_run(stmt, NULL));
            TRY(db_stmt_text(tx, STR("INSERT INTO search_text (rowid, title) VALUES ($1, $2)"),
                             &stmt));
        } else {
            TRY(db_stmt_text(tx,
                             STR("INSERT INTO search_entry (record_id, tsv) "
                                 "VALUES ($1, to_tsvector('simple', $2))"),
                             &stmt));
        }
        db_bind_i64(stmt, 1, i);
        db_bind_str(stmt, 2, str_from(titles[i - 1]));
        TRY(db_run(stmt, NULL));
    }
    return NULL;
}

struct search {
    const struct str *tokens;
    size_t n;
    int64_t found;
};

static struct err *find(struct tx *tx, void *ctx)
{
    struct search *search = ctx;
    struct stmt *stmt;
    bool row;
    struct str match = db_sql_fulltext_match(tx_arena(tx), tx_kind(tx), 1);

    TRY(db_stmt_text(
        tx, str_fmt(tx_arena(tx), "SELECT count(*) FROM search_entry s WHERE %.*s", STR_ARG(match)),
        &stmt));
    db_bind_str(stmt, 1, db_fulltext_query(tx_arena(tx), tx_kind(tx), search->tokens, search->n));
    TRY(db_step(stmt, &row));
    search->found = db_i64(stmt, 0);
    return NULL;
}

static int64_t found(struct db_fixture *f, const struct str *tokens, size_t n)
{
    struct search search = {tokens, n, -1};

    assert_ok(db_read(f->db, f->arena, find, &search));
    return search.found;
}

TEST(full_text_finds_beginnings_of_words_and_nothing_can_break_out)
{
    struct db_fixture *f = *state;
    const struct str meyer[] = {STR("meyer")};
    const struct str both[] = {STR("ann"), STR("meyer")};
    const struct str evil[] = {STR("\" OR title:\""), STR("' | 'anna")};
    const struct str quote[] = {STR("o'hara")};
    const struct str marks[] = {STR("'"), STR("\"*")};
    const struct str back[] = {STR("x\\'y\\")};

    assert_ok(db_write(f->db, f->arena, make_search, NULL));
    assert_i64(found(f, meyer, 1), 2);
    assert_i64(found(f, both, 2), 1);
    assert_i64(found(f, evil, 2), 0);
    assert_i64(found(f, quote, 1), 1);
    assert_i64(found(f, back, 1), 0);
    assert_i64(found(f, marks, 2), 0);
    assert_i64(found(f, NULL, 0), 0);
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
    return run(tx, ctx);
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

TEST_MAIN_WITH(setup, db_fixture_teardown, a_committed_write_is_there_after_a_restart,
               an_error_rolls_the_job_back, a_broken_constraint_is_a_conflict,
               a_reference_to_nothing_is_refused, a_failed_statement_says_nothing_about_tables,
               failing_jobs_take_nothing_of_their_neighbours_with_them,
               many_threads_write_and_read_at_once, a_nested_error_rolls_back_from_there_on,
               a_refused_row_of_an_import_leaves_the_others,
               rows_being_read_survive_nested_rollbacks,
               hooks_run_in_order_after_the_commit_and_not_after_a_rollback,
               messages_arrive_once_committed, values_come_back_as_they_were_bound,
               a_parameter_left_out_is_null_not_what_it_was_last_time,
               a_parameter_that_does_not_exist_is_an_error, a_statement_may_run_inside_itself,
               statements_never_finished_cost_little_and_do_no_harm,
               returning_gives_every_row_and_run_counts_changes, more_texts_than_are_kept_still_run,
               columns_can_be_added_under_prepared_statements, an_identifier_is_quoted,
               a_setting_keeps_its_last_value, a_read_cannot_write,
               a_long_read_keeps_its_snapshot_while_writes_go_on,
               full_text_finds_beginnings_of_words_and_nothing_can_break_out,
               migrations_are_applied_once, a_changed_migration_is_refused,
               a_database_of_a_later_version_is_refused, a_sound_database_has_no_findings,
               an_empty_address_is_refused)
