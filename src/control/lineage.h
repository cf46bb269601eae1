/* lineage.h - what a reshard makes of the shards of one version: the plan of model/reshard.h, and which
 * shards it closes. Follows from the version alone, so it is made anew wherever it is needed. */
#ifndef RN_CONTROL_LINEAGE_H
#define RN_CONTROL_LINEAGE_H

#include "control/state.h"

struct rn_lineage {
    struct rn_reshard_child *children;
    size_t child_count;
    size_t opened;    /* children that are open */
    uint32_t *closed; /* positions in stream->shards of the shards it closes, by hash range */
    size_t closed_count;
};

/* Are the shards that it names open, adjacent, and wide enough? */
bool rn_lineage_possible(const struct rn_stream *stream, const struct rn_reshard *reshard);
/* Of `reshard`, whose shards exist and are open. RN_NOMEM; RN_OK: rn_lineage_done. */
RN_MUST_USE rn_err rn_lineage_make(const struct rn_stream *stream, const struct rn_reshard *reshard,
                                   struct rn_lineage *ret_lineage);
void rn_lineage_done(struct rn_lineage *lineage);

#endif
