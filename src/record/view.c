/* Saved views: reading, checking, writing. */
#include "record/view.h"

#include "base/id.h"
#include "base/limits.h"
#include "record/view.sql.h"

#define USE_AGAIN_US (3600LL * US_PER_SECOND)
#define SORT_BYTES_MAX 1000
#define DEFAULT_LAYOUT "grid"

static struct err *not_found(struct arena *arena)
{
    return FAIL(arena, ERR_NOT_FOUND, "record.not_found", NULL, "There is no such view, or it is not shared with you.");
}

static struct err *invalid(struct arena *arena, const char *pointer, struct str way_out, struct str message)
{
    struct err *e = FAIL(arena, ERR_INVALID, "record.field_invalid", pointer, "%.*s", STR_ARG(message));

    e->way_out = way_out;
    return e;
}

/* ---- columns as they are stored ---- */

static struct str columns_text(struct arena *arena, const struct view_column *columns, size_t n)
{
    struct buf b = buf_new(arena, 64 + n * 40);
    struct json_writer w = json_writer(&b);

    jw_array(&w);
    for (size_t i = 0; i < n; i++) {
        jw_object(&w);
        jw_kv_str(&w, "field", columns[i].field);
        jw_kv_i64(&w, "width", columns[i].width_px);
        jw_end_object(&w);
    }
    jw_end_array(&w);
    return buf_str(&b);
}

static struct err *columns_read(struct arena *arena, struct str text, struct view *v)
{
    struct view_column *columns;
    struct json j;

    TRY(json_parse(arena, text, &j));
    columns = NEW_ARRAY(arena, j.n + 1, struct view_column);
    for (size_t i = 0; i < j.n; i++)
        columns[i] = (struct view_column){json_get(&j.items[i], "field")->str, (int)json_get(&j.items[i], "width")->integer};
    v->columns = columns;
    v->n_columns = j.n;
    return NULL;
}

static struct str columns_fields(struct arena *arena, const struct view_column *columns, size_t n)
{
    struct str *names = NEW_ARRAY(arena, n + 1, struct str);

    for (size_t i = 0; i < n; i++)
        names[i] = columns[i].field;
    return str_join(arena, names, n, STR(","));
}

/* ---- reading ---- */

static bool may_change(const struct actor *a, const struct view *v)
{
    return v->owner == a->user_id || (v->shared && access_right(a, RIGHT_MANAGE_USERS));
}

/* What the list would say if it were asked now by this person. */
static void find_problem(struct tx *tx, const struct manual *m, const struct actor *a, const struct object *o, struct view *v)
{
    struct query q = {
        .object = o, .filter = v->filter, .sort = v->sort, .fields = columns_fields(tx_arena(tx), v->columns, v->n_columns)};
    struct err *e = query_check(tx, m, a, &q);

    if (!e && v->group.len) {
        q = (struct query){.object = o, .fields = v->group};
        e = query_check(tx, m, a, &q);
    }
    v->problem = e ? e->message : STR("");
}

static struct err *row_read(struct tx *tx, const struct actor *a, struct stmt *st, struct view *v)
{
    struct arena *arena = tx_arena(tx);

    *v = (struct view){
        .id = db_i64(st, db_col(st, "id")),
        .owner = db_i64(st, db_col(st, "owner")),
        .object = str_dup(arena, db_str(st, db_col(st, "object"))),
        .name = str_dup(arena, db_str(st, db_col(st, "name"))),
        .shared = db_i64(st, db_col(st, "shared")) != 0,
        .layout = str_dup(arena, db_str(st, db_col(st, "layout"))),
        .filter = str_dup(arena, db_str(st, db_col(st, "filter"))),
        .sort = str_dup(arena, db_str(st, db_col(st, "sort"))),
        .group = str_dup(arena, db_str(st, db_col(st, "grouped_by"))),
        .version = db_i64(st, db_col(st, "version")),
        .owner_name = str_dup(arena, db_str(st, db_col(st, "owner_name"))),
        .used_by = db_i64(st, db_col(st, "used_by")),
    };
    v->may_change = may_change(a, v);
    return columns_read(arena, str_dup(arena, db_str(st, db_col(st, "columns"))), v);
}

/* The object of a view, if there still is one that the actor may read. */
static const struct object *object_of(const struct manual *m, const struct actor *a, struct str name)
{
    const struct object *o = manual_object(m, name);

    return o && !o->built_in && access_scope(a, o->index, VERB_READ) != SCOPE_NONE ? o : NULL;
}

struct err *view_list(struct tx *tx, const struct manual *m, const struct actor *a, struct str object, int64_t now_us,
                      struct view **out, size_t *n)
{
    struct arena *arena = tx_arena(tx);
    VEC(struct view) list = {0};
    struct stmt *st;
    bool row;

    if (object.len && (!manual_object(m, object) || manual_object(m, object)->built_in))
        return FAIL(arena, ERR_INVALID, "query.parameter", "object", "There is no object of that name.");
    TRY(db_stmt(tx, &sql_view_list, &st));
    db_bind_i64(st, 1, a->user_id);
    db_bind_str(st, 2, object.ptr ? object : STR(""));
    db_bind_i64(st, 3, now_us - VIEW_USE_US);
    db_bind_i64(st, 4, VIEW_LIST_MAX);
    for (;;) {
        struct view v;

        TRY(db_step(st, &row));
        if (!row)
            break;
        TRY(row_read(tx, a, st, &v));
        if (object_of(m, a, v.object))
            VEC_PUSH(arena, list) = v;
    }
    for (size_t i = 0; i < list.n; i++)
        find_problem(tx, m, a, manual_object(m, list.at[i].object), &list.at[i]);
    *out = list.at;
    *n = list.n;
    return NULL;
}

struct err *view_get(struct tx *tx, const struct manual *m, const struct actor *a, int64_t id, int64_t now_us,
                     struct view *out)
{
    const struct object *o;
    struct stmt *st;
    bool row;

    *out = (struct view){0};
    TRY(db_stmt(tx, &sql_view_get, &st));
    db_bind_i64(st, 1, a->user_id);
    db_bind_i64(st, 2, id);
    db_bind_i64(st, 3, now_us - VIEW_USE_US);
    TRY(db_step(st, &row));
    if (!row)
        return not_found(tx_arena(tx));
    TRY(row_read(tx, a, st, out));
    db_done(st);
    o = object_of(m, a, out->object);
    if (!o)
        return not_found(tx_arena(tx));
    find_problem(tx, m, a, o, out);
    return NULL;
}

/* ---- checking ---- */

static struct err *at_pointer(struct err *e, const char *pointer)
{
    for (struct err *i = e; i; i = i->next)
        i->field = pointer;
    return e;
}

static struct err *check_name(struct tx *tx, const struct view *v)
{
    struct arena *arena = tx_arena(tx);
    struct stmt *st;
    bool row;

    if (!v->name.len || utf8_count(v->name) > VIEW_NAME_CHARS_MAX)
        return invalid(arena, "/name", STR_NONE, str_fmt(arena, "A view has a name of 1 to %d characters.", VIEW_NAME_CHARS_MAX));
    TRY(db_stmt(tx, &sql_view_name_taken, &st));
    db_bind_i64(st, 1, v->owner);
    db_bind_str(st, 2, v->object);
    db_bind_str(st, 3, utf8_fold(arena, v->name));
    db_bind_i64(st, 4, v->id);
    TRY(db_step(st, &row));
    db_done(st);
    if (row) {
        struct err *e = FAIL(arena, ERR_CONFLICT, "record.not_unique", "/name", "There is a view \"%.*s\" already.", STR_ARG(v->name));

        e->way_out = STR("Choose another name, or change that view.");
        return e;
    }
    return NULL;
}

static struct err *check_columns(struct tx *tx, const struct manual *m, const struct actor *a, const struct object *o,
                                 const struct view *v)
{
    struct arena *arena = tx_arena(tx);
    struct err *all = NULL;

    if (v->n_columns > VIEW_COLUMNS_MAX)
        return invalid(arena, "/columns", STR_NONE, str_fmt(arena, "A view has at most %d columns.", VIEW_COLUMNS_MAX));
    for (size_t i = 0; i < v->n_columns; i++) {
        struct query q = {.object = o, .fields = v->columns[i].field};
        const char *pointer = str_cstr(arena, str_fmt(arena, "/columns/%zu/field", i));
        struct err *e = NULL;

        if (!str_trim(v->columns[i].field).len || str_find_char(v->columns[i].field, ',', 0) != SIZE_MAX)
            e = invalid(arena, pointer, STR_NONE, STR("A column shows one field."));
        for (size_t k = 0; !e && k < i; k++)
            if (str_eq(v->columns[k].field, v->columns[i].field))
                e = invalid(arena, pointer, STR_NONE, str_fmt(arena, "\"%.*s\" stands there twice.", STR_ARG(v->columns[i].field)));
        err_add(&all, e ? e : at_pointer(query_check(tx, m, a, &q), pointer));
    }
    return all;
}

static struct err *check_group(struct tx *tx, const struct manual *m, const struct actor *a, const struct object *o,
                               const struct view *v)
{
    const struct field *f = object_field(o, v->group);
    struct query q = {.object = o, .fields = v->group};

    if (!v->group.len)
        return NULL;
    if (str_find_char(v->group, ',', 0) != SIZE_MAX)
        return invalid(tx_arena(tx), "/group", STR_NONE, STR("A view is grouped by one field."));
    TRY(at_pointer(query_check(tx, m, a, &q), "/group"));
    if (f && (f->type == FT_LONG_TEXT || field_types[f->type].store == FS_SET || field_types[f->type].store == FS_LINKS))
        return invalid(tx_arena(tx), "/group", STR("Group by a choice, a person or another single value."),
                       str_fmt(tx_arena(tx), "%.*s cannot be grouped by.", STR_ARG(f->label)));
    return NULL;
}

static struct err *check_view(struct tx *tx, const struct manual *m, const struct actor *a, const struct object *o,
                              const struct view *v)
{
    struct query filter = {.object = o, .filter = v->filter, .fields = STR("id")};
    struct query sort = {.object = o, .sort = v->sort, .fields = STR("id")};
    struct arena *arena = tx_arena(tx);
    struct err *all = NULL;

    err_add(&all, check_name(tx, v));
    if (!str_eq(v->layout, STR("grid")) && !str_eq(v->layout, STR("board")))
        err_add(&all, invalid(arena, "/layout", STR_NONE, STR("A view is laid out as grid or as board.")));
    if (v->filter.len > EXPR_BYTES_MAX)
        err_add(&all, invalid(arena, "/filter", STR_NONE, str_fmt(arena, "A filter has at most %d bytes.", EXPR_BYTES_MAX)));
    else
        err_add(&all, at_pointer(query_check(tx, m, a, &filter), "/filter"));
    if (v->sort.len > SORT_BYTES_MAX)
        err_add(&all, invalid(arena, "/sort", STR_NONE, STR("That is too long to be an order.")));
    else
        err_add(&all, at_pointer(query_check(tx, m, a, &sort), "/sort"));
    err_add(&all, check_columns(tx, m, a, o, v));
    err_add(&all, check_group(tx, m, a, o, v));
    return all;
}

/* ---- writing ---- */

static void take(struct str given, struct str *into)
{
    if (given.ptr)
        *into = str_trim(given);
}

static void lay_over(const struct view_input *in, struct view *v)
{
    take(in->name, &v->name);
    take(in->layout, &v->layout);
    take(in->filter, &v->filter);
    take(in->sort, &v->sort);
    take(in->group, &v->group);
    if (in->shared >= 0)
        v->shared = in->shared;
    if (in->columns) {
        v->columns = in->columns;
        v->n_columns = in->n_columns;
    }
}

static struct err *check_count(struct tx *tx, const struct actor *a, struct str object)
{
    struct stmt *st;
    int64_t n;
    bool row;

    TRY(db_stmt(tx, &sql_view_count, &st));
    db_bind_i64(st, 1, a->user_id);
    db_bind_str(st, 2, object);
    TRY(db_step(st, &row));
    n = row ? db_i64(st, 0) : 0;
    db_done(st);
    if (n >= VIEWS_MAX)
        return invalid(tx_arena(tx), NULL, STR("Delete some that you do not use any more."),
                       str_fmt(tx_arena(tx), "You have %d views of this kind already.", VIEWS_MAX));
    return NULL;
}

struct err *view_create(struct tx *tx, const struct manual *m, const struct actor *a, const struct view_input *in,
                        int64_t now_us, struct view *out)
{
    struct arena *arena = tx_arena(tx);
    const struct object *o = manual_object(m, in->object);
    struct stmt *st;

    if (!o || o->built_in)
        return invalid(arena, "/object", STR_NONE, STR("There is no object of that name."));
    TRY(access_need(arena, m, a, o->index, VERB_READ));
    TRY(check_count(tx, a, o->name));
    *out = (struct view){.owner = a->user_id,
                         .owner_name = a->name,
                         .object = o->name,
                         .name = STR(""),
                         .layout = STR(DEFAULT_LAYOUT),
                         .filter = STR(""),
                         .sort = STR(""),
                         .group = STR(""),
                         .problem = STR(""),
                         .version = 1,
                         .may_change = true};
    lay_over(in, out);
    TRY(check_view(tx, m, a, o, out));
    out->id = id_new(now_us);
    TRY(db_stmt(tx, &sql_view_put, &st));
    db_bind_i64(st, 1, out->id);
    db_bind_i64(st, 2, out->owner);
    db_bind_str(st, 3, out->object);
    db_bind_str(st, 4, out->name);
    db_bind_str(st, 5, utf8_fold(arena, out->name));
    db_bind_i64(st, 6, out->shared);
    db_bind_str(st, 7, out->layout);
    db_bind_str(st, 8, out->filter);
    db_bind_str(st, 9, out->sort);
    db_bind_str(st, 10, columns_text(arena, out->columns, out->n_columns));
    db_bind_str(st, 11, out->group);
    db_bind_i64(st, 12, now_us);
    return db_run(st, NULL);
}

/* A view the actor may change; others' shared ones are looked at and copied, not changed. */
static struct err *get_to_change(struct tx *tx, const struct manual *m, const struct actor *a, int64_t id, int64_t now_us,
                                 struct view *out)
{
    struct err *e;

    TRY(view_get(tx, m, a, id, now_us, out));
    if (out->may_change)
        return NULL;
    e = FAIL(tx_arena(tx), ERR_FORBIDDEN, "access.denied", NULL, "This view belongs to %.*s and is shared with you.",
             STR_ARG(out->owner_name));
    e->way_out = STR("Save it for yourself under a name of your own.");
    return e;
}

static struct err *note_change(struct tx *tx, const struct actor *a, const struct view *v, const char *event, int64_t now_us)
{
    return v->owner == a->user_id ? NULL : access_audit(tx, a, event, v->id, v->name, now_us);
}

static struct err *stale(struct arena *arena)
{
    struct err *e = FAIL(arena, ERR_STALE, "record.version_conflict", NULL, "Somebody changed this view meanwhile.");

    e->way_out = STR("Read the view again.");
    return e;
}

struct err *view_change(struct tx *tx, const struct manual *m, const struct actor *a, int64_t id, int64_t if_version,
                        const struct view_input *in, int64_t now_us, struct view *out)
{
    struct arena *arena = tx_arena(tx);
    struct stmt *st;
    bool row;

    TRY(get_to_change(tx, m, a, id, now_us, out));
    if (if_version >= 0 && if_version != out->version)
        return stale(arena);
    lay_over(in, out);
    TRY(check_view(tx, m, a, manual_object(m, out->object), out));
    TRY(db_stmt(tx, &sql_view_change, &st));
    db_bind_i64(st, 1, id);
    db_bind_i64(st, 2, out->version);
    db_bind_str(st, 3, out->name);
    db_bind_str(st, 4, utf8_fold(arena, out->name));
    db_bind_i64(st, 5, out->shared);
    db_bind_str(st, 6, out->layout);
    db_bind_str(st, 7, out->filter);
    db_bind_str(st, 8, out->sort);
    db_bind_str(st, 9, columns_text(arena, out->columns, out->n_columns));
    db_bind_str(st, 10, out->group);
    db_bind_i64(st, 11, now_us);
    TRY(db_step(st, &row));
    if (!row)
        return stale(arena);
    out->version = db_i64(st, 0);
    db_done(st);
    out->problem = STR("");
    out->may_change = may_change(a, out);
    return note_change(tx, a, out, "view_changed", now_us);
}

struct err *view_delete(struct tx *tx, const struct manual *m, const struct actor *a, int64_t id, int64_t now_us)
{
    struct stmt *st;
    struct view v;

    TRY(get_to_change(tx, m, a, id, now_us, &v));
    TRY(db_stmt(tx, &sql_view_use_drop, &st));
    db_bind_i64(st, 1, id);
    TRY(db_run(st, NULL));
    TRY(db_stmt(tx, &sql_view_drop, &st));
    db_bind_i64(st, 1, id);
    TRY(db_run(st, NULL));
    return note_change(tx, a, &v, "view_deleted", now_us);
}

/* ---- who uses it ---- */

struct err *view_use(struct tx *tx, const struct manual *m, const struct actor *a, int64_t id, int64_t now_us)
{
    struct stmt *st;
    struct view v;

    TRY(view_get(tx, m, a, id, now_us, &v));
    TRY(db_stmt(tx, &sql_view_use_put, &st));
    db_bind_i64(st, 1, id);
    db_bind_i64(st, 2, a->user_id);
    db_bind_i64(st, 3, now_us);
    db_bind_i64(st, 4, now_us - USE_AGAIN_US);
    return db_run(st, NULL);
}

struct err *view_users(struct tx *tx, const struct manual *m, const struct actor *a, int64_t id, int64_t now_us,
                       struct view_user **out, size_t *n)
{
    struct arena *arena = tx_arena(tx);
    VEC(struct view_user) list = {0};
    struct stmt *st;
    struct view v;
    bool row;

    TRY(get_to_change(tx, m, a, id, now_us, &v));
    TRY(db_stmt(tx, &sql_view_users, &st));
    db_bind_i64(st, 1, id);
    db_bind_i64(st, 2, a->user_id);
    db_bind_i64(st, 3, now_us - VIEW_USE_US);
    for (;;) {
        TRY(db_step(st, &row));
        if (!row)
            break;
        VEC_PUSH(arena, list) = (struct view_user){db_i64(st, 0), db_i64(st, 2), str_dup(arena, db_str(st, 1))};
    }
    *out = list.at;
    *n = list.n;
    return NULL;
}
