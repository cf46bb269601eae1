/* exchange.h - what net keeps about one exchange, in any protocol. Within the room.
 *
 * Taken when the first byte of a request is there, released when its reply has left (or cannot any
 * more). Between asking the handler and its reply, or the end of its feed, it is the handler's: nothing
 * releases it then. */
#ifndef RN_NET_EXCHANGE_H
#define RN_NET_EXCHANGE_H

#include "net/budget.h"
#include "net/http.h"
#include "net/http2_head.h"

enum {
    RN_REPLY_HEAD_BYTES = 1024,       /* a longer head is allocated */
    RN_REPLY_STEP_BYTES = 512 * 1024, /* given to the wire at once; a peer that takes none stalls */
    RN_EXCHANGE_SPARES_MAX = 64,
};

struct rn_conn;
struct rn_http_server;

struct rn_net_exchange;

/* How a protocol answers. */
struct rn_exchange_ways {
    void (*reply)(struct rn_net_exchange *exchange, const struct rn_http_reply *reply);
    rn_err (*feed_start)(struct rn_net_exchange *exchange, const struct rn_http_reply *reply);
    rn_err (*feed_give)(struct rn_net_exchange *exchange); /* feed.piece */
    void (*feed_end)(struct rn_net_exchange *exchange);    /* or a break, if feed.is_cut */
};

/* A reply made over time; see feed.c. */
struct rn_feed {
    const struct rn_feed_events *events;
    void *arg;
    rn_str parts[2]; /* of what is under way: the piece, and what ends it */
    char *piece;     /* NULL: it has left */
    bool is_open;    /* the handler has it */
    bool is_ending;  /* it has ended: no further piece */
    bool is_cut;
    bool owes_room;
    bool is_telling, is_posted;
    unsigned news;
    struct rn_task task;
};

struct rn_net_exchange {
    struct rn_exchange public;
    const struct rn_exchange_ways *ways; /* the protocol's */
    void *stream;                        /* what else the protocol knows of it, in its arena */
    struct rn_conn *conn;                /* held */
    struct rn_link link;                 /* among the spares */
    bool is_asked;                       /* the handler has it */
    struct rn_feed feed;

    char *own_body; /* a body too large for the input buffer; else public.body points into that */
    size_t own_body_cap;
    size_t charged; /* to the budget */
    struct rn_reader reader;

    rn_str reply_head;
    char *long_head;
    const rn_str *parts; /* the reply's body */
    size_t part_count;
    size_t next;    /* what leaves next: 0 is the head, i the part i - 1 */
    size_t next_at; /* from which byte on */

    char head_text[RN_REPLY_HEAD_BYTES];
    struct rn_http_header headers[RN_HTTP_HEADERS_MAX + RN_HTTP2_MORE_HEADERS_MAX];
};

/* NULL when memory ends. */
struct rn_net_exchange *rn_exchange_take(struct rn_conn *conn, const struct rn_exchange_ways *ways);
/* Runs the arena's defers. The connection may be gone afterwards. */
void rn_exchange_release(struct rn_net_exchange *exchange);
/* All spares. */
void rn_exchange_free_spares(struct rn_http_server *server);

/* The body so far moves to memory of its own with room for `bytes` in all. */
RN_MUST_USE rn_err rn_exchange_own_body(struct rn_net_exchange *exchange, size_t bytes);
/* The body has grown to body_len: so has its share of the budget. */
void rn_exchange_charge(struct rn_net_exchange *exchange);

/* The reply is known. A body that has memory of its own, into which no part of the reply points, is
 * given back at once: a peer that is slow to read does not keep it. */
void rn_exchange_spend_body(struct rn_net_exchange *exchange, const struct rn_http_reply *reply);

/* ---- feed.c ---- */

enum rn_feed_news { RN_FEED_ROOM = 1, RN_FEED_GONE = 2, RN_FEED_DRAIN = 4 };

/* The feeder has not ended it, or will still be told something. */
bool rn_feed_is_held(const struct rn_net_exchange *exchange);
/* In a later turn of the loop, if it is still open then. */
void rn_feed_tell(struct rn_net_exchange *exchange, enum rn_feed_news news);
/* What was under way has left: it is freed, and there is room. */
void rn_feed_left(struct rn_net_exchange *exchange);

/* A feed has begun: what is left of the request is let go of, but for the arena. */
void rn_exchange_forget_request(struct rn_net_exchange *exchange);

/* The next step of the reply into `parts` (RN_SOCKET_PARTS_MAX); returns how many, 0 at the end. */
size_t rn_exchange_next_parts(struct rn_net_exchange *exchange, rn_str *parts);

#endif
