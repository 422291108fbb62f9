/* The words of the manual: a template filled with what the record, its people and the one who asks say; and how a text sounds. */
#include "work/work_impl.h"

struct merge {
    const struct work *w;
    const struct actor *a;
    const struct record *r;
};

static struct str person_field(const struct person_info *p, struct str name, bool *found)
{
    *found = true;
    if (str_eq(name, STR("name")))
        return p->p.name;
    if (str_eq(name, STR("email")))
        return p->p.email;
    if (str_eq(name, STR("phone")))
        return p->p.phone;
    if (str_eq(name, STR("team")))
        return p->p.team_name;
    *found = false;
    return STR("");
}

static struct str merge_record(const struct merge *x, struct arena *arena, const struct record *r,
                               struct str path, int depth, bool *found)
{
    struct str name;
    const struct field *f;
    const struct value *v;
    bool more;

    *found = false;
    str_cut(&path, '.', &name);
    more = path.len > 0;
    f = object_field(r->object, name);
    if (!f || access_field(x->a, r->object->index, f->index) == FR_NONE)
        return STR("");
    v = &r->values[f->index];
    if (!more) {
        *found = true;
        return v->empty ? STR("") : value_text(arena, x->w->m, f, v);
    }
    if (v->empty || depth > EXPR_HOPS_MAX)
        return STR("");
    if (f->type == FT_USER) {
        const struct person_info *p;

        return who_person(x->w, v->i, &p) ? STR("") : person_field(p, path, found);
    }
    if (f->type == FT_REF && f->to_object >= 0) {
        struct record to;

        if (record_get(x->w->tx, x->w->m, x->a, &x->w->m->objects[f->to_object], v->i, false, &to))
            return STR("");
        return merge_record(x, arena, &to, path, depth + 1, found);
    }
    return STR("");
}

static struct str merge_lookup(void *ctx, struct arena *arena, struct str path, bool *found)
{
    const struct merge *x = ctx;
    struct str rest = path, first;

    str_cut(&rest, '.', &first);
    if (str_eq(first, STR("me")) && rest.len) {
        const struct person_info *p;

        *found = false;
        return who_person(x->w, x->a->user_id, &p) ? STR("") : person_field(p, rest, found);
    }
    /* {{lead.name}} on a lead is {{name}}. */
    if (rest.len && str_eq(first, x->r->object->name) && !object_field(x->r->object, first))
        path = rest;
    return merge_record(x, arena, x->r, path, 0, found);
}

void words_json(const struct work *w, const struct actor *a, const struct template_page *t,
                const struct record *r, struct json_writer *jw)
{
    struct merge x = {.w = w, .a = a, .r = r};
    struct filled filled;

    template_fill(w->arena, t, merge_lookup, &x, &filled);
    jw_object(jw);
    jw_kv_str(jw, "page", t->page->path);
    jw_kv_str(jw, "label", t->page->label);
    jw_kv_str(jw, "channel", str_from(channel_words[t->channel]));
    jw_kv_str(jw, "subject", filled.subject);
    jw_key(jw, STR("passages"));
    jw_array(jw);
    for (size_t i = 0; i < filled.n; i++) {
        jw_object(jw);
        jw_kv_str(jw, "name", t->passages[i].name);
        jw_kv_str(jw, "text", filled.passages[i]);
        jw_kv_str(jw, "why", t->passages[i].why);
        jw_kv_bool(jw, "personal", t->passages[i].personal);
        jw_end_object(jw);
    }
    jw_end_array(jw);
    jw_key(jw, STR("unresolved"));
    jw_array(jw);
    for (size_t i = 0; i < filled.n_unresolved; i++)
        jw_str(jw, filled.unresolved[i]);
    jw_end_array(jw);
    jw_key(jw, STR("placeholders"));
    jw_array(jw);
    for (size_t i = 0, at = 0; i <= t->n_passages; i++, at = 0) {
        struct str text = i ? t->passages[i - 1].text : t->subject, found;

        while (placeholder_next(text, &at, &found))
            jw_str(jw, found);
    }
    jw_end_array(jw);
    jw_end_object(jw);
}

/* ---- how it sounds ---- */
void tone_json(struct arena *arena, const struct manual *m, enum channel channel, struct str text,
               struct json_writer *jw)
{
    struct tone_hint *hints;
    size_t n;

    guide_check(arena, m, channel, text, &hints, &n);
    jw_array(jw);
    for (size_t i = 0; i < n; i++) {
        const struct tone_hint *h = &hints[i];
        const struct page *page = manual_page(m, h->page);

        jw_object(jw);
        jw_kv_str(jw, "page", h->page);
        jw_kv_str(jw, "page_label", page ? page->label : STR(""));
        jw_kv_str(jw, "words", str_sub(text, h->from, h->len));
        jw_kv_i64(jw, "at", (int64_t)utf8_count(str_sub(text, 0, h->from)));
        jw_kv_str(jw, "text", h->text);
        jw_kv_str(jw, "why", h->why);
        jw_end_object(jw);
    }
    jw_end_array(jw);
}
