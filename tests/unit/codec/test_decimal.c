/* Numbers of JSON to 64 bits, exactly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "codec/decimal.h"

struct row {
    const char *text;
    unsigned shift;
    bool round;
    int64_t value;
};

/* In memory that ends where the text does: nothing behind it is read. */
static int64_t convert(const char *text, unsigned shift, bool round)
{
    size_t len = strlen(text);
    char *copy = malloc(len);
    int64_t value;

    assert_non_null(copy);
    memcpy(copy, text, len);
    value = rn_decimal_to_i64(rn_str_make(copy, len), shift, round);
    free(copy);
    return value;
}

static void check(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(convert(rows[i].text, rows[i].shift, rows[i].round), rows[i].value);
    }
}
#define CHECK(rows) check(rows, sizeof(rows) / sizeof(rows[0]))

static void whole_numbers_are_themselves(void **state)
{
    static const struct row rows[] = {
        {"0", 0, false, 0},
        {"-0", 0, false, 0},
        {"7", 0, false, 7},
        {"-7", 0, true, -7},
        {"9223372036854775807", 0, false, INT64_MAX},
        {"-9223372036854775808", 0, false, INT64_MIN},
    };

    (void)state;
    CHECK(rows);
}

static void what_is_too_large_or_too_small_is_clamped(void **state)
{
    static const struct row rows[] = {
        {"9223372036854775808", 0, false, INT64_MAX},
        {"-9223372036854775809", 0, false, INT64_MIN},
        {"9223372036854775807.9", 0, true, INT64_MAX},
        {"1e19", 0, false, INT64_MAX},
        {"-1e400", 0, false, INT64_MIN},
        {"1e999999999999999999999999", 0, false, INT64_MAX},
        {"1e-999999999999999999999999", 0, true, 0},
        {"0e999999999999", 0, false, 0},
        {"9223372036854776", 3, false, INT64_MAX},
    };

    (void)state;
    CHECK(rows);
}

static void fractions_are_cut_or_rounded_half_away_from_zero(void **state)
{
    static const struct row rows[] = {
        {"1.9", 0, false, 1},   {"-1.9", 0, false, -1},  {"1.5", 0, true, 2},
        {"-1.5", 0, true, -2},  {"1.49999", 0, true, 1}, {"0.5", 0, true, 1},
        {"0.05", 0, true, 0},   {"99.5", 0, true, 100},  {"0.0049", 2, true, 0},
        {"0.0050", 2, true, 1},
    };

    (void)state;
    CHECK(rows);
}

static void exponents_and_shifts_move_the_point(void **state)
{
    static const struct row rows[] = {
        {"1e3", 0, false, 1000},
        {"1E+3", 0, false, 1000},
        {"12345e-2", 0, false, 123},
        {"12355e-1", 0, true, 1236},
        {"1.5e1", 0, false, 15},
        {"0.001e3", 0, false, 1},
        {"5e-1", 0, true, 1},
        {"5e-2", 0, true, 0},
        {"1441215410.867", 3, true, 1441215410867},
        {"1.441215410867E9", 3, true, 1441215410867},
        {"1441215410.8669999", 3, true, 1441215410867},
        {"-0.001", 3, true, -1},
        {"100000000000000000000e-20", 0, false, 1},
    };

    (void)state;
    CHECK(rows);
}

static void any_number_of_digits_is_read(void **state)
{
    enum { DIGITS = 100000 };
    char *text = malloc(DIGITS + 8);

    (void)state;
    assert_non_null(text);
    memset(text, '0', DIGITS);
    memcpy(text, "0.", 2);
    memcpy(text + DIGITS - 1, "7", 1);
    assert_int_equal(rn_decimal_to_i64(rn_str_make(text, DIGITS), 0, true), 0);
    memcpy(text + DIGITS, "e99998", 6); /* moves the 7 to the front of the point */
    assert_int_equal(rn_decimal_to_i64(rn_str_make(text, DIGITS + 6), 0, false), 7);
    free(text);
}

static void printing_gives_the_shortest_text(void **state)
{
    static const struct {
        int64_t value;
        const char *text;
    } rows[] = {
        {0, "0"},
        {7, "7"},
        {-1, "-1"},
        {1234567890, "1234567890"},
        {INT64_MAX, "9223372036854775807"},
        {INT64_MIN, "-9223372036854775808"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char out[RN_DECIMAL_BYTES];
        size_t len = rn_decimal_print(rows[i].value, out);

        assert_int_equal(len, strlen(rows[i].text));
        assert_memory_equal(out, rows[i].text, len);
        assert_int_equal(rn_decimal_to_i64(rn_str_make(out, len), 0, false), rows[i].value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_numbers_are_themselves),
        cmocka_unit_test(what_is_too_large_or_too_small_is_clamped),
        cmocka_unit_test(fractions_are_cut_or_rounded_half_away_from_zero),
        cmocka_unit_test(exponents_and_shifts_move_the_point),
        cmocka_unit_test(any_number_of_digits_is_read),
        cmocka_unit_test(printing_gives_the_shortest_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
