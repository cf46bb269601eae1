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
};

struct rn_local;

enum rn_block_kind { RN_BLOCK_DATA, RN_BLOCK_INDEX };

struct rn_block; /* referenced while used */

struct rn_blocks {
    struct rn_mutex lock;
    struct rn_cond loaded;
    struct rn_link *buckets;
    size_t bucket_count;
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
/* Have the block with this byte in memory, soon. */
void rn_blocks_load(struct rn_local *local, struct rn_segment *segment, uint64_t offset);
bool rn_blocks_has(struct rn_blocks *blocks, const struct rn_segment *segment, uint64_t offset);
/* Close the segment's files. */
void rn_blocks_forget(struct rn_blocks *blocks, uint64_t segment);

#endif
