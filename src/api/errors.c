/* errors.c - the table of faults, and the envelopes of errors.
 *
 * JSON and CBOR carry {"__type": NAME, "message": TEXT} with the bare name. application/json gets
 * what the service's framework says before any operation is found:
 * {"Output":{"__type":"com.amazon.coral.service#NAME"},"Version":"1.0"}. */
#include "api/errors.h"

#include "codec/shape.h"

#include <assert.h>

static const struct rn_fault_row fault_rows[] = {
    [RN_FAULT_RESOURCE_NOT_FOUND] = {RN_STR_INIT("ResourceNotFoundException"), 400},
    [RN_FAULT_RESOURCE_IN_USE] = {RN_STR_INIT("ResourceInUseException"), 400},
    [RN_FAULT_LIMIT_EXCEEDED] = {RN_STR_INIT("LimitExceededException"), 400},
    [RN_FAULT_INVALID_ARGUMENT] = {RN_STR_INIT("InvalidArgumentException"), 400},
    [RN_FAULT_VALIDATION] = {RN_STR_INIT("ValidationException"), 400},
    [RN_FAULT_THROUGHPUT_EXCEEDED] = {RN_STR_INIT("ProvisionedThroughputExceededException"), 400},
    [RN_FAULT_EXPIRED_ITERATOR] = {RN_STR_INIT("ExpiredIteratorException"), 400},
    [RN_FAULT_EXPIRED_NEXT_TOKEN] = {RN_STR_INIT("ExpiredNextTokenException"), 400},
    [RN_FAULT_DRY_RUN] = {RN_STR_INIT("DryRunOperationException"), 400},
    [RN_FAULT_KMS_NOT_FOUND] = {RN_STR_INIT("KMSNotFoundException"), 400},
    [RN_FAULT_INTERNAL] = {RN_STR_INIT("InternalFailure"), 500},
};
_Static_assert(sizeof(fault_rows) / sizeof(fault_rows[0]) == RN_FAULT_COUNT,
               "a row for every fault");

const struct rn_fault_row *rn_fault_row(enum rn_fault fault)
{
    assert(fault > RN_FAULT_NONE && fault < RN_FAULT_COUNT);
    return &fault_rows[fault];
}

static const struct {
    enum rn_wire wire;
    rn_str content_type;
} wires[] = {
    {RN_WIRE_JSON, RN_STR_INIT("application/x-amz-json-1.1")},
    {RN_WIRE_CBOR, RN_STR_INIT("application/x-amz-cbor-1.1")},
    {RN_WIRE_PLAIN_JSON, RN_STR_INIT("application/json")},
};
enum { WIRE_COUNT = sizeof(wires) / sizeof(wires[0]) };

enum rn_wire rn_wire_of(rn_str content_type)
{
    rn_str bare = rn_str_trim(rn_str_make(content_type.data, rn_str_find(content_type, ';', 0)));

    for (size_t i = 0; i < WIRE_COUNT; i++) {
        if (rn_str_ieq(bare, wires[i].content_type)) {
            return wires[i].wire;
        }
    }
    return RN_WIRE_NONE;
}

rn_str rn_wire_content_type(enum rn_wire wire)
{
    for (size_t i = 0; i < WIRE_COUNT; i++) {
        if (wires[i].wire == wire) {
            return wires[i].content_type;
        }
    }
    return RN_STR_NONE;
}

static const struct rn_shape text_shape = {.kind = RN_STRING};
static const struct rn_member error_members[] = {
    RN_MEMBER(rn_error, type, "__type", text_shape, true),
    RN_MEMBER(rn_error, message, "message", text_shape, false),
    RN_MEMBER(rn_error, capital_message, "Message", text_shape, false),
};
static const struct rn_shape error_shape = RN_STRUCT_SHAPE(rn_error, "Error", error_members);

void rn_error_encode(enum rn_wire wire, const struct rn_error *error, struct rn_buf *out)
{
    switch (wire) {
    case RN_WIRE_JSON:
        rn_json_encode(&error_shape, error, out);
        return;
    case RN_WIRE_CBOR:
        rn_cbor_encode(&error_shape, error, out);
        return;
    case RN_WIRE_PLAIN_JSON:
        rn_buf_add_str(out, RN_STR("{\"Output\":{\"__type\":\"com.amazon.coral.service#"));
        rn_buf_add_str(out, error->type);
        rn_buf_add_str(out, RN_STR("\"},\"Version\":\"1.0\"}"));
        return;
    case RN_WIRE_NONE:
        break;
    }
    assert(false && "an error without a protocol has no envelope");
}
