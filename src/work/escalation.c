/* Escalations: people called one after another until somebody says "I have it".
 *
 * A level waits `after` since the one before; nobody acknowledging passes it on by timer. Whoever is on leave is covered.
 * Everybody called stands in escalation_call.
 */
#include "work/work_impl.h"
#include "work/escalation.sql.h"
#include "base/id.h"

struct esc {
    int64_t id, record_id, started_us, started_by, level, level_us, who, acknowledged_us,
        acknowledged_by, ended_us, version;
    struct str page, object, cause, note, answer;
};

static void esc_from(const struct work *w, const struct stmt *s, struct esc *out)
{
    *out = (struct esc){
        .id = col_i64(s, "id"),
        .record_id = col_i64(s, "record_id"),
        .started_us = col_i64(s, "started_us"),
        .started_by = col_i64(s, "started_by"),
        .level = col_i64(s, "level"),
        .level_us = col_i64(s, "level_us"),
        .who = col_i64(s, "who"),
        .acknowledged_us = col_i64(s, "acknowledged_us"),
        .acknowledged_by = col_i64(s, "acknowledged_by"),
        .ended_us = col_i64(s, "ended_us"),
        .version = col_i64(s, "manual_version"),
        .page = col_str(w, s, "page"),
        .object = col_str(w, s, "object"),
        .cause = col_str(w, s, "cause"),
        .note = col_str(w, s, "note"),
        .answer = col_str(w, s, "answer"),
    };
}

static struct err *esc_read(const struct work *w, int64_t id, struct esc *out, bool *found)
{
    struct stmt *s;

    TRY(db_stmt(w->tx, &sql_escalation_by_id, &s));
    db_bind_i64(s, 1, id);
    TRY(db_step(s, found));
    if (*found)
        esc_from(w, s, out);
    db_done(s);
    return NULL;
}

static struct err *arm(const struct work *w, int64_t id, int64_t record_id, struct str page,
                       int64_t due_us)
{
    struct timer t = {
        .name = str_fmt(w->arena, "escalation:%lld", (long long)id),
        .kind = TIMER_ESCALATION,
        .page = page,
        .record_id = record_id,
        .ref_id = id,
        .due_us = due_us,
    };

    return timer_set(w, &t);
}

static int64_t wait_until(const struct work *w, int64_t from_us, struct duration after)
{
    int64_t at = worktime_due(manual_worktime(w->m, STR_NONE, NULL, 0), from_us, after);

    return at == DATE_NONE ? from_us : at;
}

static struct err *put_call(const struct work *w, const struct esc *e, int64_t level,
                            const struct escalation_level *lv, int64_t who, int64_t instead_of,
                            int64_t task_id)
{
    struct stmt *s;

    TRY(db_stmt(w->tx, &sql_escalation_call_insert, &s));
    db_bind_i64(s, 1, e->id);
    db_bind_i64(s, 2, level);
    db_bind_str(s, 3, lv->name.ptr ? lv->name : STR(""));
    db_bind_i64(s, 4, w->now_us);
    bind_opt_i64(s, 5, who);
    bind_opt_i64(s, 6, instead_of);
    db_bind_str(s, 7, lv->as_task ? STR("task") : STR("notify"));
    bind_opt_i64(s, 8, task_id);
    TRY(db_run(s, NULL));
    TRY(db_stmt(w->tx, &sql_escalation_level, &s));
    db_bind_i64(s, 1, e->id);
    db_bind_i64(s, 2, level);
    db_bind_i64(s, 3, w->now_us);
    bind_opt_i64(s, 4, who);
    return db_run(s, NULL);
}

/* Calls the people of one level. */
static struct err *call_level(const struct work *w, const struct escalation *p, const struct esc *e,
                              int64_t level, const struct record *r)
{
    const struct escalation_level *lv = &p->levels[level];
    bool last = (size_t)level + 1 == p->n_levels, fresh;
    int64_t user, instead_of, task = 0;
    struct str title = str_fmt(w->arena, "%.*s: %.*s", STR_ARG(p->page->label),
                               STR_ARG(record_title(w->arena, w->m, r)));

    TRY(who_reachable(w, &lv->who, r, w->now_us, p->cover_superior, &user, &instead_of));
    /* The last level must not end in nothing: it is a task even if its page only tells. */
    if (lv->as_task || (last && !user)) {
        struct task_new n = {
            .record_id = r->id,
            .object = r->object->name,
            .owed_by = user,
            .role = lv->who.name.len && lv->who.kind != WHO_USER ? lv->who.name : p->page->owner,
            .title = title,
            .page = p->page->path,
            .step = lv->name,
            .kind = STR("escalation"),
            .priority = 0,
            .first = true, /* a level is called once */
            .note = e->note,
            .due_us = last ? 0 : wait_until(w, w->now_us, p->levels[level + 1].after),
            .cause = str_fmt(w->arena, "escalation:%lld:%lld", (long long)e->id, (long long)level),
        };
        TRY(task_open(w, &n, &task, &fresh));
    }
    struct notice_new n = {
        .user = user,
        .record_id = r->id,
        .object = r->object->name,
        .page = p->page->path,
        .title = title,
        .kind = "escalation",
    };
    TRY(notice_send(w, &n));
    TRY(put_call(w, e, level, lv, user, instead_of, task));
    if (!user)
        TRY(decision_note(w, r->id, p->page->path, "nobody reachable",
                          str_fmt(w->arena, "%.*s: %.*s", STR_ARG(lv->name),
                                  STR_ARG(who_words(w, &lv->who)))));
    return last ? NULL
                : arm(w, e->id, r->id, p->page->path,
                      wait_until(w, w->now_us, p->levels[level + 1].after));
}

static struct err *call_next(const struct work *w, const struct esc *e)
{
    struct record r;
    struct stmt *s;
    bool live;
    int k = escalation_index(w->m, e->page);

    TRY(work_read(w, e->object, e->record_id, &r, &live));
    if (k >= 0 && live && (size_t)(e->level + 1) < w->m->escalations[k].n_levels)
        return call_level(w, &w->m->escalations[k], e, e->level + 1, &r);
    if (k >= 0 && live)
        return NULL;
    TRY(db_stmt(w->tx, &sql_escalation_end, &s));
    db_bind_i64(s, 1, e->id);
    db_bind_i64(s, 2, w->now_us);
    db_bind_str(s, 3, live ? STR("the page is gone") : STR("the record is gone"));
    return db_run(s, NULL);
}

struct err *escalation_due(const struct work *w, int64_t id)
{
    struct esc e;
    bool found;

    TRY(esc_read(w, id, &e, &found));
    return found && !e.ended_us ? call_next(w, &e) : NULL;
}

struct err *escalation_begin(const struct work *w, const struct escalation *p, struct str object,
                             int64_t record_id, struct str cause, struct str note, int64_t *id)
{
    struct esc e = {
        .record_id = record_id, .started_us = w->now_us, .started_by = w->by_user, .level = -1,
        .level_us = w->now_us, .version = w->m->version, .page = p->page->path, .object = object,
        .note = note.ptr ? note : STR(""),
        .cause = str_fmt(w->arena, "%.*s|%.*s", STR_ARG(p->page->path), STR_ARG(cause)),
    };
    struct stmt *s;
    int64_t changed = 0, due;
    bool row;

    e.id = *id = id_new(w->now_us);
    TRY(db_stmt(w->tx, &sql_escalation_insert, &s));
    db_bind_i64(s, 1, *id);
    db_bind_str(s, 2, p->page->path);
    db_bind_i64(s, 3, record_id);
    db_bind_str(s, 4, object);
    db_bind_i64(s, 5, w->now_us);
    bind_opt_i64(s, 6, w->by_user);
    db_bind_str(s, 7, e.cause);
    bind_opt_str(s, 8, note);
    db_bind_i64(s, 9, w->m->version);
    TRY(db_run(s, &changed));
    if (!changed) { /* it runs already for this cause */
        TRY(db_stmt(w->tx, &sql_escalation_by_cause, &s));
        db_bind_str(s, 1, e.cause);
        TRY(db_step(s, &row));
        *id = row ? db_i64(s, 0) : 0;
        db_done(s);
        return NULL;
    }
    TRY(decision_note(w, record_id, p->page->path, "escalation started", note));
    if (!p->n_levels)
        return NULL;
    due = wait_until(w, w->now_us, p->levels[0].after);
    return due <= w->now_us ? call_next(w, &e) : arm(w, *id, record_id, p->page->path, due);
}

static struct err *acknowledge(const struct work *w, const struct esc *e, int64_t user,
                               struct str note)
{
    struct stmt *s;
    bool row, closed;
    VEC(int64_t) tasks = {0};

    TRY(db_stmt(w->tx, &sql_escalation_ack, &s));
    db_bind_i64(s, 1, e->id);
    db_bind_i64(s, 2, w->now_us);
    bind_opt_i64(s, 3, user);
    bind_opt_str(s, 4, note);
    TRY(db_step(s, &row));
    db_done(s);
    if (!row)
        return NULL;
    TRY(timer_drop(w, str_fmt(w->arena, "escalation:%lld", (long long)e->id)));
    TRY(db_stmt(w->tx, &sql_escalation_calls, &s));
    db_bind_i64(s, 1, e->id);
    for (;;) {
        TRY(db_step(s, &row));
        if (!row)
            break;
        if (col_i64(s, "task_id"))
            VEC_PUSH(w->arena, tasks) = col_i64(s, "task_id");
    }
    for (size_t i = 0; i < tasks.n; i++)
        TRY(task_close(w, tasks.at[i], "done", note, &closed));
    return decision_note(w, e->record_id, e->page, "escalation acknowledged", note);
}

struct err *escalation_task_done(const struct work *w, const struct task_row *t, struct str note)
{
    struct str rest = t->cause, part;
    struct esc e;
    int64_t id;
    bool found;

    if (!str_cut(&rest, ':', &part) || !str_cut(&rest, ':', &part) || !str_to_i64(part, &id))
        return NULL;
    TRY(esc_read(w, id, &e, &found));
    return found ? acknowledge(w, &e, w->by_user, note) : NULL;
}

struct err *escalation_end_record(const struct work *w, int64_t record_id)
{
    VEC(int64_t) ids = {0};
    struct stmt *s;
    bool row;

    TRY(db_stmt(w->tx, &sql_escalation_open_by_record, &s));
    db_bind_i64(s, 1, record_id);
    for (;;) {
        TRY(db_step(s, &row));
        if (!row)
            break;
        VEC_PUSH(w->arena, ids) = db_i64(s, 0);
    }
    for (size_t i = 0; i < ids.n; i++) {
        TRY(db_stmt(w->tx, &sql_escalation_end, &s));
        db_bind_i64(s, 1, ids.at[i]);
        db_bind_i64(s, 2, w->now_us);
        db_bind_str(s, 3, STR("the record is gone"));
        TRY(db_run(s, NULL));
        TRY(timer_drop(w, str_fmt(w->arena, "escalation:%lld", (long long)ids.at[i])));
    }
    return NULL;
}

/* ---- for people ---- */
struct err *escalation_start(struct tx *tx, const struct save_context *cx, struct str escalation,
                             int64_t record_id, struct str note, int64_t *id)
{
    struct work w = work_of(tx, cx);
    const struct object *o;
    struct record r;
    int k = escalation_index(w.m, escalation);

    if (k < 0)
        return FAIL(w.arena, ERR_NOT_FOUND, "work.not_found", NULL,
                    "The manual has no escalation %.*s.", STR_ARG(escalation));
    if (!utf8_valid(note) || utf8_count(note) > NOTE_CHARS_MAX)
        return FAIL(w.arena, ERR_INVALID, "record.field_invalid", "/note",
                    "The note is longer than %d characters.", NOTE_CHARS_MAX);
    TRY(record_object_of(tx, w.m, record_id, &o));
    if (!o || o->built_in)
        return FAIL(w.arena, ERR_NOT_FOUND, "record.not_found", NULL,
                    "There is no such record, or you may not see it.");
    TRY(record_get(tx, w.m, cx->actor, o, record_id, false, &r));
    if (w.m->escalations[k].object >= 0 && w.m->escalations[k].object != o->index)
        return FAIL(w.arena, ERR_INVALID, "record.field_invalid", "/escalation",
                    "%.*s is for records of %.*s.", STR_ARG(w.m->escalations[k].page->label),
                    STR_ARG(w.m->objects[w.m->escalations[k].object].label));
    return escalation_begin(&w, &w.m->escalations[k], o->name, record_id,
                            str_fmt(w.arena, "asked:%lld", (long long)record_id), note, id);
}

struct err *escalation_acknowledge(struct tx *tx, const struct save_context *cx, int64_t id,
                                   struct str note)
{
    struct work w = work_of(tx, cx);
    const struct object *o;
    struct record r;
    struct esc e;
    bool found;

    TRY(esc_read(&w, id, &e, &found));
    o = found ? manual_object(w.m, e.object) : NULL;
    if (!o)
        return FAIL(w.arena, ERR_NOT_FOUND, "work.not_found", NULL, "There is no such escalation.");
    if (e.who != cx->actor->user_id)
        TRY(record_get(tx, w.m, cx->actor, o, e.record_id, true, &r));
    if (!utf8_valid(note) || utf8_count(note) > NOTE_CHARS_MAX)
        return FAIL(w.arena, ERR_INVALID, "record.field_invalid", "/note",
                    "The note is longer than %d characters.", NOTE_CHARS_MAX);
    return acknowledge(&w, &e, cx->actor->user_id, note);
}

static struct err *calls_json(const struct work *w, int64_t id, struct json_writer *jw)
{
    struct stmt *s;
    bool row;

    jw_array(jw);
    TRY(db_stmt(w->tx, &sql_escalation_calls, &s));
    db_bind_i64(s, 1, id);
    for (;;) {
        TRY(db_step(s, &row));
        if (!row)
            break;
        jw_object(jw);
        jw_kv_str(jw, "level", col_str(w, s, "name"));
        jw_kv_instant(jw, "at", col_i64(s, "at_us"));
        jw_kv_id(jw, "who", col_i64(s, "who"));
        jw_kv_str(jw, "who_name", who_name(w, col_i64(s, "who")));
        jw_kv_id(jw, "instead_of", col_i64(s, "instead_of"));
        jw_kv_str(jw, "how", col_str(w, s, "how"));
        jw_end_object(jw);
    }
    jw_end_array(jw);
    return NULL;
}

struct err *escalation_list(struct tx *tx, const struct manual *m, const struct actor *a,
                            int64_t record_id, struct buf *json)
{
    struct work w = work_at(tx, m, 0);
    struct json_writer jw = json_writer(json);
    const struct object *o;
    VEC(struct esc) list = {0};
    struct record r;
    struct stmt *s;
    bool row;

    TRY(record_object_of(tx, m, record_id, &o));
    if (!o || o->built_in)
        return FAIL(w.arena, ERR_NOT_FOUND, "record.not_found", NULL,
                    "There is no such record, or you may not see it.");
    TRY(record_get(tx, m, a, o, record_id, true, &r));
    TRY(db_stmt(tx, &sql_escalation_by_record, &s));
    db_bind_i64(s, 1, record_id);
    for (;;) {
        TRY(db_step(s, &row));
        if (!row)
            break;
        esc_from(&w, s, &VEC_PUSH(w.arena, list));
    }
    jw_object(&jw);
    jw_key(&jw, STR("data"));
    jw_array(&jw);
    for (size_t i = 0; i < list.n; i++) {
        const struct esc *e = &list.at[i];
        const struct page *page = manual_page(m, e->page);

        jw_object(&jw);
        jw_kv_id(&jw, "id", e->id);
        jw_kv_str(&jw, "page", e->page);
        jw_kv_str(&jw, "label", page ? page->label : e->page);
        jw_kv_instant(&jw, "started", e->started_us);
        jw_kv_id(&jw, "started_by", e->started_by);
        jw_kv_id(&jw, "who", e->who);
        jw_kv_str(&jw, "who_name", who_name(&w, e->who));
        jw_kv_instant(&jw, "acknowledged", e->acknowledged_us);
        jw_kv_id(&jw, "acknowledged_by", e->acknowledged_by);
        jw_kv_instant(&jw, "ended", e->ended_us);
        jw_kv_str(&jw, "note", e->note);
        jw_kv_str(&jw, "answer", e->answer);
        jw_kv_i64(&jw, "manual_version", e->version);
        jw_key(&jw, STR("calls"));
        TRY(calls_json(&w, e->id, &jw));
        jw_end_object(&jw);
    }
    jw_end_array(&jw);
    jw_end_object(&jw);
    return NULL;
}

struct err *escalation_who(struct tx *tx, const struct manual *m, struct str escalation,
                           int64_t record_id, int64_t at_us, struct buf *json)
{
    struct work w = work_at(tx, m, at_us);
    struct json_writer jw = json_writer(json);
    const struct object *o = NULL;
    const struct escalation *p;
    struct record r;
    int64_t when = at_us;
    int k = escalation_index(m, escalation);

    if (k < 0)
        return FAIL(w.arena, ERR_NOT_FOUND, "work.not_found", NULL,
                    "The manual has no escalation %.*s.", STR_ARG(escalation));
    p = &m->escalations[k];
    if (at_us < 0 || at_us > MOMENT_MAX_US)
        return FAIL(w.arena, ERR_INVALID, "query.parameter", NULL,
                    "The moment is out of bounds: use one between 1970 and 2200.");
    TRY(record_object_of(tx, m, record_id, &o));
    if (!o || o->built_in)
        return FAIL(w.arena, ERR_NOT_FOUND, "record.not_found", NULL,
                    "There is no such record, or you may not see it.");
    TRY(record_read(tx, m, o, record_id, &r));
    jw_object(&jw);
    jw_kv_str(&jw, "page", p->page->path);
    jw_kv_str(&jw, "label", p->page->label);
    jw_key(&jw, STR("levels"));
    jw_array(&jw);
    for (size_t i = 0; i < p->n_levels; i++) {
        const struct person_info *info;
        int64_t user, instead_of;

        when = wait_until(&w, when, p->levels[i].after);
        TRY(who_reachable(&w, &p->levels[i].who, &r, when, p->cover_superior, &user, &instead_of));
        TRY(who_person(&w, user, &info));
        jw_object(&jw);
        jw_kv_str(&jw, "level", p->levels[i].name);
        jw_kv_str(&jw, "asked", who_words(&w, &p->levels[i].who));
        jw_kv_instant(&jw, "at", when);
        jw_kv_id(&jw, "who", user);
        jw_kv_str(&jw, "name", who_name(&w, user));
        jw_kv_str(&jw, "phone", user && info->p.phone.ptr ? info->p.phone : STR(""));
        jw_kv_str(&jw, "email", user && info->p.email.ptr ? info->p.email : STR(""));
        jw_kv_id(&jw, "instead_of", instead_of);
        jw_kv_str(&jw, "instead_of_name", who_name(&w, instead_of));
        jw_kv_str(&jw, "how", p->levels[i].as_task ? STR("task") : STR("notify"));
        jw_end_object(&jw);
    }
    jw_end_array(&jw);
    jw_end_object(&jw);
    return NULL;
}
