/* Checks of a save: what each field's page demands. Findings go to one chain, field by field. */
#include "record/record_impl.h"

#include <string.h>

static void finding(struct save *s, const struct field *f, const char *code, struct str way,
                    struct str message)
{
    const char *pointer = str_cstr(s->arena, str_fmt(s->arena, "/%.*s", STR_ARG(f->name)));
    struct err *e = FAIL(s->arena, ERR_INVALID, code, pointer, "%.*s", STR_ARG(message));

    e->way_out = way;
    if (s->p->o->page) {
        e->page = s->p->o->page->path;
        e->reason = s->p->o->page->why;
        const struct section *section = page_section(s->p->o->page, f->name);
        if (!section)
            section = page_section(s->p->o->page, f->label);
        if (section && section->why.len)
            e->reason = section->why;
    }
    err_add(&s->errors, e);
}

static int64_t text_max(const struct field *f)
{
    if (f->max != DATE_NONE)
        return f->max;
    return f->type == FT_LONG_TEXT ? LONG_TEXT_CHARS_MAX : TEXT_CHARS_MAX;
}

static void check_text(struct save *s, const struct field *f, const struct value *v)
{
    int64_t max = text_max(f);
    size_t n = (int64_t)v->s.len > max || f->min != DATE_NONE ? utf8_count(v->s) : 0;

    if ((int64_t)n > max)
        finding(s, f, "record.field_invalid",
                str_fmt(s->arena, "Shorten it by %lld.", (long long)((int64_t)n - max)),
                str_fmt(s->arena, "%.*s has %zu characters; at most %lld fit.", STR_ARG(f->label),
                        n, (long long)max));
    if (f->min != DATE_NONE && (int64_t)n < f->min)
        finding(s, f, "record.field_invalid", STR_NONE,
                str_fmt(s->arena, "%.*s needs at least %lld characters.", STR_ARG(f->label),
                        (long long)f->min));
}

static struct str bound_text(struct save *s, const struct field *f, int64_t bound)
{
    struct value v = {
        .type = f->type == FT_DATE_TIME ? FT_DATE : f->type, .i = bound, .currency = f->currency};

    return value_text(s->arena, s->cx->manual, f, &v);
}

static void check_number(struct save *s, const struct field *f, const struct value *v)
{
    const struct zone *zone = s->cx->actor->zone;
    int64_t i = f->type == FT_DATE_TIME && (f->min != DATE_NONE || f->max != DATE_NONE)
                    ? zone_date(zone ? zone : zone_utc(), v->i)
                    : v->i;

    if (f->type == FT_MONEY && !str_eq(v->currency, f->currency))
        return; /* bounds are in the field's own currency */
    if (f->min != DATE_NONE && i < f->min)
        finding(s, f, "record.field_invalid", STR_NONE,
                str_fmt(s->arena, "%.*s must be %.*s or more.", STR_ARG(f->label),
                        STR_ARG(bound_text(s, f, f->min))));
    if (f->max != DATE_NONE && i > f->max)
        finding(s, f, "record.field_invalid", STR_NONE,
                str_fmt(s->arena, "%.*s must be %.*s or less.", STR_ARG(f->label),
                        STR_ARG(bound_text(s, f, f->max))));
}

/* Dates a calendar can show: years 1 to 9999. */
static bool time_in_range(const struct value *v)
{
    int64_t days = v->type == FT_DATE ? v->i : v->i / US_PER_DAY;

    return days >= -719162 && days <= 2932896;
}

static void check_value(struct save *s, const struct field *f, const struct value *v)
{
    switch (v->type) {
    case FT_TEXT:
    case FT_LONG_TEXT:
    case FT_EMAIL:
    case FT_PHONE:
    case FT_URL:
    case FT_ADDRESS:
    case FT_CHOICE:
    case FT_AUTO_NUMBER:
        check_text(s, f, v);
        return;
    case FT_DATE:
    case FT_DATE_TIME:
        if (!time_in_range(v))
            finding(s, f, "record.field_invalid", STR_NONE,
                    str_fmt(s->arena, "%.*s must lie between the years 1 and 9999.",
                            STR_ARG(f->label)));
        else
            check_number(s, f, v);
        return;
    case FT_NUMBER:
    case FT_DECIMAL:
    case FT_PERCENT:
    case FT_MONEY:
        check_number(s, f, v);
        return;
    case FT_MULTI_CHOICE:
    case FT_TAGS: {
        struct str rest = v->s, term;
        size_t n = 0;
        while (set_next(&rest, &term))
            n++;
        if (n > TAGS_MAX || v->s.len > TAGS_MAX * 200)
            finding(s, f, "record.field_invalid", STR_NONE,
                    str_fmt(s->arena, "%.*s has %zu entries; at most %d fit.", STR_ARG(f->label), n,
                            TAGS_MAX));
        return;
    }
    case FT_YES_NO:
    case FT_DURATION:
    case FT_USER:
    case FT_TEAM:
    case FT_REF:
    case FT_REFS:
    case FT_FORMULA:
    case FT_COUNT:
        return;
    }
}

static void required(struct save *s, const struct field *f, const struct rule *when)
{
    struct str label = f->label;
    struct str way = when && when->e ? str_fmt(s->arena, "It is required when %.*s.",
                                               STR_ARG(expr_words(s->arena, when->e)))
                                     : STR("Fill it in.");

    finding(s, f, "record.field_required", way,
            str_fmt(s->arena, "%.*s is missing.", STR_ARG(label)));
}

static void check_conditions(struct save *s, const struct expr_env *env)
{
    struct expr_record before;

    if (!save_creates(s))
        before = record_expr(s->tx, s->cx->manual, &s->before, NULL);
    for (size_t k = 0; k < s->p->conditions.n; k++) {
        const struct field *f = &s->p->o->fields[s->p->conditions.at[k]];
        const struct value *v = &s->after.values[f->index];
        /* What was missing under the same condition before this save is not this save's fault. */
        if (f->required_when.e && v->empty && !f->required &&
            expr_test(s->arena, f->required_when.e, &s->face_after, env) &&
            (save_creates(s) || s->changed[f->index] ||
             !expr_test(s->arena, f->required_when.e, &before, env)))
            required(s, f, &f->required_when);
        if (f->readonly_when.e && s->given[f->index] && s->changed[f->index] && !save_creates(s) &&
            !s->cx->actor->system && !s->undo_of &&
            expr_test(s->arena, f->readonly_when.e, &before, env))
            finding(s, f, "record.field_readonly", STR_NONE,
                    str_fmt(s->arena, "%.*s cannot be changed while %.*s.", STR_ARG(f->label),
                            STR_ARG(expr_words(s->arena, f->readonly_when.e))));
    }
}

void check_save(struct save *s)
{
    const struct object *o = s->p->o;

    for (size_t k = 0; k < s->p->stored.n; k++) {
        int i = s->p->stored.at[k];
        if (s->changed[i] && i >= F_SYSTEM_COUNT && !s->after.values[i].empty)
            check_value(s, &o->fields[i], &s->after.values[i]);
    }
    if (s->changed[F_TAGS] && !s->after.values[F_TAGS].empty)
        check_value(s, &o->fields[F_TAGS], &s->after.values[F_TAGS]);
    if (s->given[F_CREATED_AT] && !s->after.values[F_CREATED_AT].empty)
        check_value(s, &o->fields[F_CREATED_AT], &s->after.values[F_CREATED_AT]);
    for (size_t k = 0; k < s->p->required.n; k++) {
        const struct field *f = &o->fields[s->p->required.at[k]];
        if (f->type == FT_AUTO_NUMBER || f->type == FT_FORMULA || !s->after.values[f->index].empty)
            continue;
        if (save_creates(s) || s->changed[f->index])
            required(s, f, NULL);
    }
    if (s->p->conditions.n) {
        struct expr_env env = actor_env(s->cx->actor, s->cx->now_us);
        check_conditions(s, &env);
    }
}

/* ---- references ---- */

static void missing(struct save *s, const struct field *f, int64_t id)
{
    finding(s, f, "record.reference_missing", STR("Choose one that exists and that you may see."),
            str_fmt(s->arena, "%.*s: there is no record %lld, or you may not see it.",
                    STR_ARG(f->label), (long long)id));
}

/* Exists, is not in the bin, and the actor may see it. *title: its name, if it is a column. */
static struct err *reference_ok(struct save *s, const struct object *target, int64_t id, bool *ok,
                                struct str *title)
{
    const struct object_plan *t = plan_tx(s->tx, s->cx->manual, target);
    const struct actor *a = s->cx->actor;
    struct stmt *st;
    bool row;

    *ok = false;
    TRY(db_stmt_text(s->tx, t->ref_check, &st));
    db_bind_i64(st, 1, id);
    TRY(db_step(st, &row));
    if (!row)
        return NULL;
    if (db_is_null(st, 2) &&
        (access_row(a, target->index, VERB_READ, db_i64(st, 0), db_i64(st, 1)) ||
         id == a->user_id)) {
        *ok = true;
        if (t->title_stored && access_field(a, target->index, target->title) != FR_NONE)
            *title = str_dup(s->arena, db_str(st, 3));
    }
    db_done(st);
    return NULL;
}

static struct err *check_one(struct save *s, const struct field *f, struct value *v)
{
    const struct object *target = f->to_object >= 0 ? &s->cx->manual->objects[f->to_object] : NULL;
    const struct actor *a = s->cx->actor;
    bool ok = false;

    if ((f->type == FT_USER && v->i == a->user_id) || (f->type == FT_TEAM && v->i == a->team)) {
        v->s = f->type == FT_USER ? a->name : a->team_name; /* signed in: exists */
        return NULL;
    }
    if (!target)
        TRY(record_object_of(s->tx, s->cx->manual, v->i, &target));
    if (target && !target->built_in)
        TRY(reference_ok(s, target, v->i, &ok, &v->s));
    if (!ok)
        missing(s, f, v->i);
    return NULL;
}

static bool contains_id(const struct value *v, int64_t id)
{
    for (size_t i = 0; i < v->n_ids; i++)
        if (v->ids[i] == id)
            return true;
    return false;
}

static struct err *check_many(struct save *s, const struct field *f, const struct value *v)
{
    struct str title = STR_NONE;

    if (v->n_ids > LINKS_MAX)
        finding(s, f, "record.field_invalid", STR_NONE,
                str_fmt(s->arena, "%.*s has %zu links; at most %d fit.", STR_ARG(f->label),
                        v->n_ids, LINKS_MAX));
    for (size_t i = 0; i < v->n_ids && i < LINKS_MAX; i++) {
        const struct object *target =
            f->to_object >= 0 ? &s->cx->manual->objects[f->to_object] : NULL;
        bool ok = false;
        if (!save_creates(s) && contains_id(&s->before.values[f->index], v->ids[i]))
            continue;
        if (!target)
            TRY(record_object_of(s->tx, s->cx->manual, v->ids[i], &target));
        if (target && !target->built_in)
            TRY(reference_ok(s, target, v->ids[i], &ok, &title));
        if (!ok)
            missing(s, f, v->ids[i]);
    }
    return NULL;
}

struct err *check_references(struct save *s)
{
    for (size_t i = F_OWNER; i < s->p->o->n_fields; i++) {
        const struct field *f = &s->p->o->fields[i];
        struct value *v = &s->after.values[i];
        if (!s->changed[i] || v->empty)
            continue;
        if (type_is_ref(f->type))
            TRY(check_one(s, f, v));
        else if (f->type == FT_REFS)
            TRY(check_many(s, f, v));
    }
    return NULL;
}

/* ---- unique ---- */

struct err *check_unique(struct save *s)
{
    for (size_t k = 0; k < s->p->unique.n; k++) {
        const struct field *f = &s->p->o->fields[s->p->unique.at[k]];
        const struct value *v = &s->after.values[f->index];
        bool folded = field_types[f->type].store == FS_TEXT_FOLD, row;
        struct stmt *st;
        if (!s->changed[f->index] || v->empty)
            continue;
        struct str column = folded ? str_fmt(s->arena, "%.*s$f", STR_ARG(f->column)) : f->column;
        TRY(db_stmt_text(s->tx,
                         str_fmt(s->arena,
                                 "SELECT \"id\" FROM %.*s WHERE %.*s = $1 AND \"id\" <> $2 AND "
                                 "\"deleted_at\" IS NULL LIMIT 1",
                                 STR_ARG(s->p->table), STR_ARG(db_ident(s->arena, column))),
                         &st));
        if (folded || field_types[f->type].store == FS_TEXT)
            db_bind_str(st, 1, folded ? v->fold : v->s);
        else
            db_bind_i64(st, 1, v->i);
        db_bind_i64(st, 2, s->after.id);
        TRY(db_step(st, &row));
        if (!row)
            continue;
        db_done(st);
        finding(s, f, "record.not_unique", STR("Look for it before making a second one."),
                str_fmt(s->arena, "Another %.*s has this %.*s already.", STR_ARG(s->p->o->label),
                        STR_ARG(f->label)));
    }
    return NULL;
}
