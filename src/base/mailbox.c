/* mailbox.c - a stack that senders push with one compare-and-swap and the owner takes whole.
 *
 * The first push onto an empty stack wakes; the owner empties the stack with one exchange, so a
 * push after that finds it empty again and wakes again: no post is ever left without a wake-up.
 * The release of a push pairs with the acquire of the exchange, so run() sees what the sender wrote. */
#include "base/mailbox.h"

#include <assert.h>
#include <stddef.h>

void rn_mailbox_init(struct rn_mailbox *box, void (*wake)(void *arg), void *arg)
{
    atomic_init(&box->newest, NULL);
    box->wake = wake;
    box->arg = arg;
}

void rn_mailbox_post(struct rn_mailbox *box, struct rn_task *task)
{
    /* Read before the push: once pushed, the owner may run the task and let go of the box. */
    void (*wake)(void *) = box->wake;
    void *arg = box->arg;
    struct rn_task *newest = atomic_load_explicit(&box->newest, memory_order_relaxed);

    assert(task->run);
    do {
        task->next = newest;
    } while (!atomic_compare_exchange_weak_explicit(&box->newest, &newest, task,
                                                    memory_order_release, memory_order_relaxed));
    if (!newest && wake) {
        wake(arg);
    }
}

bool rn_mailbox_drain(struct rn_mailbox *box)
{
    struct rn_task *stack = atomic_exchange_explicit(&box->newest, NULL, memory_order_acquire);
    struct rn_task *oldest = NULL;
    bool any = stack != NULL;

    while (stack) { /* newest first becomes oldest first */
        struct rn_task *task = stack;

        stack = task->next;
        task->next = oldest;
        oldest = task;
    }
    while (oldest) {
        struct rn_task *task = oldest;

        oldest = task->next; /* before run(): it may free the task or post it again */
        task->run(task);
    }
    return any;
}
