/* What an error of the service means for the caller, and whether time may heal it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "client/client.h"

/* A client that never calls anybody. */
static struct runnel_client *make_client(void)
{
    struct runnel_config *config = runnel_config_new();
    struct runnel_client *client = NULL;

    assert_non_null(config);
    assert_int_equal(runnel_config_set(config, "endpoint", "http://127.0.0.1:1"), RUNNEL_OK);
    assert_int_equal(runnel_config_set(config, "access_key_id", "AKIA"), RUNNEL_OK);
    assert_int_equal(runnel_config_set(config, "secret_access_key", "secret"), RUNNEL_OK);
    assert_int_equal(runnel_client_new(config, &client), RUNNEL_OK);
    runnel_config_free(config);
    return client;
}

static void rates_pass_and_quotas_stay(void **state)
{
    static const struct {
        const char *type, *message;
        enum runnel_err err;
        bool again;
    } rows[] = {
        {"LimitExceededException", "Rate exceeded for stream s under account 1.", RUNNEL_THROTTLED,
         true},
        {"LimitExceededException",
         "This request would have exceed the limit on the number  of streams that can "
         "simultaneously be in CREATING or DELETING for the account 1. Limit: 5.",
         RUNNEL_THROTTLED, true},
        {"LimitExceededException", "UpdateShardCount cannot scale up over double your current",
         RUNNEL_SERVICE, false},
        {"LimitExceededException", "This request would exceed the shard limit for the account",
         RUNNEL_SERVICE, false},
        {"com.amazon#ProvisionedThroughputExceededException:http://x/", "Rate exceeded",
         RUNNEL_THROTTLED, true},
        {"AccessDeniedException", "no", RUNNEL_DENIED, false},
        {"InternalFailure", "", RUNNEL_SERVICE, true},
        {"ResourceInUseException", "taken", RUNNEL_SERVICE, false},
    };
    struct runnel_client *client = make_client();

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool again = !rows[i].again;

        assert_int_equal(
            rn_client_told(client, rn_str_c(rows[i].type), rn_str_c(rows[i].message), &again),
            rows[i].err);
        assert_int_equal(again, rows[i].again);
        assert_string_equal(runnel_client_error_message(client), rows[i].message);
    }
    runnel_client_free(client);
}

static void a_reply_that_is_no_error_document_is_shown(void **state)
{
    struct runnel_client *client = make_client();
    bool again;

    (void)state;
    assert_int_equal(rn_client_refused(client, 502, RN_STR("<html>Bad gateway"), &again),
                     RUNNEL_UNREACHABLE);
    assert_true(again);
    assert_string_equal(runnel_client_error_message(client),
                        "the server answered status 502: <html>Bad gateway");
    assert_int_equal(rn_client_refused(client, 404, RN_STR(""), &again), RUNNEL_PROTOCOL);
    assert_false(again);
    assert_int_equal(
        rn_client_refused(
            client, 400,
            RN_STR("{\"__type\":\"a#ResourceNotFoundException\",\"Message\":\"gone\"}"), &again),
        RUNNEL_SERVICE);
    assert_string_equal(runnel_client_error_type(client), "ResourceNotFoundException");
    assert_string_equal(runnel_client_error_message(client), "gone");
    runnel_client_free(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_pass_and_quotas_stay),
        cmocka_unit_test(a_reply_that_is_no_error_document_is_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
