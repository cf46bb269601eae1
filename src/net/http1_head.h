/* http1_head.h - the head of an HTTP/1 request: bytes in, typed fields out; pure.
 *
 *     method SP target SP HTTP/1.1 CRLF      one empty line before it is passed over
 *     *( name ":" blanks value blanks CRLF )
 *     CRLF
 *
 * STRICT    What two parsers could read differently is refused, never repaired: folded lines, a
 *           bare CR or LF, NUL and other control bytes, a blank before the colon, several
 *           Content-Length or Host, Content-Length with Transfer-Encoding, any coding but chunked.
 *           HTTP/1.0 too: it frames and keeps connections by other rules, and no client needs it.
 * LIMITS    the request line RN_HTTP_REQUEST_LINE_BYTES_MAX, all RN_HTTP_HEAD_BYTES_MAX,
 *           RN_HTTP_HEADERS_MAX header lines.
 * IN PIECES Reading goes line by line; how the bytes were cut into pieces does not change the
 * result. Slices point into the caller's bytes, which therefore stay where they are. */
#ifndef RN_NET_HTTP1_HEAD_H
#define RN_NET_HTTP1_HEAD_H

#include "net/http.h"

struct rn_http1_head {
    rn_str method, path, query;
    struct rn_http_header *headers; /* the caller's, room for RN_HTTP_HEADERS_MAX */
    size_t header_count;
    bool has_length;
    uint64_t length; /* saturates */
    bool is_chunked;
    bool keeps_alive; /* what the client wishes */
    bool expects_continue;
    int status; /* what to answer when the head is refused */

    /* The parser's. */
    rn_err (*read_line)(struct rn_http1_head *head, rn_str line); /* NULL at the end */
    size_t line_at, scanned; /* start of the line being read; how far no LF was found */
    bool passed_empty_line, has_host, says_close, expects_other;
};

void rn_http1_head_init(struct rn_http1_head *head, struct rn_http_header *headers);

/* `bytes`: all that came of this request so far, at the same address in each call.
 * RN_OK: whole, *ret_used bytes long. RN_WAIT: call again with more. RN_INVALID: answer status. */
RN_MUST_USE rn_err rn_http1_head_read(struct rn_http1_head *head, const char *bytes, size_t len,
                                      size_t *ret_used);

#endif
