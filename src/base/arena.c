/* arena.c - bump allocation in a list of chunks.
 *
 *   arena ─▶ newest chunk ─▶ ... ─▶ first chunk (CHUNK_BYTES; survives a reset)
 *
 * A chunk is a malloc'd block: header, then bytes handed out upwards. An allocation too large to
 * share a chunk gets one of its own, placed behind the newest so that the newest keeps filling.
 * The bound counts bytes handed out (rounded up to ALIGN), not what malloc was asked for.
 * Under AddressSanitizer each allocation is a chunk of its own and nothing survives a reset, so
 * overruns and stale pointers are still seen. */
#include "base/arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
#define EACH_ALONE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define EACH_ALONE 1
#endif
#endif
#ifndef EACH_ALONE
#define EACH_ALONE 0
#endif

enum { ALIGN = 16, CHUNK_BYTES = 4096, CHUNK_BYTES_MAX = 256 * 1024 };

struct chunk {
    struct chunk *older;
    size_t used, size; /* of bytes[] */
    _Alignas(ALIGN) char bytes[];
};

struct deferral {
    struct deferral *older;
    void (*fn)(void *arg);
    void *arg;
};

struct rn_arena {
    struct chunk *newest;
    struct deferral *deferrals; /* newest first; they live in the chunks */
    size_t handed, bytes_max;
    size_t next_size; /* of the next shared chunk: doubles, so large requests take few mallocs */
};

struct rn_arena *rn_arena_new(size_t bytes_max)
{
    struct rn_arena *arena = calloc(1, sizeof(*arena));

    if (!arena) {
        return NULL;
    }
    arena->bytes_max = bytes_max;
    arena->next_size = CHUNK_BYTES - sizeof(struct chunk);
    return arena;
}

static void run_deferrals(struct rn_arena *arena)
{
    while (arena->deferrals) {
        struct deferral *deferral = arena->deferrals;

        arena->deferrals = deferral->older; /* before the call: fn may defer again */
        deferral->fn(deferral->arg);
    }
}

/* Frees every chunk, but keeps one of the smallest size when `keep` says so. */
static void free_chunks(struct rn_arena *arena, bool keep)
{
    struct chunk *kept = NULL;

    while (arena->newest) {
        struct chunk *chunk = arena->newest;

        arena->newest = chunk->older;
        if (keep && !kept && !EACH_ALONE && chunk->size == CHUNK_BYTES - sizeof(struct chunk)) {
            kept = chunk;
            continue;
        }
        free(chunk);
    }
    if (kept) {
        kept->older = NULL;
        kept->used = 0;
        arena->newest = kept;
    }
}

void rn_arena_free(struct rn_arena *arena)
{
    if (!arena) {
        return;
    }
    run_deferrals(arena);
    free_chunks(arena, false);
    free(arena);
}

void rn_arena_reset(struct rn_arena *arena)
{
    run_deferrals(arena);
    free_chunks(arena, true);
    arena->handed = 0;
    arena->next_size = CHUNK_BYTES - sizeof(struct chunk);
}

static struct chunk *chunk_new(size_t size)
{
    struct chunk *chunk = malloc(sizeof(*chunk) + size);

    if (chunk) {
        chunk->older = NULL;
        chunk->used = 0;
        chunk->size = size;
    }
    return chunk;
}

/* A chunk of its own, behind the newest. */
static void *alloc_alone(struct rn_arena *arena, size_t bytes)
{
    struct chunk *chunk = chunk_new(bytes);

    if (!chunk) {
        return NULL;
    }
    chunk->used = bytes;
    if (arena->newest) {
        chunk->older = arena->newest->older;
        arena->newest->older = chunk;
    } else {
        arena->newest = chunk;
    }
    return chunk->bytes;
}

static void *alloc_shared(struct rn_arena *arena, size_t bytes)
{
    struct chunk *chunk = arena->newest;
    void *at;

    if (!chunk || chunk->size - chunk->used < bytes) {
        chunk = chunk_new(arena->next_size);
        if (!chunk) {
            return NULL;
        }
        chunk->older = arena->newest;
        arena->newest = chunk;
        if (arena->next_size < CHUNK_BYTES_MAX) {
            arena->next_size = arena->next_size * 2 + sizeof(struct chunk); /* mallocs stay round */
        }
    }
    at = chunk->bytes + chunk->used;
    chunk->used += bytes;
    return at;
}

void *rn_arena_alloc(struct rn_arena *arena, size_t bytes)
{
    size_t rounded;
    void *at;

    if (bytes > SIZE_MAX - ALIGN - sizeof(struct chunk)) {
        return NULL;
    }
    rounded = bytes ? (bytes + ALIGN - 1) / ALIGN * ALIGN : ALIGN;
    if (rounded > arena->bytes_max - arena->handed) {
        return NULL;
    }
    if (EACH_ALONE) {
        at = alloc_alone(arena, bytes);
    } else if (rounded > arena->next_size / 2) {
        at = alloc_alone(arena, rounded);
    } else {
        at = alloc_shared(arena, rounded);
    }
    if (at) {
        arena->handed += rounded;
    }
    return at;
}

void *rn_arena_zalloc(struct rn_arena *arena, size_t count, size_t bytes_each)
{
    size_t bytes;
    void *at;

    if (__builtin_mul_overflow(count, bytes_each, &bytes)) {
        return NULL;
    }
    at = rn_arena_alloc(arena, bytes);
    return at ? memset(at, 0, bytes) : NULL;
}

rn_str rn_arena_dup(struct rn_arena *arena, rn_str s)
{
    char *copy = s.data && s.len < SIZE_MAX ? rn_arena_alloc(arena, s.len + 1) : NULL;

    if (!copy) {
        return RN_STR_NONE;
    }
    memcpy(copy, s.data, s.len);
    copy[s.len] = '\0';
    return (rn_str){copy, s.len};
}

rn_str rn_arena_printf(struct rn_arena *arena, const char *fmt, ...)
{
    va_list args;
    char *text;
    int len;

    va_start(args, fmt);
    len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    text = len >= 0 ? rn_arena_alloc(arena, (size_t)len + 1) : NULL;
    if (!text) {
        return RN_STR_NONE;
    }
    va_start(args, fmt);
    len = vsnprintf(text, (size_t)len + 1, fmt, args);
    va_end(args);
    assert(len >= 0);
    return (rn_str){text, (size_t)len};
}

rn_err rn_arena_defer(struct rn_arena *arena, void (*fn)(void *arg), void *arg)
{
    struct deferral *deferral = rn_arena_alloc(arena, sizeof(*deferral));

    if (!deferral) {
        return RN_NOMEM;
    }
    *deferral = (struct deferral){arena->deferrals, fn, arg};
    arena->deferrals = deferral;
    return RN_OK;
}
