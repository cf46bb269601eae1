/* describe.c - DescribeStream, DescribeStreamSummary, and the form of a shard in listings. */
#include "service/describe.h"

#include "model/seqno.h"
#include "service/rates.h"
#include "service/select.h"
#include "service/settings.h"

enum { DESCRIBE_PAGE = 100 };

/* All texts of one shard, so that a page costs one allocation. */
struct shard_texts {
    struct rn_kinesis_hash_key_range range;
    struct rn_kinesis_sequence_number_range numbers;
    char id[RN_SHARD_ID_TEXT_BYTES], parent[RN_SHARD_ID_TEXT_BYTES],
        adjacent[RN_SHARD_ID_TEXT_BYTES];
    char start_key[RN_HASH_KEY_TEXT_BYTES], end_key[RN_HASH_KEY_TEXT_BYTES];
    char first[RN_SEQNO_TEXT_BYTES], last[RN_SEQNO_TEXT_BYTES];
};

static void write_range(const struct rn_hash_range *range, char *start, char *end,
                        struct rn_kinesis_hash_key_range *out)
{
    out->starting_hash_key = rn_str_make(start, rn_hash_key_format(range->start, start));
    out->ending_hash_key = rn_str_make(end, rn_hash_key_format(range->end, end));
}

struct rn_kinesis_hash_key_range *rn_describe_range(struct rn_arena *arena,
                                                    const struct rn_hash_range *range)
{
    struct rn_kinesis_hash_key_range *out = rn_arena_zalloc(arena, 1, sizeof(*out));
    char *texts = rn_arena_alloc(arena, (size_t)2 * RN_HASH_KEY_TEXT_BYTES);

    if (!out || !texts) {
        return NULL;
    }
    write_range(range, texts, texts + RN_HASH_KEY_TEXT_BYTES, out);
    return out;
}

static void write_numbers(const struct rn_shard *shard, struct shard_texts *texts)
{
    struct rn_seqno seqno = {.shard_created_s = shard->created_s,
                             .time_s = shard->created_s,
                             .shard_index = shard->index,
                             .version = 2};

    texts->numbers.starting_sequence_number =
        rn_str_make(texts->first, rn_seqno_format(&seqno, texts->first));
    if (shard->closed_ms == 0) {
        return;
    }
    seqno.ix = RN_SEQNO_IX_MAX;
    seqno.time_s = shard->closed_ms / 1000;
    if (seqno.time_s < shard->created_s) {
        seqno.time_s = shard->created_s; /* closed within the second it was created in */
    }
    texts->numbers.ending_sequence_number =
        rn_str_make(texts->last, rn_seqno_format(&seqno, texts->last));
}

static void write_shard(const struct rn_shard *shard, struct shard_texts *texts,
                        struct rn_kinesis_shard *out)
{
    out->shard_id = rn_str_make(texts->id, rn_shard_id_format(shard->index, texts->id));
    if (shard->parent != RN_SHARD_NONE) {
        out->parent_shard_id =
            rn_str_make(texts->parent, rn_shard_id_format(shard->parent, texts->parent));
    }
    if (shard->adjacent_parent != RN_SHARD_NONE) {
        out->adjacent_parent_shard_id = rn_str_make(
            texts->adjacent, rn_shard_id_format(shard->adjacent_parent, texts->adjacent));
    }
    write_range(&shard->range, texts->start_key, texts->end_key, &texts->range);
    out->hash_key_range = &texts->range;
    write_numbers(shard, texts);
    out->sequence_number_range = &texts->numbers;
}

/* Shards become visible together, when the stream is made. */
static size_t shards_shown(const struct rn_stream *stream)
{
    return stream->status == RN_STREAM_CREATING ? 0 : stream->shard_count;
}

rn_err rn_describe_shards(struct rn_call *call, const struct rn_shard_page *page,
                          struct rn_items *ret_shards, bool *ret_more, uint32_t *ret_next)
{
    size_t shown = shards_shown(page->stream);
    size_t room = page->limit < shown ? page->limit : shown;
    struct rn_kinesis_shard *shards = rn_arena_zalloc(call->arena, room, sizeof(*shards));
    struct shard_texts *texts = rn_arena_zalloc(call->arena, room, sizeof(*texts));
    int64_t now_ms = rn_call_now_ms(call);
    size_t count = 0;

    if (!shards || !texts) {
        return RN_NOMEM;
    }
    *ret_more = false;
    for (size_t i = 0; i < shown && !*ret_more; i++) {
        const struct rn_shard *shard = &page->stream->shards[i];

        if (shard->index < page->first || !rn_shard_visible(page->stream, shard, now_ms) ||
            (page->wanted && !page->wanted(shard, page->arg))) {
            continue;
        }
        if (count == page->limit) {
            *ret_more = true;
            *ret_next = shard->index;
            continue;
        }
        write_shard(shard, &texts[count], &shards[count]);
        count++;
    }
    *ret_shards = (struct rn_items){.data = shards, .count = count, .set = true};
    return RN_OK;
}

/* Always one entry, with the metrics that are switched on. */
static bool write_monitoring(struct rn_call *call, const struct rn_stream *stream,
                             struct rn_items *ret_monitoring)
{
    struct rn_kinesis_enhanced_metrics *metrics = rn_arena_zalloc(call->arena, 1, sizeof(*metrics));

    if (!metrics || !rn_metrics_list(call->arena, stream->metrics, &metrics->shard_level_metrics)) {
        return false;
    }
    *ret_monitoring = (struct rn_items){.data = metrics, .count = 1, .set = true};
    return true;
}

/* The key only of a stream that is encrypted. */
static bool write_encryption(struct rn_call *call, const struct rn_stream *stream, rn_str *ret_type,
                             rn_str *ret_key_id)
{
    if (!rn_stream_encrypted(stream)) {
        *ret_type = RN_STR("NONE");
        return true;
    }
    *ret_type = RN_STR("KMS");
    *ret_key_id = rn_arena_dup(call->arena, stream->key_id);
    return ret_key_id->data != NULL;
}

static struct rn_kinesis_stream_mode_details *mode_details(struct rn_call *call,
                                                           const struct rn_stream *stream)
{
    struct rn_kinesis_stream_mode_details *details =
        rn_arena_zalloc(call->arena, 1, sizeof(*details));

    if (details) {
        details->stream_mode = rn_stream_mode_text(stream->mode);
    }
    return details;
}

/* StreamCreationTimestamp has whole seconds. */
static struct rn_number creation_time(const struct rn_stream *stream)
{
    return (struct rn_number){.value = stream->created_ms / 1000 * 1000, .set = true};
}

/* ExclusiveStartShardId as the first index to show. False: the call has failed. */
static bool describe_first(struct rn_call *call, rn_str start, rn_str name, uint32_t *ret_first)
{
    uint32_t index;

    *ret_first = 0;
    if (!start.data) {
        return true;
    }
    if (rn_shard_id_parse(start, &index)) {
        rn_fail_shard_text(call, start, name, call->service->account);
        return false;
    }
    *ret_first = index + 1; /* at most 2^31 */
    return true;
}

static bool write_description(struct rn_call *call, const struct rn_stream *stream,
                              const struct rn_shard_page *page)
{
    struct rn_kinesis_describe_stream_reply *reply = call->reply;
    struct rn_kinesis_stream_description *out = rn_arena_zalloc(call->arena, 1, sizeof(*out));
    bool more;
    uint32_t next;

    if (!out || rn_describe_shards(call, page, &out->shards, &more, &next)) {
        return false;
    }
    out->stream_name = rn_arena_dup(call->arena, rn_stream_name(stream));
    out->stream_arn = rn_stream_arn_text(call, rn_stream_name(stream));
    out->stream_status = rn_stream_status_text(stream->status);
    out->stream_mode_details = mode_details(call, stream);
    out->has_more_shards = (struct rn_number){.value = more, .set = true};
    out->retention_period_hours = (struct rn_number){.value = stream->retention_hours, .set = true};
    out->stream_creation_timestamp = creation_time(stream);
    reply->stream_description = out;
    return out->stream_name.data && out->stream_arn.data && out->stream_mode_details &&
           write_encryption(call, stream, &out->encryption_type, &out->key_id) &&
           write_monitoring(call, stream, &out->enhanced_monitoring);
}

void rn_service_describe_stream(struct rn_call *call)
{
    const struct rn_kinesis_describe_stream_request *request = call->request;
    const struct rn_stream *stream =
        rn_select_stream(call, request->stream_name, request->stream_arn);
    struct rn_shard_page page = {.stream = stream, .limit = DESCRIBE_PAGE};

    if (!stream ||
        !rn_rate_of_account(call, RN_LIMIT_CALLS_DESCRIBE_STREAM, rn_stream_name(stream)) ||
        !describe_first(call, request->exclusive_start_shard_id, rn_stream_name(stream),
                        &page.first)) {
        return;
    }
    if (request->limit.set && request->limit.value < DESCRIBE_PAGE) {
        page.limit = (size_t)request->limit.value;
    }
    if (write_description(call, stream, &page)) {
        rn_call_ok(call);
    } else {
        rn_fail_internal(call);
    }
}

/* Only of on-demand streams, and in an account that may have it. */
static bool write_warm_throughput(struct rn_call *call, const struct rn_stream *stream,
                                  struct rn_kinesis_warm_throughput **ret_warm)
{
    if (stream->mode != RN_STREAM_ON_DEMAND || !rn_may_be_warm(call)) {
        return true;
    }
    *ret_warm = rn_warm_throughput(call->arena, stream->warm_mib, stream->warm_now_mib);
    return *ret_warm != NULL;
}

static bool write_summary(struct rn_call *call, const struct rn_stream *stream)
{
    struct rn_kinesis_describe_stream_summary_reply *reply = call->reply;
    struct rn_kinesis_stream_description_summary *out =
        rn_arena_zalloc(call->arena, 1, sizeof(*out));
    size_t open = stream->status == RN_STREAM_CREATING ? 0 : stream->open_count;

    if (!out) {
        return false;
    }
    out->stream_name = rn_arena_dup(call->arena, rn_stream_name(stream));
    out->stream_arn = rn_stream_arn_text(call, rn_stream_name(stream));
    out->stream_status = rn_stream_status_text(stream->status);
    out->stream_mode_details = mode_details(call, stream);
    out->retention_period_hours = (struct rn_number){.value = stream->retention_hours, .set = true};
    out->stream_creation_timestamp = creation_time(stream);
    out->open_shard_count = (struct rn_number){.value = (int64_t)open, .set = true};
    out->consumer_count = (struct rn_number){.value = (int64_t)stream->consumer_count, .set = true};
    out->max_record_size_in_kib = (struct rn_number){.value = stream->record_kib_max, .set = true};
    reply->stream_description_summary = out;
    return out->stream_name.data && out->stream_arn.data && out->stream_mode_details &&
           write_encryption(call, stream, &out->encryption_type, &out->key_id) &&
           write_monitoring(call, stream, &out->enhanced_monitoring) &&
           write_warm_throughput(call, stream, &out->warm_throughput);
}

void rn_service_describe_stream_summary(struct rn_call *call)
{
    const struct rn_kinesis_describe_stream_summary_request *request = call->request;
    const struct rn_stream *stream =
        rn_select_stream(call, request->stream_name, request->stream_arn);

    if (!stream ||
        !rn_rate_of_account(call, RN_LIMIT_CALLS_DESCRIBE_SUMMARY, rn_stream_name(stream))) {
        return;
    }
    if (write_summary(call, stream)) {
        rn_call_ok(call);
    } else {
        rn_fail_internal(call);
    }
}
