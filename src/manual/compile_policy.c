/* Policies and escalations. */
#include "manual/compile_impl.h"

#include <stdint.h>

/* ---- actions ---- */
static void read_action(struct compiler *c, const struct source *s, const struct node *node,
                        int object, struct action *a)
{
    static const struct {
        const char *key;
        enum action_kind kind;
    } kinds[] = {
        {"notify", ACT_NOTIFY},     {"set", ACT_SET},   {"assign", ACT_ASSIGN},
        {"escalate", ACT_ESCALATE}, {"task", ACT_TASK}, {"tag", ACT_TAG},
    };
    const struct node *value = NULL;
    int n = 0;

    a->escalation = -1;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const struct node *found = node_get(node, kinds[i].key);

        if (!found)
            continue;
        a->kind = kinds[i].kind;
        value = get(node, kinds[i].key);
        n++;
    }
    if (n != 1) {
        ERROR_AT(c, s, node, STR("Write several actions as several items of the list."),
                 "An action has exactly one of the keys notify, set, assign, escalate, task, tag.");
        return;
    }
    if (!value)
        return;
    switch (a->kind) {
    case ACT_NOTIFY:
    case ACT_ASSIGN:
        (void)who_read(c, s, value, &a->who);
        break;
    case ACT_SET:
        a->n_set = set_read(c, s, node, "set", object, &a->set);
        break;
    case ACT_ESCALATE:
        a->escalation = page_ref(c, s, value, PK_ESCALATION);
        break;
    case ACT_TASK:
    case ACT_TAG:
        a->text = value->text;
        break;
    }
}

/* ---- every ---- */
static bool is_word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* "activities where kind = 'call'" -> relation and condition. */
static void read_count(struct compiler *c, const struct source *s, const struct node *node,
                       struct str text, size_t offset, struct policy *p)
{
    const struct expr_object *o = &c->schema->objects[p->object];
    struct str name, rest, whole;
    size_t lead = 0, n = 0;

    while (lead < text.len && (text.ptr[lead] == ' ' || text.ptr[lead] == '\n'))
        lead++;
    while (lead + n < text.len && is_word_char(text.ptr[lead + n]))
        n++;
    name = str_sub(text, lead, n);
    rest = str_sub(text, lead + n, text.len);
    p->count_relation = -1;
    for (size_t i = 0; i < o->n_relations; i++)
        if (str_eq(o->relations[i].name, name))
            p->count_relation = (int)i;
    if (p->count_relation < 0) {
        struct str *names = NEW_ARRAY(c->arena, o->n_relations + 1, struct str);

        for (size_t i = 0; i < o->n_relations; i++)
            names[i] = o->relations[i].name;
        ERROR_AT(c, s, node, did_you_mean(c, name, names, o->n_relations),
                 "%.*s has no related records \"%.*s\" to count.",
                 STR_ARG(c->m->objects[p->object].label), STR_ARG(str_sub(name, 0, 100)));
        return;
    }
    if (o->relations[p->count_relation].object < 0) {
        p->count_relation = -1;
        ERROR_AT(c, s, node, STR("Write the rule for the other side, for example `activities` of an account."),
                 "\"%.*s\" may be records of any kind; only those of one kind can be counted in periods.", STR_ARG(name));
        return;
    }
    struct str condition = str_trim(rest);
    if (condition.len) {
        size_t skip = (size_t)(condition.ptr - rest.ptr);

        if (!str_starts(condition, STR("where "))) {
            ERROR_AT(c, s, node, STR("For example `activities where kind = 'call'`."),
                     "Behind the related records only a condition with `where` may follow.");
            return;
        }
        p->count_where.line = node->line;
        p->count_where.e = expr_read(c, s, node, str_sub(condition, 6, condition.len),
                                     offset + lead + n + skip + 6,
                                     o->relations[p->count_relation].object, EXPR_CONDITION);
        if (!p->count_where.e)
            return;
    }
    whole = str_fmt(c->arena, "count(%.*s)", STR_ARG(str_trim(text)));
    p->count.line = node->line;
    p->count.e = expr_read(c, s, node, whole, 0, p->object, EXPR_VALUE);
}

static void read_seasons(struct compiler *c, const struct source *s, struct policy *p)
{
    struct node **items;
    size_t n = get_tables(c, s->root, "seasons", &items);
    struct season *seasons = NEW_ARRAY(c->arena, n + 1, struct season);

    for (size_t i = 0; i < n; i++) {
        seasons[i] = (struct season){get_date(items[i], "from"), get_date(items[i], "to"),
                                     get_number(items[i], "at_least", 0)};
        if (seasons[i].from != DATE_NONE && seasons[i].to != DATE_NONE &&
            seasons[i].from > seasons[i].to)
            ERROR_AT(c, s, items[i], STR_NONE, "The season ends before it begins.");
    }
    p->seasons = seasons;
    p->n_seasons = n;
}

static void read_every(struct compiler *c, const struct source *s, struct policy *p)
{
    const struct node *count = get(s->root, "count"), *must = get(s->root, "must"),
                      *per = get(s->root, "per");

    p->clock = PC_EVERY;
    p->period = (enum policy_period)get_word(s->root, "every", period_words, 0);
    p->at_least = get_number(s->root, "at_least", 1);
    if (p->at_least < 0)
        ERROR_AT(c, s, get(s->root, "at_least"), STR_NONE, "\"at_least\" cannot be negative.");
    if (per && !str_eq(per->text, STR("owner")))
        ERROR_AT(c, s, per, STR("Write `per: owner`, or leave it out."),
                 "Periods are counted per owner only.");
    read_seasons(c, s, p);
    if (p->object < 0)
        return;
    if (count && must) {
        ERROR_AT(c, s, must, STR("Keep `count`."), "What counts is said twice.");
    } else if (count) {
        read_count(c, s, count, count->text, 0, p);
    } else if (must && str_starts(must->text, STR("count(")) && str_ends(must->text, STR(")"))) {
        read_count(c, s, must, str_sub(must->text, 6, must->text.len - 7), 6, p);
    } else {
        ERROR_AT(c, s, must ? must : s->root,
                 STR("For example `count: activities where kind = 'call'`."),
                 "A rule for every period says what counts.");
    }
}

/* ---- within, always ---- */
static void read_within(struct compiler *c, const struct source *s, struct policy *p)
{
    const struct node *of = get(s->root, "of"), *within = get(s->root, "within");

    p->clock = PC_WITHIN;
    p->within = get_duration(s->root, "within");
    if (within && p->within.us == 0 && p->within.business_days == 0 && p->within.business_us == 0)
        ERROR_AT(c, s, within, STR("Write `always: true` for what must hold at every moment."),
                 "No time at all cannot be met.");
    if (!of || str_eq(of->text, STR("when")) || p->object < 0)
        return;
    int f = field_ref(c, s, of, p->object);
    if (f >= 0 && c->m->objects[p->object].fields[f].type != FT_DATE_TIME)
        ERROR_AT(c, s, of, STR("Name a date-time field, or write `when`."),
                 "\"%.*s\" is of the type %s.", STR_ARG(of->text),
                 field_types[c->m->objects[p->object].fields[f].type].word);
    else
        p->of_field = f;
}

static void read_clock(struct compiler *c, const struct source *s, struct policy *p)
{
    static const char *const only_every[] = {"count", "at_least", "per", "seasons"};
    bool always = get_yes(s->root, "always", false);
    int n = (node_get(s->root, "within") != NULL) + (node_get(s->root, "every") != NULL) + always;

    if (n != 1)
        ERROR_AT(c, s,
                 n ? node_get(s->root, node_get(s->root, "every") ? "every" : "within") : s->root,
                 STR("Write one of `within: 24h`, `every: working day`, `always: true`."),
                 n ? "The rule has more than one clock."
                   : "The rule has no clock: within which time, in which period, or always?");
    if (node_get(s->root, "every")) {
        read_every(c, s, p);
        return;
    }
    if (always)
        p->clock = PC_ALWAYS;
    else
        read_within(c, s, p);
    if (always && get(s->root, "of"))
        ERROR_AT(c, s, get(s->root, "of"), STR_NONE, "\"of\" belongs to `within`.");
    for (size_t i = 0; i < sizeof only_every / sizeof only_every[0]; i++)
        if (get(s->root, only_every[i]))
            ERROR_AT(c, s, get(s->root, only_every[i]),
                     STR("Write `every: day` or another period, or leave it out."),
                     "\"%s\" belongs to `every`.", only_every[i]);
    p->must = rule_read(c, s, s->root, "must", p->object,
                        always ? EXPR_CONDITION | EXPR_CHANGE : EXPR_CONDITION);
    if (!get(s->root, "must") && !(node_get(s->root, "must") && node_get(s->root, "must")->bad))
        ERROR_AT(c, s, s->root, STR("For example `must: owner is not empty`."),
                 "The rule does not say what must hold.");
}

static void check_mode(struct compiler *c, const struct source *s, const struct policy *p)
{
    const struct node *mode = get(s->root, "mode"), *remind = get(s->root, "remind_before");

    if (p->mode == PM_BLOCK && p->clock == PC_EVERY)
        ERROR_AT(c, s, mode, STR("Write `mode: fix` or `mode: remind`."),
                 "A rule for every period cannot refuse a save.");
    for (size_t i = 0; i < p->n_on_breach; i++) {
        enum action_kind kind = p->on_breach[i].kind;

        if (p->mode == PM_REMIND && (kind == ACT_SET || kind == ACT_ASSIGN || kind == ACT_TAG))
            WARN_AT(c, s, get(s->root, "on_breach"), STR("Write `mode: fix` to let it."),
                    "In mode remind the actions on breach that change data do nothing.");
    }
    if (remind && p->clock != PC_WITHIN)
        ERROR_AT(c, s, remind, STR_NONE, "\"remind_before\" belongs to `within`.");
    if (remind && p->within.us > 0 && p->remind_before.us >= p->within.us)
        WARN_AT(c, s, remind, STR("Choose a shorter time."),
                "The reminder would go out before the time begins.");
}

static void read_policy(struct compiler *c, const struct source *s, struct policy *p, int index)
{
    static const char *const applies[] = {"all", "new", NULL};
    const struct node *object = get(s->root, "for"), *owed_by = get(s->root, "owed_by");
    struct node **actions;

    p->page = s->page;
    p->index = index;
    p->of_field = p->count_relation = -1;
    p->object = object ? object_ref(c, s, object) : -1;
    p->mode = (enum policy_mode)get_word(s->root, "mode", policy_mode_words, PM_OFF);
    p->applies_to_all = get_word(s->root, "applies_to", applies, 1) == 0;
    p->remind_before = get_duration(s->root, "remind_before");
    p->at_least = 1;
    if (p->object >= 0 && p->object < OBJECT_BUILT_INS) {
        ERROR_AT(c, s, object, STR_NONE,
                 "Rules are about records; \"%.*s\" is kept by the program.",
                 STR_ARG(object->text));
        p->object = -1;
    }
    p->when = rule_read(c, s, s->root, "when", p->object, EXPR_CONDITION);
    p->except = rule_read(c, s, s->root, "except", p->object, EXPR_CONDITION);
    if (s->root)
        read_clock(c, s, p);
    p->owed_by.kind = WHO_OWNER;
    if (owed_by && who_read(c, s, owed_by, &p->owed_by) &&
        (p->owed_by.kind == WHO_ON_DUTY || p->owed_by.kind == WHO_NEXT_FREE))
        ERROR_AT(c, s, owed_by, STR("Write owner, superior, role:<name> or user:<mail>."),
                 "A rule is owed by somebody who does not change by the hour.");
    p->n_on_breach = get_tables(c, s->root, "on_breach", &actions);
    struct action *list = NEW_ARRAY(c->arena, p->n_on_breach + 1, struct action);
    for (size_t i = 0; i < p->n_on_breach; i++)
        read_action(c, s, actions[i], p->object, &list[i]);
    p->on_breach = list;
    if (s->root)
        check_mode(c, s, p);
    if (p->object >= 0)
        p->sentence = policy_sentence(c->arena, c->m, p);
}

void compile_policies(struct compiler *c)
{
    struct manual *m = c->m;

    m->n_policies = c->n_names[PK_POLICY];
    m->policies = NEW_ARRAY(c->arena, m->n_policies + 1, struct policy);
    for (size_t i = 0; i < m->n_policies; i++)
        read_policy(c, source_of(c, PK_POLICY, (int)i), &m->policies[i], (int)i);
}

/* ---- escalations ---- */
static const char *const how_words[] = {"notify", "task", NULL};

static bool may_be_nobody(const struct who *who)
{
    return who->kind == WHO_OWNER || who->kind == WHO_SUPERIOR;
}

static void read_levels(struct compiler *c, const struct source *s, struct escalation *e)
{
    struct node **items, *end = get(s->root, "end");
    size_t n = get_tables(c, s->root, "levels", &items);
    struct escalation_level *levels = NEW_ARRAY(c->arena, n + 2, struct escalation_level);
    bool who_known = true;

    for (size_t i = 0; i < n; i++) {
        const struct node *who = get(items[i], "who");

        levels[i].name = get_text(items[i], "name");
        levels[i].after = get_duration(items[i], "after");
        levels[i].as_task = get_word(items[i], "how", how_words, 0) == 1;
        levels[i].section = page_section(s->page, levels[i].name);
        who_known = who && who_read(c, s, who, &levels[i].who);
        for (size_t k = 0; k < i; k++)
            if (levels[i].name.len && str_eq(levels[i].name, levels[k].name))
                ERROR_AT(c, s, get(items[i], "name"), STR("Give each its own name."),
                         "There are two levels named \"%.*s\".", STR_ARG(levels[i].name));
    }
    if (end) { /* the end is one more level, of somebody who is always there */
        const struct node *who = get(end, "who");
        struct escalation_level *last = &levels[n];

        last->name = STR("end");
        last->as_task = get_word(end, "how", how_words, 1) == 1;
        last->section = page_section(s->page, last->name);
        last->after = get(end, "after") ? get_duration(end, "after")
                      : n               ? levels[n - 1].after
                                        : (struct duration){0};
        if (last->after.us == 0 && last->after.business_days == 0 && last->after.business_us == 0 &&
            !get(end, "after"))
            last->after.us = US_PER_DAY;
        who_known = who && who_read(c, s, who, &last->who);
        n++;
    }
    if (get(s->root, "levels") && n == (end ? 1u : 0u))
        ERROR_AT(c, s, get(s->root, "levels"), STR_NONE, "The escalation has no levels.");
    else if (n && who_known && may_be_nobody(&levels[n - 1].who))
        ERROR_AT(
            c, s, end ? get(end, "who") : items[n - 1],
            STR("End it with a role, for example `end: { who: role:sales-director, how: task }`."),
            "The escalation may end at nobody: there is not always %s.",
            levels[n - 1].who.kind == WHO_OWNER ? "an owner" : "a superior");
    e->levels = levels;
    e->n_levels = n;
}

void compile_escalations(struct compiler *c)
{
    static const char *const cover[] = {"superior", "none", NULL};
    struct manual *m = c->m;

    m->n_escalations = c->n_names[PK_ESCALATION];
    m->escalations = NEW_ARRAY(c->arena, m->n_escalations + 1, struct escalation);
    for (size_t i = 0; i < m->n_escalations; i++) {
        const struct source *s = source_of(c, PK_ESCALATION, (int)i);
        struct escalation *e = &m->escalations[i];
        const struct node *object = get(s->root, "object");

        e->page = s->page;
        e->index = (int)i;
        e->object = object && !str_eq(object->text, STR("any")) ? object_ref(c, s, object) : -1;
        e->cover_superior = get_word(s->root, "cover", cover, 1) == 0;
        read_levels(c, s, e);
    }
}
