#include "keep/keep_impl.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct copying {
    const char *part;
    struct arena *arena;
    const struct keep_progress *progress;
    struct keep_counts counts;
};

static void show(void *ctx, int64_t done, int64_t total)
{
    const struct copying *c = ctx;

    if (c->progress && c->progress->fn)
        c->progress->fn(c->progress->ctx, "copying", done, total);
}

/* Counted in the very state that is copied. */
static struct err *copy_state(struct tx *tx, void *ctx)
{
    struct copying *c = ctx;

    if (tx_kind(tx) == DB_SQLITE)
        TRY(keep_count(tx, c->arena, &c->counts));
    return db_backup(tx, c->part, show, c);
}

static bool write_all(int fd, struct str s)
{
    while (s.len) {
        ssize_t n = write(fd, s.ptr, s.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        s = str_sub(s, (size_t)n, s.len);
    }
    return true;
}

/* Behind the database: what its bytes have to be. */
static struct err *seal(struct arena *arena, const char *part, const struct keep_progress *progress, struct keep_copy *copy)
{
    int fd = open(part, O_RDWR | O_APPEND | O_CLOEXEC);
    struct stat st = {0};
    struct err *e = NULL;

    if (fd < 0 || fstat(fd, &st) != 0)
        e = FAIL(arena, ERR_INTERNAL, "io.failed", NULL, "The copy could not be read: %s.", strerror(errno));
    copy->bytes = st.st_size;
    if (!e)
        e = keep_hash(arena, fd, copy->bytes, progress, &copy->hash);
    if (!e && (!write_all(fd, str_fmt(arena, "fairlead-backup 1 %.*s %20lld %20lld\n", STR_ARG(copy->hash), (long long)copy->bytes,
                                      (long long)copy->at_us)) ||
               fsync(fd) != 0))
        e = FAIL(arena, ERR_INTERNAL, "io.failed", NULL, "The copy could not be written to the end: %s.", strerror(errno));
    if (fd >= 0)
        close(fd);
    return e;
}

static struct err *prove(struct arena *arena, const struct copying *c, struct keep_copy *copy)
{
    struct keep_counts found;

    TRY(keep_prove(arena, c->part, &found, &copy->sealed_changes));
    copy->tables = found.tables;
    copy->rows = found.rows;
    return str_eq(found.text, c->counts.text) ? NULL : keep_damaged(arena, "its tables do not hold what the database holds");
}

static struct err *give_name(struct arena *arena, const char *part, const char *path)
{
    if (!keep_rename(part, path))
        return FAIL(arena, ERR_CONFLICT, "io.failed", NULL, "%s could not be named: %s.", path, strerror(errno));
    if (!keep_sync_folder(arena, path))
        return FAIL(arena, ERR_INTERNAL, "io.failed", NULL, "%s is written, but its folder could not be synced: %s.", path, strerror(errno));
    return NULL;
}

struct err *keep_backup(struct db *db, struct arena *arena, const char *path, int64_t now_us, const struct keep_progress *progress,
                        struct keep_copy *out)
{
    struct copying c = {.part = str_cstr(arena, str_fmt(arena, "%s.part-%ld", path, (long)getpid())), .arena = arena, .progress = progress};
    struct err *e;

    *out = (struct keep_copy){.path = path, .at_us = now_us};
    if (file_exists(path))
        return FAIL(arena, ERR_CONFLICT, "io.failed", NULL, "%s exists already and is never overwritten. Choose another name.", path);
    TRY(db_read(db, arena, copy_state, &c));
    e = prove(arena, &c, out);
    if (!e)
        e = seal(arena, c.part, progress, out);
    if (!e)
        e = give_name(arena, c.part, path);
    if (e)
        unlink(c.part);
    return e;
}

struct str keep_name(struct arena *arena, int64_t now_us)
{
    struct str at = instant_text(arena, now_us); /* 2026-03-02T14:05:00... */

    return str_fmt(arena, "fairlead-%.4s%.2s%.2s-%.2s%.2s%.2s.backup", at.ptr, at.ptr + 5, at.ptr + 8, at.ptr + 11, at.ptr + 14, at.ptr + 17);
}
