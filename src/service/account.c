/* account.c - what the account may: DescribeLimits, DescribeAccountSettings, UpdateAccountSettings, and
 * Runnel's own GetLimits and SetLimits.
 *
 * A limit has a default, which the server was started with (--limits), and may have a value that was set;
 * that one counts, on every server of the log, until it is set to "default".
 * The one setting is the minimum throughput billing commitment. Nothing is billed here; what it does is to
 * allow warm throughput. It holds for a day at least: disabled earlier, it ends at the end of that day. */
#include "service/change.h"
#include "service/rates.h"
#include "shape/kinesis_settings.h"
#include "shape/runnel.h"

/* ---- limits ----------------------------------------------------------------------------------- */

void rn_service_describe_limits(struct rn_call *call)
{
    struct rn_service *service = call->service;
    struct rn_kinesis_describe_limits_reply *reply = call->reply;
    int64_t streams = rn_data_limit(service->options.data, RN_LIMIT_ACCOUNT_ON_DEMAND_STREAMS);

    if (!rn_rate_of_account(call, RN_LIMIT_CALLS_DESCRIBE_LIMITS, RN_STR_NONE)) {
        return;
    }
    if (streams == RN_LIMIT_OFF) {
        streams = rn_limit_row(RN_LIMIT_ACCOUNT_ON_DEMAND_STREAMS)->max;
    }
    reply->shard_limit = (struct rn_number){rn_account_shards_max(service), true};
    reply->open_shard_count =
        (struct rn_number){(int64_t)rn_state_open_shard_count(service->state), true};
    reply->on_demand_stream_count =
        (struct rn_number){(int64_t)rn_state_on_demand_count(service->state), true};
    reply->on_demand_stream_count_limit = (struct rn_number){streams, true};
    rn_call_ok(call);
}

static rn_str value_text(struct rn_arena *arena, int64_t value)
{
    char text[RN_LIMIT_VALUE_BYTES];

    return rn_arena_dup(arena, rn_str_c(rn_limit_value_text(value, text)));
}

static bool write_limit(struct rn_call *call, enum rn_limit limit, struct rn_runnel_limit *out)
{
    const struct rn_limit_row *row = rn_limit_row(limit);
    const struct rn_service *service = call->service;

    *out = (struct rn_runnel_limit){
        .name = rn_str_c(row->name),
        .value = value_text(call->arena, rn_data_limit(service->options.data, limit)),
        .initial = value_text(call->arena, rn_data_initial_limit(service->options.data, limit)),
        .is_set = {rn_state_limit(service->state, limit) != RN_LIMIT_UNSET, true},
        .unit = rn_str_c(row->unit),
        .description = rn_str_c(row->help),
    };
    return out->value.data && out->initial.data;
}

void rn_service_get_limits(struct rn_call *call)
{
    struct rn_runnel_get_limits_reply *reply = call->reply;
    struct rn_runnel_limit *limits = rn_arena_zalloc(call->arena, RN_LIMIT_COUNT, sizeof(*limits));

    for (int i = 0; limits && i < RN_LIMIT_COUNT; i++) {
        if (!write_limit(call, (enum rn_limit)i, &limits[i])) {
            limits = NULL;
        }
    }
    if (!limits) {
        rn_fail_internal(call);
        return;
    }
    reply->limits = (struct rn_items){.data = limits, .count = RN_LIMIT_COUNT, .set = true};
    rn_call_ok(call);
}

/* False: the call has failed. */
static bool take_limit(struct rn_call *call, const struct rn_pair *pair, struct rn_set_limits *set)
{
    enum rn_limit limit = rn_limit_find(pair->key);
    struct rn_reason reason;

    if (limit == RN_LIMIT_NONE) {
        rn_call_fail(call, RN_FAULT_INVALID_ARGUMENT, "There is no limit \"%.*s\".",
                     RN_STR_ARG(pair->key));
        return false;
    }
    if (rn_str_eq(pair->value, RN_STR("default"))) {
        set->value[limit] = RN_LIMIT_UNSET;
        return true;
    }
    if (rn_limit_value_read(limit, pair->value, &set->value[limit], &reason)) {
        rn_call_fail(call, RN_FAULT_INVALID_ARGUMENT, "%s; \"default\" is possible too.",
                     reason.text);
        return false;
    }
    return true;
}

void rn_service_set_limits(struct rn_call *call)
{
    const struct rn_runnel_set_limits_request *request = call->request;
    const struct rn_pair *pairs = request->limits.data;
    struct rn_change_call *change;
    struct rn_set_limits set;

    for (int i = 0; i < RN_LIMIT_COUNT; i++) {
        set.value[i] = RN_LIMIT_KEEP;
    }
    for (size_t i = 0; i < request->limits.count; i++) {
        if (!take_limit(call, &pairs[i], &set)) {
            return;
        }
    }
    change = rn_change_call_new(call, RN_COMMAND_SET_LIMITS, RN_STR(""));
    if (change) {
        change->proposal.as.set_limits = set;
        rn_change_call_propose(change);
    }
}

/* ---- the commitment --------------------------------------------------------------------------- */

static struct rn_number instant(int64_t ms)
{
    return (struct rn_number){.value = ms, .set = ms != 0};
}

static rn_str status_text(const struct rn_commitment *commitment, int64_t now_ms)
{
    if (!rn_commitment_holds(commitment, now_ms)) {
        return RN_STR("DISABLED");
    }
    return commitment->ends_ms == 0 ? RN_STR("ENABLED")
                                    : RN_STR("ENABLED_UNTIL_EARLIEST_ALLOWED_END");
}

/* As the state has it now. False: memory ended. */
static bool write_settings(struct rn_call *call)
{
    struct rn_kinesis_account_settings_reply *reply = call->reply;
    struct rn_kinesis_billing_commitment *out = rn_arena_zalloc(call->arena, 1, sizeof(*out));
    struct rn_commitment commitment = rn_state_commitment(call->service->state);
    int64_t now_ms = rn_call_now_ms(call);
    bool holds = rn_commitment_holds(&commitment, now_ms);

    if (!out) {
        return false;
    }
    out->status = status_text(&commitment, now_ms);
    out->started_at = instant(commitment.started_ms);
    if (holds) {
        out->earliest_allowed_end_at = instant(commitment.started_ms + RN_COMMITMENT_MIN_MS);
    } else {
        out->ended_at = instant(commitment.ends_ms);
    }
    reply->minimum_throughput_billing_commitment = out;
    return true;
}

void rn_service_describe_account_settings(struct rn_call *call)
{
    if (!rn_rate_of_account(call, RN_LIMIT_CALLS_DESCRIBE_ACCOUNT, RN_STR_NONE)) {
        return;
    }
    if (write_settings(call)) {
        rn_call_ok(call);
    } else {
        rn_fail_internal(call);
    }
}

static bool answer(struct rn_change_call *change)
{
    return write_settings(change->call);
}

void rn_service_update_account_settings(struct rn_call *call)
{
    const struct rn_kinesis_update_account_settings_request *request = call->request;
    rn_str status = request->minimum_throughput_billing_commitment->status;
    struct rn_change_call *change;

    if (!rn_rate_of_account(call, RN_LIMIT_CALLS_UPDATE_ACCOUNT, RN_STR_NONE)) {
        return;
    }
    change = rn_change_call_new(call, RN_COMMAND_SET_COMMITMENT, RN_STR(""));
    if (change) {
        change->answer = answer;
        change->proposal.as.set_commitment.on = rn_str_eq(status, RN_STR("ENABLED"));
        rn_change_call_propose(change);
    }
}
