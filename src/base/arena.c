#include "base/arena.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Under the address sanitizer, bytes not handed out are poisoned: a read behind an allocation or after a reset is found. */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define ARENA_POISON 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define ARENA_POISON 1
#endif
#ifdef ARENA_POISON
#include <sanitizer/asan_interface.h>
#define POISON(ptr, n) ASAN_POISON_MEMORY_REGION((ptr), (n))
#define UNPOISON(ptr, n) ASAN_UNPOISON_MEMORY_REGION((ptr), (n))
#else
#define POISON(ptr, n) ((void)(ptr), (void)(n))
#define UNPOISON(ptr, n) ((void)(ptr), (void)(n))
#endif

#define ALIGNMENT 16
#define FIRST_BLOCK_DEFAULT (16 * 1024)
#define BLOCK_MAX (1024 * 1024)

struct block {
    struct block *next; /* the one before it in age */
    size_t cap, used;   /* of data; bytes from used on are zero */
    _Alignas(ALIGNMENT) char data[];
};

struct hook {
    struct hook *next;
    void (*fn)(void *ctx);
    void *ctx;
};

struct arena {
    struct block *first;   /* kept by a reset */
    struct block *current; /* small allocations come from here */
    struct block *blocks;  /* all but the first, newest first */
    struct hook *hooks;    /* newest first */
    size_t used_bytes;
};

static _Noreturn void out_of_memory(size_t size)
{
    fprintf(stderr, "out of memory (%zu bytes asked for)\n", size);
    abort();
}

static struct block *block_new(size_t cap)
{
    struct block *b = cap > SIZE_MAX / 2 ? NULL : calloc(1, sizeof *b + cap);
    if (!b)
        out_of_memory(cap);
    b->cap = cap;
    POISON(b->data, cap);
    return b;
}

static void block_free(struct block *b)
{
    UNPOISON(b->data, b->cap);
    free(b);
}

static size_t rounded(size_t size)
{
    if (size > SIZE_MAX / 2)
        out_of_memory(size);
    return size ? (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1) : ALIGNMENT;
}

struct arena *arena_new(size_t first_block_bytes)
{
    struct arena *arena = calloc(1, sizeof *arena);
    if (!arena)
        out_of_memory(sizeof *arena);
    arena->first = block_new(rounded(first_block_bytes ? first_block_bytes : FIRST_BLOCK_DEFAULT));
    arena->current = arena->first;
    return arena;
}

static void run_hooks(struct arena *arena)
{
    while (arena->hooks) {
        struct hook *h = arena->hooks;
        arena->hooks = h->next;
        h->fn(h->ctx);
    }
}

void arena_reset(struct arena *arena)
{
    run_hooks(arena);
    while (arena->blocks) {
        struct block *b = arena->blocks;
        arena->blocks = b->next;
        block_free(b);
    }
    struct block *first = arena->first;
    UNPOISON(first->data, first->used);
    memset(first->data, 0, first->used);
    POISON(first->data, first->cap);
    first->used = 0;
    arena->current = first;
    arena->used_bytes = 0;
}

void arena_free(struct arena *arena)
{
    if (!arena)
        return;
    arena_reset(arena);
    block_free(arena->first);
    free(arena);
}

static void *take(struct arena *arena, struct block *b, size_t size, size_t room)
{
    void *ptr = b->data + b->used;
    b->used += room;
    arena->used_bytes += room;
    UNPOISON(ptr, size ? size : 1);
    return ptr;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size_t room = rounded(size);
    struct block *current = arena->current;

    if (room <= current->cap - current->used)
        return take(arena, current, size, room);

    size_t next_cap = current->cap * 2 < BLOCK_MAX ? current->cap * 2 : BLOCK_MAX;
    /* A large piece gets a block of its own, so that the rest of the current one is not lost. */
    struct block *b = block_new(room > next_cap / 2 ? room : next_cap);
    b->next = arena->blocks;
    arena->blocks = b;
    if (b->cap != room)
        arena->current = b;
    return take(arena, b, size, room);
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        out_of_memory(SIZE_MAX);
    return arena_alloc(arena, bytes);
}

void *arena_grow(struct arena *arena, void *ptr, size_t old_size, size_t new_size)
{
    if (!ptr)
        return arena_alloc(arena, new_size);
    if (new_size <= old_size)
        return ptr;

    struct block *b = arena->current;
    size_t old_room = rounded(old_size);
    size_t new_room = rounded(new_size);
    if (b->used >= old_room && (char *)ptr == b->data + b->used - old_room &&
        new_room - old_room <= b->cap - b->used) {
        b->used += new_room - old_room;
        arena->used_bytes += new_room - old_room;
        UNPOISON(ptr, new_size);
        return ptr;
    }
    void *copy = arena_alloc(arena, new_size);
    memcpy(copy, ptr, old_size);
    return copy;
}

void arena_on_reset(struct arena *arena, void (*fn)(void *ctx), void *ctx)
{
    struct hook *h = NEW(arena, struct hook);
    h->fn = fn;
    h->ctx = ctx;
    h->next = arena->hooks;
    arena->hooks = h;
}

size_t arena_used_bytes(const struct arena *arena)
{
    return arena->used_bytes;
}

void vec_grow_(struct arena *arena, void **at, size_t *cap, size_t item_size)
{
    size_t new_cap = *cap ? *cap * 2 : 8;
    size_t bytes;
    if (new_cap < *cap || __builtin_mul_overflow(new_cap, item_size, &bytes))
        out_of_memory(SIZE_MAX);
    *at = arena_grow(arena, *at, *cap * item_size, bytes);
    *cap = new_cap;
}
