/* decoding.h - one decoding of the sample, for the tests of both decoders. */
#ifndef TESTS_CODEC_DECODING_H
#define TESTS_CODEC_DECODING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sample.h"

enum { ARENA_BYTES = 64 * 1024 * 1024 };

#define TBN "com.amazon.coral.value.json.numbers.TruncatingBigNumber"

typedef rn_err decode_fn(const struct rn_shape *shape, char *body, size_t len,
                         struct rn_arena *arena, void *value, struct rn_decode_failure *failure);

/* The body lies in memory that ends where it does. */
struct fixture {
    struct rn_arena *arena;
    char *body;
    struct sample value;
    struct rn_decode_failure failure;
};

static inline rn_err decode_with(struct fixture *f, decode_fn *decode, rn_str bytes)
{
    rn_arena_free(f->arena);
    free(f->body);
    *f = (struct fixture){.arena = rn_arena_new(ARENA_BYTES),
                          .body = malloc(bytes.len ? bytes.len : 1)};
    assert_non_null(f->arena);
    assert_non_null(f->body);
    memcpy(f->body, bytes.data, bytes.len);
    f->failure.message = RN_STR("not set");
    return decode(&sample_shape, f->body, bytes.len, f->arena, &f->value, &f->failure);
}

static inline void done(struct fixture *f)
{
    rn_arena_free(f->arena);
    free(f->body);
    *f = (struct fixture){0};
}

static inline void assert_str(rn_str got, rn_str wanted)
{
    assert_non_null(got.data);
    assert_int_equal(got.len, wanted.len);
    assert_memory_equal(got.data, wanted.data, wanted.len);
}

#endif
