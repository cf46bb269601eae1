/* kinesis_resource.h - kinesis.h goes on: what is said about a stream by ARN alone. Consumers (tables in
 * kinesis_consumer.c), and tags and policies of streams and consumers (kinesis_resource.c). */
#ifndef RN_SHAPE_KINESIS_RESOURCE_H
#define RN_SHAPE_KINESIS_RESOURCE_H

#include "shape/kinesis.h"

/* ---- consumers -------------------------------------------------------------------------------- */

struct rn_kinesis_register_stream_consumer_request {
    rn_str stream_arn, consumer_name, stream_id;
    struct rn_items tags; /* struct rn_pair */
};

struct rn_kinesis_consumer {
    rn_str consumer_name, consumer_arn, consumer_status;
    struct rn_number consumer_creation_timestamp;
    rn_str stream_arn; /* in a description alone */
};

struct rn_kinesis_register_stream_consumer_reply {
    struct rn_kinesis_consumer *consumer;
};

/* Of DescribeStreamConsumer and DeregisterStreamConsumer. */
struct rn_kinesis_stream_consumer_request {
    rn_str stream_arn, consumer_name, consumer_arn, stream_id;
};

struct rn_kinesis_describe_stream_consumer_reply {
    struct rn_kinesis_consumer *consumer_description;
};

struct rn_kinesis_list_stream_consumers_request {
    rn_str stream_arn, stream_id, next_token;
    struct rn_number max_results, stream_creation_timestamp;
};

struct rn_kinesis_list_stream_consumers_reply {
    struct rn_items consumers; /* struct rn_kinesis_consumer */
    rn_str next_token;
};

/* ---- tags and policies ------------------------------------------------------------------------ */

/* Of ListTagsForResource, GetResourcePolicy and DeleteResourcePolicy. */
struct rn_kinesis_resource_request {
    rn_str resource_arn, stream_id;
};

struct rn_kinesis_tag_resource_request {
    rn_str resource_arn, stream_id;
    struct rn_items tags; /* struct rn_pair */
};

struct rn_kinesis_untag_resource_request {
    rn_str resource_arn, stream_id;
    struct rn_items tag_keys; /* rn_str */
};

struct rn_kinesis_list_tags_for_resource_reply {
    struct rn_items tags; /* struct rn_kinesis_tag */
};

struct rn_kinesis_put_resource_policy_request {
    rn_str resource_arn, stream_id, policy;
};

struct rn_kinesis_get_resource_policy_reply {
    rn_str policy;
};

/* ---- tables ----------------------------------------------------------------------------------- */

extern const struct rn_shape rn_kinesis_tag_resource_request_shape;
extern const struct rn_shape rn_kinesis_untag_resource_request_shape;
extern const struct rn_shape rn_kinesis_list_tags_for_resource_request_shape;
extern const struct rn_shape rn_kinesis_list_tags_for_resource_reply_shape;
extern const struct rn_shape rn_kinesis_put_resource_policy_request_shape;
extern const struct rn_shape rn_kinesis_get_resource_policy_request_shape;
extern const struct rn_shape rn_kinesis_get_resource_policy_reply_shape;
extern const struct rn_shape rn_kinesis_delete_resource_policy_request_shape;
extern const struct rn_shape rn_kinesis_register_stream_consumer_request_shape;
extern const struct rn_shape rn_kinesis_register_stream_consumer_reply_shape;
extern const struct rn_shape rn_kinesis_deregister_stream_consumer_request_shape;
extern const struct rn_shape rn_kinesis_describe_stream_consumer_request_shape;
extern const struct rn_shape rn_kinesis_describe_stream_consumer_reply_shape;
extern const struct rn_shape rn_kinesis_list_stream_consumers_request_shape;
extern const struct rn_shape rn_kinesis_list_stream_consumers_reply_shape;

#endif
