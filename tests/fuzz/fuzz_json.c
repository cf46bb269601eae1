/* JSON by shape tables.
 *
 * HOLDS      rn_json_check accepts what jansson accepts, up to the limits of either. A body decodes,
 *            or is of a wrong type, exactly when it passes the check, which does not change it.
 *            What was decoded validates, and encoded as JSON or CBOR it decodes to the same again. */
#include <assert.h>
#include <stdlib.h>

#include <jansson.h>

#include "shape/kinesis.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_BYTES = 64 * 1024 * 1024, TEXT_BYTES_MAX = 64 * 1024 * 1024 };

typedef rn_err decode_fn(const struct rn_shape *shape, char *body, size_t len,
                         struct rn_arena *arena, void *value, struct rn_decode_failure *failure);

static const struct rn_shape *const shapes[] = {
    &rn_kinesis_put_records_request_shape,        &rn_kinesis_put_record_request_shape,
    &rn_kinesis_create_stream_request_shape,      &rn_kinesis_list_shards_request_shape,
    &rn_kinesis_get_shard_iterator_request_shape, &rn_kinesis_delete_stream_request_shape,
    &rn_kinesis_get_records_reply_shape,          &rn_kinesis_describe_stream_reply_shape,
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

/* jansson cannot hold every number, nor a NUL in a key, and it overlooks a NUL behind a number; there
 * it has no say. */
static void compare_with_jansson(const char *text, size_t len, rn_err checked)
{
    json_error_t error;
    json_t *value;
    enum json_error_code code;

    if (len > 0 && memchr(text, '\0', len)) {
        assert(checked != RN_OK);
        return;
    }
    value = json_loadb(text, len, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &error);
    code = value ? json_error_unknown : json_error_code(&error);
    if (checked != RN_TOO_LARGE && code != json_error_numeric_overflow &&
        code != json_error_null_byte_in_key) {
        assert((value != NULL) == (checked == RN_OK));
    }
    json_decref(value);
}

static void *decode(const struct rn_shape *shape, decode_fn *decoder, char *body, size_t len,
                    struct rn_arena *arena)
{
    struct rn_decode_failure failure;
    void *value = rn_arena_zalloc(arena, 1, shape->size);

    assert(value);
    assert(decoder(shape, body, len, arena, value, &failure) == RN_OK);
    return value;
}

/* Encoded by `encode`, read by `decoder`, and encoded as JSON: `wanted` again. */
static void check_way_and_back(const struct rn_shape *shape, const void *value, rn_str wanted,
                               void (*encode)(const struct rn_shape *, const void *,
                                              struct rn_buf *),
                               decode_fn *decoder)
{
    struct rn_arena *arena = rn_arena_new(ARENA_BYTES);
    struct rn_buf out, again;
    char *body;
    void *read;

    assert(arena);
    rn_buf_init(&out, TEXT_BYTES_MAX);
    rn_buf_init(&again, TEXT_BYTES_MAX);
    encode(shape, value, &out);
    assert(!out.failed);
    body = copy_of(out.data, out.len);
    read = decode(shape, decoder, body, out.len, arena);
    rn_json_encode(shape, read, &again);
    assert(!again.failed && rn_str_eq(rn_buf_str(&again), wanted));
    free(body);
    rn_buf_done(&out);
    rn_buf_done(&again);
    rn_arena_free(arena);
}

static void check_value(const struct rn_shape *shape, const void *value, struct rn_arena *arena)
{
    rn_str message = RN_STR_NONE;
    rn_err err = rn_shape_validate(shape, value, arena, &message);
    struct rn_buf text;

    assert(err == RN_OK || err == RN_NOMEM || (err == RN_INVALID && message.len > 0));
    rn_buf_init(&text, TEXT_BYTES_MAX);
    rn_json_encode(shape, value, &text);
    assert(!text.failed && rn_json_check(rn_buf_str(&text)) == RN_OK);
    compare_with_jansson(text.data, text.len, RN_OK);
    check_way_and_back(shape, value, rn_buf_str(&text), rn_json_encode, rn_json_decode);
    check_way_and_back(shape, value, rn_buf_str(&text), rn_cbor_encode, rn_cbor_decode);
    rn_buf_done(&text);
}

static void check_shape(const struct rn_shape *shape, const uint8_t *data, size_t size,
                        rn_err checked)
{
    struct rn_arena *arena = rn_arena_new(ARENA_BYTES);
    struct rn_decode_failure failure = {RN_STR("not set")};
    char *body = copy_of(data, size);
    void *value;
    rn_err err;

    assert(arena);
    value = rn_arena_zalloc(arena, 1, shape->size);
    assert(value);
    err = rn_json_decode(shape, body, size, arena, value, &failure);
    if (checked == RN_OK) {
        assert(err == RN_OK || (err == RN_INVALID && failure.message.len > 0));
    } else {
        assert(err == checked && !failure.message.data);
    }
    if (err == RN_OK) {
        check_value(shape, value, arena);
    }
    free(body);
    rn_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *body = copy_of(data, size);
    rn_err checked = rn_json_check(rn_str_make(body, size));

    assert(size == 0 || memcmp(body, data, size) == 0);
    assert(checked == RN_OK || checked == RN_INVALID || checked == RN_TOO_LARGE);
    compare_with_jansson(body, size, checked);
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        check_shape(shapes[i], data, size, checked);
    }
    free(body);
    return 0;
}
