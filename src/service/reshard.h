/* reshard.h - why a reshard was refused, in the service's words. Each ends the call. */
#ifndef RN_SERVICE_RESHARD_H
#define RN_SERVICE_RESHARD_H

#include "service/change.h"

void rn_fail_on_demand(struct rn_change_call *change);
void rn_fail_named_shard(struct rn_change_call *change); /* NO_SHARD, SHARD_CLOSED */
void rn_fail_hash_key(struct rn_change_call *change);
void rn_fail_not_adjacent(struct rn_change_call *change);
void rn_fail_factor(struct rn_change_call *change);
void rn_fail_stream_shards(struct rn_change_call *change);
void rn_fail_shards_of_life(struct rn_change_call *change);

#endif
