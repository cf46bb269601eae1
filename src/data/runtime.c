/* runtime.c - per-shard quotas and counters; see runtime.h. */
#include "data/runtime.h"

#include <assert.h>
#include <stdlib.h>

void *rn_data_runtime_new(void *arg, uint64_t stream_uid, uint32_t shard_index)
{
    struct rn_data *data = arg;
    struct rn_runtime *runtime = calloc(1, sizeof(*runtime));
    int64_t now_us = rn_clock_mono_us(data->options.clock);

    (void)stream_uid; /* for whoever exports the counters: it walks the state and knows them */
    (void)shard_index;
    if (!runtime) {
        return NULL;
    }
    rn_mutex_init(&runtime->lock);
    rn_bucket_init(&runtime->write_bytes, RN_SHARD_WRITE_BYTES_PER_S, now_us);
    rn_bucket_init(&runtime->write_records, RN_SHARD_WRITE_RECORDS_PER_S, now_us);
    rn_bucket_init(&runtime->read_bytes, RN_SHARD_READ_BYTES_PER_S, now_us);
    rn_window_init(&runtime->read_calls);
    return runtime;
}

void rn_data_runtime_free(void *arg, void *runtime_memory)
{
    struct rn_runtime *runtime = runtime_memory;

    (void)arg;
    if (runtime) {
        rn_mutex_done(&runtime->lock);
        free(runtime);
    }
}

static size_t grant_locked(struct rn_runtime *runtime, const struct rn_record *records,
                           size_t count)
{
    size_t granted = 0;

    while (granted < count) {
        const struct rn_record *record = &records[granted];
        int64_t bytes = (int64_t)(record->key.len + record->value.len);

        if (!rn_bucket_has(&runtime->write_bytes, bytes) ||
            !rn_bucket_has(&runtime->write_records, 1)) {
            break;
        }
        rn_bucket_take(&runtime->write_bytes, bytes);
        rn_bucket_take(&runtime->write_records, 1);
        granted++;
    }
    return granted;
}

size_t rn_runtime_grant_write(struct rn_runtime *runtime, const struct rn_record *records,
                              size_t count, int64_t now_us)
{
    size_t granted;

    rn_mutex_lock(&runtime->lock);
    rn_bucket_refill(&runtime->write_bytes, now_us);
    rn_bucket_refill(&runtime->write_records, now_us);
    granted = grant_locked(runtime, records, count);
    rn_mutex_unlock(&runtime->lock);
    if (granted < count) {
        rn_count(&runtime->write_throttled, count - granted);
    }
    return granted;
}

bool rn_runtime_grant_read(struct rn_runtime *runtime, int64_t now_us)
{
    bool granted;

    rn_mutex_lock(&runtime->lock);
    rn_bucket_refill(&runtime->read_bytes, now_us);
    granted =
        !rn_bucket_in_debt(&runtime->read_bytes) && rn_window_take(&runtime->read_calls, now_us);
    rn_mutex_unlock(&runtime->lock);
    if (!granted) {
        rn_count(&runtime->read_throttled, 1);
    }
    return granted;
}

void rn_runtime_charge_read(struct rn_runtime *runtime, uint64_t bytes, int64_t now_us)
{
    rn_mutex_lock(&runtime->lock);
    rn_bucket_refill(&runtime->read_bytes, now_us);
    rn_bucket_overdraw(&runtime->read_bytes, (int64_t)bytes);
    rn_mutex_unlock(&runtime->lock);
}

void rn_data_counts(const struct rn_shard *shard, struct rn_shard_counts *ret_counts)
{
    struct rn_runtime *runtime;

    *ret_counts = (struct rn_shard_counts){0};
    if (!shard->cell) {
        return; /* CREATING */
    }
    runtime = rn_runtime_of(shard);
    ret_counts->incoming_bytes =
        atomic_load_explicit(&runtime->incoming_bytes, memory_order_relaxed);
    ret_counts->incoming_records =
        atomic_load_explicit(&runtime->incoming_records, memory_order_relaxed);
    ret_counts->outgoing_bytes =
        atomic_load_explicit(&runtime->outgoing_bytes, memory_order_relaxed);
    ret_counts->outgoing_records =
        atomic_load_explicit(&runtime->outgoing_records, memory_order_relaxed);
    ret_counts->write_throttled =
        atomic_load_explicit(&runtime->write_throttled, memory_order_relaxed);
    ret_counts->read_throttled =
        atomic_load_explicit(&runtime->read_throttled, memory_order_relaxed);
}
