/* What a policy does when it is broken. Reading comes first: telling people from mode remind on, changing data from mode
 * fix on. Changes go through record_save in the name of the page, one level deeper; loops are cut and put down.
 */
#include "work/work_impl.h"

#include <stdlib.h>

struct acting {
    struct work w;
    const struct policy *p;
    const struct action *a;
    int64_t record_id, breach_id, owed_by;
};

static struct err *save_fields(const struct acting *x, const struct record *r,
                               const struct field **fields, struct value *values, size_t n)
{
    struct save_context cx = work_save_context(&x->w, x->p->page->path);
    struct save_input in = {
        .object = r->object,
        .id = r->id,
        .if_version = -1,
        .fields = fields,
        .values = values,
        .n = n,
    };
    struct save_result res;

    cx.reason = str_fmt(x->w.arena, "%.*s was not met", STR_ARG(x->p->page->label));
    return record_save(x->w.tx, &cx, &in, &res);
}

static struct err *act_set(const struct acting *x, const struct record *r)
{
    const struct expr_env env = work_env(&x->w);
    const struct field **fields = NEW_ARRAY(x->w.arena, x->a->n_set, const struct field *);
    struct value *values = NEW_ARRAY(x->w.arena, x->a->n_set, struct value);
    size_t n = 0;

    for (size_t i = 0; i < x->a->n_set; i++) {
        const struct field *f = object_field(r->object, x->a->set[i][0]);

        if (!f)
            continue;
        TRY(value_parse(x->w.arena, x->w.m, f, x->a->set[i][1], &env, &values[n]));
        fields[n++] = f;
    }
    return n ? save_fields(x, r, fields, values, n) : NULL;
}

static struct err *act_assign(const struct acting *x, const struct record *r)
{
    const struct field *f = &r->object->fields[F_OWNER];
    struct value v = {.type = f->type};
    struct str role;
    int64_t user;

    TRY(who_resolve(&x->w, &x->a->who, r, STR(""), &user, &role));
    if (!user)
        return decision_note(&x->w, r->id, x->p->page->path, "nobody to assign to",
                             str_fmt(x->w.arena, "no active, present %.*s", STR_ARG(role)));
    if (user == record_owner_id(r))
        return NULL;
    v.i = user;
    return save_fields(x, r, &f, &v, 1);
}

static int by_text(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static struct err *act_tag(const struct acting *x, const struct record *r)
{
    const struct field *f = &r->object->fields[F_TAGS];
    const struct value *was = &r->values[F_TAGS];
    struct value v = {.type = f->type};
    struct str rest = was->empty ? STR("") : was->s, part;
    struct buf b = buf_new(x->w.arena, rest.len + x->a->text.len + 8);
    VEC(struct str) tags = {0};

    while (str_cut(&rest, '\x1f', &part)) {
        if (!part.len)
            continue;
        if (str_eq(part, x->a->text))
            return NULL;
        VEC_PUSH(x->w.arena, tags) = part;
    }
    VEC_PUSH(x->w.arena, tags) = x->a->text;
    qsort(tags.at, tags.n, sizeof *tags.at, by_text);
    buf_add_char(&b, '\x1f');
    for (size_t i = 0; i < tags.n; i++) {
        buf_add(&b, tags.at[i]);
        buf_add_char(&b, '\x1f');
    }
    v.s = buf_str(&b);
    return save_fields(x, r, &f, &v, 1);
}

static struct err *act_notify(const struct acting *x, const struct record *r)
{
    struct notice_new n = {
        .record_id = r->id,
        .object = r->object->name,
        .page = x->p->page->path,
        .title = str_fmt(x->w.arena, "%.*s: %.*s", STR_ARG(x->p->page->label),
                         STR_ARG(record_title(x->w.arena, x->w.m, r))),
        .kind = "rule",
    };
    struct str role;
    int64_t *users;
    size_t n_users;

    if (x->a->who.kind != WHO_ROLE) {
        TRY(who_resolve(&x->w, &x->a->who, r, STR(""), &n.user, &role));
        return notice_send(&x->w, &n);
    }
    /* "notify: role:x" tells everyone with the role in the owner's line or team; only if there is none, all of them. */
    TRY(who_for_role(&x->w, x->a->who.name, r, STR(""), &n.user, &role));
    if (n.user)
        return notice_send(&x->w, &n);
    TRY(access_users_with_role(x->w.tx, x->a->who.name, &users, &n_users));
    for (size_t i = 0; i < n_users && i < CANDIDATES_MAX; i++) {
        n.user = users[i];
        TRY(notice_send(&x->w, &n));
    }
    return NULL;
}

static struct err *act_task(const struct acting *x, const struct record *r)
{
    struct task_new n = {
        .record_id = r->id,
        .object = r->object->name,
        .title = x->a->text.len ? x->a->text : x->p->page->label,
        .page = x->p->page->path,
        .kind = STR("breach"),
        .priority = 2,
        .first = true,
        .cause = str_fmt(x->w.arena, "breach:%lld:%zu", (long long)x->breach_id,
                         (size_t)(x->a - x->p->on_breach)),
    };
    bool fresh;
    int64_t id;

    TRY(who_resolve(&x->w,
                    x->a->who.name.len || x->a->who.kind != WHO_OWNER ? &x->a->who : &x->p->owed_by,
                    r, x->p->page->owner, &n.owed_by, &n.role));
    return task_open(&x->w, &n, &id, &fresh);
}

static struct err *act_one(struct tx *tx, void *ctx)
{
    const struct acting *x = ctx;
    struct record r;
    int64_t id;
    bool live;

    (void)tx;
    TRY(work_read(&x->w, x->w.m->objects[x->p->object].name, x->record_id, &r, &live));
    if (!live)
        return NULL;
    switch (x->a->kind) {
    case ACT_NOTIFY:
        return act_notify(x, &r);
    case ACT_SET:
        return act_set(x, &r);
    case ACT_ASSIGN:
        return act_assign(x, &r);
    case ACT_TAG:
        return act_tag(x, &r);
    case ACT_TASK:
        return act_task(x, &r);
    case ACT_ESCALATE:
        if (x->a->escalation < 0)
            return NULL;
        return escalation_begin(
            &x->w, &x->w.m->escalations[x->a->escalation], r.object->name, r.id,
            str_fmt(x->w.arena, "%.*s:%lld", STR_ARG(x->p->page->path), (long long)r.id),
            x->p->page->label, &id);
    }
    return NULL;
}

static bool allowed(enum policy_mode mode, enum action_kind kind)
{
    bool changes = kind == ACT_SET || kind == ACT_ASSIGN || kind == ACT_TAG;

    return mode >= (changes ? PM_FIX : PM_REMIND);
}

struct err *policy_act(const struct work *w, const struct policy *p, int64_t record_id,
                       int64_t breach_id, int64_t owed_by)
{
    if (!p->n_on_breach || p->mode < PM_REMIND)
        return NULL;
    if (w->depth >= ENGINE_DEPTH_MAX)
        return decision_note(w, record_id, p->page->path, "loop cut",
                             str_fmt(w->arena,
                                     "rules triggered rules %d times over; this one did not act",
                                     w->depth));
    for (size_t i = 0; i < p->n_on_breach; i++) {
        struct acting x = {
            .w = *w,
            .p = p,
            .a = &p->on_breach[i],
            .record_id = record_id,
            .breach_id = breach_id,
            .owed_by = owed_by,
        };
        struct err *e;

        if (!allowed(p->mode, x.a->kind))
            continue;
        e = tx_nested(w->tx, act_one, &x);
        if (!e)
            continue;
        if (err_stops(e))
            return e;
        /* A refused action is a fact about the manual, not a reason to lose the breach. */
        TRY(decision_note(w, record_id, p->page->path, "action refused",
                          str_fmt(w->arena, "%s: %.*s", e->code, STR_ARG(e->message))));
    }
    return NULL;
}
