/* Statements on both databases: values, parameters, those that are kept, full text. */
#include "things.h"

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
    return put_thing(tx, 99, "wide");
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

TEST_MAIN_WITH(things_setup, db_fixture_teardown, values_come_back_as_they_were_bound,
               a_parameter_left_out_is_null_not_what_it_was_last_time,
               a_parameter_that_does_not_exist_is_an_error, a_statement_may_run_inside_itself,
               statements_never_finished_cost_little_and_do_no_harm,
               returning_gives_every_row_and_run_counts_changes, more_texts_than_are_kept_still_run,
               columns_can_be_added_under_prepared_statements, an_identifier_is_quoted,
               full_text_finds_beginnings_of_words_and_nothing_can_break_out)
