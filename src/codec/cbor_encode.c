/* cbor_encode.c - values to CBOR by shape tables.
 *
 * Lengths are definite and heads are the shortest; absent members are left out and not counted. A
 * timestamp is tag 1 with a whole number of milliseconds, as the service has it. Text is UTF-8
 * whatever the bytes: ill-formed ones become U+FFFD, one by one. */
#include "base/bytes.h"
#include "codec/shape.h"
#include "codec/sink.h"
#include "codec/slot.h"
#include "codec/text.h"

enum major {
    MAJOR_UNSIGNED,
    MAJOR_NEGATIVE,
    MAJOR_BYTES,
    MAJOR_TEXT,
    MAJOR_ARRAY,
    MAJOR_MAP,
    MAJOR_TAG,
};

enum {
    TAG_TIME = 1,
    BYTE_FALSE = 0xF4,
    BYTE_TRUE = 0xF5,
};

/* ---- scalars ------------------------------------------------------------------------------- */

static void put_head(struct rn_sink *sink, enum major major, uint64_t argument)
{
    unsigned char bytes[9];
    unsigned char first = (unsigned char)(major << 5);
    size_t len;

    if (argument < 24) {
        first |= (unsigned char)argument;
        len = 1;
    } else if (argument <= UINT8_MAX) {
        first |= 24;
        bytes[1] = (unsigned char)argument;
        len = 2;
    } else if (argument <= UINT16_MAX) {
        first |= 25;
        rn_put_be16(bytes + 1, (uint16_t)argument);
        len = 3;
    } else if (argument <= UINT32_MAX) {
        first |= 26;
        rn_put_be32(bytes + 1, (uint32_t)argument);
        len = 5;
    } else {
        first |= 27;
        rn_put_be64(bytes + 1, argument);
        len = 9;
    }
    bytes[0] = first;
    rn_sink_put(sink, bytes, len);
}

/* Well-formed bytes as they are, each other one as U+FFFD. */
static void put_repaired(struct rn_sink *sink, rn_str text)
{
    for (size_t at = 0; at < text.len;) {
        size_t len = rn_utf8_point(text.data + at, text.len - at);

        rn_sink_put(sink, len ? text.data + at : "\xEF\xBF\xBD", len ? len : 3);
        at += len ? len : 1;
    }
}

static void put_text(struct rn_sink *sink, rn_str text)
{
    struct rn_sink repaired = {.out = NULL};

    if (rn_text_is_utf8(text)) {
        put_head(sink, MAJOR_TEXT, text.len);
        rn_sink_put(sink, text.data, text.len);
    } else {
        put_repaired(&repaired, text);
        put_head(sink, MAJOR_TEXT, repaired.len);
        put_repaired(sink, text);
    }
}

static void put_blob(struct rn_sink *sink, rn_str blob)
{
    put_head(sink, MAJOR_BYTES, blob.len);
    rn_sink_put(sink, blob.data, blob.len);
}

static void put_integer(struct rn_sink *sink, int64_t value)
{
    if (value < 0) {
        put_head(sink, MAJOR_NEGATIVE, (uint64_t)(-1 - value));
    } else {
        put_head(sink, MAJOR_UNSIGNED, (uint64_t)value);
    }
}

/* ---- structure ----------------------------------------------------------------------------- */

static void put_value(struct rn_sink *sink, const struct rn_shape *shape, const void *slot);

static size_t count_present(const struct rn_shape *shape, const void *value)
{
    size_t count = 0;

    for (size_t i = 0; i < shape->member_count; i++) {
        const struct rn_member *member = &shape->members[i];

        count += !rn_slot_is_absent(member->shape, rn_slot_of(member, value));
    }
    return count;
}

/* NOLINTBEGIN(misc-no-recursion): as deep as the tables nest, which no input changes */
static void put_struct(struct rn_sink *sink, const struct rn_shape *shape, const void *value)
{
    put_head(sink, MAJOR_MAP, count_present(shape, value));
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct rn_member *member = &shape->members[i];
        const void *slot = rn_slot_of(member, value);

        if (!rn_slot_is_absent(member->shape, slot)) {
            put_head(sink, MAJOR_TEXT, member->name.len);
            rn_sink_put(sink, member->name.data, member->name.len);
            put_value(sink, member->shape, slot);
        }
    }
}

static void put_list(struct rn_sink *sink, const struct rn_shape *item,
                     const struct rn_items *items)
{
    size_t size = rn_slot_item_size(item);

    put_head(sink, MAJOR_ARRAY, items->count);
    for (size_t i = 0; i < items->count; i++) {
        const void *slot = (const char *)items->data + i * size;

        if (item->kind == RN_STRUCT) { /* inline */
            put_struct(sink, item, slot);
        } else {
            put_value(sink, item, slot);
        }
    }
}

static void put_map(struct rn_sink *sink, const struct rn_items *items)
{
    const struct rn_pair *pairs = items->data;

    put_head(sink, MAJOR_MAP, items->count);
    for (size_t i = 0; i < items->count; i++) {
        put_text(sink, pairs[i].key);
        put_text(sink, pairs[i].value);
    }
}

static void put_value(struct rn_sink *sink, const struct rn_shape *shape, const void *slot)
{
    const struct rn_number *number = slot;

    switch (shape->kind) {
    case RN_STRING:
        put_text(sink, *(const rn_str *)slot);
        return;
    case RN_BLOB:
        put_blob(sink, *(const rn_str *)slot);
        return;
    case RN_INTEGER:
    case RN_LONG:
        put_integer(sink, number->value);
        return;
    case RN_BOOLEAN:
        rn_sink_put_c(sink, (char)(number->value ? BYTE_TRUE : BYTE_FALSE));
        return;
    case RN_TIMESTAMP:
        put_head(sink, MAJOR_TAG, TAG_TIME);
        put_integer(sink, number->value);
        return;
    case RN_LIST:
        put_list(sink, shape->item, slot);
        return;
    case RN_MAP:
        put_map(sink, slot);
        return;
    case RN_STRUCT:
        put_struct(sink, shape, *(const void *const *)slot);
        return;
    }
}
/* NOLINTEND(misc-no-recursion) */

static void write_struct(const void *shape, const void *value, struct rn_sink *sink)
{
    put_struct(sink, shape, value);
}

void rn_cbor_encode(const struct rn_shape *shape, const void *value, struct rn_buf *out)
{
    rn_sink_run(write_struct, shape, value, out);
}
