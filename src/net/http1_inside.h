/* http1_inside.h - what the files of HTTP/1.1 share: a connection. Within the room.
 *
 *     http1.c         requests: heads, bodies, asking; events and deadlines
 *     http1_answer.c  replies, whole or fed */
#ifndef RN_NET_HTTP1_INSIDE_H
#define RN_NET_HTTP1_INSIDE_H

#include "net/exchange.h"
#include "net/http1_chunk.h"
#include "net/http1_head.h"
#include "net/http_server.h"

struct rn_http1 {
    struct rn_conn *conn;
    rn_err (*step)(struct rn_http1 *http1);
    struct rn_net_exchange *exchange; /* NULL between requests */
    struct rn_http1_head head;
    struct rn_http1_chunks chunks;
    bool is_running; /* run() is on the stack */
    bool reads_own;  /* the socket was last shown the body's own memory */
    bool owes_continue;
    bool keeps_alive;    /* after the reply under way */
    bool is_ended;       /* a feed, and its last chunk was written */
    bool is_refused;     /* our own reply, to a request not read to its end */
    size_t own_came;     /* bytes behind body_len in the body's own memory, not looked at yet */
    size_t window_bytes; /* of body since the rate was last looked at */
    int64_t body_since_us, rests_since_us;
};

/* Steps until one waits. The connection may be closed afterwards. */
void rn_http1_run(struct rn_http1 *http1);
/* The first step of a request. */
rn_err rn_http1_read_head(struct rn_http1 *http1);

extern const struct rn_exchange_ways rn_http1_ways;
/* A whole reply begins. RN_NOMEM. */
RN_MUST_USE rn_err rn_http1_answer(struct rn_http1 *http1, const struct rn_http_reply *reply);

#endif
