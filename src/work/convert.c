/* Conversion: a lead becomes an account, a contact and a deal. Once.
 *
 * Fields of the same name and a fitting type are carried over, personal ones only into fields that are personal too; references between the new records are set wherever the
 * objects have them. An account with the same name and a contact with the same mail address are used, not doubled. What
 * the manual refuses (a required field that the lead does not have) becomes a task, not a lost lead.
 */
#include "work/work_impl.h"
#include "work/convert.sql.h"

struct converting {
    struct work w;
    const struct workflow *wf;
    const struct record *lead;
    const struct object *account, *contact, *deal;
    int64_t account_id, contact_id, deal_id;
};

/* Fields collected for one save. */
struct bag {
    const struct object *o;
    const struct field **fields;
    struct value *values;
    size_t n;
};

static struct bag bag_new(const struct work *w, const struct object *o)
{
    return (struct bag){
        .o = o,
        .fields = NEW_ARRAY(w->arena, o->n_fields, const struct field *),
        .values = NEW_ARRAY(w->arena, o->n_fields, struct value),
    };
}

static void bag_put(struct bag *b, const struct field *f, struct value v)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->fields[i] == f) {
            b->values[i] = v;
            return;
        }
    b->fields[b->n] = f;
    b->values[b->n++] = v;
}

static bool writable(const struct field *f)
{
    return (!f->system || f->index == F_OWNER || f->index == F_TEAM || f->index == F_TAGS) &&
           !f->hidden && f->type != FT_FORMULA && f->type != FT_AUTO_NUMBER && f->type != FT_REFS;
}

static bool option_exists(const struct field *f, struct str s)
{
    for (size_t i = 0; i < f->n_options; i++)
        if (str_eq(f->options[i].name, s))
            return true;
    return f->n_options == 0;
}

static void carry_over(struct bag *b, const struct record *lead)
{
    for (size_t i = 0; i < b->o->n_fields; i++) {
        const struct field *f = &b->o->fields[i], *from = object_field(lead->object, f->name);

        if (!from || !writable(f) || from->type != f->type || from->to_object != f->to_object ||
            from->scale != f->scale || lead->values[from->index].empty)
            continue;
        if (from->personal && !f->personal) /* her mobile number is not the company's */
            continue;
        if (f->type == FT_CHOICE && !option_exists(f, lead->values[from->index].s))
            continue;
        bag_put(b, f, lead->values[from->index]);
    }
}

static void put_reference(struct bag *b, const struct work *w, const struct object *to, int64_t id)
{
    if (!id || !to)
        return;
    for (size_t i = F_SYSTEM_COUNT; i < b->o->n_fields; i++) {
        const struct field *f = &b->o->fields[i];
        struct value v = {.type = f->type};
        int64_t *ids;

        if (f->to_object != to->index || (f->type != FT_REF && f->type != FT_REFS) || f->hidden)
            continue;
        if (f->type == FT_REFS) {
            ids = NEW(w->arena, int64_t);
            *ids = id;
            v.ids = ids;
            v.n_ids = 1;
        } else {
            v.i = id;
        }
        bag_put(b, f, v);
        return; /* the first reference is the main one */
    }
}

static struct value text_value(const struct work *w, const struct field *f, struct str s)
{
    return (struct value){
        .type = f->type,
        .s = s,
        .fold = field_types[f->type].store == FS_TEXT_FOLD ? utf8_fold(w->arena, s) : STR_NONE};
}

static struct str lead_text(const struct record *lead, const char *const *names)
{
    for (; *names; names++) {
        const struct field *f = object_field(lead->object, str_from(*names));

        if (f && !lead->values[f->index].empty && lead->values[f->index].s.len)
            return lead->values[f->index].s;
    }
    return STR("");
}

static const char *const company_names[] = {"company",      "company_name", "account_name",
                                            "organization", "organisation", NULL};

/* A record of o with this text in this field, not in the bin; the oldest one. 0: none. */
static struct err *find_same(const struct work *w, const struct object *o, const struct field *f,
                             struct str text, int64_t *id)
{
    struct sql_text q = sql_text_new(w->arena, tx_kind(w->tx));
    bool fold = field_types[f->type].store == FS_TEXT_FOLD;
    struct stmt *s;
    bool row;

    *id = 0;
    if (!f->column.len || !text.len)
        return NULL;
    sql_add(&q, "SELECT r.id FROM ");
    sql_add_ident(&q, o->table);
    sql_add(&q, " r WHERE r.deleted_at IS NULL AND r.archived_at IS NULL AND r.");
    sql_add_ident(&q, fold ? str_fmt(w->arena, "%.*s$f", STR_ARG(f->column)) : f->column);
    sql_add(&q, " = ");
    sql_add_str(&q, fold ? utf8_fold(w->arena, text) : text);
    sql_add(&q, " ORDER BY r.id LIMIT 1");
    TRY(sql_prepare(w->tx, &q, &s));
    TRY(db_step(s, &row));
    if (row)
        *id = db_i64(s, 0);
    db_done(s);
    return NULL;
}

static struct err *create(struct converting *c, struct bag *b, int64_t *id)
{
    struct save_context cx = work_save_context(&c->w, c->wf->page->path);
    struct save_input in = {
        .object = b->o, .if_version = -1, .fields = b->fields, .values = b->values, .n = b->n};
    struct save_result res;

    TRY(record_save(c->w.tx, &cx, &in, &res));
    *id = res.record.id;
    return NULL;
}

static const struct field *title_field(const struct object *o)
{
    const struct field *f = o->title >= 0 ? &o->fields[o->title] : NULL;

    return f && (f->type == FT_TEXT || f->type == FT_LONG_TEXT) && !f->system ? f : NULL;
}

static struct err *make_account(struct converting *c)
{
    struct bag b = bag_new(&c->w, c->account);
    struct str name = lead_text(c->lead, company_names);
    const struct field *title = title_field(c->account);

    if (!name.len)
        name = record_title(c->w.arena, c->w.m, c->lead);
    if (title) {
        TRY(find_same(&c->w, c->account, title, name, &c->account_id));
        if (c->account_id)
            return NULL;
    }
    carry_over(&b, c->lead);
    if (title)
        bag_put(&b, title, text_value(&c->w, title, name));
    return create(c, &b, &c->account_id);
}

static struct err *make_contact(struct converting *c)
{
    struct bag b = bag_new(&c->w, c->contact);
    const struct field *email = object_field(c->contact, STR("email")),
                       *from = object_field(c->lead->object, STR("email"));

    if (email && from && !c->lead->values[from->index].empty) {
        TRY(find_same(&c->w, c->contact, email, c->lead->values[from->index].s, &c->contact_id));
        if (c->contact_id)
            return NULL;
    }
    carry_over(&b, c->lead);
    put_reference(&b, &c->w, c->account, c->account_id);
    return create(c, &b, &c->contact_id);
}

static struct err *make_deal(struct converting *c)
{
    static const char *const amounts[] = {"budget", "amount", "expected_amount", NULL};
    struct bag b = bag_new(&c->w, c->deal);
    const struct field *title = title_field(c->deal),
                       *amount = object_field(c->deal, STR("amount"));
    struct str name = lead_text(c->lead, company_names);

    carry_over(&b, c->lead);
    put_reference(&b, &c->w, c->account, c->account_id);
    put_reference(&b, &c->w, c->contact, c->contact_id);
    for (const char *const *a = amounts; *a && amount; a++) {
        const struct field *f = object_field(c->lead->object, str_from(*a));

        if (f && f->type == amount->type && f->scale == amount->scale &&
            !c->lead->values[f->index].empty) {
            bag_put(&b, amount, c->lead->values[f->index]);
            break;
        }
    }
    /* Where the manual composes the name itself, it is left to the manual. */
    if (title && !c->deal->name_pattern.len)
        bag_put(
            &b, title,
            text_value(&c->w, title, name.len ? name : record_title(c->w.arena, c->w.m, c->lead)));
    else if (title)
        for (size_t i = 0; i < b.n; i++)
            if (b.fields[i] == title)
                b.values[i] = (struct value){.type = title->type, .empty = true};
    return create(c, &b, &c->deal_id);
}

static struct err *link_lead(struct converting *c)
{
    struct save_context cx = work_save_context(&c->w, c->wf->page->path);
    struct bag b = bag_new(&c->w, c->lead->object);
    struct save_input in = {.object = c->lead->object, .id = c->lead->id, .if_version = -1};
    const struct field *at = object_field(c->lead->object, STR("converted_at"));
    struct save_result res;

    put_reference(&b, &c->w, c->account, c->account_id);
    put_reference(&b, &c->w, c->contact, c->contact_id);
    put_reference(&b, &c->w, c->deal, c->deal_id);
    if (at && at->type == FT_DATE_TIME)
        bag_put(&b, at, (struct value){.type = at->type, .i = c->w.now_us});
    if (!b.n)
        return NULL;
    in.fields = b.fields;
    in.values = b.values;
    in.n = b.n;
    return record_save(c->w.tx, &cx, &in, &res);
}

/* What the lead points at already is taken, not made. */
static int64_t linked(const struct converting *c, const struct object *to)
{
    for (size_t i = F_SYSTEM_COUNT; to && i < c->lead->object->n_fields; i++) {
        const struct field *f = &c->lead->object->fields[i];

        if (f->type == FT_REF && f->to_object == to->index && !c->lead->values[i].empty)
            return c->lead->values[i].i;
    }
    return 0;
}

static struct err *convert_all(struct tx *tx, void *ctx)
{
    struct converting *c = ctx;
    struct stmt *s;

    c->account_id = linked(c, c->account);
    c->contact_id = linked(c, c->contact);
    c->deal_id = linked(c, c->deal);
    if (c->account && !c->account_id)
        TRY(make_account(c));
    if (c->contact && !c->contact_id)
        TRY(make_contact(c));
    if (c->deal && !c->deal_id)
        TRY(make_deal(c));
    TRY(db_stmt(tx, &sql_conversion_put, &s));
    db_bind_i64(s, 1, c->lead->id);
    bind_opt_i64(s, 2, c->account_id);
    bind_opt_i64(s, 3, c->contact_id);
    bind_opt_i64(s, 4, c->deal_id);
    TRY(db_run(s, NULL));
    TRY(link_lead(c));
    return decision_note(&c->w, c->lead->id, c->wf->page->path, "converted",
                         str_fmt(c->w.arena, "account %lld, contact %lld, deal %lld",
                                 (long long)c->account_id, (long long)c->contact_id,
                                 (long long)c->deal_id));
}

static struct err *by_hand(const struct work *w, const struct workflow *wf, const struct record *r,
                           const struct err *e)
{
    struct task_new n = {
        .record_id = r->id,
        .object = r->object->name,
        .title =
            str_fmt(w->arena, "Convert %.*s by hand", STR_ARG(record_title(w->arena, w->m, r))),
        .page = wf->page->path,
        .kind = STR("asked"),
        .priority = 2,
        .note = str_fmt(w->arena, "It could not be done automatically: %.*s", STR_ARG(e->message)),
        .cause = str_fmt(w->arena, "convert:%lld", (long long)r->id),
    };
    int64_t id;
    bool fresh;

    TRY(who_for_role(w, STR("owner"), r, wf->page->owner, &n.owed_by, &n.role));
    TRY(task_open(w, &n, &id, &fresh));
    return decision_note(w, r->id, wf->page->path, "conversion refused",
                         str_fmt(w->arena, "%s: %.*s", e->code, STR_ARG(e->message)));
}

struct err *convert_record(const struct work *w, const struct workflow *wf, const struct record *r)
{
    struct converting c = {
        .w = *w,
        .wf = wf,
        .lead = r,
        .account = manual_object(w->m, STR("account")),
        .contact = manual_object(w->m, STR("contact")),
        .deal = manual_object(w->m, STR("deal")),
    };
    struct stmt *s;
    struct err *e;
    int64_t changed = 0;

    if (w->depth >= ENGINE_DEPTH_MAX)
        return decision_note(w, r->id, wf->page->path, "loop cut", STR("conversion, too deep"));
    TRY(db_stmt(w->tx, &sql_conversion_insert, &s));
    db_bind_i64(s, 1, r->id);
    db_bind_i64(s, 2, w->now_us);
    TRY(db_run(s, &changed));
    if (!changed)
        return decision_note(w, r->id, wf->page->path, "not converted again",
                             STR("it was converted before"));
    e = tx_nested(w->tx, convert_all, &c);
    if (!e)
        return NULL;
    if (err_stops(e))
        return e;
    return by_hand(w, wf, r, e);
}
