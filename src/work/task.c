/* Tasks as rows: opened once per cause, closed once, moved while open. Only this file and task_api.c write them. */
#include "work/work_impl.h"
#include "work/breach.sql.h"
#include "work/task.sql.h"
#include "base/id.h"

#include <string.h>

const char *task_columns(void)
{
    return "t.id, t.record_id, t.object, t.title, t.page, t.step, t.kind, t.run_id, t.owed_by, "
           "t.team, t.role, "
           "t.opened_us, t.due_us, t.closed_us, t.closed_as, t.note, t.version, t.manual_version, "
           "t.priority, "
           "t.not_before_us, t.by_user, t.stage, t.optional, t.cause";
}

void task_from_stmt(const struct work *w, const struct stmt *s, struct task_row *out)
{
    *out = (struct task_row){
        .t =
            {
                .id = col_i64(s, "id"),
                .record_id = col_i64(s, "record_id"),
                .owed_by = col_i64(s, "owed_by"),
                .run_id = col_i64(s, "run_id"),
                .object = col_str(w, s, "object"),
                .title = col_str(w, s, "title"),
                .page = col_str(w, s, "page"),
                .step = col_str(w, s, "step"),
                .kind = col_str(w, s, "kind"),
                .role = col_str(w, s, "role"),
                .opened_us = col_i64(s, "opened_us"),
                .due_us = col_i64(s, "due_us"),
                .closed_us = col_i64(s, "closed_us"),
                .not_before_us = col_i64(s, "not_before_us"),
                .manual_version = col_i64(s, "manual_version"),
                .version = col_i64(s, "version"),
                .by_user = col_i64(s, "by_user"),
                .closed_as = col_str(w, s, "closed_as"),
                .note = col_str(w, s, "note"),
                .priority = (int)col_i64(s, "priority"),
            },
        .stage = col_str(w, s, "stage"),
        .cause = col_str(w, s, "cause"),
        .optional = col_i64(s, "optional") != 0,
    };
}

static struct err *collect(const struct work *w, struct stmt *s, struct task_row **out, size_t *n)
{
    VEC(struct task_row) rows = {0};
    bool row;

    for (;;) {
        TRY(db_step(s, &row));
        if (!row)
            break;
        task_from_stmt(w, s, &VEC_PUSH(w->arena, rows));
    }
    *out = rows.at;
    *n = rows.n;
    return NULL;
}

struct err *task_read(const struct work *w, int64_t id, struct task_row *out, bool *found)
{
    struct stmt *s;

    TRY(db_stmt(w->tx, &sql_task_by_id, &s));
    db_bind_i64(s, 1, id);
    TRY(db_step(s, found));
    if (*found)
        task_from_stmt(w, s, out);
    db_done(s);
    return NULL;
}

struct err *task_of_run(const struct work *w, int64_t run_id, struct task_row **out, size_t *n)
{
    struct stmt *s;

    TRY(db_stmt(w->tx, &sql_task_by_run, &s));
    db_bind_i64(s, 1, run_id);
    return collect(w, s, out, n);
}

struct err *task_open_of_record(const struct work *w, int64_t record_id, struct task_row **out,
                                size_t *n)
{
    struct stmt *s;

    TRY(db_stmt(w->tx, &sql_task_open_by_record, &s));
    db_bind_i64(s, 1, record_id);
    return collect(w, s, out, n);
}

static struct str task_timer_name(const struct work *w, int64_t id)
{
    return str_fmt(w->arena, "task:%lld", (long long)id);
}

/* Tasks of a policy are watched by the policy's own clock. */
static struct err *task_timer(const struct work *w, int64_t id, struct str kind, struct str page,
                              int64_t record_id, int64_t due_us)
{
    struct timer t = {
        .name = task_timer_name(w, id),
        .kind = TIMER_TASK,
        .page = page,
        .record_id = record_id,
        .ref_id = id,
        .due_us = due_us,
    };

    if (!str_eq(kind, STR("step")) && !str_eq(kind, STR("asked")))
        return NULL;
    return due_us ? timer_set(w, &t) : timer_drop(w, t.name);
}

/* For the screens of whoever owes it. An object's and a role's names have no blanks. */
static void task_news(const struct work *w, int64_t id, int64_t user, struct str role, int64_t record_id,
                      struct str object, const char *state)
{
    if (user || role.len)
        tx_notify(w->tx, WORK_NEWS_CHANNEL,
                  str_fmt(w->arena, "task %lld %.*s %lld %lld %.*s %s", (long long)user,
                          STR_ARG(role.len ? role : STR("-")), (long long)id, (long long)record_id,
                          STR_ARG(object), state));
}

void task_news_moved(const struct work *w, const struct task *t, int64_t user, struct str role)
{
    bool handed = t->owed_by != user || (!user && !str_eq(t->role, role));

    if (handed)
        task_news(w, t->id, t->owed_by, t->role, t->record_id, t->object, "handed-over");
    task_news(w, t->id, user, role, t->record_id, t->object, handed ? "opened" : "moved");
}

/* At most TASK_TITLE_CHARS_MAX code points, cut at a whole one. */
static struct str title_cut(struct str s)
{
    size_t chars = 0;

    for (size_t i = 0; i < s.len; i++)
        if (((unsigned char)s.ptr[i] & 0xC0) != 0x80 && ++chars > TASK_TITLE_CHARS_MAX)
            return str_sub(s, 0, i);
    return s;
}

static struct err *team_of(const struct work *w, int64_t user, int64_t *team)
{
    const struct person_info *info;

    TRY(who_person(w, user, &info));
    *team = info->p.team;
    return NULL;
}

struct err *task_open(const struct work *w, const struct task_new *n, int64_t *id, bool *fresh)
{
    struct stmt *s;
    int64_t made = id_new(w->now_us), team, changed = 0;

    TRY(team_of(w, n->owed_by, &team));
    TRY(db_stmt(w->tx, &sql_task_insert, &s));
    db_bind_i64(s, 1, made);
    db_bind_i64(s, 2, n->record_id);
    db_bind_str(s, 3, n->object);
    db_bind_str(s, 4, title_cut(n->title));
    bind_opt_str(s, 5, n->page);
    bind_opt_str(s, 6, n->step);
    db_bind_str(s, 7, n->kind);
    bind_opt_i64(s, 8, n->run_id);
    bind_opt_i64(s, 9, n->owed_by);
    bind_opt_i64(s, 10, team);
    bind_opt_str(s, 11, n->role);
    db_bind_i64(s, 12, w->now_us);
    bind_opt_i64(s, 13, n->due_us);
    bind_opt_str(s, 14, n->note);
    db_bind_i64(s, 15, w->m->version);
    db_bind_i64(s, 16, n->priority);
    bind_opt_i64(s, 17, n->not_before_us);
    bind_opt_i64(s, 18, n->by_user);
    bind_opt_str(s, 19, n->stage);
    db_bind_i64(s, 20, n->optional);
    db_bind_str(s, 21, n->cause.len ? n->cause : str_fmt(w->arena, "task:%lld", (long long)made));
    TRY(db_run(s, n->first ? NULL : &changed));
    *fresh = n->first || changed > 0;
    *id = made;
    if (*fresh)
        task_news(w, made, n->owed_by, n->role, n->record_id, n->object, "opened");
    if (*fresh)
        return n->optional ? NULL : task_timer(w, made, n->kind, n->page, n->record_id, n->due_us);
    bool row;

    TRY(db_stmt(w->tx, &sql_task_open_by_cause, &s));
    db_bind_str(s, 1, n->cause);
    TRY(db_step(s, &row));
    *id = row ? db_i64(s, 0) : 0;
    db_done(s);
    return NULL;
}

static struct err *breach_of_task_met(const struct work *w, int64_t id)
{
    struct stmt *s;

    TRY(db_stmt(w->tx, &sql_breach_task_met, &s));
    db_bind_i64(s, 1, id);
    db_bind_i64(s, 2, w->now_us);
    return db_run(s, NULL);
}

/* What is closed after its due time was late, even if the timer has not had its turn yet. */
static struct err *late_breach(const struct work *w, const struct stmt *s, int64_t id)
{
    struct breach_new b = {
        .record_id = col_i64(s, "record_id"),
        .object = col_str(w, s, "object"),
        .page = col_str(w, s, "page"),
        .rule = col_str(w, s, "step"),
        .task_id = id,
        .owed_by = col_i64(s, "owed_by"),
        .at_us = col_i64(s, "due_us"),
        .due_us = col_i64(s, "due_us"),
        .clock_us = col_i64(s, "opened_us"),
    };
    int64_t breach;

    if (!b.due_us || b.due_us >= w->now_us || col_i64(s, "optional") || !b.rule.len ||
        !str_eq(col_str(w, s, "kind"), STR("step")))
        return NULL;
    return breach_put(w, &b, &breach);
}

struct err *task_close(const struct work *w, int64_t id, const char *as, struct str note,
                       bool *closed)
{
    struct stmt *s;

    TRY(db_stmt(w->tx, &sql_task_close, &s));
    db_bind_i64(s, 1, id);
    db_bind_str(s, 2, str_from(as));
    bind_opt_str(s, 3, note);
    db_bind_i64(s, 4, w->now_us);
    TRY(db_step(s, closed));
    if (*closed) {
        task_news(w, id, col_i64(s, "owed_by"), col_str(w, s, "role"), col_i64(s, "record_id"),
                  col_str(w, s, "object"), "closed");
        TRY(late_breach(w, s, id));
    }
    db_done(s);
    if (!*closed)
        return NULL;
    if (strcmp(as, "done") == 0)
        TRY(breach_of_task_met(w, id));
    return timer_drop(w, task_timer_name(w, id));
}

struct err *task_move(const struct work *w, const struct task_row *t, int64_t owed_by,
                      struct str role, int64_t due_us)
{
    struct stmt *s;
    int64_t team;

    if (t->t.owed_by == owed_by && str_eq(t->t.role, role) && t->t.due_us == due_us)
        return NULL;
    TRY(team_of(w, owed_by, &team));
    TRY(db_stmt(w->tx, &sql_task_move, &s));
    db_bind_i64(s, 1, t->t.id);
    bind_opt_i64(s, 2, owed_by);
    bind_opt_str(s, 3, role);
    bind_opt_i64(s, 4, team);
    bind_opt_i64(s, 5, due_us);
    TRY(db_run(s, NULL));
    task_news_moved(w, &t->t, owed_by, role);
    if (t->t.due_us == due_us || t->optional)
        return NULL;
    return task_timer(w, t->t.id, t->t.kind, t->t.page, t->t.record_id, due_us);
}

struct err *task_wait(const struct work *w, int64_t task_id, int64_t not_before_us)
{
    struct stmt *s;

    TRY(db_stmt(w->tx, &sql_task_wait, &s));
    db_bind_i64(s, 1, task_id);
    bind_opt_i64(s, 2, not_before_us);
    return db_run(s, NULL);
}

struct err *task_cancel_record(const struct work *w, int64_t record_id, const char *as,
                               struct str note)
{
    struct task_row *rows;
    size_t n;
    bool closed;

    TRY(task_open_of_record(w, record_id, &rows, &n));
    for (size_t i = 0; i < n; i++)
        TRY(task_close(w, rows[i].t.id, as, note, &closed));
    return NULL;
}

const struct step *task_step(const struct manual *m, const struct task *t, struct str stage,
                             const struct workflow **wf)
{
    int i = str_eq(t->kind, STR("step")) ? workflow_index(m, t->page) : -1;

    if (wf)
        *wf = i >= 0 ? &m->workflows[i] : NULL;
    if (i < 0)
        return NULL;
    for (size_t k = 0; k < m->workflows[i].n_stages; k++) {
        const struct stage *st = &m->workflows[i].stages[k];

        if (stage.len && !str_eq(st->name, stage))
            continue;
        for (size_t j = 0; j < st->n_steps; j++)
            if (str_eq(st->steps[j].name, t->step))
                return &st->steps[j];
    }
    return NULL;
}

/* A step is overdue: a fact to learn from, a word to the one who owes it, and the step's escalation. The task stays:
 * it still has to be done. */
struct err *task_due_passed(const struct work *w, int64_t task_id)
{
    struct task_row row;
    const struct workflow *wf;
    const struct step *step;
    int64_t breach, esc;
    bool found;

    TRY(task_read(w, task_id, &row, &found));
    if (!found || row.t.closed_us || !row.t.due_us || row.t.due_us > w->now_us)
        return NULL;
    struct notice_new notice = {
        .user = row.t.owed_by,
        .record_id = row.t.record_id,
        .object = row.t.object,
        .page = row.t.page,
        .title = str_fmt(w->arena, "Overdue: %.*s", STR_ARG(row.t.title)),
        .kind = "breach",
    };

    step = task_step(w->m, &row.t, row.stage, &wf);
    if (!step) {
        notice.kind = "remind";
        return notice_send(w, &notice);
    }
    struct breach_new b = {
        .record_id = row.t.record_id,
        .object = row.t.object,
        .page = row.t.page,
        .rule = row.t.step,
        .task_id = row.t.id,
        .owed_by = row.t.owed_by,
        .at_us = row.t.due_us,
        .due_us = row.t.due_us,
        .clock_us = row.t.opened_us,
    };
    TRY(breach_put(w, &b, &breach));
    if (!breach)
        return NULL;
    TRY(notice_send(w, &notice));
    if (step->escalation < 0)
        return NULL;
    return escalation_begin(w, &w->m->escalations[step->escalation], row.t.object, row.t.record_id,
                            str_fmt(w->arena, "task:%lld", (long long)row.t.id),
                            str_fmt(w->arena, "%.*s was due", STR_ARG(row.t.title)), &esc);
}

/* ---- who may see and close ---- */
static bool is_below(const struct actor *a, int64_t user)
{
    size_t lo = 0, hi = a->n_below;

    while (lo < hi) {
        size_t mid = (lo + hi) / 2;

        if (a->below[mid] == user)
            return true;
        if (a->below[mid] < user)
            lo = mid + 1;
        else
            hi = mid;
    }
    return false;
}

static bool holds_role(const struct actor *a, struct str role)
{
    for (size_t i = 0; i < a->n_roles; i++)
        if (str_eq(a->roles[i]->name, role))
            return true;
    return false;
}

struct err *task_need(const struct work *w, const struct actor *a, const struct task *t, bool write)
{
    const struct object *o = manual_object(w->m, t->object);
    struct record r;
    struct err *e = NULL;
    int64_t cover = 0;
    bool absent = false;

    if (a->system || (t->owed_by && (t->owed_by == a->user_id || is_below(a, t->owed_by))))
        return NULL;
    if ((!t->owed_by && holds_role(a, t->role)) || (t->by_user && t->by_user == a->user_id))
        return NULL;
    if (t->owed_by)
        TRY(who_absent(w, t->owed_by, w->now_us, &absent, &cover));
    if (absent && cover && cover == a->user_id)
        return NULL;
    if (o)
        e = record_get(w->tx, w->m, a, o, t->record_id, true, &r);
    if (!o || e) {
        if (e && e->kind != ERR_NOT_FOUND && e->kind != ERR_FORBIDDEN)
            return e;
        return FAIL(w->arena, ERR_NOT_FOUND, "task.not_found", NULL,
                    "There is no such task, or you may not see it.");
    }
    if (!write || access_row(a, o->index, VERB_UPDATE, record_owner_id(&r),
                             r.values[F_TEAM].empty ? 0 : r.values[F_TEAM].i))
        return NULL;
    e = FAIL(w->arena, ERR_FORBIDDEN, "access.denied", NULL, "This task is somebody else's.");
    e->way_out =
        t->owed_by
            ? str_fmt(w->arena, "Ask %.*s, or their superior.", STR_ARG(who_name(w, t->owed_by)))
            : str_fmt(w->arena, "Any %.*s can close it.", STR_ARG(manual_role_words(w->arena, w->m, t->role)));
    return e;
}

static void add_ids(struct sql_text *q, const int64_t *ids, size_t n)
{
    sql_add(q, "(");
    for (size_t i = 0; i < n; i++) {
        if (i)
            sql_add(q, ", ");
        sql_add_i64(q, ids[i]);
    }
    if (!n)
        sql_add(q, "NULL");
    sql_add(q, ")");
}

void task_scope_sql(struct sql_text *q, const struct manual *m, const struct actor *a,
                    const char *alias)
{
    if (a->system)
        return;
    sql_add(q, " AND (");
    sql_add(q, alias);
    sql_add(q, ".by_user = ");
    sql_add_i64(q, a->user_id);
    sql_add(q, " OR ");
    sql_add(q, alias);
    sql_add(q, ".owed_by IN ");
    add_ids(q, a->below, a->n_below);
    for (size_t i = 0; i < a->n_roles; i++) {
        sql_add(q, " OR (");
        sql_add(q, alias);
        sql_add(q, ".owed_by IS NULL AND ");
        sql_add(q, alias);
        sql_add(q, ".role = ");
        sql_add_str(q, a->roles[i]->name);
        sql_add(q, ")");
    }
    for (size_t i = 0; i < m->n_objects; i++) {
        enum scope scope = m->objects[i].built_in ? SCOPE_NONE : access_scope(a, (int)i, VERB_READ);

        if (scope != SCOPE_ALL && scope != SCOPE_TEAM)
            continue;
        sql_add(q, " OR (");
        sql_add(q, alias);
        sql_add(q, ".object = ");
        sql_add_str(q, m->objects[i].name);
        if (scope == SCOPE_TEAM) {
            sql_add(q, " AND ");
            sql_add(q, alias);
            sql_add(q, ".team IN ");
            add_ids(q, a->teams, a->n_teams);
        }
        sql_add(q, ")");
    }
    sql_add(q, ")");
}
