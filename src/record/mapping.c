/* Mapping files: which column of a CSV goes into which field, read with the pages' own YAML reader. */
#include "record/import_impl.h"

#include "base/file.h"
#include "manual/yaml.h"
#include "record/record_impl.h"

#include <string.h>

#define MAPPING_BYTES_MAX (1024 * 1024)

struct reading {
    struct arena *arena;
    const struct manual *m;
    const char *path;
    struct mapping *out;
};

static struct err *bad(struct reading *r, const struct node *at, struct str message, struct str way_out)
{
    struct err *e = FAIL(r->arena, ERR_INVALID, "import.mapping", NULL, "%.*s", STR_ARG(message));

    e->page = str_from(r->path);
    e->line = at ? at->line : 1;
    e->column = at ? at->column : 1;
    e->way_out = way_out;
    return e;
}

static struct err *bad_key(struct reading *r, const struct node *key, const char *const *known, size_t n)
{
    struct str names[16];
    struct str near;

    for (size_t i = 0; i < n; i++)
        names[i] = str_from(known[i]);
    near = str_nearest(r->arena, key->text, names, n);
    return bad(r, key, str_fmt(r->arena, "There is no key %.*s here.", STR_ARG(key->text)),
               near.len ? str_fmt(r->arena, "Did you mean %.*s?", STR_ARG(near)) : STR("docs/import.md lists the keys."));
}

static struct err *check_keys(struct reading *r, const struct node *map, const char *const *known, size_t n)
{
    for (size_t i = 0; i < map->n; i++) {
        bool found = false;

        for (size_t k = 0; k < n; k++)
            found |= str_eq(map->keys[i]->text, str_from(known[k]));
        if (!found)
            return bad_key(r, map->keys[i], known, n);
    }
    return NULL;
}

static struct err *text_of(struct reading *r, const struct node *map, const char *key, struct str *out)
{
    const struct node *v = node_get(map, key);

    *out = STR_NONE;
    if (!v)
        return NULL;
    if (v->kind != NODE_TEXT)
        return bad(r, v, str_fmt(r->arena, "%s takes one word or text.", key), STR_NONE);
    *out = v->text;
    return NULL;
}

static struct err *flag_of(struct reading *r, const struct node *map, const char *key, bool *out)
{
    struct str s;

    TRY(text_of(r, map, key, &s));
    *out = str_eq(s, STR("true")) || str_eq(s, STR("yes"));
    if (s.len && !*out && !str_eq(s, STR("false")) && !str_eq(s, STR("no")))
        return bad(r, node_get(map, key), str_fmt(r->arena, "%s takes yes or no.", key), STR_NONE);
    return NULL;
}

static struct err *field_of(struct reading *r, const struct object *o, const struct node *at, struct str name, const struct field **out)
{
    struct str *names = NEW_ARRAY(r->arena, o->n_fields + 1, struct str);
    struct str near;

    *out = object_field(o, name);
    if (*out)
        return NULL;
    for (size_t i = 0; i < o->n_fields; i++)
        names[i] = o->fields[i].name;
    near = str_nearest(r->arena, name, names, o->n_fields);
    return bad(r, at, str_fmt(r->arena, "%.*s has no field %.*s.", STR_ARG(o->label), STR_ARG(name)),
               near.len ? str_fmt(r->arena, "Did you mean %.*s?", STR_ARG(near)) : STR_NONE);
}

static struct err *object_of(struct reading *r, const struct node *at, struct str name, const struct object **out)
{
    struct str *names = NEW_ARRAY(r->arena, r->m->n_objects + 1, struct str);
    struct str near;

    *out = manual_object(r->m, name);
    if (*out && !(*out)->built_in)
        return NULL;
    for (size_t i = 0; i < r->m->n_objects; i++)
        names[i] = r->m->objects[i].name;
    near = str_nearest(r->arena, name, names, r->m->n_objects);
    if (!name.len)
        return bad(r, at, STR("The mapping does not say what a row becomes."), STR("For example object: contact."));
    return bad(r, at, str_fmt(r->arena, "The manual has no object %.*s that can be imported.", STR_ARG(name)),
               near.len ? str_fmt(r->arena, "Did you mean %.*s?", STR_ARG(near)) : STR_NONE);
}

static struct err *read_match(struct reading *r, const struct node *map, struct column_map *c)
{
    const struct node *at = node_get(map, "match");
    struct str match, missing;
    size_t dot;

    TRY(text_of(r, map, "match", &match));
    TRY(text_of(r, map, "missing", &missing));
    if (!match.len)
        return missing.len ? bad(r, node_get(map, "missing"), STR("missing says what to do when match finds nothing; there is no match here."), STR_NONE)
                           : NULL;
    dot = str_find_char(match, '.', 0);
    if (dot == SIZE_MAX)
        return bad(r, at, STR("match takes an object and a field."), STR("For example match: user.name."));
    TRY(object_of(r, at, str_sub(match, 0, dot), &c->match));
    TRY(field_of(r, c->match, at, str_sub(match, dot + 1, match.len), &c->match_field));
    if (c->match_field->index != F_ID && field_types[c->match_field->type].store != FS_TEXT &&
        field_types[c->match_field->type].store != FS_TEXT_FOLD)
        return bad(r, at, str_fmt(r->arena, "%.*s is not a text, so nothing can be looked up by it.", STR_ARG(match)), STR_NONE);
    if (c->field->to_object >= 0 && c->field->to_object != c->match->index)
        return bad(r, at, str_fmt(r->arena, "%.*s refers to %.*s, not to %.*s.", STR_ARG(c->field->name),
                                  STR_ARG(r->m->objects[c->field->to_object].name), STR_ARG(c->match->name)), STR_NONE);
    if (str_eq(missing, STR("doubtful")))
        c->missing = MISSING_DOUBTFUL;
    else if (str_eq(missing, STR("empty")))
        c->missing = MISSING_EMPTY;
    else if (missing.len && !str_eq(missing, STR("error")))
        return bad(r, node_get(map, "missing"), STR("missing takes error, doubtful or empty."), STR_NONE);
    return NULL;
}

static bool is_ref(const struct field *f)
{
    return f->type == FT_USER || f->type == FT_TEAM || f->type == FT_REF;
}

/* Year, month and day, each once. */
static bool is_date_pattern(struct str p)
{
    int year = 0, month = 0, day = 0;

    for (size_t i = 0; i < p.len;) {
        struct str rest = str_sub(p, i, p.len);
        bool y = str_starts(rest, STR("YY")), m = rest.ptr[0] == 'M', d = rest.ptr[0] == 'D';

        year += y;
        month += m;
        day += d;
        i += y ? (str_starts(rest, STR("YYYY")) ? 4 : 2) : (m && str_starts(rest, STR("MM"))) || (d && str_starts(rest, STR("DD"))) ? 2 : 1;
    }
    return year == 1 && month == 1 && day == 1;
}

static struct err *read_vocabulary(struct reading *r, const struct node *map, struct column_map *c)
{
    struct str *names = NEW_ARRAY(r->arena, r->m->n_vocabularies + 1, struct str);
    struct str name, near;

    TRY(text_of(r, map, "vocabulary", &name));
    if (!name.len)
        return NULL;
    for (size_t i = 0; i < r->m->n_vocabularies; i++) {
        names[i] = r->m->vocabularies[i].page->name;
        if (str_eq(names[i], name))
            c->vocabulary = &r->m->vocabularies[i];
    }
    if (c->vocabulary)
        return NULL;
    near = str_nearest(r->arena, name, names, r->m->n_vocabularies);
    return bad(r, node_get(map, "vocabulary"), str_fmt(r->arena, "The manual has no vocabulary %.*s.", STR_ARG(name)),
               near.len ? str_fmt(r->arena, "Did you mean %.*s?", STR_ARG(near)) : STR_NONE);
}

static struct err *read_numbers(struct reading *r, const struct node *map, struct column_map *c)
{
    enum field_type t = c->field->type;
    struct str multiply;

    TRY(text_of(r, map, "currency", &c->currency));
    TRY(text_of(r, map, "multiply", &multiply));
    if (multiply.len && (!str_to_i64(multiply, &c->multiply) || c->multiply < 1))
        return bad(r, node_get(map, "multiply"), STR("multiply takes a whole number from 1."), STR_NONE);
    if (multiply.len && t != FT_NUMBER && t != FT_DECIMAL && t != FT_PERCENT && t != FT_MONEY)
        return bad(r, node_get(map, "multiply"), str_fmt(r->arena, "%.*s is not a number, so it cannot be multiplied.", STR_ARG(c->field->name)), STR_NONE);
    if (c->currency.len && t != FT_MONEY)
        return bad(r, node_get(map, "currency"), str_fmt(r->arena, "%.*s is not money, so it has no currency.", STR_ARG(c->field->name)), STR_NONE);
    if (c->currency.len && currency_exponent(c->currency) < 0)
        return bad(r, node_get(map, "currency"), str_fmt(r->arena, "There is no currency %.*s.", STR_ARG(c->currency)),
                   STR("currency takes an ISO 4217 code, such as USD or EUR."));
    return NULL;
}

static struct err *read_dates(struct reading *r, const struct node *map, struct column_map *c)
{
    TRY(text_of(r, map, "date", &c->date));
    TRY(flag_of(r, map, "shift", &c->shift));
    if ((c->date.len || c->shift) && c->field->type != FT_DATE && c->field->type != FT_DATE_TIME)
        return bad(r, node_get(map, c->date.len ? "date" : "shift"),
                   str_fmt(r->arena, "%.*s is not a date, so date and shift mean nothing here.", STR_ARG(c->field->name)), STR_NONE);
    if (c->date.len && !is_date_pattern(c->date))
        return bad(r, node_get(map, "date"), str_fmt(r->arena, "%.*s does not say where year, month and day stand.", STR_ARG(c->date)),
                   STR("For example M/D/YYYY, DD.MM.YYYY or YYYYMMDD."));
    return NULL;
}

static struct err *read_column(struct reading *r, const struct node *key, const struct node *value, struct column_map *c)
{
    static const char *const known[] = {"field", "match", "missing", "vocabulary", "date", "shift", "multiply", "currency", "expected"};
    struct str name;

    c->header = key->text;
    c->line = key->line;
    c->cell = -1;
    if (value->kind == NODE_TEXT) {
        c->ignore = str_eq(value->text, STR("ignore"));
        if (c->ignore)
            return NULL;
        TRY(field_of(r, r->out->object, value, value->text, &c->field));
    } else if (value->kind == NODE_MAP) {
        TRY(check_keys(r, value, known, sizeof known / sizeof known[0]));
        TRY(text_of(r, value, "field", &name));
        TRY(field_of(r, r->out->object, node_get(value, "field") ? node_get(value, "field") : value, name, &c->field));
        TRY(read_match(r, value, c));
        TRY(read_vocabulary(r, value, c));
        TRY(read_dates(r, value, c));
        TRY(read_numbers(r, value, c));
        TRY(flag_of(r, value, "expected", &c->expected));
    } else {
        return bad(r, value, STR("A column takes a field, `ignore`, or { field: ..., match: ... }."), STR_NONE);
    }
    if (is_ref(c->field) && !c->match)
        return bad(r, value, str_fmt(r->arena, "%.*s refers to another record; say how to find it.", STR_ARG(c->field->name)),
                   STR("For example { field: owner, match: user.name }."));
    if (!is_ref(c->field) && c->field->type != FT_REFS && c->match)
        return bad(r, value, str_fmt(r->arena, "%.*s is not a reference, so match means nothing here.", STR_ARG(c->field->name)), STR_NONE);
    return NULL;
}

static struct err *read_columns(struct reading *r, const struct node *columns)
{
    if (!columns || columns->kind != NODE_MAP || !columns->n)
        return bad(r, columns, STR("columns says which column goes where; it is missing or empty."), STR("For example columns: { Name: name }."));
    r->out->n_columns = columns->n;
    r->out->columns = NEW_ARRAY(r->arena, columns->n, struct column_map);
    for (size_t i = 0; i < columns->n; i++) {
        struct column_map *c = &r->out->columns[i];

        TRY(read_column(r, columns->keys[i], columns->items[i], c));
        for (size_t k = 0; k < i && c->field; k++)
            if (r->out->columns[k].field == c->field)
                return bad(r, columns->items[i], str_fmt(r->arena, "%.*s is filled from \"%.*s\" already.", STR_ARG(c->field->name),
                                                         STR_ARG(r->out->columns[k].header)), STR("A field takes one column; ignore the other."));
        if (c->field && c->field == r->out->key)
            r->out->key_column = (int)i;
    }
    if (r->out->key && r->out->key_column < 0)
        return bad(r, columns, str_fmt(r->arena, "No column goes into %.*s, the key.", STR_ARG(r->out->key->name)),
                   STR("Map the column by which rows are found again."));
    return NULL;
}

/* ---- set ---- */

static struct err *read_hole(struct reading *r, const struct node *at, struct str hole, struct constant_piece *p)
{
    const struct mapping *m = r->out;
    struct str *names = NEW_ARRAY(r->arena, m->n_columns + 1, struct str);
    size_t bar = str_find_char(hole, '|', 0);
    struct str name = str_trim(str_sub(hole, 0, bar)), near;
    struct str filter = bar == SIZE_MAX ? STR_NONE : str_trim(str_sub(hole, bar + 1, hole.len));

    p->filter = str_eq(filter, STR("slug")) ? HOLE_SLUG : str_eq(filter, STR("lower")) ? HOLE_LOWER : HOLE_PLAIN;
    if (filter.len && p->filter == HOLE_PLAIN)
        return bad(r, at, str_fmt(r->arena, "There is no filter %.*s.", STR_ARG(filter)), STR("There are slug and lower."));
    for (size_t k = 0; k < m->n_columns; k++) {
        names[k] = m->columns[k].header;
        if (str_eq(names[k], name)) {
            p->column = (int)k;
            return NULL;
        }
    }
    near = str_nearest(r->arena, name, names, m->n_columns);
    return bad(r, at, str_fmt(r->arena, "There is no column %.*s.", STR_ARG(name)),
               near.len ? str_fmt(r->arena, "Did you mean %.*s?", STR_ARG(near)) : STR_NONE);
}

/* "x{column}y{column|slug}z" into its pieces. */
static struct err *read_pieces(struct reading *r, const struct node *at, struct constant_map *c)
{
    VEC(struct constant_piece) pieces = {0};
    struct str text = at->text;

    for (;;) {
        struct constant_piece *p = &VEC_PUSH(r->arena, pieces);
        size_t open = str_find_char(text, '{', 0), end = open == SIZE_MAX ? SIZE_MAX : str_find_char(text, '}', open);

        *p = (struct constant_piece){.before = str_sub(text, 0, end == SIZE_MAX ? SIZE_MAX : open), .column = -1};
        if (end == SIZE_MAX)
            break;
        TRY(read_hole(r, at, str_sub(text, open + 1, end - open - 1), p));
        text = str_sub(text, end + 1, SIZE_MAX);
    }
    c->pieces = pieces.at;
    c->n_pieces = pieces.n;
    return NULL;
}

static struct err *read_constants(struct reading *r, const struct node *set)
{
    if (!set)
        return NULL;
    if (set->kind != NODE_MAP)
        return bad(r, set, STR("set takes fields and their values."), STR("For example set: { lead_source: Import }."));
    r->out->n_constants = set->n;
    r->out->constants = NEW_ARRAY(r->arena, set->n, struct constant_map);
    for (size_t i = 0; i < set->n; i++) {
        struct constant_map *c = &r->out->constants[i];

        if (set->items[i]->kind != NODE_TEXT)
            return bad(r, set->items[i], STR("A value set for every row is one text."), STR_NONE);
        TRY(field_of(r, r->out->object, set->keys[i], set->keys[i]->text, &c->field));
        for (size_t k = 0; k < r->out->n_columns; k++)
            if (r->out->columns[k].field == c->field)
                return bad(r, set->keys[i], str_fmt(r->arena, "%.*s is filled from the column \"%.*s\" already.", STR_ARG(c->field->name),
                                                    STR_ARG(r->out->columns[k].header)), STR_NONE);
        TRY(read_pieces(r, set->items[i], c));
    }
    return NULL;
}

static struct err *read_empty(struct reading *r, const struct node *empty)
{
    if (!empty)
        return NULL;
    if (empty->kind != NODE_LIST)
        return bad(r, empty, STR("empty takes a list of words that mean no answer."), STR("For example empty: [Select, n/a]."));
    r->out->empty = strmap_new(r->arena, empty->n * 2);
    for (size_t i = 0; i < empty->n; i++)
        if (empty->items[i]->kind == NODE_TEXT)
            strmap_put(r->out->empty, utf8_fold(r->arena, empty->items[i]->text), 1);
    return NULL;
}

static struct err *read_second_pass(struct reading *r, const struct node *list)
{
    if (!list)
        return NULL;
    if (list->kind != NODE_LIST)
        return bad(r, list, STR("second_pass takes a list of columns."), STR_NONE);
    if (!r->out->key)
        return bad(r, list, STR("second_pass finds its rows again by the key; there is none."), STR("Add key: with a field that names each row."));
    for (size_t i = 0; i < list->n; i++) {
        bool found = false;

        for (size_t k = 0; k < r->out->n_columns; k++)
            if (list->items[i]->kind == NODE_TEXT && str_eq(r->out->columns[k].header, list->items[i]->text) && !r->out->columns[k].ignore)
                found = r->out->columns[k].second_pass = r->out->has_second_pass = true;
        if (!found)
            return bad(r, list->items[i], STR("second_pass names a column that is not mapped."), STR_NONE);
        if (r->out->columns[r->out->key_column].second_pass)
            return bad(r, list->items[i], STR("The key finds the rows again; it cannot wait for the second pass itself."), STR_NONE);
    }
    return NULL;
}

static struct err *read_key(struct reading *r, const struct node *root)
{
    struct str key, on_match, delimiter;

    TRY(text_of(r, root, "key", &key));
    TRY(text_of(r, root, "on_match", &on_match));
    TRY(text_of(r, root, "delimiter", &delimiter));
    TRY(flag_of(r, root, "distinct", &r->out->distinct));
    if (key.len) {
        TRY(field_of(r, r->out->object, node_get(root, "key"), key, &r->out->key));
        if (field_types[r->out->key->type].store != FS_TEXT && field_types[r->out->key->type].store != FS_TEXT_FOLD)
            return bad(r, node_get(root, "key"), STR("key takes a text field: rows are matched by what is written there."), STR_NONE);
        if (!r->out->key->unique && !r->out->key->indexed && r->out->key->index != r->out->object->title)
            return bad(r, node_get(root, "key"),
                       str_fmt(r->arena, "%.*s has no index, and every row is looked up by it.", STR_ARG(r->out->key->name)),
                       str_fmt(r->arena, "Say `unique: yes` or `index: yes` for it in object/%.*s.", STR_ARG(r->out->object->name)));
    }
    r->out->update = !str_eq(on_match, STR("skip"));
    if (on_match.len && r->out->update && !str_eq(on_match, STR("update")))
        return bad(r, node_get(root, "on_match"), STR("on_match takes update or skip."), STR_NONE);
    if (delimiter.len > 1)
        return bad(r, node_get(root, "delimiter"), STR("delimiter takes one character."), STR_NONE);
    r->out->delimiter = delimiter.len ? delimiter.ptr[0] : 0;
    return NULL;
}

/* The reader speaks of pages. */
struct err *mapping_yaml(struct arena *arena, const char *path, struct str text, struct node **root)
{
    static const struct str its_word = {"The front matter", sizeof "The front matter" - 1};
    struct err *e = yaml_read(arena, text, 0, text.len, root);

    if (!e)
        return NULL;
    e->code = "import.mapping";
    e->page = str_from(path);
    if (str_starts(e->message, its_word))
        e->message = str_fmt(arena, "The file%.*s", STR_ARG(str_sub(e->message, its_word.len, SIZE_MAX)));
    return e;
}

struct err *mapping_parse(struct arena *arena, const struct manual *m, const char *path, struct str text, struct mapping **out)
{
    static const char *const known[] = {"object", "key", "on_match", "delimiter", "distinct", "columns", "set", "empty", "second_pass"};
    struct reading r = {.arena = arena, .m = m, .path = path, .out = NEW(arena, struct mapping)};
    struct node *root;
    struct str object;

    r.out->text = text;
    if (!utf8_valid(r.out->text))
        return bad(&r, NULL, STR("The mapping file is not UTF-8."), STR_NONE);
    TRY(mapping_yaml(arena, path, r.out->text, &root));
    if (root->kind != NODE_MAP)
        return bad(&r, root, STR("A mapping file is a list of keys and values."), STR("docs/import.md shows one."));
    TRY(check_keys(&r, root, known, sizeof known / sizeof known[0]));
    TRY(text_of(&r, root, "object", &object));
    TRY(object_of(&r, node_get(root, "object") ? node_get(root, "object") : root, object, &r.out->object));
    r.out->key_column = -1;
    TRY(read_key(&r, root));
    TRY(read_columns(&r, node_get(root, "columns")));
    TRY(read_constants(&r, node_get(root, "set")));
    TRY(read_empty(&r, node_get(root, "empty")));
    TRY(read_second_pass(&r, node_get(root, "second_pass")));
    *out = r.out;
    return NULL;
}

struct err *mapping_read(struct arena *arena, const struct manual *m, const char *path, struct mapping **out)
{
    struct str text;

    TRY(file_read(arena, path, MAPPING_BYTES_MAX, &text));
    return mapping_parse(arena, m, path, text, out);
}

static struct err *bad_file(struct arena *arena, struct str message, struct str way_out)
{
    struct err *e = FAIL(arena, ERR_INVALID, "import.mapping", NULL, "%.*s", STR_ARG(message));

    e->line = 1;
    e->way_out = way_out;
    return e;
}

struct err *mapping_bind(struct arena *arena, struct mapping *mapping, const struct str *header, size_t n)
{
    struct err *errors = NULL;

    mapping->n_cells = n;
    for (size_t i = 0; i < n; i++) {
        struct column_map *mine = NULL;
        struct str name = str_trim(header[i]);

        for (size_t k = 0; k < mapping->n_columns && !mine; k++)
            if (str_eq(mapping->columns[k].header, name))
                mine = &mapping->columns[k];
        if (!mine)
            err_add(&errors, bad_file(arena, str_fmt(arena, "Column %zu of the file, \"%.*s\", is not in the mapping.", i + 1, STR_ARG(name)),
                                      str_fmt(arena, "Map it, or say \"%.*s\": ignore.", STR_ARG(name))));
        else if (mine->cell >= 0)
            err_add(&errors, bad_file(arena, str_fmt(arena, "The file has the column \"%.*s\" twice.", STR_ARG(name)), STR("Rename one of them.")));
        else
            mine->cell = (int)i;
    }
    for (size_t k = 0; k < mapping->n_columns; k++)
        if (mapping->columns[k].cell < 0)
            err_add(&errors, bad_file(arena, str_fmt(arena, "The mapping names a column \"%.*s\" (line %d) that the file does not have.",
                                                     STR_ARG(mapping->columns[k].header), mapping->columns[k].line), STR_NONE));
    return errors;
}

/* Reads up to max digits, at least min. */
static bool digits(struct str s, size_t *at, size_t min, size_t max, int *out)
{
    size_t n = 0;

    *out = 0;
    while (n < max && *at < s.len && s.ptr[*at] >= '0' && s.ptr[*at] <= '9') {
        *out = *out * 10 + (s.ptr[(*at)++] - '0');
        n++;
    }
    return n >= min;
}

bool date_by_pattern(struct str cell, struct str pattern, int64_t *day)
{
    int year = 0, month = 0, d = 0;
    size_t at = 0;

    for (size_t i = 0; i < pattern.len;) {
        struct str rest = str_sub(pattern, i, pattern.len);
        bool ok;

        if (str_starts(rest, STR("YYYY"))) {
            ok = digits(cell, &at, 4, 4, &year);
            i += 4;
        } else if (str_starts(rest, STR("YY"))) {
            ok = digits(cell, &at, 2, 2, &year);
            year += year < 70 ? 2000 : 1900; /* as POSIX strptime's %y */
            i += 2;
        } else if (str_starts(rest, STR("MM"))) {
            ok = digits(cell, &at, 2, 2, &month);
            i += 2;
        } else if (rest.ptr[0] == 'M') {
            ok = digits(cell, &at, 1, 2, &month);
            i++;
        } else if (str_starts(rest, STR("DD"))) {
            ok = digits(cell, &at, 2, 2, &d);
            i += 2;
        } else if (rest.ptr[0] == 'D') {
            ok = digits(cell, &at, 1, 2, &d);
            i++;
        } else {
            ok = at < cell.len && cell.ptr[at++] == rest.ptr[0];
            i++;
        }
        if (!ok)
            return false;
    }
    if (at != cell.len || !civil_valid(year, month, d))
        return false;
    *day = civil_days(year, month, d);
    return true;
}
