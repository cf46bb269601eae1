/* wire.h - the bytes of a connection, whatever carries them.
 *
 * OUT   through a kind: plain TCP here; TLS comes beside it as a kind that encrypts on the way.
 * IN    the carrier calls the four entrances of conn.h (room, received, ended, sent): a plain
 * socket does so itself, a TLS layer does it with what it has decrypted. */
#ifndef RN_NET_WIRE_H
#define RN_NET_WIRE_H

#include "sys/tcp.h"

struct rn_wire;

struct rn_wire_kind {
    /* As rn_socket_send. */
    rn_err (*send)(struct rn_wire *wire, const rn_str *parts, size_t count);
    void (*resume)(struct rn_wire *wire);
    void (*shutdown)(struct rn_wire *wire);
    void (*close)(struct rn_wire *wire);
    bool is_secure;
};

struct rn_wire {
    const struct rn_wire_kind *kind;
    struct rn_socket *socket;
};

extern const struct rn_wire_kind rn_wire_plain;

#endif
