/* kinesis_stream.c - tables of the operations on streams and shards. */
#include "shape/kinesis_types.h"

#define TEXT rn_kinesis_text
#define INTEGER rn_kinesis_integer
#define BOOLEAN rn_kinesis_boolean
#define TIMESTAMP rn_kinesis_timestamp

/* ---- requests --------------------------------------------------------------------------------- */

static const struct rn_shape shard_count = {.kind = RN_INTEGER, .has_min = true, .min = 1};

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_create_stream_request, field, name, shape, required)
static const struct rn_member create_stream_members[] = {
    ROW(shard_count, "ShardCount", shard_count, false),
    ROW(stream_name, "StreamName", rn_kinesis_stream_name, true),
    ROW(stream_mode_details, "StreamModeDetails", rn_kinesis_mode_details, false),
    ROW(tags, "Tags", rn_kinesis_tag_map, false),
    ROW(warm_throughput_mi_bps, "WarmThroughputMiBps", rn_kinesis_warm_mi_bps, false),
    ROW(max_record_size_in_kib, "MaxRecordSizeInKiB", rn_kinesis_record_kib, false),
    ROW(record_distribution_strategy, "RecordDistributionStrategy",
        rn_kinesis_distribution_strategy, false),
};
const struct rn_shape rn_kinesis_create_stream_request_shape =
    RN_STRUCT_SHAPE(rn_kinesis_create_stream_request, "CreateStreamInput", create_stream_members);
#undef ROW

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_delete_stream_request, field, name, shape, required)
static const struct rn_member delete_stream_members[] = {
    ROW(stream_name, "StreamName", rn_kinesis_stream_name, false),
    ROW(enforce_consumer_deletion, "EnforceConsumerDeletion", BOOLEAN, false),
    ROW(stream_arn, "StreamARN", rn_kinesis_stream_arn, false),
    ROW(stream_id, "StreamId", rn_kinesis_stream_id, false),
};
const struct rn_shape rn_kinesis_delete_stream_request_shape =
    RN_STRUCT_SHAPE(rn_kinesis_delete_stream_request, "DeleteStreamInput", delete_stream_members);
#undef ROW

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_describe_stream_request, field, name, shape, required)
static const struct rn_member describe_stream_members[] = {
    ROW(limit, "Limit", rn_kinesis_limit, false),
    ROW(exclusive_start_shard_id, "ExclusiveStartShardId", rn_kinesis_shard_id, false),
    ROW(stream_name, "StreamName", rn_kinesis_stream_name, false),
    ROW(stream_arn, "StreamARN", rn_kinesis_stream_arn, false),
    ROW(stream_id, "StreamId", rn_kinesis_stream_id, false),
};
const struct rn_shape rn_kinesis_describe_stream_request_shape = RN_STRUCT_SHAPE(
    rn_kinesis_describe_stream_request, "DescribeStreamInput", describe_stream_members);
#undef ROW

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_describe_stream_summary_request, field, name, shape, required)
static const struct rn_member describe_stream_summary_members[] = {
    ROW(stream_name, "StreamName", rn_kinesis_stream_name, false),
    ROW(stream_arn, "StreamARN", rn_kinesis_stream_arn, false),
    ROW(stream_id, "StreamId", rn_kinesis_stream_id, false),
};
const struct rn_shape rn_kinesis_describe_stream_summary_request_shape =
    RN_STRUCT_SHAPE(rn_kinesis_describe_stream_summary_request, "DescribeStreamSummaryInput",
                    describe_stream_summary_members);
#undef ROW

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_list_streams_request, field, name, shape, required)
static const struct rn_member list_streams_members[] = {
    ROW(limit, "Limit", rn_kinesis_limit, false),
    ROW(exclusive_start_stream_name, "ExclusiveStartStreamName", rn_kinesis_stream_name, false),
    ROW(next_token, "NextToken", rn_kinesis_next_token, false),
};
const struct rn_shape rn_kinesis_list_streams_request_shape =
    RN_STRUCT_SHAPE(rn_kinesis_list_streams_request, "ListStreamsInput", list_streams_members);
#undef ROW

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_shard_filter, field, name, shape, required)
static const struct rn_member shard_filter_members[] = {
    ROW(type, "Type", rn_kinesis_shard_filter_type, true),
    ROW(shard_id, "ShardId", rn_kinesis_shard_id, false),
    ROW(timestamp, "Timestamp", TIMESTAMP, false),
};
static const struct rn_shape shard_filter =
    RN_STRUCT_SHAPE(rn_kinesis_shard_filter, "ShardFilter", shard_filter_members);
#undef ROW

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_list_shards_request, field, name, shape, required)
static const struct rn_member list_shards_members[] = {
    ROW(exclusive_start_shard_id, "ExclusiveStartShardId", rn_kinesis_shard_id, false),
    ROW(max_results, "MaxResults", rn_kinesis_limit, false),
    ROW(next_token, "NextToken", rn_kinesis_next_token, false),
    ROW(stream_creation_timestamp, "StreamCreationTimestamp", TIMESTAMP, false),
    ROW(stream_name, "StreamName", rn_kinesis_stream_name, false),
    ROW(shard_filter, "ShardFilter", shard_filter, false),
    ROW(stream_arn, "StreamARN", rn_kinesis_stream_arn, false),
    ROW(stream_id, "StreamId", rn_kinesis_stream_id, false),
};
const struct rn_shape rn_kinesis_list_shards_request_shape =
    RN_STRUCT_SHAPE(rn_kinesis_list_shards_request, "ListShardsInput", list_shards_members);
#undef ROW

/* ---- replies ---------------------------------------------------------------------------------- */

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_sequence_number_range, field, name, shape, required)
static const struct rn_member number_range_members[] = {
    ROW(starting_sequence_number, "StartingSequenceNumber", TEXT, true),
    ROW(ending_sequence_number, "EndingSequenceNumber", TEXT, false),
};
static const struct rn_shape number_range =
    RN_STRUCT_SHAPE(rn_kinesis_sequence_number_range, "SequenceNumberRange", number_range_members);
#undef ROW

#define ROW(field, name, shape, required) RN_MEMBER(rn_kinesis_shard, field, name, shape, required)
static const struct rn_member shard_members[] = {
    ROW(shard_id, "ShardId", TEXT, true),
    ROW(parent_shard_id, "ParentShardId", TEXT, false),
    ROW(adjacent_parent_shard_id, "AdjacentParentShardId", TEXT, false),
    ROW(hash_key_range, "HashKeyRange", rn_kinesis_hash_range, true),
    ROW(sequence_number_range, "SequenceNumberRange", number_range, true),
};
static const struct rn_shape shard = RN_STRUCT_SHAPE(rn_kinesis_shard, "Shard", shard_members);
static const struct rn_shape shards = {.kind = RN_LIST, .item = &shard};
#undef ROW

static const struct rn_member enhanced_metrics_members[] = {
    RN_MEMBER(rn_kinesis_enhanced_metrics, shard_level_metrics, "ShardLevelMetrics",
              rn_kinesis_text_list, false),
};
static const struct rn_shape enhanced_metrics =
    RN_STRUCT_SHAPE(rn_kinesis_enhanced_metrics, "EnhancedMetrics", enhanced_metrics_members);
static const struct rn_shape enhanced_monitoring = {.kind = RN_LIST, .item = &enhanced_metrics};

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_stream_description, field, name, shape, required)
static const struct rn_member description_members[] = {
    ROW(stream_name, "StreamName", TEXT, true),
    ROW(stream_arn, "StreamARN", TEXT, true),
    ROW(stream_status, "StreamStatus", TEXT, true),
    ROW(stream_mode_details, "StreamModeDetails", rn_kinesis_mode_details, false),
    ROW(shards, "Shards", shards, true),
    ROW(has_more_shards, "HasMoreShards", BOOLEAN, true),
    ROW(retention_period_hours, "RetentionPeriodHours", INTEGER, true),
    ROW(stream_creation_timestamp, "StreamCreationTimestamp", TIMESTAMP, true),
    ROW(enhanced_monitoring, "EnhancedMonitoring", enhanced_monitoring, true),
    ROW(encryption_type, "EncryptionType", TEXT, false),
    ROW(key_id, "KeyId", TEXT, false),
};
static const struct rn_shape description =
    RN_STRUCT_SHAPE(rn_kinesis_stream_description, "StreamDescription", description_members);
#undef ROW

static const struct rn_member describe_stream_reply_members[] = {
    RN_MEMBER(rn_kinesis_describe_stream_reply, stream_description, "StreamDescription",
              description, true),
};
const struct rn_shape rn_kinesis_describe_stream_reply_shape = RN_STRUCT_SHAPE(
    rn_kinesis_describe_stream_reply, "DescribeStreamOutput", describe_stream_reply_members);

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_stream_description_summary, field, name, shape, required)
static const struct rn_member description_summary_members[] = {
    ROW(stream_name, "StreamName", TEXT, true),
    ROW(stream_arn, "StreamARN", TEXT, true),
    ROW(stream_status, "StreamStatus", TEXT, true),
    ROW(stream_mode_details, "StreamModeDetails", rn_kinesis_mode_details, false),
    ROW(retention_period_hours, "RetentionPeriodHours", INTEGER, true),
    ROW(stream_creation_timestamp, "StreamCreationTimestamp", TIMESTAMP, true),
    ROW(enhanced_monitoring, "EnhancedMonitoring", enhanced_monitoring, true),
    ROW(encryption_type, "EncryptionType", TEXT, false),
    ROW(key_id, "KeyId", TEXT, false),
    ROW(open_shard_count, "OpenShardCount", INTEGER, true),
    ROW(consumer_count, "ConsumerCount", INTEGER, false),
    ROW(warm_throughput, "WarmThroughput", rn_kinesis_warm_object, false),
    ROW(max_record_size_in_kib, "MaxRecordSizeInKiB", INTEGER, false),
    ROW(channel_count, "ChannelCount", INTEGER, false),
    ROW(record_distribution_strategy, "RecordDistributionStrategy", TEXT, false),
};
static const struct rn_shape description_summary = RN_STRUCT_SHAPE(
    rn_kinesis_stream_description_summary, "StreamDescriptionSummary", description_summary_members);
#undef ROW

static const struct rn_member describe_stream_summary_reply_members[] = {
    RN_MEMBER(rn_kinesis_describe_stream_summary_reply, stream_description_summary,
              "StreamDescriptionSummary", description_summary, true),
};
const struct rn_shape rn_kinesis_describe_stream_summary_reply_shape =
    RN_STRUCT_SHAPE(rn_kinesis_describe_stream_summary_reply, "DescribeStreamSummaryOutput",
                    describe_stream_summary_reply_members);

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_stream_summary, field, name, shape, required)
static const struct rn_member stream_summary_members[] = {
    ROW(stream_name, "StreamName", TEXT, true),
    ROW(stream_arn, "StreamARN", TEXT, true),
    ROW(stream_status, "StreamStatus", TEXT, true),
    ROW(stream_mode_details, "StreamModeDetails", rn_kinesis_mode_details, false),
    ROW(stream_creation_timestamp, "StreamCreationTimestamp", TIMESTAMP, false),
};
static const struct rn_shape stream_summary =
    RN_STRUCT_SHAPE(rn_kinesis_stream_summary, "StreamSummary", stream_summary_members);
static const struct rn_shape stream_summaries = {.kind = RN_LIST, .item = &stream_summary};
#undef ROW

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_list_streams_reply, field, name, shape, required)
static const struct rn_member list_streams_reply_members[] = {
    ROW(stream_names, "StreamNames", rn_kinesis_text_list, true),
    ROW(has_more_streams, "HasMoreStreams", BOOLEAN, true),
    ROW(next_token, "NextToken", TEXT, false),
    ROW(stream_summaries, "StreamSummaries", stream_summaries, false),
};
const struct rn_shape rn_kinesis_list_streams_reply_shape =
    RN_STRUCT_SHAPE(rn_kinesis_list_streams_reply, "ListStreamsOutput", list_streams_reply_members);
#undef ROW

static const struct rn_member list_shards_reply_members[] = {
    RN_MEMBER(rn_kinesis_list_shards_reply, shards, "Shards", shards, false),
    RN_MEMBER(rn_kinesis_list_shards_reply, next_token, "NextToken", TEXT, false),
};
const struct rn_shape rn_kinesis_list_shards_reply_shape =
    RN_STRUCT_SHAPE(rn_kinesis_list_shards_reply, "ListShardsOutput", list_shards_reply_members);
