/* lane.h - lanes and topics in memory: where a lane's records are, on disk and in the tail cache, who
 * follows it, and what of it is still queued.
 *
 *   lane   first ···································································· end
 *   pieces [segment 3: first..end) [segment 4: ..) [segment 9: ..)   one a segment that holds the lane
 *   tail                                               [chunk][chunk][chunk]   still in memory
 *
 * Pieces follow each other without gaps, unless a segment is missing: then reading the gap fails. What was lost
 * inside a segment is in its piece as a hole, an extent that never verifies.
 * The last piece is never let go, even when its records have expired: it is what keeps `end` over a restart.
 * LOCK      lane->lock guards what says so; held for a few steps, never across I/O or another lane's lock.
 * Threads: any, unless a field or call says otherwise. */
#ifndef RN_LOCAL_LANE_H
#define RN_LOCAL_LANE_H

#include "base/list.h"
#include "base/map.h"
#include "engine/engine.h"
#include "local/segment.h"
#include "local/tail.h"

/* A chunk on disk. */
struct rn_extent {
    uint64_t first;
    uint64_t offset;     /* of the chunk, in the segment's file */
    int64_t ms;          /* append time; of a marker: of the last record before it */
    uint32_t count;      /* records; 0: a marker */
    uint32_t bytes, crc; /* of a hole: 0 bytes, and RN_HOLE_CRC, which is not theirs */
};

#define RN_HOLE_CRC UINT32_MAX

/* Does a reader at `from`, who skips what arrived before `not_before_ms`, need nothing of it? True for the
 * extents of a lane up to some point, false behind it. */
static inline bool rn_extent_is_before(const struct rn_extent *extent, uint64_t from,
                                       int64_t not_before_ms)
{
    return extent->first + extent->count <= from || extent->ms < not_before_ms;
}

enum { RN_LANE_PAGE = 256 };

/* What one segment holds of a lane. */
struct rn_piece {
    struct rn_segment *segment; /* counted in segment->pieces; alive while the piece is */
    uint64_t first, end;
    int64_t min_ms, max_ms;
    uint64_t bytes;            /* of its chunks */
    struct rn_extent *extents; /* NULL: they are in the index file, from row index_at on */
    uint64_t index_at;
    uint32_t count, cap;
};

struct rn_topic {
    uint64_t uid;
    _Atomic uint32_t refs; /* the table's, and one a lane */
    _Atomic int64_t retention_ms;
    bool named; /* by a topic call, so not dead at ready; topics->lock */
    /* A lane is made when it is used, and most that a stream ever had are not: pages of RN_LANE_PAGE
     * lanes, NULL where there is none; each lane with a reference; topics->lock. */
    struct rn_lane ***pages;
    uint32_t lane_count, page_count;
    struct rn_link dying; /* deleted, until the housekeeper took it apart */
};

struct rn_lane {
    struct rn_topic *topic;
    uint32_t number;
    _Atomic uint32_t refs;
    _Atomic bool dead;          /* its topic is deleted */
    _Atomic bool marking;       /* a marker is queued */
    _Atomic uint64_t read_next; /* where the last cold read ended: the next there is sequential */
    struct rn_mutex lock;
    /* Under lock; `end` is changed by the writer only, which may look without. */
    uint64_t first, end;
    int64_t newest_ms;
    struct rn_piece *pieces; /* piece_count of them, from piece_at on */
    size_t piece_at, piece_count, piece_cap;
    struct rn_cached *tail; /* ring of a power of two; the newest ends at `end` */
    size_t tail_at, tail_count, tail_cap;
    struct rn_link followers;
    struct rn_extent *fresh; /* reserved for the first piece in a segment */
    uint32_t fresh_cap;
    /* Under the queue's lock. */
    struct rn_link ready; /* in the queue's round, when parts wait */
    struct rn_link parts;
    /* The writer's. */
    struct rn_link in_frame;
    struct rn_link taken;       /* parts for the frame being built */
    const struct rn_slab *slab; /* the last one that knows this lane */
    uint64_t listed;            /* the last segment that knows it; recovery's too */
};

struct rn_topics {
    struct rn_mutex lock;
    struct rn_map *map; /* uid to topic */
    struct rn_link dying;
};

/* ---- topics ---- */

RN_MUST_USE rn_err rn_topics_init(struct rn_topics *topics);
void rn_topics_done(struct rn_topics *topics);
/* Makes the topic or grows it to `lanes`, with the lock held. RN_NOMEM, RN_TOO_LARGE. */
RN_MUST_USE rn_err rn_topic_grow(struct rn_topics *topics, uint64_t uid, uint32_t lanes,
                                 struct rn_topic **ret_topic);
/* A lane below lane_count, made if need be; the topic keeps it. Lock held; NULL when memory ends. */
struct rn_lane *rn_topic_lane(struct rn_topic *topic, uint32_t number);
/* Recovery: the lane that bytes on disk name, made if need be; the topic keeps it. RN_TOO_LARGE: no lane has that
 * number. RN_NOMEM. */
RN_MUST_USE rn_err rn_topics_lane(struct rn_topics *topics, uint64_t uid, uint32_t number,
                                  struct rn_lane **ret_lane);
struct rn_topic *rn_topic_find(struct rn_topics *topics, uint64_t uid); /* lock held; NULL */
/* Its lanes end for readers, writers and followers; the housekeeper does the rest. Lock held. */
void rn_topic_kill(struct rn_topics *topics, struct rn_topic *topic);
void rn_topic_unref(struct rn_topic *topic);
/* The housekeeper: take the killed topics apart. Returns whether there were any. */
bool rn_topics_bury(struct rn_topics *topics);
/* Every lane, with a reference each, in memory the caller frees; NULL with RN_NOMEM. */
RN_MUST_USE rn_err rn_topics_lanes(struct rn_topics *topics, struct rn_lane ***ret_lanes,
                                   size_t *ret_count);
void rn_lanes_free(struct rn_lane **lanes, size_t count);

/* ---- lanes ---- */

void rn_lane_ref(struct rn_lane *lane);
void rn_lane_unref(struct rn_lane *lane);

static inline bool rn_lane_is_dead(struct rn_lane *lane)
{
    return atomic_load_explicit(&lane->dead, memory_order_acquire);
}

static inline struct rn_piece *rn_lane_piece(struct rn_lane *lane, size_t index)
{
    return &lane->pieces[lane->piece_at + index];
}

static inline struct rn_cached *rn_lane_cached(struct rn_lane *lane, size_t index)
{
    return &lane->tail[(lane->tail_at + index) & (lane->tail_cap - 1)];
}

/* Room so that `extents` more in `segment`, and `cached` more in memory, can be added without
 * failing; `segment` remembers the lane for its index. The writer and recovery. */
RN_MUST_USE rn_err rn_lane_reserve(struct rn_lane *lane, struct rn_segment *segment,
                                   uint32_t extents, uint32_t cached);
/* The writer and recovery, lock held, after reserve. Moves `end`; a marker moves nothing back. */
void rn_lane_add(struct rn_lane *lane, struct rn_segment *segment, const struct rn_extent *extent);
/* Recovery: a whole piece from an index. */
RN_MUST_USE rn_err rn_lane_add_piece(struct rn_lane *lane, const struct rn_piece *piece);
/* Forget the oldest `count` pieces, lock held; the lane begins at the next. */
void rn_lane_drop_pieces(struct rn_lane *lane, size_t count);
/* The housekeeper, of a dead lane: all its pieces and its tail. */
void rn_lane_empty(struct rn_lane *lane);
/* The first piece that ends beyond `offset`, or the count. Lock held. */
size_t rn_lane_find_piece(struct rn_lane *lane, uint64_t offset);

void rn_segment_forget_lanes(struct rn_segment *segment);

/* The chunk lies in memory: behind the newest cached one, after rn_lane_reserve. Lock held. */
void rn_lane_cache(struct rn_lane *lane, const struct rn_cached *cached);
/* Let go of the oldest cached chunks that lie in `slab`. */
void rn_lane_uncache(struct rn_lane *lane, const struct rn_slab *slab);

/* ---- followers ---- */

RN_MUST_USE rn_err rn_lane_follow(struct rn_lane *lane, struct rn_follow *follow);
void rn_lane_unfollow(struct rn_follow *follow);
void rn_lane_notify(struct rn_lane *lane); /* lock held */

#endif
