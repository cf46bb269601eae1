/* Calls a second: buckets by limit and subject, and the words of each refusal. */
#include "service/rates.h"
#include "tests/unit/service/rig.h"

#define SECOND_US 1000000

static struct rn_rates *rates;

static int rates_begin(void **state)
{
    (void)state;
    rates = calloc(1, sizeof(*rates));
    assert_non_null(rates);
    rn_rates_init(rates);
    return 0;
}

static int rates_end(void **state)
{
    (void)state;
    rn_rates_done(rates);
    free(rates);
    return 0;
}

static struct rn_rate_key key_of(uint64_t uid, uint32_t shard, enum rn_limit limit)
{
    return (struct rn_rate_key){.stream_uid = uid, .shard = shard, .limit = limit};
}

/* How many calls in a row are granted, at most 100. */
static int granted(struct rn_rate_key key, int64_t rate, int64_t now_us)
{
    int count = 0;

    while (count < 100 && rn_rates_take(rates, &key, rate, now_us)) {
        count++;
    }
    return count;
}

static void every_subject_has_its_own_bucket(void **state)
{
    (void)state;
    assert_int_equal(granted(key_of(0, RN_SHARD_NONE, RN_LIMIT_CALLS_LIST_STREAMS), 5, 0), 5);
    assert_int_equal(granted(key_of(0, RN_SHARD_NONE, RN_LIMIT_CALLS_CREATE_STREAM), 5, 0), 5);
    assert_int_equal(granted(key_of(1, RN_SHARD_NONE, RN_LIMIT_CALLS_LIST_SHARDS), 7, 0), 7);
    assert_int_equal(granted(key_of(2, RN_SHARD_NONE, RN_LIMIT_CALLS_LIST_SHARDS), 7, 0), 7);
    assert_int_equal(granted(key_of(2, 0, RN_LIMIT_CALLS_GET_ITERATOR), 5, 0), 5);
    assert_int_equal(granted(key_of(2, 1, RN_LIMIT_CALLS_GET_ITERATOR), 5, 0), 5);
    assert_int_equal(granted(key_of(2, 1, RN_LIMIT_CALLS_GET_ITERATOR), 5, 0), 0);
}

static void calls_come_back_at_the_rate(void **state)
{
    struct rn_rate_key key = key_of(0, RN_SHARD_NONE, RN_LIMIT_CALLS_LIST_STREAMS);

    (void)state;
    assert_int_equal(granted(key, 5, 0), 5);
    assert_int_equal(granted(key, 5, SECOND_US / 5 - 1), 0);
    assert_int_equal(granted(key, 5, SECOND_US / 5), 1);
    assert_int_equal(granted(key, 5, 10 * SECOND_US), 5);
}

static void a_new_rate_counts_at_once_and_none_lets_all_pass(void **state)
{
    struct rn_rate_key key = key_of(0, RN_SHARD_NONE, RN_LIMIT_CALLS_LIST_STREAMS);

    (void)state;
    assert_int_equal(granted(key, 50, 0), 50);
    assert_int_equal(granted(key, RN_LIMIT_OFF, 0), 100);
    assert_int_equal(granted(key, 2, 10 * SECOND_US), 2);
    assert_int_equal(granted(key, 20, 10 * SECOND_US + SECOND_US / 2), 1); /* the old rate so far */
    assert_int_equal(granted(key, 20, 12 * SECOND_US), 20);
}

/* Method: more subjects than there are places, each asking once a second; none is ever refused, and one
 * that keeps asking meanwhile is held to its rate. */
static void a_full_table_refuses_nobody_wrongly(void **state)
{
    struct rn_rate_key busy = key_of(0, RN_SHARD_NONE, RN_LIMIT_CALLS_LIST_STREAMS);
    int of_busy = 0;

    (void)state;
    for (int64_t second = 0; second < 3; second++) {
        for (uint64_t uid = 1; uid <= 10000; uid++) {
            struct rn_rate_key key = key_of(uid, RN_SHARD_NONE, RN_LIMIT_CALLS_LIST_SHARDS);
            int64_t now_us = second * SECOND_US + (int64_t)uid * 100;

            assert_true(rn_rates_take(rates, &key, 1, now_us));
            of_busy += rn_rates_take(rates, &busy, 5, now_us);
        }
    }
    assert_int_equal(of_busy,
                     5 + 15 - 1); /* a bucketful, and what dripped in within three seconds */
}

/* ---- words ---- */

static void limit_to(enum rn_limit limit, int64_t value)
{
    rig.limits[limit] = value;
}

static void operations_are_refused_in_the_words_of_their_subject(void **state)
{
    struct rn_kinesis_list_streams_request list = {0};
    struct rn_kinesis_list_streams_reply listed;
    struct rn_kinesis_describe_stream_request describe = {.stream_name = RN_STR("s")};
    struct rn_kinesis_describe_stream_reply described;
    struct rn_kinesis_list_shards_request shards = {.stream_name = RN_STR("s")};
    struct rn_kinesis_list_shards_reply shards_reply;

    (void)state;
    add_stream("s", 1);
    limit_to(RN_LIMIT_CALLS_LIST_STREAMS, 1);
    limit_to(RN_LIMIT_CALLS_DESCRIBE_STREAM, 1);
    limit_to(RN_LIMIT_CALLS_LIST_SHARDS, 1);
    for (int i = 0; i < 2; i++) {
        memset(&listed, 0, sizeof(listed));
        serve_raw(rn_service_list_streams, &list, &listed);
    }
    assert_fault(RN_FAULT_LIMIT_EXCEEDED, "Rate exceeded for account 123456789012.");
    assert_int_equal(rig.limited, 1);
    assert_int_equal(rig.limited_by, RN_LIMIT_CALLS_LIST_STREAMS);
    for (int i = 0; i < 2; i++) {
        memset(&described, 0, sizeof(described));
        serve_raw(rn_service_describe_stream, &describe, &described);
    }
    assert_fault(RN_FAULT_LIMIT_EXCEEDED, "Rate exceeded for stream s under account 123456789012.");
    for (int i = 0; i < 2; i++) {
        memset(&shards_reply, 0, sizeof(shards_reply));
        serve_raw(rn_service_list_shards, &shards, &shards_reply);
    }
    assert_fault(RN_FAULT_LIMIT_EXCEEDED, "Rate exceeded for stream s under account 123456789012.");
    assert_int_equal(rig.limited, 3);
}

static void iterators_are_counted_by_shard(void **state)
{
    struct rn_kinesis_get_shard_iterator_request request = {
        .stream_name = RN_STR("s"),
        .shard_id = RN_STR("shardId-000000000000"),
        .shard_iterator_type = RN_STR("TRIM_HORIZON")};
    struct rn_kinesis_get_shard_iterator_reply reply;

    (void)state;
    add_stream("s", 2);
    limit_to(RN_LIMIT_CALLS_GET_ITERATOR, 5);
    for (int i = 0; i < 5; i++) {
        serve_raw(rn_service_get_shard_iterator, &request, &reply);
        assert_ok();
    }
    serve_raw(rn_service_get_shard_iterator, &request, &reply);
    assert_fault(RN_FAULT_THROUGHPUT_EXCEEDED, "Rate exceeded for shard shardId-000000000000 in "
                                               "stream s under account 123456789012.");
    request.shard_id = RN_STR("shardId-000000000001");
    serve_raw(rn_service_get_shard_iterator, &request, &reply);
    assert_ok();
}

#define RATES_TEST(name) cmocka_unit_test_setup_teardown(name, rates_begin, rates_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RATES_TEST(every_subject_has_its_own_bucket),
        RATES_TEST(calls_come_back_at_the_rate),
        RATES_TEST(a_new_rate_counts_at_once_and_none_lets_all_pass),
        RATES_TEST(a_full_table_refuses_nobody_wrongly),
        RIG_TEST(operations_are_refused_in_the_words_of_their_subject),
        RIG_TEST(iterators_are_counted_by_shard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
