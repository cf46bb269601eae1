#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "sys/process.h"

static void root_is_who_has_user_id_0(void **state)
{
    (void)state;
    assert_int_equal(rn_process_is_root(), geteuid() == 0);
}

static void open_files_are_raised_to_the_hard_limit(void **state)
{
    struct rlimit limit;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = 64;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(rn_process_raise_files(), limit.rlim_max);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(limit.rlim_cur, limit.rlim_max);
    assert_int_equal(rn_process_raise_files(), limit.rlim_max); /* and stays there */
}

static void a_pipe_that_nobody_reads_is_an_error_of_the_write(void **state)
{
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(close(ends[0]), 0);
    rn_process_ignore_broken_pipes();
    assert_int_equal(write(ends[1], "x", 1), -1); /* else the signal has ended this program */
    assert_int_equal(errno, EPIPE);
    assert_int_equal(close(ends[1]), 0);
}

static void never_run(void)
{
    _exit(1);
}

static void an_exit_now_runs_nothing_else(void **state)
{
    pid_t child = fork();
    int status;

    (void)state;
    assert_true(child >= 0);
    if (child == 0) {
        (void)atexit(never_run);
        rn_process_exit_now(75);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 75);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(root_is_who_has_user_id_0),
        cmocka_unit_test(open_files_are_raised_to_the_hard_limit),
        cmocka_unit_test(a_pipe_that_nobody_reads_is_an_error_of_the_write),
        cmocka_unit_test(an_exit_now_runs_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
