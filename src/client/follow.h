/* follow.h - which shards of a stream are to be read now: parents to their end, then their children. Pure.
 *
 * A shard waits while a parent of it that is followed too has not ended. A parent that is not followed (its records
 * are gone, or reading began behind it) keeps nobody waiting. */
#ifndef RN_CLIENT_FOLLOW_H
#define RN_CLIENT_FOLLOW_H

#include "base/err.h"
#include "model/reshard.h"

enum rn_follow_state { RN_FOLLOW_WAITS, RN_FOLLOW_READS, RN_FOLLOW_ENDED };

struct rn_followed {
    uint32_t index;
    uint32_t parent, adjacent_parent; /* RN_SHARD_NONE: none */
    enum rn_follow_state state;
    bool is_child; /* found at its parent's end: read from its oldest record */
};

/* All zero: follows nothing yet. The place of a shard in `shards` stays. */
struct rn_follow {
    struct rn_followed *shards;
    size_t count;
};

void rn_follow_done(struct rn_follow *follow);

/* A shard to begin with. Those that are there already stay as they are. RN_NOMEM. */
RN_MUST_USE rn_err rn_follow_add(struct rn_follow *follow, uint32_t index, uint32_t parent,
                                 uint32_t adjacent_parent);
/* All to begin with were added: which of them wait is settled. */
void rn_follow_begin(struct rn_follow *follow);

/* A child, found at the end of a parent, before rn_follow_end of that one. RN_NOMEM. */
RN_MUST_USE rn_err rn_follow_child(struct rn_follow *follow, uint32_t index, uint32_t parent,
                                   uint32_t adjacent_parent);
/* The shard at `place` was read to its end; who waited only for it reads now. */
void rn_follow_end(struct rn_follow *follow, size_t place);

#endif
