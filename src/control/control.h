/* control.h - the control log and the state machine it drives.
 *
 * Commands are appended to the control lane; when one is durable it is applied, in order, by apply.c,
 * which reads neither clock nor randomness: same commands, same state. Time is the lane's append
 * time, made non-decreasing. The result of a command is decided at apply, so two requests that race
 * are settled by log order. A snapshot of the state at a command's offset makes start-up short.
 *
 * THREAD   Everything runs in tasks of one mailbox (options.box): a thread of its own in production,
 *          the scheduler in simulation. propose may be called from any thread.
 * TASKS    What a change needs from the engine (make a topic, drop one) is a task of the state, done by
 *          task.c and reported by a further command. Until then the stream is CREATING or DELETING. */
#ifndef RN_CONTROL_CONTROL_H
#define RN_CONTROL_CONTROL_H

#include "control/state.h"
#include "sys/clock.h"
#include "sys/disk.h"
#include "sys/epoch.h"
#include "sys/random.h"

struct rn_control;

/* BEGUN, then DONE. In between DELAYED, if the end of the lane takes long to be had, and BEGUN again. */
enum rn_close_step {
    RN_CLOSE_BEGUN, /* the shard's lane gets its CUT after this: records that are stored from now on may
                         lie behind it, and are acknowledged only when DONE tells the end */
    RN_CLOSE_DELAYED, /* nobody need wait */
    RN_CLOSE_DONE,    /* records below `end` are the shard's; the state that says so is published */
};

struct rn_control_options {
    struct rn_engine *engine;
    struct rn_disk *disk; /* of the data directory; snapshots lie in control/ */
    struct rn_clock *clock;
    struct rn_random *random;
    struct rn_epoch *epoch;
    struct rn_mailbox *box;
    rn_str region,
        account; /* fixed by GENESIS at first start; a different value later: RN_INVALID with a reason */
    int64_t transition_delay_ms; /* 0: transitions end as soon as their task is done */
    uint64_t snapshot_every_commands, snapshot_every_bytes;
    bool allow_clock_back; /* start although the clock is more than an hour behind the log */
    void *(*runtime_new)(void *arg, uint64_t stream_uid,
                         uint32_t shard_index); /* NULL when memory ends */
    void (*runtime_free)(void *arg, void *runtime);
    /* A shard is being closed; thread: the mailbox's. See enum rn_close_step. */
    void (*runtime_close)(void *arg, void *runtime, enum rn_close_step step, uint64_t end);
    void *runtime_arg;
    /* Something an operator should know, though control goes on: a damaged snapshot was passed over, one
     * could not be written, the log cannot be followed any more. Called in the mailbox's thread; it must
     * not close control. May be NULL. */
    void (*warn)(void *arg, const struct rn_reason *reason);
    void *warn_arg;
};

void rn_control_options_default(struct rn_control_options *options);

/* Loads the newest good snapshot and begins to replay; started(arg, RN_OK) comes in the mailbox when the
 * state is complete, published and the engine was told ready; or an error with its reason. */
RN_MUST_USE rn_err rn_control_open(const struct rn_control_options *options,
                                   void (*started)(void *arg, rn_err err,
                                                   const struct rn_reason *reason),
                                   void *arg, struct rn_control **ret_control);
/* Thread: the mailbox's. The first half of an orderly end: proposals are refused (RN_CLOSED) or answered
 * FAILED, and when every call to the engine has come back stopped(arg) runs in the mailbox's thread,
 * perhaps inside this call. The engine must still be open. stopped may close. At most once. */
void rn_control_stop(struct rn_control *control, void (*stopped)(void *arg), void *arg);
/* Thread: the mailbox's; nobody reads the state any more. Writes a snapshot, lets go of everything. NULL is
 * fine. Without rn_control_stop before it, memory that a call to the engine still uses is freed when that
 * call comes back to the mailbox: drain it once more before the engine is freed. */
void rn_control_close(struct rn_control *control);
/* Call about ten times a second in the mailbox's thread: delays, snapshots, expiry of closed shards, epoch collection. */
void rn_control_tick(struct rn_control *control);

const struct rn_state *
rn_control_state(const struct rn_control *control); /* Thread: any; constant */

/* RN_OK, or why the log cannot be followed any more (it was damaged, or is of a newer version); proposals
 * fail then, reads of the state go on. Thread: any. */
rn_err rn_control_health(const struct rn_control *control);

/* Derived from the cluster's secret (fixed by GENESIS), for iterators and tokens. `purpose` names the use. */
void rn_control_derive_key(const struct rn_control *control, rn_str purpose, uint8_t *ret_key32);

enum rn_command_type {
    RN_COMMAND_GENESIS = 1,
    RN_COMMAND_CREATE_STREAM = 2,
    RN_COMMAND_STREAM_READY = 3,
    RN_COMMAND_DELETE_STREAM = 4,
    RN_COMMAND_STREAM_GONE = 5,
    RN_COMMAND_ADD_TAGS = 6,
    RN_COMMAND_REMOVE_TAGS = 7,
    RN_COMMAND_SET_RETENTION = 8,
    RN_COMMAND_SET_LIMITS = 9,
    RN_COMMAND_RESHARD = 10,
    RN_COMMAND_LANES_READY = 11,
    RN_COMMAND_SHARDS_CUT = 12,
    RN_COMMAND_OBSERVE_LOAD = 13,
    RN_COMMAND_CREATE_WARM_STREAM = 14, /* CREATE_STREAM with warm throughput */
    RN_COMMAND_REGISTER_CONSUMER = 20,
    RN_COMMAND_CONSUMER_READY = 21,
    RN_COMMAND_DEREGISTER_CONSUMER = 22,
    RN_COMMAND_CONSUMER_GONE = 23,
    RN_COMMAND_TAG_CONSUMER = 24,
    RN_COMMAND_UNTAG_CONSUMER = 25,
    RN_COMMAND_SET_POLICY = 26,
    RN_COMMAND_DELETE_UNUSED_STREAM = 27, /* DELETE_STREAM unless it has consumers */
    RN_COMMAND_SET_SETTING = 30,
    RN_COMMAND_SET_COMMITMENT = 31,
};

struct rn_create_stream {
    rn_str name;
    uint32_t shard_count;
    enum rn_stream_mode mode;
    uint32_t record_kib_max;
    const struct rn_pair_text *tags;
    size_t tag_count;
    uint32_t shards_per_account_max; /* limits in force travel inside the command; 0: none */
    uint32_t creating_max;
    uint32_t warm_mib; /* CREATE_WARM_STREAM: MiB/s, of an on-demand stream */
};

struct rn_delete_stream {
    rn_str name;
    uint64_t uid;
};

/* To add, or to remove: then only the keys count. */
struct rn_change_tags {
    uint64_t uid;
    uint64_t
        consumer_uid; /* TAG_CONSUMER, UNTAG_CONSUMER: of the stream's consumer whose tags they are */
    const struct rn_pair_text *tags;
    size_t tag_count;
    uint32_t tags_max; /* adding: of the resource afterwards; 0: RN_COMMAND_TAGS_MAX */
};

struct rn_register_consumer {
    uint64_t uid; /* of the stream */
    rn_str name;
    const struct rn_pair_text *tags;
    size_t tag_count;
    uint32_t consumers_max, creating_max; /* limits in force, of the stream; 0: none */
};

struct rn_consumer_named {
    uint64_t uid, consumer_uid; /* the stream's, its own */
};

enum { RN_POLICY_BYTES_MAX = 20 * 1024 };

struct rn_set_policy {
    uint64_t uid;
    uint64_t consumer_uid; /* 0: the policy is the stream's own */
    rn_str policy;         /* empty: none any more */
};

enum rn_retention_change { RN_RETENTION_INCREASE, RN_RETENTION_DECREASE };

struct rn_set_retention {
    uint64_t uid;
    uint32_t hours; /* 1 to RN_RETENTION_HOURS_MAX */
    enum rn_retention_change change;
    int64_t
        seen_ms; /* what reads were judged by when this was asked for: may be ahead of the log's time */
};

enum { RN_RETENTION_HOURS_MAX = 24 * 365 };

/* The limits in force travel inside; 0: none. */
struct rn_change_shards {
    uint64_t uid;
    struct rn_reshard reshard;
    bool
        automatic; /* wished by the server: also of an on-demand stream, with no limit of the account */
    uint32_t shards_per_account_max;
    uint32_t stream_shards_max; /* COUNT: of the stream afterwards */
    uint32_t factor_max;        /* COUNT: at most so many times more, or fewer */
    uint32_t daily_max;         /* COUNT: times in 24 hours */
};

/* The highest load of a day so far, as model/capacity.h tells it. */
struct rn_observe_load {
    uint64_t uid;
    uint64_t day; /* from 1 on */
    uint32_t milli;
};

/* For each limit: its new value, RN_LIMIT_UNSET (what the server was started with counts again), or
 * RN_LIMIT_KEEP. */
enum { RN_LIMIT_KEEP = -2 };

struct rn_set_limits {
    int64_t value[RN_LIMIT_COUNT];
};

/* What of a stream changes; numbers stand in the log. */
enum rn_stream_setting {
    RN_SET_METRICS_ON = 1, /* number: the bits to add */
    RN_SET_METRICS_OFF = 2,
    RN_SET_ENCRYPT = 3, /* key_id */
    RN_SET_DECRYPT = 4, /* key_id: the one that it is encrypted with */
    RN_SET_RECORD_KIB = 5,
    RN_SET_MODE = 6, /* number: enum rn_stream_mode; warm_mib: of an on-demand stream, or 0 */
    RN_SET_WARM = 7, /* number: MiB/s */
    RN_SET_COUNT
};

enum { RN_KEY_ID_BYTES_MAX = 2048, RN_RECORD_KIB_MIN = 1024, RN_RECORD_KIB_MAX = 10240 };

/* What a setting does not use is 0 or empty. */
struct rn_set_setting {
    uint64_t uid;
    enum rn_stream_setting which;
    uint32_t number, warm_mib;
    uint32_t daily_max; /* how often in 24 hours; 0: no limit */
    rn_str key_id;
};

enum { RN_COMMITMENT_MIN_MS = 24 * 3600 * 1000 };

/* Of the account. */
struct rn_set_commitment {
    bool on; /* off: from its earliest allowed end on */
};

/* What apply decided. */
enum rn_verdict {
    RN_VERDICT_OK,
    RN_VERDICT_EXISTS, /* a stream of that name */
    RN_VERDICT_NOT_FOUND,
    RN_VERDICT_SHARD_LIMIT,      /* numbers[0]: open shards now, [1]: the limit, [2]: additional */
    RN_VERDICT_TRANSITION_LIMIT, /* numbers[1]: the limit */
    RN_VERDICT_NOT_ACTIVE,       /* numbers[0]: enum rn_stream_status */
    RN_VERDICT_TAG_LIMIT,        /* numbers[1]: the limit */
    RN_VERDICT_RETENTION,        /* the wrong direction; numbers[0]: hours now */
    RN_VERDICT_ON_DEMAND,        /* the shards of an on-demand stream are the server's matter */
    RN_VERDICT_NO_SHARD,         /* numbers[0]: which */
    RN_VERDICT_SHARD_CLOSED,     /* numbers[0]: which */
    RN_VERDICT_HASH_KEY,         /* it does not divide the shard */
    RN_VERDICT_NOT_ADJACENT,
    RN_VERDICT_FACTOR,         /* numbers[0]: open shards now, [1]: the factor */
    RN_VERDICT_STREAM_SHARDS,  /* numbers[1]: the limit */
    RN_VERDICT_SHARDS_OF_LIFE, /* numbers[0]: those closed at once, [1]: opened in all; at most */
    RN_VERDICT_CONSUMER_EXISTS,
    RN_VERDICT_NO_CONSUMER,
    RN_VERDICT_CONSUMER_LIMIT,      /* numbers[1]: the limit of those in all */
    RN_VERDICT_CONSUMERS_CREATING,  /* numbers[1]: the limit of those in CREATING */
    RN_VERDICT_CONSUMER_NOT_ACTIVE, /* numbers[0]: enum rn_consumer_status */
    RN_VERDICT_HAS_CONSUMERS,
    RN_VERDICT_NO_POLICY,   /* that could be taken away */
    RN_VERDICT_DAILY_LIMIT, /* numbers[1]: the limit */
    RN_VERDICT_PROVISIONED, /* the setting is of on-demand streams */
    RN_VERDICT_KEY,         /* encrypted with another; numbers[0]: 0: not encrypted */
    RN_VERDICT_FAILED,      /* not durable, or outcome unknown: 500 */
};

struct rn_proposal {
    enum rn_command_type type;
    union {
        struct rn_create_stream create_stream;
        struct rn_delete_stream delete_stream;
        struct rn_change_tags change_tags;
        struct rn_set_retention set_retention;
        struct rn_set_limits set_limits;
        struct rn_change_shards change_shards;
        struct rn_observe_load observe_load;
        struct rn_register_consumer register_consumer;
        struct rn_consumer_named consumer; /* DEREGISTER_CONSUMER */
        struct rn_set_policy set_policy;
        struct rn_set_setting set_setting; /* applied: numbers are the value before, and now */
        struct rn_set_commitment set_commitment;
    } as;               /* copied by propose */
    bool wait_for_task; /* complete when stream or consumer is ACTIVE / gone, at most 5 s later */
    struct rn_mailbox *box; /* where `done` runs */
    struct rn_task done;
    enum rn_verdict verdict;
    uint64_t numbers[3]; /* as the verdict says; OK of RESHARD: [0]: open shards before */
    uint64_t uid;        /* of the stream */
    int64_t time_ms;     /* of the command: what it made has this creation time */
    void *control_private;
};

/* Thread: any. The command is logged, applied and published before done. RN_NOMEM, RN_CLOSED, RN_FULL (too
 * many under way), RN_INVALID (a field breaks its rule): done does not come. */
RN_MUST_USE rn_err rn_control_propose(struct rn_control *control, struct rn_proposal *proposal);

#endif
