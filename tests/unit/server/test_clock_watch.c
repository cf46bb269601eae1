/* Method: the clock is moved by hand. */
#include "server/clock_watch.h"

#include "tests/support/hand_clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

enum { NOW_MS = 1700000000, LOOK_MS = 5000, MINUTE_MS = 60000 };

static struct hand_clock hand;
static struct rn_clock_watch watch;
static struct rn_clock_step step;

static int setup(void **state)
{
    (void)state;
    hand_clock_init(&hand, NOW_MS);
    rn_clock_watch_init(&watch, &hand.clock);
    return 0;
}

static void set_by(int64_t ms)
{
    hand.wall += ms * 1000;
}

static void time_that_passes_is_no_step(void **state)
{
    (void)state;
    assert_false(rn_clock_watch_look(&watch, &step));
    hand_clock_pass(&hand, LOOK_MS);
    assert_false(rn_clock_watch_look(&watch, &step));
    hand_clock_pass(&hand, 24 * 60 * MINUTE_MS); /* looked late: stopped, or starved */
    assert_false(rn_clock_watch_look(&watch, &step));
}

static void a_step_is_told_once_with_old_new_and_size(void **state)
{
    (void)state;
    hand_clock_pass(&hand, LOOK_MS);
    set_by(-60 * MINUTE_MS);
    assert_true(rn_clock_watch_look(&watch, &step));
    assert_int_equal(step.from_ms, NOW_MS + LOOK_MS);
    assert_int_equal(step.to_ms, NOW_MS + LOOK_MS - 60 * MINUTE_MS);
    assert_int_equal(step.by_ms, -60 * MINUTE_MS);
    hand_clock_pass(&hand, LOOK_MS);
    assert_false(rn_clock_watch_look(&watch, &step));
    set_by(60 * MINUTE_MS); /* and set right again: another step */
    assert_true(rn_clock_watch_look(&watch, &step));
    assert_int_equal(step.by_ms, 60 * MINUTE_MS);
    assert_false(rn_clock_watch_look(&watch, &step));
}

static void a_step_is_over_five_minutes(void **state)
{
    (void)state;
    set_by(5 * MINUTE_MS);
    assert_false(rn_clock_watch_look(&watch, &step));
    set_by(-5 * MINUTE_MS);
    assert_false(rn_clock_watch_look(&watch, &step));
    set_by(5 * MINUTE_MS + 1);
    assert_true(rn_clock_watch_look(&watch, &step));
    set_by(-5 * MINUTE_MS - 1);
    assert_true(rn_clock_watch_look(&watch, &step));
}

static void slow_corrections_never_add_up(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++) {
        hand_clock_pass(&hand, LOOK_MS);
        set_by(i % 2 ? 1000 : 999);
        assert_false(rn_clock_watch_look(&watch, &step));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(time_that_passes_is_no_step, setup),
        cmocka_unit_test_setup(a_step_is_told_once_with_old_new_and_size, setup),
        cmocka_unit_test_setup(a_step_is_over_five_minutes, setup),
        cmocka_unit_test_setup(slow_corrections_never_add_up, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
