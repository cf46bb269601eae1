/* shards.c - see shards.h. */
#include "tool/shards.h"

#include "tool/connect.h"
#include "tool/exit.h"

int rn_shard_argument(const char *command, const char *word, uint32_t *ret_index)
{
    return rn_shard_id_parse(rn_str_c(word), ret_index)
               ? rn_complain(command, RN_EXIT_USAGE,
                             "a shard is named shardId-000000000003, or 3, not '%s'", word)
               : RN_GO_ON;
}

static int find(const char *command, const char *stream, const struct rn_shards *shards,
                uint32_t index, struct rn_lineage_shard *ret_found)
{
    char id[RN_SHARD_ID_TEXT_BYTES];

    (void)rn_shard_id_format(index, id);
    for (size_t i = 0; i < shards->count; i++) {
        if (shards->lineage[i].index == index && !shards->lineage[i].closed) {
            *ret_found = shards->lineage[i];
            return RN_GO_ON;
        }
        if (shards->lineage[i].index == index) {
            return rn_complain(command, RN_EXIT_UNAVAILABLE,
                               "%s of %s is closed: it was split or merged already", id, stream);
        }
    }
    return rn_complain(command, RN_EXIT_UNAVAILABLE, "%s has no shard %s", stream, id);
}

int rn_shards_find(const char *command, struct runnel_client *client, const char *stream,
                   const char *const *words, size_t count, struct rn_shards *ret_shards,
                   struct rn_lineage_shard *ret_found)
{
    uint32_t index;
    enum runnel_err err;
    int code = RN_GO_ON;

    *ret_shards = (struct rn_shards){.count = 0};
    for (size_t i = 0; i < count && code == RN_GO_ON; i++) {
        code = rn_shard_argument(command, words[i], &index); /* before any call */
    }
    if (code != RN_GO_ON) {
        return code;
    }
    err = rn_shards_read(client, stream, ret_shards);
    if (err) {
        return rn_connect_failed(command, client, err);
    }
    for (size_t i = 0; i < count && code == RN_GO_ON; i++) {
        code = rn_shard_argument(command, words[i], &index);
        code = code == RN_GO_ON ? find(command, stream, ret_shards, index, &ret_found[i]) : code;
    }
    return code;
}
