/* Subscriptions: when they send, what holds them up, and how each of them ends. */
#include "tests/unit/fanout/rig.h"

#define MIB ((size_t)1024 * 1024)

static const char *number_of(uint64_t next)
{
    static char text[RN_SEQNO_TEXT_BYTES];
    struct rn_seqno number = {.shard_created_s = NOW_S, .ix = next, .time_s = NOW_S, .version = 2};

    rn_seqno_format(&number, text);
    return text;
}

static void expect_silence_broken(struct feed *feed, uint64_t next, int behind_ms)
{
    assert_string_equal(
        next_event(feed),
        text_of(rn_arena_printf(
            rig.arena,
            "{\"Records\":[],\"ContinuationSequenceNumber\":\"%s\",\"MillisBehindLatest\":%d}",
            number_of(next), behind_ms)));
}

/* ---- when it sends ---- */

static void a_commit_is_pushed_without_waiting_for_a_tick(void **state)
{
    struct feed *feed, *other;
    const char *event;

    (void)state;
    put(0, 5); /* before: LATEST does not want it */
    feed = subscribe(0, "LATEST");
    other = subscribe_from(0, 1, (struct rn_kinesis_starting_position){.type = RN_STR("LATEST")});
    assert_false(has_message(feed));
    put(0, 5);
    event = next_event(feed);
    assert_int_equal(count_of(event, "PartitionKey"), 1);
    assert_int_equal(count_of(event, "\"Data\":\"AAAAAAA=\""), 1);
    assert_int_equal(count_of(event, number_of(2)), 2); /* the record's, and the continuation */
    assert_false(has_message(feed) || has_message(other));
    put(0, 5);
    put(0, 5);
    assert_int_equal(take_records(feed), 2);
}

static void silence_is_broken_after_four_seconds_and_not_before(void **state)
{
    struct feed *feed;

    (void)state;
    put(0, 5);
    feed = subscribe(0, "LATEST");
    pass(3900);
    assert_false(has_message(feed));
    pass(200);
    expect_silence_broken(feed, 1, 0);
    pass(2000);
    put(0, 5); /* counts as speech */
    assert_int_equal(take_records(feed), 1);
    pass(3900);
    assert_false(has_message(feed));
    pass(200);
    expect_silence_broken(feed, 2, 0);
    for (int i = 0; i < 10; i++) {
        pass(4100);
        assert_true(has_message(feed));
        expect_silence_broken(feed, 2, 0);
    }
}

static void events_stay_below_their_size_and_follow_each_other(void **state)
{
    struct feed *feed;
    size_t records = 0;

    (void)state;
    rig.limits[RN_LIMIT_CONSUMER_READ_BYTES] = RN_LIMIT_OFF;
    for (int i = 0; i < 20; i++) {
        put(0, 50000);
    }
    for (int i = 0; i < 3000; i++) {
        put(0, 1);
    }
    hand_clock_pass(&rig.clock, 1000);
    feed = subscribe(0, "TRIM_HORIZON");
    while (has_message(feed)) {
        const char *event = next_event(feed);
        bool is_last = !has_message(feed);

        records += count_of(event, "PartitionKey");
        assert_in_range(count_of(event, "PartitionKey"), 1, RN_FANOUT_EVENT_RECORDS);
        assert_true(strlen(event) < 2 * RN_FANOUT_EVENT_BYTES);
        assert_int_equal(strstr(event, "\"MillisBehindLatest\":0}") != NULL, is_last);
    }
    assert_true(feed->pieces >= 3 + 3);
    assert_int_equal(records, 3020);
}

static void a_time_is_looked_for_until_the_first_match(void **state)
{
    struct feed *feed;

    (void)state;
    put(0, 1);
    hand_clock_pass(&rig.clock, 10000);
    put(0, 1);
    put(0, 1);
    feed = subscribe_from(
        0, 0,
        (struct rn_kinesis_starting_position){.type = RN_STR("AT_TIMESTAMP"),
                                              .timestamp = {.value = NOW_MS + 5000, .set = true}});
    assert_int_equal(take_records(feed), 2);
    feed = subscribe_from(
        1, 0,
        (struct rn_kinesis_starting_position){.type = RN_STR("AT_TIMESTAMP"),
                                              .timestamp = {.value = NOW_MS + 10000, .set = true}});
    assert_int_equal(take_records(feed), 2);
    put(0, 1);
    assert_int_equal(take_records(feed), 1);
}

static void a_number_not_given_out_yet_is_waited_for(void **state)
{
    struct feed *feed;

    (void)state;
    put(0, 1);
    feed = subscribe_from(0, 0,
                          (struct rn_kinesis_starting_position){
                              .type = RN_STR("AFTER_SEQUENCE_NUMBER"),
                              .sequence_number = rn_arena_dup(rig.arena, rn_str_c(number_of(3)))});
    put(0, 1);
    put(0, 1);
    pass(4100);
    expect_silence_broken(feed, 3, 0);
    put(0, 1);
    assert_int_equal(take_records(feed), 1);
}

static void records_that_are_not_in_memory_come_later(void **state)
{
    struct feed *feed;

    (void)state;
    put(0, 1);
    rig.fake.cold = true;
    feed = subscribe(0, "TRIM_HORIZON");
    assert_int_equal(take_records(feed), 1);
    assert_true(rig.fake.reads > 0);
    put(0, 1);
    assert_int_equal(take_records(feed), 1);
}

/* ---- what holds it up ---- */

static void a_consumer_has_two_mebibytes_a_second_of_a_shard(void **state)
{
    struct feed *feed;

    (void)state;
    for (int i = 0; i < 10; i++) {
        put(0, MIB);
    }
    feed = subscribe(0, "TRIM_HORIZON");
    assert_int_equal(take_records(feed), 2); /* with their keys a trifle more than a second's */
    tick();
    assert_false(has_message(feed));
    pass(2600); /* half a second for each, the first of them on trust */
    assert_in_range(take_records(feed), 5, 6);
    pass(1500);
    assert_in_range(take_records(feed), 2, 3);
    rig.limits[RN_LIMIT_CONSUMER_READ_BYTES] = RN_LIMIT_OFF;
    pass(100);
    (void)take_records(feed);
    for (int i = 0; i < 10; i++) {
        put(0, MIB);
    }
    assert_int_equal(take_records(feed), 10);
}

static void a_debt_does_not_silence_it(void **state)
{
    struct feed *feed;

    (void)state;
    put(0, 10 * MIB);
    put(0, 1);
    feed = subscribe(0, "TRIM_HORIZON");
    assert_int_equal(take_records(feed), 1); /* ten mebibytes: five seconds */
    hand_clock_pass(&rig.clock, 100);
    pass(3900);
    assert_int_equal(count_of(next_event(feed), "\"Records\":[]"), 1);
    pass(1500);
    assert_int_equal(take_records(feed), 1);
}

static void a_reader_that_is_slow_holds_up_itself_alone(void **state)
{
    struct feed *slow, *fast;

    (void)state;
    slow = subscribe(0, "LATEST");
    fast = subscribe(1, "LATEST");
    slow->is_stuck = true;
    for (int i = 0; i < 5; i++) {
        put(0, 1);
    }
    pass(20000);
    assert_int_equal(slow->pieces, 1); /* and no words to break its silence either */
    assert_int_equal(take_records(fast), 5);
    give_room(slow);
    assert_int_equal(take_records(slow), 5);
    pass(4100);
    expect_silence_broken(slow, 5, 0);
}

static void a_feed_that_begins_stuck_goes_on_when_there_is_room(void **state)
{
    struct feed *feed;

    (void)state;
    put(0, 1);
    stage.next_is_stuck = true;
    feed = subscribe(0, "TRIM_HORIZON");
    pass(5000);
    assert_false(has_message(feed));
    give_room(feed);
    assert_int_equal(take_records(feed), 1);
}

/* Events of ten mebibytes, as base64: each is more than a tenth of what a worker has for them. */
static void slow_readers_lose_their_memory_when_it_is_wanted(void **state)
{
    enum { SLOW = 12 };
    struct feed *slow[SLOW], *fast;
    int cut = 0;

    (void)state;
    rig.limits[RN_LIMIT_CONSUMER_READ_BYTES] = RN_LIMIT_OFF;
    for (int i = 0; i < SLOW; i++) {
        slow[i] = subscribe(i, "LATEST");
        slow[i]->is_stuck = true;
    }
    put(0, 10 * MIB);
    assert_true(stage.fanout->waiting_bytes >= RN_FANOUT_MEMORY_BYTES);
    fast = subscribe(SLOW, "TRIM_HORIZON");
    assert_false(has_message(fast)); /* there is no memory for it */
    pass(1200);
    for (int i = 0; i < SLOW; i++) {
        cut += slow[i]->is_cut;
    }
    assert_in_range(cut, 1, 4); /* no more than needed, the longest stuck */
    assert_true(slow[0]->is_cut && !slow[SLOW - 1]->is_cut);
    assert_true(stage.fanout->waiting_bytes < RN_FANOUT_MEMORY_BYTES);
    assert_int_equal(take_records(fast), 1);
}

/* ---- how it ends ---- */

static void its_time_is_five_minutes(void **state)
{
    struct feed *feed;

    (void)state;
    feed = subscribe(0, "LATEST");
    pass(299900);
    assert_true(feed->is_open);
    assert_int_equal(take_records(feed), 0);
    pass(200);
    expect_end(feed);
    assert_false(stage.ticks); /* nobody is left */
    assert_non_null(subscribe(0, "LATEST"));
}

static void a_shard_that_is_split_ends_it_with_its_children(void **state)
{
    struct feed *feed;
    const char *event;

    (void)state;
    feed = subscribe(0, "LATEST");
    put(0, 1);
    split_shard(rig.made[0], 0);
    stage.changes++;
    assert_int_equal(count_of(next_event(feed), "ContinuationSequenceNumber"), 1);
    tick();
    event = next_event(feed);
    assert_int_equal(count_of(event, "ContinuationSequenceNumber"), 0);
    assert_int_equal(count_of(event, "ParentShards"), 2);
    assert_non_null(strstr(event, "\"MillisBehindLatest\":0"));
    expect_end(feed);
}

static void a_consumer_that_goes_ends_it_and_no_other(void **state)
{
    struct feed *feed, *other;

    (void)state;
    feed = subscribe(0, "LATEST");
    other = subscribe(1, "LATEST");
    stage.consumers[0].status = RN_CONSUMER_DELETING;
    tick(); /* nobody said that anything changed */
    assert_true(feed->is_open);
    stage.changes++;
    tick();
    expect_exception(feed, "ResourceNotFoundException",
                     "Consumer c-00, account " ACCOUNT " not found.");
    put(0, 1);
    assert_int_equal(take_records(other), 1);
}

static void a_stream_that_goes_ends_it(void **state)
{
    struct feed *feed;

    (void)state;
    feed = subscribe(0, "LATEST");
    rig.made[0]->gone = true;
    stage.changes++;
    tick();
    expect_exception(feed, "ResourceNotFoundException",
                     "Stream s under account " ACCOUNT " not found.");
}

static void a_stream_that_goes_is_noticed_by_a_read_too(void **state)
{
    struct feed *feed;

    (void)state;
    feed = subscribe(0, "LATEST");
    rig.made[0]->stream.status = RN_STREAM_DELETING;
    put(0, 1);
    expect_exception(feed, "ResourceNotFoundException",
                     "Stream s under account " ACCOUNT " not found.");
}

static void a_read_that_fails_is_our_fault(void **state)
{
    struct feed *feed;

    (void)state;
    feed = subscribe(0, "LATEST");
    rig.fake.read_outcome = RN_OUTCOME_FAULT;
    put(0, 1);
    expect_exception(feed, "InternalFailureException", "Internal service failure.");
    rig.fake.read_outcome = RN_OUTCOME_OK;
}

static void who_hears_nothing_is_told_nothing(void **state)
{
    struct feed *feed;

    (void)state;
    feed = subscribe(0, "LATEST");
    feed->is_stuck = true;
    put(0, 1);
    stage.consumers[0].status = RN_CONSUMER_DELETING;
    stage.changes++;
    tick();
    assert_int_equal(take_records(feed), 1);
    expect_end(feed);
    assert_int_equal(stage.fanout->waiting_bytes, 0);
}

static void a_client_that_goes_leaves_the_place_free(void **state)
{
    struct feed *feed;

    (void)state;
    feed = subscribe(0, "LATEST");
    assert_null(subscribe(0, "LATEST"));
    go_away(feed);
    expect_end(feed);
    put(0, 1);
    assert_non_null(subscribe(0, "LATEST"));
}

/* The read is the engine's until it comes back. */
static void a_client_that_goes_while_it_is_read_for_is_let_go_afterwards(void **state)
{
    struct rn_record record = {.key = RN_STR("k"), .value = RN_STR("v"), .kind = RN_RECORD_DATA};
    struct rn_run run = {.lane = rig.made[0]->cells[0].lane, .records = &record, .count = 1};
    struct rn_submit submit = {
        .runs = &run, .count = 1, .box = &rig.box, .done = {.run = rig_nothing}};
    struct feed *feed;

    (void)state;
    feed = subscribe(0, "LATEST");
    rig.fake.cold = true;
    assert_int_equal(rn_engine_submit(&rig.fake.engine, &submit), RN_OK);
    (void)rn_mailbox_drain(&rig.box); /* the notice: the read begins, its end is in the box */
    feed->events->gone(feed->arg);
    assert_true(feed->is_open);
    rig_drain();
    expect_end(feed);
}

static void a_server_that_stops_ends_it_in_order(void **state)
{
    struct feed *feed;

    (void)state;
    feed = subscribe(0, "LATEST");
    feed->events->drain(feed->arg);
    expect_end(feed);
}

static void a_server_that_stops_waits_a_second_for_slow_readers(void **state)
{
    struct feed *slow, *slower;

    (void)state;
    slow = subscribe(0, "LATEST");
    slower = subscribe(1, "LATEST");
    slow->is_stuck = slower->is_stuck = true;
    put(0, 1);
    slow->events->drain(slow->arg);
    slower->events->drain(slower->arg);
    pass(500);
    assert_true(slow->is_open && slower->is_open);
    give_room(slow);
    assert_int_equal(take_records(slow), 1);
    expect_end(slow);
    pass(600);
    assert_true(slower->is_cut);
    assert_int_equal(stage.fanout->waiting_bytes, 0);
}

/* ---- who has it ---- */

#define IN_USE                                                                                    \
    "Another active subscription exists for this consumer: " ACCOUNT ":s:shardId-000000000000:c-" \
    "00"

static void a_second_call_is_refused_for_five_seconds_and_then_takes_over(void **state)
{
    struct feed *first, *second;

    (void)state;
    first = subscribe(0, "LATEST");
    pass(4900);
    (void)take_records(first);
    assert_null(subscribe(0, "LATEST"));
    assert_fault(RN_FAULT_RESOURCE_IN_USE, IN_USE);
    assert_true(first->is_open);
    pass(200);
    second = subscribe(0, "LATEST");
    assert_non_null(second);
    expect_exception(first, "ResourceInUseException", IN_USE);
    assert_non_null(subscribe(1, "LATEST")); /* another consumer, or shard, is another place */
    put(0, 1);
    assert_int_equal(take_records(second), 1);
}

static void calls_are_counted_for_each_consumer_and_shard(void **state)
{
    (void)state;
    rig.limits[RN_LIMIT_CALLS_SUBSCRIBE] = 1;
    go_away(subscribe(0, "LATEST"));
    assert_null(subscribe(0, "LATEST"));
    assert_fault(RN_FAULT_LIMIT_EXCEEDED,
                 "Rate exceeded for consumer c-00 and shard shardId-000000000000 in stream s under "
                 "account " ACCOUNT ".");
    assert_int_equal(rig.limited_by, RN_LIMIT_CALLS_SUBSCRIBE);
    assert_non_null(subscribe(1, "LATEST"));
    hand_clock_pass(&rig.clock, 1000);
    assert_non_null(subscribe(0, "LATEST"));
}

static void a_consumer_that_is_not_active_does_not_subscribe(void **state)
{
    (void)state;
    stage.consumers[0].status = RN_CONSUMER_CREATING;
    assert_null(subscribe(0, "LATEST"));
    assert_fault(
        RN_FAULT_RESOURCE_IN_USE,
        "Consumer c-00 with creation timestamp 1700000000 under stream: s , account " ACCOUNT
        " is not in ACTIVE status.");
}

static void a_worker_takes_so_many_and_no_more(void **state)
{
    (void)state;
    stage.fanout->count = RN_FANOUT_SUBSCRIPTIONS_MAX;
    assert_null(subscribe(0, "LATEST"));
    assert_fault(RN_FAULT_LIMIT_EXCEEDED, "This server has as many subscriptions as it takes.");
    stage.fanout->count = 0;
    assert_non_null(subscribe(0, "LATEST")); /* the place was not kept */
}

static void a_position_that_cannot_be_found_out_is_our_fault(void **state)
{
    (void)state;
    rig.fake.bounds_outcome = RN_OUTCOME_FAULT;
    assert_null(subscribe(0, "LATEST"));
    assert_int_equal(rig.fault, RN_FAULT_INTERNAL);
    rig.fake.bounds_outcome = RN_OUTCOME_OK;
    assert_non_null(subscribe(0, "LATEST")); /* the place is free again */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup_teardown(test, stage_begin, stage_end)
        T(a_commit_is_pushed_without_waiting_for_a_tick),
        T(silence_is_broken_after_four_seconds_and_not_before),
        T(events_stay_below_their_size_and_follow_each_other),
        T(a_time_is_looked_for_until_the_first_match),
        T(a_number_not_given_out_yet_is_waited_for),
        T(records_that_are_not_in_memory_come_later),
        T(a_consumer_has_two_mebibytes_a_second_of_a_shard),
        T(a_debt_does_not_silence_it),
        T(a_reader_that_is_slow_holds_up_itself_alone),
        T(a_feed_that_begins_stuck_goes_on_when_there_is_room),
        T(slow_readers_lose_their_memory_when_it_is_wanted),
        T(its_time_is_five_minutes),
        T(a_shard_that_is_split_ends_it_with_its_children),
        T(a_consumer_that_goes_ends_it_and_no_other),
        T(a_stream_that_goes_ends_it),
        T(a_stream_that_goes_is_noticed_by_a_read_too),
        T(a_read_that_fails_is_our_fault),
        T(who_hears_nothing_is_told_nothing),
        T(a_client_that_goes_leaves_the_place_free),
        T(a_client_that_goes_while_it_is_read_for_is_let_go_afterwards),
        T(a_server_that_stops_ends_it_in_order),
        T(a_server_that_stops_waits_a_second_for_slow_readers),
        T(a_second_call_is_refused_for_five_seconds_and_then_takes_over),
        T(calls_are_counted_for_each_consumer_and_shard),
        T(a_consumer_that_is_not_active_does_not_subscribe),
        T(a_worker_takes_so_many_and_no_more),
        T(a_position_that_cannot_be_found_out_is_our_fault),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
