/* Import: reads a CSV as a stream, hands its rows to the write path in batches, keeps the count of how far it got. */
#include "record/import_impl.h"

#include "base/file.h"
#include "base/id.h"
#include "manual/yaml.h"
#include "record/import.sql.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BATCH_ROWS_DEFAULT 10000 /* fewer: more time for the log and the index of words; more: more memory */
#define TUNE_ROWS 500 /* an import of so many rows may change which plan is best */
#define PLAN_BYTES_MAX (256 * 1024)

/* ---- the file ---- */
struct source {
    struct arena *arena;
    const char *path;
    int fd;
    int64_t bytes;
    struct csv_reader *csv;
};

static struct err *read_bytes(void *ctx, char *dst, size_t cap, size_t *got)
{
    struct source *s = ctx;
    ssize_t n;

    do
        n = read(s->fd, dst, cap);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return FAIL(s->arena, ERR_INTERNAL, "io.failed", NULL, "%s could not be read.", s->path);
    *got = (size_t)n;
    return NULL;
}

static void close_source(void *ctx)
{
    struct source *s = ctx;

    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

/* Opens the file, reads its first row and binds the mapping to it. */
static struct err *open_source(struct arena *arena, const char *path, struct mapping *mapping, struct source **out)
{
    struct source *s = NEW(arena, struct source);
    struct stat st;
    struct str *header;
    size_t n;

    s->arena = arena;
    s->path = path;
    s->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (s->fd < 0 || fstat(s->fd, &st) || !S_ISREG(st.st_mode)) {
        if (s->fd >= 0)
            close(s->fd);
        return FAIL(arena, ERR_NOT_FOUND, "io.failed", NULL, "%s is not a file that can be read.", path);
    }
    s->bytes = st.st_size;
    arena_on_reset(arena, close_source, s);
    if (s->bytes > UPLOAD_BYTES_MAX)
        return FAIL(arena, ERR_TOO_LARGE, "http.body_too_large", NULL, "%s is larger than %lld MB; split it.", path,
                    (long long)(UPLOAD_BYTES_MAX >> 20));
    s->csv = csv_reader_new(arena, read_bytes, s, mapping->delimiter);
    TRY(csv_next(s->csv, &header, &n));
    if (!n)
        return FAIL(arena, ERR_INVALID, "csv.malformed", NULL, "%s is empty; its first line has to name the columns.", path);
    for (size_t i = 0; i < mapping->n_columns; i++)
        mapping->columns[i].cell = -1;
    TRY(mapping_bind(arena, mapping, header, n));
    *out = s;
    return NULL;
}

/* Reads the whole file once before anything is written, so that a broken one is refused whole. */
static struct err *check_file(struct arena *keep, const struct import_options *o, struct mapping *mapping)
{
    struct arena *arena = arena_new(0);
    struct source *s = NULL;
    struct str *cells;
    size_t n = 1;
    struct err *e = open_source(arena, o->file, mapping, &s);

    while (s && !e && n)
        e = csv_next(s->csv, &cells, &n);
    e = e ? err_copy(keep, e) : NULL;
    arena_free(arena);
    return e;
}

/* ---- one run ---- */
struct run {
    struct db *db;
    struct manual_store *store;
    const struct import_options *o;
    struct import_state st;
    struct source *source;
    struct report *report;
    struct import_counts counts;
    int64_t line;               /* of the last row that is durable in this pass */
    struct strmap *seen;        /* distinct */
    struct arena *batch_arena;
    int pass;
    VEC(struct row) rows;       /* of the batch */
    /* what the batch did, taken over once it is durable */
    struct import_counts batch_counts;
    struct row_findings found;
    int64_t n_findings;
};

static struct err *write_findings(struct tx *tx, struct run *r)
{
    static const char *const kinds[] = {"cleaned", "doubtful", "refused"};
    struct stmt *stmt;

    for (size_t i = 0; i < r->found.list.n; i++) {
        const struct row_finding *f = &r->found.list.at[i];
        const struct str texts[] = {str_from(kinds[f->kind]), f->field, f->typed, f->stored, f->rule};

        TRY(db_stmt(tx, &sql_import_finding_put, &stmt));
        db_bind_i64(stmt, 1, r->st.id);
        db_bind_i64(stmt, 2, r->n_findings + (int64_t)i + 1);
        db_bind_i64(stmt, 3, f->line);
        for (int k = 0; k < 5; k++)
            db_bind_str(stmt, 4 + k, texts[k].ptr ? texts[k] : STR(""));
        TRY(db_run(stmt, NULL));
    }
    return NULL;
}

static struct err *write_progress(struct tx *tx, struct run *r, int64_t line)
{
    const struct import_counts *a = &r->counts, *b = &r->batch_counts;
    const int64_t values[] = {r->st.id, r->pass == 1 ? line : -line, a->rows + b->rows, a->created + b->created, a->updated + b->updated, a->unchanged + b->unchanged,
                              a->skipped + b->skipped, a->refused + b->refused, a->cleaned + b->cleaned, a->doubtful + b->doubtful};
    struct stmt *stmt;

    TRY(db_stmt(tx, &sql_import_progress, &stmt));
    for (int i = 0; i < (int)(sizeof values / sizeof values[0]); i++)
        db_bind_i64(stmt, i + 1, values[i]);
    return db_run(stmt, NULL);
}

static void count_row(struct run *r, enum row_result result)
{
    struct import_counts *c = &r->batch_counts;

    if (r->pass == 2) {
        c->refused += result == ROW_REFUSED;
        return;
    }
    c->rows++;
    switch (result) {
    case ROW_CREATED:
        c->created++;
        break;
    case ROW_UPDATED:
        c->updated++;
        break;
    case ROW_UNCHANGED:
        c->unchanged++;
        break;
    case ROW_SKIPPED:
        c->skipped++;
        break;
    case ROW_REFUSED:
        c->refused++;
        break;
    }
}

static struct err *write_rows(struct tx *tx, struct run *r)
{
    r->batch_counts = (struct import_counts){0}; /* a transaction may be run again */
    r->found = (struct row_findings){0};
    r->st.misses = strmap_new(tx_arena(tx), 16);
    r->st.n_save_refused = 0;
    r->st.need_care = false;
    for (size_t i = 0; i < r->rows.n; i++) {
        enum row_result result;

        TRY(row_import(tx, &r->st, &r->rows.at[i], r->pass, &r->found, &result));
        count_row(r, result);
    }
    for (size_t i = 0; i < r->found.list.n; i++) {
        r->batch_counts.cleaned += r->found.list.at[i].kind == FOUND_CLEANED;
        r->batch_counts.doubtful += r->found.list.at[i].kind == FOUND_DOUBTFUL;
    }
    return NULL;
}

static struct err *write_batch(struct tx *tx, void *ctx)
{
    struct run *r = ctx;

    TRY(manual_check_live(tx, r->store, r->st.manual));
    TRY(write_rows(tx, r));
    TRY(write_findings(tx, r));
    return write_progress(tx, r, r->rows.at[r->rows.n - 1].line);
}

/* Fast first; from the first batch with a refused row until the next one without, carefully. */
static struct err *write_durably(struct run *r)
{
    struct err *e = db_write(r->db, r->batch_arena, write_batch, r);

    if (e && r->st.need_care) {
        r->st.careful = true;
        e = db_write(r->db, r->batch_arena, write_batch, r);
    }
    return e;
}

static void take_batch(struct run *r)
{
    struct import_counts *a = &r->counts, *b = &r->batch_counts;

    a->rows += b->rows;
    a->created += b->created;
    a->updated += b->updated;
    a->unchanged += b->unchanged;
    a->skipped += b->skipped;
    a->refused += b->refused;
    a->cleaned += b->cleaned;
    a->doubtful += b->doubtful;
    r->n_findings += (int64_t)r->found.list.n;
    r->st.careful = r->st.n_save_refused > 0;
    report_take(r->report, r->batch_arena, &r->found);
}

/* A row that says the same in all mapped cells as one before it. */
static bool repeats(struct run *r, struct str *cells, size_t n)
{
    const struct mapping *m = r->st.mapping;
    struct buf key = buf_new(r->batch_arena, 128);
    int64_t one;

    if (!m->distinct)
        return false;
    for (size_t i = 0; i < m->n_columns; i++)
        if (!m->columns[i].ignore && (size_t)m->columns[i].cell < n) {
            buf_add(&key, str_trim(cells[m->columns[i].cell]));
            buf_add_char(&key, '\x1f');
        }
    if (strmap_get(r->seen, buf_str(&key), &one))
        return true;
    strmap_put(r->seen, str_dup(r->st.arena, buf_str(&key)), 1);
    return false;
}

/* Fills the batch with up to max rows; *end at the end of the file. */
static struct err *read_batch(struct run *r, size_t max, int64_t after_line, bool *end)
{
    struct str *cells;
    size_t n;

    r->rows.at = NULL;
    r->rows.n = r->rows.cap = 0;
    *end = false;
    while (r->rows.n < max) {
        struct row *row;
        bool repeated;

        TRY(csv_next(r->source->csv, &cells, &n));
        if (!n) {
            *end = true;
            return NULL;
        }
        repeated = repeats(r, cells, n);
        if (csv_line(r->source->csv) <= after_line)
            continue;
        if (repeated) {
            r->counts.skipped += r->pass == 1;
            r->counts.rows += r->pass == 1;
            continue;
        }
        row = &VEC_PUSH(r->batch_arena, r->rows);
        row->line = csv_line(r->source->csv);
        row->n = n;
        row->cells = NEW_ARRAY(r->batch_arena, n, struct str);
        for (size_t i = 0; i < n; i++)
            row->cells[i] = str_dup(r->batch_arena, cells[i]);
    }
    return NULL;
}

static void show_progress(struct run *r)
{
    if (r->o->progress)
        r->o->progress(r->o->progress_ctx, csv_bytes(r->source->csv), r->source->bytes, r->counts.rows);
}

/* All rows of one pass, batch by batch, each its own durable transaction. */
static struct err *run_pass(struct run *r)
{
    size_t max = r->o->batch_rows > 0 ? (size_t)r->o->batch_rows : BATCH_ROWS_DEFAULT;
    bool end = false;
    struct err *e = NULL;

    r->seen = strmap_new(r->st.arena, 256);
    TRY(open_source(r->st.arena, r->o->file, r->st.mapping, &r->source));
    while (!end && !e) {
        arena_reset(r->batch_arena);
        e = read_batch(r, max, r->line, &end);
        if (!e && r->rows.n) {
            e = write_durably(r);
            if (!e) {
                take_batch(r);
                r->line = r->rows.at[r->rows.n - 1].line;
            }
        }
        show_progress(r);
    }
    return e ? err_copy(r->st.arena, e) : NULL;
}

/* ---- dry run: everything in one transaction that is then taken back ---- */

static struct err *try_rows(struct tx *tx, void *ctx)
{
    return write_rows(tx, ctx);
}

static struct err *try_batch(struct tx *tx, void *ctx)
{
    struct run *r = ctx;
    struct err *e = tx_nested(tx, try_rows, r);

    if (e && r->st.need_care) {
        r->st.careful = true;
        e = tx_nested(tx, try_rows, r);
    }
    return e;
}

static struct err *try_all(struct tx *tx, void *ctx)
{
    struct run *r = ctx;
    int passes = r->st.mapping->has_second_pass ? 2 : 1;

    r->counts = (struct import_counts){0};
    r->report = report_new(r->st.arena);
    for (int pass = 1; pass <= passes; pass++) {
        bool end = false;

        r->pass = pass;
        r->seen = strmap_new(r->st.arena, 256);
        TRY(open_source(r->st.arena, r->o->file, r->st.mapping, &r->source));
        while (!end) {
            struct err *e;

            arena_reset(r->batch_arena);
            e = read_batch(r, BATCH_ROWS_DEFAULT, 0, &end);
            if (!e)
                e = tx_on_arena(tx, r->batch_arena, try_batch, r);
            if (e)
                return err_copy(tx_arena(tx), e);
            take_batch(r);
            show_progress(r);
        }
    }
    return FAIL(tx_arena(tx), ERR_CONFLICT, "import.undone", NULL, "Tried, and taken back.");
}

/* ---- beginning and end ---- */

static struct err *start(struct tx *tx, void *ctx)
{
    struct run *r = ctx;
    struct stmt *stmt;

    TRY(db_stmt(tx, &sql_import_start, &stmt));
    db_bind_i64(stmt, 1, r->st.id);
    db_bind_str(stmt, 2, r->st.mapping->object->name);
    db_bind_str(stmt, 3, str_from(r->o->file));
    db_bind_i64(stmt, 4, r->source->bytes);
    db_bind_str(stmt, 5, hash_hex(tx_arena(tx), r->st.mapping->text));
    db_bind_i64(stmt, 6, r->st.actor->user_id);
    db_bind_i64(stmt, 7, r->o->shift_days);
    db_bind_i64(stmt, 8, r->o->now_us);
    return db_run(stmt, NULL);
}

static struct err *finish(struct tx *tx, void *ctx)
{
    struct run *r = ctx;
    struct stmt *stmt;

    r->batch_counts = (struct import_counts){0};
    TRY(write_progress(tx, r, r->line));
    TRY(db_stmt(tx, &sql_import_finish, &stmt));
    db_bind_i64(stmt, 1, r->st.id);
    db_bind_i64(stmt, 2, r->o->now_us);
    TRY(db_run(stmt, NULL));
    return r->counts.rows >= TUNE_ROWS ? record_tune(tx) : NULL;
}

/* Takes up the counts of an import that was stopped. The file and the mapping have to be the same. */
static struct err *resume(struct tx *tx, void *ctx)
{
    struct run *r = ctx;
    struct import_counts *c = &r->counts;
    struct stmt *stmt;
    bool row;

    TRY(db_stmt(tx, &sql_import_get, &stmt));
    db_bind_i64(stmt, 1, r->o->resume_id);
    TRY(db_step(stmt, &row));
    if (!row)
        return FAIL(tx_arena(tx), ERR_NOT_FOUND, "import.not_found", NULL, "There is no import %" PRId64 ".", r->o->resume_id);
    if (!db_is_null(stmt, db_col(stmt, "undone_us")))
        return FAIL(tx_arena(tx), ERR_CONFLICT, "import.undone", NULL, "Import %" PRId64 " was taken back; start a new one.", r->o->resume_id);
    if (!db_is_null(stmt, db_col(stmt, "finished_us")))
        return FAIL(tx_arena(tx), ERR_CONFLICT, "import.finished", NULL, "Import %" PRId64 " was finished; there is nothing left to do.", r->o->resume_id);
    if (db_i64(stmt, db_col(stmt, "file_bytes")) != r->source->bytes ||
        !str_eq(db_str(stmt, db_col(stmt, "mapping_hash")), hash_hex(tx_arena(tx), r->st.mapping->text)))
        return FAIL(tx_arena(tx), ERR_CONFLICT, "import.mapping", NULL,
                    "Import %" PRId64 " was begun with another file or mapping; it cannot go on with these.", r->o->resume_id);
    r->st.shift_days = db_i64(stmt, db_col(stmt, "shift_days"));
    r->line = db_i64(stmt, db_col(stmt, "line"));
    r->pass = r->line < 0 ? 2 : 1;
    r->line = r->line < 0 ? -r->line : r->line;
    *c = (struct import_counts){.rows = db_i64(stmt, db_col(stmt, "n_rows")), .created = db_i64(stmt, db_col(stmt, "n_created")),
                                .updated = db_i64(stmt, db_col(stmt, "n_updated")), .unchanged = db_i64(stmt, db_col(stmt, "n_unchanged")),
                                .skipped = db_i64(stmt, db_col(stmt, "n_skipped")), .refused = db_i64(stmt, db_col(stmt, "n_refused")),
                                .cleaned = db_i64(stmt, db_col(stmt, "n_cleaned")), .doubtful = db_i64(stmt, db_col(stmt, "n_doubtful"))};
    r->n_findings = c->cleaned + c->doubtful + c->rows; /* beyond every number given so far */
    db_done(stmt);
    return NULL;
}

static struct err *run_import(struct run *r, struct import_result *out)
{
    const struct import_options *o = r->o;

    TRY(access_need_right(r->st.arena, r->st.manual, o->actor, RIGHT_IMPORT));
    TRY(mapping_read(r->st.arena, r->st.manual, o->mapping, &r->st.mapping));
    TRY(check_file(r->st.arena, o, r->st.mapping));
    TRY(open_source(r->st.arena, o->file, r->st.mapping, &r->source));
    if (o->dry_run) {
        struct err *e = db_write(r->db, r->st.arena, try_all, r);

        if (strcmp(e->code, "import.undone") != 0)
            return e;
    } else {
        TRY(o->resume_id ? db_read(r->db, r->st.arena, resume, r) : db_write(r->db, r->st.arena, start, r));
        out->id = r->st.id; /* also of one that is stopped from here on */
        if (r->pass == 1)
            TRY(run_pass(r));
        if (r->st.mapping->has_second_pass) {
            if (r->pass == 1)
                r->line = 0;
            r->pass = 2;
            TRY(run_pass(r));
        }
        TRY(db_write(r->db, r->st.arena, finish, r));
    }
    out->id = r->st.id;
    out->counts = r->counts;
    out->report = report_text(r->report, &r->counts);
    return NULL;
}

struct err *import_run(struct db *db, struct manual_store *store, struct arena *arena, const struct import_options *o, struct import_result *out)
{
    const struct manual *m = manual_live(store);
    struct actor actor = *o->actor;
    struct run r = {.db = db, .store = store, .o = o, .pass = 1, .batch_arena = arena_new(1 << 20), .report = report_new(arena)};
    struct err *e;

    actor.via = VIA_IMPORT;
    r.st = (struct import_state){.arena = arena, .manual = m, .actor = &actor, .shift_days = o->shift_days, .now_us = o->now_us,
                                 .id = o->resume_id ? o->resume_id : id_new(o->now_us), .dry_run = o->dry_run};
    r.st.lookups = strmap_new(arena, 1024);
    e = run_import(&r, out);
    arena_free(r.batch_arena);
    manual_unpin(m);
    return e;
}

/* ---- plans ---- */

static struct err *bad_plan(struct arena *arena, const char *path, const struct node *at, const char *what)
{
    struct err *e = FAIL(arena, ERR_INVALID, "import.mapping", NULL, "%s", what);

    e->page = str_from(path);
    e->line = at ? at->line : 1;
    e->column = at ? at->column : 1;
    e->way_out = STR("imports: a list of { file: ..., mapping: ... }, in the order in which they refer to each other.");
    return e;
}

static struct str beside(struct arena *arena, const char *path, struct str name)
{
    const char *slash = strrchr(path, '/');

    if (name.len && name.ptr[0] == '/')
        return name;
    return slash ? str_fmt(arena, "%.*s/%.*s", (int)(slash - path), path, STR_ARG(name)) : name;
}

struct err *import_plan_read(struct arena *arena, const char *path, struct import_plan_item **items, size_t *n)
{
    struct str text;
    struct node *root;
    const struct node *list;

    TRY(file_read(arena, path, PLAN_BYTES_MAX, &text));
    if (!utf8_valid(text))
        return bad_plan(arena, path, NULL, "The plan is not UTF-8.");
    TRY(mapping_yaml(arena, path, text, &root));
    list = root->kind == NODE_MAP ? node_get(root, "imports") : NULL;
    if (!list || list->kind != NODE_LIST)
        return bad_plan(arena, path, root, "A plan has a list named imports.");
    *n = list->n;
    *items = NEW_ARRAY(arena, list->n, struct import_plan_item);
    for (size_t i = 0; i < list->n; i++) {
        const struct node *item = list->items[i];
        const struct node *file = item->kind == NODE_MAP ? node_get(item, "file") : NULL;
        const struct node *mapping = item->kind == NODE_MAP ? node_get(item, "mapping") : NULL;

        if (!file || !mapping || file->kind != NODE_TEXT || mapping->kind != NODE_TEXT)
            return bad_plan(arena, path, item, "Each import names a file and a mapping.");
        (*items)[i] = (struct import_plan_item){beside(arena, path, file->text), beside(arena, path, mapping->text)};
    }
    return NULL;
}

/* Only the mapping's own words are needed here, not the manual's: the columns that may be shifted. */
struct err *import_latest_date(struct arena *arena, const char *file, const char *mapping_path, int64_t *day)
{
    struct mapping mapping = {0};
    struct source source = {.arena = arena, .path = file};
    struct str text, *cells;
    struct node *root;
    const struct node *columns, *delimiter;
    VEC(int) shifted = {0};
    VEC(struct str) patterns = {0};
    size_t n;

    *day = DATE_NONE;
    TRY(file_read(arena, mapping_path, PLAN_BYTES_MAX, &text));
    TRY(mapping_yaml(arena, mapping_path, text, &root));
    columns = root->kind == NODE_MAP ? node_get(root, "columns") : NULL;
    if (!columns || columns->kind != NODE_MAP)
        return bad_plan(arena, mapping_path, root, "The mapping has no columns.");
    delimiter = node_get(root, "delimiter");
    if (delimiter && delimiter->kind == NODE_TEXT && delimiter->text.len == 1)
        mapping.delimiter = delimiter->text.ptr[0];
    source.fd = open(file, O_RDONLY | O_CLOEXEC);
    if (source.fd < 0)
        return FAIL(arena, ERR_NOT_FOUND, "io.failed", NULL, "%s is not a file that can be read.", file);
    source.csv = csv_reader_new(arena, read_bytes, &source, mapping.delimiter);
    struct err *e = csv_next(source.csv, &cells, &n);
    for (size_t i = 0; !e && i < n; i++) {
        const struct node *c = node_get_str(columns, str_trim(cells[i]));
        const struct node *shift = c && c->kind == NODE_MAP ? node_get(c, "shift") : NULL, *date = shift ? node_get(c, "date") : NULL;

        if (shift && shift->kind == NODE_TEXT && (str_eq(shift->text, STR("true")) || str_eq(shift->text, STR("yes")))) {
            VEC_PUSH(arena, shifted) = (int)i;
            VEC_PUSH(arena, patterns) = date && date->kind == NODE_TEXT ? date->text : STR("YYYY-MM-DD");
        }
    }
    while (!e && shifted.n && !(e = csv_next(source.csv, &cells, &n)) && n)
        for (size_t k = 0; k < shifted.n; k++) {
            int64_t d;

            if ((size_t)shifted.at[k] < n && date_by_pattern(str_trim(cells[shifted.at[k]]), patterns.at[k], &d) && d > *day)
                *day = d;
        }
    close(source.fd);
    return e;
}

struct err *import_plan_shift(struct arena *arena, const struct import_plan_item *items, size_t n, int64_t day, int64_t *days)
{
    int64_t newest = DATE_NONE;

    for (size_t i = 0; i < n; i++) {
        int64_t latest = DATE_NONE;

        TRY(import_latest_date(arena, str_cstr(arena, items[i].file), str_cstr(arena, items[i].mapping), &latest));
        if (latest > newest)
            newest = latest;
    }
    *days = newest == DATE_NONE ? 0 : day - newest;
    return NULL;
}
