/* change.c - verdicts of the control log as answers; see change.h. */
#include "service/change.h"

#include <inttypes.h>

#include "base/list.h"
#include "service/consumers.h"
#include "service/policies.h"
#include "service/rates.h"
#include "service/reshard.h"
#include "service/settings.h"
#include "service/tags.h"

static void fail_shard_limit(struct rn_change_call *change)
{
    const uint64_t *numbers = change->proposal.numbers;
    struct rn_service *service = change->call->service;

    rn_tell_limited(change->call, RN_LIMIT_ACCOUNT_SHARDS, change->name);
    rn_call_fail(change->call, RN_FAULT_LIMIT_EXCEEDED,
                 "This request would exceed the shard limit for the account %.*s in %.*s. Current "
                 "shard count for the "
                 "account: %" PRIu64 ". Limit: %" PRIu64
                 ". Number of additional shards that would have resulted from "
                 "this request: %" PRIu64 ". Refer to the AWS Service Limits page "
                 "(http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for "
                 "current limits and how to "
                 "request higher limits.",
                 RN_STR_ARG(service->account), RN_STR_ARG(service->region), numbers[0], numbers[1],
                 numbers[2]);
}

/* Two blanks, as the service writes it. */
static void fail_transition_limit(struct rn_change_call *change)
{
    rn_tell_limited(change->call, RN_LIMIT_ACCOUNT_TRANSITIONS, change->name);
    rn_call_fail(change->call, RN_FAULT_LIMIT_EXCEEDED,
                 "This request would have exceed the limit on the number  of streams that can "
                 "simultaneously be in "
                 "CREATING or DELETING for the account %.*s. Limit: %" PRIu64 ".",
                 RN_STR_ARG(change->call->service->account), change->proposal.numbers[1]);
}

void rn_fail_stream_exists(struct rn_call *call, rn_str name)
{
    rn_call_fail(call, RN_FAULT_RESOURCE_IN_USE, "Stream %.*s under account %.*s already exists.",
                 RN_STR_ARG(name), RN_STR_ARG(call->service->account));
}

static void fail_retention(struct rn_change_call *change)
{
    const struct rn_set_retention *set = &change->proposal.as.set_retention;
    bool increase = set->change == RN_RETENTION_INCREASE;

    rn_call_fail(change->call, RN_FAULT_INVALID_ARGUMENT,
                 "Requested retention period (%" PRIu32
                 " hours) for stream %.*s can not be %s than existing retention period (%" PRIu64
                 " hours). Use %s API.",
                 set->hours, RN_STR_ARG(change->name), increase ? "shorter" : "longer",
                 change->proposal.numbers[0],
                 increase ? "DecreaseRetentionPeriod" : "IncreaseRetentionPeriod");
}

static struct rn_tagged tagged(const struct rn_change_call *change)
{
    return change->consumer.data ? (struct rn_tagged){"consumer", change->consumer}
                                 : (struct rn_tagged){"stream", change->name};
}

static void change_done(struct rn_task *task)
{
    struct rn_change_call *change = RN_OWNER(task, struct rn_change_call, proposal.done);
    struct rn_call *call = change->call;

    switch (change->proposal.verdict) {
    case RN_VERDICT_OK:
        if (change->answer && !change->answer(change)) {
            break;
        }
        rn_call_ok(call);
        return;
    case RN_VERDICT_EXISTS:
        rn_fail_stream_exists(call, change->name);
        return;
    case RN_VERDICT_NOT_FOUND:
        rn_fail_no_stream(call, change->name, call->service->account);
        return;
    case RN_VERDICT_SHARD_LIMIT:
        fail_shard_limit(change);
        return;
    case RN_VERDICT_TRANSITION_LIMIT:
        fail_transition_limit(change);
        return;
    case RN_VERDICT_NOT_ACTIVE:
        rn_fail_not_active(call, change->name, (enum rn_stream_status)change->proposal.numbers[0]);
        return;
    case RN_VERDICT_TAG_LIMIT:
        rn_fail_tag_limit(call, tagged(change), change->proposal.numbers[1]);
        return;
    case RN_VERDICT_RETENTION:
        fail_retention(change);
        return;
    case RN_VERDICT_ON_DEMAND:
        rn_fail_on_demand(change);
        return;
    case RN_VERDICT_NO_SHARD:
    case RN_VERDICT_SHARD_CLOSED:
        rn_fail_named_shard(change);
        return;
    case RN_VERDICT_HASH_KEY:
        rn_fail_hash_key(change);
        return;
    case RN_VERDICT_NOT_ADJACENT:
        rn_fail_not_adjacent(change);
        return;
    case RN_VERDICT_FACTOR:
        rn_fail_factor(change);
        return;
    case RN_VERDICT_STREAM_SHARDS:
        rn_fail_stream_shards(change);
        return;
    case RN_VERDICT_SHARDS_OF_LIFE:
        rn_fail_shards_of_life(change);
        return;
    case RN_VERDICT_CONSUMER_EXISTS:
        rn_fail_consumer_exists(change);
        return;
    case RN_VERDICT_NO_CONSUMER:
        rn_fail_no_consumer(call, change->consumer, call->service->account);
        return;
    case RN_VERDICT_CONSUMER_LIMIT:
    case RN_VERDICT_CONSUMERS_CREATING:
        rn_fail_consumer_limit(change);
        return;
    case RN_VERDICT_CONSUMER_NOT_ACTIVE:
        rn_fail_consumer_not_active(change);
        return;
    case RN_VERDICT_HAS_CONSUMERS:
        rn_fail_has_consumers(change);
        return;
    case RN_VERDICT_NO_POLICY:
        rn_fail_no_policy(change);
        return;
    case RN_VERDICT_DAILY_LIMIT:
        rn_fail_daily(change);
        return;
    case RN_VERDICT_PROVISIONED:
    case RN_VERDICT_KEY:
        rn_fail_setting(change);
        return;
    case RN_VERDICT_FAILED:
        break;
    }
    rn_fail_internal(call);
}

/* For what it makes, changes or ends to be as asked. */
static bool waits(enum rn_command_type type)
{
    return type == RN_COMMAND_CREATE_STREAM || type == RN_COMMAND_CREATE_WARM_STREAM ||
           type == RN_COMMAND_DELETE_STREAM || type == RN_COMMAND_DELETE_UNUSED_STREAM ||
           type == RN_COMMAND_RESHARD || type == RN_COMMAND_SET_SETTING ||
           type == RN_COMMAND_REGISTER_CONSUMER || type == RN_COMMAND_DEREGISTER_CONSUMER;
}

struct rn_change_call *rn_change_call_new(struct rn_call *call, enum rn_command_type type,
                                          rn_str name)
{
    struct rn_change_call *change = rn_arena_zalloc(call->arena, 1, sizeof(*change));

    if (!change) {
        rn_fail_internal(call);
        return NULL;
    }
    change->call = call;
    change->name = rn_arena_dup(call->arena, name);
    change->proposal.type = type;
    change->proposal.wait_for_task = waits(type);
    change->proposal.box = call->box;
    change->proposal.done.run = change_done;
    return change;
}

struct rn_change_call *rn_change_call_of(struct rn_call *call, enum rn_command_type type,
                                         const struct rn_resource *resource)
{
    struct rn_change_call *change =
        rn_change_call_new(call, type, rn_stream_name(resource->stream));

    if (change && resource->consumer) {
        change->consumer = rn_arena_dup(call->arena, resource->consumer->name);
        change->consumer_created_s = rn_consumer_created_s(resource->consumer);
    }
    return change;
}

void rn_change_call_propose(struct rn_change_call *change)
{
    if (rn_control_propose(change->call->service->options.control, &change->proposal)) {
        rn_fail_internal(change->call); /* memory ended, or the server is stopping */
    }
}
