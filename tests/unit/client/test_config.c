/* Where to and as whom: the order of the sources, and what is never assumed. Files and servers are in tests/cli. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "client/config.h"

static const char *const variables[] = {"AWS_ENDPOINT_URL_KINESIS",
                                        "AWS_ENDPOINT_URL",
                                        "AWS_REGION",
                                        "AWS_DEFAULT_REGION",
                                        "AWS_PROFILE",
                                        "AWS_DEFAULT_PROFILE",
                                        "AWS_ACCESS_KEY_ID",
                                        "AWS_SECRET_ACCESS_KEY",
                                        "AWS_SESSION_TOKEN",
                                        "AWS_CA_BUNDLE",
                                        "AWS_CONFIG_FILE",
                                        "AWS_SHARED_CREDENTIALS_FILE",
                                        "HOME"};

static int clear_environment(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        unsetenv(variables[i]);
    }
    return 0;
}

static void without_an_endpoint_there_is_none(void **state)
{
    struct runnel_config *config = runnel_config_new();

    (void)state;
    setenv("AWS_ACCESS_KEY_ID", "A", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "S", 1);
    assert_int_equal(runnel_config_load(config, "/nowhere"), RUNNEL_NO_ENDPOINT);
    assert_non_null(strstr(runnel_config_message(config), "--endpoint"));
    runnel_config_free(config);
}

static void the_specific_variable_wins_and_a_set_value_wins_over_both(void **state)
{
    struct runnel_config *config = runnel_config_new();

    (void)state;
    setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1", 1);
    setenv("AWS_ENDPOINT_URL_KINESIS", "http://127.0.0.1:2", 1);
    setenv("AWS_DEFAULT_REGION", "eu-west-1", 1);
    setenv("AWS_ACCESS_KEY_ID", "A", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "S", 1);
    assert_int_equal(runnel_config_set(config, "region", "eu-north-1"), RUNNEL_OK);
    assert_int_equal(runnel_config_load(config, "/nowhere"), RUNNEL_OK);
    assert_string_equal(runnel_config_get(config, "endpoint"), "http://127.0.0.1:2");
    assert_string_equal(runnel_config_get(config, "region"), "eu-north-1");
    runnel_config_free(config);
}

static void a_key_is_never_put_together_from_two_places(void **state)
{
    struct runnel_config *config = runnel_config_new();

    (void)state;
    setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1", 1);
    setenv("AWS_SESSION_TOKEN", "T", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "theirs", 1);
    assert_int_equal(runnel_config_set(config, "access_key_id", "ours"), RUNNEL_OK);
    assert_int_equal(runnel_config_set(config, "secret_access_key", "ours"), RUNNEL_OK);
    assert_int_equal(runnel_config_load(config, "/nowhere"), RUNNEL_OK);
    assert_string_equal(runnel_config_get(config, "secret_access_key"), "ours");
    assert_null(runnel_config_get(config, "session_token"));
    runnel_config_free(config);
}

static void a_region_is_assumed_on_loopback_only(void **state)
{
    struct runnel_config *config = runnel_config_new();

    (void)state;
    setenv("AWS_ACCESS_KEY_ID", "A", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "S", 1);
    assert_int_equal(runnel_config_set(config, "endpoint", "http://streams.example:4567"),
                     RUNNEL_OK);
    assert_int_equal(runnel_config_load(config, "/nowhere"), RUNNEL_USAGE);
    assert_int_equal(runnel_config_set(config, "endpoint", "http://localhost:4567"), RUNNEL_OK);
    assert_int_equal(runnel_config_load(config, "/nowhere"), RUNNEL_OK);
    assert_string_equal(runnel_config_get(config, "region"), "us-east-1");
    runnel_config_free(config);
}

static void loopback_is_told_from_what_looks_like_it(void **state)
{
    (void)state;
    assert_true(rn_endpoint_is_loopback("http://127.0.0.1:4567"));
    assert_true(rn_endpoint_is_loopback("http://127.3.2.1"));
    assert_true(rn_endpoint_is_loopback("https://localhost/"));
    assert_true(rn_endpoint_is_loopback("http://[::1]:4567"));
    assert_false(rn_endpoint_is_loopback("http://127.0.0.1.example.com"));
    assert_false(rn_endpoint_is_loopback("http://localhost.example.com"));
    assert_false(rn_endpoint_is_loopback("http://[::1.example]"));
    assert_false(rn_endpoint_is_loopback("http://10.127.0.1"));
}

static void unknown_names_and_numbers_that_are_none_are_refused(void **state)
{
    struct runnel_config *config = runnel_config_new();

    (void)state;
    assert_int_equal(runnel_config_set(config, "colour", "red"), RUNNEL_USAGE);
    assert_non_null(strstr(runnel_config_message(config), "'colour'"));
    assert_int_equal(runnel_config_set(config, "retry_ms", "soon"), RUNNEL_USAGE);
    assert_non_null(strstr(runnel_config_message(config), "'soon'"));
    assert_int_equal(runnel_config_set(config, "retry_ms", "250"), RUNNEL_OK);
    assert_int_equal(rn_config_number(config, RN_CONFIG_RETRY_MS), 250);
    assert_int_equal(rn_config_number(config, RN_CONFIG_TIMEOUT_MS), 60000);
    runnel_config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(without_an_endpoint_there_is_none, clear_environment),
        cmocka_unit_test_setup(the_specific_variable_wins_and_a_set_value_wins_over_both,
                               clear_environment),
        cmocka_unit_test_setup(a_key_is_never_put_together_from_two_places, clear_environment),
        cmocka_unit_test_setup(a_region_is_assumed_on_loopback_only, clear_environment),
        cmocka_unit_test_setup(loopback_is_told_from_what_looks_like_it, clear_environment),
        cmocka_unit_test_setup(unknown_names_and_numbers_that_are_none_are_refused,
                               clear_environment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
