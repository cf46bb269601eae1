/* Shard iterators: what is sealed opens, and nothing else does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "crypto/crypto.h"
#include "model/iterator.h"

static const uint8_t key[RN_ITERATOR_KEY_BYTES] = {1, 2, 3, 4};
static const uint8_t iv[RN_GCM_IV_BYTES] = {9, 8, 7};
static const struct rn_iterator sample = {
    .stream_uid = 0x1122334455667788,
    .shard_index = 7,
    .kind = RN_ITERATOR_AT_TIME,
    .offset = UINT64_MAX,
    .timestamp_ms = -1,
    .created_ms = 1700000000123,
    .stream = "orders",
};

static void assert_same(const struct rn_iterator *a, const struct rn_iterator *b)
{
    assert_true(a->stream_uid == b->stream_uid && a->shard_index == b->shard_index &&
                a->kind == b->kind);
    assert_true(a->offset == b->offset && a->timestamp_ms == b->timestamp_ms &&
                a->created_ms == b->created_ms);
    assert_string_equal(a->stream, b->stream);
}

static void assert_refused(rn_str text)
{
    struct rn_iterator iterator = {.shard_index = 77};

    assert_int_equal(rn_iterator_open(text, key, &iterator), RN_INVALID);
    assert_int_equal(iterator.shard_index, 77);
}

static void what_was_sealed_opens(void **state)
{
    static const enum rn_iterator_kind kinds[] = {RN_ITERATOR_AT_OFFSET, RN_ITERATOR_TRIM_HORIZON,
                                                  RN_ITERATOR_AT_TIME};
    char text[RN_ITERATOR_TEXT_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        struct rn_iterator iterator = sample, opened;
        size_t len;

        iterator.kind = kinds[i];
        len = rn_iterator_seal(&iterator, key, iv, text);
        assert_int_equal(len, strlen(text));
        assert_int_equal(rn_iterator_open(rn_str_make(text, len), key, &opened), RN_OK);
        assert_same(&opened, &iterator);
    }
}

static void the_longest_name_fits_and_does_not_show_in_the_length(void **state)
{
    struct rn_iterator iterator = sample, opened;
    char text[RN_ITERATOR_TEXT_BYTES];
    size_t len;

    (void)state;
    memset(iterator.stream, 'n', RN_STREAM_NAME_BYTES_MAX);
    len = rn_iterator_seal(&iterator, key, iv, text);
    assert_int_equal(rn_iterator_open(rn_str_make(text, len), key, &opened), RN_OK);
    assert_same(&opened, &iterator);
    assert_int_equal(rn_iterator_seal(&sample, key, iv, text), len);
}

static void the_text_looks_like_the_services(void **state)
{
    char text[RN_ITERATOR_TEXT_BYTES];
    size_t len = rn_iterator_seal(&sample, key, iv, text);

    (void)state;
    assert_memory_equal(text, "AAAAAAAAAAE", 11);
    assert_true(len % 4 == 0 && len < RN_ITERATOR_TEXT_BYTES);
    assert_int_equal(
        strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="), len);
}

static void a_fresh_nonce_hides_that_two_are_equal(void **state)
{
    static const uint8_t other_iv[RN_GCM_IV_BYTES] = {9, 8, 6};
    char a[RN_ITERATOR_TEXT_BYTES], b[RN_ITERATOR_TEXT_BYTES];

    (void)state;
    rn_iterator_seal(&sample, key, iv, a);
    rn_iterator_seal(&sample, key, other_iv, b);
    assert_string_not_equal(a + 32, b + 32);
}

static void double_quotes_around_it_are_forgiven_once(void **state)
{
    char text[RN_ITERATOR_TEXT_BYTES], quoted[RN_ITERATOR_TEXT_BYTES + 8];
    struct rn_iterator opened;

    (void)state;
    rn_iterator_seal(&sample, key, iv, text);
    snprintf(quoted, sizeof(quoted), "\"%s\"", text);
    assert_int_equal(rn_iterator_open(rn_str_c(quoted), key, &opened), RN_OK);
    assert_same(&opened, &sample);
    assert_refused(rn_str_make(quoted, strlen(quoted) - 1));
    assert_refused(rn_str_c(quoted + 1));
    snprintf(quoted, sizeof(quoted), "\"\"%s\"\"", text);
    assert_refused(rn_str_c(quoted));
    assert_refused(RN_STR("\""));
    assert_refused(RN_STR("\"\""));
}

static void no_changed_character_opens(void **state)
{
    char text[RN_ITERATOR_TEXT_BYTES];
    size_t len = rn_iterator_seal(&sample, key, iv, text);

    (void)state;
    for (size_t i = 0; i < len; i++) {
        char sent = text[i];

        for (int c = 0; c < 256; c++) {
            if ((char)c != sent) {
                text[i] = (char)c;
                assert_refused(rn_str_make(text, len));
            }
        }
        text[i] = sent;
    }
}

static void no_other_length_opens(void **state)
{
    char text[RN_ITERATOR_TEXT_BYTES + 8];
    size_t len = rn_iterator_seal(&sample, key, iv, text);

    (void)state;
    memset(text + len, 'A', 8);
    for (size_t i = 0; i <= len + 8; i++) {
        if (i != len) {
            assert_refused(rn_str_make(text, i));
        }
    }
}

static void another_key_does_not_open_it(void **state)
{
    static const uint8_t other_key[RN_ITERATOR_KEY_BYTES] = {1, 2, 3, 5};
    char text[RN_ITERATOR_TEXT_BYTES];
    struct rn_iterator opened;

    (void)state;
    rn_iterator_seal(&sample, key, iv, text);
    assert_int_equal(rn_iterator_open(rn_str_c(text), other_key, &opened), RN_INVALID);
}

static void iterators_of_the_real_service_are_refused(void **state)
{
    (void)state;
    assert_refused(RN_STR("AAAAAAAAAAETYyAYzd665+8e0X7JTsASDM/Hr2rSwc0X2qz93iuA3udrjTH+ikQvpQk/"
                          "1ZcMMLzRdAesqwBGPnsthzU0/CBlM/"
                          "U8/"
                          "8oEqGwX3pKw0XyeDNRAAZyXBo3MqkQtCpXhr942BRTjvWKhFz7OmCb2Ncfr8Tl2cBktooi6k"
                          "Jhr+djN5WYkB38Rr3akRgCl9qaU4dY="));
    assert_refused(RN_STR(""));
    assert_refused(RN_STR("a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_sealed_opens),
        cmocka_unit_test(the_longest_name_fits_and_does_not_show_in_the_length),
        cmocka_unit_test(the_text_looks_like_the_services),
        cmocka_unit_test(a_fresh_nonce_hides_that_two_are_equal),
        cmocka_unit_test(double_quotes_around_it_are_forgiven_once),
        cmocka_unit_test(no_changed_character_opens),
        cmocka_unit_test(no_other_length_opens),
        cmocka_unit_test(another_key_does_not_open_it),
        cmocka_unit_test(iterators_of_the_real_service_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
