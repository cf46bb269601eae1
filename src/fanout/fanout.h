/* fanout.h - enhanced fan-out: subscriptions to shards, pushed by the commits themselves.
 *
 *     SubscribeToShard ─ checks, claim, position ─▶ subscription ─ events ─▶ feed of the reply
 *     commit ─ watch ─▶ read from memory ─▶ event
 *
 * A subscription lives on the worker that took the request. It sends one event at a time: while its reader
 * is slow it reads nothing either, so it costs one event's memory and nobody else's time.
 * ENDS       after its life of five minutes; with its shard; when the consumer or the stream goes; when
 *            another call takes over (see claims.h); with the server. Always at a point from which
 *            ContinuationSequenceNumber of the last event goes on.
 * THREADS    One rn_fanout per worker, on its loop; the claims are shared by all. */
#ifndef RN_FANOUT_FANOUT_H
#define RN_FANOUT_FANOUT_H

#include "fanout/claims.h"
#include "net/http.h"
#include "service/service.h"
#include "sys/loop.h"

enum {
    RN_FANOUT_LIFE_MS = 300000,
    RN_FANOUT_QUIET_MS = 4000,          /* an event at least so often; clients want one in 5 s */
    RN_FANOUT_EVENT_BYTES = 256 * 1024, /* of data and keys; one record may be larger */
    RN_FANOUT_EVENT_RECORDS = 1000,
    RN_FANOUT_MEMORY_BYTES = 128 * 1024 * 1024, /* events of a worker that wait to leave */
    RN_FANOUT_SUBSCRIPTIONS_MAX = 100000,       /* of a worker: LimitExceededException */
};

struct rn_fanout;

struct rn_fanout_options {
    struct rn_loop *loop;
    struct rn_clock *clock;
    struct rn_claims *claims;
    int64_t life_ms;
};

/* RN_NOMEM. */
RN_MUST_USE rn_err rn_fanout_new(const struct rn_fanout_options *options,
                                 struct rn_fanout **ret_fanout);
void rn_fanout_free(struct rn_fanout *fanout); /* no exchange is open any more; NULL is fine */

/* The operation. It ends with call->reply set to a subscription, which goes to rn_fanout_feed in the same turn. */
void rn_fanout_subscribe(struct rn_call *call);
/* The answer to a call that went well: `reply` has status and headers. */
void rn_fanout_feed(struct rn_call *call, struct rn_exchange *exchange,
                    struct rn_http_reply *reply);

#endif
