/* JSON from a stranger; what was read is written, read again and written the same. */
#include "base/json.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str written(struct arena *arena, const struct json *v)
{
    struct buf b = buf_new(arena, 0);
    struct json_writer w = json_writer(&b);
    jw_value(&w, v);
    return buf_str(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);
    struct json v, again;
    struct err *e = json_parse(arena, (struct str){(const char *)data, size}, &v);

    if (e) {
        assert(e->line >= 1 && e->column >= 1 && utf8_valid(e->message));
    } else {
        struct str text = written(arena, &v);
        e = json_parse(arena, text, &again);
        assert(!e);
        assert(str_eq(written(arena, &again), text));
    }
    arena_free(arena);
    return 0;
}
