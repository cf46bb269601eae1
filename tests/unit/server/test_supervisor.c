/* Method: the manager's end is a socket of this test; loops run in this thread, or are kept from running. */
#include "server/supervisor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

enum { DEADLINE_MS = 10000, SILENCE_MS = 100 };

static int manager = -1;
static char address[64];
static struct rn_loop *loop, *watched;
static struct rn_timer *poll_timer, *deadline;
static struct rn_supervisor *supervisor;
static int signs, signs_wanted;

static const char *received(void)
{
    static char text[256];
    ssize_t len = recv(manager, text, sizeof(text) - 1, MSG_DONTWAIT);

    text[len > 0 ? len : 0] = '\0';
    return text;
}

static void count_signs(void *arg)
{
    (void)arg;
    while (strcmp(received(), "WATCHDOG=1") == 0) {
        signs++;
    }
    if (signs >= signs_wanted) {
        rn_loop_stop(loop);
    }
}

static void stop(void *arg)
{
    rn_loop_stop(arg);
}

/* Until `wanted` signs of life came, or `ms` have passed. */
static void run_for(int wanted, int64_t ms)
{
    signs = 0;
    signs_wanted = wanted;
    rn_timer_start(poll_timer, 1, 1);
    rn_timer_start(deadline, ms, 0);
    rn_loop_run(loop);
    rn_timer_stop(poll_timer);
    rn_timer_stop(deadline);
}

static int setup(void **state)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int len = snprintf(address, sizeof(address), "@runnel-supervisor-%ld", (long)getpid());

    (void)state;
    memcpy(name.sun_path + 1, address + 1, (size_t)len - 1);
    manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(manager, (const struct sockaddr *)&name,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)len)),
                     0);
    assert_int_equal(rn_loop_new(&loop), RN_OK);
    assert_int_equal(rn_loop_new(&watched), RN_OK);
    assert_int_equal(rn_timer_new(loop, count_signs, NULL, &poll_timer), RN_OK);
    assert_int_equal(rn_timer_new(loop, stop, loop, &deadline), RN_OK);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rn_supervisor_free(supervisor);
    supervisor = NULL;
    rn_timer_free(poll_timer);
    rn_timer_free(deadline);
    rn_loop_free(loop);
    rn_loop_free(watched);
    return close(manager);
}

static void open_with(const char *socket_name, const char *usec, const char *pid)
{
    assert_int_equal(
        rn_supervisor_new(&(struct rn_supervisor_options){socket_name, usec, pid, loop},
                          &supervisor),
        RN_OK);
}

static void the_manager_hears_each_stage(void **state)
{
    (void)state;
    open_with(address, NULL, NULL);
    rn_supervisor_status(supervisor, "recovering");
    assert_string_equal(received(), "STATUS=recovering");
    rn_supervisor_ready(supervisor, "serving");
    assert_string_equal(received(), "READY=1\nSTATUS=serving");
    rn_supervisor_reloading(supervisor);
    assert_int_equal(strncmp(received(), "RELOADING=1\nMONOTONIC_USEC=", 27), 0);
    rn_supervisor_ready(supervisor, NULL);
    assert_string_equal(received(), "READY=1\n");
    rn_supervisor_stopping(supervisor, "draining");
    assert_string_equal(received(), "STOPPING=1\nSTATUS=draining");
    assert_string_equal(received(), ""); /* and no sign of life: nobody asked */
}

static void without_a_manager_nothing_happens(void **state)
{
    const char *none[] = {NULL, "", "nowhere", "@runnel-nobody-listens-here"};

    (void)state;
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        open_with(none[i], "30000", NULL);
        rn_supervisor_ready(supervisor, "serving");
        rn_supervisor_free(supervisor);
    }
    supervisor = NULL;
    rn_supervisor_ready(NULL, "serving");
    rn_supervisor_stopping(NULL, "draining");
    assert_string_equal(received(), "");
}

static void signs_of_life_come_while_watched_loops_turn(void **state)
{
    (void)state;
    open_with(address, "30000", NULL);
    assert_int_equal(rn_supervisor_watch(supervisor, loop), RN_OK);
    rn_supervisor_ready(supervisor, NULL);
    assert_string_equal(received(), "READY=1\n");
    run_for(4, DEADLINE_MS);
    assert_true(signs >= 4);
}

static void a_loop_that_hangs_ends_the_signs_until_it_turns(void **state)
{
    struct rn_timer *turn;

    (void)state;
    open_with(address, "30000", NULL);
    assert_int_equal(rn_supervisor_watch(supervisor, loop), RN_OK);
    assert_int_equal(rn_supervisor_watch(supervisor, watched), RN_OK);
    rn_supervisor_ready(supervisor, NULL);
    assert_string_equal(received(), "READY=1\n");
    run_for(2, SILENCE_MS);
    assert_int_equal(signs, 1); /* the first, for which nothing had to turn */
    assert_int_equal(rn_timer_new(watched, stop, watched, &turn), RN_OK);
    rn_timer_start(turn, 1, 0);
    rn_loop_run(watched);
    rn_timer_free(turn);
    run_for(1, DEADLINE_MS);
    assert_int_equal(signs, 1);
}

static void signs_are_for_the_process_that_was_asked(void **state)
{
    char mine[32];

    (void)state;
    open_with(address, "30000", "1");
    rn_supervisor_ready(supervisor, NULL);
    assert_string_equal(received(), "READY=1\n");
    assert_string_equal(received(), "");
    rn_supervisor_free(supervisor);
    (void)snprintf(mine, sizeof(mine), "%ld", (long)getpid());
    open_with(address, "30000", mine);
    rn_supervisor_ready(supervisor, NULL);
    assert_string_equal(received(), "READY=1\n");
    assert_string_equal(received(), "WATCHDOG=1");
    rn_supervisor_free(supervisor);
    open_with(address, "soon", NULL);
    rn_supervisor_ready(supervisor, NULL);
    assert_string_equal(received(), "READY=1\n");
    assert_string_equal(received(), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_manager_hears_each_stage, setup, teardown),
        cmocka_unit_test_setup_teardown(without_a_manager_nothing_happens, setup, teardown),
        cmocka_unit_test_setup_teardown(signs_of_life_come_while_watched_loops_turn, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_loop_that_hangs_ends_the_signs_until_it_turns, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(signs_are_for_the_process_that_was_asked, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
