/* Commands as bytes: what is written is read back, and nothing else is accepted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "tests/unit/control/commands.h"

static struct rn_buf encode(const struct rn_command *command)
{
    struct rn_buf buf;

    rn_buf_init(&buf, RN_COMMAND_BYTES_MAX);
    assert_int_equal(rn_command_encode(command, &buf), RN_OK);
    return buf;
}

/* Make the checksum fit again after the bytes were changed. */
static void reseal(struct rn_buf *buf)
{
    rn_put_be32(buf->data + buf->len - 4, rn_crc32c(0, buf->data, buf->len - 4));
}

static void assert_decodes_to_the_same_bytes(const struct rn_buf *buf)
{
    struct rn_command back;
    struct rn_reason reason;
    struct rn_buf again;

    assert_int_equal(rn_command_decode(rn_buf_str(buf), &back, &reason), RN_OK);
    again = encode(&back);
    assert_int_equal(again.len, buf->len);
    assert_memory_equal(again.data, buf->data, buf->len);
    rn_buf_done(&again);
}

static void what_is_written_is_read_back(void **unused)
{
    struct seeded_random random;
    struct sample sample;

    (void)unused;
    seeded_random_init(&random, 7);
    for (uint64_t i = 0; i < 2000; i++) {
        struct rn_buf buf;

        sample_any(&sample, &random, i);
        buf = encode(&sample.command);
        assert_decodes_to_the_same_bytes(&buf);
        rn_buf_done(&buf);
    }
}

static void every_field_of_a_create_survives(void **unused)
{
    struct rn_command back,
        command = {.type = RN_COMMAND_CREATE_STREAM, .request = 0x1122334455667788};
    const struct rn_create_stream *create = &back.as.create_stream;
    struct rn_buf buf;

    (void)unused;
    memset(command.origin, 0xab, sizeof(command.origin));
    command.tags[0] = (struct rn_pair_text){RN_STR("a"), RN_STR("")};
    command.tags[1] = (struct rn_pair_text){RN_STR("b\0c"), RN_STR("value")};
    command.as.create_stream = (struct rn_create_stream){
        .name = RN_STR("A.b_c-9"),
        .shard_count = 4000000000u,
        .mode = RN_STREAM_ON_DEMAND,
        .record_kib_max = 10240,
        .tags = command.tags,
        .tag_count = 2,
        .shards_per_account_max = 20000,
        .creating_max = 5,
    };
    buf = encode(&command);
    assert_int_equal(rn_command_decode(rn_buf_str(&buf), &back, NULL), RN_OK);
    assert_int_equal(back.type, RN_COMMAND_CREATE_STREAM);
    assert_int_equal(back.request, command.request);
    assert_memory_equal(back.origin, command.origin, sizeof(back.origin));
    assert_true(rn_str_eq(create->name, RN_STR("A.b_c-9")));
    assert_int_equal(create->shard_count, 4000000000u);
    assert_int_equal(create->mode, RN_STREAM_ON_DEMAND);
    assert_int_equal(create->record_kib_max, 10240);
    assert_int_equal(create->shards_per_account_max, 20000);
    assert_int_equal(create->creating_max, 5);
    assert_int_equal(create->tag_count, 2);
    assert_true(rn_str_eq(create->tags[1].key, RN_STR("b\0c")));
    assert_true(rn_str_eq(create->tags[1].value, RN_STR("value")));
    assert_int_equal(create->tags[0].value.len, 0);
    rn_buf_done(&buf);
}

static struct rn_set_limits no_limits(void)
{
    struct rn_set_limits set;

    for (int i = 0; i < RN_LIMIT_COUNT; i++) {
        set.value[i] = RN_LIMIT_KEEP;
    }
    return set;
}

/* What the body of `command`, between head and checksum, must be. */
static void assert_body(const struct rn_command *command, const char *body, size_t len)
{
    struct rn_buf buf = encode(command);

    assert_int_equal(buf.len, 30 + len + 4);
    assert_memory_equal(buf.data + 30, body, len);
    assert_decodes_to_the_same_bytes(&buf);
    rn_buf_done(&buf);
}

#define BODY(text) text, sizeof(text) - 1

static void the_bodies_of_tags_retention_and_limits_are_those_of_the_layout(void **unused)
{
    struct rn_command command = {.type = RN_COMMAND_ADD_TAGS};

    (void)unused;
    command.tags[0] = (struct rn_pair_text){RN_STR("a"), RN_STR("xy")};
    command.tags[1] = (struct rn_pair_text){RN_STR("b"), RN_STR("")};
    command.as.change_tags =
        (struct rn_change_tags){.uid = 258, .tags = command.tags, .tag_count = 2, .tags_max = 50};
    assert_body(&command, BODY("\0\0\0\0\0\0\1\2\0\0\0\x32\0\2\0\1a\0\2xy\0\1b\0\0"));
    command.type = RN_COMMAND_REMOVE_TAGS;
    command.tags[0].value = RN_STR("");
    assert_body(&command, BODY("\0\0\0\0\0\0\1\2\0\2\0\1a\0\1b"));
    command.type = RN_COMMAND_SET_RETENTION;
    command.as.set_retention = (struct rn_set_retention){
        .uid = 3, .hours = 8760, .change = RN_RETENTION_DECREASE, .seen_ms = 5};
    assert_body(&command, BODY("\0\0\0\0\0\0\0\3\0\0\x22\x38\1\0\0\0\0\0\0\0\5"));
    command.type = RN_COMMAND_SET_LIMITS;
    command.as.set_limits = no_limits();
    command.as.set_limits.value[RN_LIMIT_STREAM_TAGS] = RN_LIMIT_UNSET;
    command.as.set_limits.value[RN_LIMIT_SHARD_WRITE_BYTES] = 256;
    assert_body(&command, BODY("\0\2\0\x11shard-write-bytes\0\0\0\0\0\0\1\0"
                               "\0\xbstream-tags\xff\xff\xff\xff\xff\xff\xff\xff"));
}

static void the_bodies_of_settings_are_those_of_the_layout(void **unused)
{
    struct rn_command command = {.type = RN_COMMAND_SET_SETTING};

    (void)unused;
    command.as.set_setting = (struct rn_set_setting){.uid = 258,
                                                     .which = RN_SET_MODE,
                                                     .number = RN_STREAM_ON_DEMAND,
                                                     .warm_mib = 257,
                                                     .daily_max = 2,
                                                     .key_id = RN_STR("")};
    assert_body(&command, BODY("\0\0\0\0\0\0\1\2\6\0\0\0\1\0\0\1\1\0\0\0\2\0\0"));
    command.as.set_setting =
        (struct rn_set_setting){.uid = 3, .which = RN_SET_ENCRYPT, .key_id = RN_STR("alias/k")};
    assert_body(&command, BODY("\0\0\0\0\0\0\0\3\3\0\0\0\0\0\0\0\0\0\0\0\0\0\7"
                               "alias/k"));
    command.type = RN_COMMAND_SET_COMMITMENT;
    command.as.set_commitment.on = true;
    assert_body(&command, BODY("\1"));
    command.as.set_commitment.on = false;
    assert_body(&command, BODY("\0"));
}

static bool setting_may_be_written(struct rn_set_setting set)
{
    struct rn_command command = {.type = RN_COMMAND_SET_SETTING};
    struct rn_buf buf;
    rn_err err;

    command.as.set_setting = set;
    rn_buf_init(&buf, RN_COMMAND_BYTES_MAX);
    err = rn_command_encode(&command, &buf);
    assert_true(!err || err == RN_INVALID);
    rn_buf_done(&buf);
    return !err;
}

static void settings_that_break_their_rules_are_not_written(void **unused)
{
    static char long_key[RN_KEY_ID_BYTES_MAX + 1];
    struct rn_set_setting set = {.uid = 1, .which = RN_SET_METRICS_ON, .key_id = RN_STR("")};

    (void)unused;
    assert_false(setting_may_be_written(set)); /* no metric at all */
    set.number = RN_METRICS_ALL;
    assert_true(setting_may_be_written(set));
    set.number = RN_METRICS_ALL + 1;
    assert_false(setting_may_be_written(set));
    set = (struct rn_set_setting){.uid = 0, .which = RN_SET_WARM, .key_id = RN_STR("")};
    assert_false(setting_may_be_written(set));
    set.uid = 1;
    assert_true(setting_may_be_written(set));
    set.daily_max = 1; /* which is not counted */
    assert_false(setting_may_be_written(set));
    set = (struct rn_set_setting){.uid = 1, .which = RN_SET_RECORD_KIB, .key_id = RN_STR("")};
    set.number = 1023;
    assert_false(setting_may_be_written(set));
    set.number = 10240;
    assert_true(setting_may_be_written(set));
    set.number = 10241;
    assert_false(setting_may_be_written(set));
    set = (struct rn_set_setting){.uid = 1, .which = RN_SET_DECRYPT, .key_id = RN_STR("")};
    assert_false(setting_may_be_written(set));
    set.key_id = rn_str_make(long_key, sizeof(long_key) - 1);
    assert_true(setting_may_be_written(set));
    set.key_id.len++;
    assert_false(setting_may_be_written(set));
    set = (struct rn_set_setting){.uid = 1, .which = RN_SET_MODE, .key_id = RN_STR("")};
    set.daily_max = 100;
    assert_true(setting_may_be_written(set));
    set.daily_max = 101;
    assert_false(setting_may_be_written(set));
    set.daily_max = 0;
    set.warm_mib = 1; /* of a provisioned stream */
    assert_false(setting_may_be_written(set));
    set.number = RN_STREAM_ON_DEMAND;
    assert_true(setting_may_be_written(set));
    set.key_id = RN_STR("k");
    assert_false(setting_may_be_written(set));
    set = (struct rn_set_setting){.uid = 1, .which = RN_SET_COUNT, .key_id = RN_STR("")};
    assert_false(setting_may_be_written(set));
}

static void a_setting_that_this_program_does_not_know_is_newer(void **unused)
{
    struct rn_command back, command = {.type = RN_COMMAND_SET_SETTING};
    struct rn_reason reason;
    struct rn_buf buf;

    (void)unused;
    command.as.set_setting =
        (struct rn_set_setting){.uid = 3, .which = RN_SET_WARM, .key_id = RN_STR("")};
    buf = encode(&command);
    buf.data[30 + 8] = RN_SET_COUNT;
    reseal(&buf);
    assert_int_equal(rn_command_decode(rn_buf_str(&buf), &back, &reason), RN_NEWER);
    assert_string_equal(reason.text,
                        "a SET_SETTING command names something this program does not know");
    rn_buf_done(&buf);
}

static void a_limit_that_this_program_does_not_know_is_newer(void **unused)
{
    struct rn_command back, command = {.type = RN_COMMAND_SET_LIMITS};
    struct rn_reason reason;
    struct rn_buf buf;

    (void)unused;
    command.as.set_limits = no_limits();
    command.as.set_limits.value[RN_LIMIT_STREAM_TAGS] = 7;
    buf = encode(&command);
    buf.data[30 + 4] = 'z'; /* "ztream-tags" */
    reseal(&buf);
    assert_int_equal(rn_command_decode(rn_buf_str(&buf), &back, &reason), RN_NEWER);
    assert_string_equal(reason.text,
                        "a SET_LIMITS command names something this program does not know");
    rn_buf_done(&buf);
}

static void changes_that_break_their_rules_are_not_written(void **unused)
{
    struct rn_command command = {.type = RN_COMMAND_SET_RETENTION};
    struct rn_buf buf;

    (void)unused;
    rn_buf_init(&buf, RN_COMMAND_BYTES_MAX);
    command.as.set_retention = (struct rn_set_retention){.uid = 1, .hours = 8761};
    assert_int_equal(rn_command_encode(&command, &buf), RN_INVALID);
    command.as.set_retention = (struct rn_set_retention){.uid = 0, .hours = 24};
    assert_int_equal(rn_command_encode(&command, &buf), RN_INVALID);
    command.type = RN_COMMAND_SET_LIMITS;
    command.as.set_limits = no_limits();
    assert_int_equal(rn_command_encode(&command, &buf), RN_INVALID);
    command.as.set_limits.value[RN_LIMIT_STREAM_TAGS] = 201;
    assert_int_equal(rn_command_encode(&command, &buf), RN_INVALID);
    command.type = RN_COMMAND_REMOVE_TAGS;
    command.tags[0] = (struct rn_pair_text){RN_STR("a"), RN_STR("value")};
    command.as.change_tags =
        (struct rn_change_tags){.uid = 1, .tags = command.tags, .tag_count = 1};
    assert_int_equal(rn_command_encode(&command, &buf), RN_INVALID);
    rn_buf_done(&buf);
}

/* The layout is for ever: bytes written down by hand, not by the encoder. */
static void the_bytes_are_those_of_the_layout(void **unused)
{
    static const char hand[] = "RC\0\1\0\4"
                               "0123456789abcdef"
                               "\0\0\0\0\0\0\0\7"
                               "\0\2ab"
                               "\0\0\0\0\0\0\1\2";
    struct rn_command command = {.type = RN_COMMAND_DELETE_STREAM, .request = 7};
    struct rn_buf buf;

    (void)unused;
    memcpy(command.origin, "0123456789abcdef", 16);
    command.as.delete_stream = (struct rn_delete_stream){.name = RN_STR("ab"), .uid = 258};
    buf = encode(&command);
    assert_int_equal(buf.len, sizeof(hand) - 1 + 4);
    assert_memory_equal(buf.data, hand, sizeof(hand) - 1);
    rn_buf_done(&buf);
}

static void every_truncation_is_refused(void **unused)
{
    struct seeded_random random;
    struct sample sample;

    (void)unused;
    seeded_random_init(&random, 8);
    for (uint64_t i = 0; i < 50; i++) {
        struct rn_command back;
        struct rn_buf buf;

        sample_any(&sample, &random, i);
        buf = encode(&sample.command);
        for (size_t len = 0; len < buf.len; len++) {
            char *cut = malloc(len + 1); /* of exactly that size, so that reading on is seen */

            memcpy(cut, buf.data, len);
            assert_int_equal(rn_command_decode(rn_str_make(cut, len), &back, NULL), RN_CORRUPT);
            free(cut);
        }
        rn_buf_done(&buf);
    }
}

static void every_flipped_bit_is_refused(void **unused)
{
    struct seeded_random random;
    struct sample sample;

    (void)unused;
    seeded_random_init(&random, 9);
    for (uint64_t i = 0; i < 50; i++) {
        struct rn_command back;
        struct rn_buf buf;

        sample_any(&sample, &random, i);
        buf = encode(&sample.command);
        for (size_t bit = 0; bit < buf.len * 8; bit++) {
            buf.data[bit / 8] ^= (char)(1 << bit % 8);
            assert_int_equal(rn_command_decode(rn_buf_str(&buf), &back, NULL), RN_CORRUPT);
            buf.data[bit / 8] ^= (char)(1 << bit % 8);
        }
        rn_buf_done(&buf);
    }
}

/* With a fitting checksum too, only what encode would write is taken: whatever decodes encodes to the same. */
static void there_is_one_encoding_of_a_command(void **unused)
{
    struct seeded_random random;
    struct sample sample;
    size_t accepted = 0;

    (void)unused;
    seeded_random_init(&random, 10);
    for (uint64_t i = 0; i < 100; i++) {
        struct rn_command back;
        struct rn_buf buf;

        sample_any(&sample, &random, i);
        buf = encode(&sample.command);
        for (size_t at = 6; at < buf.len - 4; at++) {
            char kept = buf.data[at];

            buf.data[at] = (char)seeded_random_next(&random);
            reseal(&buf);
            if (!rn_command_decode(rn_buf_str(&buf), &back, NULL)) {
                accepted++;
                assert_decodes_to_the_same_bytes(&buf);
            }
            buf.data[at] = kept;
        }
        rn_buf_done(&buf);
    }
    assert_true(accepted > 0);
}

static rn_err decode_with(size_t at, uint16_t value, const struct rn_command *command,
                          struct rn_reason *reason)
{
    struct rn_buf buf = encode(command);
    struct rn_command back;
    rn_err err;

    rn_put_be16(buf.data + at, value);
    reseal(&buf);
    err = rn_command_decode(rn_buf_str(&buf), &back, reason);
    rn_buf_done(&buf);
    return err;
}

static void what_is_newer_is_told_from_what_is_damaged(void **unused)
{
    struct rn_command command = {.type = RN_COMMAND_STREAM_READY, .as.uid = 5};
    struct rn_reason reason;
    struct sample sample;
    struct seeded_random random;

    (void)unused;
    assert_int_equal(decode_with(2, RN_COMMAND_VERSION + 1, &command, &reason), RN_NEWER);
    assert_string_equal(reason.text,
                        "a command has version 2, this program knows versions up to 1");
    assert_int_equal(decode_with(2, 0, &command, &reason), RN_CORRUPT);
    assert_int_equal(decode_with(4, 999, &command, &reason), RN_NEWER);
    assert_string_equal(reason.text, "a command has type 999, which this program does not know");
    seeded_random_init(&random, 1);
    sample_genesis(&sample, &random);
    assert_int_equal(decode_with(30 + 48, RN_CONTROL_LEVEL + 1, &sample.command, &reason),
                     RN_NEWER);
    assert_string_equal(reason.text,
                        "the control log has level 2, this program knows levels up to 1");
    assert_int_equal(decode_with(30 + 48, 0, &sample.command, &reason), RN_CORRUPT);
}

static rn_err encode_create(struct rn_create_stream create)
{
    struct rn_command command = {.type = RN_COMMAND_CREATE_STREAM};
    struct rn_buf buf;
    rn_err err;

    command.as.create_stream = create;
    rn_buf_init(&buf, RN_COMMAND_BYTES_MAX);
    err = rn_command_encode(&command, &buf);
    rn_buf_done(&buf);
    return err;
}

static void a_field_that_breaks_its_rule_is_not_written(void **unused)
{
    struct rn_create_stream good = {.name = RN_STR("s"), .shard_count = 1};
    struct rn_create_stream bad = good;
    char long_name[RN_STREAM_NAME_BYTES_MAX + 1];
    struct rn_pair_text unsorted[] = {{RN_STR("b"), RN_STR("")}, {RN_STR("a"), RN_STR("")}};
    struct rn_pair_text twice[] = {{RN_STR("a"), RN_STR("")}, {RN_STR("a"), RN_STR("")}};

    (void)unused;
    memset(long_name, 'n', sizeof(long_name));
    assert_int_equal(encode_create(good), RN_OK);
    bad.name = RN_STR("");
    assert_int_equal(encode_create(bad), RN_INVALID);
    bad.name = RN_STR("a b");
    assert_int_equal(encode_create(bad), RN_INVALID);
    bad.name = rn_str_make(long_name, RN_STREAM_NAME_BYTES_MAX + 1);
    assert_int_equal(encode_create(bad), RN_INVALID);
    bad.name = rn_str_make(long_name, RN_STREAM_NAME_BYTES_MAX);
    assert_int_equal(encode_create(bad), RN_OK);
    bad = good;
    bad.shard_count = 0;
    assert_int_equal(encode_create(bad), RN_INVALID);
    bad = good;
    bad.tags = unsorted;
    bad.tag_count = 2;
    assert_int_equal(encode_create(bad), RN_INVALID);
    bad.tags = twice;
    assert_int_equal(encode_create(bad), RN_INVALID);
}

static void the_largest_command_fits_its_bound(void **unused)
{
    static struct rn_command command, back;
    static char keys[RN_COMMAND_TAGS_MAX][RN_TAG_KEY_BYTES_MAX];
    char value[RN_TAG_VALUE_BYTES_MAX], name[RN_STREAM_NAME_BYTES_MAX];
    struct rn_buf buf;

    (void)unused;
    memset(value, 'v', sizeof(value));
    memset(name, 'n', sizeof(name));
    for (size_t i = 0; i < RN_COMMAND_TAGS_MAX; i++) {
        memset(keys[i], 'k', sizeof(keys[i]));
        rn_put_be16(keys[i], (uint16_t)i);
        command.tags[i] = (struct rn_pair_text){{keys[i], sizeof(keys[i])}, {value, sizeof(value)}};
    }
    command.type = RN_COMMAND_CREATE_STREAM;
    command.as.create_stream = (struct rn_create_stream){.name = {name, sizeof(name)},
                                                         .shard_count = 1,
                                                         .tags = command.tags,
                                                         .tag_count = RN_COMMAND_TAGS_MAX};
    buf = encode(&command);
    assert_int_equal(rn_command_decode(rn_buf_str(&buf), &back, NULL), RN_OK);
    assert_int_equal(back.as.create_stream.tag_count, RN_COMMAND_TAGS_MAX);
    rn_buf_done(&buf);
}

static void tags_are_sorted_and_of_equal_keys_the_last_stays(void **unused)
{
    struct rn_pair_text from[] = {{RN_STR("b"), RN_STR("1")},
                                  {RN_STR("a"), RN_STR("2")},
                                  {RN_STR("b"), RN_STR("3")},
                                  {RN_STR("aa"), RN_STR("4")}};
    struct rn_pair_text sorted[4];

    (void)unused;
    assert_int_equal(rn_tags_sort(from, 4, sorted), 3);
    assert_true(rn_str_eq(sorted[0].key, RN_STR("a")));
    assert_true(rn_str_eq(sorted[1].key, RN_STR("aa")));
    assert_true(rn_str_eq(sorted[2].key, RN_STR("b")));
    assert_true(rn_str_eq(sorted[2].value, RN_STR("3")));
    assert_true(rn_tags_valid(sorted, 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(every_field_of_a_create_survives),
        cmocka_unit_test(the_bytes_are_those_of_the_layout),
        cmocka_unit_test(the_bodies_of_tags_retention_and_limits_are_those_of_the_layout),
        cmocka_unit_test(the_bodies_of_settings_are_those_of_the_layout),
        cmocka_unit_test(settings_that_break_their_rules_are_not_written),
        cmocka_unit_test(a_setting_that_this_program_does_not_know_is_newer),
        cmocka_unit_test(a_limit_that_this_program_does_not_know_is_newer),
        cmocka_unit_test(changes_that_break_their_rules_are_not_written),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(every_flipped_bit_is_refused),
        cmocka_unit_test(there_is_one_encoding_of_a_command),
        cmocka_unit_test(what_is_newer_is_told_from_what_is_damaged),
        cmocka_unit_test(a_field_that_breaks_its_rule_is_not_written),
        cmocka_unit_test(the_largest_command_fits_its_bound),
        cmocka_unit_test(tags_are_sorted_and_of_equal_keys_the_last_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
