/* What expires, what of it is dropped, and what must stay known. */
#include "tests/unit/local/rig.h"

enum { LEN = 6000, HOUR_MS = 3600 * 1000 };

static void begin(uint64_t seed)
{
    rig_begin(seed);
    rig.options.segment_bytes = RN_SEGMENT_START + 3 * 8192; /* three records of LEN */
    rig_open();
}

static void restart(enum sim_crash how)
{
    rig_crash(rig.clock.mono, how);
    rig_open();
}

static void records_before_a_time_are_skipped_to_the_record(void **state)
{
    struct rn_lane *lane;

    (void)state;
    begin(1);
    rig_topic(1, 1, INT64_MAX);
    for (int i = 0; i < 12; i++) {
        rig_append_next(1, 0, LEN);
        hand_clock_pass(&rig.clock, 10);
    }
    for (int pass = 0; pass < 2; pass++) { /* from memory, from extents, then from indexes */
        lane = rig_lane(1, 0);
        for (int64_t ms = -5; ms < 130; ms += 5) {
            uint64_t expected = ms <= 0 ? 0 : (uint64_t)(ms + 9) / 10;
            struct rn_read read = rig_reading(lane, 0);

            read.not_before_ms = RIG_START_MS + ms;
            rig_read_cold(&read);
            assert_int_equal(read.batch.outcome, RN_OUTCOME_OK);
            assert_int_equal(read.batch.count > 0, expected < 12);
            if (read.batch.count > 0) {
                assert_int_equal(read.batch.items[0].offset, expected);
                rig_assert_item(&read.batch.items[0], expected, LEN);
            }
            assert_int_equal(read.batch.next, 12);
            rn_batch_release(rig.engine, &read.batch);
        }
        rig_unref(lane);
        rig_settle();
    }
    rig_end();
}

static void segments_go_when_all_in_them_has_expired(void **state)
{
    struct rn_local_counts counts;

    (void)state;
    begin(2);
    rig_topic(1, 1, HOUR_MS);
    rn_engine_ready(rig.engine);
    for (int i = 0; i < 9; i++) {
        rig_append_next(1, 0, LEN);
        hand_clock_pass(&rig.clock, 10 * 60 * 1000);
    }
    rig_rounds(2); /* 90 minutes have passed: the first 3 records are beyond the hour */
    counts = rig_counts();
    assert_int_equal(counts.dropped, 1);
    assert_int_equal(counts.live_segments, 2);
    assert_int_equal(rig_bounds(1, 0).first, 3);
    assert_int_equal(rig_bounds(1, 0).end, 9);
    assert_int_equal(rig_check_lane(1, 0, 3, LEN), 6);
    assert_false(sim_disk_has(rig.sim, RN_LOG_DIR "/0000000000000001.seg"));
    assert_false(sim_disk_has(rig.sim, RN_LOG_DIR "/0000000000000001.idx"));
    restart(SIM_LOSE);
    rig_topic(1, 1, HOUR_MS);
    assert_int_equal(rig_counts().missing, 0);
    assert_int_equal(rig_bounds(1, 0).first, 3);
    assert_int_equal(rig_check_lane(1, 0, 3, LEN), 6);
    rig_end();
}

static void a_neighbour_with_long_retention_keeps_the_segment(void **state)
{
    (void)state;
    begin(3);
    rig_topic(1, 1, HOUR_MS);
    rig_topic(2, 1, INT64_MAX);
    rn_engine_ready(rig.engine);
    rig_append_next(2, 0, LEN);
    for (int i = 0; i < 8; i++) {
        rig_append_next(1, 0, LEN);
    }
    hand_clock_pass(&rig.clock, 2 * HOUR_MS);
    rig_append_next(1, 0, LEN);
    rig_rounds(5);
    assert_true(sim_disk_has(rig.sim, RN_LOG_DIR "/0000000000000001.seg"));
    assert_int_equal(rig_counts().dropped, 2);
    assert_true(rig_counts().dead_bytes >= 2 * LEN);
    restart(SIM_LOSE);
    rig_topic(1, 1, HOUR_MS);
    rig_topic(2, 1, INT64_MAX);
    assert_int_equal(rig_check_lane(2, 0, 0, LEN), 1);
    assert_int_equal(rig_bounds(1, 0).end, 9);
    assert_int_equal(rig_counts().damaged + rig_counts().missing, 0);
    rig_end();
}

static void nothing_goes_before_ready(void **state)
{
    (void)state;
    begin(4);
    rig_topic(1, 1, 1000);
    for (int i = 0; i < 9; i++) {
        rig_append_next(1, 0, LEN);
    }
    rig_rounds(5);
    assert_int_equal(rig_counts().live_segments, 3);
    assert_int_equal(rig_check_lane(1, 0, 0, LEN), 9);
    rn_engine_ready(rig.engine);
    rig_rounds(5);
    assert_true(rig_counts().dropped >= 2);
    rig_end();
}

static void deleted_topics_give_their_space_back(void **state)
{
    (void)state;
    begin(5);
    rig_topic(1, 1, INT64_MAX);
    rig_topic(2, 1, INT64_MAX);
    rn_engine_ready(rig.engine);
    for (int i = 0; i < 9; i++) {
        rig_append_next(1, 0, LEN);
    }
    rig_append_next(2, 0, LEN);
    rig_settle();
    assert_int_equal(rig_topic_call(RIG_DELETE, 1, 0, 0), RN_OUTCOME_OK);
    rig_rounds(3);
    assert_int_equal(rig_counts().live_segments, 1);
    assert_int_equal(rig_check_lane(2, 0, 0, LEN), 1);
    rig_end();
}

static void topics_that_nobody_names_give_their_space_back(void **state)
{
    (void)state;
    begin(6);
    rig_topic(1, 1, INT64_MAX);
    rig_topic(2, 1, INT64_MAX);
    for (int i = 0; i < 9; i++) {
        rig_append_next(1, 0, LEN);
    }
    rig_append_next(2, 0, LEN);
    restart(SIM_LOSE);
    rig_topic(2, 1, INT64_MAX);
    rig_rounds(3);
    assert_int_equal(rig_counts().live_segments, 4);
    rn_engine_ready(rig.engine);
    rig_rounds(3);
    assert_int_equal(rig_counts().live_segments, 1);
    assert_int_equal(rig_check_lane(2, 0, 0, LEN), 1);
    rig_end();
}

static void what_the_control_log_trimmed_is_dropped(void **state)
{
    struct rn_lane *lane;

    (void)state;
    begin(7);
    rn_engine_ready(rig.engine);
    for (int i = 0; i < 9; i++) {
        rig_append_next(0, 0, LEN);
    }
    rig_settle();
    lane = rig_lane(0, 0);
    rn_engine_trim(rig.engine, lane, 7);
    rig_unref(lane);
    rig_rounds(3);
    assert_int_equal(rig_counts().live_segments, 1);
    assert_int_equal(rig_bounds(0, 0).first, 7);
    restart(SIM_LOSE);
    assert_int_equal(rig_bounds(0, 0).first, 6); /* as much as the segment has */
    assert_int_equal(rig_bounds(0, 0).end, 9);
    assert_int_equal(rig_check_lane(0, 0, 6, LEN), 3);
    rig_end();
}

/* Method: one lane is written once and then never again, while a neighbour goes on for days. */
static void an_idle_lane_keeps_its_end_and_newest_time_over_drops_and_restarts(void **state)
{
    uint64_t dropped = 0, markers = 0;
    int64_t newest;

    (void)state;
    begin(8);
    rig_topic(1, 2, HOUR_MS);
    rn_engine_ready(rig.engine);
    for (int i = 0; i < 4; i++) {
        rig_append_next(1, 0, 100);
    }
    newest = rig_bounds(1, 0).newest_ms;
    for (int round = 0; round < 30; round++) {
        for (int i = 0; i < 3; i++) {
            rig_append_next(1, 1, LEN);
        }
        hand_clock_pass(&rig.clock, HOUR_MS);
        rig_rounds(3);
        if (round % 5 == 4) {
            dropped += rig_counts().dropped;
            markers += rig_counts().markers;
            restart(SIM_LOSE);
            assert_int_equal(rig_counts().damaged + rig_counts().missing, 0);
            rig_topic(1, 2, HOUR_MS);
            rn_engine_ready(rig.engine);
        }
        assert_int_equal(rig_bounds(1, 0).end, 4);
        assert_int_equal(rig_bounds(1, 0).newest_ms, newest);
        assert_in_range(rig_counts().live_segments, 1, 5);
    }
    assert_true(dropped > 20 && markers > 5);
    assert_int_equal(rig_bounds(1, 0).first, 4);
    assert_int_equal(rig_read_outcome(1, 0, 0), RN_OUTCOME_OK); /* nothing, from the end on */
    rig_append_next(1, 0, 100);                                 /* asserts offset 4 */
    assert_int_equal(rig_check_lane(1, 0, 4, 100), 1);
    rig_end();
}

/* The same where nothing but the control log is synced: what the marker stands for must not go before
 * it lasts. */
static void without_sync_an_idle_lane_keeps_its_end_too(void **state)
{
    (void)state;
    begin(9);
    rig.options.sync = false;
    rig_close();
    rig_open();
    rig_topic(1, 2, HOUR_MS);
    rn_engine_ready(rig.engine);
    for (int i = 0; i < 4; i++) {
        rig_append_next(1, 0, 100);
    }
    for (int i = 0; i < 7; i++) {
        rig_append_next(1, 1, LEN); /* rolls, which syncs what is before */
    }
    rig_settle();
    hand_clock_pass(&rig.clock, 2 * HOUR_MS);
    rig_rounds(4);
    assert_true(rig_counts().dropped > 0);
    restart(SIM_LOSE);
    rig_topic(1, 2, HOUR_MS);
    assert_int_equal(rig_bounds(1, 0).end, 4);
    assert_in_range(rig_bounds(1, 1).end, 6, 7);
    rig_end();
}

/* ---- files ---- */

static void dropped_files_are_used_again_and_old_bytes_never_read(void **state)
{
    (void)state;
    begin(10);
    rig_topic(1, 1, HOUR_MS);
    rn_engine_ready(rig.engine);
    for (int i = 0; i < 60; i++) {
        rig_append_next(1, 0, LEN);
        hand_clock_pass(&rig.clock, 10 * 60 * 1000);
        rig_rounds(1);
        assert_in_range(rig_count_files(RN_NAME_SPARE), 0, RN_SPARES_MAX);
        assert_in_range(sim_disk_files(rig.sim), 1, 12);
    }
    assert_true(rig_counts().recycled > 5);
    for (int how = 0; how < SIM_CRASHES; how++) {
        uint64_t first = rig_bounds(1, 0).first;

        restart((enum sim_crash)how);
        rig_topic(1, 1, HOUR_MS);
        assert_int_equal(rig_bounds(1, 0).end, 60);
        assert_in_range(rig_bounds(1, 0).first, 50, first);
        assert_int_equal(rig_counts().damaged + rig_counts().missing, 0);
        assert_int_equal(rig_check_lane(1, 0, first, LEN), 60 - first);
    }
    rig_end();
}

static void too_small_files_are_not_kept(void **state)
{
    (void)state;
    rig_begin(11);
    rig.options.segment_bytes = 1 << 20;
    rig_open();
    rig_topic(1, 1, INT64_MAX);
    rig_append_next(1, 0, 100);
    rig_crash(1, SIM_LOSE); /* each start without an end mark seals what is there */
    rig_open();
    rig_topic(1, 1, HOUR_MS);
    rn_engine_ready(rig.engine);
    hand_clock_pass(&rig.clock, 2 * HOUR_MS);
    rig_append_next(1, 0, 100);
    rig_rounds(3);
    assert_int_equal(rig_counts().dropped, 1);
    assert_int_equal(rig_count_files(RN_NAME_SPARE), 0);
    rig_end();
}

static void a_segment_being_read_is_not_dropped_under_the_reader(void **state)
{
    struct rn_segment *held;
    struct rn_lane *lane;

    (void)state;
    begin(12);
    rig_topic(1, 1, HOUR_MS);
    rn_engine_ready(rig.engine);
    for (int i = 0; i < 6; i++) {
        rig_append_next(1, 0, LEN);
    }
    rig_settle();
    lane = rig_lane(1, 0);
    held = rn_lane_piece(lane, 0)->segment;
    rn_segment_ref(held); /* as a read under way does */
    hand_clock_pass(&rig.clock, 2 * HOUR_MS);
    rig_append_next(1, 0, LEN);
    rig_rounds(3);
    assert_true(sim_disk_has(rig.sim, RN_LOG_DIR "/0000000000000001.seg"));
    rn_segment_unref(held);
    rig_rounds(1);
    assert_false(sim_disk_has(rig.sim, RN_LOG_DIR "/0000000000000001.seg"));
    rig_unref(lane);
    rig_end();
}

/* Method: the power goes at every change of the rounds that drop. */
static void dropping_can_be_interrupted_anywhere(void **state)
{
    (void)state;
    for (uint64_t nth = 1; nth < 40; nth++) {
        begin(nth);
        rig_topic(1, 2, HOUR_MS);
        rn_engine_ready(rig.engine);
        rig_append_next(1, 1, 100);
        for (int i = 0; i < 9; i++) {
            rig_append_next(1, 0, LEN);
            hand_clock_pass(&rig.clock, 10 * 60 * 1000);
        }
        rig_settle();
        sim_disk_stop_at(rig.sim, nth);
        rig_rounds(4);
        restart(SIM_MIX);
        rig_topic(1, 2, HOUR_MS);
        assert_int_equal(rig_counts().damaged + rig_counts().missing, 0);
        assert_int_equal(rig_bounds(1, 1).end, 1);
        assert_int_equal(rig_bounds(1, 0).end, 9);
        assert_int_equal(rig_check_lane(1, 0, 3, LEN), 6);
        rn_engine_ready(rig.engine);
        rig_append_next(1, 0, LEN);
        rig_rounds(4);
        assert_int_equal(rig_bounds(1, 1).end, 1);
        assert_false(sim_disk_has(rig.sim, RN_LOG_DIR "/0000000000000001.seg"));
        rig_end();
    }
}

static void a_directory_that_cannot_be_changed_costs_no_record(void **state)
{
    (void)state;
    for (int kind = SIM_RENAME; kind <= SIM_SYNC_DIR; kind++) {
        begin(13);
        rig_topic(1, 1, HOUR_MS);
        rn_engine_ready(rig.engine);
        for (int i = 0; i < 9; i++) {
            rig_append_next(1, 0, LEN);
            hand_clock_pass(&rig.clock, 10 * 60 * 1000);
        }
        rig_settle();
        sim_disk_fail(rig.sim, (enum sim_call)kind, 1, RN_IO, true);
        rig_rounds(3);
        assert_int_equal(rig_check_lane(1, 0, 3, LEN), 6);
        sim_disk_heal(rig.sim);
        rig_rounds(3);
        rig_append_next(1, 0, LEN);
        restart(SIM_LOSE);
        rig_topic(1, 1, HOUR_MS);
        assert_int_equal(rig_counts().damaged + rig_counts().missing, 0);
        assert_int_equal(rig_check_lane(1, 0, 4, LEN), 6);
        rig_end();
    }
}

static void a_longer_retention_keeps_what_has_not_gone_yet(void **state)
{
    (void)state;
    begin(14);
    rig_topic(1, 1, HOUR_MS);
    rn_engine_ready(rig.engine);
    for (int i = 0; i < 9; i++) {
        rig_append_next(1, 0, LEN);
    }
    hand_clock_pass(&rig.clock, 2 * HOUR_MS);
    assert_int_equal(rig_topic_call(RIG_RETENTION, 1, 0, 3 * HOUR_MS), RN_OUTCOME_OK);
    rig_rounds(3);
    assert_int_equal(rig_check_lane(1, 0, 0, LEN), 9);
    rig_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_before_a_time_are_skipped_to_the_record),
        cmocka_unit_test(segments_go_when_all_in_them_has_expired),
        cmocka_unit_test(a_neighbour_with_long_retention_keeps_the_segment),
        cmocka_unit_test(nothing_goes_before_ready),
        cmocka_unit_test(deleted_topics_give_their_space_back),
        cmocka_unit_test(topics_that_nobody_names_give_their_space_back),
        cmocka_unit_test(what_the_control_log_trimmed_is_dropped),
        cmocka_unit_test(an_idle_lane_keeps_its_end_and_newest_time_over_drops_and_restarts),
        cmocka_unit_test(without_sync_an_idle_lane_keeps_its_end_too),
        cmocka_unit_test(dropped_files_are_used_again_and_old_bytes_never_read),
        cmocka_unit_test(too_small_files_are_not_kept),
        cmocka_unit_test(a_segment_being_read_is_not_dropped_under_the_reader),
        cmocka_unit_test(dropping_can_be_interrupted_anywhere),
        cmocka_unit_test(a_directory_that_cannot_be_changed_costs_no_record),
        cmocka_unit_test(a_longer_retention_keeps_what_has_not_gone_yet),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
