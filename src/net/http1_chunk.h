/* http1_chunk.h - the decoder of chunked bodies; pure, in place.
 *
 *     *( size [;extension] CRLF data CRLF )  size 0 [;extension] CRLF  *( trailer CRLF )  CRLF
 *
 * Extensions and trailers are read, bounded and thrown away. Sizes are bare hexadecimal digits,
 * line ends are CRLF, nothing else. How the bytes were cut does not change the result. */
#ifndef RN_NET_HTTP1_CHUNK_H
#define RN_NET_HTTP1_CHUNK_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum {
    RN_HTTP1_SIZE_DIGITS_MAX = 16,
    RN_HTTP1_EXTENSION_BYTES_MAX = 256,        /* of one chunk */
    RN_HTTP1_EXTENSIONS_BYTES_MAX = 16 * 1024, /* of a body */
    RN_HTTP1_TRAILER_BYTES_MAX = 8 * 1024,     /* of a body */
};

struct rn_http1_chunk_cursor;

struct rn_http1_chunks {
    int status;                /* what to answer when the body is refused */
    uint64_t size, left;       /* of the chunk being read: its size; what is still to come */
    uint64_t total, bytes_max; /* of the body */
    unsigned digits, extension, extensions, trailer;
    /* NULL at the end. */
    rn_err (*read)(struct rn_http1_chunks *chunks, struct rn_http1_chunk_cursor *at);
};

void rn_http1_chunks_init(struct rn_http1_chunks *chunks, uint64_t bytes_max);

/* Decodes `bytes` onto itself: the data found moves to its front, *ret_data bytes long.
 * RN_OK: the body has ended after *ret_used bytes. RN_WAIT: all of it used, more to come.
 * RN_INVALID, RN_TOO_LARGE: answer status. */
RN_MUST_USE rn_err rn_http1_chunks_read(struct rn_http1_chunks *chunks, char *bytes, size_t len,
                                        size_t *ret_used, size_t *ret_data);

#endif
