/* Values compared, and written as JSON and as text; to and from expressions. value_read.c reads them. */
#include "record/record_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SET_MARK '\x1f'

bool type_is_ref(enum field_type t)
{
    return t == FT_USER || t == FT_TEAM || t == FT_REF;
}

static int compare_str(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

struct str set_pack(struct arena *arena, struct str *terms, size_t n)
{
    struct buf b = buf_new(arena, 32);
    struct str last = STR_NONE;

    if (n)
        qsort(terms, n, sizeof *terms, compare_str);
    for (size_t i = 0; i < n; i++) {
        if (!terms[i].len || (last.ptr && str_eq(last, terms[i])))
            continue;
        if (!b.len)
            buf_add_char(&b, SET_MARK);
        buf_add(&b, terms[i]);
        buf_add_char(&b, SET_MARK);
        last = terms[i];
    }
    return b.len ? buf_str(&b) : STR("");
}

bool set_next(struct str *rest, struct str *term)
{
    while (str_cut(rest, SET_MARK, term))
        if (term->len)
            return true;
    return false;
}

void value_set_empty(struct value *v, const struct field *f)
{
    *v = (struct value){.type = f->type, .empty = true};
}

bool value_eq(const struct value *a, const struct value *b)
{
    if (a->empty || b->empty)
        return a->empty == b->empty;
    switch (field_types[a->type].store) {
    case FS_I64:
        return a->i == b->i;
    case FS_MONEY:
        return a->i == b->i && str_eq(a->currency, b->currency);
    case FS_LINKS:
        return a->n_ids == b->n_ids &&
               (a->n_ids == 0 || memcmp(a->ids, b->ids, a->n_ids * sizeof *a->ids) == 0);
    case FS_TEXT:
    case FS_TEXT_FOLD:
    case FS_SET:
    case FS_NONE:
        break;
    }
    return a->type == b->type && a->i == b->i && str_eq(a->s, b->s);
}

int field_scale(const struct field *f)
{
    return f->type == FT_DECIMAL ? f->scale : f->type == FT_PERCENT ? 2 : 0;
}

/* ---- writing ---- */

static void write_duration(struct json_writer *w, int64_t us)
{
    static const struct {
        int64_t us;
        char unit;
    } units[] = {{US_PER_DAY, 'd'}, {US_PER_HOUR, 'h'}, {US_PER_MINUTE, 'm'}};
    char text[48];
    int n = 0;

    for (size_t i = 0; i < sizeof units / sizeof *units && !n; i++)
        if (us % units[i].us == 0 && us)
            n = snprintf(text, sizeof text, "%lld%c", (long long)(us / units[i].us), units[i].unit);
    if (!n && us % US_PER_SECOND == 0)
        n = snprintf(text, sizeof text, "%llds", (long long)(us / US_PER_SECOND));
    if (!n)
        n = snprintf(text, sizeof text, "%s%lld.%06llds", us < 0 ? "-" : "",
                     llabs(us / US_PER_SECOND), llabs(us % US_PER_SECOND));
    jw_str(w, (struct str){text, (size_t)n});
}

static void write_set(struct json_writer *w, struct str set)
{
    struct str term;

    jw_array(w);
    while (set_next(&set, &term))
        jw_str(w, term);
    jw_end_array(w);
}

static void write_refs(struct json_writer *w, const struct value *v)
{
    jw_array(w);
    for (size_t i = 0; i < v->n_ids; i++)
        jw_id(w, v->ids[i]);
    jw_end_array(w);
}

static void write_ref(struct json_writer *w, const struct value *v)
{
    jw_object(w);
    jw_key_lit(w, STR("\"id\":"));
    jw_id(w, v->i);
    if (v->s.ptr) {
        jw_key_lit(w, STR("\"name\":"));
        jw_str(w, v->s);
    }
    jw_end_object(w);
}

static void write_money(struct json_writer *w, const struct value *v)
{
    int exponent = currency_exponent(v->currency);

    jw_object(w);
    jw_key_lit(w, STR("\"amount\":"));
    jw_str(w, str_from_scaled(w->out->arena, v->i, exponent < 0 ? 2 : exponent, false));
    jw_key_lit(w, STR("\"currency\":"));
    jw_str(w, v->currency);
    jw_end_object(w);
}

void value_json(struct json_writer *w, const struct field *f, const struct value *v)
{
    char text[32];

    if (v->empty) {
        if (f->type == FT_REFS || f->type == FT_MULTI_CHOICE || f->type == FT_TAGS) {
            jw_array(w);
            jw_end_array(w);
        } else {
            jw_null(w);
        }
        return;
    }
    if (f->system && f->index == F_ID) {
        jw_id(w, v->i);
        return;
    }
    switch (v->type) { /* the value's own: a formula's value has the type of its expression */
    case FT_NUMBER:
        jw_i64(w, v->i);
        return;
    case FT_DECIMAL:
    case FT_PERCENT:
        jw_raw(w, f->type == FT_FORMULA
                      ? v->s
                      : str_from_scaled(w->out->arena, v->i, field_scale(f), true));
        return;
    case FT_MONEY:
        write_money(w, v);
        return;
    case FT_YES_NO:
        jw_bool(w, v->i != 0);
        return;
    case FT_DATE:
        jw_str(w, (struct str){text, date_write(text, v->i)});
        return;
    case FT_DATE_TIME:
        jw_str(w, (struct str){text, instant_write(text, v->i)});
        return;
    case FT_DURATION:
        write_duration(w, v->i);
        return;
    case FT_USER:
    case FT_TEAM:
    case FT_REF:
        write_ref(w, v);
        return;
    case FT_REFS:
        write_refs(w, v);
        return;
    case FT_MULTI_CHOICE:
    case FT_TAGS:
        write_set(w, v->s);
        return;
    case FT_TEXT:
    case FT_LONG_TEXT:
    case FT_CHOICE:
    case FT_EMAIL:
    case FT_PHONE:
    case FT_URL:
    case FT_ADDRESS:
    case FT_AUTO_NUMBER:
    case FT_FORMULA:
    case FT_COUNT:
        break;
    }
    jw_str(w, v->s);
}

struct str value_log_json(struct arena *arena, const struct field *f, const struct value *v)
{
    struct buf b = buf_new(arena, 64);
    struct json_writer w = json_writer(&b);

    if (!v->empty && type_is_ref(v->type))
        jw_id(&w, v->i);
    else
        value_json(&w, f, v);
    return buf_str(&b);
}

struct str value_text(struct arena *arena, const struct manual *m, const struct field *f,
                      const struct value *v)
{
    char text[32];
    (void)m;

    if (v->empty)
        return STR("");
    switch (v->type) {
    case FT_NUMBER:
        return str_fmt(arena, "%lld", (long long)v->i);
    case FT_DECIMAL:
        return f->type == FT_FORMULA ? v->s : str_from_scaled(arena, v->i, f->scale, true);
    case FT_PERCENT:
        return str_fmt(arena, "%.*s%%", STR_ARG(str_from_scaled(arena, v->i, 2, true)));
    case FT_MONEY: {
        int exponent = currency_exponent(v->currency);
        return str_fmt(arena, "%.*s %.*s",
                       STR_ARG(str_from_scaled(arena, v->i, exponent < 0 ? 2 : exponent, false)),
                       STR_ARG(v->currency));
    }
    case FT_YES_NO:
        return v->i ? STR("yes") : STR("no");
    case FT_DATE:
        return str_dup(arena, (struct str){text, date_write(text, v->i)});
    case FT_DATE_TIME:
        return instant_text(arena, v->i);
    case FT_DURATION:
        return duration_text(arena, (struct duration){.us = v->i});
    case FT_USER:
    case FT_TEAM:
    case FT_REF:
        return v->s.ptr ? v->s : str_fmt(arena, "%lld", (long long)v->i);
    case FT_MULTI_CHOICE:
    case FT_TAGS: {
        struct buf b = buf_new(arena, v->s.len + 8);
        struct str rest = v->s, term;
        while (set_next(&rest, &term)) {
            if (b.len)
                buf_add(&b, STR(", "));
            buf_add(&b, term);
        }
        return buf_str(&b);
    }
    case FT_REFS: {
        struct buf b = buf_new(arena, 32);
        for (size_t i = 0; i < v->n_ids; i++)
            buf_fmt(&b, "%s%lld", i ? ", " : "", (long long)v->ids[i]);
        return buf_str(&b);
    }
    case FT_TEXT:
    case FT_LONG_TEXT:
    case FT_CHOICE:
    case FT_EMAIL:
    case FT_PHONE:
    case FT_URL:
    case FT_ADDRESS:
    case FT_AUTO_NUMBER:
    case FT_FORMULA:
    case FT_COUNT:
        break;
    }
    return v->s;
}

/* ---- to and from expressions ---- */

struct expr_val value_expr(const struct field *f, const struct value *v)
{
    struct expr_val e = {.type = field_types[v->type].expr_type};

    if (v->empty)
        return (struct expr_val){.type = ET_EMPTY};
    switch (e.type) {
    case ET_BOOL:
        e.b = v->i != 0;
        break;
    case ET_NUMBER:
        e.exact = true;
        e.i = v->i;
        e.scale = v->type == FT_MONEY ? f->scale : field_scale(f);
        e.d = (double)v->i;
        for (int i = 0; i < e.scale; i++)
            e.d /= 10;
        break;
    case ET_DATE:
    case ET_INSTANT:
    case ET_DURATION:
    case ET_REF:
        e.i = v->i;
        break;
    case ET_TEXT:
    case ET_SET:
        e.s = v->s;
        e.fold = v->fold;
        break;
    case ET_RELATED:
    case ET_EMPTY:
    case ET_ANY:
        return (struct expr_val){.type = ET_EMPTY};
    }
    return e;
}

struct value value_of_expr(struct arena *arena, const struct field *f, struct expr_val e)
{
    struct value v = {.type = FT_TEXT};

    switch (e.type) {
    case ET_BOOL:
        v.type = FT_YES_NO;
        v.i = e.b;
        return v;
    case ET_NUMBER: {
        struct buf b = buf_new(arena, 32);
        struct json_writer w = json_writer(&b);
        v.type = FT_DECIMAL;
        if (e.exact) {
            v.i = e.i;
            v.s = str_from_scaled(arena, e.i, e.scale, true);
        } else {
            double scaled = e.d * 1e6;
            v.i = scaled > -9e18 && scaled < 9e18 ? (int64_t)scaled : 0;
            jw_real(&w, e.d);
            v.s = buf_str(&b);
        }
        return v;
    }
    case ET_DATE:
        v.type = FT_DATE;
        v.i = e.i;
        return v;
    case ET_INSTANT:
        v.type = FT_DATE_TIME;
        v.i = e.i;
        return v;
    case ET_DURATION:
        v.type = FT_DURATION;
        v.i = e.i;
        return v;
    case ET_REF:
        v.type = FT_REF;
        v.i = e.i;
        return v;
    case ET_SET:
        v.type = FT_TAGS;
        v.s = e.s;
        return v;
    case ET_TEXT:
        v.s = e.s;
        v.empty = !e.s.len;
        return v;
    case ET_RELATED:
    case ET_EMPTY:
    case ET_ANY:
        break;
    }
    v.empty = true;
    (void)f;
    return v;
}
