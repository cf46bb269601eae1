/* operations.c - the table of operations. A new one is a row here, its shapes, and its function.
 *
 * What clients call most stands first: the search is linear and ends there. */
#include "api/operations.h"

#include "service/service.h"
#include "shape/kinesis.h"
#include "shape/kinesis_names.h"

#define ROW(wire, shape, function)                                                 \
    {                                                                              \
        .name = RN_STR_INIT(wire), .request = &rn_kinesis_##shape##_request_shape, \
        .reply = &rn_kinesis_##shape##_reply_shape, .permission = "kinesis:" wire, \
        .serve = (function)                                                        \
    }
#define ROW_WITHOUT_REPLY(wire, shape, function)                                   \
    {                                                                              \
        .name = RN_STR_INIT(wire), .request = &rn_kinesis_##shape##_request_shape, \
        .permission = "kinesis:" wire, .serve = (function)                         \
    }

static const struct rn_operation table[] = {
    ROW("PutRecord", put_record, rn_service_put_record),
    ROW("PutRecords", put_records, rn_service_put_records),
    ROW("GetRecords", get_records, rn_service_get_records),
    ROW("GetShardIterator", get_shard_iterator, rn_service_get_shard_iterator),
    ROW("ListShards", list_shards, rn_service_list_shards),
    ROW("DescribeStreamSummary", describe_stream_summary, rn_service_describe_stream_summary),
    ROW("DescribeStream", describe_stream, rn_service_describe_stream),
    ROW("ListStreams", list_streams, rn_service_list_streams),
    ROW_WITHOUT_REPLY("CreateStream", create_stream, rn_service_create_stream),
    ROW_WITHOUT_REPLY("DeleteStream", delete_stream, rn_service_delete_stream),
};

const struct rn_operation *rn_operation_table(size_t *ret_count)
{
    *ret_count = sizeof(table) / sizeof(table[0]);
    return table;
}

const struct rn_operation *rn_operation_find(rn_str name)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (rn_str_eq(name, table[i].name)) {
            return &table[i];
        }
    }
    return NULL;
}

bool rn_operation_in_model(rn_str name)
{
    return rn_operation_find(name) || rn_kinesis_is_operation(name);
}
