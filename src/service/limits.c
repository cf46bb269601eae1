/* limits.c - DescribeLimits, and Runnel's own GetLimits and SetLimits.
 *
 * A limit has a default, which the server was started with (--limits), and may have a value that was set;
 * that one counts, on every server of the log, until it is set to "default". */
#include "service/change.h"
#include "service/rates.h"
#include "shape/kinesis.h"
#include "shape/runnel.h"

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
