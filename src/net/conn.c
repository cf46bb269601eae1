/* conn.c - see conn.h. */
#include "net/conn.h"

#include "net/http_server.h"

#include <stdlib.h>

enum {
    THROWN_AWAY_MAX = 64 * 1024 * 1024
}; /* while leaving; a body over the limit usually ends before */

static const struct rn_protocol leaving;

/* ---- what the wire tells ---- */

char *rn_conn_room(struct rn_conn *conn, size_t *ret_len)
{
    char *room = conn->protocol->room(conn, ret_len);

    conn->is_paused = room == NULL;
    return room;
}

void rn_conn_received(struct rn_conn *conn, size_t len)
{
    conn->protocol->received(conn, len);
}

void rn_conn_ended(struct rn_conn *conn, rn_err why)
{
    conn->input_ended = true;
    if (why == RN_CLOSED) {
        conn->protocol->ended(conn); /* a peer that only stopped sending still reads its reply */
    } else {
        rn_conn_close(conn);
    }
}

void rn_conn_sent(struct rn_conn *conn)
{
    conn->is_sending = false;
    conn->protocol->sent(conn);
}

/* ---- life ---- */

static void run_later(struct rn_task *task)
{
    struct rn_conn *conn = RN_OWNER(task, struct rn_conn, task);

    conn->is_posted = false;
    if (!conn->is_closing) {
        conn->protocol->wake(conn);
    }
    rn_conn_drop(conn);
}

static char *deaf_room(void *arg, size_t *ret_len)
{
    (void)arg;
    *ret_len = 0;
    return NULL;
}

static void turned_away(void *arg)
{
    struct rn_http_server *server = arg;

    server->turned_away--;
    rn_server_conn_gone(server);
}

void rn_conn_turn_away(struct rn_http_server *server, int fd)
{
    /* Closing: nothing else comes. */
    static const struct rn_socket_events deaf = {.room = deaf_room, .closed = turned_away};
    struct rn_socket *socket;

    if (rn_socket_adopt(server->loop, fd, &deaf, server, &socket) == RN_OK) {
        server->turned_away++;
        rn_socket_close(socket);
    }
}

void rn_conn_open(struct rn_http_server *server, int fd)
{
    struct rn_conn *conn = calloc(1, sizeof(*conn));

    if (!conn) {
        rn_conn_turn_away(server, fd);
        return;
    }
    conn->server = server;
    conn->protocol = &rn_protocol_opening;
    conn->task.run = run_later;
    if (rn_wire_open(conn, server->loop, fd) != RN_OK) {
        free(conn);
        return;
    }
    conn->peer = *rn_socket_peer(conn->wire.socket);
    conn->holds = 1;
    rn_list_push(&server->conns, &conn->link);
    atomic_fetch_add_explicit(&server->connections, 1, memory_order_relaxed);
    rn_conn_wait(conn, RN_WAIT_HEAD);
}

void rn_conn_close(struct rn_conn *conn)
{
    if (conn->is_closing) {
        return;
    }
    conn->is_closing = true;
    rn_conn_wait(conn, RN_WAIT_NONE);
    rn_socket_close(conn->wire.socket);
    conn->protocol->stop(conn);
}

void rn_conn_drop(struct rn_conn *conn)
{
    struct rn_http_server *server = conn->server;

    assert(conn->holds > 0);
    if (--conn->holds > 0) {
        return;
    }
    assert(conn->is_closing);
    rn_conn_input_free(conn);
    conn->wire.kind->done(conn);
    rn_list_remove(&conn->link);
    atomic_fetch_sub_explicit(&server->connections, 1, memory_order_relaxed);
    free(conn->state);
    free(conn);
    rn_server_conn_gone(server);
}

void rn_conn_later(struct rn_conn *conn)
{
    if (!conn->is_posted) {
        conn->is_posted = true;
        conn->holds++;
        rn_mailbox_post(rn_loop_box(conn->server->loop), &conn->task);
    }
}

/* ---- deadlines ---- */

void rn_conn_wait(struct rn_conn *conn, enum rn_wait wait)
{
    if (conn->wait != RN_WAIT_NONE) {
        rn_list_remove(&conn->wait_link);
    }
    conn->wait = wait;
    if (wait != RN_WAIT_NONE) {
        conn->deadline_us =
            rn_loop_now_us(conn->server->loop) + rn_server_wait_us(conn->server, wait);
        rn_list_push(&conn->server->waits[wait], &conn->wait_link);
    }
}

void rn_conn_expire(struct rn_http_server *server)
{
    int64_t now_us = rn_loop_now_us(server->loop);

    for (enum rn_wait wait = RN_WAIT_HEAD; wait < RN_WAITS; wait++) {
        struct rn_link *head = &server->waits[wait];

        while (!rn_list_empty(head)) {
            struct rn_conn *conn = RN_OWNER(head->next, struct rn_conn, wait_link);

            if (conn->deadline_us > now_us) {
                break;
            }
            rn_conn_wait(conn, RN_WAIT_NONE);
            conn->protocol->expired(conn, wait);
        }
    }
}

/* ---- bytes ---- */

rn_err rn_conn_send(struct rn_conn *conn, const rn_str *parts, size_t count)
{
    rn_err err;

    assert(!conn->is_sending && !conn->is_closing);
    err = conn->wire.kind->send(conn, parts, count);
    conn->is_sending = err == RN_WAIT;
    return err;
}

void rn_conn_resume(struct rn_conn *conn)
{
    if (conn->is_paused && !conn->is_closing) {
        conn->is_paused = false;
        conn->wire.kind->resume(conn);
    }
}

char *rn_conn_input_room(struct rn_conn *conn, size_t *ret_len)
{
    if (!conn->in) {
        char *spare = rn_pool_peek_input(&conn->server->pool);

        if (!spare) {
            rn_conn_close(conn); /* no memory to hear the request, let alone to answer it */
        }
        *ret_len = RN_INPUT_BYTES;
        return spare;
    }
    *ret_len = RN_INPUT_BYTES - conn->in_end;
    return *ret_len ? conn->in + conn->in_end : NULL;
}

void rn_conn_input_came(struct rn_conn *conn, size_t len)
{
    if (!conn->in) {
        conn->in = rn_pool_take_input(&conn->server->pool);
        conn->in_start = conn->in_end = 0;
    }
    conn->in_end += len;
    assert(conn->in_end <= RN_INPUT_BYTES);
}

void rn_conn_input_free(struct rn_conn *conn)
{
    rn_pool_give_input(&conn->server->pool, conn->in);
    conn->in = NULL;
    conn->in_start = conn->in_end = 0;
}

/* ---- leaving ---- */

void rn_conn_finish(struct rn_conn *conn, bool refused)
{
    if (conn->input_ended) {
        rn_conn_close(conn);
        return;
    }
    conn->protocol->stop(conn);
    conn->protocol = &leaving;
    rn_conn_input_free(conn);
    conn->wire.kind->shutdown(conn);
    rn_conn_wait(conn, refused ? RN_WAIT_REFUSED : RN_WAIT_LEAVE);
    rn_conn_resume(conn);
}

/* What comes lands in a buffer that is not taken, hence is overwritten. */
static char *leaving_room(struct rn_conn *conn, size_t *ret_len)
{
    return rn_conn_input_room(conn, ret_len);
}

static void leaving_received(struct rn_conn *conn, size_t len)
{
    conn->thrown_away += len;
    if (conn->thrown_away > THROWN_AWAY_MAX) {
        rn_conn_close(conn);
    }
}

static void leaving_ignores(struct rn_conn *conn)
{
    (void)conn; /* its own deadline ends it */
}

static void leaving_expired(struct rn_conn *conn, enum rn_wait wait)
{
    (void)wait;
    rn_conn_close(conn);
}

static const struct rn_protocol leaving = {
    .room = leaving_room,
    .received = leaving_received,
    .ended = rn_conn_close,
    .sent = leaving_ignores,
    .expired = leaving_expired,
    .wake = leaving_ignores,
    .drain = leaving_ignores,
    .stop = leaving_ignores,
};
