#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/list.h"
#include "base/mailbox.h"

struct letter {
    struct rn_task task;
    int sender, number;
};

enum { SENDERS = 3, LETTERS = 5000 };

static struct letter letters[SENDERS][LETTERS];
static int next_of[SENDERS]; /* what the owner expects from each sender */
static int received, wakes;
static struct rn_mailbox box;

static void count_wake(void *arg)
{
    (*(int *)arg)++;
}

static void receive(struct rn_task *task)
{
    struct letter *letter = RN_OWNER(task, struct letter, task);

    assert_int_equal(letter->number, next_of[letter->sender]);
    next_of[letter->sender]++;
    received++;
}

static int fresh(void **state)
{
    (void)state;
    received = wakes = 0;
    for (int s = 0; s < SENDERS; s++) {
        next_of[s] = 0;
        for (int n = 0; n < LETTERS; n++) {
            letters[s][n] = (struct letter){.task.run = receive, .sender = s, .number = n};
        }
    }
    rn_mailbox_init(&box, count_wake, &wakes);
    return 0;
}

static void tasks_run_in_the_order_of_posting(void **state)
{
    (void)state;
    assert_false(rn_mailbox_drain(&box));
    for (int n = 0; n < 100; n++) {
        rn_mailbox_post(&box, &letters[0][n].task);
    }
    assert_int_equal(received, 0);
    assert_true(rn_mailbox_drain(&box));
    assert_int_equal(received, 100);
    assert_false(rn_mailbox_drain(&box));
}

static void a_burst_wakes_once(void **state)
{
    (void)state;
    for (int n = 0; n < 10; n++) {
        rn_mailbox_post(&box, &letters[0][n].task);
    }
    assert_int_equal(wakes, 1);
    assert_true(rn_mailbox_drain(&box));
    rn_mailbox_post(&box, &letters[0][10].task);
    assert_int_equal(wakes, 2);
    assert_true(rn_mailbox_drain(&box));
}

static int rounds;

static void post_again(struct rn_task *task)
{
    if (++rounds < 5) {
        rn_mailbox_post(&box, task);
    }
}

static void a_task_may_post_itself_for_the_next_drain(void **state)
{
    struct rn_task task = {.run = post_again};

    (void)state;
    rounds = 0;
    rn_mailbox_post(&box, &task);
    for (int i = 1; i <= 5; i++) {
        assert_true(rn_mailbox_drain(&box));
        assert_int_equal(rounds, i);
        assert_int_equal(wakes, i < 5 ? i + 1 : 5);
    }
    assert_false(rn_mailbox_drain(&box));
}

static void *send_all(void *arg)
{
    struct letter *mine = arg;

    for (int n = 0; n < LETTERS; n++) {
        rn_mailbox_post(&box, &mine[n].task);
    }
    return NULL;
}

/* Method: senders race with the draining owner; nothing may be lost, doubled or reordered per sender. */
static void many_senders_lose_nothing(void **state)
{
    pthread_t threads[SENDERS];

    (void)state;
    rn_mailbox_init(&box, NULL, NULL);
    for (int s = 0; s < SENDERS; s++) {
        assert_int_equal(pthread_create(&threads[s], NULL, send_all, letters[s]), 0);
    }
    while (received < SENDERS * LETTERS) {
        if (!rn_mailbox_drain(&box)) {
            (void)sched_yield();
        }
    }
    for (int s = 0; s < SENDERS; s++) {
        assert_int_equal(pthread_join(threads[s], NULL), 0);
        assert_int_equal(next_of[s], LETTERS);
    }
    assert_false(rn_mailbox_drain(&box));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(tasks_run_in_the_order_of_posting, fresh),
        cmocka_unit_test_setup(a_burst_wakes_once, fresh),
        cmocka_unit_test_setup(a_task_may_post_itself_for_the_next_drain, fresh),
        cmocka_unit_test_setup(many_senders_lose_nothing, fresh),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
