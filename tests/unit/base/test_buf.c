#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"

static void what_is_added_is_there_in_order(void **state)
{
    struct rn_buf buf;

    (void)state;
    rn_buf_init(&buf, 1 << 20);
    assert_int_equal(rn_buf_str(&buf).len, 0);
    assert_non_null(rn_buf_str(&buf).data);
    rn_buf_add(&buf, "ab", 2);
    rn_buf_add_c(&buf, '\0');
    rn_buf_add_str(&buf, RN_STR("cd"));
    rn_buf_add_str(&buf, RN_STR_NONE);
    rn_buf_printf(&buf, "%d-%s", 42, "x");
    assert_false(buf.failed);
    assert_true(rn_str_eq(rn_buf_str(&buf), RN_STR("ab\0cd42-x")));
    rn_buf_done(&buf);
}

/* Method: print texts of every length around the growth steps and compare with what was asked. */
static void printing_grows_at_every_length(void **state)
{
    (void)state;
    for (int len = 0; len < 1100; len += 3) {
        struct rn_buf buf;

        rn_buf_init(&buf, 4096);
        rn_buf_add(&buf, "<", 1);
        rn_buf_printf(&buf, "%*s", len, "");
        rn_buf_add(&buf, ">", 1);
        assert_false(buf.failed);
        assert_int_equal(buf.len, len + 2);
        assert_int_equal(buf.data[0], '<');
        assert_int_equal(buf.data[len + 1], '>');
        rn_buf_done(&buf);
    }
}

static void the_limit_may_be_filled_but_not_passed(void **state)
{
    struct rn_buf buf;

    (void)state;
    rn_buf_init(&buf, 1000);
    for (int i = 0; i < 1000; i++) {
        rn_buf_add_c(&buf, 'x');
    }
    assert_false(buf.failed);
    rn_buf_add(&buf, "", 0);
    assert_false(buf.failed);
    rn_buf_add_c(&buf, 'y');
    assert_true(buf.failed);
    assert_int_equal(buf.len, 1000);
    rn_buf_done(&buf);
}

static void printing_may_fill_the_limit_but_not_pass_it(void **state)
{
    struct rn_buf buf;

    (void)state;
    rn_buf_init(&buf, 300);
    rn_buf_printf(&buf, "%300d", 1);
    assert_false(buf.failed);
    assert_int_equal(buf.len, 300);
    rn_buf_clear(&buf);
    rn_buf_printf(&buf, "%301d", 1);
    assert_true(buf.failed);
    assert_int_equal(buf.len, 0);
    rn_buf_done(&buf);
}

static void after_a_failure_nothing_more_is_added_until_cleared(void **state)
{
    struct rn_buf buf;

    (void)state;
    rn_buf_init(&buf, 10);
    rn_buf_add(&buf, "12345678901", 11);
    assert_true(buf.failed);
    rn_buf_add_c(&buf, 'x');
    rn_buf_printf(&buf, "x");
    assert_null(rn_buf_reserve(&buf, 1));
    assert_int_equal(buf.len, 0);
    rn_buf_clear(&buf);
    rn_buf_add_c(&buf, 'x');
    assert_false(buf.failed);
    assert_int_equal(buf.len, 1);
    rn_buf_done(&buf);
}

static void reserved_room_counts_only_when_it_is_used(void **state)
{
    struct rn_buf buf;
    char *at;

    (void)state;
    rn_buf_init(&buf, 5000);
    at = rn_buf_reserve(&buf, 4000);
    assert_non_null(at);
    memset(at, 'a', 4000);
    assert_int_equal(buf.len, 0);
    buf.len += 4000;
    assert_null(rn_buf_reserve(&buf, 1001));
    assert_true(buf.failed);
    rn_buf_done(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_added_is_there_in_order),
        cmocka_unit_test(printing_grows_at_every_length),
        cmocka_unit_test(the_limit_may_be_filled_but_not_passed),
        cmocka_unit_test(printing_may_fill_the_limit_but_not_pass_it),
        cmocka_unit_test(after_a_failure_nothing_more_is_added_until_cleared),
        cmocka_unit_test(reserved_room_counts_only_when_it_is_used),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
