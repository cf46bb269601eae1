/* closing.c - the shards that a reshard closes get their ends: a CUT record in each one's lane.
 *
 *   rn_closing_new ──BEGUN──▶ shards     from now on no put is acknowledged before DONE
 *   rn_closing_cut ──CUT────▶ lanes      so what was acknowledged lies before the CUT
 *   rn_closing_settle ──DONE▶ shards     SHARDS_CUT was applied: it says where each one ends
 *
 * Everything may be repeated: of two CUTs of a shard the one that SHARDS_CUT names counts, and no record
 * between them was acknowledged by anybody but under that rule. Puts that wait are told when it takes
 * long (DELAYED), so none hangs on a disk that does not answer. */
#include <assert.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "control/core.h"
#include "control/lineage.h"

enum { LONG_MS = 5000 };

struct rn_closing {
    struct rn_control *control;
    const struct rn_version *version; /* referenced: its cells */
    void (*done)(void *arg, bool all);
    void *arg;
    struct rn_lineage lineage;
    char *ends; /* RN_SHARD_END_BYTES each, by place in lineage.closed */
    size_t cut; /* so many of them are known, in order */
    int64_t begun_us;
    bool delayed, settled;
    char reshard_id[8]; /* value of every CUT */
    struct rn_record *records;
    struct rn_run *runs;
    struct rn_submit submit;
};

static const struct rn_shard *shard_at(const struct rn_closing *closing, size_t i)
{
    return &closing->version->shards[closing->lineage.closed[i]];
}

static void tell(struct rn_closing *closing, enum rn_close_step step, const struct rn_stream *now)
{
    const struct rn_control_options *options = &closing->control->options;

    for (size_t i = 0; i < closing->lineage.closed_count; i++) {
        const struct rn_shard *shard = shard_at(closing, i);
        const struct rn_shard *ended = now ? rn_stream_shard(now, shard->index) : NULL;

        options->runtime_close(options->runtime_arg, shard->cell->runtime, step,
                               ended ? ended->end : RN_SHARD_OPEN_END);
    }
}

static bool make_room(struct rn_closing *closing)
{
    size_t count = closing->lineage.closed_count;
    size_t batch = count < RN_RUNS_PER_SUBMIT_MAX ? count : RN_RUNS_PER_SUBMIT_MAX;

    closing->ends = malloc(count * RN_SHARD_END_BYTES);
    closing->records = calloc(batch, sizeof(*closing->records));
    closing->runs = calloc(batch, sizeof(*closing->runs));
    return closing->ends && closing->records && closing->runs;
}

struct rn_closing *rn_closing_new(struct rn_control *control, const struct rn_version *version,
                                  void (*done)(void *arg, bool all), void *arg)
{
    struct rn_closing *closing = calloc(1, sizeof(*closing));

    if (!closing) {
        return NULL;
    }
    closing->control = control;
    closing->done = done;
    closing->arg = arg;
    if (rn_lineage_make(&version->stream, &version->stream.reshard, &closing->lineage) ||
        !make_room(closing)) {
        rn_closing_free(closing);
        return NULL;
    }
    closing->version = version;
    rn_stream_ref(&version->stream);
    rn_put_be64(closing->reshard_id, version->stream.reshard_id);
    closing->begun_us = rn_control_now_us(control);
    tell(closing, RN_CLOSE_BEGUN, NULL);
    return closing;
}

/* Takes the ends up to the first lane that failed: what lies behind it is cut again. */
static void batch_done(struct rn_task *task)
{
    struct rn_closing *closing = RN_OWNER(task, struct rn_closing, submit.done);
    bool all = true;

    for (size_t i = 0; i < closing->submit.count && all; i++) {
        const struct rn_run *run = &closing->runs[i];

        all = run->outcome == RN_OUTCOME_OK;
        if (all) {
            rn_put_be64(closing->ends + closing->cut * RN_SHARD_END_BYTES, rn_run_offset(run, 0));
            closing->cut++;
        }
    }
    if (all && closing->cut < closing->lineage.closed_count && !closing->control->stopping) {
        if (!rn_closing_cut(closing)) {
            return;
        }
        all = false;
    }
    closing->done(closing->arg, all && closing->cut == closing->lineage.closed_count);
}

rn_err rn_closing_cut(struct rn_closing *closing)
{
    struct rn_control *control = closing->control;
    size_t left = closing->lineage.closed_count - closing->cut;
    size_t count = left < RN_RUNS_PER_SUBMIT_MAX ? left : RN_RUNS_PER_SUBMIT_MAX;

    assert(left > 0);
    for (size_t i = 0; i < count; i++) {
        const struct rn_shard *shard = shard_at(closing, closing->cut + i);

        closing->records[i] = (struct rn_record){
            .key = RN_STR(""),
            .value = rn_str_make(closing->reshard_id, sizeof(closing->reshard_id)),
            .stamp = shard->index,
            .kind = RN_RECORD_CUT,
        };
        closing->runs[i] =
            (struct rn_run){.lane = shard->cell->lane, .records = &closing->records[i], .count = 1};
    }
    closing->submit = (struct rn_submit){
        .runs = closing->runs,
        .count = count,
        .deadline_us = rn_control_now_us(control) + RN_APPEND_MS * 1000LL,
        .box = control->options.box,
        .done.run = batch_done,
    };
    return rn_engine_submit(control->options.engine, &closing->submit);
}

rn_str rn_closing_ends(const struct rn_closing *closing)
{
    assert(closing->cut == closing->lineage.closed_count);
    return rn_str_make(closing->ends, closing->cut * RN_SHARD_END_BYTES);
}

void rn_closing_tick(struct rn_closing *closing)
{
    if (!closing->delayed && !closing->settled &&
        rn_control_now_us(closing->control) - closing->begun_us > LONG_MS * 1000LL) {
        closing->delayed = true;
        tell(closing, RN_CLOSE_DELAYED, NULL);
    }
}

void rn_closing_settle(struct rn_closing *closing, const struct rn_stream *stream)
{
    if (closing->settled) {
        return;
    }
    closing->settled = true;
    if (stream && stream->status == RN_STREAM_ACTIVE) {
        tell(closing, RN_CLOSE_DONE, stream);
    } else {
        tell(closing, RN_CLOSE_DELAYED, NULL);
    }
}

void rn_closing_free(struct rn_closing *closing)
{
    if (!closing) {
        return;
    }
    if (closing->version) {
        if (!closing->settled) {
            tell(closing, RN_CLOSE_DELAYED, NULL);
        }
        rn_stream_unref(&closing->version->stream);
    }
    rn_lineage_done(&closing->lineage);
    free(closing->ends);
    free(closing->records);
    free(closing->runs);
    free(closing);
}
