/* Changing the retention: order of checks, words, and what readers and listings make of it. */
#include "tests/unit/service/rig.h"

#define HOUR_MS 3600000ll

static void change(void (*operation)(struct rn_call *call), int64_t hours)
{
    struct rn_kinesis_set_stream_retention_period_request request = {
        .stream_name = RN_STR("s"), .retention_period_hours = {hours, true}};

    serve_raw(operation, &request, NULL);
}

#define INCREASE rn_service_increase_stream_retention_period
#define DECREASE rn_service_decrease_stream_retention_period

static void stream_bounds_state_and_comparison_in_this_order(void **state)
{
    (void)state;
    change(INCREASE, 1);
    assert_fault(RN_FAULT_RESOURCE_NOT_FOUND, "Stream s under account 123456789012 not found.");
    add_stream("s", 1);
    change(INCREASE, 23);
    assert_fault(RN_FAULT_INVALID_ARGUMENT, "Minimum allowed retention period is 24 hours. "
                                            "Requested retention period (23 hours) is too short.");
    change(DECREASE, 8761);
    assert_fault(RN_FAULT_INVALID_ARGUMENT, "Maximum allowed retention period is 8760 hours. "
                                            "Requested retention period (8761 hours) is too long.");
    assert_int_equal(rig.control.proposals, 0);
    rig.control.verdict = RN_VERDICT_NOT_ACTIVE;
    rig.control.numbers[0] = RN_STREAM_UPDATING;
    change(DECREASE, 24);
    assert_fault(RN_FAULT_RESOURCE_IN_USE,
                 "Stream s under account 123456789012 not ACTIVE, instead in state UPDATING");
    rig.control.verdict = RN_VERDICT_RETENTION;
    rig.control.numbers[0] = 48;
    change(INCREASE, 24);
    assert_fault(RN_FAULT_INVALID_ARGUMENT,
                 "Requested retention period (24 hours) for stream s can not be shorter than "
                 "existing retention period (48 hours). Use DecreaseRetentionPeriod API.");
    change(DECREASE, 72);
    assert_fault(RN_FAULT_INVALID_ARGUMENT,
                 "Requested retention period (72 hours) for stream s can not be longer than "
                 "existing retention period (48 hours). Use IncreaseRetentionPeriod API.");
}

static void the_command_says_which_way_and_what_was_seen(void **state)
{
    const struct rn_set_retention *set = &rig.control.last.as.set_retention;

    (void)state;
    add_stream("s", 1);
    change(INCREASE, 8760);
    assert_ok();
    assert_int_equal(rig.control.last.type, RN_COMMAND_SET_RETENTION);
    assert_int_equal(set->uid, 1);
    assert_int_equal(set->hours, 8760);
    assert_int_equal(set->change, RN_RETENTION_INCREASE);
    assert_int_equal(set->seen_ms, NOW_MS);
    change(DECREASE, 24);
    assert_int_equal(set->change, RN_RETENTION_DECREASE);
}

static const struct rn_kinesis_get_records_reply *read_oldest(void)
{
    static struct rn_kinesis_get_records_reply reply;
    struct rn_kinesis_get_shard_iterator_request where = {
        .stream_name = RN_STR("s"),
        .shard_id = RN_STR("shardId-000000000000"),
        .shard_iterator_type = RN_STR("TRIM_HORIZON")};
    struct rn_kinesis_get_shard_iterator_reply iterator = {0};
    struct rn_kinesis_get_records_request request;

    serve_raw(rn_service_get_shard_iterator, &where, &iterator);
    assert_ok();
    request = (struct rn_kinesis_get_records_request){.shard_iterator = iterator.shard_iterator,
                                                      .limit = {1, true}};
    memset(&reply, 0, sizeof(reply));
    serve_raw(rn_service_get_records, &request, &reply);
    assert_ok();
    return &reply;
}

/* Method: a record an hour; then the horizon that a change of retention leaves is moved about by hand. */
static void readers_begin_at_the_horizon_to_the_record(void **state)
{
    struct made *made = add_stream("s", 1);
    const struct rn_kinesis_get_records_reply *reply;
    const struct rn_kinesis_record *record;

    (void)state;
    for (int hour = 0; hour < 30; hour++) {
        rig_append(made->cells[0].lane,
                   &(struct rn_record){.key = RN_STR("k"), .value = RN_STR("v")});
        hand_clock_pass(&rig.clock, HOUR_MS);
    }
    made->stream.retention_hours = 8760;
    made->stream.trimmed_ms = NOW_MS + 10 * HOUR_MS;
    reply = read_oldest();
    record = reply->records.data;
    assert_int_equal(record->approximate_arrival_timestamp.value, NOW_MS + 10 * HOUR_MS);
    assert_int_equal(reply->millis_behind_latest.value, 20 * HOUR_MS);
    made->stream.trimmed_ms++;
    record = read_oldest()->records.data;
    assert_int_equal(record->approximate_arrival_timestamp.value, NOW_MS + 11 * HOUR_MS);
    made->stream.trimmed_ms = 0;
    record = read_oldest()->records.data;
    assert_int_equal(record->approximate_arrival_timestamp.value, NOW_MS);
    made->stream.trimmed_ms = NOW_MS + 30 * HOUR_MS;
    reply = read_oldest();
    assert_int_equal(reply->records.count, 0);
    assert_int_equal(reply->millis_behind_latest.value, 0);
}

static size_t shards_listed(const char *filter_type)
{
    struct rn_kinesis_shard_filter filter = {.type = rn_str_c(filter_type)};
    struct rn_kinesis_list_shards_request request = {.stream_name = RN_STR("s"),
                                                     .shard_filter = &filter};
    struct rn_kinesis_list_shards_reply reply = {0};

    serve_raw(rn_service_list_shards, &request, &reply);
    assert_ok();
    return reply.shards.count;
}

/* A shard that was closed before the horizon is gone for good; one closed behind it is still there. */
static void listings_go_by_the_same_horizon(void **state)
{
    struct made *made = add_stream("s", 1);

    (void)state;
    made->stream.retention_hours = 8760;
    hand_clock_pass(&rig.clock, HOUR_MS);
    split_shard(made, 0);
    hand_clock_pass(&rig.clock, 10 * HOUR_MS);
    assert_int_equal(shards_listed("FROM_TRIM_HORIZON"), 3);
    assert_int_equal(shards_listed("AT_TRIM_HORIZON"), 1);
    made->stream.trimmed_ms = NOW_MS + HOUR_MS - 1;
    assert_int_equal(shards_listed("FROM_TRIM_HORIZON"), 3);
    assert_int_equal(shards_listed("AT_TRIM_HORIZON"), 1);
    made->stream.trimmed_ms = NOW_MS + HOUR_MS;
    assert_int_equal(shards_listed("FROM_TRIM_HORIZON"), 2);
    assert_int_equal(shards_listed("AT_TRIM_HORIZON"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(stream_bounds_state_and_comparison_in_this_order),
        RIG_TEST(the_command_says_which_way_and_what_was_seen),
        RIG_TEST(readers_begin_at_the_horizon_to_the_record),
        RIG_TEST(listings_go_by_the_same_horizon),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
