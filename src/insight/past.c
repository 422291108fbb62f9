/* A rule tried on the past: which records, which rule, and what to answer. past_walk.c walks one record. */
#include "insight/past_impl.h"

#include "base/limits.h"

#include <assert.h>
#include <stdlib.h>

#define EXAMPLES_TRIED_MAX 1000

static const char *const mode_words[] = {"off", "watch", "remind", "fix", "block"};
static const char *const clock_words[] = {"within", "every", "always"};

/* ---- which rule ---- */

static const struct policy *find_policy(const struct manual *m, struct str path)
{
    for (size_t i = 0; i < m->n_policies; i++)
        if (str_eq(m->policies[i].page->path, path))
            return &m->policies[i];
    return NULL;
}

static struct err *no_policy(struct arena *arena, const struct manual *m, struct str name)
{
    struct str *names = NEW_ARRAY(arena, m->n_policies + 1, struct str), near;
    struct err *e = FAIL(arena, ERR_NOT_FOUND, "manual.not_found", NULL, "The manual has no policy %.*s.", STR_ARG(name));

    for (size_t i = 0; i < m->n_policies; i++)
        names[i] = m->policies[i].page->name;
    near = str_nearest(arena, name, names, m->n_policies);
    if (near.len)
        e->way_out = str_fmt(arena, "Did you mean %.*s?", STR_ARG(near));
    return e;
}

static struct err *findings_err(struct arena *arena, const struct findings *f, struct err *e)
{
    struct err *all = NULL;

    for (size_t i = 0; i < f->list.n; i++) {
        const struct finding *x = &f->list.at[i];
        struct err *each;

        if (x->severity != SEV_ERROR)
            continue;
        each = FAIL(arena, ERR_INVALID, "manual.check", "/page", "%.*s", STR_ARG(x->message));
        each->page = str_dup(arena, x->page);
        each->way_out = str_dup(arena, x->suggestion);
        each->line = x->line;
        each->column = x->column;
        err_add(&all, each);
    }
    return all ? all : e;
}

static void unpin(void *ctx)
{
    manual_unpin(ctx);
}

/* The live manual with the draft in the place of its page. */
static struct err *compile_draft(struct arena *arena, const struct manual *m, struct str path, struct str text, const struct manual **out)
{
    struct page_file *files = NEW_ARRAY(arena, m->n_pages + 1, struct page_file);
    struct findings findings = {.arena = arena};
    bool there = false;
    size_t n = 0;
    struct err *e;

    for (size_t i = 0; i < m->n_pages; i++) {
        bool it = str_eq(m->pages[i].path, path);

        there |= it;
        if (!there && str_cmp(m->pages[i].path, path) > 0) {
            files[n++] = (struct page_file){path, text};
            there = true;
        }
        files[n++] = (struct page_file){m->pages[i].path, it ? text : m->pages[i].text};
    }
    if (!there)
        files[n++] = (struct page_file){path, text};
    e = manual_compile(arena, files, n, m->version + 1, &findings, out);
    if (e)
        return findings_err(arena, &findings, e);
    arena_on_reset(arena, unpin, (void *)(uintptr_t)*out);
    return NULL;
}

/* ---- which records ---- */

struct chosen {
    int64_t *ids;
    size_t n, cap;
    int64_t total;
};

/* Records there were at some time of the span, whatever became of them. */
static struct err *count_records(struct past *x, int64_t *out)
{
    struct sql_text q = sql_text_new(x->arena, tx_kind(x->tx));
    struct stmt *s;
    bool row;

    sql_add(&q, "SELECT COUNT(*)");
    past_add_records(x, &q);
    TRY(sql_prepare(x->tx, &q, &s));
    TRY(db_step(s, &row));
    *out = row ? db_i64(s, 0) : 0;
    db_done(s);
    return NULL;
}

void past_add_records(struct past *x, struct sql_text *q)
{
    sql_add(q, " FROM ");
    sql_add_ident(q, x->object->table);
    sql_add(q, " r WHERE r.created_at <= ");
    sql_add_i64(q, x->to_us);
    sql_add(q, " AND (r.deleted_at IS NULL OR r.deleted_at > ");
    sql_add_i64(q, x->from_us);
    sql_add(q, ")");
    if (!x->p->applies_to_all) {
        sql_add(q, " AND r.created_at >= ");
        sql_add_i64(q, x->from_us);
    }
}

static struct err *choose(struct past *x, int64_t most, struct chosen *out)
{
    struct sql_text q = sql_text_new(x->arena, tx_kind(x->tx));
    struct stmt *s;
    int64_t each, seen = 0;
    bool row;

    TRY(count_records(x, &out->total));
    each = out->total > most ? (out->total + most - 1) / most : 1;
    sql_add(&q, "SELECT r.id");
    past_add_records(x, &q);
    sql_add(&q, " ORDER BY r.id");
    TRY(sql_prepare(x->tx, &q, &s));
    for (;;) {
        TRY(db_step(s, &row));
        if (!row)
            break;
        if (seen++ % each)
            continue;
        if (out->n == out->cap)
            vec_grow_(x->arena, (void **)&out->ids, &out->cap, sizeof *out->ids);
        out->ids[out->n++] = db_i64(s, 0);
    }
    if (each > 1)
        past_assume(x, str_fmt(x->arena, "There are %lld %.*s: every %s was looked at, so the counts are about 1/%lld of the whole.",
                               (long long)out->total, STR_ARG(x->object->plural),
                               each == 2 ? "second" : str_cstr(x->arena, str_fmt(x->arena, "%lldth", (long long)each)), (long long)each));
    return NULL;
}

void past_assume(struct past *x, struct str sentence)
{
    for (size_t i = 0; i < x->assumed.n; i++)
        if (str_eq(x->assumed.at[i], sentence))
            return;
    VEC_PUSH(x->arena, x->assumed) = sentence;
}

/* ---- answer ---- */

static void weeks_json(struct past *x, struct json_writer *w)
{
    int64_t first = past_week(x, x->from_us), last = past_week(x, x->to_us);

    jw_key(w, STR("by_week"));
    jw_array(w);
    for (int64_t week = first; week <= last; week += 7) {
        const struct past_week *k = &x->weeks[(week - first) / 7];

        jw_object(w);
        jw_kv_str(w, "week", date_text(x->arena, week));
        jw_kv_i64(w, "kept", k->kept);
        jw_kv_i64(w, "breached", k->breached);
        jw_end_object(w);
    }
    jw_end_array(w);
}

static void steps_json(struct past *x, struct json_writer *w)
{
    const struct field *f = x->step_field >= 0 ? &x->object->fields[x->step_field] : NULL;

    jw_key(w, STR("by_step"));
    jw_array(w);
    for (size_t i = 0; f && i < f->n_options; i++) {
        if (!x->steps[i])
            continue;
        jw_object(w);
        jw_kv_str(w, "step", f->options[i].label.len ? f->options[i].label : f->options[i].name);
        jw_kv_i64(w, "breached", x->steps[i]);
        jw_end_object(w);
    }
    jw_end_array(w);
}

static int newest_first(const void *a, const void *b)
{
    const struct past_breach *x = a, *y = b;

    if (x->due_us != y->due_us)
        return x->due_us < y->due_us ? 1 : -1;
    return (x->record < y->record) - (x->record > y->record);
}

/* The newest ones the actor may read; who may read next to nothing gets what is found soon. */
static struct err *examples_json(struct past *x, const struct actor *a, struct json_writer *w)
{
    int shown = 0;


    jw_key(w, STR("examples"));
    jw_array(w);
    for (size_t i = 0; i < x->broken.n && i < EXAMPLES_TRIED_MAX && shown < PAST_EXAMPLES_MAX; i++) {
        const struct past_breach *k = &x->broken.at[i];
        struct record r;
        struct err *e = record_get(x->tx, x->m, a, x->object, k->record, true, &r);

        if (e && (e->kind == ERR_NOT_FOUND || e->kind == ERR_FORBIDDEN))
            continue;
        TRY(e);
        shown++;
        jw_object(w);
        jw_kv_str(w, "object", x->object->name);
        jw_kv_id(w, "record", k->record);
        jw_kv_str(w, "title", record_title(x->arena, x->m, &r));
        jw_kv_instant(w, "due_at", k->due_us);
        jw_kv_instant(w, "met_at", k->met_us);
        jw_end_object(w);
    }
    jw_end_array(w);
    return NULL;
}

static struct err *answer(struct past *x, const struct actor *a, const struct chosen *chosen, struct buf *json)
{
    struct json_writer w = json_writer(json);
    struct str *more;
    size_t n;

    jw_object(&w);
    jw_kv_str(&w, "page", x->p->page->path);
    jw_kv_str(&w, "label", x->p->page->label);
    jw_kv_str(&w, "sentence", x->p->sentence);
    jw_kv_str(&w, "mode", str_from(mode_words[x->p->mode]));
    jw_kv_str(&w, "clock", str_from(clock_words[x->p->clock]));
    jw_kv_instant(&w, "from", x->from_us);
    jw_kv_instant(&w, "to", x->to_us);
    jw_kv_i64(&w, "records", chosen->total);
    jw_kv_i64(&w, "looked_at", (int64_t)chosen->n);
    jw_kv_i64(&w, "in_scope", x->in_scope);
    jw_kv_i64(&w, "kept", x->kept);
    jw_kv_i64(&w, "breached", x->breached);
    jw_kv_i64(&w, "running", x->running);
    jw_kv_i64(&w, "reminders", x->reminders);
    weeks_json(x, &w);
    steps_json(x, &w);
    TRY(examples_json(x, a, &w));
    rewind_assumed(x->rw, x->arena, &more, &n);
    for (size_t i = 0; i < n; i++)
        past_assume(x, more[i]);
    jw_key(&w, STR("assumed"));
    jw_array(&w);
    for (size_t i = 0; i < x->assumed.n; i++)
        jw_str(&w, x->assumed.at[i]);
    jw_end_array(&w);
    jw_end_object(&w);
    return NULL;
}

/* The choice that says where on its path a record stands: the one with closed options. */
static int step_field(const struct object *o)
{
    for (size_t i = F_SYSTEM_COUNT; i < o->n_fields; i++)
        for (size_t k = 0; k < o->fields[i].n_options; k++)
            if (o->fields[i].type == FT_CHOICE && o->fields[i].options[k].closed)
                return (int)i;
    return -1;
}

/* ---- the whole ---- */

/* How often records can be looked at: hourly, as the engine does, or as often as the bound allows. */
static int64_t stride(struct past *x, int64_t records)
{
    int64_t hours = (x->to_us - x->from_us) / US_PER_HOUR + 1, each = 1;

    while (each < 24 && hours / each * records > PAST_LOOKS_MAX)
        each++;
    if (each > 1)
        past_assume(x, str_fmt(x->arena, "This rule looks at the time: what lasted less than %lld hours may have been missed.", (long long)each));
    return each;
}

static int64_t records_most(const struct past *x)
{
    assert(x->p);
    int64_t days = (x->to_us - x->from_us) / US_PER_DAY + 1;
    int64_t most = x->swept || x->p->clock == PC_EVERY ? PAST_LOOKS_MAX / days : PAST_RECORDS_MAX;

    return most < PAST_RECORDS_MAX ? most : PAST_RECORDS_MAX;
}

static struct err *look(struct past *x, struct chosen *chosen)
{
    TRY(choose(x, records_most(x), chosen));
    x->stride = x->swept ? stride(x, (int64_t)chosen->n) : 1;
    for (size_t from = 0; from < chosen->n; from += PAST_BATCH) {
        struct old_record **batch;
        size_t n;

        TRY(rewind_load(x->rw, x->object, chosen->ids + from, chosen->n - from < PAST_BATCH ? chosen->n - from : PAST_BATCH, &batch, &n));
        for (size_t i = 0; i < n; i++)
            TRY(past_walk(x, batch[i]));
    }
    if (x->broken.n)
        qsort(x->broken.at, x->broken.n, sizeof *x->broken.at, newest_first);
    return NULL;
}

/* a NULL: without rights. */
static struct err *open_past(struct past *x, const struct actor *a, const struct past_ask *ask)
{
    struct str path = str_fmt(x->arena, "policy/%.*s", STR_ARG(ask->name));
    int64_t days = ask->days ? ask->days : PAST_DAYS_DEFAULT;

    if (days < 1 || days > PAST_DAYS_MAX)
        return FAIL(x->arena, ERR_INVALID, "query.parameter", "/days", "The past can be looked at for 1 to %d days.", PAST_DAYS_MAX);
    if (ask->text.len) {
        if (a)
            TRY(access_need_right(x->arena, x->m, a, RIGHT_PUBLISH));
        TRY(compile_draft(x->arena, x->m, path, ask->text, &x->m));
    }
    x->p = find_policy(x->m, path);
    if (!x->p)
        return no_policy(x->arena, x->m, ask->name);
    x->object = &x->m->objects[x->p->object];
    if (x->object->built_in)
        return FAIL(x->arena, ERR_INVALID, "query.parameter", NULL, "The past of %.*s is not kept.", STR_ARG(x->object->plural));
    x->to_us = ask->now_us;
    x->from_us = ask->now_us - days * US_PER_DAY;
    x->step_field = step_field(x->object);
    return past_begin(x);
}

struct err *past_json(struct tx *tx, const struct manual *m, const struct actor *a, const struct past_ask *ask, struct buf *json)
{
    struct past x = {.tx = tx, .arena = tx_arena(tx), .m = m};
    struct chosen chosen = {0};

    TRY(open_past(&x, a, ask));
    TRY(look(&x, &chosen));
    return answer(&x, a, &chosen, json);
}

struct err *past_breaches(struct tx *tx, const struct manual *m, const struct past_ask *ask, const struct past_breach **out, size_t *n)
{
    struct past x = {.tx = tx, .arena = tx_arena(tx), .m = m};
    struct chosen chosen = {0};

    TRY(open_past(&x, NULL, ask));
    TRY(look(&x, &chosen));
    *out = x.broken.at;
    *n = x.broken.n;
    return NULL;
}
