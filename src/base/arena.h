#pragma once
/* Arenas: memory that is freed all at once. One per request, per job, per snapshot; passed, never global.
 *
 * Memory is zeroed and aligned for any type. Nothing is freed one by one. What memory cannot express (a cursor, a
 * file, a lock) hangs on the arena with arena_on_reset and is released newest first. Out of memory ends the process:
 * the limits in limits.h keep a request far from there. An arena is used by one thread at a time.
 */
#include <stddef.h>
#include <stdint.h>

struct arena;

/* A new arena; the first block is first_block_bytes (0: a sensible default). Never NULL. */
struct arena *arena_new(size_t first_block_bytes);

/* Runs the reset hooks, newest first, then returns all memory. NULL is allowed. */
void arena_free(struct arena *arena);

/* Runs the reset hooks, newest first, and makes the arena empty again; keeps its first block. */
void arena_reset(struct arena *arena);

/* Zeroed memory that lives until reset. size 0 gives a valid pointer. */
void *arena_alloc(struct arena *arena, size_t size);

/* count * size zeroed bytes, overflow checked. */
void *arena_array(struct arena *arena, size_t count, size_t size);

/* Grows an allocation in place where it is the newest one, else copies. New bytes are zero. */
void *arena_grow(struct arena *arena, void *ptr, size_t old_size, size_t new_size);

/* Calls fn(ctx) at reset or free. */
void arena_on_reset(struct arena *arena, void (*fn)(void *ctx), void *ctx);

/* Bytes handed out since the last reset. */
size_t arena_used_bytes(const struct arena *arena);

#define NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define NEW_ARRAY(arena, count, type) ((type *)arena_array((arena), (count), sizeof(type)))

/* A growing array on an arena: struct { T *at; size_t n, cap; } v; VEC_PUSH(arena, v) = item; */
#define VEC(type) \
    struct { \
        type *at; \
        size_t n, cap; \
    }
#define VEC_PUSH(arena, v) \
    (*((v).n == (v).cap ? (void)vec_grow_((arena), (void **)&(v).at, &(v).cap, sizeof *(v).at) : (void)0, \
       &(v).at[(v).n++]))
void vec_grow_(struct arena *arena, void **at, size_t *cap, size_t item_size);
