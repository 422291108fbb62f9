#include "keep/keep_impl.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRAILER "fairlead-backup 1 "
enum { TRAILER_BYTES = sizeof TRAILER - 1 + 64 + 1 + 20 + 1 + 20 + 1 };

static struct err *read_trailer(struct arena *arena, int fd, int64_t file_bytes, struct keep_copy *out)
{
    char text[TRAILER_BYTES];
    struct str rest = {text, sizeof text};

    if (file_bytes <= TRAILER_BYTES || pread(fd, text, sizeof text, file_bytes - TRAILER_BYTES) != TRAILER_BYTES ||
        !str_starts(rest, STR(TRAILER)) || text[TRAILER_BYTES - 1] != '\n')
        return keep_damaged(arena, "its last line is missing, so it is cut off or no backup of fairlead");
    rest = str_sub(rest, sizeof TRAILER - 1, rest.len);
    out->hash = str_dup(arena, str_sub(rest, 0, 64));
    if (!str_to_i64(str_trim(str_sub(rest, 65, 20)), &out->bytes) || !str_to_i64(str_trim(str_sub(rest, 86, 20)), &out->at_us) ||
        out->bytes != file_bytes - TRAILER_BYTES)
        return keep_damaged(arena, "its last line does not fit its length");
    return NULL;
}

static struct err *verify_open(struct arena *arena, int fd, const struct keep_progress *progress, struct keep_copy *out)
{
    struct keep_counts counts;
    struct str hash;
    struct stat st;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return FAIL(arena, ERR_NOT_FOUND, "io.failed", NULL, "%s is no file.", out->path);
    TRY(read_trailer(arena, fd, st.st_size, out));
    TRY(keep_hash(arena, fd, out->bytes, progress, &hash));
    if (!str_eq(hash, out->hash))
        return keep_damaged(arena, "its bytes are not those that were written");
    TRY(keep_prove(arena, out->path, &counts, &out->sealed_changes));
    out->tables = counts.tables;
    out->rows = counts.rows;
    return NULL;
}

static struct err *open_backup(struct arena *arena, const char *path, int *fd)
{
    *fd = open(path, O_RDONLY | O_CLOEXEC);
    if (*fd >= 0)
        return NULL;
    return FAIL(arena, ERR_NOT_FOUND, "io.failed", NULL, "%s cannot be read: %s.", path, strerror(errno));
}

struct err *keep_verify(struct arena *arena, const char *path, const struct keep_progress *progress, struct keep_copy *out)
{
    struct err *e;
    int fd;

    *out = (struct keep_copy){.path = path};
    TRY(open_backup(arena, path, &fd));
    e = verify_open(arena, fd, progress, out);
    close(fd);
    return e;
}

static struct err *copy_bytes(struct arena *arena, int from, const char *path, int64_t bytes, const struct keep_progress *progress)
{
    int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    off_t at = 0;
    bool ok = to >= 0;

    while (ok && at < bytes) {
        ssize_t n = sendfile(to, from, &at, (size_t)(bytes - at < 8 * 1024 * 1024 ? bytes - at : 8 * 1024 * 1024));

        ok = n > 0 || (n < 0 && errno == EINTR);
        if (progress && progress->fn)
            progress->fn(progress->ctx, "restoring", at, bytes);
    }
    ok = ok && fsync(to) == 0;
    if (to >= 0)
        close(to);
    if (ok)
        return NULL;
    return FAIL(arena, ERR_INTERNAL, "io.failed", NULL, "%s could not be written: %s.", path, strerror(errno));
}

/* The same bytes, read from where they are now. */
static struct err *prove_bytes(struct arena *arena, const char *path, const struct keep_copy *copy, const struct keep_progress *progress)
{
    struct keep_counts counts;
    struct str hash;
    int64_t sealed;
    struct err *e;
    int fd;

    TRY(open_backup(arena, path, &fd));
    e = keep_hash(arena, fd, copy->bytes, progress, &hash);
    close(fd);
    TRY(e);
    if (!str_eq(hash, copy->hash))
        return keep_damaged(arena, "what was written reads back differently");
    TRY(keep_prove(arena, path, &counts, &sealed));
    return counts.rows == copy->rows && sealed == copy->sealed_changes ? NULL : keep_damaged(arena, "what was written counts differently");
}

static struct err *put_into(struct arena *arena, int fd, const char *folder, const struct keep_progress *progress, struct keep_copy *copy)
{
    const char *path = str_cstr(arena, str_fmt(arena, "%s/fairlead.db", folder));
    const char *part = str_cstr(arena, str_fmt(arena, "%s.part-%ld", path, (long)getpid()));
    struct err *e = copy_bytes(arena, fd, part, copy->bytes, progress);

    if (!e)
        e = prove_bytes(arena, part, copy, progress);
    if (!e && !keep_rename(part, path))
        e = FAIL(arena, ERR_CONFLICT, "io.failed", NULL, "%s could not be named: %s.", path, strerror(errno));
    if (e) {
        unlink(part);
        return e;
    }
    if (!keep_sync_folder(arena, path))
        return FAIL(arena, ERR_INTERNAL, "io.failed", NULL, "%s is there, but its folder could not be synced: %s.", path, strerror(errno));
    return NULL;
}

/* A log left by another database would be taken for ours. */
static struct err *must_be_free(struct arena *arena, const char *folder)
{
    static const char *const names[] = {"fairlead.db", "fairlead.db-wal", "fairlead.db-shm", "fairlead.db-journal"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (file_exists(str_cstr(arena, str_fmt(arena, "%s/%s", folder, names[i])))) {
            struct err *e = FAIL(arena, ERR_CONFLICT, "io.failed", NULL, "There is a database in %s already; nothing was written.", folder);

            e->way_out = STR("Restore into a new folder, look at it, and then start the server on that one.");
            return e;
        }
    return NULL;
}

struct err *keep_restore(struct arena *arena, const char *path, const char *folder, const struct keep_progress *progress,
                         struct keep_copy *out)
{
    bool made = !file_exists(folder) && access(folder, F_OK) != 0;
    struct err *e;
    int fd;

    *out = (struct keep_copy){.path = path};
    TRY(must_be_free(arena, folder));
    TRY(open_backup(arena, path, &fd));
    e = verify_open(arena, fd, progress, out);
    if (!e)
        e = file_make_dirs(arena, folder);
    if (!e) {
        e = put_into(arena, fd, folder, progress, out);
        if (e && made)
            rmdir(folder);
    }
    close(fd);
    return e;
}
