/* subscription.c - a subscription's life: it reads when there is room and more to read, sends what it read,
 * and speaks when it has been silent for long.
 *
 *     moved, room, turn ─▶ go_on ─▶ read ─▶ take ─▶ send ─┬─▶ quiet, until it moves
 *                            ▲                            ├─▶ stuck, until there is room
 *                            └──────── later ─────────────┘
 *
 * Reading is followed by sending in the same call when the records are in memory, as those just committed
 * are. Whatever ends it: `is_over` is set once, it leaves the lists, and is freed when nothing of it is
 * under way any more. */
#include "fanout/inside.h"

#include <stdlib.h>

#include "service/inside.h"

enum { SMALL_BYTES = 4096 }; /* such events are copied, larger ones take the buffer along */

/* ---- ends ---- */

static void free_when_over(struct rn_subscription *sub)
{
    if (!sub->exchange && !sub->is_reading && !sub->call && !sub->claim.is_posted) {
        free(sub);
    }
}

static void leave(struct rn_subscription *sub, enum rn_fanout_end end)
{
    sub->is_over = true;
    sub->end = end;
    rn_fanout_leave(sub);
    rn_claim_drop(sub->fanout->options.claims, &sub->claim);
}

static void forget_piece(struct rn_subscription *sub)
{
    sub->fanout->waiting_bytes -= sub->piece_len;
    sub->piece_len = 0;
}

/* It has ended, and nothing of it is read any more. */
static void let_go(struct rn_subscription *sub)
{
    struct rn_exchange *exchange = sub->exchange;

    if (sub->is_reading) {
        return; /* until that is back */
    }
    if (exchange) {
        forget_piece(sub);
        sub->exchange = NULL;
        rn_feed_end(exchange);
    }
    free_when_over(sub);
}

void rn_subscription_lost(struct rn_claim *claim)
{
    struct rn_subscription *sub = RN_OWNER(claim, struct rn_subscription, claim);

    if (sub->is_over) {
        free_when_over(sub);
    } else {
        rn_subscription_end(sub, RN_FANOUT_ENDS_TAKEN_OVER);
    }
}

void rn_subscription_drop(struct rn_subscription *sub)
{
    sub->call = NULL;
    if (!sub->is_over) {
        leave(sub, RN_FANOUT_ENDS_ORDERLY);
    }
    free_when_over(sub);
}

void rn_subscription_cut(struct rn_subscription *sub)
{
    struct rn_exchange *exchange = sub->exchange;

    leave(sub, RN_FANOUT_ENDS_ORDERLY);
    forget_piece(sub);
    sub->exchange = NULL;
    rn_feed_cut(exchange);
    free_when_over(sub);
}

/* ---- sending ---- */

/* Of its own memory; NULL: none. The buffer is empty afterwards. */
static char *take_piece(struct rn_buf *buf, size_t *ret_len)
{
    char *piece = NULL;

    *ret_len = buf->len;
    if (!buf->failed && buf->len <= SMALL_BYTES) {
        piece = malloc(buf->len);
        if (piece) {
            memcpy(piece, buf->data, buf->len);
        }
        rn_buf_clear(buf);
    } else if (!buf->failed) {
        piece = realloc(buf->data, buf->len); /* smaller: what is waited for is what counts */
        piece = piece ? piece : buf->data;
        rn_buf_init(buf, buf->limit);
    } else {
        size_t limit = buf->limit;

        rn_buf_done(buf);
        rn_buf_init(buf, limit);
    }
    return piece;
}

/* What the fanout's buffer holds. False: there was no memory for it. */
static bool send(struct rn_subscription *sub)
{
    struct rn_fanout *fanout = sub->fanout;
    size_t len;
    char *piece = take_piece(&fanout->buf, &len);
    rn_err err;

    assert(sub->has_room);
    if (!piece) {
        return false;
    }
    err = rn_feed_give(sub->exchange, piece, len);
    sub->has_room = err == RN_OK;
    if (err == RN_WAIT) {
        sub->piece_len = len;
        fanout->waiting_bytes += len;
    }
    if (!sub->is_over) {
        rn_fanout_sent(sub, sub->has_room);
    }
    return true;
}

void rn_subscription_end(struct rn_subscription *sub, enum rn_fanout_end end)
{
    if (sub->is_over) {
        return;
    }
    leave(sub, end);
    /* A reader that is slow hears of it when it asks again. */
    if (end != RN_FANOUT_ENDS_ORDERLY && sub->exchange && sub->has_room) {
        rn_fanout_write_end(sub, &sub->fanout->buf);
        (void)send(sub); /* without memory the stream ends all the same */
    }
    let_go(sub);
}

void rn_subscription_speak(struct rn_subscription *sub)
{
    rn_fanout_write_event(sub, NULL, NULL, &sub->fanout->buf);
    if (!send(sub)) {
        rn_subscription_end(sub, RN_FANOUT_ENDS_FAILED);
    }
}

/* ---- reading ---- */

/* Has it had more than its share for now? */
static bool is_ahead(struct rn_subscription *sub)
{
    int64_t rate = rn_data_limit(sub->service->options.data, RN_LIMIT_CONSUMER_READ_BYTES);
    int64_t now_us = rn_fanout_now_us(sub->fanout);

    if (rate == RN_LIMIT_OFF) {
        return false;
    }
    if (sub->pace.rate == 0) {
        rn_bucket_init(&sub->pace, rate, now_us);
    } else {
        rn_bucket_set_rate(&sub->pace, rate, now_us);
    }
    return rn_bucket_in_debt(&sub->pace);
}

static void charge(struct rn_subscription *sub, uint64_t bytes)
{
    if (sub->pace.rate != 0) {
        rn_bucket_borrow(&sub->pace, (int64_t)bytes);
    }
}

/* ORDERLY: consumer, stream and shard are there. */
static enum rn_fanout_end find(const struct rn_subscription *sub,
                               const struct rn_stream **ret_stream,
                               const struct rn_shard **ret_shard)
{
    const struct rn_stream *stream = rn_state_find_uid(sub->service->state, sub->stream_uid);
    const struct rn_consumer *consumer;

    if (!stream || !rn_stream_serves(stream)) {
        return RN_FANOUT_ENDS_STREAM_GONE;
    }
    consumer = rn_stream_consumer_uid(stream, sub->consumer_uid);
    if (!consumer || consumer->status != RN_CONSUMER_ACTIVE) {
        return RN_FANOUT_ENDS_CONSUMER_GONE;
    }
    *ret_stream = stream;
    *ret_shard =
        rn_visible_shard(stream, sub->shard_index, rn_data_now_ms(sub->service->options.data));
    return *ret_shard ? RN_FANOUT_ENDS_ORDERLY : RN_FANOUT_ENDS_SHARD_GONE;
}

void rn_subscription_check(struct rn_subscription *sub)
{
    const struct rn_stream *stream;
    const struct rn_shard *shard;
    enum rn_fanout_end end = find(sub, &stream, &shard);

    if (end != RN_FANOUT_ENDS_ORDERLY) {
        rn_subscription_end(sub, end);
    } else if (shard->end != RN_SHARD_OPEN_END) { /* there is an end to come to */
        sub->has_more = true;
        rn_fanout_later(sub);
    }
}

static void advance(struct rn_subscription *sub)
{
    const struct rn_get *get = &sub->get;

    sub->next = get->next;
    sub->behind_ms = get->millis_behind;
    sub->has_more = sub->has_more || get->closing || !get->at_end;
    if (get->item_count > 0 || (get->at_end && !get->closing)) {
        sub->not_before_ms = INT64_MIN; /* what lies behind arrived later */
    }
}

static void read_failed(struct rn_subscription *sub)
{
    const struct rn_stream *stream;
    const struct rn_shard *shard;
    enum rn_fanout_end end = find(sub, &stream, &shard);

    rn_subscription_end(sub, end == RN_FANOUT_ENDS_ORDERLY ? RN_FANOUT_ENDS_FAILED : end);
}

/* Goes on, ends, or rests. */
static void take(struct rn_subscription *sub)
{
    const struct rn_get *get = &sub->get;
    bool is_finished = get->finished, is_closing = get->closing;

    if (get->item_count > 0 || is_finished) {
        if (!sub->has_room) { /* it spoke while it read: once more, later */
            sub->has_more = true;
            return;
        }
        rn_fanout_write_event(sub, sub->arena, get, &sub->fanout->buf);
        charge(sub, get->bytes);
        advance(sub);
        if (!send(sub)) {
            rn_subscription_end(sub, RN_FANOUT_ENDS_FAILED);
            return;
        }
    } else {
        advance(sub);
    }
    if (is_finished) {
        rn_subscription_end(sub, RN_FANOUT_ENDS_ORDERLY);
    } else if (is_closing) {
        rn_fanout_at_tick(sub);
    } else if (sub->has_more) {
        rn_fanout_later(sub);
    }
}

static void read_done(struct rn_task *task)
{
    struct rn_subscription *sub = RN_OWNER(task, struct rn_subscription, get.done);
    struct rn_fanout *fanout = sub->fanout;
    struct rn_arena *arena = sub->arena;

    sub->is_reading = false;
    if (sub->is_over) {
        let_go(sub);
    } else if (sub->get.result == RN_GET_OK) {
        take(sub);
    } else {
        read_failed(sub);
    }
    rn_fanout_give_arena(fanout, arena);
}

static void start_read(struct rn_subscription *sub)
{
    const struct rn_stream *stream;
    const struct rn_shard *shard;
    enum rn_fanout_end end = find(sub, &stream, &shard);

    if (end != RN_FANOUT_ENDS_ORDERLY) {
        rn_subscription_end(sub, end);
        return;
    }
    sub->arena = rn_fanout_take_arena(sub->fanout);
    if (!sub->arena) {
        rn_subscription_end(sub, RN_FANOUT_ENDS_FAILED);
        return;
    }
    sub->has_more = false; /* until it moves again */
    sub->is_reading = true;
    sub->get = (struct rn_get){
        .stream = stream,
        .shard = shard,
        .from = sub->next,
        .not_before_ms = sub->not_before_ms,
        .count_max = RN_FANOUT_EVENT_RECORDS,
        .bytes_max = RN_FANOUT_EVENT_BYTES,
        .keeps_own_pace = true,
        .arena = sub->arena,
        .box = rn_loop_box(sub->fanout->options.loop),
        .done.run = read_done,
    };
    if (rn_data_get(sub->service->options.data, &sub->get)) {
        sub->is_reading = false;
        rn_fanout_give_arena(sub->fanout, sub->arena);
        rn_subscription_end(sub, RN_FANOUT_ENDS_FAILED);
    }
}

/* May the worker's memory take another event? */
static bool has_memory(const struct rn_subscription *sub)
{
    return sub->fanout->waiting_bytes < RN_FANOUT_MEMORY_BYTES;
}

void rn_subscription_go_on(struct rn_subscription *sub)
{
    if (sub->is_over || sub->is_reading || !sub->has_room || !sub->has_more) {
        return;
    }
    if (is_ahead(sub) || !has_memory(sub)) {
        rn_fanout_at_tick(sub);
    } else {
        start_read(sub);
    }
}

void rn_subscription_moved(struct rn_watch *watch)
{
    struct rn_subscription *sub = RN_OWNER(watch, struct rn_subscription, watch);

    sub->has_more = true;
    rn_subscription_go_on(sub);
}

/* ---- its feed ---- */

static void has_room(void *arg)
{
    struct rn_subscription *sub = arg;

    forget_piece(sub);
    sub->has_room = true;
    if (sub->is_stopping) {
        rn_subscription_end(sub, RN_FANOUT_ENDS_ORDERLY);
    } else if (!sub->is_over) {
        rn_fanout_sent(sub, true);
        rn_subscription_go_on(sub);
    }
}

static void is_gone(void *arg)
{
    struct rn_subscription *sub = arg;

    sub->has_room = false;
    if (!sub->is_over) {
        leave(sub, RN_FANOUT_ENDS_ORDERLY);
    }
    let_go(sub);
}

/* An event that is on its way still arrives, if its reader is not too slow for that. */
static void server_stops(void *arg)
{
    struct rn_subscription *sub = arg;

    sub->is_stopping = true;
    if (sub->has_room) {
        rn_subscription_end(sub, RN_FANOUT_ENDS_ORDERLY);
    }
}

void rn_fanout_feed(struct rn_call *call, struct rn_exchange *exchange, struct rn_http_reply *reply)
{
    static const struct rn_feed_events events = {has_room, is_gone, server_stops};
    struct rn_subscription *sub = call->reply;
    rn_err err;

    reply->body = &sub->fanout->first;
    reply->body_count = 1;
    sub->call = NULL;
    sub->exchange = exchange;
    err = rn_feed_start(exchange, reply, &events, sub);
    sub->has_room = err == RN_OK;
    rn_fanout_sent(sub, sub->has_room);
    rn_subscription_go_on(sub);
}
