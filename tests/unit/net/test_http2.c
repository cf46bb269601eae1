/* HTTP/2 as its clients see it: many exchanges on a connection, in any order, of any size, and what a
 * peer that goes away leaves behind.
 * Method: the client's end is nghttp2's too (h2_client.h); the handler echoes, or keeps requests until the
 * test answers. */
#include "tests/unit/net/h2_client.h"

#include "net/http2_inside.h"

#include <stdio.h>

enum { MIB = 1024 * 1024 };

static const struct rn_http2 *newest(void)
{
    return conn_of_newest()->state;
}

/* ---- exchanges ---- */

static void a_request_is_answered_and_another(void **state)
{
    struct client *client;

    (void)state;
    serve();
    client = client_new();
    expect_call(client, client_get(client, "/one"), "GET /one:");
    expect_call(client, client_get(client, "/two"), "GET /two:");
    assert_false(client->got_goaway);
    assert_int_equal(rig.server->budget.used, 0);
}

static void the_first_flight_says_what_the_server_takes(void **state)
{
    struct client *client;

    (void)state;
    serve();
    client = client_new();
    PUMP_UNTIL(client, client->settings > 0 && client->window_updates > 0);
    assert_int_equal(client->streams_max, 512);
    assert_int_equal(client->window_initial, MIB);
    assert_int_equal(client->head_list_max, 32 * 1024);
    assert_int_equal(nghttp2_session_get_remote_window_size(client->session), 16 * MIB);
}

/* The preface in pieces of every size. */
static void the_preface_may_come_in_pieces(void **state)
{
    static const char start[] =
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0\0\0\x8\6\0\0\0\0\0hellohel";

    (void)state;
    serve();
    for (size_t cut = 1; cut < sizeof(start) - 1; cut += 5) {
        struct peer *peer = connect_peer();

        say(peer, rn_str_make(start, cut));
        UNTIL(cut < 24 ? conn_of_newest()->in_end == cut : peer->got_len > 0);
        say(peer, rn_str_make(start + cut, sizeof(start) - 1 - cut));
        /* Settings, window, their ack, the ping's. */
        UNTIL(peer->got_len == 9 + 24 + 9 + 4 + 9 + 17);
        assert_true(has(rn_str_make(peer->got, peer->got_len), "hellohel"));
        forget(peer);
    }
    assert_int_equal(rig.asked, 0);
}

static void answer_path(const char *path)
{
    for (size_t i = 0; i < rig.held_count; i++) {
        if (rn_str_eq(rig.held[i]->path, rn_str_c(path))) {
            struct rn_exchange *exchange = rig.held[i];

            rig.held[i] = rig.held[--rig.held_count];
            rig_answer(exchange);
            return;
        }
    }
    fail_msg("%s is not held", path);
}

static void replies_come_in_the_order_they_are_given(void **state)
{
    struct client *client;
    struct call *first, *second, *third;

    (void)state;
    serve();
    rig.holds = true;
    client = client_new();
    first = client_get(client, "/first");
    second = client_ask(client, "POST", "/second", NULL, 5);
    third = client_get(client, "/third");
    PUMP_UNTIL(client, rig.held_count == 3);
    answer_path("/third");
    expect_call(client, third, "GET /third:");
    answer_path("/second");
    expect_call(client, second, "POST /second:abcde");
    assert_false(first->is_closed);
    answer_path("/first");
    expect_call(client, first, "GET /first:");
}

static void as_many_streams_as_promised_are_served_at_once(void **state)
{
    struct client *client;

    (void)state;
    serve();
    client = client_new();
    for (int i = 0; i < 512; i++) {
        (void)client_post(client, 100);
    }
    for (int i = 0; i < 512; i++) {
        expect_pattern_of(client, &client->calls[i], 100);
    }
    assert_int_equal(rig.asked, 512);
    assert_int_equal(newest()->stream_count, 0);
}

static void the_handler_sees_the_request(void **state)
{
    static const char *const more[] = {"x-some", "thing", "cookie", "a=b", NULL};
    struct client *client;
    struct rn_exchange *exchange;

    (void)state;
    serve();
    rig.holds = true;
    client = client_new();
    (void)client_ask(client, "POST", "/a/b?c=d&e", more, 3);
    PUMP_UNTIL(client, rig.held_count == 1);
    exchange = rig.held[0];
    assert_true(rn_str_eq(exchange->method, RN_STR("POST")));
    assert_true(rn_str_eq(exchange->path, RN_STR("/a/b")));
    assert_true(rn_str_eq(exchange->query, RN_STR("c=d&e")));
    assert_true(rn_str_eq(rn_exchange_header(exchange, RN_STR("X-Some")), RN_STR("thing")));
    assert_true(rn_str_eq(rn_exchange_header(exchange, RN_STR("Host")), RN_STR("some.where")));
    assert_true(
        rn_str_eq(rn_exchange_header(exchange, RN_STR(":authority")), RN_STR("some.where")));
    assert_null(rn_exchange_header(exchange, RN_STR(":path")).data);
    assert_int_equal(exchange->header_count, 4);
    assert_int_equal(exchange->body_len, 3);
    assert_memory_equal(exchange->body, "abc", 3);
    assert_false(exchange->secure);
    assert_string_equal(exchange->peer->host, "127.0.0.1");
}

static void a_query_that_is_not_there_is_absent(void **state)
{
    struct client *client;

    (void)state;
    serve();
    rig.holds = true;
    client = client_new();
    (void)client_get(client, "/");
    (void)client_get(client, "/?");
    PUMP_UNTIL(client, rig.held_count == 2);
    assert_null(rig.held[0]->query.data);
    assert_non_null(rig.held[1]->query.data);
    assert_int_equal(rig.held[1]->query.len, 0);
}

static void replies_carry_what_those_of_http_1_do(void **state)
{
    struct client *client;
    struct call *call;

    (void)state;
    serve();
    client = client_new();
    call = client_get(client, "/x");
    expect_call(client, call, "GET /x:");
    assert_string_equal(call->echo, "/x");
    assert_string_equal(call->date, "Thu, 15 Jan 2026 10:15:30 GMT");
    assert_string_equal(call->length, "7");
    assert_int_equal(call->header_count, 4);
    assert_false(call->has_upper || call->has_connection);
}

static void answer_with_header(size_t len)
{
    static char value[100000];
    struct rn_http_header header = {RN_STR("X-Long"), rn_str_make(value, len)};

    assert_true(len <= sizeof(value));
    memset(value, 'v', sizeof(value));
    rn_exchange_reply(
        take_held(), &(struct rn_http_reply){.status = 200, .headers = &header, .header_count = 1});
}

/* In several frames; nghttp2 packs no more than 64 KiB. */
static void a_reply_may_have_a_long_head_within_bounds(void **state)
{
    struct client *client;
    struct call *call;

    (void)state;
    serve();
    rig.holds = true;
    client = client_new();
    call = client_get(client, "/");
    PUMP_UNTIL(client, rig.held_count == 1);
    answer_with_header(40000);
    expect_status(client, call, 200);
    call = client_get(client, "/");
    PUMP_UNTIL(client, rig.held_count == 1);
    answer_with_header(100000);
    expect_reset(client, call, NGHTTP2_INTERNAL_ERROR);
    rig.holds = false;
    expect_call(client, client_get(client, "/x"), "GET /x:");
}

static void a_reply_to_head_has_no_body(void **state)
{
    struct client *client;
    struct call *call;

    (void)state;
    serve();
    client = client_new();
    call = client_ask(client, "HEAD", "/x", NULL, SIZE_MAX);
    PUMP_UNTIL(client, call->is_closed);
    assert_int_equal(call->status, 200);
    assert_int_equal(call->body_len, 0);
    assert_string_equal(call->length, "8");
}

static void a_client_that_expects_it_is_told_to_go_on(void **state)
{
    static const char *const more[] = {"expect", "100-continue", NULL};
    static const char *const other[] = {"expect", "the-moon", NULL};
    struct client *client;
    struct call *call;

    (void)state;
    serve();
    client = client_new();
    call = client_post_open(client, 0, more);
    PUMP_UNTIL(client, call->has_continue);
    client_more(client, call, 4, true);
    expect_call(client, call, "POST /:abcd");
    expect_status(client, client_ask(client, "POST", "/", other, 3), 417);
}

/* ---- sizes ---- */

static void bodies_of_any_size_come_whole(void **state)
{
    static const size_t sizes[] = {0,      1,          16384,   16385, 32767,   32768,   32769,
                                   100000, 128 * 1024, MIB - 1, MIB,   MIB + 1, 3000000, 16 * MIB};
    struct client *client;

    (void)state;
    serve();
    client = client_new();
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        char length[32];
        const char *const more[] = {"content-length", length, NULL};
        struct call *call = client_post(client, sizes[i]);

        (void)snprintf(length, sizeof(length), "%zu", sizes[i]);
        expect_pattern_of(client, call, sizes[i]);
        call = client_ask(client, "POST", "/", more, sizes[i]);
        expect_pattern_of(client, call, sizes[i]);
    }
    assert_int_equal(rig.server->budget.used, 0);
}

static void large_bodies_both_ways_at_once_do_not_mix(void **state)
{
    enum { CALLS = 8, BODY = 2 * MIB + 7 };
    struct client *client;

    (void)state;
    serve();
    client = client_new();
    for (int i = 0; i < CALLS; i++) {
        (void)client_post(client, BODY + (size_t)i);
    }
    for (int i = 0; i < CALLS; i++) {
        expect_pattern_of(client, &client->calls[i], BODY + (size_t)i);
    }
}

static void a_huge_reply_comes_whole(void **state)
{
    struct client *client;
    struct call *call;

    (void)state;
    serve();
    rig.holds = true;
    client = client_start(false, 8 * MIB);
    call = client_get(client, "/");
    PUMP_UNTIL(client, rig.held_count == 1);
    answer_big(take_held());
    PUMP_UNTIL(client, call->is_closed);
    assert_int_equal(call->body_len, 32 * sizeof(big));
}

/* Pieces shorter and longer than what is copied, empty ones too, in one frame and across frames. */
static void replies_in_parts_of_all_sizes_come_in_order(void **state)
{
    enum { PARTS = 400 };
    static char text[2 * MIB];
    struct client *client;
    struct call *call;
    rn_str parts[PARTS];
    size_t len = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = client_byte_at(i);
    }
    for (size_t i = 0; i < PARTS; i++) {
        size_t here = i % 7 == 0 ? 0 : i % 5 == 0 ? 9000 : i % 11 == 0 ? 4096 : (i * 37) % 5000;

        parts[i] = rn_str_make(text + len, here);
        len += here;
        assert_true(len <= sizeof(text));
    }
    serve();
    rig.holds = true;
    client = client_new();
    for (int i = 0; i < 3; i++) {
        call = client_get(client, "/");
        (void)client_get(client, "/between");
        PUMP_UNTIL(client, rig.held_count == 2);
        rn_exchange_reply(take_held(), &(struct rn_http_reply){
                                           .status = 200, .body = parts, .body_count = PARTS});
        answer_held();
        PUMP_UNTIL(client, call->is_closed);
        assert_int_equal(call->body_len, len);
        assert_memory_equal(call->body, text, len);
    }
}

/* A huge reply and small ones after it, and a client that wants the small to wait for the huge. */
static void a_small_reply_does_not_wait_for_a_huge_one(void **state)
{
    nghttp2_priority_spec after;
    struct client *client;
    struct call *huge, *small;

    (void)state;
    serve();
    rig.holds = true;
    client = client_start(false, 64 * MIB);
    assert_int_equal(
        nghttp2_session_set_local_window_size(client->session, NGHTTP2_FLAG_NONE, 0, 64 * MIB), 0);
    huge = client_get(client, "/huge");
    PUMP_UNTIL(client, rig.held_count == 1);
    small = client_get(client, "/small");
    PUMP_UNTIL(client, rig.held_count == 2);
    nghttp2_priority_spec_init(&after, huge->id, 1, 0);
    assert_int_equal(nghttp2_submit_priority(client->session, NGHTTP2_FLAG_NONE, small->id, &after),
                     0);
    (void)nghttp2_submit_ping(client->session, NGHTTP2_FLAG_NONE, NULL);
    PUMP_UNTIL(client, client->pongs == 1);
    answer_big(take_held());
    answer_held();
    expect_call(client, small, "GET /small:");
    assert_false(huge->is_closed);
    assert_true(huge->body_len < 32 * sizeof(big));
    PUMP_UNTIL(client, huge->is_closed);
    assert_int_equal(huge->body_len, 32 * sizeof(big));
}

/* ---- what a client says wrong ---- */

static void a_body_that_differs_from_its_length_is_no_request(void **state)
{
    static const char *const more[] = {"content-length", "10", NULL};
    struct client *client;

    (void)state;
    serve();
    client = client_new();
    expect_reset(client, client_ask(client, "POST", "/", more, 9), NGHTTP2_PROTOCOL_ERROR);
    expect_reset(client, client_ask(client, "POST", "/", more, 11), NGHTTP2_PROTOCOL_ERROR);
    expect_call(client, client_ask(client, "POST", "/", more, 10), "POST /:abcdefghij");
    assert_int_equal(rig.asked, 1);
    assert_int_equal(rig.server->budget.used, 0);
}

static void a_host_beside_the_authority_must_be_the_same(void **state)
{
    static const char *const same[] = {"host", "some.where", NULL};
    static const char *const other[] = {"host", "else.where", NULL};
    struct client *client;

    (void)state;
    serve();
    client = client_new();
    expect_call(client, client_ask(client, "GET", "/x", same, SIZE_MAX), "GET /x:");
    expect_status(client, client_ask(client, "GET", "/x", other, SIZE_MAX), 400);
    assert_int_equal(rig.asked, 1);
}

static void a_path_with_what_no_path_has_is_refused(void **state)
{
    struct client *client;

    (void)state;
    serve();
    client = client_new();
    expect_status(client, client_get(client, "/\xc3\xa4"), 400);
    expect_status(client, client_get(client, "/a#b"), 400);
    expect_call(client, client_get(client, "/%c3"), "GET /%c3:");
}

/* ---- ends ---- */

/* As the JavaScript SDK does: GOAWAY as soon as the head of the reply is there. */
static void a_goaway_of_the_client_ends_nothing_under_way(void **state)
{
    struct client *client;
    struct call *call;

    (void)state;
    serve();
    rig.holds = true;
    client = client_new();
    call = client_get(client, "/");
    PUMP_UNTIL(client, rig.held_count == 1);
    answer_big(take_held());
    PUMP_UNTIL(client, call->status == 200);
    assert_int_equal(
        nghttp2_submit_goaway(client->session, NGHTTP2_FLAG_NONE, 0, NGHTTP2_NO_ERROR, NULL, 0), 0);
    PUMP_UNTIL(client, call->is_closed);
    assert_int_equal(call->error, NGHTTP2_NO_ERROR);
    assert_int_equal(call->body_len, 32 * sizeof(big));
    expect_left_to_client(client);
}

static void a_goaway_before_the_answer_is_given_ends_nothing_either(void **state)
{
    struct client *client;
    struct call *call;

    (void)state;
    serve();
    rig.holds = true;
    client = client_new();
    call = client_get(client, "/x");
    PUMP_UNTIL(client, rig.held_count == 1);
    assert_int_equal(
        nghttp2_submit_goaway(client->session, NGHTTP2_FLAG_NONE, 0, NGHTTP2_NO_ERROR, NULL, 0), 0);
    (void)nghttp2_submit_ping(client->session, NGHTTP2_FLAG_NONE, NULL);
    PUMP_UNTIL(client, client->pongs == 1);
    answer_held();
    expect_call(client, call, "GET /x:");
    expect_left_to_client(client);
}

static void settings_may_come_twice_and_pings_are_answered(void **state)
{
    const nghttp2_settings_entry one = {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 1};
    struct client *client;
    struct call *call;

    (void)state;
    serve();
    client = client_new();
    assert_int_equal(nghttp2_submit_settings(client->session, NGHTTP2_FLAG_NONE, &one, 1), 0);
    call = client_get(client, "/x");
    (void)nghttp2_submit_ping(client->session, NGHTTP2_FLAG_NONE, NULL);
    expect_call(client, call, "GET /x:");
    PUMP_UNTIL(client, client->pongs == 1);
}

static void a_reset_request_may_still_be_answered_to_nobody(void **state)
{
    struct client *client;
    struct call *call, *other;

    (void)state;
    serve();
    rig.holds = true;
    client = client_new();
    call = client_get(client, "/x");
    PUMP_UNTIL(client, rig.held_count == 1);
    (void)nghttp2_submit_rst_stream(client->session, NGHTTP2_FLAG_NONE, call->id, NGHTTP2_CANCEL);
    (void)nghttp2_submit_ping(client->session, NGHTTP2_FLAG_NONE, NULL);
    PUMP_UNTIL(client, client->pongs == 1);
    assert_int_equal(newest()->stream_count, 1);
    answer_held();
    assert_int_equal(newest()->stream_count, 0);
    rig.holds = false;
    other = client_get(client, "/y");
    expect_call(client, other, "GET /y:");
    assert_int_equal(call->status, 0);
}

static void a_connection_that_broke_stays_until_all_is_answered(void **state)
{
    struct client *client;

    (void)state;
    serve();
    rig.holds = true;
    client = client_new();
    (void)client_post(client, 3);
    (void)client_post(client, 100000);
    (void)client_post_open(client, 10, NULL);
    PUMP_UNTIL(client, rig.held_count == 2 && rig.server->budget.used == 100013);
    break_off(client->peer);
    UNTIL(rig.server->budget.used == 100003);
    assert_int_equal(rn_http_server_connections(rig.server), 1);
    assert_memory_equal(rig.held[0]->body, "abc", 3);
    answer_held();
    answer_held();
    assert_int_equal(rn_http_server_connections(rig.server), 0);
    assert_int_equal(rig.server->budget.used, 0);
}

static void a_peer_that_only_stopped_sending_still_reads_its_replies(void **state)
{
    struct client *client;
    struct call *whole, *half;

    (void)state;
    serve();
    rig.holds = true;
    client = client_new();
    whole = client_get(client, "/x");
    half = client_post_open(client, 10, NULL);
    PUMP_UNTIL(client, rig.held_count == 1 && rig.server->budget.used == 10);
    rn_socket_shutdown(client->peer->socket);
    PUMP_UNTIL(client, half->is_closed);
    answer_held();
    PUMP_UNTIL(client, whole->is_closed && client->peer->has_ended);
    assert_int_equal(whole->status, 200);
    UNTIL(rn_http_server_connections(rig.server) == 0);
}

static void a_reply_may_ask_for_the_end(void **state)
{
    struct client *client;
    struct call *held, *last;

    (void)state;
    serve();
    rig.holds = true;
    client = client_new();
    held = client_get(client, "/held");
    PUMP_UNTIL(client, rig.held_count == 1);
    rig.holds = false;
    rig.close_next = true;
    last = client_get(client, "/last");
    expect_call(client, last, "GET /last:");
    PUMP_UNTIL(client, client->got_goaway);
    assert_int_equal(client->goaway_error, NGHTTP2_NO_ERROR);
    assert_false(client->peer->has_ended);
    answer_held();
    expect_call(client, held, "GET /held:");
    PUMP_UNTIL(client, client->peer->has_ended);
}

static void a_drain_finishes_streams_and_says_goaway(void **state)
{
    struct client *idle, *busy;
    struct call *held, *half;

    (void)state;
    serve();
    idle = client_new();
    expect_call(idle, client_get(idle, "/x"), "GET /x:");
    rig.holds = true;
    busy = client_new();
    held = client_get(busy, "/x");
    half = client_post_open(busy, 3, NULL);
    PUMP_UNTIL(busy, rig.held_count == 1 && rig.server->budget.used == 3);
    rn_http_server_drain(rig.server, rig_drained, NULL);
    expect_goaway(idle, NGHTTP2_NO_ERROR);
    PUMP_UNTIL(busy, busy->got_goaway);
    assert_int_equal(busy->goaway_last, half->id);
    rig.holds = false;
    client_more(busy, half, 1, true);
    expect_call(busy, half, "POST /:abcd");
    assert_int_equal(rig.drained, 0);
    answer_held();
    expect_call(busy, held, "GET /x:");
    PUMP_UNTIL(busy, busy->peer->has_ended);
    hang_up(busy->peer);
    hang_up(idle->peer);
    UNTIL(rig.drained > 0);
}

/* It had said half of the preface when the drain began. */
static void a_connection_that_starts_while_the_server_drains_has_one_chance(void **state)
{
    static const char start[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"
                                "\0\0\6\1\5\0\0\0\1\x82\x86\x84\x41\1h";
    struct peer *peer;

    (void)state;
    serve();
    peer = connect_peer();
    say(peer, rn_str_make(start, 10));
    UNTIL(conn_of_newest()->in_end == 10);
    rn_http_server_drain(rig.server, rig_drained, NULL);
    say(peer, rn_str_make(start + 10, sizeof(start) - 1 - 10));
    UNTIL(peer->has_ended);
    assert_int_equal(rig.asked, 1);
    assert_true(has(rn_str_make(peer->got, peer->got_len), "GET /:"));
    hang_up(peer);
    UNTIL(rig.drained > 0);
}

static void a_server_may_be_freed_whatever_its_streams_do(void **state)
{
    struct client *client;
    struct call *stuck;

    (void)state;
    serve();
    rig.holds = true;
    client = client_start(true, 0);
    stuck = client_get(client, "/stuck");
    (void)client_get(client, "/held");
    (void)client_post_open(client, 70000, NULL);
    PUMP_UNTIL(client, rig.held_count == 2 && rig.server->budget.used == 70000);
    answer_big(take_held());
    PUMP_UNTIL(client, stuck->body_len > 60000);
    rn_http_server_free(rig.server);
    rig.server = NULL;
    UNTIL(client->peer->has_ended);
}

/* What docs/operating.md tells of an idle connection. */
static void an_idle_connection_costs_little(void **state)
{
    struct client *client;

    (void)state;
    serve();
    client = client_new();
    expect_call(client, client_get(client, "/x"), "GET /x:");
    PUMP_UNTIL(client, conn_of_newest()->wait == RN_WAIT_IDLE);
    assert_null(conn_of_newest()->in);
    assert_null(newest()->batch.text);
    print_message("nghttp2 holds %zu bytes for an idle connection\n", newest()->memory);
    assert_true(newest()->memory <= 32 * 1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup_teardown(test, rig_setup, h2_teardown)
        T(a_request_is_answered_and_another),
        T(the_first_flight_says_what_the_server_takes),
        T(the_preface_may_come_in_pieces),
        T(replies_come_in_the_order_they_are_given),
        T(as_many_streams_as_promised_are_served_at_once),
        T(the_handler_sees_the_request),
        T(a_query_that_is_not_there_is_absent),
        T(replies_carry_what_those_of_http_1_do),
        T(a_reply_may_have_a_long_head_within_bounds),
        T(a_reply_to_head_has_no_body),
        T(a_client_that_expects_it_is_told_to_go_on),
        T(bodies_of_any_size_come_whole),
        T(large_bodies_both_ways_at_once_do_not_mix),
        T(a_huge_reply_comes_whole),
        T(replies_in_parts_of_all_sizes_come_in_order),
        T(a_small_reply_does_not_wait_for_a_huge_one),
        T(a_body_that_differs_from_its_length_is_no_request),
        T(a_host_beside_the_authority_must_be_the_same),
        T(a_path_with_what_no_path_has_is_refused),
        T(a_goaway_of_the_client_ends_nothing_under_way),
        T(a_goaway_before_the_answer_is_given_ends_nothing_either),
        T(settings_may_come_twice_and_pings_are_answered),
        T(a_reset_request_may_still_be_answered_to_nobody),
        T(a_connection_that_broke_stays_until_all_is_answered),
        T(a_peer_that_only_stopped_sending_still_reads_its_replies),
        T(a_reply_may_ask_for_the_end),
        T(a_drain_finishes_streams_and_says_goaway),
        T(a_connection_that_starts_while_the_server_drains_has_one_chance),
        T(a_server_may_be_freed_whatever_its_streams_do),
        T(an_idle_connection_costs_little),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
