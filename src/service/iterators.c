/* iterators.c - GetShardIterator: from a wish to a sealed position.
 *
 * Order of checks, as recorded from the service: shard id readable; stream and shard known; those of
 * position.h; then dry run, and the shard's limit. */
#include "service/iterators.h"

#include "base/list.h"
#include "crypto/crypto.h"
#include "service/position.h"
#include "service/rates.h"
#include "service/select.h"
#include "shape/kinesis.h"

struct iterator_call {
    struct rn_call *call;
    const struct rn_kinesis_get_shard_iterator_request *request;
    const struct rn_stream *stream;
    const struct rn_shard *shard;
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

/* False: the call has failed. */
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
    struct rn_position position;

    if (!work) {
        rn_fail_internal(call);
        return;
    }
    work->call = call;
    work->request = request;
    if (!find_shard(work) || !rn_position_find(call,
                                               &(struct rn_wish){
                                                   .operation = "GetShardIterator",
                                                   .stream = work->stream,
                                                   .shard = work->shard,
                                                   .type = request->shard_iterator_type,
                                                   .number = request->starting_sequence_number,
                                                   .timestamp = request->timestamp,
                                               },
                                               &position)) {
        return;
    }
    if (request->dry_run.value) {
        rn_fail_dry_run(call);
        return;
    }
    if (!rn_rate_of_shard(call, RN_LIMIT_CALLS_GET_ITERATOR, work->stream, work->shard)) {
        return;
    }
    if (position.is_latest) {
        ask_tip(work);
        return;
    }
    reply_iterator(work, (struct rn_iterator){.kind = position.kind,
                                              .offset = position.offset,
                                              .timestamp_ms = position.timestamp_ms});
}
