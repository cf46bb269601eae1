/* ListShards: filters against an oracle, pages, and the words for what does not fit together. */
#include "tests/unit/service/rig.h"

static struct rn_kinesis_list_shards_reply reply;

static void list_raw(struct rn_kinesis_list_shards_request request)
{
    reply = (struct rn_kinesis_list_shards_reply){0};
    serve_raw(rn_service_list_shards, &request, &reply);
}

static void list(struct rn_kinesis_list_shards_request request)
{
    if (!request.next_token.data) {
        request.stream_name = RN_STR("s");
    }
    list_raw(request);
}

/* "0 3 12": the indexes of the reply's shards. */
static const char *listed(void)
{
    const struct rn_kinesis_shard *shards = reply.shards.data;
    rn_str text = RN_STR("");

    assert_ok();
    for (size_t i = 0; i < reply.shards.count; i++) {
        uint32_t index;

        assert_int_equal(rn_shard_id_parse(shards[i].shard_id, &index), RN_OK);
        text =
            rn_arena_printf(rig.arena, "%.*s%s%u", RN_STR_ARG(text), i ? " " : "", (unsigned)index);
    }
    return text_of(text);
}

static const char *filtered(const char *type, const char *shard_id, int64_t timestamp_ms)
{
    struct rn_kinesis_shard_filter filter = {.type = rn_str_c(type),
                                             .timestamp = {timestamp_ms, timestamp_ms != 0}};

    if (shard_id) {
        filter.shard_id = rn_str_c(shard_id);
    }
    list((struct rn_kinesis_list_shards_request){.shard_filter = &filter});
    return rig.fault ? "failed" : listed();
}

/* Two shards from NOW; at +1 h shard 0 splits into 2 and 3; at +2 h 3 and 1 merge into 4. */
static struct made *lineage(void)
{
    struct made *made = add_stream("s", 2);

    hand_clock_pass(&rig.clock, 3600000);
    split_shard(made, 0);
    hand_clock_pass(&rig.clock, 3600000);
    merge_shards(made, 3, 1);
    hand_clock_pass(&rig.clock, 3600000);
    return made;
}

static void without_a_filter_all_that_has_not_expired_is_listed(void **state)
{
    (void)state;
    lineage();
    list((struct rn_kinesis_list_shards_request){0});
    assert_string_equal(listed(), "0 1 2 3 4");
    assert_null(reply.next_token.data);
    assert_string_equal(filtered("FROM_TRIM_HORIZON", NULL, 0), "0 1 2 3 4");
    hand_clock_pass(&rig.clock, 22 * 3600000); /* shard 0 closed 24 h ago */
    list((struct rn_kinesis_list_shards_request){0});
    assert_string_equal(listed(), "1 2 3 4");
}

static void filters_by_time_follow_the_lineage(void **state)
{
    (void)state;
    lineage();
    assert_string_equal(filtered("AT_LATEST", NULL, 0), "2 4");
    assert_string_equal(filtered("AT_TRIM_HORIZON", NULL, 0), "0 1");
    assert_string_equal(filtered("AT_TIMESTAMP", NULL, NOW_MS - 5000),
                        "0 1"); /* before the stream: its beginning */
    assert_string_equal(filtered("AT_TIMESTAMP", NULL, NOW_MS + 3599999), "0 1");
    assert_string_equal(filtered("AT_TIMESTAMP", NULL, NOW_MS + 3600000), "1 2 3");
    assert_string_equal(filtered("AT_TIMESTAMP", NULL, NOW_MS + 7200000), "2 4");
    assert_string_equal(filtered("AT_TIMESTAMP", NULL, NOW_MS + 72000000), "2 4");
    assert_string_equal(filtered("FROM_TIMESTAMP", NULL, NOW_MS + 1), "0 1 2 3 4");
    assert_string_equal(filtered("FROM_TIMESTAMP", NULL, NOW_MS + 3600001), "1 2 3 4");
    assert_string_equal(filtered("FROM_TIMESTAMP", NULL, NOW_MS + 7200001), "2 4");
    hand_clock_pass(&rig.clock, 22 * 3600000); /* the horizon is the instant of the split */
    assert_string_equal(filtered("AT_TRIM_HORIZON", NULL, 0), "1 2 3");
    assert_string_equal(filtered("AT_TIMESTAMP", NULL, NOW_MS), "1 2 3");
}

/* Method: a random history of splits and merges; at every instant asked for, the shards shown must
 * cover the whole hash range once, as a consumer checks. */
static void every_instant_is_covered_exactly_once(void **state)
{
    struct made *made = add_stream("s", 3);
    uint64_t seed = 11;

    (void)state;
    for (int step = 0; step < 20; step++) {
        uint32_t position;

        seed = seed * 6364136223846793005u + 1442695040888963407u;
        hand_clock_pass(&rig.clock, (int64_t)(seed >> 40) % 100000 + 1);
        do {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            position = (uint32_t)(seed >> 40) % (uint32_t)made->stream.shard_count;
        } while (made->shards[position].closed_ms != 0);
        split_shard(made, position);
    }
    for (int64_t at_ms = NOW_MS - 1000; at_ms < rig.clock.wall / 1000 + 1000; at_ms += 997) {
        rn_u128 covered = 0;

        (void)filtered("AT_TIMESTAMP", NULL, at_ms);
        for (size_t i = 0; i < reply.shards.count; i++) {
            const struct rn_kinesis_hash_key_range *range =
                ((struct rn_kinesis_shard *)reply.shards.data)[i].hash_key_range;
            rn_u128 start, end;

            assert_int_equal(rn_hash_key_parse(range->starting_hash_key, &start), RN_OK);
            assert_int_equal(rn_hash_key_parse(range->ending_hash_key, &end), RN_OK);
            covered += end - start + 1;
        }
        assert_true(covered == 0); /* 2^128 wraps to 0 */
        assert_true(reply.shards.count >= 3);
    }
}

static void after_a_shard_id_counts_as_a_number(void **state)
{
    struct rn_kinesis_shard_filter filter;

    (void)state;
    lineage();
    assert_string_equal(filtered("AFTER_SHARD_ID", "shardId-000000000002", 0), "3 4");
    assert_string_equal(filtered("AFTER_SHARD_ID", "3", 0), "4");
    assert_string_equal(filtered("AFTER_SHARD_ID", "x-4", 0), "");
    (void)filtered("AFTER_SHARD_ID", "nonsense", 0);
    assert_fault(RN_FAULT_RESOURCE_NOT_FOUND,
                 "Could not find shard nonsense in stream s under account 123456789012.");
    list((struct rn_kinesis_list_shards_request){.exclusive_start_shard_id =
                                                     RN_STR("shardId-000000000001")});
    assert_string_equal(listed(), "2 3 4");
    filter =
        (struct rn_kinesis_shard_filter){.type = RN_STR("AFTER_SHARD_ID"), .shard_id = RN_STR("0")};
    list((struct rn_kinesis_list_shards_request){.exclusive_start_shard_id = RN_STR("2"),
                                                 .shard_filter = &filter});
    assert_string_equal(listed(), "3 4"); /* the later of the two counts */
    list((struct rn_kinesis_list_shards_request){.exclusive_start_shard_id = RN_STR("a-b")});
    assert_fault(RN_FAULT_RESOURCE_NOT_FOUND,
                 "Could not find shard a-b in stream s under account 123456789012.");
}

static void members_of_a_filter_must_fit_its_type(void **state)
{
    (void)state;
    lineage();
    (void)filtered("AFTER_SHARD_ID", NULL, 0);
    assert_fault(RN_FAULT_INVALID_ARGUMENT,
                 "ShardId must be provided in a ShardFilter of type AFTER_SHARD_ID.");
    (void)filtered("AT_LATEST", "shardId-000000000000", 0);
    assert_fault(RN_FAULT_INVALID_ARGUMENT,
                 "ShardId must not be provided in a ShardFilter of type AT_LATEST.");
    (void)filtered("AT_TIMESTAMP", NULL, 0);
    assert_fault(RN_FAULT_INVALID_ARGUMENT,
                 "Timestamp must be provided in a ShardFilter of type AT_TIMESTAMP.");
    (void)filtered("FROM_TIMESTAMP", NULL, 0);
    assert_fault(RN_FAULT_INVALID_ARGUMENT,
                 "Timestamp must be provided in a ShardFilter of type FROM_TIMESTAMP.");
    (void)filtered("AT_TRIM_HORIZON", NULL, NOW_MS);
    assert_fault(RN_FAULT_INVALID_ARGUMENT,
                 "Timestamp must not be provided in a ShardFilter of type AT_TRIM_HORIZON.");
}

static void pages_give_every_shard_once_whatever_the_filter(void **state)
{
    static const char *const types[] = {"FROM_TRIM_HORIZON", "AT_LATEST", "AT_TRIM_HORIZON"};

    (void)state;
    lineage();
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        const char *all = filtered(types[i], NULL, 0);

        for (int64_t limit = 1; limit < 6; limit++) {
            struct rn_kinesis_shard_filter filter = {.type = rn_str_c(types[i])};
            rn_str text = RN_STR("");
            int pages = 0;

            list((struct rn_kinesis_list_shards_request){.shard_filter = &filter,
                                                         .max_results = {limit, true}});
            for (;;) {
                const char *page = listed();

                assert_true(reply.shards.count <= (size_t)limit);
                text = rn_arena_printf(rig.arena, "%.*s%s%s", RN_STR_ARG(text), pages++ ? " " : "",
                                       page);
                if (!reply.next_token.data) {
                    break;
                }
                list((struct rn_kinesis_list_shards_request){.next_token = reply.next_token,
                                                             .max_results = {limit, true}});
            }
            assert_string_equal(text_of(text), all);
        }
    }
}

/* The horizon moves between two pages; the listing does not. */
static void all_pages_speak_of_one_moment(void **state)
{
    struct rn_kinesis_shard_filter filter = {.type = RN_STR("AT_TRIM_HORIZON")};

    (void)state;
    lineage();
    hand_clock_pass(&rig.clock, 22 * 3600000 - 1000); /* one second before shard 0 expires */
    list(
        (struct rn_kinesis_list_shards_request){.shard_filter = &filter, .max_results = {1, true}});
    assert_string_equal(listed(), "0");
    hand_clock_pass(&rig.clock, 2000);
    list((struct rn_kinesis_list_shards_request){.next_token = reply.next_token});
    assert_string_equal(listed(), "1");
}

static void a_token_excludes_other_members(void **state)
{
    struct rn_kinesis_shard_filter filter = {.type = RN_STR("AT_LATEST")};
    struct {
        struct rn_kinesis_list_shards_request request;
        const char *text;
    } rows[] = {
        {{.stream_name = RN_STR("s")}, "NextToken and StreamName cannot be provided together."},
        {{.stream_arn = RN_STR(ARN_OF("s"))},
         "NextToken and StreamARN cannot be provided together."},
        {{.exclusive_start_shard_id = RN_STR("0")},
         "NextToken and ExclusiveStartShardId cannot be provided together."},
        {{.stream_creation_timestamp = {NOW_MS, true}},
         "NextToken and StreamCreationTimestamp cannot be provided together."},
        {{.shard_filter = &filter}, "NextToken and ShardFilter cannot be provided together."},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        rows[i].request.next_token = RN_STR("anything");
        list_raw(rows[i].request);
        assert_fault(RN_FAULT_INVALID_ARGUMENT, rows[i].text);
    }
    list_raw((struct rn_kinesis_list_shards_request){0});
    assert_fault(RN_FAULT_INVALID_ARGUMENT, "Either NextToken or StreamName should be provided.");
}

static void tokens_expire_and_do_not_follow_a_name_to_a_new_stream(void **state)
{
    struct made *made = add_stream("s", 3);
    rn_str token;

    (void)state;
    list((struct rn_kinesis_list_shards_request){.max_results = {1, true}});
    token = reply.next_token;
    hand_clock_pass(&rig.clock, 300001);
    list((struct rn_kinesis_list_shards_request){.next_token = token});
    assert_int_equal(rig.fault, RN_FAULT_EXPIRED_NEXT_TOKEN);
    list((struct rn_kinesis_list_shards_request){.max_results = {1, true}});
    made->gone = true;
    add_stream("s", 3);
    list((struct rn_kinesis_list_shards_request){.next_token = reply.next_token});
    assert_fault(RN_FAULT_RESOURCE_NOT_FOUND, "Stream s under account 123456789012 not found.");
}

static void the_creation_second_tells_streams_of_one_name_apart(void **state)
{
    (void)state;
    rig.clock.wall += 250000;
    add_stream("s", 1);
    list((struct rn_kinesis_list_shards_request){.stream_creation_timestamp = {NOW_MS, true}});
    assert_string_equal(listed(), "0");
    list((struct rn_kinesis_list_shards_request){.stream_creation_timestamp = {NOW_MS - 1, true}});
    assert_fault(RN_FAULT_RESOURCE_NOT_FOUND, "Stream s under account 123456789012 not found.");
}

static void a_stream_in_creation_is_in_use_and_the_unknown_not_found(void **state)
{
    (void)state;
    list((struct rn_kinesis_list_shards_request){0});
    assert_fault(RN_FAULT_RESOURCE_NOT_FOUND, "Stream s under account 123456789012 not found.");
    add_stream("s", 1)->stream.status = RN_STREAM_CREATING;
    list((struct rn_kinesis_list_shards_request){0});
    assert_fault(RN_FAULT_RESOURCE_IN_USE,
                 "Stream s under account 123456789012 not ACTIVE, instead in state CREATING");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(without_a_filter_all_that_has_not_expired_is_listed),
        RIG_TEST(filters_by_time_follow_the_lineage),
        RIG_TEST(every_instant_is_covered_exactly_once),
        RIG_TEST(after_a_shard_id_counts_as_a_number),
        RIG_TEST(members_of_a_filter_must_fit_its_type),
        RIG_TEST(pages_give_every_shard_once_whatever_the_filter),
        RIG_TEST(all_pages_speak_of_one_moment),
        RIG_TEST(a_token_excludes_other_members),
        RIG_TEST(tokens_expire_and_do_not_follow_a_name_to_a_new_stream),
        RIG_TEST(the_creation_second_tells_streams_of_one_name_apart),
        RIG_TEST(a_stream_in_creation_is_in_use_and_the_unknown_not_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
