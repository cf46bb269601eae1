/* Tags of a stream: what may be said, in which order it is checked, and pages of them. */
#include "tests/unit/service/rig.h"

static struct rn_pair_text fifty[50];

static void add(const char *key, const char *value)
{
    struct rn_pair pair = {rn_str_c(key), rn_str_c(value)};
    struct rn_kinesis_add_tags_to_stream_request request = {.stream_name = RN_STR("s"),
                                                            .tags = {&pair, 1, true}};

    serve_raw(rn_service_add_tags_to_stream, &request, NULL);
}

static void remove_key(const char *key)
{
    rn_str keys[] = {RN_STR("fine"), rn_str_c(key)};
    struct rn_kinesis_remove_tags_from_stream_request request = {.stream_name = RN_STR("s"),
                                                                 .tag_keys = {keys, 2, true}};

    serve_raw(rn_service_remove_tags_from_stream, &request, NULL);
}

static void the_stream_comes_first(void **state)
{
    (void)state;
    add("100%\t", "v");
    assert_fault(RN_FAULT_RESOURCE_NOT_FOUND, "Stream s under account 123456789012 not found.");
    remove_key("100%\t");
    assert_fault(RN_FAULT_RESOURCE_NOT_FOUND, "Stream s under account 123456789012 not found.");
}

static void then_characters_then_percent_signs(void **state)
{
    static const char odd[] = "Some tags contain invalid characters. Valid characters: Unicode "
                              "letters, digits, white space, _ . / = + - % @.";

    (void)state;
    add_stream("s", 1);
    add("100%;", "v");
    assert_fault(RN_FAULT_INVALID_ARGUMENT, odd);
    add("k", "a\nb");
    assert_fault(RN_FAULT_INVALID_ARGUMENT, odd);
    remove_key("100%;");
    assert_fault(RN_FAULT_INVALID_ARGUMENT, odd);
    add("k", "100%");
    assert_fault(RN_FAULT_INVALID_ARGUMENT,
                 "Failed to add tags to stream s under account 123456789012 because some tags "
                 "contained illegal characters. The allowed characters are Unicode letters, "
                 "white-spaces, '_',',','/','=','+','-','@'.");
    remove_key("100%");
    assert_fault(RN_FAULT_INVALID_ARGUMENT,
                 "Failed to remove tags from stream s under account 123456789012 because some tags "
                 "contained illegal characters. The allowed characters are Unicode letters, "
                 "white-spaces, '_',',','/','=','+','-','@'.");
    add("AWS:x", "v");
    assert_fault(RN_FAULT_INVALID_ARGUMENT,
                 "Failed to add tags to stream s under account 123456789012 because tag keys that "
                 "begin with aws: are reserved.");
    assert_int_equal(rig.control.proposals, 0);
}

static void the_log_decides_count_and_state(void **state)
{
    (void)state;
    add_stream("s", 1);
    add("team", "blue");
    assert_ok();
    assert_int_equal(rig.control.last.type, RN_COMMAND_ADD_TAGS);
    assert_int_equal(rig.control.last.as.change_tags.uid, 1);
    assert_int_equal(rig.control.last.as.change_tags.tags_max, 50);
    assert_str(rig.control.last.as.change_tags.tags[0].value, "blue");
    remove_key("team");
    assert_ok();
    assert_int_equal(rig.control.last.type, RN_COMMAND_REMOVE_TAGS);
    assert_int_equal(rig.control.last.as.change_tags.tag_count, 2);
    assert_str(rig.control.last.as.change_tags.tags[1].key, "team");
    assert_int_equal(rig.control.last.as.change_tags.tags[1].value.len, 0);
    rig.control.verdict = RN_VERDICT_TAG_LIMIT;
    rig.control.numbers[1] = 50;
    add("k", "v");
    assert_fault(RN_FAULT_INVALID_ARGUMENT,
                 "Failed to add tags to stream s under account 123456789012 because a given "
                 "stream cannot have more than 50 tags associated with it.");
    assert_int_equal(rig.limited_by, RN_LIMIT_STREAM_TAGS);
    rig.control.verdict = RN_VERDICT_NOT_ACTIVE;
    rig.control.numbers[0] = RN_STREAM_CREATING;
    add("k", "v");
    assert_fault(RN_FAULT_RESOURCE_IN_USE,
                 "Stream s under account 123456789012 not ACTIVE, instead in state CREATING");
}

static struct rn_kinesis_list_tags_for_stream_reply list(const char *after, int64_t limit)
{
    struct rn_kinesis_list_tags_for_stream_request request = {.stream_name = RN_STR("s"),
                                                              .limit = {limit, limit != 0}};
    struct rn_kinesis_list_tags_for_stream_reply reply = {0};

    if (after) {
        request.exclusive_start_tag_key = rn_str_c(after);
    }
    serve_raw(rn_service_list_tags_for_stream, &request, &reply);
    assert_ok();
    return reply;
}

/* Method: fifty tags in pages of every size, each from the last key before. */
static void pages_give_every_tag_once(void **state)
{
    struct made *made = add_stream("s", 1);

    (void)state;
    for (int i = 0; i < 50; i++) {
        fifty[i] = (struct rn_pair_text){rn_arena_printf(rig.arena, "k%02d", i),
                                         rn_arena_printf(rig.arena, "%d", i)};
    }
    made->stream.tags = fifty;
    made->stream.tag_count = 50;
    for (int64_t limit = 0; limit <= 50; limit++) {
        const char *after = NULL;
        int seen = 0;

        for (bool more = true; more;) {
            struct rn_kinesis_list_tags_for_stream_reply reply = list(after, limit);
            const struct rn_kinesis_tag *tags = reply.tags.data;

            more = reply.has_more_tags.value;
            assert_true(!more || (int64_t)reply.tags.count == limit);
            for (size_t i = 0; i < reply.tags.count; i++, seen++) {
                assert_str(tags[i].key, text_of(fifty[seen].key));
                assert_str(tags[i].value, text_of(fifty[seen].value));
                after = text_of(tags[i].key);
            }
        }
        assert_int_equal(seen, 50);
    }
    assert_int_equal(list("k10x", 0).tags.count, 39); /* a key that is not there */
    assert_int_equal(list("z", 0).tags.count, 0);
}

static void no_tags_are_an_empty_list(void **state)
{
    struct rn_kinesis_list_tags_for_stream_reply reply;

    (void)state;
    add_stream("s", 1);
    reply = list(NULL, 0);
    assert_true(reply.tags.set && reply.tags.count == 0);
    assert_true(reply.has_more_tags.set && !reply.has_more_tags.value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(the_stream_comes_first),          RIG_TEST(then_characters_then_percent_signs),
        RIG_TEST(the_log_decides_count_and_state), RIG_TEST(pages_give_every_tag_once),
        RIG_TEST(no_tags_are_an_empty_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
