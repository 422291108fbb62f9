#include "things.h"

struct err *run_sql(struct tx *tx, const char *sql)
{
    struct stmt *stmt;

    TRY(db_stmt_text(tx, str_from(sql), &stmt));
    return db_run(stmt, NULL);
}

struct err *put_thing(struct tx *tx, int64_t id, const char *name)
{
    struct stmt *stmt;

    TRY(db_stmt_text(tx, STR("INSERT INTO thing (name, id) VALUES ($2, $1)"), &stmt));
    db_bind_i64(stmt, 1, id);
    db_bind_str(stmt, 2, str_from(name));
    return db_run(stmt, NULL);
}

struct err *count_things(struct tx *tx, int64_t *n)
{
    struct stmt *stmt;
    bool row;

    TRY(db_stmt_text(tx, STR("SELECT count(*) AS n FROM thing"), &stmt));
    TRY(db_step(stmt, &row));
    assert_true(row);
    *n = db_i64(stmt, db_col(stmt, "n"));
    return NULL; /* left open on purpose: ended with the transaction */
}

struct err *count_things_into(struct tx *tx, void *ctx)
{
    return count_things(tx, ctx);
}

int64_t things(struct db_fixture *f)
{
    int64_t n = -1;

    assert_ok(db_read(f->db, f->arena, count_things_into, &n));
    return n;
}

struct err *put_one(struct tx *tx, void *ctx)
{
    assert_true(tx_writable(tx));
    return put_thing(tx, *(int64_t *)ctx, "one");
}

struct err *put_twelve(struct tx *tx, void *ctx)
{
    (void)ctx;
    for (int64_t i = 1; i <= 12; i++)
        TRY(put_thing(tx, i, "leaf"));
    return NULL;
}

static struct err *make_thing(struct tx *tx, void *ctx)
{
    (void)ctx;
    return db_exec(tx, STR("CREATE TABLE thing (id BIGINT PRIMARY KEY NOT NULL, name TEXT);"
                           "CREATE TABLE part (id BIGINT PRIMARY KEY NOT NULL,"
                           " thing_id BIGINT NOT NULL REFERENCES thing (id));"));
}

int things_setup(void **state)
{
    struct db_fixture *f = db_fixture_open(NULL);

    assert_ok(db_write(f->db, f->arena, make_thing, NULL));
    *state = f;
    return 0;
}
