/* Reading keys: shapes and types by table, then typed access. */
#include "manual/compile_impl.h"

#include "base/limits.h"

#include <stdint.h>
#include <string.h>

bool yes_no_parse(struct str s, bool *out)
{
    if (str_eq_nocase(s, STR("yes")) || str_eq_nocase(s, STR("true"))) {
        *out = true;
        return true;
    }
    *out = false;
    return str_eq_nocase(s, STR("no")) || str_eq_nocase(s, STR("false"));
}

static struct str words_list(struct compiler *c, const char *const *words)
{
    struct buf b = buf_new(c->arena, 128);

    for (int i = 0; words[i]; i++)
        buf_fmt(&b, "%s%s", i ? ", " : "", words[i]);
    return buf_str(&b);
}

static struct str nearest_word(struct compiler *c, struct str word, const char *const *words)
{
    VEC(struct str) list = {0};

    for (int i = 0; words[i]; i++)
        VEC_PUSH(c->arena, list) = str_from(words[i]);
    return did_you_mean(c, word, list.at, list.n);
}

static int word_index(struct str s, const char *const *words)
{
    for (int i = 0; words[i]; i++)
        if (str_eq(s, str_from(words[i])))
            return i;
    return -1;
}

static void bad_value(struct compiler *c, const struct source *s, struct node *node,
                      const struct key *key, const char *expected)
{
    node->bad = true;
    ERROR_AT(c, s, node, str_fmt(c->arena, "For example `%s: %s`.", key->name, key->example),
             "\"%s\" must be %s.", key->name, expected);
}

static void check_scalar(struct compiler *c, const struct source *s, struct node *node,
                         const struct key *key)
{
    struct duration d;
    int64_t i;
    bool b;

    switch (key->type) {
    case KT_NAME:
        if (!page_name_valid(node->text, true))
            bad_value(c, s, node, key,
                      "a name of lower-case letters, digits, _ and -, beginning with a letter, at "
                      "most 48 long");
        break;
    case KT_DURATION:
        if (!duration_parse(node->text, &d) || d.us < 0 || d.business_days < 0 || d.business_us < 0)
            bad_value(c, s, node, key,
                      "a duration such as 30m, 24h, 3d, 2w, 2 business days or 4 business hours");
        break;
    case KT_NUMBER:
        if (!str_to_i64(node->text, &i))
            bad_value(c, s, node, key, "a whole number");
        break;
    case KT_YES_NO:
        if (!yes_no_parse(node->text, &b))
            bad_value(c, s, node, key, "yes or no");
        break;
    case KT_DATE:
        if (!date_parse(node->text, &i))
            bad_value(c, s, node, key, "a day written as year-month-day");
        break;
    case KT_WORD:
        if (word_index(node->text, key->words) < 0) {
            node->bad = true;
            ERROR_AT(c, s, node, nearest_word(c, node->text, key->words),
                     "\"%s\" must be one of: %.*s.", key->name, STR_ARG(words_list(c, key->words)));
        }
        break;
    case KT_EXPR:
        if (node->text.len > EXPR_BYTES_MAX)
            bad_value(c, s, node, key, "an expression of at most 8192 bytes");
        break;
    default:
        break;
    }
}

static void check_tables(struct compiler *c, const struct source *s, struct node *node,
                         const struct key *key)
{
    if (node->kind != NODE_LIST) {
        bad_value(c, s, node, key, "a list");
        return;
    }
    for (size_t i = 0; i < node->n; i++) {
        if (node->items[i]->kind == NODE_MAP)
            check_table(c, s, node->items[i], key->of, false);
        else
            bad_value(c, s, node->items[i], key, "a list of mappings");
    }
}

static void check_named(struct compiler *c, const struct source *s, struct node *node,
                        const struct key *key)
{
    if (node->kind != NODE_MAP) {
        bad_value(c, s, node, key, "a mapping of names");
        return;
    }
    for (size_t i = 0; i < node->n; i++) {
        if (node->items[i]->kind == NODE_MAP)
            check_table(c, s, node->items[i], key->of, false);
        else
            bad_value(c, s, node->items[i], key, "a mapping of names to mappings");
    }
}

static void check_value(struct compiler *c, const struct source *s, struct node *node,
                        const struct key *key)
{
    if (node_is_blank(node))
        return;
    switch (key->type) {
    case KT_TEXTS:
        if (node->kind == NODE_MAP) {
            bad_value(c, s, node, key, "a list of texts");
        } else if (node->kind == NODE_LIST) {
            for (size_t i = 0; i < node->n; i++)
                if (node->items[i]->kind != NODE_TEXT)
                    bad_value(c, s, node->items[i], key, "a list of texts");
        }
        break;
    case KT_TABLE:
        if (node->kind != NODE_MAP)
            bad_value(c, s, node, key, "a mapping");
        else
            check_table(c, s, node, key->of, false);
        break;
    case KT_TABLES:
        check_tables(c, s, node, key);
        break;
    case KT_NAMED:
        check_named(c, s, node, key);
        break;
    case KT_FREE:
        if (node->kind != NODE_MAP)
            bad_value(c, s, node, key, "a mapping");
        break;
    case KT_MIXED:
        if (node->kind != NODE_LIST)
            bad_value(c, s, node, key, "a list");
        break;
    default:
        if (node->kind != NODE_TEXT)
            bad_value(c, s, node, key, "a single value");
        else
            check_scalar(c, s, node, key);
        break;
    }
}

static struct str nearest_key(struct compiler *c, const struct key_table *table, struct str word,
                              bool with_common)
{
    VEC(struct str) list = {0};

    for (const struct key *k = table->keys; k->name; k++)
        VEC_PUSH(c->arena, list) = str_from(k->name);
    for (const struct key *k = common_keys; with_common && k->name; k++)
        VEC_PUSH(c->arena, list) = str_from(k->name);
    struct str near = str_nearest(c->arena, word, list.at, list.n);
    if (near.len)
        return str_fmt(c->arena, "Did you mean \"%.*s\"?", STR_ARG(near));
    struct buf b = buf_new(c->arena, 128);
    for (size_t i = 0; i < list.n; i++)
        buf_fmt(&b, "%s%.*s", i ? ", " : "Possible here: ", STR_ARG(list.at[i]));
    buf_add_char(&b, '.');
    return buf_str(&b);
}

static void check_missing(struct compiler *c, const struct source *s, const struct node *map,
                          const struct key *keys)
{
    for (const struct key *k = keys; k->name; k++) {
        const struct node *value = k->required ? node_get(map, k->name) : NULL;

        if (k->required && (!value || node_is_blank(value)))
            ERROR_AT(c, s, map, str_fmt(c->arena, "For example `%s: %s`.", k->name, k->example),
                     "\"%s\" is missing here.", k->name);
    }
}

void check_table(struct compiler *c, const struct source *s, struct node *map,
                 const struct key_table *table, bool with_common)
{
    for (size_t i = 0; i < map->n; i++) {
        const struct key *key = key_find(table, map->keys[i]->text, with_common);

        if (!key)
            ERROR_AT(c, s, map->keys[i], nearest_key(c, table, map->keys[i]->text, with_common),
                     "The key \"%.*s\" does not exist %s.",
                     STR_ARG(str_sub(map->keys[i]->text, 0, 100)),
                     with_common ? "for this kind of page" : "here");
        else
            check_value(c, s, map->items[i], key);
    }
    if (with_common)
        check_missing(c, s, map, common_keys);
    check_missing(c, s, map, table->keys);
}

/* ---- typed access ---- */
struct node *get(const struct node *map, const char *key)
{
    struct node *node = node_get(map, key);

    return !node || node->bad || node_is_blank(node) ? NULL : node;
}

struct str get_text(const struct node *map, const char *key)
{
    const struct node *node = get(map, key);

    return node && node->kind == NODE_TEXT ? node->text : STR_NONE;
}

bool get_yes(const struct node *map, const char *key, bool otherwise)
{
    const struct node *node = get(map, key);
    bool b;

    return node && yes_no_parse(node->text, &b) ? b : otherwise;
}

int64_t get_number(const struct node *map, const char *key, int64_t otherwise)
{
    const struct node *node = get(map, key);
    int64_t i;

    return node && str_to_i64(node->text, &i) ? i : otherwise;
}

int64_t get_date(const struct node *map, const char *key)
{
    const struct node *node = get(map, key);
    int64_t days;

    return node && date_parse(node->text, &days) ? days : DATE_NONE;
}

struct duration get_duration(const struct node *map, const char *key)
{
    const struct node *node = get(map, key);
    struct duration d;

    if (node && duration_parse(node->text, &d))
        return d;
    return (struct duration){0};
}

int get_word(const struct node *map, const char *key, const char *const *words, int otherwise)
{
    const struct node *node = get(map, key);
    int i = node ? word_index(node->text, words) : -1;

    return i < 0 ? otherwise : i;
}

size_t get_texts(struct compiler *c, const struct node *map, const char *key, struct str **out)
{
    const struct node *node = get(map, key);
    size_t n = 0;

    *out = NULL;
    if (!node)
        return 0;
    if (node->kind == NODE_TEXT) {
        *out = NEW(c->arena, struct str);
        **out = node->text;
        return 1;
    }
    *out = NEW_ARRAY(c->arena, node->n + 1, struct str);
    for (size_t i = 0; node->kind == NODE_LIST && i < node->n; i++)
        if (node->items[i]->kind == NODE_TEXT && !node->items[i]->bad)
            (*out)[n++] = node->items[i]->text;
    return n;
}

size_t get_tables(struct compiler *c, const struct node *map, const char *key, struct node ***out)
{
    const struct node *list = get(map, key);
    size_t n = 0;

    *out = NULL;
    if (!list || list->kind != NODE_LIST)
        return 0;
    *out = NEW_ARRAY(c->arena, list->n + 1, struct node *);
    for (size_t i = 0; i < list->n; i++)
        if (list->items[i]->kind == NODE_MAP && !list->items[i]->bad)
            (*out)[n++] = list->items[i];
    return n;
}

/* ---- references ---- */
int page_ref(struct compiler *c, const struct source *s, const struct node *node,
             enum page_kind kind)
{
    int64_t index;
    struct str path = str_fmt(c->arena, "%s/%.*s", page_kind_words[kind], STR_ARG(node->text));

    if (strmap_get(c->m->page_by_path, path, &index))
        return c->m->pages[index].index;
    ERROR_AT(c, s, node, did_you_mean(c, node->text, c->names[kind], c->n_names[kind]),
             "There is no %s \"%.*s\".", page_kind_words[kind],
             STR_ARG(str_sub(node->text, 0, 100)));
    return -1;
}

int object_ref(struct compiler *c, const struct source *s, const struct node *node)
{
    VEC(struct str) names = {0};
    int64_t index;

    if (strmap_get(c->m->object_by_name, node->text, &index))
        return (int)index;
    for (size_t i = 0; i < c->m->n_objects; i++)
        VEC_PUSH(c->arena, names) = c->m->objects[i].name;
    ERROR_AT(c, s, node, did_you_mean(c, node->text, names.at, names.n),
             "There is no object \"%.*s\".", STR_ARG(str_sub(node->text, 0, 100)));
    return -1;
}

struct str field_nearest(struct compiler *c, int object, struct str name)
{
    const struct object *o = &c->m->objects[object];
    struct str *names = NEW_ARRAY(c->arena, o->n_fields, struct str);

    for (size_t i = 0; i < o->n_fields; i++)
        names[i] = o->fields[i].name;
    return did_you_mean(c, name, names, o->n_fields);
}

int field_ref_text(struct compiler *c, const struct source *s, const struct node *node,
                   struct str name, int object)
{
    const struct object *o = &c->m->objects[object];
    const struct field *f = object_field(o, name);

    if (f)
        return f->index;
    if (!c->object_broken[object])
        ERROR_AT(c, s, node, field_nearest(c, object, name), "%.*s has no field \"%.*s\".",
                 STR_ARG(o->label), STR_ARG(str_sub(name, 0, 100)));
    return -1;
}

int field_ref(struct compiler *c, const struct source *s, const struct node *node, int object)
{
    return field_ref_text(c, s, node, node->text, object);
}

static size_t field_list(struct compiler *c, const struct source *s, const struct node *map,
                         const char *key, int object, bool to_fill, const int **out)
{
    const struct node *node = get(map, key);
    const struct object *o = &c->m->objects[object];
    size_t n = 0, n_items = !node ? 0 : node->kind == NODE_TEXT ? 1 : node->n;
    int *fields = NEW_ARRAY(c->arena, n_items + 1, int);

    for (size_t i = 0; i < n_items; i++) {
        const struct node *item = node->kind == NODE_TEXT ? node : node->items[i];
        int f;

        if (item->kind != NODE_TEXT || item->bad || (f = field_ref(c, s, item, object)) < 0)
            continue;
        bool twice = false;
        for (size_t k = 0; k < n; k++)
            twice = twice || fields[k] == f;
        if (twice)
            ERROR_AT(c, s, item, STR("Remove one of the two."),
                     "The field \"%.*s\" is listed twice.", STR_ARG(item->text));
        else if (to_fill && (o->fields[f].hidden || o->fields[f].type == FT_FORMULA ||
                             o->fields[f].type == FT_AUTO_NUMBER ||
                             (o->fields[f].system && f != F_OWNER && f != F_TEAM && f != F_TAGS)))
            ERROR_AT(c, s, item, STR("Ask for a field that people can fill."),
                     "Nobody can fill \"%.*s\": it is %s. What needs it could never be left.",
                     STR_ARG(item->text), o->fields[f].hidden ? "hidden" : "kept by the program");
        else
            fields[n++] = f;
    }
    *out = fields;
    return n;
}

size_t field_refs(struct compiler *c, const struct source *s, const struct node *map,
                  const char *key, int object, const int **out)
{
    return field_list(c, s, map, key, object, false, out);
}

size_t needs_refs(struct compiler *c, const struct source *s, const struct node *map, int object,
                  const int **out)
{
    return field_list(c, s, map, "needs", object, true, out);
}

/* ---- expressions ---- */
static size_t count_codepoints(struct str s, size_t to)
{
    size_t n = 0;

    for (size_t i = 0; i < to && i < s.len; i++)
        n += ((unsigned char)s.ptr[i] & 0xC0) != 0x80;
    return n;
}

/* The place in the page of a place in a scalar. Inside folded and escaped texts the beginning of the scalar is given. */
static void place_in_page(const struct node *node, size_t offset, int line, int column,
                          int *out_line, int *out_column)
{
    int col = column > 0 ? column : 1;
    int shift = (int)count_codepoints(node->text, offset);

    *out_line = node->line;
    *out_column = node->column;
    if (line > 1 || node->style == '|' || node->style == '>')
        return;
    if (node->style == '"' && str_find_char(node->text, '"', 0) != SIZE_MAX)
        return;
    if (node->style == '\'') { /* each quote inside is written twice */
        size_t chars = 0;

        for (size_t i = 0; i < node->text.len && chars < (size_t)(shift + col - 1); i++) {
            chars += ((unsigned char)node->text.ptr[i] & 0xC0) != 0x80;
            *out_column += node->text.ptr[i] == '\'';
        }
    }
    *out_column += (node->style ? 1 : 0) + shift + col - 1;
}

const struct expr *expr_read(struct compiler *c, const struct source *s, const struct node *node,
                             struct str text, size_t offset, int object, unsigned use)
{
    const struct expr *e = NULL;
    struct err *err = expr_compile(c->arena, c->schema, object, text, use, &e);

    if (!err)
        return e;
    if (c->object_broken[object])
        return NULL;
    for (; err; err = err->next) {
        int line, column;

        place_in_page(node, offset, err->line, err->column, &line, &column);
        finding_add(c, SEV_ERROR, s->page, line, column, err->way_out, "%.*s",
                    STR_ARG(err->message));
    }
    return NULL;
}

struct rule rule_read(struct compiler *c, const struct source *s, const struct node *map,
                      const char *key, int object, unsigned use)
{
    const struct node *node = get(map, key);

    if (!node || object < 0)
        return (struct rule){NULL, node ? node->line : 0};
    return (struct rule){expr_read(c, s, node, node->text, 0, object, use), node->line};
}

bool path_resolve(const struct manual *m, int object, struct str path, struct str *bad, int *at,
                  const struct field **out)
{
    struct str part;

    while (str_cut(&path, '.', &part)) {
        const struct field *f = object < 0 ? NULL : object_field(&m->objects[object], part);

        *at = object;
        *bad = part;
        *out = f;
        if (!f)
            return false;
        if (path.len == 0)
            return true;
        if (field_types[f->type].expr_type != ET_REF || f->to_object < 0) {
            str_cut(&path, '.', bad); /* nothing can follow */
            *at = -1;
            return false;
        }
        object = f->to_object;
    }
    return false;
}

/* ---- who ---- */
static bool who_parse(struct str text, struct who *out)
{
    static const struct {
        struct str prefix;
        enum who_kind kind;
    } forms[] = {
        {{"on duty role:", 13}, WHO_ON_DUTY},
        {{"next free role:", 15}, WHO_NEXT_FREE},
        {{"role:", 5}, WHO_ROLE},
        {{"user:", 5}, WHO_USER},
    };

    *out = (struct who){0};
    if (str_eq(text, STR("owner"))) {
        out->kind = WHO_OWNER;
        return true;
    }
    if (str_eq(text, STR("superior")) || str_eq(text, STR("owner's superior"))) {
        out->kind = WHO_SUPERIOR;
        return true;
    }
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (str_starts(text, forms[i].prefix)) {
            out->kind = forms[i].kind;
            out->name = str_trim(str_sub(text, forms[i].prefix.len, text.len));
            return out->name.len > 0;
        }
    return false;
}

bool who_read(struct compiler *c, const struct source *s, const struct node *node, struct who *out)
{
    if (!who_parse(node->text, out)) {
        ERROR_AT(c, s, node,
                 STR("Write owner, superior, role:<name>, user:<mail>, on duty role:<name> or next "
                     "free role:<name>."),
                 "\"%.*s\" does not say who.", STR_ARG(str_sub(node->text, 0, 100)));
        return false;
    }
    if (out->kind == WHO_USER) {
        if (str_find_char(out->name, '@', 0) == SIZE_MAX)
            ERROR_AT(c, s, node, STR("For example user:ana@example.com."),
                     "\"%.*s\" is not a mail address.", STR_ARG(out->name));
        return true;
    }
    if (out->kind != WHO_OWNER && out->kind != WHO_SUPERIOR) {
        struct node name = *node;

        name.text = out->name;
        name.column += (int)count_codepoints(node->text, node->text.len - out->name.len) +
                       (node->style ? 1 : 0);
        return page_ref(c, s, &name, PK_ROLE) >= 0;
    }
    return true;
}

/* ---- literals ---- */
static bool is_option(const struct field *f, struct str text)
{
    for (size_t i = 0; i < f->n_options; i++)
        if (str_eq(f->options[i].name, text))
            return true;
    return false;
}

static bool literal_fits(const struct object *o, const struct field *f, struct str text)
{
    struct duration d;
    int64_t v;
    bool b;

    (void)o;
    switch (f->type) {
    case FT_NUMBER:
        return str_to_i64(text, &v);
    case FT_DECIMAL:
    case FT_PERCENT:
    case FT_MONEY:
        return str_to_scaled(text, f->scale, &v);
    case FT_YES_NO:
        return yes_no_parse(text, &b);
    case FT_CHOICE:
        return is_option(f, text);
    case FT_DATE:
        return str_eq(text, STR("today")) || date_parse(text, &v);
    case FT_DATE_TIME:
        return str_eq(text, STR("now")) || str_eq(text, STR("today")) || instant_parse(text, &v);
    case FT_DURATION:
        return duration_parse(text, &d) && d.business_days == 0 && d.business_us == 0;
    case FT_USER:
        return str_eq(text, STR("me"));
    case FT_TEAM:
    case FT_REF:
    case FT_REFS:
    case FT_AUTO_NUMBER:
    case FT_FORMULA:
        return false;
    case FT_MULTI_CHOICE: {
        struct str rest = text, part;

        while (str_cut(&rest, ',', &part))
            if (!is_option(f, str_trim(part)))
                return false;
        return true;
    }
    default:
        return true;
    }
}

bool literal_check(struct compiler *c, const struct source *s, const struct node *node,
                   const struct object *o, const struct field *f, struct str text)
{
    struct str suggestion = STR_NONE;

    if (literal_fits(o, f, text))
        return true;
    if (f->n_options) {
        struct str *names = NEW_ARRAY(c->arena, f->n_options, struct str);

        for (size_t i = 0; i < f->n_options; i++)
            names[i] = f->options[i].name;
        suggestion = did_you_mean(c, text, names, f->n_options);
        if (!suggestion.len)
            suggestion = str_fmt(c->arena, "Possible: %.*s.",
                                 STR_ARG(str_join(c->arena, names, f->n_options, STR(", "))));
    } else if (f->type == FT_USER) {
        suggestion = STR("Only `me` can stand here.");
    }
    ERROR_AT(c, s, node, suggestion, "\"%.*s\" is not a value of %.*s.%.*s, which holds: %s",
             STR_ARG(str_sub(text, 0, 100)), STR_ARG(o->name), STR_ARG(f->name),
             field_types[f->type].doc);
    return false;
}

size_t set_read(struct compiler *c, const struct source *s, const struct node *map, const char *key,
                int object, struct str (**out)[2])
{
    const struct node *node = get(map, key);
    size_t n = 0;

    *out = NULL;
    if (!node || node->kind != NODE_MAP || object < 0)
        return 0;
    *out = (struct str(*)[2])arena_array(c->arena, node->n + 1, sizeof **out);
    for (size_t i = 0; i < node->n; i++) {
        const struct node *value = node->items[i];
        int f = field_ref(c, s, node->keys[i], object);

        if (f < 0)
            continue;
        const struct object *o = &c->m->objects[object];
        const struct field *field = &o->fields[f];
        if (value->kind != NODE_TEXT) {
            ERROR_AT(c, s, value, STR_NONE, "\"%.*s\" can be set to a single value only.",
                     STR_ARG(field->name));
        } else if (o->built_in || field->hidden || field->type == FT_FORMULA ||
                   field->type == FT_AUTO_NUMBER ||
                   (field->system && f != F_OWNER && f != F_TEAM && f != F_TAGS)) {
            ERROR_AT(c, s, node->keys[i], STR_NONE,
                     "\"%.*s\" is kept by the program and cannot be set.", STR_ARG(field->name));
        } else if (value->text.len == 0 ||
                   literal_check(c, s, value, o, field, value->text)) { /* empty: clears it */
            (*out)[n][0] = field->name;
            (*out)[n][1] = value->text;
            n++;
        }
    }
    return n;
}
