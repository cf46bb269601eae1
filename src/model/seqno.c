/* seqno.c - sequence numbers to and from decimal.
 *
 * A number is three 64-bit words, least significant first. Its fields, as first bit and width:
 *
 *   version 2   0 version 4 | 4 shard index 32 | 36 record time 36 | 72 zero 8 | 80 seqIx 64
 *               | 144 low nibble of the index 4 | 148 creation 36 | 184 the digit 2
 *   version 1   0 version 4 | 4 shard index 32 | 36 counter 8 | 44 noise 56 | 100 record time 36
 *               | 136 zero 8 | 144 nibble 4 | 148 creation 36 | 184 the digit 2
 *   version 0   0 shard index 16 | 16 noise 64 | 80 zero 8 | 88 creation 36 | 124 the digit 1,
 *               which may be left out
 *
 * A version 2 number always has DIGITS decimal digits: 2^185 and 1.5 * 2^185 both do. */
#include "model/seqno.h"

#include <assert.h>

#include "model/shard.h" /* rn_u128 */

enum { WORDS = 3, DIGITS = 56, CHUNK_DIGITS = 19, TOP_DIGITS = DIGITS - 2 * CHUNK_DIGITS };

#define CHUNK \
    10000000000000000000u /* 10^CHUNK_DIGITS; its top bit is set, as divide_chunk needs  \
                                     */
#define CHUNK_INVERSE ((uint64_t)(~(rn_u128)0 / CHUNK)) /* floor((2^128 - 1) / CHUNK) - 2^64 */
#define CREATED_S_END 16025175000 /* the service calls this second and later ones invalid */
#define SECONDS_MASK (((uint64_t)1 << 36) - 1)

static const char digit_pairs[] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
    "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
    "8081828384858687888990919293949596979899";

/* (high * 2^64 + low) / CHUNK for high < CHUNK, with a multiplication by the precomputed inverse in
 * place of a 128-bit division: guess from the high half, then correct by at most two. */
static inline uint64_t divide_chunk(uint64_t high, uint64_t low, uint64_t *ret_rest)
{
    rn_u128 guess = (rn_u128)CHUNK_INVERSE * high + ((rn_u128)high << 64 | low);
    uint64_t quotient = (uint64_t)(guess >> 64) + 1;
    uint64_t rest = low - quotient * CHUNK;

    if (rest > (uint64_t)guess) {
        quotient--;
        rest += CHUNK;
    }
    if (rest >= CHUNK) {
        quotient++;
        rest -= CHUNK;
    }
    *ret_rest = rest;
    return quotient;
}

static inline void write_pair(unsigned value, char *text)
{
    memcpy(text, digit_pairs + 2 * (size_t)value, 2);
}

/* Exactly 8 digits. */
static inline void write_8(uint32_t value, char *text)
{
    uint32_t high = value / 10000, low = value % 10000;

    write_pair(high / 100, text);
    write_pair(high % 100, text + 2);
    write_pair(low / 100, text + 4);
    write_pair(low % 100, text + 6);
}

/* Exactly 18 digits. */
static inline void write_18(uint64_t value, char *text)
{
    uint64_t rest = value % 10000000000000000u;

    write_pair((unsigned)(value / 10000000000000000u), text);
    write_8((uint32_t)(rest / 100000000), text + 2);
    write_8((uint32_t)(rest % 100000000), text + 10);
}

static inline void write_19(uint64_t value, char *text)
{
    *text = (char)('0' + (int)(value / 1000000000000000000u));
    write_18(value % 1000000000000000000u, text + 1);
}

static size_t words_format(const uint64_t *words, char *text)
{
    uint64_t rest, low, middle, top;

    assert(words[2] >> 56 == 2); /* so the first quotient word is 0, and DIGITS digits come out */
    top = divide_chunk(words[2], words[1], &rest);
    middle = divide_chunk(rest, words[0], &low);
    top = divide_chunk(top, middle, &middle);
    write_18(top, text);
    write_19(middle, text + TOP_DIGITS);
    write_19(low, text + TOP_DIGITS + CHUNK_DIGITS);
    text[DIGITS] = '\0';
    return DIGITS;
}

static inline void words_pack(int64_t created_s, uint64_t ix, int64_t time_s, uint32_t shard_index,
                              uint64_t *words)
{
    uint64_t time = (uint64_t)time_s;

    words[0] = 2 | (uint64_t)shard_index << 4 | time << 36;
    words[1] = time >> 28 | ix << 16;
    words[2] = ix >> 48 | (uint64_t)(shard_index & 15) << 16 | (uint64_t)created_s << 20 |
               (uint64_t)2 << 56;
}

size_t rn_seqno_format(const struct rn_seqno *seqno, char *text)
{
    uint64_t words[WORDS];

    assert(seqno->shard_created_s >= 0 && seqno->shard_created_s < CREATED_S_END);
    assert(seqno->time_s >= 0 && (uint64_t)seqno->time_s <= SECONDS_MASK);
    assert(seqno->ix <= RN_SEQNO_IX_MAX);
    words_pack(seqno->shard_created_s, seqno->ix, seqno->time_s, (uint32_t)seqno->shard_index,
               words);
    return words_format(words, text);
}

size_t rn_seqno_format_record(int64_t shard_created_s, uint32_t shard_index, uint64_t offset,
                              char *text)
{
    uint64_t words[WORDS];

    assert(shard_created_s >= 0 && shard_created_s < CREATED_S_END && offset < RN_SEQNO_IX_MAX - 1);
    words_pack(shard_created_s, offset + 1, shard_created_s, shard_index, words);
    return words_format(words, text);
}

/* RN_INVALID: no digits, a needless leading zero, or a number that three words cannot hold. */
static rn_err words_parse(rn_str text, uint64_t *words)
{
    if (text.len == 0 || text.len > DIGITS || (text.len > 1 && text.data[0] == '0')) {
        return RN_INVALID;
    }
    for (size_t i = 0; i < text.len; i++) {
        rn_u128 carry = (unsigned)(unsigned char)text.data[i] - '0';

        if (carry > 9) {
            return RN_INVALID;
        }
        for (size_t w = 0; w < WORDS;
             w++) { /* 10^DIGITS < 2^192: nothing is carried out of the last */
            carry += (rn_u128)words[w] * 10;
            words[w] = (uint64_t)carry;
            carry >>= 64;
        }
    }
    return RN_OK;
}

/* `bits` (at most 64) of the number from bit `from`. */
static uint64_t field(const uint64_t *words, unsigned from, unsigned bits)
{
    unsigned word = from / 64, shift = from % 64;
    uint64_t value = words[word] >> shift;

    if (shift && word + 1 < WORDS) {
        value |= words[word + 1] << (64 - shift);
    }
    return bits == 64 ? value : value & (((uint64_t)1 << bits) - 1);
}

static void read_version_0(const uint64_t *words, struct rn_seqno *ret_seqno)
{
    *ret_seqno = (struct rn_seqno){
        .version = 0,
        .shard_created_s = (int64_t)field(words, 88, 36),
        .time_s = (int64_t)field(words, 88, 36),
        .shard_index = (int64_t)field(words, 0, 16),
    };
}

static void read_version_1(const uint64_t *words, struct rn_seqno *ret_seqno)
{
    *ret_seqno = (struct rn_seqno){
        .version = 1,
        .shard_created_s = (int64_t)field(words, 148, 36),
        .ix = field(words, 36, 8),
        .time_s = (int64_t)field(words, 100, 36),
        .shard_index = (int32_t)(uint32_t)field(words, 4, 32),
    };
}

static void read_version_2(const uint64_t *words, struct rn_seqno *ret_seqno)
{
    *ret_seqno = (struct rn_seqno){
        .version = 2,
        .shard_created_s = (int64_t)field(words, 148, 36),
        .ix = field(words, 80, 64),
        .time_s = (int64_t)field(words, 36, 36),
        .shard_index = (int32_t)(uint32_t)field(words, 4, 32),
    };
}

rn_err rn_seqno_parse(rn_str text, struct rn_seqno *ret_seqno)
{
    uint64_t words[WORDS] = {0};
    struct rn_seqno seqno;
    rn_err err = words_parse(text, words);

    if (err) {
        return err;
    }
    if (words[2] == 0 &&
        words[1] >> 61 == 0) { /* below 2^125: with or without the leading digit 1 */
        read_version_0(words, &seqno);
    } else if (words[2] >> 56 == 2 && (words[0] & 15) == 1) {
        read_version_1(words, &seqno);
    } else if (words[2] >> 56 == 2 && (words[0] & 15) == 2) {
        read_version_2(words, &seqno);
    } else {
        return RN_INVALID;
    }
    if (seqno.shard_created_s >= CREATED_S_END || seqno.ix > RN_SEQNO_IX_MAX) {
        return RN_INVALID;
    }
    *ret_seqno = seqno;
    return RN_OK;
}
