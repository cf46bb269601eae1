/* listen.c - see listen.h. A socket listens from rn_listeners_open on: connections queue in the kernel
 * until the acceptors take them, so a port file written any time later tells the truth. */
#include "server/listen.h"

#include "sys/disk.h"
#include "sys/log.h"

#include <stdio.h>

enum { SAME_PORT_TRIES = 16 };

char *rn_address_text(const struct rn_address *address, char *text)
{
    bool is_v6 = strchr(address->host, ':') != NULL && !rn_address_is_unix(address);

    if (rn_address_is_unix(address)) {
        (void)snprintf(text, RN_ADDRESS_TEXT_BYTES, "%s", address->host);
        return text;
    }
    (void)snprintf(text, RN_ADDRESS_TEXT_BYTES, "%s%s%s:%u", is_v6 ? "[" : "", address->host,
                   is_v6 ? "]" : "", (unsigned)address->port);
    return text;
}

static void add_address(struct rn_listen_plan *plan, const struct rn_address *address,
                        bool optional)
{
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->addresses[i].port == address->port &&
            strcmp(plan->addresses[i].host, address->host) == 0) {
            return;
        }
    }
    if (plan->count < RN_LISTENERS_MAX) { /* always: each item adds at most two */
        plan->addresses[plan->count] = *address;
        plan->optional[plan->count] = optional;
        plan->count++;
    }
}

rn_err rn_listen_plan(const struct rn_setting_list *list, struct rn_listen_plan *ret_plan,
                      struct rn_reason *reterr_reason)
{
    static const struct rn_address defaults = {.host = "127.0.0.1", .port = RN_LISTEN_PORT};
    struct rn_listen_plan plan = {.count = 0};

    for (size_t i = 0; i < list->count; i++) {
        struct rn_address address;

        if (rn_address_parse(rn_str_c(list->items[i]), &defaults, &address) != RN_OK) {
            return rn_reason_set(
                reterr_reason, RN_INVALID,
                "--listen: \"%s\" is not an address such as 127.0.0.1:4567, [::1]:4567, 0.0.0.0 or "
                "unix:/run/runnel/socket",
                list->items[i]);
        }
        if (strcmp(address.host, "localhost") == 0) {
            add_address(&plan, &(struct rn_address){.host = "127.0.0.1", .port = address.port},
                        true);
            add_address(&plan, &(struct rn_address){.host = "::1", .port = address.port}, true);
        } else {
            add_address(&plan, &address, list->is_default);
        }
    }
    *ret_plan = plan;
    return RN_OK;
}

const struct rn_address *rn_listen_plan_remote(const struct rn_listen_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        if (!rn_address_is_loopback(&plan->addresses[i])) {
            return &plan->addresses[i];
        }
    }
    return NULL;
}

static rn_err explain(rn_err err, const struct rn_address *address, struct rn_reason *reason)
{
    char text[RN_ADDRESS_TEXT_BYTES];

    rn_address_text(address, text);
    if (err == RN_BUSY) {
        return rn_reason_set(reason, err,
                             "address %s is taken by another process; choose another with --listen",
                             text);
    }
    if (err == RN_UNSUPPORTED) {
        return rn_reason_set(reason, err, "this machine has no address %s", text);
    }
    return rn_reason_set(reason, err, "cannot listen on %s: %s", text, rn_err_text(err));
}

/* *port: what port 0 stands for, 0 while that is open. */
static rn_err open_all(const struct rn_listen_plan *plan, uint16_t *port,
                       struct rn_listeners *listeners, struct rn_reason *reason)
{
    for (size_t i = 0; i < plan->count; i++) {
        struct rn_address address = plan->addresses[i];
        struct rn_listener *listener;
        rn_err err;

        if (address.port == 0 && !rn_address_is_unix(&address)) {
            address.port = *port;
        }
        err = rn_listener_open(&address, &listener, NULL);
        if (err == RN_UNSUPPORTED && plan->optional[i]) {
            rn_log(RN_LOG_INFO, "server", "this machine has no %s; going on without it",
                   address.host);
            continue;
        }
        if (err) {
            return explain(err, &address, reason);
        }
        listeners->items[listeners->count++] = listener;
        if (plan->addresses[i].port == 0 && !rn_address_is_unix(&address)) {
            *port = rn_listener_address(listener)->port;
        }
    }
    if (listeners->count == 0) {
        return rn_reason_set(reason, RN_UNSUPPORTED,
                             "this machine has none of the addresses to listen on");
    }
    return RN_OK;
}

rn_err rn_listeners_open(const struct rn_listen_plan *plan, struct rn_listeners *ret_listeners,
                         struct rn_reason *reterr_reason)
{
    for (int tries = 1;; tries++) {
        struct rn_listeners listeners = {.count = 0};
        uint16_t port = 0;
        rn_err err = open_all(plan, &port, &listeners, reterr_reason);

        if (!err) {
            *ret_listeners = listeners;
            return RN_OK;
        }
        rn_listeners_close(&listeners);
        /* A port that was free on the first address may be taken on the second. */
        if (err != RN_BUSY || port == 0 || tries == SAME_PORT_TRIES) {
            return err;
        }
    }
}

void rn_listeners_close(struct rn_listeners *listeners)
{
    for (size_t i = 0; i < listeners->count; i++) {
        rn_listener_close(listeners->items[i]);
    }
    listeners->count = 0;
}

/* 0: all are sockets of the file system. */
static uint16_t port_of(const struct rn_listeners *listeners)
{
    uint16_t port = 0;

    for (size_t i = 0; i < listeners->count && port == 0; i++) {
        port = rn_listener_address(listeners->items[i])->port;
    }
    return port;
}

rn_err rn_port_file_write(const char *path, const struct rn_listeners *listeners,
                          struct rn_reason *reterr_reason)
{
    char text[16];
    struct rn_disk *disk = NULL;
    const char *name;
    int len = snprintf(text, sizeof(text), "%u\n", (unsigned)port_of(listeners));
    rn_err err = rn_disk_open_parent(path, &disk, &name);

    if (!err) {
        err = rn_disk_write_whole(disk, name, text, (size_t)len);
    }
    rn_disk_close(disk);
    if (err) {
        return rn_reason_set(reterr_reason, RN_IO, "cannot write the port file %s: %s", path,
                             rn_err_text(err));
    }
    return RN_OK;
}
