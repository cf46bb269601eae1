#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sys/tcp.h"

static const struct rn_address defaults = {"127.0.0.1", 4567};

static void every_form_is_read_and_missing_parts_filled_in(void **state)
{
    static const struct {
        const char *text, *host;
        uint16_t port;
    } good[] = {
        {"10.0.0.1:80", "10.0.0.1", 80},  {"[::1]:80", "::1", 80},
        {"[0:0::1]", "::1", 4567},        {"fe80::2", "fe80::2", 4567},
        {":0", "127.0.0.1", 0},           {"8080", "127.0.0.1", 8080},
        {"0.0.0.0", "0.0.0.0", 4567},     {"::", "::", 4567},
        {"localhost", "localhost", 4567}, {"LocalHost:65535", "localhost", 65535},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct rn_address address;

        assert_int_equal(rn_address_parse(rn_str_c(good[i].text), &defaults, &address), RN_OK);
        assert_string_equal(address.host, good[i].host);
        assert_int_equal(address.port, good[i].port);
    }
}

static void anything_else_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "example.com",
        "example.com:80",
        "1.2.3",
        "1.2.3.4:",
        "1.2.3.4:65536",
        "65536",
        "[::1",
        "[::1]80",
        "[1.2.3.4]:80",
        "::1::",
        "[]:80",
        "1.2.3.4:-1",
        "1.2.3.4 ",
        "[::1]:",
        ":",
        "1111111111111111111111111111111111111111111111111111111111111111111111111.1:1"};
    struct rn_address address = {"kept", 1};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(rn_address_parse(rn_str_c(bad[i]), &defaults, &address), RN_INVALID);
    }
    assert_string_equal(address.host, "kept");
}

static void loopback_is_recognised(void **state)
{
    static const char *const near[] = {"127.0.0.1", "127.9.9.9", "::1", "localhost"};
    static const char *const far[] = {"0.0.0.0", "10.0.0.1", "::", "128.0.0.1", "fe80::1"};
    struct rn_address address;

    (void)state;
    for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++) {
        assert_int_equal(rn_address_parse(rn_str_c(near[i]), &defaults, &address), RN_OK);
        assert_true(rn_address_is_loopback(&address));
    }
    for (size_t i = 0; i < sizeof(far) / sizeof(far[0]); i++) {
        assert_int_equal(rn_address_parse(rn_str_c(far[i]), &defaults, &address), RN_OK);
        assert_false(rn_address_is_loopback(&address));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_is_read_and_missing_parts_filled_in),
        cmocka_unit_test(anything_else_is_refused),
        cmocka_unit_test(loopback_is_recognised),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
