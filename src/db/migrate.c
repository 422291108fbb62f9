/* Migrations: each once, in order, in one transaction of its own; what was applied must not have changed since. */
#include "db/migrations.h"

#include "base/file.h"
#include "db/db_impl.h"

struct str migration_text(struct arena *arena, const char *text, enum db_kind kind)
{
    struct buf b = buf_new(arena, strlen(text) + 1);
    struct str rest = str_from(text);
    struct str line;
    bool mine = true;

    while (str_cut(&rest, '\n', &line)) {
        struct str word = str_trim(line);

        if (str_eq(word, STR("-- sqlite:")))
            mine = kind == DB_SQLITE;
        else if (str_eq(word, STR("-- postgres:")))
            mine = kind == DB_POSTGRES;
        else if (str_eq(word, STR("-- both:")))
            mine = true;
        else if (mine && word.len && !str_starts(word, STR("--"))) {
            buf_add(&b, line);
            buf_add_char(&b, '\n');
        }
    }
    return buf_str(&b);
}

struct applied {
    int64_t number;
    struct str hash;
};

struct state {
    VEC(struct applied) applied;
    bool has_table;
};

static struct err *read_state(struct tx *tx, struct state *state)
{
    struct stmt *stmt;
    bool row;

    TRY(db_has_table(tx, STR("schema_migration"), &state->has_table));
    if (!state->has_table)
        return NULL;
    TRY(db_stmt_text(tx, STR("SELECT number, hash FROM schema_migration ORDER BY number"), &stmt));
    for (;;) {
        struct applied a;

        TRY(db_step(stmt, &row));
        if (!row)
            return NULL;
        a.number = db_i64(stmt, 0);
        a.hash = str_dup(tx->arena, db_str(stmt, 1));
        VEC_PUSH(tx->arena, state->applied) = a;
    }
}

static const struct migration *find(int64_t number)
{
    for (const struct migration *m = migrations; m->number; m++)
        if (m->number == number)
            return m;
    return NULL;
}

static bool is_applied(const struct state *state, int number)
{
    for (size_t i = 0; i < state->applied.n; i++)
        if (state->applied.at[i].number == number)
            return true;
    return false;
}

static struct err *compare(struct arena *arena, const struct state *state)
{
    for (size_t i = 0; i < state->applied.n; i++) {
        const struct applied *a = &state->applied.at[i];
        const struct migration *m = find(a->number);

        if (!m)
            return FAIL(arena, ERR_INTERNAL, "db.failed", NULL,
                        "This database was made by a later version of fairlead (migration %lld is "
                        "unknown here). Use that version.",
                        (long long)a->number);
        if (!str_eq(a->hash, hash_hex(arena, str_from(m->text))))
            return FAIL(arena, ERR_INTERNAL, "db.failed", NULL,
                        "Migration %04d-%s is not the one this database was made with. Use the "
                        "program that made it, or restore the migration.",
                        m->number, m->name);
    }
    return NULL;
}

static struct err *apply(struct tx *tx, const struct migration *m)
{
    struct stmt *stmt;

    TRY(db_exec(tx, migration_text(tx->arena, m->text, tx_kind(tx))));
    TRY(db_stmt_text(tx,
                     STR("INSERT INTO schema_migration (number, name, hash, applied_us) "
                         "VALUES ($1, $2, $3, $4)"),
                     &stmt));
    db_bind_i64(stmt, 1, m->number);
    db_bind_str(stmt, 2, str_from(m->name));
    db_bind_str(stmt, 3, hash_hex(tx->arena, str_from(m->text)));
    db_bind_i64(stmt, 4, clock_now_us());
    return db_run(stmt, NULL);
}

/* Reads what is there and applies the first missing migration; *more false when there is none. */
static struct err *next_migration(struct tx *tx, bool *more)
{
    struct state state = {0};

    *more = false;
    TRY(tx->conn->driver->migrations_lock(tx));
    TRY(read_state(tx, &state));
    if (!state.has_table)
        TRY(db_exec(tx,
                    STR("CREATE TABLE schema_migration (number BIGINT PRIMARY KEY NOT NULL, "
                        "name TEXT NOT NULL, hash TEXT NOT NULL, applied_us BIGINT NOT NULL)")));
    TRY(compare(tx->arena, &state));
    for (const struct migration *m = migrations; m->number; m++) {
        struct err *e;

        if (is_applied(&state, m->number))
            continue;
        e = apply(tx, m);
        if (e) {
            e->message = str_fmt(
                tx->arena, "Migration %04d-%s failed; nothing of it was kept. The log says why.",
                m->number, m->name);
            return e;
        }
        log_event(LOG_INFO, "db.migrated", "name", m->name, NULL);
        *more = true;
        return NULL;
    }
    return NULL;
}

static struct err *check(struct tx *tx)
{
    struct state state = {0};

    TRY(read_state(tx, &state));
    TRY(compare(tx->arena, &state));
    for (const struct migration *m = migrations; m->number; m++)
        if (!is_applied(&state, m->number))
            return FAIL(tx->arena, ERR_CONFLICT, "db.failed", NULL,
                        "This database is older than the program. Start the server once to bring "
                        "it up to date.");
    return NULL;
}

struct err *migrate(struct conn *conn, struct arena *tell, bool check_only)
{
    bool more = true;

    if (check_only)
        return check(&conn->tx);
    while (more) {
        struct err *e;

        tx_init(&conn->tx, conn, tell, true);
        conn->tx_now = &conn->tx;
        TRY(conn->driver->begin(conn, tell, true));
        e = next_migration(&conn->tx, &more);
        conn_end_stmts(conn, 0);
        if (!e)
            e = conn->driver->commit(&conn->tx);
        if (e) {
            conn->driver->rollback(conn);
            return e;
        }
    }
    return NULL;
}
