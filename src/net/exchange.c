/* exchange.c - see exchange.h. */
#include "net/exchange.h"

#include "net/http_server.h"

#include <stdlib.h>

rn_str rn_exchange_header(const struct rn_exchange *exchange, rn_str name)
{
    for (size_t i = 0; i < exchange->header_count; i++) {
        if (exchange->headers[i].name.len == name.len &&
            rn_str_ieq(exchange->headers[i].name, name)) {
            return exchange->headers[i].value;
        }
    }
    return RN_STR_NONE;
}

void rn_exchange_reply(struct rn_exchange *exchange, const struct rn_http_reply *reply)
{
    struct rn_net_exchange *inner = exchange->net_private;

    assert(inner->is_asked); /* once, and only by the handler */
    assert(reply->status >= 200 && reply->status <= 599 &&
           reply->header_count <= RN_HTTP_EXTRA_HEADERS_MAX);
    inner->is_asked = false;
    inner->ways->reply(inner, reply);
}

static struct rn_net_exchange *make(const struct rn_http_server *server)
{
    struct rn_net_exchange *exchange = calloc(1, sizeof(*exchange));

    if (!exchange) {
        return NULL;
    }
    exchange->public.arena = rn_arena_new(server->options.arena_bytes_max);
    if (!exchange->public.arena) {
        free(exchange);
        return NULL;
    }
    exchange->public.net_private = exchange;
    return exchange;
}

static void free_exchange(struct rn_net_exchange *exchange)
{
    rn_arena_free(exchange->public.arena);
    free(exchange);
}

struct rn_net_exchange *rn_exchange_take(struct rn_conn *conn, const struct rn_exchange_ways *ways)
{
    struct rn_http_server *server = conn->server;
    struct rn_link *link = rn_list_pop(&server->spare_exchanges);
    struct rn_net_exchange *exchange;

    if (link) {
        exchange = RN_OWNER(link, struct rn_net_exchange, link);
        server->spare_exchange_count--;
    } else {
        exchange = make(server);
        if (!exchange) {
            return NULL;
        }
    }
    exchange->ways = ways;
    exchange->conn = conn;
    conn->holds++;
    exchange->public = (struct rn_exchange){
        .headers = exchange->headers,
        .arena = exchange->public.arena,
        .peer = &conn->peer,
        .secure = conn->wire.kind->is_secure,
        .started_us = rn_loop_now_us(server->loop),
        .net_private = exchange,
    };
    return exchange;
}

static void free_body(struct rn_net_exchange *exchange)
{
    if (exchange->own_body) {
        rn_pool_give_body(&exchange->conn->server->pool, exchange->own_body,
                          exchange->own_body_cap);
        exchange->own_body = NULL;
    }
}

/* Last used, first used again: its memory is still warm. */
static void keep_spare(struct rn_http_server *server, struct rn_net_exchange *exchange)
{
    if (!RN_POOL_RECYCLES || server->spare_exchange_count == RN_EXCHANGE_SPARES_MAX) {
        free_exchange(exchange);
        return;
    }
    rn_list_push(server->spare_exchanges.next, &exchange->link);
    server->spare_exchange_count++;
}

void rn_exchange_release(struct rn_net_exchange *exchange)
{
    struct rn_conn *conn = exchange->conn;
    struct rn_http_server *server = conn->server;

    assert(!exchange->is_asked && !rn_feed_is_held(exchange));
    free(exchange->feed.piece);
    exchange->feed = (struct rn_feed){.events = NULL};
    rn_arena_reset(exchange->public.arena);
    free_body(exchange);
    free(exchange->long_head);
    exchange->long_head = NULL;
    rn_budget_leave(&server->budget, &exchange->reader);
    rn_budget_give(&server->budget, exchange->charged);
    exchange->charged = 0;
    exchange->conn = NULL;
    keep_spare(server, exchange);
    rn_conn_drop(conn);
}

void rn_exchange_free_spares(struct rn_http_server *server)
{
    RN_LIST_EACH (link, &server->spare_exchanges) {
        free_exchange(RN_OWNER(link, struct rn_net_exchange, link));
    }
    rn_list_init(&server->spare_exchanges);
    server->spare_exchange_count = 0;
}

rn_err rn_exchange_own_body(struct rn_net_exchange *exchange, size_t bytes)
{
    size_t cap;
    char *body = rn_pool_take_body(&exchange->conn->server->pool, bytes, &cap);

    if (!body) {
        return RN_NOMEM;
    }
    assert(exchange->public.body_len <= bytes);
    memcpy(body, exchange->public.body, exchange->public.body_len);
    free_body(exchange);
    exchange->own_body = exchange->public.body = body;
    exchange->own_body_cap = cap;
    return RN_OK;
}

void rn_exchange_charge(struct rn_net_exchange *exchange)
{
    assert(exchange->public.body_len >= exchange->charged);
    rn_budget_take(&exchange->conn->server->budget, exchange->public.body_len - exchange->charged);
    exchange->charged = exchange->public.body_len;
}

static bool points_into(const rn_str *part, const char *memory, size_t len)
{
    return (uintptr_t)part->data >= (uintptr_t)memory &&
           (uintptr_t)part->data < (uintptr_t)memory + len;
}

void rn_exchange_spend_body(struct rn_net_exchange *exchange, const struct rn_http_reply *reply)
{
    size_t charged = exchange->charged;

    for (size_t i = 0; i < reply->body_count; i++) {
        if (points_into(&reply->body[i], exchange->own_body, exchange->own_body_cap)) {
            return;
        }
    }
    if (exchange->own_body) {
        free_body(exchange);
        exchange->public.body = NULL;
        exchange->public.body_len = exchange->charged = 0;
        rn_budget_give(&exchange->conn->server->budget, charged);
    }
}

void rn_exchange_forget_request(struct rn_net_exchange *exchange)
{
    struct rn_exchange *public = &exchange->public;

    free_body(exchange);
    rn_budget_give(&exchange->conn->server->budget, exchange->charged);
    exchange->charged = 0;
    public->method = public->path = public->query = RN_STR_NONE;
    public->headers = NULL;
    public->header_count = public->body_len = 0;
    public->body = NULL;
}

size_t rn_exchange_next_parts(struct rn_net_exchange *exchange, rn_str *parts)
{
    size_t count = 0;
    size_t left = RN_REPLY_STEP_BYTES;

    while (exchange->next <= exchange->part_count && count < RN_SOCKET_PARTS_MAX && left > 0) {
        rn_str part = exchange->next ? exchange->parts[exchange->next - 1] : exchange->reply_head;
        size_t len = part.len - exchange->next_at;

        if (len > left) {
            len = left;
        }
        if (len > 0) {
            parts[count++] = rn_str_make(part.data + exchange->next_at, len);
            left -= len;
            exchange->next_at += len;
        }
        if (exchange->next_at == part.len) {
            exchange->next++;
            exchange->next_at = 0;
        }
    }
    return count;
}
