/* JSON by shape tables.
 *
 * HOLDS      rn_json_check accepts what jansson accepts, up to the limits of either. A body decodes,
 *            or is of a wrong type, exactly when it passes the check, which does not change it.
 *            What was decoded validates, and encoded as JSON or CBOR it decodes to the same again. */
#include <jansson.h>

#include "shape/kinesis.h"
#include "tests/fuzz/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_BYTES = 64 * 1024 * 1024 };

static const struct rn_shape *const shapes[] = {
    &rn_kinesis_add_tags_to_stream_request_shape, &rn_kinesis_remove_tags_from_stream_request_shape,
    &rn_kinesis_describe_limits_request_shape,    &rn_kinesis_put_records_request_shape,
    &rn_kinesis_put_record_request_shape,         &rn_kinesis_create_stream_request_shape,
    &rn_kinesis_list_shards_request_shape,        &rn_kinesis_get_shard_iterator_request_shape,
    &rn_kinesis_delete_stream_request_shape,      &rn_kinesis_get_records_reply_shape,
    &rn_kinesis_describe_stream_reply_shape,
};

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

static void check_value(const struct rn_shape *shape, const void *value)
{
    struct rn_buf text;
    rn_str wanted;

    check_validation(shape, value);
    rn_buf_init(&text, TEXT_BYTES_MAX);
    rn_json_encode(shape, value, &text);
    wanted = rn_buf_str(&text);
    assert(!text.failed && rn_json_check(wanted) == RN_OK);
    compare_with_jansson(text.data, text.len, RN_OK);
    check_way_and_back(shape, value, wanted, rn_json_encode, rn_json_encode, rn_json_decode);
    check_way_and_back(shape, value, wanted, rn_json_encode, rn_cbor_encode, rn_cbor_decode);
    rn_buf_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *body = copy_of(data, size);
    rn_err checked = rn_json_check(rn_str_make(body, size));

    assert(size == 0 || memcmp(body, data, size) == 0);
    assert(checked == RN_OK || checked == RN_INVALID || checked == RN_TOO_LARGE);
    compare_with_jansson(body, size, checked);
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        check_decoding(shapes[i], rn_json_decode, data, size, checked, ARENA_BYTES, check_value);
    }
    free(body);
    return 0;
}
