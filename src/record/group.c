/* Figures over groups of records: up to three keys, several measures, the reader's rights in the statement. */
#include "record/group_impl.h"

#include <string.h>

/* The next part at a comma that stands outside of brackets and quotes. */
static bool next_part(struct str *rest, struct str *part)
{
    int depth = 0;
    char quote = 0;

    *rest = str_trim(*rest);
    if (!rest->len)
        return false;
    for (size_t i = 0; i <= rest->len; i++) {
        char c = i < rest->len ? rest->ptr[i] : ',';
        if (i < rest->len && quote) {
            quote = c == quote ? 0 : quote;
        } else if (i < rest->len && (c == '\'' || c == '"')) {
            quote = c;
        } else if (c == '(') {
            depth++;
        } else if (c == ')') {
            depth--;
        } else if (c == ',' && (depth <= 0 || i == rest->len)) {
            *part = str_trim(str_sub(*rest, 0, i));
            *rest = str_sub(*rest, i + 1, SIZE_MAX);
            return true;
        }
    }
    *part = *rest;
    *rest = STR_NONE;
    return true;
}

static struct err *compile_value(struct group_ask *ask, struct str text, const struct expr **e)
{
    struct list_plan *l = &ask->l;

    TRY(plan_expr(l->arena, l->m, l->p->o->index, text, EXPR_VALUE, e));
    return access_check_expr(l->arena, l->m, l->a, *e);
}

static struct err *read_key(struct group_ask *ask, struct str part)
{
    static const char *const words[] = {NULL,        " by day",     " by week",
                                        " by month", " by quarter", " by year"};
    struct list_plan *l = &ask->l;
    struct group_key *k = &ask->keys[ask->n_keys];

    if (ask->n_keys == GROUP_KEYS_MAX)
        return err_parameter(l->arena, "by", STR_NONE, "At most %d keys can be grouped by.",
                             GROUP_KEYS_MAX);
    for (int i = 0; i < (int)ask->n_keys; i++) /* the answer calls each by its text */
        if (str_eq(ask->keys[i].text, part))
            return err_parameter(l->arena, "by", STR("Name it once."), "%.*s is grouped by twice.", STR_ARG(part));
    k->text = part;
    for (int b = BUCKET_DAY; b <= BUCKET_YEAR; b++) {
        struct str word = str_from(words[b]);
        if (part.len > word.len &&
            str_eq_nocase(str_sub(part, part.len - word.len, SIZE_MAX), word)) {
            k->bucket = (enum bucket)b;
            part = str_trim(str_sub(part, 0, part.len - word.len));
            break;
        }
    }
    TRY(compile_value(ask, part, &k->e));
    k->type = expr_result_type(k->e);
    k->f = object_field(l->p->o, part);
    if (k->bucket && k->type != ET_DATE && k->type != ET_INSTANT)
        return err_parameter(l->arena, "by", STR_NONE,
                             "%.*s is no date, so it has no days, weeks or months.", STR_ARG(part));
    if (k->type == ET_INSTANT && !k->bucket)
        k->bucket = BUCKET_DAY;
    if (k->type == ET_RELATED || k->type == ET_ANY || k->type == ET_EMPTY)
        return err_parameter(l->arena, "by", STR_NONE, "%.*s cannot be grouped by.", STR_ARG(part));
    ask->n_keys++;
    return NULL;
}

static struct err *bad_measure(struct group_ask *ask, struct str part)
{
    return err_parameter(
        ask->l.arena, "measure",
        STR("Write count, sum(amount), avg(amount), min(..), max(..) or median(..)."),
        "\"%.*s\" is no measure.", STR_ARG(str_sub(part, 0, 80)));
}

static struct err *read_measure(struct group_ask *ask, struct str part)
{
    static const char *const words[] = {"count", "sum", "avg", "min", "max", "median"};
    struct list_plan *l = &ask->l;
    struct group_measure *m = &ask->measures[ask->n_measures];
    size_t open = str_find_char(part, '(', 0);
    struct str word = str_trim(str_sub(part, 0, open)), inner;
    int kind = -1;

    if (ask->n_measures == MEASURES_MAX)
        return err_parameter(l->arena, "measure", STR_NONE,
                             "At most %d measures fit in one answer.", MEASURES_MAX);
    for (int i = 0; i <= M_MEDIAN; i++)
        if (str_eq_nocase(word, str_from(words[i])))
            kind = i;
    if (kind < 0 || (kind != M_COUNT && open == SIZE_MAX) ||
        (open != SIZE_MAX && !str_ends(part, STR(")"))))
        return bad_measure(ask, part);
    for (int i = 0; i < (int)ask->n_measures; i++)
        if (str_eq(ask->measures[i].text, part))
            return err_parameter(l->arena, "measure", STR("Name it once."), "%.*s is asked for twice.", STR_ARG(part));
    *m = (struct group_measure){.text = part, .kind = (enum measure_kind)kind, .scale = 0};
    ask->n_measures++;
    inner = open == SIZE_MAX ? STR_NONE : str_trim(str_sub(part, open + 1, part.len - open - 2));
    if (kind == M_COUNT && !inner.len)
        return NULL;
    if (!inner.len)
        return bad_measure(ask, part);
    TRY(compile_value(ask, inner, &m->e));
    m->type = expr_result_type(m->e);
    m->scale = expr_result_scale(m->e);
    const struct field *f = object_field(l->p->o, inner);
    if (f && f->type == FT_MONEY)
        m->money = f;
    bool counts = m->type == ET_NUMBER || m->type == ET_DURATION;
    bool orders = m->type == ET_DATE || m->type == ET_INSTANT;
    if (kind == M_COUNT || counts || (orders && (kind == M_MIN || kind == M_MAX)))
        return NULL;
    return err_parameter(l->arena, "measure", STR_NONE, "%.*s is no number, so %s makes no sense.",
                         STR_ARG(inner), words[kind]);
}

static struct err *read_ask(struct group_ask *ask)
{
    struct str rest = ask->g->by, part;

    while (next_part(&rest, &part))
        if (part.len)
            TRY(read_key(ask, part));
    rest = ask->g->measure.len ? ask->g->measure : STR("count");
    while (next_part(&rest, &part))
        if (part.len)
            TRY(read_measure(ask, part));
    return ask->n_measures ? NULL : read_measure(ask, STR("count"));
}

static void scoped(struct group_ask *ask, struct sql_text *q, const struct expr *e)
{
    struct actor *ctx = NEW(ask->l.arena, struct actor);

    *ctx = *ask->l.a;
    expr_sql_scoped(q, e, "r", &ask->l.env, access_expr_scope, ctx);
}

/* Instants are grouped by quarter hours here and folded into local days in C: all zones in use since 1972 are a multiple
 * of that away from UTC, and neither database knows our zones. */
static void add_key_sql(struct group_ask *ask, struct sql_text *q, const struct group_key *k)
{
    if (k->type != ET_INSTANT) {
        scoped(ask, q, k->e);
        return;
    }
    sql_add(q, "(");
    scoped(ask, q, k->e);
    sql_add(q, " - ((");
    scoped(ask, q, k->e);
    buf_fmt(&q->text, " %% %lld) + %lld) %% %lld)", 15 * US_PER_MINUTE, 15 * US_PER_MINUTE,
            15 * US_PER_MINUTE);
}

static void add_measure_sql(struct group_ask *ask, struct sql_text *q, struct group_measure *m,
                            int *col, bool raw)
{
    m->col = *col;
    if (m->kind == M_COUNT && !m->e)
        return;
    if (raw) {
        sql_add(q, ", ");
        scoped(ask, q, m->e);
        *col += 1;
        return;
    }
    sql_add(q, ", COUNT(");
    scoped(ask, q, m->e);
    sql_add(q, ")");
    *col += 1;
    if (m->kind == M_SUM || m->kind == M_AVG) {
        if (m->scale < 0) {
            sql_add(q, ", SUM(");
            scoped(ask, q, m->e);
            sql_add(q, "), NULL");
        } else {
            sql_add(q, ", CAST(SUM(");
            scoped(ask, q, m->e);
            sql_add(q, " / 4294967296) AS BIGINT), CAST(SUM(");
            scoped(ask, q, m->e);
            sql_add(q, " % 4294967296) AS BIGINT)");
        }
        *col += 2;
    } else if (m->kind == M_MIN || m->kind == M_MAX) {
        sql_add(q, m->kind == M_MIN ? ", MIN(" : ", MAX(");
        scoped(ask, q, m->e);
        sql_add(q, ")");
        *col += 1;
    }
    if (m->money) {
        buf_fmt(&q->text, ", MIN(r.\"%.*s$c\"), MAX(r.\"%.*s$c\")", STR_ARG(m->money->column),
                STR_ARG(m->money->column));
        *col += 2;
    }
}

/* raw: one row per record, for medians; else one per group. */
static struct err *run(struct group_ask *ask, bool raw)
{
    struct sql_text q = sql_text_new(ask->l.arena, tx_kind(ask->l.tx));
    struct stmt *st;
    bool row;
    int col = (int)ask->n_keys + 1;

    sql_add(&q, "SELECT ");
    for (size_t i = 0; i < ask->n_keys; i++) {
        add_key_sql(ask, &q, &ask->keys[i]);
        buf_fmt(&q.text, " AS k%zu, ", i + 1);
    }
    sql_add(&q, raw ? "1" : "COUNT(*)");
    for (size_t i = 0; i < ask->n_measures; i++)
        if ((ask->measures[i].kind == M_MEDIAN) == raw)
            add_measure_sql(ask, &q, &ask->measures[i], &col, raw);
    list_from(&ask->l, &q, false);
    for (size_t i = 0; i < ask->n_keys && !raw; i++)
        buf_fmt(&q.text, "%s%zu", i ? ", " : " GROUP BY ", i + 1);
    TRY(sql_prepare(ask->l.tx, &q, &st));
    for (;;) {
        TRY(db_step(st, &row));
        if (!row)
            return NULL;
        TRY(group_fold(ask, st, raw));
    }
}

struct err *query_group(struct tx *tx, const struct manual *m, const struct actor *a,
                        const struct group_query *g, int64_t now_us, struct buf *json)
{
    struct query rows = {.object = g->object, .filter = g->filter, .fields = STR("id")};
    struct group_ask *ask = NEW(tx_arena(tx), struct group_ask);
    bool median = false;

    ask->g = g;
    ask->l = (struct list_plan){.tx = tx, .m = m, .a = a, .q = &rows, .env = actor_env(a, now_us)};
    if (g->limit < 0 || g->limit > GROUP_ROWS_MAX)
        return err_parameter(tx_arena(tx), "limit", STR_NONE, "limit must be between 1 and %d.",
                             GROUP_ROWS_MAX);
    TRY(list_plan_make(&ask->l));
    TRY(read_ask(ask));
    ask->by_key = strmap_new(ask->l.arena, 64);
    for (size_t i = 0; i < ask->n_measures; i++)
        median = median || ask->measures[i].kind == M_MEDIAN;
    TRY(run(ask, false));
    if (median)
        TRY(run(ask, true));
    return group_write(ask, json);
}
