/* CreateStream, DeleteStream, ListStreams. */
#include "tests/unit/service/rig.h"

static struct rn_number number(int64_t value)
{
    return (struct rn_number){.value = value, .set = true};
}

static void create(struct rn_kinesis_create_stream_request *request)
{
    if (!request->stream_name.data) {
        request->stream_name = RN_STR("s");
    }
    serve_raw(rn_service_create_stream, request, NULL);
}

/* ---- capacity ---- */

static void a_shard_count_alone_makes_a_provisioned_stream(void **state)
{
    struct rn_kinesis_create_stream_request request = {.shard_count = {3, true}};

    (void)state;
    create(&request);
    assert_ok();
    assert_int_equal(rig.control.last.type, RN_COMMAND_CREATE_STREAM);
    assert_int_equal(rig.control.last.as.create_stream.mode, RN_STREAM_PROVISIONED);
    assert_int_equal(rig.control.last.as.create_stream.shard_count, 3);
    assert_int_equal(rig.control.last.as.create_stream.record_kib_max, 1024);
    assert_true(rig.control.last.wait_for_task);
}

static void nothing_at_all_makes_an_on_demand_stream_of_four_shards(void **state)
{
    struct rn_kinesis_stream_mode_details details = {.stream_mode = RN_STR("ON_DEMAND")};
    struct rn_kinesis_create_stream_request request = {0};

    (void)state;
    for (int i = 0; i < 2; i++) {
        create(&request);
        assert_ok();
        assert_int_equal(rig.control.last.as.create_stream.mode, RN_STREAM_ON_DEMAND);
        assert_int_equal(rig.control.last.as.create_stream.shard_count, 4);
        request.stream_mode_details = &details;
    }
}

static void on_demand_with_a_count_and_provisioned_without_are_refused(void **state)
{
    struct rn_kinesis_stream_mode_details details = {.stream_mode = RN_STR("ON_DEMAND")};
    struct rn_kinesis_create_stream_request request = {.shard_count = {2, true},
                                                       .stream_mode_details = &details};

    (void)state;
    create(&request);
    assert_fault(RN_FAULT_INVALID_ARGUMENT,
                 "ShardCount must not be provided for a stream in ON_DEMAND mode.");
    details.stream_mode = RN_STR("PROVISIONED");
    request.shard_count.set = false;
    create(&request);
    assert_fault(RN_FAULT_INVALID_ARGUMENT,
                 "ShardCount must be provided for a stream in PROVISIONED mode.");
    request.shard_count = number(2);
    create(&request);
    assert_ok();
    assert_int_equal(rig.control.last.as.create_stream.mode, RN_STREAM_PROVISIONED);
}

static void what_is_not_built_is_refused_and_not_dropped(void **state)
{
    struct rn_kinesis_create_stream_request request = {.shard_count = {1, true},
                                                       .stream_name = RN_STR("s"),
                                                       .record_distribution_strategy =
                                                           RN_STR("AUTO")};

    (void)state;
    create(&request);
    assert_fault(RN_FAULT_INVALID_ARGUMENT, "RecordDistributionStrategy=AUTO is only supported for "
                                            "on-demand streams. Stream [s] is using PROVISIONED "
                                            "mode.");
    request.shard_count.set = false;
    create(&request);
    assert_int_equal(rig.fault, RN_FAULT_INVALID_ARGUMENT);
    request.record_distribution_strategy = RN_STR("USER_PARTITION_KEY");
    create(&request);
    assert_ok();
    request.warm_throughput_mi_bps = number(10);
    create(&request);
    assert_int_equal(rig.fault, RN_FAULT_INVALID_ARGUMENT);
    request.warm_throughput_mi_bps = number(0);
    create(&request);
    assert_ok();
}

static void the_record_size_travels_with_the_command(void **state)
{
    struct rn_kinesis_create_stream_request request = {.shard_count = {1, true},
                                                       .max_record_size_in_kib = {2048, true}};

    (void)state;
    create(&request);
    assert_int_equal(rig.control.last.as.create_stream.record_kib_max, 2048);
}

/* ---- limits ---- */

static void limits_of_the_account_depend_on_the_region(void **state)
{
    static const struct {
        const char *region;
        uint32_t shards;
    } rows[] = {
        {"us-east-1", 20000}, {"us-west-2", 20000}, {"eu-west-1", 20000}, {"eu-central-1", 6000}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rn_kinesis_create_stream_request request = {.shard_count = {1, true}};

        rig_begin_in(rows[i].region, true);
        create(&request);
        assert_int_equal(rig.control.last.as.create_stream.shards_per_account_max, rows[i].shards);
        assert_int_equal(rig.control.last.as.create_stream.creating_max, 5);
        rig_end(state);
    }
}

static void without_limits_only_the_bound_of_the_process_stays(void **state)
{
    struct rn_kinesis_create_stream_request request = {.shard_count = {1, true}};

    rig_begin_in("us-east-1", false);
    create(&request);
    assert_int_equal(rig.control.last.as.create_stream.shards_per_account_max,
                     RN_ACCOUNT_SHARDS_UNLIMITED);
    assert_int_equal(rig.control.last.as.create_stream.creating_max, 0);
    rig_end(state);
}

static void verdicts_have_their_words(void **state)
{
    struct rn_kinesis_create_stream_request request = {.shard_count = {1, true}};

    (void)state;
    rig.control.verdict = RN_VERDICT_EXISTS;
    create(&request);
    assert_fault(RN_FAULT_RESOURCE_IN_USE, "Stream s under account 123456789012 already exists.");
    rig.control.verdict = RN_VERDICT_SHARD_LIMIT;
    memcpy(rig.control.numbers, (uint64_t[3]){4, 20000, 100000}, sizeof(rig.control.numbers));
    create(&request);
    assert_fault(RN_FAULT_LIMIT_EXCEEDED, "This request would exceed the shard limit for the "
                                          "account 123456789012 in us-east-1. Current shard count "
                                          "for the account: 4. Limit: 20000. Number of additional "
                                          "shards that would have resulted from this request: "
                                          "100000. Refer to the AWS Service Limits page "
                                          "(http://docs.aws.amazon.com/general/latest/gr/"
                                          "aws_service_limits.html) for current limits and how to "
                                          "request higher limits.");
    rig.control.verdict = RN_VERDICT_TRANSITION_LIMIT;
    memcpy(rig.control.numbers, (uint64_t[3]){5, 5, 0}, sizeof(rig.control.numbers));
    create(&request);
    assert_fault(RN_FAULT_LIMIT_EXCEEDED, "This request would have exceed the limit on the number  "
                                          "of streams that can simultaneously be in CREATING "
                                          "or DELETING for the account 123456789012. Limit: 5.");
    rig.control.verdict = RN_VERDICT_FAILED;
    create(&request);
    assert_int_equal(rig.fault, RN_FAULT_INTERNAL);
    assert_null(rig.message.data);
    rig.control.propose_err = RN_CLOSED;
    create(&request);
    assert_int_equal(rig.fault, RN_FAULT_INTERNAL);
}

static void a_known_name_is_refused_without_a_log_record(void **state)
{
    struct rn_kinesis_create_stream_request request = {.shard_count = {1, true},
                                                       .stream_name = RN_STR("taken")};

    (void)state;
    add_stream("taken", 1);
    create(&request);
    assert_fault(RN_FAULT_RESOURCE_IN_USE,
                 "Stream taken under account 123456789012 already exists.");
    assert_int_equal(rig.control.proposals, 0);
}

/* ---- tags ---- */

static void create_with_tag(const char *key, const char *value)
{
    struct rn_pair pair = {rn_str_c(key), rn_str_c(value)};
    struct rn_kinesis_create_stream_request request = {.shard_count = {1, true},
                                                       .tags = {&pair, 1, true}};

    create(&request);
}

static void tags_go_with_the_stream(void **state)
{
    (void)state;
    create_with_tag("team: a/b", "über_+-=.@");
    assert_ok();
    assert_int_equal(rig.control.last.as.create_stream.tag_count, 1);
    assert_str(rig.control.last.as.create_stream.tags[0].key, "team: a/b");
    assert_str(rig.control.last.as.create_stream.tags[0].value, "über_+-=.@");
}

static void odd_characters_in_tags_have_their_words(void **state)
{
    static const char *const bad[] = {"a\tb", "a\nb", "a;b", "a,b", "a*b"};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        create_with_tag(i % 2 ? bad[i] : "k", i % 2 ? "v" : bad[i]);
        assert_fault(RN_FAULT_INVALID_ARGUMENT,
                     "Some tags contain invalid characters. Valid characters: Unicode letters, "
                     "digits, white space, _ . / = "
                     "+ - % @.");
    }
    create_with_tag("100%", "v");
    assert_fault(
        RN_FAULT_INVALID_ARGUMENT,
        "Failed to add tags to stream s under account 123456789012 because some tags contained "
        "illegal characters. "
        "The allowed characters are Unicode letters, white-spaces, '_',',','/','=','+','-','@'.");
    assert_int_equal(rig.control.proposals, 0);
}

static void a_stream_has_at_most_fifty_tags(void **state)
{
    static struct rn_pair pairs[51];
    struct rn_kinesis_create_stream_request request = {.shard_count = {1, true},
                                                       .tags = {pairs, 50, true}};

    (void)state;
    for (size_t i = 0; i < 51; i++) {
        pairs[i] = (struct rn_pair){rn_arena_printf(rig.arena, "k%zu", i), RN_STR("")};
    }
    create(&request);
    assert_ok();
    request.tags.count = 51;
    create(&request);
    assert_fault(RN_FAULT_INVALID_ARGUMENT,
                 "Failed to add tags to stream s under account 123456789012 because a given "
                 "stream cannot have more than 50 tags associated with it.");
}

/* ---- delete ---- */

static void delete_names_the_stream_by_its_uid(void **state)
{
    struct rn_kinesis_delete_stream_request request = {.stream_arn = RN_STR(ARN_OF("b"))};

    (void)state;
    add_stream("a", 1);
    add_stream("b", 1);
    serve_raw(rn_service_delete_stream, &request, NULL);
    assert_ok();
    assert_int_equal(rig.control.last.type, RN_COMMAND_DELETE_UNUSED_STREAM);
    assert_int_equal(rig.control.last.as.delete_stream.uid, 2);
    assert_true(rig.control.last.wait_for_task);
    request.enforce_consumer_deletion = (struct rn_number){.value = true, .set = true};
    serve_raw(rn_service_delete_stream, &request, NULL);
    assert_ok();
    assert_int_equal(rig.control.last.type, RN_COMMAND_DELETE_STREAM);
    assert_true(rig.control.last.wait_for_task);
}

static void delete_of_the_unknown_and_of_the_busy_have_their_words(void **state)
{
    struct rn_kinesis_delete_stream_request request = {.stream_name = RN_STR("a")};

    (void)state;
    serve_raw(rn_service_delete_stream, &request, NULL);
    assert_fault(RN_FAULT_RESOURCE_NOT_FOUND, "Stream a under account 123456789012 not found.");
    add_stream("a", 1);
    rig.control.verdict = RN_VERDICT_NOT_ACTIVE;
    rig.control.numbers[0] = RN_STREAM_DELETING;
    serve_raw(rn_service_delete_stream, &request, NULL);
    assert_fault(RN_FAULT_RESOURCE_IN_USE,
                 "Stream a under account 123456789012 not ACTIVE, instead in state DELETING");
    rig.control.verdict = RN_VERDICT_NOT_FOUND;
    serve_raw(rn_service_delete_stream, &request, NULL);
    assert_fault(RN_FAULT_RESOURCE_NOT_FOUND, "Stream a under account 123456789012 not found.");
}

/* ---- list ---- */

static struct rn_kinesis_list_streams_reply list(struct rn_kinesis_list_streams_request request)
{
    struct rn_kinesis_list_streams_reply reply = {0};

    serve_raw(rn_service_list_streams, &request, &reply);
    return reply;
}

static void add_streams(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char name[24];

        (void)snprintf(name, sizeof(name), "s%03zu", (i * 37) % count); /* in no order */
        add_stream(name, 1);
    }
}

static void an_empty_account_lists_nothing(void **state)
{
    struct rn_kinesis_list_streams_reply reply = list((struct rn_kinesis_list_streams_request){0});

    (void)state;
    assert_ok();
    assert_int_equal(reply.stream_names.count, 0);
    assert_true(reply.stream_names.set && reply.stream_summaries.set);
    assert_true(reply.has_more_streams.set);
    assert_int_equal(reply.has_more_streams.value, 0);
    assert_null(reply.next_token.data);
}

static void summaries_say_what_the_names_say(void **state)
{
    struct rn_kinesis_list_streams_reply reply;
    const struct rn_kinesis_stream_summary *summary;

    (void)state;
    rig.clock.wall += 789000;
    add_stream("b", 1)->stream.mode = RN_STREAM_ON_DEMAND;
    add_stream("a", 0)->stream.status = RN_STREAM_CREATING;
    reply = list((struct rn_kinesis_list_streams_request){0});
    assert_int_equal(reply.stream_names.count, 2);
    assert_str(((rn_str *)reply.stream_names.data)[0], "a");
    assert_str(((rn_str *)reply.stream_names.data)[1], "b");
    summary = reply.stream_summaries.data;
    assert_str(summary[0].stream_name, "a");
    assert_str(summary[0].stream_status, "CREATING");
    assert_str(summary[0].stream_mode_details->stream_mode, "PROVISIONED");
    assert_str(summary[1].stream_arn, ARN_OF("b"));
    assert_str(summary[1].stream_mode_details->stream_mode, "ON_DEMAND");
    assert_int_equal(summary[1].stream_creation_timestamp.value, NOW_MS); /* whole seconds */
}

/* Method: page through 250 streams in both ways, with several limits, and compare with the sorted
 * list. */
static void pages_by_token_and_by_name_give_every_stream_once(void **state)
{
    static const int64_t limits[] = {1, 7, 99, 100, 101, 10000, 0};

    (void)state;
    add_streams(250);
    for (size_t way = 0; way < 2; way++) {
        for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
            struct rn_kinesis_list_streams_request request = {.limit = {limits[i], limits[i] != 0}};
            size_t page = limits[i] > 0 && limits[i] < 100 ? (size_t)limits[i] : 100, seen = 0;
            struct rn_kinesis_list_streams_reply reply;

            do {
                reply = list(request);
                assert_ok();
                assert_int_equal(reply.stream_names.count, seen + page <= 250 ? page : 250 - seen);
                for (size_t j = 0; j < reply.stream_names.count; j++) {
                    char name[24];

                    (void)snprintf(name, sizeof(name), "s%03zu", seen++);
                    assert_str(((rn_str *)reply.stream_names.data)[j], name);
                }
                assert_int_equal(reply.has_more_streams.value, seen < 250);
                assert_int_equal(reply.next_token.data != NULL, seen < 250);
                if (way == 0) {
                    request.next_token = reply.next_token;
                } else {
                    request.exclusive_start_stream_name =
                        ((rn_str *)reply.stream_names.data)[reply.stream_names.count - 1];
                }
            } while (reply.has_more_streams.value);
            assert_int_equal(seen, 250);
        }
    }
}

static void the_start_name_need_not_exist(void **state)
{
    struct rn_kinesis_list_streams_reply reply;

    (void)state;
    add_streams(10);
    reply = list(
        (struct rn_kinesis_list_streams_request){.exclusive_start_stream_name = RN_STR("s0065")});
    assert_str(((rn_str *)reply.stream_names.data)[0], "s007");
    reply = list(
        (struct rn_kinesis_list_streams_request){.exclusive_start_stream_name = RN_STR("zzz")});
    assert_int_equal(reply.stream_names.count, 0);
}

static void a_token_comes_alone(void **state)
{
    (void)state;
    list((struct rn_kinesis_list_streams_request){.exclusive_start_stream_name = RN_STR("a"),
                                                  .next_token = RN_STR("x")});
    assert_fault(RN_FAULT_INVALID_ARGUMENT,
                 "NextToken and ExclusiveStartStreamName cannot be provided together.");
    list((struct rn_kinesis_list_streams_request){.next_token = RN_STR("x")});
    assert_fault(RN_FAULT_INVALID_ARGUMENT, "Invalid NextToken.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_shard_count_alone_makes_a_provisioned_stream),
        RIG_TEST(nothing_at_all_makes_an_on_demand_stream_of_four_shards),
        RIG_TEST(on_demand_with_a_count_and_provisioned_without_are_refused),
        RIG_TEST(what_is_not_built_is_refused_and_not_dropped),
        RIG_TEST(the_record_size_travels_with_the_command),
        cmocka_unit_test(limits_of_the_account_depend_on_the_region),
        cmocka_unit_test(without_limits_only_the_bound_of_the_process_stays),
        RIG_TEST(verdicts_have_their_words),
        RIG_TEST(a_known_name_is_refused_without_a_log_record),
        RIG_TEST(tags_go_with_the_stream),
        RIG_TEST(odd_characters_in_tags_have_their_words),
        RIG_TEST(a_stream_has_at_most_fifty_tags),
        RIG_TEST(delete_names_the_stream_by_its_uid),
        RIG_TEST(delete_of_the_unknown_and_of_the_busy_have_their_words),
        RIG_TEST(an_empty_account_lists_nothing),
        RIG_TEST(summaries_say_what_the_names_say),
        RIG_TEST(pages_by_token_and_by_name_give_every_stream_once),
        RIG_TEST(the_start_name_need_not_exist),
        RIG_TEST(a_token_comes_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
