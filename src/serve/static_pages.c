/* Pages the server writes itself: sign-in, what this is, errors. They work without script. */
#include "serve/company.h"
#include "serve/static_impl.h"

#include "base/limits.h"

#include <stdio.h>
#include <string.h>

enum { PEOPLE_OF_ROLE = 3, FORM_BYTES_MAX = 4096 };

const char page_mark[] =
    "<svg class=\"mark\" viewBox=\"0 0 32 32\" width=\"32\" height=\"32\" aria-hidden=\"true\"><rect width=\"32\" height=\"32\" rx=\"8\"/>"
    "<path d=\"M7 21c4 0 5-10 9-10s5 10 9 10\"/><circle cx=\"16\" cy=\"11\" r=\"2.5\"/></svg>";

/* ---- addresses to come back to ---- */

/* Where to go after signing in: a path of ours, never another site ("//evil.example", "/\\evil"). */
static struct str safe_path(struct str path)
{
    if (path.len == 0 || path.ptr[0] != '/' || path.len > URL_BYTES_MAX)
        return STR("/");
    if (path.len > 1 && (path.ptr[1] == '/' || path.ptr[1] == '\\'))
        return STR("/");
    for (size_t i = 0; i < path.len; i++)
        if ((unsigned char)path.ptr[i] <= ' ' || path.ptr[i] == 0x7F || path.ptr[i] == '\\')
            return STR("/");
    return path;
}

void page_go_to(struct req *rq, struct str path)
{
    rq->status = 303;
    rq->out.len = 0;
    rq->location = path;
    rq->content_type = "text/html; charset=utf-8";
}

/* ---- the form ---- */

struct form {
    struct str email, password, demo, next;
};

static struct err *read_form(struct req *rq, struct form *form)
{
    struct query_pair *pairs;
    size_t n;

    *form = (struct form){.next = STR("/")};
    if (rq->http->body.len > FORM_BYTES_MAX || !media_type_is(rq->http->headers.content_type, "application/x-www-form-urlencoded"))
        return FAIL(rq->arena, ERR_INVALID, "http.media_type", NULL, "This is not the form of this page.");
    TRY(query_parse(rq->arena, rq->http->body, &pairs, &n));
    for (size_t i = 0; i < n; i++) {
        if (str_eq(pairs[i].name, STR("email")))
            form->email = str_trim(pairs[i].value);
        else if (str_eq(pairs[i].name, STR("password")))
            form->password = pairs[i].value;
        else if (str_eq(pairs[i].name, STR("demo")))
            form->demo = pairs[i].value;
        else if (str_eq(pairs[i].name, STR("next")))
            form->next = safe_path(pairs[i].value);
    }
    return NULL;
}

/* ---- the people of the demonstration ---- */

struct demo_people {
    struct req *rq;
    VEC(struct person) found;
    struct str role_labels[64];
};

static bool among(const struct demo_people *d, int64_t id)
{
    for (size_t i = 0; i < d->found.n; i++)
        if (d->found.at[i].id == id)
            return true;
    return false;
}

/* A few of each role; the first of each team before the second. */
static struct err *of_role(struct tx *tx, struct demo_people *d, const struct role *role)
{
    struct arena *arena = d->rq->arena;
    int64_t *ids, teams[PEOPLE_OF_ROLE];
    size_t n;
    int taken = 0;

    TRY(access_users_with_role(tx, role->name, &ids, &n));
    for (size_t i = 0; i < n && taken < PEOPLE_OF_ROLE && d->found.n < 64; i++) {
        struct person p;
        bool seen = false;

        TRY(access_person(tx, ids[i], &p));
        for (int k = 0; k < taken; k++)
            seen |= teams[k] == p.team;
        if (seen || among(d, p.id))
            continue;
        teams[taken++] = p.team;
        d->role_labels[d->found.n] = role->page ? role->page->label : role->name;
        VEC_PUSH(arena, d->found) = p;
    }
    return NULL;
}

static struct err *find_people(struct tx *tx, void *ctx)
{
    struct demo_people *d = ctx;
    const struct manual *m = d->rq->m;

    for (size_t i = 0; i < m->n_roles; i++)
        TRY(of_role(tx, d, &m->roles[i]));
    return NULL;
}

static void person_button(struct buf *b, const struct person *p, struct str role)
{
    buf_add(b, STR("<li><button name=\"demo\" value=\""));
    page_text(b, p->email);
    buf_add(b, STR("\"><b>"));
    page_text(b, p->name);
    buf_add(b, STR("</b><span>"));
    page_text(b, role);
    if (p->team_name.len) {
        buf_add(b, STR(", "));
        page_text(b, p->team_name);
    }
    buf_add(b, STR("</span></button></li>\n"));
}

static struct err *demo_section(struct req *rq, const struct form *form)
{
    struct demo_people d = {.rq = rq};

    TRY(db_read(rq->app->db, rq->arena, find_people, &d));
    buf_add(&rq->out, STR("<section aria-labelledby=\"demo\"><h2 id=\"demo\">Or look around as</h2>\n"
                          "<form method=\"post\" action=\"/sign-in\"><input type=\"hidden\" name=\"next\" value=\""));
    page_text(&rq->out, form->next);
    buf_add(&rq->out, STR("\">\n<ul class=\"people\">\n"));
    for (size_t i = 0; i < d.found.n; i++)
        person_button(&rq->out, &d.found.at[i], d.role_labels[i]);
    buf_add(&rq->out, STR("</ul></form>\n<p class=\"muted\">This is a demonstration with a made-up company and real sales figures. "
                          "Everything you change stays on this machine.</p></section>\n"));
    return NULL;
}

/* ---- sign-in ---- */

static struct err *sign_in_page(struct req *rq, const struct form *form, struct str trouble)
{
    struct buf *b = &rq->out;
    struct str company;

    TRY(company_name(rq->app, rq->arena, &company));
    page_begin(rq, STR("Sign in · fairlead"), "sign-in");
    buf_fmt(b, "<main class=\"door\">\n<header>%s<h1>Sign in to fairlead</h1>", page_mark);
    if (company.len) {
        buf_add(b, STR("<p>"));
        page_text(b, company);
        buf_add(b, STR("</p>"));
    }
    buf_add(b, STR("</header>\n"));
    if (trouble.len) {
        buf_add(b, STR("<p class=\"trouble\" role=\"alert\" id=\"trouble\">"));
        page_text(b, trouble);
        buf_add(b, STR("</p>\n"));
    }
    buf_add(b, STR("<form method=\"post\" action=\"/sign-in\">\n<label for=\"email\">Mail address</label>\n"
                   "<input id=\"email\" name=\"email\" type=\"email\" autocomplete=\"username\" required maxlength=\"320\""));
    buf_add(b, trouble.len ? STR(" aria-invalid=\"true\" aria-describedby=\"trouble\" value=\"") : STR(" value=\""));
    page_text(b, form->email);
    buf_add(b, STR("\">\n<label for=\"password\">Password</label>\n"
                   "<input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"current-password\" required "
                   "maxlength=\"512\">\n<input type=\"hidden\" name=\"next\" value=\""));
    page_text(b, form->next);
    buf_add(b, STR("\">\n<button class=\"primary\">Sign in</button>\n</form>\n"));
    if (rq->app->demo)
        TRY(demo_section(rq, form));
    buf_add(b, STR("<footer><a href=\"/about\">What is fairlead?</a></footer>\n</main>\n"));
    page_end(rq);
    return NULL;
}

struct err *serve_sign_in_page(struct req *rq)
{
    struct form form = {.next = safe_path(arg(rq, "next"))};

    if (!rq->m->version) { /* nobody can have an account yet */
        page_go_to(rq, STR("/first-run"));
        return NULL;
    }
    return sign_in_page(rq, &form, STR(""));
}

static struct err *sign_in_as(struct req *rq, const struct form *form, struct str *token)
{
    int64_t user_id;

    if (form->demo.len)
        return sign_in_demo(rq, form->demo, token, &user_id);
    return access_sign_in(rq->app->db, rq->arena, rq->m, form->email, form->password, req_address(rq), rq->http->headers.user_agent,
                          rq->now_us, token, &user_id);
}

/* The form of the sign-in page, without script. A refusal is shown at the form, with what was typed. */
struct err *serve_sign_in_form(struct req *rq)
{
    struct form form;
    struct str token;
    struct err *e;

    TRY(read_form(rq, &form));
    e = sign_in_as(rq, &form, &token);
    if (!e) {
        sign_in_cookie(rq, token, SESSION_ABSOLUTE_US / US_PER_SECOND);
        page_go_to(rq, form.next);
        return NULL;
    }
    if (e->kind != ERR_UNAUTHORIZED && e->kind != ERR_TOO_MANY && e->kind != ERR_FORBIDDEN)
        return e;
    rq->status = problem_status(e);
    return sign_in_page(rq, &form, e->way_out.len ? str_fmt(rq->arena, "%.*s %.*s", STR_ARG(e->message), STR_ARG(e->way_out)) : e->message);
}

/* ---- what this is ---- */

struct err *serve_about(struct req *rq)
{
    struct buf *b = &rq->out;

    page_begin(rq, STR("What is fairlead?"), "text");
    buf_fmt(b, "<main class=\"page\">\n<header>%s<h1>fairlead</h1></header>\n", page_mark);
    buf_add(b, STR("<p>A company writes the manual its team works by; fairlead is the CRM that runs it.</p>\n"));
    if (rq->m->version)
        buf_fmt(b, "<p>This installation runs version %lld of its manual, %zu pages.</p>\n", (long long)rq->m->version, rq->m->n_pages);
    else
        buf_add(b, STR("<p>There is no company here yet: <a href=\"/first-run\">create it</a>.</p>\n"));
    buf_add(b, STR("<h2>The API</h2>\n<ul>\n"
                   "<li><a href=\"/api/v1/openapi.json\">/api/v1/openapi.json</a>: everything this installation answers, as OpenAPI 3.1, "
                   "its own objects and fields included</li>\n"
                   "<li><code>POST /api/v1/sign-in</code> with <code>{\"email\", \"password\"}</code> gives a token; send it as "
                   "<code>Authorization: Bearer</code></li>\n"
                   "<li><code>GET /api/v1/my-day</code>: what you owe today, with the reason for each</li>\n"
                   "<li><code>GET /api/v1/records/lead</code>: records, with <code>filter</code>, <code>sort</code>, <code>fields</code></li>\n"
                   "<li><a href=\"/healthz\">/healthz</a>: is it well?</li>\n</ul>\n"
                   "<h2>In the terminal</h2>\n<p><code>fairlead help</code> names the commands; <code>fairlead today</code> shows "
                   "somebody's day.</p>\n<p><a href=\"/\">Go to My Day</a></p>\n</main>\n"));
    page_end(rq);
    return NULL;
}

struct err *serve_problem_page(struct req *rq)
{
    const char *code = str_cstr(rq->arena, rq->params[0]);
    const char *sentence = problem_title(code);

    if (!sentence)
        return FAIL(rq->arena, ERR_NOT_FOUND, "http.not_found", NULL, "There is no problem with this name.");
    page_begin(rq, str_from(code), "text");
    buf_fmt(&rq->out, "<main class=\"page\">\n<h1>%s</h1>\n<p>", code);
    page_text(&rq->out, str_from(sentence));
    buf_add(&rq->out, STR("</p>\n<p>An answer with this code has in <code>detail</code> what happened, in <code>errors</code> each "
                          "finding with its place, and in <code>way_out</code> what can be done.</p>\n"
                          "<p><a href=\"/about\">What this is</a></p>\n</main>\n"));
    page_end(rq);
    return NULL;
}

/* ---- errors ---- */

bool page_wanted(const struct req *rq)
{
    if (rq->route)
        return rq->route->flags & RF_HTML;
    return !str_starts(rq->path, STR("/api/")) && str_find(rq->http->headers.accept, STR("text/html"), 0) != SIZE_MAX;
}

void page_of_error(struct req *rq)
{
    struct err *e = rq->err;
    struct buf *b = &rq->out;
    struct str title = str_from(problem_title(e->code));

    rq->err = NULL;
    rq->n_extra = 0;
    rq->etag = STR_NONE;
    rq->location = STR_NONE;
    rq->out = buf_new(rq->arena, 2048);
    rq->status = problem_status(e);
    if (rq->status == 401 && rq->m && !rq->m->version) {
        page_go_to(rq, STR("/first-run"));
        return;
    }
    if (rq->status == 401 && rq->http->method != M_POST) {
        struct buf to = buf_new(rq->arena, 64);

        buf_add(&to, STR("/sign-in"));
        if (!str_eq(rq->http->target, STR("/"))) {
            buf_add(&to, STR("?next="));
            percent_encode(&to, rq->http->target);
        }
        page_go_to(rq, buf_str(&to));
        return;
    }
    page_begin(rq, title.len ? title : STR("Something went wrong"), "text");
    buf_fmt(b, "<main class=\"page\">\n<header>%s<h1>", page_mark);
    page_text(b, title.len ? title : STR("Something went wrong"));
    buf_add(b, STR("</h1></header>\n"));
    if (!str_eq(e->message, title)) {
        buf_add(b, STR("<p>"));
        page_text(b, e->message);
        buf_add(b, STR("</p>\n"));
    }
    if (e->way_out.len && e->kind != ERR_NOT_FOUND) {
        buf_add(b, STR("<p>"));
        page_text(b, e->way_out);
        buf_add(b, STR("</p>\n"));
    }
    buf_fmt(b, "<p><a href=\"/\">Go to My Day</a></p>\n<p class=\"muted\">If you ask somebody for help, tell them this number: <code class=\"request\">%s</code></p>\n</main>\n",
            rq->request_id);
    page_end(rq);
}
