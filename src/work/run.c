/* Runs: one record's way through one workflow.
 *
 * A record is at the first stage whose `when` holds; a stage without `when` is reached in order, once the one before is
 * done. Entering a stage opens its steps' tasks; leaving closes what is still open there. Ends are looked at first.
 * A run keeps the number of the version it started on for comparison and moves to the live text when that is published.
 */
#include "work/work_impl.h"
#include "work/run.sql.h"
#include "base/id.h"

int workflow_stage(const struct workflow *wf, struct str name)
{
    for (size_t i = 0; i < wf->n_stages; i++)
        if (str_eq(wf->stages[i].name, name))
            return (int)i;
    return -1;
}

static void run_from(const struct work *w, const struct stmt *s, struct run *out)
{
    *out = (struct run){
        .id = col_i64(s, "id"),
        .record_id = col_i64(s, "record_id"),
        .manual_version = col_i64(s, "manual_version"),
        .stage_entered_us = col_i64(s, "stage_entered_us"),
        .started_us = col_i64(s, "started_us"),
        .ended_us = col_i64(s, "ended_us"),
        .version = col_i64(s, "version"),
        .object = col_str(w, s, "object"),
        .workflow = col_str(w, s, "workflow"),
        .stage = col_str(w, s, "stage"),
        .end_name = col_str(w, s, "end_name"),
    };
}

struct err *run_list(const struct work *w, int64_t record_id, bool open_only, struct run **out,
                     size_t *n)
{
    VEC(struct run) runs = {0};
    struct run run;
    struct stmt *s;
    bool row;

    TRY(db_stmt(w->tx, &sql_run_by_record, &s));
    db_bind_i64(s, 1, record_id);
    for (;;) {
        TRY(db_step(s, &row));
        if (!row)
            break;
        run_from(w, s, &run);
        if (!open_only || !run.ended_us)
            VEC_PUSH(w->arena, runs) = run;
    }
    *out = runs.at;
    *n = runs.n;
    return NULL;
}

struct err *run_batch(const struct work *w, struct str workflow, int64_t after, int limit,
                      struct run **out, size_t *n)
{
    VEC(struct run) runs = {0};
    struct stmt *s;
    bool row;

    TRY(db_stmt(w->tx, &sql_run_open_batch, &s));
    db_bind_str(s, 1, workflow);
    db_bind_i64(s, 2, after);
    db_bind_i64(s, 3, limit);
    for (;;) {
        TRY(db_step(s, &row));
        if (!row)
            break;
        run_from(w, s, &VEC_PUSH(w->arena, runs));
    }
    *out = runs.at;
    *n = runs.n;
    return NULL;
}

struct err *run_count(const struct work *w, struct str workflow, int64_t *out)
{
    struct stmt *s;
    bool row;

    TRY(db_stmt(w->tx, &sql_run_open_count, &s));
    db_bind_str(s, 1, workflow);
    TRY(db_step(s, &row));
    *out = row ? db_i64(s, 0) : 0;
    db_done(s);
    return NULL;
}

bool step_done(const struct work *w, const struct step *s, struct str stage,
               const struct task_row *tasks, size_t n, const struct expr_record *er)
{
    struct expr_env env = work_env(w);

    for (size_t i = 0; i < n; i++) {
        const struct task *t = &tasks[i].t;

        if (t->closed_us && str_eq(t->step, s->name) && str_eq(tasks[i].stage, stage) &&
            (str_eq(t->closed_as, STR("done")) || str_eq(t->closed_as, STR("skipped"))))
            return true;
    }
    return s->done_when.e && expr_test(w->arena, s->done_when.e, er, &env);
}

static bool stage_done(const struct work *w, const struct stage *st, const struct record *r,
                       const struct task_row *tasks, size_t n, const struct expr_record *er)
{
    struct expr_env env = work_env(w);

    for (size_t i = 0; i < st->n_steps; i++)
        if (!st->steps[i].optional && !step_done(w, &st->steps[i], st->name, tasks, n, er))
            return false;
    for (size_t i = 0; i < st->n_needs; i++)
        if (!value_filled(&r->values[st->needs[i]]))
            return false;
    return expr_test(w->arena, st->leave_when.e, er, &env);
}

/* An end without `when` is reached when a choice of the record carries its name. */
static bool end_reached(const struct work *w, const struct workflow_end *end,
                        const struct record *r, const struct expr_record *er)
{
    struct expr_env env = work_env(w);

    if (end->when.e)
        return expr_test(w->arena, end->when.e, er, &env);
    for (size_t i = F_SYSTEM_COUNT; i < r->object->n_fields; i++)
        if (r->object->fields[i].type == FT_CHOICE && !r->values[i].empty &&
            str_eq(r->values[i].s, end->name))
            return true;
    return false;
}

int run_target(const struct work *w, const struct workflow *wf, int from, const struct record *r,
               const struct expr_record *er, const struct task_row *tasks, size_t n)
{
    struct expr_env env = work_env(w);

    for (size_t i = 0; i < wf->n_ends; i++)
        if (end_reached(w, &wf->ends[i], r, er))
            return (int)(wf->n_stages + i);
    if (from >= 0 && wf->stages[from].when.e &&
        expr_test(w->arena, wf->stages[from].when.e, er, &env))
        return from;
    for (size_t i = 0; i < wf->n_stages; i++)
        if (wf->stages[i].when.e && expr_test(w->arena, wf->stages[i].when.e, er, &env))
            return (int)i;
    if (from < 0)
        return 0;
    if ((size_t)from + 1 < wf->n_stages && !wf->stages[from + 1].when.e &&
        stage_done(w, &wf->stages[from], r, tasks, n, er) &&
        expr_test(w->arena, wf->stages[from + 1].enter_when.e, er, &env))
        return from + 1;
    if ((size_t)from + 1 == wf->n_stages && !wf->n_ends &&
        stage_done(w, &wf->stages[from], r, tasks, n, er))
        return (int)wf->n_stages; /* nothing left to do, and no end is named */
    return from;
}

/* ---- tasks of a stage ---- */
/* When a step is due, and since when it is shown: 0 each for none. A step with a day of its own waits for it. */
struct step_time {
    int64_t due_us, not_before_us;
};

static struct step_time step_on(const struct worktime *wt, const struct value *on, enum field_type type)
{
    int64_t day = type == FT_DATE ? on->i : zone_date(wt->zone, on->i);
    struct step_time t = {
        .due_us = type == FT_DATE ? worktime_day_end(wt, day) : on->i,
        .not_before_us = zone_instant(wt->zone, day, 0),
    };

    if (t.due_us == DATE_NONE)
        t.due_us = 0;
    return t;
}

/* *wt: the calendar of whoever owes it; NULL if the step is never due. */
static struct err *step_due(const struct work *w, const struct step *st, const struct record *r, int64_t owed_by,
                            int64_t from_us, const struct worktime **wt, struct step_time *out)
{
    *out = (struct step_time){0};
    *wt = NULL;
    if (st->due_on < 0 && !st->due.us && !st->due.business_us && !st->due.business_days)
        return NULL;
    TRY(who_worktime(w, owed_by, wt));
    if (st->due_on >= 0 && value_filled(&r->values[st->due_on])) {
        *out = step_on(*wt, &r->values[st->due_on], r->object->fields[st->due_on].type);
        return NULL;
    }
    out->due_us = st->due.us || st->due.business_us || st->due.business_days ? worktime_due(*wt, from_us, st->due) : 0;
    if (out->due_us == DATE_NONE)
        out->due_us = 0;
    return NULL;
}

static struct err *step_open(const struct work *w, const struct workflow *wf, const struct run *run,
                             const struct stage *stage, const struct step *st,
                             const struct record *r)
{
    struct task_new n = {
        .record_id = r->id,
        .object = r->object->name,
        .run_id = run->id,
        .title = st->name,
        .page = wf->page->path,
        .step = st->name,
        .stage = stage->name,
        .kind = STR("step"),
        .priority = st->optional ? 6 : 4,
        .optional = st->optional,
        .cause = str_fmt(w->arena, "run:%lld:%.*s:%.*s", (long long)run->id, STR_ARG(stage->name),
                         STR_ARG(st->name)),
    };
    const struct worktime *wt;
    struct step_time time;
    int64_t id;
    bool fresh;

    TRY(who_for_role(w, st->role.len ? st->role : STR("owner"), r, wf->page->owner, &n.owed_by,
                     &n.role));
    TRY(step_due(w, st, r, n.owed_by, run->stage_entered_us, &wt, &time));
    n.due_us = time.due_us;
    n.not_before_us = time.not_before_us > w->now_us ? time.not_before_us : 0;
    return task_open(w, &n, &id, &fresh);
}

/* Is it shown since the day it is due, as its field said when it was last looked at? Not once somebody has put it off. */
static bool step_waits(const struct task_row *t, const struct worktime *wt)
{
    int64_t day;

    if (!t->t.not_before_us)
        return true;
    day = zone_date(wt->zone, t->t.not_before_us);
    return t->t.not_before_us == zone_instant(wt->zone, day, 0) && t->t.due_us &&
           (t->t.due_us == worktime_day_end(wt, day) || zone_date(wt->zone, t->t.due_us) == day);
}

/* Has the one who should do it changed? Only then is somebody looked for again: work does not wander about. */
static struct err *step_follow_owner(const struct work *w, const struct workflow *wf,
                                     const struct run *run, const struct step *st,
                                     const struct task_row *t, const struct record *r)
{
    const struct person_info *info;
    const struct worktime *wt;
    struct step_time time;
    struct str role;
    int64_t user;

    TRY(who_person(w, t->t.owed_by, &info));
    if (info->found && !str_eq(st->role, STR("owner")) && st->role.len &&
        person_has_role(&info->p, st->role))
        user = t->t.owed_by, role = t->t.role;
    else
        TRY(who_for_role(w, st->role.len ? st->role : STR("owner"), r, wf->page->owner, &user,
                         &role));
    TRY(step_due(w, st, r, user, run->stage_entered_us, &wt, &time));
    if (st->due_on >= 0 && step_waits(t, wt) && (t->t.not_before_us || time.not_before_us > w->now_us) &&
        t->t.not_before_us != time.not_before_us)
        TRY(task_wait(w, t->t.id, time.not_before_us));
    /* A due time put off by an outcome, or by hand, stays put off. */
    else if (t->t.due_us > time.due_us && t->t.not_before_us)
        time.due_us = t->t.due_us;
    return task_move(w, t, user, role, time.due_us);
}

static const struct task_row *open_task(const struct task_row *tasks, size_t n, struct str stage,
                                        struct str step)
{
    for (size_t i = 0; i < n; i++)
        if (!tasks[i].t.closed_us && str_eq(tasks[i].stage, stage) && str_eq(tasks[i].t.step, step))
            return &tasks[i];
    return NULL;
}

static bool is_idle_task(const struct task_row *t)
{
    return str_starts(t->cause, STR("idle:"));
}

/* Opens what is missing, closes what is done, follows the owner; cancels tasks of steps that are not of this stage. */
static struct err *stage_tasks(const struct work *w, const struct workflow *wf,
                               const struct run *run, const struct stage *stage,
                               const struct record *r, const struct expr_record *er,
                               const struct task_row *tasks, size_t n)
{
    bool closed;

    for (size_t i = 0; i < stage->n_steps; i++) {
        const struct step *st = &stage->steps[i];
        const struct task_row *t = open_task(tasks, n, stage->name, st->name);
        bool done = step_done(w, st, stage->name, tasks, n, er);

        if (t && done)
            TRY(task_close(w, t->t.id, "done", STR(""), &closed));
        else if (t)
            TRY(step_follow_owner(w, wf, run, st, t, r));
        else if (!done)
            TRY(step_open(w, wf, run, stage, st, r));
    }
    for (size_t i = 0; i < n; i++) {
        bool ours = str_eq(tasks[i].stage, stage->name);

        if (tasks[i].t.closed_us)
            continue;
        if (is_idle_task(&tasks[i])) {
            const struct value *last = &r->values[F_LAST_ACTIVITY_AT];

            if (!ours || (!last->empty && last->i > tasks[i].t.opened_us))
                TRY(task_close(w, tasks[i].t.id, "done", STR(""), &closed));
            continue;
        }
        for (size_t k = 0; ours && k < stage->n_steps; k++)
            if (str_eq(stage->steps[k].name, tasks[i].t.step))
                goto kept;
        TRY(task_close(w, tasks[i].t.id, "cancelled", STR("The record moved on."), &closed));
    kept:;
    }
    return NULL;
}

/* ---- idle ---- */
static struct str idle_name(const struct work *w, int64_t run_id)
{
    return str_fmt(w->arena, "idle:%lld", (long long)run_id);
}

static struct err *idle_arm(const struct work *w, const struct workflow *wf, const struct run *run,
                            const struct stage *stage, int64_t since_us)
{
    struct timer t = {
        .name = idle_name(w, run->id),
        .kind = TIMER_IDLE,
        .page = wf->page->path,
        .record_id = run->record_id,
        .ref_id = run->id,
    };

    if (!stage->idle_after.us && !stage->idle_after.business_us && !stage->idle_after.business_days)
        return timer_drop(w, t.name);
    t.due_us = worktime_due(manual_worktime(w->m, STR_NONE, NULL, 0), since_us, stage->idle_after);
    return t.due_us == DATE_NONE ? NULL : timer_set(w, &t);
}

struct err *run_idle(const struct work *w, int64_t run_id)
{
    const struct workflow *wf;
    const struct stage *stage;
    struct record r;
    struct run run;
    struct stmt *s;
    int64_t since, due, id;
    bool row, live, fresh;
    int k, i;

    TRY(db_stmt(w->tx, &sql_run_by_id, &s));
    db_bind_i64(s, 1, run_id);
    TRY(db_step(s, &row));
    if (row)
        run_from(w, s, &run);
    db_done(s);
    if (!row || run.ended_us || (k = workflow_index(w->m, run.workflow)) < 0)
        return NULL;
    wf = &w->m->workflows[k];
    if ((i = workflow_stage(wf, run.stage)) < 0)
        return NULL;
    stage = &wf->stages[i];
    TRY(work_read(w, run.object, run.record_id, &r, &live));
    if (!live)
        return NULL;
    since = r.values[F_LAST_ACTIVITY_AT].empty ? 0 : r.values[F_LAST_ACTIVITY_AT].i;
    since = since > run.stage_entered_us ? since : run.stage_entered_us;
    due = worktime_due(manual_worktime(w->m, STR_NONE, NULL, 0), since, stage->idle_after);
    if (due > w->now_us)
        return idle_arm(w, wf, &run, stage, since);
    struct task_new n = {
        .record_id = r.id,
        .object = r.object->name,
        .run_id = run.id,
        .title = str_fmt(w->arena, "Nothing has happened for %.*s: decide how to go on",
                         STR_ARG(duration_text(w->arena, stage->idle_after))),
        .page = wf->page->path,
        .stage = stage->name,
        .kind = STR("step"),
        .priority = 5,
        .cause = str_fmt(w->arena, "idle:%lld", (long long)run.id),
    };
    TRY(who_for_role(w, STR("owner"), &r, wf->page->owner, &n.owed_by, &n.role));
    TRY(task_open(w, &n, &id, &fresh));
    /* Looked at again after the same time, in case this, too, is left lying. */
    return idle_arm(w, wf, &run, stage, w->now_us);
}

/* ---- moving ---- */
static struct err *enter(const struct work *w, const struct workflow *wf, struct run *run, int to)
{
    const struct stage *stage = &wf->stages[to];
    struct stmt *s;

    TRY(decision_note(
        w, run->record_id, wf->page->path, "stage entered",
        str_fmt(w->arena, "%.*s, from %.*s", STR_ARG(stage->name), STR_ARG(run->stage))));
    run->stage = stage->name;
    run->stage_entered_us = w->now_us;
    TRY(db_stmt(w->tx, &sql_run_enter, &s));
    db_bind_i64(s, 1, run->id);
    db_bind_str(s, 2, run->stage);
    db_bind_i64(s, 3, run->stage_entered_us);
    TRY(db_run(s, NULL));
    return idle_arm(w, wf, run, stage, w->now_us);
}

struct err *run_drop(const struct work *w, const struct run *run, const char *end_name)
{
    struct task_row *tasks;
    struct stmt *s;
    size_t n;
    bool closed;

    TRY(task_of_run(w, run->id, &tasks, &n));
    for (size_t i = 0; i < n; i++)
        if (!tasks[i].t.closed_us)
            TRY(task_close(w, tasks[i].t.id, "cancelled", STR("The workflow ended."), &closed));
    TRY(timer_drop(w, idle_name(w, run->id)));
    TRY(db_stmt(w->tx, &sql_run_end, &s));
    db_bind_i64(s, 1, run->id);
    db_bind_i64(s, 2, w->now_us);
    db_bind_str(s, 3, str_from(end_name));
    TRY(db_run(s, NULL));
    return decision_note(w, run->record_id, run->workflow, "run ended", str_from(end_name));
}

/* What the last change itself has done counts as done before the rest of the stage is put away. */
static struct err *close_done(const struct work *w, const struct workflow *wf,
                              const struct run *run, const struct expr_record *er,
                              const struct task_row *tasks, size_t n)
{
    int at = workflow_stage(wf, run->stage);
    bool closed;

    for (size_t i = 0; at >= 0 && i < wf->stages[at].n_steps; i++) {
        const struct step *st = &wf->stages[at].steps[i];
        const struct task_row *t = open_task(tasks, n, wf->stages[at].name, st->name);

        if (t && step_done(w, st, wf->stages[at].name, tasks, n, er))
            TRY(task_close(w, t->t.id, "done", STR(""), &closed));
    }
    return NULL;
}

static struct err *finish(const struct work *w, const struct workflow *wf, struct run *run,
                          size_t end, const struct record *r, const struct expr_record *er,
                          const struct task_row *tasks, size_t n)
{
    const struct workflow_end *e = end < wf->n_ends ? &wf->ends[end] : NULL;

    TRY(close_done(w, wf, run, er, tasks, n));
    run->ended_us = w->now_us;
    TRY(run_drop(w, run, str_cstr(w->arena, e ? e->name : STR("Done"))));
    return e && e->convert ? convert_record(w, wf, r) : NULL;
}

struct err *run_evaluate(const struct work *w, const struct workflow *wf, struct run *run,
                         const struct record *r)
{
    struct expr_record er = record_expr(w->tx, w->m, r, NULL);

    for (int moves = 0; moves < STAGE_MOVES_MAX; moves++) {
        struct task_row *tasks;
        size_t n;
        int from = workflow_stage(wf, run->stage), to;

        TRY(task_of_run(w, run->id, &tasks, &n));
        to = run_target(w, wf, from, r, &er, tasks, n);
        if (to >= (int)wf->n_stages)
            return finish(w, wf, run, (size_t)to - wf->n_stages, r, &er, tasks, n);
        if (to == from)
            return stage_tasks(w, wf, run, &wf->stages[from], r, &er, tasks, n);
        TRY(close_done(w, wf, run, &er, tasks,
                       n)); /* the rest of the old stage goes with the next look */
        TRY(enter(w, wf, run, to));
    }
    return decision_note(w, run->record_id, wf->page->path, "loop cut",
                         STR("the stages' conditions chase each other"));
}

struct err *run_revive(const struct work *w, const struct workflow *wf, struct run *run,
                       const struct record *r)
{
    int i;

    TRY(run_evaluate(w, wf, run, r));
    i = workflow_stage(wf, run->stage);
    if (run->ended_us || i < 0)
        return NULL;
    const struct value *last = &r->values[F_LAST_ACTIVITY_AT];

    return idle_arm(w, wf, run, &wf->stages[i],
                    !last->empty && last->i > run->stage_entered_us ? last->i
                                                                    : run->stage_entered_us);
}

struct err *run_evaluate_record(const struct work *w, const struct record *r, bool revive)
{
    struct run *runs;
    size_t n;

    TRY(run_list(w, r->id, true, &runs, &n));
    for (size_t i = 0; i < n; i++) {
        int k = workflow_index(w->m, runs[i].workflow);

        if (k < 0)
            continue;
        if (revive)
            TRY(run_revive(w, &w->m->workflows[k], &runs[i], r));
        else
            TRY(run_evaluate(w, &w->m->workflows[k], &runs[i], r));
    }
    return NULL;
}

struct err *run_consider(const struct work *w, const struct workflow *wf, const struct record *r,
                         bool was)
{
    struct expr_record er = record_expr(w->tx, w->m, r, NULL);
    struct expr_env env = work_env(w);
    struct run *runs, run = {0};
    struct stmt *s;
    int64_t changed = 0;
    size_t n;
    int to;

    TRY(run_list(w, r->id, false, &runs, &n));
    for (size_t i = 0; i < n; i++) {
        if (!str_eq(runs[i].workflow, wf->page->path))
            continue;
        if (!runs[i].ended_us)
            return run_evaluate(w, wf, &runs[i], r);
        if (!wf->restart || was)
            return NULL;
    }
    if (!wf->starts_when.e || !wf->n_stages || !expr_test(w->arena, wf->starts_when.e, &er, &env))
        return NULL;
    to = run_target(w, wf, -1, r, &er, NULL, 0);
    if (to >= (int)wf->n_stages)
        return NULL; /* it is at an end already: nothing to walk through */
    run = (struct run){
        .id = id_new(w->now_us),
        .record_id = r->id,
        .object = r->object->name,
        .workflow = wf->page->path,
        .manual_version = w->m->version,
        .stage = wf->stages[to].name,
        .stage_entered_us = w->now_us,
        .started_us = w->now_us,
        .version = 1,
    };
    TRY(db_stmt(w->tx, &sql_run_insert, &s));
    db_bind_i64(s, 1, run.id);
    db_bind_i64(s, 2, run.record_id);
    db_bind_str(s, 3, run.object);
    db_bind_str(s, 4, run.workflow);
    db_bind_i64(s, 5, run.manual_version);
    db_bind_str(s, 6, run.stage);
    db_bind_i64(s, 7, run.started_us);
    TRY(db_run(s, &changed));
    if (!changed)
        return NULL;
    TRY(idle_arm(w, wf, &run, &wf->stages[to], w->now_us));
    return run_evaluate(w, wf, &run, r);
}

bool workflow_is_swept(const struct work *w, const struct workflow *wf)
{
    bool swept = rule_is_swept(w, &wf->starts_when);

    for (size_t i = 0; i < wf->n_stages; i++) {
        const struct stage *st = &wf->stages[i];

        swept |= rule_is_swept(w, &st->when) || rule_is_swept(w, &st->enter_when) ||
                 rule_is_swept(w, &st->leave_when);
        for (size_t k = 0; k < st->n_steps; k++)
            swept |= rule_is_swept(w, &st->steps[k].done_when);
    }
    for (size_t i = 0; i < wf->n_ends; i++)
        swept |= rule_is_swept(w, &wf->ends[i].when);
    return swept;
}
