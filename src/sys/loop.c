/* loop.c - a libuv loop, its mailbox, timers and signals.
 *
 * ONE TURN   timers · [idle] wait: sockets, mailbox, signals [busy] · closings
 * A mailbox's wake is an async handle: many sends before the loop looks are one callback. */
#include "sys/loop.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>

#include "sys/loop_inside.h"

struct rn_timer {
    struct loop_item item;
    struct rn_loop *loop;
    uv_timer_t uv;
    void (*fire)(void *arg);
    void *arg;
};

struct signal_watch {
    struct loop_item item;
    struct rn_loop *loop;
    uv_signal_t uv;
    void (*fn)(void *arg, int signal);
    void *arg;
};

rn_err rn_loop_err(int uv_code)
{
    switch (uv_code) {
    case 0:
        return RN_OK;
    case UV_ENOMEM:
        return RN_NOMEM;
    case UV_EMFILE:
    case UV_ENFILE:
        return RN_FULL;
    case UV_EINVAL:
        return RN_INVALID;
    default:
        return RN_IO;
    }
}

static void tell_idle(struct rn_loop *loop, bool idle)
{
    if (loop->is_idle == idle) {
        return;
    }
    loop->is_idle = idle;
    if (!idle) {
        loop->now_us = (int64_t)(uv_hrtime() / 1000);
    }
    if (loop->on_idle) {
        loop->on_idle(loop->on_idle_arg, idle);
    }
}

void rn_loop_busy(struct rn_loop *loop)
{
    tell_idle(loop, false);
}

static void before_wait(uv_prepare_t *uv)
{
    tell_idle(uv->data, true);
}

static void after_wait(uv_check_t *uv)
{
    tell_idle(uv->data, false);
}

static void woken(uv_async_t *uv)
{
    struct rn_loop *loop = uv->data;

    rn_loop_busy(loop);
    (void)rn_mailbox_drain(&loop->box);
    if (atomic_load(&loop->stopping)) {
        uv_stop(&loop->uv);
    }
}

/* Thread: any. */
static void wake(void *arg)
{
    struct rn_loop *loop = arg;

    (void)uv_async_send(&loop->wake); /* fails only on a handle of another kind */
}

rn_err rn_loop_new(struct rn_loop **ret_loop)
{
    struct rn_loop *loop = calloc(1, sizeof(*loop));
    int code;

    if (!loop) {
        return RN_NOMEM;
    }
    (void)signal(SIGPIPE, SIG_IGN); /* a peer that went away is an error of the write */
    code = uv_loop_init(&loop->uv);
    if (code) {
        free(loop);
        return rn_loop_err(code);
    }
    code = uv_async_init(&loop->uv, &loop->wake, woken);
    if (code) {
        (void)uv_loop_close(&loop->uv);
        free(loop);
        return rn_loop_err(code);
    }
    (void)uv_prepare_init(&loop->uv, &loop->before_wait); /* these cannot fail */
    (void)uv_check_init(&loop->uv, &loop->after_wait);
    (void)uv_prepare_start(&loop->before_wait, before_wait);
    (void)uv_check_start(&loop->after_wait, after_wait);
    loop->wake.data = loop->before_wait.data = loop->after_wait.data = loop;
    rn_mailbox_init(&loop->box, wake, loop);
    rn_list_init(&loop->items);
    atomic_init(&loop->stopping, false);
    loop->is_idle = true;
    loop->now_us = (int64_t)(uv_hrtime() / 1000);
    *ret_loop = loop;
    return RN_OK;
}

void rn_loop_free(struct rn_loop *loop)
{
    struct rn_link *link;

    if (!loop) {
        return;
    }
    loop->on_idle = NULL;
    while ((link = rn_list_pop(&loop->items))) {
        struct loop_item *item = RN_OWNER(link, struct loop_item, link);

        item->let_go(item);
    }
    uv_close((uv_handle_t *)&loop->wake, NULL);
    uv_close((uv_handle_t *)&loop->before_wait, NULL);
    uv_close((uv_handle_t *)&loop->after_wait, NULL);
    (void)uv_run(&loop->uv, UV_RUN_DEFAULT); /* only closings are left */
    if (uv_loop_close(&loop->uv) != 0) {
        abort(); /* a handle that is on no list */
    }
    free(loop);
}

void rn_loop_run(struct rn_loop *loop)
{
    tell_idle(loop, false);
    while (!atomic_load(&loop->stopping)) {
        (void)uv_run(&loop->uv, UV_RUN_DEFAULT);
    }
    atomic_store(&loop->stopping, false);
    tell_idle(loop, true);
}

void rn_loop_stop(struct rn_loop *loop)
{
    atomic_store(&loop->stopping, true);
    wake(loop);
}

struct rn_mailbox *rn_loop_box(struct rn_loop *loop)
{
    return &loop->box;
}

int64_t rn_loop_now_us(struct rn_loop *loop)
{
    return loop->now_us;
}

void rn_loop_on_idle(struct rn_loop *loop, void (*fn)(void *arg, bool idle), void *arg)
{
    assert(!loop->on_idle || !fn);
    loop->on_idle = fn;
    loop->on_idle_arg = arg;
}

/* ---- timers ---- */

static void timer_closed(uv_handle_t *uv)
{
    free(uv->data);
}

static void timer_let_go(struct loop_item *item)
{
    struct rn_timer *timer = RN_OWNER(item, struct rn_timer, item);

    uv_close((uv_handle_t *)&timer->uv, timer_closed);
}

static void timer_fired(uv_timer_t *uv)
{
    struct rn_timer *timer = uv->data;

    rn_loop_busy(timer->loop);
    timer->fire(timer->arg);
}

rn_err rn_timer_new(struct rn_loop *loop, void (*fire)(void *arg), void *arg,
                    struct rn_timer **ret_timer)
{
    struct rn_timer *timer = calloc(1, sizeof(*timer));

    if (!timer) {
        return RN_NOMEM;
    }
    (void)uv_timer_init(&loop->uv, &timer->uv); /* cannot fail */
    timer->uv.data = timer;
    timer->item.let_go = timer_let_go;
    timer->loop = loop;
    timer->fire = fire;
    timer->arg = arg;
    rn_list_push(&loop->items, &timer->item.link);
    *ret_timer = timer;
    return RN_OK;
}

void rn_timer_start(struct rn_timer *timer, int64_t delay_ms, int64_t repeat_ms)
{
    assert(delay_ms >= 0 && repeat_ms >= 0);
    uv_update_time(
        &timer->loop->uv); /* the delay counts from now, not from the start of a long turn */
    (void)uv_timer_start(&timer->uv, timer_fired, (uint64_t)delay_ms, (uint64_t)repeat_ms);
}

void rn_timer_stop(struct rn_timer *timer)
{
    if (timer) {
        (void)uv_timer_stop(&timer->uv);
    }
}

void rn_timer_free(struct rn_timer *timer)
{
    if (timer) {
        rn_list_remove(&timer->item.link);
        timer_let_go(&timer->item);
    }
}

/* ---- signals ---- */

static void signal_closed(uv_handle_t *uv)
{
    free(uv->data);
}

static void signal_let_go(struct loop_item *item)
{
    struct signal_watch *watch = RN_OWNER(item, struct signal_watch, item);

    uv_close((uv_handle_t *)&watch->uv, signal_closed);
}

static void signal_came(uv_signal_t *uv, int number)
{
    struct signal_watch *watch = uv->data;

    rn_loop_busy(watch->loop);
    watch->fn(watch->arg, number);
}

rn_err rn_loop_on_signal(struct rn_loop *loop, int signal, void (*fn)(void *arg, int signal),
                         void *arg)
{
    struct signal_watch *watch = calloc(1, sizeof(*watch));
    int code;

    if (!watch) {
        return RN_NOMEM;
    }
    code = uv_signal_init(&loop->uv, &watch->uv);
    if (code) {
        free(watch);
        return rn_loop_err(code);
    }
    watch->uv.data = watch;
    watch->item.let_go = signal_let_go;
    watch->loop = loop;
    watch->fn = fn;
    watch->arg = arg;
    code = uv_signal_start(&watch->uv, signal_came, signal);
    if (code) {
        signal_let_go(&watch->item);
        return rn_loop_err(code);
    }
    rn_list_push(&loop->items, &watch->item.link);
    return RN_OK;
}
