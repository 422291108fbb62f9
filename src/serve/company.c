/* Creating a company, in one transaction. */
#include "serve/company.h"

#include "base/limits.h"

#include <string.h>

enum { NAME_CHARS_MAX = 120, EMAIL_BYTES_MAX = 320 };
#define COMPANY_SETTING "company"

const struct currency currencies[] = {
#define CURRENCY(code, name, countries) {code, name, countries},
#include "serve/currencies.def"
#undef CURRENCY
    {NULL, NULL, NULL},
};

const char *currency_of_country(struct str country)
{
    for (const struct currency *c = currencies; c->code && country.len == 2; c++)
        for (const char *p = c->countries; *p; p += p[2] ? 3 : 2)
            if (memcmp(p, country.ptr, 2) == 0)
                return c->code;
    return "USD";
}

bool company_exists(const struct app *app)
{
    const struct manual *m = manual_live(app->store);
    bool exists = m->version > 0;

    manual_unpin(m);
    return exists;
}

static struct err *read_name(struct tx *tx, void *ctx)
{
    return db_setting_get(tx, STR(COMPANY_SETTING), ctx);
}

struct err *company_name(struct app *app, struct arena *arena, struct str *out)
{
    TRY(db_read(app->db, arena, read_name, out));
    if (!out->ptr)
        *out = STR("");
    return NULL;
}

/* ---- is it acceptable? ---- */

static struct err *missing(struct arena *arena, const char *field, const char *what)
{
    return FAIL(arena, ERR_INVALID, "record.field_required", field, "%s is missing.", what);
}

static struct err *invalid(struct arena *arena, const char *field, struct str message)
{
    return FAIL(arena, ERR_INVALID, "record.field_invalid", field, "%.*s", STR_ARG(message));
}

/* One line of text: no control characters. */
static bool one_line(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] < 0x20 || s.ptr[i] == 0x7f)
            return false;
    return utf8_valid(s);
}

static struct err *check_line(struct arena *arena, const char *field, const char *what, struct str s)
{
    if (!one_line(s))
        return invalid(arena, field, str_fmt(arena, "%s must be one line of text.", what));
    if (utf8_count(s) > NAME_CHARS_MAX)
        return invalid(arena, field, str_fmt(arena, "%s has more than %d characters.", what, NAME_CHARS_MAX));
    return NULL;
}

static bool like_a_mail_address(struct str s)
{
    size_t at = str_find_char(s, '@', 0);

    return at != SIZE_MAX && at > 0 && at + 1 < s.len && s.len <= EMAIL_BYTES_MAX && str_find_char(s, ' ', 0) == SIZE_MAX;
}

static struct err *check_zone(struct arena *arena, struct str name)
{
    const struct zone *zone;
    struct err *e = name.len ? zone_find(arena, name, &zone) : NULL, *mine;

    if (!e)
        return NULL;
    mine = invalid(arena, "/zone", e->message);
    mine->way_out = e->way_out;
    return mine;
}

static struct err *check_currency(struct arena *arena, struct str code)
{
    if (!code.len)
        return NULL;
    for (const struct currency *c = currencies; c->code; c++)
        if (str_eq(code, str_from(c->code)))
            return NULL;
    return invalid(arena, "/currency", STR("This is not the code of a currency: they are written like EUR."));
}

static struct err *check_starter(struct arena *arena, struct str name)
{
    struct page_file *files;
    size_t n;
    struct err *e = manual_starter(arena, name, &files, &n);

    if (!e || e->kind != ERR_NOT_FOUND)
        return e;
    return invalid(arena, "/starter", e->message);
}

struct err *company_check(struct arena *arena, const struct company *c)
{
    struct err *all = NULL, *e;

    if ((e = check_line(arena, "/company", "The name of the company", c->name)))
        err_add(&all, e);
    if ((e = check_zone(arena, c->zone)))
        err_add(&all, e);
    if ((e = check_currency(arena, c->currency)))
        err_add(&all, e);
    if (!c->admin_name.len)
        err_add(&all, missing(arena, "/name", "Your name"));
    else if ((e = check_line(arena, "/name", "Your name", c->admin_name)))
        err_add(&all, e);
    if (!c->admin_email.len)
        err_add(&all, missing(arena, "/email", "Your mail address"));
    else if (!one_line(c->admin_email) || !like_a_mail_address(c->admin_email))
        err_add(&all, invalid(arena, "/email", STR("This is not a mail address: they are written like name@example.com.")));
    if (c->password.len && (e = access_password_check(arena, c->password, c->admin_name, c->admin_email)))
        err_add(&all, e);
    if ((e = check_starter(arena, c->starter)))
        err_add(&all, e);
    return all;
}

/* ---- the starter's pages, made this company's ---- */

static size_t front_end(struct str text)
{
    size_t end = str_find(text, STR("\n---"), 3);

    return end == SIZE_MAX ? 0 : end;
}

static size_t capitals(struct str text, size_t at)
{
    size_t n = 0;

    while (at + n < text.len && text.ptr[at + n] >= 'A' && text.ptr[at + n] <= 'Z')
        n++;
    return n;
}

/* Every `key: CODE` in the front matter, in whatever field it stands, becomes `key: value`. */
static struct str set_codes(struct arena *arena, struct str text, struct str key, struct str value)
{
    struct buf b = buf_new(arena, text.len + 64);
    size_t end = front_end(text), from = 0;
    struct str front = str_sub(text, 0, end);

    for (size_t at = str_find(front, key, 0); at != SIZE_MAX; at = str_find(front, key, at + 1)) {
        size_t to = at + key.len, n;

        if (at == 0 || !strchr(" {\n", front.ptr[at - 1]) || !str_starts(str_sub(front, to, 2), STR(": ")))
            continue;
        to += 2;
        n = capitals(front, to);
        if (!n)
            continue;
        buf_add(&b, str_sub(text, from, to - from));
        buf_add(&b, value);
        from = to + n;
    }
    buf_add(&b, str_sub(text, from, SIZE_MAX));
    return buf_str(&b);
}

/* The page without the block of this key. */
static struct str drop_block(struct arena *arena, struct str text, struct str key)
{
    size_t end = front_end(text), at = str_find(text, str_fmt(arena, "\n%.*s:", STR_ARG(key)), 0), next;

    if (at == SIZE_MAX || at >= end)
        return text;
    next = str_find_char(text, '\n', at + 1);
    while (next < end && (text.ptr[next + 1] == ' ' || text.ptr[next + 1] == '-') && !str_starts(str_sub(text, next, 4), STR("\n---")))
        next = str_find_char(text, '\n', next + 1);
    return str_fmt(arena, "%.*s%.*s", (int)at, text.ptr, STR_ARG(str_sub(text, next, SIZE_MAX)));
}

/* The zone a calendar's page is written for. */
static struct str page_zone(struct str text)
{
    size_t at = str_find(text, STR("\nzone: "), 0), end;

    if (at == SIZE_MAX || at >= front_end(text))
        return STR("");
    at += 7;
    end = str_find_char(text, '\n', at);
    return str_trim(str_sub(text, at, end - at));
}

static struct err *adapt_calendar(struct arena *arena, const struct company *c, struct str *text)
{
    struct str was = zone_country(arena, page_zone(*text)), is = zone_country(arena, c->zone);

    TRY(page_set_key(arena, *text, STR("zone"), c->zone, text));
    if (!str_eq(was, is))
        *text = drop_block(arena, *text, STR("holidays"));
    return NULL;
}

static struct err *company_pages(struct arena *arena, const struct company *c, struct page_file **files, size_t *n)
{
    struct str country = zone_country(arena, c->zone);

    TRY(manual_starter(arena, c->starter, files, n));
    for (size_t i = 0; i < *n; i++) {
        struct page_file *f = &(*files)[i];

        if (c->zone.len && str_eq(f->path, STR("calendar/company.md")))
            TRY(adapt_calendar(arena, c, &f->text));
        if (!str_starts(f->path, STR("object/")))
            continue;
        if (c->currency.len)
            f->text = set_codes(arena, f->text, STR("currency"), c->currency);
        if (country.len)
            f->text = set_codes(arena, f->text, STR("country"), country);
    }
    return NULL;
}

/* ---- creating ---- */

struct create_job {
    struct app *app;
    const struct company *company;
    struct company_made *out;
    const struct page_file *files;
    size_t n_files;
    const struct manual *manual; /* the pages, compiled as version 1 */
    struct str hash;
    int64_t now_us;
};

static struct err *exists(struct arena *arena)
{
    struct err *e = FAIL(arena, ERR_CONFLICT, "company.exists", NULL, "There is a company here already; nothing was changed.");

    e->way_out = STR("Sign in. If you have no account yet, ask whoever set it up.");
    return e;
}

static struct err *save_admin(struct tx *tx, const struct create_job *job)
{
    struct arena *arena = tx_arena(tx);
    const struct company *c = job->company;
    const struct object *user = manual_object(job->manual, STR("user"));
    struct actor *actor = actor_system(arena, job->manual, STR_NONE);
    struct save_context cx = {.manual = job->manual, .actor = actor, .now_us = job->now_us};
    const struct {
        const char *field;
        struct str text;
    } given[] = {{"name", c->admin_name}, {"email", c->admin_email}, {"active", STR("yes")}, {"roles", STR("admin")}};
    const struct field *fields[4];
    struct value values[4] = {0};
    struct save_input in = {.object = user, .if_version = -1, .fields = fields, .values = values, .n = 4};
    struct save_result saved;
    struct expr_env env = actor_env(actor, job->now_us);

    actor->via = c->via;
    for (size_t i = 0; i < 4; i++) {
        fields[i] = object_field(user, str_from(given[i].field));
        TRY(value_parse(arena, job->manual, fields[i], given[i].text, &env, &values[i]));
    }
    TRY(record_save(tx, &cx, &in, &saved));
    job->out->admin = saved.record.id;
    return NULL;
}

static struct err *create(struct tx *tx, void *ctx)
{
    struct create_job *job = ctx;
    const struct company *c = job->company;
    struct publish p = {.files = job->files, .n = job->n_files, .expect_version = 0, .now_us = job->now_us, .reason = STR("The starter manual.")};
    int64_t version;
    struct err *e;

    /* First: two that come at once wait for each other at this row, on every node. */
    TRY(db_setting_put(tx, STR(COMPANY_SETTING), c->name.ptr ? c->name : STR("")));
    job->out->findings = (struct findings){.arena = tx_arena(tx)};
    e = manual_publish(tx, job->app->store, &p, &job->out->findings, &version);
    if (e && e->kind == ERR_CONFLICT && strcmp(e->code, "manual.version_conflict") == 0)
        return exists(tx_arena(tx));
    TRY(e);
    if (version != job->manual->version)
        return FAIL(tx_arena(tx), ERR_INTERNAL, "internal", NULL, "The first version of the manual has the number %lld.", (long long)version);
    TRY(save_admin(tx, job));
    if (job->hash.len)
        TRY(access_set_password(tx, job->out->admin, job->hash, job->now_us));
    if (c->session)
        TRY(access_session_start(tx, job->out->admin, c->address, c->label, job->now_us, &job->out->token));
    return NULL;
}

struct err *company_create(struct app *app, struct arena *arena, const struct company *c, int64_t now_us, struct company_made *out)
{
    struct create_job job = {.app = app, .company = c, .out = out, .now_us = now_us};
    struct page_file *files;
    struct err *e;

    *out = (struct company_made){.findings = {.arena = arena}};
    if (company_exists(app))
        return exists(arena);
    TRY(company_check(arena, c));
    TRY(company_pages(arena, c, &files, &job.n_files));
    job.files = files;
    TRY(manual_compile(arena, files, job.n_files, 1, &out->findings, &job.manual));
    if (c->password.len)
        job.hash = access_password_hash(arena, c->password);
    e = db_write(app->db, arena, create, &job);
    manual_unpin(job.manual);
    return e;
}
