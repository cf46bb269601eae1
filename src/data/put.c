/* put.c - records into their shards' lanes: route, group, charge, submit once, say what became of
 * each.
 *
 *   rn_data_put ─▶ round_plan ─▶ round_send ─▶ (engine) ─▶ round_done ─▶ put->done
 *                      ▲                                        │ lane gone, first time
 *                      └───────────── newest stream ◀───────────┘
 *
 * A round is one submit. Records of one shard keep their order in it. The second round exists for
 * resharding: a put that was routed by an old version of the stream may find its lane closed or
 * gone (NO_LANE: surely not stored), and the server routes it again itself instead of telling the
 * client. Records of the second round are not charged again. More than two rounds would be a loop
 * fed from outside, so a record that misses twice fails. */
#include <assert.h>

#include "base/list.h"
#include "data/runtime.h"

_Static_assert((int)RN_PUT_RECORDS_MAX <= (int)RN_RUNS_PER_SUBMIT_MAX,
               "a run per record is the worst case");

struct group {
    const struct rn_shard *shard;
    size_t first, count; /* in round.records and round.source */
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
    struct group *groups; /* of run i: groups[i] */
    size_t group_count;
    struct rn_record *records;          /* by shard */
    uint16_t *source;                   /* records[i] is put->records[source[i]] */
    bool again;                         /* this is the second round */
    const struct rn_stream *old_stream; /* put->stream of the first round, in the second */
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

/* Charge every group and make runs of what was granted; groups without a grant leave no run. */
static void round_charge(struct put_work *work, int64_t now_us)
{
    size_t kept = 0;

    for (size_t g = 0; g < work->group_count; g++) {
        struct group group = work->groups[g];
        size_t granted = group.count;

        if (!work->again) {
            enum rn_limit limit = RN_LIMIT_NONE;

            granted =
                rn_runtime_grant_write(work->data, rn_runtime_of(group.shard),
                                       &work->records[group.first], group.count, now_us, &limit);
            set_throttled(work, group.first + granted, group.first + group.count, limit);
        }
        if (granted == 0) {
            continue;
        }
        group.count = granted;
        work->groups[kept] = group;
        work->runs[kept] = (struct rn_run){.lane = group.shard->cell->lane,
                                           .records = &work->records[group.first],
                                           .count = granted};
        kept++;
    }
    work->group_count = kept;
}

/* The last thing that happens: neither put nor work may be touched after done(). */
static void put_finish(struct put_work *work)
{
    struct rn_put *put = work->put;
    const struct rn_stream *stream = put->stream;
    const struct rn_stream *old_stream = work->old_stream;

    put->done.run(&put->done);
    rn_stream_unref(stream);
    if (old_stream) {
        rn_stream_unref(old_stream);
    }
}

static void round_done(struct rn_task *task);

/* RN_OK: the round is under way, or was over at once and the put is finished. */
static rn_err round_send(struct put_work *work)
{
    int64_t now_us = rn_clock_mono_us(work->data->options.clock);
    rn_err err = RN_OK;

    round_charge(work, now_us);
    if (work->group_count == 0) {
        put_finish(work);
        return RN_OK;
    }
    work->submit = (struct rn_submit){
        .runs = work->runs,
        .count = work->group_count,
        .deadline_us = now_us + work->data->options.put_deadline_ms * 1000,
        .box = work->put->box,
        .done = {.run = round_done},
    };
    err = rn_engine_submit(work->data->options.engine, &work->submit);
    if (err == RN_OK || err == RN_NOMEM) {
        return err;
    }
    for (size_t g = 0; g < work->group_count; g++) {
        size_t first = work->groups[g].first, end = first + work->groups[g].count;

        if (err == RN_FULL) { /* asks to come back later; RN_CLOSED does not */
            set_throttled(work, first, end, RN_LIMIT_NONE);
        } else {
            set_results(work, first, end, RN_PUT_FAILED);
        }
    }
    put_finish(work);
    return RN_OK;
}

static void run_stored(struct put_work *work, const struct rn_run *run, const struct group *group)
{
    struct rn_runtime *runtime = rn_runtime_of(group->shard);
    uint64_t bytes = 0;

    for (size_t i = 0; i < run->count; i++) {
        struct rn_put_record *record = &work->put->records[work->source[group->first + i]];

        record->result = RN_PUT_OK;
        record->offset = rn_run_offset(run, i);
        bytes += run->records[i].key.len + run->records[i].value.len;
    }
    rn_count(&runtime->incoming_records, run->count);
    rn_count(&runtime->incoming_bytes, bytes);
    rn_data_saw(work->data, run->append_ms);
}

static size_t copy_source(const struct put_work *work, const struct group *group, uint16_t *to)
{
    for (size_t i = 0; i < group->count; i++) {
        to[i] = work->source[group->first + i];
    }
    return group->count;
}

/* Fill in the results; *ret_which (may be NULL) gets the records whose lane is gone. */
static size_t round_collect(struct put_work *work, uint16_t *ret_which)
{
    size_t missed = 0;

    for (size_t g = 0; g < work->group_count; g++) {
        const struct group *group = &work->groups[g];

        if (work->runs[g].outcome == RN_OUTCOME_OK) {
            run_stored(work, &work->runs[g], group);
            continue;
        }
        set_results(work, group->first, group->first + group->count, RN_PUT_FAILED);
        if (work->runs[g].outcome == RN_OUTCOME_NO_LANE && ret_which) {
            missed += copy_source(work, group, ret_which + missed);
        }
    }
    return missed;
}

/* Take the newest version of the stream. False: it is gone, or the same. */
static bool newer_stream(struct put_work *work)
{
    const struct rn_state *state = work->data->state;
    const struct rn_stream *stream =
        state ? rn_state_find_uid(state, work->put->stream->uid) : NULL;

    if (!stream || stream == work->put->stream || stream->status == RN_STREAM_DELETING) {
        return false;
    }
    rn_stream_ref(stream);
    work->old_stream = work->put->stream;
    work->put->stream = stream;
    return true;
}

static void round_done(struct rn_task *task)
{
    struct put_work *work = RN_OWNER(task, struct put_work, submit.done);
    uint16_t *which = NULL;
    size_t missed;

    if (!work->again) {
        which = rn_arena_alloc(work->put->arena,
                               work->put->count * sizeof(*which)); /* NULL: no second round */
    }
    missed = round_collect(work, which);
    if (missed > 0 && newer_stream(work)) {
        assert(which); /* or nothing would have been counted as missed */
        work->again = true;
        if (!round_plan(work, which, missed) && !round_send(work)) {
            return;
        }
    }
    put_finish(work); /* what missed stays FAILED */
}

rn_err rn_data_put(struct rn_data *data, struct rn_put *put)
{
    struct put_work *work = rn_arena_zalloc(put->arena, 1, sizeof(*work));
    uint16_t *all = rn_arena_alloc(put->arena, put->count * sizeof(*all));
    rn_err err;

    assert(put->count > 0 && put->count <= RN_PUT_RECORDS_MAX);
    if (!work || !all) {
        return RN_NOMEM;
    }
    work->data = data;
    work->put = put;
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
