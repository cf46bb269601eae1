/* arn.h - Amazon Resource Names of streams and consumers; pure. */
#ifndef RN_MODEL_ARN_H
#define RN_MODEL_ARN_H

#include "base/err.h"
#include "base/str.h"

enum {
    RN_STREAM_NAME_BYTES_MAX = 128,
    RN_STREAM_ARN_BYTES_MAX = 256,
    RN_CONSUMER_ARN_BYTES_MAX = 512,
    RN_ACCOUNT_BYTES = 12,
    RN_REGION_BYTES_MAX = 32
};

struct rn_arn {
    rn_str partition, region, account; /* into the parsed text */
    rn_str stream;                     /* name */
    rn_str consumer;                   /* absent for a stream ARN */
    int64_t consumer_created_s;
};

/* "aws", "aws-cn" or "aws-us-gov". */
rn_str rn_partition_of_region(rn_str region);
/* NUL-terminated into RN_STREAM_ARN_BYTES_MAX; returns the length. */
size_t rn_stream_arn_format(rn_str region, rn_str account, rn_str stream, char *text);
/* Likewise into RN_CONSUMER_ARN_BYTES_MAX. */
size_t rn_consumer_arn_format(rn_str stream_arn, rn_str consumer, int64_t created_s, char *text);
/* RN_INVALID: no stream or consumer ARN. */
RN_MUST_USE rn_err rn_arn_parse(rn_str text, struct rn_arn *ret_arn);
/* 12 digits. */
bool rn_account_valid(rn_str account);
/* Lower-case letters, digits and '-', 1 to RN_REGION_BYTES_MAX. */
bool rn_region_valid(rn_str region);

#endif
