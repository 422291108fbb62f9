/* The shape of this installation: objects, fields, options and layouts, cut down to what the one who asks may see. What a
 * client needs to draw lists, forms and records of objects it has never heard of. */
#include "serve/serve_impl.h"

#include "base/json.h"

static void write_options(struct json_writer *w, const struct manual *m, const struct field *f)
{
    jw_key(w, STR("options"));
    jw_array(w);
    for (size_t i = 0; i < f->n_options; i++) {
        const struct option *o = &f->options[i];

        jw_object(w);
        jw_kv_str(w, "name", o->name);
        jw_kv_str(w, "label", o->label.len ? o->label : o->name);
        if (o->closed)
            jw_kv_str(w, "closed", o->closed == 1 ? STR("won") : STR("lost"));
        jw_end_object(w);
    }
    jw_end_array(w);
    /* Words outside an open vocabulary are kept. */
    jw_kv_bool(w, "open", f->n_options && f->vocabulary >= 0 && !m->vocabularies[f->vocabulary].closed);
}

/* The type a formula's values have, in the words of field types. */
static struct str type_word(const struct field *f)
{
    if (f->type != FT_FORMULA)
        return str_from(field_types[f->type].word);
    switch (expr_result_type(f->formula)) {
    case ET_NUMBER:
        return STR("number");
    case ET_BOOL:
        return STR("yes/no");
    case ET_DATE:
        return STR("date");
    case ET_INSTANT:
        return STR("date-time");
    case ET_DURATION:
        return STR("duration");
    default:
        return STR("text");
    }
}

/* An amount of money that a formula takes over, from here or through references, keeps its currency. */
static struct str formula_currency(const struct req *rq, const struct field *f)
{
    struct str currency = STR("");
    struct expr_dep *deps;
    size_t n;

    if (expr_result_type(f->formula) != ET_NUMBER)
        return currency;
    expr_deps(rq->arena, f->formula, &deps, &n);
    for (size_t i = 0; i < n; i++) {
        const struct field *from = deps[i].field < 0 ? NULL : &rq->m->objects[deps[i].object].fields[deps[i].field];

        if (!from || (from->type != FT_REF && (from->type != FT_MONEY || currency.len)))
            return STR("");
        if (from->type == FT_MONEY)
            currency = from->currency;
    }
    return currency;
}

static void write_bound(struct json_writer *w, const char *key, const struct field *f, int64_t bound)
{
    if (bound == DATE_NONE)
        return;
    jw_key(w, str_from(key));
    switch (f->type) {
    case FT_DATE: {
        char text[32];

        jw_str(w, (struct str){text, date_write(text, bound)});
        return;
    }
    case FT_DECIMAL:
    case FT_PERCENT:
    case FT_MONEY:
        jw_str(w, str_from_scaled(w->out->arena, bound, f->scale, true));
        return;
    default:
        jw_i64(w, bound);
    }
}

static void write_field(struct json_writer *w, const struct req *rq, const struct object *o, const struct field *f)
{
    enum field_right right = access_field(rq->actor, o->index, f->index);
    struct str currency = f->type == FT_MONEY ? f->currency : f->type == FT_FORMULA ? formula_currency(rq, f) : STR("");
    bool computed = f->system ? f->index != F_OWNER && f->index != F_TEAM && f->index != F_TAGS
                              : f->type == FT_FORMULA || f->type == FT_AUTO_NUMBER;

    jw_object(w);
    jw_kv_str(w, "name", f->name);
    jw_kv_str(w, "label", f->label);
    jw_kv_str(w, "help", f->help);
    jw_kv_str(w, "type", type_word(f));
    jw_kv_bool(w, "system", f->system);
    jw_kv_bool(w, "required", f->required);
    jw_kv_bool(w, "write", right == FR_WRITE && !computed);
    jw_kv_bool(w, "sort", query_sortable(f));
    if (f->type == FT_CHOICE || f->type == FT_MULTI_CHOICE)
        write_options(w, rq->m, f);
    if (f->type == FT_REF || f->type == FT_REFS)
        jw_kv_str(w, "to", f->to_object < 0 ? STR("") : rq->m->objects[f->to_object].name);
    if (f->type == FT_USER || f->type == FT_TEAM)
        jw_kv_str(w, "to", f->type == FT_USER ? STR("user") : STR("team"));
    if (currency.len)
        jw_kv_str(w, "currency", currency);
    write_bound(w, "min", f, f->min);
    write_bound(w, "max", f, f->max);
    if (f->visible_when.e)
        jw_kv_str(w, "visible_when", expr_text(f->visible_when.e));
    jw_end_object(w);
}

static bool shown(const struct req *rq, const struct object *o, int field)
{
    return !o->fields[field].hidden && access_field(rq->actor, o->index, field) != FR_NONE;
}

static void write_names(struct json_writer *w, const struct req *rq, const struct object *o, const int *fields, size_t n)
{
    jw_array(w);
    for (size_t i = 0; i < n; i++)
        if (shown(rq, o, fields[i]))
            jw_str(w, o->fields[fields[i]].name);
    jw_end_array(w);
}

static void write_layouts(struct json_writer *w, const struct req *rq, const struct object *o)
{
    jw_key(w, STR("list"));
    write_names(w, rq, o, o->list_layout, o->n_list_layout);
    jw_key(w, STR("form"));
    write_names(w, rq, o, o->form_layout, o->n_form_layout);
    jw_key(w, STR("detail"));
    jw_array(w);
    for (size_t i = 0; i < o->n_detail_layout; i++) {
        jw_object(w);
        jw_kv_str(w, "label", o->detail_layout[i].label);
        jw_key(w, STR("fields"));
        write_names(w, rq, o, o->detail_layout[i].fields, o->detail_layout[i].n);
        jw_end_object(w);
    }
    jw_end_array(w);
}

/* What a list can show beside the fields. */
static void write_computed(struct json_writer *w, const struct req *rq, const struct object *o)
{
    struct computed_column columns[COMPUTED_MAX];
    size_t n = query_computed(rq->arena, rq->m, rq->actor, o, columns);

    jw_key(w, STR("computed"));
    jw_array(w);
    for (size_t i = 0; i < n; i++) {
        jw_object(w);
        jw_kv_str(w, "name", columns[i].name);
        jw_kv_str(w, "label", columns[i].label);
        jw_kv_str(w, "type", str_from(field_types[columns[i].type].word));
        jw_kv_str(w, "expression", columns[i].expression);
        jw_kv_bool(w, "sort", columns[i].sort);
        jw_end_object(w);
    }
    jw_end_array(w);
}

static void write_object(struct json_writer *w, const struct req *rq, const struct object *o)
{
    jw_object(w);
    jw_kv_str(w, "name", o->name);
    jw_kv_str(w, "label", o->label);
    jw_kv_str(w, "plural", o->plural.len ? o->plural : o->label);
    jw_kv_str(w, "icon", o->icon);
    jw_kv_str(w, "page", o->page ? o->page->path : STR(""));
    jw_kv_str(w, "title", o->fields[o->title].name);
    jw_kv_bool(w, "timeline", o->timeline);
    jw_kv_str(w, "open_when", o->open_when.e ? expr_text(o->open_when.e) : STR(""));
    jw_key(w, STR("may"));
    jw_object(w);
    for (int v = 0; v < VERB_COUNT; v++)
        jw_kv_str(w, verb_words[v], str_from(scope_words[access_scope(rq->actor, o->index, (enum verb)v)]));
    jw_end_object(w);
    jw_key(w, STR("fields"));
    jw_array(w);
    for (size_t i = 0; i < o->n_fields; i++)
        if (shown(rq, o, (int)i))
            write_field(w, rq, o, &o->fields[i]);
    jw_end_array(w);
    write_computed(w, rq, o);
    write_layouts(w, rq, o);
    jw_end_object(w);
}

struct err *serve_objects(struct req *rq)
{
    struct json_writer w = json_writer(&rq->out);

    jw_object(&w);
    jw_kv_i64(&w, "manual_version", rq->m->version);
    jw_key(&w, STR("data"));
    jw_array(&w);
    for (size_t i = 0; i < rq->m->n_objects; i++) {
        const struct object *o = &rq->m->objects[i];

        if (!o->built_in && access_scope(rq->actor, o->index, VERB_READ) != SCOPE_NONE)
            write_object(&w, rq, o);
    }
    jw_end_array(&w);
    jw_end_object(&w);
    return NULL;
}
