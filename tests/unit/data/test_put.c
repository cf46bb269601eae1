/* Records on their way into lanes: routing, grouping, quotas, outcomes, the second round. */
#include "tests/unit/data/rig.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/list.h"

static int done_calls;

static void put_done(struct rn_task *task)
{
    (void)task;
    done_calls++;
}

static struct rn_put *make_put(size_t count)
{
    struct rn_put *put = rn_arena_zalloc(rig.arena, 1, sizeof(*put));

    put->stream = &rig.first.stream;
    put->records = rn_arena_zalloc(rig.arena, count, sizeof(*put->records));
    put->count = count;
    put->arena = rig.arena;
    put->box = &rig.box;
    put->done.run = put_done;
    for (size_t i = 0; i < count; i++) {
        put->records[i].partition_key = rn_arena_printf(rig.arena, "key-%zu", i);
        put->records[i].data = rn_arena_printf(rig.arena, "data-%zu", i);
        put->records[i].hash_key = rn_hash_key_of(put->records[i].partition_key);
    }
    done_calls = 0;
    return put;
}

static void run_put(struct rn_put *put)
{
    assert_int_equal(rn_data_put(rig.data, put), RN_OK);
    rig_drain();
    assert_int_equal(done_calls, 1);
}

/* What the next runs come to; nothing of them is stored. */
static void plan(enum rn_outcome outcome, int runs)
{
    for (int i = 0; i < runs; i++) {
        fake_engine_plan_append(&rig.fake, outcome, FAKE_NOT_STORED);
    }
}

/* Does the lane hold the record there? */
static void assert_stored(const struct rn_put_record *record)
{
    struct rn_read read = {.lane = record->shard->cell->lane,
                           .from = record->offset,
                           .not_before_ms = INT64_MIN,
                           .count_max = 1,
                           .bytes_max = 1};
    struct rn_batch batch;

    assert_int_equal(rn_engine_read_now(&rig.fake.engine, &read, &batch), RN_OK);
    assert_int_equal(batch.count, 1);
    assert_int_equal(batch.items[0].offset, record->offset);
    assert_true(rn_str_eq(batch.items[0].record.key, record->partition_key));
    assert_true(rn_str_eq(batch.items[0].record.value, record->data));
    assert_int_equal(batch.items[0].record.stamp, record->shard->index);
    assert_int_equal(batch.items[0].record.kind, RN_RECORD_DATA);
    rn_batch_release(&rig.fake.engine, &batch);
}

static void every_record_lands_in_its_shard_with_key_data_and_stamp(void **state)
{
    struct rn_put *put;

    (void)state;
    rig_begin(false, 4);
    for (int i = 0; i < 5; i++) {
        fake_engine_plan_append(&rig.fake, RN_OUTCOME_OK, FAKE_STORED);
    }
    put = make_put(500);
    run_put(put);
    assert_int_equal(rig.fake.submits, 1);
    assert_int_equal(rig.fake.append_plans, 1); /* four runs took theirs */
    for (size_t i = 0; i < 500; i++) {
        const struct rn_put_record *record = &put->records[i];

        assert_int_equal(record->result, RN_PUT_OK);
        assert_ptr_equal(record->shard, rn_stream_route(put->stream, record->hash_key));
        assert_stored(record);
    }
    rig_end();
}

static void records_of_one_shard_keep_their_order(void **state)
{
    uint64_t next[4] = {0};
    struct rn_put *put;

    (void)state;
    rig_begin(false, 4);
    for (int round = 0; round < 2; round++) {
        put = make_put(300);
        run_put(put);
        for (size_t i = 0; i < 300; i++) {
            assert_int_equal(put->records[i].offset, next[put->records[i].shard->index]++);
        }
    }
    rig_end();
}

static void a_single_record_is_one_run(void **state)
{
    struct rn_put *put;

    (void)state;
    rig_begin(true, 1);
    put = make_put(1);
    run_put(put);
    assert_int_equal(put->records[0].result, RN_PUT_OK);
    assert_int_equal(put->records[0].offset, 0);
    assert_int_equal(rig.fake.submits, 1);
    rig_end();
}

/* Method: shard 0 of 2 gets 999 of its 1,000 records used up; then 6 records for it and some for
 * the other arrive in one request. */
static void the_grant_is_partial_and_per_shard(void **state)
{
    struct rn_put *put;
    size_t granted = 0;
    bool refused = false;

    (void)state;
    rig_begin(true, 2);
    for (int i = 0; i < 2; i++) {
        put = make_put(i ? 499 : 500);
        for (size_t j = 0; j < put->count; j++) {
            put->records[j].hash_key = 0;
        }
        run_put(put);
    }
    put = make_put(12);
    for (size_t i = 0; i < 12; i++) {
        put->records[i].hash_key = i % 2 ? RN_HASH_KEY_MAX : 0;
    }
    run_put(put);
    for (size_t i = 0; i < 12; i++) {
        if (i % 2) {
            assert_int_equal(put->records[i].result, RN_PUT_OK);
            continue;
        }
        granted += put->records[i].result == RN_PUT_OK;
        refused = refused || put->records[i].result == RN_PUT_THROTTLED;
        assert_int_equal(put->records[i].result, refused ? RN_PUT_THROTTLED : RN_PUT_OK);
        assert_int_equal(put->records[i].shard->index, 0);
    }
    assert_int_equal(granted, 1);
    rig_end();
}

static void bytes_of_key_and_data_are_charged_and_drip_back(void **state)
{
    static char megabyte[1048576];
    struct rn_put *put;

    (void)state;
    rig_begin(true, 1);
    put = make_put(1);
    put->records[0].data =
        rn_str_make(megabyte, sizeof(megabyte)); /* with its key over the bucket */
    run_put(put);
    assert_int_equal(put->records[0].result, RN_PUT_OK);
    put = make_put(1);
    run_put(put);
    assert_int_equal(put->records[0].result, RN_PUT_THROTTLED);
    hand_clock_pass(&rig.clock, 1);
    put = make_put(1);
    run_put(put);
    assert_int_equal(put->records[0].result, RN_PUT_OK);
    rig_end();
}

static void a_request_that_is_throttled_whole_never_reaches_the_engine(void **state)
{
    struct rn_put *put;

    (void)state;
    rig_begin(true, 1);
    for (int i = 0; i < 2; i++) {
        run_put(make_put(500));
    }
    put = make_put(3);
    assert_int_equal(rn_data_put(rig.data, put), RN_OK);
    assert_int_equal(done_calls, 1); /* at once */
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(put->records[i].result, RN_PUT_THROTTLED);
    }
    assert_int_equal(rig.fake.submits, 2);
    assert_int_equal(rig.first.refs, 0);
    rig_end();
}

static void without_limits_nothing_is_throttled(void **state)
{
    struct rn_put *put;

    (void)state;
    rig_begin(false, 1);
    for (int i = 0; i < 10; i++) {
        put = make_put(500);
        run_put(put);
        assert_int_equal(put->records[499].result, RN_PUT_OK);
    }
    rig_end();
}

static void a_full_queue_throttles_and_a_draining_engine_fails(void **state)
{
    struct rn_put *put;

    (void)state;
    rig_begin(true, 2);
    rig.fake.submit_err = RN_FULL;
    put = make_put(5);
    run_put(put);
    assert_int_equal(put->records[4].result, RN_PUT_THROTTLED);
    rig.fake.submit_err = RN_CLOSED;
    put = make_put(5);
    run_put(put);
    assert_int_equal(put->records[0].result, RN_PUT_FAILED);
    rig.fake.submit_err = RN_NOMEM;
    put = make_put(5);
    assert_int_equal(rn_data_put(rig.data, put), RN_NOMEM);
    rig_drain();
    assert_int_equal(done_calls, 0);
    rig_end();
}

static void every_outcome_but_ok_fails_the_record(void **state)
{
    static const enum rn_outcome outcomes[] = {RN_OUTCOME_REJECTED,    RN_OUTCOME_UNKNOWN,
                                               RN_OUTCOME_UNAVAILABLE, RN_OUTCOME_NO_LANE,
                                               RN_OUTCOME_FULL,        RN_OUTCOME_FAULT};

    (void)state;
    rig_begin(true, 1);
    for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
        struct rn_put *put = make_put(2);

        plan(outcomes[i], 1);
        run_put(put);
        assert_int_equal(put->records[0].result, RN_PUT_FAILED);
        assert_int_equal(put->records[1].result, RN_PUT_FAILED);
        assert_int_equal(rig.fake.submits,
                         i + 1); /* the stream has no newer version: no second round */
    }
    rig_end();
}

/* Method: the first version's lane 0 is gone, its lane 1 is not; the second version has new lanes.
 */
static void a_record_whose_lane_is_gone_is_routed_again_once(void **state)
{
    struct rn_topic_call gone = {.topic = 2, .box = &rig.box, .done = {.run = put_done}};
    struct rn_put *put;

    (void)state;
    rig_begin(false, 2);
    rig_topic(2, 1);
    rn_engine_lane_unref(&rig.fake.engine, rig.first.cells[0].lane);
    rig.first.cells[0].lane = rn_engine_lane_ref(&rig.fake.engine, 2, 0);
    rn_engine_topic_delete(&rig.fake.engine, &gone);
    rig_drain();
    rig_version(&rig.second, 4, 2);
    rig.newest = &rig.second.stream;
    put = make_put(50);
    run_put(put);
    assert_int_equal(rig.fake.submits, 2);
    assert_ptr_equal(put->stream, &rig.second.stream);
    for (size_t i = 0; i < 50; i++) {
        const struct rn_put_record *record = &put->records[i];
        bool lower_half = record->hash_key < (RN_HASH_KEY_MAX >> 1);

        assert_int_equal(record->result, RN_PUT_OK);
        assert_int_equal(record->shard->index >= 2, lower_half);
        assert_stored(record);
    }
    rig_end();
}

static void a_record_that_misses_twice_fails(void **state)
{
    struct rn_put *put;

    (void)state;
    rig_begin(false, 2);
    rig_version(&rig.second, 2, 2);
    rig.newest = &rig.second.stream;
    plan(RN_OUTCOME_NO_LANE, 5);
    put = make_put(4);
    run_put(put);
    assert_int_equal(rig.fake.submits, 2);
    assert_int_equal(rig.fake.append_plans, 1); /* two shards, two rounds */
    assert_int_equal(put->records[3].result, RN_PUT_FAILED);
    rig_end();
}

static void records_routed_again_are_not_charged_again(void **state)
{
    struct rn_shard_counts counts;
    struct rn_put *put;

    (void)state;
    rig_begin(true, 1);
    rig_version(&rig.second, 1, 2);
    rn_data_runtime_free(rig.data, rig.second.cells[0].runtime);
    rig.second.cells[0].runtime =
        rig.first.cells[0].runtime; /* one shard's quota for both versions */
    rig.newest = &rig.second.stream;
    for (int i = 0; i < 2; i++) {
        plan(RN_OUTCOME_NO_LANE, 1);
        put = make_put(500);
        run_put(put);
        assert_int_equal(put->records[499].result, RN_PUT_OK);
    }
    rn_data_counts(&rig.first.shards[0], &counts);
    assert_int_equal(counts.incoming_records, 1000);
    assert_int_equal(counts.write_throttled, 0);
    rig.second.cells[0].runtime = NULL;
    rig_end();
}

static void step(enum rn_close_step close_step, uint64_t end)
{
    rn_data_runtime_close(rig.data, rig.first.cells[0].runtime, close_step, end);
}

/* One shard, which is being closed; its child is the shard of rig.second. */
static void rig_begin_closing(void)
{
    rig_begin(false, 1);
    rig_version(&rig.second, 1, 1);
    step(RN_CLOSE_BEGUN, 0);
}

static void assert_waits(struct rn_put *put)
{
    assert_int_equal(rn_data_put(rig.data, put), RN_OK);
    rig_drain();
    assert_int_equal(done_calls, 0);
}

static void assert_comes(void)
{
    rig_drain();
    assert_int_equal(done_calls, 1);
}

static void a_put_to_a_closing_shard_waits_and_goes_to_the_child(void **state)
{
    struct rn_put *put;

    (void)state;
    rig_begin_closing();
    put = make_put(3);
    assert_waits(put);
    assert_int_equal(rig.fake.submits, 0);
    rig.newest = &rig.second.stream;
    step(RN_CLOSE_DONE, 0);
    assert_comes();
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(put->records[i].result, RN_PUT_OK);
        assert_int_equal(put->records[i].shard->index, 1);
        assert_stored(&put->records[i]);
    }
    assert_int_equal(rig.first.refs + rig.second.refs, 0);
    rig_end();
}

/* Method: two records are on their way when the shard begins to close; its end lies between them. */
static void what_was_stored_behind_the_end_is_written_again_to_the_child(void **state)
{
    struct rn_put *put;

    (void)state;
    rig_begin(false, 1);
    rig_version(&rig.second, 1, 1);
    put = make_put(2);
    assert_int_equal(rn_data_put(rig.data, put), RN_OK);
    step(RN_CLOSE_BEGUN, 0);
    rig_drain();
    assert_int_equal(done_calls, 0); /* stored, but nobody knows yet whose they are */
    rig.newest = &rig.second.stream;
    step(RN_CLOSE_DONE, 1);
    assert_comes();
    assert_int_equal(put->records[0].shard->index, 0);
    assert_int_equal(put->records[0].offset, 0);
    assert_int_equal(put->records[1].result, RN_PUT_OK);
    assert_int_equal(put->records[1].shard->index, 1);
    assert_int_equal(put->records[1].offset, 0);
    assert_stored(&put->records[1]);
    rig_end();
}

static void what_was_seen_stored_before_the_close_is_the_parents(void **state)
{
    struct rn_put *put;

    (void)state;
    rig_begin(false, 1);
    put = make_put(2);
    run_put(put);
    step(RN_CLOSE_BEGUN, 0);
    assert_int_equal(put->records[1].result, RN_PUT_OK);
    assert_int_equal(put->records[1].shard->index, 0);
    rig_end();
}

static void a_put_does_not_wait_for_a_close_that_takes_long(void **state)
{
    struct rn_put *put;

    (void)state;
    rig_begin_closing();
    put = make_put(1);
    assert_waits(put);
    step(RN_CLOSE_DELAYED, 0);
    assert_comes();
    assert_int_equal(put->records[0].result, RN_PUT_FAILED);
    run_put(make_put(1)); /* nor does the next one */
    step(RN_CLOSE_BEGUN, 0);
    put = make_put(1);
    assert_waits(put);
    rig.newest = &rig.second.stream;
    step(RN_CLOSE_DONE, 0);
    step(RN_CLOSE_DELAYED, 0); /* too late to matter */
    assert_comes();
    assert_int_equal(put->records[0].result, RN_PUT_OK);
    rig_end();
}

static void a_closed_shard_takes_nothing_even_by_an_old_version(void **state)
{
    struct rn_put *put;

    (void)state;
    rig_begin_closing();
    step(RN_CLOSE_DONE, 0);
    rig.newest = &rig.second.stream;
    put = make_put(5);
    run_put(put);
    assert_int_equal(rig.fake.submits, 1);
    assert_int_equal(put->records[4].shard->index, 1);
    rig_end();
}

static void a_deleted_stream_is_not_routed_again(void **state)
{
    (void)state;
    rig_begin(false, 2);
    rig_version(&rig.second, 2, 2);
    rig.second.stream.status = RN_STREAM_DELETING;
    rig.newest = &rig.second.stream;
    plan(RN_OUTCOME_NO_LANE, 2);
    run_put(make_put(4));
    assert_int_equal(rig.fake.submits, 1);
    rig.newest = NULL;
    plan(RN_OUTCOME_NO_LANE, 2);
    run_put(make_put(4));
    assert_int_equal(rig.fake.submits, 2);
    rig_end();
}

static void a_key_without_an_open_shard_fails(void **state)
{
    struct rn_put *put;

    (void)state;
    rig_begin(true, 2);
    rig.first.shards[0].closed_ms = RIG_EPOCH_MS;
    put = make_put(2);
    put->records[0].hash_key = 0;
    put->records[1].hash_key = RN_HASH_KEY_MAX;
    run_put(put);
    assert_int_equal(put->records[0].result, RN_PUT_FAILED);
    assert_null(put->records[0].shard);
    assert_int_equal(put->records[1].result, RN_PUT_OK);
    rig_end();
}

static void counters_tell_what_went_in_and_what_was_refused(void **state)
{
    struct rn_shard_counts counts;
    struct rn_put *put;

    (void)state;
    rig_begin(true, 1);
    put = make_put(10);
    run_put(put);
    rn_data_counts(&rig.first.shards[0], &counts);
    assert_int_equal(counts.incoming_records, 10);
    assert_int_equal(counts.incoming_bytes, 10 * (strlen("key-0") + strlen("data-0")));
    assert_int_equal(counts.write_throttled, 0);
    run_put(make_put(500));
    run_put(make_put(500));
    rn_data_counts(&rig.first.shards[0], &counts);
    assert_int_equal(counts.incoming_records, 1000);
    assert_int_equal(counts.write_throttled, 10);
    rig_end();
}

static void now_never_goes_below_the_newest_append(void **state)
{
    (void)state;
    rig_begin(true, 1);
    assert_int_equal(rn_data_now_ms(rig.data), RIG_EPOCH_MS);
    run_put(make_put(1));
    rig.clock.wall -= 3600 * 1000000ll;
    assert_int_equal(rn_data_now_ms(rig.data), RIG_EPOCH_MS);
    rig.clock.wall += 7200 * 1000000ll;
    assert_int_equal(rn_data_now_ms(rig.data), RIG_EPOCH_MS + 3600 * 1000);
    rig_end();
}

/* Method: the arena's bound grows until a put works; every failure on the way says RN_NOMEM, writes
 * nothing and leaves no reference. */
static void a_put_without_memory_writes_nothing(void **state)
{
    struct rn_arena *roomy;
    rn_err err = RN_NOMEM;

    (void)state;
    rig_begin(true, 2);
    roomy = rig.arena;
    for (size_t room = 0; err == RN_NOMEM; room += 16) {
        struct rn_put *put = make_put(20);
        struct rn_arena *tight = rn_arena_new(room);

        assert_non_null(tight);
        put->arena = tight;
        err = rn_data_put(rig.data, put);
        assert_int_equal(rig.fake.submits, err == RN_OK);
        assert_int_equal(rig.first.refs, err == RN_OK);
        rig_drain();
        assert_int_equal(done_calls, err == RN_OK);
        rn_arena_free(tight);
    }
    assert_int_equal(err, RN_OK);
    rig.arena = roomy;
    rig_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_record_lands_in_its_shard_with_key_data_and_stamp),
        cmocka_unit_test(records_of_one_shard_keep_their_order),
        cmocka_unit_test(a_single_record_is_one_run),
        cmocka_unit_test(the_grant_is_partial_and_per_shard),
        cmocka_unit_test(bytes_of_key_and_data_are_charged_and_drip_back),
        cmocka_unit_test(a_request_that_is_throttled_whole_never_reaches_the_engine),
        cmocka_unit_test(without_limits_nothing_is_throttled),
        cmocka_unit_test(a_full_queue_throttles_and_a_draining_engine_fails),
        cmocka_unit_test(every_outcome_but_ok_fails_the_record),
        cmocka_unit_test(a_record_whose_lane_is_gone_is_routed_again_once),
        cmocka_unit_test(a_record_that_misses_twice_fails),
        cmocka_unit_test(records_routed_again_are_not_charged_again),
        cmocka_unit_test(a_put_to_a_closing_shard_waits_and_goes_to_the_child),
        cmocka_unit_test(what_was_stored_behind_the_end_is_written_again_to_the_child),
        cmocka_unit_test(what_was_seen_stored_before_the_close_is_the_parents),
        cmocka_unit_test(a_put_does_not_wait_for_a_close_that_takes_long),
        cmocka_unit_test(a_closed_shard_takes_nothing_even_by_an_old_version),
        cmocka_unit_test(a_deleted_stream_is_not_routed_again),
        cmocka_unit_test(a_key_without_an_open_shard_fails),
        cmocka_unit_test(counters_tell_what_went_in_and_what_was_refused),
        cmocka_unit_test(now_never_goes_below_the_newest_append),
        cmocka_unit_test(a_put_without_memory_writes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
