/* rig.h - a worker's subscriptions over the streams and lanes of service/rig.h.
 *
 * Stands in for the loop (its box is the rig's, its timer fires when a test says tick) and for net: a feed
 * collects what it is given, may be stuck, and is gone when a test says so. What it was given is read back
 * message by message. */
#ifndef TESTS_FANOUT_RIG_H
#define TESTS_FANOUT_RIG_H

#include "tests/unit/service/rig.h"

#include "codec/eventstream.h"
#include "fanout/inside.h"
#include "shape/kinesis_subscribe.h"

enum { FEEDS_MAX = 24, CONSUMERS_MAX = 20 };

struct feed {
    struct rn_exchange exchange;
    const struct rn_feed_events *events;
    void *arg;
    struct rn_buf got;
    size_t read_at;
    bool is_open, is_cut;
    bool is_stuck, owes_room; /* stuck: what is given does not leave */
    size_t pieces;
};

static struct stage {
    struct rn_claims *claims;
    struct rn_fanout *fanout;
    void (*fire)(void *arg);
    bool ticks;
    uint64_t changes;
    struct feed feeds[FEEDS_MAX];
    size_t feed_count;
    bool next_is_stuck;
    struct rn_consumer consumers[CONSUMERS_MAX];
    char names[CONSUMERS_MAX][8];
} stage;

/* ---- control ---- */

uint64_t rn_state_changes(const struct rn_state *state)
{
    (void)state;
    return stage.changes;
}

/* ---- the loop ---- */

struct rn_mailbox *rn_loop_box(struct rn_loop *loop)
{
    (void)loop;
    return &rig.box;
}

rn_err rn_timer_new(struct rn_loop *loop, void (*fire)(void *arg), void *arg,
                    struct rn_timer **ret_timer)
{
    (void)loop;
    stage.fire = fire;
    *ret_timer = arg;
    return RN_OK;
}

void rn_timer_start(struct rn_timer *timer, int64_t delay_ms, int64_t repeat_ms)
{
    (void)timer;
    assert_int_equal(delay_ms, repeat_ms);
    stage.ticks = true;
}

void rn_timer_stop(struct rn_timer *timer)
{
    (void)timer;
    stage.ticks = false;
}

void rn_timer_free(struct rn_timer *timer)
{
    (void)timer;
}

static inline void tick(void)
{
    assert_true(stage.ticks);
    stage.fire(stage.fanout);
    rig_drain();
}

/* Time passes as a loop sees it: tick by tick. */
static inline void pass(int64_t ms)
{
    for (; ms > 0 && stage.ticks; ms -= RN_FANOUT_TICK_MS) {
        hand_clock_pass(&rig.clock, RN_FANOUT_TICK_MS);
        tick();
    }
}

/* ---- net ---- */

static struct feed *feed_of(struct rn_exchange *exchange)
{
    return RN_OWNER(exchange, struct feed, exchange);
}

rn_err rn_feed_start(struct rn_exchange *exchange, const struct rn_http_reply *reply,
                     const struct rn_feed_events *events, void *arg)
{
    struct feed *feed = feed_of(exchange);

    assert_int_equal(reply->status, 200);
    assert_int_equal(reply->body_count, 1);
    feed->events = events;
    feed->arg = arg;
    feed->is_open = true;
    rn_buf_add_str(&feed->got, reply->body[0]);
    feed->owes_room = feed->is_stuck;
    return feed->is_stuck ? RN_WAIT : RN_OK;
}

rn_err rn_feed_give(struct rn_exchange *exchange, char *piece, size_t len)
{
    struct feed *feed = feed_of(exchange);

    assert_true(feed->is_open && !feed->owes_room);
    rn_buf_add(&feed->got, piece, len);
    assert_false(feed->got.failed);
    free(piece);
    feed->pieces++;
    feed->owes_room = feed->is_stuck;
    return feed->is_stuck ? RN_WAIT : RN_OK;
}

void rn_feed_end(struct rn_exchange *exchange)
{
    assert_true(feed_of(exchange)->is_open);
    feed_of(exchange)->is_open = false;
}

void rn_feed_cut(struct rn_exchange *exchange)
{
    rn_feed_end(exchange);
    feed_of(exchange)->is_cut = true;
}

static inline void give_room(struct feed *feed)
{
    feed->is_stuck = false;
    if (feed->owes_room) {
        feed->owes_room = false;
        feed->events->room(feed->arg);
        rig_drain();
    }
}

static inline void go_away(struct feed *feed)
{
    feed->events->gone(feed->arg);
    rig_drain();
}

/* ---- what came ---- */

static inline bool has_message(const struct feed *feed)
{
    return feed->read_at < feed->got.len;
}

static struct rn_event *next_message(struct feed *feed)
{
    static struct rn_event event;
    size_t used;

    assert_int_equal(
        rn_event_read(rn_str_make(feed->got.data + feed->read_at, feed->got.len - feed->read_at),
                      &event, &used),
        RN_OK);
    feed->read_at += used;
    return &event;
}

/* The payload of the next event; NUL-terminated. */
static inline const char *next_event(struct feed *feed)
{
    struct rn_event *event = next_message(feed);

    assert_true(
        rn_str_eq(rn_event_string(event, RN_STR(":event-type")), RN_STR("SubscribeToShardEvent")));
    return text_of(event->payload);
}

static inline void expect_exception(struct feed *feed, const char *type, const char *message)
{
    struct rn_event *event = next_message(feed);

    assert_str(rn_event_string(event, RN_STR(":message-type")), "exception");
    assert_str(rn_event_string(event, RN_STR(":exception-type")), type);
    assert_str(event->payload,
               text_of(rn_arena_printf(rig.arena, "{\"message\":\"%s\"}", message)));
    assert_false(has_message(feed));
    assert_false(feed->is_open);
}

/* Ended, with nothing more to read. */
static inline void expect_end(struct feed *feed)
{
    assert_false(has_message(feed));
    assert_false(feed->is_open || feed->is_cut);
}

static inline size_t count_of(const char *text, const char *word)
{
    size_t count = 0;

    while ((text = strstr(text, word))) {
        text += strlen(word);
        count++;
    }
    return count;
}

/* Of all events that are there now. */
static inline size_t take_records(struct feed *feed)
{
    size_t count = 0;

    while (has_message(feed)) {
        count += count_of(next_event(feed), "PartitionKey");
    }
    return count;
}

/* ---- asking ---- */

static struct feed *answered;

static inline void subscribe_finished(struct rn_call *call)
{
    call_finished(call);
    answered = NULL;
    if (call->fault == RN_FAULT_NONE) {
        struct rn_http_reply reply = {.status = 200};
        struct feed *feed = &stage.feeds[stage.feed_count++];

        assert_true(stage.feed_count <= FEEDS_MAX);
        rn_buf_init(&feed->got, 512 * 1024 * 1024);
        feed->is_stuck = stage.next_is_stuck;
        rn_fanout_feed(call, &feed->exchange, &reply);
        answered = feed;
    }
}

/* The feed, or NULL and the call has failed. */
static inline struct feed *subscribe_from(int consumer, uint32_t shard,
                                          struct rn_kinesis_starting_position position)
{
    char *arn = rn_arena_alloc(rig.arena, RN_CONSUMER_ARN_BYTES_MAX);
    size_t len =
        rn_consumer_arn_format(RN_STR(ARN_OF("s")), stage.consumers[consumer].name, NOW_S, arn);
    struct rn_kinesis_subscribe_to_shard_request request = {
        .consumer_arn = rn_str_make(arn, len),
        .shard_id = rn_shard_id_text(rig.arena, shard),
        .starting_position = &position,
    };
    struct rn_call call = {
        .service = rig.service,
        .request = &request,
        .arena = rig.arena,
        .box = &rig.box,
        .fanout = stage.fanout,
        .now_ms = rig.clock.wall / 1000,
        .finished = subscribe_finished,
    };

    rig.finished = 0;
    rn_fanout_subscribe(&call);
    rig_drain();
    assert_int_equal(rig.finished, 1);
    if (answered) { /* the initial response */
        assert_str(next_message(answered)->payload, "{}");
    }
    return answered;
}

static inline struct feed *subscribe(int consumer, const char *type)
{
    return subscribe_from(consumer, 0,
                          (struct rn_kinesis_starting_position){.type = rn_str_c(type)});
}

static inline void put(size_t position, size_t bytes)
{
    static char data[RN_RECORD_VALUE_BYTES_MAX];
    struct rn_record record = {.key = RN_STR("k"),
                               .value = rn_str_make(data, bytes),
                               .stamp = rig.made[0]->shards[position].index,
                               .kind = RN_RECORD_DATA};

    rig_append(rig.made[0]->cells[position].lane, &record);
    rig_drain();
}

/* ---- life ---- */

static inline int stage_begin(void **state)
{
    struct made *made;

    (void)rig_begin(state);
    memset(&stage, 0, sizeof(stage));
    made = add_stream("s", 2);
    for (int i = 0; i < CONSUMERS_MAX; i++) {
        int len = snprintf(stage.names[i], sizeof(stage.names[i]), "c-%02d", i);

        stage.consumers[i] = (struct rn_consumer){
            .uid = 1000 + (uint64_t)i,
            .name = rn_str_make(stage.names[i], (size_t)len),
            .status = RN_CONSUMER_ACTIVE,
            .created_ms = NOW_MS,
        };
    }
    made->stream.consumers = stage.consumers;
    made->stream.consumer_count = CONSUMERS_MAX;
    stage.claims = rn_claims_new();
    assert_non_null(stage.claims);
    assert_int_equal(rn_fanout_new(&(struct rn_fanout_options){.clock = &rig.clock.clock,
                                                               .claims = stage.claims,
                                                               .life_ms = RN_FANOUT_LIFE_MS},
                                   &stage.fanout),
                     RN_OK);
    return 0;
}

static inline int stage_end(void **state)
{
    rig_drain();
    for (size_t i = 0; i < stage.feed_count; i++) {
        if (stage.feeds[i].is_open) {
            stage.feeds[i].events->drain(stage.feeds[i].arg);
            give_room(&stage.feeds[i]);
        }
        assert_false(stage.feeds[i].is_open);
        rn_buf_done(&stage.feeds[i].got);
    }
    rig_drain();
    rn_fanout_free(stage.fanout);
    rn_claims_free(stage.claims);
    return rig_end(state);
}

#endif
