#include "base/file.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_DEPTH_MAX 32
#define FOLDER_FILES_MAX 1000000

static struct err *failed(struct arena *arena, const char *path, const char *what, int number)
{
    char text[128];
    enum err_kind kind = number == ENOENT || number == ENOTDIR ? ERR_NOT_FOUND : ERR_INTERNAL;
    return FAIL(arena, kind, "io.failed", NULL, "%s could not be %s: %s.", path, what,
                strerror_r(number, text, sizeof text));
}

/* Reads to the end of fd, which may be a pipe. */
static struct err *read_all(struct arena *arena, int fd, const char *path, size_t bytes_max,
                            size_t expected, struct str *out)
{
    struct buf b = buf_new(arena, expected + 1);
    for (;;) {
        if (b.len > bytes_max)
            return FAIL(arena, ERR_TOO_LARGE, "io.failed", NULL, "%s is larger than %zu bytes.",
                        path, bytes_max);
        size_t piece = b.cap > b.len ? b.cap - b.len : 65536;
        ssize_t got = read(fd, buf_reserve(&b, piece), piece);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return failed(arena, path, "read", errno);
        if (got == 0)
            break;
        b.len += (size_t)got;
    }
    *out = buf_str(&b);
    return NULL;
}

struct err *file_read(struct arena *arena, const char *path, size_t bytes_max, struct str *out)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return failed(arena, path, "read", errno);
    size_t expected = 4096;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
        expected = (size_t)st.st_size < bytes_max ? (size_t)st.st_size : bytes_max;
    struct err *e = read_all(arena, fd, path, bytes_max, expected, out);
    close(fd);
    return e;
}

static int write_all(int fd, struct str s)
{
    while (s.len) {
        ssize_t n = write(fd, s.ptr, s.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        s = str_sub(s, (size_t)n, SIZE_MAX);
    }
    return 0;
}

/* After a rename the folder itself has to reach the disk, or the new name may be lost. */
static int sync_folder(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *folder = ".";
    if (slash)
        folder = slash == path ? "/" : str_cstr(arena, (struct str){path, (size_t)(slash - path)});
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    int number = fsync(fd) != 0 && errno != EINVAL ? errno : 0;
    close(fd);
    return number;
}

struct err *file_write(struct arena *arena, const char *path, struct str content)
{
    static _Atomic unsigned counter;
    struct stat st;
    const char *temporary =
        str_fmt(arena, "%s.%d-%u.tmp", path, (int)getpid(), atomic_fetch_add(&counter, 1)).ptr;

    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0)
        return failed(arena, path, "written", errno);
    int number = 0;
    if (stat(path, &st) == 0 && fchmod(fd, st.st_mode & 07777) != 0)
        number = errno;
    if (!number)
        number = write_all(fd, content);
    if (!number && fsync(fd) != 0)
        number = errno;
    if (close(fd) != 0 && !number)
        number = errno;
    if (!number && rename(temporary, path) != 0)
        number = errno;
    if (number) {
        unlink(temporary);
        return failed(arena, path, "written", number);
    }
    number = sync_folder(arena, path);
    return number ? failed(arena, path, "made durable", number) : NULL;
}

bool file_exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0;
}

struct err *file_make_dirs(struct arena *arena, const char *path)
{
    struct stat st;
    size_t len = strlen(path);
    char *part = memcpy(arena_alloc(arena, len + 1), path, len);

    for (char *p = part + 1; part[0]; p++) {
        char c = *p;
        if (c != '/' && c != 0)
            continue;
        *p = 0;
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            return failed(arena, part, "created", errno);
        if (c == 0)
            break;
        *p = c;
    }
    if (stat(path, &st) != 0)
        return failed(arena, path, "created", errno);
    return S_ISDIR(st.st_mode) ? NULL : failed(arena, path, "created", ENOTDIR);
}

struct listing {
    struct arena *arena;
    VEC(struct str) names;
};

/* Adds what is below the open folder dir (closed here); prefix is "" or ends with a slash. */
static struct err *list_folder(struct listing *l, int fd, struct str prefix, int depth)
{
    DIR *dir = fdopendir(fd);
    struct err *e = NULL;
    struct dirent *entry;

    if (!dir) {
        int number = errno;
        close(fd);
        return failed(l->arena, str_cstr(l->arena, prefix), "read", number);
    }
    while (!e && (entry = readdir(dir))) {
        struct stat st;
        if (entry->d_name[0] == '.' ||
            fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        struct str name = str_fmt(l->arena, "%.*s%s", STR_ARG(prefix), entry->d_name);
        if (S_ISREG(st.st_mode)) {
            VEC_PUSH(l->arena, l->names) = name;
        } else if (S_ISDIR(st.st_mode)) {
            int child =
                openat(dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            if (child < 0)
                e = failed(l->arena, name.ptr, "read", errno);
            else if (depth >= FOLDER_DEPTH_MAX) {
                close(child);
                e = FAIL(l->arena, ERR_INVALID, "io.failed", NULL,
                         "%.*s: more than %d folders deep.", STR_ARG(name), FOLDER_DEPTH_MAX);
            } else
                e = list_folder(l, child, str_fmt(l->arena, "%.*s/", STR_ARG(name)), depth + 1);
        }
        if (!e && l->names.n > FOLDER_FILES_MAX)
            e = FAIL(l->arena, ERR_TOO_LARGE, "io.failed", NULL, "More than %d files.",
                     FOLDER_FILES_MAX);
    }
    closedir(dir);
    return e;
}

static int compare_names(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

struct err *file_list(struct arena *arena, const char *dir, struct str **names, size_t *n)
{
    struct listing l = {.arena = arena};
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return failed(arena, dir, "read", errno);
    TRY(list_folder(&l, fd, STR(""), 1));
    if (l.names.n)
        qsort(l.names.at, l.names.n, sizeof *l.names.at, compare_names);
    *names = l.names.at;
    *n = l.names.n;
    return NULL;
}

struct str hash_hex(struct arena *arena, struct str s)
{
    unsigned char hash[32];
    char *hex = arena_alloc(arena, sizeof hash * 2 + 1);
    int rc = crypto_generichash(hash, sizeof hash, (const unsigned char *)s.ptr, s.len, NULL, 0);

    assert(rc == 0);
    sodium_bin2hex(hex, sizeof hash * 2 + 1, hash, sizeof hash);
    return (struct str){hex, sizeof hash * 2};
}
