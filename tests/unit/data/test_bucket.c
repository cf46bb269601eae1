/* Token buckets against an oracle that lives through every microsecond. */
#include "data/bucket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MICRO ((int64_t)1000000)

static uint64_t random_next(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* One microsecond at a time, without any shortcut. */
static void oracle_refill(int64_t rate, int64_t *level, int64_t elapsed_us)
{
    for (int64_t i = 0; i < elapsed_us && *level < rate * MICRO; i++) {
        *level += rate;
        if (*level > rate * MICRO) {
            *level = rate * MICRO;
        }
    }
}

static void refill_take_and_overdraw_agree_with_the_oracle(void **state)
{
    static const int64_t rates[] = {1, 7, 1000, 1048576, 2097152};
    uint64_t seed = 20261124;

    (void)state;
    for (size_t r = 0; r < sizeof(rates) / sizeof(rates[0]); r++) {
        int64_t rate = rates[r], now_us = 12345, level = rate * MICRO;
        struct rn_bucket bucket;

        rn_bucket_init(&bucket, rate, now_us);
        for (int step = 0; step < 2000; step++) {
            int64_t pass_us = (int64_t)(random_next(&seed) % 2000);
            int64_t units = (int64_t)(random_next(&seed) % (uint64_t)(rate / 100 + 2));

            now_us += pass_us;
            oracle_refill(rate, &level, pass_us);
            rn_bucket_refill(&bucket, now_us);
            assert_int_equal(bucket.level, level);
            if (step % 100 == 99) { /* what cannot be refused */
                units *= 3;
                level = level >= units * MICRO   ? level - units * MICRO
                        : level > -units * MICRO ? -units * MICRO
                                                 : level;
                rn_bucket_overdraw(&bucket, units);
            } else {
                assert_int_equal(rn_bucket_has(&bucket, units), level >= units * MICRO);
                if (level >= units * MICRO) {
                    level -= units * MICRO;
                    rn_bucket_take(&bucket, units);
                }
            }
            assert_int_equal(bucket.level, level);
        }
    }
}

static void a_full_bucket_holds_one_second_however_long_nobody_took(void **state)
{
    struct rn_bucket bucket;

    (void)state;
    rn_bucket_init(&bucket, 1000, 0);
    rn_bucket_take(&bucket, 1000);
    assert_false(rn_bucket_has(&bucket, 1));
    rn_bucket_refill(&bucket, 999);
    assert_false(rn_bucket_has(&bucket, 1));
    rn_bucket_refill(&bucket, 1000);
    assert_true(rn_bucket_has(&bucket, 1));
    rn_bucket_refill(&bucket, INT64_MAX);
    assert_int_equal(bucket.level, 1000 * MICRO);
}

static void a_clock_that_stands_or_goes_back_gives_nothing(void **state)
{
    struct rn_bucket bucket;

    (void)state;
    rn_bucket_init(&bucket, 1000, 5000);
    rn_bucket_take(&bucket, 1000);
    rn_bucket_refill(&bucket, 5000);
    rn_bucket_refill(&bucket, 1000);
    assert_int_equal(bucket.level, 0);
    assert_int_equal(bucket.at_us, 5000);
}

static void what_is_larger_than_the_bucket_needs_it_full_and_leaves_a_debt(void **state)
{
    struct rn_bucket bucket;

    (void)state;
    rn_bucket_init(&bucket, 1000, 0);
    assert_true(rn_bucket_has(&bucket, 10000));
    rn_bucket_take(&bucket, 10000);
    assert_true(rn_bucket_in_debt(&bucket));
    rn_bucket_refill(&bucket, 9 * MICRO - 1);
    assert_true(rn_bucket_in_debt(&bucket));
    rn_bucket_refill(&bucket, 10 * MICRO - 1);
    assert_false(rn_bucket_has(&bucket, 10000));
    rn_bucket_refill(&bucket, 10 * MICRO);
    assert_true(rn_bucket_has(&bucket, 10000));
}

static void ten_mebibytes_read_are_repaid_after_five_seconds(void **state)
{
    struct rn_bucket bucket;

    (void)state;
    rn_bucket_init(&bucket, 2097152, 0);
    rn_bucket_overdraw(&bucket, 10 * 1048576);
    rn_bucket_refill(&bucket, 5 * MICRO - 1);
    assert_true(rn_bucket_in_debt(&bucket));
    rn_bucket_refill(&bucket, 5 * MICRO);
    assert_false(rn_bucket_in_debt(&bucket));
}

static void a_read_within_the_second_makes_no_debt(void **state)
{
    struct rn_bucket bucket;

    (void)state;
    rn_bucket_init(&bucket, 2097152, 0);
    rn_bucket_overdraw(&bucket, 1048576);
    rn_bucket_overdraw(&bucket, 1048576);
    assert_false(rn_bucket_in_debt(&bucket));
    rn_bucket_overdraw(&bucket, 1);
    assert_true(rn_bucket_in_debt(&bucket));
}

/* Method: random calls; the oracle remembers every granted one and counts those of the last second.
 */
static void the_window_grants_five_calls_in_any_second(void **state)
{
    static int64_t granted[10000];
    enum { CALLS = 5 };
    struct rn_window window;
    uint64_t seed = 7;
    size_t count = 0;
    int64_t now_us = 0;

    (void)state;
    rn_window_init(&window);
    for (int step = 0; step < 10000; step++) {
        size_t recent = 0;

        now_us += (int64_t)(random_next(&seed) % 300000);
        for (size_t i = count; i > 0 && now_us - granted[i - 1] < MICRO; i--) {
            recent++;
        }
        assert_int_equal(rn_window_take(&window, CALLS, now_us), recent < CALLS);
        if (recent < CALLS) {
            granted[count++] = now_us;
        }
    }
    assert_true(count > 5000 && count < 10000); /* both answers came up often */
}

static void the_rate_may_change_and_a_debt_stays(void **state)
{
    struct rn_bucket bucket;

    (void)state;
    rn_bucket_init(&bucket, 1000, 0);
    rn_bucket_set_rate(&bucket, 10, 0); /* what was saved up beyond the new rate goes */
    assert_true(rn_bucket_has(&bucket, 10));
    rn_bucket_take(&bucket, 10);
    assert_false(rn_bucket_has(&bucket, 1));
    rn_bucket_set_rate(&bucket, 1000, MICRO / 2); /* half a second at the old rate */
    assert_true(rn_bucket_has(&bucket, 5));
    assert_false(rn_bucket_has(&bucket, 6));
    rn_bucket_overdraw(&bucket, 3000);
    rn_bucket_set_rate(&bucket, 3000, MICRO / 2);
    rn_bucket_refill(&bucket, MICRO / 2 + MICRO - 1);
    assert_true(rn_bucket_in_debt(&bucket));
    rn_bucket_refill(&bucket, MICRO / 2 + MICRO);
    assert_false(rn_bucket_in_debt(&bucket));
}

static void the_window_may_change_its_size(void **state)
{
    struct rn_window window;

    (void)state;
    rn_window_init(&window);
    for (int i = 0; i < 10; i++) {
        assert_true(rn_window_take(&window, 10, i));
    }
    assert_false(rn_window_take(&window, 10, MICRO - 1));
    assert_false(rn_window_take(&window, 3, MICRO + 6)); /* the third last was at 7 */
    assert_true(rn_window_take(&window, 3, MICRO + 7));
    assert_true(rn_window_take(&window, RN_WINDOW_CALLS_MAX, MICRO + 7));
}

static void what_is_borrowed_is_owed_and_no_more(void **state)
{
    struct rn_bucket bucket;
    int64_t borrowed = 0, now_us = 0;

    (void)state;
    rn_bucket_init(&bucket, 2000, now_us);
    for (; now_us < 60 * MICRO; now_us += 100000) { /* a look ten times a second, 256 units each */
        rn_bucket_refill(&bucket, now_us);
        while (!rn_bucket_in_debt(&bucket)) {
            rn_bucket_borrow(&bucket, 256);
            borrowed += 256;
        }
    }
    assert_in_range(borrowed, 2000 + 59 * 2000, 2000 + 60 * 2000 + 256);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refill_take_and_overdraw_agree_with_the_oracle),
        cmocka_unit_test(what_is_borrowed_is_owed_and_no_more),
        cmocka_unit_test(a_full_bucket_holds_one_second_however_long_nobody_took),
        cmocka_unit_test(a_clock_that_stands_or_goes_back_gives_nothing),
        cmocka_unit_test(what_is_larger_than_the_bucket_needs_it_full_and_leaves_a_debt),
        cmocka_unit_test(ten_mebibytes_read_are_repaid_after_five_seconds),
        cmocka_unit_test(a_read_within_the_second_makes_no_debt),
        cmocka_unit_test(the_window_grants_five_calls_in_any_second),
        cmocka_unit_test(the_rate_may_change_and_a_debt_stays),
        cmocka_unit_test(the_window_may_change_its_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
