/* Targets: path and query string, as a stranger sends them. First line: the pattern's tree is that of the server. */
#include "serve/serve_impl.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);
    struct path_tree *tree = path_tree_new(arena);
    struct str target = str_dup(arena, (struct str){(const char *)data, size});
    size_t mark = str_find_char(target, '?', 0);
    struct path_match match;
    struct query_pair *pairs;
    struct str once;
    size_t n;

    for (int i = 0; i < n_routes; i++)
        path_tree_put(tree, routes[i].path, i);
    if (path_tree_find(tree, arena, str_sub(target, 0, mark), &match)) {
        assert(match.n_params <= PATH_PARAMS_MAX);
        for (size_t i = 0; i < match.n_params; i++)
            assert(utf8_valid(match.params[i]));
    }
    if (!query_parse(arena, mark == SIZE_MAX ? STR("") : str_sub(target, mark + 1, SIZE_MAX), &pairs, &n)) {
        assert(n <= QUERY_PAIRS_MAX);
        for (size_t i = 0; i < n; i++)
            assert(utf8_valid(pairs[i].name) && utf8_valid(pairs[i].value));
    }
    if (percent_decode(arena, target, true, &once)) {
        struct buf again = buf_new(arena, 64);
        struct str twice;

        percent_encode(&again, once);
        assert(percent_decode(arena, buf_str(&again), true, &twice) && str_eq(once, twice));
    }
    arena_free(arena);
    return 0;
}
