/* inside.h - what the files of fanout share: a worker's subscriptions, and one of them. Within the room.
 *
 *     fanout.c        a worker's: its lists, its timer, its memory
 *     subscribe.c     the operation: from a request to a subscription
 *     subscription.c  a subscription's life: reading, sending, its end
 *     event.c         what it sends, as bytes
 *
 * Three lists are in the order of their time, so that a tick of the timer looks at their fronts alone:
 *     living    all, by when their life ends
 *     quiet     those with room for an event, by when the last one left
 *     stuck     those whose event has not left, by when it was given
 * Two say when a subscription goes on by itself:
 *     ready     in the next turn of the loop, as there is more to read
 *     waiting   at the next tick: for its pace, or for a shard that is being closed */
#ifndef RN_FANOUT_INSIDE_H
#define RN_FANOUT_INSIDE_H

#include "base/buf.h"
#include "base/list.h"
#include "data/bucket.h"
#include "data/watch.h"
#include "fanout/fanout.h"
#include "model/shard.h"

enum {
    RN_FANOUT_TICK_MS = 100,
    RN_FANOUT_ARENA_BYTES =
        4 * 1024 * 1024,       /* of one event's records, without what they point to */
    RN_FANOUT_ARENAS_MAX = 16, /* kept */
    RN_FANOUT_STUCK_MS = 1000, /* then the memory of a slow reader is taken, if it is wanted */
};

struct rn_fanout {
    struct rn_fanout_options options;
    struct rn_watches *watches; /* made with the first subscription */
    struct rn_timer *timer;     /* runs while there are subscriptions */
    struct rn_link living, quiet, stuck, waiting, ready;
    size_t count;
    size_t waiting_bytes; /* of events that have not left */
    uint64_t changes;     /* of the state, when it was last looked at */
    struct rn_task ready_task;
    bool is_posted;
    struct rn_buf buf; /* where events are written */
    struct rn_buf first_bytes;
    rn_str first; /* the initial response */
    struct rn_arena *arenas[RN_FANOUT_ARENAS_MAX];
    size_t arena_count;
};

/* Why it ends. All but the first have words of their own. */
enum rn_fanout_end {
    RN_FANOUT_ENDS_ORDERLY,
    RN_FANOUT_ENDS_TAKEN_OVER,
    RN_FANOUT_ENDS_CONSUMER_GONE,
    RN_FANOUT_ENDS_STREAM_GONE,
    RN_FANOUT_ENDS_SHARD_GONE,
    RN_FANOUT_ENDS_FAILED,
};

struct rn_subscription {
    struct rn_link living, pulse, turn; /* pulse: in quiet or stuck; turn: in ready or waiting */
    struct rn_fanout *fanout;
    struct rn_service *service;
    struct rn_exchange *exchange; /* NULL: not yet, or no more */
    struct rn_watch watch;
    struct rn_claim claim;
    uint64_t stream_uid, consumer_uid;
    uint32_t shard_index;
    int64_t shard_created_s;
    char stream[RN_STREAM_NAME_BYTES_MAX + 1], consumer[RN_STREAM_NAME_BYTES_MAX + 1];

    uint64_t next;         /* offset to read from */
    int64_t not_before_ms; /* until the first match */
    int64_t behind_ms;     /* as the last event said */
    struct rn_bucket pace;
    int64_t ends_us, sent_us;
    size_t piece_len; /* of the event that has not left */
    bool has_room, is_reading;
    bool has_more;    /* behind `next` there may be something */
    bool is_stopping; /* the server is: it ends when there is room */
    bool is_over;     /* its end is decided: `end` */
    enum rn_fanout_end end;

    struct rn_arena *arena; /* while it reads */
    struct rn_get get;
    /* While it is being made. */
    struct rn_call *call;
    struct rn_tip tip;
};

/* ---- fanout.c ---- */

int64_t rn_fanout_now_us(const struct rn_fanout *fanout);
struct rn_arena *rn_fanout_take_arena(struct rn_fanout *fanout); /* NULL: no memory */
void rn_fanout_give_arena(struct rn_fanout *fanout, struct rn_arena *arena);
/* An event was given, and has left or not. */
void rn_fanout_sent(struct rn_subscription *sub, bool has_left);
/* It goes on in a later turn of the loop, behind the others that want to; or at the next tick. */
void rn_fanout_later(struct rn_subscription *sub);
void rn_fanout_at_tick(struct rn_subscription *sub);
/* It counts from here on. RN_NOMEM. RN_FULL. */
RN_MUST_USE rn_err rn_fanout_enter(struct rn_subscription *sub, const struct rn_shard *shard);
void rn_fanout_leave(struct rn_subscription *sub);

/* ---- subscription.c ---- */

/* It was not fed: it ends without a word, and is freed. */
void rn_subscription_drop(struct rn_subscription *sub);
void rn_subscription_lost(struct rn_claim *claim);
void rn_subscription_moved(struct rn_watch *watch);
/* Reads and sends if there is anything to. It may be gone afterwards, as with all that follow. */
void rn_subscription_go_on(struct rn_subscription *sub);
/* Says that there is nothing. */
void rn_subscription_speak(struct rn_subscription *sub);
/* Looks whether consumer, stream and shard are still there. */
void rn_subscription_check(struct rn_subscription *sub);
void rn_subscription_end(struct rn_subscription *sub, enum rn_fanout_end end);
/* At once: what has not left will not. */
void rn_subscription_cut(struct rn_subscription *sub);

/* ---- event.c ---- */

void rn_fanout_write_first(struct rn_buf *buf); /* the initial response: always the same */
/* What was read, or nothing if `get` is NULL, as an event behind what `buf` holds. Failure: buf->failed. */
void rn_fanout_write_event(const struct rn_subscription *sub, struct rn_arena *arena,
                           const struct rn_get *get, struct rn_buf *buf);
/* The words of an end. */
void rn_fanout_write_end(const struct rn_subscription *sub, struct rn_buf *buf);
/* "Another active subscription exists for this consumer: ACCT:NAME:SHARD:CNAME" */
rn_str rn_fanout_in_use(struct rn_arena *arena, rn_str account, rn_str stream, uint32_t shard_index,
                        rn_str consumer);

#endif
