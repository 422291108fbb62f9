/* What happened between us and a customer, logged by the engine in somebody's name. */
#include "work/work_impl.h"

static struct err *put_text(const struct work *w, const struct save_context *cx,
                            struct save_input *in, const char *name, struct str text)
{
    const struct field *f = object_field(in->object, str_from(name));
    struct expr_env env = actor_env(cx->actor, w->now_us);

    if (!f || !text.len)
        return NULL;
    TRY(value_parse(w->arena, w->m, f, text, &env, &in->values[in->n]));
    in->fields[in->n++] = f;
    return NULL;
}

static void put_value(struct save_input *in, const struct field *f, struct value v)
{
    v.type = f->type;
    in->values[in->n] = v;
    in->fields[in->n++] = f;
}

struct err *activity_log(const struct work *w, const struct save_context *cx,
                         const struct activity_new *n, int64_t *id)
{
    const struct object *activity = manual_object(w->m, STR("activity"));
    const struct field *at, *links;
    struct save_input in = {.object = activity, .if_version = -1};
    struct save_result res;
    int64_t *ids;

    *id = 0;
    if (!activity)
        return NULL;
    in.fields = NEW_ARRAY(w->arena, 8, const struct field *);
    in.values = NEW_ARRAY(w->arena, 8, struct value);
    TRY(put_text(w, cx, &in, "kind", n->kind));
    TRY(put_text(w, cx, &in, "direction", n->direction));
    TRY(put_text(w, cx, &in, "subject", n->subject));
    TRY(put_text(w, cx, &in, "body", n->body));
    at = object_field(activity, STR("at"));
    if (at && at->type == FT_DATE_TIME)
        put_value(&in, at, (struct value){.i = w->now_us});
    links = object_field(activity, STR("links"));
    if (links && links->type == FT_REFS) {
        ids = NEW_ARRAY(w->arena, 2, int64_t);
        ids[0] = n->about[0];
        ids[1] = n->about[1];
        put_value(&in, links, (struct value){.ids = ids, .n_ids = n->about[1] ? 2 : 1});
    }
    TRY(record_save(w->tx, cx, &in, &res));
    *id = res.record.id;
    return NULL;
}
