/* kinesis_resource.c - tables of the operations on tags and policies of streams and consumers, by ARN. */
#include "shape/kinesis_resource.h"

#include "shape/kinesis_types.h"

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_tag_resource_request, field, name, shape, required)
static const struct rn_member tag_members[] = {
    ROW(tags, "Tags", rn_kinesis_tag_map, true),
    ROW(resource_arn, "ResourceARN", rn_kinesis_resource_arn, true),
    ROW(stream_id, "StreamId", rn_kinesis_stream_id, false),
};
const struct rn_shape rn_kinesis_tag_resource_request_shape =
    RN_STRUCT_SHAPE(rn_kinesis_tag_resource_request, "TagResourceInput", tag_members);
#undef ROW

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_untag_resource_request, field, name, shape, required)
static const struct rn_member untag_members[] = {
    ROW(tag_keys, "TagKeys", rn_kinesis_tag_keys, true),
    ROW(resource_arn, "ResourceARN", rn_kinesis_resource_arn, true),
    ROW(stream_id, "StreamId", rn_kinesis_stream_id, false),
};
const struct rn_shape rn_kinesis_untag_resource_request_shape =
    RN_STRUCT_SHAPE(rn_kinesis_untag_resource_request, "UntagResourceInput", untag_members);
#undef ROW

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_put_resource_policy_request, field, name, shape, required)
static const struct rn_member put_policy_members[] = {
    ROW(policy, "Policy", rn_kinesis_text, true),
    ROW(resource_arn, "ResourceARN", rn_kinesis_resource_arn, true),
    ROW(stream_id, "StreamId", rn_kinesis_stream_id, false),
};
const struct rn_shape rn_kinesis_put_resource_policy_request_shape = RN_STRUCT_SHAPE(
    rn_kinesis_put_resource_policy_request, "PutResourcePolicyInput", put_policy_members);
#undef ROW

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_resource_request, field, name, shape, required)
static const struct rn_member resource_members[] = {
    ROW(resource_arn, "ResourceARN", rn_kinesis_resource_arn, true),
    ROW(stream_id, "StreamId", rn_kinesis_stream_id, false),
};
const struct rn_shape rn_kinesis_list_tags_for_resource_request_shape =
    RN_STRUCT_SHAPE(rn_kinesis_resource_request, "ListTagsForResourceInput", resource_members);
const struct rn_shape rn_kinesis_get_resource_policy_request_shape =
    RN_STRUCT_SHAPE(rn_kinesis_resource_request, "GetResourcePolicyInput", resource_members);
const struct rn_shape rn_kinesis_delete_resource_policy_request_shape =
    RN_STRUCT_SHAPE(rn_kinesis_resource_request, "DeleteResourcePolicyInput", resource_members);
#undef ROW

static const struct rn_member list_tags_reply_members[] = {
    RN_MEMBER(rn_kinesis_list_tags_for_resource_reply, tags, "Tags", rn_kinesis_tag_list, false),
};
const struct rn_shape rn_kinesis_list_tags_for_resource_reply_shape = RN_STRUCT_SHAPE(
    rn_kinesis_list_tags_for_resource_reply, "ListTagsForResourceOutput", list_tags_reply_members);

static const struct rn_member get_policy_reply_members[] = {
    RN_MEMBER(rn_kinesis_get_resource_policy_reply, policy, "Policy", rn_kinesis_text, true),
};
const struct rn_shape rn_kinesis_get_resource_policy_reply_shape = RN_STRUCT_SHAPE(
    rn_kinesis_get_resource_policy_reply, "GetResourcePolicyOutput", get_policy_reply_members);
