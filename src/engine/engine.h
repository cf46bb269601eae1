/* engine.h - ordered, durable, append-only lanes grouped in topics: the one interface over every
 * place where records can live (local files here; a Kafka-protocol cluster later).
 *
 * SHAPES     A topic (uid; 0 is the control log, else a stream) has lanes 0..n-1. A lane holds
 *            records numbered by offset from 0, without holes in what one process reads as
 *            committed. An engine knows nothing of shards: stamps and kinds are opaque to it.
 * PROMISES   (1) A record whose outcome is OK is durable, and every later append to its lane, by
 *            anyone, gets a higher offset. (2) Runs that one thread submits for one lane land in
 *            the order of the calls. (3) Readers see committed records only.
 *            Not promised: that a run is contiguous or atomic (a Kafka lane has other writers).
 * ERRORS     What became of an append is an outcome, per record; a call that could not even be
 *            queued returns an rn_err and nothing happens later.
 * THREADS    Every call may come from any thread unless said otherwise. Completions arrive in the
 *            mailbox the caller names, never inside the call.
 * CATALOGUE  The engine keeps none. After open, control replays its log, repeats topic_create and
 *            retention for every live topic, then calls ready: until then nothing is trimmed or
 *            recycled, afterwards unnamed topics are dead. A uid is never reused.
 * Source: DESIGN of lanes in docs/decisions/; ARCHITECTURE.md tells the life of a put through it. */
#ifndef RN_ENGINE_ENGINE_H
#define RN_ENGINE_ENGINE_H

#include "base/err.h"
#include "base/mailbox.h"
#include "base/str.h"

#define RN_OUTCOME_MAP(X)                                                             \
    X(RN_OUTCOME_OK, "stored")                                                        \
    X(RN_OUTCOME_REJECTED, "surely not stored, and never will be")                    \
    X(RN_OUTCOME_UNKNOWN, "may be stored now or later; must not be acknowledged")     \
    X(RN_OUTCOME_UNAVAILABLE, "nothing was attempted before the deadline")            \
    X(RN_OUTCOME_NO_LANE, "topic or lane does not exist (any more)")                  \
    X(RN_OUTCOME_OUT_OF_RANGE, "position above the end")                              \
    X(RN_OUTCOME_FULL,                                                                \
      "the disk is full, retry when space returns; after a restart it may be stored") \
    X(RN_OUTCOME_FAULT, "the engine contradicted itself: checksum, gap, end went back")

enum rn_outcome {
#define X(code, text) code,
    RN_OUTCOME_MAP(X)
#undef X
};
const char *rn_outcome_text(enum rn_outcome outcome);

enum {
    RN_TOPIC_CONTROL = 0,
    RN_RECORD_KEY_BYTES_MAX = 1024, /* 256 code points of at most 4 bytes */
    RN_RECORD_VALUE_BYTES_MAX =
        10 * 1024 * 1024 + 4096, /* 10 MiB of data and an encryption envelope */
    RN_RUNS_PER_SUBMIT_MAX = 500,
    RN_LANES_PER_TOPIC_MAX = 1 << 22,
};

enum rn_record_kind { RN_RECORD_DATA = 0, RN_RECORD_CUT = 1, RN_RECORD_COMMAND = 2 };

struct
    rn_lane; /* the engine's handle; valid until the topic is deleted and the last reference gone */

struct rn_record {
    rn_str key, value;
    uint32_t stamp; /* shard index of its writer */
    uint16_t flags;
    uint8_t kind; /* enum rn_record_kind */
};

struct rn_run {
    struct rn_lane *lane;
    const struct rn_record *records;
    size_t count;
    /* Filled before done(): */
    enum rn_outcome outcome;
    uint64_t first; /* record i lies at first + i, unless `offsets` is set */
    uint64_t
        *offsets; /* NULL, or one offset a record: memory of the engine, until done() returns */
    int64_t append_ms; /* arrival time the engine gave the run; never decreasing within a lane */
};

/* One per request. The caller keeps submit, runs, records and their bytes until done(). */
struct rn_submit {
    struct rn_run *runs;
    size_t count;
    int64_t deadline_us;    /* on the engine's monotonic clock */
    struct rn_mailbox *box; /* where `done` runs */
    struct rn_task done;    /* set ->run; every run has its outcome then */
    void *engine_private;
};

/* A committed record as read. Key and value point into memory the batch holds. */
struct rn_item {
    uint64_t offset;
    int64_t append_ms;
    struct rn_record record;
};

struct rn_batch {
    enum rn_outcome outcome;
    struct rn_item *items;
    size_t count;
    uint64_t
        next; /* the position to read from afterwards; moves past records skipped by not_before_ms */
    uint64_t end; /* one past the last committed record, seen with the batch */
    void *engine_private;
};

struct rn_read {
    struct rn_lane *lane;
    uint64_t from;         /* below the first kept record: goes on at the first kept */
    int64_t not_before_ms; /* records that arrived earlier are skipped, cheaply; INT64_MIN: none */
    size_t count_max;      /* records */
    size_t bytes_max;      /* of keys and values; at least one record comes if any exists */
    /* For rn_engine_read only: */
    struct rn_mailbox *box;
    struct rn_task done; /* `batch` is filled; the caller owns it: rn_batch_release */
    struct rn_batch batch;
    void *engine_private;
};

struct rn_bounds {
    uint64_t first;    /* first record kept */
    uint64_t end;      /* one past the last committed */
    int64_t newest_ms; /* append time of the last committed record ever, INT64_MIN when none */
};

struct rn_bounds_query {
    struct rn_lane *lane;
    struct rn_mailbox *box;
    struct rn_task done;
    enum rn_outcome outcome;
    struct rn_bounds bounds; /* as true at some moment between call and done */
    void *engine_private;
};

/* Tells its owner that a lane grew (or ended): coalesced, so at most one notice is under way. */
struct rn_follow {
    struct rn_lane *lane;
    struct rn_mailbox *box;
    struct rn_task moved; /* set ->run */
    void *engine_private;
};

struct rn_topic_call {
    uint64_t topic;
    uint32_t lanes;       /* create, grow: total */
    int64_t retention_ms; /* create, retention: records younger than this stay; INT64_MAX: all */
    struct rn_mailbox *box;
    struct rn_task done;
    enum rn_outcome outcome;
    void *engine_private;
};

struct rn_engine_facts {
    bool foreign_writers; /* other processes may append to our lanes */
    bool can_trim;
    const char *name; /* "local" */
};

struct rn_engine;

struct rn_engine_ops {
    rn_err (*submit)(struct rn_engine *engine, struct rn_submit *submit);
    rn_err (*read_now)(struct rn_engine *engine, const struct rn_read *read,
                       struct rn_batch *ret_batch);
    void (*read)(struct rn_engine *engine, struct rn_read *read);
    void (*batch_release)(struct rn_engine *engine, struct rn_batch *batch);
    void (*bounds)(struct rn_engine *engine, struct rn_bounds_query *query);
    rn_err (*follow)(struct rn_engine *engine, struct rn_follow *follow);
    void (*unfollow)(struct rn_engine *engine, struct rn_follow *follow);
    void (*topic_create)(struct rn_engine *engine, struct rn_topic_call *call);
    void (*topic_grow)(struct rn_engine *engine, struct rn_topic_call *call);
    void (*topic_retention)(struct rn_engine *engine, struct rn_topic_call *call);
    void (*topic_delete)(struct rn_engine *engine, struct rn_topic_call *call);
    struct rn_lane *(*lane_ref)(struct rn_engine *engine, uint64_t topic, uint32_t lane);
    void (*lane_unref)(struct rn_engine *engine, struct rn_lane *lane);
    void (*trim)(struct rn_engine *engine, struct rn_lane *lane, uint64_t before);
    void (*ready)(struct rn_engine *engine);
    bool (*writable)(struct rn_engine *engine);
};

struct rn_engine {
    const struct rn_engine_ops *ops;
    struct rn_engine_facts facts;
};

/* Append. RN_OK: done() comes exactly once, by deadline_us plus one sync. RN_FULL: the queue of
 * the writer is at its hard limit; nothing is queued (throttle the client). RN_NOMEM likewise.
 * RN_CLOSED: the engine is draining. */
RN_MUST_USE static inline rn_err rn_engine_submit(struct rn_engine *engine,
                                                  struct rn_submit *submit)
{
    return engine->ops->submit(engine, submit);
}

/* Answer from memory, at once: RN_OK and the caller owns *ret_batch (rn_batch_release). RN_WAIT:
 * not in memory, ask rn_engine_read. A position at the end gives an empty batch, not RN_WAIT. */
RN_MUST_USE static inline rn_err
rn_engine_read_now(struct rn_engine *engine, const struct rn_read *read, struct rn_batch *ret_batch)
{
    return engine->ops->read_now(engine, read, ret_batch);
}

/* The same from wherever the records are, off the caller's thread. Never waits for new records. */
static inline void rn_engine_read(struct rn_engine *engine, struct rn_read *read)
{
    engine->ops->read(engine, read);
}

static inline void rn_batch_release(struct rn_engine *engine, struct rn_batch *batch)
{
    engine->ops->batch_release(engine, batch);
}

static inline void rn_engine_bounds(struct rn_engine *engine, struct rn_bounds_query *query)
{
    engine->ops->bounds(engine, query);
}

/* moved runs after every growth not yet noticed, the first time if anything lies beyond what the
 * lane held at the call. RN_NOMEM. Unfollow on the thread that drains `box`: moved does not run after. */
RN_MUST_USE static inline rn_err rn_engine_follow(struct rn_engine *engine,
                                                  struct rn_follow *follow)
{
    return engine->ops->follow(engine, follow);
}

static inline void rn_engine_unfollow(struct rn_engine *engine, struct rn_follow *follow)
{
    engine->ops->unfollow(engine, follow);
}

/* Topics. Each is idempotent: repeating it after UNKNOWN is safe. create of an existing topic
 * grows it to `lanes` and sets the retention. delete: its space is free afterwards, readers of
 * its lanes get NO_LANE. */
static inline void rn_engine_topic_create(struct rn_engine *engine, struct rn_topic_call *call)
{
    engine->ops->topic_create(engine, call);
}

static inline void rn_engine_topic_grow(struct rn_engine *engine, struct rn_topic_call *call)
{
    engine->ops->topic_grow(engine, call);
}

static inline void rn_engine_topic_retention(struct rn_engine *engine, struct rn_topic_call *call)
{
    engine->ops->topic_retention(engine, call);
}

static inline void rn_engine_topic_delete(struct rn_engine *engine, struct rn_topic_call *call)
{
    engine->ops->topic_delete(engine, call);
}

/* A counted handle, or NULL: no such lane. */
static inline struct rn_lane *rn_engine_lane_ref(struct rn_engine *engine, uint64_t topic,
                                                 uint32_t lane)
{
    return engine->ops->lane_ref(engine, topic, lane);
}

static inline void rn_engine_lane_unref(struct rn_engine *engine, struct rn_lane *lane)
{
    engine->ops->lane_unref(engine, lane);
}

/* Forget everything below `before`; best effort. The control log uses it behind a snapshot. */
static inline void rn_engine_trim(struct rn_engine *engine, struct rn_lane *lane, uint64_t before)
{
    engine->ops->trim(engine, lane, before);
}

/* Control has replayed: see CATALOGUE. */
static inline void rn_engine_ready(struct rn_engine *engine)
{
    engine->ops->ready(engine);
}

/* Would an append now be tried? False after a failure the engine has not recovered from, or on a
 * full disk: /-/ready says 503. */
static inline bool rn_engine_writable(struct rn_engine *engine)
{
    return engine->ops->writable(engine);
}

static inline uint64_t rn_run_offset(const struct rn_run *run, size_t index)
{
    return run->offsets ? run->offsets[index] : run->first + index;
}

#endif
