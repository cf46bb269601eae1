/* base64.c - the scalar way, padding, and which way this CPU takes. */
#include "codec/base64.h"
#include "codec/base64_ways.h"

#include <assert.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The value of a character, 0xFF outside the alphabet. */
#define NO 0xFF
static const unsigned char values[256] = {
    /* clang-format off */
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, 62, NO, NO, NO, 63,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, NO, NO, NO, NO, NO, NO,
    NO,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, NO, NO, NO, NO, NO,
    NO, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    /* clang-format on */
};

static size_t encode_scalar(const unsigned char *bytes, size_t len, char *out)
{
    size_t at = 0;

    for (; len - at >= 3; at += 3, out += 4) {
        unsigned bits = (unsigned)bytes[at] << 16 | (unsigned)bytes[at + 1] << 8 | bytes[at + 2];

        out[0] = alphabet[bits >> 18];
        out[1] = alphabet[bits >> 12 & 63];
        out[2] = alphabet[bits >> 6 & 63];
        out[3] = alphabet[bits & 63];
    }
    return at;
}

static size_t decode_scalar(const unsigned char *text, size_t len, char *out)
{
    size_t at = 0;

    for (; len - at >= 4; at += 4, out += 3) {
        unsigned a = values[text[at]], b = values[text[at + 1]], c = values[text[at + 2]],
                 d = values[text[at + 3]];

        if ((a | b | c | d) == NO || ((a | b | c | d) & 0xC0)) {
            break;
        }
        out[0] = (char)(a << 2 | b >> 4);
        out[1] = (char)(b << 4 | c >> 2);
        out[2] = (char)(c << 6 | d);
    }
    return at;
}

const struct rn_base64_way rn_base64_scalar = {"scalar", encode_scalar, decode_scalar};

const struct rn_base64_way *rn_base64_best(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        return &rn_base64_avx2;
    }
#endif
    return &rn_base64_scalar;
}

void rn_base64_encode(const void *source, size_t len, char *out)
{
    const unsigned char *bytes = source;
    size_t at = len >= 3 ? rn_base64_best()->encode(bytes, len, out) : 0;

    at += encode_scalar(bytes + at, len - at, out + at / 3 * 4);
    out += at / 3 * 4;
    if (len - at == 1) {
        out[0] = alphabet[bytes[at] >> 2];
        out[1] = alphabet[(bytes[at] & 3) << 4];
        out[2] = out[3] = '=';
    } else if (len - at == 2) {
        out[0] = alphabet[bytes[at] >> 2];
        out[1] = alphabet[(bytes[at] & 3) << 4 | bytes[at + 1] >> 4];
        out[2] = alphabet[(bytes[at + 1] & 15) << 2];
        out[3] = '=';
    }
}

/* The group at `text`, of which `significant` characters are no padding: the index of the first
 * foreign one, or `significant`. */
static size_t foreign(const unsigned char *text, size_t significant)
{
    size_t i = 0;

    while (i < significant && values[text[i]] != NO) {
        i++;
    }
    return i;
}

/* The last group, which alone may be padded. Bytes written: 1 to 3, or 0 with the two reterr set. */
static size_t decode_last(const unsigned char *text, char *out, size_t *reterr_at,
                          bool *reterr_at_last)
{
    size_t significant = text[3] != '=' ? 4 : text[2] != '=' ? 3 : 2;
    size_t bad = foreign(text, significant);
    unsigned bits = 0;

    *reterr_at = bad;
    *reterr_at_last = false;
    if (bad < significant) {
        return 0;
    }
    for (size_t i = 0; i < 4; i++) {
        bits = bits << 6 | (i < significant ? values[text[i]] : 0U);
    }
    if (bits & ((1U << 8 * (4 - significant)) - 1)) { /* bits that no byte takes */
        *reterr_at = significant - 1;
        *reterr_at_last = true;
        return 0;
    }
    for (size_t i = 0; i + 1 < significant; i++) {
        out[i] = (char)(bits >> (16 - 8 * i));
    }
    return significant - 1;
}

rn_err rn_base64_decode(rn_str text, char *out, size_t *ret_len, size_t *reterr_at,
                        bool *reterr_at_last)
{
    const unsigned char *from = (const unsigned char *)text.data;
    size_t bulk, at, last;

    *reterr_at_last = false;
    if (text.len % 4 != 0) {
        *reterr_at = text.len;
        return RN_INVALID;
    }
    if (text.len == 0) {
        *ret_len = 0;
        return RN_OK;
    }
    bulk = text.len - 4;
    at = rn_base64_best()->decode(from, bulk, out);
    at += decode_scalar(from + at, bulk - at, out + at / 4 * 3);
    assert(at % 4 == 0 && at <= bulk);
    if (at < bulk) {
        *reterr_at = at + foreign(from + at, 4);
        return RN_INVALID;
    }
    last = decode_last(from + at, out + at / 4 * 3, reterr_at, reterr_at_last);
    if (last == 0) {
        *reterr_at += at;
        return RN_INVALID;
    }
    *ret_len = at / 4 * 3 + last;
    return RN_OK;
}
