/* crc32.h - CRC-32 of IEEE 802.3, as zlib's: the checksum of event-stream messages. */
#ifndef RN_BASE_CRC32_H
#define RN_BASE_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* Continue `crc` (0 to begin) over `len` bytes: crc(ab) == crc32(crc32(0, a), b).
 * Check value: "123456789" gives 0xCBF43926. */
uint32_t rn_crc32(uint32_t crc, const void *bytes, size_t len);

#endif
