/* heat.h - which hash keys a shard gets, told by a sample of the newest ones.
 * Threads: any; a key that is being replaced may be seen or not. */
#ifndef RN_DATA_HEAT_H
#define RN_DATA_HEAT_H

#include <stdatomic.h>

#include "model/shard.h"

enum { RN_HEAT_KEYS = 64 };

struct rn_heat {
    _Atomic(uint32_t) next;
    _Atomic(uint64_t) keys[RN_HEAT_KEYS]; /* the high halves, a ring */
};

void rn_heat_note(struct rn_heat *heat, rn_u128 hash_key);
/* Where the keys divide in halves, as nearly as their number of equal ones allows, for a split of `range`;
 * 0: fewer than RN_HEAT_KEYS were seen, or all are the same. */
rn_u128 rn_heat_middle(const struct rn_heat *heat, const struct rn_hash_range *range);

#endif
