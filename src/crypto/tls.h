/* tls.h - TLS 1.2 and 1.3 for a server, over memory: bytes in, bytes out, no sockets.
 *
 * IDENTITY  certificate chain and private key, in PEM. An identity server hands its current identity to
 *           each new session and can be given another while sessions go on with the old one.
 *           Tickets are sealed with one key for the life of the identity server, so a client may
 *           come back to any worker and after a reload.
 * SESSION   reading takes what came from the peer, writing gives what must go to it, each through the
 *           session's io; either may do both, for the handshake and its aftermath.
 * Threads: an identity server any; a session one at a time. */
#ifndef RN_CRYPTO_TLS_H
#define RN_CRYPTO_TLS_H

#include "base/err.h"
#include "base/str.h"

struct rn_tls_server;

/* ALPN names that are offered, best first; the list and its texts live as long as the server. */
RN_MUST_USE rn_err rn_tls_server_new(const char *const *alpn, size_t alpn_count,
                                     struct rn_tls_server **ret_server);
void rn_tls_server_free(struct rn_tls_server *server); /* after its sessions; NULL is fine */
/* RN_INVALID: no certificate, no key, or they do not belong together; the reason says which. */
RN_MUST_USE rn_err rn_tls_server_use(struct rn_tls_server *server, rn_str chain_pem, rn_str key_pem,
                                     struct rn_reason *reterr_reason);

/* ---- sessions ---- */

struct rn_tls;

/* Where a session's bytes come from and go to. */
struct rn_tls_io {
    /* Up to `len` bytes that came from the peer; 0: none now. */
    size_t (*take)(void *arg, char *bytes, size_t len);
    /* Bytes for the peer. False: no memory, the session fails. */
    bool (*give)(void *arg, const char *bytes, size_t len);
    void *arg;
};

enum { RN_TLS_REASON_BYTES = 160 };

RN_MUST_USE rn_err rn_tls_new(struct rn_tls_server *server, const struct rn_tls_io *io,
                              struct rn_tls **ret_tls);
void rn_tls_free(struct rn_tls *tls); /* NULL is fine */
/* Decrypted bytes, after the handshake if that is still due. RN_WAIT: more must come first;
 * RN_CLOSED: the peer said its end; RN_CORRUPT: the session failed (an alert may have been given). */
RN_MUST_USE rn_err rn_tls_read(struct rn_tls *tls, char *bytes, size_t len, size_t *ret_len);
/* After the handshake. Encrypts and gives all of it. */
RN_MUST_USE rn_err rn_tls_write(struct rn_tls *tls, rn_str bytes);
void rn_tls_end(struct rn_tls *tls);           /* gives our end, if the session is whole */
bool rn_tls_is_open(const struct rn_tls *tls); /* the handshake was done, whatever came then */
/* Why it failed, for a log line; "" while it did not. */
const char *rn_tls_reason(const struct rn_tls *tls);

#endif
