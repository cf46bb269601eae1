/* follow.c - the known shards in a list, beside their order by index. */
#include "client/follow.h"

#include <stdlib.h>
#include <string.h>

void rn_follow_done(struct rn_follow *follow)
{
    free(follow->shards);
    free(follow->order);
    free(follow->places);
    *follow = (struct rn_follow){.count = 0};
}

/* Where in `order` the shard is, or belongs. */
static size_t seek(const struct rn_follow *follow, uint32_t index)
{
    size_t low = 0, high = follow->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (follow->shards[follow->order[middle]].index < index) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct rn_followed *find(const struct rn_follow *follow, uint32_t index)
{
    size_t at = index == RN_SHARD_NONE ? follow->count : seek(follow, index);

    return at < follow->count && follow->shards[follow->order[at]].index == index
               ? &follow->shards[follow->order[at]]
               : NULL;
}

bool rn_follow_knows(const struct rn_follow *follow, uint32_t index)
{
    return find(follow, index) != NULL;
}

/* ---- what a shard waits for --------------------------------------------------------------- */

/* Put an ancestor on the pile of those still to be looked at, once. */
static size_t pile(struct rn_follow *follow, uint32_t index, size_t piled)
{
    struct rn_followed *shard = find(follow, index);

    if (shard && shard->looked_at != follow->walks) {
        shard->looked_at = follow->walks;
        follow->places[piled++] = (uint32_t)(shard - follow->shards);
    }
    return piled;
}

/* Up from the shard, through those that are not followed, to the first ones that are. */
static bool must_wait(struct rn_follow *follow, const struct rn_followed *shard)
{
    size_t piled = 0;

    follow->walks++;
    piled = pile(follow, shard->parent, piled);
    piled = pile(follow, shard->adjacent_parent, piled);
    while (piled) {
        const struct rn_followed *ancestor = &follow->shards[follow->places[--piled]];

        switch (ancestor->state) {
        case RN_FOLLOW_WAITS:
        case RN_FOLLOW_READS:
            return true;
        case RN_FOLLOW_ENDED: /* and so had all above it */
            break;
        case RN_FOLLOW_KNOWN:
            piled = pile(follow, ancestor->parent, piled);
            piled = pile(follow, ancestor->adjacent_parent, piled);
            break;
        }
    }
    return false;
}

static void settle(struct rn_follow *follow)
{
    for (size_t i = 0; i < follow->count; i++) {
        struct rn_followed *shard = &follow->shards[follow->order[i]];

        if (shard->state == RN_FOLLOW_WAITS && !must_wait(follow, shard)) {
            shard->state = RN_FOLLOW_READS;
        }
    }
}

/* ---- learning of shards ------------------------------------------------------------------- */

static bool grow(struct rn_follow *follow)
{
    size_t count = follow->count + 1;
    struct rn_followed *shards = realloc(follow->shards, count * sizeof(*shards));
    uint32_t *order, *places;

    if (!shards) {
        return false;
    }
    follow->shards = shards;
    order = realloc(follow->order, count * sizeof(*order));
    if (!order) {
        return false;
    }
    follow->order = order;
    places = realloc(follow->places, count * sizeof(*places));
    if (!places) {
        return false;
    }
    follow->places = places;
    return true;
}

static void close_shard(struct rn_follow *follow, uint32_t index)
{
    struct rn_followed *shard = find(follow, index);

    if (shard) {
        shard->closed = true;
    }
}

/* One that is only known so far may be followed from now on. */
static rn_err learn(struct rn_follow *follow, const struct rn_lineage_shard *shard,
                    enum rn_follow_state state, bool is_child)
{
    struct rn_followed *known = find(follow, shard->index);
    size_t at = seek(follow, shard->index);

    close_shard(follow, shard->parent);
    close_shard(follow, shard->adjacent_parent);
    if (known) {
        known->closed |= shard->closed;
        if (known->state == RN_FOLLOW_KNOWN) {
            known->state = state;
            known->is_child = is_child;
        }
        return RN_OK;
    }
    if (!grow(follow)) {
        return RN_NOMEM;
    }
    memmove(follow->order + at + 1, follow->order + at,
            (follow->count - at) * sizeof(*follow->order));
    follow->order[at] = (uint32_t)follow->count;
    follow->shards[follow->count++] =
        (struct rn_followed){.index = shard->index,
                             .parent = shard->parent,
                             .adjacent_parent = shard->adjacent_parent,
                             .state = state,
                             .is_child = is_child,
                             .closed = shard->closed};
    return RN_OK;
}

rn_err rn_follow_learn(struct rn_follow *follow, const struct rn_lineage_shard *shard)
{
    return learn(follow, shard, RN_FOLLOW_KNOWN, false);
}

rn_err rn_follow_add(struct rn_follow *follow, const struct rn_lineage_shard *shard)
{
    return learn(follow, shard, RN_FOLLOW_WAITS, false);
}

void rn_follow_begin(struct rn_follow *follow)
{
    settle(follow);
}

rn_err rn_follow_child(struct rn_follow *follow, const struct rn_lineage_shard *shard)
{
    return learn(follow, shard, RN_FOLLOW_WAITS, true);
}

void rn_follow_end(struct rn_follow *follow, size_t place)
{
    follow->shards[place].state = RN_FOLLOW_ENDED;
    settle(follow);
}
