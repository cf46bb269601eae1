#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/list.h"
#include "sys/clock.h"
#include "sys/loop.h"
#include "sys/thread.h"

static struct rn_loop *loop;

static int fresh(void **state)
{
    (void)state;
    return rn_loop_new(&loop) == RN_OK ? 0 : -1;
}

static int done(void **state)
{
    (void)state;
    rn_loop_free(loop);
    return 0;
}

static void stop_loop(void *arg)
{
    (void)arg;
    rn_loop_stop(loop);
}

static void a_stop_before_the_run_ends_it_at_once(void **state)
{
    (void)state;
    rn_loop_stop(loop);
    rn_loop_run(loop);
    rn_loop_stop(loop); /* and it may run again */
    rn_loop_run(loop);
}

struct ticks {
    struct rn_timer *timer;
    int count;
};

static void tick(void *arg)
{
    struct ticks *ticks = arg;

    if (++ticks->count == 3) {
        rn_timer_stop(ticks->timer);
        rn_loop_stop(loop);
    }
}

static void timers_fire_after_their_delay_once_or_again(void **state)
{
    struct ticks ticks = {NULL, 0};
    struct rn_timer *once;
    int64_t before = rn_clock_mono_us(rn_clock_real());

    (void)state;
    assert_int_equal(rn_timer_new(loop, tick, &ticks, &ticks.timer), RN_OK);
    rn_timer_start(ticks.timer, 5, 2);
    rn_loop_run(loop);
    assert_int_equal(ticks.count, 3);
    assert_true(rn_clock_mono_us(rn_clock_real()) - before >= 8000);

    assert_int_equal(rn_timer_new(loop, stop_loop, NULL, &once), RN_OK);
    rn_timer_start(once, 0, 0);
    rn_loop_run(loop);
    assert_int_equal(ticks.count, 3); /* stopped is stopped */
    rn_timer_free(once);
    rn_timer_free(ticks.timer);
    rn_timer_free(NULL);
    rn_timer_stop(NULL);
}

static void free_itself(void *arg)
{
    struct ticks *ticks = arg;

    rn_timer_free(ticks->timer);
    ticks->timer = NULL;
    rn_loop_stop(loop);
}

static void a_timer_may_be_freed_where_it_fires(void **state)
{
    struct ticks ticks = {NULL, 0};

    (void)state;
    assert_int_equal(rn_timer_new(loop, free_itself, &ticks, &ticks.timer), RN_OK);
    rn_timer_start(ticks.timer, 0, 1);
    rn_loop_run(loop);
    assert_null(ticks.timer);
}

static void a_timer_left_over_goes_with_its_loop(void **state)
{
    struct rn_loop *own;
    struct rn_timer *timer;

    (void)state;
    assert_int_equal(rn_loop_new(&own), RN_OK);
    assert_int_equal(rn_timer_new(own, stop_loop, NULL, &timer), RN_OK);
    rn_timer_start(timer, 1000000, 0);
    rn_loop_free(own);
    rn_loop_free(NULL);
}

/* ---- posts from another thread ---- */

enum { POSTS = 20000 };

struct job {
    struct rn_task task;
    int number;
};

static struct job jobs[POSTS];
static int next_job;

static void do_job(struct rn_task *task)
{
    assert_int_equal(RN_OWNER(task, struct job, task)->number, next_job);
    if (++next_job == POSTS) {
        rn_loop_stop(loop);
    }
}

static void post_jobs(void *arg)
{
    (void)arg;
    for (int i = 0; i < POSTS; i++) {
        jobs[i] = (struct job){.task.run = do_job, .number = i};
        rn_mailbox_post(rn_loop_box(loop), &jobs[i].task);
    }
}

static void posted_tasks_run_on_the_loop_in_order(void **state)
{
    struct rn_thread thread;

    (void)state;
    next_job = 0;
    assert_int_equal(rn_thread_start(&thread, "poster", post_jobs, NULL), RN_OK);
    rn_loop_run(loop);
    rn_thread_join(&thread);
    assert_int_equal(next_job, POSTS);
}

/* ---- idle ---- */

struct watch {
    bool idle;
    int turns;
    int64_t last_us;
    struct rn_task task;
    struct rn_timer *timer;
};

static void note_idle(void *arg, bool idle)
{
    struct watch *watch = arg;

    assert_int_not_equal(idle, watch->idle); /* strictly in turn */
    watch->idle = idle;
    if (!idle) {
        assert_true(rn_loop_now_us(loop) >= watch->last_us);
        watch->last_us = rn_loop_now_us(loop);
        watch->turns++;
    }
}

static void posted_while_watched(struct rn_task *task)
{
    struct watch *watch = RN_OWNER(task, struct watch, task);

    assert_false(watch->idle);
    if (watch->turns < 5) {
        rn_mailbox_post(rn_loop_box(loop), task);
    } else {
        rn_timer_start(watch->timer, 1, 0);
    }
}

static void fired_while_watched(void *arg)
{
    assert_false(((struct watch *)arg)->idle);
    rn_loop_stop(loop);
}

/* Whatever calls an owner, the watcher hears first that the wait is over. */
static void callbacks_run_only_while_busy(void **state)
{
    struct watch watch = {.idle = true, .task.run = posted_while_watched};

    (void)state;
    assert_int_equal(rn_timer_new(loop, fired_while_watched, &watch, &watch.timer), RN_OK);
    rn_loop_on_idle(loop, note_idle, &watch);
    rn_mailbox_post(rn_loop_box(loop), &watch.task);
    rn_loop_run(loop);
    assert_true(watch.idle); /* a loop that does not run holds nothing back */
    assert_true(watch.turns >= 5);
    rn_loop_on_idle(loop, NULL, NULL);
    rn_timer_free(watch.timer);
}

/* ---- signals ---- */

static int signal_seen;

static void note_signal(void *arg, int number)
{
    (void)arg;
    signal_seen = number;
    rn_loop_stop(loop);
}

static void signals_arrive_on_the_loop(void **state)
{
    (void)state;
    assert_int_equal(rn_loop_on_signal(loop, SIGUSR1, note_signal, NULL), RN_OK);
    assert_int_equal(kill(getpid(), SIGUSR1), 0);
    rn_loop_run(loop);
    assert_int_equal(signal_seen, SIGUSR1);
    assert_int_not_equal(rn_loop_on_signal(loop, 9999, note_signal, NULL), RN_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_stop_before_the_run_ends_it_at_once, fresh, done),
        cmocka_unit_test_setup_teardown(timers_fire_after_their_delay_once_or_again, fresh, done),
        cmocka_unit_test_setup_teardown(a_timer_may_be_freed_where_it_fires, fresh, done),
        cmocka_unit_test_setup_teardown(a_timer_left_over_goes_with_its_loop, fresh, done),
        cmocka_unit_test_setup_teardown(posted_tasks_run_on_the_loop_in_order, fresh, done),
        cmocka_unit_test_setup_teardown(callbacks_run_only_while_busy, fresh, done),
        cmocka_unit_test_setup_teardown(signals_arrive_on_the_loop, fresh, done),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
