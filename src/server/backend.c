/* backend.c - opening in order, closing in reverse.
 *
 *   engine (recovery of lanes) -> data -> control (replay) -> service -> gate
 *
 * Each step runs on the backend's thread; the last one publishes the service to the workers. A failure
 * anywhere leaves what was opened for rn_backend_stop. */
#include "server/backend.h"

#include "base/list.h"
#include "control/control.h"
#include "data/data.h"
#include "data/scaler.h"
#include "local/local.h"
#include "service/service.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/loop.h"
#include "sys/random.h"
#include "sys/thread.h"

#include <assert.h>
#include <stdlib.h>

enum { TICK_MS = 100 };

struct rn_backend {
    struct rn_backend_options options;
    struct rn_loop *loop;
    struct rn_timer *tick;
    struct rn_thread thread;
    struct rn_task open_task, stop_task, close_task;
    struct rn_engine *engine;
    struct rn_data *data;
    struct rn_control *control;
    struct rn_scaler *scaler;
    struct rn_service *service;
    struct rn_limit_notices notices;
    /* Of the report to the owner: */
    struct rn_task report_task;
    rn_err err;
    struct rn_reason reason;
};

static void report_in_owner(struct rn_task *task)
{
    struct rn_backend *backend = RN_OWNER(task, struct rn_backend, report_task);

    backend->options.started(backend->options.arg, backend->err, &backend->reason);
}

static void report(struct rn_backend *backend, rn_err err)
{
    backend->err = err;
    rn_mailbox_post(backend->options.box, &backend->report_task);
}

static void ticked(void *arg)
{
    struct rn_backend *backend = arg;

    rn_control_tick(backend->control);
    rn_scaler_tick(backend->scaler);
}

static bool engine_writable(void *arg)
{
    return rn_engine_writable(arg);
}

/* Thread: a worker's. */
static void limited(void *arg, enum rn_limit limit, rn_str stream)
{
    struct rn_backend *backend = arg;
    char text[RN_LIMIT_NOTICE_BYTES];

    if (rn_limit_notice(&backend->notices, limit, stream, rn_clock_mono_us(rn_clock_real()),
                        text)) {
        rn_log(RN_LOG_WARN, "server", "%s", text);
    }
}

static void control_started(void *arg, rn_err err, const struct rn_reason *reason)
{
    struct rn_backend *backend = arg;
    struct rn_api_gate *gate = backend->options.gate;

    if (!err) {
        err = rn_service_new(
            &(struct rn_service_options){
                .control = backend->control,
                .data = backend->data,
                .clock = rn_clock_real(),
                .random = rn_random_real(),
                .limited = limited,
                .limited_arg = backend,
            },
            &backend->service);
    } else if (reason) {
        backend->reason = *reason;
    }
    if (!err) {
        err = rn_scaler_new(
            &(struct rn_scaler_options){
                .control = backend->control,
                .data = backend->data,
                .clock = rn_clock_real(),
                .box = rn_loop_box(backend->loop),
                .period_ms = backend->options.settings->on_demand_period_ms,
            },
            &backend->scaler);
    }
    if (!err) {
        rn_timer_start(backend->tick, TICK_MS, TICK_MS);
        gate->writable = engine_writable;
        gate->writable_arg = backend->engine;
        atomic_store_explicit(&gate->service, backend->service, memory_order_release);
    }
    report(backend, err);
}

static rn_err open_engine(struct rn_backend *backend)
{
    const struct rn_settings *settings = backend->options.settings;
    struct rn_local_options options = rn_local_defaults();

    options.disk = backend->options.directory->disk;
    options.clock = rn_clock_real();
    options.random = rn_random_real();
    options.sync = settings->durability == RN_DURABILITY_SYNC;
    options.cache_bytes = (size_t)settings->cache_bytes;
    options.segment_bytes = (size_t)settings->segment_bytes;
    options.threads = true;
    return rn_local_open(&options, &backend->engine, &backend->reason);
}

static rn_err open_data(struct rn_backend *backend)
{
    struct rn_data_options options;

    rn_data_options_default(&options);
    options.engine = backend->engine;
    options.clock = rn_clock_real();
    options.limits = backend->options.limits;
    return rn_data_new(&options, &backend->data);
}

static void warn(void *arg, const struct rn_reason *reason)
{
    (void)arg;
    rn_log(RN_LOG_WARN, "control", "%s", reason->text);
}

static rn_err open_control(struct rn_backend *backend)
{
    const struct rn_settings *settings = backend->options.settings;
    struct rn_control_options options;

    rn_control_options_default(&options);
    options.engine = backend->engine;
    options.disk = backend->options.directory->disk;
    options.clock = rn_clock_real();
    options.random = rn_random_real();
    options.epoch = backend->options.epoch;
    options.box = rn_loop_box(backend->loop);
    options.region = rn_str_c(settings->region);
    options.account = rn_str_c(settings->account);
    options.transition_delay_ms = settings->transition_delay_ms;
    options.allow_clock_back = settings->allow_clock_back;
    options.runtime_new = rn_data_runtime_new;
    options.runtime_free = rn_data_runtime_free;
    options.runtime_close = rn_data_runtime_close;
    options.runtime_arg = backend->data;
    options.warn = warn;
    return rn_control_open(&options, control_started, backend, &backend->control);
}

static void open_all(struct rn_task *task)
{
    struct rn_backend *backend = RN_OWNER(task, struct rn_backend, open_task);
    rn_err err = open_engine(backend);

    if (!err) {
        err = open_data(backend);
    }
    if (!err) {
        err = open_control(backend); /* goes on in control_started */
    }
    if (err) {
        report(backend, err);
    }
}

static void close_all(struct rn_task *task)
{
    struct rn_backend *backend = RN_OWNER(task, struct rn_backend, close_task);

    rn_scaler_free(backend->scaler);
    rn_control_close(backend->control);
    rn_data_free(backend->data);
    if (backend->engine) {
        rn_local_close(backend->engine);
    }
    rn_loop_stop(backend->loop);
}

/* In a turn of its own: nothing of control's is under way there. */
static void close_later(void *arg)
{
    struct rn_backend *backend = arg;

    rn_mailbox_post(rn_loop_box(backend->loop), &backend->close_task);
}

static void stop(struct rn_task *task)
{
    struct rn_backend *backend = RN_OWNER(task, struct rn_backend, stop_task);

    atomic_store(&backend->options.gate->service, NULL);
    rn_timer_stop(backend->tick);
    rn_service_free(backend->service);
    backend->service = NULL;
    if (backend->control) {
        rn_control_stop(backend->control, close_later, backend);
    } else {
        close_later(backend);
    }
}

static void run(void *arg)
{
    struct rn_backend *backend = arg;

    rn_loop_run(backend->loop);
}

static void free_backend(struct rn_backend *backend)
{
    rn_timer_free(backend->tick);
    rn_loop_free(backend->loop);
    free(backend);
}

rn_err rn_backend_start(const struct rn_backend_options *options, struct rn_backend **ret_backend)
{
    struct rn_backend *backend = calloc(1, sizeof(*backend));
    rn_err err;

    if (!backend) {
        return RN_NOMEM;
    }
    backend->options = *options;
    backend->open_task.run = open_all;
    backend->stop_task.run = stop;
    backend->close_task.run = close_all;
    backend->report_task.run = report_in_owner;
    err = rn_loop_new(&backend->loop);
    if (!err) {
        err = rn_timer_new(backend->loop, ticked, backend, &backend->tick);
    }
    if (!err) {
        rn_mailbox_post(rn_loop_box(backend->loop), &backend->open_task);
        err = rn_thread_start(&backend->thread, "rn-control", run, backend);
    }
    if (err) {
        free_backend(backend);
        return err;
    }
    *ret_backend = backend;
    return RN_OK;
}

void rn_backend_stop(struct rn_backend *backend)
{
    if (!backend) {
        return;
    }
    rn_mailbox_post(rn_loop_box(backend->loop), &backend->stop_task);
    rn_thread_join(&backend->thread);
    free_backend(backend);
}
