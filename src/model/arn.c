/* arn.c - Amazon Resource Names of streams and consumers.
 *
 * FORM  arn:PARTITION:kinesis:REGION:ACCOUNT:stream/NAME
 *       arn:PARTITION:kinesis:REGION:ACCOUNT:stream/NAME/consumer/CONSUMER:CREATED_S
 *       A stream name holds no '/', so a consumer ARN is cut at "/consumer/". */
#include "model/arn.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#define STREAM_PREFIX RN_STR("stream/")
#define CONSUMER_INFIX RN_STR("/consumer/")

static bool starts_with(rn_str text, const char *prefix)
{
    return rn_str_starts(text, rn_str_c(prefix));
}

static rn_str without(rn_str text, size_t bytes)
{
    assert(bytes <= text.len);
    return rn_str_make(text.data + bytes, text.len - bytes);
}

rn_str rn_partition_of_region(rn_str region)
{
    if (starts_with(region, "cn-")) {
        return RN_STR("aws-cn");
    }
    if (starts_with(region, "us-gov-")) {
        return RN_STR("aws-us-gov");
    }
    return RN_STR("aws");
}

size_t rn_stream_arn_format(rn_str region, rn_str account, rn_str stream, char *text)
{
    rn_str partition = rn_partition_of_region(region);
    int len = snprintf(text, RN_STREAM_ARN_BYTES_MAX, "arn:%.*s:kinesis:%.*s:%.*s:stream/%.*s",
                       RN_STR_ARG(partition), RN_STR_ARG(region), RN_STR_ARG(account),
                       RN_STR_ARG(stream));

    assert(len > 0 && len < RN_STREAM_ARN_BYTES_MAX);
    return (size_t)len;
}

size_t rn_consumer_arn_format(rn_str stream_arn, rn_str consumer, int64_t created_s, char *text)
{
    int len = snprintf(text, RN_CONSUMER_ARN_BYTES_MAX, "%.*s/consumer/%.*s:%" PRId64,
                       RN_STR_ARG(stream_arn), RN_STR_ARG(consumer), created_s);

    assert(len > 0 && len < RN_CONSUMER_ARN_BYTES_MAX);
    return (size_t)len;
}

bool rn_account_valid(rn_str account)
{
    if (account.len != RN_ACCOUNT_BYTES) {
        return false;
    }
    for (size_t i = 0; i < account.len; i++) {
        if (account.data[i] < '0' || account.data[i] > '9') {
            return false;
        }
    }
    return true;
}

/* Lower-case letters, digits and '-', the alphabet of regions and partitions. */
static bool is_dashed_word(rn_str text, size_t len_max)
{
    if (text.len == 0 || text.len > len_max) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-') {
            return false;
        }
    }
    return true;
}

bool rn_region_valid(rn_str region)
{
    return is_dashed_word(region, RN_REGION_BYTES_MAX);
}

/* Of a stream or a consumer: [a-zA-Z0-9_.-], 1 to RN_STREAM_NAME_BYTES_MAX. */
static bool is_name(rn_str text)
{
    if (text.len == 0 || text.len > RN_STREAM_NAME_BYTES_MAX) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
            c != '_' && c != '.' && c != '-') {
            return false;
        }
    }
    return true;
}

/* Cuts what stands before the next ':' off *rest. false: there is none. */
static bool next_part(rn_str *rest, rn_str *ret_part)
{
    size_t colon = rn_str_find(*rest, ':', 0);

    if (colon == rest->len) {
        return false;
    }
    *ret_part = rn_str_make(rest->data, colon);
    *rest = without(*rest, colon + 1);
    return true;
}

/* "CONSUMER:CREATED_S" */
static rn_err parse_consumer(rn_str text, struct rn_arn *arn)
{
    uint64_t created_s;

    if (!next_part(&text, &arn->consumer) || !is_name(arn->consumer) ||
        !rn_str_to_u64(text, &created_s) || created_s > INT64_MAX) {
        return RN_INVALID;
    }
    arn->consumer_created_s = (int64_t)created_s;
    return RN_OK;
}

/* "stream/NAME" or "stream/NAME/consumer/CONSUMER:CREATED_S" */
static rn_err parse_resource(rn_str text, struct rn_arn *arn)
{
    size_t slash;

    if (!rn_str_starts(text, STREAM_PREFIX)) {
        return RN_INVALID;
    }
    text = without(text, STREAM_PREFIX.len);
    slash = rn_str_find(text, '/', 0);
    arn->stream = rn_str_make(text.data, slash);
    if (!is_name(arn->stream)) {
        return RN_INVALID;
    }
    if (slash == text.len) {
        return RN_OK;
    }
    text = without(text, slash);
    if (!rn_str_starts(text, CONSUMER_INFIX)) {
        return RN_INVALID;
    }
    return parse_consumer(without(text, CONSUMER_INFIX.len), arn);
}

rn_err rn_arn_parse(rn_str text, struct rn_arn *ret_arn)
{
    struct rn_arn arn = {.consumer = RN_STR_NONE};
    rn_str scheme, service;
    rn_err err;

    if (!next_part(&text, &scheme) || !next_part(&text, &arn.partition) ||
        !next_part(&text, &service) || !next_part(&text, &arn.region) ||
        !next_part(&text, &arn.account)) {
        return RN_INVALID;
    }
    if (!rn_str_eq(scheme, RN_STR("arn")) || !rn_str_eq(service, RN_STR("kinesis"))) {
        return RN_INVALID;
    }
    if (!starts_with(arn.partition, "aws") || !is_dashed_word(arn.partition, RN_REGION_BYTES_MAX) ||
        !rn_region_valid(arn.region) || !rn_account_valid(arn.account)) {
        return RN_INVALID;
    }
    err = parse_resource(text, &arn);
    if (err) {
        return err;
    }
    *ret_arn = arn;
    return RN_OK;
}
