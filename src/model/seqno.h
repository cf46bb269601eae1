/* seqno.h - sequence numbers: a lane offset dressed in the 186-bit layout that clients parse.
 *
 * LAYOUT (hex digits, most significant first; version 2)
 *   1 "2" | 9 shard creation, epoch s | 1 low nibble of shard index | 16 seqIx, top bit 0
 *   | 2 "00" | 9 record time, epoch s | 8 shard index | 1 "2"
 * RULES      seqIx = lane offset + 1. The record-time field is the shard's creation second, always, for
 *            records and continuation numbers; only the ending number has seqIx max and the closing
 *            second. Decoding ignores that field. Within one shard the numbers rise with the offset. */
#ifndef RN_MODEL_SEQNO_H
#define RN_MODEL_SEQNO_H

#include "base/err.h"
#include "base/str.h"

enum { RN_SEQNO_TEXT_BYTES = 64 };
#define RN_SEQNO_IX_MAX ((uint64_t)0x7FFFFFFFFFFFFFFF)

struct rn_seqno {
    int64_t shard_created_s; /* creation second of the shard */
    uint64_t ix;             /* 0: start of the shard; RN_SEQNO_IX_MAX: its end */
    int64_t time_s;
    int64_t shard_index; /* negative when the top bit of the field was set */
    int version;         /* 0, 1 or 2 as the field reads */
};

/* Decimal, NUL-terminated into RN_SEQNO_TEXT_BYTES; returns the length. Always version 2. */
size_t rn_seqno_format(const struct rn_seqno *seqno, char *text);
/* The same for a record of a shard: what the read path does ten thousand times a call. */
size_t rn_seqno_format_record(int64_t shard_created_s, uint32_t shard_index, uint64_t offset,
                              char *text);
/* RN_INVALID: not a number of any known form (see the decoding checks in the reference). */
RN_MUST_USE rn_err rn_seqno_parse(rn_str text, struct rn_seqno *ret_seqno);

#endif
