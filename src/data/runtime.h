/* runtime.h - what changes per record in a shard and outlives the versions of its state: the token
 * buckets behind one small lock, the guard of its end, and counters.
 * Threads: any. The lock is held for a few additions; nothing is called under it. */
#ifndef RN_DATA_RUNTIME_H
#define RN_DATA_RUNTIME_H

#include <stdatomic.h>

#include "control/state.h"
#include "data/bucket.h"
#include "data/data.h"
#include "data/guard.h"
#include "data/heat.h"
#include "sys/thread.h"

struct rn_data {
    struct rn_data_options options;
    _Atomic int64_t newest_ms; /* the newest append time seen */
    const struct rn_state *state;
};

struct rn_runtime {
    struct rn_guard guard;
    struct rn_heat heat;  /* of an on-demand stream */
    struct rn_mutex lock; /* of the buckets and the window */
    struct rn_bucket write_bytes, write_records, read_bytes;
    struct rn_window read_calls; /* while its limit is small enough for it */
    struct rn_bucket read_rate;  /* otherwise */
    /* Relaxed: each is exact, together they are a blur. */
    _Atomic uint64_t incoming_bytes, incoming_records, outgoing_bytes, outgoing_records;
    _Atomic uint64_t write_throttled, read_throttled;
};

static inline struct rn_runtime *rn_runtime_of(const struct rn_shard *shard)
{
    return shard->cell->runtime;
}

/* How many of the records, counted from the first, the shard takes now. They are charged, the
 * others counted as throttled, by *ret_limit. The first refused ends the grant, so that what goes in
 * keeps its order. The three below go by the limits of `data` as they are at the call. */
size_t rn_runtime_grant_write(const struct rn_data *data, struct rn_runtime *runtime,
                              const struct rn_record *records, size_t count, int64_t now_us,
                              enum rn_limit *ret_limit);
/* May a read call go ahead? If not, *ret_limit forbids it. */
bool rn_runtime_grant_read(const struct rn_data *data, struct rn_runtime *runtime, int64_t now_us,
                           enum rn_limit *ret_limit);
/* Charge what the call returned. */
void rn_runtime_charge_read(const struct rn_data *data, struct rn_runtime *runtime, uint64_t bytes,
                            int64_t now_us);

static inline void rn_count(_Atomic uint64_t *counter, uint64_t by)
{
    atomic_fetch_add_explicit(counter, by, memory_order_relaxed);
}

/* A record was stored or read at `append_ms`: rn_data_now_ms never goes below it. */
void rn_data_saw(struct rn_data *data, int64_t append_ms);

#endif
