/* tip.c - where a shard's next record will lie. */
#include <assert.h>

#include "base/list.h"
#include "data/runtime.h"

static void finish(struct rn_tip *tip, enum rn_get_result result, uint64_t end)
{
    const struct rn_stream *stream = tip->stream;

    tip->result = result;
    tip->offset = end > tip->shard->start ? end : tip->shard->start;
    tip->done.run(&tip->done); /* tip is gone */
    rn_stream_unref(stream);
}

static void judge(struct rn_tip *tip);

static void decided(struct rn_task *task)
{
    judge(RN_OWNER(task, struct rn_tip, data_wait.decided));
}

/* A lane's end lies in the shard if the shard was open when it was known. Later it may lie behind the
 * shard's CUT, and who read on from there would get what is nobody's. */
static void judge(struct rn_tip *tip)
{
    struct rn_guard *guard = &rn_runtime_of(tip->shard)->guard;
    uint64_t end = tip->data_query.bounds.end;

    for (;;) {
        switch (rn_guard_ask(guard)) {
        case RN_GUARD_ACK:
            finish(tip, RN_GET_OK, end);
            return;
        case RN_GUARD_ENDED:
            finish(tip, RN_GET_OK, end < rn_guard_end(guard) ? end : rn_guard_end(guard));
            return;
        case RN_GUARD_UNKNOWN:
            finish(tip, RN_GET_FAILED, 0);
            return;
        case RN_GUARD_HOLD:
            break;
        }
        tip->data_wait = (struct rn_guard_wait){.box = tip->box, .decided.run = decided};
        if (rn_guard_wait(guard, &tip->data_wait)) {
            return;
        }
    }
}

static void bounds_done(struct rn_task *task)
{
    struct rn_tip *tip = RN_OWNER(task, struct rn_tip, data_query.done);

    if (tip->data_query.outcome != RN_OUTCOME_OK) {
        finish(tip, RN_GET_FAILED, 0);
        return;
    }
    rn_data_saw(tip->data_private, tip->data_query.bounds.newest_ms);
    judge(tip);
}

void rn_data_tip(struct rn_data *data, struct rn_tip *tip)
{
    assert(tip->shard->cell);
    tip->data_private = data;
    if (tip->shard->end != RN_SHARD_OPEN_END) {
        tip->offset = tip->shard->end;
        tip->result = RN_GET_OK;
        tip->done.run(&tip->done);
        return;
    }
    tip->data_query = (struct rn_bounds_query){
        .lane = tip->shard->cell->lane,
        .box = tip->box,
        .done = {.run = bounds_done},
    };
    rn_stream_ref(tip->stream);
    rn_engine_bounds(data->options.engine, &tip->data_query);
}
