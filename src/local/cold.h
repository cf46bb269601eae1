/* cold.h - reads that memory cannot answer at once. */
#ifndef RN_LOCAL_COLD_H
#define RN_LOCAL_COLD_H

#include "engine/engine.h"
#include "local/segment.h"

struct rn_local;

enum {
    RN_READERS = 8,
    RN_READ_AHEAD_BLOCKS = 4,
    RN_READ_AHEAD_QUEUE = 16,
};

struct rn_ahead {
    struct rn_segment *segment; /* with a reference */
    uint64_t offset;
};

struct rn_cold {
    struct rn_mutex lock;
    struct rn_cond more;
    struct rn_read *first, *last; /* chained by engine_private */
    struct rn_ahead ahead[RN_READ_AHEAD_QUEUE];
    size_t ahead_at, ahead_count;
    bool closed;
};

void rn_cold_init(struct rn_cold *cold);
void rn_cold_done(struct rn_cold *cold);
void rn_cold_read(struct rn_local *local, struct rn_read *read);
rn_err rn_read_now(struct rn_local *local, const struct rn_read *read, struct rn_batch *ret_batch);

#endif
