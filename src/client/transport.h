/* transport.h - HTTP requests over a kept connection; libcurl's only door.
 * A loopback endpoint never goes through a proxy. Thread: one at a time. */
#ifndef RN_CLIENT_TRANSPORT_H
#define RN_CLIENT_TRANSPORT_H

#include <stdatomic.h>

#include "base/buf.h"
#include "base/err.h"

struct rn_transport;

struct rn_transport_options {
    const char *endpoint;  /* http://host:port, without a path */
    const char *ca_bundle; /* NULL: the system's */
    long connect_timeout_ms, timeout_ms;
    size_t reply_bytes_max;
    const atomic_bool *interrupted; /* ends a transfer soon after it became true */
};

/* RN_INVALID: the endpoint is no http(s) URL. The options' strings are copied. */
RN_MUST_USE rn_err rn_transport_new(const struct rn_transport_options *options,
                                    struct rn_transport **ret_transport,
                                    struct rn_reason *reterr_reason);
void rn_transport_free(struct rn_transport *transport); /* NULL is fine */

/* The Host header that will be sent: signed by the caller. */
const char *rn_transport_host(const struct rn_transport *transport);

/* POST `body` to / with these header lines ("Name: value", NUL-terminated; Host and Content-Length are added).
 * RN_OK: *ret_status and *ret_reply, which lives until the next call. Otherwise no whole answer came: RN_TOO_LARGE, RN_CLOSED
 * (interrupted), RN_TIMEOUT, RN_IO, with a reason that names the endpoint. */
RN_MUST_USE rn_err rn_transport_post(struct rn_transport *transport, const char *const *headers,
                                     size_t header_count, rn_str body, int *ret_status,
                                     rn_str *ret_reply, struct rn_reason *reterr_reason);
/* GET `path`, with no headers of ours: the same results. */
RN_MUST_USE rn_err rn_transport_get(struct rn_transport *transport, const char *path,
                                    int *ret_status, rn_str *ret_reply,
                                    struct rn_reason *reterr_reason);

#endif
