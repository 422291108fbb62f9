#include "world.h"

#include "base/id.h"

struct seed {
    struct world *w;
};

static struct err *publish(struct tx *tx, void *ctx)
{
    struct world *w = ctx;
    struct publish p = {.reason = STR("test"), .expect_version = -1, .now_us = w->now_us};
    struct findings findings = {.arena = tx_arena(tx)};
    struct page_file *files;
    int64_t version;

    TRY(manual_read_folder(tx_arena(tx), "tests/unit/record/manual", &files, &p.n));
    p.files = files;
    struct err *e = manual_publish(tx, w->store, &p, &findings, &version);
    if (e && findings.errors)
        print_error("%.*s\n", STR_ARG(findings_text(tx_arena(tx), &findings)));
    return e;
}

struct load {
    struct world *w;
    int64_t user;
    struct actor *out;
};

static struct err *load_actor(struct tx *tx, void *ctx)
{
    struct load *l = ctx;

    return actor_load(tx, l->w->m, l->user, VIA_API, &l->out);
}

static const struct actor *actor_of(struct world *w, int64_t user)
{
    struct load l = {w, user, NULL};

    assert_ok(world_read(w, load_actor, &l));
    return l.out;
}

struct err *world_write(struct world *w, tx_fn fn, void *ctx)
{
    return db_write(w->db, w->arena, fn, ctx);
}

struct err *world_read(struct world *w, tx_fn fn, void *ctx)
{
    return db_read(w->db, w->arena, fn, ctx);
}

int world_setup(void **state)
{
    struct db_fixture *f = db_fixture_open(NULL);
    struct world *w = NEW(f->arena, struct world);

    *w = (struct world){.fixture = f, .arena = f->arena, .db = f->db};
    instant_parse(STR("2026-06-15T10:00:00Z"), &w->now_us);
    assert_ok(manual_store_open(w->arena, w->db, &w->store));
    assert_ok(world_write(w, publish, w));
    w->m = manual_live(w->store);
    record_hooks = (struct record_hooks){0};
    const struct actor *root = actor_system(w->arena, w->m, STR_NONE);
    w->east = world_new(w, root, "team", "{\"name\":\"East\"}");
    w->west = world_new(w, root, "team", "{\"name\":\"West\"}");
    w->anna = world_new(w, root, "user",
                        "{\"name\":\"Anna\",\"email\":\"anna@example.com\",\"roles\":[\"admin\"],"
                        "\"zone\":\"Europe/Berlin\"}");
    w->bob = world_new(w, root, "user",
                       str_cstr(w->arena, str_fmt(w->arena,
                                                  "{\"name\":\"Bob\",\"email\":\"bob@example.com\","
                                                  "\"roles\":[\"rep\"],\"team\":\"%lld\"}",
                                                  (long long)w->east)));
    w->carl = world_new(w, root, "user",
                        str_cstr(w->arena, str_fmt(w->arena,
                                                   "{\"name\":\"Carl\",\"email\":\"carl@example."
                                                   "com\",\"roles\":[\"rep\"],\"team\":\"%lld\"}",
                                                   (long long)w->east)));
    w->dora = world_new(w, root, "user",
                        str_cstr(w->arena, str_fmt(w->arena,
                                                   "{\"name\":\"Dora\",\"email\":\"dora@example."
                                                   "com\",\"roles\":[\"rep\"],\"team\":\"%lld\"}",
                                                   (long long)w->west)));
    w->admin = actor_of(w, w->anna);
    w->rep = actor_of(w, w->bob);
    w->rep_carl = actor_of(w, w->carl);
    w->rep_dora = actor_of(w, w->dora);
    *state = w;
    return 0;
}

int world_teardown(void **state)
{
    struct world *w = *state;

    record_hooks = (struct record_hooks){0};
    manual_unpin(w->m);
    manual_store_close(w->store);
    db_fixture_close(w->fixture);
    return 0;
}

const struct object *world_object(struct world *w, const char *name)
{
    const struct object *o = manual_object(w->m, str_from(name));

    assert_non_null(o);
    return o;
}

struct save_context world_cx(struct world *w, const struct actor *a)
{
    return (struct save_context){.manual = w->m, .actor = a, .now_us = w->now_us += 1000};
}

struct saving {
    const struct save_context *cx;
    const struct object *object;
    struct str body;
    int64_t id, if_version;
    struct save_result *out;
};

static struct err *save_fn(struct tx *tx, void *ctx)
{
    struct saving *s = ctx;
    struct save_input in = {.id = s->id, .if_version = s->if_version};
    struct json j;

    TRY(json_parse(tx_arena(tx), s->body, &j));
    TRY(record_decode(tx_arena(tx), s->cx->manual, s->object, &j, &in));
    return record_save(tx, s->cx, &in, s->out);
}

struct err *world_save_cx(struct world *w, struct save_context cx, const char *object, int64_t id,
                          int64_t if_version, const char *body, struct save_result *out)
{
    struct save_result unused;
    struct saving s = {&cx,        world_object(w, object), str_from(body), id,
                       if_version, out ? out : &unused};

    return world_write(w, save_fn, &s);
}

struct err *world_save(struct world *w, const struct actor *a, const char *object, int64_t id,
                       const char *body, struct save_result *out)
{
    return world_save_cx(w, world_cx(w, a), object, id, -1, body, out);
}

int64_t world_new(struct world *w, const struct actor *a, const char *object, const char *body)
{
    struct save_result out;

    assert_ok(world_save(w, a, object, 0, body, &out));
    return out.record.id;
}

struct moving {
    struct save_context cx;
    const struct object *object;
    int64_t id;
    enum record_move move;
};

static struct err *move_fn(struct tx *tx, void *ctx)
{
    struct moving *v = ctx;
    struct record r;

    return record_move(tx, &v->cx, v->object, v->id, -1, v->move, &r, NULL);
}

struct err *world_move(struct world *w, const struct actor *a, const char *object, int64_t id,
                       enum record_move move)
{
    struct moving v = {world_cx(w, a), world_object(w, object), id, move};

    return world_write(w, move_fn, &v);
}

struct asking {
    struct world *w;
    const struct actor *a;
    const struct object *object;
    int64_t id;
    bool bin;
    const struct query *q;
    const struct group_query *g;
    struct str text, objects, json;
};

static struct err *get_fn(struct tx *tx, void *ctx)
{
    struct asking *k = ctx;
    struct buf b = buf_new(tx_arena(tx), 512);
    struct json_writer jw = json_writer(&b);
    struct record r;

    TRY(record_get(tx, k->w->m, k->a, k->object, k->id, k->bin, &r));
    record_json(&jw, k->w->m, k->a, &r, NULL);
    k->json = buf_str(&b);
    return NULL;
}

struct err *world_get(struct world *w, const struct actor *a, const char *object, int64_t id,
                      bool bin, struct str *json)
{
    struct asking k = {.w = w, .a = a, .object = world_object(w, object), .id = id, .bin = bin};

    TRY(world_read(w, get_fn, &k));
    if (json)
        *json = k.json;
    return NULL;
}

static struct err *list_fn(struct tx *tx, void *ctx)
{
    struct asking *k = ctx;
    struct buf b = buf_new(tx_arena(tx), 4096);

    if (k->q)
        TRY(query_list(tx, k->w->m, k->a, k->q, k->w->now_us, &b));
    else if (k->g)
        TRY(query_group(tx, k->w->m, k->a, k->g, k->w->now_us, &b));
    else
        TRY(search_run(tx, k->w->m, k->a, k->text, k->objects, 0, &b));
    k->json = buf_str(&b);
    return NULL;
}

static struct err *ask(struct asking *k, struct json *out)
{
    TRY(world_read(k->w, list_fn, k));
    struct err *e = json_parse(k->w->arena, k->json, out);
    if (e)
        print_error("not JSON: %.*s\n", STR_ARG(k->json));
    return e;
}

struct err *world_list(struct world *w, const struct actor *a, const struct query *q,
                       struct json *out)
{
    struct asking k = {.w = w, .a = a, .q = q};

    return ask(&k, out);
}

struct err *world_group(struct world *w, const struct actor *a, const struct group_query *q,
                        struct json *out)
{
    struct asking k = {.w = w, .a = a, .g = q};

    return ask(&k, out);
}

struct err *world_search(struct world *w, const struct actor *a, const char *text,
                         const char *objects, struct json *out)
{
    struct asking k = {.w = w, .a = a, .text = str_from(text), .objects = str_from(objects)};

    return ask(&k, out);
}

struct counting {
    struct str sql;
    int64_t n;
};

static struct err *count_fn(struct tx *tx, void *ctx)
{
    struct counting *c = ctx;
    struct stmt *st;
    bool row;

    TRY(db_stmt_text(tx, c->sql, &st));
    TRY(db_step(st, &row));
    c->n = row ? db_i64(st, 0) : -1;
    db_done(st);
    return NULL;
}

int64_t world_count(struct world *w, const char *sql)
{
    struct counting c = {str_from(sql), 0};

    assert_ok(world_read(w, count_fn, &c));
    return c.n;
}

struct dumping {
    struct buf text;
    const struct manual *m;
};

static struct err *dump_table(struct tx *tx, struct buf *b, const char *sql)
{
    struct stmt *st;
    bool row;

    TRY(db_stmt_text(tx, str_from(sql), &st));
    for (;;) {
        TRY(db_step(st, &row));
        if (!row)
            return NULL;
        for (int i = 0; i < db_cols(st); i++) {
            struct str s = db_str(st, i);
            buf_fmt(b, "%d:%lld:%.*s|", db_is_null(st, i), (long long)s.len, STR_ARG(s));
        }
        buf_add_char(b, '\n');
    }
}

static struct err *dump_fn(struct tx *tx, void *ctx)
{
    struct dumping *d = ctx;

    for (size_t i = 0; i < d->m->n_objects; i++)
        if (!d->m->objects[i].built_in)
            TRY(dump_table(
                tx, &d->text,
                str_cstr(tx_arena(tx), str_fmt(tx_arena(tx), "SELECT * FROM %.*s ORDER BY id",
                                               STR_ARG(d->m->objects[i].table)))));
    TRY(dump_table(tx, &d->text, "SELECT * FROM link ORDER BY field, from_id, to_id"));
    TRY(dump_table(tx, &d->text, "SELECT * FROM change ORDER BY id"));
    TRY(dump_table(tx, &d->text,
                   "SELECT record_id, object, owner, team, title, title_fold, body FROM "
                   "search_entry ORDER BY record_id"));
    return dump_table(tx, &d->text, "SELECT * FROM auto_number ORDER BY object_field");
}

struct str world_dump(struct world *w)
{
    struct dumping d = {buf_new(w->arena, 4096), w->m};

    assert_ok(world_read(w, dump_fn, &d));
    return buf_str(&d.text);
}

static struct err *exec_fn(struct tx *tx, void *ctx)
{
    return db_exec(tx, str_from(ctx));
}

struct err *world_exec(struct world *w, const char *sql)
{
    return world_write(w, exec_fn, (void *)(uintptr_t)sql);
}
