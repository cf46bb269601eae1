/* Names of keys of KMS: which are any, and which are the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/key_id.h"

#define ID "1234abcd-12ab-34CD-56ef-1234567890ab"
#define MULTI "mrk-1234abcd12ab34cd56ef1234567890ab"
#define ARN "arn:aws:kms:us-east-1:111122223333:"

static bool valid(const char *text)
{
    return rn_key_id_valid(rn_str_c(text));
}

static void ids_aliases_and_their_arns_are_keys(void **state)
{
    (void)state;
    assert_true(valid(ID));
    assert_true(valid(MULTI));
    assert_true(valid("alias/aws/kinesis"));
    assert_true(valid("alias/a"));
    assert_true(valid(ARN "key/" ID));
    assert_true(valid(ARN "key/" MULTI));
    assert_true(valid(ARN "alias/a:b_c-d/9"));
    assert_true(valid("arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/" ID));
}

static void everything_else_is_none(void **state)
{
    static const char *const others[] = {
        "",
        "key",
        "n/a",
        "1234abcd-12ab-34cd-56ef-1234567890a",
        ID "0",
        "1234abcd_12ab-34cd-56ef-1234567890ab",
        "1234abcg-12ab-34cd-56ef-1234567890ab",
        "mrk-1234abcd12ab34cd56ef1234567890a",
        "mrk_1234abcd12ab34cd56ef1234567890ab",
        "mrk-1234abcd12ab34cd56ef1234567890aX",
        "alias/",
        "alias/a b",
        "Alias/a",
        ARN,
        ARN ID,
        ARN "key/",
        ARN "key/" ID "x",
        ARN "grant/" ID,
        ARN "alias/",
        "arn:aws:kms:us-east-1:11112222333:key/" ID,
        "arn:aws:kms:US:111122223333:key/" ID,
        "arn:aws:s3:us-east-1:111122223333:key/" ID,
        "arn:gcp:kms:us-east-1:111122223333:key/" ID,
        "urn:aws:kms:us-east-1:111122223333:key/" ID,
        "arn:aws:kms",
        "arn",
        ":",
    };
    char longest[257] = "alias/";

    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (valid(others[i])) {
            fail_msg("\"%s\" passed", others[i]);
        }
    }
    assert_false(rn_key_id_valid(rn_str_make("alias/\0", 7)));
    memset(longest + 6, 'a', sizeof(longest) - 6);
    assert_true(rn_key_id_valid(rn_str_make(longest, 256)));
    assert_false(rn_key_id_valid(rn_str_make(longest, 257)));
}

static bool same(const char *a, const char *b)
{
    return rn_key_id_same(rn_str_c(a), rn_str_c(b)) && rn_key_id_same(rn_str_c(b), rn_str_c(a));
}

static void an_id_and_its_arn_name_the_same_key(void **state)
{
    (void)state;
    assert_true(same(ID, ID));
    assert_true(same(ID, ARN "key/" ID));
    assert_true(same("alias/x", ARN "alias/x"));
    assert_false(same(ID, MULTI));
    assert_false(same("alias/x", "alias/y"));
    assert_false(same("alias/x", ARN "alias/y"));
    assert_false(same(ID, ARN "alias/" ID));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_aliases_and_their_arns_are_keys),
        cmocka_unit_test(everything_else_is_none),
        cmocka_unit_test(an_id_and_its_arn_name_the_same_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
