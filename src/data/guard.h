/* guard.h - may a record that was stored be acknowledged as its shard's, now that the shard may close?
 *
 *            BEGUN               DONE
 *   OPEN ───────────▶ CLOSING ─────────▶ CLOSED(end)
 *                      │   ▲               ▲
 *              DELAYED ▼   │ BEGUN         │ DONE
 *                     STALLED ─────────────┘
 *
 * RULE     The shard's CUT is appended after its guard left OPEN. A record whose storing is seen while the
 *          guard is OPEN therefore lies before the CUT; in CLOSED the end decides; in CLOSING nobody knows
 *          yet, and waits.
 * Threads: any; the lock is held for a few stores, nothing is called under it. */
#ifndef RN_DATA_GUARD_H
#define RN_DATA_GUARD_H

#include <stdatomic.h>

#include "base/list.h"
#include "base/mailbox.h"
#include "control/control.h"
#include "sys/thread.h"

enum rn_guard_state { RN_GUARD_OPEN, RN_GUARD_CLOSING, RN_GUARD_STALLED, RN_GUARD_CLOSED };

struct rn_guard {
    _Atomic(int) state; /* enum rn_guard_state */
    uint64_t end;       /* of CLOSED; set before the state */
    struct rn_mutex lock;
    struct rn_link waiters;
};

struct rn_guard_wait {
    struct rn_link link;
    struct rn_mailbox *box;
    struct rn_task decided; /* set ->run */
};

enum rn_guard_verdict {
    RN_GUARD_ACK,    /* the shard is open: what is stored now is its own */
    RN_GUARD_HOLD,   /* wait, and ask again */
    RN_GUARD_ENDED,  /* the shard's own is what lies before its end */
    RN_GUARD_UNKNOWN /* it takes long: do not acknowledge, do not send */
};

void rn_guard_init(struct rn_guard *guard);
void rn_guard_done(struct rn_guard *guard); /* nobody waits */
/* From control, as enum rn_close_step says. */
void rn_guard_step(struct rn_guard *guard, enum rn_close_step step, uint64_t end);
/* Asked before a record is sent to the shard's lane, and again when it is stored. */
enum rn_guard_verdict rn_guard_ask(const struct rn_guard *guard);
uint64_t rn_guard_end(const struct rn_guard *guard); /* after ENDED */
/* After HOLD: `decided` comes in `box`, once. False: it was decided meanwhile, ask again. */
RN_MUST_USE bool rn_guard_wait(struct rn_guard *guard, struct rn_guard_wait *wait);

#endif
