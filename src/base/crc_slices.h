/* crc_slices.h - a reflected 32-bit CRC eight bytes at a time, by tables ("slicing by eight"). */
#ifndef RN_BASE_CRC_SLICES_H
#define RN_BASE_CRC_SLICES_H

#include <stddef.h>
#include <stdint.h>

struct rn_crc_slices {
    uint32_t by_eight[8][256]; /* [k][b]: byte b followed by k zero bytes */
};

void rn_crc_slices_fill(struct rn_crc_slices *slices, uint32_t polynomial);
/* From state to state: whoever calls inverts at the beginning and at the end. */
uint32_t rn_crc_slices_step(const struct rn_crc_slices *slices, uint32_t state,
                            const unsigned char *at, size_t len);

#endif
