/* DescribeStream and DescribeStreamSummary. */
#include "tests/unit/service/rig.h"

static const struct rn_kinesis_stream_description *
describe(struct rn_kinesis_describe_stream_request request)
{
    static struct rn_kinesis_describe_stream_reply reply;

    reply = (struct rn_kinesis_describe_stream_reply){0};
    if (!request.stream_name.data) {
        request.stream_name = RN_STR("s");
    }
    serve_raw(rn_service_describe_stream, &request, &reply);
    return reply.stream_description;
}

static const struct rn_kinesis_shard *
shard_of(const struct rn_kinesis_stream_description *description, size_t i)
{
    assert_true(i < description->shards.count);
    return (const struct rn_kinesis_shard *)description->shards.data + i;
}

static void a_new_stream_is_described_in_every_member(void **state)
{
    const struct rn_kinesis_stream_description *description;
    const struct rn_kinesis_enhanced_metrics *metrics;

    (void)state;
    rig.clock.wall += 999000;
    add_stream("s", 4);
    description = describe((struct rn_kinesis_describe_stream_request){0});
    assert_ok();
    assert_str(description->stream_name, "s");
    assert_str(description->stream_arn, ARN_OF("s"));
    assert_str(description->stream_status, "ACTIVE");
    assert_str(description->stream_mode_details->stream_mode, "PROVISIONED");
    assert_true(description->has_more_shards.set);
    assert_int_equal(description->has_more_shards.value, 0);
    assert_int_equal(description->retention_period_hours.value, 24);
    assert_int_equal(description->stream_creation_timestamp.value, NOW_MS);
    assert_str(description->encryption_type, "NONE");
    assert_null(description->key_id.data);
    assert_int_equal(description->enhanced_monitoring.count, 1);
    metrics = description->enhanced_monitoring.data;
    assert_true(metrics->shard_level_metrics.set);
    assert_int_equal(metrics->shard_level_metrics.count, 0);
    assert_int_equal(description->shards.count, 4);
    assert_str(shard_of(description, 3)->shard_id, "shardId-000000000003");
    assert_str(shard_of(description, 3)->hash_key_range->starting_hash_key,
               "255211775190703847597530955573826158592");
    assert_str(shard_of(description, 3)->hash_key_range->ending_hash_key,
               "340282366920938463463374607431768211455");
    assert_null(shard_of(description, 3)->parent_shard_id.data);
    assert_null(shard_of(description, 3)->adjacent_parent_shard_id.data);
    assert_str(shard_of(description, 0)->sequence_number_range->starting_sequence_number,
               "49646437577108476416916876405825929425585429676275269634");
    assert_null(shard_of(description, 0)->sequence_number_range->ending_sequence_number.data);
}

static void a_closed_shard_has_its_ending_number_and_children_their_parents(void **state)
{
    const struct rn_kinesis_stream_description *description;
    struct made *made = add_stream("s", 2);

    (void)state;
    hand_clock_pass(&rig.clock, 100000);
    merge_shards(made, 0, 1);
    split_shard(made, 2);
    description = describe((struct rn_kinesis_describe_stream_request){0});
    assert_int_equal(description->shards.count, 5);
    assert_str(shard_of(description, 0)->sequence_number_range->ending_sequence_number,
               "49646437577119626789516141717395488358902146099801227266");
    assert_str(shard_of(description, 2)->parent_shard_id, "shardId-000000000000");
    assert_str(shard_of(description, 2)->adjacent_parent_shard_id, "shardId-000000000001");
    assert_str(shard_of(description, 4)->parent_shard_id, "shardId-000000000002");
    assert_null(shard_of(description, 4)->adjacent_parent_shard_id.data);
    assert_str(shard_of(description, 2)->hash_key_range->starting_hash_key, "0");
}

/* A shard may close in the second of its creation, which lies one second ahead for a child. */
static void an_ending_number_is_never_older_than_its_shard(void **state)
{
    struct made *made = add_stream("s", 1);
    const struct rn_kinesis_stream_description *description;
    struct rn_seqno seqno;

    (void)state;
    split_shard(made, 0);
    split_shard(made, 1);
    description = describe((struct rn_kinesis_describe_stream_request){0});
    assert_int_equal(
        rn_seqno_parse(shard_of(description, 1)->sequence_number_range->ending_sequence_number,
                       &seqno),
        RN_OK);
    assert_int_equal(seqno.shard_created_s, NOW_S + 1);
    assert_int_equal(seqno.time_s, NOW_S + 1);
}

static void an_expired_shard_is_no_longer_described(void **state)
{
    struct made *made = add_stream("s", 1);
    const struct rn_kinesis_stream_description *description;

    (void)state;
    split_shard(made, 0);
    hand_clock_pass(&rig.clock, 24 * 3600000 - 1);
    assert_int_equal(describe((struct rn_kinesis_describe_stream_request){0})->shards.count, 3);
    hand_clock_pass(&rig.clock, 1);
    description = describe((struct rn_kinesis_describe_stream_request){0});
    assert_int_equal(description->shards.count, 2);
    assert_str(shard_of(description, 0)->parent_shard_id, "shardId-000000000000"); /* still named */
}

static void shards_appear_when_the_stream_is_made(void **state)
{
    struct made *made = add_stream("s", 3);
    struct rn_kinesis_describe_stream_summary_request request = {.stream_name = RN_STR("s")};
    struct rn_kinesis_describe_stream_summary_reply reply = {0};
    const struct rn_kinesis_stream_description *description;

    (void)state;
    made->stream.status = RN_STREAM_CREATING;
    description = describe((struct rn_kinesis_describe_stream_request){0});
    assert_str(description->stream_status, "CREATING");
    assert_true(description->shards.set);
    assert_int_equal(description->shards.count, 0);
    assert_int_equal(description->has_more_shards.value, 0);
    serve_raw(rn_service_describe_stream_summary, &request, &reply);
    assert_int_equal(reply.stream_description_summary->open_shard_count.value, 0);
}

static void pages_give_every_shard_once(void **state)
{
    static const int64_t limits[] = {1, 7, 50, 0};

    (void)state;
    add_stream("s", 50);
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        struct rn_kinesis_describe_stream_request request = {.limit = {limits[i], limits[i] != 0}};
        const struct rn_kinesis_stream_description *description;
        size_t seen = 0;

        do {
            description = describe(request);
            for (size_t j = 0; j < description->shards.count; j++) {
                char id[RN_SHARD_ID_TEXT_BYTES];

                rn_shard_id_format((uint32_t)seen++, id);
                assert_str(shard_of(description, j)->shard_id, id);
            }
            assert_int_equal(description->has_more_shards.value, seen < 50);
            request.exclusive_start_shard_id =
                shard_of(description, description->shards.count - 1)->shard_id;
        } while (description->has_more_shards.value);
        assert_int_equal(seen, 50);
    }
}

static void the_start_shard_is_read_leniently(void **state)
{
    const struct rn_kinesis_stream_description *description;

    (void)state;
    add_stream("s", 3);
    description = describe((struct rn_kinesis_describe_stream_request){.exclusive_start_shard_id =
                                                                           RN_STR("anything-0")});
    assert_int_equal(description->shards.count, 2);
    description = describe((struct rn_kinesis_describe_stream_request){.exclusive_start_shard_id =
                                                                           RN_STR("2147483647")});
    assert_ok();
    assert_int_equal(description->shards.count, 0);
    describe((struct rn_kinesis_describe_stream_request){.exclusive_start_shard_id =
                                                             RN_STR("shardId-x")});
    assert_fault(RN_FAULT_RESOURCE_NOT_FOUND,
                 "Could not find shard shardId-x in stream s under account 123456789012.");
}

static void the_unknown_stream_has_its_words(void **state)
{
    struct rn_kinesis_describe_stream_summary_request request = {.stream_name = RN_STR("s")};
    struct rn_kinesis_describe_stream_summary_reply reply = {0};

    (void)state;
    describe((struct rn_kinesis_describe_stream_request){0});
    assert_fault(RN_FAULT_RESOURCE_NOT_FOUND, "Stream s under account 123456789012 not found.");
    serve_raw(rn_service_describe_stream_summary, &request, &reply);
    assert_fault(RN_FAULT_RESOURCE_NOT_FOUND, "Stream s under account 123456789012 not found.");
}

static void the_summary_counts_open_shards(void **state)
{
    struct made *made = add_stream("s", 2);
    struct rn_kinesis_describe_stream_summary_request request = {.stream_arn = RN_STR(ARN_OF("s"))};
    struct rn_kinesis_describe_stream_summary_reply reply = {0};
    const struct rn_kinesis_stream_description_summary *summary;

    (void)state;
    made->stream.mode = RN_STREAM_ON_DEMAND;
    made->stream.record_kib_max = 2048;
    split_shard(made, 1);
    serve_raw(rn_service_describe_stream_summary, &request, &reply);
    assert_ok();
    summary = reply.stream_description_summary;
    assert_str(summary->stream_name, "s");
    assert_str(summary->stream_arn, ARN_OF("s"));
    assert_str(summary->stream_status, "ACTIVE");
    assert_str(summary->stream_mode_details->stream_mode, "ON_DEMAND");
    assert_int_equal(summary->retention_period_hours.value, 24);
    assert_int_equal(summary->stream_creation_timestamp.value, NOW_MS);
    assert_str(summary->encryption_type, "NONE");
    assert_int_equal(summary->enhanced_monitoring.count, 1);
    assert_int_equal(summary->open_shard_count.value, 3);
    assert_true(summary->consumer_count.set);
    assert_int_equal(summary->consumer_count.value, 0);
    assert_int_equal(summary->max_record_size_in_kib.value, 2048);
}

/* Method: the arena's bound grows until the answer fits; on the way every failure is
 * InternalFailure. */
static void an_answer_without_memory_is_a_failure_of_ours(void **state)
{
    struct rn_kinesis_describe_stream_request request = {.stream_name = RN_STR("s")};

    (void)state;
    add_stream("s", 2);
    for (size_t room = 0;; room += 16) {
        struct rn_kinesis_describe_stream_reply reply = {0};
        struct rn_arena *tight = rn_arena_new(room);

        serve_in(tight, rn_service_describe_stream, &request, &reply);
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
        RIG_TEST(a_new_stream_is_described_in_every_member),
        RIG_TEST(a_closed_shard_has_its_ending_number_and_children_their_parents),
        RIG_TEST(an_ending_number_is_never_older_than_its_shard),
        RIG_TEST(an_expired_shard_is_no_longer_described),
        RIG_TEST(shards_appear_when_the_stream_is_made),
        RIG_TEST(pages_give_every_shard_once),
        RIG_TEST(the_start_shard_is_read_leniently),
        RIG_TEST(the_unknown_stream_has_its_words),
        RIG_TEST(the_summary_counts_open_shards),
        RIG_TEST(an_answer_without_memory_is_a_failure_of_ours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
