/* blocks.h - aligned blocks of segment and index files in memory, shared by all readers.
 *
 * A block that is being read is read once: who else wants it waits. Unused blocks go when the cache is over
 * its bound, the least recently used first. Threads: any that may block. */
#ifndef RN_LOCAL_BLOCKS_H
#define RN_LOCAL_BLOCKS_H

#include "local/segment.h"

enum {
    RN_CACHE_BLOCK_BYTES = 256 * 1024,
    RN_CACHE_BLOCKS_MIN = 8,
    RN_CACHE_FILES_MAX = 64, /* open at a time */
    RN_ALONE_ALIGN = 4096,   /* the largest rn_file.align */
    RN_ALONE_EXTRA = 3 * RN_ALONE_ALIGN,
};

struct rn_local;

enum rn_block_kind { RN_BLOCK_DATA, RN_BLOCK_INDEX };

struct rn_block; /* referenced while used */

struct rn_block_name {
    uint64_t segment, number; /* number: from 1; 0 is no block */
};

struct rn_blocks {
    struct rn_mutex lock;
    struct rn_cond loaded;
    struct rn_link *buckets;
    size_t bucket_count;
    struct rn_block_name *asked; /* count_max places by hash: the last that was asked about there */
    struct rn_link used; /* least recently first; only those without references count as victims */
    size_t count, count_max;
    struct rn_cache_file *files; /* RN_CACHE_FILES_MAX */
    uint64_t turn;
};

RN_MUST_USE rn_err rn_blocks_init(struct rn_blocks *blocks, size_t bytes_max);
void rn_blocks_done(struct rn_blocks *blocks);
/* Copy `len` bytes at `offset`. RN_CORRUPT: the file ends before; RN_IO, RN_NOMEM. */
RN_MUST_USE rn_err rn_blocks_copy(struct rn_local *local, struct rn_segment *segment,
                                  enum rn_block_kind kind, uint64_t offset, void *bytes,
                                  size_t len);
/* Whether to read these bytes by whole blocks: they fill most of them, or the block is there or was asked
 * about lately. What a single reader takes from among many other lanes' bytes is better read alone. */
bool rn_blocks_worth(struct rn_blocks *blocks, const struct rn_segment *segment, uint64_t offset,
                     size_t len);
/* Read `len` bytes of the segment past the cache, nothing around them. `room` has RN_ALONE_EXTRA more;
 * *ret_bytes is where in it they are. Errors as above. */
RN_MUST_USE rn_err rn_blocks_read_alone(struct rn_local *local, struct rn_segment *segment,
                                        uint64_t offset, char *room, size_t len, char **ret_bytes);
/* Have the block with this byte in memory, soon. */
void rn_blocks_load(struct rn_local *local, struct rn_segment *segment, uint64_t offset);
bool rn_blocks_has(struct rn_blocks *blocks, const struct rn_segment *segment, uint64_t offset);
/* Close the segment's files. */
void rn_blocks_forget(struct rn_blocks *blocks, uint64_t segment);

#endif
