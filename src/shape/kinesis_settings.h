/* kinesis_settings.h - the operations on settings of streams and of the account, as kinesis.h has the others. */
#ifndef RN_SHAPE_KINESIS_SETTINGS_H
#define RN_SHAPE_KINESIS_SETTINGS_H

#include "shape/kinesis.h"

/* Of EnableEnhancedMonitoring and DisableEnhancedMonitoring. */
struct rn_kinesis_enhanced_monitoring_request {
    rn_str stream_name, stream_arn, stream_id;
    struct rn_items shard_level_metrics; /* rn_str */
};

struct rn_kinesis_enhanced_monitoring_reply {
    rn_str stream_name, stream_arn;
    struct rn_items current_shard_level_metrics, desired_shard_level_metrics; /* rn_str */
};

/* Of StartStreamEncryption and StopStreamEncryption. */
struct rn_kinesis_stream_encryption_request {
    rn_str stream_name, stream_arn, stream_id, encryption_type, key_id;
};

struct rn_kinesis_update_max_record_size_request {
    rn_str stream_arn, stream_id;
    struct rn_number max_record_size_in_kib;
};

struct rn_kinesis_update_stream_mode_request {
    rn_str stream_arn, stream_id;
    struct rn_kinesis_stream_mode_details *stream_mode_details;
    struct rn_number warm_throughput_mi_bps;
};

struct rn_kinesis_update_stream_warm_throughput_request {
    rn_str stream_name, stream_arn, stream_id;
    struct rn_number warm_throughput_mi_bps;
};

struct rn_kinesis_update_stream_warm_throughput_reply {
    rn_str stream_name, stream_arn;
    struct rn_kinesis_warm_throughput *warm_throughput;
};

struct rn_kinesis_billing_commitment {
    rn_str status;
    struct rn_number started_at, ended_at, earliest_allowed_end_at;
};

struct rn_kinesis_describe_account_settings_request {
    char nothing; /* it has no members */
};

struct rn_kinesis_update_account_settings_request {
    struct rn_kinesis_billing_commitment *minimum_throughput_billing_commitment; /* status alone */
};

/* Of DescribeAccountSettings and UpdateAccountSettings. */
struct rn_kinesis_account_settings_reply {
    struct rn_kinesis_billing_commitment *minimum_throughput_billing_commitment;
};

/* Shard-level metrics, then "ALL"; NULL-terminated. */
extern const char *const rn_kinesis_metric_names[];

extern const struct rn_shape rn_kinesis_enable_enhanced_monitoring_request_shape;
extern const struct rn_shape rn_kinesis_enable_enhanced_monitoring_reply_shape;
extern const struct rn_shape rn_kinesis_disable_enhanced_monitoring_request_shape;
extern const struct rn_shape rn_kinesis_disable_enhanced_monitoring_reply_shape;
extern const struct rn_shape rn_kinesis_start_stream_encryption_request_shape;
extern const struct rn_shape rn_kinesis_stop_stream_encryption_request_shape;
extern const struct rn_shape rn_kinesis_update_max_record_size_request_shape;
extern const struct rn_shape rn_kinesis_update_stream_mode_request_shape;
extern const struct rn_shape rn_kinesis_update_stream_warm_throughput_request_shape;
extern const struct rn_shape rn_kinesis_update_stream_warm_throughput_reply_shape;
extern const struct rn_shape rn_kinesis_describe_account_settings_request_shape;
extern const struct rn_shape rn_kinesis_describe_account_settings_reply_shape;
extern const struct rn_shape rn_kinesis_update_account_settings_request_shape;
extern const struct rn_shape rn_kinesis_update_account_settings_reply_shape;

#endif
