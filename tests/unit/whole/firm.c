#include "firm.h"

#include "base/clock.h"
#include "insight/metric.h"

#include <unistd.h>

void firm_set_key(struct company *c, const char *path, const char *key, const char *value)
{
    for (size_t i = 0; i < c->pages.n; i++)
        if (str_eq(c->pages.at[i].path, str_from(path))) {
            assert_ok(page_set_key(c->arena, c->pages.at[i].text, str_from(key), str_from(value), &c->pages.at[i].text));
            return;
        }
    fail_msg("the starter manual has no page %s", path);
}

/* Years pass in seconds where no disk has to keep them. */
static struct db_fixture *in_memory(void)
{
    if (access("/dev/shm", W_OK | X_OK) == 0)
        setenv("TMPDIR", "/dev/shm", 0);
    return db_fixture_open(NULL);
}

void firm_set_modes(struct company *c, const char *const *modes)
{
    for (size_t i = 0; modes && modes[i]; i += 2)
        firm_set_key(c, modes[i], "mode", modes[i + 1]);
}

struct company *firm_empty(const char *const *modes)
{
    struct db_fixture *f = in_memory();
    struct company *c = NEW(f->arena, struct company);
    struct page_file *pages;
    size_t n;

    c->f = f;
    c->arena = f->arena;
    c->now = OPENING - 7 * DAY;
    work_install();
    assert_ok(manual_store_open(c->arena, f->db, &c->store));
    assert_ok(manual_starter(c->arena, STR("b2b-sales"), &pages, &n));
    for (size_t i = 0; i < n; i++)
        VEC_PUSH(c->arena, c->pages) = (struct page_file){
            str_ends(pages[i].path, STR(".md")) ? str_sub(pages[i].path, 0, pages[i].path.len - 3) : pages[i].path, pages[i].text};
    firm_set_modes(c, modes);
    company_publish(c);
    return c;
}

struct company *firm_open(const char *const *modes)
{
    struct company *c = firm_empty(modes);

    c->north = company_create(c, "team", "name", "North", NULL);
    c->south = company_create(c, "team", "name", "South", NULL);
    c->admin = company_create(c, "user", "name", "Ada", "email", "ada@x.example", "roles", "admin", NULL);
    c->lena = company_create(c, "user", "name", "Lena", "email", "lena@x.example", "roles", "sales-manager", "team", "@north", "reports_to",
                             "@admin", "phone", "+1 212 555 0101", NULL);
    c->rob = company_create(c, "user", "name", "Rob", "email", "rob@x.example", "roles", "sales-rep", "team", "@north", "reports_to", "@lena",
                            "phone", "+1 212 555 0102", NULL);
    c->ana = company_create(c, "user", "name", "Ana", "email", "ana@x.example", "roles", "sales-rep", "team", "@north", "reports_to", "@lena",
                            NULL);
    c->tom = company_create(c, "user", "name", "Tom", "email", "tom@x.example", "roles", "account-manager", "team", "@south", "reports_to",
                            "@lena", "phone", "+1 212 555 0104", NULL);
    c->now = OPENING;
    return c;
}

struct asked {
    struct company *c;
    const char *name, *note;
    int64_t user, record, at, from, to, id;
    struct str out;
};

static struct err *absence(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct asked *a = ctx;

    return work_absence(tx, cx, a->user, a->from, a->to, a->id);
}

void firm_absence(struct company *c, int64_t user, int from, int to, int64_t cover)
{
    int64_t monday = zone_date(zone_utc(), MONDAY_9);
    struct asked a = {.user = user, .from = monday + from, .to = monday + to, .id = cover};

    assert_ok(company_as(c, c->admin, absence, &a));
}

static void keep(struct asked *a, struct buf *json)
{
    a->out = str_dup(a->c->arena, buf_str(json));
}

static struct err *policies(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct asked *a = ctx;
    struct buf json = buf_new(tx_arena(tx), 4096);

    TRY(policy_list(tx, cx->manual, cx->actor, cx->now_us, &json));
    keep(a, &json);
    return NULL;
}

struct str firm_policies(struct company *c, int64_t user)
{
    struct asked a = {.c = c};

    assert_ok(company_as(c, user, policies, &a));
    return a.out;
}

static struct err *who(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct asked *a = ctx;
    struct buf json = buf_new(tx_arena(tx), 1024);

    TRY(escalation_who(tx, cx->manual, str_from(a->name), a->record, a->at, &json));
    keep(a, &json);
    return NULL;
}

struct str firm_who(struct company *c, const char *escalation, int64_t record, int64_t at_us)
{
    struct asked a = {.c = c, .name = escalation, .record = record, .at = at_us};

    assert_ok(company_as(c, 0, who, &a));
    return a.out;
}

static struct err *metric(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct asked *a = ctx;
    struct metric_ask ask = {.name = str_from(a->name), .now_us = cx->now_us};
    struct buf json = buf_new(tx_arena(tx), 1024);

    TRY(metric_json(tx, cx->manual, cx->actor, &ask, &json));
    keep(a, &json);
    return NULL;
}

struct str firm_metric(struct company *c, const char *name)
{
    struct asked a = {.c = c, .name = name};

    assert_ok(company_as(c, c->admin, metric, &a));
    return a.out;
}

static struct err *escalate(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct asked *a = ctx;

    return escalation_start(tx, cx, str_from(a->name), a->record, str_from(a->note), &a->id);
}

int64_t firm_escalate(struct company *c, int64_t user, const char *escalation, int64_t record, const char *note)
{
    struct asked a = {.c = c, .name = escalation, .record = record, .note = note};

    assert_ok(company_as(c, user, escalate, &a));
    return a.id;
}

static struct err *acknowledge(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct asked *a = ctx;

    return escalation_acknowledge(tx, cx, a->id, str_from(a->note));
}

struct err *firm_acknowledge(struct company *c, int64_t user, int64_t escalation, const char *note)
{
    struct asked a = {.c = c, .id = escalation, .note = note};

    return company_as(c, user, acknowledge, &a);
}
