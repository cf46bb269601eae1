/* kinesis_types.h - the named types of the service model that several operations use, with their constraints. */
#ifndef RN_SHAPE_KINESIS_TYPES_H
#define RN_SHAPE_KINESIS_TYPES_H

#include "shape/kinesis.h"

/* kinesis_manage.c */
extern const struct rn_shape rn_kinesis_tag_list;

/* Without constraints: replies. */
extern const struct rn_shape rn_kinesis_text, rn_kinesis_blob, rn_kinesis_integer, rn_kinesis_long,
    rn_kinesis_boolean, rn_kinesis_timestamp, rn_kinesis_text_list;

/* Of requests. */
extern const struct rn_shape rn_kinesis_stream_name, rn_kinesis_stream_arn, rn_kinesis_stream_id,
    rn_kinesis_consumer_arn, rn_kinesis_resource_arn, rn_kinesis_shard_id,
    rn_kinesis_sequence_number, rn_kinesis_hash_key, rn_kinesis_partition_key, rn_kinesis_data,
    rn_kinesis_shard_iterator, rn_kinesis_next_token, rn_kinesis_limit, rn_kinesis_tag_map,
    rn_kinesis_tag_key, rn_kinesis_tag_keys, rn_kinesis_shard_iterator_type,
    rn_kinesis_shard_filter_type, rn_kinesis_distribution_strategy, rn_kinesis_mode_details,
    rn_kinesis_hash_range, rn_kinesis_record_kib, rn_kinesis_warm_mi_bps;

/* Of replies. */
extern const struct rn_shape rn_kinesis_warm_object;

#endif
