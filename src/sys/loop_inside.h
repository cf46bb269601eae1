/* loop_inside.h - the loop as the files of this room see it. Nobody else includes this: it brings
 * libuv's names.
 *
 * libuv calls back from three places: timers and closings outside the wait, sockets, mailbox and
 * signals inside it. Each of our callbacks begins with rn_loop_busy, so the watcher of
 * rn_loop_on_idle hears of the end of the wait before anything else runs. */
#ifndef RN_SYS_LOOP_INSIDE_H
#define RN_SYS_LOOP_INSIDE_H

#include <stdatomic.h>
#include <uv.h>

#include "base/list.h"
#include "sys/loop.h"

struct rn_loop {
    uv_loop_t uv;
    uv_async_t wake;
    uv_prepare_t before_wait;
    uv_check_t after_wait;
    struct rn_mailbox box;
    struct rn_link items; /* struct loop_item: what to close when the loop ends */
    _Atomic(bool) stopping;
    bool is_idle;
    int64_t now_us;
    void (*on_idle)(void *arg, bool idle);
    void *on_idle_arg;
};

/* Part of everything that hangs on a loop. let_go closes it without telling its owner. */
struct loop_item {
    struct rn_link link;
    void (*let_go)(struct loop_item *item);
};

/* The turn has begun: before any owner is called. */
void rn_loop_busy(struct rn_loop *loop);
rn_err rn_loop_err(int uv_code);

#endif
