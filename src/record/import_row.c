/* One row of a CSV through record_save. */
#include "record/import_impl.h"
#include "record/record_impl.h"

#include "base/id.h"
#include "record/import.sql.h"

#include <inttypes.h>
#include <string.h>

#define LOOKUPS_MAX 200000 /* remembered references of one import: 100 bytes each */

struct row_work {
    struct tx *tx;
    struct arena *arena;
    struct import_state *st;
    const struct row *row;
    struct row_findings *found;
    struct save_context cx;
    struct expr_env env;
    struct str *texts;           /* per column: what the cell says after vocabulary, date and number rules */
    const struct field **fields;
    struct value *values;
    size_t n;
    struct err *errors;
    struct save_input in;
    struct save_result saved;
    int pass;
};

static const char *pointer(struct row_work *w, const struct field *f)
{
    return json_pointer(w->arena, "", f->name);
}

/* ---- cells to texts ---- */

static bool means_nothing(const struct row_work *w, struct str cell)
{
    const struct strmap *empty = w->st->mapping->empty;
    int64_t one;

    return !cell.len || (empty && strmap_get(empty, utf8_fold(w->arena, cell), &one));
}

static struct str by_vocabulary(struct row_work *w, const struct column_map *c, struct str cell)
{
    const struct vocabulary *v = c->vocabulary;
    struct str fold = utf8_fold(w->arena, cell);
    int64_t i;

    if (strmap_get(v->empty_by_fold, fold, &i))
        return STR_NONE;
    if (!strmap_get(v->term_by_fold, fold, &i))
        return cell;
    if (!str_eq(v->terms[i], cell) && c->second_pass == (w->pass == 2))
        found_add(w->arena, w->found, FOUND_CLEANED, w->row->line, c->field->name, cell, v->terms[i], v->page->path);
    return v->terms[i];
}

static struct str by_date(struct row_work *w, const struct column_map *c, struct str cell)
{
    int64_t day;
    bool ok = c->date.len ? date_by_pattern(cell, c->date, &day) : date_parse(cell, &day);

    if (!ok && !c->date.len)
        return cell; /* a moment, or nonsense: value_parse says so */
    if (!ok) {
        struct err *e = FAIL(w->arena, ERR_INVALID, "record.field_invalid", pointer(w, c->field), "%.*s is not a date written as %.*s.",
                             STR_ARG(str_sub(cell, 0, 60)), STR_ARG(c->date));

        err_add(&w->errors, e);
        return STR_NONE;
    }
    if (c->shift)
        day += w->st->shift_days;
    return date_text(w->arena, day);
}

static struct str not_a_number(struct row_work *w, const struct column_map *c, struct str cell)
{
    struct err *e = FAIL(w->arena, ERR_INVALID, "record.field_invalid", pointer(w, c->field), "%.*s cannot be multiplied by %" PRId64 ".",
                         STR_ARG(str_sub(cell, 0, 60)), c->multiply);

    e->way_out = STR("A plain number is needed, such as 1100.04, with at most eight decimal places.");
    err_add(&w->errors, e);
    return STR_NONE;
}

/* Exact: the factor is whole, the cell has at most eight decimal places. */
static struct str by_factor(struct row_work *w, const struct column_map *c, struct str cell)
{
    __extension__ typedef __int128 wide;
    wide product;
    int64_t v;
    int scale = 8;

    if (!str_to_scaled(cell, scale, &v))
        return not_a_number(w, c, cell);
    product = (wide)v * c->multiply;
    for (; product % 10 == 0 && scale > 0; scale--)
        product /= 10;
    if (product > INT64_MAX || product < INT64_MIN)
        return not_a_number(w, c, cell);
    return str_from_scaled(w->arena, (int64_t)product, scale, true);
}

static struct str plain_cell(const struct row_work *w, const struct column_map *c)
{
    return (size_t)c->cell < w->row->n ? str_trim(w->row->cells[c->cell]) : STR_NONE;
}

static struct str cell_text(struct row_work *w, const struct column_map *c)
{
    struct str cell = plain_cell(w, c);

    if (means_nothing(w, cell))
        return STR_NONE;
    if (c->vocabulary)
        cell = by_vocabulary(w, c, cell);
    if (cell.len && (c->date.len || c->shift))
        cell = by_date(w, c, cell);
    if (cell.len && c->multiply)
        cell = by_factor(w, c, cell);
    if (cell.len && c->currency.len)
        cell = str_fmt(w->arena, "%.*s %.*s", STR_ARG(cell), STR_ARG(c->currency));
    return cell;
}

/* ---- looking records up ---- */

#define NAMESAKES_MAX 50 /* looked at for one that is written exactly the same */

/* By an index where there is one: names and unique fields have a folded one, `index: yes` gives one as they are. */
static struct err *find_by(struct row_work *w, const struct object *o, const struct field *f, bool folded, struct str text, int64_t *id)
{
    struct sql_text q = sql_text_new(w->arena, tx_kind(w->tx));
    struct stmt *stmt;
    bool row;

    sql_add(&q, "SELECT id, ");
    sql_add_ident(&q, f->column);
    sql_add(&q, " FROM ");
    sql_add_ident(&q, o->table);
    sql_add(&q, " WHERE ");
    sql_add_ident(&q, folded ? str_fmt(w->arena, "%.*s$f", STR_ARG(f->column)) : f->column);
    sql_add(&q, " = ");
    sql_add_str(&q, folded ? utf8_fold(w->arena, text) : text);
    sql_add(&q, " AND deleted_at IS NULL ORDER BY id LIMIT ");
    sql_add_i64(&q, NAMESAKES_MAX);
    TRY(sql_prepare(w->tx, &q, &stmt));
    for (bool first = true;; first = false) {
        bool same;

        TRY(db_step(stmt, &row));
        if (!row)
            return NULL;
        same = str_eq(db_str(stmt, 1), text);
        if (first || same)
            *id = db_i64(stmt, 0);
        if (same)
            break;
    }
    db_done(stmt);
    return NULL;
}

/* The record whose field says text, read as that field would clean it; 0: none. */
static struct err *find_record(struct row_work *w, const struct object *o, const struct field *f, struct str text, int64_t *id)
{
    struct cleaner cleaner = {.arena = w->arena, .cx = &w->cx};
    bool has_fold = field_types[f->type].store == FS_TEXT_FOLD, by_fold = has_fold && (f->unique || f->index == o->title);
    struct value v;

    TRY(value_parse(w->arena, w->st->manual, f, text, &w->env, &v));
    clean_field(&cleaner, f, &v);
    *id = 0;
    if (v.empty)
        return NULL;
    TRY(find_by(w, o, f, by_fold, v.s, id));
    if (!*id && has_fold && !by_fold && f != w->st->mapping->key) /* no index: only where the answer is remembered */
        TRY(find_by(w, o, f, true, v.s, id));
    return NULL;
}

/* Remembered for the whole import; that there is none only for the batch: somebody may add it meanwhile. */
static struct err *find_reference(struct row_work *w, const struct column_map *c, struct str text, int64_t *id)
{
    struct import_state *st = w->st;
    struct str key = str_fmt(w->arena, "%d.%d\x1f%.*s", c->match->index, c->match_field->index, STR_ARG(text));
    /* records of the same object may be made, and taken back, by this very batch */
    bool keep = c->match != st->mapping->object;

    if (c->match_field->index == F_ID) {
        if (!id_parse(text, id))
            *id = 0;
        return NULL; /* whether it exists is checked by the save */
    }
    if (strmap_get(st->lookups, key, id) || strmap_get(st->misses, key, id))
        return NULL;
    TRY(find_record(w, c->match, c->match_field, text, id));
    if (*id && keep && st->n_lookups < LOOKUPS_MAX) {
        strmap_put(st->lookups, str_dup(st->arena, key), *id);
        st->n_lookups++;
    } else if (!*id && keep) {
        strmap_put(st->misses, key, 0);
    }
    return NULL;
}

static void give(struct row_work *w, const struct field *f, const struct value *v)
{
    for (size_t i = 0; i < w->n; i++)
        if (w->fields[i] == f) {
            w->values[i] = *v;
            return;
        }
    w->fields[w->n] = f;
    w->values[w->n++] = *v;
}

/* The id of one name; 0 where there is none, with the finding that the mapping asks for. */
static struct err *look_up(struct row_work *w, const struct column_map *c, struct str text, int64_t *id)
{
    TRY(find_reference(w, c, text, id));
    if (*id)
        return NULL;
    if (c->missing == MISSING_DOUBTFUL)
        found_add(w->arena, w->found, FOUND_DOUBTFUL, w->row->line, c->field->name, text, STR_NONE,
                    str_fmt(w->arena, "no %.*s with this %.*s", STR_ARG(c->match->name), STR_ARG(c->match_field->name)));
    if (c->missing == MISSING_ERROR) {
        struct err *e = FAIL(w->arena, ERR_INVALID, "record.reference_missing", pointer(w, c->field), "There is no %.*s with %.*s \"%.*s\".",
                             STR_ARG(c->match->label), STR_ARG(c->match_field->label), STR_ARG(str_sub(text, 0, 100)));

        err_add(&w->errors, e);
    }
    return NULL;
}

/* One name, or several with semicolons (commas where there are none) for a field that refers to many. */
static struct err *give_reference(struct row_work *w, const struct column_map *c, struct str text)
{
    struct value v = {.type = c->field->type, .empty = true};
    bool many = c->field->type == FT_REFS;
    char sep = str_find_char(text, ';', 0) != SIZE_MAX ? ';' : ',';
    VEC(int64_t) ids = {0};
    struct str part = text;

    while (many ? str_cut(&text, sep, &part) : text.len > 0) {
        int64_t id = 0;

        part = str_trim(part);
        if (part.len)
            TRY(look_up(w, c, part, &id));
        if (id)
            VEC_PUSH(w->arena, ids) = id;
        if (!many)
            break;
    }
    if (ids.n)
        v = (struct value){.type = c->field->type, .i = many ? 0 : ids.at[0], .ids = ids.at, .n_ids = many ? ids.n : 0};
    give(w, c->field, &v);
    return NULL;
}

/* ---- texts to values ---- */

static void give_text(struct row_work *w, const struct field *f, struct str text)
{
    struct value v;
    int64_t day;
    struct err *e;

    if (f->type == FT_DATE_TIME && date_parse(text, &day))
        text = instant_text(w->arena, zone_instant(w->env.zone, day, 0));
    e = value_parse(w->arena, w->st->manual, f, text, &w->env, &v);
    if (e)
        err_add(&w->errors, e);
    else
        give(w, f, &v);
}

static struct err *give_columns(struct row_work *w, int pass)
{
    const struct mapping *m = w->st->mapping;

    for (size_t i = 0; i < m->n_columns; i++) {
        const struct column_map *c = &m->columns[i];

        if (pass == 2 && !c->second_pass && (int)i != m->key_column)
            continue;
        w->texts[i] = c->ignore ? plain_cell(w, c) : cell_text(w, c);
        if (c->ignore || c->second_pass != (pass == 2))
            continue;
        if (!w->texts[i].len && c->expected)
            found_add(w->arena, w->found, FOUND_DOUBTFUL, w->row->line, c->field->name, STR_NONE, STR_NONE, STR("expected, but empty"));
        if (c->match)
            TRY(give_reference(w, c, w->texts[i]));
        else
            give_text(w, c->field, w->texts[i]);
    }
    return NULL;
}

static struct str slug(struct arena *arena, struct str s)
{
    struct str fold = utf8_fold(arena, s);
    struct buf out = buf_new(arena, fold.len + 1);

    for (size_t i = 0; i < fold.len; i++) {
        char c = fold.ptr[i];

        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            buf_add_char(&out, c);
        else if (out.len && out.ptr[out.len - 1] != '.')
            buf_add_char(&out, '.');
    }
    while (out.len && out.ptr[out.len - 1] == '.')
        out.len--;
    return buf_str(&out);
}

/* What the pieces say for this row. False: it is made of columns alone, and all of them are empty. */
static bool fill(struct row_work *w, const struct constant_map *constant, struct str *out)
{
    struct buf b = buf_new(w->arena, 64);
    bool any = constant->n_pieces == 1;

    for (size_t i = 0; i < constant->n_pieces; i++) {
        const struct constant_piece *p = &constant->pieces[i];
        struct str text = p->column >= 0 ? w->texts[p->column] : STR_NONE;

        if (p->filter == HOLE_SLUG)
            text = slug(w->arena, text);
        else if (p->filter == HOLE_LOWER)
            text = str_lower_ascii(w->arena, text);
        any = any || text.len;
        buf_add(&b, p->before);
        buf_add(&b, text);
    }
    *out = buf_str(&b);
    return any;
}

static void give_constants(struct row_work *w)
{
    const struct mapping *m = w->st->mapping;
    struct str text;

    for (size_t i = 0; i < m->n_constants; i++)
        if (fill(w, &m->constants[i], &text))
            give_text(w, m->constants[i].field, text);
}

/* A row with other cells than the first one: its values may stand in the wrong columns. */
static void check_cells(struct row_work *w)
{
    size_t n = w->row->n, expected = w->st->mapping->n_cells;

    while (n > expected && !str_trim(w->row->cells[n - 1]).len)
        n--;
    if (n > expected) {
        struct err *e = FAIL(w->arena, ERR_INVALID, "csv.malformed", NULL, "The row has %zu cells, the first line names %zu columns.", n, expected);

        e->way_out = STR("Is a comma inside a cell without quotes?");
        err_add(&w->errors, e);
    } else if (n < expected && w->pass == 1) {
        found_add(w->arena, w->found, FOUND_DOUBTFUL, w->row->line, STR_NONE, STR_NONE, STR_NONE,
                  str_fmt(w->arena, "the row has %zu cells of %zu", n, expected));
    }
}

/* ---- the row ---- */

static struct err *find_existing(struct row_work *w)
{
    const struct mapping *m = w->st->mapping;

    if (!m->key || !w->texts[m->key_column].len)
        return NULL;
    return find_record(w, m->object, m->key, w->texts[m->key_column], &w->in.id);
}

/* With on_match: skip, the second pass leaves alone what the first one did. */
static struct err *only_if_made_here(struct row_work *w)
{
    struct stmt *stmt;
    bool row;

    TRY(db_stmt(w->tx, &sql_import_made, &stmt));
    db_bind_i64(stmt, 1, w->in.id);
    db_bind_i64(stmt, 2, w->st->id);
    TRY(db_step(stmt, &row));
    db_done(stmt);
    if (!row)
        w->in.id = 0;
    return NULL;
}

static bool goes_on(const struct err *e)
{
    return e->kind != ERR_INTERNAL && e->kind != ERR_BUSY;
}

static struct err *save_row(struct tx *tx, void *ctx)
{
    struct row_work *w = ctx;

    return record_save(tx, &w->cx, &w->in, &w->saved);
}

/* Alone in a savepoint, or together with its batch: then a refusal takes the batch back. */
static struct err *try_save(struct row_work *w)
{
    struct import_state *st = w->st;
    struct err *e = st->careful ? tx_nested(w->tx, save_row, w) : save_row(w->tx, w);

    if (e && goes_on(e)) {
        st->n_save_refused++;
        st->need_care = !st->careful;
    }
    return e;
}

static void report_refusal(struct row_work *w, const struct err *e)
{
    for (; e; e = e->next) {
        struct str field = str_from(e->field);

        found_add(w->arena, w->found, FOUND_REFUSED, w->row->line, str_sub(field, str_starts(field, STR("/")) ? 1 : 0, field.len), STR_NONE,
                    e->way_out.len ? str_fmt(w->arena, "%.*s %.*s", STR_ARG(e->message), STR_ARG(e->way_out)) : e->message, str_from(e->code));
    }
}

static void report_cleaned(struct row_work *w)
{
    for (size_t i = 0; i < w->saved.n_cleaned; i++) {
        const struct cleaned *c = &w->saved.cleaned[i];

        found_add(w->arena, w->found, c->doubtful ? FOUND_DOUBTFUL : FOUND_CLEANED, w->row->line, c->field->name, c->typed, c->stored, c->rule);
    }
}

struct err *row_import(struct tx *tx, struct import_state *st, const struct row *row, int pass, struct row_findings *found,
                       enum row_result *result)
{
    struct arena *arena = tx_arena(tx);
    const struct mapping *m = st->mapping;
    struct row_work w = {.tx = tx, .arena = arena, .st = st, .row = row, .found = found,
                         .cx = {.manual = st->manual, .actor = st->actor, .now_us = st->now_us, .import = true, .import_id = st->id,
                                .dry_run = st->dry_run},
                         .env = actor_env(st->actor, st->now_us), .pass = pass};
    size_t found_before = found->list.n;
    struct err *e;

    w.texts = NEW_ARRAY(arena, m->n_columns, struct str);
    w.fields = NEW_ARRAY(arena, m->n_columns + m->n_constants, const struct field *);
    w.values = NEW_ARRAY(arena, m->n_columns + m->n_constants, struct value);
    w.in = (struct save_input){.object = m->object, .if_version = -1, .fields = w.fields, .values = w.values};
    check_cells(&w);
    TRY(give_columns(&w, pass));
    if (pass == 1)
        give_constants(&w);
    e = find_existing(&w);
    if (e)
        err_add(&w.errors, e);
    if (!w.errors && w.in.id && pass == 1 && !m->update) {
        found->list.n = found_before;
        *result = ROW_SKIPPED;
        return NULL;
    }
    if (pass == 2 && w.in.id && !m->update)
        TRY(only_if_made_here(&w));
    if (!w.in.id && pass == 2) { /* was there before, or was refused and reported in the first pass */
        found->list.n = found_before;
        *result = ROW_SKIPPED;
        return NULL;
    }
    w.in.n = w.n;
    if (!w.errors) {
        for (size_t i = 0; w.in.id && i < w.n; i++) /* only a new record can be given the day it was made */
            if (w.fields[i]->index == F_CREATED_AT) {
                w.fields[i] = w.fields[w.n - 1];
                w.values[i] = w.values[w.n - 1];
                w.in.n = --w.n;
            }
        w.errors = try_save(&w);
    }
    if (w.errors) {
        if (st->need_care || !goes_on(w.errors))
            return w.errors;
        found->list.n = found_before;
        report_refusal(&w, w.errors);
        *result = ROW_REFUSED;
        return NULL;
    }
    report_cleaned(&w);
    *result = w.saved.unchanged ? ROW_UNCHANGED : w.saved.before.object ? ROW_UPDATED : ROW_CREATED;
    return NULL;
}
