/* lineage.c - parents and children of a reshard; see lineage.h. */
#include "control/lineage.h"

#include "control/apply.h"

#include <stdlib.h>

static const struct rn_hash_range *open_range(const struct rn_stream *stream, uint32_t index)
{
    const struct rn_shard *shard = rn_stream_shard(stream, index);

    return shard && !shard->closed_ms ? &shard->range : NULL;
}

bool rn_lineage_possible(const struct rn_stream *stream, const struct rn_reshard *reshard)
{
    const struct rn_hash_range *range, *adjacent;

    switch (reshard->kind) {
    case RN_RESHARD_SPLIT:
        range = open_range(stream, reshard->shard);
        return range && reshard->hash_key > range->start && reshard->hash_key <= range->end;
    case RN_RESHARD_MERGE:
        range = open_range(stream, reshard->shard);
        adjacent = open_range(stream, reshard->adjacent);
        return range && adjacent && range->end != RN_HASH_KEY_MAX &&
               range->end + 1 == adjacent->start;
    case RN_RESHARD_COUNT:
        return reshard->target >= 1 && reshard->target <= RN_STREAM_SHARDS_MAX;
    case RN_RESHARD_NONE:
        break;
    }
    return false;
}

/* The newest shard is always open, and open ones are never dropped: so no index is used twice. */
static uint32_t next_index(const struct rn_stream *stream)
{
    return stream->shards[stream->shard_count - 1].index + 1;
}

/* The open shards that some child names. */
static void list_closed(const struct rn_stream *stream, struct rn_lineage *lineage, bool *used)
{
    for (size_t i = 0; i < lineage->child_count; i++) {
        uint32_t parents[] = {lineage->children[i].parent, lineage->children[i].adjacent_parent};

        for (size_t p = 0; p < 2; p++) {
            const struct rn_shard *shard =
                parents[p] == RN_SHARD_NONE ? NULL : rn_stream_shard(stream, parents[p]);

            if (shard) { /* or it is a child itself */
                used[shard - stream->shards] = true;
            }
        }
    }
    for (size_t i = 0; i < stream->open_count; i++) {
        if (used[stream->open[i]]) {
            lineage->closed[lineage->closed_count++] = stream->open[i];
        }
    }
}

static void fill(const struct rn_stream *stream, const struct rn_reshard *reshard,
                 struct rn_reshard_piece *pieces, bool *used, struct rn_lineage *lineage)
{
    for (size_t i = 0; i < stream->open_count; i++) {
        const struct rn_shard *shard = &stream->shards[stream->open[i]];

        pieces[i] = (struct rn_reshard_piece){.index = shard->index, .range = shard->range};
    }
    lineage->child_count =
        rn_reshard_plan(reshard, pieces, stream->open_count, next_index(stream), lineage->children);
    for (size_t i = 0; i < lineage->child_count; i++) {
        lineage->opened += lineage->children[i].open;
    }
    list_closed(stream, lineage, used);
}

rn_err rn_lineage_make(const struct rn_stream *stream, const struct rn_reshard *reshard,
                       struct rn_lineage *ret_lineage)
{
    size_t room = rn_reshard_children_max(reshard, stream->open_count);
    struct rn_reshard_piece *pieces = calloc(stream->open_count, sizeof(*pieces));
    bool *used = calloc(stream->shard_count, sizeof(*used));

    *ret_lineage = (struct rn_lineage){
        .children = calloc(room, sizeof(*ret_lineage->children)),
        .closed = calloc(stream->open_count, sizeof(*ret_lineage->closed)),
    };
    if (pieces && used && ret_lineage->children && ret_lineage->closed) {
        fill(stream, reshard, pieces, used, ret_lineage);
        free(pieces);
        free(used);
        return RN_OK;
    }
    free(pieces);
    free(used);
    rn_lineage_done(ret_lineage);
    return RN_NOMEM;
}

void rn_lineage_done(struct rn_lineage *lineage)
{
    free(lineage->children);
    free(lineage->closed);
    *lineage = (struct rn_lineage){0};
}
