/* kinesis_subscribe.h - what SubscribeToShard asks with, and the events it is answered with. Their tables
 * are in kinesis_record.c. */
#ifndef RN_SHAPE_KINESIS_SUBSCRIBE_H
#define RN_SHAPE_KINESIS_SUBSCRIBE_H

#include "shape/kinesis.h"

struct rn_kinesis_starting_position {
    rn_str type, sequence_number;
    struct rn_number timestamp;
};

struct rn_kinesis_subscribe_to_shard_request {
    rn_str consumer_arn, shard_id, stream_id;
    struct rn_kinesis_starting_position *starting_position;
    struct rn_number dry_run;
};

struct rn_kinesis_subscribe_to_shard_event {
    struct rn_items records; /* struct rn_kinesis_record */
    rn_str continuation_sequence_number;
    struct rn_number millis_behind_latest;
    struct rn_items child_shards; /* struct rn_kinesis_child_shard */
};

extern const struct rn_shape rn_kinesis_subscribe_to_shard_request_shape;
extern const struct rn_shape rn_kinesis_subscribe_to_shard_event_shape;

#endif
