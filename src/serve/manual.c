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
        jw_end_object(&w);
    }
    jw_end_array(&w);
    jw_end_object(&w);
    rq->etag = etag_of(rq->arena, rq->m->version);
    return NULL;
}

struct err *serve_manual_page(struct req *rq)
{
    struct str path = str_fmt(rq->arena, "%.*s/%.*s", STR_ARG(rq->params[0]), STR_ARG(rq->params[1]));
    const struct page *p = manual_page(rq->m, path);
    struct json_writer w = json_writer(&rq->out);

    if (!p)
        return FAIL(rq->arena, ERR_NOT_FOUND, "manual.not_found", NULL, "The manual has no page \"%.*s\".", STR_ARG(str_shown(path)));
    jw_object(&w);
    page_head(&w, p);
    jw_kv_i64(&w, "version", rq->m->version);
    jw_kv_str(&w, "text", p->text);
    jw_kv_str(&w, "body", p->body);
    jw_key(&w, STR("sections"));
    jw_array(&w);
    for (size_t i = 0; i < p->n_sections; i++) {
        const struct section *s = &p->sections[i];

        jw_object(&w);
        jw_kv_str(&w, "title", s->title);
        jw_kv_i64(&w, "level", s->level);
        jw_kv_i64(&w, "line", s->line);
        jw_kv_str(&w, "text", s->text);
        jw_kv_str(&w, "why", s->why);
        jw_end_object(&w);
    }
    jw_end_array(&w);
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

struct err *serve_manual_diff(struct req *rq)
{
    struct json_writer w = json_writer(&rq->out);
    struct page_file *from, *to;
    size_t n_from, n_to;

    TRY(manual_load(rq->tx, arg_number(rq, "from", 0), &from, &n_from));
    TRY(manual_load(rq->tx, arg_number(rq, "to", 0), &to, &n_to));
    jw_object(&w);
    jw_kv_str(&w, "text", manual_diff(rq->arena, from, n_from, to, n_to));
    jw_end_object(&w);
    return NULL;
}

/* ---- drafts ---- */

static struct str without_md(struct str path)
{
    return str_ends(path, STR(".md")) ? str_sub(path, 0, path.len - 3) : path;
}

static int by_path(const void *a, const void *b)
{
    return str_cmp(((const struct page_file *)a)->path, ((const struct page_file *)b)->path);
}

/* The pages a draft would publish: the live ones with its own laid over them, or its own alone if it is complete. */
static struct err *draft_pages(struct req *rq, struct page_file **out, size_t *n)
{
    const struct json *pages = member_json(rq, "pages"), *remove = member_json(rq, "remove");
    bool complete = member_number(rq, "complete", 0) != 0;
    size_t n_given = pages ? pages->n : 0, count = 0, n_live = complete ? 0 : rq->m->n_pages;
    struct page_file *files = NEW_ARRAY(rq->arena, n_live + n_given + 1, struct page_file);
    struct strmap *given = strmap_new(rq->arena, n_given + 8);

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
