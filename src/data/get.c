/* get.c - records out of a shard's lane: from a position, within retention, at the shard's pace.
 *
 * A shard is the interval [start, end) of its lane. What comes back lies in it, was written for
 * this shard (stamp), is data, and is younger than the retention. Behind the CUT of a shard that is
 * still open to this reader nothing is decided yet, so reading stops there. An answer that is in memory comes
 * inside the call; otherwise the engine reads off this thread and the stream is referenced
 * meanwhile. */
#include <assert.h>

#include "base/list.h"
#include "data/runtime.h"

struct get_work {
    struct rn_data *data;
    struct rn_get *get;
    struct rn_read read; /* with the batch, which the arena releases */
    int64_t now_ms;
};

static void release_batch(void *arg)
{
    struct get_work *work = arg;

    rn_batch_release(work->data->options.engine, &work->read.batch);
}

static bool item_is_ours(const struct get_work *work, const struct rn_item *item)
{
    return item->record.stamp == work->get->shard->index && item->record.kind == RN_RECORD_DATA &&
           item->append_ms >= work->read.not_before_ms && item->offset < work->get->shard->end;
}

/* Move what is not ours behind what is; usually nothing moves. The items stay the batch's, none is
 * lost or doubled: its owner will want each of them back. Returns the bytes of ours. */
static uint64_t keep_ours(struct get_work *work, size_t count)
{
    struct rn_batch *batch = &work->read.batch;
    size_t kept = 0;
    uint64_t bytes = 0;

    for (size_t i = 0; i < count; i++) {
        struct rn_item *item = &batch->items[i];

        if (!item_is_ours(work, item)) {
            continue;
        }
        if (kept != i) {
            struct rn_item other = batch->items[kept];

            batch->items[kept] = *item;
            *item = other;
        }
        bytes += batch->items[kept].record.key.len + batch->items[kept].record.value.len;
        kept++;
    }
    work->get->items = batch->items;
    work->get->item_count = kept;
    return bytes;
}

static void set_position(struct get_work *work, uint64_t next, uint64_t end)
{
    struct rn_get *get = work->get;
    bool closed = get->shard->end != RN_SHARD_OPEN_END;

    get->next = next < get->shard->end ? next : get->shard->end;
    get->at_end = get->next >= end || get->next >= get->shard->end;
    get->finished = closed && get->next >= get->shard->end;
}

/* While the shard is being closed, a read that skips by time may have passed its CUT. */
static bool may_have_passed_cut(const struct get_work *work)
{
    return work->get->not_before_ms != INT64_MIN &&
           rn_guard_ask(&rn_runtime_of(work->get->shard)->guard) != RN_GUARD_ACK;
}

/* How many items of the batch are surely the lane's as it will stay; where reading goes on behind
 * them, and what counts as the end of the lane. */
static size_t decided(struct get_work *work, uint64_t *ret_next, uint64_t *ret_end)
{
    const struct rn_batch *batch = &work->read.batch;
    const struct rn_shard *shard = work->get->shard;
    size_t count = 0;

    *ret_next = batch->next;
    *ret_end = batch->end;
    if (shard->end != RN_SHARD_OPEN_END) {
        return batch->count;
    }
    if (may_have_passed_cut(work)) {
        *ret_next = *ret_end = work->read.from;
        work->get->closing = true;
        return 0;
    }
    while (count < batch->count && (batch->items[count].record.kind != RN_RECORD_CUT ||
                                    batch->items[count].record.stamp != shard->index)) {
        count++;
    }
    if (count < batch->count) {
        *ret_next = *ret_end = batch->items[count].offset;
        work->get->closing = true;
    }
    return count;
}

/* How old is what the reader has come to? An empty answer away from the tip has just skipped what
 * is older than the read asked for. */
static int64_t millis_behind(const struct get_work *work)
{
    const struct rn_get *get = work->get;
    int64_t reached_ms;

    if (get->at_end) {
        return 0;
    }
    reached_ms =
        get->item_count > 0 ? get->items[get->item_count - 1].append_ms : work->read.not_before_ms;
    return reached_ms < work->now_ms ? work->now_ms - reached_ms : 0;
}

static void account(struct get_work *work, uint64_t bytes)
{
    struct rn_runtime *runtime = rn_runtime_of(work->get->shard);
    size_t count = work->get->item_count;

    if (count == 0) {
        return;
    }
    rn_count(&runtime->outgoing_records, count);
    rn_count(&runtime->outgoing_bytes, bytes);
    if (!work->get->keeps_own_pace) {
        rn_runtime_charge_read(work->data, runtime, bytes,
                               rn_clock_mono_us(work->data->options.clock));
    }
    rn_data_saw(work->data, work->get->items[count - 1].append_ms);
}

static enum rn_get_result take_batch(struct get_work *work)
{
    struct rn_batch *batch = &work->read.batch;
    uint64_t bytes, next, end;
    size_t count;

    if (rn_arena_defer(work->get->arena, release_batch, work)) {
        release_batch(work);
        return RN_GET_FAILED;
    }
    if (batch->outcome == RN_OUTCOME_OUT_OF_RANGE) { /* a number not given out yet: wait for it */
        set_position(work, work->read.from, work->read.from);
        return RN_GET_OK;
    }
    if (batch->outcome != RN_OUTCOME_OK) {
        return RN_GET_FAILED;
    }
    count = decided(work, &next, &end);
    work->get->bytes = bytes = keep_ours(work, count);
    set_position(work, next, end);
    work->get->millis_behind = millis_behind(work);
    account(work, bytes);
    return RN_GET_OK;
}

static void read_done(struct rn_task *task)
{
    struct get_work *work = RN_OWNER(task, struct get_work, read.done);
    struct rn_get *get = work->get;
    const struct rn_stream *stream = get->stream;

    get->result = take_batch(work);
    get->done.run(&get->done); /* get and work are gone */
    rn_stream_unref(stream);
}

/* Fill the read; false: a closed shard has nothing at or after the position, and no read is needed.
 */
static bool plan_read(struct get_work *work)
{
    struct rn_get *get = work->get;
    int64_t horizon_ms = rn_stream_kept_from_ms(get->stream, work->now_ms);
    uint64_t from = get->from > get->shard->start ? get->from : get->shard->start;
    uint64_t left = get->shard->end > from ? get->shard->end - from : 0;

    work->read = (struct rn_read){
        .lane = get->shard->cell->lane,
        .from = from,
        .not_before_ms = get->not_before_ms > horizon_ms ? get->not_before_ms : horizon_ms,
        .count_max = get->count_max < left ? get->count_max : (size_t)left,
        .bytes_max = get->bytes_max ? get->bytes_max : RN_GET_BYTES_MAX,
        .box = get->box,
        .done = {.run = read_done},
    };
    return left > 0;
}

static void finish_now(struct rn_get *get, enum rn_get_result result)
{
    get->result = result;
    get->done.run(&get->done);
}

static rn_err read_lane(struct get_work *work)
{
    struct rn_engine *engine = work->data->options.engine;
    rn_err err = rn_engine_read_now(engine, &work->read, &work->read.batch);

    if (err == RN_WAIT) {
        rn_stream_ref(work->get->stream);
        rn_engine_read(engine, &work->read);
        return RN_OK;
    }
    if (err == RN_NOMEM) {
        return err;
    }
    finish_now(work->get, err ? RN_GET_FAILED : take_batch(work));
    return RN_OK;
}

rn_err rn_data_get(struct rn_data *data, struct rn_get *get)
{
    struct get_work *work = rn_arena_zalloc(get->arena, 1, sizeof(*work));

    assert(get->count_max > 0 && get->count_max <= RN_GET_RECORDS_MAX);
    assert(get->shard->cell);
    if (!work) {
        return RN_NOMEM;
    }
    work->data = data;
    work->get = get;
    work->now_ms = rn_data_now_ms(data);
    get->data_private = work;
    get->items = NULL;
    get->item_count = 0;
    get->bytes = 0;
    get->millis_behind = 0;
    get->closing = false;
    if (!get->keeps_own_pace &&
        !rn_runtime_grant_read(data, rn_runtime_of(get->shard),
                               rn_clock_mono_us(data->options.clock), &get->limit)) {
        finish_now(get, RN_GET_THROTTLED);
        return RN_OK;
    }
    if (!plan_read(work)) {
        set_position(work, get->shard->end, get->shard->end);
        finish_now(get, RN_GET_OK);
        return RN_OK;
    }
    return read_lane(work);
}
