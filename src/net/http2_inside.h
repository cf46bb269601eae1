/* http2_inside.h - what the files of HTTP/2 share: a connection and its streams. Within the room.
 *
 *     http2.c          the connection: events, sending, deadlines, its end
 *     http2_session.c  nghttp2: made, bounded, and its callbacks told apart
 *     http2_stream.c   a stream: head, body, asking, its end
 *     http2_reply.c    its reply, whole or fed
 *     http2_head.c     header fields to a request        http2_batch.c  frames to a send
 *
 * A stream's state is the list that it is in:
 *
 *     head ─▶ body ─▶ ready ─▶ asked ─┬────────▶ replying ─▶ gone
 *       │                             └─ fed ────▶ ┤
 *       └───────┴─── refused ──────────────────────┘
 *
 * nghttp2 may close a stream at any moment: it is gone then, unless the handler has it; that one stays
 * asked or fed, closed, until it is answered or its feed has ended. Gone streams are released when the batch, which may point into
 * their replies, has left. No handler is called and nothing is released inside a callback of nghttp2. */
#ifndef RN_NET_HTTP2_INSIDE_H
#define RN_NET_HTTP2_INSIDE_H

#include "net/exchange.h"
#include "net/http2_batch.h"
#include "net/http_server.h"

#include <nghttp2/nghttp2.h>

enum {
    /* Of a connection; what is reached is answered with REFUSED_STREAM, unless it says otherwise. */
    RN_HTTP2_STREAMS_MAX = 512, /* those too that the client took back and the handler has */
    RN_HTTP2_HEADS_BYTES_MAX = 1024 * 1024,        /* of all its streams */
    RN_HTTP2_REPLIES_BYTES_MAX = 32 * 1024 * 1024, /* that wait to leave: nothing more is asked */
    RN_HTTP2_HELD_BYTES_MAX = 64 * 1024 * 1024, /* whole bodies and replies: no window is opened */
    RN_HTTP2_SESSION_BYTES_MAX = 4 * 1024 * 1024, /* nghttp2's: the connection ends */
    /* Of all connections: so many times the budget is in use. See http2_stream.c. */
    RN_HTTP2_OVERDRAFT = 2,
    RN_HTTP2_STREAM_WINDOW_BYTES = 1024 * 1024,
    RN_HTTP2_CONNECTION_WINDOW_BYTES = 16 * 1024 * 1024,
    RN_HTTP2_SMALL_BODY_BYTES = 32 * 1024, /* up to here a body lies in its arena */
    /* Frames that bring nothing: so many at once, so many a second, and some for each that does. */
    RN_HTTP2_PATIENCE_MAX = 1000,
    RN_HTTP2_PATIENCE_PER_S = 50,
    RN_HTTP2_PATIENCE_EARNED = 2,
};

enum rn_http2_state {
    RN_HTTP2_HEAD,
    RN_HTTP2_BODY,
    RN_HTTP2_READY,
    RN_HTTP2_ASKED,
    RN_HTTP2_FED, /* a reply made over time */
    RN_HTTP2_REPLYING,
    RN_HTTP2_GONE,
    RN_HTTP2_STATES
};

struct rn_http2 {
    struct rn_conn *conn;
    nghttp2_session *session; /* NULL at the end */
    struct rn_link streams[RN_HTTP2_STATES];
    size_t stream_count;
    /* Sums over the streams: heads, whole bodies, replies; bytes that did not open their window. */
    size_t head_bytes, body_bytes, reply_bytes, withheld_bytes;
    size_t memory;               /* nghttp2's */
    struct rn_http2_batch batch; /* while conn->is_sending it is on its way */
    struct rn_link emptied;      /* streams whose piece is in the batch to its end */
    bool is_running;             /* run() is on the stack */
    bool is_woken;               /* meanwhile */
    bool is_greeted;             /* the first SETTINGS came */
    bool is_leaving;             /* GOAWAY was said */
    bool is_refused;             /* because of what the peer did */
    bool is_broken;              /* nothing can be said any more */
    unsigned patience;
    unsigned asks_left; /* in this run */
    int64_t patience_us, start_us, looked_us, sending_us;
};

struct rn_http2_stream {
    struct rn_link link;
    struct rn_link emptied_link;
    bool is_emptied;
    struct rn_http2 *http2;
    struct rn_net_exchange *exchange; /* whose arena this lies in */
    enum rn_http2_state state;
    int32_t id;
    bool is_closed; /* nghttp2 does not know it any more */
    bool is_whole;  /* the request has ended */
    struct rn_http2_head head;
    size_t small_body_cap;
    size_t withheld;     /* bytes that came and did not open its window again */
    size_t window_bytes; /* of body since the rate was last looked at */
    size_t held;         /* of its body, once whole */
    size_t left;         /* of the reply's body */
    int64_t since_us;    /* the head, this span of the body, or the reply's last step began */
    int64_t body_since_us, rests_since_us;
};

/* ---- http2.c ---- */

/* GOAWAY; then the end, whatever is under way. */
void rn_http2_terminate(struct rn_http2 *http2, uint32_t code);
/* GOAWAY; what is under way goes on. */
void rn_http2_leave(struct rn_http2 *http2);
/* A call of nghttp2 answered `code`: what is fatal ends the connection. */
void rn_http2_check(struct rn_http2 *http2, int code);
/* There may be something to send. */
void rn_http2_wake(struct rn_http2 *http2);
int64_t rn_http2_now_us(const struct rn_http2 *http2);

/* ---- http2_session.c ---- */

RN_MUST_USE rn_err rn_http2_session_new(struct rn_http2 *http2);
void rn_http2_patience_earn(struct rn_http2 *http2);

/* ---- http2_stream.c; the callbacks of nghttp2 ---- */

RN_MUST_USE rn_err rn_http2_stream_open(struct rn_http2 *http2, int32_t id,
                                        struct rn_http2_stream **ret_stream);
void rn_http2_stream_head_ended(struct rn_http2_stream *stream);
void rn_http2_stream_trailer(struct rn_http2_stream *stream, size_t bytes);
void rn_http2_stream_data(struct rn_http2_stream *stream, rn_str data);
void rn_http2_stream_whole(struct rn_http2_stream *stream);
void rn_http2_stream_closed(struct rn_http2_stream *stream);

/* ---- http2_stream.c; outside of them ---- */

void rn_http2_reset(struct rn_http2_stream *stream, uint32_t code);
/* Gives ready streams to the handler, as long as replies leave. */
void rn_http2_ask(struct rn_http2 *http2);
/* Opens the windows that were held shut for what the connection held. */
void rn_http2_open_windows(struct rn_http2 *http2);
/* False: all bodies rest; one of them will resume the connection. */
bool rn_http2_may_read(struct rn_http2 *http2);
/* Ends streams that are too slow. */
void rn_http2_look_at_streams(struct rn_http2 *http2);
void rn_http2_release_gone(struct rn_http2 *http2);
/* All but what the handler has, which is marked closed. */
void rn_http2_release_all(struct rn_http2 *http2);
void rn_http2_move(struct rn_http2_stream *stream, enum rn_http2_state state);
/* Its exchange, in whose memory it lies, is gone. */
void rn_http2_release(struct rn_http2_stream *stream);

/* ---- http2_reply.c; the callbacks of nghttp2 ---- */

/* `len` bytes of the reply into the batch, which has room for them. */
void rn_http2_stream_take(struct rn_http2_stream *stream, size_t len);
void rn_http2_stream_sent(struct rn_http2_stream *stream, bool last);

/* ---- http2_reply.c; outside of them ---- */

extern const struct rn_exchange_ways rn_http2_ways;
void rn_http2_continue(struct rn_http2_stream *stream); /* 100 */
/* Whole. */
void rn_http2_reply(struct rn_http2_stream *stream, const struct rn_http_reply *reply);
/* So much of the body is still to leave. */
void rn_http2_count_left(struct rn_http2_stream *stream, size_t left);
/* The batch has left: feeders whose piece was in it have room. */
void rn_http2_feeds_left(struct rn_http2 *http2);
/* All streams that are fed: cut off, or told that the server stops. */
void rn_http2_cut_feeds(struct rn_http2 *http2);
void rn_http2_drain_feeds(struct rn_http2 *http2);

#endif
