/* shards.c - listings of the client into numbers. */
#include "tool/shards.h"

#include <stdlib.h>

#include "tool/connect.h"
#include "tool/exit.h"

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
