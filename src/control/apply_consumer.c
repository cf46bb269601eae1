/* apply_consumer.c - one function per command about a stream's consumers; see apply.h.
 *
 *            REGISTER_CONSUMER          CONSUMER_READY
 *   (none) ────────────────────▶ CREATING ──────▶ ACTIVE
 *      ▲                            │               │
 *      │       CONSUMER_GONE        ▼  DEREGISTER   ▼
 *      └───────────────────────── DELETING ◀────────┘
 *
 * REGISTER_CONSUMER wants an ACTIVE stream; the others take any that is there. As with streams, READY and
 * GONE may come twice, or late, and then change nothing. A stream in DELETING has only consumers in
 * DELETING, and they go with it. */
#include "control/apply.h"

#include <stdlib.h>

static bool over(uint64_t count, uint32_t limit, struct rn_change *change)
{
    change->numbers[1] = limit;
    return limit > 0 && count >= limit;
}

static enum rn_verdict judge_register(const struct rn_stream *stream,
                                      const struct rn_register_consumer *wish,
                                      struct rn_change *change)
{
    size_t creating = 0;

    if (rn_stream_consumer(stream, wish->name)) {
        return RN_VERDICT_CONSUMER_EXISTS;
    }
    for (size_t i = 0; i < stream->consumer_count; i++) {
        creating += stream->consumers[i].status == RN_CONSUMER_CREATING;
    }
    if (over(stream->consumer_count, wish->consumers_max, change) ||
        over(stream->consumer_count, RN_STREAM_CONSUMERS_MAX, change)) {
        return RN_VERDICT_CONSUMER_LIMIT;
    }
    if (over(creating, wish->creating_max, change)) {
        return RN_VERDICT_CONSUMERS_CREATING;
    }
    change->numbers[1] = 0;
    return RN_VERDICT_OK;
}

/* The stream's list becomes the first `kept` of it, then `added` (may be NULL), then those from `from` on. */
static rn_err relist(struct rn_change *change, struct rn_slot *slot, size_t kept,
                     const struct rn_consumer *added, size_t from)
{
    struct rn_stream draft = rn_slot_version(slot)->stream;
    size_t count = 0;
    struct rn_consumer *list = calloc(draft.consumer_count + 1, sizeof(*list));
    rn_err err;

    if (!list) {
        return RN_NOMEM;
    }
    for (; count < kept; count++) {
        list[count] = draft.consumers[count];
    }
    if (added) {
        list[count++] = *added;
    }
    for (; from < draft.consumer_count; from++) {
        list[count++] = draft.consumers[from];
    }
    draft.consumers = list;
    draft.consumer_count = count;
    err = rn_change_become(change, slot, &draft);
    free(list);
    return err;
}

rn_err rn_apply_register_consumer(const struct rn_state *state, const struct rn_command *command,
                                  struct rn_change *change)
{
    const struct rn_register_consumer *wish = &command->as.register_consumer;
    struct rn_slot *slot = rn_change_active_slot(change, state, wish->uid);
    const struct rn_consumer made = {
        .uid = change->offset,
        .name = wish->name,
        .status = RN_CONSUMER_CREATING,
        .created_ms = change->time_ms,
        .tags = wish->tags,
        .tag_count = wish->tag_count,
        .policy = RN_STR(""),
    };
    const struct rn_stream *stream;
    enum rn_verdict verdict;
    size_t at = 0;

    if (!slot) {
        return RN_OK;
    }
    stream = &rn_slot_version(slot)->stream;
    verdict = judge_register(stream, wish, change);
    if (verdict != RN_VERDICT_OK) {
        return rn_change_decide(change, verdict);
    }
    while (at < stream->consumer_count && rn_str_cmp(stream->consumers[at].name, wish->name) < 0) {
        at++;
    }
    change->consumer_uid = made.uid;
    return relist(change, slot, at, &made, at);
}

struct rn_slot *rn_change_consumer(struct rn_change *change, const struct rn_state *state,
                                   const struct rn_consumer_named *named, size_t *ret_at)
{
    struct rn_slot *slot = rn_state_slot_uid(state, named->uid);
    const struct rn_consumer *consumer;

    change->uid = named->uid;
    change->consumer_uid = named->consumer_uid;
    if (!slot) {
        change->verdict = RN_VERDICT_NOT_FOUND;
        return NULL;
    }
    consumer = rn_stream_consumer_uid(&rn_slot_version(slot)->stream, named->consumer_uid);
    if (!consumer) {
        change->verdict = RN_VERDICT_NO_CONSUMER;
        return NULL;
    }
    *ret_at = (size_t)(consumer - rn_slot_version(slot)->stream.consumers);
    return slot;
}

static rn_err move_to(struct rn_change *change, struct rn_slot *slot, size_t at,
                      enum rn_consumer_status status)
{
    struct rn_stream draft = rn_slot_version(slot)->stream;
    rn_err err = rn_change_become(change, slot, &draft);

    if (!err) {
        change->version->consumers[at].status = status;
    }
    return err;
}

static enum rn_consumer_status status_of(const struct rn_slot *slot, size_t at)
{
    return rn_slot_version(slot)->stream.consumers[at].status;
}

static rn_err not_active(struct rn_change *change, enum rn_consumer_status status)
{
    change->numbers[0] = status;
    return rn_change_decide(change, RN_VERDICT_CONSUMER_NOT_ACTIVE);
}

rn_err rn_apply_consumer_ready(const struct rn_state *state, const struct rn_command *command,
                               struct rn_change *change)
{
    size_t at;
    struct rn_slot *slot = rn_change_consumer(change, state, &command->as.consumer, &at);

    if (!slot) {
        return RN_OK;
    }
    switch (status_of(slot, at)) {
    case RN_CONSUMER_ACTIVE:
        return rn_change_decide(change, RN_VERDICT_OK); /* reported twice */
    case RN_CONSUMER_DELETING:
        return not_active(change, RN_CONSUMER_DELETING);
    case RN_CONSUMER_CREATING:
        break;
    }
    return move_to(change, slot, at, RN_CONSUMER_ACTIVE);
}

rn_err rn_apply_deregister_consumer(const struct rn_state *state, const struct rn_command *command,
                                    struct rn_change *change)
{
    size_t at;
    struct rn_slot *slot = rn_change_consumer(change, state, &command->as.consumer, &at);

    if (!slot) {
        return RN_OK;
    }
    return status_of(slot, at) == RN_CONSUMER_DELETING
               ? rn_change_decide(change, RN_VERDICT_OK)
               : move_to(change, slot, at, RN_CONSUMER_DELETING);
}

rn_err rn_apply_consumer_gone(const struct rn_state *state, const struct rn_command *command,
                              struct rn_change *change)
{
    size_t at;
    struct rn_slot *slot = rn_change_consumer(change, state, &command->as.consumer, &at);

    if (!slot) {
        return RN_OK; /* reported twice */
    }
    return status_of(slot, at) == RN_CONSUMER_DELETING ? relist(change, slot, at, NULL, at + 1)
                                                       : not_active(change, status_of(slot, at));
}
