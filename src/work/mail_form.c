/* What people see of mails to customers: to whom one about a record may go, with which words, and what became of it.
 *
 * A mail may go to the addresses that stand on the record, on the records it refers to, and on the people of those. An address
 * that stands nowhere has to be written down first: then the answer finds its way back, and nobody can use the company's mail
 * server for anything else.
 */
#include "work/customer_mail.sql.h"
#include "work/work_impl.h"
#include "base/id.h"

/* ---- addresses ---- */

struct gathering {
    const struct work *w;
    const struct actor *a;
    VEC(struct mail_address_of) list;
};

/* "Do not email" is a field of that name wherever it is kept. */
static bool unwanted(const struct gathering *g, const struct record *r)
{
    const struct field *f = object_field(r->object, STR("do_not_email"));

    return f && f->type == FT_YES_NO && access_field(g->a, r->object->index, f->index) != FR_NONE &&
           !r->values[f->index].empty && r->values[f->index].i != 0;
}

static void add_record(struct gathering *g, const struct record *r)
{
    for (size_t i = 0; i < g->list.n; i++)
        if (g->list.at[i].record_id == r->id)
            return;
    for (size_t i = 0; i < r->object->n_fields && g->list.n < MAIL_ADDRESSES_MAX; i++) {
        const struct field *f = &r->object->fields[i];

        if (f->type != FT_EMAIL || f->hidden || r->values[i].empty ||
            access_field(g->a, r->object->index, f->index) == FR_NONE)
            continue;
        VEC_PUSH(g->w->arena, g->list) = (struct mail_address_of){
            .address = r->values[i].s,
            .name = record_title(g->w->arena, g->w->m, r),
            .field = f,
            .object = r->object,
            .record_id = r->id,
            .unwanted = unwanted(g, r),
        };
    }
}

/* What is not there, or not for these eyes, adds nothing. */
static struct err *add_id(struct gathering *g, const struct object *o, int64_t id, struct record *r,
                          bool *seen)
{
    struct err *e = record_get(g->w->tx, g->w->m, g->a, o, id, false, r);

    *seen = !e && record_is_live(r);
    if (e && e->kind != ERR_NOT_FOUND && e->kind != ERR_FORBIDDEN)
        return e;
    if (*seen)
        add_record(g, r);
    return NULL;
}

static bool has_address(const struct object *o)
{
    for (size_t i = 0; i < o->n_fields; i++)
        if (o->fields[i].type == FT_EMAIL && !o->fields[i].hidden)
            return true;
    return false;
}

/* Those who belong to it: records with an address that refer to r. */
static struct err *add_people(struct gathering *g, const struct record *r)
{
    const struct manual *m = g->w->m;
    struct expr_env env = actor_env(g->a, g->w->now_us);

    for (size_t i = 0; i < m->n_objects; i++) {
        const struct object *o = &m->objects[i];

        if (o->built_in || !has_address(o) || access_scope(g->a, o->index, VERB_READ) == SCOPE_NONE)
            continue;
        for (size_t k = 0; k < o->n_fields; k++) {
            const struct field *f = &o->fields[k];
            const struct expr *e;
            struct record one;
            int64_t *ids;
            size_t n;
            bool seen;

            if (f->type != FT_REF || f->hidden || f->to_object != r->object->index ||
                access_field(g->a, o->index, f->index) == FR_NONE)
                continue;
            TRY(expr_compile(g->w->arena, m->schema, o->index,
                             str_fmt(g->w->arena, "%.*s = '%lld' and archived_at is empty",
                                     STR_ARG(f->name), (long long)r->id),
                             EXPR_CONDITION, &e));
            TRY(query_ids(g->w->tx, m, g->a, o, e, &env, 0, MAIL_ADDRESSES_MAX, &ids, &n));
            for (size_t j = 0; j < n && g->list.n < MAIL_ADDRESSES_MAX; j++)
                TRY(add_id(g, o, ids[j], &one, &seen));
        }
    }
    return NULL;
}

static struct err *add_referred(struct gathering *g, const struct record *r)
{
    const struct manual *m = g->w->m;

    for (size_t i = 0; i < r->object->n_fields; i++) {
        const struct field *f = &r->object->fields[i];
        const struct value *v = &r->values[i];
        const struct object *o = (f->type == FT_REF || f->type == FT_REFS) && f->to_object >= 0
                                     ? &m->objects[f->to_object]
                                     : NULL;
        bool many = f->type == FT_REFS;

        if (!o || o->built_in || f->hidden || (!many && v->empty) ||
            access_field(g->a, r->object->index, f->index) == FR_NONE)
            continue;
        for (size_t k = 0; k < (many ? v->n_ids : 1) && g->list.n < MAIL_ADDRESSES_MAX; k++) {
            struct record to;
            bool seen;

            TRY(add_id(g, o, many ? v->ids[k] : v->i, &to, &seen));
            if (seen && !many)
                TRY(add_people(g, &to));
        }
    }
    return NULL;
}

struct err *mail_addresses(const struct work *w, const struct actor *a, const struct record *r,
                           struct mail_address_of **out, size_t *n)
{
    struct gathering g = {.w = w, .a = a};

    add_record(&g, r);
    TRY(add_referred(&g, r));
    TRY(add_people(&g, r));
    *out = g.list.at;
    *n = g.list.n;
    return NULL;
}

/* ---- mails of a record, and the form for a new one ---- */
struct err *customer_mails_json(const struct work *w, const struct actor *a, int64_t record_id,
                                struct json_writer *jw)
{
    struct stmt *s;
    bool row;

    TRY(db_stmt(w->tx, &sql_customer_mail_of_record, &s));
    db_bind_i64(s, 1, record_id);
    db_bind_i64(s, 2, CUSTOMER_MAILS_SHOWN);
    jw_array(jw);
    for (;;) {
        int64_t sent, failed;
        bool mine;

        TRY(db_step(s, &row));
        if (!row)
            break;
        sent = col_i64(s, "sent_us");
        failed = col_i64(s, "failed_us");
        mine = col_i64(s, "user_id") == a->user_id;
        if (!sent && !failed &&
            col_i64(s, "done_us")) /* taken back: its activity is put away as well */
            continue;
        jw_object(jw);
        jw_kv_id(jw, "id", col_i64(s, "id"));
        jw_kv_id(jw, "activity", col_i64(s, "activity_id"));
        jw_kv_str(jw, "state", sent ? STR("sent") : failed ? STR("failed") : STR("waiting"));
        jw_kv_instant(jw, "at", id_moment(col_i64(s, "id")));
        jw_kv_instant(jw, "sent", sent);
        /* What the mail server said may name the address: for whoever wrote to it. */
        jw_kv_str(jw, "error", mine && failed ? col_str(w, s, "error") : STR(""));
        jw_end_object(jw);
    }
    jw_end_array(jw);
    return NULL;
}

static void address_json(const struct mail_address_of *x, struct json_writer *jw)
{
    jw_object(jw);
    jw_kv_str(jw, "address", x->address);
    jw_kv_str(jw, "name", x->name);
    jw_kv_str(jw, "label", x->field->label);
    jw_kv_str(jw, "object", x->object->name);
    jw_kv_id(jw, "record", x->record_id);
    jw_kv_bool(jw, "unwanted", x->unwanted);
    jw_end_object(jw);
}

static bool fits(const struct template_page *t, const struct object *o)
{
    return t->channel == CH_EMAIL && (t->object < 0 || t->object == o->index);
}

struct err *customer_mail_form(struct tx *tx, const struct manual *m, const struct actor *a,
                               const struct object *o, int64_t id, struct str page, int64_t now_us,
                               struct json_writer *jw)
{
    struct work w = work_at(tx, m, now_us);
    const struct template_page *chosen = manual_template(m, page);
    struct mail_address_of *list;
    struct record r;
    size_t n;

    TRY(record_get(tx, m, a, o, id, false, &r));
    if (page.len && !chosen)
        return FAIL(w.arena, ERR_NOT_FOUND, "manual.not_found", NULL,
                    "The manual has no template %.*s.", STR_ARG(page));
    TRY(mail_addresses(&w, a, &r, &list, &n));
    jw_key(jw, STR("addresses"));
    jw_array(jw);
    for (size_t i = 0; i < n; i++)
        address_json(&list[i], jw);
    jw_end_array(jw);
    jw_key(jw, STR("templates"));
    jw_array(jw);
    for (size_t i = 0; i < m->n_templates; i++) {
        const struct template_page *t = &m->templates[i];

        if (!fits(t, o))
            continue;
        jw_object(jw);
        jw_kv_str(jw, "page", t->page->path);
        jw_kv_str(jw, "label", t->page->label);
        jw_end_object(jw);
    }
    jw_end_array(jw);
    jw_key(jw, STR("words"));
    if (chosen)
        words_json(&w, a, chosen, &r, jw);
    else
        jw_null(jw);
    return NULL;
}
