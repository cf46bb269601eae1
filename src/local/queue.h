/* queue.h - from submit to the writer: encoded chunks waiting by lane, lanes waiting in a round.
 *
 * submit encodes on the caller's thread. The writer takes what fits one frame: everything if it can,
 * else one part of each lane in turn, so that no lane waits for another one's pile. A lane whose
 * next part did not fit comes first the next time, so a big part is not passed over for ever. */
#ifndef RN_LOCAL_QUEUE_H
#define RN_LOCAL_QUEUE_H

#include "base/list.h"
#include "engine/engine.h"
#include "sys/thread.h"

struct rn_lane;
struct rn_local;

enum { RN_QUEUE_CONTROL_BYTES = 1024 * 1024 }; /* beyond the limit, for the control log */

/* A submit under way, in one piece of memory with its parts and their chunks. */
struct rn_pending {
    struct rn_submit *submit;
    size_t held_bytes; /* of the queue's limit */
    size_t left;       /* parts without an outcome */
};

/* A run, or a piece of one too long for a frame. */
struct rn_part {
    struct rn_link link;
    struct rn_pending *pending; /* NULL: a marker, which is freed alone */
    struct rn_lane *lane;       /* with a reference */
    struct rn_run *run;
    const char *chunk;
    uint32_t count, bytes, crc;
    bool first;              /* of its run */
    enum rn_outcome outcome; /* of a refused one */
};

struct rn_queue {
    struct rn_mutex lock;
    struct rn_cond more;
    struct rn_link round; /* lanes with parts */
    size_t bytes;         /* of chunks and rows in the round */
    size_t parts;
    bool closed;
    _Atomic size_t held_bytes;
    size_t held_bytes_max;
};

/* What the writer took: lanes with `taken` parts, and parts that got their outcome without a try. */
struct rn_take {
    struct rn_link lanes;
    struct rn_link refused;
    size_t bytes; /* of the frame, unpadded */
    uint32_t parts;
    bool control; /* one of the parts is the control log's */
};

void rn_queue_init(struct rn_queue *queue, size_t held_bytes_max);
void rn_queue_done(struct rn_queue *queue); /* frees what still waits, telling nobody */
RN_MUST_USE rn_err rn_queue_submit(struct rn_local *local, struct rn_submit *submit);
/* The end of an idle lane, to be carried into the newest segment. */
RN_MUST_USE rn_err rn_queue_marker(struct rn_local *local, struct rn_lane *lane);

/* The writer. False: nothing waits. Parts past their deadline, of dead lanes, and, while `refuse`
 * is not RN_OUTCOME_OK, all others are refused; RN_OUTCOME_FULL spares the control log and markers. */
bool rn_queue_take(struct rn_local *local, enum rn_outcome refuse, size_t frame_bytes_max,
                   struct rn_take *ret_take);
/* The part is done with; tells its submitter when it was the last. */
void rn_part_finish(struct rn_local *local, struct rn_part *part, enum rn_outcome outcome,
                    uint64_t first, int64_t append_ms);

#endif
