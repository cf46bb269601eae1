/* http_server.h - what a server keeps for its connections. Within the room.
 *
 *     server ─ conns: every connection, those included that are gone but whose exchange is not
 * answered ─ waits[]: a list per kind of deadline. All of a kind last equally long, so each list is
 * in the order of its deadlines, and one coarse timer looks at the fronts only. */
#ifndef RN_NET_HTTP_SERVER_H
#define RN_NET_HTTP_SERVER_H

#include "base/civil.h"
#include "net/budget.h"
#include "net/conn.h"
#include "net/http.h"
#include "net/pool.h"
#include "sys/log.h"

#include <stdatomic.h>

struct rn_http_server {
    struct rn_loop *loop;
    struct rn_http_options options;
    struct rn_link conns;
    _Atomic unsigned connections; /* how many; read by other threads */
    struct rn_link waits[RN_WAITS];
    struct rn_timer *timer; /* runs while there is something to look at */
    int64_t tick_ms;
    bool is_ticking;
    struct rn_pool pool;
    struct rn_budget budget;
    struct rn_link spare_exchanges;
    size_t spare_exchange_count;
    struct rn_log_pace tls_refused;
    size_t turned_away; /* sockets over connections_max that are closing */
    int64_t date_s;     /* the second that `date` tells */
    rn_str date;
    char date_text[RN_CIVIL_TEXT_BYTES];
    bool is_draining, is_freed;
    void (*drained)(void *arg);
    void *drained_arg;
};

int64_t rn_server_wait_us(const struct rn_http_server *server, enum rn_wait wait);
/* The value of Date, made once a second. */
rn_str rn_server_date(struct rn_http_server *server);
/* A connection has left the list; the server may be gone afterwards. */
void rn_server_conn_gone(struct rn_http_server *server);

#endif
