/* server.c - start, wait, drain.
 *
 * START   directory and its lock, format, root key, ports (a process that queries /-/live gets an
 *         answer from here on), workers, port file, and then the backend, which recovers the data on
 *         its own thread and opens the gate.
 * WAIT    the main thread runs a loop for signals and for what other threads report; a timer looks whether
 *         somebody set the clock.
 * DRAIN   gate marked, listeners closed, connections finished, workers ended; then the backend closes
 *         with nothing left under way.
 * THREADS main; N workers; the backend's; the engine's own. */
#include "server/server.h"

#include "base/map.h"
#include "fanout/claims.h"
#include "server/backend.h"
#include "server/clock_watch.h"
#include "server/credentials.h"
#include "server/directory.h"
#include "server/listen.h"
#include "server/reload.h"
#include "server/tls.h"
#include "server/worker.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/loop.h"
#include "sys/process.h"
#include "sys/random.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    DRAIN_DEADLINE_MS = 25000, /* below the half minute that service managers give */
    EXIT_DRAIN_CUT = 1,        /* the deadline passed: some requests were not answered */
    EXIT_SECOND_SIGNAL = 130,
    SIGNATURE_CACHE_ENTRIES = 1024,
    CLOCK_LOOK_MS = 1000,
    RELOAD_BYTES_MAX = 2 * 1024 * 1024,
    CONNECTIONS_MAX = 10000, /* of the process, and never more than there are descriptors */
    DESCRIPTORS_RESERVED = 128,
};

struct server {
    const struct rn_server_options *options;
    const struct rn_settings *settings;
    struct rn_settings current; /* the same, with what a reload changed */
    struct rn_listen_plan plan;
    struct rn_limits limits;
    struct rn_directory directory;
    struct rn_root_key root_key;
    struct rn_tls_server *tls; /* NULL: none is spoken */
    struct rn_listeners listeners;
    struct rn_loop *loop; /* of the main thread */
    struct rn_timer *drain_timer, *clock_timer;
    struct rn_clock_watch clock_watch;
    struct rn_supervisor *supervisor;
    struct rn_epoch *epoch;
    struct rn_sig_cache *signatures;
    struct rn_claims *claims; /* of the subscriptions of all workers */
    struct rn_worker *workers;
    size_t worker_count; /* those initialised */
    struct rn_acceptor *acceptors[RN_LISTENERS_MAX];
    size_t acceptor_count;
    struct rn_backend *backend;
    struct rn_api_gate gate;
    unsigned signals; /* those to end */
    bool on_terminal;
    size_t drained;
    int64_t started_us;
    rn_err err;
    struct rn_reason *reason;
};

/* --auth off is for this machine alone. */
static rn_err check_exposure(const struct server *server)
{
    const struct rn_address *remote = rn_listen_plan_remote(&server->plan);
    char text[RN_ADDRESS_TEXT_BYTES];

    if (server->settings->auth || !remote) {
        return RN_OK;
    }
    rn_address_text(remote, text);
    if (!server->settings->allow_remote) {
        return rn_reason_set(server->reason, RN_INVALID,
                             "--auth off lets anybody in, and %s is no loopback address; add "
                             "--allow-remote if that is meant",
                             text);
    }
    rn_log(RN_LOG_WARN, "server",
           "NO AUTHENTICATION: whoever reaches %s can read, write and delete everything", text);
    return RN_OK;
}

static rn_err open_root_key(struct server *server)
{
    enum rn_root_key_origin origin = RN_ROOT_KEY_KEPT;
    rn_err err = rn_root_key_open(
        &(struct rn_root_key_inputs){
            .disk = server->directory.disk,
            .directory = server->settings->data,
            .random = rn_random_real(),
            .given_id = server->options->root_key_id,
            .given_secret = server->options->root_key_secret,
        },
        &server->root_key, &origin, server->reason);

    if (!err && origin == RN_ROOT_KEY_MADE) {
        rn_log(RN_LOG_INFO, "server", "made a root access key, %s; its secret is in %s/credentials",
               server->root_key.id, server->settings->data);
    } else if (!err && origin == RN_ROOT_KEY_GIVEN) {
        rn_log(RN_LOG_INFO, "server",
               "root access key %s taken from the environment, stored in %s/credentials",
               server->root_key.id, server->settings->data);
    }
    return err;
}

static rn_err load_tls(struct server *server, struct rn_reason *reason)
{
    return rn_tls_load(
        &(struct rn_tls_source){
            .settings = server->settings,
            .disk = server->directory.disk,
            .now_s = rn_clock_wall_ms(rn_clock_real()) / 1000,
        },
        server->tls, reason);
}

static rn_err open_tls(struct server *server)
{
    static const char *const alpn[] = {"h2", "http/1.1"};
    rn_err err;

    if (!rn_tls_is_wanted(server->settings)) {
        return RN_OK;
    }
    err = rn_tls_server_new(alpn, sizeof(alpn) / sizeof(alpn[0]), &server->tls);
    return err ? err : load_tls(server, server->reason);
}

static unsigned connections_per_worker(size_t workers)
{
    uint64_t files = rn_process_raise_files();
    uint64_t most =
        files > 2 * DESCRIPTORS_RESERVED ? files - DESCRIPTORS_RESERVED : DESCRIPTORS_RESERVED;

    if (most > CONNECTIONS_MAX) {
        most = CONNECTIONS_MAX;
    }
    return (unsigned)(most / workers) + 1;
}

static void all_drained(struct server *server)
{
    rn_timer_stop(server->drain_timer);
    rn_loop_stop(server->loop);
}

static void worker_drained(void *arg)
{
    struct server *server = arg;

    server->drained++;
    if (server->drained == server->worker_count) {
        all_drained(server);
    }
}

static rn_err start_workers(struct server *server)
{
    size_t count = (size_t)server->settings->threads;
    struct rn_worker_options options = {
        .epoch = server->epoch,
        .api =
            {
                .gate = &server->gate,
                .clock = rn_clock_real(),
                .random = rn_random_real(),
                .auth = server->settings->auth,
                .region = rn_str_c(server->settings->region),
                .keys = rn_root_key_lookup(&server->root_key),
                .cache = server->signatures,
            },
        .claims = server->claims,
        .subscription_ms = server->settings->subscription_ms,
        .tls = server->tls,
        .tls_only = server->settings->tls_only,
        .connections_max = connections_per_worker(count),
        .box = rn_loop_box(server->loop),
        .drained = worker_drained,
        .arg = server,
    };
    struct rn_acceptor_worker *acceptor_workers = calloc(count, sizeof(*acceptor_workers));
    rn_err err = acceptor_workers ? RN_OK : RN_NOMEM;

    server->workers = calloc(count, sizeof(*server->workers));
    if (!server->workers) {
        err = RN_NOMEM;
    }
    for (size_t i = 0; i < count && !err; i++) {
        err = rn_worker_init(&server->workers[i], &options);
        if (!err) {
            acceptor_workers[i] =
                (struct rn_acceptor_worker){server->workers[i].loop, server->workers[i].http};
            server->worker_count++;
        }
    }
    for (size_t i = 0; i < server->listeners.count && !err; i++) {
        err = rn_acceptor_new(server->listeners.items[i], acceptor_workers, count,
                              &server->acceptors[i]);
        server->acceptor_count += err ? 0 : 1;
    }
    for (size_t i = 0; i < server->worker_count && !err; i++) {
        err = rn_supervisor_watch(server->supervisor, server->workers[i].loop);
        if (!err) {
            err = rn_worker_start(&server->workers[i]);
        }
    }
    free(acceptor_workers);
    return err;
}

static const char *scheme_of(const struct server *server, const struct rn_address *address)
{
    if (rn_address_is_unix(address)) {
        return "";
    }
    return server->settings->tls_only ? "https://" : server->tls ? "http(s)://" : "http://";
}

static void tell_ready(struct server *server)
{
    char status[RN_REASON_BYTES + 64];
    char addresses[RN_REASON_BYTES] = "";
    size_t len = 0;

    for (size_t i = 0;
         i < server->listeners.count && len + RN_ADDRESS_TEXT_BYTES + 16 < sizeof(addresses); i++) {
        char text[RN_ADDRESS_TEXT_BYTES];

        len += (size_t)snprintf(
            addresses + len, sizeof(addresses) - len, "%s%s%s", i > 0 ? " and " : "",
            scheme_of(server, rn_listener_address(server->listeners.items[i])),
            rn_address_text(rn_listener_address(server->listeners.items[i]), text));
    }
    rn_log(RN_LOG_INFO, "server", "Runnel %s serves %s from %s after %lld ms%s",
           server->options->version, addresses, server->settings->data,
           (long long)((rn_clock_mono_us(rn_clock_real()) - server->started_us) / 1000),
           server->settings->auth ? "; eval \"$(runnel env)\" points AWS tools at it"
                                  : "; authentication is off: any credentials pass");
    rn_tls_tell_clients(server->settings);
    (void)snprintf(status, sizeof(status), "serving %s", addresses);
    rn_supervisor_ready(server->supervisor, status);
}

static void begin_drain(struct server *server)
{
    atomic_store(&server->gate.draining, true);
    rn_timer_start(server->drain_timer, DRAIN_DEADLINE_MS, 0);
    for (size_t i = 0; i < server->worker_count; i++) {
        rn_worker_drain(&server->workers[i], server->acceptors,
                        i == 0 ? server->acceptor_count : 0);
    }
}

static void backend_started(void *arg, rn_err err, const struct rn_reason *reason)
{
    struct server *server = arg;

    if (!err) {
        tell_ready(server);
        return;
    }
    server->err =
        rn_reason_set(server->reason, err, "%s", reason->text[0] ? reason->text : rn_err_text(err));
    if (server->signals == 0) {
        begin_drain(server);
    }
}

static void drain_too_long(void *arg)
{
    struct server *server = arg;

    rn_log(RN_LOG_ERROR, "server",
           "%zu of %zu workers still had requests after %d s; ending all the same",
           server->worker_count - server->drained, server->worker_count, DRAIN_DEADLINE_MS / 1000);
    rn_process_exit_now(EXIT_DRAIN_CUT);
}

static void reload_tls(struct server *server)
{
    struct rn_reason reason = {""};

    if (!server->tls) {
        return;
    }
    if (load_tls(server, &reason)) {
        rn_log(RN_LOG_ERROR, "server", "asked to reload, but %s; going on with the old certificate",
               reason.text);
    } else {
        rn_log(RN_LOG_INFO, "server", "new connections get the certificate read just now");
    }
}

static void signalled(void *arg, int number)
{
    struct server *server = arg;

    server->signals++;
    if (server->signals > 1) {
        rn_process_exit_now(EXIT_SECOND_SIGNAL);
    }
    rn_log(RN_LOG_INFO, "server", "%s: finishing what is under way",
           number == SIGINT   ? "interrupted"
           : number == SIGHUP ? "the terminal has gone"
                              : "asked to end");
    rn_supervisor_stopping(server->supervisor, "finishing what is under way");
    if (!server->err) {
        begin_drain(server);
    }
}

static void reload(struct server *server)
{
    struct rn_arena *arena = rn_arena_new(RELOAD_BYTES_MAX);
    struct rn_settings fresh;
    struct rn_reason reason = {""};
    rn_err err = arena
                     ? server->options->reread(server->options->reread_arg, arena, &fresh, &reason)
                     : RN_NOMEM;

    if (err) {
        rn_log(RN_LOG_ERROR, "server", "the settings stay as they are: %s",
               reason.text[0] ? reason.text : rn_err_text(err));
    } else {
        rn_reload(&fresh, &server->current, arena);
    }
    rn_arena_free(arena);
}

static void hung_up(void *arg, int number)
{
    struct server *server = arg;

    if (server->on_terminal) {
        signalled(server, number);
        return;
    }
    if (server->signals > 0 || !server->options->reread) {
        return;
    }
    rn_supervisor_reloading(server->supervisor);
    reload(server);
    reload_tls(server);
    if (atomic_load(&server->gate.service)) { /* else ready is still to come */
        rn_supervisor_ready(server->supervisor, NULL);
    }
}

static void look_at_clock(void *arg)
{
    struct server *server = arg;

    rn_clock_watch_tell(&server->clock_watch);
}

static rn_err watch_signals(struct server *server)
{
    rn_err err = rn_loop_on_signal(server->loop, SIGTERM, signalled, server);

    if (!err) {
        err = rn_loop_on_signal(server->loop, SIGINT, signalled, server);
    }
    if (!err) {
        err = rn_loop_on_signal(server->loop, SIGHUP, hung_up, server);
    }
    return err;
}

/* What is for the main thread alone. First of all, so that a signal is never lost: as process 1 of a
 * container nothing but a handler of its own ends it. */
static rn_err open_main(struct server *server)
{
    rn_err err = rn_loop_new(&server->loop);

    server->on_terminal = rn_process_on_terminal();
    rn_process_forget_children();
    if (!err) {
        err = watch_signals(server);
    }
    if (!err) {
        err = rn_timer_new(server->loop, drain_too_long, server, &server->drain_timer);
    }
    if (!err) {
        err = rn_timer_new(server->loop, look_at_clock, server, &server->clock_timer);
    }
    if (!err) {
        struct rn_supervisor_options options = server->options->supervisor;

        options.loop = server->loop;
        rn_clock_watch_init(&server->clock_watch, rn_clock_real());
        rn_timer_start(server->clock_timer, CLOCK_LOOK_MS, CLOCK_LOOK_MS);
        err = rn_supervisor_new(&options, &server->supervisor);
    }
    server->epoch = rn_epoch_new();
    server->signatures = rn_sig_cache_new(SIGNATURE_CACHE_ENTRIES);
    server->claims = rn_claims_new();
    return !err && (!server->epoch || !server->signatures || !server->claims) ? RN_NOMEM : err;
}

static rn_err start(struct server *server)
{
    const struct rn_settings *settings = server->settings;
    rn_err err = open_main(server);

    if (!err) {
        err = rn_listen_plan(&settings->listen, &server->plan, server->reason);
    }
    if (!err) {
        err = rn_tls_check_settings(settings, server->reason);
    }
    if (!err) {
        err = check_exposure(server);
    }
    if (!err) {
        err = rn_limits_of_setting(settings->limits, rn_str_c(settings->region), &server->limits,
                                   server->reason);
    }
    if (!err) {
        err = rn_directory_open(settings->data, &server->directory, server->reason);
    }
    if (!err) {
        err = open_root_key(server);
    }
    if (!err) {
        err = open_tls(server);
    }
    if (!err) {
        err = rn_listeners_open(&server->plan, &server->listeners, server->reason);
    }
    if (!err) {
        err = start_workers(server);
    }
    if (!err && settings->port_file) {
        err = rn_port_file_write(settings->port_file, &server->listeners, server->reason);
    }
    if (err) {
        return err;
    }
    rn_supervisor_status(server->supervisor, "recovering");
    return rn_backend_start(
        &(struct rn_backend_options){
            .settings = settings,
            .limits = server->limits,
            .directory = &server->directory,
            .epoch = server->epoch,
            .gate = &server->gate,
            .box = rn_loop_box(server->loop),
            .started = backend_started,
            .arg = server,
        },
        &server->backend);
}

/* In reverse of start; of a server that started in part, too. */
static void done(struct server *server)
{
    for (size_t i = 0; i < server->worker_count; i++) {
        rn_worker_stop(&server->workers[i]);
    }
    for (size_t i = 0; i < server->acceptor_count; i++) {
        rn_acceptor_close(server->acceptors[i]); /* NULL after a drain */
        server->listeners.items[i] = NULL;       /* closed with its acceptor */
    }
    rn_listeners_close(&server->listeners);
    for (size_t i = 0; i < server->worker_count; i++) {
        rn_worker_done(&server->workers[i]);
    }
    free(server->workers);
    rn_backend_stop(server->backend);
    rn_supervisor_free(server->supervisor);
    rn_timer_free(server->clock_timer);
    rn_timer_free(server->drain_timer);
    rn_loop_free(server->loop);
    rn_epoch_free(server->epoch);
    rn_sig_cache_free(server->signatures);
    rn_claims_free(server->claims);
    rn_tls_server_free(server->tls);
    rn_directory_close(&server->directory);
    rn_wipe(&server->root_key, sizeof(server->root_key));
}

rn_err rn_server_run(const struct rn_server_options *options, struct rn_reason *reterr_reason)
{
    struct server server = {
        .options = options,
        .settings = options->settings,
        .current = *options->settings,
        .reason = reterr_reason,
        .started_us = rn_clock_mono_us(rn_clock_real()),
    };
    uint64_t seed;

    reterr_reason->text[0] = '\0';
    rn_log_setup((enum rn_log_level)server.settings->log_level,
                 server.settings->log_format == RN_LOG_FORMAT_JSON);
    rn_random_fill(rn_random_real(), &seed, sizeof(seed));
    rn_map_seed(seed);
    server.err = start(&server);
    if (!server.err) {
        rn_loop_run(server.loop);
    }
    if (server.err) {
        rn_supervisor_status(server.supervisor, reterr_reason->text);
    }
    done(&server);
    if (!server.err) {
        rn_log(RN_LOG_INFO, "server", "everything is written; good-bye");
    } else if (reterr_reason->text[0] == '\0') {
        rn_reason_set(reterr_reason, server.err, "cannot start: %s", rn_err_text(server.err));
    }
    return server.err;
}
