/* GetRecords: walking a shard by iterators, and everything an iterator can be refused for. */
#include "tests/unit/service/rig.h"

static struct rn_kinesis_get_records_reply reply;

static void get(struct rn_kinesis_get_records_request request)
{
    reply = (struct rn_kinesis_get_records_reply){0};
    serve_raw(rn_service_get_records, &request, &reply);
}

#define GET(...) get((struct rn_kinesis_get_records_request){__VA_ARGS__})

static rn_str iterator(const char *shard, const char *type, int64_t timestamp_ms)
{
    struct rn_kinesis_get_shard_iterator_request request = {
        .stream_name = RN_STR("s"),
        .shard_id = rn_str_c(shard),
        .shard_iterator_type = rn_str_c(type),
        .timestamp = {timestamp_ms, timestamp_ms != 0}};
    struct rn_kinesis_get_shard_iterator_reply granted = {0};

    serve_raw(rn_service_get_shard_iterator, &request, &granted);
    assert_ok();
    return granted.shard_iterator;
}

static void put(struct made *made, uint32_t position, int first, int count)
{
    for (int i = first; i < first + count; i++) {
        char key[24], value[24];
        struct rn_record record = {.stamp = made->shards[position].index};

        (void)snprintf(key, sizeof(key), "key-%d", i);
        (void)snprintf(value, sizeof(value), "data-%d", i);
        record.key = rn_str_c(key);
        record.value = rn_str_c(value);
        rig_append(made->cells[position].lane, &record);
    }
}

static const struct rn_kinesis_record *record_of(size_t i)
{
    assert_true(i < reply.records.count);
    return (const struct rn_kinesis_record *)reply.records.data + i;
}

static void begin_without_limits(void)
{
    rig_end(NULL);
    rig_begin_in("us-east-1", false);
}

static void a_record_comes_back_as_it_was_put(void **state)
{
    struct rn_kinesis_put_record_request put_request = {.stream_name = RN_STR("s"),
                                                        .partition_key = RN_STR("schl\xc3\xbcssel"),
                                                        .data = RN_STR("a\0b")};
    struct rn_kinesis_put_record_reply put_reply = {0};

    (void)state;
    add_stream("s", 1);
    rig.clock.wall += 123000;
    serve_raw(rn_service_put_record, &put_request, &put_reply);
    assert_ok();
    GET(.shard_iterator = iterator("0", "TRIM_HORIZON", 0));
    assert_ok();
    assert_int_equal(reply.records.count, 1);
    assert_true(rn_str_eq(record_of(0)->sequence_number, put_reply.sequence_number));
    assert_true(rn_str_eq(record_of(0)->data, RN_STR("a\0b")));
    assert_str(record_of(0)->partition_key, "schl\xc3\xbcssel");
    assert_int_equal(record_of(0)->approximate_arrival_timestamp.value, NOW_MS + 123);
    assert_null(record_of(0)->encryption_type.data);
    assert_true(reply.millis_behind_latest.set);
    assert_int_equal(reply.millis_behind_latest.value, 0);
    assert_non_null(reply.next_shard_iterator.data);
    assert_false(reply.child_shards.set);
}

static void an_empty_answer_has_records_and_a_fresh_iterator(void **state)
{
    rn_str first;

    (void)state;
    add_stream("s", 1);
    first = iterator("0", "LATEST", 0);
    GET(.shard_iterator = first);
    assert_ok();
    assert_true(reply.records.set);
    assert_int_equal(reply.records.count, 0);
    assert_false(rn_str_eq(reply.next_shard_iterator, first));
}

/* Method: 100 records, read with several limits; each must come once, in order. */
static void walking_by_next_iterators_gives_every_record_once(void **state)
{
    static const int64_t limits[] = {1, 7, 33, 100, 10000, 0};

    (void)state;
    begin_without_limits();
    put(add_stream("s", 1), 0, 0, 100);
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        rn_str next = iterator("0", "TRIM_HORIZON", 0);
        rn_str last = RN_STR("0");
        int seen = 0;

        rig.fake.cold = i % 2;
        do {
            GET(.shard_iterator = next, .limit = {limits[i], limits[i] != 0});
            assert_ok();
            for (size_t j = 0; j < reply.records.count; j++) {
                char value[24];

                (void)snprintf(value, sizeof(value), "data-%d", seen++);
                assert_str(record_of(j)->data, value);
                assert_true(rn_str_cmp(record_of(j)->sequence_number, last) > 0);
                last = record_of(j)->sequence_number;
            }
            assert_true(reply.records.count > 0 || seen == 100);
            next = reply.next_shard_iterator;
        } while (reply.records.count > 0);
        assert_int_equal(seen, 100);
    }
}

static void latest_sees_only_what_comes_afterwards(void **state)
{
    struct made *made = add_stream("s", 1);
    rn_str latest;

    (void)state;
    put(made, 0, 0, 3);
    latest = iterator("0", "LATEST", 0);
    put(made, 0, 3, 2);
    GET(.shard_iterator = latest);
    assert_int_equal(reply.records.count, 2);
    assert_str(record_of(0)->data, "data-3");
}

static void trim_horizon_is_resolved_when_it_is_read(void **state)
{
    struct made *made = add_stream("s", 1);
    rn_str horizon;

    (void)state;
    put(made, 0, 0, 3);
    hand_clock_pass(&rig.clock, 24 * 3600000);
    put(made, 0, 3, 1);
    horizon = iterator("0", "TRIM_HORIZON", 0);
    hand_clock_pass(&rig.clock, 1);
    GET(.shard_iterator = horizon);
    assert_int_equal(reply.records.count, 1);
    assert_str(record_of(0)->data, "data-3");
}

/* The time matters until the first match: then a record stamped earlier than its neighbours is no
 * longer skipped, and before it an empty answer keeps waiting for the time. */
static void at_timestamp_waits_for_its_first_match(void **state)
{
    struct made *made = add_stream("s", 1);
    struct rn_iterator next;

    (void)state;
    put(made, 0, 0, 2);
    hand_clock_pass(&rig.clock, 1000);
    GET(.shard_iterator = iterator("0", "AT_TIMESTAMP", NOW_MS + 500));
    assert_ok();
    assert_int_equal(reply.records.count, 0);
    assert_int_equal(rn_iterator_open(reply.next_shard_iterator, rig.service->iterator_key, &next),
                     RN_OK);
    assert_int_equal(next.kind, RN_ITERATOR_AT_TIME);
    assert_int_equal(next.timestamp_ms, NOW_MS + 500);
    assert_int_equal(next.offset, 2);
    put(made, 0, 2, 1);
    GET(.shard_iterator = reply.next_shard_iterator);
    assert_int_equal(reply.records.count, 1);
    assert_str(record_of(0)->data, "data-2");
    assert_int_equal(rn_iterator_open(reply.next_shard_iterator, rig.service->iterator_key, &next),
                     RN_OK);
    assert_int_equal(next.kind, RN_ITERATOR_AT_OFFSET);
    assert_int_equal(next.offset, 3);
    GET(.shard_iterator = iterator("0", "AT_TIMESTAMP", 1)); /* older than everything */
    assert_int_equal(reply.records.count, 3);
}

static void behind_the_tip_a_reader_is_told_by_how_much(void **state)
{
    struct made *made = add_stream("s", 1);

    (void)state;
    put(made, 0, 0, 2);
    hand_clock_pass(&rig.clock, 4321);
    GET(.shard_iterator = iterator("0", "TRIM_HORIZON", 0), .limit = {1, true});
    assert_int_equal(reply.millis_behind_latest.value, 4321);
    GET(.shard_iterator = reply.next_shard_iterator);
    assert_int_equal(reply.millis_behind_latest.value, 0);
}

/* ---- closed shards ---- */

static const struct rn_kinesis_child_shard *child_of(size_t i)
{
    assert_true(i < reply.child_shards.count);
    return (const struct rn_kinesis_child_shard *)reply.child_shards.data + i;
}

static void the_end_of_a_split_shard_names_both_children(void **state)
{
    struct made *made = add_stream("s", 1);

    (void)state;
    put(made, 0, 0, 3);
    split_shard(made, 0);
    GET(.shard_iterator = iterator("0", "TRIM_HORIZON", 0), .limit = {2, true});
    assert_int_equal(reply.records.count, 2);
    assert_non_null(reply.next_shard_iterator.data);
    assert_false(reply.child_shards.set);
    GET(.shard_iterator = reply.next_shard_iterator);
    assert_int_equal(reply.records.count, 1);
    assert_null(reply.next_shard_iterator.data);
    assert_int_equal(reply.millis_behind_latest.value, 0);
    assert_int_equal(reply.child_shards.count, 2);
    assert_str(child_of(0)->shard_id, "shardId-000000000001");
    assert_int_equal(child_of(0)->parent_shards.count, 1);
    assert_str(((rn_str *)child_of(0)->parent_shards.data)[0], "shardId-000000000000");
    assert_str(child_of(0)->hash_key_range->starting_hash_key, "0");
    assert_str(child_of(1)->hash_key_range->ending_hash_key,
               "340282366920938463463374607431768211455");
}

static void the_child_of_a_merge_names_both_parents(void **state)
{
    struct made *made = add_stream("s", 2);

    (void)state;
    merge_shards(made, 0, 1);
    for (int i = 0; i < 2; i++) { /* LATEST on a closed shard gives the end in the first call */
        GET(.shard_iterator = iterator(i ? "1" : "0", "LATEST", 0));
        assert_ok();
        assert_true(reply.records.set);
        assert_null(reply.next_shard_iterator.data);
        assert_int_equal(reply.child_shards.count, 1);
        assert_str(child_of(0)->shard_id, "shardId-000000000002");
        assert_int_equal(child_of(0)->parent_shards.count, 2);
        assert_str(((rn_str *)child_of(0)->parent_shards.data)[0], "shardId-000000000000");
        assert_str(((rn_str *)child_of(0)->parent_shards.data)[1], "shardId-000000000001");
    }
}

static void a_time_past_the_end_of_a_closed_shard_gives_the_end(void **state)
{
    struct made *made = add_stream("s", 1);

    (void)state;
    put(made, 0, 0, 3);
    hand_clock_pass(&rig.clock, 1000);
    split_shard(made, 0);
    GET(.shard_iterator = iterator("0", "AT_TIMESTAMP", NOW_MS + 1));
    assert_int_equal(reply.records.count, 0);
    assert_null(reply.next_shard_iterator.data);
    assert_int_equal(reply.child_shards.count, 2);
}

static void an_iterator_made_before_the_split_ends_too(void **state)
{
    struct made *made = add_stream("s", 1);
    rn_str latest = iterator("0", "LATEST", 0);

    (void)state;
    put(made, 0, 0, 2);
    split_shard(made, 0);
    GET(.shard_iterator = latest);
    assert_int_equal(reply.records.count, 2);
    assert_null(reply.next_shard_iterator.data);
    assert_int_equal(reply.child_shards.count, 2);
}

/* ---- refusals ---- */

static void what_is_no_iterator_of_ours_is_invalid(void **state)
{
    char text[600];
    rn_str good;

    (void)state;
    add_stream("s", 1);
    GET(.shard_iterator = RN_STR("nonsense"));
    assert_fault(RN_FAULT_INVALID_ARGUMENT, "Invalid ShardIterator.");
    good = iterator("0", "TRIM_HORIZON", 0);
    for (size_t i = 0; i < good.len; i++) {
        memcpy(text, good.data, good.len);
        text[i] = text[i] == 'A' ? 'B' : 'A';
        GET(.shard_iterator = rn_str_make(text, good.len));
        assert_fault(RN_FAULT_INVALID_ARGUMENT, "Invalid ShardIterator.");
    }
}

static void an_iterator_in_double_quotes_is_taken(void **state)
{
    char text[600];
    rn_str good;

    (void)state;
    add_stream("s", 1);
    good = iterator("0", "TRIM_HORIZON", 0);
    text[0] = '"';
    memcpy(text + 1, good.data, good.len);
    text[good.len + 1] = '"';
    GET(.shard_iterator = rn_str_make(text, good.len + 2));
    assert_ok();
}

static void an_iterator_lives_three_hundred_seconds_and_can_be_used_again(void **state)
{
    rn_str good;

    (void)state;
    put(add_stream("s", 1), 0, 0, 1);
    good = iterator("0", "TRIM_HORIZON", 0);
    for (int i = 0; i < 3; i++) {
        GET(.shard_iterator = good);
        assert_int_equal(reply.records.count, 1);
    }
    hand_clock_pass(&rig.clock, 300000);
    GET(.shard_iterator = good);
    assert_ok();
    hand_clock_pass(&rig.clock, 1000);
    GET(.shard_iterator = good);
    assert_fault(RN_FAULT_EXPIRED_ITERATOR,
                 "Iterator expired. The iterator was created at time Tue Nov 14 22:13:20 UTC 2023 "
                 "while right now it is Tue "
                 "Nov 14 22:18:21 UTC 2023 which is further in the future than the tolerated delay "
                 "of 300000 milliseconds.");
}

static void a_stream_or_shard_that_is_gone_does_not_exist(void **state)
{
    struct made *made = add_stream("s", 1);
    rn_str good = iterator("0", "TRIM_HORIZON", 0);

    (void)state;
    split_shard(made, 0);
    hand_clock_pass(&rig.clock, 24 * 3600000); /* gone comes before expired */
    GET(.shard_iterator = good);
    assert_fault(
        RN_FAULT_RESOURCE_NOT_FOUND,
        "Shard shardId-000000000000 in stream s under account 123456789012 does not exist");
    made->gone = true;
    add_stream("s", 1); /* one of the same name is another stream */
    GET(.shard_iterator = good);
    assert_fault(
        RN_FAULT_RESOURCE_NOT_FOUND,
        "Shard shardId-000000000000 in stream s under account 123456789012 does not exist");
}

static void an_arn_must_name_the_iterators_stream(void **state)
{
    rn_str good;

    (void)state;
    add_stream("s", 1);
    add_stream("other", 1);
    good = iterator("0", "TRIM_HORIZON", 0);
    GET(.shard_iterator = good, .stream_arn = RN_STR(ARN_OF("s")));
    assert_ok();
    GET(.shard_iterator = good, .stream_arn = RN_STR(ARN_OF("other")));
    assert_fault(RN_FAULT_INVALID_ARGUMENT,
                 "StreamARN arn:aws:kinesis:us-east-1:123456789012:stream/other does not name the "
                 "stream of the ShardIterator.");
}

static void the_sixth_call_is_throttled_in_todays_words(void **state)
{
    rn_str good;

    (void)state;
    add_stream("s", 1);
    good = iterator("0", "TRIM_HORIZON", 0);
    for (int i = 0; i < 5; i++) {
        GET(.shard_iterator = good);
        assert_ok();
    }
    GET(.shard_iterator = good, .dry_run = {1, true});
    assert_fault(RN_FAULT_DRY_RUN, "Request would have succeeded, but DryRun flag is set.");
    GET(.shard_iterator = good);
    assert_fault(RN_FAULT_THROUGHPUT_EXCEEDED,
                 "Rate exceeded for Shard - 123456789012/s/shardId-000000000000");
}

static void a_failing_read_is_ours_unless_the_stream_went_away(void **state)
{
    struct made *made = add_stream("s", 1);
    rn_str good = iterator("0", "TRIM_HORIZON", 0);

    (void)state;
    rig.fake.read_outcome = RN_OUTCOME_FAULT;
    GET(.shard_iterator = good);
    assert_int_equal(rig.fault, RN_FAULT_INTERNAL);
    assert_null(rig.message.data);
    made->stream.status = RN_STREAM_DELETING;
    GET(.shard_iterator = good);
    assert_int_equal(rig.fault, RN_FAULT_RESOURCE_NOT_FOUND);
}

/* Method: the arena's bound grows until the answer fits. */
static void an_answer_without_memory_is_a_failure_of_ours(void **state)
{
    struct rn_kinesis_get_records_request request = {0};
    struct made *made;

    (void)state;
    begin_without_limits();
    made = add_stream("s", 1);
    put(made, 0, 0, 5);
    split_shard(made, 0);
    request.shard_iterator = iterator("0", "TRIM_HORIZON", 0);
    for (size_t room = 0;; room += 16) {
        struct rn_arena *tight = rn_arena_new(room);

        reply = (struct rn_kinesis_get_records_reply){0};
        serve_in(tight, rn_service_get_records, &request, &reply);
        rn_arena_free(tight);
        if (rig.fault == RN_FAULT_NONE) {
            assert_true(room > 500);
            return;
        }
        assert_int_equal(rig.fault, RN_FAULT_INTERNAL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_record_comes_back_as_it_was_put),
        RIG_TEST(an_empty_answer_has_records_and_a_fresh_iterator),
        RIG_TEST(walking_by_next_iterators_gives_every_record_once),
        RIG_TEST(latest_sees_only_what_comes_afterwards),
        RIG_TEST(trim_horizon_is_resolved_when_it_is_read),
        RIG_TEST(at_timestamp_waits_for_its_first_match),
        RIG_TEST(behind_the_tip_a_reader_is_told_by_how_much),
        RIG_TEST(the_end_of_a_split_shard_names_both_children),
        RIG_TEST(the_child_of_a_merge_names_both_parents),
        RIG_TEST(a_time_past_the_end_of_a_closed_shard_gives_the_end),
        RIG_TEST(an_iterator_made_before_the_split_ends_too),
        RIG_TEST(what_is_no_iterator_of_ours_is_invalid),
        RIG_TEST(an_iterator_in_double_quotes_is_taken),
        RIG_TEST(an_iterator_lives_three_hundred_seconds_and_can_be_used_again),
        RIG_TEST(a_stream_or_shard_that_is_gone_does_not_exist),
        RIG_TEST(an_arn_must_name_the_iterators_stream),
        RIG_TEST(the_sixth_call_is_throttled_in_todays_words),
        RIG_TEST(a_failing_read_is_ours_unless_the_stream_went_away),
        RIG_TEST(an_answer_without_memory_is_a_failure_of_ours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
