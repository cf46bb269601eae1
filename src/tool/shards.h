/* shards.h - shards as people name them. */
#ifndef RN_TOOL_SHARDS_H
#define RN_TOOL_SHARDS_H

#include "client/shards.h"

/* The number of a shard that somebody named: "shardId-000000000003", or "3". RN_GO_ON, or what is wrong was said. */
int rn_shard_argument(const char *command, const char *word, uint32_t *ret_index);
/* All shards, and of them those `count` named ones, which must be open. RN_GO_ON, or the exit code of what was said.
 * The caller calls rn_shards_done in any case. */
int rn_shards_find(const char *command, struct runnel_client *client, const char *stream,
                   const char *const *words, size_t count, struct rn_shards *ret_shards,
                   struct rn_lineage_shard *ret_found);

#endif
