/* health.c - Runnel's own paths below "/-/": is the process alive, is it of use?
 *
 *   GET /-/live   200 as long as requests are answered at all
 *   GET /-/ready  200, or 503 with the reason in one line: recovering, draining, not writable
 *
 * They need no credentials and tell nothing else. What is not listed is reserved: 404. */
#include "api/reply.h"

static const rn_str text_plain = RN_STR_INIT("text/plain");

static void live(struct rn_api *api, struct rn_exchange *exchange)
{
    rn_reply_send(api, exchange, 200, text_plain, RN_STR("live\n"));
}

static void ready(struct rn_api *api, struct rn_exchange *exchange)
{
    struct rn_api_gate *gate = api->options.gate;
    int status = 503;
    rn_str body;

    if (atomic_load(&gate->draining)) {
        body = RN_STR("draining\n");
    } else if (!atomic_load(&gate->service)) {
        body = RN_STR("recovering\n");
    } else if (gate->writable && !gate->writable(gate->writable_arg)) {
        body = RN_STR("not writable: the disk is full or failed, see the log\n");
    } else {
        status = 200;
        body = RN_STR("ready\n");
    }
    rn_reply_send(api, exchange, status, text_plain, body);
}

static const struct {
    rn_str path;
    void (*answer)(struct rn_api *api, struct rn_exchange *exchange);
} pages[] = {
    {RN_STR_INIT("/-/live"), live},
    {RN_STR_INIT("/-/ready"), ready},
};

void rn_api_health(struct rn_api *api, struct rn_exchange *exchange)
{
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        if (!rn_str_eq(exchange->path, pages[i].path)) {
            continue;
        }
        if (rn_str_eq(exchange->method, RN_STR("GET"))) {
            pages[i].answer(api, exchange);
        } else {
            rn_reply_send(api, exchange, 405, text_plain, RN_STR("only GET\n"));
        }
        return;
    }
    rn_reply_send(api, exchange, 404, text_plain, RN_STR("nothing here\n"));
}
