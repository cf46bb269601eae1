/* Addresses to listen on: how they are read, and one port for all where none is given.
 * Method: sockets that listen on loopback; nobody connects. */
#include "server/listen.h"

#include "sys/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

static struct rn_listen_plan plan;
static struct rn_reason reason;

static rn_err plan_of(const char *first, const char *second)
{
    struct rn_setting_list list = {.items = {first, second}, .count = second ? 2 : 1};

    return rn_listen_plan(&list, &plan, &reason);
}

static void missing_parts_are_filled_in(void **state)
{
    static const struct {
        const char *text, *host;
        int port;
    } rows[] = {
        {"127.0.0.1:1", "127.0.0.1", 1}, {"9000", "127.0.0.1", 9000}, {":0", "127.0.0.1", 0},
        {"0.0.0.0", "0.0.0.0", 4567},    {"[::1]", "::1", 4567},      {"[::]:80", "::", 80},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(plan_of(rows[i].text, NULL), RN_OK);
        assert_int_equal(plan.count, 1);
        assert_string_equal(plan.addresses[0].host, rows[i].host);
        assert_int_equal(plan.addresses[0].port, rows[i].port);
    }
}

static void localhost_is_both_families_and_doubles_are_dropped(void **state)
{
    (void)state;
    assert_int_equal(plan_of("localhost:5", "127.0.0.1:5"), RN_OK);
    assert_int_equal(plan.count, 2);
    assert_string_equal(plan.addresses[0].host, "127.0.0.1");
    assert_string_equal(plan.addresses[1].host, "::1");
    assert_true(plan.optional[0] && plan.optional[1]);
}

static void a_bad_address_is_named(void **state)
{
    static const char *const bad[] = {"example.com:80", "127.0.0.1:99999", "[::1", "1.2.3.4.5",
                                      "127.0.0.1:x"};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(plan_of(bad[i], NULL), RN_INVALID);
        assert_non_null(strstr(reason.text, bad[i]));
    }
}

static void addresses_others_can_reach_are_found(void **state)
{
    (void)state;
    assert_int_equal(plan_of("localhost", "127.9.9.9:1"), RN_OK);
    assert_null(rn_listen_plan_remote(&plan));
    assert_int_equal(plan_of("127.0.0.1", "0.0.0.0"), RN_OK);
    assert_string_equal(rn_listen_plan_remote(&plan)->host, "0.0.0.0");
    assert_int_equal(plan_of("[::]", NULL), RN_OK);
    assert_non_null(rn_listen_plan_remote(&plan));
}

static void port_zero_gives_one_port_for_all_and_taken_is_told(void **state)
{
    struct rn_listeners listeners, second;
    char taken[RN_ADDRESS_TEXT_BYTES];

    (void)state;
    assert_int_equal(plan_of("127.0.0.1:0", "127.0.0.2:0"), RN_OK);
    assert_int_equal(rn_listeners_open(&plan, &listeners, &reason), RN_OK);
    assert_int_equal(listeners.count, 2);
    assert_int_not_equal(rn_listener_address(listeners.items[0])->port, 0);
    assert_int_equal(rn_listener_address(listeners.items[0])->port,
                     rn_listener_address(listeners.items[1])->port);
    rn_address_text(rn_listener_address(listeners.items[1]), taken);
    assert_int_equal(plan_of(taken, NULL), RN_OK);
    assert_int_equal(rn_listeners_open(&plan, &second, &reason), RN_BUSY);
    assert_non_null(strstr(reason.text, taken));
    rn_listeners_close(&listeners);
    assert_int_equal(rn_listeners_open(&plan, &second, &reason), RN_OK);
    rn_listeners_close(&second);
}

static void the_port_file_holds_the_port(void **state)
{
    char directory[] = "/tmp/runnel-unit-XXXXXX";
    char path[64];
    struct rn_listeners listeners;
    FILE *file;
    unsigned port = 0;

    (void)state;
    assert_non_null(mkdtemp(directory));
    (void)snprintf(path, sizeof(path), "%s/port", directory);
    assert_int_equal(plan_of("127.0.0.1:0", NULL), RN_OK);
    assert_int_equal(rn_listeners_open(&plan, &listeners, &reason), RN_OK);
    assert_int_equal(rn_port_file_write(path, &listeners, &reason), RN_OK);
    file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%u", &port), 1);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(port, rn_listener_address(listeners.items[0])->port);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(directory), 0);
    assert_int_equal(rn_port_file_write(path, &listeners, &reason), RN_IO);
    assert_non_null(strstr(reason.text, path));
    rn_listeners_close(&listeners);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(missing_parts_are_filled_in),
        cmocka_unit_test(localhost_is_both_families_and_doubles_are_dropped),
        cmocka_unit_test(a_bad_address_is_named),
        cmocka_unit_test(addresses_others_can_reach_are_found),
        cmocka_unit_test(port_zero_gives_one_port_for_all_and_taken_is_told),
        cmocka_unit_test(the_port_file_holds_the_port),
    };

    rn_log_setup(RN_LOG_ERROR, false);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
