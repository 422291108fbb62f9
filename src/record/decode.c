/* A JSON body to fields and values. All findings come back, each with its pointer. */
#include "record/record_impl.h"

#include <string.h>

static struct err *unknown(struct arena *arena, const struct object *o, struct str name)
{
    struct str *names = NEW_ARRAY(arena, o->n_fields + 1, struct str);
    size_t n = 0;

    for (size_t i = 0; i < o->n_fields; i++)
        if (!o->fields[i].hidden)
            names[n++] = o->fields[i].name;
    struct str shown = str_sub(name, 0, 60);
    while (shown.len < name.len && shown.len && ((unsigned char)name.ptr[shown.len] & 0xc0) == 0x80)
        shown.len--;
    struct str near = str_nearest(arena, shown, names, n);
    struct err *e = FAIL(arena, ERR_INVALID, "json.unknown_field", json_pointer(arena, "", name),
                         "%.*s has no field \"%.*s\".", STR_ARG(o->label), STR_ARG(shown));
    e->way_out = near.ptr ? str_fmt(arena, "Did you mean %.*s?", STR_ARG(near)) : STR_NONE;
    return e;
}

static struct err *readonly(struct arena *arena, const struct field *f)
{
    struct err *e =
        FAIL(arena, ERR_INVALID, "record.field_readonly", json_pointer(arena, "", f->name),
             "%.*s is kept by the program and cannot be written.", STR_ARG(f->label));

    e->way_out = STR("Leave it out.");
    return e;
}

struct err *record_decode(struct arena *arena, const struct manual *m, const struct object *o,
                          const struct json *body, struct save_input *in)
{
    const struct object_plan *p = plan_of(arena, m, o);
    struct err *errors = NULL;

    if (body->kind != JSON_OBJECT)
        return FAIL(arena, ERR_MALFORMED, "json.type", "",
                    "The body must be an object with the fields of one %.*s.", STR_ARG(o->label));
    in->object = o;
    in->fields = NEW_ARRAY(arena, body->n + 1, const struct field *);
    in->values = NEW_ARRAY(arena, body->n + 1, struct value);
    in->n = 0;
    for (size_t i = 0; i < body->n; i++) {
        const struct json_member *member = &body->members[i];
        const struct field *f = object_field(o, member->name);
        struct err *e;
        if (!f || o->built_in)
            e = unknown(arena, o, member->name);
        else if (!p->fields[f->index].writable || f->type == FT_AUTO_NUMBER)
            e = readonly(arena, f);
        else
            e = value_from_json(arena, f, &member->value, json_pointer(arena, "", f->name),
                                &in->values[in->n]);
        if (e)
            err_add(&errors, e);
        else
            in->fields[in->n++] = f;
    }
    return errors;
}
