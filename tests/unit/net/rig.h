/* rig.h - a server with a handler that tests direct, and its peers, all on one loop in one thread. */
#ifndef TESTS_NET_RIG_H
#define TESTS_NET_RIG_H

#include "net/http_server.h"
#include "tests/unit/net/peer.h"

enum { RIG_HELD_MAX = 64 };

static struct rig {
    struct rn_http_options options;
    struct rn_http_server *server;

    bool holds; /* requests are kept for answer_held; else echoed at once */
    struct rn_exchange *held[RIG_HELD_MAX];
    size_t held_count;
    unsigned asked;
    size_t used_max;           /* of the budget, as the handler saw it */
    unsigned deferred, let_go; /* what hung on the arenas of exchanges */
    bool close_next;           /* the reply asks for the end of the connection */
    unsigned drained;
} rig;

/* ---- the handler: echoes method, path and body ---- */

static void rig_let_go(void *arg)
{
    (void)arg;
    rig.let_go++;
}

static void rig_answer(struct rn_exchange *exchange)
{
    rn_str *parts = rn_arena_alloc(exchange->arena, 4 * sizeof(*parts));
    struct rn_http_header header = {RN_STR("X-Echo"), exchange->path};

    assert_non_null(parts);
    parts[0] = rn_arena_dup(exchange->arena, exchange->method);
    parts[1] = RN_STR(" ");
    parts[2] = rn_arena_printf(exchange->arena, "%.*s:", RN_STR_ARG(exchange->path));
    parts[3] = rn_str_make(exchange->body, exchange->body_len);
    assert_int_equal(rn_arena_defer(exchange->arena, rig_let_go, NULL), RN_OK);
    rig.deferred++;
    rn_exchange_reply(exchange, &(struct rn_http_reply){.status = 200,
                                                        .headers = &header,
                                                        .header_count = 1,
                                                        .body = parts,
                                                        .body_count = 4,
                                                        .close = rig.close_next});
}

static void rig_asked(void *arg, struct rn_exchange *exchange)
{
    (void)arg;
    rig.asked++;
    if (rig.server->budget.used > rig.used_max) {
        rig.used_max = rig.server->budget.used;
    }
    if (rig.holds) {
        assert_true(rig.held_count < RIG_HELD_MAX);
        rig.held[rig.held_count++] = exchange;
    } else {
        rig_answer(exchange);
    }
}

/* The oldest request that is held. */
static inline struct rn_exchange *take_held(void)
{
    struct rn_exchange *exchange = rig.held[0];

    assert_true(rig.held_count > 0);
    memmove(rig.held, rig.held + 1, --rig.held_count * sizeof(rig.held[0]));
    return exchange;
}

static inline void answer_held(void)
{
    rig_answer(take_held());
}

static int64_t rig_wall_ms(void *arg)
{
    (void)arg;
    return INT64_C(1768472130000); /* 2026-01-15T10:15:30Z */
}

static const char big[2 * 1024 * 1024];

/* 64 MiB: more than the kernel takes. */
static inline void answer_big(struct rn_exchange *exchange)
{
    enum { PARTS = 32 };
    rn_str *parts = rn_arena_alloc(exchange->arena, PARTS * sizeof(*parts));

    assert_non_null(parts);
    for (int i = 0; i < PARTS; i++) {
        parts[i] = rn_str_make(big, sizeof(big));
    }
    assert_int_equal(rn_arena_defer(exchange->arena, rig_let_go, NULL), RN_OK);
    rig.deferred++;
    rn_exchange_reply(exchange,
                      &(struct rn_http_reply){.status = 200, .body = parts, .body_count = PARTS});
}

/* ---- life ---- */

static inline struct peer *connect_peer(void)
{
    int far;
    struct peer *peer = peer_new(&far);

    rn_http_server_adopt(rig.server, far);
    return peer;
}

/* With rig.options, which a test may have changed. */
static inline void serve(void)
{
    assert_int_equal(rn_http_server_new(stage.loop, &rig.options, &rig.server), RN_OK);
}

static inline void rig_drained(void *arg)
{
    (void)arg;
    rig.drained++;
}

static inline int rig_setup(void **state)
{
    (void)state;
    rig = (struct rig){.holds = false};
    rn_http_options_default(&rig.options);
    rig.options.on_request = rig_asked;
    rig.options.wall_ms = rig_wall_ms;
    return stage_open();
}

static bool rig_all_posted_ran;

static void rig_last_posted(struct rn_task *task)
{
    (void)task;
    rig_all_posted_ran = true;
}

static inline int rig_teardown(void **state)
{
    struct rn_task last = {.run = rig_last_posted};

    (void)state;
    rn_http_server_free(rig.server);
    while (rig.held_count > 0) {
        answer_held(); /* to nobody */
    }
    rig_all_posted_ran = false;
    rn_mailbox_post(rn_loop_box(stage.loop), &last);
    UNTIL(rig_all_posted_ran);
    stage_close();
    assert_int_equal(rig.let_go, rig.deferred);
    return 0;
}

#endif
