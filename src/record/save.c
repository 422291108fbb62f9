/* The one write path: rights, cleaning, defaults, checks, version, row, change rows, search, hooks; in this order. */
#include "base/id.h"
#include "record/record_impl.h"

#include <string.h>

struct record_hooks record_hooks;

bool save_creates(const struct save *s)
{
    return s->before.object == NULL;
}

static const char *pointer_of(struct save *s, const struct field *f)
{
    return str_cstr(s->arena, str_fmt(s->arena, "/%.*s", STR_ARG(f->name)));
}

static bool privileged(const struct save *s)
{
    return s->cx->import || s->cx->actor->system || s->undo_of;
}

/* ---- may the actor? ---- */

static struct err *may_change(struct save *s)
{
    const struct actor *a = s->cx->actor;
    const struct object *o = s->p->o;

    if (save_creates(s))
        return access_need(s->arena, s->cx->manual, a, o->index, VERB_CREATE);
    int64_t owner = record_owner(&s->before), team = record_team(&s->before);
    if (!access_row(a, o->index, VERB_READ, owner, team))
        return err_not_found(s->arena, o, s->in->id);
    TRY(access_need(s->arena, s->cx->manual, a, o->index, VERB_UPDATE));
    if (!access_row(a, o->index, VERB_UPDATE, owner, team)) {
        struct err *e = FAIL(s->arena, ERR_FORBIDDEN, "access.denied", NULL,
                             "Your roles do not allow you to change this %.*s.", STR_ARG(o->label));
        e->way_out = STR("Ask its owner, or somebody who may assign it to you.");
        return e;
    }
    if (record_in_bin(&s->before))
        return FAIL(s->arena, ERR_CONFLICT, "record.in_bin", NULL,
                    "This %.*s is in the bin. Restore it first.", STR_ARG(o->label));
    if (!s->before.values[F_ARCHIVED_AT].empty && !privileged(s))
        return FAIL(s->arena, ERR_CONFLICT, "record.archived", NULL,
                    "This %.*s is archived. Take it out of the archive first.", STR_ARG(o->label));
    return NULL;
}

static struct err *may_assign(struct save *s)
{
    const struct actor *a = s->cx->actor;
    const struct object *o = s->p->o;
    int64_t owner = record_owner(&s->after);

    if (a->system || access_right(a, RIGHT_ASSIGN_ANYONE))
        return NULL;
    if (save_creates(s) ? owner == 0 || owner == a->user_id ||
                              access_scope(a, o->index, VERB_ASSIGN) != SCOPE_NONE
                        : access_row(a, o->index, VERB_ASSIGN, record_owner(&s->before),
                                     record_team(&s->before)))
        return NULL;
    struct err *e = FAIL(s->arena, ERR_FORBIDDEN, "access.denied", "/owner",
                         "Your roles do not allow you to assign this %.*s.", STR_ARG(o->label));
    e->way_out = STR("Ask somebody whose role may assign.");
    return e;
}

/* Fields the actor set to something new, though they may not. */
static struct err *may_write_fields(struct save *s)
{
    struct err *errors = NULL;

    for (size_t i = 0; i < s->p->o->n_fields; i++) {
        const struct field *f = &s->p->o->fields[i];
        if (!s->given[i] || !s->changed[i] ||
            access_field(s->cx->actor, s->p->o->index, (int)i) == FR_WRITE)
            continue;
        err_add(&errors, FAIL(s->arena, ERR_FORBIDDEN, "access.field_denied", pointer_of(s, f),
                              "Your roles do not allow you to write %.*s.", STR_ARG(f->label)));
    }
    if (!errors && s->changed[F_OWNER] && s->given[F_OWNER])
        return may_assign(s);
    return errors;
}

/* ---- what it will be ---- */

static struct err *load_before(struct save *s)
{
    const struct object *o = s->p->o;

    s->after.object = o;
    s->after.values = NEW_ARRAY(s->arena, o->n_fields + 1, struct value);
    if (!s->in->id) {
        for (size_t i = 0; i < o->n_fields; i++)
            value_set_empty(&s->after.values[i], &o->fields[i]);
        return NULL;
    }
    TRY(record_read(s->tx, s->cx->manual, o, s->in->id, &s->before));
    memcpy(s->after.values, s->before.values, o->n_fields * sizeof *s->after.values);
    s->after.id = s->before.id;
    s->after.version = s->before.version;
    return NULL;
}

static void take_given(struct save *s)
{
    for (size_t k = 0; k < s->in->n; k++) {
        const struct field *f = s->in->fields[k];
        const struct field_plan *fp = &s->p->fields[f->index];
        struct value v = s->in->values[k];
        bool kept_time = f->index == F_CREATED_AT && f->system &&
                         (s->cx->import || s->cx->actor->system) && save_creates(s);
        if ((!fp->writable && !kept_time) || (f->type == FT_AUTO_NUMBER && !privileged(s))) {
            if (!save_creates(s) && value_eq(&v, &s->before.values[f->index]))
                continue;
            err_add(&s->errors,
                    FAIL(s->arena, ERR_INVALID, "record.field_readonly", pointer_of(s, f),
                         "%.*s is kept by the program and cannot be written.", STR_ARG(f->label)));
            continue;
        }
        v.type = f->type;
        if (!s->undo_of)
            clean_field(&s->cleaner, f, &v);
        s->given[f->index] = true;
        s->after.values[f->index] = v;
    }
    err_add(&s->errors, s->cleaner.errors);
}

static void set_int(struct save *s, int field, int64_t i)
{
    s->after.values[field] = (struct value){.type = s->p->o->fields[field].type, .i = i};
}

static void give_defaults(struct save *s)
{
    const struct actor *a = s->cx->actor;

    for (size_t k = 0; k < s->p->defaults.n; k++) {
        int i = s->p->defaults.at[k];
        const struct field *f = &s->p->o->fields[i];
        if (s->given[i])
            continue;
        switch (f->default_kind) {
        case DEFAULT_VALUE:
            if (s->p->fields[i].has_default)
                s->after.values[i] = s->p->fields[i].dflt;
            break;
        case DEFAULT_ME:
            if (a->user_id && f->type == FT_REFS) {
                int64_t *ids = NEW(s->arena, int64_t);
                *ids = a->user_id;
                s->after.values[i] = (struct value){.type = f->type, .ids = ids, .n_ids = 1};
            } else if (a->user_id) {
                set_int(s, i, a->user_id);
            }
            break;
        case DEFAULT_NOW:
            set_int(s, i, s->cx->now_us);
            break;
        case DEFAULT_TODAY:
            set_int(s, i,
                    f->type == FT_DATE ? zone_date(a->zone ? a->zone : zone_utc(), s->cx->now_us)
                                       : s->cx->now_us);
            break;
        case DEFAULT_NONE:
            break;
        }
    }
}

/* The record belongs to the team of whoever owns it, unless somebody says otherwise. */
static struct err *follow_owner(struct save *s)
{
    int64_t owner = record_owner(&s->after), team = 0;
    int user = s->p->o->fields[F_OWNER].to_object;
    bool moved =
        save_creates(s) || !value_eq(&s->after.values[F_OWNER], &s->before.values[F_OWNER]);
    struct stmt *st;
    bool row;

    if (s->given[F_TEAM] || !moved || !owner || user < 0 ||
        (save_creates(s) && !s->after.values[F_TEAM].empty))
        return NULL;
    if (s->p->o->index == user || s->p->o->index == manual_object_index(s->cx->manual, "team"))
        return NULL;
    if (owner == s->cx->actor->user_id) {
        team = s->cx->actor->team;
    } else {
        TRY(db_stmt_text(
            s->tx, plan_tx(s->tx, s->cx->manual, &s->cx->manual->objects[user])->ref_check, &st));
        db_bind_i64(st, 1, owner);
        TRY(db_step(st, &row));
        if (row)
            team = db_i64(st, 1);
        db_done(st);
    }
    if (team)
        set_int(s, F_TEAM, team);
    return NULL;
}

static void system_values(struct save *s)
{
    const struct save_context *cx = s->cx;

    if (save_creates(s)) {
        s->after.id = s->in->set_id ? s->in->set_id : id_new(cx->now_us);
        set_int(s, F_ID, s->after.id);
        if (s->after.values[F_CREATED_AT].empty)
            set_int(s, F_CREATED_AT, cx->now_us);
        if (cx->actor->user_id)
            set_int(s, F_CREATED_BY, cx->actor->user_id);
        s->after.version = 0;
    }
    set_int(s, F_UPDATED_AT, cx->now_us);
    if (cx->actor->user_id)
        set_int(s, F_UPDATED_BY, cx->actor->user_id);
    s->after.version++;
    set_int(s, F_VERSION, s->after.version);
}

/* Folded companions, and what differs. */
static bool find_changes(struct save *s)
{
    const struct object *o = s->p->o;
    bool any = false;

    for (size_t i = 0; i < o->n_fields; i++) {
        struct value *v = &s->after.values[i];
        s->changed[i] =
            save_creates(s) ? !v->empty : s->given[i] && !value_eq(v, &s->before.values[i]);
        if (!save_creates(s) && (i == F_TEAM || (int)i == o->title))
            s->changed[i] = !value_eq(v, &s->before.values[i]);
        any = any || s->changed[i];
        if (s->changed[i] && !v->empty && !v->fold.ptr &&
            field_types[v->type].store == FS_TEXT_FOLD)
            v->fold = utf8_fold(s->arena, v->s);
    }
    return any;
}

static struct err *check_version(struct save *s)
{
    if (save_creates(s) || s->in->if_version < 0 || s->in->if_version == s->before.version)
        return NULL;
    struct err *e = FAIL(s->arena, ERR_STALE, "record.version_conflict", NULL,
                         "Somebody changed this %.*s meanwhile.", STR_ARG(s->p->o->label));
    e->way_out = STR("Read it again, look at what changed, and save once more.");
    return e;
}

static void result(struct save *s, struct save_result *out)
{
    *out = (struct save_result){
        .record = s->after,
        .before = s->before,
        .cleaned = s->cleaner.list.at,
        .n_cleaned = s->cleaner.list.n,
        .change_id = s->change_id,
    };
}

/* Nobody's, unless the page says otherwise; but whoever makes a record can see it and work on it afterwards. */
static void own_what_else_is_lost(struct save *s)
{
    const struct actor *a = s->cx->actor;

    if (s->given[F_OWNER] || record_owner(&s->after) || !a->user_id || a->system)
        return;
    if (!access_row(a, s->p->o->index, VERB_READ, 0, record_team(&s->after)) ||
        (access_scope(a, s->p->o->index, VERB_UPDATE) != SCOPE_NONE &&
         !access_row(a, s->p->o->index, VERB_UPDATE, 0, record_team(&s->after))))
        set_int(s, F_OWNER, a->user_id);
}

static struct err *prepare(struct save *s)
{
    TRY(load_before(s));
    TRY(may_change(s));
    take_given(s);
    if (save_creates(s)) {
        give_defaults(s);
        own_what_else_is_lost(s);
    }
    TRY(follow_owner(s));
    return NULL;
}

/* Is anything that search shows or asks about among the changes? */
static bool search_differs(const struct save *s)
{
    if (save_creates(s) || s->changed[F_OWNER] || s->changed[F_TEAM] || s->changed[F_TAGS])
        return true;
    if (s->p->o->title >= 0 && (s->changed[s->p->o->title] || !s->p->title_stored))
        return true;
    for (size_t k = 0; k < s->p->searched.n; k++)
        if (s->changed[s->p->searched.at[k]])
            return true;
    return false;
}

static struct err *commit_save(struct save *s)
{
    system_values(s);
    if (save_creates(s))
        s->changed[F_ID] = s->changed[F_CREATED_AT] = true;
    s->changed[F_UPDATED_AT] = true;
    TRY(write_save(s));
    TRY(history_save(s));
    if (!s->cx->dry_run && search_differs(s))
        TRY(index_record(s->tx, s->cx->manual, &s->after, save_creates(s)));
    if (s->p->o->timeline)
        TRY(touch_activity(s));
    rights_moved(s->tx, s->cx->manual, s->p->o);
    return NULL;
}

struct err *record_save_as(struct tx *tx, const struct save_context *cx,
                           const struct save_input *in, int64_t undo_of, struct save_result *out)
{
    struct save s = {.tx = tx, .arena = tx_arena(tx), .cx = cx, .in = in, .undo_of = undo_of};
    size_t n = in->object->n_fields;

    if (in->object->built_in)
        return FAIL(s.arena, ERR_INVALID, "record.field_readonly", NULL,
                    "%.*s are kept by the program and cannot be saved.",
                    STR_ARG(in->object->plural));
    s.p = plan_tx(tx, cx->manual, in->object);
    s.given = NEW_ARRAY(s.arena, n * 2, bool);
    s.changed = s.given + n;
    s.cleaner = (struct cleaner){.arena = s.arena, .cx = cx};
    TRY(prepare(&s));
    s.face_after = record_expr(tx, cx->manual, &s.after, save_creates(&s) ? NULL : &s.before);
    compose_title(&s);
    bool any = find_changes(&s);
    TRY(may_write_fields(&s));
    if (!any && !save_creates(&s) && !s.errors) {
        TRY(check_version(&s));
        s.after.version = s.before.version;
        result(&s, out);
        out->unchanged = true;
        return NULL;
    }
    check_save(&s);
    TRY(check_references(&s));
    if (!s.errors)
        TRY(check_unique(&s));
    if (s.errors)
        return s.errors;
    if (save_creates(&s) && s.p->autos.n)
        TRY(give_numbers(&s));
    if (s.p->formulas.n) {
        struct expr_env env = actor_env(cx->actor, cx->now_us);
        formulas_compute(tx, cx->manual, &s.after, &env, true);
    }
    if (record_hooks.check)
        TRY(record_hooks.check(tx, cx, &s.before, &s.after, s.changed));
    TRY(check_version(&s));
    TRY(commit_save(&s));
    if (record_hooks.on_change)
        TRY(record_hooks.on_change(tx, cx, &s.before, &s.after, s.changed, s.change_id));
    result(&s, out);
    return NULL;
}

struct err *record_save(struct tx *tx, const struct save_context *cx, const struct save_input *in,
                        struct save_result *out)
{
    return record_save_as(tx, cx, in, 0, out);
}
