/* state.h - what the control log says: streams and their shards, as immutable published objects.
 *
 * PUBLISHING  One thread applies commands. Each change makes a new rn_stream and puts it into its
 *             slot with one atomic store; the old one is freed when every worker has passed a turn
 *             of its loop (sys/epoch.h), unless a waiting request holds a reference.
 * READING     Any worker, inside a turn of its loop, without locks. A pointer got from find/next is
 *             good until the turn ends; to keep it longer take rn_stream_ref.
 * ORDER       Slots stand in a skip list by name, so look-up and listing cost O(log n) whatever the
 *             number of streams. */
#ifndef RN_CONTROL_STATE_H
#define RN_CONTROL_STATE_H

#include "base/err.h"
#include "base/str.h"
#include "engine/engine.h"
#include "model/arn.h"
#include "model/capacity.h"
#include "model/daily.h"
#include "model/limit.h"
#include "model/reshard.h"
#include "model/shard.h"

enum rn_stream_status {
    RN_STREAM_CREATING,
    RN_STREAM_ACTIVE,
    RN_STREAM_UPDATING,
    RN_STREAM_DELETING
};
enum rn_stream_mode { RN_STREAM_PROVISIONED, RN_STREAM_ON_DEMAND };

enum rn_consumer_status { RN_CONSUMER_CREATING, RN_CONSUMER_ACTIVE, RN_CONSUMER_DELETING };

#define RN_SHARD_OPEN_END UINT64_MAX

enum { RN_METRICS_ALL = 0x7f }; /* seven shard-level metrics, a bit each */

/* What changes per record (token buckets, counters) and outlives versions of the state: made and
 * freed through the hooks of struct rn_control_options, so that control need not know data. */
struct rn_shard_cell {
    struct rn_lane *lane;
    void *runtime;
};

struct rn_shard {
    uint32_t index;
    uint32_t parent, adjacent_parent; /* RN_SHARD_NONE */
    struct rn_hash_range range;
    int64_t created_s;            /* creation second coded in sequence numbers */
    int64_t opened_ms, closed_ms; /* instants for filters; closed_ms 0: open */
    uint32_t lane;                /* lane number within the stream's topic */
    uint64_t start,
        end; /* the shard's records lie in lane offsets [start, end); RN_SHARD_OPEN_END */
    struct rn_shard_cell *cell; /* shared by all versions; NULL while the stream is CREATING */
};

/* A registered consumer. Its ARN names the second it was made in; a later one of that name is told from
 * it by the uid alone, were it made within the same second. */
struct rn_consumer {
    uint64_t uid; /* control-log offset of its REGISTER_CONSUMER */
    rn_str name;
    enum rn_consumer_status status; /* DELETING with its stream */
    int64_t created_ms;
    const struct rn_pair_text *tags; /* sorted by key */
    size_t tag_count;
    rn_str policy; /* empty: none */
};

struct rn_stream {
    uint64_t uid; /* control-log offset of its CREATE */
    char name[RN_STREAM_NAME_BYTES_MAX + 1];
    size_t name_len;
    enum rn_stream_status status;
    enum rn_stream_mode mode;
    int64_t created_ms;
    int64_t updated_ms;
    uint32_t retention_hours;
    int64_t trimmed_ms; /* what arrived earlier had expired when the retention last changed: gone */
    uint32_t record_kib_max;         /* MaxRecordSizeInKiB */
    uint8_t metrics;                 /* shard-level metrics that are on */
    rn_str key_id;                   /* of KMS, as it was given; empty: not encrypted */
    int64_t encrypted_ms;            /* since when it is; else 0 */
    uint32_t warm_mib, warm_now_mib; /* warm throughput, MiB/s: to be, and reached; 0: none */
    struct rn_daily_marks daily;     /* what was done to it in the last 24 hours */
    const struct rn_pair_text *tags; /* sorted by key */
    size_t tag_count;
    rn_str policy;                       /* empty: none */
    const struct rn_consumer *consumers; /* sorted by name */
    size_t consumer_count;
    const struct rn_shard *shards; /* by index */
    size_t shard_count;
    const uint32_t *
        open; /* positions in `shards` of the open ones, by hash range: routing is a binary search */
    size_t open_count;
    uint32_t lanes;            /* of its topic: a shard is opened on a lane of its own */
    struct rn_reshard reshard; /* while UPDATING: what the shards are becoming, or NONE */
    uint64_t reshard_id;       /* control-log offset of its RESHARD */
    bool closing;              /* the lanes are there; records no longer go into its parents */
    struct rn_peaks peaks;     /* of an on-demand stream */
    void *control_private;
};

struct rn_pair_text {
    rn_str key, value;
};

/* The account's minimum throughput billing commitment. */
struct rn_commitment {
    int64_t started_ms; /* 0: never */
    int64_t ends_ms;    /* 0: nobody ended it; maybe in the future: it holds for a day at least */
};

struct rn_state; /* the published view */

/* NULL: none of that name / uid. A stream in CREATING or DELETING is found. */
const struct rn_stream *rn_state_find(const struct rn_state *state, rn_str name);
const struct rn_stream *rn_state_find_uid(const struct rn_state *state, uint64_t uid);
/* The first stream with name > `after` in byte order, or NULL. */
const struct rn_stream *rn_state_next(const struct rn_state *state, rn_str after);
size_t rn_state_stream_count(const struct rn_state *state);
uint64_t rn_state_open_shard_count(const struct rn_state *state); /* of the account */
size_t rn_state_on_demand_count(const struct rn_state *state);    /* streams of the account */
/* Differs from what it was when anything has changed since. */
uint64_t rn_state_changes(const struct rn_state *state);
/* What the log says of a limit: its value, or RN_LIMIT_UNSET. */
int64_t rn_state_limit(const struct rn_state *state, enum rn_limit limit);
struct rn_commitment rn_state_commitment(const struct rn_state *state);
rn_str rn_state_region(const struct rn_state *state);
rn_str rn_state_account(const struct rn_state *state);

void rn_stream_ref(const struct rn_stream *stream);
void rn_stream_unref(const struct rn_stream *stream);
/* The open shard whose range holds `key`; NULL only while there is none. */
const struct rn_shard *rn_stream_route(const struct rn_stream *stream, rn_u128 key);
/* By index; NULL: unknown or expired. */
const struct rn_shard *rn_stream_shard(const struct rn_stream *stream, uint32_t index);

/* NULL: none. One in CREATING or DELETING is found. */
const struct rn_consumer *rn_stream_consumer(const struct rn_stream *stream, rn_str name);
const struct rn_consumer *rn_stream_consumer_uid(const struct rn_stream *stream, uint64_t uid);
/* The one that an ARN of the stream names: its consumer, made at that second. */
const struct rn_consumer *rn_stream_consumer_of_arn(const struct rn_stream *stream,
                                                    const struct rn_arn *arn);

/* As its ARN and every listing have it. */
static inline int64_t rn_consumer_created_s(const struct rn_consumer *consumer)
{
    return consumer->created_ms / 1000;
}

/* What arrived before this instant is not read any more. */
static inline int64_t rn_stream_kept_from_ms(const struct rn_stream *stream, int64_t now_ms)
{
    int64_t horizon_ms = now_ms - (int64_t)stream->retention_hours * 3600000;

    return horizon_ms > stream->trimmed_ms ? horizon_ms : stream->trimmed_ms;
}

/* Does the shard still exist for clients? A closed one ends when its newest possible record does. */
static inline bool rn_shard_visible(const struct rn_stream *stream, const struct rn_shard *shard,
                                    int64_t now_ms)
{
    return shard->closed_ms == 0 || shard->closed_ms > rn_stream_kept_from_ms(stream, now_ms);
}

static inline bool rn_commitment_holds(const struct rn_commitment *commitment, int64_t now_ms)
{
    return commitment->started_ms != 0 &&
           (commitment->ends_ms == 0 || now_ms < commitment->ends_ms);
}

static inline rn_str rn_stream_name(const struct rn_stream *stream)
{
    return (rn_str){stream->name, stream->name_len};
}

#endif
