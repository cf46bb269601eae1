/* kinesis_reshard.c - tables of the operations on the shards of a stream. */
#include "shape/kinesis_types.h"

static const struct rn_shape target_count = {.kind = RN_INTEGER, .has_min = true, .min = 1};
static const char *const scaling_types[] = {"UNIFORM_SCALING", NULL};
static const struct rn_shape scaling_type = {.kind = RN_STRING, .enum_values = scaling_types};

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_split_shard_request, field, name, shape, required)
static const struct rn_member split_shard_members[] = {
    ROW(new_starting_hash_key, "NewStartingHashKey", rn_kinesis_hash_key, true),
    ROW(stream_name, "StreamName", rn_kinesis_stream_name, false),
    ROW(shard_to_split, "ShardToSplit", rn_kinesis_shard_id, true),
    ROW(stream_arn, "StreamARN", rn_kinesis_stream_arn, false),
    ROW(stream_id, "StreamId", rn_kinesis_stream_id, false),
};
const struct rn_shape rn_kinesis_split_shard_request_shape =
    RN_STRUCT_SHAPE(rn_kinesis_split_shard_request, "SplitShardInput", split_shard_members);
#undef ROW

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_merge_shards_request, field, name, shape, required)
static const struct rn_member merge_shards_members[] = {
    ROW(shard_to_merge, "ShardToMerge", rn_kinesis_shard_id, true),
    ROW(adjacent_shard_to_merge, "AdjacentShardToMerge", rn_kinesis_shard_id, true),
    ROW(stream_name, "StreamName", rn_kinesis_stream_name, false),
    ROW(stream_arn, "StreamARN", rn_kinesis_stream_arn, false),
    ROW(stream_id, "StreamId", rn_kinesis_stream_id, false),
};
const struct rn_shape rn_kinesis_merge_shards_request_shape =
    RN_STRUCT_SHAPE(rn_kinesis_merge_shards_request, "MergeShardsInput", merge_shards_members);
#undef ROW

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_update_shard_count_request, field, name, shape, required)
static const struct rn_member update_shard_count_members[] = {
    ROW(target_shard_count, "TargetShardCount", target_count, true),
    ROW(stream_name, "StreamName", rn_kinesis_stream_name, false),
    ROW(scaling_type, "ScalingType", scaling_type, true),
    ROW(stream_arn, "StreamARN", rn_kinesis_stream_arn, false),
    ROW(stream_id, "StreamId", rn_kinesis_stream_id, false),
};
const struct rn_shape rn_kinesis_update_shard_count_request_shape = RN_STRUCT_SHAPE(
    rn_kinesis_update_shard_count_request, "UpdateShardCountInput", update_shard_count_members);
#undef ROW

#define ROW(field, name, shape) \
    RN_MEMBER(rn_kinesis_update_shard_count_reply, field, name, shape, true)
static const struct rn_member update_shard_count_reply_members[] = {
    ROW(stream_name, "StreamName", rn_kinesis_text),
    ROW(stream_arn, "StreamARN", rn_kinesis_text),
    ROW(current_shard_count, "CurrentShardCount", rn_kinesis_integer),
    ROW(target_shard_count, "TargetShardCount", rn_kinesis_integer),
};
const struct rn_shape rn_kinesis_update_shard_count_reply_shape =
    RN_STRUCT_SHAPE(rn_kinesis_update_shard_count_reply, "UpdateShardCountOutput",
                    update_shard_count_reply_members);
#undef ROW
