/* Timers: rows ordered by due time; a tick costs what is due, not what exists.
 *
 * A timer runs at its own due time, whenever somebody gets round to it: catching up after a week gives what running
 * all week would have given. Each runs in a savepoint of its own; one that cannot be run is put down in the diary, tried
 * again later, and does not stop the others.
 */
#include "work/work_impl.h"
#include "work/timer.sql.h"
#include "base/id.h"
#include "base/log.h"

enum { DUE_AHEAD = 64 };

/* What a tick has read ahead: the first timers in order, as long as nothing is set or dropped among them. */
struct due_list {
    struct timer timers[DUE_AHEAD];
    size_t at, n; /* those from at on are to come */
    int64_t now_us, undone;
    bool stale;
};

/* A timer is written: does what was read ahead still say which is next? name may be empty: any. */
static void due_changed(const struct work *w, struct str name, int64_t due_us)
{
    struct due_list *due = work_memory(w->tx)->due;

    if (!due || due->stale)
        return;
    due->stale = !name.len || (due_us <= due->now_us && (due->n < DUE_AHEAD || due_us <= due->timers[due->n - 1].due_us));
    for (size_t i = due->at; !due->stale && i < due->n; i++)
        due->stale = str_eq(due->timers[i].name, name);
}

static const char *const kind_words[TIMER_KIND_COUNT] = {
#define X(id, word) word,
    TIMER_KINDS(X)
#undef X
};

struct err *timer_set(const struct work *w, const struct timer *t)
{
    int64_t due_us = t->due_us < w->now_us ? w->now_us : t->due_us;
    struct stmt *s;

    due_changed(w, t->name, due_us);
    TRY(db_stmt(w->tx, &sql_timer_set, &s));
    db_bind_str(s, 1, t->name);
    db_bind_i64(s, 2, id_new(w->now_us));
    db_bind_i64(s, 3, due_us);
    db_bind_str(s, 4, str_from(kind_words[t->kind]));
    bind_opt_str(s, 5, t->page);
    bind_opt_i64(s, 6, t->record_id);
    bind_opt_i64(s, 7, t->ref_id);
    bind_opt_str(s, 8, t->note);
    return db_run(s, NULL);
}

static struct err *drop(const struct work *w, const struct sql *sql, struct str by)
{
    struct stmt *s;

    TRY(db_stmt(w->tx, sql, &s));
    db_bind_str(s, 1, by);
    return db_run(s, NULL);
}

struct err *timer_drop(const struct work *w, struct str name)
{
    due_changed(w, name, INT64_MAX);
    return drop(w, &sql_timer_drop, name);
}

struct err *timer_drop_page(const struct work *w, struct str page)
{
    due_changed(w, STR(""), INT64_MAX);
    return drop(w, &sql_timer_drop_page, page);
}

struct err *timer_drop_record(const struct work *w, int64_t record_id)
{
    struct stmt *s;

    due_changed(w, STR(""), INT64_MAX);
    TRY(db_stmt(w->tx, &sql_timer_drop_record, &s));
    db_bind_i64(s, 1, record_id);
    return db_run(s, NULL);
}

static struct err *state_get(struct tx *tx, struct str name, int64_t *out)
{
    struct stmt *s;
    bool row;

    TRY(db_stmt(tx, &sql_engine_state_get, &s));
    db_bind_str(s, 1, name);
    TRY(db_step(s, &row));
    *out = row ? db_i64(s, 0) : DATE_NONE;
    db_done(s);
    return NULL;
}

static struct err *state_put(struct tx *tx, struct str name, int64_t value)
{
    struct stmt *s;

    TRY(db_stmt(tx, &sql_engine_state_put, &s));
    db_bind_str(s, 1, name);
    db_bind_i64(s, 2, value);
    return db_run(s, NULL);
}

static void timer_from(const struct work *w, const struct stmt *s, struct timer *t)
{
    struct str kind = db_str(s, db_col(s, "kind"));

    t->kind = TIMER_KIND_COUNT;
    for (int i = 0; i < TIMER_KIND_COUNT; i++)
        if (str_eq(kind, str_from(kind_words[i])))
            t->kind = (enum timer_kind)i;
    t->name = col_str(w, s, "name");
    t->page = col_str(w, s, "page");
    t->note = col_str(w, s, "note");
    t->id = col_i64(s, "id");
    t->due_us = col_i64(s, "due_us");
    t->record_id = col_i64(s, "record_id");
    t->ref_id = col_i64(s, "ref_id");
}

static struct err *read_due(const struct work *w, struct due_list *due)
{
    struct stmt *s;
    bool row;

    due->at = due->n = 0;
    due->undone = tx_undone(w->tx);
    due->stale = false;
    TRY(db_stmt(w->tx, &sql_timer_due, &s));
    db_bind_i64(s, 1, due->now_us);
    db_bind_i64(s, 2, DUE_AHEAD);
    for (;;) {
        TRY(db_step(s, &row));
        if (!row)
            return NULL;
        timer_from(w, s, &due->timers[due->n++]);
    }
}

/* The first timer due; *t NULL: none. */
static struct err *first_due(const struct work *w, struct due_list *due, const struct timer **t)
{
    bool all = due->at == due->n && due->n < DUE_AHEAD; /* there were no more */

    *t = NULL;
    if (due->stale || due->undone != tx_undone(w->tx) || (due->at == due->n && !all))
        TRY(read_due(w, due));
    if (due->at < due->n)
        *t = &due->timers[due->at++];
    return NULL;
}

struct firing {
    struct work w;
    const struct timer *t;
};

static struct err *fire(struct tx *tx, void *ctx)
{
    const struct firing *f = ctx;
    const struct timer *t = f->t;

    (void)tx;
    switch (t->kind) {
    case TIMER_TASK:
        return task_due_passed(&f->w, t->ref_id);
    case TIMER_REMIND:
        return policy_remind(&f->w, t->page, t->record_id);
    case TIMER_POLICY:
        return policy_due_passed(&f->w, t->page, t->record_id);
    case TIMER_IDLE:
        return run_idle(&f->w, t->ref_id);
    case TIMER_ESCALATION:
        return escalation_due(&f->w, t->ref_id);
    case TIMER_PERIOD:
        return period_ended(&f->w, t);
    case TIMER_SWEEP:
        return sweep_due(&f->w, t);
    case TIMER_KIND_COUNT:
        break;
    }
    return NULL;
}

static struct err *fire_due(const struct work *w, int limit, int *done)
{
    struct due_list *due = work_memory(w->tx)->due;

    while (*done < limit) {
        const struct timer *next;
        struct timer t;
        struct firing f;
        struct err *e;

        TRY(first_due(w, due, &next));
        if (!next)
            break;
        t = *next;
        TRY(timer_drop(w, t.name));
        f = (struct firing){.w = work_at(w->tx, w->m, t.due_us), .t = &t};
        e = tx_nested(w->tx, fire, &f);
        if (e && err_stops(e))
            return e;
        if (e) { /* no timer is lost: it is tried again in an hour */
            struct timer later = t;
            struct str why =
                str_fmt(w->arena, "%.*s: %s: %.*s", STR_ARG(t.name), e->code, STR_ARG(e->message));

            log_event(LOG_ERROR, "timer", "name", str_cstr(w->arena, t.name), "code", e->code, NULL);
            TRY(decision_note(&f.w, t.record_id, t.page, "could not run", why));
            later.due_us = w->now_us + US_PER_HOUR;
            TRY(timer_set(w, &later));
        }
        (*done)++;
    }
    return NULL;
}

struct err *work_tick(struct tx *tx, const struct manual *m, int64_t now_us, int limit, int *done,
                      int64_t *next_us)
{
    struct work w = work_at(tx, m, now_us);
    struct due_list *due = NEW(w.arena, struct due_list);
    struct err *e;
    struct stmt *s;
    int64_t last;
    bool row;

    *done = 0;
    *next_us = DATE_NONE;
    due->now_us = now_us;
    due->stale = true;
    work_memory(tx)->due = due;
    e = fire_due(&w, limit, done);
    work_memory(tx)->due = NULL;
    TRY(e);
    TRY(db_stmt(tx, &sql_timer_next, &s));
    TRY(db_step(s, &row));
    if (row)
        *next_us = db_i64(s, 0);
    db_done(s);
    TRY(state_get(tx, STR("last_tick_us"), &last));
    if (*done == 0 && last != DATE_NONE && now_us - last < US_PER_MINUTE)
        return NULL;
    if (last == DATE_NONE || now_us / US_PER_DAY != last / US_PER_DAY)
        TRY(decision_prune(&w));
    return now_us > last ? state_put(tx, STR("last_tick_us"), now_us) : NULL;
}

struct catch_up {
    struct manual_store *store;
    int64_t now_us, next_us;
    int limit, done;
};

static struct err *catch_up_some(struct tx *tx, void *ctx)
{
    struct catch_up *c = ctx;
    const struct manual *m = manual_live(c->store);
    struct err *e = manual_check_live(tx, c->store, m);

    if (!e)
        e = work_tick(tx, m, c->now_us, c->limit, &c->done, &c->next_us);
    manual_unpin(m);
    return e;
}

struct err *work_run_until(struct db *db, struct manual_store *store, int64_t now_us,
                           int64_t *timers_done)
{
    struct arena *arena = arena_new(0);
    struct err *e = NULL;
    int busy = 0;

    *timers_done = 0;
    for (;;) {
        struct catch_up c = {.store = store, .now_us = now_us, .limit = 200};

        arena_reset(arena);
        e = db_write(db, arena, catch_up_some, &c);
        if (e && e->kind == ERR_BUSY && busy++ < 5)
            continue;
        if (e)
            break;
        busy = 0;
        *timers_done += c.done;
        if (c.done < c.limit)
            break;
    }
    if (!e) {
        arena_free(arena);
        return NULL;
    }
    static _Thread_local struct err kept; /* there is no arena of the caller's to put it on */

    kept = (struct err){.kind = e->kind,
                        .code = e->code,
                        .message = STR("The engine could not catch up; see the log."),
                        .src_file = e->src_file,
                        .src_line = e->src_line};
    log_event(LOG_ERROR, "catch_up", "code", e->code, "message", str_cstr(arena, e->message), NULL);
    arena_free(arena);
    return &kept;
}
