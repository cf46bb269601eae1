/* follow.c - a list; a stream's shards are few enough to look through. */
#include "client/follow.h"

#include <stdlib.h>

void rn_follow_done(struct rn_follow *follow)
{
    free(follow->shards);
    *follow = (struct rn_follow){.count = 0};
}

static struct rn_followed *find(const struct rn_follow *follow, uint32_t index)
{
    for (size_t i = 0; index != RN_SHARD_NONE && i < follow->count; i++) {
        if (follow->shards[i].index == index) {
            return &follow->shards[i];
        }
    }
    return NULL;
}

static bool has_ended(const struct rn_follow *follow, uint32_t index)
{
    const struct rn_followed *shard = find(follow, index);

    return !shard || shard->state == RN_FOLLOW_ENDED;
}

static enum rn_follow_state state_of(const struct rn_follow *follow,
                                     const struct rn_followed *shard)
{
    return has_ended(follow, shard->parent) && has_ended(follow, shard->adjacent_parent)
               ? RN_FOLLOW_READS
               : RN_FOLLOW_WAITS;
}

static rn_err add(struct rn_follow *follow, struct rn_followed shard)
{
    struct rn_followed *longer;

    if (find(follow, shard.index)) {
        return RN_OK;
    }
    longer = realloc(follow->shards, (follow->count + 1) * sizeof(*longer));
    if (!longer) {
        return RN_NOMEM;
    }
    follow->shards = longer;
    longer[follow->count++] = shard;
    return RN_OK;
}

rn_err rn_follow_add(struct rn_follow *follow, uint32_t index, uint32_t parent,
                     uint32_t adjacent_parent)
{
    return add(follow,
               (struct rn_followed){index, parent, adjacent_parent, RN_FOLLOW_WAITS, false});
}

void rn_follow_begin(struct rn_follow *follow)
{
    for (size_t i = 0; i < follow->count; i++) {
        follow->shards[i].state = state_of(follow, &follow->shards[i]);
    }
}

rn_err rn_follow_child(struct rn_follow *follow, uint32_t index, uint32_t parent,
                       uint32_t adjacent_parent)
{
    struct rn_followed child = {index, parent, adjacent_parent, RN_FOLLOW_WAITS, true};

    child.state = state_of(follow, &child);
    return add(follow, child);
}

void rn_follow_end(struct rn_follow *follow, size_t place)
{
    uint32_t ended = follow->shards[place].index;

    follow->shards[place].state = RN_FOLLOW_ENDED;
    for (size_t i = 0; i < follow->count; i++) {
        struct rn_followed *shard = &follow->shards[i];

        if (shard->state == RN_FOLLOW_WAITS &&
            (shard->parent == ended || shard->adjacent_parent == ended)) {
            shard->state = state_of(follow, shard);
        }
    }
}
