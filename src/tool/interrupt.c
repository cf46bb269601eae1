/* interrupt.c - one signal handler; it only sets atomics. */
#include "tool/interrupt.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

#include "client/client.h"
#include "sys/process.h"
#include "tool/exit.h"

static atomic_int count;
static _Atomic(struct runnel_client *) watched;
static atomic_int calls_from;

static void on_signal(int number)
{
    int times = atomic_fetch_add(&count, 1) + 1;
    struct runnel_client *client = atomic_load(&watched);

    (void)number;
    if (client && times >= atomic_load(&calls_from)) {
        runnel_client_interrupt(client);
    }
    if (times > 2) {
        rn_process_exit_now(RN_EXIT_INTERRUPTED);
    }
}

void rn_interrupt_watch(struct runnel_client *client, bool calls_at_once)
{
    struct sigaction action = {.sa_handler = on_signal}; /* without SA_RESTART: waits end */

    atomic_store(&watched, client);
    atomic_store(&calls_from, calls_at_once ? 1 : 2);
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL); /* cannot fail for these */
    (void)sigaction(SIGTERM, &action, NULL);
    rn_process_ignore_broken_pipes();
}

bool rn_interrupted(void)
{
    return atomic_load(&count) > 0;
}
