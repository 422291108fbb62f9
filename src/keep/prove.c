/* Is this copy the company it says it is? */
#include "keep/keep_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { HASH_BYTES = 32, READ_BYTES = 256 * 1024 };

struct err *keep_damaged(struct arena *arena, const char *why)
{
    struct err *e = FAIL(arena, ERR_INVALID, "keep.damaged", NULL, "This backup cannot be trusted: %s.", why);

    e->way_out = STR("Nothing was written. Use another backup.");
    return e;
}

struct err *keep_count(struct tx *tx, struct arena *arena, struct keep_counts *out)
{
    VEC(struct str) names = {0};
    struct buf text = buf_new(arena, 2048);
    struct stmt *s;
    bool row;

    *out = (struct keep_counts){0};
    TRY(db_stmt_text(tx, STR("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"), &s));
    for (;;) {
        TRY(db_step(s, &row));
        if (!row)
            break;
        VEC_PUSH(arena, names) = str_dup(arena, db_str(s, 0));
    }
    for (size_t i = 0; i < names.n; i++) {
        TRY(db_stmt_text(tx, str_fmt(arena, "SELECT COUNT(*) FROM %.*s", STR_ARG(db_ident(arena, names.at[i]))), &s));
        TRY(db_step(s, &row));
        buf_fmt(&text, "%.*s %lld\n", STR_ARG(names.at[i]), (long long)db_i64(s, 0));
        out->rows += db_i64(s, 0);
        db_done(s);
    }
    out->tables = (int64_t)names.n;
    out->text = buf_str(&text);
    return NULL;
}

struct proof {
    struct arena *arena;
    struct keep_counts *counts;
    struct buf findings;
    int64_t *sealed;
};

static struct err *look(struct tx *tx, void *ctx)
{
    struct proof *p = ctx;

    TRY(change_verify(tx, &p->findings, p->sealed));
    return keep_count(tx, p->arena, p->counts);
}

struct err *keep_prove(struct arena *arena, const char *path, struct keep_counts *counts, int64_t *sealed)
{
    struct db_options options = {.url = path, .readers = 1, .read_only = true};
    struct proof p = {.arena = arena, .counts = counts, .findings = buf_new(arena, 256), .sealed = sealed};
    struct db *db;
    struct err *e = db_open(arena, &options, &db);

    if (e)
        return keep_damaged(arena, "it cannot be opened as a database of this version");
    e = db_check(db, arena, &p.findings);
    if (!e && !p.findings.len)
        e = db_read(db, arena, look, &p);
    db_close(db);
    if (e)
        return keep_damaged(arena, "it cannot be read to the end");
    return p.findings.len ? keep_damaged(arena, str_cstr(arena, str_trim(str_sub(buf_str(&p.findings), 0, 300)))) : NULL;
}

struct err *keep_hash(struct arena *arena, int fd, int64_t bytes, const struct keep_progress *progress, struct str *out)
{
    unsigned char digest[HASH_BYTES], *buffer = arena_alloc(arena, READ_BYTES);
    char *hex = arena_alloc(arena, HASH_BYTES * 2 + 1);
    crypto_generichash_state state;
    int64_t done = 0;

    crypto_generichash_init(&state, NULL, 0, sizeof digest);
    while (done < bytes) {
        size_t want = bytes - done < READ_BYTES ? (size_t)(bytes - done) : READ_BYTES;
        ssize_t got = pread(fd, buffer, want, done);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return FAIL(arena, ERR_INTERNAL, "io.failed", NULL, "The file could not be read to the end.");
        crypto_generichash_update(&state, buffer, (size_t)got);
        done += got;
        if (progress && progress->fn)
            progress->fn(progress->ctx, "proving", done, bytes);
    }
    crypto_generichash_final(&state, digest, sizeof digest);
    sodium_bin2hex(hex, HASH_BYTES * 2 + 1, digest, sizeof digest);
    *out = str_from(hex);
    return NULL;
}

bool keep_sync_folder(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    int fd = open(slash ? str_cstr(arena, (struct str){path, (size_t)(slash - path) + 1}) : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;

    if (fd >= 0)
        close(fd);
    return ok;
}

bool keep_rename(const char *from, const char *to)
{
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0;
}
