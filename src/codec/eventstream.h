/* eventstream.h - messages of application/vnd.amazon.eventstream: what SubscribeToShard answers with.
 *
 *     0 total length · 4 length of the headers · 8 CRC-32 of 0..7 · 12 headers · payload · CRC-32 of all before
 *     a header: length of its name (1) · name · type (1) · value;  of a string (type 7): length (2) · UTF-8
 *
 * Integers are big-endian. Pure. */
#ifndef RN_CODEC_EVENTSTREAM_H
#define RN_CODEC_EVENTSTREAM_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum {
    RN_EVENT_OVERHEAD_BYTES = 16,
    RN_EVENT_HEADERS_BYTES_MAX = 128 * 1024,
    RN_EVENT_PAYLOAD_BYTES_MAX = 24 * 1024 * 1024,
    RN_EVENT_BYTES_MAX =
        RN_EVENT_OVERHEAD_BYTES + RN_EVENT_HEADERS_BYTES_MAX + RN_EVENT_PAYLOAD_BYTES_MAX,
    RN_EVENT_HEADERS_MAX = 64,
};

enum rn_event_type {
    RN_EVENT_TRUE,
    RN_EVENT_FALSE,
    RN_EVENT_INT8,
    RN_EVENT_INT16,
    RN_EVENT_INT32,
    RN_EVENT_INT64,
    RN_EVENT_BYTES,
    RN_EVENT_STRING,
    RN_EVENT_TIMESTAMP,
    RN_EVENT_UUID,
    RN_EVENT_TYPES
};

/* ---- writing ---- */

/* All are strings; the name has 1 to 255 bytes, the value at most 65535. */
struct rn_event_field {
    rn_str name, value;
};

/* A message begins behind what `buf` holds; its payload is whatever is added until the end. Returns where it
 * began. Failure, also of a message over the limits, is buf->failed. */
size_t rn_event_begin(struct rn_buf *buf, const struct rn_event_field *fields, size_t count);
void rn_event_end(struct rn_buf *buf, size_t began);

/* ---- reading ---- */

struct rn_event_header {
    rn_str name;
    enum rn_event_type type;
    rn_str value; /* as on the wire, without the length of strings and bytes */
};

/* Points into the bytes that were read. */
struct rn_event {
    struct rn_event_header headers[RN_EVENT_HEADERS_MAX];
    size_t header_count;
    rn_str payload;
};

/* The first message of `bytes`, which goes on behind *ret_used. RN_WAIT: it is not whole; *ret_used says how
 * long it must be (at least; what can be known). RN_CORRUPT: a checksum does not fit. RN_TOO_LARGE: over a
 * limit above. RN_INVALID: lengths or headers make no sense. */
RN_MUST_USE rn_err rn_event_read(rn_str bytes, struct rn_event *ret_event, size_t *ret_used);
/* The value of a string header, or RN_STR_NONE. */
rn_str rn_event_string(const struct rn_event *event, rn_str name);

#endif
