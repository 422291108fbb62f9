/* My Day: the open tasks of one person in the order a wise colleague would do them, each with the reason for its place.
 *
 * Somebody waiting for an answer comes first (escalations), then promises that fall due, then what is late, what runs
 * out within hours, what is due today, the rest by due time. Within a class: due time, priority, age. Of what is not due
 * today, a run shows its next step alone: five cards for one deal are no queue. The others are counted, and stand on the
 * record.
 */
#include "work/work_impl.h"
#include "work/task.sql.h"
#include "work/who.sql.h"

#include <stdlib.h>

#define NEAR_US (4 * US_PER_HOUR)

enum day_class {
    DAY_ESCALATION,
    DAY_PROMISE,
    DAY_LATE,
    DAY_NEAR,
    DAY_TODAY,
    DAY_LATER,
    DAY_SOMETIME,
    DAY_OPTIONAL
};

struct entry {
    struct task_row row;
    enum day_class class;
    struct str because;
    int64_t covering; /* whose task it is, if they are away */
    int64_t due;      /* INT64_MAX: none */
};

struct day {
    struct work w;
    const struct actor *a;
    int64_t user, end_us; /* end of their today */
    VEC(struct entry) list;
    int64_t steps_after; /* steps of runs whose next step is in the list */
};

static void judge(const struct day *d, struct entry *e)
{
    const struct task *t = &e->row.t;
    struct arena *arena = d->w.arena;
    int64_t now = d->w.now_us, left = t->due_us - now;
    bool promise = str_eq(t->kind, STR("asked"));

    e->due = t->due_us ? t->due_us : INT64_MAX;
    if (str_eq(t->kind, STR("escalation"))) {
        e->class = DAY_ESCALATION;
        e->because = t->due_us && left > 0 ? str_fmt(arena, "escalation: passes on in %.*s",
                                                     STR_ARG(span_words(arena, left)))
                                           : STR("escalation: somebody is waiting for your answer");
    } else if (e->row.optional) {
        e->class = DAY_OPTIONAL;
        e->because = STR("optional");
    } else if (!t->due_us) {
        e->class = DAY_SOMETIME;
        e->because = promise ? STR("promised, no date") : STR("no due time");
    } else if (promise && t->due_us < d->end_us) {
        e->class = DAY_PROMISE;
        e->because = left < 0
                         ? str_fmt(arena, "promised, %.*s late", STR_ARG(span_words(arena, -left)))
                         : STR("promised for today");
    } else if (left < 0) {
        e->class = DAY_LATE;
        e->because = str_fmt(arena, "overdue by %.*s", STR_ARG(span_words(arena, -left)));
    } else if (left <= NEAR_US) {
        e->class = DAY_NEAR;
        e->because = str_fmt(arena, "breach in %.*s", STR_ARG(span_words(arena, left)));
    } else if (t->due_us < d->end_us) {
        e->class = DAY_TODAY;
        e->because = STR("due today");
    } else {
        e->class = DAY_LATER;
        e->because = str_fmt(arena, "due in %.*s", STR_ARG(span_words(arena, left)));
    }
    if (!t->owed_by)
        e->because = str_fmt(arena, "%.*s; any %.*s", STR_ARG(e->because),
                             STR_ARG(manual_role_words(arena, d->w.m, t->role)));
    if (e->covering)
        e->because = str_fmt(arena, "%.*s; covering for %.*s", STR_ARG(e->because),
                             STR_ARG(who_name(&d->w, e->covering)));
}

static int by_order(const void *pa, const void *pb)
{
    const struct entry *a = pa, *b = pb;

    if (a->class != b->class)
        return (int)a->class - (int)b->class;
    if (a->due != b->due)
        return a->due < b->due ? -1 : 1;
    if (a->row.t.priority != b->row.t.priority)
        return a->row.t.priority < b->row.t.priority ? -1 : 1;
    return (a->row.t.id > b->row.t.id) - (a->row.t.id < b->row.t.id);
}

static struct err *add_tasks(struct day *d, struct stmt *s, int64_t covering)
{
    bool row;

    db_bind_i64(s, 2, d->w.now_us);
    db_bind_i64(s, 3, DAY_TASKS_MAX);
    for (;;) {
        struct entry *e;

        TRY(db_step(s, &row));
        if (!row)
            return NULL;
        e = &VEC_PUSH(d->w.arena, d->list);
        task_from_stmt(&d->w, s, &e->row);
        e->covering = covering;
    }
}

static struct err *add_owed(struct day *d, int64_t user, int64_t covering)
{
    struct stmt *s;

    TRY(db_stmt(d->w.tx, &sql_task_day_owed, &s));
    db_bind_i64(s, 1, user);
    return add_tasks(d, s, covering);
}

static struct err *add_roles(struct day *d)
{
    const struct person_info *p;
    struct stmt *s;

    TRY(who_person(&d->w, d->user, &p));
    for (size_t i = 0; i < p->p.n_roles; i++) {
        TRY(db_stmt(d->w.tx, &sql_task_day_role, &s));
        db_bind_str(s, 1, p->p.roles[i]);
        TRY(add_tasks(d, s, 0));
    }
    return NULL;
}

static struct err *add_covered(struct day *d)
{
    const struct worktime *wt;
    VEC(int64_t) users = {0};
    struct stmt *s;
    bool row;

    TRY(who_worktime(&d->w, d->user, &wt));
    TRY(db_stmt(d->w.tx, &sql_absence_covered_by, &s));
    db_bind_i64(s, 1, d->user);
    db_bind_i64(s, 2, zone_date(wt->zone, d->w.now_us));
    for (;;) {
        TRY(db_step(s, &row));
        if (!row)
            break;
        VEC_PUSH(d->w.arena, users) = db_i64(s, 0);
    }
    for (size_t i = 0; i < users.n; i++)
        TRY(add_owed(d, users.at[i], users.at[i]));
    return NULL;
}

/* What period rules still ask for; shown live, without rows. It has no task: doing it is all there is to do. */
static struct err *owed_json(const struct day *d, struct json_writer *jw, int64_t *count)
{
    *count = 0;
    jw_array(jw);
    for (size_t i = 0; i < d->w.m->n_policies; i++) {
        const struct policy *p = &d->w.m->policies[i];
        const struct object *o = &d->w.m->objects[p->object];
        struct period_owed *owed;
        size_t n;

        if (p->clock != PC_EVERY || p->mode < PM_REMIND || p->owed_by.kind != WHO_OWNER)
            continue;
        TRY(period_owed_now(&d->w, p, d->user, 200, &owed, &n));
        for (size_t k = 0; k < n; k++) {
            struct record r;
            bool have = !record_get(d->w.tx, d->w.m, d->a, o, owed[k].record_id, false, &r);

            (*count)++;
            jw_object(jw);
            jw_kv_str(jw, "title", p->page->label);
            jw_kv_str(jw, "page", p->page->path);
            jw_kv_str(jw, "reason", p->page->why);
            jw_key(jw, STR("record"));
            jw_object(jw);
            jw_kv_id(jw, "id", owed[k].record_id);
            jw_kv_str(jw, "object", o->name);
            jw_kv_str(jw, "title", have ? record_title(d->w.arena, d->w.m, &r) : STR(""));
            jw_end_object(jw);
            jw_kv_i64(jw, "seen", owed[k].seen);
            jw_kv_i64(jw, "due", owed[k].due);
            jw_kv_instant(jw, "until", owed[k].until_us);
            jw_kv_str(jw, "because",
                      str_fmt(d->w.arena, "%lld of %lld so far", (long long)owed[k].seen,
                              (long long)owed[k].due));
            jw_end_object(jw);
        }
    }
    jw_end_array(jw);
    return NULL;
}

static struct err *count_sql(const struct day *d, const struct sql *sql, int64_t at_us,
                             int64_t *out)
{
    struct stmt *s;
    bool row;

    TRY(db_stmt(d->w.tx, sql, &s));
    db_bind_i64(s, 1, d->user);
    db_bind_i64(s, 2, at_us);
    TRY(db_step(s, &row));
    *out = row ? db_i64(s, 0) : 0;
    db_done(s);
    return NULL;
}

static struct err *may_look(const struct work *w, const struct actor *a, int64_t user)
{
    bool ok = a->system || user == a->user_id;

    for (size_t i = 0; i < a->n_below; i++)
        ok |= a->below[i] == user;
    if (ok)
        return NULL;
    return FAIL(w->arena, ERR_FORBIDDEN, "access.denied", NULL,
                "The day of a colleague is seen by them and the people above them.");
}

/* Leaves of each run its first entry, and whatever is due today or late. The list is in order. */
static void next_steps_only(struct day *d)
{
    struct strmap *runs = strmap_new(d->w.arena, d->list.n);
    size_t kept = 0;

    for (size_t i = 0; i < d->list.n; i++) {
        const struct entry *e = &d->list.at[i];
        struct str run = {(const char *)&e->row.t.run_id, sizeof e->row.t.run_id};
        int64_t seen;

        if (e->row.t.run_id && e->class > DAY_TODAY && strmap_get(runs, run, &seen)) {
            d->steps_after++;
            continue;
        }
        if (e->row.t.run_id)
            strmap_put(runs, str_dup(d->w.arena, run), 1);
        d->list.at[kept++] = *e;
    }
    d->list.n = kept;
}

static struct err *gather(struct day *d)
{
    const struct worktime *wt;

    TRY(who_worktime(&d->w, d->user, &wt));
    d->end_us = zone_instant(wt->zone, zone_date(wt->zone, d->w.now_us) + 1, 0);
    TRY(add_owed(d, d->user, 0));
    TRY(add_roles(d));
    TRY(add_covered(d));
    for (size_t i = 0; i < d->list.n; i++)
        judge(d, &d->list.at[i]);
    if (d->list.n)
        qsort(d->list.at, d->list.n, sizeof *d->list.at, by_order);
    next_steps_only(d);
    return NULL;
}

static void summary_json(const struct day *d, int64_t owed, int64_t done, int64_t later,
                         struct json_writer *jw)
{
    int64_t n[DAY_OPTIONAL + 1] = {0};

    for (size_t i = 0; i < d->list.n; i++)
        n[d->list.at[i].class]++;
    jw_object(jw);
    jw_kv_id(jw, "user", d->user);
    jw_kv_str(jw, "name", who_name(&d->w, d->user));
    jw_kv_i64(jw, "open", (int64_t)d->list.n);
    jw_kv_i64(jw, "escalations", n[DAY_ESCALATION]);
    jw_kv_i64(jw, "promises", n[DAY_PROMISE]);
    jw_kv_i64(jw, "overdue", n[DAY_LATE]);
    jw_kv_i64(jw, "today", n[DAY_PROMISE] + n[DAY_LATE] + n[DAY_NEAR] + n[DAY_TODAY]);
    jw_kv_i64(jw, "still_owed", owed);
    jw_kv_i64(jw, "steps_after", d->steps_after);
    jw_kv_i64(jw, "put_off", later);
    jw_kv_i64(jw, "done_today", done);
    jw_end_object(jw);
}

/* Where a page starts: after the entry the cursor names. "class.due.priority.id" */
static bool cursor_read(struct str cursor, struct entry *key)
{
    struct str part;
    int64_t v[4];

    for (int i = 0; i < 4; i++)
        if (!str_cut(&cursor, '.', &part) || !str_to_i64(part, &v[i]))
            return false;
    if (cursor.len || v[0] < 0 || v[0] > DAY_OPTIONAL || v[2] < 0 || v[2] > 100)
        return false;
    *key = (struct entry){.class = (enum day_class)v[0], .due = v[1]};
    key->row.t.priority = (int)v[2];
    key->row.t.id = v[3];
    return true;
}

struct err *task_day(struct tx *tx, const struct manual *m, const struct actor *a, int64_t user,
                     struct str cursor, int limit, int64_t now_us, struct buf *json)
{
    struct day d = {.w = work_at(tx, m, now_us), .a = a, .user = user ? user : a->user_id};
    struct json_writer jw = json_writer(json);
    const struct worktime *wt;
    struct entry key = {0};
    size_t from = 0, n = 0;
    int64_t done, later, owed;

    limit = limit <= 0 ? PAGE_ROWS_DEFAULT : limit > PAGE_ROWS_MAX ? PAGE_ROWS_MAX : limit;
    TRY(may_look(&d.w, a, d.user));
    if (cursor.len && !cursor_read(cursor, &key))
        return FAIL(d.w.arena, ERR_INVALID, "query.cursor", NULL,
                    "This cursor is not one of ours; start again without it.");
    TRY(gather(&d));
    while (cursor.len && from < d.list.n && by_order(&d.list.at[from], &key) <= 0)
        from++;
    TRY(who_worktime(&d.w, d.user, &wt));
    TRY(count_sql(&d, &sql_task_day_done, zone_instant(wt->zone, zone_date(wt->zone, now_us), 0),
                  &done));
    TRY(count_sql(&d, &sql_task_day_later, now_us, &later));
    jw_object(&jw);
    jw_key(&jw, STR("data"));
    jw_array(&jw);
    for (n = 0; n < (size_t)limit && from + n < d.list.n; n++)
        TRY(task_json_why(&d.w, a, &d.list.at[from + n].row.t, d.list.at[from + n].because, &jw));
    jw_end_array(&jw);
    jw_key(&jw, STR("next"));
    if (from + n < d.list.n) {
        const struct entry *e = &d.list.at[from + n - 1];

        jw_str(&jw, str_fmt(d.w.arena, "%d.%lld.%d.%lld", (int)e->class, (long long)e->due,
                            e->row.t.priority, (long long)e->row.t.id));
    } else {
        jw_null(&jw);
    }
    jw_key(&jw, STR("still_owed"));
    TRY(owed_json(&d, &jw, &owed));
    jw_key(&jw, STR("summary"));
    summary_json(&d, owed, done, later, &jw);
    jw_end_object(&jw);
    return NULL;
}

/* ---- one record ---- */
static bool step_is_open(const struct task_row *tasks, size_t n, struct str stage, struct str step)
{
    for (size_t i = 0; i < n; i++)
        if (!tasks[i].t.closed_us && str_eq(tasks[i].stage, stage) && str_eq(tasks[i].t.step, step))
            return true;
    return false;
}

static const struct task *step_closed(const struct task_row *tasks, size_t n, struct str stage,
                                      struct str step)
{
    const struct task *last = NULL;

    for (size_t i = 0; i < n; i++)
        if (tasks[i].t.closed_us && str_eq(tasks[i].stage, stage) && str_eq(tasks[i].t.step, step) &&
            (!last || tasks[i].t.closed_us >= last->closed_us))
            last = &tasks[i].t;
    return last;
}

/* Through which channel its words go, and how and when it was closed last: "was the proposal sent?" */
static void step_past(const struct work *w, const struct step *step, const struct task *last,
                      struct json_writer *jw)
{
    const struct template_page *words =
        step->template_page >= 0 ? &w->m->templates[step->template_page] : NULL;

    jw_kv_str(jw, "channel", words ? str_from(channel_words[words->channel]) : STR(""));
    jw_kv_str(jw, "closed_as", last ? last->closed_as : STR(""));
    jw_kv_instant(jw, "closed", last ? last->closed_us : 0);
    jw_kv_id(jw, "owed_by", last ? last->owed_by : 0);
}

static struct err *run_json(const struct work *w, const struct actor *a, const struct run *run,
                            const struct record *r, struct json_writer *jw)
{
    int k = workflow_index(w->m, run->workflow), at;
    const struct workflow *wf = k >= 0 ? &w->m->workflows[k] : NULL;
    struct expr_record er = record_expr(w->tx, w->m, r, NULL);
    struct task_row *tasks;
    size_t n;

    TRY(task_of_run(w, run->id, &tasks, &n));
    jw_object(jw);
    jw_kv_id(jw, "id", run->id);
    jw_kv_str(jw, "page", run->workflow);
    jw_kv_str(jw, "label", wf ? wf->page->label : run->workflow);
    jw_kv_str(jw, "stage", run->stage);
    jw_kv_instant(jw, "stage_entered", run->stage_entered_us);
    jw_kv_instant(jw, "started", run->started_us);
    jw_kv_instant(jw, "ended", run->ended_us);
    jw_kv_str(jw, "end", run->end_name);
    jw_kv_i64(jw, "manual_version", run->manual_version);
    at = wf ? workflow_stage(wf, run->stage) : -1;
    jw_key(jw, STR("stages"));
    jw_array(jw);
    for (size_t i = 0; wf && i < wf->n_stages; i++) {
        const struct stage *st = &wf->stages[i];

        jw_object(jw);
        jw_kv_str(jw, "name", st->name);
        jw_kv_bool(jw, "current", (int)i == at && !run->ended_us);
        jw_key(jw, STR("steps"));
        jw_array(jw);
        for (size_t s = 0; s < st->n_steps; s++) {
            jw_object(jw);
            jw_kv_str(jw, "name", st->steps[s].name);
            jw_kv_bool(jw, "optional", st->steps[s].optional);
            bool done = step_done(w, &st->steps[s], st->name, tasks, n, &er);

            jw_kv_bool(jw, "done", done);
            if ((int)i == at && !run->ended_us && !done) {
                jw_key(jw, STR("needs"));
                needs_json(w, a, r, st->steps[s].done_when.e, st->steps[s].needs, st->steps[s].n_needs, jw);
            }
            jw_kv_bool(jw, "open", step_is_open(tasks, n, st->name, st->steps[s].name));
            step_past(w, &st->steps[s], step_closed(tasks, n, st->name, st->steps[s].name), jw);
            jw_end_object(jw);
        }
        jw_end_array(jw);
        jw_end_object(jw);
    }
    jw_end_array(jw);
    jw_end_object(jw);
    return NULL;
}

/* A record in a workflow always has an answer: if no task is open, what would take it further. */
static struct err *next_words(const struct work *w, const struct run *run, const struct record *r,
                              struct json_writer *jw)
{
    int k = workflow_index(w->m, run->workflow), at;
    const struct workflow *wf = k >= 0 ? &w->m->workflows[k] : NULL;
    struct expr_record er = record_expr(w->tx, w->m, r, NULL);
    struct missing_list missing = {0};
    struct task_row *tasks;
    struct buf b = buf_new(w->arena, 128);
    size_t n;

    at = wf ? workflow_stage(wf, run->stage) : -1;
    TRY(task_of_run(w, run->id, &tasks, &n));
    if (at >= 0 && (size_t)at + 1 < wf->n_stages)
        gate_missing(w, wf, at, at + 1, r, &er, tasks, n, &missing);
    for (size_t i = 0; i < missing.list.n; i++)
        buf_fmt(&b, "%s%.*s", i ? "; " : "", STR_ARG(missing.list.at[i].text));
    jw_object(jw);
    jw_kv_str(jw, "kind", missing.list.n ? STR("missing") : STR("decide"));
    if (missing.list.n)
        jw_kv_str(jw, "title", str_fmt(w->arena, "To go on: %.*s", STR_ARG(buf_str(&b))));
    else if (at >= 0 && (size_t)at + 1 < wf->n_stages)
        jw_kv_str(jw, "title",
                  str_fmt(w->arena, "Everything is done here: move it on to %.*s",
                          STR_ARG(wf->stages[at + 1].name)));
    else
        jw_kv_str(jw, "title", STR("Everything is done here: decide how it ends"));
    jw_key(jw, STR("ends"));
    jw_array(jw);
    for (size_t i = 0; wf && i < wf->n_ends; i++)
        jw_str(jw, wf->ends[i].name);
    jw_end_array(jw);
    jw_kv_str(jw, "page", run->workflow);
    jw_kv_str(jw, "stage", run->stage);
    jw_kv_id(jw, "owed_by", record_owner_id(r));
    jw_kv_str(jw, "owed_by_name", who_name(w, record_owner_id(r)));
    jw_end_object(jw);
    return NULL;
}

/* The order is the record's, not the reader's: everyone who asks gets the same answer. */
static struct err *record_tasks(struct day *d, const struct object *o, int64_t id)
{
    struct task_row *rows;
    size_t n;
    const struct worktime *company = manual_worktime(d->w.m, STR_NONE, NULL, 0);

    (void)o;
    d->end_us = zone_instant(company->zone, zone_date(company->zone, d->w.now_us) + 1, 0);
    TRY(task_open_of_record(&d->w, id, &rows, &n));
    for (size_t i = 0; i < n; i++) {
        struct entry *e = &VEC_PUSH(d->w.arena, d->list);

        *e = (struct entry){.row = rows[i]};
        judge(d, e);
    }
    if (d->list.n)
        qsort(d->list.at, d->list.n, sizeof *d->list.at, by_order);
    return NULL;
}

struct err *work_record_json(struct tx *tx, const struct manual *m, const struct actor *a,
                             const struct object *o, int64_t id, int64_t now_us, struct buf *json)
{
    struct day d = {.w = work_at(tx, m, now_us), .a = a};
    struct json_writer jw = json_writer(json);
    const struct run *open = NULL;
    struct run *runs;
    struct record r;
    size_t n;

    TRY(record_get(tx, m, a, o, id, true, &r));
    TRY(record_tasks(&d, o, id));
    TRY(run_list(&d.w, id, false, &runs, &n));
    for (size_t i = 0; i < n && !open; i++)
        if (!runs[i].ended_us)
            open = &runs[i];
    jw_object(&jw);
    jw_key(&jw, STR("next"));
    if (d.list.n)
        TRY(task_json_why(&d.w, a, &d.list.at[0].row.t, d.list.at[0].because, &jw));
    else if (open)
        TRY(next_words(&d.w, open, &r, &jw));
    else
        jw_null(&jw);
    jw_key(&jw, STR("tasks"));
    jw_array(&jw);
    for (size_t i = 0; i < d.list.n; i++)
        TRY(task_json_why(&d.w, a, &d.list.at[i].row.t, d.list.at[i].because, &jw));
    jw_end_array(&jw);
    jw_key(&jw, STR("runs"));
    jw_array(&jw);
    for (size_t i = 0; i < n; i++)
        TRY(run_json(&d.w, a, &runs[i], &r, &jw));
    jw_end_array(&jw);
    jw_key(&jw, STR("mails"));
    TRY(customer_mails_json(&d.w, a, id, &jw));
    jw_end_object(&jw);
    return NULL;
}
