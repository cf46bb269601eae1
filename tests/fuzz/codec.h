/* codec.h - what the fuzz targets of both encodings hold every decoder and encoder to. */
#ifndef TESTS_FUZZ_CODEC_H
#define TESTS_FUZZ_CODEC_H

#include <assert.h>
#include <stdlib.h>

#include "codec/shape.h"

enum { TEXT_BYTES_MAX = 64 * 1024 * 1024 };

typedef rn_err decode_fn(const struct rn_shape *shape, char *body, size_t len,
                         struct rn_arena *arena, void *value, struct rn_decode_failure *failure);
typedef void encode_fn(const struct rn_shape *shape, const void *value, struct rn_buf *out);

/* Memory that ends where the bytes do. */
static inline char *copy_of(const void *bytes, size_t len)
{
    char *copy = malloc(len ? len : 1);

    assert(copy);
    if (len > 0) {
        memcpy(copy, bytes, len);
    }
    return copy;
}

/* Encoded by `encode`, read by `decode`, and encoded by `own`: `wanted` again. */
static inline void check_way_and_back(const struct rn_shape *shape, const void *value,
                                      rn_str wanted, encode_fn *own, encode_fn *encode,
                                      decode_fn *decode)
{
    struct rn_arena *arena = rn_arena_new(TEXT_BYTES_MAX);
    struct rn_decode_failure failure;
    struct rn_buf out, again;
    char *body;
    void *read;

    assert(arena);
    rn_buf_init(&out, TEXT_BYTES_MAX);
    rn_buf_init(&again, TEXT_BYTES_MAX);
    encode(shape, value, &out);
    assert(!out.failed);
    body = copy_of(out.data, out.len);
    read = rn_arena_zalloc(arena, 1, shape->size);
    assert(read && decode(shape, body, out.len, arena, read, &failure) == RN_OK);
    own(shape, read, &again);
    assert(!again.failed && rn_str_eq(rn_buf_str(&again), wanted));
    free(body);
    rn_buf_done(&out);
    rn_buf_done(&again);
    rn_arena_free(arena);
}

/* The body decodes, or is of a wrong type, exactly when it passed the check; `check` judges what
 * was decoded. */
static inline void check_decoding(const struct rn_shape *shape, decode_fn *decode,
                                  const uint8_t *data, size_t size, rn_err checked,
                                  size_t arena_bytes,
                                  void (*check)(const struct rn_shape *shape, const void *value))
{
    struct rn_arena *arena = rn_arena_new(arena_bytes);
    struct rn_decode_failure failure = {RN_STR("not set")};
    char *body = copy_of(data, size);
    void *value;
    rn_err err;

    assert(arena);
    value = rn_arena_zalloc(arena, 1, shape->size);
    assert(value);
    err = decode(shape, body, size, arena, value, &failure);
    if (checked == RN_OK) {
        assert(err == RN_OK || (err == RN_INVALID && failure.message.len > 0));
    } else {
        assert(err == checked && !failure.message.data);
    }
    if (err == RN_OK) {
        check(shape, value);
    }
    free(body);
    rn_arena_free(arena);
}

/* Validation ends, with words where it refuses. */
static inline void check_validation(const struct rn_shape *shape, const void *value)
{
    struct rn_arena *arena = rn_arena_new(TEXT_BYTES_MAX);
    rn_str message = RN_STR_NONE;
    rn_err err;

    assert(arena);
    err = rn_shape_validate(shape, value, arena, &message);
    assert(err == RN_OK || err == RN_NOMEM || (err == RN_INVALID && message.len > 0));
    rn_arena_free(arena);
}

#endif
