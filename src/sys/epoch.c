/* epoch.c - a counter that every retirement moves on, and per reader the value it entered at.
 *
 *   now      1, 2, 3, ...         moved by retire, after the old version was unpublished
 *   slot[r]  0 idle | value of now when r's turn began
 *
 * WHY IT IS SAFE  Something retired at time `at` was unpublished before `now` became `at`. A reader
 * in a turn that began at `at` or later therefore saw the new version. A reader between loading
 * `now` and writing its slot looks idle, but it reads nothing before the slot is written: by the
 * full barriers in enter and collect either collect sees the slot, or the reader the new version. */
#include "sys/epoch.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { CACHE_LINE_BYTES = 64 };

struct slot {
    _Alignas(CACHE_LINE_BYTES) _Atomic(uint64_t) entered; /* 0: idle */
};

struct rn_epoch {
    struct slot slots[RN_EPOCH_READERS_MAX];
    _Atomic(uint64_t) now;
    unsigned readers;
    struct rn_retired *oldest, **newest; /* in order of `at` */
};

#if defined(__SANITIZE_THREAD__)
#define FENCE() \
    ((void)0) /* not understood there; the exchange in enter is a full barrier on amd64 */
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define FENCE() ((void)0)
#endif
#endif
#ifndef FENCE
#define FENCE() atomic_thread_fence(memory_order_seq_cst)
#endif

struct rn_epoch *rn_epoch_new(void)
{
    struct rn_epoch *epoch = aligned_alloc(CACHE_LINE_BYTES, sizeof(*epoch));

    if (!epoch) {
        return NULL;
    }
    for (unsigned i = 0; i < RN_EPOCH_READERS_MAX; i++) {
        atomic_init(&epoch->slots[i].entered, 0);
    }
    atomic_init(&epoch->now, 1);
    epoch->readers = 0;
    epoch->oldest = NULL;
    epoch->newest = &epoch->oldest;
    return epoch;
}

/* Those unpublished no later than `at`. */
static void free_until(struct rn_epoch *epoch, uint64_t at)
{
    while (epoch->oldest && epoch->oldest->at <= at) {
        struct rn_retired *retired = epoch->oldest;

        epoch->oldest = retired->next;
        if (!epoch->oldest) {
            epoch->newest = &epoch->oldest;
        }
        retired->free(retired);
    }
}

void rn_epoch_free(struct rn_epoch *epoch)
{
    if (epoch) {
        free_until(epoch, UINT64_MAX);
        free(epoch);
    }
}

rn_err rn_epoch_join(struct rn_epoch *epoch, unsigned *ret_reader)
{
    if (epoch->readers == RN_EPOCH_READERS_MAX) {
        return RN_FULL;
    }
    *ret_reader = epoch->readers++;
    return RN_OK;
}

void rn_epoch_enter(struct rn_epoch *epoch, unsigned reader)
{
    uint64_t now = atomic_load_explicit(&epoch->now, memory_order_acquire);

    assert(reader < epoch->readers);
    (void)atomic_exchange_explicit(&epoch->slots[reader].entered, now, memory_order_seq_cst);
    FENCE();
}

void rn_epoch_leave(struct rn_epoch *epoch, unsigned reader)
{
    assert(reader < epoch->readers);
    atomic_store_explicit(&epoch->slots[reader].entered, 0, memory_order_release);
}

void rn_epoch_retire(struct rn_epoch *epoch, struct rn_retired *retired)
{
    retired->next = NULL;
    retired->at = atomic_fetch_add_explicit(&epoch->now, 1, memory_order_seq_cst) + 1;
    *epoch->newest = retired;
    epoch->newest = &retired->next;
}

void rn_epoch_collect(struct rn_epoch *epoch)
{
    uint64_t oldest_turn = UINT64_MAX;

    if (!epoch->oldest) {
        return;
    }
    FENCE();
    for (unsigned i = 0; i < epoch->readers; i++) {
        uint64_t entered = atomic_load_explicit(&epoch->slots[i].entered, memory_order_seq_cst);

        if (entered && entered < oldest_turn) {
            oldest_turn = entered;
        }
    }
    free_until(epoch, oldest_turn);
}
