/* push.h - POSTs whose replies come over time, many at once: what a subscription is on the wire.
 *
 * They share one connection over HTTP/2, which TLS negotiates, and have one each otherwise. Thread: one at a time; nothing
 * here may be called from a listener. */
#ifndef RN_CLIENT_PUSH_H
#define RN_CLIENT_PUSH_H

#include "client/transport.h"

struct rn_push;
struct rn_push_call;

struct rn_push_listener {
    /* Bytes of a reply of this status, as they come. False: no more of it is wanted. */
    bool (*bytes)(void *arg, int status, rn_str bytes);
    /* The reply is over: RN_OK, whole; else RN_IO or RN_TIMEOUT (silence) with a reason that names the endpoint, and
     * status 0 if there was no head. The call is gone afterwards. Not told of calls that were stopped. */
    void (*ended)(void *arg, rn_err err, int status, const char *reason);
};

/* As in transport.h; timeout_ms is how long a reply may be silent. The strings are copied. RN_UNSUPPORTED, RN_NOMEM. */
RN_MUST_USE rn_err rn_push_new(const struct rn_transport_options *options,
                               struct rn_push **ret_push);
void rn_push_free(struct rn_push *push); /* and all its calls */

/* Headers and body are copied. RN_NOMEM. */
RN_MUST_USE rn_err rn_push_start(struct rn_push *push, const char *const *headers,
                                 size_t header_count, rn_str body,
                                 const struct rn_push_listener *listener, void *arg,
                                 struct rn_push_call **ret_call);
void rn_push_stop(struct rn_push *push, struct rn_push_call *call);

/* Whatever has come is handed to the listeners; waits for it at most this long. RN_NOMEM, RN_IO: it cannot go on. */
RN_MUST_USE rn_err rn_push_turn(struct rn_push *push, int64_t wait_ms);

#endif
