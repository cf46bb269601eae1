/* base64_ways.h - the ways to do the bulk of base64 (inside the room, and for tests).
 *
 * A way takes whole groups only, four characters for three bytes without padding, and may stop early:
 * the scalar way then goes on. Decoding stops before the first group with a foreign character; what
 * it wrote for the groups before is final, and in place no character behind them is touched. */
#ifndef RN_CODEC_BASE64_WAYS_H
#define RN_CODEC_BASE64_WAYS_H

#include <stddef.h>

struct rn_base64_way {
    const char *name;
    /* Bytes taken, a multiple of 3; out gets 4 characters for every 3. */
    size_t (*encode)(const unsigned char *bytes, size_t len, char *out);
    /* Characters taken, a multiple of 4; `out` has room for len / 4 * 3 bytes. */
    size_t (*decode)(const unsigned char *text, size_t len, char *out);
};

extern const struct rn_base64_way rn_base64_scalar;
extern const struct rn_base64_way
    rn_base64_avx2; /* defined everywhere, works where the CPU has it */
/* The best of this CPU. */
const struct rn_base64_way *rn_base64_best(void);

#endif
