/* Policies on one record: clocks that start, are met, run out.
 *
 * Within. The obligation belongs to (record, policy, start of the clock). With `of` the clock starts at that field's
 * value, and what was met once is met; without it the clock starts anew each time the record falls into the rule. A
 * clock never starts before the rule was switched on: nobody breaks a rule that was not there. Met at the due time
 * itself is met in time.
 * Always. Not holding is a breach at once, once for each time it stops holding.
 * Every. Judged set-wise at the period's end, see period.c.
 */
#include "work/work_impl.h"
#include "work/policy.sql.h"

#include <string.h>

static const char *const clock_words[] = {"", "running", "met", "breached"};

struct clock {
    enum clock_state state;
    int64_t clock_us, due_us, owed_by, owner_id, task_id, breach_id;
    struct str role;
};

/* One policy looking at one record. */
struct look {
    const struct work *w;
    const struct policy *p;
    const struct record *r;
    struct str page;
    struct clock c;
};

static struct err *clock_get(struct look *l)
{
    struct stmt *s;
    bool row;

    TRY(db_stmt(l->w->tx, &sql_policy_state_get, &s));
    db_bind_i64(s, 1, l->r->id);
    db_bind_str(s, 2, l->page);
    TRY(db_step(s, &row));
    l->c = (struct clock){0};
    if (row) {
        struct str state = db_str(s, db_col(s, "state"));

        for (int i = CLOCK_RUNNING; i <= CLOCK_BREACHED; i++)
            if (str_eq(state, str_from(clock_words[i])))
                l->c.state = (enum clock_state)i;
        l->c.clock_us = col_i64(s, "clock_us");
        l->c.due_us = col_i64(s, "due_us");
        l->c.owed_by = col_i64(s, "owed_by");
        l->c.owner_id = col_i64(s, "owner_id");
        l->c.role = col_str(l->w, s, "role");
        l->c.task_id = col_i64(s, "task_id");
        l->c.breach_id = col_i64(s, "breach_id");
    }
    db_done(s);
    return NULL;
}

static struct err *clock_put(const struct look *l)
{
    const struct clock *c = &l->c;
    struct stmt *s;

    TRY(db_stmt(l->w->tx, &sql_policy_state_put, &s));
    db_bind_i64(s, 1, l->r->id);
    db_bind_str(s, 2, l->page);
    db_bind_str(s, 3, l->r->object->name);
    db_bind_str(s, 4, str_from(clock_words[c->state]));
    db_bind_i64(s, 5, c->clock_us);
    bind_opt_i64(s, 6, c->due_us);
    bind_opt_i64(s, 7, c->owed_by);
    bind_opt_i64(s, 8, c->owner_id);
    bind_opt_str(s, 9, c->role);
    bind_opt_i64(s, 10, c->task_id);
    bind_opt_i64(s, 11, c->breach_id);
    return db_run(s, NULL);
}

static struct err *clock_drop(const struct look *l)
{
    struct stmt *s;

    TRY(db_stmt(l->w->tx, &sql_policy_state_drop, &s));
    db_bind_i64(s, 1, l->r->id);
    db_bind_str(s, 2, l->page);
    return db_run(s, NULL);
}

static struct str timer_name(const struct look *l, const char *kind)
{
    return str_fmt(l->w->arena, "%s:%.*s:%lld", kind, STR_ARG(l->page), (long long)l->r->id);
}

static struct err *timers_set(const struct look *l)
{
    struct timer t = {
        .name = timer_name(l, "policy"),
        .kind = TIMER_POLICY,
        .page = l->page,
        .record_id = l->r->id,
        .due_us = l->c.due_us,
    };

    if (l->c.due_us)
        TRY(timer_set(l->w, &t));
    if (l->p->mode < PM_REMIND || l->p->remind_before.us + l->p->remind_before.business_us +
                                          l->p->remind_before.business_days ==
                                      0)
        return NULL;
    const struct worktime *wt;

    TRY(who_worktime(l->w, l->c.owed_by, &wt));
    t.name = timer_name(l, "remind");
    t.kind = TIMER_REMIND;
    t.due_us = clock_remind(l->p, wt, l->c.due_us);
    /* A reminder whose moment is past already would only repeat what the task says. */
    return l->c.due_us && t.due_us > l->w->now_us ? timer_set(l->w, &t) : timer_drop(l->w, t.name);
}

static struct err *timers_drop(const struct look *l)
{
    TRY(timer_drop(l->w, timer_name(l, "policy")));
    return timer_drop(l->w, timer_name(l, "remind"));
}

static struct err *task_end(struct look *l, const char *as, const char *note)
{
    bool closed;

    if (l->c.task_id)
        TRY(task_close(l->w, l->c.task_id, as, str_from(note), &closed));
    l->c.task_id = 0;
    return NULL;
}

/* The task that goes with a running clock, from mode remind on. */
static struct err *task_begin(struct look *l)
{
    struct task_row row;
    bool fresh, found;
    struct task_new n = {
        .record_id = l->r->id,
        .object = l->r->object->name,
        .owed_by = l->c.owed_by,
        .role = l->c.role,
        .due_us = l->c.due_us,
        .title = l->p->page->label,
        .page = l->page,
        .kind = STR("policy"),
        .priority = 3,
        .cause = str_fmt(l->w->arena, "%.*s:%lld", STR_ARG(l->page), (long long)l->r->id),
    };

    if (l->p->mode < PM_REMIND)
        return task_end(l, "cancelled", "The rule only watches now.");
    TRY(task_open(l->w, &n, &l->c.task_id, &fresh));
    if (fresh)
        return NULL;
    TRY(task_read(l->w, l->c.task_id, &row, &found));
    return found ? task_move(l->w, &row, l->c.owed_by, l->c.role, l->c.due_us) : NULL;
}

static struct err *owed_resolve(struct look *l)
{
    bool fixed = l->p->owed_by.kind != WHO_OWNER && l->p->owed_by.kind != WHO_SUPERIOR;
    int64_t owner = record_owner_id(l->r);
    const struct person_info *info;

    TRY(who_person(l->w, l->c.owed_by, &info));
    if (l->c.state != CLOCK_NONE && fixed && l->c.owner_id == owner &&
        (info->found || (!l->c.owed_by && l->c.role.len)))
        return NULL; /* work does not wander about while whoever has it is there */
    l->c.owner_id = owner;
    return who_resolve(l->w, &l->p->owed_by, l->r, l->p->page->owner, &l->c.owed_by, &l->c.role);
}

static struct err *due_compute(struct look *l)
{
    const struct worktime *wt;

    TRY(who_worktime(l->w, l->c.owed_by, &wt));
    l->c.due_us = clock_due(l->p, wt, l->c.clock_us);
    return NULL;
}

/* The value at which clocks of this rule start; NULL if it names no field. */
static const struct value *of_value(const struct look *l)
{
    return l->p->of_field >= 0 ? &l->r->values[l->p->of_field] : NULL;
}

static struct err *breach_now(struct look *l)
{
    struct notice_new notice = {
        .user = l->c.owed_by,
        .record_id = l->r->id,
        .object = l->r->object->name,
        .page = l->page,
        .title = str_fmt(l->w->arena, "Not met: %.*s", STR_ARG(l->p->page->label)),
        .kind = "breach",
    };
    struct breach_new b = {
        .record_id = l->r->id,
        .object = l->r->object->name,
        .page = l->page,
        .rule = l->p->page->name,
        .task_id = l->c.task_id,
        .owed_by = l->c.owed_by,
        .at_us = l->c.due_us,
        .due_us = l->c.due_us,
        .clock_us = l->c.clock_us,
    };
    int64_t id;

    TRY(breach_put(l->w, &b, &id));
    l->c.state = CLOCK_BREACHED;
    if (id)
        l->c.breach_id = id;
    TRY(clock_put(l));
    TRY(timers_drop(l));
    if (!id &&
        l->p->clock ==
            PC_ALWAYS) /* broken, met and broken again in one moment: rules undo each other */
        return decision_note(
            l->w, l->r->id, l->page, "loop cut",
            STR("it was broken at this very moment already; it does not act again"));
    if (!id)
        return NULL;
    TRY(policy_count(l->w, l->page, l->c.due_us, 0, 1));
    if (l->p->mode >= PM_REMIND)
        TRY(notice_send(l->w, &notice));
    return policy_act(l->w, l->p, l->r->id, id, l->c.owed_by);
}

static struct err *met_now(struct look *l)
{
    bool late = l->c.state == CLOCK_BREACHED;

    TRY(task_end(l, "done", ""));
    if (late)
        TRY(breach_met(l->w, l->c.breach_id));
    else
        TRY(policy_count(l->w, l->page, l->w->now_us, 1, 0));
    TRY(timers_drop(l));
    l->c.state = CLOCK_MET;
    return clock_put(l);
}

static struct err *leave_scope(struct look *l)
{
    if (l->c.state == CLOCK_NONE)
        return NULL;
    TRY(task_end(l, "cancelled", "The rule no longer applies to this record."));
    TRY(timers_drop(l));
    return clock_drop(l);
}

static struct err *begin(struct look *l, bool holds)
{
    int64_t on_us;

    TRY(policy_on_since(l->w, l->page, &on_us));
    if (on_us == DATE_NONE)
        return NULL;
    l->c = (struct clock){.clock_us = clock_start(of_value(l), on_us, l->w->now_us)};
    TRY(owed_resolve(l));
    if (l->p->clock == PC_ALWAYS) {
        if (holds)
            return NULL;
        l->c.clock_us = l->c.due_us = l->w->now_us;
    } else {
        TRY(due_compute(l));
    }
    l->c.state = CLOCK_RUNNING;
    if (holds)
        return met_now(l);
    TRY(task_begin(l));
    if (l->p->clock == PC_ALWAYS)
        return breach_now(l);
    TRY(clock_put(l));
    /* It fell into the rule when its time was over already: waiting for the timer would give it a moment by chance. */
    return l->c.due_us && l->c.due_us <= l->w->now_us ? breach_now(l) : timers_set(l);
}

/* The clock runs and the rule does not hold yet: due time and person may have moved. */
static struct err *keep_running(struct look *l)
{
    const struct value *of = of_value(l);
    struct clock was = l->c;
    int64_t on_us;

    TRY(policy_on_since(l->w, l->page, &on_us));
    if (of && !of->empty)
        l->c.clock_us = clock_start(of, on_us == DATE_NONE ? 0 : on_us, l->w->now_us);
    TRY(owed_resolve(l));
    TRY(due_compute(l));
    TRY(task_begin(l));
    if (l->c.clock_us == was.clock_us && l->c.due_us == was.due_us && l->c.owed_by == was.owed_by &&
        l->c.owner_id == was.owner_id && l->c.task_id == was.task_id && str_eq(l->c.role, was.role))
        return timers_set(l);
    TRY(clock_put(l));
    return timers_set(l);
}

static struct err *keep_breached(struct look *l)
{
    TRY(owed_resolve(l));
    TRY(task_begin(l));
    return clock_put(l);
}

struct err *policy_on_since(const struct work *w, struct str page, int64_t *on_us)
{
    struct stmt *s;
    bool row;

    TRY(db_stmt(w->tx, &sql_policy_on_get, &s));
    db_bind_str(s, 1, page);
    TRY(db_step(s, &row));
    *on_us = row ? col_i64(s, "on_us") : DATE_NONE;
    db_done(s);
    return NULL;
}

bool policy_in_scope(const struct work *w, const struct policy *p, const struct record *r,
                     const struct expr_record *er)
{
    struct expr_env env = work_env(w);

    if (!record_is_live(r))
        return false;
    if (!expr_test(w->arena, p->when.e, er, &env))
        return false;
    return !p->except.e || !expr_test(w->arena, p->except.e, er, &env);
}

/* `applies_to: new` leaves records alone that were there before the rule. */
static struct err *old_record(const struct work *w, const struct policy *p, const struct record *r,
                              bool *out)
{
    int64_t on_us;

    *out = false;
    if (p->applies_to_all)
        return NULL;
    TRY(policy_on_since(w, p->page->path, &on_us));
    *out =
        on_us == DATE_NONE || (!r->values[F_CREATED_AT].empty && r->values[F_CREATED_AT].i < on_us);
    return NULL;
}

struct err *policy_evaluate(const struct work *w, const struct policy *p, const struct record *r)
{
    struct look l = {.w = w, .p = p, .r = r, .page = p->page->path};
    struct expr_record er;
    struct expr_env env = work_env(w);
    bool in, old, holds;
    int64_t on_us;

    if (p->mode == PM_OFF || p->clock == PC_EVERY || r->object->index != p->object)
        return NULL;
    er = record_expr(w->tx, w->m, r, NULL);
    in = policy_in_scope(w, p, r, &er);
    TRY(clock_get(&l));
    if (in && l.c.state == CLOCK_NONE) {
        TRY(old_record(w, p, r, &old));
        in = !old;
    }
    /* The timer may not have had its turn yet: what is late is late, whatever this change does about it. */
    if (l.c.state == CLOCK_RUNNING && l.c.due_us && l.c.due_us < w->now_us) {
        int64_t saves = work_memory(w->tx)->saves;
        struct record now;
        bool live;

        TRY(breach_now(&l));
        if (saves != work_memory(w->tx)->saves) { /* it acted: look at what it made of the record */
            TRY(work_read(w, r->object->name, r->id, &now, &live));
            return live ? policy_evaluate(w, p, &now) : NULL;
        }
    }
    if (!in)
        return leave_scope(&l);
    holds = expr_test(w->arena, p->must.e, &er, &env);
    TRY(policy_on_since(w, l.page, &on_us));
    switch (clock_turn(p, l.c.state, l.c.clock_us, on_us == DATE_NONE ? 0 : on_us, in, holds, of_value(&l))) {
    case TURN_STAY:
        return NULL;
    case TURN_LEAVE:
        return leave_scope(&l);
    case TURN_BEGIN:
        return begin(&l, holds);
    case TURN_MET:
        return met_now(&l);
    case TURN_GO_ON:
        return keep_running(&l);
    case TURN_STILL_BROKEN:
        return keep_breached(&l);
    }
    return NULL;
}

struct err *policy_evaluate_running(const struct work *w, const struct record *r)
{
    VEC(struct str) pages = {0};
    struct stmt *s;
    bool row;

    TRY(db_stmt(w->tx, &sql_policy_state_pages, &s));
    db_bind_i64(s, 1, r->id);
    for (;;) {
        TRY(db_step(s, &row));
        if (!row)
            break;
        VEC_PUSH(w->arena, pages) = col_str(w, s, "page");
    }
    for (size_t i = 0; i < pages.n; i++) {
        int k = policy_index(w->m, pages.at[i]);

        if (k >= 0)
            TRY(policy_evaluate(w, &w->m->policies[k], r));
    }
    return NULL;
}

static struct err *look_at(const struct work *w, struct str page, int64_t record_id, struct look *l,
                           struct record *r, bool *ok)
{
    int k = policy_index(w->m, page);
    bool live;

    *ok = false;
    if (k < 0 || w->m->policies[k].mode == PM_OFF)
        return NULL;
    *l = (struct look){
        .w = w, .p = &w->m->policies[k], .r = r, .page = w->m->policies[k].page->path};
    TRY(work_read(w, w->m->objects[l->p->object].name, record_id, r, &live));
    if (!live)
        return NULL;
    TRY(clock_get(l));
    *ok = l->c.state == CLOCK_RUNNING;
    return NULL;
}

struct err *policy_due_passed(const struct work *w, struct str page, int64_t record_id)
{
    struct look l;
    struct record r;
    struct expr_record er;
    struct expr_env env = work_env(w);
    bool ok;

    TRY(look_at(w, page, record_id, &l, &r, &ok));
    if (!ok || !l.c.due_us || l.c.due_us > w->now_us)
        return NULL;
    er = record_expr(w->tx, w->m, &r, NULL);
    if (!policy_in_scope(w, l.p, &r, &er))
        return leave_scope(&l);
    if (expr_test(w->arena, l.p->must.e, &er, &env))
        return met_now(&l);
    return breach_now(&l);
}

struct err *policy_remind(const struct work *w, struct str page, int64_t record_id)
{
    struct look l;
    struct record r;
    bool ok;

    TRY(look_at(w, page, record_id, &l, &r, &ok));
    if (!ok)
        return NULL;
    struct notice_new n = {
        .user = l.c.owed_by,
        .record_id = record_id,
        .object = r.object->name,
        .page = l.page,
        .title = str_fmt(w->arena, "Due soon: %.*s", STR_ARG(l.p->page->label)),
        .kind = "remind",
    };
    return notice_send(w, &n);
}

struct err *policy_forget_record(const struct work *w, int64_t record_id)
{
    struct stmt *s;

    TRY(db_stmt(w->tx, &sql_policy_state_drop_record, &s));
    db_bind_i64(s, 1, record_id);
    return db_run(s, NULL);
}

struct err *policy_forget_page(const struct work *w, struct str page, struct str note)
{
    struct stmt *s;
    int64_t after = 0;
    bool row, closed;

    for (;;) {
        int64_t ids[100];
        int n = 0;

        TRY(db_stmt(w->tx, &sql_policy_task_batch, &s));
        db_bind_str(s, 1, page);
        db_bind_i64(s, 2, after);
        db_bind_i64(s, 3, 100);
        for (;;) {
            TRY(db_step(s, &row));
            if (!row)
                break;
            ids[n++] = db_i64(s, 0);
        }
        for (int i = 0; i < n; i++)
            TRY(task_close(w, ids[i], "cancelled", note, &closed));
        if (n < 100)
            break;
        after = ids[n - 1];
    }
    TRY(timer_drop_page(w, page));
    TRY(db_stmt(w->tx, &sql_policy_state_drop_page, &s));
    db_bind_str(s, 1, page);
    TRY(db_run(s, NULL));
    TRY(db_stmt(w->tx, &sql_policy_on_drop, &s));
    db_bind_str(s, 1, page);
    return db_run(s, NULL);
}

struct err *policy_check_block(const struct work *w, const struct policy *p,
                               const struct record *after, const struct expr_record *er,
                               bool existed, struct err **errs)
{
    struct expr_env env = work_env(w);
    struct err *e;
    bool old;

    if (p->mode != PM_BLOCK || p->clock != PC_ALWAYS || !policy_in_scope(w, p, after, er))
        return NULL;
    old = false;
    if (existed)
        TRY(old_record(w, p, after, &old));
    if (old || expr_test(w->arena, p->must.e, er, &env))
        return NULL;
    e = FAIL(w->arena, ERR_INVALID, "work.blocked", NULL, "%.*s", STR_ARG(p->page->label));
    e->page = p->page->path;
    e->reason = p->page->why;
    e->line = p->must.line;
    e->way_out =
        str_fmt(w->arena, "It has to hold that %.*s.", STR_ARG(expr_words(w->arena, p->must.e)));
    err_add(errs, e);
    return NULL;
}

bool policy_is_swept(const struct work *w, const struct policy *p)
{
    return p->mode != PM_OFF && clock_is_swept(w->arena, w->m, p);
}
