/* opening.c - the protocol of a connection nobody knows yet: its first bytes say what it speaks.
 *
 *     0x16                          TLS            the wire decrypts, and this looks again;
 *                                                  without a certificate: a fatal alert
 *     the whole HTTP/2 preface      HTTP/2
 *     a beginning of the preface    wait for more  within the deadline of a head
 *     else                          HTTP/1 */
#include "net/http_server.h"

enum { TLS_HANDSHAKE = 0x16, TLS_REFUSED_SPAN_MS = 10000 };

static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
enum { PREFACE_BYTES = sizeof(preface) - 1 };

/* TLS 1.0 record, alert, fatal: handshake_failure. */
static const char tls_alert[] = {0x15, 3, 1, 0, 2, 2, 40};

static const rn_str http1_needs_tls =
    RN_STR_INIT("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain\r\n"
                "Content-Length: 27\r\n\r\nThis port speaks TLS only.\n");

static void decline(struct rn_conn *conn, rn_str words)
{
    rn_err err = rn_conn_send(conn, &words, 1);

    if (err == RN_OK || err == RN_WAIT) {
        rn_conn_finish(conn, true);
    } else {
        rn_conn_close(conn);
    }
}

static void meet_tls(struct rn_conn *conn)
{
    struct rn_http_server *server = conn->server;
    uint64_t held_back;

    if (server->options.tls) {
        rn_wire_start_tls(conn);
        return;
    }
    if (rn_log_may(&server->tls_refused, rn_loop_now_us(server->loop), TLS_REFUSED_SPAN_MS,
                   &held_back)) {
        rn_log(RN_LOG_INFO, "net",
               "%s came with TLS, which needs a certificate: --tls-self-signed or --tls-cert (%llu "
               "more since the last such line)",
               conn->peer.host, (unsigned long long)held_back);
    }
    decline(conn, rn_str_make(tls_alert, sizeof(tls_alert)));
}

static void received(struct rn_conn *conn, size_t len)
{
    const char *bytes;
    size_t have;

    rn_conn_input_came(conn, len);
    bytes = conn->in + conn->in_start;
    have = conn->in_end - conn->in_start;
    if (bytes[0] == TLS_HANDSHAKE && !conn->wire.kind->is_secure) {
        meet_tls(conn);
    } else if (conn->server->options.tls_only && !conn->wire.kind->is_secure) {
        decline(conn, http1_needs_tls);
    } else if (memcmp(bytes, preface, have < PREFACE_BYTES ? have : PREFACE_BYTES) != 0) {
        rn_http1_start(conn);
    } else if (have >= PREFACE_BYTES) {
        rn_http2_start(conn); /* which reads the preface again */
    }
}

static void expired(struct rn_conn *conn, enum rn_wait wait)
{
    (void)wait;
    rn_conn_close(conn);
}

static void drain(struct rn_conn *conn)
{
    if (!conn->in) {
        rn_conn_close(conn);
    }
}

static void nothing(struct rn_conn *conn)
{
    (void)conn;
}

const struct rn_protocol rn_protocol_opening = {
    .room = rn_conn_input_room,
    .received = received,
    .ended = rn_conn_close,
    .sent = nothing,
    .expired = expired,
    .wake = nothing,
    .drain = drain,
    .stop = nothing,
};
