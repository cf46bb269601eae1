/* tags.c - AddTagsToStream, RemoveTagsFromStream, ListTagsForStream, and the rules for tags.
 *
 * Order of checks, as recorded: stream, characters, percent signs; then the state of the stream and the
 * count, which the control log decides. */
#include "service/tags.h"

#include <inttypes.h>

#include "service/change.h"
#include "service/rates.h"
#include "service/select.h"
#include "shape/kinesis.h"

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
static bool texts_check(struct rn_call *call, rn_str stream, const char *what, const rn_str *texts,
                        size_t count)
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
                         "Failed to %s stream %.*s under account %.*s because some tags "
                         "contained illegal "
                         "characters. The allowed characters are Unicode letters, white-spaces, "
                         "'_',',','/','=','+','-','@'.",
                         what, RN_STR_ARG(stream), RN_STR_ARG(call->service->account));
            return false;
        }
    }
    return true;
}

static bool is_reserved(rn_str key)
{
    return key.len >= 4 && rn_str_ieq(rn_str_make(key.data, 4), RN_STR("aws:"));
}

bool rn_tags_check(struct rn_call *call, rn_str stream, const struct rn_pair *tags, size_t count)
{
    /* Keys and values are texts side by side. */
    _Static_assert(sizeof(struct rn_pair) == 2 * sizeof(rn_str), "a pair is two texts");

    if (!texts_check(call, stream, "add tags to", (const rn_str *)(const void *)tags, 2 * count)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (is_reserved(tags[i].key)) {
            rn_call_fail(call, RN_FAULT_INVALID_ARGUMENT,
                         "Failed to add tags to stream %.*s under account %.*s because tag keys "
                         "that begin with aws: are reserved.",
                         RN_STR_ARG(stream), RN_STR_ARG(call->service->account));
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

void rn_fail_tag_limit(struct rn_call *call, rn_str stream, uint64_t limit)
{
    rn_tell_limited(call, RN_LIMIT_STREAM_TAGS, stream);
    rn_call_fail(call, RN_FAULT_INVALID_ARGUMENT,
                 "Failed to add tags to stream %.*s under account %.*s because a given stream "
                 "cannot have more than "
                 "%" PRIu64 " tags associated with it.",
                 RN_STR_ARG(stream), RN_STR_ARG(call->service->account), limit);
}

bool rn_tags_fit(struct rn_call *call, rn_str stream, size_t count)
{
    if ((int64_t)count > tags_max(call)) {
        rn_fail_tag_limit(call, stream, (uint64_t)tags_max(call));
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

static void propose(struct rn_call *call, enum rn_command_type type, const struct rn_stream *stream,
                    const struct rn_pair_text *tags, size_t count)
{
    struct rn_change_call *change = rn_change_call_new(call, type, rn_stream_name(stream));

    if (change) {
        change->proposal.as.change_tags =
            (struct rn_change_tags){.uid = stream->uid,
                                    .tags = tags,
                                    .tag_count = count,
                                    .tags_max = (uint32_t)tags_max(call)};
        rn_change_call_propose(change);
    }
}

void rn_service_add_tags_to_stream(struct rn_call *call)
{
    const struct rn_kinesis_add_tags_to_stream_request *request = call->request;
    const struct rn_stream *stream =
        rn_select_stream(call, request->stream_name, request->stream_arn);
    struct rn_pair_text *tags;

    if (!stream || !rn_rate_of_account(call, RN_LIMIT_CALLS_ADD_TAGS, rn_stream_name(stream)) ||
        !rn_tags_check(call, rn_stream_name(stream), request->tags.data, request->tags.count)) {
        return;
    }
    tags = rn_tags_of_map(call->arena, &request->tags);
    if (tags) {
        propose(call, RN_COMMAND_ADD_TAGS, stream, tags, request->tags.count);
    } else {
        rn_fail_internal(call);
    }
}

void rn_service_remove_tags_from_stream(struct rn_call *call)
{
    const struct rn_kinesis_remove_tags_from_stream_request *request = call->request;
    const struct rn_stream *stream =
        rn_select_stream(call, request->stream_name, request->stream_arn);
    const rn_str *keys = request->tag_keys.data;
    size_t count = request->tag_keys.count;
    struct rn_pair_text *tags;

    if (!stream || !rn_rate_of_account(call, RN_LIMIT_CALLS_REMOVE_TAGS, rn_stream_name(stream)) ||
        !texts_check(call, rn_stream_name(stream), "remove tags from", keys, count)) {
        return;
    }
    tags = rn_arena_zalloc(call->arena, count, sizeof(*tags));
    if (!tags) {
        rn_fail_internal(call);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        tags[i] = (struct rn_pair_text){.key = keys[i], .value = RN_STR("")};
    }
    propose(call, RN_COMMAND_REMOVE_TAGS, stream, tags, count);
}

/* Copies: the stream's own texts may go before the reply was written. */
static bool copy_tag(struct rn_arena *arena, const struct rn_pair_text *from,
                     struct rn_kinesis_tag *tag)
{
    tag->key = rn_arena_dup(arena, from->key);
    tag->value = rn_arena_dup(arena, from->value);
    return tag->key.data && tag->value.data;
}

void rn_service_list_tags_for_stream(struct rn_call *call)
{
    const struct rn_kinesis_list_tags_for_stream_request *request = call->request;
    struct rn_kinesis_list_tags_for_stream_reply *reply = call->reply;
    const struct rn_stream *stream =
        rn_select_stream(call, request->stream_name, request->stream_arn);
    size_t limit = request->limit.set ? (size_t)request->limit.value : LIST_TAGS_PAGE;
    size_t at = 0, count = 0;
    struct rn_kinesis_tag *tags;

    if (!stream || !rn_rate_of_account(call, RN_LIMIT_CALLS_LIST_TAGS, rn_stream_name(stream))) {
        return;
    }
    tags = rn_arena_zalloc(call->arena, limit, sizeof(*tags));
    while (request->exclusive_start_tag_key.data && at < stream->tag_count &&
           rn_str_cmp(stream->tags[at].key, request->exclusive_start_tag_key) <= 0) {
        at++;
    }
    for (; tags && count < limit && at < stream->tag_count; at++, count++) {
        if (!copy_tag(call->arena, &stream->tags[at], &tags[count])) {
            tags = NULL;
        }
    }
    if (!tags) {
        rn_fail_internal(call);
        return;
    }
    reply->tags = (struct rn_items){.data = tags, .count = count, .set = true};
    reply->has_more_tags = (struct rn_number){.value = at < stream->tag_count, .set = true};
    rn_call_ok(call);
}
