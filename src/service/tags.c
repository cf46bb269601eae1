/* tags.c - the rules for tags; AddTagsToStream, RemoveTagsFromStream, ListTagsForStream; and TagResource,
 * UntagResource, ListTagsForResource, which do the same by ARN and for consumers too.
 *
 * Order of checks, as recorded: stream, characters, percent signs; then the state of the stream and the
 * count, which the control log decides. */
#include "service/tags.h"

#include <inttypes.h>

#include "service/change.h"
#include "service/rates.h"
#include "service/select.h"
#include "shape/kinesis_resource.h"

enum { LIST_TAGS_PAGE = 50 };

static bool byte_allowed(unsigned char byte)
{
    if (byte >= 0x80 || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
        (byte >= 'A' && byte <= 'Z')) {
        return true;
    }
    return byte && strchr(" _./=+-%@:", byte); /* ':' by today's documentation */
}

static bool text_allowed(rn_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!byte_allowed((unsigned char)text.data[i])) {
            return false;
        }
    }
    return true;
}

static bool has_percent(rn_str text)
{
    return rn_str_find(text, '%', 0) < text.len;
}

/* What the refusal is about: "add tags to", "remove tags from". */
static bool texts_check(struct rn_call *call, struct rn_tagged tagged, const char *what,
                        const rn_str *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!text_allowed(texts[i])) {
            rn_call_fail(call, RN_FAULT_INVALID_ARGUMENT,
                         "Some tags contain invalid characters. Valid characters: Unicode letters, "
                         "digits, white space, "
                         "_ . / = + - %% @.");
            return false;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (has_percent(texts[i])) {
            rn_call_fail(call, RN_FAULT_INVALID_ARGUMENT,
                         "Failed to %s %s %.*s under account %.*s because some tags "
                         "contained illegal "
                         "characters. The allowed characters are Unicode letters, white-spaces, "
                         "'_',',','/','=','+','-','@'.",
                         what, tagged.what, RN_STR_ARG(tagged.name),
                         RN_STR_ARG(call->service->account));
            return false;
        }
    }
    return true;
}

static bool is_reserved(rn_str key)
{
    return key.len >= 4 && rn_str_ieq(rn_str_make(key.data, 4), RN_STR("aws:"));
}

bool rn_tags_check(struct rn_call *call, struct rn_tagged tagged, const struct rn_pair *tags,
                   size_t count)
{
    /* Keys and values are texts side by side. */
    _Static_assert(sizeof(struct rn_pair) == 2 * sizeof(rn_str), "a pair is two texts");

    if (!texts_check(call, tagged, "add tags to", (const rn_str *)(const void *)tags, 2 * count)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (is_reserved(tags[i].key)) {
            rn_call_fail(call, RN_FAULT_INVALID_ARGUMENT,
                         "Failed to add tags to %s %.*s under account %.*s because tag keys "
                         "that begin with aws: are reserved.",
                         tagged.what, RN_STR_ARG(tagged.name), RN_STR_ARG(call->service->account));
            return false;
        }
    }
    return true;
}

static int64_t tags_max(const struct rn_call *call)
{
    int64_t limit = rn_data_limit(call->service->options.data, RN_LIMIT_STREAM_TAGS);

    return limit == RN_LIMIT_OFF ? rn_limit_row(RN_LIMIT_STREAM_TAGS)->max : limit;
}

void rn_fail_tag_limit(struct rn_call *call, struct rn_tagged tagged, uint64_t limit)
{
    rn_tell_limited(call, RN_LIMIT_STREAM_TAGS, tagged.name);
    rn_call_fail(call, RN_FAULT_INVALID_ARGUMENT,
                 "Failed to add tags to %s %.*s under account %.*s because a given %s "
                 "cannot have more than %" PRIu64 " tags associated with it.",
                 tagged.what, RN_STR_ARG(tagged.name), RN_STR_ARG(call->service->account),
                 tagged.what, limit);
}

bool rn_tags_fit(struct rn_call *call, struct rn_tagged tagged, size_t count)
{
    if ((int64_t)count > tags_max(call)) {
        rn_fail_tag_limit(call, tagged, (uint64_t)tags_max(call));
        return false;
    }
    return true;
}

struct rn_pair_text *rn_tags_of_map(struct rn_arena *arena, const struct rn_items *map)
{
    const struct rn_pair *pairs = map->data;
    struct rn_pair_text *tags = rn_arena_zalloc(arena, map->count, sizeof(*tags));

    for (size_t i = 0; tags && i < map->count; i++) {
        tags[i] = (struct rn_pair_text){.key = pairs[i].key, .value = pairs[i].value};
    }
    return tags;
}

static struct rn_tagged tagged_of(const struct rn_resource *resource)
{
    return resource->consumer ? (struct rn_tagged){"consumer", resource->consumer->name}
                              : (struct rn_tagged){"stream", rn_stream_name(resource->stream)};
}

static void propose(struct rn_change_call *change, const struct rn_resource *resource,
                    const struct rn_pair_text *tags, size_t count)
{
    change->proposal.as.change_tags = (struct rn_change_tags){
        .uid = resource->stream->uid,
        .consumer_uid = resource->consumer ? resource->consumer->uid : 0,
        .tags = tags,
        .tag_count = count,
        .tags_max = (uint32_t)tags_max(change->call),
    };
    rn_change_call_propose(change);
}

static void add_tags(struct rn_call *call, const struct rn_resource *resource,
                     const struct rn_items *map)
{
    struct rn_change_call *change;
    struct rn_pair_text *tags;

    if (!rn_tags_check(call, tagged_of(resource), map->data, map->count)) {
        return;
    }
    tags = rn_tags_of_map(call->arena, map);
    if (!tags) {
        rn_fail_internal(call);
        return;
    }
    change = rn_change_call_of(
        call, resource->consumer ? RN_COMMAND_TAG_CONSUMER : RN_COMMAND_ADD_TAGS, resource);
    if (change) {
        propose(change, resource, tags, map->count);
    }
}

static void remove_tags(struct rn_call *call, const struct rn_resource *resource,
                        const struct rn_items *list)
{
    const rn_str *keys = list->data;
    struct rn_change_call *change;
    struct rn_pair_text *tags;

    if (!texts_check(call, tagged_of(resource), "remove tags from", keys, list->count)) {
        return;
    }
    tags = rn_arena_zalloc(call->arena, list->count, sizeof(*tags));
    if (!tags) {
        rn_fail_internal(call);
        return;
    }
    for (size_t i = 0; i < list->count; i++) {
        tags[i] = (struct rn_pair_text){.key = keys[i], .value = RN_STR("")};
    }
    change = rn_change_call_of(
        call, resource->consumer ? RN_COMMAND_UNTAG_CONSUMER : RN_COMMAND_REMOVE_TAGS, resource);
    if (change) {
        propose(change, resource, tags, list->count);
    }
}

/* The stream that a request names, or NULL and the call has failed; counts the call. */
static const struct rn_stream *find_stream(struct rn_call *call, rn_str name, rn_str arn,
                                           enum rn_limit limit)
{
    const struct rn_stream *stream = rn_select_stream(call, name, arn);

    return stream && rn_rate_of_account(call, limit, rn_stream_name(stream)) ? stream : NULL;
}

static bool find_resource(struct rn_call *call, rn_str arn, enum rn_limit limit,
                          struct rn_resource *ret_resource)
{
    return rn_select_resource(call, arn, ret_resource) &&
           rn_rate_of_account(call, limit, rn_stream_name(ret_resource->stream));
}

void rn_service_add_tags_to_stream(struct rn_call *call)
{
    const struct rn_kinesis_add_tags_to_stream_request *request = call->request;
    const struct rn_stream *stream =
        find_stream(call, request->stream_name, request->stream_arn, RN_LIMIT_CALLS_ADD_TAGS);

    if (stream) {
        add_tags(call, &(struct rn_resource){.stream = stream}, &request->tags);
    }
}

void rn_service_tag_resource(struct rn_call *call)
{
    const struct rn_kinesis_tag_resource_request *request = call->request;
    struct rn_resource resource;

    if (find_resource(call, request->resource_arn, RN_LIMIT_CALLS_TAG_RESOURCE, &resource)) {
        add_tags(call, &resource, &request->tags);
    }
}

void rn_service_remove_tags_from_stream(struct rn_call *call)
{
    const struct rn_kinesis_remove_tags_from_stream_request *request = call->request;
    const struct rn_stream *stream =
        find_stream(call, request->stream_name, request->stream_arn, RN_LIMIT_CALLS_REMOVE_TAGS);

    if (stream) {
        remove_tags(call, &(struct rn_resource){.stream = stream}, &request->tag_keys);
    }
}

void rn_service_untag_resource(struct rn_call *call)
{
    const struct rn_kinesis_untag_resource_request *request = call->request;
    struct rn_resource resource;

    if (find_resource(call, request->resource_arn, RN_LIMIT_CALLS_UNTAG_RESOURCE, &resource)) {
        remove_tags(call, &resource, &request->tag_keys);
    }
}

/* Copies of the first `count`: the resource's own texts may go before the reply was written. False: memory
 * ended. */
static bool copy_tags(struct rn_arena *arena, const struct rn_pair_text *from, size_t count,
                      struct rn_items *ret_tags)
{
    struct rn_kinesis_tag *tags = rn_arena_zalloc(arena, count, sizeof(*tags));

    for (size_t i = 0; tags && i < count; i++) {
        tags[i].key = rn_arena_dup(arena, from[i].key);
        tags[i].value = rn_arena_dup(arena, from[i].value);
        if (!tags[i].key.data || !tags[i].value.data) {
            tags = NULL;
        }
    }
    *ret_tags = (struct rn_items){.data = tags, .count = count, .set = true};
    return tags != NULL;
}

void rn_service_list_tags_for_stream(struct rn_call *call)
{
    const struct rn_kinesis_list_tags_for_stream_request *request = call->request;
    struct rn_kinesis_list_tags_for_stream_reply *reply = call->reply;
    const struct rn_stream *stream =
        find_stream(call, request->stream_name, request->stream_arn, RN_LIMIT_CALLS_LIST_TAGS);
    size_t limit = request->limit.set ? (size_t)request->limit.value : LIST_TAGS_PAGE;
    size_t at = 0, left;

    if (!stream) {
        return;
    }
    while (request->exclusive_start_tag_key.data && at < stream->tag_count &&
           rn_str_cmp(stream->tags[at].key, request->exclusive_start_tag_key) <= 0) {
        at++;
    }
    left = stream->tag_count - at;
    if (!copy_tags(call->arena, stream->tags + at, left < limit ? left : limit, &reply->tags)) {
        rn_fail_internal(call);
        return;
    }
    reply->has_more_tags = (struct rn_number){.value = left > limit, .set = true};
    rn_call_ok(call);
}

void rn_service_list_tags_for_resource(struct rn_call *call)
{
    const struct rn_kinesis_resource_request *request = call->request;
    struct rn_kinesis_list_tags_for_resource_reply *reply = call->reply;
    struct rn_resource resource;
    bool copied;

    if (!find_resource(call, request->resource_arn, RN_LIMIT_CALLS_LIST_TAGS_OF_RESOURCE,
                       &resource)) {
        return;
    }
    copied = resource.consumer ? copy_tags(call->arena, resource.consumer->tags,
                                           resource.consumer->tag_count, &reply->tags)
                               : copy_tags(call->arena, resource.stream->tags,
                                           resource.stream->tag_count, &reply->tags);
    if (copied) {
        rn_call_ok(call);
    } else {
        rn_fail_internal(call);
    }
}
