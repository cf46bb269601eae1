/* CBOR by shape tables.
 *
 * HOLDS      A body decodes, or is of a wrong type, exactly when it passes rn_cbor_check, which does
 *            not change it. What was decoded validates; encoded as CBOR it decodes to the same, and
 *            so does what JSON makes of it. Memory stays in proportion to the body, whatever lengths
 *            it claims. */
#include "shape/kinesis.h"
#include "tests/fuzz/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    ARENA_BYTES_EACH =
        256, /* of body: an item of a byte becomes a struct, in a list that doubles */
    ARENA_BYTES_MIN = 64 * 1024,
};

static const struct rn_shape *const shapes[] = {
    &rn_kinesis_put_records_request_shape,        &rn_kinesis_put_record_request_shape,
    &rn_kinesis_create_stream_request_shape,      &rn_kinesis_list_shards_request_shape,
    &rn_kinesis_get_shard_iterator_request_shape, &rn_kinesis_delete_stream_request_shape,
    &rn_kinesis_add_tags_to_stream_request_shape, &rn_kinesis_remove_tags_from_stream_request_shape,
    &rn_kinesis_describe_limits_request_shape,    &rn_kinesis_put_records_reply_shape,
};

static void check_value(const struct rn_shape *shape, const void *value)
{
    struct rn_buf bytes;
    rn_str wanted;

    check_validation(shape, value);
    rn_buf_init(&bytes, TEXT_BYTES_MAX);
    rn_cbor_encode(shape, value, &bytes);
    wanted = rn_buf_str(&bytes);
    assert(!bytes.failed && rn_cbor_check(wanted) == RN_OK);
    check_way_and_back(shape, value, wanted, rn_cbor_encode, rn_json_encode, rn_json_decode);
    check_way_and_back(shape, value, wanted, rn_cbor_encode, rn_cbor_encode, rn_cbor_decode);
    rn_buf_done(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *body = copy_of(data, size);
    rn_err checked = rn_cbor_check(rn_str_make(body, size));

    assert(size == 0 || memcmp(body, data, size) == 0);
    assert(checked == RN_OK || checked == RN_INVALID || checked == RN_TOO_LARGE);
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        check_decoding(shapes[i], rn_cbor_decode, data, size, checked,
                       ARENA_BYTES_MIN + size * ARENA_BYTES_EACH, check_value);
    }
    free(body);
    return 0;
}
