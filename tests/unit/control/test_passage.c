/* How consumers leave CREATING and DELETING, by control as it runs. */
#include "tests/unit/control/running.h"

static const struct rn_stream *stream(void)
{
    return rn_state_find(rn_control_state(rig.control), RN_STR("s"));
}

static const struct rn_consumer *consumer(void)
{
    return rn_stream_consumer(stream(), RN_STR("c"));
}

static struct rn_proposal registering(uint64_t stream_uid)
{
    struct rn_proposal proposal = {.type = RN_COMMAND_REGISTER_CONSUMER, .wait_for_task = true};

    proposal.as.register_consumer =
        (struct rn_register_consumer){.uid = stream_uid, .name = RN_STR("c")};
    return proposal;
}

static void register_c(uint64_t stream_uid)
{
    struct rn_proposal proposal = registering(stream_uid);

    propose(&proposal);
    assert_int_equal(proposal.time_ms, consumer()->created_ms);
}

static void deregister_c(void)
{
    struct rn_proposal proposal = {.type = RN_COMMAND_DEREGISTER_CONSUMER, .wait_for_task = true};

    proposal.as.consumer =
        (struct rn_consumer_named){.uid = stream()->uid, .consumer_uid = consumer()->uid};
    propose(&proposal);
}

static void restart_with_delay(int64_t ms)
{
    stop();
    fake_engine_restart(&rig.fake);
    rig.transition_delay_ms = ms;
    start();
}

static void who_waits_is_answered_when_the_consumer_has_passed(void **state)
{
    (void)state;
    register_c(create());
    assert_int_equal(consumer()->status, RN_CONSUMER_ACTIVE);
    deregister_c();
    assert_null(consumer());
}

static void a_passage_takes_as_long_as_transitions_do(void **state)
{
    uint64_t uid = create();

    (void)state;
    restart_with_delay(2000);
    register_c(uid);
    pass(1999);
    assert_int_equal(consumer()->status, RN_CONSUMER_CREATING);
    pass(1);
    assert_int_equal(consumer()->status, RN_CONSUMER_ACTIVE);
    deregister_c();
    pass(1999);
    assert_int_equal(consumer()->status, RN_CONSUMER_DELETING);
    pass(1);
    assert_null(consumer());
}

/* A later wish wins: what it was on its way to is not reported any more. */
static void a_consumer_may_go_before_it_has_come(void **state)
{
    uint64_t uid = create();

    (void)state;
    restart_with_delay(2000);
    register_c(uid);
    pass(1000);
    deregister_c();
    pass(1999);
    assert_int_equal(consumer()->status, RN_CONSUMER_DELETING);
    pass(1);
    assert_null(consumer());
}

static void a_report_that_failed_is_made_again(void **state)
{
    struct rn_proposal proposal = registering(create());

    (void)state;
    fake_engine_plan_append(&rig.fake, RN_OUTCOME_OK, FAKE_STORED);
    fake_engine_plan_append(&rig.fake, RN_OUTCOME_REJECTED, FAKE_NOT_STORED);
    proposal.box = &rig.box;
    proposal.done.run = answered;
    assert_int_equal(rn_control_propose(rig.control, &proposal), RN_OK);
    rig.answered = 0;
    drain();
    assert_int_equal(consumer()->status, RN_CONSUMER_CREATING);
    assert_int_equal(rig.answered, 0);
    pass(499);
    assert_int_equal(consumer()->status, RN_CONSUMER_CREATING);
    pass(1);
    assert_int_equal(consumer()->status, RN_CONSUMER_ACTIVE);
    assert_int_equal(rig.answered, 1);
    assert_int_equal(proposal.verdict, RN_VERDICT_OK);
}

static void a_restart_takes_every_passage_up_again(void **state)
{
    uint64_t uid = create();

    (void)state;
    restart_with_delay(2000);
    register_c(uid);
    restart_with_delay(1000);
    pass(999);
    assert_int_equal(consumer()->status, RN_CONSUMER_CREATING);
    pass(1);
    assert_int_equal(consumer()->status, RN_CONSUMER_ACTIVE);
}

static void a_consumer_goes_with_its_stream(void **state)
{
    struct rn_proposal proposal = {.type = RN_COMMAND_DELETE_STREAM};
    uint64_t uid = create();

    (void)state;
    restart_with_delay(2000);
    register_c(uid);
    pass(1000);
    proposal.as.delete_stream = (struct rn_delete_stream){.name = RN_STR("s")};
    propose(&proposal);
    assert_int_equal(consumer()->status, RN_CONSUMER_DELETING);
    pass(1999); /* the consumer's own time is over, and it stays as long as the stream */
    assert_int_equal(consumer()->status, RN_CONSUMER_DELETING);
    pass(1);
    assert_null(stream());
}

/* Method: control is closed after any number of turns of its mailbox, with the passage at any step. */
static void control_may_close_at_any_step(void **state)
{
    uint64_t uid = create();

    (void)state;
    for (int turns = 0; turns < 12; turns++) {
        struct rn_proposal proposal = registering(uid);

        proposal.box = &rig.box;
        proposal.done.run = answered;
        rig.answered = 0;
        assert_int_equal(rn_control_propose(rig.control, &proposal), RN_OK);
        for (int i = 0; i < turns; i++) {
            (void)rn_mailbox_drain(&rig.box);
        }
        restart_with_delay(0);
        assert_int_equal(rig.answered, 1);
        if (consumer()) {
            pass(0);
            assert_int_equal(consumer()->status, RN_CONSUMER_ACTIVE);
            deregister_c();
        } else {
            assert_int_equal(proposal.verdict, RN_VERDICT_FAILED);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(who_waits_is_answered_when_the_consumer_has_passed),
        RIG_TEST(a_passage_takes_as_long_as_transitions_do),
        RIG_TEST(a_consumer_may_go_before_it_has_come),
        RIG_TEST(a_report_that_failed_is_made_again),
        RIG_TEST(a_restart_takes_every_passage_up_again),
        RIG_TEST(a_consumer_goes_with_its_stream),
        RIG_TEST(control_may_close_at_any_step),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
