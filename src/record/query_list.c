/* Lists, counts and ids: one statement, rows written as they come. */
#include "record/query_impl.h"
#include "record/record.sql.h"

#include <string.h>

static void add_qualified(struct sql_text *q, const char *alias, struct str column,
                          const char *suffix)
{
    buf_add(&q->text, str_from(alias));
    buf_add(&q->text, STR(".\""));
    buf_add(&q->text, column);
    buf_add(&q->text, str_from(suffix));
    buf_add_char(&q->text, '"');
}

static int add_field(struct list_plan *l, struct sql_text *q, const struct out_col *c, int at)
{
    const char *alias = c->join < 0 ? "r" : l->joins[c->join].alias;

    if (c->f->type == FT_REFS)
        return 0;
    if (at)
        sql_add(q, ", ");
    if (c->computed) {
        computed_sql(l, q, c->e);
        return 1;
    }
    if (c->f->type == FT_FORMULA) {
        expr_sql_field(q, c->plan->eo, &c->plan->eo->fields[c->f->index], alias, &l->env);
        return 1;
    }
    add_qualified(q, alias, c->f->column, "");
    if (c->f->type != FT_MONEY)
        return 1;
    sql_add(q, ", ");
    add_qualified(q, alias, c->f->column, "$c");
    return 2;
}

static void add_columns(struct list_plan *l, struct sql_text *q)
{
    int at = 0;

    for (size_t i = 0; i < l->n_cols; i++) {
        struct out_col *c = &l->cols[i];
        c->col = at;
        at += add_field(l, q, c, at);
        if (c->computed && c->f->type == FT_USER) {
            c->title_col = at++;
            sql_add(q, ", ");
            computed_name_sql(l, q, c->f, c->e, "name");
        }
        if (c->title_join >= 0) {
            const struct join *j = &l->joins[c->title_join];
            struct str title =
                j->entry ? STR("title") : j->target->o->fields[j->target->o->title].column;
            c->title_col = at++;
            sql_add(q, ", ");
            add_qualified(q, j->alias, title, "");
        }
    }
    for (size_t i = 0; i < l->n_sorts; i++) {
        l->sorts[i].col = at++;
        sql_add(q, at > 1 ? ", " : "");
        sort_sql(l, q, &l->sorts[i]);
        if (l->outside)
            buf_fmt(&q->text, " AS \"k$%zu\"", i);
    }
}

/* The key in what orders and pages: its column, or what the subquery called it. */
static void key_sql(struct list_plan *l, struct sql_text *q, const struct sort_key *k)
{
    if (l->outside)
        buf_fmt(&q->text, "x.\"k$%d\"", (int)(k - l->sorts));
    else
        sort_sql(l, q, k);
}

static void add_key(struct sql_text *q, const struct sort_key *k, const struct key_value *v)
{
    if (k->kind == KEY_TEXT)
        sql_add_str(q, v->s.ptr ? v->s : STR(""));
    else if (k->kind == KEY_REAL)
        sql_add_real(q, v->d);
    else
        sql_add_i64(q, v->i);
}

/* Empty values come last in either direction. For the first key that is two statements: the rows that have a value, in the
 * order of an index, and then, if the page is not full, the rows that have none. */
enum phase { PHASE_ALL, PHASE_FILLED, PHASE_EMPTY };

/* The rows after the cursor: k1 beyond v1, or equal and k2 beyond v2, or ... */
static void add_after(struct list_plan *l, struct sql_text *q, size_t i, bool nullable)
{
    const struct sort_key *k = &l->sorts[i];
    const struct key_value *v = &l->after[i];
    bool last = i + 1 == l->n_sorts;

    sql_add(q, "(");
    if (v->null) {
        key_sql(l, q, k);
        sql_add(q, " IS NULL AND ");
        if (last)
            sql_add(q, "1 = 0");
        else
            add_after(l, q, i + 1, l->sorts[i + 1].nullable);
        sql_add(q, ")");
        return;
    }
    key_sql(l, q, k);
    sql_add(q, k->desc ? " < " : " > ");
    add_key(q, k, v);
    if (nullable) {
        sql_add(q, " OR ");
        key_sql(l, q, k);
        sql_add(q, " IS NULL");
    }
    if (!last) {
        sql_add(q, " OR (");
        key_sql(l, q, k);
        sql_add(q, " = ");
        add_key(q, k, v);
        sql_add(q, " AND ");
        add_after(l, q, i + 1, l->sorts[i + 1].nullable);
        sql_add(q, ")");
    }
    sql_add(q, ")");
}

static void add_paging(struct list_plan *l, struct sql_text *q, enum phase phase)
{
    const struct sort_key *k = &l->sorts[0];

    if (phase == PHASE_EMPTY) {
        if (l->after[0].null && l->n_sorts > 1) {
            sql_add(q, " AND ");
            add_after(l, q, 1, l->sorts[1].nullable);
        }
        return;
    }
    sql_add(q, " AND ");
    if (!l->outside) { /* says the same once more, so that an index can begin there */
        key_sql(l, q, k);
        sql_add(q, k->desc ? " <= " : " >= ");
        add_key(q, k, &l->after[0]);
        sql_add(q, " AND ");
    }
    add_after(l, q, 0, l->outside && k->nullable);
}

static void add_order(struct list_plan *l, struct sql_text *q, enum phase phase, int limit)
{
    bool any = false;

    if (phase != PHASE_ALL) {
        sql_add(q, " AND ");
        key_sql(l, q, &l->sorts[0]);
        sql_add(q, phase == PHASE_EMPTY ? " IS NULL" : " IS NOT NULL");
    }
    if (l->paged)
        add_paging(l, q, phase);
    for (size_t i = phase == PHASE_EMPTY ? 1 : 0; i < l->n_sorts; i++) {
        sql_add(q, any ? ", " : " ORDER BY ");
        any = true;
        key_sql(l, q, &l->sorts[i]);
        sql_add(q, l->sorts[i].desc ? " DESC" : "");
        sql_add(q, l->sorts[i].nullable && (i > 0 || l->outside) ? " NULLS LAST" : "");
    }
    sql_add(q, " LIMIT ");
    sql_add_i64(q, limit);
}

static struct err *put_links(struct list_plan *l, struct buf *b, const struct out_col *c,
                             int64_t id)
{
    struct stmt *st;
    bool row, first = true;

    TRY(db_stmt(l->tx, &sql_link_of, &st));
    db_bind_str(st, 1, c->plan->fields[c->f->index].link);
    db_bind_i64(st, 2, id);
    buf_add_char(b, '[');
    for (;;) {
        TRY(db_step(st, &row));
        if (!row)
            break;
        buf_add(b, first ? STR("\"") : STR(",\""));
        first = false;
        buf_add_i64(b, db_i64(st, 0));
        buf_add_char(b, '"');
    }
    buf_add_char(b, ']');
    return NULL;
}

static struct err *put_row(struct list_plan *l, struct buf *b, const struct stmt *st)
{
    buf_add_char(b, '{');
    for (size_t i = 0; i < l->n_cols; i++) {
        const struct out_col *c = &l->cols[i];
        buf_add(b, c->key);
        if (c->f->type == FT_REFS)
            TRY(put_links(l, b, c, db_i64(st, l->cols[0].col)));
        else
            put_column(b, c->f, st, c->col, c->title_col);
    }
    buf_add_char(b, '}');
    return NULL;
}

static void keep_keys(struct list_plan *l, const struct stmt *st, struct key_value *keys)
{
    for (size_t i = 0; i < l->n_sorts; i++) {
        int col = l->sorts[i].col;
        keys[i] = (struct key_value){.null = db_is_null(st, col)};
        if (keys[i].null)
            continue;
        if (l->sorts[i].kind == KEY_TEXT)
            keys[i].s = str_dup(l->arena, db_str(st, col));
        else if (l->sorts[i].kind == KEY_REAL)
            keys[i].d = db_real(st, col);
        else
            keys[i].i = db_i64(st, col);
    }
}

static struct err *run_count(struct list_plan *l, int64_t *count, bool *exact)
{
    struct sql_text q = sql_text_new(l->arena, tx_kind(l->tx));
    struct stmt *st;
    bool row;

    sql_add(&q, "SELECT COUNT(*) FROM (SELECT 1");
    list_from(l, &q, false);
    sql_add(&q, " LIMIT ");
    sql_add_i64(&q, COUNT_MAX + 1);
    sql_add(&q, ") n");
    TRY(sql_prepare(l->tx, &q, &st));
    TRY(db_step(st, &row));
    *count = row ? db_i64(st, 0) : 0;
    db_done(st);
    *exact = *count <= COUNT_MAX;
    if (!*exact)
        *count = COUNT_MAX;
    return NULL;
}

static struct err *check_limit(struct list_plan *l, int *limit)
{
    *limit = l->q->limit ? l->q->limit : PAGE_ROWS_DEFAULT;
    if (*limit < 1 || *limit > PAGE_ROWS_MAX)
        return err_parameter(l->arena, "limit", STR_NONE, "limit must be between 1 and %d.",
                             PAGE_ROWS_MAX);
    return NULL;
}

struct answer {
    int limit, n;
    bool more;
    struct key_value keys[SORTS_MAX + 1];
};

static struct err *run_phase(struct list_plan *l, enum phase phase, struct answer *page,
                             struct buf *json)
{
    struct sql_text q = sql_text_new(l->arena, tx_kind(l->tx));
    struct stmt *st;
    bool row;

    sql_add(&q, l->outside ? "SELECT x.* FROM (SELECT " : "SELECT ");
    add_columns(l, &q);
    list_from(l, &q, true);
    if (l->outside) /* the limit keeps the planners from copying the key to every place that names it */
        sql_add(&q, q.kind == DB_POSTGRES ? " OFFSET 0) x WHERE 1 = 1" : " LIMIT -1) x WHERE 1 = 1");
    add_order(l, &q, phase, page->limit + 1 - page->n);
    TRY(sql_prepare(l->tx, &q, &st));
    for (;;) {
        TRY(db_step(st, &row));
        if (!row)
            return NULL;
        if (page->n == page->limit) {
            page->more = true;
            db_done(st);
            return NULL;
        }
        if (page->n++)
            buf_add_char(json, ',');
        TRY(put_row(l, json, st));
        if (page->n == page->limit)
            keep_keys(l, st, page->keys);
    }
}

static struct err *run_page(struct list_plan *l, struct answer *page, struct buf *json)
{
    if (!l->sorts[0].nullable || l->outside)
        return run_phase(l, PHASE_ALL, page, json);
    if (!l->paged || !l->after[0].null)
        TRY(run_phase(l, PHASE_FILLED, page, json));
    return page->more ? NULL : run_phase(l, PHASE_EMPTY, page, json);
}

struct err *query_list(struct tx *tx, const struct manual *m, const struct actor *a,
                       const struct query *query, int64_t now_us, struct buf *json)
{
    struct list_plan l = {.tx = tx, .m = m, .a = a, .q = query, .env = actor_env(a, now_us)};
    struct answer page = {0};

    TRY(list_plan_make(&l));
    TRY(check_limit(&l, &page.limit));
    buf_add(json, STR("{\"data\":["));
    TRY(run_page(&l, &page, json));
    buf_add(json, STR("],\"next\":"));
    if (page.more)
        put_json_str(json, cursor_write(&l, page.keys));
    else
        buf_add(json, STR("null"));
    if (query->count) {
        int64_t count;
        bool exact;
        TRY(run_count(&l, &count, &exact));
        buf_fmt(json, ",\"count\":%lld,\"count_is_exact\":%s", (long long)count,
                exact ? "true" : "false");
    }
    buf_add_char(json, '}');
    return NULL;
}

struct err *query_check(struct tx *tx, const struct manual *m, const struct actor *a,
                        const struct query *query)
{
    struct list_plan l = {.tx = tx, .m = m, .a = a, .q = query};

    return list_plan_make(&l);
}

struct err *query_count(struct tx *tx, const struct manual *m, const struct actor *a,
                        const struct query *query, int64_t now_us, int64_t *count, bool *exact)
{
    struct query plain = *query;
    struct list_plan l = {.tx = tx, .m = m, .a = a, .q = &plain, .env = actor_env(a, now_us)};

    plain.fields = STR("id");
    plain.cursor = plain.sort = STR_NONE;
    TRY(list_plan_make(&l));
    return run_count(&l, count, exact);
}

struct err *query_ids(struct tx *tx, const struct manual *m, const struct actor *a,
                      const struct object *o, const struct expr *filter, const struct expr_env *env,
                      int64_t after_id, int limit, int64_t **ids, size_t *n)
{
    struct query all = {.object = o, .archived = true};
    struct list_plan l = {.tx = tx,
                          .arena = tx_arena(tx),
                          .m = m,
                          .a = a,
                          .q = &all,
                          .p = plan_tx(tx, m, o),
                          .filter = filter};
    struct sql_text q = sql_text_new(l.arena, tx_kind(tx));
    VEC(int64_t) list = {0};
    struct stmt *st;
    bool row;

    if (env)
        l.env = *env;
    if (a && !o->built_in)
        TRY(access_need(l.arena, m, a, o->index, VERB_READ));
    if (a && filter)
        TRY(access_check_expr(l.arena, m, a, filter));
    sql_add(&q, "SELECT r.\"id\"");
    list_from(&l, &q, false);
    sql_add(&q, " AND r.\"id\" > ");
    sql_add_i64(&q, after_id);
    sql_add(&q, " ORDER BY r.\"id\" LIMIT ");
    sql_add_i64(&q, limit > 0 ? limit : PAGE_ROWS_MAX);
    TRY(sql_prepare(tx, &q, &st));
    for (;;) {
        TRY(db_step(st, &row));
        if (!row)
            break;
        VEC_PUSH(l.arena, list) = db_i64(st, 0);
    }
    *ids = list.at;
    *n = list.n;
    return NULL;
}
