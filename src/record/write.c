/* The row itself: insert or update of the columns that changed, links, numbers, composed names, last activity. */
#include "record/record.sql.h"
#include "record/record_impl.h"

#include <string.h>

static int bind_value(struct stmt *st, int param, const struct value *v, enum field_store store)
{
    switch (store) {
    case FS_I64:
        if (v->empty)
            db_bind_null(st, param);
        else
            db_bind_i64(st, param, v->i);
        return param + 1;
    case FS_MONEY:
        if (v->empty) {
            db_bind_null(st, param);
            db_bind_null(st, param + 1);
        } else {
            db_bind_i64(st, param, v->i);
            db_bind_str(st, param + 1, v->currency);
        }
        return param + 2;
    case FS_TEXT_FOLD:
        db_bind_str(st, param, v->empty ? STR_NONE : v->s);
        db_bind_str(st, param + 1, v->empty ? STR_NONE : v->fold);
        return param + 2;
    case FS_TEXT:
    case FS_SET:
        db_bind_str(st, param, v->empty ? STR_NONE : v->s);
        return param + 1;
    case FS_LINKS:
    case FS_NONE:
        break;
    }
    return param;
}

/* A constraint of the database stands against it: somebody wrote the same value at the same moment. */
static struct err *conflict(struct save *s, struct err *e)
{
    if (!e || e->kind != ERR_CONFLICT)
        return e;
    const struct field *f = s->p->unique.n == 1 ? &s->p->o->fields[s->p->unique.at[0]] : NULL;
    struct err *named =
        FAIL(s->arena, ERR_CONFLICT, "record.not_unique",
             f ? str_cstr(s->arena, str_fmt(s->arena, "/%.*s", STR_ARG(f->name))) : NULL,
             "Another %.*s has the same %.*s already.", STR_ARG(s->p->o->label),
             STR_ARG(f ? f->label : STR("unique value")));
    named->way_out = STR("Look for it before making a second one.");
    return named;
}

static struct err *insert_row(struct save *s)
{
    struct stmt *st;
    int param = 1;

    TRY(db_stmt_text(s->tx, s->p->insert, &st));
    for (size_t k = 0; k < s->p->stored.n; k++) {
        int i = s->p->stored.at[k];
        param =
            bind_value(st, param, &s->after.values[i], field_types[s->p->o->fields[i].type].store);
    }
    return conflict(s, db_run(st, NULL));
}

static bool in_row(const struct save *s, int i)
{
    return s->changed[i] || i == F_UPDATED_AT || i == F_UPDATED_BY || i == F_VERSION;
}

static struct err *update_row(struct save *s)
{
    struct buf b = buf_new(s->arena, 256);
    struct stmt *st;
    int64_t n = 0;
    int param = 1;

    buf_fmt(&b, "UPDATE %.*s SET ", STR_ARG(s->p->table));
    for (size_t k = 0; k < s->p->stored.n; k++) {
        int i = s->p->stored.at[k];
        const struct field *f = &s->p->o->fields[i];
        enum field_store store = field_types[f->type].store;
        if (!in_row(s, i))
            continue;
        buf_fmt(&b, "%s\"%.*s\" = $%d", param > 1 ? ", " : "", STR_ARG(f->column), param);
        param++;
        if (store == FS_TEXT_FOLD || store == FS_MONEY) {
            buf_fmt(&b, ", \"%.*s$%c\" = $%d", STR_ARG(f->column), store == FS_MONEY ? 'c' : 'f',
                    param);
            param++;
        }
    }
    buf_fmt(&b, " WHERE \"id\" = $%d AND \"version\" = $%d", param, param + 1);
    TRY(db_stmt_text(s->tx, buf_str(&b), &st));
    param = 1;
    for (size_t k = 0; k < s->p->stored.n; k++) {
        int i = s->p->stored.at[k];
        if (in_row(s, i))
            param = bind_value(st, param, &s->after.values[i],
                               field_types[s->p->o->fields[i].type].store);
    }
    db_bind_i64(st, param, s->after.id);
    db_bind_i64(st, param + 1, s->before.version);
    TRY(conflict(s, db_run(st, &n)));
    if (n != 1)
        return FAIL(s->arena, ERR_STALE, "record.version_conflict", NULL,
                    "Somebody changed this %.*s meanwhile.", STR_ARG(s->p->o->label));
    return NULL;
}

static struct err *link_run(struct save *s, const struct sql *sql, struct str field, int64_t to)
{
    struct stmt *st;

    TRY(db_stmt(s->tx, sql, &st));
    db_bind_str(st, 1, field);
    db_bind_i64(st, 2, s->after.id);
    db_bind_i64(st, 3, to);
    return db_run(st, NULL);
}

/* Both lists are sorted: rows that are in one only are dropped or put. */
static struct err *write_links(struct save *s, int i)
{
    static const struct value none = {.n_ids = 0};
    const struct value *old = save_creates(s) ? &none : &s->before.values[i],
                       *now = &s->after.values[i];
    struct str field = s->p->fields[i].link;
    size_t a = 0, b = 0;

    while (a < old->n_ids || b < now->n_ids) {
        if (b == now->n_ids || (a < old->n_ids && old->ids[a] < now->ids[b]))
            TRY(link_run(s, &sql_link_drop, field, old->ids[a++]));
        else if (a == old->n_ids || now->ids[b] < old->ids[a])
            TRY(link_run(s, &sql_link_put, field, now->ids[b++]));
        else
            a++, b++;
    }
    return NULL;
}

struct err *write_save(struct save *s)
{
    TRY(save_creates(s) ? insert_row(s) : update_row(s));
    for (size_t k = 0; k < s->p->links.n; k++)
        if (s->changed[s->p->links.at[k]])
            TRY(write_links(s, s->p->links.at[k]));
    return NULL;
}

/* ---- last activity ---- */

static struct err *touch_one(struct save *s, int64_t id, int64_t at_us, int depth)
{
    const struct object *o;
    struct stmt *st;
    bool row;
    int64_t account = 0;

    TRY(record_object_of(s->tx, s->cx->manual, id, &o));
    if (!o)
        return NULL;
    const struct object_plan *p = plan_tx(s->tx, s->cx->manual, o);
    TRY(db_stmt_text(s->tx, p->touch, &st));
    db_bind_i64(st, 1, at_us);
    db_bind_i64(st, 2, id);
    TRY(db_run(st, NULL));
    if (p->account_field < 0 || depth)
        return NULL;
    struct str column = db_ident(s->arena, o->fields[p->account_field].column);
    TRY(db_stmt_text(s->tx,
                     str_fmt(s->arena, "SELECT %.*s FROM %.*s WHERE \"id\" = $1", STR_ARG(column),
                             STR_ARG(p->table)),
                     &st));
    db_bind_i64(st, 1, id);
    TRY(db_step(st, &row));
    if (row)
        account = db_i64(st, 0);
    db_done(st);
    return account ? touch_one(s, account, at_us, 1) : NULL;
}

/* Kept by the program: no version, no change row. Plans for the future are no activity yet. */
struct err *touch_activity(struct save *s)
{
    const struct value *at = &s->after.values[s->p->time_field];
    int64_t at_us = at->empty ? s->cx->now_us : at->type == FT_DATE ? at->i * US_PER_DAY : at->i;

    if (at_us > s->cx->now_us)
        return NULL;
    for (size_t k = 0; k < s->p->links.n; k++) {
        int i = s->p->links.at[k];
        if (!s->changed[i] && !s->changed[s->p->time_field])
            continue;
        for (size_t n = 0; n < s->after.values[i].n_ids; n++)
            TRY(touch_one(s, s->after.values[i].ids[n], at_us, 0));
    }
    return NULL;
}

/* ---- numbers ---- */

/* "D-{00000}" and 42: "D-00042". */
static struct str fill_pattern(struct arena *arena, struct str pattern, int64_t n)
{
    size_t open = str_find_char(pattern, '{', 0), close = str_find_char(pattern, '}', 0);

    if (open == SIZE_MAX || close == SIZE_MAX || close < open)
        return str_fmt(arena, "%.*s%lld", STR_ARG(pattern), (long long)n);
    return str_fmt(arena, "%.*s%0*lld%.*s", (int)open, pattern.ptr,
                   (int)(close - open - 1 < 18 ? close - open - 1 : 18), (long long)n,
                   STR_ARG(str_sub(pattern, close + 1, SIZE_MAX)));
}

/* The number in a text made by the pattern; 0: it was not. */
static int64_t pattern_number(struct arena *arena, struct str pattern, struct str text)
{
    size_t open = str_find_char(pattern, '{', 0), close = str_find_char(pattern, '}', 0);
    int64_t n = 0;

    if (open == SIZE_MAX || close == SIZE_MAX || close < open ||
        text.len < open + (pattern.len - close - 1))
        return 0;
    if (!str_to_i64(str_sub(text, open, text.len - open - (pattern.len - close - 1)), &n) ||
        n <= 0 || n >= INT64_MAX / 2)
        return 0;
    return str_eq(fill_pattern(arena, pattern, n), text) ? n : 0;
}

static struct err *give_number(struct save *s, const struct field *f)
{
    struct value *v = &s->after.values[f->index];
    struct str key = str_fmt(s->arena, "%.*s.%.*s", STR_ARG(s->p->o->name), STR_ARG(f->name));
    struct stmt *st;
    bool row;

    if (!v->empty) { /* brought along by an import: later ones must not repeat it */
        int64_t n = pattern_number(s->arena, f->pattern, v->s);
        if (!n)
            return NULL;
        TRY(db_stmt(s->tx, &sql_auto_number_raise, &st));
        db_bind_str(st, 1, key);
        db_bind_i64(st, 2, n + 1);
        return db_run(st, NULL);
    }
    TRY(db_stmt(s->tx, &sql_auto_number_take, &st));
    db_bind_str(st, 1, key);
    TRY(db_step(st, &row));
    *v =
        (struct value){.type = f->type, .s = fill_pattern(s->arena, f->pattern, db_i64(st, 0) - 1)};
    s->changed[f->index] = true;
    db_done(st);
    return NULL;
}

struct err *give_numbers(struct save *s)
{
    for (size_t k = 0; k < s->p->autos.n; k++)
        TRY(give_number(s, &s->p->o->fields[s->p->autos.at[k]]));
    return NULL;
}

/* ---- names made of other fields ---- */

static struct str date_part(struct arena *arena, struct str part, int64_t days)
{
    struct civil c = civil_from_days(days);

    if (str_eq(part, STR("year")))
        return str_fmt(arena, "%04d", c.year);
    if (str_eq(part, STR("month")))
        return str_fmt(arena, "%02d", c.month);
    if (str_eq(part, STR("day")))
        return str_fmt(arena, "%02d", c.day);
    if (str_eq(part, STR("quarter")))
        return str_fmt(arena, "Q%d", (c.month + 2) / 3);
    return STR("");
}

/* "account.name", "created_at.year"; empty where something on the way is. */
static struct str path_text(struct save *s, struct str path)
{
    const struct manual *m = s->cx->manual;
    const struct record *r = &s->after;
    struct str part;
    int hops = 0;

    while (str_cut(&path, '.', &part)) {
        const struct field *f = object_field(r->object, part);
        if (!f)
            return STR("");
        struct value v = r->values[f->index];
        if (v.empty && f->system && (f->index == F_CREATED_AT || f->index == F_UPDATED_AT))
            v = (struct value){.type = FT_DATE_TIME, .i = s->cx->now_us};
        if (v.empty && f->formula) {
            struct expr_env env = actor_env(s->cx->actor, s->cx->now_us);
            struct expr_record face = record_expr(s->tx, m, r, NULL);
            v = value_of_expr(s->arena, f, expr_eval(s->arena, f->formula, &face, &env));
        }
        if (v.empty)
            return STR("");
        if (!path.len && !type_is_ref(v.type))
            return value_text(s->arena, m, f, &v);
        if (v.type == FT_DATE || v.type == FT_DATE_TIME) {
            const struct zone *zone = s->cx->actor->zone;
            return date_part(s->arena, path,
                             v.type == FT_DATE ? v.i : zone_date(zone ? zone : zone_utc(), v.i));
        }
        if (!type_is_ref(v.type) || f->to_object < 0 || ++hops > EXPR_HOPS_MAX)
            return STR("");
        struct record *next = NEW(s->arena, struct record);
        if (record_read(s->tx, m, &m->objects[f->to_object], v.i, next))
            return STR("");
        if (!path.len)
            return record_title(s->arena, m, next);
        r = next;
    }
    return STR("");
}

/* A place without a value goes together with the words before it. */
void compose_title(struct save *s)
{
    const struct object *o = s->p->o;
    struct str pattern = o->name_pattern;
    struct buf b = buf_new(s->arena, 64);
    size_t at = 0;

    if (!pattern.len || o->title < 0 || !s->after.values[o->title].empty ||
        o->fields[o->title].type == FT_FORMULA)
        return;
    while (at < pattern.len) {
        size_t open = str_find_char(pattern, '{', at), close = str_find_char(pattern, '}', at);
        if (open == SIZE_MAX || close == SIZE_MAX || close < open) {
            if (b.len)
                buf_add(&b, str_sub(pattern, at, SIZE_MAX));
            break;
        }
        struct str text = path_text(s, str_trim(str_sub(pattern, open + 1, close - open - 1)));
        if (text.len) {
            if (b.len || at == 0)
                buf_add(&b, str_sub(pattern, at, open - at));
            buf_add(&b, text);
        }
        at = close + 1;
    }
    if (b.len)
        s->after.values[o->title] =
            (struct value){.type = o->fields[o->title].type, .s = str_trim(buf_str(&b))};
}
