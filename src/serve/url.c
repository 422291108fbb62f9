#include "serve/url_impl.h"

#include <string.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool percent_decode(struct arena *arena, struct str s, bool plus, struct str *out)
{
    bool plain = true;
    char *dst;
    size_t n = 0;

    for (size_t i = 0; i < s.len && plain; i++)
        plain = s.ptr[i] != '%' && (!plus || s.ptr[i] != '+');
    if (plain) {
        *out = s;
        return utf8_valid(s);
    }
    dst = arena_alloc(arena, s.len);
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];

        if (c == '%') {
            int hi, lo;

            if (s.len - i < 3)
                return false;
            hi = hex_digit(s.ptr[i + 1]);
            lo = hex_digit(s.ptr[i + 2]);
            if (hi < 0 || lo < 0)
                return false;
            c = (char)(hi << 4 | lo);
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        dst[n++] = c;
    }
    *out = (struct str){dst, n};
    return utf8_valid(*out);
}

void percent_encode(struct buf *out, struct str s)
{
    static const char hex[] = "0123456789ABCDEF";

    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("-._~", c))) {
            buf_add_char(out, (char)c);
        } else {
            buf_add_char(out, '%');
            buf_add_char(out, hex[c >> 4]);
            buf_add_char(out, hex[c & 15]);
        }
    }
}

struct err *query_parse(struct arena *arena, struct str query, struct query_pair **out, size_t *n)
{
    struct query_pair *pairs;
    struct str rest = query, part;
    size_t count = 0;

    *out = NULL;
    *n = 0;
    if (query.len == 0)
        return NULL;
    pairs = NEW_ARRAY(arena, QUERY_PAIRS_MAX, struct query_pair);
    while (str_cut(&rest, '&', &part)) {
        size_t eq = str_find_char(part, '=', 0);
        struct query_pair *p = &pairs[count];

        if (part.len == 0)
            continue;
        if (count == QUERY_PAIRS_MAX)
            return FAIL(arena, ERR_MALFORMED, "http.parameter", NULL, "There are more than %d query parameters.", QUERY_PAIRS_MAX);
        if (!percent_decode(arena, str_sub(part, 0, eq), true, &p->name) ||
            !percent_decode(arena, eq == SIZE_MAX ? STR("") : str_sub(part, eq + 1, SIZE_MAX), true, &p->value))
            return FAIL(arena, ERR_MALFORMED, "http.parameter", NULL,
                        "Query parameter %zu is not well-formed: percent escapes are %%XX, and the text is UTF-8.", count + 1);
        for (size_t i = 0; i < count; i++)
            if (str_eq(pairs[i].name, p->name))
                return FAIL(arena, ERR_MALFORMED, "http.parameter", NULL, "The query parameter \"%.*s\" is given twice.",
                            STR_ARG(p->name));
        count++;
    }
    *out = pairs;
    *n = count;
    return NULL;
}

/* ---- headers ---- */

static bool etag_next(struct str *rest, struct str *tag, bool *weak)
{
    size_t end;

    *rest = str_trim(*rest);
    *weak = str_starts(*rest, STR("W/"));
    if (*weak)
        *rest = str_sub(*rest, 2, SIZE_MAX);
    if (rest->len < 2 || rest->ptr[0] != '"')
        return false;
    end = str_find_char(*rest, '"', 1);
    if (end == SIZE_MAX)
        return false;
    *tag = str_sub(*rest, 0, end + 1);
    *rest = str_trim(str_sub(*rest, end + 1, SIZE_MAX));
    return true;
}

bool etag_parse(struct str header, int64_t *version)
{
    struct str rest = str_trim(header), tag;
    bool weak;

    *version = INT64_MAX;
    if (str_eq(rest, STR("*"))) {
        *version = -1;
        return true;
    }
    if (!etag_next(&rest, &tag, &weak) || rest.len)
        return false;
    if (!weak && tag.len > 3 && tag.ptr[1] == 'v') {
        int64_t v;

        if (str_to_i64(str_sub(tag, 2, tag.len - 3), &v) && v > 0 && tag.ptr[2] != '0')
            *version = v;
    }
    return true;
}

bool etag_listed(struct str header, struct str etag)
{
    struct str rest = str_trim(header), tag;
    bool weak;

    if (str_eq(rest, STR("*")))
        return true;
    while (rest.len && etag_next(&rest, &tag, &weak)) {
        if (str_eq(tag, etag))
            return true;
        if (rest.len == 0 || rest.ptr[0] != ',')
            return false;
        rest = str_sub(rest, 1, SIZE_MAX);
    }
    return false;
}

struct str cookie_value(struct str header, struct str name)
{
    struct str rest = header, part;

    while (str_cut(&rest, ';', &part)) {
        part = str_trim(part);
        if (part.len > name.len && part.ptr[name.len] == '=' && str_starts(part, name))
            return str_sub(part, name.len + 1, SIZE_MAX);
    }
    return STR_NONE;
}

struct str bearer_token(struct str header)
{
    if (header.len < 8 || !str_eq_nocase(str_sub(header, 0, 7), STR("Bearer ")))
        return STR_NONE;
    return str_trim(str_sub(header, 7, SIZE_MAX));
}

bool media_type_is(struct str header, const char *type)
{
    return str_eq_nocase(str_trim(str_sub(header, 0, str_find_char(header, ';', 0))), str_from(type));
}

struct str forwarded_last(struct str header)
{
    struct str rest = header, part, last = STR("");

    while (str_cut(&rest, ',', &part))
        last = str_trim(part);
    if (last.len > 45)
        return STR("");
    for (size_t i = 0; i < last.len; i++)
        if (hex_digit(last.ptr[i]) < 0 && last.ptr[i] != '.' && last.ptr[i] != ':')
            return STR("");
    return last;
}

bool origin_is_host(struct str origin, struct str host)
{
    struct str https = STR("https://"), http = STR("http://");

    if (host.len == 0)
        return false;
    if (str_starts(origin, https))
        return str_eq_nocase(str_sub(origin, https.len, SIZE_MAX), host);
    return str_starts(origin, http) && str_eq_nocase(str_sub(origin, http.len, SIZE_MAX), host);
}

/* ---- paths ---- */

struct node {
    struct str segment; /* of a literal child */
    struct node *children; /* newest first */
    struct node *next;
    struct node *param; /* child that takes any segment */
    int items[8];
    size_t n_items;
};
struct path_tree {
    struct arena *arena;
    struct node root;
};

struct path_tree *path_tree_new(struct arena *arena)
{
    struct path_tree *tree = NEW(arena, struct path_tree);

    tree->arena = arena;
    return tree;
}

static struct node *child_literal(const struct node *node, struct str segment)
{
    for (struct node *c = node->children; c; c = c->next)
        if (str_eq(c->segment, segment))
            return c;
    return NULL;
}

void path_tree_put(struct path_tree *tree, const char *pattern, int item)
{
    struct node *node = &tree->root;
    struct str rest = str_sub(str_from(pattern), 1, SIZE_MAX), segment;

    while (str_cut(&rest, '/', &segment)) {
        struct node *child;

        if (segment.len && segment.ptr[0] == '{') {
            if (!node->param)
                node->param = NEW(tree->arena, struct node);
            node = node->param;
            continue;
        }
        child = child_literal(node, segment);
        if (!child) {
            child = NEW(tree->arena, struct node);
            child->segment = segment;
            child->next = node->children;
            node->children = child;
        }
        node = child;
    }
    if (node->n_items < sizeof node->items / sizeof *node->items)
        node->items[node->n_items++] = item;
}

/* Depth is bounded by the number of segments; a literal that leads nowhere falls back to the parameter beside it. */
static bool find(const struct node *node, const struct str *segments, size_t n, struct path_match *out)
{
    const struct node *literal;
    size_t before = out->n_params;

    if (n == 0) {
        out->items = node->items;
        out->n_items = node->n_items;
        return node->n_items > 0;
    }
    literal = child_literal(node, segments[0]);
    if (literal && find(literal, segments + 1, n - 1, out))
        return true;
    if (!node->param || before == PATH_PARAMS_MAX || segments[0].len == 0)
        return false;
    out->params[out->n_params++] = segments[0];
    if (find(node->param, segments + 1, n - 1, out))
        return true;
    out->n_params = before;
    return false;
}

bool path_tree_find(const struct path_tree *tree, struct arena *arena, struct str path, struct path_match *out)
{
    struct str segments[PATH_SEGMENTS_MAX], rest, segment;
    size_t n = 0;

    memset(out, 0, sizeof *out);
    if (path.len == 0 || path.ptr[0] != '/')
        return false;
    rest = str_sub(path, 1, SIZE_MAX);
    while (str_cut(&rest, '/', &segment)) { /* "/" is one empty segment, a slash at the end another */
        if (n == PATH_SEGMENTS_MAX || !percent_decode(arena, segment, false, &segments[n]))
            return false;
        if (str_eq(segments[n], STR(".")) || str_eq(segments[n], STR("..")))
            return false;
        n++;
    }
    find(&tree->root, segments, n, out);
    return true;
}
