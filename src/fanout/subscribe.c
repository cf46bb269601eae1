/* subscribe.c - SubscribeToShard: from a request to a subscription that has its place.
 *
 * Order of checks: consumer's ARN readable; stream, then consumer known; shard id readable, shard known; the consumer
 * ACTIVE; the starting position (see service/position.h); dry run; nobody else subscribed just now; calls a second.
 * The watch begins before the position of LATEST is asked for, so nothing is lost between the two. */
#include <inttypes.h>
#include <stdlib.h>

#include "fanout/inside.h"
#include "service/inside.h"
#include "service/position.h"
#include "service/rates.h"
#include "service/select.h"
#include "shape/kinesis_subscribe.h"

/* What the request names. */
struct target {
    const struct rn_stream *stream;
    const struct rn_consumer *consumer;
    const struct rn_shard *shard;
    struct rn_position position;
};

static void fail_not_active(struct rn_call *call, const struct target *target)
{
    rn_call_fail(call, RN_FAULT_RESOURCE_IN_USE,
                 "Consumer %.*s with creation timestamp %" PRId64
                 " under stream: %.*s , account %.*s is not in ACTIVE status.",
                 RN_STR_ARG(target->consumer->name), rn_consumer_created_s(target->consumer),
                 RN_STR_ARG(rn_stream_name(target->stream)), RN_STR_ARG(call->service->account));
}

static void fail_in_use(struct rn_call *call, rn_str stream, uint32_t shard_index, rn_str consumer)
{
    rn_str words =
        rn_fanout_in_use(call->arena, call->service->account, stream, shard_index, consumer);

    if (words.data) {
        rn_call_fail(call, RN_FAULT_RESOURCE_IN_USE, "%.*s", RN_STR_ARG(words));
    } else {
        rn_fail_internal(call);
    }
}

static bool find_consumer(struct rn_call *call, rn_str arn, struct target *target)
{
    struct rn_selected_consumer selected;

    if (!rn_select_consumer(call, RN_STR_NONE, RN_STR_NONE, arn, &selected)) {
        return false;
    }
    if (!rn_stream_serves(selected.stream)) {
        rn_fail_no_stream(call, rn_stream_name(selected.stream), selected.account);
        return false;
    }
    if (!selected.consumer) {
        rn_fail_no_consumer(call, selected.name, selected.account);
        return false;
    }
    target->stream = selected.stream;
    target->consumer = selected.consumer;
    return true;
}

static bool find_shard(struct rn_call *call, rn_str shard_id, struct target *target)
{
    rn_str name = rn_stream_name(target->stream), account = call->service->account;
    uint32_t index;

    if (rn_shard_id_parse(shard_id, &index)) {
        rn_fail_shard_text(call, shard_id, name, account);
        return false;
    }
    target->shard = rn_visible_shard(target->stream, index, rn_call_now_ms(call));
    if (!target->shard) {
        rn_fail_no_shard(call, index, name, account);
    }
    return target->shard != NULL;
}

static bool find_position(struct rn_call *call, struct target *target)
{
    const struct rn_kinesis_subscribe_to_shard_request *request = call->request;
    const struct rn_kinesis_starting_position *start = request->starting_position;
    const struct rn_wish wish = {
        .operation = "SubscribeToShard",
        .stream = target->stream,
        .shard = target->shard,
        .type = start->type,
        .number = start->sequence_number,
        .timestamp = start->timestamp,
    };

    return rn_position_find(call, &wish, &target->position);
}

static bool find(struct rn_call *call, struct target *target)
{
    const struct rn_kinesis_subscribe_to_shard_request *request = call->request;

    if (!find_consumer(call, request->consumer_arn, target) ||
        !find_shard(call, request->shard_id, target)) {
        return false;
    }
    if (target->consumer->status != RN_CONSUMER_ACTIVE) {
        fail_not_active(call, target);
        return false;
    }
    if (!find_position(call, target)) {
        return false;
    }
    if (request->dry_run.value) {
        rn_fail_dry_run(call);
        return false;
    }
    return true;
}

/* A second's calls of a consumer and shard. */
static bool may_call(struct rn_call *call, const struct target *target)
{
    enum rn_limit limit = RN_LIMIT_CALLS_SUBSCRIBE;
    struct rn_service *service = call->service;
    /* Uids are never used twice, whatever they are of. */
    const struct rn_rate_key key = {
        .stream_uid = target->consumer->uid, .shard = target->shard->index, .limit = limit};
    char shard[RN_SHARD_ID_TEXT_BYTES];

    if (rn_rates_take(service->rates, &key, rn_data_limit(service->options.data, limit),
                      rn_clock_mono_us(service->options.clock))) {
        return true;
    }
    rn_tell_limited(call, limit, rn_stream_name(target->stream));
    rn_shard_id_format(target->shard->index, shard);
    rn_call_fail(call, RN_FAULT_LIMIT_EXCEEDED,
                 "Rate exceeded for consumer %.*s and shard %s in stream %.*s under account %.*s.",
                 RN_STR_ARG(target->consumer->name), shard,
                 RN_STR_ARG(rn_stream_name(target->stream)), RN_STR_ARG(service->account));
    return false;
}

/* ---- the subscription ---- */

static struct rn_subscription *make(struct rn_call *call, const struct target *target)
{
    struct rn_subscription *sub = calloc(1, sizeof(*sub));

    if (!sub) {
        return NULL;
    }
    sub->fanout = call->fanout;
    sub->service = call->service;
    sub->call = call;
    sub->stream_uid = target->stream->uid;
    sub->consumer_uid = target->consumer->uid;
    sub->shard_index = target->shard->index;
    sub->shard_created_s = target->shard->created_s;
    memcpy(sub->stream, target->stream->name, target->stream->name_len);
    memcpy(sub->consumer, target->consumer->name.data, target->consumer->name.len);
    sub->next = target->position.offset;
    sub->not_before_ms =
        target->position.kind == RN_ITERATOR_AT_TIME ? target->position.timestamp_ms : INT64_MIN;
    sub->has_more = true;
    sub->claim = (struct rn_claim){
        .consumer_uid = sub->consumer_uid,
        .shard = sub->shard_index,
        .box = rn_loop_box(sub->fanout->options.loop),
        .lost = rn_subscription_lost,
    };
    return sub;
}

static void accept(struct rn_subscription *sub)
{
    sub->call->reply = sub;
    rn_call_ok(sub->call); /* rn_fanout_feed has it now */
}

static void tip_done(struct rn_task *task)
{
    struct rn_subscription *sub = RN_OWNER(task, struct rn_subscription, tip.done);
    struct rn_call *call = sub->call;

    if (!sub->is_over && sub->tip.result == RN_GET_OK) {
        sub->next = sub->tip.offset;
        accept(sub);
        return;
    }
    if (sub->is_over && sub->end == RN_FANOUT_ENDS_TAKEN_OVER) {
        fail_in_use(call, rn_str_c(sub->stream), sub->shard_index, rn_str_c(sub->consumer));
    } else {
        rn_fail_internal(call);
    }
    rn_subscription_drop(sub);
}

/* LATEST: where the shard ends at this moment. */
static void ask_tip(struct rn_subscription *sub, const struct target *target)
{
    sub->tip = (struct rn_tip){.stream = target->stream,
                               .shard = target->shard,
                               .box = sub->call->box,
                               .done = {.run = tip_done}};
    rn_data_tip(sub->service->options.data, &sub->tip);
}

static void fail_start(struct rn_call *call, const struct target *target, rn_err err)
{
    if (err == RN_BUSY) {
        fail_in_use(call, rn_stream_name(target->stream), target->shard->index,
                    target->consumer->name);
    } else if (err == RN_FULL) {
        rn_call_fail(call, RN_FAULT_LIMIT_EXCEEDED,
                     "This server has as many subscriptions as it takes.");
    } else {
        rn_fail_internal(call);
    }
}

/* Nobody has it, or has had it for long: it is the caller's. */
static rn_err start(struct rn_subscription *sub, const struct target *target)
{
    struct rn_claims *claims = sub->fanout->options.claims;
    rn_err err = rn_claim_take(claims, &sub->claim, rn_fanout_now_us(sub->fanout));

    if (err) {
        free(sub);
        return err;
    }
    err = rn_fanout_enter(sub, target->shard);
    if (err) {
        sub->is_over = true; /* it was never among the others */
        rn_claim_drop(claims, &sub->claim);
        rn_subscription_drop(sub);
    }
    return err;
}

void rn_fanout_subscribe(struct rn_call *call)
{
    struct target target;
    struct rn_subscription *sub;
    rn_err err;

    if (!find(call, &target)) {
        return;
    }
    sub = make(call, &target);
    if (!sub) {
        rn_fail_internal(call);
        return;
    }
    err = rn_claim_look(sub->fanout->options.claims, &sub->claim, rn_fanout_now_us(sub->fanout));
    if (err) {
        free(sub);
        fail_start(call, &target, err);
        return;
    }
    if (!may_call(call, &target)) {
        free(sub);
        return;
    }
    err = start(sub, &target);
    if (err) {
        fail_start(call, &target, err);
    } else if (target.position.is_latest) {
        ask_tip(sub, &target);
    } else {
        accept(sub);
    }
}
