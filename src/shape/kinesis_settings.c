/* kinesis_settings.c - tables of the operations on settings of a stream and of the account. */
#include "shape/kinesis_settings.h"

#include "shape/kinesis_types.h"

#define TEXT rn_kinesis_text

/* ---- monitoring ------------------------------------------------------------------------------- */

const char *const rn_kinesis_metric_names[] = {"IncomingBytes",
                                               "IncomingRecords",
                                               "OutgoingBytes",
                                               "OutgoingRecords",
                                               "WriteProvisionedThroughputExceeded",
                                               "ReadProvisionedThroughputExceeded",
                                               "IteratorAgeMilliseconds",
                                               "ALL",
                                               NULL};
static const struct rn_shape metric = {.kind = RN_STRING, .enum_values = rn_kinesis_metric_names};
static const struct rn_shape metrics = {
    .kind = RN_LIST, .has_min = true, .has_max = true, .min = 1, .max = 7, .item = &metric};

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_enhanced_monitoring_request, field, name, shape, required)
static const struct rn_member monitoring_members[] = {
    ROW(shard_level_metrics, "ShardLevelMetrics", metrics, true),
    ROW(stream_name, "StreamName", rn_kinesis_stream_name, false),
    ROW(stream_arn, "StreamARN", rn_kinesis_stream_arn, false),
    ROW(stream_id, "StreamId", rn_kinesis_stream_id, false),
};
const struct rn_shape rn_kinesis_enable_enhanced_monitoring_request_shape = RN_STRUCT_SHAPE(
    rn_kinesis_enhanced_monitoring_request, "EnableEnhancedMonitoringInput", monitoring_members);
const struct rn_shape rn_kinesis_disable_enhanced_monitoring_request_shape = RN_STRUCT_SHAPE(
    rn_kinesis_enhanced_monitoring_request, "DisableEnhancedMonitoringInput", monitoring_members);
#undef ROW

#define ROW(field, name, shape) \
    RN_MEMBER(rn_kinesis_enhanced_monitoring_reply, field, name, shape, false)
static const struct rn_member monitoring_reply_members[] = {
    ROW(stream_name, "StreamName", TEXT),
    ROW(current_shard_level_metrics, "CurrentShardLevelMetrics", rn_kinesis_text_list),
    ROW(desired_shard_level_metrics, "DesiredShardLevelMetrics", rn_kinesis_text_list),
    ROW(stream_arn, "StreamARN", TEXT),
};
const struct rn_shape rn_kinesis_enable_enhanced_monitoring_reply_shape = RN_STRUCT_SHAPE(
    rn_kinesis_enhanced_monitoring_reply, "EnhancedMonitoringOutput", monitoring_reply_members);
const struct rn_shape rn_kinesis_disable_enhanced_monitoring_reply_shape = RN_STRUCT_SHAPE(
    rn_kinesis_enhanced_monitoring_reply, "EnhancedMonitoringOutput", monitoring_reply_members);
#undef ROW

/* ---- encryption ------------------------------------------------------------------------------- */

static const char *const encryption_types[] = {"NONE", "KMS", NULL};
static const struct rn_shape encryption_type = {.kind = RN_STRING, .enum_values = encryption_types};
static const struct rn_shape key_id = {
    .kind = RN_STRING, .has_min = true, .has_max = true, .min = 1, .max = 2048};

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_stream_encryption_request, field, name, shape, required)
static const struct rn_member encryption_members[] = {
    ROW(encryption_type, "EncryptionType", encryption_type, true),
    ROW(key_id, "KeyId", key_id, true),
    ROW(stream_name, "StreamName", rn_kinesis_stream_name, false),
    ROW(stream_arn, "StreamARN", rn_kinesis_stream_arn, false),
    ROW(stream_id, "StreamId", rn_kinesis_stream_id, false),
};
const struct rn_shape rn_kinesis_start_stream_encryption_request_shape = RN_STRUCT_SHAPE(
    rn_kinesis_stream_encryption_request, "StartStreamEncryptionInput", encryption_members);
const struct rn_shape rn_kinesis_stop_stream_encryption_request_shape = RN_STRUCT_SHAPE(
    rn_kinesis_stream_encryption_request, "StopStreamEncryptionInput", encryption_members);
#undef ROW

/* ---- record size, mode, warm throughput ------------------------------------------------------- */

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_update_max_record_size_request, field, name, shape, required)
static const struct rn_member record_size_members[] = {
    ROW(max_record_size_in_kib, "MaxRecordSizeInKiB", rn_kinesis_record_kib, true),
    ROW(stream_arn, "StreamARN", rn_kinesis_stream_arn, false),
    ROW(stream_id, "StreamId", rn_kinesis_stream_id, false),
};
const struct rn_shape rn_kinesis_update_max_record_size_request_shape = RN_STRUCT_SHAPE(
    rn_kinesis_update_max_record_size_request, "UpdateMaxRecordSizeInput", record_size_members);
#undef ROW

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_update_stream_mode_request, field, name, shape, required)
static const struct rn_member mode_members[] = {
    ROW(stream_mode_details, "StreamModeDetails", rn_kinesis_mode_details, true),
    ROW(warm_throughput_mi_bps, "WarmThroughputMiBps", rn_kinesis_warm_mi_bps, false),
    ROW(stream_arn, "StreamARN", rn_kinesis_stream_arn, true),
    ROW(stream_id, "StreamId", rn_kinesis_stream_id, false),
};
const struct rn_shape rn_kinesis_update_stream_mode_request_shape =
    RN_STRUCT_SHAPE(rn_kinesis_update_stream_mode_request, "UpdateStreamModeInput", mode_members);
#undef ROW

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_update_stream_warm_throughput_request, field, name, shape, required)
static const struct rn_member warm_request_members[] = {
    ROW(warm_throughput_mi_bps, "WarmThroughputMiBps", rn_kinesis_warm_mi_bps, true),
    ROW(stream_name, "StreamName", rn_kinesis_stream_name, false),
    ROW(stream_arn, "StreamARN", rn_kinesis_stream_arn, false),
    ROW(stream_id, "StreamId", rn_kinesis_stream_id, false),
};
const struct rn_shape rn_kinesis_update_stream_warm_throughput_request_shape =
    RN_STRUCT_SHAPE(rn_kinesis_update_stream_warm_throughput_request,
                    "UpdateStreamWarmThroughputInput", warm_request_members);
#undef ROW

#define ROW(field, name, shape) \
    RN_MEMBER(rn_kinesis_update_stream_warm_throughput_reply, field, name, shape, false)
static const struct rn_member warm_reply_members[] = {
    ROW(stream_arn, "StreamARN", TEXT),
    ROW(stream_name, "StreamName", TEXT),
    ROW(warm_throughput, "WarmThroughput", rn_kinesis_warm_object),
};
const struct rn_shape rn_kinesis_update_stream_warm_throughput_reply_shape =
    RN_STRUCT_SHAPE(rn_kinesis_update_stream_warm_throughput_reply,
                    "UpdateStreamWarmThroughputOutput", warm_reply_members);
#undef ROW

/* ---- the account ------------------------------------------------------------------------------ */

static const char *const statuses[] = {"ENABLED", "DISABLED", NULL};
static const struct rn_shape status = {.kind = RN_STRING, .enum_values = statuses};

static const struct rn_member commitment_input_members[] = {
    RN_MEMBER(rn_kinesis_billing_commitment, status, "Status", status, true),
};
static const struct rn_shape commitment_input =
    RN_STRUCT_SHAPE(rn_kinesis_billing_commitment, "MinimumThroughputBillingCommitmentInput",
                    commitment_input_members);
static const struct rn_member update_account_members[] = {
    RN_MEMBER(rn_kinesis_update_account_settings_request, minimum_throughput_billing_commitment,
              "MinimumThroughputBillingCommitment", commitment_input, true),
};
const struct rn_shape rn_kinesis_update_account_settings_request_shape =
    RN_STRUCT_SHAPE(rn_kinesis_update_account_settings_request, "UpdateAccountSettingsInput",
                    update_account_members);

const struct rn_shape rn_kinesis_describe_account_settings_request_shape = {
    .kind = RN_STRUCT,
    .name = "DescribeAccountSettingsInput",
    .size = sizeof(struct rn_kinesis_describe_account_settings_request)};

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_billing_commitment, field, name, shape, required)
static const struct rn_member commitment_members[] = {
    ROW(status, "Status", TEXT, true),
    ROW(started_at, "StartedAt", rn_kinesis_timestamp, false),
    ROW(ended_at, "EndedAt", rn_kinesis_timestamp, false),
    ROW(earliest_allowed_end_at, "EarliestAllowedEndAt", rn_kinesis_timestamp, false),
};
static const struct rn_shape commitment = RN_STRUCT_SHAPE(
    rn_kinesis_billing_commitment, "MinimumThroughputBillingCommitmentOutput", commitment_members);
#undef ROW

static const struct rn_member account_reply_members[] = {
    RN_MEMBER(rn_kinesis_account_settings_reply, minimum_throughput_billing_commitment,
              "MinimumThroughputBillingCommitment", commitment, false),
};
const struct rn_shape rn_kinesis_describe_account_settings_reply_shape = RN_STRUCT_SHAPE(
    rn_kinesis_account_settings_reply, "DescribeAccountSettingsOutput", account_reply_members);
const struct rn_shape rn_kinesis_update_account_settings_reply_shape = RN_STRUCT_SHAPE(
    rn_kinesis_account_settings_reply, "UpdateAccountSettingsOutput", account_reply_members);
