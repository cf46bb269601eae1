/* http2_head.h - the head of an HTTP/2 request: header fields in, what a handler sees out; pure.
 *
 * Fields come decompressed, one by one, checked by nghttp2 for what makes a request malformed (names
 * in upper case, control bytes, pseudo headers that are missing, unknown, twice or late, several
 * content-length). What is left are the limits, which are answered as in HTTP/1.
 *
 * AUTHORITY  Shown as the header ":authority", and as "host" too when none came: some clients sign
 *            the one, some the other. Both present and different: 400.
 * LIMITS     RN_HTTP_HEAD_BYTES_MAX, counted as SETTINGS_MAX_HEADER_LIST_SIZE counts (names, values and
 *            32 bytes each); RN_HTTP_HEADERS_MAX headers; the longest method and target of HTTP/1. */
#ifndef RN_NET_HTTP2_HEAD_H
#define RN_NET_HTTP2_HEAD_H

#include "net/http.h"

enum {
    RN_HTTP2_FIELD_BYTES = 32,     /* what a field counts beside its bytes */
    RN_HTTP2_MORE_HEADERS_MAX = 2, /* shown beside those that came: host, :authority */
    RN_HTTP2_HEADS_TOLERATED = 8,  /* a head is refused past one limit, unheard past so many */
};

struct rn_http2_head {
    rn_str method, path, query;
    struct rn_http_header
        *headers; /* the caller's: RN_HTTP_HEADERS_MAX + RN_HTTP2_MORE_HEADERS_MAX */
    size_t header_count;
    bool has_length;
    uint64_t length; /* saturates */
    bool expects_continue;
    int status; /* what to answer when the head is refused; else 0 */

    /* The reader's. */
    struct rn_arena *arena; /* owns the bytes */
    size_t bytes, came;     /* of the list; headers */
    rn_str target, authority, host;
};

void rn_http2_head_init(struct rn_http2_head *head, struct rn_http_header *headers,
                        struct rn_arena *arena);
/* The next field. After the head was refused the rest is only counted. RN_TOO_LARGE: so far over
 * every limit that the peer means no good. RN_NOMEM. */
RN_MUST_USE rn_err rn_http2_head_add(struct rn_http2_head *head, rn_str name, rn_str value);
/* All fields are there. RN_INVALID: answer status. */
RN_MUST_USE rn_err rn_http2_head_end(struct rn_http2_head *head);

#endif
