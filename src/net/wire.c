/* wire.c - the socket of a connection, and the plain kind. */
#include "net/conn.h"

/* ---- from the socket to the kind ---- */

static char *socket_room(void *arg, size_t *ret_len)
{
    struct rn_conn *conn = arg;

    return conn->wire.kind->room(conn, ret_len);
}

static void socket_received(void *arg, size_t len)
{
    struct rn_conn *conn = arg;

    conn->wire.kind->received(conn, len);
}

static void socket_ended(void *arg, rn_err why)
{
    struct rn_conn *conn = arg;

    conn->wire.kind->ended(conn, why);
}

static void socket_sent(void *arg)
{
    struct rn_conn *conn = arg;

    conn->wire.kind->sent(conn);
}

static void socket_closed(void *arg)
{
    rn_conn_drop(arg);
}

rn_err rn_wire_open(struct rn_conn *conn, struct rn_loop *loop, int fd)
{
    static const struct rn_socket_events events = {
        .room = socket_room,
        .received = socket_received,
        .ended = socket_ended,
        .sent = socket_sent,
        .closed = socket_closed,
    };

    conn->wire.kind = &rn_wire_plain;
    return rn_socket_adopt(loop, fd, &events, conn, &conn->wire.socket);
}

/* ---- plain ---- */

static rn_err plain_send(struct rn_conn *conn, const rn_str *parts, size_t count)
{
    return rn_socket_send(conn->wire.socket, parts, count);
}

static void plain_resume(struct rn_conn *conn)
{
    rn_socket_resume(conn->wire.socket);
}

static void plain_shutdown(struct rn_conn *conn)
{
    rn_socket_shutdown(conn->wire.socket);
}

static void plain_done(struct rn_conn *conn)
{
    (void)conn;
}

const struct rn_wire_kind rn_wire_plain = {
    .room = rn_conn_room,
    .received = rn_conn_received,
    .ended = rn_conn_ended,
    .sent = rn_conn_sent,
    .send = plain_send,
    .resume = plain_resume,
    .shutdown = plain_shutdown,
    .done = plain_done,
    .is_secure = false,
};
