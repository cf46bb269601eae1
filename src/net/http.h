/* http.h - an HTTP server that knows nothing of what is asked: requests in, replies out.
 *
 * An exchange is one request and its reply, whatever the protocol version. The body is whole when
 * the handler sees it. The handler answers in the same call or later, on the same thread, once.
 *
 * LIMITS     head RN_HTTP_HEAD_BYTES_MAX (431), body body_bytes_max (413), RN_HTTP_HEADERS_MAX
 *            headers, a head deadline, a body rate floor, an idle time, connections, bytes in
 *            flight; for HTTP/2 also those of http2_inside.h.
 * SEAM       A connection is a wire (bytes in and out: plain, or TLS) under a
 *            protocol (HTTP/1.1 or HTTP/2), chosen from the first bytes: see conn.h.
 * HTTP/2     Exchanges of one connection come and are answered in any order.
 * FEEDS      A reply whose body is still to be made is fed, piece by piece: chunks in HTTP/1.1, DATA
 *            frames in HTTP/2. One piece is under way at a time, so a reader that is slow holds up
 *            its feeder and nobody else, at the cost of that piece. How long a feed lasts is the feeder's to
 *            bound: while it is open a peer may rest as long as it likes.
 * THREADS    A server lives on one loop; run one per worker. Connections are handed between servers
 *            as descriptors (acceptor.h), never afterwards. */
#ifndef RN_NET_HTTP_H
#define RN_NET_HTTP_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/tls.h"
#include "sys/loop.h"
#include "sys/tcp.h"

enum {
    RN_HTTP_HEAD_BYTES_MAX = 32 * 1024,
    RN_HTTP_HEADERS_MAX = 100,
    RN_HTTP_EXTRA_HEADERS_MAX = 16, /* of a reply */
};

struct rn_http_header {
    /* Name as sent (HTTP/2: lower case), value trimmed. The authority of HTTP/2 is shown as ":authority",
     * and as "host" unless that came too. */
    rn_str name, value;
};

/* Fields are valid until the reply is sent. */
struct rn_exchange {
    rn_str method;
    rn_str path, query; /* wire form; query without '?', absent when there is none */
    const struct rn_http_header *headers;
    size_t header_count;
    char *body; /* the handler may change it in place */
    size_t body_len;
    struct rn_arena *arena; /* for everything that lives as long as the exchange */
    const struct rn_address *peer;
    bool secure;        /* came over TLS */
    int64_t started_us; /* first byte of the request, on the loop's monotonic clock */
    void *net_private;
};

/* The first header of that name (case ignored), or RN_STR_NONE. */
rn_str rn_exchange_header(const struct rn_exchange *exchange, rn_str name);

struct rn_http_reply {
    int status;
    /* Copied by the call. Date, Content-Length and Connection are net's. */
    const struct rn_http_header *headers;
    size_t header_count;
    /* Parts, sent in order. They live until the exchange ends: put them in its arena, or hold what
     * they point into with rn_arena_defer (which runs when the reply has left). */
    const rn_str *body;
    size_t body_count;
    bool close; /* end the connection afterwards */
};

/* Once per exchange. It and its arena are gone when the reply has left: touch neither after. */
void rn_exchange_reply(struct rn_exchange *exchange, const struct rn_http_reply *reply);

/* ---- replies made over time ---- */

/* Thread: the loop's, in a turn of their own: never inside a call of the feeder's, and none after
 * rn_feed_end. */
struct rn_feed_events {
    void (*room)(void *arg);  /* after RN_WAIT: what was given has left */
    void (*gone)(void *arg);  /* nobody reads it any more; the feed is still to be ended */
    void (*drain)(void *arg); /* the server is about to stop: end soon */
};

/* Instead of rn_exchange_reply, and not for HEAD: the head and reply->body (one part at most, alive until the
 * feed ends) leave at once, the rest of the body is given later. The request is over: of the exchange
 * only its arena is left. RN_OK: a piece may be given. RN_WAIT: not before room(). */
RN_MUST_USE rn_err rn_feed_start(struct rn_exchange *exchange, const struct rn_http_reply *reply,
                                 const struct rn_feed_events *events, void *arg);
/* A piece of at least one byte, from malloc: net's own from here on. As above; or RN_CLOSED: nobody reads
 * it, and gone() comes. */
RN_MUST_USE rn_err rn_feed_give(struct rn_exchange *exchange, char *piece, size_t len);
/* Once, also when it is gone: what was given still leaves, then the reply is complete. The exchange and its
 * arena are the feeder's no more. */
void rn_feed_end(struct rn_exchange *exchange);

/* Instead of the end: what has not left will not, and the peer sees a break. */
void rn_feed_cut(struct rn_exchange *exchange);

struct rn_http_options {
    size_t body_bytes_max;
    size_t arena_bytes_max;    /* per exchange */
    size_t inflight_bytes_max; /* bodies of all connections; above it, see budget.h */
    unsigned connections_max;  /* further ones are closed at once */
    int64_t head_timeout_ms, idle_timeout_ms;
    int64_t body_grace_ms;   /* each such span must bring body_rate_min bytes a second */
    int64_t body_timeout_ms; /* for the whole body; waiting for our own budget does not count */
    size_t body_rate_min;
    int64_t write_stall_ms;
    struct rn_tls_server *tls;     /* NULL: none is spoken */
    bool tls_only;                 /* who comes without is told so */
    int64_t (*wall_ms)(void *arg); /* for Date */
    /* Thread: the loop's. A request arrived whole. */
    void (*on_request)(void *arg, struct rn_exchange *exchange);
    void *arg;
};

void rn_http_options_default(struct rn_http_options *options);

struct rn_http_server;
RN_MUST_USE rn_err rn_http_server_new(struct rn_loop *loop, const struct rn_http_options *options,
                                      struct rn_http_server **ret_server);
/* A connected descriptor becomes a connection of this server. Thread: the loop's. */
void rn_http_server_adopt(struct rn_http_server *server, int fd);
/* Thread: any; may be a moment old. */
unsigned rn_http_server_connections(const struct rn_http_server *server);
/* Accept nothing new; answer what is under way with Connection: close; close idle connections;
 * drained(arg) when none is left. */
void rn_http_server_drain(struct rn_http_server *server, void (*drained)(void *arg), void *arg);
void rn_http_server_free(struct rn_http_server *server); /* closes all at once */

#endif
