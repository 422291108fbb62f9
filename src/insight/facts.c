/* Facts beside steps: three counts over what is open, closed and left. */
#include "insight/facts.h"

#include "base/limits.h"
#include "insight/facts.sql.h"

#include <stdlib.h>

struct place { /* a stage, or a step of one */
    struct str name;
    int64_t now, late_now, done, late, skipped;
    int64_t left, went_on;   /* closed, or left behind; and how many of them well */
    VEC(int64_t) times;      /* microseconds */
};
struct stage_facts {
    struct place stage, *steps;
};
struct facts {
    struct tx *tx;
    struct arena *arena;
    const struct manual *m;
    const struct actor *a;
    const struct workflow *wf;
    struct stage_facts *stages;
    int64_t now_us;
};

static int64_t col(const struct stmt *s, const char *name)
{
    return db_i64(s, db_col(s, name));
}

static int stage_at(const struct facts *f, struct str name)
{
    for (size_t i = 0; i < f->wf->n_stages; i++)
        if (str_eq(f->wf->stages[i].name, name))
            return (int)i;
    return -1;
}

static struct place *step_at(const struct facts *f, struct str stage, struct str step)
{
    int i = stage_at(f, stage);

    for (size_t k = 0; i >= 0 && k < f->wf->stages[i].n_steps; k++)
        if (str_eq(f->wf->stages[i].steps[k].name, step))
            return &f->stages[i].steps[k];
    return NULL;
}

/* Rows of run or task, of alias x, whose record is live and may be read. */
static void add_readable(struct sql_text *q, const struct facts *f)
{
    const struct object *o = &f->m->objects[f->wf->object];

    sql_add(q, " x JOIN ");
    sql_add_ident(q, o->table);
    sql_add(q, " r ON r.id = x.record_id WHERE r.deleted_at IS NULL AND r.archived_at IS NULL");
    access_sql(q, f->a, o->index, VERB_READ, "r");
}

static struct err *count_runs(struct facts *f)
{
    struct sql_text q = sql_text_new(f->arena, tx_kind(f->tx));
    struct stmt *s;
    bool row;

    sql_add(&q, "SELECT x.stage, COUNT(*) FROM run");
    add_readable(&q, f);
    sql_add(&q, " AND x.ended_us IS NULL AND x.workflow = ");
    sql_add_str(&q, f->wf->page->path);
    sql_add(&q, " GROUP BY x.stage");
    TRY(sql_prepare(f->tx, &q, &s));
    for (;;) {
        TRY(db_step(s, &row));
        if (!row)
            return NULL;
        int i = stage_at(f, db_str(s, 0));

        if (i >= 0)
            f->stages[i].stage.now = db_i64(s, 1);
    }
}

static struct err *count_tasks(struct facts *f)
{
    struct sql_text q = sql_text_new(f->arena, tx_kind(f->tx));
    struct stmt *s;
    bool row;

    sql_add(&q, "SELECT x.stage, x.step, COUNT(*), COUNT(*) FILTER (WHERE x.due_us < ");
    sql_add_i64(&q, f->now_us);
    sql_add(&q, ") FROM task");
    add_readable(&q, f);
    sql_add(&q, " AND x.closed_us IS NULL AND x.step IS NOT NULL AND x.page = ");
    sql_add_str(&q, f->wf->page->path);
    sql_add(&q, " GROUP BY x.stage, x.step");
    TRY(sql_prepare(f->tx, &q, &s));
    for (;;) {
        TRY(db_step(s, &row));
        if (!row)
            return NULL;
        struct place *p = step_at(f, db_str(s, 0), db_str(s, 1));

        if (!p)
            continue;
        p->now = db_i64(s, 2);
        p->late_now = db_i64(s, 3);
        f->stages[stage_at(f, db_str(s, 0))].stage.late_now += p->late_now;
    }
}

static struct err *read_closed(struct facts *f, int64_t from_us)
{
    struct stmt *s;
    bool row;

    TRY(db_stmt(f->tx, &sql_facts_closed, &s));
    db_bind_str(s, 1, f->wf->page->path);
    db_bind_i64(s, 2, from_us);
    db_bind_i64(s, 3, FACTS_ROWS_MAX);
    for (;;) {
        TRY(db_step(s, &row));
        if (!row)
            return NULL;
        struct str stage = db_str(s, db_col(s, "stage")), as = db_str(s, db_col(s, "closed_as"));
        struct place *p = step_at(f, stage, db_str(s, db_col(s, "step")));
        int64_t due = col(s, "due_us"), closed = col(s, "closed_us");
        bool done = str_eq(as, STR("done")), skipped = str_eq(as, STR("skipped"));

        if (!p) /* of a version that had other steps */
            continue;
        struct place *both[] = {p, &f->stages[stage_at(f, stage)].stage};

        for (int i = 0; i < 2; i++) {
            both[i]->done += done;
            both[i]->skipped += skipped;
            both[i]->late += done && due && closed > due;
        }
        p->left++;
        p->went_on += done;
        if (done)
            VEC_PUSH(f->arena, p->times) = closed - col(s, "opened_us");
    }
}

/* Is this end of the path a lost one? The object's own options say so. */
static bool end_is_lost(const struct facts *f, struct str end)
{
    const struct object *o = &f->m->objects[f->wf->object];

    for (size_t i = 0; i < o->n_fields; i++)
        for (size_t k = 0; k < o->fields[i].n_options; k++)
            if (str_eq(o->fields[i].options[k].name, end) && o->fields[i].options[k].closed)
                return o->fields[i].options[k].closed == 2;
    return false;
}

static bool end_is_known(const struct facts *f, struct str end)
{
    for (size_t i = 0; i < f->wf->n_ends; i++)
        if (str_eq(f->wf->ends[i].name, end))
            return true;
    return false;
}

/* "Engaging, from Prospecting": -1 where the stages have other names now. */
static int left_stage(const struct facts *f, struct str detail, int *to)
{
    for (size_t i = 0; i < f->wf->n_stages; i++) {
        struct str name = f->wf->stages[i].name;

        if (!str_starts(detail, name) || !str_starts(str_sub(detail, name.len, SIZE_MAX), STR(", from ")))
            continue;
        *to = (int)i;
        return stage_at(f, str_sub(detail, name.len + STR(", from ").len, SIZE_MAX));
    }
    return -1;
}

static struct err *read_left(struct facts *f, int64_t from_us)
{
    struct stmt *s;
    bool row;

    TRY(db_stmt(f->tx, &sql_facts_left, &s));
    db_bind_str(s, 1, f->wf->page->path);
    db_bind_i64(s, 2, from_us);
    db_bind_i64(s, 3, FACTS_ROWS_MAX);
    for (;;) {
        TRY(db_step(s, &row));
        if (!row)
            return NULL;
        struct str detail = db_str(s, db_col(s, "detail"));
        bool ended = str_eq(db_str(s, db_col(s, "what")), STR("run ended"));
        int to = 0, i = ended ? stage_at(f, db_str(s, db_col(s, "last_stage"))) : left_stage(f, detail, &to);
        int64_t entered = col(s, "entered_us"), started = col(s, "started_us");

        if (i < 0 || !started || (ended && !end_is_known(f, detail)))
            continue;
        struct place *p = &f->stages[i].stage;

        p->left++;
        p->went_on += ended ? !end_is_lost(f, detail) : to > i;
        VEC_PUSH(f->arena, p->times) = col(s, "at_us") - (entered > started ? entered : started);
    }
}

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static void place_json(struct json_writer *w, struct place *p)
{
    size_t n = p->times.n;

    jw_kv_str(w, "name", p->name);
    jw_kv_i64(w, "records_now", p->now);
    jw_kv_i64(w, "late_now", p->late_now);
    jw_key(w, STR("median_s"));
    if (n) {
        qsort(p->times.at, n, sizeof *p->times.at, by_number);
        jw_i64(w, (p->times.at[(n - 1) / 2] + p->times.at[n / 2]) / 2 / US_PER_SECOND);
    } else {
        jw_null(w);
    }
    jw_key(w, STR("go_on_pct"));
    if (p->left)
        jw_i64(w, (p->went_on * 200 + p->left) / (p->left * 2));
    else
        jw_null(w);
    jw_kv_i64(w, "done", p->done);
    jw_kv_i64(w, "late", p->late);
    jw_kv_i64(w, "skipped", p->skipped);
    jw_kv_i64(w, "sample", p->left);
}

static void write_facts(struct facts *f, struct buf *json)
{
    struct json_writer w = json_writer(json);

    jw_object(&w);
    jw_kv_str(&w, "page", f->wf->page->path);
    jw_kv_str(&w, "object", f->m->objects[f->wf->object].name);
    jw_kv_i64(&w, "days", FACTS_DAYS);
    jw_kv_instant(&w, "now", f->now_us);
    jw_key(&w, STR("stages"));
    jw_array(&w);
    for (size_t i = 0; i < f->wf->n_stages; i++) {
        jw_object(&w);
        place_json(&w, &f->stages[i].stage);
        jw_key(&w, STR("steps"));
        jw_array(&w);
        for (size_t k = 0; k < f->wf->stages[i].n_steps; k++) {
            jw_object(&w);
            place_json(&w, &f->stages[i].steps[k]);
            jw_end_object(&w);
        }
        jw_end_array(&w);
        jw_end_object(&w);
    }
    jw_end_array(&w);
    jw_end_object(&w);
}

static const struct workflow *find_workflow(const struct manual *m, struct str page)
{
    for (size_t i = 0; i < m->n_workflows; i++)
        if (str_eq(m->workflows[i].page->path, page))
            return &m->workflows[i];
    return NULL;
}

struct err *facts_json(struct tx *tx, const struct manual *m, const struct actor *a, struct str page, int64_t now_us, struct buf *json)
{
    struct facts f = {.tx = tx, .arena = tx_arena(tx), .m = m, .a = a, .wf = find_workflow(m, page), .now_us = now_us};

    if (!f.wf) {
        struct err *e = FAIL(f.arena, ERR_NOT_FOUND, "manual.not_found", "/page", "The manual has no workflow \"%.*s\".", STR_ARG(page));

        e->way_out = STR("Name the page of a workflow, such as workflow/closing.");
        return e;
    }
    f.stages = NEW_ARRAY(f.arena, f.wf->n_stages, struct stage_facts);
    for (size_t i = 0; i < f.wf->n_stages; i++) {
        const struct stage *stage = &f.wf->stages[i];

        f.stages[i].stage.name = stage->name;
        f.stages[i].steps = NEW_ARRAY(f.arena, stage->n_steps, struct place);
        for (size_t k = 0; k < stage->n_steps; k++)
            f.stages[i].steps[k].name = stage->steps[k].name;
    }
    TRY(count_runs(&f));
    TRY(count_tasks(&f));
    TRY(read_closed(&f, now_us - FACTS_DAYS * US_PER_DAY));
    TRY(read_left(&f, now_us - FACTS_DAYS * US_PER_DAY));
    write_facts(&f, json);
    return NULL;
}
