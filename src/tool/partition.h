/* partition.h - which partition key does a line get? */
#ifndef RN_TOOL_PARTITION_H
#define RN_TOOL_PARTITION_H

#include "base/err.h"
#include "base/str.h"

enum { RN_KEY_CODE_POINTS_MAX = 256, RN_KEY_BYTES_MAX = 1024 };

struct rn_partition {
    const char *constant;  /* --key; NULL: not given */
    int64_t field;         /* --key-field, from 1; 0: not given: a random key for each line */
    const char *delimiter; /* one byte, or NULL: runs of blanks */
};

/* The key for `line`, or RN_INVALID: it has no such field, or the field is no key (empty, over 256 code points,
 * not UTF-8); *ret_key is then what was found. The key lives in `room` (RN_KEY_BYTES_MAX) or in the line. */
RN_MUST_USE rn_err rn_partition_key(const struct rn_partition *partition, rn_str line, char *room,
                                    rn_str *ret_key);
/* A key made from bytes that are none: 32 hex digits of their digest. */
rn_str rn_partition_hash(rn_str bytes, char *room);
/* UTF-8 of 1 to 256 code points. */
bool rn_partition_valid(rn_str key);

#endif
