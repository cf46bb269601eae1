/* http2_batch.h - what leaves an HTTP/2 connection with one send: frames, gathered in order; pure.
 *
 *     [text][body][text][body] ...    at most RN_SOCKET_PARTS_MAX pieces
 *
 * Frame headers, small frames and short pieces of bodies are copied into the batch's text, an input
 * buffer that it holds only while there is something in it; long pieces stay where they are, in the
 * replies, which therefore live until the batch has left. */
#ifndef RN_NET_HTTP2_BATCH_H
#define RN_NET_HTTP2_BATCH_H

#include "net/pool.h"
#include "sys/tcp.h"

enum {
    RN_HTTP2_FRAME_HEADER_BYTES = 9,
    RN_HTTP2_FRAME_BYTES_MAX =
        RN_HTTP2_FRAME_HEADER_BYTES + 1 + 16 * 1024, /* as nghttp2 makes them */
    RN_HTTP2_PIECE_BYTES_MIN = 4 * 1024,             /* shorter ones are cheaper copied */
};

struct rn_http2_batch {
    char *text; /* RN_INPUT_BYTES, or NULL */
    size_t text_len;
    rn_str parts[RN_SOCKET_PARTS_MAX];
    size_t count;
    bool ends_in_text; /* the last part is text, which can grow */
    size_t body_bytes; /* of bodies, copied ones too */
};

/* Any frame can still be added: whole as text, or its header and a body. */
bool rn_http2_batch_has_room(const struct rn_http2_batch *batch);
bool rn_http2_batch_has_room_for_body(const struct rn_http2_batch *batch);
/* False: no memory for the text. Only while there is room. */
RN_MUST_USE bool rn_http2_batch_add(struct rn_http2_batch *batch, struct rn_pool *pool,
                                    rn_str text);
/* The next piece of a body whose header was just added; `last` of that frame. All pieces of a frame fit. */
void rn_http2_batch_add_piece(struct rn_http2_batch *batch, rn_str piece, bool last);
/* It has left, or never will. */
void rn_http2_batch_clear(struct rn_http2_batch *batch, struct rn_pool *pool);

#endif
