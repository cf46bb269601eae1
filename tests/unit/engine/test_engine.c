/* Words and small things of the engine interface. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "engine/engine.h"

static void every_outcome_has_words_of_its_own(void **state)
{
    const int count = RN_OUTCOME_FAULT + 1;

    (void)state;
    for (int i = 0; i < count; i++) {
        const char *text = rn_outcome_text((enum rn_outcome)i);

        assert_true(strlen(text) > 3);
        assert_string_not_equal(text, rn_outcome_text((enum rn_outcome)count));
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(text, rn_outcome_text((enum rn_outcome)j));
        }
    }
    assert_string_equal(rn_outcome_text(RN_OUTCOME_OK), "stored");
}

static void offsets_of_a_run_follow_its_first_unless_each_has_its_own(void **state)
{
    uint64_t offsets[] = {7, 9, 40};
    struct rn_run run = {.first = 100, .count = 3};

    (void)state;
    assert_int_equal(rn_run_offset(&run, 0), 100);
    assert_int_equal(rn_run_offset(&run, 2), 102);
    run.offsets = offsets;
    assert_int_equal(rn_run_offset(&run, 0), 7);
    assert_int_equal(rn_run_offset(&run, 2), 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_outcome_has_words_of_its_own),
        cmocka_unit_test(offsets_of_a_run_follow_its_first_unless_each_has_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
