/* tcp.c - listeners by hand, connected sockets by libuv.
 *
 * A LISTENER polls its descriptor and accepts at most ACCEPTS_PER_TURN connections a turn, so a
 * rush of them cannot starve those already there. When descriptors run out it rests REST_MS
 * instead of spinning; the kernel keeps the queue meanwhile.
 *
 * A SOCKET   reading ⇄ paused (room() gave NULL / resume) · ended · closing
 * Sending tries at once; what the kernel leaves goes into one libuv write, whose callback is sent(). */
#include "sys/tcp.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "sys/loop_inside.h"

enum { ACCEPTS_PER_TURN = 32, REST_MS = 100, BACKLOG = 4096 };

union any_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_un file;
};

struct rn_listener {
    struct loop_item item;
    struct rn_loop *loop; /* NULL until started, and again when the loop is gone */
    uv_poll_t poll;
    struct rn_timer *rest;
    int fd;
    struct rn_address address;
    void (*on_accept)(void *arg, int fd);
    void *arg;
};

struct rn_socket {
    struct loop_item item;
    struct rn_loop *loop;
    uv_tcp_t uv;
    uv_write_t write;
    uv_shutdown_t shutdown;
    const struct rn_socket_events *events; /* NULL: the loop is ending, tell nobody */
    void *arg;
    bool is_sending, is_shut, has_ended, is_broken, is_closing;
    struct rn_address peer;
};

/* ---- addresses ---- */

static const char *unix_path(const struct rn_address *address)
{
    return strchr(address->host, ':') + 1;
}

static socklen_t to_raw(const struct rn_address *address, union any_address *raw)
{
    if (rn_address_is_unix(address)) {
        raw->file.sun_family = AF_UNIX;
        (void)snprintf(raw->file.sun_path, sizeof(raw->file.sun_path), "%s", unix_path(address));
        return sizeof(raw->file);
    }
    if (inet_pton(AF_INET, address->host, &raw->v4.sin_addr) == 1) {
        raw->v4.sin_family = AF_INET;
        raw->v4.sin_port = htons(address->port);
        return sizeof(raw->v4);
    }
    if (inet_pton(AF_INET6, address->host, &raw->v6.sin6_addr) == 1) {
        raw->v6.sin6_family = AF_INET6;
        raw->v6.sin6_port = htons(address->port);
        return sizeof(raw->v6);
    }
    return 0;
}

static void from_raw(const union any_address *raw, struct rn_address *address)
{
    if (raw->any.sa_family == AF_UNIX) {
        address->port = 0;
        (void)snprintf(address->host, sizeof(address->host), "unix:%.*s",
                       (int)sizeof(raw->file.sun_path), raw->file.sun_path);
        return;
    }
    const void *host =
        raw->any.sa_family == AF_INET6 ? (const void *)&raw->v6.sin6_addr : &raw->v4.sin_addr;

    address->port = ntohs(raw->any.sa_family == AF_INET6 ? raw->v6.sin6_port : raw->v4.sin_port);
    if (!inet_ntop(raw->any.sa_family, host, address->host, sizeof(address->host))) {
        address->host[0] = '\0';
    }
}

/* ---- listeners ---- */

static rn_err listen_err(const struct rn_address *address, int code, struct rn_reason *reason)
{
    char where[RN_ADDRESS_HOST_BYTES + 16];
    const char *open = strchr(address->host, ':') ? "[" : "";
    const char *end = *open ? "]" : "";
    rn_err err = RN_IO;
    const char *why = strerrordesc_np(code);

    if (code == EADDRINUSE) {
        err = RN_BUSY;
        why = "another program listens there";
    } else if (code == EAFNOSUPPORT || code == EADDRNOTAVAIL) {
        err = RN_UNSUPPORTED;
        why = "this machine has no such address";
    } else if (code == EACCES || code == EPERM) {
        err = RN_DENIED;
    }
    (void)snprintf(where, sizeof(where), "%s%s%s:%u", open, address->host, end,
                   (unsigned)address->port);
    return rn_reason_set(reason, err, "cannot listen on %s: %s",
                         rn_address_is_unix(address) ? address->host : where,
                         why ? why : "unknown error");
}

/* A file that a dead server left: nobody answers there. */
static bool is_left_over(const union any_address *raw, socklen_t raw_len)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool refused = fd >= 0 && connect(fd, &raw->any, raw_len) != 0 && errno == ECONNREFUSED;

    if (fd >= 0) {
        (void)close(fd);
    }
    return refused;
}

static int bind_to(int fd, const union any_address *raw, socklen_t raw_len)
{
    int code = bind(fd, &raw->any, raw_len);

    if (raw->any.sa_family != AF_UNIX) {
        return code;
    }
    if (code != 0 && errno == EADDRINUSE && is_left_over(raw, raw_len)) {
        (void)unlink(raw->file.sun_path);
        code = bind(fd, &raw->any, raw_len);
    }
    return code ? code : chmod(raw->file.sun_path, 0660);
}

/* The bound descriptor, or -1 with errno. */
static int listen_on(const union any_address *raw, socklen_t raw_len)
{
    int fd = socket(raw->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;

    if (fd < 0) {
        return -1;
    }
    /* Reuse lets a restart bind while old connections linger. IPv6 keeps to itself: 0.0.0.0 is another listener. */
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        (raw->any.sa_family == AF_INET6 &&
         setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0) ||
        bind_to(fd, raw, raw_len) != 0 || listen(fd, BACKLOG) != 0) {
        int code = errno;

        (void)close(fd);
        errno = code;
        return -1;
    }
    return fd;
}

rn_err rn_listener_open(const struct rn_address *address, struct rn_listener **ret_listener,
                        struct rn_reason *reterr_reason)
{
    union any_address raw = {0};
    socklen_t raw_len = to_raw(address, &raw);
    struct rn_listener *listener;
    int fd;

    if (raw_len == 0) {
        return rn_reason_set(reterr_reason, RN_INVALID, "\"%s\" is not a numeric address",
                             address->host);
    }
    listener = calloc(1, sizeof(*listener));
    if (!listener) {
        return rn_reason_set(reterr_reason, RN_NOMEM, "no memory to listen");
    }
    fd = listen_on(&raw, raw_len);
    raw_len = sizeof(raw);
    if (fd < 0 || getsockname(fd, &raw.any, &raw_len) != 0) {
        int code = errno;

        if (fd >= 0) {
            (void)close(fd);
        }
        free(listener);
        return listen_err(address, code, reterr_reason);
    }
    listener->fd = fd;
    from_raw(&raw, &listener->address);
    *ret_listener = listener;
    return RN_OK;
}

const struct rn_address *rn_listener_address(const struct rn_listener *listener)
{
    return &listener->address;
}

static void accept_some(uv_poll_t *uv, int status, int events);

static void rest_over(void *arg)
{
    struct rn_listener *listener = arg;

    (void)uv_poll_start(&listener->poll, UV_READABLE, accept_some);
}

static bool is_out_of(int code)
{
    return code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM;
}

static void accept_some(uv_poll_t *uv, int status, int events)
{
    struct rn_listener *listener = uv->data;

    (void)status; /* an error shows again in accept */
    (void)events;
    rn_loop_busy(listener->loop);
    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd < 0 && is_out_of(errno)) {
            (void)uv_poll_stop(&listener->poll);
            rn_timer_start(listener->rest, REST_MS, 0);
            return;
        }
        if (fd < 0 && errno == EAGAIN) {
            return;
        }
        if (fd >= 0) { /* else it broke before we came: on to the next */
            listener->on_accept(listener->arg, fd);
            if (uv_is_closing((uv_handle_t *)uv)) {
                return; /* the owner closed us from inside */
            }
        }
    }
}

static void poll_closed(uv_handle_t *uv)
{
    free(uv->data);
}

static void poll_detached(uv_handle_t *uv)
{
    struct rn_listener *listener = uv->data;

    listener->loop = NULL;
}

/* The loop ends before the listener: it stays bound, and its owner's to close. The rest timer is
 * an item of the loop like any other. */
static void listener_let_go(struct loop_item *item)
{
    struct rn_listener *listener = RN_OWNER(item, struct rn_listener, item);

    uv_close((uv_handle_t *)&listener->poll, poll_detached);
}

rn_err rn_listener_start(struct rn_listener *listener, struct rn_loop *loop,
                         void (*on_accept)(void *arg, int fd), void *arg)
{
    int code;
    rn_err err;

    assert(!listener->loop);
    err = rn_timer_new(loop, rest_over, listener, &listener->rest);
    if (err) {
        return err;
    }
    code = uv_poll_init(&loop->uv, &listener->poll, listener->fd);
    if (code) {
        rn_timer_free(listener->rest);
        return rn_loop_err(code);
    }
    listener->poll.data = listener;
    listener->loop = loop;
    listener->on_accept = on_accept;
    listener->arg = arg;
    listener->item.let_go = listener_let_go;
    rn_list_push(&loop->items, &listener->item.link);
    return rn_loop_err(uv_poll_start(&listener->poll, UV_READABLE, accept_some));
}

void rn_listener_close(struct rn_listener *listener)
{
    if (!listener) {
        return;
    }
    if (rn_address_is_unix(&listener->address)) {
        (void)unlink(unix_path(&listener->address)); /* else clients would wait for nobody */
    }
    if (!listener->loop) {
        (void)close(listener->fd);
        free(listener);
        return;
    }
    rn_list_remove(&listener->item.link);
    rn_timer_free(listener->rest);
    (void)uv_poll_stop(&listener->poll);
    uv_close((uv_handle_t *)&listener->poll,
             poll_closed);     /* forgets the descriptor, so before it can be another's */
    (void)close(listener->fd); /* at once: the port is free when this returns */
}

/* ---- sockets ---- */

static void socket_end(struct rn_socket *socket, rn_err why)
{
    if (!socket->events || socket->is_closing || socket->is_broken ||
        (socket->has_ended && why == RN_CLOSED)) {
        return;
    }
    socket->has_ended = true;
    socket->is_broken = why == RN_IO;
    (void)uv_read_stop((uv_stream_t *)&socket->uv);
    socket->events->ended(socket->arg, why);
}

static void give_room(uv_handle_t *uv, size_t suggested, uv_buf_t *ret_buf)
{
    struct rn_socket *socket = uv->data;
    size_t len = 0;
    char *at;

    (void)suggested;
    rn_loop_busy(socket->loop);
    at = socket->events->room(socket->arg, &len);
    assert(!at || len > 0);
    *ret_buf = uv_buf_init(at, at ? (unsigned)(len > INT32_MAX ? INT32_MAX : len) : 0);
}

static void got(uv_stream_t *uv, ssize_t count, const uv_buf_t *buf)
{
    struct rn_socket *socket = uv->data;

    (void)buf;
    rn_loop_busy(socket->loop);
    if (socket->is_closing) {
        return;
    }
    if (count > 0) {
        socket->events->received(socket->arg, (size_t)count);
    } else if (count == UV_ENOBUFS) {
        (void)uv_read_stop(uv); /* room() said: not now */
    } else if (count < 0) {
        socket_end(socket, count == UV_EOF ? RN_CLOSED : RN_IO);
    }
}

static void socket_closed(uv_handle_t *uv)
{
    struct rn_socket *socket = uv->data;

    rn_loop_busy(socket->loop);
    if (socket->events) {
        socket->events->closed(socket->arg);
    }
    free(socket);
}

static void socket_let_go(struct loop_item *item)
{
    struct rn_socket *socket = RN_OWNER(item, struct rn_socket, item);

    socket->events = NULL;
    socket->is_closing = true;
    uv_close((uv_handle_t *)&socket->uv, socket_closed);
}

static rn_err socket_open(struct rn_socket *socket, int fd)
{
    union any_address raw = {0};
    socklen_t raw_len = sizeof(raw);
    int code = uv_tcp_open(&socket->uv, fd);

    if (code) {
        (void)close(fd);
        return rn_loop_err(code);
    }
    if (getpeername(fd, &raw.any, &raw_len) != 0) {
        return RN_IO; /* gone again already */
    }
    from_raw(&raw, &socket->peer);
    (void)uv_tcp_nodelay(&socket->uv, 1); /* a hint: a socket that refuses it still works */
    return rn_loop_err(uv_read_start((uv_stream_t *)&socket->uv, give_room, got));
}

rn_err rn_socket_adopt(struct rn_loop *loop, int fd, const struct rn_socket_events *events,
                       void *arg, struct rn_socket **ret_socket)
{
    struct rn_socket *socket = calloc(1, sizeof(*socket));
    int code = socket ? uv_tcp_init(&loop->uv, &socket->uv) : UV_ENOMEM;
    rn_err err;

    if (code) {
        free(socket);
        (void)close(fd);
        return rn_loop_err(code);
    }
    socket->uv.data = socket;
    socket->loop = loop;
    socket->events = events;
    socket->arg = arg;
    socket->item.let_go = socket_let_go;
    err = socket_open(socket, fd);
    if (err) {
        socket_let_go(&socket->item); /* frees it on a later turn */
        return err;
    }
    rn_list_push(&loop->items, &socket->item.link);
    *ret_socket = socket;
    return RN_OK;
}

void rn_socket_resume(struct rn_socket *socket)
{
    if (!socket->has_ended && !socket->is_closing && !uv_is_active((uv_handle_t *)&socket->uv)) {
        (void)uv_read_start((uv_stream_t *)&socket->uv, give_room, got);
    }
}

const struct rn_address *rn_socket_peer(const struct rn_socket *socket)
{
    return &socket->peer;
}

static void write_done(uv_write_t *request, int status)
{
    struct rn_socket *socket = request->data;

    rn_loop_busy(socket->loop);
    socket->is_sending = false;
    if (socket->is_closing || !socket->events) {
        return;
    }
    if (status == 0) {
        socket->events->sent(socket->arg);
    } else {
        socket_end(socket, RN_IO);
    }
}

/* Drop the first `done` bytes; returns how many buffers are left, moved to the front. */
static unsigned drop_front(uv_buf_t *bufs, unsigned count, size_t done)
{
    unsigned first = 0;

    while (first < count && done >= bufs[first].len) {
        done -= bufs[first++].len;
    }
    if (first < count) {
        bufs[first].base += done;
        bufs[first].len -= done;
    }
    memmove(bufs, bufs + first, (count - first) * sizeof(*bufs));
    return count - first;
}

rn_err rn_socket_send(struct rn_socket *socket, const rn_str *parts, size_t count)
{
    uv_stream_t *stream = (uv_stream_t *)&socket->uv;
    uv_buf_t bufs[RN_SOCKET_PARTS_MAX];
    unsigned used = 0;
    int done;

    assert(count <= RN_SOCKET_PARTS_MAX && !socket->is_sending && !socket->is_shut);
    if (socket->is_broken || socket->is_closing) {
        return RN_IO;
    }
    for (size_t i = 0; i < count; i++) {
        if (parts[i].len) {
            bufs[used].base = (char *)(uintptr_t)parts[i].data; /* libuv only reads it */
            bufs[used++].len = parts[i].len;
        }
    }
    if (used == 0) {
        return RN_OK;
    }
    done = uv_try_write(stream, bufs, used);
    if (done < 0 && done != UV_EAGAIN) {
        return RN_IO;
    }
    used = drop_front(bufs, used, done > 0 ? (size_t)done : 0);
    if (used == 0) {
        return RN_OK;
    }
    socket->write.data = socket;
    if (uv_write(&socket->write, stream, bufs, used, write_done) != 0) {
        return RN_IO;
    }
    socket->is_sending = true;
    return RN_WAIT;
}

static void shutdown_done(uv_shutdown_t *request, int status)
{
    (void)request; /* a peer that is gone already needs no word from us */
    (void)status;
}

void rn_socket_shutdown(struct rn_socket *socket)
{
    if (socket->is_shut || socket->is_closing) {
        return;
    }
    socket->is_shut = true;
    (void)uv_shutdown(&socket->shutdown, (uv_stream_t *)&socket->uv, shutdown_done);
}

void rn_socket_close(struct rn_socket *socket)
{
    if (!socket || socket->is_closing) {
        return;
    }
    socket->is_closing = true;
    rn_list_remove(&socket->item.link);
    uv_close((uv_handle_t *)&socket->uv, socket_closed);
}
