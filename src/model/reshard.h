/* reshard.h - which shards a split, a merge or another number of shards makes; pure.
 *
 * SplitShard and MergeShards are one step. UpdateShardCount is a walk in hash order over the boundaries of
 * the wanted even ranges: a shard that crosses a boundary is split there, the lower part first, and what
 * lies between two boundaries is merged piece by piece. Every piece on the way is a shard with an id;
 * those that a later step uses up are born closed.
 * Source: API reference of SplitShard, MergeShards and UpdateShardCount; the order of the walk gives the ids
 * that were seen from the service. */
#ifndef RN_MODEL_RESHARD_H
#define RN_MODEL_RESHARD_H

#include "model/shard.h"

#define RN_SHARD_NONE UINT32_MAX

enum rn_reshard_kind { RN_RESHARD_NONE, RN_RESHARD_SPLIT, RN_RESHARD_MERGE, RN_RESHARD_COUNT };

struct rn_reshard {
    enum rn_reshard_kind kind;
    uint32_t shard, adjacent; /* SPLIT: shard; MERGE: both, the lower first */
    rn_u128 hash_key;         /* SPLIT: where the upper part begins */
    uint32_t target;          /* COUNT: open shards afterwards */
};

/* An open shard. */
struct rn_reshard_piece {
    uint32_t index;
    struct rn_hash_range range;
};

struct rn_reshard_child {
    uint32_t index;
    uint32_t parent, adjacent_parent; /* the latter RN_SHARD_NONE of a split */
    struct rn_hash_range range;
    bool open; /* not the parent of a later child */
};

/* Room that the children of any plan fit in. */
size_t rn_reshard_children_max(const struct rn_reshard *reshard, size_t piece_count);
/* `pieces`: all open shards by hash range. The children, in the order of their indices from `next_index` on;
 * returns how many: 0 when everything is as wanted. What a plan names must be there: the split shard with a
 * key above its start, adjacent shards, a target of at least 1. */
size_t rn_reshard_plan(const struct rn_reshard *reshard, const struct rn_reshard_piece *pieces,
                       size_t piece_count, uint32_t next_index,
                       struct rn_reshard_child *ret_children);

#endif
