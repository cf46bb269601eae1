/* Settings of a stream: what is proposed, what the verdicts say, and what describes and puts make of them. */
#include "shape/kinesis_settings.h"
#include "tests/unit/service/rig.h"

#define KEY "1234abcd-12ab-34cd-56ef-1234567890ab"

static const struct rn_set_setting *set(void)
{
    assert_int_equal(rig.control.last.type, RN_COMMAND_SET_SETTING);
    assert_true(rig.control.last.wait_for_task);
    return &rig.control.last.as.set_setting;
}

static void metrics_are_proposed_as_bits_and_told_as_names(void **state)
{
    rn_str names[] = {RN_STR("IncomingRecords"), RN_STR("IteratorAgeMilliseconds")};
    struct rn_kinesis_enhanced_monitoring_request request = {
        .stream_name = RN_STR("s"), .shard_level_metrics = {names, 2, true}};
    struct rn_kinesis_enhanced_monitoring_reply reply = {0};
    const rn_str *told;

    (void)state;
    add_stream("s", 1);
    rig.control.numbers[0] = 1u << 6;
    rig.control.numbers[1] = 1u << 1 | 1u << 6;
    serve_raw(rn_service_enable_enhanced_monitoring, &request, &reply);
    assert_ok();
    assert_int_equal(set()->which, RN_SET_METRICS_ON);
    assert_int_equal(set()->number, 1u << 1 | 1u << 6);
    assert_int_equal(set()->uid, 1);
    assert_str(reply.stream_name, "s");
    assert_str(reply.stream_arn, ARN_OF("s"));
    assert_int_equal(reply.current_shard_level_metrics.count, 1);
    told = reply.desired_shard_level_metrics.data;
    assert_int_equal(reply.desired_shard_level_metrics.count, 2);
    assert_str(told[0], "IncomingRecords");
    assert_str(told[1], "IteratorAgeMilliseconds");
    names[0] = RN_STR("ALL");
    serve_raw(rn_service_disable_enhanced_monitoring, &request, &reply);
    assert_int_equal(set()->which, RN_SET_METRICS_OFF);
    assert_int_equal(set()->number, RN_METRICS_ALL);
}

static void limits_of_the_day_travel_in_the_command(void **state)
{
    struct rn_kinesis_stream_encryption_request request = {
        .stream_name = RN_STR("s"), .encryption_type = RN_STR("KMS"), .key_id = RN_STR(KEY)};

    (void)state;
    add_stream("s", 1);
    serve_raw(rn_service_start_stream_encryption, &request, NULL);
    assert_ok();
    assert_int_equal(set()->which, RN_SET_ENCRYPT);
    assert_int_equal(set()->daily_max, 25);
    rig.limits[RN_LIMIT_DAILY_STOP_ENCRYPTION] = RN_LIMIT_OFF;
    serve_raw(rn_service_stop_stream_encryption, &request, NULL);
    assert_int_equal(set()->which, RN_SET_DECRYPT);
    assert_int_equal(set()->daily_max, 0);
    rig.control.verdict = RN_VERDICT_DAILY_LIMIT;
    rig.control.numbers[1] = 25;
    serve_raw(rn_service_start_stream_encryption, &request, NULL);
    assert_fault(RN_FAULT_LIMIT_EXCEEDED,
                 "Limit of 25 StartStreamEncryption operations in 24 hours exceeded for stream s "
                 "under account 123456789012.");
    assert_int_equal(rig.limited_by, RN_LIMIT_DAILY_START_ENCRYPTION);
    rig.control.verdict = RN_VERDICT_KEY;
    rig.control.numbers[0] = 0;
    serve_raw(rn_service_stop_stream_encryption, &request, NULL);
    assert_fault(RN_FAULT_INVALID_ARGUMENT,
                 "Stream s under account 123456789012 is not encrypted.");
    rig.control.numbers[0] = 1;
    serve_raw(rn_service_stop_stream_encryption, &request, NULL);
    assert_fault(RN_FAULT_INVALID_ARGUMENT,
                 "Stream s under account 123456789012 is not encrypted with key " KEY ".");
}

/* Of records put before and after the stream was encrypted; what was put while it was tells it no more once
 * that is over. */
static void records_tell_of_the_encryption_they_were_put_under(void **state)
{
    struct made *made = add_stream("s", 1);
    struct rn_kinesis_put_record_request put = {
        .stream_name = RN_STR("s"), .partition_key = RN_STR("k"), .data = RN_STR("d")};
    struct rn_kinesis_put_record_reply stored = {0};

    (void)state;
    serve_raw(rn_service_put_record, &put, &stored);
    assert_ok();
    assert_null(stored.encryption_type.data);
    hand_clock_pass(&rig.clock, 1000);
    made->stream.key_id = RN_STR("alias/a");
    made->stream.encrypted_ms = NOW_MS + 1000;
    serve_raw(rn_service_put_record, &put, &stored);
    assert_str(stored.encryption_type, "KMS");
    for (int encrypted = 1; encrypted >= 0; encrypted--) {
        struct rn_kinesis_get_shard_iterator_request where = {
            .stream_name = RN_STR("s"),
            .shard_id = RN_STR("shardId-000000000000"),
            .shard_iterator_type = RN_STR("TRIM_HORIZON")};
        struct rn_kinesis_get_shard_iterator_reply iterator = {0};
        struct rn_kinesis_get_records_request get = {0};
        struct rn_kinesis_get_records_reply page = {0};
        const struct rn_kinesis_record *records;

        made->stream.key_id = encrypted ? RN_STR("alias/a") : RN_STR("");
        serve_raw(rn_service_get_shard_iterator, &where, &iterator);
        get.shard_iterator = iterator.shard_iterator;
        serve_raw(rn_service_get_records, &get, &page);
        assert_ok();
        records = page.records.data;
        assert_int_equal(page.records.count, 2);
        assert_null(records[0].encryption_type.data);
        assert_int_equal(records[1].encryption_type.data != NULL, encrypted);
    }
}

static struct rn_kinesis_stream_description_summary summary(void)
{
    struct rn_kinesis_describe_stream_summary_request request = {.stream_name = RN_STR("s")};
    struct rn_kinesis_describe_stream_summary_reply reply = {0};

    serve_raw(rn_service_describe_stream_summary, &request, &reply);
    assert_ok();
    return *reply.stream_description_summary;
}

static void warm_throughput_is_told_of_streams_and_accounts_that_have_it(void **state)
{
    struct made *made = add_stream("s", 1);
    struct rn_kinesis_stream_description_summary told;

    (void)state;
    made->stream.warm_mib = 9;
    made->stream.warm_now_mib = 3;
    rig.commitment.started_ms = NOW_MS;
    assert_null(summary().warm_throughput);
    made->stream.mode = RN_STREAM_ON_DEMAND;
    told = summary();
    assert_int_equal(told.warm_throughput->target_mi_bps.value, 9);
    assert_int_equal(told.warm_throughput->current_mi_bps.value, 3);
    rig.commitment.started_ms = 0;
    assert_null(summary().warm_throughput);
}

/* What the log would judge is not asked when the request alone decides. */
static void warm_throughput_is_bounded_before_it_is_proposed(void **state)
{
    struct rn_kinesis_update_stream_warm_throughput_request request = {
        .stream_name = RN_STR("s"), .warm_throughput_mi_bps = {10241, true}};
    struct rn_kinesis_update_stream_warm_throughput_reply reply = {0};

    (void)state;
    add_stream("s", 1);
    serve_raw(rn_service_update_stream_warm_throughput, &request, &reply);
    assert_int_equal(rig.fault, RN_FAULT_INVALID_ARGUMENT);
    rig.commitment.started_ms = NOW_MS;
    serve_raw(rn_service_update_stream_warm_throughput, &request, &reply);
    assert_fault(RN_FAULT_LIMIT_EXCEEDED,
                 "Warm throughput of 10241 MiBps exceeds the limit of 10240 MiBps for stream s "
                 "under account 123456789012.");
    assert_int_equal(rig.control.proposals, 0);
    request.warm_throughput_mi_bps.value = 10240;
    rig.control.numbers[0] = 4;
    rig.control.numbers[1] = 10240;
    serve_raw(rn_service_update_stream_warm_throughput, &request, &reply);
    assert_ok();
    assert_int_equal(set()->which, RN_SET_WARM);
    assert_int_equal(reply.warm_throughput->target_mi_bps.value, 10240);
    assert_int_equal(reply.warm_throughput->current_mi_bps.value, 4);
    rig.control.verdict = RN_VERDICT_PROVISIONED;
    serve_raw(rn_service_update_stream_warm_throughput, &request, &reply);
    assert_fault(RN_FAULT_INVALID_ARGUMENT,
                 "WarmThroughputMiBps is only supported for on-demand streams. Stream s is using "
                 "PROVISIONED mode.");
}

static void a_mode_may_bring_its_warm_throughput(void **state)
{
    struct rn_kinesis_stream_mode_details details = {RN_STR("ON_DEMAND")};
    struct rn_kinesis_update_stream_mode_request request = {.stream_arn = RN_STR(ARN_OF("s")),
                                                            .stream_mode_details = &details,
                                                            .warm_throughput_mi_bps = {7, true}};

    (void)state;
    add_stream("s", 1);
    rig.commitment.started_ms = NOW_MS;
    serve_raw(rn_service_update_stream_mode, &request, NULL);
    assert_ok();
    assert_int_equal(set()->which, RN_SET_MODE);
    assert_int_equal(set()->number, RN_STREAM_ON_DEMAND);
    assert_int_equal(set()->warm_mib, 7);
    assert_int_equal(set()->daily_max, 2);
    rig.limits[RN_LIMIT_ACCOUNT_ON_DEMAND_STREAMS] = 1;
    add_stream("d", 1)->stream.mode = RN_STREAM_ON_DEMAND;
    serve_raw(rn_service_update_stream_mode, &request, NULL);
    assert_int_equal(rig.fault, RN_FAULT_LIMIT_EXCEEDED);
    assert_int_equal(rig.limited_by, RN_LIMIT_ACCOUNT_ON_DEMAND_STREAMS);
    details.stream_mode = RN_STR("PROVISIONED");
    serve_raw(rn_service_update_stream_mode, &request, NULL);
    assert_int_equal(rig.fault, RN_FAULT_INVALID_ARGUMENT);
    request.warm_throughput_mi_bps.value = 0;
    serve_raw(rn_service_update_stream_mode, &request, NULL);
    assert_ok();
    assert_int_equal(set()->number, RN_STREAM_PROVISIONED);
}

static void the_size_of_records_is_proposed_for_an_arn(void **state)
{
    struct rn_kinesis_update_max_record_size_request request = {
        .stream_arn = RN_STR(ARN_OF("s")), .max_record_size_in_kib = {2048, true}};

    (void)state;
    add_stream("s", 1);
    serve_raw(rn_service_update_max_record_size, &request, NULL);
    assert_ok();
    assert_int_equal(set()->which, RN_SET_RECORD_KIB);
    assert_int_equal(set()->number, 2048);
    request.stream_arn = RN_STR_NONE;
    serve_raw(rn_service_update_max_record_size, &request, NULL);
    assert_fault(RN_FAULT_INVALID_ARGUMENT, "StreamARN should be provided.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(metrics_are_proposed_as_bits_and_told_as_names),
        RIG_TEST(limits_of_the_day_travel_in_the_command),
        RIG_TEST(records_tell_of_the_encryption_they_were_put_under),
        RIG_TEST(warm_throughput_is_told_of_streams_and_accounts_that_have_it),
        RIG_TEST(warm_throughput_is_bounded_before_it_is_proposed),
        RIG_TEST(a_mode_may_bring_its_warm_throughput),
        RIG_TEST(the_size_of_records_is_proposed_for_an_arn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
