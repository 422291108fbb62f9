/* Rows into groups, groups into JSON. */
#include "record/group_impl.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define GROUPS_HELD_MAX 100000 /* before buckets and the limit; more is no report */

/* First day of the bucket a day lies in; weeks begin on Monday (ISO 8601). */
static int64_t bucket_day(enum bucket bucket, int64_t day)
{
    struct civil c = civil_from_days(day);

    switch (bucket) {
    case BUCKET_WEEK:
        return day - (civil_weekday(day) - 1);
    case BUCKET_MONTH:
        return civil_days(c.year, c.month, 1);
    case BUCKET_QUARTER:
        return civil_days(c.year, (c.month - 1) / 3 * 3 + 1, 1);
    case BUCKET_YEAR:
        return civil_days(c.year, 1, 1);
    case BUCKET_NONE:
    case BUCKET_DAY:
        break;
    }
    return day;
}

static struct group_value read_key(struct group_ask *ask, const struct group_key *k,
                                   const struct stmt *st, int col)
{
    struct group_value v = {.null = db_is_null(st, col)};
    const struct zone *zone = ask->l.env.zone ? ask->l.env.zone : zone_utc();

    if (v.null)
        return v;
    if (k->type == ET_TEXT || k->type == ET_SET) {
        v.s = db_str(st, col);
        v.null = v.s.len == 0;
    } else if (k->type == ET_NUMBER && expr_result_scale(k->e) < 0) {
        v.d = db_real(st, col);
    } else {
        v.i = db_i64(st, col);
    }
    if (k->type == ET_INSTANT)
        v.i = zone_date(zone, v.i);
    if (k->type == ET_INSTANT || k->type == ET_DATE)
        v.i = bucket_day(k->bucket, v.i);
    return v;
}

static struct err *find_group(struct group_ask *ask, const struct stmt *st, struct group **out)
{
    struct arena *arena = ask->l.arena;
    struct group_value key[GROUP_KEYS_MAX];
    struct buf b = buf_new(arena, 64);
    int64_t at;

    for (size_t i = 0; i < ask->n_keys; i++) {
        key[i] = read_key(ask, &ask->keys[i], st, (int)i);
        buf_fmt(&b, "%d:%lld:%a:%zu:%.*s|", key[i].null, (long long)key[i].i, key[i].d,
                key[i].s.len, STR_ARG(key[i].s));
    }
    if (strmap_get(ask->by_key, buf_str(&b), &at)) {
        *out = ask->groups.at[at].group;
        return NULL;
    }
    if (ask->groups.n == GROUPS_HELD_MAX)
        return err_parameter(arena, "by", STR("Group by something coarser, or filter more."),
                             "This makes more than %d groups.", GROUPS_HELD_MAX);
    struct group *g = NEW(arena, struct group);
    for (size_t i = 0; i < ask->n_keys; i++) {
        g->key[i] = key[i];
        g->key[i].s = str_dup(arena, key[i].s);
    }
    strmap_put(ask->by_key, str_dup(arena, buf_str(&b)), (int64_t)ask->groups.n);
    VEC_PUSH(arena, ask->groups).group = g;
    *out = g;
    return NULL;
}

static void fold_extreme(const struct group_measure *m, struct accumulator *acc,
                         const struct stmt *st, int col)
{
    struct group_value v = {.null = db_is_null(st, col)};

    if (v.null)
        return;
    if (m->scale < 0)
        v.d = db_real(st, col);
    else
        v.i = db_i64(st, col);
    bool first = acc->min.null || acc->n == 0;
    if (first || (m->scale < 0 ? v.d < acc->min.d : v.i < acc->min.i))
        acc->min = v;
    if (first || (m->scale < 0 ? v.d > acc->max.d : v.i > acc->max.i))
        acc->max = v;
}

static void fold_currency(struct arena *arena, struct accumulator *acc, struct str low,
                          struct str high)
{
    if (low.ptr && (!acc->currency_min.ptr || str_cmp(low, acc->currency_min) < 0))
        acc->currency_min = str_dup(arena, low);
    if (high.ptr && (!acc->currency_max.ptr || str_cmp(high, acc->currency_max) > 0))
        acc->currency_max = str_dup(arena, high);
}

static void fold_measure(struct group_ask *ask, const struct group_measure *m,
                         struct accumulator *acc, const struct stmt *st)
{
    int col = m->col;

    if (!m->e)
        return;
    int64_t n = db_i64(st, col++);
    if (m->kind == M_SUM || m->kind == M_AVG) {
        if (m->scale < 0)
            acc->sum += db_real(st, col);
        else {
            acc->high += db_i64(st, col);
            acc->low += db_i64(st, col + 1);
        }
        col += 2;
    } else if (m->kind == M_MIN || m->kind == M_MAX) {
        fold_extreme(m, acc, st, col++);
    }
    if (m->money)
        fold_currency(ask->l.arena, acc, db_str(st, col), db_str(st, col + 1));
    acc->n += n;
}

static struct err *fold_value(struct group_ask *ask, const struct group_measure *m,
                              struct accumulator *acc, const struct stmt *st)
{
    if (db_is_null(st, m->col))
        return NULL;
    if (++ask->median_values > MEDIAN_VALUES_MAX)
        return err_parameter(ask->l.arena, "measure", STR("Filter more."),
                             "The median of more than %d values is too much at once.",
                             MEDIAN_VALUES_MAX);
    if (acc->n_values == acc->cap) {
        size_t cap = acc->cap ? acc->cap * 2 : 16;
        acc->values = arena_grow(ask->l.arena, acc->values, acc->cap * sizeof *acc->values,
                                 cap * sizeof *acc->values);
        acc->cap = cap;
    }
    acc->values[acc->n_values++] = m->scale < 0 ? db_real(st, m->col) : (double)db_i64(st, m->col);
    acc->n++;
    return NULL;
}

struct err *group_fold(struct group_ask *ask, const struct stmt *st, bool raw)
{
    struct group *g = NULL;

    TRY(find_group(ask, st, &g));
    assert(g);
    if (!raw)
        g->rows += db_i64(st, (int)ask->n_keys);
    for (size_t i = 0; i < ask->n_measures; i++) {
        const struct group_measure *m = &ask->measures[i];
        if ((m->kind == M_MEDIAN) != raw)
            continue;
        if (raw)
            TRY(fold_value(ask, m, &g->acc[i], st));
        else
            fold_measure(ask, m, &g->acc[i], st);
    }
    return NULL;
}

/* ---- writing ---- */

static void put_day(struct json_writer *w, enum bucket bucket, int64_t day)
{
    struct arena *arena = w->out->arena;
    struct civil c = civil_from_days(day);

    switch (bucket) {
    case BUCKET_MONTH:
        jw_str(w, str_fmt(arena, "%04d-%02d", c.year, c.month));
        return;
    case BUCKET_QUARTER:
        jw_str(w, str_fmt(arena, "%04d-Q%d", c.year, (c.month + 2) / 3));
        return;
    case BUCKET_YEAR:
        jw_str(w, str_fmt(arena, "%04d", c.year));
        return;
    case BUCKET_NONE:
    case BUCKET_DAY:
    case BUCKET_WEEK:
        break;
    }
    jw_str(w, date_text(arena, day));
}

static struct err *put_ref_key(struct group_ask *ask, struct json_writer *w,
                               const struct group_key *k, int64_t id)
{
    const struct object *target =
        k->f && k->f->to_object >= 0 ? &ask->l.m->objects[k->f->to_object] : NULL;
    struct str name = STR_NONE;

    jw_object(w);
    jw_kv_id(w, "id", id);
    if (!target)
        TRY(record_object_of(ask->l.tx, ask->l.m, id, &target));
    if (target)
        TRY(title_of(ask->l.tx, ask->l.m, ask->l.a, target, id, &name));
    if (name.ptr)
        jw_kv_str(w, "name", name);
    jw_end_object(w);
    return NULL;
}

static struct err *put_key(struct group_ask *ask, struct json_writer *w, const struct group_key *k,
                           const struct group_value *v)
{
    struct str rest = v->s, term;

    if (v->null) {
        jw_null(w);
        return NULL;
    }
    switch (k->type) {
    case ET_TEXT:
        jw_str(w, v->s);
        return NULL;
    case ET_BOOL:
        jw_bool(w, v->i != 0);
        return NULL;
    case ET_NUMBER:
        if (expr_result_scale(k->e) < 0)
            jw_real(w, v->d);
        else
            jw_raw(w, str_from_scaled(ask->l.arena, v->i, expr_result_scale(k->e), true));
        return NULL;
    case ET_DATE:
    case ET_INSTANT:
        put_day(w, k->bucket, v->i);
        return NULL;
    case ET_DURATION:
        jw_real(w, (double)v->i / US_PER_DAY);
        return NULL;
    case ET_REF:
        return put_ref_key(ask, w, k, v->i);
    case ET_SET:
        jw_array(w);
        while (set_next(&rest, &term))
            jw_str(w, term);
        jw_end_array(w);
        return NULL;
    case ET_RELATED:
    case ET_EMPTY:
    case ET_ANY:
        break;
    }
    jw_null(w);
    return NULL;
}

static int compare_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static double unit(const struct group_measure *m)
{
    double d = 1;

    if (m->type == ET_DURATION)
        return US_PER_DAY; /* durations are given in days */
    for (int i = 0; i < m->scale; i++)
        d *= 10;
    return d;
}

/* high * 2^32 + low, if it fits. */
static bool exact_sum(const struct accumulator *acc, int64_t *out)
{
    int64_t shifted;

    return !__builtin_mul_overflow(acc->high, 4294967296LL, &shifted) &&
           !__builtin_add_overflow(shifted, acc->low, out);
}

static double real_sum(const struct accumulator *acc)
{
    return (double)acc->high * 4294967296.0 + (double)acc->low;
}

/* Money whose sum mixes currencies has no amount. */
static void put_money(struct json_writer *w, const struct accumulator *acc, int64_t i, bool fits,
                      double d)
{
    int exponent = currency_exponent(acc->currency_min);

    if (!acc->currency_min.ptr || !str_eq(acc->currency_min, acc->currency_max)) {
        jw_null(w);
        return;
    }
    exponent = exponent < 0 ? 2 : exponent;
    jw_object(w);
    jw_key(w, STR("amount"));
    if (fits)
        jw_str(w, str_from_scaled(w->out->arena, i, exponent, false));
    else {
        for (int k = 0; k < exponent; k++)
            d /= 10;
        jw_str(w, str_fmt(w->out->arena, "%.*f", exponent, d));
    }
    jw_kv_str(w, "currency", acc->currency_min);
    jw_end_object(w);
}

static void put_number(struct json_writer *w, const struct group_measure *m,
                       const struct accumulator *acc, int64_t i, bool fits, double d)
{
    if (m->money)
        put_money(w, acc, i, fits, d);
    else if (fits && m->scale >= 0 && m->type == ET_NUMBER)
        jw_raw(w, str_from_scaled(w->out->arena, i, m->scale, true));
    else
        jw_real(w, d / unit(m));
}

static void put_measure(struct json_writer *w, const struct group_measure *m, const struct group *g,
                        struct accumulator *acc)
{
    const struct group_value *v = m->kind == M_MIN ? &acc->min : &acc->max;
    int64_t sum = 0;
    double d;

    if (m->kind == M_COUNT) {
        jw_i64(w, m->e ? acc->n : g->rows);
        return;
    }
    if (!acc->n) {
        jw_null(w);
        return;
    }
    switch (m->kind) {
    case M_SUM:
        if (m->scale >= 0 && exact_sum(acc, &sum))
            put_number(w, m, acc, sum, true, (double)sum);
        else
            put_number(w, m, acc, 0, false, m->scale < 0 ? acc->sum : real_sum(acc));
        return;
    case M_AVG:
        d = (m->scale < 0 ? acc->sum : real_sum(acc)) / (double)acc->n;
        put_number(w, m, acc, 0, false, d);
        return;
    case M_MIN:
    case M_MAX:
        if (m->type == ET_DATE)
            jw_str(w, date_text(w->out->arena, v->i));
        else if (m->type == ET_INSTANT)
            jw_str(w, instant_text(w->out->arena, v->i));
        else
            put_number(w, m, acc, v->i, m->scale >= 0 && m->type == ET_NUMBER,
                       m->scale < 0 ? v->d : (double)v->i);
        return;
    case M_MEDIAN:
        qsort(acc->values, acc->n_values, sizeof *acc->values, compare_double);
        d = acc->n_values % 2
                ? acc->values[acc->n_values / 2]
                : (acc->values[acc->n_values / 2 - 1] + acc->values[acc->n_values / 2]) / 2;
        put_number(w, m, acc, 0, false, d);
        return;
    case M_COUNT:
        break;
    }
}

static int compare_value(const struct group_key *k, const struct group_value *a,
                         const struct group_value *b)
{
    if (a->null || b->null)
        return (int)a->null - (int)b->null;
    if (k->type == ET_TEXT || k->type == ET_SET)
        return str_cmp(a->s, b->s);
    if (k->type == ET_NUMBER && expr_result_scale(k->e) < 0)
        return a->d < b->d ? -1 : a->d > b->d;
    return a->i < b->i ? -1 : a->i > b->i;
}

static int compare_groups(const void *a, const void *b, void *ctx)
{
    const struct group *x = ((const struct group_slot *)a)->group;
    const struct group *y = ((const struct group_slot *)b)->group;
    const struct group_ask *ask = ctx;
    int order = 0;

    for (size_t i = 0; i < ask->n_keys && !order; i++)
        order = compare_value(&ask->keys[i], &x->key[i], &y->key[i]);
    return order;
}

struct err *group_write(struct group_ask *ask, struct buf *json)
{
    struct json_writer w = json_writer(json);
    size_t limit = ask->g->limit ? (size_t)ask->g->limit : GROUP_ROWS_MAX;

    if (ask->groups.n)
        qsort_r(ask->groups.at, ask->groups.n, sizeof *ask->groups.at, compare_groups, ask);
    jw_object(&w);
    jw_key(&w, STR("data"));
    jw_array(&w);
    for (size_t i = 0; i < ask->groups.n && i < limit; i++) {
        struct group *g = ask->groups.at[i].group;
        jw_object(&w);
        jw_key(&w, STR("keys"));
        jw_object(&w);
        for (size_t k = 0; k < ask->n_keys; k++) {
            jw_key(&w, ask->keys[k].text);
            TRY(put_key(ask, &w, &ask->keys[k], &g->key[k]));
        }
        jw_end_object(&w);
        jw_key(&w, STR("values"));
        jw_object(&w);
        for (size_t k = 0; k < ask->n_measures; k++) {
            jw_key(&w, ask->measures[k].text);
            put_measure(&w, &ask->measures[k], g, &g->acc[k]);
        }
        jw_end_object(&w);
        jw_end_object(&w);
    }
    jw_end_array(&w);
    jw_kv_bool(&w, "more", ask->groups.n > limit);
    jw_end_object(&w);
    return NULL;
}
