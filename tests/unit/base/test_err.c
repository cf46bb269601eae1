#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"

static void every_code_has_words_of_its_own(void **state)
{
    (void)state;
    for (int a = 0; a < RN_ERR_COUNT; a++) {
        assert_non_null(rn_err_text((rn_err)a));
        for (int b = 0; b < a; b++) {
            assert_string_not_equal(rn_err_text((rn_err)a), rn_err_text((rn_err)b));
        }
    }
    assert_string_equal(rn_err_text(RN_FULL), "no room left");
    assert_non_null(rn_err_text((rn_err)9999));
}

static void a_reason_is_written_and_the_code_passed_on(void **state)
{
    struct rn_reason reason = {""};

    (void)state;
    assert_int_equal(rn_reason_set(&reason, RN_BUSY, "port %d is taken", 4567), RN_BUSY);
    assert_string_equal(reason.text, "port 4567 is taken");
    assert_int_equal(rn_reason_set(NULL, RN_IO, "nobody listens"), RN_IO);
}

static void a_long_reason_is_cut_not_overrun(void **state)
{
    struct rn_reason reason;

    (void)state;
    assert_int_equal(rn_reason_set(&reason, RN_IO, "%2000d", 1), RN_IO);
    assert_int_equal(strlen(reason.text), RN_REASON_BYTES - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_words_of_its_own),
        cmocka_unit_test(a_reason_is_written_and_the_code_passed_on),
        cmocka_unit_test(a_long_reason_is_cut_not_overrun),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
