/* Statements: the cache of prepared forms per connection, cursors, and the calls of db.h on them. */
#include "db/db_impl.h"

#include <stdio.h>

/* ---- slots: statements by id and by text ---- */

static struct slot *slot_new(const char *name, const char *text, size_t len)
{
    struct slot *slot = mem_new(1, sizeof *slot);

    slot->name = name;
    slot->text = text;
    slot->text_len = len;
    return slot;
}

static void slot_trim(struct conn *conn, struct slot *slot, int keep)
{
    while (slot->free && slot->n_preps > keep) {
        struct prep *prep = slot->free;

        slot->free = prep->next;
        slot->n_preps--;
        conn->driver->unprepare(conn, prep);
        free(prep->param_at);
        free(prep);
    }
}

static void slot_free(struct conn *conn, struct slot *slot)
{
    assert(slot->n_open == 0);
    slot_trim(conn, slot, 0);
    conn->driver->slot_dropped(conn, slot);
    if (!slot->fixed) {
        union {
            const char *in;
            char *out;
        } text = {slot->text}; /* ours, see text_slot */

        free(text.out);
    }
    free(slot);
}

static struct slot *fixed_slot(struct conn *conn, const struct sql *sql)
{
    struct slot *slot;

    assert(sql->id >= 0 && sql->id < sql_count);
    if (!conn->fixed)
        conn->fixed = mem_new((size_t)sql_count, sizeof(struct slot *));
    slot = conn->fixed[sql->id];
    if (!slot) {
        slot = slot_new(sql->name, sql->text, strlen(sql->text));
        slot->fixed = true;
        slot->id = sql->id;
        conn->fixed[sql->id] = slot;
    }
    return slot;
}

static void use_order_remove(struct conn *conn, struct slot *slot)
{
    *(slot->newer ? &slot->newer->older : &conn->newest) = slot->older;
    *(slot->older ? &slot->older->newer : &conn->oldest) = slot->newer;
}

static void use_order_first(struct conn *conn, struct slot *slot)
{
    slot->newer = NULL;
    slot->older = conn->newest;
    *(conn->newest ? &conn->newest->newer : &conn->oldest) = slot;
    conn->newest = slot;
}

/* Drops the text not used for the longest time. One in use stays, the list then gets longer for a while. */
static void drop_oldest_text(struct conn *conn)
{
    struct slot *slot = conn->oldest;
    struct slot **at;

    while (slot && slot->n_open)
        slot = slot->newer;
    if (!slot)
        return;
    use_order_remove(conn, slot);
    at = &conn->texts[slot->hash % STMT_TEXT_BUCKETS];
    while (*at != slot)
        at = &(*at)->chain;
    *at = slot->chain;
    conn->n_texts--;
    slot_free(conn, slot);
}

static struct slot *text_slot(struct conn *conn, struct str text)
{
    uint64_t hash = str_hash(text);
    struct slot *slot;
    struct slot **bucket;
    char *copy;

    if (!conn->texts)
        conn->texts = mem_new(STMT_TEXT_BUCKETS, sizeof(struct slot *));
    bucket = &conn->texts[hash % STMT_TEXT_BUCKETS];
    for (slot = *bucket; slot; slot = slot->chain)
        if (slot->hash == hash && slot->text_len == text.len &&
            memcmp(slot->text, text.ptr, text.len) == 0) {
            if (slot != conn->newest) {
                use_order_remove(conn, slot);
                use_order_first(conn, slot);
            }
            return slot;
        }
    if (conn->n_texts >= STMT_TEXTS_MAX)
        drop_oldest_text(conn);
    copy = mem_new(1, text.len + 1);
    memcpy(copy, text.ptr, text.len);
    slot = slot_new("text", copy, text.len);
    slot->hash = hash;
    slot->id = conn->next_text_id++;
    slot->chain = *bucket;
    *bucket = slot;
    use_order_first(conn, slot);
    conn->n_texts++;
    return slot;
}

void conn_forget_stmts(struct conn *conn)
{
    assert(!conn->open);
    for (int i = 0; conn->fixed && i < sql_count; i++)
        if (conn->fixed[i])
            slot_free(conn, conn->fixed[i]);
    free(conn->fixed);
    conn->fixed = NULL;
    while (conn->oldest)
        drop_oldest_text(conn);
    free(conn->texts);
    conn->texts = NULL;
}

/* ---- cursors ---- */

static struct stmt *cursor_take(struct conn *conn)
{
    struct stmt *stmt;

    /* Used again in turn, never the one just freed: a caller that says db_done once too often does no harm. */
    if (conn->n_free > CURSORS_KEPT / 2) {
        stmt = conn->free;
        conn->free = stmt->next;
        if (!conn->free)
            conn->free_last = NULL;
        conn->n_free--;
    } else {
        stmt = mem_new(1, sizeof *stmt);
        stmt->conn = conn;
    }
    stmt->in_use = true;
    stmt->stepped = stmt->ended = stmt->live_row = false;
    stmt->bind_failed = 0;
    stmt->last_col = -1;
    stmt->cells = NULL;
    stmt->rows = NULL;
    stmt->result_row = -1;
    stmt->values = NULL;
    stmt->changed = 0;
    stmt->sent = false;
    stmt->seq = ++conn->seq;
    stmt->prev = NULL;
    stmt->next = conn->open;
    if (conn->open)
        conn->open->prev = stmt;
    conn->open = stmt;
    return stmt;
}

static void cursor_free(struct conn *conn, struct stmt *stmt)
{
    stmt->in_use = false;
    *(stmt->prev ? &stmt->prev->next : &conn->open) = stmt->next;
    if (stmt->next)
        stmt->next->prev = stmt->prev;
    stmt->prev = stmt->next = NULL;
    if (conn->n_free >= CURSORS_KEPT) {
        arena_free(stmt->arena);
        free(stmt);
        return;
    }
    if (stmt->arena)
        arena_reset(stmt->arena);
    *(conn->free_last ? &conn->free_last->next : &conn->free) = stmt;
    conn->free_last = stmt;
    conn->n_free++;
}

struct arena *stmt_arena(struct stmt *stmt)
{
    if (!stmt->arena)
        stmt->arena = arena_new(512);
    return stmt->arena;
}

void stmt_give_back(struct stmt *stmt)
{
    if (!stmt->owns_prep)
        return;
    stmt->owns_prep = false;
    stmt->prep->next = stmt->slot->free;
    stmt->slot->free = stmt->prep;
}

static void stmt_end(struct stmt *stmt)
{
    struct conn *conn = stmt->conn;
    struct slot *slot = stmt->slot;

    conn->driver->stop(stmt);
    stmt_give_back(stmt);
    if (--slot->n_open == 0)
        slot_trim(conn, slot, STMT_SPARES_MAX);
    cursor_free(conn, stmt);
}

void conn_end_stmts(struct conn *conn, uint64_t seq)
{
    while (conn->open && conn->open->seq > seq)
        stmt_end(conn->open);
}

static struct err *use(struct tx *tx, struct slot *slot, struct stmt **out)
{
    struct conn *conn = tx->conn;
    struct prep *prep = slot->free;
    struct stmt *stmt;

    if (slot->n_open)
        slot->lookahead = true;
    if (prep) {
        slot->free = prep->next;
    } else {
        struct err *e;

        prep = mem_new(1, sizeof *prep);
        prep->slot = slot;
        e = conn->driver->prepare(tx, slot, prep);
        if (e) {
            free(prep->param_at);
            free(prep);
            return e;
        }
        slot->n_preps++;
        if (slot->n_preps == 64)
            log_event(LOG_WARN, "db.statement_left_open", "name", slot->name, NULL);
    }
    slot->n_open++;
    stmt = cursor_take(conn);
    stmt->slot = slot;
    stmt->prep = prep;
    stmt->owns_prep = true;
    conn->driver->begin_use(stmt);
    *out = stmt;
    return NULL;
}

struct err *db_stmt(struct tx *tx, const struct sql *sql, struct stmt **out)
{
    return use(tx, fixed_slot(tx->conn, sql), out);
}

struct err *db_stmt_text(struct tx *tx, struct str sql, struct stmt **out)
{
    return use(tx, text_slot(tx->conn, sql), out);
}

/* ---- running ---- */

static bool may_bind(struct stmt *stmt, int param)
{
    assert(stmt->in_use && !stmt->stepped);
    assert(param >= 1);
    return param <= stmt->prep->n_params;
}

void db_bind_i64(struct stmt *stmt, int param, int64_t v)
{
    if (may_bind(stmt, param))
        stmt->conn->driver->bind_i64(stmt, param, v);
    else
        stmt->bind_failed = -1;
}

void db_bind_real(struct stmt *stmt, int param, double v)
{
    if (may_bind(stmt, param))
        stmt->conn->driver->bind_real(stmt, param, v);
    else
        stmt->bind_failed = -1;
}

void db_bind_str(struct stmt *stmt, int param, struct str v)
{
    if (!v.ptr)
        db_bind_null(stmt, param);
    else if (may_bind(stmt, param))
        stmt->conn->driver->bind_str(stmt, param, v);
    else
        stmt->bind_failed = -1;
}

void db_bind_null(struct stmt *stmt, int param)
{
    if (may_bind(stmt, param))
        stmt->conn->driver->bind_null(stmt, param);
    else
        stmt->bind_failed = -1;
}

struct err *db_step(struct stmt *stmt, bool *row)
{
    struct err *e;

    assert(stmt->in_use);
    *row = false;
    e = stmt->conn->driver->step(stmt, row);
    if (e || !*row)
        stmt_end(stmt);
    return e;
}

struct err *db_run(struct stmt *stmt, int64_t *changed)
{
    struct err *e = NULL;
    bool row = true;

    assert(stmt->in_use);
    if (!changed && !stmt->stepped && stmt->conn->tx_now->writable && stmt->conn->driver->run_late) {
        e = stmt->conn->driver->run_late(stmt);
        row = false;
    }
    while (!e && row)
        e = stmt->conn->driver->step(stmt, &row);
    if (changed)
        *changed = e ? 0 : stmt->conn->driver->changes(stmt);
    stmt_end(stmt);
    return e;
}

struct err *db_send(struct stmt *stmt)
{
    assert(stmt->in_use && !stmt->stepped);
    return stmt->conn->driver->send ? stmt->conn->driver->send(stmt) : NULL;
}

void db_done(struct stmt *stmt)
{
    if (stmt && stmt->in_use)
        stmt_end(stmt);
}

/* ---- columns ---- */

int db_cols(const struct stmt *stmt)
{
    return stmt->conn->driver->cols(stmt);
}

int db_col(const struct stmt *stmt, const char *name)
{
    /* The place of the last answer is the only thing changed behind const: a hint, not a state. */
    union {
        const struct stmt *in;
        struct stmt *out;
    } hint = {stmt};
    int n = db_cols(stmt);

    for (int i = 0; i < n; i++) {
        int col = (stmt->last_col + 1 + i) % n;

        if (strcmp(stmt->conn->driver->col_name(stmt, col), name) == 0) {
            hint.out->last_col = col;
            return col;
        }
    }
    log_event(LOG_ERROR, "db.no_such_column", "statement", stmt->slot->name, "column", name, NULL);
    abort(); /* a defect of the caller: the statement's text and its reader do not fit */
}

int64_t text_i64(const char *s, size_t len)
{
    const char *end = s + len;
    bool minus = false;
    uint64_t v = 0;

    if (len == 1 && (*s == 't' || *s == 'f'))
        return *s == 't';
    if (s < end && (*s == '-' || *s == '+'))
        minus = *s++ == '-';
    for (; s < end && *s >= '0' && *s <= '9'; s++) {
        if (v > (UINT64_MAX - 9) / 10)
            return minus ? INT64_MIN : INT64_MAX;
        v = v * 10 + (uint64_t)(*s - '0');
    }
    if (minus)
        return v > (uint64_t)INT64_MAX ? INT64_MIN : -(int64_t)v;
    return v > (uint64_t)INT64_MAX ? INT64_MAX : (int64_t)v;
}

bool db_is_null(const struct stmt *stmt, int col)
{
    assert(stmt->in_use);
    if (stmt->cells)
        return stmt->cells[col].kind == CELL_NULL;
    return stmt->conn->driver->is_null(stmt, col);
}

static int64_t cell_i64(const struct cell *c)
{
    switch (c->kind) {
    case CELL_INT:
        return c->integer;
    case CELL_REAL:
        return c->real >= 9.2233720368547758e18    ? INT64_MAX
               : c->real <= -9.2233720368547758e18 ? INT64_MIN
                                                   : (int64_t)c->real;
    case CELL_STR:
        return text_i64(c->str.ptr, c->str.len);
    case CELL_NULL:
        break;
    }
    return 0;
}

int64_t db_i64(const struct stmt *stmt, int col)
{
    assert(stmt->in_use);
    if (stmt->cells)
        return cell_i64(&stmt->cells[col]);
    return stmt->conn->driver->i64(stmt, col);
}

int64_t db_i64_or(const struct stmt *stmt, int col, int64_t if_null)
{
    return db_is_null(stmt, col) ? if_null : db_i64(stmt, col);
}

double db_real(const struct stmt *stmt, int col)
{
    assert(stmt->in_use);
    if (stmt->cells) {
        const struct cell *c = &stmt->cells[col];

        return c->kind == CELL_REAL  ? c->real
               : c->kind == CELL_STR ? strtod(c->str.ptr, NULL)
                                     : (double)cell_i64(c);
    }
    return stmt->conn->driver->real(stmt, col);
}

static struct str cell_str(struct arena *arena, struct cell *c)
{
    switch (c->kind) {
    case CELL_INT:
        return str_fmt(arena, "%lld", (long long)c->integer);
    case CELL_REAL:
        return str_fmt(arena, "%.15g", c->real);
    case CELL_STR:
        return c->str;
    case CELL_NULL:
        break;
    }
    return STR_NONE;
}

struct str db_str(const struct stmt *stmt, int col)
{
    assert(stmt->in_use);
    if (stmt->cells)
        return cell_str(stmt->arena, &stmt->cells[col]);
    return stmt->conn->driver->str(stmt, col);
}

/* ---- text made here ---- */

struct err *db_exec(struct tx *tx, struct str sql)
{
    return tx->conn->driver->exec(tx, str_cstr(tx->arena, sql));
}
