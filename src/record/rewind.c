/* Values of now, taken back through the change log: what was there at a moment, and when that ended. Rows come in batches
 * and on demand; rewind_rows.c loads them. */
#include "record/rewind_impl.h"

bool moment_before(struct moment a, struct moment b)
{
    return a.us < b.us || (a.us == b.us && a.id < b.id);
}

void rewind_to(struct rewind *rw, struct moment m)
{
    rw->at = m;
    rw->next = MOMENT_NEVER;
}

struct moment rewind_next(const struct rewind *rw)
{
    return rw->next;
}

/* Something read here ends at m. */
static void until(struct rewind *rw, struct moment m)
{
    if (moment_before(rw->at, m) && moment_before(m, rw->next))
        rw->next = m;
}

static bool passed(const struct rewind *rw, struct moment m)
{
    return !moment_before(rw->at, m);
}

int64_t old_id(const struct old_record *r)
{
    return r->now.id;
}

struct moment old_born(const struct old_record *r)
{
    return r->born;
}

/* ---- values ---- */

/* The first change of the field after the moment: its old value is what was there. */
static struct old_change *next_change(struct rewind *rw, struct old_record *r, int field)
{
    for (size_t i = 0; i < r->n_changes; i++)
        if (r->changes[i].field == field && !passed(rw, r->changes[i].at))
            return &r->changes[i];
    return NULL;
}

static const struct value *value_before(struct rewind *rw, struct old_record *r, struct old_change *c)
{
    const struct field *f = &r->now.object->fields[c->field];
    struct json j;

    if (c->read)
        return &c->old;
    c->read = true;
    value_set_empty(&c->old, f);
    if (!c->old_json.len)
        return &c->old;
    if (json_parse(rw->arena, c->old_json, &j) || value_from_json(rw->arena, f, &j, "", &c->old)) {
        value_set_empty(&c->old, f);
        rw->assumed |= 1u << ASSUMED_UNREADABLE;
    }
    return &c->old;
}

/* Kept without change rows: the newest of the activities there were. Grows only. */
static const struct value *last_activity(struct rewind *rw, struct old_record *r)
{
    int64_t best = DATE_NONE;

    rewind_activities(rw, r);
    for (size_t i = 0; i < r->n_touches; i++)
        if (passed(rw, r->touches[i].at) && r->touches[i].activity_us > best)
            best = r->touches[i].activity_us;
    for (size_t i = 0; i < r->n_touches; i++)
        if (r->touches[i].activity_us > best)
            until(rw, r->touches[i].at);
    r->last_activity = (struct value){.type = FT_DATE_TIME, .empty = best == DATE_NONE, .i = best == DATE_NONE ? 0 : best};
    return &r->last_activity;
}

/* Of what the program keeps, only what tells when it was so. */
static const struct value *kept_value(struct rewind *rw, struct old_record *r, int field)
{
    struct moment last = r->born;

    switch (field) {
    case F_LAST_ACTIVITY_AT:
        return last_activity(rw, r);
    case F_UPDATED_AT:
        for (size_t i = 0; i < r->n_changes; i++) {
            until(rw, r->changes[i].at);
            if (passed(rw, r->changes[i].at))
                last = r->changes[i].at;
        }
        r->updated = (struct value){.type = FT_DATE_TIME, .i = last.us};
        return &r->updated;
    case F_UPDATED_BY:
    case F_VERSION:
        if (r->n_changes)
            rw->assumed |= 1u << ASSUMED_KEPT;
        break;
    default:
        break;
    }
    return &r->now.values[field];
}

/* Rows of the engine: what closes them is empty until it happened; what else may have moved is not known. */
static const struct value *engine_value(struct rewind *rw, struct old_record *r, int field)
{
    static const struct value none = {.type = FT_DATE_TIME, .empty = true};
    const struct engine_field *f = &r->engine->fields[field];

    if (f->fate == FATE_CLOSING) {
        until(rw, r->closed);
        return r->closed.us != INT64_MAX && passed(rw, r->closed) ? &r->now.values[field] : &none;
    }
    if (f->fate == FATE_MOVES && r->moved)
        rw->assumed |= 1u << ASSUMED_ENGINE;
    if (f->fate == FATE_STAGE && !passed(rw, r->entered))
        rw->assumed |= 1u << ASSUMED_ENGINE;
    return &r->now.values[field];
}

static void links_load(struct rewind *rw, struct old_record *r)
{
    if (!r->links_read && !rw->err)
        rw->err = links_read(rw->tx, plan_tx(rw->tx, rw->m, r->now.object), &r->now);
    r->links_read = true;
}

const struct value *old_value(struct rewind *rw, struct old_record *r, int field)
{
    const struct object *o = r->now.object;
    struct old_change *c;

    if (o->built_in)
        return engine_value(rw, r, field);
    if (r->imported && moment_before(rw->at, r->known))
        rw->assumed |= 1u << ASSUMED_IMPORT;
    c = next_change(rw, r, field);
    if (c) {
        until(rw, c->at);
        return value_before(rw, r, c);
    }
    if (o->fields[field].type == FT_REFS)
        links_load(rw, r);
    if (field < F_SYSTEM_COUNT)
        return kept_value(rw, r, field);
    return &r->now.values[field];
}

struct moment old_next_change(struct rewind *rw, struct old_record *r, const bool *fields)
{
    for (size_t i = 0; i < r->n_changes; i++)
        if (fields[r->changes[i].field] && !passed(rw, r->changes[i].at))
            return r->changes[i].at;
    return MOMENT_NEVER;
}

static bool old_there(struct rewind *rw, struct old_record *r)
{
    if (!passed(rw, r->born)) {
        until(rw, r->born);
        return false;
    }
    return r->now.object->built_in || old_value(rw, r, F_DELETED_AT)->empty;
}

bool old_live(struct rewind *rw, struct old_record *r)
{
    return old_there(rw, r) && old_value(rw, r, F_ARCHIVED_AT)->empty;
}

struct record old_as_record(struct rewind *rw, struct old_record *r)
{
    struct record out = r->now;

    out.values = NEW_ARRAY(rw->scratch, r->now.object->n_fields + 1, struct value);
    for (size_t i = 0; i < r->now.object->n_fields; i++)
        out.values[i] = i == F_OWNER || i == F_TEAM ? *old_value(rw, r, (int)i) : r->now.values[i];
    return out;
}

/* ---- the face expressions see ---- */

static struct expr_record expose(struct old_record *r);

static struct expr_val face_get(void *ctx, struct arena *arena, int field)
{
    struct old_record *r = ctx;
    struct expr_val v = value_expr(&r->now.object->fields[field], old_value(r->rw, r, field));
    (void)arena;

    return v;
}

static bool face_follow(void *ctx, struct arena *arena, int field, struct expr_record *to)
{
    struct old_record *r = ctx, *target;
    const struct field *f = &r->now.object->fields[field];
    const struct value *v = old_value(r->rw, r, field);
    (void)arena;

    if (v->empty || !type_is_ref(f->type))
        return false;
    target = rewind_one(r->rw, f->to_object, v->i);
    if (!target || !old_there(r->rw, target))
        return false;
    *to = expose(target);
    return true;
}

static bool has_id(const struct value *v, int64_t id)
{
    for (size_t i = 0; i < v->n_ids; i++)
        if (v->ids[i] == id)
            return true;
    return !v->n_ids && !v->empty && v->i == id;
}

/* Was the row related to the outer record then? As its own field says, where that ever changed. */
static bool belongs(struct rewind *rw, const struct relation_rows *rows, size_t i, struct old_record *outer)
{
    struct old_record *row = rows->rows[i];
    int via = rows->via[i];
    struct old_change *c = via >= 0 ? next_change(rw, row, via) : NULL;

    if (!c)
        return rows->linked_now[i];
    until(rw, c->at);
    return has_id(value_before(rw, row, c), outer->now.id);
}

static void face_related(void *ctx, struct arena *arena, int relation, bool (*each)(void *, const struct expr_record *), void *each_ctx)
{
    struct old_record *r = ctx;
    struct rewind *rw = r->rw;
    const struct relation_rows *rows = rewind_related(rw, r, relation);
    (void)arena;

    for (size_t i = 0; rows && i < rows->n; i++) {
        struct expr_record e;

        if (!old_there(rw, rows->rows[i]) || !belongs(rw, rows, i, r))
            continue;
        e = expose(rows->rows[i]);
        if (!each(each_ctx, &e))
            return;
    }
}

static struct expr_record expose(struct old_record *r)
{
    return (struct expr_record){
        .object = &r->rw->m->schema->objects[r->now.object->index],
        .ctx = r,
        .get = face_get,
        .follow = face_follow,
        .related = face_related,
        .id = r->now.id,
    };
}

static struct err *trouble(struct rewind *rw)
{
    struct err *e = rw->err;

    rw->err = NULL;
    return e;
}

struct err *old_test(struct rewind *rw, struct old_record *r, const struct expr *e, const struct expr_env *env, bool *out)
{
    struct expr_record face = expose(r);

    *out = expr_test(rw->scratch, e, &face, env);
    arena_reset(rw->scratch);
    return trouble(rw);
}

struct err *old_count(struct rewind *rw, struct old_record *r, int relation, int time_field, const struct expr *where,
                      const struct expr_env *env, int64_t from_us, int64_t to_us, int64_t *out)
{
    const struct relation_rows *rows = rewind_related(rw, r, relation);

    *out = 0;
    for (size_t i = 0; rows && i < rows->n; i++) {
        struct old_record *row = rows->rows[i];
        const struct value *at;
        bool holds;

        if (!old_there(rw, row) || !belongs(rw, rows, i, r))
            continue;
        at = time_field >= 0 ? old_value(rw, row, time_field) : NULL;
        if (at && (at->empty || at->i < from_us || at->i >= to_us))
            continue;
        TRY(old_test(rw, row, where, env, &holds));
        *out += holds;
    }
    return trouble(rw);
}

void rewind_assumed(const struct rewind *rw, struct arena *arena, struct str **out, size_t *n)
{
    static const char *const sentences[] = {
        [ASSUMED_IMPORT] = "Imported records are taken to have been, before they came in, what they were when they came in.",
        [ASSUMED_PURGED] = "Records erased for good since then are not counted.",
        [ASSUMED_ENGINE] = "Tasks and runs are taken to have had, while they were open, the person, the due time and the stage they have now.",
        [ASSUMED_KEPT] = "Version and last editor of a record are taken as they are now.",
        [ASSUMED_UNREADABLE] = "Some old values no longer fit their field and count as empty.",
        [ASSUMED_LINKS] = "References to several records are taken as they are now.",
    };

    *out = NEW_ARRAY(arena, ASSUMED_COUNT, struct str);
    *n = 0;
    for (unsigned i = 0; i < ASSUMED_COUNT; i++)
        if (rw->assumed & 1u << i)
            (*out)[(*n)++] = str_from(sentences[i]);
}
