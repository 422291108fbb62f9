/* The manual through the API: pages, versions, check, plan, publish, diff; and metrics, which pages define. */
#include "serve/serve_impl.h"

#include "base/json.h"
#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

static void kv_date(struct json_writer *w, const char *key, int64_t days)
{
    char text[32];

    jw_key(w, str_from(key));
    if (days == DATE_NONE)
        jw_null(w);
    else
        jw_str(w, (struct str){text, date_write(text, days)});
}

static void page_head(struct json_writer *w, const struct page *p)
{
    jw_kv_str(w, "path", p->path);
    jw_kv_str(w, "kind", str_from(page_kind_words[p->kind]));
    jw_kv_str(w, "name", p->name);
    jw_kv_str(w, "label", p->label);
    jw_kv_str(w, "owner", p->owner);
    kv_date(w, "review", p->review);
    jw_kv_str(w, "why", p->why);
}

/* Of which object's records an escalation speaks; NULL: of all, or the page is none. */
static const struct object *page_object(const struct manual *m, const struct page *p)
{
    for (size_t i = 0; p->kind == PK_ESCALATION && i < m->n_escalations; i++)
        if (m->escalations[i].page == p && m->escalations[i].object >= 0)
            return &m->objects[m->escalations[i].object];
    return NULL;
}

struct err *serve_manual_pages(struct req *rq)
{
    struct json_writer w = json_writer(&rq->out);
    struct str kind = arg(rq, "kind");

    jw_object(&w);
    jw_kv_i64(&w, "version", rq->m->version);
    jw_kv_instant(&w, "published_at", rq->m->published_us);
    jw_key(&w, STR("data"));
    jw_array(&w);
    for (size_t i = 0; i < rq->m->n_pages; i++) {
        const struct page *p = &rq->m->pages[i];

        if (kind.len && !str_eq(kind, str_from(page_kind_words[p->kind])))
            continue;
        jw_object(&w);
        page_head(&w, p);
        if (page_object(rq->m, p))
            jw_kv_str(&w, "object", page_object(rq->m, p)->name);
        jw_end_object(&w);
    }
    jw_end_array(&w);
    jw_end_object(&w);
    rq->etag = etag_of(rq->arena, rq->m->version);
    return NULL;
}

static void page_content(struct json_writer *w, const struct page *p, int64_t version)
{
    page_head(w, p);
    jw_kv_i64(w, "version", version);
    jw_kv_str(w, "text", p->text);
    jw_kv_str(w, "body", p->body);
    jw_key(w, STR("sections"));
    jw_array(w);
    for (size_t i = 0; i < p->n_sections; i++) {
        const struct section *s = &p->sections[i];

        jw_object(w);
        jw_kv_str(w, "title", s->title);
        jw_kv_i64(w, "level", s->level);
        jw_kv_i64(w, "line", s->line);
        jw_kv_str(w, "text", s->text);
        jw_kv_str(w, "why", s->why);
        jw_end_object(w);
    }
    jw_end_array(w);
}

static void write_rule(struct json_writer *w, const char *setting, const struct expr *e)
{
    if (!e)
        return;
    jw_object(w);
    jw_kv_str(w, "setting", str_from(setting));
    jw_kv_str(w, "words", expr_words(w->out->arena, e));
    jw_kv_str(w, "exact", expr_text(e));
    jw_end_object(w);
}

/* The expressions of the page's own settings, each with what it says; those of stages and steps stand with their tasks. */
static void page_rules(struct json_writer *w, const struct manual *m, const struct page *page)
{
    jw_key(w, STR("rules"));
    jw_array(w);
    for (size_t i = 0; i < m->n_workflows; i++)
        if (m->workflows[i].page == page)
            write_rule(w, "starts_when", m->workflows[i].starts_when.e);
    for (size_t i = 0; i < m->n_policies; i++) {
        const struct policy *p = &m->policies[i];

        if (p->page != page)
            continue;
        write_rule(w, "when", p->when.e);
        write_rule(w, "must", p->must.e);
        write_rule(w, "except", p->except.e);
        write_rule(w, "count", p->count.e);
    }
    for (size_t i = 0; i < m->n_metrics; i++) {
        const struct metric *x = &m->metrics[i];

        if (x->page != page)
            continue;
        write_rule(w, "where", x->where.e);
        write_rule(w, "numerator", x->numerator.e);
        write_rule(w, "value", x->value.e);
        write_rule(w, "from", x->from.e);
        write_rule(w, "to", x->to.e);
    }
    jw_end_array(w);
}

static struct str page_path(struct req *rq, int first)
{
    return str_fmt(rq->arena, "%.*s/%.*s", STR_ARG(rq->params[first]), STR_ARG(rq->params[first + 1]));
}

struct err *serve_manual_page(struct req *rq)
{
    struct str path = page_path(rq, 0);
    const struct page *p = manual_page(rq->m, path);
    struct json_writer w = json_writer(&rq->out);

    if (!p)
        return FAIL(rq->arena, ERR_NOT_FOUND, "manual.not_found", NULL, "The manual has no page \"%.*s\".", STR_ARG(str_shown(path)));
    jw_object(&w);
    page_content(&w, p, rq->m->version);
    page_rules(&w, rq->m, p);
    jw_end_object(&w);
    rq->etag = etag_of(rq->arena, rq->m->version);
    return NULL;
}

/* ---- versions ---- */

struct err *serve_manual_versions(struct req *rq)
{
    struct json_writer w = json_writer(&rq->out);
    struct manual_version *versions;
    size_t n;

    TRY(manual_versions(rq->tx, &versions, &n));
    jw_object(&w);
    jw_kv_i64(&w, "live", rq->m->version);
    jw_key(&w, STR("data"));
    jw_array(&w);
    for (size_t i = 0; i < n; i++) {
        jw_object(&w);
        jw_kv_i64(&w, "version", versions[i].number);
        jw_kv_id(&w, "author", versions[i].author);
        jw_kv_instant(&w, "at", versions[i].at_us);
        jw_kv_str(&w, "reason", versions[i].reason);
        jw_kv_i64(&w, "pages", versions[i].n_pages);
        jw_end_object(&w);
    }
    jw_end_array(&w);
    jw_end_object(&w);
    return NULL;
}

static struct err *version_number(struct req *rq, struct str text, int64_t *number)
{
    if (str_to_i64(text, number) && *number > 0)
        return NULL;
    return FAIL(rq->arena, ERR_NOT_FOUND, "manual.not_found", NULL, "\"%.*s\" is no version of the manual: they are numbered from 1.",
                STR_ARG(str_shown(text)));
}

struct err *serve_manual_version_pages(struct req *rq)
{
    struct json_writer w = json_writer(&rq->out);
    struct page_file *files;
    int64_t number;
    size_t n;

    TRY(version_number(rq, rq->params[0], &number));
    TRY(manual_load(rq->tx, number, &files, &n));
    jw_object(&w);
    jw_kv_i64(&w, "version", number);
    jw_key(&w, STR("data"));
    jw_array(&w);
    for (size_t i = 0; i < n; i++) {
        jw_object(&w);
        jw_kv_str(&w, "path", files[i].path);
        jw_kv_str(&w, "text", files[i].text);
        jw_end_object(&w);
    }
    jw_end_array(&w);
    jw_end_object(&w);
    return NULL;
}

struct load_job {
    int64_t version;
    struct page_file *files;
    size_t n;
};

static struct err *load_in(struct tx *tx, void *ctx)
{
    struct load_job *job = ctx;

    return manual_load(tx, job->version, &job->files, &job->n);
}

/* For what begins outside a transaction. */
static struct err *load_outside(struct req *rq, int64_t version, struct page_file **out, size_t *n)
{
    struct load_job job = {.version = version};

    TRY(db_read(rq->app->db, rq->arena, load_in, &job));
    *out = job.files;
    *n = job.n;
    return NULL;
}

struct old_page {
    int64_t version, *changed;
    struct str path;
    struct page page;
    size_t n_changed;
};

static struct err *read_old_page(struct tx *tx, void *ctx)
{
    struct old_page *x = ctx;

    TRY(manual_page_at(tx, x->version, x->path, &x->page));
    return manual_page_changed(tx, x->version, x->path, &x->changed, &x->n_changed);
}

/* What its conditions meant then: words come from the objects of that version. One that does not compile any more has none. */
static struct err *old_rules(struct req *rq, struct json_writer *w, const struct old_page *x)
{
    bool has_conditions = x->page.kind == PK_WORKFLOW || x->page.kind == PK_POLICY || x->page.kind == PK_METRIC;
    struct findings findings = {.arena = rq->arena};
    const struct manual *then = NULL;
    struct page_file *files;
    size_t n;

    if (has_conditions) {
        TRY(load_outside(rq, x->version, &files, &n));
        if (manual_compile(rq->arena, files, n, x->version, &findings, &then))
            then = NULL;
    }
    page_rules(w, then ? then : manual_empty(), then ? manual_page(then, x->path) : NULL);
    if (then)
        manual_unpin(then);
    return NULL;
}

/* A page as it was, and in which later versions it became another. */
struct err *serve_manual_version_page(struct req *rq)
{
    struct json_writer w = json_writer(&rq->out);
    struct old_page x = {.path = page_path(rq, 1)};

    TRY(version_number(rq, rq->params[0], &x.version));
    TRY(db_read(rq->app->db, rq->arena, read_old_page, &x));
    jw_object(&w);
    page_content(&w, &x.page, x.version);
    TRY(old_rules(rq, &w, &x));
    jw_kv_i64(&w, "live", rq->m->version);
    jw_key(&w, STR("changed_in"));
    jw_array(&w);
    for (size_t i = 0; i < x.n_changed; i++)
        jw_i64(&w, x.changed[i]);
    jw_end_array(&w);
    jw_end_object(&w);
    return NULL;
}

/* ---- what changed ---- */
static void write_sentences(struct json_writer *w, const struct page_diff *d)
{
    jw_key(w, STR("sentences"));
    jw_array(w);
    for (size_t i = 0; i < d->n_sentences; i++) {
        jw_object(w);
        jw_kv_str(w, "text", d->sentences[i].text);
        jw_kv_i64(w, "line", d->sentences[i].line);
        jw_kv_i64(w, "line_before", d->sentences[i].line_before);
        jw_end_object(w);
    }
    jw_end_array(w);
}

static void write_passages(struct json_writer *w, const struct page_diff *d)
{
    static const char *const how[] = {"same", "removed", "added"};

    jw_key(w, STR("passages"));
    jw_array(w);
    for (size_t i = 0; i < d->n_passages; i++) {
        const struct diff_passage *p = &d->passages[i];

        jw_object(w);
        jw_kv_str(w, "section", p->section);
        jw_kv_i64(w, "line", p->line);
        jw_kv_i64(w, "line_before", p->line_before);
        jw_key(w, STR("pieces"));
        jw_array(w);
        for (size_t k = 0; k < p->n; k++) {
            jw_object(w);
            jw_kv_str(w, "how", str_from(how[p->pieces[k].how]));
            jw_kv_str(w, "text", p->pieces[k].text);
            jw_end_object(w);
        }
        jw_end_array(w);
        jw_end_object(w);
    }
    jw_end_array(w);
}

struct err *serve_manual_diff(struct req *rq)
{
    static const char *const change[] = {"changed", "added", "removed"};
    int64_t a = arg_number(rq, "from", 0), b = arg_number(rq, "to", 0);
    struct json_writer w = json_writer(&rq->out);
    struct page_file *from, *to;
    struct page_diff *pages;
    size_t n_from, n_to, n;

    TRY(manual_load(rq->tx, a, &from, &n_from));
    TRY(manual_load(rq->tx, b, &to, &n_to));
    n = manual_compare(rq->arena, from, n_from, to, n_to, &pages);
    jw_object(&w);
    jw_kv_i64(&w, "from", a ? a : rq->m->version);
    jw_kv_i64(&w, "to", b ? b : rq->m->version);
    jw_key(&w, STR("pages"));
    jw_array(&w);
    for (size_t i = 0; i < n; i++) {
        jw_object(&w);
        jw_kv_str(&w, "path", pages[i].path);
        jw_kv_str(&w, "label", pages[i].label);
        jw_kv_str(&w, "change", str_from(change[pages[i].change]));
        write_sentences(&w, &pages[i]);
        write_passages(&w, &pages[i]);
        jw_end_object(&w);
    }
    jw_end_array(&w);
    jw_kv_str(&w, "text", manual_diff(rq->arena, from, n_from, to, n_to));
    jw_end_object(&w);
    return NULL;
}

static void write_seen(struct req *rq, int64_t version)
{
    struct json_writer w = json_writer(&rq->out);

    jw_object(&w);
    jw_kv_i64(&w, "version", version);
    jw_kv_i64(&w, "live", rq->m->version);
    jw_end_object(&w);
}

struct err *serve_manual_seen(struct req *rq)
{
    int64_t version;

    TRY(manual_seen(rq->tx, rq->actor->user_id, &version));
    write_seen(rq, version);
    return NULL;
}

struct err *serve_manual_see(struct req *rq)
{
    int64_t version;

    TRY(manual_see(rq->tx, rq->actor->user_id, member_number(rq, "version", 0), rq->now_us));
    TRY(manual_seen(rq->tx, rq->actor->user_id, &version));
    write_seen(rq, version);
    return NULL;
}

/* ---- drafts ---- */

static struct str without_md(struct str path)
{
    return str_ends(path, STR(".md")) ? str_sub(path, 0, path.len - 3) : path;
}

/* The pages of an older version, to be published once more. */
static struct err *old_pages(struct req *rq, int64_t version, struct page_file **out, size_t *n)
{
    const struct json *pages = member_json(rq, "pages"), *remove = member_json(rq, "remove");
    struct err *e;

    if ((pages && pages->n) || (remove && remove->n) || member_number(rq, "complete", 0))
        return FAIL(rq->arena, ERR_INVALID, "manual.check", "/restore", "An old version is restored as a whole, without other pages beside it.");
    e = rq->tx ? manual_load(rq->tx, version, out, n) : load_outside(rq, version, out, n);
    if (e)
        e->field = "/restore";
    return e;
}

static int by_path(const void *a, const void *b)
{
    return str_cmp(((const struct page_file *)a)->path, ((const struct page_file *)b)->path);
}

/* The pages a draft would publish: the live ones with its own laid over them, its own alone if it is complete, or those of
 * an older version. */
static struct err *draft_pages(struct req *rq, struct page_file **out, size_t *n)
{
    const struct json *pages = member_json(rq, "pages"), *remove = member_json(rq, "remove");
    bool complete = member_number(rq, "complete", 0) != 0;
    size_t n_given = pages ? pages->n : 0, count = 0, n_live = complete ? 0 : rq->m->n_pages;
    struct page_file *files = NEW_ARRAY(rq->arena, n_live + n_given + 1, struct page_file);
    struct strmap *given = strmap_new(rq->arena, n_given + 8);
    int64_t restore = member_number(rq, "restore", 0);

    if (restore)
        return old_pages(rq, restore, out, n);
    for (size_t i = 0; i < n_given; i++) {
        struct str path = without_md(json_get(&pages->items[i], "path")->str);
        int64_t seen;

        if (strmap_get(given, path, &seen))
            return FAIL(rq->arena, ERR_INVALID, "manual.check", "/pages", "The page \"%.*s\" is given twice.", STR_ARG(str_shown(path)));
        strmap_put(given, path, 1);
        files[count++] = (struct page_file){path, json_get(&pages->items[i], "text")->str};
    }
    for (size_t i = 0; remove && i < remove->n; i++) {
        struct str path = without_md(remove->items[i].str);

        if (!manual_page(rq->m, path))
            return FAIL(rq->arena, ERR_INVALID, "manual.not_found", "/remove", "The manual has no page \"%.*s\" to remove.",
                        STR_ARG(str_shown(path)));
        strmap_put(given, path, 1);
    }
    for (size_t i = 0; i < n_live; i++) {
        int64_t seen;

        if (!strmap_get(given, rq->m->pages[i].path, &seen))
            files[count++] = (struct page_file){rq->m->pages[i].path, rq->m->pages[i].text};
    }
    qsort(files, count, sizeof *files, by_path);
    *out = files;
    *n = count;
    return NULL;
}

static void write_findings(struct json_writer *w, const struct findings *f)
{
    jw_key(w, STR("findings"));
    jw_array(w);
    for (size_t i = 0; i < f->list.n; i++) {
        const struct finding *x = &f->list.at[i];

        jw_object(w);
        jw_kv_str(w, "severity", x->severity == SEV_ERROR ? STR("error") : STR("warning"));
        jw_kv_str(w, "page", x->page);
        jw_kv_i64(w, "line", x->line);
        jw_kv_i64(w, "column", x->column);
        jw_kv_str(w, "message", x->message);
        jw_kv_str(w, "suggestion", x->suggestion);
        jw_end_object(w);
    }
    jw_end_array(w);
}

/* Findings that stop a manual, as one chain of errors with their places. */
static struct err *findings_err(struct req *rq, const struct findings *f, struct err *e)
{
    struct err *all = NULL;

    if (!e || f->errors == 0 || strcmp(e->code, "manual.check") != 0)
        return e;
    for (size_t i = 0; i < f->list.n; i++) {
        const struct finding *x = &f->list.at[i];
        struct err *each;

        if (x->severity != SEV_ERROR)
            continue;
        each = FAIL(rq->arena, ERR_INVALID, "manual.check", NULL, "%.*s", STR_ARG(x->message));
        each->page = str_dup(rq->arena, x->page);
        each->way_out = str_dup(rq->arena, x->suggestion);
        each->line = x->line;
        each->column = x->column;
        err_add(&all, each);
    }
    return all ? all : e;
}

struct err *serve_manual_check(struct req *rq)
{
    struct json_writer w = json_writer(&rq->out);
    struct findings findings = {.arena = rq->arena};
    const struct manual *next = NULL;
    struct page_file *files;
    size_t n;
    struct err *e;

    TRY(draft_pages(rq, &files, &n));
    e = manual_compile(rq->arena, files, n, rq->m->version + 1, &findings, &next);
    if (e && findings.errors == 0)
        return e;
    if (next)
        manual_unpin(next);
    jw_object(&w);
    jw_kv_bool(&w, "ok", findings.errors == 0);
    jw_kv_i64(&w, "errors", findings.errors);
    write_findings(&w, &findings);
    jw_end_object(&w);
    return NULL;
}

struct plan_job {
    struct req *rq;
    const struct manual *next;
    struct plan plan;
};

static struct err *make_plan(struct tx *tx, void *ctx)
{
    struct plan_job *job = ctx;

    TRY(manual_plan(tx, job->rq->m, job->next, &job->plan));
    return manual_plan_hook ? manual_plan_hook(tx, job->rq->m, job->next, job->rq->now_us, &job->plan) : NULL;
}

struct err *serve_manual_plan(struct req *rq)
{
    struct json_writer w = json_writer(&rq->out);
    struct findings findings = {.arena = rq->arena};
    struct plan_job job = {.rq = rq};
    struct page_file *files;
    size_t n;
    struct err *e;

    TRY(draft_pages(rq, &files, &n));
    e = manual_compile(rq->arena, files, n, rq->m->version + 1, &findings, &job.next);
    if (e)
        return findings_err(rq, &findings, e);
    e = db_read(rq->app->db, rq->arena, make_plan, &job);
    if (!e) {
        jw_object(&w);
        jw_kv_i64(&w, "from_version", rq->m->version);
        jw_key(&w, STR("items"));
        jw_array(&w);
        for (size_t i = 0; i < job.plan.items.n; i++) {
            jw_object(&w);
            jw_kv_str(&w, "group", job.plan.items.at[i].group);
            jw_kv_str(&w, "page", job.plan.items.at[i].page);
            jw_kv_str(&w, "text", job.plan.items.at[i].text);
            jw_end_object(&w);
        }
        jw_end_array(&w);
        jw_kv_str(&w, "text", plan_text(rq->arena, &job.plan));
        write_findings(&w, &findings);
        jw_end_object(&w);
    }
    manual_unpin(job.next);
    return e;
}

struct err *serve_manual_publish(struct req *rq)
{
    struct json_writer w = json_writer(&rq->out);
    struct findings findings = {.arena = rq->arena};
    struct publish p = {.author = rq->actor->user_id, .reason = member_text(rq, "reason"), .now_us = rq->now_us};
    struct page_file *files = NULL;
    int64_t version = 0;

    if (rq->has_if_match && rq->if_match != -1 && rq->if_match != rq->m->version) {
        rq->etag = etag_of(rq->arena, rq->m->version);
        return FAIL(rq->arena, ERR_STALE, "manual.version_conflict", NULL, "The manual has version %lld now.", (long long)rq->m->version);
    }
    TRY(draft_pages(rq, &files, &p.n));
    p.files = files;
    p.expect_version = rq->m->version;
    TRY(findings_err(rq, &findings, manual_publish(rq->tx, rq->app->store, &p, &findings, &version)));
    jw_object(&w);
    jw_kv_i64(&w, "version", version);
    jw_kv_bool(&w, "unchanged", version == rq->m->version);
    write_findings(&w, &findings);
    jw_end_object(&w);
    rq->etag = etag_of(rq->arena, version);
    return access_audit(rq->tx, rq->actor, "publish", 0, str_fmt(rq->arena, "version %lld", (long long)version), rq->now_us);
}

/* ---- facts ---- */

struct err *serve_manual_facts(struct req *rq)
{
    return facts_json(rq->tx, rq->m, rq->actor, arg(rq, "page"), rq->now_us, &rq->out);
}

/* ---- a rule on the past ---- */

struct past_job {
    struct req *rq;
    struct past_ask ask;
};

static struct err *look_at_past(struct tx *tx, void *ctx)
{
    struct past_job *job = ctx;

    return past_json(tx, job->rq->m, job->rq->actor, &job->ask, &job->rq->out);
}

struct err *serve_policy_past(struct req *rq)
{
    struct past_job job = {
        .rq = rq,
        .ask = {.name = rq->params[0], .text = member_text(rq, "page"), .days = member_number(rq, "days", 0), .now_us = rq->now_us},
    };

    return db_read(rq->app->db, rq->arena, look_at_past, &job);
}

/* ---- metrics ---- */

struct err *serve_metrics(struct req *rq)
{
    return metric_list_json(rq->tx, rq->m, rq->actor, &rq->out);
}

struct err *serve_metric(struct req *rq)
{
    struct metric_ask ask = {.name = rq->params[0], .by = arg(rq, "by"), .filter = arg(rq, "filter"), .now_us = rq->now_us};

    return metric_json(rq->tx, rq->m, rq->actor, &ask, &rq->out);
}
