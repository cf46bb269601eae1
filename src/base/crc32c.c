/* crc32c.c - the polynomial 0x1EDC6F41, reflected 0x82F63B78; initial and final value all ones.
 *
 * Two ways to the same value, chosen once: the tables of crc_slices.h, or the instruction of SSE4.2. The instruction has a latency of three cycles and a throughput of one, so long runs
 * are cut in three lanes of LANE_BYTES that advance together; their states are joined by shifting
 * one over LANE_BYTES zero bytes, a linear map of 32 bits kept as four tables of 256. */
#include "base/crc32c.h"

#include <stdbool.h>
#include <string.h>

#include "base/bytes.h"
#include "base/crc_slices.h"

enum { LANE_BYTES = 1024 };
static const uint32_t POLYNOMIAL = 0x82F63B78u;

static struct rn_crc_slices slices;
static uint32_t over_lane[4][256]; /* byte k of a state, moved over LANE_BYTES zero bytes */
static uint32_t (*chosen)(uint32_t state, const unsigned char *at, size_t len);

static uint32_t by_table(uint32_t state, const unsigned char *at, size_t len)
{
    return rn_crc_slices_step(&slices, state, at, len);
}

#if defined(__x86_64__)
static uint32_t shift_lane(uint32_t state)
{
    return over_lane[0][state & 0xff] ^ over_lane[1][(state >> 8) & 0xff] ^
           over_lane[2][(state >> 16) & 0xff] ^ over_lane[3][state >> 24];
}

__attribute__((target("sse4.2"))) static uint32_t
by_instruction(uint32_t state, const unsigned char *at, size_t len)
{
    uint64_t a = state;

    for (; len >= 3 * LANE_BYTES; at += 3 * LANE_BYTES, len -= 3 * LANE_BYTES) {
        uint64_t b = 0, c = 0;

        for (size_t i = 0; i < LANE_BYTES; i += 8) {
            a = __builtin_ia32_crc32di(a, rn_get_le64(at + i));
            b = __builtin_ia32_crc32di(b, rn_get_le64(at + i + LANE_BYTES));
            c = __builtin_ia32_crc32di(c, rn_get_le64(at + i + 2 * (size_t)LANE_BYTES));
        }
        a = shift_lane(shift_lane((uint32_t)a) ^ (uint32_t)b) ^ (uint32_t)c;
    }
    for (; len >= 8; at += 8, len -= 8) {
        a = __builtin_ia32_crc32di(a, rn_get_le64(at));
    }
    for (; len; at++, len--) {
        a = __builtin_ia32_crc32qi((uint32_t)a, *at);
    }
    return (uint32_t)a;
}
#endif

/* Before main(), so that no thread ever sees half a table. */
__attribute__((constructor)) static void choose(void)
{
    static const unsigned char zeros[LANE_BYTES];

    rn_crc_slices_fill(&slices, POLYNOMIAL);
    for (int k = 0; k < 4; k++) {
        for (int bit = 0; bit < 8; bit++) {
            over_lane[k][1u << bit] = by_table(1u << (8 * k + bit), zeros, LANE_BYTES);
        }
        for (unsigned b = 1; b < 256; b++) { /* linear: a sum of its lowest bit and the rest */
            unsigned lowest = b & -b;

            over_lane[k][b] = over_lane[k][lowest] ^ over_lane[k][b ^ lowest];
        }
    }
    chosen = by_table;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("sse4.2")) {
        chosen = by_instruction;
    }
#endif
}

uint32_t rn_crc32c(uint32_t crc, const void *bytes, size_t len)
{
    return ~chosen(~crc, bytes, len);
}

uint32_t rn_crc32c_by_table(uint32_t crc, const void *bytes, size_t len)
{
    return ~by_table(~crc, bytes, len);
}
