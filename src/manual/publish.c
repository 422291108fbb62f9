/* Publishing: a new version, its tables and columns, and the switch to it, in one transaction. */
#include "manual/columns_impl.h"
#include "manual/page_impl.h"
#include "manual/store_impl.h"

#include "base/file.h"
#include "base/id.h"
#include "manual/store.sql.h"

#include <stdio.h>
#include <stdlib.h>

struct err *(*manual_publish_hook)(struct tx *tx, const struct manual *before,
                                   const struct manual *after, int64_t author, int64_t now_us);

struct hashed {
    struct str path, text, hash;
};

static int hashed_cmp(const void *a, const void *b)
{
    return str_cmp(((const struct hashed *)a)->path, ((const struct hashed *)b)->path);
}

static struct hashed *hash_pages(struct arena *arena, const struct page_file *files, size_t n)
{
    struct hashed *pages = NEW_ARRAY(arena, n + 1, struct hashed);

    for (size_t i = 0; i < n; i++)
        pages[i] = (struct hashed){page_path_strip(files[i].path), files[i].text,
                                   hash_hex(arena, files[i].text)};
    qsort(pages, n, sizeof *pages, hashed_cmp);
    return pages;
}

static struct str hash_all(struct arena *arena, const struct hashed *pages, size_t n)
{
    struct buf b = buf_new(arena, n * 100 + 1);

    for (size_t i = 0; i < n; i++)
        buf_fmt(&b, "%.*s %.*s\n", STR_ARG(pages[i].hash), STR_ARG(pages[i].path));
    return hash_hex(arena, buf_str(&b));
}

static struct err *live_hash(struct tx *tx, int64_t version, struct str *out)
{
    struct stmt *st;
    bool row;

    *out = STR_NONE;
    TRY(db_stmt(tx, &sql_manual_version_one, &st));
    db_bind_i64(st, 1, version);
    TRY(db_step(st, &row));
    if (row)
        *out = str_dup(tx_arena(tx), db_str(st, db_col(st, "hash")));
    db_done(st);
    return NULL;
}

/* ---- writing ---- */
static struct err *put_version(struct tx *tx, const struct publish *p, int64_t number,
                               struct str hash, const struct hashed *pages)
{
    struct stmt *st;

    TRY(db_stmt(tx, &sql_manual_version_put, &st));
    db_bind_i64(st, 1, number);
    db_bind_i64(st, 2, p->author);
    db_bind_i64(st, 3, p->now_us);
    db_bind_str(st, 4, p->reason.ptr ? p->reason : STR(""));
    db_bind_str(st, 5, hash);
    db_bind_i64(st, 6, (int64_t)p->n);
    TRY(db_run(st, NULL));
    for (size_t i = 0; i < p->n; i++) {
        TRY(db_stmt(tx, &sql_manual_text_put, &st));
        db_bind_str(st, 1, pages[i].hash);
        db_bind_str(st, 2, pages[i].text);
        TRY(db_run(st, NULL));
        TRY(db_stmt(tx, &sql_manual_page_put, &st));
        db_bind_i64(st, 1, number);
        db_bind_str(st, 2, pages[i].path);
        db_bind_str(st, 3, pages[i].hash);
        TRY(db_run(st, NULL));
    }
    return NULL;
}

struct page_row {
    int64_t id;
    struct str path, hash;
    bool removed;
};

static struct err *read_page_rows(struct tx *tx, struct page_row **rows, size_t *n,
                                  struct strmap *by_path)
{
    VEC(struct page_row) list = {0};
    struct arena *arena = tx_arena(tx);
    struct stmt *st;
    bool row;

    TRY(db_stmt(tx, &sql_manual_page_record_list, &st));
    int id = db_col(st, "id"), path = db_col(st, "path"), hash = db_col(st, "hash"),
        removed = db_col(st, "removed_us");
    for (;;) {
        TRY(db_step(st, &row));
        if (!row)
            break;
        struct page_row r = {db_i64(st, id), str_dup(arena, db_str(st, path)),
                             str_dup(arena, db_str(st, hash)), !db_is_null(st, removed)};
        strmap_put(by_path, r.path, (int64_t)list.n);
        VEC_PUSH(arena, list) = r;
    }
    *rows = list.at;
    *n = list.n;
    return NULL;
}

static struct err *put_page_row(struct tx *tx, const struct page *page, struct str hash, int64_t id,
                                const struct publish *p, int64_t number)
{
    struct stmt *st;

    TRY(db_stmt(tx, &sql_manual_page_record_put, &st));
    db_bind_i64(st, 1, id);
    db_bind_str(st, 2, page->path);
    db_bind_str(st, 3, str_from(page_kind_words[page->kind]));
    db_bind_str(st, 4, page->name);
    db_bind_str(st, 5, page->label);
    if (page->owner.len)
        db_bind_str(st, 6, page->owner);
    else
        db_bind_null(st, 6);
    if (page->review != DATE_NONE)
        db_bind_i64(st, 7, page->review);
    else
        db_bind_null(st, 7);
    db_bind_i64(st, 8, p->now_us);
    db_bind_i64(st, 9, number);
    db_bind_str(st, 10, hash);
    return db_run(st, NULL);
}

/* The pages as records: changed ones are written, gone ones marked. */
static struct err *put_page_rows(struct tx *tx, const struct publish *p, const struct manual *m,
                                 const struct hashed *pages)
{
    struct strmap *by_path = strmap_new(tx_arena(tx), p->n * 2 + 8);
    struct page_row *rows = NULL;
    size_t n = 0;

    TRY(read_page_rows(tx, &rows, &n, by_path));
    for (size_t i = 0; i < m->n_pages; i++) { /* both are sorted by path */
        int64_t at = -1;
        bool known = n > 0 && rows && strmap_get(by_path, m->pages[i].path, &at);

        if (known && str_eq(rows[at].hash, pages[i].hash) && !rows[at].removed)
            continue;
        TRY(put_page_row(tx, &m->pages[i], pages[i].hash, known ? rows[at].id : id_new(p->now_us),
                         p, m->version));
    }
    for (size_t i = 0; i < n; i++) {
        struct stmt *st;

        if (rows[i].removed || manual_page(m, rows[i].path))
            continue;
        TRY(db_stmt(tx, &sql_manual_page_record_remove, &st));
        db_bind_str(st, 1, rows[i].path);
        db_bind_i64(st, 2, p->now_us);
        db_bind_i64(st, 3, m->version);
        TRY(db_run(st, NULL));
    }
    return NULL;
}

static struct err *set_live(struct tx *tx, int64_t number, int64_t before)
{
    struct stmt *st;
    bool row;

    TRY(db_stmt(tx, &sql_manual_live_set, &st));
    db_bind_i64(st, 1, number);
    db_bind_i64(st, 2, before);
    TRY(db_step(st, &row));
    db_done(st);
    if (!row)
        return FAIL(tx_arena(tx), ERR_BUSY, "manual.version_conflict", NULL,
                    "Somebody published meanwhile.");
    return NULL;
}

static struct err *next_number(struct tx *tx, int64_t *out)
{
    struct stmt *st;
    bool row;

    TRY(db_stmt(tx, &sql_manual_version_last, &st));
    TRY(db_step(st, &row));
    *out = (row ? db_i64(st, 0) : 0) + 1;
    db_done(st);
    return NULL;
}

/* ---- going live ---- */
struct going_live {
    struct manual_store *store;
    const struct manual *m;
};

static void go_live(void *ctx)
{
    struct going_live *g = ctx;

    manual_store_swap(g->store, g->m);
}

static void unpin(void *ctx)
{
    manual_unpin(ctx);
}

/* Pinned as long as the transaction's arena lives. */
static void keep(struct tx *tx, const struct manual *m)
{
    arena_on_reset(tx_arena(tx), unpin, (void *)(uintptr_t)m);
}

static struct err *pin_before(struct tx *tx, struct manual_store *store, int64_t version,
                              const struct manual **out)
{
    const struct manual *live = manual_live(store);

    keep(tx, live);
    *out = live;
    if (live->version == version)
        return NULL;
    TRY(manual_compile_stored(tx, version, out));
    keep(tx, *out);
    return NULL;
}

static struct err *columns_failed(struct arena *arena, const struct findings *f)
{
    struct err *first = NULL;

    for (size_t i = 0; i < f->list.n; i++) {
        const struct finding *x = &f->list.at[i];
        struct err *e;

        if (x->severity != SEV_ERROR)
            continue;
        e = FAIL(arena, ERR_INVALID, "manual.check", NULL, "%.*s", STR_ARG(x->message));
        e->page = x->page;
        e->line = x->line;
        e->column = x->column;
        e->way_out = x->suggestion;
        err_add(&first, e);
    }
    return first;
}

static struct err *put_everything(struct tx *tx, struct manual_store *store,
                                  const struct publish *p, const struct manual *m, struct str hash,
                                  const struct hashed *pages, int64_t live,
                                  struct findings *findings)
{
    const struct manual *before;
    struct columns known;

    TRY(columns_read(tx, &known));
    columns_check(&known, m, findings);
    if (findings->errors)
        return columns_failed(tx_arena(tx), findings);
    TRY(pin_before(tx, store, live, &before));
    TRY(columns_add(tx, &known, m, m->version));
    TRY(put_version(tx, p, m->version, hash, pages));
    TRY(put_page_rows(tx, p, m, pages));
    TRY(set_live(tx, m->version, live));
    if (manual_publish_hook)
        TRY(manual_publish_hook(tx, before, m, p->author, p->now_us));
    return NULL;
}

struct err *manual_publish(struct tx *tx, struct manual_store *store, const struct publish *p,
                           struct findings *findings, int64_t *out_version)
{
    struct arena *arena = tx_arena(tx);
    struct hashed *pages = hash_pages(arena, p->files, p->n);
    struct str hash = hash_all(arena, pages, p->n), before;
    const struct manual *m;
    int64_t live, number;

    if (!findings->arena)
        findings->arena = arena;
    TRY(manual_live_number(tx, &live));
    if (p->expect_version >= 0 && p->expect_version != live) {
        struct err *e = FAIL(arena, ERR_CONFLICT, "manual.version_conflict", NULL,
                             "Version %lld was published meanwhile; you worked from version %lld.",
                             (long long)live, (long long)p->expect_version);

        e->way_out = STR("Look at what changed, then publish your pages again");
        return e;
    }
    TRY(live_hash(tx, live, &before));
    *out_version = live;
    if (live != 0 && str_eq(before, hash))
        return NULL;
    TRY(next_number(tx, &number));
    TRY(manual_compile(arena, p->files, p->n, number, findings, &m));
    keep(tx, m);
    manual_set_published(m, p->now_us);
    TRY(put_everything(tx, store, p, m, hash, pages, live, findings));
    struct going_live *g = NEW(arena, struct going_live);
    *g = (struct going_live){store, m};
    tx_on_commit(tx, go_live, g);
    char payload[24];
    snprintf(payload, sizeof payload, "%lld", (long long)number);
    tx_notify(tx, MANUAL_CHANNEL, str_from(payload));
    *out_version = number;
    return NULL;
}
