/* dropped.h - which segments were dropped on purpose, so that a gap in the chain is known not to be a loss. */
#ifndef RN_LOCAL_DROPPED_H
#define RN_LOCAL_DROPPED_H

#include <stdbool.h>

#include "local/segment.h"

enum { RN_DROPPED_MAX = 65536 }; /* gaps between live segments */

/* Segments first..last are gone. Before them in the chain comes prev, which is not, or 0. */
struct rn_gap {
    uint64_t first, last;
    uint64_t prev, prev_end, prev_frames;
};

struct rn_dropped {
    struct rn_gap *gaps; /* by id */
    size_t count, cap;
};

void rn_dropped_done(struct rn_dropped *dropped);
/* RN_NOT_FOUND: no such file. RN_CORRUPT. */
RN_MUST_USE rn_err rn_dropped_load(struct rn_dropped *dropped, struct rn_disk *disk);
RN_MUST_USE rn_err rn_dropped_save(const struct rn_dropped *dropped, struct rn_disk *disk);
/* The segment with this head is to go. RN_NOMEM, RN_FULL at RN_DROPPED_MAX: nothing changed. */
RN_MUST_USE rn_err rn_dropped_add(struct rn_dropped *dropped, const struct rn_segment_head *head);
const struct rn_gap *rn_dropped_find(const struct rn_dropped *dropped,
                                     uint64_t id); /* NULL: not dropped */

#endif
