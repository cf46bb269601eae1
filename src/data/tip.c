/* tip.c - where a shard's next record will lie. */
#include <assert.h>

#include "base/list.h"
#include "data/runtime.h"

static void bounds_done(struct rn_task *task)
{
    struct rn_tip *tip = RN_OWNER(task, struct rn_tip, data_query.done);
    const struct rn_stream *stream = tip->stream;
    const struct rn_bounds *bounds = &tip->data_query.bounds;

    tip->result = tip->data_query.outcome == RN_OUTCOME_OK ? RN_GET_OK : RN_GET_FAILED;
    if (tip->result == RN_GET_OK) {
        rn_data_saw(tip->data_private, bounds->newest_ms);
        tip->offset = bounds->end > tip->shard->start ? bounds->end : tip->shard->start;
    }
    tip->done.run(&tip->done); /* tip is gone */
    rn_stream_unref(stream);
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
