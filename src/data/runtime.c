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
    rn_guard_init(&runtime->guard);
    rn_mutex_init(&runtime->lock);
    rn_bucket_init(&runtime->write_bytes, rn_limit_row(RN_LIMIT_SHARD_WRITE_BYTES)->aws, now_us);
    rn_bucket_init(&runtime->write_records, rn_limit_row(RN_LIMIT_SHARD_WRITE_RECORDS)->aws,
                   now_us);
    rn_bucket_init(&runtime->read_bytes, rn_limit_row(RN_LIMIT_SHARD_READ_BYTES)->aws, now_us);
    rn_bucket_init(&runtime->read_rate, rn_limit_row(RN_LIMIT_CALLS_GET_RECORDS)->aws, now_us);
    rn_window_init(&runtime->read_calls);
    return runtime;
}

void rn_data_runtime_free(void *arg, void *runtime_memory)
{
    struct rn_runtime *runtime = runtime_memory;

    (void)arg;
    if (runtime) {
        rn_guard_done(&runtime->guard);
        rn_mutex_done(&runtime->lock);
        free(runtime);
    }
}

void rn_data_runtime_close(void *arg, void *runtime, enum rn_close_step step, uint64_t end)
{
    (void)arg;
    rn_guard_step(&((struct rn_runtime *)runtime)->guard, step, end);
}

/* The bucket as of now, at the limit's rate of now; NULL: lifted. */
static struct rn_bucket *ready(struct rn_bucket *bucket, int64_t rate, int64_t now_us)
{
    if (rate == RN_LIMIT_OFF) {
        return NULL;
    }
    if (rate != bucket->rate) {
        rn_bucket_set_rate(bucket, rate, now_us);
    } else {
        rn_bucket_refill(bucket, now_us);
    }
    return bucket;
}

/* NULL buckets grant everything. */
static size_t grant(struct rn_bucket *bytes, struct rn_bucket *count_bucket,
                    const struct rn_record *records, size_t count, enum rn_limit *ret_limit)
{
    size_t granted = 0;

    for (; granted < count; granted++) {
        int64_t size = (int64_t)(records[granted].key.len + records[granted].value.len);

        if (bytes && !rn_bucket_has(bytes, size)) {
            *ret_limit = RN_LIMIT_SHARD_WRITE_BYTES;
            break;
        }
        if (count_bucket && !rn_bucket_has(count_bucket, 1)) {
            *ret_limit = RN_LIMIT_SHARD_WRITE_RECORDS;
            break;
        }
        if (bytes) {
            rn_bucket_take(bytes, size);
        }
        if (count_bucket) {
            rn_bucket_take(count_bucket, 1);
        }
    }
    return granted;
}

size_t rn_runtime_grant_write(const struct rn_data *data, struct rn_runtime *runtime,
                              const struct rn_record *records, size_t count, int64_t now_us,
                              enum rn_limit *ret_limit)
{
    int64_t byte_rate = rn_data_limit(data, RN_LIMIT_SHARD_WRITE_BYTES);
    int64_t record_rate = rn_data_limit(data, RN_LIMIT_SHARD_WRITE_RECORDS);
    size_t granted;

    if (byte_rate == RN_LIMIT_OFF && record_rate == RN_LIMIT_OFF) {
        return count;
    }
    rn_mutex_lock(&runtime->lock);
    granted = grant(ready(&runtime->write_bytes, byte_rate, now_us),
                    ready(&runtime->write_records, record_rate, now_us), records, count, ret_limit);
    rn_mutex_unlock(&runtime->lock);
    if (granted < count) {
        rn_count(&runtime->write_throttled, count - granted);
    }
    return granted;
}

static bool take_call(struct rn_runtime *runtime, int64_t calls, int64_t now_us)
{
    struct rn_bucket *bucket;

    if (calls != RN_LIMIT_OFF && calls <= RN_WINDOW_CALLS_MAX) {
        return rn_window_take(&runtime->read_calls, calls, now_us);
    }
    bucket = ready(&runtime->read_rate, calls, now_us);
    if (bucket && !rn_bucket_has(bucket, 1)) {
        return false;
    }
    if (bucket) {
        rn_bucket_take(bucket, 1);
    }
    return true;
}

bool rn_runtime_grant_read(const struct rn_data *data, struct rn_runtime *runtime, int64_t now_us,
                           enum rn_limit *ret_limit)
{
    int64_t byte_rate = rn_data_limit(data, RN_LIMIT_SHARD_READ_BYTES);
    int64_t calls = rn_data_limit(data, RN_LIMIT_CALLS_GET_RECORDS);
    struct rn_bucket *bytes;
    bool granted = true;

    if (byte_rate == RN_LIMIT_OFF && calls == RN_LIMIT_OFF) {
        return true;
    }
    rn_mutex_lock(&runtime->lock);
    bytes = ready(&runtime->read_bytes, byte_rate, now_us);
    if (bytes && rn_bucket_in_debt(bytes)) {
        *ret_limit = RN_LIMIT_SHARD_READ_BYTES;
        granted = false;
    } else if (!take_call(runtime, calls, now_us)) {
        *ret_limit = RN_LIMIT_CALLS_GET_RECORDS;
        granted = false;
    }
    rn_mutex_unlock(&runtime->lock);
    if (!granted) {
        rn_count(&runtime->read_throttled, 1);
    }
    return granted;
}

void rn_runtime_charge_read(const struct rn_data *data, struct rn_runtime *runtime, uint64_t bytes,
                            int64_t now_us)
{
    int64_t rate = rn_data_limit(data, RN_LIMIT_SHARD_READ_BYTES);

    if (rate == RN_LIMIT_OFF) {
        return;
    }
    rn_mutex_lock(&runtime->lock);
    rn_bucket_overdraw(ready(&runtime->read_bytes, rate, now_us), (int64_t)bytes);
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
