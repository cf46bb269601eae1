/* What --limits means, and how often a limit that was met is told. */
#include "server/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

enum { MINUTE_US = 60 * 1000 * 1000 };

static void aws_off_and_a_file(void **state)
{
    char path[] = "/tmp/runnel-limits-XXXXXX", text[] = "stream-tags = 7\n", bad[] = "x\n";
    struct rn_limits limits;
    struct rn_reason reason;
    int file = mkstemp(path);

    (void)state;
    assert_true(file >= 0 && write(file, text, sizeof(text) - 1) == sizeof(text) - 1);
    assert_int_equal(rn_limits_of_setting("aws", RN_STR("us-east-1"), &limits, &reason), RN_OK);
    assert_int_equal(limits.value[RN_LIMIT_ACCOUNT_SHARDS], 20000);
    assert_int_equal(rn_limits_of_setting("off", RN_STR("us-east-1"), &limits, &reason), RN_OK);
    assert_int_equal(limits.value[RN_LIMIT_ACCOUNT_SHARDS], RN_LIMIT_OFF);
    assert_int_equal(rn_limits_of_setting(path, RN_STR("us-east-1"), &limits, &reason), RN_OK);
    assert_int_equal(limits.value[RN_LIMIT_ACCOUNT_SHARDS], 20000);
    assert_int_equal(limits.value[RN_LIMIT_STREAM_TAGS], 7);
    assert_true(write(file, bad, sizeof(bad) - 1) == sizeof(bad) - 1);
    assert_int_equal(rn_limits_of_setting(path, RN_STR("us-east-1"), &limits, &reason), RN_INVALID);
    assert_non_null(strstr(reason.text, path));
    assert_non_null(strstr(reason.text, ":2: \"x\" is not"));
    (void)close(file);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rn_limits_of_setting(path, RN_STR("us-east-1"), &limits, &reason), RN_INVALID);
    assert_non_null(strstr(reason.text, path));
}

static void each_limit_is_told_once_a_minute_with_how_often_it_was_met(void **state)
{
    static struct rn_limit_notices notices;
    char text[RN_LIMIT_NOTICE_BYTES];

    (void)state;
    assert_true(rn_limit_notice(&notices, RN_LIMIT_SHARD_WRITE_BYTES, RN_STR("orders"), 5, text));
    assert_string_equal(text,
                        "limit shard-write-bytes was reached for stream orders (refused since this "
                        "was last said: 1); runnel limits set shard-write-bytes VALUE changes it, "
                        "the value off lifts it");
    for (int i = 0; i < 9; i++) {
        assert_false(rn_limit_notice(&notices, RN_LIMIT_SHARD_WRITE_BYTES, RN_STR("orders"),
                                     5 + MINUTE_US - 1, text));
    }
    assert_true(rn_limit_notice(&notices, RN_LIMIT_CALLS_LIST_STREAMS, RN_STR_NONE, 6, text));
    assert_string_equal(text, "limit calls-ListStreams was reached (refused since this was last "
                              "said: 1); runnel limits set calls-ListStreams VALUE changes it, the "
                              "value off lifts it");
    assert_true(rn_limit_notice(&notices, RN_LIMIT_SHARD_WRITE_BYTES, RN_STR("other"),
                                5 + MINUTE_US, text));
    assert_non_null(strstr(text, "for stream other (refused since this was last said: 10)"));
    assert_true(rn_limit_notice(&notices, RN_LIMIT_NONE, RN_STR("orders"), 7, text));
    assert_non_null(strstr(text, "the queue before it is full"));
}

static void the_longest_name_fits(void **state)
{
    static struct rn_limit_notices notices;
    char text[RN_LIMIT_NOTICE_BYTES], name[128];

    (void)state;
    memset(name, 'n', sizeof(name));
    assert_true(rn_limit_notice(&notices, RN_LIMIT_CALLS_DECREASE_RETENTION,
                                rn_str_make(name, sizeof(name)), 0, text));
    assert_string_equal(text + strlen(text) - strlen("lifts it"), "lifts it");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aws_off_and_a_file),
        cmocka_unit_test(each_limit_is_told_once_a_minute_with_how_often_it_was_met),
        cmocka_unit_test(the_longest_name_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
