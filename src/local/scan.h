/* scan.h - reading a segment frame by frame, at start: what it holds goes to its lanes. */
#ifndef RN_LOCAL_SCAN_H
#define RN_LOCAL_SCAN_H

#include "local/lane.h"

struct rn_local;

/* How the chain came to be up to the segment that is being loaded; 0: never. */
struct rn_past {
    uint64_t spliced; /* the last segment behind others that were dropped on purpose */
    uint64_t lost;    /* the last segment behind one that is missing */
};

/* The lane goes on at `first`, above its end: what lay between was let go, or is lost. True: let go, and the
 * lane begins there now. Lock held. */
bool rn_past_let_go(const struct rn_past *past, struct rn_lane *lane, uint64_t first);

struct rn_scan {
    struct rn_local *local;
    struct rn_segment *segment;
    struct rn_file *file; /* for direct reads */
    const struct rn_past *past;
    uint64_t limit; /* where to stop: the valid end, or of the newest segment the file's end */
    bool newest;
    /* Results: */
    uint64_t end, frames;
    bool ended; /* cleanly, and the segment may be continued */
    bool damaged;
};

/* RN_NOMEM, RN_IO (of the newest segment only: of others what cannot be read is damage). */
RN_MUST_USE rn_err rn_scan_segment(struct rn_scan *scan);

#endif
