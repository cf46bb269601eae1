/* scan.c - 16 or 32 bytes at a time on amd64, byte by byte elsewhere.
 *
 * One signed comparison finds two of the four kinds: taken as signed numbers, both the control
 * characters and the bytes from 0x80 on are below 0x20. */
#include "codec/scan.h"

#include <stdbool.h>

static bool is_special(char c)
{
    return (signed char)c < 0x20 || c == '"' || c == '\\';
}

static const char *scan_scalar(const char *at, const char *end)
{
    while (at < end && !is_special(*at)) {
        at++;
    }
    return at;
}

#if defined(__x86_64__)
#include <immintrin.h>

static const char *scan_sse2(const char *at, const char *end)
{
    const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'),
                  low = _mm_set1_epi8(0x20);

    for (; end - at >= 16; at += 16) {
        __m128i text = _mm_loadu_si128((const __m128i *)(const void *)at);
        __m128i hits =
            _mm_or_si128(_mm_cmplt_epi8(text, low),
                         _mm_or_si128(_mm_cmpeq_epi8(text, quote), _mm_cmpeq_epi8(text, slash)));
        unsigned mask = (unsigned)_mm_movemask_epi8(hits);

        if (mask) {
            return at + __builtin_ctz(mask);
        }
    }
    return scan_scalar(at, end);
}

__attribute__((target("avx2"))) static inline __m256i hits_avx2(__m256i text)
{
    __m256i marks = _mm256_or_si256(_mm256_cmpeq_epi8(text, _mm256_set1_epi8('"')),
                                    _mm256_cmpeq_epi8(text, _mm256_set1_epi8('\\')));

    return _mm256_or_si256(marks, _mm256_cmpgt_epi8(_mm256_set1_epi8(0x20), text));
}

/* Two vectors a turn; on a hit the loop behind finds out which. */
__attribute__((target("avx2"))) static const char *scan_avx2(const char *at, const char *end)
{
    for (; end - at >= 64; at += 64) {
        __m256i first = hits_avx2(_mm256_loadu_si256((const __m256i *)(const void *)at));
        __m256i second = hits_avx2(_mm256_loadu_si256((const __m256i *)(const void *)(at + 32)));

        if (_mm256_movemask_epi8(_mm256_or_si256(first, second))) {
            break;
        }
    }
    for (; end - at >= 32; at += 32) {
        unsigned mask = (unsigned)_mm256_movemask_epi8(
            hits_avx2(_mm256_loadu_si256((const __m256i *)(const void *)at)));

        if (mask) {
            _mm256_zeroupper();
            return at + __builtin_ctz(mask);
        }
    }
    _mm256_zeroupper();
    return scan_sse2(at, end);
}

const char *rn_scan_text(const char *at, const char *end)
{
    return __builtin_cpu_supports("avx2") ? scan_avx2(at, end) : scan_sse2(at, end);
}
#else
const char *rn_scan_text(const char *at, const char *end)
{
    return scan_scalar(at, end);
}
#endif

size_t rn_scan_ways(struct rn_scan_way *ret_ways, size_t room)
{
    struct rn_scan_way ways[3] = {{"scalar", scan_scalar}};
    size_t count = 1;

#if defined(__x86_64__)
    ways[count++] = (struct rn_scan_way){"sse2", scan_sse2};
    if (__builtin_cpu_supports("avx2")) {
        ways[count++] = (struct rn_scan_way){"avx2", scan_avx2};
    }
#endif
    for (size_t i = 0; i < count && i < room; i++) {
        ret_ways[i] = ways[i];
    }
    return count < room ? count : room;
}
