#include "work/work_impl.h"

#include <string.h>

struct work work_of(struct tx *tx, const struct save_context *cx)
{
    return (struct work){
        .tx = tx,
        .arena = tx_arena(tx),
        .m = cx->manual,
        .now_us = cx->now_us,
        .depth = cx->depth,
        .by_user = cx->actor && !cx->actor->system ? cx->actor->user_id : 0,
        .dry_run = cx->dry_run,
    };
}

struct work work_at(struct tx *tx, const struct manual *m, int64_t now_us)
{
    return (struct work){.tx = tx, .arena = tx_arena(tx), .m = m, .now_us = now_us};
}

struct expr_env work_env(const struct work *w)
{
    const struct worktime *wt = manual_worktime(w->m, STR_NONE, NULL, 0);

    return (struct expr_env){
        .now_us = w->now_us,
        .zone = wt && wt->zone ? wt->zone : zone_utc(),
        .worktime = wt,
    };
}

struct save_context work_save_context(const struct work *w, struct str page)
{
    work_memory(w->tx)->saves++;
    return (struct save_context){
        .manual = w->m,
        .actor = actor_system(w->arena, w->m, page),
        .now_us = w->now_us,
        .depth = w->depth + 1,
        .dry_run = w->dry_run,
    };
}

bool record_is_live(const struct record *r)
{
    return r->values[F_ARCHIVED_AT].empty && r->values[F_DELETED_AT].empty;
}

bool value_filled(const struct value *v)
{
    if (v->type == FT_REFS)
        return v->n_ids > 0 || !v->empty;
    if (v->empty)
        return false;
    switch (field_types[v->type].store) {
    case FS_TEXT:
    case FS_TEXT_FOLD:
    case FS_SET:
        return str_trim(v->s).len > 0;
    default:
        return true;
    }
}

int64_t record_owner_id(const struct record *r)
{
    return r->values[F_OWNER].empty ? 0 : r->values[F_OWNER].i;
}

int workflow_index(const struct manual *m, struct str path)
{
    for (size_t i = 0; i < m->n_workflows; i++)
        if (str_eq(m->workflows[i].page->path, path))
            return (int)i;
    return -1;
}

int policy_index(const struct manual *m, struct str path)
{
    for (size_t i = 0; i < m->n_policies; i++)
        if (str_eq(m->policies[i].page->path, path))
            return (int)i;
    return -1;
}

int escalation_index(const struct manual *m, struct str path_or_name)
{
    for (size_t i = 0; i < m->n_escalations; i++) {
        const struct page *page = m->escalations[i].page;

        if (str_eq(page->path, path_or_name) || str_eq(page->name, path_or_name))
            return (int)i;
    }
    return -1;
}

bool err_stops(const struct err *e)
{
    return e->kind == ERR_BUSY || strcmp(e->code, "db.full") == 0;
}

bool rule_is_swept(const struct work *w, const struct rule *rule)
{
    return rule->e && (expr_uses_time(rule->e) || rule_reads_engine(w, rule));
}

bool rule_reads_engine(const struct work *w, const struct rule *rule)
{
    struct expr_dep *deps;
    size_t n;

    if (!rule->e)
        return false;
    expr_deps(w->arena, rule->e, &deps, &n);
    for (size_t i = 0; i < n; i++)
        if (w->m->objects[deps[i].object].built_in)
            return true;
    return false;
}

void bind_opt_i64(struct stmt *s, int param, int64_t v)
{
    if (v == 0 || v == DATE_NONE)
        db_bind_null(s, param);
    else
        db_bind_i64(s, param, v);
}

void bind_opt_str(struct stmt *s, int param, struct str v)
{
    if (v.len == 0)
        db_bind_null(s, param);
    else
        db_bind_str(s, param, v);
}

struct str col_str(const struct work *w, const struct stmt *s, const char *name)
{
    struct str v = db_str(s, db_col(s, name));

    return v.len ? str_dup(w->arena, v) : STR("");
}

int64_t col_i64(const struct stmt *s, const char *name)
{
    return db_i64(s, db_col(s, name));
}

struct err *work_read(const struct work *w, struct str object, int64_t id, struct record *out,
                      bool *live)
{
    const struct object *o = manual_object(w->m, object);
    struct err *e;

    *live = false;
    if (!o || o->built_in)
        return NULL;
    e = ahead_read(w, o, id, out);
    if (e && e->kind == ERR_NOT_FOUND)
        return NULL;
    TRY(e);
    *live = record_is_live(out);
    return NULL;
}

struct str span_words(struct arena *arena, int64_t us)
{
    if (us < US_PER_HOUR)
        return str_fmt(arena, "%lld min", (long long)(us / US_PER_MINUTE));
    if (us < 2 * US_PER_DAY)
        return str_fmt(arena, "%lld h", (long long)(us / US_PER_HOUR));
    return str_fmt(arena, "%lld days", (long long)(us / US_PER_DAY));
}
