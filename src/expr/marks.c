/* When can the truth of an expression turn by itself? At the start of a day, and when `now`, or so long before or after it,
 * passes the value of a field. */
#include "expr/expr_impl.h"

struct marks {
    const struct expr_schema *schema;
    struct expr_mark *at;
    size_t n, max;
    bool by_day, known;
};

static bool is_now(const struct node *n)
{
    return n->kind == NK_TIME && n->op == TW_NOW;
}

/* now, now - 14d, now + 2h. */
static bool shifted_now(const struct node *n, int64_t *shift_us)
{
    *shift_us = 0;
    if (is_now(n))
        return true;
    if (n->kind != NK_ARITH || n->n_kids != 2 || !is_now(n->kids[0]) || n->kids[1]->kind != NK_DURATION ||
        n->kids[1]->dur.business_days || n->kids[1]->dur.business_us || (n->op != '-' && n->op != '+'))
        return false;
    *shift_us = n->op == '-' ? -n->kids[1]->dur.us : n->kids[1]->dur.us;
    return true;
}

/* A column of instants as it is, or the first or last one of related rows. */
static const struct node *instant_column(const struct marks *m, const struct node *n)
{
    const struct expr_field *f;

    if (n->kind == NK_AGGREGATE && n->n_kids == 2 &&
        (n->op == AO_MIN || n->op == AO_MAX || n->op == AO_LAST || n->op == AO_FIRST))
        n = n->kids[1];
    if (!n || n->kind != NK_FIELD || n->path.up || n->path.field < 0)
        return NULL;
    f = path_field(m->schema, &n->path);
    return !f->formula && f->column.len && field_types[f->type].expr_type == ET_INSTANT ? n : NULL;
}

static void add_mark(struct marks *m, const struct node *column, int64_t shift_us)
{
    if (m->n == m->max)
        m->known = false;
    else
        m->at[m->n++] = (struct expr_mark){column->path.object, column->path.field, shift_us};
}

static void walk(struct marks *m, const struct node *n);

static bool compares_now(struct marks *m, const struct node *n)
{
    for (int side = 0; side < 2 && n->kind == NK_COMPARE && n->n_kids == 2; side++) {
        const struct node *column = instant_column(m, n->kids[!side]);
        int64_t shift_us;

        if (!column || !shifted_now(n->kids[side], &shift_us))
            continue;
        add_mark(m, column, shift_us);
        if (n->kids[!side] != column && n->kids[!side]->kids[0])
            walk(m, n->kids[!side]->kids[0]);
        return true;
    }
    return false;
}

static void walk(struct marks *m, const struct node *n)
{
    if (!n || !m->known || compares_now(m, n))
        return;
    if (is_now(n))
        m->known = false;
    if (n->kind == NK_TIME || n->kind == NK_PERIOD)
        m->by_day = true;
    if (n->kind == NK_FIELD && n->path.field >= 0) {
        const struct expr *formula = path_field(m->schema, &n->path)->formula;

        m->known = m->known && !(formula && formula->uses_time);
    }
    for (size_t i = 0; i < n->n_kids; i++)
        walk(m, n->kids[i]);
}

bool expr_marks(const struct expr *e, struct expr_mark *marks, size_t max, size_t *n, bool *by_day)
{
    struct marks m = {.schema = e->schema, .at = marks, .n = *n, .max = max, .by_day = *by_day, .known = true};

    walk(&m, e->root);
    *n = m.n;
    *by_day = m.by_day;
    return m.known;
}
