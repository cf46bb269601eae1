/* bytes.h - integers to and from bytes, field by field; never a raw struct on disk or wire. */
#ifndef RN_BASE_BYTES_H
#define RN_BASE_BYTES_H

#include <stdint.h>
#include <string.h>

#define RN_BYTES_PAIR(bits, end, swap)                                    \
    static inline void rn_put_##end##bits(void *at, uint##bits##_t value) \
    {                                                                     \
        value = swap(value);                                              \
        memcpy(at, &value, sizeof(value));                                \
    }                                                                     \
    static inline uint##bits##_t rn_get_##end##bits(const void *at)       \
    {                                                                     \
        uint##bits##_t value;                                             \
        memcpy(&value, at, sizeof(value));                                \
        return swap(value);                                               \
    }

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define RN_SAME(x) (x)
RN_BYTES_PAIR(16, le, RN_SAME)
RN_BYTES_PAIR(32, le, RN_SAME)
RN_BYTES_PAIR(64, le, RN_SAME)
RN_BYTES_PAIR(16, be, __builtin_bswap16)
RN_BYTES_PAIR(32, be, __builtin_bswap32)
RN_BYTES_PAIR(64, be, __builtin_bswap64)
#else
#error "Runnel is built for little-endian machines (amd64, arm64)"
#endif

#endif
