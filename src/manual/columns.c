#include "manual/columns_impl.h"

#include "base/file.h"
#include "manual/store.sql.h"

struct err *columns_read(struct tx *tx, struct columns *out)
{
    struct arena *arena = tx_arena(tx);
    struct stmt *st;
    bool row;

    *out = (struct columns){.arena = arena, .index = strmap_new(arena, 256)};
    TRY(db_stmt(tx, &sql_manual_column_list, &st));
    int tbl = db_col(st, "tbl"), col = db_col(st, "col"), holds = db_col(st, "holds"),
        since = db_col(st, "since");
    for (;;) {
        TRY(db_step(st, &row));
        if (!row)
            return NULL;
        strmap_put(out->index,
                   str_fmt(arena, "%.*s\n%.*s", STR_ARG(db_str(st, tbl)), STR_ARG(db_str(st, col))),
                   (int64_t)out->known.n);
        VEC_PUSH(arena, out->known) =
            (struct column_known){str_dup(arena, db_str(st, holds)), db_i64(st, since)};
    }
}

const struct column_known *columns_find(const struct columns *c, struct str table,
                                        struct str column)
{
    int64_t at;

    return strmap_get(c->index, str_fmt(c->arena, "%.*s\n%.*s", STR_ARG(table), STR_ARG(column)),
                      &at)
               ? &c->known.at[at]
               : NULL;
}

struct str column_holds(struct arena *arena, const struct manual *m, const struct field *f)
{
    switch (f->type) {
    case FT_NUMBER:
    case FT_DECIMAL:
    case FT_PERCENT:
        return str_fmt(arena, "number:%d", f->scale);
    case FT_USER:
        return STR("ref:user");
    case FT_TEAM:
        return STR("ref:team");
    case FT_REF:
        return f->to_object < 0
                   ? STR("ref:any")
                   : str_fmt(arena, "ref:%.*s", STR_ARG(m->objects[f->to_object].name));
    case FT_MONEY:
    case FT_YES_NO:
    case FT_DATE:
    case FT_DATE_TIME:
    case FT_DURATION:
        return str_from(field_types[f->type].word);
    default:
        break;
    }
    switch (field_types[f->type].store) {
    case FS_TEXT_FOLD:
        return STR("fold");
    case FS_TEXT:
        return STR("text");
    case FS_SET:
        return STR("set");
    default:
        return STR_NONE;
    }
}

bool column_fits(struct str before, struct str now)
{
    bool text_before = str_eq(before, STR("fold")) || str_eq(before, STR("text"));
    bool text_now = str_eq(now, STR("fold")) || str_eq(now, STR("text"));

    return str_eq(before, now) || (text_before && text_now) ||
           (str_starts(before, STR("ref:")) && str_eq(now, STR("ref:any")));
}

void columns_check(const struct columns *known, const struct manual *m, struct findings *findings)
{
    for (size_t i = 0; i < m->n_objects; i++) {
        const struct object *o = &m->objects[i];

        for (size_t k = F_SYSTEM_COUNT; !o->built_in && k < o->n_fields; k++) {
            const struct field *f = &o->fields[k];
            struct str now = column_holds(known->arena, m, f);
            const struct column_known *before =
                now.len ? columns_find(known, o->table, f->column) : NULL;

            if (!before || column_fits(before->holds, now))
                continue;
            findings->errors++;
            VEC_PUSH(findings->arena, findings->list) = (struct finding){
                .severity = SEV_ERROR,
                .page = str_dup(findings->arena, o->page->path),
                .line = f->line,
                .column = 1,
                .message = str_fmt(findings->arena,
                                   "The column of \"%.*s\" has held values of another kind (%.*s) "
                                   "since version %lld; they would be misread as %.*s.",
                                   STR_ARG(f->name), STR_ARG(before->holds),
                                   (long long)before->since, STR_ARG(now)),
                .suggestion =
                    STR("Add a field with a new name, and mark the old one `hidden: yes`."),
            };
        }
    }
}

/* ---- DDL ---- */
struct ddl {
    struct tx *tx;
    struct arena *arena;
    struct columns *known;
    int64_t version;
};

static struct err *note(struct ddl *d, struct str table, struct str column, struct str holds)
{
    struct stmt *st;

    TRY(db_stmt(d->tx, &sql_manual_column_put, &st));
    db_bind_str(st, 1, table);
    db_bind_str(st, 2, column);
    db_bind_str(st, 3, holds);
    db_bind_i64(st, 4, d->version);
    return db_run(st, NULL);
}

struct column {
    struct str name;
    const char *type;
};

/* The columns of a field; up to two. */
static int field_columns(struct arena *arena, const struct field *f, struct column out[2])
{
    switch (field_types[f->type].store) {
    case FS_I64:
        out[0] = (struct column){f->column, "BIGINT"};
        return 1;
    case FS_TEXT:
    case FS_SET:
        out[0] = (struct column){f->column, "TEXT"};
        return 1;
    case FS_TEXT_FOLD:
        out[0] = (struct column){f->column, "TEXT"};
        out[1] = (struct column){str_fmt(arena, "%.*s$f", STR_ARG(f->column)), "TEXT"};
        return 2;
    case FS_MONEY:
        out[0] = (struct column){f->column, "BIGINT"};
        out[1] = (struct column){str_fmt(arena, "%.*s$c", STR_ARG(f->column)), "TEXT"};
        return 2;
    default:
        return 0;
    }
}

static struct err *create_table(struct ddl *d, const struct manual *m, const struct object *o)
{
    struct buf sql = buf_new(d->arena, 1024);
    struct column columns[2];

    /* INTEGER PRIMARY KEY is SQLite's own row number: one tree less per table. */
    buf_fmt(&sql, "CREATE TABLE %.*s (\"id\" %s", STR_ARG(db_ident(d->arena, o->table)),
            tx_kind(d->tx) == DB_SQLITE ? "INTEGER PRIMARY KEY" : "BIGINT NOT NULL PRIMARY KEY");
    for (size_t k = F_ID + 1; k < o->n_fields; k++) {
        int n = field_columns(d->arena, &o->fields[k], columns);

        for (int i = 0; i < n; i++)
            buf_fmt(&sql, ", %.*s %s", STR_ARG(db_ident(d->arena, columns[i].name)),
                    columns[i].type);
    }
    buf_add_char(&sql, ')');
    TRY(db_exec(d->tx, buf_str(&sql)));
    for (size_t k = 0; k < o->n_fields; k++) {
        struct str holds = column_holds(d->arena, m, &o->fields[k]);

        if (holds.len)
            TRY(note(d, o->table, o->fields[k].column, holds));
    }
    return NULL;
}

/* A text column that gets its folded companion later: filled in here, some rows at a time. */
static struct err *fill_folded(struct ddl *d, const struct object *o, const struct field *f)
{
    struct str table = db_ident(d->arena, o->table), col = db_ident(d->arena, f->column);
    struct str fold = db_ident(d->arena, str_fmt(d->arena, "%.*s$f", STR_ARG(f->column)));
    struct str select = str_fmt(d->arena,
                                "SELECT \"id\", %.*s FROM %.*s WHERE %.*s IS NOT NULL AND \"id\" > "
                                "$1 ORDER BY \"id\" LIMIT 500",
                                STR_ARG(col), STR_ARG(table), STR_ARG(col));
    struct str update = str_fmt(d->arena, "UPDATE %.*s SET %.*s = $2 WHERE \"id\" = $1",
                                STR_ARG(table), STR_ARG(fold));
    struct arena *scratch = arena_new(0);
    int64_t after = 0;
    struct err *e = NULL;
    size_t n;

    arena_on_reset(d->arena, (void (*)(void *))arena_free, scratch);
    do {
        struct stmt *st;
        struct {
            int64_t id;
            struct str fold;
        } rows[500];
        bool row;

        n = 0;
        TRY(db_stmt_text(d->tx, select, &st));
        db_bind_i64(st, 1, after);
        while (!(e = db_step(st, &row)) && row && n < 500) {
            rows[n].id = db_i64(st, 0);
            rows[n++].fold = utf8_fold(scratch, db_str(st, 1));
        }
        TRY(e);
        db_done(st);
        for (size_t i = 0; i < n; i++) {
            TRY(db_stmt_text(d->tx, update, &st));
            db_bind_i64(st, 1, rows[i].id);
            db_bind_str(st, 2, rows[i].fold);
            TRY(db_run(st, NULL));
            after = rows[i].id;
        }
        arena_reset(scratch);
    } while (n == 500);
    return NULL;
}

static struct err *add_columns(struct ddl *d, const struct manual *m, const struct object *o)
{
    struct column columns[2];

    for (size_t k = F_ID + 1; k < o->n_fields; k++) {
        const struct field *f = &o->fields[k];
        struct str holds = column_holds(d->arena, m, f);
        const struct column_known *before =
            holds.len ? columns_find(d->known, o->table, f->column) : NULL;
        bool fold_later =
            before && str_eq(before->holds, STR("text")) && str_eq(holds, STR("fold"));
        int n = field_columns(d->arena, f, columns);

        if (before && str_eq(before->holds, holds))
            continue;
        for (int i = before ? (fold_later ? 1 : n) : 0; i < n; i++) {
            bool there = false;

            if (fold_later) /* it may have been a longer text before it was a choice */
                TRY(db_has_column(d->tx, o->table, columns[i].name, &there));
            if (!there)
                TRY(db_exec(d->tx, str_fmt(d->arena, "ALTER TABLE %.*s ADD COLUMN %.*s %s",
                                           STR_ARG(db_ident(d->arena, o->table)),
                                           STR_ARG(db_ident(d->arena, columns[i].name)),
                                           columns[i].type)));
        }
        if (fold_later)
            TRY(fill_folded(d, o, f));
        if (holds.len)
            TRY(note(d, o->table, f->column, holds));
    }
    return NULL;
}

/* ---- indexes ---- */
static struct err *add_index(struct ddl *d, const struct object *o, struct str columns,
                             struct str name, const char *where)
{
    struct str key = str_fmt(d->arena, "index %.*s", STR_ARG(name)),
               full = str_fmt(d->arena, "i_%.*s_%.*s", STR_ARG(o->table), STR_ARG(name));

    if (columns_find(d->known, o->table, key))
        return NULL;
    if (full.len > 60) /* PostgreSQL cuts names at 63 */
        full = str_fmt(d->arena, "i_%.*s", STR_ARG(str_sub(hash_hex(d->arena, full), 0, 40)));
    TRY(db_exec(d->tx, str_fmt(d->arena, "CREATE INDEX %.*s ON %.*s (%.*s)%s",
                               STR_ARG(db_ident(d->arena, full)),
                               STR_ARG(db_ident(d->arena, o->table)), STR_ARG(columns), where)));
    return note(d, o->table, key, columns);
}

static struct err *add_field_index(struct ddl *d, const struct object *o, const struct field *f)
{
    enum field_store store = field_types[f->type].store;
    bool reference = field_types[f->type].expr_type == ET_REF;
    bool stage =
        f->type == FT_CHOICE && (str_eq(f->name, STR("stage")) || str_eq(f->name, STR("status")));
    bool is_title = f->index == o->title;
    struct str column = f->column.len ? db_ident(d->arena, f->column) : STR_NONE, where;
    struct str fold = store == FS_TEXT_FOLD
                          ? db_ident(d->arena, str_fmt(d->arena, "%.*s$f", STR_ARG(f->column)))
                          : column;

    if (!column.len || store == FS_SET)
        return NULL;
    where = str_fmt(d->arena, " WHERE %.*s IS NOT NULL", STR_ARG(fold));
    if (is_title) /* lists are sorted by it; the id makes the order total */
        TRY(add_index(d, o, str_fmt(d->arena, "%.*s, \"id\"", STR_ARG(fold)), f->name, ""));
    else if (reference || f->unique) /* most records leave them empty */
        TRY(add_index(d, o, fold, f->name, str_cstr(d->arena, where)));
    else if (stage || (f->indexed && store != FS_TEXT_FOLD))
        TRY(add_index(d, o, column, f->name, ""));
    if (f->indexed && store == FS_TEXT_FOLD) /* `=` compares the text as it is */
        TRY(add_index(d, o, column, str_fmt(d->arena, "%.*s_raw", STR_ARG(f->name)), ""));
    return NULL;
}

static struct err *add_indexes(struct ddl *d, const struct object *o)
{
    TRY(add_index(d, o, STR("\"created_at\", \"id\""), STR("created_at"), ""));
    TRY(add_index(d, o, STR("\"owner\""), STR("owner"), ""));
    TRY(add_index(d, o, STR("\"deleted_at\""), STR("deleted_at"),
                  " WHERE \"deleted_at\" IS NOT NULL")); /* the bin */
    for (size_t k = F_SYSTEM_COUNT; k < o->n_fields; k++)
        if (!o->fields[k].hidden)
            TRY(add_field_index(d, o, &o->fields[k]));
    return NULL;
}

struct err *columns_add(struct tx *tx, struct columns *known, const struct manual *m,
                        int64_t version)
{
    struct ddl d = {tx, tx_arena(tx), known, version};

    for (size_t i = 0; i < m->n_objects; i++) {
        const struct object *o = &m->objects[i];

        if (o->built_in)
            continue;
        if (!columns_find(known, o->table, STR("id")))
            TRY(create_table(&d, m, o));
        else
            TRY(add_columns(&d, m, o));
        TRY(add_indexes(&d, o));
    }
    return NULL;
}
