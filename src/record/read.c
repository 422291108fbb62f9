/* Rows into records, and records as JSON. */
#include "base/id.h"
#include "record/record.sql.h"
#include "record/record_impl.h"

#include <assert.h>
#include <string.h>

void rights_moved(struct tx *tx, const struct manual *m, const struct object *o)
{
    if (o->index == manual_object_index(m, "user") || o->index == manual_object_index(m, "team"))
        access_touch(tx);
}

/* SQLite looks at so many rows of each index: milliseconds, and near enough. What it learns of small tables is forgotten
 * again: it would read a table of three users from end to end for each row joined to it, and then sort the whole list. */
struct err *record_tune(struct tx *tx)
{
    if (tx_kind(tx) != DB_SQLITE)
        return db_exec(tx, STR("ANALYZE"));
    TRY(db_exec(tx, STR("PRAGMA analysis_limit = 1000")));
    TRY(db_exec(tx, STR("ANALYZE")));
    TRY(db_exec(tx, STR("DELETE FROM sqlite_stat1 WHERE CAST(stat AS INTEGER) < 1000")));
    return db_exec(
        tx, STR("ANALYZE sqlite_schema")); /* takes them up, here and on the other connections */
}

int64_t record_owner(const struct record *r)
{
    return r->values[F_OWNER].empty ? 0 : r->values[F_OWNER].i;
}

int64_t record_team(const struct record *r)
{
    return r->values[F_TEAM].empty ? 0 : r->values[F_TEAM].i;
}

bool record_in_bin(const struct record *r)
{
    return !r->object->built_in && !r->values[F_DELETED_AT].empty;
}

struct err *err_not_found(struct arena *arena, const struct object *o, int64_t id)
{
    struct err *e =
        FAIL(arena, ERR_NOT_FOUND, "record.not_found", NULL,
             "There is no %.*s %lld, or you may not see it.", STR_ARG(o->label), (long long)id);

    e->way_out =
        STR("Look for it with the search; it may be in the bin, or belong to another team.");
    return e;
}

static void read_value(struct arena *arena, const struct field_plan *fp, const struct stmt *st,
                       int col, struct value *v)
{
    enum field_store store = field_types[fp->f->type].store;

    v->type = fp->f->type;
    if (fp->col < 0 || db_is_null(st, col)) {
        v->empty = true;
        return;
    }
    switch (store) {
    case FS_I64:
        v->i = db_i64(st, col);
        return;
    case FS_MONEY:
        v->i = db_i64(st, col);
        v->currency = str_dup(arena, db_str(st, col + 1));
        return;
    case FS_TEXT_FOLD:
        v->fold = str_dup(arena, db_str(st, col + 1));
        v->s = str_dup(arena, db_str(st, col));
        break;
    case FS_TEXT:
    case FS_SET:
        v->s = str_dup(arena, db_str(st, col));
        break;
    case FS_LINKS:
    case FS_NONE:
        break;
    }
    v->empty = v->s.len == 0;
}

void row_read(struct arena *arena, const struct object_plan *p, const struct stmt *st,
              int first_col, struct record *out)
{
    *out = (struct record){.object = p->o};
    out->values = NEW_ARRAY(arena, p->o->n_fields + 1, struct value);
    for (size_t i = 0; i < p->o->n_fields; i++)
        read_value(arena, &p->fields[i], st, first_col + p->fields[i].col, &out->values[i]);
    if (p->o->built_in) {
        const struct field *id = object_field(p->o, STR("id"));
        if (id)
            out->id = out->values[id->index].i;
        return;
    }
    out->id = out->values[F_ID].i;
    out->version = out->values[F_VERSION].i;
}

static struct err *links_ask(struct tx *tx, const struct object_plan *p, size_t k, int64_t id, struct stmt **st)
{
    TRY(db_stmt(tx, &sql_link_of, st));
    db_bind_str(*st, 1, p->fields[p->links.at[k]].link);
    db_bind_i64(*st, 2, id);
    return NULL;
}

static struct err *links_take(struct tx *tx, struct stmt *st, struct value *v)
{
    VEC(int64_t) ids = {0};
    bool row;

    for (;;) {
        TRY(db_step(st, &row));
        if (!row)
            break;
        VEC_PUSH(tx_arena(tx), ids) = db_i64(st, 0);
    }
    v->ids = ids.at;
    v->n_ids = ids.n;
    v->empty = ids.n == 0;
    return NULL;
}

/* Of the fields of links from the k-th on. */
static struct err *links_from(struct tx *tx, const struct object_plan *p, size_t k, struct record *r)
{
    struct stmt *st;

    for (; k < p->links.n; k++) {
        TRY(links_ask(tx, p, k, r->id, &st));
        TRY(links_take(tx, st, &r->values[p->links.at[k]]));
    }
    return NULL;
}

struct err *links_read(struct tx *tx, const struct object_plan *p, struct record *r)
{
    return links_from(tx, p, 0, r);
}

struct err *record_read(struct tx *tx, const struct manual *m, const struct object *o, int64_t id,
                        struct record *out)
{
    const struct object_plan *p = plan_tx(tx, m, o);
    struct stmt *st, *first = NULL; /* the links of the first such field are asked for together with the row */
    bool row;

    TRY(db_stmt_text(tx, p->select_one, &st));
    db_bind_i64(st, 1, id);
    if (p->links.n) {
        TRY(links_ask(tx, p, 0, id, &first));
        TRY(db_send(st));
        TRY(db_send(first));
    }
    TRY(db_step(st, &row));
    if (!row) {
        db_done(first);
        return err_not_found(tx_arena(tx), o, id);
    }
    row_read(tx_arena(tx), p, st, 0, out);
    db_done(st);
    if (first)
        TRY(links_take(tx, first, &out->values[p->links.at[0]]));
    return links_from(tx, p, 1, out);
}

/* " IN ($2, $3, ...)" with RECORDS_AT_ONCE parameters, from this one on: always the same text, so it is prepared once. */
static void add_in(struct buf *b, int first)
{
    buf_add(b, STR(" IN ("));
    for (int i = 0; i < RECORDS_AT_ONCE; i++)
        buf_fmt(b, "%s$%d", i ? ", " : "", first + i);
    buf_add_char(b, ')');
}

/* Where there are fewer, the last one is said again. */
static void bind_in(struct stmt *st, int first, const int64_t *ids, size_t n)
{
    for (int i = 0; i < RECORDS_AT_ONCE; i++)
        db_bind_i64(st, first + i, ids[(size_t)i < n ? (size_t)i : n - 1]);
}

static struct err *links_of_some(struct tx *tx, const struct object_plan *p, int field, const int64_t *ids, size_t n,
                                 struct record *records, size_t n_records)
{
    struct arena *arena = tx_arena(tx);
    struct buf text = buf_new(arena, 512);
    VEC(int64_t) to = {0};
    struct record *r = NULL;
    struct stmt *st;
    bool row;

    buf_add(&text, STR("SELECT from_id, to_id FROM link WHERE field = $1 AND from_id"));
    add_in(&text, 2);
    buf_add(&text, STR(" ORDER BY from_id, to_id"));
    TRY(db_stmt_text(tx, buf_str(&text), &st));
    db_bind_str(st, 1, p->fields[field].link);
    bind_in(st, 2, ids, n);
    for (;;) {
        TRY(db_step(st, &row));
        if (!row)
            return NULL;
        if (!r || r->id != db_i64(st, 0)) {
            r = NULL;
            for (size_t i = 0; i < n_records && !r; i++)
                if (records[i].id == db_i64(st, 0))
                    r = &records[i];
            memset(&to, 0, sizeof to);
        }
        if (!r)
            continue;
        VEC_PUSH(arena, to) = db_i64(st, 1);
        r->values[field].ids = to.at;
        r->values[field].n_ids = to.n;
        r->values[field].empty = false;
    }
}

struct err *records_read(struct tx *tx, const struct manual *m, const struct object *o, const int64_t *ids, size_t n,
                         struct record *out, size_t *n_read)
{
    const struct object_plan *p = plan_tx(tx, m, o);
    struct buf text = buf_new(tx_arena(tx), 2048);
    struct stmt *st;
    bool row;

    assert(n > 0 && n <= RECORDS_AT_ONCE && !o->built_in);
    *n_read = 0;
    buf_fmt(&text, "SELECT %.*s FROM %.*s r WHERE r.\"id\"", STR_ARG(p->columns), STR_ARG(p->table));
    add_in(&text, 1);
    TRY(db_stmt_text(tx, buf_str(&text), &st));
    bind_in(st, 1, ids, n);
    for (;;) {
        TRY(db_step(st, &row));
        if (!row)
            break;
        row_read(tx_arena(tx), p, st, 0, &out[(*n_read)++]);
    }
    for (size_t k = 0; k < p->links.n; k++) {
        for (size_t i = 0; i < *n_read; i++)
            out[i].values[p->links.at[k]].empty = true;
        TRY(links_of_some(tx, p, p->links.at[k], ids, n, out, *n_read));
    }
    return NULL;
}

struct err *title_of(struct tx *tx, const struct manual *m, const struct actor *a,
                     const struct object *o, int64_t id, struct str *out)
{
    const struct object_plan *t = plan_tx(tx, m, o);
    struct stmt *st;
    bool row;

    *out = STR_NONE;
    if (o->built_in || o->title < 0 || access_field(a, o->index, o->title) == FR_NONE)
        return NULL;
    if (t->title_stored)
        TRY(db_stmt_text(tx, t->ref_check, &st));
    else
        TRY(db_stmt(tx, &sql_search_entry_title, &st)); /* composed by a formula: search keeps it */
    db_bind_i64(st, 1, id);
    TRY(db_step(st, &row));
    if (row && access_row(a, o->index, VERB_READ, db_i64(st, 0), db_i64(st, 1)))
        *out = str_dup(tx_arena(tx), db_str(st, 3));
    db_done(st);
    return NULL;
}

/* Names of what the record refers to, as far as the actor may read them. */
static struct err *titles_read(struct tx *tx, const struct manual *m, const struct actor *a,
                               struct record *r)
{
    for (size_t i = 0; i < r->object->n_fields; i++) {
        const struct field *f = &r->object->fields[i];
        struct value *v = &r->values[i];
        if (i == F_ID || !type_is_ref(f->type) || v->empty || v->s.ptr || f->to_object < 0)
            continue;
        for (size_t k = 1; k < i && !v->s.ptr;
             k++) { /* owner, created_by and updated_by are often one person */
            const struct value *other = &r->values[k];
            if (type_is_ref(other->type) && !other->empty && other->i == v->i &&
                r->object->fields[k].to_object == f->to_object)
                v->s = other->s;
        }
        const struct object_plan *t = plan_tx(tx, m, &m->objects[f->to_object]);
        if (!v->s.ptr)
            TRY(title_of(tx, m, a, t->o, v->i, &v->s));
    }
    return NULL;
}

struct err *record_titles(struct tx *tx, const struct manual *m, const struct actor *a,
                          struct record *r)
{
    return titles_read(tx, m, a, r);
}

void formulas_compute(struct tx *tx, const struct manual *m, struct record *r,
                      const struct expr_env *env, bool timed)
{
    const struct object_plan *p = plan_tx(tx, m, r->object);

    if (!p->formulas.n)
        return;
    struct expr_record face = record_expr(tx, m, r, NULL);
    for (size_t k = 0; k < p->formulas.n; k++) {
        const struct field *f = &r->object->fields[p->formulas.at[k]];
        if (!f->formula || (!timed && expr_uses_time(f->formula)))
            continue;
        r->values[f->index] =
            value_of_expr(tx_arena(tx), f, expr_eval(tx_arena(tx), f->formula, &face, env));
    }
}

void record_compute(struct tx *tx, const struct manual *m, struct record *r,
                    const struct expr_env *env)
{
    formulas_compute(tx, m, r, env, true);
}

struct err *record_get(struct tx *tx, const struct manual *m, const struct actor *a,
                       const struct object *o, int64_t id, bool bin, struct record *out)
{
    TRY(access_need(tx_arena(tx), m, a, o->index, VERB_READ));
    TRY(record_read(tx, m, o, id, out));
    if (!access_row(a, o->index, VERB_READ, record_owner(out), record_team(out)))
        return err_not_found(tx_arena(tx), o, id);
    if (record_in_bin(out) && !bin)
        return err_not_found(tx_arena(tx), o, id);
    TRY(titles_read(tx, m, a, out));
    struct expr_env env = actor_env(a, 0);
    formulas_compute(tx, m, out, &env, false);
    return NULL;
}

struct err *record_object_of(struct tx *tx, const struct manual *m, int64_t id,
                             const struct object **out)
{
    struct stmt *st;
    bool row;

    *out = NULL;
    TRY(db_stmt(tx, &sql_search_entry_object, &st));
    db_bind_i64(st, 1, id);
    TRY(db_step(st, &row));
    if (row) {
        *out = manual_object(m, db_str(st, 0));
        db_done(st);
        if (*out)
            return NULL;
    }
    for (size_t i = 0; i < m->n_objects; i++) { /* in the bin, or of an object without search */
        if (m->objects[i].built_in)
            continue;
        const struct object_plan *p = plan_tx(tx, m, &m->objects[i]);
        TRY(db_stmt_text(tx, p->ref_check, &st));
        db_bind_i64(st, 1, id);
        TRY(db_step(st, &row));
        if (row) {
            db_done(st);
            *out = p->o;
            return NULL;
        }
    }
    return NULL;
}

void record_json(struct json_writer *w, const struct manual *m, const struct actor *a,
                 const struct record *r, const bool *fields)
{
    const struct object_plan *p = plan_of(w->out->arena, m, r->object);

    jw_object(w);
    for (size_t i = 0; i < r->object->n_fields; i++) {
        const struct field *f = &r->object->fields[i];
        if (fields ? !fields[i]
                   : f->hidden || (f->system && (int)i == F_DELETED_AT && r->values[i].empty))
            continue;
        if (access_field(a, r->object->index, (int)i) == FR_NONE)
            continue;
        jw_key_lit(w, p->fields[i].key);
        value_json(w, f, &r->values[i]);
    }
    jw_end_object(w);
}

struct str record_title(struct arena *arena, const struct manual *m, const struct record *r)
{
    const struct object *o = r->object;

    if (o->title >= 0 && !r->values[o->title].empty)
        return value_text(arena, m, &o->fields[o->title], &r->values[o->title]);
    return str_fmt(arena, "%.*s %lld", STR_ARG(o->label), (long long)r->id);
}
