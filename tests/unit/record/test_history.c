#include "world.h"

#define BODY(...) str_cstr(w->arena, str_fmt(w->arena, __VA_ARGS__))

struct call {
    struct world *w;
    const struct actor *a;
    const struct object *object;
    int64_t id, n, before_us, before_id, next_us;
    int limit;
    struct save_context cx;
    struct save_result out;
    struct change *changes;
    struct timeline_entry *entries;
    size_t count;
    struct str text;
};

static struct err *list_fn(struct tx *tx, void *ctx)
{
    struct call *c = ctx;

    return change_list(tx, c->w->m, c->a, c->object, c->id, 0, 0, &c->changes, &c->count);
}

static struct err *undo_fn(struct tx *tx, void *ctx)
{
    struct call *c = ctx;

    return change_undo(tx, &c->cx, c->n, &c->out);
}

static struct err *undo(struct world *w, const struct actor *a, int64_t change_id)
{
    struct call c = {.cx = world_cx(w, a), .n = change_id};

    return world_write(w, undo_fn, &c);
}

static struct call changes_of(struct world *w, const struct actor *a, const char *object,
                              int64_t id)
{
    struct call c = {.w = w, .a = a, .object = world_object(w, object), .id = id};

    assert_ok(world_read(w, list_fn, &c));
    return c;
}

TEST(every_save_is_in_the_log)
{
    struct world *w = *state;
    int64_t id = world_new(
        w, w->admin, "lead",
        BODY("{\"name\":\"One\",\"secret\":\"x\",\"owner\":\"%lld\"}", (long long)w->bob));

    assert_ok(world_save(w, w->admin, "lead", id, "{\"name\":\"Two\",\"secret\":\"y\"}", NULL));
    struct call c = changes_of(w, w->admin, "lead", id);
    assert_int_equal(c.count, 3);
    assert_str(c.changes[2].kind, "created");
    assert_has(c.changes[2].new_json, "\"name\":\"One\"");
    assert_has(c.changes[2].new_json, "\"secret\":\"x\"");
    assert_str(c.changes[2].via, "api");
    assert_i64(c.changes[2].actor, w->anna);
    assert_i64(c.changes[2].manual_version, w->m->version);
    /* whoever may not see a field does not see its history either */
    c = changes_of(w, w->rep, "lead", id);
    assert_int_equal(c.count, 2);
    assert_str(c.changes[0].field, "name");
    assert_str(c.changes[0].old_json, "\"One\"");
    assert_str(c.changes[0].new_json, "\"Two\"");
    assert_int_equal(str_find(c.changes[1].new_json, STR("secret"), 0), SIZE_MAX);
    struct call other = {.w = w, .a = w->rep_dora, .object = world_object(w, "lead"), .id = id};
    assert_err(world_read(w, list_fn, &other), "record.not_found");
}

TEST(a_save_can_be_taken_back)
{
    struct world *w = *state;
    struct save_result first, second;
    struct str json;
    int64_t account = world_new(w, w->admin, "account", "{\"name\":\"Acme\"}"),
            contact = world_new(w, w->admin, "contact", "{\"last_name\":\"K\"}");
    int64_t id = world_new(
        w, w->admin, "deal",
        BODY("{\"name\":\"One\",\"account\":\"%lld\",\"amount\":5,\"tags\":[\"a\"],\"score\":1.5,"
             "\"cycle\":\"90s\",\"contacts\":[\"%lld\"],\"engage_date\":\"2026-01-01\"}",
             (long long)account, (long long)contact));

    assert_ok(world_save(w, w->admin, "deal", id,
                         "{\"name\":\"Two\",\"account\":null,\"amount\":{\"amount\":7,\"currency\":"
                         "\"JPY\"},\"tags\":[],\"score\":null,\"cycle\":\"1d\",\"contacts\":[],"
                         "\"engage_date\":null,\"features\":[\"API\"]}",
                         &first));
    assert_ok(undo(w, w->admin, first.change_id));
    assert_ok(world_get(w, w->admin, "deal", id, false, &json));
    assert_has(json, "\"name\":\"One\"");
    assert_has(json, "\"name\":\"Acme\"");
    assert_has(json, "\"amount\":{\"amount\":\"5.00\",\"currency\":\"USD\"}");
    assert_has(json, "\"tags\":[\"a\"]");
    assert_has(json, "\"score\":1.5");
    assert_has(json, "\"cycle\":\"90s\"");
    assert_has(json, "\"features\":[]");
    assert_has(json, "\"version\":3");
    assert_has(json, BODY("\"contacts\":[\"%lld\"]", (long long)contact));
    assert_i64(world_count(w, BODY("SELECT COUNT(*) FROM change WHERE undo_of = %lld",
                                   (long long)first.change_id)),
               9);
    /* what moved on stays */
    assert_ok(world_save(w, w->admin, "deal", id, "{\"name\":\"Three\",\"seats\":1}", &second));
    assert_ok(world_save(w, w->admin, "deal", id, "{\"name\":\"Four\"}", NULL));
    struct str before = world_dump(w);
    assert_err(undo(w, w->admin, second.change_id), "record.version_conflict");
    assert_str_eq(world_dump(w), before);
    assert_err(undo(w, w->admin, 12345), "record.not_found");
    assert_err(undo(w, w->rep_dora, world_count(w, "SELECT MAX(id) FROM change")), "access.denied");
}

TEST(creating_and_moving_can_be_taken_back)
{
    struct world *w = *state;
    struct save_result out;
    struct str json;

    assert_ok(world_save(w, w->admin, "lead", 0, "{\"name\":\"A\"}", &out));
    assert_ok(undo(w, w->admin, out.change_id));
    assert_err(world_get(w, w->admin, "lead", out.record.id, false, &json), "record.not_found");
    assert_ok(undo(w, w->admin, world_count(w, "SELECT MAX(id) FROM change")));
    assert_ok(world_get(w, w->admin, "lead", out.record.id, false, &json));
    assert_ok(world_move(w, w->admin, "lead", out.record.id, RECORD_ARCHIVE));
    assert_ok(undo(w, w->admin, world_count(w, "SELECT MAX(id) FROM change")));
    assert_ok(world_get(w, w->admin, "lead", out.record.id, false, &json));
    assert_has(json, "\"archived_at\":null");
}

/* ---- seals ---- */
static struct err *seal_fn(struct tx *tx, void *ctx)
{
    struct call *c = ctx;

    return change_seal(tx, c->w->now_us + 3600 * US_PER_SECOND, &c->n, &c->next_us);
}

static struct err *verify_fn(struct tx *tx, void *ctx)
{
    struct call *c = ctx;
    struct buf b = buf_new(tx_arena(tx), 256);

    TRY(change_verify(tx, &b, &c->n));
    c->text = b.len ? buf_str(&b) : STR("");
    return NULL;
}

static int64_t seal(struct world *w)
{
    struct call c = {.w = w};

    assert_ok(world_write(w, seal_fn, &c));
    return c.n;
}

static struct str verify(struct world *w)
{
    struct call c = {.w = w};

    assert_ok(world_read(w, verify_fn, &c));
    return c.text;
}

struct purging {
    struct save_context cx;
    const struct object *object;
    int64_t id;
};

static struct err *purge_fn(struct tx *tx, void *ctx)
{
    struct purging *p = ctx;

    return record_purge(tx, &p->cx, p->object, p->id);
}

TEST(the_chain_notices_what_was_touched)
{
    static const char *const tampering[][2] = {
        {"UPDATE change SET new = '\"Eve\"' WHERE id = (SELECT MIN(id) + 0 FROM change WHERE kind "
         "= 'updated')",
         "is not what was sealed"},
        {"DELETE FROM change WHERE id = (SELECT MIN(id) FROM change WHERE kind = 'updated')",
         "rows when it was sealed"},
        {"INSERT INTO change (id, save_id, record_id, object, kind, field, actor, channel, at_us, "
         "manual_version) "
         "SELECT MIN(id) + 1, 1, 1, 'lead', 'updated', 'name', 0, 'api', 1, 1 FROM change",
         "rows when it was sealed"},
        {"UPDATE change SET old = NULL, new = NULL WHERE id = (SELECT MIN(id) FROM change WHERE "
         "kind = 'updated' AND new IS NOT NULL)",
         "is not what was sealed"},
        {"UPDATE change SET actor = actor + 1 WHERE id = (SELECT MAX(id) FROM change)",
         "is not what was sealed"},
        {"UPDATE change_seal SET hash = prev_hash WHERE batch = 1", "altered"},
        {"DELETE FROM change_seal WHERE batch = 1", "missing"},
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof tampering / sizeof *tampering; i++) {
        int64_t id = world_new(w, w->admin, "lead", "{\"name\":\"A\"}");
        assert_ok(world_save(w, w->admin, "lead", id, "{\"name\":\"B\"}", NULL));
        assert_ok(world_exec(w, "DELETE FROM change_seal"));
        assert_true(seal(w) >= 2);
        assert_i64(seal(w), 0);
        assert_ok(world_save(w, w->admin, "lead", id, "{\"name\":\"C\"}", NULL));
        assert_i64(seal(w), 1);
        assert_str(verify(w), "");
        assert_ok(world_exec(w, tampering[i][0]));
        assert_has(verify(w), tampering[i][1]);
    }
}

TEST(young_rows_wait_and_a_purge_keeps_the_chain)
{
    struct world *w = *state;
    struct str json;
    int64_t other = world_new(w, w->admin, "contact", "{\"last_name\":\"Other\"}");
    int64_t id = world_new(w, w->admin, "account", "{\"name\":\"Erased\",\"notes\":\"personal\"}");
    int64_t act = world_new(
        w, w->admin, "activity",
        BODY("{\"subject\":\"s\",\"links\":[\"%lld\",\"%lld\"]}", (long long)id, (long long)other));
    struct purging p = {world_cx(w, w->rep), world_object(w, "account"), id};
    struct call c = {.w = w};

    assert_ok(world_save(w, w->admin, "contact", other,
                         BODY("{\"account\":\"%lld\"}", (long long)id), NULL));
    w->now_us -= 3600 * US_PER_SECOND;
    assert_ok(world_write(w, seal_fn, &c));
    w->now_us += 3600 * US_PER_SECOND;
    assert_i64(c.n, 0);
    assert_true(c.next_us > w->now_us && c.next_us <= w->now_us + 2 * US_PER_MINUTE); /* even if nobody writes any more */
    assert_true(seal(w) > 0);
    assert_ok(world_write(w, seal_fn, &c));
    assert_i64(c.next_us, DATE_NONE);
    assert_err(world_write(w, purge_fn, &p), "access.denied");
    p.cx = world_cx(w, w->admin);
    assert_ok(world_write(w, purge_fn, &p));
    assert_err(world_get(w, w->admin, "account", id, true, &json), "record.not_found");
    assert_i64(world_count(w, "SELECT COUNT(*) FROM change WHERE new LIKE '%personal%'"), 0);
    assert_i64(world_count(w, BODY("SELECT COUNT(*) FROM link WHERE to_id = %lld", (long long)id)),
               0);
    assert_i64(
        world_count(w, BODY("SELECT COUNT(*) FROM o_contact WHERE account = %lld", (long long)id)),
        0);
    assert_ok(world_get(w, w->admin, "activity", act, false, &json));
    assert_true(seal(w) > 0);
    assert_str(verify(w), "");
}

/* ---- timeline ---- */
static struct err *timeline_fn(struct tx *tx, void *ctx)
{
    struct call *c = ctx;

    return timeline_list(tx, c->w->m, c->a, c->object, c->id, c->before_us, c->before_id, c->limit,
                         &c->entries, &c->count);
}

static size_t of_kind(const struct call *c, const char *kind)
{
    size_t n = 0;

    for (size_t i = 0; i < c->count; i++)
        n += str_eq(c->entries[i].kind, str_from(kind));
    return n;
}

TEST(the_timeline_of_an_account_has_what_happened_around_it)
{
    struct world *w = *state;
    int64_t account = world_new(w, w->admin, "account", "{\"name\":\"Acme\"}");
    int64_t contact =
        world_new(w, w->admin, "contact",
                  BODY("{\"last_name\":\"Kane\",\"account\":\"%lld\"}", (long long)account));
    int64_t hidden = world_new(w, w->rep_dora, "deal",
                               BODY("{\"name\":\"West\",\"account\":\"%lld\",\"owner\":\"%lld\"}",
                                    (long long)account, (long long)w->dora));
    struct call c = {
        .w = w, .a = w->admin, .object = world_object(w, "account"), .id = account, .limit = 100};

    world_new(w, w->admin, "activity",
              BODY("{\"subject\":\"on account\",\"links\":[\"%lld\"]}", (long long)account));
    world_new(w, w->admin, "activity",
              BODY("{\"subject\":\"on contact\",\"links\":[\"%lld\"]}", (long long)contact));
    world_new(w, w->admin, "activity",
              BODY("{\"subject\":\"on both\",\"links\":[\"%lld\",\"%lld\"]}", (long long)account,
                   (long long)contact));
    world_new(w, w->admin, "activity",
              BODY("{\"subject\":\"on hidden deal\",\"links\":[\"%lld\"]}", (long long)hidden));
    assert_ok(world_save(w, w->admin, "account", account, "{\"city\":\"Rome\"}", NULL));
    assert_ok(world_read(w, timeline_fn, &c));
    assert_int_equal(of_kind(&c, "activity"), 4);
    assert_int_equal(of_kind(&c, "change"), 2);
    assert_str(c.entries[0].kind, "change");
    /* a deal of another team is not shown, and neither is what happened with it */
    c.a = w->rep;
    assert_ok(world_read(w, timeline_fn, &c));
    assert_int_equal(of_kind(&c, "activity"), 3);
    /* page by page the same, newest first */
    size_t all = c.count, seen = 0;
    int64_t last = INT64_MAX;
    c.limit = 2;
    do {
        assert_ok(world_read(w, timeline_fn, &c));
        for (size_t i = 0; i < c.count; i++) {
            struct json j;
            assert_true(c.entries[i].at_us <= last);
            assert_ok(json_parse(w->arena, c.entries[i].json, &j));
            last = c.before_us = c.entries[i].at_us;
            c.before_id = c.entries[i].id;
        }
        seen += c.count;
    } while (c.count);
    assert_int_equal(seen, all);
    c = (struct call){.w = w, .a = w->rep, .object = world_object(w, "deal"), .id = hidden};
    assert_err(world_read(w, timeline_fn, &c), "record.not_found");
}

TEST_MAIN_WITH(world_setup, world_teardown, every_save_is_in_the_log, a_save_can_be_taken_back,
               creating_and_moving_can_be_taken_back, the_chain_notices_what_was_touched,
               young_rows_wait_and_a_purge_keeps_the_chain,
               the_timeline_of_an_account_has_what_happened_around_it)
