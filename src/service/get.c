/* get.c - GetRecords: open the iterator, read, and seal the next one.
 *
 * The end of a closed shard is told by ChildShards in place of NextShardIterator, with the last
 * records or behind them; consumers trust that exactly one of the two is there. */
#include "base/civil.h"
#include "base/list.h"
#include "model/seqno.h"
#include "service/describe.h"
#include "service/iterators.h"
#include "service/rates.h"
#include "service/records.h"
#include "service/select.h"

struct get_call {
    struct rn_call *call;
    struct rn_iterator iterator;
    struct rn_get get;
};

/* "Stream or shard gone", in the words for both; the iterator remembers the name. */
static void fail_gone(struct get_call *work)
{
    rn_fail_no_shard(work->call, work->iterator.shard_index, rn_str_c(work->iterator.stream),
                     work->call->service->account);
}

static bool open_iterator(struct get_call *work,
                          const struct rn_kinesis_get_records_request *request)
{
    if (rn_iterator_open(request->shard_iterator, work->call->service->iterator_key,
                         &work->iterator)) {
        rn_call_fail(work->call, RN_FAULT_INVALID_ARGUMENT, "Invalid ShardIterator.");
        return false;
    }
    return true;
}

/* StreamARN, where given, names the iterator's stream. */
static bool arn_fits(struct get_call *work, rn_str arn)
{
    struct rn_selected selected;

    if (!arn.data) {
        return true;
    }
    if (!rn_select(work->call, RN_STR_NONE, arn, &selected)) {
        return false;
    }
    if (!selected.stream || selected.stream->uid != work->iterator.stream_uid) {
        rn_call_fail(work->call, RN_FAULT_INVALID_ARGUMENT,
                     "StreamARN %.*s does not name the stream of the ShardIterator.",
                     RN_STR_ARG(arn));
        return false;
    }
    return true;
}

static bool find_shard(struct get_call *work)
{
    const struct rn_stream *stream =
        rn_state_find_uid(work->call->service->state, work->iterator.stream_uid);

    work->get.stream = stream;
    if (stream && rn_stream_serves(stream)) {
        work->get.shard =
            rn_visible_shard(stream, work->iterator.shard_index, rn_call_now_ms(work->call));
    }
    if (!work->get.shard) {
        fail_gone(work);
    }
    return work->get.shard != NULL;
}

static bool still_valid(struct get_call *work)
{
    int64_t now_ms = rn_call_now_ms(work->call);
    char created[RN_CIVIL_TEXT_BYTES];
    char now[RN_CIVIL_TEXT_BYTES];

    if (now_ms - work->iterator.created_ms <= RN_ITERATOR_LIFE_MS) {
        return true;
    }
    rn_call_fail(work->call, RN_FAULT_EXPIRED_ITERATOR,
                 "Iterator expired. The iterator was created at time %s while right now it is %s "
                 "which is further in the "
                 "future than the tolerated delay of %d milliseconds.",
                 rn_civil_java(work->iterator.created_ms, created), rn_civil_java(now_ms, now),
                 RN_ITERATOR_LIFE_MS);
    return false;
}

/* AT_TIMESTAMP looks at arrival times until its first match; then the position says it all. */
static rn_str next_iterator(struct get_call *work)
{
    struct rn_iterator position = {.kind = RN_ITERATOR_AT_OFFSET, .offset = work->get.next};

    if (work->iterator.kind == RN_ITERATOR_AT_TIME && work->get.item_count == 0) {
        position.kind = RN_ITERATOR_AT_TIME;
        position.timestamp_ms = work->iterator.timestamp_ms;
    }
    return rn_iterator_text(work->call, work->get.stream, work->get.shard, position);
}

static bool write_reply(struct get_call *work)
{
    struct rn_kinesis_get_records_reply *reply = work->call->reply;
    struct rn_arena *arena = work->call->arena;

    reply->millis_behind_latest = (struct rn_number){.value = work->get.millis_behind, .set = true};
    if (!rn_write_records(arena, &work->get, &reply->records)) {
        return false;
    }
    if (work->get.finished) {
        return rn_write_children(arena, work->get.stream, work->get.shard, &reply->child_shards);
    }
    reply->next_shard_iterator = next_iterator(work);
    return reply->next_shard_iterator.data != NULL;
}

static void fail_throttled(struct get_call *work)
{
    char id[RN_SHARD_ID_TEXT_BYTES];

    rn_tell_limited(work->call, work->get.limit, rn_stream_name(work->get.stream));
    rn_shard_id_format(work->get.shard->index, id);
    rn_call_fail(work->call, RN_FAULT_THROUGHPUT_EXCEEDED, "Rate exceeded for Shard - %.*s/%.*s/%s",
                 RN_STR_ARG(work->call->service->account),
                 RN_STR_ARG(rn_stream_name(work->get.stream)), id);
}

/* The read failed: because the stream was deleted while it went on? */
static void fail_read(struct get_call *work)
{
    const struct rn_stream *stream =
        rn_state_find_uid(work->call->service->state, work->iterator.stream_uid);

    if (stream && rn_stream_serves(stream)) {
        rn_fail_internal(work->call);
    } else {
        fail_gone(work);
    }
}

static void get_done(struct rn_task *task)
{
    struct get_call *work = RN_OWNER(task, struct get_call, get.done);

    switch (work->get.result) {
    case RN_GET_OK:
        if (write_reply(work)) {
            rn_call_ok(work->call);
        } else {
            rn_fail_internal(work->call);
        }
        return;
    case RN_GET_THROTTLED:
        fail_throttled(work);
        return;
    case RN_GET_FAILED:
        break;
    }
    fail_read(work);
}

static void start_read(struct get_call *work, struct rn_number limit)
{
    bool by_time = work->iterator.kind == RN_ITERATOR_AT_TIME;

    work->get.from = work->iterator.kind == RN_ITERATOR_TRIM_HORIZON ? 0 : work->iterator.offset;
    work->get.not_before_ms = by_time ? work->iterator.timestamp_ms : INT64_MIN;
    work->get.count_max =
        limit.set && limit.value < RN_GET_RECORDS_MAX ? (size_t)limit.value : RN_GET_RECORDS_MAX;
    work->get.arena = work->call->arena;
    work->get.box = work->call->box;
    work->get.done.run = get_done;
    if (rn_data_get(work->call->service->options.data, &work->get)) {
        rn_fail_internal(work->call);
    }
}

void rn_service_get_records(struct rn_call *call)
{
    const struct rn_kinesis_get_records_request *request = call->request;
    struct get_call *work = rn_arena_zalloc(call->arena, 1, sizeof(*work));

    if (!work) {
        rn_fail_internal(call);
        return;
    }
    work->call = call;
    if (!open_iterator(work, request) || !arn_fits(work, request->stream_arn) ||
        !find_shard(work) || !still_valid(work)) {
        return;
    }
    if (request->dry_run.value) {
        rn_fail_dry_run(call);
        return;
    }
    start_read(work, request->limit);
}
