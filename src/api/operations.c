/* operations.c - the table of operations. A new one is a row here, its shapes, and its function.
 *
 * What clients call most stands first: the search is linear and ends there. */
#include "api/operations.h"

#include "fanout/fanout.h"
#include "service/service.h"
#include "shape/kinesis.h"
#include "shape/kinesis_names.h"
#include "shape/kinesis_resource.h"
#include "shape/kinesis_settings.h"
#include "shape/kinesis_subscribe.h"
#include "shape/runnel.h"

#define KINESIS(wire)                                                     \
    .service = RN_STR_INIT(RN_KINESIS_TARGET), .name = RN_STR_INIT(wire), \
    .permission = "kinesis:" wire
#define ROW(wire, shape, function)                                                    \
    {                                                                                 \
        KINESIS(wire), .request = &rn_kinesis_##shape##_request_shape,                \
                       .reply = &rn_kinesis_##shape##_reply_shape, .serve = function, \
    }
#define ROW_WITHOUT_REPLY(wire, shape, function)                                          \
    {                                                                                     \
        KINESIS(wire), .request = &rn_kinesis_##shape##_request_shape, .serve = function, \
    }
#define ROW_WITH_FEED(wire, shape, function, feeder)                                      \
    {                                                                                     \
        KINESIS(wire), .request = &rn_kinesis_##shape##_request_shape, .serve = function, \
                       .feed = feeder,                                                    \
    }
#define OWN(wire)                                                        \
    .service = RN_STR_INIT(RN_RUNNEL_TARGET), .name = RN_STR_INIT(wire), \
    .permission = "runnel:" wire

static const struct rn_operation table[] = {
    ROW("PutRecord", put_record, rn_service_put_record),
    ROW("PutRecords", put_records, rn_service_put_records),
    ROW("GetRecords", get_records, rn_service_get_records),
    ROW("GetShardIterator", get_shard_iterator, rn_service_get_shard_iterator),
    ROW_WITH_FEED("SubscribeToShard", subscribe_to_shard, rn_fanout_subscribe, rn_fanout_feed),
    ROW("ListShards", list_shards, rn_service_list_shards),
    ROW("DescribeStreamSummary", describe_stream_summary, rn_service_describe_stream_summary),
    ROW("DescribeStream", describe_stream, rn_service_describe_stream),
    ROW("ListStreams", list_streams, rn_service_list_streams),
    ROW_WITHOUT_REPLY("CreateStream", create_stream, rn_service_create_stream),
    ROW_WITHOUT_REPLY("DeleteStream", delete_stream, rn_service_delete_stream),
    ROW("ListTagsForStream", list_tags_for_stream, rn_service_list_tags_for_stream),
    ROW_WITHOUT_REPLY("AddTagsToStream", add_tags_to_stream, rn_service_add_tags_to_stream),
    ROW_WITHOUT_REPLY("RemoveTagsFromStream", remove_tags_from_stream,
                      rn_service_remove_tags_from_stream),
    ROW_WITHOUT_REPLY("IncreaseStreamRetentionPeriod", increase_stream_retention_period,
                      rn_service_increase_stream_retention_period),
    ROW_WITHOUT_REPLY("DecreaseStreamRetentionPeriod", decrease_stream_retention_period,
                      rn_service_decrease_stream_retention_period),
    ROW_WITHOUT_REPLY("SplitShard", split_shard, rn_service_split_shard),
    ROW_WITHOUT_REPLY("MergeShards", merge_shards, rn_service_merge_shards),
    ROW("UpdateShardCount", update_shard_count, rn_service_update_shard_count),
    ROW("ListTagsForResource", list_tags_for_resource, rn_service_list_tags_for_resource),
    ROW_WITHOUT_REPLY("TagResource", tag_resource, rn_service_tag_resource),
    ROW_WITHOUT_REPLY("UntagResource", untag_resource, rn_service_untag_resource),
    ROW("GetResourcePolicy", get_resource_policy, rn_service_get_resource_policy),
    ROW_WITHOUT_REPLY("PutResourcePolicy", put_resource_policy, rn_service_put_resource_policy),
    ROW_WITHOUT_REPLY("DeleteResourcePolicy", delete_resource_policy,
                      rn_service_delete_resource_policy),
    ROW("DescribeStreamConsumer", describe_stream_consumer, rn_service_describe_stream_consumer),
    ROW("ListStreamConsumers", list_stream_consumers, rn_service_list_stream_consumers),
    ROW("RegisterStreamConsumer", register_stream_consumer, rn_service_register_stream_consumer),
    ROW_WITHOUT_REPLY("DeregisterStreamConsumer", deregister_stream_consumer,
                      rn_service_deregister_stream_consumer),
    ROW("EnableEnhancedMonitoring", enable_enhanced_monitoring,
        rn_service_enable_enhanced_monitoring),
    ROW("DisableEnhancedMonitoring", disable_enhanced_monitoring,
        rn_service_disable_enhanced_monitoring),
    ROW_WITHOUT_REPLY("StartStreamEncryption", start_stream_encryption,
                      rn_service_start_stream_encryption),
    ROW_WITHOUT_REPLY("StopStreamEncryption", stop_stream_encryption,
                      rn_service_stop_stream_encryption),
    ROW_WITHOUT_REPLY("UpdateMaxRecordSize", update_max_record_size,
                      rn_service_update_max_record_size),
    ROW_WITHOUT_REPLY("UpdateStreamMode", update_stream_mode, rn_service_update_stream_mode),
    ROW("UpdateStreamWarmThroughput", update_stream_warm_throughput,
        rn_service_update_stream_warm_throughput),
    ROW("DescribeAccountSettings", describe_account_settings, rn_service_describe_account_settings),
    ROW("UpdateAccountSettings", update_account_settings, rn_service_update_account_settings),
    ROW("DescribeLimits", describe_limits, rn_service_describe_limits),
    {
        OWN("GetLimits"),
        .request = &rn_runnel_get_limits_request_shape,
        .reply = &rn_runnel_get_limits_reply_shape,
        .serve = rn_service_get_limits,
    },
    {
        OWN("SetLimits"),
        .request = &rn_runnel_set_limits_request_shape,
        .serve = rn_service_set_limits,
    },
};

const struct rn_operation *rn_operation_table(size_t *ret_count)
{
    *ret_count = sizeof(table) / sizeof(table[0]);
    return table;
}

const struct rn_operation *rn_operation_find(rn_str service, rn_str name)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (rn_str_eq(name, table[i].name) && rn_str_eq(service, table[i].service)) {
            return &table[i];
        }
    }
    return NULL;
}

bool rn_operation_in_model(rn_str service, rn_str name)
{
    return rn_operation_find(service, name) ||
           (rn_str_eq(service, RN_STR(RN_KINESIS_TARGET)) && rn_kinesis_is_operation(name));
}
