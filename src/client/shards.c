/* shards.c - listings of the client into numbers. */
#include "client/shards.h"

#include <stdlib.h>

#include "client/list.h"

struct reading {
    struct rn_shards *shards;
    enum runnel_err err;
};

/* "": none. */
static bool index_of(const char *id, uint32_t *ret_index)
{
    *ret_index = RN_SHARD_NONE;
    return !id[0] || !rn_shard_id_parse(rn_str_c(id), ret_index);
}

static void add(void *arg, const struct rn_listed_shard *listed)
{
    struct reading *reading = arg;
    struct rn_shards *shards = reading->shards;
    struct rn_lineage_shard shard = {.closed = listed->closed}, *longer;

    if (!index_of(listed->id, &shard.index) || !index_of(listed->parent, &shard.parent) ||
        !index_of(listed->adjacent_parent, &shard.adjacent_parent) ||
        rn_hash_key_parse(rn_str_c(listed->start_hash_key), &shard.range.start) ||
        rn_hash_key_parse(rn_str_c(listed->end_hash_key), &shard.range.end)) {
        reading->err = RUNNEL_PROTOCOL;
        return;
    }
    longer = realloc(shards->lineage, (shards->count + 1) * sizeof(*longer));
    if (!longer) {
        reading->err = RUNNEL_NOMEM;
        return;
    }
    shards->lineage = longer;
    longer[shards->count++] = shard;
    shards->open += !shard.closed;
}

enum runnel_err rn_shards_read(struct runnel_client *client, const char *stream,
                               struct rn_shards *ret_shards)
{
    struct reading reading = {ret_shards, RUNNEL_OK};
    enum runnel_err err;

    *ret_shards = (struct rn_shards){.count = 0};
    err = rn_list_shards(client, stream, add, &reading);
    if (err) {
        return err;
    }
    if (reading.err) {
        return rn_client_fail(client, reading.err, "", "%s",
                              reading.err == RUNNEL_NOMEM
                                  ? "out of memory"
                                  : "a listed shard has no proper id or hash keys");
    }
    return RUNNEL_OK;
}

void rn_shards_done(struct rn_shards *shards)
{
    free(shards->lineage);
    *shards = (struct rn_shards){.count = 0};
}
