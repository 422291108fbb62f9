/* What people do with tasks: finish, skip, put off, hand over, ask. */
#include "work/work_impl.h"
#include "work/task.sql.h"

static struct err *not_found(struct arena *arena)
{
    return FAIL(arena, ERR_NOT_FOUND, "task.not_found", NULL,
                "There is no such task, or you may not see it.");
}

struct err *task_get(struct tx *tx, const struct manual *m, const struct actor *a, int64_t id,
                     struct task *out)
{
    struct work w = work_at(tx, m, INT64_MAX / 2);
    struct task_row row;
    bool found;

    TRY(task_read(&w, id, &row, &found));
    if (!found)
        return not_found(w.arena);
    w.now_us = row.t.opened_us;
    TRY(task_need(&w, a, &row.t, false));
    *out = row.t;
    return NULL;
}

static struct err *check_note(const struct work *w, struct str note)
{
    if (utf8_valid(note) && utf8_count(note) <= NOTE_CHARS_MAX)
        return NULL;
    return FAIL(w->arena, ERR_INVALID, "record.field_invalid", "/note",
                "The note is longer than %d characters.", NOTE_CHARS_MAX);
}

/* The open task the actor may write, at the version they read. */
static struct err *open_for(const struct work *w, const struct save_context *cx, int64_t id,
                            int64_t if_version, struct task_row *out)
{
    struct err *e;
    bool found;

    TRY(task_read(w, id, out, &found));
    if (!found)
        return not_found(w->arena);
    TRY(task_need(w, cx->actor, &out->t, false));
    TRY(task_need(w, cx->actor, &out->t, true));
    if (out->t.closed_us)
        return FAIL(w->arena, ERR_CONFLICT, "task.closed", NULL,
                    "This task is closed already (%.*s).", STR_ARG(out->t.closed_as));
    if (if_version >= 0 && out->t.version != if_version) {
        e = FAIL(w->arena, ERR_STALE, "task.version_conflict", NULL,
                 "Somebody changed this task meanwhile.");
        e->way_out = STR("Look at it again, then decide.");
        return e;
    }
    return NULL;
}

static struct err *reread(const struct work *w, int64_t id, struct task *out)
{
    struct task_row row;
    bool found;

    TRY(task_read(w, id, &row, &found));
    if (!found)
        return not_found(w->arena);
    *out = row.t;
    return NULL;
}

/* ---- outcomes ---- */
static const struct outcome *find_outcome(const struct step *step, struct str label)
{
    for (size_t i = 0; step && i < step->n_outcomes; i++)
        if (str_eq(step->outcomes[i].label, label))
            return &step->outcomes[i];
    return NULL;
}

static struct err *unknown_outcome(const struct work *w, const struct step *step, struct str label)
{
    struct buf b = buf_new(w->arena, 64);
    struct err *e;

    for (size_t i = 0; step && i < step->n_outcomes; i++)
        buf_fmt(&b, "%s\"%.*s\"", i ? ", " : "", STR_ARG(step->outcomes[i].label));
    e = FAIL(w->arena, ERR_INVALID, "record.field_invalid", "/outcome",
             "This step has no outcome \"%.*s\".", STR_ARG(label));
    e->way_out = b.len ? str_fmt(w->arena, "Choose one of %.*s.", STR_ARG(buf_str(&b)))
                       : STR("Leave the outcome out.");
    return e;
}

/* What happened with the customer, as an activity on the record. */
static struct err *log_outcome(const struct work *w, const struct save_context *cx,
                               const struct task *t, const struct outcome *o, struct str note)
{
    struct activity_new n = {
        o->activity_kind, o->activity_direction, t->title, note, {t->record_id}};
    int64_t id;

    return o->activity_kind.len ? activity_log(w, cx, &n, &id) : NULL;
}

static struct err *set_fields(const struct work *w, const struct save_context *cx,
                              const struct task *t, const struct outcome *o)
{
    struct save_input in = {
        .object = manual_object(w->m, t->object), .id = t->record_id, .if_version = -1};
    struct save_result res;

    if (!o->n_set || !in.object)
        return NULL;
    in.fields = NEW_ARRAY(w->arena, o->n_set, const struct field *);
    in.values = NEW_ARRAY(w->arena, o->n_set, struct value);
    for (size_t i = 0; i < o->n_set; i++) {
        const struct field *f = object_field(in.object, o->set[i][0]);
        struct expr_env env = actor_env(cx->actor, w->now_us);

        if (!f)
            continue;
        TRY(value_parse(w->arena, w->m, f, o->set[i][1], &env, &in.values[in.n]));
        in.fields[in.n++] = f;
    }
    return in.n ? record_save(w->tx, cx, &in, &res) : NULL;
}

static struct err *put_off(const struct work *w, const struct task_row *row, int64_t until_us,
                           int64_t due_us, bool timer)
{
    struct stmt *s;

    TRY(db_stmt(w->tx, &sql_task_postpone, &s));
    db_bind_i64(s, 1, row->t.id);
    db_bind_i64(s, 2, until_us);
    bind_opt_i64(s, 3, due_us);
    TRY(db_run(s, NULL));
    task_news_moved(w, &row->t, row->t.owed_by, row->t.role);
    if (!timer || !due_us || row->optional)
        return NULL;
    struct timer t = {
        .name = str_fmt(w->arena, "task:%lld", (long long)row->t.id),
        .kind = TIMER_TASK,
        .page = row->t.page,
        .record_id = row->t.record_id,
        .ref_id = row->t.id,
        .due_us = due_us,
    };
    return timer_set(w, &t);
}

/* "Again in 1d": what was tried is logged, the task comes back. */
static struct err *try_again(const struct work *w, const struct task_row *row,
                             const struct outcome *o, struct str note)
{
    const struct worktime *wt;
    int64_t until;

    TRY(who_worktime(w, row->t.owed_by, &wt));
    until = worktime_due(wt, w->now_us, o->again);
    if (until == DATE_NONE)
        until = w->now_us;
    TRY(decision_note(w, row->t.record_id, row->t.page, "tried, again later",
                      str_fmt(w->arena, "%.*s: %.*s%s%.*s", STR_ARG(row->t.title),
                              STR_ARG(o->label), note.len ? ", " : "", STR_ARG(note))));
    return put_off(w, row, until, row->t.due_us > until || !row->t.due_us ? row->t.due_us : until,
                   true);
}

static struct err *not_done(const struct work *w, const struct task_row *row,
                            const struct step *step, const struct record *r)
{
    struct expr_record er = record_expr(w->tx, w->m, r, NULL);
    struct expr_env env = work_env(w);
    struct expr_why *why = expr_explain(w->arena, step->done_when.e, &er, &env);
    struct err *e;

    e = FAIL(w->arena, ERR_CONFLICT, "task.not_done", NULL, "\"%.*s\" is done when %.*s: %.*s.",
             STR_ARG(row->t.title), STR_ARG(expr_words(w->arena, step->done_when.e)),
             STR_ARG(why->words));
    e->page = row->t.page;
    e->line = step->line;
    e->reason = step->section ? step->section->why : STR("");
    e->way_out = STR("Do that on the record; the task then closes by itself.");
    return e;
}

static struct err *finish_step(const struct work *w, const struct save_context *cx,
                               const struct task_row *row, const struct step *step,
                               const struct outcome *o, bool logged, struct str note)
{
    struct expr_env env = work_env(w);
    struct expr_record er;
    struct record r;
    struct task_row now;
    bool closed, found, live;

    if (o && !logged)
        TRY(log_outcome(w, cx, &row->t, o, note));
    if (o && o->is_again) {
        TRY(set_fields(w, cx, &row->t, o));
        TRY(task_read(w, row->t.id, &now, &found));
        return found && !now.t.closed_us ? try_again(w, &now, o, note) : NULL;
    }
    if (!step || !step->done_when.e)
        TRY(task_close(w, row->t.id, "done", note, &closed));
    if (o)
        TRY(set_fields(w, cx, &row->t, o));
    TRY(task_read(w, row->t.id, &now, &found));
    if (!found || (now.t.closed_us && !str_eq(now.t.closed_as, STR("cancelled"))))
        return NULL;
    TRY(work_read(w, row->t.object, row->t.record_id, &r, &live));
    if (!live)
        return NULL;
    er = record_expr(w->tx, w->m, &r, NULL);
    if (step && step->done_when.e && !expr_test(w->arena, step->done_when.e, &er, &env))
        return not_done(w, row, step, &r);
    return task_close(w, row->t.id, "done", note, &closed);
}

/* Things that follow on a record once a task of it is closed. */
static struct err *follow_up(const struct work *w, const struct task_row *row)
{
    struct record r;
    bool live;

    TRY(work_read(w, row->t.object, row->t.record_id, &r, &live));
    return live ? run_evaluate_record(w, &r, false) : NULL;
}

static struct err *finish_policy(const struct work *w, const struct task_row *row)
{
    int k = policy_index(w->m, row->t.page);
    const struct policy *p = k >= 0 ? &w->m->policies[k] : NULL;
    struct expr_env env = work_env(w);
    struct expr_record er;
    struct record r;
    struct err *e;
    bool live;

    if (!p || p->clock == PC_EVERY || !p->must.e)
        return NULL;
    TRY(work_read(w, row->t.object, row->t.record_id, &r, &live));
    if (!live)
        return NULL;
    er = record_expr(w->tx, w->m, &r, NULL);
    if (expr_test(w->arena, p->must.e, &er, &env))
        return policy_evaluate(w, p, &r);
    e = FAIL(w->arena, ERR_CONFLICT, "task.not_done", NULL, "The rule asks that %.*s: %.*s.",
             STR_ARG(expr_words(w->arena, p->must.e)),
             STR_ARG(expr_explain(w->arena, p->must.e, &er, &env)->words));
    e->page = p->page->path;
    e->line = p->must.line;
    e->reason = p->page->why;
    e->way_out = STR("Do that on the record; the task then closes by itself.");
    return e;
}

struct err *task_finish_with(const struct work *w, const struct save_context *cx, int64_t id,
                             int64_t if_version, struct str outcome, struct str note,
                             task_log_fn log, void *ctx, struct task *out)
{
    const struct outcome *o = NULL;
    const struct step *step;
    struct task_row row;
    bool closed;

    TRY(check_note(w, note));
    TRY(open_for(w, cx, id, if_version, &row));
    step = task_step(w->m, &row.t, row.stage, NULL);
    if (outcome.len && !(o = find_outcome(step, outcome)))
        return unknown_outcome(w, step, outcome);
    if (log)
        TRY(log(w, cx, ctx));
    if (str_eq(row.t.kind, STR("policy")))
        TRY(finish_policy(w, &row));
    if (str_eq(row.t.kind, STR("escalation"))) {
        TRY(task_close(w, id, "done", note, &closed));
        TRY(escalation_task_done(w, &row, note));
    } else {
        TRY(finish_step(w, cx, &row, step, o, log != NULL, note));
    }
    TRY(follow_up(w, &row));
    TRY(reread(w, id, out));
    if (!note.len || str_eq(out->note, note))
        return NULL;
    struct stmt *s; /* closed by what was logged: the words still belong to it */

    TRY(db_stmt(w->tx, &sql_task_note, &s));
    db_bind_i64(s, 1, id);
    db_bind_str(s, 2, note);
    TRY(db_run(s, NULL));
    return reread(w, id, out);
}

struct err *task_finish(struct tx *tx, const struct save_context *cx, int64_t id,
                        int64_t if_version, struct str outcome, struct str note, struct task *out)
{
    struct work w = work_of(tx, cx);

    return task_finish_with(&w, cx, id, if_version, outcome, note, NULL, NULL, out);
}

struct err *task_skip(struct tx *tx, const struct save_context *cx, int64_t id, int64_t if_version,
                      struct str note, struct task *out)
{
    struct work w = work_of(tx, cx);
    struct task_row row;
    struct err *e;
    bool closed, own;

    TRY(check_note(&w, note));
    TRY(open_for(&w, cx, id, if_version, &row));
    if (!str_trim(note).len)
        return FAIL(w.arena, ERR_INVALID, "record.field_required", "/note",
                    "Skipping needs a note: one sentence why.");
    own = str_eq(row.t.kind, STR("asked")) && row.t.by_user == cx->actor->user_id;
    if (!row.optional && !own && !cx->actor->system &&
        !access_right(cx->actor, RIGHT_BYPASS_GATES)) {
        e = FAIL(w.arena, ERR_FORBIDDEN, "access.denied", NULL,
                 "Only optional steps can be skipped; this one is mandatory.");
        e->page = row.t.page;
        e->way_out = STR("Somebody with the right bypass-gates can skip it with a reason.");
        return e;
    }
    TRY(task_close(&w, id, "skipped", note, &closed));
    TRY(decision_note(&w, row.t.record_id, row.t.page, "step skipped",
                      str_fmt(w.arena, "%.*s: %.*s", STR_ARG(row.t.title), STR_ARG(note))));
    TRY(follow_up(&w, &row));
    return reread(&w, id, out);
}

struct err *task_postpone(struct tx *tx, const struct save_context *cx, int64_t id,
                          int64_t if_version, int64_t until_us, struct task *out)
{
    struct work w = work_of(tx, cx);
    struct task_row row;
    struct err *e;

    TRY(open_for(&w, cx, id, if_version, &row));
    if (until_us <= w.now_us || until_us - w.now_us > 366 * US_PER_DAY)
        return FAIL(w.arena, ERR_INVALID, "record.field_invalid", "/until",
                    "Put it off to a moment within the next year.");
    if (row.t.due_us && row.t.due_us > w.now_us && until_us > row.t.due_us) {
        e = FAIL(w.arena, ERR_CONFLICT, "record.field_invalid", "/until",
                 "It is due before that, on %.*s.",
                 STR_ARG(moment_words(w.arena, actor_env(cx->actor, w.now_us).zone, row.t.due_us)));
        e->way_out = STR("Choose an earlier moment, or finish it now.");
        e->page = row.t.page;
        return e;
    }
    TRY(put_off(&w, &row, until_us, row.t.due_us, false));
    return reread(&w, id, out);
}

struct err *task_assign(struct tx *tx, const struct save_context *cx, int64_t id,
                        int64_t if_version, int64_t user, struct task *out)
{
    struct work w = work_of(tx, cx);
    const struct person_info *info;
    struct task_row row;

    TRY(open_for(&w, cx, id, if_version, &row));
    TRY(who_person(&w, user, &info));
    if (!info->found)
        return FAIL(w.arena, ERR_INVALID, "record.reference_missing", "/owed_by",
                    "There is no active person with this id.");
    TRY(task_move(&w, &row, user, row.t.role, row.t.due_us));
    TRY(decision_note(&w, row.t.record_id, row.t.page, "task handed over",
                      str_fmt(w.arena, "%.*s, to %lld", STR_ARG(row.t.title), (long long)user)));
    if (user != cx->actor->user_id) {
        struct notice_new n = {
            .user = user,
            .record_id = row.t.record_id,
            .object = row.t.object,
            .page = row.t.page,
            .title = str_fmt(w.arena, "Handed to you: %.*s", STR_ARG(row.t.title)),
            .kind = "assign",
        };
        TRY(notice_send(&w, &n));
    }
    return reread(&w, id, out);
}

struct err *task_create(struct tx *tx, const struct save_context *cx, const struct task_ask *ask,
                        struct task *out)
{
    struct work w = work_of(tx, cx);
    const struct person_info *info;
    const struct object *o;
    struct record r;
    bool fresh;
    int64_t id;

    TRY(check_note(&w, ask->note));
    if (!utf8_valid(ask->title) || !str_trim(ask->title).len ||
        utf8_count(ask->title) > TASK_TITLE_CHARS_MAX)
        return FAIL(w.arena, ERR_INVALID, "record.field_invalid", "/title",
                    "A task needs a title of 1 to %d characters.", TASK_TITLE_CHARS_MAX);
    TRY(who_person(&w, ask->owed_by, &info));
    if (!info->found)
        return FAIL(w.arena, ERR_INVALID, "record.reference_missing", "/owed_by",
                    "There is no active person with this id.");
    if (ask->due_us &&
        (ask->due_us < w.now_us - US_PER_DAY || ask->due_us > w.now_us + 3660 * US_PER_DAY))
        return FAIL(w.arena, ERR_INVALID, "record.field_invalid", "/due",
                    "The due time is in the past or more than ten years away.");
    TRY(record_object_of(tx, w.m, ask->record_id, &o));
    if (!o || o->built_in)
        return FAIL(w.arena, ERR_INVALID, "record.reference_missing", "/record",
                    "There is no such record, or you may not see it.");
    TRY(record_get(tx, w.m, cx->actor, o, ask->record_id, false, &r));
    struct task_new n = {
        .record_id = ask->record_id,
        .object = o->name,
        .owed_by = ask->owed_by,
        .due_us = ask->due_us,
        .by_user = cx->actor->user_id,
        .title = str_trim(ask->title),
        .note = ask->note,
        .kind = STR("asked"),
        .priority = 4,
    };
    TRY(task_open(&w, &n, &id, &fresh));
    if (ask->owed_by != cx->actor->user_id) {
        struct notice_new notice = {
            .user = ask->owed_by,
            .record_id = ask->record_id,
            .object = o->name,
            .title =
                str_fmt(w.arena, "%.*s asks: %.*s", STR_ARG(cx->actor->name), STR_ARG(n.title)),
            .kind = "assign",
        };
        TRY(notice_send(&w, &notice));
    }
    return reread(&w, id, out);
}

struct err *task_list(struct tx *tx, const struct manual *m, const struct actor *a,
                      struct str filter, bool brief, struct str cursor, int limit, int64_t now_us,
                      struct buf *json)
{
    struct work w = work_at(tx, m, now_us);
    struct sql_text q = sql_text_new(w.arena, tx_kind(tx));
    struct expr_env env = actor_env(a, now_us);
    struct json_writer jw = json_writer(json);
    const struct expr *e = NULL;
    VEC(struct task_row) rows = {0};
    struct stmt *s;
    int64_t before = INT64_MAX;
    int object = manual_object_index(m, "task");
    size_t n;
    bool row;

    limit = limit <= 0 ? PAGE_ROWS_DEFAULT : limit > PAGE_ROWS_MAX ? PAGE_ROWS_MAX : limit;
    if (cursor.len && (!str_to_i64(cursor, &before) || before <= 0))
        return FAIL(w.arena, ERR_INVALID, "query.cursor", NULL,
                    "This cursor is not one of ours; start again without it.");
    if (filter.len && object >= 0) {
        TRY(expr_compile(w.arena, m->schema, object, filter, EXPR_CONDITION, &e));
        TRY(access_check_expr(w.arena, m, a, e));
    }
    sql_add(&q, "SELECT ");
    sql_add(&q, task_columns());
    sql_add(&q, " FROM task t WHERE t.id < ");
    sql_add_i64(&q, before);
    task_scope_sql(&q, m, a, "t");
    if (e) {
        sql_add(&q, " AND ");
        expr_sql_scoped(&q, e, "t", &env, access_expr_scope, (void *)(uintptr_t)a);
    }
    sql_add(&q, " ORDER BY t.id DESC LIMIT ");
    sql_add_i64(&q, (int64_t)limit + 1);
    TRY(sql_prepare(tx, &q, &s));
    for (;;) {
        TRY(db_step(s, &row));
        if (!row)
            break;
        task_from_stmt(&w, s, &VEC_PUSH(w.arena, rows));
    }
    n = rows.n > (size_t)limit ? (size_t)limit : rows.n;
    jw_object(&jw);
    jw_key(&jw, STR("data"));
    jw_array(&jw);
    for (size_t i = 0; i < n; i++)
        TRY(brief ? task_json_brief(&w, a, &rows.at[i], &jw)
                  : task_json_why(&w, a, &rows.at[i].t, STR(""), &jw));
    jw_end_array(&jw);
    jw_key(&jw, STR("next"));
    if (rows.n > n)
        jw_str(&jw, str_fmt(w.arena, "%lld", (long long)rows.at[n - 1].t.id));
    else
        jw_null(&jw);
    jw_end_object(&jw);
    return NULL;
}
