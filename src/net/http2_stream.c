/* http2_stream.c - a stream: a request, the handler's time, a reply. The states are in http2_inside.h.
 *
 * BODIES    A small body lies in its arena; a larger one gets memory of its own, which grows with what
 *           has come, so a false content-length costs nothing.
 * BUDGET    A stream with a body to come is a reader of budget.h. While it rests its window is not
 *           opened again, so that it ends at what was granted before; when all bodies of a connection rest
 *           the connection is not read. No window is opened either while the connection holds
 *           RN_HTTP2_HELD_BYTES_MAX of whole bodies and replies, for a peer that sends and does not read.
 *           What comes all the same, into windows granted before, is bounded for all connections together:
 *           when twice the budget is in use the stream it came for is refused, which a client may repeat.
 *           The connection's window opens at once whatever rests: else none could ever finish.
 * REFUSALS  Our own reply without a body. When it has left and the request has not ended, RST_STREAM with
 *           NO_ERROR asks the client to stop. */
#include "net/http2_inside.h"

#include "sys/log.h"

static char no_body[1];

void rn_http2_move(struct rn_http2_stream *stream, enum rn_http2_state state)
{
    rn_list_remove(&stream->link);
    rn_list_push(&stream->http2->streams[state], &stream->link);
    stream->state = state;
}

rn_err rn_http2_stream_open(struct rn_http2 *http2, int32_t id, struct rn_http2_stream **ret_stream)
{
    struct rn_net_exchange *exchange = rn_exchange_take(http2->conn, &rn_http2_ways);
    struct rn_http2_stream *stream;

    if (!exchange) {
        return RN_NOMEM;
    }
    stream = rn_arena_zalloc(exchange->public.arena, 1, sizeof(*stream));
    if (!stream) {
        rn_exchange_release(exchange);
        return RN_NOMEM;
    }
    exchange->stream = stream;
    exchange->public.body = no_body;
    stream->http2 = http2;
    stream->exchange = exchange;
    stream->id = id;
    stream->state = RN_HTTP2_HEAD;
    stream->since_us = rn_http2_now_us(http2);
    rn_http2_head_init(&stream->head, exchange->headers, exchange->public.arena);
    rn_list_push(&http2->streams[RN_HTTP2_HEAD], &stream->link);
    http2->stream_count++;
    *ret_stream = stream;
    return RN_OK;
}

void rn_http2_release(struct rn_http2_stream *stream)
{
    struct rn_http2 *http2 = stream->http2;

    rn_list_remove(&stream->link);
    http2->stream_count--;
    http2->head_bytes -= stream->state == RN_HTTP2_HEAD ? 0 : stream->head.bytes;
    http2->body_bytes -= stream->held;
    if (stream->is_emptied) {
        rn_list_remove(&stream->emptied_link);
    }
    rn_exchange_release(stream->exchange);
}

void rn_http2_reset(struct rn_http2_stream *stream, uint32_t code)
{
    struct rn_http2 *http2 = stream->http2;

    rn_http2_check(http2,
                   nghttp2_submit_rst_stream(http2->session, NGHTTP2_FLAG_NONE, stream->id, code));
}

/* ---- refusals ---- */

static void forget_withheld(struct rn_http2_stream *stream)
{
    stream->http2->withheld_bytes -= stream->withheld;
    stream->withheld = 0;
}

static void stop_reading(struct rn_http2_stream *stream)
{
    forget_withheld(stream);
    rn_budget_leave(&stream->http2->conn->server->budget, &stream->exchange->reader);
}

static void refuse(struct rn_http2_stream *stream, int status)
{
    if (rn_log_on(RN_LOG_DEBUG)) {
        rn_log(RN_LOG_DEBUG, "net", "refused a request of %s with status %d",
               stream->http2->conn->peer.host, status);
    }
    stop_reading(stream);
    rn_http2_reply(stream, &(struct rn_http_reply){.status = status});
}

/* ---- bodies ---- */

static void body_resumes(struct rn_reader *reader)
{
    struct rn_net_exchange *exchange = RN_OWNER(reader, struct rn_net_exchange, reader);
    struct rn_http2_stream *stream = exchange->stream;
    struct rn_http2 *http2 = stream->http2;
    int64_t now_us = rn_http2_now_us(http2);

    stream->body_since_us += now_us - stream->rests_since_us;
    stream->since_us = now_us;
    stream->window_bytes = 0;
    rn_conn_resume(http2->conn);
    rn_http2_wake(http2); /* what was withheld opens the window */
}

static bool holds_too_much(const struct rn_http2 *http2)
{
    return http2->body_bytes + http2->reply_bytes >= RN_HTTP2_HELD_BYTES_MAX;
}

static void open_window(struct rn_http2_stream *stream, size_t bytes)
{
    struct rn_http2 *http2 = stream->http2;

    rn_http2_check(http2, nghttp2_session_consume_stream(http2->session, stream->id, bytes));
}

void rn_http2_open_windows(struct rn_http2 *http2)
{
    if (http2->withheld_bytes == 0 || holds_too_much(http2)) {
        return;
    }
    RN_LIST_EACH (link, &http2->streams[RN_HTTP2_BODY]) {
        struct rn_http2_stream *stream = RN_OWNER(link, struct rn_http2_stream, link);

        if (!rn_budget_is_resting(&stream->exchange->reader)) {
            open_window(stream, stream->withheld);
            forget_withheld(stream);
        }
    }
}

static void await_body(struct rn_http2_stream *stream)
{
    struct rn_http2 *http2 = stream->http2;

    rn_budget_enter(&http2->conn->server->budget, &stream->exchange->reader, body_resumes);
    stream->since_us = stream->body_since_us = rn_http2_now_us(http2);
    rn_http2_move(stream, RN_HTTP2_BODY);
    if (stream->head.expects_continue) {
        rn_http2_continue(stream);
    }
}

void rn_http2_stream_head_ended(struct rn_http2_stream *stream)
{
    struct rn_http2 *http2 = stream->http2;
    struct rn_exchange *exchange = &stream->exchange->public;
    struct rn_http2_head *head = &stream->head;
    rn_err err = rn_http2_head_end(head);

    http2->head_bytes += head->bytes;
    if (err) {
        refuse(stream, head->status);
        return;
    }
    exchange->method = head->method;
    exchange->path = head->path;
    exchange->query = head->query;
    exchange->header_count = head->header_count;
    if (head->has_length && head->length > http2->conn->server->options.body_bytes_max) {
        refuse(stream, 413);
    } else if (stream->is_whole) {
        rn_http2_move(stream, RN_HTTP2_READY);
    } else {
        await_body(stream);
    }
}

/* Fields after the body are read, bounded with the head and thrown away. */
void rn_http2_stream_trailer(struct rn_http2_stream *stream, size_t bytes)
{
    struct rn_http2 *http2 = stream->http2;

    stream->head.bytes += bytes;
    http2->head_bytes += bytes;
    if (stream->head.bytes > (size_t)RN_HTTP_HEAD_BYTES_MAX * RN_HTTP2_HEADS_TOLERATED) {
        rn_http2_terminate(http2, NGHTTP2_ENHANCE_YOUR_CALM);
    } else if (stream->head.bytes > RN_HTTP_HEAD_BYTES_MAX && stream->state == RN_HTTP2_BODY) {
        refuse(stream, 431);
    }
}

static rn_err make_room(struct rn_http2_stream *stream, size_t bytes)
{
    struct rn_net_exchange *exchange = stream->exchange;
    size_t bytes_max = stream->http2->conn->server->options.body_bytes_max;
    size_t cap = stream->head.has_length ? (size_t)stream->head.length : 2 * bytes;

    if (bytes <= stream->small_body_cap ||
        (exchange->own_body && bytes <= exchange->own_body_cap)) {
        return RN_OK;
    }
    if (bytes <= RN_HTTP2_SMALL_BODY_BYTES && stream->small_body_cap == 0) {
        size_t small = RN_HTTP2_SMALL_BODY_BYTES;
        char *body;

        small = stream->head.has_length && cap < small ? cap : small;
        small = small < bytes ? bytes : small;
        body = rn_arena_alloc(exchange->public.arena, small);
        if (!body) {
            return RN_NOMEM;
        }
        exchange->public.body = body;
        stream->small_body_cap = small;
        return RN_OK;
    }
    cap = cap > bytes_max ? bytes_max : cap;
    return rn_exchange_own_body(exchange, cap < bytes ? bytes : cap);
}

static void withhold(struct rn_http2_stream *stream, size_t bytes)
{
    struct rn_http2 *http2 = stream->http2;
    const struct rn_budget *budget = &http2->conn->server->budget;

    stream->withheld += bytes;
    http2->withheld_bytes += bytes;
    if (budget->used / RN_HTTP2_OVERDRAFT > budget->bytes_max) {
        rn_http2_reset(stream, NGHTTP2_REFUSED_STREAM);
        stop_reading(stream);
        rn_http2_move(stream, RN_HTTP2_REPLYING); /* with nothing; it is closed soon */
    }
}

void rn_http2_stream_data(struct rn_http2_stream *stream, rn_str data)
{
    struct rn_http2 *http2 = stream->http2;
    struct rn_net_exchange *exchange = stream->exchange;
    size_t len = exchange->public.body_len + data.len;

    if (stream->state != RN_HTTP2_BODY) {
        return; /* refused; it may not have heard of it yet */
    }
    if (len > http2->conn->server->options.body_bytes_max) {
        refuse(stream, 413);
        return;
    }
    if (make_room(stream, len) != RN_OK) {
        stop_reading(stream);
        rn_http2_reset(stream, NGHTTP2_INTERNAL_ERROR);
        rn_http2_move(stream, RN_HTTP2_REPLYING);
        return;
    }
    memcpy(exchange->public.body + exchange->public.body_len, data.data, data.len);
    exchange->public.body_len = len;
    stream->window_bytes += data.len;
    rn_exchange_charge(exchange);
    if (rn_budget_is_resting(&exchange->reader) || holds_too_much(http2)) {
        withhold(stream, data.len);
    } else {
        open_window(stream, data.len);
    }
}

void rn_http2_stream_whole(struct rn_http2_stream *stream)
{
    if (stream->state == RN_HTTP2_BODY) {
        rn_budget_leave(&stream->http2->conn->server->budget, &stream->exchange->reader);
        stream->held = stream->exchange->public.body_len;
        stream->http2->body_bytes += stream->held;
        rn_http2_move(stream, RN_HTTP2_READY); /* what was withheld counts until it is asked */
    }
}

static bool may_read(struct rn_http2_stream *stream)
{
    struct rn_budget *budget = &stream->http2->conn->server->budget;
    struct rn_reader *reader = &stream->exchange->reader;
    bool rested = rn_budget_is_resting(reader);

    if (rn_budget_may_read(budget, reader)) {
        return true;
    }
    if (!rested) {
        stream->rests_since_us = rn_http2_now_us(stream->http2);
    }
    return false;
}

/* The oldest is asked last: if but one may go on, it is that one, and not whichever came since. */
bool rn_http2_may_read(struct rn_http2 *http2)
{
    struct rn_link *bodies = &http2->streams[RN_HTTP2_BODY];

    if (rn_list_empty(bodies)) {
        return true;
    }
    RN_LIST_EACH (link, bodies) {
        if (link != bodies->next && may_read(RN_OWNER(link, struct rn_http2_stream, link))) {
            return true;
        }
    }
    return may_read(RN_OWNER(bodies->next, struct rn_http2_stream, link));
}

/* ---- asking ---- */

static void ask(struct rn_http2_stream *stream)
{
    struct rn_http2 *http2 = stream->http2;
    struct rn_http_server *server = http2->conn->server;

    rn_http2_patience_earn(http2);
    forget_withheld(stream);
    rn_http2_move(stream, RN_HTTP2_ASKED);
    stream->exchange->is_asked = true;
    server->options.on_request(server->options.arg, &stream->exchange->public);
}

void rn_http2_ask(struct rn_http2 *http2)
{
    struct rn_link *ready = &http2->streams[RN_HTTP2_READY];

    while (!rn_list_empty(ready) && http2->reply_bytes < RN_HTTP2_REPLIES_BYTES_MAX &&
           http2->asks_left > 0 && !http2->conn->is_closing) {
        http2->asks_left--;
        ask(RN_OWNER(ready->next, struct rn_http2_stream, link));
    }
}

/* ---- deadlines ---- */

static void look_at_body(struct rn_http2_stream *stream, int64_t now_us)
{
    const struct rn_http_options *options = &stream->http2->conn->server->options;
    size_t wanted = options->body_rate_min * (size_t)options->body_grace_ms / 1000;

    if (rn_budget_is_resting(&stream->exchange->reader) ||
        now_us - stream->since_us < options->body_grace_ms * 1000) {
        return;
    }
    if (stream->withheld > 0) { /* we are what is slow */
        stream->body_since_us += now_us - stream->since_us;
        stream->since_us = now_us;
        return;
    }
    if (stream->window_bytes < wanted ||
        now_us - stream->body_since_us >= options->body_timeout_ms * 1000) {
        refuse(stream, 408);
        return;
    }
    stream->since_us = now_us;
    stream->window_bytes = 0;
}

/* Whether the peer leaves no window for it; else it waits for its turn, or for the network. */
static bool is_held_up(const struct rn_http2_stream *stream)
{
    nghttp2_session *session = stream->http2->session;

    return !stream->http2->conn->is_paused &&
           (nghttp2_session_get_remote_window_size(session) <= 0 ||
            nghttp2_session_get_stream_remote_window_size(session, stream->id) <= 0);
}

static void look_at_reply(struct rn_http2_stream *stream, int64_t now_us)
{
    const struct rn_http_options *options = &stream->http2->conn->server->options;

    if (!is_held_up(stream)) {
        stream->since_us = now_us;
    } else if (now_us - stream->since_us >= options->write_stall_ms * 1000) {
        rn_http2_reset(stream, NGHTTP2_CANCEL);
    }
}

void rn_http2_look_at_streams(struct rn_http2 *http2)
{
    int64_t now_us = rn_http2_now_us(http2);

    RN_LIST_EACH (link, &http2->streams[RN_HTTP2_BODY]) {
        look_at_body(RN_OWNER(link, struct rn_http2_stream, link), now_us);
    }
    RN_LIST_EACH (link, &http2->streams[RN_HTTP2_REPLYING]) {
        look_at_reply(RN_OWNER(link, struct rn_http2_stream, link), now_us);
    }
}

/* ---- the end ---- */

void rn_http2_stream_closed(struct rn_http2_stream *stream)
{
    struct rn_http2 *http2 = stream->http2;

    stream->is_closed = true;
    rn_http2_count_left(stream, 0);
    stop_reading(stream);
    if (stream->state == RN_HTTP2_FED) {
        rn_feed_tell(stream->exchange, RN_FEED_GONE);
    } else if (stream->state != RN_HTTP2_ASKED) {
        if (stream->state == RN_HTTP2_HEAD) {
            http2->head_bytes += stream->head.bytes;
        }
        rn_http2_move(stream, RN_HTTP2_GONE);
    }
}

static void release_list(struct rn_http2 *http2, enum rn_http2_state state)
{
    struct rn_link *list = &http2->streams[state];

    while (!rn_list_empty(list)) {
        rn_http2_release(RN_OWNER(list->next, struct rn_http2_stream, link));
    }
}

void rn_http2_release_gone(struct rn_http2 *http2)
{
    release_list(http2, RN_HTTP2_GONE);
}

void rn_http2_release_all(struct rn_http2 *http2)
{
    RN_LIST_EACH (link, &http2->streams[RN_HTTP2_ASKED]) {
        RN_OWNER(link, struct rn_http2_stream, link)->is_closed = true;
    }
    RN_LIST_EACH (link, &http2->streams[RN_HTTP2_FED]) {
        struct rn_http2_stream *stream = RN_OWNER(link, struct rn_http2_stream, link);

        stream->is_closed = true;
        rn_feed_tell(stream->exchange, RN_FEED_GONE);
    }
    for (enum rn_http2_state state = RN_HTTP2_HEAD; state < RN_HTTP2_STATES; state++) {
        if (state != RN_HTTP2_ASKED && state != RN_HTTP2_FED) {
            release_list(http2, state);
        }
    }
}
