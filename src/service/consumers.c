/* consumers.c - RegisterStreamConsumer, DeregisterStreamConsumer, DescribeStreamConsumer, ListStreamConsumers.
 *
 * Order of checks: stream, calls a second, consumer; what depends on the moment (does the name exist, are
 * there too many) the control log decides. */
#include "service/consumers.h"

#include <inttypes.h>

#include "service/rates.h"
#include "service/select.h"
#include "service/tags.h"
#include "service/token.h"
#include "shape/kinesis_resource.h"

enum { LIST_CONSUMERS_PAGE = 100 };

/* ---- refusals ---------------------------------------------------------------------------------- */

void rn_fail_consumer_exists(struct rn_change_call *change)
{
    rn_call_fail(change->call, RN_FAULT_RESOURCE_IN_USE,
                 "Consumer %.*s under stream %.*s already exists.", RN_STR_ARG(change->consumer),
                 RN_STR_ARG(change->name));
}

void rn_fail_consumer_limit(struct rn_change_call *change)
{
    struct rn_call *call = change->call;
    bool creating = change->proposal.verdict == RN_VERDICT_CONSUMERS_CREATING;

    rn_tell_limited(call, creating ? RN_LIMIT_STREAM_CONSUMERS_CREATING : RN_LIMIT_STREAM_CONSUMERS,
                    change->name);
    rn_call_fail(call, RN_FAULT_LIMIT_EXCEEDED,
                 "This request would exceed the limit on the number of consumers%s for stream "
                 "%.*s under account %.*s. Limit: %" PRIu64 ".",
                 creating ? " that can simultaneously be in CREATING" : "",
                 RN_STR_ARG(change->name), RN_STR_ARG(call->service->account),
                 change->proposal.numbers[1]);
}

void rn_fail_consumer_not_active(struct rn_change_call *change)
{
    rn_call_fail(change->call, RN_FAULT_RESOURCE_IN_USE,
                 "Consumer %.*s with creation timestamp %" PRId64
                 " under stream %.*s and account %.*s is not in ACTIVE status.",
                 RN_STR_ARG(change->consumer), change->consumer_created_s, RN_STR_ARG(change->name),
                 RN_STR_ARG(change->call->service->account));
}

void rn_fail_has_consumers(struct rn_change_call *change)
{
    rn_call_fail(change->call, RN_FAULT_RESOURCE_IN_USE,
                 "DeleteStream can't delete %.*s:%.*s because there are consumers associated with "
                 "this data stream. To delete %.*s anyway, set the EnforceConsumerDeletion "
                 "parameter to true to force the deletion of all the consumers that are "
                 "associated with it.",
                 RN_STR_ARG(change->call->service->account), RN_STR_ARG(change->name),
                 RN_STR_ARG(change->name));
}

/* ---- replies ----------------------------------------------------------------------------------- */

static rn_str arn_text(struct rn_call *call, rn_str stream_arn, rn_str name, int64_t created_s)
{
    char *text = stream_arn.data ? rn_arena_alloc(call->arena, RN_CONSUMER_ARN_BYTES_MAX) : NULL;

    return text ? rn_str_make(text, rn_consumer_arn_format(stream_arn, name, created_s, text))
                : RN_STR_NONE;
}

/* Copies: the consumer's own texts may go before the reply was written. False: memory ended. */
static bool write_consumer(struct rn_call *call, rn_str stream_arn,
                           const struct rn_consumer *consumer, struct rn_kinesis_consumer *out)
{
    int64_t created_s = rn_consumer_created_s(consumer);

    *out = (struct rn_kinesis_consumer){
        .consumer_name = rn_arena_dup(call->arena, consumer->name),
        .consumer_arn = arn_text(call, stream_arn, consumer->name, created_s),
        .consumer_status = rn_consumer_status_text(consumer->status),
        .consumer_creation_timestamp = {.value = created_s * 1000, .set = true},
        .stream_arn = stream_arn,
    };
    return out->consumer_name.data && out->consumer_arn.data;
}

/* ---- operations -------------------------------------------------------------------------------- */

/* As it was registered, whatever it has become since. */
static bool registered(struct rn_change_call *change)
{
    struct rn_call *call = change->call;
    const struct rn_kinesis_register_stream_consumer_request *request = call->request;
    struct rn_kinesis_register_stream_consumer_reply *reply = call->reply;
    const struct rn_consumer made = {.name = change->consumer,
                                     .status = RN_CONSUMER_CREATING,
                                     .created_ms = change->proposal.time_ms};

    reply->consumer = rn_arena_zalloc(call->arena, 1, sizeof(*reply->consumer));
    return reply->consumer && write_consumer(call, request->stream_arn, &made, reply->consumer);
}

static uint32_t limit_of(const struct rn_call *call, enum rn_limit limit)
{
    return (uint32_t)rn_data_limit(call->service->options.data, limit);
}

static void propose_register(struct rn_change_call *change, const struct rn_stream *stream,
                             const struct rn_items *map, const struct rn_pair_text *tags)
{
    struct rn_call *call = change->call;

    change->answer = registered;
    change->proposal.as.register_consumer = (struct rn_register_consumer){
        .uid = stream->uid,
        .name = change->consumer,
        .tags = tags,
        .tag_count = map->count,
        .consumers_max = limit_of(call, RN_LIMIT_STREAM_CONSUMERS),
        .creating_max = limit_of(call, RN_LIMIT_STREAM_CONSUMERS_CREATING),
    };
    rn_change_call_propose(change);
}

void rn_service_register_stream_consumer(struct rn_call *call)
{
    const struct rn_kinesis_register_stream_consumer_request *request = call->request;
    const struct rn_stream *stream = rn_select_stream(call, RN_STR_NONE, request->stream_arn);
    const struct rn_items *map = &request->tags;
    struct rn_tagged tagged = {"consumer", request->consumer_name};
    struct rn_change_call *change;
    struct rn_pair_text *tags;

    if (!stream || !rn_rate_of_stream(call, RN_LIMIT_CALLS_REGISTER_CONSUMER, stream) ||
        !rn_tags_check(call, tagged, map->data, map->count) ||
        !rn_tags_fit(call, tagged, map->count)) {
        return;
    }
    tags = rn_tags_of_map(call->arena, map);
    if (!tags) {
        rn_fail_internal(call);
        return;
    }
    change = rn_change_call_new(call, RN_COMMAND_REGISTER_CONSUMER, rn_stream_name(stream));
    if (!change) {
        return;
    }
    change->consumer = request->consumer_name;
    if (rn_stream_consumer(stream, request->consumer_name)) { /* known: not worth a log record */
        rn_fail_consumer_exists(change);
    } else {
        propose_register(change, stream, map, tags);
    }
}

/* The consumer that a request names, with the call counted. False: the call has failed. */
static bool find(struct rn_call *call, enum rn_limit limit, struct rn_selected_consumer *selected)
{
    const struct rn_kinesis_stream_consumer_request *request = call->request;

    if (!rn_select_consumer(call, request->stream_arn, request->consumer_name,
                            request->consumer_arn, selected) ||
        !rn_rate_of_stream(call, limit, selected->stream)) {
        return false;
    }
    if (!selected->consumer) {
        rn_fail_no_consumer(call, selected->name, selected->account);
    }
    return selected->consumer != NULL;
}

void rn_service_deregister_stream_consumer(struct rn_call *call)
{
    struct rn_selected_consumer selected;
    struct rn_change_call *change;

    if (!find(call, RN_LIMIT_CALLS_DEREGISTER_CONSUMER, &selected)) {
        return;
    }
    change = rn_change_call_of(call, RN_COMMAND_DEREGISTER_CONSUMER,
                               &(struct rn_resource){selected.stream, selected.consumer});
    if (change) {
        change->proposal.as.consumer = (struct rn_consumer_named){
            .uid = selected.stream->uid, .consumer_uid = selected.consumer->uid};
        rn_change_call_propose(change);
    }
}

void rn_service_describe_stream_consumer(struct rn_call *call)
{
    struct rn_kinesis_describe_stream_consumer_reply *reply = call->reply;
    struct rn_selected_consumer selected;
    struct rn_kinesis_consumer *out;

    if (!find(call, RN_LIMIT_CALLS_DESCRIBE_CONSUMER, &selected)) {
        return;
    }
    out = rn_arena_zalloc(call->arena, 1, sizeof(*out));
    if (!out || !write_consumer(call, rn_stream_arn_text(call, rn_stream_name(selected.stream)),
                                selected.consumer, out)) {
        rn_fail_internal(call);
        return;
    }
    reply->consumer_description = out;
    rn_call_ok(call);
}

/* Unlike elsewhere the token comes beside the stream's ARN, and must be of that stream. */
static bool list_start(struct rn_call *call, const struct rn_stream *stream,
                       struct rn_token *ret_token)
{
    const struct rn_kinesis_list_stream_consumers_request *request = call->request;

    *ret_token = (struct rn_token){.kind = RN_TOKEN_CONSUMERS, .stream_uid = stream->uid};
    if (!request->next_token.data) {
        return true;
    }
    if (!rn_token_open(call, request->next_token, RN_TOKEN_CONSUMERS, ret_token)) {
        return false;
    }
    if (ret_token->stream_uid != stream->uid) {
        rn_fail_invalid_token(call);
        return false;
    }
    return true;
}

/* From the first name after the token's: at most `limit` consumers, and whether there are more. */
static bool list_page(struct rn_call *call, const struct rn_stream *stream, struct rn_token *token,
                      size_t limit)
{
    struct rn_kinesis_list_stream_consumers_reply *reply = call->reply;
    rn_str arn = rn_stream_arn_text(call, rn_stream_name(stream)), after = rn_str_c(token->name);
    size_t room = limit < stream->consumer_count ? limit : stream->consumer_count;
    struct rn_kinesis_consumer *out = rn_arena_zalloc(call->arena, room, sizeof(*out));
    size_t at = 0, count = 0;

    while (at < stream->consumer_count && rn_str_cmp(stream->consumers[at].name, after) <= 0) {
        at++;
    }
    for (; out && count < room && at < stream->consumer_count; at++, count++) {
        if (!write_consumer(call, arn, &stream->consumers[at], &out[count])) {
            out = NULL;
        }
    }
    reply->consumers = (struct rn_items){.data = out, .count = count, .set = true};
    if (out && at < stream->consumer_count) {
        rn_str last = stream->consumers[at - 1].name;

        memset(token->name, 0, sizeof(token->name));
        memcpy(token->name, last.data, last.len);
        reply->next_token = rn_token_seal(call, token);
        return reply->next_token.data != NULL;
    }
    return out != NULL;
}

void rn_service_list_stream_consumers(struct rn_call *call)
{
    const struct rn_kinesis_list_stream_consumers_request *request = call->request;
    const struct rn_stream *stream = rn_select_stream(call, RN_STR_NONE, request->stream_arn);
    struct rn_token token;
    size_t limit = LIST_CONSUMERS_PAGE;

    if (!stream || !rn_rate_of_stream(call, RN_LIMIT_CALLS_LIST_CONSUMERS, stream)) {
        return;
    }
    if (!rn_stream_created_at(stream, &request->stream_creation_timestamp)) {
        rn_fail_no_stream(call, rn_stream_name(stream), call->service->account);
        return;
    }
    if (!list_start(call, stream, &token)) {
        return;
    }
    if (stream->status == RN_STREAM_CREATING) {
        rn_fail_not_active(call, rn_stream_name(stream), stream->status);
        return;
    }
    if (request->max_results.set && request->max_results.value < LIST_CONSUMERS_PAGE) {
        limit = (size_t)request->max_results.value;
    }
    if (list_page(call, stream, &token, limit)) {
        rn_call_ok(call);
    } else {
        rn_fail_internal(call);
    }
}
