/* inside.h - the local engine as its own files see it. */
#ifndef RN_LOCAL_INSIDE_H
#define RN_LOCAL_INSIDE_H

#include "local/blocks.h"
#include "local/cold.h"
#include "local/house.h"
#include "local/lane.h"
#include "local/local.h"
#include "local/queue.h"
#include "local/recycler.h"
#include "local/spare.h"
#include "local/tail.h"
#include "local/writer.h"

struct rn_counters {
#define X(name, text) _Atomic uint64_t name;
    RN_LOCAL_COUNTS(X)
#undef X
};

struct rn_local {
    struct rn_engine engine;
    struct rn_local_options options;
    struct rn_counters counters;
    struct rn_recycler *recycler;
    struct rn_topics topics;
    struct rn_book book;
    struct rn_queue queue;
    struct rn_writer writer;
    struct rn_tail tail;
    struct rn_blocks blocks;
    struct rn_cold cold;
    struct rn_spares spares;
    struct rn_house house;
    _Atomic bool ready;    /* rn_engine_ready was called */
    _Atomic bool full;     /* the disk is; only the control log is still written */
    _Atomic bool refusing; /* no segment can be begun */
    struct rn_thread threads[2 + RN_READERS];
    size_t thread_count;
};

static inline struct rn_local *rn_local_of(struct rn_engine *engine)
{
    return RN_OWNER(engine, struct rn_local, engine);
}

static inline void rn_count(_Atomic uint64_t *counter, uint64_t by)
{
    atomic_fetch_add_explicit(counter, by, memory_order_relaxed);
}

/* recover.c: fill book, topics, writer, spares and dropped from the disk. */
RN_MUST_USE rn_err rn_recover(struct rn_local *local, struct rn_reason *reterr_reason);

#endif
