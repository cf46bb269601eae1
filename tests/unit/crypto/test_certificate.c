/* Certificates of one's own: what is signed fits, and nothing else does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/certificate.h"

enum { NOW_S = 1768472130, DAY_S = 86400 };

static const char *const names[] = {"localhost", "127.0.0.1", "::1", "host.example"};
enum { NAME_COUNT = sizeof(names) / sizeof(*names) };

static struct rn_pem_pair authority, other, certificate;

static int make(void **state)
{
    (void)state;
    assert_int_equal(rn_certificate_authority("Runnel on here", NOW_S, 3650, &authority), RN_OK);
    assert_int_equal(rn_certificate_authority("Runnel on here", NOW_S, 3650, &other), RN_OK);
    return rn_certificate_sign(rn_str_c(authority.certificate), rn_str_c(authority.key), names,
                               NAME_COUNT, NOW_S, 397, &certificate);
}

static bool fits(const char *pem, const char *issuer, const char *name, int64_t at_s)
{
    return rn_certificate_fits(rn_str_c(pem), rn_str_c(issuer), &name, 1, at_s);
}

static void what_is_signed_fits_its_authority_and_each_of_its_names(void **state)
{
    (void)state;
    assert_true(rn_certificate_fits(rn_str_c(certificate.certificate),
                                    rn_str_c(authority.certificate), names, NAME_COUNT, NOW_S));
    for (size_t i = 0; i < NAME_COUNT; i++) {
        assert_true(fits(certificate.certificate, authority.certificate, names[i], NOW_S));
    }
}

static void another_name_does_not_fit(void **state)
{
    static const char *const wrong[] = {"example", "127.0.0.2", "::2", "localhost.example",
                                        "0:0:0:0:0:0:0:0"};

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        assert_false(fits(certificate.certificate, authority.certificate, wrong[i], NOW_S));
    }
}

static void another_authority_of_the_same_name_does_not_fit(void **state)
{
    (void)state;
    assert_false(fits(certificate.certificate, other.certificate, "localhost", NOW_S));
    assert_false(fits(other.certificate, authority.certificate, "localhost", NOW_S));
}

static void it_fits_from_a_day_before_until_its_last_day(void **state)
{
    (void)state;
    assert_false(
        fits(certificate.certificate, authority.certificate, "localhost", NOW_S - DAY_S - 1));
    assert_true(
        fits(certificate.certificate, authority.certificate, "localhost", NOW_S - DAY_S + 1));
    assert_true(fits(certificate.certificate, authority.certificate, "localhost",
                     NOW_S + 397 * (int64_t)DAY_S - 1));
    assert_false(fits(certificate.certificate, authority.certificate, "localhost",
                      NOW_S + 397 * (int64_t)DAY_S + 1));
}

static void what_does_not_parse_fits_nothing(void **state)
{
    static const char *const wrong[] = {"", "text", "-----BEGIN CERTIFICATE-----\nAAAA\n"};

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        assert_false(fits(wrong[i], authority.certificate, "localhost", NOW_S));
        assert_false(fits(certificate.certificate, wrong[i], "localhost", NOW_S));
    }
}

static void a_name_that_is_none_and_a_foreign_key_are_refused(void **state)
{
    static const char *const wrong[] = {"", "two words", "a,DNS:b", "line\nend"};
    struct rn_pem_pair pair;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        assert_int_equal(rn_certificate_sign(rn_str_c(authority.certificate),
                                             rn_str_c(authority.key), &wrong[i], 1, NOW_S, 10,
                                             &pair),
                         RN_INVALID);
    }
    assert_int_equal(rn_certificate_sign(rn_str_c(authority.certificate), rn_str_c(other.key),
                                         names, NAME_COUNT, NOW_S, 10, &pair),
                     RN_INVALID);
    assert_int_equal(rn_certificate_sign(RN_STR("no certificate"), rn_str_c(other.key), names,
                                         NAME_COUNT, NOW_S, 10, &pair),
                     RN_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_signed_fits_its_authority_and_each_of_its_names),
        cmocka_unit_test(another_name_does_not_fit),
        cmocka_unit_test(another_authority_of_the_same_name_does_not_fit),
        cmocka_unit_test(it_fits_from_a_day_before_until_its_last_day),
        cmocka_unit_test(what_does_not_parse_fits_nothing),
        cmocka_unit_test(a_name_that_is_none_and_a_foreign_key_are_refused),
    };

    return cmocka_run_group_tests(tests, make, NULL);
}
