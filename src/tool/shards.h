/* shards.h - the shards of a stream, their ids and hash keys as numbers: what is drawn and planned with. */
#ifndef RN_TOOL_SHARDS_H
#define RN_TOOL_SHARDS_H

#include "client/list.h"
#include "tool/lineage.h"

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
