/* base64.h - standard alphabet with padding, strict; SIMD where the CPU has it, a scalar twin that
 * gives the same answers. */
#ifndef RN_CODEC_BASE64_H
#define RN_CODEC_BASE64_H

#include "base/err.h"
#include "base/str.h"

static inline size_t rn_base64_encoded_len(size_t len)
{
    return (len + 2) / 3 * 4;
}

/* Writes rn_base64_encoded_len(len) bytes, no NUL. */
void rn_base64_encode(const void *source, size_t len, char *out);
/* `out` may be the input itself (in place) and needs text.len / 4 * 3 bytes. RN_INVALID otherwise
 * with *reterr_at the index of the offending character (text.len: wrong length), and *reterr_at_last
 * set when it is the last non-pad character whose spare bits are not zero. */
RN_MUST_USE rn_err rn_base64_decode(rn_str text, char *out, size_t *ret_len, size_t *reterr_at,
                                    bool *reterr_at_last);

#endif
