/* Publishing: rules start and stop on what is there already, inside the transaction that makes the manual live. */
#include "work/work_impl.h"
#include "work/policy.sql.h"

static const struct policy *find_policy(const struct manual *m, struct str path)
{
    int i = policy_index(m, path);

    return i < 0 ? NULL : &m->policies[i];
}

static const struct workflow *find_workflow(const struct manual *m, struct str path)
{
    int i = workflow_index(m, path);

    return i < 0 ? NULL : &m->workflows[i];
}

static bool is_on(const struct policy *p)
{
    return p && p->mode != PM_OFF;
}

/* Pages that other pages' clocks lean on. */
static bool calendars_differ(const struct manual *a, const struct manual *b)
{
    if (a->n_calendars != b->n_calendars)
        return true;
    for (size_t i = 0; i < a->n_calendars; i++)
        if (!str_eq(a->calendars[i].page->text, b->calendars[i].page->text))
            return true;
    return false;
}

static struct err *put_on(const struct work *w, const struct policy *p)
{
    static const char *const words[] = {"off", "watch", "remind", "fix", "block"};
    struct stmt *s;

    TRY(db_stmt(w->tx, &sql_policy_on_put, &s));
    db_bind_str(s, 1, p->page->path);
    db_bind_str(s, 2, str_from(words[p->mode]));
    db_bind_i64(s, 3, w->now_us);
    db_bind_i64(s, 4, w->m->version);
    return db_run(s, NULL);
}

static struct err *arm_policy(const struct work *w, const struct policy *p)
{
    if (p->clock == PC_EVERY)
        return period_arm(w, p);
    if (policy_is_swept(w, p))
        TRY(sweep_arm(w, p->page->path));
    else
        TRY(timer_drop(w, str_fmt(w->arena, "sweep:%.*s", STR_ARG(p->page->path))));
    return p->applies_to_all ? sweep_policy_all(w, p) : NULL;
}

/* The rule reads differently now: every clock of it is looked at again. */
static struct err *look_again(const struct work *w, const struct policy *p)
{
    int64_t after = 0, ids[100];
    struct stmt *s;
    int n;
    bool row;

    do {
        n = 0;
        TRY(db_stmt(w->tx, &sql_policy_state_batch, &s));
        db_bind_str(s, 1, p->page->path);
        db_bind_i64(s, 2, after);
        db_bind_i64(s, 3, 100);
        for (;;) {
            TRY(db_step(s, &row));
            if (!row)
                break;
            ids[n++] = db_i64(s, 0);
        }
        for (int i = 0; i < n; i++) {
            struct record r;
            bool live;

            TRY(work_read(w, w->m->objects[p->object].name, ids[i], &r, &live));
            if (live)
                TRY(policy_evaluate(w, p, &r));
        }
        if (n)
            after = ids[n - 1];
    } while (n == 100);
    return NULL;
}

static struct err *publish_policy(const struct work *w, const struct policy *was,
                                  const struct policy *p, bool calendars)
{
    struct str page = p->page->path;

    if (!is_on(was) && !is_on(p))
        return NULL;
    if (is_on(was) && !is_on(p)) {
        TRY(decision_note(w, 0, page, "switched off", STR("")));
        return policy_forget_page(w, page, STR("The rule was switched off."));
    }
    if (is_on(was) && (was->clock != p->clock || !str_eq(was->page->path, page)))
        TRY(policy_forget_page(w, page, STR("The rule was replaced.")));
    if (is_on(was) && !calendars && str_eq(was->page->text, p->page->text))
        return NULL;
    TRY(put_on(w, p));
    TRY(decision_note(w, 0, page, is_on(was) ? "changed" : "switched on", STR("")));
    TRY(look_again(w, p));
    return arm_policy(w, p);
}

static struct err *publish_policies(const struct work *w, const struct manual *before,
                                    const struct manual *after)
{
    bool calendars = calendars_differ(before, after);

    for (size_t i = 0; i < before->n_policies; i++) {
        const struct policy *p = &before->policies[i];

        if (is_on(p) && policy_index(after, p->page->path) < 0)
            TRY(policy_forget_page(w, p->page->path, STR("The rule is no longer in the manual.")));
    }
    for (size_t i = 0; i < after->n_policies; i++)
        TRY(publish_policy(w, find_policy(before, after->policies[i].page->path),
                           &after->policies[i], calendars));
    return NULL;
}

static struct err *each_run(const struct work *w, struct str path, const struct workflow *wf)
{
    int64_t last = 0;
    struct run *runs;
    size_t n;

    do {
        TRY(run_batch(w, path, last, SWEEP_BATCH, &runs, &n));
        for (size_t i = 0; i < n; i++) {
            struct record r;
            bool live;

            last = runs[i].id;
            if (!wf || !wf->n_stages) {
                TRY(run_drop(w, &runs[i], "Removed"));
                continue;
            }
            TRY(work_read(w, runs[i].object, runs[i].record_id, &r, &live));
            if (live)
                TRY(run_revive(w, wf, &runs[i], &r));
        }
    } while (n == SWEEP_BATCH);
    return NULL;
}

static struct err *publish_workflows(const struct work *w, const struct manual *before,
                                     const struct manual *after)
{
    bool calendars = calendars_differ(before, after);

    for (size_t i = 0; i < before->n_workflows; i++) {
        struct str path = before->workflows[i].page->path;

        if (workflow_index(after, path) >= 0)
            continue;
        TRY(each_run(w, path, NULL));
        TRY(timer_drop_page(w, path));
    }
    for (size_t i = 0; i < after->n_workflows; i++) {
        const struct workflow *wf = &after->workflows[i],
                              *was = find_workflow(before, wf->page->path);

        if (was && !calendars && str_eq(was->page->text, wf->page->text))
            continue;
        if (was && was->object != wf->object) {
            TRY(each_run(w, wf->page->path, NULL));
            TRY(timer_drop_page(w, wf->page->path));
        } else {
            TRY(each_run(w, wf->page->path, wf));
        }
        if (workflow_is_swept(w, wf))
            TRY(sweep_arm(w, wf->page->path));
        else
            TRY(timer_drop(w, str_fmt(w->arena, "sweep:%.*s", STR_ARG(wf->page->path))));
    }
    return NULL;
}

struct err *work_publish_hook(struct tx *tx, const struct manual *before,
                              const struct manual *after, int64_t author, int64_t now_us)
{
    struct work w = work_at(tx, after, now_us);

    w.by_user = author;
    who_forget(tx);
    TRY(publish_policies(&w, before, after));
    TRY(publish_workflows(&w, before, after));
    who_forget(tx);
    return NULL;
}

/* ---- what publishing would do ---- */
static void plan_add(struct arena *arena, struct plan *plan, const char *group, struct str page,
                     struct str text)
{
    VEC_PUSH(arena, plan->items) =
        (struct plan_item){.group = str_from(group), .page = page, .text = text};
}

static struct err *count_one(const struct work *w, const struct sql *sql, struct str by,
                             int64_t *out)
{
    struct stmt *s;
    bool row;

    TRY(db_stmt(w->tx, sql, &s));
    db_bind_str(s, 1, by);
    TRY(db_step(s, &row));
    *out = row ? db_i64(s, 0) : 0;
    db_done(s);
    return NULL;
}

/* The rule in terms of the live schema: columns that are still to come cannot be asked. */
static const struct expr *in_live(const struct work *w, int object, const struct rule *rule,
                                  bool *ok)
{
    const struct expr *e = NULL;

    if (rule->e &&
        expr_compile(w->arena, w->m->schema, object, expr_text(rule->e), EXPR_CONDITION, &e))
        *ok = false;
    return e;
}

/* Records that do not meet the rule now; -1 if that cannot be asked yet. */
static struct err *count_failing(const struct work *w, const struct policy *p,
                                 struct str object_name, int64_t *out)
{
    int object = -1;
    struct expr_env env = work_env(w);
    struct sql_text q = sql_text_new(w->arena, tx_kind(w->tx));
    const struct expr *when, *must, *except;
    const struct object *o = manual_object(w->m, object_name);
    struct stmt *s;
    bool row, ok = o != NULL;

    *out = -1;
    if (!ok)
        return NULL;
    object = o->index;
    when = in_live(w, object, &p->when, &ok);
    must = in_live(w, object, &p->must, &ok);
    except = in_live(w, object, &p->except, &ok);
    if (!ok || !must)
        return NULL;
    sql_add(&q, "SELECT COUNT(*) FROM (SELECT 1 AS one FROM ");
    sql_add_ident(&q, o->table);
    sql_add(&q, " r WHERE r.deleted_at IS NULL AND r.archived_at IS NULL");
    if (when) {
        sql_add(&q, " AND ");
        expr_sql(&q, when, "r", &env);
    }
    if (except) {
        sql_add(&q, " AND NOT ");
        expr_sql(&q, except, "r", &env);
    }
    sql_add(&q, " AND NOT ");
    expr_sql(&q, must, "r", &env);
    sql_add(&q, " LIMIT ");
    sql_add_i64(&q, COUNT_MAX);
    sql_add(&q, ") x");
    TRY(sql_prepare(w->tx, &q, &s));
    TRY(db_step(s, &row));
    if (row)
        *out = db_i64(s, 0);
    db_done(s);
    return NULL;
}

static struct err *plan_policy(const struct work *w, const struct manual *next,
                               const struct policy *was, const struct policy *p, struct plan *out)
{
    struct str page = p->page->path;
    int64_t n;

    if (is_on(was) == is_on(p) && (!was || was->mode == p->mode))
        return NULL;
    if (!is_on(p)) {
        TRY(count_one(w, &sql_policy_task_count, page, &n));
        plan_add(w->arena, out, "tasks", page,
                 str_fmt(w->arena, "stops watching; %lld open tasks are cancelled", (long long)n));
        return NULL;
    }
    if (p->clock == PC_EVERY) {
        plan_add(w->arena, out, "tasks", page,
                 STR("is judged at the end of each period, from the next whole one on"));
        return NULL;
    }
    TRY(count_failing(w, p, next->objects[p->object].name, &n));
    if (!p->applies_to_all)
        plan_add(w->arena, out, "tasks", page,
                 STR("watches records made from now on; those that are there stay as they are"));
    else if (n >= 0)
        plan_add(w->arena, out, "tasks", page,
                 str_fmt(w->arena, "%s for %lld records that do not meet it now",
                         p->clock == PC_ALWAYS  ? "notes a breach"
                         : p->mode >= PM_REMIND ? "starts a clock and opens a task"
                                                : "starts a clock",
                         (long long)n));
    else
        plan_add(w->arena, out, "tasks", page,
                 STR("applies to all records; how many it concerns shows once its fields exist"));
    return NULL;
}

struct err *work_plan_hook(struct tx *tx, const struct manual *live, const struct manual *next,
                           int64_t now_us, struct plan *out)
{
    struct work w = work_at(tx, live, now_us);
    int64_t n;

    for (size_t i = 0; i < live->n_policies; i++) {
        const struct policy *p = &live->policies[i];

        if (!is_on(p) || policy_index(next, p->page->path) >= 0)
            continue;
        TRY(count_one(&w, &sql_policy_task_count, p->page->path, &n));
        plan_add(w.arena, out, "tasks", p->page->path,
                 str_fmt(w.arena, "is removed; %lld open tasks are cancelled", (long long)n));
    }
    for (size_t i = 0; i < next->n_policies; i++)
        TRY(plan_policy(&w, next, find_policy(live, next->policies[i].page->path),
                        &next->policies[i], out));
    for (size_t i = 0; i < live->n_workflows; i++) {
        const struct workflow *was = &live->workflows[i],
                              *wf = find_workflow(next, was->page->path);

        if (wf && str_eq(wf->page->text, was->page->text))
            continue;
        TRY(run_count(&w, was->page->path, &n));
        if (n || !wf)
            plan_add(w.arena, out, "runs", was->page->path,
                     str_fmt(w.arena, "%lld running cases %s", (long long)n,
                             wf ? "move to the new text where they stand" : "end"));
    }
    return NULL;
}
