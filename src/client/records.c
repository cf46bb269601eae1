/* records.c - batches to PutRecords, GetRecords to pages.
 *
 * A batch keeps its records' bytes in one growing buffer, so adding costs a copy and no allocation;
 * after each try only the records without a sequence number are sent again. */
#include <stdlib.h>

#include "base/utf8.h"
#include "client/client.h"
#include "model/arn.h"
#include "shape/kinesis.h"
#include "shape/kinesis_subscribe.h"

enum {
    BATCH_RECORDS_MAX = 500,
    BATCH_BYTES_MAX =
        10 * 1024 * 1024 - 16 * 1024, /* of data and keys: below the service's 10 MiB */
    KEY_CODE_POINTS_MAX = 256,
    NUMBER_BYTES = 136,
    PUT_BYTES_AIM = 5 * 1024 * 1024, /* has_room says no above it: JSON bodies stay moderate */
};

struct entry {
    size_t key_at, key_len, data_at, data_len;
    char number[NUMBER_BYTES];
    char shard[NUMBER_BYTES];
    const char *error; /* static, or NULL */
};

struct runnel_batch {
    struct rn_buf bytes;
    struct entry entries[BATCH_RECORDS_MAX];
    size_t count;
};

struct runnel_batch *runnel_batch_new(void)
{
    struct runnel_batch *batch = calloc(1, sizeof(*batch));

    if (batch) {
        rn_buf_init(&batch->bytes, BATCH_BYTES_MAX);
    }
    return batch;
}

void runnel_batch_free(struct runnel_batch *batch)
{
    if (batch) {
        rn_buf_done(&batch->bytes);
        free(batch);
    }
}

void runnel_batch_clear(struct runnel_batch *batch)
{
    rn_buf_clear(&batch->bytes);
    batch->count = 0;
}

size_t runnel_batch_count(const struct runnel_batch *batch)
{
    return batch->count;
}

bool runnel_batch_has_room(const struct runnel_batch *batch, size_t key_bytes, size_t data_bytes)
{
    return !batch->count || (batch->count < BATCH_RECORDS_MAX &&
                             batch->bytes.len + key_bytes + data_bytes <= PUT_BYTES_AIM);
}

enum runnel_err runnel_batch_add(struct runnel_batch *batch, const char *key, size_t key_bytes,
                                 const void *data, size_t data_bytes)
{
    struct entry *entry = &batch->entries[batch->count];
    size_t points;

    if (batch->count == BATCH_RECORDS_MAX || data_bytes > BATCH_BYTES_MAX - batch->bytes.len ||
        key_bytes > BATCH_BYTES_MAX - batch->bytes.len - data_bytes) {
        return RUNNEL_USAGE;
    }
    if (!rn_utf8_count(rn_str_make(key, key_bytes), &points) || points < 1 ||
        points > KEY_CODE_POINTS_MAX) {
        return RUNNEL_USAGE;
    }
    *entry = (struct entry){.key_at = batch->bytes.len,
                            .key_len = key_bytes,
                            .data_at = batch->bytes.len + key_bytes,
                            .data_len = data_bytes};
    if (!rn_buf_reserve(&batch->bytes, key_bytes + data_bytes)) {
        return RUNNEL_NOMEM;
    }
    rn_buf_add(&batch->bytes, key, key_bytes);
    rn_buf_add(&batch->bytes, data, data_bytes);
    batch->count++;
    return RUNNEL_OK;
}

const char *runnel_batch_sequence_number(const struct runnel_batch *batch, size_t index)
{
    return index < batch->count && batch->entries[index].number[0] ? batch->entries[index].number
                                                                   : NULL;
}

const char *runnel_batch_shard_id(const struct runnel_batch *batch, size_t index)
{
    return index < batch->count && batch->entries[index].number[0] ? batch->entries[index].shard
                                                                   : NULL;
}

const char *runnel_batch_error(const struct runnel_batch *batch, size_t index)
{
    return index < batch->count && !batch->entries[index].number[0] ? batch->entries[index].error
                                                                    : NULL;
}

/* A copy with a NUL; false when it does not fit. */
static bool copy_text(rn_str text, char *room)
{
    if (text.len >= NUMBER_BYTES) {
        return false;
    }
    memcpy(room, text.data, text.len);
    room[text.len] = 0;
    return true;
}

static const char *error_named(rn_str code)
{
    static const char *const known[] = {"ProvisionedThroughputExceededException", "InternalFailure",
                                        "KMSThrottlingException"};

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (rn_str_eq(code, rn_str_c(known[i]))) {
            return known[i];
        }
    }
    return "UnknownError";
}

/* What became of the records that were sent; the number still without a sequence number in *ret_failed. */
static enum runnel_err note_results(struct runnel_client *client, struct runnel_batch *batch,
                                    const size_t *sent, size_t count,
                                    const struct rn_kinesis_put_records_reply *reply,
                                    size_t *ret_failed)
{
    const struct rn_kinesis_put_records_result_entry *results = reply->records.data;

    if (reply->records.count != count) {
        return rn_client_fail(client, RUNNEL_PROTOCOL, "", "%zu records were sent and %zu answered",
                              count, reply->records.count);
    }
    *ret_failed = 0;
    for (size_t i = 0; i < count; i++) {
        struct entry *entry = &batch->entries[sent[i]];

        if (results[i].error_code.data || !results[i].sequence_number.len) {
            entry->error = error_named(results[i].error_code);
            ++*ret_failed;
        } else if (!copy_text(results[i].shard_id, entry->shard) ||
                   !copy_text(results[i].sequence_number, entry->number)) {
            return rn_client_fail(client, RUNNEL_PROTOCOL, "", "a sequence number is over %d bytes",
                                  NUMBER_BYTES);
        }
    }
    return RUNNEL_OK;
}

/* One PutRecords of the records without a sequence number. */
static enum runnel_err put_open(struct runnel_client *client, const char *stream,
                                struct runnel_batch *batch, size_t *ret_failed)
{
    struct rn_kinesis_put_records_request_entry records[BATCH_RECORDS_MAX];
    struct rn_kinesis_put_records_request request = {.stream_name = rn_str_c(stream)};
    struct rn_kinesis_put_records_reply reply;
    size_t sent[BATCH_RECORDS_MAX], count = 0;
    enum runnel_err err;

    for (size_t i = 0; i < batch->count; i++) {
        const struct entry *entry = &batch->entries[i];

        if (!entry->number[0]) {
            records[count] = (struct rn_kinesis_put_records_request_entry){
                .partition_key = rn_str_make(batch->bytes.data + entry->key_at, entry->key_len),
                .data = rn_str_make(batch->bytes.data + entry->data_at, entry->data_len),
            };
            sent[count++] = i;
        }
    }
    *ret_failed = 0;
    if (!count) {
        return RUNNEL_OK;
    }
    request.records = (struct rn_items){records, count, true};
    err = rn_client_call(client, "PutRecords", &rn_kinesis_put_records_request_shape, &request,
                         &rn_kinesis_put_records_reply_shape, &reply);
    return err ? err : note_results(client, batch, sent, count, &reply, ret_failed);
}

enum runnel_err runnel_put_records(struct runnel_client *client, const char *stream,
                                   struct runnel_batch *batch, size_t *ret_failed)
{
    int64_t end_us = rn_clock_mono_us(client->clock) +
                     rn_config_number(client->config, RN_CONFIG_RETRY_MS) * 1000LL;
    size_t failed;

    for (unsigned tries = 1;; tries++) {
        enum runnel_err err = put_open(client, stream, batch, &failed);
        int64_t pause_ms = rn_client_pause_ms(client->random, tries);

        if (err) {
            return err;
        }
        if (!failed || rn_clock_mono_us(client->clock) + pause_ms * 1000 > end_us ||
            !rn_client_wait(client, pause_ms)) {
            *ret_failed = failed;
            return RUNNEL_OK;
        }
    }
}

/* ---- pages -------------------------------------------------------------------------------- */

struct runnel_page {
    struct rn_arena *arena; /* holds the reply */
    struct rn_kinesis_get_records_reply reply;
    rn_str continuation;
};

struct runnel_page *runnel_page_new(void)
{
    struct runnel_page *page = calloc(1, sizeof(*page));

    if (page && !(page->arena = rn_arena_new(RN_CLIENT_ARENA_BYTES_MAX))) {
        free(page);
        page = NULL;
    }
    return page;
}

void runnel_page_free(struct runnel_page *page)
{
    if (page) {
        rn_arena_free(page->arena);
        free(page);
    }
}

/* A NUL behind the text, since the public calls hand out C strings. RUNNEL_PROTOCOL: there is none, and must be. */
static enum runnel_err end_text(struct runnel_page *page, rn_str *text, bool needed)
{
    if (!text->data) {
        return needed ? RUNNEL_PROTOCOL : RUNNEL_OK;
    }
    *text = rn_arena_dup(page->arena, *text);
    return text->data ? RUNNEL_OK : RUNNEL_NOMEM;
}

static enum runnel_err end_record(struct runnel_page *page, struct rn_kinesis_record *record)
{
    enum runnel_err err;

    if (!record->partition_key.data) {
        record->partition_key = RN_STR("");
    }
    err = end_text(page, &record->partition_key, true);
    return err ? err : end_text(page, &record->sequence_number, true);
}

static enum runnel_err end_child(struct runnel_page *page, struct rn_kinesis_child_shard *child)
{
    rn_str *parents = child->parent_shards.data;
    enum runnel_err err = end_text(page, &child->shard_id, true);

    for (size_t i = 0; !err && i < child->parent_shards.count; i++) {
        err = end_text(page, &parents[i], true);
    }
    return err;
}

/* On an error the page is empty. */
static enum runnel_err end_texts(struct runnel_page *page)
{
    struct rn_kinesis_record *records = page->reply.records.data;
    struct rn_kinesis_child_shard *children = page->reply.child_shards.data;
    enum runnel_err err = end_text(page, &page->reply.next_shard_iterator, false);

    err = err ? err : end_text(page, &page->continuation, false);
    for (size_t i = 0; !err && i < page->reply.records.count; i++) {
        err = end_record(page, &records[i]);
    }
    for (size_t i = 0; !err && i < page->reply.child_shards.count; i++) {
        err = end_child(page, &children[i]);
    }
    if (err) {
        page->reply = (struct rn_kinesis_get_records_reply){.records = {.count = 0}};
        page->continuation = RN_STR_NONE;
    }
    return err;
}

enum runnel_err runnel_get_records(struct runnel_client *client, const char *shard_iterator,
                                   int limit, struct runnel_page *page)
{
    struct rn_kinesis_get_records_request request = {.shard_iterator = rn_str_c(shard_iterator),
                                                     .limit = {limit, true}};
    struct rn_kinesis_get_records_reply reply;
    struct rn_arena *arena;
    enum runnel_err err =
        rn_client_call(client, "GetRecords", &rn_kinesis_get_records_request_shape, &request,
                       &rn_kinesis_get_records_reply_shape, &reply);

    if (err) {
        return err;
    }
    arena = page->arena; /* the reply lies in the client's arena: the two change places */
    page->arena = client->arena;
    client->arena = arena;
    rn_arena_reset(client->arena);
    client->error_type = client->error_message = "";
    page->reply = reply;
    page->continuation = RN_STR_NONE;
    err = end_texts(page);
    return err ? rn_client_fail(client, err, "",
                                err == RUNNEL_NOMEM
                                    ? "out of memory"
                                    : "a record or child shard in the answer has no id")
               : RUNNEL_OK;
}

enum runnel_err rn_page_from_event(struct runnel_page *page, rn_str payload)
{
    struct rn_kinesis_subscribe_to_shard_event event = {.records = {.count = 0}};
    struct rn_decode_failure failure;
    char *text;

    rn_arena_reset(page->arena);
    page->reply = (struct rn_kinesis_get_records_reply){.records = {.count = 0}};
    page->continuation = RN_STR_NONE;
    text = rn_arena_alloc(page->arena, payload.len + 1); /* the decoder changes it */
    if (!text) {
        return RUNNEL_NOMEM;
    }
    memcpy(text, payload.data, payload.len);
    text[payload.len] = 0;
    if (rn_json_decode(&rn_kinesis_subscribe_to_shard_event_shape, text, payload.len, page->arena,
                       &event, &failure) ||
        !event.continuation_sequence_number.data == !event.child_shards.count) {
        return RUNNEL_PROTOCOL; /* either it goes on, or others do */
    }
    page->reply.records = event.records;
    page->reply.millis_behind_latest = event.millis_behind_latest;
    page->reply.child_shards = event.child_shards;
    page->continuation = event.continuation_sequence_number;
    return end_texts(page);
}

const char *runnel_page_continuation(const struct runnel_page *page)
{
    return page->continuation.data;
}

size_t runnel_page_count(const struct runnel_page *page)
{
    return page->reply.records.count;
}

const char *runnel_page_next_iterator(const struct runnel_page *page)
{
    return page->reply.next_shard_iterator.data;
}

int64_t runnel_page_millis_behind(const struct runnel_page *page)
{
    return page->reply.millis_behind_latest.value;
}

size_t runnel_page_child_count(const struct runnel_page *page)
{
    return page->reply.child_shards.count;
}

void runnel_page_child(const struct runnel_page *page, size_t index, const char **ret_shard_id,
                       const char **ret_parent, const char **ret_adjacent_parent)
{
    const struct rn_kinesis_child_shard *child =
        (const struct rn_kinesis_child_shard *)page->reply.child_shards.data + index;
    const rn_str *parents = child->parent_shards.data;

    if (ret_shard_id) {
        *ret_shard_id = child->shard_id.data;
    }
    if (ret_parent) {
        *ret_parent = child->parent_shards.count > 0 ? parents[0].data : NULL;
    }
    if (ret_adjacent_parent) {
        *ret_adjacent_parent = child->parent_shards.count > 1 ? parents[1].data : NULL;
    }
}

void runnel_page_record(const struct runnel_page *page, size_t index, const void **ret_data,
                        size_t *ret_data_bytes, const char **ret_partition_key,
                        const char **ret_sequence_number, int64_t *ret_arrival_ms)
{
    const struct rn_kinesis_record *record =
        (const struct rn_kinesis_record *)page->reply.records.data + index;

    if (ret_data) {
        *ret_data = record->data.data;
    }
    if (ret_data_bytes) {
        *ret_data_bytes = record->data.len;
    }
    if (ret_partition_key) {
        *ret_partition_key = record->partition_key.data;
    }
    if (ret_sequence_number) {
        *ret_sequence_number = record->sequence_number.data;
    }
    if (ret_arrival_ms) {
        *ret_arrival_ms = record->approximate_arrival_timestamp.value;
    }
}

enum runnel_err runnel_get_shard_iterator(struct runnel_client *client, const char *stream,
                                          const char *shard_id, const char *type,
                                          const char *sequence_number, int64_t at_ms,
                                          const char **ret_iterator)
{
    struct rn_kinesis_get_shard_iterator_request request = {
        .stream_name = rn_str_c(stream),
        .shard_id = rn_str_c(shard_id),
        .shard_iterator_type = rn_str_c(type),
        .starting_sequence_number = rn_str_c(sequence_number),
    };
    struct rn_kinesis_get_shard_iterator_reply reply;
    enum runnel_err err;
    rn_str text;

    if (strcmp(type, "AT_TIMESTAMP") == 0) {
        request.timestamp = (struct rn_number){at_ms, true};
    }
    err = rn_client_call(client, "GetShardIterator", &rn_kinesis_get_shard_iterator_request_shape,
                         &request, &rn_kinesis_get_shard_iterator_reply_shape, &reply);
    if (err) {
        return err;
    }
    text = rn_arena_dup(client->arena, reply.shard_iterator);
    if (!text.data) {
        return rn_client_fail(client, RUNNEL_PROTOCOL, "", "the answer has no shard iterator");
    }
    *ret_iterator = text.data;
    return RUNNEL_OK;
}
