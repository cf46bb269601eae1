#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"

static void equality_is_of_bytes_and_may_ignore_ascii_case(void **state)
{
    (void)state;
    assert_true(rn_str_eq(RN_STR("a\0b"), RN_STR("a\0b")));
    assert_false(rn_str_eq(RN_STR("a\0b"), RN_STR("a\0c")));
    assert_true(rn_str_eq(RN_STR_NONE, RN_STR("")));
    assert_true(rn_str_ieq(RN_STR("Content-TYPE"), RN_STR("content-type")));
    assert_false(rn_str_ieq(RN_STR("[abc"), RN_STR("{abc"))); /* 0x20 apart, no letters */
    assert_false(rn_str_ieq(RN_STR("abc"), RN_STR("abcd")));
    assert_false(rn_str_ieq(RN_STR("\xc4"), RN_STR("\xe4"))); /* Latin-1 letters are not ASCII */
}

static void order_is_of_unsigned_bytes_with_prefixes_first(void **state)
{
    (void)state;
    assert_true(rn_str_cmp(RN_STR("a"), RN_STR("b")) < 0);
    assert_true(rn_str_cmp(RN_STR("a"), RN_STR("ab")) < 0);
    assert_true(rn_str_cmp(RN_STR("ab"), RN_STR("a")) > 0);
    assert_true(rn_str_cmp(RN_STR("\xff"), RN_STR("a")) > 0);
    assert_true(rn_str_cmp(RN_STR(""), RN_STR("a")) < 0);
    assert_int_equal(rn_str_cmp(RN_STR_NONE, RN_STR("")), 0);
}

static void prefixes_and_bytes_are_found(void **state)
{
    (void)state;
    assert_true(rn_str_starts(RN_STR("abc"), RN_STR("ab")));
    assert_true(rn_str_starts(RN_STR("abc"), RN_STR_NONE));
    assert_false(rn_str_starts(RN_STR("ab"), RN_STR("abc")));
    assert_int_equal(rn_str_find(RN_STR("a:b:c"), ':', 0), 1);
    assert_int_equal(rn_str_find(RN_STR("a:b:c"), ':', 2), 3);
    assert_int_equal(rn_str_find(RN_STR("a:b:c"), ':', 4), 5);
    assert_int_equal(rn_str_find(RN_STR("abc"), 'c', 99), 3);
    assert_int_equal(rn_str_find(RN_STR_NONE, 'c', 0), 0);
}

static void trimming_takes_blanks_at_both_ends_only(void **state)
{
    (void)state;
    assert_true(rn_str_eq(rn_str_trim(RN_STR(" \ta b\t ")), RN_STR("a b")));
    assert_true(rn_str_eq(rn_str_trim(RN_STR(" \t ")), RN_STR("")));
    assert_true(rn_str_eq(rn_str_trim(RN_STR("\na")), RN_STR("\na")));
}

static void numbers_are_digits_within_64_bits(void **state)
{
    static const char *const bad[] = {
        "", "-1", "+1", " 1", "1 ", "1a", "0x1", "18446744073709551616", "99999999999999999999"};
    uint64_t value = 7;

    (void)state;
    assert_true(rn_str_to_u64(RN_STR("0"), &value));
    assert_int_equal(value, 0);
    assert_true(rn_str_to_u64(RN_STR("007"), &value));
    assert_int_equal(value, 7);
    assert_true(rn_str_to_u64(RN_STR("18446744073709551615"), &value));
    assert_true(value == UINT64_MAX);
    value = 7;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(rn_str_to_u64(rn_str_c(bad[i]), &value));
    }
    assert_false(rn_str_to_u64(RN_STR("1\0"), &value));
    assert_int_equal(value, 7); /* a failure leaves it alone */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equality_is_of_bytes_and_may_ignore_ascii_case),
        cmocka_unit_test(order_is_of_unsigned_bytes_with_prefixes_first),
        cmocka_unit_test(prefixes_and_bytes_are_found),
        cmocka_unit_test(trimming_takes_blanks_at_both_ends_only),
        cmocka_unit_test(numbers_are_digits_within_64_bits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
