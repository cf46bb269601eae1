/* worker.h - a thread that serves connections: one loop, one HTTP server, one API. */
#ifndef RN_SERVER_WORKER_H
#define RN_SERVER_WORKER_H

#include "api/api.h"
#include "net/acceptor.h"
#include "net/http.h"
#include "sys/epoch.h"
#include "sys/thread.h"

struct rn_worker_options {
    struct rn_epoch *epoch;
    struct rn_api_options api; /* box and fanout are filled in */
    struct rn_claims *claims;  /* shared by the workers */
    int64_t subscription_ms;
    struct rn_tls_server *tls; /* NULL: none is spoken */
    bool tls_only;
    unsigned connections_max;
    struct rn_mailbox *box; /* of the owner: where `drained` runs */
    void (*drained)(void *arg);
    void *arg;
};

struct rn_worker {
    struct rn_worker_options options;
    struct rn_loop *loop;
    struct rn_http_server *http;
    struct rn_api *api;
    struct rn_fanout *fanout;
    unsigned reader; /* of the epoch */
    struct rn_thread thread;
    bool runs, drained;
    struct rn_acceptor **acceptors; /* those on this worker's loop */
    size_t acceptor_count;
    struct rn_task drain_task, drained_task, stop_task;
};

/* Everything but the thread. RN_NOMEM, RN_IO. On failure the worker is as good as zeroed. */
RN_MUST_USE rn_err rn_worker_init(struct rn_worker *worker,
                                  const struct rn_worker_options *options);
RN_MUST_USE rn_err rn_worker_start(struct rn_worker *worker);
/* Accept nothing more (`acceptors` are closed, and become NULL), finish what is under way; `drained` runs once. */
void rn_worker_drain(struct rn_worker *worker, struct rn_acceptor **acceptors,
                     size_t acceptor_count);
/* Ends the thread. Stop all workers before any is done: they hand connections to one another. */
void rn_worker_stop(struct rn_worker *worker);
/* Closes what is left. A zeroed worker is fine. */
void rn_worker_done(struct rn_worker *worker);

#endif
