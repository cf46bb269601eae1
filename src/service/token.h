/* token.h - NextToken: where the next page of a listing begins.
 *
 * FORM  base64 of  iv 12 | AES-256-GCM ciphertext | tag 16  over
 *       version u8 | kind u8 | created ms i64 | stream uid u64 | next shard u32 | filter u8 |
 *       filter ms i64 | name length u8 | name           (integers little-endian)
 * It carries all a page needs, as clients may send nothing beside it. The uid pins the stream: a
 * page of a deleted stream is not continued in a new one of that name. Valid 300,000 ms. */
#ifndef RN_SERVICE_TOKEN_H
#define RN_SERVICE_TOKEN_H

#include "service/inside.h"

enum { RN_TOKEN_LIFE_MS = 300000, RN_TOKEN_TEXT_BYTES = 256 };

enum rn_token_kind { RN_TOKEN_STREAMS = 1, RN_TOKEN_SHARDS = 2, RN_TOKEN_CONSUMERS = 3 };

/* Which shards a listing shows. What AWS calls AFTER_SHARD_ID is a position, AT_TRIM_HORIZON a
 * point in time: so that all pages of a listing speak of one moment. */
enum rn_shard_filter {
    RN_SHARDS_ALL,
    RN_SHARDS_OPEN,
    RN_SHARDS_AT_TIME,   /* open at filter_ms */
    RN_SHARDS_FROM_TIME, /* open at filter_ms or later */
};

struct rn_token {
    enum rn_token_kind kind;
    int64_t created_ms;
    uint64_t stream_uid; /* SHARDS, CONSUMERS */
    uint32_t next_shard; /* SHARDS: the lowest index still to come */
    enum rn_shard_filter filter;
    int64_t filter_ms;
    /* STREAMS, CONSUMERS: of the last one listed; SHARDS: of the stream. */
    char name[RN_STREAM_NAME_BYTES_MAX + 1];
};

/* In the call's arena; absent when memory ends. created_ms is set here. */
rn_str rn_token_seal(struct rn_call *call, struct rn_token *token);
/* "Invalid NextToken." */
void rn_fail_invalid_token(struct rn_call *call);
/* False: the call has failed, as the token is none of ours, of another operation, or expired. */
RN_MUST_USE bool rn_token_open(struct rn_call *call, rn_str text, enum rn_token_kind kind,
                               struct rn_token *ret_token);

#endif
