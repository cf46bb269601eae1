/* describe.h - shards as clients see them. */
#ifndef RN_SERVICE_DESCRIBE_H
#define RN_SERVICE_DESCRIBE_H

#include "service/inside.h"
#include "shape/kinesis.h"

/* A page of the shards that `wanted` chooses, by id, from index `first` on. NULL data: memory
 * ended. *ret_next is the index where the next page begins; meaningful when *ret_more. */
struct rn_shard_page {
    const struct rn_stream *stream;
    uint32_t first;
    size_t limit;
    bool (*wanted)(const struct rn_shard *shard, const void *arg);
    const void *arg;
};
RN_MUST_USE rn_err rn_describe_shards(struct rn_call *call, const struct rn_shard_page *page,
                                      struct rn_items *ret_shards, bool *ret_more,
                                      uint32_t *ret_next);
/* The range as a pointer into the arena, NULL when memory ends. */
struct rn_kinesis_hash_key_range *rn_describe_range(struct rn_arena *arena,
                                                    const struct rn_hash_range *range);

#endif
