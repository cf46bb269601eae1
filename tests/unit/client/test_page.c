/* An event that was pushed, as a page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "client/client.h"

static void records_and_where_to_go_on(void **state)
{
    struct runnel_page *page = runnel_page_new();
    const void *data;
    size_t len;
    const char *key, *number;
    int64_t arrival_ms;

    (void)state;
    assert_int_equal(
        rn_page_from_event(
            page, RN_STR("{\"Records\":[{\"SequenceNumber\":\"49\",\"PartitionKey\":\"k\","
                         "\"Data\":\"aGk=\",\"ApproximateArrivalTimestamp\":1.5}],"
                         "\"ContinuationSequenceNumber\":\"50\",\"MillisBehindLatest\":7}")),
        RUNNEL_OK);
    assert_int_equal(runnel_page_count(page), 1);
    runnel_page_record(page, 0, &data, &len, &key, &number, &arrival_ms);
    assert_int_equal(len, 2);
    assert_memory_equal(data, "hi", 2);
    assert_string_equal(key, "k");
    assert_string_equal(number, "49");
    assert_int_equal(arrival_ms, 1500);
    assert_string_equal(runnel_page_continuation(page), "50");
    assert_int_equal(runnel_page_millis_behind(page), 7);
    assert_int_equal(runnel_page_child_count(page), 0);
    assert_null(runnel_page_next_iterator(page));
    runnel_page_free(page);
}

static void the_last_one_names_children(void **state)
{
    struct runnel_page *page = runnel_page_new();
    const char *id, *parent, *adjacent;

    (void)state;
    assert_int_equal(
        rn_page_from_event(
            page,
            RN_STR("{\"Records\":[],\"MillisBehindLatest\":0,\"ChildShards\":["
                   "{\"ShardId\":\"shardId-3\",\"ParentShards\":[\"shardId-1\",\"shardId-2\"],"
                   "\"HashKeyRange\":{\"StartingHashKey\":\"0\",\"EndingHashKey\":\"9\"}},"
                   "{\"ShardId\":\"shardId-4\",\"ParentShards\":[\"shardId-1\"],"
                   "\"HashKeyRange\":{\"StartingHashKey\":\"0\",\"EndingHashKey\":\"9\"}}]}")),
        RUNNEL_OK);
    assert_null(runnel_page_continuation(page));
    assert_int_equal(runnel_page_child_count(page), 2);
    runnel_page_child(page, 0, &id, &parent, &adjacent);
    assert_string_equal(id, "shardId-3");
    assert_string_equal(parent, "shardId-1");
    assert_string_equal(adjacent, "shardId-2");
    runnel_page_child(page, 1, &id, &parent, &adjacent);
    assert_string_equal(id, "shardId-4");
    assert_null(adjacent);
    runnel_page_child(page, 1, NULL, NULL, NULL);
    runnel_page_free(page);
}

/* Nor does an event without a place to go on from, and without children. */
static void what_does_not_parse_leaves_an_empty_page(void **state)
{
    static const char *const bad[] = {
        "",
        "{",
        "[]",
        "{}",
        "{\"Records\":7}",
        "{\"Records\":[{\"Data\":\"?\"}]}",
        "{\"Records\":[{\"PartitionKey\":\"k\"}],\"ContinuationSequenceNumber\":\"5\"}",
        "{\"Records\":[],\"ChildShards\":[{\"ParentShards\":[]}]}",
    };
    struct runnel_page *page = runnel_page_new();

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(rn_page_from_event(page, rn_str_c(bad[i])), RUNNEL_PROTOCOL);
        assert_int_equal(runnel_page_count(page), 0);
        assert_int_equal(runnel_page_child_count(page), 0);
        assert_null(runnel_page_continuation(page));
    }
    runnel_page_free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_and_where_to_go_on),
        cmocka_unit_test(the_last_one_names_children),
        cmocka_unit_test(what_does_not_parse_leaves_an_empty_page),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
