/* mailbox.h - work handed to a thread: any number of senders, one owner.
 *
 * Posting never blocks and never allocates; tasks run in the order of posting, on the owner's
 * thread, when it drains. `wake` is called by the first post after a drain only, so a burst
 * costs one wake-up. In production a loop owns the mailbox and wake is its async handle; in
 * simulation the scheduler drains it when the seed says so. */
#ifndef RN_BASE_MAILBOX_H
#define RN_BASE_MAILBOX_H

#include <stdatomic.h>
#include <stdbool.h>

/* Embedded in its owner, found again with RN_OWNER. In one mailbox at a time. */
struct rn_task {
    struct rn_task *next;
    void (*run)(struct rn_task *task);
};

struct rn_mailbox {
    _Atomic(struct rn_task *) newest; /* a stack, reversed by the drain */
    void (*wake)(void *arg);          /* Thread: any */
    void *arg;
};

void rn_mailbox_init(struct rn_mailbox *box, void (*wake)(void *arg), void *arg);
/* Thread: any. `task` stays the sender's until run() is called, once. */
void rn_mailbox_post(struct rn_mailbox *box, struct rn_task *task);
/* Thread: the owner. Runs what was posted before the call; returns whether there was any. */
bool rn_mailbox_drain(struct rn_mailbox *box);

#endif
