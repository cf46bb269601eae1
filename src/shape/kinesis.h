/* kinesis.h - Kinesis Data Streams 2013-12-02 as data: the requests and replies of each operation,
 * as C structs with the tables (codec/shape.h) that decode, check and encode them.
 *
 * Members are those of the newest public service model, in snake case. All memory belongs to whoever filled
 * the struct: the arena of the request, as a rule. Numbers of type Timestamp are milliseconds.
 * Tables: kinesis_stream.c (streams and shards), kinesis_manage.c (tags, retention, limits), kinesis_record.c (records and iterators), with the shared types and patterns
 * in kinesis_types.c. Source: public service model and API reference; the order of members is the
 * order in which the real service was seen to report violations. */
#ifndef RN_SHAPE_KINESIS_H
#define RN_SHAPE_KINESIS_H

#include "codec/shape.h"

/* ---- parts that several operations share ------------------------------------------------------ */

struct rn_kinesis_stream_mode_details {
    rn_str stream_mode;
};

struct rn_kinesis_hash_key_range {
    rn_str starting_hash_key, ending_hash_key;
};

struct rn_kinesis_sequence_number_range {
    rn_str starting_sequence_number, ending_sequence_number;
};

struct rn_kinesis_shard {
    rn_str shard_id, parent_shard_id, adjacent_parent_shard_id;
    struct rn_kinesis_hash_key_range *hash_key_range;
    struct rn_kinesis_sequence_number_range *sequence_number_range;
};

struct rn_kinesis_enhanced_metrics {
    struct rn_items shard_level_metrics; /* rn_str */
};

struct rn_kinesis_warm_throughput {
    struct rn_number target_mi_bps, current_mi_bps;
};

/* ---- streams ---------------------------------------------------------------------------------- */

struct rn_kinesis_create_stream_request {
    rn_str stream_name;
    struct rn_number shard_count;
    struct rn_kinesis_stream_mode_details *stream_mode_details;
    struct rn_items tags; /* struct rn_pair */
    struct rn_number warm_throughput_mi_bps, max_record_size_in_kib;
    rn_str record_distribution_strategy;
};

struct rn_kinesis_delete_stream_request {
    rn_str stream_name, stream_arn, stream_id;
    struct rn_number enforce_consumer_deletion;
};

struct rn_kinesis_describe_stream_request {
    rn_str stream_name, stream_arn, stream_id;
    struct rn_number limit;
    rn_str exclusive_start_shard_id;
};

struct rn_kinesis_stream_description {
    rn_str stream_name, stream_arn, stream_status;
    struct rn_kinesis_stream_mode_details *stream_mode_details;
    struct rn_items shards; /* struct rn_kinesis_shard */
    struct rn_number has_more_shards, retention_period_hours, stream_creation_timestamp;
    struct rn_items enhanced_monitoring; /* struct rn_kinesis_enhanced_metrics */
    rn_str encryption_type, key_id;
};

struct rn_kinesis_describe_stream_reply {
    struct rn_kinesis_stream_description *stream_description;
};

struct rn_kinesis_describe_stream_summary_request {
    rn_str stream_name, stream_arn, stream_id;
};

struct rn_kinesis_stream_description_summary {
    rn_str stream_name, stream_arn, stream_status;
    struct rn_kinesis_stream_mode_details *stream_mode_details;
    struct rn_number retention_period_hours, stream_creation_timestamp;
    struct rn_items enhanced_monitoring; /* struct rn_kinesis_enhanced_metrics */
    rn_str encryption_type, key_id;
    struct rn_number open_shard_count, consumer_count;
    struct rn_kinesis_warm_throughput *warm_throughput;
    struct rn_number max_record_size_in_kib, channel_count;
    rn_str record_distribution_strategy;
};

struct rn_kinesis_describe_stream_summary_reply {
    struct rn_kinesis_stream_description_summary *stream_description_summary;
};

struct rn_kinesis_list_streams_request {
    struct rn_number limit;
    rn_str exclusive_start_stream_name, next_token;
};

struct rn_kinesis_stream_summary {
    rn_str stream_name, stream_arn, stream_status;
    struct rn_kinesis_stream_mode_details *stream_mode_details;
    struct rn_number stream_creation_timestamp;
};

struct rn_kinesis_list_streams_reply {
    struct rn_items stream_names; /* rn_str */
    struct rn_number has_more_streams;
    rn_str next_token;
    struct rn_items stream_summaries; /* struct rn_kinesis_stream_summary */
};

struct rn_kinesis_shard_filter {
    rn_str type, shard_id;
    struct rn_number timestamp;
};

struct rn_kinesis_list_shards_request {
    rn_str stream_name, stream_arn, stream_id, next_token, exclusive_start_shard_id;
    struct rn_number max_results, stream_creation_timestamp;
    struct rn_kinesis_shard_filter *shard_filter;
};

struct rn_kinesis_list_shards_reply {
    struct rn_items shards; /* struct rn_kinesis_shard */
    rn_str next_token;
};

struct rn_kinesis_describe_limits_request {
    char nothing; /* it has no members */
};

struct rn_kinesis_describe_limits_reply {
    struct rn_number shard_limit, open_shard_count, on_demand_stream_count,
        on_demand_stream_count_limit;
};

/* Of IncreaseStreamRetentionPeriod and DecreaseStreamRetentionPeriod. */
struct rn_kinesis_set_stream_retention_period_request {
    rn_str stream_name, stream_arn, stream_id;
    struct rn_number retention_period_hours;
};

struct rn_kinesis_split_shard_request {
    rn_str stream_name, stream_arn, stream_id;
    rn_str shard_to_split, new_starting_hash_key;
};

struct rn_kinesis_merge_shards_request {
    rn_str stream_name, stream_arn, stream_id;
    rn_str shard_to_merge, adjacent_shard_to_merge;
};

struct rn_kinesis_update_shard_count_request {
    rn_str stream_name, stream_arn, stream_id;
    struct rn_number target_shard_count;
    rn_str scaling_type;
};

struct rn_kinesis_update_shard_count_reply {
    rn_str stream_name, stream_arn;
    struct rn_number current_shard_count, target_shard_count;
};

struct rn_kinesis_add_tags_to_stream_request {
    rn_str stream_name, stream_arn, stream_id;
    struct rn_items tags; /* struct rn_pair */
};

struct rn_kinesis_remove_tags_from_stream_request {
    rn_str stream_name, stream_arn, stream_id;
    struct rn_items tag_keys; /* rn_str */
};

struct rn_kinesis_list_tags_for_stream_request {
    rn_str stream_name, stream_arn, stream_id, exclusive_start_tag_key;
    struct rn_number limit;
};

struct rn_kinesis_tag {
    rn_str key, value;
};

struct rn_kinesis_list_tags_for_stream_reply {
    struct rn_items tags; /* struct rn_kinesis_tag */
    struct rn_number has_more_tags;
};

/* ---- records ---------------------------------------------------------------------------------- */

struct rn_kinesis_put_record_request {
    rn_str stream_name, stream_arn, stream_id, data, partition_key, explicit_hash_key,
        sequence_number_for_ordering;
    struct rn_number dry_run;
};

struct rn_kinesis_put_record_reply {
    rn_str shard_id, sequence_number, encryption_type;
};

struct rn_kinesis_put_records_request_entry {
    rn_str data, partition_key, explicit_hash_key;
};

struct rn_kinesis_put_records_request {
    struct rn_items records; /* struct rn_kinesis_put_records_request_entry */
    rn_str stream_name, stream_arn, stream_id;
    struct rn_number dry_run;
};

struct rn_kinesis_put_records_result_entry {
    rn_str sequence_number, shard_id, error_code, error_message;
};

struct rn_kinesis_put_records_reply {
    struct rn_number failed_record_count;
    struct rn_items records; /* struct rn_kinesis_put_records_result_entry */
    rn_str encryption_type;
};

struct rn_kinesis_get_shard_iterator_request {
    rn_str stream_name, stream_arn, stream_id, shard_id, shard_iterator_type,
        starting_sequence_number;
    struct rn_number timestamp, dry_run;
};

struct rn_kinesis_get_shard_iterator_reply {
    rn_str shard_iterator;
};

struct rn_kinesis_get_records_request {
    rn_str shard_iterator;
    struct rn_number limit;
    rn_str stream_arn, stream_id;
    struct rn_number dry_run;
};

struct rn_kinesis_record {
    rn_str sequence_number;
    struct rn_number approximate_arrival_timestamp;
    rn_str data, partition_key, encryption_type;
};

struct rn_kinesis_child_shard {
    rn_str shard_id;
    struct rn_items parent_shards; /* rn_str */
    struct rn_kinesis_hash_key_range *hash_key_range;
};

struct rn_kinesis_get_records_reply {
    struct rn_items records; /* struct rn_kinesis_record */
    rn_str next_shard_iterator;
    struct rn_number millis_behind_latest;
    struct rn_items child_shards; /* struct rn_kinesis_child_shard */
};

/* ---- tables ----------------------------------------------------------------------------------- */

extern const struct rn_shape rn_kinesis_create_stream_request_shape;
extern const struct rn_shape rn_kinesis_delete_stream_request_shape;
extern const struct rn_shape rn_kinesis_describe_stream_request_shape;
extern const struct rn_shape rn_kinesis_describe_stream_reply_shape;
extern const struct rn_shape rn_kinesis_describe_stream_summary_request_shape;
extern const struct rn_shape rn_kinesis_describe_stream_summary_reply_shape;
extern const struct rn_shape rn_kinesis_list_streams_request_shape;
extern const struct rn_shape rn_kinesis_list_streams_reply_shape;
extern const struct rn_shape rn_kinesis_list_shards_request_shape;
extern const struct rn_shape rn_kinesis_list_shards_reply_shape;
extern const struct rn_shape rn_kinesis_describe_limits_request_shape;
extern const struct rn_shape rn_kinesis_describe_limits_reply_shape;
extern const struct rn_shape rn_kinesis_increase_stream_retention_period_request_shape;
extern const struct rn_shape rn_kinesis_decrease_stream_retention_period_request_shape;
extern const struct rn_shape rn_kinesis_add_tags_to_stream_request_shape;
extern const struct rn_shape rn_kinesis_remove_tags_from_stream_request_shape;
extern const struct rn_shape rn_kinesis_list_tags_for_stream_request_shape;
extern const struct rn_shape rn_kinesis_list_tags_for_stream_reply_shape;
extern const struct rn_shape rn_kinesis_split_shard_request_shape;
extern const struct rn_shape rn_kinesis_merge_shards_request_shape;
extern const struct rn_shape rn_kinesis_update_shard_count_request_shape;
extern const struct rn_shape rn_kinesis_update_shard_count_reply_shape;
extern const struct rn_shape rn_kinesis_put_record_request_shape;
extern const struct rn_shape rn_kinesis_put_record_reply_shape;
extern const struct rn_shape rn_kinesis_put_records_request_shape;
extern const struct rn_shape rn_kinesis_put_records_reply_shape;
extern const struct rn_shape rn_kinesis_get_shard_iterator_request_shape;
extern const struct rn_shape rn_kinesis_get_shard_iterator_reply_shape;
extern const struct rn_shape rn_kinesis_get_records_request_shape;
extern const struct rn_shape rn_kinesis_get_records_reply_shape;

#endif
