/* The engine interface over local files. */
#include "tests/unit/local/rig.h"

#include "sys/thread.h"

static void what_is_appended_is_read_before_and_after_a_restart(void **state)
{
    (void)state;
    rig_begin(1);
    rig_open();
    rig_topic(1, 2, INT64_MAX);
    for (int i = 0; i < 40; i++) {
        rig_append_next(1, 0, 100);
        rig_append_next(1, 1, 5000);
    }
    for (int restart = 0; restart < 3; restart++) {
        assert_int_equal(rig_check_lane(1, 0, 0, 100), 40);
        assert_int_equal(rig_check_lane(1, 1, 0, 5000), 40);
        assert_int_equal(rig_check_lane(1, 1, 17, 5000), 23);
        rig_settle();
        rig_close();
        rig_open();
        rig_topic(1, 2, INT64_MAX);
    }
    rig_end();
}

static void a_buffered_disk_will_do_and_is_told_of_once(void **state)
{
    (void)state;
    rig_begin(2);
    sim_disk_refuse_direct(rig.sim);
    rig_open();
    rig_topic(1, 1, INT64_MAX);
    for (int i = 0; i < 60; i++) {
        rig_append_next(1, 0, 3000);
    }
    assert_true(rig_counts().segments > 2);
    assert_int_equal(rig.warnings, 1);
    rig_settle();
    assert_int_equal(rig_check_lane(1, 0, 0, 3000), 60);
    rig_end();
}

static void any_alignment_up_to_a_block_will_do(void **state)
{
    (void)state;
    for (uint32_t align = 512; align <= 4096; align *= 2) {
        rig_begin(3);
        sim_disk_align(rig.sim, align);
        rig.options.prepare_bytes = 16384;
        rig_open();
        rig_topic(1, 1, INT64_MAX);
        for (int i = 0; i < 30; i++) {
            rig_append_next(1, 0, 3000);
            rig_settle();
        }
        assert_int_equal(rig_check_lane(1, 0, 0, 3000), 30);
        rig_end();
    }
}

/* Method: the disk's syncs are counted; nothing is told or seen before the one behind the write. */
static void nothing_is_told_or_seen_before_its_sync(void **state)
{
    struct rig_put *put;
    struct rn_lane *lane;

    (void)state;
    rig_begin(4);
    rig_open();
    rig_topic(1, 1, INT64_MAX);
    rig_append_next(1, 0, 10);
    lane = rig_lane(1, 0);
    put = rig_put_new(lane, 1, 1, 10);
    assert_int_equal(rn_engine_submit(rig.engine, &put->submit), RN_OK);
    assert_false(rn_mailbox_drain(&rig.box));
    assert_int_equal(rig_bounds(1, 0).end, 1);
    assert_true(rn_local_step_writer(rig.engine));
    assert_int_equal(sim_disk_unsynced(rig.sim), 0);
    assert_int_equal(rig_bounds(1, 0).end, 2);
    assert_true(put->done);
    assert_int_equal(put->run.outcome, RN_OUTCOME_OK);
    rig_put_free(put);
    rig_unref(lane);
    rig_end();
}

static void what_gathers_shares_one_frame_and_one_sync(void **state)
{
    struct rig_put *puts[20];
    struct rn_lane *lane;

    (void)state;
    rig_begin(5);
    rig_open();
    rig_topic(1, 4, INT64_MAX);
    for (size_t i = 0; i < 20; i++) {
        lane = rig_lane(1, (uint32_t)i % 4);
        puts[i] = rig_put_new(lane, i / 4, 1, 100);
        assert_int_equal(rn_engine_submit(rig.engine, &puts[i]->submit), RN_OK);
        rig_unref(lane);
    }
    assert_true(rn_local_step_writer(rig.engine));
    assert_false(rn_local_step_writer(rig.engine));
    assert_int_equal(rig_counts().frames, 1);
    assert_int_equal(rig_counts().syncs, 1);
    assert_int_equal(rig_counts().records, 20);
    assert_true(rn_mailbox_drain(&rig.box));
    for (size_t i = 0; i < 20; i++) {
        assert_true(puts[i]->done);
        assert_int_equal(puts[i]->run.first, i / 4);
        rig_put_free(puts[i]);
    }
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(rig_check_lane(1, i, 0, 100), 5);
    }
    rig_end();
}

static void append_times_never_go_back_though_the_clock_does(void **state)
{
    struct rn_lane *lane;
    struct rn_read read;

    (void)state;
    rig_begin(6);
    rig_open();
    rig_topic(1, 1, INT64_MAX);
    rig_append_next(1, 0, 1);
    rig.clock.wall -= 3600000000;
    rig_append_next(1, 0, 1);
    rig_crash(1, SIM_LOSE);
    rig_open();
    rig_topic(1, 1, INT64_MAX);
    rig_append_next(1, 0, 1);
    lane = rig_lane(1, 0);
    read = rig_reading(lane, 0);
    rig_read_cold(&read);
    assert_int_equal(read.batch.count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(read.batch.items[i].append_ms, RIG_START_MS);
    }
    rn_batch_release(rig.engine, &read.batch);
    rig_unref(lane);
    assert_int_equal(rig_bounds(1, 0).newest_ms, RIG_START_MS);
    rig_end();
}

static void a_submit_of_nothing_is_done_at_once(void **state)
{
    struct rig_put *put;
    struct rn_lane *lane;

    (void)state;
    rig_begin(7);
    rig_open();
    rig_topic(1, 1, INT64_MAX);
    lane = rig_lane(1, 0);
    put = rig_put_new(lane, 0, 0, 0);
    assert_int_equal(rn_engine_submit(rig.engine, &put->submit), RN_OK);
    assert_true(rn_mailbox_drain(&rig.box));
    assert_true(put->done);
    assert_int_equal(put->run.outcome, RN_OUTCOME_OK);
    rig_put_free(put);
    rig_unref(lane);
    rig_end();
}

/* Method: 40 records of 1 MiB do not fit a frame of 16 MiB. */
static void a_run_longer_than_a_frame_is_stored_whole_and_in_order(void **state)
{
    uint64_t first;

    (void)state;
    rig_begin(8);
    rig.options.queue_bytes_max = 1 << 26;
    rig.options.segment_bytes = 1 << 25;
    rig_open();
    rig_topic(1, 1, INT64_MAX);
    assert_int_equal(rig_append(1, 0, 0, 40, 1 << 20, &first), RN_OUTCOME_OK);
    assert_int_equal(first, 0);
    assert_true(rig_counts().frames >= 3);
    assert_int_equal(rig_check_lane(1, 0, 0, 1 << 20), 40);
    rig_end();
}

static void the_largest_record_is_stored(void **state)
{
    (void)state;
    rig_begin(9);
    rig_open();
    rig_topic(1, 1, INT64_MAX);
    rig_append_next(1, 0, RN_RECORD_VALUE_BYTES_MAX);
    rig_append_next(1, 0, RN_RECORD_VALUE_BYTES_MAX);
    rig_settle();
    assert_int_equal(rig_check_lane(1, 0, 0, RN_RECORD_VALUE_BYTES_MAX), 2);
    rig_end();
}

/* ---- reading ---- */

static void read_now_answers_from_memory_and_waits_for_the_rest(void **state)
{
    struct rn_lane *lane;
    struct rn_batch batch;
    struct rn_read read;
    uint64_t hits = 0;

    (void)state;
    rig_begin(10);
    rig_open();
    rig_topic(1, 1, INT64_MAX);
    for (int i = 0; i < 200; i++) { /* far more than the tail cache holds */
        rig_append_next(1, 0, 3000);
    }
    lane = rig_lane(1, 0);
    for (uint64_t at = 0; at <= 200; at++) {
        read = rig_reading(lane, at);
        rn_err err = rn_engine_read_now(rig.engine, &read, &batch);

        assert_true(err == RN_OK || (err == RN_WAIT && hits == 0 && at < 200));
        if (!err) {
            hits++;
            assert_int_equal(batch.count, 200 - at);
            assert_int_equal(batch.next, 200);
            assert_int_equal(batch.end, 200);
            rn_batch_release(rig.engine, &batch);
        }
    }
    assert_in_range(hits, 2, 190);
    assert_int_equal(rig_counts().tail_reads, hits);
    rig_unref(lane);
    rig_end();
}

static void limits_of_a_read_hold_but_one_record_always_comes(void **state)
{
    struct rn_lane *lane;
    struct rn_batch batch;
    struct rn_read read;

    (void)state;
    rig_begin(11);
    rig_open();
    rig_topic(1, 1, INT64_MAX);
    assert_int_equal(rig_append(1, 0, 0, 50, 97, NULL), RN_OUTCOME_OK); /* 100 with the key */
    lane = rig_lane(1, 0);
    for (size_t bytes = 0; bytes < 1000; bytes += 50) {
        read = rig_reading(lane, 3);
        read.bytes_max = bytes;
        assert_int_equal(rn_engine_read_now(rig.engine, &read, &batch), RN_OK);
        assert_int_equal(batch.count, bytes < 100 ? 1 : bytes / 100);
        rn_batch_release(rig.engine, &batch);
        rig_read_cold(&read);
        assert_int_equal(read.batch.count, bytes < 100 ? 1 : bytes / 100);
        rn_batch_release(rig.engine, &read.batch);
    }
    for (size_t count = 0; count < 60; count++) {
        read = rig_reading(lane, 0);
        read.count_max = count;
        assert_int_equal(rn_engine_read_now(rig.engine, &read, &batch), RN_OK);
        assert_int_equal(batch.count, count == 0 ? 1 : count > 50 ? 50 : count);
        assert_int_equal(batch.next, batch.count);
        rn_batch_release(rig.engine, &batch);
    }
    rig_unref(lane);
    rig_end();
}

static void at_the_end_is_an_empty_batch_and_beyond_it_is_out_of_range(void **state)
{
    struct rn_lane *lane;
    struct rn_batch batch;
    struct rn_read read;

    (void)state;
    rig_begin(12);
    rig_open();
    rig_topic(1, 1, INT64_MAX);
    lane = rig_lane(1, 0);
    for (uint64_t end = 0; end < 3; end++) {
        read = rig_reading(lane, end);
        assert_int_equal(rn_engine_read_now(rig.engine, &read, &batch), RN_OK);
        assert_int_equal(batch.outcome, RN_OUTCOME_OK);
        assert_int_equal(batch.count, 0);
        assert_int_equal(batch.next, end);
        rn_batch_release(rig.engine, &batch);
        read = rig_reading(lane, end + 1);
        assert_int_equal(rn_engine_read_now(rig.engine, &read, &batch), RN_OK);
        assert_int_equal(batch.outcome, RN_OUTCOME_OUT_OF_RANGE);
        rn_batch_release(rig.engine, &batch);
        assert_int_equal(rig_read_outcome(1, 0, end + 1), RN_OUTCOME_OUT_OF_RANGE);
        rig_append_next(1, 0, 20);
    }
    rig_unref(lane);
    rig_end();
}

/* Method: the slab that a batch points into leaves the cache while the batch is held. */
static void a_batch_stays_valid_while_its_memory_leaves_the_cache(void **state)
{
    struct rn_lane *lane;
    struct rn_batch batch;
    struct rn_read read;

    (void)state;
    rig_begin(13);
    rig_open();
    rig_topic(1, 1, INT64_MAX);
    rig_append_next(1, 0, 1000);
    lane = rig_lane(1, 0);
    read = rig_reading(lane, 0);
    assert_int_equal(rn_engine_read_now(rig.engine, &read, &batch), RN_OK);
    for (int i = 0; i < 300; i++) {
        rig_append_next(1, 0, 3000);
    }
    rig_assert_item(&batch.items[0], 0, 1000);
    rn_batch_release(rig.engine, &batch);
    rig_unref(lane);
    rig_end();
}

/* ---- followers ---- */

struct follower {
    struct rn_follow follow;
    int moved;
};

static void follower_moved(struct rn_task *task)
{
    struct rn_follow *follow = RN_OWNER(task, struct rn_follow, moved);

    RN_OWNER(follow, struct follower, follow)->moved++;
}

static void a_follower_is_told_once_a_turn_however_much_the_lane_grew(void **state)
{
    struct follower follower = {.follow = {.box = &rig.box, .moved = {.run = follower_moved}}};
    struct rn_lane *lane;
    struct rig_put *puts[3];

    (void)state;
    rig_begin(14);
    rig_open();
    rig_topic(1, 2, INT64_MAX);
    rig_append_next(1, 0, 10);
    lane = rig_lane(1, 0);
    follower.follow.lane = lane;
    assert_int_equal(rn_engine_follow(rig.engine, &follower.follow), RN_OK);
    rig_settle();
    assert_int_equal(follower.moved, 0); /* nothing beyond what it held */
    for (size_t i = 0; i < 3; i++) {
        puts[i] = rig_put_new(lane, i, 1, 10);
        assert_int_equal(rn_engine_submit(rig.engine, &puts[i]->submit), RN_OK);
        assert_true(rn_local_step_writer(rig.engine));
    }
    rig_settle();
    assert_int_equal(follower.moved, 1);
    rig_append_next(1, 1, 10); /* another lane */
    rig_settle();
    assert_int_equal(follower.moved, 1);
    rig_append_next(1, 0, 10);
    rig_settle();
    assert_int_equal(follower.moved, 2);
    for (size_t i = 0; i < 3; i++) {
        rig_put_free(puts[i]);
        puts[i] = rig_put_new(lane, i, 1, 10);
        assert_int_equal(rn_engine_submit(rig.engine, &puts[i]->submit), RN_OK);
    }
    assert_true(rn_local_step_writer(rig.engine));
    rn_engine_unfollow(rig.engine, &follower.follow); /* while a notice is under way */
    rig_settle();
    assert_int_equal(follower.moved, 2);
    for (size_t i = 0; i < 3; i++) {
        rig_put_free(puts[i]);
    }
    rig_unref(lane);
    rig_end();
}

static void a_follower_is_told_when_the_topic_is_deleted(void **state)
{
    struct follower follower = {.follow = {.box = &rig.box, .moved = {.run = follower_moved}}};

    (void)state;
    rig_begin(15);
    rig_open();
    rig_topic(1, 1, INT64_MAX);
    follower.follow.lane = rig_lane(1, 0);
    assert_int_equal(rn_engine_follow(rig.engine, &follower.follow), RN_OK);
    assert_int_equal(rig_topic_call(RIG_DELETE, 1, 0, 0), RN_OUTCOME_OK);
    assert_int_equal(follower.moved, 1);
    rn_engine_unfollow(rig.engine, &follower.follow);
    rig_unref(follower.follow.lane);
    rig_end();
}

/* ---- topics ---- */

static void topic_calls_can_be_repeated(void **state)
{
    (void)state;
    rig_begin(16);
    rig_open();
    for (int i = 0; i < 2; i++) {
        assert_int_equal(rig_topic_call(RIG_CREATE, 7, 2, 1000), RN_OUTCOME_OK);
    }
    rig_append_next(7, 1, 10);
    assert_int_equal(rig_topic_call(RIG_CREATE, 7, 3, 1000), RN_OUTCOME_OK);
    rig_append_next(7, 2, 10);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(rig_topic_call(RIG_GROW, 7, 5, 0), RN_OUTCOME_OK);
        assert_int_equal(rig_topic_call(RIG_RETENTION, 7, 0, 5000), RN_OUTCOME_OK);
    }
    assert_null(rn_engine_lane_ref(rig.engine, 7, 5));
    rig_unref(rig_lane(7, 4));
    assert_int_equal(rig_bounds(7, 1).end, 1);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(rig_topic_call(RIG_DELETE, 7, 0, 0), RN_OUTCOME_OK);
    }
    assert_null(rn_engine_lane_ref(rig.engine, 7, 0));
    assert_int_equal(rig_topic_call(RIG_GROW, 7, 5, 0), RN_OUTCOME_NO_LANE);
    assert_int_equal(rig_topic_call(RIG_RETENTION, 7, 5, 0), RN_OUTCOME_NO_LANE);
    assert_int_equal(rig_topic_call(RIG_CREATE, 8, UINT32_MAX, 0), RN_OUTCOME_REJECTED);
    rig_end();
}

static void a_deleted_topic_ends_for_writers_and_readers(void **state)
{
    struct rn_bounds_query query = {.box = &rig.box, .done = {.run = rig_done}};
    struct rn_lane *lane;
    struct rn_batch batch;
    struct rn_read read;
    struct rig_put *put;

    (void)state;
    rig_begin(17);
    rig_open();
    rig_topic(1, 1, INT64_MAX);
    rig_append_next(1, 0, 100);
    lane = rig_lane(1, 0);
    put = rig_put_new(lane, 1, 1, 100);
    assert_int_equal(rn_engine_submit(rig.engine, &put->submit), RN_OK);
    assert_int_equal(rig_topic_call(RIG_DELETE, 1, 0, 0), RN_OUTCOME_OK);
    rig_settle();
    assert_true(put->done);
    assert_int_equal(put->run.outcome, RN_OUTCOME_NO_LANE);
    read = rig_reading(lane, 0);
    assert_int_equal(rn_engine_read_now(rig.engine, &read, &batch), RN_OK);
    assert_int_equal(batch.outcome, RN_OUTCOME_NO_LANE);
    rn_batch_release(rig.engine, &batch);
    query.lane = lane;
    rn_engine_bounds(rig.engine, &query);
    rig_settle();
    assert_int_equal(query.outcome, RN_OUTCOME_NO_LANE);
    rig_put_free(put);
    rig_unref(lane);
    rig_end();
}

static void lanes_of_topics_that_nobody_named_are_not_visible_and_die_at_ready(void **state)
{
    (void)state;
    rig_begin(18);
    rig_open();
    rig_topic(1, 1, INT64_MAX);
    rig_topic(2, 1, INT64_MAX);
    rig_append_next(1, 0, 100);
    rig_append_next(2, 0, 100);
    rig_close();
    rig_open();
    assert_null(rn_engine_lane_ref(rig.engine, 1, 0));
    assert_int_equal(rig_topic_call(RIG_RETENTION, 1, 0, 5), RN_OUTCOME_NO_LANE);
    rig_topic(2, 1, INT64_MAX);
    rn_engine_ready(rig.engine);
    rig_topic(1, 1, INT64_MAX); /* a uid is never used again, but if it were it would be empty */
    assert_int_equal(rig_bounds(1, 0).end, 0);
    assert_int_equal(rig_check_lane(2, 0, 0, 100), 1);
    rig_end();
}

static void the_control_lane_is_there_from_the_start(void **state)
{
    (void)state;
    rig_begin(19);
    rig_open();
    assert_int_equal(rig_bounds(0, 0).end, 0);
    assert_int_equal(rig_bounds(0, 0).newest_ms, INT64_MIN);
    rig_append_next(0, 0, 30);
    rig_crash(1, SIM_LOSE);
    rig_open();
    assert_int_equal(rig_check_lane(0, 0, 0, 30), 1);
    rig_end();
}

static void a_trim_moves_the_first_record_but_not_beyond_the_end(void **state)
{
    struct rn_lane *lane;
    struct rn_read read;

    (void)state;
    rig_begin(20);
    rig_open();
    for (int i = 0; i < 10; i++) {
        rig_append_next(0, 0, 30);
    }
    lane = rig_lane(0, 0);
    rn_engine_trim(rig.engine, lane, 4);
    assert_int_equal(rig_bounds(0, 0).first, 4);
    rn_engine_trim(rig.engine, lane, 2);
    assert_int_equal(rig_bounds(0, 0).first, 4);
    read = rig_reading(lane, 0);
    rig_read_cold(&read);
    assert_int_equal(read.batch.count, 6);
    assert_int_equal(read.batch.items[0].offset, 4);
    rn_batch_release(rig.engine, &read.batch);
    rn_engine_trim(rig.engine, lane, 1000);
    assert_int_equal(rig_bounds(0, 0).first, 10);
    assert_int_equal(rig_bounds(0, 0).end, 10);
    rig_unref(lane);
    rig_end();
}

/* ---- limits and failures ---- */

static void a_full_queue_refuses_but_lets_the_control_log_a_bit_further(void **state)
{
    struct rig_put *puts[64], *command;
    struct rn_lane *lane, *control;
    size_t count = 0;
    rn_err err = RN_OK;

    (void)state;
    rig_begin(21);
    rig.options.queue_bytes_max = 100000;
    rig_open();
    rig_topic(1, 1, INT64_MAX);
    lane = rig_lane(1, 0);
    control = rig_lane(0, 0);
    while (!err) {
        puts[count] = rig_put_new(lane, count, 1, 9000);
        err = rn_engine_submit(rig.engine, &puts[count++]->submit);
    }
    assert_int_equal(err, RN_FULL);
    assert_in_range(count, 10, 12);
    assert_int_equal(rig_counts().queue_full, 1);
    command = rig_put_new(control, 0, 1, 50000);
    assert_int_equal(rn_engine_submit(rig.engine, &command->submit), RN_OK);
    rig_settle();
    assert_false(puts[count - 1]->done);
    assert_int_equal(rn_engine_submit(rig.engine, &puts[count - 1]->submit), RN_OK);
    rig_settle();
    assert_int_equal(rig_counts().queued_bytes, 0);
    for (size_t i = 0; i < count; i++) {
        assert_true(puts[i]->done);
        assert_int_equal(puts[i]->run.first, i);
        rig_put_free(puts[i]);
    }
    rig_put_free(command);
    rig_unref(lane);
    rig_unref(control);
    rig_end();
}

static void a_full_disk_refuses_all_but_the_control_log_and_heals_by_itself(void **state)
{
    uint64_t stored = 0;

    (void)state;
    rig_begin(22);
    rig.options.reserve_bytes = 100000;
    sim_disk_limit(rig.sim, 400000);
    rig_open();
    rig_topic(1, 1, INT64_MAX);
    while (rn_engine_writable(rig.engine)) {
        stored += rig_append(1, 0, stored, 1, 3000, NULL) == RN_OUTCOME_OK;
        rig_rounds(1);
        assert_in_range(stored, 1, 100);
    }
    assert_int_equal(rig_append(1, 0, stored, 1, 3000, NULL), RN_OUTCOME_FULL);
    assert_int_equal(rig_append(0, 0, 0, 1, 50, NULL), RN_OUTCOME_OK);
    assert_int_equal(rig_check_lane(1, 0, 0, 3000), stored);
    rig_rounds(3);
    assert_false(rn_engine_writable(rig.engine));
    sim_disk_limit(rig.sim, 10000000);
    rig_rounds(1);
    assert_true(rn_engine_writable(rig.engine));
    for (int i = 0; i < 50; i++) {
        rig_append_next(1, 0, 3000);
    }
    rig_crash(1, SIM_LOSE);
    rig_open();
    rig_topic(1, 1, INT64_MAX);
    assert_int_equal(rig_check_lane(1, 0, 0, 3000), stored + 50);
    assert_int_equal(rig_counts().damaged, 0);
    rig_end();
}

/* Method: there is no reserve, so a write itself meets the end of the disk, in the middle. */
static void a_write_that_meets_the_full_disk_is_refused_and_its_room_used_again(void **state)
{
    uint64_t stored = 0;

    (void)state;
    rig_begin(23);
    rig.options.segment_bytes = 1 << 20;
    sim_disk_limit(rig.sim, 300000);
    rig_open();
    rig_topic(1, 1, INT64_MAX);
    while (rig_append(1, 0, stored, 1, 20000, NULL) == RN_OUTCOME_OK) {
        stored++;
    }
    assert_in_range(stored, 5, 20);
    assert_int_equal(rig_append(1, 0, stored, 1, 20000, NULL), RN_OUTCOME_FULL);
    assert_false(rn_engine_writable(rig.engine));
    sim_disk_limit(rig.sim, 3000000);
    rig_rounds(1);
    rig_append_next(1, 0, 20000);
    assert_int_equal(rig_counts().segments, 1);
    rig_crash(1, SIM_LOSE);
    rig_open();
    rig_topic(1, 1, INT64_MAX);
    assert_int_equal(rig_check_lane(1, 0, 0, 20000), stored + 1);
    rig_end();
}

static void a_disk_full_for_a_long_time_is_not_filled_with_attempts(void **state)
{
    size_t files;

    (void)state;
    rig_begin(24);
    rig_open();
    rig_topic(1, 1, INT64_MAX);
    rig_append_next(1, 0, 50000);
    rig_settle();
    files = sim_disk_files(rig.sim);
    sim_disk_fail(rig.sim, SIM_WRITE, 1, RN_FULL, true);
    for (int i = 0; i < 50; i++) {
        assert_int_not_equal(rig_append(1, 0, 1, 1, 50000, NULL), RN_OUTCOME_OK);
        rig_rounds(1);
    }
    assert_in_range(sim_disk_files(rig.sim), 1, files + 1);
    sim_disk_heal(rig.sim);
    rig_rounds(2);
    rig_append_next(1, 0, 50000);
    assert_int_equal(rig_check_lane(1, 0, 0, 50000), 2);
    rig_end();
}

/* Method: fails one call of a kind; then everything must go on, and all that was told OK be there. */
static void check_after_failure(enum sim_call kind, enum rn_outcome expected, enum sim_crash how)
{
    rig_begin(25);
    rig_open();
    rig_topic(1, 1, INT64_MAX);
    rig_append_next(1, 0, 500);
    rig_append_next(1, 0, 500);
    sim_disk_fail(rig.sim, kind, 1, RN_IO, false);
    assert_int_equal(rig_append(1, 0, 999, 1, 500, NULL), expected);
    assert_int_equal(rig_counts().failed_frames, 1);
    assert_int_equal(rig_bounds(1, 0).end, 2); /* nobody has seen it */
    rig_append_next(1, 0, 500);
    rig_append_next(1, 0, 500);
    rig_settle();
    assert_int_equal(rig_counts().segments, 2);
    assert_int_equal(rig_check_lane(1, 0, 0, 500), 4);
    rig_crash(7, how);
    rig_open();
    rig_topic(1, 1, INT64_MAX);
    assert_int_equal(rig_check_lane(1, 0, 0, 500), 4);
    assert_int_equal(rig_counts().damaged, 0);
    rig_end();
}

static void after_a_failed_write_the_outcome_is_unknown_and_nothing_is_displaced(void **state)
{
    (void)state;
    check_after_failure(SIM_WRITE, RN_OUTCOME_UNKNOWN, SIM_LOSE);
    check_after_failure(SIM_WRITE, RN_OUTCOME_UNKNOWN, SIM_KEEP);
}

static void after_a_failed_sync_the_outcome_is_unknown_and_nothing_is_displaced(void **state)
{
    (void)state;
    check_after_failure(SIM_SYNC, RN_OUTCOME_UNKNOWN, SIM_LOSE);
    check_after_failure(SIM_SYNC, RN_OUTCOME_UNKNOWN, SIM_KEEP);
}

/* Method: every call that begins a segment fails in turn, for a while. */
static void writes_are_refused_until_a_segment_can_be_begun(void **state)
{
    static const enum sim_call kinds[] = {SIM_OPEN, SIM_WRITE, SIM_SYNC, SIM_RENAME, SIM_SYNC_DIR};

    (void)state;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        rig_begin(26);
        rig_open();
        rig_topic(1, 1, INT64_MAX);
        rig_append_next(1, 0, 50000);
        rig_settle();
        sim_disk_fail(rig.sim, kinds[i], 1, RN_IO, true);
        assert_int_equal(rig_append(1, 0, 9, 1, 50000, NULL), RN_OUTCOME_UNAVAILABLE);
        assert_false(rn_engine_writable(rig.engine));
        assert_int_equal(rig_append(1, 0, 9, 1, 50000, NULL), RN_OUTCOME_UNAVAILABLE);
        assert_int_equal(rig_check_lane(1, 0, 0, 50000) == 1 || kinds[i] == SIM_OPEN, 1);
        sim_disk_heal(rig.sim);
        assert_false(rn_engine_writable(rig.engine));
        rig_rounds(1); /* nobody writes, and yet it heals */
        assert_true(rn_engine_writable(rig.engine));
        rig_append_next(1, 0, 50000);
        rig_crash(3, SIM_LOSE);
        rig_open();
        rig_topic(1, 1, INT64_MAX);
        assert_int_equal(rig_check_lane(1, 0, 0, 50000), 2);
        rig_end();
    }
}

static void past_its_deadline_nothing_is_attempted(void **state)
{
    struct rig_put *put;
    struct rn_lane *lane;

    (void)state;
    rig_begin(27);
    rig_open();
    rig_topic(1, 1, INT64_MAX);
    lane = rig_lane(1, 0);
    put = rig_put_new(lane, 0, 1, 100);
    put->submit.deadline_us = rig.clock.mono + 1000;
    assert_int_equal(rn_engine_submit(rig.engine, &put->submit), RN_OK);
    hand_clock_pass(&rig.clock, 2);
    rig_settle();
    assert_true(put->done);
    assert_int_equal(put->run.outcome, RN_OUTCOME_UNAVAILABLE);
    assert_int_equal(rig_bounds(1, 0).end, 0);
    rig_put_free(put);
    rig_unref(lane);
    rig_end();
}

/* ---- with threads ---- */

enum { WRITERS = 3, PUTS_EACH = 150 };

struct inbox {
    struct rn_mailbox box;
    struct rn_mutex lock;
    struct rn_cond more;
    bool woken;
};

static void inbox_wake(void *arg)
{
    struct inbox *inbox = arg;

    rn_mutex_lock(&inbox->lock);
    inbox->woken = true;
    rn_mutex_unlock(&inbox->lock);
    rn_cond_signal(&inbox->more);
}

static void inbox_init(struct inbox *inbox)
{
    rn_mailbox_init(&inbox->box, inbox_wake, inbox);
    rn_mutex_init(&inbox->lock);
    rn_cond_init(&inbox->more);
    inbox->woken = false;
}

static void inbox_wait(struct inbox *inbox)
{
    rn_mutex_lock(&inbox->lock);
    while (!inbox->woken) {
        rn_cond_wait(&inbox->more, &inbox->lock);
    }
    inbox->woken = false;
    rn_mutex_unlock(&inbox->lock);
    (void)rn_mailbox_drain(&inbox->box);
}

static void inbox_done(struct inbox *inbox)
{
    rn_cond_done(&inbox->more);
    rn_mutex_done(&inbox->lock);
}

struct client {
    struct rn_thread thread;
    struct inbox inbox;
    struct rn_lane *lane;
    uint64_t seen;
    bool failed;
};

static void check_seen(struct client *client, const struct rn_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        const struct rn_item *item = &batch->items[i];

        client->failed |= item->offset != client->seen || item->record.stamp != client->seen ||
                          item->record.value.data[0] != rig_byte(client->seen, 0);
        client->seen++;
    }
    client->failed |= batch->outcome != RN_OUTCOME_OK;
}

/* Append to its own lane, and read what is there now and then. */
static void run_client(void *arg)
{
    struct client *client = arg;

    for (uint64_t i = 0; i < PUTS_EACH; i++) {
        struct rig_put *put = rig_put_new(client->lane, i, 1, 100 + i * 20);

        put->submit.box = &client->inbox.box;
        client->failed |= rn_engine_submit(rig.engine, &put->submit) != RN_OK;
        while (!put->done && !client->failed) {
            inbox_wait(&client->inbox);
        }
        client->failed |= put->run.outcome != RN_OUTCOME_OK || put->run.first != i;
        rig_put_free(put);
        if (i % 10 == 9) {
            struct rn_read read = rig_reading(client->lane, client->seen);

            read.box = &client->inbox.box;
            read.done.run = rig_done;
            rn_engine_read(rig.engine, &read);
            inbox_wait(&client->inbox);
            check_seen(client, &read.batch);
            rn_batch_release(rig.engine, &read.batch);
        }
    }
}

/* Method: clients of a lane each on threads of their own, the engine on its; segments are rolled and
 * indexed, and a topic comes and goes all the while. */
static void threads_of_clients_and_engine_do_not_disturb_each_other(void **state)
{
    struct client clients[WRITERS] = {0};

    (void)state;
    rig_begin(28);
    rig.options.threads = true;
    rig.options.clock = rn_clock_real();
    rig.options.prepare_bytes = 16384;
    rig_open();
    rig_topic(1, WRITERS, INT64_MAX);
    rn_engine_ready(rig.engine);
    for (uint32_t i = 0; i < WRITERS; i++) {
        inbox_init(&clients[i].inbox);
        clients[i].lane = rig_lane(1, i);
        assert_int_equal(rn_thread_start(&clients[i].thread, "client", run_client, &clients[i]),
                         RN_OK);
    }
    for (uint64_t uid = 2; uid < 200; uid++) {
        rig_topic(uid, 2, 1);
        assert_int_equal(rig_topic_call(RIG_DELETE, uid, 0, 0), RN_OUTCOME_OK);
    }
    for (uint32_t i = 0; i < WRITERS; i++) {
        rn_thread_join(&clients[i].thread);
        rig_unref(clients[i].lane);
        assert_false(clients[i].failed);
        assert_int_equal(clients[i].seen, PUTS_EACH);
    }
    assert_int_equal(rig_counts().damaged, 0);
    rig_end();
    for (uint32_t c = 0; c < WRITERS; c++) { /* the engine's threads have ended: nobody wakes it */
        inbox_done(&clients[c].inbox);
    }
}

static void closing_finishes_what_is_queued_and_takes_no_more(void **state)
{
    struct rig_put *puts[20], *late;
    struct rn_lane *lane;

    (void)state;
    rig_begin(29);
    rig_open();
    rig_topic(1, 1, INT64_MAX);
    lane = rig_lane(1, 0);
    for (size_t i = 0; i < 20; i++) {
        puts[i] = rig_put_new(lane, i, 1, 100);
        assert_int_equal(rn_engine_submit(rig.engine, &puts[i]->submit), RN_OK);
    }
    rn_mutex_lock(&rig_local()->queue.lock);
    rig_local()->queue.closed = true; /* as close does first */
    rn_mutex_unlock(&rig_local()->queue.lock);
    late = rig_put_new(lane, 20, 1, 100);
    assert_int_equal(rn_engine_submit(rig.engine, &late->submit), RN_CLOSED);
    rig_unref(lane);
    rig_close();
    for (size_t i = 0; i < 20; i++) {
        assert_true(puts[i]->done);
        assert_int_equal(puts[i]->run.outcome, RN_OUTCOME_OK);
        rig_put_free(puts[i]);
    }
    rig_put_free(late);
    rig_open();
    rig_topic(1, 1, INT64_MAX);
    assert_int_equal(rig_check_lane(1, 0, 0, 100), 20);
    rig_end();
}

static void an_engine_without_sync_still_syncs_the_control_log(void **state)
{
    (void)state;
    rig_begin(30);
    rig.options.sync = false;
    rig_open();
    rig_topic(1, 1, INT64_MAX);
    rig_append_next(1, 0, 10);
    rig_append_next(0, 0, 10);
    rig_append_next(1, 0, 10);
    rig_append_next(1, 0, 10);
    rig_crash(1, SIM_LOSE);
    rig_open();
    rig_topic(1, 1, INT64_MAX);
    assert_int_equal(rig_check_lane(0, 0, 0, 10), 1);
    assert_int_equal(rig_check_lane(1, 0, 0, 10), 1); /* what was before it is durable, too */
    rig_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_appended_is_read_before_and_after_a_restart),
        cmocka_unit_test(a_buffered_disk_will_do_and_is_told_of_once),
        cmocka_unit_test(any_alignment_up_to_a_block_will_do),
        cmocka_unit_test(nothing_is_told_or_seen_before_its_sync),
        cmocka_unit_test(what_gathers_shares_one_frame_and_one_sync),
        cmocka_unit_test(append_times_never_go_back_though_the_clock_does),
        cmocka_unit_test(a_submit_of_nothing_is_done_at_once),
        cmocka_unit_test(a_run_longer_than_a_frame_is_stored_whole_and_in_order),
        cmocka_unit_test(the_largest_record_is_stored),
        cmocka_unit_test(read_now_answers_from_memory_and_waits_for_the_rest),
        cmocka_unit_test(limits_of_a_read_hold_but_one_record_always_comes),
        cmocka_unit_test(at_the_end_is_an_empty_batch_and_beyond_it_is_out_of_range),
        cmocka_unit_test(a_batch_stays_valid_while_its_memory_leaves_the_cache),
        cmocka_unit_test(a_follower_is_told_once_a_turn_however_much_the_lane_grew),
        cmocka_unit_test(a_follower_is_told_when_the_topic_is_deleted),
        cmocka_unit_test(topic_calls_can_be_repeated),
        cmocka_unit_test(a_deleted_topic_ends_for_writers_and_readers),
        cmocka_unit_test(lanes_of_topics_that_nobody_named_are_not_visible_and_die_at_ready),
        cmocka_unit_test(the_control_lane_is_there_from_the_start),
        cmocka_unit_test(a_trim_moves_the_first_record_but_not_beyond_the_end),
        cmocka_unit_test(a_full_queue_refuses_but_lets_the_control_log_a_bit_further),
        cmocka_unit_test(a_full_disk_refuses_all_but_the_control_log_and_heals_by_itself),
        cmocka_unit_test(a_write_that_meets_the_full_disk_is_refused_and_its_room_used_again),
        cmocka_unit_test(a_disk_full_for_a_long_time_is_not_filled_with_attempts),
        cmocka_unit_test(after_a_failed_write_the_outcome_is_unknown_and_nothing_is_displaced),
        cmocka_unit_test(after_a_failed_sync_the_outcome_is_unknown_and_nothing_is_displaced),
        cmocka_unit_test(writes_are_refused_until_a_segment_can_be_begun),
        cmocka_unit_test(past_its_deadline_nothing_is_attempted),
        cmocka_unit_test(threads_of_clients_and_engine_do_not_disturb_each_other),
        cmocka_unit_test(closing_finishes_what_is_queued_and_takes_no_more),
        cmocka_unit_test(an_engine_without_sync_still_syncs_the_control_log),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
