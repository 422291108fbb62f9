/* Gates: a stage is not left while something of it is missing.
 *
 * Going forward asks of every stage that is left behind: its mandatory steps, its `needs`, its `leave_when`; and of the
 * one that is entered its `enter_when`. Going back asks nothing. An end asks its own `needs`; steps that the record
 * itself can prove (done_when) are asked for as well, and with `then: convert` all mandatory ones. An end that means
 * "lost" asks its needs alone: nobody has to send a proposal in order to write down that there is no sale.
 *
 * The gate is part of record_save, so it is the same for form, board, import, API and rule. Whoever holds bypass-gates
 * passes with a reason, which is put down.
 */
#include "work/work_impl.h"

#include <string.h>

static void add_missing(const struct work *w, struct missing_list *out, struct str text,
                        struct str field, struct str way_out, struct str reason)
{
    for (size_t i = 0; i < out->list.n; i++)
        if (str_eq(out->list.at[i].text, text))
            return;
    VEC_PUSH(w->arena, out->list) = (struct missing){
        .text = text,
        .field = field,
        .way_out = way_out,
        .reason = reason.ptr ? reason : STR(""),
    };
}

static struct str section_why(const struct section *s, const struct page *page)
{
    return s && s->why.len ? s->why : page->why.ptr ? page->why : STR("");
}

static void missing_fields(const struct work *w, const struct workflow *wf, const int *needs,
                           size_t n_needs, struct str at, const struct section *section,
                           const struct record *r, struct missing_list *out)
{
    for (size_t i = 0; i < n_needs; i++) {
        const struct field *f = &r->object->fields[needs[i]];

        if (value_filled(&r->values[needs[i]]))
            continue;
        add_missing(
            w, out, str_fmt(w->arena, "%.*s is empty", STR_ARG(f->label)), f->name,
            str_fmt(w->arena, "Fill in %.*s; %.*s asks for it.", STR_ARG(f->label), STR_ARG(at)),
            section_why(section, wf->page));
    }
}

static const struct task_row *find_open(const struct task_row *tasks, size_t n, struct str stage,
                                        struct str step)
{
    for (size_t i = 0; i < n; i++)
        if (!tasks[i].t.closed_us && str_eq(tasks[i].stage, stage) && str_eq(tasks[i].t.step, step))
            return &tasks[i];
    return NULL;
}

enum steps_asked { STEPS_NONE, STEPS_PROVABLE, STEPS_ALL };

static void missing_steps(const struct work *w, const struct workflow *wf, const struct stage *st,
                          enum steps_asked asked, const struct expr_record *er,
                          const struct task_row *tasks, size_t n, struct missing_list *out)
{
    for (size_t i = 0; i < st->n_steps; i++) {
        const struct step *s = &st->steps[i];
        const struct task_row *t;
        struct str whom, how;

        if (s->optional || asked == STEPS_NONE || (asked == STEPS_PROVABLE && !s->done_when.e) ||
            step_done(w, s, st->name, tasks, n, er))
            continue;
        t = find_open(tasks, n, st->name, s->name);
        whom = t && t->t.owed_by ? who_name(w, t->t.owed_by) : s->role;
        how = s->done_when.e ? str_fmt(w->arena, "It is done when %.*s.",
                                       STR_ARG(expr_words(w->arena, s->done_when.e)))
                             : STR("Close its task when it is done.");
        add_missing(w, out, str_fmt(w->arena, "the step \"%.*s\" is open", STR_ARG(s->name)),
                    STR(""), str_fmt(w->arena, "%.*s Ask %.*s.", STR_ARG(how), STR_ARG(whom)),
                    section_why(s->section, wf->page));
    }
}

static void missing_condition(const struct work *w, const struct workflow *wf,
                              const struct stage *st, const struct rule *rule, const char *what,
                              const struct expr_record *er, struct missing_list *out)
{
    struct expr_env env = work_env(w);

    if (!rule->e || expr_test(w->arena, rule->e, er, &env))
        return;
    add_missing(w, out,
                str_fmt(w->arena, "%s %.*s asks that %.*s", what, STR_ARG(st->name),
                        STR_ARG(expr_words(w->arena, rule->e))),
                STR(""), STR("See to it first."), section_why(st->section, wf->page));
}

/* 1 won, 2 lost, 0: the record does not say. */
static int closed_mark(const struct record *r)
{
    int mark = 0;

    for (size_t i = F_SYSTEM_COUNT; i < r->object->n_fields; i++) {
        const struct field *f = &r->object->fields[i];

        if (f->type != FT_CHOICE || r->values[i].empty)
            continue;
        for (size_t k = 0; k < f->n_options; k++)
            if (f->options[k].closed && str_eq(f->options[k].name, r->values[i].s))
                mark = f->options[k].closed;
    }
    return mark;
}

static void missing_for_end(const struct work *w, const struct workflow *wf, int from,
                            const struct workflow_end *end, const struct record *r,
                            const struct expr_record *er, const struct task_row *tasks, size_t n,
                            struct missing_list *out)
{
    int mark = closed_mark(r);
    bool lost = mark == 2 || (mark == 0 && !end->convert && end->n_needs > 0);
    enum steps_asked asked = lost ? STEPS_NONE : end->convert ? STEPS_ALL : STEPS_PROVABLE;

    missing_fields(w, wf, end->needs, end->n_needs, end->name, page_section(wf->page, end->name), r,
                   out);
    if (from < 0 || lost)
        return;
    missing_steps(w, wf, &wf->stages[from], asked, er, tasks, n, out);
    missing_condition(w, wf, &wf->stages[from], &wf->stages[from].leave_when, "leaving", er, out);
}

void gate_missing(const struct work *w, const struct workflow *wf, int from, int to,
                  const struct record *r, const struct expr_record *er,
                  const struct task_row *tasks, size_t n, struct missing_list *out)
{
    if (to >= (int)wf->n_stages) {
        size_t end = (size_t)to - wf->n_stages;

        if (end < wf->n_ends)
            missing_for_end(w, wf, from, &wf->ends[end], r, er, tasks, n, out);
        return;
    }
    if (from < 0 || to <= from)
        return;
    for (int i = from; i < to; i++) {
        const struct stage *st = &wf->stages[i];

        missing_steps(w, wf, st, STEPS_ALL, er, tasks, n, out);
        missing_fields(w, wf, st->needs, st->n_needs, st->name, st->section, r, out);
        missing_condition(w, wf, st, &st->leave_when, "leaving", er, out);
    }
    missing_condition(w, wf, &wf->stages[to], &wf->stages[to].enter_when, "entering", er, out);
}

static struct str target_name(const struct workflow *wf, int to)
{
    return to < (int)wf->n_stages ? wf->stages[to].name : wf->ends[to - (int)wf->n_stages].name;
}

static struct err *refuse(const struct work *w, const struct workflow *wf, int from, int to,
                          const struct missing_list *missing)
{
    struct err *head = NULL;
    struct str all;
    struct buf b = buf_new(w->arena, 256);

    for (size_t i = 0; i < missing->list.n; i++) {
        if (i)
            buf_add(&b, STR("; "));
        buf_add(&b, missing->list.at[i].text);
    }
    all = buf_str(&b);
    for (size_t i = 0; i < missing->list.n; i++) {
        const struct missing *x = &missing->list.at[i];
        const char *pointer =
            x->field.len ? str_cstr(w->arena, str_fmt(w->arena, "/%.*s", STR_ARG(x->field))) : NULL;
        struct err *e =
            i == 0 ? FAIL(w->arena, ERR_INVALID, "work.gate", pointer,
                          "%.*s cannot move on to %.*s yet: %.*s.",
                          STR_ARG(from >= 0 ? wf->stages[from].name : wf->page->label),
                          STR_ARG(target_name(wf, to)), STR_ARG(all))
                   : FAIL(w->arena, ERR_INVALID, "work.gate", pointer, "%.*s.", STR_ARG(x->text));

        e->page = wf->page->path;
        e->line = from >= 0 ? wf->stages[from].line : 0;
        e->reason = x->reason;
        e->way_out = x->way_out;
        err_add(&head, e);
    }
    return head;
}

/* Nobody asks for a bypass by accident: the right alone does nothing without a reason. */
static struct err *pass_or_refuse(const struct work *w, const struct save_context *cx,
                                  const struct workflow *wf, int from, int to, int64_t record_id,
                                  const struct missing_list *missing, struct err **errs)
{
    struct err *e = refuse(w, wf, from, to, missing);

    if (str_trim(cx->reason).len && !cx->actor->system &&
        access_right(cx->actor, RIGHT_BYPASS_GATES))
        return decision_note(
            w, record_id, wf->page->path, "gate bypassed",
            str_fmt(w->arena, "%.*s Reason: %.*s", STR_ARG(e->message), STR_ARG(cx->reason)));
    err_add(errs, e);
    return NULL;
}

static struct err *check_run(const struct work *w, const struct save_context *cx,
                             const struct run *run, const struct record *before,
                             const struct record *after, struct err **errs)
{
    int k = workflow_index(w->m, run->workflow), from, to, was;
    struct missing_list missing = {0};
    struct expr_record er, er_before;
    const struct workflow *wf;
    struct task_row *tasks;
    size_t n;

    if (k < 0)
        return NULL;
    wf = &w->m->workflows[k];
    from = workflow_stage(wf, run->stage);
    er = record_expr(w->tx, w->m, after, before);
    TRY(task_of_run(w, run->id, &tasks, &n));
    to = run_target(w, wf, from, after, &er, tasks, n);
    if (to == from)
        return NULL;
    /* Only a move that this change makes is the business of this change. */
    er_before = record_expr(w->tx, w->m, before, NULL);
    was = run_target(w, wf, from, before, &er_before, tasks, n);
    if (was == to)
        return NULL;
    gate_missing(w, wf, from, to, after, &er, tasks, n, &missing);
    if (!missing.list.n)
        return NULL;
    return pass_or_refuse(w, cx, wf, from, to, after->id, &missing, errs);
}

/* Does any rule of this object read a changed field? */
static bool rules_read(const struct manual *m, const struct object *o, const bool *changed,
                       int kind)
{
    for (size_t f = 0; m->reads && m->reads[o->index] && f < o->n_fields; f++) {
        const struct rule_refs *refs = &m->reads[o->index][f];

        for (size_t i = 0; changed[f] && i < refs->n; i++)
            if ((int)refs->refs[i].kind == kind)
                return true;
    }
    return false;
}

static bool ends_by_choice(const struct manual *m, const struct object *o, const bool *changed)
{
    for (size_t i = 0; i < m->n_workflows; i++)
        for (size_t k = 0; m->workflows[i].object == o->index && k < m->workflows[i].n_ends; k++)
            if (!m->workflows[i].ends[k].when.e)
                for (size_t f = F_SYSTEM_COUNT; f < o->n_fields; f++)
                    if (changed[f] && o->fields[f].type == FT_CHOICE)
                        return true;
    return false;
}

struct err *gate_check(const struct work *w, const struct save_context *cx,
                       const struct record *before, const struct record *after, const bool *changed)
{
    const struct object *o = after->object;
    struct err *errs = NULL;
    struct run *runs;
    size_t n;

    if (!before->object ||
        (!rules_read(w->m, o, changed, RR_WORKFLOW) && !ends_by_choice(w->m, o, changed)))
        return NULL;
    TRY(run_list(w, after->id, true, &runs, &n));
    for (size_t i = 0; i < n; i++)
        TRY(check_run(w, cx, &runs[i], before, after, &errs));
    return errs;
}
