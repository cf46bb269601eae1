/* loop.h - one event loop per thread, over libuv (whose headers stay in this room).
 *
 * A loop owns its sockets, timers and mailbox; all their callbacks run on the loop's thread.
 * Threads: rn_loop_stop, rn_loop_box + rn_mailbox_post from any; everything else on the loop's
 * thread, or before rn_loop_run. */
#ifndef RN_SYS_LOOP_H
#define RN_SYS_LOOP_H

#include "base/err.h"
#include "base/mailbox.h"
#include "base/str.h"

struct rn_loop;

RN_MUST_USE rn_err rn_loop_new(struct rn_loop **ret_loop);
/* Closes what is left and frees. The loop does not run any more. NULL is fine. */
void rn_loop_free(struct rn_loop *loop);
/* Until rn_loop_stop. */
void rn_loop_run(struct rn_loop *loop);
void rn_loop_stop(struct rn_loop *loop);
/* The loop's mailbox: posted tasks run on its thread. */
struct rn_mailbox *rn_loop_box(struct rn_loop *loop);
/* Monotonic, taken at the start of this turn of the loop. */
int64_t rn_loop_now_us(struct rn_loop *loop);

/* Called each time the loop is about to wait (idle = true) and when it wakes (false): the
 * quiescent points of epoch.h. At most one watcher. */
void rn_loop_on_idle(struct rn_loop *loop, void (*fn)(void *arg, bool idle), void *arg);

/* Timers. Freed with rn_timer_free only; a NULL timer is fine. */
struct rn_timer;
RN_MUST_USE rn_err rn_timer_new(struct rn_loop *loop, void (*fire)(void *arg), void *arg,
                                struct rn_timer **ret_timer);
void rn_timer_start(struct rn_timer *timer, int64_t delay_ms,
                    int64_t repeat_ms); /* repeat 0: once */
void rn_timer_stop(struct rn_timer *timer);
void rn_timer_free(struct rn_timer *timer);

/* Signals, on one loop of the process. */
RN_MUST_USE rn_err rn_loop_on_signal(struct rn_loop *loop, int signal,
                                     void (*fn)(void *arg, int signal), void *arg);

#endif
