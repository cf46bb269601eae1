#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "base/civil.h"

/* Method: libc's gmtime_r is the oracle, on moments spread over 4000 years and around 1970. */
static void the_calendar_agrees_with_libc(void **state)
{
    (void)state;
    for (int64_t s = -62135596800; s < 64060588800; s += 40009 * 7919) {
        time_t t = (time_t)s;
        struct tm right;
        struct rn_civil civil = rn_civil_from_ms(s * 1000 + 7);

        assert_non_null(gmtime_r(&t, &right));
        assert_int_equal(civil.year, right.tm_year + 1900);
        assert_int_equal(civil.month, right.tm_mon + 1);
        assert_int_equal(civil.day, right.tm_mday);
        assert_int_equal(civil.hour, right.tm_hour);
        assert_int_equal(civil.minute, right.tm_min);
        assert_int_equal(civil.second, right.tm_sec);
        assert_int_equal(civil.weekday, right.tm_wday);
        assert_int_equal(civil.ms, 7);
        assert_true(rn_civil_to_ms(&civil) == s * 1000 + 7);
    }
}

static void every_day_of_four_centuries_comes_back(void **state)
{
    int weekday = 6; /* 2000-01-01 was a Saturday */

    (void)state;
    for (int64_t day = 10957; day < 10957 + 146097; day++) {
        struct rn_civil civil = rn_civil_from_ms(day * 86400000);

        assert_true(rn_civil_to_ms(&civil) == day * 86400000);
        assert_int_equal(civil.weekday, weekday);
        weekday = (weekday + 1) % 7;
    }
}

static void moments_before_1970_round_down(void **state)
{
    struct rn_civil civil = rn_civil_from_ms(-1);

    (void)state;
    assert_int_equal(civil.year, 1969);
    assert_int_equal(civil.month, 12);
    assert_int_equal(civil.day, 31);
    assert_int_equal(civil.second, 59);
    assert_int_equal(civil.ms, 999);
}

static void texts_have_their_exact_forms(void **state)
{
    char text[RN_CIVIL_TEXT_BYTES];

    (void)state;
    assert_string_equal(rn_civil_http(1795485416000, text), "Tue, 24 Nov 2026 01:56:56 GMT");
    assert_string_equal(rn_civil_java(1421889722000, text), "Thu Jan 22 01:22:02 UTC 2015");
    assert_string_equal(rn_civil_basic(1768472130000, text), "20260115T101530Z");
    assert_string_equal(rn_civil_iso(1768472130123, text), "2026-01-15T10:15:30.123Z");
    assert_string_equal(rn_civil_iso(0, text), "1970-01-01T00:00:00.000Z");
}

static void texts_of_the_ends_of_time_stay_in_their_room(void **state)
{
    char text[RN_CIVIL_TEXT_BYTES];

    (void)state;
    assert_non_null(rn_civil_http(INT64_MAX, text));
    assert_non_null(rn_civil_java(INT64_MIN, text));
    assert_non_null(rn_civil_basic(INT64_MAX, text));
    assert_non_null(rn_civil_iso(INT64_MIN, text));
}

static void basic_form_is_read_exactly(void **state)
{
    static const char *const bad[] = {"",
                                      "20260115T101530",
                                      "20260115T101530z",
                                      "20260115t101530Z",
                                      " 20260115T101530Z",
                                      "20260115T101530Z ",
                                      "20261315T101530Z",
                                      "20260001T101530Z",
                                      "20260230T101530Z",
                                      "20260115T241530Z",
                                      "20260115T106030Z",
                                      "20260115T101560Z",
                                      "2026011T5101530Z",
                                      "-0260115T101530Z",
                                      "2026-01-15T10:15:30Z"};
    int64_t ms = 5;

    (void)state;
    assert_int_equal(rn_civil_parse_basic(RN_STR("20260115T101530Z"), &ms), RN_OK);
    assert_true(ms == 1768472130000);
    assert_int_equal(rn_civil_parse_basic(RN_STR("20240229T000000Z"), &ms), RN_OK);
    ms = 5;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(rn_civil_parse_basic(rn_str_c(bad[i]), &ms), RN_INVALID);
    }
    assert_int_equal(rn_civil_parse_basic(RN_STR_NONE, &ms), RN_INVALID);
    assert_true(ms == 5);
}

static void rfc3339_reads_fractions_and_zones(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {
        {"2026-01-15T10:15:30Z", 1768472130000},
        {"2026-01-15t10:15:30z", 1768472130000},
        {"2026-01-15 10:15:30.5Z", 1768472130500},
        {"2026-01-15T10:15:30.123Z", 1768472130123},
        {"2026-01-15T10:15:30.123999999Z", 1768472130123},
        {"2026-01-15T11:15:30.123+01:00", 1768472130123},
        {"2026-01-15T04:45:30-05:30", 1768472130000},
        {"2000-02-29T00:00:00Z", 951782400000},
    };
    static const char *const bad[] = {"2026-01-15",
                                      "2026-01-15T10:15:30",
                                      "2026-01-15T10:15Z",
                                      "2026-01-15T10:15:30.Z",
                                      "2026-01-15T10:15:30+0100",
                                      "2026-01-15T10:15:30+24:00",
                                      "2026-01-15T10:15:30 Z",
                                      "1900-02-29T00:00:00Z",
                                      "2026-1-15T10:15:30Z",
                                      "2026-01-15T10:15:30Zx"};
    int64_t ms;

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(rn_civil_parse_rfc3339(rn_str_c(good[i].text), &ms), RN_OK);
        assert_true(ms == good[i].ms);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(rn_civil_parse_rfc3339(rn_str_c(bad[i]), &ms), RN_INVALID);
    }
}

static void http_dates_are_read_and_their_weekday_checked(void **state)
{
    int64_t ms = 0;

    (void)state;
    assert_int_equal(rn_civil_parse_http(RN_STR("Tue, 24 Nov 2026 01:56:56 GMT"), &ms), RN_OK);
    assert_true(ms == 1795485416000);
    assert_int_equal(rn_civil_parse_http(RN_STR("Wed, 24 Nov 2026 01:56:56 GMT"), &ms), RN_INVALID);
    assert_int_equal(rn_civil_parse_http(RN_STR("Tue, 24 Nov 2026 01:56:56 UTC"), &ms), RN_INVALID);
    assert_int_equal(rn_civil_parse_http(RN_STR("Tue, 24 nov 2026 01:56:56 GMT"), &ms), RN_INVALID);
    assert_int_equal(rn_civil_parse_http(RN_STR("Tue, 31 Nov 2026 01:56:56 GMT"), &ms), RN_INVALID);
    assert_int_equal(rn_civil_parse_http(RN_STR("Tue"), &ms), RN_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_calendar_agrees_with_libc),
        cmocka_unit_test(every_day_of_four_centuries_comes_back),
        cmocka_unit_test(moments_before_1970_round_down),
        cmocka_unit_test(texts_have_their_exact_forms),
        cmocka_unit_test(texts_of_the_ends_of_time_stay_in_their_room),
        cmocka_unit_test(basic_form_is_read_exactly),
        cmocka_unit_test(rfc3339_reads_fractions_and_zones),
        cmocka_unit_test(http_dates_are_read_and_their_weekday_checked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
