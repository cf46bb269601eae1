/* http1.c - HTTP/1.1 on a connection: one request after the other.
 *
 *   read_head ─▶ read_length │ read_chunks ─▶ ask ─▶ await_reply ─▶ send_reply ─▶ read_head
 *       └──────── refuse: our own reply ─────────────────────────────▶ ┘ ▲ └▶ rn_conn_finish
 *                                        a reply made over time: await_piece
 *
 * The state is the next step. A step does what the bytes at hand allow and moves on (RN_OK), waits
 * for an event (RN_WAIT), or fails: then the connection is closed, in rn_http1_run() alone.
 *
 * PIPELINING  Bytes of later requests wait in the input buffer; when it is full the socket rests.
 *             The next request is looked at when the reply before it has left.
 * BODIES      A body that fits lies in the input buffer, behind its head. A larger one gets memory
 *             of its own and the socket reads straight into it. Chunks are decoded where they
 *             landed.
 * INPUT       in:  ... used ... | head | body, or chunks decoded so far | later requests | free ...
 *             A request starts at most at START_MAX, so a head of any allowed length fits behind
 *             it, and TAIL_BYTES after that, for what follows the end of a body that had memory of
 *             its own. */
#include "net/http1_inside.h"
#include "sys/log.h"

#include <stdlib.h>

enum {
    TURNS_MAX = 64, /* steps before other connections have their turn */
    TAIL_BYTES = 4 * 1024,
    START_MAX = RN_INPUT_BYTES - RN_HTTP_HEAD_BYTES_MAX - TAIL_BYTES,
};

static const struct rn_protocol protocol;

static rn_err read_length(struct rn_http1 *http1);
static rn_err read_chunks(struct rn_http1 *http1);

void rn_http1_run(struct rn_http1 *http1)
{
    struct rn_conn *conn = http1->conn;
    rn_err err = RN_OK;

    if (http1->is_running) {
        return; /* a reply given inside on_request: the loop below goes on with it */
    }
    http1->is_running = true;
    for (int turn = 0; turn < TURNS_MAX && !err; turn++) {
        err = http1->step(http1);
        if (conn->is_closing) {
            err = RN_WAIT;
        }
    }
    http1->is_running = false;
    if (err == RN_OK) {
        rn_conn_later(conn);
    } else if (err != RN_WAIT) {
        rn_conn_close(conn);
    }
}

/* ---- our own replies ---- */

static rn_err take_exchange(struct rn_http1 *http1)
{
    http1->exchange = rn_exchange_take(http1->conn, &rn_http1_ways);
    if (!http1->exchange) {
        return RN_NOMEM;
    }
    rn_http1_head_init(&http1->head, http1->exchange->headers);
    http1->keeps_alive = false;
    http1->is_refused = false;
    http1->is_ended = false;
    http1->reads_own = false;
    http1->own_came = 0;
    return RN_OK;
}

/* An answer of our own, without a body, and the end of the connection: what follows in the input
 * can not be told apart from the rest of this request. */
static rn_err refuse(struct rn_http1 *http1, int status)
{
    struct rn_conn *conn = http1->conn;

    if (rn_log_on(RN_LOG_DEBUG)) {
        rn_log(RN_LOG_DEBUG, "net", "refused a request of %s with status %d", conn->peer.host,
               status);
    }
    rn_budget_leave(&conn->server->budget, &http1->exchange->reader);
    http1->keeps_alive = false;
    http1->is_refused = true;
    return rn_http1_answer(http1, &(struct rn_http_reply){.status = status});
}

/* ---- asking ---- */

static rn_err await_reply(struct rn_http1 *http1)
{
    (void)http1;
    return RN_WAIT;
}

/* The request is whole. */
static rn_err ask(struct rn_http1 *http1)
{
    struct rn_net_exchange *exchange = http1->exchange;
    struct rn_http_server *server = http1->conn->server;

    rn_budget_leave(&server->budget, &exchange->reader);
    rn_conn_wait(http1->conn, RN_WAIT_NONE); /* the handler takes the time it takes */
    exchange->is_asked = true;
    http1->step = await_reply;
    server->options.on_request(server->options.arg, &exchange->public);
    return RN_OK;
}

/* ---- bodies ---- */

/* Whoever waits for bytes wants them read: the input may have been full and the socket at rest. */
static rn_err await_bytes(struct rn_conn *conn)
{
    rn_conn_resume(conn);
    return RN_WAIT;
}

static void body_resumes(struct rn_reader *reader)
{
    struct rn_net_exchange *exchange = RN_OWNER(reader, struct rn_net_exchange, reader);
    struct rn_conn *conn = exchange->conn;
    struct rn_http1 *http1 = conn->state;

    http1->body_since_us += rn_loop_now_us(conn->server->loop) - http1->rests_since_us;
    http1->window_bytes = 0;
    rn_conn_wait(conn, RN_WAIT_BODY);
    rn_conn_resume(conn);
}

static void body_rests(struct rn_http1 *http1)
{
    http1->rests_since_us = rn_loop_now_us(http1->conn->server->loop);
    rn_conn_wait(http1->conn, RN_WAIT_NONE);
}

static rn_err await_body(struct rn_http1 *http1)
{
    struct rn_conn *conn = http1->conn;
    struct rn_reader *reader = &http1->exchange->reader;
    rn_str go_on = RN_STR("HTTP/1.1 100 Continue\r\n\r\n");

    if (conn->input_ended) {
        return RN_CLOSED;
    }
    if (!reader->is_entered) {
        rn_budget_enter(&conn->server->budget, reader, body_resumes);
        http1->body_since_us = rn_loop_now_us(conn->server->loop);
        http1->window_bytes = 0;
        rn_conn_wait(conn, RN_WAIT_BODY);
    }
    if (http1->owes_continue) {
        rn_err err = rn_conn_send(conn, &go_on, 1);

        http1->owes_continue = false;
        if (err != RN_OK && err != RN_WAIT) {
            return err;
        }
    }
    return rn_budget_is_resting(reader) ? RN_WAIT : await_bytes(conn);
}

static rn_err read_length(struct rn_http1 *http1)
{
    struct rn_conn *conn = http1->conn;
    struct rn_net_exchange *exchange = http1->exchange;
    size_t whole = (size_t)http1->head.length;

    if (exchange->own_body) {
        exchange->public.body_len += http1->own_came;
        http1->own_came = 0;
    } else {
        exchange->public.body_len =
            conn->in_end - conn->in_start < whole ? conn->in_end - conn->in_start : whole;
    }
    rn_exchange_charge(exchange);
    if (exchange->public.body_len < whole) {
        return await_body(http1);
    }
    if (!exchange->own_body) {
        conn->in_start += whole;
    }
    return ask(http1);
}

static rn_err start_length(struct rn_http1 *http1)
{
    struct rn_conn *conn = http1->conn;
    struct rn_net_exchange *exchange = http1->exchange;

    http1->step = read_length;
    if (http1->head.length <= RN_INPUT_BYTES - conn->in_start) {
        return RN_OK;
    }
    exchange->public.body_len =
        conn->in_end - conn->in_start; /* all of it is body: the body is longer */
    conn->in_end = conn->in_start;
    return rn_exchange_own_body(exchange, (size_t)http1->head.length);
}

/* Undecoded bytes lie right behind the decoded ones, and none are left when more is awaited. */
static rn_err widen_chunks(struct rn_http1 *http1)
{
    struct rn_conn *conn = http1->conn;
    struct rn_net_exchange *exchange = http1->exchange;
    size_t len = exchange->public.body_len;
    bool was_own = exchange->own_body != NULL;
    rn_err err;

    if ((was_own ? exchange->own_body_cap - len : RN_INPUT_BYTES - conn->in_end) >= TAIL_BYTES) {
        return RN_OK;
    }
    if (!was_own) {
        conn->in_start = conn->in_end = (size_t)(exchange->public.body - conn->in);
    }
    err = rn_exchange_own_body(exchange, 2 * len + TAIL_BYTES);
    assert(err || RN_INPUT_BYTES - conn->in_end >= TAIL_BYTES);
    return err;
}

static void keep_rest(struct rn_http1 *http1, const char *rest, size_t len)
{
    struct rn_conn *conn = http1->conn;

    assert(conn->in_start == conn->in_end && len <= RN_INPUT_BYTES - conn->in_end);
    memcpy(conn->in + conn->in_end, rest, len);
    conn->in_end += len;
}

static rn_err read_chunks(struct rn_http1 *http1)
{
    struct rn_conn *conn = http1->conn;
    struct rn_net_exchange *exchange = http1->exchange;
    bool is_own = exchange->own_body != NULL;
    char *raw = exchange->public.body + exchange->public.body_len;
    size_t raw_len = is_own ? http1->own_came : conn->in_end - conn->in_start;
    size_t used = 0;
    size_t data = 0;
    rn_err err;

    assert(is_own || raw == conn->in + conn->in_start);
    err = rn_http1_chunks_read(&http1->chunks, raw, raw_len, &used, &data);
    if (err != RN_OK && err != RN_WAIT) {
        return refuse(http1, http1->chunks.status);
    }
    http1->own_came = 0;
    exchange->public.body_len += data;
    rn_exchange_charge(exchange);
    if (err == RN_OK) {
        if (is_own) {
            keep_rest(http1, raw + used, raw_len - used);
        } else {
            conn->in_start += used;
        }
        return ask(http1);
    }
    if (!is_own) {
        conn->in_start = conn->in_end = conn->in_start + data;
    }
    err = widen_chunks(http1);
    return err ? err : await_body(http1);
}

/* ---- heads ---- */

static rn_err accept_head(struct rn_http1 *http1)
{
    struct rn_conn *conn = http1->conn;
    const struct rn_http1_head *head = &http1->head;
    struct rn_exchange *exchange = &http1->exchange->public;
    size_t body_bytes_max = conn->server->options.body_bytes_max;

    exchange->method = head->method;
    exchange->path = head->path;
    exchange->query = head->query;
    exchange->header_count = head->header_count;
    exchange->body = conn->in + conn->in_start;
    http1->keeps_alive = head->keeps_alive;
    if (head->length > body_bytes_max) {
        return refuse(http1, 413);
    }
    http1->owes_continue = head->expects_continue && conn->in_end == conn->in_start;
    if (head->is_chunked) {
        rn_http1_chunks_init(&http1->chunks, body_bytes_max);
        http1->step = read_chunks;
        return RN_OK;
    }
    return head->length > 0 ? start_length(http1) : ask(http1);
}

static rn_err await_request(struct rn_http1 *http1)
{
    struct rn_conn *conn = http1->conn;

    if (conn->input_ended) {
        return RN_CLOSED;
    }
    if (conn->server->is_draining) {
        rn_conn_finish(conn, false); /* the reply before may still be on its way */
        return RN_WAIT;
    }
    rn_conn_input_free(conn);
    if (conn->wait != RN_WAIT_IDLE) {
        rn_conn_wait(conn, RN_WAIT_IDLE);
    }
    return await_bytes(conn);
}

static rn_err await_head(struct rn_http1 *http1)
{
    struct rn_conn *conn = http1->conn;

    if (conn->input_ended) {
        return RN_CLOSED;
    }
    if (conn->wait != RN_WAIT_HEAD) {
        rn_conn_wait(conn, RN_WAIT_HEAD);
    }
    return await_bytes(conn);
}

static void make_room_for_head(struct rn_conn *conn)
{
    size_t len = conn->in_end - conn->in_start;

    if (conn->in_start > START_MAX) {
        memmove(conn->in, conn->in + conn->in_start, len);
        conn->in_start = 0;
        conn->in_end = len;
    }
}

rn_err rn_http1_read_head(struct rn_http1 *http1)
{
    struct rn_conn *conn = http1->conn;
    size_t used;
    rn_err err;

    if (conn->in_start == conn->in_end) {
        return await_request(http1);
    }
    if (!http1->exchange) {
        make_room_for_head(conn);
        err = take_exchange(http1);
        if (err) {
            return err;
        }
    }
    err = rn_http1_head_read(&http1->head, conn->in + conn->in_start, conn->in_end - conn->in_start,
                             &used);
    if (err == RN_WAIT) {
        return await_head(http1);
    }
    if (err) {
        return refuse(http1, http1->head.status);
    }
    conn->in_start += used;
    return accept_head(http1);
}

/* ---- events ---- */

static char *room(struct rn_conn *conn, size_t *ret_len)
{
    struct rn_http1 *http1 = conn->state;
    struct rn_net_exchange *exchange = http1->exchange;

    http1->reads_own = false;
    if (http1->step != read_length && http1->step != read_chunks) {
        return rn_conn_input_room(conn, ret_len);
    }
    if (exchange->reader.is_entered &&
        !rn_budget_may_read(&conn->server->budget, &exchange->reader)) {
        body_rests(http1);
        return NULL;
    }
    if (!exchange->own_body) {
        return rn_conn_input_room(conn, ret_len);
    }
    http1->reads_own = true;
    if (http1->step == read_length) {
        *ret_len = (size_t)http1->head.length - exchange->public.body_len;
    } else {
        size_t tail =
            RN_INPUT_BYTES - conn->in_end; /* all that comes may turn out to be later requests */
        size_t left = exchange->own_body_cap - exchange->public.body_len;

        *ret_len = left < tail ? left : tail;
    }
    return exchange->own_body + exchange->public.body_len;
}

static void received(struct rn_conn *conn, size_t len)
{
    struct rn_http1 *http1 = conn->state;

    http1->window_bytes += len;
    if (http1->reads_own) {
        http1->own_came = len;
    } else {
        rn_conn_input_came(conn, len);
    }
    rn_http1_run(http1);
}

static void go_on(struct rn_conn *conn)
{
    rn_http1_run(conn->state);
}

static void ended(struct rn_conn *conn)
{
    const struct rn_http1 *http1 = conn->state;

    if (http1->exchange && http1->exchange->feed.events) {
        rn_conn_close(conn);
    } else {
        go_on(conn);
    }
}

/* False: the body comes too slowly, or takes too long. */
static bool body_is_coming(const struct rn_http1 *http1)
{
    const struct rn_http_options *options = &http1->conn->server->options;
    int64_t took_us = rn_loop_now_us(http1->conn->server->loop) - http1->body_since_us;
    size_t wanted = options->body_rate_min * (size_t)options->body_grace_ms / 1000;

    return http1->window_bytes >= wanted && took_us < options->body_timeout_ms * 1000;
}

static void expired(struct rn_conn *conn, enum rn_wait wait)
{
    struct rn_http1 *http1 = conn->state;

    if (wait == RN_WAIT_BODY && body_is_coming(http1)) {
        http1->window_bytes = 0;
        rn_conn_wait(conn, RN_WAIT_BODY);
    } else if ((wait == RN_WAIT_BODY || wait == RN_WAIT_HEAD) && refuse(http1, 408) == RN_OK) {
        rn_http1_run(http1);
    } else {
        rn_conn_close(conn);
    }
}

static void drain(struct rn_conn *conn)
{
    const struct rn_http1 *http1 = conn->state;

    if (!http1->exchange && !conn->in) {
        rn_conn_close(conn);
    } else if (http1->exchange) {
        rn_feed_tell(http1->exchange, RN_FEED_DRAIN);
    }
}

static void stop(struct rn_conn *conn)
{
    struct rn_http1 *http1 = conn->state;
    struct rn_net_exchange *exchange = http1->exchange;

    if (exchange && rn_feed_is_held(exchange)) {
        rn_feed_tell(exchange, RN_FEED_GONE);
    } else if (exchange && !exchange->is_asked) {
        http1->exchange = NULL;
        rn_exchange_release(exchange);
    }
}

static const struct rn_protocol protocol = {
    .room = room,
    .received = received,
    .ended = ended,
    .sent = go_on,
    .expired = expired,
    .wake = go_on,
    .drain = drain,
    .stop = stop,
};

void rn_http1_start(struct rn_conn *conn)
{
    struct rn_http1 *http1 = calloc(1, sizeof(*http1));

    if (!http1) {
        rn_conn_close(conn);
        return;
    }
    http1->conn = conn;
    http1->step = rn_http1_read_head;
    conn->state = http1;
    conn->protocol = &protocol;
    rn_http1_run(http1);
}
