/* Sweeps: rules looked at set-wise.
 *
 * A rule whose truth changes without a save, with the clock itself ("nothing for 14 days") or with what the engine keeps
 * ("no open task"), is asked of the database once an hour: one query finds the records whose state no longer fits,
 * only those are looked at one by one. A rule that is switched on for all records goes over them the same way. A long
 * sweep goes on in a next timer, from where it stopped.
 *
 * A policy that compares fields with the clock is not asked for at all while the clock passes none of their values: the
 * timer knows when it was swept last (note "since"), and every change since then was looked at when it was saved.
 */
#include "work/work_impl.h"

#define MARKS_MAX 8

struct err *sweep_arm(const struct work *w, struct str page)
{
    struct timer t = {
        .name = str_fmt(w->arena, "sweep:%.*s", STR_ARG(page)),
        .kind = TIMER_SWEEP,
        .page = page,
        .due_us = (w->now_us / SWEEP_EVERY_US + 1) * SWEEP_EVERY_US,
    };

    return timer_set(w, &t);
}

struct err *sweep_once(const struct work *w, struct str page)
{
    struct timer t = {
        .name = str_fmt(w->arena, "once:%.*s", STR_ARG(page)),
        .kind = TIMER_SWEEP,
        .page = page,
        .due_us = w->now_us,
    };

    return timer_set(w, &t);
}

static bool is_once(const struct timer *t)
{
    return str_starts(t->name, STR("once:"));
}

static struct err *next_time(const struct work *w, const struct timer *t)
{
    return is_once(t) ? NULL : sweep_arm(w, t->page);
}

static void add_rule(struct sql_text *q, const char *before, const struct rule *rule, bool negate,
                     const struct expr_env *env)
{
    if (!rule->e)
        return;
    sql_add(q, before);
    if (negate)
        sql_add(q, "NOT ");
    expr_sql(q, rule->e, "r", env);
}

static void add_live(struct sql_text *q, const struct work *w, int object, int64_t after)
{
    sql_add(q, " FROM ");
    sql_add_ident(q, w->m->objects[object].table);
    sql_add(q, " r WHERE r.deleted_at IS NULL AND r.archived_at IS NULL AND r.id > ");
    sql_add_i64(q, after);
}

static struct err *ids_of(const struct work *w, struct sql_text *q, int limit, int64_t **ids,
                          size_t *n)
{
    VEC(int64_t) list = {0};
    struct stmt *s;
    bool row;

    sql_add(q, " ORDER BY 1 LIMIT ");
    sql_add_i64(q, limit);
    TRY(sql_prepare(w->tx, q, &s));
    for (;;) {
        TRY(db_step(s, &row));
        if (!row)
            break;
        VEC_PUSH(w->arena, list) = db_i64(s, 0);
    }
    *ids = list.at;
    *n = list.n;
    return NULL;
}

/* Records in scope of which the policy knows nothing yet. */
static struct err *fresh_batch(const struct work *w, const struct policy *p, int64_t after,
                               int64_t **ids, size_t *n)
{
    struct sql_text q = sql_text_new(w->arena, tx_kind(w->tx));
    struct expr_env env = work_env(w);
    int64_t on_us;

    TRY(policy_on_since(w, p->page->path, &on_us));
    sql_add(&q, "SELECT r.id");
    add_live(&q, w, p->object, after);
    if (!p->applies_to_all) {
        sql_add(&q, " AND r.created_at >= ");
        sql_add_i64(&q, on_us == DATE_NONE ? w->now_us : on_us);
    }
    add_rule(&q, " AND ", &p->when, false, &env);
    add_rule(&q, " AND ", &p->except, true, &env);
    if (p->clock == PC_ALWAYS)
        add_rule(&q, " AND ", &p->must, true, &env);
    sql_add(&q,
            " AND NOT EXISTS (SELECT 1 FROM policy_state s WHERE s.record_id = r.id AND s.page = ");
    sql_add_str(&q, p->page->path);
    sql_add(&q, ")");
    return ids_of(w, &q, SWEEP_BATCH, ids, n);
}

/* Records whose clock no longer fits what is. */
static struct err *changed_batch(const struct work *w, const struct policy *p, int64_t after,
                                 int64_t **ids, size_t *n)
{
    struct sql_text q = sql_text_new(w->arena, tx_kind(w->tx));
    struct expr_env env = work_env(w);

    sql_add(&q, "SELECT s.record_id FROM policy_state s JOIN ");
    sql_add_ident(&q, w->m->objects[p->object].table);
    sql_add(&q, " r ON r.id = s.record_id WHERE s.page = ");
    sql_add_str(&q, p->page->path);
    sql_add(&q, " AND s.record_id > ");
    sql_add_i64(&q, after);
    sql_add(&q, " AND (1 = 0");
    if (p->must.e) {
        add_rule(&q, " OR (s.state = 'met' AND ", &p->must, true, &env);
        add_rule(&q, ") OR (s.state <> 'met' AND ", &p->must, false, &env);
        sql_add(&q, ")");
    }
    add_rule(&q, " OR ", &p->when, true, &env);
    add_rule(&q, " OR ", &p->except, false, &env);
    sql_add(&q, ")");
    return ids_of(w, &q, SWEEP_BATCH, ids, n);
}

static struct err *evaluate_all(const struct work *w, const struct policy *p, const int64_t *ids,
                                size_t n)
{
    work_expect(w, p->object, ids, n);
    for (size_t i = 0; i < n; i++) {
        struct record r;
        bool live;

        TRY(work_read(w, w->m->objects[p->object].name, ids[i], &r, &live));
        if (live)
            TRY(policy_evaluate(w, p, &r));
    }
    return NULL;
}

struct err *sweep_policy_all(const struct work *w, const struct policy *p)
{
    int64_t after = 0, *ids;
    size_t n;

    if (p->clock == PC_EVERY)
        return NULL;
    do {
        TRY(fresh_batch(w, p, after, &ids, &n));
        TRY(evaluate_all(w, p, ids, n));
        if (n)
            after = ids[n - 1];
    } while (n == SWEEP_BATCH);
    return NULL;
}

static struct err *again(const struct work *w, const struct timer *t, const char *part,
                         int64_t after)
{
    struct timer next = *t;

    next.due_us = w->now_us;
    next.note = str_from(part);
    next.ref_id = after;
    return timer_set(w, &next);
}

/* Is there a row whose field lies in what the clock passed since then? */
static struct err *mark_passed(const struct work *w, const struct expr_mark *mark, int64_t since_us, bool *passed)
{
    const struct expr_object *o = &w->m->schema->objects[mark->object];
    struct sql_text q = sql_text_new(w->arena, tx_kind(w->tx));
    struct stmt *s;

    sql_add(&q, "SELECT 1 FROM ");
    sql_add_ident(&q, o->table);
    sql_add(&q, " WHERE ");
    sql_add_ident(&q, o->fields[mark->field].column);
    sql_add(&q, " >= ");
    sql_add_i64(&q, since_us + mark->shift_us);
    sql_add(&q, " AND ");
    sql_add_ident(&q, o->fields[mark->field].column);
    sql_add(&q, " <= ");
    sql_add_i64(&q, w->now_us + mark->shift_us);
    sql_add(&q, " LIMIT 1");
    TRY(sql_prepare(w->tx, &q, &s));
    TRY(db_step(s, passed));
    db_done(s);
    return NULL;
}

static struct err *may_have_turned(const struct work *w, const struct policy *p, int64_t since_us, bool *turned)
{
    enum { RULES = 3 };
    const struct rule *rules[RULES] = {&p->when, &p->must, &p->except};
    struct expr_mark marks[MARKS_MAX];
    struct expr_env env = work_env(w);
    bool by_day = false;
    size_t n = 0;

    *turned = true;
    for (size_t i = 0; i < RULES; i++)
        if (rules[i]->e && (rule_reads_engine(w, rules[i]) || !expr_marks(rules[i]->e, marks, MARKS_MAX, &n, &by_day)))
            return NULL;
    if (by_day && zone_date(env.zone, since_us) != zone_date(env.zone, w->now_us))
        return NULL;
    *turned = false;
    for (size_t i = 0; i < n && !*turned; i++)
        TRY(mark_passed(w, &marks[i], since_us, turned));
    return NULL;
}

/* Everything fits the clock as it stands now. */
static struct err *swept(const struct work *w, const struct timer *t)
{
    struct timer next = *t;

    if (is_once(t))
        return NULL;
    next.due_us = (w->now_us / SWEEP_EVERY_US + 1) * SWEEP_EVERY_US;
    next.note = STR("since");
    next.ref_id = w->now_us;
    return timer_set(w, &next);
}

static struct err *sweep_policy(const struct work *w, const struct policy *p, const struct timer *t)
{
    bool second = str_eq(t->note, STR("changed")), since = str_eq(t->note, STR("since")), turned = true;
    int64_t *ids;
    size_t n;

    if (since)
        TRY(may_have_turned(w, p, t->ref_id, &turned));
    if (!turned)
        return swept(w, t);
    if (!second) {
        TRY(fresh_batch(w, p, since ? 0 : t->ref_id, &ids, &n));
        TRY(evaluate_all(w, p, ids, n));
        return again(w, t, n == SWEEP_BATCH ? "fresh" : "changed",
                     n == SWEEP_BATCH ? ids[n - 1] : 0);
    }
    TRY(changed_batch(w, p, t->ref_id, &ids, &n));
    TRY(evaluate_all(w, p, ids, n));
    return n == SWEEP_BATCH ? again(w, t, "changed", ids[n - 1]) : swept(w, t);
}

/* Records a workflow starts for because time has passed. */
static struct err *start_batch(const struct work *w, const struct workflow *wf, int64_t after,
                               int64_t **ids, size_t *n)
{
    struct sql_text q = sql_text_new(w->arena, tx_kind(w->tx));
    struct expr_env env = work_env(w);

    sql_add(&q, "SELECT r.id");
    add_live(&q, w, wf->object, after);
    add_rule(&q, " AND ", &wf->starts_when, false, &env);
    sql_add(&q, " AND NOT EXISTS (SELECT 1 FROM run x WHERE x.record_id = r.id AND x.workflow = ");
    sql_add_str(&q, wf->page->path);
    sql_add(&q, ")");
    return ids_of(w, &q, SWEEP_BATCH, ids, n);
}

static struct err *sweep_workflow(const struct work *w, const struct workflow *wf,
                                  const struct timer *t)
{
    bool starts = is_once(t) || rule_is_swept(w, &wf->starts_when);
    struct run *runs;
    struct record r;
    int64_t *ids;
    size_t n;
    bool live;

    if (!str_eq(t->note, STR("start"))) {
        TRY(run_batch(w, wf->page->path, t->ref_id, SWEEP_BATCH, &runs, &n));
        for (size_t i = 0; i < n; i++) {
            TRY(work_read(w, runs[i].object, runs[i].record_id, &r, &live));
            if (live)
                TRY(run_evaluate(w, wf, &runs[i], &r));
        }
        if (n == SWEEP_BATCH)
            return again(w, t, "runs", runs[n - 1].id);
        return starts ? again(w, t, "start", 0) : next_time(w, t);
    }
    TRY(start_batch(w, wf, t->ref_id, &ids, &n));
    work_expect(w, wf->object, ids, n);
    for (size_t i = 0; i < n; i++) {
        TRY(work_read(w, w->m->objects[wf->object].name, ids[i], &r, &live));
        if (live)
            TRY(run_consider(w, wf, &r, false));
    }
    return n == SWEEP_BATCH ? again(w, t, "start", ids[n - 1]) : next_time(w, t);
}

struct err *sweep_due(const struct work *w, const struct timer *t)
{
    int k = policy_index(w->m, t->page);

    if (k >= 0)
        return is_once(t) || policy_is_swept(w, &w->m->policies[k]) ? sweep_policy(w, &w->m->policies[k], t)
                                                      : NULL;
    k = workflow_index(w->m, t->page);
    if (k >= 0 && (is_once(t) || workflow_is_swept(w, &w->m->workflows[k])))
        return sweep_workflow(w, &w->m->workflows[k], t);
    return NULL;
}
