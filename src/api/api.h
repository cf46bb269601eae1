/* api.h - the Kinesis wire API: one HTTP exchange in, one reply out.
 *
 * Bytes become a typed, validated, authenticated call of one operation (the table in operations.c),
 * and its typed answer becomes bytes again, in the encoding the request used. The order in which a
 * request can fail is part of the API and is told at the top of dispatch.c.
 * Paths below "/-/" are Runnel's own (health.c); the API itself ignores the path.
 * THREADS  One rn_api per worker; the gate is shared by all. */
#ifndef RN_API_API_H
#define RN_API_API_H

#include <stdatomic.h>
#include <stdbool.h>

#include "auth/sigv4.h"
#include "net/http.h"
#include "service/call.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/random.h"

/* What lies behind the API, and whether it can be used now. Thread: any. */
struct rn_api_gate {
    _Atomic(struct rn_service *) service; /* NULL while recovering: requests get 503 */
    struct rn_log_pace refused;           /* of signatures for elsewhere, in the log */
    atomic_bool draining;                 /* requests are still served, but /-/ready says 503 */
    bool (*writable)(void *arg);          /* set before `service` is published; NULL: always */
    void *writable_arg;
};

struct rn_api_options {
    struct rn_api_gate *gate;
    struct rn_mailbox *box;   /* of the worker */
    struct rn_fanout *fanout; /* of the worker */
    struct rn_clock *clock;
    struct rn_random *random;
    bool auth;     /* false: every request passes, signed or not */
    rn_str region; /* that signatures must be scoped to */
    struct rn_key_lookup keys;
    struct rn_sig_cache *cache; /* shared by the workers */
};

struct rn_api;

/* RN_NOMEM. Everything in `options` is borrowed until free. */
RN_MUST_USE rn_err rn_api_new(const struct rn_api_options *options, struct rn_api **ret_api);
void rn_api_free(struct rn_api *api); /* NULL is fine; no exchange is open any more */

/* Calls fn(arg) when no operation is under way: at once, or at the end of the last one. A client that
 * went away does not end its operation, so this can be later than the last connection. Ask when no
 * request can arrive any more; fn is called again for operations that begin all the same. */
void rn_api_when_idle(struct rn_api *api, void (*fn)(void *arg), void *arg);

/* Fits rn_http_options.on_request, with the rn_api as its argument. */
void rn_api_handle(void *api, struct rn_exchange *exchange);

#endif
