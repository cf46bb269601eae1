/* data.h - the record path: from typed records to lanes and back.
 *
 * put: route each record, charge the shard's buckets once per shard and request, one engine submit
 * per request, one outcome per record. get: position, retention, buckets, a batch of records.
 * Knows streams and shards, not requests: service turns its answers into the service's words.
 * Threads: any worker; completions arrive in the caller's mailbox. */
#ifndef RN_DATA_DATA_H
#define RN_DATA_DATA_H

#include "base/arena.h"
#include "control/control.h"
#include "data/guard.h"
#include "engine/engine.h"
#include "model/limit.h"
#include "sys/clock.h"

struct rn_data;

struct rn_data_options {
    struct rn_engine *engine;
    struct rn_clock *clock;
    struct rn_limits limits; /* in force where the control log sets none; AWS's by default */
    int64_t put_deadline_ms; /* 8,000 */
};

/* `limits` are those of AWS, outside its large regions. */
void rn_data_options_default(struct rn_data_options *options);
RN_MUST_USE rn_err rn_data_new(const struct rn_data_options *options, struct rn_data **ret_data);
void rn_data_free(struct rn_data *data); /* after control let go of every runtime; NULL is fine */
/* The published state, once it exists and before the first put: a record whose shard is closed is
 * routed again by the newest version of its stream. Without it such a record fails. */
void rn_data_attach(struct rn_data *data, const struct rn_state *state);

/* The value of a limit now: what the control log says, else what the options say. Threads: any. */
int64_t rn_data_limit(const struct rn_data *data, enum rn_limit limit);
/* What the options say, whatever was set since. */
int64_t rn_data_initial_limit(const struct rn_data *data, enum rn_limit limit);

/* Hooks for struct rn_control_options; arg is the rn_data. */
void *rn_data_runtime_new(void *arg, uint64_t stream_uid, uint32_t shard_index);
void rn_data_runtime_free(void *arg, void *runtime);
void rn_data_runtime_close(void *arg, void *runtime, enum rn_close_step step, uint64_t end);

enum rn_put_result {
    RN_PUT_OK,
    RN_PUT_THROTTLED, /* over the shard's limit, or the writer's queue is full */
    RN_PUT_FAILED,    /* outcome not OK: InternalFailure */
};

struct rn_put_record {
    rn_str partition_key, data;
    rn_u128 hash_key;
    /* Filled before done(): */
    enum rn_put_result result;
    enum rn_limit limit; /* of THROTTLED: which one; RN_LIMIT_NONE: the writer's queue is full */
    const struct rn_shard *shard; /* that took it, or refused it; lives as long as put->stream */
    uint64_t offset;
};

struct rn_put {
    const struct rn_stream *stream; /* data holds a reference from the call until done() returns;
                                       a newer version of it after records were routed again */
    struct rn_put_record *records;
    size_t count;           /* 1 to RN_PUT_RECORDS_MAX */
    struct rn_arena *arena; /* of the request; lives until done() returns */
    struct rn_mailbox *box;
    struct rn_task done;
    void *data_private;
};

enum { RN_PUT_RECORDS_MAX = 500 };

/* RN_OK: done() comes once, also when every record was throttled; it may run inside the call when
 * nothing had to be written. RN_NOMEM: nothing was written, done() does not come. */
RN_MUST_USE rn_err rn_data_put(struct rn_data *data, struct rn_put *put);

enum rn_get_result {
    RN_GET_OK,
    RN_GET_THROTTLED,
    RN_GET_FAILED,
};

struct rn_get {
    const struct rn_stream *stream; /* as in put */
    const struct rn_shard *shard;
    uint64_t from;          /* below the shard's first record: goes on there */
    int64_t not_before_ms;  /* AT_TIMESTAMP until its first match; INT64_MIN otherwise */
    size_t count_max;       /* 1 to RN_GET_RECORDS_MAX */
    size_t bytes_max;       /* 0: RN_GET_BYTES_MAX; one record comes even if it is larger */
    bool keeps_own_pace;    /* the shard's read limits are for others */
    struct rn_arena *arena; /* the batch is released when this arena is reset */
    struct rn_mailbox *box;
    struct rn_task done;
    /* Filled before done(): */
    enum rn_get_result result;
    enum rn_limit limit;         /* of THROTTLED: which one */
    const struct rn_item *items; /* within retention, of this shard only */
    size_t item_count;
    uint64_t bytes; /* of them */
    uint64_t next;  /* offset to read from next */
    bool at_end;    /* nothing committed lies beyond `next` (MillisBehindLatest 0) */
    bool finished;  /* a closed shard has no record at or after `next` */
    bool closing;   /* `next` is where an open shard will end in a moment: nothing is read beyond */
    int64_t millis_behind;
    void *data_private;
};

enum { RN_GET_RECORDS_MAX = 10000, RN_GET_BYTES_MAX = 10 * 1024 * 1024 };

/* RN_OK: done() comes once, inside the call when the answer is in memory. RN_NOMEM: it does not come. */
RN_MUST_USE rn_err rn_data_get(struct rn_data *data, struct rn_get *get);

/* Where the next record of a shard will lie (LATEST): the end of a closed shard. Of one that is being closed
 * it is known when the close is over: FAILED if that takes long. */
struct rn_tip {
    const struct rn_stream *stream; /* as in put */
    const struct rn_shard *shard;
    struct rn_mailbox *box;
    struct rn_task done;
    /* Filled before done(): */
    enum rn_get_result result;
    uint64_t offset;
    struct rn_bounds_query data_query;
    struct rn_guard_wait data_wait;
    struct rn_data *data_private;
};

/* done() comes once, inside the call when the shard is closed. */
void rn_data_tip(struct rn_data *data, struct rn_tip *tip);

/* What the shards count since the server started; read by whoever exports them. */
struct rn_shard_counts {
    uint64_t incoming_bytes, incoming_records, outgoing_bytes, outgoing_records;
    uint64_t write_throttled, read_throttled; /* records; calls */
};
void rn_data_counts(const struct rn_shard *shard, struct rn_shard_counts *ret_counts);

/* Now, but never below the newest append time seen: what retention and expiry are judged by. */
int64_t rn_data_now_ms(struct rn_data *data);

#endif
