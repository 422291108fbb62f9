/* Loading for a rewind: rows with their changes, in batches. What is related to one record of the batch is asked for all of
 * it at once; what is reached through a reference comes one by one, and once. */
#include "base/id.h"
#include "record/rewind_impl.h"

#include <string.h>

#define IDS_PER_QUERY 500

/* Rows that once said they belonged to an outer record, by a field that was changed since. */
struct former {
    struct {
        int64_t outer, row;
    } *at;
    size_t n, cap;
};

struct found { /* a row, and whose it is */
    int64_t outer;
    struct old_record *row;
};
struct found_list {
    struct found *at;
    size_t n, cap;
};
struct id_set {
    int64_t *at;
    size_t n, cap;
};

/* ---- rows of the engine ---- */

static enum fate fate_of(struct str object, struct str field)
{
    static const struct {
        const char *object, *field;
        enum fate fate;
    } fates[] = {
        {"task", "closed_at", FATE_CLOSING}, {"task", "closed_as", FATE_CLOSING}, {"task", "note", FATE_CLOSING},
        {"task", "owed_by", FATE_MOVES}, {"task", "team", FATE_MOVES}, {"task", "role", FATE_MOVES},
        {"task", "due_at", FATE_MOVES}, {"task", "version", FATE_MOVES}, {"task", "priority", FATE_MOVES},
        {"task", "not_before", FATE_MOVES}, {"breach", "met_at", FATE_CLOSING}, {"breach", "closed_at", FATE_CLOSING},
        {"breach", "cause", FATE_MOVES}, {"breach", "comment", FATE_MOVES}, {"breach", "version", FATE_MOVES},
        {"run", "ended_at", FATE_CLOSING}, {"run", "end_name", FATE_CLOSING}, {"run", "version", FATE_MOVES},
        {"run", "stage", FATE_STAGE}, {"run", "stage_entered_at", FATE_STAGE}, {"page", "removed_at", FATE_CLOSING},
    };

    for (size_t i = 0; i < sizeof fates / sizeof *fates; i++)
        if (str_eq(object, str_from(fates[i].object)) && str_eq(field, str_from(fates[i].field)))
            return fates[i].fate;
    return FATE_FIXED;
}

static int field_named(const struct object *o, const char *a, const char *b)
{
    const struct field *f = object_field(o, str_from(a));

    if (!f && b)
        f = object_field(o, str_from(b));
    return f ? f->index : -1;
}

static const struct engine_object *engine_of(struct rewind *rw, const struct object *o)
{
    struct engine_object *e = &rw->engine[o->index];

    if (e->fields)
        return e;
    e->fields = NEW_ARRAY(rw->kept, o->n_fields, struct engine_field);
    for (size_t i = 0; i < o->n_fields; i++)
        e->fields[i].fate = fate_of(o->name, o->fields[i].name);
    e->begun = o->time;
    e->closed = field_named(o, "closed_at", "ended_at");
    if (e->closed < 0)
        e->closed = field_named(o, "removed_at", NULL);
    e->entered = field_named(o, "stage_entered_at", NULL);
    e->version = field_named(o, "version", NULL);
    return e;
}

static void engine_row(struct rewind *rw, struct old_record *r)
{
    const struct engine_object *e = engine_of(rw, r->now.object);
    const struct value *v = r->now.values;

    r->engine = e;
    r->born = (struct moment){e->begun >= 0 && !v[e->begun].empty ? v[e->begun].i : 0, r->now.id};
    r->closed = MOMENT_NEVER;
    if (e->closed >= 0 && !v[e->closed].empty)
        r->closed = (struct moment){v[e->closed].i, r->now.id};
    r->entered = e->entered >= 0 && !v[e->entered].empty ? (struct moment){v[e->entered].i, r->now.id} : r->born;
    /* each row begins as version 1, and closing it makes one more */
    r->moved = e->version >= 0 && v[e->version].i > 1 + (r->closed.us != INT64_MAX);
}

/* ---- changes ---- */

static void add_ids(struct sql_text *q, const int64_t *ids, size_t n)
{
    sql_add(q, " IN (");
    for (size_t i = 0; i < n; i++) {
        if (i)
            sql_add(q, ", ");
        sql_add_i64(q, ids[i]);
    }
    sql_add(q, ")");
}

/* A record that came in with a past is taken to have been there since. */
static void born_of(struct old_record *r, struct moment made, bool import)
{
    const struct object *o = r->now.object;
    const struct value *created = &r->now.values[F_CREATED_AT], *at = o->timeline && o->time >= 0 ? &r->now.values[o->time] : NULL;

    r->known = made;
    r->born = made;
    if (!created->empty && created->i < made.us) {
        r->born = (struct moment){created->i, r->now.id};
        r->imported = true;
    }
    if (import && at && at->type == FT_DATE_TIME && !at->empty && at->i < r->born.us) {
        r->born = (struct moment){at->i, r->now.id};
        r->imported = true;
    }
}

static void take_change(struct rewind *rw, const struct stmt *st)
{
    int64_t id = db_i64(st, 0), at_us = db_i64(st, 5);
    struct str field = db_str(st, 3);
    struct old_record *r;
    const struct field *f;
    int64_t found;

    if (!strmap_get(rw->loaded, (struct str){(const char *)&id, sizeof id}, &found) || !found)
        return;
    r = (struct old_record *)(intptr_t)found;
    if (str_eq(db_str(st, 2), STR("created"))) {
        born_of(r, (struct moment){at_us, db_i64(st, 1)}, str_eq(db_str(st, 6), STR("import")));
        return;
    }
    f = field.len ? object_field(r->now.object, field) : NULL;
    if (!f)
        return;
    if (r->n_changes == r->cap_changes)
        vec_grow_(rw->arena, (void **)&r->changes, &r->cap_changes, sizeof *r->changes);
    r->changes[r->n_changes++] = (struct old_change){
        .at = {at_us, db_i64(st, 1)},
        .field = f->index,
        .old_json = at_us >= rw->from_us && db_str(st, 4).len ? str_dup(rw->arena, db_str(st, 4)) : STR(""),
    };
}

static struct err *load_changes(struct rewind *rw, const struct id_set *fresh)
{
    for (size_t from = 0; from < fresh->n; from += IDS_PER_QUERY) {
        size_t n = fresh->n - from < IDS_PER_QUERY ? fresh->n - from : IDS_PER_QUERY;
        struct sql_text q = sql_text_new(rw->arena, tx_kind(rw->tx));
        struct stmt *st;
        bool row;

        sql_add(&q, "SELECT c.record_id, c.save_id, c.kind, c.field, c.old, c.at_us, c.channel FROM change c WHERE c.record_id");
        add_ids(&q, fresh->at + from, n);
        sql_add(&q, " ORDER BY c.record_id, c.id");
        TRY(sql_prepare(rw->tx, &q, &st));
        for (;;) {
            TRY(db_step(st, &row));
            if (!row)
                break;
            take_change(rw, st);
        }
    }
    return NULL;
}

/* ---- rows ---- */

/* Runs q, whose first column is the outer id and whose others are p's, and adds what it gives. */
static struct err *take_rows(struct rewind *rw, const struct object_plan *p, struct sql_text *q, struct found_list *out)
{
    struct id_set fresh = {0};
    struct stmt *st;
    bool row;

    TRY(sql_prepare(rw->tx, q, &st));
    for (;;) {
        struct old_record *r;
        struct record now;
        struct str key;
        int64_t known;

        TRY(db_step(st, &row));
        if (!row)
            break;
        row_read(rw->arena, p, st, 1, &now);
        key = (struct str){(const char *)&now.id, sizeof now.id};
        if (strmap_get(rw->loaded, key, &known) && known) {
            r = (struct old_record *)(intptr_t)known;
        } else {
            r = NEW(rw->arena, struct old_record);
            *r = (struct old_record){.rw = rw, .now = now};
            strmap_put(rw->loaded, (struct str){(const char *)&r->now.id, sizeof r->now.id}, (int64_t)(intptr_t)r);
            if (p->o->built_in) {
                engine_row(rw, r);
            } else {
                r->born = r->known = (struct moment){now.values[F_CREATED_AT].i, now.id};
                VEC_PUSH(rw->arena, fresh) = now.id;
            }
        }
        VEC_PUSH(rw->arena, *out) = (struct found){db_i64(st, 0), r};
    }
    return load_changes(rw, &fresh);
}

static struct sql_text select_rows(struct rewind *rw, const char *outer, struct str column, const struct object_plan *p)
{
    struct sql_text q = sql_text_new(rw->arena, tx_kind(rw->tx));

    sql_add(&q, "SELECT ");
    sql_add(&q, outer);
    if (column.len)
        sql_add_ident(&q, column);
    buf_fmt(&q.text, ", %.*s FROM ", STR_ARG(p->columns));
    return q;
}

struct old_record *rewind_one(struct rewind *rw, int object, int64_t id)
{
    const struct object *o = object >= 0 ? &rw->m->objects[object] : NULL;
    struct found_list found = {0};
    int64_t known, *key;
    struct err *e = NULL;

    if (strmap_get(rw->loaded, (struct str){(const char *)&id, sizeof id}, &known))
        return (struct old_record *)(intptr_t)known;
    if (!o)
        e = record_object_of(rw->tx, rw->m, id, &o);
    if (!e && o) {
        const struct object_plan *p = plan_tx(rw->tx, rw->m, o);
        struct sql_text q = select_rows(rw, "0", STR_NONE, p);

        buf_fmt(&q.text, "%.*s r WHERE r.\"id\" = ", STR_ARG(p->table));
        sql_add_i64(&q, id);
        e = take_rows(rw, p, &q, &found);
    }
    if (e && !rw->err)
        rw->err = e;
    if (found.n)
        return found.at[0].row;
    key = NEW(rw->arena, int64_t);
    *key = id;
    strmap_put(rw->loaded, (struct str){(const char *)key, sizeof *key}, 0);
    return NULL;
}

static void forget(struct rewind *rw)
{
    arena_reset(rw->arena);
    arena_reset(rw->scratch);
    rw->loaded = strmap_new(rw->arena, 4096);
    rw->batch = NULL;
    rw->n_batch = 0;
}

static void release(void *ctx)
{
    struct rewind *rw = ctx;

    arena_free(rw->arena);
    arena_free(rw->scratch);
    arena_free(rw->kept);
}

struct rewind *rewind_new(struct tx *tx, const struct manual *m, int64_t from_us)
{
    struct rewind *rw = NEW(tx_arena(tx), struct rewind);

    *rw = (struct rewind){
        .tx = tx, .m = m, .from_us = from_us, .arena = arena_new(1 << 20), .scratch = arena_new(0), .kept = arena_new(0), .next = MOMENT_NEVER};
    arena_on_reset(tx_arena(tx), release, rw);
    rw->engine = NEW_ARRAY(rw->kept, m->n_objects, struct engine_object);
    rw->former = NEW_ARRAY(rw->kept, m->n_objects, struct former *);
    forget(rw);
    return rw;
}

/* Records of o that were erased since cannot be looked at any more. */
static struct err *look_for_purged(struct rewind *rw, const struct object *o)
{
    struct sql_text q = sql_text_new(rw->kept, tx_kind(rw->tx));
    struct stmt *st;
    bool row;

    sql_add(&q, "SELECT 1 FROM change c WHERE c.kind = 'purged' AND c.object = ");
    sql_add_str(&q, o->name);
    sql_add(&q, " AND c.id >= ");
    sql_add_i64(&q, id_floor(rw->from_us));
    sql_add(&q, " LIMIT 1");
    TRY(sql_prepare(rw->tx, &q, &st));
    TRY(db_step(st, &row));
    if (row)
        rw->assumed |= 1u << ASSUMED_PURGED;
    db_done(st);
    return NULL;
}

struct err *rewind_load(struct rewind *rw, const struct object *o, const int64_t *ids, size_t n, struct old_record ***out, size_t *n_out)
{
    const struct object_plan *p = plan_tx(rw->tx, rw->m, o);
    struct found_list found = {0};

    forget(rw);
    if (rw->object != o)
        TRY(look_for_purged(rw, o));
    rw->object = o;
    for (size_t from = 0; from < n; from += IDS_PER_QUERY) {
        struct sql_text q = select_rows(rw, "0", STR_NONE, p);

        buf_fmt(&q.text, "%.*s r WHERE r.\"id\"", STR_ARG(p->table));
        add_ids(&q, ids + from, n - from < IDS_PER_QUERY ? n - from : IDS_PER_QUERY);
        sql_add(&q, " ORDER BY r.\"id\"");
        TRY(take_rows(rw, p, &q, &found));
    }
    rw->batch = NEW_ARRAY(rw->arena, found.n, struct old_record *);
    for (size_t i = 0; i < found.n; i++) {
        rw->batch[rw->n_batch++] = found.at[i].row;
        found.at[i].row->in_batch = true;
    }
    *out = rw->batch;
    *n_out = rw->n_batch;
    return NULL;
}

/* ---- related rows ---- */

/* The whole batch, or the one record that was reached some other way. */
static struct id_set group_of(struct rewind *rw, struct old_record *r)
{
    struct id_set ids = {0};

    if (!r->in_batch)
        VEC_PUSH(rw->arena, ids) = r->now.id;
    for (size_t i = 0; r->in_batch && i < rw->n_batch; i++)
        VEC_PUSH(rw->arena, ids) = rw->batch[i]->now.id;
    return ids;
}

static struct old_record *outer_of(struct rewind *rw, int64_t id)
{
    int64_t found = 0;

    strmap_get(rw->loaded, (struct str){(const char *)&id, sizeof id}, &found);
    return (struct old_record *)(intptr_t)found;
}

/* The field of the row that says whose it is. */
static int via_field(const struct object *row, const struct expr_relation *rel)
{
    for (size_t i = 0; i < row->n_fields; i++) {
        const struct field *f = &row->fields[i];
        struct str prefix = row->name;

        if (rel->join == EJ_BACK_REF && str_eq(f->column, rel->via))
            return (int)i;
        if (rel->join == EJ_LINK && f->type == FT_REFS && str_starts(rel->via, prefix) &&
            rel->via.len == prefix.len + 1 + f->name.len && str_ends(rel->via, f->name))
            return (int)i;
    }
    return -1;
}

/* Who belonged to whom by a field that was changed since: read once per object and field out of the log. */
static struct err *former_read(struct rewind *rw, const struct object *o, int via, struct former **out)
{
    struct sql_text q = sql_text_new(rw->kept, tx_kind(rw->tx));
    const struct field *f = &o->fields[via];
    struct former *list;
    struct stmt *st;
    bool row;

    if (!rw->former[o->index])
        rw->former[o->index] = NEW_ARRAY(rw->kept, o->n_fields, struct former);
    *out = list = &rw->former[o->index][via];
    if (list->cap)
        return NULL;
    list->cap = 16; /* read, also when it stays empty */
    list->at = arena_array(rw->kept, list->cap, sizeof *list->at);
    sql_add(&q, "SELECT c.record_id, c.kind, c.old FROM change c WHERE c.id >= ");
    sql_add_i64(&q, id_floor(rw->from_us));
    sql_add(&q, " AND c.object = ");
    sql_add_str(&q, o->name);
    sql_add(&q, " AND (c.field = ");
    sql_add_str(&q, f->name);
    sql_add(&q, " OR c.kind = 'purged')");
    TRY(sql_prepare(rw->tx, &q, &st));
    for (;;) {
        struct value old;
        struct json j;

        TRY(db_step(st, &row));
        if (!row)
            return NULL;
        if (str_eq(db_str(st, 1), STR("purged")))
            rw->assumed |= 1u << ASSUMED_PURGED;
        if (!db_str(st, 2).len || json_parse(rw->kept, db_str(st, 2), &j) || value_from_json(rw->kept, f, &j, "", &old) || old.empty)
            continue;
        for (size_t i = 0; i < (f->type == FT_REFS ? old.n_ids : 1); i++) {
            if (list->n == list->cap)
                vec_grow_(rw->kept, (void **)&list->at, &list->cap, sizeof *list->at);
            list->at[list->n].outer = f->type == FT_REFS ? old.ids[i] : old.i;
            list->at[list->n++].row = db_i64(st, 0);
        }
    }
}

static void relate(struct rewind *rw, struct relation_rows *rows, struct old_record *row, int via, bool now)
{
    for (size_t i = 0; i < rows->n; i++)
        if (!now && rows->rows[i] == row)
            return; /* it is there anyway */
    if (rows->n == rows->cap) {
        size_t cap = rows->cap ? rows->cap * 2 : 8;

        rows->rows = arena_grow(rw->arena, rows->rows, rows->cap * sizeof(struct old_record *), cap * sizeof(struct old_record *));
        rows->via = arena_grow(rw->arena, rows->via, rows->cap * sizeof *rows->via, cap * sizeof *rows->via);
        rows->linked_now = arena_grow(rw->arena, rows->linked_now, rows->cap * sizeof *rows->linked_now, cap * sizeof *rows->linked_now);
        rows->cap = cap;
    }
    rows->rows[rows->n] = row;
    rows->via[rows->n] = via;
    rows->linked_now[rows->n++] = now;
}

static struct sql_text related_sql(struct rewind *rw, const struct object_plan *p, const struct expr_relation *rel,
                                   const struct id_set *ids, size_t from)
{
    size_t n = ids->n - from < IDS_PER_QUERY ? ids->n - from : IDS_PER_QUERY;
    bool links = rel->join == EJ_LINK || rel->join == EJ_LINK_OUT, in = rel->join == EJ_LINK;
    struct str column = links ? STR_NONE : rel->join == EJ_RECORD ? STR("record_id") : rel->via;
    struct sql_text q = select_rows(rw, links ? (in ? "l.to_id" : "l.from_id") : "r.", column, p);

    if (links) {
        buf_fmt(&q.text, "link l JOIN %.*s r ON r.\"id\" = %s WHERE l.field = ", STR_ARG(p->table), in ? "l.from_id" : "l.to_id");
        sql_add_str(&q, rel->via);
        sql_add(&q, in ? " AND l.to_id" : " AND l.from_id");
    } else {
        buf_fmt(&q.text, "%.*s r WHERE r.", STR_ARG(p->table));
        sql_add_ident(&q, column);
    }
    add_ids(&q, ids->at + from, n);
    sql_add(&q, " ORDER BY r.\"id\"");
    return q;
}

static struct err *load_relation(struct rewind *rw, struct old_record *r, int relation, const struct object *o)
{
    const struct expr_relation *rel = &rw->m->schema->objects[r->now.object->index].relations[relation];
    const struct object_plan *p = plan_tx(rw->tx, rw->m, o);
    struct id_set ids = group_of(rw, r);
    int via = via_field(o, rel);
    struct former *former = NULL;

    for (size_t from = 0; from < ids.n; from += IDS_PER_QUERY) {
        struct sql_text q = related_sql(rw, p, rel, &ids, from);
        struct found_list found = {0};

        TRY(take_rows(rw, p, &q, &found));
        for (size_t i = 0; i < found.n; i++)
            relate(rw, &outer_of(rw, found.at[i].outer)->related[relation], found.at[i].row, via, true);
    }
    if (rel->join == EJ_LINK_OUT)
        rw->assumed |= 1u << ASSUMED_LINKS;
    if (via < 0)
        return NULL;
    TRY(former_read(rw, o, via, &former));
    for (size_t i = 0; i < former->n; i++) {
        struct old_record *outer = outer_of(rw, former->at[i].outer), *row;

        if (!outer || !outer->related || !(outer == r || (r->in_batch && outer->in_batch)))
            continue;
        row = rewind_one(rw, o->index, former->at[i].row);
        if (row)
            relate(rw, &outer->related[relation], row, via, false);
    }
    return NULL;
}

const struct relation_rows *rewind_related(struct rewind *rw, struct old_record *r, int relation)
{
    const struct expr_object *eo = &rw->m->schema->objects[r->now.object->index];
    const struct expr_relation *rel = &eo->relations[relation];
    size_t n = r->in_batch ? rw->n_batch : 1;

    if (r->related_loaded && r->related_loaded[relation])
        return &r->related[relation];
    for (size_t i = 0; i < n; i++) {
        struct old_record *one = r->in_batch ? rw->batch[i] : r;

        if (!one->related_loaded) {
            one->related = NEW_ARRAY(rw->arena, eo->n_relations, struct relation_rows);
            one->related_loaded = NEW_ARRAY(rw->arena, eo->n_relations, bool);
        }
        one->related_loaded[relation] = true;
    }
    for (size_t i = 0; i < rw->m->n_objects && !rw->err; i++) {
        const struct object *o = &rw->m->objects[i];

        if (rel->object >= 0 ? (int)i != rel->object : o->built_in)
            continue;
        rw->err = load_relation(rw, r, relation, o);
    }
    return rw->err ? NULL : &r->related[relation];
}

/* ---- last_activity_at ---- */

static void add_touch(struct rewind *rw, int64_t outer, struct old_record *row)
{
    struct old_record *r = outer_of(rw, outer);
    const struct object *o = row->now.object;
    const struct value *at = &row->now.values[o->time];
    int64_t when = at->empty ? row->born.us : at->type == FT_DATE ? at->i * US_PER_DAY : at->i;

    if (!r || when > row->known.us)
        return; /* plans for the future are no activity */
    for (size_t i = 0; i < row->n_changes; i++)
        if (o->fields[row->changes[i].field].type == FT_REFS || row->changes[i].field == o->time)
            rw->assumed |= 1u << ASSUMED_LINKS;
    if (r->n_touches == r->cap_touches)
        vec_grow_(rw->arena, (void **)&r->touches, &r->cap_touches, sizeof *r->touches);
    r->touches[r->n_touches++] = (struct touch){row->born, when};
}

/* Activities linked by this field to the records, or to what refers to them as its account. */
static struct err *load_touches(struct rewind *rw, const struct object_plan *p, struct str link, const struct object_plan *between,
                                const struct id_set *ids, size_t from)
{
    size_t n = ids->n - from < IDS_PER_QUERY ? ids->n - from : IDS_PER_QUERY;
    struct str column = between ? between->o->fields[between->account_field].column : STR_NONE;
    struct sql_text q = select_rows(rw, between ? "x." : "l.to_id", column, p);
    struct found_list found = {0};

    buf_fmt(&q.text, "link l JOIN %.*s r ON r.\"id\" = l.from_id", STR_ARG(p->table));
    if (between)
        buf_fmt(&q.text, " JOIN %.*s x ON x.\"id\" = l.to_id", STR_ARG(between->table));
    sql_add(&q, " WHERE l.field = ");
    sql_add_str(&q, link);
    sql_add(&q, between ? " AND x." : " AND l.to_id");
    if (between)
        sql_add_ident(&q, column);
    add_ids(&q, ids->at + from, n);
    TRY(take_rows(rw, p, &q, &found));
    for (size_t i = 0; i < found.n; i++)
        add_touch(rw, found.at[i].outer, found.at[i].row);
    return NULL;
}

static struct err *load_activities(struct rewind *rw, struct old_record *r, const struct object_plan *p)
{
    bool account = r->now.object->index == manual_object_index(rw->m, "account");
    struct id_set ids = group_of(rw, r);

    for (size_t k = 0; k < p->links.n; k++)
        for (size_t from = 0; from < ids.n; from += IDS_PER_QUERY) {
            struct str link = p->fields[p->links.at[k]].link;

            TRY(load_touches(rw, p, link, NULL, &ids, from));
            for (size_t i = 0; account && i < rw->m->n_objects; i++) {
                const struct object_plan *between = plan_tx(rw->tx, rw->m, &rw->m->objects[i]);

                if (!between->o->built_in && !between->o->timeline && between->account_field >= 0)
                    TRY(load_touches(rw, p, link, between, &ids, from));
            }
        }
    return NULL;
}

void rewind_activities(struct rewind *rw, struct old_record *r)
{
    size_t n = r->in_batch ? rw->n_batch : 1;

    if (r->touches_loaded)
        return;
    for (size_t i = 0; i < n; i++)
        (r->in_batch ? rw->batch[i] : r)->touches_loaded = true;
    for (size_t i = 0; i < rw->m->n_objects && !rw->err; i++)
        if (rw->m->objects[i].timeline && !rw->m->objects[i].built_in)
            rw->err = load_activities(rw, r, plan_tx(rw->tx, rw->m, &rw->m->objects[i]));
}
