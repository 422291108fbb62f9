/* Why did this rule (not) run for this record? Term by term, in plain words, with the state, earlier breaches and the diary. */
#include "work/work_impl.h"

struct explaining {
    struct work w;
    const struct actor *a;
    const struct record *r;
    struct expr_record er;
    struct json_writer *jw;
    struct buf *text;
};

static void why_json(struct json_writer *jw, const struct expr_why *why)
{
    jw_object(jw);
    jw_kv_str(jw, "text", why->text);
    jw_kv_str(jw, "words", why->words);
    jw_kv_bool(jw, "holds", why->holds);
    if (why->n_parts) {
        jw_key(jw, STR("parts"));
        jw_array(jw);
        for (size_t i = 0; i < why->n_parts; i++)
            why_json(jw, &why->parts[i]);
        jw_end_array(jw);
    }
    jw_end_object(jw);
}

static void why_text(struct buf *b, const struct expr_why *why, int indent)
{
    buf_fmt(b, "%*s%s %.*s\n", indent, "", why->holds ? "yes" : " no", STR_ARG(why->words));
    for (size_t i = 0; i < why->n_parts; i++)
        why_text(b, &why->parts[i], indent + 4);
}

static bool term(struct explaining *x, const char *key, const char *title, const struct rule *rule,
                 bool if_none)
{
    struct expr_env env = work_env(&x->w);
    struct expr_why *why;

    if (!rule->e)
        return if_none;
    why = expr_explain(x->w.arena, rule->e, &x->er, &env);
    jw_key(x->jw, str_from(key));
    why_json(x->jw, why);
    buf_fmt(x->text, "%s (line %d):\n", title, rule->line);
    why_text(x->text, why, 2);
    return why->holds;
}

static struct str moment(const struct explaining *x, int64_t us)
{
    return moment_words(x->w.arena, actor_env(x->a, x->w.now_us).zone, us);
}

static void verdict(struct explaining *x, struct str words)
{
    jw_kv_str(x->jw, "verdict", words);
    buf_fmt(x->text, "%.*s\n", STR_ARG(words));
}

static struct err *explain_policy(struct explaining *x, const struct policy *p)
{
    struct arena *arena = x->w.arena;
    bool when, except, must, live = record_is_live(x->r);
    int64_t on_us;

    TRY(policy_on_since(&x->w, p->page->path, &on_us));
    jw_kv_str(x->jw, "sentence", p->sentence);
    buf_fmt(x->text, "%.*s\n", STR_ARG(p->sentence));
    when = term(x, "when", "It is about records for which", &p->when, true);
    except = term(x, "except", "Except when", &p->except, false);
    must = p->clock == PC_EVERY ? true : term(x, "must", "It must hold that", &p->must, true);
    if (p->mode == PM_OFF)
        verdict(x, STR("The rule is off: it does nothing."));
    else if (p->object != x->r->object->index)
        verdict(x,
                str_fmt(arena, "The rule is about %.*s, not about %.*s.",
                        STR_ARG(x->w.m->objects[p->object].plural), STR_ARG(x->r->object->plural)));
    else if (!live)
        verdict(x, STR("The record is archived or in the bin: no rule looks at it."));
    else if (!when)
        verdict(x, STR("The record is not one of those the rule is about."));
    else if (except)
        verdict(x, STR("The record falls under the exception."));
    else if (!p->applies_to_all && on_us != DATE_NONE && !x->r->values[F_CREATED_AT].empty &&
             x->r->values[F_CREATED_AT].i < on_us)
        verdict(x, str_fmt(arena,
                           "The record was there before the rule was switched on (%.*s), and the "
                           "rule is for new ones.",
                           STR_ARG(moment(x, on_us))));
    else if (p->clock == PC_EVERY)
        verdict(x, STR("The rule is judged at the end of each period."));
    else if (must)
        verdict(x, STR("The rule is met."));
    else
        verdict(x, STR("The rule is not met: its clock runs, or has run out."));
    return NULL;
}

static struct err *explain_run(struct explaining *x, const struct workflow *wf,
                               const struct run *run)
{
    int at = workflow_stage(wf, run->stage);
    struct missing_list missing = {0};
    struct task_row *tasks;
    size_t n;

    jw_kv_str(x->jw, "stage", run->stage);
    jw_kv_instant(x->jw, "started", run->started_us);
    jw_kv_instant(x->jw, "ended", run->ended_us);
    buf_fmt(x->text, "Started %.*s on version %lld of the manual; stage %.*s since %.*s\n",
            STR_ARG(moment(x, run->started_us)), (long long)run->manual_version,
            STR_ARG(run->stage), STR_ARG(moment(x, run->stage_entered_us)));
    if (run->ended_us) {
        verdict(x, str_fmt(x->w.arena, "The run ended as %.*s.", STR_ARG(run->end_name)));
        return NULL;
    }
    TRY(task_of_run(&x->w, run->id, &tasks, &n));
    if (at >= 0 && (size_t)at + 1 < wf->n_stages)
        gate_missing(&x->w, wf, at, at + 1, x->r, &x->er, tasks, n, &missing);
    jw_key(x->jw, STR("missing"));
    jw_array(x->jw);
    for (size_t i = 0; i < missing.list.n; i++) {
        jw_object(x->jw);
        jw_kv_str(x->jw, "text", missing.list.at[i].text);
        jw_kv_str(x->jw, "field", missing.list.at[i].field);
        jw_kv_str(x->jw, "way_out", missing.list.at[i].way_out);
        jw_kv_str(x->jw, "reason", missing.list.at[i].reason);
        jw_end_object(x->jw);
        buf_fmt(x->text, "  missing: %.*s. %.*s\n", STR_ARG(missing.list.at[i].text),
                STR_ARG(missing.list.at[i].way_out));
    }
    jw_end_array(x->jw);
    verdict(x,
            missing.list.n ? STR("It cannot move on yet.") : STR("Nothing holds it where it is."));
    return NULL;
}

static struct err *explain_workflow(struct explaining *x, const struct workflow *wf)
{
    const struct run *run = NULL;
    struct run *runs;
    bool starts;
    size_t n;

    starts = term(x, "starts_when", "It starts when", &wf->starts_when, false);
    TRY(run_list(&x->w, x->r->id, false, &runs, &n));
    for (size_t i = 0; i < n; i++)
        if (str_eq(runs[i].workflow, wf->page->path))
            run = &runs[i];
    if (run)
        return explain_run(x, wf, run);
    if (wf->object != x->r->object->index)
        verdict(x, STR("The workflow is about other records."));
    else
        verdict(x, starts ? STR("It would start with the next change of what it reads.")
                          : STR("It has not started: its condition does not hold."));
    return NULL;
}

static struct err *open_things(struct explaining *x, struct str page)
{
    struct task_row *rows;
    size_t n;

    TRY(task_open_of_record(&x->w, x->r->id, &rows, &n));
    jw_key(x->jw, STR("tasks"));
    jw_array(x->jw);
    for (size_t i = 0; i < n; i++) {
        const struct task *t = &rows[i].t;

        if (!str_eq(t->page, page))
            continue;
        jw_object(x->jw);
        jw_kv_id(x->jw, "id", t->id);
        jw_kv_str(x->jw, "title", t->title);
        jw_kv_instant(x->jw, "until", t->due_us);
        jw_kv_id(x->jw, "owed_by", t->owed_by);
        jw_kv_str(x->jw, "owed_by_name", who_name(&x->w, t->owed_by));
        jw_end_object(x->jw);
        buf_fmt(x->text, "  open: %.*s, %.*s%s%.*s\n", STR_ARG(t->title),
                STR_ARG(t->owed_by ? who_name(&x->w, t->owed_by) : who_role_words(&x->w, t->role)),
                t->due_us ? ", until " : "", STR_ARG(t->due_us ? moment(x, t->due_us) : STR("")));
    }
    jw_end_array(x->jw);
    return NULL;
}

static struct err *explain_rule(struct explaining *x, int policy, int workflow)
{
    const struct page *page =
        policy >= 0 ? x->w.m->policies[policy].page : x->w.m->workflows[workflow].page;

    jw_kv_str(x->jw, "page", page->path);
    jw_kv_str(x->jw, "label", page->label);
    buf_fmt(x->text, "%.*s (%.*s)\n", STR_ARG(page->label), STR_ARG(page->path));
    if (policy >= 0)
        TRY(explain_policy(x, &x->w.m->policies[policy]));
    else
        TRY(explain_workflow(x, &x->w.m->workflows[workflow]));
    TRY(open_things(x, page->path));
    return breach_past(&x->w, x->a, x->r->id, page->path, x->jw, x->text);
}

static bool rule_is_off(const struct explaining *x, int policy)
{
    return policy >= 0 && x->w.m->policies[policy].mode == PM_OFF;
}

/* Every rule about this kind of record, one after the other. In the text those that are off are only named: they explain
 * nothing that happened. The JSON has all of them. */
static struct err *explain_all(struct explaining *x)
{
    struct buf off = buf_new(x->w.arena, 256);

    jw_key(x->jw, STR("rules"));
    jw_array(x->jw);
    for (size_t i = 0; i < x->w.m->n_workflows + x->w.m->n_policies; i++) {
        int workflow = i < x->w.m->n_workflows ? (int)i : -1,
            policy = workflow < 0 ? (int)(i - x->w.m->n_workflows) : -1;
        int object =
            policy >= 0 ? x->w.m->policies[policy].object : x->w.m->workflows[workflow].object;

        if (object != x->r->object->index)
            continue;
        size_t before = x->text->len;

        jw_object(x->jw);
        TRY(explain_rule(x, policy, workflow));
        jw_end_object(x->jw);
        if (rule_is_off(x, policy)) {
            x->text->len = before;
            buf_fmt(&off, "  %.*s\n", STR_ARG(x->w.m->policies[policy].page->path));
        } else {
            buf_add_char(x->text, '\n');
        }
    }
    jw_end_array(x->jw);
    if (off.len)
        buf_fmt(x->text,
                "Off, and therefore doing nothing (name one to see what it would say):\n%.*s",
                STR_ARG(buf_str(&off)));
    return NULL;
}

struct err *work_explain(struct tx *tx, const struct manual *m, const struct actor *a,
                         const struct object *o, int64_t record_id, struct str page, int64_t now_us,
                         struct buf *json, struct buf *text)
{
    struct json_writer jw = json_writer(json);
    struct explaining x = {.w = work_at(tx, m, now_us), .a = a, .jw = &jw, .text = text};
    struct buf happened = buf_new(tx_arena(tx), 256);
    int policy = policy_index(m, page), workflow = workflow_index(m, page);
    struct record r;

    if (page.len && policy < 0 && workflow < 0) {
        struct err *e = FAIL(x.w.arena, ERR_NOT_FOUND, "manual.not_found", NULL,
                             "The manual has no rule %.*s.", STR_ARG(page));

        e->way_out = STR("Name a page such as policy/lead-assigned or workflow/closing.");
        return e;
    }
    TRY(record_get(tx, m, a, o, record_id, true, &r));
    x.r = &r;
    x.er = record_expr(tx, m, &r, NULL);
    jw_object(&jw);
    jw_kv_id(&jw, "record", record_id);
    jw_kv_str(&jw, "object", o->name);
    jw_kv_str(&jw, "title", record_title(x.w.arena, m, &r));
    buf_fmt(text, "%.*s: %.*s\n\n", STR_ARG(o->label), STR_ARG(record_title(x.w.arena, m, &r)));
    if (page.len)
        TRY(explain_rule(&x, policy, workflow));
    else
        TRY(explain_all(&x));
    jw_key(&jw, STR("decisions"));
    TRY(decision_json(&x.w, record_id, page, 20, &jw, &happened));
    if (happened.len)
        buf_fmt(text, "What happened:\n%.*s", STR_ARG(buf_str(&happened)));
    jw_end_object(&jw);
    return NULL;
}
