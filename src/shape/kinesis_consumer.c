/* kinesis_consumer.c - tables of the operations on registered consumers. */
#include "shape/kinesis_resource.h"
#include "shape/kinesis_types.h"

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_register_stream_consumer_request, field, name, shape, required)
static const struct rn_member register_members[] = {
    ROW(tags, "Tags", rn_kinesis_tag_map, false),
    ROW(consumer_name, "ConsumerName", rn_kinesis_stream_name, true), /* of the same type */
    ROW(stream_arn, "StreamARN", rn_kinesis_stream_arn, true),
    ROW(stream_id, "StreamId", rn_kinesis_stream_id, false),
};
const struct rn_shape rn_kinesis_register_stream_consumer_request_shape = RN_STRUCT_SHAPE(
    rn_kinesis_register_stream_consumer_request, "RegisterStreamConsumerInput", register_members);
#undef ROW

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_stream_consumer_request, field, name, shape, required)
static const struct rn_member named_members[] = {
    ROW(consumer_name, "ConsumerName", rn_kinesis_stream_name, false),
    ROW(consumer_arn, "ConsumerARN", rn_kinesis_consumer_arn, false),
    ROW(stream_arn, "StreamARN", rn_kinesis_stream_arn, false),
    ROW(stream_id, "StreamId", rn_kinesis_stream_id, false),
};
const struct rn_shape rn_kinesis_describe_stream_consumer_request_shape = RN_STRUCT_SHAPE(
    rn_kinesis_stream_consumer_request, "DescribeStreamConsumerInput", named_members);
const struct rn_shape rn_kinesis_deregister_stream_consumer_request_shape = RN_STRUCT_SHAPE(
    rn_kinesis_stream_consumer_request, "DeregisterStreamConsumerInput", named_members);
#undef ROW

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_list_stream_consumers_request, field, name, shape, required)
static const struct rn_member list_members[] = {
    ROW(max_results, "MaxResults", rn_kinesis_limit, false),
    ROW(next_token, "NextToken", rn_kinesis_next_token, false),
    ROW(stream_creation_timestamp, "StreamCreationTimestamp", rn_kinesis_timestamp, false),
    ROW(stream_arn, "StreamARN", rn_kinesis_stream_arn, true),
    ROW(stream_id, "StreamId", rn_kinesis_stream_id, false),
};
const struct rn_shape rn_kinesis_list_stream_consumers_request_shape = RN_STRUCT_SHAPE(
    rn_kinesis_list_stream_consumers_request, "ListStreamConsumersInput", list_members);
#undef ROW

#define ROW(field, name, shape) RN_MEMBER(rn_kinesis_consumer, field, name, shape, true)
#define CONSUMER_ROWS                                            \
    ROW(consumer_name, "ConsumerName", rn_kinesis_text),         \
        ROW(consumer_arn, "ConsumerARN", rn_kinesis_text),       \
        ROW(consumer_status, "ConsumerStatus", rn_kinesis_text), \
        ROW(consumer_creation_timestamp, "ConsumerCreationTimestamp", rn_kinesis_timestamp)
static const struct rn_member consumer_members[] = {CONSUMER_ROWS};
static const struct rn_shape consumer =
    RN_STRUCT_SHAPE(rn_kinesis_consumer, "Consumer", consumer_members);
static const struct rn_member description_members[] = {
    CONSUMER_ROWS, ROW(stream_arn, "StreamARN", rn_kinesis_text)};
static const struct rn_shape description =
    RN_STRUCT_SHAPE(rn_kinesis_consumer, "ConsumerDescription", description_members);
#undef CONSUMER_ROWS
#undef ROW

static const struct rn_member register_reply_members[] = {
    RN_MEMBER(rn_kinesis_register_stream_consumer_reply, consumer, "Consumer", consumer, true),
};
const struct rn_shape rn_kinesis_register_stream_consumer_reply_shape =
    RN_STRUCT_SHAPE(rn_kinesis_register_stream_consumer_reply, "RegisterStreamConsumerOutput",
                    register_reply_members);

static const struct rn_member describe_reply_members[] = {
    RN_MEMBER(rn_kinesis_describe_stream_consumer_reply, consumer_description,
              "ConsumerDescription", description, true),
};
const struct rn_shape rn_kinesis_describe_stream_consumer_reply_shape =
    RN_STRUCT_SHAPE(rn_kinesis_describe_stream_consumer_reply, "DescribeStreamConsumerOutput",
                    describe_reply_members);

static const struct rn_shape consumers = {.kind = RN_LIST, .item = &consumer};
static const struct rn_member list_reply_members[] = {
    RN_MEMBER(rn_kinesis_list_stream_consumers_reply, consumers, "Consumers", consumers, false),
    RN_MEMBER(rn_kinesis_list_stream_consumers_reply, next_token, "NextToken", rn_kinesis_text,
              false),
};
const struct rn_shape rn_kinesis_list_stream_consumers_reply_shape = RN_STRUCT_SHAPE(
    rn_kinesis_list_stream_consumers_reply, "ListStreamConsumersOutput", list_reply_members);
