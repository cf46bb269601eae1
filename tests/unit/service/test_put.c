/* PutRecord and PutRecords: checks in their order, words, and what the reply says. */
#include "tests/unit/service/rig.h"

static char big[10 * 1024 * 1024 + 1];

static struct rn_kinesis_put_record_reply put(struct rn_kinesis_put_record_request request)
{
    struct rn_kinesis_put_record_reply reply = {0};

    if (!request.stream_name.data && !request.stream_arn.data) {
        request.stream_name = RN_STR("s");
    }
    if (!request.partition_key.data) {
        request.partition_key = RN_STR("key");
    }
    if (!request.data.data) {
        request.data = RN_STR("data");
    }
    serve_raw(rn_service_put_record, &request, &reply);
    return reply;
}

static struct rn_kinesis_put_records_reply
put_many(struct rn_kinesis_put_records_request_entry *entries, size_t count)
{
    struct rn_kinesis_put_records_request request = {.stream_name = RN_STR("s"),
                                                     .records = {entries, count, true}};
    struct rn_kinesis_put_records_reply reply = {0};

    serve_raw(rn_service_put_records, &request, &reply);
    return reply;
}

/* ---- PutRecord ---- */

static void a_record_gets_the_number_of_its_shard_and_place(void **state)
{
    struct rn_kinesis_put_record_reply reply;

    (void)state;
    add_stream("s", 1);
    reply = put((struct rn_kinesis_put_record_request){0});
    assert_ok();
    assert_str(reply.shard_id, "shardId-000000000000");
    assert_null(reply.encryption_type.data);
    /* seqIx 1, and the creation second where the record's would be */
    assert_str(reply.sequence_number, "49646437577108476416916876405827138351405044305449975810");
    reply = put((struct rn_kinesis_put_record_request){0});
    assert_true(rn_str_cmp(reply.sequence_number,
                           RN_STR("49646437577108476416916876405827138351405044305449975810")) > 0);
}

static void the_hash_of_the_key_or_the_explicit_one_chooses_the_shard(void **state)
{
    struct rn_kinesis_put_record_reply reply;

    (void)state;
    add_stream("s", 4);
    reply = put((struct rn_kinesis_put_record_request){
        .partition_key = RN_STR("a")}); /* 1695...: the first quarter */
    assert_str(reply.shard_id, "shardId-000000000000");
    reply = put((struct rn_kinesis_put_record_request){
        .partition_key = RN_STR("a"),
        .explicit_hash_key = RN_STR("340282366920938463463374607431768211455")});
    assert_str(reply.shard_id, "shardId-000000000003");
}

static void an_explicit_hash_key_over_the_range_has_its_words(void **state)
{
    (void)state;
    add_stream("s", 1);
    put((struct rn_kinesis_put_record_request){
        .explicit_hash_key = RN_STR("340282366920938463463374607431768211456"),
        .sequence_number_for_ordering = RN_STR("5")});
    assert_fault(RN_FAULT_INVALID_ARGUMENT,
                 "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. "
                 "Specified value was 340282366920938463463374607431768211456");
}

static void a_stream_that_does_not_serve_is_not_found(void **state)
{
    struct made *made;

    (void)state;
    put((struct rn_kinesis_put_record_request){
        .explicit_hash_key = RN_STR("999999999999999999999999999999999999999")});
    assert_fault(RN_FAULT_RESOURCE_NOT_FOUND, "Stream s under account 123456789012 not found.");
    made = add_stream("s", 1);
    made->stream.status = RN_STREAM_CREATING;
    made->shards[0].cell = NULL;
    put((struct rn_kinesis_put_record_request){0});
    assert_fault(RN_FAULT_RESOURCE_NOT_FOUND, "Stream s under account 123456789012 not found.");
    made->shards[0].cell = &made->cells[0];
    made->stream.status = RN_STREAM_UPDATING;
    put((struct rn_kinesis_put_record_request){0});
    assert_ok();
}

static void refuse_ordering(const char *number)
{
    char text[300];

    put((struct rn_kinesis_put_record_request){.sequence_number_for_ordering = rn_str_c(number)});
    (void)snprintf(text, sizeof(text),
                   "ExclusiveMinimumSequenceNumber %s used in PutRecord on stream s under account "
                   "123456789012 is invalid.",
                   number);
    assert_fault(RN_FAULT_INVALID_ARGUMENT, text);
}

/* The number's own second is its record's; the future begins behind now and the shard's creation.
 */
static void an_ordering_number_of_the_future_or_of_no_form_is_refused(void **state)
{
    struct rn_seqno seqno = {.shard_created_s = NOW_S, .ix = 1, .time_s = NOW_S, .version = 2};
    char number[RN_SEQNO_TEXT_BYTES];
    struct made *made = add_stream("s", 1);

    (void)state;
    rn_seqno_format(&seqno, number);
    put((struct rn_kinesis_put_record_request){.sequence_number_for_ordering = rn_str_c(number)});
    assert_ok();
    put((struct rn_kinesis_put_record_request){.sequence_number_for_ordering =
                                                   RN_STR("0")}); /* version 0 */
    assert_ok();
    refuse_ordering("99999999999999999999999999999999999999999999999999999999999999999999");
    seqno.time_s = NOW_S + 1;
    rn_seqno_format(&seqno, number);
    refuse_ordering(number);
    made->shards[0].created_s =
        NOW_S + 1; /* a child, created in the second behind its parent's last */
    put((struct rn_kinesis_put_record_request){.sequence_number_for_ordering = rn_str_c(number)});
    assert_ok();
    seqno.time_s = NOW_S + 2;
    rn_seqno_format(&seqno, number);
    refuse_ordering(number);
}

static void data_over_the_streams_limit_breaks_the_models_rule(void **state)
{
    struct made *made = add_stream("s", 1);

    (void)state;
    put((struct rn_kinesis_put_record_request){.data = rn_str_make(big, 1048576)});
    assert_ok();
    hand_clock_pass(&rig.clock, 10000);
    put((struct rn_kinesis_put_record_request){.data = rn_str_make(big, 1048577)});
    assert_fault(
        RN_FAULT_VALIDATION,
        "1 validation error detected: Value 'java.nio.HeapByteBuffer[pos=0 lim=1048577 "
        "cap=1048577]' at 'data' "
        "failed to satisfy constraint: Member must have length less than or equal to 1048576");
    made->stream.record_kib_max = 10240;
    put((struct rn_kinesis_put_record_request){.data = rn_str_make(big, 10 * 1024 * 1024)});
    assert_ok();
}

static void zero_bytes_are_a_record(void **state)
{
    (void)state;
    add_stream("s", 1);
    put((struct rn_kinesis_put_record_request){.data = rn_str_make(big, 0)});
    assert_ok();
}

static void over_its_limit_a_shard_refuses_with_its_name(void **state)
{
    (void)state;
    add_stream("s", 1);
    put((struct rn_kinesis_put_record_request){.data = rn_str_make(big, 1048576)});
    assert_ok();
    put((struct rn_kinesis_put_record_request){
        .dry_run = {1, true}}); /* a dry run does not ask the shard */
    assert_int_equal(rig.fault, RN_FAULT_DRY_RUN);
    put((struct rn_kinesis_put_record_request){0});
    assert_fault(
        RN_FAULT_THROUGHPUT_EXCEEDED,
        "Rate exceeded for shard shardId-000000000000 in stream s under account 123456789012.");
}

static void what_the_engine_does_not_acknowledge_is_a_failure_of_ours(void **state)
{
    static const enum rn_outcome outcomes[] = {RN_OUTCOME_REJECTED,    RN_OUTCOME_UNKNOWN,
                                               RN_OUTCOME_UNAVAILABLE, RN_OUTCOME_NO_LANE,
                                               RN_OUTCOME_FULL,        RN_OUTCOME_FAULT};

    (void)state;
    add_stream("s", 1);
    for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
        fake_engine_plan_append(&rig.fake, outcomes[i], FAKE_NOT_STORED);
        put((struct rn_kinesis_put_record_request){0});
        assert_int_equal(rig.fault, RN_FAULT_INTERNAL);
        assert_null(rig.message.data);
    }
    rig.fake.submit_err = RN_NOMEM;
    put((struct rn_kinesis_put_record_request){0});
    assert_int_equal(rig.fault, RN_FAULT_INTERNAL);
    rig.fake.submit_err = RN_FULL;
    put((struct rn_kinesis_put_record_request){0});
    assert_int_equal(rig.fault, RN_FAULT_THROUGHPUT_EXCEEDED);
}

static void a_dry_run_checks_everything_and_writes_nothing(void **state)
{
    struct made *made = add_stream("s", 1);
    struct rn_kinesis_put_records_request_entry entry = {.data = RN_STR("d"),
                                                         .partition_key = RN_STR("k")};
    struct rn_kinesis_put_records_request request = {
        .stream_name = RN_STR("s"), .records = {&entry, 1, true}, .dry_run = {1, true}};
    struct rn_kinesis_put_records_reply reply = {0};

    (void)state;
    put((struct rn_kinesis_put_record_request){.dry_run = {1, true}});
    assert_fault(RN_FAULT_DRY_RUN, "Request would have succeeded, but DryRun flag is set.");
    serve_raw(rn_service_put_records, &request, &reply);
    assert_fault(RN_FAULT_DRY_RUN, "Request would have succeeded, but DryRun flag is set.");
    put((struct rn_kinesis_put_record_request){
        .dry_run = {1, true},
        .explicit_hash_key = RN_STR("999999999999999999999999999999999999999")});
    assert_int_equal(rig.fault, RN_FAULT_INVALID_ARGUMENT);
    assert_int_equal(fake_engine_end(&rig.fake, made->stream.uid, 0), 0);
    put((struct rn_kinesis_put_record_request){.dry_run = {0, true}});
    assert_ok();
}

/* ---- PutRecords ---- */

static void fill(struct rn_kinesis_put_records_request_entry *entries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        entries[i] = (struct rn_kinesis_put_records_request_entry){
            .partition_key = rn_arena_printf(rig.arena, "key-%zu", i),
            .data = rn_arena_printf(rig.arena, "data-%zu", i)};
    }
}

static void five_hundred_records_are_answered_in_their_order(void **state)
{
    static struct rn_kinesis_put_records_request_entry entries[500];
    struct made *made = add_stream("s", 4);
    struct rn_kinesis_put_records_reply reply;
    const struct rn_kinesis_put_records_result_entry *results;

    (void)state;
    fill(entries, 500);
    reply = put_many(entries, 500);
    assert_ok();
    assert_true(reply.failed_record_count.set);
    assert_int_equal(reply.failed_record_count.value, 0);
    assert_null(reply.encryption_type.data);
    assert_int_equal(reply.records.count, 500);
    results = reply.records.data;
    for (size_t i = 0; i < 500; i++) {
        const struct rn_shard *shard =
            rn_stream_route(&made->stream, rn_hash_key_of(entries[i].partition_key));
        struct rn_seqno seqno;
        uint32_t index;

        assert_int_equal(rn_shard_id_parse(results[i].shard_id, &index), RN_OK);
        assert_int_equal(index, shard->index);
        assert_int_equal(rn_seqno_parse(results[i].sequence_number, &seqno), RN_OK);
        assert_int_equal(seqno.shard_index, shard->index);
        assert_int_equal(seqno.shard_created_s, NOW_S);
        assert_null(results[i].error_code.data);
        assert_null(results[i].error_message.data);
    }
}

static void one_bad_hash_key_fails_the_whole_call(void **state)
{
    struct rn_kinesis_put_records_request_entry entries[3];
    struct made *made = add_stream("s", 1);

    (void)state;
    fill(entries, 3);
    entries[2].explicit_hash_key = RN_STR("340282366920938463463374607431768211456");
    put_many(entries, 3);
    assert_fault(RN_FAULT_INVALID_ARGUMENT,
                 "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. "
                 "Specified value was 340282366920938463463374607431768211456");
    assert_int_equal(fake_engine_end(&rig.fake, made->stream.uid, 0), 0);
}

static void throttled_records_are_told_one_by_one(void **state)
{
    struct rn_kinesis_put_records_request_entry entries[4];
    struct rn_kinesis_put_records_reply reply;
    const struct rn_kinesis_put_records_result_entry *results;

    (void)state;
    add_stream("s", 2);
    fill(entries, 4);
    for (size_t i = 0; i < 4; i++) {
        entries[i].explicit_hash_key =
            i == 3 ? RN_STR("340282366920938463463374607431768211455") : RN_STR("0");
    }
    entries[0].data = rn_str_make(big, 1048576); /* takes the whole second of shard 0 */
    reply = put_many(entries, 4);
    assert_ok();
    assert_int_equal(reply.failed_record_count.value, 2);
    results = reply.records.data;
    assert_str(results[0].shard_id, "shardId-000000000000");
    for (size_t i = 1; i < 3; i++) {
        assert_str(results[i].error_code, "ProvisionedThroughputExceededException");
        assert_str(
            results[i].error_message,
            "Rate exceeded for shard shardId-000000000000 in stream s under account 123456789012.");
        assert_null(results[i].shard_id.data);
        assert_null(results[i].sequence_number.data);
    }
    assert_str(results[3].shard_id, "shardId-000000000001");
    for (size_t i = 0; i < 4; i++) {
        entries[i].explicit_hash_key = RN_STR("0");
    }
    reply = put_many(entries + 1, 3);
    assert_ok(); /* also when none went in */
    assert_int_equal(reply.failed_record_count.value, 3);
}

static void failed_records_are_told_as_internal(void **state)
{
    struct rn_kinesis_put_records_request_entry entries[2];
    struct rn_kinesis_put_records_reply reply;
    const struct rn_kinesis_put_records_result_entry *results;

    (void)state;
    add_stream("s", 1);
    fill(entries, 2);
    fake_engine_plan_append(&rig.fake, RN_OUTCOME_UNKNOWN, FAKE_NOT_STORED);
    reply = put_many(entries, 2);
    assert_ok();
    assert_int_equal(reply.failed_record_count.value, 2);
    results = reply.records.data;
    assert_str(results[1].error_code, "InternalFailure");
    assert_str(results[1].error_message, "Internal service failure.");
    assert_null(results[1].sequence_number.data);
}

static void ten_mebibytes_with_their_keys_are_the_most(void **state)
{
    struct rn_kinesis_put_records_request_entry entries[11];

    (void)state;
    add_stream("s", 1);
    for (size_t i = 0; i < 10; i++) {
        entries[i] = (struct rn_kinesis_put_records_request_entry){
            .partition_key = RN_STR("k"), .data = rn_str_make(big, 1048575)};
    }
    put_many(entries, 10);
    assert_ok();
    entries[10] = (struct rn_kinesis_put_records_request_entry){.partition_key = RN_STR("k"),
                                                                .data = RN_STR("")};
    put_many(entries, 11);
    assert_fault(RN_FAULT_INVALID_ARGUMENT, "Records size exceeds 10 MB limit");
}

static void records_over_the_streams_limit_are_clauses_and_ten_at_most(void **state)
{
    static struct rn_kinesis_put_records_request_entry entries[15];

    (void)state;
    add_stream("s", 1);
    fill(entries, 15);
    entries[1].data = entries[4].data = rn_str_make(big, 1048577);
    put_many(entries, 15);
    assert_fault(RN_FAULT_VALIDATION,
                 "2 validation errors detected: Value 'java.nio.HeapByteBuffer[pos=0 lim=1048577 "
                 "cap=1048577]' at "
                 "'records.2.member.data' failed to satisfy constraint: Member must have length "
                 "less than or equal to "
                 "1048576; Value 'java.nio.HeapByteBuffer[pos=0 lim=1048577 cap=1048577]' at "
                 "'records.5.member.data' failed "
                 "to satisfy constraint: Member must have length less than or equal to 1048576");
    for (size_t i = 0; i < 15; i++) {
        entries[i].data = rn_str_make(big, 1048577);
    }
    put_many(entries, 15);
    assert_int_equal(rig.fault, RN_FAULT_VALIDATION);
    assert_true(rn_str_starts(rig.message, RN_STR("10 validation errors detected: ")));
}

/* Method: the arena's bound grows until the call succeeds; before that it fails as ours, and a
 * record that was not acknowledged may lie in the lane, but never an acknowledged one nowhere. */
static void a_put_without_memory_is_a_failure_of_ours(void **state)
{
    struct rn_kinesis_put_records_request_entry entries[3];
    struct rn_kinesis_put_records_request request = {.stream_name = RN_STR("s"),
                                                     .records = {entries, 3, true}};

    (void)state;
    add_stream("s", 2);
    fill(entries, 3);
    for (size_t room = 0;; room += 16) {
        struct rn_kinesis_put_records_reply reply = {0};
        struct rn_arena *tight = rn_arena_new(room);

        serve_in(tight, rn_service_put_records, &request, &reply);
        rn_arena_free(tight);
        if (rig.fault == RN_FAULT_NONE) {
            assert_true(room > 100);
            return;
        }
        assert_int_equal(rig.fault, RN_FAULT_INTERNAL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_record_gets_the_number_of_its_shard_and_place),
        RIG_TEST(the_hash_of_the_key_or_the_explicit_one_chooses_the_shard),
        RIG_TEST(an_explicit_hash_key_over_the_range_has_its_words),
        RIG_TEST(a_stream_that_does_not_serve_is_not_found),
        RIG_TEST(an_ordering_number_of_the_future_or_of_no_form_is_refused),
        RIG_TEST(data_over_the_streams_limit_breaks_the_models_rule),
        RIG_TEST(zero_bytes_are_a_record),
        RIG_TEST(over_its_limit_a_shard_refuses_with_its_name),
        RIG_TEST(what_the_engine_does_not_acknowledge_is_a_failure_of_ours),
        RIG_TEST(a_dry_run_checks_everything_and_writes_nothing),
        RIG_TEST(five_hundred_records_are_answered_in_their_order),
        RIG_TEST(one_bad_hash_key_fails_the_whole_call),
        RIG_TEST(throttled_records_are_told_one_by_one),
        RIG_TEST(failed_records_are_told_as_internal),
        RIG_TEST(ten_mebibytes_with_their_keys_are_the_most),
        RIG_TEST(records_over_the_streams_limit_are_clauses_and_ten_at_most),
        RIG_TEST(a_put_without_memory_is_a_failure_of_ours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
