/* Versions in a real database: publish, tables and columns, the live snapshot. */
#include "db_fixture.h"
#include "pages.h"

#include "base/clock.h"
#include "manual/store_impl.h"

#include <pthread.h>
#include <sched.h>

#define NOW 1764000000000000LL

struct shop {
    struct db_fixture *f;
    struct manual_store *store;
    struct pages pages;
    struct publish p;
    struct findings findings;
    int64_t version;
};

static struct shop open_shop(void **state)
{
    struct shop s = {.f = *state};

    s.pages = pages_base(s.f->arena);
    s.p =
        (struct publish){.author = 7, .reason = STR("first"), .expect_version = -1, .now_us = NOW};
    assert_ok(manual_store_open(s.f->arena, s.f->db, &s.store));
    return s;
}

static struct err *publish_in(struct tx *tx, void *ctx)
{
    struct shop *s = ctx;

    s->findings = (struct findings){.arena = s->f->arena};
    return manual_publish(tx, s->store, &s->p, &s->findings, &s->version);
}

static struct err *publish(struct shop *s)
{
    s->p.files = s->pages.list.at;
    s->p.n = s->pages.list.n;
    return db_write(s->f->db, s->f->arena, publish_in, s);
}

static int64_t live_version(struct shop *s)
{
    const struct manual *m = manual_live(s->store);
    int64_t version = m->version;

    manual_unpin(m);
    return version;
}

struct query {
    const char *sql;
    int64_t number;
    struct str text;
};

static struct err *query_in(struct tx *tx, void *ctx)
{
    struct query *q = ctx;
    struct stmt *st;
    bool row;

    TRY(db_stmt_text(tx, str_from(q->sql), &st));
    TRY(db_step(st, &row));
    q->number = row ? db_i64(st, 0) : -1;
    q->text = row ? str_dup(tx_arena(tx), db_str(st, 0)) : STR_NONE;
    db_done(st);
    return NULL;
}

static int64_t ask(struct shop *s, const char *sql)
{
    struct query q = {.sql = sql};

    assert_ok(db_read(s->f->db, s->f->arena, query_in, &q));
    return q.number;
}

static struct err *exec_in(struct tx *tx, void *ctx)
{
    return db_exec(tx, str_from(ctx));
}

static void run(struct shop *s, const char *sql)
{
    char text[400];

    snprintf(text, sizeof text, "%s", sql);
    assert_ok(db_write(s->f->db, s->f->arena, exec_in, text));
}

struct column_question {
    const char *table, *column;
    bool there;
};

static struct err *column_in(struct tx *tx, void *ctx)
{
    struct column_question *q = ctx;

    return db_has_column(tx, str_from(q->table), str_from(q->column), &q->there);
}

static bool has_column(struct shop *s, const char *table, const char *column)
{
    struct column_question q = {table, column, false};

    assert_ok(db_read(s->f->db, s->f->arena, column_in, &q));
    return q.there;
}

TEST(an_empty_database_runs_the_empty_manual)
{
    struct shop s = open_shop(state);

    assert_i64(live_version(&s), 0);
    manual_store_close(s.store);
}

TEST(publishing_makes_a_version_tables_and_columns)
{
    struct shop s = open_shop(state);

    pages_put(&s.pages, "object/thing",
              "fields: { name: { type: text }, price: { type: money, currency: USD }, colours: { "
              "type: multi-choice, options: [red] }, "
              "people: { type: references, to: contact } }\n",
              NULL);
    assert_ok(publish(&s));
    assert_i64(s.version, 1);
    assert_i64(live_version(&s), 1);
    assert_true(has_column(&s, "o_thing", "name"));
    assert_true(has_column(&s, "o_thing", "name$f"));
    assert_true(has_column(&s, "o_thing", "price$c"));
    assert_true(has_column(&s, "o_thing", "colours"));
    assert_false(has_column(&s, "o_thing", "people"));
    assert_true(has_column(&s, "o_lead", "last_activity_at"));
    run(&s, "INSERT INTO o_thing (id, created_at, owner, name, \"name$f\", price, \"price$c\") "
            "VALUES (1, 2, 3, 'A', 'a', 4, 'USD')");
    assert_i64(ask(&s, "SELECT price FROM o_thing WHERE id = 1"), 4);
    assert_i64(ask(&s, "SELECT COUNT(*) FROM link"), 0);
    assert_i64(ask(&s, "SELECT COUNT(*) FROM page WHERE removed_us IS NULL"),
               (int64_t)s.pages.list.n);
    assert_i64(ask(&s, "SELECT published_us FROM page WHERE path = 'object/thing'"), NOW);
    const struct manual *m = manual_live(s.store);
    assert_i64(m->published_us, NOW);
    assert_int_equal(m->n_pages, s.pages.list.n);
    manual_unpin(m);
    manual_store_close(s.store);
}

TEST(built_in_objects_have_the_columns_they_promise)
{
    struct shop s = open_shop(state);
    const struct manual *m = manual_empty();

    for (size_t i = 0; i < m->n_objects; i++) {
        const struct object *o = &m->objects[i];
        const char *table = str_cstr(s.f->arena, o->table);

        for (size_t k = 0; k < o->n_fields; k++)
            if (!has_column(&s, table, str_cstr(s.f->arena, o->fields[k].column)))
                fail_msg("%s has no column %.*s", table, STR_ARG(o->fields[k].column));
    }
    manual_store_close(s.store);
}

TEST(indexes_are_few_and_made_once)
{
    struct shop s = open_shop(state);
    const char *sql =
        "SELECT COUNT(*) FROM manual_column WHERE tbl = 'o_contact' AND col LIKE 'index %'";

    assert_ok(publish(&s));
    assert_i64(ask(&s, sql), 6); /* created_at, owner, the bin, name, email, account */
    pages_put(&s.pages, "object/contact",
              "fields: { name: { type: text }, email: { type: email, unique: true, index: yes }, "
              "nick: { type: choice, options: [a], index: yes } }\n",
              NULL);
    assert_ok(publish(&s));
    assert_i64(ask(&s, sql), 8);
    manual_store_close(s.store);
}

TEST(an_empty_change_makes_no_version)
{
    struct shop s = open_shop(state);

    assert_ok(publish(&s));
    assert_ok(publish(&s));
    assert_i64(s.version, 1);
    assert_i64(ask(&s, "SELECT COUNT(*) FROM manual_version"), 1);
    manual_store_close(s.store);
}

TEST(a_second_version_adds_columns_and_keeps_values)
{
    struct shop s = open_shop(state);

    assert_ok(publish(&s));
    run(&s, "INSERT INTO o_product (id, name, \"name$f\") VALUES (1, 'GTX', 'gtx')");
    pages_put(&s.pages, "object/product",
              "fields: { name: { type: text, index: yes }, price: { type: number, index: yes }, "
              "maker: { type: reference, to: account } }\n",
              NULL);
    pages_drop(&s.pages, "role/sales-rep");
    s.p.now_us = NOW + 5;
    assert_ok(publish(&s));
    assert_i64(s.version, 2);
    assert_true(has_column(&s, "o_product", "price"));
    assert_i64(ask(&s, "SELECT COUNT(*) FROM o_product WHERE name = 'GTX' AND price IS NULL"), 1);
    assert_i64(ask(&s, "SELECT removed_us FROM page WHERE path = 'role/sales-rep'"), NOW + 5);
    assert_i64(ask(&s, "SELECT manual_version FROM page WHERE path = 'object/product'"), 2);
    assert_i64(ask(&s, "SELECT manual_version FROM page WHERE path = 'object/lead'"), 1);
    /* A field that goes keeps its column, and shows its values when it comes back. */
    pages_put(&s.pages, "object/product",
              "fields: { price: { type: number }, title: { type: text } }\n", NULL);
    assert_ok(publish(&s));
    assert_i64(ask(&s, "SELECT COUNT(*) FROM o_product WHERE name = 'GTX'"), 1);
    pages_put(&s.pages, "object/product",
              "fields: { name: { type: text }, price: { type: number } }\n", NULL);
    assert_ok(publish(&s));
    assert_i64(s.version, 4);
    manual_store_close(s.store);
}

TEST(a_column_never_changes_its_meaning)
{
    struct shop s = open_shop(state);

    pages_put(&s.pages, "object/product",
              "fields:\n  name: { type: text }\n  price: { type: decimal, scale: 1 }\n", NULL);
    assert_ok(publish(&s));
    pages_put(&s.pages, "object/product",
              "fields:\n  name: { type: text }\n  price: { type: decimal, scale: 2 }\n", NULL);
    const struct err *e = assert_err(publish(&s), "manual.check");
    assert_str(e->page, "object/product");
    assert_int_equal(e->line, 6);
    assert_has(e->message, "since version 1");
    pages_put(&s.pages, "object/product",
              "fields:\n  name: { type: text }\n  price: { type: date }\n", NULL);
    assert_err(publish(&s), "manual.check");
    assert_i64(live_version(&s), 1);
    assert_i64(ask(&s, "SELECT version FROM manual_live"), 1);
    manual_store_close(s.store);
}

TEST(a_choice_may_become_a_text_and_is_searchable_then)
{
    struct shop s = open_shop(state);

    pages_put(&s.pages, "object/product",
              "fields: { name: { type: text }, colour: { type: choice, options: [Rot, Blau] } }\n",
              NULL);
    assert_ok(publish(&s));
    assert_false(has_column(&s, "o_product", "colour$f"));
    for (int i = 1; i <= 1203; i++) {
        char sql[200];

        snprintf(sql, sizeof sql, "INSERT INTO o_product (id, colour) VALUES (%d, 'Rot')", i);
        if (i % 100 == 3 || i == 1)
            run(&s, sql);
    }
    pages_put(&s.pages, "object/product",
              "fields: { name: { type: text }, colour: { type: text } }\n", NULL);
    assert_ok(publish(&s));
    assert_true(has_column(&s, "o_product", "colour$f"));
    assert_i64(ask(&s, "SELECT COUNT(*) FROM o_product WHERE \"colour$f\" = 'rot'"), 14);
    pages_put(&s.pages, "object/product",
              "fields: { name: { type: text }, colour: { type: choice, options: [Rot] } }\n", NULL);
    assert_ok(publish(&s));
    pages_put(&s.pages, "object/product",
              "fields: { name: { type: text }, colour: { type: long text } }\n", NULL);
    assert_ok(publish(&s));
    assert_i64(s.version, 4);
    manual_store_close(s.store);
}

TEST(findings_refuse_the_publication_and_write_nothing)
{
    struct shop s = open_shop(state);

    pages_put(&s.pages, "policy/p", "for: lead\nmust: ownr is not empty\nalways: yes\n", NULL);
    const struct err *e = assert_err(publish(&s), "manual.check");
    assert_str(e->page, "policy/p");
    assert_int_equal(e->line, 5);
    assert_int_equal(s.findings.errors, 1);
    assert_i64(ask(&s, "SELECT COUNT(*) FROM manual_version"), 0);
    assert_i64(ask(&s, "SELECT COUNT(*) FROM page"), 0);
    manual_store_close(s.store);
}

TEST(whoever_worked_from_an_old_version_is_told)
{
    struct shop s = open_shop(state);

    s.p.expect_version = 0;
    assert_ok(publish(&s));
    pages_put(&s.pages, "pack/x", "version: 1\n", NULL);
    assert_err(publish(&s), "manual.version_conflict");
    s.p.expect_version = 1;
    assert_ok(publish(&s));
    assert_i64(s.version, 2);
    manual_store_close(s.store);
}

struct hook_log {
    int calls;
    int64_t before, after, author, now_us;
    bool fail;
};
static struct hook_log hook_log;

static struct err *note_hook(struct tx *tx, const struct manual *before, const struct manual *after,
                             int64_t author, int64_t now_us)
{
    hook_log.calls++;
    hook_log.before = before->version;
    hook_log.after = after->version;
    hook_log.author = author;
    hook_log.now_us = now_us;
    return hook_log.fail ? FAIL(tx_arena(tx), ERR_INVALID, "work.gate", NULL, "No.") : NULL;
}

TEST(the_hook_sees_both_versions_and_can_refuse)
{
    struct shop s = open_shop(state);

    hook_log = (struct hook_log){0};
    manual_publish_hook = note_hook;
    assert_ok(publish(&s));
    assert_int_equal(hook_log.calls, 1);
    assert_i64(hook_log.before, 0);
    assert_i64(hook_log.after, 1);
    assert_i64(hook_log.author, 7);
    assert_i64(hook_log.now_us, NOW);
    hook_log.fail = true;
    pages_put(&s.pages, "object/extra", "fields: { name: { type: text } }\n", NULL);
    assert_err(publish(&s), "work.gate");
    manual_publish_hook = NULL;
    assert_i64(live_version(&s), 1);
    assert_i64(ask(&s, "SELECT COUNT(*) FROM manual_version"), 1);
    assert_i64(ask(&s, "SELECT COUNT(*) FROM manual_column WHERE tbl = 'o_extra'"), 0);
    assert_ok(publish(&s)); /* the table was rolled back with the rest */
    assert_i64(s.version, 2);
    manual_store_close(s.store);
}

struct load {
    int64_t version;
    struct page_file *files;
    size_t n;
    struct manual_version *versions;
    size_t n_versions;
};

static struct err *load_in(struct tx *tx, void *ctx)
{
    struct load *l = ctx;

    TRY(manual_versions(tx, &l->versions, &l->n_versions));
    return manual_load(tx, l->version, &l->files, &l->n);
}

TEST(what_was_published_comes_back_byte_for_byte)
{
    struct shop s = open_shop(state);
    struct load l = {0};
    struct page_file *read;
    const char *dir = str_cstr(s.f->arena, str_fmt(s.f->arena, "%s/export", s.f->dir)),
               *again = str_cstr(s.f->arena, str_fmt(s.f->arena, "%s/again", s.f->dir));
    size_t n;

    pages_put_text(&s.pages, "pack/odd",
                   "\xEF\xBB\xBF---\r\nkind:   pack # odd\r\nname: 'odd'\r\n---   \r\n\r\n# Ä  "
                   "\r\n\ttabs, no end");
    assert_ok(publish(&s));
    assert_ok(db_read(s.f->db, s.f->arena, load_in, &l));
    assert_int_equal(l.n, s.pages.list.n);
    assert_ok(manual_write_folder(s.f->arena, dir, l.files, l.n));
    assert_ok(manual_read_folder(s.f->arena, dir, &read, &n));
    assert_int_equal(n, l.n);
    for (size_t i = 0; i < n; i++)
        assert_str_eq(read[i].text, l.files[i].text);
    s.p.files = read;
    s.p.n = n;
    assert_ok(db_write(s.f->db, s.f->arena, publish_in, &s)); /* nothing changed: no version */
    assert_i64(s.version, 1);
    assert_ok(manual_write_folder(s.f->arena, again, read, n));
    assert_ok(manual_read_folder(s.f->arena, again, &read, &n));
    for (size_t i = 0; i < n; i++) {
        bool found = false;

        for (size_t k = 0; k < s.pages.list.n; k++)
            found = found || (str_eq(read[i].text, s.pages.list.at[k].text) &&
                              str_starts(read[i].path, s.pages.list.at[k].path));
        assert_true(found);
    }
    manual_store_close(s.store);
}

TEST(versions_are_listed_and_loaded)
{
    struct shop s = open_shop(state);
    struct load l = {.version = 1};

    assert_ok(publish(&s));
    pages_put(&s.pages, "pack/x", "version: 2\n", NULL);
    s.p.reason = STR("second");
    assert_ok(publish(&s));
    assert_ok(db_read(s.f->db, s.f->arena, load_in, &l));
    assert_int_equal(l.n_versions, 2);
    assert_i64(l.versions[0].number, 2);
    assert_str(l.versions[0].reason, "second");
    assert_i64(l.versions[0].author, 7);
    assert_i64(l.versions[1].n_pages, (int64_t)l.n);
    assert_int_equal(l.n, s.pages.list.n - 1);
    l.version = 9;
    assert_err(db_read(s.f->db, s.f->arena, load_in, &l), "manual.not_found");
    manual_store_close(s.store);
}

TEST(a_restart_finds_the_live_version)
{
    struct shop s = open_shop(state);

    assert_ok(publish(&s));
    manual_store_close(s.store);
    db_fixture_restart(s.f);
    assert_ok(manual_store_open(s.f->arena, s.f->db, &s.store));
    const struct manual *m = manual_live(s.store);
    assert_i64(m->version, 1);
    assert_i64(m->published_us, NOW);
    assert_non_null(manual_object(m, STR("lead")));
    manual_unpin(m);
    manual_store_close(s.store);
}

struct check {
    struct manual_store *store;
    const struct manual *m;
};

static struct err *check_in(struct tx *tx, void *ctx)
{
    struct check *c = ctx;

    return manual_check_live(tx, c->store, c->m);
}

TEST(another_node_renews_its_snapshot)
{
    struct shop s = open_shop(state);
    struct manual_store *other;
    const struct manual *old;

    assert_ok(manual_store_open(s.f->arena, s.f->db, &other));
    old = manual_live(other);
    assert_ok(publish(&s));
    for (int i = 0; i < 500; i++) { /* the news comes on a thread of its own */
        const struct manual *m = manual_live(other);
        bool there = m->version == 1;

        manual_unpin(m);
        if (there)
            break;
        nanosleep(&(struct timespec){0, 10000000}, NULL);
    }
    const struct manual *renewed = manual_live(other);
    assert_i64(renewed->version, 1);
    struct check c = {other, renewed};
    assert_ok(db_write(s.f->db, s.f->arena, check_in, &c));
    c.m = old;
    assert_err(db_write(s.f->db, s.f->arena, check_in, &c), "manual.version_conflict");
    assert_i64(old->version, 0); /* a pinned snapshot stays */
    manual_unpin(old);
    manual_unpin(renewed);
    manual_store_close(other);
    manual_store_close(s.store);
}

struct pinner {
    struct manual_store *store;
    bool stop;
    int64_t pins, objects;
};

static void *pin_all_the_time(void *arg)
{
    struct pinner *p = arg;

    while (!__atomic_load_n(&p->stop, __ATOMIC_RELAXED)) {
        const struct manual *m = manual_live(p->store);

        p->objects += (int64_t)m->n_objects;
        p->objects += manual_object(m, STR("lead")) != NULL;
        manual_unpin(m);
        __atomic_fetch_add(&p->pins, 1, __ATOMIC_RELAXED);
    }
    return NULL;
}

TEST(news_that_come_late_do_not_bring_an_old_version_back)
{
    struct shop s = open_shop(state);
    const struct manual *empty = manual_live(s.store);

    assert_ok(publish(&s));
    manual_store_swap(s.store, empty); /* read before version 1 was committed, and only now here */
    assert_i64(live_version(&s), 1);
    manual_unpin(empty);
    manual_store_close(s.store);
}

TEST(snapshots_live_as_long_as_somebody_reads_them)
{
    struct shop s = open_shop(state);
    struct pinner pinners[3];
    pthread_t threads[3];

    for (int i = 0; i < 3; i++) {
        pinners[i] = (struct pinner){.store = s.store};
        pthread_create(&threads[i], NULL, pin_all_the_time, &pinners[i]);
    }
    /* On a busy machine eight versions are out before the last thread has begun. */
    for (int i = 0; i < 3; i++)
        while (__atomic_load_n(&pinners[i].pins, __ATOMIC_RELAXED) == 0)
            sched_yield();
    for (int i = 0; i < 8; i++) {
        pages_put(&s.pages, "pack/x", str_cstr(s.f->arena, str_fmt(s.f->arena, "version: %d\n", i)),
                  NULL);
        assert_ok(publish(&s));
    }
    for (int i = 0; i < 3; i++)
        __atomic_store_n(&pinners[i].stop, true, __ATOMIC_RELAXED);
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        assert_true(pinners[i].pins > 0);
    }
    assert_i64(live_version(&s), 8);
    manual_store_close(s.store);
}

struct planned {
    const struct manual *live, *next;
    struct plan plan;
};

static struct err *plan_in(struct tx *tx, void *ctx)
{
    struct planned *p = ctx;

    return manual_plan(tx, p->live, p->next, &p->plan);
}

TEST(a_plan_says_what_publishing_would_do)
{
    struct shop s = open_shop(state);
    struct planned p = {0};

    pages_put(&s.pages, "policy/a",
              "for: lead\nmust: owner is not empty\nwithin: 24h\nmode: watch\n", NULL);
    pages_put(&s.pages, "policy/b", "for: lead\nmust: budget > 0\nwithin: 24h\nmode: remind\n",
              NULL);
    pages_put(&s.pages, "policy/c", "for: deal\nmust: amount > 0\nalways: yes\n", NULL);
    assert_ok(publish(&s));
    pages_put(&s.pages, "policy/a",
              "for: lead\nmust: owner is not empty\nwithin: 4 business hours\nmode: remind\n",
              NULL);
    pages_drop(&s.pages, "policy/b");
    pages_put(&s.pages, "policy/c", "for: deal\nmust: amount > 0\nalways: yes\nmode: block\n",
              NULL);
    pages_put(&s.pages, "object/product",
              "fields: { name: { type: text }, price: { type: number } }\n", NULL);
    pages_put(&s.pages, "object/account",
              "fields: { name: { type: text }, sector: { type: text } }\n", NULL);
    pages_put(&s.pages, "object/thing", "fields: { name: { type: text } }\n", NULL);
    pages_put(&s.pages, "role/sales-rep",
              "default: true\ncan: { lead: { read: all, update: own }, deal: team }\nfields: { "
              "deal: { amount: read } }\nrights: [import]\n",
              NULL);
    pages_put(&s.pages, "role/intern", "can: { lead: own }\n", NULL);
    pages_put(&s.pages, "workflow/w",
              "object: lead\nstages: [{ name: A, steps: [{ name: S, role: owner }] }]\nends: [{ "
              "name: E }]\n",
              NULL);
    p.live = manual_live(s.store);
    p.next = pages_compile(&s.pages);
    assert_ok(db_read(s.f->db, s.f->arena, plan_in, &p));
    struct str text = plan_text(s.f->arena, &p.plan);
    assert_has(text, "Pages\n  changes object/account\n");
    assert_has(text, "  adds object/thing\n");
    assert_has(text, "  removes policy/b\n");
    assert_has(text, "Tables and columns\n");
    assert_has(text, "  adds column price to product\n");
    assert_has(text, "  hides column city of account; its values are kept\n");
    assert_has(text, "  adds table thing with 1 fields\n");
    assert_has(text, "  switches policy/a from watch to remind\n");
    assert_has(text, "within 24 hours of its creation.\" becomes \"Every lead must have an owner "
                     "within 4 business hours of its creation.\"");
    assert_has(text, "  stops policy/b\n");
    assert_has(text, "  starts policy/c in mode block: Every deal, always: ");
    assert_has(text, "  starts workflow/w\n");
    assert_has(text, "  sales-rep may now read lead: all instead of team\n");
    assert_has(text, "  sales-rep may no longer create lead\n");
    assert_has(text, "  sales-rep may now read but not write deal.amount\n");
    assert_has(text, "  sales-rep gets the right import\n");
    assert_has(text, "  adds the role intern\n");
    p.plan = (struct plan){0};
    const struct manual *next = p.next;
    p.next = p.live;
    assert_ok(db_read(s.f->db, s.f->arena, plan_in, &p));
    assert_str(plan_text(s.f->arena, &p.plan), "Nothing would change.\n");
    manual_unpin(next);
    manual_unpin(p.live);
    manual_store_close(s.store);
}

TEST_MAIN_WITH(db_fixture_setup, db_fixture_teardown, an_empty_database_runs_the_empty_manual,
               publishing_makes_a_version_tables_and_columns,
               built_in_objects_have_the_columns_they_promise, indexes_are_few_and_made_once,
               an_empty_change_makes_no_version, a_second_version_adds_columns_and_keeps_values,
               a_column_never_changes_its_meaning,
               a_choice_may_become_a_text_and_is_searchable_then,
               findings_refuse_the_publication_and_write_nothing,
               whoever_worked_from_an_old_version_is_told,
               the_hook_sees_both_versions_and_can_refuse,
               what_was_published_comes_back_byte_for_byte, versions_are_listed_and_loaded,
               a_restart_finds_the_live_version, another_node_renews_its_snapshot,
               news_that_come_late_do_not_bring_an_old_version_back,
               snapshots_live_as_long_as_somebody_reads_them, a_plan_says_what_publishing_would_do)
