/* event.c - events as messages of the event stream. */
#include "codec/eventstream.h"

#include "fanout/inside.h"
#include "model/seqno.h"
#include "service/inside.h"
#include "service/records.h"
#include "shape/kinesis_subscribe.h"

#define JSON RN_STR_INIT("application/x-amz-json-1.1")

static const struct rn_event_field initial[] = {
    {RN_STR_INIT(":event-type"), RN_STR_INIT("initial-response")},
    {RN_STR_INIT(":content-type"), JSON},
    {RN_STR_INIT(":message-type"), RN_STR_INIT("event")},
};
static const struct rn_event_field data[] = {
    {RN_STR_INIT(":event-type"), RN_STR_INIT("SubscribeToShardEvent")},
    {RN_STR_INIT(":content-type"), JSON},
    {RN_STR_INIT(":message-type"), RN_STR_INIT("event")},
};
enum { FIELDS = 3 };

void rn_fanout_write_first(struct rn_buf *buf)
{
    size_t began = rn_event_begin(buf, initial, FIELDS);

    rn_buf_add_str(buf, RN_STR("{}"));
    rn_event_end(buf, began);
}

/* Resuming behind it goes on at `next`: it is the number of what lies right before. */
static rn_str continuation(const struct rn_subscription *sub, uint64_t next, char *text)
{
    struct rn_seqno number = {
        .shard_created_s = sub->shard_created_s,
        .ix = next,
        .time_s = sub->shard_created_s,
        .shard_index = sub->shard_index,
        .version = 2,
    };

    return rn_str_make(text, rn_seqno_format(&number, text));
}

static bool fill(const struct rn_subscription *sub, struct rn_arena *arena,
                 const struct rn_get *get, struct rn_kinesis_subscribe_to_shard_event *event,
                 char *number)
{
    event->records = (struct rn_items){.set = true};
    event->millis_behind_latest =
        (struct rn_number){.value = get ? get->millis_behind : sub->behind_ms, .set = true};
    if (get && !rn_write_records(arena, get, &event->records)) {
        return false;
    }
    if (get && get->finished) {
        return rn_write_children(arena, get->stream, get->shard, &event->child_shards);
    }
    event->continuation_sequence_number = continuation(sub, get ? get->next : sub->next, number);
    return true;
}

void rn_fanout_write_event(const struct rn_subscription *sub, struct rn_arena *arena,
                           const struct rn_get *get, struct rn_buf *buf)
{
    struct rn_kinesis_subscribe_to_shard_event event = {.records.set = false};
    char number[RN_SEQNO_TEXT_BYTES];
    size_t began;

    if (!fill(sub, arena, get, &event, number)) {
        buf->failed = true;
        return;
    }
    began = rn_event_begin(buf, data, FIELDS);
    rn_json_encode(&rn_kinesis_subscribe_to_shard_event_shape, &event, buf);
    rn_event_end(buf, began);
}

/* ---- ends ---- */

rn_str rn_fanout_in_use(struct rn_arena *arena, rn_str account, rn_str stream, uint32_t shard_index,
                        rn_str consumer)
{
    char shard[RN_SHARD_ID_TEXT_BYTES];

    rn_shard_id_format(shard_index, shard);
    return rn_arena_printf(arena,
                           "Another active subscription exists for this consumer: "
                           "%.*s:%.*s:%s:%.*s",
                           RN_STR_ARG(account), RN_STR_ARG(stream), shard, RN_STR_ARG(consumer));
}

static rn_str words_of(const struct rn_subscription *sub, struct rn_arena *arena)
{
    rn_str account = sub->service->account;
    char shard[RN_SHARD_ID_TEXT_BYTES];

    switch (sub->end) {
    case RN_FANOUT_ENDS_TAKEN_OVER:
        return rn_fanout_in_use(arena, account, rn_str_c(sub->stream), sub->shard_index,
                                rn_str_c(sub->consumer));
    case RN_FANOUT_ENDS_CONSUMER_GONE:
        return rn_arena_printf(arena, "Consumer %s, account %.*s not found.", sub->consumer,
                               RN_STR_ARG(account));
    case RN_FANOUT_ENDS_STREAM_GONE:
        return rn_arena_printf(arena, "Stream %s under account %.*s not found.", sub->stream,
                               RN_STR_ARG(account));
    case RN_FANOUT_ENDS_SHARD_GONE:
        rn_shard_id_format(sub->shard_index, shard);
        return rn_arena_printf(arena, "Shard %s in stream %s under account %.*s does not exist",
                               shard, sub->stream, RN_STR_ARG(account));
    case RN_FANOUT_ENDS_FAILED:
        return RN_STR("Internal service failure.");
    case RN_FANOUT_ENDS_ORDERLY:
        break;
    }
    return RN_STR_NONE;
}

static rn_str type_of(enum rn_fanout_end end)
{
    switch (end) {
    case RN_FANOUT_ENDS_TAKEN_OVER:
        return RN_STR("ResourceInUseException");
    case RN_FANOUT_ENDS_CONSUMER_GONE:
    case RN_FANOUT_ENDS_STREAM_GONE:
    case RN_FANOUT_ENDS_SHARD_GONE:
        return RN_STR("ResourceNotFoundException");
    case RN_FANOUT_ENDS_FAILED:
        return RN_STR("InternalFailureException");
    case RN_FANOUT_ENDS_ORDERLY:
        break;
    }
    return RN_STR_NONE;
}

void rn_fanout_write_end(const struct rn_subscription *sub, struct rn_buf *buf)
{
    const struct rn_event_field fields[FIELDS] = {
        {RN_STR(":exception-type"), type_of(sub->end)},
        {RN_STR(":content-type"), JSON},
        {RN_STR(":message-type"), RN_STR("exception")},
    };
    struct rn_arena *arena = rn_fanout_take_arena(sub->fanout);
    rn_str words = arena ? words_of(sub, arena) : RN_STR_NONE;
    size_t began;

    if (!words.data) {
        buf->failed = true;
    } else {
        began = rn_event_begin(buf, fields, FIELDS);
        rn_buf_add_str(buf, RN_STR("{\"message\":"));
        rn_json_encode_string(words, buf);
        rn_buf_add_c(buf, '}');
        rn_event_end(buf, began);
    }
    rn_fanout_give_arena(sub->fanout, arena);
}
