/* segment.h - a file of frames, shared by all lanes, and its place in the chain of segments.
 * segment.c describes the files, the chain, and why a crash is harmless. */
#ifndef RN_LOCAL_SEGMENT_H
#define RN_LOCAL_SEGMENT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/list.h"
#include "sys/disk.h"
#include "sys/thread.h"

enum {
    RN_SEGMENT_VERSION = 1,
    RN_SEGMENT_START = 8192,             /* the first frame; two copies of the head lie before it */
    RN_SEGMENT_EXTENTS_MAX = 512 * 1024, /* bounds the index of the active segment in memory */
    RN_LOG_PATH_BYTES = 48,
};

#define RN_LOG_DIR "log"

struct rn_segment_head {
    uint64_t id, salt;
    uint64_t prev;     /* the segment before it in the chain; 0: none */
    uint64_t prev_end; /* its bytes from here on are ignored for ever */
    uint64_t prev_frames;
    int64_t created_ms;
};

/* RN_SEGMENT_START bytes: both copies. */
void rn_segment_head_put(char *bytes, const struct rn_segment_head *head);
/* From RN_SEGMENT_START bytes; either copy will do. RN_CORRUPT; RN_NEWER: a later version's. */
RN_MUST_USE rn_err rn_segment_head_get(const char *bytes, struct rn_segment_head *ret_head);

/* Each writes a NUL-terminated path below the disk into `path` and returns it. */
char *rn_segment_path(char path[RN_LOG_PATH_BYTES], uint64_t id);
char *rn_index_path(char path[RN_LOG_PATH_BYTES], uint64_t id);
char *rn_spare_path(char path[RN_LOG_PATH_BYTES], uint64_t number);

enum rn_name { RN_NAME_OTHER, RN_NAME_SEGMENT, RN_NAME_INDEX, RN_NAME_SPARE, RN_NAME_TEMPORARY };
/* What a name in the directory is; *ret_number is its id or number. */
enum rn_name rn_name_parse(const char *name, uint64_t *ret_number);

/*      begin              seal                 index written          nothing in it lives
 *   ──────────▶ ACTIVE ──────────▶ SEALED ──────────────────▶ INDEXED ──────────────────▶ RETIRED
 *              (writer)           (writer)                (housekeeper)    (housekeeper; from SEALED too)
 * A segment whose sync or write failed is sealed at its last good end: nothing else is "poisoned". */
enum rn_segment_state {
    RN_SEGMENT_ACTIVE,
    RN_SEGMENT_SEALED,
    RN_SEGMENT_INDEXED,
    RN_SEGMENT_RETIRED
};

struct rn_lane;

struct rn_segment {
    struct rn_link link; /* in the book, by id */
    struct rn_segment_head head;
    _Atomic int state;    /* enum rn_segment_state; what follows is final once SEALED */
    _Atomic uint64_t end; /* bytes that readers may see */
    uint64_t frames;
    uint64_t file_bytes;    /* that were written once, so that a recycled file is quick to write */
    int64_t min_ms, max_ms; /* append times of its frames */
    uint64_t extents;
    uint64_t index_at;           /* where the extents begin in the index file; once INDEXED */
    _Atomic uint32_t refs;       /* the book's, and readers' */
    _Atomic uint32_t pieces;     /* of lanes, that point here */
    _Atomic uint64_t dead_bytes; /* of chunks, let go by their lanes */
    uint32_t idle;               /* housekeeper: pieces that only keep the end of a lane */
    struct rn_lane **lanes;      /* with a reference each; until INDEXED */
    size_t lane_count, lane_cap;
};

struct rn_segment *rn_segment_new(const struct rn_segment_head *head); /* one reference; NULL */
void rn_segment_ref(struct rn_segment *segment);
void rn_segment_unref(struct rn_segment *segment);

static inline enum rn_segment_state rn_segment_state(struct rn_segment *segment)
{
    return (enum rn_segment_state)atomic_load_explicit(&segment->state, memory_order_acquire);
}

static inline void rn_segment_set_state(struct rn_segment *segment, enum rn_segment_state state)
{
    atomic_store_explicit(&segment->state, (int)state, memory_order_release);
}

/* All segments that hold something, in the order of the chain. */
struct rn_book {
    struct rn_mutex lock; /* of the list only */
    struct rn_link segments;
};

void rn_book_init(struct rn_book *book);
void rn_book_done(struct rn_book *book);
void rn_book_add(struct rn_book *book,
                 struct rn_segment *segment); /* the newest; takes the reference */
void rn_book_remove(struct rn_book *book,
                    struct rn_segment *segment); /* and lets go of the reference */
/* The one behind `segment` (NULL: the oldest) with a reference, or NULL. Drops the reference on `segment`. */
struct rn_segment *rn_book_next(struct rn_book *book, struct rn_segment *segment);
bool rn_book_is_newest(struct rn_book *book, const struct rn_segment *segment);

#endif
