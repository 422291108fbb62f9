/* Rights: combined scopes and fields of an actor, as a condition in SQL and as a judgement on plain facts. */
#include "access/access_impl.h"

#include <assert.h>
#include <stdlib.h>

enum { IN_LIST_MAX = 16 }; /* longer lists are bound as one JSON or array text: one statement text for all lengths */

static bool has_object(const struct actor *a, int object)
{
    return a->can && a->manual && object >= 0 && (size_t)object < a->manual->n_objects;
}

enum scope access_scope(const struct actor *a, int object, enum verb verb)
{
    if (a->system)
        return SCOPE_ALL;
    if (!has_object(a, object))
        return SCOPE_NONE;
    return (enum scope)a->can[object][verb];
}

enum field_right access_field(const struct actor *a, int object, int field)
{
    if (a->system)
        return FR_WRITE;
    if (!has_object(a, object) || field < 0 || (size_t)field >= a->manual->objects[object].n_fields)
        return FR_NONE;
    if (!a->field_rights[object])
        return FR_WRITE;
    return (enum field_right)a->field_rights[object][field];
}

bool access_right(const struct actor *a, enum right right)
{
    return a->system || (a->rights & (1u << right)) != 0;
}

/* "a sales manager or an administrator"; empty if nobody. */
static struct str roles_list(struct arena *arena, const struct str *names, size_t n)
{
    struct buf b = buf_new(arena, 64);

    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_add(&b, i + 1 == n ? STR(" or ") : STR(", "));
        buf_add(&b, names[i]);
    }
    return buf_str(&b);
}

static struct err *denied(struct arena *arena, const struct actor *a, struct str what, const struct str *names, size_t n)
{
    struct err *e = FAIL(arena, ERR_FORBIDDEN, "access.denied", NULL, "Your roles do not allow you to %.*s.", STR_ARG(what));

    if (n)
        e->way_out = str_fmt(arena, "Ask %.*s.", STR_ARG(roles_list(arena, names, n)));
    else
        e->way_out = STR("No role of the manual allows it. Suggest a change to the page of a role.");
    if (a->n_roles) {
        e->page = a->roles[0]->page ? a->roles[0]->page->path : STR_NONE;
        e->reason = a->roles[0]->page ? a->roles[0]->page->why : STR_NONE;
    }
    return e;
}

struct err *access_need(struct arena *arena, const struct manual *m, const struct actor *a, int object, enum verb verb)
{
    struct str *names;
    size_t n = 0;

    if (access_scope(a, object, verb) != SCOPE_NONE)
        return NULL;
    assert(object >= 0 && (size_t)object < m->n_objects);
    names = NEW_ARRAY(arena, m->n_roles + 1, struct str);
    for (size_t i = 0; i < m->n_roles; i++)
        if (m->roles[i].can && m->roles[i].can[object][verb] != SCOPE_NONE)
            names[n++] = manual_a_role(arena, m, m->roles[i].name);
    return denied(arena, a, str_fmt(arena, "%s %.*s", verb_words[verb], STR_ARG(m->objects[object].plural)), names, n);
}

struct err *access_need_right(struct arena *arena, const struct manual *m, const struct actor *a, enum right right)
{
    struct str *names;
    size_t n = 0;

    if (access_right(a, right))
        return NULL;
    names = NEW_ARRAY(arena, m->n_roles + 1, struct str);
    for (size_t i = 0; i < m->n_roles; i++)
        if (m->roles[i].rights & (1u << right))
            names[n++] = manual_a_role(arena, m, m->roles[i].name);
    return denied(arena, a, str_fmt(arena, "do this; it needs the right %s", right_words[right]), names, n);
}

/* ---- the condition ---- */

static void add_column(struct sql_text *q, const char *alias, const char *column)
{
    sql_add_ident(q, str_from(alias));
    sql_add(q, ".");
    sql_add_ident(q, str_from(column));
}

/* column IN (ids). Short lists are padded to 1, 2, 4, 8 or 16 parameters, long ones are one parameter, so that few
 * different texts reach the statement cache; both shapes can use an index. */
static void add_in(struct sql_text *q, const char *alias, const char *column, const int64_t *ids, size_t n)
{
    if (n == 0) {
        sql_add(q, "1 = 0");
        return;
    }
    add_column(q, alias, column);
    if (n == 1) {
        sql_add(q, " = ");
        sql_add_i64(q, ids[0]);
    } else if (n <= IN_LIST_MAX) {
        size_t padded = 2;

        while (padded < n)
            padded *= 2;
        sql_add(q, " IN (");
        for (size_t i = 0; i < padded; i++) {
            if (i)
                sql_add(q, ", ");
            sql_add_i64(q, ids[i < n ? i : n - 1]);
        }
        sql_add(q, ")");
    } else {
        bool sqlite = q->kind == DB_SQLITE;
        struct buf b = buf_new(q->text.arena, n * 20 + 2);

        buf_add_char(&b, sqlite ? '[' : '{');
        for (size_t i = 0; i < n; i++) {
            if (i)
                buf_add_char(&b, ',');
            buf_add_i64(&b, ids[i]);
        }
        buf_add_char(&b, sqlite ? ']' : '}');
        sql_add(q, sqlite ? " IN (SELECT value FROM json_each(" : " = ANY(CAST(");
        sql_add_str(q, buf_str(&b));
        sql_add(q, sqlite ? "))" : " AS BIGINT[]))");
    }
}

static void add_is_null(struct sql_text *q, const char *alias, const char *column)
{
    add_column(q, alias, column);
    sql_add(q, " IS NULL");
}

static void add_team(struct sql_text *q, const struct actor *a, const char *alias)
{
    if (a->n_teams)
        add_in(q, alias, "team", a->teams, a->n_teams);
    else
        sql_add(q, "1 = 0");
}

static bool reaches_all(const struct actor *a, int object, enum verb verb)
{
    return access_scope(a, object, verb) == SCOPE_ALL || (has_object(a, object) && a->manual->objects[object].built_in);
}

static void add_reach(struct sql_text *q, const struct actor *a, int object, enum verb verb, const char *alias)
{
    enum scope scope = access_scope(a, object, verb);

    if (scope == SCOPE_NONE) {
        sql_add(q, "1 = 0");
        return;
    }
    sql_add(q, "(");
    if (scope == SCOPE_BELOW) {
        add_in(q, alias, "owner", a->below, a->n_below);
    } else {
        add_column(q, alias, "owner");
        sql_add(q, " = ");
        sql_add_i64(q, a->user_id);
    }
    if (scope == SCOPE_TEAM || (scope == SCOPE_BELOW && a->team_too[object][verb])) {
        sql_add(q, " OR ");
        add_team(q, a, alias);
        sql_add(q, " OR (");
        add_is_null(q, alias, "owner");
        sql_add(q, " AND ");
        add_is_null(q, alias, "team");
        sql_add(q, ")");
    } else if (scope == SCOPE_BELOW) {
        sql_add(q, " OR (");
        add_is_null(q, alias, "owner");
        sql_add(q, " AND (");
        add_is_null(q, alias, "team");
        sql_add(q, " OR ");
        add_team(q, a, alias);
        sql_add(q, "))");
    }
    sql_add(q, ")");
}

void access_sql(struct sql_text *q, const struct actor *a, int object, enum verb verb, const char *alias)
{
    if (reaches_all(a, object, verb))
        return;
    sql_add(q, " AND ");
    add_reach(q, a, object, verb, alias);
}

void access_expr_scope(void *ctx, struct sql_text *q, int object, const char *alias)
{
    if (!reaches_all(ctx, object, VERB_READ))
        add_reach(q, ctx, object, VERB_READ, alias);
}

static bool contains(const int64_t *sorted, size_t n, int64_t id)
{
    size_t lo = 0;

    while (lo < n) {
        size_t mid = lo + (n - lo) / 2;

        if (sorted[mid] == id)
            return true;
        if (sorted[mid] < id)
            lo = mid + 1;
        else
            n = mid;
    }
    return false;
}

bool access_row(const struct actor *a, int object, enum verb verb, int64_t owner, int64_t team)
{
    enum scope scope = access_scope(a, object, verb);
    bool mine = owner != 0 && owner == a->user_id;
    bool my_team = team != 0 && contains(a->teams, a->n_teams, team);
    bool nobodys = owner == 0 && team == 0;

    if (scope != SCOPE_NONE && has_object(a, object) && a->manual->objects[object].built_in)
        return true;
    switch (scope) {
    case SCOPE_NONE:
        return false;
    case SCOPE_OWN:
        return mine;
    case SCOPE_TEAM:
        return mine || my_team || nobodys;
    case SCOPE_BELOW:
        if (owner != 0 && contains(a->below, a->n_below, owner))
            return true;
        return nobodys || (my_team && (owner == 0 || a->team_too[object][verb]));
    case SCOPE_ALL:
        return true;
    }
    return false;
}

struct err *access_check_expr(struct arena *arena, const struct manual *m, const struct actor *a, const struct expr *e)
{
    struct expr_dep *deps = NULL;
    size_t n = 0;

    if (!e || a->system)
        return NULL;
    expr_deps(arena, e, &deps, &n);
    for (size_t i = 0; i < n; i++) {
        const struct object *o;
        struct err *err;

        assert(deps[i].object >= 0 && (size_t)deps[i].object < m->n_objects);
        o = &m->objects[deps[i].object];
        if (o->built_in)
            continue;
        if (access_scope(a, deps[i].object, VERB_READ) == SCOPE_NONE) {
            err = FAIL(arena, ERR_FORBIDDEN, "access.field_denied", NULL,
                       "Your roles do not allow you to read %.*s, so an expression of yours cannot ask about them.",
                       STR_ARG(o->plural));
        } else if (deps[i].field >= 0 && access_field(a, deps[i].object, deps[i].field) == FR_NONE) {
            err = FAIL(arena, ERR_FORBIDDEN, "access.field_denied", NULL,
                       "Your roles do not allow you to read %.*s.%.*s, so an expression of yours cannot ask about it.",
                       STR_ARG(o->name), STR_ARG(o->fields[deps[i].field].name));
        } else {
            continue;
        }
        err->way_out = STR("Leave this part out of the expression.");
        return err;
    }
    return NULL;
}
