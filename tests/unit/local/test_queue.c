/* From submit to the writer. Method: the test is the writer: it takes, looks, and finishes. */
#include "tests/unit/local/rig.h"

enum { LANES = 4, PUTS = 64 };

static struct rig_put *queued[PUTS];
static size_t put_count;
static struct rn_take take;

static void begin(void)
{
    rig_begin(1);
    rig.options.queue_bytes_max = 1 << 26;
    rig_open();
    rig_topic(1, LANES, INT64_MAX);
    put_count = 0;
}

static void finish_taken(enum rn_outcome outcome)
{
    for (struct rn_link *link; (link = rn_list_pop(&take.lanes));) {
        struct rn_lane *lane = RN_OWNER(link, struct rn_lane, in_frame);

        while (!rn_list_empty(&lane->taken)) {
            struct rn_part *part = RN_OWNER(rn_list_pop(&lane->taken), struct rn_part, link);
            bool last = rn_list_empty(&lane->taken);

            rn_part_finish(rig_local(), part, outcome, 100, 5);
            if (last) {
                break; /* the lane may be gone */
            }
        }
    }
    for (struct rn_link *link; (link = rn_list_pop(&take.refused));) {
        struct rn_part *part = RN_OWNER(link, struct rn_part, link);

        rn_part_finish(rig_local(), part, part->outcome, 0, INT64_MIN);
    }
}

static void end(void)
{
    while (rn_queue_take(rig_local(), RN_OUTCOME_OK, RN_FRAME_BYTES_MAX, &take)) {
        finish_taken(RN_OUTCOME_OK);
    }
    (void)rn_mailbox_drain(&rig.box);
    for (size_t i = 0; i < put_count; i++) {
        assert_true(queued[i]->done);
        rig_put_free(queued[i]);
    }
    assert_int_equal(rig_counts().queued_bytes, 0);
    rig_end();
}

/* A submit of one run; its number is the place among them. */
static struct rig_put *submit(uint64_t uid, uint32_t number, size_t count, size_t len)
{
    struct rn_lane *lane = rig_lane(uid, number);
    struct rig_put *put = rig_put_new(lane, put_count, count, len);

    assert_true(put_count < PUTS);
    queued[put_count++] = put;
    assert_int_equal(rn_engine_submit(rig.engine, &put->submit), RN_OK);
    rig_unref(lane);
    return put;
}

static size_t count_parts(const struct rn_link *list)
{
    size_t count = 0;

    for (const struct rn_link *at = list->next; at != list; at = at->next) {
        count++;
    }
    return count;
}

static size_t taken_of(uint32_t number)
{
    struct rn_lane *lane = rig_lane(1, number);
    size_t count = count_parts(&lane->taken);

    rig_unref(lane);
    return count;
}

static bool take_now(enum rn_outcome refuse, size_t bytes)
{
    return rn_queue_take(rig_local(), refuse, bytes, &take);
}

static void everything_is_taken_at_once_when_it_fits(void **state)
{
    (void)state;
    begin();
    assert_false(take_now(RN_OUTCOME_OK, 100000));
    for (uint32_t i = 0; i < 12; i++) {
        (void)submit(1, i % 3, 2, 100);
    }
    assert_true(take_now(RN_OUTCOME_OK, 100000));
    assert_int_equal(take.parts, 12);
    assert_int_equal(taken_of(0), 4);
    assert_int_equal(taken_of(2), 4);
    assert_int_equal(take.bytes, RN_FRAME_HEAD_BYTES + 12 * (RN_FRAME_EXTENT_BYTES + 2 * 116));
    assert_false(take.control);
    finish_taken(RN_OUTCOME_OK);
    assert_false(take_now(RN_OUTCOME_OK, 100000));
    end();
}

/* Method: lane 0 has a pile of 20, the others one each; a frame holds four. */
static void no_lane_waits_for_the_pile_of_another(void **state)
{
    (void)state;
    begin();
    for (int i = 0; i < 20; i++) {
        (void)submit(1, 0, 1, 1000);
    }
    for (uint32_t i = 1; i < LANES; i++) {
        (void)submit(1, i, 1, 1000);
    }
    assert_true(take_now(RN_OUTCOME_OK, 4500));
    assert_int_equal(take.parts, 4);
    for (uint32_t i = 0; i < LANES; i++) {
        assert_int_equal(taken_of(i), 1);
    }
    finish_taken(RN_OUTCOME_OK);
    assert_true(take_now(RN_OUTCOME_OK, 4500));
    assert_int_equal(taken_of(0), 4); /* alone now */
    finish_taken(RN_OUTCOME_OK);
    end();
}

/* Method: small parts of other lanes keep coming; the big one must be taken the second time at the latest. */
static void a_big_part_is_not_passed_over_for_ever(void **state)
{
    struct rig_put *big;

    (void)state;
    begin();
    (void)submit(1, 1, 1, 1000);
    big = submit(1, 0, 1, 8000);
    (void)submit(1, 2, 1, 1000);
    assert_true(take_now(RN_OUTCOME_OK, 8500));
    assert_int_equal(taken_of(0), 0);
    assert_int_equal(taken_of(1) + taken_of(2), 2);
    finish_taken(RN_OUTCOME_OK);
    (void)submit(1, 1, 1, 1000);
    (void)submit(1, 2, 1, 1000);
    assert_true(take_now(RN_OUTCOME_OK, 8500));
    assert_int_equal(taken_of(0), 1);
    finish_taken(RN_OUTCOME_OK);
    (void)rn_mailbox_drain(&rig.box);
    assert_true(big->done);
    end();
}

static void a_part_bigger_than_the_room_goes_alone(void **state)
{
    (void)state;
    begin();
    (void)submit(1, 0, 1, 50000);
    (void)submit(1, 1, 1, 50000);
    assert_true(take_now(RN_OUTCOME_OK, 10000));
    assert_int_equal(take.parts, 1);
    finish_taken(RN_OUTCOME_OK);
    assert_true(take_now(RN_OUTCOME_OK, 10000));
    assert_int_equal(take.parts, 1);
    finish_taken(RN_OUTCOME_OK);
    end();
}

static void parts_of_a_lane_keep_their_order(void **state)
{
    (void)state;
    begin();
    for (int i = 0; i < 10; i++) {
        (void)submit(1, 0, 1, 1000);
        (void)submit(1, 1, 1, 500);
    }
    uint32_t next = 0;

    while (take_now(RN_OUTCOME_OK, 3500)) {
        struct rn_lane *lane = rig_lane(1, 0);

        for (struct rn_link *at = lane->taken.next; at != &lane->taken; at = at->next) {
            assert_int_equal(RN_OWNER(at, struct rn_part, link)->run->records[0].stamp, next);
            next += 2;
        }
        rig_unref(lane);
        finish_taken(RN_OUTCOME_OK);
    }
    assert_int_equal(next, 20);
    end();
}

/* ---- refusals ---- */

static void a_full_disk_spares_the_control_log_and_markers(void **state)
{
    struct rig_put *data, *command;
    struct rn_lane *lane;

    (void)state;
    begin();
    data = submit(1, 0, 1, 100);
    command = submit(0, 0, 1, 100);
    lane = rig_lane(1, 1);
    assert_int_equal(rn_queue_marker(rig_local(), lane), RN_OK);
    assert_true(atomic_load(&lane->marking));
    assert_true(take_now(RN_OUTCOME_FULL, 100000));
    assert_int_equal(take.parts, 2);
    assert_true(take.control);
    assert_int_equal(count_parts(&take.refused), 1);
    finish_taken(RN_OUTCOME_OK);
    assert_false(atomic_load(&lane->marking));
    rig_unref(lane);
    (void)rn_mailbox_drain(&rig.box);
    assert_int_equal(data->run.outcome, RN_OUTCOME_FULL);
    assert_int_equal(command->run.outcome, RN_OUTCOME_OK);
    end();
}

static void any_other_refusal_spares_nobody(void **state)
{
    struct rig_put *command;

    (void)state;
    begin();
    (void)submit(1, 0, 1, 100);
    command = submit(0, 0, 1, 100);
    assert_true(take_now(RN_OUTCOME_UNAVAILABLE, 100000));
    assert_int_equal(take.parts, 0);
    assert_int_equal(count_parts(&take.refused), 2);
    finish_taken(RN_OUTCOME_OK);
    (void)rn_mailbox_drain(&rig.box);
    assert_int_equal(command->run.outcome, RN_OUTCOME_UNAVAILABLE);
    end();
}

static void what_is_past_its_deadline_or_of_a_dead_lane_is_refused(void **state)
{
    struct rn_lane *lane;
    struct rig_put *late, *dead, *good;

    (void)state;
    begin();
    rig_topic(2, 1, INT64_MAX);
    lane = rig_lane(1, 0);
    late = rig_put_new(lane, 0, 1, 10);
    late->submit.deadline_us = rig.clock.mono - 1;
    queued[put_count++] = late;
    assert_int_equal(rn_engine_submit(rig.engine, &late->submit), RN_OK);
    rig_unref(lane);
    dead = submit(2, 0, 1, 10);
    good = submit(1, 1, 1, 10);
    assert_int_equal(rig_topic_call(RIG_DELETE, 2, 0, 0), RN_OUTCOME_OK);
    assert_true(take_now(RN_OUTCOME_OK, 100000));
    assert_int_equal(take.parts, 1);
    finish_taken(RN_OUTCOME_OK);
    (void)rn_mailbox_drain(&rig.box);
    assert_int_equal(late->run.outcome, RN_OUTCOME_UNAVAILABLE);
    assert_int_equal(dead->run.outcome, RN_OUTCOME_NO_LANE);
    assert_int_equal(good->run.outcome, RN_OUTCOME_OK);
    end();
}

/* ---- submits ---- */

static void a_submit_is_done_when_all_its_runs_are(void **state)
{
    struct rn_run runs[3];
    struct rn_record record = {.key = RN_STR("k"), .value = RN_STR("v")};
    struct rig_put put = {.submit = {.runs = runs,
                                     .count = 3,
                                     .deadline_us = INT64_MAX,
                                     .box = &rig.box,
                                     .done = {.run = rig_put_done}}};

    (void)state;
    begin();
    for (uint32_t i = 0; i < 3; i++) {
        runs[i] = (struct rn_run){.lane = rig_lane(1, i), .records = &record, .count = 1};
    }
    assert_int_equal(rn_engine_submit(rig.engine, &put.submit), RN_OK);
    for (int i = 0; i < 3; i++) {
        assert_false(put.done);
        assert_true(take_now(RN_OUTCOME_OK, RN_FRAME_HEAD_BYTES + 40)); /* room for one */
        assert_int_equal(take.parts, 1);
        finish_taken(i == 1 ? RN_OUTCOME_UNKNOWN : RN_OUTCOME_OK);
        (void)rn_mailbox_drain(&rig.box);
    }
    assert_true(put.done);
    assert_int_equal(runs[0].outcome, RN_OUTCOME_OK);
    assert_int_equal(runs[0].first, 100);
    assert_int_equal(runs[0].append_ms, 5);
    assert_int_equal(runs[1].outcome, RN_OUTCOME_UNKNOWN);
    assert_int_equal(runs[2].outcome, RN_OUTCOME_OK);
    for (uint32_t i = 0; i < 3; i++) {
        rig_unref(runs[i].lane);
    }
    end();
}

/* Method: a run of 20 MiB is two parts; their outcomes differ. */
static void a_run_of_which_a_part_may_be_stored_is_unknown(void **state)
{
    static const struct {
        enum rn_outcome first, second, expected;
    } cases[] = {
        {RN_OUTCOME_OK, RN_OUTCOME_OK, RN_OUTCOME_OK},
        {RN_OUTCOME_OK, RN_OUTCOME_UNAVAILABLE, RN_OUTCOME_UNKNOWN},
        {RN_OUTCOME_FULL, RN_OUTCOME_FULL, RN_OUTCOME_FULL},
        {RN_OUTCOME_FULL, RN_OUTCOME_OK, RN_OUTCOME_UNKNOWN},
        {RN_OUTCOME_UNKNOWN, RN_OUTCOME_OK, RN_OUTCOME_UNKNOWN},
    };

    (void)state;
    begin();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rig_put *put = submit(1, 0, 20, 1 << 20);

        assert_true(take_now(RN_OUTCOME_OK, RN_FRAME_BYTES_MAX));
        assert_int_equal(take.parts, 1);
        finish_taken(cases[i].first);
        assert_true(take_now(RN_OUTCOME_OK, RN_FRAME_BYTES_MAX));
        assert_int_equal(take.parts, 1);
        finish_taken(cases[i].second);
        (void)rn_mailbox_drain(&rig.box);
        assert_true(put->done);
        assert_int_equal(put->run.outcome, cases[i].expected);
    }
    end();
}

static void bytes_are_copied_by_submit(void **state)
{
    struct rig_put *put;

    (void)state;
    begin();
    put = submit(1, 0, 1, 100);
    memset(put->bytes, 0, 100);
    while (rn_local_step_writer(rig.engine)) {
    }
    assert_int_equal(rig_check_lane(1, 0, 0, 100), 1);
    end();
}

static void one_submit_of_any_size_passes_when_nothing_is_queued(void **state)
{
    (void)state;
    begin();
    rig_local()->queue.held_bytes_max = 1000;
    (void)submit(1, 0, 1, 100000);
    struct rn_lane *lane = rig_lane(1, 1);
    struct rig_put *second = rig_put_new(lane, 0, 1, 10);

    assert_int_equal(rn_engine_submit(rig.engine, &second->submit), RN_FULL);
    assert_int_equal(rig_counts().queue_full, 1);
    rig_put_free(second);
    rig_unref(lane);
    end();
}

static void what_still_waits_when_the_engine_goes_is_freed_and_nobody_told(void **state)
{
    struct rig_put *put;
    struct rn_lane *lane;

    (void)state;
    begin();
    lane = rig_lane(1, 0);
    put = rig_put_new(lane, 0, 20, 1 << 20);
    assert_int_equal(rn_engine_submit(rig.engine, &put->submit), RN_OK);
    assert_int_equal(rn_queue_marker(rig_local(), lane), RN_OK);
    rig_unref(lane);
    rig_abandon();
    assert_false(put->done);
    rig_put_free(put);
    rig_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_taken_at_once_when_it_fits),
        cmocka_unit_test(no_lane_waits_for_the_pile_of_another),
        cmocka_unit_test(a_big_part_is_not_passed_over_for_ever),
        cmocka_unit_test(a_part_bigger_than_the_room_goes_alone),
        cmocka_unit_test(parts_of_a_lane_keep_their_order),
        cmocka_unit_test(a_full_disk_spares_the_control_log_and_markers),
        cmocka_unit_test(any_other_refusal_spares_nobody),
        cmocka_unit_test(what_is_past_its_deadline_or_of_a_dead_lane_is_refused),
        cmocka_unit_test(a_submit_is_done_when_all_its_runs_are),
        cmocka_unit_test(a_run_of_which_a_part_may_be_stored_is_unknown),
        cmocka_unit_test(bytes_are_copied_by_submit),
        cmocka_unit_test(one_submit_of_any_size_passes_when_nothing_is_queued),
        cmocka_unit_test(what_still_waits_when_the_engine_goes_is_freed_and_nobody_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
