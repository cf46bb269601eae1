/* Files and blocks that were written before they are needed. */
#include "tests/unit/local/rig.h"

static void begin(uint64_t seed, size_t prepare_bytes)
{
    rig_begin(seed);
    rig.options.segment_bytes = 1 << 20;
    rig.options.prepare_bytes = prepare_bytes;
    rig_open();
    rig_topic(1, 1, INT64_MAX);
}

static void few_are_kept_and_the_newest_is_taken_first(void **state)
{
    struct rn_spares spares = {0};
    struct rn_spare spare;

    (void)state;
    rn_spares_init(&spares);
    assert_false(rn_spares_take(&spares, &spare));
    for (uint64_t i = 0; i < RN_SPARES_MAX + 2; i++) {
        spare = (struct rn_spare){rn_spares_number(&spares), 1000 + i};
        assert_int_equal(spare.number, i);
        assert_int_equal(rn_spares_add(&spares, &spare), i < RN_SPARES_MAX);
    }
    assert_int_equal(rn_spares_count(&spares), RN_SPARES_MAX);
    for (uint64_t i = RN_SPARES_MAX; i-- > 0;) {
        assert_true(rn_spares_take(&spares, &spare));
        assert_int_equal(spare.number, i);
        assert_int_equal(spare.bytes, 1000 + i);
    }
    assert_false(rn_spares_take(&spares, &spare));
    rn_spares_done(&spares);
}

static void zeros_are_written_ahead_of_small_frames(void **state)
{
    uint64_t size;

    (void)state;
    begin(1, 32768);
    rig_append_next(1, 0, 100);
    rig_settle();
    size = sim_disk_size(rig.sim, rig_segment(0));
    assert_true(size >= rig_local()->writer.at + 16384);
    assert_true(rig_counts().prepared_bytes > 0);
    assert_int_equal(sim_disk_unsynced(rig.sim), 0);
    for (int i = 0; i < 100; i++) {
        rig_append_next(1, 0, 100);
        rig_settle();
        assert_true(sim_disk_size(rig.sim, rig_segment(0)) > rig_local()->writer.at);
    }
    assert_int_equal(rig_check_lane(1, 0, 0, 100), 101);
    rig_crash(1, SIM_LOSE);
    rig_open();
    rig_topic(1, 1, INT64_MAX);
    assert_int_equal(rig_counts().torn + rig_counts().damaged, 0);
    assert_int_equal(rig_check_lane(1, 0, 0, 100), 101);
    rig_end();
}

static void nothing_is_prepared_for_big_frames_or_when_not_wanted(void **state)
{
    (void)state;
    begin(2, 0);
    for (int i = 0; i < 20; i++) {
        rig_append_next(1, 0, 100);
        rig_settle();
    }
    assert_int_equal(rig_counts().prepared_bytes, 0);
    rig_end();
    begin(3, 32768);
    rig.options.segment_bytes = 1 << 24;
    for (int i = 0; i < 20; i++) {
        rig_append_next(1, 0, 400000);
    }
    uint64_t before = rig_counts().prepared_bytes;

    rig_settle();
    assert_int_equal(rig_counts().prepared_bytes, before);
    rig_end();
}

static void preparing_ends_with_the_segment(void **state)
{
    (void)state;
    begin(4, 32768);
    for (int i = 0; i < 200; i++) {
        rig_append_next(1, 0, 3000);
        rig_settle();
        assert_true(sim_disk_size(rig.sim, rig_segment(0)) <= rig.options.segment_bytes);
    }
    rig_end();
}

static void a_nearly_full_disk_is_left_alone(void **state)
{
    (void)state;
    begin(5, 32768);
    sim_disk_limit(rig.sim, 150000);
    rig_append_next(1, 0, 100);
    rig_settle();
    assert_int_equal(rig_counts().prepared_bytes, 0);
    rig_end();
}

/* Method: writing or syncing the zeros fails. Nothing is lost, and it is tried again later. A failed sync
 * may be told to the writer as well: then it does not know what became of its next frame. */
static void zeros_that_fail_cost_no_record(void **state)
{
    (void)state;
    for (int kind = SIM_WRITE; kind <= SIM_SYNC; kind++) {
        begin(6, 32768);
        rig_append_next(1, 0, 100);
        sim_disk_fail(rig.sim, (enum sim_call)kind, 1, RN_IO, false);
        rig_settle();
        assert_int_equal(rig_counts().prepared_bytes, 0);
        hand_clock_pass(&rig.clock, 2000);
        rig_settle();
        assert_true(rig_counts().prepared_bytes > 0);
        if (kind == SIM_SYNC) {
            assert_int_equal(rig_append(1, 0, 99, 1, 100, NULL), RN_OUTCOME_UNKNOWN);
        }
        rig_append_next(1, 0, 100);
        rig_crash(1, SIM_LOSE);
        rig_open();
        rig_topic(1, 1, INT64_MAX);
        assert_int_equal(rig_check_lane(1, 0, 0, 100), 2);
        rig_end();
    }
}

/* Method: a spare of any length is found at the start and becomes a segment. */
static void a_spare_of_odd_length_is_used_in_whole_blocks(void **state)
{
    char bytes[30001] = {0};

    (void)state;
    for (size_t len = RN_SEGMENT_START - 1; len < sizeof(bytes); len += 3701) {
        rig_begin(7);
        rig.options.prepare_bytes = 16384;
        sim_disk_put(rig.sim, RN_LOG_DIR "/spare-3", bytes, len);
        rig_open();
        rig_topic(1, 1, INT64_MAX);
        assert_int_equal(rn_spares_count(&rig_local()->spares), len >= RN_SEGMENT_START);
        for (int i = 0; i < 10; i++) {
            rig_append_next(1, 0, 100);
            rig_settle();
        }
        assert_int_equal(rig_count_files(RN_NAME_SPARE), 0);
        assert_int_equal(rig_check_lane(1, 0, 0, 100), 10);
        rig_end();
    }
}

static void spares_beyond_the_limit_are_removed_at_the_start(void **state)
{
    char bytes[RN_SEGMENT_START * 2] = {0};

    (void)state;
    rig_begin(8);
    for (int i = 0; i < 5; i++) {
        char path[RN_LOG_PATH_BYTES];

        sim_disk_put(rig.sim, rn_spare_path(path, (uint64_t)i * 2), bytes, sizeof(bytes));
    }
    rig_open();
    assert_int_equal(rig_count_files(RN_NAME_SPARE), RN_SPARES_MAX);
    assert_int_equal(rn_spares_count(&rig_local()->spares), RN_SPARES_MAX);
    assert_int_equal(rn_spares_number(&rig_local()->spares), 9); /* never one that is there */
    rig_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_are_kept_and_the_newest_is_taken_first),
        cmocka_unit_test(zeros_are_written_ahead_of_small_frames),
        cmocka_unit_test(nothing_is_prepared_for_big_frames_or_when_not_wanted),
        cmocka_unit_test(preparing_ends_with_the_segment),
        cmocka_unit_test(a_nearly_full_disk_is_left_alone),
        cmocka_unit_test(zeros_that_fail_cost_no_record),
        cmocka_unit_test(a_spare_of_odd_length_is_used_in_whole_blocks),
        cmocka_unit_test(spares_beyond_the_limit_are_removed_at_the_start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
