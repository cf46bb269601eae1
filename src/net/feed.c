/* feed.c - replies made over time, between the handler and whichever protocol carries them.
 *
 *     rn_feed_start ─▶ open ─ rn_feed_give, room, give, ... ─▶ rn_feed_end ─▶ ending ─▶ released
 *                        └─ gone ─────────────────────────────▶ ┘
 *
 * What the feeder is told is noted and told by a task of the loop, so never inside one of its calls;
 * until the task has run the exchange is held, whatever else happened to it. */
#include "net/exchange.h"
#include "net/http_server.h"

#include <stdlib.h>

bool rn_feed_is_held(const struct rn_net_exchange *exchange)
{
    const struct rn_feed *feed = &exchange->feed;

    return feed->is_open || feed->is_posted || feed->is_telling;
}

/* It may be released afterwards. */
static void end(struct rn_net_exchange *exchange)
{
    exchange->feed.is_ending = true;
    exchange->ways->feed_end(exchange);
}

static void tell(struct rn_net_exchange *exchange, unsigned news)
{
    const struct rn_feed *feed = &exchange->feed;

    if (news & RN_FEED_GONE) {
        feed->events->gone(feed->arg);
        return;
    }
    if (news & RN_FEED_DRAIN) {
        feed->events->drain(feed->arg);
    }
    if ((news & RN_FEED_ROOM) && feed->is_open) {
        feed->events->room(feed->arg);
    }
}

static void run(struct rn_task *task)
{
    struct rn_feed *feed = RN_OWNER(task, struct rn_feed, task);
    struct rn_net_exchange *exchange = RN_OWNER(feed, struct rn_net_exchange, feed);
    unsigned news = feed->news;

    feed->news = 0;
    feed->is_posted = false;
    feed->is_telling = true;
    if (feed->is_open) {
        tell(exchange, news);
    }
    feed->is_telling = false;
    if (!feed->is_open && !feed->is_posted) {
        end(exchange);
    }
}

void rn_feed_tell(struct rn_net_exchange *exchange, enum rn_feed_news news)
{
    struct rn_feed *feed = &exchange->feed;

    feed->news |= news;
    if (feed->is_open && !feed->is_posted) {
        feed->is_posted = true;
        feed->task.run = run;
        rn_mailbox_post(rn_loop_box(exchange->conn->server->loop), &feed->task);
    }
}

void rn_feed_left(struct rn_net_exchange *exchange)
{
    struct rn_feed *feed = &exchange->feed;

    free(feed->piece);
    feed->piece = NULL;
    if (feed->owes_room) {
        feed->owes_room = false;
        rn_feed_tell(exchange, RN_FEED_ROOM);
    }
}

rn_err rn_feed_start(struct rn_exchange *exchange, const struct rn_http_reply *reply,
                     const struct rn_feed_events *events, void *arg)
{
    struct rn_net_exchange *inner = exchange->net_private;
    struct rn_feed *feed = &inner->feed;
    rn_err err;

    assert(inner->is_asked && reply->body_count <= 1 &&
           reply->header_count <= RN_HTTP_EXTRA_HEADERS_MAX &&
           !rn_str_eq(exchange->method, RN_STR("HEAD")));
    inner->is_asked = false;
    *feed = (struct rn_feed){.events = events, .arg = arg, .is_open = true};
    err = inner->ways->feed_start(inner, reply);
    feed->owes_room = err == RN_WAIT;
    if (inner->conn->server->is_draining) {
        rn_feed_tell(inner, RN_FEED_DRAIN);
    }
    return err;
}

rn_err rn_feed_give(struct rn_exchange *exchange, char *piece, size_t len)
{
    struct rn_net_exchange *inner = exchange->net_private;
    struct rn_feed *feed = &inner->feed;
    rn_err err;

    assert(feed->is_open && !feed->owes_room && !feed->piece && len > 0);
    feed->piece = piece;
    feed->parts[0] = rn_str_make(piece, len);
    err = inner->ways->feed_give(inner);
    feed->owes_room = err == RN_WAIT;
    return err;
}

void rn_feed_cut(struct rn_exchange *exchange)
{
    struct rn_net_exchange *inner = exchange->net_private;

    inner->feed.is_cut = true;
    rn_feed_end(exchange);
}

void rn_feed_end(struct rn_exchange *exchange)
{
    struct rn_net_exchange *inner = exchange->net_private;

    assert(inner->feed.is_open);
    inner->feed.is_open = false;
    if (!inner->feed.is_posted && !inner->feed.is_telling) {
        end(inner);
    }
}
