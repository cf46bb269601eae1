/* spare.h - files that were written before they are needed: whole ones waiting to become a segment, and the
 * part of the active segment that lies ahead of the writer.
 *
 * Writing over blocks that were written once costs half the sync of a growing file. Recycled files are
 * that from end to end. A fresh segment is written with zeros a step ahead of the writer, as long as frames
 * are small; with big ones the zeros would cost more than they save.
 * Threads: the housekeeper prepares, the writer takes. */
#ifndef RN_LOCAL_SPARE_H
#define RN_LOCAL_SPARE_H

#include "local/segment.h"

struct rn_local;

enum { RN_SPARES_MAX = 2 };

struct rn_spare {
    uint64_t number;
    uint64_t bytes; /* written once */
};

struct rn_spares {
    struct rn_mutex lock;
    struct rn_cond prepared_more;
    struct rn_spare list[RN_SPARES_MAX];
    size_t count;
    uint64_t next_number;
    /* The active segment: */
    uint64_t segment;      /* its id; 0: none */
    uint64_t prepared;     /* bytes of it that were written once */
    uint64_t preparing_to; /* the housekeeper is writing from `prepared` up to here; 0: it is not */
    _Atomic uint64_t written;     /* where the next frame goes */
    _Atomic uint64_t frame_bytes; /* of a frame, on average */
    /* The housekeeper's: */
    struct rn_file *file; /* of segment file_id */
    uint64_t file_id;
    int64_t pause_until_us; /* after a failure */
    char *zeros;
};

void rn_spares_init(struct rn_spares *spares);
void rn_spares_done(struct rn_spares *spares);
bool rn_spares_take(struct rn_spares *spares, struct rn_spare *ret_spare);
/* False: there are enough. */
bool rn_spares_add(struct rn_spares *spares, const struct rn_spare *spare);
size_t rn_spares_count(struct rn_spares *spares);
uint64_t rn_spares_number(struct rn_spares *spares); /* a new one */

/* The writer: `segment` is active now, and so much of its file was written before. 0: none is. */
void rn_spares_begin(struct rn_spares *spares, uint64_t segment, uint64_t at, uint64_t prepared);
/* The writer is about to write up to `end`; waits while the housekeeper writes there. */
void rn_spares_claim(struct rn_spares *spares, uint64_t end);
/* The frame before `end` was written. Returns whether the housekeeper has something to prepare. */
bool rn_spares_wrote(struct rn_local *local, uint64_t end, size_t frame_bytes);
/* The housekeeper: one step ahead of the writer. Returns whether it did anything. */
bool rn_spares_prepare(struct rn_local *local);

#endif
