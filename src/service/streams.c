/* streams.c - CreateStream, DeleteStream, ListStreams. */
#include "model/capacity.h"
#include "service/change.h"
#include "service/rates.h"
#include "service/select.h"
#include "service/settings.h"
#include "service/tags.h"
#include "service/token.h"
#include "shape/kinesis.h"

enum { LIST_STREAMS_PAGE = 100 };

/* Mode and number of shards: a count alone means PROVISIONED, nothing at all means ON_DEMAND. */
static bool take_capacity(struct rn_call *call,
                          const struct rn_kinesis_create_stream_request *request,
                          struct rn_create_stream *command)
{
    rn_str mode =
        request->stream_mode_details ? request->stream_mode_details->stream_mode : RN_STR_NONE;
    bool provisioned =
        mode.data ? rn_str_eq(mode, RN_STR("PROVISIONED")) : request->shard_count.set;

    if (provisioned && !request->shard_count.set) {
        rn_call_fail(call, RN_FAULT_INVALID_ARGUMENT,
                     "ShardCount must be provided for a stream in PROVISIONED mode.");
        return false;
    }
    if (!provisioned && request->shard_count.set) {
        rn_call_fail(call, RN_FAULT_INVALID_ARGUMENT,
                     "ShardCount must not be provided for a stream in ON_DEMAND mode.");
        return false;
    }
    command->mode = provisioned ? RN_STREAM_PROVISIONED : RN_STREAM_ON_DEMAND;
    command->shard_count = provisioned ? (uint32_t)request->shard_count.value : RN_ON_DEMAND_SHARDS;
    return true;
}

/* RecordDistributionStrategy AUTO is not built: refused, since to drop it silently would break a promise. */
static bool take_extras(struct rn_call *call,
                        const struct rn_kinesis_create_stream_request *request,
                        struct rn_create_stream *command)
{
    bool provisioned = command->mode == RN_STREAM_PROVISIONED;

    if (rn_str_eq(request->record_distribution_strategy, RN_STR("AUTO"))) {
        rn_call_fail(call, RN_FAULT_INVALID_ARGUMENT,
                     provisioned
                         ? "RecordDistributionStrategy=AUTO is only supported for on-demand "
                           "streams. Stream [%.*s] "
                           "is using PROVISIONED mode."
                         : "RecordDistributionStrategy=AUTO is not available for stream %.*s.",
                     RN_STR_ARG(request->stream_name));
        return false;
    }
    if (request->warm_throughput_mi_bps.value > 0 && provisioned) {
        rn_fail_provisioned(call, request->stream_name);
        return false;
    }
    if (request->warm_throughput_mi_bps.value > 0 &&
        !rn_warm_fits(call, request->stream_name, request->warm_throughput_mi_bps.value)) {
        return false;
    }
    command->warm_mib = (uint32_t)request->warm_throughput_mi_bps.value;
    command->record_kib_max = request->max_record_size_in_kib.set
                                  ? (uint32_t)request->max_record_size_in_kib.value
                                  : RN_RECORD_KIB_DEFAULT;
    return true;
}

static bool take_tags(struct rn_call *call, const struct rn_kinesis_create_stream_request *request,
                      struct rn_create_stream *command)
{
    const struct rn_pair *pairs = request->tags.data;
    struct rn_tagged tagged = {"stream", request->stream_name};
    struct rn_pair_text *tags;

    if (!rn_tags_check(call, tagged, pairs, request->tags.count) ||
        !rn_tags_fit(call, tagged, request->tags.count)) {
        return false;
    }
    tags = rn_tags_of_map(call->arena, &request->tags);
    if (!tags) {
        rn_fail_internal(call);
        return false;
    }
    command->tags = tags;
    command->tag_count = request->tags.count;
    return true;
}

void rn_service_create_stream(struct rn_call *call)
{
    const struct rn_kinesis_create_stream_request *request = call->request;
    struct rn_service *service = call->service;
    struct rn_create_stream command = {.name = request->stream_name};
    struct rn_change_call *change;

    if (!rn_rate_of_account(call, RN_LIMIT_CALLS_CREATE_STREAM, request->stream_name) ||
        !take_capacity(call, request, &command) || !take_extras(call, request, &command) ||
        !take_tags(call, request, &command)) {
        return;
    }
    if (rn_state_find(service->state,
                      request->stream_name)) { /* known already: not worth a log record */
        rn_fail_stream_exists(call, request->stream_name);
        return;
    }
    if (command.mode == RN_STREAM_ON_DEMAND && !rn_on_demand_fits(call, request->stream_name)) {
        return;
    }
    command.shards_per_account_max = (uint32_t)rn_account_shards_max(service);
    command.creating_max =
        (uint32_t)rn_data_limit(service->options.data, RN_LIMIT_ACCOUNT_TRANSITIONS);
    change = rn_change_call_new(
        call, command.warm_mib > 0 ? RN_COMMAND_CREATE_WARM_STREAM : RN_COMMAND_CREATE_STREAM,
        request->stream_name);
    if (change) {
        change->proposal.as.create_stream = command;
        rn_change_call_propose(change);
    }
}

void rn_service_delete_stream(struct rn_call *call)
{
    const struct rn_kinesis_delete_stream_request *request = call->request;
    const struct rn_stream *stream =
        rn_select_stream(call, request->stream_name, request->stream_arn);
    struct rn_change_call *change;

    if (!stream ||
        !rn_rate_of_account(call, RN_LIMIT_CALLS_DELETE_STREAM, rn_stream_name(stream))) {
        return;
    }
    change = rn_change_call_new(call,
                                request->enforce_consumer_deletion.value
                                    ? RN_COMMAND_DELETE_STREAM
                                    : RN_COMMAND_DELETE_UNUSED_STREAM,
                                rn_stream_name(stream));
    if (change) {
        change->proposal.as.delete_stream =
            (struct rn_delete_stream){.name = change->name, .uid = stream->uid};
        rn_change_call_propose(change);
    }
}

static bool list_start(struct rn_call *call, const struct rn_kinesis_list_streams_request *request,
                       struct rn_token *ret_token)
{
    rn_str name = request->exclusive_start_stream_name;

    *ret_token = (struct rn_token){.kind = RN_TOKEN_STREAMS};
    if (request->next_token.data) {
        if (name.data) {
            rn_call_fail(call, RN_FAULT_INVALID_ARGUMENT,
                         "NextToken and ExclusiveStartStreamName cannot be provided together.");
            return false;
        }
        return rn_token_open(call, request->next_token, RN_TOKEN_STREAMS, ret_token);
    }
    memcpy(ret_token->name, name.data ? name.data : "", name.len);
    return true;
}

static bool summarise(struct rn_call *call, const struct rn_stream *stream, rn_str *ret_name,
                      struct rn_kinesis_stream_summary *ret_summary)
{
    struct rn_kinesis_stream_mode_details *details =
        rn_arena_zalloc(call->arena, 1, sizeof(*details));

    *ret_name = rn_arena_dup(call->arena, rn_stream_name(stream));
    *ret_summary = (struct rn_kinesis_stream_summary){
        .stream_name = *ret_name,
        .stream_arn = rn_stream_arn_text(call, rn_stream_name(stream)),
        .stream_status = rn_stream_status_text(stream->status),
        .stream_mode_details = details,
        .stream_creation_timestamp = {.value = stream->created_ms / 1000 * 1000, .set = true},
    };
    if (!details || !ret_name->data || !ret_summary->stream_arn.data) {
        return false;
    }
    details->stream_mode = rn_stream_mode_text(stream->mode);
    return true;
}

/* From the first name after the token's: at most `limit` streams, and whether there are more. */
static bool list_page(struct rn_call *call, struct rn_token *token, size_t limit)
{
    struct rn_kinesis_list_streams_reply *reply = call->reply;
    struct rn_kinesis_stream_summary *summaries =
        rn_arena_zalloc(call->arena, limit, sizeof(*summaries));
    rn_str *names = rn_arena_zalloc(call->arena, limit, sizeof(*names));
    const struct rn_stream *stream = rn_state_next(call->service->state, rn_str_c(token->name));
    size_t count = 0;

    if (!names || !summaries) {
        return false;
    }
    for (; stream && count < limit;
         stream = rn_state_next(call->service->state, names[count - 1])) {
        if (!summarise(call, stream, &names[count], &summaries[count])) {
            return false;
        }
        count++;
    }
    reply->stream_names = (struct rn_items){.data = names, .count = count, .set = true};
    reply->stream_summaries = (struct rn_items){.data = summaries, .count = count, .set = true};
    reply->has_more_streams = (struct rn_number){.value = stream != NULL, .set = true};
    if (stream) {
        memcpy(token->name, names[count - 1].data, names[count - 1].len + 1);
        reply->next_token = rn_token_seal(call, token);
        return reply->next_token.data != NULL;
    }
    return true;
}

void rn_service_list_streams(struct rn_call *call)
{
    const struct rn_kinesis_list_streams_request *request = call->request;
    struct rn_token token;
    size_t limit = LIST_STREAMS_PAGE;

    if (!rn_rate_of_account(call, RN_LIMIT_CALLS_LIST_STREAMS, RN_STR_NONE) ||
        !list_start(call, request, &token)) {
        return;
    }
    if (request->limit.set && request->limit.value < LIST_STREAMS_PAGE) {
        limit = (size_t)request->limit.value;
    }
    if (list_page(call, &token, limit)) {
        rn_call_ok(call);
    } else {
        rn_fail_internal(call);
    }
}
