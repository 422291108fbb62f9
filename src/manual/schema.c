/* The schema that expressions see: fields, and the relations between objects. */
#include "manual/compile_impl.h"

struct relation_list {
    VEC(struct expr_relation) list;
};

static bool relation_taken(const struct relation_list *r, struct str name)
{
    for (size_t i = 0; i < r->list.n; i++)
        if (str_eq(r->list.at[i].name, name))
            return true;
    return false;
}

static void add_relation(struct compiler *c, struct relation_list *all, int on,
                         struct expr_relation relation)
{
    VEC_PUSH(c->arena, all[on].list) = relation;
}

/* A relation that a field makes on another object; its name must be free there. */
static void add_back(struct compiler *c, struct relation_list *all, int on,
                     const struct object *from, const struct field *f, enum expr_join join,
                     struct str via)
{
    const struct source *s = source_of(c, PK_OBJECT, from->index - OBJECT_BUILT_INS);
    const struct node *field = node_get_str(get(s->root, "fields"), f->name);
    const struct object *target = &c->m->objects[on];

    if (relation_taken(&all[on], f->back) || object_field(target, f->back)) {
        ERROR_AT(c, s, get(field, "back"), STR("Choose another name."),
                 "%.*s already has a field or relation \"%.*s\".", STR_ARG(target->label),
                 STR_ARG(f->back));
        return;
    }
    add_relation(c, all, on, (struct expr_relation){f->back, from->index, join, via});
}

static void add_field_relations(struct compiler *c, struct relation_list *all,
                                const struct object *o, const struct field *f)
{
    bool many = f->type == FT_REFS;
    struct str link =
        many ? str_fmt(c->arena, "%.*s.%.*s", STR_ARG(o->name), STR_ARG(f->name)) : STR_NONE;

    if (many)
        add_relation(c, all, o->index,
                     (struct expr_relation){f->name, f->to_object, EJ_LINK_OUT, link});
    if (!f->back.len)
        return;
    if (!many && f->to_object >= 0) {
        add_back(c, all, f->to_object, o, f, EJ_BACK_REF, f->column);
    } else if (many && f->to_object >= 0) {
        add_back(c, all, f->to_object, o, f, EJ_LINK, link);
    } else if (many) { /* links to any object: known everywhere */
        for (size_t i = OBJECT_BUILT_INS; i < c->m->n_objects; i++)
            add_back(c, all, (int)i, o, f, EJ_LINK, link);
    }
}

static void fill_field(struct compiler *c, struct expr_field *ef, const struct field *f)
{
    struct str *options = NEW_ARRAY(c->arena, f->n_options + 1, struct str);

    for (size_t i = 0; i < f->n_options; i++)
        options[i] = f->options[i].name;
    *ef = (struct expr_field){
        .name = f->name,
        .column = f->column,
        .type = f->type,
        .scale = f->scale,
        .to_object = f->to_object,
        .options = options,
        .n_options = f->n_options,
        .value_type = field_types[f->type].expr_type,
        .index = (uint32_t)f->index,
    };
}

static void fill_object(struct compiler *c, struct expr_object *eo, const struct object *o)
{
    eo->name = o->name;
    eo->table = o->table;
    eo->n_fields = o->n_fields;
    eo->fields = NEW_ARRAY(c->arena, o->n_fields, struct expr_field);
    eo->field_by_name = strmap_new(c->arena, o->n_fields * 2);
    for (size_t i = 0; i < o->n_fields; i++) {
        fill_field(c, &eo->fields[i], &o->fields[i]);
        strmap_put(eo->field_by_name, o->fields[i].name, (int64_t)i);
    }
    eo->bin_column = o->built_in ? STR_NONE : STR("deleted_at");
    eo->default_time = o->fields[o->time].name;
    eo->open_when =
        o->built_in
            ? built_in_open_when(o->index)
            : get_text(source_of(c, PK_OBJECT, o->index - OBJECT_BUILT_INS)->root, "open_when");
}

/* What lists show beside the fields (record/computed.c) has the same names in expressions. */
#define CONTACT "last(activities where direction != 'internal')."
#define ANY "last(activities)."
#define SHORTHAND(name, text, instead) {{name, sizeof name - 1}, {text, sizeof text - 1}, {instead, sizeof instead - 1}}
static const struct expr_shorthand shorthands[] = {
    SHORTHAND("last_contact_at", CONTACT "at", ANY "at"),
    SHORTHAND("last_contact_by", CONTACT "owner", ANY "owner"),
    SHORTHAND("last_contact_channel", CONTACT "kind", ANY "kind"),
    SHORTHAND("next_action_due", "min(tasks.due_at where open)", ""),
    SHORTHAND("open_breaches", "count(breaches where open)", ""),
};

void build_schema(struct compiler *c)
{
    static const struct {
        const char *name;
        int object;
    } engine[] = {{"tasks", OBJECT_TASK},
                  {"breaches", OBJECT_BREACH},
                  {"runs", OBJECT_RUN},
                  {"changes", OBJECT_CHANGE}};
    struct manual *m = c->m;
    struct relation_list *all = NEW_ARRAY(c->arena, m->n_objects, struct relation_list);

    c->schema = NEW(c->arena, struct expr_schema);
    c->schema->objects = NEW_ARRAY(c->arena, m->n_objects, struct expr_object);
    c->schema->n_objects = m->n_objects;
    c->schema->object_by_name = m->object_by_name;
    c->schema->shorthands = shorthands;
    c->schema->n_shorthands = sizeof shorthands / sizeof *shorthands;
    m->schema = c->schema;
    for (size_t i = OBJECT_BUILT_INS; i < m->n_objects; i++)
        for (size_t k = 0; k < sizeof engine / sizeof engine[0]; k++)
            add_relation(c, all, (int)i,
                         (struct expr_relation){str_from(engine[k].name), engine[k].object,
                                                EJ_RECORD, STR("record_id")});
    for (size_t i = OBJECT_BUILT_INS; i < m->n_objects; i++)
        for (size_t k = F_SYSTEM_COUNT; k < m->objects[i].n_fields; k++)
            add_field_relations(c, all, &m->objects[i], &m->objects[i].fields[k]);
    for (size_t i = 0; i < m->n_objects; i++) {
        fill_object(c, &c->schema->objects[i], &m->objects[i]);
        c->schema->objects[i].relations = all[i].list.at;
        c->schema->objects[i].n_relations = all[i].list.n;
    }
}
