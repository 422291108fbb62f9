/* Export: the pages of a list as CSV, with the same filter, order, fields and rights; and the right to export. */
#include "base/csv.h"
#include "base/limits.h"
#include "record/import.h"

#include <string.h>

struct exporting {
    struct arena *arena; /* of one page, but while the fields are chosen */
    const struct manual *m;
    const struct object *o;
    const struct actor *reader;
    const struct field **fields;
    struct str *names;
    size_t n;
    struct query page;
    int64_t now_us, rows;
    bool more;
    struct err *(*write)(void *ctx, struct str bytes);
    void *ctx;
};

struct reach {
    enum scope scope;
    bool team_too;
};

/* What both cover, or less: team and below overlap without one holding the other. */
static struct reach narrower(struct reach a, struct reach b)
{
    struct reach less = a.scope <= b.scope ? a : b, more = a.scope <= b.scope ? b : a;

    if (less.scope == SCOPE_BELOW && more.scope == SCOPE_BELOW)
        less.team_too = a.team_too && b.team_too;
    else if (less.scope == SCOPE_TEAM && more.scope == SCOPE_BELOW && !more.team_too)
        less.scope = SCOPE_OWN;
    return less;
}

/* Export may reach less far than reading: the narrower scope holds. */
static const struct actor *exporter(struct arena *arena, const struct manual *m, const struct actor *a, int object)
{
    struct actor *copy = NEW(arena, struct actor);
    struct reach reach;

    *copy = *a;
    if (a->system || !a->can)
        return copy;
    copy->can = arena_array(arena, m->n_objects, sizeof *copy->can);
    copy->team_too = arena_array(arena, m->n_objects, sizeof *copy->team_too);
    memcpy(copy->can, a->can, m->n_objects * sizeof *copy->can);
    memcpy(copy->team_too, a->team_too, m->n_objects * sizeof *copy->team_too);
    reach = narrower((struct reach){(enum scope)a->can[object][VERB_READ], a->team_too[object][VERB_READ]},
                     (struct reach){(enum scope)a->can[object][VERB_EXPORT], a->team_too[object][VERB_EXPORT]});
    copy->can[object][VERB_READ] = (unsigned char)reach.scope;
    copy->team_too[object][VERB_READ] = reach.team_too;
    return copy;
}

static struct err *choose_fields(struct exporting *x, const struct actor *a, struct str wanted)
{
    struct str rest = wanted, name;

    x->fields = NEW_ARRAY(x->arena, x->o->n_fields + 64, const struct field *);
    x->names = NEW_ARRAY(x->arena, x->o->n_fields + 64, struct str);
    while (str_trim(wanted).len && str_cut(&rest, ',', &name)) {
        name = str_trim(name);
        if (x->n == x->o->n_fields + 64)
            return FAIL(x->arena, ERR_INVALID, "query.parameter", "/fields", "There are more fields here than %.*s has.", STR_ARG(x->o->label));
        x->fields[x->n] = object_field(x->o, name); /* NULL for account.name: its JSON says what it is */
        x->names[x->n++] = name;
    }
    for (size_t i = 0; !str_trim(wanted).len && i < x->o->n_fields; i++) {
        const struct field *f = &x->o->fields[i];

        if (f->hidden || f->index == F_DELETED_AT || access_field(a, x->o->index, f->index) == FR_NONE)
            continue;
        x->fields[x->n] = f;
        x->names[x->n++] = f->name;
    }
    return NULL;
}

static struct str text_of(struct arena *arena, const struct json *v, bool *free_text)
{
    struct buf b;
    struct json_writer w;

    *free_text = false;
    switch (v->kind) {
    case JSON_NULL:
        return STR_NONE;
    case JSON_BOOL:
        return v->boolean ? STR("yes") : STR("no");
    case JSON_STR:
        *free_text = true;
        return v->str;
    default:
        b = buf_new(arena, 32);
        w = json_writer(&b);
        jw_value(&w, v);
        return buf_str(&b);
    }
}

/* References are written by name, money with its currency, sets with commas: what the import reads again. */
static struct str cell_of(struct arena *arena, const struct field *f, const struct json *v, bool *free_text)
{
    if (v->kind == JSON_OBJECT) {
        const struct json *amount = json_get(v, "amount"), *currency = json_get(v, "currency"), *name = json_get(v, "name");

        if (!name)
            name = json_get(v, "title");
        *free_text = !amount;
        if (amount && currency) {
            bool ignored;

            if (f && str_eq(currency->str, f->currency))
                return text_of(arena, amount, &ignored);
            return str_fmt(arena, "%.*s %.*s", STR_ARG(text_of(arena, amount, &ignored)), STR_ARG(currency->str));
        }
        if (name && name->kind == JSON_STR)
            return name->str;
        return json_get(v, "id") ? json_get(v, "id")->str : STR_NONE;
    }
    if (v->kind == JSON_ARRAY) {
        struct str *parts = NEW_ARRAY(arena, v->n + 1, struct str);
        bool ignored;

        for (size_t i = 0; i < v->n; i++)
            parts[i] = cell_of(arena, f, &v->items[i], &ignored);
        *free_text = true;
        return str_join(arena, parts, v->n, f && f->type == FT_REFS ? STR(",") : STR("; "));
    }
    return text_of(arena, v, free_text);
}

static bool typed_number(const struct field *f)
{
    return f && (f->type == FT_NUMBER || f->type == FT_DECIMAL || f->type == FT_PERCENT || f->type == FT_MONEY || f->type == FT_DATE ||
                 f->type == FT_DATE_TIME || f->type == FT_DURATION || f->type == FT_PHONE);
}

static void write_row(struct exporting *x, struct buf *out, const struct json *row)
{
    for (size_t i = 0; i < x->n; i++) {
        const struct json *v = json_get_str(row, x->names[i]);
        bool free_text = false;
        struct str cell = v ? cell_of(x->arena, x->fields[i], v, &free_text) : STR_NONE;

        csv_write_cell(out, cell, i == 0, free_text && !typed_number(x->fields[i]));
    }
    csv_end_row(out);
}

static void write_header(struct exporting *x, struct buf *out)
{
    for (size_t i = 0; i < x->n; i++)
        csv_write_cell(out, x->names[i], i == 0, true);
    csv_end_row(out);
}

/* One page of the list. */
static struct err *write_page(struct tx *tx, void *ctx)
{
    struct exporting *x = ctx;
    struct buf text, out;
    struct json answer;
    const struct json *data, *next;

    x->arena = tx_arena(tx);
    text = buf_new(x->arena, 1 << 16);
    out = buf_new(x->arena, 1 << 16);
    TRY(query_list(tx, x->m, x->reader, &x->page, x->now_us, &text));
    TRY(json_parse(x->arena, buf_str(&text), &answer));
    if (!x->page.cursor.len) /* not before it is known that the query holds */
        write_header(x, &out);
    data = json_get(&answer, "data");
    next = json_get(&answer, "next");
    for (size_t i = 0; i < data->n; i++)
        write_row(x, &out, &data->items[i]);
    x->rows += (int64_t)data->n;
    x->more = next && next->kind == JSON_STR;
    x->page.cursor = x->more ? next->str : STR_NONE;
    return x->write(x->ctx, buf_str(&out));
}

/* The cursor of one page's memory begins the next page, so two arenas take turns. */
static struct err *write_pages(struct tx *tx, struct exporting *x)
{
    struct arena *turns[2] = {arena_new(1 << 16), arena_new(1 << 16)};
    struct err *e;
    int turn = 0;

    do {
        turn = !turn;
        arena_reset(turns[turn]);
        e = tx_on_arena(tx, turns[turn], write_page, x);
    } while (!e && x->more);
    if (e)
        e = err_copy(tx_arena(tx), e);
    arena_free(turns[0]);
    arena_free(turns[1]);
    return e;
}

struct err *export_csv(struct tx *tx, const struct manual *m, const struct actor *a, const struct query *q, int64_t now_us,
                       struct err *(*write)(void *ctx, struct str bytes), void *ctx, int64_t *rows)
{
    struct exporting x = {.arena = tx_arena(tx), .m = m, .o = q->object, .page = *q, .now_us = now_us, .write = write, .ctx = ctx};
    struct err *e;

    TRY(access_need(x.arena, m, a, q->object->index, VERB_EXPORT));
    x.reader = exporter(x.arena, m, a, q->object->index);
    TRY(choose_fields(&x, x.reader, q->fields));
    x.page.fields = str_join(x.arena, x.names, x.n, STR(","));
    x.page.limit = PAGE_ROWS_MAX;
    x.page.count = false;
    e = write_pages(tx, &x);
    *rows = x.rows;
    return e;
}
