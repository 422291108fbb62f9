/* Columns of a list that are worked out from what is related. They are names of the one language (manual/schema.c says
 * what they stand for), so a filter on the same words finds the same rows, with the same rights; only lists that ask for
 * them pay for them. */
#include "record/query_impl.h"

static const struct computed columns[] = {
    {"last_contact_at", "Last contact", FT_DATE_TIME, true},
    {"last_contact_by", "Last contact by", FT_USER, true},
    {"last_contact_channel", "Last contact channel", FT_CHOICE, true},
    {"next_action", "Next action", FT_TEXT, false},
    {"next_action_due", "Next action due", FT_DATE_TIME, true},
    {"open_breaches", "Rules not met", FT_NUMBER, true},
};
#define N_COLUMNS ((int)(sizeof columns / sizeof *columns))
_Static_assert(sizeof columns / sizeof *columns <= (size_t)COMPUTED_MAX, "room for all of them");

/* A manual without activities, or whose activities have no such field, has no such column. */
static const struct expr *compiled(struct arena *arena, const struct manual *m, const struct object *o, const struct computed *c)
{
    const struct expr *e = NULL;

    if (!c->expression || plan_expr(arena, m, o->index, str_from(c->name), EXPR_VALUE, &e))
        return NULL;
    return expr_result_type(e) == field_types[c->type].expr_type ? e : NULL;
}

struct err *computed_find(struct arena *arena, const struct manual *m, const struct object *o, struct str name,
                          const struct computed **out, const struct expr **e)
{
    *out = NULL;
    *e = NULL;
    if (o->built_in)
        return NULL;
    for (int i = 0; i < N_COLUMNS; i++) {
        if (!str_eq(name, str_from(columns[i].name)))
            continue;
        *e = compiled(arena, m, o, &columns[i]);
        if (*e || !columns[i].expression)
            *out = &columns[i];
    }
    return NULL;
}

size_t query_computed(struct arena *arena, const struct manual *m, const struct actor *a, const struct object *o,
                      struct computed_column *out)
{
    size_t n = 0;

    for (int i = 0; !o->built_in && i < N_COLUMNS; i++) {
        const struct expr *e = compiled(arena, m, o, &columns[i]);

        if ((columns[i].expression && !e) || object_field(o, str_from(columns[i].name)))
            continue;
        if (e && access_check_expr(arena, m, a, e)) /* asking for it would be refused */
            continue;
        out[n++] = (struct computed_column){str_from(columns[i].name), str_from(columns[i].label), e ? expr_text(e) : STR(""),
                                            columns[i].type, e != NULL};
    }
    return n;
}

const struct field *computed_field(struct arena *arena, const struct manual *m, const struct computed *c)
{
    struct field *f = NEW(arena, struct field);

    f->name = str_from(c->name);
    f->label = str_from(c->label);
    f->type = c->type;
    f->index = -1;
    f->to_object = c->type == FT_USER ? manual_object_index(m, "user") : -1;
    f->vocabulary = -1;
    return f;
}

/* Scope functions take a plain pointer. */
static void *scope_of(struct list_plan *l)
{
    struct actor *a = NEW(l->arena, struct actor);

    *a = *l->a;
    return a;
}

void computed_sql(struct list_plan *l, struct sql_text *q, const struct expr *e)
{
    if (!e)
        sql_add(q, "(SELECT x.title FROM task x WHERE x.record_id = r.\"id\" AND x.closed_us IS NULL"
                   " ORDER BY x.due_us NULLS LAST, x.priority, x.id LIMIT 1)");
    else if (l->a)
        expr_sql_scoped(q, e, "r", &l->env, access_expr_scope, scope_of(l));
    else
        expr_sql(q, e, "r", &l->env);
}

bool computed_named(const struct list_plan *l, const struct field *f)
{
    const struct object *user = &l->m->objects[f->to_object];

    return !l->a || (access_scope(l->a, user->index, VERB_READ) != SCOPE_NONE &&
                     access_field(l->a, user->index, user->title) != FR_NONE);
}

void computed_name_sql(struct list_plan *l, struct sql_text *q, const struct field *f, const struct expr *e, const char *column)
{
    if (!computed_named(l, f)) {
        sql_add(q, "NULL");
        return;
    }
    sql_add(q, "(SELECT u.\"");
    sql_add(q, column);
    sql_add(q, "\" FROM o_user u WHERE u.\"id\" = ");
    computed_sql(l, q, e);
    if (l->a)
        access_sql(q, l->a, f->to_object, VERB_READ, "u");
    sql_add(q, ")");
}
