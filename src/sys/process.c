/* process.c - see process.h. */
#include "sys/process.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

bool rn_process_is_root(void)
{
    return geteuid() == 0;
}

void rn_process_host_name(char *text)
{
    if (gethostname(text, RN_HOST_NAME_BYTES) != 0) {
        text[0] = '\0';
    }
    text[RN_HOST_NAME_BYTES - 1] = '\0';
}

uint64_t rn_process_id(void)
{
    return (uint64_t)getpid();
}

bool rn_process_on_terminal(void)
{
    return isatty(STDERR_FILENO) == 1;
}

uint64_t rn_process_raise_files(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return 0;
    }
    if (limit.rlim_cur < limit.rlim_max) {
        struct rlimit wanted = {.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};

        if (setrlimit(RLIMIT_NOFILE, &wanted) == 0) {
            limit = wanted;
        }
    }
    return limit.rlim_cur;
}

void rn_process_ignore_broken_pipes(void)
{
    (void)signal(SIGPIPE, SIG_IGN); /* fails only for a number that is no signal */
}

void rn_process_forget_children(void)
{
    (void)signal(SIGCHLD, SIG_IGN);
}

void rn_process_exit_now(int code)
{
    _exit(code);
}
