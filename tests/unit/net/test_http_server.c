/* Deadlines, limits and ends of a whole server.
 * Method: deadlines are set to some tens of milliseconds and waited for as events. A slow peer is
 * one that a timer makes say a byte now and then. */
#include "tests/unit/net/rig.h"

#include <stdio.h>

#define GET "GET /x HTTP/1.1\r\nHost: h\r\n\r\n"
#define POST "POST / HTTP/1.1\r\nHost: h\r\n"

enum { CHATTER_MS = 5, SOON_MS = 60 };

static char bytes[1024 * 1024];

/* ---- a peer that dribbles ---- */

static struct {
    struct rn_timer *timer;
    struct peer *peer;
    const char *words;
    size_t said;
    bool is_over; /* nobody takes its words any more */
} chatter;

static void chat(void *arg)
{
    rn_str byte = rn_str_make(chatter.words + chatter.said % strlen(chatter.words), 1);

    (void)arg;
    chatter.said++;
    if (!chatter.peer->has_ended && !chatter.is_over && !chatter.peer->saying) {
        chatter.is_over = rn_socket_send(chatter.peer->socket, &byte, 1) != RN_OK;
    }
}

static void start_chatter(struct peer *peer, const char *words)
{
    chatter.peer = peer;
    chatter.words = words;
    chatter.said = 0;
    chatter.is_over = false;
    assert_int_equal(rn_timer_new(stage.loop, chat, NULL, &chatter.timer), RN_OK);
    rn_timer_start(chatter.timer, 0, CHATTER_MS);
}

static void stop_chatter(void)
{
    rn_timer_free(chatter.timer);
}

/* ---- deadlines ---- */

static void a_peer_that_says_nothing_is_closed(void **state)
{
    struct peer *peer;

    (void)state;
    rig.options.head_timeout_ms = SOON_MS;
    serve();
    peer = connect_peer();
    expect_end(peer); /* without a word: it asked for nothing */
}

static void a_head_that_does_not_end_in_time_is_answered_with_408(void **state)
{
    struct peer *peer;

    (void)state;
    rig.options.head_timeout_ms = SOON_MS;
    serve();
    peer = connect_peer();
    start_chatter(peer,
                  "GET / HTTP/1.1\r\nX-Endless: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    expect_refusal(peer, 408);
    stop_chatter();
    assert_int_equal(rig.asked, 0);
}

static void a_second_head_has_its_own_deadline(void **state)
{
    struct peer *peer;

    (void)state;
    rig.options.head_timeout_ms = SOON_MS;
    serve();
    peer = connect_peer();
    say_c(peer, GET "GET /y");
    expect_echo(peer, "GET /x:");
    expect_refusal(peer, 408);
}

static void an_idle_connection_is_closed(void **state)
{
    struct peer *peer;

    (void)state;
    rig.options.idle_timeout_ms = SOON_MS;
    serve();
    peer = connect_peer();
    say_c(peer, GET);
    expect_echo(peer, "GET /x:");
    expect_end(peer);
}

static void a_body_that_stalls_is_answered_with_408(void **state)
{
    struct peer *peer;

    (void)state;
    rig.options.body_grace_ms = SOON_MS;
    serve();
    peer = connect_peer();
    say_c(peer, POST "Content-Length: 1000000\r\n\r\nsome");
    expect_refusal(peer, 408);
    peer = connect_peer();
    say_c(peer, POST "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n");
    assert_int_equal(await_answer(peer).status, 100);
    expect_refusal(peer, 408);
    assert_int_equal(rig.server->budget.used, 0);
}

static void a_body_below_the_rate_is_answered_with_408(void **state)
{
    struct peer *peer;

    (void)state;
    rig.options.body_grace_ms = SOON_MS;
    rig.options.body_rate_min = 100 * 1000 / CHATTER_MS;
    serve();
    peer = connect_peer();
    say_c(peer, POST "Content-Length: 100000\r\n\r\n");
    start_chatter(peer, "a");
    expect_refusal(peer, 408);
    stop_chatter();
}

static void a_body_above_the_rate_may_take_several_spans(void **state)
{
    struct peer *peer;

    (void)state;
    rig.options.body_grace_ms = SOON_MS;
    rig.options.body_rate_min = 17; /* a byte each span */
    serve();
    peer = connect_peer();
    say_c(peer, POST "Content-Length: 40\r\n\r\n");
    start_chatter(peer, "a"); /* 200 ms */
    expect_echo(peer, "POST /:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    stop_chatter();
}

static void a_body_has_a_deadline_at_any_rate(void **state)
{
    struct peer *peer;

    (void)state;
    rig.options.body_grace_ms = SOON_MS / 2;
    rig.options.body_rate_min = 0;
    rig.options.body_timeout_ms = 2 * SOON_MS;
    serve();
    peer = connect_peer();
    say_c(peer, POST "Content-Length: 100000\r\n\r\n");
    start_chatter(peer, "a");
    expect_refusal(peer, 408);
    stop_chatter();
}

/* Also while it goes on asking: words of its own are no progress of the reply. */
static void a_peer_that_does_not_read_its_reply_is_closed(void **state)
{
    struct peer *peer;

    (void)state;
    rig.options.write_stall_ms = SOON_MS;
    rig.holds = true;
    serve();
    peer = connect_peer();
    peer->is_deaf = true;
    say_c(peer, GET);
    UNTIL(rig.held_count > 0);
    answer_big(take_held());
    start_chatter(peer, GET);
    UNTIL(rn_http_server_connections(rig.server) == 0);
    stop_chatter();
    assert_true(chatter.said < 1000);
}

static void deadlines_of_some_do_not_disturb_others(void **state)
{
    struct peer *held, *busy, *slow;

    (void)state;
    rig.options.head_timeout_ms = SOON_MS;
    rig.options.idle_timeout_ms = 60000;
    serve();
    rig.holds = true;
    held = connect_peer();
    say_c(held, GET);
    UNTIL(rig.held_count > 0);
    rig.holds = false;
    busy = connect_peer();
    say_c(busy, GET);
    expect_echo(busy, "GET /x:");
    for (int i = 0; i < 3; i++) {
        slow = connect_peer();
        say_c(slow, "GET");
        expect_refusal(slow, 408);
        say_c(busy, GET);
        expect_echo(busy, "GET /x:");
    }
    answer_held(); /* a handler takes the time it takes */
    expect_echo(held, "GET /x:");
}

/* ---- limits ---- */

static void connections_over_the_limit_are_closed_at_once(void **state)
{
    struct peer *first, *second;

    (void)state;
    rig.options.connections_max = 2;
    serve();
    first = connect_peer();
    second = connect_peer();
    for (int i = 0; i < 3; i++) {
        struct peer *third = connect_peer();

        expect_end(third);
    }
    assert_int_equal(rn_http_server_connections(rig.server), 2);
    say_c(first, GET);
    expect_echo(first, "GET /x:");
    hang_up(second);
    UNTIL(rn_http_server_connections(rig.server) == 1);
    second = connect_peer();
    say_c(second, GET);
    expect_echo(second, "GET /x:");
}

/* Method: a body fills the budget and stalls; another rests until the first has timed out, and then
 * still has its own time: it outlives the next look at its progress. */
static void over_the_budget_a_body_rests_and_its_clock_too(void **state)
{
    struct peer *first, *second;
    const struct rn_conn *conn;
    int64_t deadline_us;

    (void)state;
    rig.options.inflight_bytes_max = 100000;
    rig.options.body_grace_ms = SOON_MS;
    rig.options.body_timeout_ms = 8 * SOON_MS;
    rig.options.body_rate_min = 0;
    serve();
    first = connect_peer();
    say_c(first, POST "Content-Length: 300000\r\n\r\n");
    say(first, rn_str_make(bytes, 200000));
    UNTIL(rig.server->budget.used == 200000);
    second = connect_peer();
    conn = RN_OWNER(rig.server->conns.prev, struct rn_conn, link);
    say_c(second, POST "Content-Length: 8\r\n\r\n");
    UNTIL(rig.server->budget.reading == 2);
    say_c(second, "rest");
    UNTIL(!rn_list_empty(&rig.server->budget.resting));
    assert_int_equal(rig.asked, 0);
    expect_refusal(first, 408);
    deadline_us = conn->deadline_us;
    UNTIL(conn->deadline_us != deadline_us);
    say_c(second, "over");
    expect_echo(second, "POST /:restover");
    assert_int_equal(rig.server->budget.used, 0);
}

/* Method: ten bodies of a MiB with room for a quarter of one. Some bytes of each may have come
 * before it rests; one body at a time gets whole. */
static void over_the_budget_all_bodies_get_whole_in_turn(void **state)
{
    enum { PEERS = 10, BODY = 1024 * 1024, BUDGET = BODY / 4, READ_MAX = 512 * 1024 };
    struct peer *peers[PEERS];
    char start[64];

    (void)state;
    rig.options.inflight_bytes_max = BUDGET;
    serve();
    (void)snprintf(start, sizeof(start), POST "Content-Length: %d\r\n\r\n", BODY);
    for (int i = 0; i < PEERS; i++) {
        peers[i] = connect_peer();
        say_c(peers[i], start);
        say(peers[i], rn_str_make(bytes, BODY));
    }
    for (int i = 0; i < PEERS; i++) {
        assert_int_equal(await_answer(peers[i]).body.len, strlen("POST /:") + BODY);
    }
    assert_true(rig.used_max >= BODY && rig.used_max <= BUDGET + BODY + PEERS * READ_MAX);
    assert_int_equal(rig.server->budget.used, 0);
}

static void a_peer_that_rests_may_go_away(void **state)
{
    struct peer *first, *second;

    (void)state;
    rig.options.inflight_bytes_max = 1000;
    serve();
    first = connect_peer();
    say_c(first, POST "Content-Length: 300000\r\n\r\n");
    say(first, rn_str_make(bytes, 2000));
    UNTIL(rig.server->budget.used == 2000);
    second = connect_peer();
    say_c(second, POST "Content-Length: 4\r\n\r\n");
    UNTIL(rig.server->budget.reading == 2);
    say_c(second, "res");
    UNTIL(!rn_list_empty(&rig.server->budget.resting));
    hang_up(second);
    hang_up(first);
    UNTIL(rn_http_server_connections(rig.server) ==
          0); /* the second is read on, and its end seen */
    assert_int_equal(rig.server->budget.used, 0);
}

/* Method: the pipelined requests are bounded by the input buffer; the peer's sends stop. */
static void requests_behind_one_that_takes_long_are_held_back(void **state)
{
    struct peer *peer;

    (void)state;
    rig.holds = true;
    serve();
    peer = connect_peer();
    memset(bytes, '\n', sizeof(bytes));
    say_c(peer, GET);
    UNTIL(rig.held_count > 0);
    say(peer, rn_str_make(bytes, sizeof(bytes)));
    UNTIL(RN_OWNER(rig.server->conns.next, struct rn_conn, link)->is_paused);
    assert_int_equal(rig.asked, 1);
    answer_held();
    expect_echo(peer, "GET /x:");
    expect_refusal(peer, 400); /* and they are looked at then */
}

/* ---- ends ---- */

static void a_drain_of_nothing_is_over_at_once(void **state)
{
    (void)state;
    serve();
    rn_http_server_drain(rig.server, rig_drained, NULL);
    assert_int_equal(rig.drained, 1);
}

static void a_drain_closes_the_idle_and_answers_what_is_under_way(void **state)
{
    struct peer *fresh, *idle, *half, *held, *late;

    (void)state;
    serve();
    fresh = connect_peer();
    idle = connect_peer();
    say_c(idle, GET);
    expect_echo(idle, "GET /x:");
    half = connect_peer();
    say_c(half, "GET /half HTTP/1.1\r\nHo");
    rig.holds = true;
    held = connect_peer();
    say_c(held, GET GET);
    UNTIL(rig.held_count > 0);
    rn_http_server_drain(rig.server, rig_drained, NULL);
    expect_end(fresh);
    expect_end(idle);
    rig.holds = false;
    say_c(half, "st: h\r\n\r\n");
    assert_true(await_answer(half).says_close);
    expect_end(half);
    late = connect_peer();
    expect_end(late);
    assert_int_equal(rig.drained, 0);
    answer_held();
    assert_true(await_answer(held).says_close);
    expect_end(held);
    hang_up(held);
    hang_up(half);
    UNTIL(rig.drained > 0);
    assert_int_equal(rig.drained, 1);
    assert_int_equal(rn_http_server_connections(rig.server), 0);
}

static void a_drain_does_not_cut_a_reply_on_its_way(void **state)
{
    struct peer *peer;

    (void)state;
    rig.holds = true;
    serve();
    peer = connect_peer();
    peer->is_deaf = true;
    say_c(peer, GET);
    UNTIL(rig.held_count > 0);
    answer_big(take_held()); /* promises to keep the connection */
    rn_http_server_drain(rig.server, rig_drained, NULL);
    listen_again(peer);
    assert_int_equal(await_answer(peer).body.len, 32 * sizeof(big));
    expect_end(peer);
    hang_up(peer);
    UNTIL(rig.drained > 0);
}

static void free_server(void *arg)
{
    rig_drained(arg);
    rn_http_server_free(rig.server);
    rig.server = NULL;
}

static void the_server_may_be_freed_where_its_drain_is_told(void **state)
{
    struct peer *peer;

    (void)state;
    rig.holds = true;
    serve();
    peer = connect_peer();
    say_c(peer, GET);
    UNTIL(rig.held_count > 0);
    rn_http_server_drain(rig.server, free_server, NULL);
    hang_up(peer);
    answer_held();
    UNTIL(rig.drained > 0);
    assert_null(rig.server);
}

/* What the handler still has is answered to nobody, in the teardown. */
static void a_server_may_be_freed_whatever_its_connections_do(void **state)
{
    struct peer *idle, *in_head, *in_body, *in_chunks, *held, *stuck;

    (void)state;
    serve();
    idle = connect_peer();
    say_c(idle, GET);
    expect_echo(idle, "GET /x:");
    in_head = connect_peer();
    say_c(in_head, "GET / HT");
    in_body = connect_peer();
    say_c(in_body, POST "Content-Length: 200000\r\n\r\nabc");
    in_chunks = connect_peer();
    say_c(in_chunks, POST "Transfer-Encoding: chunked\r\n\r\n9\r\nabc");
    UNTIL(rig.server->budget.used == 6);
    rig.holds = true;
    stuck = connect_peer();
    stuck->is_deaf = true;
    say_c(stuck, GET);
    UNTIL(rig.held_count > 0);
    answer_big(take_held());
    held = connect_peer();
    say_c(held, GET);
    UNTIL(rig.held_count > 0);
    rn_http_server_free(rig.server);
    rig.server = NULL;
    UNTIL(idle->has_ended && in_head->has_ended && in_body->has_ended && in_chunks->has_ended &&
          held->has_ended);
}

/* ---- the opening ---- */

static void expect_bytes(struct peer *peer, rn_str wanted)
{
    UNTIL(peer->has_ended);
    assert_int_equal(peer->got_len, wanted.len);
    assert_memory_equal(peer->got, wanted.data, wanted.len);
}

static void a_tls_client_is_told_that_there_is_none(void **state)
{
    struct peer *peer;

    (void)state;
    serve();
    peer = connect_peer();
    say(peer, RN_STR("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"));
    expect_bytes(peer, RN_STR("\x15\x03\x01\x00\x02\x02\x28"));
}

static void what_only_begins_like_a_preface_is_http_1(void **state)
{
    struct peer *peer;

    (void)state;
    serve();
    peer = connect_peer();
    say_c(peer, "P");
    UNTIL(RN_OWNER(rig.server->conns.next, struct rn_conn, link)->in_end == 1);
    say_c(peer, "RI /x HTTP/1.1\r\nHost: h\r\n\r\n");
    expect_echo(peer, "PRI /x:");
    peer = connect_peer();
    say_c(peer, "PRI * HTTP/2.0\r\n\r\nSX\r\n\r\n");
    expect_refusal(peer, 505);
}

static void half_a_preface_is_not_waited_for_long(void **state)
{
    struct peer *peer;

    (void)state;
    rig.options.head_timeout_ms = SOON_MS;
    serve();
    peer = connect_peer();
    say_c(peer, "PRI * HTTP");
    expect_end(peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup_teardown(test, rig_setup, rig_teardown)
        T(a_peer_that_says_nothing_is_closed),
        T(a_head_that_does_not_end_in_time_is_answered_with_408),
        T(a_second_head_has_its_own_deadline),
        T(an_idle_connection_is_closed),
        T(a_body_that_stalls_is_answered_with_408),
        T(a_body_below_the_rate_is_answered_with_408),
        T(a_body_above_the_rate_may_take_several_spans),
        T(a_body_has_a_deadline_at_any_rate),
        T(a_peer_that_does_not_read_its_reply_is_closed),
        T(deadlines_of_some_do_not_disturb_others),
        T(connections_over_the_limit_are_closed_at_once),
        T(over_the_budget_a_body_rests_and_its_clock_too),
        T(over_the_budget_all_bodies_get_whole_in_turn),
        T(a_peer_that_rests_may_go_away),
        T(requests_behind_one_that_takes_long_are_held_back),
        T(a_drain_of_nothing_is_over_at_once),
        T(a_drain_closes_the_idle_and_answers_what_is_under_way),
        T(a_drain_does_not_cut_a_reply_on_its_way),
        T(the_server_may_be_freed_where_its_drain_is_told),
        T(a_server_may_be_freed_whatever_its_connections_do),
        T(a_tls_client_is_told_that_there_is_none),
        T(what_only_begins_like_a_preface_is_http_1),
        T(half_a_preface_is_not_waited_for_long),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
