/* GetShardIterator: the ten rules in their order and words, and the positions of the five types. */
#include "tests/unit/service/rig.h"

static struct rn_iterator opened;

static void get(struct rn_kinesis_get_shard_iterator_request request)
{
    struct rn_kinesis_get_shard_iterator_reply reply = {0};

    if (!request.stream_arn.data) {
        request.stream_name = RN_STR("s");
    }
    if (!request.shard_id.data) {
        request.shard_id = RN_STR("shardId-000000000000");
    }
    serve_raw(rn_service_get_shard_iterator, &request, &reply);
    if (rig.fault == RN_FAULT_NONE) {
        assert_true(rn_str_starts(reply.shard_iterator, RN_STR("AAAAAAAAAAE")));
        assert_true(reply.shard_iterator.len <= 512);
        assert_int_equal(rn_iterator_open(reply.shard_iterator, rig.service->iterator_key, &opened),
                         RN_OK);
    }
}

#define GET(...) get((struct rn_kinesis_get_shard_iterator_request){__VA_ARGS__})

/* A number of shard `index`, created at `created_s`. */
static rn_str number_of(uint32_t index, int64_t created_s, uint64_t ix)
{
    struct rn_seqno seqno = {.shard_created_s = created_s,
                             .ix = ix,
                             .time_s = created_s,
                             .shard_index = index,
                             .version = 2};
    char *text = rn_arena_alloc(rig.arena, RN_SEQNO_TEXT_BYTES);

    return rn_str_make(text, rn_seqno_format(&seqno, text));
}

static void put(struct made *made, uint32_t position, int count)
{
    struct rn_record record = {
        .key = RN_STR("k"), .value = RN_STR("v"), .stamp = made->shards[position].index};

    for (int i = 0; i < count; i++) {
        rig_append(made->cells[position].lane, &record);
    }
}

static void rule_1_an_unreadable_shard_id_comes_before_the_stream(void **state)
{
    (void)state;
    GET(.shard_id = RN_STR("shardId-x"), .shard_iterator_type = RN_STR("LATEST"));
    assert_fault(RN_FAULT_RESOURCE_NOT_FOUND,
                 "Could not find shard shardId-x in stream s under account 123456789012.");
    GET(.shard_id = RN_STR("shardId-2147483648"), .shard_iterator_type = RN_STR("LATEST"));
    assert_fault(RN_FAULT_RESOURCE_NOT_FOUND,
                 "Could not find shard shardId-2147483648 in stream s under account 123456789012.");
}

static void rule_2_an_unknown_stream_or_shard_does_not_exist(void **state)
{
    struct made *made;

    (void)state;
    GET(.shard_id = RN_STR("shard-5"), .shard_iterator_type = RN_STR("LATEST"),
        .starting_sequence_number = RN_STR("0"));
    assert_fault(
        RN_FAULT_RESOURCE_NOT_FOUND,
        "Shard shardId-000000000005 in stream s under account 123456789012 does not exist");
    made = add_stream("s", 2);
    GET(.shard_id = RN_STR("5"), .shard_iterator_type = RN_STR("LATEST"));
    assert_fault(
        RN_FAULT_RESOURCE_NOT_FOUND,
        "Shard shardId-000000000005 in stream s under account 123456789012 does not exist");
    GET(.stream_arn = RN_STR("arn:aws:kinesis:us-east-1:999999999999:stream/s"),
        .shard_iterator_type = RN_STR("LATEST"));
    assert_fault(
        RN_FAULT_RESOURCE_NOT_FOUND,
        "Shard shardId-000000000000 in stream s under account 999999999999 does not exist");
    made->stream.status = RN_STREAM_CREATING;
    GET(.shard_iterator_type = RN_STR("LATEST"));
    assert_fault(
        RN_FAULT_RESOURCE_NOT_FOUND,
        "Shard shardId-000000000000 in stream s under account 123456789012 does not exist");
}

#define CHOICE                                                                 \
    "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and " \
    "StartingSequenceNumber or (2) TRIM_HORIZON "                              \
    "or LATEST and no StartingSequenceNumber. Request specified "

static void rule_3_no_number_where_none_belongs(void **state)
{
    (void)state;
    add_stream("s", 1);
    GET(.shard_iterator_type = RN_STR("LATEST"), .starting_sequence_number = RN_STR("5"));
    assert_fault(RN_FAULT_INVALID_ARGUMENT, CHOICE "LATEST and also a StartingSequenceNumber.");
    GET(.shard_iterator_type = RN_STR("TRIM_HORIZON"), .starting_sequence_number = RN_STR("5"));
    assert_fault(RN_FAULT_INVALID_ARGUMENT,
                 CHOICE "TRIM_HORIZON and also a StartingSequenceNumber.");
}

static void rule_4_a_number_of_no_form_is_invalid(void **state)
{
    static const char *const types[] = {"AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER",
                                        "AT_TIMESTAMP"};

    (void)state;
    add_stream("s", 1);
    for (size_t i = 0; i < 3; i++) {
        GET(.shard_iterator_type = rn_str_c(types[i]),
            .starting_sequence_number =
                RN_STR("99999999999999999999999999999999999999999999999999999999999999"));
        assert_fault(RN_FAULT_INVALID_ARGUMENT,
                     "StartingSequenceNumber "
                     "99999999999999999999999999999999999999999999999999999999999999 used in "
                     "GetShardIterator on shard shardId-000000000000 in stream s under account "
                     "123456789012 is invalid.");
    }
}

static void rule_5_a_number_of_another_shard_names_both(void **state)
{
    (void)state;
    add_stream("s", 3);
    GET(.shard_id = RN_STR("shardId-000000000002"),
        .shard_iterator_type = RN_STR("AT_SEQUENCE_NUMBER"),
        .starting_sequence_number = number_of(1, NOW_S - 5, 7));
    assert_fault(RN_FAULT_INVALID_ARGUMENT,
                 "Invalid StartingSequenceNumber. It encodes shardId-000000000001, while it was "
                 "used in a call to a shard with shardId-000000000002");
    GET(.shard_iterator_type = RN_STR("AT_SEQUENCE_NUMBER"),
        .starting_sequence_number = number_of(UINT32_MAX, NOW_S, 7));
    assert_fault(RN_FAULT_INVALID_ARGUMENT,
                 "Invalid StartingSequenceNumber. It encodes shardId--00000000001, while it was "
                 "used in a call to a shard with shardId-000000000000");
}

static void rule_6_a_number_of_another_creation_or_version_is_refused(void **state)
{
    rn_str number;
    char text[400];

    (void)state;
    add_stream("s", 1);
    number = number_of(0, NOW_S - 1, 7);
    GET(.shard_iterator_type = RN_STR("AFTER_SEQUENCE_NUMBER"), .starting_sequence_number = number);
    (void)snprintf(text, sizeof(text),
                   "StartingSequenceNumber %.*s used in GetShardIterator on shard "
                   "shardId-000000000000 in stream s under "
                   "account 123456789012 is invalid because it did not come from this stream.",
                   RN_STR_ARG(number));
    assert_fault(RN_FAULT_INVALID_ARGUMENT, text);
    GET(.shard_iterator_type = RN_STR("AT_SEQUENCE_NUMBER"),
        .starting_sequence_number = RN_STR("0"));
    assert_int_equal(rig.fault, RN_FAULT_INTERNAL); /* version 0, as recorded */
}

static void rule_7_nothing_comes_after_the_end_of_a_closed_shard(void **state)
{
    struct made *made = add_stream("s", 1);

    (void)state;
    put(made, 0, 3);
    split_shard(made, 0);
    GET(.shard_iterator_type = RN_STR("AFTER_SEQUENCE_NUMBER"),
        .starting_sequence_number = number_of(0, NOW_S, RN_SEQNO_IX_MAX));
    assert_fault(RN_FAULT_INVALID_ARGUMENT,
                 "Invalid SequenceNumber for ShardIteratorType AFTER_SEQUENCE_NUMBER, "
                 "SequenceNumber has reached max possible value for the shard.");
    GET(.shard_iterator_type = RN_STR("AT_SEQUENCE_NUMBER"),
        .starting_sequence_number = number_of(0, NOW_S, RN_SEQNO_IX_MAX));
    assert_ok();
}

static void rule_8_a_number_where_one_is_needed(void **state)
{
    (void)state;
    add_stream("s", 1);
    GET(.shard_iterator_type = RN_STR("AT_SEQUENCE_NUMBER"));
    assert_fault(RN_FAULT_INVALID_ARGUMENT,
                 CHOICE "AT_SEQUENCE_NUMBER and no StartingSequenceNumber.");
    GET(.shard_iterator_type = RN_STR("AFTER_SEQUENCE_NUMBER"), .timestamp = {NOW_MS, true});
    assert_fault(RN_FAULT_INVALID_ARGUMENT,
                 CHOICE "AFTER_SEQUENCE_NUMBER and no StartingSequenceNumber.");
}

static void rule_9_a_timestamp_where_one_is_needed(void **state)
{
    (void)state;
    add_stream("s", 1);
    GET(.shard_iterator_type = RN_STR("AT_TIMESTAMP"));
    assert_fault(RN_FAULT_INVALID_ARGUMENT,
                 "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. "
                 "Current request has no timestamp parameter.");
}

static void rule_10_no_timestamp_of_the_future(void **state)
{
    (void)state;
    add_stream("s", 1);
    GET(.shard_iterator_type = RN_STR("AT_TIMESTAMP"), .timestamp = {NOW_MS + 1, true});
    assert_fault(RN_FAULT_INVALID_ARGUMENT,
                 "The timestampInMillis parameter cannot be greater than the "
                 "currentTimestampInMillis. timestampInMillis: "
                 "1700000000001, currentTimestampInMillis: 1700000000000");
    GET(.shard_iterator_type = RN_STR("LATEST"),
        .timestamp = {NOW_MS + 1, true}); /* ignored with other types */
    assert_ok();
}

static void the_five_types_become_positions(void **state)
{
    struct made *made = add_stream("s", 1);

    (void)state;
    put(made, 0, 5);
    GET(.shard_iterator_type = RN_STR("TRIM_HORIZON"));
    assert_ok();
    assert_int_equal(opened.kind, RN_ITERATOR_TRIM_HORIZON);
    GET(.shard_iterator_type = RN_STR("LATEST"));
    assert_int_equal(opened.kind, RN_ITERATOR_AT_OFFSET);
    assert_int_equal(opened.offset, 5);
    GET(.shard_iterator_type = RN_STR("AT_SEQUENCE_NUMBER"),
        .starting_sequence_number = number_of(0, NOW_S, 3));
    assert_int_equal(opened.offset, 2);
    GET(.shard_iterator_type = RN_STR("AFTER_SEQUENCE_NUMBER"),
        .starting_sequence_number = number_of(0, NOW_S, 3));
    assert_int_equal(opened.offset, 3);
    GET(.shard_iterator_type = RN_STR("AT_SEQUENCE_NUMBER"),
        .starting_sequence_number = number_of(0, NOW_S, 0));
    assert_int_equal(opened.offset, 0); /* the shard's starting number */
    GET(.shard_iterator_type = RN_STR("AFTER_SEQUENCE_NUMBER"),
        .starting_sequence_number = number_of(0, NOW_S, 0));
    assert_int_equal(opened.offset, 0);
    GET(.shard_iterator_type = RN_STR("AT_TIMESTAMP"), .timestamp = {NOW_MS - 5, true});
    assert_int_equal(opened.kind, RN_ITERATOR_AT_TIME);
    assert_int_equal(opened.timestamp_ms, NOW_MS - 5);
    assert_int_equal(opened.created_ms, NOW_MS);
    assert_int_equal(opened.stream_uid, 1);
    assert_int_equal(opened.shard_index, 0);
    assert_string_equal(opened.stream, "s");
}

static void at_timestamp_checks_a_number_and_does_not_use_it(void **state)
{
    (void)state;
    add_stream("s", 1);
    GET(.shard_iterator_type = RN_STR("AT_TIMESTAMP"), .timestamp = {NOW_MS, true},
        .starting_sequence_number = number_of(0, NOW_S, 9));
    assert_ok();
    assert_int_equal(opened.kind, RN_ITERATOR_AT_TIME);
    assert_int_equal(opened.offset, 0);
}

static void a_closed_shard_grants_every_type_and_an_expired_one_none(void **state)
{
    struct made *made = add_stream("s", 1);

    (void)state;
    put(made, 0, 3);
    split_shard(made, 0);
    put(made, 0, 1); /* behind the end: of the lane, not of the shard */
    GET(.shard_iterator_type = RN_STR("LATEST"));
    assert_ok();
    assert_int_equal(opened.offset, 3);
    GET(.shard_iterator_type = RN_STR("TRIM_HORIZON"));
    assert_ok();
    hand_clock_pass(&rig.clock, 24 * 3600000);
    GET(.shard_iterator_type = RN_STR("TRIM_HORIZON"));
    assert_fault(
        RN_FAULT_RESOURCE_NOT_FOUND,
        "Shard shardId-000000000000 in stream s under account 123456789012 does not exist");
}

static void shard_ids_are_read_leniently(void **state)
{
    (void)state;
    add_stream("s", 2);
    GET(.shard_id = RN_STR("anything-1"), .shard_iterator_type = RN_STR("LATEST"));
    assert_ok();
    assert_int_equal(opened.shard_index, 1);
}

static void a_dry_run_fails_behind_all_checks(void **state)
{
    (void)state;
    add_stream("s", 1);
    GET(.shard_iterator_type = RN_STR("LATEST"), .dry_run = {1, true});
    assert_fault(RN_FAULT_DRY_RUN, "Request would have succeeded, but DryRun flag is set.");
    GET(.shard_iterator_type = RN_STR("AT_TIMESTAMP"), .dry_run = {1, true});
    assert_int_equal(rig.fault, RN_FAULT_INVALID_ARGUMENT);
}

static void latest_of_an_engine_that_fails_is_a_failure_of_ours(void **state)
{
    (void)state;
    add_stream("s", 1);
    rig.fake.bounds_outcome = RN_OUTCOME_UNAVAILABLE;
    GET(.shard_iterator_type = RN_STR("LATEST"));
    assert_int_equal(rig.fault, RN_FAULT_INTERNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(rule_1_an_unreadable_shard_id_comes_before_the_stream),
        RIG_TEST(rule_2_an_unknown_stream_or_shard_does_not_exist),
        RIG_TEST(rule_3_no_number_where_none_belongs),
        RIG_TEST(rule_4_a_number_of_no_form_is_invalid),
        RIG_TEST(rule_5_a_number_of_another_shard_names_both),
        RIG_TEST(rule_6_a_number_of_another_creation_or_version_is_refused),
        RIG_TEST(rule_7_nothing_comes_after_the_end_of_a_closed_shard),
        RIG_TEST(rule_8_a_number_where_one_is_needed),
        RIG_TEST(rule_9_a_timestamp_where_one_is_needed),
        RIG_TEST(rule_10_no_timestamp_of_the_future),
        RIG_TEST(the_five_types_become_positions),
        RIG_TEST(at_timestamp_checks_a_number_and_does_not_use_it),
        RIG_TEST(a_closed_shard_grants_every_type_and_an_expired_one_none),
        RIG_TEST(shard_ids_are_read_leniently),
        RIG_TEST(a_dry_run_fails_behind_all_checks),
        RIG_TEST(latest_of_an_engine_that_fails_is_a_failure_of_ours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
