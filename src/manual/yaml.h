#pragma once
/* The front matter of a page as a small tree: libyaml's events with a place on every node.
 *
 * Nothing is typed implicitly: every scalar is text until the key that holds it says what it is ("no" stays "no").
 * Anchors, aliases, tags and several documents are refused; so are keys that stand twice in one mapping. Bounds:
 * YAML_DEPTH_MAX, YAML_NODES_MAX.
 */
#include "base/err.h"

enum node_kind { NODE_TEXT, NODE_LIST, NODE_MAP };
struct node {
    enum node_kind kind;
    char style;         /* NODE_TEXT: 0 plain, ' " | > */
    bool bad;           /* reported already: readers take it for absent */
    struct str text;    /* NODE_TEXT */
    int line, column;   /* in the file, from 1; columns count code points */
    size_t from, to;    /* bytes in the file; to: scalars only */
    struct node **keys; /* NODE_MAP */
    struct node **items; /* list items, or the values of a mapping */
    size_t n;
};

/* text: the whole file; the YAML stands in bytes [from, to). Fails: manual.syntax with line and column in the file. */
MUST_USE struct err *yaml_read(struct arena *arena, struct str text, size_t from, size_t to, struct node **out);
/* The value of a key, or NULL. */
struct node *node_get(const struct node *map, const char *key);
struct node *node_get_str(const struct node *map, struct str key);
/* The node of a key itself, for its place; NULL. */
struct node *node_key(const struct node *map, const char *key);
/* A plain scalar without text: `key:` */
bool node_is_blank(const struct node *node);
