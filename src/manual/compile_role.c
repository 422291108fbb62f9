/* Roles: rights per object and verb, per field, special rights, and the tree of who reports to whom. */
#include "manual/compile_impl.h"

#include <string.h>

const char *const verb_words[VERB_COUNT] = {"read",    "create", "update", "assign",
                                            "archive", "delete", "export"};
const char *const scope_words[5] = {"none", "own", "team", "below", "all"};
const char *const right_words[RIGHT_COUNT] = {
#define X(id, word) word,
    RIGHTS(X)
#undef X
};

static int find_word(struct str s, const char *const *words, int n)
{
    for (int i = 0; i < n; i++)
        if (str_eq(s, str_from(words[i])))
            return i;
    return -1;
}

static struct str nearest_of(struct compiler *c, struct str word, const char *const *words, int n)
{
    struct str *list = NEW_ARRAY(c->arena, n, struct str);

    for (int i = 0; i < n; i++)
        list[i] = str_from(words[i]);
    struct str near = did_you_mean(c, word, list, (size_t)n);
    return near.len ? near
                    : str_fmt(c->arena, "Possible: %.*s.",
                              STR_ARG(str_join(c->arena, list, (size_t)n, STR(", "))));
}

/* A scope, or -1 after reporting. `yes` and `no` stand for all and none where creating is meant. */
static int read_scope(struct compiler *c, const struct source *s, const struct node *node, int verb)
{
    int scope = node->kind == NODE_TEXT ? find_word(node->text, scope_words, 5) : -1;
    bool yes;

    if (scope < 0 && verb == VERB_CREATE && node->kind == NODE_TEXT &&
        yes_no_parse(node->text, &yes))
        return yes ? SCOPE_ALL : SCOPE_NONE;
    if (verb == VERB_CREATE && scope > SCOPE_NONE)
        return SCOPE_ALL;
    if (scope < 0)
        ERROR_AT(c, s, node,
                 verb == VERB_CREATE ? STR("Write yes or no.")
                                     : nearest_of(c, node->text, scope_words, 5),
                 "\"%.*s\" is not a scope.", STR_ARG(str_sub(node->text, 0, 100)));
    return scope;
}

/* rights[verb]: a scope, or -1 where nothing is said. */
static void read_rights(struct compiler *c, const struct source *s, const struct node *value,
                        int rights[VERB_COUNT])
{
    for (int v = 0; v < VERB_COUNT; v++)
        rights[v] = -1;
    if (value->kind == NODE_TEXT) {
        int scope = read_scope(c, s, value, VERB_READ);

        for (int v = 0; scope >= 0 && v < VERB_COUNT; v++)
            rights[v] = v == VERB_READ || v == VERB_UPDATE       ? scope
                        : v == VERB_CREATE && scope > SCOPE_NONE ? SCOPE_ALL
                                                                 : SCOPE_NONE;
        return;
    }
    if (value->kind != NODE_MAP) {
        ERROR_AT(c, s, value,
                 STR("For example `lead: { read: team, create: yes }` or `lead: team`."),
                 "Rights are a scope or a mapping of verbs.");
        return;
    }
    for (size_t i = 0; i < value->n; i++) {
        int verb = find_word(value->keys[i]->text, verb_words, VERB_COUNT);

        if (verb < 0)
            ERROR_AT(c, s, value->keys[i],
                     nearest_of(c, value->keys[i]->text, verb_words, VERB_COUNT),
                     "\"%.*s\" is not a verb of rights.",
                     STR_ARG(str_sub(value->keys[i]->text, 0, 100)));
        else
            rights[verb] = read_scope(c, s, value->items[i], verb);
    }
}

static void apply_rights(unsigned char can[VERB_COUNT], const int rights[VERB_COUNT])
{
    for (int v = 0; v < VERB_COUNT; v++)
        if (rights[v] >= 0)
            can[v] = (unsigned char)rights[v];
}

static void read_can(struct compiler *c, const struct source *s, struct role *r)
{
    const struct node *map = get(s->root, "can");
    int rights[VERB_COUNT];

    r->can = (unsigned char(*)[VERB_COUNT])arena_array(c->arena, c->m->n_objects, VERB_COUNT);
    for (size_t i = 0; map && i < map->n; i++) { /* "*" first: the others are exceptions from it */
        if (!str_eq(map->keys[i]->text, STR("*")))
            continue;
        read_rights(c, s, map->items[i], rights);
        for (size_t o = 0; o < c->m->n_objects; o++)
            apply_rights(r->can[o], rights);
    }
    for (size_t i = 0; map && i < map->n; i++) {
        int object;

        if (str_eq(map->keys[i]->text, STR("*")))
            continue;
        object = object_ref(c, s, map->keys[i]);
        read_rights(c, s, map->items[i], rights);
        if (object >= 0)
            apply_rights(r->can[object], rights);
    }
}

static void read_field_rights(struct compiler *c, const struct source *s, struct role *r)
{
    const struct node *map = get(s->root, "fields");

    r->field_rights = NEW_ARRAY(c->arena, c->m->n_objects, unsigned char *);
    for (size_t i = 0; map && i < map->n; i++) {
        const struct node *fields = map->items[i];
        int object = object_ref(c, s, map->keys[i]);

        if (fields->kind != NODE_MAP) {
            ERROR_AT(c, s, fields, STR("For example `deal: { cost: none }`."),
                     "A mapping of fields to none, read or write is expected here.");
            continue;
        }
        if (object < 0)
            continue;
        size_t n = c->m->objects[object].n_fields;
        unsigned char *rights = arena_alloc(c->arena, n);
        memset(rights, FR_WRITE, n);
        for (size_t k = 0; k < fields->n; k++) {
            int f = field_ref(c, s, fields->keys[k], object);
            int right = fields->items[k]->kind == NODE_TEXT
                            ? find_word(fields->items[k]->text, field_right_words, 3)
                            : -1;

            if (right < 0)
                ERROR_AT(c, s, fields->items[k], STR("Write none, read or write."),
                         "\"%.*s\" is not a right on a field.",
                         STR_ARG(str_sub(fields->items[k]->text, 0, 100)));
            else if (f == F_ID && right == FR_NONE)
                ERROR_AT(c, s, fields->keys[k],
                         STR("Take the right to read the object away instead."),
                         "The id of a record cannot be hidden.");
            else if (f >= 0)
                rights[f] = (unsigned char)right;
        }
        r->field_rights[object] = rights;
    }
}

static void read_special_rights(struct compiler *c, const struct source *s, struct role *r)
{
    const struct node *list = get(s->root, "rights");
    size_t n = !list ? 0 : list->kind == NODE_TEXT ? 1 : list->n;

    for (size_t i = 0; i < n; i++) {
        const struct node *item = list->kind == NODE_TEXT ? list : list->items[i];
        int right = item->kind == NODE_TEXT ? find_word(item->text, right_words, RIGHT_COUNT) : -1;

        if (right >= 0)
            r->rights |= (uint32_t)1 << right;
        else if (item->kind == NODE_TEXT)
            ERROR_AT(c, s, item, nearest_of(c, item->text, right_words, RIGHT_COUNT),
                     "There is no right \"%.*s\".", STR_ARG(str_sub(item->text, 0, 100)));
    }
}

static void read_role(struct compiler *c, const struct source *s, struct role *r, int index)
{
    const struct node *above = get(s->root, "reports_to");
    struct str *duties;

    r->page = s->page;
    r->name = s->page->name;
    r->index = index;
    r->n_duties = get_texts(c, s->root, "duties", &duties);
    r->duties = duties;
    r->is_default = get_yes(s->root, "default", false);
    if (above && page_ref(c, s, above, PK_ROLE) >= 0)
        r->reports_to = above->text;
    if (str_eq(r->name, STR("owner")))
        ERROR_AT(c, s, get(s->root, "name"), STR("Choose another name."),
                 "\"owner\" means the owner of a record; it cannot name a role.");
    read_can(c, s, r);
    read_field_rights(c, s, r);
    read_special_rights(c, s, r);
}

/* Nobody may report to himself, also not through others. Each circle is reported once, at its first role. */
static void check_circles(struct compiler *c)
{
    struct manual *m = c->m;
    int *seen = NEW_ARRAY(c->arena, m->n_roles + 1, int); /* number of the walk that came by */

    for (size_t i = 0; i < m->n_roles; i++) {
        int at = (int)i, walk = (int)i + 1;

        while (at >= 0 && !seen[at]) {
            int64_t page;

            seen[at] = walk;
            if (!m->roles[at].reports_to.len ||
                !strmap_get(m->page_by_path,
                            str_fmt(c->arena, "role/%.*s", STR_ARG(m->roles[at].reports_to)),
                            &page))
                at = -1;
            else
                at = m->pages[page].index;
        }
        if (at >= 0 && seen[at] == walk) {
            const struct source *s = source_of(c, PK_ROLE, at);

            ERROR_AT(c, s, get(s->root, "reports_to"), STR("Let one of them report to nobody."),
                     "The roles report to each other in a circle: %.*s reports, through others, to "
                     "itself.",
                     STR_ARG(m->roles[at].name));
        }
    }
}

void compile_roles(struct compiler *c)
{
    struct manual *m = c->m;

    m->n_roles = c->n_names[PK_ROLE];
    m->roles = NEW_ARRAY(c->arena, m->n_roles + 1, struct role);
    for (size_t i = 0; i < m->n_roles; i++)
        read_role(c, source_of(c, PK_ROLE, (int)i), &m->roles[i], (int)i);
    check_circles(c);
}
