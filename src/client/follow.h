/* follow.h - which shards of a stream are to be read now: parents to their end, then their children. Pure.
 *
 * A shard waits while any ancestor of it that is followed too has not ended. So the lineage must be known between them: a
 * merge may name a second parent that nobody has heard of yet. Ancestors that are not followed (their records are
 * gone, or reading began behind them) keep nobody waiting. */
#ifndef RN_CLIENT_FOLLOW_H
#define RN_CLIENT_FOLLOW_H

#include "base/err.h"
#include "client/shards.h"

enum rn_follow_state {
    RN_FOLLOW_KNOWN, /* of its lineage only: not followed */
    RN_FOLLOW_WAITS,
    RN_FOLLOW_READS,
    RN_FOLLOW_ENDED
};

struct rn_followed {
    uint32_t index;
    uint32_t parent, adjacent_parent; /* RN_SHARD_NONE: none */
    enum rn_follow_state state;
    bool is_child; /* found at its parent's end: read from its oldest record */
    bool closed;   /* nothing more will come into it */
    uint64_t looked_at;
};

/* All zero: knows nothing yet. The place of a shard in `shards` stays. */
struct rn_follow {
    struct rn_followed *shards;
    size_t count;
    uint32_t *order;  /* places, by index */
    uint32_t *places; /* room to walk through the ancestors of one */
    uint64_t walks;
};

void rn_follow_done(struct rn_follow *follow);

/* The lineage of a shard that is not followed, or already is. Hash ranges are of no interest here. RN_NOMEM. */
RN_MUST_USE rn_err rn_follow_learn(struct rn_follow *follow, const struct rn_lineage_shard *shard);
bool rn_follow_knows(const struct rn_follow *follow, uint32_t index);

/* A shard to begin with. RN_NOMEM. */
RN_MUST_USE rn_err rn_follow_add(struct rn_follow *follow, const struct rn_lineage_shard *shard);
/* All to begin with were added: which of them wait is settled. */
void rn_follow_begin(struct rn_follow *follow);

/* A child, found at the end of a parent, before rn_follow_end of that one. Its parents are known. RN_NOMEM. */
RN_MUST_USE rn_err rn_follow_child(struct rn_follow *follow, const struct rn_lineage_shard *shard);
/* The shard at `place` was read to its end; who waited only for it reads now. */
void rn_follow_end(struct rn_follow *follow, size_t place);

#endif
