/* Method: a server on one loop in a thread of its own, plain blocking sockets as its peers. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/list.h"
#include "sys/tcp.h"
#include "sys/thread.h"

enum { ROOM_BYTES = 64 * 1024 };

/* Echoes what it reads, one piece at a time, and closes when the peer has finished. */
struct echo {
    struct rn_socket *socket;
    size_t held; /* bytes of buf not sent yet: no reading meanwhile */
    char buf[ROOM_BYTES];
};

static struct rn_loop *loop;
static struct rn_listener *listener;
static struct rn_thread thread;
static atomic_int opened, closed, paused, broken;
static atomic_bool peer_is_named;

static char *echo_room(void *arg, size_t *ret_len)
{
    struct echo *echo = arg;

    if (echo->held) {
        atomic_fetch_add(&paused, 1);
        return NULL;
    }
    *ret_len = sizeof(echo->buf);
    return echo->buf;
}

static void echo_received(void *arg, size_t len)
{
    struct echo *echo = arg;
    rn_str parts[3] = {rn_str_make(echo->buf, len / 2), RN_STR_NONE,
                       rn_str_make(echo->buf + len / 2, len - len / 2)};
    rn_err err = rn_socket_send(echo->socket, parts, 3);

    if (err == RN_WAIT) {
        echo->held = len;
    } else if (err) {
        rn_socket_close(echo->socket);
    }
}

static void echo_ended(void *arg, rn_err why)
{
    struct echo *echo = arg;

    if (why != RN_CLOSED) {
        atomic_fetch_add(&broken, 1);
    }
    rn_socket_close(echo->socket);
}

static void echo_sent(void *arg)
{
    struct echo *echo = arg;

    echo->held = 0;
    rn_socket_resume(echo->socket);
}

static void echo_closed(void *arg)
{
    free(arg);
    atomic_fetch_add(&closed, 1);
}

static const struct rn_socket_events echo_events = {echo_room, echo_received, echo_ended, echo_sent,
                                                    echo_closed};

static void accepted(void *arg, int fd)
{
    struct echo *echo = calloc(1, sizeof(*echo));

    (void)arg;
    assert_non_null(echo);
    if (rn_socket_adopt(loop, fd, &echo_events, echo, &echo->socket) != RN_OK) {
        free(echo);
        return;
    }
    if (strcmp(rn_socket_peer(echo->socket)->host, "127.0.0.1") == 0 &&
        rn_socket_peer(echo->socket)->port) {
        atomic_store(&peer_is_named, true);
    }
    atomic_fetch_add(&opened, 1);
}

static void run_loop(void *arg)
{
    (void)arg;
    rn_loop_run(loop);
}

static int start_server(void **state)
{
    struct rn_address address = {"127.0.0.1", 0};

    (void)state;
    atomic_store(&opened, 0);
    atomic_store(&closed, 0);
    atomic_store(&paused, 0);
    atomic_store(&broken, 0);
    return rn_loop_new(&loop) == RN_OK && rn_listener_open(&address, &listener, NULL) == RN_OK &&
                   rn_listener_start(listener, loop, accepted, NULL) == RN_OK &&
                   rn_thread_start(&thread, "echo", run_loop, NULL) == RN_OK
               ? 0
               : -1;
}

static int stop_server(void **state)
{
    (void)state;
    rn_loop_stop(loop);
    rn_thread_join(&thread);
    rn_listener_close(listener);
    rn_loop_free(loop);
    return 0;
}

static int connect_to(const struct rn_address *address)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(address->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

static void send_all(int fd, const char *bytes, size_t len)
{
    while (len) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);

        assert_true(n > 0);
        bytes += n;
        len -= (size_t)n;
    }
}

static void receive_all(int fd, char *bytes, size_t len)
{
    while (len) {
        ssize_t n = recv(fd, bytes, len, 0);

        assert_true(n > 0);
        bytes += n;
        len -= (size_t)n;
    }
}

static void what_is_sent_comes_back(void **state)
{
    int fd = connect_to(rn_listener_address(listener));
    char back[16];

    (void)state;
    for (int i = 0; i < 100; i++) {
        send_all(fd, "hello, server", 13);
        receive_all(fd, back, 13);
        assert_memory_equal(back, "hello, server", 13);
    }
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    assert_int_equal(recv(fd, back, sizeof(back), 0), 0); /* the server closed too */
    assert_int_equal(close(fd), 0);
    assert_true(atomic_load(&peer_is_named));
}

struct sender {
    int fd;
    size_t len;
    const char *bytes;
};

static void send_from_thread(void *arg)
{
    struct sender *sender = arg;

    send_all(sender->fd, sender->bytes, sender->len);
    (void)shutdown(sender->fd, SHUT_WR);
}

/* Method: the peer sends 16 MiB and reads none until the server must have stopped reading; then all
 * of it comes back unchanged. */
static void a_slow_reader_stops_the_reading_and_loses_nothing(void **state)
{
    enum { BYTES = 16 << 20 };
    int fd = connect_to(rn_listener_address(listener));
    char *bytes = malloc(BYTES), *back = malloc(BYTES);
    struct sender sender = {fd, BYTES, bytes};
    struct rn_thread peer;
    uint32_t x = 1;

    (void)state;
    for (int i = 0; i < BYTES; i++) {
        x = x * 1664525u + 1013904223u;
        bytes[i] = (char)(x >> 24);
    }
    assert_int_equal(rn_thread_start(&peer, "peer", send_from_thread, &sender), RN_OK);
    receive_all(fd, back, BYTES);
    rn_thread_join(&peer);
    assert_memory_equal(back, bytes, BYTES);
    assert_int_equal(recv(fd, back, 1, 0), 0);
    assert_int_equal(close(fd), 0);
    free(bytes);
    free(back);
}

/* Method: a peer that never reads; the server stops reading as well, so that the peer's sends stop. */
static void a_peer_that_never_reads_is_held_back(void **state)
{
    int fd = connect_to(rn_listener_address(listener));
    static char bytes[ROOM_BYTES];
    struct timeval brief = {.tv_usec = 200000};
    size_t sent = 0;
    ssize_t n;

    (void)state;
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &brief, sizeof(brief)), 0);
    while ((n = send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL)) > 0) {
        sent += (size_t)n;
        assert_true(sent < 256u << 20); /* buffers of the kernel are far smaller */
    }
    assert_int_equal(errno, EAGAIN);
    assert_true(atomic_load(&paused) > 0);
    assert_int_equal(close(fd), 0);
}

static void a_reset_is_told_as_broken(void **state)
{
    int fd = connect_to(rn_listener_address(listener));
    struct linger none = {.l_onoff = 1, .l_linger = 0};
    char back[4];

    (void)state;
    send_all(fd, "ping", 4);
    receive_all(fd, back, 4);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none)), 0);
    assert_int_equal(close(fd), 0); /* RST */
    /* a second connection shows that the loop has seen the first one's end before or will at stop */
    fd = connect_to(rn_listener_address(listener));
    send_all(fd, "ping", 4);
    receive_all(fd, back, 4);
    assert_int_equal(close(fd), 0);
    while (atomic_load(&closed) < 2) {
        (void)sched_yield(); /* the suite's time limit ends this if the server never notices */
    }
    assert_int_equal(atomic_load(&broken), 1);
}

static void many_connections_are_served_at_once(void **state)
{
    enum { PEERS = 200 };
    int fds[PEERS];
    char back[8];

    (void)state;
    for (int i = 0; i < PEERS; i++) {
        fds[i] = connect_to(rn_listener_address(listener));
        send_all(fds[i], (const char *)&i, sizeof(i));
    }
    for (int i = 0; i < PEERS; i++) {
        receive_all(fds[i], back, sizeof(i));
        assert_memory_equal(back, &i, sizeof(i));
        assert_int_equal(close(fds[i]), 0);
    }
    assert_int_equal(atomic_load(&opened), PEERS);
}

/* Method: descriptors run out; the connection made meanwhile is served once there are some again. */
static void running_out_of_descriptors_only_delays(void **state)
{
    struct rlimit before, tight;
    int fd, next = dup(0);
    char back[4];

    (void)state;
    assert_int_equal(close(next), 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    tight = before;
    tight.rlim_cur = (rlim_t)next + 1; /* one for the peer, none for the server */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
    fd = connect_to(rn_listener_address(listener));
    send_all(fd, "ping", 4);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    receive_all(fd, back, 4);
    assert_int_equal(close(fd), 0);
}

static void a_taken_port_is_refused_and_named(void **state)
{
    struct rn_listener *second = NULL;
    struct rn_address address = *rn_listener_address(listener);
    struct rn_reason reason;
    char port[8];

    (void)state;
    assert_true(address.port > 0);
    assert_int_equal(rn_listener_open(&address, &second, &reason), RN_BUSY);
    assert_null(second);
    (void)snprintf(port, sizeof(port), ":%u", (unsigned)address.port);
    assert_non_null(strstr(reason.text, port));
}

static void an_address_of_another_machine_is_unsupported(void **state)
{
    struct rn_listener *none = NULL;
    struct rn_address foreign = {"192.0.2.1", 0}, name = {"localhost", 0};

    (void)state;
    assert_int_equal(rn_listener_open(&foreign, &none, NULL), RN_UNSUPPORTED);
    assert_int_equal(rn_listener_open(&name, &none, NULL), RN_INVALID);
    assert_null(none);
}

static void both_families_share_a_port(void **state)
{
    struct rn_address four = {"127.0.0.1", 0}, six = {"::1", 0};
    struct rn_listener *a, *b;
    rn_err err;

    (void)state;
    assert_int_equal(rn_listener_open(&four, &a, NULL), RN_OK);
    six.port = rn_listener_address(a)->port;
    err = rn_listener_open(&six, &b, NULL);
    if (err == RN_UNSUPPORTED) {
        rn_listener_close(a);
        skip(); /* a machine without IPv6 */
    }
    assert_int_equal(err, RN_OK);
    assert_string_equal(rn_listener_address(b)->host, "::1");
    rn_listener_close(b);
    rn_listener_close(a);
}

static void a_closed_listener_frees_its_port(void **state)
{
    struct rn_address address = {"127.0.0.1", 0};
    struct rn_listener *first, *again;
    struct rn_loop *own;

    (void)state;
    assert_int_equal(rn_loop_new(&own), RN_OK);
    assert_int_equal(rn_listener_open(&address, &first, NULL), RN_OK);
    address.port = rn_listener_address(first)->port;
    assert_int_equal(rn_listener_start(first, own, accepted, NULL), RN_OK);
    rn_listener_close(first);
    assert_int_equal(rn_listener_open(&address, &again, NULL), RN_OK);
    rn_listener_close(again);
    rn_listener_close(NULL);
    rn_loop_free(own);
}

static void a_descriptor_that_is_no_socket_is_closed_and_refused(void **state)
{
    struct rn_loop *own;
    struct rn_socket *socket = NULL;
    int ends[2];

    (void)state;
    assert_int_equal(rn_loop_new(&own), RN_OK);
    assert_int_equal(pipe(ends), 0);
    assert_int_not_equal(rn_socket_adopt(own, ends[1], &echo_events, NULL, &socket), RN_OK);
    assert_null(socket);
    rn_loop_free(own);
    assert_int_equal(close(ends[1]), -1); /* closed already */
    assert_int_equal(close(ends[0]), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_sent_comes_back, start_server, stop_server),
        cmocka_unit_test_setup_teardown(a_slow_reader_stops_the_reading_and_loses_nothing,
                                        start_server, stop_server),
        cmocka_unit_test_setup_teardown(a_peer_that_never_reads_is_held_back, start_server,
                                        stop_server),
        cmocka_unit_test_setup_teardown(a_reset_is_told_as_broken, start_server, stop_server),
        cmocka_unit_test_setup_teardown(many_connections_are_served_at_once, start_server,
                                        stop_server),
        cmocka_unit_test_setup_teardown(running_out_of_descriptors_only_delays, start_server,
                                        stop_server),
        cmocka_unit_test_setup_teardown(a_taken_port_is_refused_and_named, start_server,
                                        stop_server),
        cmocka_unit_test(an_address_of_another_machine_is_unsupported),
        cmocka_unit_test(both_families_share_a_port),
        cmocka_unit_test(a_closed_listener_frees_its_port),
        cmocka_unit_test(a_descriptor_that_is_no_socket_is_closed_and_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
