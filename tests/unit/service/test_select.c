/* Which stream a request means; and how calls end. */
#include "service/select.h"

#include "tests/unit/service/rig.h"

static const struct rn_stream *found;

static void find(struct rn_call *call)
{
    const rn_str *names = call->request;

    found = rn_select_stream(call, names[0], names[1]);
    if (found) {
        rn_call_ok(call);
    }
}

static void find_serving(struct rn_call *call)
{
    const rn_str *names = call->request;

    found = rn_select_serving(call, names[0], names[1]);
    if (found) {
        rn_call_ok(call);
    }
}

static void select_by(rn_str name, rn_str arn)
{
    rn_str names[2] = {name, arn};

    serve_raw(find, names, NULL);
}

static void a_name_an_arn_or_both_find_the_stream(void **state)
{
    struct made *made = add_stream("my.stream_1", 1);

    (void)state;
    select_by(RN_STR("my.stream_1"), RN_STR_NONE);
    assert_ptr_equal(found, &made->stream);
    select_by(RN_STR_NONE, RN_STR(ARN_OF("my.stream_1")));
    assert_ptr_equal(found, &made->stream);
    select_by(RN_STR("my.stream_1"), RN_STR(ARN_OF("my.stream_1")));
    assert_ptr_equal(found, &made->stream);
}

static void one_of_the_two_is_needed(void **state)
{
    (void)state;
    select_by(RN_STR_NONE, RN_STR_NONE);
    assert_fault(RN_FAULT_INVALID_ARGUMENT, "Either StreamName or StreamARN should be provided.");
}

static void a_name_and_an_arn_that_disagree_are_refused(void **state)
{
    (void)state;
    add_stream("a", 1);
    add_stream("b", 1);
    select_by(RN_STR("a"), RN_STR(ARN_OF("b")));
    assert_fault(RN_FAULT_INVALID_ARGUMENT,
                 "StreamName a and StreamARN arn:aws:kinesis:us-east-1:123456789012:stream/b do "
                 "not name the same stream.");
}

static void the_unknown_is_not_found_by_name_and_account(void **state)
{
    (void)state;
    add_stream("a", 1);
    select_by(RN_STR("A"), RN_STR_NONE); /* names are case-sensitive */
    assert_fault(RN_FAULT_RESOURCE_NOT_FOUND, "Stream A under account 123456789012 not found.");
    select_by(RN_STR_NONE, RN_STR(ARN_OF("nope")));
    assert_fault(RN_FAULT_RESOURCE_NOT_FOUND, "Stream nope under account 123456789012 not found.");
}

static void arns_of_elsewhere_are_not_found(void **state)
{
    (void)state;
    add_stream("a", 1);
    select_by(RN_STR_NONE, RN_STR("arn:aws:kinesis:us-east-1:999999999999:stream/a"));
    assert_fault(RN_FAULT_RESOURCE_NOT_FOUND, "Stream a under account 999999999999 not found.");
    select_by(RN_STR_NONE, RN_STR("arn:aws:kinesis:eu-west-1:123456789012:stream/a"));
    assert_fault(RN_FAULT_RESOURCE_NOT_FOUND, "Stream a under account 123456789012 not found.");
    select_by(RN_STR_NONE, RN_STR("arn:aws-cn:kinesis:us-east-1:123456789012:stream/a"));
    assert_fault(RN_FAULT_RESOURCE_NOT_FOUND, "Stream a under account 123456789012 not found.");
    select_by(RN_STR_NONE,
              RN_STR(ARN_OF("a/consumer/c:1700000000"))); /* the pattern lets it pass */
    assert_fault(RN_FAULT_RESOURCE_NOT_FOUND,
                 "Stream a/consumer/c:1700000000 under account 123456789012 not found.");
    select_by(RN_STR_NONE, RN_STR("arn:aws:kinesis:us-east-1:123456789012:stream/a!"));
    assert_fault(RN_FAULT_RESOURCE_NOT_FOUND, "Stream a! under account 123456789012 not found.");
}

static void records_go_only_through_streams_that_serve(void **state)
{
    static const struct {
        enum rn_stream_status status;
        bool serves;
    } rows[] = {{RN_STREAM_CREATING, false},
                {RN_STREAM_ACTIVE, true},
                {RN_STREAM_UPDATING, true},
                {RN_STREAM_DELETING, false}};
    struct made *made = add_stream("a", 1);
    rn_str names[2] = {RN_STR("a"), RN_STR_NONE};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        made->stream.status = rows[i].status;
        serve_raw(find_serving, names, NULL);
        if (rows[i].serves) {
            assert_ok();
        } else {
            assert_fault(RN_FAULT_RESOURCE_NOT_FOUND,
                         "Stream a under account 123456789012 not found.");
        }
        select_by(RN_STR("a"), RN_STR_NONE);
        assert_ok();
    }
}

/* ---- how calls end ---- */

static void say_much(struct rn_call *call)
{
    rn_call_fail(call, RN_FAULT_INVALID_ARGUMENT, "%0500d", 7);
}

static void say_nothing(struct rn_call *call)
{
    rn_call_fail(call, RN_FAULT_INTERNAL, "secret %d", 1);
}

static void a_message_is_as_long_as_it_is(void **state)
{
    (void)state;
    serve_raw(say_much, NULL, NULL);
    assert_int_equal(rig.message.len, 500);
}

static void a_failure_of_ours_has_no_words(void **state)
{
    (void)state;
    serve_raw(say_nothing, NULL, NULL);
    assert_int_equal(rig.fault, RN_FAULT_INTERNAL);
    assert_null(rig.message.data);
}

static void a_refusal_without_room_for_its_words_is_a_failure_of_ours(void **state)
{
    struct rn_arena *tight = rn_arena_new(0);

    (void)state;
    serve_in(tight, say_much, NULL, NULL);
    assert_int_equal(rig.fault, RN_FAULT_INTERNAL);
    rn_arena_free(tight);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_name_an_arn_or_both_find_the_stream),
        RIG_TEST(one_of_the_two_is_needed),
        RIG_TEST(a_name_and_an_arn_that_disagree_are_refused),
        RIG_TEST(the_unknown_is_not_found_by_name_and_account),
        RIG_TEST(arns_of_elsewhere_are_not_found),
        RIG_TEST(records_go_only_through_streams_that_serve),
        RIG_TEST(a_message_is_as_long_as_it_is),
        RIG_TEST(a_failure_of_ours_has_no_words),
        RIG_TEST(a_refusal_without_room_for_its_words_is_a_failure_of_ours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
