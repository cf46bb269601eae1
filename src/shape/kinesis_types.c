/* kinesis_types.c - patterns, enums and bounds of the service model, each once.
 *
 * A pattern is printed as the model writes it and decided by a function beside it; each function
 * judges the whole value, as the service does. Bounds that only newer models have are today's. */
#include "shape/kinesis_types.h"

/* ---- patterns --------------------------------------------------------------------------------- */

static bool digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool lower(char byte)
{
    return byte >= 'a' && byte <= 'z';
}

static bool name_byte(char byte)
{
    return lower(byte) || (byte >= 'A' && byte <= 'Z') || digit(byte) || byte == '_' ||
           byte == '.' || byte == '-';
}

/* [a-zA-Z0-9_.-]+ */
static bool is_name(rn_str value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (!name_byte(value.data[i])) {
            return false;
        }
    }
    return value.len > 0;
}

/* 0|([1-9]\d{0,max-1}) */
static bool is_decimal(rn_str value, size_t digits_max)
{
    if (value.len == 1 && value.data[0] == '0') {
        return true;
    }
    if (value.len == 0 || value.len > digits_max || value.data[0] == '0') {
        return false;
    }
    for (size_t i = 0; i < value.len; i++) {
        if (!digit(value.data[i])) {
            return false;
        }
    }
    return true;
}

static bool is_sequence_number(rn_str value)
{
    return is_decimal(value, 129);
}

static bool is_hash_key(rn_str value)
{
    return is_decimal(value, 39);
}

/* [a-z0-9]{20}-[a-z0-9]{3} */
static bool is_stream_id(rn_str value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (i == 20 ? value.data[i] != '-' : !lower(value.data[i]) && !digit(value.data[i])) {
            return false;
        }
    }
    return value.len == 24;
}

/* `\d{12}:stream/\S+` at `at`. */
static bool is_arn_end(rn_str value, size_t at)
{
    static const char middle[] = ":stream/";
    size_t middle_len = sizeof(middle) - 1;

    if (value.len < at + 12 + middle_len + 1) {
        return false;
    }
    for (size_t i = 0; i < 12; i++) {
        if (!digit(value.data[at + i])) {
            return false;
        }
    }
    if (memcmp(value.data + at + 12, middle, middle_len) != 0) {
        return false;
    }
    for (size_t i = at + 12 + middle_len; i < value.len; i++) {
        if (strchr(" \t\n\v\f\r", value.data[i])) { /* NUL too: strchr finds it */
            return false;
        }
    }
    return true;
}

/* arn:aws.*:kinesis:.*:\d{12}:stream/\S+  The two .* may hold colons: try every place. */
static bool is_stream_arn(rn_str value)
{
    static const char service[] = ":kinesis:";
    size_t service_len = sizeof(service) - 1;

    if (!rn_str_starts(value, RN_STR("arn:aws"))) {
        return false;
    }
    for (size_t at = 7; at + service_len <= value.len; at++) {
        if (memcmp(value.data + at, service, service_len) != 0) {
            continue;
        }
        for (size_t colon = rn_str_find(value, ':', at + service_len); colon < value.len;
             colon = rn_str_find(value, ':', colon + 1)) {
            if (is_arn_end(value, colon + 1)) {
                return true;
            }
        }
    }
    return false;
}

/* Behind the first `arn:aws.*:kinesis:.*:\d{12}:`; past the end: there is none. */
static size_t after_account(rn_str value)
{
    static const char service[] = ":kinesis:";
    const char *at = value.len > 7 && rn_str_starts(value, RN_STR("arn:aws"))
                         ? memmem(value.data + 7, value.len - 7, service, sizeof(service) - 1)
                         : NULL;
    size_t colon = at ? (size_t)(at - value.data) + sizeof(service) - 1 : value.len;

    for (colon = rn_str_find(value, ':', colon); colon + 13 < value.len;
         colon = rn_str_find(value, ':', colon + 1)) {
        size_t digits = 0;

        while (digits < 12 && digit(value.data[colon + 1 + digits])) {
            digits++;
        }
        if (digits == 12 && value.data[colon + 13] == ':') {
            return colon + 14;
        }
    }
    return value.len + 1;
}

/* arn:aws.*:kinesis:.*:\d{12}:.*stream/\S+ */
static bool is_resource_arn(rn_str value)
{
    size_t from = after_account(value), spaceless = value.len;

    while (spaceless > 0 && !strchr(" \t\n\v\f\r", value.data[spaceless - 1])) {
        spaceless--; /* NUL too: strchr finds it */
    }
    for (size_t at = from; at + 7 < value.len; at++) {
        if (memcmp(value.data + at, "stream/", 7) == 0 && at + 7 >= spaceless) {
            return true;
        }
    }
    return false;
}

/* Where the longest end of [0, end) begins that a name may consist of. */
static size_t name_start(rn_str value, size_t end)
{
    while (end > 0 && name_byte(value.data[end - 1])) {
        end--;
    }
    return end;
}

/* Does `word` stand before `at`, and something behind it? Then *ret_at is where it begins. */
static bool preceded(rn_str value, size_t at, size_t end, rn_str word, size_t *ret_at)
{
    *ret_at = at - word.len;
    return at < end && at >= word.len &&
           memcmp(value.data + at - word.len, word.data, word.len) == 0;
}

/* ^(arn):aws.*:kinesis:.*:\d{12}:.*stream\/[a-zA-Z0-9_.-]+\/consumer\/[a-zA-Z0-9_.-]+:[0-9]+  Read from the
 * end, where a name holds neither '/' nor ':'. */
static bool is_consumer_arn(rn_str value)
{
    size_t at = value.len, colon, slash, stream;

    while (at > 0 && digit(value.data[at - 1])) {
        at--;
    }
    return preceded(value, at, value.len, RN_STR(":"), &colon) &&
           preceded(value, name_start(value, colon), colon, RN_STR("/consumer/"), &slash) &&
           preceded(value, name_start(value, slash), slash, RN_STR("stream/"), &stream) &&
           after_account(value) <= stream;
}

/* ---- types ------------------------------------------------------------------------------------ */

const struct rn_shape rn_kinesis_text = {.kind = RN_STRING};
const struct rn_shape rn_kinesis_blob = {.kind = RN_BLOB};
const struct rn_shape rn_kinesis_integer = {.kind = RN_INTEGER};
const struct rn_shape rn_kinesis_long = {.kind = RN_LONG};
const struct rn_shape rn_kinesis_boolean = {.kind = RN_BOOLEAN};
const struct rn_shape rn_kinesis_timestamp = {.kind = RN_TIMESTAMP};
const struct rn_shape rn_kinesis_text_list = {.kind = RN_LIST, .item = &rn_kinesis_text};

#define BOUNDS(least, most) .has_min = true, .has_max = true, .min = least, .max = most
#define PATTERN(text, decides) .pattern = text, .matches = decides

const struct rn_shape rn_kinesis_stream_name = {
    .kind = RN_STRING, BOUNDS(1, 128), PATTERN("[a-zA-Z0-9_.-]+", is_name)};
const struct rn_shape rn_kinesis_shard_id = {
    .kind = RN_STRING, BOUNDS(1, 128), PATTERN("[a-zA-Z0-9_.-]+", is_name)};
const struct rn_shape rn_kinesis_stream_arn = {
    .kind = RN_STRING,
    BOUNDS(1, 2048),
    PATTERN("arn:aws.*:kinesis:.*:\\d{12}:stream/\\S+", is_stream_arn)};
const struct rn_shape rn_kinesis_consumer_arn = {
    .kind = RN_STRING,
    BOUNDS(1, 2048),
    PATTERN("^(arn):aws.*:kinesis:.*:\\d{12}:.*stream\\/[a-zA-Z0-9_.-]+\\/consumer\\/"
            "[a-zA-Z0-9_.-]+:[0-9]+",
            is_consumer_arn)};
const struct rn_shape rn_kinesis_resource_arn = {
    .kind = RN_STRING,
    BOUNDS(1, 2048),
    PATTERN("arn:aws.*:kinesis:.*:\\d{12}:.*stream/\\S+", is_resource_arn)};
const struct rn_shape rn_kinesis_stream_id = {
    .kind = RN_STRING, BOUNDS(1, 24), PATTERN("[a-z0-9]{20}-[a-z0-9]{3}", is_stream_id)};
const struct rn_shape rn_kinesis_sequence_number = {
    .kind = RN_STRING, PATTERN("0|([1-9]\\d{0,128})", is_sequence_number)};
const struct rn_shape rn_kinesis_hash_key = {.kind = RN_STRING,
                                             PATTERN("0|([1-9]\\d{0,38})", is_hash_key)};
const struct rn_shape rn_kinesis_partition_key = {.kind = RN_STRING, BOUNDS(1, 256)};
const struct rn_shape rn_kinesis_data = {.kind = RN_BLOB, .has_max = true, .max = 10485760};
const struct rn_shape rn_kinesis_shard_iterator = {.kind = RN_STRING, BOUNDS(1, 512)};
const struct rn_shape rn_kinesis_next_token = {.kind = RN_STRING, BOUNDS(1, 1048576)};
const struct rn_shape rn_kinesis_limit = {.kind = RN_INTEGER, BOUNDS(1, 10000)};

const struct rn_shape rn_kinesis_tag_key = {.kind = RN_STRING, BOUNDS(1, 128)};
static const struct rn_shape tag_value = {.kind = RN_STRING, BOUNDS(0, 256)};
const struct rn_shape rn_kinesis_tag_map = {
    .kind = RN_MAP, BOUNDS(1, 200), .key = &rn_kinesis_tag_key, .value = &tag_value};
const struct rn_shape rn_kinesis_tag_keys = {
    .kind = RN_LIST, BOUNDS(1, 50), .item = &rn_kinesis_tag_key};

/* In the hash order that the service was seen to print. */
static const char *const iterator_types[] = {
    "AFTER_SEQUENCE_NUMBER", "LATEST", "AT_TIMESTAMP", "AT_SEQUENCE_NUMBER", "TRIM_HORIZON", NULL};
const struct rn_shape rn_kinesis_shard_iterator_type = {.kind = RN_STRING,
                                                        .enum_values = iterator_types};

static const char *const filter_types[] = {"AFTER_SHARD_ID",
                                           "AT_TRIM_HORIZON",
                                           "FROM_TRIM_HORIZON",
                                           "AT_LATEST",
                                           "AT_TIMESTAMP",
                                           "FROM_TIMESTAMP",
                                           NULL};
const struct rn_shape rn_kinesis_shard_filter_type = {.kind = RN_STRING,
                                                      .enum_values = filter_types};

static const char *const strategies[] = {"AUTO", "USER_PARTITION_KEY", NULL};
const struct rn_shape rn_kinesis_distribution_strategy = {.kind = RN_STRING,
                                                          .enum_values = strategies};

const struct rn_shape rn_kinesis_record_kib = {.kind = RN_INTEGER, BOUNDS(1024, 10240)};
const struct rn_shape rn_kinesis_warm_mi_bps = {.kind = RN_INTEGER, .has_min = true, .min = 0};
static const struct rn_member warm_members[] = {
    RN_MEMBER(rn_kinesis_warm_throughput, target_mi_bps, "TargetMiBps", rn_kinesis_integer, false),
    RN_MEMBER(rn_kinesis_warm_throughput, current_mi_bps, "CurrentMiBps", rn_kinesis_integer,
              false),
};
const struct rn_shape rn_kinesis_warm_object =
    RN_STRUCT_SHAPE(rn_kinesis_warm_throughput, "WarmThroughputObject", warm_members);

static const char *const modes[] = {"PROVISIONED", "ON_DEMAND", NULL};
static const struct rn_shape stream_mode = {.kind = RN_STRING, .enum_values = modes};
static const struct rn_member mode_details_members[] = {
    RN_MEMBER(rn_kinesis_stream_mode_details, stream_mode, "StreamMode", stream_mode, true),
};
const struct rn_shape rn_kinesis_mode_details =
    RN_STRUCT_SHAPE(rn_kinesis_stream_mode_details, "StreamModeDetails", mode_details_members);

static const struct rn_member hash_range_members[] = {
    RN_MEMBER(rn_kinesis_hash_key_range, starting_hash_key, "StartingHashKey", rn_kinesis_text,
              true),
    RN_MEMBER(rn_kinesis_hash_key_range, ending_hash_key, "EndingHashKey", rn_kinesis_text, true),
};
const struct rn_shape rn_kinesis_hash_range =
    RN_STRUCT_SHAPE(rn_kinesis_hash_key_range, "HashKeyRange", hash_range_members);
