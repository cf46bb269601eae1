/* Under AddressSanitizer nothing is kept (RN_POOL_RECYCLES): what is asserted then is only that all
 * goes back. */
#include "net/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct rn_pool pool;

static int fresh(void **state)
{
    (void)state;
    pool = (struct rn_pool){.input_count = 0};
    return 0;
}

static int done(void **state)
{
    (void)state;
    rn_pool_done(&pool);
    assert_int_equal(pool.input_count, 0);
    assert_int_equal(pool.body_bytes, 0);
    return 0;
}

static char *take_input(void)
{
    char *shown = rn_pool_peek_input(&pool);
    char *taken;

    assert_non_null(shown);
    assert_ptr_equal(rn_pool_peek_input(&pool), shown); /* looking takes nothing */
    taken = rn_pool_take_input(&pool);
    assert_ptr_equal(taken, shown);
    memset(taken, 'i', RN_INPUT_BYTES);
    return taken;
}

static char *take_body(size_t bytes, size_t *ret_cap)
{
    char *body = rn_pool_take_body(&pool, bytes, ret_cap);

    assert_non_null(body);
    assert_true(*ret_cap >= bytes);
    body[0] = body[*ret_cap - 1] = 'b';
    return body;
}

static void an_input_buffer_is_the_one_that_was_shown(void **state)
{
    char *first = take_input();
    char *second = take_input();

    (void)state;
    assert_ptr_not_equal(first, second);
    rn_pool_give_input(&pool, first);
    rn_pool_give_input(&pool, second);
    rn_pool_give_input(&pool, NULL); /* none is fine */
    if (RN_POOL_RECYCLES) {
        assert_ptr_equal(rn_pool_peek_input(&pool), second); /* last used first */
    }
}

static void spare_inputs_have_a_greatest_number(void **state)
{
    char *inputs[RN_INPUT_SPARES_MAX + 8];
    size_t count = sizeof(inputs) / sizeof(inputs[0]);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        inputs[i] = take_input();
    }
    for (size_t i = 0; i < count; i++) {
        rn_pool_give_input(&pool, inputs[i]);
    }
    assert_int_equal(pool.input_count, RN_POOL_RECYCLES ? RN_INPUT_SPARES_MAX : 0);
}

static void a_body_has_at_least_what_was_asked(void **state)
{
    static const size_t sizes[] = {
        0, 1, RN_BODY_BYTES_MIN, RN_BODY_BYTES_MIN + 1, 16 << 20, (64 << 20) + 1,
    };

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        size_t cap;
        char *body = take_body(sizes[i], &cap);

        assert_true(cap >= sizes[i] && cap <= 2 * sizes[i] + RN_BODY_BYTES_MIN);
        rn_pool_give_body(&pool, body, cap);
        assert_true(pool.body_bytes <= RN_BODY_SPARE_BYTES);
    }
}

static void a_spare_body_is_used_again_for_its_size(void **state)
{
    size_t cap, other_cap;
    char *body = take_body(RN_BODY_BYTES_MIN, &cap);
    char *other;

    (void)state;
    rn_pool_give_body(&pool, body, cap);
    if (!RN_POOL_RECYCLES) {
        return;
    }
    assert_int_equal(pool.body_bytes, cap);
    other = take_body(RN_BODY_BYTES_MIN + 1, &other_cap);
    assert_int_equal(pool.body_bytes, cap); /* another size leaves it alone */
    assert_ptr_equal(take_body(1, &cap), body);
    assert_int_equal(pool.body_bytes, 0);
    rn_pool_give_body(&pool, body, cap);
    rn_pool_give_body(&pool, other, other_cap);
}

static void spare_bodies_have_a_greatest_size_in_all(void **state)
{
    char *bodies[8];
    size_t caps[8];

    (void)state;
    for (int i = 0; i < 8; i++) {
        bodies[i] = take_body(4 << 20, &caps[i]);
    }
    for (int i = 0; i < 8; i++) {
        rn_pool_give_body(&pool, bodies[i], caps[i]);
    }
    assert_int_equal(pool.body_bytes, RN_POOL_RECYCLES ? RN_BODY_SPARE_BYTES : 0);
}

static void trim_often(void)
{
    for (int i = 0; i < 20; i++) {
        rn_pool_trim(&pool);
    }
}

static void spare_bodies_go_when_none_is_wanted(void **state)
{
    size_t cap;
    char *body = take_body(1, &cap);

    (void)state;
    rn_pool_give_body(&pool, body, cap);
    rn_pool_trim(&pool);
    assert_int_equal(pool.body_bytes, RN_POOL_RECYCLES ? cap : 0); /* not at once */
    trim_often();
    assert_int_equal(pool.body_bytes, 0);
}

/* A handler may keep a body for long. */
static void a_body_given_back_late_goes_too(void **state)
{
    size_t cap;
    char *body = take_body(1, &cap);

    (void)state;
    trim_often();
    rn_pool_give_body(&pool, body, cap);
    trim_often();
    assert_int_equal(pool.body_bytes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup_teardown(test, fresh, done)
        T(an_input_buffer_is_the_one_that_was_shown), T(spare_inputs_have_a_greatest_number),
        T(a_body_has_at_least_what_was_asked),        T(a_spare_body_is_used_again_for_its_size),
        T(spare_bodies_have_a_greatest_size_in_all),  T(spare_bodies_go_when_none_is_wanted),
        T(a_body_given_back_late_goes_too),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
