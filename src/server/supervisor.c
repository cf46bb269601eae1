/* supervisor.c - see supervisor.h.
 *
 * A round: each watched loop gets a task. When all tasks have run, on their own threads, the next tick
 * gives the sign of life and begins the next round. Three ticks fit into what the manager grants. */
#include "server/supervisor.h"

#include "base/list.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/notify.h"
#include "sys/process.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { LINES_BYTES = 1024, TICKS_A_GRANT = 3, TICK_MS_MIN = 10, LOOPS_MAX = 256 };

/* One watched loop. */
struct pulse {
    struct rn_task task;
    struct rn_loop *loop;
    atomic_bool beats; /* false: the task is on its way */
};

struct rn_supervisor {
    struct rn_notify *notify; /* NULL: nobody listens */
    struct rn_timer *timer;
    int64_t tick_ms; /* 0: no signs of life are asked for */
    bool begun, told_unreachable, told_stuck;
    size_t count;
    struct pulse pulses[LOOPS_MAX];
};

static void send(struct rn_supervisor *supervisor, const char *lines)
{
    rn_err err =
        supervisor && supervisor->notify ? rn_notify_send(supervisor->notify, lines) : RN_OK;

    if (err && !supervisor->told_unreachable) {
        supervisor->told_unreachable = true;
        rn_log(RN_LOG_WARN, "server", "the service manager cannot be reached: %s",
               rn_err_text(err));
    }
}

/* `head`, and the status as a line behind it. */
static void send_status(struct rn_supervisor *supervisor, const char *head, const char *status)
{
    char lines[LINES_BYTES];

    (void)snprintf(lines, sizeof(lines), "%s%s%s", head, status ? "STATUS=" : "",
                   status ? status : "");
    send(supervisor, lines);
}

static void beat(struct rn_task *task)
{
    struct pulse *pulse = RN_OWNER(task, struct pulse, task);

    atomic_store(&pulse->beats, true);
}

static bool all_beat(struct rn_supervisor *supervisor)
{
    for (size_t i = 0; i < supervisor->count; i++) {
        if (atomic_load(&supervisor->pulses[i].beats)) {
            continue;
        }
        if (!supervisor->told_stuck) {
            supervisor->told_stuck = true;
            rn_log(RN_LOG_ERROR, "server",
                   "loop %zu of %zu has not turned for %" PRId64 " ms: no sign of life is given",
                   i + 1, supervisor->count, supervisor->tick_ms);
        }
        return false;
    }
    supervisor->told_stuck = false;
    return true;
}

static void ticked(void *arg)
{
    struct rn_supervisor *supervisor = arg;

    if (!all_beat(supervisor)) {
        return;
    }
    send(supervisor, "WATCHDOG=1");
    for (size_t i = 0; i < supervisor->count; i++) {
        struct pulse *pulse = &supervisor->pulses[i];

        atomic_store(&pulse->beats, false);
        rn_mailbox_post(rn_loop_box(pulse->loop), &pulse->task);
    }
}

static bool is_set(const char *text)
{
    return text && text[0];
}

/* 0: none, or for another process. */
static int64_t tick_of(const struct rn_supervisor_options *options)
{
    uint64_t usec, pid;
    int64_t tick;

    if (!is_set(options->watchdog_usec) ||
        (is_set(options->watchdog_pid) && rn_str_to_u64(rn_str_c(options->watchdog_pid), &pid) &&
         pid != rn_process_id())) {
        return 0;
    }
    if (!rn_str_to_u64(rn_str_c(options->watchdog_usec), &usec) || usec == 0 || usec > INT64_MAX) {
        rn_log(RN_LOG_WARN, "server", "WATCHDOG_USEC: \"%s\" is no number of microseconds",
               options->watchdog_usec);
        return 0;
    }
    tick = (int64_t)usec / 1000 / TICKS_A_GRANT;
    return tick < TICK_MS_MIN ? TICK_MS_MIN : tick;
}

rn_err rn_supervisor_new(const struct rn_supervisor_options *options,
                         struct rn_supervisor **ret_supervisor)
{
    struct rn_supervisor *supervisor = calloc(1, sizeof(*supervisor));
    rn_err err = supervisor ? RN_OK : RN_NOMEM;

    if (!err && is_set(options->notify_socket)) {
        err = rn_notify_open(options->notify_socket, &supervisor->notify);
        if (err == RN_INVALID) {
            rn_log(RN_LOG_WARN, "server",
                   "NOTIFY_SOCKET: \"%s\" is neither an absolute path nor @name",
                   options->notify_socket);
            err = RN_OK;
        }
        supervisor->tick_ms = supervisor->notify ? tick_of(options) : 0;
    }
    if (!err) {
        err = rn_timer_new(options->loop, ticked, supervisor, &supervisor->timer);
    }
    if (err) {
        rn_supervisor_free(supervisor);
        return err;
    }
    *ret_supervisor = supervisor;
    return RN_OK;
}

void rn_supervisor_free(struct rn_supervisor *supervisor)
{
    if (supervisor) {
        rn_timer_free(supervisor->timer);
        rn_notify_close(supervisor->notify);
        free(supervisor);
    }
}

rn_err rn_supervisor_watch(struct rn_supervisor *supervisor, struct rn_loop *loop)
{
    struct pulse *pulse = &supervisor->pulses[supervisor->count];

    if (supervisor->count == LOOPS_MAX) {
        return RN_FULL;
    }
    supervisor->count++;
    pulse->task.run = beat;
    pulse->loop = loop;
    atomic_store(&pulse->beats, true);
    return RN_OK;
}

void rn_supervisor_status(struct rn_supervisor *supervisor, const char *status)
{
    send_status(supervisor, "", status);
}

void rn_supervisor_ready(struct rn_supervisor *supervisor, const char *status)
{
    send_status(supervisor, "READY=1\n", status);
    if (supervisor && supervisor->tick_ms > 0 && !supervisor->begun) {
        supervisor->begun = true;
        ticked(supervisor);
        rn_timer_start(supervisor->timer, supervisor->tick_ms, supervisor->tick_ms);
    }
}

void rn_supervisor_reloading(struct rn_supervisor *supervisor)
{
    char lines[LINES_BYTES];

    (void)snprintf(lines, sizeof(lines), "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
                   rn_clock_mono_us(rn_clock_real()));
    send(supervisor, lines);
}

void rn_supervisor_stopping(struct rn_supervisor *supervisor, const char *status)
{
    send_status(supervisor, "STOPPING=1\n", status);
}
