/* Every fixed statement of every room, on a database with the starter manual's tables: prepares on this database, binds what it says it takes, and on SQLite reads no
 * table from end to end unless its file says `-- plan: scan`. */
#include "test.h"

#include "db/db.h"
#include "db_fixture.h"
#include "manual/manual.h"

#include "base/clock.h"

#define NAMES_MAX 16

/* The tables of objects come from the manual. */
struct start {
    struct manual_store *store;
    struct publish publish;
    struct findings findings;
};

static struct err *publish_starter(struct tx *tx, void *ctx)
{
    struct start *start = ctx;
    int64_t version;

    return manual_publish(tx, start->store, &start->publish, &start->findings, &version);
}

static int setup(void **state)
{
    struct db_fixture *f = db_fixture_open(NULL);
    struct start start = {.publish = {.reason = STR("Start"), .expect_version = -1}};
    struct page_file *files;

    start.publish.now_us = clock_now_us();
    assert_ok(manual_store_open(f->arena, f->db, &start.store));
    assert_ok(manual_starter(f->arena, STR("b2b-sales"), &files, &start.publish.n));
    start.publish.files = files;
    assert_ok(db_write(f->db, f->arena, publish_starter, &start));
    manual_store_close(start.store);
    *state = f;
    return 0;
}

static struct err *prepare(struct tx *tx, void *ctx)
{
    const struct sql *sql = ctx;
    struct stmt *stmt;

    TRY(db_stmt(tx, sql, &stmt));
    for (int i = 1; i <= sql->n_params; i++)
        db_bind_null(stmt, i);
    db_done(stmt);
    return NULL;
}

TEST(every_statement_prepares)
{
    struct db_fixture *f = *state;
    int bad = 0;

    for (int i = 0; i < sql_count; i++) {
        union {
            const struct sql *in;
            void *out;
        } sql = {sql_all[i]};

        assert_int_equal(sql_all[i]->id, i);
        if (db_read(f->db, f->arena, prepare, sql.out)) {
            print_error("%s does not prepare: %s\n", sql_all[i]->name, sql_all[i]->text);
            bad++;
        }
    }
    assert_null(sql_all[sql_count]);
    assert_int_equal(bad, 0);
}

struct names {
    struct str at[NAMES_MAX];
    size_t n;
};

static void remember(struct arena *arena, struct names *names, struct str detail,
                     struct str beginning)
{
    if (str_starts(detail, beginning) && names->n < NAMES_MAX)
        names->at[names->n++] =
            str_dup(arena, str_sub(detail, beginning.len, detail.len - beginning.len));
}

/* "SCAN t USING INDEX i": is t a table, and not a subquery, a virtual table or nothing at all? */
static bool scans_a_table(const struct names *subqueries, struct str detail)
{
    struct str rest = detail;
    struct str name;

    if (!str_starts(detail, STR("SCAN ")) || str_starts(detail, STR("SCAN CONSTANT ROW")) ||
        str_starts(detail, STR("SCAN (")) || str_find(detail, STR("VIRTUAL TABLE"), 0) != SIZE_MAX)
        return false;
    rest = str_sub(detail, 5, detail.len);
    str_cut(&rest, ' ', &name);
    for (size_t i = 0; i < subqueries->n; i++)
        if (str_eq(subqueries->at[i], name))
            return false;
    return true;
}

struct look {
    const struct sql *sql;
    int bad;
};

/* ORDER BY an index LIMIT n, without a condition, reads only the first entries of that index. */
static bool reads_the_beginning(const struct sql *sql, struct str detail)
{
    return str_find(detail, STR("INDEX"), 0) != SIZE_MAX && strstr(sql->text, " LIMIT ") &&
           !strstr(sql->text, " WHERE ");
}

static struct err *look_at_plan(struct tx *tx, void *ctx)
{
    struct look *plan = ctx;
    struct names subqueries = {.n = 0};
    struct stmt *stmt;
    bool row;

    TRY(db_stmt_text(tx, str_fmt(tx_arena(tx), "EXPLAIN QUERY PLAN %s", plan->sql->text), &stmt));
    for (;;) {
        struct str detail;

        TRY(db_step(stmt, &row));
        if (!row)
            break;
        detail = db_str(stmt, db_col(stmt, "detail"));
        remember(tx_arena(tx), &subqueries, detail, STR("MATERIALIZE "));
        remember(tx_arena(tx), &subqueries, detail, STR("CO-ROUTINE "));
        if (!scans_a_table(&subqueries, detail) || reads_the_beginning(plan->sql, detail))
            continue;
        if (!plan->sql->scan_meant) {
            print_error("%s reads a whole table (%.*s): add an index, or `-- plan: scan`\n",
                        plan->sql->name, STR_ARG(detail));
            plan->bad++;
        }
    }
    return NULL;
}

TEST(no_statement_reads_a_whole_table_unless_it_says_so)
{
    struct db_fixture *f = *state;
    struct look plan = {0};

    if (db_kind(f->db) != DB_SQLITE)
        test_skip("plans are looked at on SQLite");
    for (int i = 0; i < sql_count; i++) {
        plan.sql = sql_all[i];
        assert_ok(db_read(f->db, f->arena, look_at_plan, &plan));
    }
    assert_int_equal(plan.bad, 0);
}

TEST_MAIN_WITH(setup, db_fixture_teardown, every_statement_prepares,
               no_statement_reads_a_whole_table_unless_it_says_so)
