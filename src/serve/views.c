/* Saved views: lists as people like to see them. */
#include "serve/serve_impl.h"

#include "base/json.h"
#include "record/view.h"

static void write_view(struct req *rq, struct json_writer *w, const struct view *v)
{
    jw_object(w);
    jw_kv_id(w, "id", v->id);
    jw_kv_str(w, "object", v->object);
    jw_kv_str(w, "name", v->name);
    jw_kv_bool(w, "shared", v->shared);
    jw_kv_bool(w, "mine", v->owner == rq->actor->user_id);
    jw_kv_bool(w, "may_change", v->may_change);
    jw_key(w, STR("owner"));
    jw_object(w);
    jw_kv_id(w, "id", v->owner);
    jw_kv_str(w, "name", v->owner_name);
    jw_end_object(w);
    jw_kv_str(w, "layout", v->layout);
    jw_kv_str(w, "filter", v->filter);
    jw_kv_str(w, "sort", v->sort);
    jw_kv_str(w, "group", v->group);
    jw_key(w, STR("columns"));
    jw_array(w);
    for (size_t i = 0; i < v->n_columns; i++) {
        jw_object(w);
        jw_kv_str(w, "field", v->columns[i].field);
        jw_kv_i64(w, "width", v->columns[i].width_px);
        jw_end_object(w);
    }
    jw_end_array(w);
    jw_kv_str(w, "problem", v->problem);
    jw_kv_i64(w, "used_by", v->used_by);
    jw_kv_i64(w, "version", v->version);
    jw_end_object(w);
}

static void answer_view(struct req *rq, const struct view *v)
{
    struct json_writer w = json_writer(&rq->out);

    write_view(rq, &w, v);
    rq->etag = etag_of(rq->arena, v->version);
}

struct err *serve_views(struct req *rq)
{
    struct json_writer w = json_writer(&rq->out);
    struct view *views;
    size_t n;

    TRY(view_list(rq->tx, rq->m, rq->actor, arg(rq, "object"), rq->now_us, &views, &n));
    jw_object(&w);
    jw_key(&w, STR("data"));
    jw_array(&w);
    for (size_t i = 0; i < n; i++)
        write_view(rq, &w, &views[i]);
    jw_end_array(&w);
    jw_end_object(&w);
    return NULL;
}

struct err *serve_view_get(struct req *rq)
{
    struct view v;

    TRY(view_get(rq->tx, rq->m, rq->actor, rq->id, rq->now_us, &v));
    answer_view(rq, &v);
    return NULL;
}

/* Members and their types were checked as the table declares them. */
static struct view_input view_input(const struct req *rq)
{
    const struct json *columns = member_json(rq, "columns");
    struct view_input in = {
        .name = member_text(rq, "name"),
        .layout = member_text(rq, "layout"),
        .filter = member_text(rq, "filter"),
        .sort = member_text(rq, "sort"),
        .group = member_text(rq, "group"),
        .shared = (int)member_number(rq, "shared", -1),
    };
    struct view_column *out;

    if (!columns)
        return in;
    out = NEW_ARRAY(rq->arena, columns->n + 1, struct view_column);
    for (size_t i = 0; i < columns->n; i++) {
        const struct json *width = json_get(&columns->items[i], "width");

        out[i] = (struct view_column){str_trim(json_get(&columns->items[i], "field")->str), width ? (int)width->integer : 0};
    }
    in.columns = out;
    in.n_columns = columns->n;
    return in;
}

struct err *serve_view_create(struct req *rq)
{
    struct view_input in = view_input(rq);
    struct view v;

    in.object = member_text(rq, "object");
    TRY(view_create(rq->tx, rq->m, rq->actor, &in, rq->now_us, &v));
    rq->location = str_fmt(rq->arena, "/api/v1/views/%lld", (long long)v.id);
    answer_view(rq, &v);
    return NULL;
}

struct err *serve_view_change(struct req *rq)
{
    struct view_input in = view_input(rq);
    struct view v;

    TRY(view_change(rq->tx, rq->m, rq->actor, rq->id, rq->if_match, &in, rq->now_us, &v));
    answer_view(rq, &v);
    return NULL;
}

struct err *serve_view_delete(struct req *rq)
{
    return view_delete(rq->tx, rq->m, rq->actor, rq->id, rq->now_us);
}

struct err *serve_view_use(struct req *rq)
{
    return view_use(rq->tx, rq->m, rq->actor, rq->id, rq->now_us);
}

struct err *serve_view_users(struct req *rq)
{
    struct json_writer w = json_writer(&rq->out);
    struct view_user *users;
    size_t n;

    TRY(view_users(rq->tx, rq->m, rq->actor, rq->id, rq->now_us, &users, &n));
    jw_object(&w);
    jw_key(&w, STR("data"));
    jw_array(&w);
    for (size_t i = 0; i < n; i++) {
        jw_object(&w);
        jw_kv_id(&w, "id", users[i].id);
        jw_kv_str(&w, "name", users[i].name);
        jw_kv_instant(&w, "at", users[i].at_us);
        jw_end_object(&w);
    }
    jw_end_array(&w);
    jw_end_object(&w);
    return NULL;
}
