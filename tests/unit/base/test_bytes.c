#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"

static void little_endian_has_the_low_byte_first(void **state)
{
    unsigned char at[9] = {0};

    (void)state;
    rn_put_le16(at + 1, 0x0102);
    assert_memory_equal(at + 1, "\x02\x01", 2);
    rn_put_le32(at + 1, 0x01020304);
    assert_memory_equal(at + 1, "\x04\x03\x02\x01", 4);
    rn_put_le64(at + 1, 0x0102030405060708);
    assert_memory_equal(at + 1, "\x08\x07\x06\x05\x04\x03\x02\x01", 8);
    assert_true(rn_get_le64(at + 1) == 0x0102030405060708);
    assert_int_equal(rn_get_le32(at + 1), 0x05060708);
    assert_int_equal(rn_get_le16(at + 1), 0x0708);
}

static void big_endian_has_the_high_byte_first(void **state)
{
    unsigned char at[9] = {0};

    (void)state;
    rn_put_be16(at + 1, 0x0102);
    assert_memory_equal(at + 1, "\x01\x02", 2);
    rn_put_be32(at + 1, 0x01020304);
    assert_memory_equal(at + 1, "\x01\x02\x03\x04", 4);
    rn_put_be64(at + 1, 0x0102030405060708);
    assert_memory_equal(at + 1, "\x01\x02\x03\x04\x05\x06\x07\x08", 8);
    assert_true(rn_get_be64(at + 1) == 0x0102030405060708);
    assert_int_equal(rn_get_be32(at + 1), 0x01020304);
    assert_int_equal(rn_get_be16(at + 1), 0x0102);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(little_endian_has_the_low_byte_first),
        cmocka_unit_test(big_endian_has_the_high_byte_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
