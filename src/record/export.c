/* Export: the pages of a list as CSV, with the same filter, order, fields and rights; and the right to export. */
#include "base/csv.h"
#include "base/limits.h"
#include "record/import.h"

#include <string.h>

struct exporting {
    struct arena *arena;
    const struct manual *m;
    const struct object *o;
    const struct field **fields;
    struct str *names;
    size_t n;
};

/* Export may reach less far than reading: the narrower scope holds. */
static struct actor *exporter(struct arena *arena, const struct manual *m, const struct actor *a, int object)
{
    struct actor *copy = NEW(arena, struct actor);
    unsigned char can;

    *copy = *a;
    if (a->system || !a->can)
        return copy;
    copy->can = arena_array(arena, m->n_objects, sizeof *copy->can);
    memcpy(copy->can, a->can, m->n_objects * sizeof *copy->can);
    can = copy->can[object][VERB_EXPORT];
    if (can < copy->can[object][VERB_READ])
        copy->can[object][VERB_READ] = can;
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
        return str_join(arena, parts, v->n, STR("; "));
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

struct err *export_csv(struct tx *tx, const struct manual *m, const struct actor *a, const struct query *q, int64_t now_us,
                       struct err *(*write)(void *ctx, struct str bytes), void *ctx, int64_t *rows)
{
    struct exporting x = {.arena = tx_arena(tx), .m = m, .o = q->object};
    struct query page = *q;
    struct actor *reader;
    struct buf out = buf_new(x.arena, 1 << 16);

    TRY(access_need(x.arena, m, a, q->object->index, VERB_EXPORT));
    reader = exporter(x.arena, m, a, q->object->index);
    TRY(choose_fields(&x, reader, q->fields));
    page.fields = str_join(x.arena, x.names, x.n, STR(","));
    page.limit = PAGE_ROWS_MAX;
    page.count = false;
    *rows = 0;
    for (size_t i = 0; i < x.n; i++)
        csv_write_cell(&out, x.names[i], i == 0, true);
    csv_end_row(&out);
    for (;;) {
        struct buf text = buf_new(x.arena, 1 << 18);
        struct json answer;
        const struct json *data, *next;

        TRY(query_list(tx, m, reader, &page, now_us, &text));
        TRY(json_parse(x.arena, buf_str(&text), &answer));
        data = json_get(&answer, "data");
        next = json_get(&answer, "next");
        for (size_t i = 0; i < data->n; i++)
            write_row(&x, &out, &data->items[i]);
        *rows += (int64_t)data->n;
        TRY(write(ctx, buf_str(&out)));
        out.len = 0;
        if (!next || next->kind != JSON_STR)
            return NULL;
        page.cursor = next->str;
    }
}
