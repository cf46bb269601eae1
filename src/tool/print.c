/* print.c - records as bytes for people and programs. */
#include "tool/print.h"

#include "base/civil.h"
#include "base/utf8.h"
#include "codec/base64.h"
#include "codec/shape.h"

/* Control bytes, DEL and bytes that are no UTF-8; C1 controls too, for terminals obey them. */
static void escape(rn_str data, struct rn_buf *out)
{
    for (size_t at = 0; at < data.len;) {
        size_t len = rn_utf8_point(data.data + at, data.len - at);
        unsigned char byte = (unsigned char)data.data[at];
        bool c1 = len == 2 && byte == 0xC2 && (unsigned char)data.data[at + 1] < 0xA0;

        if (len && (byte >= 0x20 || byte == '\t') && byte != 0x7F && !c1) {
            rn_buf_add(out, data.data + at, len);
        } else {
            len = len ? len : 1;
            for (size_t i = 0; i < len; i++) {
                rn_buf_printf(out, "\\x%02x", (unsigned char)data.data[at + i]);
            }
        }
        at += len;
    }
}

static void json_text(const char *name, const char *value, struct rn_buf *out)
{
    rn_buf_printf(out, "\"%s\":", name);
    rn_json_encode_string(rn_str_c(value), out);
    rn_buf_add_c(out, ',');
}

static void json(const struct rn_print_record *record, struct rn_buf *out)
{
    char arrival[RN_CIVIL_TEXT_BYTES];
    size_t len = rn_base64_encoded_len(record->data.len);
    char *at;

    rn_buf_add_c(out, '{');
    json_text("ShardId", record->shard_id, out);
    json_text("SequenceNumber", record->sequence_number, out);
    json_text("ApproximateArrivalTimestamp", rn_civil_iso(record->arrival_ms, arrival), out);
    json_text("PartitionKey", record->partition_key, out);
    rn_buf_add_str(out, RN_STR("\"Data\":\""));
    at = rn_buf_reserve(out, len);
    if (at) {
        rn_base64_encode(record->data.data, record->data.len, at);
        out->len += len;
    }
    rn_buf_add_str(out, RN_STR("\"}\n"));
}

void rn_print_record(enum rn_print_form form, const struct rn_print_record *record,
                     struct rn_buf *out)
{
    switch (form) {
    case RN_PRINT_JSON:
        json(record, out);
        return;
    case RN_PRINT_ESCAPED:
        escape(record->data, out);
        break;
    case RN_PRINT_LINES:
    case RN_PRINT_RAW:
        rn_buf_add_str(out, record->data);
        break;
    }
    if (form != RN_PRINT_RAW) {
        rn_buf_add_c(out, '\n');
    }
}
