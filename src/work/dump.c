/* The engine's state as canonical text, and its invariants. Records are numbered in the order in which they first occur,
 * people by their names: two histories that went alike give the same text whatever ids they were given.
 */
#include "work/work_impl.h"
#include "work/dump.sql.h"

struct dump {
    struct work w;
    struct strmap *number; /* id as text -> number */
    int64_t n;
    struct buf *out;
};

static void add_record(struct dump *d, int64_t id)
{
    struct str key = str_fmt(d->w.arena, "%lld", (long long)id);
    int64_t n;

    if (!strmap_get(d->number, key, &n)) {
        n = ++d->n;
        strmap_put(d->number, key, n);
    }
    buf_fmt(d->out, "#%lld", (long long)n);
}

static void add_us(struct dump *d, const char *label, int64_t us)
{
    buf_fmt(d->out, " %s ", label);
    if (us)
        buf_add(d->out, instant_text(d->w.arena, us));
    else
        buf_add_char(d->out, '-');
}

static void add_person(struct dump *d, int64_t user, struct str role)
{
    const struct person_info *info;

    if (user && !who_person(&d->w, user, &info) && info->there)
        buf_fmt(d->out, " by %.*s", STR_ARG(info->p.name));
    else
        buf_fmt(d->out, " by role %.*s", STR_ARG(role));
}

static struct err *dump_tasks(struct dump *d)
{
    struct stmt *s;
    bool row;

    TRY(db_stmt(d->w.tx, &sql_dump_tasks, &s));
    for (;;) {
        TRY(db_step(s, &row));
        if (!row)
            return NULL;
        buf_fmt(d->out, "task %.*s ", STR_ARG(col_str(&d->w, s, "object")));
        add_record(d, col_i64(s, "record_id"));
        buf_fmt(d->out, " %.*s \"%.*s\" of %.*s/%.*s/%.*s", STR_ARG(col_str(&d->w, s, "kind")),
                STR_ARG(col_str(&d->w, s, "title")), STR_ARG(col_str(&d->w, s, "page")),
                STR_ARG(col_str(&d->w, s, "stage")), STR_ARG(col_str(&d->w, s, "step")));
        add_person(d, col_i64(s, "owed_by"), col_str(&d->w, s, "role"));
        add_us(d, "opened", col_i64(s, "opened_us"));
        add_us(d, "due", col_i64(s, "due_us"));
        add_us(d, "closed", col_i64(s, "closed_us"));
        buf_fmt(d->out, " %.*s priority %lld\n", STR_ARG(col_str(&d->w, s, "closed_as")),
                (long long)col_i64(s, "priority"));
    }
}

static struct err *dump_runs(struct dump *d)
{
    struct stmt *s;
    bool row;

    TRY(db_stmt(d->w.tx, &sql_dump_runs, &s));
    for (;;) {
        TRY(db_step(s, &row));
        if (!row)
            return NULL;
        buf_fmt(d->out, "run %.*s ", STR_ARG(col_str(&d->w, s, "object")));
        add_record(d, col_i64(s, "record_id"));
        buf_fmt(d->out, " %.*s stage \"%.*s\"", STR_ARG(col_str(&d->w, s, "workflow")),
                STR_ARG(col_str(&d->w, s, "stage")));
        add_us(d, "entered", col_i64(s, "stage_entered_us"));
        add_us(d, "started", col_i64(s, "started_us"));
        add_us(d, "ended", col_i64(s, "ended_us"));
        buf_fmt(d->out, " %.*s\n", STR_ARG(col_str(&d->w, s, "end_name")));
    }
}

static struct err *dump_breaches(struct dump *d)
{
    struct stmt *s;
    bool row;

    TRY(db_stmt(d->w.tx, &sql_dump_breaches, &s));
    for (;;) {
        TRY(db_step(s, &row));
        if (!row)
            return NULL;
        buf_fmt(d->out, "breach %.*s ", STR_ARG(col_str(&d->w, s, "object")));
        add_record(d, col_i64(s, "record_id"));
        buf_fmt(d->out, " %.*s/%.*s", STR_ARG(col_str(&d->w, s, "page")),
                STR_ARG(col_str(&d->w, s, "rule")));
        add_person(d, col_i64(s, "owed_by"), STR("-"));
        add_us(d, "at", col_i64(s, "at_us"));
        add_us(d, "due", col_i64(s, "due_us"));
        add_us(d, "met", col_i64(s, "met_us"));
        buf_fmt(d->out, " seen %lld of %lld %.*s\n", (long long)col_i64(s, "count_seen"),
                (long long)col_i64(s, "count_due"), STR_ARG(col_str(&d->w, s, "cause")));
    }
}

struct err *work_dump(struct tx *tx, const struct manual *m, struct buf *text)
{
    struct dump d = {.w = work_at(tx, m, 0), .out = text};

    d.number = strmap_new(d.w.arena, 1024);
    TRY(dump_runs(&d));
    TRY(dump_tasks(&d));
    return dump_breaches(&d);
}

/* ---- invariants ---- */
static struct err *none(const struct work *w, const struct sql *sql, const char *what,
                        struct buf *findings)
{
    struct stmt *s;
    bool row;

    TRY(db_stmt(w->tx, sql, &s));
    for (;;) {
        TRY(db_step(s, &row));
        if (!row)
            return NULL;
        struct str first = db_str(s, 0);

        buf_fmt(findings, "%s: %.*s", what,
                STR_ARG(first.len ? first : str_fmt(w->arena, "%lld", (long long)db_i64(s, 0))));
        if (db_cols(s) > 1)
            buf_fmt(findings, " %lld", (long long)db_i64(s, 1));
        buf_add_char(findings, '\n');
    }
}

/* Open tasks whose record is not there any more, or put away; all of them if the manual has no such object. */
static struct err *tasks_of_gone(const struct work *w, struct str object, struct buf *findings)
{
    struct sql_text q = sql_text_new(w->arena, tx_kind(w->tx));
    const struct object *o = manual_object(w->m, object);
    struct stmt *s;
    bool row;

    sql_add(&q, "SELECT t.id FROM task t WHERE t.closed_us IS NULL AND t.object = ");
    sql_add_str(&q, object);
    if (o && !o->built_in) {
        sql_add(&q, " AND NOT EXISTS (SELECT 1 FROM ");
        sql_add_ident(&q, o->table);
        sql_add(&q, " r WHERE r.id = t.record_id AND r.deleted_at IS NULL AND r.archived_at IS NULL)");
    }
    sql_add(&q, " ORDER BY t.id LIMIT 100");
    TRY(sql_prepare(w->tx, &q, &s));
    for (;;) {
        TRY(db_step(s, &row));
        if (!row)
            return NULL;
        buf_fmt(findings, "an open task on a record that is gone: task %lld\n", (long long)db_i64(s, 0));
    }
}

static struct err *tasks_on_gone_records(const struct work *w, struct buf *findings)
{
    VEC(struct str) objects = {0};
    struct stmt *s;
    bool row;

    TRY(db_stmt(w->tx, &sql_check_open_objects, &s));
    for (;;) {
        TRY(db_step(s, &row));
        if (!row)
            break;
        VEC_PUSH(w->arena, objects) = col_str(w, s, "object");
    }
    for (size_t i = 0; i < objects.n; i++)
        TRY(tasks_of_gone(w, objects.at[i], findings));
    return NULL;
}

struct err *work_check(struct tx *tx, const struct manual *m, struct buf *findings)
{
    struct work w = work_at(tx, m, 0);

    TRY(none(&w, &sql_check_timer_task, "a timer without its open task", findings));
    TRY(none(&w, &sql_check_timer_policy, "a timer without its running clock", findings));
    TRY(none(&w, &sql_check_state_timer, "a running clock without a timer", findings));
    TRY(none(&w, &sql_check_task_nobody, "a task that nobody can see", findings));
    TRY(none(&w, &sql_check_task_run, "an open task of a run that ended", findings));
    TRY(none(&w, &sql_check_task_step_timer,
             "an open step with a due time and neither timer nor breach", findings));
    return tasks_on_gone_records(&w, findings);
}
