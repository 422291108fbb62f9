/* Values from JSON and from text. Nothing is cleaned here: a text stays as it was typed. */
#include "base/id.h"
#include "record/record_impl.h"

#include <stdlib.h>
#include <string.h>

#define SET_MARK '\x1f'

static struct value text_value(const struct field *f, struct str s)
{
    return (struct value){.type = f->type, .empty = s.len == 0, .s = s};
}

static struct value int_value(const struct field *f, int64_t i)
{
    return (struct value){.type = f->type, .i = i};
}

static struct err *bad(struct arena *arena, const struct field *f, const char *pointer,
                       const char *what, struct str way)
{
    struct err *e = FAIL(arena, ERR_INVALID, "record.field_invalid", pointer, "%.*s %s.",
                         STR_ARG(f->label), what);

    e->way_out = way;
    return e;
}

/* Ids as text; compares and sorts references so that equal sets are equal arrays. */
static int compare_id(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

static void ids_value(struct value *out, const struct field *f, int64_t *ids, size_t n)
{
    size_t kept = 0;

    if (n)
        qsort(ids, n, sizeof *ids, compare_id);
    for (size_t i = 0; i < n; i++)
        if (!kept || ids[kept - 1] != ids[i])
            ids[kept++] = ids[i];
    *out = (struct value){.type = f->type, .empty = kept == 0, .ids = ids, .n_ids = kept};
}

/* "1,234,567.5" and "1 234 567.5" without their grouping marks; anything doubtful stays as it is. */
static struct str ungrouped(struct arena *arena, struct str s)
{
    struct buf b = buf_new(arena, s.len + 1);
    size_t point = str_find_char(s, '.', 0), group = 0;

    if (point == SIZE_MAX)
        point = s.len;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool mark = c == ',' || c == ' ' || c == '\'' || c == '_';
        if (mark && i < point) {
            group = point - i;
            if (group % 4 != 0 || i == 0)
                return s;
            continue;
        }
        if (mark)
            return s;
        buf_add_char(&b, c);
    }
    return b.len ? buf_str(&b) : s;
}

static struct err *number_parse(struct arena *arena, const struct field *f, struct str s, int scale,
                                const char *pointer, int64_t *out)
{
    if (s.len > 1 && s.ptr[0] == '+')
        s = str_sub(s, 1, SIZE_MAX);
    if (str_to_scaled(s, scale, out) && *out != DATE_NONE)
        return NULL;
    if (str_to_scaled(ungrouped(arena, s), scale, out) && *out != DATE_NONE)
        return NULL;
    if (scale == 0)
        return bad(arena, f, pointer, "must be a whole number",
                   STR("Write it with digits only, for example 1200."));
    return bad(
        arena, f, pointer,
        str_cstr(arena, str_fmt(arena, "must be a number with at most %d decimal places", scale)),
        STR("Write it with a point, for example 1200.5."));
}

static struct err *money_parse(struct arena *arena, const struct field *f, struct str amount,
                               struct str currency, const char *pointer, struct value *out)
{
    static const struct {
        const char *sign, *code;
    } signs[] = {{"$", "USD"}, {"\u20ac", "EUR"}, {"\u00a3", "GBP"}};
    char code[3];

    for (size_t i = 0; i < sizeof signs / sizeof *signs && !currency.len; i++) {
        struct str sign = str_from(signs[i].sign);
        /* a bare $ stands for the field's own dollar, whichever that is */
        struct str means = i == 0 && f->currency.len == 3 && f->currency.ptr[2] == 'D'
                               ? f->currency
                               : str_from(signs[i].code);
        if (str_starts(amount, sign)) {
            amount = str_trim(str_sub(amount, sign.len, SIZE_MAX));
            currency = means;
        } else if (str_ends(amount, sign)) {
            amount = str_trim(str_sub(amount, 0, amount.len - sign.len));
            currency = means;
        }
    }
    if (!currency.len)
        currency = f->currency;
    if (currency.len != 3)
        return bad(arena, f, pointer, "needs a currency",
                   STR("Send {\"amount\":\"12.50\",\"currency\":\"EUR\"}."));
    for (int i = 0; i < 3; i++)
        code[i] = (char)(currency.ptr[i] >= 'a' && currency.ptr[i] <= 'z' ? currency.ptr[i] - 32
                                                                          : currency.ptr[i]);
    int exponent = currency_exponent((struct str){code, 3});
    if (exponent < 0)
        return bad(arena, f, pointer, "has a currency that does not exist",
                   STR("Use an ISO 4217 code such as EUR, USD or JPY."));
    *out = (struct value){.type = f->type, .currency = str_dup(arena, (struct str){code, 3})};
    return number_parse(arena, f, amount, exponent, pointer, &out->i);
}

static bool yes_no(struct str s, bool *out)
{
    static const char *const yes[] = {"yes", "true", "1", "y", "on", "x"}, *const no[] = {
                                                                               "no", "false", "0",
                                                                               "n", "off"};

    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        if (str_eq_nocase(s, str_from(yes[i])))
            return *out = true, true;
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (str_eq_nocase(s, str_from(no[i])))
            return *out = false, true;
    return false;
}

/* "2026-11-21 08:30[:15]" as people and spreadsheets write it, in zone. */
static bool local_time(struct str s, const struct zone *zone, int64_t *us)
{
    int64_t day, part[3] = {0, 0, 0};
    struct str rest, piece;
    size_t n = 0;

    if (s.len < 10 || !date_parse(str_sub(s, 0, 10), &day))
        return false;
    rest = str_trim(str_sub(s, s.len > 10 && s.ptr[10] == 'T' ? 11 : 10, SIZE_MAX));
    while (rest.len && str_cut(&rest, ':', &piece)) {
        static const int64_t top[3] = {23, 59, 59};
        if (n == 3 || !str_to_i64(piece, &part[n]) || part[n] < 0 || part[n] > top[n])
            return false;
        n++;
    }
    if (n == 1)
        return false;
    *us = zone_instant(zone ? zone : zone_utc(), day,
                       part[0] * US_PER_HOUR + part[1] * US_PER_MINUTE + part[2] * US_PER_SECOND);
    return true;
}

static struct err *time_parse(struct arena *arena, const struct field *f, struct str s,
                              const struct expr_env *env, const char *pointer, int64_t *out)
{
    const struct zone *zone = env ? env->zone : NULL;
    int64_t us;

    if (f->type == FT_DATE) {
        if (env && str_eq(s, STR("today"))) {
            *out = zone_date(zone ? zone : zone_utc(), env->now_us);
            return NULL;
        }
        if (date_parse(s, out))
            return NULL;
        if (instant_parse(s, &us) || local_time(s, zone, &us)) {
            *out = zone_date(zone ? zone : zone_utc(), us);
            return NULL;
        }
        return bad(arena, f, pointer, "must be a date", STR("Write it as 2026-11-21."));
    }
    if (env && str_eq(s, STR("now"))) {
        *out = env->now_us;
        return NULL;
    }
    if (instant_parse(s, out) || local_time(s, zone, out))
        return NULL;
    return bad(arena, f, pointer, "must be a date and time",
               STR("Write it as 2026-11-21T08:30:00Z."));
}

static struct err *duration_read(struct arena *arena, const struct field *f, struct str s,
                                 const char *pointer, int64_t *out)
{
    struct duration d;

    if (duration_parse(s, &d) && !d.business_days && !d.business_us) {
        *out = d.us;
        return NULL;
    }
    if (s.len > 1 && s.ptr[s.len - 1] == 's' && str_to_scaled(str_sub(s, 0, s.len - 1), 6, out))
        return NULL;
    return bad(arena, f, pointer, "must be a length of time",
               STR("Write it as 90s, 30m, 24h, 3d or 2w."));
}

static struct err *split_set(struct arena *arena, const struct field *f, struct str text,
                             struct value *out)
{
    VEC(struct str) terms = {0};
    char sep = str_find_char(text, ';', 0) != SIZE_MAX ? ';' : ',';
    struct str part;

    for (size_t i = 0; i < f->n_options; i++)
        if (str_eq(f->options[i].name, text))
            sep = '\0'; /* one option, commas and all */
    if (str_find_char(text, SET_MARK, 0) != SIZE_MAX)
        sep = SET_MARK;
    if (!sep) {
        VEC_PUSH(arena, terms) = text;
    } else {
        while (str_cut(&text, sep, &part)) {
            part = str_trim(part);
            if (part.len)
                VEC_PUSH(arena, terms) = part;
        }
    }
    *out = text_value(f, set_pack(arena, terms.at, terms.n));
    return NULL;
}

static struct err *ids_parse(struct arena *arena, const struct field *f, struct str text,
                             const struct expr_env *env, const char *pointer, struct value *out)
{
    VEC(int64_t) ids = {0};
    struct str part;
    int64_t id;

    while (str_cut(&text, ',', &part)) {
        part = str_trim(part);
        if (env && env->me && str_eq(part, STR("me")))
            id = env->me;
        else if (!id_parse(part, &id))
            return bad(arena, f, pointer, "must be the id of a record",
                       STR("Ids are numbers, sent as text."));
        VEC_PUSH(arena, ids) = id;
    }
    if (f->type == FT_REFS) {
        ids_value(out, f, ids.at, ids.n);
        return NULL;
    }
    if (ids.n != 1)
        return bad(arena, f, pointer, "takes one record only", STR_NONE);
    *out = int_value(f, ids.at[0]);
    return NULL;
}

static struct err *parse_at(struct arena *arena, const struct field *f, struct str text,
                            const struct expr_env *env, const char *pointer, struct value *out)
{
    struct str s = str_trim(text);
    bool yes;

    value_set_empty(out, f);
    if (!s.len)
        return NULL;
    switch (f->type) {
    case FT_TEXT:
    case FT_LONG_TEXT:
    case FT_EMAIL:
    case FT_PHONE:
    case FT_URL:
    case FT_ADDRESS:
    case FT_CHOICE:
    case FT_AUTO_NUMBER:
        *out = text_value(f, text);
        return NULL;
    case FT_NUMBER:
    case FT_DECIMAL:
    case FT_PERCENT:
        if (f->type == FT_PERCENT && str_ends(s, STR("%")))
            s = str_trim(str_sub(s, 0, s.len - 1));
        *out = int_value(f, 0);
        return number_parse(arena, f, s, field_scale(f), pointer, &out->i);
    case FT_MONEY: {
        struct str currency = STR_NONE;
        /* "12.50 EUR", "EUR 12.50" */
        size_t blank = str_find_char(s, ' ', 0);
        if (s.len > 4 && blank == s.len - 4 && currency_exponent(str_sub(s, blank + 1, 3)) >= 0) {
            currency = str_sub(s, blank + 1, 3);
            s = str_trim(str_sub(s, 0, blank));
        } else if (s.len > 4 && blank == 3 && currency_exponent(str_sub(s, 0, 3)) >= 0) {
            currency = str_sub(s, 0, 3);
            s = str_trim(str_sub(s, 4, SIZE_MAX));
        }
        return money_parse(arena, f, s, currency, pointer, out);
    }
    case FT_YES_NO:
        if (!yes_no(s, &yes))
            return bad(arena, f, pointer, "must be yes or no", STR_NONE);
        *out = int_value(f, yes);
        return NULL;
    case FT_DATE:
    case FT_DATE_TIME:
        *out = int_value(f, 0);
        return time_parse(arena, f, s, env, pointer, &out->i);
    case FT_DURATION:
        *out = int_value(f, 0);
        return duration_read(arena, f, s, pointer, &out->i);
    case FT_MULTI_CHOICE:
    case FT_TAGS:
        return split_set(arena, f, s, out);
    case FT_USER:
    case FT_TEAM:
    case FT_REF:
    case FT_REFS:
        return ids_parse(arena, f, s, env, pointer, out);
    case FT_FORMULA:
    case FT_COUNT:
        break;
    }
    return bad(arena, f, pointer, "is computed and cannot be given", STR_NONE);
}

struct err *value_parse(struct arena *arena, const struct manual *m, const struct field *f,
                        struct str text, const struct expr_env *env, struct value *out)
{
    (void)m;
    return parse_at(arena, f, text, env, str_cstr(arena, str_fmt(arena, "/%.*s", STR_ARG(f->name))),
                    out);
}

static struct err *wrong_type(struct arena *arena, const struct field *f, const char *pointer,
                              const char *expected)
{
    return FAIL(arena, ERR_INVALID, "json.type", pointer, "%.*s must be %s.", STR_ARG(f->label),
                expected);
}

/* The shortest text of a JSON number; exponents are written out by the parser of numbers refusing them. */
static struct str number_text(struct arena *arena, const struct json *j)
{
    struct buf b = buf_new(arena, 32);
    struct json_writer w = json_writer(&b);

    if (j->kind == JSON_STR)
        return str_trim(j->str);
    if (j->kind == JSON_INT)
        buf_add_i64(&b, j->integer);
    else
        jw_real(&w, j->real);
    struct str s = buf_str(&b);
    if (str_find_char(s, 'e', 0) == SIZE_MAX && str_find_char(s, 'E', 0) == SIZE_MAX)
        return s;
    s = str_fmt(arena, "%.12f", j->real); /* 1e-7, 1e20: digits, as people would write them */
    while (s.len && s.ptr[s.len - 1] == '0')
        s.len--;
    if (s.len && s.ptr[s.len - 1] == '.')
        s.len--;
    return s;
}

static struct err *money_from_json(struct arena *arena, const struct field *f, const struct json *j,
                                   const char *pointer, struct value *out)
{
    const struct json *amount = j, *currency = NULL;

    if (j->kind == JSON_OBJECT) {
        amount = json_get(j, "amount");
        currency = json_get(j, "currency");
        for (size_t i = 0; i < j->n; i++)
            if (!str_eq(j->members[i].name, STR("amount")) &&
                !str_eq(j->members[i].name, STR("currency")))
                return FAIL(arena, ERR_INVALID, "json.unknown_field",
                            json_pointer(arena, pointer, j->members[i].name),
                            "Money has amount and currency only.");
        if (!amount || amount->kind == JSON_NULL)
            return wrong_type(arena, f, pointer, "an object with amount and currency");
        if (currency && currency->kind != JSON_STR && currency->kind != JSON_NULL)
            return wrong_type(arena, f, json_pointer(arena, pointer, STR("currency")),
                              "a text in its currency");
    }
    if (amount->kind != JSON_INT && amount->kind != JSON_REAL && amount->kind != JSON_STR)
        return wrong_type(arena, f, pointer,
                          "a number, a text, or an object with amount and currency");
    return money_parse(arena, f, number_text(arena, amount),
                       currency && currency->kind == JSON_STR ? currency->str : STR_NONE, pointer,
                       out);
}

/* "12", 12 or {"id":"12", ...} as answers write it. */
static bool id_from_json(const struct json *j, int64_t *id)
{
    if (j->kind == JSON_OBJECT) {
        const struct json *member = json_get(j, "id");
        return member && member->kind != JSON_OBJECT && id_from_json(member, id);
    }
    if (j->kind == JSON_INT) {
        *id = j->integer;
        return *id > 0;
    }
    return j->kind == JSON_STR && id_parse(j->str, id);
}

static struct err *set_from_json(struct arena *arena, const struct field *f, const struct json *j,
                                 const char *pointer, struct value *out)
{
    if (j->kind != JSON_ARRAY)
        return wrong_type(arena, f, pointer, "an array of texts");
    if (j->n > TAGS_MAX)
        return bad(arena, f, pointer, "has too many entries", STR("At most 100 fit."));
    struct str *terms = NEW_ARRAY(arena, j->n + 1, struct str);
    for (size_t i = 0; i < j->n; i++) {
        if (j->items[i].kind != JSON_STR || str_find_char(j->items[i].str, SET_MARK, 0) != SIZE_MAX)
            return wrong_type(arena, f, json_pointer(arena, pointer, str_fmt(arena, "%zu", i)),
                              "an array of texts");
        terms[i] = str_trim(j->items[i].str);
    }
    *out = text_value(f, set_pack(arena, terms, j->n));
    return NULL;
}

static struct err *ids_from_json(struct arena *arena, const struct field *f, const struct json *j,
                                 const char *pointer, struct value *out)
{
    if (j->kind != JSON_ARRAY)
        return wrong_type(arena, f, pointer, "an array of ids");
    if (j->n > LINKS_MAX)
        return bad(arena, f, pointer, "has too many links", STR("At most 1000 fit."));
    int64_t *ids = NEW_ARRAY(arena, j->n + 1, int64_t);
    for (size_t i = 0; i < j->n; i++)
        if (!id_from_json(&j->items[i], &ids[i]))
            return wrong_type(arena, f, json_pointer(arena, pointer, str_fmt(arena, "%zu", i)),
                              "an array of ids");
    ids_value(out, f, ids, j->n);
    return NULL;
}

struct err *value_from_json(struct arena *arena, const struct field *f, const struct json *j,
                            const char *pointer, struct value *out)
{
    int64_t id;

    value_set_empty(out, f);
    if (j->kind == JSON_NULL)
        return NULL;
    switch (f->type) {
    case FT_NUMBER:
    case FT_DECIMAL:
    case FT_PERCENT:
        if (j->kind != JSON_INT && j->kind != JSON_REAL && j->kind != JSON_STR)
            return wrong_type(arena, f, pointer, "a number");
        return parse_at(arena, f, number_text(arena, j), NULL, pointer, out);
    case FT_MONEY:
        if (j->kind == JSON_STR && !str_trim(j->str).len)
            return NULL;
        return money_from_json(arena, f, j, pointer, out);
    case FT_YES_NO:
        if (j->kind != JSON_BOOL)
            return wrong_type(arena, f, pointer, "true or false");
        *out = int_value(f, j->boolean);
        return NULL;
    case FT_MULTI_CHOICE:
    case FT_TAGS:
        return set_from_json(arena, f, j, pointer, out);
    case FT_REFS:
        return ids_from_json(arena, f, j, pointer, out);
    case FT_USER:
    case FT_TEAM:
    case FT_REF:
        if (j->kind == JSON_STR && !j->str.len)
            return NULL;
        if (!id_from_json(j, &id))
            return wrong_type(arena, f, pointer, "the id of a record, as a text");
        *out = int_value(f, id);
        return NULL;
    case FT_TEXT:
    case FT_LONG_TEXT:
    case FT_CHOICE:
    case FT_DATE:
    case FT_DATE_TIME:
    case FT_DURATION:
    case FT_EMAIL:
    case FT_PHONE:
    case FT_URL:
    case FT_ADDRESS:
    case FT_AUTO_NUMBER:
    case FT_FORMULA:
    case FT_COUNT:
        break;
    }
    if (j->kind != JSON_STR)
        return wrong_type(arena, f, pointer, "a text");
    return parse_at(arena, f, j->str, NULL, pointer, out);
}
