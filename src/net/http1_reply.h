/* http1_reply.h - the head of a reply as HTTP/1.1 bytes; pure. */
#ifndef RN_NET_HTTP1_REPLY_H
#define RN_NET_HTTP1_REPLY_H

#include "net/http.h"

/* Writes the head, empty line included, if `cap` allows; returns how long it is either way.
 * `connection`: that header's value, or absent. Header values hold no CR or LF (asserted). */
size_t rn_http1_reply_head(char *out, size_t cap, const struct rn_http_reply *reply, rn_str date,
                           rn_str connection);
/* The same for a body in chunks, and behind it the line that begins reply->body, if there is any. */
size_t rn_http1_feed_head(char *out, size_t cap, const struct rn_http_reply *reply, rn_str date,
                          rn_str connection);

enum { RN_HTTP1_CHUNK_LINE_BYTES = 20 };
/* The line that begins a chunk of `len` bytes; returns its length. */
size_t rn_http1_chunk_line(char *out, size_t len);

/* What Content-Length says: the sum of the parts. */
size_t rn_http_reply_body_len(const struct rn_http_reply *reply);

#endif
