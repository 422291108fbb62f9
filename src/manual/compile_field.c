/* One field of an object: everything but its expressions. */
#include "manual/compile_impl.h"
#include "manual/compile_field_impl.h"

#include "base/limits.h"

#include <stdint.h>
#include <string.h>

#define EMAIL_CHARS_MAX 254 /* RFC 5321, 4.5.3.1.3: a path of 256 with its brackets */
#define URL_CHARS_MAX 2000
#define DECIMAL_SCALE_MAX 8

/* ISO 4217: currencies whose minor unit is not a hundredth. */
int64_t currency_digits(struct str code)
{
    static const char none[] =
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF ";
    static const char three[] = "BHD IQD JOD KWD LYD OMR TND ";

    if (code.len != 3)
        return -1;
    for (size_t i = 0; i < 3; i++)
        if (code.ptr[i] < 'A' || code.ptr[i] > 'Z')
            return -1;
    if (str_find(str_from(none), code, 0) != SIZE_MAX)
        return 0;
    return str_find(str_from(three), code, 0) != SIZE_MAX ? 3 : 2;
}

static bool is_text(enum field_type type)
{
    return field_types[type].store == FS_TEXT_FOLD;
}

static bool is_reference(enum field_type type)
{
    return type == FT_REF || type == FT_REFS;
}

/* ---- options ---- */
static void add_option(struct compiler *c, const struct source *s, const struct node *item,
                       struct option *options, size_t *n)
{
    struct option o = {0};
    static const char *const closed[] = {"won", "lost", NULL};

    if (item->kind == NODE_TEXT) {
        o.name = o.label = item->text;
    } else if (item->kind == NODE_MAP) {
        const struct key *key = key_find(&key_tables[PK_OBJECT], STR("fields"), false);

        key = key_find(key->of, STR("options"), false);
        check_table(c, s, (struct node *)(uintptr_t)item, key->of, false);
        o.name = get_text(item, "name");
        o.label = get_text(item, "label");
        if (!o.label.len)
            o.label = o.name;
        o.closed = get_word(item, "closed", closed, -1) + 1;
    }
    if (!o.name.len) {
        ERROR_AT(c, s, item, STR_NONE, "An option is empty.");
        return;
    }
    for (size_t i = 0; i < o.name.len; i++)
        if ((unsigned char)o.name.ptr[i] < 0x20) {
            ERROR_AT(c, s, item, STR_NONE, "An option contains a control character.");
            return;
        }
    for (size_t i = 0; i < *n; i++)
        if (str_eq(options[i].name, o.name)) {
            ERROR_AT(c, s, item, STR("Remove one of the two."),
                     "The option \"%.*s\" stands here twice.", STR_ARG(o.name));
            return;
        }
    options[(*n)++] = o;
}

static void options_from(struct compiler *c, struct field *f, const struct str *names, size_t n)
{
    struct option *options = NEW_ARRAY(c->arena, n + 1, struct option);

    for (size_t i = 0; i < n; i++)
        options[i] = (struct option){names[i], names[i], 0};
    f->options = options;
    f->n_options = n;
}

static void read_options(struct compiler *c, const struct source *s, const struct node *node,
                         const struct object *o, struct field *f)
{
    const struct node *list = get(node, "options");
    bool choice = f->type == FT_CHOICE || f->type == FT_MULTI_CHOICE;

    if (list) {
        struct option *options = NEW_ARRAY(c->arena, list->n + 1, struct option);

        for (size_t i = 0; i < list->n; i++)
            add_option(c, s, list->items[i], options, &f->n_options);
        f->options = options;
        if (!choice)
            ERROR_AT(c, s, list, STR("Write `type: choice`."),
                     "Only a choice or multi-choice has options.");
        else if (f->vocabulary >= 0)
            ERROR_AT(c, s, list, STR("Keep one of the two."),
                     "The options are given twice: as a list and by a vocabulary.");
    } else if (choice && f->vocabulary >= 0) {
        const struct vocabulary *v = &c->m->vocabularies[f->vocabulary];

        options_from(c, f, v->terms, v->n_terms);
    } else if (choice && str_eq(o->name, STR("user")) && str_eq(f->name, STR("roles"))) {
        options_from(c, f, c->names[PK_ROLE], c->n_names[PK_ROLE]);
        return; /* a manual may have no roles yet */
    }
    if (choice && f->n_options == 0 && !node_is_blank(node))
        ERROR_AT(c, s, node, STR("Give it `options: [...]`, or a `vocabulary` with terms."),
                 "The choice \"%.*s\" has no options.", STR_ARG(f->name));
}

/* ---- cleaning ---- */
static unsigned clean_default(enum field_type type)
{
    switch (type) {
    case FT_TEXT:
        return CLEAN_TRIM | CLEAN_SPACES;
    case FT_LONG_TEXT:
    case FT_CHOICE:
    case FT_MULTI_CHOICE:
        return CLEAN_TRIM;
    case FT_EMAIL:
        return CLEAN_TRIM | CLEAN_EMAIL;
    case FT_PHONE:
        return CLEAN_TRIM | CLEAN_PHONE;
    case FT_URL:
        return CLEAN_TRIM | CLEAN_URL;
    case FT_ADDRESS:
        return CLEAN_TRIM | CLEAN_SPACES | CLEAN_ADDRESS;
    default:
        return 0;
    }
}

static void read_clean(struct compiler *c, const struct source *s, const struct node *node,
                       struct field *f)
{
    const struct node *list = get(node, "clean");
    size_t n = !list ? 0 : list->kind == NODE_TEXT ? 1 : list->n;
    bool none = false;

    f->clean = clean_default(f->type);
    if (!list)
        return;
    f->clean = 0;
    for (size_t i = 0; i < n; i++) {
        const struct node *item = list->kind == NODE_TEXT ? list : list->items[i];
        int word = -1;

        for (int k = 0; clean_words[k] && word < 0; k++)
            if (str_eq(item->text, str_from(clean_words[k])))
                word = k;
        if (word < 0)
            ERROR_AT(c, s, item,
                     STR("Possible: trim, spaces, title, upper, lower, sentence, phone, email, "
                         "url, address, company, none."),
                     "\"%.*s\" is not a way of cleaning.", STR_ARG(item->text));
        else if (!clean_words[word + 1])
            none = true;
        else
            f->clean |= 1u << word;
    }
    if (none && n > 1)
        ERROR_AT(c, s, list, STR_NONE, "`none` stands alone.");
    if (n && !is_text(f->type) && f->type != FT_PHONE && f->type != FT_CHOICE &&
        f->type != FT_MULTI_CHOICE)
        ERROR_AT(c, s, list, STR_NONE, "Only texts are cleaned; \"%.*s\" is of the type %s.",
                 STR_ARG(f->name), field_types[f->type].word);
}

/* ---- bounds ---- */
static bool bound_parse(const struct field *f, struct str text, int64_t *out)
{
    struct duration d;

    switch (f->type) {
    case FT_NUMBER:
        return str_to_i64(text, out);
    case FT_DECIMAL:
    case FT_PERCENT:
    case FT_MONEY:
        return str_to_scaled(text, f->scale, out);
    case FT_DATE:
        return date_parse(text, out);
    case FT_DATE_TIME:
        return instant_parse(text, out);
    case FT_DURATION:
        if (!duration_parse(text, &d) || d.business_days || d.business_us)
            return false;
        *out = d.us;
        return true;
    case FT_TEXT:
    case FT_LONG_TEXT:
    case FT_EMAIL:
    case FT_URL:
    case FT_ADDRESS:
        return str_to_i64(text, out) && *out >= 0 && *out <= LONG_TEXT_CHARS_MAX;
    default:
        return false;
    }
}

static void read_bound(struct compiler *c, const struct source *s, const struct node *node,
                       const char *key, const struct field *f, int64_t *out)
{
    const struct node *value = get(node, key);

    if (value && !bound_parse(f, value->text, out)) {
        *out = DATE_NONE;
        ERROR_AT(c, s, value,
                 STR("Numbers and dates have bounds of their own type; texts have lengths."),
                 "\"%.*s\" is not a bound for a field of the type %s.", STR_ARG(value->text),
                 field_types[f->type].word);
    }
}

static void read_bounds(struct compiler *c, const struct source *s, const struct node *node,
                        struct field *f)
{
    switch (f->type) {
    case FT_TEXT:
    case FT_ADDRESS:
        f->max = TEXT_CHARS_MAX;
        break;
    case FT_LONG_TEXT:
        f->max = LONG_TEXT_CHARS_MAX;
        break;
    case FT_EMAIL:
        f->max = EMAIL_CHARS_MAX;
        break;
    case FT_URL:
        f->max = URL_CHARS_MAX;
        break;
    default:
        break;
    }
    read_bound(c, s, node, "min", f, &f->min);
    read_bound(c, s, node, "max", f, &f->max);
    if (f->min != DATE_NONE && f->max != DATE_NONE && f->min > f->max)
        ERROR_AT(c, s, get(node, "min") ? get(node, "min") : get(node, "max"), STR_NONE,
                 "The least value of \"%.*s\" is greater than its greatest one.", STR_ARG(f->name));
}

/* ---- the parts that belong to one type ---- */
static void read_number_parts(struct compiler *c, const struct source *s, const struct node *node,
                              struct field *f)
{
    const struct node *scale = get(node, "scale"), *currency = get(node, "currency");

    f->scale = f->type == FT_DECIMAL || f->type == FT_PERCENT ? 2 : 0;
    if (scale && f->type != FT_DECIMAL) {
        ERROR_AT(c, s, scale, STR_NONE, "Only a decimal has a scale.");
    } else if (scale) {
        int64_t n = get_number(node, "scale", 0);

        if (n < 1 || n > DECIMAL_SCALE_MAX)
            ERROR_AT(c, s, scale, STR("For whole numbers write `type: number`."),
                     "The scale of a decimal is 1 to %d.", DECIMAL_SCALE_MAX);
        else
            f->scale = (int)n;
    }
    if (currency && f->type != FT_MONEY)
        ERROR_AT(c, s, currency, STR_NONE, "Only a money field has a currency.");
    if (f->type != FT_MONEY)
        return;
    f->currency = get_text(node, "currency");
    f->scale = 2;
    if (!currency)
        ERROR_AT(c, s, node, STR("For example `currency: USD`."),
                 "The money field \"%.*s\" names no currency.", STR_ARG(f->name));
    else if (currency_digits(f->currency) < 0)
        ERROR_AT(c, s, currency, STR("Use the ISO 4217 code, for example USD."),
                 "\"%.*s\" is not a currency code.", STR_ARG(f->currency));
    else
        f->scale = (int)currency_digits(f->currency);
}

static void read_reference_parts(struct compiler *c, const struct source *s,
                                 const struct node *node, const struct object *o, struct field *f)
{
    const struct node *to = get(node, "to"), *back = get(node, "back");

    f->to_object = -1;
    f->back = get_text(node, "back");
    if (back && (str_find_char(f->back, '-', 0) != SIZE_MAX)) {
        ERROR_AT(c, s, back, STR("Write _ instead of -."), "A relation is named like a field.");
        f->back = STR_NONE;
    }
    if (back && !is_reference(f->type) && f->type != FT_USER && f->type != FT_TEAM) {
        ERROR_AT(c, s, back, STR_NONE, "Only a reference has a relation on the other side.");
        f->back = STR_NONE;
    }
    if (!is_reference(f->type)) {
        if (to)
            ERROR_AT(c, s, to, STR("Write `type: reference`."),
                     "Only a reference points to an object.");
        return;
    }
    if (!to) {
        ERROR_AT(c, s, node, STR("For example `to: account`."),
                 "The reference \"%.*s\" does not say where it points to.", STR_ARG(f->name));
    } else if (!str_eq(to->text, STR("any"))) {
        f->to_object = object_ref(c, s, to);
        if (f->to_object >= 0 && f->to_object < OBJECT_BUILT_INS)
            ERROR_AT(c, s, to, STR_NONE,
                     "A field cannot point to %s %.*s; these records come and go by themselves.",
                     str_article(to->text), STR_ARG(to->text));
    } else if (f->type == FT_REF && back) {
        ERROR_AT(c, s, back, STR("Use `type: references`."),
                 "A reference to any object cannot be looked up from the other side.");
        f->back = STR_NONE;
    }
    (void)o;
}

static bool pattern_valid(struct str p)
{
    size_t open = str_find_char(p, '{', 0), close = str_find_char(p, '}', 0);

    if (p.len > 40 || open == SIZE_MAX || close == SIZE_MAX || close < open + 2 ||
        close > open + 13)
        return false;
    for (size_t i = open + 1; i < close; i++)
        if (p.ptr[i] != '0')
            return false;
    return str_find_char(p, '{', open + 1) == SIZE_MAX &&
           str_find_char(p, '}', close + 1) == SIZE_MAX;
}

static void read_pattern(struct compiler *c, const struct source *s, const struct node *node,
                         struct field *f)
{
    const struct node *pattern = get(node, "pattern");

    f->pattern = get_text(node, "pattern");
    if (f->type != FT_AUTO_NUMBER) {
        if (pattern)
            ERROR_AT(c, s, pattern, STR("Write `type: auto-number`."),
                     "Only an auto-number has a pattern.");
        return;
    }
    if (!pattern)
        f->pattern = STR("{00000}");
    else if (!pattern_valid(f->pattern))
        ERROR_AT(c, s, pattern, STR("For example \"D-{00000}\"."),
                 "The pattern needs one pair of braces with 1 to 12 zeros.");
}

static void read_country(struct compiler *c, const struct source *s, const struct node *node,
                         struct field *f)
{
    const struct node *country = get(node, "country");

    if (!country)
        return;
    f->country = country->text;
    if (f->type != FT_PHONE && f->type != FT_ADDRESS)
        ERROR_AT(c, s, country, STR_NONE, "Only a phone or an address has a country.");
    else if (f->country.len != 2 || f->country.ptr[0] < 'A' || f->country.ptr[0] > 'Z' ||
             f->country.ptr[1] < 'A' || f->country.ptr[1] > 'Z')
        ERROR_AT(c, s, country, STR("Use the ISO 3166 code, for example US."),
                 "\"%.*s\" is not a country code.", STR_ARG(f->country));
}

static void read_vocabulary_key(struct compiler *c, const struct source *s, const struct node *node,
                                struct field *f)
{
    const struct node *vocabulary = get(node, "vocabulary");

    f->vocabulary = vocabulary ? page_ref(c, s, vocabulary, PK_VOCABULARY) : -1;
    if (vocabulary && !is_text(f->type) && f->type != FT_CHOICE && f->type != FT_MULTI_CHOICE)
        ERROR_AT(c, s, vocabulary, STR_NONE, "Only a choice or a text has a vocabulary.");
}

static void read_default(struct compiler *c, const struct source *s, const struct node *node,
                         const struct object *o, struct field *f)
{
    const struct node *value = get(node, "default");

    if (!value)
        return;
    f->default_value = value->text;
    if (f->type == FT_USER && str_eq(value->text, STR("me")))
        f->default_kind = DEFAULT_ME;
    else if (f->type == FT_DATE_TIME && str_eq(value->text, STR("now")))
        f->default_kind = DEFAULT_NOW;
    else if ((f->type == FT_DATE || f->type == FT_DATE_TIME) && str_eq(value->text, STR("today")))
        f->default_kind = DEFAULT_TODAY;
    else if (literal_check(c, s, value, o, f, value->text))
        f->default_kind = DEFAULT_VALUE;
}

static void check_flags(struct compiler *c, const struct source *s, const struct node *node,
                        struct field *f)
{
    enum field_store store = field_types[f->type].store;

    f->search = get_yes(node, "search", is_text(f->type) || f->type == FT_PHONE) && !f->hidden;
    f->indexed = get_yes(node, "index", false);
    if (f->unique && (store == FS_NONE || store == FS_LINKS || store == FS_SET ||
                      f->type == FT_LONG_TEXT || f->type == FT_YES_NO))
        ERROR_AT(c, s, get(node, "unique"), STR_NONE, "A field of the type %s cannot be unique.",
                 field_types[f->type].word);
    if (f->indexed &&
        (store == FS_NONE || store == FS_LINKS || store == FS_SET || f->type == FT_LONG_TEXT)) {
        ERROR_AT(c, s, get(node, "index"), STR_NONE, "A field of the type %s cannot have an index.",
                 field_types[f->type].word);
        f->indexed = false;
    }
    if (f->search && store != FS_TEXT_FOLD && store != FS_TEXT) {
        if (get(node, "search"))
            ERROR_AT(c, s, get(node, "search"), STR_NONE,
                     "Only texts are found by the full-text search.");
        f->search = false;
    }
    if (f->required && (f->type == FT_FORMULA || f->type == FT_AUTO_NUMBER))
        ERROR_AT(c, s, get(node, "required"), STR_NONE,
                 "\"%.*s\" is filled by the program; it cannot be required.", STR_ARG(f->name));
    if (f->required && f->hidden)
        ERROR_AT(c, s, get(node, "required"), STR("Remove `required` from the hidden field."),
                 "\"%.*s\" is hidden and required: no record could be saved.", STR_ARG(f->name));
}

void compile_field(struct compiler *c, const struct source *s, const struct node *name,
                   const struct node *node, const struct object *o, struct field *f)
{
    enum field_type type = FT_TEXT;
    struct str word = get_text(node, "type");

    for (int i = 0; i < FT_COUNT; i++)
        if (str_eq(word, str_from(field_types[i].word)))
            type = (enum field_type)i;
    f->name = name->text;
    f->line = name->line;
    f->type = type;
    f->label = get(node, "label") ? get_text(node, "label") : label_from_name(c->arena, f->name);
    f->help = get_text(node, "help");
    f->column = field_types[type].store == FS_NONE || field_types[type].store == FS_LINKS ? STR_NONE
                                                                                          : f->name;
    f->min = f->max = DATE_NONE;
    f->to_object = -1;
    f->required = get_yes(node, "required", false);
    f->unique = get_yes(node, "unique", false);
    f->personal = get_yes(node, "personal", false);
    f->hidden = get_yes(node, "hidden", false);
    read_vocabulary_key(c, s, node, f);
    read_options(c, s, node, o, f);
    read_clean(c, s, node, f);
    read_number_parts(c, s, node, f);
    read_bounds(c, s, node, f);
    read_reference_parts(c, s, node, o, f);
    read_pattern(c, s, node, f);
    read_country(c, s, node, f);
    check_flags(c, s, node, f);
    read_default(c, s, node, o, f);
    if (type == FT_FORMULA && !get(node, "formula"))
        ERROR_AT(c, s, node, STR("For example `formula: \"today - day(created_at)\"`."),
                 "The formula field \"%.*s\" has no formula.", STR_ARG(f->name));
    else if (type != FT_FORMULA && get(node, "formula"))
        ERROR_AT(c, s, get(node, "formula"), STR("Write `type: formula`."),
                 "Only a formula field has a formula.");
}
