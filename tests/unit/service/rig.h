/* rig.h - the operations over streams made by hand and lanes in memory.
 *
 * Stands in for control: its published state is an array that tests change as they like (a shard
 * split by hand, a stream in any status), and a proposal gets the verdict that the test chose.
 * Everything below and above is real: the record path, sealing, the request and reply structs. */
#ifndef TESTS_SERVICE_RIG_H
#define TESTS_SERVICE_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/seqno.h"
#include "service/inside.h"
#include "service/token.h"
#include "shape/kinesis.h"
#include "tests/support/fake_engine.h"
#include "tests/support/hand_clock.h"
#include "tests/support/seeded_random.h"

enum { STREAMS_MAX = 400, SHARDS_MAX = 64, NOW_S = 1700000000 };

#define NOW_MS ((int64_t)NOW_S * 1000)
#define ACCOUNT "123456789012"
#define ARN_OF(name) "arn:aws:kinesis:us-east-1:" ACCOUNT ":stream/" name

struct made {
    struct rn_stream stream;
    struct rn_shard shards[SHARDS_MAX];
    struct rn_shard_cell cells[SHARDS_MAX];
    bool gone;
    int refs;
};

struct rn_control {
    enum rn_verdict verdict; /* of the next proposals */
    uint64_t numbers[3];
    rn_err propose_err;
    int proposals;
    struct rn_proposal last; /* as it came */
};

struct rig {
    struct hand_clock clock;
    struct seeded_random random;
    struct fake_engine fake;
    struct rn_mailbox box;
    struct rn_control control;
    struct rn_data *data;
    struct rn_service *service;
    struct rn_arena *arena;
    rn_str region;
    struct made *made[STREAMS_MAX];
    size_t made_count;
    /* How the last call ended. */
    int finished;
    enum rn_fault fault;
    rn_str message;
    /* Limits that the log sets, and of whose reaching the service told. */
    int64_t limits[RN_LIMIT_COUNT];
    struct rn_commitment commitment;
    int limited;
    enum rn_limit limited_by;
};

static struct rig rig;

#include "tests/unit/service/by_hand.h"

/* ---- streams ---- */

static void rig_nothing(struct rn_task *task)
{
    (void)task;
}

static void rig_drain(void)
{
    while (rn_mailbox_drain(&rig.box)) {
    }
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
}

static struct rn_shard *add_shard(struct made *made, uint32_t index, struct rn_hash_range range)
{
    struct rn_shard *shard = &made->shards[made->stream.shard_count];
    struct rn_shard_cell *cell = &made->cells[made->stream.shard_count];

    assert_true(made->stream.shard_count < SHARDS_MAX);
    rig_topic(made->stream.uid, index + 1);
    cell->lane = rn_engine_lane_ref(&rig.fake.engine, made->stream.uid, index);
    cell->runtime = rn_data_runtime_new(rig.data, made->stream.uid, index);
    assert_non_null(cell->runtime);
    *shard = (struct rn_shard){
        .index = index,
        .parent = RN_SHARD_NONE,
        .adjacent_parent = RN_SHARD_NONE,
        .range = range,
        .created_s = rig.clock.wall / 1000000,
        .opened_ms = rig.clock.wall / 1000,
        .lane = index,
        .end = RN_SHARD_OPEN_END,
        .cell = cell,
    };
    made->stream.shard_count++;
    made->stream.open_count++;
    return shard;
}

static inline struct made *add_stream(const char *name, uint32_t shards)
{
    struct made *made = calloc(1, sizeof(*made));

    assert_non_null(made);
    assert_true(rig.made_count < STREAMS_MAX);
    rig.made[rig.made_count++] = made;
    made->stream = (struct rn_stream){
        .uid = rig.made_count,
        .status = RN_STREAM_ACTIVE,
        .created_ms = rig.clock.wall / 1000,
        .updated_ms = rig.clock.wall / 1000,
        .retention_hours = 24,
        .record_kib_max = 1024,
        .shards = made->shards,
    };
    made->stream.name_len = strlen(name);
    memcpy(made->stream.name, name, made->stream.name_len);
    for (uint32_t i = 0; i < shards; i++) {
        add_shard(made, i, rn_hash_range_initial(i, shards));
    }
    return made;
}

static void close_shard(struct made *made, uint32_t position)
{
    made->shards[position].end =
        fake_engine_end(&rig.fake, made->stream.uid, made->shards[position].lane);
    made->shards[position].closed_ms = rig.clock.wall / 1000;
    made->stream.open_count--;
}

/* In the middle; children get the next two indexes. */
static inline void split_shard(struct made *made, uint32_t position)
{
    struct rn_hash_range range = made->shards[position].range;
    rn_u128 middle = range.start + (range.end - range.start) / 2;
    uint32_t next = made->shards[made->stream.shard_count - 1].index + 1;

    close_shard(made, position);
    add_shard(made, next, (struct rn_hash_range){range.start, middle})->parent =
        made->shards[position].index;
    add_shard(made, next + 1, (struct rn_hash_range){middle + 1, range.end})->parent =
        made->shards[position].index;
    for (int i = 1; i <= 2; i++) { /* a child's second lies behind its parent's last */
        made->shards[made->stream.shard_count - (size_t)i].created_s = rig.clock.wall / 1000000 + 1;
    }
}

static inline void merge_shards(struct made *made, uint32_t lower, uint32_t upper)
{
    uint32_t next = made->shards[made->stream.shard_count - 1].index + 1;
    struct rn_hash_range range = {made->shards[lower].range.start, made->shards[upper].range.end};
    struct rn_shard *child;

    close_shard(made, lower);
    close_shard(made, upper);
    child = add_shard(made, next, range);
    child->parent = made->shards[lower].index;
    child->adjacent_parent = made->shards[upper].index;
    child->created_s = rig.clock.wall / 1000000 + 1;
}

/* ---- calls ---- */

static void call_finished(struct rn_call *call)
{
    rig.finished++;
    rig.fault = call->fault;
    rig.message = call->message;
}

/* In `arena`, up to its end. */
static inline void serve_in(struct rn_arena *arena, void (*operation)(struct rn_call *call),
                            const void *request, void *reply)
{
    struct rn_call call = {
        .service = rig.service,
        .request = request,
        .reply = reply,
        .arena = arena,
        .box = &rig.box,
        .now_ms = rig.clock.wall / 1000,
        .finished = call_finished,
    };

    rig.finished = 0;
    operation(&call);
    rig_drain();
    assert_int_equal(rig.finished, 1);
}

static inline void serve_raw(void (*operation)(struct rn_call *call), const void *request,
                             void *reply)
{
    serve_in(rig.arena, operation, request, reply);
}

static inline const char *text_of(rn_str s)
{
    rn_str copy = rn_arena_dup(rig.arena, s);

    return copy.data ? copy.data : "(absent)";
}

/* The call succeeded. */
#define assert_ok()                                                          \
    do {                                                                     \
        if (rig.fault != RN_FAULT_NONE) {                                    \
            fail_msg("failed %d: %s", (int)rig.fault, text_of(rig.message)); \
        }                                                                    \
    } while (0)

/* The call failed in this way, with exactly these words. */
#define assert_fault(expected_fault, text)               \
    do {                                                 \
        assert_int_equal(rig.fault, expected_fault);     \
        assert_string_equal(text_of(rig.message), text); \
    } while (0)

#define assert_str(actual, text) assert_string_equal(text_of(actual), text)

static void rig_limited(void *arg, enum rn_limit limit, rn_str stream)
{
    (void)arg;
    (void)stream;
    rig.limited++;
    rig.limited_by = limit;
}

static void rig_begin_in(const char *region, bool enforce_limits)
{
    struct rn_data_options data_options;
    struct rn_service_options options;

    memset(&rig, 0, sizeof(rig));
    rig.region = rn_str_c(region);
    seeded_random_init(&rig.random, 42);
    hand_clock_init(&rig.clock, NOW_MS);
    fake_engine_init(&rig.fake, &rig.clock.clock);
    rn_mailbox_init(&rig.box, NULL, NULL);
    rn_data_options_default(&data_options);
    data_options.engine = &rig.fake.engine;
    data_options.clock = &rig.clock.clock;
    data_options.limits = enforce_limits ? rn_limits_aws(rn_str_c(region)) : rn_limits_off();
    for (int i = 0; i < RN_LIMIT_COUNT; i++) { /* calls a second: test_rates.c */
        rig.limits[i] = RN_LIMIT_UNSET;
        if (strncmp(rn_limit_row((enum rn_limit)i)->name, "calls-", 6) == 0 &&
            i != RN_LIMIT_CALLS_GET_RECORDS) {
            data_options.limits.value[i] = RN_LIMIT_OFF;
        }
    }
    assert_int_equal(rn_data_new(&data_options, &rig.data), RN_OK);
    options = (struct rn_service_options){
        .control = &rig.control,
        .data = rig.data,
        .clock = &rig.clock.clock,
        .random = &rig.random.random,
        .limited = rig_limited,
    };
    assert_int_equal(rn_service_new(&options, &rig.service), RN_OK);
    rig.arena = rn_arena_new(256 * 1024 * 1024);
    assert_non_null(rig.arena);
}

static inline int rig_begin(void **state)
{
    (void)state;
    rig_begin_in("us-east-1", true);
    return 0;
}

static inline int rig_end(void **state)
{
    (void)state;
    rn_arena_free(rig.arena);
    rn_service_free(rig.service);
    for (size_t i = 0; i < rig.made_count; i++) {
        struct made *made = rig.made[i];

        assert_int_equal(made->refs, 0);
        for (size_t j = 0; j < made->stream.shard_count; j++) {
            rn_engine_lane_unref(&rig.fake.engine, made->cells[j].lane);
            rn_data_runtime_free(rig.data, made->cells[j].runtime);
        }
        free(made);
    }
    assert_int_equal(rig.fake.batches_held, 0);
    fake_engine_done(&rig.fake);
    rn_data_free(rig.data);
    return 0;
}

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, rig_begin, rig_end)

#endif
