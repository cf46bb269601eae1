/* http2.c - HTTP/2 on a connection: many exchanges at once, over nghttp2.
 *
 *     bytes ─▶ nghttp2 ─▶ streams: head, body ─▶ handler ─▶ reply ─▶ nghttp2 ─▶ batch ─▶ bytes
 *
 * An event feeds or changes something; run() then gives whole requests to the handler and sends batches
 * until nothing more can leave; settle() sees whether the connection is over and what it waits for.
 *
 * START      In clear text or inside TLS, by the preface alone; there is no upgrade from HTTP/1.
 * DEADLINES  A connection has one at a time: the shortest of those that apply. When it comes, every
 *            stream is judged by its own clock: a body that is slow is answered with 408, a reply that the
 *            peer leaves no window for is reset, a peer that takes no bytes at all is cut off, a head that
 *            does not end ends the connection. Without streams a connection is idle; a PING does not change
 *            that. At a deadline of its own the end is said with GOAWAY.
 * LEAVING    The peer's GOAWAY ends nothing: behind its last stream the connection is the peer's to close, as
 *            Node.js takes our end for that of replies which it has got but not read; else it ends when it was idle
 *            for long. The peer's end of sending ends nothing that is under way, and then the connection is left. But a
 *            reply that is fed is cut off by it: its client has gone away, and could not open its window any more.
 *            Draining ends no stream either, and says GOAWAY.
 * INPUT      Passes through an input buffer that is held for one read: an idle connection has none. */
#include "net/http2_inside.h"

#include "sys/log.h"

#include <stdlib.h>

enum {
    TURNS_MAX = 16,
    ASKS_MAX = 64
}; /* batches, requests, before other connections have their turn */

static const struct rn_protocol protocol;

int64_t rn_http2_now_us(const struct rn_http2 *http2)
{
    return rn_loop_now_us(http2->conn->server->loop);
}

void rn_http2_check(struct rn_http2 *http2, int code)
{
    http2->is_broken = http2->is_broken || nghttp2_is_fatal(code);
}

void rn_http2_terminate(struct rn_http2 *http2, uint32_t code)
{
    if (code != NGHTTP2_NO_ERROR && rn_log_on(RN_LOG_DEBUG)) {
        rn_log(RN_LOG_DEBUG, "net", "ended a connection of %s: %s", http2->conn->peer.host,
               nghttp2_http2_strerror(code));
    }
    http2->is_leaving = true;
    http2->is_refused = http2->is_refused || code != NGHTTP2_NO_ERROR;
    rn_http2_check(http2, nghttp2_session_terminate_session(http2->session, code));
}

void rn_http2_leave(struct rn_http2 *http2)
{
    if (!http2->is_leaving) {
        http2->is_leaving = true;
        rn_http2_check(
            http2, nghttp2_submit_goaway(http2->session, NGHTTP2_FLAG_NONE,
                                         nghttp2_session_get_last_proc_stream_id(http2->session),
                                         NGHTTP2_NO_ERROR, NULL, 0));
    }
}

void rn_http2_wake(struct rn_http2 *http2)
{
    if (http2->is_running) {
        http2->is_woken = true;
    } else {
        rn_conn_later(http2->conn); /* replies that come together leave together */
    }
}

/* ---- sending ---- */

static bool has(const struct rn_http2 *http2, enum rn_http2_state state)
{
    return !rn_list_empty(&http2->streams[state]);
}

static void batch_left(struct rn_http2 *http2)
{
    rn_http2_batch_clear(&http2->batch, &http2->conn->server->pool);
    rn_http2_feeds_left(http2);
    rn_http2_release_gone(http2);
}

static void fill_batch(struct rn_http2 *http2)
{
    while (rn_http2_batch_has_room(&http2->batch)) {
        const uint8_t *bytes;
        ssize_t len = nghttp2_session_mem_send(http2->session, &bytes);

        if (len <= 0) {
            rn_http2_check(http2, (int)len);
            return;
        }
        assert(len <= RN_HTTP2_FRAME_BYTES_MAX);
        if (!rn_http2_batch_add(&http2->batch, &http2->conn->server->pool,
                                rn_str_make(bytes, (size_t)len))) {
            http2->is_broken = true;
            return;
        }
    }
}

/* True: something left, or was let go, and more may. */
static bool send_batch(struct rn_http2 *http2)
{
    struct rn_conn *conn = http2->conn;
    rn_err err;

    if (conn->is_sending || conn->is_closing) {
        return false;
    }
    fill_batch(http2);
    if (http2->batch.count == 0) {
        bool gives_room = has(http2, RN_HTTP2_GONE);

        rn_http2_release_gone(http2);
        return gives_room;
    }
    http2->sending_us = rn_http2_now_us(http2);
    err = rn_conn_send(conn, http2->batch.parts, http2->batch.count);
    if (err == RN_OK) {
        batch_left(http2);
        return true;
    }
    http2->is_broken = http2->is_broken || err != RN_WAIT;
    return false;
}

/* ---- deadlines ---- */

static bool is_idle(const struct rn_http2 *http2)
{
    return http2->stream_count == 0 && !http2->conn->is_sending;
}

static void look(struct rn_http2 *http2)
{
    const struct rn_http_options *options = &http2->conn->server->options;
    int64_t now_us = rn_http2_now_us(http2);
    int64_t head_us = http2->start_us;

    http2->looked_us = now_us;
    if (has(http2, RN_HTTP2_HEAD)) { /* heads come one at a time */
        head_us =
            RN_OWNER(http2->streams[RN_HTTP2_HEAD].next, struct rn_http2_stream, link)->since_us;
    }
    if ((!http2->is_greeted || has(http2, RN_HTTP2_HEAD)) &&
        now_us - head_us >= options->head_timeout_ms * 1000) {
        rn_http2_terminate(http2, NGHTTP2_ENHANCE_YOUR_CALM);
    }
    if (http2->conn->is_sending && now_us - http2->sending_us >= options->write_stall_ms * 1000) {
        http2->is_broken = true;
    }
    rn_http2_look_at_streams(http2);
}

/* Of those that apply, the one that comes first. */
static enum rn_wait awaited(const struct rn_http2 *http2)
{
    const struct rn_conn *conn = http2->conn;
    const struct {
        enum rn_wait wait;
        bool applies;
    } rows[] = {
        {RN_WAIT_HEAD, !http2->is_greeted || has(http2, RN_HTTP2_HEAD)},
        {RN_WAIT_BODY, has(http2, RN_HTTP2_BODY) && !conn->is_paused},
        {RN_WAIT_SEND, has(http2, RN_HTTP2_REPLYING) || conn->is_sending},
        {RN_WAIT_IDLE, is_idle(http2)},
    };
    enum rn_wait first = RN_WAIT_NONE;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].applies &&
            (first == RN_WAIT_NONE || rn_server_wait_us(conn->server, rows[i].wait) <
                                          rn_server_wait_us(conn->server, first))) {
            first = rows[i].wait;
        }
    }
    return first;
}

/* A deadline that is set anew whenever another applies would never come; so it is looked in between. */
static bool is_time_to_look(const struct rn_http2 *http2, enum rn_wait wait)
{
    return wait != RN_WAIT_NONE && wait != RN_WAIT_IDLE &&
           rn_http2_now_us(http2) - http2->looked_us >=
               rn_server_wait_us(http2->conn->server, wait);
}

/* ---- running ---- */

static void tear_down(struct rn_http2 *http2)
{
    rn_http2_release_all(http2);
    rn_http2_batch_clear(&http2->batch, &http2->conn->server->pool);
    nghttp2_session_del(http2->session);
    http2->session = NULL;
}

static bool is_over(const struct rn_http2 *http2)
{
    return !http2->conn->is_sending && http2->batch.count == 0 &&
           !nghttp2_session_want_write(http2->session) &&
           ((http2->is_leaving && !nghttp2_session_want_read(http2->session)) ||
            (http2->conn->input_ended && http2->stream_count == 0));
}

static void settle(struct rn_http2 *http2)
{
    struct rn_conn *conn = http2->conn;
    enum rn_wait wait;

    if (is_over(http2)) {
        rn_conn_finish(conn, http2->is_refused);
        return;
    }
    wait = awaited(http2);
    if (conn->wait != wait) {
        rn_conn_wait(conn, wait);
    }
}

static void send_all(struct rn_http2 *http2)
{
    bool more = true;

    http2->asks_left = ASKS_MAX;
    for (int turn = 0; turn < TURNS_MAX && (more || http2->is_woken); turn++) {
        http2->is_woken = false;
        rn_http2_ask(http2);
        rn_http2_open_windows(http2);
        more = send_batch(http2);
    }
    more = more || http2->is_woken || (has(http2, RN_HTTP2_READY) && http2->asks_left == 0);
    if (more && !http2->conn->is_closing) {
        rn_conn_later(http2->conn);
    }
}

/* After whatever happened. The connection may be closed afterwards. */
static void run(struct rn_http2 *http2)
{
    struct rn_conn *conn = http2->conn;

    http2->is_running = true;
    if (is_time_to_look(http2, awaited(http2))) {
        look(http2);
    }
    if (!http2->is_broken) {
        send_all(http2);
    }
    if (http2->is_broken) {
        rn_conn_close(conn);
    }
    http2->is_running = false;
    if (conn->is_closing) {
        tear_down(http2);
    } else {
        settle(http2);
    }
}

static void feed(struct rn_http2 *http2)
{
    struct rn_conn *conn = http2->conn;
    ssize_t used = nghttp2_session_mem_recv(
        http2->session, (const uint8_t *)conn->in + conn->in_start, conn->in_end - conn->in_start);

    if (used == NGHTTP2_ERR_FLOODED || used == NGHTTP2_ERR_TOO_MANY_CONTINUATIONS) {
        rn_http2_terminate(http2, NGHTTP2_ENHANCE_YOUR_CALM);
    } else if (used < 0) {
        http2->is_broken = true;
    }
    rn_conn_input_free(conn);
}

/* ---- events ---- */

static char *room(struct rn_conn *conn, size_t *ret_len)
{
    return rn_http2_may_read(conn->state) ? rn_conn_input_room(conn, ret_len) : NULL;
}

static void received(struct rn_conn *conn, size_t len)
{
    rn_conn_input_came(conn, len);
    feed(conn->state);
    run(conn->state);
}

/* What is not whole will never be; what is, is answered. */
static void ended(struct rn_conn *conn)
{
    struct rn_http2 *http2 = conn->state;

    RN_LIST_EACH (link, &http2->streams[RN_HTTP2_HEAD]) {
        rn_http2_reset(RN_OWNER(link, struct rn_http2_stream, link), NGHTTP2_CANCEL);
    }
    RN_LIST_EACH (link, &http2->streams[RN_HTTP2_BODY]) {
        rn_http2_reset(RN_OWNER(link, struct rn_http2_stream, link), NGHTTP2_CANCEL);
    }
    rn_http2_cut_feeds(http2);
    run(http2);
}

static void sent(struct rn_conn *conn)
{
    batch_left(conn->state);
    run(conn->state);
}

static void wake(struct rn_conn *conn)
{
    run(conn->state);
}

static void expired(struct rn_conn *conn, enum rn_wait wait)
{
    struct rn_http2 *http2 = conn->state;

    if (wait == RN_WAIT_IDLE) {
        rn_http2_terminate(http2, NGHTTP2_NO_ERROR);
    } else {
        look(http2);
    }
    run(http2);
}

static void drain(struct rn_conn *conn)
{
    struct rn_http2 *http2 = conn->state;

    rn_http2_leave(http2);
    rn_http2_drain_feeds(http2);
    run(http2);
}

static void stop(struct rn_conn *conn)
{
    struct rn_http2 *http2 = conn->state;

    if (!http2->is_running) {
        tear_down(http2);
    }
}

static const struct rn_protocol protocol = {
    .room = room,
    .received = received,
    .ended = ended,
    .sent = sent,
    .expired = expired,
    .wake = wake,
    .drain = drain,
    .stop = stop,
};

void rn_http2_start(struct rn_conn *conn)
{
    struct rn_http2 *http2 = calloc(1, sizeof(*http2));

    if (!http2) {
        rn_conn_close(conn);
        return;
    }
    http2->conn = conn;
    for (int i = 0; i < RN_HTTP2_STATES; i++) {
        rn_list_init(&http2->streams[i]);
    }
    rn_list_init(&http2->emptied);
    http2->start_us = http2->looked_us = rn_http2_now_us(http2);
    conn->state = http2;
    if (rn_http2_session_new(http2) != RN_OK) {
        rn_conn_close(conn); /* still the opening's */
        return;
    }
    conn->protocol = &protocol;
    feed(http2);
    if (conn->server->is_draining) {
        rn_http2_leave(http2);
    }
    run(http2);
}
