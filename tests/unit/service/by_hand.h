/* by_hand.h - control as the tests of service want it: what the published state shows is what the rig holds,
 * a proposal gets the verdict that the test chose. Part of rig.h, which declares the rig before. */
#ifndef TESTS_SERVICE_BY_HAND_H
#define TESTS_SERVICE_BY_HAND_H

const struct rn_state *rn_control_state(const struct rn_control *control)
{
    return (const struct rn_state *)(const void *)control;
}

void rn_control_derive_key(const struct rn_control *control, rn_str purpose, uint8_t *ret_key32)
{
    (void)control;
    memset(ret_key32, (int)purpose.len, 32);
}

rn_err rn_control_propose(struct rn_control *control, struct rn_proposal *proposal)
{
    control->proposals++;
    control->last = *proposal;
    if (control->propose_err) {
        return control->propose_err;
    }
    proposal->verdict = control->verdict;
    memcpy(proposal->numbers, control->numbers, sizeof(proposal->numbers));
    rn_mailbox_post(proposal->box, &proposal->done);
    return RN_OK;
}

rn_str rn_state_region(const struct rn_state *state)
{
    (void)state;
    return rig.region;
}

rn_str rn_state_account(const struct rn_state *state)
{
    (void)state;
    return RN_STR(ACCOUNT);
}

int64_t rn_state_limit(const struct rn_state *state, enum rn_limit limit)
{
    (void)state;
    return rig.limits[limit];
}

struct rn_commitment rn_state_commitment(const struct rn_state *state)
{
    (void)state;
    return rig.commitment;
}

uint64_t rn_state_open_shard_count(const struct rn_state *state)
{
    uint64_t count = 0;

    (void)state;
    for (size_t i = 0; i < rig.made_count; i++) {
        count += rig.made[i]->gone ? 0 : rig.made[i]->stream.open_count;
    }
    return count;
}

size_t rn_state_on_demand_count(const struct rn_state *state)
{
    size_t count = 0;

    (void)state;
    for (size_t i = 0; i < rig.made_count; i++) {
        count += !rig.made[i]->gone && rig.made[i]->stream.mode == RN_STREAM_ON_DEMAND;
    }
    return count;
}

const struct rn_stream *rn_state_find(const struct rn_state *state, rn_str name)
{
    (void)state;
    for (size_t i = 0; i < rig.made_count; i++) {
        if (!rig.made[i]->gone && rn_str_eq(rn_stream_name(&rig.made[i]->stream), name)) {
            return &rig.made[i]->stream;
        }
    }
    return NULL;
}

const struct rn_stream *rn_state_find_uid(const struct rn_state *state, uint64_t uid)
{
    (void)state;
    return uid > 0 && uid <= rig.made_count && !rig.made[uid - 1]->gone ? &rig.made[uid - 1]->stream
                                                                        : NULL;
}

const struct rn_stream *rn_state_next(const struct rn_state *state, rn_str after)
{
    const struct rn_stream *best = NULL;

    (void)state;
    for (size_t i = 0; i < rig.made_count; i++) {
        const struct rn_stream *stream = &rig.made[i]->stream;

        if (!rig.made[i]->gone && rn_str_cmp(rn_stream_name(stream), after) > 0 &&
            (!best || rn_str_cmp(rn_stream_name(stream), rn_stream_name(best)) < 0)) {
            best = stream;
        }
    }
    return best;
}

static struct made *made_of(const struct rn_stream *stream)
{
    return rig.made[stream->uid - 1];
}

void rn_stream_ref(const struct rn_stream *stream)
{
    made_of(stream)->refs++;
}

void rn_stream_unref(const struct rn_stream *stream)
{
    assert_true(made_of(stream)->refs > 0);
    made_of(stream)->refs--;
}

const struct rn_shard *rn_stream_route(const struct rn_stream *stream, rn_u128 key)
{
    for (size_t i = 0; i < stream->shard_count; i++) {
        const struct rn_shard *shard = &stream->shards[i];

        if (shard->closed_ms == 0 && key >= shard->range.start && key <= shard->range.end) {
            return shard;
        }
    }
    return NULL;
}

const struct rn_shard *rn_stream_shard(const struct rn_stream *stream, uint32_t index)
{
    for (size_t i = 0; i < stream->shard_count; i++) {
        if (stream->shards[i].index == index) {
            return &stream->shards[i];
        }
    }
    return NULL;
}

#endif
