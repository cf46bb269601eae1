#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "sys/clock.h"

static void the_wall_clock_agrees_with_libc(void **state)
{
    int64_t before = time(NULL);
    int64_t ms = rn_clock_wall_ms(rn_clock_real());
    int64_t after = time(NULL);

    (void)state;
    assert_true(ms / 1000 >= before - 1 && ms / 1000 <= after + 1);
}

static void the_monotonic_clock_never_goes_back(void **state)
{
    int64_t last = rn_clock_mono_us(rn_clock_real());
    int64_t first = last;

    (void)state;
    for (int i = 0; i < 100000; i++) {
        int64_t now = rn_clock_mono_us(rn_clock_real());

        assert_true(now >= last);
        last = now;
    }
    assert_true(last > first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_wall_clock_agrees_with_libc),
        cmocka_unit_test(the_monotonic_clock_never_goes_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
