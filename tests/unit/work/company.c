#include "company.h"

static const char *const base[][3] = {
    {"object/user",
     "title: name\n"
     "fields:\n"
     "  name: { type: text, required: true }\n"
     "  email: { type: email, unique: true }\n"
     "  active: { type: yes/no, default: yes }\n"
     "  roles: { type: multi-choice }\n"
     "  reports_to: { type: user }\n"
     "  zone: { type: text }\n"
     "  phone: { type: phone, country: US }\n",
     ""},
    {"object/team", "fields: { name: { type: text }, parent: { type: team } }\n", ""},
    {"object/lead",
     "title: name\n"
     "open_when: status not in ('Qualified', 'Disqualified')\n"
     "fields:\n"
     "  name: { type: text, max: 200 }\n"
     "  first_name: { type: text }\n"
     "  company: { type: text }\n"
     "  email: { type: email }\n"
     "  status: { type: choice, options: [New, Contacted, { name: Qualified, closed: won }, { "
     "name: Disqualified, closed: lost }], default: New }\n"
     "  source: { type: choice, options: [Web, Import] }\n"
     "  priority: { type: choice, options: [Low, High] }\n"
     "  budget: { type: money, currency: USD, min: 0 }\n"
     "  need: { type: text }\n"
     "  asked_at: { type: date-time }\n"
     "  lost_reason: { type: text }\n"
     "  account: { type: reference, to: account, back: leads }\n"
     "  contact: { type: reference, to: contact, back: leads }\n"
     "  deal: { type: reference, to: deal, back: leads }\n",
     ""},
    {"object/account",
     "title: name\nfields: { name: { type: text }, type: { type: choice, options: [Customer, "
     "Prospect] }, sector: { type: text } }\n",
     ""},
    {"object/contact",
     "title: name\n"
     "fields:\n"
     "  name: { type: text }\n"
     "  first_name: { type: text }\n"
     "  email: { type: email, unique: true }\n"
     "  account: { type: reference, to: account, back: contacts }\n",
     ""},
    {"object/deal",
     "title: name\n"
     "fields:\n"
     "  name: { type: text }\n"
     "  stage: { type: choice, options: [Prospecting, Engaging, { name: Won, closed: won }, { "
     "name: Lost, closed: lost }], default: Prospecting }\n"
     "  amount: { type: money, currency: USD }\n"
     "  account: { type: reference, to: account, back: deals }\n"
     "  contact: { type: reference, to: contact, back: deals }\n"
     "  close_date: { type: date }\n"
     "  next_step: { type: text }\n"
     "  lost_reason: { type: text }\n",
     ""},
    {"object/activity",
     "title: subject\n"
     "time: at\n"
     "timeline: true\n"
     "fields:\n"
     "  kind: { type: choice, options: [call, email, meeting, note] }\n"
     "  direction: { type: choice, options: [in, out, internal] }\n"
     "  at: { type: date-time }\n"
     "  subject: { type: text }\n"
     "  body: { type: long text }\n"
     "  links: { type: references, to: any, back: activities }\n",
     ""},
    {"object/product", "fields: { name: { type: text } }\n", ""},
    {"object/line_item",
     "fields: { deal: { type: reference, to: deal, back: lines }, product: { type: reference, to: "
     "product } }\n",
     ""},
    {"calendar/company",
     "zone: UTC\ndefault: true\nhours: { mon-fri: \"9:00-17:00\" }\nholidays: [2026-04-06]\n", ""},
    {"role/sales-rep",
     "default: true\ncan: { lead: { read: all, create: yes, update: all, assign: all }, deal: { "
     "read: all, create: yes, update: all }, account: { read: all, create: yes, update: all }, "
     "contact: { read: all, create: yes, update: all }, activity: { read: all, create: yes, "
     "update: all } }\n",
     ""},
    {"role/sales-manager",
     "can: { \"*\": { read: all, create: yes, update: all, assign: all } }\nrights: [publish, "
     "bypass-gates]\n",
     ""},
    {"role/admin",
     "can: { \"*\": { read: all, create: yes, update: all } }\nrights: [see-breaches]\n", ""},
};

void company_page(struct company *c, const char *path, const char *front, const char *body)
{
    const char *slash = strchr(path, '/');
    struct str text = str_fmt(c->arena, "---\nkind: %.*s\nname: %s\n%s---\n%s", (int)(slash - path),
                              path, slash + 1, front, body ? body : "");
    struct page_file file = {str_from(path), text};

    for (size_t i = 0; i < c->pages.n; i++)
        if (str_eq(c->pages.at[i].path, file.path)) {
            c->pages.at[i] = file;
            return;
        }
    VEC_PUSH(c->arena, c->pages) = file;
}

void company_drop_page(struct company *c, const char *path)
{
    size_t n = 0;

    for (size_t i = 0; i < c->pages.n; i++)
        if (!str_eq(c->pages.at[i].path, str_from(path)))
            c->pages.at[n++] = c->pages.at[i];
    c->pages.n = n;
}

static struct err *publish_in(struct tx *tx, void *ctx)
{
    struct company *c = ctx;
    struct findings findings = {.arena = tx_arena(tx)};
    struct publish p = {.files = c->pages.at,
                        .n = c->pages.n,
                        .reason = STR("test"),
                        .expect_version = -1,
                        .now_us = c->now};
    int64_t version;
    struct err *e = manual_publish(tx, c->store, &p, &findings, &version);

    if (findings.errors)
        print_error("%.*s", STR_ARG(findings_text(tx_arena(tx), &findings)));
    return e;
}

struct err *company_try_publish(struct company *c)
{
    return db_write(c->f->db, c->arena, publish_in, c);
}

void company_publish(struct company *c)
{
    assert_ok(company_try_publish(c));
}

/* ---- saving ---- */
#define PAIRS_MAX 16
struct saving {
    struct company *c;
    int64_t user, id, link;
    const char *reason, *object;
    const char *pair[PAIRS_MAX][2];
    int n;
    int64_t out;
};

static int64_t person(const struct company *c, const char *name)
{
    return strcmp(name, "lena") == 0    ? c->lena
           : strcmp(name, "rob") == 0   ? c->rob
           : strcmp(name, "ana") == 0   ? c->ana
           : strcmp(name, "tom") == 0   ? c->tom
           : strcmp(name, "admin") == 0 ? c->admin
           : strcmp(name, "north") == 0 ? c->north
                                        : c->south;
}

static struct err *fill(struct tx *tx, const struct manual *m, struct saving *s,
                        struct save_input *in)
{
    struct expr_env env = {.now_us = s->c->now, .zone = zone_utc()};
    struct arena *arena = tx_arena(tx);

    in->fields = NEW_ARRAY(arena, PAIRS_MAX + 1, const struct field *);
    in->values = NEW_ARRAY(arena, PAIRS_MAX + 1, struct value);
    for (int i = 0; i < s->n; i++) {
        const struct field *f = object_field(in->object, str_from(s->pair[i][0]));
        const char *text = s->pair[i][1];
        struct str value = str_from(text);

        if (!f)
            fail_msg("%s has no field %s", s->object, s->pair[i][0]);
        in->fields[in->n] = f;
        if (text[0] == '@')
            value = str_fmt(arena, "%lld", (long long)person(s->c, text + 1));
        if (text[0] == '\0')
            in->values[in->n] = (struct value){.type = f->type, .empty = true};
        else
            TRY(value_parse(arena, m, f, value, &env, &in->values[in->n]));
        in->n++;
    }
    if (s->link) {
        int64_t *ids = NEW(arena, int64_t);

        *ids = s->link;
        in->fields[in->n] = object_field(in->object, STR("links"));
        in->values[in->n++] = (struct value){.type = FT_REFS, .ids = ids, .n_ids = 1};
    }
    return NULL;
}

static struct err *save_with(struct tx *tx, struct saving *s, const struct manual *m)
{
    struct save_input in = {
        .object = manual_object(m, str_from(s->object)), .id = s->id, .if_version = -1};
    struct save_context cx = {
        .manual = m, .now_us = s->c->now, .reason = s->reason ? str_from(s->reason) : STR("")};
    struct save_result res;
    struct actor *actor;

    if (s->user) {
        TRY(actor_load(tx, m, s->user, VIA_API, &actor));
        cx.actor = actor;
    } else {
        cx.actor = actor_system(tx_arena(tx), m, STR(""));
    }
    TRY(fill(tx, m, s, &in));
    TRY(record_save(tx, &cx, &in, &res));
    s->out = res.record.id;
    return NULL;
}

static struct err *save_in(struct tx *tx, void *ctx)
{
    struct saving *s = ctx;
    const struct manual *m = manual_live(s->c->store);
    struct err *e = save_with(tx, s, m);

    manual_unpin(m);
    return e;
}

static void take(struct saving *s, va_list ap)
{
    const char *name;

    while ((name = va_arg(ap, const char *))) {
        s->pair[s->n][0] = name;
        s->pair[s->n++][1] = va_arg(ap, const char *);
    }
}

int64_t company_create(struct company *c, const char *object, ...)
{
    struct saving s = {.c = c, .object = object};
    va_list ap;

    va_start(ap, object);
    take(&s, ap);
    va_end(ap);
    assert_ok(db_write(c->f->db, c->arena, save_in, &s));
    return s.out;
}

void company_set(struct company *c, const char *object, int64_t id, ...)
{
    struct saving s = {.c = c, .object = object, .id = id};
    va_list ap;

    va_start(ap, id);
    take(&s, ap);
    va_end(ap);
    assert_ok(db_write(c->f->db, c->arena, save_in, &s));
}

struct err *company_try_set(struct company *c, int64_t user, const char *reason, const char *object,
                            int64_t id, ...)
{
    struct saving s = {.c = c, .object = object, .id = id, .user = user, .reason = reason};
    va_list ap;

    va_start(ap, id);
    take(&s, ap);
    va_end(ap);
    return db_write(c->f->db, c->arena, save_in, &s);
}

struct err *company_try_create(struct company *c, int64_t user, int64_t *id, const char *object, ...)
{
    struct saving s = {.c = c, .object = object, .user = user};
    struct err *e;
    va_list ap;

    va_start(ap, object);
    take(&s, ap);
    va_end(ap);
    e = db_write(c->f->db, c->arena, save_in, &s);
    *id = e ? 0 : s.out;
    return e;
}

int64_t company_activity(struct company *c, const char *kind, const char *direction, int64_t record)
{
    struct saving s = {.c = c, .object = "activity", .link = record};

    s.pair[0][0] = "kind", s.pair[0][1] = kind;
    s.pair[1][0] = "direction", s.pair[1][1] = direction;
    s.pair[2][0] = "at", s.pair[2][1] = str_cstr(c->arena, instant_text(c->arena, c->now));
    s.n = 3;
    assert_ok(db_write(c->f->db, c->arena, save_in, &s));
    return s.out;
}

struct moving {
    struct company *c;
    const char *object;
    int64_t id;
    enum record_move move;
};

static struct err *move_in(struct tx *tx, void *ctx)
{
    struct moving *mv = ctx;
    const struct manual *m = manual_live(mv->c->store);
    struct save_context cx = {
        .manual = m, .now_us = mv->c->now, .actor = actor_system(tx_arena(tx), m, STR(""))};
    struct record r;
    struct err *e =
        record_move(tx, &cx, manual_object(m, str_from(mv->object)), mv->id, -1, mv->move, &r, NULL);

    manual_unpin(m);
    return e;
}

void company_move(struct company *c, const char *object, int64_t id, enum record_move move)
{
    struct moving mv = {c, object, id, move};

    assert_ok(db_write(c->f->db, c->arena, move_in, &mv));
}

/* ---- time ---- */
void company_until(struct company *c, int64_t to)
{
    int64_t done;

    assert_true(to >= c->now);
    c->now = to;
    assert_ok(work_run_until(c->f->db, c->store, to, &done));
}

void company_run(struct company *c, int64_t to, int64_t step_us)
{
    while (c->now < to)
        company_until(c, c->now + step_us < to ? c->now + step_us : to);
}

/* ---- looking ---- */
struct asking {
    struct company *c;
    const char *sql;
    int64_t id, number;
    struct str text;
};

static struct err *ask_in(struct tx *tx, void *ctx)
{
    struct asking *a = ctx;
    struct stmt *s;
    bool row;

    TRY(db_stmt_text(tx, str_from(a->sql), &s));
    if (strstr(a->sql, "$1"))
        db_bind_i64(s, 1, a->id);
    TRY(db_step(s, &row));
    a->number = row ? db_i64(s, 0) : 0;
    a->text = row && db_str(s, 0).len ? str_dup(a->c->arena, db_str(s, 0)) : STR("");
    db_done(s);
    return NULL;
}

int64_t company_count(struct company *c, const char *sql, int64_t id)
{
    struct asking a = {.c = c, .sql = sql, .id = id};

    assert_ok(db_read(c->f->db, c->arena, ask_in, &a));
    return a.number;
}

struct str company_text(struct company *c, const char *sql, int64_t id)
{
    struct asking a = {.c = c, .sql = sql, .id = id};

    assert_ok(db_read(c->f->db, c->arena, ask_in, &a));
    return a.text;
}

struct dumping {
    struct company *c;
    struct buf out;
};

static struct err *dump_in(struct tx *tx, void *ctx)
{
    struct dumping *d = ctx;

    const struct manual *m = manual_live(d->c->store);
    struct err *e = work_dump(tx, m, &d->out);

    manual_unpin(m);
    return e;
}

struct str company_dump(struct company *c)
{
    struct dumping d = {c, buf_new(c->arena, 4096)};

    assert_ok(db_read(c->f->db, c->arena, dump_in, &d));
    return buf_str(&d.out);
}

static struct err *check_in(struct tx *tx, void *ctx)
{
    struct dumping *d = ctx;
    const struct manual *m = manual_live(d->c->store);
    struct err *e = work_check(tx, m, &d->out);

    manual_unpin(m);
    return e;
}

void company_sound(struct company *c)
{
    struct dumping d = {c, buf_new(c->arena, 256)};

    assert_ok(db_read(c->f->db, c->arena, check_in, &d));
    assert_str(buf_str(&d.out), "");
}

struct calling {
    struct company *c;
    int64_t user;
    company_fn fn;
    void *ctx;
};

static struct err *call_in(struct tx *tx, void *ctx)
{
    struct calling *k = ctx;
    const struct manual *m = manual_live(k->c->store);
    struct save_context cx = {.manual = m, .now_us = k->c->now};
    struct actor *actor = NULL;
    struct err *e = NULL;

    if (k->user)
        e = actor_load(tx, m, k->user, VIA_API, &actor);
    else
        actor = actor_system(tx_arena(tx), m, STR(""));
    cx.actor = actor;
    if (!e)
        e = k->fn(tx, &cx, k->ctx);
    manual_unpin(m);
    return e;
}

struct err *company_as(struct company *c, int64_t user, company_fn fn, void *ctx)
{
    struct calling k = {c, user, fn, ctx};

    return db_write(c->f->db, c->arena, call_in, &k);
}

struct finding_task {
    const char *title;
    int64_t record, id;
};

static struct err *find_task(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct finding_task *f = ctx;
    struct stmt *s;
    bool row;

    (void)cx;
    TRY(db_stmt_text(
        tx, STR("SELECT id FROM task WHERE record_id = $1 AND title = $2 AND closed_us IS NULL"),
        &s));
    db_bind_i64(s, 1, f->record);
    db_bind_str(s, 2, str_from(f->title));
    TRY(db_step(s, &row));
    f->id = row ? db_i64(s, 0) : 0;
    db_done(s);
    return NULL;
}

int64_t task_of(struct company *c, int64_t record, const char *title)
{
    struct finding_task f = {.title = title, .record = record};

    assert_ok(company_as(c, 0, find_task, &f));
    return f.id;
}

struct finishing {
    int64_t task;
    const char *outcome, *note;
};

static struct err *finish_in(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct finishing *f = ctx;
    struct task t;

    return task_finish(tx, cx, f->task, -1, str_from(f->outcome), str_from(f->note), &t);
}

struct err *company_finish(struct company *c, int64_t user, int64_t task, const char *outcome,
                           const char *note)
{
    struct finishing f = {task, outcome, note};

    return company_as(c, user, finish_in, &f);
}

/* ---- opening ---- */
struct company *company_open(void)
{
    struct db_fixture *f = db_fixture_open(NULL);
    struct company *c = NEW(f->arena, struct company);

    c->f = f;
    c->arena = f->arena;
    c->now = MONDAY_9 - 7 * DAY;
    work_install();
    assert_ok(manual_store_open(c->arena, f->db, &c->store));
    for (size_t i = 0; i < sizeof base / sizeof base[0]; i++)
        company_page(c, base[i][0], base[i][1], base[i][2]);
    company_publish(c);
    c->north = company_create(c, "team", "name", "North", NULL);
    c->south = company_create(c, "team", "name", "South", NULL);
    c->admin =
        company_create(c, "user", "name", "Ada", "email", "ada@x.example", "roles", "admin", NULL);
    c->lena = company_create(c, "user", "name", "Lena", "email", "lena@x.example", "roles",
                             "sales-manager", "team", "@north", "reports_to", "@admin", NULL);
    c->rob = company_create(c, "user", "name", "Rob", "email", "rob@x.example", "roles",
                            "sales-rep", "team", "@north", "reports_to", "@lena", NULL);
    c->ana = company_create(c, "user", "name", "Ana", "email", "ana@x.example", "roles",
                            "sales-rep", "team", "@north", "reports_to", "@lena", NULL);
    c->tom = company_create(c, "user", "name", "Tom", "email", "tom@x.example", "roles",
                            "sales-rep", "team", "@south", "reports_to", "@admin", NULL);
    c->now = MONDAY_9;
    return c;
}

void company_close(struct company *c)
{
    manual_store_close(c->store);
    db_fixture_close(c->f);
}
