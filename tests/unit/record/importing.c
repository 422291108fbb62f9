#include "importing.h"

#include "base/file.h"

const char *file_with(struct world *w, const char *name, const char *text)
{
    const char *path = str_cstr(w->arena, str_fmt(w->arena, "%s/%s", w->fixture->dir, name));

    assert_ok(file_write(w->arena, path, str_from(text)));
    return path;
}

struct err *import_texts(struct world *w, struct importing *i, const char *mapping, const char *csv)
{
    i->o.mapping = file_with(w, "test.map.yaml", mapping);
    i->o.file = file_with(w, "test.csv", csv);
    if (!i->o.actor)
        i->o.actor = w->admin;
    i->o.now_us = w->now_us += US_PER_SECOND;
    return import_run(w->db, w->store, w->arena, &i->o, &i->out);
}

struct import_result import_ok(struct world *w, const char *mapping, const char *csv)
{
    struct importing i = {0};

    assert_ok(import_texts(w, &i, mapping, csv));
    return i.out;
}

struct exporting {
    struct world *w;
    const struct actor *a;
    const struct query *q;
    struct buf text;
    int64_t rows;
};

static struct err *take(void *ctx, struct str bytes)
{
    struct exporting *x = ctx;

    buf_add(&x->text, bytes);
    return NULL;
}

static struct err *export_fn(struct tx *tx, void *ctx)
{
    struct exporting *x = ctx;

    return export_csv(tx, x->w->m, x->a, x->q, x->w->now_us, take, x, &x->rows);
}

struct err *export_text(struct world *w, const struct actor *a, const struct query *q, struct str *csv)
{
    struct exporting x = {.w = w, .a = a, .q = q, .text = buf_new(w->arena, 4096)};

    TRY(world_read(w, export_fn, &x));
    *csv = buf_str(&x.text);
    return NULL;
}
