/* index.h - what a sealed segment holds, by lane, in a file beside it; index.c describes the bytes. */
#ifndef RN_LOCAL_INDEX_H
#define RN_LOCAL_INDEX_H

#include "local/lane.h"

struct rn_local;

/* Write the index of a segment whose lanes hold its extents in memory, durably, and let them go. */
RN_MUST_USE rn_err rn_index_write(struct rn_local *local, struct rn_segment *segment);

struct rn_index_head {
    uint64_t salt, end, frames, extents, lanes;
    int64_t min_ms, max_ms;
};
/* Read the head, then each lane's row as a piece of `segment`. RN_NOT_FOUND; RN_CORRUPT: as if it were not there. */
struct rn_index_row {
    uint64_t topic;
    uint32_t lane;
    struct rn_piece piece;
};
RN_MUST_USE rn_err rn_index_read(struct rn_disk *disk, struct rn_segment *segment,
                                 struct rn_index_head *ret_head, struct rn_index_row **ret_rows);

/* Extents of a piece in an index file, from the first that ends beyond `from` and is not older than
 * `not_before_ms`; at most *count, which becomes how many there are (0: none). RN_CORRUPT, RN_IO, RN_NOMEM. */
RN_MUST_USE rn_err rn_index_extents(struct rn_local *local, const struct rn_piece *piece,
                                    uint64_t from, int64_t not_before_ms,
                                    struct rn_extent *ret_extents, size_t *count);

#endif
