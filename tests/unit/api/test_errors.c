/* The tables of the wire: faults, content types, operations. */
#include "api/errors.h"
#include "api/operations.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

static void every_fault_has_a_name_and_only_internal_is_500(void **state)
{
    (void)state;
    for (int fault = RN_FAULT_NONE + 1; fault < RN_FAULT_COUNT; fault++) {
        const struct rn_fault_row *row = rn_fault_row((enum rn_fault)fault);

        assert_true(row->type.len > 0);
        assert_int_equal(row->status, fault == RN_FAULT_INTERNAL ? 500 : 400);
    }
    assert_true(rn_str_eq(rn_fault_row(RN_FAULT_INTERNAL)->type, RN_STR("InternalFailure")));
    assert_true(rn_str_eq(rn_fault_row(RN_FAULT_THROUGHPUT_EXCEEDED)->type,
                          RN_STR("ProvisionedThroughputExceededException")));
}

static void content_types_are_cut_and_trimmed(void **state)
{
    (void)state;
    assert_int_equal(rn_wire_of(RN_STR("application/x-amz-json-1.1")), RN_WIRE_JSON);
    assert_int_equal(rn_wire_of(RN_STR("application/x-amz-cbor-1.1;a=b")), RN_WIRE_CBOR);
    assert_int_equal(rn_wire_of(RN_STR(" application/json ;")), RN_WIRE_PLAIN_JSON);
    assert_int_equal(rn_wire_of(RN_STR("application/x-amz-json-1.0")), RN_WIRE_NONE);
    assert_int_equal(rn_wire_of(RN_STR(";application/json")), RN_WIRE_NONE);
    assert_int_equal(rn_wire_of(RN_STR_NONE), RN_WIRE_NONE);
}

static void messages_are_escaped(void **state)
{
    struct rn_buf out;

    (void)state;
    rn_buf_init(&out, 4096);
    rn_error_encode(
        RN_WIRE_JSON,
        &(struct rn_error){.status = 400, .type = RN_STR("X"), .message = RN_STR("a \"b\"\n\\")},
        &out);
    assert_true(rn_str_eq(rn_buf_str(&out),
                          RN_STR("{\"__type\":\"X\",\"message\":\"a \\\"b\\\"\\n\\\\\"}")));
    rn_buf_done(&out);
}

static void every_operation_is_whole_and_found_by_its_name(void **state)
{
    size_t count;
    const struct rn_operation *table = rn_operation_table(&count);

    (void)state;
    assert_true(count >= 10);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(rn_operation_find(table[i].service, table[i].name), &table[i]);
        assert_true(rn_operation_in_model(table[i].service, table[i].name));
        assert_non_null(table[i].request);
        assert_int_equal(table[i].request->kind, RN_STRUCT);
        assert_non_null(table[i].serve);
        rn_str permission = rn_str_c(table[i].permission);
        size_t colon = rn_str_find(permission, ':', 0);
        bool own = !rn_str_eq(table[i].service, RN_STR(RN_KINESIS_TARGET));

        assert_true(rn_str_eq(rn_str_make(permission.data, colon),
                              own ? RN_STR("runnel") : RN_STR("kinesis")));
        assert_string_equal(table[i].permission + colon + 1, table[i].name.data);
    }
    assert_null(rn_operation_find(RN_STR(RN_KINESIS_TARGET), RN_STR("putRecord")));
    assert_null(rn_operation_find(RN_STR("Runnel_20250101"), RN_STR("PutRecord")));
    assert_true(rn_operation_in_model(RN_STR(RN_KINESIS_TARGET), RN_STR("SubscribeToShard")));
    assert_true(rn_operation_in_model(RN_STR(RN_KINESIS_TARGET),
                                      RN_STR("UpdateStreamRecordDistributionStrategy")));
    assert_false(rn_operation_in_model(RN_STR(RN_KINESIS_TARGET), RN_STR("GetItem")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fault_has_a_name_and_only_internal_is_500),
        cmocka_unit_test(content_types_are_cut_and_trimmed),
        cmocka_unit_test(messages_are_escaped),
        cmocka_unit_test(every_operation_is_whole_and_found_by_its_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
