/* NextToken: sealed, bound to its operation, and of limited life. */
#include "service/token.h"

#include "tests/unit/service/rig.h"

static rn_str sealed;
static struct rn_token token;

static void seal(struct rn_call *call)
{
    struct rn_token copy = token;

    sealed = rn_token_seal(call, &copy);
    rn_call_ok(call);
}

static void open_shards(struct rn_call *call)
{
    const rn_str *text = call->request;

    if (rn_token_open(call, *text, RN_TOKEN_SHARDS, &token)) {
        rn_call_ok(call);
    }
}

static void make_token(void)
{
    token = (struct rn_token){.kind = RN_TOKEN_SHARDS,
                              .stream_uid = 0x0102030405060708,
                              .next_shard = 0x80000000u,
                              .filter = RN_SHARDS_FROM_TIME,
                              .filter_ms = -5};
    memset(token.name, 'n', RN_STREAM_NAME_BYTES_MAX);
    serve_raw(seal, NULL, NULL);
    assert_non_null(sealed.data);
    assert_true(sealed.len < RN_TOKEN_TEXT_BYTES);
}

static void what_was_sealed_opens_unchanged(void **state)
{
    struct rn_token before;

    (void)state;
    make_token();
    before = token;
    token = (struct rn_token){0};
    serve_raw(open_shards, &sealed, NULL);
    assert_ok();
    assert_int_equal(token.created_ms, NOW_MS);
    assert_int_equal(token.stream_uid, before.stream_uid);
    assert_int_equal(token.next_shard, before.next_shard);
    assert_int_equal(token.filter, before.filter);
    assert_int_equal(token.filter_ms, before.filter_ms);
    assert_string_equal(token.name, before.name);
}

/* Method: change every character of the text, cut it everywhere, lengthen it. */
static void a_tampered_token_is_refused(void **state)
{
    char text[RN_TOKEN_TEXT_BYTES + 8];
    rn_str bad;

    (void)state;
    make_token();
    for (size_t i = 0; i < sealed.len; i++) {
        memcpy(text, sealed.data, sealed.len);
        text[i] = text[i] == 'A' ? 'B' : 'A';
        bad = rn_str_make(text, sealed.len);
        serve_raw(open_shards, &bad, NULL);
        assert_fault(RN_FAULT_INVALID_ARGUMENT, "Invalid NextToken.");
        bad = rn_str_make(sealed.data, i);
        serve_raw(open_shards, &bad, NULL);
        assert_fault(RN_FAULT_INVALID_ARGUMENT, "Invalid NextToken.");
    }
    memcpy(text, sealed.data, sealed.len);
    memcpy(text + sealed.len, "AAAA", 4);
    bad = rn_str_make(text, sealed.len + 4);
    serve_raw(open_shards, &bad, NULL);
    assert_fault(RN_FAULT_INVALID_ARGUMENT, "Invalid NextToken.");
}

static void a_token_of_another_operation_is_refused(void **state)
{
    (void)state;
    make_token();
    token.kind = RN_TOKEN_STREAMS;
    serve_raw(seal, NULL, NULL);
    serve_raw(open_shards, &sealed, NULL);
    assert_fault(RN_FAULT_INVALID_ARGUMENT, "Invalid NextToken.");
}

static void a_token_lives_three_hundred_seconds(void **state)
{
    (void)state;
    make_token();
    hand_clock_pass(&rig.clock, 300000);
    serve_raw(open_shards, &sealed, NULL);
    assert_ok();
    hand_clock_pass(&rig.clock, 1);
    serve_raw(open_shards, &sealed, NULL);
    assert_fault(RN_FAULT_EXPIRED_NEXT_TOKEN,
                 "NextToken expired. The token was created at time Tue Nov 14 22:13:20 UTC 2023 "
                 "while right now it is Tue "
                 "Nov 14 22:18:20 UTC 2023 which is further in the future than the tolerated delay "
                 "of 300000 milliseconds.");
}

static void two_tokens_of_the_same_page_differ(void **state)
{
    rn_str first;

    (void)state;
    make_token();
    first = sealed;
    serve_raw(seal, NULL, NULL);
    assert_false(rn_str_eq(first, sealed));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(what_was_sealed_opens_unchanged),
        RIG_TEST(a_tampered_token_is_refused),
        RIG_TEST(a_token_of_another_operation_is_refused),
        RIG_TEST(a_token_lives_three_hundred_seconds),
        RIG_TEST(two_tokens_of_the_same_page_differ),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
