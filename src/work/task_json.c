/* A task as people see it: what, why, with which words, until when, what happens after. */
#include "work/work_impl.h"

#include <string.h>

/* ---- why, after ---- */
static void why_json(const struct work *w, const struct task *t, const struct step *step,
                     struct json_writer *jw)
{
    const struct page *page = t->page.len ? manual_page(w->m, t->page) : NULL;
    const struct section *section = step   ? step->section
                                    : page ? page_section(page, t->step)
                                           : NULL;

    jw_object(jw);
    jw_kv_str(jw, "page", t->page);
    jw_kv_str(jw, "page_label", page ? page->label : STR(""));
    jw_kv_str(jw, "step", t->step);
    jw_kv_i64(jw, "line", section ? section->line : step ? step->line : 1);
    jw_kv_i64(jw, "manual_version", t->manual_version);
    if (section && section->why.len)
        jw_kv_str(jw, "reason", section->why);
    else if (page && page->why.len)
        jw_kv_str(jw, "reason", page->why);
    else if (!t->page.len)
        jw_kv_str(jw, "reason",
                  t->by_user
                      ? str_fmt(w->arena, "%.*s asked for it", STR_ARG(who_name(w, t->by_user)))
                      : STR("A colleague asked for it"));
    else
        jw_kv_str(jw, "reason", STR(""));
    jw_kv_str(jw, "how", section ? section->text : STR(""));
    if (step && step->done_when.e)
        jw_kv_str(jw, "done_when", expr_words(w->arena, step->done_when.e));
    jw_end_object(jw);
}

static void outcome_json(const struct work *w, const struct outcome *o, struct json_writer *jw)
{
    struct buf then = buf_new(w->arena, 64);

    for (size_t i = 0; i < o->n_set; i++)
        buf_fmt(&then, "%s%.*s becomes %.*s", then.len ? ", " : "", STR_ARG(o->set[i][0]),
                STR_ARG(o->set[i][1]));
    if (o->activity_kind.len)
        buf_fmt(&then, "%s%s %.*s is logged", then.len ? ", " : "", strchr("aeiou", o->activity_kind.ptr[0]) ? "an" : "a", STR_ARG(o->activity_kind));
    if (o->is_again)
        buf_fmt(&then, "%sit comes back in %.*s", then.len ? ", " : "",
                STR_ARG(duration_text(w->arena, o->again)));
    jw_object(jw);
    jw_kv_str(jw, "label", o->label);
    jw_kv_str(jw, "then", buf_str(&then));
    jw_kv_str(jw, "logs", o->activity_kind);
    jw_kv_bool(jw, "again", o->is_again);
    jw_end_object(jw);
}

static void after_json(const struct work *w, const struct task *t, const struct step *step,
                       const struct workflow *wf, struct json_writer *jw)
{
    struct str next = STR("");

    for (size_t i = 0; wf && step && i < wf->n_stages; i++) {
        const struct stage *st = &wf->stages[i];

        for (size_t k = 0; k < st->n_steps; k++) {
            if (&st->steps[k] != step)
                continue;
            if (k + 1 < st->n_steps)
                next = st->steps[k + 1].name;
            else if (i + 1 < wf->n_stages)
                next = str_fmt(w->arena, "Stage %.*s", STR_ARG(wf->stages[i + 1].name));
        }
    }
    if (str_eq(t->kind, STR("escalation")))
        next = STR("Closing it tells everybody that you have it; nobody further is called");
    jw_object(jw);
    jw_key(jw, STR("outcomes"));
    jw_array(jw);
    for (size_t i = 0; step && i < step->n_outcomes; i++)
        outcome_json(w, &step->outcomes[i], jw);
    jw_end_array(jw);
    jw_kv_str(jw, "next", next);
    jw_end_object(jw);
}

static void record_stub(const struct work *w, const struct actor *a, const struct task *t,
                        struct record *r, bool *have, struct json_writer *jw)
{
    const struct object *o = manual_object(w->m, t->object);

    *have = o && !o->built_in && !record_get(w->tx, w->m, a, o, t->record_id, true, r);
    jw_object(jw);
    jw_kv_id(jw, "id", t->record_id);
    jw_kv_str(jw, "object", t->object);
    jw_kv_str(jw, "object_label", o ? o->label : STR(""));
    jw_kv_str(jw, "title", *have ? record_title(w->arena, w->m, r) : STR(""));
    jw_end_object(jw);
}

static void head_json(const struct work *w, const struct actor *a, const struct task *t, bool optional,
                      struct record *r, bool *have, struct json_writer *jw)
{
    jw_kv_id(jw, "id", t->id);
    jw_kv_i64(jw, "version", t->version);
    jw_kv_str(jw, "kind", t->kind);
    jw_kv_str(jw, "title", t->title);
    jw_key(jw, STR("record"));
    record_stub(w, a, t, r, have, jw);
    jw_kv_id(jw, "owed_by", t->owed_by);
    jw_kv_str(jw, "owed_by_name", who_name(w, t->owed_by));
    jw_kv_str(jw, "role", t->role);
    jw_kv_id(jw, "asked_by", t->by_user);
    jw_kv_i64(jw, "priority", t->priority);
    jw_kv_bool(jw, "optional", optional);
    jw_kv_instant(jw, "opened", t->opened_us);
    jw_kv_instant(jw, "until", t->due_us);
    jw_kv_instant(jw, "not_before", t->not_before_us);
    jw_kv_instant(jw, "closed", t->closed_us);
    jw_kv_str(jw, "closed_as", t->closed_as);
    jw_kv_bool(jw, "overdue", !t->closed_us && t->due_us && t->due_us < w->now_us);
}

struct err *task_json_brief(const struct work *w, const struct actor *a, const struct task_row *row,
                            struct json_writer *jw)
{
    const struct page *page = row->t.page.len ? manual_page(w->m, row->t.page) : NULL;
    struct record r;
    bool have;

    jw_object(jw);
    head_json(w, a, &row->t, row->optional, &r, &have, jw);
    jw_key(jw, STR("why"));
    jw_object(jw);
    jw_kv_str(jw, "page", row->t.page);
    jw_kv_str(jw, "page_label", page ? page->label : STR(""));
    jw_kv_str(jw, "step", row->t.step);
    jw_end_object(jw);
    jw_end_object(jw);
    return NULL;
}

/* What has to be true for it to close: of a step its done_when, of a policy what must hold. */
static const struct expr *condition_of(const struct work *w, const struct task *t, const struct step *step)
{
    int k = str_eq(t->kind, STR("policy")) ? policy_index(w->m, t->page) : -1;

    if (step)
        return step->done_when.e;
    return k >= 0 && w->m->policies[k].clock != PC_EVERY ? w->m->policies[k].must.e : NULL;
}

struct err *task_json_why(const struct work *w, const struct actor *a, const struct task *t,
                          struct str because, struct json_writer *jw)
{
    const struct workflow *wf;
    const struct step *step;
    struct task_row row;
    struct record r;
    bool have, found;

    TRY(task_read(w, t->id, &row, &found));
    step = task_step(w->m, t, found ? row.stage : STR(""), &wf);
    jw_object(jw);
    head_json(w, a, t, found && row.optional, &r, &have, jw);
    jw_kv_str(jw, "note", t->note);
    if (because.len)
        jw_kv_str(jw, "because", because);
    jw_key(jw, STR("needs"));
    if (have && !t->closed_us) {
        needs_json(w, a, &r, condition_of(w, t, step), step ? step->needs : NULL, step ? step->n_needs : 0, jw);
    } else {
        jw_array(jw);
        jw_end_array(jw);
    }
    jw_key(jw, STR("why"));
    why_json(w, t, step, jw);
    jw_key(jw, STR("words"));
    if (step && step->template_page >= 0 && have)
        words_json(w, a, &w->m->templates[step->template_page], &r, jw);
    else
        jw_null(jw);
    jw_key(jw, STR("after"));
    after_json(w, t, step, wf, jw);
    jw_end_object(jw);
    return NULL;
}

struct err *task_json(struct tx *tx, const struct manual *m, const struct actor *a,
                      const struct task *t, int64_t now_us, struct json_writer *jw)
{
    struct work w = work_at(tx, m, now_us);

    return task_json_why(&w, a, t, STR(""), jw);
}
