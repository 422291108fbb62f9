#include "manual/yaml.h"

#include "base/limits.h"

#include <string.h>
#include <yaml.h>

/* libyaml's marks count characters, and its lines end at U+2028 too. The reader walks the bytes once and keeps its own
 * count, so that places agree with what an editor shows. */
struct reader {
    struct arena *arena;
    struct str text;
    size_t from, end;
    size_t byte, chars; /* where the walk stands; chars counted from the beginning of the YAML */
    int line, column;
    size_t n_nodes;
    yaml_parser_t parser;
};

static void walk_to(struct reader *r, size_t chars)
{
    while (r->chars < chars && r->byte < r->end) {
        unsigned char c = (unsigned char)r->text.ptr[r->byte++];

        if (c == '\n') {
            r->line++;
            r->column = 1;
        } else {
            r->column++;
        }
        while (r->byte < r->end && ((unsigned char)r->text.ptr[r->byte] & 0xC0) == 0x80)
            r->byte++;
        r->chars++;
    }
}

static struct err *fail_here(struct reader *r, int line, int column, const char *what)
{
    struct err *e = FAIL(r->arena, ERR_INVALID, "manual.syntax", NULL, "%s", what);

    e->line = line;
    e->column = column;
    return e;
}

static struct err *syntax_error(struct reader *r)
{
    const char *problem = r->parser.problem ? r->parser.problem : "unexpected text";

    if (r->parser.error == YAML_READER_ERROR) /* knows bytes only */
        while (r->byte < r->end && r->byte - r->from < r->parser.problem_offset)
            walk_to(r, r->chars + 1);
    else
        walk_to(r, r->parser.problem_mark.index);
    struct err *e = fail_here(r, r->line, r->column, "");
    e->message = str_fmt(r->arena, "The front matter cannot be read from here: %s.", problem);
    e->way_out = STR("Check indentation, quotes and brackets on this line and the one above; put a "
                     "text that contains "
                     "\": \", \"#\" or begins with a sign into double quotes");
    return e;
}

static struct node *new_node(struct reader *r, enum node_kind kind, const yaml_event_t *event)
{
    struct node *node = NEW(r->arena, struct node);

    walk_to(r, event->start_mark.index);
    node->kind = kind;
    node->line = r->line;
    node->column = r->column;
    node->from = r->byte;
    return node;
}

static char scalar_style(yaml_scalar_style_t style)
{
    switch (style) {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE:
        return '\'';
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
        return '"';
    case YAML_LITERAL_SCALAR_STYLE:
        return '|';
    case YAML_FOLDED_SCALAR_STYLE:
        return '>';
    case YAML_ANY_SCALAR_STYLE:
    case YAML_PLAIN_SCALAR_STYLE:
        break;
    }
    return 0;
}

static struct err *read_scalar(struct reader *r, const yaml_event_t *event, struct node **out)
{
    struct node *node = new_node(r, NODE_TEXT, event);
    const char *value = (const char *)event->data.scalar.value;

    node->style = scalar_style(event->data.scalar.style);
    node->text = str_dup(r->arena, (struct str){value, event->data.scalar.length});
    walk_to(r, event->end_mark.index);
    node->to = r->byte;
    if (!utf8_valid(node->text))
        return fail_here(r, node->line, node->column,
                         "This text contains a NUL character or is not valid UTF-8.");
    *out = node;
    return NULL;
}

static struct err *next_event(struct reader *r, yaml_event_t *event)
{
    if (!yaml_parser_parse(&r->parser, event))
        return syntax_error(r);
    return NULL;
}

static struct err *check_properties(struct reader *r, const yaml_event_t *event,
                                    const yaml_char_t *anchor, const yaml_char_t *tag)
{
    if (anchor || tag) {
        walk_to(r, event->start_mark.index);
        return fail_here(
            r, r->line, r->column,
            anchor ? "Anchors (&name) are not used in pages: write the text out."
                   : "Tags (!name) are not used in pages: the key says what kind of value it is.");
    }
    return NULL;
}

static struct err *read_node(struct reader *r, yaml_event_t *event, int depth, struct node **out);

static struct err *read_list(struct reader *r, const yaml_event_t *start, int depth,
                             struct node **out)
{
    struct node *list = new_node(r, NODE_LIST, start);
    VEC(struct node *) items = {0};

    for (;;) {
        yaml_event_t event;
        struct node *item = NULL;

        TRY(next_event(r, &event));
        if (event.type == YAML_SEQUENCE_END_EVENT) {
            yaml_event_delete(&event);
            break;
        }
        TRY(read_node(r, &event, depth + 1, &item));
        VEC_PUSH(r->arena, items) = item; // NOLINT(bugprone-sizeof-expression)
    }
    list->items = items.at;
    list->n = items.n;
    *out = list;
    return NULL;
}

static struct err *check_key(struct reader *r, const struct node *key, struct node *const *keys,
                             size_t n, struct strmap **seen)
{
    int64_t at;

    if (key->kind != NODE_TEXT)
        return fail_here(r, key->line, key->column, "A key must be a text.");
    if (!*seen && n >= 16) { /* few keys: look; many: hash */
        *seen = strmap_new(r->arena, 64);
        for (size_t i = 0; i < n; i++)
            strmap_put(*seen, keys[i]->text, keys[i]->line);
    }
    if (*seen) {
        if (!strmap_get(*seen, key->text, &at)) {
            strmap_put(*seen, key->text, key->line);
            return NULL;
        }
    } else {
        size_t i = 0;

        while (i < n && !str_eq(keys[i]->text, key->text))
            i++;
        if (i == n)
            return NULL;
        at = keys[i]->line;
    }
    struct err *e = fail_here(r, key->line, key->column, "");
    e->message = str_fmt(r->arena, "\"%.*s\" stands here twice; the first one is on line %d.",
                         STR_ARG(str_sub(key->text, 0, 100)), (int)at);
    e->way_out = STR("Remove one of the two");
    return e;
}

static struct err *read_map(struct reader *r, const yaml_event_t *start, int depth,
                            struct node **out)
{
    struct node *map = new_node(r, NODE_MAP, start);
    VEC(struct node *) keys = {0};
    VEC(struct node *) values = {0};
    struct strmap *seen = NULL;

    for (;;) {
        yaml_event_t event;
        struct node *key = NULL, *value = NULL;

        TRY(next_event(r, &event));
        if (event.type == YAML_MAPPING_END_EVENT) {
            yaml_event_delete(&event);
            break;
        }
        TRY(read_node(r, &event, depth + 1, &key));
        TRY(check_key(r, key, keys.at, keys.n, &seen));
        TRY(next_event(r, &event));
        TRY(read_node(r, &event, depth + 1, &value));
        VEC_PUSH(r->arena, keys) = key;     // NOLINT(bugprone-sizeof-expression)
        VEC_PUSH(r->arena, values) = value; // NOLINT(bugprone-sizeof-expression)
    }
    map->keys = keys.at;
    map->items = values.at;
    map->n = keys.n;
    *out = map;
    return NULL;
}

/* Takes the event over. */
static struct err *read_node(struct reader *r, yaml_event_t *event, int depth, struct node **out)
{
    struct err *e = NULL;

    if (depth > YAML_DEPTH_MAX || ++r->n_nodes > YAML_NODES_MAX) {
        walk_to(r, event->start_mark.index);
        e = fail_here(r, r->line, r->column,
                      depth > YAML_DEPTH_MAX
                          ? "The front matter is nested too deeply."
                          : "The front matter has too many values; split the page.");
        yaml_event_delete(event);
        return e;
    }
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        e = check_properties(r, event, event->data.scalar.anchor, event->data.scalar.tag);
        if (!e)
            e = read_scalar(r, event, out);
        break;
    case YAML_SEQUENCE_START_EVENT:
        e = check_properties(r, event, event->data.sequence_start.anchor,
                             event->data.sequence_start.tag);
        if (!e)
            e = read_list(r, event, depth, out);
        break;
    case YAML_MAPPING_START_EVENT:
        e = check_properties(r, event, event->data.mapping_start.anchor,
                             event->data.mapping_start.tag);
        if (!e)
            e = read_map(r, event, depth, out);
        break;
    case YAML_ALIAS_EVENT:
        walk_to(r, event->start_mark.index);
        e = fail_here(r, r->line, r->column,
                      "Aliases (*name) are not used in pages: write the text out.");
        break;
    default:
        walk_to(r, event->start_mark.index);
        e = fail_here(r, r->line, r->column, "The front matter has a part that pages do not use.");
        break;
    }
    yaml_event_delete(event);
    return e;
}

/* Expects the next event to be of a type and drops it. */
static struct err *expect(struct reader *r, yaml_event_type_t type)
{
    yaml_event_t event;

    TRY(next_event(r, &event));
    bool ok = event.type == type;
    walk_to(r, event.start_mark.index);
    yaml_event_delete(&event);
    return ok ? NULL
              : fail_here(r, r->line, r->column,
                          "The front matter is one mapping: `key: value`, one per line.");
}

static struct err *read_document(struct reader *r, struct node **out)
{
    yaml_event_t event;

    TRY(expect(r, YAML_STREAM_START_EVENT));
    TRY(next_event(r, &event));
    if (event.type == YAML_STREAM_END_EVENT) {
        yaml_event_delete(&event);
        return fail_here(r, r->line, r->column, "The front matter is empty.");
    }
    yaml_event_delete(&event);
    TRY(next_event(r, &event));
    TRY(read_node(r, &event, 1, out));
    TRY(expect(r, YAML_DOCUMENT_END_EVENT));
    TRY(expect(r, YAML_STREAM_END_EVENT));
    if ((*out)->kind != NODE_MAP)
        return fail_here(r, (*out)->line, (*out)->column,
                         "The front matter is one mapping: `key: value`, one per line.");
    return NULL;
}

struct err *yaml_read(struct arena *arena, struct str text, size_t from, size_t to,
                      struct node **out)
{
    struct reader r = {.arena = arena,
                       .text = text,
                       .from = from,
                       .end = to,
                       .byte = from,
                       .line = 1,
                       .column = 1};

    for (size_t i = 0; i < from; i++)
        if (text.ptr[i] == '\n')
            r.line++;
    if (!yaml_parser_initialize(&r.parser))
        return FAIL(arena, ERR_INTERNAL, "internal", NULL, "The YAML reader did not start.");
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text.ptr + from, to - from);
    struct err *e = read_document(&r, out);
    yaml_parser_delete(&r.parser);
    return e;
}

struct node *node_get_str(const struct node *map, struct str key)
{
    if (!map || map->kind != NODE_MAP)
        return NULL;
    for (size_t i = 0; i < map->n; i++)
        if (str_eq(map->keys[i]->text, key))
            return map->items[i];
    return NULL;
}

struct node *node_get(const struct node *map, const char *key)
{
    return node_get_str(map, str_from(key));
}

struct node *node_key(const struct node *map, const char *key)
{
    if (!map || map->kind != NODE_MAP)
        return NULL;
    for (size_t i = 0; i < map->n; i++)
        if (str_eq(map->keys[i]->text, str_from(key)))
            return map->keys[i];
    return NULL;
}

bool node_is_blank(const struct node *node)
{
    return node->kind == NODE_TEXT && node->style == 0 && node->text.len == 0;
}
