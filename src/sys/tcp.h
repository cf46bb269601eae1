/* tcp.h - listening and connected stream sockets on a loop, TCP and Unix (libuv underneath).
 *
 * A listener accepts descriptors by hand, so that the accepting loop may give a connection to
 * another loop: on_accept gets a plain non-blocking descriptor and owns it.
 * A socket reads into memory its owner names just before each read, so a large body lands where
 * it stays, and writes with as few copies as the kernel allows. */
#ifndef RN_SYS_TCP_H
#define RN_SYS_TCP_H

#include "base/err.h"
#include "base/str.h"
#include "sys/loop.h"

struct rn_listener;
struct rn_socket;

enum { RN_ADDRESS_HOST_BYTES = 116 };
struct rn_address {
    char host
        [RN_ADDRESS_HOST_BYTES]; /* numeric, "127.0.0.1" or "::1", no brackets; or "unix:/path" */
    uint16_t port;               /* of a Unix socket: 0 */
};

/* "host:port", "[v6]:port", ":port", "port", "host", "unix:/path": missing parts from `defaults`. A host name
 * is refused except "localhost" (which stays a name here: the caller binds both families). */
RN_MUST_USE rn_err rn_address_parse(rn_str text, const struct rn_address *defaults,
                                    struct rn_address *ret_address);
bool rn_address_is_loopback(
    const struct rn_address *address); /* or otherwise for this machine alone */
bool rn_address_is_unix(const struct rn_address *address);

/* Bind and listen at once, without SO_REUSEPORT; accepting starts with rn_listener_start. Port 0
 * picks one: rn_listener_address tells. A Unix socket's file gets mode 0660 and is removed when the listener
 * is closed; one that nobody listens on any more is replaced. RN_BUSY: in use. RN_UNSUPPORTED: family or address missing here. */
RN_MUST_USE rn_err rn_listener_open(const struct rn_address *address,
                                    struct rn_listener **ret_listener,
                                    struct rn_reason *reterr_reason);
const struct rn_address *rn_listener_address(const struct rn_listener *listener);
RN_MUST_USE rn_err rn_listener_start(struct rn_listener *listener, struct rn_loop *loop,
                                     void (*on_accept)(void *arg, int fd), void *arg);
void rn_listener_close(struct rn_listener *listener); /* on its loop; NULL is fine */

struct rn_socket_events {
    /* Where the next bytes go; *ret_len > 0. Returning NULL pauses reading until rn_socket_resume. */
    char *(*room)(void *arg, size_t *ret_len);
    void (*received)(void *arg, size_t len); /* into what room() gave last */
    void (*ended)(void *arg, rn_err why);    /* RN_CLOSED: peer finished sending; RN_IO: broken */
    void (*sent)(void *arg);                 /* everything handed to rn_socket_send has left */
    void (*closed)(void *arg);               /* after rn_socket_close; the last event */
};

/* Takes over `fd` (closed on failure too). TCP_NODELAY is set. */
RN_MUST_USE rn_err rn_socket_adopt(struct rn_loop *loop, int fd,
                                   const struct rn_socket_events *events, void *arg,
                                   struct rn_socket **ret_socket);
void rn_socket_resume(struct rn_socket *socket);
/* The peer's numeric address, for logs and audit. */
const struct rn_address *rn_socket_peer(const struct rn_socket *socket);

enum { RN_SOCKET_PARTS_MAX = 8 };
/* Send the parts in order. What the kernel takes at once is gone when this returns; for the rest
 * the bytes must live until sent() is called. RN_OK: all gone already, sent() will not be called.
 * RN_WAIT: sent() will be called once; no further send before it. */
RN_MUST_USE rn_err rn_socket_send(struct rn_socket *socket, const rn_str *parts, size_t count);
void rn_socket_shutdown(struct rn_socket *socket); /* no more sending; the peer sees the end */
void rn_socket_close(struct rn_socket *socket);    /* at once; closed() follows on a later turn */

#endif
