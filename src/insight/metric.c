/* Metrics: a page's figure becomes one query over records, with the actor's rights in the same statement. */
#include "insight/metric.h"

#include "base/id.h"
#include "base/limits.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DECIMALS 2

/* One row of the answer while it is put together. Values are added in their smallest unit (cents, microseconds): whole
 * numbers, which a long double adds exactly up to 2^64. */
struct group {
    struct str key, label; /* key: text of the value; empty: no value */
    bool empty;
    int64_t n, hits;       /* records; for a rate those that hold */
    long double sum;
    VEC(double) values;    /* median only */
};

struct ask {
    struct tx *tx;
    const struct manual *m;
    const struct actor *a;
    const struct metric *metric;
    const struct object *object;
    const struct metric_by *by; /* NULL: the total */
    const struct expr *filter;
    struct expr_env env;
    const struct field *money; /* the value is this plain field, and rows of other currencies are left out; else NULL */
    double unit;           /* smallest units in one that people count in */
    int64_t n_left_out;
    VEC(struct group) groups;
    struct strmap *group_by_key;
};

static const struct metric *metric_find(const struct manual *m, struct str name)
{
    for (size_t i = 0; i < m->n_metrics; i++)
        if (str_eq(m->metrics[i].page->name, name))
            return &m->metrics[i];
    return NULL;
}

static struct err *need_metric(struct arena *arena, const struct manual *m, struct str name, const struct metric **out)
{
    struct str *names = NEW_ARRAY(arena, m->n_metrics + 1, struct str);
    struct err *e;
    struct str near;

    *out = metric_find(m, name);
    if (*out)
        return NULL;
    for (size_t i = 0; i < m->n_metrics; i++)
        names[i] = m->metrics[i].page->name;
    near = str_nearest(arena, name, names, m->n_metrics);
    e = FAIL(arena, ERR_NOT_FOUND, "metric.not_found", NULL, "The manual has no metric %.*s.", STR_ARG(name));
    if (near.len)
        e->way_out = str_fmt(arena, "Did you mean %.*s?", STR_ARG(near));
    return e;
}

/* The money field that the value plainly is, else NULL. */
static const struct field *money_field(const struct ask *ask)
{
    const struct expr *e = ask->metric->measure == MEASURE_TIME_BETWEEN ? NULL : ask->metric->value.e;
    const struct field *f = e ? object_field(ask->object, str_trim(expr_text(e))) : NULL;

    return f && f->type == FT_MONEY ? f : NULL;
}

/* ---- the statement ---- */

static void add_value(struct sql_text *q, struct ask *ask, const struct expr *e)
{
    if (e)
        expr_sql_scoped(q, e, "r", &ask->env, access_expr_scope, (void *)(uintptr_t)ask->a);
    else
        sql_add(q, "NULL");
}

/* Adds "AND (cond)" for a condition of the page or the caller. */
static void add_condition(struct sql_text *q, struct ask *ask, const struct expr *e)
{
    if (!e)
        return;
    sql_add(q, " AND (");
    add_value(q, ask, e);
    sql_add(q, ")");
}

/* What the engine keeps (tasks, breaches, runs) belongs to no role's page; figures over it are a right of their own. */
static bool may_count(const struct actor *a, const struct object *o)
{
    if (o->built_in)
        return a->system || access_right(a, RIGHT_SEE_FIGURES) || access_right(a, RIGHT_SEE_BREACHES);
    return access_scope(a, o->index, VERB_READ) != SCOPE_NONE;
}

static struct err *check_rights(struct ask *ask)
{
    const struct metric *x = ask->metric;
    const struct expr *const read[] = {x->where.e, x->numerator.e, x->value.e, x->from.e, x->to.e, ask->by ? ask->by->e : NULL, ask->filter};
    struct arena *arena = tx_arena(ask->tx);

    if (!may_count(ask->a, ask->object))
        return ask->object->built_in ? access_need_right(arena, ask->m, ask->a, RIGHT_SEE_FIGURES)
                                     : access_need(arena, ask->m, ask->a, x->object, VERB_READ);
    for (size_t i = 0; i < sizeof read / sizeof read[0]; i++)
        if (read[i])
            TRY(access_check_expr(arena, ask->m, ask->a, read[i]));
    return NULL;
}

/* Columns: 0 group key, 1 value or start, 2 end, 3 does the numerator hold, 4 currency. */
static struct err *prepare(struct ask *ask, struct stmt **out)
{
    const struct metric *x = ask->metric;
    struct sql_text q = sql_text_new(tx_arena(ask->tx), tx_kind(ask->tx));
    bool between = x->measure == MEASURE_TIME_BETWEEN;

    sql_add(&q, "SELECT ");
    add_value(&q, ask, ask->by ? ask->by->e : NULL);
    sql_add(&q, ", ");
    add_value(&q, ask, between ? x->from.e : x->value.e);
    sql_add(&q, ", ");
    add_value(&q, ask, between ? x->to.e : NULL);
    if (x->measure == MEASURE_RATE && x->numerator.e) {
        sql_add(&q, ", CASE WHEN ");
        add_value(&q, ask, x->numerator.e);
        sql_add(&q, " THEN 1 ELSE 0 END");
    } else {
        sql_add(&q, ", 0");
    }
    if (ask->money) {
        sql_add(&q, ", r.");
        sql_add_ident(&q, str_fmt(tx_arena(ask->tx), "%.*s$c", STR_ARG(ask->money->column)));
    }
    sql_add(&q, " FROM ");
    sql_add_ident(&q, ask->object->table);
    sql_add(&q, " r WHERE ");
    if (ask->object->built_in)
        sql_add(&q, "1 = 1");
    else
        sql_add(&q, "r.deleted_at IS NULL AND r.archived_at IS NULL");
    access_sql(&q, ask->a, x->object, VERB_READ, "r");
    add_condition(&q, ask, x->where.e);
    add_condition(&q, ask, ask->filter);
    return sql_prepare(ask->tx, &q, out);
}

/* ---- groups ---- */

static int64_t bucket_day(int64_t day, int bucket)
{
    struct civil c = civil_from_days(day);

    switch (bucket) {
    case BY_WEEK:
        return day - (civil_weekday(day) - 1);
    case BY_MONTH:
        return civil_days(c.year, c.month, 1);
    case BY_QUARTER:
        return civil_days(c.year, (c.month - 1) / 3 * 3 + 1, 1);
    case BY_YEAR:
        return civil_days(c.year, 1, 1);
    default:
        return day;
    }
}

static struct str bucket_label(struct arena *arena, int64_t day, int bucket)
{
    struct civil c = civil_from_days(day);

    if (bucket == BY_YEAR)
        return str_fmt(arena, "%d", c.year);
    if (bucket == BY_QUARTER)
        return str_fmt(arena, "%d Q%d", c.year, (c.month - 1) / 3 + 1);
    if (bucket == BY_MONTH)
        return str_fmt(arena, "%d-%02d", c.year, c.month);
    return date_text(arena, day);
}

static struct str key_text(struct ask *ask, struct stmt *stmt)
{
    struct arena *arena = tx_arena(ask->tx);
    enum expr_type type = ask->by ? expr_result_type(ask->by->e) : ET_EMPTY;

    if (!ask->by || db_is_null(stmt, 0))
        return STR_NONE;
    if (type == ET_TEXT || type == ET_SET)
        return str_dup(arena, db_str(stmt, 0));
    if (type == ET_DATE || type == ET_INSTANT) {
        int64_t v = db_i64(stmt, 0);
        int64_t day = type == ET_DATE ? v : zone_date(ask->env.zone, v);

        return bucket_label(arena, bucket_day(day, ask->by->bucket), ask->by->bucket);
    }
    if (type == ET_BOOL)
        return db_i64(stmt, 0) ? STR("yes") : STR("no");
    return str_fmt(arena, "%" PRId64, db_i64(stmt, 0));
}

static struct group *group_for(struct ask *ask, struct str key)
{
    int64_t at;
    struct group *g;

    if (strmap_get(ask->group_by_key, key, &at))
        return &ask->groups.at[at];
    g = &VEC_PUSH(tx_arena(ask->tx), ask->groups);
    g->key = g->label = key;
    g->empty = key.len == 0;
    strmap_put(ask->group_by_key, key, (int64_t)ask->groups.n - 1);
    return g;
}

static double power10(int n)
{
    double d = 1;

    while (n-- > 0)
        d *= 10;
    return d;
}

/* Money is counted in major units, times in days. */
static double unit_size(const struct metric *x)
{
    enum expr_type type;

    if (x->measure == MEASURE_TIME_BETWEEN)
        return expr_result_type(x->from.e) == ET_DATE ? 1 : (double)US_PER_DAY;
    if (!x->value.e)
        return 1;
    type = expr_result_type(x->value.e);
    return type == ET_DURATION ? (double)US_PER_DAY : power10(expr_result_scale(x->value.e));
}

/* The value of one row in its smallest unit. False: nothing to measure. */
static bool row_value(struct ask *ask, struct stmt *stmt, long double *out)
{
    const struct metric *x = ask->metric;

    if (x->measure == MEASURE_TIME_BETWEEN) {
        if (db_is_null(stmt, 1) || db_is_null(stmt, 2))
            return false;
        *out = (long double)db_i64(stmt, 2) - (long double)db_i64(stmt, 1);
        return true;
    }
    *out = 0;
    if (!x->value.e)
        return true;
    if (db_is_null(stmt, 1))
        return false;
    if (ask->money && !str_eq(db_str(stmt, 4), ask->money->currency)) {
        ask->n_left_out++;
        return false;
    }
    if (expr_result_type(x->value.e) == ET_NUMBER && expr_result_scale(x->value.e) < 0)
        *out = (long double)db_real(stmt, 1);
    else
        *out = (long double)db_i64(stmt, 1);
    return true;
}

static struct err *read_rows(struct ask *ask)
{
    struct stmt *stmt;
    struct arena *arena = tx_arena(ask->tx);

    TRY(prepare(ask, &stmt));
    for (;;) {
        bool row;
        struct group *g;
        long double v;

        TRY(db_step(stmt, &row));
        if (!row)
            return NULL;
        if (!row_value(ask, stmt, &v))
            continue;
        if (ask->groups.n >= GROUP_ROWS_MAX * 10)
            return FAIL(arena, ERR_INVALID, "query.parameter", "/by", "This grouping has more than %d groups; choose a coarser one.",
                        GROUP_ROWS_MAX * 10);
        g = group_for(ask, key_text(ask, stmt));
        g->n++;
        g->hits += db_i64(stmt, 3);
        g->sum += v;
        if (ask->metric->measure == MEASURE_MEDIAN)
            VEC_PUSH(arena, g->values) = (double)v;
    }
}

/* ---- the answer ---- */

static int by_number(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* False: nothing to divide by. */
static bool group_value(const struct ask *ask, struct group *g, double *out)
{
    const struct metric *x = ask->metric;

    switch (x->measure) {
    case MEASURE_COUNT:
        *out = (double)g->n;
        return true;
    case MEASURE_SUM:
        *out = (double)g->sum / ask->unit;
        return true;
    case MEASURE_RATE:
        *out = g->n ? 100.0 * (double)g->hits / (double)g->n : 0;
        return g->n > 0;
    case MEASURE_MEDIAN:
        if (!g->values.n)
            return false;
        qsort(g->values.at, g->values.n, sizeof g->values.at[0], by_number);
        *out = g->values.n % 2 ? g->values.at[g->values.n / 2]
                               : (g->values.at[g->values.n / 2 - 1] + g->values.at[g->values.n / 2]) / 2;
        *out /= ask->unit;
        return true;
    default:
        *out = g->n ? (double)(g->sum / (long double)g->n) / ask->unit : 0;
        return g->n > 0;
    }
}

static double rounded(double v)
{
    double p = power10(DECIMALS);

    return round(v * p) / p;
}

static const char *unit_of(const struct ask *ask)
{
    const struct metric *x = ask->metric;

    if (x->measure == MEASURE_RATE)
        return "%";
    if (x->measure == MEASURE_COUNT)
        return "records";
    if (x->measure == MEASURE_TIME_BETWEEN || (x->value.e && expr_result_type(x->value.e) == ET_DURATION))
        return "days";
    return "";
}

/* "10,005,534 USD", "63.15 %": as people write it. */
static struct str display(const struct ask *ask, double v)
{
    struct arena *arena = tx_arena(ask->tx);
    const char *unit = ask->metric->measure == MEASURE_COUNT ? "" : unit_of(ask);
    struct str digits = str_fmt(arena, "%.*f", DECIMALS, fabs(v));
    size_t whole = digits.len - DECIMALS - 1;
    struct buf out = buf_new(arena, 48);

    if (v < 0)
        buf_add_char(&out, '-');
    for (size_t i = 0; i < whole; i++) {
        if (i && (whole - i) % 3 == 0)
            buf_add_char(&out, ',');
        buf_add_char(&out, digits.ptr[i]);
    }
    if (!str_ends(digits, STR(".00")))
        buf_add(&out, str_sub(digits, whole, SIZE_MAX));
    if (ask->money || *unit)
        buf_fmt(&out, " %.*s", STR_ARG(ask->money ? ask->money->currency : str_from(unit)));
    return buf_str(&out);
}

static void value_out(struct json_writer *w, const struct ask *ask, struct group *g)
{
    double v;

    if (group_value(ask, g, &v)) {
        v = rounded(v);
        jw_key_lit(w, STR("\"value\":"));
        jw_real(w, v);
        jw_kv_str(w, "display", display(ask, v));
    } else {
        jw_key_lit(w, STR("\"value\":"));
        jw_null(w);
        jw_kv_str(w, "display", STR_NONE);
    }
    jw_kv_i64(w, "n", g->n);
}

static void url_add(struct buf *url, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("-_.~", c)))
            buf_add_char(url, (char)c);
        else
            buf_fmt(url, "%%%02X", c);
    }
}

static struct str both(struct arena *arena, struct str a, struct str b)
{
    return a.len && b.len ? str_fmt(arena, "(%.*s) and (%.*s)", STR_ARG(a), STR_ARG(b)) : a.len ? a : b;
}

/* "amount is not empty"; what is more than a name stands in parentheses. */
static struct str has_value(struct arena *arena, const struct expr *e)
{
    struct str text = expr_text(e);

    for (size_t i = 0; i < text.len; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789_.", text.ptr[i]))
            return str_fmt(arena, "(%.*s) is not empty", STR_ARG(text));
    return str_fmt(arena, "%.*s is not empty", STR_ARG(text));
}

/* A sum or mean is made from the records that have a value: those, and no others, stand behind it. */
static struct str with_value(struct arena *arena, const struct metric *x)
{
    if (x->measure == MEASURE_TIME_BETWEEN)
        return both(arena, has_value(arena, x->from.e), has_value(arena, x->to.e));
    return x->value.e ? has_value(arena, x->value.e) : STR_NONE;
}

/* Where the records behind the figure are: the list leaves out what is archived, and so does the figure. */
static void list_out(struct json_writer *w, const struct ask *ask)
{
    struct arena *arena = tx_arena(ask->tx);
    struct buf url = buf_new(arena, 256);
    struct str where = ask->metric->where.e ? expr_text(ask->metric->where.e) : STR_NONE;
    struct str more = ask->filter ? expr_text(ask->filter) : STR_NONE;

    buf_fmt(&url, "/api/v1/records/%.*s?filter=", STR_ARG(ask->object->name));
    url_add(&url, both(arena, both(arena, where, more), with_value(arena, ask->metric)));
    jw_kv_str(w, "list", ask->object->built_in ? STR_NONE : buf_str(&url));
}

static void describe(struct json_writer *w, const struct manual *m, const struct metric *x)
{
    jw_kv_str(w, "name", x->page->name);
    jw_kv_str(w, "label", x->page->label);
    jw_kv_str(w, "definition", str_trim(x->page->body));
    jw_kv_str(w, "page", x->page->path);
    jw_kv_str(w, "object", m->objects[x->object].name);
    jw_kv_str(w, "owner", x->page->owner);
    jw_kv_str(w, "target", x->target);
    jw_kv_str(w, "better", x->lower_is_better ? STR("lower") : STR("higher"));
    jw_key(w, STR("by"));
    jw_array(w);
    for (size_t i = 0; i < x->n_by; i++)
        jw_str(w, x->by[i].text);
    jw_end_array(w);
}

/* Ids of people and records become names. */
static struct err *label_groups(struct ask *ask)
{
    if (!ask->by || expr_result_type(ask->by->e) != ET_REF)
        return NULL;
    for (size_t i = 0; i < ask->groups.n; i++) {
        struct group *g = &ask->groups.at[i];
        const struct object *o;
        struct record r;
        int64_t id;

        if (!id_parse(g->key, &id))
            continue;
        TRY(record_object_of(ask->tx, ask->m, id, &o));
        if (!o || record_get(ask->tx, ask->m, ask->a, o, id, true, &r))
            continue; /* a group whose name the actor may not see keeps its id */
        g->label = record_title(tx_arena(ask->tx), ask->m, &r);
    }
    return NULL;
}

/* Days and months in their order, those without one last; everything else the largest first, then by name. */
static int compare_groups(const void *pa, const void *pb, void *ctx)
{
    const struct ask *ask = ctx;
    struct group a = *(const struct group *)pa, b = *(const struct group *)pb;
    double x = 0, y = 0;
    enum expr_type type = expr_result_type(ask->by->e);

    if (type != ET_DATE && type != ET_INSTANT) {
        group_value(ask, &a, &x);
        group_value(ask, &b, &y);
        if (x < y || x > y)
            return x < y ? 1 : -1;
    } else if (a.empty != b.empty) {
        return a.empty ? 1 : -1;
    }
    return str_cmp(a.label, b.label);
}

static void write_groups(struct json_writer *w, struct ask *ask)
{
    jw_key(w, STR("groups"));
    jw_array(w);
    for (size_t i = 0; i < ask->groups.n && i < GROUP_ROWS_MAX; i++) {
        struct group *g = &ask->groups.at[i];

        jw_object(w);
        jw_key(w, STR("key"));
        if (g->empty)
            jw_null(w);
        else
            jw_str(w, g->key);
        jw_kv_str(w, "label", g->empty ? STR("none") : g->label);
        value_out(w, ask, g);
        jw_end_object(w);
    }
    jw_end_array(w);
}

/* One of the page's groupings, or any expression of its object with an optional "by month". */
static struct err *read_by(struct ask *ask, struct str by)
{
    static const struct {
        const char *ending;
        int bucket;
    } buckets[] = {{" by day", BY_DAY}, {" by week", BY_WEEK}, {" by month", BY_MONTH}, {" by quarter", BY_QUARTER}, {" by year", BY_YEAR}};
    struct arena *arena = tx_arena(ask->tx);
    struct metric_by *made;
    struct err *e;

    by = str_trim(by);
    if (!by.len)
        return NULL;
    for (size_t i = 0; i < ask->metric->n_by; i++)
        if (str_eq(by, ask->metric->by[i].text)) {
            ask->by = &ask->metric->by[i];
            return NULL;
        }
    made = NEW(arena, struct metric_by);
    made->text = by;
    made->bucket = BY_VALUE;
    for (size_t i = 0; i < sizeof buckets / sizeof buckets[0]; i++)
        if (str_ends(by, str_from(buckets[i].ending))) {
            made->bucket = buckets[i].bucket;
            by = str_sub(by, 0, by.len - strlen(buckets[i].ending));
        }
    e = expr_compile(arena, ask->m->schema, ask->metric->object, by, EXPR_VALUE, &made->e);
    if (e)
        e->field = "/by";
    ask->by = made;
    return e;
}

static struct err *write_answer(struct ask *ask, struct buf *json)
{
    struct json_writer w = json_writer(json);
    struct group none = {0}, *total = ask->groups.n ? &ask->groups.at[0] : &none;

    TRY(label_groups(ask));
    jw_object(&w);
    describe(&w, ask->m, ask->metric);
    jw_kv_str(&w, "unit", str_from(unit_of(ask)));
    jw_kv_str(&w, "currency", ask->money ? ask->money->currency : STR_NONE);
    jw_kv_i64(&w, "left_out", ask->n_left_out); /* in other currencies */
    list_out(&w, ask);
    if (ask->by) {
        struct group sum = {0};

        /* The total of groups is only the sum of them for counts and sums; everything else has its own question. */
        for (size_t i = 0; i < ask->groups.n; i++) {
            sum.n += ask->groups.at[i].n;
            sum.hits += ask->groups.at[i].hits;
            sum.sum += ask->groups.at[i].sum;
            for (size_t k = 0; k < ask->groups.at[i].values.n; k++)
                VEC_PUSH(tx_arena(ask->tx), sum.values) = ask->groups.at[i].values.at[k];
        }
        value_out(&w, ask, &sum);
        if (ask->groups.n)
            qsort_r(ask->groups.at, ask->groups.n, sizeof *ask->groups.at, compare_groups, ask);
        write_groups(&w, ask);
    } else {
        value_out(&w, ask, total);
    }
    jw_end_object(&w);
    return NULL;
}

struct err *metric_json(struct tx *tx, const struct manual *m, const struct actor *a, const struct metric_ask *in, struct buf *json)
{
    struct ask ask = {.tx = tx, .m = m, .a = a, .env = actor_env(a, in->now_us)};
    struct arena *arena = tx_arena(tx);

    TRY(need_metric(arena, m, in->name, &ask.metric));
    ask.object = &m->objects[ask.metric->object];
    ask.group_by_key = strmap_new(arena, 64);
    ask.money = money_field(&ask);
    ask.unit = unit_size(ask.metric);
    TRY(read_by(&ask, in->by));
    if (in->filter.len) {
        struct err *e = expr_compile(arena, m->schema, ask.metric->object, in->filter, EXPR_CONDITION, &ask.filter);

        if (e)
            e->field = "/filter";
        TRY(e);
    }
    TRY(check_rights(&ask));
    TRY(read_rows(&ask));
    return write_answer(&ask, json);
}

struct err *metric_list_json(struct tx *tx, const struct manual *m, const struct actor *a, struct buf *json)
{
    struct json_writer w = json_writer(json);

    (void)tx;
    jw_object(&w);
    jw_key(&w, STR("data"));
    jw_array(&w);
    for (size_t i = 0; i < m->n_metrics; i++) {
        if (!may_count(a, &m->objects[m->metrics[i].object]))
            continue;
        jw_object(&w);
        describe(&w, m, &m->metrics[i]);
        jw_end_object(&w);
    }
    jw_end_array(&w);
    jw_end_object(&w);
    return NULL;
}
