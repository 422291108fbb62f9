/* Transactions on both databases: jobs, what is nested in them, what waits for their end, reads. */
#include "things.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

/* ---- writes ---- */

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
    TRY(put_thing(tx, *(int64_t *)ctx, "gone"));
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
    return run_sql(tx, "INSERT INTO part (id, thing_id) VALUES (1, 999)");
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
    return run_sql(tx, "INSERT INTO no_such_table (id) VALUES (1)");
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

    TRY(put_thing(tx, job->id, "async"));
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

    TRY(count_things(tx, &first));
    usleep(200);
    TRY(count_things(tx, &second));
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

    TRY(put_thing(tx, depth, "nested"));
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
    return put_thing(tx, 1, "twin");
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
    TRY(put_thing(tx, 5, "dry"));
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
        TRY(put_thing(tx, i, "row"));
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
    TRY(count_things(tx, &n));
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
    return put_thing(tx, 1, "hooked");
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

/* ---- reads ---- */

static struct err *write_in_read(struct tx *tx, void *ctx)
{
    (void)ctx;
    assert_false(tx_writable(tx));
    return put_thing(tx, 1, "sneaky");
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
    assert_ok(count_things(tx, &n));
    assert_i64(n, 0);
    for (int64_t id = 1; id <= 10; id++)
        assert_ok(db_write(f->db, f->arena, put_one, &id));
    assert_i64(things(f), 10);
    assert_ok(count_things(tx, &n));
    assert_i64(n, 0);
    db_read_end(tx);
    arena_free(arena);
}

/* ---- what waits: writes nobody asks about, statements sent ahead, work for the end ---- */

static struct err *put_many_and_count(struct tx *tx, void *ctx)
{
    for (int64_t id = 1; id <= 500; id++)
        TRY(put_thing(tx, id, "many"));
    return count_things(tx, ctx);
}

TEST(a_transaction_sees_what_it_wrote_a_moment_ago)
{
    struct db_fixture *f = *state;
    int64_t n = 0;

    assert_ok(db_write(f->db, f->arena, put_many_and_count, &n));
    assert_i64(n, 500);
    assert_i64(things(f), 500);
}

static struct err *put_twin_and_go_deeper(struct tx *tx, void *ctx)
{
    struct err *e;
    int64_t n = 2;

    TRY(put_twin(tx, NULL));
    e = tx_nested(tx, put_one, &n);
    if (!e)
        e = count_things(tx, ctx);
    return e;
}

static struct err *put_around_a_twin(struct tx *tx, void *ctx)
{
    int64_t id = 1, n;
    struct err *e;

    TRY(put_one(tx, &id));
    e = tx_nested(tx, put_twin_and_go_deeper, &n);
    if (!e || e->kind != ERR_CONFLICT)
        return FAIL(tx_arena(tx), ERR_INTERNAL, "db.failed", NULL, "The twin was taken.");
    id = 3;
    TRY(put_one(tx, &id));
    return count_things(tx, ctx);
}

TEST(a_failed_write_takes_the_nested_part_it_was_made_in_and_no_more)
{
    struct db_fixture *f = *state;
    int64_t n = 0;

    assert_ok(db_write(f->db, f->arena, put_around_a_twin, &n));
    assert_i64(n, 2);
    assert_i64(things(f), 2);
}

static struct err *ask(struct tx *tx, int64_t id, struct stmt **stmt)
{
    TRY(db_stmt_text(tx, STR("SELECT name FROM thing WHERE id = $1"), stmt));
    db_bind_i64(*stmt, 1, id);
    return db_send(*stmt);
}

static struct err *ask_ahead(struct tx *tx, void *ctx)
{
    struct stmt *first, *forgotten, *last;
    bool row;

    (void)ctx;
    if (tx_writable(tx))
        TRY(put_thing(tx, 2, "two"));
    TRY(ask(tx, 1, &first));
    TRY(ask(tx, 1, &forgotten));
    TRY(ask(tx, 2, &last));
    db_done(forgotten);
    TRY(db_step(first, &row));
    assert_true(row);
    assert_str(db_str(first, 0), "one");
    TRY(db_step(last, &row));
    assert_true(row);
    assert_str(db_str(last, 0), "two");
    TRY(db_step(first, &row));
    assert_false(row);
    db_done(last);
    TRY(ask(tx, 1, &forgotten)); /* never asked for */
    return NULL;
}

TEST(statements_sent_ahead_are_answered_each_its_own)
{
    struct db_fixture *f = *state;
    int64_t id = 1;

    assert_ok(db_write(f->db, f->arena, put_one, &id));
    assert_ok(db_write(f->db, f->arena, ask_ahead, NULL));
    assert_ok(db_read(f->db, f->arena, ask_ahead, NULL));
    assert_ok(db_read(f->db, f->arena, ask_ahead, NULL));
    assert_i64(things(f), 2);
}

static char first_kept[] = "first", second_kept[] = "second", lost_kept[] = "lost";

static struct err *put_kept(struct tx *tx, void *const *items, size_t n)
{
    int64_t before;

    TRY(count_things(tx, &before));
    assert_i64(before, 1); /* the function is through */
    for (size_t i = 0; i < n; i++)
        TRY(put_thing(tx, 10 + (int64_t)i, items[i]));
    return NULL;
}

static struct err *refuse(struct tx *tx, void *const *items, size_t n)
{
    (void)items;
    (void)n;
    return FAIL(tx_arena(tx), ERR_INVALID, "task.closed", NULL, "No.");
}

static struct err *keep_and_fail(struct tx *tx, void *ctx)
{
    (void)ctx;
    tx_at_end(tx, put_kept, lost_kept);
    return FAIL(tx_arena(tx), ERR_INVALID, "task.closed", NULL, "No.");
}

static struct err *keep_some(struct tx *tx, void *ctx)
{
    int64_t id = 1;

    tx_at_end(tx, put_kept, first_kept);
    assert_i64(tx_undone(tx), 0);
    assert_err(tx_nested(tx, keep_and_fail, NULL), "task.closed");
    assert_i64(tx_undone(tx), 1);
    tx_at_end(tx, put_kept, second_kept);
    if (ctx)
        tx_at_end(tx, refuse, NULL);
    return put_one(tx, &id);
}

TEST(what_is_kept_for_the_end_is_done_once_and_inside_the_transaction)
{
    struct db_fixture *f = *state;

    assert_err(db_write(f->db, f->arena, keep_some, f), "task.closed");
    assert_i64(things(f), 0);
    assert_ok(db_write(f->db, f->arena, keep_some, NULL));
    assert_i64(things(f), 3);
}

TEST_MAIN_WITH(things_setup, db_fixture_teardown, a_committed_write_is_there_after_a_restart,
               an_error_rolls_the_job_back, a_broken_constraint_is_a_conflict,
               a_reference_to_nothing_is_refused, a_failed_statement_says_nothing_about_tables,
               failing_jobs_take_nothing_of_their_neighbours_with_them,
               many_threads_write_and_read_at_once, a_nested_error_rolls_back_from_there_on,
               a_refused_row_of_an_import_leaves_the_others,
               rows_being_read_survive_nested_rollbacks,
               hooks_run_in_order_after_the_commit_and_not_after_a_rollback,
               messages_arrive_once_committed, a_read_cannot_write,
               a_long_read_keeps_its_snapshot_while_writes_go_on,
               a_transaction_sees_what_it_wrote_a_moment_ago,
               a_failed_write_takes_the_nested_part_it_was_made_in_and_no_more,
               statements_sent_ahead_are_answered_each_its_own,
               what_is_kept_for_the_end_is_done_once_and_inside_the_transaction)
