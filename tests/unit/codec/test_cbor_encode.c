/* Values to CBOR, byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sample.h"

static void assert_encoded(const struct sample *value, rn_str wanted)
{
    struct rn_buf out;

    rn_buf_init(&out, 1 << 20);
    rn_cbor_encode(&sample_shape, value, &out);
    assert_false(out.failed);
    assert_int_equal(out.len, wanted.len);
    assert_memory_equal(out.data, wanted.data, wanted.len);
    rn_buf_done(&out);
}

static void absent_members_are_left_out_and_not_counted(void **state)
{
    struct sample value = {.count = {.value = 7}}; /* not set */

    (void)state;
    assert_encoded(&value, RN_STR("\xa0"));
    value.token = RN_STR("");
    assert_encoded(&value, RN_STR("\xa1\x65Token\x60"));
}

static void each_kind_of_value_is_written(void **state)
{
    struct sample_inner inner = {.mode = RN_STR("ONE")};
    struct sample_entry entries[] = {{.key = RN_STR("a"), .data = RN_STR("")},
                                     {.hash = RN_STR("h")}};
    rn_str words[] = {RN_STR("x"), RN_STR("")};
    struct rn_number numbers[] = {{-1, true}, {24, true}};
    struct rn_pair tags[] = {{RN_STR("k"), RN_STR("v")}};
    struct sample value = {
        .flag = {1, true},
        .when = {0x1a04cf04c38, true},
        .data = RN_STR("\0\xff"),
        .inner = &inner,
        .entries = {entries, 2, true},
        .words = {words, 2, true},
        .numbers = {numbers, 2, true},
        .tags = {tags, 1, true},
    };

    (void)state;
    assert_encoded(&value, RN_STR("\xa8"
                                  "\x64"
                                  "Flag\xf5"
                                  "\x64"
                                  "When\xc1\x1b\x00\x00\x01\xa0\x4c\xf0\x4c\x38"
                                  "\x64"
                                  "Data\x42\x00\xff"
                                  "\x65"
                                  "Inner\xa1\x64Mode\x63ONE"
                                  "\x67"
                                  "Entries\x82\xa2\x63Key\x61"
                                  "a\x64"
                                  "Data\x40\xa1\x64Hash\x61h"
                                  "\x65Words\x82\x61x\x60"
                                  "\x67Numbers\x82\x20\x18\x18"
                                  "\x64Tags\xa1\x61k\x61v"));
    value = (struct sample){.flag = {0, true}, .entries = {.set = true}, .tags = {.set = true}};
    assert_encoded(&value, RN_STR("\xa3\x64"
                                  "Flag\xf4\x67"
                                  "Entries\x80\x64Tags\xa0"));
}

static void integers_have_the_shortest_form(void **state)
{
    static const struct {
        int64_t value;
        rn_str bytes;
    } rows[] = {
        {0, RN_STR_INIT("\x00")},
        {23, RN_STR_INIT("\x17")},
        {24, RN_STR_INIT("\x18\x18")},
        {255, RN_STR_INIT("\x18\xff")},
        {256, RN_STR_INIT("\x19\x01\x00")},
        {65535, RN_STR_INIT("\x19\xff\xff")},
        {65536, RN_STR_INIT("\x1a\x00\x01\x00\x00")},
        {4294967295, RN_STR_INIT("\x1a\xff\xff\xff\xff")},
        {4294967296, RN_STR_INIT("\x1b\x00\x00\x00\x01\x00\x00\x00\x00")},
        {INT64_MAX, RN_STR_INIT("\x1b\x7f\xff\xff\xff\xff\xff\xff\xff")},
        {-1, RN_STR_INIT("\x20")},
        {-24, RN_STR_INIT("\x37")},
        {-25, RN_STR_INIT("\x38\x18")},
        {-256, RN_STR_INIT("\x38\xff")},
        {INT64_MIN, RN_STR_INIT("\x3b\x7f\xff\xff\xff\xff\xff\xff\xff")},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sample value = {.big = {rows[i].value, true}};
        char wanted[16] = "\xa1\x63"
                          "Big";

        memcpy(wanted + 5, rows[i].bytes.data, rows[i].bytes.len);
        assert_encoded(&value, rn_str_make(wanted, 5 + rows[i].bytes.len));
    }
}

static void ill_formed_text_is_repaired(void **state)
{
    struct sample value = {.token = RN_STR("a\xff\xc3z")};

    (void)state;
    assert_encoded(&value, RN_STR("\xa1\x65Token\x68"
                                  "a\xef\xbf\xbd\xef\xbf\xbdz"));
    value.token = RN_STR("0123456789\xe4\xb8\x96");
    assert_encoded(&value, RN_STR("\xa1\x65Token\x6d"
                                  "0123456789\xe4\xb8\x96"));
}

static void a_buffer_that_is_too_small_fails_and_stays_as_it_was(void **state)
{
    struct sample value = {.token = RN_STR("0123")};
    struct rn_buf out;

    (void)state;
    for (size_t limit = 0; limit <= 12; limit++) {
        rn_buf_init(&out, limit);
        rn_cbor_encode(&sample_shape, &value, &out);
        assert_int_equal(out.failed, limit < 12);
        assert_int_equal(out.len, limit < 12 ? 0 : 12);
        rn_buf_done(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(absent_members_are_left_out_and_not_counted),
        cmocka_unit_test(each_kind_of_value_is_written),
        cmocka_unit_test(integers_have_the_shortest_form),
        cmocka_unit_test(ill_formed_text_is_repaired),
        cmocka_unit_test(a_buffer_that_is_too_small_fails_and_stays_as_it_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
