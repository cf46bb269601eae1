/* frame.h - the unit of writing: what was queued together, under one checksum, in whole blocks.
 * The bytes are described in frame.c, their life in segment.c. */
#ifndef RN_LOCAL_FRAME_H
#define RN_LOCAL_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum {
    RN_BLOCK_BYTES =
        4096, /* unit of writing; a block with acknowledged bytes is never written again */
    RN_FRAME_BYTES_MAX = 16 * 1024 * 1024,
    RN_FRAME_HEAD_BYTES = 64,
    RN_FRAME_EXTENT_BYTES = 32,
    RN_FRAME_EXTENTS_MAX = 65536,
    /* A chunk this long has a frame of its own; longer runs are split. */
    RN_CHUNK_BYTES_MAX = RN_FRAME_BYTES_MAX - RN_BLOCK_BYTES,
};

enum rn_frame_flags {
    RN_FRAME_END = 1, /* the engine was closed behind this frame */
};

struct rn_frame {
    uint32_t bytes; /* on disk, whole blocks */
    uint32_t used;  /* of them: head, table and chunks */
    uint64_t segment, salt;
    uint64_t number; /* running within the segment, from 0 */
    uint64_t synced; /* frames below this number were durable when this one was built */
    int64_t append_ms;
    uint32_t extents;
    uint32_t flags;
};

/* One chunk of a frame. count 0 is a marker: see segment.c. */
struct rn_frame_extent {
    uint64_t topic;
    uint64_t first;
    uint32_t lane;
    uint32_t count;
    uint32_t bytes; /* of the chunk */
    uint32_t crc;   /* crc32c of the chunk */
};

static inline uint64_t rn_blocks_up(uint64_t bytes)
{
    return (bytes + RN_BLOCK_BYTES - 1) / RN_BLOCK_BYTES * RN_BLOCK_BYTES;
}

static inline uint32_t rn_frame_table_bytes(uint32_t extents)
{
    return RN_FRAME_HEAD_BYTES + extents * RN_FRAME_EXTENT_BYTES;
}

void rn_frame_put_extent(char *bytes, uint32_t index, const struct rn_frame_extent *extent);
struct rn_frame_extent rn_frame_get_extent(const char *bytes, uint32_t index);

/* The head, over a complete table; then the checksum of both. */
void rn_frame_seal(char *bytes, const struct rn_frame *frame);

/* Read a head (RN_FRAME_HEAD_BYTES). RN_CORRUPT when it cannot be one; its checksum is not looked at. */
RN_MUST_USE rn_err rn_frame_peek(const char *bytes, struct rn_frame *ret_frame);
/* Are head and table, of rn_frame_table_bytes, as they were sealed, and do the chunks fill the frame? */
bool rn_frame_table_good(const char *bytes, const struct rn_frame *frame);
/* Are the chunks, in a whole frame with a good table? */
bool rn_frame_chunks_good(const char *bytes, const struct rn_frame *frame);

#endif
