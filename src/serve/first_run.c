/* The first-run page: one form that creates the company, without script. It is there until somebody has used it. */
#include "serve/company.h"
#include "serve/static_impl.h"

#include "base/limits.h"

#include <sodium.h>
#include <string.h>

enum { FORM_BYTES_MAX = 16 * 1024 };

/* What was typed; the password is never written back. */
struct first_form {
    struct company company;
    struct str code;
    struct err *trouble; /* findings, with fields */
    bool remote;         /* the setup code is needed */
};

/* ---- who may use it ---- */

/* Somebody at this very machine: the server listens here alone, the connection comes from here, under a name of this
 * machine (a page of another site that points its own name here has that name in Host), and through no proxy that says
 * so. Everybody else shows the code that the terminal printed. */
static bool from_this_machine(struct req *rq)
{
    const struct http_headers *h = &rq->http->headers;
    struct str host = h->host, peer = http_peer(rq->http);
    size_t colon = str_starts(host, STR("[")) ? str_find(host, STR("]:"), 0) : str_find_char(host, ':', 0);

    host = str_sub(host, 0, colon == SIZE_MAX ? colon : colon + (host.ptr[0] == '['));
    return !rq->server->options.setup_code_always && !h->forwarded_for.ptr && http_loopback(peer) && http_loopback(host);
}

static struct err *check_code(struct req *rq, const struct first_form *form)
{
    struct str want = str_from(rq->server->options.setup_code), got = form->code;
    unsigned char a[32], b[32];
    struct err *e;

    if (!form->remote)
        return NULL;
    crypto_generichash(a, sizeof a, (const unsigned char *)want.ptr, want.len, NULL, 0);
    crypto_generichash(b, sizeof b, (const unsigned char *)(got.ptr ? got.ptr : ""), got.len, NULL, 0);
    if (want.len && sodium_memcmp(a, b, sizeof a) == 0)
        return NULL;
    e = FAIL(rq->arena, ERR_INVALID, "record.field_invalid", "/code", got.len ? "This is not the setup code." : "The setup code is missing.");
    e->way_out = STR("It is printed in the terminal where fairlead was started, and changes with every start.");
    return e;
}

/* ---- reading the form ---- */

/* Typed as people type it: small letters, blanks. */
static struct str code_of(struct arena *arena, struct str text)
{
    struct buf b = buf_new(arena, text.len + 1);

    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] != ' ')
            buf_add_char(&b, text.ptr[i] >= 'a' && text.ptr[i] <= 'z' ? (char)(text.ptr[i] - 32) : text.ptr[i]);
    return buf_str(&b);
}

static struct err *read_form(struct req *rq, struct first_form *form)
{
    struct company *c = &form->company;
    struct query_pair *pairs;
    size_t n;
    const struct {
        const char *name;
        struct str *to;
    } fields[] = {{"company", &c->name},      {"zone", &c->zone},   {"currency", &c->currency}, {"name", &c->admin_name},
                  {"email", &c->admin_email}, {"code", &form->code}, {"starter", &c->starter}};

    if (rq->http->body.len > FORM_BYTES_MAX || !media_type_is(rq->http->headers.content_type, "application/x-www-form-urlencoded"))
        return FAIL(rq->arena, ERR_INVALID, "http.media_type", NULL, "This is not the form of this page.");
    TRY(query_parse(rq->arena, rq->http->body, &pairs, &n));
    for (size_t i = 0; i < n; i++) {
        if (str_eq(pairs[i].name, STR("password")))
            c->password = pairs[i].value;
        for (size_t k = 0; k < sizeof fields / sizeof *fields; k++)
            if (str_eq(pairs[i].name, str_from(fields[k].name)))
                *fields[k].to = str_trim(pairs[i].value);
    }
    form->code = code_of(rq->arena, form->code);
    return NULL;
}

static void first_values(struct req *rq, struct first_form *form)
{
    struct company *c = &form->company;

    c->starter = STR("b2b-sales");
    c->zone = zone_of_machine(rq->arena);
    c->currency = str_from(currency_of_country(zone_country(rq->arena, c->zone)));
}

/* Everything at once, so that nobody fills in the form three times. The code first: who has none learns nothing else. */
static struct err *check_form(struct req *rq, const struct first_form *form)
{
    const struct company *c = &form->company;
    struct err *all = check_code(rq, form);

    if (all)
        return all;
    if (!c->name.len)
        err_add(&all, FAIL(rq->arena, ERR_INVALID, "record.field_required", "/company", "The name of the company is missing."));
    err_add(&all, company_check(rq->arena, c));
    if (!c->password.len)
        err_add(&all, FAIL(rq->arena, ERR_INVALID, "record.field_required", "/password", "The password is missing."));
    return all;
}

/* ---- writing the page ---- */

static const struct err *finding(const struct first_form *form, const char *id)
{
    for (const struct err *e = form->trouble; e; e = e->next)
        if (e->field && strcmp(e->field + 1, id) == 0)
            return e;
    return NULL;
}

/* The finding at its field, and the attributes that tie label, hint and finding together. */
static void note(struct buf *b, const struct err *e, const char *id)
{
    if (!e)
        return;
    buf_fmt(b, "<p class=\"wrong\" id=\"%s-wrong\">", id);
    page_text(b, e->message);
    if (e->way_out.len) {
        buf_add_char(b, ' ');
        page_text(b, e->way_out);
    }
    buf_add(b, STR("</p>\n"));
}

static void described(struct buf *b, const struct err *e, const char *id, bool hint)
{
    if (hint || e)
        buf_fmt(b, " aria-describedby=\"%s%s%s%s%s\"", hint ? id : "", hint ? "-hint" : "", hint && e ? " " : "", e ? id : "", e ? "-wrong" : "");
    if (e)
        buf_add(b, STR(" aria-invalid=\"true\""));
}

static void label(struct buf *b, const char *id, const char *text, const char *hint)
{
    buf_fmt(b, "<div class=\"field\">\n<label for=\"%s\">%s</label>\n", id, text);
    if (hint)
        buf_fmt(b, "<p class=\"hint\" id=\"%s-hint\">%s</p>\n", id, hint);
}

static void text_field(struct buf *b, const struct first_form *form, const char *id, const char *text, const char *hint,
                       const char *attributes, struct str value)
{
    const struct err *e = finding(form, id);

    label(b, id, text, hint);
    note(b, e, id);
    buf_fmt(b, "<input id=\"%s\" name=\"%s\" %s required", id, id, attributes);
    described(b, e, id, hint != NULL);
    buf_add(b, STR(" value=\""));
    page_text(b, value);
    buf_add(b, STR("\">\n</div>\n"));
}

static void option(struct buf *b, struct str value, struct str text, bool chosen)
{
    buf_add(b, STR("<option value=\""));
    page_text(b, value);
    buf_add(b, chosen ? STR("\" selected>") : STR("\">"));
    page_text(b, text);
    buf_add(b, STR("</option>\n"));
}

static void select_begin(struct buf *b, const struct first_form *form, const char *id, const char *text, const char *hint)
{
    const struct err *e = finding(form, id);

    label(b, id, text, hint);
    note(b, e, id);
    buf_fmt(b, "<select id=\"%s\" name=\"%s\" required", id, id);
    described(b, e, id, true);
    buf_add(b, STR(">\n"));
}

/* "America/Argentina/Buenos_Aires" under America: "Argentina, Buenos Aires". */
static struct str place_name(struct arena *arena, struct str name)
{
    struct buf b = buf_new(arena, name.len + 8);

    for (size_t i = str_find_char(name, '/', 0) + 1; i < name.len; i++)
        switch (name.ptr[i]) {
        case '_':
            buf_add_char(&b, ' ');
            break;
        case '/':
            buf_add(&b, STR(", "));
            break;
        default:
            buf_add_char(&b, name.ptr[i]);
        }
    return buf_str(&b);
}

static void zones(struct req *rq, const struct first_form *form)
{
    struct buf *b = &rq->out;
    struct str chosen = form->company.zone, region = STR("");
    struct zone_place *places;
    size_t n = zone_places(rq->arena, &places);
    bool listed = str_eq(chosen, STR("UTC"));

    for (size_t i = 0; i < n; i++)
        listed |= str_eq(places[i].name, chosen);
    select_begin(b, form, "zone", "Time zone", "Working hours and deadlines follow it, and the country of phone numbers.");
    option(b, STR("UTC"), STR("UTC"), str_eq(chosen, STR("UTC")) || !chosen.len);
    if (!listed && chosen.len) /* what this machine is set to, or what was sent */
        option(b, chosen, chosen, true);
    for (size_t i = 0; i < n; i++) {
        size_t slash = str_find_char(places[i].name, '/', 0);
        struct str of = str_sub(places[i].name, 0, slash);

        if (slash == SIZE_MAX)
            continue;
        if (!str_eq(of, region)) {
            buf_fmt(b, "%s<optgroup label=\"%.*s\">\n", region.len ? "</optgroup>\n" : "", STR_ARG(of));
            region = of;
        }
        option(b, places[i].name, place_name(rq->arena, places[i].name), str_eq(places[i].name, chosen));
    }
    buf_add(b, region.len ? STR("</optgroup>\n</select>\n</div>\n") : STR("</select>\n</div>\n"));
}

static void currency_field(struct req *rq, const struct first_form *form)
{
    struct str chosen = form->company.currency;

    select_begin(&rq->out, form, "currency", "Currency", "Of amounts that do not say another one.");
    for (const struct currency *c = currencies; c->code; c++)
        option(&rq->out, str_from(c->code), str_fmt(rq->arena, "%s · %s", c->code, c->name), str_eq(chosen, str_from(c->code)));
    buf_add(&rq->out, STR("</select>\n</div>\n"));
}

static struct err *starter_field(struct req *rq, const struct first_form *form)
{
    struct buf *b = &rq->out;
    const struct err *e = finding(form, "starter");
    struct starter *list;
    size_t n;

    TRY(manual_starters(rq->arena, &list, &n));
    buf_add(b, STR("<fieldset id=\"starter\" tabindex=\"-1\"><legend>A manual to start from</legend>\n"
                   "<p class=\"hint\">The manual says what is to be done, by whom, and why. Every page of it can be changed later.</p>\n"));
    note(b, e, "starter");
    for (size_t i = 0; i < n; i++) {
        buf_fmt(b, "<label class=\"starter\"><input type=\"radio\" name=\"starter\" value=\"%.*s\" required%s%s>\n<span><b>", STR_ARG(list[i].name),
                str_eq(list[i].name, form->company.starter) ? " checked" : "", e ? " aria-describedby=\"starter-wrong\"" : "");
        page_text(b, list[i].label);
        buf_add(b, STR("</b> <span class=\"hint\">"));
        page_text(b, list[i].purpose);
        buf_fmt(b, " %zu pages.</span></span></label>\n", list[i].n_pages);
    }
    buf_add(b, STR("</fieldset>\n"));
    return NULL;
}

static void summary(struct buf *b, const struct err *trouble)
{
    size_t n = 0;

    for (const struct err *e = trouble; e; e = e->next)
        n++;
    if (!n)
        return;
    buf_fmt(b, "<div class=\"trouble\" role=\"alert\" tabindex=\"-1\" autofocus id=\"trouble\">\n<h2>%s</h2>\n<ul>\n",
            n == 1 ? "One thing is in the way" : "Some things are in the way");
    for (const struct err *e = trouble; e; e = e->next) {
        buf_add(b, STR("<li>"));
        if (e->field)
            buf_fmt(b, "<a href=\"#%s\">", e->field + 1);
        page_text(b, e->message);
        buf_add(b, e->field ? STR("</a></li>\n") : STR("</li>\n"));
    }
    buf_add(b, STR("</ul>\n<p>Nothing was created yet. What you typed is still here, except the password.</p>\n</div>\n"));
}

static void people_fields(struct buf *b, const struct first_form *form)
{
    const struct err *e = finding(form, "password");

    buf_add(b, STR("<fieldset><legend>You, the administrator</legend>\n"));
    text_field(b, form, "name", "Your name", NULL, "type=\"text\" autocomplete=\"name\" maxlength=\"120\"", form->company.admin_name);
    text_field(b, form, "email", "Mail address", "You sign in with it. Nothing is sent there now.",
               "type=\"email\" autocomplete=\"username\" maxlength=\"320\"", form->company.admin_email);
    label(b, "password", "Password",
          "At least 12 characters, without your name or mail address. Four unrelated words are easy to remember and hard to guess.");
    note(b, e, "password");
    buf_fmt(b, "<input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"new-password\" minlength=\"%d\" maxlength=\"512\" required",
            PASSWORD_CHARS_MIN);
    described(b, e, "password", true);
    buf_add(b, STR(">\n</div>\n</fieldset>\n"));
}

static struct err *first_run_page(struct req *rq, const struct first_form *form)
{
    struct buf *b = &rq->out;

    page_begin(rq, form->trouble ? STR("Not yet: set up fairlead") : STR("Set up fairlead"), "sign-in");
    buf_fmt(b, "<main class=\"door wide\">\n<header>%s<h1>Set up fairlead</h1>\n"
               "<p>One form, then you can work. Nothing is enforced: every rule stays off until you switch it on.</p></header>\n", page_mark);
    summary(b, form->trouble);
    buf_add(b, STR("<form method=\"post\" action=\"/first-run\">\n"));
    if (form->remote) {
        buf_add(b, STR("<fieldset><legend>This is your server</legend>\n"));
        text_field(b, form, "code", "Setup code", "Printed in the terminal where fairlead was started.",
                   "type=\"text\" autocomplete=\"off\" autocapitalize=\"characters\" spellcheck=\"false\" maxlength=\"40\"", form->code);
        buf_add(b, STR("</fieldset>\n"));
    }
    buf_add(b, STR("<fieldset><legend>Your company</legend>\n"));
    text_field(b, form, "company", "Name", NULL, "type=\"text\" autocomplete=\"organization\" maxlength=\"120\"", form->company.name);
    zones(rq, form);
    currency_field(rq, form);
    buf_add(b, STR("</fieldset>\n"));
    people_fields(b, form);
    TRY(starter_field(rq, form));
    buf_add(b, STR("<button class=\"primary\">Create the company</button>\n</form>\n"
                   "<footer><a href=\"/about\">What is fairlead?</a></footer>\n</main>\n"));
    page_end(rq);
    return NULL;
}

/* ---- handlers ---- */

struct err *serve_first_run_page(struct req *rq)
{
    struct first_form form = {.remote = !from_this_machine(rq)};

    if (rq->m->version) {
        page_go_to(rq, STR("/"));
        return NULL;
    }
    first_values(rq, &form);
    return first_run_page(rq, &form);
}

/* What the page cannot show at a field is a page of its own: that somebody else was first, that the disk is full. */
static bool at_a_field(const struct err *e)
{
    return e && e->kind == ERR_INVALID && e->field;
}

struct err *serve_first_run_form(struct req *rq)
{
    struct first_form form = {.remote = !from_this_machine(rq)};
    struct company *c = &form.company;
    struct company_made made;
    struct err *e;

    c->via = VIA_WEB;
    c->session = true;
    c->address = req_address(rq);
    c->label = rq->http->headers.user_agent;
    TRY(read_form(rq, &form));
    e = rq->m->version ? NULL : check_form(rq, &form); /* company_create says that there is one */
    if (!e)
        e = company_create(rq->app, rq->arena, c, rq->now_us, &made);
    if (e && !at_a_field(e))
        return e;
    if (e) {
        form.trouble = e;
        rq->status = problem_status(e);
        return first_run_page(rq, &form);
    }
    sign_in_cookie(rq, made.token, SESSION_ABSOLUTE_US / US_PER_SECOND);
    page_go_to(rq, STR("/"));
    return NULL;
}
