/* rig.h - a stream made by hand over lanes in memory, so that tests shape it as they like: closed
 * shards, shards that share a lane, versions that follow each other. Stands in for control's
 * published state, of which it defines the few functions that the record path calls. */
#ifndef TESTS_DATA_RIG_H
#define TESTS_DATA_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "data/runtime.h"
#include "tests/support/fake_engine.h"
#include "tests/support/hand_clock.h"

enum { RIG_SHARDS_MAX = 8, RIG_NOW_MS = 1700000000 };

#define RIG_EPOCH_MS ((int64_t)RIG_NOW_MS * 1000)

struct version {
    struct rn_stream stream;
    struct rn_shard shards[RIG_SHARDS_MAX];
    struct rn_shard_cell cells[RIG_SHARDS_MAX];
    int refs;
};

struct rig {
    struct hand_clock clock;
    struct fake_engine fake;
    struct rn_mailbox box;
    struct rn_data *data;
    struct rn_arena *arena;
    struct version first, second; /* of the stream with uid 1 */
    const struct rn_stream *newest;
    int64_t limits[RN_LIMIT_COUNT]; /* that the log sets */
};

static struct rig rig;

void rn_stream_ref(const struct rn_stream *stream)
{
    (stream == &rig.first.stream ? &rig.first : &rig.second)->refs++;
}

void rn_stream_unref(const struct rn_stream *stream)
{
    struct version *version = stream == &rig.first.stream ? &rig.first : &rig.second;

    assert_true(version->refs > 0);
    version->refs--;
}

const struct rn_shard *rn_stream_route(const struct rn_stream *stream, rn_u128 key)
{
    for (size_t i = 0; i < stream->shard_count; i++) {
        const struct rn_shard *shard = &stream->shards[i];

        if (shard->closed_ms == 0 && key >= shard->range.start && key <= shard->range.end) {
            return shard;
        }
    }
    return NULL;
}

int64_t rn_state_limit(const struct rn_state *state, enum rn_limit limit)
{
    assert_ptr_equal(state, &rig);
    return rig.limits[limit];
}

const struct rn_stream *rn_state_find_uid(const struct rn_state *state, uint64_t uid)
{
    assert_ptr_equal(state, &rig);
    return uid == 1 ? rig.newest : NULL;
}

static inline void rig_drain(void)
{
    while (rn_mailbox_drain(&rig.box)) {
    }
}

static void rig_nothing(struct rn_task *task)
{
    (void)task;
}

static void rig_topic(uint64_t uid, uint32_t lanes)
{
    struct rn_topic_call call = {
        .topic = uid, .lanes = lanes, .box = &rig.box, .done = {.run = rig_nothing}};

    rn_engine_topic_create(&rig.fake.engine, &call);
    rig_drain();
}

/* As somebody else's append. */
static inline void rig_append(struct rn_lane *lane, const struct rn_record *record)
{
    struct rn_run run = {.lane = lane, .records = record, .count = 1};
    struct rn_submit submit = {
        .runs = &run, .count = 1, .box = &rig.box, .done = {.run = rig_nothing}};

    assert_int_equal(rn_engine_submit(&rig.fake.engine, &submit), RN_OK);
    rig_drain();
    assert_int_equal(run.outcome, RN_OUTCOME_OK);
    rig.fake.submits--; /* tests count those of the code under test */
}

/* `count` open shards with a lane each, lanes numbered from first_lane. */
static void rig_version(struct version *version, uint32_t count, uint32_t first_lane)
{
    *version = (struct version){.stream = {.uid = 1,
                                           .name = "s",
                                           .name_len = 1,
                                           .status = RN_STREAM_ACTIVE,
                                           .retention_hours = 24,
                                           .shards = version->shards,
                                           .shard_count = count}};
    for (uint32_t i = 0; i < count; i++) {
        version->shards[i] = (struct rn_shard){
            .index = first_lane + i,
            .parent = RN_SHARD_NONE,
            .adjacent_parent = RN_SHARD_NONE,
            .range = rn_hash_range_initial(i, count),
            .created_s = RIG_NOW_MS,
            .opened_ms = RIG_EPOCH_MS,
            .lane = first_lane + i,
            .end = RN_SHARD_OPEN_END,
            .cell = &version->cells[i],
        };
        version->cells[i].lane = rn_engine_lane_ref(&rig.fake.engine, 1, first_lane + i);
        version->cells[i].runtime = rn_data_runtime_new(rig.data, 1, first_lane + i);
        assert_non_null(version->cells[i].lane);
        assert_non_null(version->cells[i].runtime);
    }
}

static void version_done(struct version *version)
{
    assert_int_equal(version->refs, 0);
    for (size_t i = 0; i < version->stream.shard_count; i++) {
        rn_engine_lane_unref(&rig.fake.engine, version->cells[i].lane);
        rn_data_runtime_free(rig.data, version->cells[i].runtime);
    }
}

static void rig_begin(bool enforce_limits, uint32_t shards)
{
    struct rn_data_options options;

    memset(&rig, 0, sizeof(rig));
    for (int i = 0; i < RN_LIMIT_COUNT; i++) {
        rig.limits[i] = RN_LIMIT_UNSET;
    }
    hand_clock_init(&rig.clock, RIG_EPOCH_MS);
    fake_engine_init(&rig.fake, &rig.clock.clock);
    rn_mailbox_init(&rig.box, NULL, NULL);
    rig_topic(1, RIG_SHARDS_MAX);
    rn_data_options_default(&options);
    options.engine = &rig.fake.engine;
    options.clock = &rig.clock.clock;
    if (!enforce_limits) {
        options.limits = rn_limits_off();
    }
    assert_int_equal(rn_data_new(&options, &rig.data), RN_OK);
    rn_data_attach(rig.data, (const struct rn_state *)(const void *)&rig);
    rig.arena = rn_arena_new(64 * 1024 * 1024);
    assert_non_null(rig.arena);
    rig_version(&rig.first, shards, 0);
    rig.newest = &rig.first.stream;
}

static void rig_end(void)
{
    rn_arena_free(rig.arena);
    version_done(&rig.first);
    version_done(&rig.second);
    assert_int_equal(rig.fake.batches_held, 0);
    fake_engine_done(&rig.fake); /* checks the lanes */
    rn_data_free(rig.data);
}

#endif
