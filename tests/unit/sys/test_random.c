#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sys/random.h"

static void two_draws_differ_and_stay_in_their_room(void **state)
{
    unsigned char a[1000], b[1000];

    (void)state;
    memset(a, 0, sizeof(a));
    memset(b, 0, sizeof(b));
    rn_random_fill(rn_random_real(), a, 999);
    rn_random_fill(rn_random_real(), b, 999);
    assert_memory_not_equal(a, b, 999);
    assert_int_equal(a[999], 0);
    rn_random_fill(rn_random_real(), a, 0);
}

/* Method: 64 KiB of fair bytes hold every value; missing one has odds below 1 in 10^100. */
static void every_byte_value_comes_up(void **state)
{
    static unsigned char bytes[65536];
    int seen[256] = {0};

    (void)state;
    rn_random_fill(rn_random_real(), bytes, sizeof(bytes));
    for (size_t i = 0; i < sizeof(bytes); i++) {
        seen[bytes[i]]++;
    }
    for (int i = 0; i < 256; i++) {
        assert_true(seen[i] > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_draws_differ_and_stay_in_their_room),
        cmocka_unit_test(every_byte_value_comes_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
