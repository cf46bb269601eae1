/* http_server.c - a server: its connections, its one timer, its draining and its end. */
#include "net/http_server.h"

#include "net/exchange.h"

#include <stdlib.h>

enum {
    TICK_MS_MIN = 10,
    TICK_MS_MAX = 1000,
    TICKS_PER_DEADLINE = 4, /* so a deadline is at most a quarter late */
    LEAVE_MS = 2000,
    REFUSED_MS = 10000,
};

void rn_http_options_default(struct rn_http_options *options)
{
    *options = (struct rn_http_options){
        .body_bytes_max = 16 * 1024 * 1024,
        .arena_bytes_max = 48 * 1024 * 1024,
        .inflight_bytes_max = 128 * 1024 * 1024,
        .connections_max = 10000,
        .head_timeout_ms = 10000,
        .idle_timeout_ms = 60000,
        .body_grace_ms = 5000,
        .body_timeout_ms = 60000,
        .body_rate_min = 1024,
        .write_stall_ms = 30000,
    };
}

static int64_t wait_ms(const struct rn_http_server *server, enum rn_wait wait)
{
    switch (wait) {
    case RN_WAIT_HEAD:
        return server->options.head_timeout_ms;
    case RN_WAIT_IDLE:
        return server->options.idle_timeout_ms;
    case RN_WAIT_BODY:
        return server->options.body_grace_ms;
    case RN_WAIT_SEND:
        return server->options.write_stall_ms;
    case RN_WAIT_LEAVE:
        return LEAVE_MS;
    case RN_WAIT_REFUSED:
        return REFUSED_MS;
    case RN_WAIT_NONE:
    case RN_WAITS:
        break;
    }
    abort();
}

int64_t rn_server_wait_us(const struct rn_http_server *server, enum rn_wait wait)
{
    return wait_ms(server, wait) * 1000;
}

static int64_t choose_tick_ms(const struct rn_http_server *server)
{
    int64_t tick_ms = TICK_MS_MAX;

    for (enum rn_wait wait = RN_WAIT_HEAD; wait < RN_WAITS; wait++) {
        int64_t part_ms = wait_ms(server, wait) / TICKS_PER_DEADLINE;

        tick_ms = part_ms < tick_ms ? part_ms : tick_ms;
    }
    return tick_ms < TICK_MS_MIN ? TICK_MS_MIN : tick_ms;
}

static void start_ticking(struct rn_http_server *server)
{
    if (!server->is_ticking) {
        server->is_ticking = true;
        rn_timer_start(server->timer, server->tick_ms, server->tick_ms);
    }
}

/* An idle server does not wake up. */
static void tick(void *arg)
{
    struct rn_http_server *server = arg;

    rn_conn_expire(server);
    rn_pool_trim(&server->pool);
    if (rn_list_empty(&server->conns) && server->pool.body_bytes == 0) {
        server->is_ticking = false;
        rn_timer_stop(server->timer);
    }
}

rn_err rn_http_server_new(struct rn_loop *loop, const struct rn_http_options *options,
                          struct rn_http_server **ret_server)
{
    struct rn_http_server *server = calloc(1, sizeof(*server));
    rn_err err;

    if (!server) {
        return RN_NOMEM;
    }
    assert(options->on_request && options->wall_ms);
    server->loop = loop;
    server->options = *options;
    server->date_s = INT64_MIN;
    server->tick_ms = choose_tick_ms(server);
    rn_list_init(&server->conns);
    rn_list_init(&server->spare_exchanges);
    for (int i = 0; i < RN_WAITS; i++) {
        rn_list_init(&server->waits[i]);
    }
    rn_budget_init(&server->budget, options->inflight_bytes_max);
    err = rn_timer_new(loop, tick, server, &server->timer);
    if (err) {
        free(server);
        return err;
    }
    *ret_server = server;
    return RN_OK;
}

void rn_http_server_adopt(struct rn_http_server *server, int fd)
{
    if (server->is_draining ||
        rn_http_server_connections(server) >= server->options.connections_max) {
        rn_conn_turn_away(server, fd);
        return;
    }
    rn_conn_open(server, fd);
    start_ticking(server);
}

unsigned rn_http_server_connections(const struct rn_http_server *server)
{
    return atomic_load_explicit(&server->connections, memory_order_relaxed);
}

rn_str rn_server_date(struct rn_http_server *server)
{
    int64_t now_ms = server->options.wall_ms(server->options.arg);

    if (now_ms / 1000 != server->date_s) {
        server->date_s = now_ms / 1000;
        server->date = rn_str_c(rn_civil_http(now_ms, server->date_text));
    }
    return server->date;
}

/* Either may end in the caller's drained() freeing the server, so they come last wherever they are
 * called. */
static void free_if_over(struct rn_http_server *server)
{
    if (rn_list_empty(&server->conns) && server->turned_away == 0) {
        rn_exchange_free_spares(server);
        rn_pool_done(&server->pool);
        free(server);
    }
}

static void tell_if_drained(struct rn_http_server *server)
{
    void (*drained)(void *arg) = server->drained;

    if (drained && rn_list_empty(&server->conns)) {
        server->drained = NULL;
        drained(server->drained_arg);
    }
}

void rn_server_conn_gone(struct rn_http_server *server)
{
    if (server->is_freed) {
        free_if_over(server);
    } else {
        tell_if_drained(server);
    }
}

void rn_http_server_drain(struct rn_http_server *server, void (*drained)(void *arg), void *arg)
{
    server->is_draining = true;
    server->drained = drained;
    server->drained_arg = arg;
    RN_LIST_EACH (link, &server->conns) {
        struct rn_conn *conn = RN_OWNER(link, struct rn_conn, link);

        if (!conn->is_closing) {
            conn->protocol->drain(conn);
        }
    }
    tell_if_drained(server);
}

void rn_http_server_free(struct rn_http_server *server)
{
    if (!server) {
        return;
    }
    server->is_freed = true;
    rn_timer_free(server->timer);
    server->timer = NULL;
    RN_LIST_EACH (link, &server->conns) {
        rn_conn_close(RN_OWNER(link, struct rn_conn, link));
    }
    free_if_over(server);
}
