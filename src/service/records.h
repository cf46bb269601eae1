/* records.h - what was read, as the service's types: for GetRecords and SubscribeToShard. */
#ifndef RN_SERVICE_RECORDS_H
#define RN_SERVICE_RECORDS_H

#include "codec/shape.h"
#include "service/inside.h"

/* struct rn_kinesis_record[], pointing into what `get` holds. False: memory ended. */
RN_MUST_USE bool rn_write_records(struct rn_arena *arena, const struct rn_get *get,
                                  struct rn_items *ret_records);
/* struct rn_kinesis_child_shard[]: the shards that `shard` was split or merged into. */
RN_MUST_USE bool rn_write_children(struct rn_arena *arena, const struct rn_stream *stream,
                                   const struct rn_shard *shard, struct rn_items *ret_children);

#endif
