/* One record's way through a rule: its clock from change to change, or its count at each period's end. */
#include "base/id.h"
#include "insight/past_impl.h"

#include <stdlib.h>

/* ---- preparing ---- */

int64_t past_week(const struct past *x, int64_t us)
{
    int64_t day = zone_date(x->env.zone, us);

    return day - (civil_weekday(day) - 1);
}

static bool is_business(struct duration d)
{
    return d.business_us || d.business_days;
}

static struct err *prepare_people(struct past *x)
{
    bool one = x->m->n_calendars == 0 || (x->m->n_calendars == 1 && x->m->calendars[0].is_default);
    struct sql_text q = sql_text_new(x->arena, tx_kind(x->tx));
    struct stmt *s;
    bool row;

    x->calendars = !one && (x->p->clock == PC_EVERY || is_business(x->p->within) || is_business(x->p->remind_before));
    if (!x->calendars)
        return NULL;
    if (x->p->owed_by.kind == WHO_NEXT_FREE || x->p->owed_by.kind == WHO_ON_DUTY)
        past_assume(x, STR("Whoever has room today is taken to have had it then; this matters for working hours only."));
    sql_add(&q, "SELECT 1 FROM change c WHERE c.kind = 'updated' AND c.object IN ('user', 'team') AND c.id >= ");
    sql_add_i64(&q, id_floor(x->from_us));
    sql_add(&q, " LIMIT 1");
    TRY(sql_prepare(x->tx, &q, &s));
    TRY(db_step(s, &row));
    if (row)
        past_assume(x, STR("People's teams and roles, and with them their working hours, are taken as they are now."));
    db_done(s);
    return NULL;
}

/* Every period that lies in the span, in each calendar. */
static void prepare_periods(struct past *x)
{
    const struct worktime **calendars;
    size_t n, cap = 0;

    period_calendars(x->arena, x->m, &calendars, &n);
    for (size_t i = 0; i < n; i++) {
        struct period period = period_at(x->p, calendars[i], x->from_us);

        for (; period.end_us <= x->to_us; period = period_at(x->p, calendars[i], period.end_us)) {
            int64_t quota = period_quota(x->p, &period);

            if (period.start_us < x->from_us || quota <= 0)
                continue;
            if (x->n_periods == cap)
                vec_grow_(x->arena, (void **)&x->periods, &cap, sizeof *x->periods);
            x->periods[x->n_periods++] = (struct past_period){.wt = calendars[i], .period = period, .quota = quota};
        }
    }
    const struct expr_relation *rel = &x->m->schema->objects[x->p->object].relations[x->p->count_relation];
    const struct expr_object *counted = &x->m->schema->objects[rel->object];
    int64_t field = -1;

    strmap_get(counted->field_by_name, counted->default_time.len ? counted->default_time : STR("created_at"), &field);
    x->time_field = (int)field;
}

static void prepare_reads(struct past *x)
{
    x->reads = NEW_ARRAY(x->arena, x->object->n_fields, bool);
    for (size_t f = 0; f < x->object->n_fields; f++) {
        const struct rule_refs *refs = &x->m->reads[x->object->index][f];

        for (size_t i = 0; i < refs->n; i++)
            x->reads[f] |= refs->refs[i].kind == RR_POLICY && refs->refs[i].index == x->p->index;
    }
}

struct err *past_begin(struct past *x)
{
    const struct worktime *company = manual_worktime(x->m, STR_NONE, NULL, 0);

    x->env = (struct expr_env){.zone = company->zone ? company->zone : zone_utc(), .worktime = company};
    x->swept = clock_is_swept(x->arena, x->m, x->p);
    x->rw = rewind_new(x->tx, x->m, x->from_us);
    x->weeks = NEW_ARRAY(x->arena, (size_t)((past_week(x, x->to_us) - past_week(x, x->from_us)) / 7 + 1), struct past_week);
    if (x->step_field >= 0)
        x->steps = NEW_ARRAY(x->arena, x->object->fields[x->step_field].n_options, int64_t);
    prepare_reads(x);
    if (x->p->clock == PC_EVERY)
        prepare_periods(x);
    return prepare_people(x);
}

/* ---- people ---- */

/* Who owes it at the moment the rewind stands at. People are asked for once per owner and team. */
static struct err *owed_by(struct past *x, struct old_record *r, int64_t *user)
{
    struct record now = old_as_record(x->rw, r);
    int64_t owner = now.values[F_OWNER].empty ? 0 : now.values[F_OWNER].i, team = now.values[F_TEAM].empty ? 0 : now.values[F_TEAM].i;

    for (size_t i = 0; i < x->owed.n; i++)
        if (x->owed.at[i].owner == owner && x->owed.at[i].team == team) {
            *user = x->owed.at[i].user;
            return NULL;
        }
    if (x->p->clock == PC_EVERY && x->p->owed_by.kind == WHO_OWNER)
        *user = owner;
    else
        TRY(due_owed_by(x->tx, x->m, x->p, &now, x->to_us, user));
    VEC_PUSH(x->arena, x->owed) = (struct past_owed){owner, team, *user};
    return NULL;
}

static struct err *worktime_of(struct past *x, struct old_record *r, const struct worktime **out)
{
    int64_t user = 0;

    if (x->calendars)
        TRY(owed_by(x, r, &user));
    return due_worktime(x->tx, x->m, user, out);
}

static struct err *owes_in(struct past *x, struct past_period *k, int64_t user, bool *out)
{
    for (size_t i = 0; i < k->people.n; i++)
        if (k->people.at[i].user == user) {
            *out = k->people.at[i].here;
            return NULL;
        }
    TRY(due_owes_in(x->tx, x->m, user, k->wt, &k->period, out));
    VEC_PUSH(x->arena, k->people) = (struct past_person){user, *out};
    return NULL;
}

/* ---- counting ---- */

static void count_kept(struct past *x, int64_t us)
{
    x->kept++;
    x->weeks[(past_week(x, us) - past_week(x, x->from_us)) / 7].kept++;
}

static void count_breach(struct past *x, struct old_record *r, int64_t due_us)
{
    const struct field *f = x->step_field >= 0 ? &x->object->fields[x->step_field] : NULL;
    const struct value *step = f ? old_value(x->rw, r, x->step_field) : NULL;

    x->breached++;
    x->weeks[(past_week(x, due_us - (x->p->clock == PC_EVERY)) - past_week(x, x->from_us)) / 7].breached++;
    for (size_t i = 0; step && !step->empty && i < f->n_options; i++)
        x->steps[i] += str_eq(step->s, f->options[i].name);
    VEC_PUSH(x->arena, x->broken) = (struct past_breach){.record = old_id(r), .due_us = due_us};
}

static struct err *in_scope(struct past *x, struct old_record *r, bool *out)
{
    bool except = false;

    *out = old_live(x->rw, r);
    if (*out)
        TRY(old_test(x->rw, r, x->p->when.e, &x->env, out));
    if (*out && x->p->except.e)
        TRY(old_test(x->rw, r, x->p->except.e, &x->env, &except));
    *out &= !except;
    return NULL;
}

/* ---- one clock ---- */

struct walk {
    struct past *x;
    struct old_record *r;
    enum clock_state state;
    bool fresh_only; /* it was there before the rule: only what began to run counts */
    bool seen;       /* was in scope at some time */
    bool in, holds;  /* as last looked at */
    int64_t clock_us, due_us, remind_us;
    ptrdiff_t breach; /* of the running clock, in x->broken; -1 */
    struct {
        int64_t *at;
        size_t n, cap;
    } broken; /* starts of clocks that were broken: the same never breaks twice */
};

static void break_it(struct walk *w)
{
    w->state = CLOCK_BREACHED;
    w->remind_us = 0;
    for (size_t i = 0; i < w->broken.n; i++)
        if (w->broken.at[i] == w->clock_us)
            return;
    VEC_PUSH(w->x->arena, w->broken) = w->clock_us;
    w->breach = (ptrdiff_t)w->x->broken.n;
    count_breach(w->x, w->r, w->due_us);
}

static void meet_it(struct walk *w, int64_t now_us)
{
    if (w->state != CLOCK_BREACHED)
        count_kept(w->x, now_us);
    else if (w->breach >= 0)
        w->x->broken.at[w->breach].met_us = now_us;
    w->state = CLOCK_MET;
    w->remind_us = 0;
}

static struct err *set_timers(struct walk *w, int64_t now_us)
{
    const struct worktime *wt;

    TRY(worktime_of(w->x, w->r, &wt));
    w->due_us = clock_due(w->x->p, wt, w->clock_us);
    w->remind_us = clock_remind(w->x->p, wt, w->due_us);
    if (w->remind_us <= now_us)
        w->remind_us = 0;
    return NULL;
}

static struct err *begin(struct walk *w, const struct value *of, int64_t now_us)
{
    struct past *x = w->x;

    w->clock_us = clock_start(of, x->from_us, now_us);
    w->breach = -1;
    if (x->p->clock == PC_ALWAYS) {
        if (w->holds) {
            w->state = CLOCK_NONE;
            return NULL;
        }
        w->clock_us = w->due_us = now_us;
        break_it(w);
        return NULL;
    }
    TRY(set_timers(w, now_us));
    w->state = CLOCK_RUNNING;
    if (w->holds)
        meet_it(w, now_us);
    else if (w->due_us && w->due_us <= now_us)
        break_it(w);
    return NULL;
}

/* What the engine does when it looks at the record now. */
static struct err *take_turn(struct walk *w, int64_t now_us)
{
    const struct policy *p = w->x->p;
    const struct value *of = p->of_field >= 0 ? old_value(w->x->rw, w->r, p->of_field) : NULL;
    bool in = w->in && !(w->state == CLOCK_NONE && w->fresh_only);

    w->seen |= in;
    switch (clock_turn(p, w->state, w->clock_us, w->x->from_us, in, w->holds, of)) {
    case TURN_STAY:
    case TURN_STILL_BROKEN:
        return NULL;
    case TURN_LEAVE:
        w->state = CLOCK_NONE;
        w->remind_us = 0;
        return NULL;
    case TURN_BEGIN:
        return begin(w, of, now_us);
    case TURN_MET:
        meet_it(w, now_us);
        return NULL;
    case TURN_GO_ON:
        if (w->due_us && w->due_us <= now_us) { /* its time has come */
            break_it(w);
            return NULL;
        }
        if (of && !of->empty)
            w->clock_us = clock_start(of, w->x->from_us, now_us);
        return set_timers(w, now_us);
    }
    return NULL;
}

/* Stands at a moment and sees whether the rule is about the record, and holds. */
static struct err *stand(struct walk *w, struct moment at)
{
    rewind_to(w->x->rw, at);
    w->x->env.now_us = at.us;
    TRY(in_scope(w->x, w->r, &w->in));
    w->holds = false;
    return w->in ? old_test(w->x->rw, w->r, w->x->p->must.e, &w->x->env, &w->holds) : NULL;
}

/* Nothing but time has passed between two sweeps: the first one at which the rule reads otherwise than at `from`. */
static struct err *first_other(struct walk *w, bool in, bool holds, int64_t from_us, int64_t *to_us)
{
    int64_t low = from_us / SWEEP_EVERY_US, high = *to_us / SWEEP_EVERY_US;

    while (high - low > 1) {
        int64_t mid = low + (high - low) / 2;

        TRY(stand(w, MOMENT_END(mid * SWEEP_EVERY_US)));
        if (w->in == in && w->holds == holds)
            low = mid;
        else
            high = mid;
    }
    *to_us = high * SWEEP_EVERY_US;
    return NULL;
}

static struct err *next_moment(struct walk *w, struct moment at, struct moment *out)
{
    struct past *x = w->x;
    struct moment next = rewind_next(x->rw), change;
    bool in = w->in, holds = w->holds;
    int64_t sweep;

    if (w->state == CLOCK_RUNNING && w->due_us) {
        struct moment due = MOMENT_END(w->due_us > at.us ? w->due_us : at.us + 1);

        if (moment_before(due, next))
            next = due;
    }
    *out = next;
    if (!x->swept)
        return NULL;
    change = old_next_change(x->rw, w->r, x->reads);
    if (moment_before(change, next))
        *out = next = change;
    sweep = (at.us / SWEEP_EVERY_US + x->stride) * SWEEP_EVERY_US;
    if (!moment_before(MOMENT_END(sweep), next))
        return NULL;
    *out = MOMENT_END(sweep);
    if (x->stride == 1)
        return NULL;
    TRY(stand(w, *out));
    if (w->in != in || w->holds != holds)
        TRY(first_other(w, in, holds, at.us, &sweep));
    *out = MOMENT_END(sweep);
    return NULL;
}

static struct err *walk_clock(struct past *x, struct old_record *r)
{
    struct walk w = {.x = x, .r = r, .breach = -1};
    struct moment at = MOMENT_END(x->from_us), born = old_born(r);

    w.fresh_only = !x->p->applies_to_all && born.us < x->from_us;
    if (moment_before(at, born))
        at = born;
    while (at.us <= x->to_us) {
        struct moment next;

        if (w.remind_us && at.us >= w.remind_us) {
            x->reminders++;
            w.remind_us = 0;
        }
        TRY(stand(&w, at));
        TRY(take_turn(&w, at.us));
        TRY(next_moment(&w, at, &next));
        at = next;
    }
    x->reminders += w.remind_us && w.remind_us <= x->to_us;
    x->running += w.state == CLOCK_RUNNING;
    x->in_scope += w.seen;
    return NULL;
}

/* ---- periods ---- */

static struct err *judge(struct past *x, struct old_record *r, struct past_period *k, bool *seen)
{
    int64_t count, user;
    bool in, here;

    rewind_to(x->rw, MOMENT_END(k->period.end_us - 1));
    x->env.now_us = k->period.end_us - 1;
    TRY(in_scope(x, r, &in));
    if (!in)
        return NULL;
    TRY(owed_by(x, r, &user));
    TRY(owes_in(x, k, user, &here));
    if (!here)
        return NULL;
    *seen = true;
    TRY(old_count(x->rw, r, x->p->count_relation, x->time_field, x->p->count_where.e, &x->env, k->period.start_us, k->period.end_us, &count));
    if (count < k->quota)
        count_breach(x, r, k->period.end_us);
    else
        count_kept(x, k->period.end_us - 1);
    return NULL;
}

static struct err *walk_periods(struct past *x, struct old_record *r)
{
    int64_t born = old_born(r).us;
    bool seen = false;

    for (size_t i = 0; i < x->n_periods; i++)
        if (born < x->periods[i].period.start_us)
            TRY(judge(x, r, &x->periods[i], &seen));
    x->in_scope += seen;
    return NULL;
}

struct err *past_walk(struct past *x, struct old_record *r)
{
    return x->p->clock == PC_EVERY ? walk_periods(x, r) : walk_clock(x, r);
}
