/* apply.c - one function per command; see apply.h.
 *
 *            CREATE_STREAM            STREAM_READY
 *   (none) ─────────────────▶ CREATING ─────────▶ ACTIVE, UPDATING
 *      ▲                          │                  │
 *      │       STREAM_GONE        ▼  DELETE_STREAM   ▼
 *      └────────────────────── DELETING ◀────────────┘
 *
 * Commands about a stream's consumers: apply_consumer.c. DELETE_UNUSED_STREAM is DELETE_STREAM of a stream
 * that has none; the other takes them along.
 * STREAM_READY and STREAM_GONE report what a task did and may come twice, or late: out of place they
 * change nothing. DELETE_STREAM of a stream in DELETING is OK. SET_RETENTION wants ACTIVE and stays there.
 * SET_LIMITS and SET_COMMITMENT are about no stream. How a stream goes through UPDATING: to other shards,
 * apply_reshard.c; to other settings, apply_settings.c. */
#include "control/apply.h"

#include <assert.h>
#include <stdlib.h>

rn_err rn_change_decide(struct rn_change *change, enum rn_verdict verdict)
{
    change->verdict = verdict;
    return RN_OK;
}

rn_err rn_apply_genesis(const struct rn_state *state, const struct rn_command *command,
                        struct rn_change *change)
{
    if (state->level > 0) {
        return rn_change_decide(
            change, RN_VERDICT_EXISTS); /* two processes began at once; the first in the log won */
    }
    change->kind = RN_CHANGE_GENESIS;
    change->genesis = &command->as.genesis;
    return rn_change_decide(change, RN_VERDICT_OK);
}

/* EXISTS, then the limits that the command carries. */
static enum rn_verdict judge_create(const struct rn_state *state,
                                    const struct rn_create_stream *create, struct rn_change *change)
{
    const struct rn_slot *same = rn_state_slot(state, create->name);
    uint64_t open = rn_state_open_shard_count(state) + state->opening;

    if (same) {
        change->uid = same->uid;
        return RN_VERDICT_EXISTS;
    }
    change->numbers[0] = open;
    change->numbers[2] = create->shard_count;
    if (create->shards_per_account_max > 0 &&
        open + create->shard_count > create->shards_per_account_max) {
        change->numbers[1] = create->shards_per_account_max;
        return RN_VERDICT_SHARD_LIMIT;
    }
    if (create->shard_count > RN_STREAM_SHARDS_MAX) {
        change->numbers[1] = RN_STREAM_SHARDS_MAX;
        return RN_VERDICT_SHARD_LIMIT;
    }
    if (create->creating_max > 0 && state->in_transition >= create->creating_max) {
        change->numbers[0] = state->in_transition;
        change->numbers[1] = create->creating_max;
        change->numbers[2] = 0;
        return RN_VERDICT_TRANSITION_LIMIT;
    }
    return RN_VERDICT_OK;
}

static struct rn_version *new_stream(const struct rn_create_stream *create,
                                     const struct rn_change *change)
{
    struct rn_stream draft = {
        .uid = change->offset,
        .name_len = create->name.len,
        .status = RN_STREAM_CREATING,
        .mode = create->mode,
        .created_ms = change->time_ms,
        .updated_ms = change->time_ms,
        .retention_hours = RN_STREAM_RETENTION_HOURS,
        .record_kib_max = create->record_kib_max,
        .tags = create->tags,
        .tag_count = create->tag_count,
        .shard_count = create->shard_count,
        .lanes = create->shard_count,
        .warm_mib = create->warm_mib,
    };
    struct rn_version *version;

    memcpy(draft.name, create->name.data, create->name.len);
    version = rn_version_make(&draft);
    for (uint32_t i = 0; version && i < create->shard_count; i++) {
        version->shards[i] = (struct rn_shard){
            .index = i,
            .parent = RN_SHARD_NONE,
            .adjacent_parent = RN_SHARD_NONE,
            .range = rn_hash_range_initial(i, create->shard_count),
            .created_s = change->time_ms / 1000,
            .lane = i,
            .start = 0,
            .end = RN_SHARD_OPEN_END,
        };
    }
    if (version) {
        rn_version_seal(version);
    }
    return version;
}

rn_err rn_apply_create_stream(const struct rn_state *state, const struct rn_command *command,
                              struct rn_change *change)
{
    const struct rn_create_stream *create = &command->as.create_stream;
    enum rn_verdict verdict = judge_create(state, create, change);

    if (verdict != RN_VERDICT_OK) {
        return rn_change_decide(change, verdict);
    }
    memset(change->numbers, 0, sizeof(change->numbers));
    change->version = new_stream(create, change);
    if (!change->version) {
        return RN_NOMEM;
    }
    change->slot = rn_slot_new(change->version);
    if (!change->slot) {
        rn_version_unref(change->version);
        return RN_NOMEM;
    }
    change->uid = change->offset;
    change->kind = RN_CHANGE_INSERT;
    return rn_change_decide(change, RN_VERDICT_OK);
}

rn_err rn_change_become(struct rn_change *change, struct rn_slot *slot, struct rn_stream *draft)
{
    struct rn_version *version;

    draft->updated_ms = change->time_ms;
    version = rn_version_make(draft);
    if (!version) {
        return RN_NOMEM;
    }
    change->kind = RN_CHANGE_REPLACE;
    change->slot = slot;
    change->version = version;
    return rn_change_decide(change, RN_VERDICT_OK);
}

static rn_err move_to(struct rn_slot *slot, enum rn_stream_status status, struct rn_change *change)
{
    struct rn_stream draft = rn_slot_version(slot)->stream;

    draft.status = status;
    return rn_change_become(change, slot, &draft);
}

static rn_err not_active(const struct rn_slot *slot, struct rn_change *change)
{
    change->numbers[0] = rn_slot_version(slot)->stream.status;
    return rn_change_decide(change, RN_VERDICT_NOT_ACTIVE);
}

rn_err rn_apply_stream_ready(const struct rn_state *state, const struct rn_command *command,
                             struct rn_change *change)
{
    struct rn_slot *slot = rn_state_slot_uid(state, command->as.uid);
    rn_err err;

    change->uid = command->as.uid;
    if (!slot) {
        return rn_change_decide(change, RN_VERDICT_NOT_FOUND);
    }
    switch (rn_slot_version(slot)->stream.status) {
    case RN_STREAM_ACTIVE:
        return rn_change_decide(change, RN_VERDICT_OK); /* reported twice */
    case RN_STREAM_UPDATING:
        return rn_apply_settled(slot, change);
    case RN_STREAM_DELETING:
        return not_active(slot, change);
    case RN_STREAM_CREATING:
        break;
    }
    err = move_to(slot, RN_STREAM_ACTIVE, change);
    if (!err) {
        change->version->stream.warm_now_mib = change->version->stream.warm_mib;
    }
    for (size_t i = 0; !err && i < change->version->stream.shard_count; i++) {
        change->version->shards[i].opened_ms = change->time_ms;
    }
    return err;
}

rn_err rn_apply_delete_stream(const struct rn_state *state, const struct rn_command *command,
                              struct rn_change *change)
{
    const struct rn_delete_stream *delete = &command->as.delete_stream;
    struct rn_slot *slot = rn_state_slot(state, delete->name);
    rn_err err;

    if (!slot ||
        (delete->uid != 0 && slot->uid != delete->uid)) { /* uid 0: whichever has the name */
        return rn_change_decide(change, RN_VERDICT_NOT_FOUND);
    }
    change->uid = slot->uid;
    if (rn_slot_version(slot)->stream.status == RN_STREAM_DELETING) {
        return rn_change_decide(change, RN_VERDICT_OK);
    }
    err = move_to(slot, RN_STREAM_DELETING, change);
    for (size_t i = 0; !err && i < change->version->stream.consumer_count; i++) {
        change->version->consumers[i].status = RN_CONSUMER_DELETING;
    }
    return err;
}

rn_err rn_apply_delete_unused_stream(const struct rn_state *state, const struct rn_command *command,
                                     struct rn_change *change)
{
    const struct rn_delete_stream *delete = &command->as.delete_stream;
    struct rn_slot *slot = rn_state_slot(state, delete->name);
    const struct rn_stream *stream = slot ? &rn_slot_version(slot)->stream : NULL;

    if (stream && (delete->uid == 0 || delete->uid == stream->uid) &&
        stream->status != RN_STREAM_DELETING && stream->consumer_count > 0) {
        change->uid = stream->uid;
        return rn_change_decide(change, RN_VERDICT_HAS_CONSUMERS);
    }
    return rn_apply_delete_stream(state, command, change);
}

rn_err rn_apply_stream_gone(const struct rn_state *state, const struct rn_command *command,
                            struct rn_change *change)
{
    struct rn_slot *slot = rn_state_slot_uid(state, command->as.uid);

    change->uid = command->as.uid;
    if (!slot) {
        return rn_change_decide(change, RN_VERDICT_NOT_FOUND); /* reported twice */
    }
    if (rn_slot_version(slot)->stream.status != RN_STREAM_DELETING) {
        return not_active(slot, change);
    }
    change->kind = RN_CHANGE_REMOVE;
    change->slot = slot;
    return rn_change_decide(change, RN_VERDICT_OK);
}

struct rn_slot *rn_change_active_slot(struct rn_change *change, const struct rn_state *state,
                                      uint64_t uid)
{
    struct rn_slot *slot = rn_state_slot_uid(state, uid);

    change->uid = uid;
    if (!slot) {
        change->verdict = RN_VERDICT_NOT_FOUND;
        return NULL;
    }
    if (rn_slot_version(slot)->stream.status != RN_STREAM_ACTIVE) {
        (void)not_active(slot, change);
        return NULL;
    }
    return slot;
}

/* What had expired by the old retention stays gone, whatever the new one: trimmed_ms says so. */
rn_err rn_apply_set_retention(const struct rn_state *state, const struct rn_command *command,
                              struct rn_change *change)
{
    const struct rn_set_retention *set = &command->as.set_retention;
    struct rn_slot *slot = rn_change_active_slot(change, state, set->uid);
    const struct rn_stream *stream;
    struct rn_stream draft;

    if (!slot) {
        return RN_OK;
    }
    stream = &rn_slot_version(slot)->stream;
    if (set->hours == stream->retention_hours) {
        return rn_change_decide(change, RN_VERDICT_OK);
    }
    if ((set->hours < stream->retention_hours) == (set->change == RN_RETENTION_INCREASE)) {
        change->numbers[0] = stream->retention_hours;
        return rn_change_decide(change, RN_VERDICT_RETENTION);
    }
    draft = *stream;
    draft.trimmed_ms = rn_stream_kept_from_ms(
        stream, set->seen_ms > change->time_ms ? set->seen_ms : change->time_ms);
    draft.retention_hours = set->hours;
    change->retention = true;
    return rn_change_become(change, slot, &draft);
}

rn_err rn_apply_set_limits(const struct rn_state *state, const struct rn_command *command,
                           struct rn_change *change)
{
    (void)state;
    change->kind = RN_CHANGE_LIMITS;
    change->limits = &command->as.set_limits;
    return rn_change_decide(change, RN_VERDICT_OK);
}

rn_err rn_apply(const struct rn_state *state, const struct rn_command *command, uint64_t offset,
                int64_t append_ms, struct rn_change *ret_change)
{
    const struct rn_command_row *row = rn_command_row(command->type);

    assert(row && offset >= state->next);
    *ret_change = (struct rn_change){
        .offset = offset,
        .time_ms = append_ms > state->time_ms ? append_ms : state->time_ms,
    };
    if (state->level == 0 && command->type != RN_COMMAND_GENESIS) {
        return RN_CORRUPT;
    }
    return row->apply(state, command, ret_change);
}

static void set_limits(struct rn_state *state, const struct rn_set_limits *set)
{
    for (int i = 0; i < RN_LIMIT_COUNT; i++) {
        if (set->value[i] != RN_LIMIT_KEEP) {
            rn_state_set_limit(state, (enum rn_limit)i, set->value[i]);
        }
    }
}

void rn_change_commit(struct rn_state *state, const struct rn_change *change)
{
    switch (change->kind) {
    case RN_CHANGE_NONE:
        break;
    case RN_CHANGE_GENESIS:
        rn_state_identify(state, change->genesis);
        break;
    case RN_CHANGE_INSERT:
        rn_state_insert(state, change->slot);
        break;
    case RN_CHANGE_REPLACE:
        rn_state_replace(state, change->slot, change->version);
        break;
    case RN_CHANGE_REMOVE:
        rn_state_remove(state, change->slot);
        break;
    case RN_CHANGE_LIMITS:
        set_limits(state, change->limits);
        break;
    case RN_CHANGE_COMMITMENT:
        rn_state_set_commitment(state, &change->commitment);
        break;
    }
    atomic_fetch_add_explicit(&state->changes, 1, memory_order_release);
    state->next = change->offset + 1;
    state->time_ms = change->time_ms;
}

void rn_change_drop(struct rn_change *change)
{
    rn_version_unref(change->version);
    if (change->kind == RN_CHANGE_INSERT) {
        free(change->slot);
    }
    change->version = NULL;
    change->slot = NULL;
    change->kind = RN_CHANGE_NONE;
}
