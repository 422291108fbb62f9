/* Checks across a page and across pages: what each part alone cannot know. */
#include "manual/compile_impl.h"

#include <stdint.h>

/* ---- conditions, as far as they can be judged without records ---- */
static struct expr_val no_value(void *ctx, struct arena *arena, int field)
{
    (void)ctx, (void)arena, (void)field;
    return (struct expr_val){.type = ET_EMPTY};
}

static bool no_follow(void *ctx, struct arena *arena, int field, struct expr_record *to)
{
    (void)ctx, (void)arena, (void)field, (void)to;
    return false;
}

static void no_related(void *ctx, struct arena *arena, int relation,
                       bool (*each)(void *, const struct expr_record *), void *each_ctx)
{
    (void)ctx, (void)arena, (void)relation, (void)each, (void)each_ctx;
}

/* Reads nothing of the record and no clock, and is false. */
static bool never_true(struct compiler *c, const struct expr *e)
{
    struct expr_dep *deps;
    size_t n;

    if (!e || expr_uses_time(e))
        return false;
    expr_deps(c->arena, e, &deps, &n);
    if (n)
        return false;
    struct expr_record rec = {.object = &c->schema->objects[expr_object_of(e)],
                              .get = no_value,
                              .follow = no_follow,
                              .related = no_related};
    struct expr_env env = {.zone = zone_utc()};
    return !expr_test(c->arena, e, &rec, &env);
}

/* A condition of the form field = 'a' or field in ('a', 'b'). */
struct choice_set {
    struct str field;
    VEC(struct str) values; /* with their quotes */
};

static bool take_literal(struct str *rest, struct str *out)
{
    size_t i = 1;

    if (!rest->len || rest->ptr[0] != '\'')
        return false;
    for (;; i++) {
        if (i >= rest->len)
            return false;
        if (rest->ptr[i] != '\'')
            continue;
        if (i + 1 < rest->len && rest->ptr[i + 1] == '\'') {
            i++;
            continue;
        }
        break;
    }
    *out = str_sub(*rest, 0, i + 1);
    *rest = str_trim(str_sub(*rest, i + 1, rest->len));
    return true;
}

static bool choice_set_read(struct arena *arena, const struct expr *e, struct choice_set *out)
{
    struct str text = str_trim(expr_print(arena, e)), value;
    size_t n = 0;
    bool list;

    *out = (struct choice_set){0};
    while (n < text.len &&
           ((text.ptr[n] >= 'a' && text.ptr[n] <= 'z') ||
            (text.ptr[n] >= '0' && text.ptr[n] <= '9') || text.ptr[n] == '_' || text.ptr[n] == '.'))
        n++;
    out->field = str_sub(text, 0, n);
    text = str_trim(str_sub(text, n, text.len));
    list = str_starts(text, STR("in ("));
    if (!n || (!list && !str_starts(text, STR("= "))))
        return false;
    text = str_trim(str_sub(text, list ? 4 : 2, text.len));
    while (take_literal(&text, &value)) {
        VEC_PUSH(arena, out->values) = value;
        if (!list)
            return text.len == 0;
        if (str_eq(text, STR(")")))
            return true;
        if (!str_starts(text, STR(",")))
            return false;
        text = str_trim(str_sub(text, 1, text.len));
    }
    return false;
}

static bool set_has(const struct choice_set *set, struct str value)
{
    for (size_t i = 0; i < set->values.n; i++)
        if (str_eq(set->values.at[i], value))
            return true;
    return false;
}

/* ---- workflows ---- */
static struct str print_of(struct compiler *c, const struct rule *rule)
{
    return rule->e ? expr_print(c->arena, rule->e) : STR_NONE;
}

/* The node of the i-th item of a list of the page. */
static const struct node *item_node(struct compiler *c, const struct source *s,
                                    const struct node *map, const char *key, size_t i)
{
    struct node **items;
    size_t n = get_tables(c, map, key, &items);

    return i < n ? items[i] : s->root;
}

static void stage_error(struct compiler *c, const struct source *s, const struct stage *stage,
                        struct str suggestion, const char *what, struct str other)
{
    struct str quoted = other.len ? str_fmt(c->arena, " \"%.*s\"", STR_ARG(other)) : STR_NONE;

    ERROR_AT(c, s, item_node(c, s, s->root, "stages", (size_t)stage->index), suggestion,
             "The stage \"%.*s\" %s%.*s.", STR_ARG(stage->name), what, STR_ARG(quoted));
}

/* An earlier stage whose `when` takes every record of this one. */
static const struct stage *shadowed_by(struct compiler *c, const struct workflow *w,
                                       const struct stage *stage)
{
    struct choice_set mine, theirs;
    struct str text = print_of(c, &stage->when);
    bool simple;

    if (!stage->when.e)
        return NULL;
    simple = choice_set_read(c->arena, stage->when.e, &mine);
    for (int i = 0; i < stage->index; i++) {
        const struct stage *before = &w->stages[i];

        if (!before->when.e)
            continue;
        if (str_eq(print_of(c, &before->when), text))
            return before;
        if (!simple || !choice_set_read(c->arena, before->when.e, &theirs) ||
            !str_eq(mine.field, theirs.field))
            continue;
        bool all = true;
        for (size_t k = 0; k < mine.values.n; k++)
            all = all && set_has(&theirs, mine.values.at[k]);
        if (all)
            return before;
    }
    return NULL;
}

static void check_stage(struct compiler *c, const struct source *s, const struct workflow *w,
                        const struct stage *stage)
{
    const struct stage *other = shadowed_by(c, w, stage);
    struct str when = print_of(c, &stage->when);

    if (never_true(c, stage->when.e))
        stage_error(c, s, stage, STR("Correct its `when`."),
                    "is never reached: its `when` can never hold", STR_NONE);
    else if (never_true(c, stage->enter_when.e))
        stage_error(c, s, stage, STR("Correct its `enter_when`."),
                    "is never reached: its `enter_when` can never hold", STR_NONE);
    else if (other)
        stage_error(c, s, stage, STR("Let each stage have records of its own."),
                    "is never reached: its records are at the earlier stage", other->name);
    if (never_true(c, stage->leave_when.e))
        stage_error(c, s, stage, STR("Correct its `leave_when`."),
                    "can never be left: its `leave_when` can never hold", STR_NONE);
    for (size_t i = 0; when.len && i < w->n_ends; i++)
        if (str_eq(print_of(c, &w->ends[i].when), when))
            stage_error(c, s, stage, STR("Let the end hold for other records than the stage."),
                        "is never reached: the same records are at the end", w->ends[i].name);
    if ((size_t)stage->index + 1 >= w->n_stages)
        return;
    const struct stage *next = &w->stages[stage->index + 1];
    size_t mandatory = 0;
    for (size_t i = 0; i < stage->n_steps; i++)
        mandatory += !stage->steps[i].optional;
    if (mandatory == 0 && !stage->n_needs && !stage->leave_when.e && !next->when.e &&
        !next->enter_when.e && !stage->when.e)
        WARN_AT(c, s, item_node(c, s, s->root, "stages", (size_t)stage->index),
                STR("Give it a step, `needs` or `leave_when`, or the next stage an `enter_when`."),
                "Nothing keeps a record at the stage \"%.*s\": it is passed at once.",
                STR_ARG(stage->name));
}

static void check_workflow_pages(struct compiler *c, const struct source *s,
                                 const struct workflow *w)
{
    for (size_t i = 0; i < w->n_stages; i++)
        for (size_t k = 0; k < w->stages[i].n_steps; k++) {
            const struct step *step = &w->stages[i].steps[k];
            const struct node *at =
                item_node(c, s, item_node(c, s, s->root, "stages", i), "steps", k);
            int t = step->template_page < 0 ? -1 : c->m->templates[step->template_page].object;
            int e = step->escalation < 0 ? -1 : c->m->escalations[step->escalation].object;

            if (t >= 0 && t != w->object)
                WARN_AT(c, s, at, STR_NONE,
                        "The step \"%.*s\" offers a template that reads fields of another object, "
                        "%.*s.",
                        STR_ARG(step->name), STR_ARG(c->m->objects[t].name));
            if (e >= 0 && e != w->object)
                ERROR_AT(c, s, at, STR("Leave `object` out in the escalation, or name this one."),
                         "The step \"%.*s\" starts an escalation that is for another object, %.*s.",
                         STR_ARG(step->name), STR_ARG(c->m->objects[e].name));
        }
}

static void check_workflow(struct compiler *c, const struct source *s, const struct workflow *w)
{
    const struct node *ends = get(s->root, "ends");
    struct str start = print_of(c, &w->starts_when);
    size_t dead = 0;

    if (never_true(c, w->starts_when.e))
        ERROR_AT(c, s, get(s->root, "starts_when"), STR_NONE,
                 "The workflow never starts: `starts_when` can never hold.");
    for (size_t i = 0; i < w->n_ends; i++) {
        dead += never_true(c, w->ends[i].when.e);
        if (start.len && str_eq(start, print_of(c, &w->ends[i].when)))
            ERROR_AT(c, s, item_node(c, s, s->root, "ends", i),
                     STR("Let the end hold for other records than the start."),
                     "The end \"%.*s\" holds as soon as the workflow starts.",
                     STR_ARG(w->ends[i].name));
    }
    if (ends && dead == w->n_ends)
        ERROR_AT(c, s, ends, STR("Give it an end, with or without `when`."),
                 "The workflow can never be left: it has no end that can be reached.");
    if (w->object < 0)
        return;
    for (size_t i = 0; i < w->n_stages; i++)
        check_stage(c, s, w, &w->stages[i]);
    check_workflow_pages(c, s, w);
}

/* ---- policies that contradict ---- */
static bool has_junction(struct str text)
{
    bool quoted = false;

    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\'')
            quoted = !quoted;
        if (!quoted && (str_starts(str_sub(text, i, 5), STR(" and ")) ||
                        str_starts(str_sub(text, i, 4), STR(" or "))))
            return true;
    }
    return false;
}

/* Position of an operator outside quotes, or SIZE_MAX. */
static size_t find_operator(struct str text, struct str op)
{
    bool quoted = false;

    for (size_t i = 0; i + op.len <= text.len; i++) {
        if (text.ptr[i] == '\'')
            quoted = !quoted;
        if (!quoted && str_starts(str_sub(text, i, op.len), op))
            return i;
    }
    return SIZE_MAX;
}

/* The texts that say the opposite of a canonical condition. */
static size_t opposites(struct arena *arena, struct str text, struct str out[4])
{
    static const struct {
        struct str op, opposite;
    } pairs[] = {
        {{" is not empty", 13}, {" is empty", 9}},
        {{" is empty", 9}, {" is not empty", 13}},
        {{" not in (", 9}, {" in (", 5}},
        {{" in (", 5}, {" not in (", 9}},
        {{" != ", 4}, {" = ", 3}},
        {{" <> ", 4}, {" = ", 3}},
        {{" >= ", 4}, {" < ", 3}},
        {{" <= ", 4}, {" > ", 3}},
        {{" > ", 3}, {" <= ", 4}},
        {{" < ", 3}, {" >= ", 4}},
        {{" = ", 3}, {" != ", 4}},
    };
    size_t n = 0;

    if (str_starts(text, STR("not (")) && str_ends(text, STR(")")))
        out[n++] = str_sub(text, 5, text.len - 6);
    else if (str_starts(text, STR("not ")))
        out[n++] = str_sub(text, 4, text.len);
    out[n++] = str_fmt(arena, "not (%.*s)", STR_ARG(text));
    out[n++] = str_fmt(arena, "not %.*s", STR_ARG(text));
    if (has_junction(text))
        return n;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        size_t at = find_operator(text, pairs[i].op);

        if (at == SIZE_MAX)
            continue;
        out[n++] = str_fmt(arena, "%.*s%.*s%.*s", STR_ARG(str_sub(text, 0, at)),
                           STR_ARG(pairs[i].opposite),
                           STR_ARG(str_sub(text, at + pairs[i].op.len, text.len)));
        break;
    }
    return n;
}

static void contradiction(struct compiler *c, const struct policy *p, const struct policy *other)
{
    const struct source *s = source_of(c, PK_POLICY, p->index);
    bool both_run = p->mode != PM_OFF && other->mode != PM_OFF;

    finding_add(c, both_run ? SEV_ERROR : SEV_WARNING, s->page, p->must.line,
                get(s->root, "must") ? get(s->root, "must")->column : 1,
                STR("Give them different `when`, or drop one."),
                "This rule and %.*s contradict each other: no record can meet both.",
                STR_ARG(other->page->path));
}

static void check_policies(struct compiler *c)
{
    struct strmap *by_must = strmap_new(c->arena, c->m->n_policies * 2 + 8),
                  *by_field = strmap_new(c->arena, 64);

    for (size_t i = 0; i < c->m->n_policies; i++) {
        const struct policy *p = &c->m->policies[i];
        struct str scope, opposite[4], must;
        struct choice_set set, theirs;
        int64_t other;
        bool found = false;

        if (!p->must.e || p->object < 0)
            continue;
        must = expr_print(c->arena, p->must.e);
        scope = str_fmt(c->arena, "%d|%.*s|", p->object, STR_ARG(print_of(c, &p->when)));
        size_t n = opposites(c->arena, must, opposite);
        for (size_t k = 0; k < n && !found; k++)
            if (strmap_get(by_must,
                           str_fmt(c->arena, "%.*s%.*s", STR_ARG(scope), STR_ARG(opposite[k])),
                           &other)) {
                contradiction(c, p, &c->m->policies[other]);
                found = true;
            }
        strmap_put(by_must, str_fmt(c->arena, "%.*s%.*s", STR_ARG(scope), STR_ARG(must)),
                   (int64_t)i);
        if (found || !choice_set_read(c->arena, p->must.e, &set))
            continue;
        struct str key = str_fmt(c->arena, "%.*s=%.*s", STR_ARG(scope), STR_ARG(set.field));
        if (strmap_get(by_field, key, &other) &&
            choice_set_read(c->arena, c->m->policies[other].must.e, &theirs)) {
            bool common = false;

            for (size_t k = 0; k < set.values.n; k++)
                common = common || set_has(&theirs, set.values.at[k]);
            if (!common)
                contradiction(c, p, &c->m->policies[other]);
        }
        strmap_put(by_field, key, (int64_t)i);
    }
}

static void check_policy_pages(struct compiler *c)
{
    for (size_t i = 0; i < c->m->n_policies; i++) {
        const struct policy *p = &c->m->policies[i];
        const struct source *s = source_of(c, PK_POLICY, (int)i);

        for (size_t k = 0; k < p->n_on_breach; k++) {
            int e = p->on_breach[k].escalation, object = e < 0 ? -1 : c->m->escalations[e].object;

            if (p->on_breach[k].kind == ACT_ESCALATE && object >= 0 && object != p->object)
                ERROR_AT(c, s, get(s->root, "on_breach"),
                         STR("Leave `object` out in the escalation, or name this one."),
                         "The escalation \"%.*s\" is for another object, %.*s.",
                         STR_ARG(c->m->escalations[e].page->name),
                         STR_ARG(c->m->objects[object].name));
        }
        if (never_true(c, p->must.e))
            ERROR_AT(c, s, get(s->root, "must"), STR_NONE,
                     "No record can meet this rule: `must` can never hold.");
        if (never_true(c, p->when.e))
            ERROR_AT(c, s, get(s->root, "when"), STR_NONE,
                     "The rule is about no record: `when` can never hold.");
    }
}

/* A page that should have been looked at is not wrong; nobody to look at it is worth a word only with a review date. */
static void check_reviews(struct compiler *c)
{
    for (size_t i = 0; i < c->m->n_pages; i++) {
        const struct source *s = &c->sources[i];

        if (s->page->review != DATE_NONE && !get(s->root, "owner"))
            WARN_AT(c, s, get(s->root, "review"), STR("Add `owner: <role>`."),
                    "The page has a review date but no role that would review it.");
    }
}

void check_across(struct compiler *c)
{
    for (size_t i = 0; i < c->m->n_workflows; i++)
        check_workflow(c, source_of(c, PK_WORKFLOW, (int)i), &c->m->workflows[i]);
    check_policies(c);
    check_policy_pages(c);
    check_reviews(c);
}
