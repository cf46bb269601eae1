/* Base64.
 *
 * HOLDS      Decoding accepts what encoding writes and nothing else: what decodes encodes to itself,
 *            in place and aside. A refusal names a place that explains it, the same for every way,
 *            and leaves the text from there on. Any bytes come back from their encoding. */
#include <assert.h>
#include <stdlib.h>

#include "codec/base64.h"
#include "codec/base64_ways.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *room(size_t len)
{
    char *bytes = malloc(len ? len : 1);

    assert(bytes);
    return bytes;
}

static char *copy_of(const void *bytes, size_t len)
{
    char *copy = room(len);

    if (len > 0) {
        memcpy(copy, bytes, len);
    }
    return copy;
}

static bool is_in_alphabet(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
}

static void check_refusal(const uint8_t *text, size_t len, size_t at, bool at_last)
{
    if (len % 4 != 0) {
        assert(at == len && !at_last);
        return;
    }
    assert(at < len);
    for (size_t i = 0; i < at; i++) {
        assert(is_in_alphabet(text[i]));
    }
    assert(is_in_alphabet(text[at]) == at_last);
}

static void check_text(const uint8_t *text, size_t len)
{
    char *aside = room(len / 4 * 3), *in_place = copy_of(text, len), *from = copy_of(text, len);
    size_t count, count_in_place, at, at_in_place;
    bool at_last, at_last_in_place;
    rn_err err = rn_base64_decode(rn_str_make(from, len), aside, &count, &at, &at_last);

    assert(rn_base64_decode(rn_str_make(in_place, len), in_place, &count_in_place, &at_in_place,
                            &at_last_in_place) == err);
    assert(len == 0 || memcmp(from, text, len) == 0);
    if (err == RN_OK) {
        char *again = room(len);

        assert(count == count_in_place && rn_base64_encoded_len(count) == len);
        assert(count == 0 || memcmp(aside, in_place, count) == 0);
        rn_base64_encode(aside, count, again);
        assert(len == 0 || memcmp(again, text, len) == 0);
        free(again);
    } else {
        assert(at == at_in_place && at_last == at_last_in_place);
        check_refusal(text, len, at, at_last);
        if (at < len) {
            assert(memcmp(in_place + at / 4 * 4, text + at / 4 * 4, len - at / 4 * 4) == 0);
        }
    }
    free(aside);
    free(in_place);
    free(from);
}

/* What one way takes, the scalar one takes too, with the same result. */
static void check_ways(const uint8_t *text, size_t len)
{
    const struct rn_base64_way *best = rn_base64_best();
    char *by_best = room(len / 4 * 3), *by_scalar = room(len / 4 * 3), *from = copy_of(text, len);
    size_t groups = len / 4 * 4;
    size_t taken = best->decode((const unsigned char *)from, groups, by_best);
    size_t all = rn_base64_scalar.decode((const unsigned char *)from, groups, by_scalar);

    assert(taken <= all && taken % 4 == 0);
    assert(taken == 0 || memcmp(by_best, by_scalar, taken / 4 * 3) == 0);
    free(by_best);
    free(by_scalar);
    free(from);
}

static void check_bytes(const uint8_t *data, size_t len)
{
    size_t chars = rn_base64_encoded_len(len), count, at;
    char *text = room(chars), *bytes = copy_of(data, len);
    bool at_last;

    rn_base64_encode(bytes, len, text);
    assert(rn_base64_decode(rn_str_make(text, chars), text, &count, &at, &at_last) == RN_OK);
    assert(count == len && (len == 0 || memcmp(text, data, len) == 0));
    free(text);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_text(data, size);
    check_ways(data, size);
    check_bytes(data, size);
    return 0;
}
