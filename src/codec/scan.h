/* scan.h - where plain text ends: the next byte that means something in a JSON string.
 *
 * Special are the quote, the backslash, the control characters below 0x20 and every byte from 0x80
 * on (the caller checks that UTF-8 is well-formed). SIMD where the CPU has it. */
#ifndef RN_CODEC_SCAN_H
#define RN_CODEC_SCAN_H

#include <stddef.h>

/* The first special byte of [at, end), or `end`. Reads nothing past `end`. */
const char *rn_scan_text(const char *at, const char *end);

/* For tests: every way this CPU can do it, the scalar one first; all answer the same. */
struct rn_scan_way {
    const char *name;
    const char *(*scan)(const char *at, const char *end);
};
size_t rn_scan_ways(struct rn_scan_way *ret_ways, size_t room);

#endif
