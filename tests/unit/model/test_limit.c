/* The table of limits: its order, its values, and files that change them. */
#include "model/limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static struct rn_limits limits;
static struct rn_reason reason;

static rn_err read_text(const char *text)
{
    limits = rn_limits_aws(RN_STR("eu-central-1"));
    reason.text[0] = '\0';
    return rn_limits_read(rn_str_c(text), "my.limits", &limits, &reason);
}

/* Snapshots write limits in that order. */
static void names_rise_and_every_row_is_found_by_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < RN_LIMIT_COUNT; i++) {
        const struct rn_limit_row *row = rn_limit_row((enum rn_limit)i);

        assert_int_equal(rn_limit_find(rn_str_c(row->name)), i);
        assert_true(i == 0 || rn_str_cmp(rn_str_c(row[-1].name), rn_str_c(row->name)) < 0);
        assert_true(rn_limit_value_valid((enum rn_limit)i, row->aws));
        assert_true(rn_limit_value_valid((enum rn_limit)i, RN_LIMIT_OFF));
        assert_true(rn_limit_value_valid((enum rn_limit)i, row->max));
        assert_false(rn_limit_value_valid((enum rn_limit)i, row->max + 1));
        assert_false(rn_limit_value_valid((enum rn_limit)i, RN_LIMIT_UNSET));
    }
    assert_int_equal(rn_limit_find(RN_STR("stream-tag")), RN_LIMIT_NONE);
    assert_int_equal(rn_limit_find(RN_STR("")), RN_LIMIT_NONE);
}

static void shards_of_the_account_depend_on_the_region(void **state)
{
    (void)state;
    assert_int_equal(rn_limits_aws(RN_STR("us-east-1")).value[RN_LIMIT_ACCOUNT_SHARDS], 20000);
    assert_int_equal(rn_limits_aws(RN_STR("eu-central-1")).value[RN_LIMIT_ACCOUNT_SHARDS], 6000);
    assert_int_equal(rn_limits_aws(RN_STR("x")).value[RN_LIMIT_SHARD_WRITE_BYTES], 1048576);
    assert_int_equal(rn_limits_aws(RN_STR("x")).value[RN_LIMIT_SHARD_WRITE_RECORDS], 1000);
    assert_int_equal(rn_limits_aws(RN_STR("x")).value[RN_LIMIT_SHARD_READ_BYTES], 2097152);
    assert_int_equal(rn_limits_aws(RN_STR("x")).value[RN_LIMIT_CALLS_GET_RECORDS], 5);
    for (int i = 0; i < RN_LIMIT_COUNT; i++) {
        assert_int_equal(rn_limits_off().value[i], RN_LIMIT_OFF);
    }
}

static void a_file_changes_what_it_names(void **state)
{
    struct rn_limits aws = rn_limits_aws(RN_STR("eu-central-1"));

    (void)state;
    assert_int_equal(read_text(""), RN_OK);
    assert_memory_equal(&limits, &aws, sizeof(aws));
    assert_int_equal(read_text("# ours\n\n  shard-write-records=\t5000  # five times\n"
                               "calls-GetRecords = off\nstream-tags = 200"),
                     RN_OK);
    assert_int_equal(limits.value[RN_LIMIT_SHARD_WRITE_RECORDS], 5000);
    assert_int_equal(limits.value[RN_LIMIT_CALLS_GET_RECORDS], RN_LIMIT_OFF);
    assert_int_equal(limits.value[RN_LIMIT_STREAM_TAGS], 200);
    limits.value[RN_LIMIT_SHARD_WRITE_RECORDS] = 1000;
    limits.value[RN_LIMIT_CALLS_GET_RECORDS] = 5;
    limits.value[RN_LIMIT_STREAM_TAGS] = 50;
    assert_memory_equal(&limits, &aws, sizeof(aws));
}

static void what_is_wrong_is_named_with_file_and_line(void **state)
{
    static const struct {
        const char *text, *words;
    } rows[] = {
        {"stream-tags = 1\nnonsense\n",
         "my.limits:2: \"nonsense\" is not of the form name = value"},
        {"\n\nstream-tagz = 1", "my.limits:3: there is no limit \"stream-tagz\""},
        {"stream-tags =",
         "my.limits:1: stream-tags: \"\" is neither off nor a whole number from 1 to "
         "200"},
        {"stream-tags = 201", "my.limits:1: stream-tags: \"201\" is neither off nor a whole number "
                              "from 1 to 200"},
        {"shard-write-records = 0", "my.limits:1: shard-write-records: \"0\" is neither off nor a "
                                    "whole number from 1 to 1000000000"},
        {"calls-ListStreams = -1",
         "my.limits:1: calls-ListStreams: \"-1\" is neither off nor a whole "
         "number from 1 to 1000000"},
        {"calls-ListStreams = 99999999999999999999999",
         "my.limits:1: calls-ListStreams: "
         "\"99999999999999999999999\" is neither off "
         "nor a whole number from 1 to 1000000"},
        {"= 5", "my.limits:1: there is no limit \"\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(read_text(rows[i].text), RN_INVALID);
        assert_string_equal(reason.text, rows[i].words);
    }
}

/* A reason holds a bounded text, whatever the file has in it. */
static void a_line_of_any_length_is_refused_shortly(void **state)
{
    static char text[RN_LIMITS_FILE_BYTES_MAX];

    (void)state;
    memset(text, 'x', sizeof(text));
    limits = rn_limits_off();
    assert_int_equal(rn_limits_read(rn_str_make(text, sizeof(text)), "f", &limits, &reason),
                     RN_INVALID);
    assert_true(strlen(reason.text) < 200);
    memcpy(text, "stream-tags = ", 14);
    assert_int_equal(rn_limits_read(rn_str_make(text, sizeof(text)), "f", &limits, &reason),
                     RN_INVALID);
    assert_true(strlen(reason.text) < 300);
}

static void values_read_back_as_they_are_written(void **state)
{
    char text[RN_LIMIT_VALUE_BYTES];
    int64_t value;

    (void)state;
    for (int i = 0; i < RN_LIMIT_COUNT; i++) {
        const int64_t values[] = {RN_LIMIT_OFF, 1, rn_limit_row((enum rn_limit)i)->max};

        for (size_t j = 0; j < 3; j++) {
            assert_int_equal(rn_limit_value_read((enum rn_limit)i,
                                                 rn_str_c(rn_limit_value_text(values[j], text)),
                                                 &value, &reason),
                             RN_OK);
            assert_int_equal(value, values[j]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_rise_and_every_row_is_found_by_its_own),
        cmocka_unit_test(shards_of_the_account_depend_on_the_region),
        cmocka_unit_test(a_file_changes_what_it_names),
        cmocka_unit_test(what_is_wrong_is_named_with_file_and_line),
        cmocka_unit_test(a_line_of_any_length_is_refused_shortly),
        cmocka_unit_test(values_read_back_as_they_are_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
