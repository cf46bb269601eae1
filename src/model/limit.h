/* limit.h - the limits of the service, as one table: what AWS allows an account, a stream, a shard.
 *
 * Defaults, the file of --limits, `runnel limits`, the control log's SET_LIMITS and the pages of docs/
 * all name a limit as its row does. A value is a whole number of the row's unit, or RN_LIMIT_OFF: the
 * limit is lifted. What protects the process itself (sizes of heads, bodies, queues) is no row here:
 * that cannot be lifted.
 * ORDER  Rows stand in byte order of their names; a name never changes its meaning, as logs hold it. */
#ifndef RN_MODEL_LIMIT_H
#define RN_MODEL_LIMIT_H

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

/* code, name, value at AWS, largest value, unit, help */
#define RN_LIMIT_MAP(X)                                                                            \
    X(ACCOUNT_ON_DEMAND_STREAMS, "account-on-demand-streams", 50, 100000, "streams",               \
      "on-demand streams of the account")                                                          \
    X(ACCOUNT_SHARDS, "account-shards", 6000, 100000, "shards",                                    \
      "open shards of the account; 20000 in us-east-1, us-west-2 and eu-west-1")                   \
    X(ACCOUNT_TRANSITIONS, "account-transitions", 5, 100000, "streams",                            \
      "streams in CREATING or DELETING at once")                                                   \
    X(CALLS_ADD_TAGS, "calls-AddTagsToStream", 5, 1000000, "calls/s", "of the account")            \
    X(CALLS_CREATE_STREAM, "calls-CreateStream", 5, 1000000, "calls/s", "of the account")          \
    X(CALLS_DECREASE_RETENTION, "calls-DecreaseStreamRetentionPeriod", 5, 1000000, "calls/s",      \
      "of a stream")                                                                               \
    X(CALLS_DROP_POLICY, "calls-DeleteResourcePolicy", 5, 1000000, "calls/s", "of the account")    \
    X(CALLS_DELETE_STREAM, "calls-DeleteStream", 5, 1000000, "calls/s", "of the account")          \
    X(CALLS_DEREGISTER_CONSUMER, "calls-DeregisterStreamConsumer", 5, 1000000, "calls/s",          \
      "of a stream")                                                                               \
    X(CALLS_DESCRIBE_ACCOUNT, "calls-DescribeAccountSettings", 5, 1000000, "calls/s",              \
      "of the account")                                                                            \
    X(CALLS_DESCRIBE_LIMITS, "calls-DescribeLimits", 1, 1000000, "calls/s", "of the account")      \
    X(CALLS_DESCRIBE_STREAM, "calls-DescribeStream", 10, 1000000, "calls/s", "of the account")     \
    X(CALLS_DESCRIBE_CONSUMER, "calls-DescribeStreamConsumer", 20, 1000000, "calls/s",             \
      "of a stream")                                                                               \
    X(CALLS_DESCRIBE_SUMMARY, "calls-DescribeStreamSummary", 20, 1000000, "calls/s",               \
      "of the account")                                                                            \
    X(CALLS_DISABLE_MONITORING, "calls-DisableEnhancedMonitoring", 5, 1000000, "calls/s",          \
      "of a stream")                                                                               \
    X(CALLS_ENABLE_MONITORING, "calls-EnableEnhancedMonitoring", 5, 1000000, "calls/s",            \
      "of a stream")                                                                               \
    X(CALLS_GET_RECORDS, "calls-GetRecords", 5, 1000000, "calls/s", "of a shard")                  \
    X(CALLS_GET_POLICY, "calls-GetResourcePolicy", 5, 1000000, "calls/s", "of the account")        \
    X(CALLS_GET_ITERATOR, "calls-GetShardIterator", 5, 1000000, "calls/s", "of a shard")           \
    X(CALLS_INCREASE_RETENTION, "calls-IncreaseStreamRetentionPeriod", 5, 1000000, "calls/s",      \
      "of a stream")                                                                               \
    X(CALLS_LIST_SHARDS, "calls-ListShards", 1000, 1000000, "calls/s", "of a stream")              \
    X(CALLS_LIST_CONSUMERS, "calls-ListStreamConsumers", 5, 1000000, "calls/s", "of a stream")     \
    X(CALLS_LIST_STREAMS, "calls-ListStreams", 5, 1000000, "calls/s", "of the account")            \
    X(CALLS_LIST_TAGS_OF_RESOURCE, "calls-ListTagsForResource", 5, 1000000, "calls/s",             \
      "of the account")                                                                            \
    X(CALLS_LIST_TAGS, "calls-ListTagsForStream", 5, 1000000, "calls/s", "of the account")         \
    X(CALLS_MERGE_SHARDS, "calls-MergeShards", 5, 1000000, "calls/s", "of a stream")               \
    X(CALLS_PUT_POLICY, "calls-PutResourcePolicy", 5, 1000000, "calls/s", "of the account")        \
    X(CALLS_REGISTER_CONSUMER, "calls-RegisterStreamConsumer", 5, 1000000, "calls/s",              \
      "of a stream")                                                                               \
    X(CALLS_REMOVE_TAGS, "calls-RemoveTagsFromStream", 5, 1000000, "calls/s", "of the account")    \
    X(CALLS_SPLIT_SHARD, "calls-SplitShard", 5, 1000000, "calls/s", "of a stream")                 \
    X(CALLS_SUBSCRIBE, "calls-SubscribeToShard", 1, 1000000, "calls/s", "of a consumer and shard") \
    X(CALLS_TAG_RESOURCE, "calls-TagResource", 5, 1000000, "calls/s", "of the account")            \
    X(CALLS_UNTAG_RESOURCE, "calls-UntagResource", 5, 1000000, "calls/s", "of the account")        \
    X(CALLS_UPDATE_ACCOUNT, "calls-UpdateAccountSettings", 5, 1000000, "calls/s",                  \
      "of the account")                                                                            \
    X(CALLS_UPDATE_SHARD_COUNT, "calls-UpdateShardCount", 10, 1000000, "calls/s",                  \
      "of the account")                                                                            \
    X(CALLS_UPDATE_WARM, "calls-UpdateStreamWarmThroughput", 5, 1000000, "calls/s",                \
      "of the account")                                                                            \
    X(CONSUMER_READ_BYTES, "consumer-read-bytes", 2097152, 1000000000000, "bytes/s",               \
      "data and partition keys to a consumer out of a shard")                                      \
    X(DAILY_START_ENCRYPTION, "daily-StartStreamEncryption", 25, 100, "times/24h",                 \
      "of a stream, for another key than before")                                                  \
    X(DAILY_STOP_ENCRYPTION, "daily-StopStreamEncryption", 25, 100, "times/24h", "of a stream")    \
    X(DAILY_UPDATE_SHARD_COUNT, "daily-UpdateShardCount", 10, 100, "times/24h",                    \
      "of a stream, to another count than before")                                                 \
    X(DAILY_UPDATE_MODE, "daily-UpdateStreamMode", 2, 100, "times/24h",                            \
      "of a stream, to another mode than before")                                                  \
    X(SHARD_READ_BYTES, "shard-read-bytes", 2097152, 1000000000000, "bytes/s",                     \
      "data and partition keys out of a shard")                                                    \
    X(SHARD_WRITE_BYTES, "shard-write-bytes", 1048576, 1000000000000, "bytes/s",                   \
      "data and partition keys into a shard")                                                      \
    X(SHARD_WRITE_RECORDS, "shard-write-records", 1000, 1000000000, "records/s",                   \
      "records into a shard")                                                                      \
    X(STREAM_CONSUMERS, "stream-consumers", 20, 1000, "consumers",                                 \
      "registered consumers of a stream")                                                          \
    X(STREAM_CONSUMERS_CREATING, "stream-consumers-creating", 5, 1000, "consumers",                \
      "consumers of a stream in CREATING at once")                                                 \
    X(STREAM_SHARD_FACTOR, "stream-shard-factor", 2, 100000, "times",                              \
      "more, or fewer, open shards of a stream after one UpdateShardCount")                        \
    X(STREAM_SHARDS, "stream-shards", 10000, 100000, "shards",                                     \
      "open shards of a stream after UpdateShardCount")                                            \
    X(STREAM_TAGS, "stream-tags", 50, 200, "tags", "tags of a stream, or of a consumer")           \
    X(STREAM_WARM, "stream-warm-throughput", 10240, 1000000, "MiB/s", "warm throughput of a stream")

enum rn_limit {
#define X(code, name, aws, max, unit, help) RN_LIMIT_##code,
    RN_LIMIT_MAP(X)
#undef X
        RN_LIMIT_COUNT,
    RN_LIMIT_NONE = RN_LIMIT_COUNT
};

enum { RN_LIMIT_OFF = 0, RN_LIMIT_UNSET = -1 };

struct rn_limit_row {
    const char *name;
    int64_t aws, max;
    const char *unit, *help;
};

struct rn_limits {
    int64_t value[RN_LIMIT_COUNT];
};

const struct rn_limit_row *rn_limit_row(enum rn_limit limit);
/* RN_LIMIT_NONE: there is none of that name. */
enum rn_limit rn_limit_find(rn_str name);
/* 1 to the row's largest value, or RN_LIMIT_OFF. */
bool rn_limit_value_valid(enum rn_limit limit, int64_t value);

struct rn_limits rn_limits_aws(rn_str region);
struct rn_limits rn_limits_off(void);

enum { RN_LIMIT_VALUE_BYTES = 24 };
/* "1000", or "off"; writes into `text` (RN_LIMIT_VALUE_BYTES) and returns it. */
char *rn_limit_value_text(int64_t value, char *text);
/* RN_INVALID: the reason names the limit, the bad text, and what would do. */
RN_MUST_USE rn_err rn_limit_value_read(enum rn_limit limit, rn_str text, int64_t *ret_value,
                                       struct rn_reason *reterr_reason);

enum { RN_LIMITS_FILE_BYTES_MAX = 64 * 1024 };
/* Lines `name = value`, empty lines, and comments behind '#'; what no line names stays as it is.
 * RN_INVALID: the reason names `file`, the line and the bad value. */
RN_MUST_USE rn_err rn_limits_read(rn_str text, const char *file, struct rn_limits *limits,
                                  struct rn_reason *reterr_reason);

#endif
