#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/crc32.h"
#include "codec/eventstream.h"

#define PAYLOAD                                       \
    "{\"Records\":[],\"ContinuationSequenceNumber\":" \
    "\"49646437577108476416916876405827138351405044649047359490\",\"MillisBehindLatest\":0}"

static const struct rn_event_field INITIAL[] = {
    {RN_STR_INIT(":event-type"), RN_STR_INIT("initial-response")},
    {RN_STR_INIT(":content-type"), RN_STR_INIT("application/x-amz-json-1.1")},
    {RN_STR_INIT(":message-type"), RN_STR_INIT("event")},
};
static const struct rn_event_field DATA[] = {
    {RN_STR_INIT(":event-type"), RN_STR_INIT("SubscribeToShardEvent")},
    {RN_STR_INIT(":content-type"), RN_STR_INIT("application/x-amz-json-1.1")},
    {RN_STR_INIT(":message-type"), RN_STR_INIT("event")},
};
static const struct rn_event_field IN_USE[] = {
    {RN_STR_INIT(":exception-type"), RN_STR_INIT("ResourceInUseException")},
    {RN_STR_INIT(":content-type"), RN_STR_INIT("application/x-amz-json-1.1")},
    {RN_STR_INIT(":message-type"), RN_STR_INIT("exception")},
};

static void write_message(struct rn_buf *buf, const struct rn_event_field *fields, rn_str payload)
{
    size_t began = rn_event_begin(buf, fields, 3);

    rn_buf_add_str(buf, payload);
    rn_event_end(buf, began);
    assert_false(buf->failed);
}

static void assert_bytes(const struct rn_buf *buf, size_t at, const char *hex)
{
    for (size_t i = 0; hex[2 * i]; i++) {
        char text[3];

        (void)snprintf(text, sizeof(text), "%02x", (unsigned char)buf->data[at + i]);
        assert_memory_equal(text, hex + 2 * i, 2);
    }
}

static void messages_come_out_as_recorded(void **state)
{
    struct rn_buf buf;

    (void)state;
    rn_buf_init(&buf, 4096);
    write_message(&buf, INITIAL, RN_STR("{}"));
    assert_int_equal(buf.len, 114);
    assert_bytes(&buf, 0,
                 "0000007200000060ab820d9e0b3a6576656e742d74797065070010696e697469616c2d726573706f"
                 "6e73650d3a636f6e74656e742d7479706507001a6170706c69636174696f6e2f782d616d7a2d6a73"
                 "6f6e2d312e310d3a6d6573736167652d747970650700056576656e747b7dacae6b7d");
    rn_buf_clear(&buf);
    write_message(&buf, DATA, RN_STR(PAYLOAD));
    assert_int_equal(buf.len, 242);
    assert_bytes(&buf, 0, "000000f2000000656a0e4983");
    assert_bytes(&buf, 238, "8369ff54");
    write_message(&buf, IN_USE, RN_STR("{\"message\":\"x\"}")); /* behind the one before */
    assert_int_equal(buf.len, 242 + 141);
    assert_bytes(&buf, 242, "0000008d0000006e865ee715");
    assert_bytes(&buf, 242 + 137, "cef16312");
    rn_buf_done(&buf);
}

static void what_is_written_is_read(void **state)
{
    struct rn_event event;
    struct rn_buf buf;
    size_t used;

    (void)state;
    rn_buf_init(&buf, 4096);
    write_message(&buf, DATA, RN_STR(PAYLOAD));
    write_message(&buf, INITIAL, RN_STR(""));
    assert_int_equal(rn_event_read(rn_buf_str(&buf), &event, &used), RN_OK);
    assert_int_equal(used, 242);
    assert_int_equal(event.header_count, 3);
    assert_true(rn_str_eq(event.payload, RN_STR(PAYLOAD)));
    assert_true(
        rn_str_eq(rn_event_string(&event, RN_STR(":event-type")), RN_STR("SubscribeToShardEvent")));
    assert_null(rn_event_string(&event, RN_STR(":error-code")).data);
    assert_int_equal(rn_event_read(rn_str_make(buf.data + used, buf.len - used), &event, &used),
                     RN_OK);
    assert_int_equal(event.payload.len, 0);
    rn_buf_done(&buf);
}

static void a_message_that_is_not_whole_is_awaited(void **state)
{
    struct rn_event event;
    struct rn_buf buf;
    size_t used;

    (void)state;
    rn_buf_init(&buf, 4096);
    write_message(&buf, DATA, RN_STR(PAYLOAD));
    for (size_t len = 0; len < buf.len; len++) {
        assert_int_equal(rn_event_read(rn_str_make(buf.data, len), &event, &used), RN_WAIT);
        assert_int_equal(used, len < 12 ? 12 : 242);
    }
    rn_buf_done(&buf);
}

static void a_changed_bit_is_noticed(void **state)
{
    struct rn_event event;
    struct rn_buf buf;
    size_t used;

    (void)state;
    rn_buf_init(&buf, 4096);
    write_message(&buf, DATA, RN_STR(PAYLOAD));
    for (size_t bit = 0; bit < 8 * buf.len; bit++) {
        buf.data[bit / 8] ^= (char)(1 << bit % 8);
        assert_int_equal(rn_event_read(rn_buf_str(&buf), &event, &used), RN_CORRUPT);
        buf.data[bit / 8] ^= (char)(1 << bit % 8);
    }
    rn_buf_done(&buf);
}

/* A message of `len` bytes as it says, with right checksums as far as it goes. */
static rn_err read_claim(uint32_t len, uint32_t headers_len)
{
    char bytes[64] = {0};
    struct rn_event event;
    size_t used;

    rn_put_be32(bytes, len);
    rn_put_be32(bytes + 4, headers_len);
    rn_put_be32(bytes + 8, rn_crc32(0, bytes, 8));
    return rn_event_read(rn_str_make(bytes, 12), &event, &used);
}

static void lengths_are_held_to_the_limits_before_anything_is_awaited(void **state)
{
    (void)state;
    assert_int_equal(read_claim(15, 0), RN_INVALID);
    assert_int_equal(read_claim(16, 1), RN_INVALID);
    assert_int_equal(read_claim(UINT32_MAX, 0), RN_TOO_LARGE);
    assert_int_equal(read_claim(RN_EVENT_OVERHEAD_BYTES + RN_EVENT_HEADERS_BYTES_MAX + 1,
                                RN_EVENT_HEADERS_BYTES_MAX + 1),
                     RN_TOO_LARGE);
    assert_int_equal(read_claim(RN_EVENT_OVERHEAD_BYTES + RN_EVENT_PAYLOAD_BYTES_MAX + 1, 0),
                     RN_TOO_LARGE);
    assert_int_equal(read_claim(RN_EVENT_BYTES_MAX, RN_EVENT_HEADERS_BYTES_MAX), RN_WAIT);
}

static rn_err read_with_headers(rn_str headers, struct rn_event *event)
{
    static char bytes[1024];
    size_t len = RN_EVENT_OVERHEAD_BYTES + headers.len, used;

    rn_put_be32(bytes, (uint32_t)len);
    rn_put_be32(bytes + 4, (uint32_t)headers.len);
    rn_put_be32(bytes + 8, rn_crc32(0, bytes, 8));
    memcpy(bytes + 12, headers.data, headers.len);
    rn_put_be32(bytes + len - 4, rn_crc32(0, bytes, len - 4));
    return rn_event_read(rn_str_make(bytes, len), event, &used);
}

#define BYTES(text) rn_str_make(text, sizeof(text) - 1)

static void headers_of_every_type_are_passed_over(void **state)
{
    struct rn_event event;

    (void)state;
    assert_int_equal(read_with_headers(BYTES("\1a\0"
                                             "\1b\1"
                                             "\1c\2x"
                                             "\1d\3xx"
                                             "\1e\4xxxx"
                                             "\1f\5xxxxxxxx"
                                             "\1g\6\0\2xx"
                                             "\1h\7\0\2hi"
                                             "\1i\10xxxxxxxx"
                                             "\1j\11xxxxxxxxxxxxxxxx"),
                                       &event),
                     RN_OK);
    assert_int_equal(event.header_count, 10);
    assert_true(rn_str_eq(rn_event_string(&event, RN_STR("h")), RN_STR("hi")));
    assert_null(rn_event_string(&event, RN_STR("g")).data); /* bytes are no string */
}

static void headers_that_make_no_sense_are_refused(void **state)
{
    struct rn_event event;
    char many[3 * (RN_EVENT_HEADERS_MAX + 1)];

    (void)state;
    assert_int_equal(read_with_headers(BYTES("\0\0"), &event), RN_INVALID);    /* no name */
    assert_int_equal(read_with_headers(BYTES("\5a\0"), &event), RN_INVALID);   /* short name */
    assert_int_equal(read_with_headers(BYTES("\1a"), &event), RN_INVALID);     /* no type */
    assert_int_equal(read_with_headers(BYTES("\1a\12"), &event), RN_INVALID);  /* no such type */
    assert_int_equal(read_with_headers(BYTES("\1a\7\0"), &event), RN_INVALID); /* half a length */
    assert_int_equal(read_with_headers(BYTES("\1a\7\0\2x"), &event), RN_INVALID); /* short value */
    for (size_t i = 0; i < sizeof(many); i += 3) {
        memcpy(many + i, "\1a\0", 3);
    }
    assert_int_equal(read_with_headers(rn_str_make(many, sizeof(many) - 3), &event), RN_OK);
    assert_int_equal(read_with_headers(rn_str_make(many, sizeof(many)), &event), RN_TOO_LARGE);
}

static void a_payload_over_the_limit_is_not_written(void **state)
{
    static char payload[4096];
    struct rn_buf buf;
    size_t began;

    (void)state;
    rn_buf_init(&buf, 2 * (size_t)RN_EVENT_BYTES_MAX);
    began = rn_event_begin(&buf, DATA, 3);
    for (size_t len = 0; len <= RN_EVENT_PAYLOAD_BYTES_MAX; len += sizeof(payload)) {
        rn_buf_add(&buf, payload, sizeof(payload));
    }
    assert_false(buf.failed);
    rn_event_end(&buf, began);
    assert_true(buf.failed);
    rn_buf_done(&buf);
    rn_buf_init(&buf, 32); /* no room: nothing worse than that */
    began = rn_event_begin(&buf, DATA, 3);
    rn_event_end(&buf, began);
    assert_true(buf.failed);
    rn_buf_done(&buf);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_come_out_as_recorded),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(a_message_that_is_not_whole_is_awaited),
        cmocka_unit_test(a_changed_bit_is_noticed),
        cmocka_unit_test(lengths_are_held_to_the_limits_before_anything_is_awaited),
        cmocka_unit_test(headers_of_every_type_are_passed_over),
        cmocka_unit_test(headers_that_make_no_sense_are_refused),
        cmocka_unit_test(a_payload_over_the_limit_is_not_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
