/* worker.c - see worker.h.
 *
 * A worker reads the published control state without locks, so it tells the epoch when it waits and
 * when it runs. Drained means: no connection is left, and no operation is under way either (a client
 * that went away leaves its operation behind). */
#include "server/worker.h"

#include "base/list.h"
#include "fanout/fanout.h"
#include "sys/loop.h"

enum {
    BODY_BYTES_MAX = 16 * 1024 * 1024,
    ARENA_BYTES_MAX =
        48 * 1024 * 1024, /* a decoded request, a page of 10,000 items, copies of split strings */
    INFLIGHT_BYTES_MAX = 128 * 1024 * 1024, /* of one worker */
};

static int64_t wall_ms(void *arg)
{
    struct rn_worker *worker = arg;

    return rn_clock_wall_ms(worker->options.api.clock);
}

static void handle(void *arg, struct rn_exchange *exchange)
{
    struct rn_worker *worker = arg;

    rn_api_handle(worker->api, exchange);
}

static void turn(void *arg, bool idle)
{
    struct rn_worker *worker = arg;

    if (idle) {
        rn_epoch_leave(worker->options.epoch, worker->reader);
    } else {
        rn_epoch_enter(worker->options.epoch, worker->reader);
    }
}

static void tell_drained(struct rn_task *task)
{
    struct rn_worker *worker = RN_OWNER(task, struct rn_worker, drained_task);

    worker->options.drained(worker->options.arg);
}

static void operations_done(void *arg)
{
    struct rn_worker *worker = arg;

    if (!worker->drained) {
        worker->drained = true;
        rn_mailbox_post(worker->options.box, &worker->drained_task);
    }
}

static void connections_done(void *arg)
{
    struct rn_worker *worker = arg;

    rn_api_when_idle(worker->api, operations_done, worker);
}

static void drain(struct rn_task *task)
{
    struct rn_worker *worker = RN_OWNER(task, struct rn_worker, drain_task);

    for (size_t i = 0; i < worker->acceptor_count; i++) {
        rn_acceptor_close(worker->acceptors[i]);
        worker->acceptors[i] = NULL;
    }
    rn_http_server_drain(worker->http, connections_done, worker);
}

static void stop(struct rn_task *task)
{
    struct rn_worker *worker = RN_OWNER(task, struct rn_worker, stop_task);

    rn_loop_stop(worker->loop);
}

static void run(void *arg)
{
    struct rn_worker *worker = arg;

    rn_epoch_enter(worker->options.epoch, worker->reader);
    rn_loop_run(worker->loop);
    rn_epoch_leave(worker->options.epoch, worker->reader);
}

static rn_err make_http(struct rn_worker *worker)
{
    struct rn_http_options options;

    rn_http_options_default(&options);
    options.body_bytes_max = BODY_BYTES_MAX;
    options.arena_bytes_max = ARENA_BYTES_MAX;
    options.inflight_bytes_max = INFLIGHT_BYTES_MAX;
    options.connections_max = worker->options.connections_max;
    options.tls = worker->options.tls;
    options.tls_only = worker->options.tls_only;
    options.wall_ms = wall_ms;
    options.on_request = handle;
    options.arg = worker;
    return rn_http_server_new(worker->loop, &options, &worker->http);
}

rn_err rn_worker_init(struct rn_worker *worker, const struct rn_worker_options *options)
{
    rn_err err;

    *worker = (struct rn_worker){
        .options = *options,
        .drain_task.run = drain,
        .drained_task.run = tell_drained,
        .stop_task.run = stop,
    };
    err = rn_loop_new(&worker->loop);
    if (!err) {
        worker->options.api.box = rn_loop_box(worker->loop);
        rn_loop_on_idle(worker->loop, turn, worker);
        err = rn_epoch_join(options->epoch, &worker->reader);
    }
    if (!err) {
        err = rn_fanout_new(&(struct rn_fanout_options){.loop = worker->loop,
                                                        .clock = options->api.clock,
                                                        .claims = options->claims,
                                                        .life_ms = options->subscription_ms},
                            &worker->fanout);
        worker->options.api.fanout = worker->fanout;
    }
    if (!err) {
        err = rn_api_new(&worker->options.api, &worker->api);
    }
    if (!err) {
        err = make_http(worker);
    }
    if (err) {
        rn_worker_done(worker);
    }
    return err;
}

rn_err rn_worker_start(struct rn_worker *worker)
{
    rn_err err = rn_thread_start(&worker->thread, "rn-worker", run, worker);

    worker->runs = err == RN_OK;
    return err;
}

void rn_worker_drain(struct rn_worker *worker, struct rn_acceptor **acceptors,
                     size_t acceptor_count)
{
    worker->acceptors = acceptors;
    worker->acceptor_count = acceptor_count;
    rn_mailbox_post(rn_loop_box(worker->loop), &worker->drain_task);
}

void rn_worker_stop(struct rn_worker *worker)
{
    if (worker->runs) {
        rn_mailbox_post(rn_loop_box(worker->loop), &worker->stop_task);
        rn_thread_join(&worker->thread);
        worker->runs = false;
    }
}

void rn_worker_done(struct rn_worker *worker)
{
    rn_worker_stop(worker);
    if (worker->http) {
        rn_http_server_free(worker->http);
    }
    rn_api_free(worker->api);
    rn_fanout_free(worker->fanout);
    rn_loop_free(worker->loop);
    *worker = (struct rn_worker){.runs = false};
}
