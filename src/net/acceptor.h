/* acceptor.h - one listening socket per address, shared by the workers.
 *
 * The loop that accepts keeps a connection unless another worker has fewer active ones; then the
 * descriptor is handed over through that worker's mailbox. Without SO_REUSEPORT: a second server
 * on the same port must fail, not share it silently. */
#ifndef RN_NET_ACCEPTOR_H
#define RN_NET_ACCEPTOR_H

#include "net/http.h"

struct rn_acceptor_worker {
    struct rn_loop *loop;
    struct rn_http_server *server;
};

struct rn_acceptor;
/* Accepts on workers[0].loop. Takes over the listener: rn_acceptor_close closes it, so that its
 * port is free at once; on failure it stays the caller's. Borrowed: the workers' loops and servers.
 * They outlast the handovers, thus free none before each loop has run what was posted up to the
 * close. */
RN_MUST_USE rn_err rn_acceptor_new(struct rn_listener *listener,
                                   const struct rn_acceptor_worker *workers, size_t count,
                                   struct rn_acceptor **ret_acceptor);
void rn_acceptor_close(struct rn_acceptor *acceptor); /* Thread: workers[0]'s. NULL is fine */

#endif
