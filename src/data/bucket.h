/* bucket.h - how much a shard may take or give in a second.
 *
 * A bucket holds units (bytes, records) that drip in at a fixed rate up to one second's worth. All
 * arithmetic is in whole micro-units, level = units * 1,000,000, so that `elapsed us * rate` is
 * exact and nothing is ever rounded away. Time is a monotonic clock in microseconds, passed in; a
 * time before the last one counts as no time passed. Threads: one at a time (runtime.c holds a
 * lock). */
#ifndef RN_DATA_BUCKET_H
#define RN_DATA_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct rn_bucket {
    int64_t rate;  /* units per second; also the most that is saved up */
    int64_t level; /* micro-units; below 0: a debt */
    int64_t at_us; /* `level` was true then */
};

void rn_bucket_init(struct rn_bucket *bucket, int64_t rate, int64_t now_us); /* full */
void rn_bucket_refill(struct rn_bucket *bucket, int64_t now_us);
/* Refilled at the old rate up to now, and at `rate` from now on. What was full is full, a debt stays. */
void rn_bucket_set_rate(struct rn_bucket *bucket, int64_t rate, int64_t now_us);

/* For the two below the bucket was refilled to now. */

/* Would `units` be granted? What is larger than the bucket needs it full, and leaves a debt. */
bool rn_bucket_has(const struct rn_bucket *bucket, int64_t units);
void rn_bucket_take(struct rn_bucket *bucket, int64_t units);
/* Charge afterwards for something that could not be refused: who overdraws owes all of it, not only
 * what was missing. So after 10 MiB at 2 MiB/s the bucket is in debt for five seconds. */
void rn_bucket_overdraw(struct rn_bucket *bucket, int64_t units);

/* The same where no more is owed than was missing: over time exactly the rate goes out. */
void rn_bucket_borrow(struct rn_bucket *bucket, int64_t units);

static inline bool rn_bucket_in_debt(const struct rn_bucket *bucket)
{
    return bucket->level < 0;
}

/* At most so many calls within any second: of five the sixth fails, however they are spread. */
enum { RN_WINDOW_CALLS_MAX = 16 };

struct rn_window {
    int64_t called_us[RN_WINDOW_CALLS_MAX]; /* the last granted calls, a ring */
    unsigned next;                          /* where the next one is written: the oldest */
};

void rn_window_init(struct rn_window *window);
/* `calls` a second, 1 to RN_WINDOW_CALLS_MAX; may differ from call to call. False: not now, and the
 * call does not count. */
bool rn_window_take(struct rn_window *window, int64_t calls, int64_t now_us);

#endif
