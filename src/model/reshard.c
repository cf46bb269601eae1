/* reshard.c - the steps of a reshard; see reshard.h. */
#include "model/reshard.h"

#include <assert.h>

struct plan {
    struct rn_reshard_child *children;
    size_t count;
    uint32_t base; /* index of the first child */
};

size_t rn_reshard_children_max(const struct rn_reshard *reshard, size_t piece_count)
{
    if (reshard->kind != RN_RESHARD_COUNT) {
        return 2;
    }
    /* each boundary inside makes at most one split, each piece and each boundary at most one merge */
    return 3 * (size_t)reshard->target + piece_count;
}

static void used_up(struct plan *plan, uint32_t index)
{
    if (index >= plan->base && index != RN_SHARD_NONE) {
        plan->children[index - plan->base].open = false;
    }
}

static struct rn_reshard_piece add_child(struct plan *plan, uint32_t parent,
                                         uint32_t adjacent_parent, struct rn_hash_range range)
{
    uint32_t index = plan->base + (uint32_t)plan->count;

    used_up(plan, parent);
    used_up(plan, adjacent_parent);
    plan->children[plan->count++] = (struct rn_reshard_child){
        .index = index,
        .parent = parent,
        .adjacent_parent = adjacent_parent,
        .range = range,
        .open = true,
    };
    return (struct rn_reshard_piece){.index = index, .range = range};
}

/* *piece becomes the upper part, which begins at `key`; returns the lower. */
static struct rn_reshard_piece split(struct plan *plan, struct rn_reshard_piece *piece, rn_u128 key)
{
    struct rn_reshard_piece whole = *piece;
    struct rn_reshard_piece lower;

    assert(key > whole.range.start && key <= whole.range.end);
    lower = add_child(plan, whole.index, RN_SHARD_NONE,
                      (struct rn_hash_range){whole.range.start, key - 1});
    *piece =
        add_child(plan, whole.index, RN_SHARD_NONE, (struct rn_hash_range){key, whole.range.end});
    return lower;
}

static struct rn_reshard_piece merge(struct plan *plan, struct rn_reshard_piece lower,
                                     struct rn_reshard_piece upper)
{
    assert(upper.range.start == lower.range.end + 1);
    return add_child(plan, lower.index, upper.index,
                     (struct rn_hash_range){lower.range.start, upper.range.end});
}

static const struct rn_reshard_piece *find(const struct rn_reshard_piece *pieces, size_t count,
                                           uint32_t index)
{
    for (size_t i = 0; i < count; i++) {
        if (pieces[i].index == index) {
            return &pieces[i];
        }
    }
    assert(false && "the plan names an open shard");
    return NULL;
}

/* The pieces up to here that reach no boundary yet, as one. */
struct pending {
    struct rn_reshard_piece piece;
    bool any;
};

static void join(struct plan *plan, struct pending *pending, struct rn_reshard_piece piece)
{
    pending->piece = pending->any ? merge(plan, pending->piece, piece) : piece;
    pending->any = true;
}

static void walk(struct plan *plan, uint32_t target, const struct rn_reshard_piece *pieces,
                 size_t count)
{
    struct pending pending = {.any = false};
    uint32_t at = 0; /* of the wanted range that is being filled */

    for (size_t i = 0; i < count; i++) {
        struct rn_reshard_piece piece = pieces[i];
        rn_u128 boundary;

        while (piece.range.end > (boundary = rn_hash_range_initial(at, target).end)) {
            join(plan, &pending, split(plan, &piece, boundary + 1));
            pending.any = false;
            at++;
        }
        join(plan, &pending, piece);
        if (piece.range.end == boundary) {
            pending.any = false;
            at++;
        }
    }
}

size_t rn_reshard_plan(const struct rn_reshard *reshard, const struct rn_reshard_piece *pieces,
                       size_t piece_count, uint32_t next_index,
                       struct rn_reshard_child *ret_children)
{
    struct plan plan = {.children = ret_children, .base = next_index};
    struct rn_reshard_piece piece;

    switch (reshard->kind) {
    case RN_RESHARD_NONE:
        break;
    case RN_RESHARD_SPLIT:
        piece = *find(pieces, piece_count, reshard->shard);
        (void)split(&plan, &piece, reshard->hash_key);
        break;
    case RN_RESHARD_MERGE:
        (void)merge(&plan, *find(pieces, piece_count, reshard->shard),
                    *find(pieces, piece_count, reshard->adjacent));
        break;
    case RN_RESHARD_COUNT:
        assert(reshard->target > 0);
        walk(&plan, reshard->target, pieces, piece_count);
        break;
    }
    assert(plan.count <= rn_reshard_children_max(reshard, piece_count));
    return plan.count;
}
