/* reshard.c - SplitShard, MergeShards, UpdateShardCount.
 *
 * Order of checks: shard ids readable; stream; rate; then what the control log decides: ACTIVE, the mode,
 * the shards, the limits, the hash key. The call ends when the new shards are there, unless transitions
 * are stretched. */
#include "service/reshard.h"

#include <inttypes.h>

#include "service/rates.h"
#include "service/select.h"
#include "shape/kinesis.h"

/* ---- refusals --------------------------------------------------------------------------------- */

static const struct rn_change_shards *wish_of(const struct rn_change_call *change)
{
    return &change->proposal.as.change_shards;
}

void rn_fail_on_demand(struct rn_change_call *change)
{
    rn_call_fail(change->call, RN_FAULT_VALIDATION,
                 "Request is invalid. Stream %.*s under account %.*s is in On-Demand mode.",
                 RN_STR_ARG(change->name), RN_STR_ARG(change->call->service->account));
}

void rn_fail_named_shard(struct rn_change_call *change)
{
    uint32_t index = (uint32_t)change->proposal.numbers[0];
    char id[RN_SHARD_ID_TEXT_BYTES];
    size_t len = rn_shard_id_format(index, id);

    if (change->proposal.verdict == RN_VERDICT_NO_SHARD) {
        rn_fail_shard_text(change->call, rn_str_make(id, len), change->name,
                           change->call->service->account);
        return;
    }
    rn_call_fail(change->call, RN_FAULT_INVALID_ARGUMENT,
                 "Shard %s in stream %.*s under account %.*s has already been merged or split, and "
                 "thus is not eligible for merging or splitting.",
                 id, RN_STR_ARG(change->name), RN_STR_ARG(change->call->service->account));
}

/* A shard's range never changes, so the newest version tells that of the one that refused. The key is told
 * as it was sent: it may be one that no shard has room for. */
void rn_fail_hash_key(struct rn_change_call *change)
{
    const struct rn_kinesis_split_shard_request *request = change->call->request;
    const struct rn_stream *stream =
        rn_state_find_uid(change->call->service->state, change->proposal.uid);
    const struct rn_shard *shard =
        stream ? rn_stream_shard(stream, wish_of(change)->reshard.shard) : NULL;
    char low[RN_HASH_KEY_TEXT_BYTES], high[RN_HASH_KEY_TEXT_BYTES];
    char id[RN_SHARD_ID_TEXT_BYTES];

    if (!shard) { /* deleted meanwhile */
        rn_fail_no_stream(change->call, change->name, change->call->service->account);
        return;
    }
    rn_hash_key_format(shard->range.start, low);
    rn_hash_key_format(shard->range.end, high);
    rn_shard_id_format(shard->index, id);
    rn_call_fail(change->call, RN_FAULT_INVALID_ARGUMENT,
                 "NewStartingHashKey %.*s used in SplitShard() on shard %s in stream %.*s under "
                 "account %.*s is not both greater than one plus the shard's StartingHashKey %s "
                 "and less than the shard's EndingHashKey %s.",
                 RN_STR_ARG(request->new_starting_hash_key), id, RN_STR_ARG(change->name),
                 RN_STR_ARG(change->call->service->account), low, high);
}

void rn_fail_not_adjacent(struct rn_change_call *change)
{
    char lower[RN_SHARD_ID_TEXT_BYTES], upper[RN_SHARD_ID_TEXT_BYTES];

    rn_shard_id_format(wish_of(change)->reshard.shard, lower);
    rn_shard_id_format(wish_of(change)->reshard.adjacent, upper);
    rn_call_fail(change->call, RN_FAULT_INVALID_ARGUMENT,
                 "Shards %s and %s in stream %.*s under account %.*s are not an adjacent pair of "
                 "shards eligible for merging",
                 lower, upper, RN_STR_ARG(change->name),
                 RN_STR_ARG(change->call->service->account));
}

/* The service says double and half; another factor is said in the same way. */
static rn_str factor_text(struct rn_arena *arena, bool up, uint64_t factor)
{
    if (factor == 2) {
        return up ? RN_STR("up over double") : RN_STR("down below half");
    }
    return rn_arena_printf(arena, up ? "up over %" PRIu64 " times" : "down below 1/%" PRIu64 " of",
                           factor);
}

void rn_fail_factor(struct rn_change_call *change)
{
    uint64_t open = change->proposal.numbers[0];
    uint32_t target = wish_of(change)->reshard.target;
    rn_str bound = factor_text(change->call->arena, target > open, change->proposal.numbers[1]);

    rn_tell_limited(change->call, RN_LIMIT_STREAM_SHARD_FACTOR, change->name);
    rn_call_fail(change->call, RN_FAULT_LIMIT_EXCEEDED,
                 "UpdateShardCount cannot scale %.*s your current open shard count. Current open "
                 "shard count: %" PRIu64 " Target shard count: %" PRIu32,
                 RN_STR_ARG(bound), open, target);
}

void rn_fail_stream_shards(struct rn_change_call *change)
{
    rn_tell_limited(change->call, RN_LIMIT_STREAM_SHARDS, change->name);
    rn_call_fail(change->call, RN_FAULT_LIMIT_EXCEEDED,
                 "UpdateShardCount cannot scale stream %.*s under account %.*s beyond %" PRIu64
                 " shards. Current open shard count: %" PRIu64 " Target shard count: %" PRIu32,
                 RN_STR_ARG(change->name), RN_STR_ARG(change->call->service->account),
                 change->proposal.numbers[1], change->proposal.numbers[0],
                 wish_of(change)->reshard.target);
}

void rn_fail_shards_of_life(struct rn_change_call *change)
{
    rn_call_fail(change->call, RN_FAULT_LIMIT_EXCEEDED,
                 "Stream %.*s under account %.*s cannot have more than %" PRIu64
                 " shards closed at once, or more than %" PRIu64 " shards opened in its life.",
                 RN_STR_ARG(change->name), RN_STR_ARG(change->call->service->account),
                 change->proposal.numbers[0], change->proposal.numbers[1]);
}

/* ---- operations ------------------------------------------------------------------------------- */

static bool take_shard(struct rn_call *call, rn_str id, const struct rn_selected *selected,
                       uint32_t *ret_index)
{
    if (rn_shard_id_parse(id, ret_index)) {
        rn_fail_shard_text(call, id, selected->name, selected->account);
        return false;
    }
    return true;
}

static const struct rn_stream *selected_stream(struct rn_call *call, enum rn_limit limit,
                                               const struct rn_selected *selected)
{
    if (!selected->stream) {
        rn_fail_no_stream(call, selected->name, selected->account);
        return NULL;
    }
    return rn_rate_of_stream(call, limit, selected->stream) ? selected->stream : NULL;
}

/* 0: no limit, as in the command. */
static uint32_t limit_of(const struct rn_call *call, enum rn_limit limit)
{
    return (uint32_t)rn_data_limit(call->service->options.data, limit);
}

/* `answer`, if not NULL, fills in the reply once the change is made. */
static void propose(struct rn_call *call, const struct rn_stream *stream,
                    const struct rn_reshard *reshard, bool (*answer)(struct rn_change_call *change))
{
    struct rn_change_call *change =
        rn_change_call_new(call, RN_COMMAND_RESHARD, rn_stream_name(stream));

    if (!change) {
        return;
    }
    change->answer = answer;
    change->proposal.as.change_shards = (struct rn_change_shards){
        .uid = stream->uid,
        .reshard = *reshard,
        .shards_per_account_max = (uint32_t)rn_account_shards_max(call->service),
        .stream_shards_max = limit_of(call, RN_LIMIT_STREAM_SHARDS),
        .factor_max = limit_of(call, RN_LIMIT_STREAM_SHARD_FACTOR),
        .daily_max = limit_of(call, RN_LIMIT_DAILY_UPDATE_SHARD_COUNT),
    };
    rn_change_call_propose(change);
}

void rn_service_split_shard(struct rn_call *call)
{
    const struct rn_kinesis_split_shard_request *request = call->request;
    struct rn_reshard reshard = {.kind = RN_RESHARD_SPLIT};
    struct rn_selected selected;
    const struct rn_stream *stream;

    if (!rn_select(call, request->stream_name, request->stream_arn, &selected) ||
        !take_shard(call, request->shard_to_split, &selected, &reshard.shard)) {
        return;
    }
    stream = selected_stream(call, RN_LIMIT_CALLS_SPLIT_SHARD, &selected);
    if (!stream) {
        return;
    }
    if (rn_hash_key_parse(request->new_starting_hash_key, &reshard.hash_key)) {
        reshard.hash_key = RN_HASH_KEY_MAX; /* beyond 2^128: behind every shard's end */
    }
    propose(call, stream, &reshard, NULL);
}

void rn_service_merge_shards(struct rn_call *call)
{
    const struct rn_kinesis_merge_shards_request *request = call->request;
    struct rn_reshard reshard = {.kind = RN_RESHARD_MERGE};
    struct rn_selected selected;
    const struct rn_stream *stream;

    if (!rn_select(call, request->stream_name, request->stream_arn, &selected) ||
        !take_shard(call, request->shard_to_merge, &selected, &reshard.shard) ||
        !take_shard(call, request->adjacent_shard_to_merge, &selected, &reshard.adjacent)) {
        return;
    }
    stream = selected_stream(call, RN_LIMIT_CALLS_MERGE_SHARDS, &selected);
    if (stream) {
        propose(call, stream, &reshard, NULL);
    }
}

static bool answer_count(struct rn_change_call *change)
{
    struct rn_call *call = change->call;
    struct rn_kinesis_update_shard_count_reply *reply = call->reply;

    reply->stream_name = change->name;
    reply->stream_arn = rn_stream_arn_text(call, change->name);
    reply->current_shard_count =
        (struct rn_number){.value = (int64_t)change->proposal.numbers[0], .set = true};
    reply->target_shard_count =
        (struct rn_number){.value = wish_of(change)->reshard.target, .set = true};
    return reply->stream_arn.data != NULL;
}

void rn_service_update_shard_count(struct rn_call *call)
{
    const struct rn_kinesis_update_shard_count_request *request = call->request;
    const struct rn_stream *stream =
        rn_select_stream(call, request->stream_name, request->stream_arn);
    struct rn_reshard reshard = {.kind = RN_RESHARD_COUNT,
                                 .target = (uint32_t)request->target_shard_count.value};

    if (stream &&
        rn_rate_of_account(call, RN_LIMIT_CALLS_UPDATE_SHARD_COUNT, rn_stream_name(stream))) {
        propose(call, stream, &reshard, answer_count);
    }
}
