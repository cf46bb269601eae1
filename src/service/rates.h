/* rates.h - calls a second: of the account, of a stream, of a shard; and telling that a limit was met.
 *
 * Every pair of a limit and what it counts has a token bucket of one second's worth. The buckets stand in
 * a table of fixed size: one that was idle for a second is full again, so its place can be had without
 * loss. When more than RN_RATE_WAYS busy ones fall together, the longest idle of them is forgotten and
 * begins anew, so a limit may then let too many calls pass, and never too few.
 * Threads: any; one lock, held for a few additions. */
#ifndef RN_SERVICE_RATES_H
#define RN_SERVICE_RATES_H

#include "data/bucket.h"
#include "service/inside.h"
#include "sys/thread.h"

enum { RN_RATE_WAYS = 8, RN_RATE_SETS = 512 };

struct rn_rate_key {
    uint64_t stream_uid; /* 0: the account */
    uint32_t shard;      /* RN_SHARD_NONE: the whole stream */
    enum rn_limit limit;
};

struct rn_rate {
    struct rn_rate_key key;
    struct rn_bucket bucket; /* rate 0: the place is free */
};

struct rn_rates {
    struct rn_mutex lock;
    struct rn_rate places[RN_RATE_SETS][RN_RATE_WAYS];
};

void rn_rates_init(struct rn_rates *rates); /* zeroed memory */
void rn_rates_done(struct rn_rates *rates);
/* One call at `rate` a second. False: not now, and the call does not count. */
bool rn_rates_take(struct rn_rates *rates, const struct rn_rate_key *key, int64_t rate,
                   int64_t now_us);

/* May the call go on? If not it has failed: with "Rate exceeded for account ACCT." or, where it names a
 * stream, "Rate exceeded for stream NAME under account ACCT." */
RN_MUST_USE bool rn_rate_of_account(struct rn_call *call, enum rn_limit limit, rn_str name);
RN_MUST_USE bool rn_rate_of_stream(struct rn_call *call, enum rn_limit limit,
                                   const struct rn_stream *stream);
/* "Rate exceeded for shard SHARD in stream NAME under account ACCT." */
RN_MUST_USE bool rn_rate_of_shard(struct rn_call *call, enum rn_limit limit,
                                  const struct rn_stream *stream, const struct rn_shard *shard);
/* ProvisionedThroughputExceededException in the words above. */
void rn_fail_shard_rate(struct rn_call *call, const struct rn_stream *stream,
                        const struct rn_shard *shard);

/* A request about `stream` (may be absent) is being refused for this limit; RN_LIMIT_NONE: the writer's
 * queue is full. Whoever runs the server hears of it. */
void rn_tell_limited(const struct rn_call *call, enum rn_limit limit, rn_str stream);

#endif
