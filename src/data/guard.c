/* guard.c - a shard that may be closing; see guard.h. */
#include "data/guard.h"

#include <assert.h>

void rn_guard_init(struct rn_guard *guard)
{
    atomic_init(&guard->state, RN_GUARD_OPEN);
    guard->end = RN_SHARD_OPEN_END;
    rn_mutex_init(&guard->lock);
    rn_list_init(&guard->waiters);
}

void rn_guard_done(struct rn_guard *guard)
{
    assert(rn_list_empty(&guard->waiters));
    rn_mutex_done(&guard->lock);
}

static void release_all(struct rn_link *waiters)
{
    while (!rn_list_empty(waiters)) {
        struct rn_guard_wait *wait = RN_OWNER(waiters->next, struct rn_guard_wait, link);

        rn_list_remove(&wait->link);
        rn_mailbox_post(wait->box, &wait->decided); /* it may be gone from here on */
    }
}

void rn_guard_step(struct rn_guard *guard, enum rn_close_step step, uint64_t end)
{
    rn_mutex_lock(&guard->lock);
    if (atomic_load_explicit(&guard->state, memory_order_relaxed) != RN_GUARD_CLOSED) {
        switch (step) {
        case RN_CLOSE_BEGUN:
            atomic_store(&guard->state, RN_GUARD_CLOSING);
            break;
        case RN_CLOSE_DELAYED:
            atomic_store(&guard->state, RN_GUARD_STALLED);
            release_all(&guard->waiters);
            break;
        case RN_CLOSE_DONE:
            guard->end = end;
            atomic_store(&guard->state, RN_GUARD_CLOSED);
            release_all(&guard->waiters);
            break;
        }
    }
    rn_mutex_unlock(&guard->lock);
}

enum rn_guard_verdict rn_guard_ask(const struct rn_guard *guard)
{
    static const enum rn_guard_verdict verdicts[] = {
        [RN_GUARD_OPEN] = RN_GUARD_ACK,
        [RN_GUARD_CLOSING] = RN_GUARD_HOLD,
        [RN_GUARD_STALLED] = RN_GUARD_UNKNOWN,
        [RN_GUARD_CLOSED] = RN_GUARD_ENDED,
    };

    return verdicts[atomic_load(&guard->state)];
}

uint64_t rn_guard_end(const struct rn_guard *guard)
{
    assert(atomic_load(&guard->state) == RN_GUARD_CLOSED);
    return guard->end;
}

bool rn_guard_wait(struct rn_guard *guard, struct rn_guard_wait *wait)
{
    bool closing;

    rn_mutex_lock(&guard->lock);
    closing = atomic_load(&guard->state) == RN_GUARD_CLOSING;
    if (closing) {
        rn_list_push(&guard->waiters, &wait->link);
    }
    rn_mutex_unlock(&guard->lock);
    return closing;
}
