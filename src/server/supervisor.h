/* supervisor.h - what the service manager that started us hears: ready, reloading, stopping, a line of
 * status, and, where it asks for that, a sign of life at least as often as it wants one.
 *
 * The sign of life is given only while every watched loop turns: a manager that misses it starts the
 * server anew. Without a manager nothing happens. A manager that cannot be reached is logged once.
 * Thread: the one whose loop it is on. */
#ifndef RN_SERVER_SUPERVISOR_H
#define RN_SERVER_SUPERVISOR_H

#include "base/err.h"
#include "sys/loop.h"

/* As the environment has them (sd_notify(3), sd_watchdog_enabled(3)); NULL or "": not set. */
struct rn_supervisor_options {
    const char *notify_socket; /* NOTIFY_SOCKET */
    const char *watchdog_usec; /* WATCHDOG_USEC */
    const char *watchdog_pid;  /* WATCHDOG_PID: whom it is for */
    struct rn_loop *loop;
};

struct rn_supervisor;

/* Texts are read during the call. What is set and wrong is logged and goes unused. RN_NOMEM, RN_IO. */
RN_MUST_USE rn_err rn_supervisor_new(const struct rn_supervisor_options *options,
                                     struct rn_supervisor **ret_supervisor);
/* The watched loops do not run any more. NULL is fine. */
void rn_supervisor_free(struct rn_supervisor *supervisor);

/* One more loop that must turn; before rn_supervisor_ready. */
RN_MUST_USE rn_err rn_supervisor_watch(struct rn_supervisor *supervisor, struct rn_loop *loop);

/* NULL is fine for the supervisor. */
void rn_supervisor_status(struct rn_supervisor *supervisor, const char *status);
/* The first one begins the signs of life. */
void rn_supervisor_ready(struct rn_supervisor *supervisor, const char *status);
void rn_supervisor_reloading(struct rn_supervisor *supervisor);
void rn_supervisor_stopping(struct rn_supervisor *supervisor, const char *status);

#endif
