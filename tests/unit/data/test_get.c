/* Records on their way out: positions, retention, closed shards, the reader's pace; and the tip. */
#include "tests/unit/data/rig.h"

#include <stdio.h>

#include "base/list.h"

static int done_calls;

static void done(struct rn_task *task)
{
    (void)task;
    done_calls++;
}

static struct rn_get *make_get(uint64_t from)
{
    struct rn_get *get = rn_arena_zalloc(rig.arena, 1, sizeof(*get));

    get->stream = &rig.first.stream;
    get->shard = &rig.first.shards[0];
    get->from = from;
    get->not_before_ms = INT64_MIN;
    get->count_max = RN_GET_RECORDS_MAX;
    get->arena = rig.arena;
    get->box = &rig.box;
    get->done.run = done;
    done_calls = 0;
    return get;
}

static struct rn_get *run_get(struct rn_get *get)
{
    assert_int_equal(rn_data_get(rig.data, get), RN_OK);
    rig_drain();
    assert_int_equal(done_calls, 1);
    return get;
}

/* Records "0", "1", ... as somebody with this stamp wrote them. */
static void append(size_t count, uint32_t stamp)
{
    struct rn_lane *lane = rig.first.cells[0].lane;
    static size_t number;
    char text[24];

    for (size_t i = 0; i < count; i++) {
        struct rn_record record = {.key = RN_STR("k"), .stamp = stamp, .kind = RN_RECORD_DATA};

        (void)snprintf(text, sizeof(text), "%zu", number++);
        record.value = rn_str_c(text);
        rig_append(lane, &record);
    }
}

static void an_empty_shard_answers_at_its_tip(void **state)
{
    struct rn_get *get;

    (void)state;
    rig_begin(true, 1);
    get = run_get(make_get(0));
    assert_int_equal(get->result, RN_GET_OK);
    assert_int_equal(get->item_count, 0);
    assert_int_equal(get->next, 0);
    assert_true(get->at_end);
    assert_false(get->finished);
    assert_int_equal(get->millis_behind, 0);
    rig_end();
}

static void a_reader_walks_in_order_and_learns_how_far_behind_it_is(void **state)
{
    struct rn_get *get;

    (void)state;
    rig_begin(false, 1);
    append(5, 0);
    hand_clock_pass(&rig.clock, 1000);
    append(5, 0);
    hand_clock_pass(&rig.clock, 500);
    get = make_get(0);
    get->count_max = 4;
    run_get(get);
    assert_int_equal(get->item_count, 4);
    assert_int_equal(get->items[0].offset, 0);
    assert_int_equal(get->next, 4);
    assert_false(get->at_end);
    assert_int_equal(get->millis_behind, 1500);
    get = run_get(make_get(get->next));
    assert_int_equal(get->item_count, 6);
    assert_int_equal(get->items[0].offset, 4);
    assert_int_equal(get->next, 10);
    assert_true(get->at_end);
    assert_int_equal(get->millis_behind, 0);
    rig_end();
}

static void what_is_not_in_memory_comes_later_and_the_stream_stays(void **state)
{
    struct rn_get *get;

    (void)state;
    rig_begin(true, 1);
    append(3, 0);
    rig.fake.cold = true;
    get = make_get(1);
    assert_int_equal(rn_data_get(rig.data, get), RN_OK);
    assert_int_equal(done_calls, 0);
    assert_int_equal(rig.first.refs, 1);
    rig_drain();
    assert_int_equal(done_calls, 1);
    assert_int_equal(rig.first.refs, 0);
    assert_int_equal(get->item_count, 2);
    assert_int_equal(rig.fake.batches_held, 1); /* until the arena goes */
    rn_arena_reset(rig.arena);
    assert_int_equal(rig.fake.batches_held, 0);
    rig_end();
}

static void records_older_than_the_retention_never_come_out(void **state)
{
    struct rn_get *get;

    (void)state;
    rig_begin(false, 1);
    append(3, 0);
    hand_clock_pass(&rig.clock, 3600000);
    append(2, 0);
    hand_clock_pass(&rig.clock, 23 * 3600000); /* the first three are 24 h old to the millisecond */
    assert_int_equal(run_get(make_get(0))->item_count, 5);
    hand_clock_pass(&rig.clock, 1);
    get = run_get(make_get(0));
    assert_int_equal(get->item_count, 2);
    assert_int_equal(get->items[0].offset, 3);
    hand_clock_pass(&rig.clock, 3600000);
    get = run_get(make_get(0));
    assert_int_equal(get->item_count, 0);
    assert_int_equal(get->next, 5);
    assert_true(get->at_end);
    rig.first.stream.retention_hours = 48;
    assert_int_equal(run_get(make_get(0))->item_count, 5); /* the engine had kept them */
    rig_end();
}

static void a_clock_that_jumps_back_does_not_revive_them(void **state)
{
    (void)state;
    rig_begin(false, 1);
    append(1, 0);
    hand_clock_pass(&rig.clock, 25 * 3600000);
    append(1, 0);
    assert_int_equal(run_get(make_get(0))->item_count, 1);
    rig.clock.wall -= 25 * 3600 * 1000000ll;
    assert_int_equal(run_get(make_get(0))->item_count, 1);
    rig_end();
}

static void asking_for_a_time_skips_what_is_older(void **state)
{
    struct rn_get *get;

    (void)state;
    rig_begin(false, 1);
    append(2, 0);
    hand_clock_pass(&rig.clock, 10);
    append(2, 0);
    get = make_get(0);
    get->not_before_ms = RIG_EPOCH_MS + 1;
    assert_int_equal(run_get(get)->item_count, 2);
    assert_int_equal(get->items[0].offset, 2);
    get = make_get(0);
    get->not_before_ms = RIG_EPOCH_MS + 10;
    assert_int_equal(run_get(get)->item_count, 2);
    get = make_get(0);
    get->not_before_ms = RIG_EPOCH_MS + 11;
    assert_int_equal(run_get(get)->item_count, 0);
    assert_int_equal(get->next, 4);
    get = make_get(0);
    get->not_before_ms = 0; /* older than the horizon */
    assert_int_equal(run_get(get)->item_count, 4);
    rig_end();
}

/* Method: the lane holds a parent's records 0..2, then this shard's 3..6 mixed with others', then a
 * child's. */
static void only_this_shards_interval_of_a_shared_lane_comes_out(void **state)
{
    static const uint32_t stamps[] = {7, 7, 7, 0, 7, 0, 0, 9, 9};
    struct rn_record cut = {
        .key = RN_STR(""), .value = RN_STR("cut"), .stamp = 0, .kind = RN_RECORD_CUT};
    struct rn_get *get;

    (void)state;
    rig_begin(false, 1);
    for (size_t i = 0; i < sizeof(stamps) / sizeof(stamps[0]); i++) {
        append(1, stamps[i]);
    }
    rig_append(rig.first.cells[0].lane, &cut);
    rig.first.shards[0].start = 3;
    get = run_get(make_get(0));
    assert_int_equal(get->item_count, 3);
    assert_int_equal(get->items[0].offset, 3);
    assert_int_equal(get->items[1].offset, 5);
    assert_int_equal(get->items[2].offset, 6);
    assert_int_equal(get->next, 9); /* until it is decided where the shard ends */
    assert_true(get->closing && get->at_end && !get->finished);
    rig.first.shards[0].end = 6;
    rig.first.shards[0].closed_ms = RIG_EPOCH_MS;
    get = run_get(make_get(0));
    assert_int_equal(get->item_count, 2);
    assert_int_equal(get->items[1].offset, 5);
    assert_int_equal(get->next, 6);
    assert_true(get->at_end);
    assert_true(get->finished);
    rig_end();
}

static void a_closed_shard_is_finished_only_behind_its_last_record(void **state)
{
    struct rn_get *get;

    (void)state;
    rig_begin(false, 1);
    append(6, 0);
    rig.first.shards[0].end = 4;
    rig.first.shards[0].closed_ms = RIG_EPOCH_MS;
    get = make_get(0);
    get->count_max = 3;
    run_get(get);
    assert_int_equal(get->item_count, 3);
    assert_false(get->finished);
    assert_false(get->at_end);
    get = run_get(make_get(3));
    assert_int_equal(get->item_count, 1);
    assert_true(get->finished);
    get = run_get(make_get(4));
    assert_int_equal(get->item_count, 0);
    assert_true(get->finished && get->at_end);
    assert_int_equal(get->next, 4);
    get = run_get(make_get(UINT64_MAX - 1)); /* AT_SEQUENCE_NUMBER of the ending number */
    assert_true(get->finished);
    hand_clock_pass(&rig.clock, 25 * 3600000);
    get = run_get(make_get(0)); /* all of it has expired */
    assert_int_equal(get->item_count, 0);
    assert_true(get->finished);
    rig_end();
}

static void a_number_not_given_out_yet_waits(void **state)
{
    struct rn_get *get;

    (void)state;
    rig_begin(false, 1);
    append(2, 0);
    get = run_get(make_get(100));
    assert_int_equal(get->result, RN_GET_OK);
    assert_int_equal(get->item_count, 0);
    assert_int_equal(get->next, 100);
    assert_true(get->at_end);
    assert_int_equal(get->millis_behind, 0);
    rig_end();
}

static void trimmed_records_are_stepped_over(void **state)
{
    struct rn_get *get;

    (void)state;
    rig_begin(false, 1);
    append(10, 0);
    rn_engine_trim(&rig.fake.engine, rig.first.cells[0].lane, 7);
    get = run_get(make_get(2));
    assert_int_equal(get->item_count, 3);
    assert_int_equal(get->items[0].offset, 7);
    rig.first.shards[0].end =
        4; /* closed, and all of it trimmed: what is left belongs to a child */
    get = run_get(make_get(0));
    assert_int_equal(get->item_count, 0);
    assert_true(get->finished);
    assert_int_equal(get->next, 4);
    rig_end();
}

static void the_sixth_call_within_a_second_is_throttled(void **state)
{
    struct rn_shard_counts counts;

    (void)state;
    rig_begin(true, 2);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(run_get(make_get(0))->result, RN_GET_OK);
        hand_clock_pass(&rig.clock, 100);
    }
    assert_int_equal(run_get(make_get(0))->result, RN_GET_THROTTLED);
    hand_clock_pass(&rig.clock, 500);
    assert_int_equal(run_get(make_get(0))->result, RN_GET_OK);
    assert_int_equal(run_get(make_get(0))->result, RN_GET_THROTTLED);
    rn_data_counts(&rig.first.shards[0], &counts);
    assert_int_equal(counts.read_throttled, 2);
    rn_data_counts(&rig.first.shards[1], &counts);
    assert_int_equal(counts.read_throttled, 0);
    rig_end();
}

static void a_call_that_returned_too_much_delays_the_next_ones(void **state)
{
    static char bytes[1048576];
    struct rn_record record = {
        .key = RN_STR(""), .value = {bytes, sizeof(bytes)}, .kind = RN_RECORD_DATA};
    struct rn_shard_counts counts;

    (void)state;
    rig_begin(true, 1);
    for (int i = 0; i < 12; i++) {
        rig_append(rig.first.cells[0].lane, &record);
    }
    assert_int_equal(run_get(make_get(0))->item_count, 10); /* 10 MiB and no more */
    assert_int_equal(run_get(make_get(10))->result, RN_GET_THROTTLED);
    hand_clock_pass(&rig.clock, 4999);
    assert_int_equal(run_get(make_get(10))->result, RN_GET_THROTTLED);
    hand_clock_pass(&rig.clock, 1);
    assert_int_equal(run_get(make_get(10))->item_count, 2);
    rn_data_counts(&rig.first.shards[0], &counts);
    assert_int_equal(counts.outgoing_records, 12);
    assert_int_equal(counts.outgoing_bytes, 12 * sizeof(bytes));
    rig_end();
}

static void one_record_larger_than_an_answer_still_comes(void **state)
{
    static char bytes[RN_GET_BYTES_MAX];
    struct rn_record record = {
        .key = RN_STR("key"), .value = {bytes, sizeof(bytes)}, .kind = RN_RECORD_DATA};

    (void)state;
    rig_begin(false, 1);
    rig_append(rig.first.cells[0].lane, &record);
    rig_append(rig.first.cells[0].lane, &record);
    assert_int_equal(run_get(make_get(0))->item_count, 1);
    rig_end();
}

static void an_engine_that_fails_fails_the_read(void **state)
{
    (void)state;
    rig_begin(false, 1);
    append(1, 0);
    rig.fake.read_outcome = RN_OUTCOME_FAULT;
    assert_int_equal(run_get(make_get(0))->result, RN_GET_FAILED);
    rig.fake.cold = true;
    rig.fake.read_outcome = RN_OUTCOME_NO_LANE;
    assert_int_equal(run_get(make_get(0))->result, RN_GET_FAILED);
    rig_end();
}

static void a_batch_that_cannot_be_tied_to_the_arena_is_released_at_once(void **state)
{
    rn_err err = RN_NOMEM;
    struct rn_get *get = NULL;

    (void)state;
    rig_begin(false, 1);
    append(3, 0);
    for (size_t room = 0; err == RN_NOMEM || get->result == RN_GET_FAILED; room += 16) {
        struct rn_arena *tight = rn_arena_new(room);

        get = make_get(0);
        get->arena = tight;
        err = rn_data_get(rig.data, get);
        assert_int_equal(done_calls, err == RN_OK);
        rn_arena_free(tight);
        assert_int_equal(rig.fake.batches_held, 0);
    }
    rig_end();
}

static void the_tip_is_behind_the_last_record_and_a_closed_shards_end(void **state)
{
    struct rn_tip tip = {.stream = &rig.first.stream,
                         .shard = &rig.first.shards[0],
                         .box = &rig.box,
                         .done = {.run = done}};

    (void)state;
    rig_begin(true, 1);
    append(3, 0);
    done_calls = 0;
    rn_data_tip(rig.data, &tip);
    assert_int_equal(rig.first.refs, 1);
    rig_drain();
    assert_int_equal(done_calls, 1);
    assert_int_equal(tip.result, RN_GET_OK);
    assert_int_equal(tip.offset, 3);
    rig.first.shards[0].start = 5; /* a child that reuses the lane, before its first record */
    rn_data_tip(rig.data, &tip);
    rig_drain();
    assert_int_equal(tip.offset, 5);
    rig.first.shards[0].end = 2;
    rig.first.shards[0].start = 0;
    rn_data_tip(rig.data, &tip);
    assert_int_equal(done_calls, 3); /* at once */
    assert_int_equal(tip.offset, 2);
    rig.first.shards[0].end = RN_SHARD_OPEN_END;
    rig.fake.bounds_outcome = RN_OUTCOME_UNAVAILABLE;
    rn_data_tip(rig.data, &tip);
    rig_drain();
    assert_int_equal(tip.result, RN_GET_FAILED);
    rig_end();
}

static void close_step(enum rn_close_step step, uint64_t end)
{
    rn_data_runtime_close(rig.data, rig.first.cells[0].runtime, step, end);
}

/* Method: the CUT is at 2, and behind it lies a record that will be the child's. */
static void the_tip_of_a_closing_shard_is_told_when_it_is_decided(void **state)
{
    struct rn_record cut = {.key = RN_STR(""), .value = RN_STR("cut"), .kind = RN_RECORD_CUT};
    struct rn_tip tip = {.stream = &rig.first.stream,
                         .shard = &rig.first.shards[0],
                         .box = &rig.box,
                         .done = {.run = done}};

    (void)state;
    rig_begin(true, 1);
    append(2, 0);
    close_step(RN_CLOSE_BEGUN, 0);
    rig_append(rig.first.cells[0].lane, &cut);
    append(1, 0);
    done_calls = 0;
    rn_data_tip(rig.data, &tip);
    rig_drain();
    assert_int_equal(done_calls, 0);
    assert_int_equal(rig.first.refs, 1);
    close_step(RN_CLOSE_DELAYED, 0);
    rig_drain();
    assert_int_equal(done_calls, 1);
    assert_int_equal(tip.result, RN_GET_FAILED);
    close_step(RN_CLOSE_BEGUN, 0);
    rn_data_tip(rig.data, &tip);
    rig_drain();
    assert_int_equal(done_calls, 1);
    close_step(RN_CLOSE_DONE, 2);
    rig_drain();
    assert_int_equal(done_calls, 2);
    assert_int_equal(tip.result, RN_GET_OK);
    assert_int_equal(tip.offset, 2);
    rn_data_tip(rig.data, &tip); /* by a version that does not know of the close yet */
    rig_drain();
    assert_int_equal(tip.offset, 2);
    assert_int_equal(rig.first.refs, 0);
    rig_end();
}

/* Method: random appends, trims and reads of random sizes; an oracle array says what must come. */
static void a_thousand_random_reads_agree_with_an_array(void **state)
{
    static int64_t arrived[4000];
    uint64_t seed = 99, from = 0;
    size_t count = 0;

    (void)state;
    rig_begin(false, 1);
    for (int step = 0; step < 1000; step++) {
        size_t more, want, found = 0;
        int64_t horizon_ms;
        struct rn_get *get;

        seed = seed * 6364136223846793005u + 1442695040888963407u;
        more = (seed >> 40) % 4;
        for (size_t i = 0; i < more; i++) {
            arrived[count++] = rig.clock.wall / 1000;
        }
        append(more, 0);
        hand_clock_pass(&rig.clock, (int64_t)((seed >> 44) % (6 * 3600000)));
        horizon_ms = rig.clock.wall / 1000 - 24 * 3600000;
        want = (seed >> 50) % 7 + 1;
        from = (seed >> 20) % (count + 1);
        get = make_get(from);
        get->count_max = want;
        rig.fake.cold = seed & 0x10000;
        run_get(get);
        for (size_t i = from; i < count && found < want; i++) {
            if (arrived[i] >= horizon_ms) {
                assert_int_equal(get->items[found].offset, i);
                found++;
            }
        }
        assert_int_equal(get->item_count, found);
        if (found > 0) {
            assert_int_equal(get->next, get->items[found - 1].offset + 1);
        } else {
            assert_int_equal(get->next, count);
        }
        assert_int_equal(get->at_end, get->next == count);
        rn_arena_reset(rig.arena);
    }
    rig_end();
}

static void who_keeps_his_own_pace_is_not_limited_and_holds_up_nobody(void **state)
{
    struct rn_get *get;

    (void)state;
    rig_begin(true, 1);
    append(20, 0);
    for (int i = 0; i < 20; i++) {
        get = make_get(0);
        get->keeps_own_pace = true;
        get->bytes_max = 3; /* a key and a digit or two: one record each */
        run_get(get);
        assert_int_equal(get->result, RN_GET_OK);
        assert_int_equal(get->item_count, 1);
        assert_in_range(get->bytes, 2, 3);
        assert_false(get->at_end);
    }
    for (int i = 0; i < 5; i++) {
        assert_int_equal(run_get(make_get(0))->result, RN_GET_OK);
    }
    assert_int_equal(run_get(make_get(0))->result, RN_GET_THROTTLED);
    rig_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_shard_answers_at_its_tip),
        cmocka_unit_test(who_keeps_his_own_pace_is_not_limited_and_holds_up_nobody),
        cmocka_unit_test(a_reader_walks_in_order_and_learns_how_far_behind_it_is),
        cmocka_unit_test(what_is_not_in_memory_comes_later_and_the_stream_stays),
        cmocka_unit_test(records_older_than_the_retention_never_come_out),
        cmocka_unit_test(a_clock_that_jumps_back_does_not_revive_them),
        cmocka_unit_test(asking_for_a_time_skips_what_is_older),
        cmocka_unit_test(only_this_shards_interval_of_a_shared_lane_comes_out),
        cmocka_unit_test(a_closed_shard_is_finished_only_behind_its_last_record),
        cmocka_unit_test(a_number_not_given_out_yet_waits),
        cmocka_unit_test(trimmed_records_are_stepped_over),
        cmocka_unit_test(the_sixth_call_within_a_second_is_throttled),
        cmocka_unit_test(a_call_that_returned_too_much_delays_the_next_ones),
        cmocka_unit_test(one_record_larger_than_an_answer_still_comes),
        cmocka_unit_test(an_engine_that_fails_fails_the_read),
        cmocka_unit_test(a_batch_that_cannot_be_tied_to_the_arena_is_released_at_once),
        cmocka_unit_test(the_tip_is_behind_the_last_record_and_a_closed_shards_end),
        cmocka_unit_test(the_tip_of_a_closing_shard_is_told_when_it_is_decided),
        cmocka_unit_test(a_thousand_random_reads_agree_with_an_array),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
