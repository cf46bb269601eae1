/* running.h - control as it runs: over an engine in memory, a clock by hand, and one mailbox that the test drains. */
#ifndef TESTS_CONTROL_RUNNING_H
#define TESTS_CONTROL_RUNNING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "control/control.h"
#include "tests/support/fake_engine.h"
#include "tests/support/hand_clock.h"
#include "tests/support/seeded_random.h"
#include "tests/unit/control/scratch.h"

struct rig {
    struct hand_clock clock;
    struct seeded_random random;
    struct fake_engine fake;
    struct rn_mailbox box;
    struct scratch scratch;
    struct rn_epoch *epoch;
    struct rn_control *control;
    int64_t transition_delay_ms; /* of the next start */
    int started, answered;
    /* What the test wants to know of closes; may be NULL. */
    void (*closed)(uint32_t shard_index, enum rn_close_step step, uint64_t end);
};

static struct rig rig;

static void *runtime_new(void *arg, uint64_t stream_uid, uint32_t shard_index)
{
    uint32_t *runtime = malloc(sizeof(*runtime));

    (void)arg;
    (void)stream_uid;
    assert_non_null(runtime);
    *runtime = shard_index;
    return runtime;
}

static void runtime_free(void *arg, void *runtime)
{
    (void)arg;
    free(runtime);
}

static void runtime_close(void *arg, void *runtime, enum rn_close_step step, uint64_t end)
{
    (void)arg;
    if (rig.closed) {
        rig.closed(*(uint32_t *)runtime, step, end);
    }
}

static void drain(void)
{
    while (rn_mailbox_drain(&rig.box)) {
    }
}

static void started(void *arg, rn_err err, const struct rn_reason *reason)
{
    (void)arg;
    (void)reason;
    assert_int_equal(err, RN_OK);
    rig.started++;
}

static void start(void)
{
    struct rn_control_options options;

    rn_control_options_default(&options);
    options.engine = &rig.fake.engine;
    options.disk = rig.scratch.disk;
    options.clock = &rig.clock.clock;
    options.random = &rig.random.random;
    options.epoch = rig.epoch;
    options.box = &rig.box;
    options.region = RN_STR("us-east-1");
    options.account = RN_STR("000000000000");
    options.runtime_new = runtime_new;
    options.runtime_free = runtime_free;
    options.runtime_close = runtime_close;
    options.runtime_arg = &rig;
    options.transition_delay_ms = rig.transition_delay_ms;
    rig.started = 0;
    assert_int_equal(rn_control_open(&options, started, NULL, &rig.control), RN_OK);
    drain();
    assert_int_equal(rig.started, 1);
}

static inline int begin(void **state)
{
    (void)state;
    memset(&rig, 0, sizeof(rig));
    hand_clock_init(&rig.clock, 1700000000000);
    seeded_random_init(&rig.random, 3);
    fake_engine_init(&rig.fake, &rig.clock.clock);
    rn_mailbox_init(&rig.box, NULL, NULL);
    rig.scratch = scratch_open();
    rig.epoch = rn_epoch_new();
    assert_non_null(rig.epoch);
    start();
    return 0;
}

static void stop(void)
{
    rn_control_close(rig.control);
    drain();
}

static inline int end(void **state)
{
    (void)state;
    stop();
    rn_epoch_free(rig.epoch);
    fake_engine_done(&rig.fake);
    scratch_close(&rig.scratch);
    return 0;
}

static inline void answered(struct rn_task *task)
{
    (void)task;
    rig.answered++;
}

/* It is answered now or later. */
static inline void hand_over(struct rn_proposal *proposal)
{
    proposal->box = &rig.box;
    proposal->done.run = answered;
    rig.answered = 0;
    assert_int_equal(rn_control_propose(rig.control, proposal), RN_OK);
    drain();
}

static inline void propose(struct rn_proposal *proposal)
{
    hand_over(proposal);
    assert_int_equal(rig.answered, 1);
    assert_int_equal(proposal->verdict, RN_VERDICT_OK);
}

/* Its uid. */
static inline uint64_t create_with(uint32_t shards)
{
    struct rn_proposal proposal = {.type = RN_COMMAND_CREATE_STREAM, .wait_for_task = true};

    proposal.as.create_stream = (struct rn_create_stream){
        .name = RN_STR("s"), .shard_count = shards, .record_kib_max = 1024};
    propose(&proposal);
    return proposal.uid;
}

static inline uint64_t create(void)
{
    return create_with(1);
}

/* As it does about ten times a second. */
static inline void pass(int64_t ms)
{
    hand_clock_pass(&rig.clock, ms);
    rn_control_tick(rig.control);
    drain();
}

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

#endif
