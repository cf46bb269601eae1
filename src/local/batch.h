/* batch.h - building what a read returns: items that point into memory the batch holds.
 *
 * A reading is begun, gets chunks in the order of offsets until it is full, and is finished into the
 * batch or given up. Threads: one at a time. */
#ifndef RN_LOCAL_BATCH_H
#define RN_LOCAL_BATCH_H

#include "engine/engine.h"
#include "local/recycler.h"
#include "local/tail.h"

struct rn_reading {
    struct rn_recycler *recycler;
    struct rn_item *items;
    size_t count, cap;
    size_t count_max, bytes_max, bytes;
    struct rn_slab **slabs; /* with a reference each */
    size_t slab_count, slab_cap;
    char **buffers; /* the recycler's */
    size_t buffer_count, buffer_cap;
    uint64_t next; /* the position behind what was added */
    bool full;
};

void rn_reading_begin(struct rn_reading *reading, struct rn_recycler *recycler,
                      const struct rn_read *read);
void rn_reading_drop(struct rn_reading *reading); /* lets go of everything */
/* The batch takes everything over. RN_NOMEM: the reading was dropped. */
RN_MUST_USE rn_err rn_reading_finish(struct rn_reading *reading, uint64_t end,
                                     struct rn_batch *ret_batch);
void rn_reading_release(struct rn_batch *batch);

/* Keep the slab, taking over a reference. On RN_NOMEM the reference is gone. */
RN_MUST_USE rn_err rn_reading_hold_slab(struct rn_reading *reading, struct rn_slab *slab);
/* Memory of `bytes` that lives with the batch; NULL. */
char *rn_reading_buffer(struct rn_reading *reading, size_t bytes);

struct rn_chunk {
    const char *bytes;
    uint32_t len;
    uint64_t first;
    uint32_t count;
    int64_t ms;
};
/* The chunk's records from offset `next` on, until full. RN_CORRUPT: they are not what they should be; RN_NOMEM. */
RN_MUST_USE rn_err rn_reading_add(struct rn_reading *reading, const struct rn_chunk *chunk);

#endif
