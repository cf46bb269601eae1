/* settings.c - IncreaseStreamRetentionPeriod, DecreaseStreamRetentionPeriod, EnableEnhancedMonitoring,
 * DisableEnhancedMonitoring, StartStreamEncryption, StopStreamEncryption, UpdateMaxRecordSize, UpdateStreamMode,
 * UpdateStreamWarmThroughput.
 *
 * Order of checks: stream, rate, what the request alone decides; then what the control log decides: that the
 * stream is ACTIVE, whether the setting suits it, how often it was changed today. A call ends when the
 * stream is ACTIVE again, unless transitions are stretched.
 * Encryption is a state that is kept and told: records are stored as they are. */
#include "service/settings.h"

#include <assert.h>
#include <inttypes.h>

#include "model/key_id.h"
#include "service/rates.h"
#include "service/select.h"

/* What is counted by day, and as what. */
static const struct {
    enum rn_stream_setting which;
    enum rn_limit limit;
    const char *operation;
} daily[] = {
    {RN_SET_ENCRYPT, RN_LIMIT_DAILY_START_ENCRYPTION, "StartStreamEncryption"},
    {RN_SET_DECRYPT, RN_LIMIT_DAILY_STOP_ENCRYPTION, "StopStreamEncryption"},
    {RN_SET_MODE, RN_LIMIT_DAILY_UPDATE_MODE, "UpdateStreamMode"},
    {RN_SET_COUNT, RN_LIMIT_DAILY_UPDATE_SHARD_COUNT, "UpdateShardCount"}, /* no setting */
};
enum { DAILY_COUNT = sizeof(daily) / sizeof(daily[0]), RETENTION_HOURS_MIN = 24 };

/* ---- refusals --------------------------------------------------------------------------------- */

void rn_fail_provisioned(struct rn_call *call, rn_str name)
{
    rn_call_fail(
        call, RN_FAULT_INVALID_ARGUMENT,
        "WarmThroughputMiBps is only supported for on-demand streams. Stream %.*s is using "
        "PROVISIONED mode.",
        RN_STR_ARG(name));
}

static bool is_counted_as(const struct rn_proposal *proposal, size_t row)
{
    return proposal->type == RN_COMMAND_RESHARD
               ? daily[row].limit == RN_LIMIT_DAILY_UPDATE_SHARD_COUNT
               : daily[row].which == proposal->as.set_setting.which;
}

void rn_fail_daily(struct rn_change_call *change)
{
    size_t row = 0;

    while (!is_counted_as(&change->proposal, row)) {
        row++;
        assert(row < DAILY_COUNT);
    }
    rn_tell_limited(change->call, daily[row].limit, change->name);
    rn_call_fail(change->call, RN_FAULT_LIMIT_EXCEEDED,
                 "Limit of %" PRIu64 " %s operations in 24 hours exceeded for stream %.*s under "
                 "account %.*s.",
                 change->proposal.numbers[1], daily[row].operation, RN_STR_ARG(change->name),
                 RN_STR_ARG(change->call->service->account));
}

static void fail_key(struct rn_change_call *change)
{
    rn_str account = change->call->service->account;

    if (change->proposal.numbers[0] == 0) {
        rn_call_fail(change->call, RN_FAULT_INVALID_ARGUMENT,
                     "Stream %.*s under account %.*s is not encrypted.", RN_STR_ARG(change->name),
                     RN_STR_ARG(account));
        return;
    }
    rn_call_fail(change->call, RN_FAULT_INVALID_ARGUMENT,
                 "Stream %.*s under account %.*s is not encrypted with key %.*s.",
                 RN_STR_ARG(change->name), RN_STR_ARG(account),
                 RN_STR_ARG(change->proposal.as.set_setting.key_id));
}

void rn_fail_setting(struct rn_change_call *change)
{
    if (change->proposal.verdict == RN_VERDICT_PROVISIONED) {
        rn_fail_provisioned(change->call, change->name);
    } else {
        fail_key(change);
    }
}

bool rn_on_demand_fits(struct rn_call *call, rn_str name)
{
    struct rn_service *service = call->service;
    int64_t limit = rn_data_limit(service->options.data, RN_LIMIT_ACCOUNT_ON_DEMAND_STREAMS);
    size_t count = rn_state_on_demand_count(service->state);

    if (limit == RN_LIMIT_OFF || (int64_t)count < limit) {
        return true;
    }
    rn_tell_limited(call, RN_LIMIT_ACCOUNT_ON_DEMAND_STREAMS, name);
    rn_call_fail(call, RN_FAULT_LIMIT_EXCEEDED,
                 "This request would exceed the on-demand stream limit for the account %.*s in "
                 "%.*s. Current on-demand stream count for the account: %zu. Limit: %" PRId64 ".",
                 RN_STR_ARG(service->account), RN_STR_ARG(service->region), count, limit);
    return false;
}

bool rn_may_be_warm(const struct rn_call *call)
{
    struct rn_commitment commitment = rn_state_commitment(call->service->state);

    return rn_commitment_holds(&commitment, rn_call_now_ms(call));
}

bool rn_warm_fits(struct rn_call *call, rn_str name, int64_t mib)
{
    int64_t limit = rn_data_limit(call->service->options.data, RN_LIMIT_STREAM_WARM);
    int64_t most = limit == RN_LIMIT_OFF ? rn_limit_row(RN_LIMIT_STREAM_WARM)->max : limit;

    if (!rn_may_be_warm(call)) {
        rn_call_fail(call, RN_FAULT_INVALID_ARGUMENT,
                     "WarmThroughputMiBps is only supported in accounts that have "
                     "MinimumThroughputBillingCommitment enabled. Account %.*s has not.",
                     RN_STR_ARG(call->service->account));
        return false;
    }
    if (mib <= most) {
        return true;
    }
    rn_tell_limited(call, RN_LIMIT_STREAM_WARM, name);
    rn_call_fail(call, RN_FAULT_LIMIT_EXCEEDED,
                 "Warm throughput of %" PRId64 " MiBps exceeds the limit of %" PRId64
                 " MiBps for stream %.*s under account %.*s.",
                 mib, most, RN_STR_ARG(name), RN_STR_ARG(call->service->account));
    return false;
}

/* ---- proposals -------------------------------------------------------------------------------- */

/* Of what the setting is counted by day; 0: no limit, as in the command. */
static uint32_t daily_max(const struct rn_call *call, enum rn_stream_setting which)
{
    for (size_t i = 0; i < DAILY_COUNT; i++) {
        if (daily[i].which == which) {
            return (uint32_t)rn_data_limit(call->service->options.data, daily[i].limit);
        }
    }
    return 0;
}

/* `answer`, if not NULL, fills in the reply once the change is made. */
static void propose(struct rn_call *call, const struct rn_stream *stream,
                    const struct rn_set_setting *set, bool (*answer)(struct rn_change_call *change))
{
    struct rn_change_call *change =
        rn_change_call_new(call, RN_COMMAND_SET_SETTING, rn_stream_name(stream));

    if (change) {
        change->answer = answer;
        change->proposal.as.set_setting = *set;
        change->proposal.as.set_setting.uid = stream->uid;
        change->proposal.as.set_setting.daily_max = daily_max(call, set->which);
        rn_change_call_propose(change);
    }
}

/* ---- retention -------------------------------------------------------------------------------- */

static bool hours_fit(struct rn_call *call, int64_t hours)
{
    if (hours < RETENTION_HOURS_MIN) {
        rn_call_fail(call, RN_FAULT_INVALID_ARGUMENT,
                     "Minimum allowed retention period is %d hours. Requested retention period "
                     "(%" PRId64 " hours) is too short.",
                     RETENTION_HOURS_MIN, hours);
        return false;
    }
    if (hours > RN_RETENTION_HOURS_MAX) {
        rn_call_fail(call, RN_FAULT_INVALID_ARGUMENT,
                     "Maximum allowed retention period is %d hours. Requested retention period "
                     "(%" PRId64 " hours) is too long.",
                     RN_RETENTION_HOURS_MAX, hours);
        return false;
    }
    return true;
}

/* Both requests have the same members. */
static void set_retention(struct rn_call *call, enum rn_limit limit, enum rn_retention_change which)
{
    const struct rn_kinesis_set_stream_retention_period_request *request = call->request;
    const struct rn_stream *stream =
        rn_select_stream(call, request->stream_name, request->stream_arn);
    struct rn_change_call *change;

    if (!stream || !rn_rate_of_stream(call, limit, stream) ||
        !hours_fit(call, request->retention_period_hours.value)) {
        return;
    }
    change = rn_change_call_new(call, RN_COMMAND_SET_RETENTION, rn_stream_name(stream));
    if (change) {
        change->proposal.as.set_retention =
            (struct rn_set_retention){.uid = stream->uid,
                                      .hours = (uint32_t)request->retention_period_hours.value,
                                      .change = which,
                                      .seen_ms = rn_call_now_ms(call)};
        rn_change_call_propose(change);
    }
}

void rn_service_increase_stream_retention_period(struct rn_call *call)
{
    set_retention(call, RN_LIMIT_CALLS_INCREASE_RETENTION, RN_RETENTION_INCREASE);
}

void rn_service_decrease_stream_retention_period(struct rn_call *call)
{
    set_retention(call, RN_LIMIT_CALLS_DECREASE_RETENTION, RN_RETENTION_DECREASE);
}

/* ---- monitoring ------------------------------------------------------------------------------- */

static bool is_all(const char *name)
{
    return strcmp(name, "ALL") == 0;
}

bool rn_metrics_list(struct rn_arena *arena, uint8_t metrics, struct rn_items *ret_names)
{
    rn_str *names = rn_arena_zalloc(arena, 8, sizeof(*names));
    size_t count = 0;

    for (size_t i = 0; names && !is_all(rn_kinesis_metric_names[i]); i++) {
        if (metrics & 1u << i) {
            names[count++] = rn_str_c(rn_kinesis_metric_names[i]);
        }
    }
    *ret_names = (struct rn_items){.data = names, .count = count, .set = true};
    return names != NULL;
}

/* Names that the request's shape has let pass. */
static uint32_t metrics_of(const struct rn_items *names)
{
    const rn_str *wanted = names->data;
    uint32_t metrics = 0;

    for (size_t i = 0; i < names->count; i++) {
        for (size_t m = 0; rn_kinesis_metric_names[m]; m++) {
            if (rn_str_eq(wanted[i], rn_str_c(rn_kinesis_metric_names[m]))) {
                metrics |= is_all(rn_kinesis_metric_names[m]) ? RN_METRICS_ALL : 1u << m;
            }
        }
    }
    return metrics;
}

static bool answer_metrics(struct rn_change_call *change)
{
    struct rn_kinesis_enhanced_monitoring_reply *reply = change->call->reply;
    struct rn_arena *arena = change->call->arena;

    reply->stream_name = change->name;
    reply->stream_arn = rn_stream_arn_text(change->call, change->name);
    return reply->stream_arn.data &&
           rn_metrics_list(arena, (uint8_t)change->proposal.numbers[0],
                           &reply->current_shard_level_metrics) &&
           rn_metrics_list(arena, (uint8_t)change->proposal.numbers[1],
                           &reply->desired_shard_level_metrics);
}

static void change_metrics(struct rn_call *call, enum rn_limit limit, enum rn_stream_setting which)
{
    const struct rn_kinesis_enhanced_monitoring_request *request = call->request;
    const struct rn_stream *stream =
        rn_select_stream(call, request->stream_name, request->stream_arn);

    if (!stream || !rn_rate_of_stream(call, limit, stream)) {
        return;
    }
    propose(call, stream,
            &(struct rn_set_setting){.which = which,
                                     .number = metrics_of(&request->shard_level_metrics)},
            answer_metrics);
}

void rn_service_enable_enhanced_monitoring(struct rn_call *call)
{
    change_metrics(call, RN_LIMIT_CALLS_ENABLE_MONITORING, RN_SET_METRICS_ON);
}

void rn_service_disable_enhanced_monitoring(struct rn_call *call)
{
    change_metrics(call, RN_LIMIT_CALLS_DISABLE_MONITORING, RN_SET_METRICS_OFF);
}

/* ---- encryption ------------------------------------------------------------------------------- */

static void change_encryption(struct rn_call *call, enum rn_stream_setting which)
{
    const struct rn_kinesis_stream_encryption_request *request = call->request;
    const struct rn_stream *stream =
        rn_select_stream(call, request->stream_name, request->stream_arn);

    if (!stream) {
        return;
    }
    if (!rn_str_eq(request->encryption_type, RN_STR("KMS"))) {
        rn_call_fail(call, RN_FAULT_INVALID_ARGUMENT, "EncryptionType must be KMS.");
        return;
    }
    if (!rn_key_id_valid(request->key_id)) {
        rn_call_fail(call, RN_FAULT_KMS_NOT_FOUND,
                     "KeyId %.*s is not the id of a key, nor an alias, nor the ARN of one.",
                     RN_STR_ARG(request->key_id));
        return;
    }
    propose(call, stream, &(struct rn_set_setting){.which = which, .key_id = request->key_id},
            NULL);
}

void rn_service_start_stream_encryption(struct rn_call *call)
{
    change_encryption(call, RN_SET_ENCRYPT);
}

void rn_service_stop_stream_encryption(struct rn_call *call)
{
    change_encryption(call, RN_SET_DECRYPT);
}

/* ---- record size, mode, warm throughput ------------------------------------------------------- */

void rn_service_update_max_record_size(struct rn_call *call)
{
    const struct rn_kinesis_update_max_record_size_request *request = call->request;
    const struct rn_stream *stream;

    if (!request->stream_arn.data) {
        rn_call_fail(call, RN_FAULT_INVALID_ARGUMENT, "StreamARN should be provided.");
        return;
    }
    stream = rn_select_stream(call, RN_STR_NONE, request->stream_arn);
    if (stream) {
        propose(call, stream,
                &(struct rn_set_setting){.which = RN_SET_RECORD_KIB,
                                         .number = (uint32_t)request->max_record_size_in_kib.value},
                NULL);
    }
}

void rn_service_update_stream_mode(struct rn_call *call)
{
    const struct rn_kinesis_update_stream_mode_request *request = call->request;
    const struct rn_stream *stream = rn_select_stream(call, RN_STR_NONE, request->stream_arn);
    bool on_demand = rn_str_eq(request->stream_mode_details->stream_mode, RN_STR("ON_DEMAND"));
    int64_t warm_mib = request->warm_throughput_mi_bps.value;

    if (!stream) {
        return;
    }
    if (warm_mib > 0 && !on_demand) {
        rn_fail_provisioned(call, rn_stream_name(stream));
        return;
    }
    if ((on_demand && stream->mode != RN_STREAM_ON_DEMAND &&
         !rn_on_demand_fits(call, rn_stream_name(stream))) ||
        (warm_mib > 0 && !rn_warm_fits(call, rn_stream_name(stream), warm_mib))) {
        return;
    }
    propose(
        call, stream,
        &(struct rn_set_setting){.which = RN_SET_MODE,
                                 .number = on_demand ? RN_STREAM_ON_DEMAND : RN_STREAM_PROVISIONED,
                                 .warm_mib = (uint32_t)warm_mib},
        NULL);
}

struct rn_kinesis_warm_throughput *rn_warm_throughput(struct rn_arena *arena, uint64_t target_mib,
                                                      uint64_t current_mib)
{
    struct rn_kinesis_warm_throughput *out = rn_arena_zalloc(arena, 1, sizeof(*out));

    if (out) {
        out->target_mi_bps = (struct rn_number){.value = (int64_t)target_mib, .set = true};
        out->current_mi_bps = (struct rn_number){.value = (int64_t)current_mib, .set = true};
    }
    return out;
}

/* The current throughput is that of before: it is reached when the stream is ACTIVE again. */
static bool answer_warm(struct rn_change_call *change)
{
    struct rn_kinesis_update_stream_warm_throughput_reply *reply = change->call->reply;

    reply->warm_throughput = rn_warm_throughput(change->call->arena, change->proposal.numbers[1],
                                                change->proposal.numbers[0]);
    reply->stream_name = change->name;
    reply->stream_arn = rn_stream_arn_text(change->call, change->name);
    return reply->warm_throughput && reply->stream_arn.data;
}

void rn_service_update_stream_warm_throughput(struct rn_call *call)
{
    const struct rn_kinesis_update_stream_warm_throughput_request *request = call->request;
    int64_t mib = request->warm_throughput_mi_bps.value;
    const struct rn_stream *stream =
        rn_select_stream(call, request->stream_name, request->stream_arn);

    if (!stream || !rn_rate_of_account(call, RN_LIMIT_CALLS_UPDATE_WARM, rn_stream_name(stream)) ||
        !rn_warm_fits(call, rn_stream_name(stream), mib)) {
        return;
    }
    propose(call, stream, &(struct rn_set_setting){.which = RN_SET_WARM, .number = (uint32_t)mib},
            answer_warm);
}
