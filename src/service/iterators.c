/* iterators.c - GetShardIterator: from a wish to a sealed position.
 *
 * Order of checks, as recorded from the service: shard id readable; stream and shard known; no
 * number where none belongs; the number readable, of this shard, of this stream, not its end; a
 * number where one is needed; a timestamp where one is needed, and not in the future; then dry run, and the
 * shard's limit. */
#include "service/iterators.h"

#include <inttypes.h>

#include "base/list.h"
#include "crypto/crypto.h"
#include "model/seqno.h"
#include "service/rates.h"
#include "service/select.h"
#include "shape/kinesis.h"

enum wish { AT_NUMBER, AFTER_NUMBER, AT_TIMESTAMP, TRIM_HORIZON, LATEST };

struct iterator_call {
    struct rn_call *call;
    const struct rn_kinesis_get_shard_iterator_request *request;
    const struct rn_stream *stream;
    const struct rn_shard *shard;
    enum wish wish;
    struct rn_tip tip; /* LATEST */
};

rn_str rn_iterator_text(struct rn_call *call, const struct rn_stream *stream,
                        const struct rn_shard *shard, struct rn_iterator position)
{
    struct rn_service *service = call->service;
    char *text = rn_arena_alloc(call->arena, RN_ITERATOR_TEXT_BYTES);
    uint8_t iv[RN_GCM_IV_BYTES];

    if (!text) {
        return RN_STR_NONE;
    }
    position.stream_uid = stream->uid;
    position.shard_index = shard->index;
    position.created_ms = rn_call_now_ms(call);
    memset(position.stream, 0, sizeof(position.stream));
    memcpy(position.stream, stream->name, stream->name_len);
    rn_random_fill(service->options.random, iv, sizeof(iv));
    return rn_str_make(text, rn_iterator_seal(&position, service->iterator_key, iv, text));
}

static enum wish wish_of(rn_str type)
{
    if (rn_str_eq(type, RN_STR("AT_SEQUENCE_NUMBER"))) {
        return AT_NUMBER;
    }
    if (rn_str_eq(type, RN_STR("AFTER_SEQUENCE_NUMBER"))) {
        return AFTER_NUMBER;
    }
    if (rn_str_eq(type, RN_STR("AT_TIMESTAMP"))) {
        return AT_TIMESTAMP;
    }
    return rn_str_eq(type, RN_STR("LATEST")) ? LATEST
                                             : TRIM_HORIZON; /* the shape lets nothing else pass */
}

/* Rules 1 and 2. False: the call has failed. */
static bool find_shard(struct iterator_call *work)
{
    const struct rn_kinesis_get_shard_iterator_request *request = work->request;
    struct rn_selected selected;
    uint32_t index;

    if (!rn_select(work->call, request->stream_name, request->stream_arn, &selected)) {
        return false;
    }
    if (rn_shard_id_parse(request->shard_id, &index)) {
        rn_fail_shard_text(work->call, request->shard_id, selected.name, selected.account);
        return false;
    }
    work->stream = selected.stream;
    if (selected.stream && rn_stream_serves(selected.stream)) {
        work->shard = rn_visible_shard(selected.stream, index, rn_call_now_ms(work->call));
    }
    if (!work->shard) {
        rn_fail_no_shard(work->call, index, selected.name, selected.account);
    }
    return work->shard != NULL;
}

static void fail_choice(struct iterator_call *work, const char *what)
{
    rn_call_fail(
        work->call, RN_FAULT_INVALID_ARGUMENT,
        "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and "
        "StartingSequenceNumber or (2) "
        "TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified %.*s and %s "
        "StartingSequenceNumber.",
        RN_STR_ARG(work->request->shard_iterator_type), what);
}

static void fail_number(struct iterator_call *work, const char *why)
{
    char shard[RN_SHARD_ID_TEXT_BYTES];

    rn_shard_id_format(work->shard->index, shard);
    rn_call_fail(work->call, RN_FAULT_INVALID_ARGUMENT,
                 "StartingSequenceNumber %.*s used in GetShardIterator on shard %s in stream %.*s "
                 "under account %.*s is "
                 "invalid%s",
                 RN_STR_ARG(work->request->starting_sequence_number), shard,
                 RN_STR_ARG(rn_stream_name(work->stream)), RN_STR_ARG(work->call->service->account),
                 why);
}

/* The index may read as negative, which prints as "shardId--00000000001". */
static void fail_other_shard(struct iterator_call *work, int64_t index)
{
    char shard[RN_SHARD_ID_TEXT_BYTES];

    rn_shard_id_format(work->shard->index, shard);
    rn_call_fail(work->call, RN_FAULT_INVALID_ARGUMENT,
                 "Invalid StartingSequenceNumber. It encodes shardId-%012" PRId64
                 ", while it was used in a call to a shard with %s",
                 index, shard);
}

static bool is_ending_number(const struct rn_shard *shard, const struct rn_seqno *seqno)
{
    return shard->closed_ms != 0 && seqno->ix == RN_SEQNO_IX_MAX;
}

/* Rules 4 to 7 for a number that was given. */
static bool number_fits(struct iterator_call *work, struct rn_seqno *ret_seqno)
{
    const struct rn_shard *shard = work->shard;

    if (rn_seqno_parse(work->request->starting_sequence_number, ret_seqno)) {
        fail_number(work, ".");
        return false;
    }
    if (ret_seqno->shard_index != (int64_t)shard->index) {
        fail_other_shard(work, ret_seqno->shard_index);
        return false;
    }
    if (ret_seqno->version != 2 || ret_seqno->shard_created_s != shard->created_s) {
        if (ret_seqno->version == 0) {
            rn_fail_internal(work->call); /* recorded, odd as it is */
        } else {
            fail_number(work, " because it did not come from this stream.");
        }
        return false;
    }
    if (work->wish == AFTER_NUMBER && is_ending_number(shard, ret_seqno)) {
        rn_call_fail(work->call, RN_FAULT_INVALID_ARGUMENT,
                     "Invalid SequenceNumber for ShardIteratorType AFTER_SEQUENCE_NUMBER, "
                     "SequenceNumber has reached max "
                     "possible value for the shard.");
        return false;
    }
    return true;
}

/* Rules 3 to 8. With AT_TIMESTAMP a number is checked, and then not used. */
static bool take_number(struct iterator_call *work, struct rn_iterator *position)
{
    bool given = work->request->starting_sequence_number.data != NULL;
    struct rn_seqno seqno;

    if (given && (work->wish == TRIM_HORIZON || work->wish == LATEST)) {
        fail_choice(work, "also a");
        return false;
    }
    if (given && !number_fits(work, &seqno)) {
        return false;
    }
    if (work->wish != AT_NUMBER && work->wish != AFTER_NUMBER) {
        return true;
    }
    if (!given) {
        fail_choice(work, "no");
        return false;
    }
    position->kind = RN_ITERATOR_AT_OFFSET;
    position->offset =
        seqno.ix; /* the record behind: a record's ix is its offset + 1, the shard's start is 0 */
    if (work->wish == AT_NUMBER && seqno.ix > 0) {
        position->offset = seqno.ix - 1;
    }
    return true;
}

/* Rules 9 and 10. */
static bool take_timestamp(struct iterator_call *work, struct rn_iterator *position)
{
    struct rn_number timestamp = work->request->timestamp;
    int64_t now_ms = rn_call_now_ms(work->call);

    if (work->wish != AT_TIMESTAMP) {
        return true;
    }
    if (!timestamp.set) {
        rn_call_fail(work->call, RN_FAULT_INVALID_ARGUMENT,
                     "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. "
                     "Current request has no "
                     "timestamp parameter.");
        return false;
    }
    if (timestamp.value > now_ms) {
        rn_call_fail(
            work->call, RN_FAULT_INVALID_ARGUMENT,
            "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "
            "timestampInMillis: %" PRId64 ", currentTimestampInMillis: %" PRId64,
            timestamp.value, now_ms);
        return false;
    }
    position->kind = RN_ITERATOR_AT_TIME;
    position->timestamp_ms = timestamp.value;
    return true;
}

static void reply_iterator(struct iterator_call *work, struct rn_iterator position)
{
    struct rn_kinesis_get_shard_iterator_reply *reply = work->call->reply;

    reply->shard_iterator = rn_iterator_text(work->call, work->stream, work->shard, position);
    if (reply->shard_iterator.data) {
        rn_call_ok(work->call);
    } else {
        rn_fail_internal(work->call);
    }
}

static void tip_done(struct rn_task *task)
{
    struct iterator_call *work = RN_OWNER(task, struct iterator_call, tip.done);

    if (work->tip.result == RN_GET_OK) {
        reply_iterator(
            work, (struct rn_iterator){.kind = RN_ITERATOR_AT_OFFSET, .offset = work->tip.offset});
    } else {
        rn_fail_internal(work->call);
    }
}

/* LATEST is where the shard ends at this moment; only the engine knows. */
static void ask_tip(struct iterator_call *work)
{
    work->tip = (struct rn_tip){.stream = work->stream,
                                .shard = work->shard,
                                .box = work->call->box,
                                .done = {.run = tip_done}};
    rn_data_tip(work->call->service->options.data, &work->tip);
}

void rn_service_get_shard_iterator(struct rn_call *call)
{
    const struct rn_kinesis_get_shard_iterator_request *request = call->request;
    struct iterator_call *work = rn_arena_zalloc(call->arena, 1, sizeof(*work));
    struct rn_iterator position = {.kind = RN_ITERATOR_TRIM_HORIZON};

    if (!work) {
        rn_fail_internal(call);
        return;
    }
    work->call = call;
    work->request = request;
    work->wish = wish_of(request->shard_iterator_type);
    if (!find_shard(work) || !take_number(work, &position) || !take_timestamp(work, &position)) {
        return;
    }
    if (request->dry_run.value) {
        rn_fail_dry_run(call);
        return;
    }
    if (!rn_rate_of_shard(call, RN_LIMIT_CALLS_GET_ITERATOR, work->stream, work->shard)) {
        return;
    }
    if (work->wish == LATEST) {
        ask_tip(work);
    } else {
        reply_iterator(work, position);
    }
}
