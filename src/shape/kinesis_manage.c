/* kinesis_manage.c - tables of the operations on tags, retention and limits. */
#include "shape/kinesis_types.h"

static const struct rn_shape retention_hours = {.kind = RN_INTEGER, .has_min = true, .min = 1};
static const struct rn_shape tags_limit = {
    .kind = RN_INTEGER, .has_min = true, .has_max = true, .min = 1, .max = 50};

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_set_stream_retention_period_request, field, name, shape, required)
static const struct rn_member set_retention_members[] = {
    ROW(retention_period_hours, "RetentionPeriodHours", retention_hours, true),
    ROW(stream_name, "StreamName", rn_kinesis_stream_name, false),
    ROW(stream_arn, "StreamARN", rn_kinesis_stream_arn, false),
    ROW(stream_id, "StreamId", rn_kinesis_stream_id, false),
};
const struct rn_shape rn_kinesis_increase_stream_retention_period_request_shape =
    RN_STRUCT_SHAPE(rn_kinesis_set_stream_retention_period_request,
                    "IncreaseStreamRetentionPeriodInput", set_retention_members);
const struct rn_shape rn_kinesis_decrease_stream_retention_period_request_shape =
    RN_STRUCT_SHAPE(rn_kinesis_set_stream_retention_period_request,
                    "DecreaseStreamRetentionPeriodInput", set_retention_members);
#undef ROW

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_add_tags_to_stream_request, field, name, shape, required)
static const struct rn_member add_tags_members[] = {
    ROW(tags, "Tags", rn_kinesis_tag_map, true),
    ROW(stream_name, "StreamName", rn_kinesis_stream_name, false),
    ROW(stream_arn, "StreamARN", rn_kinesis_stream_arn, false),
    ROW(stream_id, "StreamId", rn_kinesis_stream_id, false),
};
const struct rn_shape rn_kinesis_add_tags_to_stream_request_shape = RN_STRUCT_SHAPE(
    rn_kinesis_add_tags_to_stream_request, "AddTagsToStreamInput", add_tags_members);
#undef ROW

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_remove_tags_from_stream_request, field, name, shape, required)
static const struct rn_member remove_tags_members[] = {
    ROW(tag_keys, "TagKeys", rn_kinesis_tag_keys, true),
    ROW(stream_name, "StreamName", rn_kinesis_stream_name, false),
    ROW(stream_arn, "StreamARN", rn_kinesis_stream_arn, false),
    ROW(stream_id, "StreamId", rn_kinesis_stream_id, false),
};
const struct rn_shape rn_kinesis_remove_tags_from_stream_request_shape = RN_STRUCT_SHAPE(
    rn_kinesis_remove_tags_from_stream_request, "RemoveTagsFromStreamInput", remove_tags_members);
#undef ROW

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_list_tags_for_stream_request, field, name, shape, required)
static const struct rn_member list_tags_members[] = {
    ROW(limit, "Limit", tags_limit, false),
    ROW(exclusive_start_tag_key, "ExclusiveStartTagKey", rn_kinesis_tag_key, false),
    ROW(stream_name, "StreamName", rn_kinesis_stream_name, false),
    ROW(stream_arn, "StreamARN", rn_kinesis_stream_arn, false),
    ROW(stream_id, "StreamId", rn_kinesis_stream_id, false),
};
const struct rn_shape rn_kinesis_list_tags_for_stream_request_shape = RN_STRUCT_SHAPE(
    rn_kinesis_list_tags_for_stream_request, "ListTagsForStreamInput", list_tags_members);
#undef ROW

static const struct rn_member tag_members[] = {
    RN_MEMBER(rn_kinesis_tag, key, "Key", rn_kinesis_text, true),
    RN_MEMBER(rn_kinesis_tag, value, "Value", rn_kinesis_text, false),
};
static const struct rn_shape tag = RN_STRUCT_SHAPE(rn_kinesis_tag, "Tag", tag_members);
const struct rn_shape rn_kinesis_tag_list = {.kind = RN_LIST, .item = &tag};
static const struct rn_member list_tags_reply_members[] = {
    RN_MEMBER(rn_kinesis_list_tags_for_stream_reply, tags, "Tags", rn_kinesis_tag_list, true),
    RN_MEMBER(rn_kinesis_list_tags_for_stream_reply, has_more_tags, "HasMoreTags",
              rn_kinesis_boolean, true),
};
const struct rn_shape rn_kinesis_list_tags_for_stream_reply_shape = RN_STRUCT_SHAPE(
    rn_kinesis_list_tags_for_stream_reply, "ListTagsForStreamOutput", list_tags_reply_members);

const struct rn_shape rn_kinesis_describe_limits_request_shape = {
    .kind = RN_STRUCT,
    .name = "DescribeLimitsInput",
    .size = sizeof(struct rn_kinesis_describe_limits_request)};

#define ROW(field, name) \
    RN_MEMBER(rn_kinesis_describe_limits_reply, field, name, rn_kinesis_integer, true)
static const struct rn_member describe_limits_members[] = {
    ROW(shard_limit, "ShardLimit"),
    ROW(open_shard_count, "OpenShardCount"),
    ROW(on_demand_stream_count, "OnDemandStreamCount"),
    ROW(on_demand_stream_count_limit, "OnDemandStreamCountLimit"),
};
const struct rn_shape rn_kinesis_describe_limits_reply_shape = RN_STRUCT_SHAPE(
    rn_kinesis_describe_limits_reply, "DescribeLimitsOutput", describe_limits_members);
#undef ROW
