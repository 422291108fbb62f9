/* Reading a query: which fields, in which order, with which rights. Names come from the manual alone. */
#include "record/query_impl.h"

#include <stdio.h>
#include <string.h>

struct err *err_parameter(struct arena *arena, const char *name, struct str way, const char *fmt,
                          ...)
{
    va_list ap;

    va_start(ap, fmt);
    struct str text = str_vfmt(arena, fmt, ap);
    va_end(ap);
    struct err *e = FAIL(arena, ERR_INVALID, "query.parameter", name, "%.*s", STR_ARG(text));
    e->way_out = way;
    return e;
}

struct err *unknown_name(struct arena *arena, const char *parameter, const struct object *o,
                         struct str name)
{
    struct str *names = NEW_ARRAY(arena, o->n_fields + 1, struct str);

    for (size_t i = 0; i < o->n_fields; i++)
        names[i] = o->fields[i].name;
    struct str shown = str_sub(name, 0, 60), near = str_nearest(arena, shown, names, o->n_fields);
    return err_parameter(arena, parameter,
                         near.ptr ? str_fmt(arena, "Did you mean %.*s?", STR_ARG(near)) : STR_NONE,
                         "%.*s has no field \"%.*s\".", STR_ARG(o->label), STR_ARG(shown));
}

static struct err *denied_field(struct arena *arena, const struct object *o, const struct field *f)
{
    struct err *e =
        FAIL(arena, ERR_FORBIDDEN, "access.field_denied", NULL,
             "Your roles do not allow you to read %.*s.%.*s.", STR_ARG(o->name), STR_ARG(f->name));

    e->way_out = STR("Leave it out of the query.");
    return e;
}

static bool may_read(const struct list_plan *l, const struct object *o, const struct field *f)
{
    return !l->a || o->built_in || access_field(l->a, o->index, f->index) != FR_NONE;
}

/* The join for a reference, made at its first use. -1: its target cannot be joined. */
static int join_of(struct list_plan *l, const struct field *ref, bool entry)
{
    if (ref->to_object < 0 || ref->index == F_ID)
        return -1;
    const struct object *target = &l->m->objects[ref->to_object];
    if (l->a && !target->built_in && access_scope(l->a, target->index, VERB_READ) == SCOPE_NONE)
        return -1;
    for (int i = 0; i < l->n_joins; i++)
        if (l->joins[i].ref == ref && l->joins[i].entry == entry)
            return i;
    if (l->n_joins == JOINS_MAX)
        return -1;
    struct join *j = &l->joins[l->n_joins];
    j->ref = ref;
    j->entry = entry;
    j->target = plan_tx(l->tx, l->m, target);
    snprintf(j->alias, sizeof j->alias, "t%d", l->n_joins + 1);
    return l->n_joins++;
}

/* Where the name of a reference comes from; -1: nowhere the actor may look. */
static int title_join_of(struct list_plan *l, const struct field *f)
{
    if (!type_is_ref(f->type) || f->to_object < 0 || f->index == F_ID)
        return -1;
    const struct object_plan *t = plan_tx(l->tx, l->m, &l->m->objects[f->to_object]);
    if (t->o->built_in || t->o->title < 0 || !may_read(l, t->o, &t->o->fields[t->o->title]))
        return -1;
    return join_of(l, f, !t->title_stored);
}

/* "name" or "account.name": the field, its object and the join it is reached by. */
static struct err *resolve(struct list_plan *l, const char *parameter, struct str path,
                           const struct field **f, const struct object_plan **plan, int *join)
{
    size_t dot = str_find_char(path, '.', 0);
    const struct object *o = l->p->o;

    *join = -1;
    *plan = l->p;
    *f = object_field(o, str_sub(path, 0, dot));
    if (!*f)
        return unknown_name(l->arena, parameter, o, str_sub(path, 0, dot));
    if (!may_read(l, o, *f))
        return denied_field(l->arena, o, *f);
    if (dot == SIZE_MAX)
        return NULL;
    if (!type_is_ref((*f)->type) || (*f)->to_object < 0 || (*f)->index == F_ID)
        return err_parameter(l->arena, parameter,
                             STR("Only references to one object can be followed."),
                             "%.*s does not lead to another record.", STR_ARG((*f)->name));
    *join = join_of(l, *f, false);
    if (*join < 0 && l->n_joins == JOINS_MAX)
        return err_parameter(l->arena, parameter, STR("Leave some out."),
                             "At most %d references can be followed.", JOINS_MAX);
    if (*join < 0) /* not: a field of an object the actor may not read at all */
        return denied_field(l->arena, o, *f);
    struct str rest = str_sub(path, dot + 1, SIZE_MAX);
    *plan = l->joins[*join].target;
    *f = object_field((*plan)->o, rest);
    if (!*f)
        return unknown_name(l->arena, parameter, (*plan)->o, rest);
    if (!may_read(l, (*plan)->o, *f))
        return denied_field(l->arena, (*plan)->o, *f);
    return NULL;
}

static void add_col(struct list_plan *l, const struct field *f, const struct object_plan *plan,
                    int join, struct str name)
{
    struct out_col *c = &l->cols[l->n_cols++];

    *c = (struct out_col){.f = f, .plan = plan, .join = join, .title_join = -1, .title_col = -1};
    if (join < 0)
        c->title_join = title_join_of(l, f);
    c->key = str_fmt(l->arena, "%s\"%.*s\":", l->n_cols > 1 ? "," : "", STR_ARG(name));
}

/* What is worked out under this name, if the reader may read it; NULL: no such name. A field of the page of the same name
 * comes first. */
static struct err *find_computed(struct list_plan *l, struct str name, const struct computed **computed, const struct expr **e)
{
    *computed = NULL;
    if (object_field(l->p->o, name))
        return NULL;
    TRY(computed_find(l->arena, l->m, l->p->o, name, computed, e));
    return *computed && *e && l->a ? access_check_expr(l->arena, l->m, l->a, *e) : NULL;
}

static struct err *add_computed(struct list_plan *l, struct str name, bool *found)
{
    const struct computed *computed;
    const struct expr *e;

    TRY(find_computed(l, name, &computed, &e));
    *found = computed != NULL;
    if (!computed)
        return NULL;
    l->cols[l->n_cols++] = (struct out_col){
        .f = computed_field(l->arena, l->m, computed),
        .plan = l->p,
        .join = -1,
        .title_join = -1,
        .title_col = -1,
        .computed = computed,
        .e = e,
        .key = str_fmt(l->arena, "%s\"%.*s\":", l->n_cols ? "," : "", STR_ARG(name)),
    };
    return NULL;
}

/* A member of the answer stands there once, however often it was asked for. */
static bool has_col(const struct list_plan *l, struct str name)
{
    for (size_t i = 1; i < l->n_cols; i++) /* the id is the first */
        if (l->cols[i].key.len == name.len + 4 && str_eq(str_sub(l->cols[i].key, 2, name.len), name))
            return true;
    return false;
}

static struct err *read_fields(struct list_plan *l)
{
    const struct object *o = l->p->o;
    struct str rest = l->q->fields, part;
    size_t max = o->n_fields + 1;

    for (size_t i = 0; i < rest.len; i++)
        max += rest.ptr[i] == ',';
    l->cols = NEW_ARRAY(l->arena, max + 1, struct out_col);
    if (!str_trim(rest).len) {
        for (size_t i = 0; i < o->n_fields; i++) {
            const struct field *f = &o->fields[i];
            bool bin_only = f->system && !o->built_in && (int)i == F_DELETED_AT && !l->q->bin;
            if (!f->hidden && f->type != FT_REFS && !bin_only && may_read(l, o, f))
                add_col(l, f, l->p, -1, f->name);
        }
        return NULL;
    }
    add_col(l, &o->fields[0], l->p, -1, STR("id"));
    while (str_cut(&rest, ',', &part)) {
        const struct field *f;
        const struct object_plan *plan;
        bool computed;
        int join;
        part = str_trim(part);
        if (str_eq(part, STR("id")) || !part.len || has_col(l, part))
            continue;
        if (l->n_cols > FIELDS_PER_OBJECT_MAX)
            return err_parameter(l->arena, "fields", STR_NONE,
                                 "At most %d fields can be asked for.", FIELDS_PER_OBJECT_MAX);
        TRY(add_computed(l, part, &computed));
        if (computed)
            continue;
        TRY(resolve(l, "fields", part, &f, &plan, &join));
        if (join >= 0 && f->type == FT_REFS)
            return err_parameter(l->arena, "fields", STR_NONE,
                                 "%.*s has many values and cannot be followed.", STR_ARG(part));
        add_col(l, f, plan, join, part);
    }
    return NULL;
}

bool query_sortable(const struct field *f)
{
    enum field_store store = field_types[f->type].store;

    if (f->formula) {
        enum expr_type t = expr_result_type(f->formula);
        return t != ET_SET && t != ET_EMPTY && t != ET_ANY;
    }
    return f->type != FT_LONG_TEXT && store != FS_SET && store != FS_LINKS && store != FS_NONE;
}

static struct err *not_sortable(struct list_plan *l, struct str path)
{
    return err_parameter(l->arena, "sort", STR("Sort by a text, number, date or reference."), "%.*s cannot be sorted by.",
                         STR_ARG(path));
}

static struct err *sort_by_computed(struct list_plan *l, struct str name, bool desc, bool *found)
{
    struct sort_key *k = &l->sorts[l->n_sorts];
    const struct computed *computed;
    const struct expr *e;

    TRY(find_computed(l, name, &computed, &e));
    *found = computed != NULL;
    if (!computed)
        return NULL;
    if (!e)
        return not_sortable(l, name);
    *k = (struct sort_key){.f = computed_field(l->arena, l->m, computed),
                           .plan = l->p,
                           .join = -1,
                           .desc = desc,
                           .nullable = true,
                           .kind = expr_result_type(e) == ET_TEXT ? KEY_TEXT : KEY_INT,
                           .computed = computed,
                           .e = e};
    k->named = computed->type == FT_USER && computed_named(l, k->f);
    if (k->named)
        k->kind = KEY_TEXT;
    l->outside = true;
    l->n_sorts++;
    return NULL;
}

static struct err *sort_by(struct list_plan *l, struct str path, bool desc)
{
    struct sort_key *k = &l->sorts[l->n_sorts];
    bool computed;

    TRY(sort_by_computed(l, path, desc, &computed));
    if (computed)
        return NULL;
    TRY(resolve(l, "sort", path, &k->f, &k->plan, &k->join));
    if (k->join < 0 && type_is_ref(k->f->type) &&
        k->f->index != F_ID) { /* people sort by names, not by ids */
        int join = title_join_of(l, k->f);
        if (join >= 0) {
            k->join = join;
            k->entry = l->joins[join].entry;
            k->plan = l->joins[join].target;
            k->f = &k->plan->o->fields[k->plan->o->title];
        }
    }
    if (k->entry) {
        k->desc = desc;
        k->nullable = true;
        k->kind = KEY_TEXT;
        l->n_sorts++;
        return NULL;
    }
    enum field_store store = field_types[k->f->type].store;
    if (!query_sortable(k->f))
        return not_sortable(l, path);
    k->desc = desc;
    k->nullable =
        k->join >= 0 || !k->f->system || (k->f->index != F_ID && k->f->index != F_CREATED_AT);
    k->kind = store == FS_TEXT || store == FS_TEXT_FOLD ? KEY_TEXT : KEY_INT;
    if (store == FS_NONE) {
        enum expr_type t = expr_result_type(k->f->formula);
        k->kind = t == ET_TEXT                                             ? KEY_TEXT
                  : t == ET_NUMBER && expr_result_scale(k->f->formula) < 0 ? KEY_REAL
                                                                           : KEY_INT;
    }
    l->n_sorts++;
    return NULL;
}

static struct err *read_sort(struct list_plan *l)
{
    struct str rest = l->q->sort, part;
    bool has_id = false;

    while (str_cut(&rest, ',', &part)) {
        bool desc = false;
        part = str_trim(part);
        if (str_starts(part, STR("-"))) {
            desc = true;
            part = str_sub(part, 1, SIZE_MAX);
        }
        size_t blank = str_find_char(part, ' ', 0);
        if (blank != SIZE_MAX) {
            struct str word = str_trim(str_sub(part, blank, SIZE_MAX));
            if (!str_eq_nocase(word, STR("asc")) && !str_eq_nocase(word, STR("desc")))
                return err_parameter(l->arena, "sort", STR("Write it as: close_date desc, name."),
                                     "\"%.*s\" is neither asc nor desc.",
                                     STR_ARG(str_sub(word, 0, 40)));
            desc = str_eq_nocase(word, STR("desc"));
            part = str_sub(part, 0, blank);
        }
        if (!part.len)
            continue;
        if (l->n_sorts == SORTS_MAX)
            return err_parameter(l->arena, "sort", STR_NONE, "At most %d fields can be sorted by.",
                                 SORTS_MAX);
        has_id = has_id || str_eq(part, STR("id"));
        TRY(sort_by(l, part, desc));
    }
    if (has_id)
        return NULL;
    if (!l->n_sorts && !l->p->o->built_in)
        TRY(sort_by(l, STR("created_at"), true));
    bool desc = l->n_sorts ? l->sorts[l->n_sorts - 1].desc : true;
    l->sorts[l->n_sorts++] =
        (struct sort_key){.f = &l->p->o->fields[0], .plan = l->p, .join = -1, .desc = desc};
    return NULL;
}

struct err *list_plan_make(struct list_plan *l)
{
    l->arena = tx_arena(l->tx);
    l->p = plan_tx(l->tx, l->m, l->q->object);
    if (l->a && !l->p->o->built_in)
        TRY(access_need(l->arena, l->m, l->a, l->p->o->index, VERB_READ));
    if (l->a && !l->a->system && str_eq(l->p->o->name, STR("change")) && l->p->o->built_in)
        return FAIL(l->arena, ERR_FORBIDDEN, "access.denied", NULL,
                    "Changes are listed record by record.");
    if (str_trim(l->q->filter).len) {
        TRY(plan_expr(l->arena, l->m, l->p->o->index, l->q->filter, EXPR_CONDITION, &l->filter));
        if (l->a)
            TRY(access_check_expr(l->arena, l->m, l->a, l->filter));
    }
    TRY(read_fields(l));
    TRY(read_sort(l));
    return l->q->cursor.len ? cursor_read(l) : NULL;
}

static void add_join(struct list_plan *l, struct sql_text *q, const struct join *j)
{
    if (j->entry)
        buf_fmt(&q->text, " LEFT JOIN search_entry %s ON %s.record_id = r.\"%.*s\"", j->alias,
                j->alias, STR_ARG(j->ref->column));
    else
        buf_fmt(&q->text, " LEFT JOIN %.*s %s ON %s.\"id\" = r.\"%.*s\"", STR_ARG(j->target->table),
                j->alias, j->alias, STR_ARG(j->ref->column));
    if (l->a)
        access_sql(q, l->a, j->target->o->index, VERB_READ, j->alias);
}

void entry_rights(struct sql_text *q, const struct manual *m, const struct actor *a,
                  const bool *wanted, const char *alias)
{
    bool first = true, all = !wanted;

    for (size_t i = 0; i < m->n_objects; i++)
        all = all && (m->objects[i].built_in || access_scope(a, (int)i, VERB_READ) == SCOPE_ALL);
    if (all)
        return;
    sql_add(q, " AND (");
    for (size_t i = 0; i < m->n_objects; i++) {
        if (m->objects[i].built_in || (wanted && !wanted[i]) ||
            access_scope(a, (int)i, VERB_READ) == SCOPE_NONE)
            continue;
        buf_fmt(&q->text, "%s%s.object = ", first ? "(" : " OR (", alias);
        sql_add_str(q, m->objects[i].name);
        access_sql(q, a, (int)i, VERB_READ, alias);
        sql_add(q, ")");
        first = false;
    }
    sql_add(q, first ? "1 = 0)" : ")");
}

/* What the engine keeps about a record is for those who may see the record; who was late is for those it concerns. */
static void built_in_rights(struct list_plan *l, struct sql_text *q)
{
    const struct object *o = l->p->o;

    if (!l->a || l->a->system || !object_field(o, STR("record_id")))
        return;
    sql_add(q, " AND EXISTS (SELECT 1 FROM search_entry s WHERE s.record_id = r.\"record_id\"");
    entry_rights(q, l->m, l->a, NULL, "s");
    sql_add(q, ")");
    if (str_eq(o->name, STR("breach")) && !access_right(l->a, RIGHT_SEE_BREACHES)) {
        sql_add(q, " AND (r.\"owed_by\" IS NULL OR r.\"owed_by\" = ");
        sql_add_i64(q, l->a->user_id);
        for (size_t i = 0; i < l->a->n_below; i++) {
            sql_add(q, i ? ", " : " OR r.\"owed_by\" IN (");
            sql_add_i64(q, l->a->below[i]);
        }
        sql_add(q, l->a->n_below ? "))" : ")");
    }
}

void list_from(struct list_plan *l, struct sql_text *q, bool with_joins)
{
    buf_fmt(&q->text, " FROM %.*s r", STR_ARG(l->p->table));
    for (int i = 0; with_joins && i < l->n_joins; i++)
        add_join(l, q, &l->joins[i]);
    if (l->p->o->built_in)
        sql_add(q, " WHERE 1 = 1");
    else
        sql_add(q, l->q->bin ? " WHERE r.\"deleted_at\" IS NOT NULL"
                             : " WHERE r.\"deleted_at\" IS NULL");
    if (!l->p->o->built_in && !l->q->bin && !l->q->archived)
        sql_add(q, " AND r.\"archived_at\" IS NULL");
    if (l->filter) {
        sql_add(q, " AND ");
        if (l->a) {
            struct actor *ctx =
                NEW(l->arena, struct actor); /* the scope function takes a plain pointer */
            *ctx = *l->a;
            expr_sql_scoped(q, l->filter, "r", &l->env, access_expr_scope, ctx);
        } else {
            expr_sql(q, l->filter, "r", &l->env);
        }
    }
    if (l->p->o->built_in)
        built_in_rights(l, q);
    else if (l->a)
        access_sql(q, l->a, l->p->o->index, VERB_READ, "r");
}

void sort_sql(struct list_plan *l, struct sql_text *q, const struct sort_key *k)
{
    if (k->entry) {
        buf_fmt(&q->text, "%s.title_fold", l->joins[k->join].alias);
        return;
    }
    if (k->computed) {
        if (k->named)
            computed_name_sql(l, q, k->f, k->e, "name$f");
        else
            computed_sql(l, q, k->e);
        return;
    }
    expr_sql_field(q, k->plan->eo, &k->plan->eo->fields[k->f->index],
                   k->join < 0 ? "r" : l->joins[k->join].alias, &l->env);
}
