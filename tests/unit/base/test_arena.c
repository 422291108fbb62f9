#include "test.h"
#include "base/arena.h"

static bool all_zero(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i])
            return false;
    return true;
}

TEST(memory_is_zeroed_and_aligned_also_after_a_reset)
{
    struct arena *a = arena_new(256);
    for (int round = 0; round < 3; round++) {
        for (size_t size = 0; size < 3000; size += 37) {
            char *p = arena_alloc(a, size);
            assert_true((uintptr_t)p % 16 == 0);
            assert_true(all_zero(p, size));
            memset(p, 0xff, size);
        }
        arena_reset(a);
        assert_i64((int64_t)arena_used_bytes(a), 0);
    }
    arena_free(a);
}

TEST(growing_keeps_the_content_and_zeroes_the_rest)
{
    struct arena *a = arena_new(0);
    char *p = arena_alloc(a, 10);
    memcpy(p, "0123456789", 10);
    char *same = arena_grow(a, p, 10, 400);
    assert_ptr_equal(p, same); /* it is the newest */
    arena_alloc(a, 1);
    char *moved = arena_grow(a, same, 400, 100000);
    assert_ptr_not_equal(moved, same);
    assert_memory_equal(moved, "0123456789", 10);
    assert_true(all_zero(moved + 10, 100000 - 10));
    assert_ptr_equal(arena_grow(a, moved, 100000, 5), moved);
    arena_free(a);
}

static char order[8];
static void note(void *ctx)
{
    size_t n = strlen(order);
    order[n] = *(const char *)ctx;
    order[n + 1] = 0;
}

TEST(reset_runs_the_hooks_newest_first_and_once)
{
    static char one[] = "1", two[] = "2", three[] = "3";
    struct arena *a = arena_new(0);
    order[0] = 0;
    arena_on_reset(a, note, one);
    arena_on_reset(a, note, two);
    arena_on_reset(a, note, three);
    arena_reset(a);
    assert_string_equal(order, "321");
    arena_on_reset(a, note, one);
    arena_free(a);
    assert_string_equal(order, "3211");
    arena_free(NULL);
}

TEST(a_vector_grows_by_pushing)
{
    struct arena *a = arena_new(64);
    VEC(int64_t) v = {0};
    for (int64_t i = 0; i < 10000; i++) {
        VEC_PUSH(a, v) = i * 3;
        if (i % 100 == 0)
            arena_alloc(a, 24); /* in the way */
    }
    assert_i64((int64_t)v.n, 10000);
    for (size_t i = 0; i < v.n; i++)
        assert_i64(v.at[i], (int64_t)i * 3);
    arena_free(a);
}

TEST(a_large_piece_does_not_waste_the_current_block)
{
    struct arena *a = arena_new(4096);
    char *first = arena_alloc(a, 16);
    arena_alloc(a, 500000);
    char *next = arena_alloc(a, 16);
    assert_ptr_equal(next, first + 16);
    arena_free(a);
}

TEST_MAIN(memory_is_zeroed_and_aligned_also_after_a_reset,
          growing_keeps_the_content_and_zeroes_the_rest, reset_runs_the_hooks_newest_first_and_once,
          a_vector_grows_by_pushing, a_large_piece_does_not_waste_the_current_block)
