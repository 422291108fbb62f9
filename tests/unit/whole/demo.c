#include "demo.h"

#include "base/clock.h"
#include "record/import.h"

static struct err *system_actor(struct tx *tx, const struct save_context *cx, void *ctx)
{
    const struct actor **out = ctx;

    *out = actor_system(tx_arena(tx), cx->manual, STR_NONE);
    return NULL;
}

static void import_company(struct company *c)
{
    struct import_plan_item *items;
    const struct actor *actor;
    int64_t shift, refused = 0;
    size_t n;

    assert_ok(import_plan_read(c->arena, "data/maven-crm/import.yaml", &items, &n));
    assert_ok(import_plan_shift(c->arena, items, n, zone_date(zone_utc(), OPENING) - 1, &shift));
    assert_ok(company_as(c, 0, system_actor, &actor));
    for (size_t i = 0; i < n; i++) {
        struct import_options o = {.file = str_cstr(c->arena, items[i].file),
                                   .mapping = str_cstr(c->arena, items[i].mapping),
                                   .shift_days = shift,
                                   .actor = actor,
                                   .now_us = c->now};
        struct import_result result;

        assert_ok(import_run(c->f->db, c->store, c->arena, &o, &result));
        refused += result.counts.refused;
    }
    assert_i64(refused, 0);
}

struct asked_ids {
    const char *sql;
    int64_t id, *out;
    size_t n, max;
};

static struct err *read_ids(struct tx *tx, void *ctx)
{
    struct asked_ids *a = ctx;
    struct stmt *s;
    bool row;

    TRY(db_stmt_text(tx, str_from(a->sql), &s));
    if (strstr(a->sql, "$1"))
        db_bind_i64(s, 1, a->id);
    while (a->n < a->max) {
        TRY(db_step(s, &row));
        if (!row)
            return NULL;
        a->out[a->n++] = db_i64(s, 0);
    }
    db_done(s);
    return NULL;
}

size_t demo_ids(struct demo *d, const char *sql, int64_t id, int64_t *out, size_t max)
{
    struct asked_ids a = {sql, id, out, 0, max};

    assert_ok(db_read(d->c->f->db, d->c->arena, read_ids, &a));
    return a.n;
}

static struct company *imported(const char *const *modes, const char *const *for_all)
{
    struct company *c = firm_empty(NULL);

    c->admin = company_create(c, "user", "name", "Alex Winter", "email", "alex.winter@demo.example", "roles", "admin", NULL);
    import_company(c);
    firm_set_modes(c, modes);
    for (size_t i = 0; for_all[i]; i++)
        firm_set_key(c, for_all[i], "applies_to", "all");
    company_publish(c);
    return c;
}

/* The imported company of each kind of database, at rest. Made once in a program, and copied for each life. */
static struct company *originals[2];

static void remove_originals(void)
{
    for (size_t i = 0; i < sizeof originals / sizeof *originals; i++)
        if (originals[i])
            db_fixture_close(originals[i]->f);
}

static const struct company *original(const char *const *modes, const char *const *for_all)
{
    static const char *const *made_with[2];
    struct company **c = &originals[db_fixture_kind() == DB_POSTGRES];

    if (!*c) {
        if (!originals[0] && !originals[1])
            assert_int_equal(atexit(remove_originals), 0);
        *c = imported(modes, for_all);
        made_with[0] = modes;
        made_with[1] = for_all;
        manual_store_close((*c)->store);
        db_fixture_rest((*c)->f);
    }
    assert_true(made_with[0] == modes && made_with[1] == for_all);
    return *c;
}

struct demo *demo_open(const char *const *modes, const char *const *for_all)
{
    const struct company *from = original(modes, for_all);
    struct db_fixture *f = db_fixture_copy(from->f);
    struct company *c = NEW(f->arena, struct company);
    struct demo *d = NEW(f->arena, struct demo);

    d->c = c;
    *c = *from;
    c->f = f;
    c->arena = f->arena;
    assert_ok(manual_store_open(f->arena, f->db, &c->store));
    assert_i64(company_count(c, "SELECT COUNT(*) FROM o_deal", 0), DEMO_DEALS);
    assert_int_equal(demo_ids(d, "SELECT id FROM o_account ORDER BY name", 0, d->accounts, DEMO_ACCOUNTS), DEMO_ACCOUNTS);
    assert_int_equal(demo_ids(d, "SELECT id FROM o_user WHERE job_title = 'Sales agent' ORDER BY name", 0, d->agents, DEMO_AGENTS),
                     DEMO_AGENTS);
    for (int i = 0; i < DEMO_AGENTS; i++)
        d->managers[i] = company_count(c, "SELECT reports_to FROM o_user WHERE id = $1", d->agents[i]);
    c->now = OPENING;
    c->arena = arena_new(0);
    return d;
}

void demo_forget(struct demo *d)
{
    arena_reset(d->c->arena);
}

void demo_restart(struct demo *d)
{
    struct company *c = d->c;

    manual_store_close(c->store);
    db_fixture_restart(c->f);
    assert_ok(manual_store_open(c->f->arena, c->f->db, &c->store));
}

void demo_close(struct demo *d)
{
    struct arena *scratch = d->c->arena;

    company_close(d->c);
    arena_free(scratch);
}
