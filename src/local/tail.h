/* tail.h - the tail cache: frames stay in the memory they were written from.
 *
 * Frames are built one behind the other in slabs. A slab is let go as a whole, oldest first, when the cache
 * is over its bound; batches that still point into it keep it alive. Freed slabs are used
 * again, so that in steady state no page is faulted in. A slab's untouched pages cost nothing.
 * Threads: one builds (the writer); references from any. */
#ifndef RN_LOCAL_TAIL_H
#define RN_LOCAL_TAIL_H

#include <stdatomic.h>

#include "base/list.h"
#include "sys/thread.h"

enum {
    RN_SLAB_BYTES_MAX = 4 * 1024 * 1024, /* usual size; a bigger frame gets a slab of its own */
    RN_SLAB_BYTES_MIN = 64 * 1024,
    RN_SLABS_UNUSED_MAX = 2,
};

struct rn_lane;
struct rn_tail;

struct rn_slab {
    struct rn_link link; /* of the cache, oldest first; or unused */
    struct rn_tail *tail;
    _Atomic uint32_t refs; /* the cache's, and batches' */
    char *bytes;
    size_t cap, used;
    size_t cost;            /* of what lanes remember of it, beside cap */
    struct rn_lane **lanes; /* that have chunks in it, with a reference each */
    size_t lane_count, lane_cap;
};

/* A chunk in memory. */
struct rn_cached {
    struct rn_slab *slab;
    const char *chunk;
    uint64_t first;
    int64_t ms;
    uint32_t count, bytes;
};

struct rn_tail {
    struct rn_link slabs; /* the writer's; the last is being filled */
    size_t bytes, bytes_max, slab_bytes;
    struct rn_mutex lock; /* of unused */
    struct rn_link unused;
    size_t unused_count;
};

void rn_tail_init(struct rn_tail *tail, size_t bytes_max);
void rn_tail_done(struct rn_tail *tail); /* no batch points into it any more */
/* Room for a frame, aligned for direct I/O, in the newest slab; the same room again until rn_tail_keep.
 * Lets go of what the cache cannot hold. NULL when memory ends. */
char *rn_tail_room(struct rn_tail *tail, size_t bytes);
/* `lane` will have `chunks` chunks in the newest slab. False: no memory. */
bool rn_tail_add_lane(struct rn_tail *tail, struct rn_lane *lane, uint32_t chunks);
/* The frame in the room was written. */
struct rn_slab *rn_tail_keep(struct rn_tail *tail, size_t bytes);
void rn_slab_ref(struct rn_slab *slab);
void rn_slab_unref(struct rn_slab *slab);

#endif
