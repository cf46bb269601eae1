/* Method: two workers, each a loop with a server. In some tests both loops run in threads, as in
 * life; in others the test runs one at a time, to stop the world where it wants. Peers are plain
 * sockets that block, with a deadline. */
#include "net/acceptor.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/list.h"
#include "sys/thread.h"

enum { WORKERS = 2, PEERS = 40, DEADLINE_S = 20 };

static struct worker {
    struct rn_loop *loop;
    struct rn_http_server *server;
    struct rn_thread thread;
    bool is_waiting;
    atomic_int asked;
} workers[WORKERS];

static struct rn_listener *listener;
static struct rn_address address;
static struct rn_acceptor *acceptor;

static void answer(void *arg, struct rn_exchange *exchange)
{
    struct worker *worker = arg;
    rn_str *body = rn_arena_alloc(exchange->arena, sizeof(*body));

    assert_non_null(body);
    *body = RN_STR("served");
    atomic_fetch_add(&worker->asked, 1);
    rn_exchange_reply(exchange,
                      &(struct rn_http_reply){.status = 200, .body = body, .body_count = 1});
}

static int64_t wall_ms(void *arg)
{
    (void)arg;
    return 0;
}

static void make_worker(struct worker *worker)
{
    struct rn_http_options options;

    *worker = (struct worker){.is_waiting = false};
    rn_http_options_default(&options);
    options.on_request = answer;
    options.wall_ms = wall_ms;
    options.arg = worker;
    assert_int_equal(rn_loop_new(&worker->loop), RN_OK);
    assert_int_equal(rn_http_server_new(worker->loop, &options, &worker->server), RN_OK);
}

static int fresh(void **state)
{
    struct rn_acceptor_worker targets[WORKERS];

    (void)state;
    for (int i = 0; i < WORKERS; i++) {
        make_worker(&workers[i]);
        targets[i] = (struct rn_acceptor_worker){workers[i].loop, workers[i].server};
    }
    address = (struct rn_address){"127.0.0.1", 0};
    assert_int_equal(rn_listener_open(&address, &listener, NULL), RN_OK);
    address = *rn_listener_address(listener);
    assert_int_equal(rn_acceptor_new(listener, targets, WORKERS, &acceptor), RN_OK);
    return 0;
}

static int done(void **state)
{
    (void)state;
    rn_acceptor_close(acceptor);
    acceptor = NULL;
    for (int i = 0; i < WORKERS; i++) {
        rn_http_server_free(workers[i].server);
        rn_loop_free(workers[i].loop);
    }
    return 0;
}

static void run(void *arg)
{
    rn_loop_run(((struct worker *)arg)->loop);
}

static void start(int number)
{
    assert_int_equal(rn_thread_start(&workers[number].thread, "worker", run, &workers[number]),
                     RN_OK);
}

static void stop(int number)
{
    rn_loop_stop(workers[number].loop);
    rn_thread_join(&workers[number].thread);
}

static unsigned connections(int number)
{
    return rn_http_server_connections(workers[number].server);
}

/* ---- one turn at a time ---- */

static void turns(void *arg, bool idle)
{
    struct worker *worker = arg;

    if (!idle && worker->is_waiting) {
        rn_loop_stop(worker->loop);
    }
    worker->is_waiting = idle;
}

/* Until the next event, whose callbacks are through then. */
static void turn(int number)
{
    rn_loop_on_idle(workers[number].loop, turns, &workers[number]);
    workers[number].is_waiting = false;
    rn_loop_run(workers[number].loop);
    rn_loop_on_idle(workers[number].loop, NULL, NULL);
}

/* ---- peers ---- */

/* -1 when nobody listens. */
static int try_connect(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(address.port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval deadline = {.tv_sec = DEADLINE_S};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof(deadline)), 0);
    if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0) {
        assert_int_equal(close(fd), 0);
        return -1;
    }
    return fd;
}

static int connect_one(void)
{
    int fd = try_connect();

    assert_true(fd >= 0);
    return fd;
}

static bool ask(int fd)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

    return send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL) == (ssize_t)sizeof(request) - 1;
}

/* False: the connection ended or broke instead. */
static bool is_answered(int fd)
{
    char reply[512];
    size_t len = 0;

    while (len < 6 || memcmp(reply + len - 6, "served", 6) != 0) {
        ssize_t n = recv(fd, reply + len, sizeof(reply) - len, 0);

        if (n <= 0) {
            return false;
        }
        len += (size_t)n;
    }
    return true;
}

static void close_all(const int *fds, int count)
{
    for (int i = 0; i < count; i++) {
        assert_int_equal(close(fds[i]), 0);
    }
}

static void connections_go_to_the_least_busy_worker(void **state)
{
    int fds[PEERS];

    (void)state;
    start(0);
    start(1);
    for (int i = 0; i < PEERS; i++) {
        fds[i] = connect_one();
        assert_true(ask(fds[i]) && is_answered(fds[i]));
    }
    assert_int_equal(connections(0), PEERS / 2);
    assert_int_equal(connections(1), PEERS / 2);
    assert_int_equal(atomic_load(&workers[1].asked), PEERS / 2);
    for (int i = 1; i < PEERS; i += 2) {
        assert_int_equal(close(fds[i]), 0); /* those of the second */
    }
    while (connections(1) > 0) {
        (void)sched_yield(); /* the suite's time limit ends this if the server never notices */
    }
    for (int i = 1; i < PEERS; i += 2) {
        fds[i] = connect_one();
        assert_true(ask(fds[i]) && is_answered(fds[i]));
    }
    assert_int_equal(connections(1), PEERS / 2);
    close_all(fds, PEERS);
    stop(1);
    stop(0);
}

/* Method: nobody runs while the connections are made, so that they are accepted in one go, when the
 * second worker has not seen a single one. */
static void a_burst_is_spread_too(void **state)
{
    int fds[PEERS];

    (void)state;
    for (int i = 0; i < PEERS; i++) {
        fds[i] = connect_one();
        assert_true(ask(fds[i]));
    }
    while (connections(0) < PEERS / 2) {
        turn(0);
    }
    assert_int_equal(connections(1), 0);
    turn(1);
    assert_int_equal(connections(1), PEERS / 2);
    start(0);
    start(1);
    for (int i = 0; i < PEERS; i++) {
        assert_true(is_answered(fds[i]));
    }
    close_all(fds, PEERS);
    stop(0);
    stop(1);
}

static void a_closed_acceptor_leaves_its_port_and_its_connections(void **state)
{
    struct rn_listener *next;
    int fd = connect_one();

    (void)state;
    turn(0);
    assert_int_equal(connections(0), 1);
    rn_acceptor_close(acceptor);
    acceptor = NULL;
    assert_int_equal(try_connect(), -1);
    assert_int_equal(rn_listener_open(&address, &next, NULL), RN_OK);
    rn_listener_close(next);
    start(0);
    assert_true(ask(fd) && is_answered(fd));
    assert_int_equal(close(fd), 0);
    stop(0);
}

/* Method: the second worker runs only after the acceptor has gone. */
static void a_handover_under_way_outlives_the_acceptor(void **state)
{
    int fds[3];

    (void)state;
    for (int i = 0; i < 3; i++) {
        fds[i] = connect_one();
    }
    while (connections(0) < 2) {
        turn(0); /* the first and the third */
    }
    rn_acceptor_close(acceptor);
    acceptor = NULL;
    assert_int_equal(connections(1), 0);
    start(1);
    assert_true(ask(fds[1]) && is_answered(fds[1]));
    assert_int_equal(connections(1), 1);
    close_all(fds, 3);
    stop(1);
}

/* ---- closing while connections pour in ---- */

static void close_acceptor(struct rn_task *task)
{
    (void)task;
    rn_acceptor_close(acceptor);
    acceptor = NULL;
}

/* Each connection is answered or refused, none is left hanging. */
static void closing_in_a_rush_loses_nobody_who_was_accepted(void **state)
{
    struct rn_task task = {.run = close_acceptor};
    int fds[PEERS];
    int count = 0;
    int served = 0;

    (void)state;
    start(0);
    start(1);
    for (int i = 0; i < PEERS; i++) {
        int fd = try_connect();

        if (i == PEERS / 2) {
            rn_mailbox_post(rn_loop_box(workers[0].loop), &task);
        }
        if (fd >= 0) {
            fds[count++] = fd;
        }
    }
    for (int i = 0; i < count; i++) {
        served += ask(fds[i]) && is_answered(fds[i]);
    }
    assert_int_equal(served, atomic_load(&workers[0].asked) + atomic_load(&workers[1].asked));
    close_all(fds, count);
    stop(0);
    stop(1);
    assert_null(acceptor);
}

static void a_server_that_drains_turns_handovers_away(void **state)
{
    int fds[2];

    (void)state;
    rn_http_server_drain(workers[1].server, NULL, NULL);
    for (int i = 0; i < 2; i++) {
        fds[i] = connect_one();
    }
    start(0);
    start(1);
    assert_true(ask(fds[0]) && is_answered(fds[0]));
    assert_false(ask(fds[1]) && is_answered(fds[1]));
    close_all(fds, 2);
    stop(0);
    stop(1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(connections_go_to_the_least_busy_worker, fresh, done),
        cmocka_unit_test_setup_teardown(a_burst_is_spread_too, fresh, done),
        cmocka_unit_test_setup_teardown(a_closed_acceptor_leaves_its_port_and_its_connections,
                                        fresh, done),
        cmocka_unit_test_setup_teardown(a_handover_under_way_outlives_the_acceptor, fresh, done),
        cmocka_unit_test_setup_teardown(closing_in_a_rush_loses_nobody_who_was_accepted, fresh,
                                        done),
        cmocka_unit_test_setup_teardown(a_server_that_drains_turns_handovers_away, fresh, done),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
