/* bucket.c - token buckets in exact integer arithmetic; see bucket.h. */
#include "data/bucket.h"

#include <assert.h>

#define MICRO ((int64_t)1000000)

/* The level and its sums stay far from overflow. */
static bool rate_valid(int64_t rate)
{
    return rate > 0 && rate <= INT64_MAX / (4 * MICRO);
}

void rn_bucket_init(struct rn_bucket *bucket, int64_t rate, int64_t now_us)
{
    assert(rate_valid(rate));
    *bucket = (struct rn_bucket){.rate = rate, .level = rate * MICRO, .at_us = now_us};
}

void rn_bucket_refill(struct rn_bucket *bucket, int64_t now_us)
{
    int64_t full = bucket->rate * MICRO;
    int64_t elapsed_us = now_us - bucket->at_us;

    if (elapsed_us <= 0) {
        return;
    }
    bucket->at_us = now_us;
    if (elapsed_us > (full - bucket->level) / bucket->rate) { /* compared before multiplying */
        bucket->level = full;
    } else {
        bucket->level += elapsed_us * bucket->rate;
    }
}

void rn_bucket_set_rate(struct rn_bucket *bucket, int64_t rate, int64_t now_us)
{
    bool was_full;

    assert(rate_valid(rate));
    rn_bucket_refill(bucket, now_us);
    was_full = bucket->level == bucket->rate * MICRO;
    bucket->rate = rate;
    if (was_full || bucket->level > rate * MICRO) {
        bucket->level = rate * MICRO;
    }
}

bool rn_bucket_has(const struct rn_bucket *bucket, int64_t units)
{
    assert(units >= 0);
    if (units > bucket->rate) {
        units = bucket->rate;
    }
    return bucket->level >= units * MICRO;
}

void rn_bucket_take(struct rn_bucket *bucket, int64_t units)
{
    assert(rn_bucket_has(bucket, units));
    bucket->level -= units * MICRO;
}

void rn_bucket_borrow(struct rn_bucket *bucket, int64_t units)
{
    assert(units >= 0 && units <= INT64_MAX / (4 * MICRO));
    bucket->level -= units * MICRO;
}

void rn_bucket_overdraw(struct rn_bucket *bucket, int64_t units)
{
    int64_t cost = units * MICRO;

    assert(units >= 0 && units <= INT64_MAX / (4 * MICRO));
    if (bucket->level >= cost) {
        bucket->level -= cost;
    } else if (bucket->level > -cost) { /* of two that overlap, the larger debt stands */
        bucket->level = -cost;
    }
}

void rn_window_init(struct rn_window *window)
{
    for (unsigned i = 0; i < RN_WINDOW_CALLS_MAX; i++) {
        window->called_us[i] = INT64_MIN / 2; /* long ago, with room to subtract */
    }
    window->next = 0;
}

bool rn_window_take(struct rn_window *window, int64_t calls, int64_t now_us)
{
    unsigned back;

    assert(calls >= 1 && calls <= RN_WINDOW_CALLS_MAX);
    back = (window->next + RN_WINDOW_CALLS_MAX - (unsigned)calls) % RN_WINDOW_CALLS_MAX;
    if (now_us - window->called_us[back] < MICRO) {
        return false;
    }
    window->called_us[window->next] = now_us;
    window->next = (window->next + 1) % RN_WINDOW_CALLS_MAX;
    return true;
}
