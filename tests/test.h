#pragma once
/* cmocka, dressed for this house. A test is a static function named as a sentence; a program lists its tests once:
 *
 *     TEST(a_closed_task_stays_closed)
 *     {
 *         assert_ok(task_finish(tx, &t, STR(""), now_us));
 *         assert_err(task_finish(tx, &t, STR(""), now_us), "task.closed");
 *     }
 *     TEST_MAIN(a_closed_task_stays_closed)
 *
 * Forgetting to list one is a compiler warning. `test_x some_name*` runs only the matching ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* gcc says it with a macro, clang with a feature. Only for how long or how much: what is asserted is the same. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TEST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define TEST_SANITIZED 1
#endif
#endif
#ifndef TEST_SANITIZED
#define TEST_SANITIZED 0
#endif

#define TEST(name) static void name(__attribute__((unused)) void **state)

/* All tests of the program, without fixtures. */
#define TEST_MAIN(...) TEST_MAIN_FULL(NULL, NULL, NULL, NULL, __VA_ARGS__)
/* setup and teardown (int f(void **state), or NULL) around each test; *state is what the test gets. */
#define TEST_MAIN_WITH(setup, teardown, ...) \
    TEST_MAIN_FULL(NULL, NULL, setup, teardown, __VA_ARGS__)
/* Once around all tests, and around each. */
#define TEST_MAIN_FULL(group_setup, group_teardown, setup, teardown, ...) \
    int main(int argc, char **argv) \
    { \
        static const CMUnitTestFunction functions[] = {__VA_ARGS__}; \
        static const char names[] = #__VA_ARGS__; \
        return test_run_(argc, argv, functions, sizeof functions / sizeof *functions, names, \
                         group_setup, group_teardown, setup, teardown); \
    }

static inline int test_run_(int argc, char **argv, const CMUnitTestFunction *functions, size_t n,
                            const char *names, CMFixtureFunction group_setup,
                            CMFixtureFunction group_teardown, CMFixtureFunction setup,
                            CMFixtureFunction teardown)
{
    struct CMUnitTest *tests = calloc(n, sizeof *tests);
    char *rest = strdup(names);
    char *save = NULL;

    if (!tests || !rest)
        abort();
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < n; i++) {
        tests[i].name = strtok_r(i ? NULL : rest, ", ", &save);
        tests[i].test_func = functions[i];
        tests[i].setup_func = setup;
        tests[i].teardown_func = teardown;
    }
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    int failed = _cmocka_run_group_tests(argv[0], tests, n, group_setup, group_teardown);
    free(tests);
    free(rest);
    return failed ? 1 : 0;
}

/* Leaves the test with a reason that the summary shows. */
#define test_skip(...) \
    do { \
        printf("skipped: " __VA_ARGS__); \
        printf("\n"); \
        skip(); \
    } while (0)

/* The call succeeded; if not, says why. */
#define assert_ok(call) assert_ok_((call), #call, __FILE__, __LINE__)
static inline void assert_ok_(const struct err *e, const char *call, const char *file, int line)
{
    if (!e)
        return;
    print_error("%s:%d: %s: %s: %.*s (made at %s:%d)\n", file, line, call, e->code,
                STR_ARG(e->message), e->src_file, e->src_line);
    _fail(file, line);
}

/* The call failed with this code; gives the error for further questions. */
#define assert_err(call, code) assert_err_((call), code, #call, __FILE__, __LINE__)
static inline const struct err *assert_err_(const struct err *e, const char *code, const char *call,
                                            const char *file, int line)
{
    if (e && strcmp(e->code, code) == 0)
        return e;
    if (e)
        print_error("%s:%d: %s: expected %s, got %s: %.*s\n", file, line, call, code, e->code,
                    STR_ARG(e->message));
    else
        print_error("%s:%d: %s: expected %s, but it succeeded\n", file, line, call, code);
    _fail(file, line);
    return e;
}

/* A struct str has exactly this text (a C string). */
#define assert_str(s, expected) assert_str_((s), str_from(expected), __FILE__, __LINE__)
#define assert_str_eq(a, b) assert_str_((a), (b), __FILE__, __LINE__)
static inline void assert_str_(struct str s, struct str expected, const char *file, int line)
{
    if (str_eq(s, expected))
        return;
    print_error("%s:%d: \"%.*s\" != \"%.*s\"\n", file, line, STR_ARG(s), STR_ARG(expected));
    _fail(file, line);
}

/* A struct str contains this text. */
#define assert_has(s, part) assert_has_((s), (part), __FILE__, __LINE__)
static inline void assert_has_(struct str s, const char *part, const char *file, int line)
{
    if (str_find(s, str_from(part), 0) != SIZE_MAX)
        return;
    print_error("%s:%d: \"%s\" is not in: %.*s\n", file, line, part, STR_ARG(s));
    _fail(file, line);
}

#define assert_i64(a, b) assert_i64_((a), (b), #a, __FILE__, __LINE__)
static inline void assert_i64_(int64_t a, int64_t b, const char *what, const char *file, int line)
{
    if (a == b)
        return;
    print_error("%s:%d: %s is %lld, not %lld\n", file, line, what, (long long)a, (long long)b);
    _fail(file, line);
}
