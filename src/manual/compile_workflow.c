/* Workflows: stages, steps, answers, ends. */
#include "manual/compile_impl.h"

static bool name_taken(const struct str *seen, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(seen[i], name))
            return true;
    return false;
}

/* Reports a name that stands twice among seen[0..n), else adds it. */
static size_t take_name(struct compiler *c, const struct source *s, const struct node *map,
                        const char *what, struct str *seen, size_t n)
{
    struct str name = get_text(map, "name");

    if (!name.len)
        return n;
    if (name_taken(seen, n, name))
        ERROR_AT(c, s, get(map, "name"), STR("Give each its own name."),
                 "There are two %s named \"%.*s\".", what, STR_ARG(name));
    seen[n] = name;
    return n + 1;
}

/* ---- answers ---- */
static void read_activity(struct compiler *c, const struct source *s, const struct node *node,
                          struct outcome *o)
{
    static const char *const directions[] = {"in", "out", "internal", NULL};
    const struct node *kind = get(node, "kind");
    int activity = manual_object_index(c->m, "activity");

    o->activity_kind = get_text(node, "kind");
    o->activity_direction = str_from(directions[get_word(node, "direction", directions, 1)]);
    if (!kind || activity < 0 || c->object_broken[activity])
        return;
    const struct field *f = object_field(&c->m->objects[activity], STR("kind"));
    if (f)
        (void)literal_check(c, s, kind, &c->m->objects[activity], f, kind->text);
}

static void read_outcome(struct compiler *c, const struct source *s, const struct node *node,
                         int object, struct outcome *o)
{
    const struct node *activity = get(node, "activity"), *then = get(node, "then");

    o->label = get_text(node, "label");
    o->n_set = set_read(c, s, node, "set", object, &o->set);
    if (activity)
        read_activity(c, s, activity, o);
    if (!then || str_eq(then->text, STR("next")))
        return;
    struct str wait = str_trim(str_sub(then->text, STR("again in").len, then->text.len));
    if (!str_starts(then->text, STR("again in ")) || !duration_parse(wait, &o->again)) {
        ERROR_AT(c, s, then, STR("Write `next`, or for example `again in 1d`."),
                 "\"%.*s\" does not say what comes next.", STR_ARG(then->text));
        return;
    }
    o->is_again = true;
}

/* ---- steps ---- */
/* The field that says on which day the step is due; -1: none. */
static int due_field(struct compiler *c, const struct source *s, const struct node *node, int object)
{
    const struct node *on = get(node, "due_on");
    int f = on && object >= 0 ? field_ref(c, s, on, object) : -1;

    if (f < 0)
        return -1;
    enum field_type type = c->m->objects[object].fields[f].type;
    if (type == FT_DATE || type == FT_DATE_TIME)
        return f;
    ERROR_AT(c, s, on, STR("Name a date or a date-time of the record."),
             "\"%.*s\" is no day on which something can be due.", STR_ARG(on->text));
    return -1;
}

static void read_step(struct compiler *c, const struct source *s, const struct node *node,
                      int object, int index, struct step *step)
{
    const struct node *role = get(node, "role"), *template_page = get(node, "template"),
                      *escalation = get(node, "escalation");
    struct node **asks;

    step->name = get_text(node, "name");
    step->line = node->line;
    step->index = index;
    step->template_page = template_page ? page_ref(c, s, template_page, PK_TEMPLATE) : -1;
    step->escalation = escalation ? page_ref(c, s, escalation, PK_ESCALATION) : -1;
    step->optional = get_yes(node, "optional", false);
    step->due = get_duration(node, "due");
    step->section = page_section(s->page, step->name);
    if (role && (str_eq(role->text, STR("owner")) || page_ref(c, s, role, PK_ROLE) >= 0))
        step->role = role->text;
    step->due_on = due_field(c, s, node, object);
    if (escalation && !get(node, "due") && !get(node, "due_on"))
        WARN_AT(c, s, escalation, STR("Give the step a `due`."),
                "The step \"%.*s\" is never overdue, so its escalation never starts.",
                STR_ARG(step->name));
    if (object < 0)
        return;
    step->done_when = rule_read(c, s, node, "done_when", object, EXPR_CONDITION);
    step->n_needs = needs_refs(c, s, node, object, &step->needs);
    step->n_outcomes = get_tables(c, node, "asks", &asks);
    struct outcome *outcomes = NEW_ARRAY(c->arena, step->n_outcomes + 1, struct outcome);
    struct str *labels = NEW_ARRAY(c->arena, step->n_outcomes + 1, struct str);
    for (size_t i = 0; i < step->n_outcomes; i++) {
        read_outcome(c, s, asks[i], object, &outcomes[i]);
        if (name_taken(labels, i, outcomes[i].label))
            ERROR_AT(c, s, get(asks[i], "label"), STR("Give each its own text."),
                     "The answer \"%.*s\" stands here twice.", STR_ARG(outcomes[i].label));
        labels[i] = outcomes[i].label;
    }
    step->outcomes = outcomes;
}

/* ---- stages and ends ---- */
struct names {
    struct str *at;
    size_t n;
};

static void read_stage(struct compiler *c, const struct source *s, const struct node *node,
                       int object, int index, struct stage *stage, struct names *step_names)
{
    struct node **steps;
    int64_t max_steps = get_number(node, "max_steps", 7);

    stage->name = get_text(node, "name");
    stage->line = node->line;
    stage->index = index;
    stage->section = page_section(s->page, stage->name);
    stage->idle_after = get_duration(node, "idle_after");
    stage->probability = -1;
    if (get(node, "probability")) {
        int64_t p = get_number(node, "probability", -1);

        if (p < 0 || p > 100)
            ERROR_AT(c, s, get(node, "probability"), STR_NONE,
                     "A probability is 0 to 100 percent.");
        else
            stage->probability = (int)p;
    }
    if (object >= 0) {
        stage->when = rule_read(c, s, node, "when", object, EXPR_CONDITION);
        stage->enter_when =
            rule_read(c, s, node, "enter_when", object, EXPR_CONDITION | EXPR_CHANGE);
        stage->leave_when =
            rule_read(c, s, node, "leave_when", object, EXPR_CONDITION | EXPR_CHANGE);
        stage->n_needs = needs_refs(c, s, node, object, &stage->needs);
    }
    stage->n_steps = get_tables(c, node, "steps", &steps);
    struct step *list = NEW_ARRAY(c->arena, stage->n_steps + 1, struct step);
    for (size_t i = 0; i < stage->n_steps; i++) {
        read_step(c, s, steps[i], object, (int)i, &list[i]);
        step_names->n = take_name(c, s, steps[i], "steps", step_names->at, step_names->n);
    }
    stage->steps = list;
    if (max_steps < 0)
        ERROR_AT(c, s, get(node, "max_steps"), STR_NONE, "The number of steps cannot be negative.");
    else if ((int64_t)stage->n_steps > max_steps)
        WARN_AT(
            c, s, node, STR("Split the stage, or drop the steps nobody would miss."),
            "The stage \"%.*s\" has %zu steps; people skip steps when there are more than %lld.",
            STR_ARG(stage->name), stage->n_steps, (long long)max_steps);
}

static void read_end(struct compiler *c, const struct source *s, const struct node *node,
                     int object, struct workflow_end *end)
{
    static const char *const then_words[] = {"convert", "none", NULL};

    end->name = get_text(node, "name");
    end->line = node->line;
    end->convert = get_word(node, "then", then_words, 1) == 0;
    if (end->convert && object >= 0 && !str_eq(c->m->objects[object].name, STR("lead")))
        ERROR_AT(c, s, get(node, "then"), STR("Write `then: none`."),
                 "Only a lead can be converted.");
    if (object < 0)
        return;
    end->when = rule_read(c, s, node, "when", object, EXPR_CONDITION);
    end->n_needs = needs_refs(c, s, node, object, &end->needs);
}

static size_t count_steps(struct compiler *c, struct node **stages, size_t n)
{
    size_t total = 0;
    struct node **steps;

    for (size_t i = 0; i < n; i++)
        total += get_tables(c, stages[i], "steps", &steps);
    return total;
}

static void read_workflow(struct compiler *c, const struct source *s, struct workflow *w, int index)
{
    static const char *const restart[] = {"never", "each time", NULL};
    const struct node *object = get(s->root, "object");
    struct node **stages, **ends;
    struct names stage_names = {0}, step_names = {0}, end_names = {0};

    w->page = s->page;
    w->index = index;
    w->object = object ? object_ref(c, s, object) : -1;
    if (w->object >= 0 && w->object < OBJECT_BUILT_INS) {
        ERROR_AT(c, s, object, STR_NONE,
                 "Records of \"%.*s\" are kept by the program; they go no way of their own.",
                 STR_ARG(object->text));
        w->object = -1;
    }
    w->restart = get_word(s->root, "restart", restart, 0) == 1;
    w->starts_when = rule_read(c, s, s->root, "starts_when", w->object, EXPR_CONDITION);
    w->n_stages = get_tables(c, s->root, "stages", &stages);
    w->n_ends = get_tables(c, s->root, "ends", &ends);
    w->stages = NEW_ARRAY(c->arena, w->n_stages + 1, struct stage);
    w->ends = NEW_ARRAY(c->arena, w->n_ends + 1, struct workflow_end);
    stage_names.at = NEW_ARRAY(c->arena, w->n_stages + 1, struct str);
    end_names.at = NEW_ARRAY(c->arena, w->n_ends + 1, struct str);
    step_names.at = NEW_ARRAY(c->arena, count_steps(c, stages, w->n_stages) + 1, struct str);
    for (size_t i = 0; i < w->n_stages; i++) {
        read_stage(c, s, stages[i], w->object, (int)i, &w->stages[i], &step_names);
        stage_names.n = take_name(c, s, stages[i], "stages", stage_names.at, stage_names.n);
    }
    for (size_t i = 0; i < w->n_ends; i++) {
        read_end(c, s, ends[i], w->object, &w->ends[i]);
        end_names.n = take_name(c, s, ends[i], "ends", end_names.at, end_names.n);
    }
    if (get(s->root, "stages") && w->n_stages == 0)
        ERROR_AT(c, s, get(s->root, "stages"), STR("A workflow has at least one stage."),
                 "The workflow has no stages.");
}

void compile_workflows(struct compiler *c)
{
    struct manual *m = c->m;

    m->n_workflows = c->n_names[PK_WORKFLOW];
    m->workflows = NEW_ARRAY(c->arena, m->n_workflows + 1, struct workflow);
    for (size_t i = 0; i < m->n_workflows; i++)
        read_workflow(c, source_of(c, PK_WORKFLOW, (int)i), &m->workflows[i], (int)i);
}
