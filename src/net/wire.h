/* wire.h - the bytes of a connection, whatever carries them.
 *
 *     socket ─ room, received, ended, sent ─▶ kind ─ the same four, in the clear ─▶ conn ─▶ protocol
 *            ◀──────────── send, resume, shutdown, close ─ kind ◀─ the same four ─ conn
 *
 * PLAIN  passes everything on as it is.
 * TLS    decrypts what comes and encrypts what leaves, see wire_tls.c. A connection begins plain and
 *        becomes TLS when its first byte says so. */
#ifndef RN_NET_WIRE_H
#define RN_NET_WIRE_H

#include "sys/tcp.h"

struct rn_conn;

/* Each is as the function of that name in tcp.h. */
struct rn_wire_kind {
    /* What the socket calls. */
    char *(*room)(struct rn_conn *conn, size_t *ret_len);
    void (*received)(struct rn_conn *conn, size_t len);
    void (*ended)(struct rn_conn *conn, rn_err why);
    void (*sent)(struct rn_conn *conn);
    /* What the connection calls. */
    rn_err (*send)(struct rn_conn *conn, const rn_str *parts, size_t count);
    void (*resume)(struct rn_conn *conn);
    void (*shutdown)(struct rn_conn *conn);
    void (*done)(struct rn_conn *conn); /* the socket is closed: free what is the kind's own */
    bool is_secure;
};

struct rn_wire_tls;
struct rn_wire {
    const struct rn_wire_kind *kind;
    struct rn_socket *socket;
    struct rn_wire_tls *tls; /* the TLS kind's */
};

extern const struct rn_wire_kind rn_wire_plain;

/* `fd` becomes the plain wire of a connection, or is closed. */
RN_MUST_USE rn_err rn_wire_open(struct rn_conn *conn, struct rn_loop *loop, int fd);

/* The input that is there is the beginning of a handshake: it goes on as TLS, and the protocol gets the
 * clear bytes. The connection may be gone afterwards. */
void rn_wire_start_tls(struct rn_conn *conn);

#endif
