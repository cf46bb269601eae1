/* shards.c - ListShards: filters, and pages that remember them.
 *
 * Instants are half-open: a shard is open from opened_ms up to, not including, closed_ms, so that
 * at the instant of a split the children are there and the parent is not. A consumer then sees
 * every instant covered once. */
#include "service/describe.h"
#include "service/rates.h"
#include "service/select.h"
#include "service/token.h"

enum { LIST_SHARDS_PAGE = 1000 };

/* What a listing still has to show; travels in the token. */
struct listing {
    const struct rn_stream *stream;
    struct rn_token token;
};

static bool token_alone(struct rn_call *call, const struct rn_kinesis_list_shards_request *request)
{
    const struct {
        bool given;
        const char *name;
    } members[] = {
        {request->stream_name.data, "StreamName"},
        {request->stream_arn.data, "StreamARN"},
        {request->exclusive_start_shard_id.data, "ExclusiveStartShardId"},
        {request->stream_creation_timestamp.set, "StreamCreationTimestamp"},
        {request->shard_filter, "ShardFilter"},
    };

    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (members[i].given) {
            rn_call_fail(call, RN_FAULT_INVALID_ARGUMENT,
                         "NextToken and %s cannot be provided together.", members[i].name);
            return false;
        }
    }
    return true;
}

static bool resume(struct rn_call *call, const struct rn_kinesis_list_shards_request *request,
                   struct listing *listing)
{
    if (!token_alone(call, request) ||
        !rn_token_open(call, request->next_token, RN_TOKEN_SHARDS, &listing->token)) {
        return false;
    }
    listing->stream = rn_state_find_uid(call->service->state, listing->token.stream_uid);
    if (!listing->stream) {
        rn_fail_no_stream(call, rn_str_c(listing->token.name), call->service->account);
    }
    return listing->stream != NULL;
}

/* Which filter types want which member. */
static bool filter_members_fit(struct rn_call *call, const struct rn_kinesis_shard_filter *filter)
{
    bool by_id = rn_str_eq(filter->type, RN_STR("AFTER_SHARD_ID"));
    bool by_time = rn_str_eq(filter->type, RN_STR("AT_TIMESTAMP")) ||
                   rn_str_eq(filter->type, RN_STR("FROM_TIMESTAMP"));

    if (by_id != (filter->shard_id.data != NULL)) {
        rn_call_fail(call, RN_FAULT_INVALID_ARGUMENT,
                     "ShardId must %sbe provided in a ShardFilter of type %.*s.",
                     by_id ? "" : "not ", RN_STR_ARG(filter->type));
        return false;
    }
    if (by_time != filter->timestamp.set) {
        rn_call_fail(call, RN_FAULT_INVALID_ARGUMENT,
                     "Timestamp must %sbe provided in a ShardFilter of type %.*s.",
                     by_time ? "" : "not ", RN_STR_ARG(filter->type));
        return false;
    }
    return true;
}

/* Show nothing up to and including the shard a client names. */
static bool skip_through(struct rn_call *call, rn_str shard_id, struct listing *listing)
{
    uint32_t index;

    if (rn_shard_id_parse(shard_id, &index)) {
        rn_fail_shard_text(call, shard_id, rn_stream_name(listing->stream), call->service->account);
        return false;
    }
    if (index + 1 > listing->token.next_shard) { /* at most 2^31 */
        listing->token.next_shard = index + 1;
    }
    return true;
}

static bool take_filter(struct rn_call *call, const struct rn_kinesis_shard_filter *filter,
                        struct listing *listing)
{
    struct rn_token *token = &listing->token;
    int64_t horizon_ms = rn_stream_horizon_ms(listing->stream, rn_call_now_ms(call));

    if (!filter_members_fit(call, filter)) {
        return false;
    }
    token->filter_ms = filter->timestamp.set && filter->timestamp.value > horizon_ms
                           ? filter->timestamp.value
                           : horizon_ms;
    if (filter->shard_id.data) {
        return skip_through(call, filter->shard_id, listing);
    }
    if (rn_str_eq(filter->type, RN_STR("AT_LATEST"))) {
        token->filter = RN_SHARDS_OPEN;
    } else if (rn_str_eq(filter->type, RN_STR("AT_TRIM_HORIZON")) ||
               rn_str_eq(filter->type, RN_STR("AT_TIMESTAMP"))) {
        token->filter = RN_SHARDS_AT_TIME;
    } else if (rn_str_eq(filter->type, RN_STR("FROM_TIMESTAMP"))) {
        token->filter = RN_SHARDS_FROM_TIME;
    }
    return true; /* FROM_TRIM_HORIZON: all */
}

static bool begin(struct rn_call *call, const struct rn_kinesis_list_shards_request *request,
                  struct listing *listing)
{
    const struct rn_stream *stream;

    if (!request->stream_name.data && !request->stream_arn.data) {
        rn_call_fail(call, RN_FAULT_INVALID_ARGUMENT,
                     "Either NextToken or StreamName should be provided.");
        return false;
    }
    stream = rn_select_stream(call, request->stream_name, request->stream_arn);
    if (!stream) {
        return false;
    }
    if (!rn_stream_created_at(stream, &request->stream_creation_timestamp)) {
        rn_fail_no_stream(call, rn_stream_name(stream), call->service->account);
        return false;
    }
    listing->stream = stream;
    listing->token = (struct rn_token){.kind = RN_TOKEN_SHARDS, .stream_uid = stream->uid};
    memcpy(listing->token.name, stream->name, stream->name_len);
    if (request->exclusive_start_shard_id.data &&
        !skip_through(call, request->exclusive_start_shard_id, listing)) {
        return false;
    }
    return !request->shard_filter || take_filter(call, request->shard_filter, listing);
}

static bool wanted(const struct rn_shard *shard, const void *arg)
{
    const struct rn_token *token = arg;

    switch (token->filter) {
    case RN_SHARDS_ALL:
        return true;
    case RN_SHARDS_OPEN:
        return shard->closed_ms == 0;
    case RN_SHARDS_AT_TIME:
        return shard->opened_ms <= token->filter_ms &&
               (shard->closed_ms == 0 || shard->closed_ms > token->filter_ms);
    case RN_SHARDS_FROM_TIME:
        return shard->closed_ms == 0 || shard->closed_ms >= token->filter_ms;
    }
    return false; /* a token of a newer version: cannot be, tokens name their version */
}

void rn_service_list_shards(struct rn_call *call)
{
    const struct rn_kinesis_list_shards_request *request = call->request;
    struct rn_kinesis_list_shards_reply *reply = call->reply;
    struct listing listing = {0};
    struct rn_shard_page page = {
        .limit = LIST_SHARDS_PAGE, .wanted = wanted, .arg = &listing.token};
    bool more;

    if (!(request->next_token.data ? resume(call, request, &listing)
                                   : begin(call, request, &listing))) {
        return;
    }
    if (!rn_rate_of_stream(call, RN_LIMIT_CALLS_LIST_SHARDS, listing.stream)) {
        return;
    }
    if (listing.stream->status == RN_STREAM_CREATING) {
        rn_fail_not_active(call, rn_stream_name(listing.stream), listing.stream->status);
        return;
    }
    page.stream = listing.stream;
    page.first = listing.token.next_shard;
    if (request->max_results.set && request->max_results.value < LIST_SHARDS_PAGE) {
        page.limit = (size_t)request->max_results.value;
    }
    if (rn_describe_shards(call, &page, &reply->shards, &more, &listing.token.next_shard)) {
        rn_fail_internal(call);
        return;
    }
    if (more) {
        reply->next_token = rn_token_seal(call, &listing.token);
    }
    if (more && !reply->next_token.data) {
        rn_fail_internal(call);
        return;
    }
    rn_call_ok(call);
}
