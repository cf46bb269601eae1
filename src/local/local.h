/* local.h - the local engine: all lanes in the segment files of one directory.
 *
 * STEPS      What the engine does by itself, it does in steps: the writer's, the housekeeper's and the
 *            readers'. With `threads` they run on threads of the engine; without, whoever drives
 *            the engine calls them, one at a time, in any order: nothing happens in between.
 * LOCKING    One process per disk at a time; the caller sees to that. */
#ifndef RN_LOCAL_LOCAL_H
#define RN_LOCAL_LOCAL_H

#include "engine/engine.h"
#include "sys/clock.h"
#include "sys/disk.h"
#include "sys/random.h"

struct rn_local_options {
    struct rn_disk *disk; /* these three are the caller's until rn_local_close */
    struct rn_clock *clock;
    struct rn_random *random;
    size_t segment_bytes; /* a segment is sealed before it grows beyond, if it holds anything */
    size_t cache_bytes;   /* three quarters keep what was written last, one what was read back */
    size_t
        queue_bytes_max; /* of records waiting for the writer; the control log may go a bit beyond */
    size_t prepare_bytes; /* least that is written with zeros ahead of the writer; 0: never */
    size_t reserve_bytes; /* free space that only the control log may use up */
    bool sync;            /* acknowledge after the sync; false: after the write */
    bool threads;
};

struct rn_local_options rn_local_defaults(void); /* disk, clock and random are left NULL */

/* Recover what the disk holds, with no lane of any topic but 0 visible until topic_create. Errors: RN_IO,
 * RN_NOMEM, RN_FULL; RN_NEWER: written by a later version, nothing was touched; RN_CORRUPT: the newest
 * segment cannot be understood at all. Lesser damage is logged and counted, and reading it fails. */
RN_MUST_USE rn_err rn_local_open(const struct rn_local_options *options,
                                 struct rn_engine **ret_engine, struct rn_reason *reterr_reason);
/* Finish what is queued, mark the end, let go. Batches, lanes and follows were given back before. */
void rn_local_close(struct rn_engine *engine);
/* For simulation, without threads: let go of all memory as if the power had failed. Callers still
 * waiting are never called; their mailboxes are not touched. */
void rn_local_abandon(struct rn_engine *engine);

/* Each returns whether it did anything. */
bool rn_local_step_writer(struct rn_engine *engine);      /* one frame, from queue to published */
bool rn_local_step_housekeeper(struct rn_engine *engine); /* prepare, index, let expire, drop */
bool rn_local_step_reader(struct rn_engine *engine);      /* one cold read, or one block ahead */

/* What happened since open, and what is. */
#define RN_LOCAL_COUNTS(X)                                            \
    X(frames, "frames written")                                       \
    X(records, "records written")                                     \
    X(bytes, "bytes of chunks written")                               \
    X(padding, "bytes written only to fill blocks")                   \
    X(syncs, "syncs of segment files")                                \
    X(failed_frames, "frames whose write or sync failed")             \
    X(segments, "segments begun")                                     \
    X(prepared_bytes, "bytes written with zeros ahead of the writer") \
    X(recycled, "files that became spares")                           \
    X(dropped, "segments dropped")                                    \
    X(indexes, "index files written")                                 \
    X(markers, "ends of idle lanes carried over")                     \
    X(queue_full, "submits refused because the queue was full")       \
    X(tail_reads, "reads answered by the tail cache")                 \
    X(cold_reads, "reads that went to files")                         \
    X(block_hits, "blocks found in the block cache")                  \
    X(block_reads, "blocks read from files")                          \
    X(alone_reads, "chunks read from files past the block cache")     \
    X(recovered_segments, "segments found at open")                   \
    X(recovered_frames, "frames replayed at open")                    \
    X(recovered_records, "records replayed at open")                  \
    X(rebuilt_indexes, "index files made again at open")              \
    X(torn, "torn tails cut at open")                                 \
    X(damaged, "damaged places met, at open or when reading")         \
    X(missing, "segments of the chain that are not there")

struct rn_local_counts {
#define X(name, text) uint64_t name;
    RN_LOCAL_COUNTS(X)
#undef X
    /* As of now: */
    uint64_t queued_bytes;
    uint64_t live_segments, live_bytes,
        dead_bytes; /* dead: expired or deleted, in segments still kept */
};

struct rn_local_counts rn_local_counts(struct rn_engine *engine); /* Thread: any */

#endif
