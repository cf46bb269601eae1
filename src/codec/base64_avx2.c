/* base64_avx2.c - base64 32 characters at a time.
 *
 * Decoding. A character's two hex digits are looked up in two tables of 16 bytes (one shuffle each).
 * The high digit names a class, one bit: 2 ('+', '/'), 3 (the digits), 4 and 6 (letters, but not at
 * low digit 0), 5 and 7 (letters up to low digit A), or any other. The low digit gives the classes it
 * must not meet. So a character is foreign exactly where the two share a bit. Within a class the
 * distance from character to value is constant (only '/' needs its own), and a shuffle looks it up.
 * Two multiplications then pack four 6-bit values into 24 bits: (a * 64 + b) * 4096 + (c * 64 + d).
 *
 * Encoding. A shuffle lays three bytes out as two 16-bit words that hold b0 b1 and b1 b2; masks and
 * multiplications, which serve as shifts by a different amount per word, bring each 6-bit value into a
 * byte of its own, and the distance from value to character is looked up by range.
 *
 * Every exit runs _mm256_zeroupper(): a dirty upper half slows the SHA code of the same thread. */
#include "codec/base64_ways.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include <stdbool.h>

#define AVX2 __attribute__((target("avx2")))
#define TWICE(...) _mm256_setr_epi8(__VA_ARGS__, __VA_ARGS__)

enum {
    GROUP_CHARS = 32,
    GROUP_BYTES = 24,
    /* A store writes 32 bytes for 24: as long as so many characters are left, `out` has room. */
    STORE_CHARS_MIN = 44,
    LOAD_BYTES_MIN = 28, /* two loads of 16 bytes, 12 apart */
};

/* Distances in *ret; true when all 32 are of the alphabet. */
AVX2 static inline bool distances(__m256i text, __m256i *ret)
{
    const __m256i low_table = TWICE(0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
                                    0x13, 0x1A, 0x1B, 0x1B, 0x1B, 0x1A);
    const __m256i high_table = TWICE(0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10,
                                     0x10, 0x10, 0x10, 0x10, 0x10, 0x10);
    /* By high digit; '/' takes the place of the unused digit 1. */
    const __m256i distance = TWICE(0, 63 - '/', 62 - '+', 52 - '0', -'A', -'A', 26 - 'a', 26 - 'a',
                                   0, 0, 0, 0, 0, 0, 0, 0);
    const __m256i digit = _mm256_set1_epi8(0x0F);
    __m256i low = _mm256_and_si256(text, digit);
    __m256i high = _mm256_and_si256(_mm256_srli_epi32(text, 4), digit);
    __m256i is_slash = _mm256_cmpeq_epi8(text, _mm256_set1_epi8('/'));

    *ret = _mm256_shuffle_epi8(distance, _mm256_add_epi8(high, is_slash)); /* adds -1 */
    return _mm256_testz_si256(_mm256_shuffle_epi8(low_table, low),
                              _mm256_shuffle_epi8(high_table, high));
}

/* 32 values of 6 bits to 24 bytes, which come to lie first. */
AVX2 static inline __m256i pack(__m256i values)
{
    const __m256i order = TWICE(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
    __m256i pairs = _mm256_maddubs_epi16(values, _mm256_set1_epi32(0x01400140));
    __m256i groups = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00011000));

    return _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(groups, order),
                                       _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7));
}

AVX2 static inline __m256i load(const unsigned char *at)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)at);
}

AVX2 static inline void store(char *at, __m256i bytes)
{
    _mm256_storeu_si256((__m256i *)(void *)at, bytes);
}

AVX2 static size_t decode(const unsigned char *text, size_t len, char *out)
{
    size_t at = 0;
    __m256i first_distance, second_distance;

    /* In place: both loads come before the first store, and a store ends before the next load. */
    for (; len - at >= GROUP_CHARS + STORE_CHARS_MIN;
         at += 2 * GROUP_CHARS, out += 2 * GROUP_BYTES) {
        __m256i first = load(text + at), second = load(text + at + GROUP_CHARS);
        bool first_fits = distances(first, &first_distance),
             second_fits = distances(second, &second_distance);

        if (!first_fits || !second_fits) {
            break;
        }
        store(out, pack(_mm256_add_epi8(first, first_distance)));
        store(out + GROUP_BYTES, pack(_mm256_add_epi8(second, second_distance)));
    }
    for (; len - at >= STORE_CHARS_MIN; at += GROUP_CHARS, out += GROUP_BYTES) {
        __m256i chars = load(text + at);

        if (!distances(chars, &first_distance)) {
            break;
        }
        store(out, pack(_mm256_add_epi8(chars, first_distance)));
    }
    _mm256_zeroupper();
    return at;
}

AVX2 static inline __m256i load_bytes(const unsigned char *at)
{
    __m128i low = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i high = _mm_loadu_si128((const __m128i *)(const void *)(at + GROUP_BYTES / 2));

    return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
}

AVX2 static inline __m256i characters(__m256i bytes)
{
    const __m256i order = TWICE(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10);
    /* By range: a-z, ten digits, '+', '/', A-Z. */
    const __m256i distance =
        TWICE('a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
              '0' - 52, '0' - 52, '0' - 52, '+' - 62, '/' - 63, 'A', 0, 0);
    __m256i words = _mm256_shuffle_epi8(bytes, order);
    __m256i even = _mm256_mulhi_epu16(_mm256_and_si256(words, _mm256_set1_epi32(0x0FC0FC00)),
                                      _mm256_set1_epi32(0x04000040));
    __m256i odd = _mm256_mullo_epi16(_mm256_and_si256(words, _mm256_set1_epi32(0x003F03F0)),
                                     _mm256_set1_epi32(0x01000010));
    __m256i values = _mm256_or_si256(even, odd);
    __m256i range = _mm256_subs_epu8(values, _mm256_set1_epi8(51));
    __m256i is_upper = _mm256_cmpgt_epi8(_mm256_set1_epi8(26), values);

    range = _mm256_or_si256(range, _mm256_and_si256(is_upper, _mm256_set1_epi8(13)));
    return _mm256_add_epi8(values, _mm256_shuffle_epi8(distance, range));
}

AVX2 static size_t encode(const unsigned char *bytes, size_t len, char *out)
{
    size_t at = 0;

    for (; len - at >= GROUP_BYTES + LOAD_BYTES_MIN;
         at += 2 * GROUP_BYTES, out += 2 * GROUP_CHARS) {
        store(out, characters(load_bytes(bytes + at)));
        store(out + GROUP_CHARS, characters(load_bytes(bytes + at + GROUP_BYTES)));
    }
    for (; len - at >= LOAD_BYTES_MIN; at += GROUP_BYTES, out += GROUP_CHARS) {
        store(out, characters(load_bytes(bytes + at)));
    }
    _mm256_zeroupper();
    return at;
}

const struct rn_base64_way rn_base64_avx2 = {"avx2", encode, decode};
#else

static size_t leave_all(const unsigned char *from, size_t len, char *out)
{
    (void)from;
    (void)len;
    (void)out;
    return 0;
}

const struct rn_base64_way rn_base64_avx2 = {"none", leave_all, leave_all};
#endif
