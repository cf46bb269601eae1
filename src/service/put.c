/* put.c - PutRecord and PutRecords.
 *
 * Order of checks: stream, size of the data, total size, explicit hash keys, ordering number, dry
 * run; then the shards' limits, which the record path decides. */
#include <stdio.h>

#include "base/list.h"
#include "model/seqno.h"
#include "service/rates.h"
#include "service/select.h"
#include "shape/kinesis.h"

enum { PUT_BYTES_MAX = 10 * 1024 * 1024, CLAUSES_MAX = RN_VIOLATIONS_MAX };

struct put_call {
    struct rn_call *call;
    struct rn_put put;
    struct rn_put_record records[];
};

/* NULL: the call has failed. */
static struct put_call *put_call_new(struct rn_call *call, const struct rn_stream *stream,
                                     size_t count, void (*done)(struct rn_task *task))
{
    struct put_call *put_call =
        rn_arena_zalloc(call->arena, 1, sizeof(*put_call) + count * sizeof(put_call->records[0]));

    if (!put_call) {
        rn_fail_internal(call);
        return NULL;
    }
    put_call->call = call;
    put_call->put = (struct rn_put){
        .stream = stream,
        .records = put_call->records,
        .count = count,
        .arena = call->arena,
        .box = call->box,
        .done = {.run = done},
    };
    return put_call;
}

/* The key that routes the record; false: the call has failed. */
static bool take_hash_key(struct rn_call *call, rn_str explicit_hash_key,
                          struct rn_put_record *record)
{
    if (!explicit_hash_key.data) {
        record->hash_key = rn_hash_key_of(record->partition_key);
        return true;
    }
    if (rn_hash_key_parse(explicit_hash_key, &record->hash_key)) {
        rn_call_fail(call, RN_FAULT_INVALID_ARGUMENT,
                     "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. "
                     "Specified value was %.*s",
                     RN_STR_ARG(explicit_hash_key));
        return false;
    }
    return true;
}

/* A stream's own limit on one record's data, worded as the model's limit is. The partition key does
 * not count: the service takes a record of exactly the limit with any key. */
static size_t data_bytes_max(const struct rn_stream *stream)
{
    return (size_t)stream->record_kib_max * 1024;
}

static rn_str size_clause(struct rn_arena *arena, rn_str data, const char *path, size_t bytes_max)
{
    return rn_arena_printf(arena,
                           "Value 'java.nio.HeapByteBuffer[pos=0 lim=%zu cap=%zu]' at '%s' failed "
                           "to satisfy constraint: "
                           "Member must have length less than or equal to %zu",
                           data.len, data.len, path, bytes_max);
}

static void put_submit(struct put_call *put_call)
{
    if (rn_data_put(put_call->call->service->options.data, &put_call->put)) {
        rn_fail_internal(put_call->call);
    }
}

/* SequenceNumberForOrdering: the client's last number for this key. Ours is greater by
 * construction, so only nonsense is refused: no number of any known form, or one from the future. A
 * number may carry its shard's creation second, which a closing parent can push beyond now. */
static bool ordering_fits(struct rn_call *call, const struct rn_stream *stream, rn_str text,
                          rn_u128 hash_key)
{
    const struct rn_shard *shard = rn_stream_route(stream, hash_key);
    int64_t latest_s = rn_call_now_ms(call) / 1000;
    struct rn_seqno seqno;

    if (shard && shard->created_s > latest_s) {
        latest_s = shard->created_s;
    }
    if (!rn_seqno_parse(text, &seqno) && seqno.time_s <= latest_s) {
        return true;
    }
    rn_call_fail(call, RN_FAULT_INVALID_ARGUMENT,
                 "ExclusiveMinimumSequenceNumber %.*s used in PutRecord on stream %.*s under "
                 "account %.*s is invalid.",
                 RN_STR_ARG(text), RN_STR_ARG(rn_stream_name(stream)),
                 RN_STR_ARG(call->service->account));
    return false;
}

static bool reply_record(struct rn_call *call, const struct rn_put_record *record,
                         rn_str *ret_shard_id, rn_str *ret_number)
{
    char *number = rn_arena_alloc(call->arena, RN_SEQNO_TEXT_BYTES);
    const struct rn_shard *shard = record->shard;

    *ret_shard_id = rn_shard_id_text(call->arena, shard->index);
    if (!number || !ret_shard_id->data) {
        return false;
    }
    *ret_number = rn_str_make(
        number, rn_seqno_format_record(shard->created_s, shard->index, record->offset, number));
    return true;
}

/* Absent when off. */
static rn_str encryption_type(const struct put_call *put_call)
{
    return rn_stream_encrypted(put_call->put.stream) ? RN_STR("KMS") : RN_STR_NONE;
}

static void put_record_done(struct rn_task *task)
{
    struct put_call *put_call = RN_OWNER(task, struct put_call, put.done);
    struct rn_call *call = put_call->call;
    struct rn_kinesis_put_record_reply *reply = call->reply;
    const struct rn_put_record *record = &put_call->records[0];

    if (record->result == RN_PUT_THROTTLED) {
        rn_tell_limited(call, record->limit, rn_stream_name(put_call->put.stream));
        rn_fail_shard_rate(call, put_call->put.stream, record->shard);
    } else if (record->result == RN_PUT_OK &&
               reply_record(call, record, &reply->shard_id, &reply->sequence_number)) {
        reply->encryption_type = encryption_type(put_call);
        rn_call_ok(call);
    } else {
        rn_fail_internal(call);
    }
}

static bool record_fits(struct rn_call *call, const struct rn_stream *stream, rn_str data)
{
    rn_str clause;

    if (data.len <= data_bytes_max(stream)) {
        return true;
    }
    clause = size_clause(call->arena, data, "data", data_bytes_max(stream));
    rn_call_fail(call, RN_FAULT_VALIDATION, "1 validation error detected: %.*s",
                 RN_STR_ARG(clause));
    return false;
}

void rn_service_put_record(struct rn_call *call)
{
    const struct rn_kinesis_put_record_request *request = call->request;
    const struct rn_stream *stream =
        rn_select_serving(call, request->stream_name, request->stream_arn);
    struct put_call *put_call;
    struct rn_put_record *record;

    if (!stream || !record_fits(call, stream, request->data)) {
        return;
    }
    put_call = put_call_new(call, stream, 1, put_record_done);
    if (!put_call) {
        return;
    }
    record = &put_call->records[0];
    record->partition_key = request->partition_key;
    record->data = request->data;
    if (!take_hash_key(call, request->explicit_hash_key, record)) {
        return;
    }
    if (request->sequence_number_for_ordering.data &&
        !ordering_fits(call, stream, request->sequence_number_for_ordering, record->hash_key)) {
        return;
    }
    if (request->dry_run.value) {
        rn_fail_dry_run(call);
        return;
    }
    put_submit(put_call);
}

/* Every record over the stream's limit is one clause, up to ten. */
static bool records_fit(struct rn_call *call, const struct rn_stream *stream,
                        const struct rn_kinesis_put_records_request_entry *entries, size_t count)
{
    rn_str clauses = RN_STR("");
    size_t found = 0;

    for (size_t i = 0; i < count && found < CLAUSES_MAX; i++) {
        char path[48];
        rn_str clause;

        if (entries[i].data.len <= data_bytes_max(stream)) {
            continue;
        }
        (void)snprintf(path, sizeof(path), "records.%zu.member.data", i + 1); /* fits any index */
        clause = size_clause(call->arena, entries[i].data, path, data_bytes_max(stream));
        clauses = rn_arena_printf(call->arena, "%.*s%s%.*s", RN_STR_ARG(clauses), found ? "; " : "",
                                  RN_STR_ARG(clause));
        found++;
    }
    if (found == 0) {
        return true;
    }
    rn_call_fail(call, RN_FAULT_VALIDATION, "%zu validation error%s detected: %.*s", found,
                 found > 1 ? "s" : "", RN_STR_ARG(clauses));
    return false;
}

static bool total_fits(struct rn_call *call,
                       const struct rn_kinesis_put_records_request_entry *entries, size_t count)
{
    size_t bytes = 0;

    for (size_t i = 0; i < count; i++) {
        bytes += entries[i].data.len + entries[i].partition_key.len;
    }
    if (bytes <= PUT_BYTES_MAX) {
        return true;
    }
    rn_call_fail(call, RN_FAULT_INVALID_ARGUMENT, "Records size exceeds 10 MB limit");
    return false;
}

/* Texts of the whole reply, side by side: one allocation whatever the number of records. */
struct entry_texts {
    char shard_id[RN_SHARD_ID_TEXT_BYTES];
    char number[RN_SEQNO_TEXT_BYTES];
};

static void write_stored(const struct rn_put_record *record, struct entry_texts *texts,
                         struct rn_kinesis_put_records_result_entry *out)
{
    const struct rn_shard *shard = record->shard;

    out->shard_id = rn_str_make(texts->shard_id, rn_shard_id_format(shard->index, texts->shard_id));
    out->sequence_number =
        rn_str_make(texts->number, rn_seqno_format_record(shard->created_s, shard->index,
                                                          record->offset, texts->number));
}

static void write_throttled(struct put_call *put_call, const struct rn_put_record *record,
                            struct rn_kinesis_put_records_result_entry *out)
{
    struct rn_call *call = put_call->call;
    char id[RN_SHARD_ID_TEXT_BYTES];

    rn_shard_id_format(record->shard->index, id);
    out->error_code = RN_STR("ProvisionedThroughputExceededException");
    out->error_message = rn_arena_printf(
        call->arena, "Rate exceeded for shard %s in stream %.*s under account %.*s.", id,
        RN_STR_ARG(rn_stream_name(put_call->put.stream)), RN_STR_ARG(call->service->account));
}

static void put_records_done(struct rn_task *task)
{
    struct put_call *put_call = RN_OWNER(task, struct put_call, put.done);
    struct rn_call *call = put_call->call;
    struct rn_kinesis_put_records_reply *reply = call->reply;
    size_t count = put_call->put.count;
    size_t failed = 0;
    struct rn_kinesis_put_records_result_entry *entries =
        rn_arena_zalloc(call->arena, count, sizeof(*entries));
    struct entry_texts *texts = rn_arena_alloc(call->arena, count * sizeof(*texts));

    if (!entries || !texts) {
        rn_fail_internal(call);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const struct rn_put_record *record = &put_call->records[i];

        if (record->result == RN_PUT_OK) {
            write_stored(record, &texts[i], &entries[i]);
            continue;
        }
        failed++;
        if (record->result == RN_PUT_THROTTLED) {
            rn_tell_limited(call, record->limit, rn_stream_name(put_call->put.stream));
            write_throttled(put_call, record, &entries[i]);
        } else {
            entries[i].error_code = RN_STR("InternalFailure");
            entries[i].error_message = RN_STR("Internal service failure.");
        }
    }
    reply->records = (struct rn_items){.data = entries, .count = count, .set = true};
    reply->failed_record_count = (struct rn_number){.value = (int64_t)failed, .set = true};
    reply->encryption_type = encryption_type(put_call);
    rn_call_ok(call);
}

void rn_service_put_records(struct rn_call *call)
{
    const struct rn_kinesis_put_records_request *request = call->request;
    const struct rn_kinesis_put_records_request_entry *entries = request->records.data;
    size_t count = request->records.count;
    const struct rn_stream *stream =
        rn_select_serving(call, request->stream_name, request->stream_arn);
    struct put_call *put_call;

    if (!stream || !records_fit(call, stream, entries, count) ||
        !total_fits(call, entries, count)) {
        return;
    }
    put_call = put_call_new(call, stream, count, put_records_done);
    if (!put_call) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        put_call->records[i].partition_key = entries[i].partition_key;
        put_call->records[i].data = entries[i].data;
        if (!take_hash_key(call, entries[i].explicit_hash_key, &put_call->records[i])) {
            return; /* one bad key fails the whole call */
        }
    }
    if (request->dry_run.value) {
        rn_fail_dry_run(call);
        return;
    }
    put_submit(put_call);
}
