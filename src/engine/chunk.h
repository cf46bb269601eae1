/* chunk.h - records as bytes, the same in every engine: a chunk is the records of one run, or of a
 * part of it, one behind the other.
 *
 * A chunk is made by whoever submits and never changes afterwards, so its checksum can be taken
 * there; offsets and times are the business of what carries the chunk. Threads: any. */
#ifndef RN_ENGINE_CHUNK_H
#define RN_ENGINE_CHUNK_H

#include "base/err.h"
#include "engine/engine.h"

enum { RN_CHUNK_HEAD_BYTES = 13 }; /* before the key of each record */

static inline size_t rn_chunk_record_bytes(const struct rn_record *record)
{
    return RN_CHUNK_HEAD_BYTES + record->key.len + record->value.len;
}

/* Write `record` at `at`, which has rn_chunk_record_bytes of room; returns the end of it. */
char *rn_chunk_put(char *at, const struct rn_record *record);

/* Walks a chunk; what it gives points into the chunk's bytes. */
struct rn_chunk_cursor {
    const char *at, *end;
};
/* RN_NOT_FOUND at the end; RN_CORRUPT when the bytes are no record. */
RN_MUST_USE rn_err rn_chunk_next(struct rn_chunk_cursor *cursor, struct rn_record *ret_record);

#endif
