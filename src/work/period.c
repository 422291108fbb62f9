/* Period rules: N of something per record and day, week, month or quarter.
 *
 * Judged at the period's end, in the calendar of whoever owes it: one timer per policy and calendar, one query over all
 * records. Until then nothing is stored; what is still owed is a query as well. People on leave on the last day of the
 * period owe nothing; a record owes from the first period that began after it was made.
 */
#include "work/work_impl.h"

static int64_t month_start(int year, int month)
{
    while (month > 12) {
        month -= 12;
        year++;
    }
    return civil_days(year, month, 1);
}

struct period period_at(const struct policy *p, const struct worktime *wt, int64_t at_us)
{
    int64_t day = zone_date(wt->zone, at_us), first = day, next = day + 1;
    struct civil c = civil_from_days(day);
    struct period out = {.working = true};

    switch (p->period) {
    case PP_DAY:
        break;
    case PP_WORKING_DAY:
        out.working = worktime_is_working_day(wt, day);
        break;
    case PP_WEEK:
        first = day - (civil_weekday(day) - 1);
        next = first + 7;
        break;
    case PP_MONTH:
        first = month_start(c.year, c.month);
        next = month_start(c.year, c.month + 1);
        break;
    case PP_QUARTER:
        c.month = (c.month - 1) / 3 * 3 + 1;
        first = month_start(c.year, c.month);
        next = month_start(c.year, c.month + 3);
        break;
    }
    out.first_day = first;
    out.start_us = zone_instant(wt->zone, first, 0);
    out.end_us = zone_instant(wt->zone, next, 0);
    return out;
}

int64_t period_quota(const struct policy *p, const struct period *period)
{
    if (!period->working)
        return 0;
    for (size_t i = 0; i < p->n_seasons; i++)
        if (period->first_day >= p->seasons[i].from && period->first_day <= p->seasons[i].to)
            return p->seasons[i].at_least;
    return p->at_least;
}

/* Calendars are told apart by their page; "" is the built-in one. */
static struct str calendar_name(const struct manual *m, const struct worktime *wt)
{
    for (size_t i = 0; i < m->n_calendars; i++)
        if (&m->calendars[i].time == wt)
            return m->calendars[i].page->path;
    return STR("");
}

static const struct worktime *calendar_by_name(const struct manual *m, struct str name)
{
    for (size_t i = 0; i < m->n_calendars; i++)
        if (str_eq(m->calendars[i].page->path, name))
            return &m->calendars[i].time;
    return manual_worktime(m, STR_NONE, NULL, 0);
}

static struct err *arm_one(const struct work *w, const struct policy *p, struct str calendar,
                           const struct worktime *wt)
{
    struct period period = period_at(p, wt, w->now_us);
    struct timer t = {
        .name = str_fmt(w->arena, "period:%.*s:%.*s", STR_ARG(p->page->path), STR_ARG(calendar)),
        .kind = TIMER_PERIOD,
        .page = p->page->path,
        .due_us = period.end_us,
        .note = calendar,
    };

    return timer_set(w, &t);
}

struct err *period_arm(const struct work *w, const struct policy *p)
{
    const struct worktime **list;
    size_t n;

    period_calendars(w->arena, w->m, &list, &n);
    for (size_t i = 0; i < n; i++)
        TRY(arm_one(w, p, calendar_name(w->m, list[i]), list[i]));
    return NULL;
}

void period_calendars(struct arena *arena, const struct manual *m, const struct worktime ***out, size_t *n)
{
    const struct worktime *company = manual_worktime(m, STR_NONE, NULL, 0);

    *out = NEW_ARRAY(arena, m->n_calendars + 1, const struct worktime *);
    *n = 0;
    if (!calendar_name(m, company).len)
        (*out)[(*n)++] = company;
    for (size_t i = 0; i < m->n_calendars; i++)
        (*out)[(*n)++] = &m->calendars[i].time;
}

static const struct expr_relation *counted(const struct work *w, const struct policy *p)
{
    return &w->m->schema->objects[p->object].relations[p->count_relation];
}

/* The rows of the relation that belong to outer row "r" as rows "a". */
static void add_join(struct sql_text *q, const struct expr_relation *rel,
                     const struct expr_object *related)
{
    sql_add(q, " FROM ");
    sql_add_ident(q, related->table);
    sql_add(q, " a");
    switch (rel->join) {
    case EJ_LINK:
        sql_add(q, " JOIN link l ON l.from_id = a.id AND l.field = ");
        sql_add_str(q, rel->via);
        sql_add(q, " WHERE l.to_id = r.id");
        break;
    case EJ_LINK_OUT:
        sql_add(q, " JOIN link l ON l.to_id = a.id AND l.field = ");
        sql_add_str(q, rel->via);
        sql_add(q, " WHERE l.from_id = r.id");
        break;
    case EJ_BACK_REF:
        sql_add(q, " WHERE a.");
        sql_add_ident(q, rel->via);
        sql_add(q, " = r.id");
        break;
    case EJ_RECORD:
        sql_add(q, " WHERE a.record_id = r.id");
        break;
    }
    if (related->bin_column.len) {
        sql_add(q, " AND a.");
        sql_add_ident(q, related->bin_column);
        sql_add(q, " IS NULL");
    }
}

static void add_count(struct sql_text *q, const struct work *w, const struct policy *p,
                      const struct period *period, const struct expr_env *env)
{
    const struct expr_relation *rel = counted(w, p);
    const struct expr_object *related = &w->m->schema->objects[rel->object];
    int64_t time = -1;

    strmap_get(related->field_by_name,
               related->default_time.len ? related->default_time : STR("created_at"), &time);
    sql_add(q, "(SELECT COUNT(*)");
    add_join(q, rel, related);
    if (time >= 0) {
        sql_add(q, " AND a.");
        sql_add_ident(q, related->fields[time].column);
        sql_add(q, " >= ");
        sql_add_i64(q, period->start_us);
        sql_add(q, " AND a.");
        sql_add_ident(q, related->fields[time].column);
        sql_add(q, " < ");
        sql_add_i64(q, period->end_us);
    }
    if (p->count_where.e) {
        sql_add(q, " AND ");
        expr_sql(q, p->count_where.e, "a", env);
    }
    sql_add(q, ")");
}

/* Records in scope of the rule that owe something in this period. */
static void add_scope(struct sql_text *q, const struct work *w, const struct policy *p,
                      const struct period *period, int64_t on_us, const struct expr_env *env)
{
    sql_add(q, " FROM ");
    sql_add_ident(q, w->m->objects[p->object].table);
    sql_add(q, " r WHERE r.deleted_at IS NULL AND r.archived_at IS NULL AND r.created_at < ");
    sql_add_i64(q, period->start_us);
    if (!p->applies_to_all) {
        sql_add(q, " AND r.created_at >= ");
        sql_add_i64(q, on_us);
    }
    if (p->when.e) {
        sql_add(q, " AND ");
        expr_sql(q, p->when.e, "r", env);
    }
    if (p->except.e) {
        sql_add(q, " AND NOT ");
        expr_sql(q, p->except.e, "r", env);
    }
}

struct owing { /* one record below its quota */
    int64_t id, owner, seen;
};

static struct err *owing_batch(const struct work *w, const struct policy *p,
                               const struct period *period, int64_t quota, int64_t on_us,
                               int64_t after, int64_t owner, int limit, struct owing **out,
                               size_t *n)
{
    struct sql_text q = sql_text_new(w->arena, tx_kind(w->tx));
    struct expr_env env = work_env(w);
    VEC(struct owing) list = {0};
    struct stmt *s;
    bool row;

    env.now_us = period->end_us - 1 < w->now_us ? period->end_us - 1 : w->now_us;
    sql_add(&q, "SELECT x.id, x.owner, x.seen FROM (SELECT r.id, r.owner, ");
    add_count(&q, w, p, period, &env);
    sql_add(&q, " AS seen");
    add_scope(&q, w, p, period, on_us, &env);
    sql_add(&q, " AND r.id > ");
    sql_add_i64(&q, after);
    if (owner) {
        sql_add(&q, " AND r.owner = ");
        sql_add_i64(&q, owner);
    }
    sql_add(&q, ") x WHERE x.seen < ");
    sql_add_i64(&q, quota);
    sql_add(&q, " ORDER BY x.id LIMIT ");
    sql_add_i64(&q, limit);
    TRY(sql_prepare(w->tx, &q, &s));
    for (;;) {
        TRY(db_step(s, &row));
        if (!row)
            break;
        VEC_PUSH(w->arena, list) =
            (struct owing){.id = db_i64(s, 0), .owner = db_i64(s, 1), .seen = db_i64(s, 2)};
    }
    *out = list.at;
    *n = list.n;
    return NULL;
}

/* Records in scope per owner: what the quota is kept or broken out of. */
static struct err *scope_by_owner(const struct work *w, const struct policy *p,
                                  const struct period *period, int64_t on_us, struct owing **out,
                                  size_t *n)
{
    struct sql_text q = sql_text_new(w->arena, tx_kind(w->tx));
    struct expr_env env = work_env(w);
    VEC(struct owing) list = {0};
    struct stmt *s;
    bool row;

    env.now_us = period->end_us - 1;
    sql_add(&q, "SELECT r.owner, COUNT(*)");
    add_scope(&q, w, p, period, on_us, &env);
    sql_add(&q, " GROUP BY r.owner");
    TRY(sql_prepare(w->tx, &q, &s));
    for (;;) {
        TRY(db_step(s, &row));
        if (!row)
            break;
        VEC_PUSH(w->arena, list) = (struct owing){.owner = db_i64(s, 0), .seen = db_i64(s, 1)};
    }
    *out = list.at;
    *n = list.n;
    return NULL;
}

static struct err *owes_here(const struct work *w, int64_t user, const struct worktime *wt,
                             const struct period *period, bool *out)
{
    const struct worktime *own;
    int64_t cover;
    bool absent = false;

    TRY(who_worktime(w, user, &own));
    *out = own == wt ||
           (own->zone == wt->zone && str_eq(calendar_name(w->m, own), calendar_name(w->m, wt)));
    if (*out && user)
        TRY(who_absent(w, user, period->end_us - 1, &absent, &cover));
    *out &= !absent;
    return NULL;
}

struct err *due_owes_in(struct tx *tx, const struct manual *m, int64_t user, const struct worktime *wt,
                        const struct period *period, bool *out)
{
    struct work w = work_at(tx, m, period->end_us);

    return owes_here(&w, user, wt, period, out);
}

static struct err *owed_person(const struct work *w, const struct policy *p, const struct owing *o,
                               int64_t *user)
{
    struct record r;
    struct str role;
    bool live;

    *user = o->owner;
    if (p->owed_by.kind == WHO_OWNER)
        return NULL;
    TRY(work_read(w, w->m->objects[p->object].name, o->id, &r, &live));
    *user = 0;
    return live ? who_resolve(w, &p->owed_by, &r, p->page->owner, user, &role) : NULL;
}

static struct err *break_one(const struct work *w, const struct policy *p,
                             const struct period *period, const struct owing *o, int64_t quota,
                             int64_t user, bool first, bool *counted_one)
{
    struct breach_new b = {
        .record_id = o->id,
        .object = w->m->objects[p->object].name,
        .page = p->page->path,
        .rule = p->page->name,
        .owed_by = user,
        .at_us = period->end_us,
        .due_us = period->end_us,
        .clock_us = period->start_us,
        .count_seen = o->seen,
        .count_due = quota,
        .counted = true,
        .first = first,
    };
    struct notice_new notice = {
        .user = user,
        .record_id = o->id,
        .object = b.object,
        .page = b.page,
        .title = str_fmt(w->arena, "Not met: %.*s", STR_ARG(p->page->label)),
        .kind = "breach",
    };
    int64_t id;

    TRY(breach_put(w, &b, &id));
    *counted_one = id != 0;
    if (!id)
        return NULL;
    if (p->mode >= PM_REMIND)
        TRY(notice_send(w, &notice));
    return policy_act(w, p, o->id, id, user);
}

static void expect_owing(const struct work *w, const struct policy *p, const struct owing *list, size_t n)
{
    int64_t *ids = NEW_ARRAY(w->arena, n, int64_t);

    for (size_t i = 0; i < n; i++)
        ids[i] = list[i].id;
    work_expect(w, p->object, ids, n);
}

static struct err *judge(const struct work *w, const struct policy *p, const struct period *period,
                         const struct worktime *wt, int64_t quota, int64_t on_us)
{
    int64_t after = 0, broken = 0, in_scope = 0;
    struct owing *list;
    int64_t *known; /* they breached for this period already: it is judged again, or for another calendar */
    size_t n, n_known, k;

    for (;;) {
        TRY(owing_batch(w, p, period, quota, on_us, after, 0, SWEEP_BATCH, &list, &n));
        if (!n)
            break;
        TRY(breach_records(w, p->page->path, p->page->name, period->start_us, after, list[n - 1].id, &known, &n_known));
        if (p->n_on_breach || p->owed_by.kind != WHO_OWNER)
            expect_owing(w, p, list, n);
        k = 0;
        for (size_t i = 0; i < n; i++) {
            int64_t user;
            bool here, one;

            TRY(owed_person(w, p, &list[i], &user));
            TRY(owes_here(w, user, wt, period, &here));
            if (!here)
                continue;
            while (k < n_known && known[k] < list[i].id)
                k++;
            TRY(break_one(w, p, period, &list[i], quota, user, k == n_known || known[k] != list[i].id, &one));
            broken += one;
        }
        if (n < SWEEP_BATCH)
            break;
        after = list[n - 1].id;
    }
    if (p->owed_by.kind == WHO_OWNER) {
        TRY(scope_by_owner(w, p, period, on_us, &list, &n));
        for (size_t i = 0; i < n; i++) {
            bool here;

            TRY(owes_here(w, list[i].owner, wt, period, &here));
            in_scope += here ? list[i].seen : 0;
        }
    }
    return policy_count(w, p->page->path, period->end_us - 1,
                        in_scope > broken ? in_scope - broken : 0, broken);
}

struct err *period_ended(const struct work *w, const struct timer *t)
{
    int k = policy_index(w->m, t->page);
    const struct worktime *wt = calendar_by_name(w->m, t->note);
    const struct policy *p = k >= 0 ? &w->m->policies[k] : NULL;
    struct period period;
    int64_t quota, on_us;

    if (!p || p->mode == PM_OFF || p->clock != PC_EVERY)
        return NULL;
    period = period_at(p, wt, t->due_us - 1);
    quota = period_quota(p, &period);
    TRY(policy_on_since(w, t->page, &on_us));
    /* The rule has to have been there for the whole period. */
    if (quota > 0 && on_us != DATE_NONE && on_us <= period.start_us)
        TRY(judge(w, p, &period, wt, quota, on_us));
    return arm_one(w, p, t->note, wt);
}

struct err *period_owed_now(const struct work *w, const struct policy *p, int64_t user, int limit,
                            struct period_owed **out, size_t *n)
{
    const struct worktime *wt;
    struct period period;
    struct owing *list;
    VEC(struct period_owed) owed = {0};
    int64_t quota, on_us, cover;
    size_t got;
    bool absent = false;

    *out = NULL;
    *n = 0;
    if (p->mode == PM_OFF || p->clock != PC_EVERY)
        return NULL;
    TRY(who_worktime(w, user, &wt));
    period = period_at(p, wt, w->now_us);
    quota = period_quota(p, &period);
    TRY(policy_on_since(w, p->page->path, &on_us));
    if (user)
        TRY(who_absent(w, user, w->now_us, &absent, &cover));
    if (quota <= 0 || on_us == DATE_NONE || on_us > period.start_us || absent)
        return NULL;
    TRY(owing_batch(w, p, &period, quota, on_us, 0, user, limit, &list, &got));
    for (size_t i = 0; i < got; i++)
        VEC_PUSH(w->arena, owed) = (struct period_owed){
            .record_id = list[i].id,
            .owner = list[i].owner,
            .seen = list[i].seen,
            .due = quota,
            .until_us = period.end_us,
        };
    *out = owed.at;
    *n = owed.n;
    return NULL;
}
