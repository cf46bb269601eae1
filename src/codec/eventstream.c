/* eventstream.c - see eventstream.h. */
#include "codec/eventstream.h"

#include <assert.h>

#include "base/bytes.h"
#include "base/crc32.h"

enum {
    PRELUDE_BYTES = 12, /* with its checksum */
    SUM_BYTES = 4,
    NAME_BYTES_MAX = UINT8_MAX,
    VALUE_BYTES_MAX = UINT16_MAX,
};

_Static_assert(PRELUDE_BYTES + SUM_BYTES == RN_EVENT_OVERHEAD_BYTES, "what a message needs");

/* ---- writing ---- */

static void add_field(struct rn_buf *buf, const struct rn_event_field *field)
{
    unsigned char head[3];

    assert(field->name.len > 0 && field->name.len <= NAME_BYTES_MAX &&
           field->value.len <= VALUE_BYTES_MAX);
    rn_buf_add_c(buf, (char)field->name.len);
    rn_buf_add_str(buf, field->name);
    head[0] = RN_EVENT_STRING;
    rn_put_be16(head + 1, (uint16_t)field->value.len);
    rn_buf_add(buf, head, sizeof(head));
    rn_buf_add_str(buf, field->value);
}

size_t rn_event_begin(struct rn_buf *buf, const struct rn_event_field *fields, size_t count)
{
    unsigned char prelude[PRELUDE_BYTES] = {0};
    size_t began = buf->len, headers_len;

    rn_buf_add(buf, prelude, sizeof(prelude));
    for (size_t i = 0; i < count; i++) {
        add_field(buf, &fields[i]);
    }
    if (buf->failed) {
        return began;
    }
    headers_len = buf->len - began - PRELUDE_BYTES;
    if (headers_len > RN_EVENT_HEADERS_BYTES_MAX) {
        buf->failed = true;
        return began;
    }
    rn_put_be32(buf->data + began + 4, (uint32_t)headers_len);
    return began;
}

void rn_event_end(struct rn_buf *buf, size_t began)
{
    unsigned char sum[SUM_BYTES];
    char *message;
    size_t len;

    if (buf->failed) {
        return;
    }
    message = buf->data + began;
    len = buf->len - began + SUM_BYTES;
    if (len - RN_EVENT_OVERHEAD_BYTES - rn_get_be32(message + 4) > RN_EVENT_PAYLOAD_BYTES_MAX) {
        buf->failed = true;
        return;
    }
    rn_put_be32(message, (uint32_t)len);
    rn_put_be32(message + 8, rn_crc32(0, message, 8));
    rn_put_be32(sum, rn_crc32(0, message, len - SUM_BYTES));
    rn_buf_add(buf, sum, sizeof(sum));
}

/* ---- reading ---- */

/* What is left of the headers. */
struct reader {
    rn_str left;
    bool failed;
};

static rn_str take(struct reader *reader, size_t len)
{
    rn_str taken = rn_str_make(reader->left.data, len);

    if (reader->failed || len > reader->left.len) {
        reader->failed = true;
        return RN_STR("");
    }
    reader->left = rn_str_make(reader->left.data + len, reader->left.len - len);
    return taken;
}

static size_t take_number(struct reader *reader, size_t bytes)
{
    rn_str taken = take(reader, bytes);

    if (reader->failed) {
        return 0;
    }
    return bytes == 1 ? (unsigned char)taken.data[0] : rn_get_be16(taken.data);
}

static size_t value_len(struct reader *reader, enum rn_event_type type)
{
    switch (type) {
    case RN_EVENT_TRUE:
    case RN_EVENT_FALSE:
        return 0;
    case RN_EVENT_INT8:
        return 1;
    case RN_EVENT_INT16:
        return 2;
    case RN_EVENT_INT32:
        return 4;
    case RN_EVENT_INT64:
    case RN_EVENT_TIMESTAMP:
        return 8;
    case RN_EVENT_UUID:
        return 16;
    case RN_EVENT_BYTES:
    case RN_EVENT_STRING:
        return take_number(reader, 2);
    case RN_EVENT_TYPES:
        break;
    }
    reader->failed = true;
    return 0;
}

static rn_err read_headers(rn_str bytes, struct rn_event *event)
{
    struct reader reader = {.left = bytes};

    event->header_count = 0;
    while (reader.left.len > 0) {
        struct rn_event_header *header = &event->headers[event->header_count];
        size_t type;

        if (event->header_count == RN_EVENT_HEADERS_MAX) {
            return RN_TOO_LARGE;
        }
        header->name = take(&reader, take_number(&reader, 1));
        type = take_number(&reader, 1);
        header->type = type < RN_EVENT_TYPES ? (enum rn_event_type)type : RN_EVENT_TYPES;
        header->value = take(&reader, value_len(&reader, header->type));
        if (reader.failed || header->name.len == 0) {
            return RN_INVALID;
        }
        event->header_count++;
    }
    return RN_OK;
}

static rn_err read_prelude(rn_str bytes, size_t *ret_len, size_t *ret_headers_len)
{
    size_t len, headers_len;

    if (rn_crc32(0, bytes.data, 8) != rn_get_be32(bytes.data + 8)) {
        return RN_CORRUPT;
    }
    len = rn_get_be32(bytes.data);
    headers_len = rn_get_be32(bytes.data + 4);
    if (len < RN_EVENT_OVERHEAD_BYTES || headers_len > len - RN_EVENT_OVERHEAD_BYTES) {
        return RN_INVALID;
    }
    if (headers_len > RN_EVENT_HEADERS_BYTES_MAX ||
        len - RN_EVENT_OVERHEAD_BYTES - headers_len > RN_EVENT_PAYLOAD_BYTES_MAX) {
        return RN_TOO_LARGE;
    }
    *ret_len = len;
    *ret_headers_len = headers_len;
    return RN_OK;
}

rn_err rn_event_read(rn_str bytes, struct rn_event *ret_event, size_t *ret_used)
{
    size_t len, headers_len;
    rn_err err;

    if (bytes.len < PRELUDE_BYTES) {
        *ret_used = PRELUDE_BYTES;
        return RN_WAIT;
    }
    err = read_prelude(bytes, &len, &headers_len);
    if (err) {
        return err;
    }
    *ret_used = len;
    if (bytes.len < len) {
        return RN_WAIT;
    }
    if (rn_crc32(0, bytes.data, len - SUM_BYTES) != rn_get_be32(bytes.data + len - SUM_BYTES)) {
        return RN_CORRUPT;
    }
    ret_event->payload = rn_str_make(bytes.data + PRELUDE_BYTES + headers_len,
                                     len - RN_EVENT_OVERHEAD_BYTES - headers_len);
    return read_headers(rn_str_make(bytes.data + PRELUDE_BYTES, headers_len), ret_event);
}

rn_str rn_event_string(const struct rn_event *event, rn_str name)
{
    for (size_t i = 0; i < event->header_count; i++) {
        if (event->headers[i].type == RN_EVENT_STRING && rn_str_eq(event->headers[i].name, name)) {
            return event->headers[i].value;
        }
    }
    return RN_STR_NONE;
}
