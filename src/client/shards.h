/* shards.h - the shards of a stream with their ids and hash keys as numbers: what is followed, drawn and planned with. */
#ifndef RN_CLIENT_SHARDS_H
#define RN_CLIENT_SHARDS_H

#include "client/client.h"
#include "model/reshard.h"

struct rn_lineage_shard {
    uint32_t index;
    uint32_t parent, adjacent_parent; /* RN_SHARD_NONE: none */
    struct rn_hash_range range;
    bool closed;
};

struct rn_shards {
    struct rn_lineage_shard *lineage; /* in the order of the service */
    size_t count, open;
};

/* All that the stream still has, with whole listings. The caller calls rn_shards_done, also after an error.
 * RUNNEL_PROTOCOL: a shard id or a hash key is none. */
enum runnel_err rn_shards_read(struct runnel_client *client, const char *stream,
                               struct rn_shards *ret_shards);
void rn_shards_done(struct rn_shards *shards);

#endif
