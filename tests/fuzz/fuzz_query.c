/* Any bytes as the question of a list: filter, order, fields and cursor, a line each, asked of a real database with the
 * starter manual. Refused as the asker's mistake, or answered with JSON; a cursor is taken only by the question it
 * belongs to. The first byte chooses the object. */
#include "base/log.h"
#include "record/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

static struct db *db;
static struct manual_store *store;
static char folder[] = "/tmp/fairlead-fuzz-XXXXXX";

static void leave(void)
{
    static const char *const files[] = {"q.db", "q.db-wal", "q.db-shm", "q.db.lock"};

    manual_store_close(store);
    db_close(db);
    for (int i = 0; i < 4; i++) {
        char path[64];

        snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        unlink(path);
    }
    rmdir(folder);
}

static struct err *found(struct tx *tx, void *ctx)
{
    struct publish p = {.reason = STR("Start"), .expect_version = -1, .now_us = 1772442000000000};
    struct findings findings = {.arena = tx_arena(tx)};
    struct page_file *files;
    int64_t version;

    (void)ctx;
    TRY(manual_starter(tx_arena(tx), STR("b2b-sales"), &files, &p.n));
    p.files = files;
    return manual_publish(tx, store, &p, &findings, &version);
}

static struct err *fill(struct tx *tx, void *ctx)
{
    static const char *const rows[] = {
        "{\"last_name\":\"Ott\",\"first_name\":\"Ann\",\"city\":\"Ulm\",\"tags\":[\"a\",\"b\"]}",
        "{\"last_name\":\"Berg\",\"do_not_call\":true}",
        "{\"last_name\":\"O'Hara\",\"email\":\"o@x.example\"}",
    };
    const struct manual *m = ctx;
    struct save_context cx = {.manual = m, .now_us = 1772442000000000, .actor = actor_system(tx_arena(tx), m, STR(""))};

    for (int i = 0; i < 3; i++) {
        struct save_input in = {.if_version = -1};
        struct save_result res;
        struct json body;

        TRY(json_parse(tx_arena(tx), str_from(rows[i]), &body));
        TRY(record_decode(tx_arena(tx), m, manual_object(m, STR("contact")), &body, &in));
        TRY(record_save(tx, &cx, &in, &res));
    }
    return NULL;
}

static struct arena *lasting; /* what the database and the store stand on */

static void begin(void)
{
    struct arena *arena = lasting = arena_new(0);
    char path[64];
    struct db_options options = {.url = path, .readers = 1};
    const struct manual *m;

    check(mkdtemp(folder), "no folder");
    snprintf(path, sizeof path, "%s/q.db", folder);
    log_set_level(LOG_ERROR);
    check(!db_open(arena, &options, &db), "no database");
    check(!manual_store_open(arena, db, &store), "no manual store");
    check(!db_write(db, arena, found, NULL), "no manual");
    m = manual_live(store);
    check(!db_write(db, arena, fill, (void *)(uintptr_t)m), "no records");
    manual_unpin(m);
    atexit(leave);
}

struct asking {
    const struct manual *m;
    struct query q;
    struct group_query g;
    bool answered;
};

static void judge(const struct err *e, const char *what)
{
    for (; e; e = e->next) {
        check(e->kind < ERR_BUSY, what);
        check(e->message.len > 0 && utf8_valid(e->message), "an error without words");
    }
}

static struct err *ask(struct tx *tx, void *ctx)
{
    struct asking *a = ctx;
    struct arena *arena = tx_arena(tx);
    const struct actor *actor = actor_system(arena, a->m, STR(""));
    struct buf list = buf_new(arena, 4096), groups = buf_new(arena, 4096);
    struct err *e = query_list(tx, a->m, actor, &a->q, 1772442000000000, &list);
    struct json json;

    judge(e, "a list failed for a reason of ours");
    a->answered = !e;
    if (!e)
        check(!json_parse(arena, buf_str(&list), &json), "a list that is no JSON");
    e = query_group(tx, a->m, actor, &a->g, 1772442000000000, &groups);
    judge(e, "groups failed for a reason of ours");
    if (!e)
        check(!json_parse(arena, buf_str(&groups), &json), "groups that are no JSON");
    return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const objects[] = {"contact", "lead", "deal", "account", "activity", "product", "line_item", "user"};
    static struct arena *arena;
    struct asking a = {0};
    struct str rest, *parts[4] = {&a.q.filter, &a.q.sort, &a.q.fields, &a.q.cursor};

    if (!db) {
        arena = arena_new(0);
        begin();
    }
    if (size == 0)
        return 0;
    rest = (struct str){(const char *)data + 1, size - 1};
    if (!utf8_valid(rest) || memchr(rest.ptr, 0, rest.len)) /* refused on entry */
        return 0;
    a.m = manual_live(store);
    a.q.object = a.g.object = manual_object(a.m, str_from(objects[data[0] % 8]));
    a.q.limit = 2;
    a.q.count = data[0] & 8;
    for (int i = 0; i < 4 && rest.len; i++)
        str_cut(&rest, '\n', parts[i]);
    a.g.filter = a.q.filter;
    a.g.by = a.q.sort;
    a.g.measure = a.q.fields;
    check(!db_read(db, arena, ask, &a), "the reading failed");
    manual_unpin(a.m);
    arena_reset(arena);
    return 0;
}
