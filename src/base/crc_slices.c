/* crc_slices.c - see crc_slices.h. */
#include "base/crc_slices.h"

#include "base/bytes.h"

void rn_crc_slices_fill(struct rn_crc_slices *slices, uint32_t polynomial)
{
    for (unsigned b = 0; b < 256; b++) {
        uint32_t state = b;

        for (int bit = 0; bit < 8; bit++) {
            state = (state >> 1) ^ (state & 1 ? polynomial : 0);
        }
        slices->by_eight[0][b] = state;
    }
    for (int k = 1; k < 8; k++) {
        for (unsigned b = 0; b < 256; b++) {
            uint32_t before = slices->by_eight[k - 1][b];

            slices->by_eight[k][b] = slices->by_eight[0][before & 0xff] ^ (before >> 8);
        }
    }
}

uint32_t rn_crc_slices_step(const struct rn_crc_slices *slices, uint32_t state,
                            const unsigned char *at, size_t len)
{
    for (; len >= 8; at += 8, len -= 8) {
        uint64_t word = rn_get_le64(at) ^ state;

        state = 0;
        for (int k = 0; k < 8; k++) {
            state ^= slices->by_eight[7 - k][(word >> (8 * k)) & 0xff];
        }
    }
    for (; len; at++, len--) {
        state = slices->by_eight[0][(state ^ *at) & 0xff] ^ (state >> 8);
    }
    return state;
}
