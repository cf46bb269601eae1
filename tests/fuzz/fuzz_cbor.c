/* CBOR by shape tables.
 *
 * HOLDS      A body decodes, or is of a wrong type, exactly when it passes rn_cbor_check, which does
 *            not change it. What was decoded validates; encoded as CBOR it decodes to the same, and
 *            so does what JSON makes of it. Memory stays in proportion to the body, whatever lengths
 *            it claims. */
#include <assert.h>
#include <stdlib.h>

#include "shape/kinesis.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    ARENA_BYTES_EACH =
        256, /* of body: an item of a byte becomes a struct, in a list that doubles */
    ARENA_BYTES_MIN = 64 * 1024,
    TEXT_BYTES_MAX = 64 * 1024 * 1024,
};

typedef rn_err decode_fn(const struct rn_shape *shape, char *body, size_t len,
                         struct rn_arena *arena, void *value, struct rn_decode_failure *failure);

static const struct rn_shape *const shapes[] = {
    &rn_kinesis_put_records_request_shape,        &rn_kinesis_put_record_request_shape,
    &rn_kinesis_create_stream_request_shape,      &rn_kinesis_list_shards_request_shape,
    &rn_kinesis_get_shard_iterator_request_shape, &rn_kinesis_delete_stream_request_shape,
    &rn_kinesis_put_records_reply_shape,
};

/* Memory that ends where the bytes do. */
static char *copy_of(const void *bytes, size_t len)
{
    char *copy = malloc(len ? len : 1);

    assert(copy);
    if (len > 0) {
        memcpy(copy, bytes, len);
    }
    return copy;
}

/* Encoded by `encode`, read by `decoder`, and encoded as CBOR: `wanted` again. */
static void check_way_and_back(const struct rn_shape *shape, const void *value, rn_str wanted,
                               void (*encode)(const struct rn_shape *, const void *,
                                              struct rn_buf *),
                               decode_fn *decoder)
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
    assert(read && decoder(shape, body, out.len, arena, read, &failure) == RN_OK);
    rn_cbor_encode(shape, read, &again);
    assert(!again.failed && rn_str_eq(rn_buf_str(&again), wanted));
    free(body);
    rn_buf_done(&out);
    rn_buf_done(&again);
    rn_arena_free(arena);
}

static void check_value(const struct rn_shape *shape, const void *value)
{
    struct rn_arena *arena = rn_arena_new(TEXT_BYTES_MAX);
    rn_str message = RN_STR_NONE;
    struct rn_buf bytes;
    rn_err err;

    assert(arena);
    err = rn_shape_validate(shape, value, arena, &message);
    assert(err == RN_OK || err == RN_NOMEM || (err == RN_INVALID && message.len > 0));
    rn_buf_init(&bytes, TEXT_BYTES_MAX);
    rn_cbor_encode(shape, value, &bytes);
    assert(!bytes.failed && rn_cbor_check(rn_buf_str(&bytes)) == RN_OK);
    check_way_and_back(shape, value, rn_buf_str(&bytes), rn_cbor_encode, rn_cbor_decode);
    check_way_and_back(shape, value, rn_buf_str(&bytes), rn_json_encode, rn_json_decode);
    rn_buf_done(&bytes);
    rn_arena_free(arena);
}

static void check_shape(const struct rn_shape *shape, const uint8_t *data, size_t size,
                        rn_err checked)
{
    struct rn_arena *arena = rn_arena_new(ARENA_BYTES_MIN + size * ARENA_BYTES_EACH);
    struct rn_decode_failure failure = {RN_STR("not set")};
    char *body = copy_of(data, size);
    void *value;
    rn_err err;

    assert(arena);
    value = rn_arena_zalloc(arena, 1, shape->size);
    assert(value);
    err = rn_cbor_decode(shape, body, size, arena, value, &failure);
    if (checked == RN_OK) {
        assert(err == RN_OK || (err == RN_INVALID && failure.message.len > 0));
    } else {
        assert(err == checked && !failure.message.data);
    }
    if (err == RN_OK) {
        check_value(shape, value);
    }
    free(body);
    rn_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *body = copy_of(data, size);
    rn_err checked = rn_cbor_check(rn_str_make(body, size));

    assert(size == 0 || memcmp(body, data, size) == 0);
    assert(checked == RN_OK || checked == RN_INVALID || checked == RN_TOO_LARGE);
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        check_shape(shapes[i], data, size, checked);
    }
    free(body);
    return 0;
}
