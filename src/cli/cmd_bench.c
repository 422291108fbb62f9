/* bench: what this machine does inside the process, without HTTP. For the served figures see bench/run. */
#include "cli_impl.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROWS_DEFAULT 20000
#define READS 20000
#define IN_FLIGHT 64

struct bench {
    struct args *args;
    struct app *app;
    const struct manual *manual;
    const struct object *contact;
    int64_t rows, first_id, last_id;
    pthread_mutex_t lock;
    pthread_cond_t moved;
    int in_flight;
    struct err *failed;
};

struct bench_save {
    struct bench *bench;
    struct arena *arena;
    int64_t number, id;
};

/* 4,096 names of three syllables, equally long, so that none begins another. */
static struct str surname(struct arena *arena, int64_t n)
{
    static const char *const syllables[] = {"ka", "lo", "mi", "re", "su", "ta", "vo", "ne",
                                            "ba", "di", "fu", "go", "he", "ja", "pi", "zu"};
    uint64_t k = (uint64_t)n * 2654435761u % 4096;

    return str_fmt(arena, "%s%s%s", syllables[k & 15], syllables[k >> 4 & 15], syllables[k >> 8]);
}

static struct str cell(struct arena *arena, const char *field, int64_t n)
{
    static const char *const first[] = {"Mia",   "Jonas", "Aiko", "Samuel",
                                        "Leila", "Pavel", "Ines", "Omar"};
    static const char *const city[] = {"Berlin", "Boston", "Nairobi", "Osaka", "Lyon", "Porto"};

    if (strcmp(field, "first_name") == 0)
        return str_from(first[n % 8]);
    if (strcmp(field, "last_name") == 0)
        return surname(arena, n);
    if (strcmp(field, "email") == 0)
        return str_fmt(arena, "person%" PRId64 "@company%" PRId64 ".example", n, n % 997);
    return str_from(city[n % 6]);
}

static struct err *save_contact(struct tx *tx, void *ctx)
{
    static const char *const names[] = {"first_name", "last_name", "email", "city"};
    struct bench_save *s = ctx;
    struct bench *b = s->bench;
    struct arena *arena = tx_arena(tx);
    struct actor *actor = actor_system(arena, b->manual, STR_NONE);
    struct save_context cx = {
        .manual = b->manual, .actor = actor, .now_us = b->args->now_us + s->number};
    struct expr_env env = actor_env(actor, cx.now_us);
    const struct field *fields[4];
    struct value values[4] = {0};
    struct save_input in = {
        .object = b->contact, .if_version = -1, .fields = fields, .values = values};
    struct save_result saved;

    for (size_t i = 0; i < 4; i++) {
        const struct field *f = object_field(b->contact, str_from(names[i]));

        if (!f)
            continue;
        fields[in.n] = f;
        TRY(value_parse(arena, b->manual, f, cell(arena, names[i], s->number), &env,
                        &values[in.n]));
        in.n++;
    }
    TRY(record_save(tx, &cx, &in, &saved));
    s->id = saved.record.id;
    return NULL;
}

static void save_done(void *ctx, struct err *err)
{
    struct bench_save *s = ctx;
    struct bench *b = s->bench;

    pthread_mutex_lock(&b->lock);
    b->in_flight--;
    if (err && !b->failed)
        b->failed = err_copy(b->args->arena, err);
    if (!b->first_id || s->id < b->first_id)
        b->first_id = s->id;
    if (s->id > b->last_id)
        b->last_id = s->id;
    pthread_cond_signal(&b->moved);
    pthread_mutex_unlock(&b->lock);
    arena_free(s->arena);
}

static struct err *bench_saves(struct bench *b)
{
    struct progress progress = {.label = "durable saves"};
    int64_t from = clock_mono_us();

    for (int64_t n = 0; n < b->rows; n++) {
        struct arena *arena = arena_new(0);
        struct bench_save *s = NEW(arena, struct bench_save);

        *s = (struct bench_save){.bench = b, .arena = arena, .number = n};
        pthread_mutex_lock(&b->lock);
        while (b->in_flight >= IN_FLIGHT)
            pthread_cond_wait(&b->moved, &b->lock);
        b->in_flight++;
        pthread_mutex_unlock(&b->lock);
        db_write_async(b->app->db, arena, save_contact, s, save_done);
        progress_show(&progress, n, b->rows, "contacts");
    }
    pthread_mutex_lock(&b->lock);
    while (b->in_flight)
        pthread_cond_wait(&b->moved, &b->lock);
    pthread_mutex_unlock(&b->lock);
    progress_end(&progress);
    if (b->failed)
        return b->failed;
    printf("%-28s %10.0f /s\n", "durable saves, 64 in flight",
           (double)b->rows * 1e6 / (double)(clock_mono_us() - from));
    return NULL;
}

enum bench_read { BENCH_GET, BENCH_LIST, BENCH_SEARCH };
struct bench_reads {
    struct bench *bench;
    const struct actor *actor;
    enum bench_read kind;
    int64_t n;
};

static struct err *read_once(struct tx *tx, void *ctx)
{
    struct bench_reads *r = ctx;
    struct bench *b = r->bench;
    struct arena *arena = tx_arena(tx);
    struct buf out = buf_new(arena, r->kind == BENCH_LIST ? 48 * 1024 : 2048);
    struct query q = {
        .object = b->contact, .filter = STR("do_not_call = no"), .sort = STR("name"), .limit = 50};

    if (r->kind == BENCH_LIST)
        return query_list(tx, b->manual, r->actor, &q, b->args->now_us, &out);
    if (r->kind == BENCH_SEARCH)
        return search_run(tx, b->manual, r->actor, surname(arena, r->n % b->rows), STR_NONE, 20,
                          &out);
    {
        struct record record;
        struct json_writer w = json_writer(&out);

        TRY(record_get(tx, b->manual, r->actor, b->contact, b->first_id, false, &record));
        record_json(&w, b->manual, r->actor, &record, NULL);
    }
    return NULL;
}

static struct err *bench_read_kind(struct bench *b, const char *label, enum bench_read kind,
                                   int64_t times)
{
    struct arena *arena = arena_new(1 << 16);
    int64_t from = clock_mono_us();
    struct bench_reads r = {
        .bench = b, .actor = actor_system(b->args->arena, b->manual, STR_NONE), .kind = kind};
    struct err *e = NULL;

    for (r.n = 0; r.n < times && !e; r.n++) {
        arena_reset(arena);
        e = db_read(b->app->db, arena, read_once, &r);
    }
    if (e)
        e = err_copy(b->args->arena, e);
    else
        printf("%-28s %10.0f /s on one core\n", label,
               (double)times * 1e6 / (double)(clock_mono_us() - from));
    arena_free(arena);
    return e;
}

static struct err *bench_all(struct bench *b)
{
    TRY(bench_saves(b));
    TRY(bench_read_kind(b, "get one record", BENCH_GET, READS));
    TRY(bench_read_kind(b, "list of 50, filter and sort", BENCH_LIST, READS / 10));
    return bench_read_kind(b, "search", BENCH_SEARCH, READS / 10);
}

static void remove_folder(void *ctx)
{
    static const char *const endings[] = {"", "-wal", "-shm", ".lock"};
    const char *folder = ctx;
    char path[64];

    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        snprintf(path, sizeof path, "%s/fairlead.db%s", folder, endings[i]);
        unlink(path);
    }
    rmdir(folder);
}

struct err *cmd_bench(struct args *args)
{
    struct bench b = {.args = args,
                      .rows = ROWS_DEFAULT,
                      .lock = PTHREAD_MUTEX_INITIALIZER,
                      .moved = PTHREAD_COND_INITIALIZER};
    struct company company = {.starter = STR("b2b-sales"),
                              .admin_name = STR("Bench"),
                              .admin_email = STR("bench@example.com")};
    char folder[] = "/tmp/fairlead-bench-XXXXXX";
    const char *rows = args_get(args, "rows");
    struct err *e;

    if (rows && (!str_to_i64(str_from(rows), &b.rows) || b.rows < 100 || b.rows > 10000000))
        return FAIL(args->arena, ERR_INVALID, "settings.invalid", NULL,
                    "--rows needs a number from 100 to 10000000.");
    if (!mkdtemp(folder))
        return FAIL(args->arena, ERR_INTERNAL, "io.failed", NULL,
                    "No temporary folder could be made.");
    args->settings.data = str_dup(args->arena, str_from(folder));
    args->settings.db = STR_NONE;
    arena_on_reset(
        args->arena, remove_folder,
        (void *)(uintptr_t)str_cstr(
            args->arena, args->settings.data)); /* after app_close, which is hung on later */
    TRY(app_open(args, OPEN_CREATE, &b.app));
    TRY(app_create_company(args, b.app, &company));
    b.manual = manual_live(b.app->store);
    b.contact = manual_object(b.manual, STR("contact"));
    e = bench_all(&b);
    manual_unpin(b.manual);
    return e;
}
