/* shard.h - hash keys, hash ranges and shard ids; pure.
 * Source: API reference of CreateStream, SplitShard, PutRecord; reference texts in docs/compatibility.md. */
#ifndef RN_MODEL_SHARD_H
#define RN_MODEL_SHARD_H

#include "base/err.h"
#include "base/str.h"

typedef unsigned __int128
    rn_u128; /* the one typedef of a builtin: the compiler's name is no name */

#define RN_HASH_KEY_MAX (~(rn_u128)0)
enum { RN_HASH_KEY_TEXT_BYTES = 40, RN_SHARD_ID_TEXT_BYTES = 24, RN_SHARD_INDEX_MAX = 2147483647 };

struct rn_hash_range {
    rn_u128 start, end; /* both inclusive */
};

/* Decimal without sign; RN_INVALID: not digits; RN_TOO_LARGE: above 2^128 - 1. */
RN_MUST_USE rn_err rn_hash_key_parse(rn_str text, rn_u128 *ret_key);
/* NUL-terminated into RN_HASH_KEY_TEXT_BYTES; returns the length. */
size_t rn_hash_key_format(rn_u128 key, char *text);
/* MD5 of the partition key's bytes as a big-endian number. */
rn_u128 rn_hash_key_of(rn_str partition_key);

/* Range i of `count` equal ones: start i * floor(2^128 / count), the last ends at 2^128 - 1. */
struct rn_hash_range rn_hash_range_initial(uint32_t index, uint32_t count);

/* "shardId-000000000007"; returns the length. */
size_t rn_shard_id_format(uint32_t index, char *text);
/* The service's leniency: the text between the first and second '-' (or all of it), all digits, at most
 * RN_SHARD_INDEX_MAX. RN_INVALID otherwise. */
RN_MUST_USE rn_err rn_shard_id_parse(rn_str text, uint32_t *ret_index);

#endif
