/* Values to JSON: exact text, and valid whatever the bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <jansson.h>
#include <cmocka.h>

#include "codec/base64.h"
#include "sample.h"

static void assert_encoded(const struct sample *value, const char *wanted)
{
    struct rn_buf out;

    rn_buf_init(&out, 1 << 20);
    rn_buf_add_c(&out, '>'); /* what is there already stays */
    rn_json_encode(&sample_shape, value, &out);
    assert_false(out.failed);
    rn_buf_add_c(&out, '\0');
    assert_string_equal(out.data + 1, wanted);
    assert_int_equal(out.data[0], '>');
    rn_buf_done(&out);
}

static void absent_members_are_left_out(void **state)
{
    struct sample value = {.count = {.value = 7}}; /* not set */

    (void)state;
    assert_encoded(&value, "{}");
    value.token = RN_STR("");
    assert_encoded(&value, "{\"Token\":\"\"}");
}

static void each_kind_of_value_is_written(void **state)
{
    struct sample_inner inner = {.mode = RN_STR("ONE"), .when = {1000, true}};
    struct sample_entry entries[] = {{.key = RN_STR("a"), .data = RN_STR("")},
                                     {.hash = RN_STR("h")}};
    rn_str words[] = {RN_STR("x"), RN_STR("")};
    struct rn_number numbers[] = {{-1, true}, {2, true}};
    struct rn_pair tags[] = {{RN_STR("k"), RN_STR("v")}, {RN_STR("\""), RN_STR("\n")}};
    struct sample value = {
        .count = {-3, true},
        .big = {INT64_MIN, true},
        .flag = {1, true},
        .when = {1441215410867, true},
        .name = RN_STR("orders"),
        .data = RN_STR("hello"),
        .inner = &inner,
        .entries = {entries, 2, true},
        .words = {words, 2, true},
        .numbers = {numbers, 2, true},
        .tags = {tags, 2, true},
    };

    (void)state;
    assert_encoded(
        &value,
        "{\"Count\":-3,\"StreamName\":\"orders\",\"Big\":-9223372036854775808,\"Flag\":true,"
        "\"When\":1441215410.867,\"Data\":\"aGVsbG8=\",\"Inner\":{\"Mode\":\"ONE\",\"When\":1},"
        "\"Entries\":[{\"Key\":\"a\",\"Data\":\"\"},{\"Hash\":\"h\"}],\"Words\":[\"x\",\"\"],"
        "\"Numbers\":[-1,2],\"Tags\":{\"k\":\"v\",\"\\\"\":\"\\n\"}}");
    value = (struct sample){.flag = {0, true}, .entries = {.set = true}, .tags = {.set = true}};
    assert_encoded(&value, "{\"Flag\":false,\"Entries\":[],\"Tags\":{}}");
}

static void timestamps_have_as_many_decimals_as_they_need(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } rows[] = {
        {0, "0"},
        {1, "0.001"},
        {10, "0.01"},
        {100, "0.1"},
        {1000, "1"},
        {1441215410000, "1441215410"},
        {1441215410800, "1441215410.8"},
        {1441215410060, "1441215410.06"},
        {-1, "-0.001"},
        {-1000, "-1"},
        {-1500, "-1.5"},
        {INT64_MAX, "9223372036854775.807"},
        {INT64_MIN, "-9223372036854775.808"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sample value = {.when = {rows[i].ms, true}};
        char wanted[64] = "{\"When\":";

        memcpy(wanted + 8, rows[i].text, strlen(rows[i].text));
        memcpy(wanted + 8 + strlen(rows[i].text), "}", 2);
        assert_encoded(&value, wanted);
    }
}

static void assert_string(rn_str text, rn_str wanted)
{
    struct rn_buf out;

    rn_buf_init(&out, 4096);
    rn_json_encode_string(text, &out);
    assert_false(out.failed);
    assert_int_equal(out.len, wanted.len);
    assert_memory_equal(out.data, wanted.data, wanted.len);
    rn_buf_done(&out);
}

static void strings_are_escaped_and_repaired(void **state)
{
    (void)state;
    assert_string(RN_STR(""), RN_STR("\"\""));
    assert_string(RN_STR_NONE, RN_STR("\"\""));
    assert_string(RN_STR("\"\\/\b\f\n\r\t"), RN_STR("\"\\\"\\\\/\\b\\f\\n\\r\\t\""));
    assert_string(RN_STR("\0\x01\x1f\x7f"), RN_STR("\"\\u0000\\u0001\\u001f\x7f\""));
    assert_string(RN_STR("\xc3\xa9\xe4\xb8\x96\xf0\x9f\x98\x80"),
                  RN_STR("\"\xc3\xa9\xe4\xb8\x96\xf0\x9f\x98\x80\""));
    assert_string(RN_STR("a\xff\xc3"), RN_STR("\"a\xef\xbf\xbd\xef\xbf\xbd\""));
    assert_string(RN_STR("\xed\xa0\x80!"), RN_STR("\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd!\""));
}

/* An oracle reads back each pair of bytes, between plain text long enough for the vectors. */
static void whatever_the_bytes_a_json_parser_reads_them(void **state)
{
    char text[82];
    struct rn_buf out;

    (void)state;
    rn_buf_init(&out, 4096);
    memset(text, 'x', sizeof(text));
    for (unsigned pair = 0; pair < 65536; pair++) {
        json_t *value;

        text[40] = (char)(pair >> 8);
        text[41] = (char)pair;
        rn_buf_clear(&out);
        rn_json_encode_string(rn_str_make(text, sizeof(text)), &out);
        value = json_loadb(out.data, out.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        assert_non_null(value);
        if (pair < 0x8000 && (pair & 0x80) == 0) {
            assert_int_equal(json_string_length(value), sizeof(text));
            assert_memory_equal(json_string_value(value), text, sizeof(text));
        }
        json_decref(value);
    }
    rn_buf_done(&out);
}

static void a_buffer_that_is_too_small_fails_and_stays_as_it_was(void **state)
{
    struct sample value = {.token = RN_STR("0123456789")};
    struct rn_buf out;

    (void)state;
    for (size_t limit = 0; limit <= 22; limit++) { /* {"Token":"0123456789"} */
        rn_buf_init(&out, limit);
        rn_json_encode(&sample_shape, &value, &out);
        assert_int_equal(out.failed, limit < 22);
        assert_int_equal(out.len, limit < 22 ? 0 : 22);
        rn_buf_done(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(absent_members_are_left_out),
        cmocka_unit_test(each_kind_of_value_is_written),
        cmocka_unit_test(timestamps_have_as_many_decimals_as_they_need),
        cmocka_unit_test(strings_are_escaped_and_repaired),
        cmocka_unit_test(whatever_the_bytes_a_json_parser_reads_them),
        cmocka_unit_test(a_buffer_that_is_too_small_fails_and_stays_as_it_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
