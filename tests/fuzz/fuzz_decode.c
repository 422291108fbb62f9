/* Any bytes as the body of a request about a record of the starter manual: refused with a sentence and a place, or every
 * value is of its field's type and is written as JSON that can be read again. The first byte chooses the object. */
#include "fuzz/starter.h"
#include "record/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(struct arena *arena, const struct manual *m, const struct save_input *in)
{
    for (size_t i = 0; i < in->n; i++) {
        const struct field *f = in->fields[i];
        const struct value *v = &in->values[i];
        struct buf b = buf_new(arena, 256);
        struct json_writer w = json_writer(&b);
        struct json again;

        check(f && (v->empty || v->type == f->type), "a value of another type than its field");
        for (size_t k = 0; k < i; k++)
            check(in->fields[k] != f, "a field twice");
        value_json(&w, f, v);
        check(!json_parse(arena, buf_str(&b), &again), "a value that is no JSON");
        check(v->empty || utf8_valid(value_text(arena, m, f, v)), "a value without a text");
        check(value_eq(v, v), "a value unlike itself");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const objects[] = {"lead", "deal", "contact", "account", "activity", "product", "line_item", "user"};
    static struct arena *arena;
    const struct manual *m = manual();
    const struct object *o;
    struct save_input in = {0};
    struct json body;
    struct err *e;

    if (!arena)
        arena = arena_new(0);
    if (size == 0)
        return 0;
    o = manual_object(m, str_from(objects[data[0] % 8]));
    check(o, "an object is missing");
    e = json_parse(arena, (struct str){(const char *)data + 1, size - 1}, &body);
    if (!e)
        e = record_decode(arena, m, o, &body, &in);
    if (!e)
        use(arena, m, &in);
    for (; e; e = e->next)
        check(e->message.len > 0 && utf8_valid(e->message) && (e->field || strncmp(e->code, "json.", 5) == 0), "an error without words or place");
    arena_reset(arena);
    return 0;
}
