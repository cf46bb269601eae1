/* wire.c - the plain kind: the socket itself. */
#include "net/wire.h"

static rn_err plain_send(struct rn_wire *wire, const rn_str *parts, size_t count)
{
    return rn_socket_send(wire->socket, parts, count);
}

static void plain_resume(struct rn_wire *wire)
{
    rn_socket_resume(wire->socket);
}

static void plain_shutdown(struct rn_wire *wire)
{
    rn_socket_shutdown(wire->socket);
}

static void plain_close(struct rn_wire *wire)
{
    rn_socket_close(wire->socket);
}

const struct rn_wire_kind rn_wire_plain = {
    .send = plain_send,
    .resume = plain_resume,
    .shutdown = plain_shutdown,
    .close = plain_close,
    .is_secure = false,
};
