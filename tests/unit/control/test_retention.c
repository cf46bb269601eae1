/* What the engine is told of a stream's retention, by control as it runs.
 * Method: control over an engine in memory, a clock by hand, and one mailbox that the test drains. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "control/control.h"
#include "tests/support/fake_engine.h"
#include "tests/support/hand_clock.h"
#include "tests/support/seeded_random.h"
#include "tests/unit/control/scratch.h"

#define HOUR_MS 3600000ll

struct rig {
    struct hand_clock clock;
    struct seeded_random random;
    struct fake_engine fake;
    struct rn_mailbox box;
    struct scratch scratch;
    struct rn_epoch *epoch;
    struct rn_control *control;
    int started, answered;
};

static struct rig rig;

static void *runtime_new(void *arg, uint64_t stream_uid, uint32_t shard_index)
{
    (void)stream_uid;
    (void)shard_index;
    return arg;
}

static void runtime_free(void *arg, void *runtime)
{
    (void)arg;
    (void)runtime;
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
    options.runtime_arg = &rig;
    rig.started = 0;
    assert_int_equal(rn_control_open(&options, started, NULL, &rig.control), RN_OK);
    drain();
    assert_int_equal(rig.started, 1);
}

static int begin(void **state)
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

static int end(void **state)
{
    (void)state;
    stop();
    rn_epoch_free(rig.epoch);
    fake_engine_done(&rig.fake);
    scratch_close(&rig.scratch);
    return 0;
}

static void answered(struct rn_task *task)
{
    (void)task;
    rig.answered++;
}

static void propose(struct rn_proposal *proposal)
{
    proposal->box = &rig.box;
    proposal->done.run = answered;
    rig.answered = 0;
    assert_int_equal(rn_control_propose(rig.control, proposal), RN_OK);
    drain();
    assert_int_equal(rig.answered, 1);
    assert_int_equal(proposal->verdict, RN_VERDICT_OK);
}

/* Its uid. */
static uint64_t create(void)
{
    struct rn_proposal proposal = {.type = RN_COMMAND_CREATE_STREAM, .wait_for_task = true};

    proposal.as.create_stream =
        (struct rn_create_stream){.name = RN_STR("s"), .shard_count = 1, .record_kib_max = 1024};
    propose(&proposal);
    return proposal.uid;
}

static void set_hours(uint64_t uid, uint32_t hours, enum rn_retention_change change)
{
    struct rn_proposal proposal = {.type = RN_COMMAND_SET_RETENTION};

    proposal.as.set_retention =
        (struct rn_set_retention){.uid = uid, .hours = hours, .change = change};
    propose(&proposal);
}

static void the_engine_is_told_of_every_change(void **state)
{
    uint64_t uid = create();

    (void)state;
    assert_int_equal(fake_engine_retention_ms(&rig.fake, uid), 24 * HOUR_MS);
    set_hours(uid, 72, RN_RETENTION_INCREASE);
    assert_int_equal(fake_engine_retention_ms(&rig.fake, uid), 72 * HOUR_MS);
    set_hours(uid, 48, RN_RETENTION_DECREASE);
    assert_int_equal(fake_engine_retention_ms(&rig.fake, uid), 48 * HOUR_MS);
    set_hours(uid, 48, RN_RETENTION_DECREASE); /* no change, nothing to tell */
    assert_int_equal(rig.fake.retentions, 2);
}

static void what_failed_is_told_again_until_it_is_known(void **state)
{
    uint64_t uid = create();

    (void)state;
    fake_engine_plan_topic(&rig.fake, RN_OUTCOME_UNAVAILABLE);
    fake_engine_plan_topic(&rig.fake, RN_OUTCOME_UNAVAILABLE);
    set_hours(uid, 72, RN_RETENTION_INCREASE);
    assert_int_equal(fake_engine_retention_ms(&rig.fake, uid), 24 * HOUR_MS);
    for (int i = 0; i < 5; i++) {
        rn_control_tick(rig.control);
        drain();
    }
    assert_int_equal(fake_engine_retention_ms(&rig.fake, uid), 72 * HOUR_MS);
    assert_int_equal(rig.fake.retentions, 3);
}

static void a_restart_tells_it_what_holds(void **state)
{
    uint64_t uid = create();

    (void)state;
    set_hours(uid, 72, RN_RETENTION_INCREASE);
    stop();
    fake_engine_restart(&rig.fake);
    start();
    assert_int_equal(fake_engine_retention_ms(&rig.fake, uid), 72 * HOUR_MS);
    assert_int_equal(rn_state_find(rn_control_state(rig.control), RN_STR("s"))->retention_hours,
                     72);
}

/* Closed with a telling that still waits for its next try. */
static void what_was_not_told_goes_with_control(void **state)
{
    uint64_t uid = create();

    (void)state;
    fake_engine_plan_topic(&rig.fake, RN_OUTCOME_UNAVAILABLE);
    set_hours(uid, 72, RN_RETENTION_INCREASE);
    assert_int_equal(rig.fake.retentions, 1);
}

static void limits_hold_over_a_restart_from_log_and_snapshot(void **state)
{
    struct rn_proposal proposal = {.type = RN_COMMAND_SET_LIMITS};

    (void)state;
    for (int i = 0; i < RN_LIMIT_COUNT; i++) {
        proposal.as.set_limits.value[i] = RN_LIMIT_KEEP;
    }
    proposal.as.set_limits.value[RN_LIMIT_STREAM_TAGS] = 60;
    propose(&proposal);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(rn_state_limit(rn_control_state(rig.control), RN_LIMIT_STREAM_TAGS), 60);
        stop();
        fake_engine_restart(&rig.fake);
        start();
    }
    assert_int_equal(rn_state_limit(rn_control_state(rig.control), RN_LIMIT_STREAM_TAGS), 60);
}

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(the_engine_is_told_of_every_change),
        RIG_TEST(what_failed_is_told_again_until_it_is_known),
        RIG_TEST(a_restart_tells_it_what_holds),
        RIG_TEST(what_was_not_told_goes_with_control),
        RIG_TEST(limits_hold_over_a_restart_from_log_and_snapshot),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
