/* peer.h - the other ends of connections, on the loop of the server that they talk to.
 *
 * A peer is a socket over loopback: it collects what comes and says what a test tells it.
 * UNTIL(condition) turns the loop until the condition holds; a turn waits for the next event, whatever
 * it is, and a deadline fails the test. */
#ifndef TESTS_NET_PEER_H
#define TESTS_NET_PEER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"
#include "sys/tcp.h"

enum { PEERS_MAX = 64, DEADLINE_MS = 5000, ROOM_BYTES = 64 * 1024 };

struct peer {
    struct rn_socket *socket;
    int fd; /* the socket's: for options only */
    char *got;
    size_t got_len, got_cap, read_at; /* read_at: replies before it were looked at */
    char *saying;
    bool is_deaf; /* reads nothing */
    bool has_ended, is_broken, is_closed;
};

struct answer {
    int status;
    bool says_close;
    rn_str head, body; /* valid until the peer gets more */
};

static struct stage {
    struct rn_loop *loop;
    struct rn_timer *deadline;
    bool is_late, is_waiting;
    struct peer *peers[PEERS_MAX];
    size_t peer_count;
} stage;

/* ---- the loop ---- */

static void stage_late(void *arg)
{
    (void)arg;
    stage.is_late = true;
}

/* A wait that is over ends the run when its callbacks are through. */
static void stage_turns(void *arg, bool idle)
{
    (void)arg;
    if (idle) {
        stage.is_waiting = true;
    } else if (stage.is_waiting) {
        rn_loop_stop(stage.loop);
    }
}

static void stage_turn(const char *condition)
{
    if (stage.is_late) {
        fail_msg("never came true: %s", condition);
    }
    stage.is_waiting = false;
    rn_loop_run(stage.loop);
}

#define UNTIL(condition)        \
    while (!(condition)) {      \
        stage_turn(#condition); \
    }

/* ---- peers ---- */

static char *peer_room(void *arg, size_t *ret_len)
{
    struct peer *peer = arg;

    if (peer->is_deaf) {
        return NULL;
    }
    if (peer->got_cap - peer->got_len < ROOM_BYTES) {
        peer->got_cap = 2 * peer->got_cap + ROOM_BYTES;
        peer->got = realloc(peer->got, peer->got_cap);
        assert_non_null(peer->got);
    }
    *ret_len = peer->got_cap - peer->got_len;
    return peer->got + peer->got_len;
}

static void peer_received(void *arg, size_t len)
{
    ((struct peer *)arg)->got_len += len;
}

static void peer_ended(void *arg, rn_err why)
{
    struct peer *peer = arg;

    peer->has_ended = true;
    peer->is_broken = peer->is_broken || why != RN_CLOSED;
}

static void peer_sent(void *arg)
{
    struct peer *peer = arg;

    free(peer->saying);
    peer->saying = NULL;
}

static void peer_closed(void *arg)
{
    ((struct peer *)arg)->is_closed = true;
}

/* Two ends over loopback, neither of which blocks. */
static inline void connect_pair(int *ret_near, int *ret_far)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(to);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    int bytes =
        256 * 1024; /* so that the server can find its whole input buffer filled by one read */

    *ret_near = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(listener >= 0 && *ret_near >= 0);
    assert_int_equal(setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)), 0);
    assert_int_equal(bind(listener, (const struct sockaddr *)&to, len), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&to, &len), 0);
    assert_int_equal(connect(*ret_near, (const struct sockaddr *)&to, len), 0);
    *ret_far = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    assert_true(*ret_far >= 0);
    assert_int_equal(close(listener), 0);
}

/* *ret_far is the end for the server. */
static inline struct peer *peer_new(int *ret_far)
{
    static const struct rn_socket_events events = {
        .room = peer_room,
        .received = peer_received,
        .ended = peer_ended,
        .sent = peer_sent,
        .closed = peer_closed,
    };
    struct peer *peer = calloc(1, sizeof(*peer));

    assert_non_null(peer);
    assert_true(stage.peer_count < PEERS_MAX);
    connect_pair(&peer->fd, ret_far);
    assert_int_equal(rn_socket_adopt(stage.loop, peer->fd, &events, peer, &peer->socket), RN_OK);
    stage.peers[stage.peer_count++] = peer;
    return peer;
}

/* Waits until what was said before has left. To a server that has gone it says nothing. */
static inline void say(struct peer *peer, rn_str words)
{
    rn_err err;

    UNTIL(!peer->saying || peer->is_broken);
    if (words.len == 0 || peer->is_broken) {
        return;
    }
    peer->saying = malloc(words.len);
    assert_non_null(peer->saying);
    memcpy(peer->saying, words.data, words.len);
    words.data = peer->saying;
    err = rn_socket_send(peer->socket, &words, 1);
    if (err != RN_WAIT) {
        peer_sent(peer);
        peer->is_broken = peer->is_broken || err != RN_OK;
    }
}

static inline void say_c(struct peer *peer, const char *words)
{
    say(peer, rn_str_c(words));
}

static void peer_free(struct peer *peer)
{
    free(peer->saying);
    free(peer->got);
    free(peer);
}

static inline void hang_up(struct peer *peer)
{
    rn_socket_close(peer->socket);
    UNTIL(peer->is_closed);
}

/* Its place is free for another. */
static inline void forget(struct peer *peer)
{
    hang_up(peer);
    assert_ptr_equal(stage.peers[stage.peer_count - 1], peer);
    stage.peer_count--;
    peer_free(peer);
}

/* The server sees a reset rather than an end. */
static inline void break_off(struct peer *peer)
{
    struct linger none = {.l_onoff = 1, .l_linger = 0};

    assert_int_equal(setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none)), 0);
    hang_up(peer);
}

static inline void listen_again(struct peer *peer)
{
    peer->is_deaf = false;
    rn_socket_resume(peer->socket);
}

/* ---- replies ---- */

static inline size_t find_c(rn_str s, const char *words)
{
    const char *at = s.len ? memmem(s.data, s.len, words, strlen(words)) : NULL;

    return at ? (size_t)(at - s.data) : s.len;
}

static inline bool has(rn_str s, const char *words)
{
    return find_c(s, words) < s.len;
}

/* Whether the next reply has come whole; then it is *ret_answer and counts as read. */
static inline bool next_answer(struct peer *peer, bool without_body, struct answer *ret_answer)
{
    rn_str all = rn_str_make(peer->got + peer->read_at, peer->got_len - peer->read_at);
    size_t end = find_c(all, "\r\n\r\n");
    size_t length_at;
    unsigned long long length = 0;

    if (end == all.len) {
        return false;
    }
    ret_answer->head = rn_str_make(all.data, end + 4);
    assert_memory_equal(all.data, "HTTP/1.1 ", 9);
    ret_answer->status = (int)strtol(all.data + 9, NULL, 10);
    ret_answer->says_close = has(ret_answer->head, "\r\nConnection: close\r\n");
    length_at = find_c(ret_answer->head, "\r\nContent-Length: ");
    if (length_at < ret_answer->head.len && !without_body) {
        length = strtoull(all.data + length_at + 18, NULL, 10);
    }
    if (all.len - end - 4 < length) {
        return false;
    }
    ret_answer->body = rn_str_make(all.data + end + 4, length);
    peer->read_at += end + 4 + length;
    return true;
}

static inline struct answer await_answer(struct peer *peer)
{
    struct answer answer = {.status = 0};

    UNTIL(next_answer(peer, false, &answer));
    return answer;
}

static inline void expect_echo(struct peer *peer, const char *echo)
{
    struct answer answer = await_answer(peer);

    assert_int_equal(answer.status, 200);
    if (!rn_str_eq(answer.body, rn_str_c(echo))) {
        fail_msg("not \"%s\": %.*s", echo, RN_STR_ARG(answer.body));
    }
}

/* Nothing more comes but the end. */
static inline void expect_end(struct peer *peer)
{
    UNTIL(peer->has_ended);
    assert_int_equal(peer->got_len, peer->read_at);
    assert_false(peer->is_broken);
}

static inline void expect_refusal(struct peer *peer, int status)
{
    struct answer answer = await_answer(peer);

    assert_int_equal(answer.status, status);
    assert_true(answer.says_close);
    expect_end(peer);
}

/* ---- the stage ---- */

/* 0, or -1. */
static inline int stage_open(void)
{
    stage = (struct stage){.peer_count = 0};
    if (rn_loop_new(&stage.loop) != RN_OK ||
        rn_timer_new(stage.loop, stage_late, NULL, &stage.deadline) != RN_OK) {
        return -1;
    }
    rn_timer_start(stage.deadline, DEADLINE_MS, 0);
    rn_loop_on_idle(stage.loop, stage_turns, NULL);
    return 0;
}

/* What a test has not hung up is hung up now; the server is gone or its loop still closes it. */
static inline void stage_close(void)
{
    for (size_t i = 0; i < stage.peer_count; i++) {
        if (!stage.peers[i]->is_closed) {
            hang_up(stage.peers[i]);
        }
        peer_free(stage.peers[i]);
    }
    rn_timer_free(stage.deadline);
    rn_loop_free(stage.loop);
}

#endif
