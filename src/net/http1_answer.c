/* http1_answer.c - how a request is answered: at once and whole, or fed over time.
 *
 *   head and parts ─▶ send_reply, step by step ─▶ left: the next request
 *   fed:     chunk ─▶ send_reply ─▶ left: await_piece ─▶ next chunk ─▶ ... ─▶ last chunk ─▶ the next request
 *
 * Whoever closes its sending side while it is fed has gone away: there is no other sign of it as long as
 * nothing is sent. */
#include "net/http1_inside.h"
#include "net/http1_reply.h"

#include <stdlib.h>

static rn_err send_reply(struct rn_http1 *http1);
static rn_err finish_reply(struct rn_http1 *http1);

/* ---- whole replies ---- */

static void send_parts(struct rn_http1 *http1, rn_str head, const rn_str *parts, size_t count)
{
    struct rn_net_exchange *exchange = http1->exchange;

    exchange->reply_head = head;
    exchange->parts = parts;
    exchange->part_count = count;
    exchange->next = exchange->next_at = 0;
    http1->step = send_reply;
}

/* RN_STR_NONE: no memory. */
static rn_str make_head(struct rn_http1 *http1, const struct rn_http_reply *reply,
                        size_t (*write)(char *out, size_t cap, const struct rn_http_reply *reply,
                                        rn_str date, rn_str connection))
{
    struct rn_net_exchange *exchange = http1->exchange;
    struct rn_http_server *server = http1->conn->server;
    rn_str connection;
    char *text = exchange->head_text;
    size_t cap = RN_REPLY_HEAD_BYTES;
    size_t len;

    http1->keeps_alive = http1->keeps_alive && !reply->close && !server->is_draining;
    connection = http1->keeps_alive ? RN_STR_NONE : RN_STR("close");
    len = write(text, cap, reply, rn_server_date(server), connection);
    if (len > cap) {
        cap = len;
        text = exchange->long_head = malloc(cap);
        if (!text) {
            return RN_STR_NONE;
        }
        len = write(text, cap, reply, rn_server_date(server), connection);
        assert(len <= cap);
    }
    return rn_str_make(text, len);
}

rn_err rn_http1_answer(struct rn_http1 *http1, const struct rn_http_reply *reply)
{
    bool is_head = rn_str_eq(http1->exchange->public.method, RN_STR("HEAD"));
    rn_str head = make_head(http1, reply, rn_http1_reply_head);

    if (!head.data) {
        return RN_NOMEM;
    }
    send_parts(http1, head, reply->body, is_head ? 0 : reply->body_count);
    return RN_OK;
}

/* rn_exchange_reply */
static void reply_to(struct rn_net_exchange *exchange, const struct rn_http_reply *reply)
{
    struct rn_conn *conn = exchange->conn;
    struct rn_http1 *http1 = conn->state;

    if (conn->is_closing) { /* nobody reads it any more */
        http1->exchange = NULL;
        rn_exchange_release(exchange);
    } else if (rn_http1_answer(http1, reply) != RN_OK) {
        rn_conn_close(conn);
    } else {
        rn_http1_run(http1);
    }
}

/* ---- replies made over time ---- */

static rn_err await_piece(struct rn_http1 *http1)
{
    (void)http1;
    return RN_WAIT;
}

/* Whether what was just started has left, as the feeder is told. */
static rn_err feed_state(struct rn_http1 *http1)
{
    if (http1->conn->is_closing) {
        return RN_CLOSED;
    }
    return http1->step == await_piece ? RN_OK : RN_WAIT;
}

static rn_err feed_start(struct rn_net_exchange *exchange, const struct rn_http_reply *reply)
{
    struct rn_conn *conn = exchange->conn;
    struct rn_http1 *http1 = conn->state;
    rn_str head = conn->is_closing ? RN_STR_NONE : make_head(http1, reply, rn_http1_feed_head);

    if (!head.data) {
        rn_feed_tell(exchange, RN_FEED_GONE);
        rn_conn_close(conn);
        return RN_CLOSED;
    }
    exchange->feed.parts[0] = reply->body_count > 0 ? reply->body[0] : RN_STR("");
    exchange->feed.parts[1] = RN_STR("\r\n");
    send_parts(http1, head, exchange->feed.parts, exchange->feed.parts[0].len > 0 ? 2 : 0);
    rn_exchange_forget_request(exchange);
    if (conn->in_start == conn->in_end) {
        rn_conn_input_free(conn);
    }
    if (conn->input_ended) {
        rn_conn_close(conn);
    } else {
        rn_http1_run(http1);
    }
    return feed_state(http1);
}

static rn_err feed_give(struct rn_net_exchange *exchange)
{
    struct rn_http1 *http1 = exchange->conn->state;
    size_t len = exchange->feed.parts[0].len;

    if (!exchange->conn->is_closing) {
        assert(http1->step == await_piece);
        send_parts(http1,
                   rn_str_make(exchange->head_text, rn_http1_chunk_line(exchange->head_text, len)),
                   exchange->feed.parts, 2);
        rn_http1_run(http1);
    }
    return feed_state(http1);
}

static void feed_end(struct rn_net_exchange *exchange)
{
    struct rn_conn *conn = exchange->conn;
    struct rn_http1 *http1 = conn->state;

    if (conn->is_closing) {
        http1->exchange = NULL;
        rn_exchange_release(exchange);
    } else if (exchange->feed.is_cut) {
        rn_conn_close(conn);
    } else {
        http1->step = send_reply;
        rn_http1_run(http1);
    }
}

/* A piece, or what ends the last one, has left. */
static rn_err go_on_feeding(struct rn_http1 *http1)
{
    struct rn_net_exchange *exchange = http1->exchange;
    rn_str last = RN_STR("0\r\n\r\n");

    rn_feed_left(exchange);
    if (!exchange->feed.is_ending) {
        http1->step = await_piece;
        rn_conn_wait(http1->conn, RN_WAIT_NONE);
    } else if (!http1->is_ended) {
        http1->is_ended = true;
        send_parts(http1, last, NULL, 0);
    } else {
        return finish_reply(http1);
    }
    return RN_OK;
}

static rn_err finish_reply(struct rn_http1 *http1)
{
    struct rn_conn *conn = http1->conn;
    struct rn_net_exchange *exchange = http1->exchange;

    http1->exchange = NULL;
    http1->step = rn_http1_read_head;
    rn_exchange_release(exchange);
    if (!http1->keeps_alive) {
        rn_conn_finish(conn, http1->is_refused);
        return RN_WAIT;
    }
    return RN_OK;
}

static rn_err send_reply(struct rn_http1 *http1)
{
    struct rn_conn *conn = http1->conn;
    bool is_stuck = conn->is_sending && conn->wait == RN_WAIT_SEND; /* called for another event */

    while (!conn->is_sending) {
        rn_str parts[RN_SOCKET_PARTS_MAX];
        size_t count = rn_exchange_next_parts(http1->exchange, parts);
        rn_err err;

        if (count == 0) {
            return http1->exchange->feed.events ? go_on_feeding(http1) : finish_reply(http1);
        }
        err = rn_conn_send(conn, parts, count);
        if (err != RN_OK && err != RN_WAIT) {
            return err;
        }
    }
    if (http1->exchange->feed.is_open) {
        rn_conn_wait(conn, RN_WAIT_NONE);
    } else if (
        !is_stuck) { /* else a peer that sends but never reads would gain time by each byte */
        rn_conn_wait(conn, RN_WAIT_SEND);
    }
    return RN_WAIT;
}

const struct rn_exchange_ways rn_http1_ways = {reply_to, feed_start, feed_give, feed_end};
