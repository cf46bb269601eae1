/* arena.h - memory that dies with a request.
 *
 * A request and everything decoded from it live in its arena; nothing in there is freed by
 * hand. What is not memory (a reference, a descriptor) registers how to let go. An arena is
 * bounded: a hostile request exhausts its own room (RN_NOMEM / NULL), nobody else's.
 * Threads: one at a time. */
#ifndef RN_BASE_ARENA_H
#define RN_BASE_ARENA_H

#include "base/err.h"
#include "base/str.h"

struct rn_arena;

/* At most `bytes_max` bytes will ever be handed out between resets. NULL when memory ends. */
struct rn_arena *rn_arena_new(size_t bytes_max);
/* Runs the defers newest first, then frees everything. NULL is fine. */
void rn_arena_free(struct rn_arena *arena);
/* As free, but the arena (and one small chunk) stays for the next request. */
void rn_arena_reset(struct rn_arena *arena);

/* Aligned to 16, not cleared / cleared. NULL at the bound or when memory ends. size 0 gives a
 * unique non-NULL pointer. */
void *rn_arena_alloc(struct rn_arena *arena, size_t bytes);
void *rn_arena_zalloc(struct rn_arena *arena, size_t count, size_t bytes_each); /* overflow-safe */
/* A copy with a NUL behind it; RN_STR_NONE stays RN_STR_NONE. ret.data NULL also when out of room. */
rn_str rn_arena_dup(struct rn_arena *arena, rn_str s);
rn_str rn_arena_printf(struct rn_arena *arena, const char *fmt, ...) RN_PRINTF(2, 3);
/* fn(arg) runs once, at reset or free. RN_NOMEM: not registered. */
RN_MUST_USE rn_err rn_arena_defer(struct rn_arena *arena, void (*fn)(void *arg), void *arg);

#endif
