/* state.c - the published view: what readers ask, and how the writer changes it.
 *
 * A change is one atomic store of a slot's version, or the linking or unlinking of a slot; what it
 * replaces goes to the epoch. Counts are atomics of their own: a reader may see a count a moment
 * before or after the stream it counts. */
#include "control/inside.h"

#include "base/list.h"
#include "crypto/crypto.h"

#include <assert.h>
#include <stdlib.h>

/* All else is zero. */
static void init(struct rn_state *state, struct rn_epoch *epoch)
{
    state->epoch = epoch;
    rn_slots_init(&state->slots);
    atomic_init(&state->stream_count, 0);
    atomic_init(&state->open_shards, 0);
    atomic_init(&state->on_demand_count, 0);
    atomic_init(&state->commitment_started_ms, 0);
    atomic_init(&state->commitment_ends_ms, 0);
    for (int i = 0; i < RN_LIMIT_COUNT; i++) {
        atomic_init(&state->limits[i], RN_LIMIT_UNSET);
    }
}

struct rn_state *rn_state_new(struct rn_epoch *epoch)
{
    struct rn_state *state = calloc(1, sizeof(*state));

    if (state) {
        init(state, epoch);
    }
    return state;
}

void rn_state_clear(struct rn_state *state)
{
    struct rn_epoch *epoch = state->epoch;
    struct rn_slot *slot = rn_slots_from_uid(&state->slots, 0);

    while (slot) {
        struct rn_slot *next = rn_slot_next(slot, RN_SLOT_BY_UID);

        rn_version_unref(rn_slot_version(slot));
        free(slot);
        slot = next;
    }
    rn_wipe(state->secret, sizeof(state->secret));
    memset(state, 0, sizeof(*state));
    init(state, epoch);
}

void rn_state_free(struct rn_state *state)
{
    if (state) {
        rn_state_clear(state);
        free(state);
    }
}

static void copy_text(char *to, rn_str from)
{
    memcpy(to, from.data, from.len);
    to[from.len] = '\0';
}

void rn_state_identify(struct rn_state *state, const struct rn_genesis *genesis)
{
    assert(state->level == 0 && genesis->level > 0);
    assert(genesis->region.len < sizeof(state->region) &&
           genesis->account.len < sizeof(state->account));
    memcpy(state->cluster_id, genesis->cluster_id, sizeof(state->cluster_id));
    memcpy(state->secret, genesis->secret, sizeof(state->secret));
    copy_text(state->region, genesis->region);
    copy_text(state->account, genesis->account);
    state->level = genesis->level;
}

/* So many more shards will be open than now. */
static uint64_t opening(const struct rn_stream *stream)
{
    if (stream->status != RN_STREAM_UPDATING) {
        return 0;
    }
    switch (stream->reshard.kind) {
    case RN_RESHARD_SPLIT:
        return 1;
    case RN_RESHARD_COUNT:
        return stream->reshard.target > stream->open_count
                   ? stream->reshard.target - stream->open_count
                   : 0;
    case RN_RESHARD_MERGE:
    case RN_RESHARD_NONE:
        break;
    }
    return 0;
}

/* Add or take away what a version counts. */
static void count(struct rn_state *state, const struct rn_version *version, int sign)
{
    uint64_t shards = version->stream.open_count;
    size_t on_demand = version->stream.mode == RN_STREAM_ON_DEMAND;

    state->opening += (uint64_t)(int64_t)sign * opening(&version->stream);
    if (rn_stream_in_transition(&version->stream)) {
        assert(sign > 0 || state->in_transition > 0);
        state->in_transition += (uint64_t)(int64_t)sign;
    }
    if (sign > 0) {
        atomic_fetch_add_explicit(&state->open_shards, shards, memory_order_relaxed);
        atomic_fetch_add_explicit(&state->on_demand_count, on_demand, memory_order_relaxed);
    } else {
        atomic_fetch_sub_explicit(&state->open_shards, shards, memory_order_relaxed);
        atomic_fetch_sub_explicit(&state->on_demand_count, on_demand, memory_order_relaxed);
    }
}

void rn_state_set_limit(struct rn_state *state, enum rn_limit limit, int64_t value)
{
    assert(value == RN_LIMIT_UNSET || rn_limit_value_valid(limit, value));
    atomic_store_explicit(&state->limits[limit], value, memory_order_relaxed);
}

/* Two stores: a reader in between sees one that began and did not end, which is what it will see next or
 * saw before. */
void rn_state_set_commitment(struct rn_state *state, const struct rn_commitment *commitment)
{
    if (commitment->ends_ms == 0) {
        atomic_store_explicit(&state->commitment_ends_ms, 0, memory_order_relaxed);
    }
    atomic_store_explicit(&state->commitment_started_ms, commitment->started_ms,
                          memory_order_relaxed);
    atomic_store_explicit(&state->commitment_ends_ms, commitment->ends_ms, memory_order_relaxed);
}

static void version_retired(struct rn_retired *retired)
{
    rn_version_unref(RN_OWNER(retired, struct rn_version, retired));
}

static void slot_retired(struct rn_retired *retired)
{
    free(RN_OWNER(retired, struct rn_slot, retired));
}

static void retire(struct rn_state *state, struct rn_retired *retired,
                   void (*free_it)(struct rn_retired *retired))
{
    retired->free = free_it;
    if (state->epoch) {
        rn_epoch_retire(state->epoch, retired);
    } else {
        free_it(retired);
    }
}

void rn_state_insert(struct rn_state *state, struct rn_slot *slot)
{
    count(state, rn_slot_version(slot), 1);
    atomic_fetch_add_explicit(&state->stream_count, 1, memory_order_relaxed);
    rn_slots_link(&state->slots, slot);
}

void rn_state_replace(struct rn_state *state, struct rn_slot *slot, struct rn_version *version)
{
    struct rn_version *old = rn_slot_version(slot);

    assert(old->stream.uid == version->stream.uid);
    count(state, old, -1);
    count(state, version, 1);
    atomic_store_explicit(&slot->version, version, memory_order_release);
    retire(state, &old->retired, version_retired);
}

void rn_state_remove(struct rn_state *state, struct rn_slot *slot)
{
    struct rn_version *old = rn_slot_version(slot);

    rn_slots_unlink(&state->slots, slot);
    count(state, old, -1);
    atomic_fetch_sub_explicit(&state->stream_count, 1, memory_order_relaxed);
    retire(state, &old->retired,
           version_retired); /* the slot still points to it, for who stands there */
    retire(state, &slot->retired, slot_retired);
}

struct rn_slot *rn_state_slot(const struct rn_state *state, rn_str name)
{
    struct rn_slot *slot = rn_slots_from_name(&state->slots, name);

    return slot && rn_str_eq(rn_slot_name(slot), name) ? slot : NULL;
}

struct rn_slot *rn_state_slot_uid(const struct rn_state *state, uint64_t uid)
{
    struct rn_slot *slot = rn_slots_from_uid(&state->slots, uid);

    return slot && slot->uid == uid ? slot : NULL;
}

static const struct rn_stream *shown(const struct rn_slot *slot)
{
    return slot ? &rn_slot_version(slot)->stream : NULL;
}

const struct rn_stream *rn_state_find(const struct rn_state *state, rn_str name)
{
    return shown(rn_state_slot(state, name));
}

const struct rn_stream *rn_state_find_uid(const struct rn_state *state, uint64_t uid)
{
    return shown(rn_state_slot_uid(state, uid));
}

const struct rn_stream *rn_state_next(const struct rn_state *state, rn_str after)
{
    struct rn_slot *slot = rn_slots_from_name(&state->slots, after);

    while (slot && rn_str_eq(rn_slot_name(slot), after)) {
        slot = rn_slot_next(slot, RN_SLOT_BY_NAME);
    }
    return shown(slot);
}

size_t rn_state_stream_count(const struct rn_state *state)
{
    return atomic_load_explicit(&state->stream_count, memory_order_relaxed);
}

uint64_t rn_state_open_shard_count(const struct rn_state *state)
{
    return atomic_load_explicit(&state->open_shards, memory_order_relaxed);
}

uint64_t rn_state_changes(const struct rn_state *state)
{
    return atomic_load_explicit(&state->changes, memory_order_acquire);
}

size_t rn_state_on_demand_count(const struct rn_state *state)
{
    return atomic_load_explicit(&state->on_demand_count, memory_order_relaxed);
}

int64_t rn_state_limit(const struct rn_state *state, enum rn_limit limit)
{
    return atomic_load_explicit(&state->limits[limit], memory_order_relaxed);
}

struct rn_commitment rn_state_commitment(const struct rn_state *state)
{
    return (struct rn_commitment){
        .started_ms = atomic_load_explicit(&state->commitment_started_ms, memory_order_relaxed),
        .ends_ms = atomic_load_explicit(&state->commitment_ends_ms, memory_order_relaxed),
    };
}

rn_str rn_state_region(const struct rn_state *state)
{
    return rn_str_c(state->region);
}

rn_str rn_state_account(const struct rn_state *state)
{
    return rn_str_c(state->account);
}
