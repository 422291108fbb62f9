/* Vocabularies: terms, aliases, spelling, suffixes; and the merged style of all of them. Calendars. */
#include "manual/compile_impl.h"

#include <stdlib.h>
#include <string.h>

typedef struct str pair[2];

/* Term indexes are kept beside the map while compiling, to report an alias that two terms claim. */
static void put_term(struct compiler *c, const struct source *s, const struct node *at,
                     struct vocabulary *v, struct str word, int64_t term)
{
    struct str fold = utf8_fold(c->arena, str_trim(word));
    int64_t before;

    if (!fold.len) {
        ERROR_AT(c, s, at, STR("Put words for \"no answer\" under `empty`."),
                 "A term or alias is empty.");
    } else if (strmap_get(v->term_by_fold, fold, &before)) {
        if (before != term)
            ERROR_AT(c, s, at, STR("Leave it at one of the two."),
                     "\"%.*s\" belongs to two terms, \"%.*s\" and \"%.*s\".", STR_ARG(word),
                     STR_ARG(v->terms[before]), STR_ARG(v->terms[term]));
    } else {
        strmap_put(v->term_by_fold, fold, term);
    }
}

/* Texts of a value that is one scalar, or a list of scalars; false if it is neither. */
static bool value_texts(struct compiler *c, const struct source *s, struct node *value,
                        struct node *const **items, size_t *n)
{
    *n = 0;
    if (node_is_blank(value))
        return true;
    if (value->kind == NODE_TEXT) {
        struct node **one = NEW(c->arena, struct node *);

        *one = value;
        *items = one;
        *n = 1;
        return true;
    }
    bool ok = value->kind == NODE_LIST;
    for (size_t i = 0; ok && i < value->n; i++)
        ok = value->items[i]->kind == NODE_TEXT;
    if (!ok) {
        ERROR_AT(c, s, value, STR("For example `Healthcare: [Medical, Hosp.]`."),
                 "A list of words is expected here.");
        return false;
    }
    *items = value->items;
    *n = value->n;
    return true;
}

static void read_terms(struct compiler *c, const struct source *s, struct vocabulary *v)
{
    const struct node *terms = get(s->root, "terms");
    size_t n = terms ? terms->n : 0;

    v->terms = NEW_ARRAY(c->arena, n + 1, struct str);
    v->n_terms = n;
    v->term_by_fold = strmap_new(c->arena, 4 * n + 8);
    for (size_t i = 0; i < n; i++)
        v->terms[i] = terms->keys[i]->text;
    for (size_t i = 0; i < n; i++) /* terms first: they win over aliases */
        put_term(c, s, terms->keys[i], v, terms->keys[i]->text, (int64_t)i);
    for (size_t i = 0; i < n; i++) {
        struct node *const *aliases = NULL;
        size_t n_aliases;

        if (value_texts(c, s, terms->items[i], &aliases, &n_aliases))
            for (size_t k = 0; k < n_aliases; k++)
                put_term(c, s, aliases[k], v, aliases[k]->text, (int64_t)i);
    }
}

static size_t read_replacements(struct compiler *c, const struct source *s, const char *key,
                                pair *out)
{
    const struct node *map = get(s->root, key);
    size_t n = 0;

    for (size_t i = 0; map && i < map->n; i++) {
        struct str from = utf8_fold(c->arena, str_trim(map->keys[i]->text));

        if (map->items[i]->kind != NODE_TEXT) {
            ERROR_AT(c, s, map->items[i], STR_NONE,
                     "One word or phrase is expected here: what \"%.*s\" becomes.",
                     STR_ARG(map->keys[i]->text));
        } else if (!from.len) {
            ERROR_AT(c, s, map->keys[i], STR_NONE, "The word to replace is empty.");
        } else {
            out[n][0] = from;
            out[n][1] = map->items[i]->text;
            n++;
        }
    }
    return n;
}

static struct str fold_suffix(struct arena *arena, struct str s)
{
    struct str fold = utf8_fold(arena, str_trim(s));
    char *p = arena_alloc(arena, fold.len + 1);
    size_t n = 0;

    for (size_t i = 0; i < fold.len; i++)
        if (fold.ptr[i] != '.' && fold.ptr[i] != ',')
            p[n++] = fold.ptr[i];
    return str_trim((struct str){p, n});
}

static void read_suffixes(struct compiler *c, const struct source *s, struct vocabulary *v)
{
    const struct node *map = get(s->root, "company_suffixes");
    struct strmap *seen = strmap_new(c->arena, 32);
    VEC(pair) list = {0};

    for (size_t i = 0; map && i < map->n; i++) {
        struct node *const *variants = NULL;
        size_t n = 0;
        struct str canonical = str_trim(map->keys[i]->text);

        if (!value_texts(c, s, map->items[i], &variants, &n))
            continue;
        for (size_t k = 0; k <= n; k++) { /* the canonical form is a variant of itself */
            const struct node *at = k < n ? variants[k] : map->keys[i];
            struct str variant = fold_suffix(c->arena, at->text);
            int64_t before;

            if (!variant.len)
                continue;
            if (strmap_get(seen, variant, &before)) {
                if (before != (int64_t)i)
                    ERROR_AT(c, s, at, STR("Leave it at one of the two."),
                             "The suffix \"%.*s\" belongs to two forms.", STR_ARG(at->text));
                continue;
            }
            strmap_put(seen, variant, (int64_t)i);
            pair *p = &VEC_PUSH(c->arena, list);
            (*p)[0] = variant;
            (*p)[1] = canonical;
        }
    }
    v->suffixes = list.at;
    v->n_suffixes = list.n;
}

static void read_vocabulary(struct compiler *c, const struct source *s, struct vocabulary *v)
{
    const struct node *spelling = get(s->root, "spelling"),
                      *short_forms = get(s->root, "abbreviations");
    struct str *empty;
    size_t n_empty = get_texts(c, s->root, "empty", &empty);

    v->page = s->page;
    v->closed = get_yes(s->root, "closed", false);
    read_terms(c, s, v);
    v->replacements = (pair *)arena_array(
        c->arena, (spelling ? spelling->n : 0) + (short_forms ? short_forms->n : 0) + 1,
        sizeof(pair));
    v->n_replacements = read_replacements(c, s, "spelling", v->replacements);
    v->n_replacements +=
        read_replacements(c, s, "abbreviations", v->replacements + v->n_replacements);
    read_suffixes(c, s, v);
    v->empty_by_fold = strmap_new(c->arena, 2 * n_empty + 4);
    for (size_t i = 0; i < n_empty; i++) {
        struct str fold = utf8_fold(c->arena, str_trim(empty[i]));
        int64_t term;

        strmap_put(v->empty_by_fold, fold, 1);
        if (strmap_get(v->term_by_fold, fold, &term))
            ERROR_AT(c, s, get(s->root, "empty"), STR("Remove it from one of the two."),
                     "\"%.*s\" means \"no answer\" and is also the term \"%.*s\".",
                     STR_ARG(empty[i]), STR_ARG(v->terms[term]));
    }
}

void compile_vocabularies(struct compiler *c)
{
    struct manual *m = c->m;

    m->n_vocabularies = c->n_names[PK_VOCABULARY];
    m->vocabularies = NEW_ARRAY(c->arena, m->n_vocabularies + 1, struct vocabulary);
    for (size_t i = 0; i < m->n_vocabularies; i++)
        read_vocabulary(c, source_of(c, PK_VOCABULARY, (int)i), &m->vocabularies[i]);
}

/* Text fields that a vocabulary cleans besides the ones that name it. */
void compile_applies_to(struct compiler *c)
{
    for (size_t i = 0; i < c->m->n_vocabularies; i++) {
        struct vocabulary *v = &c->m->vocabularies[i];
        const struct source *s = source_of(c, PK_VOCABULARY, (int)i);
        const struct node *list = get(s->root, "applies_to");
        size_t n_items = !list ? 0 : list->kind == NODE_TEXT ? 1 : list->n, n = 0;
        struct field_place *places = NEW_ARRAY(c->arena, n_items + 1, struct field_place);

        for (size_t k = 0; k < n_items; k++) {
            const struct node *item = list->kind == NODE_TEXT ? list : list->items[k];
            struct str rest = item->text, name;
            struct node at = *item;

            if (item->kind != NODE_TEXT)
                continue;
            if (!str_cut(&rest, '.', &name) || !rest.len) {
                ERROR_AT(c, s, item, STR("For example account.sector."),
                         "\"%.*s\" is not an object and a field.", STR_ARG(item->text));
                continue;
            }
            at.text = name;
            int object = object_ref(c, s, &at), f;
            if (object < 0)
                continue;
            if ((f = field_ref_text(c, s, item, rest, object)) < 0)
                continue;
            struct field *field = &c->m->objects[object].fields[f];
            if (field_types[field->type].store != FS_TEXT_FOLD && field->type != FT_CHOICE) {
                ERROR_AT(c, s, item, STR_NONE, "A vocabulary cleans texts; %.*s is of the type %s.",
                         STR_ARG(item->text), field_types[field->type].word);
            } else if (field->vocabulary >= 0 && field->vocabulary != (int)i) {
                ERROR_AT(c, s, item, STR_NONE,
                         "%.*s is cleaned by the vocabulary \"%.*s\" already.", STR_ARG(item->text),
                         STR_ARG(c->m->vocabularies[field->vocabulary].page->name));
            } else {
                field->vocabulary = (int)i;
                places[n++] = (struct field_place){object, f};
            }
        }
        v->applies = places;
        v->n_applies = n;
    }
}

/* One vocabulary of all spelling, abbreviations and suffixes; the first page (by name) wins where two disagree. */
void compile_style(struct compiler *c)
{
    struct manual *m = c->m;
    struct vocabulary *style = NEW(c->arena, struct vocabulary);
    struct strmap *from = strmap_new(c->arena, 64), *suffix = strmap_new(c->arena, 64);
    VEC(pair) replacements = {0};
    VEC(pair) suffixes = {0};
    int64_t seen;

    for (size_t i = 0; i < m->n_vocabularies; i++) {
        const struct vocabulary *v = &m->vocabularies[i];

        for (size_t k = 0; k < v->n_replacements; k++)
            if (!strmap_get(from, v->replacements[k][0], &seen)) {
                strmap_put(from, v->replacements[k][0], 1);
                memcpy(&VEC_PUSH(c->arena, replacements), v->replacements[k], sizeof(pair));
            }
        for (size_t k = 0; k < v->n_suffixes; k++)
            if (!strmap_get(suffix, v->suffixes[k][0], &seen)) {
                strmap_put(suffix, v->suffixes[k][0], 1);
                memcpy(&VEC_PUSH(c->arena, suffixes), v->suffixes[k], sizeof(pair));
            }
    }
    style->terms = NEW(c->arena, struct str);
    style->term_by_fold = strmap_new(c->arena, 4);
    style->empty_by_fold = strmap_new(c->arena, 4);
    style->replacements = replacements.at;
    style->n_replacements = replacements.n;
    style->suffixes = suffixes.at;
    style->n_suffixes = suffixes.n;
    m->style = style;
}

/* ---- calendars ---- */
static int weekday(struct str s)
{
    for (int i = 0; weekday_words[i]; i++)
        if (str_eq_nocase(s, str_from(weekday_words[i])))
            return i;
    return -1;
}

/* "9:00" or "24:00" -> minutes of the day. */
static bool clock_parse(struct str s, int32_t *minutes)
{
    struct str hours;
    int64_t h, m;

    if (!str_cut(&s, ':', &hours) || s.len != 2 || hours.len < 1 || hours.len > 2 ||
        !str_to_i64(hours, &h) || !str_to_i64(s, &m))
        return false;
    *minutes = (int32_t)(h * 60 + m);
    return h >= 0 && m >= 0 && m < 60 && *minutes <= 1440;
}

static bool span_parse(struct str s, struct worktime_span *out)
{
    struct str from;

    return str_cut(&s, '-', &from) && clock_parse(str_trim(from), &out->from_min) &&
           clock_parse(str_trim(s), &out->to_min) && out->from_min < out->to_min;
}

static void add_span(struct compiler *c, const struct source *s, const struct node *node,
                     struct worktime *wt, int day)
{
    struct worktime_span span;
    int n = wt->spans[day];

    if (!span_parse(node->text, &span)) {
        ERROR_AT(c, s, node, STR("Write \"9:00-17:00\", in quotes."),
                 "\"%.*s\" is not a span of working hours.", STR_ARG(node->text));
    } else if (n == WORKTIME_SPANS_MAX) {
        ERROR_AT(c, s, node, STR_NONE, "A day has at most %d spans.", WORKTIME_SPANS_MAX);
    } else if (n && wt->week[day][n - 1].to_min > span.from_min) {
        ERROR_AT(c, s, node, STR("Write the spans of a day in order."),
                 "\"%.*s\" begins before the span ahead of it ends.", STR_ARG(node->text));
    } else {
        wt->week[day][wt->spans[day]++] = span;
    }
}

static void read_hours(struct compiler *c, const struct source *s, struct worktime *wt)
{
    const struct node *hours = get(s->root, "hours");
    const struct node *given[7] = {0};
    bool any = false;

    for (size_t i = 0; hours && i < hours->n; i++) {
        struct str rest = hours->keys[i]->text, first;
        struct node *const *items = NULL;
        size_t n;
        int from, to;

        (void)str_cut(&rest, '-', &first);
        from = weekday(str_trim(first));
        to = rest.len ? weekday(str_trim(rest)) : from;
        if (from < 0 || to < from) {
            ERROR_AT(c, s, hours->keys[i],
                     STR("Write mon, tue, wed, thu, fri, sat, sun or a range such as mon-fri."),
                     "\"%.*s\" is not a weekday.", STR_ARG(hours->keys[i]->text));
            continue;
        }
        if (!value_texts(c, s, hours->items[i], &items, &n))
            continue;
        for (int day = from; day <= to; day++) {
            if (given[day])
                ERROR_AT(c, s, hours->keys[i], STR_NONE, "The hours of %s are given twice.",
                         weekday_words[day]);
            given[day] = hours->keys[i];
            wt->spans[day] = 0;
            for (size_t k = 0; k < n; k++)
                if (day == from || span_parse(items[k]->text, &(struct worktime_span){
                                                                  0})) /* report a bad span once */
                    add_span(c, s, items[k], wt, day);
        }
    }
    for (int day = 0; day < 7; day++)
        any = any || wt->spans[day] > 0;
    if (!any && hours)
        ERROR_AT(c, s, hours, STR("For example `hours: { mon-fri: \"9:00-17:00\" }`."),
                 "The calendar has no working hours: nothing would ever be due.");
}

static int day_cmp(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static void read_holidays(struct compiler *c, const struct source *s, struct worktime *wt)
{
    const struct node *list = get(s->root, "holidays");
    int64_t *days = NEW_ARRAY(c->arena, (list ? list->n : 0) + 1, int64_t);
    size_t n = 0;

    for (size_t i = 0; list && i < list->n; i++) {
        const struct node *item = list->items[i];
        const struct node *date = item->kind == NODE_MAP ? node_get(item, "date") : item;

        if (!date || date->kind != NODE_TEXT || !date_parse(date->text, &days[n])) {
            ERROR_AT(c, s, date ? date : item,
                     STR("Write 2026-12-25 or { date: 2026-12-25, name: Christmas }."),
                     "This is not a day.");
            continue;
        }
        for (size_t k = 0; item->kind == NODE_MAP && k < item->n; k++)
            if (!str_eq(item->keys[k]->text, STR("date")) &&
                !str_eq(item->keys[k]->text, STR("name")))
                ERROR_AT(c, s, item->keys[k], STR("Possible here: date, name."),
                         "The key \"%.*s\" does not exist here.", STR_ARG(item->keys[k]->text));
        n++;
    }
    qsort(days, n, sizeof *days, day_cmp);
    wt->holidays = days;
    wt->n_holidays = n;
}

static void read_calendar(struct compiler *c, const struct source *s, struct calendar *cal,
                          int index)
{
    const struct node *zone = get(s->root, "zone");
    const struct node *roles = get(s->root, "roles");
    struct str *texts;

    cal->page = s->page;
    cal->time.zone = zone_utc();
    if (zone) {
        struct err *e = zone_find(c->arena, zone->text, &cal->time.zone);

        if (e)
            ERROR_AT(c, s, zone, STR("Use a name such as Europe/Berlin or America/New_York."),
                     "There is no time zone \"%.*s\".", STR_ARG(str_sub(zone->text, 0, 100)));
    }
    read_hours(c, s, &cal->time);
    read_holidays(c, s, &cal->time);
    cal->n_teams = get_texts(c, s->root, "teams", &texts);
    cal->teams = texts;
    cal->n_roles = get_texts(c, s->root, "roles", &texts);
    cal->roles = texts;
    for (size_t i = 0; roles && roles->kind == NODE_LIST && i < roles->n; i++)
        if (roles->items[i]->kind == NODE_TEXT)
            page_ref(c, s, roles->items[i], PK_ROLE);
    if (roles && roles->kind == NODE_TEXT)
        page_ref(c, s, roles, PK_ROLE);
    cal->is_default = get_yes(s->root, "default", false);
    if (!cal->is_default)
        return;
    if (c->m->default_calendar >= 0)
        ERROR_AT(c, s, get(s->root, "default"), STR("Keep `default: true` on one of them."),
                 "\"%.*s\" is the default calendar already.",
                 STR_ARG(c->m->calendars[c->m->default_calendar].page->name));
    else
        c->m->default_calendar = index;
}

void compile_calendars(struct compiler *c)
{
    struct manual *m = c->m;
    struct worktime *fallback = NEW(c->arena, struct worktime);

    *fallback = worktime_default(zone_utc());
    m->fallback_time = fallback;
    m->n_calendars = c->n_names[PK_CALENDAR];
    m->calendars = NEW_ARRAY(c->arena, m->n_calendars + 1, struct calendar);
    for (size_t i = 0; i < m->n_calendars; i++)
        read_calendar(c, source_of(c, PK_CALENDAR, (int)i), &m->calendars[i], (int)i);
    if (m->default_calendar < 0 && m->n_calendars == 1)
        m->default_calendar = 0;
}
