/* What HTTP/2 takes of a peer and what it does not: sizes, windows, the budget, floods, deadlines.
 * Method: deadlines are set to some tens of milliseconds and waited for as events; what an honest client
 * can not say is written as raw frames. */
#include "tests/unit/net/h2_client.h"

#include "net/http2_inside.h"

#include <stdio.h>

enum { MIB = 1024 * 1024, SOON_MS = 60 };

static struct rn_http2 *newest(void)
{
    return conn_of_newest()->state;
}

static void greet_and_settle(struct client *client)
{
    expect_call(client, client_get(client, "/hello"), "GET /hello:");
}

/* ---- sizes ---- */

static void a_body_over_the_limit_is_answered_with_413(void **state)
{
    static const char *const more[] = {"content-length", "100001", NULL};
    struct client *client;
    struct call *call;

    (void)state;
    rig.options.body_bytes_max = 100000;
    serve();
    client = client_new();
    call = client_post_open(client, 0, more); /* before a byte of it */
    expect_status(client, call, 413);
    assert_int_equal(call->error, NGHTTP2_NO_ERROR);
    expect_status(client, client_post(client, 3 * MIB), 413);
    expect_pattern_of(client, client_post(client, 100000), 100000);
    assert_int_equal(rig.asked, 1);
    assert_int_equal(rig.server->budget.used, 0);
    assert_false(client->got_goaway);
}

static void a_head_over_the_limit_is_answered_with_431(void **state)
{
    static char value[40000];
    const char *const more[] = {"x-long", value, NULL};
    struct client *client;

    (void)state;
    serve();
    client = client_new();
    memset(value, 'a', 32 * 1024 - 400);
    expect_call(client, client_ask(client, "GET", "/x", more, SIZE_MAX), "GET /x:");
    memset(value, 'a', 32 * 1024);
    expect_status(client, client_ask(client, "GET", "/x", more, SIZE_MAX), 431);
    expect_status(client, client_ask(client, "POST", "/x", more, 100000), 431);
    expect_call(client, client_get(client, "/y"), "GET /y:");
}

static void a_long_path_is_answered_with_414(void **state)
{
    static char path[10000];
    struct client *client;

    (void)state;
    serve();
    client = client_new();
    memset(path, 'a', 8 * 1024);
    path[0] = '/';
    expect_status(client, client_get(client, path), 414);
}

/* Method: one field, put into the table of compression, is named over and over by one byte. */
static void a_head_that_unpacks_without_end_ends_the_connection(void **state)
{
    static uint8_t head[16384];
    struct client *client;
    size_t len = 0;

    (void)state;
    serve();
    client = client_new();
    greet_and_settle(client);
    head[len++] = 0x83; /* POST */
    head[len++] = 0x86; /* http */
    head[len++] = 0x84; /* the path "/" */
    head[len++] = 0x40; /* a new field for the table: "x", 3900 times 'a' */
    head[len++] = 1;
    head[len++] = 'x';
    head[len++] = 0x7f;
    head[len++] = (3900 - 127) % 128 + 128;
    head[len++] = (3900 - 127) / 128;
    memset(head + len, 'a', 3900);
    len += 3900;
    memset(head + len, 0x80 + 62, sizeof(head) - len);
    raw_frame(client, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 101, head, sizeof(head));
    expect_goaway(client, NGHTTP2_ENHANCE_YOUR_CALM);
    assert_int_equal(rig.asked, 1);
}

static void trailers_are_read_and_thrown_away(void **state)
{
    /* A literal that is not indexed: "x-t: v". */
    static const uint8_t trailer[] = {0, 3, 'x', '-', 't', 1, 'v'};
    struct client *client;
    struct call *call;

    (void)state;
    serve();
    client = client_new();
    call = client_post_open(client, 3, NULL);
    PUMP_UNTIL(client, rig.server->budget.used == 3);
    raw_frame(client, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, call->id,
              trailer, sizeof(trailer));
    PUMP_UNTIL(client, call->body_len == 10);
    assert_memory_equal(call->body, "POST /:abc", 10);
}

/* ---- windows and the budget ---- */

static void a_client_that_takes_little_at_a_time_gets_all(void **state)
{
    struct client *client;

    (void)state;
    serve();
    client = client_start(false, 100);
    expect_pattern_of(client, client_post(client, 20000), 20000);
}

static void a_body_rests_at_its_window_while_the_budget_is_used_up(void **state)
{
    struct client *first, *second;
    struct call *filling, *resting;

    (void)state;
    rig.options.inflight_bytes_max = 100000;
    serve();
    first = client_new();
    filling = client_post_open(first, 200000, NULL);
    PUMP_UNTIL(first, rig.server->budget.used == 200000);
    second = client_new();
    resting = client_post_open(second, 8, NULL);
    PUMP_UNTIL(second, rig.server->budget.reading == 2);
    client_more(second, resting, 100, false);
    PUMP_UNTIL(second, !rn_list_empty(&rig.server->budget.resting));
    client_more(second, resting, 5 * MIB, true);
    pump(second);
    client_more(first, filling, 10, true);
    expect_pattern_of(first, filling, 200010);
    expect_pattern_of(second, resting, 5 * MIB + 108);
    assert_int_equal(rig.server->budget.used, 0);
}

/* Method: thirty bodies of a MiB on one connection, with room for a quarter of one: beside the one that goes
 * on, each may bring what its window allows. */
static void over_the_budget_all_bodies_of_a_connection_get_whole_in_turn(void **state)
{
    enum { CALLS = 30, BODY = 2 * MIB };
    struct client *client;

    (void)state;
    rig.options.inflight_bytes_max = CALLS * BODY / 2;
    serve();
    client = client_new();
    for (int i = 0; i < CALLS; i++) {
        (void)client_post(client, BODY);
    }
    for (int i = 0; i < CALLS; i++) {
        expect_pattern_of(client, &client->calls[i], BODY);
    }
    assert_true(rig.used_max > CALLS * BODY / 2);
    assert_int_equal(rig.server->budget.used, 0);
}

/* Method: with room for an eighth of a body, each of many brings what its window allows at once. */
static void far_over_the_budget_bodies_are_refused_and_may_come_again(void **state)
{
    enum { CALLS = 30, BODY = 2 * MIB, BUDGET = MIB / 4 };
    struct client *client;
    int refused = 0;

    (void)state;
    rig.options.inflight_bytes_max = BUDGET;
    serve();
    client = client_new();
    for (int i = 0; i < CALLS; i++) {
        (void)client_post(client, BODY);
    }
    for (int i = 0; i < CALLS; i++) {
        struct call *call = &client->calls[i];

        PUMP_UNTIL(client, call->is_closed);
        while (call->error == NGHTTP2_REFUSED_STREAM) {
            refused++;
            call = client_post(client, BODY);
            PUMP_UNTIL(client, call->is_closed);
        }
        expect_pattern_of(client, call, BODY);
    }
    assert_true(refused > 0);
    assert_int_equal(rig.asked, CALLS);
    /* The one that goes on, and what its reply still holds of the one before. */
    assert_true(rig.used_max <= RN_HTTP2_OVERDRAFT * BUDGET + 2 * BODY + 64 * 1024);
    assert_int_equal(rig.server->budget.used, 0);
}

static void bodies_of_both_versions_share_the_budget(void **state)
{
    struct client *client;
    struct call *call;
    struct peer *peer;

    (void)state;
    rig.options.inflight_bytes_max = 1000;
    serve();
    client = client_new();
    call = client_post_open(client, 2000, NULL);
    PUMP_UNTIL(client, rig.server->budget.used == 2000);
    peer = connect_peer();
    say_c(peer, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n");
    UNTIL(rig.server->budget.reading == 2);
    say_c(peer, "res");
    UNTIL(!rn_list_empty(&rig.server->budget.resting));
    say_c(peer, "t");
    client_more(client, call, 1, true);
    expect_pattern_of(client, call, 2001);
    expect_echo(peer, "POST /:rest");
}

/* Method: the window of the client's streams is shut, so that a reply which does not point into its request
 * stays, but not the request. */
static void a_body_is_given_back_when_its_reply_is_given(void **state)
{
    rn_str part = RN_STR("done");
    struct client *client;
    struct call *call;

    (void)state;
    serve();
    rig.holds = true;
    client = client_start(false, 1);
    call = client_post(client, MIB);
    PUMP_UNTIL(client, rig.held_count == 1);
    assert_int_equal(rig.server->budget.used, MIB);
    client->peer->is_deaf = true;
    rn_exchange_reply(take_held(),
                      &(struct rn_http_reply){.status = 200, .body = &part, .body_count = 1});
    assert_int_equal(rig.server->budget.used, 0);
    assert_int_equal(newest()->body_bytes, 0);
    assert_int_equal(newest()->stream_count, 1);
    listen_again(client->peer);
    expect_call(client, call, "done");
}

/* Replies that nobody takes hold back what would make more of them. */
static void nothing_is_asked_while_replies_pile_up(void **state)
{
    struct client *client;
    struct call *stuck, *next;

    (void)state;
    serve();
    rig.holds = true;
    client = client_start(true, 0);
    stuck = client_get(client, "/stuck");
    PUMP_UNTIL(client, rig.held_count == 1);
    answer_big(take_held());
    PUMP_UNTIL(client, stuck->body_len == 65535);
    next = client_get(client, "/next");
    (void)nghttp2_submit_ping(client->session, NGHTTP2_FLAG_NONE, NULL);
    PUMP_UNTIL(client, client->pongs == 1);
    assert_int_equal(rig.asked, 1);
    (void)nghttp2_submit_rst_stream(client->session, NGHTTP2_FLAG_NONE, stuck->id, NGHTTP2_CANCEL);
    PUMP_UNTIL(client, rig.held_count == 1);
    (void)nghttp2_session_consume_connection(client->session, 65535);
    answer_held();
    expect_call(client, next, "GET /next:");
}

/* Method: 96 MiB on one connection, whose client reads no reply; each time the replies that are stuck are
 * reset, others take their place. */
static void a_peer_that_sends_and_never_reads_makes_the_server_hold_so_much(void **state)
{
    enum { CALLS = 12, BODY = 8 * MIB };
    struct client *client;
    size_t held_max = 0, open = CALLS;

    (void)state;
    rig.options.write_stall_ms = SOON_MS;
    rig.options.inflight_bytes_max = CALLS * BODY / 2; /* above it one gets whole at a time */
    serve();
    client = client_start(true, 0);
    for (int i = 0; i < CALLS; i++) {
        (void)client_post(client, BODY);
    }
    while (open > 0) {
        const struct rn_http2 *http2 = newest();
        size_t held = client->settings ? http2->body_bytes + http2->reply_bytes : 0;

        held_max = held > held_max ? held : held_max;
        open = 0;
        for (int i = 0; i < CALLS; i++) {
            open += !client->calls[i].is_closed;
        }
        pump(client);
        stage_turn("the end of all");
    }
    for (int i = 0; i < CALLS; i++) {
        assert_int_equal(client->calls[i].error, NGHTTP2_CANCEL);
    }
    assert_true(held_max >= RN_HTTP2_HELD_BYTES_MAX - 2 * BODY);
    assert_true(held_max <=
                RN_HTTP2_HELD_BYTES_MAX + 4 * BODY); /* of 24: what was almost whole gets whole */
    UNTIL(rig.server->budget.used == 0);
}

/* ---- floods ---- */

/* Method: requests that are taken back at once, as many as it takes. */
static void requests_taken_back_without_end_end_the_connection(void **state)
{
    static const uint8_t head[] = {0x83, 0x86, 0x84, 0x41, 1, 'h'};
    static const uint8_t cancel[] = {0, 0, 0, 8};
    struct client *client;

    (void)state;
    serve();
    rig.holds = false;
    client = client_new();
    greet_and_settle(client);
    for (int32_t id = 101; id < 101 + 2 * 10000 && !client->got_goaway; id += 2) {
        raw_frame(client, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, id, head, sizeof(head));
        raw_frame(client, NGHTTP2_RST_STREAM, 0, id, cancel, sizeof(cancel));
        if (id % 100 == 1) {
            pump(client);
        }
    }
    expect_goaway(client, NGHTTP2_ENHANCE_YOUR_CALM);
    assert_int_equal(rig.asked, 1);
}

/* From a peer that does nothing else: the same frame for the connection or for a stream it has opened. */
static void flood(uint8_t type, int32_t id, const void *payload, size_t len)
{
    static const char start[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"
                                "\0\0\6\1\4\0\0\0\1\x83\x86\x84\x41\1h";
    struct client client = {.peer = connect_peer()};

    say(client.peer, rn_str_make(start, sizeof(start) - 1));
    for (int i = 0; i < 10000 && !client.peer->is_broken && !client.peer->has_ended; i++) {
        raw_frame(&client, type, 0, id, payload, len);
    }
    UNTIL(client.peer->has_ended);
    assert_false(client.peer->is_broken);
    assert_int_equal(client.peer->got[client.peer->got_len - 1], NGHTTP2_ENHANCE_YOUR_CALM);
}

static void frames_that_bring_nothing_end_the_connection_at_last(void **state)
{
    static const uint8_t nothing[8];
    static const uint8_t window[] = {0, 0, 0, 1};

    (void)state;
    serve();
    flood(NGHTTP2_PING, 0, nothing, 8);
    flood(NGHTTP2_SETTINGS, 0, nothing, 0);
    flood(NGHTTP2_DATA, 1, nothing, 0);
    flood(NGHTTP2_WINDOW_UPDATE, 0, window, 4);
    flood(NGHTTP2_PRIORITY, 1, nothing, 5);
}

/* One that never reads what it makes the server say. */
static void a_deaf_flood_ends_too(void **state)
{
    static const uint8_t nothing[8];
    struct client *client;

    (void)state;
    rig.options.write_stall_ms = SOON_MS;
    serve();
    client = client_new();
    greet_and_settle(client);
    client->peer->is_deaf = true;
    for (int i = 0; i < 10000 && !client->peer->is_broken; i++) {
        raw_frame(client, NGHTTP2_PING, 0, 0, nothing, 8);
    }
    listen_again(client->peer);
    UNTIL(client->peer->has_ended);
}

/* A head in a frame and then a hundred, a byte each. */
static void a_head_in_too_many_frames_ends_the_connection(void **state)
{
    static const uint8_t byte[] = {0x83};
    struct client *client;

    (void)state;
    serve();
    client = client_new();
    greet_and_settle(client);
    raw_frame(client, NGHTTP2_HEADERS, 0, 101, byte, 1);
    for (int i = 0; i < 100; i++) {
        raw_frame(client, NGHTTP2_CONTINUATION, 0, 101, "", 0);
    }
    expect_goaway(client, NGHTTP2_ENHANCE_YOUR_CALM);
}

/* What the handler still has counts, although the client took it back. */
static void streams_are_bounded_with_those_that_were_reset(void **state)
{
    struct client *client;
    struct call *last;

    (void)state;
    serve();
    rig.holds = true;
    client = client_new();
    for (int i = 0; i < RIG_HELD_MAX; i++) {
        (void)client_get(client, "/x");
    }
    PUMP_UNTIL(client, rig.held_count == RIG_HELD_MAX);
    for (int i = 0; i < RIG_HELD_MAX; i++) {
        (void)nghttp2_submit_rst_stream(client->session, NGHTTP2_FLAG_NONE, client->calls[i].id,
                                        NGHTTP2_CANCEL);
    }
    (void)nghttp2_submit_ping(client->session, NGHTTP2_FLAG_NONE, NULL);
    PUMP_UNTIL(client, client->pongs == 1);
    assert_int_equal(newest()->stream_count, RIG_HELD_MAX);
    newest()->stream_count += RN_HTTP2_STREAMS_MAX - RIG_HELD_MAX; /* as if there were so many */
    last = client_get(client, "/y");
    expect_reset(client, last, NGHTTP2_REFUSED_STREAM);
    newest()->stream_count -= RN_HTTP2_STREAMS_MAX - RIG_HELD_MAX;
    rig.holds = false;
    expect_call(client, client_get(client, "/z"), "GET /z:");
}

/* Method: as if nghttp2 held all but a little already. */
static void a_session_that_takes_too_much_memory_ends(void **state)
{
    struct client *client;

    (void)state;
    serve();
    client = client_new();
    greet_and_settle(client);
    newest()->memory += RN_HTTP2_SESSION_BYTES_MAX - 32 * 1024;
    for (int i = 0; i < 100; i++) {
        (void)client_post_open(client, 1, NULL);
    }
    PUMP_UNTIL(client, client->peer->has_ended);
    UNTIL(rn_http_server_connections(rig.server) == 0);
    assert_int_equal(rig.server->budget.used, 0);
}

/* ---- deadlines ---- */

static void a_peer_that_sends_only_the_preface_is_not_waited_for_long(void **state)
{
    struct peer *peer;

    (void)state;
    rig.options.head_timeout_ms = SOON_MS;
    serve();
    peer = connect_peer();
    say_c(peer, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    UNTIL(peer->has_ended);
    assert_int_equal(peer->got[peer->got_len - 1], NGHTTP2_ENHANCE_YOUR_CALM);
}

static void a_head_that_does_not_end_in_time_ends_the_connection(void **state)
{
    static const uint8_t byte[] = {0x83};
    struct client *client;

    (void)state;
    rig.options.head_timeout_ms = SOON_MS;
    serve();
    client = client_new();
    greet_and_settle(client);
    raw_frame(client, NGHTTP2_HEADERS, 0, 101, byte, 1);
    expect_goaway(client, NGHTTP2_ENHANCE_YOUR_CALM);
}

static void an_idle_connection_is_left_with_goaway(void **state)
{
    struct client *client;

    (void)state;
    rig.options.idle_timeout_ms = SOON_MS;
    serve();
    client = client_new();
    greet_and_settle(client);
    expect_goaway(client, NGHTTP2_NO_ERROR);
    assert_int_equal(client->goaway_last, 1);
    assert_false(client->peer->is_broken);
}

static void a_connection_is_not_idle_while_a_handler_works(void **state)
{
    struct client *held, *idle;
    struct call *call;

    (void)state;
    rig.options.idle_timeout_ms = SOON_MS;
    serve();
    rig.holds = true;
    held = client_new();
    call = client_get(held, "/x");
    PUMP_UNTIL(held, rig.held_count == 1);
    for (int i = 0; i < 3; i++) {
        idle = client_new();
        expect_goaway(idle, NGHTTP2_NO_ERROR);
    }
    answer_held();
    expect_call(held, call, "GET /x:");
}

static void a_body_that_stalls_is_answered_with_408_and_others_go_on(void **state)
{
    struct client *client;
    struct call *call;

    (void)state;
    rig.options.body_grace_ms = SOON_MS;
    serve();
    client = client_new();
    call = client_post_open(client, 10, NULL);
    expect_status(client, call, 408);
    assert_int_equal(rig.server->budget.used, 0);
    expect_call(client, client_get(client, "/x"), "GET /x:");
    assert_false(client->got_goaway);
}

/* Short bodies that come one after the other change what is waited for all the time. */
static void a_stalled_body_is_seen_also_when_others_come_all_the_time(void **state)
{
    struct client *client;
    struct call *slow;

    (void)state;
    rig.options.body_grace_ms = SOON_MS;
    serve();
    client = client_new();
    slow = client_post_open(client, 10, NULL);
    while (!slow->is_closed) {
        expect_call(client, client_post(client, 2), "POST /:ab");
        client->count--; /* its place is free again */
        free(client->calls[client->count].body);
        client->calls[client->count] = (struct call){.id = 0};
    }
    assert_int_equal(slow->status, 408);
}

static void a_body_has_a_deadline_at_any_rate(void **state)
{
    struct client *client;
    struct call *call;
    unsigned said = 0;

    (void)state;
    rig.options.body_grace_ms = SOON_MS / 2;
    rig.options.body_rate_min = 0;
    rig.options.body_timeout_ms = 2 * SOON_MS;
    serve();
    client = client_new();
    call = client_post_open(client, 10, NULL);
    PUMP_UNTIL(client, rig.server->budget.used == 10);
    while (!call->is_closed) {
        size_t came = rig.server->budget.used;

        client_more(client, call, 1, false);
        PUMP_UNTIL(client, rig.server->budget.used == came + 1 || call->is_closed);
        said++;
    }
    assert_int_equal(call->status, 408);
    assert_true(said > 1);
}

/* The window of the stream is shut, or that of the connection. */
static void a_reply_that_is_given_no_window_is_reset_and_others_go_on(void **state)
{
    struct client *client;
    struct call *call;

    (void)state;
    rig.options.write_stall_ms = SOON_MS;
    serve();
    client = client_start(false, 3);
    assert_int_equal(
        nghttp2_session_set_local_window_size(client->session, NGHTTP2_FLAG_NONE, 0, 1 << 20), 0);
    call = client_post(client, 70000);
    PUMP_UNTIL(client, call->status == 200);
    assert_int_equal(
        nghttp2_session_set_local_window_size(client->session, NGHTTP2_FLAG_NONE, call->id, 0), 0);
    PUMP_UNTIL(client, call->is_closed);
    assert_int_equal(call->error, NGHTTP2_CANCEL);
    expect_call(client, client_get(client, "/x"), "GET /x:");
    assert_int_equal(rig.server->budget.used, 0);
}

static void a_peer_that_takes_no_bytes_is_cut_off(void **state)
{
    struct client *client;

    (void)state;
    rig.options.write_stall_ms = SOON_MS;
    rig.holds = true;
    serve();
    client = client_start(false, 64 * MIB);
    assert_int_equal(
        nghttp2_session_set_local_window_size(client->session, NGHTTP2_FLAG_NONE, 0, 64 * MIB), 0);
    (void)client_get(client, "/x");
    PUMP_UNTIL(client, rig.held_count == 1);
    client->peer->is_deaf = true;
    answer_big(take_held());
    UNTIL(rn_http_server_connections(rig.server) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup_teardown(test, rig_setup, h2_teardown)
        T(a_body_over_the_limit_is_answered_with_413),
        T(a_head_over_the_limit_is_answered_with_431),
        T(a_long_path_is_answered_with_414),
        T(a_head_that_unpacks_without_end_ends_the_connection),
        T(trailers_are_read_and_thrown_away),
        T(a_client_that_takes_little_at_a_time_gets_all),
        T(a_body_rests_at_its_window_while_the_budget_is_used_up),
        T(over_the_budget_all_bodies_of_a_connection_get_whole_in_turn),
        T(far_over_the_budget_bodies_are_refused_and_may_come_again),
        T(bodies_of_both_versions_share_the_budget),
        T(a_body_is_given_back_when_its_reply_is_given),
        T(nothing_is_asked_while_replies_pile_up),
        T(a_peer_that_sends_and_never_reads_makes_the_server_hold_so_much),
        T(requests_taken_back_without_end_end_the_connection),
        T(frames_that_bring_nothing_end_the_connection_at_last),
        T(a_deaf_flood_ends_too),
        T(a_head_in_too_many_frames_ends_the_connection),
        T(streams_are_bounded_with_those_that_were_reset),
        T(a_session_that_takes_too_much_memory_ends),
        T(a_peer_that_sends_only_the_preface_is_not_waited_for_long),
        T(a_head_that_does_not_end_in_time_ends_the_connection),
        T(an_idle_connection_is_left_with_goaway),
        T(a_connection_is_not_idle_while_a_handler_works),
        T(a_body_that_stalls_is_answered_with_408_and_others_go_on),
        T(a_stalled_body_is_seen_also_when_others_come_all_the_time),
        T(a_body_has_a_deadline_at_any_rate),
        T(a_reply_that_is_given_no_window_is_reset_and_others_go_on),
        T(a_peer_that_takes_no_bytes_is_cut_off),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
