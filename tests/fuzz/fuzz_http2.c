/* HTTP/2 as bytes: a whole connection, fed what follows the preface.
 *
 * INPUT   how (u8): 1 requests are answered later · 2 sends do not leave at once · 4 the body limit is small
 *                   · 8 the budget is small · 16 the connection drains halfway · 32 deadlines come halfway
 *                   · 64 replies are fed, piece by piece, some of them cut off
 *         step (u8): so many bytes come at a time, 0: all · frames
 * The wire is one that keeps nothing. What is sent must be frames; at the end, however it comes, nothing is
 * held: no stream, no byte of the budget, no memory. */
#include <assert.h>
#include <stdlib.h>

#include "net/http2_inside.h"

enum {
    LATER = 1,
    WAITS = 2,
    SMALL_BODY = 4,
    SMALL_BUDGET = 8,
    DRAINS = 16,
    EXPIRES = 32,
    FEEDS = 64
};
enum { HELD_MAX = RN_HTTP2_STREAMS_MAX };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
    struct rn_loop *loop;
    uint8_t how;
    struct rn_exchange *held[HELD_MAX];
    size_t held_count;
    /* Of the frames that are sent. */
    uint8_t header[RN_HTTP2_FRAME_HEADER_BYTES];
    size_t header_len, payload_left;
} scene;

/* ---- the handler ---- */

static void answer(struct rn_exchange *exchange)
{
    rn_str *parts = rn_arena_alloc(exchange->arena, 3 * sizeof(*parts));
    struct rn_http_header header = {RN_STR("X-Method"), exchange->method};

    assert(parts && exchange->path.len > 0 && exchange->method.len > 0);
    parts[0] = exchange->path;
    parts[1] = rn_str_make(exchange->body, exchange->body_len);
    parts[2] = RN_STR("end");
    rn_exchange_reply(
        exchange,
        &(struct rn_http_reply){
            .status = 200, .headers = &header, .header_count = 1, .body = parts, .body_count = 3});
}

/* A reply in so many pieces of growing size; the path says how many, and whether the last is a cut. */
struct feeder {
    struct rn_exchange *exchange;
    size_t pieces_left, given;
    bool cuts, has_room;
};

static void end_feed(struct feeder *feeder)
{
    if (feeder->cuts) {
        rn_feed_cut(feeder->exchange);
    } else {
        rn_feed_end(feeder->exchange);
    }
    free(feeder);
}

static void go_on_feeding(struct feeder *feeder)
{
    rn_err err = RN_OK;

    while (err == RN_OK && feeder->pieces_left > 0) {
        size_t len = 1 + feeder->given++ * 3000;
        char *piece = calloc(1, len);

        assert(piece);
        feeder->pieces_left--;
        err = rn_feed_give(feeder->exchange, piece, len);
    }
    if (err == RN_OK) {
        end_feed(feeder);
    } /* else room or gone comes */
}

static void has_room(void *arg)
{
    go_on_feeding(arg);
}

static void must_end(void *arg)
{
    end_feed(arg);
}

static void feed_reply(struct rn_exchange *exchange)
{
    static const struct rn_feed_events events = {has_room, must_end, must_end};
    static const rn_str begin = RN_STR_INIT("begin");
    struct feeder *feeder = calloc(1, sizeof(*feeder));

    assert(feeder);
    feeder->exchange = exchange;
    feeder->pieces_left = exchange->path.len % 8;
    feeder->cuts = exchange->path.len % 3 == 2;
    if (rn_feed_start(exchange,
                      &(struct rn_http_reply){.status = 200, .body = &begin, .body_count = 1},
                      &events, feeder) == RN_OK) {
        go_on_feeding(feeder);
    }
}

static void answer_in_any_way(struct rn_exchange *exchange)
{
    if ((scene.how & FEEDS) && !rn_str_eq(exchange->method, RN_STR("HEAD"))) {
        feed_reply(exchange);
    } else {
        answer(exchange);
    }
}

static void asked(void *arg, struct rn_exchange *exchange)
{
    (void)arg;
    for (size_t i = 0; i < exchange->header_count; i++) {
        assert(exchange->headers[i].name.len > 0);
    }
    if ((scene.how & LATER) && scene.held_count < HELD_MAX) {
        scene.held[scene.held_count++] = exchange;
    } else {
        answer_in_any_way(exchange);
    }
}

static void answer_held(void)
{
    while (scene.held_count > 0) {
        answer_in_any_way(scene.held[--scene.held_count]);
    }
}

static int64_t wall_ms(void *arg)
{
    (void)arg;
    return INT64_C(1768472130000);
}

/* ---- the wire ---- */

static void check_byte(uint8_t byte)
{
    if (scene.payload_left > 0) {
        scene.payload_left--;
        return;
    }
    scene.header[scene.header_len++] = byte;
    if (scene.header_len == sizeof(scene.header)) {
        scene.header_len = 0;
        scene.payload_left =
            (size_t)scene.header[0] << 16 | (size_t)scene.header[1] << 8 | scene.header[2];
        assert(scene.payload_left <= 16384 && scene.header[3] <= NGHTTP2_CONTINUATION);
    }
}

static rn_err wire_send(struct rn_conn *conn, const rn_str *parts, size_t count)
{
    (void)conn;
    assert(count > 0 && count <= RN_SOCKET_PARTS_MAX);
    for (size_t i = 0; i < count; i++) {
        assert(parts[i].len > 0);
        for (size_t at = 0; at < parts[i].len; at++) {
            check_byte((uint8_t)parts[i].data[at]);
        }
    }
    return scene.how & WAITS ? RN_WAIT : RN_OK;
}

static void wire_nothing(struct rn_conn *conn)
{
    (void)conn;
}

/* Its four for the socket are never called: there is none. */
static const struct rn_wire_kind wire = {
    .send = wire_send,
    .resume = wire_nothing,
    .shutdown = wire_nothing,
    .done = wire_nothing,
};

/* ---- the connection ---- */

static struct rn_conn *open_conn(struct rn_http_server *server, void (*run)(struct rn_task *task))
{
    struct rn_conn *conn = calloc(1, sizeof(*conn));

    assert(conn);
    conn->server = server;
    conn->protocol = &rn_protocol_opening;
    conn->wire.kind = &wire;
    conn->task.run = run;
    conn->holds = 1;
    rn_list_push(&server->conns, &conn->link);
    rn_conn_wait(conn, RN_WAIT_HEAD);
    return conn;
}

static void run_later(struct rn_task *task)
{
    struct rn_conn *conn = RN_OWNER(task, struct rn_conn, task);

    conn->is_posted = false;
    if (!conn->is_closing) {
        conn->protocol->wake(conn);
    }
    rn_conn_drop(conn);
}

static void settle(struct rn_conn *conn)
{
    (void)rn_mailbox_drain(rn_loop_box(scene.loop));
    while (conn->is_sending && !conn->is_closing) {
        conn->is_sending = false;
        conn->protocol->sent(conn);
    }
}

/* False: no more is taken. */
static bool give(struct rn_conn *conn, const char *bytes, size_t len)
{
    while (len > 0 && !conn->is_closing) {
        size_t cap;
        char *room = conn->protocol->room(conn, &cap);
        size_t here = len < cap ? len : cap;

        conn->is_paused = !room;
        if (!room) {
            return false; /* all bodies rest, with no other connection to wait for */
        }
        memcpy(room, bytes, here);
        conn->protocol->received(conn, here);
        bytes += here;
        len -= here;
    }
    return !conn->is_closing;
}

static void feed(struct rn_conn *conn, const char *bytes, size_t len, size_t step)
{
    bool goes_on = give(conn, NGHTTP2_CLIENT_MAGIC, NGHTTP2_CLIENT_MAGIC_LEN);

    for (size_t at = 0, turn = 0; at < len && goes_on; at += step, turn++) {
        goes_on = give(conn, bytes + at, step < len - at ? step : len - at);
        if (turn % 4 == 3) {
            settle(conn);
            answer_held();
        }
        if (at >= len / 2 && at < len / 2 + step && !conn->is_closing) {
            enum rn_wait wait = conn->wait;

            if (scene.how & DRAINS) {
                conn->protocol->drain(conn);
            } else if ((scene.how & EXPIRES) && wait != RN_WAIT_NONE) {
                rn_conn_wait(conn, RN_WAIT_NONE);
                conn->protocol->expired(conn, wait);
            }
            goes_on = !conn->is_closing;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rn_http_options options;
    struct rn_http_server *server;
    struct rn_conn *conn;
    char *bytes;

    if (size < 3) {
        return 0;
    }
    if (!scene.loop) {
        assert(rn_loop_new(&scene.loop) == RN_OK);
    }
    scene.how = data[0];
    scene.header_len = scene.payload_left = scene.held_count = 0;
    rn_http_options_default(&options);
    options.on_request = asked;
    options.wall_ms = wall_ms;
    options.body_bytes_max = scene.how & SMALL_BODY ? 100 : 1024 * 1024;
    options.inflight_bytes_max = scene.how & SMALL_BUDGET ? 10 : options.inflight_bytes_max;
    assert(rn_http_server_new(scene.loop, &options, &server) == RN_OK);
    atomic_store(&server->connections, 1);
    conn = open_conn(server, run_later);
    bytes = malloc(size - 2);
    assert(bytes);
    memcpy(bytes, data + 2, size - 2);
    feed(conn, bytes, size - 2, data[1] ? data[1] : size);
    free(bytes);
    settle(conn);
    answer_held();
    settle(conn);
    rn_conn_close(conn);
    answer_held();
    while (rn_mailbox_drain(rn_loop_box(scene.loop))) {
    }
    assert(conn->is_closing && conn->holds == 1 && server->budget.used == 0);
    assert(server->budget.reading == 0 && rn_list_empty(&server->budget.resting));
    rn_conn_drop(conn);
    rn_http_server_free(server);
    return 0;
}
