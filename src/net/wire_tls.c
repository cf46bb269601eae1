/* wire_tls.c - the TLS kind of wire.
 *
 *     socket ─▶ in ─▶ session ─ decrypted, straight into the protocol's room ─▶ conn
 *     socket ◀─ flying ◀─ out ◀─ session ◀─ what the protocol sends, and what the handshake says
 *
 * IN      `in` is one of the pool's input buffers and held only while it has bytes. Those are used up at
 *         once unless the protocol pauses; then the socket pauses, too.
 * OUT     `out` gathers what is encrypted; `flying` is what the socket has been given. The protocol
 *         hears `sent` when both are empty, so it holds at most one step of a reply in here.
 * END     A peer that ends without saying so in TLS has ended all the same: HTTP knows its lengths.
 * FAILURE in the handshake: the alert leaves and the connection leaves politely. Later: closed. */
#include "net/http_server.h"
#include "sys/log.h"

#include <stdlib.h>

enum { RECORD_BYTES = 16 * 1024, RECORD_EXTRA = 64, OUT_EXTRA = 1024 };

struct pool_buffer {
    char *bytes;
    size_t len, cap;
};

struct rn_wire_tls {
    struct rn_tls *session;
    char *in; /* NULL: nothing there */
    size_t in_at, in_end;
    struct pool_buffer out, flying;
    struct rn_task task;
    struct rn_conn *conn;
    bool is_posted;
    bool is_broken, is_shut;
    bool owes_sent, owes_shutdown, owes_ended;
    bool has_ended; /* told to the connection */
};

static const struct rn_wire_kind tls_kind;

/* ---- out ---- */

static void buffer_free(struct rn_conn *conn, struct pool_buffer *buffer)
{
    if (buffer->bytes) {
        rn_pool_give_body(&conn->server->pool, buffer->bytes, buffer->cap);
        *buffer = (struct pool_buffer){0};
    }
}

static bool out_has_room(struct rn_conn *conn, size_t more)
{
    struct pool_buffer *out = &conn->wire.tls->out, grown = {.len = out->len};

    if (out->cap - out->len >= more) {
        return true;
    }
    grown.bytes = rn_pool_take_body(&conn->server->pool, out->len + more, &grown.cap);
    if (!grown.bytes) {
        return false;
    }
    if (out->len > 0) {
        memcpy(grown.bytes, out->bytes, out->len);
    }
    buffer_free(conn, out);
    *out = grown;
    return true;
}

/* rn_tls_io.give */
static bool give(void *arg, const char *bytes, size_t len)
{
    struct rn_conn *conn = arg;
    struct rn_wire_tls *tls = conn->wire.tls;

    if (tls->is_shut) {
        return true; /* nobody listens any more */
    }
    if (!out_has_room(conn, len)) {
        return false;
    }
    memcpy(tls->out.bytes + tls->out.len, bytes, len);
    tls->out.len += len;
    return true;
}

/* RN_WAIT: something is still on its way. */
static rn_err flush(struct rn_conn *conn)
{
    struct rn_wire_tls *tls = conn->wire.tls;
    rn_err err = tls->flying.bytes ? RN_WAIT : RN_OK;

    while (!err && tls->out.len > 0) {
        rn_str bytes = rn_str_make(tls->out.bytes, tls->out.len);

        tls->flying = tls->out;
        tls->out = (struct pool_buffer){0};
        err = rn_socket_send(conn->wire.socket, &bytes, 1);
        if (err != RN_WAIT) {
            buffer_free(conn, &tls->flying);
        }
    }
    return err;
}

static void tls_sent(struct rn_conn *conn)
{
    struct rn_wire_tls *tls = conn->wire.tls;
    rn_err err;

    buffer_free(conn, &tls->flying);
    err = flush(conn);
    if (err == RN_WAIT) {
        return;
    }
    if (err) {
        rn_conn_ended(conn, RN_IO);
        return;
    }
    if (tls->owes_shutdown) {
        tls->owes_shutdown = false;
        rn_socket_shutdown(conn->wire.socket);
    }
    if (tls->owes_sent) {
        tls->owes_sent = false;
        rn_conn_sent(conn);
    }
}

static rn_err tls_send(struct rn_conn *conn, const rn_str *parts, size_t count)
{
    struct rn_wire_tls *tls = conn->wire.tls;
    size_t bytes = 0;
    rn_err err = RN_OK;

    for (size_t i = 0; i < count; i++) {
        bytes += parts[i].len;
    }
    if (!out_has_room(conn, bytes + (bytes / RECORD_BYTES + count) * RECORD_EXTRA + OUT_EXTRA)) {
        return RN_NOMEM;
    }
    for (size_t i = 0; i < count && !err; i++) {
        err = rn_tls_write(tls->session, parts[i]);
    }
    if (!err) {
        err = flush(conn);
        tls->owes_sent = err == RN_WAIT;
    }
    return err;
}

static void tls_shutdown(struct rn_conn *conn)
{
    struct rn_wire_tls *tls = conn->wire.tls;

    rn_tls_end(tls->session);
    tls->owes_shutdown = flush(conn) == RN_WAIT;
    tls->is_shut = true;
    if (!tls->owes_shutdown) {
        rn_socket_shutdown(conn->wire.socket);
    }
}

/* ---- in ---- */

/* rn_tls_io.take */
static size_t take(void *arg, char *bytes, size_t len)
{
    struct rn_conn *conn = arg;
    struct rn_wire_tls *tls = conn->wire.tls;
    size_t have = tls->in_end - tls->in_at;

    len = have < len ? have : len;
    if (len > 0) {
        memcpy(bytes, tls->in + tls->in_at, len);
        tls->in_at += len;
    }
    return len;
}

static void in_free(struct rn_conn *conn)
{
    struct rn_wire_tls *tls = conn->wire.tls;

    rn_pool_give_input(&conn->server->pool, tls->in);
    tls->in = NULL;
    tls->in_at = tls->in_end = 0;
}

static void tell_ended(struct rn_conn *conn)
{
    struct rn_wire_tls *tls = conn->wire.tls;

    tls->owes_ended = false;
    if (!tls->has_ended) {
        tls->has_ended = true;
        rn_conn_ended(conn, RN_CLOSED);
    }
}

static void fail(struct rn_conn *conn)
{
    struct rn_wire_tls *tls = conn->wire.tls;

    tls->is_broken = true;
    in_free(conn);
    if (rn_log_on(RN_LOG_DEBUG)) {
        rn_log(RN_LOG_DEBUG, "net", "TLS with %s failed: %s", conn->peer.host,
               rn_tls_reason(tls->session));
    }
    if (rn_tls_is_open(tls->session)) {
        rn_conn_close(conn);
    } else {
        rn_conn_finish(conn, true); /* flushes the alert */
    }
}

/* All that can be decrypted, until the protocol pauses. */
static void decrypt(struct rn_conn *conn)
{
    struct rn_wire_tls *tls = conn->wire.tls;
    rn_err err = RN_OK;

    while (!err && !conn->is_closing && !tls->is_broken) {
        size_t room_len, len;
        char *room = rn_conn_room(conn, &room_len);

        if (!room) { /* paused, or no memory and closed */
            break;
        }
        err = rn_tls_read(tls->session, room, room_len, &len);
        if (!err) {
            rn_conn_received(conn, len);
        }
    }
    if (conn->is_closing || tls->is_broken) {
        return;
    }
    if (err == RN_CORRUPT) {
        fail(conn);
        return;
    }
    if (flush(conn) == RN_IO) {
        rn_conn_ended(conn, RN_IO);
        return;
    }
    if (tls->in_at == tls->in_end && tls->in) {
        in_free(conn);
    }
    if (err == RN_CLOSED || (err == RN_WAIT && tls->owes_ended)) {
        tell_ended(conn);
    }
}

static char *tls_room(struct rn_conn *conn, size_t *ret_len)
{
    char *room;

    if (conn->wire.tls->in) { /* the protocol pauses */
        return NULL;
    }
    room = rn_pool_peek_input(&conn->server->pool);
    if (!room) {
        rn_conn_close(conn);
    }
    *ret_len = RN_INPUT_BYTES;
    return room;
}

static void tls_received(struct rn_conn *conn, size_t len)
{
    struct rn_wire_tls *tls = conn->wire.tls;

    if (tls->is_broken) { /* it landed in a buffer that is not taken */
        rn_conn_received(conn, len);
        return;
    }
    tls->in = rn_pool_take_input(&conn->server->pool);
    tls->in_end = len;
    decrypt(conn);
}

static void tls_ended(struct rn_conn *conn, rn_err why)
{
    struct rn_wire_tls *tls = conn->wire.tls;

    if (why != RN_CLOSED) {
        rn_conn_ended(conn, why);
    } else if (conn->is_paused) { /* bytes before it are not told yet */
        tls->owes_ended = true;
    } else {
        tell_ended(conn);
    }
}

static void go_on(struct rn_task *task)
{
    struct rn_wire_tls *tls = RN_OWNER(task, struct rn_wire_tls, task);
    struct rn_conn *conn = tls->conn;

    tls->is_posted = false;
    if (!conn->is_closing) {
        decrypt(conn);
    }
    if (!conn->is_closing && !tls->in) {
        rn_socket_resume(conn->wire.socket);
    }
    rn_conn_drop(conn);
}

/* On a later turn, as a socket does: the protocol asks from the middle of its work. */
static void tls_resume(struct rn_conn *conn)
{
    struct rn_wire_tls *tls = conn->wire.tls;

    if (!tls->is_posted) {
        tls->is_posted = true;
        conn->holds++;
        rn_mailbox_post(rn_loop_box(conn->server->loop), &tls->task);
    }
}

/* ---- life ---- */

static void tls_done(struct rn_conn *conn)
{
    struct rn_wire_tls *tls = conn->wire.tls;

    rn_tls_free(tls->session);
    buffer_free(conn, &tls->out);
    buffer_free(conn, &tls->flying);
    in_free(conn);
    free(tls);
}

static const struct rn_wire_kind tls_kind = {
    .room = tls_room,
    .received = tls_received,
    .ended = tls_ended,
    .sent = tls_sent,
    .send = tls_send,
    .resume = tls_resume,
    .shutdown = tls_shutdown,
    .done = tls_done,
    .is_secure = true,
};

void rn_wire_start_tls(struct rn_conn *conn)
{
    struct rn_wire_tls *tls = calloc(1, sizeof(*tls));
    struct rn_tls_io io = {.take = take, .give = give, .arg = conn};

    if (!tls || rn_tls_new(conn->server->options.tls, &io, &tls->session) != RN_OK) {
        free(tls);
        rn_conn_close(conn);
        return;
    }
    tls->conn = conn;
    tls->task.run = go_on;
    tls->in = conn->in;
    tls->in_at = conn->in_start;
    tls->in_end = conn->in_end;
    conn->in = NULL;
    conn->in_start = conn->in_end = 0;
    conn->wire.tls = tls;
    conn->wire.kind = &tls_kind;
    decrypt(conn);
}
