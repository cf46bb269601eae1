/* apply_reshard.c - the commands by which the shards of a stream change.
 *
 *   ACTIVE ──RESHARD──▶ UPDATING ──LANES_READY──▶ UPDATING, closing ──SHARDS_CUT──▶ ACTIVE
 *                       the task makes lanes       puts wait; the task cuts the
 *                                                  parents' lanes
 *
 * Up to SHARDS_CUT the parents are open for everybody. In that one step they get their ends, the children
 * appear, and closed shards of which every record has expired are forgotten. LANES_READY and SHARDS_CUT
 * name their RESHARD: one that comes twice, or late, changes nothing. OBSERVE_LOAD keeps what an on-demand
 * stream's shards are judged by. */
#include <assert.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "control/apply.h"
#include "control/lineage.h"

/* ---- RESHARD ---------------------------------------------------------------------------------- */

static enum rn_verdict refuse(struct rn_change *change, enum rn_verdict verdict, uint64_t number,
                              uint64_t limit)
{
    change->numbers[0] = number;
    change->numbers[1] = limit;
    return verdict;
}

/* Is the shard there, not yet expired, and open? */
static enum rn_verdict judge_shard(const struct rn_stream *stream, uint32_t index,
                                   struct rn_change *change)
{
    const struct rn_shard *shard = rn_stream_shard(stream, index);

    if (!shard || !shard->opened_ms || !rn_shard_visible(stream, shard, change->time_ms)) {
        return refuse(change, RN_VERDICT_NO_SHARD, index, 0);
    }
    return shard->closed_ms ? refuse(change, RN_VERDICT_SHARD_CLOSED, index, 0) : RN_VERDICT_OK;
}

/* Would the account then have more open shards than it may, when all reshards under way are done? */
static enum rn_verdict judge_account(const struct rn_state *state,
                                     const struct rn_change_shards *wish, uint32_t before,
                                     uint32_t after, struct rn_change *change)
{
    uint64_t open = rn_state_open_shard_count(state) + state->opening;

    if (after <= before || wish->shards_per_account_max == 0 ||
        open + (after - before) <= wish->shards_per_account_max) {
        return RN_VERDICT_OK;
    }
    change->numbers[2] = after - before;
    return refuse(change, RN_VERDICT_SHARD_LIMIT, open, wish->shards_per_account_max);
}

static enum rn_verdict judge_split(const struct rn_state *state, const struct rn_stream *stream,
                                   const struct rn_change_shards *wish, struct rn_change *change)
{
    enum rn_verdict verdict = judge_shard(stream, wish->reshard.shard, change);
    const struct rn_hash_range *range;

    if (verdict == RN_VERDICT_OK) {
        verdict = judge_account(state, wish, 1, 2, change);
    }
    if (verdict != RN_VERDICT_OK) {
        return verdict;
    }
    range = &rn_stream_shard(stream, wish->reshard.shard)->range;
    return range->end - range->start > 1 && wish->reshard.hash_key > range->start + 1 &&
                   wish->reshard.hash_key < range->end
               ? RN_VERDICT_OK
               : refuse(change, RN_VERDICT_HASH_KEY, wish->reshard.shard, 0);
}

static enum rn_verdict judge_merge(const struct rn_stream *stream,
                                   const struct rn_change_shards *wish, struct rn_change *change)
{
    enum rn_verdict verdict = judge_shard(stream, wish->reshard.shard, change);

    if (verdict == RN_VERDICT_OK) {
        verdict = judge_shard(stream, wish->reshard.adjacent, change);
    }
    if (verdict != RN_VERDICT_OK) {
        return verdict;
    }
    return rn_lineage_possible(stream, &wish->reshard) ? RN_VERDICT_OK : RN_VERDICT_NOT_ADJACENT;
}

static enum rn_verdict judge_count(const struct rn_state *state, const struct rn_stream *stream,
                                   const struct rn_change_shards *wish, struct rn_change *change)
{
    uint32_t open = (uint32_t)stream->open_count, target = wish->reshard.target;
    uint32_t most = wish->stream_shards_max ? wish->stream_shards_max : RN_STREAM_SHARDS_MAX;

    if (target > most) {
        return refuse(change, RN_VERDICT_STREAM_SHARDS, open, most);
    }
    if (wish->factor_max && (target > (uint64_t)open * wish->factor_max ||
                             (uint64_t)target * wish->factor_max < open)) {
        return refuse(change, RN_VERDICT_FACTOR, open, wish->factor_max);
    }
    return judge_account(state, wish, open, target, change);
}

static enum rn_verdict judge(const struct rn_state *state, const struct rn_stream *stream,
                             const struct rn_change_shards *wish, struct rn_change *change)
{
    if (stream->mode == RN_STREAM_ON_DEMAND && !wish->automatic) {
        return RN_VERDICT_ON_DEMAND;
    }
    switch (wish->reshard.kind) {
    case RN_RESHARD_SPLIT:
        return judge_split(state, stream, wish, change);
    case RN_RESHARD_MERGE:
        return judge_merge(stream, wish, change);
    case RN_RESHARD_COUNT:
        return judge_count(state, stream, wish, change);
    case RN_RESHARD_NONE:
        break;
    }
    assert(false && "the command's check lets nothing else pass");
    return RN_VERDICT_FAILED;
}

/* What the engine and the indices of shards allow a stream in its life. */
static bool fits(const struct rn_stream *stream, const struct rn_lineage *lineage)
{
    uint64_t last = stream->shards[stream->shard_count - 1].index;

    return stream->lanes + lineage->opened <= RN_STREAM_LANES_MAX &&
           last + lineage->child_count <= RN_SHARD_INDEX_MAX &&
           lineage->closed_count <= RN_SHARDS_CUT_MAX;
}

static rn_err begin(struct rn_slot *slot, const struct rn_change_shards *wish,
                    const struct rn_lineage *lineage, struct rn_change *change)
{
    struct rn_stream draft = rn_slot_version(slot)->stream;
    struct rn_daily_mark room[RN_DAILY_MARKS_MAX];
    bool counted = wish->reshard.kind == RN_RESHARD_COUNT;

    change->numbers[0] = draft.open_count;
    if (lineage->child_count == 0 || (counted && wish->reshard.target == draft.open_count)) {
        return rn_change_decide(change, RN_VERDICT_OK);
    }
    if (counted &&
        !rn_daily_fits(&draft.daily, RN_DAILY_SHARD_COUNT, wish->daily_max, change->time_ms)) {
        change->numbers[1] = wish->daily_max;
        return rn_change_decide(change, RN_VERDICT_DAILY_LIMIT);
    }
    if (!fits(&draft, lineage)) {
        change->numbers[0] = RN_SHARDS_CUT_MAX;
        change->numbers[1] = RN_STREAM_LANES_MAX;
        return rn_change_decide(change, RN_VERDICT_SHARDS_OF_LIFE);
    }
    draft.status = RN_STREAM_UPDATING;
    draft.lanes += (uint32_t)lineage->opened;
    draft.reshard = wish->reshard;
    draft.reshard_id = change->offset;
    if (counted) {
        rn_daily_add(&draft.daily, RN_DAILY_SHARD_COUNT, change->time_ms, room);
    }
    return rn_change_become(change, slot, &draft);
}

rn_err rn_apply_reshard(const struct rn_state *state, const struct rn_command *command,
                        struct rn_change *change)
{
    const struct rn_change_shards *wish = &command->as.change_shards;
    struct rn_slot *slot = rn_change_active_slot(change, state, wish->uid);
    const struct rn_stream *stream;
    struct rn_lineage lineage;
    rn_err err;

    if (!slot) {
        return RN_OK;
    }
    stream = &rn_slot_version(slot)->stream;
    change->verdict = judge(state, stream, wish, change);
    if (change->verdict != RN_VERDICT_OK) {
        return RN_OK;
    }
    err = rn_lineage_make(stream, &wish->reshard, &lineage);
    if (!err) {
        err = begin(slot, wish, &lineage, change);
        rn_lineage_done(&lineage);
    }
    return err;
}

/* ---- LANES_READY and SHARDS_CUT --------------------------------------------------------------- */

/* The stream in the middle of the reshard that the command names; NULL: that is over. */
static struct rn_slot *resharding_slot(const struct rn_state *state,
                                       const struct rn_reshard_step *step, bool closing,
                                       struct rn_change *change)
{
    struct rn_slot *slot = rn_state_slot_uid(state, step->uid);
    const struct rn_stream *stream = slot ? &rn_slot_version(slot)->stream : NULL;

    change->uid = step->uid;
    change->verdict = stream ? RN_VERDICT_OK : RN_VERDICT_NOT_FOUND;
    return stream && stream->status == RN_STREAM_UPDATING && stream->reshard.kind &&
                   stream->reshard_id == step->reshard_id && stream->closing == closing
               ? slot
               : NULL;
}

rn_err rn_apply_lanes_ready(const struct rn_state *state, const struct rn_command *command,
                            struct rn_change *change)
{
    struct rn_slot *slot = resharding_slot(state, &command->as.reshard_step, false, change);
    struct rn_stream draft;

    if (!slot) {
        return RN_OK;
    }
    draft = rn_slot_version(slot)->stream;
    draft.closing = true;
    return rn_change_become(change, slot, &draft);
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* The shards under construction: those kept, then the children. */
struct next {
    struct rn_shard *shards;
    size_t kept;
    const struct rn_lineage *lineage;
    uint32_t lane; /* of the next child that opens */
    int64_t now_ms;
};

static struct rn_shard *shard_of(const struct next *next, uint32_t index)
{
    uint32_t first = next->lineage->children[0].index;
    struct rn_stream kept = {.shards = next->shards, .shard_count = next->kept};

    return &next->shards[index >= first ? next->kept + (index - first)
                                        : (size_t)(rn_stream_shard(&kept, index) - next->shards)];
}

/* Its creation second leads the child's numbers, so each is above every number of its parents. One that is
 * used up again at once is an empty piece of its parent's lane. */
static void make_child(struct next *next, const struct rn_reshard_child *child)
{
    const struct rn_shard *parent = shard_of(next, child->parent);
    int64_t created_s = parent->created_s;

    if (child->adjacent_parent != RN_SHARD_NONE) {
        created_s = later(created_s, shard_of(next, child->adjacent_parent)->created_s);
    }
    *shard_of(next, child->index) = (struct rn_shard){
        .index = child->index,
        .parent = child->parent,
        .adjacent_parent = child->adjacent_parent,
        .range = child->range,
        .created_s = later(next->now_ms / 1000, created_s + 1),
        .opened_ms = next->now_ms,
        .closed_ms = child->open ? 0 : next->now_ms,
        .lane = child->open ? next->lane++ : parent->lane,
        .start = child->open ? 0 : parent->end,
        .end = child->open ? RN_SHARD_OPEN_END : parent->end,
    };
}

/* The ends of the closed shards stand in the command as in lineage->closed. */
static void close_parents(const struct rn_stream *before, const struct rn_reshard_step *step,
                          const struct next *next)
{
    for (size_t i = 0; i < next->lineage->closed_count; i++) {
        struct rn_shard *parent = shard_of(next, before->shards[next->lineage->closed[i]].index);

        parent->closed_ms = next->now_ms;
        parent->end = rn_get_be64(step->ends.data + i * RN_SHARD_END_BYTES);
    }
}

/* Closed shards of which every record has expired are not kept. */
static bool keep_shards(const struct rn_stream *before, struct next *next)
{
    next->shards = calloc(before->shard_count + next->lineage->child_count, sizeof(*next->shards));
    for (size_t i = 0; next->shards && i < before->shard_count; i++) {
        if (rn_shard_visible(before, &before->shards[i], next->now_ms)) {
            next->shards[next->kept++] = before->shards[i];
        }
    }
    return next->shards != NULL;
}

static rn_err switch_over(struct rn_slot *slot, const struct rn_reshard_step *step,
                          const struct rn_lineage *lineage, struct rn_change *change)
{
    struct rn_stream draft = rn_slot_version(slot)->stream;
    struct next next = {.lineage = lineage, .now_ms = change->time_ms};
    rn_err err;

    if (step->ends.len != lineage->closed_count * RN_SHARD_END_BYTES) {
        return RN_CORRUPT;
    }
    if (!keep_shards(&draft, &next)) {
        return RN_NOMEM;
    }
    next.lane = draft.lanes - (uint32_t)lineage->opened;
    close_parents(&draft, step, &next);
    for (size_t i = 0; i < lineage->child_count; i++) {
        make_child(&next, &lineage->children[i]);
    }
    draft.status = RN_STREAM_ACTIVE;
    draft.reshard = (struct rn_reshard){.kind = RN_RESHARD_NONE};
    draft.reshard_id = 0;
    draft.closing = false;
    draft.shards = next.shards;
    draft.shard_count = next.kept + lineage->child_count;
    err = rn_change_become(change, slot, &draft);
    assert(err || rn_version_covers(change->version));
    free(next.shards);
    return err;
}

rn_err rn_apply_shards_cut(const struct rn_state *state, const struct rn_command *command,
                           struct rn_change *change)
{
    const struct rn_reshard_step *step = &command->as.reshard_step;
    struct rn_slot *slot = resharding_slot(state, step, true, change);
    const struct rn_stream *stream;
    struct rn_lineage lineage;
    rn_err err;

    if (!slot) {
        return RN_OK;
    }
    stream = &rn_slot_version(slot)->stream;
    err = rn_lineage_make(stream, &stream->reshard, &lineage);
    if (!err) {
        err = switch_over(slot, step, &lineage, change);
        rn_lineage_done(&lineage);
    }
    return err;
}

/* ---- OBSERVE_LOAD ----------------------------------------------------------------------------- */

/* What later decides how many shards the stream needs. No change that clients see, so it is not "updated". */
rn_err rn_apply_observe_load(const struct rn_state *state, const struct rn_command *command,
                             struct rn_change *change)
{
    const struct rn_observe_load *load = &command->as.observe_load;
    struct rn_slot *slot = rn_state_slot_uid(state, load->uid);
    struct rn_stream draft;
    int64_t updated_ms;
    rn_err err;

    change->uid = load->uid;
    if (!slot) {
        return rn_change_decide(change, RN_VERDICT_NOT_FOUND);
    }
    draft = rn_slot_version(slot)->stream;
    updated_ms = draft.updated_ms;
    rn_peaks_note(&draft.peaks, load->day, load->milli);
    err = rn_change_become(change, slot, &draft);
    if (!err) {
        change->version->stream.updated_ms = updated_ms;
    }
    return err;
}
