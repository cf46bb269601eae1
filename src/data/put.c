/* put.c - records into their shards' lanes: route, group, charge, submit once, say what became of
 * each.
 *
 *   rn_data_put ─▶ round_plan ─▶ round_send ─▶ (engine) ─▶ settle ─▶ put->done
 *                      ▲                                    │ │ ▲
 *                      │                     shard closing: │ └─┘ wait for its end
 *                      └───────── newest stream ◀───────────┘ shard closed, or lane gone
 *
 * A round is one submit. Records of one shard keep their order in it. Further rounds exist for
 * resharding: a record for a shard that is closed, or that turns out to lie behind the shard's end,
 * is routed again by the newest version of its stream, and no client hears of it. A stored record is
 * acknowledged by the rule of guard.h. Only the first round is charged. A record that is still
 * without a shard after ROUNDS_MAX fails: more would be a loop fed from outside. */
#include <assert.h>

#include "base/list.h"
#include "data/runtime.h"

_Static_assert((int)RN_PUT_RECORDS_MAX <= (int)RN_RUNS_PER_SUBMIT_MAX,
               "a run per record is the worst case");

enum { ROUNDS_MAX = 8, HEAT_KEYS_PER_RUN = 4 };

struct group {
    const struct rn_shard *shard;
    size_t first, count;      /* in work.records and work.source */
    const struct rn_run *run; /* NULL: not sent, the shard was closing or closed */
};

enum { NO_GROUP = UINT16_MAX };

/* While a round is planned: which shard has which group, which record belongs to which. */
struct group_index {
    uint16_t *slots;    /* group + 1; 0: free. At most half of them are taken */
    size_t slot_count;  /* a power of two */
    uint16_t *group_of; /* by record, or NO_GROUP */
};

struct put_work {
    struct rn_data *data;
    struct rn_put *put;
    struct rn_submit submit;
    struct rn_run *runs;
    struct group *groups; /* that were granted something */
    size_t group_count;
    struct rn_record *records; /* by shard */
    uint16_t *source;          /* records[i] is put->records[source[i]] */
    size_t settled;            /* groups whose records have their results */
    struct rn_guard_wait wait; /* for the next one's shard */
    uint16_t *missed;          /* in put->records: to be routed again */
    size_t missed_count;
    const struct rn_stream *old_streams[ROUNDS_MAX]; /* put->stream of the rounds before */
    size_t round;
};

/* The group of `shard`, found by open addressing over its index, made if new. */
static uint16_t group_of_shard(struct put_work *work, struct group_index *index,
                               const struct rn_shard *shard)
{
    size_t slot = (size_t)shard->index * 2654435761u & (index->slot_count - 1);

    while (index->slots[slot] && work->groups[index->slots[slot] - 1].shard != shard) {
        slot = (slot + 1) & (index->slot_count - 1);
    }
    if (!index->slots[slot]) {
        work->groups[work->group_count++] = (struct group){.shard = shard};
        index->slots[slot] = (uint16_t)work->group_count;
    }
    return (uint16_t)(index->slots[slot] - 1);
}

/* O(records), whatever the number of shards. A record without an open shard fails at once. */
static void group_records(struct put_work *work, struct group_index *index, const uint16_t *which,
                          size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct rn_put_record *record = &work->put->records[which[i]];
        const struct rn_shard *shard = rn_stream_route(work->put->stream, record->hash_key);

        record->shard = shard;
        record->result = RN_PUT_FAILED;
        index->group_of[i] = NO_GROUP;
        if (shard && shard->cell) {
            index->group_of[i] = group_of_shard(work, index, shard);
            work->groups[index->group_of[i]].count++;
        }
    }
}

/* Lay the records out by group, each group in the order of the request. */
static void lay_out(struct put_work *work, const uint16_t *which, size_t count,
                    const uint16_t *group_of)
{
    size_t at = 0;

    for (size_t g = 0; g < work->group_count; g++) {
        work->groups[g].first = at;
        at += work->groups[g].count;
        work->groups[g].count = 0; /* counted up again below */
    }
    for (size_t i = 0; i < count; i++) {
        struct group *group;
        size_t place;

        if (group_of[i] == NO_GROUP) {
            continue;
        }
        group = &work->groups[group_of[i]];
        place = group->first + group->count++;
        work->source[place] = which[i];
        work->records[place] = (struct rn_record){
            .key = work->put->records[which[i]].partition_key,
            .value = work->put->records[which[i]].data,
            .stamp = group->shard->index,
            .kind = RN_RECORD_DATA,
        };
    }
}

static bool index_init(struct group_index *index, struct rn_arena *arena, size_t count)
{
    index->slot_count = 2;
    while (index->slot_count < 2 * count) {
        index->slot_count *= 2;
    }
    index->slots = rn_arena_zalloc(arena, index->slot_count, sizeof(*index->slots));
    index->group_of = rn_arena_alloc(arena, count * sizeof(*index->group_of));
    return index->slots && index->group_of;
}

/* Route and group `which` into fresh memory of the request's arena. */
static rn_err round_plan(struct put_work *work, const uint16_t *which, size_t count)
{
    struct rn_arena *arena = work->put->arena;
    struct group_index index;

    work->groups = rn_arena_alloc(arena, count * sizeof(*work->groups));
    work->source = rn_arena_alloc(arena, count * sizeof(*work->source));
    work->records = rn_arena_alloc(arena, count * sizeof(*work->records));
    if (!index_init(&index, arena, count) || !work->groups || !work->source || !work->records) {
        return RN_NOMEM;
    }
    work->group_count = 0;
    group_records(work, &index, which, count);
    lay_out(work, which, count, index.group_of);
    work->runs = rn_arena_zalloc(arena, work->group_count, sizeof(*work->runs));
    return work->runs ? RN_OK : RN_NOMEM;
}

static void set_results(struct put_work *work, size_t first, size_t end, enum rn_put_result result)
{
    for (size_t i = first; i < end; i++) {
        work->put->records[work->source[i]].result = result;
    }
}

static void set_throttled(struct put_work *work, size_t first, size_t end, enum rn_limit limit)
{
    set_results(work, first, end, RN_PUT_THROTTLED);
    for (size_t i = first; i < end; i++) {
        work->put->records[work->source[i]].limit = limit;
    }
}

/* Charge every group and keep what was granted; groups without a grant go. */
static void round_charge(struct put_work *work, int64_t now_us)
{
    size_t kept = 0;

    for (size_t g = 0; g < work->group_count; g++) {
        struct group group = work->groups[g];
        enum rn_limit limit = RN_LIMIT_NONE;
        size_t granted =
            rn_runtime_grant_write(work->data, rn_runtime_of(group.shard),
                                   &work->records[group.first], group.count, now_us, &limit);

        set_throttled(work, group.first + granted, group.first + group.count, limit);
        group.count = granted;
        if (granted > 0) {
            work->groups[kept++] = group;
        }
    }
    work->group_count = kept;
}

/* A run for each group whose shard takes records now. Returns how many. */
static size_t make_runs(struct put_work *work)
{
    size_t count = 0;

    for (size_t g = 0; g < work->group_count; g++) {
        struct group *group = &work->groups[g];

        group->run = NULL;
        if (rn_guard_ask(&rn_runtime_of(group->shard)->guard) != RN_GUARD_ACK) {
            continue;
        }
        work->runs[count] = (struct rn_run){.lane = group->shard->cell->lane,
                                            .records = &work->records[group->first],
                                            .count = group->count};
        group->run = &work->runs[count++];
    }
    return count;
}

/* The last thing that happens: neither put nor work may be touched after done(). */
static void put_finish(struct put_work *work)
{
    struct rn_put *put = work->put;
    const struct rn_stream *streams[ROUNDS_MAX + 1];
    size_t count = 0;

    streams[count++] = put->stream;
    for (size_t i = 0; i < work->round; i++) {
        streams[count++] = work->old_streams[i];
    }
    put->done.run(&put->done);
    while (count > 0) {
        rn_stream_unref(streams[--count]);
    }
}

static void round_done(struct rn_task *task);
static void settle(struct put_work *work);

/* Nothing was queued, and what is left of the put need not be tried. */
static void refused(struct put_work *work, rn_err err)
{
    for (size_t g = 0; g < work->group_count; g++) {
        size_t first = work->groups[g].first, end = first + work->groups[g].count;

        if (err == RN_FULL) { /* asks to come back later; RN_CLOSED does not */
            set_throttled(work, first, end, RN_LIMIT_NONE);
        } else {
            set_results(work, first, end, RN_PUT_FAILED);
        }
    }
    put_finish(work);
}

/* RN_OK: the round is under way, or was over at once and the put is finished. */
static rn_err round_send(struct put_work *work)
{
    int64_t now_us = rn_clock_mono_us(work->data->options.clock);
    size_t run_count;
    rn_err err;

    if (work->round == 0) {
        round_charge(work, now_us);
    }
    work->settled = 0;
    work->missed_count = 0;
    run_count = make_runs(work);
    if (run_count == 0) {
        settle(work);
        return RN_OK;
    }
    work->submit = (struct rn_submit){
        .runs = work->runs,
        .count = run_count,
        .deadline_us = now_us + work->data->options.put_deadline_ms * 1000,
        .box = work->put->box,
        .done = {.run = round_done},
    };
    err = rn_engine_submit(work->data->options.engine, &work->submit);
    if (err == RN_OK || err == RN_NOMEM) {
        return err;
    }
    refused(work, err);
    return RN_OK;
}

static void miss(struct put_work *work, size_t place)
{
    work->missed[work->missed_count++] = work->source[place];
}

static void miss_all(struct put_work *work, const struct group *group)
{
    for (size_t i = 0; i < group->count; i++) {
        miss(work, group->first + i);
    }
}

/* False: wait for the guard. */
static bool settle_unsent(struct put_work *work, const struct group *group)
{
    switch (rn_guard_ask(&rn_runtime_of(group->shard)->guard)) {
    case RN_GUARD_HOLD:
        return false;
    case RN_GUARD_ACK: /* a guard never opens again */
    case RN_GUARD_ENDED:
        miss_all(work, group);
        break;
    case RN_GUARD_UNKNOWN:
        set_results(work, group->first, group->first + group->count, RN_PUT_FAILED);
        break;
    }
    return true;
}

/* A few of the group's keys, spread over it. */
static void note_heat(struct put_work *work, const struct group *group)
{
    size_t every = group->count / HEAT_KEYS_PER_RUN + 1;

    for (size_t i = 0; i < group->count; i += every) {
        rn_heat_note(&rn_runtime_of(group->shard)->heat,
                     work->put->records[work->source[group->first + i]].hash_key);
    }
}

/* Stored: whose are they? False: wait for the guard. */
static bool settle_stored(struct put_work *work, const struct group *group)
{
    struct rn_runtime *runtime = rn_runtime_of(group->shard);
    enum rn_guard_verdict verdict = rn_guard_ask(&runtime->guard);
    uint64_t bytes = 0, count = 0;

    if (verdict == RN_GUARD_HOLD) {
        return false;
    }
    for (size_t i = 0; i < group->count; i++) {
        struct rn_put_record *record = &work->put->records[work->source[group->first + i]];
        uint64_t offset = rn_run_offset(group->run, i);

        if (verdict == RN_GUARD_UNKNOWN) {
            record->result = RN_PUT_FAILED;
            continue;
        }
        if (verdict == RN_GUARD_ENDED && offset >= rn_guard_end(&runtime->guard)) {
            miss(work, group->first + i);
            continue;
        }
        record->result = RN_PUT_OK;
        record->offset = offset;
        bytes += group->run->records[i].key.len + group->run->records[i].value.len;
        count++;
    }
    if (work->put->stream->mode == RN_STREAM_ON_DEMAND) {
        note_heat(work, group);
    }
    rn_count(&runtime->incoming_records, count);
    rn_count(&runtime->incoming_bytes, bytes);
    rn_data_saw(work->data, group->run->append_ms);
    return true;
}

/* False: the group's shard is closing, and only its end will tell. */
static bool settle_group(struct put_work *work, const struct group *group)
{
    if (!group->run) {
        return settle_unsent(work, group);
    }
    if (group->run->outcome == RN_OUTCOME_OK) {
        return settle_stored(work, group);
    }
    set_results(work, group->first, group->first + group->count, RN_PUT_FAILED);
    if (group->run->outcome == RN_OUTCOME_NO_LANE) {
        miss_all(work, group);
    }
    return true;
}

/* Take the newest version of the stream. False: it is gone, or the same. */
static bool newer_stream(struct put_work *work)
{
    const struct rn_state *state = work->data->state;
    const struct rn_stream *stream =
        state ? rn_state_find_uid(state, work->put->stream->uid) : NULL;

    if (!stream || stream == work->put->stream || stream->status == RN_STREAM_DELETING ||
        work->round == ROUNDS_MAX) {
        return false;
    }
    rn_stream_ref(stream);
    work->old_streams[work->round++] = work->put->stream;
    work->put->stream = stream;
    return true;
}

static void decided(struct rn_task *task)
{
    settle(RN_OWNER(task, struct put_work, wait.decided));
}

/* From the first group without results on; then the next round, or the end. */
static void settle(struct put_work *work)
{
    while (work->settled < work->group_count) {
        const struct group *group = &work->groups[work->settled];

        if (settle_group(work, group)) {
            work->settled++;
            continue;
        }
        work->wait = (struct rn_guard_wait){.box = work->put->box, .decided.run = decided};
        if (rn_guard_wait(&rn_runtime_of(group->shard)->guard, &work->wait)) {
            return;
        }
    }
    if (work->missed_count > 0 && newer_stream(work) &&
        !round_plan(work, work->missed, work->missed_count) && !round_send(work)) {
        return;
    }
    put_finish(work); /* what missed stays FAILED */
}

static void round_done(struct rn_task *task)
{
    settle(RN_OWNER(task, struct put_work, submit.done));
}

rn_err rn_data_put(struct rn_data *data, struct rn_put *put)
{
    struct put_work *work = rn_arena_zalloc(put->arena, 1, sizeof(*work));
    uint16_t *all = rn_arena_alloc(put->arena, put->count * sizeof(*all));
    uint16_t *missed = rn_arena_alloc(put->arena, put->count * sizeof(*missed));
    rn_err err;

    assert(put->count > 0 && put->count <= RN_PUT_RECORDS_MAX);
    if (!work || !all || !missed) {
        return RN_NOMEM;
    }
    work->data = data;
    work->put = put;
    work->missed = missed;
    put->data_private = work;
    for (size_t i = 0; i < put->count; i++) {
        all[i] = (uint16_t)i;
    }
    err = round_plan(work, all, put->count);
    if (err) {
        return err;
    }
    rn_stream_ref(put->stream);
    err = round_send(work);
    if (err) { /* not finished, so put->stream is still ours */
        rn_stream_unref(put->stream);
    }
    return err;
}
