/* crc32c.h - CRC-32C (Castagnoli), the checksum of everything Runnel stores. Uses SSE4.2 where
 * the CPU has it, with a table twin that gives the same values. */
#ifndef RN_BASE_CRC32C_H
#define RN_BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Continue `crc` (0 to begin) over `len` bytes: crc(ab) == crc32c(crc32c(0, a), b).
 * Check value: "123456789" gives 0xE3069283. */
uint32_t rn_crc32c(uint32_t crc, const void *bytes, size_t len);
/* The twin that every CPU can run; tests compare the two. */
uint32_t rn_crc32c_by_table(uint32_t crc, const void *bytes, size_t len);

#endif
