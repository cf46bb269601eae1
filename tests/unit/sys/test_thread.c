#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sys/clock.h"
#include "sys/thread.h"

struct shared {
    struct rn_mutex mutex;
    struct rn_cond cond;
    int count;
    bool ready;
    char name[16];
    bool signals_blocked;
};

static struct shared shared;

static int fresh(void **state)
{
    (void)state;
    shared = (struct shared){.count = 0};
    rn_mutex_init(&shared.mutex);
    rn_cond_init(&shared.cond);
    return 0;
}

static int done(void **state)
{
    (void)state;
    rn_cond_done(&shared.cond);
    rn_mutex_done(&shared.mutex);
    return 0;
}

static void look_around(void *arg)
{
    struct shared *mine = arg;
    sigset_t blocked;

    (void)pthread_getname_np(pthread_self(), mine->name, sizeof(mine->name));
    mine->signals_blocked =
        pthread_sigmask(SIG_SETMASK, NULL, &blocked) == 0 && sigismember(&blocked, SIGTERM) == 1;
}

static void a_thread_has_its_name_and_no_signals(void **state)
{
    struct rn_thread thread;
    sigset_t blocked;

    (void)state;
    assert_int_equal(rn_thread_start(&thread, "a-name-far-too-long", look_around, &shared), RN_OK);
    rn_thread_join(&thread);
    assert_string_equal(shared.name, "a-name-far-too-");
    assert_true(shared.signals_blocked);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &blocked), 0);
    assert_int_equal(sigismember(&blocked, SIGTERM), 0); /* the starter's mask is as it was */
}

static void add_many(void *arg)
{
    struct shared *mine = arg;

    for (int i = 0; i < 20000; i++) {
        rn_mutex_lock(&mine->mutex);
        mine->count++;
        rn_mutex_unlock(&mine->mutex);
    }
}

static void a_mutex_lets_one_in_at_a_time(void **state)
{
    struct rn_thread a, b;

    (void)state;
    assert_int_equal(rn_thread_start(&a, "a", add_many, &shared), RN_OK);
    assert_int_equal(rn_thread_start(&b, "b", add_many, &shared), RN_OK);
    rn_thread_join(&a);
    rn_thread_join(&b);
    assert_int_equal(shared.count, 40000);
}

static void tell_ready(void *arg)
{
    struct shared *mine = arg;

    rn_mutex_lock(&mine->mutex);
    mine->ready = true;
    rn_cond_broadcast(&mine->cond);
    rn_mutex_unlock(&mine->mutex);
}

static void a_condition_wakes_who_waits(void **state)
{
    struct rn_thread thread;

    (void)state;
    rn_mutex_lock(&shared.mutex);
    assert_int_equal(rn_thread_start(&thread, "teller", tell_ready, &shared), RN_OK);
    while (!shared.ready) {
        rn_cond_wait(&shared.cond, &shared.mutex);
    }
    shared.ready = false;
    rn_mutex_unlock(&shared.mutex);
    rn_thread_join(&thread);

    rn_mutex_lock(&shared.mutex);
    assert_int_equal(rn_thread_start(&thread, "teller", tell_ready, &shared), RN_OK);
    while (!shared.ready) {
        assert_true(rn_cond_wait_for(&shared.cond, &shared.mutex, 60000000));
    }
    rn_mutex_unlock(&shared.mutex);
    rn_thread_join(&thread);
}

static void waiting_ends_when_the_time_is_up(void **state)
{
    int64_t before = rn_clock_mono_us(rn_clock_real());
    bool woken = true;

    (void)state;
    rn_mutex_lock(&shared.mutex);
    while (woken) { /* a spurious wake-up is allowed */
        woken = rn_cond_wait_for(&shared.cond, &shared.mutex, 2500);
    }
    assert_false(rn_cond_wait_for(&shared.cond, &shared.mutex, 0));
    rn_mutex_unlock(&shared.mutex);
    assert_true(rn_clock_mono_us(rn_clock_real()) - before >= 2500);
}

static void there_is_at_least_one_cpu(void **state)
{
    (void)state;
    assert_in_range(rn_cpu_count(), 1, 4096);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_thread_has_its_name_and_no_signals, fresh, done),
        cmocka_unit_test_setup_teardown(a_mutex_lets_one_in_at_a_time, fresh, done),
        cmocka_unit_test_setup_teardown(a_condition_wakes_who_waits, fresh, done),
        cmocka_unit_test_setup_teardown(waiting_ends_when_the_time_is_up, fresh, done),
        cmocka_unit_test(there_is_at_least_one_cpu),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
