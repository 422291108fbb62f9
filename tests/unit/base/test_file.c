#include "test.h"
#include "base/embedded.h"
#include "base/file.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"

#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

static struct arena *a;
static char folder[64];

static int setup(void **state)
{
    (void)state;
    a = arena_new(0);
    snprintf(folder, sizeof folder, "/tmp/fairlead-test-XXXXXX");
    return mkdtemp(folder) ? 0 : 1;
}

static const char *in_folder(const char *name)
{
    return str_fmt(a, "%s/%s", folder, name).ptr;
}

static void remove_below(const char *path)
{
    struct str *names;
    size_t n;
    assert_ok(file_list(a, path, &names, &n));
    for (size_t i = 0; i < n; i++)
        unlink(str_fmt(a, "%s/%.*s", path, STR_ARG(names[i])).ptr);
}

static int teardown(void **state)
{
    (void)state;
    remove_below(folder);
    unlink(in_folder("link"));
    unlink(in_folder(".hidden"));
    static const char *const dirs[] = {"a/b/c", "a/b", "a", ""};
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++)
        rmdir(in_folder(dirs[i]));
    arena_free(a);
    return 0;
}

TEST(a_file_is_replaced_whole_and_leaves_nothing_behind)
{
    struct str got, *names;
    size_t n;
    const char *path = in_folder("x.txt");
    assert_false(file_exists(path));
    assert_ok(file_write(a, path, STR("first")));
    assert_int_equal(chmod(path, 0600), 0);
    assert_ok(file_write(a, path, STR("sec\0nd")));
    assert_ok(file_read(a, path, 100, &got));
    assert_str_eq(got, STR("sec\0nd"));
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_ok(file_write(a, path, STR_NONE));
    assert_ok(file_read(a, path, 100, &got));
    assert_int_equal(got.len, 0);
    assert_ok(file_list(a, folder, &names, &n));
    assert_int_equal(n, 1);
}

TEST(reading_has_a_limit)
{
    struct str got;
    const char *path = in_folder("x.txt");
    size_t len = 200000;
    char *big = arena_alloc(a, len);
    memset(big, 'x', len);
    assert_ok(file_write(a, path, (struct str){big, len}));
    assert_ok(file_read(a, path, len, &got));
    assert_str_eq(got, ((struct str){big, len}));
    assert_int_equal(assert_err(file_read(a, path, len - 1, &got), "io.failed")->kind,
                     ERR_TOO_LARGE);
    assert_ok(file_read(a, "/proc/self/status", 100000, &got)); /* says size 0 */
    assert_has(got, "Pid:");
}

TEST(what_cannot_be_read_or_written_says_which_file)
{
    struct str got, *names;
    size_t n;
    const struct err *e = assert_err(file_read(a, in_folder("none"), 10, &got), "io.failed");
    assert_int_equal(e->kind, ERR_NOT_FOUND);
    assert_has(e->message, "/none could not be read");
    assert_err(file_write(a, in_folder("none/x"), STR("")), "io.failed");
    assert_err(file_read(a, folder, 10, &got), "io.failed");
    assert_err(file_list(a, in_folder("none"), &names, &n), "io.failed");
}

TEST(ids_go_on_behind_the_newest_one_of_the_installation)
{
    int64_t now_us = clock_now_us(), ahead = id_new(now_us) + 1000 * ID_MOMENT, next;

    id_after(ahead);
    next = id_new(now_us); /* the clock is a second behind what was given already */
    assert_true(next > ahead);
    id_after(1); /* an old one changes nothing */
    assert_true(id_new(now_us) > next);
}

TEST(lists_are_deep_sorted_and_leave_hidden_files_and_links_out)
{
    struct str *names;
    size_t n;
    assert_ok(file_make_dirs(a, in_folder("a/b/c")));
    assert_ok(file_make_dirs(a, in_folder("a//b/c/")));
    static const char *const files[] = {"z", "a/b/c/deep", "a/B", "a.txt", ".hidden"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        assert_ok(file_write(a, in_folder(files[i]), STR("x")));
    assert_int_equal(symlink("/etc", in_folder("link")), 0);
    assert_ok(file_list(a, folder, &names, &n));
    assert_int_equal(n, 4);
    assert_str(str_join(a, names, n, STR(" ")), "a.txt a/B a/b/c/deep z");
    assert_err(file_make_dirs(a, in_folder("z/below")), "io.failed");
    assert_err(file_make_dirs(a, in_folder("z")), "io.failed");
}

TEST(the_hash_is_blake2b)
{
    /* b2sum -l 256 */
    assert_str(hash_hex(a, STR("abc")),
               "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
    assert_str(hash_hex(a, STR_NONE),
               "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
}

TEST(embedded_files_are_sorted_and_found)
{
    for (const struct embedded_file *f = embedded_files; f->path; f++) {
        assert_int_equal(f->data[f->len], 0);
        assert_ptr_equal(embedded_find(str_from(f->path)), f);
        if (f[1].path)
            assert_true(strcmp(f->path, f[1].path) < 0);
    }
    assert_null(embedded_find(STR("manual/none.md")));
    assert_null(embedded_find(STR("")));
    assert_null(embedded_first(STR("no such folder/")));
}

TEST(ids_grow_also_when_the_clock_stands_or_goes_back)
{
    int64_t now_us = 1800000000LL * 1000000;
    int64_t last = 0;
    for (int i = 0; i < 200000; i++) {
        int64_t id = id_new(i % 3 ? now_us : now_us - i * 1000);
        assert_true(id > last);
        last = id;
    }
    /* 41 bits of milliseconds since 2020 above 6 bits node and 16 bits sequence */
    int64_t later_us = now_us + 3600LL * 1000000;
    assert_i64(id_new(later_us) >> 22, later_us / 1000 - 1577836800000LL);
    id_set_node(63);
    assert_i64(id_new(later_us) >> 16 & 63, 63);
    id_set_node(0);
    assert_i64(id_new(later_us) >> 16 & 63, 0);
    assert_true(id_new(INT64_MAX / 2) > 0);
}

enum { THREADS = 4, EACH = 20000 };
static void *make_ids(void *arg)
{
    int64_t *ids = arg;
    for (int i = 0; i < EACH; i++)
        ids[i] = id_new(1900000000LL * 1000000);
    return NULL;
}
static int compare_ids(const void *x, const void *y)
{
    int64_t p = *(const int64_t *)x, q = *(const int64_t *)y;
    return (p > q) - (p < q);
}

TEST(threads_never_get_the_same_id)
{
    static int64_t ids[THREADS * EACH];
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, make_ids, ids + i * EACH), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    qsort(ids, THREADS * EACH, sizeof *ids, compare_ids);
    for (int i = 1; i < THREADS * EACH; i++)
        assert_true(ids[i - 1] < ids[i]);
}

TEST(ids_from_strangers_are_positive_decimals)
{
    static const char *const bad[] = {"",    "0", "-1", "01", "1.0", "1 ", "9223372036854775808",
                                      "abc", "+1"};
    int64_t id;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (id_parse(str_from(bad[i]), &id))
            fail_msg("\"%s\" was taken", bad[i]);
    assert_true(id_parse(STR("9223372036854775807"), &id));
    assert_i64(id, INT64_MAX);
    assert_true(id_parse(STR("1"), &id));
}

TEST(the_log_writes_one_line_per_event)
{
    struct str got;
    const char *path = in_folder("log");
    char value[9000];
    memset(value, 'v', sizeof value - 1);
    value[sizeof value - 1] = 0;

    fflush(stderr);
    int saved = dup(STDERR_FILENO);
    assert_non_null(freopen(path, "w", stderr));
    log_event(LOG_DEBUG, "unseen", NULL);
    log_event(LOG_INFO, "request", "id", "42", "why", "a \"b\"\n=", "empty", "", "none",
              (const char *)NULL, NULL);
    log_event(LOG_ERROR, "long", "value", value, NULL);
    log_set_level(LOG_ERROR);
    log_event(LOG_WARN, "unseen", NULL);
    log_set_level(LOG_INFO);
    dup2(saved, STDERR_FILENO);
    close(saved);

    assert_ok(file_read(a, path, 100000, &got));
    struct str line;
    assert_true(str_cut(&got, '\n', &line));
    assert_true(str_starts(line, STR("time=20")));
    assert_true(str_ends(
        line,
        STR("Z level=info event=request id=42 why=\"a \\\"b\\\"\\x0a=\" empty=\"\" none=\"\"")));
    assert_true(str_cut(&got, '\n', &line));
    assert_has(line, "level=error event=long value=vvv");
    assert_true(line.len < 4096);
    assert_int_equal(got.len, 0);
    assert_false(log_enabled(LOG_DEBUG));
    assert_true(log_enabled(LOG_WARN));
}

TEST_MAIN_WITH(setup, teardown, a_file_is_replaced_whole_and_leaves_nothing_behind,
               reading_has_a_limit, what_cannot_be_read_or_written_says_which_file,
               ids_go_on_behind_the_newest_one_of_the_installation, lists_are_deep_sorted_and_leave_hidden_files_and_links_out, the_hash_is_blake2b,
               embedded_files_are_sorted_and_found,
               ids_grow_also_when_the_clock_stands_or_goes_back, threads_never_get_the_same_id,
               ids_from_strangers_are_positive_decimals, the_log_writes_one_line_per_event)
