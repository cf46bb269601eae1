/* What the engine is told of a stream's retention, by control as it runs. */
#include "tests/unit/control/running.h"

#define HOUR_MS 3600000ll

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
