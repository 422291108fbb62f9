#include "company.h"

static const char *const pages[][2] = {
    {"object/user", "title: name\nfields:\n  name: { type: text, required: true }\n  email: { type: email, unique: true }\n"
                    "  active: { type: yes/no, default: yes }\n  roles: { type: multi-choice }\n  reports_to: { type: user }\n"
                    "  zone: { type: text }\n  phone: { type: phone, country: US }\n"},
    {"object/team", "fields: { name: { type: text }, parent: { type: team } }\n"},
    {"object/lead", "fields:\n  name: { type: text }\n  budget: { type: money, currency: USD }\n  account: { type: reference, to: account, back: leads }\n"},
    {"object/account", "fields: { name: { type: text }, secret: { type: text } }\n"},
    {"object/contact", "fields: { name: { type: text } }\n"},
    {"object/deal", "fields: { name: { type: text }, amount: { type: money, currency: USD }, cost: { type: money, currency: USD } }\n"},
    {"object/activity", "title: subject\ntime: at\ntimeline: true\nfields:\n  kind: { type: choice, options: [call, email] }\n"
                        "  direction: { type: choice, options: [in, out, internal] }\n  at: { type: date-time }\n"
                        "  subject: { type: text }\n  body: { type: long text }\n  links: { type: references, to: any, back: activities }\n"},
    {"object/product", "fields: { name: { type: text } }\n"},
    {"object/line_item", "fields: { name: { type: text } }\n"},
    {"role/own", "can: { lead: { read: own, create: yes, update: own } }\n"},
    {"role/team", "can: { lead: { read: team, update: team } }\n"},
    {"role/below", "can: { lead: { read: below } }\n"},
    {"role/all", "can: { lead: { read: all } }\nrights: [publish]\n"},
    {"role/clerk", "can: { deal: { read: all, update: all } }\nfields: { deal: { amount: read, cost: none } }\nrights: [import]\n"},
    {"role/controller", "can: { deal: { read: all } }\nfields: { deal: { cost: read, amount: read } }\n"},
    {"role/buyer", "can: { lead: { read: all }, account: { read: all } }\nfields: { account: { secret: none } }\n"},
};

static struct err *publish(struct tx *tx, void *ctx)
{
    struct company *c = ctx;
    size_t n = sizeof pages / sizeof *pages;
    struct page_file *files = NEW_ARRAY(c->arena, n, struct page_file);
    struct publish p = {.files = files, .n = n, .reason = STR("test"), .expect_version = -1, .now_us = c->now_us};
    struct findings findings = {.arena = c->arena};
    int64_t version;

    for (size_t i = 0; i < n; i++) {
        const char *slash = strchr(pages[i][0], '/');

        files[i].path = str_from(pages[i][0]);
        files[i].text = str_fmt(c->arena, "---\nkind: %.*s\nname: %s\n%s---\nText.\n", (int)(slash - pages[i][0]), pages[i][0],
                                slash + 1, pages[i][1]);
    }
    struct err *e = manual_publish(tx, c->store, &p, &findings, &version);

    if (e)
        print_error("%.*s\n", STR_ARG(findings_text(c->arena, &findings)));
    return e;
}

struct exec {
    struct str sql;
    bool touch;
};

static struct err *exec(struct tx *tx, void *ctx)
{
    struct exec *x = ctx;

    TRY(db_exec(tx, x->sql));
    if (x->touch)
        access_touch(tx);
    return NULL;
}

void company_exec(struct company *c, const char *fmt, ...)
{
    va_list ap;
    struct exec x = {.touch = true};

    va_start(ap, fmt);
    x.sql = str_vfmt(c->arena, fmt, ap);
    va_end(ap);
    assert_ok(db_write(c->db, c->arena, exec, &x));
}

static void add_team(struct company *c, int64_t id, const char *name, int64_t parent)
{
    company_exec(c, "INSERT INTO o_team (id, created_at, updated_at, version, name, \"name$f\", parent) VALUES (%lld, 0, 0, 1, '%s', '%s', %s)",
                 (long long)id, name, name, parent ? str_cstr(c->arena, str_fmt(c->arena, "%lld", (long long)parent)) : "NULL");
}

static void add_person(struct company *c, int64_t id, const char *name, int64_t team, int64_t superior, bool active)
{
    company_exec(c,
                 "INSERT INTO o_user (id, created_at, updated_at, version, name, \"name$f\", email, \"email$f\", active, team, reports_to, zone, \"zone$f\") "
                 "VALUES (%lld, 0, 0, 1, '%s', '%s', '%s@Example.com', '%s@example.com', %d, %lld, %s, 'Europe/Berlin', 'europe/berlin')",
                 (long long)id, name, name, name, name, active, (long long)team,
                 superior ? str_cstr(c->arena, str_fmt(c->arena, "%lld", (long long)superior)) : "NULL");
}

void company_roles(struct company *c, int64_t person, const char *roles)
{
    struct buf set = buf_new(c->arena, 64);
    struct str rest = str_from(roles), role;

    while (str_cut(&rest, ',', &role))
        if (role.len)
            buf_fmt(&set, "\x1f%.*s", STR_ARG(role));
    if (set.len)
        buf_add_char(&set, '\x1f');
    company_exec(c, "UPDATE o_user SET roles = '%.*s' WHERE id = %lld", STR_ARG(buf_str(&set)), (long long)person);
}

struct load {
    struct company *c;
    int64_t person;
    struct actor *out;
};

static struct err *load(struct tx *tx, void *ctx)
{
    struct load *l = ctx;

    return actor_load(tx, l->c->m, l->person, VIA_API, &l->out);
}

struct actor *company_actor(struct company *c, int64_t person)
{
    struct load l = {c, person, NULL};

    assert_ok(db_read(c->db, c->arena, load, &l));
    return l.out;
}

struct count {
    const char *sql;
    int64_t n;
};

static struct err *count(struct tx *tx, void *ctx)
{
    struct count *k = ctx;
    struct stmt *st;
    bool row;

    TRY(db_stmt_text(tx, str_from(k->sql), &st));
    TRY(db_step(st, &row));
    k->n = row ? db_i64(st, 0) : -1;
    db_done(st);
    return NULL;
}

int64_t company_count(struct company *c, const char *sql)
{
    struct count k = {sql, 0};

    assert_ok(db_read(c->db, c->arena, count, &k));
    return k.n;
}

int company_setup(void **state)
{
    struct db_fixture *f = db_fixture_open(NULL);
    struct company *c = NEW(f->arena, struct company);

    *c = (struct company){.f = f, .arena = f->arena, .db = f->db};
    instant_parse(STR("2026-06-15T10:00:00Z"), &c->now_us);
    assert_ok(manual_store_open(c->arena, c->db, &c->store));
    assert_ok(db_write(c->db, c->arena, publish, c));
    c->m = manual_live(c->store);
    c->lead = manual_object_index(c->m, "lead");
    c->deal = manual_object_index(c->m, "deal");
    add_team(c, WORLD, "world", 0);
    add_team(c, EAST, "east", WORLD);
    add_team(c, BOSTON, "boston", EAST);
    add_team(c, WEST, "west", WORLD);
    add_person(c, BOSS, "boss", WORLD, 0, true);
    add_person(c, MARY, "mary", EAST, BOSS, true);
    add_person(c, ED, "ed", EAST, MARY, true);
    add_person(c, BO, "bo", BOSTON, ED, true);
    add_person(c, WES, "wes", WEST, BOSS, true);
    add_person(c, INA, "ina", EAST, MARY, false);
    add_person(c, NILS, "nils", EAST, MARY, true);
    *state = c;
    return 0;
}

int company_teardown(void **state)
{
    struct company *c = *state;

    manual_unpin(c->m);
    manual_store_close(c->store);
    db_fixture_close(c->f);
    return 0;
}
