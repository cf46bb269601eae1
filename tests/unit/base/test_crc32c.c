#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/crc32c.h"

enum { BYTES = 20000 };

/* The definition: one bit at a time. */
static uint32_t bit_by_bit(uint32_t crc, const unsigned char *at, size_t len)
{
    crc = ~crc;
    for (size_t i = 0; i < len; i++) {
        crc ^= at[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ (crc & 1 ? 0x82F63B78u : 0);
        }
    }
    return ~crc;
}

static int make_bytes(void **state)
{
    unsigned char *bytes = malloc(BYTES);
    uint32_t x = 1;

    if (!bytes) {
        return -1;
    }
    for (int i = 0; i < BYTES; i++) {
        x = x * 1664525u + 1013904223u;
        bytes[i] = (unsigned char)(x >> 24);
    }
    *state = bytes;
    return 0;
}

static int free_bytes(void **state)
{
    free(*state);
    return 0;
}

static void the_published_check_values_come_out(void **state)
{
    unsigned char run[32] = {0};

    (void)state;
    assert_int_equal(rn_crc32c(0, "123456789", 9), 0xE3069283);
    assert_int_equal(rn_crc32c(0, "", 0), 0);
    assert_int_equal(rn_crc32c(0, run, 32), 0x8A9136AA); /* RFC 3720, B.4 */
    for (int i = 0; i < 32; i++) {
        run[i] = 0xff;
    }
    assert_int_equal(rn_crc32c(0, run, 32), 0x62A8AB43);
    for (int i = 0; i < 32; i++) {
        run[i] = (unsigned char)i;
    }
    assert_int_equal(rn_crc32c(0, run, 32), 0x46DD794E);
}

/* Method: lengths around every step of the fast path (8 bytes, three lanes), at each alignment. */
static void both_twins_agree_with_the_definition(void **state)
{
    const unsigned char *bytes = *state;
    static const size_t around[] = {0, 8, 64, 1024, 2048, 3072, 4096, 6144, 9216, 12345};

    for (size_t i = 0; i < sizeof(around) / sizeof(around[0]); i++) {
        for (size_t shift = 0; shift < 9; shift++) {
            for (size_t extra = 0; extra < 9; extra += 4) {
                size_t len = around[i] + extra;
                uint32_t right = bit_by_bit(0, bytes + shift, len);

                assert_int_equal(rn_crc32c(0, bytes + shift, len), right);
                assert_int_equal(rn_crc32c_by_table(0, bytes + shift, len), right);
            }
        }
    }
}

static void a_run_may_be_cut_anywhere(void **state)
{
    const unsigned char *bytes = *state;
    uint32_t whole = rn_crc32c(0, bytes, BYTES);

    for (size_t cut = 0; cut <= BYTES; cut += 997) {
        assert_int_equal(rn_crc32c(rn_crc32c(0, bytes, cut), bytes + cut, BYTES - cut), whole);
        assert_int_equal(rn_crc32c_by_table(rn_crc32c(0, bytes, cut), bytes + cut, BYTES - cut),
                         whole);
    }
}

static void one_flipped_bit_is_seen(void **state)
{
    unsigned char *bytes = *state;
    uint32_t right = rn_crc32c(0, bytes, BYTES);

    for (size_t at = 0; at < BYTES; at += 613) {
        bytes[at] ^= 0x10;
        assert_int_not_equal(rn_crc32c(0, bytes, BYTES), right);
        bytes[at] ^= 0x10;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_check_values_come_out),
        cmocka_unit_test(both_twins_agree_with_the_definition),
        cmocka_unit_test(a_run_may_be_cut_anywhere),
        cmocka_unit_test(one_flipped_bit_is_seen),
    };

    return cmocka_run_group_tests(tests, make_bytes, free_bytes);
}
