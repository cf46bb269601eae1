/* Amazon Resource Names of streams and consumers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/arn.h"

static void assert_str(rn_str s, const char *text)
{
    assert_int_equal(s.len, strlen(text));
    assert_memory_equal(s.data, text, s.len);
}

static void the_partition_follows_from_the_region(void **state)
{
    (void)state;
    assert_str(rn_partition_of_region(RN_STR("us-east-1")), "aws");
    assert_str(rn_partition_of_region(RN_STR("cn-north-1")), "aws-cn");
    assert_str(rn_partition_of_region(RN_STR("us-gov-west-1")), "aws-us-gov");
    assert_str(rn_partition_of_region(RN_STR("cn")), "aws");
}

static void a_stream_arn_comes_back_in_its_parts(void **state)
{
    char text[RN_STREAM_ARN_BYTES_MAX];
    struct rn_arn arn;
    size_t len = rn_stream_arn_format(RN_STR("cn-north-1"), RN_STR("000000000012"),
                                      RN_STR("My.orders_1-x"), text);

    (void)state;
    assert_string_equal(text, "arn:aws-cn:kinesis:cn-north-1:000000000012:stream/My.orders_1-x");
    assert_int_equal(len, strlen(text));
    assert_int_equal(rn_arn_parse(rn_str_make(text, len), &arn), RN_OK);
    assert_str(arn.partition, "aws-cn");
    assert_str(arn.region, "cn-north-1");
    assert_str(arn.account, "000000000012");
    assert_str(arn.stream, "My.orders_1-x");
    assert_null(arn.consumer.data);
}

static void the_longest_stream_arn_fits(void **state)
{
    char name[RN_STREAM_NAME_BYTES_MAX], region[RN_REGION_BYTES_MAX] = "us-gov-",
                                         text[RN_STREAM_ARN_BYTES_MAX];

    (void)state;
    memset(name, 'n', sizeof(name));
    memset(region + 7, 'r', sizeof(region) - 7);
    assert_int_equal(
        rn_stream_arn_format(rn_str_make(region, sizeof(region)), RN_STR("123456789012"),
                             rn_str_make(name, sizeof(name)), text),
        strlen("arn:aws-us-gov:kinesis::123456789012:stream/") + sizeof(name) + sizeof(region));
}

static void a_consumer_arn_is_cut_at_its_infix_and_its_time(void **state)
{
    struct rn_arn arn;

    (void)state;
    assert_int_equal(
        rn_arn_parse(
            RN_STR("arn:aws:kinesis:us-east-1:123456789012:stream/orders/consumer/c1:1700000000"),
            &arn),
        RN_OK);
    assert_str(arn.stream, "orders");
    assert_str(arn.consumer, "c1");
    assert_int_equal(arn.consumer_created_s, 1700000000);
}

static void a_consumer_arn_reads_back_as_it_was_written(void **state)
{
    char stream[RN_STREAM_ARN_BYTES_MAX], text[RN_CONSUMER_ARN_BYTES_MAX],
        name[RN_STREAM_NAME_BYTES_MAX];
    struct rn_arn arn;
    size_t len;

    (void)state;
    memset(name, 'n', sizeof(name));
    len = rn_stream_arn_format(RN_STR("cn-north-1"), RN_STR("123456789012"),
                               rn_str_make(name, sizeof(name)), stream);
    len = rn_consumer_arn_format(rn_str_make(stream, len), rn_str_make(name, sizeof(name)),
                                 INT64_MAX, text);
    assert_int_equal(rn_arn_parse(rn_str_make(text, len), &arn), RN_OK);
    assert_str(arn.partition, "aws-cn");
    assert_int_equal(arn.stream.len, sizeof(name));
    assert_int_equal(arn.consumer.len, sizeof(name));
    assert_true(arn.consumer_created_s == INT64_MAX);
    len = rn_consumer_arn_format(RN_STR("arn:aws:kinesis:us-east-1:123456789012:stream/s"),
                                 RN_STR("c.1"), 1700000000, text);
    assert_str(rn_str_make(text, len),
               "arn:aws:kinesis:us-east-1:123456789012:stream/s/consumer/c.1:1700000000");
}

static void what_is_no_stream_or_consumer_arn_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "orders",
        "arn:aws:kinesis:us-east-1:123456789012",
        "arn:aws:kinesis:us-east-1:123456789012:",
        "arn:aws:kinesis:us-east-1:123456789012:orders",
        "arn:aws:kinesis:us-east-1:123456789012:stream",
        "arn:aws:kinesis:us-east-1:123456789012:stream/",
        "arn:aws:kinesis:us-east-1:123456789012:stream/a b",
        "arn:aws:kinesis:us-east-1:123456789012:stream/a/b",
        "arn:aws:kinesis:us-east-1:123456789012:stream/a/",
        "arn:aws:kinesis:us-east-1:123456789012:stream/a:1",
        "arn:aws:kinesis:us-east-1:123456789012:channel/a",
        "arn:aws:kinesis:us-east-1:12345678901:stream/a",
        "arn:aws:kinesis:us-east-1:1234567890123:stream/a",
        "arn:aws:kinesis:us-east-1:12345678901x:stream/a",
        "arn:aws:kinesis::123456789012:stream/a",
        "arn:aws:kinesis:US:123456789012:stream/a",
        "arn:aws:firehose:us-east-1:123456789012:stream/a",
        "arn:gcp:kinesis:us-east-1:123456789012:stream/a",
        "arn::kinesis:us-east-1:123456789012:stream/a",
        "ARN:aws:kinesis:us-east-1:123456789012:stream/a",
        " arn:aws:kinesis:us-east-1:123456789012:stream/a",
        "arn:aws:kinesis:us-east-1:123456789012:stream/a/consumer/",
        "arn:aws:kinesis:us-east-1:123456789012:stream/a/consumer/c",
        "arn:aws:kinesis:us-east-1:123456789012:stream/a/consumer/c:",
        "arn:aws:kinesis:us-east-1:123456789012:stream/a/consumer/:1",
        "arn:aws:kinesis:us-east-1:123456789012:stream/a/consumer/c:1x",
        "arn:aws:kinesis:us-east-1:123456789012:stream/a/consumer/c:-1",
        "arn:aws:kinesis:us-east-1:123456789012:stream/a/consumer/c:99999999999999999999",
        "arn:aws:kinesis:us-east-1:123456789012:stream//consumer/c:1",
    };
    struct rn_arn arn = {.consumer_created_s = 7};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        assert_int_equal(rn_arn_parse(rn_str_c(bad[i]), &arn), RN_INVALID);
    }
    assert_int_equal(arn.consumer_created_s, 7);
}

static void names_over_their_limit_are_refused(void **state)
{
    char text[RN_STREAM_ARN_BYTES_MAX + 2] = "arn:aws:kinesis:us-east-1:123456789012:stream/";
    size_t prefix = strlen(text);
    struct rn_arn arn;

    (void)state;
    memset(text + prefix, 'a', RN_STREAM_NAME_BYTES_MAX + 1);
    assert_int_equal(rn_arn_parse(rn_str_make(text, prefix + RN_STREAM_NAME_BYTES_MAX), &arn),
                     RN_OK);
    assert_int_equal(rn_arn_parse(rn_str_make(text, prefix + RN_STREAM_NAME_BYTES_MAX + 1), &arn),
                     RN_INVALID);
}

static void accounts_are_twelve_digits_and_regions_dashed_words(void **state)
{
    (void)state;
    assert_true(rn_account_valid(RN_STR("000000000000")));
    assert_false(rn_account_valid(RN_STR("00000000000")));
    assert_false(rn_account_valid(RN_STR("0000-0000-00")));
    assert_true(rn_region_valid(RN_STR("us-east-1")));
    assert_true(rn_region_valid(RN_STR("local")));
    assert_false(rn_region_valid(RN_STR("")));
    assert_false(rn_region_valid(RN_STR("us_east_1")));
    assert_false(rn_region_valid(RN_STR("Us-east-1")));
    assert_false(rn_region_valid(RN_STR("a-region-name-of-over-32-letters-")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_partition_follows_from_the_region),
        cmocka_unit_test(a_stream_arn_comes_back_in_its_parts),
        cmocka_unit_test(the_longest_stream_arn_fits),
        cmocka_unit_test(a_consumer_arn_is_cut_at_its_infix_and_its_time),
        cmocka_unit_test(a_consumer_arn_reads_back_as_it_was_written),
        cmocka_unit_test(what_is_no_stream_or_consumer_arn_is_refused),
        cmocka_unit_test(names_over_their_limit_are_refused),
        cmocka_unit_test(accounts_are_twelve_digits_and_regions_dashed_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
