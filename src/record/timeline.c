/* The timeline of a record: activities, changes, tasks, breaches and runs, newest first. An account shows the activities of
 * its contacts and deals as well. Each source is asked for one page below the cursor; the pages are merged. */
#include "record/record.sql.h"
#include "record/record_impl.h"

#include <stdlib.h>
#include <string.h>

#define LIMIT_MAX 200
#define LIMIT_DEFAULT 50

struct timeline {
    struct tx *tx;
    struct arena *arena;
    const struct manual *m;
    const struct actor *a;
    const struct object *o;
    int64_t id, before_us, before_id;
    int limit;
    VEC(struct timeline_entry) entries;
};

static void add_before(struct timeline *t, struct sql_text *q, const char *at, const char *id)
{
    buf_fmt(&q->text, " AND (%s < ", at);
    sql_add_i64(q, t->before_us);
    buf_fmt(&q->text, " OR (%s = ", at);
    sql_add_i64(q, t->before_us);
    buf_fmt(&q->text, " AND %s < ", id);
    sql_add_i64(q, t->before_id);
    buf_fmt(&q->text, ")) ORDER BY %s DESC, %s DESC LIMIT ", at, id);
    sql_add_i64(q, t->limit);
}

/* The record, and for an account what refers to it: whose activities are shown. */
static void add_subjects(struct timeline *t, struct sql_text *q)
{
    bool account = t->o->index == manual_object_index(t->m, "account");

    sql_add(q, "(SELECT CAST(");
    sql_add_i64(q, t->id);
    sql_add(q, " AS BIGINT)");
    for (size_t i = 0; i < t->m->n_objects && account; i++) {
        const struct object_plan *p = plan_tx(t->tx, t->m, &t->m->objects[i]);
        if (p->o->built_in || p->o->timeline || p->account_field < 0)
            continue;
        buf_fmt(&q->text,
                " UNION ALL SELECT x.\"id\" FROM %.*s x WHERE x.\"%.*s\" = ", STR_ARG(p->table),
                STR_ARG(p->o->fields[p->account_field].column));
        sql_add_i64(q, t->id);
        sql_add(q, " AND x.\"deleted_at\" IS NULL");
        access_sql(q, t->a, p->o->index, VERB_READ, "x");
    }
    sql_add(q, ")");
}

static struct err *add_activities(struct timeline *t, const struct object_plan *p)
{
    struct sql_text q = sql_text_new(t->arena, tx_kind(t->tx));
    struct str at = str_fmt(t->arena, "r.\"%.*s\"", STR_ARG(p->o->fields[p->time_field].column));
    struct stmt *st;
    bool row;
    VEC(struct record) records = {0};

    if (access_scope(t->a, p->o->index, VERB_READ) == SCOPE_NONE || !p->links.n)
        return NULL;
    buf_fmt(&q.text,
            "SELECT %.*s FROM %.*s r WHERE r.\"deleted_at\" IS NULL AND %.*s IS NOT NULL AND "
            "r.\"id\" IN "
            "(SELECT l.from_id FROM link l WHERE l.to_id IN ",
            STR_ARG(p->columns), STR_ARG(p->table), STR_ARG(at));
    add_subjects(t, &q);
    sql_add(&q, " AND l.field IN (");
    for (size_t k = 0; k < p->links.n; k++) {
        sql_add(&q, k ? ", " : "");
        sql_add_str(&q, p->fields[p->links.at[k]].link);
    }
    sql_add(&q, "))");
    access_sql(&q, t->a, p->o->index, VERB_READ, "r");
    add_before(t, &q, str_cstr(t->arena, at), "r.\"id\"");
    TRY(sql_prepare(t->tx, &q, &st));
    for (;;) {
        TRY(db_step(st, &row));
        if (!row)
            break;
        row_read(t->arena, p, st, 0, &VEC_PUSH(t->arena, records));
    }
    for (size_t i = 0; i < records.n; i++) {
        struct buf b = buf_new(t->arena, 512);
        struct json_writer w = json_writer(&b);
        struct record *r = &records.at[i];
        TRY(links_read(t->tx, p, r));
        TRY(record_titles(t->tx, t->m, t->a, r));
        record_json(&w, t->m, t->a, r, NULL);
        VEC_PUSH(t->arena, t->entries) =
            (struct timeline_entry){.at_us = r->values[p->time_field].i,
                                    .id = r->id,
                                    .kind = STR("activity"),
                                    .json = buf_str(&b)};
    }
    return NULL;
}

/* ---- changes ---- */

static bool visible_field(const struct timeline *t, struct str name)
{
    const struct field *f = name.len ? object_field(t->o, name) : NULL;

    return !name.len || (f && access_field(t->a, t->o->index, f->index) != FR_NONE);
}

static struct str change_json(struct timeline *t, const struct stmt *st, struct str kind,
                              struct str field)
{
    struct buf b = buf_new(t->arena, 256);
    struct json_writer w = json_writer(&b);
    struct str old = db_str(st, 3), now = db_str(st, 4), page = db_str(st, 7);

    jw_object(&w);
    jw_kv_id(&w, "id", db_i64(st, 0));
    jw_kv_str(&w, "kind", kind);
    if (field.len) {
        jw_kv_str(&w, "field", field);
        jw_key(&w, STR("old"));
        jw_raw(&w, old.len ? old : STR("null"));
        jw_key(&w, STR("new"));
        jw_raw(&w, now.len ? now : STR("null"));
    }
    jw_kv_id(&w, "actor", db_i64(st, 5));
    jw_kv_str(&w, "via", db_str(st, 6));
    if (page.len)
        jw_kv_str(&w, "page", page);
    jw_kv_instant(&w, "at", db_i64(st, 8));
    jw_kv_i64(&w, "manual_version", db_i64(st, 9));
    jw_end_object(&w);
    return buf_str(&b);
}

static struct err *add_changes(struct timeline *t)
{
    struct sql_text q = sql_text_new(t->arena, tx_kind(t->tx));
    struct stmt *st;
    bool row;

    sql_add(&q, "SELECT c.id, c.kind, c.field, c.old, c.new, c.actor, c.channel, c.page, c.at_us, "
                "c.manual_version FROM change c "
                "WHERE c.record_id = ");
    sql_add_i64(&q, t->id);
    for (size_t i = 0; i < t->o->n_fields;
         i++) { /* in the statement, so that a page is full of what may be seen */
        if (access_field(t->a, t->o->index, (int)i) != FR_NONE)
            continue;
        sql_add(&q, " AND c.field <> ");
        sql_add_str(&q, t->o->fields[i].name);
    }
    add_before(t, &q, "c.at_us", "c.id");
    TRY(sql_prepare(t->tx, &q, &st));
    for (;;) {
        TRY(db_step(st, &row));
        if (!row)
            return NULL;
        struct str kind = str_dup(t->arena, db_str(st, 1)),
                   field = str_dup(t->arena, db_str(st, 2));
        if (!visible_field(t, field))
            field = STR_NONE; /* a field the manual no longer has */
        VEC_PUSH(t->arena, t->entries) =
            (struct timeline_entry){.at_us = db_i64(st, 8),
                                    .id = db_i64(st, 0),
                                    .kind = STR("change"),
                                    .json = change_json(t, st, kind, field)};
    }
}

/* ---- what the engine keeps ---- */

static struct err *add_engine(struct timeline *t, const char *object, const char *time_column)
{
    const struct object *o = manual_object(t->m, str_from(object));
    struct sql_text q = sql_text_new(t->arena, tx_kind(t->tx));
    struct stmt *st;
    bool row;

    if (!o || !o->built_in)
        return NULL;
    const struct object_plan *p = plan_tx(t->tx, t->m, o);
    struct str at = str_fmt(t->arena, "r.\"%s\"", time_column);
    buf_fmt(&q.text, "SELECT %.*s, %.*s FROM %.*s r WHERE r.\"record_id\" = ", STR_ARG(at),
            STR_ARG(p->columns), STR_ARG(p->table));
    sql_add_i64(&q, t->id);
    add_before(t, &q, str_cstr(t->arena, at), "r.\"id\"");
    TRY(sql_prepare(t->tx, &q, &st));
    for (;;) {
        struct record r;
        TRY(db_step(st, &row));
        if (!row)
            return NULL;
        struct buf b = buf_new(t->arena, 256);
        struct json_writer w = json_writer(&b);
        row_read(t->arena, p, st, 1, &r);
        jw_object(&w);
        for (size_t i = 0; i < o->n_fields; i++) {
            const struct field *f = &o->fields[i];
            if (r.values[i].empty || str_eq(f->name, STR("object")) ||
                str_eq(f->name, STR("record_id")))
                continue;
            jw_key_lit(&w, p->fields[i].key);
            if (type_is_ref(r.values[i].type))
                jw_id(&w, r.values[i].i);
            else
                value_json(&w, f, &r.values[i]);
        }
        jw_end_object(&w);
        VEC_PUSH(t->arena, t->entries) = (struct timeline_entry){
            .at_us = db_i64(st, 0), .id = r.id, .kind = str_from(object), .json = buf_str(&b)};
    }
}

/* Breaches name who owed it: the person, those above, and whoever may see all of them. */
static bool may_see_breach(const struct actor *a, int64_t owed_by)
{
    if (access_right(a, RIGHT_SEE_BREACHES) || owed_by == a->user_id || !owed_by)
        return true;
    for (size_t i = 0; i < a->n_below; i++)
        if (a->below[i] == owed_by)
            return true;
    return false;
}

static struct err *add_breaches(struct timeline *t)
{
    size_t from = t->entries.n, kept = from;

    TRY(add_engine(t, "breach", "at_us"));
    for (size_t i = from; i < t->entries.n; i++) {
        const struct timeline_entry *e = &t->entries.at[i];
        struct json j;
        int64_t owed_by = 0;
        TRY(json_parse(t->arena, e->json, &j));
        const struct json *owner = json_get(&j, "owed_by");
        if (owner && owner->kind == JSON_STR)
            (void)str_to_i64(owner->str, &owed_by);
        if (may_see_breach(t->a, owed_by))
            t->entries.at[kept++] = *e;
    }
    t->entries.n = kept;
    return NULL;
}

static int newest_first(const void *a, const void *b)
{
    const struct timeline_entry *x = a, *y = b;

    if (x->at_us != y->at_us)
        return x->at_us > y->at_us ? -1 : 1;
    return x->id > y->id ? -1 : x->id < y->id;
}

struct err *timeline_list(struct tx *tx, const struct manual *m, const struct actor *a,
                          const struct object *o, int64_t record_id, int64_t before_us,
                          int64_t before_id, int limit, struct timeline_entry **out, size_t *n)
{
    struct timeline t = {.tx = tx, .arena = tx_arena(tx), .m = m, .a = a, .o = o, .id = record_id};
    struct record r;

    t.limit = limit < 1 ? LIMIT_DEFAULT : limit > LIMIT_MAX ? LIMIT_MAX : limit;
    t.before_us = before_us > 0 ? before_us : INT64_MAX;
    t.before_id = before_id > 0 ? before_id : before_us > 0 ? 0 : INT64_MAX;
    TRY(record_get(tx, m, a, o, record_id, true, &r));
    for (size_t i = 0; i < m->n_objects; i++)
        if (m->objects[i].timeline && !m->objects[i].built_in)
            TRY(add_activities(&t, plan_tx(tx, m, &m->objects[i])));
    TRY(add_changes(&t));
    TRY(add_engine(&t, "task", "opened_us"));
    TRY(add_breaches(&t));
    TRY(add_engine(&t, "run", "started_us"));
    if (t.entries.n)
        qsort(t.entries.at, t.entries.n, sizeof *t.entries.at, newest_first);
    *out = t.entries.at;
    *n = t.entries.n < (size_t)t.limit ? t.entries.n : (size_t)t.limit;
    return NULL;
}
