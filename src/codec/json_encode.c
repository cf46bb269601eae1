/* json_encode.c - values to JSON by shape tables.
 *
 * Absent members are left out; what is written is valid JSON whatever the bytes: ill-formed UTF-8
 * becomes U+FFFD, a byte at a time. Timestamps are seconds with as many decimals as they need. */
#include "base/utf8.h"
#include "codec/base64.h"
#include "codec/decimal.h"
#include "codec/scan.h"
#include "codec/shape.h"
#include "codec/sink.h"
#include "codec/slot.h"

/* ---- scalars ------------------------------------------------------------------------------- */

/* The special character at `at` (codec/scan.h); its length. */
static size_t put_special(struct rn_sink *sink, const char *at, size_t left)
{
    static const char hex[] = "0123456789abcdef", letters[] = "\"\\\b\f\n\r\t",
                      names[] = "\"\\bfnrt";
    unsigned char c = (unsigned char)*at;
    const char *letter;
    size_t len;

    if (c >= 0x80) {
        len = rn_utf8_point(at, left);
        rn_sink_put(sink, len ? at : "\xEF\xBF\xBD", len ? len : 3);
        return len ? len : 1;
    }
    letter = memchr(letters, c, sizeof(letters) - 1);
    if (letter) {
        rn_sink_put_c(sink, '\\');
        rn_sink_put_c(sink, names[letter - letters]);
    } else {
        char escape[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};

        rn_sink_put(sink, escape, sizeof(escape));
    }
    return 1;
}

static void put_text(struct rn_sink *sink, rn_str text)
{
    const char *at = text.data, *end = text.data + text.len;

    rn_sink_put_c(sink, '"');
    while (at < end) {
        const char *stop = rn_scan_text(at, end);

        rn_sink_put(sink, at, (size_t)(stop - at));
        at = stop;
        if (at < end) {
            at += put_special(sink, at, (size_t)(end - at));
        }
    }
    rn_sink_put_c(sink, '"');
}

static void put_blob(struct rn_sink *sink, rn_str blob)
{
    rn_sink_put_c(sink, '"');
    if (sink->out) {
        rn_base64_encode(blob.data, blob.len, sink->out + sink->len);
    }
    sink->len += rn_base64_encoded_len(blob.len);
    rn_sink_put_c(sink, '"');
}

static void put_integer(struct rn_sink *sink, int64_t value)
{
    char digits[RN_DECIMAL_BYTES];

    rn_sink_put(sink, digits, rn_decimal_print(value, digits));
}

/* 1441215410867 as 1441215410.867 */
static void put_seconds(struct rn_sink *sink, int64_t ms)
{
    unsigned rest = (unsigned)(ms < 0 ? -(ms % 1000) : ms % 1000);
    char decimals[4] = {'.', (char)('0' + rest / 100), (char)('0' + rest / 10 % 10),
                        (char)('0' + rest % 10)};
    size_t len = sizeof(decimals);

    if (ms < 0 && ms > -1000) {
        rn_sink_put_c(sink, '-'); /* which the whole seconds, 0, do not show */
    }
    put_integer(sink, ms / 1000);
    if (rest == 0) {
        return;
    }
    while (decimals[len - 1] == '0') {
        len--;
    }
    rn_sink_put(sink, decimals, len);
}

/* ---- structure ----------------------------------------------------------------------------- */

static void put_value(struct rn_sink *sink, const struct rn_shape *shape, const void *slot);

/* Names of members are plain text: nothing in them needs an escape. */
static void put_name(struct rn_sink *sink, rn_str name)
{
    rn_sink_put_c(sink, '"');
    rn_sink_put(sink, name.data, name.len);
    rn_sink_put(sink, "\":", 2);
}

/* NOLINTBEGIN(misc-no-recursion): as deep as the tables nest, which no input changes */
static void put_struct(struct rn_sink *sink, const struct rn_shape *shape, const void *value)
{
    char before = '{';

    for (size_t i = 0; i < shape->member_count; i++) {
        const struct rn_member *member = &shape->members[i];
        const void *slot = rn_slot_of(member, value);

        if (!rn_slot_is_absent(member->shape, slot)) {
            rn_sink_put_c(sink, before);
            put_name(sink, member->name);
            put_value(sink, member->shape, slot);
            before = ',';
        }
    }
    if (before == '{') {
        rn_sink_put_c(sink, '{');
    }
    rn_sink_put_c(sink, '}');
}

static void put_list(struct rn_sink *sink, const struct rn_shape *item,
                     const struct rn_items *items)
{
    size_t size = rn_slot_item_size(item);

    rn_sink_put_c(sink, '[');
    for (size_t i = 0; i < items->count; i++) {
        const void *slot = (const char *)items->data + i * size;

        if (i > 0) {
            rn_sink_put_c(sink, ',');
        }
        if (item->kind == RN_STRUCT) { /* inline */
            put_struct(sink, item, slot);
        } else {
            put_value(sink, item, slot);
        }
    }
    rn_sink_put_c(sink, ']');
}

static void put_map(struct rn_sink *sink, const struct rn_items *items)
{
    const struct rn_pair *pairs = items->data;

    rn_sink_put_c(sink, '{');
    for (size_t i = 0; i < items->count; i++) {
        if (i > 0) {
            rn_sink_put_c(sink, ',');
        }
        put_text(sink, pairs[i].key);
        rn_sink_put_c(sink, ':');
        put_text(sink, pairs[i].value);
    }
    rn_sink_put_c(sink, '}');
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
        rn_sink_put(sink, number->value ? "true" : "false", number->value ? 4 : 5);
        return;
    case RN_TIMESTAMP:
        put_seconds(sink, number->value);
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

void rn_json_encode(const struct rn_shape *shape, const void *value, struct rn_buf *out)
{
    rn_sink_run(write_struct, shape, value, out);
}

static void write_text(const void *none, const void *text, struct rn_sink *sink)
{
    (void)none;
    put_text(sink, *(const rn_str *)text);
}

void rn_json_encode_string(rn_str text, struct rn_buf *out)
{
    rn_sink_run(write_text, NULL, &text, out);
}
