/* Base64: every way of this CPU against a bit-by-bit oracle, for every length up to 300. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "codec/base64.h"
#include "codec/base64_ways.h"

enum { LEN_MAX = 300, TEXT_MAX = (LEN_MAX + 2) / 3 * 4 };

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Exactly as long as needed, so that a sanitizer sees a byte too far. */
static void *exactly(const void *bytes, size_t len)
{
    void *copy = malloc(len ? len : 1);

    assert_non_null(copy);
    if (len > 0) {
        memcpy(copy, bytes, len);
    }
    return copy;
}

static void fill(unsigned char *bytes, size_t len, unsigned seed)
{
    for (size_t i = 0; i < len; i++) {
        seed = seed * 1664525u + 1013904223u;
        bytes[i] = (unsigned char)(seed >> 24);
    }
}

static size_t oracle_encode(const unsigned char *bytes, size_t len, char *out)
{
    size_t chars = (len * 8 + 5) / 6, count = 0;

    for (size_t i = 0; i < chars; i++) {
        unsigned value = 0;

        for (size_t bit = i * 6; bit < i * 6 + 6; bit++) {
            value = value * 2 + (bit / 8 < len ? bytes[bit / 8] >> (7 - bit % 8) & 1u : 0u);
        }
        out[count++] = alphabet[value];
    }
    while (count % 4) {
        out[count++] = '=';
    }
    return count;
}

static void encoding_is_that_of_the_oracle_for_every_length(void **state)
{
    unsigned char bytes[LEN_MAX];
    char wanted[TEXT_MAX];

    (void)state;
    for (size_t len = 0; len <= LEN_MAX; len++) {
        unsigned char *from;
        char *out;
        size_t count;

        fill(bytes, len, (unsigned)len);
        count = oracle_encode(bytes, len, wanted);
        assert_int_equal(count, rn_base64_encoded_len(len));
        from = exactly(bytes, len);
        out = exactly(wanted, count);
        memset(out, 0, count);
        rn_base64_encode(from, len, out);
        assert_memory_equal(out, wanted, count);
        free(from);
        free(out);
    }
}

static void decoding_gives_the_bytes_back_for_every_length(void **state)
{
    unsigned char bytes[LEN_MAX];
    char text[TEXT_MAX];

    (void)state;
    for (size_t len = 0; len <= LEN_MAX; len++) {
        size_t count, decoded, at;
        char *from, *out;
        bool at_last;

        fill(bytes, len, (unsigned)len + 7);
        count = oracle_encode(bytes, len, text);
        from = exactly(text, count);
        out = malloc(count / 4 * 3 + 1);
        assert_non_null(out);
        assert_int_equal(rn_base64_decode(rn_str_make(from, count), out, &decoded, &at, &at_last),
                         RN_OK);
        assert_int_equal(decoded, len);
        assert_memory_equal(out, bytes, len);
        assert_memory_equal(from, text, count);
        assert_int_equal(rn_base64_decode(rn_str_make(from, count), from, &decoded, &at, &at_last),
                         RN_OK);
        assert_int_equal(decoded, len);
        assert_memory_equal(from, bytes, len);
        free(from);
        free(out);
    }
}

static void every_way_takes_whole_groups_and_agrees_with_the_oracle(void **state)
{
    const struct rn_base64_way *ways[] = {&rn_base64_scalar, rn_base64_best()};
    unsigned char bytes[LEN_MAX];
    char text[TEXT_MAX];

    (void)state;
    for (size_t w = 0; w < sizeof(ways) / sizeof(ways[0]); w++) {
        for (size_t len = 0; len <= LEN_MAX; len++) {
            char *out = malloc(TEXT_MAX + 1), *from;
            size_t count, taken;

            assert_non_null(out);
            fill(bytes, len, (unsigned)len * 3);
            count = oracle_encode(bytes, len, text);
            taken = ways[w]->encode(bytes, len, out);
            assert_true(taken % 3 == 0 && taken <= len);
            assert_memory_equal(out, text, taken / 3 * 4);
            free(out);
            count = len / 3 * 4; /* without the padded group */
            from = exactly(text, count);
            out = malloc(count / 4 * 3 + 1);
            assert_non_null(out);
            taken = ways[w]->decode((const unsigned char *)from, count, out);
            assert_true(taken % 4 == 0 && taken <= count);
            assert_memory_equal(out, bytes, taken / 4 * 3);
            free(from);
            free(out);
        }
    }
}

static void the_scalar_way_takes_all_there_is(void **state)
{
    unsigned char bytes[LEN_MAX];
    char text[TEXT_MAX];

    (void)state;
    fill(bytes, sizeof(bytes), 1);
    assert_int_equal(rn_base64_scalar.encode(bytes, LEN_MAX, text), LEN_MAX);
    assert_int_equal(rn_base64_scalar.decode((const unsigned char *)text, TEXT_MAX, (char *)bytes),
                     TEXT_MAX);
}

/* Each of the 256 bytes at each place of a text of 100: told where it stands unless it may be there. */
static void a_foreign_character_is_told_with_its_place(void **state)
{
    unsigned char bytes[75];
    char text[104], out[104];

    (void)state;
    fill(bytes, sizeof(bytes), 5);
    assert_int_equal(oracle_encode(bytes, sizeof(bytes), text), 100);
    for (size_t place = 0; place < 100; place++) {
        for (unsigned c = 0; c < 256; c++) {
            size_t len, at;
            bool at_last;
            char *from = exactly(text, 100);
            bool is_good = c != 0 && strchr(alphabet, (int)c) != NULL;
            rn_err err;

            from[place] = (char)c;
            err = rn_base64_decode(rn_str_make(from, 100), out, &len, &at, &at_last);
            if (is_good) {
                assert_int_equal(err, RN_OK);
            } else if (c == '=' && place == 99) { /* padding: good when no bits are lost */
                assert_true(err == RN_OK ? len == 74 : at_last && at == 98);
            } else {
                assert_int_equal(err, RN_INVALID);
                assert_int_equal(at, place);
                assert_false(at_last);
            }
            free(from);
        }
    }
}

/* In place, what stands in front of the offender is decoded and what stands behind is untouched. */
static void a_failure_in_place_leaves_the_rest_of_the_text(void **state)
{
    unsigned char bytes[225];
    char text[300];

    (void)state;
    fill(bytes, sizeof(bytes), 9);
    (void)oracle_encode(bytes, sizeof(bytes), text);
    for (size_t place = 0; place < sizeof(text); place++) {
        size_t len, at, group = place / 4;
        bool at_last;
        char *from = exactly(text, sizeof(text));

        from[place] = '!';
        assert_int_equal(
            rn_base64_decode(rn_str_make(from, sizeof(text)), from, &len, &at, &at_last),
            RN_INVALID);
        assert_int_equal(at, place);
        assert_memory_equal(from, bytes, group * 3);
        assert_int_equal(from[place], '!');
        assert_memory_equal(from + place + 1, text + place + 1, sizeof(text) - place - 1);
        free(from);
    }
}

static void wrong_padding_is_refused_with_its_reason(void **state)
{
    static const struct {
        const char *text;
        size_t at;
        bool at_last;
    } rows[] = {
        {"A", 1, false},        {"AB", 2, false},   {"ABC", 3, false},      {"ABCDE", 5, false},
        {"=AAA", 0, false},     {"A===", 1, false}, {"====", 0, false},     {"AA=A", 2, false},
        {"AB==", 1, true},      {"AAB=", 2, true},  {"AA==AAAA", 2, false}, {"AAAAAB==", 5, true},
        {"AAAAA===", 5, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char out[8];
        size_t len = 77, at;
        bool at_last;

        assert_int_equal(rn_base64_decode(rn_str_c(rows[i].text), out, &len, &at, &at_last),
                         RN_INVALID);
        assert_int_equal(len, 77);
        assert_int_equal(at, rows[i].at);
        assert_int_equal(at_last, rows[i].at_last);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encoding_is_that_of_the_oracle_for_every_length),
        cmocka_unit_test(decoding_gives_the_bytes_back_for_every_length),
        cmocka_unit_test(every_way_takes_whole_groups_and_agrees_with_the_oracle),
        cmocka_unit_test(the_scalar_way_takes_all_there_is),
        cmocka_unit_test(a_foreign_character_is_told_with_its_place),
        cmocka_unit_test(a_failure_in_place_leaves_the_rest_of_the_text),
        cmocka_unit_test(wrong_padding_is_refused_with_its_reason),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
