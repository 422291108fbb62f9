/* Templates, guides, metrics and packs. */
#include "manual/compile_impl.h"
#include "manual/template_impl.h"

#include <stdint.h>
#include <string.h>

/* ---- templates ---- */
/* Where a piece of a page's text stands. */
static void place_of(const struct page *page, struct str piece, int *line, int *column)
{
    size_t at = str_find(page->text, piece, 0);

    *line = *column = 1;
    for (size_t i = 0; at != SIZE_MAX && i < at; i++) {
        if (page->text.ptr[i] == '\n') {
            ++*line;
            *column = 1;
        } else if (((unsigned char)page->text.ptr[i] & 0xC0) != 0x80) {
            ++*column;
        }
    }
}

static void check_merge(struct compiler *c, const struct source *s, int object, struct str text,
                        const struct merge *m)
{
    struct str piece = str_sub(text, m->from, m->to == SIZE_MAX ? 2 : m->to - m->from),
               path = m->path, bad = STR_NONE;
    const struct field *f = NULL;
    int line, column, at = -1;

    place_of(s->page, piece, &line, &column);
    if (m->to == SIZE_MAX || !path.len) {
        finding_add(c, SEV_ERROR, s->page, line, column,
                    STR("Write {{name}}, {{account.name}} or {{first_name or 'there'}}."),
                    m->to == SIZE_MAX ? "A merge field is not closed."
                                      : "This is not a merge field.");
        return;
    }
    if (str_starts(path, STR("me."))) {
        object = manual_object_index(c->m, "user");
        path = str_sub(path, 3, path.len);
    }
    if (object < 0 || c->object_broken[object])
        return;
    if (path_resolve(c->m, object, path, &bad, &at, &f)) {
        if (f->type == FT_REFS)
            finding_add(c, SEV_ERROR, s->page, line, column, STR_NONE,
                        "{{%.*s}} is a list of records, not a text.", STR_ARG(m->path));
        return;
    }
    if (at >= 0 && c->object_broken[at])
        return;
    finding_add(c, SEV_ERROR, s->page, line, column, at >= 0 ? field_nearest(c, at, bad) : STR_NONE,
                "The merge field {{%.*s}} does not exist: %.*s has no field \"%.*s\".",
                STR_ARG(m->path), STR_ARG(c->m->objects[at >= 0 ? at : object].label),
                STR_ARG(bad));
}

static void check_merges(struct compiler *c, const struct source *s, int object, struct str text)
{
    size_t at = 0;
    struct merge m;

    while (merge_next(text, &at, &m))
        check_merge(c, s, object, text, &m);
}

enum { WRAP_COLUMNS = 80 };

/* Would the first word of the next line have fitted behind this one? Items of a list begin a line of their own. */
static bool is_wrapped(struct str line, struct str next)
{
    struct str word;

    next = str_trim(next);
    if (!str_trim(line).len || !next.len || strchr("-*|>#", next.ptr[0]))
        return false;
    str_cut(&next, ' ', &word);
    return utf8_count(line) + 1 + utf8_count(word) > WRAP_COLUMNS;
}

/* Pages are wrapped, what people say and send is not: a line break made by the width of the page is a blank. The short lines of
 * a signature stay. */
static struct str unwrap(struct arena *arena, struct str text)
{
    struct buf b = buf_new(arena, text.len + 1);
    struct str line, next, rest;
    bool wrapped = false;

    for (bool first = true; str_cut(&text, '\n', &line); first = false) {
        if (!first)
            buf_add_char(&b, wrapped ? ' ' : '\n');
        buf_add(&b, wrapped ? str_trim(line) : line);
        rest = text;
        wrapped = str_cut(&rest, '\n', &next) && is_wrapped(line, next);
    }
    return buf_str(&b);
}

static void read_passages(struct compiler *c, const struct source *s, struct template_page *t)
{
    struct node **items;
    size_t n = get_tables(c, s->root, "passages", &items);
    const struct page *page = s->page;
    struct passage *list = NEW_ARRAY(c->arena, n + page->n_sections + 1, struct passage);

    for (size_t i = 0; i < n; i++)
        list[i] = (struct passage){get_text(items[i], "name"), get_text(items[i], "text"),
                                   get_text(items[i], "why"), get_yes(items[i], "personal", false)};
    for (size_t i = 0; n == 0 && i < page->n_sections;
         i++) /* text before the first heading explains the template */
        if (page->sections[i].title.len)
            list[t->n_passages++] =
                (struct passage){page->sections[i].title, unwrap(c->arena, page->sections[i].text),
                                 page->sections[i].why, false};
    if (n)
        t->n_passages = n;
    if (t->n_passages == 0 && page->n_sections == 1) /* a body without headings is one passage */
        list[t->n_passages++] = (struct passage){
            page->label, unwrap(c->arena, page->sections[0].text), page->sections[0].why, false};
    if (t->n_passages == 0 && s->root)
        ERROR_AT(c, s, s->root,
                 STR("Write the text below the front matter, one heading per passage."),
                 "The template has no text.");
    t->passages = list;
    struct str *personal;
    size_t n_personal = get_texts(c, s->root, "personal", &personal);
    for (size_t i = 0; i < n_personal; i++) {
        struct str *names = NEW_ARRAY(c->arena, t->n_passages + 1, struct str);
        bool found = false;

        for (size_t k = 0; k < t->n_passages; k++) {
            names[k] = list[k].name;
            if (str_eq(list[k].name, personal[i]))
                found = list[k].personal = true;
        }
        if (!found)
            ERROR_AT(c, s, get(s->root, "personal"),
                     did_you_mean(c, personal[i], names, t->n_passages),
                     "There is no passage \"%.*s\".", STR_ARG(personal[i]));
    }
}

void compile_templates(struct compiler *c)
{
    struct manual *m = c->m;

    m->n_templates = c->n_names[PK_TEMPLATE];
    m->templates = NEW_ARRAY(c->arena, m->n_templates + 1, struct template_page);
    for (size_t i = 0; i < m->n_templates; i++) {
        const struct source *s = source_of(c, PK_TEMPLATE, (int)i);
        struct template_page *t = &m->templates[i];
        const struct node *object = get(s->root, "object");

        t->page = s->page;
        t->index = (int)i;
        t->channel =
            (enum channel)(get_word(s->root, "channel", channel_words + 1, CH_NOTE - 1) + 1);
        t->object = object ? object_ref(c, s, object) : -1;
        t->subject = get_text(s->root, "subject");
        if (!s->root)
            continue;
        read_passages(c, s, t);
        check_merges(c, s, t->object, t->subject);
        for (size_t k = 0; k < t->n_passages; k++)
            check_merges(c, s, t->object, t->passages[k].text);
    }
}

/* ---- guides ---- */
static void read_guide(struct compiler *c, const struct source *s, struct guide *g)
{
    struct node **items;
    struct str *texts;
    int64_t words = get_number(s->root, "sentence_words_max", 0);

    g->page = s->page;
    g->channel = (enum channel)get_word(s->root, "channel", channel_words, CH_ANY);
    g->n_avoid = get_tables(c, s->root, "avoid", &items);
    g->avoid = (struct str(*)[3])arena_array(c->arena, g->n_avoid + 1, sizeof *g->avoid);
    for (size_t i = 0; i < g->n_avoid; i++) {
        g->avoid[i][0] = get_text(items[i], "say");
        g->avoid[i][1] = get_text(items[i], "instead");
        g->avoid[i][2] = get_text(items[i], "why");
    }
    g->n_structure = get_texts(c, s->root, "structure", &texts);
    g->structure = texts;
    g->greeting_required = str_eq(get_text(s->root, "greeting"), STR("required"));
    if (words < 0 || words > 1000 || (get(s->root, "sentence_words_max") && words == 0))
        ERROR_AT(c, s, get(s->root, "sentence_words_max"), STR("For example 25."),
                 "A sentence has 1 to 1000 words.");
    else
        g->sentence_words_max = (int)words;
}

void compile_guides(struct compiler *c)
{
    c->m->n_guides = c->n_names[PK_GUIDE];
    c->m->guides = NEW_ARRAY(c->arena, c->m->n_guides + 1, struct guide);
    for (size_t i = 0; i < c->m->n_guides; i++)
        read_guide(c, source_of(c, PK_GUIDE, (int)i), &c->m->guides[i]);
}

/* ---- metrics ---- */
static bool is_day_or_moment(enum expr_type type)
{
    return type == ET_DATE || type == ET_INSTANT;
}

static void read_by_item(struct compiler *c, const struct source *s, const struct node *node,
                         int object, struct metric_by *by)
{
    static const struct {
        struct str suffix;
        int bucket;
    } buckets[] = {
        {{" by day", 7}, BY_DAY},          {{" by week", 8}, BY_WEEK}, {{" by month", 9}, BY_MONTH},
        {{" by quarter", 11}, BY_QUARTER}, {{" by year", 8}, BY_YEAR},
    };
    struct str text = node->text;

    by->text = text;
    by->bucket = BY_VALUE;
    for (size_t i = 0; i < sizeof buckets / sizeof buckets[0]; i++)
        if (str_ends(text, buckets[i].suffix)) {
            by->bucket = buckets[i].bucket;
            text = str_trim(str_sub(text, 0, text.len - buckets[i].suffix.len));
            break;
        }
    by->e = expr_read(c, s, node, text, 0, object, EXPR_VALUE);
    if (!by->e)
        return;
    enum expr_type type = expr_result_type(by->e);
    if (by->bucket != BY_VALUE && !is_day_or_moment(type))
        ERROR_AT(c, s, node, STR_NONE,
                 "Only dates are grouped by day, week, month, quarter or year.");
    else if (by->bucket == BY_VALUE && is_day_or_moment(type))
        ERROR_AT(c, s, node, str_fmt(c->arena, "For example \"%.*s by month\".", STR_ARG(text)),
                 "Each moment would be a group of its own.");
}

static void read_by(struct compiler *c, const struct source *s, struct metric *m)
{
    const struct node *list = get(s->root, "by");
    size_t n = !list ? 0 : list->kind == NODE_TEXT ? 1 : list->n;
    struct metric_by *by = NEW_ARRAY(c->arena, n + 1, struct metric_by);

    for (size_t i = 0; i < n; i++) {
        const struct node *item = list->kind == NODE_TEXT ? list : list->items[i];

        if (item->kind == NODE_TEXT && !item->bad)
            read_by_item(c, s, item, m->object, &by[m->n_by++]);
    }
    m->by = by;
}

/* The keys a measure needs, and the ones that mean nothing to it. */
static void check_measure_keys(struct compiler *c, const struct source *s, const struct metric *m)
{
    static const char *const keys[] = {"value", "rate_of", "from", "to"};
    bool wanted[4] = {
        m->measure == MEASURE_SUM || m->measure == MEASURE_AVG || m->measure == MEASURE_MEDIAN,
        m->measure == MEASURE_RATE,
        m->measure == MEASURE_TIME_BETWEEN,
        m->measure == MEASURE_TIME_BETWEEN,
    };

    for (int i = 0; i < 4; i++) {
        const struct node *node = node_get(s->root, keys[i]);

        if (wanted[i] && !node)
            ERROR_AT(c, s, get(s->root, "measure"), str_fmt(c->arena, "Add `%s`.", keys[i]),
                     "The measure \"%s\" needs \"%s\".", measure_words[m->measure], keys[i]);
        else if (!wanted[i] && node)
            ERROR_AT(c, s, node, STR("Leave it out."),
                     "\"%s\" means nothing to the measure \"%s\".", keys[i],
                     measure_words[m->measure]);
    }
}

static void check_result(struct compiler *c, const struct source *s, const char *key,
                         const struct rule *rule, bool day)
{
    if (!rule->e)
        return;
    enum expr_type type = expr_result_type(rule->e);
    bool fits = day ? is_day_or_moment(type) : type == ET_NUMBER || type == ET_DURATION;
    if (!fits)
        ERROR_AT(c, s, get(s->root, key), STR_NONE, "\"%s\" must be %s.", key,
                 day ? "a date or a date-time" : "a number");
}

static void read_metric(struct compiler *c, const struct source *s, struct metric *m, int index)
{
    const struct node *of = get(s->root, "of");

    m->page = s->page;
    m->index = index;
    m->object = of ? object_ref(c, s, of) : -1;
    m->measure = (enum measure)get_word(s->root, "measure", measure_words, MEASURE_COUNT);
    m->target = get_text(s->root, "target");
    m->lower_is_better = str_eq(get_text(s->root, "better"), STR("lower"));
    m->where = rule_read(c, s, s->root, "where", m->object, EXPR_CONDITION);
    m->numerator = rule_read(c, s, s->root, "rate_of", m->object, EXPR_CONDITION);
    m->value = rule_read(c, s, s->root, "value", m->object, EXPR_VALUE);
    m->from = rule_read(c, s, s->root, "from", m->object, EXPR_VALUE);
    m->to = rule_read(c, s, s->root, "to", m->object, EXPR_VALUE);
    check_result(c, s, "value", &m->value, false);
    check_result(c, s, "from", &m->from, true);
    check_result(c, s, "to", &m->to, true);
    if (get(s->root, "measure"))
        check_measure_keys(c, s, m);
    if (m->object >= 0)
        read_by(c, s, m);
}

void compile_metrics(struct compiler *c)
{
    c->m->n_metrics = c->n_names[PK_METRIC];
    c->m->metrics = NEW_ARRAY(c->arena, c->m->n_metrics + 1, struct metric);
    for (size_t i = 0; i < c->m->n_metrics; i++)
        read_metric(c, source_of(c, PK_METRIC, (int)i), &c->m->metrics[i], (int)i);
}

/* ---- packs ---- */
void compile_packs(struct compiler *c)
{
    c->m->n_packs = c->n_names[PK_PACK];
    c->m->packs = NEW_ARRAY(c->arena, c->m->n_packs + 1, struct pack);
    for (size_t i = 0; i < c->m->n_packs; i++) {
        const struct source *s = source_of(c, PK_PACK, (int)i);

        c->m->packs[i] = (struct pack){s->page, get_text(s->root, "for"),
                                       get_text(s->root, "version"), get_text(s->root, "language")};
    }
}
