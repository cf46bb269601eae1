/* apply.c - one function per command; see apply.h.
 *
 *            CREATE_STREAM            STREAM_READY
 *   (none) ─────────────────▶ CREATING ─────────▶ ACTIVE, UPDATING
 *      ▲                          │                  │
 *      │       STREAM_GONE        ▼  DELETE_STREAM   ▼
 *      └────────────────────── DELETING ◀────────────┘
 *
 * STREAM_READY and STREAM_GONE report what a task did and may come twice, or late: out of place they
 * change nothing. DELETE_STREAM of a stream in DELETING is OK. */
#include "control/apply.h"

#include <assert.h>
#include <stdlib.h>

static rn_err decide(struct rn_change *change, enum rn_verdict verdict)
{
    change->verdict = verdict;
    return RN_OK;
}

rn_err rn_apply_genesis(const struct rn_state *state, const struct rn_command *command,
                        struct rn_change *change)
{
    if (state->level > 0) {
        return decide(
            change, RN_VERDICT_EXISTS); /* two processes began at once; the first in the log won */
    }
    change->kind = RN_CHANGE_GENESIS;
    change->genesis = &command->as.genesis;
    return decide(change, RN_VERDICT_OK);
}

/* EXISTS, then the limits that the command carries. */
static enum rn_verdict judge_create(const struct rn_state *state,
                                    const struct rn_create_stream *create, struct rn_change *change)
{
    const struct rn_slot *same = rn_state_slot(state, create->name);
    uint64_t open = rn_state_open_shard_count(state);

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

static void fill_new_stream(struct rn_version *version, const struct rn_create_stream *create,
                            const struct rn_change *change)
{
    struct rn_stream *stream = &version->stream;

    stream->uid = change->offset;
    stream->status = RN_STREAM_CREATING;
    stream->mode = create->mode;
    stream->created_ms = stream->updated_ms = change->time_ms;
    stream->retention_hours = RN_STREAM_RETENTION_HOURS;
    stream->record_kib_max = create->record_kib_max;
    for (uint32_t i = 0; i < create->shard_count; i++) {
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
    rn_version_seal(version);
}

rn_err rn_apply_create_stream(const struct rn_state *state, const struct rn_command *command,
                              struct rn_change *change)
{
    const struct rn_create_stream *create = &command->as.create_stream;
    enum rn_verdict verdict = judge_create(state, create, change);

    if (verdict != RN_VERDICT_OK) {
        return decide(change, verdict);
    }
    memset(change->numbers, 0, sizeof(change->numbers));
    change->version =
        rn_version_new(create->name, create->shard_count, create->tags, create->tag_count);
    if (!change->version) {
        return RN_NOMEM;
    }
    fill_new_stream(change->version, create, change);
    change->slot = rn_slot_new(change->version);
    if (!change->slot) {
        rn_version_unref(change->version);
        return RN_NOMEM;
    }
    change->uid = change->offset;
    change->kind = RN_CHANGE_INSERT;
    return decide(change, RN_VERDICT_OK);
}

/* The stream goes over to `status`; the caller may change more of change->version. */
static rn_err move_to(struct rn_slot *slot, enum rn_stream_status status, struct rn_change *change)
{
    struct rn_version *version = rn_version_copy(rn_slot_version(slot));

    if (!version) {
        return RN_NOMEM;
    }
    version->stream.status = status;
    version->stream.updated_ms = change->time_ms;
    change->kind = RN_CHANGE_REPLACE;
    change->slot = slot;
    change->version = version;
    return decide(change, RN_VERDICT_OK);
}

static rn_err not_active(const struct rn_slot *slot, struct rn_change *change)
{
    change->numbers[0] = rn_slot_version(slot)->stream.status;
    return decide(change, RN_VERDICT_NOT_ACTIVE);
}

rn_err rn_apply_stream_ready(const struct rn_state *state, const struct rn_command *command,
                             struct rn_change *change)
{
    struct rn_slot *slot = rn_state_slot_uid(state, command->as.uid);
    rn_err err;

    change->uid = command->as.uid;
    if (!slot) {
        return decide(change, RN_VERDICT_NOT_FOUND);
    }
    switch (rn_slot_version(slot)->stream.status) {
    case RN_STREAM_ACTIVE:
    case RN_STREAM_UPDATING:
        return decide(change, RN_VERDICT_OK); /* reported twice */
    case RN_STREAM_DELETING:
        return not_active(slot, change);
    case RN_STREAM_CREATING:
        break;
    }
    err = move_to(slot, RN_STREAM_ACTIVE, change);
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

    if (!slot ||
        (delete->uid != 0 && slot->uid != delete->uid)) { /* uid 0: whichever has the name */
        return decide(change, RN_VERDICT_NOT_FOUND);
    }
    change->uid = slot->uid;
    if (rn_slot_version(slot)->stream.status == RN_STREAM_DELETING) {
        return decide(change, RN_VERDICT_OK);
    }
    return move_to(slot, RN_STREAM_DELETING, change);
}

rn_err rn_apply_stream_gone(const struct rn_state *state, const struct rn_command *command,
                            struct rn_change *change)
{
    struct rn_slot *slot = rn_state_slot_uid(state, command->as.uid);

    change->uid = command->as.uid;
    if (!slot) {
        return decide(change, RN_VERDICT_NOT_FOUND); /* reported twice */
    }
    if (rn_slot_version(slot)->stream.status != RN_STREAM_DELETING) {
        return not_active(slot, change);
    }
    change->kind = RN_CHANGE_REMOVE;
    change->slot = slot;
    return decide(change, RN_VERDICT_OK);
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
    }
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
