/* One connection after another: framing, order, and what a peer that goes away leaves behind. */
#include "tests/unit/net/rig.h"

#include "tests/support/seeded_random.h"

#include <stdio.h>

#define GET "GET /x HTTP/1.1\r\nHost: h\r\n\r\n"
#define POST "POST / HTTP/1.1\r\nHost: h\r\n"

enum { TEXT_BYTES = 4 * 1024 * 1024 };

static char text[TEXT_BYTES];
static size_t text_len;

static void add(rn_str s)
{
    assert_true(s.len <= TEXT_BYTES - text_len);
    if (s.len > 0) {
        memcpy(text + text_len, s.data, s.len);
    }
    text_len += s.len;
}

RN_PRINTF(1, 2) static void addf(const char *fmt, ...)
{
    char line[128];
    va_list args;
    int len;

    va_start(args, fmt);
    len = vsnprintf(line, sizeof(line), fmt, args);
    va_end(args);
    assert_true(len > 0 && len < (int)sizeof(line));
    add(rn_str_make(line, (size_t)len));
}

static char pattern_at(size_t i)
{
    return (char)('a' + i % 23 + (i / 997) % 3);
}

static void add_pattern(size_t from, size_t len)
{
    assert_true(len <= TEXT_BYTES - text_len);
    for (size_t i = 0; i < len; i++) {
        text[text_len++] = pattern_at(from + i);
    }
}

static void add_with_length(size_t len)
{
    add(RN_STR(POST));
    addf("Content-Length: %zu\r\n\r\n", len);
    add_pattern(0, len);
}

static void add_chunked(size_t len, size_t chunk)
{
    add(RN_STR(POST "Transfer-Encoding: chunked\r\n\r\n"));
    for (size_t at = 0; at < len; at += chunk) {
        size_t here = len - at < chunk ? len - at : chunk;

        addf("%zx\r\n", here);
        add_pattern(at, here);
        add(RN_STR("\r\n"));
    }
    add(RN_STR("0\r\n\r\n"));
}

static void say_text(struct peer *peer)
{
    say(peer, rn_str_make(text, text_len));
    text_len = 0;
}

static void expect_pattern(struct peer *peer, size_t len)
{
    struct answer answer = await_answer(peer);
    rn_str start = RN_STR("POST /:");

    assert_int_equal(answer.status, 200);
    assert_int_equal(answer.body.len, start.len + len);
    assert_memory_equal(answer.body.data, start.data, start.len);
    for (size_t i = 0; i < len; i++) {
        if (answer.body.data[start.len + i] != pattern_at(i)) {
            fail_msg("byte %zu of %zu differs", i, len);
        }
    }
}

/* ---- framing ---- */

static void a_reply_has_date_and_length_and_the_connection_is_kept(void **state)
{
    struct peer *peer;
    struct answer answer;

    (void)state;
    serve();
    peer = connect_peer();
    for (int i = 0; i < 3; i++) {
        say_c(peer, GET);
        answer = await_answer(peer);
        assert_true(rn_str_eq(answer.head, RN_STR("HTTP/1.1 200 OK\r\nX-Echo: /x\r\n"
                                                  "Date: Thu, 15 Jan 2026 10:15:30 GMT\r\n"
                                                  "Content-Length: 7\r\n\r\n")));
        assert_true(rn_str_eq(answer.body, RN_STR("GET /x:")));
    }
    assert_false(peer->has_ended);
}

static void the_connection_ends_when_either_side_says_so(void **state)
{
    struct peer *peer;

    (void)state;
    serve();
    peer = connect_peer();
    say_c(peer, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" GET);
    assert_true(await_answer(peer).says_close);
    expect_end(peer);
    assert_int_equal(rig.asked, 1); /* what follows a close is not read */
    peer = connect_peer();
    rig.close_next = true;
    say_c(peer, GET);
    assert_true(await_answer(peer).says_close);
    expect_end(peer);
}

static void head_is_answered_without_the_body(void **state)
{
    struct peer *peer;
    struct answer answer = {.status = 0};

    (void)state;
    serve();
    peer = connect_peer();
    say_c(peer, "HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n");
    UNTIL(next_answer(peer, true, &answer));
    assert_true(has(answer.head, "\r\nContent-Length: 8\r\n"));
    say_c(peer, GET);
    expect_echo(peer, "GET /x:"); /* right behind the head */
}

/* Sizes around the input buffer, the smallest body memory, and far beyond both. */
static const size_t sizes[] = {
    1, RN_INPUT_BYTES - 200, RN_INPUT_BYTES, RN_BODY_BYTES_MIN - 1, RN_BODY_BYTES_MIN + 1, 3000000,
};
enum { SIZES = sizeof(sizes) / sizeof(sizes[0]) };

static void bodies_of_any_size_arrive_whole(void **state)
{
    struct peer *peer;

    (void)state;
    serve();
    peer = connect_peer();
    for (int i = 0; i < SIZES; i++) {
        add_with_length(sizes[i]);
        add(RN_STR(GET));
        say_text(peer);
        expect_pattern(peer, sizes[i]);
        expect_echo(peer, "GET /x:");
    }
    assert_int_equal(rig.server->budget.used, 0);
}

static void chunked_bodies_of_any_size_arrive_whole(void **state)
{
    static const size_t chunks[] = {7, 4096, 70000, 3000000};
    struct peer *peer;

    (void)state;
    serve();
    peer = connect_peer();
    for (int i = 0; i < SIZES; i++) {
        for (size_t k = sizes[i] > 100000; k < sizeof(chunks) / sizeof(chunks[0]); k++) {
            add_chunked(sizes[i], chunks[k]);
            add(RN_STR(GET));
            say_text(peer);
            expect_pattern(peer, sizes[i]);
            expect_echo(peer, "GET /x:");
        }
    }
    assert_int_equal(rig.server->budget.used, 0);
}

static void a_request_that_comes_byte_by_byte_is_one_request(void **state)
{
    struct peer *peer;

    (void)state;
    serve();
    peer = connect_peer();
    add(RN_STR("\r\n"));
    add_chunked(10, 4);
    add_with_length(3);
    for (size_t i = 0; i < text_len; i++) {
        say(peer, rn_str_make(text + i, 1));
        stage_turn("the byte arrives");
    }
    text_len = 0;
    expect_pattern(peer, 10);
    expect_pattern(peer, 3);
    assert_int_equal(rig.asked, 2);
}

/* ---- order ---- */

static void pipelined_requests_are_answered_in_order(void **state)
{
    struct peer *peer;
    char echo[32];

    (void)state;
    serve();
    peer = connect_peer();
    for (unsigned i = 0; i < 5000; i++) {
        addf("GET /%u HTTP/1.1\r\nHost: h\r\n\r\n", i);
    }
    say_text(peer);
    for (unsigned i = 0; i < 5000; i++) {
        (void)snprintf(echo, sizeof(echo), "GET /%u:", i);
        expect_echo(peer, echo);
    }
}

static void the_next_request_waits_for_the_reply_before(void **state)
{
    struct peer *peer;

    (void)state;
    rig.holds = true;
    serve();
    peer = connect_peer();
    say_c(peer, "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
    UNTIL(rig.held_count > 0);
    assert_int_equal(rig.asked, 1);
    answer_held();
    UNTIL(rig.held_count > 0);
    answer_held();
    expect_echo(peer, "GET /1:");
    expect_echo(peer, "GET /2:");
}

/* Method: random requests of all kinds in one run of bytes, so that heads and bodies fall anywhere
 * in the input buffer and steps end anywhere in a turn; sent in random pieces. */
static void any_mixture_of_requests_is_told_apart(void **state)
{
    enum { ROUNDS = 12, REQUESTS = 60 };
    struct seeded_random random;
    size_t lens[REQUESTS];
    struct peer *peer;

    (void)state;
    seeded_random_init(&random, 11);
    serve();
    for (int round = 0; round < ROUNDS; round++) {
        peer = connect_peer();
        for (int i = 0; i < REQUESTS; i++) {
            unsigned kind = seeded_random_below(&random, 4);

            lens[i] = seeded_random_below(&random, kind < 2 ? 500 : i % 20 ? 20000 : 200000);
            if (kind % 2) {
                add_chunked(lens[i], 1 + seeded_random_below(&random, 5000) + lens[i] / 50);
            } else {
                add_with_length(lens[i]);
            }
        }
        for (size_t at = 0; at < text_len;) {
            size_t piece = 1 + seeded_random_below(&random, round % 2 ? 300000 : TEXT_BYTES);

            piece = piece < text_len - at ? piece : text_len - at;
            say(peer, rn_str_make(text + at, piece));
            at += piece;
        }
        text_len = 0;
        for (int i = 0; i < REQUESTS; i++) {
            expect_pattern(peer, lens[i]);
        }
        hang_up(peer);
    }
    assert_int_equal(rig.server->budget.used, 0);
}

/* Method: a run of steps ends, for the others' sake, just before the request whose body does not
 * fit into the full input buffer. */
static void a_body_behind_many_requests_is_read_to_its_end(void **state)
{
    (void)state;
    serve();
    for (int before = 1; before < 130; before++) {
        struct peer *peer = connect_peer();

        for (int i = 0; i < before; i++) {
            add(RN_STR(GET));
        }
        add_with_length(100000);
        say_text(peer);
        for (int i = 0; i < before; i++) {
            expect_echo(peer, "GET /x:");
        }
        expect_pattern(peer, 100000);
        forget(peer);
    }
}

/* ---- 100 ---- */

static void a_client_that_expects_100_is_told_to_go_on(void **state)
{
    struct peer *peer;
    struct answer answer;

    (void)state;
    serve();
    peer = connect_peer();
    say_c(peer, POST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    answer = await_answer(peer);
    assert_true(rn_str_eq(answer.head, RN_STR("HTTP/1.1 100 Continue\r\n\r\n")));
    say_c(peer, "{}");
    expect_echo(peer, "POST /:{}");
    say_c(peer, POST "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n");
    assert_int_equal(await_answer(peer).status, 100);
    say_c(peer, "1\r\nx\r\n0\r\n\r\n");
    expect_echo(peer, "POST /:x");
}

static void nobody_is_told_to_go_on_who_did_or_must_not(void **state)
{
    struct peer *peer;

    (void)state;
    rig.options.body_bytes_max = 10;
    serve();
    peer = connect_peer();
    say_c(peer, POST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{}"); /* sent already */
    expect_echo(peer, "POST /:{}");
    say_c(peer, POST "Expect: 100-continue\r\n\r\n"); /* has no body */
    expect_echo(peer, "POST /:");
    say_c(peer, POST "Expect: 100-continue\r\nContent-Length: 11\r\n\r\n"); /* too large */
    expect_refusal(peer, 413);
}

/* ---- refusals ---- */

static void what_is_refused_is_answered_once_and_the_connection_ends(void **state)
{
    static const struct {
        const char *request;
        int status;
    } rows[] = {
        {"nonsense\r\n\r\n", 400},
        {"GET / HTTP/1.0\r\n\r\n", 505},
        {"GET / HTTP/3.0\r\n\r\n", 505},
        {POST "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        {POST "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", 400},
        {POST "Transfer-Encoding: gzip\r\n\r\n", 501},
        {POST "Expect: more\r\nContent-Length: 2\r\n\r\n", 417},
        {POST "Content-Length: 1001\r\n\r\n", 413},
        {POST "Content-Length: 99999999999999999999\r\n\r\n", 413},
        {POST "Transfer-Encoding: chunked\r\n\r\n3e9\r\n", 413},
        {POST "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n3e8\r\n", 413},
        {POST "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
        {POST "Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n", 400},
    };

    (void)state;
    rig.options.body_bytes_max = 1000;
    serve();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct peer *peer = connect_peer();

        add(rn_str_c(rows[i].request));
        add(RN_STR(GET GET)); /* which is not to be taken for requests */
        say_text(peer);
        expect_refusal(peer, rows[i].status);
        assert_int_equal(rig.asked, 0);
    }
}

static void a_body_of_just_the_greatest_size_is_read(void **state)
{
    struct peer *peer;

    (void)state;
    rig.options.body_bytes_max = 200000;
    serve();
    peer = connect_peer();
    add_with_length(200000);
    add_chunked(200000, 33333);
    say_text(peer);
    expect_pattern(peer, 200000);
    expect_pattern(peer, 200000);
    add_with_length(200001);
    say_text(peer);
    expect_refusal(peer, 413);
}

/* Method: the body goes on for longer than any buffer of the kernel; a reset would throw away the
 * reply. */
static void a_refused_client_that_still_sends_reads_its_refusal(void **state)
{
    struct peer *peer;

    (void)state;
    rig.options.body_bytes_max = 1000;
    serve();
    peer = connect_peer();
    add_with_length(TEXT_BYTES - 200);
    for (int i = 0; i < 4; i++) {
        say(peer, rn_str_make(text, text_len));
    }
    text_len = 0;
    UNTIL(!peer->saying);
    expect_refusal(peer, 413);
}

/* ---- peers that go away ---- */

static void nobody_is_left(void)
{
    UNTIL(rn_http_server_connections(rig.server) == 0);
    assert_int_equal(rig.server->budget.used, 0);
    assert_int_equal(rig.server->budget.reading, 0);
}

/* How far the server has come with a request. */
static void await_charge(size_t bytes)
{
    UNTIL(rig.server->budget.used >= bytes);
}

static void a_client_that_goes_away_in_its_head_is_forgotten(void **state)
{
    (void)state;
    serve();
    for (int i = 0; i < 2; i++) {
        struct peer *peer = connect_peer();

        say_c(peer, "GET / HT");
        UNTIL(rig.server->pool.input_count == 0 || !RN_POOL_RECYCLES);
        (i ? break_off : hang_up)(peer);
        nobody_is_left();
    }
    assert_int_equal(rig.asked, 0);
}

static void a_client_that_goes_away_in_its_body_is_forgotten(void **state)
{
    static const char *const framings[] = {"Content-Length: 1000000\r\n\r\n",
                                           "Transfer-Encoding: chunked\r\n\r\nf4240\r\n"};

    (void)state;
    serve();
    for (size_t i = 0; i < 8; i++) {
        struct peer *peer = connect_peer();
        size_t part = i & 2 ? 100 : 300000;

        add(RN_STR(POST));
        add(rn_str_c(framings[i & 1]));
        add_pattern(0, part);
        say_text(peer);
        await_charge(part);
        (i & 4 ? break_off : hang_up)(peer);
        nobody_is_left();
    }
    assert_int_equal(rig.asked, 0);
}

/* The handler does not learn of it, and answers. */
static void a_client_that_goes_away_before_its_reply_harms_nobody(void **state)
{
    struct peer *peer;

    (void)state;
    rig.holds = true;
    serve();
    for (int i = 0; i < 3; i++) {
        peer = connect_peer();
        add_with_length(i == 1 ? 200000 : 10);
        say_text(peer);
        UNTIL(rig.held_count > 0);
        (i ? break_off : hang_up)(peer);
        if (i == 2) { /* answered when the server knows already */
            UNTIL(rn_list_empty(&rig.server->conns) ||
                  RN_OWNER(rig.server->conns.next, struct rn_conn, link)->is_closing);
        }
        answer_held();
        nobody_is_left();
    }
}

static void a_client_that_goes_away_in_its_reply_is_forgotten(void **state)
{
    (void)state;
    rig.holds = true;
    serve();
    for (int i = 0; i < 2; i++) {
        struct peer *peer = connect_peer();

        peer->is_deaf = true;
        say_c(peer, GET);
        UNTIL(rig.held_count > 0);
        answer_big(take_held());
        assert_int_equal(rig.let_go, i);
        (i ? break_off : hang_up)(peer);
        nobody_is_left();
        assert_int_equal(rig.let_go, i + 1);
    }
}

static void a_client_that_only_stops_sending_still_reads_its_reply(void **state)
{
    struct peer *peer;

    (void)state;
    rig.holds = true;
    serve();
    peer = connect_peer();
    say_c(peer, GET GET);
    rn_socket_shutdown(peer->socket);
    for (int i = 0; i < 2; i++) {
        UNTIL(rig.held_count > 0);
        answer_held();
        expect_echo(peer, "GET /x:");
    }
    expect_end(peer);
}

/* ---- replies ---- */

static void a_large_reply_arrives_whole_at_a_slow_reader(void **state)
{
    struct peer *peer;
    struct answer answer;

    (void)state;
    rig.holds = true;
    serve();
    peer = connect_peer();
    peer->is_deaf = true;
    say_c(peer, GET GET);
    UNTIL(rig.held_count > 0);
    answer_big(take_held());
    assert_int_equal(rig.let_go, 0);
    listen_again(peer);
    answer = await_answer(peer);
    assert_int_equal(answer.body.len, 32 * sizeof(big));
    UNTIL(rig.held_count > 0); /* the request behind it was not lost meanwhile */
    answer_held();
    expect_echo(peer, "GET /x:");
}

static void a_reply_may_have_many_parts_empty_ones_and_long_headers(void **state)
{
    enum { PARTS = 50 };
    static char long_value[3000];
    struct rn_http_header headers[] = {{RN_STR("X-Long"), rn_str_make(long_value, 3000)},
                                       {RN_STR("X-Empty"), RN_STR_NONE}};
    rn_str parts[PARTS];
    struct answer answer;
    struct peer *peer;

    (void)state;
    memset(long_value, 'v', sizeof(long_value));
    rig.holds = true;
    serve();
    peer = connect_peer();
    say_c(peer, GET);
    UNTIL(rig.held_count > 0);
    for (int i = 0; i < PARTS; i++) {
        parts[i] = i % 3 == 0 ? RN_STR_NONE : i % 3 == 1 ? RN_STR("") : RN_STR("ab");
    }
    rn_exchange_reply(take_held(), &(struct rn_http_reply){.status = 599,
                                                           .headers = headers,
                                                           .header_count = 2,
                                                           .body = parts,
                                                           .body_count = PARTS});
    answer = await_answer(peer);
    assert_int_equal(answer.status, 599);
    assert_true(answer.head.len > sizeof(long_value));
    assert_true(has(answer.head, "v\r\nX-Empty: \r\n"));
    assert_true(rn_str_eq(answer.body, RN_STR("abababababababababababababababab")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup_teardown(test, rig_setup, rig_teardown)
        T(a_reply_has_date_and_length_and_the_connection_is_kept),
        T(the_connection_ends_when_either_side_says_so),
        T(head_is_answered_without_the_body),
        T(bodies_of_any_size_arrive_whole),
        T(chunked_bodies_of_any_size_arrive_whole),
        T(a_request_that_comes_byte_by_byte_is_one_request),
        T(pipelined_requests_are_answered_in_order),
        T(the_next_request_waits_for_the_reply_before),
        T(any_mixture_of_requests_is_told_apart),
        T(a_body_behind_many_requests_is_read_to_its_end),
        T(a_client_that_expects_100_is_told_to_go_on),
        T(nobody_is_told_to_go_on_who_did_or_must_not),
        T(what_is_refused_is_answered_once_and_the_connection_ends),
        T(a_body_of_just_the_greatest_size_is_read),
        T(a_refused_client_that_still_sends_reads_its_refusal),
        T(a_client_that_goes_away_in_its_head_is_forgotten),
        T(a_client_that_goes_away_in_its_body_is_forgotten),
        T(a_client_that_goes_away_before_its_reply_harms_nobody),
        T(a_client_that_goes_away_in_its_reply_is_forgotten),
        T(a_client_that_only_stops_sending_still_reads_its_reply),
        T(a_large_reply_arrives_whole_at_a_slow_reader),
        T(a_reply_may_have_many_parts_empty_ones_and_long_headers),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
