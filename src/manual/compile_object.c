/* Objects: fields, layouts, and after the schema exists, their expressions. */
#include "manual/compile_field_impl.h"

#include "base/limits.h"

#include <string.h>

static const struct source *object_source(const struct compiler *c, size_t object)
{
    return source_of(c, PK_OBJECT, (int)(object - OBJECT_BUILT_INS));
}

static bool is_system_name(const struct object *o, struct str name)
{
    for (size_t i = 0; i < F_SYSTEM_COUNT; i++)
        if (str_eq(o->fields[i].name, name))
            return true;
    return false;
}

static void read_fields(struct compiler *c, const struct source *s, struct object *o)
{
    const struct node *map = get(s->root, "fields");
    size_t n = map && map->kind == NODE_MAP ? map->n : 0;

    if (n > FIELDS_PER_OBJECT_MAX) {
        ERROR_AT(c, s, map, STR_NONE, "The object has %zu fields; %d are allowed.", n,
                 FIELDS_PER_OBJECT_MAX);
        n = FIELDS_PER_OBJECT_MAX;
    }
    o->fields = NEW_ARRAY(c->arena, F_SYSTEM_COUNT + n, struct field);
    add_system_fields(o->fields, o->index);
    o->n_fields = F_SYSTEM_COUNT;
    for (size_t i = 0; i < n; i++) {
        const struct node *name = map->keys[i];

        if (!page_name_valid(name->text, false)) {
            ERROR_AT(
                c, s, name,
                STR("Use lower-case letters, digits and _, at most 48, beginning with a letter."),
                "\"%.*s\" cannot be the name of a field.", STR_ARG(str_sub(name->text, 0, 100)));
        } else if (is_system_name(o, name->text)) {
            ERROR_AT(c, s, name, STR("Leave it out: every object has it."),
                     "\"%.*s\" is a system field.", STR_ARG(name->text));
        } else {
            struct field *f = &o->fields[o->n_fields];

            f->index = (int)o->n_fields;
            o->n_fields++;
            if (map->items[i]->kind == NODE_MAP) {
                compile_field(c, s, name, map->items[i], o, f);
            } else { /* reported already */
                f->name = name->text;
                f->label = name->text;
                f->column = name->text;
                f->min = f->max = DATE_NONE;
                f->to_object = f->vocabulary = -1;
            }
        }
    }
}

/* ---- what names a record ---- */
static void read_title(struct compiler *c, const struct source *s, struct object *o)
{
    const struct node *title = get(s->root, "title");

    o->title = F_ID;
    for (size_t i = F_SYSTEM_COUNT; i < o->n_fields && o->title == F_ID; i++)
        if (o->fields[i].type == FT_TEXT && !o->fields[i].hidden)
            o->title = (int)i;
    if (!title)
        return;
    int f = field_ref(c, s, title, o->index);
    if (f < 0)
        return;
    enum expr_type type = field_types[o->fields[f].type].expr_type;
    if ((type != ET_TEXT && o->fields[f].type != FT_FORMULA) || o->fields[f].type == FT_LONG_TEXT)
        ERROR_AT(c, s, title, STR("Name a text, choice, email, auto-number or formula field."),
                 "\"%.*s\" cannot name a record: it is of the type %s.", STR_ARG(title->text),
                 field_types[o->fields[f].type].word);
    else
        o->title = f;
}

static void read_time(struct compiler *c, const struct source *s, struct object *o)
{
    const struct node *time = get(s->root, "time");

    o->time = F_CREATED_AT;
    if (!time)
        return;
    int f = field_ref(c, s, time, o->index);
    if (f >= 0 && o->fields[f].type != FT_DATE && o->fields[f].type != FT_DATE_TIME)
        ERROR_AT(c, s, time, STR_NONE, "\"%.*s\" is neither a date nor a date-time.",
                 STR_ARG(time->text));
    else if (f >= 0)
        o->time = f;
}

/* "{account.name} – {created_at.year}" */
static void check_name_pattern(struct compiler *c, const struct source *s, struct object *o)
{
    const struct node *node = get(s->root, "name_pattern");
    struct str p = get_text(s->root, "name_pattern");
    size_t at = 0;

    o->name_pattern = p;
    if (!node)
        return;
    if (o->title == F_ID || o->fields[o->title].type == FT_FORMULA)
        ERROR_AT(c, s, node, STR("Give the object a text field as `title`."),
                 "The pattern fills the title, but the title is no text field.");
    while ((at = str_find_char(p, '{', at)) != SIZE_MAX) {
        size_t end = str_find_char(p, '}', at);
        const struct field *f = NULL;
        struct str path, bad = STR_NONE;
        int on = o->index;

        if (end == SIZE_MAX) {
            ERROR_AT(c, s, node, STR_NONE, "A brace is not closed.");
            return;
        }
        path = str_sub(p, at + 1, end - at - 1);
        at = end + 1;
        if (path_resolve(c->m, o->index, path, &bad, &on, &f))
            continue;
        bool date_part = f && (f->type == FT_DATE || f->type == FT_DATE_TIME) &&
                         (str_eq(bad, STR("year")) || str_eq(bad, STR("month")) ||
                          str_eq(bad, STR("day")) || str_eq(bad, STR("quarter")));
        if (!date_part && !(on >= 0 && c->object_broken[on]))
            ERROR_AT(c, s, node, on >= 0 ? field_nearest(c, on, bad) : STR_NONE,
                     "{%.*s} cannot be read: there is no \"%.*s\".", STR_ARG(path), STR_ARG(bad));
    }
}

/* ---- layouts ---- */
static void default_layouts(struct compiler *c, struct object *o)
{
    int *list = NEW_ARRAY(c->arena, o->n_fields + 2, int),
        *form = NEW_ARRAY(c->arena, o->n_fields + 2, int);
    int *detail = NEW_ARRAY(c->arena, o->n_fields + 2, int);
    struct layout_group *group = NEW(c->arena, struct layout_group);
    size_t n_list = 0, n_form = 0, n_detail = 0;

    if (o->title != F_ID)
        list[n_list++] = o->title;
    for (size_t i = F_SYSTEM_COUNT; i < o->n_fields; i++) {
        const struct field *f = &o->fields[i];

        if (f->hidden)
            continue;
        detail[n_detail++] = (int)i;
        if (f->type != FT_FORMULA && f->type != FT_AUTO_NUMBER)
            form[n_form++] = (int)i;
        if (n_list < 6 && (int)i != o->title && f->type != FT_LONG_TEXT && f->type != FT_REFS)
            list[n_list++] = (int)i;
    }
    list[n_list++] = F_OWNER;
    form[n_form++] = F_OWNER;
    *group = (struct layout_group){STR_NONE, detail, n_detail};
    if (!o->n_list_layout) {
        o->list_layout = list;
        o->n_list_layout = n_list;
    }
    if (!o->n_form_layout) {
        o->form_layout = form;
        o->n_form_layout = n_form;
    }
    if (!o->n_detail_layout) {
        o->detail_layout = group;
        o->n_detail_layout = 1;
    }
}

static void read_layouts(struct compiler *c, const struct source *s, struct object *o)
{
    const struct node *layouts = get(s->root, "layouts");
    struct node **groups;
    size_t n;

    if (layouts) {
        o->n_list_layout = field_refs(c, s, layouts, "list", o->index, &o->list_layout);
        o->n_form_layout = field_refs(c, s, layouts, "form", o->index, &o->form_layout);
        n = get_tables(c, layouts, "detail", &groups);
        struct layout_group *detail = NEW_ARRAY(c->arena, n + 1, struct layout_group);
        for (size_t i = 0; i < n; i++) {
            detail[i].label = get_text(groups[i], "label");
            detail[i].n = field_refs(c, s, groups[i], "fields", o->index, &detail[i].fields);
        }
        o->detail_layout = detail;
        o->n_detail_layout = n;
    }
    default_layouts(c, o);
}

static void read_duplicates(struct compiler *c, const struct source *s, struct object *o)
{
    const struct node *list = get(s->root, "duplicates");
    size_t n = 0;

    if (!list)
        return;
    struct layout_group *sets = NEW_ARRAY(c->arena, list->n + 1, struct layout_group);
    for (size_t i = 0; i < list->n; i++) {
        const struct node *item = list->items[i];
        size_t n_names = item->kind == NODE_LIST ? item->n : 1;
        int *fields = NEW_ARRAY(c->arena, n_names + 1, int);

        if (item->kind == NODE_MAP || n_names == 0) {
            ERROR_AT(c, s, item, STR("For example [[email], [name, city]]."),
                     "A set of fields is expected here.");
            continue;
        }
        for (size_t k = 0; k < n_names; k++) {
            const struct node *name = item->kind == NODE_LIST ? item->items[k] : item;
            int f = name->kind == NODE_TEXT ? field_ref(c, s, name, o->index) : -1;

            if (f >= 0)
                fields[sets[n].n++] = f;
            else if (name->kind != NODE_TEXT)
                ERROR_AT(c, s, name, STR_NONE, "The name of a field is expected here.");
        }
        sets[n++].fields = fields;
    }
    o->duplicates = sets;
    o->n_duplicates = n;
}

static struct str plural_of(struct compiler *c, struct str label)
{
    struct str stem = str_sub(label, 0, label.len ? label.len - 1 : 0);
    const char *before = stem.len ? strchr("aeiou", stem.ptr[stem.len - 1]) : NULL;

    if (str_ends(label, STR("y")) && !before)
        return str_fmt(c->arena, "%.*sies", STR_ARG(stem));
    return str_fmt(c->arena, "%.*ss", STR_ARG(label));
}

void compile_objects(struct compiler *c)
{
    struct manual *m = c->m;
    size_t n = c->n_names[PK_OBJECT];

    m->n_objects = OBJECT_BUILT_INS + n;
    m->objects = NEW_ARRAY(c->arena, m->n_objects, struct object);
    m->object_by_name = strmap_new(c->arena, m->n_objects * 2);
    c->object_broken = NEW_ARRAY(c->arena, m->n_objects, bool);
    add_built_in_objects(c->arena, m->objects);
    for (size_t i = 0; i < OBJECT_BUILT_INS; i++)
        strmap_put(m->object_by_name, m->objects[i].name, (int64_t)i);
    for (size_t i = OBJECT_BUILT_INS; i < m->n_objects;
         i++) { /* names first: fields refer to objects */
        const struct source *s = object_source(c, i);
        struct object *o = &m->objects[i];
        int64_t taken;

        o->page = s->page;
        o->name = s->page->name;
        o->index = (int)i;
        o->table = str_fmt(c->arena, "o_%.*s", STR_ARG(o->name));
        c->object_broken[i] = !s->root || !get(s->root, "fields");
        if (strmap_get(m->object_by_name, o->name, &taken))
            ERROR_AT(c, s, node_get(s->root, "name"), STR_NONE,
                     "\"%.*s\" is an object of the program itself.", STR_ARG(o->name));
        else
            strmap_put(m->object_by_name, o->name, (int64_t)i);
    }
    for (size_t i = OBJECT_BUILT_INS; i < m->n_objects; i++) {
        const struct source *s = object_source(c, i);
        struct object *o = &m->objects[i];

        o->label = s->page->label;
        o->plural = get(s->root, "plural") ? get_text(s->root, "plural") : plural_of(c, o->label);
        o->icon = get_text(s->root, "icon");
        o->timeline = get_yes(s->root, "timeline", false);
        read_fields(c, s, o);
    }
    link_system_fields(m);
    for (size_t i = OBJECT_BUILT_INS; i < m->n_objects; i++) {
        const struct source *s = object_source(c, i);
        struct object *o = &m->objects[i];

        read_title(c, s, o);
        read_time(c, s, o);
        check_name_pattern(c, s, o);
        read_layouts(c, s, o);
        read_duplicates(c, s, o);
    }
}

/* ---- expressions ---- */
/* Formulas may use other formulas: whatever can be compiled is, until nothing moves; the rest are circles or mistakes. */
static void compile_formulas(struct compiler *c)
{
    struct pending {
        const struct source *s;
        const struct node *node;
        struct field *f;
        int object;
    };
    VEC(struct pending) pending = {0};

    for (size_t i = OBJECT_BUILT_INS; i < c->m->n_objects; i++) {
        const struct node *map = get(object_source(c, i)->root, "fields");

        for (size_t k = F_SYSTEM_COUNT; k < c->m->objects[i].n_fields; k++) {
            struct field *f = &c->m->objects[i].fields[k];
            const struct node *node =
                f->type == FT_FORMULA ? get(node_get_str(map, f->name), "formula") : NULL;

            if (node)
                VEC_PUSH(c->arena, pending) =
                    (struct pending){object_source(c, i), node, f, (int)i};
        }
    }
    for (size_t before = pending.n + 1; pending.n && pending.n < before;) {
        size_t left = 0;

        before = pending.n;
        for (size_t i = 0; i < pending.n; i++) {
            struct pending *p = &pending.at[i];
            struct expr_field *ef = &c->schema->objects[p->object].fields[p->f->index];

            if (expr_compile(c->arena, c->schema, p->object, p->node->text, EXPR_VALUE,
                             &p->f->formula)) {
                p->f->formula = NULL;
                pending.at[left++] = *p;
                continue;
            }
            ef->formula = p->f->formula;
            ef->value_type = expr_result_type(p->f->formula);
            ef->scale = p->f->scale = expr_result_scale(p->f->formula);
        }
        pending.n = left;
    }
    for (size_t i = 0; i < pending.n; i++)
        (void)expr_read(c, pending.at[i].s, pending.at[i].node, pending.at[i].node->text, 0,
                        pending.at[i].object, EXPR_VALUE);
}

static void compile_field_rules(struct compiler *c, const struct source *s, const struct object *o)
{
    const struct node *map = get(s->root, "fields");

    for (size_t i = 0; map && i < map->n; i++) {
        const struct node *node = map->items[i];
        struct field *f = NULL;

        for (size_t k = F_SYSTEM_COUNT; k < o->n_fields; k++)
            if (o->fields[k].line == map->keys[i]->line &&
                str_eq(o->fields[k].name, map->keys[i]->text))
                f = &o->fields[k];
        if (!f || node->kind != NODE_MAP)
            continue;
        f->required_when =
            rule_read(c, s, node, "required_when", o->index, EXPR_CONDITION | EXPR_CHANGE);
        f->visible_when = rule_read(c, s, node, "visible_when", o->index, EXPR_CONDITION);
        f->readonly_when =
            rule_read(c, s, node, "readonly_when", o->index, EXPR_CONDITION | EXPR_CHANGE);
    }
}

void compile_object_rules(struct compiler *c)
{
    compile_formulas(c);
    for (size_t i = 0; i < OBJECT_BUILT_INS; i++) {
        struct str text = built_in_open_when((int)i);
        struct err *e;

        if (!text.len)
            continue;
        e = expr_compile(c->arena, c->schema, (int)i, text, EXPR_CONDITION,
                         &c->m->objects[i].open_when.e);
        if (e) /* a defect of the program, not of the manual; the word `open` is then unknown there */
            c->m->objects[i].open_when.e = NULL;
    }
    for (size_t i = OBJECT_BUILT_INS; i < c->m->n_objects; i++) {
        const struct source *s = object_source(c, i);
        struct object *o = &c->m->objects[i];

        o->active_when = rule_read(c, s, s->root, "active_when", o->index, EXPR_CONDITION);
        o->open_when = rule_read(c, s, s->root, "open_when", o->index, EXPR_CONDITION);
        compile_field_rules(c, s, o);
    }
}

/* ---- what the program itself needs ---- */
struct needed {
    const char *object, *field; /* field NULL: the object */
    enum field_type type;
};
static const struct needed needed[] = {
    {"user", "name", FT_TEXT},
    {"user", "email", FT_EMAIL},
    {"user", "active", FT_YES_NO},
    {"user", "roles", FT_MULTI_CHOICE},
    {"user", "reports_to", FT_USER},
    {"user", "zone", FT_TEXT},
    {"user", "phone", FT_PHONE},
    {"team", "name", FT_TEXT},
    {"team", "parent", FT_TEAM},
    {"lead", NULL, FT_TEXT},
    {"account", NULL, FT_TEXT},
    {"contact", NULL, FT_TEXT},
    {"deal", NULL, FT_TEXT},
    {"activity", "kind", FT_CHOICE},
    {"activity", "direction", FT_CHOICE},
    {"activity", "at", FT_DATE_TIME},
    {"activity", "subject", FT_TEXT},
    {"activity", "body", FT_LONG_TEXT},
    {"activity", "links", FT_REFS},
    {"product", NULL, FT_TEXT},
    {"line_item", NULL, FT_TEXT},
};

static bool type_serves(const struct manual *m, const struct field *f, enum field_type type)
{
    if (f->type == type)
        return true;
    if (f->type == FT_REF && (type == FT_USER || type == FT_TEAM))
        return f->to_object >= 0 &&
               f->to_object == manual_object_index(m, type == FT_USER ? "user" : "team");
    return (type == FT_TEXT && f->type == FT_CHOICE) ||
           (type == FT_LONG_TEXT && f->type == FT_TEXT) ||
           (type == FT_TEXT && f->type == FT_LONG_TEXT);
}

void check_required_objects(struct compiler *c)
{
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        const struct needed *want = &needed[i];
        int index = manual_object_index(c->m, want->object);

        if (index < 0) {
            struct page missing = {.path = str_fmt(c->arena, "object/%s", want->object)};

            if (i == 0 || strcmp(needed[i - 1].object, want->object) != 0)
                finding_add(c, SEV_ERROR, &missing, 1, 1,
                            STR("Add the page, or start from a starter manual."),
                            "The manual has no object \"%s\".", want->object);
            continue;
        }
        const struct object *o = &c->m->objects[index];
        if (!want->field || c->object_broken[index] || !o->page)
            continue;
        const struct source *s = object_source(c, (size_t)index);
        const struct field *f = object_field(o, str_from(want->field));
        if (!f)
            ERROR_AT(c, s, get(s->root, "fields"),
                     str_fmt(c->arena, "Add `%s: { type: %s }`.", want->field,
                             field_types[want->type].word),
                     "The object %s needs the field \"%s\".", want->object, want->field);
        else if (!type_serves(c->m, f, want->type))
            finding_add(c, SEV_ERROR, s->page, f->line, 1,
                        str_fmt(c->arena, "Write `type: %s`.", field_types[want->type].word),
                        "%s.%s must be of the type %s.", want->object, want->field,
                        field_types[want->type].word);
        else if (str_eq(f->name, STR("links")) && f->to_object >= 0)
            finding_add(c, SEV_ERROR, s->page, f->line, 1, STR("Write `to: any`."),
                        "activity.links must point to any object.");
    }
}
