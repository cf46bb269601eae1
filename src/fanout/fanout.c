/* fanout.c - a worker's subscriptions; see inside.h. */
#include "fanout/inside.h"

#include <stdlib.h>

#include "codec/eventstream.h"
#include "service/inside.h"

enum { FIRST_BYTES_MAX = 1024 };

int64_t rn_fanout_now_us(const struct rn_fanout *fanout)
{
    return rn_clock_mono_us(fanout->options.clock);
}

/* ---- arenas ---- */

struct rn_arena *rn_fanout_take_arena(struct rn_fanout *fanout)
{
    if (fanout->arena_count > 0) {
        return fanout->arenas[--fanout->arena_count];
    }
    return rn_arena_new(RN_FANOUT_ARENA_BYTES);
}

void rn_fanout_give_arena(struct rn_fanout *fanout, struct rn_arena *arena)
{
    if (!arena) {
        return;
    }
    if (fanout->arena_count == RN_FANOUT_ARENAS_MAX) {
        rn_arena_free(arena);
        return;
    }
    rn_arena_reset(arena);
    fanout->arenas[fanout->arena_count++] = arena;
}

/* ---- lists ---- */

static void move(struct rn_link *link, struct rn_link *list)
{
    if (rn_list_linked(link)) {
        rn_list_remove(link);
    }
    if (list) {
        rn_list_push(list, link);
    }
}

void rn_fanout_sent(struct rn_subscription *sub, bool has_left)
{
    sub->sent_us = rn_fanout_now_us(sub->fanout);
    move(&sub->pulse, has_left ? &sub->fanout->quiet : &sub->fanout->stuck);
}

static struct rn_subscription *first_of(const struct rn_link *list)
{
    return rn_list_empty(list) ? NULL : RN_OWNER(list->next, struct rn_subscription, pulse);
}

/* Those in `list` now, each once, whatever list they go into meanwhile. */
static void go_on_with_all(struct rn_link *list)
{
    struct rn_link now;
    struct rn_link *link;

    rn_list_init(&now);
    rn_list_splice(&now, list);
    while ((link = rn_list_pop(&now))) {
        rn_subscription_go_on(RN_OWNER(link, struct rn_subscription, turn));
    }
}

static void run_ready(struct rn_task *task)
{
    struct rn_fanout *fanout = RN_OWNER(task, struct rn_fanout, ready_task);

    fanout->is_posted = false;
    go_on_with_all(&fanout->ready);
}

void rn_fanout_later(struct rn_subscription *sub)
{
    struct rn_fanout *fanout = sub->fanout;

    move(&sub->turn, &fanout->ready);
    if (!fanout->is_posted) {
        fanout->is_posted = true;
        rn_mailbox_post(rn_loop_box(fanout->options.loop), &fanout->ready_task);
    }
}

void rn_fanout_at_tick(struct rn_subscription *sub)
{
    move(&sub->turn, &sub->fanout->waiting);
}

/* ---- time ---- */

static void end_lives(struct rn_fanout *fanout, int64_t now_us)
{
    while (!rn_list_empty(&fanout->living)) {
        struct rn_subscription *sub = RN_OWNER(fanout->living.next, struct rn_subscription, living);

        if (sub->ends_us > now_us) {
            return;
        }
        rn_list_remove(&sub->living);
        rn_subscription_end(sub, RN_FANOUT_ENDS_ORDERLY);
    }
}

static void break_silence(struct rn_fanout *fanout, int64_t now_us)
{
    struct rn_subscription *sub;

    while ((sub = first_of(&fanout->quiet)) &&
           now_us - sub->sent_us >= (int64_t)RN_FANOUT_QUIET_MS * 1000) {
        rn_subscription_speak(sub); /* to the end of the list, or out of it */
    }
}

/* Slow readers may hold memory as long as nobody else wants it and the server goes on. */
static void cut_slow_readers(struct rn_fanout *fanout, int64_t now_us)
{
    struct rn_subscription *sub;

    while ((sub = first_of(&fanout->stuck)) &&
           (sub->is_stopping || fanout->waiting_bytes >= RN_FANOUT_MEMORY_BYTES) &&
           now_us - sub->sent_us >= (int64_t)RN_FANOUT_STUCK_MS * 1000) {
        rn_subscription_cut(sub);
    }
}

/* The state has changed somewhere; rarely is it anything of ours. */
static void look_at_state(struct rn_fanout *fanout)
{
    struct rn_subscription *sub =
        rn_list_empty(&fanout->living)
            ? NULL
            : RN_OWNER(fanout->living.next, struct rn_subscription, living);
    uint64_t changes = sub ? rn_state_changes(sub->service->state) : fanout->changes;

    if (changes == fanout->changes) {
        return;
    }
    fanout->changes = changes;
    RN_LIST_EACH (link, &fanout->living) {
        rn_subscription_check(RN_OWNER(link, struct rn_subscription, living));
    }
}

static void tick(void *arg)
{
    struct rn_fanout *fanout = arg;
    int64_t now_us = rn_fanout_now_us(fanout);

    look_at_state(fanout);
    end_lives(fanout, now_us);
    cut_slow_readers(fanout, now_us);
    go_on_with_all(&fanout->waiting);
    break_silence(fanout, now_us);
    if (fanout->count == 0) {
        rn_timer_stop(fanout->timer);
    }
}

/* ---- life ---- */

rn_err rn_fanout_enter(struct rn_subscription *sub, const struct rn_shard *shard)
{
    struct rn_fanout *fanout = sub->fanout;
    rn_err err;

    if (fanout->count == RN_FANOUT_SUBSCRIPTIONS_MAX) {
        return RN_FULL;
    }
    if (!fanout->watches) {
        fanout->watches =
            rn_watches_new(sub->service->options.data, rn_loop_box(fanout->options.loop));
        if (!fanout->watches) {
            return RN_NOMEM;
        }
    }
    sub->watch.moved = rn_subscription_moved;
    err = rn_watch_start(fanout->watches, shard, &sub->watch);
    if (err) {
        return err;
    }
    if (fanout->count++ == 0) {
        rn_timer_start(fanout->timer, RN_FANOUT_TICK_MS, RN_FANOUT_TICK_MS);
    }
    sub->ends_us = rn_fanout_now_us(fanout) + fanout->options.life_ms * 1000;
    rn_list_push(&fanout->living, &sub->living);
    return RN_OK;
}

void rn_fanout_leave(struct rn_subscription *sub)
{
    struct rn_fanout *fanout = sub->fanout;

    move(&sub->pulse, NULL);
    move(&sub->turn, NULL);
    move(&sub->living, NULL);
    rn_watch_stop(fanout->watches, &sub->watch);
    fanout->count--;
}

rn_err rn_fanout_new(const struct rn_fanout_options *options, struct rn_fanout **ret_fanout)
{
    struct rn_fanout *fanout = calloc(1, sizeof(*fanout));
    rn_err err;

    if (!fanout) {
        return RN_NOMEM;
    }
    fanout->options = *options;
    fanout->ready_task.run = run_ready;
    rn_list_init(&fanout->living);
    rn_list_init(&fanout->quiet);
    rn_list_init(&fanout->stuck);
    rn_list_init(&fanout->waiting);
    rn_list_init(&fanout->ready);
    rn_buf_init(&fanout->buf, RN_EVENT_BYTES_MAX);
    rn_buf_init(&fanout->first_bytes, FIRST_BYTES_MAX);
    rn_fanout_write_first(&fanout->first_bytes);
    fanout->first = rn_buf_str(&fanout->first_bytes);
    err = fanout->first_bytes.failed ? RN_NOMEM
                                     : rn_timer_new(options->loop, tick, fanout, &fanout->timer);
    if (err) {
        rn_buf_done(&fanout->first_bytes);
        free(fanout);
        return err;
    }
    *ret_fanout = fanout;
    return RN_OK;
}

void rn_fanout_free(struct rn_fanout *fanout)
{
    if (!fanout) {
        return;
    }
    assert(fanout->count == 0);
    rn_timer_free(fanout->timer);
    rn_watches_free(fanout->watches);
    while (fanout->arena_count > 0) {
        rn_arena_free(fanout->arenas[--fanout->arena_count]);
    }
    rn_buf_done(&fanout->buf);
    rn_buf_done(&fanout->first_bytes);
    free(fanout);
}
