/* Header values, as a stranger sends them. Nothing may be read beyond the value. */
#include "serve/url_impl.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool within(struct str part, struct str whole)
{
    return part.len == 0 || (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);
    struct str h = str_dup(arena, (struct str){(const char *)data, size});
    int64_t version = 0;

    if (etag_parse(h, &version))
        assert(version == -1 || version > 0);
    (void)etag_listed(h, STR("\"v1\""));
    assert(within(cookie_value(h, STR("fairlead")), h));
    assert(within(bearer_token(h), h));
    (void)media_type_is(h, "application/json");
    assert(forwarded_last(h).len <= 45);
    (void)origin_is_host(h, STR("crm.example"));
    (void)origin_is_host(STR("https://crm.example"), h);
    arena_free(arena);
    return 0;
}
