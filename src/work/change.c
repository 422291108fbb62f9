/* What a change of a record sets in motion. Only rules that read a changed field are looked at; when none does, nothing
 * is asked of the database.
 */
#include "work/work_impl.h"
#include "work/task.sql.h"

/* Rules to look at, own ones by index and those of other objects by path. */
struct touched {
    bool *workflow, *policy; /* of the record's own object */
    bool any;
    VEC(struct rule_ref) outer;
};

static bool is_live(const struct manual *m, const struct rule_ref *ref)
{
    return ref->kind == RR_WORKFLOW || m->policies[ref->index].mode != PM_OFF;
}

static int ref_object(const struct manual *m, const struct rule_ref *ref)
{
    return ref->kind == RR_WORKFLOW ? m->workflows[ref->index].object
                                    : m->policies[ref->index].object;
}

static void touch_ref(const struct work *w, struct touched *t, const struct rule_ref *ref)
{
    if (!is_live(w->m, ref))
        return;
    if (!ref->path.len) {
        (ref->kind == RR_WORKFLOW ? t->workflow : t->policy)[ref->index] = true;
        t->any = true;
        return;
    }
    for (size_t i = 0; i < t->outer.n; i++) {
        const struct rule_ref *k = &t->outer.at[i];

        if (k->kind == ref->kind && k->index == ref->index && str_eq(k->path, ref->path))
            return;
    }
    VEC_PUSH(w->arena, t->outer) = *ref;
}

static void touch_refs(const struct work *w, struct touched *t, const struct rule_refs *refs)
{
    for (size_t i = 0; i < refs->n; i++)
        touch_ref(w, t, &refs->refs[i]);
}

/* Every rule about this object. */
static void touch_own(const struct work *w, struct touched *t, int object)
{
    for (size_t i = 0; i < w->m->n_workflows; i++)
        t->any |= t->workflow[i] |= w->m->workflows[i].object == object;
    for (size_t i = 0; i < w->m->n_policies; i++)
        t->any |= t->policy[i] |= w->m->policies[i].object == object &&
                                  w->m->policies[i].mode != PM_OFF &&
                                  w->m->policies[i].clock != PC_EVERY;
}

static struct touched touch_new(const struct work *w)
{
    return (struct touched){
        .workflow = NEW_ARRAY(w->arena, w->m->n_workflows + 1, bool),
        .policy = NEW_ARRAY(w->arena, w->m->n_policies + 1, bool),
    };
}

/* ---- records of other objects that look at this one ---- */
static void sort_ids(int64_t *ids, size_t *n)
{
    size_t kept = 0;

    for (size_t i = 1; i < *n; i++) /* few, and mostly in order */
        for (size_t k = i; k > 0 && ids[k - 1] > ids[k]; k--) {
            int64_t swap = ids[k];

            ids[k] = ids[k - 1];
            ids[k - 1] = swap;
        }
    for (size_t i = 0; i < *n; i++)
        if (i == 0 || ids[i] != ids[kept - 1])
            ids[kept++] = ids[i];
    *n = kept;
}

struct id_list {
    VEC(int64_t) list;
};

static struct err *collect_ids(const struct work *w, struct sql_text *q, struct id_list *out)
{
    struct stmt *s;
    bool row;

    TRY(sql_prepare(w->tx, q, &s));
    for (;;) {
        TRY(db_step(s, &row));
        if (!row)
            break;
        if (out->list.n >= OUTER_RECORDS_MAX)
            break;
        VEC_PUSH(w->arena, out->list) = db_i64(s, 0);
    }
    db_done(s);
    return NULL;
}

static void add_in(struct sql_text *q, const struct id_list *ids)
{
    sql_add(q, " IN (");
    for (size_t i = 0; i < ids->list.n; i++) {
        if (i)
            sql_add(q, ", ");
        sql_add_i64(q, ids->list.at[i]);
    }
    sql_add(q, ids->list.n ? ")" : "NULL)");
}

/* Rows of object whose reference field is one of inner. */
static struct err *back_over_field(const struct work *w, const struct object *o,
                                   const struct field *f, const struct id_list *inner,
                                   struct id_list *out)
{
    struct sql_text q = sql_text_new(w->arena, tx_kind(w->tx));

    sql_add(&q, "SELECT r.id FROM ");
    sql_add_ident(&q, o->table);
    sql_add(&q, " r WHERE r.");
    sql_add_ident(&q, f->column);
    add_in(&q, inner);
    sql_add(&q, " ORDER BY r.id LIMIT ");
    sql_add_i64(&q, OUTER_RECORDS_MAX);
    return collect_ids(w, &q, out);
}

/* Rows on the near side of a relation whose far side is one of inner. */
static struct err *back_over_relation(const struct work *w, const struct expr_relation *rel,
                                      const struct id_list *inner, struct id_list *out)
{
    const struct expr_object *far = &w->m->schema->objects[rel->object];
    struct sql_text q = sql_text_new(w->arena, tx_kind(w->tx));

    if (rel->join == EJ_LINK || rel->join == EJ_LINK_OUT) {
        bool from = rel->join == EJ_LINK;

        sql_add(&q, from ? "SELECT DISTINCT l.to_id FROM link l WHERE l.field = "
                         : "SELECT DISTINCT l.from_id FROM link l WHERE l.field = ");
        sql_add_str(&q, rel->via);
        sql_add(&q, from ? " AND l.from_id" : " AND l.to_id");
        add_in(&q, inner);
        sql_add(&q, " ORDER BY 1 LIMIT ");
        sql_add_i64(&q, OUTER_RECORDS_MAX);
        return collect_ids(w, &q, out);
    }
    sql_add(&q, "SELECT DISTINCT a.");
    sql_add_ident(&q, rel->join == EJ_RECORD ? STR("record_id") : rel->via);
    sql_add(&q, " FROM ");
    sql_add_ident(&q, far->table);
    sql_add(&q, " a WHERE a.id");
    add_in(&q, inner);
    sql_add(&q, " AND a.");
    sql_add_ident(&q, rel->join == EJ_RECORD ? STR("record_id") : rel->via);
    sql_add(&q, " IS NOT NULL ORDER BY 1 LIMIT ");
    sql_add_i64(&q, OUTER_RECORDS_MAX);
    return collect_ids(w, &q, out);
}

/* Where the changed record pointed before the change: those records have lost something. */
static void add_former(const struct work *w, const struct expr_relation *rel,
                       const struct record *before, const struct record *after, struct id_list *out)
{
    const struct record *both[] = {before, after};

    for (size_t b = 0; b < 2; b++) {
        const struct record *r = both[b];

        if (!r || !r->object)
            continue;
        for (size_t i = 0; i < r->object->n_fields; i++) {
            const struct field *f = &r->object->fields[i];
            const struct value *v = &r->values[i];

            if (rel->join == EJ_BACK_REF && str_eq(f->column, rel->via) && !v->empty && v->i)
                VEC_PUSH(w->arena, out->list) = v->i;
            if (rel->join == EJ_LINK && f->type == FT_REFS &&
                str_eq(str_fmt(w->arena, "%.*s.%.*s", STR_ARG(r->object->name), STR_ARG(f->name)),
                       rel->via))
                for (size_t k = 0; k < v->n_ids; k++)
                    VEC_PUSH(w->arena, out->list) = v->ids[k];
        }
    }
}

static const struct expr_relation *find_relation(const struct work *w, int object, struct str name)
{
    const struct expr_object *o = &w->m->schema->objects[object];

    for (size_t i = 0; i < o->n_relations; i++)
        if (str_eq(o->relations[i].name, name))
            return &o->relations[i];
    return NULL;
}

struct hop { /* one segment of a path: a reference or a relation */
    int object;
    const struct field *field;
    const struct expr_relation *rel;
};

/* The path as hops from the rule's object; 0 if it is not one. */
static int path_hops(const struct work *w, int object, struct str path,
                     struct hop hops[EXPR_HOPS_MAX * 2])
{
    struct str name;
    int n = 0;

    while (str_cut(&path, '.', &name)) {
        const struct object *o = &w->m->objects[object];
        const struct field *f = object_field(o, name);

        if (n == EXPR_HOPS_MAX * 2)
            return 0;
        if (f && (f->type == FT_REF || f->type == FT_USER || f->type == FT_TEAM)) {
            hops[n++] = (struct hop){.object = object, .field = f};
            object = f->type == FT_USER   ? manual_object_index(w->m, "user")
                     : f->type == FT_TEAM ? manual_object_index(w->m, "team")
                                          : f->to_object;
        } else {
            const struct expr_relation *rel = find_relation(w, object, name);

            if (!rel)
                return 0;
            hops[n++] = (struct hop){.object = object, .rel = rel};
            object = rel->object;
        }
        if (object < 0)
            return 0;
    }
    return n;
}

struct err *outer_records(const struct work *w, int outer_object, struct str path,
                          const struct record *before, const struct record *after, int64_t **ids,
                          size_t *n)
{
    struct hop hops[EXPR_HOPS_MAX * 2];
    int n_hops = path_hops(w, outer_object, path, hops);
    struct id_list at = {0};

    VEC_PUSH(w->arena, at.list) = after->id;
    for (int i = n_hops - 1; i >= 0; i--) {
        struct id_list next = {0};

        if (hops[i].rel) {
            TRY(back_over_relation(w, hops[i].rel, &at, &next));
            if (i == n_hops - 1)
                add_former(w, hops[i].rel, before, after, &next);
        } else {
            TRY(back_over_field(w, &w->m->objects[hops[i].object], hops[i].field, &at, &next));
        }
        sort_ids(next.list.at, &next.list.n);
        at = next;
    }
    *ids = at.list.at;
    *n = n_hops ? at.list.n : 0;
    return NULL;
}

/* ---- looking ---- */
/* r is read again when a rule has saved something since. */
static struct err *refresh(const struct work *w, struct record *r, int64_t *saves, bool *live)
{
    int64_t now = work_memory(w->tx)->saves;

    *live = true;
    if (now == *saves)
        return NULL;
    *saves = now;
    return work_read(w, r->object->name, r->id, r, live);
}

static struct err *look_own(const struct work *w, const struct touched *t,
                            const struct record *before, const struct record *after)
{
    struct record r = *after;
    int64_t saves = work_memory(w->tx)->saves;
    struct expr_env env = work_env(w);
    bool live;

    for (size_t i = 0; i < w->m->n_workflows; i++) {
        const struct workflow *wf = &w->m->workflows[i];
        bool was = false;

        if (!t->workflow[i] || wf->object != r.object->index)
            continue;
        TRY(refresh(w, &r, &saves, &live));
        if (!live)
            return NULL;
        if (before && before->object && wf->starts_when.e) {
            struct expr_record er = record_expr(w->tx, w->m, before, NULL);

            was = expr_test(w->arena, wf->starts_when.e, &er, &env);
        }
        TRY(run_consider(w, wf, &r, was));
    }
    for (size_t i = 0; i < w->m->n_policies; i++) {
        if (!t->policy[i])
            continue;
        TRY(refresh(w, &r, &saves, &live));
        if (!live)
            return NULL;
        TRY(policy_evaluate(w, &w->m->policies[i], &r));
    }
    return NULL;
}

static struct err *look_outer(const struct work *w, const struct rule_ref *ref,
                              const struct record *before, const struct record *after)
{
    int object = ref_object(w->m, ref);
    int64_t *ids;
    size_t n;

    if (w->m->objects[object].built_in)
        return NULL;
    TRY(outer_records(w, object, ref->path, before, after, &ids, &n));
    if (n >= OUTER_RECORDS_MAX)
        return sweep_once(w, ref->kind == RR_WORKFLOW ? w->m->workflows[ref->index].page->path
                                                      : w->m->policies[ref->index].page->path);
    for (size_t i = 0; i < n; i++) {
        struct record r;
        bool live;

        TRY(work_read(w, w->m->objects[object].name, ids[i], &r, &live));
        if (!live)
            continue;
        if (ref->kind == RR_WORKFLOW)
            TRY(run_consider(w, &w->m->workflows[ref->index], &r, true));
        else
            TRY(policy_evaluate(w, &w->m->policies[ref->index], &r));
    }
    return NULL;
}

static struct err *look_outers(const struct work *w, const struct touched *t,
                               const struct record *before, const struct record *after)
{
    for (size_t i = 0; i < t->outer.n; i++)
        TRY(look_outer(w, &t->outer.at[i], before, after));
    return NULL;
}

/* last_activity_at of what an activity is linked to is kept by the timeline, without a save of its own. */
static struct err *look_activity_of(const struct work *w, const struct object *o, int64_t id,
                                    int depth)
{
    struct touched t = touch_new(w);
    struct record r;
    bool live;

    touch_refs(w, &t, &w->m->reads[o->index][F_LAST_ACTIVITY_AT]);
    TRY(work_read(w, o->name, id, &r, &live));
    if (!live)
        return NULL;
    if (t.any)
        TRY(look_own(w, &t, &r, &r));
    TRY(look_outers(w, &t, &r, &r));
    const struct field *f = object_field(o, STR("account"));

    if (depth || !f || f->type != FT_REF || f->to_object < 0 || r.values[f->index].empty)
        return NULL;
    return look_activity_of(w, &w->m->objects[f->to_object], r.values[f->index].i, 1);
}

static bool anything_reads_activity(const struct manual *m)
{
    for (size_t i = 0; i < m->n_objects; i++)
        for (size_t k = 0; !m->objects[i].built_in && k < m->reads[i][F_LAST_ACTIVITY_AT].n; k++)
            if (is_live(m, &m->reads[i][F_LAST_ACTIVITY_AT].refs[k]))
                return true;
    return false;
}

static struct err *look_activity(const struct work *w, const struct record *activity,
                                 const bool *changed)
{
    const struct object *o;

    if (!activity->object->timeline || !anything_reads_activity(w->m))
        return NULL;
    for (size_t i = 0; i < activity->object->n_fields; i++) {
        if (activity->object->fields[i].type != FT_REFS || !changed[i])
            continue;
        for (size_t k = 0; k < activity->values[i].n_ids; k++) {
            TRY(record_object_of(w->tx, w->m, activity->values[i].ids[k], &o));
            if (o && !o->built_in)
                TRY(look_activity_of(w, o, activity->values[i].ids[k], 0));
        }
    }
    return NULL;
}

/* ---- hooks ---- */
struct err *work_check_hook(struct tx *tx, const struct save_context *cx,
                            const struct record *before, const struct record *after,
                            const bool *changed)
{
    struct work w = work_of(tx, cx);
    const struct object *o = after->object;
    struct expr_record er;
    struct err *errs = NULL;
    bool made = false;

    for (size_t i = 0; i < w.m->n_policies; i++) {
        const struct policy *p = &w.m->policies[i];
        bool read = !before->object;

        if (p->object != o->index || p->mode != PM_BLOCK || p->clock != PC_ALWAYS)
            continue;
        for (size_t f = 0; !read && f < o->n_fields; f++)
            for (size_t k = 0; changed[f] && k < w.m->reads[o->index][f].n; k++)
                read |= w.m->reads[o->index][f].refs[k].kind == RR_POLICY &&
                        w.m->reads[o->index][f].refs[k].index == (int)i;
        if (!read)
            continue;
        if (!made)
            er = record_expr(tx, w.m, after, before->object ? before : NULL);
        made = true;
        TRY(policy_check_block(&w, p, after, &er, before->object != NULL, &errs));
    }
    if (errs)
        return errs;
    return w.m->n_workflows ? gate_check(&w, cx, before, after, changed) : NULL;
}

/* Somebody has left: what they owed is looked at again, so that steps and rules for a role find somebody who is there. What
 * was asked of them in person, and what they owe as owner of a record without another role to fall to, is handed over by
 * people; those above them see it. */
static struct err *look_after_leaver(const struct work *w, int64_t user)
{
    int64_t after = 0;
    size_t n;

    do {
        struct record_key {
            int64_t id;
            struct str object;
        };
        VEC(struct record_key) keys = {0};
        struct stmt *s;
        bool row, live;

        TRY(db_stmt(w->tx, &sql_task_owed_records, &s));
        db_bind_i64(s, 1, user);
        db_bind_i64(s, 2, after);
        db_bind_i64(s, 3, SWEEP_BATCH);
        for (;;) {
            TRY(db_step(s, &row));
            if (!row)
                break;
            VEC_PUSH(w->arena, keys) =
                (struct record_key){col_i64(s, "record_id"), col_str(w, s, "object")};
        }
        n = keys.n;
        for (size_t i = 0; i < n; i++) {
            struct record r;

            after = keys.at[i].id;
            TRY(work_read(w, keys.at[i].object, after, &r, &live));
            if (!live)
                continue;
            TRY(run_evaluate_record(w, &r, false));
            TRY(policy_evaluate_running(w, &r));
        }
    } while (n == SWEEP_BATCH);
    return NULL;
}

static bool has_left(const struct manual *m, const struct record *before,
                     const struct record *after)
{
    const struct field *f = object_field(after->object, STR("active"));

    if (after->object->index != manual_object_index(m, "user") || !before->object || !f ||
        f->type != FT_YES_NO)
        return false;
    return before->values[f->index].i == 1 && after->values[f->index].i != 1;
}

static bool changes_people(const struct manual *m, const struct object *o)
{
    return o->index == manual_object_index(m, "user") || o->index == manual_object_index(m, "team");
}

struct err *work_change_hook(struct tx *tx, const struct save_context *cx,
                             const struct record *before, const struct record *after,
                             const bool *changed, int64_t change_id)
{
    struct work w = work_of(tx, cx);
    const struct object *o = after->object;
    struct touched t = touch_new(&w);
    bool created = !before->object;

    (void)change_id;
    work_memory(tx)->saves++;
    if (changes_people(w.m, o))
        who_forget(tx);
    if (has_left(w.m, before, after))
        TRY(look_after_leaver(&w, after->id));
    if (cx->depth > ENGINE_DEPTH_MAX)
        return decision_note(
            &w, after->id, cx->actor->rule, "loop cut",
            str_fmt(w.arena,
                    "rules triggered rules %d times over; no further rule looks at this change",
                    cx->depth));
    for (size_t f = 0; f < o->n_fields; f++)
        if (changed[f])
            touch_refs(&w, &t, &w.m->reads[o->index][f]);
    if (created) {
        touch_own(&w, &t, o->index);
        touch_refs(&w, &t, &w.m->reads_rows[o->index]);
    } else {
        for (size_t f = 0; f < o->n_fields; f++)
            if (changed[f] &&
                o->fields[f].type == FT_REFS) /* linked elsewhere: a row came or went there */
                touch_refs(&w, &t, &w.m->reads_rows[o->index]);
        if (changed[F_OWNER] && record_is_live(after)) {
            TRY(run_evaluate_record(&w, after, false));
            TRY(policy_evaluate_running(&w, after));
        }
    }
    if (t.any && record_is_live(after))
        TRY(look_own(&w, &t, before, after));
    TRY(look_outers(&w, &t, before, after));
    return look_activity(&w, after, changed);
}

struct err *work_gone_hook(struct tx *tx, const struct save_context *cx, const struct record *r,
                           bool gone)
{
    struct work w = work_of(tx, cx);
    struct touched t = touch_new(&w);
    struct record now;
    bool live;

    work_memory(tx)->saves++;
    if (changes_people(w.m, r->object))
        who_forget(tx);
    touch_refs(&w, &t, &w.m->reads_rows[r->object->index]);
    if (gone) {
        TRY(policy_evaluate_running(&w, r)); /* what had run out before stays a fact */
        TRY(task_cancel_record(&w, r->id, "cancelled", STR("The record was put away.")));
        TRY(timer_drop_record(&w, r->id));
        TRY(policy_forget_record(&w, r->id));
        TRY(escalation_end_record(&w, r->id));
        return look_outers(&w, &t, NULL, r);
    }
    TRY(work_read(&w, r->object->name, r->id, &now, &live));
    if (live) {
        TRY(run_evaluate_record(&w, &now, true));
        touch_own(&w, &t, r->object->index);
        TRY(look_own(&w, &t, &now, &now));
    }
    return look_outers(&w, &t, NULL, r);
}
