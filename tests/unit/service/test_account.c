/* DescribeLimits, getting and setting limits, and the commitment of the account. */
#include "shape/kinesis_settings.h"
#include "shape/runnel.h"
#include "tests/unit/service/rig.h"

static struct rn_kinesis_describe_limits_reply describe(void)
{
    struct rn_kinesis_describe_limits_request request = {0};
    struct rn_kinesis_describe_limits_reply reply = {0};

    serve_raw(rn_service_describe_limits, &request, &reply);
    assert_ok();
    return reply;
}

static void limits_are_described_with_what_is_used(void **state)
{
    struct rn_kinesis_describe_limits_reply reply;

    (void)state;
    add_stream("p", 3);
    add_stream("d", 4)->stream.mode = RN_STREAM_ON_DEMAND;
    reply = describe();
    assert_int_equal(reply.shard_limit.value, 20000);
    assert_int_equal(reply.open_shard_count.value, 7);
    assert_int_equal(reply.on_demand_stream_count.value, 1);
    assert_int_equal(reply.on_demand_stream_count_limit.value, 50);
    rig.limits[RN_LIMIT_ACCOUNT_SHARDS] = 99;
    rig.limits[RN_LIMIT_ACCOUNT_ON_DEMAND_STREAMS] = RN_LIMIT_OFF;
    reply = describe();
    assert_int_equal(reply.shard_limit.value, 99);
    assert_int_equal(reply.on_demand_stream_count_limit.value, 100000);
    rig.limits[RN_LIMIT_ACCOUNT_SHARDS] = RN_LIMIT_OFF;
    assert_int_equal(describe().shard_limit.value, RN_ACCOUNT_SHARDS_UNLIMITED);
}

static void every_limit_is_shown_with_its_default(void **state)
{
    struct rn_runnel_get_limits_request request = {0};
    struct rn_runnel_get_limits_reply reply = {0};
    const struct rn_runnel_limit *limits;

    (void)state;
    rig.limits[RN_LIMIT_SHARD_WRITE_RECORDS] = 5000;
    rig.limits[RN_LIMIT_STREAM_TAGS] = RN_LIMIT_OFF;
    serve_raw(rn_service_get_limits, &request, &reply);
    assert_ok();
    assert_int_equal(reply.limits.count, RN_LIMIT_COUNT);
    limits = reply.limits.data;
    assert_str(limits[RN_LIMIT_SHARD_WRITE_RECORDS].name, "shard-write-records");
    assert_str(limits[RN_LIMIT_SHARD_WRITE_RECORDS].value, "5000");
    assert_str(limits[RN_LIMIT_SHARD_WRITE_RECORDS].initial, "1000");
    assert_int_equal(limits[RN_LIMIT_SHARD_WRITE_RECORDS].is_set.value, 1);
    assert_str(limits[RN_LIMIT_STREAM_TAGS].value, "off");
    assert_str(limits[RN_LIMIT_SHARD_WRITE_BYTES].value, "1048576");
    assert_int_equal(limits[RN_LIMIT_SHARD_WRITE_BYTES].is_set.value, 0);
}

static void set(const char *name, const char *value)
{
    struct rn_pair pairs[] = {{RN_STR("stream-tags"), RN_STR("60")},
                              {rn_str_c(name), rn_str_c(value)}};
    struct rn_runnel_set_limits_request request = {.limits = {pairs, 2, true}};

    serve_raw(rn_service_set_limits, &request, NULL);
}

static void a_change_goes_through_the_log(void **state)
{
    const int64_t *values = rig.control.last.as.set_limits.value;

    (void)state;
    set("shard-read-bytes", "off");
    assert_ok();
    assert_int_equal(rig.control.last.type, RN_COMMAND_SET_LIMITS);
    for (int i = 0; i < RN_LIMIT_COUNT; i++) {
        assert_int_equal(values[i], i == RN_LIMIT_STREAM_TAGS        ? 60
                                    : i == RN_LIMIT_SHARD_READ_BYTES ? RN_LIMIT_OFF
                                                                     : RN_LIMIT_KEEP);
    }
    set("shard-read-bytes", "default");
    assert_int_equal(values[RN_LIMIT_SHARD_READ_BYTES], RN_LIMIT_UNSET);
}

static void what_is_no_limit_or_no_value_is_named_and_nothing_is_set(void **state)
{
    (void)state;
    set("shard-red-bytes", "5");
    assert_fault(RN_FAULT_INVALID_ARGUMENT, "There is no limit \"shard-red-bytes\".");
    set("shard-read-bytes", "5x");
    assert_fault(RN_FAULT_INVALID_ARGUMENT,
                 "shard-read-bytes: \"5x\" is neither off nor a whole number from 1 to "
                 "1000000000000; \"default\" is possible too.");
    assert_int_equal(rig.control.proposals, 0);
}

static void on_demand_streams_have_a_quota(void **state)
{
    struct rn_kinesis_create_stream_request request = {.stream_name = RN_STR("new")};

    (void)state;
    rig.limits[RN_LIMIT_ACCOUNT_ON_DEMAND_STREAMS] = 1;
    add_stream("d", 4)->stream.mode = RN_STREAM_ON_DEMAND;
    serve_raw(rn_service_create_stream, &request, NULL);
    assert_fault(RN_FAULT_LIMIT_EXCEEDED,
                 "This request would exceed the on-demand stream limit for the account "
                 "123456789012 in us-east-1. Current on-demand stream count for the account: 1. "
                 "Limit: 1.");
    assert_int_equal(rig.limited_by, RN_LIMIT_ACCOUNT_ON_DEMAND_STREAMS);
    request.shard_count = (struct rn_number){1, true};
    serve_raw(rn_service_create_stream, &request, NULL);
    assert_ok();
}

/* Method: one record more than a second takes; the limit is lifted while the server runs. */
static void throttled_records_tell_of_their_limit(void **state)
{
    static struct rn_kinesis_put_records_request_entry entries[500];
    struct rn_kinesis_put_records_request request = {.stream_name = RN_STR("s"),
                                                     .records = {entries, 500, true}};
    struct rn_kinesis_put_records_reply reply = {0};

    (void)state;
    add_stream("s", 1);
    for (int i = 0; i < 500; i++) {
        entries[i] = (struct rn_kinesis_put_records_request_entry){.data = RN_STR("d"),
                                                                   .partition_key = RN_STR("k")};
    }
    for (int i = 0; i < 2; i++) {
        serve_raw(rn_service_put_records, &request, &reply);
        assert_int_equal(reply.failed_record_count.value, 0);
    }
    serve_raw(rn_service_put_records, &request, &reply);
    assert_ok();
    assert_int_equal(reply.failed_record_count.value, 500);
    assert_int_equal(rig.limited, 500);
    assert_int_equal(rig.limited_by, RN_LIMIT_SHARD_WRITE_RECORDS);
    rig.limits[RN_LIMIT_SHARD_WRITE_RECORDS] = RN_LIMIT_OFF;
    serve_raw(rn_service_put_records, &request, &reply);
    assert_int_equal(reply.failed_record_count.value, 0);
}

static struct rn_kinesis_billing_commitment commitment(void)
{
    struct rn_kinesis_describe_account_settings_request request = {0};
    struct rn_kinesis_account_settings_reply reply = {0};

    serve_raw(rn_service_describe_account_settings, &request, &reply);
    assert_ok();
    return *reply.minimum_throughput_billing_commitment;
}

static void the_commitment_is_told_by_the_clock(void **state)
{
    struct rn_kinesis_billing_commitment told = commitment();

    (void)state;
    assert_str(told.status, "DISABLED");
    assert_false(told.started_at.set || told.ended_at.set || told.earliest_allowed_end_at.set);
    rig.commitment.started_ms = NOW_MS - 1000;
    told = commitment();
    assert_str(told.status, "ENABLED");
    assert_int_equal(told.started_at.value, NOW_MS - 1000);
    assert_int_equal(told.earliest_allowed_end_at.value, NOW_MS - 1000 + RN_COMMITMENT_MIN_MS);
    assert_false(told.ended_at.set);
    rig.commitment.ends_ms = NOW_MS + 1;
    told = commitment();
    assert_str(told.status, "ENABLED_UNTIL_EARLIEST_ALLOWED_END");
    assert_false(told.ended_at.set);
    hand_clock_pass(&rig.clock, 1);
    told = commitment();
    assert_str(told.status, "DISABLED");
    assert_int_equal(told.ended_at.value, NOW_MS + 1);
    assert_false(told.earliest_allowed_end_at.set);
}

static void the_commitment_changes_through_the_log(void **state)
{
    struct rn_kinesis_billing_commitment wanted = {.status = RN_STR("ENABLED")};
    struct rn_kinesis_update_account_settings_request request = {&wanted};
    struct rn_kinesis_account_settings_reply reply = {0};

    (void)state;
    serve_raw(rn_service_update_account_settings, &request, &reply);
    assert_ok();
    assert_int_equal(rig.control.last.type, RN_COMMAND_SET_COMMITMENT);
    assert_true(rig.control.last.as.set_commitment.on);
    assert_str(reply.minimum_throughput_billing_commitment->status,
               "DISABLED"); /* as the state is */
    wanted.status = RN_STR("DISABLED");
    serve_raw(rn_service_update_account_settings, &request, &reply);
    assert_false(rig.control.last.as.set_commitment.on);
    rig.control.verdict = RN_VERDICT_FAILED;
    serve_raw(rn_service_update_account_settings, &request, &reply);
    assert_int_equal(rig.fault, RN_FAULT_INTERNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(limits_are_described_with_what_is_used),
        RIG_TEST(every_limit_is_shown_with_its_default),
        RIG_TEST(a_change_goes_through_the_log),
        RIG_TEST(what_is_no_limit_or_no_value_is_named_and_nothing_is_set),
        RIG_TEST(on_demand_streams_have_a_quota),
        RIG_TEST(throttled_records_tell_of_their_limit),
        RIG_TEST(the_commitment_is_told_by_the_clock),
        RIG_TEST(the_commitment_changes_through_the_log),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
