/* Replies made over time, in HTTP/1.1 and HTTP/2: order, room, ends on either side, and what a slow reader
 * costs. Method: the rig keeps the request, the test feeds it by hand. */
#include "tests/unit/net/h2_client.h"

#include <stdio.h>

#define POST "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody"

enum { PIECE_BYTES = 4 * 1024 * 1024, SOON_MS = 60 };

struct feeder {
    struct rn_exchange *exchange;
    rn_err state;
    unsigned rooms, gones, drains;
    bool ends_when_told; /* inside the event */
};

static void has_room(void *arg)
{
    struct feeder *feeder = arg;

    assert_int_equal(feeder->state, RN_WAIT);
    feeder->state = RN_OK;
    feeder->rooms++;
}

static void end_feed(struct feeder *feeder)
{
    rn_feed_end(feeder->exchange);
    feeder->exchange = NULL;
}

static void is_gone(void *arg)
{
    struct feeder *feeder = arg;

    feeder->gones++;
    if (feeder->ends_when_told) {
        end_feed(feeder);
    }
}

static void shall_end(void *arg)
{
    struct feeder *feeder = arg;

    feeder->drains++;
    if (feeder->ends_when_told) {
        end_feed(feeder);
    }
}

static const struct rn_feed_events events = {has_room, is_gone, shall_end};

static void start_feed(struct feeder *feeder, struct rn_exchange *exchange, const char *begin)
{
    struct rn_http_header header = {RN_STR("X-Echo"), exchange->path};
    rn_str *part = rn_arena_alloc(exchange->arena, sizeof(*part));

    assert_non_null(part);
    *part = rn_str_c(begin);
    assert_int_equal(rn_arena_defer(exchange->arena, rig_let_go, NULL), RN_OK);
    rig.deferred++;
    *feeder = (struct feeder){.exchange = exchange};
    feeder->state = rn_feed_start(exchange,
                                  &(struct rn_http_reply){.status = 200,
                                                          .headers = &header,
                                                          .header_count = 1,
                                                          .body = part,
                                                          .body_count = part->len > 0 ? 1 : 0},
                                  &events, feeder);
}

static rn_err give(struct feeder *feeder, const char *bytes, size_t len)
{
    char *piece = malloc(len);

    assert_non_null(piece);
    memcpy(piece, bytes, len);
    feeder->state = rn_feed_give(feeder->exchange, piece, len);
    return feeder->state;
}

static void await_request(size_t count)
{
    UNTIL(rig.held_count == count);
}

/* A request of HTTP/1.1 that is being fed. */
static struct peer *start_http1(struct feeder *feeder, const char *begin)
{
    struct peer *peer = connect_peer();

    say_c(peer, POST);
    await_request(1);
    start_feed(feeder, take_held(), begin);
    return peer;
}

static bool got(const struct peer *peer, const char *words)
{
    return has(rn_str_make(peer->got, peer->got_len), words);
}

static void start_rig(void)
{
    rig.holds = true;
    serve();
}

/* ---- HTTP/1.1 ---- */

static void chunks_leave_one_by_one_and_the_connection_is_kept(void **state)
{
    struct feeder feeder;
    struct peer *peer;

    (void)state;
    start_rig();
    peer = start_http1(&feeder, "begin");
    assert_int_equal(feeder.state, RN_OK);
    UNTIL(got(peer, "\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegin\r\n"));
    assert_false(got(peer, "Content-Length"));
    assert_true(got(peer, "X-Echo: /x\r\n"));
    assert_int_equal(give(&feeder, "first", 5), RN_OK);
    UNTIL(got(peer, "begin\r\n5\r\nfirst\r\n"));
    assert_int_equal(give(&feeder, "the second piece", 16), RN_OK);
    UNTIL(got(peer, "first\r\n10\r\nthe second piece\r\n"));
    end_feed(&feeder);
    UNTIL(got(peer, "piece\r\n0\r\n\r\n"));
    peer->read_at = peer->got_len;
    rig.holds = false;
    say_c(peer, "GET /next HTTP/1.1\r\nHost: h\r\n\r\n");
    expect_echo(peer, "GET /next:");
    assert_int_equal(feeder.rooms + feeder.gones + feeder.drains, 0);
    assert_int_equal(rig.server->budget.used, 0);
}

static void a_feed_may_begin_and_end_without_a_piece(void **state)
{
    struct feeder feeder;
    struct peer *peer;

    (void)state;
    start_rig();
    peer = start_http1(&feeder, "");
    UNTIL(got(peer, "chunked\r\n\r\n"));
    end_feed(&feeder);
    UNTIL(got(peer, "chunked\r\n\r\n0\r\n\r\n"));
}

static void an_idle_feed_keeps_no_input_buffer_and_no_deadline(void **state)
{
    struct feeder feeder;
    const struct rn_conn *conn;

    (void)state;
    rig.options.idle_timeout_ms = rig.options.head_timeout_ms = rig.options.write_stall_ms =
        SOON_MS;
    start_rig();
    start_http1(&feeder, "begin");
    conn = conn_of_newest();
    assert_null(conn->in);
    assert_int_equal(conn->wait, RN_WAIT_NONE);
    end_feed(&feeder);
    assert_int_equal(conn->wait, RN_WAIT_IDLE);
}

static void a_request_behind_a_feed_waits_for_its_end(void **state)
{
    struct feeder feeder;
    struct peer *peer;

    (void)state;
    start_rig();
    peer = connect_peer();
    say_c(peer, POST POST);
    await_request(1);
    start_feed(&feeder, take_held(), "begin");
    assert_int_equal(give(&feeder, "more", 4), RN_OK);
    UNTIL(got(peer, "more\r\n"));
    assert_int_equal(rig.asked, 1);
    end_feed(&feeder);
    await_request(1);
    answer_held();
    UNTIL(got(peer, "POST /x:body"));
}

static void a_slow_reader_is_given_room_when_it_has_read(void **state)
{
    static char piece[PIECE_BYTES];
    struct feeder feeder;
    struct peer *peer;
    size_t given = 0;

    (void)state;
    rig.options.write_stall_ms = SOON_MS; /* does not count while it is fed */
    start_rig();
    peer = start_http1(&feeder, "");
    UNTIL(got(peer, "\r\n\r\n"));
    peer->is_deaf = true;
    while (give(&feeder, piece, sizeof(piece)) == RN_OK) {
        given++;
    }
    assert_int_equal(feeder.state, RN_WAIT);
    assert_int_equal(conn_of_newest()->wait, RN_WAIT_NONE);
    listen_again(peer);
    UNTIL(feeder.rooms == 1);
    UNTIL(peer->got_len > (given + 1) * sizeof(piece));
    end_feed(&feeder);
    UNTIL(got(peer, "\r\n0\r\n\r\n"));
}

static void a_reader_that_never_reads_the_end_is_cut_off(void **state)
{
    static char piece[PIECE_BYTES];
    struct feeder feeder;
    struct peer *peer;

    (void)state;
    rig.options.write_stall_ms = SOON_MS;
    start_rig();
    peer = start_http1(&feeder, "");
    UNTIL(got(peer, "\r\n\r\n"));
    peer->is_deaf = true;
    while (give(&feeder, piece, sizeof(piece)) == RN_OK) {
    }
    end_feed(&feeder);
    UNTIL(rn_http_server_connections(rig.server) == 0);
    assert_int_equal(feeder.gones, 0); /* nothing is told behind the end */
}

static void a_client_that_goes_away_is_told_of_once(void **state)
{
    struct feeder feeder;

    (void)state;
    start_rig();
    for (int way = 0; way < 2; way++) {
        struct peer *peer = start_http1(&feeder, "begin");

        UNTIL(got(peer, "begin"));
        if (way == 0) {
            hang_up(peer);
        } else {
            break_off(peer);
        }
        UNTIL(feeder.gones == 1);
        assert_int_equal(give(&feeder, "to nobody", 9), RN_CLOSED);
        end_feed(&feeder);
        UNTIL(rn_http_server_connections(rig.server) == 0);
        assert_int_equal(feeder.gones, 1);
    }
}

static void a_client_that_went_away_before_its_feed_began_is_told_of(void **state)
{
    struct feeder feeder;
    struct peer *peer;

    (void)state;
    start_rig();
    peer = connect_peer();
    say_c(peer, POST);
    await_request(1);
    break_off(peer);
    UNTIL(conn_of_newest()->is_closing);
    start_feed(&feeder, take_held(), "begin");
    assert_int_equal(feeder.state, RN_CLOSED);
    UNTIL(feeder.gones == 1);
    end_feed(&feeder);
    UNTIL(rn_http_server_connections(rig.server) == 0);
}

static void a_feed_may_end_inside_of_what_it_is_told(void **state)
{
    struct feeder feeder;
    struct peer *peer;

    (void)state;
    start_rig();
    peer = start_http1(&feeder, "begin");
    feeder.ends_when_told = true;
    UNTIL(got(peer, "begin"));
    hang_up(peer);
    UNTIL(feeder.gones == 1);
    UNTIL(rn_http_server_connections(rig.server) == 0);
}

static void a_server_that_drains_asks_for_the_end_and_waits_for_it(void **state)
{
    struct feeder one, two;
    struct peer *first, *second;
    struct client *client;
    struct call *call;
    struct feeder three;

    (void)state;
    start_rig();
    first = start_http1(&one, "one");
    second = connect_peer();
    say_c(second, POST);
    await_request(1);
    client = client_new();
    call = client_post(client, 4);
    PUMP_UNTIL(client, rig.held_count == 2);
    start_feed(&three, rig.held[1], "three");
    rn_http_server_drain(rig.server, rig_drained, NULL);
    start_feed(&two, rig.held[0], "two"); /* begins all the same, and hears of it */
    rig.held_count = 0;
    PUMP_UNTIL(client, one.drains == 1 && two.drains == 1 && three.drains == 1);
    assert_int_equal(rig.drained, 0);
    assert_int_equal(give(&one, "last", 4), RN_OK);
    end_feed(&one);
    end_feed(&two);
    end_feed(&three);
    PUMP_UNTIL(client, rig.drained == 1);
    PUMP_UNTIL(client, call->is_closed);
    assert_int_equal(call->error, NGHTTP2_NO_ERROR);
    assert_int_equal(call->body_len, 5);
    UNTIL(got(first, "4\r\nlast\r\n0\r\n\r\n") && got(second, "3\r\ntwo\r\n0\r\n\r\n"));
}

static void a_feed_that_is_cut_ends_at_once(void **state)
{
    static char piece[PIECE_BYTES];
    struct feeder feeder, other, kept;
    struct client *client;
    struct call *call, *rest;
    struct peer *peer;

    (void)state;
    start_rig();
    peer = start_http1(&feeder, "");
    UNTIL(got(peer, "\r\n\r\n"));
    peer->is_deaf = true;
    while (give(&feeder, piece, sizeof(piece)) == RN_OK) {
    }
    rn_feed_cut(feeder.exchange);
    UNTIL(rn_http_server_connections(rig.server) == 0);
    client = client_start(true, 0);
    call = client_post(client, 4);
    rest = client_post(client, 4);
    PUMP_UNTIL(client, rig.held_count == 2);
    start_feed(&other, take_held(), "begin");
    start_feed(&kept, take_held(), "begin");
    PUMP_UNTIL(client, other.state == RN_OK && kept.state == RN_OK);
    assert_int_equal(give(&other, piece, sizeof(piece)), RN_WAIT);
    rn_feed_cut(other.exchange);
    PUMP_UNTIL(client, call->is_closed);
    assert_int_equal(call->error, NGHTTP2_ENHANCE_YOUR_CALM);
    end_feed(&kept);
    expect_call(client, rest, "begin");
}

/* ---- HTTP/2 ---- */

static struct call *start_http2(struct client *client, struct feeder *feeder, const char *begin)
{
    struct call *call = client_post(client, 4);
    size_t before = rig.held_count;

    PUMP_UNTIL(client, rig.held_count == before + 1);
    start_feed(feeder, rig.held[--rig.held_count], begin);
    return call;
}

static bool body_is(const struct call *call, const char *body)
{
    return call->body_len == strlen(body) &&
           (call->body_len == 0 || memcmp(call->body, body, call->body_len) == 0);
}

static void pieces_of_many_streams_arrive_in_their_order(void **state)
{
    enum { STREAMS = 20, PIECES = 30 };
    struct feeder feeders[STREAMS];
    struct call *calls[STREAMS];
    struct client *client;
    char all[PIECES * 16] = "begin";
    size_t all_len = 5;

    (void)state;
    start_rig();
    client = client_new();
    for (int i = 0; i < STREAMS; i++) {
        calls[i] = start_http2(client, &feeders[i], "begin");
        PUMP_UNTIL(client, body_is(calls[i], "begin") && feeders[i].state == RN_OK);
        assert_int_equal(calls[i]->status, 200);
        assert_string_equal(calls[i]->length, ""); /* none is told */
    }
    for (int piece = 0; piece < PIECES; piece++) {
        char text[16];
        int len = snprintf(text, sizeof(text), " piece %d", piece);

        for (int i = 0; i < STREAMS; i++) {
            assert_int_equal(give(&feeders[i], text, (size_t)len), RN_WAIT);
        }
        memcpy(all + all_len, text, (size_t)len + 1);
        all_len += (size_t)len;
        for (int i = 0; i < STREAMS; i++) {
            PUMP_UNTIL(client, body_is(calls[i], all) && feeders[i].state == RN_OK);
            assert_false(calls[i]->is_closed);
        }
    }
    for (int i = 0; i < STREAMS; i++) {
        end_feed(&feeders[i]);
        expect_call(client, calls[i], all);
    }
    assert_false(client->got_goaway);
}

static void a_goaway_of_the_client_ends_no_feed(void **state)
{
    struct feeder feeder;
    struct client *client;
    struct call *call;

    (void)state;
    start_rig();
    client = client_new();
    call = start_http2(client, &feeder, "begin");
    PUMP_UNTIL(client, body_is(call, "begin"));
    assert_int_equal(
        nghttp2_submit_goaway(client->session, NGHTTP2_FLAG_NONE, 0, NGHTTP2_NO_ERROR, NULL, 0), 0);
    assert_int_equal(nghttp2_submit_ping(client->session, NGHTTP2_FLAG_NONE, NULL), 0);
    PUMP_UNTIL(client, client->pongs == 1 && feeder.state == RN_OK);
    assert_int_equal(give(&feeder, " and on", 7), RN_WAIT);
    PUMP_UNTIL(client, body_is(call, "begin and on"));
    end_feed(&feeder);
    expect_call(client, call, "begin and on");
    expect_left_to_client(client);
}

static void a_window_that_is_shut_holds_up_one_stream(void **state)
{
    enum { WINDOW = 1000 };
    static char piece[3 * WINDOW];
    struct feeder slow, fast;
    struct client *client;
    struct call *one, *other;

    (void)state;
    rig.options.write_stall_ms = SOON_MS; /* does not count while it is fed */
    start_rig();
    client = client_start(true, WINDOW);
    one = start_http2(client, &slow, "");
    other = start_http2(client, &fast, "");
    assert_int_equal(give(&slow, piece, sizeof(piece)), RN_WAIT);
    PUMP_UNTIL(client, one->body_len == WINDOW);
    assert_int_equal(give(&fast, "fast", 4), RN_WAIT);
    PUMP_UNTIL(client, body_is(other, "fast") && fast.state == RN_OK);
    assert_int_equal(slow.state, RN_WAIT);
    assert_int_equal(
        nghttp2_submit_window_update(client->session, NGHTTP2_FLAG_NONE, one->id,
                                     2 * WINDOW + 1), /* an empty last frame wants one too */
        0);
    PUMP_UNTIL(client, one->body_len == sizeof(piece) && slow.state == RN_OK);
    assert_int_equal(slow.rooms, 1);
    end_feed(&slow);
    end_feed(&fast);
    PUMP_UNTIL(client, one->is_closed && other->is_closed);
    assert_int_equal(one->error, NGHTTP2_NO_ERROR);
}

static void a_window_that_stays_shut_ends_an_ended_feed(void **state)
{
    enum { WINDOW = 1000 };
    static char piece[3 * WINDOW];
    struct feeder slow;
    struct client *client;
    struct call *call;

    (void)state;
    rig.options.write_stall_ms = SOON_MS;
    start_rig();
    client = client_start(true, WINDOW);
    call = start_http2(client, &slow, "");
    assert_int_equal(give(&slow, piece, sizeof(piece)), RN_WAIT);
    end_feed(&slow);
    PUMP_UNTIL(client, call->is_closed);
    assert_int_equal(call->error, NGHTTP2_CANCEL);
}

static void a_stream_that_is_reset_is_told_of_and_the_rest_goes_on(void **state)
{
    struct feeder gone, other;
    struct client *client;
    struct call *kept;

    (void)state;
    start_rig();
    client = client_new();
    start_http2(client, &gone, "begin");
    kept = start_http2(client, &other, "begin");
    PUMP_UNTIL(client, gone.state == RN_OK && other.state == RN_OK);
    assert_int_equal(give(&gone, "lost", 4), RN_WAIT);
    assert_int_equal(
        nghttp2_submit_rst_stream(client->session, NGHTTP2_FLAG_NONE, 1, NGHTTP2_CANCEL), 0);
    PUMP_UNTIL(client, gone.gones == 1);
    gone.state = give(&gone, "to nobody", 9); /* the first may have left before */
    assert_int_equal(gone.state, RN_CLOSED);
    end_feed(&gone);
    assert_int_equal(give(&other, " on", 3), RN_WAIT);
    end_feed(&other); /* at once: what was given still leaves */
    expect_call(client, kept, "begin on");
    assert_int_equal(gone.gones, 1);
}

static void a_connection_that_breaks_ends_all_its_feeds(void **state)
{
    struct feeder feeders[3];
    struct client *client;

    (void)state;
    start_rig();
    for (int way = 0; way < 2; way++) {
        client = client_new();
        for (int i = 0; i < 3; i++) {
            start_http2(client, &feeders[i], "begin");
            PUMP_UNTIL(client, feeders[i].state == RN_OK);
        }
        feeders[0].ends_when_told = true;
        if (way == 0) {
            hang_up(client->peer);
        } else {
            break_off(client->peer);
        }
        UNTIL(feeders[0].gones == 1 && feeders[1].gones == 1 && feeders[2].gones == 1);
        end_feed(&feeders[1]);
        end_feed(&feeders[2]);
        UNTIL(rn_http_server_connections(rig.server) == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup_teardown(test, rig_setup, h2_teardown)
        T(chunks_leave_one_by_one_and_the_connection_is_kept),
        T(a_feed_may_begin_and_end_without_a_piece),
        T(an_idle_feed_keeps_no_input_buffer_and_no_deadline),
        T(a_request_behind_a_feed_waits_for_its_end),
        T(a_slow_reader_is_given_room_when_it_has_read),
        T(a_reader_that_never_reads_the_end_is_cut_off),
        T(a_client_that_goes_away_is_told_of_once),
        T(a_client_that_went_away_before_its_feed_began_is_told_of),
        T(a_feed_may_end_inside_of_what_it_is_told),
        T(a_server_that_drains_asks_for_the_end_and_waits_for_it),
        T(a_feed_that_is_cut_ends_at_once),
        T(pieces_of_many_streams_arrive_in_their_order),
        T(a_goaway_of_the_client_ends_no_feed),
        T(a_window_that_is_shut_holds_up_one_stream),
        T(a_window_that_stays_shut_ends_an_ended_feed),
        T(a_stream_that_is_reset_is_told_of_and_the_rest_goes_on),
        T(a_connection_that_breaks_ends_all_its_feeds),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
